package courses

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"lopban/courses/store"
)

// Fact is what a learner's phone or form sends: a lesson's text finished, answers handed in to its quiz, or work on the course's practice task.
type Fact struct {
	ID      string                     `json:"id"`   // made by the sender, UUIDv7; the same fact sent again has the same
	Kind    string                     `json:"kind"` // "completion", "attempt" or "submission"
	Course  string                     `json:"course"`
	Lesson  string                     `json:"lesson"` // "" of a submission
	At      time.Time                  `json:"at"`     // when it happened, by the sender's clock
	SentAt  time.Time                  `json:"sentAt"` // when it was sent, by the same clock; zero when the clock is the server's own
	Answers map[string]json.RawMessage `json:"answers,omitempty"`
	Draw    *int                       `json:"draw,omitempty"` // of an attempt, the number of the draw that the learner saw; nil: as many as there were attempts
	Text    string                     `json:"text,omitempty"` // of a submission
	Photos  []string                   `json:"-"`              // of a submission: names of blobs that School.KeepPhoto gave; a sender cannot name any
}

// Receipt tells the sender what became of a fact. "received" and "duplicate" mean that it is on disk; what is "refused" is kept for somebody to look at.
type Receipt struct {
	ID          string `json:"id"`
	State       string `json:"state"`            // received, duplicate or refused
	Reason      string `json:"reason,omitempty"` // of a refusal, a message key
	Score       *int   `json:"score,omitempty"`  // of an attempt, percent
	Passed      *bool  `json:"passed,omitempty"`
	Certificate string `json:"certificate,omitempty"` // its code, once the course is complete
}

// The states of a Receipt.
const (
	Received  = "received"
	Duplicate = "duplicate"
	Refused   = "refused"
)

// Learner is who sends facts. Paper is asked only when a certificate is due: it says what stands on it.
type Learner struct {
	Person string
	Paper  func(ctx context.Context) (Holder, Issuer, error)
}

// submission is the kind of fact that answers a practice task.
const submission = "submission"

// maxRefused is how many bytes of a refused fact are kept.
const maxRefused = 8 << 10

// keptRefusals is how many refused facts of one person are kept: more than anybody makes by mistake.
const keptRefusals = 500

// maxFactID is the length of the longest id that a sender may give a fact.
const maxFactID = 64

// Record keeps a fact, and when the course is complete with it, issues the certificate. It may be called again with the same fact: that changes nothing, and completes what an
// earlier call left undone. The error is never about the fact itself: for that there is the receipt.
func (s *School) Record(ctx context.Context, l Learner, f Fact) (Receipt, error) {
	r := Receipt{ID: f.ID}
	e, err := s.begin(ctx, l.Person, f)
	if err == nil {
		err = s.insert(ctx, &e, f, &r)
	}
	var wrong *store.Problem
	if errors.As(err, &wrong) && errors.Is(wrong.Kind, store.ErrInvalid) {
		reason, err := s.refuse(ctx, l.Person, f, wrong.Code)
		return Receipt{ID: f.ID, State: Refused, Reason: reason}, err
	}
	if err == nil && f.Kind == submission {
		err = s.retask(ctx, e.ID)
	}
	if err != nil {
		return Receipt{}, err
	}
	st, err := s.study(ctx, e)
	if err != nil {
		return Receipt{}, err
	}
	c, err := s.issue(ctx, l, st)
	if c != nil {
		r.Certificate = c.Code
	}
	return r, err
}

// begin finds the enrolment that a fact belongs to, and makes it with the newest version when this is the person's first fact in the course.
func (s *School) begin(ctx context.Context, person string, f Fact) (Enrolment, error) {
	if f.ID == "" || len(f.ID) > maxFactID || !utf8.ValidString(f.ID) {
		return Enrolment{}, store.Invalid("id", "fact-id")
	}
	e, err := s.enrolment(ctx, person, f.Course)
	if !errors.Is(err, store.ErrNotFound) {
		return e, err
	}
	listing, err := store.Get[Listing](ctx, s.Store, ListingKind, f.Course)
	if errors.Is(err, store.ErrNotFound) {
		return e, store.Invalid("course", "unknown-course")
	}
	if err == nil && listing.Retired() && s.happened(f).After(listing.RetiredAt) { // who began before and sends it now has begun
		err = store.Invalid("course", "course-retired")
	}
	if err != nil {
		return e, err
	}
	v, err := s.Version(ctx, VersionID(f.Course, listing.Number))
	if err != nil {
		return e, err
	}
	if f.Kind == submission {
		if v.Practice == nil {
			return e, store.Invalid("course", "no-practice")
		}
	} else if _, ok := v.Lesson(f.Lesson); !ok { // a fact that is refused begins nothing
		return e, store.Invalid("lesson", "unknown-lesson")
	}
	return s.enrol(ctx, v, person, 1, s.happened(f))
}

