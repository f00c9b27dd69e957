package courses

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"lopban/courses/store"
)

// Vietnam is the time zone in which dates are printed and years begin.
var Vietnam = time.FixedZone("ICT", 7*60*60)

// issue inserts the certificate of a complete study, or gives back the one that is there. It is nil while something is missing.
func (s *School) issue(ctx context.Context, l Learner, st Study) (*Certificate, error) {
	if st.Certificate != nil || !st.Progress.Complete() {
		return st.Certificate, nil
	}
	holder, issuer, err := l.Paper(ctx)
	if err != nil {
		return nil, err
	}
	e, v := st.Enrolment, st.Version
	c := Certificate{ID: e.ID, Enrolment: e.ID, Person: e.Person, Course: e.Course, Version: v.ID, Strand: v.Strand, Cycle: e.Cycle, Title: v.Title,
		Periods: v.Periods, Holder: holder, Province: holder.Province, Issuer: issuer,
		StartedAt: e.HappenedAt, CompletedAt: st.Progress.CompletedAt, ValidUntil: Forever}
	return s.register(ctx, &c, func() {
		if v.ValidityMonths > 0 {
			y, m, d := c.IssuedAt.In(Vietnam).Date() // to the end of the day that the paper names
			c.ValidUntil = store.Time(time.Date(y, m+time.Month(v.ValidityMonths), d+1, 0, 0, 0, -int(time.Millisecond), Vietnam))
		}
	})
}

// register gives the certificate the next line of its issuer's register and inserts it; dated is called once the date of issue is known. A register has no gaps and its dates never
// go back: the number is taken by the insert itself, and who finds it taken looks for the next.
func (s *School) register(ctx context.Context, c *Certificate, dated func()) (*Certificate, error) {
	now := store.Time(s.Now())
	c.Year = now.In(Vietnam).Year()
	book := fmt.Sprintf("%s/%d/", c.Issuer.ID, c.Year)
	lock, _ := s.registers.LoadOrStore(book, new(sync.Mutex))
	lock.(*sync.Mutex).Lock()
	defer lock.(*sync.Mutex).Unlock()
	for {
		last, err := store.One[Certificate](ctx, s.Store, CertificateKind, store.Where(store.Begins("register", book)).By("-register"))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		c.Number, c.IssuedAt = last.Number+1, now
		if last.IssuedAt.After(now) { // the clock was put back
			c.IssuedAt = last.IssuedAt
		}
		if c.CompletedAt.After(c.IssuedAt) { // a fact was recorded while the clock was ahead
			c.CompletedAt = c.IssuedAt
		}
		if c.StartedAt.After(c.CompletedAt) { // facts came out of order
			c.StartedAt = c.CompletedAt
		}
		c.Register = fmt.Sprintf("%s%06d", book, c.Number)
		c.Serial = fmt.Sprintf("%s.%d.%05d", c.Issuer.ID, c.Year, c.Number)
		dated()
		if c.Code, err = NewCode(s.Random); err != nil {
			return nil, err
		}
		c.VerifyURL = s.BaseURL + "/v/" + c.Code
		err = s.Store.Insert(ctx, CertificateKind, c)
		if !errors.Is(err, store.ErrExists) {
			return c, err
		}
		there, err := store.Get[Certificate](ctx, s.Store, CertificateKind, c.ID)
		if !errors.Is(err, store.ErrNotFound) {
			return &there, err
		}
	}
}

