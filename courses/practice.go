package courses

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"lopban/courses/store"
)

// Practice is the task of a course that a person does at their own library, and that a trainer of their province looks at.
type Practice struct {
	Title    Text        `json:"title"`
	Minutes  int         `json:"minutes"`
	Required bool        `json:"required"` // the course is complete only with a passed review
	Pass     int         `json:"pass"`     // points needed, of those that the rubric gives in all
	Rubric   []Criterion `json:"rubric"`
	Body     Text        `json:"body"` // the assignment, Markdown
}

// Criterion is one thing that a reviewer looks at, worth 0 to Points.
type Criterion struct {
	ID     string `json:"id"` // unique in the rubric
	Text   Text   `json:"text"`
	Points int    `json:"points"`
}

// Points is what the whole rubric is worth.
func (p *Practice) Points() int {
	n := 0
	for _, c := range p.Rubric {
		n += c.Points
	}
	return n
}

// Submission is the fact that a person handed in their work on a course's practice task.
type Submission struct {
	ID         string    `json:"id"` // person/the id that the sender gave the fact
	Enrolment  string    `json:"enrolment"`
	Person     string    `json:"person"`
	Course     string    `json:"course"`
	Version    string    `json:"version"` // whose task it answers, and by whose rubric it is reviewed
	Text       string    `json:"text"`
	Photos     []string  `json:"photos"` // names of blobs, see School.KeepPhoto
	HappenedAt time.Time `json:"happenedAt"`
	RecordedAt time.Time `json:"recordedAt"`
}

// Review is the fact that a trainer looked at a submission. Of several the newest counts.
type Review struct {
	ID         string    `json:"id"` // submission/number, six digits, from 1
	Submission string    `json:"submission"`
	Enrolment  string    `json:"enrolment"`
	Reviewer   string    `json:"reviewer"` // account
	Client     string    `json:"client"`   // reviewer/the id that the form gave the review
	Findings   []Finding `json:"findings"` // one for each criterion of the rubric, in its order
	Comment    string    `json:"comment"`
	Passed     bool      `json:"passed"` // the points reach those of the task
	RecordedAt time.Time `json:"recordedAt"`
}

// Finding is what a reviewer says of one criterion.
type Finding struct {
	Criterion string `json:"criterion"`
	Points    int    `json:"points"`
	Comment   string `json:"comment"`
}

// Points is what the findings are worth together.
func (r *Review) Points() int {
	n := 0
	for _, f := range r.Findings {
		n += f.Points
	}
	return n
}

// Finding is what the review says of a criterion; nothing where it says nothing.
func (r *Review) Finding(criterion string) Finding {
	for _, f := range r.Findings {
		if f.Criterion == criterion {
			return f
		}
	}
	return Finding{Criterion: criterion}
}

// Work is a submission with what was said of it, the newest review last.
type Work struct {
	Submission
	Reviews []Review
}

// Newest is the review that counts, nil before there is one.
func (w *Work) Newest() *Review {
	if len(w.Reviews) == 0 {
		return nil
	}
	return &w.Reviews[len(w.Reviews)-1]
}

// TaskState is how far a person is with a practice task.
type TaskState string

const (
	TaskTodo    TaskState = "todo"    // nothing was sent
	TaskWaiting TaskState = "waiting" // the newest submission has no review
	TaskAgain   TaskState = "again"   // the newest submission was reviewed and did not pass
	TaskPassed  TaskState = "passed"  // a submission passed
)

// StateOf is how far the submissions of one enrolment are. Their order does not matter, nor how often one is given.
func StateOf(work []Work) TaskState {
	state, _ := stateOf(work)
	return state
}

// stateOf also says when the task was first passed.
func stateOf(work []Work) (state TaskState, passedAt time.Time) {
	state = TaskTodo
	for _, w := range inOrder(work) {
		r := w.Newest()
		switch {
		case r == nil:
			state = TaskWaiting
		case !r.Passed:
			state = TaskAgain
		case passedAt.IsZero() || r.RecordedAt.Before(passedAt):
			passedAt = r.RecordedAt
		}
	}
	if !passedAt.IsZero() {
		state = TaskPassed
	}
	return state, passedAt
}

// inOrder sorts submissions by when they were received, and their reviews by number.
func inOrder(work []Work) []Work {
	work = slices.Clone(work)
	slices.SortStableFunc(work, func(a, b Work) int {
		if n := a.RecordedAt.Compare(b.RecordedAt); n != 0 {
			return n
		}
		return strings.Compare(a.ID, b.ID)
	})
	for i := range work {
		work[i].Reviews = slices.SortedFunc(slices.Values(work[i].Reviews), func(a, b Review) int { return strings.Compare(a.ID, b.ID) })
	}
	return work
}

