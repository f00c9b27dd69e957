package board

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
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

// query is what a visitor asks of figures: of whom, and of which day. Typed is the day as it came, "" for today.
type query struct {
	targets.Scope
	Typed string
}

// queryOf reads by, province, commune and asOf. Whose figures a visitor gets who does not say is the caller's to
// decide.
func queryOf(c *fiber.Ctx) query {
	by := roster.List(cmp.Or(c.Query("by"), string(roster.Present)))
	return query{targets.Scope{By: by, Province: c.Query("province"), Commune: c.Query("commune"), KnownOn: targets.Day(isoDay(c.Query("knownOn")))}, isoDay(c.Query("asOf"))}
}

// isoDay is a date that somebody typed as addresses have it; what is no date stays as it is, and is refused later.
func isoDay(typed string) string {
	if day, err := page.FormDay(typed); err == nil {
		return day.Format(time.DateOnly)
	}
	return typed
}

// day is the day that was typed, zero for today.
func (q query) day() (time.Time, error) {
	if q.Typed == "" {
		return time.Time{}, nil
	}
	day, err := targets.ParseDay(q.Typed)
	return day.Time(), err
}

// at is the address of a page or file about the same people on the same day.
func (q query) at(path string) string {
	values := url.Values{"by": {string(q.By)}}
	for key, value := range map[string]string{"province": q.Province, "commune": q.Commune, "asOf": q.Typed, "knownOn": string(q.KnownOn)} {
		if value != "" {
			values.Set(key, value)
		}
	}
	return path + "?" + values.Encode()
}

// of narrows the query to a row of its board.
func (q query) of(code string) query {
	if q.Province == "" {
		q.Province = code
	} else {
		q.Commune = code
	}
	return q
}

// own is the province whose figures somebody sees who does not say which: that of staff, or "" for all.
func own(a roster.Account) string {
	if a.Has(roster.Staff) && !a.Has(roster.Office, roster.Admin) {
		return a.Province
	}
	return ""
}

// mayReadBoard lets everyone read the totals, and those of communes only who may read the people there.
func (s *Pages) mayReadBoard(c *fiber.Ctx, q query) error {
	if q.Province != "" {
		return s.WithinScope(c, q.Scope, roster.MayReadCommunes)
	}
	a := *page.VisitorOf(c).Account
	if !roster.MayReadBoard(a) || (q.Typed != "" || q.KnownOn != "") && !roster.MayReadPast(a) {
		return problem.Denied("denied")
	}
	return nil
}

// ApiBoard gives the figures of all provinces, or of one by commune.
func (s *Pages) ApiBoard(c *fiber.Ctx) error {
	q := queryOf(c)
	if err := s.mayReadBoard(c, q); err != nil {
		return err
	}
	day, err := q.day()
	if err != nil {
		return err
	}
	q.Commune = ""
	f, err := s.Board.ReadScope(c.UserContext(), q.Scope, day)
	if err != nil {
		return err
	}
	return page.Tagged(c, f)
}

type boardPage struct {
	page.Frame
	query
	Place       string // name of the province, "" for all
	Today       targets.Day
	Tabs        []page.Link
	Fault       *page.FormFault  // of the day; there are no figures then
	Figures     *targets.Figures // nil with a fault
	Scale       scale
	Rows        []boardRow
	Tables      template.HTML // of Rows
	Forecast    targets.Day   // "" where none can be made
	Foreseen    bool          // it is known whether one can
	Missing     string        // address of the list of who is missing, "" when the visitor may not read it
	Completions string        // and that of the completions
	History     bool          // the visitor may read earlier days and closed periods
	Issuer      string        // address of the issuer's page, "" when the visitor may not change it
	Import      bool          // the visitor may enter a roster here
	Audit       bool
}

