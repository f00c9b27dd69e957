package roster

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"lopban/courses/store"
)

// PlaceChange is the fact that a decision makes other communes of some: by a merger, a division, a new name or kind. It
// holds from its day on: what is counted for an earlier day is counted where it was.
type PlaceChange struct {
	ID       string            `json:"id"`
	Decision string            `json:"decision"` // its number
	On       time.Time         `json:"on"`       // first day, midnight UTC of the date
	File     string            `json:"file"`     // name
	Key      string            `json:"key"`      // SHA-256 of the file
	Units    []Became          `json:"units"`
	Homes    map[string]string `json:"homes,omitempty"` // of libraries of divided communes: Home to the commune's code

	Undoes     string    `json:"undoes"` // id of the change that does not hold; then this one says nothing else
	By         string    `json:"by"`     // person
	RecordedAt time.Time `json:"recordedAt"`
}

// Became says that the land of a commune, or a part of it, is of another from the day on; or of the same, by a new name
// or with what others bring.
type Became struct {
	Old string  `json:"old"` // code
	New Commune `json:"new"`
}

// PlaceChangeKind holds the changes of places.
var PlaceChangeKind = &store.Kind{Name: "placechange", Schema: 1, Order: 520, Fact: true, Doc: PlaceChange{}, Indexes: [][]string{{"on"}}}

// Home names a library of a commune in PlaceChange.Homes.
func Home(commune, library string) string { return commune + "/" + Words(library) }

// Gone are the codes of the communes that are no more, in order.
func (c PlaceChange) Gone() []string {
	kept := map[string]bool{}
	for _, u := range c.Units {
		kept[u.New.Code] = true
	}
	gone := map[string]bool{}
	for _, u := range c.Units {
		if !kept[u.Old] {
			gone[u.Old] = true
		}
	}
	return slices.Sorted(maps.Keys(gone))
}

// Now are the codes that the land of a commune has from the day on.
func (c PlaceChange) Now(code string) []string {
	var now []string
	for _, u := range c.Units {
		if u.Old == code && !slices.Contains(now, u.New.Code) {
			now = append(now, u.New.Code)
		}
	}
	return now
}

// Places are the provinces and communes of the programme, the units that communes were made of, and what decisions made
// of them since. Its methods may be called at once by many goroutines; those that do not name a day speak of the one
// that Learn was told last.
type Places struct {
	mu    sync.Mutex
	base  *atlas
	ages  map[string]*atlas // by the ids of the changes that hold
	state *told
}

// told is what was learnt last.
type told struct {
	changes []PlaceChange // that hold or were undone, by day
	undone  map[string]time.Time
	today   time.Time
	now     *atlas
}

func newPlaces(base *atlas) *Places {
	return &Places{base: base, ages: map[string]*atlas{"": base}, state: &told{now: base}}
}

