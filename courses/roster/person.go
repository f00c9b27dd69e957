package roster

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"lopban/courses/store"
)

// Roll keeps the people and the posts they hold. Postings are facts; a Person is what they say, see [Current], together with the name, the phone number, the position and the kind of
// library that were entered last.
type Roll struct {
	Store  store.Store
	Places *Places
	Now    func() time.Time
	Rand   io.Reader // for ids
}

// Entry is what is written about a person who starts a post.
type Entry struct {
	Name    string    `json:"name"`
	Phone   string    `json:"phone"` // may be empty
	Post    string    `json:"post"`  // position, may be empty
	Library string    `json:"library"`
	Kind    string    `json:"kind"`        // see LibraryKinds; empty: told by the library's name, or other
	Commune string    `json:"commune"`     // code
	On      time.Time `json:"on,omitzero"` // first day, midnight UTC of the date
}

// vietnam is the clock by which a day begins; Vietnam has no summer time.
var vietnam = time.FixedZone("+07", 7*60*60)

// Day is the date of a moment in Vietnam, as midnight UTC, the form in which the roster keeps dates.
func Day(t time.Time) time.Time {
	y, m, d := t.In(vietnam).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// firstDay is the earliest start of a post that is believed.
var firstDay = time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)

const textLetters = 200 // the longest position or library

// checked is the entry as the roster keeps it, or a *store.Problem.
func (r *Roll) checked(e Entry) (Entry, Commune, error) {
	var err error
	if e.Name, err = Name(e.Name); err != nil {
		return e, Commune{}, err
	}
	if e.Phone, err = phoneOrNone(e.Phone); err != nil {
		return e, Commune{}, err
	}
	return r.checkedPost(e)
}

func phoneOrNone(s string) (string, error) {
	if s = Clean(s); s == "" {
		return "", nil
	}
	return Phone(s)
}

// checkedPost checks what an entry says of the post.
func (r *Roll) checkedPost(e Entry) (Entry, Commune, error) {
	c, ok := r.Places.Commune(e.Commune)
	if !ok {
		return e, c, store.Invalid("commune", "commune.unknown", e.Commune)
	}
	e.Post, e.Library = Clean(e.Post), Clean(e.Library)
	switch {
	case e.Library == "":
		return e, c, store.Invalid("library", "library.empty")
	case len([]rune(e.Library)) > textLetters:
		return e, c, store.Invalid("library", "text.long", textLetters)
	case len([]rune(e.Post)) > textLetters:
		return e, c, store.Invalid("post", "text.long", textLetters)
	}
	if e.Kind == "" {
		e.Kind = kindOf(e.Library)
	}
	if !slices.Contains(LibraryKinds, e.Kind) {
		return e, c, store.Invalid("kind", "kind.unknown", e.Kind)
	}
	return e, c, r.checkedDay("on", e.On)
}

// kindOf tells the kind of a library by its name, other when the name does not say it.
func kindOf(library string) string {
	return cmp.Or(kindIn(words(library)), OtherLibraryKind)
}

func (r *Roll) checkedDay(field string, day time.Time) error {
	switch {
	case !day.Equal(day.UTC().Truncate(24 * time.Hour)):
		return store.Invalid(field, "date.form", day)
	case day.Before(firstDay):
		return store.Invalid(field, "date.early", day.Format(time.DateOnly))
	case day.After(Day(r.Now())):
		return store.Invalid(field, "date.future", day.Format(time.DateOnly))
	}
	return nil
}

// newPosting is the fact that the person starts (or leaves) the post of the entry.
func (r *Roll) newPosting(person string, event Event, e Entry, c Commune, by string) Posting {
	return Posting{
		ID:     postingID(person, event, e.On, c.Code, e.Library),
		Person: person, Event: event, On: e.On, Post: e.Post, Library: e.Library, Kind: e.Kind,
		Commune: c.Code, Province: c.Province, Programme: c.Programme, By: by, RecordedAt: store.Time(r.Now()),
	}
}

func postingID(person string, event Event, on time.Time, commune, library string) string {
	return strings.Join([]string{person, string(event), on.Format(time.DateOnly), commune, strings.ReplaceAll(words(library), " ", "-")}, "/")
}

