package storetest

import (
	"context"
	"fmt"
	"sync/atomic"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// Cut is a store whose writes fail after so many more, as they do when an election or the end of the program falls
// between two of them. What was written before stays.
type Cut struct {
	store.Store
	left atomic.Int64
	last atomic.Int64 // of left: what comes after it goes through again
}

// NewCut is a store that is not cut yet.
func NewCut(s store.Store) *Cut {
	c := &Cut{Store: s}
	c.Mend()
	return c
}

// After lets so many more writes through.
func (c *Cut) After(writes int) { c.For(writes, 1<<40) }

// For lets so many more writes through, and after so many that fail all of them, as when an election is over.
func (c *Cut) For(writes, failures int) {
	c.last.Store(-int64(failures))
	c.left.Store(int64(writes))
}

// Mend lets all writes through.
func (c *Cut) Mend() { c.After(1 << 40) }

// Was says whether a write has failed since.
func (c *Cut) Was() bool { return c.left.Load() < 0 }

func (c *Cut) write() error {
	if left := c.left.Add(-1); left < 0 && left >= c.last.Load() {
		return fmt.Errorf("cut: %w", problem.ErrUnavailable)
	}
	return nil
}

// Insert is described at [store.Store].
func (c *Cut) Insert(ctx context.Context, k *store.Kind, docs ...any) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.Store.Insert(ctx, k, docs...)
}

// Update is described at [store.Store].
func (c *Cut) Update(ctx context.Context, k *store.Kind, id string, doc any, change func() error) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.Store.Update(ctx, k, id, doc, change)
}

// Delete is described at [store.Store].
func (c *Cut) Delete(ctx context.Context, k *store.Kind, id string) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.Store.Delete(ctx, k, id)
}

// PutBlob is described at [store.Store].
func (c *Cut) PutBlob(ctx context.Context, name string, data []byte) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.Store.PutBlob(ctx, name, data)
}

// DeleteBlob is described at [store.Store].
func (c *Cut) DeleteBlob(ctx context.Context, name string) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.Store.DeleteBlob(ctx, name)
}
