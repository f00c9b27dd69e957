package school_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lopban/courses"
)

func TestNobodyMeetsAQuestionAgainBeforeThePoolIsUsedUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size, count := rapid.IntRange(1, 20).Draw(t, "size"), rapid.IntRange(1, 20).Draw(t, "count")
		q := courses.Quiz{Draw: []courses.Draw{{Count: count}}}
		for i := range size {
			q.Questions = append(q.Questions, courses.Question{ID: fmt.Sprint("q", i), Kind: courses.TrueFalse})
		}
		seen := map[string]int{}
		for n := range 30 {
			for _, id := range ids(q.Drawn("mai/K/01", "thu", n)) {
				seen[id]++
			}
			least, most := 1000, 0
			for _, question := range q.Questions {
				least, most = min(least, seen[question.ID]), max(most, seen[question.ID])
			}
			if most-least > 1 {
				t.Fatalf("after attempt %d one question was asked %d times and another %d", n, most, least)
			}
		}
	})
}

func TestTheKeyWaits(t *testing.T) {
	quiz := courses.Quiz{Questions: []courses.Question{{ID: "a", Kind: courses.TrueFalse, Pool: "P"}, {ID: "b", Kind: courses.TrueFalse, Pool: "P"}, {ID: "c", Kind: courses.TrueFalse}}}
	drawn := quiz
	drawn.Draw = []courses.Draw{{Pool: "P", Count: 1}}
	limited := drawn
	limited.Attempts = 4
	all := quiz
	all.Draw = []courses.Draw{{Count: 3}} // leaves none out
	for _, c := range []struct {
		name     string
		quiz     courses.Quiz
		keyAfter int
		state    courses.LessonState
		want     string
	}{
		{"before", quiz, 0, courses.LessonState{Attempts: 2}, ""},
		{"third attempt", quiz, 0, courses.LessonState{Attempts: 3}, "abc"},
		{"passed at once", quiz, 0, courses.LessonState{Attempts: 1, Done: true}, "abc"},
		{"the course says 5", quiz, 5, courses.LessonState{Attempts: 4}, ""},
		{"the course says 1", quiz, 1, courses.LessonState{Attempts: 1}, "abc"},
		{"what lots may bring back", drawn, 0, courses.LessonState{Attempts: 30}, "c"},
		{"drawn and passed", drawn, 0, courses.LessonState{Attempts: 2, Done: true}, "abc"},
		{"nothing is drawn any more", limited, 0, courses.LessonState{Attempts: 4}, "abc"},
		{"lots leave none out", all, 0, courses.LessonState{Attempts: 3}, "abc"},
	} {
		v := courses.Version{KeyAfter: c.keyAfter}
		shown := v.KeyShown(courses.Lesson{Quiz: c.quiz}, c.state)
		got := ""
		for _, q := range quiz.Questions {
			if shown(q.ID) {
				got += q.ID
			}
		}
		if got != c.want {
			t.Errorf("%s: the key of %q is shown, want %q", c.name, got, c.want)
		}
	}
}

// The final test is what a certificate stands on, and may be tried at once and for ever.
func TestTheKeyOfTheFinalTestWaitsUntilItIsPassed(t *testing.T) {
	scored := courses.Quiz{Questions: []courses.Question{{ID: "a", Kind: courses.TrueFalse}, {ID: "b", Kind: courses.TrueFalse}}}
	for _, asked := range []int{1, 2, 3} { // fewer than there are, all, and more
		v := courses.Version{Final: asked, KeyAfter: 1, Modules: []courses.Module{{ID: "m", Lessons: []courses.Lesson{{ID: "thu", Quiz: scored}}}}}
		v.AddFinal()
		test, ok := v.Lesson(courses.FinalID)
		if !ok {
			t.Fatal("there is no final test")
		}
		failed, passed := v.KeyShown(test, courses.LessonState{Attempts: 30}), v.KeyShown(test, courses.LessonState{Attempts: 31, Done: true})
		for _, q := range test.Quiz.Questions {
			if failed(q.ID) || !passed(q.ID) {
				t.Errorf("%d asked of 2: the key of %s is shown after it was failed: %v, and after it was passed: %v", asked, q.ID, failed(q.ID), passed(q.ID))
			}
		}
		if lesson := v.Written()[0]; !v.KeyShown(lesson, courses.LessonState{Attempts: 1})("a") {
			t.Error("the key of a lesson's quiz is not shown any more")
		}
	}
}

func limitedVersion(attempts, pause int) courses.Version {
	v := version(0)
	v.Hash = fmt.Sprint("limited", attempts, pause)
	quiz := &v.Modules[0].Lessons[1].Quiz
	quiz.Attempts, quiz.PauseMinutes = attempts, pause
	return v
}

