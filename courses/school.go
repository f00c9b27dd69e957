package courses

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"lopban/courses/store"
)

// School holds every rule that needs the store and a clock. Its methods may be called at once by many goroutines, and by many processes on one store.
type School struct {
	Store   store.Store
	Now     func() time.Time
	Random  io.Reader // of certificate codes
	BaseURL string    // of the address printed on certificates, "https://lopban.example"

	versions  sync.Map // id to *Version: versions never change
	registers sync.Map // issuer/year to *sync.Mutex: this process takes a register's numbers one after the other
	begun     begun
	photos    sync.Mutex // held while a photo is read
}

// begun remembers which version a person reads, so that pages of text ask the store seldom.
type begun struct {
	mu       sync.RWMutex
	versions map[string]begunVersion // by person/course/
}

type begunVersion struct {
	id string
	at time.Time // when the store said so
}

const (
	begunLife = 30 * time.Second // in which another process may have begun the next cycle
	begunSize = 20_000
)

func (b *begun) get(key string, now time.Time) (id string, ok bool) {
	b.mu.RLock()
	v, ok := b.versions[key]
	b.mu.RUnlock()
	return v.id, ok && now.Sub(v.at).Abs() < begunLife
}

func (b *begun) keep(key, id string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.versions == nil || len(b.versions) >= begunSize {
		b.versions = map[string]begunVersion{}
	}
	b.versions[key] = begunVersion{id, now}
}

func (b *begun) forget(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.versions, key)
}

// Publish makes v the newest version of its course and returns it as it is kept. Publishing what is the newest already changes nothing; again is true then.
func (s *School) Publish(ctx context.Context, v Version) (kept *Version, again bool, err error) {
	listing, err := store.Get[Listing](ctx, s.Store, ListingKind, v.Course)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, false, err
	}
	if listing.Number > 0 {
		newest, err := s.Version(ctx, VersionID(v.Course, listing.Number))
		if err != nil {
			return nil, false, err
		}
		if newest.Hash == v.Hash {
			return newest, true, nil
		}
	}
	for v.Number = listing.Number + 1; ; v.Number++ {
		v.ID, v.PublishedAt = VersionID(v.Course, v.Number), store.Time(s.Now())
		err := s.Store.Insert(ctx, VersionKind, &v)
		if err == nil {
			break
		}
		if !errors.Is(err, store.ErrExists) {
			return nil, false, err
		}
		// Another process published, or this one stopped before the listing was written.
		other, err := s.Version(ctx, v.ID)
		if err != nil {
			return nil, false, err
		}
		if other.Hash == v.Hash {
			v = *other
			break
		}
	}
	return &v, false, s.list(ctx, v.Course, v.Number)
}

// list makes a version the newest of its course, unless a later one is. A retired course stays so.
func (s *School) list(ctx context.Context, course string, number int) error {
	raise := func(l *Listing) error { l.Number = max(l.Number, number); return nil }
	_, err := store.Update(ctx, s.Store, ListingKind, course, raise)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	err = s.Store.Insert(ctx, ListingKind, &Listing{ID: course, Number: number})
	if errors.Is(err, store.ErrExists) {
		_, err = store.Update(ctx, s.Store, ListingKind, course, raise)
	}
	return err
}

// Version is the version with this id. It is shared: do not change it.
func (s *School) Version(ctx context.Context, id string) (*Version, error) {
	if v, ok := s.versions.Load(id); ok {
		return v.(*Version), nil
	}
	v, err := store.Get[Version](ctx, s.Store, VersionKind, id)
	if err != nil {
		return nil, err
	}
	kept, _ := s.versions.LoadOrStore(id, &v)
	return kept.(*Version), nil
}

// Course is the newest version of a course.
func (s *School) Course(ctx context.Context, course string) (*Version, error) {
	listing, err := store.Get[Listing](ctx, s.Store, ListingKind, course)
	if err != nil {
		return nil, err
	}
	return s.Version(ctx, VersionID(course, listing.Number))
}

