package courses

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Trail is what one learner of a version left behind.
type Trail struct {
	Enrolment   Enrolment
	Completions []Completion
	Attempts    []Attempt
	Moved       bool // they have moved up to another version since
}

// Bounds of what statistics are made of, so that a page takes a second at most whatever the store holds.
const (
	TrailsRead   = 500 // learners of a version, the newest
	AttemptsRead = 100 // of one learner
)

// FewLearners is under how many a share or a correlation says more about chance than about the course.
const FewLearners = 20

// Statistics say how a version teaches: a pure function of its learners' facts, without a name.
type Statistics struct {
	Version  *Version
	Learners int
	Finished int // the whole course
	Lessons  []LessonStatistics
}

// LessonStatistics say who came to a lesson, who finished it and how long it took.
type LessonStatistics struct {
	Lesson   Lesson
	Number   int     // in the course, from 1
	Came     int     // learners who began it, or have done all before it
	Began    int     // learners with a fact of this lesson: its text finished or answers handed in
	Finished int     // of those, who have done it
	Stopped  int     // learners whose next lesson this is and who have done nothing for two weeks
	Minutes  float64 // median, see [LessonFigures.Timed]
	// learners whose time is known: from the fact before the lesson's first to the one that finished it, with no pause
	// of two hours
	Timed     int
	Questions []QuestionStatistics
}

// QuestionStatistics say how a scored question does in the first attempts of its learners, so that what was learned
// from the feedback does not count.
type QuestionStatistics struct {
	Question Question
	Number   int // in the quiz, from 1
	Asked    int // first attempts that asked it
	Right    int // of those, wholly right

	// Discrimination is the point-biserial correlation of "right" with the share of the rest of the same attempt, from
	// -1 to 1: do those who know the rest know this? The question itself is not in the rest, which would flatter it. It
	// uses every learner, while comparing the upper and lower 27 % would throw away half of few. Known is false under
	// FewLearners attempts, and where all did alike.
	Discrimination float64
	Known          bool

	Wrong    Wrong    // the wrong answer given most often, none where N is 0
	Unchosen []Option // wrong options that nobody chose, where FewLearners or more were asked
}

// Wrong is a wrong answer and how many first attempts gave it. What was typed is shown only when three learners or more
// typed the same.
type Wrong struct {
	Option Option // of a choice
	Left   Text   // of a matching: the left side
	Text   Text   // of a matching the right side, else what was typed
	N      int
}

// pause is the longest time between two facts that is taken for work on a lesson; idle is after how long a learner has
// stopped.
const (
	pause = 2 * time.Hour
	idle  = 14 * 24 * time.Hour
)

// NewStatistics puts the trails of a version's learners together.
func NewStatistics(v *Version, trails []Trail, now time.Time) Statistics {
	f := Statistics{Version: v, Learners: len(trails)}
	place := map[string]int{}
	for i, l := range v.Lessons() {
		place[l.ID] = i
		f.Lessons = append(f.Lessons, LessonStatistics{Lesson: l, Number: i + 1})
	}
	minutes := make([][]float64, len(f.Lessons))
	for _, t := range trails {
		t.Attempts = slices.DeleteFunc(slices.Clone(t.Attempts), func(a Attempt) bool { return a.Version != "" && a.Version != v.ID })
		p := Trace(v, t.Completions, t.Attempts)
		if p.Complete() {
			f.Finished++
		}
		for i := range f.Lessons {
			l := &f.Lessons[i]
			s, began := p.Lessons[l.Lesson.ID]
			next := l.Lesson.ID == p.Next
			l.Came += one(began || next)
			l.Began += one(began)
			l.Finished += one(s.Done)
			l.Stopped += one(next && !t.Moved && now.Sub(t.last()) >= idle)
		}
		for id, took := range t.times(p) {
			if i, ok := place[id]; ok {
				minutes[i] = append(minutes[i], took.Minutes())
			}
		}
	}
	for i := range f.Lessons {
		l := &f.Lessons[i]
		l.Minutes, l.Timed = median(minutes[i]), len(minutes[i])
		l.Questions = questionStatistics(l.Lesson, trails, v.ID)
	}
	return f
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// last is when the learner last did something.
func (t Trail) last() time.Time {
	at := t.Enrolment.HappenedAt
	for _, s := range t.steps() {
		if s.at.After(at) {
			at = s.at
		}
	}
	return at
}

// step is a fact in the order of time.
type step struct {
	lesson string
	at     time.Time
}

func (t Trail) steps() []step {
	var all []step
	for _, c := range t.Completions {
		all = append(all, step{c.Lesson, c.HappenedAt})
	}
	for _, a := range t.Attempts {
		all = append(all, step{a.Lesson, a.HappenedAt})
	}
	slices.SortStableFunc(all, func(a, b step) int { return a.at.Compare(b.at) })
	return all
}

// times are how long the lessons took that are done: from the fact before the lesson's first to the one that finished
// it. Nothing is known of the lesson begun first, nor of one with a pause in it.
func (t Trail) times(p Progress) map[string]time.Duration {
	took := map[string]time.Duration{}
	broken := map[string]bool{}
	steps := t.steps()
	for i, s := range steps {
		state := p.Lessons[s.lesson]
		if !state.Done || s.at.After(state.DoneAt) {
			continue
		}
		if i == 0 || s.at.Sub(steps[i-1].at) >= pause {
			broken[s.lesson] = true
			continue
		}
		took[s.lesson] += s.at.Sub(steps[i-1].at)
	}
	for lesson := range broken {
		delete(took, lesson)
	}
	return took
}

func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	middle := len(all) / 2
	if len(all)%2 == 1 {
		return all[middle]
	}
	return (all[middle-1] + all[middle]) / 2
}

