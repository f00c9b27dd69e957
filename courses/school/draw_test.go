package school_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lopban/courses"
)

// ids are the questions of a quiz, in order.
func ids(q courses.Quiz) []string {
	var all []string
	for _, question := range q.Questions {
		all = append(all, question.ID)
	}
	return all
}

// pooled is a quiz of some questions in some pools, with draws of them.
func pooled(t *rapid.T) courses.Quiz {
	var q courses.Quiz
	kinds := []courses.QuestionKind{courses.TrueFalse, courses.TrueFalse, courses.ShortAnswer, courses.Essay, courses.Description}
	pools := []string{"", "A", "B"}
	for i := range rapid.IntRange(0, 12).Draw(t, "questions") {
		q.Questions = append(q.Questions, courses.Question{ID: fmt.Sprint("q", i), Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Pool: rapid.SampledFrom(pools).Draw(t, "pool")})
	}
	switch rapid.IntRange(0, 2).Draw(t, "draws") {
	case 1:
		q.Draw = []courses.Draw{{Count: rapid.IntRange(1, 8).Draw(t, "count")}}
	case 2:
		for _, pool := range []string{"A", "B"} {
			q.Draw = append(q.Draw, courses.Draw{Pool: pool, Count: rapid.IntRange(1, 5).Draw(t, "count")})
		}
	}
	return q
}

func TestADrawIsOfTheSizeAskedAndInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := pooled(t)
		n := rapid.IntRange(0, 50).Draw(t, "number")
		drawn := q.Drawn("mai/K/01", "thu", n)
		if again := q.Drawn("mai/K/01", "thu", n); !reflect.DeepEqual(drawn, again) {
			t.Fatalf("drawn again: %v, then %v", ids(drawn), ids(again))
		}
		if !slices.IsSortedFunc(drawn.Questions, func(a, b courses.Question) int { return slices.Index(ids(q), a.ID) - slices.Index(ids(q), b.ID) }) {
			t.Fatalf("%v is not in the order of %v", ids(drawn), ids(q))
		}
		count := func(of courses.Quiz, in func(courses.Question) bool) int {
			n := 0
			for _, question := range of.Questions {
				if in(question) {
					n++
				}
			}
			return n
		}
		subject := func(question courses.Question) bool { return false }
		for _, d := range q.Draw {
			of := func(question courses.Question) bool {
				return question.Kind.Scored() && (d.Pool == "" || question.Pool == d.Pool)
			}
			if got, want := count(drawn, of), min(d.Count, count(q, of)); got != want {
				t.Fatalf("%d of pool %q are drawn, want %d", got, d.Pool, want)
			}
			before := subject
			subject = func(question courses.Question) bool { return before(question) || of(question) }
		}
		rest := func(question courses.Question) bool { return !subject(question) }
		if count(drawn, rest) != count(q, rest) {
			t.Fatalf("%v of %v: something that no draw speaks of is left out", ids(drawn), ids(q))
		}
		if got := q.Asked(); got != count(drawn, func(question courses.Question) bool { return question.Kind.Scored() }) {
			t.Fatalf("%d are said to be asked", got)
		}
	})
}

func TestEveryQuestionIsDrawnAboutAsOften(t *testing.T) {
	q := courses.Quiz{Draw: []courses.Draw{{Count: 3}}}
	for i := range 10 {
		q.Questions = append(q.Questions, courses.Question{ID: fmt.Sprint("q", i), Kind: courses.TrueFalse})
	}
	times, changed := map[string]int{}, 0
	for person := range 2000 {
		enrolment := courses.EnrolmentID(fmt.Sprint("p", person), "K", 1)
		first, second := ids(q.Drawn(enrolment, "thu", 0)), ids(q.Drawn(enrolment, "thu", 1))
		for _, id := range first {
			times[id]++
		}
		if !slices.Equal(first, second) {
			changed++
		}
	}
	for id, n := range times {
		if n < 520 || n > 680 { // 600 are due; 80 is four standard deviations
			t.Errorf("%s is drawn %d times of 2000", id, n)
		}
	}
	if changed < 1950 { // one draw in 120 is the same by chance
		t.Errorf("only %d of 2000 second attempts see other questions", changed)
	}
}

