package server

import (
	"context"
	"maps"
	"slices"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/store"
)

type authorPage struct {
	frame
	Courses []courseRow
	Waiting int // practice tasks that wait for the visitor's review
	Desk    []deskRow
	Form    newCourseForm
	Open    string // the form that has a fault
	Fault   *formFault
}

type newCourseForm struct{ Course, Strand, Vi, En string }

// deskRow is a course as the desk lists it.
type deskRow struct {
	Course  string
	Title   courses.Text
	Work    *authoring.Work // nil where no draft is open
	Retired bool
}

// deskRows lists the courses that can be written: those that wait for review first, then the open ones, then the rest.
func (s *Server) deskRows(ctx context.Context, page *authorPage, catalogue []*courses.Version) error {
	listings, err := store.All[courses.Listing](ctx, s.store, courses.ListingKind, store.Query{})
	if err != nil {
		return err
	}
	drafts, err := s.desk.Drafts(ctx)
	if err != nil {
		return err
	}
	rows := map[string]*deskRow{}
	for _, v := range catalogue {
		rows[v.Course] = &deskRow{Course: v.Course, Title: v.Title}
	}
	for _, l := range listings {
		if row := rows[l.ID]; row != nil {
			row.Retired = l.Retired()
		}
	}
	for _, id := range drafts {
		w, err := s.desk.Work(ctx, id)
		if err != nil {
			return err
		}
		if rows[id] == nil {
			v, _, _, err := s.desk.Outline(ctx, id)
			if err != nil {
				return err
			}
			rows[id] = &deskRow{Course: id, Title: v.Title}
		}
		rows[id].Work = &w
	}
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		page.Desk = append(page.Desk, *rows[id])
	}
	slices.SortStableFunc(page.Desk, func(a, b deskRow) int { return a.rank() - b.rank() })
	return nil
}

func (r deskRow) rank() int {
	switch {
	case r.Work == nil:
		return 2
	case r.Work.Stage == authoring.Review:
		return 0
	}
	return 1
}

// courseRow is a course and how many people are in it.
type courseRow struct {
	*courses.Version
	Lessons, Questions int
	Begun, Completed   int
}

// author shows a trainer the courses.
func (s *Server) author(c *fiber.Ctx) error {
	return s.showAuthor(c, newCourseForm{}, nil)
}

func (s *Server) showAuthor(c *fiber.Ctx, form newCourseForm, fault *formFault) error {
	page := authorPage{frame: s.frame(c, s.wordsOf(c).T("author.title")), Form: form, Open: "course", Fault: fault}
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
	if err := s.deskRows(ctx, &page, catalogue); err != nil {
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
	return courses.Text{Vi: brief(authoring.Plain(q.Prompt.Vi)), En: brief(authoring.Plain(q.Prompt.En))}
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
