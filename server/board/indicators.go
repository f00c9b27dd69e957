package board

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/libraries"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/targets"
	"lopban/server/page"
)

// indicatorsPage is everything that the Decision asks for, on one page.
type indicatorsPage struct {
	page.Frame
	query
	Place   string
	Tabs    []page.Link
	Year    int
	Years   []int
	People  targets.Figures
	Figures libraries.Figures
	Targets []indicator
	Rows    []indicatorRow
	Trend   []point // of people trained, by month; nil where the visitor may not read the past, or it is not counted yet
	Line    string  // through them, as SVG has it
	Tiles   []tile  // of all provinces
	Wide    int     // of their drawing
	High    int
	Shows   string // the indicator of the tiles
	Lists   bool   // the visitor may go to the libraries
	Named   bool   // and to communes
}

// indicatorRow is a place with all indicators.
type indicatorRow struct {
	libraries.Row
	People targets.Row
	Label  string
	Link   string
}

// indicator is a line of the table of targets.
type indicator struct {
	Key       string
	Done, Of  int
	Share     string
	Milestone targets.Milestone
	Gap       int
	Known     bool // there is something to take a share of
}

// Met says whether the milestone is reached.
func (i indicator) Met() bool { return i.Known && i.Gap == 0 }

// tile is a province in the drawing.
type tile struct {
	X, Y  int
	Name  string
	Text  string // the share
	Depth string // opacity of its colour
	Link  string
}

// point is a month in the drawing of the trend.
type point struct {
	targets.Point
	X, Y int
}

// The drawing of the trend: its size, and the room of its numbers.
const (
	trendWide = 640
	trendHigh = 200
	trendLeft = 44
	trendFoot = 28
)

// TrendAt is where a milestone lies in the drawing.
func (indicatorsPage) TrendAt(percent int) int { return trendY(float64(percent)) }

func trendY(percent float64) int {
	return int((trendHigh-trendFoot)*(1-percent/100)) + 8
}

// trend places the points.
func (p *indicatorsPage) trend(points []targets.Point) {
	var line []string
	for i, t := range points {
		at := point{t, trendLeft + 16 + i*(trendWide-trendLeft-40)/max(1, len(points)-1), trendY(t.Percent)}
		p.Trend = append(p.Trend, at)
		if t.Base > 0 {
			line = append(line, fmt.Sprintf("%d,%d", at.X, at.Y))
		}
	}
	p.Line = strings.Join(line, " ")
}

// TrendSays is the drawing in words.
func (p indicatorsPage) TrendSays() string {
	var all []string
	for _, t := range p.Trend {
		if t.Base > 0 {
			all = append(all, p.Date(t.Day.Time())+" "+p.Percent(t.Percent))
		}
	}
	return strings.Join(all, "; ")
}

// theIndicators are those that the tiles can show.
var theIndicators = []string{"training", "model", "coordinating"}

// Indicators are what the page can show by province.
func (indicatorsPage) Indicators() []string { return theIndicators }

// IndicatorsPage shows all targets of the Decision.
func (s *Pages) IndicatorsPage(c *fiber.Ctx) error {
	q, f, err := s.indicators(c)
	if err != nil {
		return err
	}
	a := *page.VisitorOf(c).Account
	shown := indicatorsPage{Frame: s.Frame(c, s.WordsOf(c).T("indicators.title")), query: q, Year: f.Year, Figures: f, Shows: cmp.Or(c.Query("show"), theIndicators[0]), Lists: a.Has(roster.Staff, roster.Office, roster.Admin)}
	if !slices.Contains(theIndicators, shown.Shows) {
		return problem.Invalid("show", "filter.unknown", shown.Shows)
	}
	if p, ok := s.Places.Province(q.By, q.Province); ok {
		shown.Place = shown.In(courses.Text{Vi: p.Name, En: p.NameEn})
	}
	for _, by := range []roster.List{roster.Present, roster.Programme} {
		shown.Tabs = append(shown.Tabs, page.Link{Href: query{targets.Scope{By: by}, ""}.at("/indicators"), Text: shown.T("board.tab."+string(by), len(s.Places.Provinces(by))), Current: q.By == by})
	}
	for year := roster.Day(s.Now()).Year(); year >= s.Targets.DecidedOn.Time().Year(); year-- {
		shown.Years = append(shown.Years, year)
	}
	if shown.People, err = s.Board.ReadScope(c.UserContext(), q.Scope, time.Time{}); err != nil {
		return err
	}
	trained := map[string]targets.Row{}
	for _, r := range shown.People.Rows {
		trained[r.Code] = r
	}
	for _, r := range f.Rows {
		row := indicatorRow{Row: r, People: trained[r.Code], Label: shown.In(courses.Text{Vi: r.Name, En: cmp.Or(r.NameEn, r.Name)})}
		at := q.of(r.Code)
		at.Commune = ""
		if q.Province == "" && covered(a, s.PresentOf(at.Scope)) {
			row.Link = at.at("/indicators")
		}
		shown.Rows = append(shown.Rows, row)
	}
	if roster.MayReadPast(a) {
		points, _ := s.trends.of(&s.Background, q.Scope, f.AsOf, func(ctx context.Context) ([]targets.Point, error) { return s.Board.Trend(ctx, q.Scope, trendMonths) })
		shown.trend(points)
	}
	shown.Targets = shown.lines(s.Targets.Indicators)
	shown.draw()
	return s.Page(c, "indicators", shown)
}

