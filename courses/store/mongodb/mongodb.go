// Package mongodb keeps documents in MongoDB: for many nodes. It uses single-document writes alone, acknowledged by a
// majority and journaled, and reads what a majority has: no transactions, joins or change streams.
//
// A document is kept as {_id, rev, schema, doc}; rev counts its changes, and an update is made only upon the rev that
// was read.
package mongodb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver"

	"lopban/courses/problem"
	"lopban/courses/store"
)

const (
	// reach is how long the database may take to be found, and to answer where neither the address (timeoutMS) nor the
	// caller sets another end: well below the five seconds after which a visitor is told to come again, for what was
	// done before it takes time too.
	reach = 3500 * time.Millisecond
	// building is how long Open may take to make indexes of documents that are there already.
	building = time.Hour
	// defaultDatabase is used when the address names none.
	defaultDatabase = "lopban"
)

// Store is a [store.Store] on a MongoDB database.
type Store struct {
	hosts  []string
	answer time.Duration // how long it may take
	client *mongo.Client
	db     *mongo.Database
	kinds  map[string]*mongo.Collection

	blobs *mongo.Collection
	notes *mongo.Collection // store.Opened: what the database was opened with
	opens []*store.Kind
	guard atomic.Pointer[guard]

	closing sync.Once
}

// Open connects to the database that the address names (lopban when it names none) and makes the indexes that the kinds
// declare. A field that is indexed for the first time is filled in documents that lack it, for which such a kind needs
// a Doc; documents with an older schema are upgraded. Processes of an earlier release are to be stopped before.
//
// It is a *[problem.Problem]: ErrInvalid with the code "store-address" and the cause when the address cannot be read,
// ErrUnavailable with the code "store-unreachable", the hosts and the cause when no primary lets the program in within
// three and a half seconds, "store-newer" as [store.CheckRelease] says. No cause has a password in it.
func Open(ctx context.Context, uri string, kinds ...*store.Kind) (*Store, error) {
	opts := settings(uri)
	client, err := mongo.Connect(opts)
	if err != nil {
		return nil, problem.Invalid("mongodb", "store-address", hidden(err.Error(), uri))
	}
	db := client.Database(databaseName(uri))
	s := &Store{hosts: opts.Hosts, answer: *opts.Timeout, client: client, db: db, kinds: map[string]*mongo.Collection{}, blobs: db.Collection("_blob.names"), notes: db.Collection("_kind"), opens: kinds}
	if err := s.open(ctx, kinds); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// settings are those of the address, but for what the promises of the store need.
func settings(uri string) *options.ClientOptions {
	journaled := true
	opts := options.Client().
		SetServerSelectionTimeout(reach).
		SetConnectTimeout(reach).
		SetTimeout(reach).
		SetAppName("lopban").
		ApplyURI(uri).
		SetWriteConcern(&writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journaled}).
		SetReadConcern(readconcern.Majority()).
		SetReadPreference(readpref.Primary()).
		SetBSONOptions(&options.BSONOptions{UseJSONStructTags: true}).
		SetMonitor(&event.CommandMonitor{Failed: restAfter})
	if t := opts.ServerSelectionTimeout; t == nil || *t > reach {
		opts.SetServerSelectionTimeout(reach)
	}
	if t := opts.Timeout; t == nil || *t <= 0 { // zero would be for ever
		opts.SetTimeout(reach)
	}
	return opts
}

// breath is about how long an operation waits before the driver repeats it.
const breath = 40 * time.Millisecond

// restAfter makes an operation that was refused for the moment wait a little. The driver repeats it until its time is
// over, at once each time: after an election every process would ask thousands of times a second what no majority can
// promise yet.
func restAfter(ctx context.Context, failed *event.CommandFailedEvent) {
	var said driver.Error
	if !errors.As(failed.Failure, &said) || !slices.Contains(passingCodes, int(said.Code)) {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(breath/2 + rand.N(breath)):
	}
}

