package targets

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Filter narrows the list of completions. What is empty is not asked for.
type Filter struct {
	Course string         `json:"course,omitempty"`
	Strand courses.Strand `json:"strand,omitempty"`
	// of the library where the holder worked on the day of issue, or of a training done elsewhere; see roster.LibraryKinds
	Kind  string        `json:"kind,omitempty"`
	From  Day           `json:"from,omitempty"` // the first day on which the course was completed
	To    Day           `json:"to,omitempty"`   // and the last
	State courses.State `json:"state,omitempty"`
	Year  int           `json:"year,omitempty"` // of the figures of libraries that are counted
}

// States of a certificate, in the order in which they are shown.
var States = []courses.State{courses.Valid, courses.Expired, courses.Replaced, courses.Revoked}

func (f Filter) check() error {
	if f.Strand != "" && f.Strand != courses.LibraryService && f.Strand != courses.ReadingPromotion {
		return problem.Invalid("strand", "filter.unknown", string(f.Strand))
	}
	if f.Kind != "" && !slices.Contains(roster.LibraryKinds, f.Kind) {
		return problem.Invalid("kind", "kind.unknown", f.Kind)
	}
	if f.State != "" && !slices.Contains(States, f.State) {
		return problem.Invalid("state", "filter.unknown", string(f.State))
	}
	for field, day := range map[string]Day{"from": f.From, "to": f.To} {
		if _, err := ParseDay(string(day)); day != "" && err != nil {
			return problem.Invalid(field, "date.form", string(day))
		}
	}
	if f.From != "" && f.To != "" && f.To < f.From {
		return problem.Invalid("to", "filter.order", string(f.To), string(f.From))
	}
	return nil
}

// keeps says whether the filter keeps a certificate, but for the kind of library.
func (f Filter) keeps(c completion) bool {
	return (f.Course == "" || f.Course == c.Course) && (f.Strand == "" || f.Strand == c.Strand) && (f.State == "" || f.State == c.State) &&
		(f.From == "" || f.From <= c.CompletedOn) && (f.To == "" || c.CompletedOn <= f.To)
}

// line is the filter in the text of a checksum, "" for none.
func (f Filter) line() string {
	text := ""
	for _, part := range [][2]string{{"course", f.Course}, {"strand", string(f.Strand)}, {"kind", f.Kind}, {"from", string(f.From)}, {"to", string(f.To)}, {"state", string(f.State)}} {
		if part[1] != "" {
			text += " " + part[0] + "=" + part[1]
		}
	}
	if f.Year > 0 {
		text += " year=" + strconv.Itoa(f.Year)
	}
	return text
}

// completion is a certificate of the list of completions.
type completion struct {
	Place                            place
	Person, Name, Library            string
	Course                           string // "" of a training done elsewhere
	Title                            courses.Text
	Strand                           courses.Strand
	CompletedOn, IssuedOn, ValidTill Day // "" for ever
	Code, Register                   string
	State                            courses.State
}

// workedOn is the day whose library counts: that of the issue, or of a training done elsewhere its own.
func (c completion) workedOn() Day {
	if c.Course == "" {
		return c.CompletedOn
	}
	return c.IssuedOn
}

// source is where somebody was trained.
func (c completion) source() term {
	if c.Course == "" {
		return term{"source", "elsewhere"}
	}
	return term{"source", "here"}
}

// Completions lists the trainings done elsewhere that count on the day, and the certificates that were issued by the
// day to people who were then in the scope, and that the filter keeps: one row for each, with the names and the place
// that stand on it, and what it was worth on the day. The day is as at Board.Read; a filter that cannot be is a problem
// of its field.
func (b *Board) Completions(ctx context.Context, s Scope, asOf time.Time, f Filter) (*Report, error) {
	m, err := b.moment(s, asOf)
	if err == nil {
		err = f.check()
	}
	if err != nil {
		return nil, err
	}
	columns := []Column{{Key: "id", Width: 13}, {Key: "person", Width: 28}, {Key: "library", Width: 30}, {Key: "communeCode", Width: 9}, {Key: "commune", Width: 20, Aside: true}, {Key: "province", Width: 18, Coded: true}, {Key: "course", Width: 9}, {Key: "title", Width: 34, Aside: true}, {Key: "strand", Width: 18, Coded: true},
		{Key: "completedAt", Width: 12}, {Key: "issuedAt", Width: 12}, {Key: "validUntil", Width: 12}, {Key: "certificate", Width: 16}, {Key: "register", Width: 18}, {Key: "state", Width: 14, Coded: true},
		{Key: "source", Width: 16, Coded: true, Aside: true}}
	compare := func(x, y completion) int { return x.Place.compare(y.Place) }
	return list(b, "completions", compare, columns, func(rows *spill[completion]) (Figures, error) {
		if err := b.completions(ctx, s, m, f, rows); err != nil {
			return Figures{}, err
		}
		figures, err := b.read(ctx, s, m)
		figures.Filter = f
		return figures, err
	}, func(_ context.Context, c completion) ([]any, error) {
		until := any(nil)
		if c.ValidTill != "" {
			until = c.ValidTill
		}
		return []any{c.Person, c.Name, c.Library, c.Place.Commune, b.communeName(c.Place.Commune), b.province(c.Place.Province), c.Course, c.Title, term{"strand", string(c.Strand)},
			c.CompletedOn, c.IssuedOn, until, c.Code, c.Register, term{"state", string(c.State)},
			c.source()}, nil
	})
}

