package school

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// issue inserts the certificate of a complete study, or gives back the one that is there. It is nil while something is
// missing, and where the issuer gives certificates out by decision: then it is due.
func (s *School) issue(ctx context.Context, l Learner, st Study) (*courses.Certificate, error) {
	if st.Certificate != nil || !st.Progress.Complete() {
		return st.Certificate, nil
	}
	holder, issuer, err := l.Paper(ctx)
	if err != nil {
		return nil, err
	}
	if issuer.Hold {
		return nil, s.await(ctx, st, holder, issuer, "")
	}
	c, err := s.issueUnder(ctx, st, holder, issuer, courses.Decision{})
	if err == nil && st.Due { // the issuer gave certificates out by decision until now
		err = given(ctx, s.Store, c)
	}
	return c, err
}

// issueUnder inserts the certificate of a complete study, or gives back the one that is there.
func (s *School) issueUnder(ctx context.Context, st Study, holder courses.Holder, issuer courses.Issuer,
	d courses.Decision) (*courses.Certificate, error) {
	e, v := st.Enrolment, st.Version
	c := courses.Certificate{ID: e.ID, Enrolment: e.ID, Person: e.Person, Course: e.Course, Version: v.ID, Strand: v.Strand, Cycle: e.Cycle, Title: v.Title,
		Periods: v.Periods, Holder: holder, Province: holder.Province, Issuer: issuer,
		StartedAt: e.HappenedAt, CompletedAt: st.Progress.CompletedAt, ValidUntil: courses.Forever, Decision: d}
	return s.register(ctx, &c, func() {
		if v.ValidityMonths > 0 {
			y, m, d := c.IssuedAt.In(courses.Vietnam).Date() // to the end of the day that the paper names
			c.ValidUntil = store.Time(time.Date(y, m+time.Month(v.ValidityMonths), d+1, 0, 0, 0, -int(time.Millisecond), courses.Vietnam))
		}
	})
}

// register gives the certificate the next line of its issuer's register and inserts it; dated is called once the date
// of issue is known. A register has no gaps and its dates never go back: the number is taken by the insert itself, and
// whoever finds it taken looks for the next. No lock is held over that: a store that keeps one learner waiting would
// keep all of the province waiting one after the other.
func (s *School) register(ctx context.Context, c *courses.Certificate, dated func()) (*courses.Certificate, error) {
	now := store.Time(s.Now())
	c.Year = now.In(courses.Vietnam).Year()
	book := fmt.Sprintf("%s/%d/", c.Issuer.ID, c.Year)
	for try := 0; ; try++ {
		last, err := store.One[courses.Certificate](ctx, s.Store, CertificateKind, store.Where(store.Begins("register", book)).By("-register"))
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
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
		if c.Code, err = courses.NewCode(s.Random); err != nil {
			return nil, err
		}
		c.VerifyURL = s.BaseURL + "/v/" + c.Code
		err = s.Store.Insert(ctx, CertificateKind, c)
		if !errors.Is(err, problem.ErrExists) {
			return c, err
		}
		there, err := store.Get[courses.Certificate](ctx, s.Store, CertificateKind, c.ID)
		if !errors.Is(err, problem.ErrNotFound) {
			return &there, err
		}
		if err := store.GiveWay(ctx, try); err != nil {
			return nil, err
		}
	}
}

// Certificates lists what a person holds, in the order of issue.
func (s *School) Certificates(ctx context.Context, person string) ([]Entry, error) {
	all, err := s.CertificatesOf(ctx, []string{person})
	return all[person], err
}