// databaseName reads the path of an address: what stands between the hosts and the options. The driver reads it too,
// but keeps it to itself.
func databaseName(uri string) string {
	_, rest, _ := strings.Cut(uri, "://")
	rest, _, _ = strings.Cut(rest, "?")
	_, name, _ := strings.Cut(rest, "/")
	if name, err := url.PathUnescape(name); err == nil && name != "" {
		return name
	}
	return defaultDatabase
}

func (s *Store) open(ctx context.Context, kinds []*store.Kind) error {
	if err := s.Ping(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, building)
	defer cancel()
	notes := s.notes
	had, err := remembered(ctx, notes)
	if err != nil {
		return err
	}
	if err := store.CheckRelease(had, kinds); err != nil {
		return err
	}
	if err := s.readyBlobs(ctx, notes, had); err != nil {
		return fmt.Errorf("preparing blobs: %w", err)
	}
	for _, k := range kinds {
		c := s.db.Collection(k.Name)
		if err := s.prepare(ctx, c, notes, k, had); err != nil {
			return fmt.Errorf("preparing %s: %w", k.Name, err)
		}
		s.kinds[k.Name] = c
	}
	return nil
}

// remembered is what the database was opened with before. One of release 0.1.0 remembers nothing.
func remembered(ctx context.Context, notes *mongo.Collection) ([]store.Opened, error) {
	cursor, err := notes.Find(ctx, bson.D{})
	if err != nil {
		return nil, translate(err)
	}
	var all []store.Opened
	return all, translate(cursor.All(ctx, &all))
}

// guard is what was last found of whether this program may go on writing.
type guard struct {
	at  time.Time
	err error
}

// guarded is how long a program goes on writing before it looks again whether a later release has opened the database.
const guarded = 2 * time.Second

// mayWrite refuses to write what a later release that has opened the database meanwhile would not read. Within the two
// seconds a document may still be inserted in the shape of before: whoever reads it brings it up to date.
func (s *Store) mayWrite(ctx context.Context) error {
	if g := s.guard.Load(); g != nil && time.Since(g.at) < guarded {
		return g.err
	}
	g := guard{at: time.Now()}
	had, err := remembered(ctx, s.notes)
	if err != nil {
		return err
	}
	g.err = store.CheckRelease(had, s.opens)
	s.guard.Store(&g)
	return g.err
}

// newer is the error of a document that only a later release can read.
func (s *Store) newer(ctx context.Context, k *store.Kind) error {
	s.guard.Store(nil)
	if err := s.mayWrite(ctx); err != nil {
		return err
	}
	return fmt.Errorf("a document of %s is of a later release: %w", k.Name, problem.ErrUnavailable)
}

// prepare brings the documents of a kind and their indexes up to date. Each step may be cut off and done again. That
// documents of this schema may be there is noted before the first is written, so that an earlier release does not open
// what it cannot read.
func (s *Store) prepare(ctx context.Context, c, notes *mongo.Collection, k *store.Kind, had []store.Opened) error {
	if _, err := k.New(); err != nil {
		return err
	}
	if note := k.Note(had); !slices.Contains(had, note) {
		if _, err := notes.ReplaceOne(ctx, byID(note.Kind), note, options.Replace().SetUpsert(true)); err != nil {
			return translate(err)
		}
	}
	if err := renew(ctx, c, k); err != nil {
		return err
	}
	return makeIndexes(ctx, c, k)
}

// renew upgrades the documents of a kind that were written with an older schema. Whoever changes one meanwhile is not
// overwritten: it is read again.
func renew(ctx context.Context, c *mongo.Collection, k *store.Kind) error {
	if k.Upgrade == nil {
		return nil
	}
	older := bson.D{{Key: "schema", Value: bson.D{{Key: "$lt", Value: k.Schema}}}}
	for {
		cursor, err := c.Find(ctx, older, options.Find().SetLimit(500))
		if err != nil {
			return translate(err)
		}
		var some []envelope
		if err := cursor.All(ctx, &some); err != nil || len(some) == 0 {
			return translate(err)
		}
		for _, e := range some {
			if err := renewOne(ctx, c, k, e); err != nil {
				return err
			}
		}
	}
}