// VersionFor is the version of a course that a person finishes: the one begun or moved up to, or for who has not begun the newest, unless the course is retired. A cycle or a version that began on
// another process is known here within half a minute; what is recorded does not depend on it.
func (s *School) VersionFor(ctx context.Context, person, course string) (*Version, error) {
	key, now := cycles(person, course), s.Now()
	if id, ok := s.begun.get(key, now); ok {
		return s.Version(ctx, id)
	}
	e, err := s.enrolment(ctx, person, course)
	if errors.Is(err, store.ErrNotFound) {
		return s.offered(ctx, course)
	}
	if err != nil {
		return nil, err
	}
	terms, err := s.terms(ctx, e, Forever)
	if err != nil {
		return nil, err
	}
	s.begun.keep(key, terms.Version().ID, now)
	return terms.Version(), nil
}

// offered is the newest version of a course for who has not begun it. A retired course is not there for them.
func (s *School) offered(ctx context.Context, course string) (*Version, error) {
	l, err := store.Get[Listing](ctx, s.Store, ListingKind, course)
	if err != nil {
		return nil, err
	}
	if l.Retired() {
		return nil, store.NotFound(ListingKind, course)
	}
	return s.Version(ctx, VersionID(course, l.Number))
}

// Catalogue lists the newest version of every course that is offered, library service first and then by id.
func (s *School) Catalogue(ctx context.Context) ([]*Version, error) {
	return s.newest(ctx, func(l Listing) bool { return !l.Retired() })
}

// Everything lists the newest version of every course in the order of Catalogue, with those that are retired.
func (s *School) Everything(ctx context.Context) ([]*Version, error) {
	return s.newest(ctx, func(Listing) bool { return true })
}

