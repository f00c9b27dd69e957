package board

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/targets"
	"lopban/server/page"
)

// ListRows is how many rows of a list the page shows; all of them are in the file.
const ListRows = 200

// listPage is what the lists of people share.
type listPage struct {
	page.Frame
	query
	Place     string // where the people work, in words
	Today     targets.Day
	Fault     *page.FormFault
	Figures   *targets.Figures // nil with a fault
	Rows      []map[string]any // by the keys of the report's columns
	Shown     int              // how many rows are shown at most
	Provinces []choice
	Communes  []choice
}

type missingPage struct {
	listPage
	Contacts bool // the visitor may call these people
}

// choice is an option of a list to choose from.
type choice struct {
	Value, Text string
	Chosen      bool
}

// MissingPage names the people who are not trained.
func (s *Pages) MissingPage(c *fiber.Ctx) error {
	q := s.listQuery(c)
	if err := s.WithinScope(c, q.Scope, roster.MayReadPeople); err != nil {
		return err
	}
	shown := missingPage{listPage: s.listPage(c, "report.missing", q, ListRows)}
	shown.Contacts = s.mayCall(c, q.Scope)
	err := s.fillMissing(c, &shown)
	if shown.Fault, err = s.faultIn(c, err, "asOf", "knownOn"); err != nil {
		return err
	}
	return s.Page(c, "missing", shown)
}

// listQuery is the query of a list of people: staff who do not say whose get those of their province.
func (s *Pages) listQuery(c *fiber.Ctx) query {
	q := queryOf(c)
	if q.Province == "" && q.By == roster.Present {
		q.Province = own(*page.VisitorOf(c).Account)
	}
	return q
}

func (s *Pages) fillMissing(c *fiber.Ctx, shown *missingPage) error {
	r, err := s.asked(c, "missing", shown.query)
	if err != nil {
		return err
	}
	defer r.Close()
	shown.Figures = &r.Figures
	if shown.Rows, err = r.First(c.UserContext(), shown.Shown); err != nil {
		return err
	}
	var worth map[string]map[courses.Strand]courses.State // by person; what a certificate is worth is said of today
	if shown.Figures.AsOf == targets.DayOf(s.Now()) {
		ids := make([]string, len(shown.Rows))
		for i, row := range shown.Rows {
			ids[i], _ = row["id"].(string)
		}
		if worth, err = s.School.Lapsed(c.UserContext(), ids); err != nil {
			return err
		}
	}
	for _, row := range shown.Rows {
		lapsed := map[string]courses.State{} // by strand
		person, _ := row["id"].(string)
		for strand, state := range worth[person] {
			lapsed[string(strand)] = state
		}
		row["lapsed"] = lapsed
	}
	return nil
}

// CallSheet is the list of the missing to take to the telephone: everybody, by commune, with room for what was said.
func (s *Pages) CallSheet(c *fiber.Ctx) error {
	q := s.listQuery(c)
	if err := s.WithinScope(c, q.Scope, roster.MayReadPeople); err != nil {
		return err
	}
	if !s.mayCall(c, q.Scope) {
		return problem.Denied("denied")
	}
	shown := missingPage{listPage: s.listPage(c, "calls.title", q, math.MaxInt)}
	if err := s.fillMissing(c, &shown); err != nil {
		return err
	}
	home := ""
	if at := s.PresentOf(q.Scope); len(at) == 1 {
		home = at[0]
	}
	if err := s.TellExport(c, "calls", home, cmp.Or(q.Commune, q.Province), shown.Count()); err != nil {
		return err
	}
	return s.Page(c, "calls", shown)
}

// Groups are the rows by commune.
func (p missingPage) Groups() [][]map[string]any {
	return slices.Collect(chunks(p.Rows, func(a, b map[string]any) bool { return a["communeCode"] == b["communeCode"] }))
}

// chunks are the runs of rows that are alike.
func chunks[T any](rows []T, alike func(a, b T) bool) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for from := 0; from < len(rows); {
			to := from + 1
			for to < len(rows) && alike(rows[from], rows[to]) {
				to++
			}
			if !yield(rows[from:to]) {
				return
			}
			from = to
		}
	}
}

// listPage begins a page about the people of a query: with the provinces and communes to choose from, and where the
// people work in words.
func (s *Pages) listPage(c *fiber.Ctx, title string, q query, rows int) listPage {
	shown := listPage{Frame: s.Frame(c, s.WordsOf(c).T(title)), query: q, Today: targets.DayOf(s.Now()), Shown: rows}
	a := *shown.Account
	shown.Place = shown.T("scope." + string(shown.By))
	for _, p := range s.Places.Provinces(shown.By) {
		if covered(a, s.PresentOf(targets.Scope{By: shown.By, Province: p.Code})) {
			name := shown.In(courses.Text{Vi: p.Name, En: p.NameEn})
			shown.Provinces = append(shown.Provinces, choice{p.Code, name, p.Code == shown.Province})
			if p.Code == shown.Province {
				shown.Place = name
			}
		}
	}
	for _, c := range s.Places.Communes(shown.By, shown.Province) {
		shown.Communes = append(shown.Communes, choice{c.Code, c.Title(), c.Code == shown.Commune})
		if c.Code == shown.Commune {
			shown.Place = c.Title() + ", " + shown.Place
		}
	}
	return shown
}

// Missing is the address of the list on the screen.
func (p missingPage) Missing() string { return p.at("/missing") }

// Calls is the address of the list to take to the telephone.
func (p missingPage) Calls() string { return p.at("/missing/calls") }

// All says whether the visitor may choose all provinces at once.
func (p listPage) All() bool { return roster.MayReadPeople(*p.Account, "") }

// Board is the address of the board that these people are counted on.
func (p listPage) Board() string {
	q := p.query
	q.Commune = ""
	return q.at("/board")
}

// Count is how many people are missing.
func (p missingPage) Count() int { return p.Figures.Base - p.Figures.Trained }

// Files are the addresses of the whole list as files.
func (p missingPage) Files() []page.Link {
	var files []page.Link
	for _, format := range []string{targets.XLSX, targets.CSV} {
		files = append(files, page.Link{Href: p.at("/api/v1/reports/missing." + format), Text: strings.ToUpper(format)})
	}
	return files
}