func renewOne(ctx context.Context, c *mongo.Collection, k *store.Kind, old envelope) error {
	doc, err := renewed(k, old)
	if err != nil {
		return err
	}
	e, err := wrap(k, doc, old.Rev+1)
	if err != nil {
		return err
	}
	_, err = c.ReplaceOne(ctx, append(byID(old.ID), bson.E{Key: "rev", Value: old.Rev}), e)
	return translate(err)
}

// renewed is an older document in the shape of now.
func renewed(k *store.Kind, old envelope) (any, error) {
	doc, err := k.New()
	if doc == nil || err != nil {
		return nil, errors.Join(err, fmt.Errorf("%s is upgraded and has no Doc to read documents by: %w", k.Name, problem.ErrInvalid))
	}
	if err := decode(old.Doc, doc); err != nil {
		return nil, err
	}
	_, err = k.Renew(doc, old.Schema)
	return doc, err
}

// unwrap reads a document into doc, in the shape of now: one of before may have been written by an earlier release that
// was not yet stopped.
func (s *Store) unwrap(ctx context.Context, k *store.Kind, e envelope, doc any) error {
	switch {
	case e.Schema > k.Schema:
		return s.newer(ctx, k)
	case e.Schema == k.Schema || k.Upgrade == nil:
		return damaged(k, e, decode(e.Doc, doc))
	}
	now, err := renewed(k, e)
	if err != nil {
		return damaged(k, e, err)
	}
	raw, err := encode(now)
	if err != nil {
		return err
	}
	return decode(raw, doc)
}

// damaged says of which document it is that it cannot be read.
func damaged(k *store.Kind, e envelope, err error) error {
	if err == nil {
		return nil
	}
	return &store.DamagedError{Kind: k.Name, ID: e.ID, Err: err}
}

// makeIndexes makes the indexes that the collection lacks, and takes away those of ours that no kind declares any more:
// they would refuse what is unique no more, or cost each write something for nothing. Those of an operator stay.
func makeIndexes(ctx context.Context, c *mongo.Collection, k *store.Kind) error {
	have, err := c.Indexes().ListSpecifications(ctx)
	if err != nil {
		return translate(err)
	}
	wanted := indexes(k)
	for _, old := range have {
		if ours(old) && !slices.ContainsFunc(wanted, func(w index) bool { return w.name == old.Name }) {
			if err := c.Indexes().DropOne(ctx, old.Name); err != nil {
				return translate(err)
			}
		}
	}
	for _, index := range wanted {
		if slices.ContainsFunc(have, func(s mongo.IndexSpecification) bool { return s.Name == index.name }) {
			continue
		}
		if err := fill(ctx, c, k, index.fields); err != nil {
			return err
		}
		if err := makeIndex(ctx, c, index); err != nil {
			return err
		}
	}
	return nil
}

// makeIndex waits until a majority has built the index. MongoDB would wait for every member that holds data, and for
// one that is down without end; a server that is no replica set does not know of majorities.
func makeIndex(ctx context.Context, c *mongo.Collection, i index) error {
	model := mongo.IndexModel{Keys: i.keys(), Options: options.Index().SetName(i.name).SetUnique(i.unique)}
	_, err := c.Indexes().CreateOne(ctx, model, options.CreateIndexes().SetCommitQuorumMajority())
	var refused mongo.ServerError
	if errors.As(err, &refused) && slices.ContainsFunc(noQuorum, refused.HasErrorCode) {
		_, err = c.Indexes().CreateOne(ctx, model)
	}
	return translate(err)
}

// noQuorum is how a server that is no replica set refuses one: BadValue, InvalidOptions, NoReplicationEnabled,
// NotAReplicaSet.
var noQuorum = []int{2, 72, 76, 123}

// ours says whether an index was made by makeIndex.
func ours(old mongo.IndexSpecification) bool {
	i := index{name: old.Name, fields: strings.Split(old.Name, ".")}
	if field, is := strings.CutSuffix(old.Name, unique); is {
		i.fields, i.unique = []string{field}, true
	}
	have, err := old.KeysDocument.Elements()
	return err == nil && slices.EqualFunc(have, i.keys(), func(e bson.RawElement, key bson.E) bool { return e.Key() == key.Key })
}

