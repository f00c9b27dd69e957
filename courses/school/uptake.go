package school

import (
	"context"
	"errors"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// Uptake is how often each version was begun and each course completed. It is state, kept of the facts from before an
// instant; who wants to know reads it and what came since, so that this costs no more the more facts there are. Who is
// erased later stays counted. Nothing of it is in a backup.
type Uptake struct {
	ID        string         `json:"id"`
	Before    time.Time      `json:"before"`    // all facts that were recorded earlier are in it
	Begun     map[string]int `json:"begun"`     // enrolments, by version
	Completed map[string]int `json:"completed"` // certificates, by course; one that was issued again is one
}

// UptakeKind has one document.
var UptakeKind = &store.Kind{Name: "uptake", Schema: 1, Secret: true, Doc: Uptake{}}

const (
	uptakeID  = "all"
	uptakeLag = time.Hour // after which no fact with an earlier time is still on its way
)

// BegunOf is how often a course was begun, with any version up to the given one.
func (u Uptake) BegunOf(v *courses.Version) (n int) {
	for number := range v.Number {
		n += u.Begun[courses.VersionID(v.Course, number+1)]
	}
	return n
}

// UptakeNow gives it as it is now.
func UptakeNow(ctx context.Context, st store.Store, now time.Time) (Uptake, error) {
	u, err := keptUptake(ctx, st, now)
	if err == nil {
		err = u.takeUp(ctx, st, courses.Forever)
	}
	return u, err
}

// KeepUptake counts what was recorded since it was last kept. It may be done by several processes at once: the one that
// ends first counts.
func KeepUptake(ctx context.Context, st store.Store, now time.Time) error {
	u, err := keptUptake(ctx, st, now)
	if err != nil {
		return err
	}
	since, until := u.Before, store.Time(now.Add(-uptakeLag))
	if err := u.takeUp(ctx, st, until); err != nil || !u.Before.After(since) {
		return err
	}
	_, err = store.Update(ctx, st, UptakeKind, uptakeID, func(old *Uptake) error {
		if old.Before.Equal(since) || old.Before.After(now) {
			*old = u
		}
		return nil
	})
	if errors.Is(err, problem.ErrNotFound) {
		err = st.Insert(ctx, UptakeKind, &u)
		if errors.Is(err, problem.ErrExists) {
			err = nil
		}
	}
	return err
}

// keptUptake is what was kept, of no fact where nothing was, or where a clock that was wrong kept what it did not know.
func keptUptake(ctx context.Context, st store.Store, now time.Time) (Uptake, error) {
	u, err := store.Get[Uptake](ctx, st, UptakeKind, uptakeID)
	if errors.Is(err, problem.ErrNotFound) || err == nil && u.Before.After(now) {
		return Uptake{ID: uptakeID, Begun: map[string]int{}, Completed: map[string]int{}}, nil
	}
	return u, err
}

// takeUp adds the facts that were recorded since, and before an instant. They are read as they stream, and not counted
// by the engine: however long the first time takes, each call of the store is short.
func (u *Uptake) takeUp(ctx context.Context, st store.Store, until time.Time) error {
	if !until.After(u.Before) {
		return nil
	}
	type begun struct {
		Version string `json:"version"`
	}
	type earned struct {
		Course   string `json:"course"`
		Replaces string `json:"replaces"`
	}
	between := func(field string) store.Query {
		return store.Where(store.AtLeast(field, u.Before), store.Less(field, until)).By(field)
	}
	err := store.Each(ctx, st, EnrolmentKind, between("recordedAt"), func(b begun) error { u.Begun[b.Version]++; return nil })
	if err != nil {
		return err
	}
	err = store.Each(ctx, st, CertificateKind, between("issuedAt"), func(e earned) error {
		if e.Replaces == "" {
			u.Completed[e.Course]++
		}
		return nil
	})
	u.Before = until
	return err
}
