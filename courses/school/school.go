// Package school has School: every rule of courses that needs the store and a clock (record, issue, advance, practice,
// check), and every Kind of document of theirs.
package school

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// School holds every rule that needs the store and a clock. Its methods may be called at once by many goroutines, and
// by many processes on one store.
type School struct {
	Store   store.Store
	Now     func() time.Time
	Random  io.Reader // of certificate codes
	BaseURL string    // of the address printed on certificates, "https://lopban.example"

	// Entries lists the ids under which a person has facts, their own first: who was entered twice has several. nil:
	// everybody has one.
	Entries func(ctx context.Context, person string) ([]string, error)

	// Begun is when a person can first have learned: they had an account and a post. nil: at any time.
	Begun func(ctx context.Context, person string) (time.Time, error)
	// Erased says whether a person's data were erased, so that a certificate of theirs stands alone; nil: nobody's
	Erased func(ctx context.Context, person string) (bool, error)

	versions sync.Map // id to *Version: versions never change
	begun    begun
	photos   sync.Mutex // held while a photo is read
	turns    turns
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

// Publish makes v the newest version of its course and returns it as it is kept. Publishing what is the newest already
// changes nothing; again is true then.
func (s *School) Publish(ctx context.Context, v courses.Version) (kept *courses.Version, again bool, err error) {
	listing, err := store.Get[courses.Listing](ctx, s.Store, ListingKind, v.Course)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return nil, false, err
	}
	if listing.Number > 0 {
		newest, err := s.Version(ctx, courses.VersionID(v.Course, listing.Number))
		if err != nil {
			return nil, false, err
		}
		if newest.Hash == v.Hash {
			return newest, true, nil
		}
	}
	for v.Number = listing.Number + 1; ; v.Number++ {
		v.ID, v.PublishedAt = courses.VersionID(v.Course, v.Number), store.Time(s.Now())
		err := s.Store.Insert(ctx, VersionKind, &v)
		if err == nil {
			break
		}
		if !errors.Is(err, problem.ErrExists) {
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
	raise := func(l *courses.Listing) error { l.Number = max(l.Number, number); return nil }
	_, err := store.Update(ctx, s.Store, ListingKind, course, raise)
	if !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	err = s.Store.Insert(ctx, ListingKind, &courses.Listing{ID: course, Number: number})
	if errors.Is(err, problem.ErrExists) {
		_, err = store.Update(ctx, s.Store, ListingKind, course, raise)
	}
	return err
}

// Version is the version with this id. It is shared: do not change it.
func (s *School) Version(ctx context.Context, id string) (*courses.Version, error) {
	if v, ok := s.versions.Load(id); ok {
		return v.(*courses.Version), nil
	}
	v, err := store.Get[courses.Version](ctx, s.Store, VersionKind, id)
	if err != nil {
		return nil, err
	}
	kept, _ := s.versions.LoadOrStore(id, &v)
	return kept.(*courses.Version), nil
}

// Course is the newest version of a course.
func (s *School) Course(ctx context.Context, course string) (*courses.Version, error) {
	listing, err := store.Get[courses.Listing](ctx, s.Store, ListingKind, course)
	if err != nil {
		return nil, err
	}
	return s.Version(ctx, courses.VersionID(course, listing.Number))
}

// VersionFor is the version of a course that a person finishes: the one begun or moved up to, or for who has not begun
// the newest, unless the course is retired. A cycle or a version that began on another process is known here within
// half a minute; what is recorded does not depend on it.
func (s *School) VersionFor(ctx context.Context, person, course string) (*courses.Version, error) {
	key, now := cycles(person, course), s.Now()
	if id, ok := s.begun.get(key, now); ok {
		return s.Version(ctx, id)
	}
	e, err := s.enrolment(ctx, person, course)
	if errors.Is(err, problem.ErrNotFound) {
		return s.offered(ctx, course)
	}
	if err != nil {
		return nil, err
	}
	terms, err := s.terms(ctx, e)
	if err != nil {
		return nil, err
	}
	s.begun.keep(key, terms.Version().ID, now)
	return terms.Version(), nil
}

// offered is the newest version of a course for who has not begun it. A retired course is not there for them.
func (s *School) offered(ctx context.Context, course string) (*courses.Version, error) {
	l, err := store.Get[courses.Listing](ctx, s.Store, ListingKind, course)
	if err != nil {
		return nil, err
	}
	if l.Retired() {
		return nil, store.NotFound(ListingKind, course)
	}
	return s.Version(ctx, courses.VersionID(course, l.Number))
}

// Catalogue lists the newest version of every course that is offered, library service first and then by id.
func (s *School) Catalogue(ctx context.Context) ([]*courses.Version, error) {
	return s.newest(ctx, func(l courses.Listing) bool { return !l.Retired() })
}

// Everything lists the newest version of every course in the order of Catalogue, with those that are retired.
func (s *School) Everything(ctx context.Context) ([]*courses.Version, error) {
	return s.newest(ctx, func(courses.Listing) bool { return true })
}

func (s *School) newest(ctx context.Context, wanted func(courses.Listing) bool) ([]*courses.Version, error) {
	listings, err := store.All[courses.Listing](ctx, s.Store, ListingKind, store.Query{})
	if err != nil {
		return nil, err
	}
	var all []*courses.Version
	for _, l := range listings {
		if !wanted(l) {
			continue
		}
		v, err := s.Version(ctx, courses.VersionID(l.ID, l.Number))
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	slices.SortStableFunc(all, func(a, b *courses.Version) int { return strings.Compare(string(a.Strand), string(b.Strand)) })
	return all, nil
}

// Study is a person's work on one course: the version they finish, and how far they are.
type Study struct {
	Version     *courses.Version
	Enrolment   *courses.Enrolment // nil before they began
	Progress    courses.Progress
	Certificate *courses.Certificate // nil before it is earned
	Worth       courses.State        // of the certificate, "" before
	Revocation  *courses.Revocation  // nil where it was not withdrawn
	Due         bool                 // everything is done, and the certificate waits for its issuer's decision
	Works       []courses.HandedIn   // what was sent for the practice task, where the course needs it; the newest last
}

// Study puts together where a person stands in a course.
func (s *School) Study(ctx context.Context, person, course string) (Study, error) {
	e, err := s.enrolment(ctx, person, course)
	if errors.Is(err, problem.ErrNotFound) {
		v, err := s.offered(ctx, course)
		if err != nil {
			return Study{}, err
		}
		return Study{Version: v, Progress: courses.Trace(v, nil, nil)}, nil
	}
	if err != nil {
		return Study{}, err
	}
	return s.study(ctx, e)
}

func (s *School) study(ctx context.Context, e courses.Enrolment) (Study, error) {
	return s.studyAt(ctx, e, courses.Forever)
}

// score is an attempt without its answers, which take most of the reading and say nothing about progress.
type score struct {
	ID         string     `json:"id"`
	Enrolment  string     `json:"enrolment"`
	Lesson     string     `json:"lesson"`
	Version    string     `json:"version"`
	Score      int        `json:"score"`
	Draw       *int       `json:"draw"`
	HappenedAt time.Time  `json:"happenedAt"`
	RecordedAt time.Time  `json:"recordedAt"`
	ClaimedAt  *time.Time `json:"claimedAt"`
}

func (a score) attempt() courses.Attempt {
	return courses.Attempt{ID: a.ID, Lesson: a.Lesson, Version: a.Version, Score: a.Score, Draw: a.Draw, HappenedAt: a.HappenedAt,
		RecordedAt: a.RecordedAt, ClaimedAt: a.ClaimedAt}
}

// scores are the attempts of an enrolment without their answers.
func scores(ctx context.Context, st store.Store, enrolment string) ([]courses.Attempt, error) {
	var all []courses.Attempt
	err := store.Each(ctx, st, AttemptKind, store.Where(store.Is("enrolment", enrolment)), func(a score) error {
		all = append(all, a.attempt())
		return nil
	})
	return all, err
}

// Attempts lists what a person handed in to a lesson's quiz in this cycle, the newest first.
func (s *School) Attempts(ctx context.Context, e *courses.Enrolment, lesson string) ([]courses.Attempt, error) {
	all, err := store.All[courses.Attempt](ctx, s.Store, AttemptKind, store.Where(store.Is("enrolment", e.ID)))
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(a courses.Attempt) bool { return a.Lesson != lesson })
	slices.SortStableFunc(all, func(a, b courses.Attempt) int { return b.RecordedAt.Compare(a.RecordedAt) })
	return all, nil
}

// enrolment finds the person's newest cycle of the course.
func (s *School) enrolment(ctx context.Context, person, course string) (courses.Enrolment, error) {
	ids, err := s.entries(ctx, person)
	if err != nil {
		return courses.Enrolment{}, err
	}
	var all []courses.Enrolment
	for _, id := range ids {
		e, err := s.own(ctx, id, course)
		if err == nil {
			all = append(all, e)
		} else if !errors.Is(err, problem.ErrNotFound) {
			return e, err
		}
	}
	if len(all) == 0 {
		return courses.Enrolment{}, store.NotFound(EnrolmentKind, cycles(person, course))
	}
	return s.furthest(ctx, all)
}

// entries lists the ids under which a person has facts.
func (s *School) entries(ctx context.Context, person string) ([]string, error) {
	if s.Entries == nil {
		return []string{person}, nil
	}
	return s.Entries(ctx, person)
}

// IsOneOf says whether somebody is the human of one of the other ids: who was entered twice has several.
func (s *School) IsOneOf(ctx context.Context, who string, others ...string) (bool, error) {
	own, err := s.entries(ctx, who)
	for _, other := range others {
		var theirs []string
		if err == nil {
			theirs, err = s.entries(ctx, other)
		}
		if err != nil || slices.Contains(own, other) || slices.Contains(theirs, who) {
			return err == nil, err
		}
	}
	return false, err
}

// furthest is the one of a person's enrolments in a course that counts, where they began it under several entries: of
// the last cycle the one with a certificate, or with the most lessons done. The others stay as they are.
func (s *School) furthest(ctx context.Context, all []courses.Enrolment) (best courses.Enrolment, err error) {
	if len(all) == 1 {
		return all[0], nil
	}
	most := -1
	for _, e := range all {
		done, err := s.Store.Count(ctx, CompletionKind, store.Where(store.Begins("id", e.ID+"/")))
		if err != nil {
			return best, err
		}
		_, err = store.One[courses.Certificate](ctx, s.Store, CertificateKind, store.Where(store.Begins("id", e.ID)))
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return best, err
		}
		if n := distance(e, done[0].N, err == nil); n > most {
			best, most = e, n
		}
	}
	return best, nil
}

// own is the newest cycle of the course under one entry.
func (s *School) own(ctx context.Context, person, course string) (courses.Enrolment, error) {
	return store.One[courses.Enrolment](ctx, s.Store, EnrolmentKind, store.Where(store.Begins("id", cycles(person, course))).By("-id"))
}

// cycles is how the ids of a person's enrolments in a course begin.
func cycles(person, course string) string { return person + "/" + course + "/" }