// unique ends the name of an index whose values no two documents share.
const unique = " unique"

// index is one index of a kind. One that is not unique has the id, at its end where the kind does not say where, so
// that it holds the order of pages.
type index struct {
	name   string
	fields []string
	unique bool
}

func indexes(k *store.Kind) []index {
	var all []index
	for _, f := range k.Unique {
		all = append(all, index{f + unique, []string{f}, true})
	}
	for _, fields := range k.Indexes {
		all = append(all, index{strings.Join(fields, "."), fields, false})
	}
	return all
}

func (i index) keys() bson.D {
	var keys bson.D
	for _, f := range i.fields {
		keys = append(keys, bson.E{Key: path(f), Value: 1})
	}
	if !i.unique && !slices.Contains(i.fields, "id") {
		keys = append(keys, bson.E{Key: "_id", Value: 1})
	}
	return keys
}

// path is where a field of a document stands in what is kept.
func path(field string) string {
	if field == "id" {
		return "_id"
	}
	return "doc." + field
}

// fill gives documents that were written before a field was declared the field's empty value, without which no
// condition would find them.
func fill(ctx context.Context, c *mongo.Collection, k *store.Kind, fields []string) error {
	for _, f := range fields {
		lacking := bson.D{{Key: path(f), Value: bson.D{{Key: "$exists", Value: false}}}}
		if err := c.FindOne(ctx, lacking).Err(); errors.Is(err, mongo.ErrNoDocuments) {
			continue
		} else if err != nil {
			return translate(err)
		}
		empty, err := emptyValue(k, f)
		if err != nil {
			return err
		}
		if _, err := c.UpdateMany(ctx, lacking, bson.D{{Key: "$set", Value: bson.D{{Key: path(f), Value: empty}}}}); err != nil {
			return translate(err)
		}
	}
	return nil
}

func emptyValue(k *store.Kind, field string) (any, error) {
	doc, err := k.New()
	if doc == nil || err != nil {
		return nil, errors.Join(err, fmt.Errorf("%s has documents and new fields, and no Doc to read them by: %w", k.Name, problem.ErrInvalid))
	}
	raw, err := encode(doc)
	if err != nil {
		return nil, err
	}
	return raw.LookupErr(field)
}

// WorkTime is how long a piece of work of several calls should go on: longer than one of them may take, and still below
// the five seconds after which a visitor is told to come again.
func (s *Store) WorkTime() time.Duration { return s.answer + s.answer/5 }

// Ping says whether the primary answers.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	if err := s.client.Ping(ctx, readpref.Primary()); err != nil {
		return &problem.Problem{Kind: problem.ErrUnavailable, Code: "store-unreachable", Args: []any{strings.Join(s.hosts, ", "), cause(err)}}
	}
	return nil
}

// Close waits for what is under way, at most as long as an answer may take, and ends the connections.
func (s *Store) Close() (err error) {
	s.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), reach)
		defer cancel()
		err = s.client.Disconnect(ctx)
	})
	return err
}

// Drop removes the whole database and everything in it. It is for one that was made to be thrown away.
func (s *Store) Drop(ctx context.Context) error { return translate(s.db.Drop(ctx)) }

// encode writes a document as BSON by its JSON tags.
func encode(doc any) (bson.Raw, error) {
	var b bytes.Buffer
	enc := bson.NewEncoder(bson.NewDocumentWriter(&b))
	enc.UseJSONStructTags()
	if err := enc.Encode(doc); err != nil {
		return nil, fmt.Errorf("%w: %w", problem.ErrInvalid, err)
	}
	return b.Bytes(), nil
}

func decode(raw bson.Raw, doc any) error {
	store.Clear(doc)
	dec := bson.NewDecoder(bson.NewDocumentReader(bytes.NewReader(raw)))
	dec.UseJSONStructTags()
	return dec.Decode(doc)
}
