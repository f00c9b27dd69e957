package roster

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"lopban/courses/letters"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// Roll keeps the people and the posts they hold. Postings and details are facts; a Person is what they say, see
// [Roll.Replay].
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

// FirstDay is the earliest start of a post that is believed.
var FirstDay = time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)

const TextLetters = 200 // the longest position or library

// checked is the entry as the roster keeps it, or a *problem.Problem.
func (r *Roll) checked(e Entry) (Entry, Commune, error) {
	var err error
	if e.Name, err = Name(e.Name); err != nil {
		return e, Commune{}, err
	}
	if e.Phone, err = PhoneOrNone(e.Phone); err != nil {
		return e, Commune{}, err
	}
	return r.checkedPost(e)
}

func PhoneOrNone(s string) (string, error) {
	if s = Clean(s); s == "" {
		return "", nil
	}
	return Phone(s)
}

// Printed is a text, clean, in letters that certificates and slips can print: bullets and the like become what is
// meant, and what cannot be printed is a *problem.Problem that names the letters.
func Printed(field, s string) (string, error) {
	s, bad := letters.Mend(Clean(s))
	if len(bad) > 0 {
		return s, problem.Invalid(field, "text.letters", string(bad))
	}
	return s, nil
}

// checkedPost checks what an entry says of the post.
func (r *Roll) checkedPost(e Entry) (Entry, Commune, error) {
	c, ok := r.Places.Commune(e.Commune)
	if !ok {
		return e, c, problem.Invalid("commune", "commune.unknown", e.Commune)
	}
	var bad error
	if e.Post, bad = Printed("post", e.Post); bad != nil {
		return e, c, bad
	}
	if e.Library, bad = Printed("library", e.Library); bad != nil {
		return e, c, bad
	}
	switch {
	case e.Library == "":
		return e, c, problem.Invalid("library", "library.empty")
	case len([]rune(e.Library)) > TextLetters:
		return e, c, problem.Invalid("library", "text.long", TextLetters)
	case len([]rune(e.Post)) > TextLetters:
		return e, c, problem.Invalid("post", "text.long", TextLetters)
	}
	if e.Kind == "" {
		e.Kind = KindOf(e.Library)
	}
	if !slices.Contains(LibraryKinds, e.Kind) {
		return e, c, problem.Invalid("kind", "kind.unknown", e.Kind)
	}
	return e, c, r.checkedDay("on", e.On)
}

// KindOf tells the kind of a library by its name, other when the name does not say it.
func KindOf(library string) string {
	return cmp.Or(kindIn(Words(library)), OtherLibraryKind)
}

func (r *Roll) checkedDay(field string, day time.Time) error {
	switch {
	case !day.Equal(day.UTC().Truncate(24 * time.Hour)):
		return problem.Invalid(field, "date.form", day)
	case day.Before(FirstDay):
		return problem.Invalid(field, "date.early", day.Format(time.DateOnly))
	case day.After(Day(r.Now())):
		return problem.Invalid(field, "date.future", day.Format(time.DateOnly))
	}
	return nil
}

// NewPosting is the fact that the person starts (or leaves) the post of the entry.
func (r *Roll) NewPosting(person string, event Event, e Entry, c Commune, by string) Posting {
	return Posting{
		ID:     postingID(person, event, e.On, c.Code, e.Library),
		Person: person, Event: event, On: e.On, Post: e.Post, Library: e.Library, Kind: e.Kind,
		Commune: c.Code, Province: c.Province, Programme: c.Programme, By: by, RecordedAt: store.Time(r.Now()),
	}
}

func postingID(person string, event Event, on time.Time, commune, library string) string {
	return strings.Join([]string{person, string(event), on.Format(time.DateOnly), commune, strings.ReplaceAll(Words(library), " ", "-")}, "/")
}

