package targets

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// Board counts the people of the base and those of them who are trained. Its methods may be called at once by many
// goroutines, and by many processes on one store.
type Board struct {
	Store     store.Store
	Programme *Programme
	Places    *roster.Places
	Now       func() time.Time
	Temp      string // folder for lists that do not fit into memory; "" for the system's
	// nobody but this Board writes standings to the store while it is used: today's numbers are kept in memory, and not
	// in Counts
	Alone bool

	numbers counts
	lines   atomic.Pointer[read] // of Counts, as they were last read
}

// Figures is the board of a scope on a day: what the screen, the API and every file show.
type Figures struct {
	AsOf     Day          `json:"asOf"`
	Scope                 // its fields stand beside the others
	Decision string       `json:"decision"`
	Source   courses.Text `json:"source"` // of the base
	Base     int          `json:"base"`
	Trained  int          `json:"trained"`
	// of the trained, those who are so only because of training done elsewhere
	Elsewhere  int      `json:"elsewhere"`
	Percent    float64  `json:"percent"` // one decimal, rounded down; null in JSON where the base is empty
	Coverage   Coverage `json:"coverage"`
	Milestones []Mark   `json:"milestones"`
	Next       Mark     `json:"next"` // the milestone that is due on the day or next, or the last one
	Rows       []Row    `json:"rows"` // provinces in the order of their list, or communes in Vietnamese collation
	Checksum   string   `json:"checksum"`

	Place  courses.Text `json:"place,omitzero"`   // the name of the province or commune of the scope
	Period string       `json:"period,omitempty"` // the closed period whose figures these are
	Filter Filter       `json:"-"`                // of a list of completions
}

// Mark is a milestone and how many people of the base are missing to reach it.
type Mark struct {
	Milestone
	Gap int `json:"gap"`
}

// Coverage is how far the roster reaches: a share of few people, of few communes, says little. A place has a list when
// somebody of it is in the base.
type Coverage struct {
	Provinces   int `json:"provinces"` // with a list
	OfProvinces int `json:"ofProvinces"`
	Communes    int `json:"communes"` // with a list
	OfCommunes  int `json:"ofCommunes"`
	Libraries   int `json:"libraries"` // at which somebody of the base works; nobody knows how many there are
}

// Row is a province or a commune on the board. Gap is towards the next milestone. Of a place without a list percent and
// gap are null in JSON and empty in files.
type Row struct {
	Code       string  `json:"code"`
	Name       string  `json:"name"` // "Tuyên Quang", "xã Lũng Cú"
	NameEn     string  `json:"nameEn,omitempty"`
	Base       int     `json:"base"`
	Trained    int     `json:"trained"`
	Percent    float64 `json:"percent"`
	Gap        int     `json:"gap"`
	Communes   int     `json:"communes"`   // with a list
	OfCommunes int     `json:"ofCommunes"` // that can have people in the base
	Libraries  int     `json:"libraries"`  // with a list
	Elsewhere  int     `json:"elsewhere"`  // of the trained, those who are so only because of training done elsewhere
}

// MarshalJSON writes a row as its fields say.
func (r Row) MarshalJSON() ([]byte, error) {
	type row Row
	if r.Base > 0 {
		return compact(row(r))
	}
	return compact(struct {
		row
		Percent any `json:"percent"`
		Gap     any `json:"gap"`
	}{row: row(r)})
}

// MarshalJSON writes figures as their fields say.
func (f Figures) MarshalJSON() ([]byte, error) {
	type figures Figures
	if f.Base > 0 {
		return compact(figures(f))
	}
	return compact(struct {
		figures
		Percent any `json:"percent"`
	}{figures: figures(f)})
}

// Scope is the people that figures and reports speak of. Commune narrows a province; "" is all of them. KnownOn leaves
// out what was entered about where they work after that day, which is not before the day of the figures; "" is all that
// is known now.
type Scope struct {
	By       roster.List `json:"by"`
	Province string      `json:"province"`
	Commune  string      `json:"commune,omitempty"`
	KnownOn  Day         `json:"knownOn,omitempty"`
}

