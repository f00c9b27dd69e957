package author

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/desk"
	"lopban/courses/authoring/gift"
	"lopban/courses/authoring/markdown"
	"lopban/courses/problem"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/words"
	"lopban/server/page"
)

// quizEditPage is the quiz of a draft's lesson: the list of its questions with one of them open, or its two files, or
// the quiz as a learner would see it.
type quizEditPage struct {
	page.Frame
	desk.QuizDraft
	Course   string
	Closed   bool           // the course is not open for writing
	Lesson   courses.Lesson // of the draft
	Rev      int            // of course.yaml
	View     string         // "", "text" or "try"
	Rows     []questionLine
	Open     *questionForm // the question that is open, nil for none
	Kinds    []courses.QuestionKind
	Pools    []string
	Draw     drawForm
	Wrong    []mistakeLine // in the order of the files
	Saved    string        // what was just done, in words; "" for nothing
	Undo     string        // revisions to go back to, "" for none
	Fault    *page.FormFault
	Conflict []textConflict // what others saved meanwhile
	From     string         // the question that was open, whose text stands here too
	Attempts string         // how often it may be handed in, "" for any number
	Pause    string         // minutes between
	ViText   string         // of the text view
	EnText   string
	Number   int // of the draw that is tried
	Tried    bool
	Score    int
	Passed   bool
	PassMark int
	Asked    []page.QuestionView
}

// questionLine is a question in the list.
type questionLine struct {
	courses.Question
	Number      int // 0 of a text between questions
	Text        courses.Text
	First, Last bool
	Open        bool
}

// questionForm is a question as a form: pairs of fields in both languages, and rows of answers.
type questionForm struct {
	courses.Question
	Fields   []pairField
	Rows     []answerRow
	Sections []markdown.Section
	Tags     string
	More     bool // rows can be added
}

// pairField is a text in both languages.
type pairField struct {
	Name, Label string
	Value       courses.Text
	Long        bool
}

// answerRow is an option, an accepted text, a range or a pair.
type answerRow struct {
	I       int
	Label   string
	Singles []singleField
	Pairs   []pairField
}

type singleField struct{ Name, Label, Value, Mode, Fault string }

type drawForm struct {
	All   string // how many of the whole quiz, "" for no such draw
	Pools []poolDraw
}

type poolDraw struct {
	Name  string
	There int
	Count string
}

type mistakeLine struct {
	File, Text string
	Line       int
	Warning    bool
	Question   string // id of the question that it is about, "" for none
	Number     int    // of the question, 0 of a text between questions
}

// textConflict is a file that somebody else saved meanwhile.
type textConflict struct {
	desk.Edit
	Merged bool             // both changes stand in the text below
	Lines  []authoring.Line // what is different in the text below
}

// quizDraft reads the quiz of a lesson of the course that the address names.
func (s *Pages) quizDraft(c *fiber.Ctx, lesson string) (quizEditPage, error) {
	shown := quizEditPage{Course: c.Params("course")}
	var err error
	if _, err = store.Get[desk.Draft](c.UserContext(), s.Store, desk.DraftKind, shown.Course); errors.Is(err, problem.ErrNotFound) {
		return s.closedQuiz(c, shown, lesson)
	}
	if shown.QuizDraft, err = s.Desk.Quiz(c.UserContext(), shown.Course, lesson); err != nil {
		return shown, err
	}
	draft, _, err := s.Desk.Load(c.UserContext(), shown.Course)
	if err != nil {
		return shown, err
	}
	var ok bool
	if shown.Lesson, ok = draft.Version.Lesson(lesson); !ok {
		return shown, store.NotFound(school.VersionKind, lesson)
	}
	shown.PassMark = draft.Version.PassMark
	shown.Attempts, shown.Pause = unlessNone(shown.Lesson.Quiz.Attempts), unlessNone(shown.Lesson.Quiz.PauseMinutes)
	if _, shown.Rev, _, err = s.Desk.Outline(c.UserContext(), shown.Course); err != nil {
		return shown, err
	}
	shown.Frame = s.Frame(c, s.WordsOf(c).T("quiz.edit.title", s.WordsOf(c).In(shown.Lesson.Title)))
	return shown, nil
}