// indicators reads what a visitor asks, and counts it. Staff begin with their own province.
func (s *Pages) indicators(c *fiber.Ctx) (query, libraries.Figures, error) {
	q := queryOf(c)
	if c.Query("by") == "" && q.Province == "" {
		q.Province = own(*page.VisitorOf(c).Account)
	}
	q.Commune, q.Typed, q.KnownOn = "", "", ""
	if err := s.mayReadBoard(c, q); err != nil {
		return q, libraries.Figures{}, err
	}
	if q.By != roster.Present && q.By != roster.Programme {
		return q, libraries.Figures{}, problem.Invalid("by", "list.unknown", string(q.By))
	}
	if _, ok := s.Places.Province(q.By, q.Province); q.Province != "" && !ok {
		return q, libraries.Figures{}, problem.Invalid("province", "province.unknown", q.Province)
	}
	this := roster.Day(s.Now()).Year()
	first := s.Targets.DecidedOn.Time().Year()
	year := this
	if typed := c.Query("year"); typed != "" {
		var err error
		if year, err = strconv.Atoi(typed); err != nil || year < first || year > this {
			return q, libraries.Figures{}, problem.Invalid("year", "library.year", strconv.Itoa(first), strconv.Itoa(this))
		}
	}
	f, err := s.Programme.Libraries.Read(c.UserContext(), q.Scope, time.Time{}, year)
	return q, f, err
}

// ApiIndicators gives the indicators that are counted from libraries.
func (s *Pages) ApiIndicators(c *fiber.Ctx) error {
	_, f, err := s.indicators(c)
	if err != nil {
		return err
	}
	return page.Tagged(c, f)
}

// lines are the targets in the order of the Decision.
func (p *indicatorsPage) lines(rules targets.Indicators) []indicator {
	all := []indicator{{"training", p.People.Trained, p.People.Base, p.Percent(p.People.Percent), p.People.Next.Milestone, p.People.Next.Gap, p.People.Base > 0}}
	for key, milestones := range map[string][]targets.Milestone{"model": rules.Model, "coordinating": rules.Coordinating, "readers": rules.Readers} {
		if len(milestones) == 0 {
			continue
		}
		m, f := targets.Next(milestones, p.Figures.AsOf), p.Figures
		switch key {
		case "model":
			all = append(all, indicator{key, f.Model.Done, f.Model.Of, p.Percent(f.Model.Percent()), m, m.Gap(f.Model.Done, f.Model.Of), f.Model.Of > 0})
		case "coordinating":
			all = append(all, indicator{key, f.Coordinating.Done, f.Coordinating.Of, p.Percent(f.Coordinating.Percent()), m, m.Gap(f.Coordinating.Done, f.Coordinating.Of), f.Coordinating.Of > 0})
		case "readers":
			all = append(all, indicator{key, f.Readers.Now, f.Readers.Before, p.Grown(f.Readers), m, f.Readers.Gap(m.Percent), f.Readers.Known()})
		}
	}
	order := []string{"model", "coordinating", "training", "readers"}
	slices.SortFunc(all, func(a, b indicator) int { return cmp.Compare(slices.Index(order, a.Key), slices.Index(order, b.Key)) })
	return all
}

// Grown is by how much readers are more, with its sign; "–" where nothing can be compared.
func (p indicatorsPage) Grown(g libraries.Growth) string {
	switch percent := g.Percent(); {
	case !g.Known():
		return "–"
	case percent > 0:
		return "+" + p.Percent(percent)
	case percent < 0:
		return "−" + p.Percent(-percent)
	}
	return p.Percent(0)
}

// ShareOf is a share in words, "–" where there is nothing to take it of.
func (p indicatorsPage) ShareOf(s libraries.Share) string {
	if s.Of == 0 {
		return "–"
	}
	return p.Percent(s.Percent())
}

// Trained is the share of the people of a row.
func (p indicatorsPage) Trained(r targets.Row) string {
	if r.Base == 0 {
		return "–"
	}
	return p.Percent(r.Percent)
}

// Whole is the address of all provinces.
func (p indicatorsPage) Whole() string {
	return query{targets.Scope{By: p.By}, ""}.at("/indicators")
}

// Board is the address of the board of the same people.
func (p indicatorsPage) Board() string { return p.at("/board") }