// CertificatesOf is Certificates for some people, by person: two calls of the store for some thousand.
func (s *School) CertificatesOf(ctx context.Context, people []string) (map[string][]Entry, error) {
	holder := map[string]string{} // by entry
	var entries []string
	for _, person := range people {
		ids, err := s.entries(ctx, person)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			holder[id], entries = person, append(entries, id)
		}
	}
	held := map[string][]courses.Certificate{}
	var ids []string
	replaced := map[string]*courses.Certificate{}
	err := some(ctx, s.Store, CertificateKind, "person", entries, store.Among, func(c courses.Certificate) {
		person := holder[c.Person]
		held[person], ids = append(held[person], c), append(ids, c.ID)
		if c.Replaces != "" && replaced[c.Replaces] == nil {
			replaced[c.Replaces] = &c
		}
	})
	if err != nil {
		return nil, err
	}
	revoked, err := store.Many(ctx, s.Store, RevocationKind, ids, func(r courses.Revocation) string { return r.ID })
	if err != nil {
		return nil, err
	}
	all := map[string][]Entry{}
	for person, own := range held {
		slices.SortStableFunc(own, func(a, b courses.Certificate) int { return a.IssuedAt.Compare(b.IssuedAt) })
		for _, c := range own {
			e := Entry{Certificate: c, ReplacedBy: replaced[c.ID]}
			if r, ok := revoked[c.ID]; ok {
				e.Revocation = &r
			}
			e.State = c.StateAt(s.Now(), e.Revocation, e.ReplacedBy != nil)
			all[person] = append(all[person], e)
		}
	}
	return all, nil
}

// Lapsed says of each of some people, and of each strand in which they hold nothing that is good now and held something
// before, what the newest certificate is worth.
func (s *School) Lapsed(ctx context.Context, people []string) (map[string]map[courses.Strand]courses.State, error) {
	held, err := s.CertificatesOf(ctx, people)
	if err != nil {
		return nil, err
	}
	all := map[string]map[courses.Strand]courses.State{}
	for person, entries := range held {
		worth := map[courses.Strand]courses.State{}
		for _, e := range entries { // in the order of issue
			if worth[e.Strand] != courses.Valid {
				worth[e.Strand] = e.State
			}
		}
		for strand, state := range worth {
			if state == courses.Valid {
				delete(worth, strand)
			}
		}
		all[person] = worth
	}
	return all, nil
}

// Hurried says which of some certificates, by code, are of a course that was finished sooner than it can be done with
// care, see courses.Version.Hurried.
func (s *School) Hurried(ctx context.Context, codes ...string) (map[string]bool, error) {
	hurried := map[string]bool{}
	var all []courses.Certificate
	if err := some(ctx, s.Store, CertificateKind, "code", codes, store.Among, func(c courses.Certificate) { all = append(all, c) }); err != nil {
		return nil, err
	}
	for _, c := range all {
		v, err := s.Version(ctx, c.Version)
		if err != nil {
			return nil, err
		}
		if v.Hurried(c.StartedAt, c.CompletedAt) {
			hurried[c.Code] = true
		}
	}
	return hurried, nil
}

// Entry is a line of the register and what has become of it.
type Entry struct {
	courses.Certificate
	State      courses.State
	Revocation *courses.Revocation
	ReplacedBy *courses.Certificate
}

// Look finds a certificate by its code.
func (s *School) Look(ctx context.Context, code string) (Entry, error) {
	c, err := store.One[courses.Certificate](ctx, s.Store, CertificateKind, store.Where(store.Is("code", code)))
	if err != nil {
		return Entry{}, err
	}
	return s.entry(ctx, c)
}

// Found is an entry with how it was found.
type Found struct {
	Entry
	ByNumber bool // by its serial or the line in the register: of the line, the entry that counts now
}

// Find is Look for what a person who checks a certificate types or pastes: its code, the link of its QR, its serial or
// its number in the register. What cannot be any of them is a problem of code "code-mistyped".
func (s *School) Find(ctx context.Context, typed string) (Found, error) {
	if !courses.ReadTyped(typed) {
		return Found{}, &problem.Problem{Kind: problem.ErrNotFound, Code: "code-mistyped", Field: "code"}
	}
	typed = courses.ReadLink(typed)
	if register, ok := courses.ReadNumber(typed); ok {
		c, err := store.One[courses.Certificate](ctx, s.Store, CertificateKind, store.Where(store.Begins("register", register)).By("-register"))
		if err != nil {
			return Found{}, err
		}
		e, err := s.entry(ctx, c)
		return Found{e, true}, err
	}
	code, _ := courses.ReadCode(typed)
	e, err := s.Look(ctx, code)
	return Found{e, false}, err
}

