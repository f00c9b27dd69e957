package school

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

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// Learner is who sends facts. Paper is asked only when a certificate is due: it says what stands on it.
type Learner struct {
	Person string
	Paper  func(ctx context.Context) (courses.Holder, courses.Issuer, error)
}

// NotYours is why a fact is refused that says it is another person's than the one who sends it: on a shared phone
// nobody's work may count for whoever signed in last.
const NotYours = "not-yours"

// submission is the kind of fact that answers a practice task.
const submission = "submission"

// maxRefused is how many bytes of a refused fact are kept.
const maxRefused = 8 << 10

// keptRefusals is how many refused facts of one person are kept: more than anybody makes by mistake.
const keptRefusals = 500

// maxFactID is the length of the longest id that a sender may give a fact.
const maxFactID = 64

// Record keeps a fact, and when the course is complete with it, issues the certificate. It may be called again with the
// same fact: that changes nothing, and completes what an earlier call left undone. The error is never about the fact
// itself: for that there is the receipt.
func (s *School) Record(ctx context.Context, l Learner, f courses.Fact) (courses.Receipt, error) {
	r := courses.Receipt{ID: f.ID}
	if f.Person != "" && f.Person != l.Person {
		// its owner's phone has it still
		return courses.Receipt{ID: f.ID, State: courses.Refused, Reason: NotYours}, nil
	}
	sent := f
	e, err := s.begin(ctx, l.Person, &f)
	if err == nil {
		err = s.insert(ctx, &e, f, &r)
	}
	var wrong *problem.Problem
	if errors.As(err, &wrong) && errors.Is(wrong.Kind, problem.ErrInvalid) {
		if r, err = s.Refuse(ctx, l.Person, sent, wrong); err == nil && wrong.Code == drawUsed {
			r.Draws, err = s.comingDraws(ctx, e, f.Lesson)
		}
		return r, err
	}
	if err == nil && f.Kind == submission {
		err = s.refreshTask(ctx, e.ID)
	}
	if err != nil {
		return courses.Receipt{}, err
	}
	if r.State == courses.Received && f.Kind == "completion" {
		if reads, err := s.onlyReads(ctx, e, f.Lesson); err != nil || reads {
			return r, err
		}
	}
	st, err := s.study(ctx, e)
	if err != nil {
		return courses.Receipt{}, err
	}
	if f.Kind == "attempt" {
		r.Draws = st.Coming(f.Lesson)
	}
	c, err := s.issue(ctx, l, st)
	if c != nil {
		r.Certificate = c.Code
	}
	return r, err
}

// onlyReads says whether the completion of a lesson cannot finish a course: the lesson has a quiz in every version that
// the enrolment has been of, and is done by that alone. It is asked after the completion was inserted, and whoever
// moves the enrolment up to another version looks at its completions after that: one of the two knows both.
func (s *School) onlyReads(ctx context.Context, e courses.Enrolment, lesson string) (bool, error) {
	terms, err := s.terms(ctx, e)
	for _, t := range terms {
		if l, ok := t.Version.Lesson(lesson); ok && len(l.Quiz.Questions) == 0 {
			return false, nil
		}
	}
	return err == nil, err
}

// begin finds the enrolment that a fact belongs to, and makes it with the newest version when this is the person's
// first fact in the course. It dates the fact.
func (s *School) begin(ctx context.Context, person string, f *courses.Fact) (courses.Enrolment, error) {
	if f.ID == "" || len(f.ID) > maxFactID || !utf8.ValidString(f.ID) {
		return courses.Enrolment{}, problem.Invalid("id", "fact-id")
	}
	e, err := s.enrolment(ctx, person, f.Course)
	if err == nil {
		return e, s.dateAgain(ctx, e, f)
	}
	if !errors.Is(err, problem.ErrNotFound) {
		return e, err
	}
	listing, err := store.Get[courses.Listing](ctx, s.Store, ListingKind, f.Course)
	if errors.Is(err, problem.ErrNotFound) {
		return e, problem.Invalid("course", "unknown-course")
	}
	// who began before and sends it now has begun
	if err == nil && listing.Retired() && s.happened(*f).After(listing.RetiredAt) {
		err = problem.Invalid("course", "course-retired")
	}
	if err != nil {
		return e, err
	}
	v, err := s.begunWith(ctx, listing, *f)
	if err != nil {
		return e, err
	}
	if err := s.date(ctx, person, v, f); err != nil {
		return e, err
	}
	if f.Kind == submission {
		if v.Practice == nil {
			return e, problem.Invalid("course", "no-practice")
		}
	} else if _, ok := v.Lesson(f.Lesson); !ok { // a fact that is refused begins nothing
		return e, problem.Invalid("lesson", "unknown-lesson")
	}
	return s.enrol(ctx, v, person, 1, s.happened(*f))
}