// Task says how far an enrolment's practice task is, so that who waits for a review is found without reading every submission. It can be rebuilt from
// the facts.
type Task struct {
	ID         string    `json:"id"` // enrolment
	Person     string    `json:"person"`
	Course     string    `json:"course"`
	State      TaskState `json:"state"`
	Submission string    `json:"submission"` // the newest
	Since      time.Time `json:"since"`      // when the first submission that nobody looked at was received; zero where there is none
	Facts      int       `json:"facts"`      // submissions and reviews that it was made of: facts are only ever added
}

func taskOf(work []Work) Task {
	work = inOrder(work)
	last := work[len(work)-1]
	t := Task{ID: last.Enrolment, Person: last.Person, Course: last.Course, State: StateOf(work), Submission: last.ID}
	for _, w := range work {
		t.Facts += 1 + len(w.Reviews)
		if len(w.Reviews) > 0 {
			t.Since = time.Time{}
		} else if t.Since.IsZero() {
			t.Since = w.RecordedAt
		}
	}
	return t
}

// The kinds of documents about practice tasks.
var (
	SubmissionKind = &store.Kind{Name: "submission", Schema: 1, Doc: Submission{}, Indexes: [][]string{{"enrolment"}, {"recordedAt"}}}

	ReviewKind = &store.Kind{Name: "review", Schema: 1, Doc: Review{}, Unique: []string{"client"}, Indexes: [][]string{{"enrolment"}, {"recordedAt"}}}

	TaskKind = &store.Kind{Name: "task", Schema: 1, Doc: Task{}, Indexes: [][]string{{"state", "since"}}}
)

const (
	// MaxPhotos is how many photos a submission may have.
	MaxPhotos = 4
	// MaxWords is how many letters a submission's text, or a review's comment, may have.
	MaxWords = 5000
	// MaxSubmissions is how often one person may send the task of one enrolment, so that nobody fills the store.
	MaxSubmissions = 20
)

// submissionID is what a sender may call a submission: it stands in addresses.
var submissionID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// tidy is a text as people typed it, in NFC, without control characters and space around it.
func tidy(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(norm.NFC.String(strings.ToValidUTF8(s, "")))
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s))
}

// practising is the version whose task is answered by what happened then: that of the time, or else the newest that has one.
func (t Terms) practising(happened time.Time) *Version {
	v := t[t.at(happened)].Version
	for _, term := range slices.Backward(t) {
		if v.Practice == nil {
			v = term.Version
		}
	}
	return v
}

// submit keeps a submission and fills in the receipt.
func (s *School) submit(ctx context.Context, e *Enrolment, v *Version, f Fact, r *Receipt) error {
	sub := Submission{ID: e.Person + "/" + f.ID, Enrolment: e.ID, Person: e.Person, Course: e.Course, Version: v.ID, Text: tidy(f.Text), Photos: f.Photos,
		HappenedAt: s.happened(f), RecordedAt: store.Time(s.Now())}
	switch {
	case v.Practice == nil:
		return store.Invalid("course", "no-practice")
	case !submissionID.MatchString(f.ID):
		return store.Invalid("id", "fact-id")
	case sub.Text == "" && len(sub.Photos) == 0:
		return store.Invalid("text", "practice-empty")
	case utf8.RuneCountInString(sub.Text) > MaxWords:
		return store.Invalid("text", "practice-long")
	case len(sub.Photos) > MaxPhotos:
		return store.Invalid("photo", "photo-many", MaxPhotos)
	}
	old, err := store.Get[Submission](ctx, s.Store, SubmissionKind, sub.ID)
	if errors.Is(err, store.ErrNotFound) {
		if err = s.mayInsert(ctx, e, sub.ID); err == nil {
			err = s.Store.Insert(ctx, SubmissionKind, &sub)
		}
		r.State = Received
		if !errors.Is(err, store.ErrExists) {
			return err
		}
		old, err = store.Get[Submission](ctx, s.Store, SubmissionKind, sub.ID)
	}
	if err == nil && (old.Course != sub.Course || old.Text != sub.Text || !slices.Equal(old.Photos, sub.Photos)) {
		return store.Invalid("id", "id-reused")
	}
	r.State = Duplicate
	return err
}

// mayInsert refuses an id that another fact of the person has, and more submissions than anybody needs.
func (s *School) mayInsert(ctx context.Context, e *Enrolment, id string) error {
	_, err := store.Get[Attempt](ctx, s.Store, AttemptKind, id)
	if errors.Is(err, store.ErrNotFound) {
		_, err = store.One[Completion](ctx, s.Store, CompletionKind, store.Where(store.Is("client", id)))
	}
	if err == nil {
		return store.Invalid("id", "id-reused")
	}
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	sent, err := s.Store.Count(ctx, SubmissionKind, store.Where(store.Is("enrolment", e.ID)))
	if err == nil && sent[0].N >= MaxSubmissions {
		err = store.Invalid("text", "practice-often")
	}
	return err
}

