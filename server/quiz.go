package server

import (
	"encoding/json"
	"hash/fnv"
	"html/template"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/store"
)

// questionView is a question as a page shows it: without its key before an attempt is recorded, with marks and feedback after.
type questionView struct {
	ID      string
	Number  int
	Kind    courses.QuestionKind
	Prompt  template.HTML
	Tail    template.HTML
	Options []optionView
	Lefts   []matchView
	Rights  []optionView
	Value   string // typed answer
	Fault   string // what is wrong with what was typed

	Marked   bool
	Right    bool
	Partly   bool
	Feedback []template.HTML
	Again    string // address of the section to read again
	AgainOf  string // its title
	Expected string // the right words or number
}

type optionView struct {
	ID     string
	Text   template.HTML
	Chosen bool
	Right  bool
}

type matchView struct {
	Wrong  bool // marked, and something else or nothing was chosen
	ID     string
	Text   template.HTML
	Chosen string
	Right  template.HTML // the text that belongs to it, shown once marked
}

type quizPage struct {
	frame
	place
	Attempt   string // id of the attempt that this form hands in: pressed twice, it counts once
	Draw      int    // number of the draw of its questions
	Seed      string
	Questions []questionView
	Fault     bool
}

// quiz shows the questions.
func (s *Server) quiz(c *fiber.Ctx) error {
	p, err := s.lessonAt(c)
	if err != nil {
		return err
	}
	if !p.HasQuiz() {
		return store.NotFound(courses.VersionKind, "quiz")
	}
	if id := c.Query("attempt"); id != "" {
		return s.result(c, p, id)
	}
	return s.page(c, "quiz", s.quizPage(c, p, uuid.Must(uuid.NewV7()).String(), p.State.Attempts, nil, nil))
}

func (s *Server) quizPage(c *fiber.Ctx, p place, attempt string, draw int, given map[string]courses.Answer, faults map[string]string) quizPage {
	f := s.frame(c, s.wordsOf(c).T("quiz.title", s.wordsOf(c).In(p.Lesson.Title)))
	page := quizPage{frame: f, place: p, Attempt: attempt, Draw: draw, Fault: len(faults) > 0}
	seed := ""
	if p.Version.Shuffle {
		seed = visitorID(c) + string(rune('a'+p.State.Attempts)) // another order at each attempt
	}
	page.Questions = s.questions(p, p.asked(draw), f.words, seed, given, nil)
	for i, q := range page.Questions {
		if code, ok := faults[q.ID]; ok {
			page.Questions[i].Fault = f.T("error." + code)
		}
	}
	return page
}

// asked is the quiz of the visitor's attempt with this number of a draw.
func (p place) asked(draw int) courses.Quiz {
	enrolment := courses.EnrolmentID(p.Person, p.Version.Course, 1)
	if p.Enrolment != nil {
		enrolment = p.Enrolment.ID
	}
	return p.Lesson.Quiz.Drawn(enrolment, p.Lesson.ID, draw)
}

// questions prepares what was asked for a page. With marks, what was given is shown beside what is right.
func (s *Server) questions(p place, asked courses.Quiz, w words, seed string, given map[string]courses.Answer, marks map[string]courses.Mark) []questionView {
	return questionViews(asked, w, seed, given, marks, s.texts.lesson(p.Version, p.Lesson, w.Lang).sections, "/courses/"+p.Version.Course+"/"+p.Lesson.ID)
}

// questionViews is questions of a lesson with these sections at this address.
func questionViews(asked courses.Quiz, w words, seed string, given map[string]courses.Answer, marks map[string]courses.Mark, sections []authoring.Section, lesson string) []questionView {
	inline := func(t courses.Text) template.HTML { return template.HTML(authoring.RenderInline(w.In(t))) } // sanitised by authoring
	var views []questionView
	n := 0
	for _, q := range asked.Questions {
		v := questionView{ID: q.ID, Kind: q.Kind, Prompt: inline(q.Prompt), Tail: inline(q.Tail)}
		if q.Kind != courses.Description {
			n++
			v.Number = n
		}
		a := given[q.ID]
		if a.Bool != nil {
			a.Options = []string{map[bool]string{true: "true", false: "false"}[*a.Bool]}
		}
		for _, o := range q.Options {
			text := inline(o.Text)
			if q.Kind == courses.TrueFalse {
				text = template.HTML(template.HTMLEscapeString(w.T("quiz." + o.ID)))
			}
			v.Options = append(v.Options, optionView{ID: o.ID, Text: text, Chosen: slices.Contains(a.Options, o.ID), Right: marks != nil && o.Weight > 0})
		}
		if q.Kind != courses.TrueFalse {
			shuffle(v.Options, seed, q.ID)
		}
		v.Value = a.Text
		if a.Number != nil {
			v.Value = showNumber(w.Lang, *a.Number)
		}
		v.matches(q, a, inline, marks != nil)
		if m, ok := marks[q.ID]; ok {
			v.mark(q, m, w)
			for _, t := range m.Feedback {
				v.Feedback = append(v.Feedback, inline(t))
			}
			if i := q.Section - 1; !m.Right && i >= 0 && i < len(sections) {
				v.Again = lesson + "#" + sections[i].ID
				v.AgainOf = sections[i].Title
			}
		}
		views = append(views, v)
	}
	return views
}

