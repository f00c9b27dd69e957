package learn

import (
	"context"
	"errors"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/server/page"
)

// Teacher lets in trainers, who review the work of people of their province.
func (s *Pages) Teacher(c *fiber.Ctx) error {
	if a := page.VisitorOf(c).Account; !roster.MayTeach(*a, a.Province) {
		return problem.Denied("denied")
	}
	return c.Next()
}

// queueShown is how many rows of the queue stand on its page.
const queueShown = 50

type queuePage struct {
	page.Frame
	Rows    []page.WaitingRow
	Total   int
	Refused []refusedRow
}

// PracticeQueue shows what waits for a review.
func (s *Pages) PracticeQueue(c *fiber.Ctx) error {
	ctx := c.UserContext()
	rows, err := s.Queue(ctx, *page.VisitorOf(c).Account)
	if err != nil {
		return err
	}
	shown := queuePage{Frame: s.Frame(c, s.WordsOf(c).T("practice.queue")), Rows: rows[:min(len(rows), queueShown)], Total: len(rows)}
	every, err := s.School.Everything(ctx)
	if err != nil {
		return err
	}
	newest := map[string]*courses.Version{}
	for _, v := range every {
		newest[v.Course] = v
	}
	for i := range shown.Rows {
		r := &shown.Rows[i]
		if v := newest[r.Task.Course]; v != nil {
			r.Title = v.Title
		}
		r.Place = s.communeTitle(r.Person.Commune)
	}
	if shown.Refused, err = s.refused(ctx, shown.Words, *shown.Account, newest); err != nil {
		return err
	}
	return s.Page(c, "queue", shown)
}

func (s *Pages) communeTitle(code string) string {
	commune, ok := s.Places.Ever(code)
	if !ok {
		return ""
	}
	return commune.Title()
}

type reviewPage struct {
	page.Frame
	Work    workView
	Earlier []workView // what the person sent before, the newest first
	Later   string     // address of what the person sent since, "" for nothing
	Person  roster.Person
	Place   string
	Course  courses.Text
	Model   template.HTML     // answer that earns all points, "" for none
	Names   map[string]string // of the reviewers, by account
	Form    reviewForm
	Fault   *page.FormFault
	Open    bool   // the form is shown at once
	Next    string // address of the next work in the queue, "" when there is none
	Waiting int    // works in the queue beside this one
}

// reviewForm is what the reviewer filled in.
type reviewForm struct {
	ID       string
	Comment  string
	Points   map[string]int // by criterion
	Comments map[string]string
}

// Scores lists what a criterion can be worth.
func (reviewPage) Scores(most int) []int {
	var all []int
	for i := range most + 1 {
		all = append(all, i)
	}
	return all
}

// Chosen says whether the form gives a criterion this many points.
func (p reviewPage) Chosen(criterion string, points int) bool {
	n, ok := p.Form.Points[criterion]
	return ok && n == points
}

// reviewing puts together the page of a submission that the visitor may review.
func (s *Pages) reviewing(c *fiber.Ctx) (reviewPage, error) {
	ctx, w := c.UserContext(), s.WordsOf(c)
	work, err := s.School.Submission(ctx, page.WorkID(c.Params("submission")))
	if err != nil {
		return reviewPage{}, err
	}
	person, err := s.taught(c, work.Person)
	if err != nil {
		return reviewPage{}, err
	}
	all, err := s.School.Submissions(ctx, work.Enrolment)
	if err != nil {
		return reviewPage{}, err
	}
	views, err := s.workViews(ctx, w, all)
	if err != nil {
		return reviewPage{}, err
	}
	v, err := s.School.Version(ctx, work.Version)
	if err != nil {
		return reviewPage{}, err
	}
	shown := reviewPage{Frame: s.Frame(c, w.T("practice.review.of", person.Name)), Person: person, Place: s.communeTitle(person.Commune), Course: v.Title,
		Form: reviewForm{ID: uuid.Must(uuid.NewV7()).String()}}
	if v.Practice != nil && v.Practice.Model != (courses.Text{}) {
		shown.Model = s.Texts.Lesson(v, courses.Lesson{ID: authoring.ModelID, Body: v.Practice.Model}, w.Lang).HTML
	}
	i := slices.IndexFunc(views, func(view workView) bool { return view.ID == work.ID })
	shown.Work, shown.Earlier = views[i], views[i+1:]
	if i > 0 {
		shown.Later = "/practice/" + page.WorkAddress(views[0].ID)
	}
	shown.Open = len(work.Reviews) == 0
	if shown.Names, err = s.reviewers(ctx, all); err != nil {
		return shown, err
	}
	return shown, s.aside(ctx, &shown, page.VisitorOf(c).Account)
}

