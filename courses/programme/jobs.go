package programme

import (
	"context"
	"errors"
	"time"

	"lopban/courses/problem"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Job is a piece of work that comes round: on whichever process takes its lease first.
type Job struct {
	Name  string
	Every time.Duration
	Do    func(ctx context.Context, s *Programme) error
}

// Timetable is the whole timetable.
var Timetable = []Job{
	{"settle", time.Hour, func(ctx context.Context, s *Programme) error { return s.Settle(ctx) }},
	{"counts", 24 * time.Hour, func(ctx context.Context, s *Programme) error { _, err := s.Board.Recount(ctx); return err }},
	{"uptake", 10 * time.Minute, func(ctx context.Context, s *Programme) error { return school.KeepUptake(ctx, s.Store, s.Now()) }},
	{"places", 10 * time.Minute, func(ctx context.Context, s *Programme) error { return s.SettlePlaces(ctx) }},
	{"sessions", 24 * time.Hour, func(ctx context.Context, s *Programme) error { _, err := s.Sessions.Sweep(ctx); return err }},
	{"tallies", time.Hour, func(ctx context.Context, s *Programme) error { _, err := s.Accounts.SweepTallies(ctx); return err }},
	{"courseimports", time.Hour, func(ctx context.Context, s *Programme) error { return s.SweepCourseImports(ctx) }},
	{"uploads", time.Hour, func(ctx context.Context, s *Programme) error { return s.SweepUploads(ctx) }},
	{"trainings", time.Hour, func(ctx context.Context, s *Programme) error { return s.SweepTrainingLists(ctx) }},
	{"blobs", 24 * time.Hour, func(ctx context.Context, s *Programme) error { return s.SweepBlobs(ctx) }},
	{"keys", 24 * time.Hour, func(ctx context.Context, s *Programme) error {
		return errors.Join(s.Sessions.RotateKeys(ctx, keyLife), s.Accounts.RotateKeys(ctx, keyLife))
	}},
	{"issuer keys", 24 * time.Hour, func(ctx context.Context, s *Programme) error { return s.Keys.RotateAfter(ctx, issuerKeyLife) }},
}

// issuerKeyLife is after how long another key signs certificates: seldom, because a phone without a network knows the
// new one only after it has been online.
const issuerKeyLife = 2 * 365 * 24 * time.Hour

// Lease says until when a job is taken: at first for as long as the work may last, and once it is done until the job
// comes round. So one that failed, or whose process ended, is soon tried again.
type Lease struct {
	ID    string    `json:"id"` // of the job
	At    time.Time `json:"at"` // when it was taken
	Until time.Time `json:"until"`
	Done  time.Time `json:"done"` // when the work began that was last done; zero in leases of release 0.1.0
}

const (
	keyLife = 90 * 24 * time.Hour // of a key in use; it is good for as long again

	jobTime = 15 * time.Minute // that a job may last before another process may begin it too, which does no harm
	retry   = time.Minute      // after which one that failed is tried again
)

var LeaseKind = &store.Kind{Name: "lease", Schema: 1, Order: 10, Doc: Lease{}}

// Keep does the jobs as they fall due, until the context ends.
func (s *Programme) Keep(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		// what another process changed, and what the day brings
		if err := s.LearnPlaces(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("places not read", "error", err.Error())
		}
		for _, c := range Timetable {
			if err := s.Job(ctx, c); err != nil && ctx.Err() == nil {
				s.Log.Error("job failed", "job", c.Name, "error", err.Error())
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// errTaken says that a job's time has not come.
var errTaken = errors.New("taken")

// Job does one job if its lease can be had.
func (s *Programme) Job(ctx context.Context, c Job) error {
	now := store.Time(s.Now())
	taken := min(jobTime, c.Every)
	_, err := store.Update(ctx, s.Store, LeaseKind, c.Name, func(l *Lease) error {
		// one that ends later was taken by a clock that was wrong
		if now.Before(l.Until) && l.Until.Sub(now) <= 2*c.Every {
			return errTaken
		}
		l.At, l.Until = now, now.Add(taken)
		return nil
	})
	if errors.Is(err, problem.ErrNotFound) {
		err = s.Store.Insert(ctx, LeaseKind, &Lease{ID: c.Name, At: now, Until: now.Add(taken)})
		if errors.Is(err, problem.ErrExists) {
			err = errTaken
		}
	}
	if errors.Is(err, errTaken) {
		return nil
	}
	if err != nil {
		return err
	}
	failed := c.Do(ctx, s)
	_, err = store.Update(ctx, s.Store, LeaseKind, c.Name, func(l *Lease) error {
		switch {
		case failed == nil:
			l.Done, l.Until = now, now.Add(c.Every)
		case l.At.Equal(now): // nobody has taken it since
			l.Until = store.Time(s.Now()).Add(min(retry, taken))
		}
		return nil
	})
	return errors.Join(failed, err)
}

// doneAt says since when nothing of a job can be undone, by any process; zero when it was never done.
func doneAt(ctx context.Context, st store.Store, job string) (time.Time, error) {
	l, err := store.Get[Lease](ctx, st, LeaseKind, job)
	if errors.Is(err, problem.ErrNotFound) {
		return time.Time{}, nil
	}
	if l.Done.IsZero() {
		return l.At, err
	}
	return l.Done, err
}
