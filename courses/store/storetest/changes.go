package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"lopban/courses/problem"
	"lopban/courses/store"
)

func update(t *testing.T, s *suite) {
	st, k := s.words(t, one("a"), one("b"))
	got, err := store.Update(t.Context(), st, k, "a", func(d *word) error {
		d.Name, d.Rank, d.Until = "Mới", d.Rank+7, day(9)
		return nil
	})
	want := word{ID: "a", Code: "ca", Name: "Mới", Rank: 7, Until: day(9)}
	if err != nil || got != want {
		t.Errorf("update: %+v, %v", got, err)
	}
	if kept, _ := store.Get[word](t.Context(), st, k, "a"); kept != want {
		t.Errorf("kept: %+v", kept)
	}
	if other, _ := store.Get[word](t.Context(), st, k, "b"); other != one("b") {
		t.Errorf("another document changed: %+v", other)
	}
	for q, want := range map[store.Cond]string{store.Is("name", "Mới"): "a", store.Is("rank", 7): "a", store.Is("rank", 0): "b", store.AtLeast("until", day(9)): "a"} {
		if got := ids(t, st, k, store.Where(q)); got != want {
			t.Errorf("after the update %+v finds %q, want %q", q, got, want)
		}
	}
}

func failedChange(t *testing.T, s *suite) {
	st, k := s.words(t, one("a"))
	mine := errors.New("mine")
	var doc word
	err := st.Update(t.Context(), k, "a", &doc, func() error { doc.Note, doc.Rank = "changed", 5; return mine })
	if err != mine {
		t.Errorf("error is %v, want the one of change itself", err)
	}
	if got, _ := store.Get[word](t.Context(), st, k, "a"); got != one("a") {
		t.Errorf("after a failed change: %+v", got)
	}
	if got := ids(t, st, k, store.Where(store.Is("rank", 5))); got != "" {
		t.Errorf("after a failed change rank 5 finds %s", got)
	}
}

func updateTaken(t *testing.T, s *suite) {
	st, k := s.words(t, one("a"), one("b"))
	_, err := store.Update(t.Context(), st, k, "b", func(d *word) error { d.Code, d.Note = "ca", "changed"; return nil })
	want(t, err, problem.ErrExists)
	if got, _ := store.Get[word](t.Context(), st, k, "b"); got != one("b") {
		t.Errorf("after a refused update: %+v", got)
	}
}

func updateID(t *testing.T, s *suite) {
	st, k := s.words(t, one("a"))
	_, err := store.Update(t.Context(), st, k, "a", func(d *word) error { d.ID = "b"; return nil })
	want(t, err, problem.ErrInvalid)
	if got := ids(t, st, k, store.Query{}); got != "a" {
		t.Errorf("kept are %s, want a", got)
	}
}

func deletes(t *testing.T, s *suite) {
	st, k := s.words(t, one("a"), one("b"))
	if err := st.Delete(t.Context(), k, "a"); err != nil {
		t.Fatal(err)
	}
	if got := ids(t, st, k, store.Query{}); got != "b" {
		t.Errorf("kept are %s, want b", got)
	}
	insert(t, st, k, one("a")) // its id and its unique value are free again
}

func parallelUpdates(t *testing.T, s *suite) {
	st, k := s.words(t, one("a"), one("b"))
	const n = 20
	mine := errors.New("mine")
	for i, err := range together(2*n, func(i int) error {
		_, err := store.Update(t.Context(), st, k, "a", func(d *word) error {
			if d.Rank++; i >= n {
				return mine // the others must not be disturbed
			}
			return nil
		})
		if i >= n && err == mine {
			return nil
		}
		return err
	}) {
		if err != nil {
			t.Errorf("update %d: %v", i, err)
		}
	}
	if got, _ := store.Get[word](t.Context(), st, k, "a"); got.Rank != n {
		t.Errorf("after %d additions of one: %d", n, got.Rank)
	}
}