// aside fills in what is next in the queue.
func (s *Pages) aside(ctx context.Context, shown *reviewPage, a *roster.Account) error {
	rows, err := s.Queue(ctx, *a)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r page.WaitingRow) bool { return r.Task.ID == shown.Work.Enrolment })
	shown.Waiting = len(rows)
	if len(rows) > 0 {
		shown.Next = rows[0].Address()
	}
	return nil
}

// reviewers are the names of who reviewed.
func (s *Pages) reviewers(ctx context.Context, work []courses.HandedIn) (map[string]string, error) {
	names := map[string]string{}
	for _, w := range work {
		for _, r := range w.Reviews {
			if _, ok := names[r.Reviewer]; ok {
				continue
			}
			a, err := store.Get[roster.Account](ctx, s.Store, roster.AccountKind, r.Reviewer)
			if err != nil && !errors.Is(err, problem.ErrNotFound) {
				return nil, err
			}
			names[r.Reviewer] = a.Name
		}
	}
	return names, nil
}

// Submission shows somebody's work with the rubric.
func (s *Pages) Submission(c *fiber.Ctx) error {
	shown, err := s.reviewing(c)
	if err != nil {
		return err
	}
	return s.Page(c, "review", shown)
}

// ReviewWork keeps what the form says of a submission, and when the course is complete with it, everything that
// follows. What is wrong is said beside the form, with all of it kept.
func (s *Pages) ReviewWork(c *fiber.Ctx) error {
	shown, err := s.reviewing(c)
	if err != nil {
		return err
	}
	j := judgement(c, shown.Work.Task)
	shown.Form = reviewForm{ID: j.ID, Comment: j.Comment, Points: map[string]int{}, Comments: map[string]string{}}
	for _, f := range j.Findings {
		shown.Form.Comments[f.Criterion] = f.Comment
		if f.Points >= 0 {
			shown.Form.Points[f.Criterion] = f.Points
		}
	}
	ctx := c.UserContext()
	if err := s.Review(ctx, shown.Work.Person, shown.Work.ID, page.VisitorID(c), j); err != nil {
		shown.Open = true
		if shown.Fault, err = s.FaultOf(c, err); err != nil {
			return err
		}
		return s.Page(c, "review", shown)
	}
	if err := s.AuditAct(c, "practice.review", shown.Person.ID, shown.Person.Province); err != nil {
		return err
	}
	return page.SeeOther(c, "/practice/"+page.WorkAddress(shown.Work.ID)+"?done=review")
}

// judgement reads the form. Points that were not chosen, or are no number, are -1, which no criterion is worth.
func judgement(c *fiber.Ctx, task *courses.Practice) school.Judgement {
	number := func(field string) int {
		n, err := strconv.Atoi(c.FormValue(field))
		if err != nil {
			return -1
		}
		return n
	}
	j := school.Judgement{ID: c.FormValue("id"), Seen: number("seen"), Comment: strings.TrimSpace(c.FormValue("comment"))}
	for _, one := range task.Rubric {
		j.Findings = append(j.Findings, courses.Finding{Criterion: one.ID, Points: number("points." + one.ID), Comment: c.FormValue("comment." + one.ID)})
	}
	return j
}