// Add enters a new person who starts a post. A mobile number that another person with a post already has is ErrExists, a *store.Problem.
func (r *Roll) Add(ctx context.Context, e Entry, by string) (Person, error) {
	e, c, err := r.checked(e)
	if err != nil {
		return Person{}, err
	}
	if err := r.phoneFree(ctx, e.Phone, ""); err != nil {
		return Person{}, err
	}
	p := Person{ID: NewID(r.Rand)}
	p.Name, p.Phone, p.Post, p.Kind = e.Name, e.Phone, e.Post, e.Kind
	posting := r.newPosting(p.ID, Starts, e, c, by)
	if err := r.Store.Insert(ctx, PostingKind, &posting); err != nil {
		return Person{}, err
	}
	p = r.person(p, []Posting{posting})
	return p, r.Store.Insert(ctx, PersonKind, &p)
}

// phoneFree refuses a mobile number of another person who holds a post; a landline may be an office's.
func (r *Roll) phoneFree(ctx context.Context, phone, person string) error {
	if !IsMobile(phone) {
		return nil
	}
	people, err := r.ByPhone(ctx, phone)
	if err != nil {
		return err
	}
	for _, p := range people {
		if p.Active && p.ID != person {
			return &store.Problem{Kind: store.ErrExists, Code: "phone.taken", Field: "phone", Args: []any{phone}}
		}
	}
	return nil
}

// Move records that the person starts another post, which ends the one held; or, where commune and library are the same, that it began on another day.
// The entry's Name and Phone are not read. Saying it twice changes nothing.
func (r *Roll) Move(ctx context.Context, id string, e Entry, by string) (Person, error) {
	p, err := r.Person(ctx, id)
	if err != nil {
		return Person{}, err
	}
	e, c, err := r.checkedPost(e)
	if err != nil {
		return Person{}, err
	}
	if e.On.Before(p.Since) && !(p.Commune == c.Code && words(p.Library) == words(e.Library)) {
		return Person{}, store.Invalid("on", "date.before-start", e.On.Format(time.DateOnly), p.Since.Format(time.DateOnly))
	}
	return r.record(ctx, r.newPosting(id, Starts, e, c, by), func(p *Person) { p.Post, p.Kind = e.Post, e.Kind })
}

// Leave records that on this day the person no longer holds the post. Of a person without a post it is ErrInvalid, a *store.Problem, unless it says again what is known.
func (r *Roll) Leave(ctx context.Context, id string, on time.Time, by string) (Person, error) {
	if err := r.checkedDay("on", on); err != nil {
		return Person{}, err
	}
	p, err := r.Person(ctx, id)
	if err != nil {
		return Person{}, err
	}
	leaves := leaving(p, on, by, r.Now())
	if !p.Active {
		if _, err := store.Get[Posting](ctx, r.Store, PostingKind, leaves.ID); !errors.Is(err, store.ErrNotFound) {
			return p, err
		}
		return Person{}, store.Invalid("on", "post.none", p.Name)
	}
	if on.Before(p.Since) {
		return Person{}, store.Invalid("on", "date.before-start", on.Format(time.DateOnly), p.Since.Format(time.DateOnly))
	}
	return r.record(ctx, leaves, func(*Person) {})
}

// leaving is the fact that the person leaves the post held.
func leaving(p Person, on time.Time, by string, now time.Time) Posting {
	return Posting{
		ID:     postingID(p.ID, Leaves, on, p.Commune, p.Library),
		Person: p.ID, Event: Leaves, On: on, Post: p.Post, Library: p.Library, Kind: p.Kind,
		Commune: p.Commune, Province: p.Province, Programme: p.Programme, By: by, RecordedAt: store.Time(now),
	}
}

// Details are what is known of a person apart from where they work.
type Details struct {
	Name, Phone, Post string
	Kind              string // of the library
}

// Correct writes a person's details anew.
func (r *Roll) Correct(ctx context.Context, id string, d Details) (Person, error) {
	name, err := Name(d.Name)
	if err != nil {
		return Person{}, err
	}
	phone, err := phoneOrNone(d.Phone)
	if err != nil {
		return Person{}, err
	}
	if err := r.phoneFree(ctx, phone, id); err != nil {
		return Person{}, err
	}
	post := Clean(d.Post)
	switch {
	case len([]rune(post)) > textLetters:
		return Person{}, store.Invalid("post", "text.long", textLetters)
	case !slices.Contains(LibraryKinds, d.Kind):
		return Person{}, store.Invalid("kind", "kind.unknown", d.Kind)
	}
	return r.refresh(ctx, id, func(p *Person) { p.Name, p.Phone, p.Post, p.Kind = name, phone, post, d.Kind })
}

