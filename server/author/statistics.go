package author

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/authoring/markdown"
	"lopban/courses/targets"
	"lopban/courses/words"
	"lopban/server/page"
)

// versionStatistics is how one version teaches.
type versionStatistics struct {
	courses.Statistics
	Begun int // learners in all, of whom Figures has the newest
}

type statisticsPage struct {
	page.Frame
	versionStatistics
	Before   *versionStatistics // of the version before, nil for none
	Versions []page.Link
	Look     []adviceView // what to look at first
	Rows     []lessonStatistics
	Few      bool // too few learners to say much
}

// adviceView is a sentence and the address of what it speaks of.
type adviceView struct{ Href, Text string }

type lessonStatistics struct {
	courses.LessonStatistics
	Before    *courses.LessonStatistics
	Advice    []string
	Questions []questionStatistics
}

type questionStatistics struct {
	courses.QuestionStatistics
	Before   *courses.QuestionStatistics
	Anchor   string
	Text     courses.Text
	Wrong    string // the wrong answer given most often, "" for none
	WrongN   int
	Unchosen []string
	Advice   []string
}

// Statistics shows a trainer how a course teaches, one version beside the one before.
func (s *Pages) Statistics(c *fiber.Ctx) error {
	these, before, newest, err := s.statisticsOf(c)
	if err != nil {
		return err
	}
	f := s.Frame(c, s.WordsOf(c).T("figures.title", s.WordsOf(c).In(these.Version.Title)))
	shown := statisticsPage{Frame: f, versionStatistics: these, Before: before, Few: these.Learners < courses.FewLearners}
	for n := newest; n > 0 && n > newest-versionsShown; n-- {
		shown.Versions = append(shown.Versions, page.Link{Href: fmt.Sprintf("/author/%s/figures?version=%d", these.Version.Course, n), Text: f.T("figures.version", n), Current: n == these.Version.Number})
	}
	shown.Rows = lessonRows(f.Words, these.Statistics, before)
	shown.Look = lookFirst(shown.Rows)
	return s.Page(c, "figures", shown)
}

const (
	versionsShown = 8 // the newest, in the tabs
	lookShown     = 8 // what to look at first
)

// statisticsOf reads those of the version asked for, or else of the newest, and of the one before it.
func (s *Pages) statisticsOf(c *fiber.Ctx) (these versionStatistics, before *versionStatistics, newest int, err error) {
	ctx, course := c.UserContext(), c.Params("course")
	v, err := s.School.Course(ctx, course)
	if err != nil {
		return these, nil, 0, err
	}
	newest = v.Number
	if n, err := strconv.Atoi(c.Query("version")); err == nil && n > 0 {
		if v, err = s.School.Version(ctx, courses.VersionID(course, n)); err != nil {
			return these, nil, 0, err
		}
	}
	if these.Statistics, these.Begun, err = s.School.Statistics(ctx, v); err != nil || v.Number == 1 {
		return these, nil, newest, err
	}
	older, err := s.School.Version(ctx, courses.VersionID(course, v.Number-1))
	if err != nil {
		return these, nil, newest, err
	}
	before = &versionStatistics{}
	before.Statistics, before.Begun, err = s.School.Statistics(ctx, older)
	return these, before, newest, err
}

func lessonRows(w words.Words, f courses.Statistics, before *versionStatistics) []lessonStatistics {
	var rows []lessonStatistics
	for _, l := range f.Lessons {
		row := lessonStatistics{LessonStatistics: l}
		if before != nil {
			if i := slices.IndexFunc(before.Lessons, func(other courses.LessonStatistics) bool { return other.Lesson.ID == l.Lesson.ID }); i >= 0 {
				row.Before = &before.Lessons[i]
			}
		}
		for _, code := range l.Advice() {
			row.Advice = append(row.Advice, w.T("figures.lesson."+code, w.In(l.Lesson.Title)))
		}
		for _, q := range l.Questions {
			row.Questions = append(row.Questions, questionRow(w, q, row))
		}
		rows = append(rows, row)
	}
	return rows
}

func questionRow(w words.Words, q courses.QuestionStatistics, l lessonStatistics) questionStatistics {
	row := questionStatistics{QuestionStatistics: q, Anchor: "q-" + l.Lesson.ID + "-" + q.Question.ID, Text: questionText(q.Question), Wrong: WrongText(w, q), WrongN: q.Wrong.N}
	if l.Before != nil {
		if i := slices.IndexFunc(l.Before.Questions, func(other courses.QuestionStatistics) bool { return other.Question.ID == q.Question.ID }); i >= 0 {
			row.Before = &l.Before.Questions[i]
		}
	}
	for _, o := range q.Unchosen {
		row.Unchosen = append(row.Unchosen, optionText(w, o))
	}
	for _, code := range q.Advice() {
		row.Advice = append(row.Advice, w.T("figures.question."+code, q.Number))
	}
	return row
}