// Certificates lists what a person holds, in the order of issue.
func (s *School) Certificates(ctx context.Context, person string) ([]Entry, error) {
	all, err := store.All[Certificate](ctx, s.Store, CertificateKind, store.Where(store.Is("person", person)))
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for _, c := range all {
		e, err := s.entry(ctx, c)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// Entry is a line of the register and what has become of it.
type Entry struct {
	Certificate
	State      State
	Revocation *Revocation
	ReplacedBy *Certificate
}

// Look finds a certificate by its code.
func (s *School) Look(ctx context.Context, code string) (Entry, error) {
	c, err := store.One[Certificate](ctx, s.Store, CertificateKind, store.Where(store.Is("code", code)))
	if err != nil {
		return Entry{}, err
	}
	return s.entry(ctx, c)
}

func (s *School) entry(ctx context.Context, c Certificate) (Entry, error) {
	e := Entry{Certificate: c}
	r, err := store.Get[Revocation](ctx, s.Store, RevocationKind, c.ID)
	if err == nil {
		e.Revocation = &r
	} else if !errors.Is(err, store.ErrNotFound) {
		return e, err
	}
	by, err := store.One[Certificate](ctx, s.Store, CertificateKind, store.Where(store.Is("replaces", c.ID)))
	if err == nil {
		e.ReplacedBy = &by
	} else if !errors.Is(err, store.ErrNotFound) {
		return e, err
	}
	e.State = c.StateAt(s.Now(), e.Revocation, e.ReplacedBy != nil)
	return e, nil
}

// Revoke withdraws a certificate, for a reason that everyone who checks it will read. Doing it again changes nothing.
func (s *School) Revoke(ctx context.Context, code, reason, by string) error {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return store.Invalid("reason", "reason-missing")
	}
	c, err := s.Look(ctx, code)
	if err != nil {
		return err
	}
	err = s.Store.Insert(ctx, RevocationKind, &Revocation{ID: c.ID, Reason: reason, By: by, At: store.Time(s.Now())})
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	return err
}

// Reissue corrects what a certificate says of its holder. The new one keeps the number and says which reissue it is (Circular 03/2023/TT-BNV: errors made by the body are corrected by reissue);
// the old one points at it and never changes.
func (s *School) Reissue(ctx context.Context, code string, holder Holder, issuer Issuer) (*Certificate, error) {
	old, err := s.Look(ctx, code)
	if err != nil {
		return nil, err
	}
	if old.State != Valid && old.State != Expired {
		return nil, store.Invalid("code", "reissue-"+string(old.State))
	}
	c := old.Certificate
	c.Reissue++
	c.ID = fmt.Sprintf("%s/r%02d", old.Enrolment, c.Reissue)
	c.Register = fmt.Sprintf("%s/%06d/%d", strings.Join(strings.Split(old.Register, "/")[:2], "/"), c.Number, c.Reissue)
	c.Replaces, c.Holder, c.Issuer, c.IssuedAt = old.ID, holder, issuer, store.Time(s.Now())
	c.Issuer.ID = old.Issuer.ID
	if c.Code, err = NewCode(s.Random); err != nil {
		return nil, err
	}
	c.VerifyURL = s.BaseURL + "/v/" + c.Code
	err = s.Store.Insert(ctx, CertificateKind, &c)
	if errors.Is(err, store.ErrExists) { // asked twice
		c, err = store.Get[Certificate](ctx, s.Store, CertificateKind, c.ID)
	}
	return &c, err
}

// Issuer gives the setting of a present province, or the usual words where none was made.
func (s *School) Issuer(ctx context.Context, province, name string) (Issuer, error) {
	i, err := store.Get[Issuer](ctx, s.Store, IssuerKind, province)
	if errors.Is(err, store.ErrNotFound) {
		return UsualIssuer(province, name), nil
	}
	return i, err
}

// UsualIssuer is the provincial library, under the department, of a province with this name. Which body signs is each province's to say (facts: open point 1).
func UsualIssuer(province, name string) Issuer {
	upper := strings.ToUpper(name)
	return Issuer{ID: province, Parent: "SỞ VĂN HÓA, THỂ THAO VÀ DU LỊCH TỈNH " + upper, Name: "THƯ VIỆN TỈNH " + upper,
		Head: "GIÁM ĐỐC THƯ VIỆN TỈNH " + upper, Capacity: "GIÁM ĐỐC", Town: name}
}

// Settle looks at every enrolment with a fact recorded since then, issues what is due, and calls each with its certificate, if there is one: a process may have stopped between a fact and
// what follows from it. What fails for one person does not keep the others waiting; the errors are joined.
func (s *School) Settle(ctx context.Context, since time.Time, learner func(person string) Learner, each func(ctx context.Context, c Certificate) error) error {
	recent := map[string]bool{}
	q := store.Where(store.AtLeast("recordedAt", store.Time(since))).By("recordedAt") // the order of the index: in that of ids everything would be read
	err := store.Each(ctx, s.Store, CompletionKind, q, func(c Completion) error { recent[c.Enrolment] = true; return nil })
	if err != nil {
		return err
	}
	if err = store.Each(ctx, s.Store, AttemptKind, q, func(a Attempt) error { recent[a.Enrolment] = true; return nil }); err != nil {
		return err
	}
	if err = store.Each(ctx, s.Store, AdvanceKind, q, func(a Advance) error { recent[a.Enrolment] = true; return nil }); err != nil {
		return err
	}
	if err = store.Each(ctx, s.Store, SubmissionKind, q, func(w Submission) error { recent[w.Enrolment] = true; return nil }); err != nil {
		return err
	}
	if err = store.Each(ctx, s.Store, ReviewKind, q, func(r Review) error { recent[r.Enrolment] = true; return nil }); err != nil {
		return err
	}
	var failed []error
	for id := range recent {
		if err := s.settle(ctx, id, learner, each); err != nil {
			failed = append(failed, fmt.Errorf("enrolment %s: %w", id, err))
		}
	}
	return errors.Join(failed...)
}

func (s *School) settle(ctx context.Context, enrolment string, learner func(person string) Learner, each func(ctx context.Context, c Certificate) error) error {
	e, err := store.Get[Enrolment](ctx, s.Store, EnrolmentKind, enrolment)
	if err != nil {
		return err
	}
	st, err := s.study(ctx, e)
	if err == nil {
		err = s.retask(ctx, e.ID)
	}
	if err != nil {
		return err
	}
	c, err := s.issue(ctx, learner(e.Person), st)
	if err != nil || c == nil {
		return err
	}
	return each(ctx, *c)
}
