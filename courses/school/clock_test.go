package school_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Whatever the server's clock does between two facts, back by years or forward, each register keeps its numbers and the
// order of its dates, nothing ends before it began, and every fact is there once.
func TestTheClockMayDoAnything(t *testing.T) {
	jump := rapid.SampledFrom([]time.Duration{0, time.Millisecond, -time.Millisecond, time.Minute, -time.Minute, 26 * time.Hour, -26 * time.Hour, 400 * 24 * time.Hour, -400 * 24 * time.Hour, -900 * 24 * time.Hour})
	rapid.Check(t, func(rt *rapid.T) {
		s := newSchool(t)
		defer s.Store.Close()
		publish(t, s, version(12))
		ids := 0
		for range rapid.IntRange(4, 24).Draw(rt, "facts") {
			s.at(s.now().Add(jump.Draw(rt, "clock")))
			ids++
			f := rapid.SampledFrom([]courses.Fact{read(fmt.Sprint(ids)), try(fmt.Sprint(ids), "true"), try(fmt.Sprint(ids), "false")}).Draw(rt, "fact")
			f.At, f.SentAt = s.now(), time.Time{} // a form: the clock is the server's
			person := rapid.SampledFrom([]string{"mai", "pao", "say"}).Draw(rt, "person")
			if r := record(t, s, person, f); r.State == courses.Refused {
				rt.Fatalf("%+v", r)
			}
			s.at(s.now().Add(jump.Draw(rt, "clock")))
			if r := record(t, s, person, f); r.State != courses.Duplicate {
				rt.Fatalf("sent again: %+v", r)
			}
			if _, err := s.Renew(context.Background(), person, "K"); err != nil && !errors.As(err, new(*problem.Problem)) {
				rt.Fatal(err)
			}
		}
		wantOrder(rt, s)
	})
}

// wantOrder looks at every time in the store.
func wantOrder(t *rapid.T, s *class) {
	books := map[int]courses.Certificate{} // the last line of each year
	all, err := store.All[courses.Certificate](context.Background(), s.Store, school.CertificateKind, store.Query{Order: "register"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		last := books[c.Year]
		if c.Number != last.Number+1 || c.IssuedAt.Before(last.IssuedAt) {
			t.Fatalf("line %s of %v follows line %s of %v", c.Register, c.IssuedAt, last.Register, last.IssuedAt)
		}
		if times := []time.Time{c.StartedAt, c.CompletedAt, c.IssuedAt, c.ValidUntil}; !slices.IsSortedFunc(times, time.Time.Compare) {
			t.Fatalf("certificate %s: started, completed, issued, valid until %v", c.ID, times)
		}
		books[c.Year] = c
	}
	err = store.Each(context.Background(), s.Store, school.AttemptKind, store.Query{}, func(a courses.Attempt) error {
		if a.HappenedAt.After(a.RecordedAt) {
			t.Fatalf("attempt %s happened after it was recorded", a.ID)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Settle(context.Background(), time.Time{}, learner, func(context.Context, courses.Certificate) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Store.Count(context.Background(), school.CertificateKind, store.Query{}); err != nil || n[0].N != len(all) {
		t.Fatalf("settled, there are %d certificates in place of %d, %v", n[0].N, len(all), err)
	}
}

// once counts how often the facts since a time are read, by kind.
type once struct {
	store.Store
	read map[string]int
}

func (o once) Find(ctx context.Context, k *store.Kind, q store.Query, each func(store.Row) error) error {
	if len(q.Where) == 1 && q.Where[0].Field == "recordedAt" {
		o.read[k.Name]++
	}
	return o.Store.Find(ctx, k, q, each)
}

// Settling reads each sort of fact once.
func TestSettleReadsEachFactOnce(t *testing.T) {
	s := newSchool(t)
	o := once{s.Store, map[string]int{}}
	s.Store = o
	if err := s.Settle(t.Context(), morning, learner, func(context.Context, courses.Certificate) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"completion", "attempt", "advance", "submission", "review"} {
		if n := o.read[kind]; n != 1 {
			t.Errorf("%s: read %d times", kind, n)
		}
	}
}