// unlessNone is a number as a field has it: empty for 0.
func unlessNone(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// refusedTurns shows what was typed into the form of attempts and pauses again, with why it is not taken.
func (s *Pages) refusedTurns(c *fiber.Ctx, fault *page.FormFault) error {
	shown, err := s.quizDraft(c, c.FormValue("lesson"))
	if err != nil {
		return err
	}
	shown.Fault, shown.Attempts, shown.Pause = fault, c.FormValue("attempts"), c.FormValue("pause")
	return s.quizEditPage(c, shown, "")
}

// closedQuiz is the page of a lesson whose course is published but not open for writing.
func (s *Pages) closedQuiz(c *fiber.Ctx, shown quizEditPage, lesson string) (quizEditPage, error) {
	v, err := s.School.Course(c.UserContext(), shown.Course)
	if err != nil {
		return shown, err
	}
	var ok bool
	if shown.Lesson, ok = v.Lesson(lesson); !ok {
		return shown, store.NotFound(school.VersionKind, lesson)
	}
	shown.Closed = true
	shown.Frame = s.Frame(c, s.WordsOf(c).T("quiz.edit.title", s.WordsOf(c).In(shown.Lesson.Title)))
	return shown, nil
}

// QuizEditor shows the quiz to be written.
func (s *Pages) QuizEditor(c *fiber.Ctx) error {
	shown, err := s.quizDraft(c, c.Params("lesson"))
	if err != nil {
		return err
	}
	if shown.Closed {
		return s.Page(c, "quiz-edit", shown)
	}
	shown.View, shown.Undo = c.Query("view"), c.Query("undo")
	if done := c.Query("done"); slices.Contains([]string{"saved", "undone", "dropped", "joined"}, done) {
		shown.Saved, shown.Notice = shown.T("quiz.edit.done."+done), "" // said once, beside the way back
	}
	if shown.View == "try" {
		shown.Number, _ = strconv.Atoi(c.Query("draw"))
		shown.Asked = shown.trial(nil, nil)
	}
	open := c.Query("q")
	if open == "" && shown.View == "" { // a mistake leads to its question
		open = shown.questions()(authoring.LessonFile(shown.Lesson.ID, cmp.Or(c.Query("lang"), "vi"), "gift"), c.QueryInt("line"))
	}
	return s.quizEditPage(c, shown, open)
}

// DrawWas is the draw as the page shows it, for the form to say what it changes.
func (p quizEditPage) DrawWas() string {
	text, err := json.Marshal(p.Quiz.Draw)
	if err != nil {
		return ""
	}
	return string(text)
}

// quizEditPage fills in what all views need and shows the page with a question open.
func (s *Pages) quizEditPage(c *fiber.Ctx, shown quizEditPage, open string) error {
	if shown.View == "" && !shown.Editable {
		shown.View = "text"
	}
	if shown.View == "text" && shown.ViText == "" && shown.EnText == "" {
		shown.ViText, shown.EnText = shown.Vi.Text, shown.En.Text
	}
	shown.Kinds = questionKinds
	number := 0
	for i, q := range shown.Quiz.Questions {
		line := questionLine{Question: q, Text: questionText(q), First: i == 0, Last: i == len(shown.Quiz.Questions)-1, Open: q.ID == open}
		if q.Kind != courses.Description {
			number++
			line.Number = number
		}
		shown.Rows = append(shown.Rows, line)
		if line.Open && shown.Open == nil {
			shown.Open = s.questionForm(shown, q)
		}
		if q.Pool != "" && !slices.Contains(shown.Pools, q.Pool) {
			shown.Pools = append(shown.Pools, q.Pool)
		}
	}
	shown.Draw = drawOf(shown.Quiz, shown.Pools)
	at := shown.questions()
	for _, m := range shown.Mistakes {
		line := mistakeLine{File: m.File, Line: m.Line, Warning: m.Warning, Text: shown.Sentence(m), Question: at(m.File, m.Line)}
		if i := slices.IndexFunc(shown.Rows, func(r questionLine) bool { return r.ID == line.Question }); i >= 0 {
			line.Number = shown.Rows[i].Number
		}
		shown.Wrong = append(shown.Wrong, line)
	}
	return s.Page(c, "quiz-edit", shown)
}

// questions gives the id of the question at a line of one of the two files, "" for none. Each is read once, if asked.
func (p quizEditPage) questions() func(file string, line int) string {
	places := map[string][]gift.Position{}
	return func(file string, line int) string {
		edit, english := p.Vi, file == p.En.Path
		if english {
			edit = p.En
		}
		if line == 0 || file != edit.Path {
			return ""
		}
		if _, read := places[file]; !read {
			places[file] = gift.Positions(gift.Source{File: file, Data: []byte(edit.Text)}, english)
		}
		id, n := "", 0
		for i, place := range places[file] {
			if place.Line <= line {
				id, n = place.ID, i
			}
		}
		if id == "" && english && n < len(p.Quiz.Questions) {
			id = p.Quiz.Questions[n].ID
		}
		return id
	}
}

// questionKinds are the kinds in the order in which they are offered.
var questionKinds = []courses.QuestionKind{courses.SingleChoice, courses.MultipleChoice, courses.TrueFalse, courses.ShortAnswer, courses.Numerical, courses.Matching, courses.Essay, courses.Description}

// questionForm makes the fields of a question.
func (s *Pages) questionForm(shown quizEditPage, q courses.Question) *questionForm {
	w := shown.Words
	_, sections := markdown.Render(shown.Lesson.Body.In(w.Lang), func(string) (markdown.Picture, bool) { return markdown.Picture{}, false })
	f := &questionForm{Question: q, Sections: sections, Tags: strings.Join(q.Tags, ", ")}
	pair := func(name, label string, value courses.Text, long bool) pairField {
		return pairField{Name: name, Label: w.T("quiz.edit." + label), Value: value, Long: long}
	}
	f.Fields = append(f.Fields, pair("prompt", "prompt", q.Prompt, true))
	if q.Kind != courses.Description {
		label := "feedback"
		if q.Kind == courses.Essay {
			label = "model"
		}
		if q.Kind == courses.Numerical {
			f.Fields = append(f.Fields, pair("other", "other", q.Other, true))
		}
		f.Fields = append(f.Fields, pair("tail", "tail", q.Tail, false), pair("feedback", label, q.Feedback, true))
	}
	f.Fields = append(f.Fields, pair("title", "name", q.Title, false), pair("notes", "notes", q.Notes, true))
	row := func(label string, singles []singleField, pairs ...pairField) {
		i := len(f.Rows)
		for j := range pairs {
			pairs[j].Name = fmt.Sprintf("row.%d.%s", i, pairs[j].Name)
		}
		for j := range singles {
			singles[j].Name = fmt.Sprintf("row.%d.%s", i, singles[j].Name)
			singles[j].Label = w.T("quiz.edit." + singles[j].Label)
		}
		f.Rows = append(f.Rows, answerRow{I: i, Label: label, Singles: singles, Pairs: pairs})
	}
	weight := func(share float64) singleField {
		return singleField{Name: "weight", Label: "weight", Mode: "decimal", Value: words.Number(w.Lang, math.Round(share*1e7)/1e5)}
	}
	for i, o := range q.Options {
		if q.Kind == courses.TrueFalse {
			row(w.T("quiz."+o.ID), nil, pair("note", "note", o.Feedback, true))
			continue
		}
		row(w.T("quiz.edit.option", i+1), []singleField{weight(o.Weight)}, pair("text", "text", o.Text, true), pair("note", "note", o.Feedback, true))
	}
	for i, a := range q.Accepted {
		row(w.T("quiz.edit.accepted", i+1), []singleField{{Name: "word", Label: "word", Value: a.Text}, weight(a.Weight)}, pair("note", "note", a.Feedback, true))
	}
	for i, r := range q.Ranges {
		row(w.T("quiz.edit.range", i+1), []singleField{{Name: "min", Label: "min", Mode: "decimal", Value: words.Number(w.Lang, r.Min)}, {Name: "max", Label: "max", Mode: "decimal", Value: words.Number(w.Lang, r.Max)}, weight(r.Weight)},
			pair("note", "note", r.Feedback, true))
	}
	for i, p := range q.Pairs {
		row(w.T("quiz.edit.pair", i+1), nil, pair("left", "left", p.LeftText, false), pair("right", "right", p.RightText, false))
	}
	f.More = q.Kind.Scored() && q.Kind != courses.TrueFalse
	return f
}

func drawOf(quiz courses.Quiz, pools []string) drawForm {
	var f drawForm
	count := func(pool string) string {
		for _, d := range quiz.Draw {
			if d.Pool == pool {
				return strconv.Itoa(d.Count)
			}
		}
		return ""
	}
	f.All = count("")
	for _, name := range pools {
		p := poolDraw{Name: name, Count: count(name)}
		for _, q := range quiz.Questions {
			if q.Kind.Scored() && q.Pool == name {
				p.There++
			}
		}
		f.Pools = append(f.Pools, p)
	}
	return f
}

// SaveQuiz does what a button of the page says. Every button sends the whole form, so that nothing typed is lost
// whichever is pressed.
func (s *Pages) SaveQuiz(c *fiber.Ctx) error {
	shown, err := s.quizDraft(c, c.Params("lesson"))
	if err != nil {
		return err
	}
	do, at, _ := strings.Cut(c.FormValue("do"), ".")
	vi, _ := strconv.Atoi(c.FormValue("vi"))
	en, _ := strconv.Atoi(c.FormValue("en"))
	ctx, by := c.UserContext(), page.VisitorID(c)
	switch {
	case do != "begin" && shown.Closed:
		return problem.Invalid("", "quiz-closed")
	case do == "begin":
		if shown.Closed {
			if _, err := s.Desk.Open(ctx, shown.Course, by); err != nil {
				return err
			}
		}
		return page.SeeOther(c, "/author/"+shown.Course+"/"+shown.Lesson.ID+"/quiz")
	}
	switch do {
	case "try":
		return s.tryQuiz(c, shown)
	case "text":
		// forms end lines with \r\n
		viText, enText := desk.Clean(c.FormValue("text.vi")), desk.Clean(c.FormValue("text.en"))
		return s.afterSave(c, shown, quizSave{vi: vi, en: en, viText: viText, enText: enText, view: "text"}, s.Desk.SaveQuizText(ctx, shown.Course, shown.Lesson.ID, viText, enText, vi, en, by))
	case "undo":
		var toVi, toEn int
		if _, err := fmt.Sscanf(at, "%d-%d", &toVi, &toEn); err != nil {
			return fiber.ErrBadRequest
		}
		err := s.Desk.UndoQuiz(ctx, shown.Course, shown.Lesson.ID, toVi, toEn, vi, en, by)
		if errors.Is(err, problem.ErrExists) { // the page shows what it is now
			shown.Fault = quizFault(shown.Words, &problem.Problem{Kind: problem.ErrExists, Code: "quiz-undo-moved"})
			c.Status(fiber.StatusConflict)
			return s.quizEditPage(c, shown, "")
		}
		return s.afterSave(c, shown, quizSave{vi: shown.Vi.Rev, en: shown.En.Rev, done: "undone"}, err)
	case "draw":
		draw, err := drawsOf(c)
		if err == nil {
			var was []courses.Draw
			if seen := c.FormValue("was"); seen != "" && json.Unmarshal([]byte(seen), &was) != nil {
				return fiber.ErrBadRequest
			}
			err = s.Desk.SetDraw(ctx, shown.Course, shown.Lesson.ID, was, draw, by)
		}
		if errors.Is(err, problem.ErrExists) { // the page shows what it is now
			shown.Fault = quizFault(shown.Words, err)
			c.Status(fiber.StatusConflict)
			return s.quizEditPage(c, shown, "")
		}
		return s.afterSave(c, shown, quizSave{vi: vi, en: en}, err)
	}
	base, err := s.Desk.QuizAt(ctx, shown.Course, shown.Lesson.ID, vi, en)
	if err != nil {
		return err
	}
	if !base.Editable {
		return problem.Invalid("", "quiz-by-hand")
	}
	quiz := base.Quiz
	quiz.Questions = slices.Clone(quiz.Questions)
	open := c.FormValue("q")
	i := slices.IndexFunc(quiz.Questions, func(q courses.Question) bool { return q.ID == open })
	if i >= 0 {
		if err := readQuestion(c, &quiz.Questions[i], shown.Lang); err != nil {
			shown.QuizDraft, shown.Fault = base, quizFault(shown.Words, err)
			shown.Quiz = quiz
			c.Status(fiber.StatusUnprocessableEntity)
			return s.quizEditPage(c, shown, open)
		}
	}
	save := quizSave{vi: vi, en: en, quiz: &quiz, open: open}
	if err := save.act(c, do, at); err != nil {
		return err
	}
	mistakes, err := s.Desk.SaveQuiz(ctx, shown.Course, shown.Lesson.ID, quiz, vi, en, by)
	if errors.Is(err, problem.ErrExists) {
		err = s.join(c, &save, base.Quiz, err)
	}
	if errors.Is(err, problem.ErrInvalid) {
		shown.QuizDraft, shown.Fault = base, quizFault(shown.Words, err)
		shown.Quiz, shown.Mistakes = quiz, mistakes
		c.Status(fiber.StatusUnprocessableEntity)
		return s.quizEditPage(c, shown, save.open)
	}
	if errors.Is(err, problem.ErrExists) {
		var viText, enText bytes.Buffer
		if err := errors.Join(gift.WriteGIFT(&viText, quiz, "vi"), gift.WriteGIFT(&enText, quiz, "en")); err != nil {
			return err
		}
		save.viText, save.enText = viText.String(), enText.String()
	}
	return s.afterSave(c, shown, save, err)
}

// join saves a quiz together with what others saved meanwhile in other questions. Where both changed the same question
// it gives the conflict back.
func (s *Pages) join(c *fiber.Ctx, save *quizSave, base courses.Quiz, conflict error) error {
	ctx, course, lesson := c.UserContext(), c.Params("course"), c.Params("lesson")
	now, err := s.Desk.Quiz(ctx, course, lesson)
	if err != nil {
		return err
	}
	joined, renamed, ok := desk.JoinQuiz(base, now.Quiz, *save.quiz)
	if !ok || !now.Editable {
		return conflict
	}
	_, err = s.Desk.SaveQuiz(ctx, course, lesson, joined, now.Vi.Rev, now.En.Rev, page.VisitorID(c))
	if errors.Is(err, problem.ErrExists) || errors.Is(err, problem.ErrInvalid) {
		return conflict
	}
	if err != nil {
		return err
	}
	if id, ok := renamed[save.open]; ok {
		save.open = id
	}
	save.vi, save.en = now.Vi.Rev, now.En.Rev // going back takes only these changes back
	if save.done == "" {
		save.done = "joined"
	}
	return nil
}

// quizSave is a save under way.
type quizSave struct {
	vi, en         int // revisions that the writer began with
	quiz           *courses.Quiz
	open           string // question to be open afterwards
	view           string
	done           string
	look           bool   // the button shows another question or none, and changes nothing itself
	viText, enText string // what is being saved, for who must choose
}

// quizFault is what a form says about an error.
func quizFault(w words.Words, err error) *page.FormFault {
	f := page.Explain(err)
	return &page.FormFault{Field: f.Field, Message: w.T("error."+f.Code, f.Args...)}
}

// afterSave leads back to the page, or shows what somebody else saved meanwhile beside what was to be saved.
func (s *Pages) afterSave(c *fiber.Ctx, shown quizEditPage, save quizSave, err error) error {
	if errors.Is(err, problem.ErrInvalid) {
		shown.Fault = quizFault(shown.Words, err)
		shown.View, shown.ViText, shown.EnText = save.view, save.viText, save.enText
		c.Status(fiber.StatusUnprocessableEntity)
		return s.quizEditPage(c, shown, save.open)
	}
	if errors.Is(err, problem.ErrExists) {
		return s.quizConflict(c, save)
	}
	if err != nil {
		return err
	}
	now, err := s.Desk.Quiz(c.UserContext(), shown.Course, shown.Lesson.ID)
	if err != nil {
		return err
	}
	if strings.HasPrefix(c.Get(fiber.HeaderAccept), fiber.MIMEApplicationJSON) {
		return c.JSON(fiber.Map{"vi": now.Vi.Rev, "en": now.En.Rev})
	}
	moved := now.Vi.Rev != save.vi || now.En.Rev != save.en
	if save.done == "" && (moved || !save.look) {
		save.done = "saved"
	}
	to := fmt.Sprintf("/author/%s/%s/quiz?done=%s", shown.Course, shown.Lesson.ID, save.done)
	if save.view != "" {
		to += "&view=" + save.view
	}
	if save.open != "" {
		to += "&q=" + page.EscapeQuery(save.open)
	}
	if save.done != "undone" && moved {
		to += fmt.Sprintf("&undo=%d-%d", save.vi, save.en)
	}
	if save.open != "" {
		to += "#open"
	}
	return page.SeeOther(c, to)
}

// quizConflict shows the files as text: what was to be saved, put together with what others saved where the two do not
// touch.
func (s *Pages) quizConflict(c *fiber.Ctx, save quizSave) error {
	shown, err := s.quizDraft(c, c.Params("lesson"))
	if err != nil {
		return err
	}
	base, err := s.Desk.QuizAt(c.UserContext(), shown.Course, shown.Lesson.ID, save.vi, save.en)
	if err != nil {
		return err
	}
	if strings.HasPrefix(c.Get(fiber.HeaderAccept), fiber.MIMEApplicationJSON) {
		return c.Status(fiber.StatusConflict).JSON(fiber.Map{"conflict": true})
	}
	shown.View, shown.ViText, shown.EnText, shown.From = "text", save.viText, save.enText, save.open
	for _, f := range []struct {
		old, now desk.Edit
		text     *string
	}{{base.Vi, shown.Vi, &shown.ViText}, {base.En, shown.En, &shown.EnText}} {
		if f.old.Rev == f.now.Rev || f.now.Text == *f.text {
			continue
		}
		merged, ok := authoring.Merge(f.old.Text, f.now.Text, *f.text)
		if ok {
			*f.text = merged
		}
		shown.Conflict = append(shown.Conflict, textConflict{f.now, ok, authoring.Diff(f.now.Text, *f.text)})
	}
	c.Status(fiber.StatusConflict)
	return s.quizEditPage(c, shown, "")
}

// act changes the list of questions, or the rows of the open one, as a button says.
func (q *quizSave) act(c *fiber.Ctx, do, at string) error {
	all := q.quiz.Questions
	i := slices.IndexFunc(all, func(x courses.Question) bool { return x.ID == at })
	switch do {
	case "save", "":
	case "close":
		q.open, q.look = "", true
	case "row":
		if i = slices.IndexFunc(all, func(x courses.Question) bool { return x.ID == q.open }); i < 0 {
			return fiber.ErrBadRequest
		}
		return changeRows(&all[i], at)
	case "add":
		kind := courses.QuestionKind(c.FormValue("kind"))
		if !slices.Contains(questionKinds, kind) {
			return fiber.ErrBadRequest
		}
		made := newQuestion(kind, freeID(all))
		q.quiz.Questions, q.open = append(all, made), made.ID
	default:
		if i < 0 {
			return fiber.ErrBadRequest
		}
		return q.move(do, i)
	}
	return nil
}

func (q *quizSave) move(do string, i int) error {
	all := q.quiz.Questions
	switch {
	case do == "open":
		q.open, q.look = all[i].ID, true
	case do == "up" && i > 0:
		all[i-1], all[i] = all[i], all[i-1]
	case do == "down" && i < len(all)-1:
		all[i], all[i+1] = all[i+1], all[i]
	case do == "copy":
		twin := all[i]
		twin.ID = freeID(all)
		q.quiz.Questions, q.open = slices.Insert(all, i+1, twin), twin.ID
	case do == "drop":
		if q.open == all[i].ID {
			q.open = ""
		}
		q.quiz.Questions, q.done = slices.Delete(all, i, i+1), "dropped"
	default:
		return fiber.ErrBadRequest
	}
	return nil
}

// freeID is the first of q1, q2, … that no question has.
func freeID(all []courses.Question) string {
	for n := len(all) + 1; ; n++ {
		id := "q" + strconv.Itoa(n)
		if !slices.ContainsFunc(all, func(q courses.Question) bool { return q.ID == id }) {
			return id
		}
	}
}

// newQuestion is a question with the rows that its kind needs at least.
func newQuestion(kind courses.QuestionKind, id string) courses.Question {
	q := courses.Question{ID: id, Kind: kind}
	switch kind {
	case courses.SingleChoice:
		q.Options = []courses.Option{{Weight: 1}, {}, {}}
	case courses.MultipleChoice:
		q.Options = []courses.Option{{Weight: 0.5}, {Weight: 0.5}, {Weight: -0.5}}
	case courses.TrueFalse:
		q.Options = []courses.Option{{ID: "true", Weight: 1}, {ID: "false"}}
	case courses.ShortAnswer:
		q.Accepted = []courses.Accepted{{Weight: 1}}
	case courses.Numerical:
		q.Ranges = []courses.Range{{Weight: 1}}
	case courses.Matching:
		q.Pairs = make([]courses.Pair, 3)
	}
	return q
}

// changeRows adds, removes or lifts a row: "add", "drop.2", "up.2".
func changeRows(q *courses.Question, what string) error {
	do, at, _ := strings.Cut(what, ".")
	i, _ := strconv.Atoi(at)
	ok := true
	switch {
	case len(q.Options) > 0:
		q.Options, ok = changed(q.Options, do, i, courses.Option{})
	case len(q.Accepted) > 0:
		q.Accepted, ok = changed(q.Accepted, do, i, courses.Accepted{Weight: 1})
	case len(q.Ranges) > 0:
		q.Ranges, ok = changed(q.Ranges, do, i, courses.Range{Weight: 1})
	case len(q.Pairs) > 0:
		q.Pairs, ok = changed(q.Pairs, do, i, courses.Pair{})
	}
	if !ok || q.Kind == courses.TrueFalse {
		return fiber.ErrBadRequest
	}
	return nil
}

func changed[T any](rows []T, do string, i int, blank T) ([]T, bool) {
	switch {
	case do == "add":
		return append(rows, blank), true
	case i < 0 || i >= len(rows):
	case do == "drop" && len(rows) > 1:
		return slices.Delete(rows, i, i+1), true
	case do == "up" && i > 0:
		rows[i-1], rows[i] = rows[i], rows[i-1]
		return rows, true
	}
	return rows, false
}

// maxRows is how many answers a form may hold.
const maxRows = 100

// readQuestion reads the fields of the open question, numbers as the page's language writes them.
func readQuestion(c *fiber.Ctx, q *courses.Question, lang string) error {
	text := func(name string) courses.Text {
		return courses.Text{Vi: c.FormValue(name + ".vi"), En: c.FormValue(name + ".en")}
	}
	q.Title, q.Prompt, q.Feedback, q.Tail, q.Other, q.Notes = text("title"), text("prompt"), text("feedback"), text("tail"), text("other"), text("notes")
	if q.Kind == courses.Description {
		q.Feedback, q.Tail = courses.Text{}, courses.Text{}
	} else {
		q.Section, _ = strconv.Atoi(c.FormValue("section"))
		q.Section = min(max(q.Section, 0), 99)
	}
	q.Whole = c.FormValue("whole") != "" && (q.Kind == courses.MultipleChoice || q.Kind == courses.Matching)
	q.Pool = c.FormValue("pool")
	q.Tags = nil
	for tag := range strings.SplitSeq(c.FormValue("tags"), ",") {
		if tag = strings.Join(strings.Fields(tag), " "); tag != "" && !slices.Contains(q.Tags, tag) {
			q.Tags = append(q.Tags, tag)
		}
	}
	rows, _ := strconv.Atoi(c.FormValue("rows"))
	r := rowReader{c: c, text: text, lang: lang}
	if q.Spelling = courses.Spelling(c.FormValue("spelling")); q.Spelling != courses.SpellTones && q.Spelling != courses.SpellCapitals {
		q.Spelling = courses.SpellAny
	}
	old := *q
	q.Options, q.Accepted, q.Ranges, q.Pairs = nil, nil, nil, nil
	for i := range min(max(rows, 0), maxRows) {
		r.i = i
		switch q.Kind {
		case courses.SingleChoice, courses.MultipleChoice:
			q.Options = append(q.Options, courses.Option{Text: r.pair("text"), Weight: r.weight(), Feedback: r.pair("note")})
		case courses.TrueFalse:
			if i < len(old.Options) {
				o := old.Options[i]
				o.Weight, o.Feedback = 0, r.pair("note")
				if o.ID == c.FormValue("right") {
					o.Weight = 1
				}
				q.Options = append(q.Options, o)
			}
		case courses.ShortAnswer:
			q.Accepted = append(q.Accepted, courses.Accepted{Text: r.value("word"), Weight: r.weight(), Feedback: r.pair("note")})
		case courses.Numerical:
			q.Ranges = append(q.Ranges, courses.Range{Min: r.number("min", nil), Max: r.number("max", nil), Weight: r.weight(), Feedback: r.pair("note")})
		case courses.Matching:
			q.Pairs = append(q.Pairs, courses.Pair{LeftText: r.pair("left"), RightText: r.pair("right")})
		}
	}
	return r.err
}

// rowReader reads the fields of one row and keeps the first thing that cannot be read.
type rowReader struct {
	c    *fiber.Ctx
	text func(name string) courses.Text
	lang string
	i    int
	err  error
}

func (r *rowReader) name(field string) string { return fmt.Sprintf("row.%d.%s", r.i, field) }

func (r *rowReader) pair(field string) courses.Text { return r.text(r.name(field)) }

func (r *rowReader) value(field string) string { return r.c.FormValue(r.name(field)) }

func (r *rowReader) number(field string, fits func(float64) bool) float64 {
	n, ok := courses.ParseNumber(r.lang, r.value(field), fits)
	if !ok && r.err == nil {
		r.err = problem.Invalid(r.name(field), "quiz-number", r.value(field))
	}
	return n
}

// weight is a percentage as a share, with GIFT's five decimals.
func (r *rowReader) weight() float64 {
	percent := r.number("weight", func(n float64) bool { return n >= -100 && n <= 100 })
	if (percent < -100 || percent > 100) && r.err == nil {
		r.err = problem.Invalid(r.name("weight"), "quiz-weight", r.value("weight"))
	}
	return math.Round(percent*1e5)/1e7 + 0
}

// drawsOf reads how many questions are drawn. A number of the whole quiz goes before those of pools.
func drawsOf(c *fiber.Ctx) ([]courses.Draw, error) {
	count := func(field string) (int, error) {
		value := strings.TrimSpace(c.FormValue(field))
		if value == "" || value == "0" {
			return 0, nil
		}
		n, err := strconv.Atoi(value)
		if err != nil {
			return 0, problem.Invalid(field, "quiz-number", value)
		}
		return n, nil
	}
	if n, err := count("all"); n != 0 || err != nil {
		return []courses.Draw{{Count: n}}, err
	}
	var all []courses.Draw
	for i := range maxRows {
		pool := c.FormValue(fmt.Sprintf("pool.%d", i))
		if pool == "" {
			break
		}
		n, err := count(fmt.Sprintf("count.%d", i))
		if err != nil {
			return nil, err
		}
		if n != 0 {
			all = append(all, courses.Draw{Pool: pool, Count: n})
		}
	}
	return all, nil
}

// tryQuiz marks answers in place. Nothing is kept of them.
func (s *Pages) tryQuiz(c *fiber.Ctx, shown quizEditPage) error {
	shown.View = "try"
	shown.Number, _ = strconv.Atoi(c.FormValue("draw"))
	asked := shown.Quiz.Drawn("", shown.Lesson.ID, shown.Number)
	answers, faults := page.AnswersOf(c, asked, shown.Lang)
	if len(faults) > 0 {
		shown.Asked = shown.trial(answers, nil)
		for i, q := range shown.Asked {
			if code, ok := faults[q.ID]; ok {
				shown.Asked[i].Fault = shown.T("error." + code)
			}
		}
		c.Status(fiber.StatusUnprocessableEntity)
		return s.quizEditPage(c, shown, "")
	}
	var marks map[string]courses.Mark
	shown.Score, marks = asked.Grade(answers)
	shown.Tried, shown.Passed = true, shown.Score >= shown.PassMark
	shown.Asked = shown.trial(answers, marks)
	return s.quizEditPage(c, shown, "")
}

// trial is the quiz as a learner would see it.
func (p quizEditPage) trial(given map[string]courses.Answer, marks map[string]courses.Mark) []page.QuestionView {
	_, sections := markdown.Render(p.Lesson.Body.In(p.Lang), func(string) (markdown.Picture, bool) { return markdown.Picture{}, false })
	return page.QuestionViews(p.Quiz.Drawn("", p.Lesson.ID, p.Number), p.Words, "", given, marks, sections, "/author/"+p.Course+"/"+p.Lesson.ID)
}

// Other is the number of another draw to try.
func (p quizEditPage) Other() int { return p.Number + 1 + rand.IntN(5) }

// Next is the number after one that counts from 0.
func (quizEditPage) Next(i int) int { return i + 1 }