// tally is what is counted of one question.
type tally struct {
	statistics QuestionStatistics
	right      []float64 // 0 or 1, for each first attempt with other questions
	rest       []float64 // their share, 0 to 1
	chosen     map[string]int
	wrong      map[string]Wrong // by what makes two answers the same
}

func questionStatistics(l Lesson, trails []Trail, version string) []QuestionStatistics {
	var order []*tally
	of := map[string]*tally{}
	for _, q := range l.Quiz.Questions {
		if q.Kind == Description {
			continue
		}
		if q.Kind.Scored() {
			of[q.ID] = &tally{statistics: QuestionStatistics{Question: q, Number: len(order) + 1}, chosen: map[string]int{}, wrong: map[string]Wrong{}}
		}
		order = append(order, of[q.ID]) // an essay keeps its number
	}
	for _, t := range trails {
		if a, ok := t.first(l.ID, version); ok {
			count(l.Quiz, a, of)
		}
	}
	var all []QuestionStatistics
	for _, t := range order {
		if t != nil {
			all = append(all, t.sum())
		}
	}
	return all
}

// first is the learner's first attempt at a lesson's quiz, if it was at this version of it.
func (t Trail) first(lesson, version string) (Attempt, bool) {
	var first *Attempt
	for i, a := range t.Attempts {
		if a.Lesson == lesson && (first == nil || a.HappenedAt.Before(first.HappenedAt)) {
			first = &t.Attempts[i]
		}
	}
	if first == nil || first.Version != "" && first.Version != version {
		return Attempt{}, false
	}
	return *first, true
}

func count(quiz Quiz, a Attempt, of map[string]*tally) {
	asked := a.Quiz(quiz)
	_, marks := asked.Grade(a.Answers)
	sum, n := 0.0, 0
	for _, q := range asked.Questions {
		if q.Kind.Scored() {
			sum += marks[q.ID].Share
			n++
		}
	}
	for _, q := range asked.Questions {
		t := of[q.ID]
		if t == nil {
			continue
		}
		m := marks[q.ID]
		t.statistics.Asked++
		right := 0.0
		if m.Right {
			t.statistics.Right++
			right = 1
		}
		if n > 1 {
			t.right, t.rest = append(t.right, right), append(t.rest, (sum-m.Share)/float64(n-1))
		}
		t.answer(a.Answers[q.ID], m.Right)
	}
}

// answer counts what was chosen, and what was wrong of it.
func (t *tally) answer(a Answer, right bool) {
	q := t.statistics.Question
	add := func(key string, w Wrong) {
		old, known := t.wrong[key]
		if known && old.Text.Vi < w.Text.Vi { // of several spellings always the same is shown
			w = old
		}
		w.N = old.N + 1
		t.wrong[key] = w
	}
	if a.Bool != nil {
		a.Options = []string{strconv.FormatBool(*a.Bool)}
	}
	for _, o := range q.Options {
		if slices.Contains(a.Options, o.ID) {
			t.chosen[o.ID]++
			if o.Weight <= 0 {
				add(o.ID, Wrong{Option: o})
			}
		}
	}
	for _, p := range q.Pairs {
		if chosen := a.Pairs[p.Left]; p.Left != "" && chosen != "" && chosen != p.Right {
			at := slices.IndexFunc(q.Pairs, func(other Pair) bool { return other.Right == chosen })
			add(p.Left+"/"+chosen, Wrong{Left: p.LeftText, Text: q.Pairs[max(at, 0)].RightText})
		}
	}
	switch {
	case right:
	case q.Kind == Numerical && a.Number != nil:
		n := strconv.FormatFloat(*a.Number, 'f', -1, 64)
		add(n, Wrong{Text: Text{Vi: strings.Replace(n, ".", ",", 1), En: n}})
	case q.Kind == ShortAnswer && foldAnswer(a.Text) != "":
		typed := strings.Join(strings.Fields(a.Text), " ")
		add(foldAnswer(a.Text), Wrong{Text: Text{Vi: typed, En: typed}})
	}
}

