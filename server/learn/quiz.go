package learn

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/words"
	"lopban/server/page"
)

type quizPage struct {
	page.Frame
	lessonView
	Attempt   string // id of the attempt that this form hands in: pressed twice, it counts once
	Draw      int    // number of the draw of its questions
	Now       time.Time
	Questions []page.QuestionView
	Given     bool // the answers in it come from the server: what the phone keeps is older
	Fault     bool
	Blank     []page.QuestionView // what was handed in without an answer: asked about before it counts
	Early     bool                // handed in before the pause was over
	Twice     bool                // the form was handed in before with other answers
	Other     bool                // the questions that were asked for were answered by another attempt
	Looked    bool                // Enter was pressed in a field: nothing was handed in
	Past      []courses.Attempt
}

// From is from when on the attempt may be handed in, where that is still to come.
func (p quizPage) From() *time.Time {
	if at := p.Lesson.Quiz.From(p.State); at.After(p.Now) {
		return &at
	}
	return nil
}

// Left is how many more attempts the quiz allows, -1 where it counts none.
func (p lessonView) Left() int {
	if p.Lesson.Quiz.Attempts == 0 || p.State.Done {
		return -1
	}
	return max(0, p.Lesson.Quiz.Attempts-p.State.Attempts)
}

// Known lists the ids of the attempts that were received, by which a phone knows that it need not keep a draft.
func (p quizPage) Known() string {
	var ids []string
	for _, a := range p.Past {
		ids = append(ids, a.Client())
	}
	return strings.Join(ids, " ")
}

// Draws says whether each attempt sees other questions.
func (p quizPage) Draws() bool { return len(p.Lesson.Quiz.Draw) > 0 }

// Quiz shows the questions.
func (s *Pages) Quiz(c *fiber.Ctx) error {
	p, err := s.LessonAt(c)
	if err != nil {
		return err
	}
	if !p.HasQuiz() {
		return store.NotFound(school.VersionKind, "quiz")
	}
	if id := c.Query("attempt"); id != "" {
		return s.result(c, p, id)
	}
	draw, ok := p.draw(c.Query("draw")) // of a draft that the phone keeps
	other := ok && p.State.Answered(draw)
	if !ok || other {
		draw = p.Lesson.Quiz.Next(p.State)
	}
	shown, err := s.quizPage(c, p, newAttempt(), draw, nil, nil)
	if err != nil {
		return err
	}
	shown.Other = other
	return s.Page(c, "quiz", shown)
}

// newAttempt is an id for an attempt.
func newAttempt() string { return uuid.Must(uuid.NewV7()).String() }

// draw reads the number of a draw that the visitor may see: those before, the next, and one more that may be on its
// way.
func (p lessonView) draw(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0 && n <= p.State.Attempts+1
}

// attempts are what the visitor handed in to the lesson's quiz, the newest first.
func (s *Pages) attempts(c *fiber.Ctx, p lessonView) ([]courses.Attempt, error) {
	if p.Enrolment == nil || p.State.Attempts == 0 {
		return nil, nil
	}
	return s.School.Attempts(c.UserContext(), p.Enrolment, p.Lesson.ID)
}

func (s *Pages) quizPage(c *fiber.Ctx, p lessonView, attempt string, draw int, given map[string]courses.Answer, faults map[string]string) (quizPage, error) {
	f := s.Frame(c, s.WordsOf(c).T("quiz.title", s.WordsOf(c).In(p.Lesson.Title)))
	shown := quizPage{Frame: f, lessonView: p, Attempt: attempt, Draw: draw, Given: given != nil, Fault: len(faults) > 0, Now: s.Now()}
	var err error
	if shown.Past, err = s.attempts(c, p); err != nil {
		return shown, err
	}
	shown.Questions = s.Questions(p, p.Asked(draw), f.Words, p.Order(draw), given, nil)
	for i, q := range shown.Questions {
		if code, ok := faults[q.ID]; ok {
			shown.Questions[i].Fault = f.T("error." + code)
			shown.Questions[i].Value = typed(c, q.ID)
		}
	}
	return shown, nil
}

// typed is what the form has for a question with one field.
func typed(c *fiber.Ctx, question string) string { return c.FormValue("q." + question) }

