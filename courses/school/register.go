package school

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
)

var (
	RequestKind = &store.Kind{Name: "request", Schema: 1, Order: 220, Fact: true, Under: "id", Doc: courses.Request{}, Indexes: [][]string{{"province", "at"}}}

	DeclinedKind = &store.Kind{Name: "declined", Schema: 1, Order: 180, Fact: true, Under: "id", Doc: courses.Declined{}}
)

// maxNote is the length of the longest note to a request, in letters: everyone who checks the certificate reads it.
const maxNote = 300

// Ask keeps the request that a certificate be withdrawn, or with undo that the withdrawal be undone. Where one is open
// already it is that one: asking twice changes nothing.
func (s *School) Ask(ctx context.Context, code string, undo bool, cause courses.Cause, note, by string) (courses.Request, error) {
	e, err := s.Look(ctx, code)
	if err != nil {
		return courses.Request{}, err
	}
	own, err := s.IsOneOf(ctx, by, e.Person)
	if err != nil {
		return courses.Request{}, err
	}
	note = courses.TidyText(note)
	switch {
	case own:
		return courses.Request{}, problem.Denied("register-own")
	case undo && e.State != courses.Revoked:
		return courses.Request{}, problem.Invalid("code", "undo-none")
	case undo && e.ReplacedBy != nil:
		return courses.Request{}, problem.Invalid("code", "undo-replaced")
	case !undo && (e.State == courses.Revoked || e.State == courses.Replaced):
		return courses.Request{}, problem.Invalid("code", "revoke-closed")
	case undo:
		cause = courses.Restored
	case !slices.Contains(courses.Revocations, cause):
		return courses.Request{}, problem.Invalid("reason", "reason-missing")
	}
	if note == "" && (undo || cause == courses.OtherCause) {
		return courses.Request{}, problem.Invalid("note", "register-note")
	}
	if utf8.RuneCountInString(note) > maxNote {
		return courses.Request{}, problem.Invalid("note", "text.long", maxNote)
	}
	for {
		all, open, err := s.requests(ctx, e)
		if err != nil {
			return courses.Request{}, err
		}
		if open != nil {
			return *open, nil
		}
		r := courses.Request{ID: fmt.Sprintf("%s/q%04d", e.ID, len(all)+1), Certificate: e.ID, Code: e.Code, Province: e.Province, Undo: undo, Cause: cause,
			Note: note, By: by, At: store.Time(s.Now())}
		if err = s.Store.Insert(ctx, RequestKind, &r); !errors.Is(err, problem.ErrExists) {
			return r, err
		}
	}
}

// requests are what was ever asked about a certificate, the oldest first, and the one that waits for an answer: nil for
// none.
func (s *School) requests(ctx context.Context, e Entry) (all []courses.Request, open *courses.Request, err error) {
	all, err = store.All[courses.Request](ctx, s.Store, RequestKind, store.Where(store.Begins("id", e.ID+"/q")))
	if err != nil || len(all) == 0 {
		return all, nil, err
	}
	last := &all[len(all)-1]
	if !e.answerable(*last) {
		return all, nil, nil
	}
	_, err = store.Get[courses.Declined](ctx, s.Store, DeclinedKind, last.ID)
	if errors.Is(err, problem.ErrNotFound) {
		return all, last, nil
	}
	return all, nil, err
}

// answerable says whether what was asked about an entry is not done yet, and still can be.
func (e Entry) answerable(r courses.Request) bool {
	return r.Undo == (e.State == courses.Revoked) && e.ReplacedBy == nil
}

// Asked is the request about a certificate that waits for an answer, nil for none.
func (s *School) Asked(ctx context.Context, e Entry) (*courses.Request, error) {
	_, open, err := s.requests(ctx, e)
	return open, err
}

// Waiting is a request that waits for an answer, with the entry that it is about.
type Waiting struct {
	courses.Request
	Entry Entry
}

// Open lists the requests for a province's register that wait for an answer, the oldest first: in as many calls of the
// store however many there are.
func (s *School) Open(ctx context.Context, province string) ([]Waiting, error) {
	all, err := store.All[courses.Request](ctx, s.Store, RequestKind, store.Where(store.Is("province", province)).By("at"))
	if err != nil {
		return nil, err
	}
	last := map[string]string{} // request, by certificate
	for _, r := range all {
		last[r.Certificate] = max(last[r.Certificate], r.ID)
	}
	declined, err := store.Many(ctx, s.Store, DeclinedKind, slices.Collect(maps.Values(last)), func(d courses.Declined) string { return d.ID })
	if err != nil {
		return nil, err
	}
	entries, err := looked(ctx, s.Store, slices.Collect(maps.Keys(last)), s.Now())
	if err != nil {
		return nil, err
	}
	var open []Waiting
	for _, r := range all {
		e, there := entries[r.Certificate]
		if _, no := declined[r.ID]; there && !no && last[r.Certificate] == r.ID && e.answerable(r) {
			open = append(open, Waiting{r, e})
		}
	}
	return open, nil
}

