package learn

import (
	"bytes"
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/paper"
	"lopban/courses/problem"
	"lopban/courses/school"
	"lopban/server/page"
)

// transcriptPage is everything that the visitor has learnt.
type transcriptPage struct {
	page.Frame
	Unit         string
	Begun        []begunCourse
	Certificates []school.Entry
	Trainings    []page.TrainingRow
	Completed    int // courses
	Periods      int // of them
	Elsewhere    int // periods of trainings that were accepted
}

// begunCourse is a course that was begun, with those of its lessons in which something was done.
type begunCourse struct {
	school.Study
	Rows []lessonRow
}

// transcript puts together what the visitor has learnt.
func (s *Pages) transcript(c *fiber.Ctx) (transcriptPage, error) {
	ctx, who := c.UserContext(), page.VisitorID(c)
	shown := transcriptPage{Frame: s.Frame(c, s.WordsOf(c).T("transcript.title"))}
	p, err := s.Roll.Person(ctx, who)
	if err == nil {
		shown.Unit = p.Library
		if commune, ok := s.Places.Ever(p.Commune); ok {
			shown.Unit += ", " + commune.Title()
		}
	} else if !errors.Is(err, problem.ErrNotFound) {
		return shown, err
	}
	studies, err := s.School.Studies(ctx, who)
	if err != nil {
		return shown, err
	}
	for _, st := range studies {
		if st.Enrolment == nil {
			continue
		}
		if st.Progress.Complete() {
			shown.Completed++
			shown.Periods += st.Version.Periods
		}
		shown.Begun = append(shown.Begun, begunCourse{st, lessonsDone(st)})
	}
	if shown.Certificates, err = s.School.Certificates(ctx, who); err != nil {
		return shown, err
	}
	trainings, err := s.School.TrainingsOf(ctx, who)
	if err != nil {
		return shown, err
	}
	shown.Trainings = page.TrainingRows(trainings)
	for _, t := range shown.Trainings {
		if t.State() == school.TrainingAccepted {
			shown.Elsewhere += t.Periods
		}
	}
	return shown, nil
}

func lessonsDone(st school.Study) (rows []lessonRow) {
	for _, l := range st.Version.Lessons() {
		if state := st.Progress.Lessons[l.ID]; state.Read || state.Done || state.Attempts > 0 {
			rows = append(rows, lessonRow{Lesson: l, LessonState: state})
		}
	}
	return rows
}

// Result is what a lesson came to, in words.
func (p transcriptPage) Result(r lessonRow) string {
	switch {
	case r.Attempts > 0 && r.Done:
		return p.T("lesson.passed", r.Best)
	case r.Attempts > 0:
		return p.T("transcript.attempted", r.Best)
	}
	return p.T("transcript.read")
}

// Outcome is what a course came to, in words.
func (p transcriptPage) Outcome(st school.Study) string {
	if st.Progress.Complete() {
		return p.T("transcript.done")
	}
	return p.T("transcript.going", st.Progress.Done, st.Progress.Total)
}

// DayOr is a date, "" for none.
func (p transcriptPage) DayOr(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return p.Date(t)
}

// Note says what the page is worth.
func (p transcriptPage) Note(base string) string {
	return p.T("transcript.note", p.Date(p.Made), base+"/v")
}

// Transcript shows it.
func (s *Pages) Transcript(c *fiber.Ctx) error {
	shown, err := s.transcript(c)
	if err != nil {
		return err
	}
	return s.Page(c, "transcript", struct {
		transcriptPage
		Base string
	}{shown, s.BaseURL})
}

// TranscriptPDF sends it to print.
func (s *Pages) TranscriptPDF(c *fiber.Ctx) error {
	shown, err := s.transcript(c)
	if err != nil {
		return err
	}
	var pdf bytes.Buffer
	err = paper.PrintTranscript(&pdf, shown.printed(s.BaseURL))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/pdf")
	c.Set(fiber.HeaderContentDisposition, `inline; filename="`+shown.T("transcript.file")+`.pdf"`)
	return c.Send(pdf.Bytes())
}

// printed is the page as a paper.
func (p transcriptPage) printed(base string) paper.Transcript {
	t := paper.Transcript{Title: p.T("transcript.title"), Name: p.Account.Name, Note: p.Note(base), Page: func(n int) string { return p.T("transcript.page", n) }, At: p.Made}
	if p.Unit != "" {
		t.Lines = append(t.Lines, p.Unit)
	}
	t.Lines = append(t.Lines, p.T("transcript.sum", p.N(p.Completed), p.N(p.Periods), p.N(p.Elsewhere)))
	if len(p.Begun) == 0 && len(p.Certificates) == 0 && len(p.Trainings) == 0 {
		t.Lines = append(t.Lines, p.T("transcript.none"))
	}
	column := func(key string, share float64) paper.Column { return paper.Column{Title: p.T(key), Share: share} }
	add := func(table paper.Table) {
		if len(table.Rows) > 0 {
			t.Tables = append(t.Tables, table)
		}
	}
	all := paper.Table{Title: p.T("transcript.courses"), Columns: []paper.Column{column("transcript.course", 0.4), column("transcript.begun", 0.14),
		column("transcript.completed", 0.14), column("transcript.periods", 0.1), column("transcript.result", 0.22)}}
	for _, b := range p.Begun {
		all.Rows = append(all.Rows, []string{p.In(b.Version.Title), p.Date(b.Enrolment.HappenedAt), p.DayOr(b.Progress.CompletedAt),
			p.N(b.Version.Periods), p.Outcome(b.Study)})
	}
	add(all)
	held := paper.Table{Title: p.T("transcript.certificates"), Columns: []paper.Column{column("transcript.course", 0.32), column("verify.issued", 0.14),
		column("verify.register", 0.2), column("verify.code", 0.2), column("certificate.state", 0.14)}}
	for _, e := range p.Certificates {
		held.Rows = append(held.Rows, []string{p.In(e.Title), p.Date(e.IssuedAt), e.Register, courses.ShowCode(e.Code), p.T("state." + string(e.State))})
	}
	add(held)
	elsewhere := paper.Table{Title: p.T("transcript.trainings"), Columns: []paper.Column{column("transcript.course", 0.32),
		column("training.organiser", 0.26), column("training.on", 0.14), column("training.periods", 0.1), column("certificate.state", 0.18)}}
	for _, training := range p.Trainings {
		periods := ""
		if training.Periods > 0 {
			periods = p.N(training.Periods)
		}
		elsewhere.Rows = append(elsewhere.Rows, []string{training.Title, training.Organiser, training.On.Format("02/01/2006"), periods,
			p.T("training.state." + string(training.State()))})
	}
	add(elsewhere)
	for _, b := range p.Begun {
		lessons := paper.Table{Title: p.In(b.Version.Title), Columns: []paper.Column{column("transcript.lesson", 0.6), column("transcript.day", 0.16),
			column("transcript.result", 0.24)}}
		for _, r := range b.Rows {
			lessons.Rows = append(lessons.Rows, []string{p.In(r.Title), p.DayOr(r.DoneAt), p.Result(r)})
		}
		add(lessons)
	}
	return t
}