// packLife is how long after a newer version came a course may be begun as it was taken along.
const packLife = 90 * 24 * time.Hour

// begunWith is the version that a person begins with their first fact: the newest, or the one that they had taken along
// while it still was.
func (s *School) begunWith(ctx context.Context, listing courses.Listing, f courses.Fact) (*courses.Version, error) {
	newest, err := s.Version(ctx, courses.VersionID(f.Course, listing.Number))
	if err != nil || f.Version == "" || f.Version == newest.ID {
		return newest, err
	}
	for number := listing.Number - 1; number > 0; number-- {
		next, err := s.Version(ctx, courses.VersionID(f.Course, number+1))
		if err != nil || s.happened(f).Sub(next.PublishedAt) > packLife {
			return newest, err
		}
		if f.Version == courses.VersionID(f.Course, number) {
			return s.Version(ctx, f.Version)
		}
	}
	return newest, nil
}

// enrol inserts the enrolment, or gives back the one that another call inserted first.
func (s *School) enrol(ctx context.Context, v *courses.Version, person string, cycle int, at time.Time) (courses.Enrolment, error) {
	e := courses.Enrolment{ID: courses.EnrolmentID(person, v.Course, cycle), Person: person, Course: v.Course, Cycle: cycle, Version: v.ID,
		HappenedAt: at, RecordedAt: store.Time(s.Now())}
	err := s.Store.Insert(ctx, EnrolmentKind, &e)
	s.begun.forget(cycles(person, v.Course))
	if errors.Is(err, problem.ErrExists) {
		return store.Get[courses.Enrolment](ctx, s.Store, EnrolmentKind, e.ID)
	}
	return e, err
}

// Renew begins the next cycle of a course with its newest version, for a person whose certificate was revoked, has
// expired or will within 90 days, or who has used up the attempts of a quiz.
func (s *School) Renew(ctx context.Context, person, course string) (courses.Enrolment, error) {
	st, err := s.Study(ctx, person, course)
	if err != nil {
		return courses.Enrolment{}, err
	}
	now := store.Time(s.Now())
	if !st.Renewable(now) {
		return courses.Enrolment{}, problem.Invalid("course", "renew-early")
	}
	v, err := s.offered(ctx, course)
	if errors.Is(err, problem.ErrNotFound) {
		err = problem.Invalid("course", "course-retired")
	}
	if err != nil {
		return courses.Enrolment{}, err
	}
	return s.enrol(ctx, v, person, st.Enrolment.Cycle+1, now)
}

// insert keeps the fact under its enrolment and fills in the receipt.
func (s *School) insert(ctx context.Context, e *courses.Enrolment, f courses.Fact, r *courses.Receipt) error {
	if f.Kind == "completion" {
		if first, err := s.Version(ctx, e.Version); err != nil {
			return err
		} else if _, ok := first.Lesson(f.Lesson); ok { // whatever versions came after it
			return s.complete(ctx, e, f, r)
		}
	}
	terms, err := s.terms(ctx, *e)
	if err != nil {
		return err
	}
	if f.Kind == submission {
		return s.submit(ctx, e, terms.Practising(s.happened(f)), f, r)
	}
	versions := terms.With(f.Lesson, s.happened(f))
	if len(versions) == 0 {
		return problem.Invalid("lesson", "unknown-lesson")
	}
	switch f.Kind {
	case "completion":
		return s.complete(ctx, e, f, r)
	case "attempt":
		return s.attempt(ctx, e, versions, f, r)
	}
	return problem.Invalid("kind", "fact-kind")
}

func (s *School) complete(ctx context.Context, e *courses.Enrolment, f courses.Fact, r *courses.Receipt) error {
	client := e.Person + "/" + f.ID
	if !f.Fresh {
		if _, err := store.Get[courses.Attempt](ctx, s.Store, AttemptKind, client); err == nil {
			return problem.Invalid("id", "id-reused")
		} else if !errors.Is(err, problem.ErrNotFound) {
			return err
		}
	}
	c := courses.Completion{ID: e.ID + "/" + f.Lesson, Enrolment: e.ID, Person: e.Person, Course: e.Course, Lesson: f.Lesson, Client: client,
		ClaimedAt: f.ClaimedAt, HappenedAt: s.happened(f), RecordedAt: store.Time(s.Now())}
	err := s.Store.Insert(ctx, CompletionKind, &c)
	r.State = courses.Received
	if errors.Is(err, problem.ErrExists) {
		r.State = courses.Duplicate
		// Not this lesson's completion is there but another with this sender's id: another body under a known id.
		if _, err = store.Get[courses.Completion](ctx, s.Store, CompletionKind, c.ID); errors.Is(err, problem.ErrNotFound) {
			return problem.Invalid("id", "id-reused")
		}
	}
	return err
}

