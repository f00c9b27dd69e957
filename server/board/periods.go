package board

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/targets"
	"lopban/courses/words"
	"lopban/server/page"
)

// Historian lets in who answers for figures of the past.
func (s *Pages) Historian(c *fiber.Ctx) error {
	if !roster.MayReadPast(*page.VisitorOf(c).Account) {
		return problem.Denied("denied")
	}
	return c.Next()
}

// periodRow is a closed period with its figures for a scope.
type periodRow struct {
	targets.Period
	Figures targets.Figures
}

// periodQuery is the scope in which a visitor looks at periods: staff who do not say see their own province.
func (s *Pages) periodQuery(c *fiber.Ctx) (query, error) {
	q := queryOf(c)
	// a list and a province in one choice
	if chosen, err := url.ParseQuery(c.Query("scope")); err == nil && c.Query("scope") != "" {
		q.By, q.Province = roster.List(chosen.Get("by")), chosen.Get("province")
	} else if c.Query("by") == "" && q.Province == "" {
		q.Province = own(*page.VisitorOf(c).Account)
	}
	q.Commune, q.KnownOn, q.Typed = "", "", ""
	return q, s.mayReadBoard(c, q)
}

func (s *Pages) periodRows(ctx context.Context, q query) ([]periodRow, error) {
	all, err := s.Board.Periods(ctx)
	if err != nil {
		return nil, err
	}
	figures, err := s.Board.FrozenAll(ctx, all, q.By, q.Province)
	if err != nil {
		return nil, err
	}
	rows := make([]periodRow, len(all))
	for i, p := range all {
		rows[i] = periodRow{p, figures[i]}
	}
	return rows, nil
}

type periodsPage struct {
	page.Frame
	query
	Place    string
	Rows     []periodRow
	Scopes   []choice // "by" and province, as a query has them
	May      bool     // the visitor may close a period
	Open     []targets.Period
	Asked    string // the period to be closed
	Name     string // that was typed
	Preview  *targets.Figures
	Fault    *page.FormFault
	A, B     string // the periods to compare
	Compared []comparedRow
	Whole    comparedRow
}

// comparedRow is a place in two periods. None stands for a place without a list.
type comparedRow struct {
	Label        string
	Then, Now    targets.Row
	Base, Gained int
	Points       float64 // of the percentages, later minus earlier
}

// PeriodsPage lists the closed periods, compares two of them, and closes one.
func (s *Pages) PeriodsPage(c *fiber.Ctx) error {
	return s.showPeriods(c, c.Query("close"), "", nil)
}

func (s *Pages) showPeriods(c *fiber.Ctx, closing, name string, fault *page.FormFault) error {
	q, err := s.periodQuery(c)
	if err != nil {
		return err
	}
	shown := periodsPage{Frame: s.Frame(c, s.WordsOf(c).T("periods.title")), query: q, May: roster.MaySetTargets(*page.VisitorOf(c).Account), Name: name, Fault: fault, A: c.Query("a"), B: c.Query("b")}
	shown.Place, shown.Scopes = s.scopes(shown.Frame, q)
	if shown.Rows, err = s.periodRows(c.UserContext(), q); err != nil {
		return err
	}
	if err := shown.compare(s); err != nil {
		return err
	}
	if shown.May {
		if err := s.previewPeriod(c.UserContext(), &shown, closing); err != nil {
			return err
		}
	}
	return s.Page(c, "periods", shown)
}

// scopes names the scope, and lists those that the visitor may choose.
func (s *Pages) scopes(f page.Frame, q query) (place string, all []choice) {
	a := *f.Account
	for _, by := range []roster.List{roster.Present, roster.Programme} {
		add := func(province, text string) {
			chosen := by == q.By && province == q.Province
			if chosen {
				place = text
			}
			all = append(all, choice{url.Values{"by": {string(by)}, "province": {province}}.Encode(), text, chosen})
		}
		add("", f.T("board.tab."+string(by), len(s.Places.Provinces(by))))
		for _, p := range s.Places.Provinces(by) {
			if covered(a, s.PresentOf(targets.Scope{By: by, Province: p.Code})) {
				add(p.Code, page.ProvinceName(f.Words, p)+map[roster.List]string{roster.Programme: " (1687)"}[by])
			}
		}
	}
	return place, all
}

