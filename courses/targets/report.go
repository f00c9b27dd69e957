package targets

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// Report is a table of a scope on a day, and the figures it belongs to. Its rows are collected and sorted when it is made, in bounded memory, and it can be written more than once
// until it is closed. What was read was read before the first row is written: a slow reader holds nothing of the store.
type Report struct {
	Name    string // "board", "completions", "missing" or "roster"
	Figures Figures
	Columns []Column

	headings func(Words) []string
	rows     func(ctx context.Context, each func(cells []any) error) error
	sum      string // of a board: that of its figures
	temp     string
	close    func() error
}

// Column is a column of a table.
type Column struct {
	Key   string  // its name in JSON; its heading is the message "column." and this
	Width float64 // in a spreadsheet, in digits
}

// The cells of a row are strings, ints, float64s, a Day, a courses.Text, nil for nothing, or one of these.
type (
	// term is a word of a closed list: as it is in JSON, and as the message of the group, a dot and the word in a table.
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

func (r *Report) title(w Words) []string {
	if r.headings != nil {
		return r.headings(w)
	}
	var all []string
	for _, c := range r.Columns {
		all = append(all, w.Text("column."+c.Key))
	}
	return all
}

// Report makes a table of the rows of a board.
func (f Figures) Report() *Report {
	return &Report{Name: "board", Figures: f, sum: f.Checksum, close: func() error { return nil },
		Columns: []Column{{"code", 9}, {"name", 28}, {"base", 10}, {"trained", 12}, {"percent", 10}, {"gap", 12}},
		rows: func(_ context.Context, each func([]any) error) error {
			for _, r := range f.Rows {
				if err := each([]any{r.Code, courses.Text{Vi: r.Name, En: cmp.Or(r.NameEn, r.Name)}, r.Base, r.Trained, r.Percent, r.Gap}); err != nil {
					return err
				}
			}
			return nil
		}}
}

// place is where a row of a list belongs, and its order: by province, commune, given name and id.
type place struct{ Province, Commune, Sort, ID string }

func (p place) compare(q place) int {
	return cmp.Or(strings.Compare(p.Province, q.Province), strings.Compare(p.Commune, q.Commune), strings.Compare(p.Sort, q.Sort), strings.Compare(p.ID, q.ID))
}

// list is a report of sorted rows; close is called where it fails.
func list[T any](b *Board, name string, compare func(x, y T) int, columns []Column, fill func(*spill[T]) (Figures, error), cells func(context.Context, T) ([]any, error)) (*Report, error) {
	rows := &spill[T]{dir: b.Temp, compare: compare}
	figures, err := fill(rows)
	if err != nil {
		rows.close()
		return nil, err
	}
	return &Report{Name: name, Figures: figures, Columns: columns, close: rows.close, temp: b.Temp,
		rows: func(ctx context.Context, each func([]any) error) error {
			return rows.each(func(row T) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				c, err := cells(ctx, row)
				if err != nil {
					return err
				}
				return each(c)
			})
		}}, nil
}

// completion is a certificate of the list of completions.
type completion struct {
	Place                            place
	Person, Name, Library            string
	Course                           string
	Title                            courses.Text
	Strand                           courses.Strand
	CompletedOn, IssuedOn, ValidTill Day // "" for ever
	Code, Register                   string
	State                            courses.State
}

