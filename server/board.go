package server

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/targets"
)

// query is what a visitor asks of figures: of whom, and of which day. Typed is the day as it came, "" for today.
type query struct {
	targets.Scope
	Typed string
}

// queryOf reads by, province, commune and asOf. Whose figures a visitor gets who does not say is the caller's to decide.
func queryOf(c *fiber.Ctx) query {
	by := roster.List(cmp.Or(c.Query("by"), string(roster.Present)))
	return query{targets.Scope{By: by, Province: c.Query("province"), Commune: c.Query("commune")}, c.Query("asOf")}
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
	for key, value := range map[string]string{"province": q.Province, "commune": q.Commune, "asOf": q.Typed} {
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

// presentOf lists the present provinces in which people of the scope may work; "" stands for any.
func (s *Server) presentOf(scope targets.Scope) []string {
	if scope.By != roster.Programme || scope.Province == "" {
		return []string{scope.Province}
	}
	var codes []string
	for _, c := range s.places.Communes(roster.Programme, scope.Province) {
		codes = append(codes, c.Province)
	}
	if len(codes) == 0 {
		return []string{""}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// within asks a rule of scope.go for every present province of the scope. To staff another province does not exist; who looks after none is refused.
func (s *Server) within(c *fiber.Ctx, scope targets.Scope, may func(roster.Account, string) bool) error {
	a := *visitorOf(c).account
	for _, province := range s.presentOf(scope) {
		if may(a, province) {
			continue
		}
		if a.Has(roster.Staff) {
			return fmt.Errorf("province %q: %w", scope.Province, store.ErrNotFound)
		}
		return store.Denied("denied")
	}
	return nil
}

// mayReadBoard lets everyone read the totals, and those of communes only who may read the people there.
func (s *Server) mayReadBoard(c *fiber.Ctx, q query) error {
	if q.Province != "" {
		return s.within(c, q.Scope, roster.MayReadCommunes)
	}
	a := *visitorOf(c).account
	if !roster.MayReadBoard(a) || q.Typed != "" && !roster.MayReadPast(a) {
		return store.Denied("denied")
	}
	return nil
}

// apiBoard gives the figures of all provinces, or of one by commune.
func (s *Server) apiBoard(c *fiber.Ctx) error {
	q := queryOf(c)
	if err := s.mayReadBoard(c, q); err != nil {
		return err
	}
	day, err := q.day()
	if err != nil {
		return err
	}
	f, err := s.board.Read(c.UserContext(), q.By, q.Province, day)
	if err != nil {
		return err
	}
	return c.JSON(f)
}

type boardPage struct {
	frame
	query
	Place    string // name of the province, "" for all
	Today    targets.Day
	Tabs     []link
	Fault    *formFault       // of the day; there are no figures then
	Figures  *targets.Figures // nil with a fault
	Scale    scale
	Rows     []boardRow
	Forecast targets.Day // "" where none can be made
	Foreseen bool        // it is known whether one can
	Missing  string      // address of the list of who is missing, "" when the visitor may not read it
	Issuer   string      // address of the issuer's page, "" when the visitor may not change it
	Import   bool        // the visitor may enter a roster here
	Audit    bool
}

// boardRow is a place on the board with its bar. Board, People, Done and Missing are addresses, "" when the visitor may not go there.
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

// boardPage shows the number. Staff begin with their own province, everybody else with all.
func (s *Server) boardPage(c *fiber.Ctx) error {
	q := queryOf(c)
	if c.Query("by") == "" && q.Province == "" {
		q.Province = own(*visitorOf(c).account)
	}
	q.Commune = ""
	if err := s.mayReadBoard(c, q); err != nil {
		return err
	}
	page := boardPage{frame: s.frame(c, s.wordsOf(c).T("board.title")), query: q, Today: targets.DayOf(s.now())}
	if p, ok := s.places.Province(q.By, q.Province); ok {
		page.Place = page.In(courses.Text{Vi: p.Name, En: p.NameEn})
	}
	for _, by := range []roster.List{roster.Present, roster.Programme} {
		all := query{targets.Scope{By: by}, q.Typed}
		page.Tabs = append(page.Tabs, link{all.at("/board"), page.T("board.tab."+string(by), len(s.places.Provinces(by))), q.By == by})
	}
	err := s.fillBoard(c.UserContext(), &page)
	if page.Fault, err = s.faultIn(c, err, "asOf"); err != nil {
		return err
	}
	return s.page(c, "board", page)
}

// faultIn is faultOf for a problem of one field; every other error is given back.
func (s *Server) faultIn(c *fiber.Ctx, err error, field string) (*formFault, error) {
	if err == nil || explain(err).Field != field {
		return nil, err
	}
	return s.rosterFault(c, err)
}

func (s *Server) fillBoard(ctx context.Context, page *boardPage) error {
	day, err := page.day()
	if err != nil {
		return err
	}
	f, err := s.board.Read(ctx, page.By, page.Province, day)
	if err != nil {
		return err
	}
	page.Figures, page.Scale = &f, newScale(page.words, f)
	page.Rows = s.boardRows(page)
	a := *page.Account
	if roster.MayReadPeople(a, page.presentHome(s)) {
		page.Missing = page.at("/missing")
	}
	if page.By == roster.Present && page.Province != "" && roster.MaySetIssuer(a, page.Province) {
		page.Issuer = "/admin/issuers/" + page.Province
	}
	page.Import = roster.MayEditRoster(a, page.presentHome(s))
	page.Audit = page.Province == "" && roster.MayReadAudit(a)
	if f.Next.Gap > 0 {
		page.Forecast, page.Foreseen = s.forecasts.of(&s.jobs, s.board, f)
	}
	return nil
}

// presentHome is the present province of the page's people, "" where they are of more than one.
func (p *boardPage) presentHome(s *Server) string {
	if codes := s.presentOf(p.Scope); len(codes) == 1 {
		return codes[0]
	}
	return ""
}

// boardRows puts the largest gap first and places without people last; otherwise rows keep the order of the figures.
func (s *Server) boardRows(page *boardPage) []boardRow {
	a := *page.Account
	var rows []boardRow
	for _, r := range page.Figures.Rows {
		row := boardRow{Row: r, Label: page.In(courses.Text{Vi: r.Name, En: cmp.Or(r.NameEn, r.Name)}), Width: svgPercent(r.Percent)}
		q := page.of(r.Code)
		q.Commune = ""
		if covered(a, s.presentOf(q.Scope)) {
			row.Missing = page.of(r.Code).at("/missing")
			if page.Province == "" {
				row.Board = q.at("/board")
			} else if commune, ok := s.places.Commune(r.Code); ok && page.Typed == "" {
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

// Short is the beginning of the checksum, for reading aloud.
func (p boardPage) Short() string { return p.Figures.Checksum[:12] }

// Files are the addresses of the figures as files.
func (p boardPage) Files() []link {
	var files []link
	for _, format := range []string{targets.XLSX, targets.CSV, targets.JSON} {
		files = append(files, link{Href: p.at("/api/v1/reports/board." + format), Text: strings.ToUpper(format)})
	}
	return files
}

// Past says whether the figures are of an earlier day.
func (p boardPage) Past() bool { return p.Figures.AsOf != p.Today }

// Everywhere is the address of the board of all provinces.
func (p boardPage) Everywhere() string { return query{targets.Scope{By: p.By}, p.Typed}.at("/board") }

// Now is the address of today's figures.
func (p boardPage) Now() string {
	q := p.query
	q.Typed = ""
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

// scale is the drawing of the milestones from 0 to 100 % with today's mark. Places are percent of its width, as SVG has them.
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

func newScale(w words, f targets.Figures) scale {
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

// pace is how many days back a forecast looks. The figures of that day are counted from facts, once a day and scope: a page waits for them a moment, and the counting is given up after a while.
const (
	pace          = 90
	forecastWait  = 2 * time.Second
	forecastLimit = 8 * time.Second
)

// forecasts keeps the figures from which forecasts are reckoned.
type forecasts struct {
	mu   sync.Mutex
	kept map[targets.Scope]*pastFigures
}

// pastFigures are the figures of an earlier day, once they are ready.
type pastFigures struct {
	day     targets.Day
	ready   chan struct{}
	figures targets.Figures
	err     error
}

// of is the forecast for the figures, "" where there is none. It is not known while the figures of the earlier day are still being counted, or when they could not be.
func (k *forecasts) of(j *jobs, b *targets.Board, now targets.Figures) (day targets.Day, known bool) {
	then := k.begin(j, b, now)
	select {
	case <-then.ready:
	case <-time.After(forecastWait):
		return "", false
	}
	day, _ = targets.Forecast(then.figures, now)
	return day, then.err == nil
}

// begin counts the figures of the earlier day beside the page, unless somebody has begun already.
func (k *forecasts) begin(j *jobs, b *targets.Board, now targets.Figures) *pastFigures {
	then := now.AsOf.Time().AddDate(0, 0, -pace)
	k.mu.Lock()
	defer k.mu.Unlock()
	if e := k.kept[now.Scope]; e != nil && e.day == targets.DayOf(then) {
		return e
	}
	if k.kept == nil {
		k.kept = map[targets.Scope]*pastFigures{}
	}
	e := &pastFigures{day: targets.DayOf(then), ready: make(chan struct{}), err: store.ErrUnavailable}
	k.kept[now.Scope] = e
	count := func(ctx context.Context) {
		defer close(e.ready)
		ctx, cancel := context.WithTimeout(ctx, forecastLimit)
		defer cancel()
		e.figures, e.err = b.Read(ctx, now.By, now.Province, then)
		e.figures.Rows = nil
	}
	if !j.start(count) {
		close(e.ready)
	}
	return e
}

// shownMissing is how many of the missing the page names; all of them are in the file.
const shownMissing = 200

type missingPage struct {
	frame
	query
	Place     string // where the people work, in words
	Today     targets.Day
	Fault     *formFault
	Figures   *targets.Figures // nil with a fault
	Rows      []map[string]any // by the keys of the report's columns
	Shown     int
	Provinces []choice
	Communes  []choice
}

// choice is an option of a list to choose from.
type choice struct {
	Value, Text string
	Chosen      bool
}

// missingPage names the people who are not trained.
func (s *Server) missingPage(c *fiber.Ctx) error {
	q := s.listQuery(c)
	if err := s.within(c, q.Scope, roster.MayReadPeople); err != nil {
		return err
	}
	page := missingPage{frame: s.frame(c, s.wordsOf(c).T("report.missing")), query: q, Today: targets.DayOf(s.now()), Shown: shownMissing}
	s.choices(&page)
	err := s.fillMissing(c.UserContext(), &page)
	if page.Fault, err = s.faultIn(c, err, "asOf"); err != nil {
		return err
	}
	return s.page(c, "missing", page)
}

// listQuery is the query of a list of people: staff who do not say whose get those of their province.
func (s *Server) listQuery(c *fiber.Ctx) query {
	q := queryOf(c)
	if q.Province == "" && q.By == roster.Present {
		q.Province = own(*visitorOf(c).account)
	}
	return q
}

func (s *Server) fillMissing(ctx context.Context, page *missingPage) error {
	day, err := page.day()
	if err != nil {
		return err
	}
	r, err := s.Report(ctx, "missing", page.Scope, day)
	if err != nil {
		return err
	}
	defer r.Close()
	page.Figures = &r.Figures
	page.Rows, err = r.First(ctx, shownMissing)
	return err
}

// choices fills the lists of provinces and communes, and says where the people work.
func (s *Server) choices(page *missingPage) {
	a := *page.Account
	page.Place = page.T("scope." + string(page.By))
	for _, p := range s.places.Provinces(page.By) {
		if covered(a, s.presentOf(targets.Scope{By: page.By, Province: p.Code})) {
			name := page.In(courses.Text{Vi: p.Name, En: p.NameEn})
			page.Provinces = append(page.Provinces, choice{p.Code, name, p.Code == page.Province})
			if p.Code == page.Province {
				page.Place = name
			}
		}
	}
	for _, c := range s.places.Communes(page.By, page.Province) {
		page.Communes = append(page.Communes, choice{c.Code, c.Title(), c.Code == page.Commune})
		if c.Code == page.Commune {
			page.Place = c.Title() + ", " + page.Place
		}
	}
}

// All says whether the visitor may choose all provinces at once.
func (p missingPage) All() bool { return roster.MayReadPeople(*p.Account, "") }

// Board is the address of the board that these people are counted on.
func (p missingPage) Board() string {
	q := p.query
	q.Commune = ""
	return q.at("/board")
}

// Count is how many people are missing.
func (p missingPage) Count() int { return p.Figures.Base - p.Figures.Trained }

// Files are the addresses of the whole list as files.
func (p missingPage) Files() []link {
	var files []link
	for _, format := range []string{targets.XLSX, targets.CSV} {
		files = append(files, link{Href: p.at("/api/v1/reports/missing." + format), Text: strings.ToUpper(format)})
	}
	return files
}
