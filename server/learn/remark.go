package learn

import (
	"errors"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lopban/courses"
	"lopban/courses/help"
	"lopban/courses/problem"
	"lopban/server/page"
)

// remarkPage is where a learner reports a mistake in a lesson or in a question.
type remarkPage struct {
	page.Frame
	Version  *courses.Version
	Lesson   courses.Lesson
	Question string // "" for the lesson's text
	Prompt   courses.Text
	ID       string // of the report
	Text     string
	Fault    *page.FormFault
	Mine     []help.Remarked // in this course
	place    func(help.Remark) string
}

// Place is what a report is about.
func (p remarkPage) Place(r help.Remark) string { return p.place(r) }

// Remark shows the form, and what the visitor reported in the course before.
func (s *Pages) Remark(c *fiber.Ctx) error { return s.showRemark(c, remarkPage{}) }

func (s *Pages) showRemark(c *fiber.Ctx, shown remarkPage) error {
	at, err := s.LessonAt(c)
	if err != nil {
		return err
	}
	shown.Frame = s.Frame(c, s.WordsOf(c).T("remark.title"))
	shown.Version, shown.Lesson = at.Version, at.Lesson
	shown.place = func(r help.Remark) string { return s.RemarkPlace(c.UserContext(), shown.Words, r) }
	if shown.ID == "" {
		shown.ID, shown.Question = uuid.NewString(), c.Query("question")
	}
	if q, ok := at.Lesson.Quiz.Question(shown.Question); ok {
		shown.Prompt = q.Prompt
	}
	if shown.Prompt == (courses.Text{}) {
		shown.Question = ""
	}
	all, err := s.Help.RemarksOf(c.UserContext(), page.VisitorID(c))
	for _, r := range all {
		if r.Course == at.Version.Course {
			shown.Mine = append(shown.Mine, r)
		}
	}
	if err != nil {
		return err
	}
	return s.Page(c, "remark", shown)
}

// SendRemark keeps a report.
func (s *Pages) SendRemark(c *fiber.Ctx) error {
	f := courses.Fact{ID: c.FormValue("id"), Kind: "remark", Course: c.Params("id"), Lesson: c.Params("lesson"), Question: c.FormValue("question"),
		Text: c.FormValue("text"), At: s.Now(), Person: c.FormValue("person")}
	r, err := courses.Receipt{State: courses.Refused, Reason: "remark-empty"}, error(nil)
	if courses.TidyText(f.Text) != "" { // nothing is kept of a form that was left empty
		r, err = s.RecordFact(c, f)
	}
	if err != nil {
		return err
	}
	if r.State == courses.Refused {
		fault, err := s.FaultOf(c, problem.Invalid("text", r.Reason, r.Args...))
		if err != nil {
			return err
		}
		return s.showRemark(c, remarkPage{ID: f.ID, Text: f.Text, Question: f.Question, Fault: fault})
	}
	if _, err := s.LessonAt(c); errors.Is(err, problem.ErrNotFound) {
		return page.SeeOther(c, "/courses/"+f.Course+"?done=remark")
	}
	return page.SeeOther(c, c.Path()+"?done=remark")
}
