package board

import (
	"bytes"
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/paper"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/targets"
	"lopban/server/page"
)

// Statement sends the figures of a board, or of a closed period, as the page that a body signs. It is in Vietnamese.
func (s *Pages) Statement(c *fiber.Ctx) error {
	q := queryOf(c)
	q.Commune = ""
	if err := s.mayReadBoard(c, q); err != nil {
		return err
	}
	day, err := q.day()
	if err != nil {
		return err
	}
	r, err := s.Report(c.UserContext(), programme.Request{Report: "board", Scope: q.Scope, AsOf: day, Period: c.Query("period")})
	if err != nil {
		return err
	}
	defer r.Close()
	printed, err := s.statement(c.UserContext(), r.Figures)
	if err != nil {
		return err
	}
	var pdf bytes.Buffer
	if err := paper.PrintStatement(&pdf, printed); err != nil {
		return err
	}
	province := r.Figures.Province
	if q.By == roster.Programme { // the trail knows present provinces
		province = ""
	}
	if err := s.TellExport(c, "board", province, page.FileName(r, "pdf"), len(printed.Rows)); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/pdf")
	c.Set(fiber.HeaderContentDisposition, `inline; filename="`+page.FileName(r, "pdf")+`"`)
	return c.Send(pdf.Bytes())
}

// statement is figures as a paper. The issuer is that of the one present province of the scope; of more than one nobody
// says here who reports.
func (s *Pages) statement(ctx context.Context, f targets.Figures) (paper.Statement, error) {
	w := s.Languages.In("vi")
	t := paper.Statement{Decision: f.Decision, DecidedOn: s.Board.Programme.DecidedOn.Time(), Decided: f.By == roster.Programme, Source: w.In(f.Source), AsOf: f.AsOf.Time(),
		Base: f.Base, Trained: f.Trained, Elsewhere: f.Elsewhere, Percent: f.Percent, Communes: f.Coverage.Communes, OfCommunes: f.Coverage.OfCommunes, Libraries: f.Coverage.Libraries,
		ByCommune: f.Province != "", Code: f.Checksum, At: s.Now()}
	t.Present, t.Programme = s.bothLists(f.Scope)
	if f.Province == "" {
		t.Provinces, t.OfProvinces = f.Coverage.Provinces, f.Coverage.OfProvinces
	}
	if f.KnownOn != "" {
		t.Known = f.KnownOn.Time()
	}
	if f.Period != "" {
		p, err := s.Board.Period(ctx, f.Period)
		if err != nil {
			return t, err
		}
		t.Period = p.Name
	}
	for _, strand := range s.Board.Programme.Strands {
		t.Strands = append(t.Strands, strings.ToLower(w.T("strand."+string(strand))))
	}
	for _, m := range f.Milestones {
		t.Marks = append(t.Marks, paper.StatementMark{Percent: m.Percent, By: m.By.Time(), Asked: m.Milestone.Gap(0, f.Base), Gap: m.Gap})
	}
	for _, r := range f.Rows {
		t.Rows = append(t.Rows, paper.StatementRow{Name: r.Name, Base: r.Base, Trained: r.Trained, Percent: r.Percent, Gap: r.Gap, Communes: r.Communes, OfCommunes: r.OfCommunes})
	}
	if at := s.PresentOf(f.Scope); len(at) == 1 && at[0] != "" {
		p, _ := s.Places.Province(roster.Present, at[0])
		var err error
		if t.Issuer, err = s.School.Issuer(ctx, p.Code, p.Name); err != nil {
			return t, err
		}
	}
	return t, nil
}

// bothLists names the provinces of a scope in the list of today and in the Decision's, each in the order of its list.
func (s *Pages) bothLists(scope targets.Scope) (present, decided []string) {
	in := map[string]bool{}
	for _, p := range s.Places.Provinces(scope.By) {
		if scope.Province != "" && scope.Province != p.Code {
			continue
		}
		for _, c := range s.Places.Communes(scope.By, p.Code) {
			if c.Programme != "" {
				in[string(roster.Present)+c.Province], in[string(roster.Programme)+c.Programme] = true, true
			}
		}
	}
	names := func(by roster.List) (all []string) {
		for _, p := range s.Places.Provinces(by) {
			if in[string(by)+p.Code] {
				all = append(all, p.Name)
			}
		}
		return all
	}
	return names(roster.Present), names(roster.Programme)
}