// drawing is the course of the other tests with a quiz that draws two of four questions.
func drawing() courses.Version {
	v := version(0)
	quiz := &v.Modules[0].Lessons[1].Quiz
	quiz.Draw = []courses.Draw{{Count: 2}}
	quiz.Questions = nil
	for i := range 4 {
		quiz.Questions = append(quiz.Questions, courses.Question{ID: fmt.Sprint("q", i), Kind: courses.TrueFalse, Options: []courses.Option{{ID: "true", Weight: 1}, {ID: "false"}}})
	}
	return v
}

// answered are the right answers to the questions of a draw, as many as said.
func answered(q courses.Quiz, right int) map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	for i, question := range q.Questions {
		all[question.ID] = json.RawMessage(fmt.Sprint(i < right))
	}
	return all
}

func TestAnAttemptIsGradedOverWhatWasDrawn(t *testing.T) {
	s := newSchool(t)
	quiz := publish(t, s, drawing()).Modules[0].Lessons[1].Quiz
	draw := func(n int) courses.Quiz { return quiz.Drawn("mai/K/01", "thu", n) }
	hand := func(id string, said *int, answers map[string]json.RawMessage) courses.Receipt {
		f := try(id, "")
		f.Answers, f.Draw = answers, said
		return record(t, s, "mai", f)
	}
	if r := hand("a", nil, answered(draw(0), 1)); r.State != courses.Received || *r.Score != 50 {
		t.Errorf("one of two right: %+v", r)
	}
	if r := hand("a", nil, answered(draw(0), 1)); r.State != courses.Duplicate || *r.Score != 50 {
		t.Errorf("sent again without a number: %+v", r)
	}
	said := func(n int) *int { return &n }
	if r := hand("a", said(0), answered(draw(0), 1)); r.State != courses.Duplicate {
		t.Errorf("sent again with its number: %+v", r)
	}
	if r := hand("a", said(1), nil); r.State != courses.Refused || r.Reason != "id-reused" {
		t.Errorf("another draw under a known id: %+v", r)
	}
	if r := hand("b", said(2), answered(draw(2), 2)); r.State != courses.Received || *r.Score != 100 || !*r.Passed {
		t.Errorf("one ahead of what has arrived: %+v", r)
	}
	for _, n := range []int{-1, 4} {
		if r := hand("c", said(n), nil); r.State != courses.Refused || r.Reason != "draw-ahead" {
			t.Errorf("draw %d after two attempts: %+v", n, r)
		}
	}
	out := courses.Quiz{Questions: slices.DeleteFunc(slices.Clone(quiz.Questions), func(q courses.Question) bool { return slices.Contains(ids(draw(3)), q.ID) })}
	if r := hand("d", said(3), answered(out, 2)); r.State != courses.Refused || r.Reason != "unknown-question" {
		t.Errorf("answers to what was not drawn: %+v", r)
	}
	st, err := s.Study(t.Context(), "mai", "K")
	if err != nil {
		t.Fatal(err)
	}
	attempts, err := s.Attempts(t.Context(), st.Enrolment, "thu")
	if err != nil || len(attempts) != 2 {
		t.Fatalf("%+v, %v", attempts, err)
	}
	for _, a := range attempts {
		asked := a.Quiz(quiz)
		if score, _ := asked.Grade(a.Answers); score != a.Score || a.Version != "K@1" || len(asked.Questions) != 2 {
			t.Errorf("%+v of %v is graded again with %d", a, ids(asked), score)
		}
	}
}