func (s *School) attempt(ctx context.Context, e *courses.Enrolment, versions []*courses.Version, f courses.Fact, r *courses.Receipt) error {
	done, err := s.turns.take(ctx, e.ID)
	if err != nil {
		return err
	}
	defer done()
	client := e.Person + "/" + f.ID
	q, err := s.asked(ctx, versions, client, e.ID, f)
	if err != nil {
		return err
	}
	if _, err := store.One[courses.Completion](ctx, s.Store, CompletionKind, store.Where(store.Is("client", client))); err == nil {
		return problem.Invalid("id", "id-reused")
	} else if !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	a := courses.Attempt{ID: client, Enrolment: e.ID, Person: e.Person, Course: e.Course, Lesson: f.Lesson, Version: q.version.ID, Draw: q.draw, Answers: q.answers,
		ClaimedAt: f.ClaimedAt, HappenedAt: s.happened(f), RecordedAt: store.Time(s.Now())}
	a.Score, _ = q.quiz.Grade(a.Answers)
	a.Passed = a.Score >= q.version.PassMark
	lesson, _ := q.version.Lesson(f.Lesson)
	if err = s.inTurn(ctx, lesson.Quiz, a); err != nil {
		return err
	}
	err = s.Store.Insert(ctx, AttemptKind, &a)
	r.State = courses.Received
	if errors.Is(err, problem.ErrExists) {
		r.State = courses.Duplicate
		var old courses.Attempt
		if old, err = store.Get[courses.Attempt](ctx, s.Store, AttemptKind, a.ID); err == nil {
			if old.Course != a.Course || old.Lesson != a.Lesson || !reflect.DeepEqual(old.Draw, a.Draw) || !courses.SameAnswers(old.Answers, a.Answers) {
				return problem.Invalid("id", "id-reused")
			}
			a = old
		}
	}
	r.Score, r.Passed = &a.Score, &a.Passed
	return err
}

// asking is what the answers of an attempt are of.
type asking struct {
	version *courses.Version
	draw    *int
	quiz    courses.Quiz // as drawn
	answers map[string]courses.Answer
}

