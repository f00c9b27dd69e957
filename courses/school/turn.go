package school

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// turns lets the attempts of one enrolment come one after the other, so that none slips past a bound that two of them
// look at together. Enrolments share a few locks.
// Whoever waits for another's turn waits no longer than for the store itself.
type turns struct {
	seed  maphash.Seed
	once  sync.Once
	locks [64]chan struct{}
}

func (t *turns) take(ctx context.Context, enrolment string) (done func(), err error) {
	t.once.Do(func() {
		t.seed = maphash.MakeSeed()
		for i := range t.locks {
			t.locks[i] = make(chan struct{}, 1)
		}
	})
	lock := t.locks[maphash.String(t.seed, enrolment)%uint64(len(t.locks))]
	select {
	case lock <- struct{}{}:
		return func() { <-lock }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", problem.ErrUnavailable, ctx.Err())
	}
}

// inTurn refuses an attempt that the quiz does not allow: one more than it may have before one passes, or one that
// happened within the pause after or before another, or one that answers a draw again. What is there already is not
// refused.
func (s *School) inTurn(ctx context.Context, q courses.Quiz, a courses.Attempt) error {
	if q.Attempts == 0 && q.PauseMinutes == 0 && a.Draw == nil {
		return nil
	}
	if _, err := store.Get[courses.Attempt](ctx, s.Store, AttemptKind, a.ID); !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	attempts, err := scores(ctx, s.Store, a.Enrolment)
	if err != nil {
		return err
	}
	e, err := store.Get[courses.Enrolment](ctx, s.Store, EnrolmentKind, a.Enrolment)
	if err != nil {
		return err
	}
	terms, err := s.terms(ctx, e)
	if err != nil {
		return err
	}
	state := terms.Trace(nil, attempts).Lessons[a.Lesson]
	if state.Done {
		return nil
	}
	if q.Used(state) {
		return problem.Invalid("lesson", "attempts-used")
	}
	pause := time.Duration(q.PauseMinutes) * time.Minute
	for _, other := range attempts {
		if other.Lesson == a.Lesson && a.Said().Sub(other.Said()).Abs() < pause {
			return problem.Invalid("lesson", "attempt-early")
		}
	}
	return drawAgain(a, attempts)
}

const drawUsed = "draw-used"

// drawAgain refuses an attempt whose draw was answered before: who knows what their answers were worth could try others
// until they pass. Two phones without a network may have asked the same questions. So what happened before the other
// was received counts too, but once, for when it happened is what the phone says.
func drawAgain(a courses.Attempt, attempts []courses.Attempt) error {
	again := 0
	for _, other := range attempts {
		if a.Draw == nil || other.Draw == nil || other.Lesson != a.Lesson || *other.Draw != *a.Draw {
			continue
		}
		if again++; again > 1 || !a.HappenedAt.Before(other.RecordedAt) {
			return problem.Invalid("draw", drawUsed)
		}
	}
	return nil
}

// Coming lists the draws that the next attempts at a lesson's quiz see.
func (st Study) Coming(lesson string) []courses.Coming {
	l, ok := st.Version.Lesson(lesson)
	if !ok || st.Enrolment == nil {
		return nil
	}
	return l.Quiz.Coming(st.Enrolment.ID, lesson, st.Progress.Lessons[lesson])
}

func (s *School) comingDraws(ctx context.Context, e courses.Enrolment, lesson string) ([]courses.Coming, error) {
	st, err := s.study(ctx, e)
	if err != nil {
		return nil, err
	}
	return st.Coming(lesson), nil
}

// Renewable says whether the course may be begun again: what was earned is revoked, has expired or will within 90 days,
// or nothing can be earned any more because the attempts of a quiz are used up.
func (st Study) Renewable(now time.Time) bool {
	if st.Certificate != nil {
		return st.Worth == courses.Revoked || !now.Before(st.Certificate.ValidUntil.AddDate(0, 0, -90))
	}
	return st.Enrolment != nil && st.Stuck() != ""
}

// Stuck is the first lesson whose quiz was tried as often as it allows and not passed, "" for none.
func (st Study) Stuck() string {
	for _, l := range st.Version.Lessons() {
		if l.Quiz.Used(st.Progress.Lessons[l.ID]) {
			return l.ID
		}
	}
	return ""
}
