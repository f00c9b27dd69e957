package school_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"lopban/courses"
)

var (
	two     = courses.Text{Vi: "hai", En: "two"}
	choice  = courses.Question{ID: "c", Kind: courses.SingleChoice, Options: []courses.Option{{ID: "a", Weight: 1}, {ID: "b", Text: two}, {ID: "c"}}}
	truth   = courses.Question{ID: "t", Kind: courses.TrueFalse, Options: []courses.Option{{ID: "true", Weight: 1}, {ID: "false"}}}
	word    = courses.Question{ID: "w", Kind: courses.ShortAnswer, Accepted: []courses.Accepted{{Text: "Sơn La", Weight: 1}}}
	writing = courses.Question{ID: "e", Kind: courses.Essay}
)

// taught is a version whose lesson "thu" asks some questions.
func taught(questions ...courses.Question) *courses.Version {
	v := version(0)
	v.ID = "K@1"
	v.Modules[0].Lessons[1].Quiz = courses.Quiz{Questions: questions}
	return &v
}

// handedIn is somebody who read "doc" and handed in to "thu" ten minutes after, one answers after the other.
func handedIn(person string, tries ...map[string]courses.Answer) courses.Trail {
	e := courses.EnrolmentID(person, "K", 1)
	t := courses.Trail{Enrolment: courses.Enrolment{ID: e, Person: person, HappenedAt: morning}}
	t.Completions = []courses.Completion{{ID: e + "/doc", Lesson: "doc", HappenedAt: morning}}
	for i, answers := range tries {
		t.Attempts = append(t.Attempts, courses.Attempt{ID: fmt.Sprint(person, i), Enrolment: e, Lesson: "thu", Version: "K@1", Answers: answers, HappenedAt: morning.Add(time.Duration(i+1) * 10 * time.Minute)})
	}
	return t
}

func chose(id string) map[string]courses.Answer {
	return map[string]courses.Answer{"c": {Options: []string{id}}}
}

func typed(text string) map[string]courses.Answer {
	return map[string]courses.Answer{"w": {Text: text}}
}

// people are n trails of the same answers.
func people(name string, n int, answers map[string]courses.Answer) []courses.Trail {
	var all []courses.Trail
	for i := range n {
		all = append(all, handedIn(fmt.Sprint(name, i), answers))
	}
	return all
}