// record inserts a posting, which may be known already, and brings the person up to date.
func (r *Roll) record(ctx context.Context, posting Posting, details func(*Person)) (Person, error) {
	err := r.Store.Insert(ctx, PostingKind, &posting)
	if err != nil && !errors.Is(err, store.ErrExists) {
		return Person{}, err
	}
	return r.refresh(ctx, posting.Person, details)
}

// refresh writes the details and what the postings say into the person. Another posting may arrive between reading and writing; then what was written no longer
// follows from the postings, and it is written again.
func (r *Roll) refresh(ctx context.Context, id string, details func(*Person)) (Person, error) {
	postings, err := r.Postings(ctx, id)
	if err != nil {
		return Person{}, err
	}
	for {
		p, err := store.Update(ctx, r.Store, PersonKind, id, func(p *Person) error {
			old := *p
			details(p)
			if next := r.person(*p, postings); !same(old, next) {
				*p = next
			}
			return nil
		})
		if err != nil {
			return Person{}, err
		}
		again, err := r.Postings(ctx, id)
		if err != nil || len(again) == len(postings) {
			return p, err
		}
		postings = again
	}
}

// same compares two states of a person apart from when they were written.
func same(a, b Person) bool {
	a.UpdatedAt, b.UpdatedAt = time.Time{}, time.Time{}
	return a == b
}

// person is p with the place that the postings say and the fields that follow from others.
func (r *Roll) person(p Person, postings []Posting) Person {
	held, active := Current(postings)
	p.Fold, p.Sort = Fold(p.Name), SortKey(p.Name)
	p.Library, p.Commune, p.Province, p.Programme = held.Library, held.Commune, held.Province, held.Programme
	p.Since, p.Active = held.On, active
	p.UpdatedAt = store.Time(r.Now())
	return p
}

// Current is the start of the post that a person holds, and true; or of the one left last, and false. Without a start it is empty. It depends on the set of postings only, not on their order.
//
// A start ends the post held before. A leave ends the post only if it names the commune and the library of it. Starts at the same commune and library with no
// other post between them are one post, and the one recorded last tells its day.
func Current(postings []Posting) (Posting, bool) {
	ordered := slices.SortedFunc(slices.Values(postings), func(a, b Posting) int {
		return cmp.Or(a.On.Compare(b.On), a.RecordedAt.Compare(b.RecordedAt), -cmp.Compare(a.Event, b.Event), cmp.Compare(a.ID, b.ID))
	})
	var held Posting
	active := false
	for _, p := range ordered {
		switch {
		case p.Event == Leaves:
			active = active && !samePost(p, held)
		case !active || !samePost(p, held) || !p.RecordedAt.Before(held.RecordedAt):
			held, active = p, true
		}
	}
	return held, active
}

// Held is Current as far as it was true at the end of a day.
func Held(postings []Posting, day time.Time) (Posting, bool) {
	return Current(slices.DeleteFunc(slices.Clone(postings), func(p Posting) bool { return p.On.After(day) }))
}

func samePost(a, b Posting) bool {
	return a.Commune == b.Commune && words(a.Library) == words(b.Library)
}

// Person reads a person by id.
func (r *Roll) Person(ctx context.Context, id string) (Person, error) {
	return store.Get[Person](ctx, r.Store, PersonKind, id)
}

// Postings lists everything recorded of where a person works, by id of the posting.
func (r *Roll) Postings(ctx context.Context, person string) ([]Posting, error) {
	return store.All[Posting](ctx, r.Store, PostingKind, store.Where(store.Is("person", person)))
}

// ByPhone lists the people with a number, in the form that Phone gives.
func (r *Roll) ByPhone(ctx context.Context, phone string) ([]Person, error) {
	return store.All[Person](ctx, r.Store, PersonKind, store.Where(store.Is("phone", phone)))
}