// Read gives the figures of a province of the list, a row for each of its communes that can have people in the base, or
// with province "" those of all, a row for each province.
//
// A zero asOf, or today in Việt Nam, is this moment, read from the standings. An earlier day is counted again from the
// postings, certificates and revocations that the day had at its end, in bounded memory. A later day, and a province
// that is not in the list, are problems of the fields asOf and province.
func (b *Board) Read(ctx context.Context, by roster.List, province string, asOf time.Time) (Figures, error) {
	return b.ReadScope(ctx, Scope{By: by, Province: province}, asOf)
}

// ReadScope is Read for a scope that may say what was known on a day.
func (b *Board) ReadScope(ctx context.Context, s Scope, asOf time.Time) (Figures, error) {
	m, err := b.moment(s, asOf)
	if err != nil {
		return Figures{}, err
	}
	return b.read(ctx, s, m)
}

func (b *Board) read(ctx context.Context, s Scope, m moment) (Figures, error) {
	count := b.count
	if m.past {
		count = b.recount
	}
	t, err := count(ctx, s, m)
	if err != nil {
		return Figures{}, err
	}
	return b.figures(s, m, t), nil
}

// moment is the day of a figure, and the instant of it at which the facts are looked at.
type moment struct {
	day   Day
	at    time.Time
	past  bool      // not today
	known time.Time // postings that were entered later do not count; zero for all that are there
}

func (b *Board) moment(s Scope, asOf time.Time) (moment, error) {
	if s.By != roster.Present && s.By != roster.Programme {
		return moment{}, problem.Invalid("by", "list.unknown", string(s.By))
	}
	if _, ok := b.Places.Province(s.By, s.Province); s.Province != "" && !ok {
		return moment{}, problem.Invalid("province", "province.unknown", s.Province)
	}
	if c, ok := b.Places.Ever(s.Commune); s.Commune != "" && (!ok || !c.In(s.By, s.Province)) {
		return moment{}, problem.Invalid("commune", "commune.unknown", s.Commune)
	}
	now := store.Time(b.Now())
	today := DayOf(now)
	known, err := s.known(today, asOf)
	if err != nil {
		return moment{}, err
	}
	if asOf.IsZero() || DayOf(asOf) == today {
		return moment{day: today, at: now}, nil
	}
	day := DayOf(asOf)
	if day > today {
		return moment{}, problem.Invalid("asOf", "date.future", string(day))
	}
	return moment{day: day, at: day.last(), past: true, known: known}, nil
}

// known is the end of the day on which the scope asks what was known, zero for now.
func (s Scope) known(today Day, asOf time.Time) (time.Time, error) {
	if s.KnownOn == "" {
		return time.Time{}, nil
	}
	if _, err := ParseDay(string(s.KnownOn)); err != nil {
		return time.Time{}, problem.Invalid("knownOn", "date.form", string(s.KnownOn))
	}
	if s.KnownOn > today {
		return time.Time{}, problem.Invalid("knownOn", "date.future", string(s.KnownOn))
	}
	day := today
	if !asOf.IsZero() {
		day = DayOf(asOf)
	}
	if s.KnownOn < day {
		return time.Time{}, problem.Invalid("knownOn", "known.before", string(s.KnownOn), string(day))
	}
	return s.KnownOn.last(), nil
}

// number is a count of people of the base, of the trained among them, of the communes and libraries where they work,
// and of who is trained only because of training done elsewhere.
type number struct{ base, trained, communes, libraries, elsewhere int }

func (n number) plus(o number) number {
	return number{n.base + o.base, n.trained + o.trained, n.communes + o.communes, n.libraries + o.libraries, n.elsewhere + o.elsewhere}
}

// tally is the numbers by the code of the province or commune.
type tally map[string]number

// groups is the field that makes the rows of the board.
func (s Scope) groups() string {
	if s.Province != "" {
		return "commune"
	}
	return provinceField[s.By]
}

var provinceField = map[roster.List]string{roster.Present: "province", roster.Programme: "programme"}

