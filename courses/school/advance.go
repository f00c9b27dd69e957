package school

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// Advance moves a person who is in the middle of a course up to its newest version, and when that leaves nothing to do,
// issues the certificate. Completions and attempts stay as they are: every lesson that is still there stays done. Doing
// it again changes nothing. Who has not begun or has finished has nothing to move up: ErrInvalid, "advance-none".
func (s *School) Advance(ctx context.Context, l Learner, course string) (Study, error) {
	e, err := s.enrolment(ctx, l.Person, course)
	if errors.Is(err, problem.ErrNotFound) {
		return Study{}, problem.Invalid("course", "advance-none")
	}
	if err != nil {
		return Study{}, err
	}
	st, err := s.study(ctx, e)
	if err != nil {
		return st, err
	}
	newer, err := s.Newer(ctx, st)
	if err != nil {
		return st, err
	}
	if newer != nil {
		if err := s.advance(ctx, e, newer); err != nil {
			return st, err
		}
		if st, err = s.study(ctx, e); err != nil {
			return st, err
		}
	}
	st.Certificate, err = s.issue(ctx, l, st)
	return st, err
}

// Newer is the version that a study can move up to, nil where there is none: it has not begun, is finished, or is of
// the newest.
func (s *School) Newer(ctx context.Context, st Study) (*courses.Version, error) {
	if st.Enrolment == nil || st.Progress.Complete() {
		return nil, nil
	}
	v, err := s.Course(ctx, st.Version.Course)
	if err != nil || v.Number <= st.Version.Number {
		return nil, err
	}
	return v, nil
}

// advance inserts the next term of an enrolment. Another call may have done so first: then there is nothing to do.
func (s *School) advance(ctx context.Context, e courses.Enrolment, v *courses.Version) error {
	all, err := advances(ctx, s.Store, e.ID)
	if err != nil {
		return err
	}
	now := store.Time(s.Now())
	a := courses.Advance{ID: fmt.Sprintf("%s/%04d", e.ID, len(all)+2), Enrolment: e.ID, Version: v.ID, HappenedAt: now, RecordedAt: now}
	if n := len(all); n > 0 && all[n-1].HappenedAt.After(now) { // the clock was put back
		a.HappenedAt = all[n-1].HappenedAt
	}
	err = s.Store.Insert(ctx, AdvanceKind, &a)
	s.begun.forget(cycles(e.Person, e.Course))
	if errors.Is(err, problem.ErrExists) {
		return nil
	}
	return err
}

func advances(ctx context.Context, st store.Store, enrolment string) ([]courses.Advance, error) {
	return store.All[courses.Advance](ctx, st, AdvanceKind, store.Where(store.Begins("id", enrolment+"/")))
}

// terms are the versions that an enrolment has been of. They end with the version of its certificate: what is finished
// moves no more.
func (s *School) terms(ctx context.Context, e courses.Enrolment) (courses.Terms, error) {
	all, err := advances(ctx, s.Store, e.ID)
	if err != nil {
		return nil, err
	}
	h := &shelf{School: s, ids: []string{e.ID}, advances: map[string][]courses.Advance{e.ID: all}}
	if len(all) > 0 {
		if err := h.readCertificates(ctx); err != nil {
			return nil, err
		}
	}
	return h.terms(ctx, e, courses.Forever)
}

// VersionAttempted is the version whose quiz an attempt was handed in to.
func (s *School) VersionAttempted(ctx context.Context, a courses.Attempt) (*courses.Version, error) {
	if a.Version != "" {
		return s.Version(ctx, a.Version)
	}
	e, err := store.Get[courses.Enrolment](ctx, s.Store, EnrolmentKind, a.Enrolment)
	if err != nil {
		return nil, err
	}
	return s.Version(ctx, e.Version) // attempts before there were advances are of the version begun
}

// Retire ends the offer of a course to who has not begun it; who began finishes it, and certificates stay. Doing it
// again changes nothing.
func (s *School) Retire(ctx context.Context, course string) error {
	return retire(ctx, s.Store, course, store.Time(s.Now()))
}

// Restore offers a retired course again. Doing it again changes nothing.
func (s *School) Restore(ctx context.Context, course string) error {
	return retire(ctx, s.Store, course, time.Time{})
}

func retire(ctx context.Context, st store.Store, course string, at time.Time) error {
	_, err := store.Update(ctx, st, ListingKind, course, func(l *courses.Listing) error {
		if l.Retired() == at.IsZero() {
			l.RetiredAt = at
		}
		return nil
	})
	return err
}
