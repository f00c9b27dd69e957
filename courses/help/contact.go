// Package help is what a learner does who is stuck: whom they may ask, and the mistakes that they report in lessons.
package help

import (
	"context"
	"errors"
	"sync"
	"time"
	"unicode/utf8"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Help keeps both.
type Help struct {
	Store    store.Store
	Now      func() time.Time
	School   *school.School
	Roll     *roster.Roll
	Places   *roster.Places
	contacts contacts
}

// Kinds lists the documents of this package, for who opens a store.
func Kinds() []*store.Kind { return []*store.Kind{ContactKind, RemarkKind, AnswerKind} }

// Contact is whom the learners of a province may ask.
type Contact struct {
	ID    string `json:"id"` // code of the present province
	Name  string `json:"name"`
	Phone string `json:"phone"`
	Hours string `json:"hours"` // when they can be reached, "" for not said
}

// ContactKind keeps one for each province that named somebody.
var ContactKind = &store.Kind{Name: "contact", Schema: 1, Order: 405, Doc: Contact{}}

// Contact is whom to ask in a province. A province that named nobody has its library, without a number.
func (s *Help) Contact(ctx context.Context, province roster.Province) (Contact, error) {
	c, err := store.Get[Contact](ctx, s.Store, ContactKind, province.Code)
	if errors.Is(err, problem.ErrNotFound) {
		return Contact{ID: province.Code, Name: "Thư viện tỉnh " + province.Name}, nil
	}
	return c, err
}

// contacts remembers for a minute whom people may ask: it stands on pages that are looked at often.
type contacts struct {
	mu sync.Mutex
	of map[string]knownContact // by account
}

type knownContact struct {
	Contact
	until time.Time
}

const (
	contactLife  = time.Minute
	mostContacts = 10_000
)

func (k *contacts) get(id string, now time.Time) (Contact, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, ok := k.of[id]
	return c.Contact, ok && now.Before(c.until)
}

func (k *contacts) keep(id string, c Contact, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of == nil || len(k.of) >= mostContacts {
		k.of = map[string]knownContact{}
	}
	k.of[id] = knownContact{c, now.Add(contactLife)}
}

func (k *contacts) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.of = nil
}

// ContactOf is whom a person may ask: in the province of the roster, or else of their account. It is empty for those of
// no province. What changed elsewhere is known within a minute.
func (s *Help) ContactOf(ctx context.Context, a roster.Account) (Contact, error) {
	if c, ok := s.contacts.get(a.ID, s.Now()); ok {
		return c, nil
	}
	c, err := s.contactOf(ctx, a)
	if err == nil {
		s.contacts.keep(a.ID, c, s.Now())
	}
	return c, err
}

func (s *Help) contactOf(ctx context.Context, a roster.Account) (Contact, error) {
	code := a.Province
	p, err := s.Roll.Person(ctx, a.ID)
	if err == nil {
		code = p.Province
	} else if !errors.Is(err, problem.ErrNotFound) {
		return Contact{}, err
	}
	province, ok := s.Places.Province(roster.Present, code)
	if !ok {
		return Contact{}, nil
	}
	return s.Contact(ctx, province)
}

// ReadContact tidies what was typed of whom to ask, and says what is wrong with it.
func ReadContact(c Contact) (Contact, error) {
	c.Name, c.Hours = roster.Clean(c.Name), roster.Clean(c.Hours)
	switch {
	case c.Name == "":
		return c, problem.Invalid("name", "contact-name")
	case utf8.RuneCountInString(c.Name) > 120:
		return c, problem.Invalid("name", "text.long", 120)
	case utf8.RuneCountInString(c.Hours) > 120:
		return c, problem.Invalid("hours", "text.long", 120)
	}
	phone, err := roster.Phone(c.Phone)
	if err == nil {
		c.Phone = phone
	}
	return c, err
}

// SaveContact keeps it, when tell has taken who it was before.
func (s *Help) SaveContact(ctx context.Context, c Contact, tell func(was Contact) error) error {
	was, err := store.Get[Contact](ctx, s.Store, ContactKind, c.ID)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	if err := tell(was); err != nil {
		return err
	}
	err = store.Save(ctx, s.Store, ContactKind, c.ID, c)
	s.contacts.forget()
	return err
}

// RemoveContact has a province name nobody.
func (s *Help) RemoveContact(ctx context.Context, province string) error {
	err := s.Store.Delete(ctx, ContactKind, province)
	if errors.Is(err, problem.ErrNotFound) {
		err = nil
	}
	s.contacts.forget()
	return err
}
