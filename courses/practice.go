package courses

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"lopban/courses/letters"
	"lopban/courses/problem"
)

// Practice is the task of a course that a person does at their own library, and that a trainer of their province looks
// at.
type Practice struct {
	Title    Text        `json:"title"`
	Minutes  int         `json:"minutes"`
	Required bool        `json:"required"` // the course is complete only with a passed review
	Pass     int         `json:"pass"`     // points needed, of those that the rubric gives in all
	Rubric   []Criterion `json:"rubric"`
	Body     Text        `json:"body"`           // the assignment, Markdown
	Model    Text        `json:"model,omitzero"` // an answer that earns all points, Markdown; for trainers alone
}

// Criterion is one thing that a reviewer looks at, worth 0 to Points.
type Criterion struct {
	ID     string  `json:"id"` // unique in the rubric
	Text   Text    `json:"text"`
	Points int     `json:"points"`
	Levels []Level `json:"levels,omitempty"` // with rising points; none where the text says it all
}

// Level is what earns so many points of a criterion.
type Level struct {
	Points int  `json:"points"`
	Text   Text `json:"text"`
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
	Photos     []string  `json:"photos"` // names of blobs, see School.ReadPhoto
	Bytes      int       `json:"bytes"`  // of the photos
	HappenedAt time.Time `json:"happenedAt"`
	RecordedAt time.Time `json:"recordedAt"`

	ClaimedAt *time.Time `json:"claimedAt,omitempty"` // as of a Completion
}

// Picture is a photo as it is kept.
type Picture struct {
	Name string
	Data []byte
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

// HandedIn is a submission with what was said of it, the newest review last.
type HandedIn struct {
	Submission
	Reviews []Review
}

// Newest is the review that counts, nil before there is one.
func (w *HandedIn) Newest() *Review {
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
func StateOf(work []HandedIn) TaskState {
	state, _ := stateOf(work)
	return state
}

// stateOf also says when the task was first passed.
func stateOf(work []HandedIn) (state TaskState, passedAt time.Time) {
	state = TaskTodo
	for _, w := range InOrder(work) {
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

// InOrder sorts submissions by when they were received, and their reviews by number.
func InOrder(work []HandedIn) []HandedIn {
	work = slices.Clone(work)
	slices.SortStableFunc(work, func(a, b HandedIn) int {
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

// Task says how far an enrolment's practice task is, so that who waits for a review is found without reading every
// submission. It can be rebuilt from the facts.
type Task struct {
	ID         string    `json:"id"` // enrolment
	Person     string    `json:"person"`
	Course     string    `json:"course"`
	State      TaskState `json:"state"`
	Submission string    `json:"submission"` // the newest
	// when the first submission that nobody looked at was received; zero where there is none
	Since time.Time `json:"since"`
	Facts int       `json:"facts"` // submissions and reviews that it was made of: facts are only ever added
}

func TaskOf(work []HandedIn) Task {
	work = InOrder(work)
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

const (
	// MaxPhotos is how many photos a submission may have.
	MaxPhotos = 4
	// MaxLetters is how many letters a submission's text, or a review's comment, may have.
	MaxLetters = 5000
	// MaxSubmissions is how often one person may send the task of one enrolment, so that nobody fills the store.
	MaxSubmissions = 20
	// MaxPhotoBytes is how much the photos of all submissions of one person may take: some two hundred of them.
	MaxPhotoBytes = 48 << 20
)

// SubmissionID is what a sender may call a submission: it stands in addresses.
var SubmissionID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// TidyText is a text as people typed it, in NFC, without space around it and without letters that cannot be seen, with
// which it could read otherwise than it is written: all but those of line, tab and of pictures made of several.
func TidyText(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(norm.NFC.String(strings.ToValidUTF8(s, "")))
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if letters.Invisible(r) && r != '\n' && r != '\t' && r != '\u200d' {
			return -1
		}
		return r
	}, s))
}

// Practising is the version whose task is answered by what happened then: that of the time, or else the newest that has
// one.
func (t Terms) Practising(happened time.Time) *Version {
	v := t[t.at(happened)].Version
	for _, term := range slices.Backward(t) {
		if v.Practice == nil {
			v = term.Version
		}
	}
	return v
}

// Judge puts findings in the order of the rubric. Every criterion has one, worth 0 to its points.
func (p *Practice) Judge(given []Finding) ([]Finding, error) {
	var all []Finding
	for _, c := range p.Rubric {
		i := slices.IndexFunc(given, func(f Finding) bool { return f.Criterion == c.ID })
		if i < 0 || given[i].Points < 0 || given[i].Points > c.Points {
			return nil, problem.Invalid("points."+c.ID, "review-points")
		}
		all = append(all, Finding{c.ID, given[i].Points, TidyText(given[i].Comment)})
	}
	return all, nil
}

// Check wants comments of a bearable length, and one at least where the learner is asked to try again.
func (r *Review) Check() error {
	said := r.Comment
	for _, f := range r.Findings {
		said += f.Comment
		if utf8.RuneCountInString(f.Comment) > MaxLetters {
			return problem.Invalid("comment."+f.Criterion, "practice-long")
		}
	}
	switch {
	case utf8.RuneCountInString(r.Comment) > MaxLetters:
		return problem.Invalid("comment", "practice-long")
	case !r.Passed && said == "":
		return problem.Invalid("comment", "review-comment")
	}
	return nil
}
