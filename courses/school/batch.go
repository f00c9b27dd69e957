package school

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// The kinds of documents about certificates that are given out by decision.
var (
	DueKind = &store.Kind{Name: "due", Schema: 1, Order: 230, Person: "person", Under: "id", Doc: courses.Due{}, Indexes: [][]string{{"province", "batch", "completedAt"}}}

	BatchKind = &store.Kind{Name: "batch", Schema: 1, Order: 250, Fact: true, Doc: courses.Batch{}, Indexes: [][]string{{"province", "at"}, {"at"}}}
)

const (
	// MaxBatch is how many certificates one decision gives out here; a longer list takes two.
	MaxBatch = 1000
	// decisionLetters is the length of the longest number of a decision.
	decisionLetters = 40
)

// unbatched stands in a Due whose certificate was issued, and not in a batch.
const unbatched = "-"

// await keeps that a certificate is due to the issuer of today; passed is the batch that leaves it out for that, "" for
// none. Doing so again changes nothing.
func (s *School) await(ctx context.Context, st Study, h courses.Holder, i courses.Issuer, passed string) error {
	e := st.Enrolment
	unit := strings.Trim(h.Library+", "+h.Place, ", ")
	due := courses.Due{ID: e.ID, Province: i.ID, Person: e.Person, Name: h.Name, Unit: unit, Course: e.Course,
		Title: st.Version.Title, CompletedAt: st.Progress.CompletedAt}
	err := s.Store.Insert(ctx, DueKind, &due)
	if !errors.Is(err, problem.ErrExists) {
		return err
	}
	there, err := store.Get[courses.Due](ctx, s.Store, DueKind, e.ID)
	if err != nil || there.Province == i.ID && passed == "" {
		return err
	}
	_, err = store.Update(ctx, s.Store, DueKind, e.ID, func(d *courses.Due) error {
		if d.Batch != "" {
			return nil
		}
		d.Province, d.Name, d.Unit = due.Province, due.Name, due.Unit
		if passed != "" && !slices.Contains(d.Passed, passed) {
			d.Passed = append(d.Passed, passed)
		}
		return nil
	})
	return err
}

// given keeps that what was due is issued.
func given(ctx context.Context, st store.Store, c *courses.Certificate) error {
	_, err := store.Update(ctx, st, DueKind, c.Enrolment, func(d *courses.Due) error {
		d.Batch = cmp.Or(d.Batch, c.Decision.Batch, unbatched)
		return nil
	})
	return err
}

// Waits lists what is due in a province and stands in no batch, what was completed first first.
func (s *School) Waits(ctx context.Context, province string) ([]courses.Due, error) {
	q := store.Where(store.Is("province", province), store.Is("batch", "")).By("completedAt")
	all, err := store.All[courses.Due](ctx, s.Store, DueKind, q)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	batches, err := Batches(ctx, s.Store, province)
	stands := map[string][]string{}
	for _, b := range batches {
		for _, id := range b.Enrolments {
			stands[id] = append(stands[id], b.ID)
		}
	}
	return slices.DeleteFunc(all, func(d courses.Due) bool {
		return slices.ContainsFunc(stands[d.ID], func(batch string) bool { return !slices.Contains(d.Passed, batch) })
	}), err
}

// Decide keeps the decision of an issuer to give the certificates of enrolments out, of those that are due and not of
// who decides. form names the form that was sent: sending the same again gives the same batch, something else is
// ErrExists. CarryOut issues them.
func (s *School) Decide(ctx context.Context, province, form, number string, on time.Time, enrolments []string, by string) (courses.Batch, error) {
	b := courses.Batch{ID: province + "/" + form, Province: province, Decision: strings.Join(strings.Fields(courses.TidyText(number)), " "), On: store.Time(on), By: by, At: store.Time(s.Now())}
	old, err := store.Get[courses.Batch](ctx, s.Store, BatchKind, b.ID)
	if err == nil {
		return s.sentAgain(ctx, old, b, enrolments)
	}
	if !errors.Is(err, problem.ErrNotFound) {
		return b, err
	}
	switch {
	case !courses.SubmissionID.MatchString(form):
		return b, problem.Invalid("id", "fact-id")
	case b.Decision == "":
		return b, problem.Invalid("decision", "batch-decision")
	case utf8.RuneCountInString(b.Decision) > decisionLetters:
		return b, problem.Invalid("decision", "text.long", decisionLetters)
	case on.IsZero():
		return b, problem.Invalid("on", "batch-day")
	case on.After(today(b.At)):
		return b, problem.Invalid("on", "batch-future", on.Format("02/01/2006"))
	}
	if b.Enrolments, err = s.choose(ctx, province, enrolments, by); err != nil {
		return b, err
	}
	switch {
	case len(b.Enrolments) == 0:
		return b, problem.Invalid("due", "batch-none")
	case len(b.Enrolments) > MaxBatch:
		return b, problem.Invalid("due", "batch-many", MaxBatch)
	}
	err = s.Store.Insert(ctx, BatchKind, &b)
	if errors.Is(err, problem.ErrExists) { // pressed twice at once
		if old, err = store.Get[courses.Batch](ctx, s.Store, BatchKind, b.ID); err == nil {
			return s.sentAgain(ctx, old, b, enrolments)
		}
	}
	return b, err
}