// enrol inserts the enrolment, or gives back the one that another call inserted first.
func (s *School) enrol(ctx context.Context, v *Version, person string, cycle int, at time.Time) (Enrolment, error) {
	e := Enrolment{ID: EnrolmentID(person, v.Course, cycle), Person: person, Course: v.Course, Cycle: cycle, Version: v.ID,
		HappenedAt: at, RecordedAt: store.Time(s.Now())}
	err := s.Store.Insert(ctx, EnrolmentKind, &e)
	s.begun.forget(cycles(person, v.Course))
	if errors.Is(err, store.ErrExists) {
		return store.Get[Enrolment](ctx, s.Store, EnrolmentKind, e.ID)
	}
	return e, err
}

// Renew begins the next cycle of a course with its newest version, for a person whose certificate has expired or will within 90 days.
func (s *School) Renew(ctx context.Context, person, course string) (Enrolment, error) {
	st, err := s.Study(ctx, person, course)
	if err != nil {
		return Enrolment{}, err
	}
	now := store.Time(s.Now())
	if st.Certificate == nil || now.Before(st.Certificate.ValidUntil.AddDate(0, 0, -90)) {
		return Enrolment{}, store.Invalid("course", "renew-early")
	}
	v, err := s.offered(ctx, course)
	if errors.Is(err, store.ErrNotFound) {
		err = store.Invalid("course", "course-retired")
	}
	if err != nil {
		return Enrolment{}, err
	}
	return s.enrol(ctx, v, person, st.Enrolment.Cycle+1, now)
}

// insert keeps the fact under its enrolment and fills in the receipt.
func (s *School) insert(ctx context.Context, e *Enrolment, f Fact, r *Receipt) error {
	if f.Kind == "completion" {
		if first, err := s.Version(ctx, e.Version); err != nil {
			return err
		} else if _, ok := first.Lesson(f.Lesson); ok { // whatever versions came after it
			return s.complete(ctx, e, f, r)
		}
	}
	terms, err := s.terms(ctx, *e, Forever)
	if err != nil {
		return err
	}
	if f.Kind == submission {
		return s.submit(ctx, e, terms.practising(s.happened(f)), f, r)
	}
	versions := terms.with(f.Lesson, s.happened(f))
	if len(versions) == 0 {
		return store.Invalid("lesson", "unknown-lesson")
	}
	switch f.Kind {
	case "completion":
		return s.complete(ctx, e, f, r)
	case "attempt":
		return s.attempt(ctx, e, versions, f, r)
	}
	return store.Invalid("kind", "fact-kind")
}