func WrongText(w words.Words, q courses.QuestionStatistics) string {
	switch {
	case q.Wrong.N == 0:
		return ""
	case q.Wrong.Option.ID != "":
		return optionText(w, q.Wrong.Option)
	case q.Wrong.Left != (courses.Text{}):
		return markdown.Plain(w.In(q.Wrong.Left)) + " → " + markdown.Plain(w.In(q.Wrong.Text))
	}
	return w.In(q.Wrong.Text)
}

func optionText(w words.Words, o courses.Option) string {
	if o.Text == (courses.Text{}) {
		return w.T("quiz." + o.ID) // true and false
	}
	return markdown.Plain(w.In(o.Text))
}

// lookFirst lists what to look at: of each lesson and question the gravest thing, questions that almost nobody gets
// right first.
func lookFirst(rows []lessonStatistics) []adviceView {
	type ranked struct {
		adviceView
		rank float64
	}
	var all []ranked
	for _, l := range rows {
		for i, text := range l.Advice {
			if i == 0 {
				all = append(all, ranked{adviceView{"#l-" + l.Lesson.ID, text}, 60})
			}
		}
		for _, q := range l.Questions {
			if len(q.Advice) > 0 && q.QuestionStatistics.Advice()[0] != "unchosen" && q.QuestionStatistics.Advice()[0] != "easy" {
				all = append(all, ranked{adviceView{"#" + q.Anchor, q.Advice[0]}, q.Share()})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	var first []adviceView
	for _, r := range all[:min(len(all), lookShown)] {
		first = append(first, r.adviceView)
	}
	return first
}

// StatisticsFile sends them as CSV: a row for each lesson and each question of both versions.
func (s *Pages) StatisticsFile(c *fiber.Ctx) error {
	these, before, _, err := s.statisticsOf(c)
	if err != nil {
		return err
	}
	w := s.WordsOf(c)
	var b bytes.Buffer
	b.WriteString("\ufeff")
	out := csv.NewWriter(&b)
	out.UseCRLF = true
	var head []string
	for _, column := range statisticsColumns {
		head = append(head, w.T("figures.column."+column))
	}
	out.Write(head) // errors stay until Flush
	for _, f := range []*versionStatistics{&these, before} {
		if f != nil {
			writeStatistics(out, w, f.Statistics)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	page.Attach(c, page.ReportTypes["csv"], fmt.Sprintf("%s-%s-%d.csv", w.T("figures.file"), these.Version.Course, these.Version.Number))
	return c.Send(b.Bytes())
}

var statisticsColumns = []string{"version", "lesson", "title", "question", "id", "text", "asked", "right", "discrimination", "wrong", "wrong.n", "unchosen", "came", "began", "finished", "stopped", "minutes",
	"announced", "timed", "advice"}

// writeStatistics writes the rows of a version. What is not known is empty.
func writeStatistics(out *csv.Writer, w words.Words, f courses.Statistics) {
	for _, l := range lessonRows(w, f, nil) {
		minutes := ""
		if l.Timed > 0 {
			minutes = strconv.FormatFloat(l.Minutes, 'f', 1, 64)
		}
		title := targets.Harmless(w.In(l.Lesson.Title))
		out.Write([]string{f.Version.ID, strconv.Itoa(l.Number), title, "", l.Lesson.ID, "", "", "", "", "", "", "", strconv.Itoa(l.Came), strconv.Itoa(l.Began), strconv.Itoa(l.Finished),
			strconv.Itoa(l.Stopped), minutes, strconv.Itoa(l.Lesson.Minutes), strconv.Itoa(l.Timed), targets.Harmless(strings.Join(l.Advice, " "))})
		for _, q := range l.Questions {
			out.Write(append([]string{f.Version.ID, strconv.Itoa(l.Number), title, strconv.Itoa(q.Number)}, append(questionCells(w, q), "", "", "", "", "", "", "", targets.Harmless(strings.Join(q.Advice, " ")))...))
		}
	}
}

func questionCells(w words.Words, q questionStatistics) []string {
	right, relation, wrongN := "", "", ""
	if q.Asked > 0 {
		right = strconv.FormatFloat(q.Share(), 'f', 1, 64)
	}
	if q.Known {
		relation = strconv.FormatFloat(q.Discrimination, 'f', 2, 64)
	}
	if q.WrongN > 0 {
		wrongN = strconv.Itoa(q.WrongN)
	}
	return []string{q.Question.ID, targets.Harmless(w.In(q.Text)), strconv.Itoa(q.Asked), right, relation, targets.Harmless(q.Wrong), wrongN, targets.Harmless(strings.Join(q.Unchosen, "; "))}
}
