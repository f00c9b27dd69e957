package server

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/store"
)

// A process stops between a fact and the certificate that follows. However long the store then stands still, or lies in a backup, the next one issues it when it starts.
func TestSettleLooksBackToWhenItWasLastDone(t *testing.T) {
	s := newSite(t)
	v := s.publish(shortCourse("K1", courses.LibraryService))
	person := s.person("Vàng Thị Mỷ", "00715").ID
	if err := s.chore(t.Context(), chores[0]); err != nil || chores[0].name != "settle" {
		t.Fatal(err)
	}
	stopped := courses.Learner{Person: person, Paper: func(context.Context) (courses.Holder, courses.Issuer, error) {
		return courses.Holder{}, courses.Issuer{}, store.ErrUnavailable
	}}
	answers := map[string]json.RawMessage{}
	for q, a := range rightAnswers(v.Lessons()[1].Quiz) {
		answers[q], _ = json.Marshal(a)
	}
	for _, f := range []courses.Fact{{ID: "1", Kind: "completion", Course: "K1", Lesson: "doc", At: begun}, {ID: "2", Kind: "attempt", Course: "K1", Lesson: "thu", At: begun, Answers: answers}} {
		s.school.Record(t.Context(), stopped, f) // the second fails where the process stops
	}
	s.pass(30 * 24 * time.Hour)
	if held, err := s.school.Certificates(t.Context(), person); err != nil || len(held) != 0 {
		t.Fatalf("before: %v, %v", held, err)
	}
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	held, err := s.school.Certificates(t.Context(), person)
	if err != nil || len(held) != 1 {
		t.Fatalf("after a month the certificate is not issued: %v, %v", held, err)
	}
	if _, err := store.Get[printed](t.Context(), s.store, printedKind, held[0].ID); err != nil {
		t.Errorf("its paper: %v", err)
	}
}
