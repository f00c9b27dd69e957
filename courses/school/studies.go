package school

import (
	"context"
	"slices"
	"time"

	"lopban/courses"
	"lopban/courses/store"
)

// shelf has the facts of some enrolments, by their ids, read together: one call of the store for each sort of fact,
// however many people and courses there are.
type shelf struct {
	*School
	ids    []string // of the enrolments
	people []string // whose they are, each with "/", where they are many: then their facts are found by whose they are

	advances     map[string][]courses.Advance
	completions  map[string][]courses.Completion // only what progress follows from
	attempts     map[string][]courses.Attempt    // the same
	works        map[string][]courses.HandedIn
	certificates map[string][]courses.Certificate
	revocations  map[string]courses.Revocation // by certificate
	due          map[string]courses.Due
}

// shelve reads the facts of enrolments from which progress follows. moved says which of them may have moved up to a
// later version.
func (s *School) shelve(ctx context.Context, begun []courses.Enrolment, people []string, moved func(courses.Enrolment) bool) (*shelf, error) {
	h := &shelf{School: s, people: people, advances: map[string][]courses.Advance{}, completions: map[string][]courses.Completion{},
		attempts: map[string][]courses.Attempt{}}
	for _, e := range begun {
		h.ids = append(h.ids, e.ID)
	}
	if len(begun) == 0 {
		return h, nil
	}
	if slices.ContainsFunc(begun, moved) {
		err := under(ctx, h, AdvanceKind, func(a courses.Advance) { h.advances[a.Enrolment] = append(h.advances[a.Enrolment], a) })
		if err != nil {
			return nil, err
		}
	}
	if len(h.advances) > 0 {
		if err := h.readCertificates(ctx); err != nil {
			return nil, err
		}
	}
	if err := h.readCompletions(ctx); err != nil {
		return nil, err
	}
	if err := h.readAttempts(ctx); err != nil {
		return nil, err
	}
	return h, h.readWorks(ctx, begun)
}

// under calls each with the documents whose ids begin with that of an enrolment of the shelf, in the order of ids.
func under[T any](ctx context.Context, h *shelf, k *store.Kind, each func(T)) error {
	beginnings := h.ids
	if h.people != nil {
		beginnings = h.people
	}
	return some(ctx, h.Store, k, "id", beginnings, store.BeginsAny, each)
}

// of calls each with the documents that name an enrolment of the shelf. Their ids begin with whose they are.
func of[T any](ctx context.Context, h *shelf, k *store.Kind, each func(T)) error {
	if h.people != nil {
		return under(ctx, h, k, each)
	}
	return some(ctx, h.Store, k, "enrolment", h.ids, store.Among, each)
}

