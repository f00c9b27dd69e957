package learn

import (
	"html/template"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/server/page"
)

// sheetPage is a text to be printed: a page without the site around it.
type sheetPage struct {
	page.Frame
	Version *courses.Version
	Back    string // address of the page that it belongs to
	Of      courses.Text
	Body    template.HTML
}

// Form shows the form of a lesson as a page to print.
func (s *Pages) Form(c *fiber.Ctx) error {
	v, err := s.School.VersionFor(c.UserContext(), page.VisitorID(c), c.Params("id"))
	if err != nil {
		return err
	}
	l, ok := v.Lesson(c.Params("lesson"))
	if !ok {
		return store.NotFound(school.VersionKind, c.Params("lesson"))
	}
	return s.sheet(c, v, l.Sheet(), sheetPage{Back: "/courses/" + v.Course + "/" + l.ID, Of: l.Title}, s.WordsOf(c).In(l.Title))
}

// Guide shows trainers how to teach the course to a group, as a page to print.
func (s *Pages) Guide(c *fiber.Ctx) error {
	if !roster.MayAuthor(*page.VisitorOf(c).Account) {
		return problem.Denied("denied")
	}
	v, err := s.School.VersionFor(c.UserContext(), page.VisitorID(c), c.Params("id"))
	if err != nil {
		return err
	}
	return s.sheet(c, v, courses.Lesson{ID: authoring.GuideID, Body: v.Guide}, sheetPage{Back: "/courses/" + v.Course, Of: v.Title}, s.WordsOf(c).T("course.guide"))
}

// sheet shows a text of a course to print, not found where the course has none.
func (s *Pages) sheet(c *fiber.Ctx, v *courses.Version, text courses.Lesson, shown sheetPage, title string) error {
	if text.Body == (courses.Text{}) {
		return store.NotFound(school.VersionKind, text.ID)
	}
	shown.Frame, shown.Version = s.Frame(c, title), v
	shown.Body = s.Texts.Lesson(v, text, shown.Lang).HTML
	return s.Page(c, "sheet", shown)
}
