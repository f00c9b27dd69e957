// Package storetest is the contract that every engine of the store passes.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// Opener opens a fresh and empty store for the kinds and closes it at the end of the test.
type Opener func(t *testing.T, kinds ...*store.Kind) store.Store

// Option changes a run.
type Option func(*suite)

// Reopen adds the case that a store keeps everything when it is closed and opened again. The function gives an opener
// that opens the same, at first empty, store each time it is called.
func Reopen(same func(t *testing.T) Opener) Option { return func(s *suite) { s.same = same } }

// Skip leaves out cases, by their names, that the server under an engine cannot pass, for the reason given.
func Skip(reason string, names ...string) Option {
	return func(s *suite) {
		for _, name := range names {
			s.skip[name] = reason
		}
	}
}

type suite struct {
	open Opener
	same func(t *testing.T) Opener
	skip map[string]string // reason by case
}

// Run checks the contract.
func Run(t *testing.T, open func(t *testing.T, kinds ...*store.Kind) store.Store, options ...Option) {
	s := &suite{open: open, skip: map[string]string{}}
	for _, o := range options {
		o(s)
	}
	for _, c := range []struct {
		name string
		run  func(*testing.T, *suite)
	}{
		{"a document comes back as it was given", roundTrip},
		{"reading leaves nothing of an earlier document", readingClears},
		{"a document that is not there is not found", notFound},
		{"a taken id exists", takenID},
		{"a taken unique value exists", takenUnique},
		{"of many documents only the taken are left out", someTaken},
		{"a document without an id or a unique value is invalid", invalidDocument},
		{"find goes up and down, ties by id", order},
		{"pages follow one another without gap or repetition", paging},
		{"find in an empty kind finds nothing", empty},
		{"find ends at Stop and at an error", stop},
		{"find may be nested in find", nested},
		{"every condition chooses its documents", conditions},
		{"several conditions hold together", conditionsTogether},
		{"a prefix is compared byte by byte", prefixes},
		{"many values are looked for at once", many},
		{"a field that is not indexed is invalid", unindexed},
		{"a value that cannot be compared is invalid", incomparable},
		{"count groups in the order of keys", counts},
		{"an update changes and is returned", update},
		{"a failed change changes nothing", failedChange},
		{"an update cannot take what is taken", updateTaken},
		{"an update cannot change the id", updateID},
		{"a deleted document is gone", deletes},
		{"parallel updates lose nothing", parallelUpdates},
		{"parallel updates of two fields keep both", parallelFields},
		{"parallel inserts of one id have one winner", parallelIDs},
		{"parallel inserts of one unique value have one winner", parallelUnique},
		{"a blob comes back as it was given", blobs},
		{"a blob is written once", blobOnce},
		{"parallel writers of one blob have one winner", parallelBlobs},
		{"a blob that is not there is not found", noBlob},
		{"a context that is done is unavailable", cancelled},
		{"save inserts and then changes", save},
		{"a closed store is unavailable", closed},
		{"a store opened again keeps everything", reopen},
		{"documents of an older schema are upgraded, once", upgraded},
	} {
		reason, skip := s.skip[c.name]
		delete(s.skip, c.name)
		t.Run(c.name, func(t *testing.T) {
			if skip {
				t.Skip(reason)
			}
			c.run(t, s)
		})
	}
	for name := range s.skip {
		t.Errorf("there is no case %q to skip", name)
	}
}

// word can be queried in every way the tests need.
type word struct {
	ID       string    `json:"id"`
	Code     string    `json:"code"`
	Province string    `json:"province"`
	Commune  string    `json:"commune"`
	Name     string    `json:"name"`
	Rank     int       `json:"rank"`
	Open     bool      `json:"open"`
	Until    time.Time `json:"until"`
	Note     string    `json:"note"`
}

func words() *store.Kind {
	return &store.Kind{
		Name: "word", Schema: 1, Doc: word{},
		Unique:  []string{"code"},
		Indexes: [][]string{{"province", "commune", "until"}, {"name"}, {"rank"}, {"open"}, {"until"}},
	}
}

func (s *suite) words(t *testing.T, docs ...word) (store.Store, *store.Kind) {
	t.Helper()
	k := words()
	st := s.open(t, k)
	if len(docs) > 0 {
		insert(t, st, k, docs...)
	}
	return st, k
}

func insert[T any](t *testing.T, s store.Store, k *store.Kind, docs ...T) {
	t.Helper()
	all := make([]any, len(docs))
	for i := range docs {
		all[i] = &docs[i]
	}
	if err := s.Insert(t.Context(), k, all...); err != nil {
		t.Fatalf("insert: %v", err)
	}
}

// one is a document whose unique code follows from its id.
func one(id string) word { return word{ID: id, Code: "c" + id} }

func day(n int) time.Time { return time.Date(2026, 1, n, 7, 30, 0, 125e6, time.UTC) }

func want(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("error is %v, want %v", err, kind)
	}
}

// ids reads what a query finds, as one text.
func ids(t *testing.T, s store.Store, k *store.Kind, q store.Query) string {
	t.Helper()
	docs, err := store.All[word](t.Context(), s, k, q)
	if err != nil {
		t.Fatalf("find %+v: %v", q, err)
	}
	text := ""
	for i, d := range docs {
		if i > 0 {
			text += " "
		}
		text += d.ID
	}
	return text
}

func groups(t *testing.T, s store.Store, k *store.Kind, q store.Query, by ...string) string {
	t.Helper()
	all, err := s.Count(t.Context(), k, q, by...)
	if err != nil {
		t.Fatalf("count %+v by %v: %v", q, by, err)
	}
	text := ""
	for i, g := range all {
		if i > 0 {
			text += "; "
		}
		text += fmt.Sprintf("%q %d", g.Key, g.N)
	}
	return text
}

// together runs n calls at once and returns their errors in order.
func together(n int, call func(i int) error) []error {
	var all sync.WaitGroup
	begin, errs := make(chan struct{}), make([]error, n)
	for i := range n {
		all.Go(func() {
			<-begin
			errs[i] = call(i)
		})
	}
	close(begin)
	all.Wait()
	return errs
}

// oneWinner checks that exactly one of many succeeded and that the others were told that it exists.
func oneWinner(t *testing.T, errs []error) {
	t.Helper()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, problem.ErrExists):
			t.Errorf("a loser was told %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d won, want exactly one", won, len(errs))
	}
}

func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
