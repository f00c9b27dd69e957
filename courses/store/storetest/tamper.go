package storetest

import (
	"context"

	"lopban/courses/store"
)

// Tamper changes a document past the rule that facts are never edited, as somebody with the database in hand could.
func Tamper[T any](ctx context.Context, s store.Store, k *store.Kind, id string, change func(*T) error) (T, error) {
	var doc T
	err := s.Update(ctx, k, id, &doc, func() error { return change(&doc) })
	return doc, err
}
