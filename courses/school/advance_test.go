package school_test

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/school"
	"lopban/courses/store"
)

// shape is a version of the course K whose lessons are named by letters: a small letter is a text to read, a capital a
// text with a quiz of the question q.
func shape(hash string, passMark int, lessons ...string) courses.Version {
	v := version(0)
	v.Hash, v.PassMark = hash, passMark
	quiz := v.Modules[0].Lessons[1].Quiz
	v.Modules[0].Lessons = nil
	for _, id := range lessons {
		l := courses.Lesson{ID: id, Title: v.Title, Minutes: 5}
		if id[0] == 'Q' {
			l.ID, l.Quiz = id[1:], quiz
		}
		v.Modules[0].Lessons = append(v.Modules[0].Lessons, l)
	}
	return v
}

func fact(kind, id, lesson string, at time.Time, answer string) courses.Fact {
	f := try(id, answer)
	f.Kind, f.Lesson, f.At = kind, lesson, at
	if kind == "completion" {
		f.Answers = nil
	}
	return f
}

func advance(t testing.TB, s *class, person string) school.Study {
	t.Helper()
	st, err := s.Advance(context.Background(), learner(person), "K")
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func TestMovingUpKeepsWhatIsDone(t *testing.T) {
	s := newSchool(t)
	publish(t, s, shape("1", 60, "a", "Qb", "c", "d"))
	record(t, s, "mai", fact("completion", "1", "a", morning, ""))
	record(t, s, "mai", fact("attempt", "2", "b", morning, "true"))
	record(t, s, "mai", fact("completion", "3", "c", morning, ""))
	s.at(morning.Add(time.Hour))
	publish(t, s, shape("2", 100, "c", "Qa", "Qb", "e")) // a asks questions now, b asks for more, d is gone, e is new

	if st, err := s.Study(t.Context(), "mai", "K"); err != nil || st.Version.ID != "K@1" {
		t.Fatalf("without asking she was moved to %s, %v", st.Version.ID, err)
	}
	st := advance(t, s, "mai")
	if st.Version.ID != "K@2" || st.Progress.Done != 3 || st.Progress.Total != 4 || st.Progress.Next != "e" {
		t.Errorf("moved up: %s, %+v", st.Version.ID, st.Progress)
	}
	for _, l := range []string{"a", "b", "c"} {
		if got := st.Progress.Lessons[l]; !got.Done || !got.DoneAt.Equal(morning) {
			t.Errorf("lesson %s: %+v", l, got)
		}
	}
	if again := advance(t, s, "mai"); again.Version.ID != "K@2" {
		t.Errorf("moved up again: %s", again.Version.ID)
	}
	if v, err := s.VersionFor(t.Context(), "mai", "K"); err != nil || v.ID != "K@2" {
		t.Errorf("she reads %s, %v", v.ID, err)
	}
	if r := record(t, s, "mai", fact("completion", "4", "e", morning.Add(time.Hour), "")); r.Certificate == "" {
		t.Error("the new lesson was the last, and there is no certificate")
	}
	entries, err := s.Certificates(t.Context(), "mai")
	if err != nil || len(entries) != 1 || entries[0].Version != "K@2" {
		t.Errorf("%+v, %v", entries, err)
	}
	flaws := 0
	if _, err := s.Check(t.Context(), func(f school.Flaw) { flaws++; t.Error(f) }, func(int, int) {}); err != nil || flaws > 0 {
		t.Error(err)
	}
}

// What was answered on a phone with no network before moving up is graded by the quiz that stood on the phone.
func TestLateAnswersAreOfTheVersionThatAsked(t *testing.T) {
	s := newSchool(t)
	publish(t, s, shape("1", 60, "a", "Qb"))
	record(t, s, "mai", fact("completion", "1", "a", morning, ""))
	other := shape("2", 60, "a", "Qb")
	other.Modules[0].Lessons[1].Quiz = courses.Quiz{Questions: []courses.Question{{ID: "r", Kind: courses.TrueFalse, Options: []courses.Option{{ID: "true"}, {ID: "false", Weight: 1}}}}}
	publish(t, s, other)
	s.at(morning.Add(2 * time.Hour))
	advance(t, s, "mai")
	late := fact("attempt", "2", "b", morning.Add(time.Hour), "true")
	r := record(t, s, "mai", late)
	if r.State != courses.Received || !*r.Passed || r.Certificate == "" {
		t.Fatalf("%+v", r)
	}
	if r := record(t, s, "mai", late); r.State != courses.Duplicate {
		t.Errorf("sent again: %+v", r)
	}
	a, err := store.Get[courses.Attempt](t.Context(), s.Store, school.AttemptKind, "mai/2")
	if v, err2 := s.VersionAttempted(t.Context(), a); err != nil || err2 != nil || v.ID != "K@1" {
		t.Errorf("it is of %s, %v, %v", v.ID, err, err2)
	}
	// A page that stayed open over the move asks the old question still.
	publish(t, s, shape("3", 60, "a", "Qb"))
	record(t, s, "pao", fact("completion", "1", "a", morning.Add(2*time.Hour), ""))
	publish(t, s, other)
	advance(t, s, "pao")
	if r := record(t, s, "pao", fact("attempt", "2", "b", morning.Add(2*time.Hour), "true")); r.State != courses.Received || !*r.Passed {
		t.Errorf("the open page: %+v", r)
	}
}

func TestMovingUpMayBeTheLastStep(t *testing.T) {
	s := newSchool(t)
	publish(t, s, shape("1", 60, "a", "b"))
	record(t, s, "mai", fact("completion", "1", "a", morning, ""))
	publish(t, s, shape("2", 60, "a"))
	broken := school.Learner{Person: "mai", Paper: func(context.Context) (courses.Holder, courses.Issuer, error) {
		return courses.Holder{}, courses.Issuer{}, problem.ErrUnavailable
	}}
	if _, err := s.Advance(t.Context(), broken, "K"); err == nil {
		t.Fatal("the paper cannot be had and nobody is told")
	}
	issued := 0 // the process stopped between the advance and the certificate
	err := s.Settle(t.Context(), morning.Add(-time.Hour), learner, func(context.Context, courses.Certificate) error { issued++; return nil })
	if st := advanceRefused(t, s, "mai"); err != nil || issued != 1 || st != nil {
		t.Errorf("%d certificates, %v, then %v", issued, err, st)
	}
}

// advanceRefused moves a person up where there is nothing to move to, and gives the error.
func advanceRefused(t *testing.T, s *class, person string) error {
	t.Helper()
	_, err := s.Advance(t.Context(), learner(person), "K")
	return err
}

func TestWhoHasNotBegunOrHasFinishedStays(t *testing.T) {
	s := newSchool(t)
	publish(t, s, shape("1", 60, "a"))
	if err := advanceRefused(t, s, "mai"); err == nil {
		t.Error("moved up in a course not begun")
	}
	code := record(t, s, "mai", fact("completion", "1", "a", morning, "")).Certificate
	publish(t, s, shape("2", 60, "a", "b"))
	if st := advance(t, s, "mai"); st.Version.ID != "K@1" || st.Certificate.Code != code {
		t.Errorf("what is finished moved to %s with %+v", st.Version.ID, st.Certificate)
	}
}

func TestARetiredCourseIsFinishedAndNotBegun(t *testing.T) {
	s := newSchool(t)
	publish(t, s, shape("1", 60, "a", "b"))
	record(t, s, "mai", fact("completion", "1", "a", morning, ""))
	s.at(morning.Add(time.Hour))
	for range 2 {
		if err := s.Retire(t.Context(), "K"); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, s, shape("2", 60, "a", "b", "c")) // a new version does not bring it back
	s.at(morning.Add(2 * time.Hour))
	if all, err := s.Catalogue(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("it is offered: %v, %v", all, err)
	}
	if all, err := s.Everything(t.Context()); err != nil || len(all) != 1 || all[0].Number != 2 {
		t.Errorf("trainers see %v, %v", all, err)
	}
	if all, err := s.Studies(t.Context(), "pao"); err != nil || len(all) != 0 {
		t.Errorf("who has not begun sees %v, %v", all, err)
	}
	if _, err := s.Study(t.Context(), "pao", "K"); err == nil {
		t.Error("who has not begun may open it")
	}
	if r := record(t, s, "pao", fact("completion", "1", "a", morning.Add(2*time.Hour), "")); r.State != courses.Refused || r.Reason != "course-retired" {
		t.Errorf("begun after it was retired: %+v", r)
	}
	// Read before it was retired and sent now, it was begun in time.
	if r := record(t, s, "say", fact("completion", "1", "a", morning.Add(time.Minute), "")); r.State != courses.Received {
		t.Errorf("begun before it was retired: %+v", r)
	}
	if all, err := s.Studies(t.Context(), "mai"); err != nil || len(all) != 1 || all[0].Progress.Done != 1 {
		t.Errorf("who began sees %v, %v", all, err)
	}
	if r := record(t, s, "mai", fact("completion", "2", "b", morning, "")); r.Certificate == "" {
		t.Error("who began cannot finish")
	}
	if err := s.Restore(t.Context(), "K"); err != nil {
		t.Fatal(err)
	}
	if st, err := s.Study(t.Context(), "pao", "K"); err != nil || st.Version.ID != "K@2" {
		t.Errorf("restored: %v, %v", st.Version, err)
	}
}

// Whatever is published, retired and moved up to, in any order: no completion changes, nothing done is undone or gets
// another date, and a certificate stays as it was issued.
func TestNoVersionCanUndoALesson(t *testing.T) {
	s := newSchool(t)
	ctx := context.Background()
	now, n := morning, 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		course := fmt.Sprint("K", n)
		published := func(v courses.Version) { v.Course = course; publish(t, s, v) }
		recorded := func(f courses.Fact) { f.Course = course; record(t, s, "mai", f) }
		published(shape("0", 60, "a", "Qb", "c"))
		done := map[string]time.Time{}
		facts := map[string]courses.Completion{}
		var paper *courses.Certificate
		id := func() string { n++; return fmt.Sprint(n) }
		lesson := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		rt.Repeat(map[string]func(*rapid.T){
			"publish": func(rt *rapid.T) {
				lessons := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 1, 4, rapid.ID[string]).Draw(rt, "lessons")
				for i, l := range lessons {
					if rapid.Bool().Draw(rt, "quiz") {
						lessons[i] = "Q" + l
					}
				}
				published(shape(id(), rapid.SampledFrom([]int{50, 100}).Draw(rt, "pass mark"), lessons...))
			},
			// refused while nothing has begun
			"advance": func(*rapid.T) { _, _ = s.Advance(ctx, learner("mai"), course) },
			"retire":  func(*rapid.T) { _ = s.Retire(ctx, course) },
			"restore": func(*rapid.T) { _ = s.Restore(ctx, course) },
			"read": func(rt *rapid.T) {
				recorded(fact("completion", id(), lesson.Draw(rt, "lesson"), now, ""))
			},
			"try": func(rt *rapid.T) {
				recorded(fact("attempt", id(), lesson.Draw(rt, "lesson"), now, rapid.SampledFrom([]string{"true", "false"}).Draw(rt, "answer")))
			},
			"": func(rt *rapid.T) {
				now = now.Add(time.Minute)
				s.at(now)
				all, err := store.All[courses.Completion](ctx, s.Store, school.CompletionKind, store.Where(store.Begins("id", "mai/"+course+"/")))
				if err != nil {
					rt.Fatal(err)
				}
				kept := map[string]courses.Completion{}
				for _, c := range all {
					kept[c.ID] = c
				}
				for id, c := range facts {
					if kept[id] != c {
						rt.Fatalf("completion %s was %+v and is %+v", id, c, kept[id])
					}
				}
				maps.Copy(facts, kept)
				if len(facts) == 0 {
					return
				}
				st, err := s.Study(ctx, "mai", course)
				if err != nil {
					rt.Fatal(err)
				}
				for l, at := range done {
					if got := st.Progress.Lessons[l]; !got.Done || !got.DoneAt.Equal(at) {
						rt.Fatalf("%s was done at %v and is now %+v in %s", l, at, got, st.Version.ID)
					}
				}
				for l, got := range st.Progress.Lessons {
					if got.Done {
						done[l] = got.DoneAt
					}
				}
				if paper != nil && !reflect.DeepEqual(paper, st.Certificate) {
					rt.Fatalf("certificate %+v became %+v", paper, st.Certificate)
				}
				paper = st.Certificate
			},
		})
	})
}