// Whoever knows what their answers to a draw were worth could try others until they pass. So it is answered once; what
// a second phone asked without a network, before anything was known, counts too.
func TestADrawIsAnsweredOnce(t *testing.T) {
	s := newSchool(t)
	quiz := publish(t, s, drawing()).Modules[0].Lessons[1].Quiz
	s.at(morning.Add(time.Hour))
	hand := func(id string, draw, right int, happened time.Time) courses.Receipt {
		t.Helper()
		f := try(id, "")
		f.Answers, f.Draw, f.At = answered(quiz.Drawn("mai/K/01", "thu", draw), right), &draw, happened
		return record(t, s, "mai", f)
	}
	coming := func(r courses.Receipt) (numbers []int) {
		for _, one := range r.Draws {
			if !slices.Equal(one.Asks, ids(quiz.Drawn("mai/K/01", "thu", one.Draw))) {
				t.Errorf("draw %d is said to ask %v", one.Draw, one.Asks)
			}
			numbers = append(numbers, one.Draw)
		}
		return numbers
	}
	known := morning.Add(time.Hour)
	first := hand("a", 0, 1, known)
	if first.State != courses.Received || !slices.Equal(coming(first), []int{1, 2}) {
		t.Fatalf("%+v", first)
	}
	if r := hand("a", 0, 1, known); r.State != courses.Duplicate || *r.Score != 50 || !slices.Equal(coming(r), []int{1, 2}) {
		t.Errorf("the same attempt again: %+v", r)
	}
	s.at(morning.Add(2 * time.Hour))
	for _, id := range []string{"b", "c"} {
		r := hand(id, 0, 2, known.Add(time.Minute))
		if r.State != courses.Refused || r.Reason != "draw-used" || !slices.Equal(coming(r), []int{1, 2}) {
			t.Errorf("other answers when the first were judged: %+v", r)
		}
	}
	if r := hand("d", 0, 0, morning.Add(30*time.Minute)); r.State != courses.Received || *r.Score != 0 {
		t.Errorf("another phone, before anything was known: %+v", r)
	}
	if r := hand("e", 0, 2, morning.Add(20*time.Minute)); r.State != courses.Refused || r.Reason != "draw-used" {
		t.Errorf("a third that says so: %+v", r)
	}
	f := try("f", "")
	f.Answers, f.At = answered(quiz.Drawn("mai/K/01", "thu", 1), 1), known.Add(2*time.Minute)
	if r := record(t, s, "mai", f); r.State != courses.Received || !slices.Equal(coming(r), []int{2, 3}) {
		t.Errorf("without a number it is of the next: %+v", r)
	}
	if r := hand("g", 3, 2, known.Add(3*time.Minute)); r.State != courses.Received || !*r.Passed || !slices.Equal(coming(r), []int{2, 4}) {
		t.Errorf("one ahead: %+v", r)
	}
	if r := hand("h", 0, 2, known.Add(4*time.Minute)); r.State != courses.Received {
		t.Errorf("who has passed may practise with any: %+v", r)
	}
}

// A phone without a network has two draws with it. Both count, though it hears of neither before it sends them.
func TestWhatAPhoneAskedWithoutANetworkCounts(t *testing.T) {
	s := newSchool(t)
	quiz := publish(t, s, drawing()).Modules[0].Lessons[1].Quiz
	s.at(morning.Add(48 * time.Hour))
	for i, id := range []string{"a", "b"} {
		f := try(id, "")
		f.Answers, f.Draw, f.At = answered(quiz.Drawn("mai/K/01", "thu", i), i+1), &i, morning.Add(time.Duration(i)*time.Hour)
		if r := record(t, s, "mai", f); r.State != courses.Received || *r.Score != 50*(i+1) {
			t.Errorf("attempt %s: %+v", id, r)
		}
	}
}

func TestAnAttemptWithoutADrawIsOfTheWholeQuiz(t *testing.T) {
	v := drawing()
	quiz := v.Modules[0].Lessons[1].Quiz
	old := courses.Attempt{Enrolment: "mai/K/01", Lesson: "thu"}
	if got := ids(old.Quiz(quiz)); len(got) != 4 {
		t.Errorf("%v", got)
	}
	s := newSchool(t)
	publish(t, s, version(0))
	f := try("1", "true")
	n := 7
	f.Draw = &n
	if r := record(t, s, "mai", f); r.State != courses.Received || *r.Score != 100 {
		t.Errorf("a number where nothing is drawn: %+v", r)
	}
	a, err := s.Attempts(t.Context(), &courses.Enrolment{ID: "mai/K/01"}, "thu")
	if err != nil || len(a) != 1 || a[0].Draw != nil {
		t.Errorf("%+v, %v", a, err)
	}
}
