package server

import (
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/credential"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/words"
	"lopban/server/office"
	"lopban/server/page"
)

type apiAccount struct {
	ID    string        `json:"id"`
	Name  string        `json:"name"`
	Roles []roster.Role `json:"roles"`
	Scope string        `json:"scope"` // present province that the account looks after, "" for none
	Place *apiPlace     `json:"place"` // where the person holds a post
}

type apiPlace struct {
	Commune   string `json:"commune"`
	Name      string `json:"name"`
	Province  string `json:"province"`
	Programme string `json:"programme"`
	Library   string `json:"library"`
}

func (s *Server) apiMe(c *fiber.Ctx) error {
	a := page.VisitorOf(c).Account
	me := apiAccount{ID: a.ID, Name: a.Name, Roles: a.Roles, Scope: a.Province}
	if p, err := s.Roll.Person(c.UserContext(), a.ID); err == nil {
		me.Place = &apiPlace{Commune: p.Commune, Province: p.Province, Programme: p.Programme, Library: p.Library}
		if commune, ok := s.Places.Ever(p.Commune); ok {
			me.Place.Name = commune.Title()
		}
	}
	return c.JSON(me)
}

// apiCourseBody is a course with the visitor's progress; it has no answer keys.
type apiCourseBody struct {
	ID          string         `json:"id"`
	Version     string         `json:"version"`
	Strand      courses.Strand `json:"strand"`
	Title       courses.Text   `json:"title"`
	Summary     courses.Text   `json:"summary"`
	Periods     int            `json:"periods"`
	Required    int            `json:"requiredMinutes"`
	PassMark    int            `json:"passMark"`
	Minutes     int            `json:"minutes"`
	Modules     []apiModule    `json:"modules"`
	Progress    apiProgress    `json:"progress"`
	Certificate string         `json:"certificate,omitempty"`
	Practice    *apiPractice   `json:"practice,omitempty"` // of one course, not in the list of courses
}

// apiPractice is a course's practice task with what the visitor sent.
type apiPractice struct {
	Title       courses.Text        `json:"title"`
	Minutes     int                 `json:"minutes"`
	Required    bool                `json:"required"`
	Pass        int                 `json:"pass"` // points, of those of the rubric
	Rubric      []courses.Criterion `json:"rubric"`
	HTML        template.HTML       `json:"html"` // the assignment
	State       courses.TaskState   `json:"state"`
	Submissions []apiSubmission     `json:"submissions"` // the newest first
}

type apiSubmission struct {
	ID         string     `json:"id"` // that the sender gave it
	ReceivedAt time.Time  `json:"receivedAt"`
	Text       string     `json:"text"`
	Photos     []string   `json:"photos"` // addresses
	Review     *apiReview `json:"review"` // null: nobody has looked at it yet
}

type apiReview struct {
	At       time.Time         `json:"at"`
	Passed   bool              `json:"passed"`
	Points   int               `json:"points"`
	Findings []courses.Finding `json:"findings"`
	Comment  string            `json:"comment"`
}

// practiceBody is the practice task of a study, nil where the course has none.
func (s *Server) practiceBody(c *fiber.Ctx, st school.Study) (*apiPractice, error) {
	if st.Version.Practice == nil {
		return nil, nil
	}
	shown, err := s.learn.Practicing(c)
	if err != nil {
		return nil, err
	}
	t := st.Version.Practice
	b := &apiPractice{Title: t.Title, Minutes: t.Minutes, Required: t.Required, Pass: t.Pass, Rubric: t.Rubric, HTML: shown.Body, State: shown.State, Submissions: []apiSubmission{}}
	for _, w := range shown.Works {
		one := apiSubmission{ID: w.Client(), ReceivedAt: w.RecordedAt, Text: w.Text, Photos: append([]string{}, w.Photos...)}
		if r := w.Newest(); r != nil {
			one.Review = &apiReview{At: r.RecordedAt, Passed: r.Passed, Points: r.Points(), Findings: r.Findings, Comment: r.Comment}
		}
		b.Submissions = append(b.Submissions, one)
	}
	return b, nil
}

type apiModule struct {
	ID      string          `json:"id"`
	Title   courses.Text    `json:"title"`
	Lessons []apiLessonHead `json:"lessons"`
}

type apiLessonHead struct {
	ID       string       `json:"id"`
	Title    courses.Text `json:"title"`
	Minutes  int          `json:"minutes"`
	Quiz     bool         `json:"quiz"`
	Read     bool         `json:"read"`
	Done     bool         `json:"done"`
	Best     int          `json:"best"`
	Attempts int          `json:"attempts"`
}

type apiProgress struct {
	Done        int        `json:"done"`
	Total       int        `json:"total"`
	Percent     int        `json:"percent"`
	MinutesLeft int        `json:"minutesLeft"`
	Next        string     `json:"next"`
	CompletedAt *time.Time `json:"completedAt"`
}

