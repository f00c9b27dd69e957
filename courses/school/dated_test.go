package school_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/school"
	"lopban/courses/store"
)

// dated is what the store says of when the facts of a person happened, and what their sender claimed.
func dated(t *testing.T, s *class, enrolment string) (completion courses.Completion, attempts []courses.Attempt) {
	t.Helper()
	completion, err := store.Get[courses.Completion](t.Context(), s.Store, school.CompletionKind, enrolment+"/doc")
	if err != nil {
		t.Fatal(err)
	}
	attempts, err = store.All[courses.Attempt](t.Context(), s.Store, school.AttemptKind, store.Where(store.Is("enrolment", enrolment)))
	if err != nil {
		t.Fatal(err)
	}
	return completion, attempts
}

func TestNothingIsDatedBeforeItCanHaveHappened(t *testing.T) {
	day := 24 * time.Hour
	for _, c := range []struct {
		what      string
		published time.Duration // before the facts arrive, as the rest
		begun     time.Duration
		claimed   time.Duration
		kept      bool
	}{
		{"after all", 9 * day, 8 * day, 7 * day, true},
		{"at the moment of publishing", 9 * day, 10 * day, 9 * day, true},
		{"before the version was published", 9 * day, 20 * day, 10 * day, false},
		{"before the account and the post", 20 * day, 9 * day, 10 * day, false},
		{"a post that begins later", 20 * day, -day, 10 * day, true},
		{"the day before the Decision", 9 * day, 8 * day, 3000 * day, true}, // that is now, as before
	} {
		s := newSchool(t)
		s.at(morning.Add(-c.published))
		publish(t, s, version(0))
		s.at(morning)
		s.Begun = func(context.Context, string) (time.Time, error) { return morning.Add(-c.begun), nil }
		claimed := morning.Add(-c.claimed)
		first, second := read("1"), try("2", "true")
		first.At, second.At = claimed, claimed
		record(t, s, "mai", first)
		receipt := record(t, s, "mai", second)
		completion, attempts := dated(t, s, "mai/K/01")
		want := claimed
		if !c.kept || claimed.Before(time.Date(2024, 12, 30, 0, 0, 0, 0, time.UTC)) {
			want = morning
		}
		if !completion.HappenedAt.Equal(want) || len(attempts) != 1 || !attempts[0].HappenedAt.Equal(want) {
			t.Errorf("%s: happened %v, %+v, want %v", c.what, completion.HappenedAt, attempts, want)
		}
		if (completion.ClaimedAt == nil) != c.kept || !c.kept && (!completion.ClaimedAt.Equal(claimed) || !attempts[0].ClaimedAt.Equal(claimed)) {
			t.Errorf("%s: claimed %v, want %v", c.what, completion.ClaimedAt, claimed)
		}
		e, err := s.Look(t.Context(), receipt.Certificate)
		if err != nil || !e.StartedAt.Equal(want) || !e.CompletedAt.Equal(want) {
			t.Errorf("%s: the certificate says %v to %v, %v", c.what, e.StartedAt, e.CompletedAt, err)
		}
		if again := record(t, s, "mai", second); again.State != courses.Duplicate || again.Certificate != receipt.Certificate {
			t.Errorf("%s: sent again: %+v", c.what, again)
		}
	}
}

func TestWhatArrivesOutOfOrderKeepsItsTime(t *testing.T) {
	s := newSchool(t)
	s.at(morning.Add(-48 * time.Hour))
	publish(t, s, version(0))
	s.at(morning)
	asked := 0
	s.Begun = func(context.Context, string) (time.Time, error) { asked++; return time.Time{}, nil }
	late, early := try("2", "true"), read("1")
	late.At, early.At = morning.Add(-time.Hour), morning.Add(-2*time.Hour)
	record(t, s, "mai", late)
	record(t, s, "mai", early)
	if completion, _ := dated(t, s, "mai/K/01"); !completion.HappenedAt.Equal(early.At) || completion.ClaimedAt != nil {
		t.Errorf("%+v", completion)
	}
	third := try("3", "true")
	record(t, s, "mai", third)
	if asked != 2 {
		t.Errorf("asked %d times since when the person learns: once a course, and for what is before its beginning", asked)
	}
}

func TestThePauseOfAQuizGoesByTheLearnersOwnTime(t *testing.T) {
	s := newSchool(t)
	v := version(0)
	v.Modules[0].Lessons[1].Quiz.PauseMinutes = 10
	publish(t, s, v)
	s.at(morning.Add(time.Hour))
	for i, c := range []struct {
		at    time.Duration
		state string
	}{{-2 * time.Hour, courses.Received}, {-time.Hour, courses.Received}, {-55 * time.Minute, courses.Refused}} {
		// before the version: all are dated by arrival
		f := try(fmt.Sprint(i), "false")
		f.At = morning.Add(c.at)
		if r := record(t, s, "mai", f); r.State != c.state {
			t.Errorf("attempt %d: %+v, want %s", i, r, c.state)
		}
	}
}

// The board counts certificates by the day on which they were issued, so that no date of a fact moves anybody on it.
// What is counted at once must be what is counted from all facts again.
func TestDatesOfFactsDoNotMoveTheDayOfIssue(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(12))
	s.at(morning.Add(30 * 24 * time.Hour))
	for i, claimed := range []time.Duration{-400 * 24 * time.Hour, -time.Hour, 24 * time.Hour, 29 * 24 * time.Hour} {
		person := fmt.Sprint("p", i)
		first, second := read("1"), try("2", "true")
		first.At, second.At = morning.Add(claimed), morning.Add(claimed)
		record(t, s, person, first)
		code := record(t, s, person, second).Certificate
		e, err := s.Look(t.Context(), code)
		if err != nil || !e.IssuedAt.Equal(s.now()) || e.CompletedAt.Before(morning) {
			t.Errorf("claimed %v: issued %v, completed %v, %v", claimed, e.IssuedAt, e.CompletedAt, err)
		}
		st, err := s.Study(t.Context(), person, "K")
		if err != nil || !st.Progress.CompletedAt.Equal(e.CompletedAt) {
			t.Errorf("claimed %v: from all facts again %v, %v", claimed, st.Progress.CompletedAt, err)
		}
	}
}

func TestRefusalsKeepWhatWasSent(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	s.at(morning.Add(time.Hour))
	f := courses.Fact{ID: "9", Kind: "attempt", Course: "K", Lesson: "doc", At: morning.Add(-time.Hour), Answers: map[string]json.RawMessage{}}
	for range 3 {
		if r := record(t, s, "mai", f); r.State != courses.Refused {
			t.Fatalf("%+v", r)
		}
		s.at(s.now().Add(time.Minute))
	}
	kept, err := store.All[courses.Refusal](t.Context(), s.Store, school.RefusalKind, store.Query{})
	if err != nil || len(kept) != 1 {
		t.Errorf("the same refused fact is kept %d times, %v", len(kept), err)
	}
}