// The tiles are where the provinces lie, roughly: column and row by code. One that is not here stands in a row below.
var tilesAt = map[roster.List]map[string][2]int{
	roster.Programme: {"12": {0, 0}, "10": {1, 0}, "02": {2, 0}, "04": {3, 0}, "11": {0, 1}, "15": {1, 1}, "08": {2, 1}, "06": {3, 1}, "20": {4, 1},
		"14": {1, 2}, "25": {2, 2}, "19": {3, 2}, "24": {4, 2}, "17": {2, 3}},
	roster.Present: {"12": {0, 0}, "15": {1, 0}, "08": {2, 0}, "04": {3, 0}, "11": {0, 1}, "14": {1, 1}, "25": {2, 1}, "19": {3, 1}, "20": {4, 1}, "24": {3, 2}},
}

const tileWide, tileHigh = 116, 64

// draw places the tiles of all provinces.
func (p *indicatorsPage) draw() {
	if p.Province != "" {
		return
	}
	rows, next := 0, 0
	for _, at := range tilesAt[p.By] {
		rows = max(rows, at[1]+1)
	}
	for _, r := range p.Rows {
		at, ok := tilesAt[p.By][r.Code]
		if !ok {
			at = [2]int{next % 5, rows + next/5}
			next++
		}
		share, text := r.People.Percent, p.Trained(r.People)
		switch p.Shows {
		case "model":
			share, text = r.Model.Percent(), p.ShareOf(r.Model)
		case "coordinating":
			share, text = r.Coordinating.Percent(), p.ShareOf(r.Coordinating)
		}
		p.Tiles = append(p.Tiles, tile{X: at[0] * tileWide, Y: at[1] * tileHigh, Name: r.Label, Text: text, Depth: strconv.FormatFloat(0.04+0.36*min(share, 100)/100, 'f', 2, 64), Link: r.Link})
		p.Wide, p.High = max(p.Wide, (at[0]+1)*tileWide), max(p.High, (at[1]+1)*tileHigh)
	}
}

// Says is the drawing in words.
func (p indicatorsPage) Says() string {
	var all []string
	for _, t := range p.Tiles {
		all = append(all, t.Name+" "+t.Text)
	}
	return strings.Join(all, "; ")
}

// report is the table of a scope as a file, in which the people trained stand too.
func report(people targets.Figures, f libraries.Figures) *targets.Report {
	people.Filter.Year = f.Year
	trained := map[string]targets.Row{}
	for _, r := range people.Rows {
		trained[r.Code] = r
	}
	share := func(s libraries.Share) any {
		if s.Of == 0 { // as on the screen: nothing is not 0 %
			return nil
		}
		return s.Percent()
	}
	var rows [][]any
	for _, r := range f.Rows {
		t := trained[r.Code]
		growth := any(nil)
		if r.Readers.Known() {
			growth = r.Readers.Percent()
		}
		rows = append(rows, []any{r.Code, courses.Text{Vi: r.Name, En: cmp.Or(r.NameEn, r.Name)}, r.Model.Done, r.Model.Of, share(r.Model), r.Coordinating.Done, r.Coordinating.Of, share(r.Coordinating), r.Reported,
			t.Trained, t.Base, share(libraries.Share{Done: t.Trained, Of: t.Base}), r.Readers.Before, r.Readers.Now, growth})
	}
	columns := []targets.Column{{Key: "code", Width: 9}, {Key: "place", Width: 24, Aside: true}, {Key: "model", Width: 12}, {Key: "ofCommunes", Width: 11}, {Key: "modelPercent", Width: 11, Aside: true}, {Key: "coordinating", Width: 12}, {Key: "libraries", Width: 11},
		{Key: "coordinatingPercent", Width: 11, Aside: true}, {Key: "reported", Width: 12}, {Key: "trained", Width: 12}, {Key: "people", Width: 11}, {Key: "trainedPercent", Width: 11, Aside: true}, {Key: "readersBefore", Width: 12}, {Key: "readersNow", Width: 12}, {Key: "readersPercent", Width: 11, Aside: true}}
	return targets.Table("indicators", people, columns, []int{2, 3, 5, 6, 8, 9, 10, 12, 13}, rows)
}

// indicatorsFile makes the report that a visitor asks for.
func (s *Pages) indicatorsFile(c *fiber.Ctx) (*targets.Report, error) {
	q, f, err := s.indicators(c)
	if err != nil {
		return nil, err
	}
	people, err := s.Board.ReadScope(c.UserContext(), q.Scope, time.Time{})
	return report(people, f), err
}

// Files are the addresses of the table as files.
func (p indicatorsPage) Files() []page.Link {
	var files []page.Link
	for _, format := range []string{targets.XLSX, targets.CSV, targets.JSON} {
		files = append(files, page.Link{Href: p.at("/api/v1/reports/indicators."+format) + "&year=" + strconv.Itoa(p.Year), Text: strings.ToUpper(format)})
	}
	return files
}