// previewPeriod counts what would be closed, so that it is seen before it stands for ever.
func (s *Pages) previewPeriod(ctx context.Context, shown *periodsPage, id string) error {
	var err error
	if shown.Open, err = s.Board.Open(ctx); err != nil || id == "" {
		return err
	}
	i := slices.IndexFunc(shown.Open, func(p targets.Period) bool { return p.ID == id })
	if i < 0 {
		return nil // closed meanwhile, or never to be: the list says which are
	}
	shown.Asked, shown.Name = id, cmp.Or(shown.Name, shown.In(targets.PeriodTitle(id)))
	f, err := s.Board.Read(ctx, roster.Present, "", shown.Open[i].To.Time())
	shown.Preview = &f
	return err
}

// compare fills the table of two periods, place by place.
func (p *periodsPage) compare(s *Pages) error {
	if p.A == "" || p.B == "" {
		return nil
	}
	find := func(id string) *periodRow {
		if i := slices.IndexFunc(p.Rows, func(r periodRow) bool { return r.ID == id }); i >= 0 {
			return &p.Rows[i]
		}
		return nil
	}
	a, b := find(p.A), find(p.B)
	if a == nil || b == nil {
		return nil
	}
	if b.To < a.To {
		a, b, p.A, p.B = b, a, p.B, p.A
	}
	then := map[string]targets.Row{}
	for _, r := range a.Figures.Rows {
		then[r.Code] = r
	}
	for _, r := range b.Figures.Rows {
		p.Compared = append(p.Compared, compared(p.In(courses.Text{Vi: r.Name, En: cmp.Or(r.NameEn, r.Name)}), then[r.Code], r))
		delete(then, r.Code)
	}
	for _, r := range a.Figures.Rows {
		if _, gone := then[r.Code]; gone {
			p.Compared = append(p.Compared, compared(p.In(courses.Text{Vi: r.Name, En: cmp.Or(r.NameEn, r.Name)}), r, targets.Row{}))
		}
	}
	row := func(f targets.Figures) targets.Row {
		return targets.Row{Base: f.Base, Trained: f.Trained, Percent: f.Percent}
	}
	p.Whole = compared(p.T("board.total"), row(a.Figures), row(b.Figures))
	return nil
}

func compared(label string, then, now targets.Row) comparedRow {
	return comparedRow{label, then, now, now.Base - then.Base, now.Trained - then.Trained, now.Percent - then.Percent}
}

// At is the address of a page of periods of the same scope.
func (q query) At(path string) string { return q.at(path) }

// Signed is a number with its sign.
func (p periodsPage) Signed(n int) string { return withSign(p.Frame, n) }

func withSign(f page.Frame, n int) string {
	if n > 0 {
		return "+" + f.N(n)
	}
	return strings.Replace(f.N(n), "-", "−", 1)
}

// Points is a difference of percentages with its sign, "–" where one of the two has nobody.
func (p periodsPage) Points(r comparedRow) string {
	if r.Then.Base == 0 || r.Now.Base == 0 {
		return "–"
	}
	text := strings.TrimSpace(strings.TrimSuffix(p.Percent(max(r.Points, -r.Points)), "%"))
	switch {
	case r.Points > 0:
		return "+" + text
	case r.Points < 0:
		return "−" + text
	}
	return text
}

// Share is a percentage, "–" where nobody is in the base.
func (p periodsPage) Share(r targets.Row) string {
	if r.Base == 0 {
		return "–"
	}
	return p.Percent(r.Percent)
}

// Called is what a period is called where nobody has named it.
func (periodsPage) Called(id string) courses.Text { return targets.PeriodTitle(id) }

