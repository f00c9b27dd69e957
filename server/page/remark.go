package page

import (
	"context"

	"lopban/courses"
	"lopban/courses/help"
	"lopban/courses/words"
)

// RemarkPlace names the lesson that a remark is about, and the question of it, as they were in the version that its
// sender studied. What that version cannot tell is named by its id.
func (s *Site) RemarkPlace(ctx context.Context, w words.Words, r help.Remark) string {
	lesson, question := r.Lesson, r.Question
	v, err := s.School.Version(ctx, r.Version)
	if err != nil {
		v = &courses.Version{}
	}
	if l, ok := v.Lesson(r.Lesson); ok {
		lesson = w.In(l.Title)
		if q, ok := l.Quiz.Question(r.Question); ok {
			question = w.In(q.Prompt)
		}
	}
	if question == "" {
		return lesson
	}
	return w.T("remark.at-question", lesson, question)
}
