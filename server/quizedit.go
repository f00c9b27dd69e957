package server

import (
	"bytes"
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
	"lopban/courses/store"
)

// quizEditPage is the quiz of a draft's lesson: the list of its questions with one of them open, or its two files, or the quiz as a learner would see it.
type quizEditPage struct {
	frame
	authoring.QuizDraft
	Course   string
	Closed   bool           // the course is not open for writing
	Lesson   courses.Lesson // of the draft
	View     string         // "", "text" or "try"
	Rows     []questionLine
	Open     *questionForm // the question that is open, nil for none
	Kinds    []courses.QuestionKind
	Pools    []string
	Draw     drawForm
	Wrong    []mistakeLine // in the order of the files
	Saved    string        // what was just done, in words; "" for nothing
	Undo     string        // revisions to go back to, "" for none
	Fault    *formFault
	Conflict []textConflict // what others saved meanwhile
	ViText   string         // of the text view
	EnText   string
	Number   int // of the draw that is tried
	Tried    bool
	Score    int
	Passed   bool
	PassMark int
	Asked    []questionView
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
	Sections []authoring.Section
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
}

// textConflict is a file that somebody else saved meanwhile.
type textConflict struct {
	authoring.Edit
	Merged bool             // both changes stand in the text below
	Lines  []authoring.Line // what is different in the text below
}

// quizDraft reads the quiz that the address names.
func (s *Server) quizDraft(c *fiber.Ctx) (quizEditPage, error) {
	page := quizEditPage{Course: c.Params("course")}
	var err error
	if _, err = store.Get[authoring.Draft](c.UserContext(), s.store, authoring.DraftKind, page.Course); errors.Is(err, store.ErrNotFound) {
		return s.closedQuiz(c, page)
	}
	if page.QuizDraft, err = s.desk.Quiz(c.UserContext(), page.Course, c.Params("lesson")); err != nil {
		return page, err
	}
	draft, _, err := s.desk.Load(c.UserContext(), page.Course)
	if err != nil {
		return page, err
	}
	var ok bool
	if page.Lesson, ok = draft.Version.Lesson(c.Params("lesson")); !ok {
		return page, store.NotFound(courses.VersionKind, c.Params("lesson"))
	}
	page.PassMark = draft.Version.PassMark
	page.frame = s.frame(c, s.wordsOf(c).T("quiz.edit.title", s.wordsOf(c).In(page.Lesson.Title)))
	return page, nil
}

// closedQuiz is the page of a lesson whose course is published but not open for writing.
func (s *Server) closedQuiz(c *fiber.Ctx, page quizEditPage) (quizEditPage, error) {
	v, err := s.school.Course(c.UserContext(), page.Course)
	if err != nil {
		return page, err
	}
	var ok bool
	if page.Lesson, ok = v.Lesson(c.Params("lesson")); !ok {
		return page, store.NotFound(courses.VersionKind, c.Params("lesson"))
	}
	page.Closed = true
	page.frame = s.frame(c, s.wordsOf(c).T("quiz.edit.title", s.wordsOf(c).In(page.Lesson.Title)))
	return page, nil
}