func TestAQuizMayLimitItsAttempts(t *testing.T) {
	s := newSchool(t)
	publish(t, s, limitedVersion(2, 0))
	record(t, s, "mai", read("r"))
	for _, id := range []string{"1", "2"} {
		if r := record(t, s, "mai", try(id, "false")); r.State != courses.Received {
			t.Fatalf("attempt %s: %+v", id, r)
		}
	}
	if r := record(t, s, "mai", try("2", "false")); r.State != courses.Duplicate || *r.Score != 0 {
		t.Errorf("the last one sent again: %+v", r)
	}
	if r := record(t, s, "mai", try("3", "true")); r.State != courses.Refused || r.Reason != "attempts-used" {
		t.Fatalf("one more: %+v", r)
	}
	// The way out is to begin again; what was done stays where it is.
	e, err := s.Renew(t.Context(), "mai", "K")
	if err != nil || e.Cycle != 2 {
		t.Fatalf("%+v, %v", e, err)
	}
	record(t, s, "mai", read("r2"))
	r := record(t, s, "mai", try("4", "true"))
	if r.State != courses.Received || r.Certificate == "" {
		t.Fatalf("in the new cycle: %+v", r)
	}
	for _, id := range []string{"5", "6", "7"} { // who has passed may practise
		if r := record(t, s, "mai", try(id, "false")); r.State != courses.Received {
			t.Errorf("attempt %s after passing: %+v", id, r)
		}
	}
}

func TestNoMoreAttemptsThanAllowedWhenTheyComeAtOnce(t *testing.T) {
	s := newSchool(t)
	publish(t, s, limitedVersion(3, 0))
	var wg sync.WaitGroup
	states := make([]string, 12)
	for i := range states {
		wg.Go(func() {
			r, err := s.Record(t.Context(), learner("mai"), try(fmt.Sprint("t", i), "false"))
			if err != nil {
				t.Error(err)
			}
			states[i] = r.State
		})
	}
	wg.Wait()
	n := len(slices.DeleteFunc(states, func(s string) bool { return s != courses.Received }))
	if n != 3 {
		t.Errorf("%d attempts were received, want 3", n)
	}
}

func TestAQuizMayAskForAPause(t *testing.T) {
	s := newSchool(t)
	publish(t, s, limitedVersion(0, 30))
	at := func(id string, minutes int) courses.Fact {
		f := try(id, "false")
		f.At = morning.Add(time.Duration(minutes) * time.Minute)
		return f
	}
	s.at(morning.Add(2 * time.Hour))
	for _, c := range []struct {
		id      string
		minutes int
		state   string
	}{
		{"1", 0, courses.Received}, {"2", 29, courses.Refused}, {"3", 30, courses.Received},
		{"5", 90, courses.Received}, {"4", 60, courses.Received}, // an earlier one that arrives late
		{"6", 95, courses.Refused}, {"1", 0, courses.Duplicate},
	} {
		r := record(t, s, "mai", at(c.id, c.minutes))
		if r.State != c.state || r.State == courses.Refused && r.Reason != "attempt-early" {
			t.Errorf("attempt %s at minute %d: %+v, want %s", c.id, c.minutes, r, c.state)
		}
	}
	st, err := s.Study(t.Context(), "mai", "K")
	if err != nil || !st.Version.Modules[0].Lessons[1].Quiz.From(st.Progress.Lessons["thu"]).Equal(morning.Add(2*time.Hour)) {
		t.Errorf("the next is due at %v, %v", st.Version.Modules[0].Lessons[1].Quiz.From(st.Progress.Lessons["thu"]), err)
	}
}

func TestUnansweredQuestionsAreNamed(t *testing.T) {
	q := courses.Quiz{Questions: []courses.Question{{ID: "text", Kind: courses.Description}, {ID: "a", Kind: courses.TrueFalse}, {ID: "b", Kind: courses.Essay},
		{ID: "p", Kind: courses.Matching, Pairs: []courses.Pair{{Left: "1", Right: "x"}, {Left: "2", Right: "y"}, {Right: "z"}}}}}
	yes := true
	for want, answers := range map[string]map[string]courses.Answer{
		`["a","p"]`: {},
		`["p"]`:     {"a": {Bool: &yes}, "p": {Pairs: map[string]string{"1": "x"}}},
		`null`:      {"a": {Bool: &yes}, "p": {Pairs: map[string]string{"1": "x", "2": "z"}}},
	} {
		if got, _ := json.Marshal(q.Unanswered(answers)); string(got) != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