// sentAgain is the batch that the form made before, where it says the same again; else ErrExists: what it says
// otherwise would be lost.
func (s *School) sentAgain(ctx context.Context, old, b courses.Batch, chosen []string) (courses.Batch, error) {
	more, err := s.choose(ctx, b.Province, chosen, b.By)
	if err != nil {
		return b, err
	}
	same := old.Decision == b.Decision && old.On.Equal(b.On)
	for _, id := range old.Enrolments {
		same = same && slices.Contains(chosen, id)
	}
	for _, id := range more { // who waits beside the batch
		same = same && slices.Contains(old.Enrolments, id)
	}
	if !same {
		return b, &problem.Problem{Kind: problem.ErrExists, Code: "batch-sent", Args: []any{old.Decision}}
	}
	return old, nil
}

// WaitsOf are the certificates of a person that wait for a decision.
func WaitsOf(ctx context.Context, st store.Store, person string) ([]courses.Due, error) {
	all, err := store.All[courses.Due](ctx, st, DueKind, store.Where(store.Begins("id", person+"/")))
	return slices.DeleteFunc(all, func(d courses.Due) bool { return d.Batch != "" }), err
}

// choose are those of chosen enrolments that wait in a province for a decision, without those of who decides.
func (s *School) choose(ctx context.Context, province string, chosen []string, by string) (enrolments []string, err error) {
	waits, err := s.Waits(ctx, province)
	if err != nil {
		return nil, err
	}
	issued, err := store.Many(ctx, s.Store, CertificateKind, chosen, func(c courses.Certificate) string { return c.ID })
	if err != nil {
		return nil, err
	}
	for _, d := range waits {
		if !slices.Contains(chosen, d.ID) {
			continue
		}
		if own, err := s.IsOneOf(ctx, by, d.Person); err != nil {
			return nil, err
		} else if own {
			continue
		}
		if c, has := issued[d.ID]; !has {
			enrolments = append(enrolments, d.ID)
		} else if err := given(ctx, s.Store, &c); err != nil { // a stop came before that was kept
			return nil, err
		}
	}
	return enrolments, nil
}

// Issued counts by batch what was issued under the decisions of a province.
func Issued(ctx context.Context, st store.Store, province string) (map[string]int, error) {
	groups, err := st.Count(ctx, DueKind, store.Where(store.Is("province", province)), "batch")
	issued := map[string]int{}
	for _, g := range groups {
		issued[g.Key[0]] = g.N
	}
	return issued, err
}