func courseBody(st school.Study) apiCourseBody {
	v, p := st.Version, st.Progress
	b := apiCourseBody{ID: v.Course, Version: v.ID, Strand: v.Strand, Title: v.Title, Summary: v.Summary, Periods: v.Periods, Required: v.RequiredMinutes(), PassMark: v.PassMark,
		Progress: apiProgress{Done: p.Done, Total: p.Total, Percent: p.Percent(), MinutesLeft: p.MinutesLeft, Next: p.Next}}
	if !p.CompletedAt.IsZero() {
		b.Progress.CompletedAt = &p.CompletedAt
	}
	if st.Certificate != nil {
		b.Certificate = st.Certificate.Code
	}
	for _, m := range v.Modules {
		module := apiModule{ID: m.ID, Title: m.Title}
		for _, l := range m.Lessons {
			state := p.Lessons[l.ID]
			b.Minutes += l.Minutes
			module.Lessons = append(module.Lessons, apiLessonHead{ID: l.ID, Title: l.Title, Minutes: l.Minutes, Quiz: len(l.Quiz.Questions) > 0,
				Read: state.Read, Done: state.Done, Best: state.Best, Attempts: state.Attempts})
		}
		b.Modules = append(b.Modules, module)
	}
	return b
}

func (s *Server) apiCourses(c *fiber.Ctx) error {
	studies, err := s.School.Studies(c.UserContext(), page.VisitorID(c))
	if err != nil {
		return err
	}
	list := []apiCourseBody{}
	for _, st := range studies {
		list = append(list, courseBody(st))
	}
	return c.JSON(fiber.Map{"courses": list})
}

func (s *Server) apiCourse(c *fiber.Ctx) error {
	st, err := s.School.Study(c.UserContext(), page.VisitorID(c), c.Params("id"))
	if err != nil {
		return err
	}
	body := courseBody(st)
	if body.Practice, err = s.practiceBody(c, st); err != nil {
		return err
	}
	return c.JSON(body)
}

type apiQuestion struct {
	ID      string               `json:"id"`
	Kind    courses.QuestionKind `json:"kind"`
	Prompt  string               `json:"prompt"`         // HTML
	Tail    string               `json:"tail,omitempty"` // HTML behind the blank
	Options []apiOption          `json:"options,omitempty"`
	Left    []apiOption          `json:"left,omitempty"`
	Right   []apiOption          `json:"right,omitempty"`
}

type apiOption struct {
	ID   string `json:"id"`
	Text string `json:"text"` // HTML
}

func (s *Server) apiLesson(c *fiber.Ctx) error {
	p, err := s.learn.LessonAt(c)
	if err != nil {
		return err
	}
	w := s.WordsOf(c)
	if lang := c.Query("lang"); lang == "en" || lang == "vi" {
		w = s.Languages.In(lang)
	}
	body := fiber.Map{"id": p.Lesson.ID, "version": p.Version.ID, "title": p.Lesson.Title, "minutes": p.Lesson.Minutes,
		"html": s.Texts.Lesson(p.Version, p.Lesson, w.Lang).HTML, "done": p.State.Done, "read": p.State.Read, "best": p.State.Best, "next": p.Next}
	if p.HasQuiz() {
		draw := p.Lesson.Quiz.Next(p.State)
		questions := []apiQuestion{}
		for _, q := range s.learn.Questions(p, p.Asked(draw), w, p.Order(draw), nil, nil) {
			a := apiQuestion{ID: q.ID, Kind: q.Kind, Prompt: string(q.Prompt), Tail: string(q.Tail), Options: apiOptions(q.Options), Right: apiOptions(q.Rights)}
			for _, m := range q.Lefts {
				a.Left = append(a.Left, apiOption{m.ID, string(m.Text)})
			}
			questions = append(questions, a)
		}
		quiz := fiber.Map{"questions": questions, "passMark": p.Version.PassMark}
		if len(p.Lesson.Quiz.Draw) > 0 {
			quiz["draw"], quiz["draws"] = draw, p.Coming()
		}
		if n := p.Lesson.Quiz.Attempts; n > 0 {
			quiz["attempts"] = fiber.Map{"allowed": n, "left": p.Left()}
		}
		if at := p.Lesson.Quiz.From(p.State); at.After(s.Now()) {
			quiz["from"] = at
		}
		body["quiz"] = quiz
	}
	return c.JSON(body)
}

func apiOptions(views []page.OptionView) []apiOption {
	var options []apiOption
	for _, o := range views {
		options = append(options, apiOption{o.ID, string(o.Text)})
	}
	return options
}

// maxFacts is how many facts one request may bring: more than two courses have.
const maxFacts = 200

// apiFacts keeps what a phone brings, as often and as much as one account may.
func (s *Server) apiFacts(c *fiber.Ctx) error {
	_, n := page.Shape(c.Request().Body())
	// what is refused is counted as well
	if err := s.spend(&s.limits.Facts, page.VisitorID(c), min(max(n, 1), maxFacts)); err != nil {
		return err
	}
	if n > maxFacts {
		return problem.Invalid("facts", "too-many-facts", maxFacts)
	}
	return s.learn.TakeFacts(c)
}

