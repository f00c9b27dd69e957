package roster

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"lopban/courses/store"
)

// Past is who was whom as it was known at an instant, by entry: of those about whom it was said since that they are
// nobody, somebody after all, one person or two, or not what an import said. Whoever is not in it was then who they
// are now.
type Past map[string]*past

type past struct {
	into, gone string
	also       []string
	undone     []string
	since      []Detail // what was said later, as it was recorded
	own        []Detail
}

// fateful are the events by which an entry becomes somebody else, or nobody.
var fateful = []DetailEvent{Undoes, Strikes, Restores, Joins, Parts}

// PastAt finds who was whom at an instant.
func PastAt(ctx context.Context, s store.Store, at time.Time) (Past, error) {
	k := Past{}
	var queue []string
	for _, event := range fateful {
		q := store.Where(store.Is("event", string(event)), store.More("recordedAt", at)).By("recordedAt")
		err := store.Each(ctx, s, DetailKind, q, func(d Detail) error { queue = append(queue, d.Person); return nil })
		if err != nil {
			return nil, err
		}
	}
	for len(queue) > 0 { // and whoever was ever joined to one of them
		id := queue[0]
		queue = queue[1:]
		if k[id] != nil {
			continue
		}
		near, err := k.read(ctx, s, id, at)
		if err != nil {
			return nil, err
		}
		queue = append(queue, near...)
	}
	k.gather()
	return k, nil
}

// read reads what was said of an entry, and gives back the entries that it was joined to, or that were joined to it.
func (k Past) read(ctx context.Context, s store.Store, id string, at time.Time) (near []string, err error) {
	own, err := store.All[Detail](ctx, s, DetailKind, store.Where(store.Is("person", id)))
	if err != nil {
		return nil, err
	}
	about, err := store.All[Detail](ctx, s, DetailKind, store.Where(store.Is("other", id)))
	if err != nil {
		return nil, err
	}
	e := &past{}
	for _, d := range inOrder(own) {
		if d.Event == Joins {
			near = append(near, d.Other)
		}
		if !d.RecordedAt.After(at) {
			e.own = append(e.own, d)
		} else if slices.Contains(fateful, d.Event) {
			e.since = append(e.since, d)
		}
	}
	for _, d := range about {
		if d.Event == Joins {
			near = append(near, d.Person)
		}
	}
	e.into, e.gone = fate(id, e.own)
	k[id] = e
	return near, nil
}

// gather gives to each entry those that were joined to it, and the imports that were undone for any of them.
func (k Past) gather() {
	for _, id := range k.Entries() {
		kept := id
		for n := 0; k[kept].into != "" && n < 10; n++ {
			kept = k[kept].into
			k[kept].also = append(k[kept].also, id)
		}
	}
	for id, e := range k {
		f := Facts{}
		for _, one := range append([]string{id}, e.also...) {
			f.Details = append(f.Details, k[one].own...)
		}
		e.undone = f.undone()
	}
}

// Entries lists those that may not be now who they were.
func (k Past) Entries() []string { return slices.Sorted(maps.Keys(k)) }

// Since lists what was said of who an entry is, later than that.
func (k Past) Since(id string) []Detail {
	if e := k[id]; e != nil {
		return e.since
	}
	return nil
}

// Person is somebody as they are now, but for who they were known to be then.
func (k Past) Person(p Person) Person {
	if e := k[p.ID]; e != nil {
		p.Into, p.Gone, p.Also, p.Undone = e.into, e.gone, strings.Join(e.also, " "), strings.Join(e.undone, " ")
	}
	return p
}