// CarryOut issues the certificates of a batch that are not issued yet, and calls each with every one that it finds or
// makes. Who works in another province by now is left out, and waits there: see Given. It may be interrupted and
// repeated.
func (s *School) CarryOut(ctx context.Context, b courses.Batch, learner func(person string) Learner,
	each func(ctx context.Context, c courses.Certificate) error) error {
	var failed []error
	for _, id := range b.Enrolments {
		if err := ctx.Err(); err != nil {
			return errors.Join(append(failed, err)...)
		}
		if err := s.carryOut(ctx, b, id, learner, each); err != nil { // one person does not keep the others waiting
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func (s *School) carryOut(ctx context.Context, b courses.Batch, id string, learner func(person string) Learner,
	each func(ctx context.Context, c courses.Certificate) error) error {
	e, err := store.Get[courses.Enrolment](ctx, s.Store, EnrolmentKind, id)
	if err != nil {
		return err
	}
	st, err := s.study(ctx, e)
	if err != nil || !st.Progress.Complete() {
		return err
	}
	c := st.Certificate
	if c == nil {
		if c, err = s.giveOut(ctx, b, st, learner(e.Person)); err != nil || c == nil {
			return err
		}
	}
	if c.Decision.Batch == b.ID {
		if err := each(ctx, *c); err != nil {
			return err
		}
	}
	return given(ctx, s.Store, c)
}

// giveOut issues a certificate under the decision of a batch, or nil where its person is not the issuer's any more.
func (s *School) giveOut(ctx context.Context, b courses.Batch, st Study, l Learner) (*courses.Certificate, error) {
	due, err := store.Get[courses.Due](ctx, s.Store, DueKind, st.Enrolment.ID)
	if err != nil || slices.Contains(due.Passed, b.ID) {
		return nil, err
	}
	holder, issuer, err := l.Paper(ctx)
	if err != nil {
		return nil, err
	}
	if issuer.ID != b.Province {
		return nil, s.await(ctx, st, holder, issuer, b.ID)
	}
	return s.issueUnder(ctx, st, holder, issuer, courses.Decision{Number: b.Decision, On: b.On, Batch: b.ID})
}

// settleBatches goes on with the batches since a time that a process may have left undone.
func (s *School) settleBatches(ctx context.Context, since time.Time, learner func(person string) Learner,
	each func(ctx context.Context, c courses.Certificate) error) error {
	batches, err := store.All[courses.Batch](ctx, s.Store, BatchKind, store.Where(store.AtLeast("at", store.Time(since))).By("at"))
	for _, b := range batches {
		if err == nil {
			err = s.CarryOut(ctx, b, learner, each)
		}
	}
	return err
}

// Given is a batch and what became of it: what is in neither list is still to be issued.
type Given struct {
	courses.Batch
	Certificates []courses.Certificate // in the order of the register
	// what is not given out under it: its people work in another province by now, or have theirs already
	Passed []courses.Due
}

// Batch is one batch with its certificates.
func (s *School) Batch(ctx context.Context, id string) (Given, error) {
	b, err := store.Get[courses.Batch](ctx, s.Store, BatchKind, id)
	if err != nil {
		return Given{}, err
	}
	issued, err := store.Many(ctx, s.Store, CertificateKind, b.Enrolments, func(c courses.Certificate) string { return c.ID })
	if err != nil {
		return Given{}, err
	}
	dues, err := store.Many(ctx, s.Store, DueKind, b.Enrolments, func(d courses.Due) string { return d.ID })
	g := Given{Batch: b}
	for _, id := range b.Enrolments {
		c, has := issued[id]
		if has && c.Decision.Batch == b.ID {
			g.Certificates = append(g.Certificates, c)
		} else if due, waited := dues[id]; waited && (has || slices.Contains(due.Passed, b.ID)) {
			g.Passed = append(g.Passed, due)
		}
	}
	slices.SortFunc(g.Certificates, func(a, b courses.Certificate) int { return strings.Compare(a.Register, b.Register) })
	return g, err
}

// Batches lists the batches of a province, the newest first.
func Batches(ctx context.Context, st store.Store, province string) ([]courses.Batch, error) {
	return store.All[courses.Batch](ctx, st, BatchKind, store.Where(store.Is("province", province)).By("-at"))
}

// Book calls each with every line of an issuer's register of a year, in its order, with what became of it.
func (s *School) Book(ctx context.Context, issuer string, year string, each func(Entry) error) error {
	book := store.Where(store.Begins("register", issuer+"/"+year+"/")).By("register")
	lines, err := store.All[courses.Certificate](ctx, s.Store, CertificateKind, book)
	if err != nil {
		return err
	}
	replaced := map[string]*courses.Certificate{}
	for i, c := range lines {
		if c.Replaces != "" {
			replaced[c.Replaces] = &lines[i]
		}
	}
	withdrawn := map[string]*courses.Revocation{}
	if len(lines) > 0 {
		q := store.Where(store.AtLeast("at", lines[0].IssuedAt)).By("at")
		err = store.Each(ctx, s.Store, RevocationKind, q, func(r courses.Revocation) error { withdrawn[r.ID] = &r; return nil })
	}
	for _, c := range lines {
		if err != nil {
			break
		}
		e := Entry{Certificate: c, Revocation: withdrawn[c.ID], ReplacedBy: replaced[c.ID]}
		e.State = c.StateAt(s.Now(), e.Revocation, e.ReplacedBy != nil)
		err = each(e)
	}
	return err
}

// Years lists the years of an issuer's register, the newest first.
func Years(ctx context.Context, st store.Store, issuer string) ([]int, error) {
	var years []int
	for after := issuer + "0"; ; { // "0" follows "/"
		q := store.Where(store.AtLeast("register", issuer+"/"), store.Less("register", after)).By("-register")
		c, err := store.One[courses.Certificate](ctx, st, CertificateKind, q)
		if errors.Is(err, problem.ErrNotFound) {
			return years, nil
		}
		if err != nil {
			return nil, err
		}
		years = append(years, c.Year)
		after = issuer + "/" + strconv.Itoa(c.Year) + "/"
	}
}