// Completions lists the certificates that were issued by the day to people who were then in the scope: one row for each, with the names and the place that stand on it, and what it was worth on the day. The day is as at Board.Read.
func (b *Board) Completions(ctx context.Context, s Scope, asOf time.Time) (*Report, error) {
	m, err := b.moment(s, asOf)
	if err != nil {
		return nil, err
	}
	columns := []Column{{"id", 13}, {"person", 28}, {"library", 34}, {"communeCode", 9}, {"commune", 24}, {"province", 18}, {"course", 9}, {"title", 44}, {"strand", 22},
		{"completedAt", 12}, {"issuedAt", 12}, {"validUntil", 12}, {"certificate", 16}, {"register", 18}, {"state", 14}}
	compare := func(x, y completion) int { return x.Place.compare(y.Place) }
	return list(b, "completions", compare, columns, func(rows *spill[completion]) (Figures, error) {
		if err := b.completions(ctx, s, m, rows); err != nil {
			return Figures{}, err
		}
		return b.read(ctx, s, m)
	}, func(_ context.Context, c completion) ([]any, error) {
		until := any(nil)
		if c.ValidTill != "" {
			until = c.ValidTill
		}
		return []any{c.Person, c.Name, c.Library, c.Place.Commune, b.communeName(c.Place.Commune), b.province(c.Place.Province), c.Course, c.Title, term{"strand", string(c.Strand)},
			c.CompletedOn, c.IssuedOn, until, c.Code, c.Register, term{"state", string(c.State)}}, nil
	})
}

// listed is what the list of completions says of a certificate. To read the rest of each, such as who signs, would take as long again.
type listed struct {
	ID          string         `json:"id"`
	Code        string         `json:"code"`
	Register    string         `json:"register"`
	Person      string         `json:"person"`
	Course      string         `json:"course"`
	Strand      courses.Strand `json:"strand"`
	Title       courses.Text   `json:"title"`
	Holder      listedHolder   `json:"holder"`
	Province    string         `json:"province"`
	CompletedAt time.Time      `json:"completedAt"`
	IssuedAt    time.Time      `json:"issuedAt"`
	ValidUntil  time.Time      `json:"validUntil"`
}

type listedHolder struct {
	Name      string `json:"name"`
	Library   string `json:"library"`
	Commune   string `json:"commune"`
	Programme string `json:"programme"`
}

// completions collects the certificates of the scope. Certificates that were withdrawn or replaced are few, and are known by heart.
func (b *Board) completions(ctx context.Context, s Scope, m moment, rows *spill[completion]) error {
	withdrawn := map[string]*courses.Revocation{}
	err := store.Each(ctx, b.Store, courses.RevocationKind, store.Where(store.AtMost("at", m.at)).By("at"), func(r courses.Revocation) error {
		withdrawn[r.ID] = &courses.Revocation{ID: r.ID, At: r.At}
		return nil
	})
	if err != nil {
		return err
	}
	replaced := map[string]bool{}
	err = store.Each(ctx, b.Store, courses.CertificateKind, store.Where(store.More("replaces", "")).By("replaces"), func(c courses.Certificate) error {
		replaced[c.Replaces] = replaced[c.Replaces] || !c.IssuedAt.After(m.at)
		return nil
	})
	if err != nil {
		return err
	}
	q := store.Where(store.AtMost("issuedAt", m.at))
	if s.By == roster.Present && s.Province != "" {
		q.Where = append(q.Where, store.Is("province", s.Province))
	}
	return store.Each(ctx, b.Store, courses.CertificateKind, q.By("issuedAt"), func(c listed) error {
		h, worth := c.Holder, courses.Certificate{ValidUntil: c.ValidUntil}
		if !s.has(c.Province, h.Programme, h.Commune) {
			return nil
		}
		until := Day("")
		if !c.ValidUntil.Equal(courses.Forever) {
			until = DayOf(c.ValidUntil)
		}
		return rows.add(completion{place{c.Province, h.Commune, roster.SortKey(h.Name), c.ID}, c.Person, h.Name, h.Library, c.Course, c.Title, c.Strand,
			DayOf(c.CompletedAt), DayOf(c.IssuedAt), until, c.Code, c.Register, worth.StateAt(m.at, withdrawn[c.ID], replaced[c.ID])})
	})
}

// Progress says how many lessons a person had done at a time, of how many, in the courses that would train them in the strands.
type Progress func(ctx context.Context, person string, strands []courses.Strand, at time.Time) (done, all int, err error)

// missing is a person of the list of who is missing.
type missing struct {
	Place         place
	Name, Library string
	Strands       []courses.Strand
}

