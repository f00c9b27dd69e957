package targets

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// Board counts the people of the base and those of them who are trained. Its methods may be called at once by many goroutines, and by many processes on one store.
type Board struct {
	Store     store.Store
	Programme *Programme
	Places    *roster.Places
	Now       func() time.Time
	Temp      string // folder for lists that do not fit into memory; "" for the system's
	Alone     bool   // nobody but this Board writes standings to the store while it is used: today's numbers may be kept in memory

	memory memory
}

// Figures is the board of a scope on a day: what the screen, the API and every file show.
type Figures struct {
	AsOf       Day          `json:"asOf"`
	Scope                   // its fields stand beside the others
	Decision   string       `json:"decision"`
	Source     courses.Text `json:"source"` // of the base
	Base       int          `json:"base"`
	Trained    int          `json:"trained"`
	Percent    float64      `json:"percent"` // one decimal, rounded down
	Milestones []Mark       `json:"milestones"`
	Next       Mark         `json:"next"` // the milestone that is due on the day or next, or the last one
	Rows       []Row        `json:"rows"` // provinces in the order of their list, or communes in Vietnamese collation
	Checksum   string       `json:"checksum"`

	place courses.Text // the name of the province or commune of the scope
}

// Mark is a milestone and how many people of the base are missing to reach it.
type Mark struct {
	Milestone
	Gap int `json:"gap"`
}

// Row is a province or a commune on the board. Gap is towards the next milestone.
type Row struct {
	Code    string  `json:"code"`
	Name    string  `json:"name"` // "Tuyên Quang", "xã Lũng Cú"
	NameEn  string  `json:"nameEn,omitempty"`
	Base    int     `json:"base"`
	Trained int     `json:"trained"`
	Percent float64 `json:"percent"`
	Gap     int     `json:"gap"`
}

// Scope is the people that figures and reports speak of. Commune narrows a province; "" is all of them.
type Scope struct {
	By       roster.List `json:"by"`
	Province string      `json:"province"`
	Commune  string      `json:"commune,omitempty"`
}

// Read gives the figures of a province of the list, a row for each of its communes that can have people in the base, or with province "" those of all, a row for each province.
//
// A zero asOf, or today in Việt Nam, is this moment, read from the standings. An earlier day is counted again from the postings, certificates and revocations that the day had
// at its end, in bounded memory. A later day, and a province that is not in the list, are problems of the fields asOf and province.
func (b *Board) Read(ctx context.Context, by roster.List, province string, asOf time.Time) (Figures, error) {
	scope := Scope{By: by, Province: province}
	m, err := b.moment(scope, asOf)
	if err != nil {
		return Figures{}, err
	}
	return b.read(ctx, scope, m)
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
	return b.figures(s, m.day, t), nil
}

// moment is the day of a figure, and the instant of it at which the facts are looked at.
type moment struct {
	day  Day
	at   time.Time
	past bool // not today
}

func (b *Board) moment(s Scope, asOf time.Time) (moment, error) {
	if s.By != roster.Present && s.By != roster.Programme {
		return moment{}, store.Invalid("by", "list.unknown", string(s.By))
	}
	if _, ok := b.Places.Province(s.By, s.Province); s.Province != "" && !ok {
		return moment{}, store.Invalid("province", "province.unknown", s.Province)
	}
	if c, ok := b.Places.Commune(s.Commune); s.Commune != "" && (!ok || !c.In(s.By, s.Province)) {
		return moment{}, store.Invalid("commune", "commune.unknown", s.Commune)
	}
	now := store.Time(b.Now())
	today := DayOf(now)
	if asOf.IsZero() || DayOf(asOf) == today {
		return moment{day: today, at: now}, nil
	}
	day := DayOf(asOf)
	if day > today {
		return moment{}, store.Invalid("asOf", "date.future", string(day))
	}
	return moment{day: day, at: day.last(), past: true}, nil
}

