package store

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"

	"lopban/courses/problem"
)

// OfPeople says whether documents of the kind are about one person each.
func (k *Kind) OfPeople() bool { return k.Person != "" || k.Under != "" }

// About reads the documents of a kind that are about a person or account, as pointers to structs of the type of Doc. A
// kind whose field Person is neither indexed nor found by Under is read whole.
func About(ctx context.Context, s Store, k *Kind, person string) ([]any, error) {
	if !k.OfPeople() || person == "" {
		return nil, nil
	}
	q, all := k.about(person)
	var docs []any
	err := s.Find(ctx, k, q, func(r Row) error {
		doc, err := k.New()
		if err == nil {
			err = r.Decode(doc)
		}
		if err == nil && (!all || k.PersonOf(doc) == person) {
			docs = append(docs, doc)
		}
		return err
	})
	return docs, err
}

// about is the query for a person's documents; all: it finds those of others too.
func (k *Kind) about(person string) (q Query, all bool) {
	switch {
	case k.Person == "id":
		return Where(Is("id", person)), false
	case k.Under != "":
		return Where(Begins(k.Under, person+"/")).By(k.Under), false
	case slices.Contains(k.Fields(), k.Person):
		return Where(Is(k.Person, person)), false
	}
	return Query{}, true
}

// PersonOf is the id of whom a document of the kind is about, "" for nobody.
func (k *Kind) PersonOf(doc any) string {
	v := reflect.ValueOf(doc).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		switch {
		case v.Field(i).Kind() != reflect.String || name == "":
		case name == k.Person:
			return v.Field(i).String()
		case k.Person == "" && name == k.Under:
			person, _, _ := strings.Cut(v.Field(i).String(), "/")
			return person
		}
	}
	return ""
}

// ID is the id of a document of the kind.
func (k *Kind) ID(doc any) (string, error) {
	id, _, err := k.Values(doc)
	return id, err
}

// Blank takes out of a fact, or of state, what says who somebody is. Only the erasure of personal data uses it: it is
// the one change of a fact that there is. When change says that nothing is left to take, nothing is written; a document
// that is gone is no error.
func Blank(ctx context.Context, s Store, k *Kind, id string, change func(doc any) bool) error {
	doc, err := k.New()
	if err != nil {
		return err
	}
	err = s.Update(ctx, k, id, doc, func() error {
		if !change(doc) {
			return errBlank
		}
		return nil
	})
	if errors.Is(err, errBlank) || errors.Is(err, problem.ErrNotFound) {
		return nil
	}
	return err
}

// errBlank ends the change of a document that names nobody any more.
var errBlank = errors.New("nothing to take out")

// Scrubber is a store in which what was deleted may lie on, where nobody but a reader of its files finds it. Scrub
// takes that away.
type Scrubber interface {
	Scrub(ctx context.Context) error
}
