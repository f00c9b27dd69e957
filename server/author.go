package server

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/store"
)

type authorPage struct {
	frame
	Courses   []courseRow
	Course    *courses.Version // the one whose questions are shown, nil for none
	Questions []questionRow    // those that are failed most often first
	Attempts  int              // that the questions' figures are of
}

// courseRow is a course and how many people are in it.
type courseRow struct {
	*courses.Version
	Lessons, Questions int
	Begun, Completed   int
}

// questionRow is a question and how it does.
type questionRow struct {
	Lesson           courses.Lesson
	Number           int
	Text             courses.Text
	Answered, Failed int
}

// Share is the percentage of answers that were not wholly right.
func (q questionRow) Share() float64 {
	if q.Answered == 0 {
		return 0
	}
	return 100 * float64(q.Failed) / float64(q.Answered)
}

// author shows a trainer the courses, and of one of them how its questions do.
func (s *Server) author(c *fiber.Ctx) error {
	if !roster.MayAuthor(*visitorOf(c).account) {
		return store.Denied("denied")
	}
	page := authorPage{frame: s.frame(c, s.wordsOf(c).T("author.title"))}
	ctx := c.UserContext()
	catalogue, err := s.school.Everything(ctx)
	if err != nil {
		return err
	}
	if page.Courses, err = s.courseRows(ctx, catalogue); err != nil {
		return err
	}
	if id := c.Query("course"); id != "" {
		i := slices.IndexFunc(catalogue, func(v *courses.Version) bool { return v.Course == id })
		if i < 0 {
			return store.NotFound(courses.ListingKind, id)
		}
		page.Course = catalogue[i]
		if page.Questions, page.Attempts, err = s.questionRows(ctx, page.Course); err != nil {
			return err
		}
	}
	return s.page(c, "author", page)
}

func (s *Server) courseRows(ctx context.Context, catalogue []*courses.Version) ([]courseRow, error) {
	begun, err := s.store.Count(ctx, courses.EnrolmentKind, store.Query{}, "course")
	if err != nil {
		return nil, err
	}
	completed, err := s.store.Count(ctx, courses.CertificateKind, store.Where(store.Is("replaces", "")), "course")
	if err != nil {
		return nil, err
	}
	var rows []courseRow
	for _, v := range catalogue {
		row := courseRow{Version: v, Begun: counted(begun, v.Course), Completed: counted(completed, v.Course)}
		for _, l := range v.Lessons() {
			row.Lessons++
			row.Questions += len(l.Quiz.Questions)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func counted(groups []store.Group, key string) int {
	for _, g := range groups {
		if g.Key[0] == key {
			return g.N
		}
	}
	return 0
}

// Of the newest attempts of all courses, this many are looked at, so that a page takes a second at most whatever the store holds.
const attemptsRead = 20000

// questionRows counts, over the newest attempts, how often each question of a version was answered and how often not wholly rightly. An attempt at an earlier version is marked by that version's key.
func (s *Server) questionRows(ctx context.Context, v *courses.Version) ([]questionRow, int, error) {
	rows := map[string]*questionRow{} // by lesson and question
	var all []*questionRow
	for _, l := range v.Lessons() {
		for i, q := range l.Quiz.Questions {
			if q.Kind == courses.Description {
				continue
			}
			row := &questionRow{Lesson: l, Number: i + 1, Text: questionText(q)}
			rows[l.ID+"/"+q.ID] = row
			all = append(all, row)
		}
	}
	var attempts []courses.Attempt
	n := 0
	err := store.Each(ctx, s.store, courses.AttemptKind, store.Query{}.By("-recordedAt").First(attemptsRead), func(a courses.Attempt) error {
		if a.Course == v.Course {
			attempts = append(attempts, a)
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	for _, a := range attempts {
		l, err := s.lessonOf(ctx, v, a)
		if err != nil {
			return nil, 0, err
		}
		n++
		_, marks := l.Quiz.Grade(a.Answers)
		for id, m := range marks {
			if row := rows[l.ID+"/"+id]; row != nil && m.Answered {
				row.Answered++
				if !m.Right {
					row.Failed++
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *questionRow) int { return cmp.Compare(b.Share(), a.Share()) })
	out := make([]questionRow, len(all))
	for i, row := range all {
		out[i] = *row
	}
	return out, n, nil
}

// lessonOf is the lesson that an attempt was at, in the version whose quiz it was. A course with one version has no other.
func (s *Server) lessonOf(ctx context.Context, newest *courses.Version, a courses.Attempt) (courses.Lesson, error) {
	v := newest
	if newest.Number > 1 {
		var err error
		if v, err = s.school.VersionAttempted(ctx, a); errors.Is(err, store.ErrNotFound) {
			v, err = newest, nil
		}
		if err != nil {
			return courses.Lesson{}, err
		}
	}
	l, _ := v.Lesson(a.Lesson)
	return l, nil
}

// questionText is a few words by which a question is known.
func questionText(q courses.Question) courses.Text {
	if q.Title != (courses.Text{}) {
		return q.Title
	}
	return courses.Text{Vi: brief(q.Prompt.Vi), En: brief(q.Prompt.En)}
}

// briefLetters is how much of a question stands in a table.
const briefLetters = 120

func brief(text string) string {
	letters := []rune(text)
	if len(letters) <= briefLetters {
		return text
	}
	return string(letters[:briefLetters]) + "…"
}
