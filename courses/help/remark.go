package help

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Remark is the fact that somebody reports a mistake in a lesson, or in a question of it.
type Remark struct {
	ID         string    `json:"id"` // person/id that the sender gave it
	Person     string    `json:"person"`
	Course     string    `json:"course"`
	Version    string    `json:"version"` // that they study
	Lesson     string    `json:"lesson"`
	Question   string    `json:"question"` // "" for the lesson's text
	Text       string    `json:"text"`
	RecordedAt time.Time `json:"recordedAt"`
}

// Answer is the fact that a trainer answered a remark, or closed it without a word.
type Answer struct {
	ID     string    `json:"id"`     // the remark's
	Person string    `json:"person"` // whose remark it is
	Course string    `json:"course"`
	Text   string    `json:"text"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// Remarked is a remark and what became of it.
type Remarked struct {
	Remark
	Answer *Answer // nil while it is open
}

// The kinds of documents about remarks.
var (
	RemarkKind = &store.Kind{Name: "remark", Schema: 1, Order: 96, Fact: true, Person: "person", Doc: Remark{}, Indexes: [][]string{{"person"}, {"person", "recordedAt"}, {"course", "recordedAt"}}}

	AnswerKind = &store.Kind{Name: "answer", Schema: 1, Order: 94, Fact: true, Person: "person", Doc: Answer{}, Indexes: [][]string{{"person"}, {"course", "at"}}}
)

const (
	RemarkFact = "remark" // kind of the fact

	// MaxRemark is the length of the longest remark and of the longest answer.
	MaxRemark = 1000

	mostRemarks  = 200 // of one person: more than anybody has to say
	remarksShown = 300 // of a course, the newest
)

// Record keeps what somebody reports. It begins no course. Sent again it is kept once.
func (s *Help) Record(ctx context.Context, person string, f courses.Fact) (courses.Receipt, error) {
	if f.Person != "" && f.Person != person {
		return courses.Receipt{ID: f.ID, State: courses.Refused, Reason: school.NotYours}, nil
	}
	state, err := s.keepRemark(ctx, person, f)
	var wrong *problem.Problem
	if errors.As(err, &wrong) && errors.Is(wrong.Kind, problem.ErrInvalid) {
		return s.School.Refuse(ctx, person, f, wrong)
	}
	return courses.Receipt{ID: f.ID, State: state}, err
}

func (s *Help) keepRemark(ctx context.Context, person string, f courses.Fact) (string, error) {
	r := Remark{ID: person + "/" + f.ID, Person: person, Course: f.Course, Lesson: f.Lesson, Question: f.Question, Text: courses.TidyText(f.Text),
		RecordedAt: store.Time(s.Now())}
	switch {
	case !courses.SubmissionID.MatchString(f.ID):
		return "", problem.Invalid("id", "fact-id")
	case r.Text == "":
		return "", problem.Invalid("text", "remark-empty")
	case utf8.RuneCountInString(r.Text) > MaxRemark:
		return "", problem.Invalid("text", "remark-long", MaxRemark)
	}
	old, err := store.Get[Remark](ctx, s.Store, RemarkKind, r.ID)
	if errors.Is(err, problem.ErrNotFound) {
		if err := s.newRemark(ctx, &r); err != nil {
			return "", err
		}
		if err = s.Store.Insert(ctx, RemarkKind, &r); !errors.Is(err, problem.ErrExists) {
			return courses.Received, err
		}
		old, err = store.Get[Remark](ctx, s.Store, RemarkKind, r.ID)
	}
	if err != nil {
		return "", err
	}
	if old.Text != r.Text || old.Course != r.Course || old.Lesson != r.Lesson || old.Question != r.Question {
		return "", problem.Invalid("id", "id-reused")
	}
	return courses.Duplicate, nil
}

// newRemark looks whether what a remark is about is there, and notes the version that its sender studies.
func (s *Help) newRemark(ctx context.Context, r *Remark) error {
	v, err := s.School.VersionFor(ctx, r.Person, r.Course)
	if errors.Is(err, problem.ErrNotFound) {
		return problem.Invalid("course", "unknown-course")
	}
	if err != nil {
		return err
	}
	lesson, ok := v.Lesson(r.Lesson)
	if !ok {
		return problem.Invalid("lesson", "unknown-lesson")
	}
	if _, ok := lesson.Quiz.Question(r.Question); !ok && r.Question != "" {
		return problem.Invalid("question", "unknown-question")
	}
	r.Version = v.ID
	said, err := s.Store.Count(ctx, RemarkKind, store.Where(store.Is("person", r.Person)))
	if err == nil && said[0].N >= mostRemarks {
		err = problem.Invalid("text", "remark-many", mostRemarks)
	}
	return err
}

// RemarksOf lists what a person reported, the newest first, with the answers.
func (s *Help) RemarksOf(ctx context.Context, person string) ([]Remarked, error) {
	return s.remarks(ctx, store.Where(store.Is("person", person)).By("-recordedAt").First(mostRemarks))
}

// RemarksOn lists what was reported in a course lately: first what is open, then the rest, each the newest first.
func (s *Help) RemarksOn(ctx context.Context, course string) ([]Remarked, error) {
	all, err := s.remarks(ctx, store.Where(store.Is("course", course)).By("-recordedAt").First(remarksShown))
	slices.SortStableFunc(all, func(a, b Remarked) int { return rank(a) - rank(b) })
	return all, err
}

func rank(r Remarked) int {
	if r.Answer == nil {
		return 0
	}
	return 1
}

func (s *Help) remarks(ctx context.Context, said store.Query) ([]Remarked, error) {
	found, err := store.All[Remark](ctx, s.Store, RemarkKind, said)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(found))
	for i, r := range found {
		ids[i] = r.ID
	}
	answers, err := store.Many(ctx, s.Store, AnswerKind, ids, func(a Answer) string { return a.ID })
	all := make([]Remarked, len(found))
	for i, r := range found {
		all[i].Remark = r
		if a, ok := answers[r.ID]; ok {
			all[i].Answer = &a
		}
	}
	return all, err
}

// OpenRemarks counts, by course, what was reported and not answered.
func (s *Help) OpenRemarks(ctx context.Context) (map[string]int, error) {
	open := map[string]int{}
	for kind, sign := range map[*store.Kind]int{RemarkKind: 1, AnswerKind: -1} {
		groups, err := s.Store.Count(ctx, kind, store.Query{}, "course")
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			open[g.Key[0]] += sign * g.N
		}
	}
	return open, nil
}

// AnswerRemark keeps a trainer's answer; an empty one closes the remark. Of two answers the first is kept.
func (s *Help) AnswerRemark(ctx context.Context, by roster.Account, course, remark, text string) error {
	if !roster.MayAuthor(by) {
		return problem.Denied("denied")
	}
	r, err := store.Get[Remark](ctx, s.Store, RemarkKind, remark)
	if err != nil {
		return err
	}
	if r.Course != course {
		return store.NotFound(RemarkKind, remark)
	}
	a := Answer{ID: r.ID, Person: r.Person, Course: r.Course, Text: courses.TidyText(text), By: by.ID, At: store.Time(s.Now())}
	if utf8.RuneCountInString(a.Text) > MaxRemark {
		return problem.Invalid("text", "remark-long", MaxRemark)
	}
	err = s.Store.Insert(ctx, AnswerKind, &a)
	if !errors.Is(err, problem.ErrExists) {
		return err
	}
	old, err := store.Get[Answer](ctx, s.Store, AnswerKind, r.ID)
	if err == nil && old.Text != a.Text {
		return &problem.Problem{Kind: problem.ErrExists, Code: "remark-answered"}
	}
	return err
}