// Agree does what was asked about a certificate, on the word of a second person: it withdraws it, or issues it again
// under the issuer of today and gives back the new entry. Agreeing to what is done changes nothing.
func (s *School) Agree(ctx context.Context, code, by string, issuer courses.Issuer) (*courses.Certificate, error) {
	e, r, err := s.answered(ctx, code, by)
	switch {
	case err == nil:
	case e.Revocation != nil && e.Revocation.By == by && e.ReplacedBy == nil, e.ReplacedBy != nil && e.ReplacedBy.Reissued.By == by:
		return e.ReplacedBy, nil // pressed twice
	default:
		return nil, err
	}
	if r.Undo {
		return s.reissue(ctx, e, e.Holder, issuer, courses.Reissued{Cause: courses.Restored, By: by, Asked: r.ID})
	}
	err = s.Store.Insert(ctx, RevocationKind, &courses.Revocation{ID: e.ID, Cause: r.Cause, Reason: r.Note, AskedBy: r.By, Request: r.ID, By: by, At: store.Time(s.Now())})
	if errors.Is(err, problem.ErrExists) {
		err = nil
	}
	return nil, err
}

// Decline ends a request without doing what it asks. Who asked may take it back.
func (s *School) Decline(ctx context.Context, code, by string) error {
	e, err := s.Look(ctx, code)
	if err != nil {
		return err
	}
	r, err := s.Asked(ctx, e)
	if err != nil || r == nil {
		return err
	}
	err = s.Store.Insert(ctx, DeclinedKind, &courses.Declined{ID: r.ID, By: by, At: store.Time(s.Now())})
	if errors.Is(err, problem.ErrExists) {
		err = nil
	}
	return err
}

// answered is the open request about a certificate, for a second person to answer.
func (s *School) answered(ctx context.Context, code, by string) (Entry, courses.Request, error) {
	e, err := s.Look(ctx, code)
	if err != nil {
		return e, courses.Request{}, err
	}
	r, err := s.Asked(ctx, e)
	if err != nil {
		return e, courses.Request{}, err
	}
	if r == nil {
		return e, courses.Request{}, problem.Invalid("code", "request-none")
	}
	for _, own := range []struct{ id, code string }{{r.By, "request-own"}, {e.Person, "register-own"}} {
		if is, err := s.IsOneOf(ctx, by, own.id); err != nil {
			return e, *r, err
		} else if is {
			return e, *r, problem.Denied(own.code)
		}
	}
	return e, *r, nil
}

// Reissue issues a certificate again. The new one keeps the number, what it says of the course and the result, and says
// which reissue it is (Circular 03/2023/TT-BNV: errors made by the body are corrected by reissue); the old one points
// at it and never changes. Only for a corrected name is the name another, that of now; the unit stays that of the first
// day, unless now has one, which is for units that no paper can print. What was just issued again for the same cause,
// to the same holder, is given back.
func (s *School) Reissue(ctx context.Context, code string, cause courses.Cause, now courses.Holder, by string, issuer courses.Issuer) (*courses.Certificate, error) {
	old, err := s.Look(ctx, code)
	if err != nil {
		return nil, err
	}
	own, err := s.IsOneOf(ctx, by, old.Person)
	if err != nil {
		return nil, err
	}
	holder := old.Holder
	if cause == courses.NameCorrected {
		holder.Name = now.Name
	}
	if now.Library != "" {
		holder.Library, holder.Place = now.Library, now.Place
	}
	switch n := old.ReplacedBy; {
	case !slices.Contains(courses.Reissues, cause):
		return nil, problem.Invalid("reason", "reason-missing")
	case own:
		return nil, problem.Denied("register-own")
	case n != nil && n.Reissued.Cause == cause && n.Reissued.By == by && n.Holder == holder: // pressed twice
		return n, nil
	case old.State != courses.Valid && old.State != courses.Expired:
		return nil, problem.Invalid("code", "reissue-"+string(old.State))
	case cause == courses.NameCorrected && holder == old.Holder:
		return nil, problem.Invalid("reason", "reissue-same-name")
	}
	return s.reissue(ctx, old, holder, issuer, courses.Reissued{Cause: cause, By: by})
}

