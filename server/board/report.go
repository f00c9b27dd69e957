package board

import (
	"fmt"
	"slices"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/targets"
	"lopban/server/page"
)

// ApiReport sends a report as a file.
func (s *Pages) ApiReport(c *fiber.Ctx) error {
	name, format := c.Params("report"), c.Params("format")
	kind, ok := page.ReportTypes[format]
	if !ok || !slices.Contains([]string{"board", "completions", "missing", "indicators"}, name) {
		return fmt.Errorf("report %s.%s: %w", name, format, problem.ErrNotFound)
	}
	q := queryOf(c)
	var r *targets.Report
	var err error
	if name == "indicators" {
		r, err = s.indicatorsFile(c)
	} else if name == "board" {
		q.Commune = ""
		err = s.mayReadBoard(c, q)
		if c.Query("period") != "" && !roster.MayReadPast(*page.VisitorOf(c).Account) {
			err = problem.Denied("denied")
		}
	} else {
		q = s.listQuery(c)
		err = s.WithinScope(c, q.Scope, roster.MayReadPeople)
	}
	if err != nil {
		return err
	}
	if r == nil {
		if r, err = s.asked(c, name, q); err != nil {
			return err
		}
	}
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+page.FileName(r, format)+`"`)
	return s.Export(c, r, format)
}

// asked makes a report of what a visitor asks, who was found to be allowed to.
func (s *Pages) asked(c *fiber.Ctx, name string, q query) (*targets.Report, error) {
	day, err := q.day()
	if err != nil {
		return nil, err
	}
	r := programme.Request{Report: name, Scope: q.Scope, AsOf: day, Period: c.Query("period")}
	switch name {
	case "completions":
		r.Filter = filterOf(c)
	case "missing":
		r.Contacts = s.mayCall(c, q.Scope)
	}
	return s.Report(c.UserContext(), r)
}

// mayCall says whether the visitor may have the phone numbers of everyone in the scope.
func (s *Pages) mayCall(c *fiber.Ctx, scope targets.Scope) bool {
	return !slices.ContainsFunc(s.PresentOf(scope), func(p string) bool { return !roster.MayCall(*page.VisitorOf(c).Account, p) })
}
