package roster

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// Detail is a fact about a person that is no posting: what they are called, that an import was undone, that they are
// entered twice. What was said before stays and can be said again.
type Detail struct {
	ID     string      `json:"id"` // the person's, "/", and what makes it the same when it is said twice
	Person string      `json:"person"`
	Event  DetailEvent `json:"event"`

	// What is said; nil leaves what was said before.
	Name  *string `json:"name,omitempty"`
	Phone *string `json:"phone,omitempty"`
	Post  *string `json:"post,omitempty"`
	Kind  *string `json:"kind,omitempty"` // of the library

	On time.Time `json:"on"` // as of this date, midnight UTC
	// the source that said it, see Intake; of Undoes the source whose facts about the person do not hold
	Import     string    `json:"import"`
	Other      string    `json:"other"` // of Joins the entry that is kept
	Reason     string    `json:"reason"`
	By         string    `json:"by"`
	RecordedAt time.Time `json:"recordedAt"`
}

// DetailEvent is what a detail says.
type DetailEvent string

const (
	Says     DetailEvent = "says"
	Undoes   DetailEvent = "undoes"   // the facts of a source about this person
	Strikes  DetailEvent = "strikes"  // entered by mistake: nobody of this roster
	Restores DetailEvent = "restores" // undoes Strikes
	Joins    DetailEvent = "joins"    // is the same person as another entry, which is kept
	Parts    DetailEvent = "parts"    // undoes Joins
)

// Why an entry is nobody any more, see Person.Gone.
const (
	Struck = "struck"
	Joined = "joined"
	Undone = "undone" // everything known of them came from imports that were undone
)

// DetailKind holds the details.
var DetailKind = &store.Kind{Name: "detail", Schema: 1, Order: 480, Fact: true, Person: "person", Doc: Detail{}, Indexes: [][]string{{"person"}, {"import"}, {"other"}, {"event", "recordedAt"}}}

// IDs are the person's id and those of the entries that were joined to it: facts are kept under each.
func (p Person) IDs() []string { return append([]string{p.ID}, strings.Fields(p.Also)...) }

// Live are those of a person's postings that hold: not from an import that was undone for them.
func (p Person) Live(postings []Posting) []Posting {
	if p.Undone == "" {
		return postings
	}
	undone := strings.Fields(p.Undone)
	return slices.DeleteFunc(slices.Clone(postings), func(f Posting) bool {
		return f.Import != "" && slices.Contains(undone, f.Person+"/"+f.Import)
	})
}

// Facts is everything recorded of a person, and of the entries that were joined to theirs.
type Facts struct {
	Postings []Posting
	Details  []Detail
	also     []string
}

// size tells whether something was recorded between two readings.
func (f Facts) size() int { return len(f.Postings) + len(f.Details) + len(f.also) }

// Facts reads everything recorded of a person.
func (r *Roll) Facts(ctx context.Context, id string) (Facts, error) { return r.facts(ctx, id, nil) }

// facts follows joins from the entry that is kept; seen ends circles, which two people at work at once could make.
func (r *Roll) facts(ctx context.Context, id string, seen []string) (f Facts, err error) {
	if f.Postings, err = r.Postings(ctx, id); err != nil {
		return f, err
	}
	if f.Details, err = store.All[Detail](ctx, r.Store, DetailKind, store.Where(store.Is("person", id))); err != nil {
		return f, err
	}
	about, err := store.All[Detail](ctx, r.Store, DetailKind, store.Where(store.Is("other", id)))
	if err != nil || len(about) == 0 {
		return f, err
	}
	seen = append(seen, id)
	for _, d := range about {
		if d.Event != Joins || slices.Contains(seen, d.Person) {
			continue
		}
		own, err := r.facts(ctx, d.Person, seen)
		if err != nil {
			return f, err
		}
		if into, _ := fate(d.Person, own.Details); into != id {
			continue
		}
		seen = append(seen, d.Person)
		f.also = append(append(f.also, d.Person), own.also...)
		f.Postings, f.Details = append(f.Postings, own.Postings...), append(f.Details, own.Details...)
	}
	return f, nil
}

// inOrder are the details as they were recorded.
func inOrder(details []Detail) []Detail {
	return slices.SortedFunc(slices.Values(details), func(a, b Detail) int { return cmp.Or(a.RecordedAt.Compare(b.RecordedAt), cmp.Compare(a.ID, b.ID)) })
}

// fate says what the details make of an entry: into is the one that it was joined to.
func fate(person string, details []Detail) (into, gone string) {
	for _, d := range inOrder(details) {
		switch {
		case d.Person != person:
		case d.Event == Joins:
			into, gone = d.Other, Joined
		case d.Event == Strikes:
			into, gone = "", Struck
		case d.Event == Parts || d.Event == Restores:
			into, gone = "", ""
		}
	}
	return into, gone
}

// undone are the sources whose facts do not hold, each as the person, "/" and the source.
func (f Facts) undone() []string {
	var all []string
	for _, d := range f.Details {
		if d.Event == Undoes {
			all = append(all, d.Person+"/"+d.Import)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(all)))
}

