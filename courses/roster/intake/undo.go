package intake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// source names the facts of the import: the same file, imported into the same province, says the same until it is
// undone.
func (im *Import) source() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{im.Key, im.Province, strconv.Itoa(im.Turn)}, "\n")))
	return hex.EncodeToString(sum[:16])
}

// begin inserts the fact that the file is imported.
func (im *Import) begin(ctx context.Context, r *roster.Roll, by string) error {
	fact := roster.Intake{ID: im.ID, Province: im.Province, File: im.File, Key: im.Key, Rows: len(im.Rows), By: by, At: store.Time(r.Now())}
	if err := r.Store.Insert(ctx, roster.IntakeKind, &fact); err != nil && !errors.Is(err, problem.ErrExists) {
		return err
	}
	return nil
}

// undone counts how often the same file was imported into a province and undone.
func undone(ctx context.Context, r *roster.Roll, province, key string) (int, error) {
	all, err := store.All[roster.Intake](ctx, r.Store, roster.IntakeKind, store.Where(store.Is("key", key)))
	n := 0
	for _, f := range all {
		if f.Province != province || err != nil {
			continue
		}
		var is bool
		if is, err = IsUndone(ctx, r, f.ID); is {
			n++
		}
	}
	return n, err
}

// IsUndone says whether an import was undone, in whole or in part.
func IsUndone(ctx context.Context, r *roster.Roll, id string) (bool, error) {
	found := false
	err := store.Each(ctx, r.Store, roster.DetailKind, store.Where(store.Is("import", id)), func(d roster.Detail) error {
		if found = d.Event == roster.Undoes; found {
			return store.Stop
		}
		return nil
	})
	return found, err
}

// Undo is what undoing an import changes.
type Undo struct {
	Import roster.Intake
	People []Undoing // in the order of their names
}

// Undoing is what undoing an import changes of a person.
type Undoing struct {
	Was, Will roster.Person
	Removes   bool     // the person is on the roster by this import alone
	Changes   []Change // of one who stays
	Stands    string   // why it stays as it is: what came later stands on it, see the constants; "" where it is undone
}

// Why a person stays as an import made them.
const (
	LaterFact   = "later"       // something was recorded of them since
	Learnt      = "learnt"      // they have learnt
	HasAccount  = "account"     // they have an account with a password
	Certificate = "certificate" // a certificate was issued since with what the import said
)

// Stands says what stands, beyond the roster, on what an import said of a person at a time: one of the constants, ""
// for nothing.
type Stands func(ctx context.Context, u Undoing, since time.Time) (string, error)

// Printed says whether undoing changes what stands on a certificate.
func (u Undoing) Printed() bool {
	return slices.ContainsFunc(u.Changes, func(c Change) bool { return slices.Contains([]Field{FieldName, FieldLibrary, FieldCommune}, c.Field) })
}

// Count counts the people who are removed, who are changed, and who stay as they are because something stands on it.
func (u Undo) Count() (removed, changed, kept int) {
	for _, p := range u.People {
		switch {
		case p.Stands != "":
			kept++
		case p.Removes:
			removed++
		default:
			changed++
		}
	}
	return removed, changed, kept
}

// PlanUndo finds what undoing an import would change. People for whom it was undone already are not in it. progress may
// be nil.
func PlanUndo(ctx context.Context, r *roster.Roll, id string, stands Stands) (Undo, error) {
	var u Undo
	var err error
	if u.Import, err = store.Get[roster.Intake](ctx, r.Store, roster.IntakeKind, id); err != nil {
		return u, err
	}
	people, done, err := spoken(ctx, r, id)
	if err != nil {
		return u, err
	}
	for _, person := range done {
		delete(people, person)
	}
	ids := sortedKeys(people)
	u.People = make([]Undoing, len(ids))
	places := make([]int, len(ids))
	for i := range places {
		places[i] = i
	}
	err = each(ctx, places, func(ctx context.Context, i int) (err error) {
		u.People[i], err = undoing(ctx, r, id, ids[i], stands)
		return err
	})
	u.People = slices.DeleteFunc(u.People, func(p Undoing) bool { return p.Was.ID == "" })
	slices.SortStableFunc(u.People, func(a, b Undoing) int { return cmp.Compare(a.Was.Sort, b.Was.Sort) })
	return u, err
}

// spoken are the people of whom an import has said something, and those for whom it was undone.
func spoken(ctx context.Context, r *roster.Roll, id string) (people map[string]bool, undone []string, err error) {
	people = map[string]bool{}
	err = store.Each(ctx, r.Store, roster.PostingKind, store.Where(store.Is("import", id)), func(p roster.Posting) error { people[p.Person] = true; return nil })
	if err != nil {
		return nil, nil, err
	}
	err = store.Each(ctx, r.Store, roster.DetailKind, store.Where(store.Is("import", id)), func(d roster.Detail) error {
		people[d.Person] = true
		if d.Event == roster.Undoes {
			undone = append(undone, d.Person)
		}
		return nil
	})
	return people, undone, err
}