// number is a count of people of the base and of the trained among them.
type number struct{ base, trained int }

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
	return b.counted(ctx, s.where(), m.at, s.groups())
}

// counted counts the standings that the conditions choose, and those of them who are trained at a time, by the values of fields with "/" between: two grouped counts on one index.
func (b *Board) counted(ctx context.Context, where []store.Cond, at time.Time, by ...string) (tally, error) {
	var base, trained []store.Group
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		base, err = b.Store.Count(ctx, StandingKind, store.Where(where...), by...)
		return err
	})
	g.Go(func() (err error) {
		trained, err = b.Store.Count(ctx, StandingKind, store.Where(append(slices.Clone(where), store.More("trainedUntil", at))...), by...)
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	t := tally{}
	for _, g := range base {
		t[strings.Join(g.Key, "/")] = number{base: g.N}
	}
	for _, g := range trained {
		key := strings.Join(g.Key, "/")
		n := t[key]
		n.trained = min(g.N, n.base) // somebody may have come between the two counts
		t[key] = n
	}
	return t, nil
}

// recount makes the numbers from the facts of an earlier day.
func (b *Board) recount(ctx context.Context, s Scope, m moment) (tally, error) {
	t := tally{}
	return t, b.people(ctx, s, m, func(p Standing) error { t.add(s, p, m); return nil })
}

// add counts a person of the base.
func (t tally) add(s Scope, p Standing, m moment) {
	key := p.Commune
	switch s.groups() {
	case "province":
		key = p.Province
	case "programme":
		key = p.Programme
	}
	n := t[key]
	n.base++
	if p.Trained(m.at) {
		n.trained++
	}
	t[key] = n
}

// figures writes the board. Numbers of places that the lists do not know stand in rows of their own, so that the rows always add up to the totals.
func (b *Board) figures(s Scope, day Day, t tally) Figures {
	f := Figures{AsOf: day, Scope: s, Decision: b.Programme.Decision, Source: b.Programme.Base.Source, place: b.placeName(s)}
	next := b.Programme.next(day)
	for _, r := range b.rows(s, t) {
		n := t[r.Code]
		r.Base, r.Trained, r.Percent, r.Gap = n.base, n.trained, Percent(n.trained, n.base), next.Gap(n.trained, n.base)
		f.Base, f.Trained = f.Base+n.base, f.Trained+n.trained
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

func (b *Board) placeName(s Scope) courses.Text {
	if c, ok := b.Places.Commune(s.Commune); ok {
		return courses.Text{Vi: c.Title(), En: c.Title()}
	}
	p, _ := b.Places.Province(s.By, s.Province)
	return courses.Text{Vi: p.Name, En: p.NameEn}
}

// rows names the places of the scope, and after them those only the numbers know.
func (b *Board) rows(s Scope, t tally) []Row {
	var rows []Row
	if s.Province == "" {
		for _, p := range b.Places.Provinces(s.By) {
			rows = append(rows, Row{Code: p.Code, Name: p.Name, NameEn: p.NameEn})
		}
	} else {
		for _, c := range b.Places.Communes(s.By, s.Province) {
			if (s.Commune == "" || s.Commune == c.Code) && (c.Programme != "" || !b.Programme.Base.ProgrammeCommunesOnly) {
				rows = append(rows, Row{Code: c.Code, Name: c.Title()})
			}
		}
	}
	listed := map[string]bool{}
	for _, r := range rows {
		listed[r.Code] = true
	}
	for _, code := range sortedKeys(t) {
		if !listed[code] {
			rows = append(rows, Row{Code: code, Name: code})
		}
	}
	return rows
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
	sum := newChecksum("board", f.Scope, f.AsOf)
	sum.line(fmt.Sprintf("base %d %d", f.Base, f.Trained))
	return sum.sorted(lines)
}

// Forecast is the day on which the share of the base that the next milestone wants will be trained, if as many people become trained each day as did between the two figures of one
// scope. It is false where nobody is missing, nobody was added, or the day is more than a hundred years away.
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