func (s *School) entry(ctx context.Context, c courses.Certificate) (Entry, error) {
	e := Entry{Certificate: c}
	var err error
	if e.Revocation, err = revocation(ctx, s.Store, c.ID, courses.Forever); err != nil {
		return e, err
	}
	by, err := store.One[courses.Certificate](ctx, s.Store, CertificateKind, store.Where(store.Is("replaces", c.ID)).By("replaces"))
	if err == nil {
		e.ReplacedBy = &by
	} else if !errors.Is(err, problem.ErrNotFound) {
		return e, err
	}
	e.State = c.StateAt(s.Now(), e.Revocation, e.ReplacedBy != nil)
	return e, nil
}

// looked are the entries of some certificates at a time, by id and read together.
func looked(ctx context.Context, st store.Store, ids []string, now time.Time) (map[string]Entry, error) {
	all, err := store.Many(ctx, st, CertificateKind, ids, func(c courses.Certificate) string { return c.ID })
	if err != nil {
		return nil, err
	}
	revoked, err := store.Many(ctx, st, RevocationKind, ids, func(r courses.Revocation) string { return r.ID })
	if err != nil {
		return nil, err
	}
	replaced := map[string]courses.Certificate{}
	err = some(ctx, st, CertificateKind, "replaces", ids, store.Among, func(c courses.Certificate) { replaced[c.Replaces] = c })
	entries := map[string]Entry{}
	for id, c := range all {
		e := Entry{Certificate: c}
		if r, ok := revoked[id]; ok {
			e.Revocation = &r
		}
		if by, ok := replaced[id]; ok {
			e.ReplacedBy = &by
		}
		e.State = c.StateAt(now, e.Revocation, e.ReplacedBy != nil)
		entries[id] = e
	}
	return entries, err
}

// revocation is what withdrew a certificate up to a time, nil for nothing.
func revocation(ctx context.Context, st store.Store, certificate string, at time.Time) (*courses.Revocation, error) {
	r, err := store.Get[courses.Revocation](ctx, st, RevocationKind, certificate)
	if errors.Is(err, problem.ErrNotFound) || err == nil && r.At.After(at) {
		return nil, nil
	}
	return &r, err
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Issuer gives the setting of a present province, or the usual words where none was made.
func (s *School) Issuer(ctx context.Context, province, name string) (courses.Issuer, error) {
	i, err := store.Get[courses.Issuer](ctx, s.Store, IssuerKind, province)
	if errors.Is(err, problem.ErrNotFound) {
		return UsualIssuer(province, name), nil
	}
	return i, err
}

// UsualIssuer is the provincial library, under the department, of a province with this name. Which body signs is each
// province's to say (facts: open point 1).
func UsualIssuer(province, name string) courses.Issuer {
	upper := strings.ToUpper(name)
	return courses.Issuer{ID: province, Parent: "SỞ VĂN HÓA, THỂ THAO VÀ DU LỊCH TỈNH " + upper, Name: "THƯ VIỆN TỈNH " + upper,
		Head: "GIÁM ĐỐC THƯ VIỆN TỈNH " + upper, Capacity: "GIÁM ĐỐC", Town: name}
}

// Settle looks at every enrolment with a fact recorded since then, issues what is due, and calls each with its
// certificate, if there is one: a process may have stopped between a fact and what follows from it. What fails for one
// person does not keep the others waiting; the errors are joined.
func (s *School) Settle(ctx context.Context, since time.Time, learner func(person string) Learner, each func(ctx context.Context, c courses.Certificate) error) error {
	recent, tasks := map[string]bool{}, map[string]bool{}
	for _, k := range []*store.Kind{SubmissionKind, ReviewKind} {
		if err := touched(ctx, s.Store, k, since, tasks); err != nil {
			return err
		}
	}
	maps.Copy(recent, tasks)
	for _, k := range []*store.Kind{CompletionKind, AttemptKind, AdvanceKind} {
		if err := touched(ctx, s.Store, k, since, recent); err != nil {
			return err
		}
	}
	failed := []error{s.settleBatches(ctx, since, learner, each)}
	for id := range tasks {
		if err := s.refreshTask(ctx, id); err != nil {
			failed = append(failed, fmt.Errorf("enrolment %s: %w", id, err))
		}
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(recent)), settledAtOnce) {
		studies, err := s.studiesUnder(ctx, ids)
		if err != nil { // perhaps of one of them
			studies = nil
			for _, id := range ids {
				if one, err := s.studiesUnder(ctx, []string{id}); err == nil {
					studies = append(studies, one...)
				} else {
					failed = append(failed, fmt.Errorf("enrolment %s: %w", id, err))
				}
			}
		}
		for _, st := range studies {
			if err := s.settle(ctx, st, learner, each); err != nil {
				failed = append(failed, fmt.Errorf("enrolment %s: %w", st.Enrolment.ID, err))
			}
		}
	}
	return errors.Join(failed...)
}

