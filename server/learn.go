package server

import (
	"context"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// card is a course as lists show it.
type card struct{ courses.Study }

// State is a word for how far the study is: todo, now or done.
func (c card) State() string {
	switch {
	case c.Progress.Complete():
		return "done"
	case c.Enrolment != nil:
		return "now"
	}
	return "todo"
}

// Arc is the length of the ring's arc at this progress, of the whole in SVG units.
func (c card) Arc() string { return arc(c.Progress.Percent()) }

// ringLength is the circumference of the ring in the templates: radius 25.
const ringLength = 2 * math.Pi * 25

func arc(percent int) string {
	return fmt.Sprintf("%.1f %.1f", ringLength*float64(percent)/100, ringLength)
}

// strandCards are the courses of one strand.
type strandCards struct {
	Strand courses.Strand
	Cards  []card
}

type homePage struct {
	frame
	Next         *card // the study to go on with, nil when all is done or there is nothing
	Lesson       courses.Lesson
	Strands      []strandCards
	Certificates []courses.Entry
	Waiting      int                // practice tasks that wait for the visitor's review
	Commented    []*courses.Version // whose practice task the visitor should do again
}

// home is where a learner goes on, and where everyone else finds their work.
func (s *Server) home(c *fiber.Ctx) error {
	v := visitorOf(c)
	if v.account == nil {
		return s.page(c, "welcome", struct{ frame }{s.frame(c, "")})
	}
	studies, err := s.school.Studies(c.UserContext(), v.account.ID)
	if err != nil {
		return err
	}
	page := homePage{frame: s.frame(c, "")}
	page.Strands = byStrand(studies)
	if st := nextStudy(studies); st != nil {
		page.Next = &card{*st}
		page.Lesson, _ = st.Version.Lesson(st.Progress.Next)
		if task := st.Version.Practice; st.Progress.Next == "" && task != nil {
			page.Lesson = courses.Lesson{Title: task.Title, Minutes: task.Minutes}
		}
	}
	if page.Waiting, err = s.waiting(c.UserContext(), *v.account); err != nil {
		return err
	}
	if page.Commented, err = s.commented(c.UserContext(), v.account.ID); err != nil {
		return err
	}
	if page.Certificates, err = s.school.Certificates(c.UserContext(), v.account.ID); err != nil {
		return err
	}
	return s.page(c, "home", page)
}

// nextStudy is the one worked on last that is not complete, or else the first not begun.
func nextStudy(studies []courses.Study) *courses.Study {
	var next *courses.Study
	for i := range studies {
		st := &studies[i]
		if st.Progress.Complete() || st.Progress.Total == 0 || st.Progress.Task == courses.TaskWaiting && st.Progress.Next == "" {
			continue
		}
		if next == nil || latest(st).After(latest(next)) {
			next = st
		}
	}
	return next
}

// latest is when something was last done in a study, zero before it began.
func latest(st *courses.Study) time.Time {
	if st.Enrolment == nil {
		return time.Time{}
	}
	at := st.Enrolment.HappenedAt
	for _, l := range st.Progress.Lessons {
		if l.DoneAt.After(at) {
			at = l.DoneAt
		}
	}
	return at
}

func byStrand(studies []courses.Study) []strandCards {
	groups := []strandCards{{Strand: courses.LibraryService}, {Strand: courses.ReadingPromotion}}
	for _, st := range studies {
		i := slices.IndexFunc(groups, func(g strandCards) bool { return g.Strand == st.Version.Strand })
		groups[i].Cards = append(groups[i].Cards, card{st})
	}
	return slices.DeleteFunc(groups, func(g strandCards) bool { return len(g.Cards) == 0 })
}

type coursesPage struct {
	frame
	Strands []strandCards
}

// courseList shows every course. Visitors may read what there is before they have an account.
func (s *Server) courseList(c *fiber.Ctx) error {
	page := coursesPage{frame: s.frame(c, s.wordsOf(c).T("courses.title"))}
	var studies []courses.Study
	var err error
	if v := visitorOf(c); v.account != nil {
		studies, err = s.school.Studies(c.UserContext(), v.account.ID)
	} else {
		studies, err = s.school.Studies(c.UserContext(), "-")
	}
	if err != nil {
		return err
	}
	page.Strands = byStrand(studies)
	return s.page(c, "courses", page)
}

type coursePage struct {
	frame
	card
	Newer   *courses.Version // that the visitor can move up to, nil for none
	Modules []moduleView
	Renew   bool              // the certificate has expired or soon will: the course may be done again
	Task    courses.TaskState // of the practice task, "" where the course has none
	Key     bool              // the visitor may see the answers
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

// course shows one course with the state of each lesson.
func (s *Server) course(c *fiber.Ctx) error {
	st, err := s.school.Study(c.UserContext(), visitorID(c), c.Params("id"))
	if err != nil {
		return err
	}
	f := s.frame(c, s.wordsOf(c).In(st.Version.Title))
	page := coursePage{frame: f, card: card{st}}
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
		page.Modules = append(page.Modules, view)
	}
	if page.Task, err = s.taskOf(c.UserContext(), st); err != nil {
		return err
	}
	if page.Newer, err = s.school.Newer(c.UserContext(), st); err != nil {
		return err
	}
	page.Renew = st.Certificate != nil && !s.now().Before(st.Certificate.ValidUntil.AddDate(0, 0, -90))
	if a := visitorOf(c).account; a != nil {
		page.Key = roster.MayAuthor(*a)
	}
	return s.page(c, "course", page)
}

// renew begins the course again.
func (s *Server) renew(c *fiber.Ctx) error {
	if _, err := s.school.Renew(c.UserContext(), visitorID(c), c.Params("id")); err != nil {
		return err
	}
	return c.Redirect("/courses/"+c.Params("id"), fiber.StatusSeeOther)
}

// place is a lesson within a person's study.
type place struct {
	courses.Study
	Person string // visitor's account
	Lesson courses.Lesson
	State  courses.LessonState
	Number int    // of the lesson in the course, from 1
	Next   string // lesson after it, "" at the end
}

// lessonAt finds the lesson that the address names, in the version that the visitor studies.
func (s *Server) lessonAt(c *fiber.Ctx) (place, error) {
	st, err := s.school.Study(c.UserContext(), visitorID(c), c.Params("id"))
	if err != nil {
		return place{}, err
	}
	lessons := st.Version.Lessons()
	i := slices.IndexFunc(lessons, func(l courses.Lesson) bool { return l.ID == c.Params("lesson") })
	if i < 0 {
		return place{}, store.NotFound(courses.VersionKind, c.Params("lesson"))
	}
	p := place{Study: st, Person: visitorID(c), Lesson: lessons[i], State: st.Progress.Lessons[lessons[i].ID]}
	if i+1 < len(lessons) {
		p.Next = lessons[i+1].ID
	}
	return p, nil
}

// HasQuiz says whether the lesson has questions.
func (p place) HasQuiz() bool { return len(p.Lesson.Quiz.Questions) > 0 }

type lessonPage struct {
	frame
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

// lesson shows the text, and nothing that differs from one reader to the next: the page is made and packed once for each version, language and menu, and kept.
func (s *Server) lesson(c *fiber.Ctx) error {
	v, err := s.school.VersionFor(c.UserContext(), visitorID(c), c.Params("id"))
	if err != nil {
		return err
	}
	lessons := v.Lessons()
	i := slices.IndexFunc(lessons, func(l courses.Lesson) bool { return l.ID == c.Params("lesson") })
	if i < 0 {
		return store.NotFound(courses.VersionKind, c.Params("lesson"))
	}
	w := s.wordsOf(c)
	var roles []roster.Role
	if a := visitorOf(c).account; a != nil {
		roles = a.Roles
	}
	page, err := s.lessons.get(fmt.Sprint(v.ID, "/", i, w.Lang, roles), func() (packed, error) {
		page := lessonPage{frame: s.frame(c, w.In(lessons[i].Title)), Version: v, Lesson: lessons[i], Number: i + 1, Total: len(lessons), Last: i+1 == len(lessons)}
		page.Path, page.Notice = c.Path(), ""
		page.Body = s.texts.lesson(v, lessons[i], w.Lang).html
		html, err := s.pages.render("lesson", page)
		return packPage(html), err
	})
	if err != nil {
		return err
	}
	return page.send(c)
}

// finish records that the text was read and leads on.
func (s *Server) finish(c *fiber.Ctx) error {
	p, err := s.lessonAt(c)
	if err != nil {
		return err
	}
	f := courses.Fact{ID: "form-" + uuid.NewString(), Kind: "completion", Course: p.Version.Course, Lesson: p.Lesson.ID, At: s.now()}
	r, err := s.record(c, f)
	if err != nil {
		return err
	}
	base := "/courses/" + p.Version.Course
	switch {
	case p.HasQuiz():
		return c.Redirect(base+"/"+p.Lesson.ID+"/quiz", fiber.StatusSeeOther)
	case r.Certificate != "":
		return c.Redirect("/certificates/"+r.Certificate+"?new=1", fiber.StatusSeeOther)
	case p.Next != "":
		return c.Redirect(base+"/"+p.Next, fiber.StatusSeeOther)
	}
	return c.Redirect(base, fiber.StatusSeeOther)
}

// Learner is a person as School needs them: what stands on a certificate is looked up only when one is due.
func (s *Server) Learner(person string) courses.Learner {
	return courses.Learner{Person: person, Paper: func(ctx context.Context) (courses.Holder, courses.Issuer, error) {
		return s.paperOf(ctx, person)
	}}
}

// record keeps a fact of the visitor and, when a certificate comes of it, everything that follows.
func (s *Server) record(c *fiber.Ctx, f courses.Fact) (courses.Receipt, error) {
	ctx, id := c.UserContext(), visitorID(c)
	r, err := s.school.Record(ctx, s.Learner(id), f)
	if err == nil {
		s.metrics.fact(f, r)
	}
	if err != nil || r.Certificate == "" {
		return r, err
	}
	e, err := s.school.Look(ctx, r.Certificate)
	if err != nil {
		return r, err
	}
	return r, s.follow(ctx, e.Certificate)
}

// follow does what a certificate brings about: the standing of its holder is made anew, and then, while nobody waits for it, the paper. All of it may be done again; Settle does what a stop left undone.
func (s *Server) follow(ctx context.Context, earned courses.Certificate) error {
	if err := s.board.Restate(ctx, earned.Person); err != nil {
		return err
	}
	s.jobs.start(func(ctx context.Context) {
		if err := s.papers.unasked(ctx, earned); err != nil && ctx.Err() == nil {
			s.log.Error("a certificate's paper was not made", "certificate", earned.Serial, "error", err.Error())
		}
	})
	return nil
}

// lessonText is a lesson's text as HTML, with the titles of its sections.
type lessonText struct {
	html     template.HTML
	sections []authoring.Section
}

// texts keeps the rendered texts of versions, which never change.
type texts struct {
	cache[lessonText]
	store store.Store
	words map[string]messages
}

func (t *texts) lesson(v *courses.Version, l courses.Lesson, lang string) lessonText {
	text, _ := t.get(strings.Join([]string{v.ID, l.ID, lang}, "/"), func() (lessonText, error) {
		html, sections := authoring.Render(l.Body.In(lang), func(name string) (authoring.Picture, bool) { return t.picture(v, name, lang) })
		return lessonText{template.HTML(html), sections}, nil // sanitised by authoring
	})
	return text
}

// picture is where a browser finds a media file of the version, and what is said in it. A size that cannot be read is left to the browser.
func (t *texts) picture(v *courses.Version, name, lang string) (authoring.Picture, bool) {
	return t.media(v.Blob, name, lang)
}

// media is picture for the files that blob names.
func (t *texts) media(blob func(name string) string, name, lang string) (authoring.Picture, bool) {
	w := words{lang, t.words[lang]}
	p := authoring.Picture{URL: "/media/" + blob(name)}
	if data, err := t.store.Blob(context.Background(), blob(name)); err == nil {
		p.Width, p.Height, _ = authoring.PictureSize(data)
		p.Bytes, p.Offer = len(data), w.weight(len(data))
	}
	for _, l := range []string{lang, map[string]string{"vi": "en", "en": "vi"}[lang]} {
		captions := blob(authoring.CaptionsOf(name, l))
		if data, err := t.store.Blob(context.Background(), captions); captions != "" && err == nil {
			p.Captions = append(p.Captions, authoring.Captions{Lang: l, URL: "/media/" + captions, Label: w.T("media.transcript"), Lines: authoring.Transcript(data)})
		}
	}
	return p, blob(name) != ""
}

// slow is how many bytes a 2G network carries in a second: 50 kbit/s.
const slow = 50_000 / 8

// weight says how large something is and how long it takes to load on a slow network.
func (w words) weight(bytes int) string {
	seconds := (bytes + slow - 1) / slow
	if seconds >= 120 {
		return w.T("media.weight.minutes", (bytes+1023)/1024, (seconds+59)/60)
	}
	return w.T("media.weight", (bytes+1023)/1024, seconds)
}