// where chooses the standings of the base in the scope.
func (s Scope) where() []store.Cond {
	conds := []store.Cond{store.Is("inBase", true)}
	if s.Province != "" {
		conds = append(conds, store.Is(provinceField[s.By], s.Province))
	}
	if s.Commune != "" {
		conds = append(conds, store.Is("commune", s.Commune))
	}
	return conds
}

// has says whether a person with this place counts in the scope.
func (s Scope) has(province, programme, commune string) bool {
	if s.By == roster.Programme {
		province = programme
	}
	return (s.Province == "" || s.Province == province) && (s.Commune == "" || s.Commune == commune)
}

// count gives the numbers of this moment.
func (b *Board) count(ctx context.Context, s Scope, m moment) (tally, error) {
	if b.Alone {
		return b.today(ctx, s, m)
	}
	return b.shared(ctx, s, m)
}

// counted counts the standings that the conditions choose, those of them who are trained at a time, and their communes
// and libraries, by the values of fields with "/" between: grouped counts on an index each.
func (b *Board) counted(ctx context.Context, where []store.Cond, at time.Time, by ...string) (tally, error) {
	var trained, libraries, elsewhere []store.Group
	g, ctx := errgroup.WithContext(ctx)
	count := func(groups *[]store.Group, where []store.Cond, by ...string) {
		g.Go(func() (err error) {
			*groups, err = b.Store.Count(ctx, StandingKind, store.Where(where...), by...)
			return err
		})
	}
	count(&trained, append(slices.Clone(where), store.More("trainedUntil", at)), by...)
	count(&elsewhere, append(slices.Clone(where), store.More("elsewhereFrom", time.Time{}), store.AtMost("elsewhereFrom", at), store.More("trainedUntil", at)), by...)
	fields := append(slices.Clone(by), "commune", "library")
	if slices.Contains(by, "commune") {
		fields = append(slices.Clone(by), "library")
	}
	count(&libraries, where, fields...)
	if err := g.Wait(); err != nil {
		return nil, err
	}
	t := tally{}
	for _, g := range libraries { // everybody has one
		key := strings.Join(g.Key[:len(by)], "/")
		n := t[key]
		n.base += g.N
		t[key] = n
	}
	for _, g := range trained {
		key := strings.Join(g.Key, "/")
		n := t[key]
		n.trained = min(g.N, n.base) // somebody may have come between the two counts
		t[key] = n
	}
	for _, g := range elsewhere {
		key := strings.Join(g.Key, "/")
		n := t[key]
		n.elsewhere = min(g.N, n.trained)
		t[key] = n
	}
	c := census{t, map[[3]string]bool{}}
	commune := slices.Index(fields, "commune")
	for _, g := range libraries {
		if key := strings.Join(g.Key[:len(by)], "/"); t[key].base > 0 {
			c.reaches(key, g.Key[commune], g.Key[len(g.Key)-1])
		}
	}
	return t, nil
}

// census is a tally that is being made, and which communes and libraries are in it.
type census struct {
	tally tally
	seen  map[[3]string]bool // place, commune, folded library; a commune with library ""
}

// reaches counts a commune and a library at a place of the tally, each once. A library is told from another as the
// roster tells them.
func (c census) reaches(key, commune, library string) {
	n := c.tally[key]
	if at := [3]string{key, commune}; !c.seen[at] {
		c.seen[at] = true
		n.communes++
	}
	if at := [3]string{key, commune, "=" + roster.Words(library)}; !c.seen[at] {
		c.seen[at] = true
		n.libraries++
	}
	c.tally[key] = n
}

// recount makes the numbers from the facts of an earlier day.
func (b *Board) recount(ctx context.Context, s Scope, m moment) (tally, error) {
	c := newCensus()
	return c.tally, b.people(ctx, s, m, func(p Standing) error { c.add(s, p, m); return nil })
}

func newCensus() census { return census{tally{}, map[[3]string]bool{}} }