// typedAlike is how many must have typed the same before it is shown: what one alone wrote could be anything.
const typedAlike = 3

func (t *tally) sum() QuestionStatistics {
	f := t.statistics
	var keys []string
	for key := range t.wrong {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(t.wrong[b].N, t.wrong[a].N), cmp.Compare(a, b)) })
	if len(keys) > 0 {
		if w := t.wrong[keys[0]]; len(f.Question.Options)+len(f.Question.Pairs) > 0 || w.N >= typedAlike {
			f.Wrong = w
		}
	}
	if f.Asked >= FewLearners {
		f.Discrimination, f.Known = correlation(t.right, t.rest)
		for _, o := range f.Question.Options {
			if o.Weight <= 0 && t.chosen[o.ID] == 0 {
				f.Unchosen = append(f.Unchosen, o)
			}
		}
	}
	return f
}

// correlation is Pearson's, which with zeros and ones on one side is the point-biserial one. It is not known for few,
// nor where one side does not vary.
func correlation(x, y []float64) (float64, bool) {
	if len(x) < FewLearners {
		return 0, false
	}
	mx, my := average(x), average(y)
	var xy, xx, yy float64
	for i := range x {
		dx, dy := x[i]-mx, y[i]-my
		xy, xx, yy = xy+dx*dy, xx+dx*dx, yy+dy*dy
	}
	if xx < 1e-9 || yy < 1e-9 {
		return 0, false
	}
	return max(-1, min(1, xy/math.Sqrt(xx*yy))), true
}

func average(all []float64) float64 {
	sum := 0.0
	for _, x := range all {
		sum += x
	}
	return sum / float64(len(all))
}

// Share is how many in a hundred were right.
func (f QuestionStatistics) Share() float64 { return share(f.Right, f.Asked) }

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

// Bounds of what is worth a word; those of discrimination are the usual ones of item analysis (Ebel: under 0.2 poor,
// under 0 to be mended).
const (
	hardShare    = 30
	easyShare    = 95
	weakRelation = 0.2
	manyStopped  = 20 // percent of who came to the lesson
)

// Advice names what a trainer should look at, the gravest first: "hard" (almost nobody is right), "backwards" (who
// knows the rest gets this wrong), "lure" (a wrong answer is chosen more often than the right one), "weak" (says little
// about what somebody knows), "unchosen" (a wrong option that fools nobody), "easy" (almost everybody is right). With
// few learners it is nothing.
func (f QuestionStatistics) Advice() []string {
	if f.Asked < FewLearners {
		return nil
	}
	var all []string
	add := func(when bool, what string) {
		if when {
			all = append(all, what)
		}
	}
	add(f.Share() < hardShare, "hard")
	add(f.Known && f.Discrimination < 0, "backwards")
	add(len(f.Question.Options) > 0 && f.Question.Kind != TrueFalse && f.Wrong.N > f.Right, "lure")
	add(f.Known && f.Discrimination >= 0 && f.Discrimination < weakRelation && f.Share() <= easyShare, "weak")
	add(len(f.Unchosen) > 0 && f.Question.Kind != TrueFalse && f.Share() <= easyShare, "unchosen")
	add(f.Share() > easyShare, "easy")
	return all
}

// Advice names what a trainer should look at: "stopped" (many go no further), "slow" and "quick" (it takes more than
// twice, or less than a third, of the minutes announced).
func (f LessonStatistics) Advice() []string {
	var all []string
	if f.Came >= FewLearners && share(f.Stopped, f.Came) >= manyStopped {
		all = append(all, "stopped")
	}
	if f.Timed >= FewLearners && f.Minutes > 2*float64(f.Lesson.Minutes) {
		all = append(all, "slow")
	}
	if f.Timed >= FewLearners && f.Minutes < float64(f.Lesson.Minutes)/3 {
		all = append(all, "quick")
	}
	return all
}
