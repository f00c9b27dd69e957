package rights

import (
	"context"
	"errors"
	"slices"
	"time"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// Erasure is that the data of a person were erased, or are being erased. It names nobody: an id that leads to no name
// any more. What was begun is finished by whoever comes next, see rights/duty.
type Erasure struct {
	ID       string    `json:"id"` // the person's
	Person   string    `json:"person"`
	Entries  []string  `json:"entries"` // ids of the entries that were joined to theirs
	Province string    `json:"province"`
	Petition string    `json:"petition"`        // that asked for it, "" for none
	Files    []string  `json:"files,omitempty"` // blobs that are still to be removed
	Left     time.Time `json:"left,omitzero"`   // last day of their last post, midnight UTC of the date
	By       string    `json:"by"`
	At       time.Time `json:"at"` // when it was begun
	Done     bool      `json:"done"`
	DoneAt   time.Time `json:"doneAt"`
}

// IDs are the ids under which something was kept about the person.
func (e Erasure) IDs() []string { return append([]string{e.ID}, e.Entries...) }

// Begin keeps that an erasure was begun. Beginning again gives the one that is there, with what was joined since.
func (d *Desk) Begin(ctx context.Context, e Erasure) (Erasure, error) {
	e.Person, e.At = e.ID, store.Time(d.Now())
	err := d.Store.Insert(ctx, ErasureKind, &e)
	if !errors.Is(err, problem.ErrExists) {
		return e, err
	}
	return store.Update(ctx, d.Store, ErasureKind, e.ID, func(old *Erasure) error {
		for _, id := range e.Entries {
			if !slices.Contains(old.Entries, id) {
				old.Entries, old.Done = append(old.Entries, id), false
			}
		}
		if old.Petition == "" {
			old.Petition = e.Petition
		}
		return nil
	})
}

// Again begins an erasure of a store that this one was made from before it: what was erased there is here again. One
// that this store knows stays as it is.
func (d *Desk) Again(ctx context.Context, e Erasure) (begun bool, err error) {
	e.Person, e.Files, e.Done, e.DoneAt = e.ID, nil, false, time.Time{}
	err = d.Store.Insert(ctx, ErasureKind, &e)
	if errors.Is(err, problem.ErrExists) { // the backup knows of it, but maybe not of entries that were joined since
		e, err = d.Begin(ctx, e)
	}
	return err == nil && !e.Done, err
}

// Note adds files that an erasure is to remove.
func (d *Desk) Note(ctx context.Context, id string, files []string) (Erasure, error) {
	return store.Update(ctx, d.Store, ErasureKind, id, func(e *Erasure) error {
		for _, f := range files {
			if !slices.Contains(e.Files, f) {
				e.Files = append(e.Files, f)
			}
		}
		return nil
	})
}

// End keeps that an erasure is done.
func (d *Desk) End(ctx context.Context, id string) (Erasure, error) {
	return store.Update(ctx, d.Store, ErasureKind, id, func(e *Erasure) error {
		if !e.Done {
			e.Done, e.DoneAt, e.Files = true, store.Time(d.Now()), nil
		}
		return nil
	})
}

// Unfinished lists the erasures that were begun and not done.
func (d *Desk) Unfinished(ctx context.Context) ([]Erasure, error) {
	return store.All[Erasure](ctx, d.Store, ErasureKind, store.Where(store.Is("done", false)))
}

// Erased says whether the data of a person were erased, or are being erased.
func (d *Desk) Erased(ctx context.Context, id string) (bool, error) {
	_, err := store.Get[Erasure](ctx, d.Store, ErasureKind, id)
	if !errors.Is(err, problem.ErrNotFound) {
		return err == nil, err
	}
	found := false // it is one that was joined to another
	err = store.Each(ctx, d.Store, ErasureKind, store.Query{}, func(e Erasure) error {
		if found = slices.Contains(e.Entries, id); found {
			return store.Stop
		}
		return nil
	})
	return found, err
}

// ErasedIn are the ids whose data were erased in a store.
func ErasedIn(ctx context.Context, st store.Store) (map[string]bool, error) {
	all := map[string]bool{}
	err := store.Each(ctx, st, ErasureKind, store.Query{}, func(e Erasure) error {
		for _, id := range e.IDs() {
			all[id] = true
		}
		return nil
	})
	return all, err
}