func (s *School) reissue(ctx context.Context, old Entry, holder courses.Holder, issuer courses.Issuer, why courses.Reissued) (*courses.Certificate, error) {
	c := old.Certificate
	c.Reissue++
	c.ID = fmt.Sprintf("%s/r%02d", old.Enrolment, c.Reissue)
	c.Register = fmt.Sprintf("%s/%06d/%d", strings.Join(strings.Split(old.Register, "/")[:2], "/"), c.Number, c.Reissue)
	c.Replaces, c.Holder, c.Issuer, c.IssuedAt, c.Reissued = old.ID, holder, issuer, store.Time(s.Now()), why
	c.Issuer.ID = old.Issuer.ID
	var err error
	if c.Code, err = courses.NewCode(s.Random); err != nil {
		return nil, err
	}
	if c.VerifyURL = s.BaseURL + "/v/" + c.Code; s.BaseURL == "" { // a command that was told no address
		c.VerifyURL = strings.TrimSuffix(old.VerifyURL, old.Code) + c.Code
	}
	err = s.Store.Insert(ctx, CertificateKind, &c)
	if errors.Is(err, problem.ErrExists) { // asked twice at once
		c, err = store.Get[courses.Certificate](ctx, s.Store, CertificateKind, c.ID)
		if err == nil && (c.Holder != holder || c.Reissued.Cause != why.Cause) {
			return nil, problem.Invalid("code", "reissue-replaced")
		}
	}
	return &c, err
}

// Evidence is why a certificate was issued, as the facts have it.
type Evidence struct {
	Enrolment courses.Enrolment
	Terms     courses.Terms
	Lessons   []LessonEvidence
	Works     []courses.HandedIn // on the practice task, the oldest first
	Entries   []Entry            // of this cycle in the register: the certificate and its reissues
	Requests  []courses.Request
}

// LessonEvidence is what was done of one lesson of the version that was finished.
type LessonEvidence struct {
	courses.Lesson
	State    courses.LessonState
	ReadAt   *courses.Completion // nil where the text was never marked as read
	Attempts []AttemptEvidence   // the oldest first
}

// AttemptEvidence is an attempt and the numbers of what it was asked.
type AttemptEvidence struct {
	courses.Attempt
	Asked []string // ids of the questions, of those that are scored
}

// Evidence puts together why a certificate was issued: versions, texts read, attempts with scores and draws, work and
// its reviews, and what became of the entry. Of somebody whose data were erased the entries alone are left.
func (s *School) Evidence(ctx context.Context, c courses.Certificate) (Evidence, error) {
	var ev Evidence
	entries, err := store.All[courses.Certificate](ctx, s.Store, CertificateKind, store.Where(store.Begins("id", c.Enrolment)))
	if err != nil {
		return ev, err
	}
	for _, one := range entries {
		e, err := s.entry(ctx, one)
		if err != nil {
			return ev, err
		}
		asked, _, err := s.requests(ctx, e)
		if err != nil {
			return ev, err
		}
		ev.Entries, ev.Requests = append(ev.Entries, e), append(ev.Requests, asked...)
	}
	ev.Enrolment, err = store.Get[courses.Enrolment](ctx, s.Store, EnrolmentKind, c.Enrolment)
	if errors.Is(err, problem.ErrNotFound) {
		return ev, nil
	}
	if err != nil {
		return ev, err
	}
	if ev.Terms, err = s.terms(ctx, ev.Enrolment); err != nil {
		return ev, err
	}
	st, err := s.study(ctx, ev.Enrolment)
	if err != nil {
		return ev, err
	}
	completions, err := store.All[courses.Completion](ctx, s.Store, CompletionKind, store.Where(store.Begins("id", c.Enrolment+"/")))
	if err != nil {
		return ev, err
	}
	for _, l := range st.Version.Lessons() {
		one := LessonEvidence{Lesson: l, State: st.Progress.Lessons[l.ID]}
		if i := slices.IndexFunc(completions, func(d courses.Completion) bool { return d.Lesson == l.ID }); i >= 0 {
			one.ReadAt = &completions[i]
		}
		attempts, err := s.Attempts(ctx, &ev.Enrolment, l.ID)
		if err != nil {
			return ev, err
		}
		for _, a := range slices.Backward(attempts) {
			asked, err := s.askedOf(ctx, a)
			if err != nil {
				return ev, err
			}
			one.Attempts = append(one.Attempts, AttemptEvidence{a, asked})
		}
		ev.Lessons = append(ev.Lessons, one)
	}
	if ev.Works, err = s.Submissions(ctx, c.Enrolment); err != nil {
		return ev, err
	}
	return ev, nil
}

// askedOf are the scored questions that an attempt was asked.
func (s *School) askedOf(ctx context.Context, a courses.Attempt) ([]string, error) {
	v, err := s.VersionAttempted(ctx, a)
	if err != nil {
		return nil, err
	}
	l, _ := v.Lesson(a.Lesson)
	var ids []string
	for _, q := range a.Quiz(l.Quiz).Questions {
		if q.Kind.Scored() {
			ids = append(ids, q.ID)
		}
	}
	return ids, nil
}
