package targets

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/store"
)

// Report is a table of a scope on a day, and the figures it belongs to. Its rows are collected and sorted when it is
// made, in bounded memory, and it can be written more than once until it is closed. What was read was read before the
// first row is written: a slow reader holds nothing of the store.
type Report struct {
	Name    string // "board", "completions", "missing", "indicators" or "roster"
	Figures Figures
	Columns []Column

	headings func(Words) []string
	rows     func(ctx context.Context, each func(cells []any) error) error
	sum      string // of a board: that of its figures
	totals   []int  // of a Table: the columns that are added up
	temp     string
	close    func() error
}

// Column is a column of a table.
type Column struct {
	Key   string  // its name in JSON; its heading is the message "column." and this
	Width float64 // in a spreadsheet, in digits
	// not part of the checksum: what follows from another column, or is so today and not on the day of the list, such
	// as a phone number
	Aside bool
	Coded bool // holds words of a closed list: tables have their codes in a column at the end
}

// The cells of a row are strings, ints, float64s, a Day, a courses.Text, nil for nothing, or one of these.
type (
	// term is a word of a closed list: as it is in JSON, and as the message of the group, a dot and the word in a
	// table.
	term struct{ group, word string }
	// terms are such words, in a table separated by a semicolon.
	terms []term
	// named is a province: its code in JSON, its name in a table.
	named struct {
		code string
		name courses.Text
	}
)

// Close removes the files of a report.
func (r *Report) Close() error { return r.close() }

// title are the headings of a table.
func (r *Report) title(w Words) []string {
	if r.headings != nil {
		return r.headings(w)
	}
	var all []string
	for _, c := range r.Columns {
		all = append(all, w.Text("column."+c.Key))
	}
	for _, c := range r.Columns {
		if c.Coded {
			all = append(all, w.Text("column."+c.Key+".code"))
		}
	}
	return all
}

// coded are the cells of a row of a table: behind the row, the codes of its words.
func (r *Report) coded(cells []any) []any {
	for i, c := range r.Columns {
		if c.Coded {
			cells = append(cells, codeOf(cells[i]))
		}
	}
	return cells
}

// heading is the heading that the checksum knows a column by: of its codes, where it has them.
func (c Column) heading(w Words) string {
	if c.Coded {
		return w.Text("column." + c.Key + ".code")
	}
	return w.Text("column." + c.Key)
}

// recipe is how the checksum of a table is made again: the lines it begins with, the headings of its columns, and what
// is done with them.
func (r *Report) recipe(w Words) [][2]any {
	var columns []string
	for i, c := range r.Columns {
		switch {
		case r.Name == "board" && i > 3, r.Name == "board" && c.Key == "name", c.Aside:
		default:
			columns = append(columns, r.heading(w, i))
		}
	}
	how := "about.recipe"
	if r.Name == "board" {
		how = "about.recipe.board"
	}
	return [][2]any{{w.Text("about.head"), strings.Join(r.head(), " | ")}, {w.Text("about.columns"), strings.Join(columns, " | ")}, {w.Text("about.how"), w.Text(how)}}
}

func (r *Report) heading(w Words, i int) string {
	if r.headings != nil {
		return r.headings(w)[i]
	}
	return r.Columns[i].heading(w)
}

// Report makes a table of the rows of a board.
func (f Figures) Report() *Report {
	return &Report{Name: "board", Figures: f, sum: f.Checksum, close: func() error { return nil }, headings: f.headings,
		Columns: []Column{{Key: "code", Width: 9}, {Key: "name", Width: 24}, {Key: "base", Width: 8}, {Key: "trained", Width: 12}, {Key: "percent", Width: 10}, {Key: "gap", Width: 12},
			{Key: "communes", Width: 11}, {Key: "ofCommunes", Width: 11}, {Key: "libraries", Width: 11},
			{Key: "elsewhere", Width: 12}},
		rows: func(_ context.Context, each func([]any) error) error {
			for _, r := range f.Rows {
				cells := []any{r.Code, courses.Text{Vi: r.Name, En: cmp.Or(r.NameEn, r.Name)}, r.Base, r.Trained, r.Percent, r.Gap, r.Communes, r.OfCommunes, r.Libraries, r.Elsewhere}
				if r.Base == 0 { // as on the screen: nobody is not 0 %
					cells[4], cells[5] = nil, nil
				}
				if err := each(cells); err != nil {
					return err
				}
			}
			return nil
		}}
}

