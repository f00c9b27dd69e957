// Package store is the seam between the product's rules and the database: documents by kind, six verbs and write-once
// blobs, and no driver types. A new entity is a new [Kind] and adds no engine code.
//
// A document is a struct with JSON tags and a string field tagged "id". Times in it are UTC and whole milliseconds
// (see [Time]); what an engine gives back equals what it was given. Both engines, sqlite and mongodb, pass the
// contract in storetest.
package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lopban/courses/problem"
)

// Store keeps documents. Every method that writes returns only when the write is durable: on disk (synchronous=FULL)
// or acknowledged by a majority with its journal. All methods may be called by many goroutines at once.
//
// Errors wrap [problem.ErrNotFound], [problem.ErrExists], [problem.ErrInvalid] or [problem.ErrUnavailable]; anything
// else is a fault of the program.
type Store interface {
	// Insert adds documents (pointers to structs). A document whose id or unique field is taken is left out and the
	// rest are still inserted; the error is then a *[TakenError].
	Insert(ctx context.Context, k *Kind, docs ...any) error

	// Get reads the document with this id into doc, a pointer to a struct.
	Get(ctx context.Context, k *Kind, id string, doc any) error

	// Update reads the document into doc (a pointer to a struct), calls change, and writes doc back, atomically: if
	// another writer came between, doc is read again and change called again. When change fails nothing is written and
	// its error is returned as it is. The id cannot be changed.
	Update(ctx context.Context, k *Kind, id string, doc any, change func() error) error

	// Delete removes a document. Only the erasure of personal data uses it.
	Delete(ctx context.Context, k *Kind, id string) error

	// Find calls each for every document that matches, in order, as it streams. each may return [Stop] to end early. It
	// must not write to the store from inside each.
	Find(ctx context.Context, k *Kind, q Query, each func(Row) error) error

	// Count counts the documents that match, grouped by the values of the given string fields; without fields there is
	// exactly one group, with no key. Groups come in the order of their keys. Query.Order, After and Limit must be
	// empty.
	Count(ctx context.Context, k *Kind, q Query, by ...string) ([]Group, error)

	// PutBlob keeps bytes under a name until DeleteBlob. A taken name is ErrExists, and the bytes kept first stay.
	PutBlob(ctx context.Context, name string, data []byte) error

	// Blob gives back the bytes kept under the name.
	Blob(ctx context.Context, name string) ([]byte, error)

	// Blobs calls each with every name, in order.
	Blobs(ctx context.Context, each func(name string) error) error

	// DeleteBlob removes the bytes kept under a name. A name that nothing has is ErrNotFound.
	DeleteBlob(ctx context.Context, name string) error

	// Ping says whether the store can be reached.
	Ping(ctx context.Context) error

	// Close waits for writes under way and releases the store.
	Close() error
}

// Row is one document of a Find.
type Row interface {
	Decode(doc any) error
}

// Query chooses documents. Every field it names must be "id" or declared by the Kind in Unique or Indexes: a query that
// would have to read everything is ErrInvalid on both engines.
type Query struct {
	Where []Cond // all must hold
	// field to sort by, "id" when empty; a leading "-" sorts downwards. Documents with equal values follow by id, in
	// the same direction
	Order string
	After *Cursor
	Limit int // 0 is no limit
}

// Cond compares a field with a value of the field's own type: string, int, bool or time.Time; or a string field with
// many at once, a []string.
type Cond struct {
	Field string
	Op    Op
	Value any
}

// Op is a comparison.
type Op int

const (
	Eq       Op = iota // equal
	Lt                 // less than
	Le                 // less or equal
	Gt                 // greater than
	Ge                 // greater or equal
	Prefix             // a string that begins with the value, compared byte by byte
	In                 // a string that is one of the values
	PrefixIn           // a string that begins with one of the values
)