func (s *School) complete(ctx context.Context, e *Enrolment, f Fact, r *Receipt) error {
	client := e.Person + "/" + f.ID
	if _, err := store.Get[Attempt](ctx, s.Store, AttemptKind, client); err == nil {
		return store.Invalid("id", "id-reused")
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	c := Completion{ID: e.ID + "/" + f.Lesson, Enrolment: e.ID, Person: e.Person, Course: e.Course, Lesson: f.Lesson, Client: client,
		HappenedAt: s.happened(f), RecordedAt: store.Time(s.Now())}
	err := s.Store.Insert(ctx, CompletionKind, &c)
	r.State = Received
	if errors.Is(err, store.ErrExists) {
		r.State = Duplicate
		// Not this lesson's completion is there but another with this sender's id: another body under a known id.
		if _, err = store.Get[Completion](ctx, s.Store, CompletionKind, c.ID); errors.Is(err, store.ErrNotFound) {
			return store.Invalid("id", "id-reused")
		}
	}
	return err
}

func (s *School) attempt(ctx context.Context, e *Enrolment, versions []*Version, f Fact, r *Receipt) error {
	client := e.Person + "/" + f.ID
	q, err := s.asked(ctx, versions, client, e.ID, f)
	if err != nil {
		return err
	}
	if _, err := store.One[Completion](ctx, s.Store, CompletionKind, store.Where(store.Is("client", client))); err == nil {
		return store.Invalid("id", "id-reused")
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	a := Attempt{ID: client, Enrolment: e.ID, Person: e.Person, Course: e.Course, Lesson: f.Lesson, Version: q.version.ID, Draw: q.draw, Answers: q.answers,
		HappenedAt: s.happened(f), RecordedAt: store.Time(s.Now())}
	a.Score, _ = q.quiz.Grade(a.Answers)
	a.Passed = a.Score >= q.version.PassMark
	err = s.Store.Insert(ctx, AttemptKind, &a)
	r.State = Received
	if errors.Is(err, store.ErrExists) {
		r.State = Duplicate
		var old Attempt
		if old, err = store.Get[Attempt](ctx, s.Store, AttemptKind, a.ID); err == nil {
			if old.Course != a.Course || old.Lesson != a.Lesson || !reflect.DeepEqual(old.Draw, a.Draw) || !sameAnswers(old.Answers, a.Answers) {
				return store.Invalid("id", "id-reused")
			}
			a = old
		}
	}
	r.Score, r.Passed = &a.Score, &a.Passed
	return err
}

// asking is what the answers of an attempt are of.
type asking struct {
	version *Version
	draw    *int
	quiz    Quiz // as drawn
	answers map[string]Answer
}

// asked finds the version whose quiz the answers are of, and reads them: the one that an earlier copy of this attempt was graded by, or else the first in which every answer has its question.
func (s *School) asked(ctx context.Context, versions []*Version, client, enrolment string, f Fact) (asking, error) {
	if len(versions) > 1 {
		old, err := store.Get[Attempt](ctx, s.Store, AttemptKind, client)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return asking{}, err
		}
		if i := slices.IndexFunc(versions, func(v *Version) bool { return v.ID == old.Version }); i >= 0 {
			versions = versions[i : i+1]
		}
	}
	var first error
	for _, v := range versions {
		lesson, _ := v.Lesson(f.Lesson)
		q := asking{version: v}
		var err error
		if q.draw, err = s.draw(ctx, lesson, client, enrolment, f.Draw); err == nil {
			q.quiz = (&Attempt{Enrolment: enrolment, Lesson: lesson.ID, Draw: q.draw}).Quiz(lesson.Quiz)
			q.answers, err = q.quiz.read(f.Answers)
		}
		if err == nil {
			return q, nil
		}
		if first == nil {
			first = err
		}
	}
	return asking{}, first
}

// draw is the number of the draw of an attempt, nil where the quiz draws none. What is sent again has the number that it has. A learner may be one ahead of what has arrived, and no further: who could
// choose among many draws would choose an easy one.
func (s *School) draw(ctx context.Context, lesson Lesson, client, enrolment string, said *int) (*int, error) {
	if len(lesson.Quiz.Draw) == 0 {
		return nil, nil
	}
	attempts, err := s.scores(ctx, enrolment)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, a := range attempts {
		if a.ID == client && said == nil {
			return a.Draw, nil
		}
		if a.Lesson == lesson.ID && a.ID != client {
			n++
		}
	}
	if said == nil {
		return &n, nil
	}
	if *said < 0 || *said > n+1 {
		return nil, store.Invalid("draw", "draw-ahead")
	}
	return said, nil
}

// read parses the answers of an attempt. A lesson without a quiz has none.
func (q *Quiz) read(raw map[string]json.RawMessage) (map[string]Answer, error) {
	if len(q.Questions) == 0 {
		return nil, store.Invalid("lesson", "no-quiz")
	}
	answers := map[string]Answer{}
	for _, question := range q.Questions {
		if text, ok := raw[question.ID]; ok && string(text) != "null" {
			a, err := question.Parse(text)
			if err != nil {
				return nil, err
			}
			answers[question.ID] = a
		}
	}
	for id := range raw {
		if !q.has(id) {
			return nil, store.Invalid(id, "unknown-question")
		}
	}
	return answers, nil
}

func (q *Quiz) has(id string) bool {
	for i := range q.Questions {
		if q.Questions[i].ID == id {
			return true
		}
	}
	return false
}

func sameAnswers(a, b map[string]Answer) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

// happened corrects the sender's time by the offset of its clock at sending. A time after now is now, and so is one before the programme.
func (s *School) happened(f Fact) time.Time {
	now := store.Time(s.Now())
	at := f.At
	if !f.SentAt.IsZero() {
		at = at.Add(now.Sub(f.SentAt))
	}
	if at.After(now) || at.Before(decided) {
		return now
	}
	return store.Time(at)
}

// decided is the day of Decision 1687/QĐ-TTg.
var decided = time.Date(2024, 12, 30, 0, 0, 0, 0, time.UTC)

// refuse keeps a fact that was not counted, and gives the reason for the receipt. The same one is kept once; beyond keptRefusals the reason is that no more are kept.
func (s *School) refuse(ctx context.Context, person string, f Fact, reason string) (string, error) {
	f.SentAt = time.Time{}
	text, err := json.Marshal(struct {
		Fact
		Photos []string `json:"photos,omitempty"`
	}{f, f.Photos})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append(text, reason...))
	if len(text) > maxRefused { // who looks at it needs no more of it
		text = append(text[:maxRefused:maxRefused], "…"...)
	}
	r := Refusal{ID: person + "/" + hex.EncodeToString(sum[:]), Person: person, Reason: reason, Fact: strings.ToValidUTF8(string(text), ""), RecordedAt: store.Time(s.Now())}
	kept, err := s.Store.Count(ctx, RefusalKind, store.Where(store.Is("person", person)))
	if err != nil {
		return "", err
	}
	if kept[0].N >= keptRefusals {
		if _, err := store.Get[Refusal](ctx, s.Store, RefusalKind, r.ID); errors.Is(err, store.ErrNotFound) {
			return "too-many-refused", nil
		} else if err != nil {
			return "", err
		}
		return reason, nil
	}
	if err := s.Store.Insert(ctx, RefusalKind, &r); err != nil && !errors.Is(err, store.ErrExists) {
		return "", err
	}
	return reason, nil
}
