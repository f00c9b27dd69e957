package school

import (
	"context"
	"errors"
	"strconv"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// Reading is the lesson of a course in which a person was last, and how far down its text. It is state, and of no
// weight for what is completed: it takes a reader to the same place on another phone.
type Reading struct {
	ID     string    `json:"id"` // person/course
	Lesson string    `json:"lesson"`
	At     int       `json:"at"`   // percent of the text, 0 to 100
	LeftAt time.Time `json:"left"` // by the server's clock
}

// ReadingKind holds one Reading for each person and course.
var ReadingKind = &store.Kind{Name: "reading", Schema: 1, Order: 310, Under: "id", Doc: Reading{}}

// Leave keeps where a person left a lesson.
func (s *School) Leave(ctx context.Context, person, course, lesson string, at int) error {
	v, err := s.VersionFor(ctx, person, course)
	if err != nil {
		return err
	}
	if _, ok := v.Lesson(lesson); !ok {
		return store.NotFound(VersionKind, lesson)
	}
	if at < 0 || at > 100 {
		return problem.Invalid("at", "place-range")
	}
	r := Reading{ID: person + "/" + course, Lesson: lesson, At: at, LeftAt: store.Time(s.Now())}
	err = s.Store.Insert(ctx, ReadingKind, &r)
	if !errors.Is(err, problem.ErrExists) {
		return err
	}
	_, err = store.Update(ctx, s.Store, ReadingKind, r.ID, func(old *Reading) error { *old = r; return nil })
	return err
}

// Readings are where a person left the lessons of each course, by course.
func (s *School) Readings(ctx context.Context, person string) (map[string]Reading, error) {
	all, err := store.All[Reading](ctx, s.Store, ReadingKind, store.Where(store.Begins("id", person+"/")))
	if err != nil {
		return nil, err
	}
	readings := map[string]Reading{}
	for _, r := range all {
		readings[r.ID[len(person)+1:]] = r
	}
	return readings, nil
}

// Step is what a person does next in a study.
type Step struct {
	Lesson courses.Lesson // the practice task as a lesson, where that is what is left
	Path   string         // of its page, with the place in the text
	Quiz   bool           // the text was read, its questions are left
}

// Next is the step that a study goes on with, given where its text was left; the zero Step when nothing is left.
func (st Study) Next(r Reading) Step {
	base := "/courses/" + st.Version.Course + "/"
	lesson, ok := st.Version.Lesson(st.Progress.Next)
	if !ok {
		if task := st.Version.Practice; task != nil {
			return Step{Lesson: courses.Lesson{Title: task.Title, Minutes: task.Minutes}, Path: base + "practice"}
		}
		return Step{}
	}
	step := Step{Lesson: lesson, Path: base + lesson.ID}
	switch {
	case st.Progress.Lessons[lesson.ID].Read && len(lesson.Quiz.Questions) > 0:
		step.Path, step.Quiz = step.Path+"/quiz", true
	case r.Lesson == lesson.ID && r.At > 0:
		step.Path += "#o-" + strconv.Itoa(r.At)
	}
	return step
}