// add counts a person of the base.
func (c census) add(s Scope, p Standing, m moment) {
	key := p.Commune
	switch s.groups() {
	case "province":
		key = p.Province
	case "programme":
		key = p.Programme
	}
	n := c.tally[key]
	n.base++
	if p.Trained(m.at) {
		n.trained++
	}
	if p.Elsewhere(m.at) {
		n.elsewhere++
	}
	c.tally[key] = n
	c.reaches(key, p.Commune, p.Library)
}

// figures writes the board. Numbers of places that the lists do not know stand in rows of their own, so that the rows
// always add up to the totals.
func (b *Board) figures(s Scope, m moment, t tally) Figures {
	f := Figures{AsOf: m.day, Scope: s, Decision: b.Programme.Decision, Source: b.Programme.Base.Source, Place: b.placeName(s)}
	next := b.Programme.next(m.day)
	for _, r := range b.rows(s, m, t) {
		n := t[r.Code]
		r.Base, r.Trained, r.Percent, r.Gap = n.base, n.trained, Percent(n.trained, n.base), next.Gap(n.trained, n.base)
		r.Communes, r.Libraries, r.Elsewhere = n.communes, n.libraries, n.elsewhere
		f.Base, f.Trained, f.Elsewhere = f.Base+n.base, f.Trained+n.trained, f.Elsewhere+n.elsewhere
		f.Coverage.add(r, s)
		f.Rows = append(f.Rows, r)
	}
	f.Percent = Percent(f.Trained, f.Base)
	for _, m := range b.Programme.Milestones {
		f.Milestones = append(f.Milestones, Mark{m, m.Gap(f.Trained, f.Base)})
	}
	f.Next = Mark{next, next.Gap(f.Trained, f.Base)}
	f.Checksum = f.checksum()
	return f
}

// add counts a row of a scope.
func (c *Coverage) add(r Row, s Scope) {
	c.Communes, c.OfCommunes, c.Libraries = c.Communes+r.Communes, c.OfCommunes+r.OfCommunes, c.Libraries+r.Libraries
	if s.Province != "" {
		c.OfProvinces, c.Provinces = 1, max(c.Provinces, min(r.Base, 1))
		return
	}
	c.OfProvinces++
	c.Provinces += min(r.Base, 1)
}

func (b *Board) placeName(s Scope) courses.Text {
	if c, ok := b.Places.Ever(s.Commune); ok {
		return courses.Text{Vi: c.Title(), En: c.Title()}
	}
	p, _ := b.Places.Province(s.By, s.Province)
	return courses.Text{Vi: p.Name, En: p.NameEn}
}

// rows names the places that the scope had on the day, and after them those only the numbers know.
func (b *Board) rows(s Scope, m moment, t tally) []Row {
	var rows []Row
	if s.Province == "" {
		for _, p := range b.Places.Provinces(s.By) {
			rows = append(rows, Row{Code: p.Code, Name: p.Name, NameEn: p.NameEn, OfCommunes: b.communes(s.By, p.Code, m)})
		}
	} else {
		for _, c := range b.Places.CommunesOn(s.By, s.Province, m.day.Time(), m.known) {
			if (s.Commune == "" || s.Commune == c.Code) && b.Programme.Counts(c) {
				rows = append(rows, Row{Code: c.Code, Name: c.Title(), OfCommunes: 1})
			}
		}
	}
	listed := map[string]bool{}
	for _, r := range rows {
		listed[r.Code] = true
	}
	for _, code := range sortedKeys(t) {
		if !listed[code] {
			rows = append(rows, Row{Code: code, Name: b.unlisted(s, code)})
		}
	}
	return rows
}

// unlisted is the name of a place that the lists of the day do not have.
func (b *Board) unlisted(s Scope, code string) string {
	if c, ok := b.Places.Ever(code); ok && s.Province != "" {
		return c.Title()
	}
	return code
}

// communes is how many communes of a province could have people in the base on the day.
func (b *Board) communes(by roster.List, province string, m moment) (n int) {
	for _, c := range b.Places.CommunesOn(by, province, m.day.Time(), m.known) {
		if b.Programme.Counts(c) {
			n++
		}
	}
	return n
}