// boardRow is a place on the board with its bar. Board, People, Done and Missing are addresses, "" when the visitor may
// not go there.
type boardRow struct {
	targets.Row
	Label   string
	Width   string // of the bar, as SVG has it
	Board   string // by commune
	People  string // the roster, as it is today
	Done    string // those who are trained
	Missing string // those who are not
}

// Link is where the name leads.
func (r boardRow) Link() string { return cmp.Or(r.Board, r.Missing) }

// BoardPage shows the number. Staff begin with their own province, everybody else with all.
func (s *Pages) BoardPage(c *fiber.Ctx) error {
	q := queryOf(c)
	if c.Query("by") == "" && q.Province == "" {
		q.Province = own(*page.VisitorOf(c).Account)
	}
	q.Commune = ""
	if err := s.mayReadBoard(c, q); err != nil {
		return err
	}
	shown := boardPage{Frame: s.Frame(c, s.WordsOf(c).T("board.title")), query: q, Today: targets.DayOf(s.Now())}
	if p, ok := s.Places.Province(q.By, q.Province); ok {
		shown.Place = shown.In(courses.Text{Vi: p.Name, En: p.NameEn})
	}
	for _, by := range []roster.List{roster.Present, roster.Programme} {
		all := query{targets.Scope{By: by, KnownOn: q.KnownOn}, q.Typed}
		shown.Tabs = append(shown.Tabs, page.Link{
			Href: all.at("/board"), Text: shown.T("board.tab."+string(by), len(s.Places.Provinces(by))), Current: q.By == by,
		})
	}
	err := s.fillBoard(c.UserContext(), &shown)
	if shown.Fault, err = s.faultIn(c, err, "asOf", "knownOn"); err != nil {
		return err
	}
	return s.Page(c, "board", shown)
}

// faultIn is FaultOf for a problem of one of the fields; every other error is given back.
func (s *Pages) faultIn(c *fiber.Ctx, err error, fields ...string) (*page.FormFault, error) {
	if err == nil || !slices.Contains(fields, page.Explain(err).Field) {
		return nil, err
	}
	return s.RosterFault(c, err)
}

func (s *Pages) fillBoard(ctx context.Context, shown *boardPage) error {
	day, err := shown.day()
	if err != nil {
		return err
	}
	f, err := s.Board.ReadScope(ctx, shown.Scope, day)
	if err != nil {
		return err
	}
	shown.Figures, shown.Scale = &f, newScale(shown.Words, f)
	a := *shown.Account
	shown.Rows = s.boardRows(shown, a)
	if roster.MayReadPeople(a, shown.presentHome(s)) {
		shown.Missing, shown.Completions = shown.at("/missing"), shown.at("/completions")
	}
	if shown.By == roster.Present && shown.Province != "" && roster.MaySetIssuer(a, shown.Province) {
		shown.Issuer = "/admin/issuers/" + shown.Province
	}
	shown.Import = roster.MayEditRoster(a, shown.presentHome(s))
	shown.History = roster.MayReadPast(a)
	shown.Audit = roster.MayReadAudit(a, shown.Province)
	if f.Next.Gap > 0 && f.KnownOn == "" {
		shown.Forecast, shown.Foreseen = s.forecast(f)
	}
	shown.Tables, err = s.tablesOf(shown)
	return err
}

// tablesOf renders the tables of a board, and keeps them by everything that stands in them: the numbers, the words'
// language and where each of them leads this visitor. So nobody sees an older number or another's way.
func (s *Pages) tablesOf(shown *boardPage) (template.HTML, error) {
	key := sha256.New()
	fmt.Fprintf(key, "%q %#v %#v %#v %q", shown.Lang, shown.query, *shown.Figures, shown.Rows, shown.Missing)
	return s.tables.Get(string(key.Sum(nil)), func() error { return nil }, func() (template.HTML, error) {
		html, err := s.Render("board-tables", shown)
		return template.HTML(html), err
	})
}

