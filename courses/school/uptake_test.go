package school_test

import (
	"fmt"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/school"
	"lopban/courses/store"
)

// However often it was kept, by however many processes, and wherever a stop came: it is what the facts say.
func TestUptake(t *testing.T) {
	s := newSchool(t)
	ctx := t.Context()
	publish(t, s, version(0))
	says := func(begun, completed int) {
		t.Helper()
		u, err := school.UptakeNow(ctx, s.Store, s.Now())
		if v := (&courses.Version{Course: "K", Number: 1}); err != nil || u.BegunOf(v) != begun || u.Completed["K"] != completed {
			t.Errorf("%+v, want %d and %d; %v", u, begun, completed, err)
		}
	}
	keep := func() {
		t.Helper()
		results := make(chan error)
		for range 4 {
			go func() { results <- school.KeepUptake(ctx, s.Store, s.Now()) }()
		}
		for range 4 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
	}
	at := morning
	for n := range 4 {
		says(2*n, n)
		code := earn(t, s, fmt.Sprint("xong", n))
		record(t, s, fmt.Sprint("dang", n), read("r"))
		says(2*n+2, n+1)
		keep()
		says(2*n+2, n+1)
		if _, err := s.Reissue(ctx, code, courses.Lost, courses.Holder{}, "canbo", office); err != nil {
			t.Fatal(err)
		}
		says(2*n+2, n+1) // a paper that was lost is no second certificate
		at = at.Add(40 * time.Minute)
		s.at(at)
		keep()
	}
	u, err := store.Get[school.Uptake](ctx, s.Store, school.UptakeKind, "all")
	if err != nil || !u.Before.Equal(at.Add(-time.Hour)) || u.Completed["K"] != 3 {
		t.Errorf("kept: %+v, %v", u, err)
	}
	// a clock that went ahead by a year believed that it knew everything
	s.at(at.AddDate(1, 0, 0))
	keep()
	s.at(at)
	earn(t, s, "muon")
	says(9, 5)
	keep()
	says(9, 5)
}