// Asked is the quiz of the visitor's attempt with this number of a draw.
func (p lessonView) Asked(draw int) courses.Quiz {
	return p.Lesson.Quiz.Drawn(p.cycle(), p.Lesson.ID, draw)
}

// Coming lists the draws that the visitor's next attempts see.
func (p lessonView) Coming() []courses.Coming {
	return p.Lesson.Quiz.Coming(p.cycle(), p.Lesson.ID, p.State)
}

// Ahead is Coming as a page tells it to a phone; "" where the quiz draws none, or nobody is there to draw for.
func (p lessonView) Ahead() (string, error) {
	if len(p.Lesson.Quiz.Draw) == 0 || p.Person == "" {
		return "", nil
	}
	text, err := json.Marshal(p.Coming())
	return string(text), err
}

// cycle is the id of the visitor's enrolment, also before there is one.
func (p lessonView) cycle() string {
	if p.Enrolment != nil {
		return p.Enrolment.ID
	}
	return courses.EnrolmentID(p.Person, p.Version.Course, 1)
}

// Order is the seed by which the options of an attempt stand: they keep their places from the first look to the result,
// and have others at the next attempt. "" leaves them as they were written.
func (p lessonView) Order(draw int) string {
	if !p.Version.Shuffle {
		return ""
	}
	return p.Person + "/" + strconv.Itoa(draw)
}

// Questions prepares what was asked for a page. Of a question with a mark, what was given is shown beside what is
// right.
func (s *Pages) Questions(p lessonView, asked courses.Quiz, w words.Words, seed string, given map[string]courses.Answer, marks map[string]courses.Mark) []page.QuestionView {
	at := "/courses/" + p.Version.Course + "/" + p.Lesson.ID
	views := page.QuestionViews(asked, w, seed, given, marks, s.Texts.Lesson(p.Version, p.Lesson, w.Lang).Sections, at)
	for i := range views {
		views[i].Remark = at + "/remark?question=" + views[i].ID
	}
	return views
}

// HandIn records the answers of the form and leads to the result. What cannot be read is asked again, with everything
// else kept.
func (s *Pages) HandIn(c *fiber.Ctx) error {
	p, err := s.LessonAt(c)
	if err != nil {
		return err
	}
	draw := p.Lesson.Quiz.Next(p.State)
	if text := c.FormValue("draw"); text != "" {
		var ok bool
		if draw, ok = p.draw(text); !ok {
			return problem.Invalid("draw", "draw-ahead")
		}
	}
	answers, faults := page.AnswersOf(c, p.Asked(draw), s.WordsOf(c).Lang)
	id := c.FormValue("id")
	again := func(id string, say func(*quizPage)) error { // nothing is recorded
		shown, err := s.quizPage(c, p, id, draw, answers, faults)
		if err != nil {
			return err
		}
		say(&shown)
		return s.Page(c.Status(fiber.StatusUnprocessableEntity), "quiz", shown)
	}
	if len(faults) > 0 || c.FormValue("look") != "" {
		return again(id, func(shown *quizPage) { shown.Looked = c.FormValue("look") != "" })
	}
	raw, err := rawAnswers(answers)
	if err != nil {
		return err
	}
	if blank := p.Asked(draw).Unanswered(answers); len(blank) > 0 && c.FormValue("sure") != "1" {
		return again(id, func(shown *quizPage) {
			for _, q := range shown.Questions {
				if slices.Contains(blank, q.ID) {
					shown.Blank = append(shown.Blank, q)
				}
			}
		})
	}
	r, err := s.RecordFact(c, courses.Fact{ID: id, Kind: "attempt", Course: p.Version.Course, Lesson: p.Lesson.ID, At: s.Now(), Answers: raw, Draw: &draw})
	if err != nil {
		return err
	}
	switch {
	case r.State == courses.Refused && (r.Reason == "attempt-early" || r.Reason == "attempts-used"):
		if p, err = s.LessonAt(c); err != nil { // another phone may have handed in meanwhile
			return err
		}
		return again(id, func(shown *quizPage) { shown.Early = r.Reason == "attempt-early" })
	case r.State == courses.Refused && r.Reason == "draw-used":
		if p, err = s.LessonAt(c); err != nil {
			return err
		}
		draw = p.Lesson.Quiz.Next(p.State)
		return again(newAttempt(), func(shown *quizPage) { shown.Other = true })
	case r.State == courses.Refused && r.Reason == "id-reused":
		// the earlier one stands; this one may be handed in beside it
		return again(newAttempt(), func(shown *quizPage) { shown.Twice = true })
	case r.State == courses.Refused:
		return problem.Invalid("", r.Reason)
	}
	return page.SeeOther(c, "/courses/"+p.Version.Course+"/"+p.Lesson.ID+"/quiz?attempt="+page.EscapeQuery(id))
}

