package people

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/words"
	"lopban/server/page"
)

// asking is what a preview asks: who rows are, and whether people who are not in the file have left.
type asking struct {
	Questions *part[whoRow]
	Answered  []answeredRow
	Absent    intake.Absent
	People    []absentRow
	Left      int
	On        string          // their last day, as the field has it
	Fault     *page.FormFault // why those who have left were not taken
	Today     time.Time
	Since     time.Time // the first day whose figures the import changes, zero for none
	Before    int       // people of the base, without the import and with it
	After     int
}

// whoRow is a row that may be somebody who is there.
type whoRow struct {
	Ref, Name string
	Row       sideRow
	Maybe     []sideRow
	Later     bool // was put off
}

// sideRow is one of the entries that are shown side by side.
type sideRow struct {
	Answer  string
	Person  string // code, of whom the visitor may see
	File    string // row of the file, see Import.At
	Away    string // name of another province, of which nothing more is said
	Active  bool
	Against []roster.Difference
	roster.Entry
	Place        string
	Certificates int
}

type answeredRow struct{ Ref, At, Name, Answer string }

type absentRow struct {
	intake.Gone
	Place string
	Left  bool
}

// fillAsking puts together what the preview asks.
func (s *Pages) fillAsking(c *fiber.Ctx, shown *previewPage, im *intake.Import) error {
	a := &shown.Asking
	a.Questions = newPart[whoRow]("", "none", 1)
	a.Absent, a.Today, a.Left = im.Absent, roster.Day(s.Now()), len(im.Left)
	for i := range im.Rows {
		row := &im.Rows[i]
		answer := im.Answers[row.Ref()]
		if row.Question != nil {
			q, err := s.whoRow(c.UserContext(), shown.Words, im, row)
			if err != nil {
				return err
			}
			q.Later = answer == intake.Later
			a.Questions.add(q)
		} else if answer != "" {
			kind, _, _ := cutAnswer(answer)
			a.Answered = append(a.Answered, answeredRow{row.Ref(), im.At(row), programme.TypedName(row), shown.T("question.answered." + kind)})
		}
	}
	for _, g := range im.Absent.People {
		on, left := im.Left[g.Person]
		if left {
			a.On = on.Format(time.DateOnly)
		}
		a.People = append(a.People, absentRow{g, s.CommuneName(g.Commune), left})
	}
	figures, err := s.Board.Read(c.UserContext(), roster.Present, im.Province, time.Time{})
	a.Before, a.Since = figures.Base, im.Since()
	a.After = a.Before + im.Base(func(code string) bool {
		commune, ok := s.Places.Commune(code)
		return ok && (commune.Programme != "" || !s.Targets.Base.ProgrammeCommunesOnly)
	})
	return err
}

// leftFailed shows the preview again, with the ticks of who has left and what is wrong with them.
func (s *Pages) leftFailed(c *fiber.Ctx, u programme.Upload, cause error) error {
	fault, err := s.FaultOf(c, cause)
	if err != nil {
		return err
	}
	form, err := url.ParseQuery(string(c.Body()))
	if err != nil {
		return fiber.ErrBadRequest
	}
	return s.showPreview(c, u, func(a *asking) {
		a.Fault, a.On = fault, form.Get("on")
		for i := range a.People {
			a.People[i].Left = slices.Contains(form["left"], a.People[i].Person)
		}
	})
}

// cutAnswer is an answer as its kind and what it names.
func cutAnswer(answer string) (kind, what string, ok bool) {
	for i := range answer {
		if answer[i] == ':' {
			return answer[:i], answer[i+1:], true
		}
	}
	return answer, "", false
}

func (s *Pages) whoRow(ctx context.Context, w words.Words, im *intake.Import, row *intake.ImportRow) (whoRow, error) {
	q := whoRow{Ref: row.Ref(), Name: programme.TypedName(row), Row: sideRow{File: im.At(row), Active: row.End.IsZero(), Entry: row.Entry, Place: s.CommuneName(row.Entry.Commune)}}
	for _, m := range row.Question.Maybe {
		side := sideRow{Answer: m.Answer, Person: m.Person, Active: m.Active, Against: m.Against, Entry: m.Entry, Place: s.CommuneName(m.Entry.Commune)}
		if m.Row != "" {
			side.File = im.AtRef(m.Row)
		}
		if p, ok := s.Places.Province(roster.Present, m.Away); ok {
			side.Away = page.ProvinceName(w, p)
		}
		if m.Person != "" {
			var err error
			if side.Certificates, err = s.CertificatesOf(ctx, m.Person); err != nil {
				return q, err
			}
		}
		q.Maybe = append(q.Maybe, side)
	}
	return q, nil
}

// askAway is the answer that asks the other province to hand the person over.
const askAway = "ask"

// chooseWho reads who a row is, and who is not in the file and has left. An upload that is done waits for answers only.
func (s *Pages) chooseWho(c *fiber.Ctx, im *intake.Import, choices *intake.Choices) error {
	ref, answer := c.FormValue("row"), c.FormValue("answer")
	if ref != "" && answer == askAway {
		if err := s.askForRow(c, im, ref); err != nil {
			return err
		}
		answer = intake.Away
	}
	if ref != "" && !choices.Answer(im, ref, answer) {
		return problem.Invalid("answer", "answer.unknown")
	}
	return s.chooseLeft(c, im, choices)
}

// chooseLeft reads who of those that are not in the file has left.
func (s *Pages) chooseLeft(c *fiber.Ctx, im *intake.Import, choices *intake.Choices) error {
	if c.FormValue("do") != "left" {
		return nil
	}
	form, err := url.ParseQuery(string(c.Body()))
	if err != nil {
		return fiber.ErrBadRequest
	}
	people := form["left"]
	if len(people) == 0 {
		choices.Left = nil
		return nil
	}
	on, err := page.FormDay(form.Get("on"))
	if err != nil {
		return err
	}
	return choices.Leave(im, s.Roll, people, on)
}
