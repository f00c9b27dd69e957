package sqlite_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"lopban/courses/problem"
	"lopban/courses/store"
	"lopban/courses/store/sqlite"
)

// What is asked beside a store is answered as the store answers.
func TestBesideAnswersAsTheStoreDoes(t *testing.T) {
	dir, k := t.TempDir(), people()
	s := open(t, dir, k)
	for i := range 300 { // more than a page
		must(t, s.Insert(t.Context(), k, somebody(fmt.Sprintf("p%03d", i))))
	}
	must(t, s.PutBlob(t.Context(), "a", []byte("one")))
	other := &store.Kind{Name: "later", Schema: 1, Doc: person{}} // of a release that the folder has not met
	b, err := sqlite.OpenBeside(t.Context(), dir, k, other)
	must(t, err)
	defer b.Close()
	var theirs store.Store = b
	for _, q := range []store.Query{{}, store.Where(store.Begins("id", "p01")), store.Query{}.By("-id").First(3), store.Query{}.From(&store.Cursor{ID: "p150"}).First(2)} {
		want, err := store.All[person](t.Context(), s, k, q)
		must(t, err)
		got, err := store.All[person](t.Context(), theirs, k, q)
		must(t, err)
		if len(want) == 0 || !slices.EqualFunc(got, want, func(a, b person) bool { return a.ID == b.ID }) {
			t.Errorf("%+v: %d found, want %d", q, len(got), len(want))
		}
	}
	if p, err := store.Get[person](t.Context(), theirs, k, "p007"); err != nil || p.ID != "p007" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := store.Get[person](t.Context(), theirs, k, "nobody"); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	if n, err := theirs.Count(t.Context(), k, store.Query{}); err != nil || n[0].N != 300 {
		t.Errorf("counted %+v, %v", n, err)
	}
	if data, err := theirs.Blob(t.Context(), "a"); err != nil || string(data) != "one" {
		t.Errorf("blob %q, %v", data, err)
	}
	if _, err := theirs.Blob(t.Context(), "b"); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("no blob: %v", err)
	}
	// A kind that the folder never held has nothing in it.
	if _, err := store.Get[person](t.Context(), theirs, other, "x"); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("of another release: %v", err)
	}
	if all, err := store.All[person](t.Context(), theirs, other, store.Query{}); err != nil || len(all) != 0 {
		t.Errorf("of another release: %v, %v", all, err)
	}
	if n, err := theirs.Count(t.Context(), other, store.Query{}); err != nil || n[0].N != 0 {
		t.Errorf("of another release: %+v, %v", n, err)
	}
	// Nothing is written, and what the store writes later is not seen.
	for name, err := range map[string]error{"insert": theirs.Insert(t.Context(), k, somebody("new")), "delete": theirs.Delete(t.Context(), k, "p007"), "blob": theirs.PutBlob(t.Context(), "b", nil),
		"no blob": theirs.DeleteBlob(t.Context(), "a"), "update": theirs.Update(t.Context(), k, "p007", new(person), func() error { return nil })} {
		if !errors.Is(err, problem.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, s.Insert(t.Context(), k, somebody("new")))
	if _, err := store.Get[person](t.Context(), theirs, k, "new"); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("written later: %v", err)
	}
}
