package learn

import (
	"errors"
	"fmt"
	"html"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lopban/courses"
	"lopban/courses/help"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/server/page"
)

// StrandCards are the courses of one strand.
type StrandCards struct {
	Strand courses.Strand
	Cards  []page.Card
}

func ByStrand(studies []school.Study) []StrandCards {
	groups := []StrandCards{{Strand: courses.LibraryService}, {Strand: courses.ReadingPromotion}}
	for _, st := range studies {
		i := slices.IndexFunc(groups, func(g StrandCards) bool { return g.Strand == st.Version.Strand })
		groups[i].Cards = append(groups[i].Cards, page.Card{Study: st})
	}
	return slices.DeleteFunc(groups, func(g StrandCards) bool { return len(g.Cards) == 0 })
}

type coursesPage struct {
	page.Frame
	Strands []StrandCards
}

// CourseList shows every course. Visitors may read what there is before they have an account.
func (s *Pages) CourseList(c *fiber.Ctx) error {
	shown := coursesPage{Frame: s.Frame(c, s.WordsOf(c).T("courses.title"))}
	var studies []school.Study
	var err error
	if v := page.VisitorOf(c); v.Account != nil {
		studies, err = s.School.Studies(c.UserContext(), v.Account.ID)
	} else {
		studies, err = s.School.Studies(c.UserContext(), "-")
	}
	if err != nil {
		return err
	}
	shown.Strands = ByStrand(studies)
	return s.Page(c, "courses", shown)
}

type coursePage struct {
	page.Frame
	page.Card
	Newer   *courses.Version // that the visitor can move up to, nil for none
	Modules []moduleView
	Step    school.Step       // to go on with
	Renew   bool              // the course may be done again: see school.Study.Renewable
	Task    courses.TaskState // of the practice task, "" where the course has none
	Key     bool              // the visitor may see the answers
	Along   courseFile        // to take along
	Ask     *help.Contact     // for help
}

type moduleView struct {
	courses.Module
	Rows []lessonRow
}

type lessonRow struct {
	courses.Lesson
	courses.LessonState
	State string // todo, now or done
}

// MayRetire says whether the visitor decides if the course is offered.
func (p coursePage) MayRetire() bool { return p.Account != nil && roster.MayRetire(*p.Account) }

// TaskMark is the icon of the practice task: todo, now or done.
func (p coursePage) TaskMark() string {
	switch p.Task {
	case courses.TaskPassed:
		return "done"
	case courses.TaskTodo:
		return "todo"
	}
	return "now"
}

// respelt leads from the code of a course in other letters, as people type them, to the course; else it gives err back.
func (s *Pages) respelt(c *fiber.Ctx, err error) error {
	listings, failed := store.All[courses.Listing](c.UserContext(), s.Store, school.ListingKind, store.Query{})
	if failed != nil {
		return failed
	}
	for _, l := range listings {
		if typed := c.Params("id"); l.ID != typed && strings.EqualFold(l.ID, typed) {
			return page.SeeOther(c, "/courses/"+l.ID)
		}
	}
	return err
}

// Course shows one course with the state of each lesson.
func (s *Pages) Course(c *fiber.Ctx) error {
	st, err := s.School.Study(c.UserContext(), page.VisitorID(c), c.Params("id"))
	if errors.Is(err, problem.ErrNotFound) {
		return s.respelt(c, err)
	}
	if err != nil {
		return err
	}
	f := s.Frame(c, s.WordsOf(c).In(st.Version.Title))
	shown := coursePage{Frame: f, Card: page.Card{Study: st}}
	shown.Modules = moduleViews(st)
	if f.Account != nil {
		if shown.Along, err = s.packOf(c.UserContext(), st.Version, f.Words); err != nil {
			return err
		}
	}
	if shown.Task, err = s.taskOf(c.UserContext(), st); err != nil {
		return err
	}
	readings, err := s.School.Readings(c.UserContext(), page.VisitorID(c))
	if err != nil {
		return err
	}
	shown.Step = st.Next(readings[st.Version.Course])
	if shown.Newer, err = s.School.Newer(c.UserContext(), st); err != nil {
		return err
	}
	shown.Renew = st.Renewable(s.Now())
	if shown.Ask, err = s.AskOf(c); err != nil {
		return err
	}
	if a := page.VisitorOf(c).Account; a != nil {
		shown.Key = roster.MayAuthor(*a)
	}
	return s.Page(c, "course", shown)
}

func moduleViews(st school.Study) []moduleView {
	var views []moduleView
	for _, m := range st.Version.Modules {
		view := moduleView{Module: m}
		for _, l := range m.Lessons {
			row := lessonRow{Lesson: l, LessonState: st.Progress.Lessons[l.ID], State: "todo"}
			switch {
			case row.Done:
				row.State = "done"
			case l.ID == st.Progress.Next && st.Enrolment != nil:
				row.State = "now"
			}
			view.Rows = append(view.Rows, row)
		}
		views = append(views, view)
	}
	return views
}

// Renew begins the course again.
func (s *Pages) Renew(c *fiber.Ctx) error {
	if _, err := s.School.Renew(c.UserContext(), page.VisitorID(c), c.Params("id")); err != nil {
		return err
	}
	return page.SeeOther(c, "/courses/"+c.Params("id"))
}

// lessonView is a lesson within a person's study.
type lessonView struct {
	school.Study
	Person string // visitor's account
	Lesson courses.Lesson
	State  courses.LessonState
	Number int    // of the lesson in the course, from 1
	Next   string // lesson after it, "" at the end
}

// LessonAt finds the lesson that the address names, in the version that the visitor studies.
func (s *Pages) LessonAt(c *fiber.Ctx) (lessonView, error) {
	st, err := s.School.Study(c.UserContext(), page.VisitorID(c), c.Params("id"))
	if err != nil {
		return lessonView{}, err
	}
	return lessonIn(st, c)
}