// apiCertificate is what anyone may know of a certificate: what the paper says.
type apiCertificate struct {
	Code       string        `json:"code"`
	State      courses.State `json:"state"`
	Holder     string        `json:"holder"`
	Unit       string        `json:"unit"`
	Course     string        `json:"course"`
	Title      courses.Text  `json:"title"`
	Issuer     string        `json:"issuer"`
	Serial     string        `json:"serial"`
	Register   string        `json:"register"`
	Periods    int           `json:"periods"` // of 45 minutes
	Result     string        `json:"result"`  // "passed"
	Signer     string        `json:"signer"`  // "" where it is written by hand
	Capacity   string        `json:"capacity"`
	Reissue    int           `json:"reissue"` // 0, or which one it is
	StartedAt  time.Time     `json:"startedAt"`
	EndedAt    time.Time     `json:"completedAt"`
	IssuedAt   time.Time     `json:"issuedAt"`
	CheckedAt  time.Time     `json:"checkedAt"`  // when the register was asked
	ValidUntil *time.Time    `json:"validUntil"` // null: for ever
	RevokedAt  *time.Time    `json:"revokedAt,omitempty"`
	Cause      courses.Cause `json:"cause,omitempty"`  // of a revocation, from the list
	Reason     string        `json:"reason,omitempty"` // the same in words, with what was written to it
	ReplacedBy string        `json:"replacedBy,omitempty"`
	URL        string        `json:"url"`
	Badge      string        `json:"badge"` // the same as an Open Badge, signed
}

func (s *Server) certificateBody(w words.Words, e school.Entry, at time.Time) apiCertificate {
	unit := strings.Join(slices.DeleteFunc([]string{e.Holder.Library, e.Holder.Place}, func(s string) bool { return s == "" }), ", ")
	b := apiCertificate{Code: e.Code, State: e.State, Holder: e.Holder.Name, Unit: unit, Course: e.Course, Title: e.Title, Issuer: e.Issuer.Name,
		Serial: e.Serial, Register: e.Register, Periods: e.Periods, Result: "passed", Signer: e.Issuer.Signer, Capacity: e.Issuer.Capacity, Reissue: e.Reissue,
		StartedAt: e.StartedAt, EndedAt: e.CompletedAt, IssuedAt: e.IssuedAt, CheckedAt: at, URL: e.VerifyURL,
		Badge: credential.BadgeAddress(s.BaseURL, e.Code) + ".jwt"}
	if !e.ValidUntil.Equal(courses.Forever) {
		b.ValidUntil = &e.ValidUntil
	}
	if e.Revocation != nil {
		b.RevokedAt, b.Cause, b.Reason = &e.Revocation.At, e.Revocation.Cause, page.Why(w, e.Revocation.Cause, e.Revocation.Reason)
	}
	if e.ReplacedBy != nil {
		b.ReplacedBy = e.ReplacedBy.Code
	}
	return b
}

func (s *Server) apiCertificates(c *fiber.Ctx) error {
	entries, err := s.School.Certificates(c.UserContext(), page.VisitorID(c))
	if err != nil {
		return err
	}
	list := []apiCertificate{}
	for _, e := range entries {
		list = append(list, s.certificateBody(s.WordsOf(c), e, store.Time(s.Now())))
	}
	return c.JSON(fiber.Map{"certificates": list})
}

func (s *Server) apiVerify(c *fiber.Ctx) error {
	code, ok := courses.ReadCode(c.Params("code"))
	if !ok {
		return &problem.Problem{Kind: problem.ErrNotFound, Code: "code-mistyped", Field: "code"}
	}
	e, err := s.School.Look(c.UserContext(), code)
	if err != nil {
		return err
	}
	return c.JSON(s.certificateBody(s.WordsOf(c), e, store.Time(s.Now())))
}

// apiReissue issues a certificate again and gives the new one.
func (s *Server) apiReissue(c *fiber.Ctx) error {
	var body struct {
		Reason courses.Cause `json:"reason"`
	}
	if err := page.Decode(c, &body); err != nil {
		return err
	}
	e, err := s.office.ChangedCertificate(c)
	if err != nil {
		return err
	}
	made, err := s.Reissue(c.UserContext(), *page.VisitorOf(c).Account, e.Code, body.Reason)
	if err != nil {
		return err
	}
	if err := s.TellAct(c, office.Reissued(e, *made)); err != nil {
		return err
	}
	fresh, err := s.School.Look(c.UserContext(), made.Code)
	if err != nil {
		return err
	}
	return c.JSON(s.certificateBody(s.WordsOf(c), fresh, store.Time(s.Now())))
}

func (s *Server) apiOpenAPI(c *fiber.Ctx) error {
	text, err := files.ReadFile("openapi.json")
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	return c.Send(text)
}
