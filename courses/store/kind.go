package store

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"lopban/courses/problem"
)

// Kind describes documents of one sort. Kinds are package variables of the packages that own them.
type Kind struct {
	Name   string   // a word of a-z, the table or collection
	Schema int      // number of the shape written now, kept with each document
	Unique []string // fields whose value no two documents share; the value is never empty
	// fields to query by, in the order of a composite index. The id follows them, unless it stands among them: fields
	// behind it are not in the order of pages and only spare a count the documents
	Indexes [][]string
	// an empty document, such as Person{}: checked when a store is opened, and needed to index a field of documents
	// that are there already
	Doc any

	Fact   bool   // inserted once and never edited: Update refuses it
	Person string // the field that names the person or account whom a document is about, "" for nobody
	// Under is the field, "id" or an indexed one, that begins with the id of that person and "/": such documents are
	// found by it, see About. A kind may have it without Person.
	Under  string
	Secret bool // no backup holds it
	// Order is its place in a backup, which no two kinds share. Where there is no snapshot of a whole store (MongoDB),
	// what refers is read before what it refers to: of two documents the one that is referred to was written first, so
	// it is there when its kind's turn comes. A lease comes first because it says from when on facts must be settled.
	Order int

	// Upgrade brings a document that was written with an older schema, and read into a Doc, to the shape of now. Kinds
	// whose new fields are right when they are empty need none; one that gains a unique field does. It is called once
	// for each such document, when the store is opened or an old backup restored.
	Upgrade func(doc any, from int) error

	types sync.Map // reflect.Type of a document to its field positions
}

// Fields lists the unique and indexed fields, each once, in a fixed order: an engine keeps a column or an index path
// for each.
func (k *Kind) Fields() []string {
	var fields []string
	seen := map[string]bool{"id": true}
	add := func(f string) {
		if !seen[f] {
			seen[f] = true
			fields = append(fields, f)
		}
	}
	for _, f := range k.Unique {
		add(f)
	}
	for _, index := range k.Indexes {
		for _, f := range index {
			add(f)
		}
	}
	return fields
}

// New is a pointer to an empty document of the type of Doc, or nil where Doc is not set. It is ErrInvalid when the type
// misses a field.
func (k *Kind) New() (any, error) {
	if k.Doc == nil {
		return nil, nil
	}
	t := reflect.TypeOf(k.Doc)
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%s: Doc is a struct, not %v: %w", k.Name, t, problem.ErrInvalid)
	}
	_, err := k.positions(t)
	return reflect.New(t).Interface(), err
}

// Renew upgrades a document that was written with this schema, and says whether there was anything to do.
func (k *Kind) Renew(doc any, from int) (bool, error) {
	if k.Upgrade == nil || from >= k.Schema {
		return false, nil
	}
	if err := k.Upgrade(doc, from); err != nil {
		return false, fmt.Errorf("%s of schema %d: %w", k.Name, from, err)
	}
	return true, nil
}

// Values reads the id and the values of Fields from a document, a pointer to a struct. A value is a string, int64, bool
// or time.Time. It is ErrInvalid when the document has no id, misses a field, or has an empty unique field.
func (k *Kind) Values(doc any) (id string, values []any, err error) {
	v := reflect.ValueOf(doc)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return "", nil, fmt.Errorf("%s: a document is a pointer to a struct, not %T: %w", k.Name, doc, problem.ErrInvalid)
	}
	v = v.Elem()
	positions, err := k.positions(v.Type())
	if err != nil {
		return "", nil, err
	}
	id = v.Field(positions[0]).String()
	if id == "" {
		return "", nil, fmt.Errorf("%s: a document has no id: %w", k.Name, problem.ErrInvalid)
	}
	values = make([]any, len(positions)-1)
	for i, at := range positions[1:] {
		values[i] = value(v.Field(at))
		if i < len(k.Unique) && values[i] == "" {
			return "", nil, fmt.Errorf("%s %s: unique field %s is empty: %w", k.Name, id, k.Unique[i], problem.ErrInvalid)
		}
	}
	return id, values, nil
}

func value(v reflect.Value) any {
	if t, ok := v.Interface().(time.Time); ok {
		return Time(t)
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	default:
		return v.Int()
	}
}

// positions finds where the id and the fields of the kind stand in a struct type.
func (k *Kind) positions(t reflect.Type) ([]int, error) {
	if p, ok := k.types.Load(t); ok {
		return p.([]int), nil
	}
	at := map[string]int{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		at[name] = i
	}
	var positions []int
	for _, f := range append([]string{"id"}, k.Fields()...) {
		i, ok := at[f]
		if !ok {
			return nil, fmt.Errorf("%s: %v has no field tagged %q: %w", k.Name, t, f, problem.ErrInvalid)
		}
		if !indexable(t.Field(i).Type) {
			return nil, fmt.Errorf("%s: field %q of %v cannot be indexed: %w", k.Name, f, t, problem.ErrInvalid)
		}
		positions = append(positions, i)
	}
	k.types.Store(t, positions)
	return positions, nil
}

func indexable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Int32:
		return true
	}
	return t == reflect.TypeFor[time.Time]()
}

// Check says whether a query, and the grouping of a count, name only fields that the kind has indexed.
func (k *Kind) Check(q Query, by ...string) error {
	known := map[string]bool{"id": true}
	for _, f := range k.Fields() {
		known[f] = true
	}
	names := append([]string{}, by...)
	for _, c := range q.Where {
		names = append(names, c.Field)
	}
	if q.Order != "" {
		names = append(names, strings.TrimPrefix(q.Order, "-"))
	}
	for _, name := range names {
		if !known[name] {
			return fmt.Errorf("%s: field %q is not indexed: %w", k.Name, name, problem.ErrInvalid)
		}
	}
	return nil
}