func join(groups ...[]courses.Trail) []courses.Trail {
	var all []courses.Trail
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

func TestAQuestionIsJudgedByFirstAttempts(t *testing.T) {
	for _, c := range []struct {
		name     string
		question courses.Question
		trails   []courses.Trail
		want     string // asked right wrong(times) unchosen advice
	}{
		{"nobody", choice, nil, "0 0  [] []"},
		{"too few to say", choice, people("a", 19, chose("b")), "19 0 b(19) [] []"},
		{"hard, and a lure", choice, join(people("a", 5, chose("a")), people("b", 20, chose("b"))), "25 5 b(20) [c] [hard lure unchosen]"},
		{"a lure", choice, join(people("a", 10, chose("a")), people("b", 11, chose("b")), people("c", 1, chose("c"))), "22 10 b(11) [] [lure]"},
		{"easy", choice, people("a", 30, chose("a")), "30 30  [b c] [easy]"},
		{"as it should be", choice, join(people("a", 15, chose("a")), people("b", 5, chose("b")), people("c", 5, chose("c"))), "25 15 b(5) [] []"},
		{"nothing answered is not right", choice, people("a", 20, nil), "20 0  [b c] [hard unchosen]"},
		{"the second attempt does not count", choice, []courses.Trail{handedIn("a", chose("b"), chose("a"))}, "1 0 b(1) [] []"},
		{"a word three typed", word, join(people("a", 2, typed("Lai Châu")), people("b", 1, typed(" LAI  chau")), people("c", 2, typed("x"))), "5 0 LAI chau(3) [] []"},
		{"words of single people are not shown", word, join(people("a", 2, typed("my name")), people("b", 1, typed("y"))), "3 0  [] []"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := courses.NewStatistics(taught(c.question), c.trails, morning)
			q := f.Lessons[1].Questions[0]
			wrong := ""
			if q.Wrong.N > 0 {
				wrong = fmt.Sprintf("%s(%d)", q.Wrong.Option.ID+q.Wrong.Text.Vi, q.Wrong.N)
			}
			var unchosen []string
			for _, o := range q.Unchosen {
				unchosen = append(unchosen, o.ID)
			}
			if got := fmt.Sprintf("%d %d %s %v %v", q.Asked, q.Right, wrong, unchosen, q.Advice()); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestDiscriminationIsTheCorrelationWithTheRest(t *testing.T) {
	both := func(c, t string) map[string]courses.Answer {
		yes := t == "true"
		return map[string]courses.Answer{"c": {Options: []string{c}}, "t": {Bool: &yes}, "e": {Text: "an essay"}}
	}
	for _, c := range []struct {
		name   string
		trails []courses.Trail
		want   float64
		known  bool
	}{
		{"who knows one knows the other", join(people("a", 10, both("a", "true")), people("b", 10, both("b", "false"))), 1, true},
		{"who knows one does not know the other", join(people("a", 10, both("a", "false")), people("b", 10, both("b", "true"))), -1, true},
		{"by chance", join(people("a", 5, both("a", "true")), people("b", 5, both("b", "false")), people("c", 5, both("a", "false")), people("d", 5, both("b", "true"))), 0, true},
		{"phi of 8 2 4 6", join(people("a", 8, both("a", "true")), people("b", 2, both("a", "false")), people("c", 4, both("b", "true")), people("d", 6, both("b", "false"))), 40 / math.Sqrt(10*10*12*8), true},
		{"all alike", people("a", 30, both("a", "true")), 0, false},
		{"few", join(people("a", 10, both("a", "true")), people("b", 9, both("b", "false"))), 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := courses.NewStatistics(taught(writing, choice, truth), c.trails, morning)
			if n := len(f.Lessons[1].Questions); n != 2 {
				t.Fatalf("%d questions are scored", n)
			}
			q := f.Lessons[1].Questions[0]
			if q.Number != 2 || q.Known != c.known || math.Abs(q.Discrimination-c.want) > 1e-9 {
				t.Errorf("number %d, %v %v, want %v %v", q.Number, q.Discrimination, q.Known, c.want, c.known)
			}
		})
	}
}

func TestALessonIsJudgedByWhoStopsAndHowLong(t *testing.T) {
	v := taught(choice)
	read := func(person string) courses.Trail { return handedIn(person) }
	moved := handedIn("moved")
	moved.Moved = true
	paused := handedIn("paused", chose("a"))
	paused.Attempts[0].HappenedAt, paused.Attempts[0].Score = morning.Add(3*time.Hour), 100
	passed := func(person string, minutes int) courses.Trail {
		t := handedIn(person, chose("b"), chose("a"))
		t.Attempts[1].Score, t.Attempts[1].HappenedAt = 100, morning.Add(time.Duration(minutes)*time.Minute)
		return t
	}
	trails := []courses.Trail{read("a"), moved, paused, passed("b", 14), passed("c", 20), passed("d", 80), handedIn("tried", chose("b"))}
	for _, c := range []struct {
		days    int
		stopped int
	}{{1, 0}, {13, 0}, {15, 2}} {
		f := courses.NewStatistics(v, trails, morning.AddDate(0, 0, c.days))
		doc, thu := f.Lessons[0], f.Lessons[1]
		if doc.Came != 7 || doc.Began != 7 || doc.Finished != 7 || doc.Stopped != 0 || doc.Timed != 0 {
			t.Errorf("the first lesson: %+v", doc)
		}
		if thu.Came != 7 || thu.Began != 5 || thu.Finished != 4 || thu.Stopped != c.stopped || f.Finished != 4 {
			t.Errorf("after %d days came %d began %d finished %d stopped %d", c.days, thu.Came, thu.Began, thu.Finished, thu.Stopped)
		}
		if thu.Timed != 3 || thu.Minutes != 20 {
			t.Errorf("%d took %v minutes", thu.Timed, thu.Minutes)
		}
	}
	var many []courses.Trail
	for i := range 20 {
		many = append(many, read(fmt.Sprint("r", i)), passed(fmt.Sprint("p", i), 21), passed(fmt.Sprint("q", i), 22))
	}
	f := courses.NewStatistics(v, many, morning.AddDate(0, 1, 0))
	if got := fmt.Sprint(f.Lessons[1].Advice()); got != "[stopped slow]" {
		t.Errorf("%s of %+v", got, f.Lessons[1])
	}
}

func TestFiguresCountOnlyTheirVersionAndWhatWasDrawn(t *testing.T) {
	other := handedIn("other", chose("b"))
	other.Attempts[0].Version = "K@2"
	old := handedIn("old", chose("a"))
	old.Attempts[0].Version = ""
	f := courses.NewStatistics(taught(choice), []courses.Trail{other, old}, morning)
	if q := f.Lessons[1].Questions[0]; q.Asked != 1 || q.Right != 1 || f.Lessons[1].Began != 1 {
		t.Errorf("%+v", q)
	}
	v := drawing()
	v.ID = "K@1"
	trail := handedIn("mai", nil)
	zero := 0
	trail.Attempts[0].Draw = &zero
	asked := map[string]bool{}
	for _, id := range ids(v.Modules[0].Lessons[1].Quiz.Drawn(trail.Enrolment.ID, "thu", 0)) {
		asked[id] = true
	}
	for _, q := range courses.NewStatistics(&v, []courses.Trail{trail}, morning).Lessons[1].Questions {
		if (q.Asked == 1) != asked[q.Question.ID] {
			t.Errorf("%s: asked %d times, drawn is %v", q.Question.ID, q.Asked, asked)
		}
	}
}

func TestFiguresDoNotDependOnTheOrderOfLearnersAndFacts(t *testing.T) {
	var trails []courses.Trail
	for i := range 60 {
		trails = append(trails, handedIn(fmt.Sprint("p", i), chose([]string{"a", "b", "c"}[i%3]), chose("a")))
	}
	for i := range trails[:10] {
		trails[i].Attempts[0].Answers = typed([]string{"Lai Châu", "LAI CHAU", "lai chau"}[i%3])
	}
	want := courses.NewStatistics(taught(choice, word), trails, morning.AddDate(0, 1, 0))
	for range 5 {
		rand.Shuffle(len(trails), func(i, j int) { trails[i], trails[j] = trails[j], trails[i] })
		for _, t := range trails {
			rand.Shuffle(len(t.Attempts), func(i, j int) { t.Attempts[i], t.Attempts[j] = t.Attempts[j], t.Attempts[i] })
		}
		if got := courses.NewStatistics(taught(choice, word), trails, morning.AddDate(0, 1, 0)); !reflect.DeepEqual(got, want) {
			t.Fatalf("\n got %+v\nwant %+v", got, want)
		}
	}
}

func TestFiguresAreReadFromTheStore(t *testing.T) {
	s := newSchool(t)
	v := publish(t, s, version(0))
	for i, answer := range []string{"true", "true", "false"} {
		person := fmt.Sprint("p", i)
		record(t, s, person, read("1"))
		record(t, s, person, try("2", answer))
		record(t, s, person, try("3", "false"))
	}
	f, begun, err := s.Statistics(t.Context(), v)
	if err != nil || begun != 3 || f.Learners != 3 || f.Finished != 2 {
		t.Fatalf("%d began, %+v, %v", begun, f, err)
	}
	if q := f.Lessons[1].Questions[0]; q.Asked != 3 || q.Right != 2 || q.Wrong.Option.ID != "false" {
		t.Errorf("%+v", q)
	}
	next := version(0)
	next.Hash = "h2"
	second := publish(t, s, next)
	s.at(morning.AddDate(0, 1, 0))
	if _, err := s.Advance(t.Context(), learner("p2"), "K"); err != nil {
		t.Fatal(err)
	}
	if f, _, err = s.Statistics(t.Context(), v); err != nil || f.Lessons[1].Stopped != 0 || f.Lessons[1].Came != 3 {
		t.Errorf("who moved up is taken for one who stopped: %+v, %v", f.Lessons[1], err)
	}
	if f, begun, err = s.Statistics(t.Context(), second); err != nil || begun != 0 || f.Learners != 0 || len(f.Lessons) != 2 {
		t.Errorf("%d %+v %v", begun, f, err)
	}
}