// Table is a report of rows that were counted elsewhere, of the scope and day of the figures. Totals are the columns
// that are added up under the rows.
func Table(name string, f Figures, columns []Column, totals []int, rows [][]any) *Report {
	return &Report{Name: name, Figures: f, Columns: columns, totals: totals, close: func() error { return nil }, rows: func(_ context.Context, each func([]any) error) error {
		for _, r := range rows {
			if err := each(r); err != nil {
				return err
			}
		}
		return nil
	}}
}

// headings are those of the screen.
func (f Figures) headings(w Words) []string {
	all := []string{w.Text("column.code"), w.Text("column.province"), w.Text("board.col.base"), w.Text("board.col.trained"), w.Text("column.percent"),
		strings.NewReplacer("%s", strconv.Itoa(f.Next.Percent), "%%", "%").Replace(w.Text("board.col.gap")), w.Text("column.communes"), w.Text("column.ofCommunes"), w.Text("column.libraries"),
		w.Text("column.elsewhere")}
	if f.Province != "" {
		all[1] = w.Text("column.commune")
	}
	return all
}

// place is where a row of a list belongs, and its order: by province, commune, given name and id.
type place struct{ Province, Commune, Sort, ID string }

func (p place) compare(q place) int {
	return cmp.Or(strings.Compare(p.Province, q.Province), strings.Compare(p.Commune, q.Commune), strings.Compare(p.Sort, q.Sort), strings.Compare(p.ID, q.ID))
}

// list is a report of sorted rows; close is called where it fails.
func list[T any](b *Board, name string, compare func(x, y T) int, columns []Column, fill func(*spill[T]) (Figures, error), cells func(context.Context, T) ([]any, error)) (*Report, error) {
	return listSome(b, name, compare, columns, fill, func(ctx context.Context, some []T) (all [][]any, err error) {
		for _, row := range some {
			c, err := cells(ctx, row)
			if err != nil {
				return nil, err
			}
			all = append(all, c)
		}
		return all, nil
	})
}

// The rows of a list are made some at a time: at first as many as a page shows, then as many as memory has room for.
const (
	firstRows = 200
	someRows  = store.MostTexts
)

// listSome is list for rows that are cheaper to make together.
func listSome[T any](b *Board, name string, compare func(x, y T) int, columns []Column, fill func(*spill[T]) (Figures, error), cells func(context.Context, []T) ([][]any, error)) (*Report, error) {
	rows := &spill[T]{dir: b.Temp, compare: compare}
	figures, err := fill(rows)
	if err != nil {
		rows.close()
		return nil, err
	}
	return &Report{Name: name, Figures: figures, Columns: columns, close: rows.close, temp: b.Temp,
		rows: func(ctx context.Context, each func([]any) error) error {
			var some []T
			most := firstRows
			flush := func() error {
				all, err := cells(ctx, some)
				for _, c := range all {
					if err == nil {
						err = ctx.Err()
					}
					if err == nil {
						err = each(c)
					}
				}
				some, most = some[:0], someRows
				return err
			}
			err := rows.each(func(row T) error {
				if some = append(some, row); len(some) < most {
					return nil
				}
				return flush()
			})
			if err != nil || len(some) == 0 {
				return err
			}
			return flush()
		}}, nil
}

// Lacking is a person and the strands in which a certificate is missing.
type Lacking struct {
	Person  string
	Strands []courses.Strand
}

// Lessons are how many lessons were done, of how many.
type Lessons struct{ Done, All int }

// Progress says of each of some people how many lessons they had done at a time, of how many, in the courses that would
// train them in the strands that they lack.
type Progress func(ctx context.Context, people []Lacking, at time.Time) ([]Lessons, error)