// Add enters a new person who starts a post. A mobile number that another person with a post already has is ErrExists,
// a *problem.Problem. With a Rand that gives the same id again it may be repeated: it goes on where it was cut off, and
// whoever is entered already is given back.
func (r *Roll) Add(ctx context.Context, e Entry, by string) (Person, error) {
	e, c, err := r.checked(e)
	if err != nil {
		return Person{}, err
	}
	p := Person{ID: NewID(r.Rand)}
	if err := r.phoneFree(ctx, e.Phone, p.ID); err != nil {
		return Person{}, err
	}
	p.Name, p.Phone, p.Post, p.Kind = e.Name, e.Phone, e.Post, e.Kind
	posting, said := r.NewPosting(p.ID, Starts, e, c, by), first(p, by, r.Now())
	inserted := r.Store.Insert(ctx, PostingKind, &posting)
	if inserted != nil && !errors.Is(inserted, problem.ErrExists) {
		return Person{}, inserted
	}
	if err := r.insertDetail(ctx, said); err != nil {
		return Person{}, err
	}
	facts := Facts{Postings: []Posting{posting}, Details: []Detail{said}}
	if inserted != nil { // an earlier try, which may have said another day or place
		if facts, err = r.Facts(ctx, p.ID); err != nil {
			return Person{}, err
		}
	}
	p = r.Replay(p, facts)
	if err = r.Store.Insert(ctx, PersonKind, &p); errors.Is(err, problem.ErrExists) {
		return r.Refresh(ctx, p.ID)
	}
	return p, err
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
			return &problem.Problem{Kind: problem.ErrExists, Code: "phone.taken", Field: "phone", Args: []any{phone}}
		}
	}
	return nil
}

// Move records that the person starts another post, which ends the one held; or, where commune and library are the
// same, that it began on another day. The entry's Name and Phone are not read. Saying it twice changes nothing.
func (r *Roll) Move(ctx context.Context, id string, e Entry, by string) (Person, error) {
	return r.MoveIn(ctx, "", id, e, by)
}

// MoveIn is Move by a present province, for somebody who is still there: else it is ErrExists, a *problem.Problem.
func (r *Roll) MoveIn(ctx context.Context, province, id string, e Entry, by string) (Person, error) {
	p, err := r.unpromised(ctx, province, id, e.On)
	if err != nil {
		return Person{}, err
	}
	e, c, err := r.checkedPost(e)
	if err != nil {
		return Person{}, err
	}
	if e.On.Before(p.Since) && !(p.Commune == c.Code && SameWords(p.Library, e.Library)) {
		return Person{}, problem.Invalid("on", "date.before-start", e.On.Format(time.DateOnly), p.Since.Format(time.DateOnly))
	}
	posting := r.NewPosting(id, Starts, e, c, by)
	said, some := r.NewDetail(p, Details{p.Name, p.Phone, e.Post, e.Kind}, r.moment(), "", by)
	if _, err := store.Get[Posting](ctx, r.Store, PostingKind, posting.ID); some && errors.Is(err, problem.ErrNotFound) {
		return r.record(ctx, p, posting, said)
	}
	return r.record(ctx, p, posting)
}

// somebody reads a person who can be changed: not one who is nobody any more.
func (r *Roll) somebody(ctx context.Context, id string) (Person, error) {
	p, err := r.Person(ctx, id)
	if err == nil && p.Erased {
		err = problem.Invalid("", "person.erased")
	}
	if err == nil && p.Gone != "" {
		err = problem.Invalid("", "person.gone", p.Name)
	}
	return p, err
}

// Leave records that on this day the person no longer holds the post. Of a person without a post it is ErrInvalid, a
// *problem.Problem, unless it says again what is known.
func (r *Roll) Leave(ctx context.Context, id string, on time.Time, by string) (Person, error) {
	return r.LeaveIn(ctx, "", id, on, by)
}

// LeaveIn is Leave by a present province, for somebody who is still there: else it is ErrExists, a *problem.Problem.
func (r *Roll) LeaveIn(ctx context.Context, province, id string, on time.Time, by string) (Person, error) {
	if err := r.checkedDay("on", on); err != nil {
		return Person{}, err
	}
	p, err := r.unpromised(ctx, province, id, time.Time{})
	if err != nil {
		return Person{}, err
	}
	leaves := r.Leaving(p, on, by)
	if !p.Active {
		if _, err := store.Get[Posting](ctx, r.Store, PostingKind, leaves.ID); !errors.Is(err, problem.ErrNotFound) {
			return p, err
		}
		return Person{}, problem.Invalid("on", "post.none", p.Name)
	}
	if on.Before(p.Since) {
		return Person{}, problem.Invalid("on", "date.before-start", on.Format(time.DateOnly), p.Since.Format(time.DateOnly))
	}
	return r.record(ctx, p, leaves)
}

