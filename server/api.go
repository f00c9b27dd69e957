package server

import (
	"encoding/json"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// decode reads a JSON body into typed fields. A value of another type, such as an object where a text belongs, is refused.
func decode(c *fiber.Ctx, into any) error {
	if !strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEApplicationJSON) {
		return fiber.ErrUnsupportedMediaType
	}
	if err := json.Unmarshal(c.Body(), into); err != nil {
		return fiber.ErrBadRequest
	}
	return nil
}

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
	a := visitorOf(c).account
	me := apiAccount{ID: a.ID, Name: a.Name, Roles: a.Roles, Scope: a.Province}
	if p, err := s.roll.Person(c.UserContext(), a.ID); err == nil {
		me.Place = &apiPlace{Commune: p.Commune, Province: p.Province, Programme: p.Programme, Library: p.Library}
		if commune, ok := s.places.Commune(p.Commune); ok {
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
func (s *Server) practiceBody(c *fiber.Ctx, st courses.Study) (*apiPractice, error) {
	if st.Version.Practice == nil {
		return nil, nil
	}
	page, err := s.practicing(c)
	if err != nil {
		return nil, err
	}
	t := st.Version.Practice
	b := &apiPractice{Title: t.Title, Minutes: t.Minutes, Required: t.Required, Pass: t.Pass, Rubric: t.Rubric, HTML: page.Body, State: page.State, Submissions: []apiSubmission{}}
	for _, w := range page.Works {
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

func courseBody(st courses.Study) apiCourseBody {
	v, p := st.Version, st.Progress
	b := apiCourseBody{ID: v.Course, Version: v.ID, Strand: v.Strand, Title: v.Title, Summary: v.Summary, Periods: v.Periods, PassMark: v.PassMark,
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
	studies, err := s.school.Studies(c.UserContext(), visitorID(c))
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
	st, err := s.school.Study(c.UserContext(), visitorID(c), c.Params("id"))
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
	p, err := s.lessonAt(c)
	if err != nil {
		return err
	}
	w := s.wordsOf(c)
	if lang := c.Query("lang"); lang == "en" || lang == "vi" {
		w = words{lang, s.words[lang]}
	}
	body := fiber.Map{"id": p.Lesson.ID, "version": p.Version.ID, "title": p.Lesson.Title, "minutes": p.Lesson.Minutes,
		"html": s.texts.lesson(p.Version, p.Lesson, w.Lang).html, "done": p.State.Done, "read": p.State.Read, "best": p.State.Best, "next": p.Next}
	if p.HasQuiz() {
		draw := p.State.Attempts
		questions := []apiQuestion{}
		for _, q := range s.questions(p, p.asked(draw), w, "", nil, nil) {
			a := apiQuestion{ID: q.ID, Kind: q.Kind, Prompt: string(q.Prompt), Tail: string(q.Tail), Options: apiOptions(q.Options), Right: apiOptions(q.Rights)}
			for _, m := range q.Lefts {
				a.Left = append(a.Left, apiOption{m.ID, string(m.Text)})
			}
			questions = append(questions, a)
		}
		quiz := fiber.Map{"questions": questions, "passMark": p.Version.PassMark}
		if len(p.Lesson.Quiz.Draw) > 0 {
			quiz["draw"] = draw
		}
		body["quiz"] = quiz
	}
	return c.JSON(body)
}

func apiOptions(views []optionView) []apiOption {
	var options []apiOption
	for _, o := range views {
		options = append(options, apiOption{o.ID, string(o.Text)})
	}
	return options
}

// maxFacts is how many facts one request may bring: more than two courses have.
const maxFacts = 200

// apiFacts keeps what a phone brings and answers for each fact, in order. When the store cannot be reached there is no answer for any of them, and sending all again is safe.
func (s *Server) apiFacts(c *fiber.Ctx) error {
	var body struct {
		Facts []courses.Fact `json:"facts"`
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	if len(body.Facts) > maxFacts {
		return store.Invalid("facts", "too-many-facts", maxFacts)
	}
	if err := s.spend(&s.limits.facts, visitorID(c), len(body.Facts)); err != nil {
		return err
	}
	receipts := []courses.Receipt{}
	for _, f := range body.Facts {
		r, err := s.record(c, f)
		if err != nil {
			return err
		}
		receipts = append(receipts, r)
	}
	return c.JSON(fiber.Map{"receipts": receipts})
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
	IssuedAt   time.Time     `json:"issuedAt"`
	ValidUntil *time.Time    `json:"validUntil"` // null: for ever
	RevokedAt  *time.Time    `json:"revokedAt,omitempty"`
	Reason     string        `json:"reason,omitempty"`
	ReplacedBy string        `json:"replacedBy,omitempty"`
	URL        string        `json:"url"`
}

func certificateBody(e courses.Entry) apiCertificate {
	unit := strings.Join(slices.DeleteFunc([]string{e.Holder.Library, e.Holder.Place}, func(s string) bool { return s == "" }), ", ")
	b := apiCertificate{Code: e.Code, State: e.State, Holder: e.Holder.Name, Unit: unit, Course: e.Course, Title: e.Title, Issuer: e.Issuer.Name,
		Serial: e.Serial, IssuedAt: e.IssuedAt, URL: e.VerifyURL}
	if !e.ValidUntil.Equal(courses.Forever) {
		b.ValidUntil = &e.ValidUntil
	}
	if e.Revocation != nil {
		b.RevokedAt, b.Reason = &e.Revocation.At, e.Revocation.Reason
	}
	if e.ReplacedBy != nil {
		b.ReplacedBy = e.ReplacedBy.Code
	}
	return b
}

func (s *Server) apiCertificates(c *fiber.Ctx) error {
	entries, err := s.school.Certificates(c.UserContext(), visitorID(c))
	if err != nil {
		return err
	}
	list := []apiCertificate{}
	for _, e := range entries {
		list = append(list, certificateBody(e))
	}
	return c.JSON(fiber.Map{"certificates": list})
}

func (s *Server) apiVerify(c *fiber.Ctx) error {
	code, ok := courses.ReadCode(c.Params("code"))
	if !ok {
		return &store.Problem{Kind: store.ErrNotFound, Code: "code-mistyped", Field: "code"}
	}
	e, err := s.school.Look(c.UserContext(), code)
	if err != nil {
		return err
	}
	return c.JSON(certificateBody(e))
}

func (s *Server) apiOpenAPI(c *fiber.Ctx) error {
	text, err := files.ReadFile("openapi.json")
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	return c.Send(text)
}
