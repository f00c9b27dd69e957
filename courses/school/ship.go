package school

import (
	"context"
	"errors"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// Shipment says which content of a course the program last brought with it.
type Shipment struct {
	ID      string `json:"id"`      // course
	Content string `json:"content"` // SHA-256 of what it was read from
	Hash    string `json:"hash"`    // of the Version that it makes
}

// ShipmentKind holds one Shipment for each course that the program has brought.
var ShipmentKind = &store.Kind{Name: "shipment", Schema: 1, Order: 380, Doc: Shipment{}}

// Ship publishes a course that the program brings with it, unless a trainer has published another version since: that
// one stays the newest. load reads the course and keeps its media; it is not called when the content is that of the
// last time.
func (s *School) Ship(ctx context.Context, course, content string, load func() (courses.Version, error)) error {
	last, err := store.Get[Shipment](ctx, s.Store, ShipmentKind, course)
	if err != nil && !errors.Is(err, problem.ErrNotFound) || err == nil && last.Content == content {
		return err
	}
	v, err := load()
	if err != nil {
		return err
	}
	newest, err := s.Course(ctx, course)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	if err != nil || newest.Hash == last.Hash || newest.Hash == v.Hash {
		if _, _, err := s.Publish(ctx, v); err != nil {
			return err
		}
	}
	return store.Save(ctx, s.Store, ShipmentKind, course, Shipment{course, content, v.Hash})
}
