package server

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// teacher lets in trainers, who review the work of people of their province.
func (s *Server) teacher(c *fiber.Ctx) error {
	if a := visitorOf(c).account; !roster.MayTeach(*a, a.Province) {
		return store.Denied("denied")
	}
	return c.Next()
}

// waitingRow is somebody's work in the queue.
type waitingRow struct {
	Task   courses.Task
	Person roster.Person
	Title  courses.Text // of the course
	Place  string
	Waited int // whole days
}

// Address leads to the work.
func (r waitingRow) Address() string { return "/practice/" + workAddress(r.Task.Submission) }

// queue lists the work that waits for one of the account's reviews, what has waited longest first. An account that reviews nothing has an empty one.
// The people are looked up as they are now: who has moved is reviewed in the province they are in.
func (s *Server) queue(ctx context.Context, a roster.Account) ([]waitingRow, error) {
	if !roster.MayTeach(a, a.Province) {
		return nil, nil
	}
	tasks, err := s.school.Waiting(ctx)
	if err != nil {
		return nil, err
	}
	var rows []waitingRow
	for _, t := range tasks {
		p, err := s.roll.Person(ctx, t.Person)
		if errors.Is(err, store.ErrNotFound) || err == nil && (!roster.MayTeach(a, p.Province) || p.ID == a.ID) {
			continue
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, waitingRow{Task: t, Person: p, Waited: int(s.now().Sub(t.Since) / (24 * time.Hour))})
	}
	return rows, nil
}

// waiting is how long the account's queue is.
func (s *Server) waiting(ctx context.Context, a roster.Account) (int, error) {
	rows, err := s.queue(ctx, a)
	return len(rows), err
}

// commented lists the courses whose practice task a person should do again.
func (s *Server) commented(ctx context.Context, person string) ([]*courses.Version, error) {
	tasks, err := store.All[courses.Task](ctx, s.store, courses.TaskKind, store.Where(store.Begins("id", person+"/")))
	if err != nil {
		return nil, err
	}
	var all []*courses.Version
	for _, t := range tasks {
		if t.State != courses.TaskAgain {
			continue
		}
		v, err := s.school.VersionFor(ctx, person, t.Course)
		if err != nil {
			return nil, err
		}
		if v.Practice != nil {
			all = append(all, v)
		}
	}
	return all, nil
}

// queueShown is how many rows of the queue stand on its page.
const queueShown = 50

type queuePage struct {
	frame
	Rows  []waitingRow
	Total int
}

// practiceQueue shows what waits for a review.
func (s *Server) practiceQueue(c *fiber.Ctx) error {
	ctx := c.UserContext()
	rows, err := s.queue(ctx, *visitorOf(c).account)
	if err != nil {
		return err
	}
	page := queuePage{frame: s.frame(c, s.wordsOf(c).T("practice.queue")), Rows: rows[:min(len(rows), queueShown)], Total: len(rows)}
	for i := range page.Rows {
		r := &page.Rows[i]
		v, err := s.school.Course(ctx, r.Task.Course)
		if err != nil {
			return err
		}
		r.Title, r.Place = v.Title, s.communeTitle(r.Person.Commune)
	}
	return s.page(c, "queue", page)
}

func (s *Server) communeTitle(code string) string {
	commune, ok := s.places.Commune(code)
	if !ok {
		return ""
	}
	return commune.Title()
}