// Learn takes all changes that are kept, and the day.
func (p *Places) Learn(all []PlaceChange, today time.Time) {
	next := &told{undone: map[string]time.Time{}, today: today}
	for _, c := range all {
		if c.Undoes != "" {
			next.undone[c.Undoes] = c.RecordedAt
		} else {
			next.changes = append(next.changes, c)
		}
	}
	slices.SortFunc(next.changes, func(a, b PlaceChange) int {
		return cmp.Or(a.On.Compare(b.On), a.RecordedAt.Compare(b.RecordedAt), cmp.Compare(a.ID, b.ID))
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	next.now = p.age(next.holding(today, time.Time{}))
	p.state = next
}

// Changes reads all changes of places from a store.
func Changes(ctx context.Context, st store.Store) ([]PlaceChange, error) {
	return store.All[PlaceChange](ctx, st, PlaceChangeKind, store.Query{})
}

// holding are the changes that hold on a day, as it was known at an instant; zero for all that is known.
func (t *told) holding(day, known time.Time) []PlaceChange {
	var hold []PlaceChange
	for _, c := range t.changes {
		at, undone := t.undone[c.ID]
		undone = undone && (known.IsZero() || !at.After(known))
		if !undone && !c.On.After(day) && (known.IsZero() || !c.RecordedAt.After(known)) {
			hold = append(hold, c)
		}
	}
	return hold
}

// age is the atlas after some changes. p.mu is held.
func (p *Places) age(changes []PlaceChange) *atlas {
	var key strings.Builder
	for _, c := range changes {
		key.WriteString(c.ID + " ")
	}
	a := p.ages[key.String()]
	if a == nil {
		a = p.base
		for _, c := range changes {
			a = a.after(c)
		}
		p.ages[key.String()] = a
	}
	return a
}

func (p *Places) now() *atlas {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.now
}

// at is the places of a day as they were known at an instant, zero for what is known now.
func (p *Places) at(day, known time.Time) *atlas {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.age(p.state.holding(day, known))
}

// after is the atlas once a change holds.
func (p *atlas) after(c PlaceChange) *atlas {
	next := &atlas{provinces: p.provinces, byCode: maps.Clone(p.byCode), changes: append(slices.Clip(p.changes), c), ever: maps.Clone(p.ever)}
	if next.ever == nil {
		next.ever = map[string]Commune{}
	}
	for _, u := range c.Units {
		next.ever[u.Old] = p.byCode[u.Old]
	}
	for _, code := range c.Gone() {
		delete(next.byCode, code)
	}
	for _, u := range c.Units {
		next.byCode[u.New.Code] = u.New
	}
	next.communes = slices.Collect(maps.Values(next.byCode))
	for _, f := range p.formers {
		next.formers = append(next.formers, f.after(c))
	}
	for i, u := range c.Units { // the name of before, of a commune that is gone or is called otherwise now
		old := p.byCode[u.Old]
		first := !slices.ContainsFunc(c.Units[:i], func(o Became) bool { return o.Old == u.Old })
		if is, still := next.byCode[u.Old]; first && (!still || is.Title() != old.Title()) {
			next.formers = append(next.formers, p.former(old).after(c))
		}
	}
	next.index()
	return next
}

// after says where the land of a former unit is once a change holds.
func (f Former) after(c PlaceChange) Former {
	var now []string
	for _, code := range f.Now {
		became := c.Now(code)
		if len(became) == 0 {
			became = []string{code}
		}
		for _, code := range became {
			if !slices.Contains(now, code) {
				now = append(now, code)
			}
		}
	}
	f.Now = now
	return f
}

// former is a commune as a unit that is no more; its district is none.
func (p *atlas) former(c Commune) Former {
	f := Former{Code: c.Code, Name: c.Name, Kind: c.Kind, Province: c.Programme, Now: []string{c.Code}}
	if land := p.land[c.Code]; len(land) > 0 {
		f.Province, f.ProvinceName = land[0].Province, land[0].ProvinceName
	}
	return f
}

// carry is the commune of a library of a commune, after all changes of the atlas.
func (p *atlas) carry(code, library string) string {
	for _, c := range p.changes {
		code = cmp.Or(c.Becomes(code, library), code) // of a library that nobody asked about the commune of before
	}
	return code
}

// Province finds a province by its list and code.
func (p *Places) Province(list List, code string) (Province, bool) {
	return p.now().Province(list, code)
}

// Provinces lists the provinces of a list, in its order.
func (p *Places) Provinces(list List) []Province { return p.now().Provinces(list) }

// MatchProvince finds a province of the list by its code ("8" is "08") or by its name, folded, with or without "tỉnh"
// or "province".
func (p *Places) MatchProvince(list List, text string) (Province, bool) {
	return p.now().MatchProvince(list, text)
}

// Commune finds a commune of today by its code of five digits.
func (p *Places) Commune(code string) (Commune, bool) { return p.now().Commune(code) }

// Ever finds a commune by its code, also one that is no more, as it was last.
func (p *Places) Ever(code string) (Commune, bool) {
	now := p.now()
	if c, ok := now.byCode[code]; ok {
		return c, true
	}
	c, ok := now.ever[code]
	return c, ok
}

// Communes lists the communes of a province in Vietnamese collation.
func (p *Places) Communes(list List, province string) []Commune {
	return p.now().Communes(list, province)
}

// CommunesOn lists the communes that a province had on a day, as it was known at an instant; zero for what is known
// now.
func (p *Places) CommunesOn(list List, province string, day, known time.Time) []Commune {
	return p.at(day, known).Communes(list, province)
}

// Find finds the commune that an address means. A name is typed with or without "xã", "phường" or "thị trấn", in any
// case, with either placement of tones (Hòa, Hoà), or wholly without marks. The name of a former unit means the commune
// that it became part of. here, a present province's code, narrows the search; "" searches all.
//
// Nobody is guessed: where more communes fit, those that do are in Maybe; where none does, up to three with the nearest
// names, of the district first.
func (p *Places) Find(a Address, here string, era Era) Found { return p.now().Find(a, here, era) }

// EraOf says of what time the names of a list of the province are.
func (p *Places) EraOf(here string, list []Address) Era { return p.now().EraOf(here, list) }

// IsDistrict says whether a text is the name of a district of before July 2025, with its kind.
func (p *Places) IsDistrict(text string) bool { return p.now().IsDistrict(text) }

// Of says whether a text names the province, of now or of before, in which a commune lies, and whether it names one at
// all. A code is one of now.
func (p *Places) Of(c Commune, text string) (lies, known bool) { return p.now().Of(c, text) }

// Held is Current as far as it was true at the end of a day, as the places were known at an instant (zero: now): of
// people whose commune has become part of another the post is in that one.
func (p *Places) Held(postings []Posting, day, known time.Time) (Posting, bool) {
	return p.current(slices.DeleteFunc(slices.Clone(postings), func(f Posting) bool { return f.On.After(day) }), day, known)
}

// current is Held of all postings.
func (p *Places) current(postings []Posting, day, known time.Time) (Posting, bool) {
	last, then := p.now(), p.at(day, known)
	if len(last.changes) == 0 && len(then.changes) == 0 {
		return Current(postings)
	}
	carried := slices.Clone(postings)
	asTyped := map[string]Posting{}
	for i, f := range carried { // a post is one, whichever name its commune had when it was recorded
		asTyped[f.ID] = f
		carried[i].Commune = last.carry(f.Commune, f.Library)
	}
	held, active := Current(carried)
	if held.ID == "" {
		return held, active
	}
	return then.placed(asTyped[held.ID]), active
}

// placed is a posting in the commune that its library is in now.
func (p *atlas) placed(f Posting) Posting {
	code := p.carry(f.Commune, f.Library)
	touched := slices.ContainsFunc(p.changes, func(c PlaceChange) bool {
		return slices.ContainsFunc(c.Units, func(u Became) bool { return u.New.Code == code || u.Old == code })
	})
	f.Commune = code
	if c, ok := p.byCode[code]; ok && touched {
		f.Province, f.Programme = c.Province, c.Programme
	}
	return f
}

// Carried are postings with the communes that they are in now.
func (p *Places) Carried(postings []Posting) []Posting {
	now := p.now()
	if len(now.changes) == 0 {
		return postings
	}
	carried := slices.Clone(postings)
	for i, f := range carried {
		carried[i] = now.placed(f)
	}
	return carried
}
