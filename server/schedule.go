package server

import (
	"context"
	"errors"
	"time"

	"lopban/courses/store"
)

// chore is a piece of work that comes round: on whichever process takes its lease first.
type chore struct {
	name  string
	every time.Duration
	do    func(ctx context.Context, s *Server) error
}

// chores is the whole timetable.
var chores = []chore{
	{"settle", time.Hour, func(ctx context.Context, s *Server) error { return s.Settle(ctx) }},
	{"sessions", 24 * time.Hour, func(ctx context.Context, s *Server) error { _, err := s.sessions.sweep(ctx); return err }},
	{"bringings", time.Hour, func(ctx context.Context, s *Server) error { return s.sweepBringings(ctx) }},
	{"uploads", time.Hour, func(ctx context.Context, s *Server) error { return s.sweepUploads(ctx) }},
	{"keys", 24 * time.Hour, func(ctx context.Context, s *Server) error { return s.sessions.rotateKeys(ctx, 90*24*time.Hour) }},
}

// lease says until when a chore is taken.
type lease struct {
	ID    string    `json:"id"` // of the chore
	At    time.Time `json:"at"` // when it was taken
	Until time.Time `json:"until"`
}

var leaseKind = &store.Kind{Name: "lease", Schema: 1, Doc: lease{}}

// Keep does the chores as they fall due, until the context ends.
func (s *Server) Keep(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		for _, c := range chores {
			if err := s.chore(ctx, c); err != nil && ctx.Err() == nil {
				s.log.Error("chore failed", "chore", c.name, "error", err.Error())
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// errTaken says that a chore's time has not come.
var errTaken = errors.New("taken")

// chore does one chore if its lease can be had.
func (s *Server) chore(ctx context.Context, c chore) error {
	now := store.Time(s.now())
	_, err := store.Update(ctx, s.store, leaseKind, c.name, func(l *lease) error {
		if now.Before(l.Until) && l.Until.Sub(now) <= 2*c.every { // one that ends later was taken by a clock that was wrong
			return errTaken
		}
		l.At, l.Until = now, now.Add(c.every)
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		err = s.store.Insert(ctx, leaseKind, &lease{c.name, now, now.Add(c.every)})
		if errors.Is(err, store.ErrExists) {
			err = errTaken
		}
	}
	if errors.Is(err, errTaken) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.do(ctx, s)
}

// takenAt says when a chore was last taken, by any process; zero when it never was.
func (s *Server) takenAt(ctx context.Context, chore string) (time.Time, error) {
	l, err := store.Get[lease](ctx, s.store, leaseKind, chore)
	if errors.Is(err, store.ErrNotFound) {
		return time.Time{}, nil
	}
	return l.At, err
}
