package school_test

import (
	"context"
	"fmt"
	"testing"

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
