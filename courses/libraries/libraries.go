// Package libraries keeps the grassroots libraries themselves and what they report each year: from them the targets of
// the Decision are counted that are not about people. What is entered are facts; what a library is on a day follows
// from them.
package libraries

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/sync/singleflight"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/targets"
)

// Desk keeps libraries. Its methods may be called at once by many.
type Desk struct {
	Store     store.Store
	Places    *roster.Places
	Programme *targets.Programme
	Now       func() time.Time

	kept kept
}

// What happened to a library.
type What string

const (
	Opens  What = "opens"  // it is there, from this day on
	Models What = "models" // it was recognised as a library of the Decision's model
	Closes What = "closes" // it is not there any more, from this day on
	Undoes What = "undoes" // another event, or figures of a year, were entered wrongly
)

// Event is the fact that something happened to a library.
type Event struct {
	ID        string    `json:"id"`      // made of what it says, so that saying it twice changes nothing
	Library   string    `json:"library"` // see ID
	What      What      `json:"what"`
	On        time.Time `json:"on"` // midnight UTC of the date
	Name      string    `json:"name"`
	Kind      string    `json:"kind"` // see roster.LibraryKinds
	Commune   string    `json:"commune"`
	Province  string    `json:"province"`  // present province
	Programme string    `json:"programme"` // programme province, "" outside the programme
	Evidence  string    `json:"evidence"`  // number of the decision, record or report that says so
	Of        string    `json:"of"`        // of Undoes: the id of what does not hold
	By        string    `json:"by"`
	At        time.Time `json:"at"` // when it was entered
}

// Year is the fact of what a library reports of a year. Of two the one that was entered later holds; both are kept.
type Year struct {
	ID           string    `json:"id"`
	Library      string    `json:"library"`
	Year         int       `json:"year"`
	Readers      int       `json:"readers"`      // people who used it in the year
	Ways         []string  `json:"ways"`         // in which it worked with the provincial library, see Ways
	Coordinating bool      `json:"coordinating"` // and did so well, as the province finds
	Evidence     string    `json:"evidence"`
	By           string    `json:"by"`
	At           time.Time `json:"at"`
}

// Ways are how a library works with the provincial library, in the Decision's words: books that circulate, the library
// on wheels, on the network, reading promotion together.
var Ways = []string{"circulation", "mobile", "online", "promotion"}

// The kinds of documents of this package.
var (
	EventKind = &store.Kind{Name: "library", Schema: 1, Order: 540, Fact: true, Doc: Event{}, Indexes: [][]string{{"library"}}}
	YearKind  = &store.Kind{Name: "libraryyear", Schema: 1, Order: 530, Fact: true, Doc: Year{}, Indexes: [][]string{{"library"}}}
)

// Kinds lists them, for who opens a store.
func Kinds() []*store.Kind { return []*store.Kind{EventKind, YearKind} }

// Library is what the facts say of one.
type Library struct {
	ID                           string
	Name, Kind                   string
	Commune, Province, Programme string    // as they were entered; see Desk.At
	Opened                       time.Time // the last time
	Model                        time.Time // since then; zero: not recognised
	Closed                       time.Time // since then; zero: it is there
	Events                       []Event   // in the order in which they were entered, also those that were undone
	Years                        []Year    // the same
	Undone                       map[string]bool
	dated                        []Event // those that hold, by their days
}

// ID is the id of a library: the same for the same name in the same commune, however the name is written.
func ID(commune, name string) string {
	sum := sha256.Sum256([]byte(commune + "\n" + roster.Words(name)))
	return hex.EncodeToString(sum[:8])
}

// There says whether it is there on a day.
func (l Library) There(day time.Time) bool { there, _ := l.on(day); return there }

// thereIn says whether it was there on a day of a year.
func (l Library) thereIn(year int) bool {
	return l.There(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)) || slices.ContainsFunc(l.dated, func(e Event) bool { return e.What == Opens && e.On.Year() == year })
}

