package board

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/targets"
	"lopban/server/page"
)

// filterOf reads what a visitor asks of the list of completions.
func filterOf(c *fiber.Ctx) targets.Filter {
	return targets.Filter{Course: c.Query("course"), Strand: courses.Strand(c.Query("strand")), Kind: c.Query("kind"),
		From: targets.Day(c.Query("from")), To: targets.Day(c.Query("to")), State: courses.State(c.Query("state"))}
}

// completionsPage is the statistics of completions: who got which certificate when, and what that adds up to.
type completionsPage struct {
	listPage
	Filter  targets.Filter
	Totals  targets.Totals
	Courses []choice
	Hurried map[string]bool // certificates of courses that were finished very fast, by code
}

// CompletionsPage shows the same rows as the files, and what they add up to.
func (s *Pages) CompletionsPage(c *fiber.Ctx) error {
	q := s.listQuery(c)
	if err := s.WithinScope(c, q.Scope, roster.MayReadPeople); err != nil {
		return err
	}
	shown := completionsPage{listPage: s.listPage(c, "report.completions", q, ListRows), Filter: filterOf(c)}
	versions, err := s.School.Catalogue(c.UserContext())
	if err != nil {
		return err
	}
	for _, v := range versions {
		shown.Courses = append(shown.Courses, choice{v.Course, v.Course + " · " + shown.In(v.Title), v.Course == shown.Filter.Course})
	}
	err = s.fillCompletions(c, &shown)
	if shown.Fault, err = s.faultIn(c, err, "asOf", "knownOn", "from", "to"); err != nil {
		return err
	}
	return s.Page(c, "completions", shown)
}

func (s *Pages) fillCompletions(c *fiber.Ctx, shown *completionsPage) error {
	r, err := s.asked(c, "completions", shown.query)
	if err != nil {
		return err
	}
	defer r.Close()
	if shown.Rows, err = r.First(c.UserContext(), shown.Shown); err != nil {
		return err
	}
	shown.Figures = &r.Figures
	if shown.Totals, err = r.Totals(c.UserContext()); err != nil {
		return err
	}
	var codes []string
	for _, row := range shown.Rows {
		if code, _ := row["certificate"].(string); code != "" { // a training done elsewhere has none
			codes = append(codes, code)
		}
	}
	shown.Hurried, err = s.School.Hurried(c.UserContext(), codes...)
	return err
}

// Strands, Kinds and States are what the list can be narrowed to.
func (completionsPage) Strands() []courses.Strand {
	return []courses.Strand{courses.LibraryService, courses.ReadingPromotion}
}

func (completionsPage) Kinds() []string { return roster.LibraryKinds }

func (completionsPage) States() []courses.State { return targets.States }

// Narrowed says whether more is asked for than whose.
func (p completionsPage) Narrowed() bool { return p.Filter != targets.Filter{} }

// Of is how many certificates have a state.
func (completionsPage) Of(states map[courses.State]int, s courses.State) int { return states[s] }

// Whole is the address of the page without its filter.
func (p completionsPage) Whole() string { return p.at("/completions") }

// Files are the addresses of the same rows as files.
func (p completionsPage) Files() []page.Link {
	values := url.Values{}
	f := p.Filter
	for key, value := range map[string]string{"course": f.Course, "strand": string(f.Strand), "kind": f.Kind, "from": string(f.From), "to": string(f.To), "state": string(f.State)} {
		if value != "" {
			values.Set(key, value)
		}
	}
	var files []page.Link
	for _, format := range []string{targets.XLSX, targets.CSV, targets.JSON} {
		address := p.at("/api/v1/reports/completions." + format)
		files = append(files, page.Link{Href: strings.TrimSuffix(address+"&"+values.Encode(), "&"), Text: cmp.Or(map[string]string{targets.XLSX: "Excel"}[format], strings.ToUpper(format))})
	}
	return files
}