// said are the details that say what somebody is called and that hold, as they were recorded. What was said of entries
// joined to theirs is not what they are called.
func (f Facts) said(person string) []Detail {
	undone := f.undone()
	return slices.DeleteFunc(inOrder(f.Details), func(d Detail) bool {
		return d.Person != person || d.Event != Says || d.Import != "" && slices.Contains(undone, d.Person+"/"+d.Import)
	})
}

// Replay is p as the facts say: the place by the postings, the details as they were said last. A person of an earlier
// release, of whom nothing is said, keeps the details that the entry has.
func (r *Roll) Replay(p Person, f Facts) Person {
	// the board needs to know of those that brought postings
	undone := slices.DeleteFunc(f.undone(), func(source string) bool {
		return !slices.ContainsFunc(f.Postings, func(f Posting) bool { return f.Person+"/"+f.Import == source })
	})
	p.Undone, p.Also = strings.Join(undone, " "), strings.Join(f.also, " ")
	live := p.Live(f.Postings)
	held, active := r.Places.current(live, Day(r.Now()), time.Time{})
	for _, d := range f.said(p.ID) {
		tell(&p.Name, d.Name)
		tell(&p.Phone, d.Phone)
		tell(&p.Post, d.Post)
		tell(&p.Kind, d.Kind)
	}
	p.Into, p.Gone = fate(p.ID, f.Details)
	if p.Gone == "" && len(live) == 0 && len(f.Postings) > 0 {
		p.Gone = Undone
	}
	p.Fold, p.Sort = Fold(p.Name), SortKey(p.Name)
	if len(live) > 0 { // who is nobody any more is still looked up in the place where they were
		p.Library, p.Commune, p.Province, p.Programme, p.Since = held.Library, held.Commune, held.Province, held.Programme, held.On
	}
	p.Active = active && p.Gone == ""
	p.UpdatedAt = store.Time(r.Now())
	for _, d := range f.Details {
		if d.RecordedAt.After(p.UpdatedAt) {
			p.UpdatedAt = d.RecordedAt
		}
	}
	return p
}

// after is when a new detail of a person is recorded: now, and not before what is known already, also when the clock
// was put back or has not moved.
func (r *Roll) after(p Person) time.Time {
	now := store.Time(r.Now())
	if !p.UpdatedAt.Before(now) {
		return p.UpdatedAt.Add(time.Millisecond)
	}
	return now
}

func tell(field, said *string) {
	if said != nil {
		*field = *said
	}
}

// first is the detail with which everything said of a person begins.
func first(p Person, by string, at time.Time) Detail {
	return Detail{ID: p.ID + "/0", Person: p.ID, Event: Says, Name: &p.Name, Phone: &p.Phone, Post: &p.Post, Kind: &p.Kind, On: Day(at), By: by, RecordedAt: store.Time(at)}
}

// Begun makes sure that what is known of a person is said, so that it can come back: people of earlier releases have
// only what was entered last.
func (r *Roll) Begun(ctx context.Context, p Person) error {
	if has, err := r.HasBegun(ctx, p); err != nil || has {
		return err
	}
	return r.insertDetail(ctx, Known(p))
}

// HasBegun says whether what is known of a person is said.
func (r *Roll) HasBegun(ctx context.Context, p Person) (bool, error) {
	_, err := store.Get[Detail](ctx, r.Store, DetailKind, p.ID+"/0")
	if errors.Is(err, problem.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Known is the detail that says what is known of a person of an earlier release.
func Known(p Person) Detail { return first(p, "", p.UpdatedAt) }

func (r *Roll) insertDetail(ctx context.Context, d Detail) error {
	if err := r.Store.Insert(ctx, DetailKind, &d); err != nil && !errors.Is(err, problem.ErrExists) {
		return err
	}
	return nil
}

// NewDetail is the fact that these details differ from the person's; false where none does. key makes it the same when
// it is said twice.
func (r *Roll) NewDetail(p Person, to Details, key, source, by string) (Detail, bool) {
	d := Detail{ID: p.ID + "/" + key, Person: p.ID, Event: Says, On: Day(r.Now()), Import: source, By: by, RecordedAt: r.after(p)}
	some := false
	for _, f := range []struct {
		field    **string
		old, new string
	}{{&d.Name, p.Name, to.Name}, {&d.Phone, p.Phone, to.Phone}, {&d.Post, p.Post, to.Post}, {&d.Kind, p.Kind, to.Kind}} {
		if f.old != f.new {
			value := f.new
			*f.field, some = &value, true
		}
	}
	return d, some
}

// moment is a key of a detail: later ones sort after earlier ones.
func (r *Roll) moment() string {
	return r.Now().UTC().Format("20060102T150405.000") + "-" + NewID(r.Rand)
}

// Details are the facts that are no postings about a person, as they were recorded.
func (r *Roll) Details(ctx context.Context, id string) ([]Detail, error) {
	all, err := store.All[Detail](ctx, r.Store, DetailKind, store.Where(store.Is("person", id)))
	return inOrder(all), err
}

// First is the detail with which everything said of a new person begins, as an import says it.
func (r *Roll) First(p Person, source, by string) Detail {
	d := first(p, by, r.Now())
	d.Import = source
	return d
}