// IsModel says whether it is there on a day and was recognised by then, since it last opened.
func (l Library) IsModel(day time.Time) bool { _, model := l.on(day); return model }

func (l Library) on(day time.Time) (there, model bool) {
	for _, e := range l.dated {
		switch {
		case e.On.After(day):
			return there, there && model
		case e.What == Opens:
			model = model && there
			there = true
		case e.What == Models:
			model = true
		case e.What == Closes:
			there, model = false, false
		}
	}
	return there, there && model
}

// OpenedOn is the opening of a day, the last that was entered of those that hold.
func (l Library) OpenedOn(day time.Time) (Event, bool) {
	for _, e := range slices.Backward(l.Events) {
		if e.What == Opens && e.On.Equal(day) && !l.Undone[e.ID] {
			return e, true
		}
	}
	return Event{}, false
}

// endsAfter is the first closing after a day, if the library was there until then: opened on that day it would be
// closed all the same.
func (l Library) endsAfter(day time.Time) (closed time.Time, ok bool) {
	i := slices.IndexFunc(l.dated, func(e Event) bool { return e.What == Closes && e.On.After(day) })
	if i < 0 {
		return closed, false
	}
	closed = l.dated[i].On
	return closed, l.There(closed.AddDate(0, 0, -1))
}

// Of is what it reports of a year.
func (l Library) Of(year int) (Year, bool) {
	for _, y := range slices.Backward(l.Years) {
		if y.Year == year && !l.Undone[y.ID] {
			return y, true
		}
	}
	return Year{}, false
}

// Reported is what it reports of a year, nil for nothing.
func (l Library) Reported(year int) *Year {
	if y, ok := l.Of(year); ok {
		return &y
	}
	return nil
}