// missing is a person of the list of who is missing.
type missing struct {
	Place         place
	Name, Library string
	Strands       []courses.Strand
	Elsewhere     []courses.Strand // that count because of training done elsewhere
}

// Missing lists the people in the base of the scope who were not trained on the day: one row for each, with the strands
// still missing and, where progress is given, their lessons; with contacts also the post and phone number that the
// roster has today. It has as many rows as the figures have people less trained people. The day is as at Board.Read.
func (b *Board) Missing(ctx context.Context, s Scope, asOf time.Time, progress Progress, contacts bool) (*Report, error) {
	m, err := b.moment(s, asOf)
	if err != nil {
		return nil, err
	}
	columns := []Column{{Key: "id", Width: 13}, {Key: "person", Width: 28}, {Key: "library", Width: 34}, {Key: "communeCode", Width: 9}, {Key: "commune", Width: 24, Aside: true}, {Key: "province", Width: 18, Coded: true}, {Key: "strands", Width: 40, Coded: true}}
	if progress != nil {
		columns = append(columns, Column{Key: "done", Width: 12}, Column{Key: "lessons", Width: 12}, Column{Key: "progress", Width: 10, Aside: true})
	}
	columns = append(columns, Column{Key: "elsewhere", Width: 28, Coded: true, Aside: true})
	if contacts {
		columns = append(columns, Column{Key: "post", Width: 24, Aside: true}, Column{Key: "phone", Width: 13, Aside: true})
	}
	compare := func(x, y missing) int { return x.Place.compare(y.Place) }
	return listSome(b, "missing", compare, columns, func(rows *spill[missing]) (Figures, error) {
		t := newCensus()
		err := b.people(ctx, s, m, func(p Standing) error {
			t.add(s, p, m)
			if p.Trained(m.at) {
				return nil
			}
			return rows.add(missing{place{p.Province, p.Commune, p.Sort, p.ID}, p.Name, p.Library, p.Missing(m.at), p.ElsewhereIn(m.at)})
		})
		return b.figures(s, m, t.tally), err
	}, func(ctx context.Context, some []missing) ([][]any, error) {
		ids, people := make([]string, len(some)), make([]Lacking, len(some))
		for i, p := range some {
			ids[i], people[i] = p.Place.ID, Lacking{p.Place.ID, p.Strands}
		}
		var lessons []Lessons
		var known map[string]roster.Person // who was erased since the list was made is not there
		var err error
		if progress != nil {
			lessons, err = progress(ctx, people, m.at)
		}
		if err == nil && contacts {
			known, err = store.Many(ctx, b.Store, roster.PersonKind, ids, func(p roster.Person) string { return p.ID })
		}
		if err != nil {
			return nil, err
		}
		all := make([][]any, len(some))
		for i, p := range some {
			cells := []any{p.Place.ID, p.Name, p.Library, p.Place.Commune, b.communeName(p.Place.Commune), b.province(p.Place.Province), strandTerms(p.Strands)}
			if progress != nil {
				l := lessons[i]
				cells = append(cells, l.Done, l.All, Percent(l.Done, l.All))
			}
			cells = append(cells, strandTerms(p.Elsewhere))
			if contacts {
				cells = append(cells, known[p.Place.ID].Post, phoneOf(known[p.Place.ID]))
			}
			all[i] = cells
		}
		return all, nil
	})
}

func strandTerms(strands []courses.Strand) terms {
	all := terms{}
	for _, s := range strands {
		all = append(all, term{"strand", string(s)})
	}
	return all
}

