package server

import (
	"context"
	"slices"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/store"
)

// The server's clock is put right, or wrong, between a quiz that is shown and its answers: they count once, whatever the clock says, and nothing ends before it began.
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
			held, err := s.school.Certificates(t.Context(), a.ID)
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

// A chore that was taken while the clock was years ahead is not put off for years.
func TestALeaseOfAWrongClockDoesNotHold(t *testing.T) {
	s := newSite(t)
	done := 0
	c := chore{"counted", time.Hour, func(context.Context, *Server) error { done++; return nil }}
	take := func(want int) {
		t.Helper()
		if err := s.chore(t.Context(), c); err != nil || done != want {
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
	if l, err := store.Get[lease](t.Context(), s.store, leaseKind, c.name); err != nil || !l.Until.Equal(store.Time(s.now()).Add(c.every)) {
		t.Errorf("the lease is %+v, %v", l, err)
	}
}