// made puts a library together from its facts. The order in which they come does not matter.
func made(id string, events []Event, years []Year) Library {
	l := Library{ID: id, Undone: map[string]bool{}}
	l.Events = slices.SortedFunc(slices.Values(events), func(a, b Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	l.Years = slices.SortedFunc(slices.Values(years), func(a, b Year) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	for _, e := range l.Events {
		if e.What == Undoes {
			l.Undone[e.Of] = true
		}
	}
	for _, e := range l.Events {
		switch {
		case e.What == Undoes:
		case l.Undone[e.ID]:
			if l.Name == "" { // it still has a name
				l.name(e)
			}
		default:
			l.dated = append(l.dated, e)
		}
	}
	slices.SortStableFunc(l.dated, func(a, b Event) int { return a.On.Compare(b.On) })
	there := false
	for _, e := range l.dated {
		switch e.What {
		case Opens:
			l.name(e)
			if !there { // else the closing between two openings was undone
				l.Opened, l.Model, l.Closed = e.On, time.Time{}, time.Time{}
			}
			there = true
		case Models:
			l.Model = e.On
		case Closes:
			l.Closed, there = e.On, false
		}
	}
	return l
}

func (l *Library) name(e Event) {
	if e.What == Opens {
		l.Name, l.Kind, l.Commune, l.Province, l.Programme = e.Name, e.Kind, e.Commune, e.Province, e.Programme
	}
}

// read are the libraries after so many facts.
type read struct {
	facts int
	all   []Library
}

// kept is what was read of the store.
type kept struct {
	reading singleflight.Group // all who ask meanwhile have the end of one reading, also when the store does not answer
	read    atomic.Pointer[read]
	keys    sync.Map // roster.SortKey by name, which takes longer than all else of a list
}

func (d *Desk) sortKey(name string) string {
	if key, ok := d.kept.keys.Load(name); ok {
		return key.(string)
	}
	key := roster.SortKey(name)
	d.kept.keys.Store(name, key)
	return key
}

// all are the libraries, by id; they must not be changed. Facts are only inserted, so as many as before are the same:
// what was read is kept until somebody, in whatever process, has entered one more.
func (d *Desk) all(ctx context.Context) ([]Library, error) {
	facts := 0
	for _, k := range Kinds() {
		n, err := d.Store.Count(ctx, k, store.Query{})
		if err != nil {
			return nil, err
		}
		facts += n[0].N
	}
	if facts == 0 {
		return nil, nil
	}
	if r := d.kept.read.Load(); r != nil && facts <= r.facts {
		return r.all, nil
	}
	got, err, _ := d.kept.reading.Do(strconv.Itoa(facts), func() (any, error) {
		all, err := d.read(ctx)
		if err != nil {
			return nil, err
		}
		r := &read{facts, all} // it has these facts, and perhaps more
		d.kept.read.Store(r)
		return r, nil
	})
	if err != nil {
		return nil, err
	}
	return got.(*read).all, nil
}

func (d *Desk) read(ctx context.Context) ([]Library, error) {
	years := map[string][]Year{}
	err := store.Each(ctx, d.Store, YearKind, store.Query{}.By("library"), func(y Year) error {
		years[y.Library] = append(years[y.Library], y)
		return nil
	})
	if err != nil {
		return nil, err
	}
	events, err := store.All[Event](ctx, d.Store, EventKind, store.Query{}.By("library"))
	var all []Library
	for len(events) > 0 {
		id := events[0].Library
		n := slices.IndexFunc(events, func(e Event) bool { return e.Library != id })
		if n < 0 {
			n = len(events)
		}
		all = append(all, made(id, events[:n], years[id]))
		events = events[n:]
	}
	return all, err
}

// Get is one library.
func (d *Desk) Get(ctx context.Context, id string) (Library, error) {
	where := store.Where(store.Is("library", id))
	events, err := store.All[Event](ctx, d.Store, EventKind, where)
	if err != nil {
		return Library{}, err
	}
	if len(events) == 0 {
		return Library{}, store.NotFound(EventKind, id)
	}
	years, err := store.All[Year](ctx, d.Store, YearKind, where)
	return made(id, events, years), err
}

// At is the commune that a library is in on a day: communes merge and are divided.
func (d *Desk) At(l Library, day time.Time) (commune, province, programme string) {
	p, _ := d.Places.Held([]roster.Posting{{ID: l.ID, Event: roster.Starts, On: roster.FirstDay, Library: l.Name, Commune: l.Commune, Province: l.Province, Programme: l.Programme}}, day, time.Time{})
	return p.Commune, p.Province, p.Programme
}

// Entry is what is entered about a library that is there.
type Entry struct {
	Name, Kind, Commune, Evidence string
	On                            time.Time
}

// named says whether a text can be a name: it has a letter.
func named(text string) bool { return strings.ContainsFunc(text, unicode.IsLetter) }

// idOf is the id of the library of a name that is in a commune today: that of one which was entered when the commune
// was another, or else the id that it will have.
func (d *Desk) idOf(ctx context.Context, commune, name string) (string, error) {
	today := roster.Day(d.Now())
	all, err := d.all(ctx)
	id := ID(commune, name)
	for _, l := range all {
		if at, _, _ := d.At(l, today); at == commune && roster.SameWords(l.Name, name) && (l.ID == id || l.There(today)) {
			return l.ID, err
		}
	}
	return id, err
}

// Open enters a library. One of that name in that commune that is there already is ErrExists; but whoever entered it so
// may say it twice.
func (d *Desk) Open(ctx context.Context, by roster.Account, e Entry) (Library, error) {
	e, c, err := d.checked(by, e)
	if err != nil {
		return Library{}, err
	}
	id, err := d.idOf(ctx, c.Code, e.Name)
	if err != nil {
		return Library{}, err
	}
	return d.open(ctx, by, id, c, e)
}

// checked is what is entered as it is kept, and its commune, if the account may enter it.
func (d *Desk) checked(by roster.Account, e Entry) (Entry, roster.Commune, error) {
	c, ok := d.Places.Commune(e.Commune)
	if !ok {
		return e, c, problem.Invalid("commune", "commune.unknown", e.Commune)
	}
	switch {
	case roster.MayEditRoster(by, c.Province):
	case by.Has(roster.Staff):
		return e, c, problem.Invalid("commune", "commune.outside")
	default:
		return e, c, problem.Denied("denied")
	}
	var err error
	if e.Name, err = roster.Printed("name", e.Name); err != nil {
		return e, c, err
	}
	e.Kind = cmp.Or(e.Kind, roster.KindOf(e.Name))
	switch {
	case e.Name == "":
		return e, c, problem.Invalid("name", "library.empty")
	case !named(e.Name):
		return e, c, problem.Invalid("name", "library.letters", e.Name)
	case utf8.RuneCountInString(e.Name) > roster.TextLetters:
		return e, c, problem.Invalid("name", "text.long", roster.TextLetters)
	case !slices.Contains(roster.LibraryKinds, e.Kind):
		return e, c, problem.Invalid("kind", "kind.unknown", e.Kind)
	}
	return e, c, nil
}

func (d *Desk) open(ctx context.Context, by roster.Account, id string, c roster.Commune, e Entry) (Library, error) {
	old, err := d.Get(ctx, id)
	if err == nil && old.There(roster.Day(d.Now())) {
		if o, ok := old.OpenedOn(e.On); ok && o.By == by.ID && o.Name == e.Name && o.Kind == e.Kind && o.Evidence == roster.Clean(e.Evidence) {
			return old, nil
		}
		return old, &problem.Problem{Kind: problem.ErrExists, Field: "name", Code: "library.there", Args: []any{old.Name}}
	}
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return old, err
	}
	if err := d.day(e.On); err != nil {
		return old, err
	}
	if closed, ok := old.endsAfter(e.On); ok {
		return old, problem.Invalid("on", "library.closed-then", closed.Format(time.DateOnly))
	}
	opening := Event{Library: id, What: Opens, On: e.On, Name: e.Name, Kind: e.Kind, Commune: c.Code, Province: c.Province, Programme: c.Programme, Evidence: e.Evidence}
	return d.keep(ctx, by, old, opening, func() (Library, error) { return d.open(ctx, by, id, c, e) })
}

// keep checks day and evidence, and keeps an event of a library as it was. Where somebody entered one of that id in the
// same moment the library is another by now: again decides anew.
func (d *Desk) keep(ctx context.Context, by roster.Account, was Library, e Event, again func() (Library, error)) (Library, error) {
	var err error
	if e.Evidence, err = evidence(e.Evidence); err != nil {
		return Library{}, err
	}
	if err := d.day(e.On); err != nil {
		return Library{}, err
	}
	e.By, e.At = by.ID, store.Time(d.Now())
	id := e.Library + "/" + string(e.What) + "/" + e.On.Format(time.DateOnly)
	e.ID = id
	for n := 2; ; n++ {
		i := slices.IndexFunc(was.Events, func(o Event) bool { return o.ID == e.ID })
		if i < 0 {
			break
		}
		if o := was.Events[i]; !was.Undone[o.ID] && o.Evidence == e.Evidence && o.Name == e.Name && o.Kind == e.Kind {
			return was, nil // said twice
		}
		e.ID = id + "/" + strconv.Itoa(n)
	}
	err = d.Store.Insert(ctx, EventKind, &e)
	if errors.Is(err, problem.ErrExists) {
		return again()
	}
	if err != nil {
		return was, err
	}
	return made(e.Library, append(slices.Clone(was.Events), e), was.Years), nil
}

func (d *Desk) day(on time.Time) error {
	switch {
	case on.IsZero() || !on.Equal(on.UTC().Truncate(24*time.Hour)):
		return problem.Invalid("on", "date.form", on.Format(time.DateOnly))
	case on.Before(roster.FirstDay):
		return problem.Invalid("on", "date.early", on.Format(time.DateOnly))
	case on.After(roster.Day(d.Now())):
		return problem.Invalid("on", "date.future", on.Format(time.DateOnly))
	}
	return nil
}

// Letters is the length of the longest evidence.
const Letters = 200

func evidence(text string) (string, error) {
	if text = roster.Clean(text); utf8.RuneCountInString(text) > Letters {
		return text, problem.Invalid("evidence", "text.long", Letters)
	}
	return text, nil
}

// Tell enters that a library was recognised as one of the model, which needs its evidence, or that it closed. Said
// twice it changes nothing.
func (d *Desk) Tell(ctx context.Context, by roster.Account, id string, what What, on time.Time, proof string) (Library, error) {
	l, err := d.Get(ctx, id)
	if err != nil {
		return l, err
	}
	if !d.may(by, l) {
		return l, problem.Denied("denied")
	}
	said := func(e Event) bool {
		return e.What == what && e.On.Equal(on) && e.Evidence == roster.Clean(proof) && !l.Undone[e.ID]
	}
	switch {
	case what != Models && what != Closes:
		return l, problem.Invalid("what", "filter.unknown", string(what))
	case slices.ContainsFunc(l.Events, said):
		return l, nil
	case !on.IsZero() && !l.There(on):
		return l, problem.Invalid("on", "library.not-then", on.Format(time.DateOnly))
	case what == Models && roster.Clean(proof) == "":
		return l, problem.Invalid("evidence", "library.evidence")
	}
	return d.keep(ctx, by, l, Event{Library: id, What: what, On: on, Evidence: proof}, func() (Library, error) { return d.Tell(ctx, by, id, what, on, proof) })
}

// may says whether somebody may enter what happens to a library.
func (d *Desk) may(by roster.Account, l Library) bool {
	_, province, _ := d.At(l, roster.Day(d.Now()))
	return roster.MayEditRoster(by, province)
}

// Undo takes back an event, or figures of a year, that were entered wrongly. They stay to be read.
func (d *Desk) Undo(ctx context.Context, by roster.Account, id, of string) (Library, error) {
	l, err := d.Get(ctx, id)
	if err != nil {
		return l, err
	}
	if !d.may(by, l) {
		return l, problem.Denied("denied")
	}
	if !slices.ContainsFunc(l.Events, func(e Event) bool { return e.ID == of && e.What != Undoes }) && !slices.ContainsFunc(l.Years, func(y Year) bool { return y.ID == of }) {
		return l, store.NotFound(EventKind, of)
	}
	e := Event{ID: of + "/" + string(Undoes), Library: id, What: Undoes, On: roster.Day(d.Now()), Of: of, By: by.ID, At: store.Time(d.Now())}
	if err := d.Store.Insert(ctx, EventKind, &e); err != nil && !errors.Is(err, problem.ErrExists) {
		return l, err
	}
	return d.Get(ctx, id)
}

// MostReaders is more than a grassroots library has in a year.
const MostReaders = 1_000_000

// Report enters the figures of a year. They need evidence; that it works well with the provincial library needs a way
// in which it does. The same figures again change nothing.
func (d *Desk) Report(ctx context.Context, by roster.Account, id string, y Year) (Library, error) {
	l, err := d.Get(ctx, id)
	if err != nil {
		return l, err
	}
	if !d.may(by, l) {
		return l, problem.Denied("denied")
	}
	if y.Evidence, err = evidence(y.Evidence); err != nil {
		return l, err
	}
	first := d.Programme.DecidedOn.Time().Year() - 1 // the year before the first that is compared
	this := roster.Day(d.Now()).Year()
	ways := slices.DeleteFunc(slices.Clone(Ways), func(w string) bool { return !slices.Contains(y.Ways, w) })
	switch {
	case y.Year < first || y.Year > this:
		return l, problem.Invalid("year", "library.year", strconv.Itoa(first), strconv.Itoa(this))
	case y.Readers < 0 || y.Readers > MostReaders:
		return l, problem.Invalid("readers", "library.readers", MostReaders)
	case y.Coordinating && len(ways) == 0:
		return l, problem.Invalid("ways", "library.ways")
	case y.Evidence == "":
		return l, problem.Invalid("evidence", "library.evidence")
	case !l.thereIn(y.Year):
		return l, problem.Invalid("year", "library.not-there", strconv.Itoa(y.Year))
	}
	y.Ways = ways
	if old, ok := l.Of(y.Year); ok && old.Readers == y.Readers && old.Coordinating == y.Coordinating && slices.Equal(old.Ways, ways) && old.Evidence == y.Evidence {
		return l, nil
	}
	y.ID, y.Library, y.By, y.At = id+"/"+strconv.Itoa(y.Year)+"/"+uuid.Must(uuid.NewV7()).String(), id, by.ID, store.Time(d.Now())
	if err := d.Store.Insert(ctx, YearKind, &y); err != nil {
		return l, err
	}
	return d.Get(ctx, id)
}

// Offers are the libraries that the roster of a present province names and that were not entered: from people who hold
// a post there, by commune and name.
func (d *Desk) Offers(ctx context.Context, province string) ([]Entry, error) {
	there := map[string]bool{}
	today := roster.Day(d.Now())
	entered, err := d.all(ctx)
	if err != nil {
		return nil, err
	}
	for _, l := range entered {
		there[l.ID] = true
		if at, _, _ := d.At(l, today); at != l.Commune {
			there[ID(at, l.Name)] = true
		}
	}
	found := map[string]Entry{}
	q := store.Where(store.Is("province", province), store.Is("active", true)).By("commune")
	err = store.Each(ctx, d.Store, roster.PersonKind, q, func(p roster.Person) error {
		if id := ID(p.Commune, p.Library); named(p.Library) && !there[id] {
			if _, ok := found[id]; !ok {
				found[id] = Entry{Name: p.Library, Kind: p.Kind, Commune: p.Commune}
			}
		}
		return nil
	})
	var all []Entry
	for _, e := range found {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Or(cmp.Compare(a.Commune, b.Commune), cmp.Compare(a.Name, b.Name)) })
	return all, err
}

// MostOffers is how many libraries of the roster are offered and entered at once.
const MostOffers = 500

// Take enters some of the Offers of a present province by their ids, as there since a day, and calls told with each.
// What somebody else has entered meanwhile is passed over; what this account entered, before a stop came, is told.
// Where no id is of a library of the province it is ErrInvalid.
func (d *Desk) Take(ctx context.Context, by roster.Account, province string, ids []string, on time.Time, told func(Library) error) error {
	if len(ids) > MostOffers {
		return problem.Invalid("take", "library.many", MostOffers)
	}
	offers, err := d.Offers(ctx, province)
	if err != nil {
		return err
	}
	offered := map[string]Entry{}
	for _, e := range offers {
		offered[ID(e.Commune, e.Name)] = e
	}
	known := false
	for _, id := range ids {
		l, mine, err := d.take(ctx, by, id, offered[id], on)
		if errors.Is(err, problem.ErrNotFound) || err == nil && l.Province != province {
			continue
		}
		if err != nil {
			return err
		}
		known = true
		if mine {
			if err := told(l); err != nil {
				return err
			}
		}
	}
	if !known {
		return problem.Invalid("take", "library.none")
	}
	return nil
}

// take enters a library that is offered, and gives one that is there already; mine says whether it is this account that
// says since when.
func (d *Desk) take(ctx context.Context, by roster.Account, id string, e Entry, on time.Time) (l Library, mine bool, err error) {
	if e.Name == "" {
		l, err = d.Get(ctx, id)
	} else {
		var c roster.Commune
		e.On = on
		if e, c, err = d.checked(by, e); err == nil {
			l, err = d.open(ctx, by, id, c, e)
		}
		if errors.Is(err, problem.ErrExists) {
			return l, false, nil
		}
	}
	opened, ok := l.OpenedOn(on)
	return l, ok && opened.By == by.ID, err
}
