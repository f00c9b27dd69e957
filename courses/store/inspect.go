package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"lopban/courses/problem"
)

// Inspector is a store that can look at its documents one by one as they are kept. Both engines can.
type Inspector interface {
	// Inspect reads every document of a kind and calls each with those that are damaged or were changed by something
	// else than this program. It goes on after the first, and gives how many it read.
	Inspect(ctx context.Context, k *Kind, each func(Damage)) (int, error)
}

// Damage is a document that is not as it was written.
type Damage struct {
	ID   string
	What string
}

// What a Damage says.
const (
	Unreadable = "cannot be read"
	Altered    = "is not as it was written"
	Misfiled   = "says something else than what it is found by"
)

// DamagedError says that a document cannot be read.
type DamagedError struct {
	Kind string
	ID   string // "" where it is not known
	Err  error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s %s cannot be read: %v", e.Kind, e.ID, e.Err)
}
func (e *DamagedError) Unwrap() error { return e.Err }

// Sum is what an engine keeps beside a document to see later that nothing else changed it.
func Sum(body []byte) []byte {
	sum := sha256.Sum256(body)
	return sum[:16]
}

// PassOver is a store in which documents that cannot be read are not there, so that whoever compares the others with
// one another gets to the end.
func PassOver(s Store) Store { return passOver{s} }

type passOver struct{ Store }

func (s passOver) Get(ctx context.Context, k *Kind, id string, doc any) error {
	err := s.Store.Get(ctx, k, id, doc)
	var damaged *DamagedError
	if errors.As(err, &damaged) {
		return fmt.Errorf("%w: %w", problem.ErrNotFound, err)
	}
	return err
}

func (s passOver) Find(ctx context.Context, k *Kind, q Query, each func(Row) error) error {
	return s.Store.Find(ctx, k, q, func(r Row) error {
		err := each(r)
		var damaged *DamagedError
		if errors.As(err, &damaged) {
			return nil
		}
		return err
	})
}
