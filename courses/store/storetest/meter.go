package storetest

import (
	"context"
	"sync/atomic"

	"lopban/courses/store"
)

// Meter is a store that counts what it is asked to read.
type Meter struct {
	store.Store
	Calls     atomic.Int64
	Documents atomic.Int64 // that were given, or that a count has in it
}

// Get is described at [store.Store].
func (m *Meter) Get(ctx context.Context, k *store.Kind, id string, doc any) error {
	m.Calls.Add(1)
	m.Documents.Add(1)
	return m.Store.Get(ctx, k, id, doc)
}

// Find is described at [store.Store].
func (m *Meter) Find(ctx context.Context, k *store.Kind, q store.Query, each func(store.Row) error) error {
	m.Calls.Add(1)
	return m.Store.Find(ctx, k, q, func(r store.Row) error { m.Documents.Add(1); return each(r) })
}

// Count is described at [store.Store].
func (m *Meter) Count(ctx context.Context, k *store.Kind, q store.Query, by ...string) ([]store.Group, error) {
	m.Calls.Add(1)
	groups, err := m.Store.Count(ctx, k, q, by...)
	for _, g := range groups {
		m.Documents.Add(int64(g.N))
	}
	return groups, err
}

// Read gives what was counted since the last time.
func (m *Meter) Read() (calls, documents int) {
	return int(m.Calls.Swap(0)), int(m.Documents.Swap(0))
}
