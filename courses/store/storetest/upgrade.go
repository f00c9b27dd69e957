package storetest

import (
	"fmt"
	"strings"
	"testing"

	"lopban/courses/store"
)

// term was once kept without a code, and with its letters in one field.
type (
	oldTerm struct {
		ID      string `json:"id"`
		Letters string `json:"letters"`
	}
	term struct {
		ID      string `json:"id"`
		Letters string `json:"letters"`
		Code    string `json:"code"`
		Length  int    `json:"length"`
		Note    string `json:"note"`
	}
)

// OldTerms is a kind as an earlier release declared it, and Terms the same kind later: with a unique field, an index
// and a field more.
func OldTerms() *store.Kind {
	return &store.Kind{Name: "term", Schema: 1, Doc: oldTerm{}, Indexes: [][]string{{"letters"}}}
}

// Terms is described at OldTerms.
func Terms() *store.Kind {
	return &store.Kind{Name: "term", Schema: 3, Doc: term{}, Unique: []string{"code"}, Indexes: [][]string{{"length"}}, Upgrade: func(doc any, from int) error {
		t := doc.(*term)
		if from != 1 || t.Code != "" {
			return fmt.Errorf("upgraded from %d: %+v", from, t)
		}
		t.Code, t.Length = "c"+t.ID, len(t.Letters)
		return nil
	}}
}

// FillTerms inserts n documents of the earlier kind.
func FillTerms(t *testing.T, st store.Store, n int) {
	t.Helper()
	var docs []oldTerm
	for i := range n {
		docs = append(docs, oldTerm{fmt.Sprintf("%05d", i), strings.Repeat("ă", i%7)})
	}
	insert(t, st, OldTerms(), docs...)
}

// WantTerms fails the test unless n documents of the earlier kind are there as the later one keeps them.
func WantTerms(t *testing.T, st store.Store, n int) {
	t.Helper()
	k := Terms()
	all, err := store.All[term](t.Context(), st, k, store.Query{}.By("code"))
	if err != nil || len(all) != n {
		t.Fatalf("%d documents, %v, want %d", len(all), err, n)
	}
	for i, got := range all {
		id, letters := fmt.Sprintf("%05d", i), strings.Repeat("ă", i%7)
		if want := (term{ID: id, Letters: letters, Code: "c" + id, Length: len(letters)}); got != want {
			t.Fatalf("document %d is %+v, want %+v", i, got, want)
		}
	}
	long, err := store.All[term](t.Context(), st, k, store.Where(store.AtLeast("length", 12)))
	if err != nil || len(long) != n/7 {
		t.Errorf("%d documents are long, %v, want %d", len(long), err, n/7)
	}
	wantTaken(t, st.Insert(t.Context(), k, &term{ID: "new", Code: "c00000"}), 0)
}

func upgraded(t *testing.T, s *suite) {
	if s.same == nil {
		t.Skip("this engine is not opened again")
	}
	const n = 70
	open := s.same(t)
	st := open(t, OldTerms())
	FillTerms(t, st, n)
	for range 2 {
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		st = open(t, Terms())
		WantTerms(t, st, n)
	}
}