// some calls each with the documents whose field is, or begins with, one of some texts, in the order of the field.
func some[T any](ctx context.Context, st store.Store, k *store.Kind, field string, texts []string, is func(string, []string) store.Cond, each func(T)) error {
	for part := range slices.Chunk(texts, store.MostTexts) {
		err := store.Each(ctx, st, k, store.Where(is(field, part)).By(field), func(doc T) error { each(doc); return nil })
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *shelf) readCompletions(ctx context.Context) error {
	type done struct {
		Enrolment  string    `json:"enrolment"`
		Lesson     string    `json:"lesson"`
		HappenedAt time.Time `json:"happenedAt"`
		RecordedAt time.Time `json:"recordedAt"`
	}
	return under(ctx, h, CompletionKind, func(d done) {
		c := courses.Completion{Enrolment: d.Enrolment, Lesson: d.Lesson, HappenedAt: d.HappenedAt, RecordedAt: d.RecordedAt}
		h.completions[c.Enrolment] = append(h.completions[c.Enrolment], c)
	})
}

func (h *shelf) readAttempts(ctx context.Context) error {
	return of(ctx, h, AttemptKind, func(a score) { h.attempts[a.Enrolment] = append(h.attempts[a.Enrolment], a.attempt()) })
}

// readWorks reads what was sent for practice tasks, where one of them is needed to complete a course.
func (h *shelf) readWorks(ctx context.Context, begun []courses.Enrolment) error {
	needed := false
	for _, e := range begun {
		terms, err := h.terms(ctx, e, courses.Forever)
		if err != nil {
			return err
		}
		for _, term := range terms {
			task := term.Version.Practice
			needed = needed || task != nil && task.Required
		}
	}
	if !needed {
		return nil
	}
	h.works = map[string][]courses.HandedIn{}
	err := of(ctx, h, SubmissionKind, func(sub courses.Submission) {
		h.works[sub.Enrolment] = append(h.works[sub.Enrolment], courses.HandedIn{Submission: sub})
	})
	if err != nil || len(h.works) == 0 {
		return err
	}
	return of(ctx, h, ReviewKind, func(r courses.Review) {
		if i := slices.IndexFunc(h.works[r.Enrolment], func(w courses.HandedIn) bool { return w.ID == r.Submission }); i >= 0 {
			w := &h.works[r.Enrolment][i]
			w.Reviews = append(w.Reviews, r)
		}
	})
}

// worksAt are the works of an enrolment by the facts that were recorded up to a time, the newest last.
func (h *shelf) worksAt(enrolment string, at time.Time) []courses.HandedIn {
	var all []courses.HandedIn
	for _, w := range h.works[enrolment] {
		if w.RecordedAt.After(at) {
			continue
		}
		w.Reviews = slices.DeleteFunc(slices.Clone(w.Reviews), func(r courses.Review) bool { return r.RecordedAt.After(at) })
		all = append(all, w)
	}
	return courses.InOrder(all)
}

func (h *shelf) readCertificates(ctx context.Context) error {
	if h.certificates != nil {
		return nil
	}
	h.certificates = map[string][]courses.Certificate{}
	return under(ctx, h, CertificateKind, func(c courses.Certificate) { h.certificates[c.Enrolment] = append(h.certificates[c.Enrolment], c) })
}

// terms are the versions that an enrolment has been of up to a time. They end with the version of its certificate: what
// is finished moves no more.
func (h *shelf) terms(ctx context.Context, e courses.Enrolment, at time.Time) (courses.Terms, error) {
	first, err := h.Version(ctx, e.Version)
	if err != nil {
		return nil, err
	}
	earned := ""
	if all := h.certificates[e.ID]; len(all) > 0 {
		earned = all[0].Version
	}
	terms := courses.Terms{{Version: first, From: e.HappenedAt}}
	for _, a := range h.advances[e.ID] {
		if a.RecordedAt.After(at) {
			continue
		}
		if terms.Version().ID == earned {
			break
		}
		v, err := h.Version(ctx, a.Version)
		if err != nil {
			return nil, err
		}
		terms = append(terms, courses.Term{Version: v, From: a.HappenedAt})
	}
	return terms, nil
}

// study puts together how far an enrolment is by the facts that were recorded up to a time. What its certificate is
// worth is asked apart, see appraise.
func (h *shelf) study(ctx context.Context, e courses.Enrolment, at time.Time) (Study, error) {
	terms, err := h.terms(ctx, e, at)
	if err != nil {
		return Study{}, err
	}
	completions := slices.DeleteFunc(slices.Clone(h.completions[e.ID]), func(c courses.Completion) bool { return c.RecordedAt.After(at) })
	attempts := slices.DeleteFunc(slices.Clone(h.attempts[e.ID]), func(a courses.Attempt) bool { return a.RecordedAt.After(at) })
	var work []courses.HandedIn
	if task := terms.Version().Practice; task != nil && task.Required {
		work = h.worksAt(e.ID, at)
	}
	return Study{Version: terms.Version(), Enrolment: &e, Progress: terms.Trace(completions, attempts, work...), Works: work}, nil
}

// appraise says of the studies that are complete which certificate they have, and what it is worth.
func (h *shelf) appraise(ctx context.Context, studies []Study, at time.Time) error {
	complete := func(st Study) bool { return st.Enrolment != nil && st.Progress.Complete() }
	if !slices.ContainsFunc(studies, complete) {
		return nil
	}
	if err := h.readCertificates(ctx); err != nil {
		return err
	}
	if len(h.certificates) > 0 {
		h.revocations = map[string]courses.Revocation{}
		if err := under(ctx, h, RevocationKind, func(r courses.Revocation) { h.revocations[r.ID] = r }); err != nil {
			return err
		}
	}
	var open []string
	for _, st := range studies {
		if complete(st) && len(h.certificates[st.Enrolment.ID]) == 0 {
			open = append(open, st.Enrolment.ID)
		}
	}
	var err error
	if h.due, err = store.Many(ctx, h.Store, DueKind, open, func(d courses.Due) string { return d.ID }); err != nil {
		return err
	}
	for i := range studies {
		if complete(studies[i]) {
			h.appraiseOne(&studies[i], at)
		}
	}
	return nil
}

func (h *shelf) appraiseOne(st *Study, at time.Time) {
	all := h.certificates[st.Enrolment.ID]
	if len(all) == 0 {
		_, st.Due = h.due[st.Enrolment.ID]
		return
	}
	c := all[len(all)-1] // of an entry and its reissues the last is the one that counts
	if c.IssuedAt.After(at) {
		return
	}
	st.Certificate = &c
	if r, ok := h.revocations[c.ID]; ok && !r.At.After(at) {
		st.Revocation = &r
	}
	st.Worth = c.StateAt(earlier(at, h.Now()), st.Revocation, false)
}

// studyAt is study by the facts that were recorded up to a time.
func (s *School) studyAt(ctx context.Context, e courses.Enrolment, at time.Time) (Study, error) {
	h, err := s.shelve(ctx, []courses.Enrolment{e}, nil, func(courses.Enrolment) bool { return true })
	if err != nil {
		return Study{}, err
	}
	all := make([]Study, 1)
	if all[0], err = h.study(ctx, e, at); err != nil {
		return Study{}, err
	}
	err = h.appraise(ctx, all, at)
	return all[0], err
}

// Studies lists a person's work on every course of the catalogue, begun or not, and on retired ones they began.
func (s *School) Studies(ctx context.Context, person string) ([]Study, error) {
	return s.StudiesAt(ctx, person, courses.Forever)
}

// StudiesAt is Studies by the facts that were recorded up to a time, in the catalogue of today.
func (s *School) StudiesAt(ctx context.Context, person string, at time.Time) ([]Study, error) {
	var studies []Study
	err := s.studiesOf(ctx, []string{person}, at, func(h *shelf, _ string, all []Study) error {
		studies = all
		return h.appraise(ctx, studies, at)
	})
	return studies, err
}

// StudiesOf calls each with what StudiesAt lists for each of some people, but for their certificates and what these are
// worth. All their facts are in memory meanwhile: thousands of people are asked for some at a time.
func (s *School) StudiesOf(ctx context.Context, people []string, at time.Time, each func(person string, studies []Study) error) error {
	return s.studiesOf(ctx, people, at, func(_ *shelf, person string, studies []Study) error { return each(person, studies) })
}

func (s *School) studiesOf(ctx context.Context, people []string, at time.Time, each func(h *shelf, person string, studies []Study) error) error {
	listings := map[string]courses.Listing{}
	all, err := s.newest(ctx, func(l courses.Listing) bool { listings[l.ID] = l; return true })
	if err != nil {
		return err
	}
	c, err := s.enrolled(ctx, people, at)
	if err != nil {
		return err
	}
	var many []string
	if len(people) > 1 {
		many = c.beginnings
	}
	h, err := s.shelve(ctx, c.enrolments, many, func(e courses.Enrolment) bool {
		v, err := s.Version(ctx, e.Version)
		return err != nil || v.Number < listings[e.Course].Number
	})
	if err != nil {
		return err
	}
	fresh := make([]Study, len(all))
	for i, v := range all {
		fresh[i] = Study{Version: v, Progress: courses.Trace(v, nil, nil)}
	}
	for _, person := range people {
		var studies []Study
		for i, v := range all {
			begun := c.of[person][v.Course]
			if len(begun) == 0 {
				if l := listings[v.Course]; !l.Retired() {
					studies = append(studies, fresh[i])
				}
				continue
			}
			e, err := h.furthest(ctx, begun)
			if err != nil {
				return err
			}
			st, err := h.study(ctx, e, at)
			if err != nil {
				return err
			}
			studies = append(studies, st)
		}
		if err := each(h, person, studies); err != nil {
			return err
		}
	}
	return nil
}

// cohort is what some people began.
type cohort struct {
	beginnings []string                                  // of the ids of their facts
	enrolments []courses.Enrolment                       // the last cycle of each course under each entry
	of         map[string]map[string][]courses.Enrolment // the same by person and course
}

// enrolled reads what people had begun by a time.
func (s *School) enrolled(ctx context.Context, people []string, at time.Time) (cohort, error) {
	c := cohort{of: map[string]map[string][]courses.Enrolment{}}
	entries := map[string][]string{} // by person
	for _, person := range people {
		ids, err := s.entries(ctx, person)
		if err != nil {
			return c, err
		}
		entries[person] = ids
		for _, id := range ids {
			c.beginnings = append(c.beginnings, id+"/")
		}
	}
	// by entry and course; in the order of ids the last cycle comes last
	newest := map[string]map[string]courses.Enrolment{}
	err := some(ctx, s.Store, EnrolmentKind, "id", c.beginnings, store.BeginsAny, func(e courses.Enrolment) {
		if e.RecordedAt.After(at) {
			return
		}
		if newest[e.Person] == nil {
			newest[e.Person] = map[string]courses.Enrolment{}
		}
		newest[e.Person][e.Course] = e
	})
	for _, person := range people {
		c.of[person] = map[string][]courses.Enrolment{}
		for _, id := range entries[person] {
			for course, e := range newest[id] {
				c.of[person][course] = append(c.of[person][course], e)
				c.enrolments = append(c.enrolments, e)
			}
		}
	}
	return c, err
}

// furthest is School.furthest by what is on the shelf.
func (h *shelf) furthest(ctx context.Context, all []courses.Enrolment) (best courses.Enrolment, err error) {
	if len(all) == 1 {
		return all[0], nil
	}
	if err := h.readCertificates(ctx); err != nil {
		return best, err
	}
	most := -1
	for _, e := range all {
		if n := distance(e, len(h.completions[e.ID]), len(h.certificates[e.ID]) > 0); n > most {
			best, most = e, n
		}
	}
	return best, nil
}

// distance says of which of several enrolments of one person in a course more was done.
func distance(e courses.Enrolment, done int, certified bool) int {
	n := 1_000_000*e.Cycle + done
	if certified {
		n += 100_000
	}
	return n
}