func parallelFields(t *testing.T, s *suite) {
	st, k := s.words(t, one("a"))
	const n = 10
	together(2*n, func(i int) error {
		_, err := store.Update(t.Context(), st, k, "a", func(d *word) error {
			if i%2 == 0 {
				d.Rank++
			} else {
				d.Note += "."
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return err
	})
	if got, _ := store.Get[word](t.Context(), st, k, "a"); got.Rank != n || len(got.Note) != n {
		t.Errorf("rank %d and note %q, want %d of both", got.Rank, got.Note, n)
	}
}

func parallelIDs(t *testing.T, s *suite) {
	st, k := s.words(t)
	for round := range 5 {
		id := fmt.Sprint("id", round)
		oneWinner(t, together(16, func(i int) error {
			return st.Insert(t.Context(), k, &word{ID: id, Code: fmt.Sprint(round, "-", i)})
		}))
	}
	if got := groups(t, st, k, store.Query{}); got != "[] 5" {
		t.Errorf("kept %s, want 5", got)
	}
}

func parallelUnique(t *testing.T, s *suite) {
	st, k := s.words(t)
	for round := range 5 {
		code := fmt.Sprint("code", round)
		oneWinner(t, together(16, func(i int) error {
			return st.Insert(t.Context(), k, &word{ID: fmt.Sprint(round, "-", i), Code: code})
		}))
	}
	if got := groups(t, st, k, store.Query{}); got != "[] 5" {
		t.Errorf("kept %s, want 5", got)
	}
}

func blobs(t *testing.T, s *suite) {
	st, _ := s.words(t)
	large := make([]byte, 3<<20)
	for i := range large {
		large[i] = byte(i * i >> 7)
	}
	kept := map[string][]byte{"paper/1.pdf": []byte("%PDF-1.7\x00\xff"), "ảnh bìa.jpg": large, "none": {}, "$a.b": {0}}
	var names []string
	for name, data := range kept {
		if err := st.PutBlob(t.Context(), name, data); err != nil {
			t.Fatalf("put %s: %v", name, err)
		}
		names = append(names, name)
	}
	for name, data := range kept {
		if got, err := st.Blob(t.Context(), name); err != nil || !bytes.Equal(got, data) {
			t.Errorf("blob %s: %d bytes, %v, want %d", name, len(got), err, len(data))
		}
	}
	slices.Sort(names)
	var listed []string
	if err := st.Blobs(t.Context(), func(name string) error { listed = append(listed, name); return nil }); err != nil || !slices.Equal(listed, names) {
		t.Errorf("blobs are %q, %v, want %q", listed, err, names)
	}
	mine, seen := errors.New("mine"), 0
	if err := st.Blobs(t.Context(), func(string) error { seen++; return mine }); err != mine || seen != 1 {
		t.Errorf("blobs ended by an error: %d names, %v", seen, err)
	}
	if err := st.Blobs(t.Context(), func(string) error { return store.Stop }); err != nil {
		t.Errorf("blobs ended by Stop: %v", err)
	}
}

func blobOnce(t *testing.T, s *suite) {
	st, _ := s.words(t)
	if err := st.PutBlob(t.Context(), "a", []byte("first")); err != nil {
		t.Fatal(err)
	}
	want(t, st.PutBlob(t.Context(), "a", []byte("second")), problem.ErrExists)
	want(t, st.PutBlob(t.Context(), "a", []byte("first")), problem.ErrExists)
	if got, err := st.Blob(t.Context(), "a"); string(got) != "first" {
		t.Errorf("blob is %q, %v", got, err)
	}
	want(t, st.PutBlob(t.Context(), "", []byte("nameless")), problem.ErrInvalid)
	if err := st.DeleteBlob(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	_, err := st.Blob(t.Context(), "a")
	want(t, err, problem.ErrNotFound)
	want(t, st.DeleteBlob(t.Context(), "a"), problem.ErrNotFound)
	if err := st.PutBlob(t.Context(), "a", []byte("third")); err != nil {
		t.Error(err)
	}
	if got, err := st.Blob(t.Context(), "a"); string(got) != "third" {
		t.Errorf("blob is %q, %v", got, err)
	}
}

func parallelBlobs(t *testing.T, s *suite) {
	st, _ := s.words(t)
	size := 600_000 // more than one chunk of a store that cuts blobs
	errs := together(8, func(i int) error { return st.PutBlob(t.Context(), "a", bytes.Repeat([]byte{byte(i)}, size+i)) })
	oneWinner(t, errs)
	got, err := st.Blob(t.Context(), "a")
	if err != nil || len(got) < size || !bytes.Equal(got, bytes.Repeat(got[:1], size+int(got[0]))) {
		t.Errorf("the blob is mixed: %d bytes, %v", len(got), err)
	}
}

func noBlob(t *testing.T, s *suite) {
	st, _ := s.words(t)
	_, err := st.Blob(t.Context(), "none")
	want(t, err, problem.ErrNotFound)
}