func (s *School) newest(ctx context.Context, wanted func(Listing) bool) ([]*Version, error) {
	listings, err := store.All[Listing](ctx, s.Store, ListingKind, store.Query{})
	if err != nil {
		return nil, err
	}
	var all []*Version
	for _, l := range listings {
		if !wanted(l) {
			continue
		}
		v, err := s.Version(ctx, VersionID(l.ID, l.Number))
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	slices.SortStableFunc(all, func(a, b *Version) int { return strings.Compare(string(a.Strand), string(b.Strand)) })
	return all, nil
}

// Study is a person's work on one course: the version they finish, and how far they are.
type Study struct {
	Version     *Version
	Enrolment   *Enrolment // nil before they began
	Progress    Progress
	Certificate *Certificate // nil before it is earned
}

// Study puts together where a person stands in a course.
func (s *School) Study(ctx context.Context, person, course string) (Study, error) {
	e, err := s.enrolment(ctx, person, course)
	if errors.Is(err, store.ErrNotFound) {
		v, err := s.offered(ctx, course)
		if err != nil {
			return Study{}, err
		}
		return Study{Version: v, Progress: Trace(v, nil, nil)}, nil
	}
	if err != nil {
		return Study{}, err
	}
	return s.study(ctx, e)
}

func (s *School) study(ctx context.Context, e Enrolment) (Study, error) {
	return s.studyAt(ctx, e, Forever)
}

// studyAt is study by the facts that were recorded up to a time.
func (s *School) studyAt(ctx context.Context, e Enrolment, at time.Time) (Study, error) {
	terms, err := s.terms(ctx, e, at)
	if err != nil {
		return Study{}, err
	}
	completions, err := store.All[Completion](ctx, s.Store, CompletionKind, store.Where(store.Begins("id", e.ID+"/")))
	if err != nil {
		return Study{}, err
	}
	attempts, err := s.scores(ctx, e.ID)
	if err != nil {
		return Study{}, err
	}
	completions = slices.DeleteFunc(completions, func(c Completion) bool { return c.RecordedAt.After(at) })
	attempts = slices.DeleteFunc(attempts, func(a Attempt) bool { return a.RecordedAt.After(at) })
	var work []Work
	if task := terms.Version().Practice; task != nil && task.Required {
		if work, err = s.worksAt(ctx, e.ID, at); err != nil {
			return Study{}, err
		}
	}
	st := Study{Version: terms.Version(), Enrolment: &e, Progress: terms.Trace(completions, attempts, work...)}
	if st.Progress.Complete() {
		// the last of those with this id before a reissue's number is the one that counts
		c, err := store.One[Certificate](ctx, s.Store, CertificateKind, store.Where(store.Begins("id", e.ID)).By("-id"))
		if err == nil && !c.IssuedAt.After(at) {
			st.Certificate = &c
		} else if err != nil && !errors.Is(err, store.ErrNotFound) {
			return Study{}, err
		}
	}
	return st, nil
}

// scores are the attempts of an enrolment without their answers, which take most of the reading and say nothing about progress.
func (s *School) scores(ctx context.Context, enrolment string) ([]Attempt, error) {
	type score struct {
		ID         string    `json:"id"`
		Lesson     string    `json:"lesson"`
		Version    string    `json:"version"`
		Score      int       `json:"score"`
		Draw       *int      `json:"draw"`
		HappenedAt time.Time `json:"happenedAt"`
		RecordedAt time.Time `json:"recordedAt"`
	}
	var all []Attempt
	err := store.Each(ctx, s.Store, AttemptKind, store.Where(store.Is("enrolment", enrolment)), func(a score) error {
		all = append(all, Attempt{ID: a.ID, Lesson: a.Lesson, Version: a.Version, Score: a.Score, Draw: a.Draw, HappenedAt: a.HappenedAt, RecordedAt: a.RecordedAt})
		return nil
	})
	return all, err
}

// Studies lists a person's work on every course of the catalogue, begun or not, and on retired ones they began.
func (s *School) Studies(ctx context.Context, person string) ([]Study, error) {
	return s.StudiesAt(ctx, person, Forever)
}

// StudiesAt is Studies by the facts that were recorded up to a time, in the catalogue of today.
func (s *School) StudiesAt(ctx context.Context, person string, at time.Time) ([]Study, error) {
	offered := map[string]bool{}
	all, err := s.newest(ctx, func(l Listing) bool { offered[l.ID] = !l.Retired(); return true })
	if err != nil {
		return nil, err
	}
	begun, err := store.All[Enrolment](ctx, s.Store, EnrolmentKind, store.Where(store.Is("person", person)))
	if err != nil {
		return nil, err
	}
	newest := map[string]Enrolment{} // in the order of ids the last cycle comes last
	for _, e := range begun {
		if !e.RecordedAt.After(at) {
			newest[e.Course] = e
		}
	}
	var studies []Study
	for _, v := range all {
		e, ok := newest[v.Course]
		if !ok {
			if offered[v.Course] {
				studies = append(studies, Study{Version: v, Progress: Trace(v, nil, nil)})
			}
			continue
		}
		st, err := s.studyAt(ctx, e, at)
		if err != nil {
			return nil, err
		}
		studies = append(studies, st)
	}
	return studies, nil
}

// Attempts lists what a person handed in to a lesson's quiz in this cycle, the newest first.
func (s *School) Attempts(ctx context.Context, e *Enrolment, lesson string) ([]Attempt, error) {
	all, err := store.All[Attempt](ctx, s.Store, AttemptKind, store.Where(store.Is("enrolment", e.ID)))
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(a Attempt) bool { return a.Lesson != lesson })
	slices.SortStableFunc(all, func(a, b Attempt) int { return b.RecordedAt.Compare(a.RecordedAt) })
	return all, nil
}

// enrolment finds the person's newest cycle of the course.
func (s *School) enrolment(ctx context.Context, person, course string) (Enrolment, error) {
	return store.One[Enrolment](ctx, s.Store, EnrolmentKind, store.Where(store.Begins("id", cycles(person, course))).By("-id"))
}

// cycles is how the ids of a person's enrolments in a course begin.
func cycles(person, course string) string { return person + "/" + course + "/" }