// ClosePeriod closes a period for ever.
func (s *Pages) ClosePeriod(c *fiber.Ctx) error {
	a := *page.VisitorOf(c).Account
	if !roster.MaySetTargets(a) {
		return problem.Denied("denied")
	}
	id, name := c.FormValue("period"), c.FormValue("name")
	p, err := s.Board.Close(c.UserContext(), id, name, a.ID, a.Name)
	closed := err == nil
	if errors.Is(err, problem.ErrExists) { // a stop may have come before it was told
		var failed error
		if p, failed = s.Board.Period(c.UserContext(), id); failed != nil {
			return failed
		}
		closed = true
		if p.By == a.ID && p.Name == roster.Clean(name) { // pressed twice
			err = nil
		}
	}
	if closed {
		if err := s.Tell(c.UserContext(), programme.AuditEntry{ID: "period-" + id, By: p.By, At: p.ClosedAt, Action: "period.close", Subject: id}); err != nil {
			return err
		}
	}
	if fault, err := s.RosterFault(c, err); err != nil {
		return err
	} else if fault != nil {
		return s.showPeriods(c, id, name, fault)
	}
	return page.SeeOther(c, "/periods/"+id+"?done=period")
}

type periodPage struct {
	page.Frame
	query
	Period      targets.Period
	Place       string
	Scopes      []choice
	Figures     targets.Figures
	Now         targets.Figures // of the period's last day, as it is known now
	Adjustments []adjustmentRow // of the people whom the visitor may read
	Named       bool            // they are
	Base        int             // what the adjustments add up to
	Trained     int
}

// adjustmentRow is an adjustment in words.
type adjustmentRow struct {
	targets.Adjustment
	FromName, ToName string
	Facts            []lateRow
}

type lateRow struct {
	targets.Late
	Text string // what it says
	Who  string // entered it
}

// PeriodPage shows a closed period: its figures, and what was entered since that they do not have.
func (s *Pages) PeriodPage(c *fiber.Ctx) error {
	q, err := s.periodQuery(c)
	if err != nil {
		return err
	}
	p, err := s.Board.Period(c.UserContext(), c.Params("period"))
	if err != nil {
		return err
	}
	shown := periodPage{Frame: s.Frame(c, p.Name), query: q, Period: p}
	shown.Place, shown.Scopes = s.scopes(shown.Frame, q)
	ctx := c.UserContext()
	if shown.Figures, err = s.Board.Frozen(ctx, p, q.By, q.Province); err != nil {
		return err
	}
	if shown.Now, err = s.Board.Read(ctx, q.By, q.Province, p.To.Time()); err != nil {
		return err
	}
	all, err := s.Board.Adjustments(ctx, p, q.Scope)
	if err != nil {
		return err
	}
	shown.Base, shown.Trained = targets.Sum(all)
	shown.Named = covered(*page.VisitorOf(c).Account, s.PresentOf(q.Scope))
	if shown.Named {
		names := s.Namer(ctx)
		for _, a := range all {
			row := adjustmentRow{Adjustment: a, FromName: s.CommuneName(a.From), ToName: s.CommuneName(a.To)}
			for _, f := range a.Facts {
				row.Facts = append(row.Facts, lateRow{f, s.lateText(shown.Words, f), cmp.Or(names(f.By), f.By)})
			}
			shown.Adjustments = append(shown.Adjustments, row)
		}
	}
	return s.Page(c, "period", shown)
}

// lateText says what a late fact says.
func (s *Pages) lateText(w words.Words, f targets.Late) string {
	switch f.Event {
	case string(roster.Starts), string(roster.Leaves):
		text := w.T("period.fact."+f.Event, f.On.Time(), f.Library, s.CommuneName(f.Commune))
		if f.Transfer {
			text += " (" + w.T("period.fact.transfer") + ")"
		}
		if f.Source != "" {
			text += " (" + f.Source + ")"
		}
		return text
	case targets.Elsewhere:
		return w.T("period.fact.elsewhere", f.On.Time(), f.Library)
	case string(roster.Strikes):
		return w.T("period.fact.strikes", f.Person, f.Reason)
	case string(roster.Joins):
		return w.T("period.fact.joins", f.Person, f.Other)
	case string(roster.Undoes):
		return w.T("period.fact.undoes", cmp.Or(f.Source, "–"))
	case string(roster.Parts), string(roster.Restores):
		return w.T("period.fact."+f.Event, f.Person)
	}
	return f.Event
}

