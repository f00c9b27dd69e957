package courses

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lopban/courses/store"
)

// Advance moves a person who is in the middle of a course up to its newest version, and when that leaves nothing to do, issues the certificate. Completions and attempts stay as they are: every lesson that is
// still there stays done. Doing it again changes nothing. Who has not begun or has finished has nothing to move up: ErrInvalid, "advance-none".
func (s *School) Advance(ctx context.Context, l Learner, course string) (Study, error) {
	e, err := s.enrolment(ctx, l.Person, course)
	if errors.Is(err, store.ErrNotFound) {
		return Study{}, store.Invalid("course", "advance-none")
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

// Newer is the version that a study can move up to, nil where there is none: it has not begun, is finished, or is of the newest.
func (s *School) Newer(ctx context.Context, st Study) (*Version, error) {
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
func (s *School) advance(ctx context.Context, e Enrolment, v *Version) error {
	all, err := s.advances(ctx, e.ID)
	if err != nil {
		return err
	}
	now := store.Time(s.Now())
	a := Advance{ID: fmt.Sprintf("%s/%04d", e.ID, len(all)+2), Enrolment: e.ID, Version: v.ID, HappenedAt: now, RecordedAt: now}
	if n := len(all); n > 0 && all[n-1].HappenedAt.After(now) { // the clock was put back
		a.HappenedAt = all[n-1].HappenedAt
	}
	err = s.Store.Insert(ctx, AdvanceKind, &a)
	s.begun.forget(cycles(e.Person, e.Course))
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	return err
}

func (s *School) advances(ctx context.Context, enrolment string) ([]Advance, error) {
	return store.All[Advance](ctx, s.Store, AdvanceKind, store.Where(store.Begins("id", enrolment+"/")))
}

// terms are the versions that an enrolment has been of up to a time. They end with the version of its certificate: what is finished moves no more.
func (s *School) terms(ctx context.Context, e Enrolment, at time.Time) (Terms, error) {
	all, err := s.advances(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(a Advance) bool { return a.RecordedAt.After(at) })
	earned := ""
	if len(all) > 0 {
		c, err := store.Get[Certificate](ctx, s.Store, CertificateKind, e.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		earned = c.Version
	}
	first, err := s.Version(ctx, e.Version)
	if err != nil {
		return nil, err
	}
	terms := Terms{{first, e.HappenedAt}}
	for _, a := range all {
		if terms.Version().ID == earned {
			break
		}
		v, err := s.Version(ctx, a.Version)
		if err != nil {
			return nil, err
		}
		terms = append(terms, Term{v, a.HappenedAt})
	}
	return terms, nil
}

// with lists the versions that have a lesson: first the one in which something happened, then the others, the newest first.
func (t Terms) with(lesson string, happened time.Time) []*Version {
	order := []*Version{t[t.at(happened)].Version}
	for _, term := range slices.Backward(t) {
		if !slices.Contains(order, term.Version) {
			order = append(order, term.Version)
		}
	}
	return slices.DeleteFunc(order, func(v *Version) bool { _, ok := v.Lesson(lesson); return !ok })
}

// VersionAttempted is the version whose quiz an attempt was handed in to.
func (s *School) VersionAttempted(ctx context.Context, a Attempt) (*Version, error) {
	if a.Version != "" {
		return s.Version(ctx, a.Version)
	}
	e, err := store.Get[Enrolment](ctx, s.Store, EnrolmentKind, a.Enrolment)
	if err != nil {
		return nil, err
	}
	return s.Version(ctx, e.Version) // attempts before there were advances are of the version begun
}

// Retire ends the offer of a course to who has not begun it; who began finishes it, and certificates stay. Doing it again changes nothing.
func (s *School) Retire(ctx context.Context, course string) error {
	return s.retire(ctx, course, store.Time(s.Now()))
}

// Restore offers a retired course again. Doing it again changes nothing.
func (s *School) Restore(ctx context.Context, course string) error {
	return s.retire(ctx, course, time.Time{})
}

func (s *School) retire(ctx context.Context, course string, at time.Time) error {
	_, err := store.Update(ctx, s.Store, ListingKind, course, func(l *Listing) error {
		if l.Retired() == at.IsZero() {
			l.RetiredAt = at
		}
		return nil
	})
	return err
}