// Leaving is the fact that the person leaves the post held.
func (r *Roll) Leaving(p Person, on time.Time, by string) Posting {
	return Posting{
		ID:     postingID(p.ID, Leaves, on, p.Commune, p.Library),
		Person: p.ID, Event: Leaves, On: on, Post: p.Post, Library: p.Library, Kind: p.Kind,
		Commune: p.Commune, Province: p.Province, Programme: p.Programme, By: by, RecordedAt: store.Time(r.Now()),
	}
}

// Details are what is known of a person apart from where they work.
type Details struct {
	Name, Phone, Post string
	Kind              string // of the library
}

// Correct says a person's details as they are; what was said before stays in their history. Saying what is known
// already changes nothing.
func (r *Roll) Correct(ctx context.Context, id string, d Details, by string) (Person, error) {
	p, d, err := r.correctable(ctx, id, d)
	if err != nil {
		return Person{}, err
	}
	said, some := r.NewDetail(p, d, r.moment(), "", by)
	if !some {
		return p, nil
	}
	if err := r.Begun(ctx, p); err != nil {
		return Person{}, err
	}
	if err := r.insertDetail(ctx, said); err != nil {
		return Person{}, err
	}
	return r.Refresh(ctx, id)
}

// MayCorrect says why Correct would not take the details.
func (r *Roll) MayCorrect(ctx context.Context, id string, d Details) error {
	_, _, err := r.correctable(ctx, id, d)
	return err
}

func (r *Roll) correctable(ctx context.Context, id string, d Details) (p Person, checked Details, err error) {
	if checked, err = checkedDetails(d); err == nil {
		err = r.phoneFree(ctx, checked.Phone, id)
	}
	if err == nil {
		p, err = r.somebody(ctx, id)
	}
	return p, checked, err
}

// checkedDetails are the details as the roster keeps them, or a *problem.Problem.
func checkedDetails(d Details) (Details, error) {
	var err error
	if d.Name, err = Name(d.Name); err != nil {
		return d, err
	}
	if d.Phone, err = PhoneOrNone(d.Phone); err != nil {
		return d, err
	}
	if d.Post, err = Printed("post", d.Post); err != nil {
		return d, err
	}
	switch {
	case len([]rune(d.Post)) > TextLetters:
		return d, problem.Invalid("post", "text.long", TextLetters)
	case !slices.Contains(LibraryKinds, d.Kind):
		return d, problem.Invalid("kind", "kind.unknown", d.Kind)
	}
	return d, nil
}

// record inserts a posting, which may be known already, and what is said with it, and brings the person up to date.
func (r *Roll) record(ctx context.Context, p Person, posting Posting, said ...Detail) (Person, error) {
	if err := r.Begun(ctx, p); err != nil {
		return Person{}, err
	}
	for _, d := range said {
		if err := r.insertDetail(ctx, d); err != nil {
			return Person{}, err
		}
	}
	err := r.Store.Insert(ctx, PostingKind, &posting)
	if err != nil && !errors.Is(err, problem.ErrExists) {
		return Person{}, err
	}
	return r.Refresh(ctx, posting.Person)
}

// Refresh writes what the facts say into the person. Another fact may arrive between reading and writing; then what was
// written no longer follows from the facts, and it is written again.
func (r *Roll) Refresh(ctx context.Context, id string) (Person, error) {
	facts, err := r.Facts(ctx, id)
	if err != nil {
		return Person{}, err
	}
	for {
		p, err := store.Update(ctx, r.Store, PersonKind, id, func(p *Person) error {
			if next := r.Replay(*p, facts); !same(*p, next) {
				*p = next
			}
			return nil
		})
		if err != nil {
			return Person{}, err
		}
		again, err := r.Facts(ctx, id)
		if err != nil || again.size() == facts.size() {
			return p, err
		}
		facts = again
	}
}

// same compares two states of a person apart from when they were written.
func same(a, b Person) bool {
	a.UpdatedAt, b.UpdatedAt = time.Time{}, time.Time{}
	return a == b
}