// settledAtOnce is how many enrolments' facts are in memory at once.
const settledAtOnce = 500

// touched adds the enrolments of what was recorded since then.
func touched(ctx context.Context, st store.Store, k *store.Kind, since time.Time, to map[string]bool) error {
	// the order of the index: in that of ids everything would be read
	q := store.Where(store.AtLeast("recordedAt", store.Time(since))).By("recordedAt")
	type fact struct {
		Enrolment string `json:"enrolment"`
	}
	return store.Each(ctx, st, k, q, func(f fact) error { to[f.Enrolment] = true; return nil })
}

// studiesUnder are the studies of some enrolments, read together.
func (s *School) studiesUnder(ctx context.Context, ids []string) ([]Study, error) {
	begun, err := store.Many(ctx, s.Store, EnrolmentKind, ids, func(e courses.Enrolment) string { return e.ID })
	if err != nil {
		return nil, err
	}
	if len(begun) < len(ids) {
		return nil, store.NotFound(EnrolmentKind, "of a fact")
	}
	h, err := s.shelve(ctx, slices.Collect(maps.Values(begun)), nil, func(courses.Enrolment) bool { return true })
	if err != nil {
		return nil, err
	}
	studies := make([]Study, len(ids))
	for i, id := range ids {
		if studies[i], err = h.study(ctx, begun[id], courses.Forever); err != nil {
			return nil, err
		}
	}
	return studies, h.appraise(ctx, studies, courses.Forever)
}

func (s *School) settle(ctx context.Context, st Study, learner func(person string) Learner, each func(ctx context.Context, c courses.Certificate) error) error {
	c, err := s.issue(ctx, learner(st.Enrolment.Person), st)
	if err != nil || c == nil {
		return err
	}
	return each(ctx, *c)
}

// Ended lists the register numbers of all certificates that were withdrawn, and of those that another replaces, in
// order.
func (s *School) Ended(ctx context.Context) (revoked, replaced []string, err error) {
	var ids []string
	err = store.Each(ctx, s.Store, RevocationKind, store.Query{}, func(r courses.Revocation) error { ids = append(ids, r.ID); return nil })
	if err != nil {
		return nil, nil, err
	}
	withdrawn, err := store.Many(ctx, s.Store, CertificateKind, ids, func(c courses.Certificate) string { return c.ID })
	if err != nil {
		return nil, nil, err
	}
	for _, c := range withdrawn { // all but those that were erased
		revoked = append(revoked, c.Register)
	}
	newer := store.Where(store.More("replaces", "")).By("replaces")
	err = store.Each(ctx, s.Store, CertificateKind, newer, func(c courses.Certificate) error {
		line := strings.Join(strings.Split(c.Register, "/")[:3], "/")
		if c.Reissue > 1 {
			line += fmt.Sprintf("/%d", c.Reissue-1)
		}
		replaced = append(replaced, line)
		return nil
	})
	slices.Sort(revoked)
	slices.Sort(replaced)
	return revoked, replaced, err
}