// checksum is the SHA-256, in hexadecimal, of this text, each line ended by a line feed:
//
//	lopban board 1
//	by LIST
//	province CODE
//	asOf YYYY-MM-DD
//	base PEOPLE TRAINED
//	CODE PEOPLE TRAINED        for each row, by code
//
// The province is "-" for all. Whoever has the rows can make it again.
func (f *Figures) checksum() string {
	lines := make([]string, 0, len(f.Rows))
	for _, r := range f.Rows {
		lines = append(lines, fmt.Sprintf("%s %d %d", r.Code, r.Base, r.Trained))
	}
	sum := newChecksum("board 1", f.Scope, f.AsOf)
	sum.line(fmt.Sprintf("base %d %d", f.Base, f.Trained))
	return sum.sorted(lines)
}

// Earlier gives, of the people in the base of figures, how many were trained at the end of an earlier day, wherever
// they worked then: a list that is imported, or people who come and go, are no training. Of the figures it gives, AsOf,
// Scope, Base and Trained are set.
func (b *Board) Earlier(ctx context.Context, now Figures, day Day) (Figures, error) {
	m, err := b.moment(now.Scope, now.AsOf.Time())
	if err != nil {
		return Figures{}, err
	}
	then := moment{day: day, at: day.last(), past: true}
	f := Figures{AsOf: day, Scope: now.Scope}
	return f, b.facts(ctx, m, func(person roster.Person, p page) error {
		if st := Stand(b.Programme, person, nil, nil); !st.InBase || !now.has(st.Province, st.Programme, st.Commune) {
			return nil
		}
		f.Base++
		if st := b.standing(person, p.earned[person.ID].until(then)); st.Trained(then.at) {
			f.Trained++
		}
		return nil
	})
}

// Forecast is the day on which the share of the base that the next milestone wants will be trained, if as many of its
// people become trained each day as did since then, see Earlier. It is false where nobody is missing, nobody was added,
// or the day is more than a hundred years away.
func Forecast(then, now Figures) (Day, bool) {
	days := int(now.AsOf.Time().Sub(then.AsOf.Time()).Hours() / 24)
	added := now.Trained - then.Trained
	if now.Next.Gap == 0 || days <= 0 || added <= 0 {
		return "", false
	}
	wait := (now.Next.Gap*days + added - 1) / added
	if wait > 36525 {
		return "", false
	}
	return DayOf(now.AsOf.Time().AddDate(0, 0, wait)), true
}

// Point is the number at the end of a day.
type Point struct {
	Day     Day     `json:"day"`
	Base    int     `json:"base"`
	Trained int     `json:"trained"`
	Percent float64 `json:"percent"`
}

// Trend gives the numbers of a scope at the end of each of the last months, the earliest first, and of today. All of
// them are counted in one walk through the facts.
func (b *Board) Trend(ctx context.Context, s Scope, months int) ([]Point, error) {
	now, err := b.moment(s, time.Time{})
	if err != nil {
		return nil, err
	}
	today := now.day.Time()
	var moments []moment
	for n := months - 1; n >= 0; n-- {
		day := DayOf(time.Date(today.Year(), today.Month()-time.Month(n), 0, 0, 0, 0, 0, time.UTC))
		moments = append(moments, moment{day: day, at: day.last(), past: true})
	}
	points := make([]Point, len(moments))
	for i, m := range moments {
		points[i].Day = m.day
	}
	err = b.pages(ctx, time.Time{}, func(p page) error {
		postings, err := b.postings(ctx, p)
		if err != nil {
			return err
		}
		for _, person := range p.people {
			for i, m := range moments {
				st := b.standing(b.placed(person, postings[person.ID], m), p.earned[person.ID].until(m))
				if !st.InBase || !s.has(st.Province, st.Programme, st.Commune) {
					continue
				}
				points[i].Base++
				if st.Trained(m.at) {
					points[i].Trained++
				}
			}
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	f, err := b.read(ctx, s, now)
	points = append(points, Point{Day: now.day, Base: f.Base, Trained: f.Trained})
	for i, p := range points {
		points[i].Percent = Percent(p.Trained, p.Base)
	}
	return points, err
}