// quizEditor shows the quiz to be written.
func (s *Server) quizEditor(c *fiber.Ctx) error {
	page, err := s.quizDraft(c)
	if err != nil {
		return err
	}
	if page.Closed {
		return s.page(c, "quiz-edit", page)
	}
	page.View, page.Undo = c.Query("view"), c.Query("undo")
	if done := c.Query("done"); slices.Contains([]string{"saved", "undone", "dropped"}, done) {
		page.Saved, page.Notice = page.T("quiz.edit.done."+done), "" // said once, beside the way back
	}
	if page.View == "try" {
		page.Number, _ = strconv.Atoi(c.Query("draw"))
		page.Asked = page.trial(nil, nil)
	}
	return s.quizEditPage(c, page, c.Query("q"))
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
func (s *Server) quizEditPage(c *fiber.Ctx, page quizEditPage, open string) error {
	if page.View == "" && !page.Editable {
		page.View = "text"
	}
	if page.View == "text" && page.ViText == "" && page.EnText == "" {
		page.ViText, page.EnText = page.Vi.Text, page.En.Text
	}
	page.Kinds = questionKinds
	number := 0
	for i, q := range page.Quiz.Questions {
		line := questionLine{Question: q, Text: questionText(q), First: i == 0, Last: i == len(page.Quiz.Questions)-1, Open: q.ID == open}
		if q.Kind != courses.Description {
			number++
			line.Number = number
		}
		page.Rows = append(page.Rows, line)
		if line.Open && page.Open == nil {
			page.Open = s.questionForm(page, q)
		}
		if q.Pool != "" && !slices.Contains(page.Pools, q.Pool) {
			page.Pools = append(page.Pools, q.Pool)
		}
	}
	page.Draw = drawOf(page.Quiz, page.Pools)
	for _, m := range page.Mistakes {
		page.Wrong = append(page.Wrong, mistakeLine{File: m.File, Line: m.Line, Warning: m.Warning, Text: page.sentence(m)})
	}
	return s.page(c, "quiz-edit", page)
}

// questionKinds are the kinds in the order in which they are offered.
var questionKinds = []courses.QuestionKind{courses.SingleChoice, courses.MultipleChoice, courses.TrueFalse, courses.ShortAnswer, courses.Numerical, courses.Matching, courses.Essay, courses.Description}

// questionForm makes the fields of a question.
func (s *Server) questionForm(page quizEditPage, q courses.Question) *questionForm {
	w := page.words
	_, sections := authoring.Render(page.Lesson.Body.In(w.Lang), func(string) (authoring.Picture, bool) { return authoring.Picture{}, false })
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
		return singleField{Name: "weight", Label: "weight", Mode: "decimal", Value: showNumber(w.Lang, math.Round(share*1e7)/1e5)}
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
		row(w.T("quiz.edit.range", i+1), []singleField{{Name: "min", Label: "min", Mode: "decimal", Value: showNumber(w.Lang, r.Min)}, {Name: "max", Label: "max", Mode: "decimal", Value: showNumber(w.Lang, r.Max)}, weight(r.Weight)},
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

// saveQuiz does what a button of the page says. Every button sends the whole form, so that nothing typed is lost whichever is pressed.
func (s *Server) saveQuiz(c *fiber.Ctx) error {
	page, err := s.quizDraft(c)
	if err != nil {
		return err
	}
	do, at, _ := strings.Cut(c.FormValue("do"), ".")
	vi, _ := strconv.Atoi(c.FormValue("vi"))
	en, _ := strconv.Atoi(c.FormValue("en"))
	ctx, by := c.UserContext(), visitorID(c)
	switch {
	case do != "begin" && page.Closed:
		return store.Invalid("", "quiz-closed")
	case do == "begin":
		if page.Closed {
			if _, err := s.desk.Open(ctx, page.Course, by); err != nil {
				return err
			}
		}
		return c.Redirect("/author/"+page.Course+"/"+page.Lesson.ID+"/quiz", fiber.StatusSeeOther)
	}
	switch do {
	case "try":
		return s.tryQuiz(c, page)
	case "text":
		viText, enText := authoring.Clean(c.FormValue("text.vi")), authoring.Clean(c.FormValue("text.en")) // forms end lines with \r\n
		return s.afterSave(c, page, quizSave{vi: vi, en: en, viText: viText, enText: enText, view: "text"}, s.desk.SaveQuizText(ctx, page.Course, page.Lesson.ID, viText, enText, vi, en, by))
	case "undo":
		var toVi, toEn int
		if _, err := fmt.Sscanf(at, "%d-%d", &toVi, &toEn); err != nil {
			return fiber.ErrBadRequest
		}
		return s.afterSave(c, page, quizSave{vi: page.Vi.Rev, en: page.En.Rev, done: "undone"}, s.desk.UndoQuiz(ctx, page.Course, page.Lesson.ID, toVi, toEn, vi, en, by))
	case "draw":
		draw, err := drawsOf(c)
		if err == nil {
			var was []courses.Draw
			if seen := c.FormValue("was"); seen != "" && json.Unmarshal([]byte(seen), &was) != nil {
				return fiber.ErrBadRequest
			}
			err = s.desk.SetDraw(ctx, page.Course, page.Lesson.ID, was, draw, by)
		}
		if errors.Is(err, store.ErrExists) { // the page shows what it is now
			page.Fault = quizFault(page.words, err)
			c.Status(fiber.StatusConflict)
			return s.quizEditPage(c, page, "")
		}
		return s.afterSave(c, page, quizSave{vi: vi, en: en}, err)
	}
	base, err := s.desk.QuizAt(ctx, page.Course, page.Lesson.ID, vi, en)
	if err != nil {
		return err
	}
	if !base.Editable {
		return store.Invalid("", "quiz-by-hand")
	}
	quiz := base.Quiz
	quiz.Questions = slices.Clone(quiz.Questions)
	open := c.FormValue("q")
	i := slices.IndexFunc(quiz.Questions, func(q courses.Question) bool { return q.ID == open })
	if i >= 0 {
		if err := readQuestion(c, &quiz.Questions[i]); err != nil {
			page.QuizDraft, page.Fault = base, quizFault(page.words, err)
			page.Quiz = quiz
			c.Status(fiber.StatusUnprocessableEntity)
			return s.quizEditPage(c, page, open)
		}
	}
	save := quizSave{vi: vi, en: en, quiz: &quiz, open: open}
	if err := save.act(c, do, at); err != nil {
		return err
	}
	mistakes, err := s.desk.SaveQuiz(ctx, page.Course, page.Lesson.ID, quiz, vi, en, by)
	if errors.Is(err, store.ErrInvalid) {
		page.QuizDraft, page.Fault = base, quizFault(page.words, err)
		page.Quiz, page.Mistakes = quiz, mistakes
		c.Status(fiber.StatusUnprocessableEntity)
		return s.quizEditPage(c, page, save.open)
	}
	if errors.Is(err, store.ErrExists) {
		var viText, enText bytes.Buffer
		if err := errors.Join(authoring.WriteGIFT(&viText, quiz, "vi"), authoring.WriteGIFT(&enText, quiz, "en")); err != nil {
			return err
		}
		save.viText, save.enText = viText.String(), enText.String()
	}
	return s.afterSave(c, page, save, err)
}

// quizSave is a save under way.
type quizSave struct {
	vi, en         int // revisions that the writer began with
	quiz           *courses.Quiz
	open           string // question to be open afterwards
	view           string
	done           string
	viText, enText string // what is being saved, for who must choose
}

// quizFault is what a form says about an error.
func quizFault(w words, err error) *formFault {
	f := explain(err)
	return &formFault{Field: f.Field, Message: w.T("error."+f.Code, f.Args...)}
}

// afterSave leads back to the page, or shows what somebody else saved meanwhile beside what was to be saved.
func (s *Server) afterSave(c *fiber.Ctx, page quizEditPage, save quizSave, err error) error {
	if errors.Is(err, store.ErrInvalid) {
		page.Fault = quizFault(page.words, err)
		page.View, page.ViText, page.EnText = save.view, save.viText, save.enText
		c.Status(fiber.StatusUnprocessableEntity)
		return s.quizEditPage(c, page, save.open)
	}
	if errors.Is(err, store.ErrExists) {
		return s.quizConflict(c, save)
	}
	if err != nil {
		return err
	}
	now, err := s.desk.Quiz(c.UserContext(), page.Course, page.Lesson.ID)
	if err != nil {
		return err
	}
	if strings.HasPrefix(c.Get(fiber.HeaderAccept), fiber.MIMEApplicationJSON) {
		return c.JSON(fiber.Map{"vi": now.Vi.Rev, "en": now.En.Rev})
	}
	if save.done == "" {
		save.done = "saved"
	}
	to := fmt.Sprintf("/author/%s/%s/quiz?done=%s", page.Course, page.Lesson.ID, save.done)
	if save.view != "" {
		to += "&view=" + save.view
	}
	if save.open != "" {
		to += "&q=" + escapeQuery(save.open)
	}
	if save.done != "undone" && (now.Vi.Rev != save.vi || now.En.Rev != save.en) {
		to += fmt.Sprintf("&undo=%d-%d", save.vi, save.en)
	}
	if save.open != "" {
		to += "#open"
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// quizConflict shows the files as text: what was to be saved, put together with what others saved where the two do not touch.
func (s *Server) quizConflict(c *fiber.Ctx, save quizSave) error {
	page, err := s.quizDraft(c)
	if err != nil {
		return err
	}
	base, err := s.desk.QuizAt(c.UserContext(), page.Course, page.Lesson.ID, save.vi, save.en)
	if err != nil {
		return err
	}
	if strings.HasPrefix(c.Get(fiber.HeaderAccept), fiber.MIMEApplicationJSON) {
		return c.Status(fiber.StatusConflict).JSON(fiber.Map{"conflict": true})
	}
	page.View, page.ViText, page.EnText = "text", save.viText, save.enText
	for _, f := range []struct {
		old, now authoring.Edit
		text     *string
	}{{base.Vi, page.Vi, &page.ViText}, {base.En, page.En, &page.EnText}} {
		if f.old.Rev == f.now.Rev || f.now.Text == *f.text {
			continue
		}
		merged, ok := authoring.Merge(f.old.Text, f.now.Text, *f.text)
		if ok {
			*f.text = merged
		}
		page.Conflict = append(page.Conflict, textConflict{f.now, ok, authoring.Diff(f.now.Text, *f.text)})
	}
	c.Status(fiber.StatusConflict)
	return s.quizEditPage(c, page, "")
}

// act changes the list of questions, or the rows of the open one, as a button says.
func (q *quizSave) act(c *fiber.Ctx, do, at string) error {
	all := q.quiz.Questions
	i := slices.IndexFunc(all, func(x courses.Question) bool { return x.ID == at })
	switch do {
	case "save", "":
	case "close":
		q.open = ""
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
		q.open = all[i].ID
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

// readQuestion reads the fields of the open question.
func readQuestion(c *fiber.Ctx, q *courses.Question) error {
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
	q.Pool = c.FormValue("pool")
	q.Tags = nil
	for tag := range strings.SplitSeq(c.FormValue("tags"), ",") {
		if tag = strings.Join(strings.Fields(tag), " "); tag != "" && !slices.Contains(q.Tags, tag) {
			q.Tags = append(q.Tags, tag)
		}
	}
	rows, _ := strconv.Atoi(c.FormValue("rows"))
	r := rowReader{c: c, text: text}
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
			q.Ranges = append(q.Ranges, courses.Range{Min: r.number("min"), Max: r.number("max"), Weight: r.weight(), Feedback: r.pair("note")})
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
	i    int
	err  error
}

func (r *rowReader) name(field string) string       { return fmt.Sprintf("row.%d.%s", r.i, field) }
func (r *rowReader) pair(field string) courses.Text { return r.text(r.name(field)) }
func (r *rowReader) value(field string) string      { return r.c.FormValue(r.name(field)) }

func (r *rowReader) number(field string) float64 {
	n, ok := courses.ParseNumber(r.value(field))
	if !ok && r.err == nil {
		r.err = store.Invalid(r.name(field), "quiz-number", r.value(field))
	}
	return n
}

// weight is a percentage as a share, with GIFT's five decimals.
func (r *rowReader) weight() float64 {
	percent := r.number("weight")
	if (percent < -100 || percent > 100) && r.err == nil {
		r.err = store.Invalid(r.name("weight"), "quiz-weight", r.value("weight"))
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
			return 0, store.Invalid(field, "quiz-number", value)
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
func (s *Server) tryQuiz(c *fiber.Ctx, page quizEditPage) error {
	page.View = "try"
	page.Number, _ = strconv.Atoi(c.FormValue("draw"))
	asked := page.Quiz.Drawn("", page.Lesson.ID, page.Number)
	answers, faults := answersOf(c, asked)
	if len(faults) > 0 {
		page.Asked = page.trial(answers, nil)
		for i, q := range page.Asked {
			if code, ok := faults[q.ID]; ok {
				page.Asked[i].Fault = page.T("error." + code)
			}
		}
		c.Status(fiber.StatusUnprocessableEntity)
		return s.quizEditPage(c, page, "")
	}
	var marks map[string]courses.Mark
	page.Score, marks = asked.Grade(answers)
	page.Tried, page.Passed = true, page.Score >= page.PassMark
	page.Asked = page.trial(answers, marks)
	return s.quizEditPage(c, page, "")
}

// trial is the quiz as a learner would see it.
func (p quizEditPage) trial(given map[string]courses.Answer, marks map[string]courses.Mark) []questionView {
	_, sections := authoring.Render(p.Lesson.Body.In(p.Lang), func(string) (authoring.Picture, bool) { return authoring.Picture{}, false })
	return questionViews(p.Quiz.Drawn("", p.Lesson.ID, p.Number), p.words, "", given, marks, sections, "/author/"+p.Course+"/"+p.Lesson.ID)
}

// Other is the number of another draw to try.
func (p quizEditPage) Other() int { return p.Number + 1 + rand.IntN(5) }

// Next is the number after one that counts from 0.
func (quizEditPage) Next(i int) int { return i + 1 }