// Filter chooses people of a present province, of a commune, or of a commune of that province.
type Filter struct {
	Province string
	Commune  string
	Text     string // beginnings of words of the name in any order, folded, or of the phone number, or an id
	Left     bool   // also those who hold no post now
	After    string // Page.Next of the page before, "" for the first
	Limit    int    // people on a page; 0: 50
}

// Page is some of the people chosen, in the order of SortKey.
type Page struct {
	People []Person
	Next   string // "" on the last page
}

const pageSize = 50

// People reads a page of people. Without a province and a commune the filter is ErrInvalid.
func (r *Roll) People(ctx context.Context, f Filter) (Page, error) {
	q, err := f.query()
	if err != nil {
		return Page{}, err
	}
	limit := cmp.Or(f.Limit, pageSize)
	if f.Text == "" {
		q = q.First(limit + 1)
	}
	matches := matcher(f.Text)
	var page Page
	err = store.Each(ctx, r.Store, PersonKind, q, func(p Person) error {
		if f.Province != "" && p.Province != f.Province || !matches(p) {
			return nil
		}
		if len(page.People) == limit {
			last := page.People[limit-1]
			page.Next = last.Sort + "!" + last.ID
			return store.Stop
		}
		page.People = append(page.People, p)
		return nil
	})
	return page, err
}

func (f Filter) query() (store.Query, error) {
	var q store.Query
	switch {
	case f.Commune != "":
		q = store.Where(store.Is("commune", f.Commune))
	case f.Province != "":
		q = store.Where(store.Is("province", f.Province))
	default:
		return q, store.Invalid("province", "province.empty")
	}
	if !f.Left {
		q.Where = append(q.Where, store.Is("active", true))
	}
	if f.After != "" {
		sort, id, ok := strings.Cut(f.After, "!")
		if !ok {
			return q, store.Invalid("after", "page.unknown", f.After)
		}
		q = q.From(&store.Cursor{Value: sort, ID: id})
	}
	return q.By("sort"), nil
}

// matcher says whether a person is meant by a search: every word begins a word of the folded name, each another one; or the digits begin the number; or it is the id.
func matcher(text string) func(Person) bool {
	wanted := strings.Fields(words(text))
	if len(wanted) == 0 {
		return func(Person) bool { return true }
	}
	slices.SortFunc(wanted, func(a, b string) int { return len(b) - len(a) }) // the longer are met by fewer words
	id, isID := ParseID(text)
	digits, isPhone := phoneDigits(Clean(text))
	isPhone = isPhone && len(digits) >= 3
	return func(p Person) bool {
		return isID && p.ID == id || isPhone && strings.HasPrefix(p.Phone, digits) || beginsAll(strings.FieldsFunc(p.Fold, sign), wanted)
	}
}

func beginsAll(name, wanted []string) bool {
	for _, w := range wanted {
		i := slices.IndexFunc(name, func(n string) bool { return strings.HasPrefix(n, w) })
		if i < 0 {
			return false
		}
		name = slices.Delete(name, i, i+1)
	}
	return true
}

// CountByCommune counts the people who hold a post in each commune of a present province. Communes with nobody are not in it.
func (r *Roll) CountByCommune(ctx context.Context, province string) (map[string]int, error) {
	groups, err := r.Store.Count(ctx, PersonKind, store.Where(store.Is("province", province), store.Is("active", true)), "commune")
	counts := map[string]int{}
	for _, g := range groups {
		counts[g.Key[0]] = g.N
	}
	return counts, err
}

// Each calls f with every person of a present province, also those who have left, in the order of SortKey. f must not write to the store; it may return store.Stop.
func (r *Roll) Each(ctx context.Context, province string, f func(Person) error) error {
	return store.Each(ctx, r.Store, PersonKind, store.Where(store.Is("province", province)).By("sort"), f)
}

// Rebuild computes every person again from the postings and says how many were not as they should be.
func (r *Roll) Rebuild(ctx context.Context) (int, error) {
	changed := 0
	var after *store.Cursor
	for {
		people, err := store.All[Person](ctx, r.Store, PersonKind, store.Query{}.From(after).First(500))
		if err != nil || len(people) == 0 {
			return changed, err
		}
		for _, old := range people {
			p, err := r.refresh(ctx, old.ID, func(*Person) {})
			if err != nil {
				return changed, err
			}
			if !same(old, p) {
				changed++
			}
		}
		after = &store.Cursor{ID: people[len(people)-1].ID}
	}
}
