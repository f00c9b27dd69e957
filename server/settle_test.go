package server

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// A process stops between a fact and the certificate that follows. However long the store then stands still, or lies in
// a backup, the next one issues it when it starts.
func TestSettleLooksBackToWhenItWasLastDone(t *testing.T) {
	s := newSite(t)
	v := s.publish(shortCourse("K1", courses.LibraryService))
	person := s.person("Vàng Thị Mỷ", "00715").ID
	if err := s.Job(t.Context(), programme.Timetable[0]); err != nil || programme.Timetable[0].Name != "settle" {
		t.Fatal(err)
	}
	stopped := school.Learner{Person: person, Paper: func(context.Context) (courses.Holder, courses.Issuer, error) {
		return courses.Holder{}, courses.Issuer{}, problem.ErrUnavailable
	}}
	answers := map[string]json.RawMessage{}
	for q, a := range rightAnswers(v.Lessons()[1].Quiz) {
		answers[q], _ = json.Marshal(a)
	}
	for _, f := range []courses.Fact{{ID: "1", Kind: "completion", Course: "K1", Lesson: "doc", At: begun}, {ID: "2", Kind: "attempt", Course: "K1", Lesson: "thu", At: begun, Answers: answers}} {
		s.School.Record(t.Context(), stopped, f) // the second fails where the process stops
	}
	s.pass(30 * 24 * time.Hour)
	if held, err := s.School.Certificates(t.Context(), person); err != nil || len(held) != 0 {
		t.Fatalf("before: %v, %v", held, err)
	}
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	held, err := s.School.Certificates(t.Context(), person)
	if err != nil || len(held) != 1 {
		t.Fatalf("after a month the certificate is not issued: %v, %v", held, err)
	}
	if _, err := store.Get[programme.Printed](t.Context(), s.Store, programme.PrintedKind, held[0].ID); err != nil {
		t.Errorf("its paper: %v", err)
	}
}

// A certificate stands in the register and counts before its paper is made: who hands in the last answers waits for no
// press. Who asks for the paper goes before those that nobody has asked for.
func TestNobodyWaitsForAPaperButWhoAsksForIt(t *testing.T) {
	p := newProvince(t)
	v := p.publish(shortCourse("K1", courses.LibraryService))
	p.Papers.Making <- struct{}{} // another paper is being made, and does not end
	p.certified(p.my, v)
	p.certified(p.dua, v)
	held := func(a roster.Account) courses.Certificate {
		c, err := store.One[courses.Certificate](t.Context(), p.Store, school.CertificateKind, store.Where(store.Is("person", a.ID)))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if got := names(p.staff.get("/roster?status=missing").want(200)); len(got) != 2 {
		t.Errorf("%q miss a strand", got)
	}
	for _, a := range []roster.Account{p.my, p.dua} {
		if pdf, err := p.Papers.Kept(t.Context(), held(a)); pdf != nil || err != nil {
			t.Fatalf("a paper of %d bytes, %v, while the press was busy", len(pdf), err)
		}
		p.as(a).get("/certificates").want(200)
	}
	<-p.Papers.Making
	pdf := p.as(p.dua).get("/certificates/" + held(p.dua).Code + ".pdf").want(200).Body
	p.Background.Running.Wait()
	for _, a := range []roster.Account{p.my, p.dua} {
		kept, err := p.Papers.Kept(t.Context(), held(a))
		if kept == nil || err != nil {
			t.Fatalf("the paper was not made unasked: %v", err)
		}
		if a.ID == p.dua.ID && string(kept) != pdf {
			t.Error("the paper that was sent is not the one that is kept")
		}
	}
}

// A server that stops leaves papers for the next one, which makes them when it settles.
func TestPapersLeftAtAStopAreMadeAtTheNextStart(t *testing.T) {
	p := newProvince(t)
	v := p.publish(shortCourse("K1", courses.LibraryService))
	p.Papers.Making <- struct{}{}
	p.certified(p.my, v)
	p.Background.Stop() // waits for what it began
	next := newSiteOn(t, p.Store)
	if err := next.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	held, err := next.School.Certificates(t.Context(), p.my.ID)
	if err != nil || len(held) != 1 {
		t.Fatalf("%v, %v", held, err)
	}
	if pdf, err := next.Papers.Kept(t.Context(), held[0].Certificate); pdf == nil || err != nil {
		t.Errorf("the paper was not made: %v", err)
	}
}
