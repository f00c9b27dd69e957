package author

import (
	"github.com/gofiber/fiber/v2"

	"lopban/courses/help"
	"lopban/courses/roster"
	"lopban/server/page"
)

// remarksPage lists the mistakes that learners reported in a course.
type remarksPage struct {
	page.Frame
	Course string
	Title  string
	Rows   []remarkRow
	Fault  *page.FormFault
	At     string // the remark whose answer has the fault
	Typed  string
}

// remarkRow is a remark with the name of who said it, "" where the visitor does not look after them.
type remarkRow struct {
	help.Remarked
	Name  string
	Place string
	Live  bool // the lesson is in the version of today
}

// Remarks shows them.
func (s *Pages) Remarks(c *fiber.Ctx) error { return s.showRemarks(c, remarksPage{}) }

func (s *Pages) showRemarks(c *fiber.Ctx, shown remarksPage) error {
	ctx, a := c.UserContext(), *page.VisitorOf(c).Account
	v, err := s.School.Course(ctx, c.Params("course"))
	if err != nil {
		return err
	}
	shown.Frame = s.Frame(c, s.WordsOf(c).T("remark.desk"))
	shown.Course, shown.Title = v.Course, shown.In(v.Title)
	all, err := s.Help.RemarksOn(ctx, v.Course)
	if err != nil {
		return err
	}
	ids := make([]string, len(all))
	for i, r := range all {
		ids[i] = r.Person
	}
	people, err := s.Roll.KeptOf(ctx, ids)
	if err != nil {
		return err
	}
	for _, r := range all {
		row := remarkRow{Remarked: r, Place: s.RemarkPlace(ctx, shown.Words, r.Remark)}
		_, row.Live = v.Lesson(r.Lesson)
		if p, ok := people[r.Person]; ok && roster.MayTeach(a, p.Province) {
			row.Name = p.Name
		}
		shown.Rows = append(shown.Rows, row)
	}
	return s.Page(c, "remarks", shown)
}

// AnswerRemark keeps an answer, or closes a remark without one.
func (s *Pages) AnswerRemark(c *fiber.Ctx) error {
	remark, text := c.FormValue("remark"), c.FormValue("text")
	err := s.Help.AnswerRemark(c.UserContext(), *page.VisitorOf(c).Account, c.Params("course"), remark, text)
	if err != nil {
		fault, err := s.FaultOf(c, err)
		if err != nil {
			return err
		}
		return s.showRemarks(c, remarksPage{Fault: fault, At: remark, Typed: text})
	}
	return page.SeeOther(c, c.Path()+"?done=remark-answer")
}