// undoing plans for one person. Facts of an entry that was joined to another are the other's.
func undoing(ctx context.Context, r *roster.Roll, id, person string, stands Stands) (Undoing, error) {
	was, err := r.Person(ctx, person)
	if errors.Is(err, problem.ErrNotFound) {
		return Undoing{}, nil
	}
	if err != nil {
		return Undoing{}, err
	}
	facts, err := r.Facts(ctx, person)
	if err != nil {
		return Undoing{}, err
	}
	u := Undoing{Was: was}
	since, later := saidBy(facts, id)
	facts.Details = append(facts.Details, roster.Detail{ID: person + "/undo", Person: person, Event: roster.Undoes, Import: id, RecordedAt: store.Time(r.Now())})
	u.Will = r.Replay(was, facts)
	u.Removes = u.Will.Gone == roster.Undone
	u.Changes = differences(r, was, u.Will)
	if was.Gone != "" || was.Also != "" || later(u.Removes) {
		u.Stands = LaterFact
	} else if stands != nil {
		u.Stands, err = stands(ctx, u, since)
	}
	return u, err
}

// saidBy tells when an import said something of a person first, and whether something was recorded since that needs it:
// any other fact, where the person is on the roster by the import alone; else another posting.
func saidBy(f roster.Facts, id string) (since time.Time, later func(removes bool) bool) {
	first := func(at time.Time) {
		if since.IsZero() || at.Before(since) {
			since = at
		}
	}
	for _, p := range f.Postings {
		if p.Import == id {
			first(p.RecordedAt)
		}
	}
	for _, d := range f.Details {
		if d.Import == id {
			first(d.RecordedAt)
		}
	}
	return since, func(removes bool) bool {
		return slices.ContainsFunc(f.Postings, func(p roster.Posting) bool {
			return p.Import != id && p.RecordedAt.After(since) && !withdrawn(f, p.Person, p.Import)
		}) ||
			removes && slices.ContainsFunc(f.Details, func(d roster.Detail) bool {
				return d.Event == roster.Says && d.Import != id && d.RecordedAt.After(since) && !withdrawn(f, d.Person, d.Import)
			})
	}
}

func withdrawn(f roster.Facts, person, source string) bool {
	return source != "" && slices.ContainsFunc(f.Details, func(d roster.Detail) bool {
		return d.Event == roster.Undoes && d.Person == person && d.Import == source
	})
}

func differences(r *roster.Roll, was, will roster.Person) []Change {
	old, _ := r.Places.Ever(was.Commune)
	next, _ := r.Places.Ever(will.Commune)
	held := func(p roster.Person) string {
		if p.Active {
			return shown(p.Since)
		}
		return ""
	}
	var changes []Change
	for _, c := range []Change{{FieldName, was.Name, will.Name}, {FieldPhone, was.Phone, will.Phone}, {FieldPost, was.Post, will.Post}, {FieldKind, was.Kind, will.Kind},
		{FieldLibrary, was.Library, will.Library}, {FieldCommune, named(old), named(next)}, {FieldStart, held(was), held(will)}} {
		if c.Old != c.New {
			changes = append(changes, c)
		}
	}
	return changes
}

// Do undoes an import as planned: for everybody on whom nothing stands. It gives back the people it changed; done is
// called with how many, and may be nil. It may be interrupted and repeated.
func (u Undo) Do(ctx context.Context, r *roster.Roll, by string, done func(n, total int)) ([]string, error) {
	var facts []any
	var people []string
	for _, p := range u.People {
		if p.Stands != "" {
			continue
		}
		people = append(people, p.Was.ID)
		facts = append(facts, &roster.Detail{ID: p.Was.ID + "/undo-" + u.Import.ID, Person: p.Was.ID, Event: roster.Undoes, Import: u.Import.ID, On: roster.Day(r.Now()), By: by, RecordedAt: store.Time(r.Now())})
	}
	for _, p := range u.People { // what was known before the import must be said, or it could not come back
		if p.Stands == "" && !p.Removes {
			if err := r.Begun(ctx, p.Was); err != nil {
				return nil, err
			}
		}
	}
	for some := range slices.Chunk(facts, batch) {
		if err := r.Store.Insert(ctx, roster.DetailKind, some...); err != nil && !errors.Is(err, problem.ErrExists) {
			return nil, err
		}
	}
	a := &application{roll: r, total: len(people), progress: done}
	for some := range slices.Chunk(people, roster.Together) {
		if err := r.RefreshAll(ctx, some); err != nil {
			return people, err
		}
		a.advance(len(some))
	}
	return people, ctx.Err()
}
