package author

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/desk"
	"lopban/courses/authoring/markdown"
	"lopban/courses/problem"
)

// rulesForm is the settings of a course as a form shows them.
type rulesForm struct {
	Pass, Validity, Key              string
	Final, FinalAttempts, FinalPause string
	Shuffle                          bool
}

func rulesFormOf(v *courses.Version) rulesForm {
	return rulesForm{strconv.Itoa(v.PassMark), strconv.Itoa(v.ValidityMonths), unlessZero(v.KeyAfter), unlessZero(v.Final),
		unlessZero(v.FinalAttempts), unlessZero(v.FinalPauseMinutes), v.Shuffle}
}

// unlessZero is a number that says nothing where it is 0.
func unlessZero(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func typedRules(c *fiber.Ctx) rulesForm {
	return rulesForm{c.FormValue("pass"), c.FormValue("validity"), c.FormValue("key"), c.FormValue("final"),
		c.FormValue("final-attempts"), c.FormValue("final-pause"), c.FormValue("shuffle") != ""}
}

func (f rulesForm) rules() desk.Rules {
	return desk.Rules{PassMark: whole(f.Pass), ValidityMonths: whole(f.Validity), KeyAfter: whole(f.Key), Final: whole(f.Final),
		FinalAttempts: whole(f.FinalAttempts), FinalPause: whole(f.FinalPause), Shuffle: f.Shuffle}
}

// whole reads a number that may be left out; what is none is -1, which no setting allows.
func whole(s string) int {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// taskForm is the practice task of a course as a form shows it.
type taskForm struct {
	There         bool
	Title         courses.Text
	Minutes, Pass string
	Required      bool
	Rows          []criterionRow
}

// criterionRow is a criterion. Levels has a line for each: "2: Ghi được hai ô".
type criterionRow struct {
	I      int
	ID     string
	Text   courses.Text
	Points string
	Levels courses.Text
}

// blankRows is how many criteria a form offers beside those that are there.
const blankRows = 2

func taskFormOf(v *courses.Version) taskForm {
	f := taskForm{Minutes: "30", Required: true}
	if p := v.Practice; p != nil {
		f = taskForm{There: true, Title: p.Title, Minutes: strconv.Itoa(p.Minutes), Pass: strconv.Itoa(p.Pass), Required: p.Required}
		for _, one := range p.Rubric {
			row := criterionRow{ID: one.ID, Text: one.Text, Points: strconv.Itoa(one.Points)}
			for _, l := range one.Levels {
				row.Levels.Vi += strconv.Itoa(l.Points) + ": " + l.Text.Vi + "\n"
				if l.Text.En != "" {
					row.Levels.En += strconv.Itoa(l.Points) + ": " + l.Text.En + "\n"
				}
			}
			f.Rows = append(f.Rows, row)
		}
	}
	return f.withBlanks()
}

func (f taskForm) withBlanks() taskForm {
	for range blankRows {
		if len(f.Rows) < authoring.MaxCriteria {
			f.Rows = append(f.Rows, criterionRow{})
		}
	}
	for i := range f.Rows {
		f.Rows[i].I = i
	}
	return f
}

func typedTask(c *fiber.Ctx) taskForm {
	f := taskForm{There: c.FormValue("there") != "", Title: headOf(c).Title, Minutes: c.FormValue("minutes"), Pass: c.FormValue("pass"), Required: c.FormValue("required") != ""}
	for i := range authoring.MaxCriteria {
		value := func(part string) string { return c.FormValue("criterion." + strconv.Itoa(i) + "." + part) }
		row := criterionRow{ID: value("id"), Text: courses.Text{Vi: value("text.vi"), En: value("text.en")}, Points: value("points"),
			Levels: courses.Text{Vi: value("levels.vi"), En: value("levels.en")}}
		if strings.TrimSpace(row.Text.Vi+row.Text.En+row.Points+row.Levels.Vi+row.Levels.En) != "" {
			f.Rows = append(f.Rows, row)
		}
	}
	return f
}

// task reads the form.
func (f taskForm) task() (*courses.Practice, error) {
	p := &courses.Practice{Title: f.Title, Minutes: whole(f.Minutes), Pass: whole(f.Pass), Required: f.Required}
	for i, row := range f.Rows {
		levels, err := row.levels("criterion." + strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		p.Rubric = append(p.Rubric, courses.Criterion{ID: row.ID, Text: row.Text, Points: whole(row.Points), Levels: levels})
	}
	return p, nil
}

// levels puts the lines of both languages together. A line that is none, and English without its Vietnamese, is a
// problem of the field that names the line.
func (r criterionRow) levels(field string) ([]courses.Level, error) {
	vi, err := levelLines(field, r.Levels.Vi)
	if err != nil {
		return nil, err
	}
	en, err := levelLines(field, r.Levels.En)
	if err != nil {
		return nil, err
	}
	var all []courses.Level
	for _, l := range vi {
		all = append(all, courses.Level{Points: l.points, Text: courses.Text{Vi: l.text}})
	}
	for _, l := range en {
		i := slices.IndexFunc(all, func(a courses.Level) bool { return a.Points == l.points })
		if i < 0 || all[i].Text.En != "" {
			return nil, problem.Invalid(field, "task-level-english", l.line)
		}
		all[i].Text.En = l.text
	}
	return all, nil
}

// levelLine is a line of levels as it was typed, and what it says.
type levelLine struct {
	line, text string
	points     int
}

func levelLines(field, typed string) ([]levelLine, error) {
	var all []levelLine
	for line := range strings.Lines(typed) {
		short := markdown.Short(line)
		if short == "" {
			continue
		}
		points, text, ok := strings.Cut(line, ":")
		text = strings.TrimSpace(text)
		if !ok || text == "" || whole(points) < 1 {
			return nil, problem.Invalid(field, "task-level-line", short)
		}
		all = append(all, levelLine{short, text, whole(points)})
	}
	return all, nil
}