// Signed is a number with its sign.
func (p periodPage) Signed(n int) string { return withSign(p.Frame, n) }

// Rest is what neither figures nor adjustments explain: facts that were erased since.
func (p periodPage) Rest() int { return p.Now.Base - p.Figures.Base - p.Base }

// RestTrained is the same of the trained.
func (p periodPage) RestTrained() int { return p.Now.Trained - p.Figures.Trained - p.Trained }

// Files are the addresses of the figures as files.
func (p periodPage) Files() []page.Link {
	var files []page.Link
	for _, format := range []string{targets.XLSX, targets.CSV, targets.JSON} {
		files = append(files, page.Link{Href: p.at("/api/v1/reports/board."+format) + "&period=" + p.Period.ID, Text: strings.ToUpper(format)})
	}
	return files
}

// Statement is the address of the figures as a page to sign.
func (p periodPage) Statement() string { return p.at("/board/report.pdf") + "&period=" + p.Period.ID }

// Rows are the places with people, in the order of their list.
func (p periodPage) Rows() (rows []boardRow) {
	for _, r := range p.Figures.Rows {
		if r.Base > 0 || p.Province == "" {
			rows = append(rows, boardRow{Row: r, Label: p.In(courses.Text{Vi: r.Name, En: cmp.Or(r.NameEn, r.Name)})})
		}
	}
	return rows
}

// apiPeriod is a closed period in the API.
type apiPeriod struct {
	ID       string           `json:"id"`
	Name     string           `json:"name"`
	From     targets.Day      `json:"from"`
	To       targets.Day      `json:"to"`
	ClosedAt time.Time        `json:"closedAt"`
	ClosedBy string           `json:"closedBy"`
	By       roster.List      `json:"by"`
	Province string           `json:"province"`
	Base     int              `json:"base"`
	Trained  int              `json:"trained"`
	Percent  *float64         `json:"percent"` // null where the base is empty
	Coverage targets.Coverage `json:"coverage"`
	Checksum string           `json:"checksum"`
}

func (r periodRow) api() apiPeriod {
	f := r.Figures
	p := apiPeriod{r.ID, r.Name, r.From, r.To, r.ClosedAt, r.ByName, f.By, f.Province, f.Base, f.Trained, nil, f.Coverage, f.Checksum}
	if f.Base > 0 {
		p.Percent = &f.Percent
	}
	return p
}

func (s *Pages) ApiPeriods(c *fiber.Ctx) error {
	q, err := s.periodQuery(c)
	if err != nil {
		return err
	}
	rows, err := s.periodRows(c.UserContext(), q)
	if err != nil {
		return err
	}
	all := []apiPeriod{}
	for _, r := range rows {
		all = append(all, r.api())
	}
	return page.Tagged(c, fiber.Map{"periods": all})
}

func (s *Pages) ApiPeriodOf(c *fiber.Ctx) error {
	q, err := s.periodQuery(c)
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p, err := s.Board.Period(ctx, c.Params("period"))
	if err != nil {
		return err
	}
	f, err := s.Board.Frozen(ctx, p, q.By, q.Province)
	if err != nil {
		return err
	}
	all, err := s.Board.Adjustments(ctx, p, q.Scope)
	if err != nil {
		return err
	}
	base, trained := targets.Sum(all)
	adjusted := fiber.Map{"base": base, "trained": trained}
	if covered(*page.VisitorOf(c).Account, s.PresentOf(q.Scope)) {
		adjusted["people"] = slices.Concat([]targets.Adjustment{}, all)
	}
	return page.Tagged(c, fiber.Map{"period": periodRow{p, f}.api(), "figures": f, "adjustments": adjusted})
}