// Works lists what was sent under an enrolment, the newest last, each with its reviews.
func (s *School) Works(ctx context.Context, enrolment string) ([]Work, error) {
	return s.worksAt(ctx, enrolment, Forever)
}

// worksAt is Works by the facts that were recorded up to a time.
func (s *School) worksAt(ctx context.Context, enrolment string, at time.Time) ([]Work, error) {
	var all []Work
	of := store.Where(store.Is("enrolment", enrolment))
	err := store.Each(ctx, s.Store, SubmissionKind, of, func(sub Submission) error {
		if !sub.RecordedAt.After(at) {
			all = append(all, Work{Submission: sub})
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	err = store.Each(ctx, s.Store, ReviewKind, of, func(r Review) error {
		if i := slices.IndexFunc(all, func(w Work) bool { return w.ID == r.Submission }); i >= 0 && !r.RecordedAt.After(at) {
			all[i].Reviews = append(all[i].Reviews, r)
		}
		return nil
	})
	return inOrder(all), err
}

// Work is one submission with its reviews.
func (s *School) Work(ctx context.Context, submission string) (Work, error) {
	sub, err := store.Get[Submission](ctx, s.Store, SubmissionKind, submission)
	if err != nil {
		return Work{}, err
	}
	reviews, err := store.All[Review](ctx, s.Store, ReviewKind, store.Where(store.Begins("id", submission+"/")))
	return Work{sub, reviews}, err
}

// Waiting lists the tasks that wait for a review, those that wait longest first.
func (s *School) Waiting(ctx context.Context) ([]Task, error) {
	return store.All[Task](ctx, s.Store, TaskKind, store.Where(store.Is("state", string(TaskWaiting))).By("since"))
}

// retask makes an enrolment's Task anew. Who inserted the newest fact saw them all, so what is made of fewer is left behind.
func (s *School) retask(ctx context.Context, enrolment string) error {
	work, err := s.Works(ctx, enrolment)
	if err != nil || len(work) == 0 {
		return err
	}
	t := taskOf(work)
	newer := func(old *Task) error {
		if old.Facts < t.Facts {
			*old = t
		}
		return nil
	}
	_, err = store.Update(ctx, s.Store, TaskKind, t.ID, newer)
	if errors.Is(err, store.ErrNotFound) {
		if err = s.Store.Insert(ctx, TaskKind, &t); errors.Is(err, store.ErrExists) {
			_, err = store.Update(ctx, s.Store, TaskKind, t.ID, newer)
		}
	}
	return err
}

// Judgement is what a reviewer hands in.
type Judgement struct {
	ID       string // made by the form: the same judgement sent again changes nothing
	Seen     int    // reviews of the submission that the reviewer had before them
	Findings []Finding
	Comment  string
}

// Review keeps what a reviewer says of a submission, and when the course is complete with it, issues the learner's certificate, which is nil before.
// It may be called again with the same judgement. When somebody else has reviewed the submission meanwhile it is ErrExists: the reviewer sees that
// review before their own counts. What is missing or out of range is a Problem.
func (s *School) Review(ctx context.Context, l Learner, submission, reviewer string, j Judgement) (Review, *Certificate, error) {
	w, err := s.Work(ctx, submission)
	if err != nil {
		return Review{}, nil, err
	}
	e, err := store.Get[Enrolment](ctx, s.Store, EnrolmentKind, w.Enrolment)
	if err != nil {
		return Review{}, nil, err
	}
	r, err := s.keepReview(ctx, l, e, w, reviewer, j)
	if err != nil {
		return Review{}, nil, err
	}
	if err := s.retask(ctx, e.ID); err != nil {
		return r, nil, err
	}
	st, err := s.study(ctx, e)
	if err != nil {
		return r, nil, err
	}
	c, err := s.issue(ctx, l, st)
	return r, c, err
}

func (s *School) keepReview(ctx context.Context, l Learner, e Enrolment, w Work, reviewer string, j Judgement) (Review, error) {
	if reviewer == w.Person {
		return Review{}, store.Denied("review-own")
	}
	if !submissionID.MatchString(j.ID) {
		return Review{}, store.Invalid("id", "fact-id")
	}
	client := reviewer + "/" + j.ID
	old, err := store.One[Review](ctx, s.Store, ReviewKind, store.Where(store.Is("client", client)))
	if err == nil && old.Submission != w.ID {
		return Review{}, store.Invalid("id", "id-reused")
	}
	if !errors.Is(err, store.ErrNotFound) {
		return old, err
	}
	if len(w.Reviews) != j.Seen {
		return Review{}, &store.Problem{Kind: store.ErrExists, Code: "review-meanwhile"}
	}
	v, err := s.Version(ctx, w.Version)
	if err != nil {
		return Review{}, err
	}
	r := Review{ID: fmt.Sprintf("%s/%06d", w.ID, len(w.Reviews)+1), Submission: w.ID, Enrolment: w.Enrolment, Reviewer: reviewer, Client: client, Comment: tidy(j.Comment),
		RecordedAt: store.Time(s.Now())}
	if r.Findings, err = v.Practice.judge(j.Findings); err != nil {
		return Review{}, err
	}
	r.Passed = r.Points() >= v.Practice.Pass
	if err := r.check(); err != nil {
		return Review{}, err
	}
	if err := s.mayTakeBack(ctx, l, e, w, r); err != nil {
		return Review{}, err
	}
	err = s.Store.Insert(ctx, ReviewKind, &r)
	if errors.Is(err, store.ErrExists) {
		if old, err := store.One[Review](ctx, s.Store, ReviewKind, store.Where(store.Is("client", client))); !errors.Is(err, store.ErrNotFound) {
			return old, err // pressed twice
		}
		return Review{}, &store.Problem{Kind: store.ErrExists, Code: "review-meanwhile"}
	}
	return r, err
}

// judge puts findings in the order of the rubric. Every criterion has one, worth 0 to its points.
func (p *Practice) judge(given []Finding) ([]Finding, error) {
	var all []Finding
	for _, c := range p.Rubric {
		i := slices.IndexFunc(given, func(f Finding) bool { return f.Criterion == c.ID })
		if i < 0 || given[i].Points < 0 || given[i].Points > c.Points {
			return nil, store.Invalid("points."+c.ID, "review-points")
		}
		all = append(all, Finding{c.ID, given[i].Points, tidy(given[i].Comment)})
	}
	return all, nil
}

// check wants comments of a bearable length, and one at least where the learner is asked to try again.
func (r *Review) check() error {
	said := r.Comment
	for _, f := range r.Findings {
		said += f.Comment
		if utf8.RuneCountInString(f.Comment) > MaxWords {
			return store.Invalid("comment."+f.Criterion, "practice-long")
		}
	}
	switch {
	case utf8.RuneCountInString(r.Comment) > MaxWords:
		return store.Invalid("comment", "practice-long")
	case !r.Passed && said == "":
		return store.Invalid("comment", "review-comment")
	}
	return nil
}

// mayTakeBack refuses a review that would take away what a certificate was issued for: a certificate that is wrong is revoked, with its reason. What
// the reviews before this one have earned is issued first.
func (s *School) mayTakeBack(ctx context.Context, l Learner, e Enrolment, w Work, r Review) error {
	if r.Passed {
		return nil
	}
	st, err := s.study(ctx, e)
	if err != nil {
		return err
	}
	c, err := s.issue(ctx, l, st)
	if err != nil || c == nil || st.Progress.Task == "" {
		return err
	}
	work, err := s.Works(ctx, e.ID)
	if err != nil {
		return err
	}
	for i := range work {
		if work[i].ID == w.ID {
			work[i].Reviews = append(work[i].Reviews, r)
		}
	}
	if StateOf(work) != TaskPassed {
		return &store.Problem{Kind: store.ErrInvalid, Code: "review-certified"}
	}
	return nil
}

// Tasks compares every Task with the submissions and reviews it stands for, calls each with the enrolment of one that differs, puts it right when
// asked, and gives their number.
func (s *School) Tasks(ctx context.Context, mend bool, each func(enrolment string)) (n int, err error) {
	var enrolments []string
	err = store.Each(ctx, s.Store, SubmissionKind, store.Query{}.By("enrolment"), func(sub Submission) error {
		if n := len(enrolments); n == 0 || enrolments[n-1] != sub.Enrolment {
			enrolments = append(enrolments, sub.Enrolment)
		}
		return nil
	})
	for _, id := range enrolments {
		if err != nil {
			return 0, err
		}
		err = s.compareTask(ctx, id, mend, each)
	}
	return len(enrolments), err
}

func (s *School) compareTask(ctx context.Context, enrolment string, mend bool, each func(enrolment string)) error {
	work, err := s.Works(ctx, enrolment)
	if err != nil {
		return err
	}
	there, err := store.Get[Task](ctx, s.Store, TaskKind, enrolment)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	want := taskOf(work)
	if there.Facts > want.Facts { // facts came between the two readings
		return nil
	}
	if there.Since.Equal(want.Since) {
		there.Since = want.Since
	}
	if err == nil && there == want {
		return nil
	}
	each(enrolment)
	if mend {
		return store.Save(ctx, s.Store, TaskKind, enrolment, want)
	}
	return nil
}
