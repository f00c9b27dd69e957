package demo

import (
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"lopban/cmd/lopban/console"
	"lopban/courses"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/store/sqlite"
)

// Whoever tries the demo out finds a certificate in every state, and what staff do with the register.
func TestTheDemoShowsWhatBecomesOfCertificates(t *testing.T) {
	st, err := sqlite.Open(t.TempDir(), programme.Kinds()...)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	s, err := console.NewProgramme(t.Context(), st, "http://lopban.test", io.Discard)
	if err == nil {
		err = console.PublishAll(t.Context(), s)
	}
	if err != nil {
		t.Fatal(err)
	}
	// the first people of a region all live where the staff's sign-in is printed
	r := &Region{s: s, Rand: rand.New(rand.NewPCG(1687, 1)), seed: 1687, now: console.Clock(), bar: &console.Bar{Out: io.Discard}, trainers: map[string]string{}}
	for _, step := range r.steps(60) {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	states, decided, reissued := map[courses.State]int{}, 0, 0
	for _, p := range r.all {
		held, err := s.School.Certificates(t.Context(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range held {
			states[e.State]++
			if e.Decision.Number != "" {
				decided++
			}
			if e.Reissue > 0 {
				reissued++
			}
		}
	}
	for _, state := range []courses.State{courses.Valid, courses.Expired, courses.Replaced, courses.Revoked} {
		if states[state] == 0 {
			t.Errorf("no certificate is %s", state)
		}
	}
	if decided == 0 || reissued == 0 {
		t.Errorf("%d were issued in a batch, %d again", decided, reissued)
	}
	asked, err := s.School.Open(t.Context(), "08")
	if err != nil || len(asked) != 1 || !roster.MayAgree(account(t, r, 1), "08", asked[0].By) {
		t.Errorf("%v waits for the second of the staff: %v", asked, err)
	}
	trained, err := s.School.Trainings(t.Context(), "08")
	if err != nil || len(trained) != 2 {
		t.Fatalf("%v, %v", trained, err)
	}
	accepted := 0
	for _, one := range trained {
		if one.Ruling != nil && one.Ruling.Accepted {
			accepted++
		}
	}
	if accepted != 1 {
		t.Errorf("%d trainings elsewhere are accepted", accepted)
	}
	if issuer, err := store.Get[courses.Issuer](t.Context(), st, school.IssuerKind, "08"); err != nil || issuer.Hold {
		t.Errorf("who finishes a course now would wait: %v %v", issuer.Hold, err)
	}
	if _, err := s.School.Course(t.Context(), "LS9"); err != nil {
		t.Error(err)
	}
	offered, err := s.School.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range offered {
		if v.Course == "LS9" {
			t.Error("the former course is offered")
		}
	}
	bad := 0
	flaw := func(f school.Flaw) { bad++; t.Log(f) }
	_, err = s.School.Check(t.Context(), flaw, func(int, int) {})
	if err := errors.Join(err, s.Desk.Check(t.Context(), false, flaw)); err != nil || bad > 0 {
		t.Errorf("%d documents do not agree: %v", bad, err)
	}
}

func account(t *testing.T, r *Region, i int) roster.Account {
	t.Helper()
	a, err := r.accountOf(t.Context(), i)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
