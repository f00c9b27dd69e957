package courses

import (
	"slices"
	"time"
)

// Progress is how far a person is in one cycle of a course: a pure function of the version and the facts.
type Progress struct {
	Lessons     map[string]LessonState // by lesson id
	Done        int                    // lessons finished
	Total       int
	MinutesLeft int
	Next        string    // first lesson not finished, "" when all are
	Task        TaskState // of the practice task, where the course is not complete without it; else ""
	CompletedAt time.Time // when the last thing needed was finished; zero before
}

// LessonState is how far a person is in one lesson.
type LessonState struct {
	Read     bool      // the text was finished
	Done     bool      // read, or for a lesson with a quiz: passed
	Best     int       // best score in percent
	Attempts int       // handed in
	Draws    []int     // numbers of the draws that they answered, each once, in order
	LastAt   time.Time // when the last of them happened, zero for none
	DoneAt   time.Time // when it was first done, by the phone's corrected time
}

// Complete says whether every lesson is finished, and the practice task passed where the course requires it.
func (p Progress) Complete() bool {
	return p.Done == p.Total && p.Total > 0 && (p.Task == "" || p.Task == TaskPassed)
}

// Percent of the lessons that are finished, rounded down; a required practice task counts as one more.
func (p Progress) Percent() int {
	done, total := p.Done, p.Total
	if p.Task != "" {
		total++
	}
	if p.Task == TaskPassed {
		done++
	}
	if total == 0 {
		return 0
	}
	return 100 * done / total
}

// Term is the time from which on an enrolment is of a version, until the next term begins.
type Term struct {
	Version *Version
	From    time.Time
}

// Terms are the versions that an enrolment has been of, in order. The last is the one that is finished.
type Terms []Term

// Version is the one that is finished.
func (t Terms) Version() *Version { return t[len(t)-1].Version }

// at is the index of the term in which something happened.
func (t Terms) at(happened time.Time) int {
	for i, term := range slices.Backward(t) {
		if i == 0 || !happened.Before(term.From) {
			return i
		}
	}
	return 0
}

// passed says whether an attempt reached the pass mark of the version whose quiz it was handed in to.
func (t Terms) passed(a Attempt) bool {
	v := t[t.at(a.HappenedAt)].Version
	if i := slices.IndexFunc(t, func(term Term) bool { return term.Version.ID == a.Version }); i >= 0 && a.Version != "" {
		v = t[i].Version
	}
	l, ok := v.Lesson(a.Lesson)
	return ok && len(l.Quiz.Questions) > 0 && a.Score >= v.PassMark
}

// Trace is Terms.Trace for an enrolment that has been of one version.
func Trace(v *Version, completions []Completion, attempts []Attempt, work ...HandedIn) Progress {
	return Terms{{Version: v}}.Trace(completions, attempts, work...)
}

// deed is a fact about a lesson: the term and the time in which it happened, and whether it is an attempt that passed.
type deed struct {
	term   int
	at     time.Time
	passed bool
}

// Trace puts the facts of one enrolment together. Their order does not matter, nor how often a fact is given. A lesson
// without a quiz is done by its completion; a lesson with one is done by an attempt that reaches the pass mark (the
// best counts), whether its text was marked as read before, after or never. What is done in one version stays done,
// with its date, in every later one that has the lesson, whatever that one asks. Work on the practice task is asked for
// where the version that is finished requires it.
func (t Terms) Trace(completions []Completion, attempts []Attempt, work ...HandedIn) Progress {
	p := Progress{Lessons: map[string]LessonState{}}
	deeds := map[string][]deed{} // by lesson
	for _, c := range completions {
		s := p.Lessons[c.Lesson]
		s.Read = true
		p.Lessons[c.Lesson] = s
		deeds[c.Lesson] = append(deeds[c.Lesson], deed{term: t.at(c.HappenedAt), at: c.HappenedAt})
	}
	counted := map[string]bool{}
	for _, a := range attempts {
		if counted[a.ID] {
			continue
		}
		counted[a.ID] = true
		s := p.Lessons[a.Lesson]
		s.Attempts++
		s.Best = max(s.Best, a.Score)
		if a.HappenedAt.After(s.LastAt) {
			s.LastAt = a.HappenedAt
		}
		if a.Draw != nil {
			if i, known := slices.BinarySearch(s.Draws, *a.Draw); !known {
				s.Draws = slices.Insert(s.Draws, i, *a.Draw)
			}
		}
		p.Lessons[a.Lesson] = s
		if t.passed(a) {
			deeds[a.Lesson] = append(deeds[a.Lesson], deed{t.at(a.HappenedAt), a.HappenedAt, true})
		}
	}
	for lesson, all := range deeds {
		s := p.Lessons[lesson]
		t.finish(&s, lesson, all)
		p.Lessons[lesson] = s
	}
	return p.sum(t.Version(), work)
}

// finish goes through the terms and ends with the first in which the lesson was done: later ones can neither undo nor
// re-date it.
func (t Terms) finish(s *LessonState, lesson string, deeds []deed) {
	for i, term := range t {
		l, there := term.Version.Lesson(lesson)
		reading := there && len(l.Quiz.Questions) == 0
		for _, d := range deeds {
			if d.term <= i && (d.passed || reading) && (!s.Done || d.at.Before(s.DoneAt)) {
				s.Done, s.DoneAt = true, d.at
			}
		}
		if s.Done {
			return
		}
	}
}

// sum counts what is done of the version and what is left.
func (p Progress) sum(v *Version, work []HandedIn) Progress {
	for _, l := range v.Lessons() {
		s := p.Lessons[l.ID]
		p.Total++
		if s.Done {
			p.Done++
			if s.DoneAt.After(p.CompletedAt) {
				p.CompletedAt = s.DoneAt
			}
			continue
		}
		p.MinutesLeft += l.Minutes
		if p.Next == "" {
			p.Next = l.ID
		}
	}
	if v.Practice != nil && v.Practice.Required {
		p.practise(v.Practice, work)
	}
	if !p.Complete() {
		p.CompletedAt = time.Time{}
	}
	return p
}

// practise adds the practice task, which is passed once one of the submissions is.
func (p *Progress) practise(task *Practice, work []HandedIn) {
	var at time.Time
	if p.Task, at = stateOf(work); at.After(p.CompletedAt) {
		p.CompletedAt = at
	}
	if p.Task == TaskTodo || p.Task == TaskAgain {
		p.MinutesLeft += task.Minutes
	}
}

// With lists the versions that have a lesson: first the one in which something happened, then the others, the newest
// first.
func (t Terms) With(lesson string, happened time.Time) []*Version {
	order := []*Version{t[t.at(happened)].Version}
	for _, term := range slices.Backward(t) {
		if !slices.Contains(order, term.Version) {
			order = append(order, term.Version)
		}
	}
	return slices.DeleteFunc(order, func(v *Version) bool { _, ok := v.Lesson(lesson); return !ok })
}