// Is, and the functions after it, write a condition.
func Is(field string, value any) Cond                { return Cond{field, Eq, value} }
func Less(field string, value any) Cond              { return Cond{field, Lt, value} }
func AtMost(field string, value any) Cond            { return Cond{field, Le, value} }
func More(field string, value any) Cond              { return Cond{field, Gt, value} }
func AtLeast(field string, value any) Cond           { return Cond{field, Ge, value} }
func Begins(field string, prefix string) Cond        { return Cond{field, Prefix, prefix} }
func Among(field string, values []string) Cond       { return Cond{field, In, values} }
func BeginsAny(field string, prefixes []string) Cond { return Cond{field, PrefixIn, prefixes} }
func Where(conds ...Cond) Query                      { return Query{Where: conds} }
func (q Query) By(order string) Query                { q.Order = order; return q }
func (q Query) First(n int) Query                    { q.Limit = n; return q }
func (q Query) From(c *Cursor) Query                 { q.After = c; return q }

// Cursor is the place after which a page begins: the last document's value of the order field and its id.
type Cursor struct {
	Value any // ignored when the order is by id
	ID    string
}

// Group is a row of Count.
type Group struct {
	Key []string
	N   int
}

// Time is t as documents keep it: UTC, whole milliseconds.
func Time(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Stop, returned from a function given to Find, ends it without an error.
//
//lint:ignore ST1012 it is a signal, as fs.SkipAll is, and no error
var Stop = errors.New("stop")

// Get reads the document with this id.
func Get[T any](ctx context.Context, s Store, k *Kind, id string) (T, error) {
	var doc T
	err := s.Get(ctx, k, id, &doc)
	return doc, err
}

// Update changes the document with this id and returns it as it was written.
func Update[T any](ctx context.Context, s Store, k *Kind, id string, change func(*T) error) (T, error) {
	var doc T
	if k.Fact {
		return doc, fmt.Errorf("%s %s: a fact is not edited", k.Name, id)
	}
	err := s.Update(ctx, k, id, &doc, func() error { return change(&doc) })
	return doc, err
}

// Each calls f with every document that matches; f may return Stop.
func Each[T any](ctx context.Context, s Store, k *Kind, q Query, f func(T) error) error {
	return s.Find(ctx, k, q, func(r Row) error {
		var doc T
		if err := r.Decode(&doc); err != nil {
			return err
		}
		return f(doc)
	})
}

// All returns every document that matches.
func All[T any](ctx context.Context, s Store, k *Kind, q Query) ([]T, error) {
	var docs []T
	err := Each(ctx, s, k, q, func(doc T) error { docs = append(docs, doc); return nil })
	return docs, err
}

// Many reads the documents with these ids, by id: a call of the store for each MostTexts of them. Of an id that nothing
// has there is none.
func Many[T any](ctx context.Context, s Store, k *Kind, ids []string, id func(T) string) (map[string]T, error) {
	docs := make(map[string]T, len(ids))
	for some := range slices.Chunk(ids, MostTexts) {
		err := Each(ctx, s, k, Where(Among("id", some)), func(doc T) error { docs[id(doc)] = doc; return nil })
		if err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// One returns the first document that matches, or ErrNotFound.
func One[T any](ctx context.Context, s Store, k *Kind, q Query) (T, error) {
	docs, err := All[T](ctx, s, k, q.First(1))
	if err == nil && len(docs) == 0 {
		err = NotFound(k, "matching the query")
	}
	if err != nil {
		var none T
		return none, err
	}
	return docs[0], nil
}

// Save inserts the document, or, where its id is taken, changes the one that is there.
// It is for state that can be rebuilt; facts are only ever inserted.
func Save[T any](ctx context.Context, s Store, k *Kind, id string, doc T) error {
	_, err := Update(ctx, s, k, id, func(old *T) error { *old = doc; return nil })
	if errors.Is(err, problem.ErrNotFound) {
		if err = s.Insert(ctx, k, &doc); errors.Is(err, problem.ErrExists) {
			_, err = Update(ctx, s, k, id, func(old *T) error { *old = doc; return nil })
		}
	}
	return err
}
