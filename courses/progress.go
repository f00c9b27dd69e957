package courses

import "time"

// Progress is how far a person is in one cycle of a course: a pure function of the version and the facts.
type Progress struct {
	Lessons     map[string]LessonState // by lesson id
	Done        int                    // lessons finished
	Total       int
	MinutesLeft int
	Next        string    // first lesson not finished, "" when all are
	CompletedAt time.Time // when the last lesson needed was finished; zero before
}

// LessonState is how far a person is in one lesson.
type LessonState struct {
	Read     bool      // the text was finished
	Done     bool      // read, or for a lesson with a quiz: passed
	Best     int       // best score in percent
	Attempts int       // handed in
	DoneAt   time.Time // when it was first done, by the phone's corrected time
}

// Complete says whether every lesson is finished.
func (p Progress) Complete() bool { return p.Done == p.Total && p.Total > 0 }

// Percent of the lessons that are finished, rounded down.
func (p Progress) Percent() int {
	if p.Total == 0 {
		return 0
	}
	return 100 * p.Done / p.Total
}

// Trace puts the facts of one enrolment together. Their order does not matter, nor how often a fact is given. A lesson without a quiz is done by its completion; a lesson with one is done by an attempt
// that reaches the pass mark (the best counts), whether its text was marked as read before, after or never.
func Trace(v *Version, completions []Completion, attempts []Attempt) Progress {
	p := Progress{Lessons: map[string]LessonState{}}
	lessons := v.Lessons()
	quiz := map[string]bool{}
	for _, l := range lessons {
		quiz[l.ID] = len(l.Quiz.Questions) > 0
	}
	for _, c := range completions {
		s := p.Lessons[c.Lesson]
		s.Read = true
		if has, known := quiz[c.Lesson]; known && !has {
			s.finish(c.HappenedAt)
		}
		p.Lessons[c.Lesson] = s
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
		if quiz[a.Lesson] && a.Score >= v.PassMark {
			s.finish(a.HappenedAt)
		}
		p.Lessons[a.Lesson] = s
	}
	for _, l := range lessons {
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
	if !p.Complete() {
		p.CompletedAt = time.Time{}
	}
	return p
}

func (s *LessonState) finish(at time.Time) {
	if !s.Done || at.Before(s.DoneAt) {
		s.DoneAt = at
	}
	s.Done = true
}