// matches fills in the two sides of a matching. The right side goes by its ids, which say nothing of the left.
func (v *questionView) matches(q courses.Question, a courses.Answer, inline func(courses.Text) template.HTML, marked bool) {
	for _, p := range q.Pairs {
		if p.Left != "" {
			m := matchView{ID: p.Left, Text: inline(p.LeftText), Chosen: a.Pairs[p.Left]}
			if marked {
				m.Right, m.Wrong = inline(p.RightText), m.Chosen != p.Right
			}
			v.Lefts = append(v.Lefts, m)
		}
		if !slices.ContainsFunc(v.Rights, func(o optionView) bool { return o.ID == p.Right }) {
			v.Rights = append(v.Rights, optionView{ID: p.Right, Text: inline(p.RightText)})
		}
	}
	slices.SortFunc(v.Rights, func(a, b optionView) int { return strings.Compare(a.ID, b.ID) })
}

func (v *questionView) mark(q courses.Question, m courses.Mark, w words) {
	v.Marked, v.Right, v.Partly = true, m.Right, !m.Right && m.Share > 0
	if m.Right {
		return
	}
	mine := false
	for _, a := range q.Accepted { // the first in the reader's language
		if a.Weight < 1 || mine {
			continue
		}
		mine = a.Feedback == courses.Text{} || w.Lang == "en" && a.Feedback.En != "" || w.Lang != "en" && a.Feedback.Vi != ""
		if mine || v.Expected == "" {
			v.Expected = a.Shown()
		}
	}
	if i := slices.IndexFunc(q.Ranges, func(r courses.Range) bool { return r.Weight == 1 }); i >= 0 {
		r := q.Ranges[i]
		v.Expected = showNumber(w.Lang, r.Min)
		if r.Max != r.Min {
			v.Expected += " – " + showNumber(w.Lang, r.Max)
		}
	}
}

// shuffle puts the options of a question into an order that depends on the seed alone; no seed, no change.
func shuffle(options []optionView, seed, question string) {
	if seed == "" {
		return
	}
	h := fnv.New64a()
	h.Write([]byte(seed + "/" + question))
	r := rand.New(rand.NewPCG(h.Sum64(), 1687))
	r.Shuffle(len(options), func(i, j int) { options[i], options[j] = options[j], options[i] })
}

// handIn records the answers of the form and leads to the result. What cannot be read is asked again, with everything else kept.
func (s *Server) handIn(c *fiber.Ctx) error {
	p, err := s.lessonAt(c)
	if err != nil {
		return err
	}
	draw := p.State.Attempts
	if n, err := strconv.Atoi(c.FormValue("draw")); err == nil {
		if draw = n; n < 0 || n > p.State.Attempts+1 {
			return store.Invalid("draw", "draw-ahead")
		}
	}
	answers, faults := answersOf(c, p.asked(draw))
	id := c.FormValue("id")
	if len(faults) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.page(c, "quiz", s.quizPage(c, p, id, draw, answers, faults))
	}
	raw, err := rawAnswers(answers)
	if err != nil {
		return err
	}
	r, err := s.record(c, courses.Fact{ID: id, Kind: "attempt", Course: p.Version.Course, Lesson: p.Lesson.ID, At: s.now(), Answers: raw, Draw: &draw})
	if err != nil {
		return err
	}
	if r.State == courses.Refused {
		return store.Invalid("", r.Reason)
	}
	return c.Redirect("/courses/"+p.Version.Course+"/"+p.Lesson.ID+"/quiz?attempt="+escapeQuery(id), fiber.StatusSeeOther)
}

// answersOf reads the answers of a quiz's form, and names those that cannot be read.
func answersOf(c *fiber.Ctx, asked courses.Quiz) (map[string]courses.Answer, map[string]string) {
	answers := map[string]courses.Answer{}
	faults := map[string]string{}
	form := c.Request().PostArgs()
	for i := range asked.Questions {
		q := &asked.Questions[i]
		a, given, err := q.ParseForm(func(part string) []string {
			name := "q." + q.ID
			if part != "" {
				name += "." + part
			}
			var values []string
			for _, v := range form.PeekMulti(name) {
				values = append(values, string(v))
			}
			return values
		})
		if err != nil {
			faults[q.ID] = explain(err).Code
		} else if given {
			answers[q.ID] = a
		}
	}
	return answers, faults
}

type resultPage struct {
	frame
	place
	Attempt   courses.Attempt
	Questions []questionView
}

// result shows what an attempt was worth, with the feedback beside each question.
func (s *Server) result(c *fiber.Ctx, p place, id string) error {
	a, err := store.Get[courses.Attempt](c.UserContext(), s.store, courses.AttemptKind, visitorID(c)+"/"+id)
	if err != nil {
		return err
	}
	if a.Lesson != p.Lesson.ID || a.Course != p.Version.Course {
		return store.NotFound(courses.AttemptKind, id)
	}
	if p.Version, err = s.school.VersionAttempted(c.UserContext(), a); err != nil {
		return err
	}
	p.Lesson, _ = p.Version.Lesson(a.Lesson)
	asked := a.Quiz(p.Lesson.Quiz)
	_, marks := asked.Grade(a.Answers)
	f := s.frame(c, s.wordsOf(c).T("result.title", s.wordsOf(c).In(p.Lesson.Title)))
	return s.page(c, "result", resultPage{frame: f, place: p, Attempt: a, Questions: s.questions(p, asked, f.words, "", a.Answers, marks)})
}

// rawAnswers writes answers as the API has them.
func rawAnswers(answers map[string]courses.Answer) (map[string]json.RawMessage, error) {
	raw := map[string]json.RawMessage{}
	for id, a := range answers {
		var v any = a.Options
		switch {
		case a.Bool != nil:
			v = *a.Bool
		case a.Number != nil:
			v = *a.Number
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

// showNumber writes a number with the language's decimal sign.
func showNumber(lang string, n float64) string {
	s := strconv.FormatFloat(n, 'f', -1, 64)
	if lang != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}