// presentHome is the present province of the page's people, "" where they are of more than one.
func (p *boardPage) presentHome(s *Pages) string {
	if codes := s.PresentOf(p.Scope); len(codes) == 1 {
		return codes[0]
	}
	return ""
}

// boardRows puts the largest gap first and places without people last; otherwise rows keep the order of the figures.
// They lead where the account may go.
func (s *Pages) boardRows(shown *boardPage, a roster.Account) []boardRow {
	var rows []boardRow
	for _, r := range shown.Figures.Rows {
		row := boardRow{Row: r, Label: shown.In(courses.Text{Vi: r.Name, En: cmp.Or(r.NameEn, r.Name)}), Width: svgPercent(r.Percent)}
		q := shown.of(r.Code)
		q.Commune = ""
		if covered(a, s.PresentOf(q.Scope)) {
			row.Missing = shown.of(r.Code).at("/missing")
			if shown.Province == "" {
				row.Board = q.at("/board")
			} else if commune, ok := s.Places.Commune(r.Code); ok && shown.Typed == "" {
				row.People = "/roster?province=" + commune.Province + "&commune=" + r.Code
				row.Done = row.People + "&status=trained"
			}
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b boardRow) int {
		return cmp.Or(cmp.Compare(b.Gap, a.Gap), cmp.Compare(min(b.Base, 1), min(a.Base, 1)))
	})
	return rows
}

// covered says whether the account may read the people of all these present provinces.
func covered(a roster.Account, provinces []string) bool {
	return !slices.ContainsFunc(provinces, func(p string) bool { return !roster.MayReadPeople(a, p) })
}

// Reach says in words how far the roster reaches.
func (p boardPage) Reach() string {
	c := p.Figures.Coverage
	if p.Province != "" {
		return p.T("coverage.of-province", c.Communes, c.OfCommunes, c.Libraries)
	}
	return p.T("coverage.of-all", c.Provinces, c.OfProvinces, c.Communes, c.OfCommunes, c.Libraries)
}

// Bare are the names of the communes without a list.
func (p boardPage) Bare() (names []string) {
	for _, r := range p.Figures.Rows {
		if r.Base == 0 {
			names = append(names, r.Name)
		}
	}
	return names
}

// Places are the rows in the order of their list.
func (p boardPage) Places() []boardRow {
	var rows []boardRow
	for _, r := range p.Figures.Rows {
		rows = append(rows, boardRow{Row: r, Label: p.In(courses.Text{Vi: r.Name, En: cmp.Or(r.NameEn, r.Name)})})
	}
	return rows
}

// Short is the beginning of the checksum, for reading aloud.
func (p boardPage) Short() string { return p.Figures.Checksum[:12] }

// Files are the addresses of the figures as files.
func (p boardPage) Files() []page.Link {
	var files []page.Link
	for _, format := range []string{targets.XLSX, targets.CSV, targets.JSON} {
		files = append(files, page.Link{Href: p.at("/api/v1/reports/board." + format), Text: strings.ToUpper(format)})
	}
	return files
}

// Indicators is the address of the other targets.
func (p boardPage) Indicators() string {
	return query{targets.Scope{By: p.By, Province: p.Province}, ""}.at("/indicators")
}

// Statement is the address of the figures as a page to sign.
func (p boardPage) Statement() string { return p.at("/board/report.pdf") }

// Past says whether the figures are of an earlier day.
func (p boardPage) Past() bool { return p.Figures.AsOf != p.Today }

// Everywhere is the address of the board of all provinces.
func (p boardPage) Everywhere() string {
	return query{targets.Scope{By: p.By, KnownOn: p.KnownOn}, p.Typed}.at("/board")
}

// Now is the address of today's figures.
func (p boardPage) Now() string {
	q := p.query
	q.Typed, q.KnownOn = "", ""
	return q.at("/board")
}

