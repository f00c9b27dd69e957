package school

import (
	"context"
	"errors"
	"regexp"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// PhoneLogKind is how far the server has the log of each person on each phone.
var PhoneLogKind = &store.Kind{Name: "phonelog", Schema: 1, Order: 170, Person: "person", Doc: courses.PhoneLog{}, Indexes: [][]string{{"person"}}}

// mostPhones is how many phones of one person are told apart: more than anybody has.
const mostPhones = 50

// phoneName is what a phone may call a log.
var phoneName = regexp.MustCompile(`^[0-9a-zA-Z-]{1,64}$`)

// Heard goes on with a phone's log when its facts are kept or refused, and says how far it is. Nothing is kept of a
// phone that has no proper name, nor of one more than anybody has: its facts are, all the same.
func (s *School) Heard(ctx context.Context, person, phone string, entries []courses.LogEntry) (courses.PhoneLog, error) {
	log := courses.PhoneLog{ID: person + "/" + phone, Person: person}
	if !phoneName.MatchString(phone) {
		return log, nil
	}
	add := func(l *courses.PhoneLog) error {
		l.Add(entries)
		l.HeardAt = store.Time(s.Now())
		return nil
	}
	kept, err := store.Update(ctx, s.Store, PhoneLogKind, log.ID, add)
	if !errors.Is(err, problem.ErrNotFound) {
		return kept, err
	}
	phones, err := s.Store.Count(ctx, PhoneLogKind, store.Where(store.Is("person", person)))
	if err != nil || phones[0].N >= mostPhones {
		return log, err
	}
	add(&log)
	err = s.Store.Insert(ctx, PhoneLogKind, &log)
	if errors.Is(err, problem.ErrExists) { // the same phone, at the same time
		return store.Update(ctx, s.Store, PhoneLogKind, log.ID, add)
	}
	return log, err
}

// AheadKind is what phones brought ahead of its fact, lately.
var AheadKind = &store.Kind{Name: "ahead", Schema: 1, Order: 175, Person: "person", Doc: courses.Ahead{}, Indexes: [][]string{{"person"}, {"at"}}}

// BringPhoto keeps a photo before the fact that names it. What nothing names yet has a bound of its own, so that nobody
// fills the store by never naming any; whether there is room for all of a person's photos is said when the fact comes,
// which is refused with the reason.
func (s *School) BringPhoto(ctx context.Context, person string, p courses.Picture) error {
	_, ahead, err := photosOf(ctx, s.Store, person)
	if err == nil {
		ahead[p.Name] = len(p.Data)
		err = fits(0, ahead)
	}
	if err != nil {
		return err
	}
	a := courses.Ahead{ID: person + "/" + p.Name, Person: person, Bytes: len(p.Data), At: store.Time(s.Now())}
	if err := s.Store.Insert(ctx, AheadKind, &a); err != nil && !errors.Is(err, problem.ErrExists) {
		return err
	}
	if err := s.Store.PutBlob(ctx, p.Name, p.Data); err != nil && !errors.Is(err, problem.ErrExists) {
		return err
	}
	return nil
}

// ForgetAhead forgets what was brought before then: it has a fact by now, or was swept.
func (s *School) ForgetAhead(ctx context.Context, before time.Time) error {
	old, err := store.All[courses.Ahead](ctx, s.Store, AheadKind, store.Where(store.Less("at", store.Time(before))).By("at").First(10_000))
	if err != nil {
		return err
	}
	for _, a := range old {
		if err := s.Store.Delete(ctx, AheadKind, a.ID); err != nil && !errors.Is(err, problem.ErrNotFound) {
			return err
		}
	}
	return nil
}

// KeptPhoto is a photo that was brought before the fact that names it. It is gone when nothing named it for a day.
func (s *School) KeptPhoto(ctx context.Context, name string) (courses.Picture, error) {
	if !photoName.MatchString(name) {
		return courses.Picture{}, problem.Invalid("photo", "photo-name")
	}
	data, err := s.Store.Blob(ctx, name)
	if errors.Is(err, problem.ErrNotFound) {
		return courses.Picture{}, problem.Invalid("photo", "photo-gone")
	}
	return courses.Picture{Name: name, Data: data}, err
}

// photoName is what ReadPhoto calls a photo.
var photoName = regexp.MustCompile(`^photo-[0-9a-f]{64}\.jpg$`)