// asked finds the version whose quiz the answers are of, and reads them: the one that an earlier copy of this attempt
// was graded by, or else the first in which every answer has its question.
func (s *School) asked(ctx context.Context, versions []*courses.Version, client, enrolment string, f courses.Fact) (asking, error) {
	if len(versions) > 1 {
		old, err := store.Get[courses.Attempt](ctx, s.Store, AttemptKind, client)
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return asking{}, err
		}
		if i := slices.IndexFunc(versions, func(v *courses.Version) bool { return v.ID == old.Version }); i >= 0 {
			versions = versions[i : i+1]
		}
	}
	var first error
	for _, v := range versions {
		lesson, _ := v.Lesson(f.Lesson)
		q := asking{version: v}
		var err error
		if q.draw, err = s.draw(ctx, v, lesson, client, enrolment, f.Draw); err == nil {
			q.quiz = (&courses.Attempt{Enrolment: enrolment, Lesson: lesson.ID, Draw: q.draw}).Quiz(lesson.Quiz)
			q.answers, err = q.quiz.Answered(f)
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

// draw is the number of the draw of an attempt, nil where the quiz draws none. What is sent again has the number that
// it has. A learner may be one ahead of what has arrived, and no further: who could choose among many draws would
// choose an easy one.
func (s *School) draw(ctx context.Context, v *courses.Version, lesson courses.Lesson, client, enrolment string, said *int) (*int, error) {
	if len(lesson.Quiz.Draw) == 0 {
		return nil, nil
	}
	attempts, err := scores(ctx, s.Store, enrolment)
	if err != nil {
		return nil, err
	}
	own := func(a courses.Attempt) bool { return a.ID == client }
	if i := slices.IndexFunc(attempts, own); i >= 0 && said == nil {
		return attempts[i].Draw, nil
	}
	state := courses.Trace(v, nil, slices.DeleteFunc(attempts, own)).Lessons[lesson.ID]
	if said == nil {
		n := state.NextDraw()
		return &n, nil
	}
	if *said < 0 || *said > state.Attempts+1 {
		return nil, problem.Invalid("draw", "draw-ahead")
	}
	return said, nil
}

// happened corrects the sender's time by what its clock lacked: as the sender knew when it happened, or else as it is
// at sending. A time after now is now, and so is one before the programme.
func (s *School) happened(f courses.Fact) time.Time {
	now := store.Time(s.Now())
	at := f.At
	switch {
	case f.Clock != nil:
		at = at.Add(time.Duration(min(max(*f.Clock, -maxClock), maxClock)) * time.Millisecond)
	case !f.SentAt.IsZero():
		at = at.Add(now.Sub(f.SentAt))
	}
	if at.After(now) || at.Before(decided) {
		return now
	}
	return store.Time(at)
}

// maxClock is the most milliseconds that a clock is believed to be wrong by: a hundred years.
const maxClock = 100 * 365 * 24 * 60 * 60 * 1000

// decided is the day of Decision 1687/QĐ-TTg.
var decided = time.Date(2024, 12, 30, 0, 0, 0, 0, time.UTC)

// dateAgain is date for a fact of a course that was begun: what is not before its beginning needs no second look.
func (s *School) dateAgain(ctx context.Context, e courses.Enrolment, f *courses.Fact) error {
	if !s.happened(*f).Before(e.HappenedAt) {
		return nil
	}
	v, err := s.Version(ctx, e.Version)
	if err != nil {
		return err
	}
	return s.date(ctx, e.Person, v, f)
}

// date gives a fact the time of its arrival where it says that it happened before it can have: before its version of
// the course was published, or before the person could learn. What it says is kept beside. Nothing is changed where the
// server's own clock is before that.
func (s *School) date(ctx context.Context, person string, v *courses.Version, f *courses.Fact) error {
	now, claimed := store.Time(s.Now()), s.happened(*f)
	impossible := func(first time.Time) bool { return claimed.Before(first) && !now.Before(first) }
	wrong := impossible(v.PublishedAt)
	if !wrong && s.Begun != nil {
		begun, err := s.Begun(ctx, person)
		if err != nil {
			return err
		}
		wrong = impossible(begun)
	}
	if wrong {
		f.ClaimedAt, f.At, f.SentAt, f.Clock = &claimed, now, time.Time{}, nil
	}
	return nil
}

// Refuse keeps a fact that is not counted, and gives its receipt. The same one is kept once; beyond keptRefusals the
// reason is that no more are kept.
func (s *School) Refuse(ctx context.Context, person string, f courses.Fact, why *problem.Problem) (courses.Receipt, error) {
	receipt := courses.Receipt{ID: f.ID, State: courses.Refused, Reason: why.Code, Args: why.Args}
	f.SentAt = time.Time{}
	text, err := json.Marshal(struct {
		courses.Fact
		Photos []string `json:"photos,omitempty"`
	}{f, names(f.Photos)})
	if err != nil {
		return courses.Receipt{}, err
	}
	sum := sha256.Sum256(append(text, why.Code...))
	if len(text) > maxRefused { // who looks at it needs no more of it
		text = append(text[:maxRefused:maxRefused], "…"...)
	}
	r := courses.Refusal{ID: person + "/" + hex.EncodeToString(sum[:]), Person: person, Reason: why.Code, Args: why.Args,
		Fact: strings.ToValidUTF8(string(text), ""), RecordedAt: store.Time(s.Now())}
	kept, err := s.Store.Count(ctx, RefusalKind, store.Where(store.Is("person", person)))
	if err != nil {
		return courses.Receipt{}, err
	}
	if kept[0].N >= keptRefusals {
		_, err := store.Get[courses.Refusal](ctx, s.Store, RefusalKind, r.ID)
		if errors.Is(err, problem.ErrNotFound) {
			return courses.Receipt{ID: f.ID, State: courses.Refused, Reason: "too-many-refused"}, nil
		}
		return receipt, err
	}
	if err := s.Store.Insert(ctx, RefusalKind, &r); err != nil && !errors.Is(err, problem.ErrExists) {
		return courses.Receipt{}, err
	}
	return receipt, nil
}

func names(photos []courses.Picture) (all []string) {
	for _, p := range photos {
		all = append(all, p.Name)
	}
	return all
}
