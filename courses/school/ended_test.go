package school_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"lopban/courses"
	"lopban/courses/store"
)

// called counts the calls that read a store.
type called struct {
	store.Store
	n int
}

func (c *called) Get(ctx context.Context, k *store.Kind, id string, doc any) error {
	c.n++
	return c.Store.Get(ctx, k, id, doc)
}

func (c *called) Find(ctx context.Context, k *store.Kind, q store.Query, each func(store.Row) error) error {
	c.n++
	return c.Store.Find(ctx, k, q, each)
}

// Anybody may have the list made, once a minute: what it costs must not grow with every certificate withdrawn.
func TestWhatEndedIsReadTogether(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	calls := map[int]int{}
	for n := 1; n <= 5; n++ {
		revoke(t, s, earn(t, s, fmt.Sprint("nguoi", n)))
		reading := &called{Store: s.Store}
		s.Store = reading
		revoked, replaced, err := s.Ended(t.Context())
		s.Store = reading.Store
		if err != nil || len(revoked) != n || len(replaced) != 0 {
			t.Fatalf("%v %v %v", revoked, replaced, err)
		}
		calls[n] = reading.n
	}
	if calls[1] == 0 || calls[1] != calls[5] {
		t.Errorf("calls by how many were withdrawn: %v", calls)
	}
}

// Staff see on their home what waits for a second person: it costs as much however much was asked and answered.
func TestWhatIsAskedOfTheRegisterIsReadTogether(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	ask := func(person string) string {
		code := earn(t, s, person)
		if _, err := s.Ask(t.Context(), code, false, courses.Mistaken, "", "canbo"); err != nil {
			t.Fatal(err)
		}
		return code
	}
	calls, waiting := map[int]int{}, []string{}
	for n := 1; n <= 5; n++ {
		again := ask(fmt.Sprint("hai", n)) // declined, and asked again
		if err := s.Decline(t.Context(), again, "truongphong"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Ask(t.Context(), again, false, courses.NotOwnWork, "", "canbo"); err != nil {
			t.Fatal(err)
		}
		if err := s.Decline(t.Context(), ask(fmt.Sprint("thoi", n)), "truongphong"); err != nil {
			t.Fatal(err)
		}
		revoke(t, s, earn(t, s, fmt.Sprint("mat", n)))
		waiting = append(waiting, again, ask(fmt.Sprint("cho", n)))
		reading := &called{Store: s.Store}
		s.Store = reading
		open, err := s.Open(t.Context(), "08")
		s.Store = reading.Store
		if err != nil {
			t.Fatal(err)
		}
		var codes []string
		for _, w := range open {
			if w.Entry.Code != w.Code || w.Entry.State != courses.Valid {
				t.Errorf("%+v", w)
			}
			codes = append(codes, w.Code)
		}
		slices.Sort(codes)
		slices.Sort(waiting)
		if !slices.Equal(codes, waiting) {
			t.Errorf("%q wait, want %q", codes, waiting)
		}
		calls[n] = reading.n
	}
	if calls[1] == 0 || calls[1] != calls[5] {
		t.Errorf("calls by how much is asked: %v", calls)
	}
}