type reviewPage struct {
	frame
	Work    workView
	Earlier []workView // what the person sent before, the newest first
	Later   string     // address of what the person sent since, "" for nothing
	Person  roster.Person
	Place   string
	Course  courses.Text
	Names   map[string]string // of the reviewers, by account
	Form    reviewForm
	Fault   *formFault
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
func (s *Server) reviewing(c *fiber.Ctx) (reviewPage, error) {
	ctx, w := c.UserContext(), s.wordsOf(c)
	work, err := s.school.Work(ctx, workID(c.Params("submission")))
	if err != nil {
		return reviewPage{}, err
	}
	person, err := s.taught(c, work.Person)
	if err != nil {
		return reviewPage{}, err
	}
	all, err := s.school.Works(ctx, work.Enrolment)
	if err != nil {
		return reviewPage{}, err
	}
	views, err := s.workViews(ctx, w, all)
	if err != nil {
		return reviewPage{}, err
	}
	v, err := s.school.Version(ctx, work.Version)
	if err != nil {
		return reviewPage{}, err
	}
	page := reviewPage{frame: s.frame(c, w.T("practice.review.of", person.Name)), Person: person, Place: s.communeTitle(person.Commune), Course: v.Title,
		Form: reviewForm{ID: uuid.Must(uuid.NewV7()).String()}}
	i := slices.IndexFunc(views, func(view workView) bool { return view.ID == work.ID })
	page.Work, page.Earlier = views[i], views[i+1:]
	if i > 0 {
		page.Later = "/practice/" + workAddress(views[0].ID)
	}
	page.Open = len(work.Reviews) == 0
	if page.Names, err = s.reviewers(ctx, all); err != nil {
		return page, err
	}
	return page, s.aside(ctx, &page, visitorOf(c).account)
}

// aside fills in what is next in the queue.
func (s *Server) aside(ctx context.Context, page *reviewPage, a *roster.Account) error {
	rows, err := s.queue(ctx, *a)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r waitingRow) bool { return r.Task.ID == page.Work.Enrolment })
	page.Waiting = len(rows)
	if len(rows) > 0 {
		page.Next = rows[0].Address()
	}
	return nil
}

// reviewers are the names of who reviewed.
func (s *Server) reviewers(ctx context.Context, work []courses.Work) (map[string]string, error) {
	names := map[string]string{}
	for _, w := range work {
		for _, r := range w.Reviews {
			if _, ok := names[r.Reviewer]; ok {
				continue
			}
			a, err := store.Get[roster.Account](ctx, s.store, roster.AccountKind, r.Reviewer)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return nil, err
			}
			names[r.Reviewer] = a.Name
		}
	}
	return names, nil
}

// submission shows somebody's work with the rubric.
func (s *Server) submission(c *fiber.Ctx) error {
	page, err := s.reviewing(c)
	if err != nil {
		return err
	}
	return s.page(c, "review", page)
}

// review keeps what the form says of a submission, and when the course is complete with it, everything that follows. What is wrong is said beside the
// form, with all of it kept.
func (s *Server) review(c *fiber.Ctx) error {
	page, err := s.reviewing(c)
	if err != nil {
		return err
	}
	j := judgement(c, page.Work.Task)
	page.Form = reviewForm{ID: j.ID, Comment: j.Comment, Points: map[string]int{}, Comments: map[string]string{}}
	for _, f := range j.Findings {
		page.Form.Comments[f.Criterion] = f.Comment
		if f.Points >= 0 {
			page.Form.Points[f.Criterion] = f.Points
		}
	}
	ctx := c.UserContext()
	_, certificate, err := s.school.Review(ctx, s.Learner(page.Work.Person), page.Work.ID, visitorID(c), j)
	if err != nil {
		page.Open = true
		if page.Fault, err = s.faultOf(c, err); err != nil {
			return err
		}
		return s.page(c, "review", page)
	}
	if certificate != nil {
		if err := s.follow(ctx, *certificate); err != nil {
			return err
		}
	}
	if err := s.audit(c, "practice.review", page.Person.ID, page.Person.Province); err != nil {
		return err
	}
	return c.Redirect("/practice/"+workAddress(page.Work.ID)+"?done=review", fiber.StatusSeeOther)
}

// judgement reads the form. Points that were not chosen, or are no number, are -1, which no criterion is worth.
func judgement(c *fiber.Ctx, task *courses.Practice) courses.Judgement {
	number := func(field string) int {
		n, err := strconv.Atoi(c.FormValue(field))
		if err != nil {
			return -1
		}
		return n
	}
	j := courses.Judgement{ID: c.FormValue("id"), Seen: number("seen"), Comment: strings.TrimSpace(c.FormValue("comment"))}
	for _, one := range task.Rubric {
		j.Findings = append(j.Findings, courses.Finding{Criterion: one.ID, Points: number("points." + one.ID), Comment: c.FormValue("comment." + one.ID)})
	}
	return j
}
