package server

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/store"
)

type authorPage struct {
	frame
	Courses []courseRow
	Waiting int // practice tasks that wait for the visitor's review
}

// courseRow is a course and how many people are in it.
type courseRow struct {
	*courses.Version
	Lessons, Questions int
	Begun, Completed   int
}

// author shows a trainer the courses.
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
	if page.Waiting, err = s.waiting(ctx, *visitorOf(c).account); err != nil {
		return err
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