// lessonIn is the lesson that the address names in a study.
func lessonIn(st school.Study, c *fiber.Ctx) (lessonView, error) {
	lessons := st.Version.Lessons()
	i := slices.IndexFunc(lessons, func(l courses.Lesson) bool { return l.ID == c.Params("lesson") })
	if i < 0 {
		return lessonView{}, store.NotFound(school.VersionKind, c.Params("lesson"))
	}
	p := lessonView{Study: st, Person: page.VisitorID(c), Lesson: lessons[i], State: st.Progress.Lessons[lessons[i].ID]}
	if i+1 < len(lessons) {
		p.Next = lessons[i+1].ID
	}
	return p, nil
}

// HasQuiz says whether the lesson has questions.
func (p lessonView) HasQuiz() bool { return len(p.Lesson.Quiz.Questions) > 0 }

type lessonPage struct {
	page.Frame
	Version *courses.Version
	Lesson  courses.Lesson
	Number  int // of the lesson in the course, from 1
	Total   int
	Last    bool
	Body    template.HTML
}

// Share is how far this lesson is through the course, in percent.
func (p lessonPage) Share() int { return 100 * p.Number / p.Total }

// HasQuiz says whether the lesson has questions.
func (p lessonPage) HasQuiz() bool { return len(p.Lesson.Quiz.Questions) > 0 }

// Lesson shows the text: a page that is made and packed once for each version, language and menu, and kept. What
// differs from one reader to the next comes behind it.
func (s *Pages) Lesson(c *fiber.Ctx) error {
	v, err := s.School.VersionFor(c.UserContext(), page.VisitorID(c), c.Params("id"))
	if err != nil {
		return err
	}
	lessons := v.Lessons()
	i := slices.IndexFunc(lessons, func(l courses.Lesson) bool { return l.ID == c.Params("lesson") })
	if i < 0 {
		return store.NotFound(school.VersionKind, c.Params("lesson"))
	}
	w := s.WordsOf(c)
	a := page.VisitorOf(c).Account
	var roles []roster.Role
	if a != nil {
		roles = a.Roles
	}
	var text page.LessonText
	shown, err := s.lessons.Get(fmt.Sprint(v.ID, "/", i, w.Lang, a != nil, roles), func() error {
		text = s.Texts.Lesson(v, lessons[i], w.Lang)
		return text.Err
	}, func() (page.Packed, error) {
		shown := lessonPage{Frame: s.Frame(c, w.In(lessons[i].Title)), Version: v, Lesson: lessons[i], Number: i + 1, Total: len(lessons), Last: i+1 == len(lessons)}
		shown.Path, shown.Notice = c.Path(), ""
		shown.Body = text.HTML
		sent, err := s.Render("lesson", shown)
		return page.PackPage(sent), err
	})
	if err != nil {
		return err
	}
	return shown.Send(c, lessonTail(a))
}

// lessonTail ends a lesson's page: whose it is, as fields of the form that says the lesson was read.
func lessonTail(a *roster.Account) string {
	owner := ""
	if a != nil {
		owner = `<p hidden data-person="` + html.EscapeString(a.ID) + `" data-name="` + html.EscapeString(a.Name) + `"></p>
<input type="hidden" form="read" name="person" value="` + html.EscapeString(a.ID) +
			`"><input type="hidden" form="read" name="opener" value="` + html.EscapeString(a.Name) + `">`
	}
	return owner + "</body>\n</html>\n"
}

// Finish records that the text was read and leads on. What the visitor has done so far is not asked: where the course
// leads is the same.
func (s *Pages) Finish(c *fiber.Ctx) error {
	v, err := s.School.VersionFor(c.UserContext(), page.VisitorID(c), c.Params("id"))
	if err != nil {
		return err
	}
	p, err := lessonIn(school.Study{Version: v}, c)
	if err != nil {
		return err
	}
	f := courses.Fact{ID: "form-" + uuid.NewString(), Fresh: true, Kind: "completion", Course: p.Version.Course, Lesson: p.Lesson.ID, At: s.Now()}
	r, err := s.RecordFact(c, f)
	if err != nil {
		return err
	}
	base := "/courses/" + p.Version.Course
	switch {
	case p.HasQuiz():
		return page.SeeOther(c, base+"/"+p.Lesson.ID+"/quiz")
	case r.Certificate != "":
		return page.SeeOther(c, "/certificates/"+r.Certificate+"?new=1")
	case p.Next != "":
		return page.SeeOther(c, base+"/"+p.Next)
	}
	return page.SeeOther(c, base)
}

// LeavePlace keeps where the visitor left a lesson's text. What another account left counts for nobody.
func (s *Pages) LeavePlace(c *fiber.Ctx) error {
	if c.FormValue("person") != page.VisitorID(c) {
		return problem.Denied("not-yours")
	}
	at, err := strconv.Atoi(c.FormValue("at"))
	if err != nil {
		return fiber.ErrBadRequest
	}
	if err := s.School.Leave(c.UserContext(), page.VisitorID(c), c.Params("id"), c.Params("lesson"), at); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// RecordFact keeps a fact of the visitor.
func (s *Pages) RecordFact(c *fiber.Ctx, f courses.Fact) (courses.Receipt, error) {
	since, another := c.Locals("recorded").(time.Time) // of a request with several
	if !another {
		since = c.Context().Time() // who it is was asked of the store before
	}
	ctx, cancel := s.Within(c.UserContext(), since)
	defer cancel()
	r, err := s.Record(ctx, page.VisitorID(c), f)
	c.Locals("recorded", time.Now())
	if err == nil {
		s.count(f, r)
	}
	return r, err
}