// Missing lists the people in the base of the scope who were not trained on the day: one row for each, with the strands still missing and, where progress is given, their lessons. It has as many rows as the figures
// have people less trained people. The day is as at Board.Read.
func (b *Board) Missing(ctx context.Context, s Scope, asOf time.Time, progress Progress) (*Report, error) {
	m, err := b.moment(s, asOf)
	if err != nil {
		return nil, err
	}
	columns := []Column{{"id", 13}, {"person", 28}, {"library", 34}, {"communeCode", 9}, {"commune", 24}, {"province", 18}, {"strands", 40}}
	if progress != nil {
		columns = append(columns, Column{"done", 12}, Column{"lessons", 12}, Column{"progress", 10})
	}
	compare := func(x, y missing) int { return x.Place.compare(y.Place) }
	return list(b, "missing", compare, columns, func(rows *spill[missing]) (Figures, error) {
		t := tally{}
		err := b.people(ctx, s, m, func(p Standing) error {
			t.add(s, p, m)
			if p.Trained(m.at) {
				return nil
			}
			return rows.add(missing{place{p.Province, p.Commune, p.Sort, p.ID}, p.Name, p.Library, p.Missing(m.at)})
		})
		return b.figures(s, m.day, t), err
	}, func(ctx context.Context, p missing) ([]any, error) {
		strands := terms{}
		for _, s := range p.Strands {
			strands = append(strands, term{"strand", string(s)})
		}
		cells := []any{p.Place.ID, p.Name, p.Library, p.Place.Commune, b.communeName(p.Place.Commune), b.province(p.Place.Province), strands}
		if progress == nil {
			return cells, nil
		}
		done, all, err := progress(ctx, p.Place.ID, p.Strands, m.at)
		return append(cells, done, all, Percent(done, all)), err
	})
}

// Roster lists the people who hold a post in the scope now, in the columns of roster.ExportColumns, so that the file can be imported again.
func (b *Board) Roster(ctx context.Context, s Scope) (*Report, error) {
	m, err := b.moment(s, time.Time{})
	if err != nil {
		return nil, err
	}
	roll := &roster.Roll{Store: b.Store, Places: b.Places, Now: b.Now}
	kindAt := slices.Index(roll.ExportRow(roster.Person{}, func(string) string { return "kind" }), "kind")
	columns := []Column{{"id", 13}, {"person", 28}, {"phone", 13}, {"post", 24}, {"library", 34}, {"kind", 30}, {"communeCode", 9}, {"commune", 24}, {"since", 12}}
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
		for i, cell := range roll.ExportRow(p, func(kind string) string { return kind }) {
			if i == kindAt {
				cells = append(cells, term{"kind", cell})
				continue
			}
			cells = append(cells, cell)
		}
		return cells, nil
	})
	if r != nil {
		r.headings = func(w Words) []string { return roster.ExportColumns(w.Lang) }
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
	if c, ok := b.Places.Commune(code); ok {
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

// about explains a report in words and values: what it is, of whom and when, and the sum of its rows.
func (r *Report) about(w Words, rows int, sum string) [][2]any {
	f := r.Figures
	lines := [][2]any{
		{w.Text("about.report"), w.Text("report." + r.Name)},
		{w.Text("about.asOf"), f.AsOf},
		{w.Text("about.scope"), f.scopeName(w)},
		{w.Text("about.decision"), f.Decision},
		{w.Text("about.source"), f.Source},
		{w.Text("about.base"), f.Base},
		{w.Text("about.trained"), f.Trained},
		{w.Text("about.percent"), f.Percent},
	}
	for _, m := range f.Milestones {
		label := fmt.Sprintf("%s: %d %%, %s", w.Text("about.gap"), m.Percent, m.By.Time().Format("02/01/2006"))
		lines = append(lines, [2]any{label, m.Gap})
	}
	return append(lines, [2]any{w.Text("about.rows"), rows}, [2]any{w.Text("about.checksum"), sum})
}