// ScaleSays is the drawing of the scale in words.
func (p boardPage) ScaleSays() string {
	var marks []string
	for _, m := range p.Figures.Milestones {
		marks = append(marks, p.T("board.scale.mark", m.Percent, m.By.Time()))
	}
	return p.T("board.scale", p.Percent(p.Figures.Percent), strings.Join(marks, "; "))
}

// Late says whether the forecast lies after the milestone's day.
func (p boardPage) Late() bool { return p.Forecast > p.Figures.Next.By }

// scale is the drawing of the milestones from 0 to 100 % with today's mark. Places are percent of its width, as SVG has
// them.
type scale struct {
	Now    string
	Anchor string // of the mark's label: start, middle or end
	Shift  int    // and how far it stands from the mark, in units
	Ticks  []tick
}

type tick struct {
	At   string
	Text string
	Year string
	Next bool // the milestone that is due next
	Done bool
}

func newScale(w words.Words, f targets.Figures) scale {
	s := scale{Now: svgPercent(f.Percent), Anchor: "middle"}
	switch {
	case f.Percent < 20:
		s.Anchor, s.Shift = "start", -6
	case f.Percent > 80:
		s.Anchor, s.Shift = "end", 6
	}
	for _, m := range f.Milestones {
		s.Ticks = append(s.Ticks, tick{At: svgPercent(float64(m.Percent)), Text: strconv.Itoa(m.Percent) + "\u00a0%", Year: string(m.By)[:4],
			Next: m.Milestone == f.Next.Milestone, Done: m.Gap == 0 && f.Base > 0})
	}
	return s
}

func svgPercent(p float64) string { return strconv.FormatFloat(p, 'f', 1, 64) + "%" }

// pace is how many days back a forecast looks. The figures of that day are counted from facts, once a day and scope: a
// page waits for them a moment, and the counting is given up after a while.
const (
	pace        = 90
	dailyWait   = 2 * time.Second
	dailyLimit  = 8 * time.Second
	trendMonths = 12
)

// daily keeps what is counted from the facts of earlier days, once a day and scope.
type daily[T any] struct {
	mu   sync.Mutex
	kept map[targets.Scope]*counted[T]
}

// counted is something of a day, once it is ready.
type counted[T any] struct {
	day   targets.Day
	ready chan struct{}
	value T
	err   error
}

// of is what was counted today. It is not known while it is still being counted, or when it could not be.
func (k *daily[T]) of(j *programme.Background, s targets.Scope, today targets.Day, count func(context.Context) (T, error)) (value T, known bool) {
	e := k.begin(j, s, today, count)
	select {
	case <-e.ready:
	case <-time.After(dailyWait):
		return value, false
	}
	return e.value, e.err == nil
}

// begin counts beside the page, unless somebody has begun already.
func (k *daily[T]) begin(j *programme.Background, s targets.Scope, today targets.Day, count func(context.Context) (T, error)) *counted[T] {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e := k.kept[s]; e != nil && e.day == today {
		return e
	}
	if k.kept == nil {
		k.kept = map[targets.Scope]*counted[T]{}
	}
	e := &counted[T]{day: today, ready: make(chan struct{}), err: problem.ErrUnavailable}
	k.kept[s] = e
	if !j.Start(func(ctx context.Context) {
		defer close(e.ready)
		ctx, cancel := context.WithTimeout(ctx, dailyLimit)
		defer cancel()
		e.value, e.err = count(ctx)
	}) {
		close(e.ready)
	}
	return e
}

// forecast is the day on which the next milestone is reached, "" where none can be told.
func (s *Pages) forecast(now targets.Figures) (day targets.Day, known bool) {
	then, known := s.earlier.of(&s.Background, now.Scope, now.AsOf, func(ctx context.Context) (targets.Figures, error) {
		return s.Board.Earlier(ctx, now, targets.DayOf(now.AsOf.Time().AddDate(0, 0, -pace)))
	})
	if known {
		day, _ = targets.Forecast(then, now)
	}
	return day, known
}
