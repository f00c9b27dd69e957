package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"lopban/courses/problem"
	"lopban/courses/store"
)

func TestFailureStaysWithItsWrite(t *testing.T) {
	s, k := open(t, t.TempDir(), people()), people()
	must(t, s.Insert(t.Context(), k, somebody("held"), somebody("a"), somebody("b")))
	mine := errors.New("mine")
	update := func(change func(*person) error) func() error {
		return func() error {
			_, err := store.Update(t.Context(), s, k, "b", change)
			return err
		}
	}
	var calls []func() error
	want := []error{}
	for i := range 20 {
		calls = append(calls,
			func() error { return s.Insert(t.Context(), k, somebody(fmt.Sprint("new", i))) },
			update(func(p *person) error { p.Rank++; return nil }),
			update(func(p *person) error { p.Code = "ca"; return nil }),
			update(func(p *person) error { p.Rank = 1000; return mine }),
			func() error { return s.Insert(t.Context(), k, somebody("a")) },
			func() error { return s.Delete(t.Context(), k, "none") },
		)
		want = append(want, nil, nil, problem.ErrExists, mine, problem.ErrExists, problem.ErrNotFound)
	}
	release := hold(t, s, k, "held")
	errs := make([]chan error, len(calls))
	for i, call := range calls {
		errs[i] = make(chan error, 1)
		go func() { errs[i] <- call() }()
	}
	waitFor(s, len(calls)) // all of them wait, and so share a transaction
	release()
	for i, c := range errs {
		if err := <-c; !errors.Is(err, want[i]) {
			t.Errorf("call %d: %v, want %v", i, err, want[i])
		}
	}
	wantCount(t, s, k, 23)
	if b, err := store.Get[person](t.Context(), s, k, "b"); err != nil || b.Rank != 20 || b.Code != "cb" {
		t.Errorf("b is %+v, %v", b, err)
	}
}

func TestPanicReachesItsCallerAlone(t *testing.T) {
	s, k := open(t, t.TempDir(), people()), people()
	must(t, s.Insert(t.Context(), k, somebody("a")))
	func() {
		defer func() {
			if recover() != "mine" {
				t.Error("the panic of change did not reach the caller")
			}
		}()
		s.Update(t.Context(), k, "a", new(person), func() error { panic("mine") })
	}()
	must(t, s.Insert(t.Context(), k, somebody("b")))
}

func TestWaitingWriteEndsWithItsContext(t *testing.T) {
	s, k := open(t, t.TempDir(), people()), people()
	must(t, s.Insert(t.Context(), k, somebody("held")))
	release := hold(t, s, k, "held")
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() { left <- s.Insert(ctx, k, somebody("left")) }()
	waitFor(s, 1)
	cancel()
	// answered while the writer is still held
	if err := <-left; !errors.Is(err, problem.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("a write that was given up: %v", err)
	}
	release()
	must(t, s.Insert(t.Context(), k, somebody("next")))
	wantCount(t, s, k, 2)
}

func TestBegunWriteIsAnswered(t *testing.T) {
	s, k := open(t, t.TempDir(), people()), people()
	must(t, s.Insert(t.Context(), k, somebody("a")))
	ctx, cancel := context.WithCancel(t.Context())
	_, err := store.Update(ctx, s, k, "a", func(p *person) error { cancel(); p.Rank = 1; return nil })
	if a, _ := store.Get[person](t.Context(), s, k, "a"); err != nil || a.Rank != 1 {
		t.Errorf("a is %+v, and its writer was told %v", a, err)
	}
}

func TestCloseWaitsForWrites(t *testing.T) {
	dir, k := t.TempDir(), people()
	s := open(t, dir, k)
	must(t, s.Insert(t.Context(), k, somebody("held")))
	release := hold(t, s, k, "held")
	errs := make(chan error, 50)
	for i := range cap(errs) {
		go func() { errs <- s.Insert(t.Context(), k, somebody(fmt.Sprint(i))) }()
	}
	waitFor(s, cap(errs))
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	release()
	for range cap(errs) {
		must(t, <-errs)
	}
	must(t, <-closed)
	wantCount(t, open(t, dir, k), k, 51)
}