// Roster lists the people who hold a post in the scope now, in the columns of roster.ExportColumns, so that the file
// can be imported again.
func (b *Board) Roster(ctx context.Context, s Scope) (*Report, error) {
	m, err := b.moment(s, time.Time{})
	if err != nil {
		return nil, err
	}
	roll := &roster.Roll{Store: b.Store, Places: b.Places, Now: b.Now}
	kindAt := slices.Index(intake.ExportRow(roll, roster.Person{}, func(string) string { return "kind" }), "kind")
	columns := []Column{{Key: "id", Width: 13}, {Key: "person", Width: 28}, {Key: "phone", Width: 13}, {Key: "post", Width: 24}, {Key: "library", Width: 34}, {Key: "kind", Width: 30}, {Key: "communeCode", Width: 9}, {Key: "commune", Width: 24}, {Key: "since", Width: 12}}
	compare := func(x, y roster.Person) int {
		return place{x.Province, x.Commune, x.Sort, x.ID}.compare(place{y.Province, y.Commune, y.Sort, y.ID})
	}
	r, err := list(b, "roster", compare, columns, func(rows *spill[roster.Person]) (Figures, error) {
		if err := b.posted(ctx, s, rows); err != nil {
			return Figures{}, err
		}
		return b.read(ctx, s, m)
	}, func(_ context.Context, p roster.Person) ([]any, error) {
		var cells []any
		for i, cell := range intake.ExportRow(roll, p, func(kind string) string { return kind }) {
			if i == kindAt {
				cells = append(cells, term{"kind", cell})
				continue
			}
			cells = append(cells, cell)
		}
		return cells, nil
	})
	if r != nil {
		r.headings = func(w Words) []string { return intake.ExportColumns(w.Lang) }
	}
	return r, err
}

// posted collects who holds a post.
func (b *Board) posted(ctx context.Context, s Scope, rows *spill[roster.Person]) error {
	q := store.Query{}
	if s.By == roster.Present && s.Province != "" {
		q = store.Where(store.Is("province", s.Province), store.Is("active", true)).By("commune")
	}
	return store.Each(ctx, b.Store, roster.PersonKind, q, func(p roster.Person) error {
		if !p.Active || !s.has(p.Province, p.Programme, p.Commune) {
			return nil
		}
		return rows.add(p)
	})
}

func (b *Board) communeName(code string) string {
	if c, ok := b.Places.Ever(code); ok {
		return c.Title()
	}
	return code
}

func (b *Board) province(code string) named {
	if p, ok := b.Places.Province(roster.Present, code); ok {
		return named{code, courses.Text{Vi: p.Name, En: p.NameEn}}
	}
	return named{code, courses.Text{Vi: code}}
}

// share is the percentage as a cell, nil where nobody is in the base.
func (f *Figures) share() any {
	if f.Base == 0 {
		return nil
	}
	return f.Percent
}

// about explains a report in words and values: what it is, of whom and when, and the sum of its rows.
func (r *Report) about(w Words, rows int, sum string) [][2]any {
	f := r.Figures
	lines := [][2]any{
		{w.Text("about.report"), w.Text("report." + r.Name)},
		{w.Text("about.asOf"), f.AsOf},
		{w.Text("about.scope"), f.scopeName(w)},
	}
	if f.KnownOn != "" {
		lines = append(lines, [2]any{w.Text("about.knownOn"), f.KnownOn})
	}
	if f.Period != "" {
		lines = append(lines, [2]any{w.Text("about.period"), PeriodTitle(f.Period)})
	}
	lines = append(lines, f.Filter.about(w)...)
	lines = append(lines, [][2]any{
		{w.Text("about.decision"), f.Decision},
		{w.Text("about.source"), f.Source},
		{w.Text("about.base"), f.Base},
		{w.Text("about.trained"), f.Trained},
		{w.Text("about.percent"), f.share()},
		{w.Text("about.communes"), fmt.Sprintf("%d / %d", f.Coverage.Communes, f.Coverage.OfCommunes)},
		{w.Text("about.libraries"), f.Coverage.Libraries},
	}...)
	for _, m := range f.Milestones {
		label := fmt.Sprintf("%s: %d %%, %s", w.Text("about.gap"), m.Percent, m.By.Time().Format("02/01/2006"))
		lines = append(lines, [2]any{label, m.Gap})
	}
	lines = append(lines, [2]any{w.Text("about.rows"), rows})
	lines = append(lines, r.recipe(w)...)
	return append(lines, [2]any{w.Text("about.checksum"), sum})
}

// phoneOf is the number by which somebody may be called about courses; "" for who does not want it.
func phoneOf(p roster.Person) string {
	if p.Quiet {
		return ""
	}
	return p.Phone
}
