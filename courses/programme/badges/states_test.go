package badges_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lopban/content"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/programme/badges"
	"lopban/courses/store"
	"lopban/courses/store/sqlite/sqlitetest"
)

// muted is a store that does not answer once it is silent: each search ends when its time is over.
type muted struct {
	store.Store
	silent atomic.Bool
}

const patience = 3500 * time.Millisecond

func (m *muted) Find(ctx context.Context, k *store.Kind, q store.Query, each func(store.Row) error) error {
	if m.silent.Load() {
		time.Sleep(patience) // of the test's own clock
		return problem.ErrUnavailable
	}
	return m.Store.Find(ctx, k, q, each)
}

// While the store does not answer, nobody's wait is added to another's.
func TestWhoAsksForKeysAndStatesDoesNotWaitForOthers(t *testing.T) {
	st := &muted{Store: sqlitetest.Open(t, programme.Kinds()...)}
	now := time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)
	p, err := programme.New(t.Context(), programme.Config{Store: st, Content: content.FS, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }, BaseURL: "https://lopban.test"})
	if err != nil {
		t.Fatal(err)
	}
	b := badges.New(p)
	if _, err := b.States(t.Context()); err != nil {
		t.Fatal(err)
	}
	st.silent.Store(true)
	now = now.Add(2 * time.Minute) // what was read is too old
	for what, ask := range map[string]func(context.Context) error{
		"the keys":   func(ctx context.Context) error { _, err := p.Keys.All(ctx); return err },
		"the signer": func(ctx context.Context) error { _, err := p.Keys.Signer(ctx); return err },
		"what ended": func(ctx context.Context) error { _, err := b.Ended(ctx); return err },
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			var all sync.WaitGroup
			for range 10 {
				all.Go(func() {
					if err := ask(t.Context()); !errors.Is(err, problem.ErrUnavailable) {
						t.Errorf("%s: it ended with %v", what, err)
					}
				})
			}
			all.Wait()
			if took := time.Since(began); took != patience {
				t.Errorf("ten who asked for %s at once waited %v", what, took)
			}
		})
	}
}