type resultPage struct {
	page.Frame
	lessonView
	Attempt   courses.Attempt
	Questions []page.QuestionView
	Closed    bool          // the key of some questions is held back
	Drawn     bool          // because a later attempt may ask them
	KeyFrom   int           // from which attempt on the others are shown
	Ahead     string        // draws of the next attempts, for a phone
	Reread    []sectionView // where the answers that were not right are in the lesson
	Used      bool          // the quiz allows no more attempts
	Past      []courses.Attempt
	Task      *courses.Practice // that is left to do when every lesson is done, nil for none
}

type sectionView struct{ URL, Title string }

// newest stands in an address for the attempt that was handed in last.
const newest = "newest"

// result shows what an attempt was worth, with the feedback beside each question.
func (s *Pages) result(c *fiber.Ctx, p lessonView, id string) error {
	past, err := s.attempts(c, p)
	if err != nil {
		return err
	}
	if id == newest && len(past) > 0 {
		id = past[0].Client()
	}
	a, err := store.Get[courses.Attempt](c.UserContext(), s.Store, school.AttemptKind, page.VisitorID(c)+"/"+id)
	if err != nil {
		return err
	}
	if a.Lesson != p.Lesson.ID || a.Course != p.Version.Course {
		return store.NotFound(school.AttemptKind, id)
	}
	now := p // the version that is finished and the state today decide what is shown, whenever the attempt was
	if p.Version, err = s.School.VersionAttempted(c.UserContext(), a); err != nil {
		return err
	}
	p.Lesson, _ = p.Version.Lesson(a.Lesson)
	asked := a.Quiz(p.Lesson.Quiz)
	_, marks := asked.Grade(a.Answers)
	order := ""
	if a.Draw != nil {
		order = p.Order(*a.Draw)
	}
	f := s.Frame(c, s.WordsOf(c).T("result.title", s.WordsOf(c).In(p.Lesson.Title)))
	shown := resultPage{Frame: f, lessonView: p, Attempt: a, KeyFrom: now.Version.KeyFrom(), Used: now.Lesson.Quiz.Used(now.State)}
	all := s.Questions(p, asked, f.Words, order, a.Answers, marks)
	open := now.Version.KeyShown(now.Lesson, now.State)
	waited := now.State
	waited.Attempts = max(waited.Attempts, shown.KeyFrom)
	late := now.Version.KeyShown(now.Lesson, waited)
	for i, q := range all {
		at := sectionView{q.Again, q.AgainOf}
		if !open(q.ID) && at.URL != "" && !slices.Contains(shown.Reread, at) {
			shown.Reread = append(shown.Reread, at)
		}
		if _, scored := marks[q.ID]; scored && !open(q.ID) {
			shown.Closed, shown.Drawn = true, shown.Drawn || !late(q.ID)
			delete(marks, all[i].ID)
		}
	}
	shown.Questions = s.Questions(p, asked, f.Words, order, a.Answers, marks)
	shown.Past = past
	if shown.Ahead, err = now.Ahead(); err != nil {
		return err
	}
	if shown.Task, err = s.taskLeft(c.UserContext(), p.Study); err != nil {
		return err
	}
	return s.Page(c, "result", shown)
}

// rawAnswers writes answers as the API has them.
func rawAnswers(answers map[string]courses.Answer) (map[string]json.RawMessage, error) {
	raw := map[string]json.RawMessage{}
	for id, a := range answers {
		var v any = a.Options
		switch {
		case a.Bool != nil:
			v = *a.Bool
		case a.Number != nil && (a.Typed == "" || a.Typed == words.Number("en", *a.Number)):
			v = *a.Number
		case a.Number != nil:
			v = fiber.Map{"number": *a.Number, "typed": a.Typed}
		case a.Pairs != nil:
			v = a.Pairs
		case a.Options == nil:
			v = a.Text
		}
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		raw[id] = text
	}
	return raw, nil
}