// listed is what the list of completions says of a certificate. To read the rest of each, such as who signs, would take
// as long again.
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

// completions collects the certificates that the filter keeps.
func (b *Board) completions(ctx context.Context, s Scope, m moment, f Filter, rows *spill[completion]) error {
	if f.Kind == "" {
		return b.certificates(ctx, s, m, f, rows.add)
	}
	// kinds are looked up when nothing is being read: a store has few readers
	some := &spill[completion]{dir: b.Temp, compare: rows.compare}
	defer some.close()
	if err := b.certificates(ctx, s, m, f, some.add); err != nil {
		return err
	}
	return some.each(func(c completion) error {
		kind, err := b.kindThen(ctx, c.Person, c.workedOn())
		if err != nil || kind != f.Kind {
			return err
		}
		return rows.add(c)
	})
}

// kindThen is the kind of the library at which a person held a post on a day, "" where they held none. While they hold
// it, the kind is the one that was entered last.
func (b *Board) kindThen(ctx context.Context, person string, day Day) (string, error) {
	p, err := store.Get[roster.Person](ctx, b.Store, roster.PersonKind, person)
	if errors.Is(err, problem.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var postings []roster.Posting
	for _, id := range p.IDs() {
		own, err := store.All[roster.Posting](ctx, b.Store, roster.PostingKind, store.Where(store.Is("person", id)))
		if err != nil {
			return "", err
		}
		postings = append(postings, own...)
	}
	held, active := b.Places.Held(p.Live(postings), day.Time(), time.Time{})
	switch {
	case err != nil || !active:
		return "", err
	case held.Commune == p.Commune && held.Library == p.Library:
		return p.Kind, nil
	}
	return held.Kind, nil
}

// certificates calls each with the certificates of the scope that the filter keeps, but for the kind of library. Those
// that were withdrawn or replaced are few, and are known by heart.
func (b *Board) certificates(ctx context.Context, s Scope, m moment, f Filter, each func(completion) error) error {
	withdrawn := map[string]*courses.Revocation{}
	err := store.Each(ctx, b.Store, school.RevocationKind, store.Where(store.AtMost("at", m.at)).By("at"), func(r courses.Revocation) error {
		withdrawn[r.ID] = &courses.Revocation{ID: r.ID, At: r.At}
		return nil
	})
	if err != nil {
		return err
	}
	replaced := map[string]bool{}
	err = store.Each(ctx, b.Store, school.CertificateKind, store.Where(store.More("replaces", "")).By("replaces"), func(c courses.Certificate) error {
		replaced[c.Replaces] = replaced[c.Replaces] || !c.IssuedAt.After(m.at)
		return nil
	})
	if err != nil {
		return err
	}
	kept, err := b.joined(ctx)
	if err != nil {
		return err
	}
	if err := b.trainings(ctx, s, m, f, kept, withdrawn, each); err != nil {
		return err
	}
	q := store.Where(store.AtMost("issuedAt", m.at))
	if s.By == roster.Present && s.Province != "" {
		q.Where = append(q.Where, store.Is("province", s.Province))
	}
	return store.Each(ctx, b.Store, school.CertificateKind, q.By("issuedAt"), func(c listed) error {
		h, worth := c.Holder, courses.Certificate{ValidUntil: c.ValidUntil}
		if !s.has(c.Province, h.Programme, h.Commune) {
			return nil
		}
		until := Day("")
		if !c.ValidUntil.Equal(courses.Forever) {
			until = DayOf(c.ValidUntil)
		}
		row := completion{place{c.Province, h.Commune, "", c.ID}, last(kept, c.Person), h.Name, h.Library, c.Course, c.Title, c.Strand,
			DayOf(c.CompletedAt), DayOf(c.IssuedAt), until, c.Code, c.Register, worth.StateAt(m.at, withdrawn[c.ID], replaced[c.ID])}
		if !f.keeps(row) {
			return nil
		}
		row.Place.Sort = roster.SortKey(h.Name)
		return each(row)
	})
}

// joined are the entries that were joined to another, and to which.
func (b *Board) joined(ctx context.Context) (map[string]string, error) {
	kept := map[string]string{}
	q := store.Where(store.More("into", "")).By("into")
	return kept, store.Each(ctx, b.Store, roster.PersonKind, q, func(p roster.Person) error { kept[p.ID] = p.Into; return nil })
}

// trainings calls each with the trainings done elsewhere of the scope that were accepted, count on the day, and are
// kept by the filter. What stands on them is looked up when nothing is being read: a store has few readers.
func (b *Board) trainings(ctx context.Context, s Scope, m moment, f Filter, kept map[string]string, withdrawn map[string]*courses.Revocation,
	each func(completion) error) error {
	q := store.Query{}.By("at")
	if s.By == roster.Present && s.Province != "" {
		q = store.Where(store.Is("province", s.Province)).By("at")
	}
	rulings, err := store.All[courses.Ruling](ctx, b.Store, school.RulingKind, q)
	if err != nil {
		return err
	}
	for _, r := range ruled(rulings, m) {
		if !r.Accepted || s.By == roster.Programme && s.Province != "" && s.Province != r.Programme {
			continue
		}
		t, err := store.Get[courses.Training](ctx, b.Store, school.TrainingKind, r.ID)
		if err != nil {
			return err
		}
		h, worth := t.Holder, courses.Certificate{ValidUntil: courses.Forever}
		if !s.has(r.Province, h.Programme, h.Commune) {
			continue
		}
		title := courses.Text{Vi: t.Title + " (" + t.Organiser + ")"}
		row := completion{place{r.Province, h.Commune, roster.SortKey(h.Name), t.ID}, last(kept, r.Person), h.Name, h.Library, "", title, r.Strand,
			DayOf(r.On), DayOf(r.At), "", "", r.Shown(), worth.StateAt(m.at, withdrawn[r.ID], false)}
		if f.keeps(row) {
			if err := each(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// about is the filter in words.
func (f Filter) about(w Words) [][2]any {
	var lines [][2]any
	add := func(label string, asked bool, value any) {
		if asked {
			lines = append(lines, [2]any{w.Text("about.filter") + ": " + w.Text(label), value})
		}
	}
	add("column.course", f.Course != "", f.Course)
	add("column.strand", f.Strand != "", term{"strand", string(f.Strand)})
	add("column.kind", f.Kind != "", term{"kind", f.Kind})
	add("filter.from", f.From != "", f.From)
	add("filter.to", f.To != "", f.To)
	add("libraries.year", f.Year > 0, strconv.Itoa(f.Year))
	add("column.state", f.State != "", term{"state", string(f.State)})
	return lines
}

// Totals are what a list of completions adds up to.
type Totals struct {
	Certificates int
	People       int // who hold them
	States       map[courses.State]int
	Courses      []CourseTotal // by course
}

// CourseTotal is the part of one course. A course counts under the title that its last certificate of the list has.
type CourseTotal struct {
	Course       string // "" of training done elsewhere, one for each strand and without a title
	Title        courses.Text
	Strand       courses.Strand
	Certificates int
	People       int
	States       map[courses.State]int
}

// Totals reads a list of completions to its end and adds up. It remembers who was counted: about 100 bytes for each
// certificate's holder and course.
func (r *Report) Totals(ctx context.Context) (Totals, error) {
	t := Totals{States: map[courses.State]int{}}
	people, learners, all := map[string]bool{}, map[[2]string]bool{}, map[string]*CourseTotal{}
	at := func(key string) int { return slices.IndexFunc(r.Columns, func(c Column) bool { return c.Key == key }) }
	id, course, title, strand, state := at("id"), at("course"), at("title"), at("strand"), at("state")
	err := r.rows(ctx, func(cells []any) error {
		person, code, worth := cells[id].(string), cells[course].(string), courses.State(cells[state].(term).word)
		of := courses.Strand(cells[strand].(term).word)
		key := code
		if code == "" {
			key = "elsewhere " + string(of)
		}
		c := all[key]
		if c == nil {
			c = &CourseTotal{Course: code, Strand: of, States: map[courses.State]int{}}
			all[key] = c
		}
		if c.Strand = of; code != "" {
			c.Title = cells[title].(courses.Text)
		}
		t.Certificates++
		c.Certificates++
		t.States[worth]++
		c.States[worth]++
		people[person], learners[[2]string{key, person}] = true, true
		return nil
	})
	for l := range learners {
		all[l[0]].People++
	}
	t.People = len(people)
	for _, code := range sortedKeys(all) {
		t.Courses = append(t.Courses, *all[code])
	}
	slices.SortStableFunc(t.Courses, func(a, b CourseTotal) int { return cmp.Compare(a.Strand, b.Strand) })
	return t, err
}

// last follows an id from entry to entry.
func last(into map[string]string, id string) string {
	for n := 0; into[id] != "" && n < 10; n++ {
		id = into[id]
	}
	return id
}