// Current is the start of the post that a person holds, and true; or of the one left last, and false. Without a start
// it is empty. It depends on the set of postings only, not on their order.
//
// A start ends the post held before. A leave ends the post only if it names the commune and the library of it. Starts
// at the same commune and library with no other post between them are one post, and the one recorded last tells its
// day.
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

func samePost(a, b Posting) bool {
	return a.Commune == b.Commune && SameWords(a.Library, b.Library)
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
	return r.real(ctx, store.Where(store.Is("phone", phone)))
}

// real lists the people that a query finds, without the entries that are nobody any more.
func (r *Roll) real(ctx context.Context, q store.Query) ([]Person, error) {
	people, err := store.All[Person](ctx, r.Store, PersonKind, q)
	return slices.DeleteFunc(people, func(p Person) bool { return p.Gone != "" }), err
}

// Filter chooses people of a present province, of a commune, or of a commune of that province.
type Filter struct {
	Province string
	Commune  string
	Text     string // beginnings of words of the name in any order, folded, or of the phone number, or an id
	Left     bool   // also those who hold no post now
	After    string // Page.Next of the page before, "" for the first
	Limit    int    // people on a page; 0: 50

	Keep func(Person) bool // whom to leave in; nil: everybody
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
	matches := matcher(f.Text)
	var page Page
	err = store.Each(ctx, r.Store, PersonKind, q, func(p Person) error {
		if p.Gone != "" || f.Province != "" && p.Province != f.Province || !matches(p) || f.Keep != nil && !f.Keep(p) {
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
		return q, problem.Invalid("province", "province.empty")
	}
	if !f.Left {
		q.Where = append(q.Where, store.Is("active", true))
	}
	if f.After != "" {
		sort, id, ok := strings.Cut(f.After, "!")
		if !ok {
			return q, problem.Invalid("after", "page.unknown", f.After)
		}
		q = q.From(&store.Cursor{Value: sort, ID: id})
	}
	return q.By("sort"), nil
}

// matcher says whether a person is meant by a search: every word begins a word of the folded name, each another one; or
// the digits begin the number; or it is the id.
func matcher(text string) func(Person) bool {
	wanted := strings.Fields(Words(text))
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

// CountByCommune counts the people who hold a post in each commune of a present province. Communes with nobody are not
// in it.
func (r *Roll) CountByCommune(ctx context.Context, province string) (map[string]int, error) {
	groups, err := r.Store.Count(ctx, PersonKind, store.Where(store.Is("province", province), store.Is("active", true)), "commune")
	counts := map[string]int{}
	for _, g := range groups {
		counts[g.Key[0]] = g.N
	}
	return counts, err
}

// Each calls f with every person of a present province, also those who have left and those who are nobody any more, in
// the order of SortKey. f must not write to the store; it may return store.Stop.
func (r *Roll) Each(ctx context.Context, province string, f func(Person) error) error {
	return store.Each(ctx, r.Store, PersonKind, store.Where(store.Is("province", province)).By("sort"), f)
}

// Rebuild computes every person again from the facts and says how many were not as they should be. differs is called
// with each of them and may be nil.
func (r *Roll) Rebuild(ctx context.Context, differs func(id string)) (int, error) {
	return r.compare(ctx, true, differs)
}

// Check is Rebuild that changes nothing.
func (r *Roll) Check(ctx context.Context, differs func(id string)) (int, error) {
	return r.compare(ctx, false, differs)
}

func (r *Roll) compare(ctx context.Context, mend bool, differs func(id string)) (int, error) {
	changed := 0
	var after *store.Cursor
	for {
		people, err := store.All[Person](ctx, r.Store, PersonKind, store.Query{}.From(after).First(Together))
		if err != nil || len(people) == 0 {
			return changed, err
		}
		var ids, wrong []string
		for _, p := range people {
			ids = append(ids, p.ID)
		}
		facts, err := r.FactsOf(ctx, ids)
		if err != nil {
			return changed, err
		}
		for _, p := range people {
			if !same(p, r.Replay(p, facts[p.ID])) {
				wrong = append(wrong, p.ID)
				if differs != nil {
					differs(p.ID)
				}
			}
		}
		changed += len(wrong)
		if mend {
			if err := r.RefreshAll(ctx, wrong); err != nil {
				return changed, err
			}
		}
		after = &store.Cursor{ID: ids[len(ids)-1]}
	}
}
