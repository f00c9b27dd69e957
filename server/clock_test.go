package server

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/store"
)

// The server's clock is put right, or wrong, between a quiz that is shown and its answers: they count once, whatever
// the clock says, and nothing ends before it began.
func TestTheClockMovesDuringAQuiz(t *testing.T) {
	for name, jump := range map[string]time.Duration{"back a day": -24 * time.Hour, "back two years": -2 * 365 * 24 * time.Hour, "forward a day": 24 * time.Hour, "forward three years": 3 * 365 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			v := s.publish(shortCourse("K1", courses.LibraryService))
			a := s.person("Vàng Thị Mỷ", lungCu)
			c := s.as(a)
			c.post("/courses/K1/doc", nil).want(303)
			attempt := c.get("/courses/K1/thu/quiz").want(200).attr("input[name=id]", "value")
			s.pass(jump)
			if r := c.get("/me"); r.Status != 200 && r.leads() != "/sign-in?next=%2Fme" {
				t.Errorf("with the session of before: %d %s", r.Status, r.text())
			}
			c = s.as(a) // she may have to sign in again; the page with her answers is still open
			lesson, _ := v.Lesson("thu")
			right := form(attempt, rightAnswers(lesson.Quiz))
			first := c.post("/courses/K1/thu/quiz", right).leads()
			s.pass(-jump)
			c = s.as(a)
			if again := c.post("/courses/K1/thu/quiz", right).leads(); again != first {
				t.Errorf("handed in again it leads to %s, before to %s", again, first)
			}
			held, err := s.School.Certificates(t.Context(), a.ID)
			if err != nil || len(held) != 1 {
				t.Fatalf("%d certificates, %v", len(held), err)
			}
			if times := []time.Time{held[0].StartedAt, held[0].CompletedAt, held[0].IssuedAt, held[0].ValidUntil}; !slices.IsSortedFunc(times, time.Time.Compare) {
				t.Errorf("started, completed, issued, valid until %v", times)
			}
			c.get("/certificates/" + held[0].Code).want(200)
			c.get("/").want(200)
		})
	}
}

// A job that was taken while the clock was years ahead is not put off for years.
func TestALeaseOfAWrongClockDoesNotHold(t *testing.T) {
	s := newSite(t)
	done := 0
	c := programme.Job{Name: "counted", Every: time.Hour, Do: func(context.Context, *programme.Programme) error { done++; return nil }}
	take := func(want int) {
		t.Helper()
		if err := s.Job(t.Context(), c); err != nil || done != want {
			t.Fatalf("done %d times, want %d, %v", done, want, err)
		}
	}
	take(1)
	s.pass(-time.Minute)
	take(1)
	s.pass(365 * 24 * time.Hour)
	take(2)
	s.pass(-365 * 24 * time.Hour)
	take(3)
	take(3)
	if l, err := store.Get[programme.Lease](t.Context(), s.Store, programme.LeaseKind, c.Name); err != nil || !l.Until.Equal(store.Time(s.now()).Add(c.Every)) {
		t.Errorf("the lease is %+v, %v", l, err)
	}
}

// A job that fails, and one whose process ends in the middle, is tried again soon, and not a period later; and what it
// has to look at goes back to when it was last done.
func TestAJobThatFailedIsTriedAgainSoon(t *testing.T) {
	s := newSite(t)
	tries, left, since := 0, 0, begun
	c := programme.Job{Name: "settle", Every: 24 * time.Hour, Do: func(ctx context.Context, p *programme.Programme) error {
		if tries++; left > 0 {
			left--
			return problem.ErrUnavailable
		}
		since = s.now()
		return nil
	}}
	lease := func() programme.Lease {
		t.Helper()
		l, err := store.Get[programme.Lease](t.Context(), s.Store, programme.LeaseKind, c.Name)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	want := func(n int) {
		t.Helper()
		if err := s.Job(t.Context(), c); err != nil && !errors.Is(err, problem.ErrUnavailable) || tries != n {
			t.Fatalf("tried %d times, want %d, %v", tries, n, err)
		}
	}
	want(1)
	s.pass(24 * time.Hour)
	left = 2
	want(2)
	want(2)
	s.pass(time.Minute)
	want(3)
	if l := lease(); !l.Done.Equal(since) {
		t.Errorf("after two tries that failed the lease is %+v, last done %v", l, since)
	}
	s.pass(time.Minute)
	want(4)
	s.pass(23 * time.Hour)
	want(4)
	s.pass(time.Hour)
	whole := c.Do
	c.Do = func(context.Context, *programme.Programme) error { tries++; panic("the end of the process") }
	func() {
		defer func() { recover() }()
		s.Job(t.Context(), c)
	}()
	c.Do = whole
	want(5)
	s.pass(15 * time.Minute)
	want(6)
}
