package school_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/school"
)

// What is read of many people together is what is read of each alone, whatever they did, as of any time.
func TestStudiesOfManyAreThoseOfEach(t *testing.T) {
	s := newSchool(t)
	s.Entries = func(_ context.Context, person string) ([]string, error) {
		if person == "hoa" { // was entered twice
			return []string{"hoa", "hoa2"}, nil
		}
		return []string{person}, nil
	}
	people := []string{"an", "an2", "hoa", "mai", "nobody"}
	publish(t, s, shape("1", 60, "a", "Qb", "c"))
	other := shape("x", 60, "a", "Qb")
	other.Course, other.Practice = "L", &courses.Practice{Required: true, Pass: 1, Minutes: 5, Rubric: []courses.Criterion{{ID: "r", Points: 2}}}
	publish(t, s, other)
	dice := rand.New(rand.NewPCG(16, 1687))
	for i := range 150 {
		now := morning.Add(time.Duration(i) * time.Hour)
		s.at(now)
		id, person, course := fmt.Sprint("f", i), []string{"an", "an2", "hoa", "hoa2", "mai"}[dice.IntN(5)], []string{"K", "L"}[dice.IntN(2)]
		var f courses.Fact
		switch n := dice.IntN(20); {
		case n < 8:
			f = fact("completion", id, string("abc"[dice.IntN(3)]), now, "")
		case n < 14:
			f = fact("attempt", id, "b", now, []string{"true", "false"}[dice.IntN(2)])
		case n < 17:
			f, course = courses.Fact{ID: id, Kind: "submission", At: now, Text: "Đã làm."}, "L"
		case n == 17:
			publish(t, s, shape(fmt.Sprint(i), 60, "a", "Qb"))
		case n == 18:
			s.Advance(t.Context(), learner(person), course) // who has nothing to move up to is refused
		default:
			s.Renew(t.Context(), person, course) // the same
		}
		if f.ID != "" {
			f.Course = course
			record(t, s, person, f)
		}
		if i%10 == 9 {
			for _, at := range []time.Time{courses.Forever, morning.Add(time.Duration(dice.IntN(i)) * time.Hour)} {
				compareStudies(t, s, people, at)
			}
		}
	}
}

func compareStudies(t *testing.T, s *class, people []string, at time.Time) {
	t.Helper()
	var asked []string
	err := s.StudiesOf(t.Context(), people, at, func(person string, together []school.Study) error {
		asked = append(asked, person)
		alone, err := s.StudiesAt(t.Context(), person, at)
		for i := range alone {
			alone[i].Certificate, alone[i].Worth, alone[i].Revocation, alone[i].Due = nil, "", nil, false
		}
		if !reflect.DeepEqual(alone, together) {
			t.Fatalf("%s as of %v: alone %+v, together %+v", person, at, alone, together)
		}
		return err
	})
	if err != nil || !slices.Equal(asked, people) {
		t.Fatalf("%v: %v", asked, err)
	}
}

// A completion that cannot finish a course is kept without looking at the rest; one that can issues the certificate,
// also where the lesson had a quiz in the version that was begun and has none in the next.
func TestACompletionThatFinishesIssuesTheCertificate(t *testing.T) {
	s := newSchool(t)
	publish(t, s, shape("1", 60, "a", "Qb"))
	record(t, s, "mai", fact("completion", "1", "a", morning, ""))
	record(t, s, "hoa", fact("completion", "2", "a", morning, ""))
	publish(t, s, shape("2", 60, "a", "b"))
	advance(t, s, "hoa")
	if r := record(t, s, "mai", fact("completion", "3", "b", morning.Add(time.Minute), "")); r.Certificate != "" {
		t.Errorf("who reads a lesson that has a quiz has a certificate: %+v", r)
	}
	if r := record(t, s, "mai", fact("attempt", "4", "b", morning.Add(time.Minute), "true")); r.Certificate == "" {
		t.Errorf("who passes it has none: %+v", r)
	}
	if r := record(t, s, "hoa", fact("completion", "5", "b", morning.Add(time.Minute), "")); r.Certificate == "" {
		t.Errorf("who moved up to a version without a quiz has none: %+v", r)
	}
}
