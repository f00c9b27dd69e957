// Package mongodb keeps documents in MongoDB: for many nodes. It uses single-document writes alone, acknowledged by a
// majority and journaled, and reads what a majority has: no transactions, joins or change streams.
//
// A document is kept as {_id, rev, schema, doc}; rev counts its changes, and an update is made only upon the rev that was read.
package mongodb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"lopban/courses/store"
)

const (
	// reach is how long the database may take to be found, and to answer where neither the address (timeoutMS) nor the caller sets another end: well below the five seconds after which a visitor is told to come again, for what was done before it takes time too.
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

	blobs *mongo.Collection // the name of each blob that is whole, and the GridFS file that has its bytes

	closing sync.Once
}

// Open connects to the database that the address names (lopban when it names none) and makes the indexes that the kinds declare.
// A field that is indexed for the first time is filled in documents that lack it, for which such a kind needs a Doc; documents with an older schema are upgraded. Processes of an earlier release are to be stopped before.
//
// It is a *[store.Problem]: ErrInvalid with the code "store-address" when the address cannot be read, ErrUnavailable with the code "store-unreachable"
// and the hosts when nobody answers there within three and a half seconds, "store-newer" as [store.CheckRelease] says.
func Open(ctx context.Context, uri string, kinds ...*store.Kind) (*Store, error) {
	opts := settings(uri)
	if err := opts.Validate(); err != nil {
		return nil, store.Invalid("mongodb", "store-address")
	}
	client, err := mongo.Connect(opts)
	if err != nil {
		return nil, store.Invalid("mongodb", "store-address")
	}
	db := client.Database(databaseName(uri))
	s := &Store{hosts: opts.Hosts, answer: *opts.Timeout, client: client, db: db, kinds: map[string]*mongo.Collection{}, blobs: db.Collection("_blob.names")}
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
		SetBSONOptions(&options.BSONOptions{UseJSONStructTags: true})
	if t := opts.ServerSelectionTimeout; t == nil || *t > reach {
		opts.SetServerSelectionTimeout(reach)
	}
	if t := opts.Timeout; t == nil || *t <= 0 { // zero would be for ever
		opts.SetTimeout(reach)
	}
	return opts
}

// databaseName reads the path of an address: what stands between the hosts and the options. The driver reads it too, but keeps it to itself.
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
	notes := s.db.Collection("_kind")
	had, err := remembered(ctx, notes)
	if err != nil {
		return err
	}
	if err := store.CheckRelease(had, kinds); err != nil {
		return err
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

// prepare brings the documents of a kind and their indexes up to date. Each step may be cut off and done again. That documents of this schema may be there is noted before the first is written, so that an earlier release does
// not open what it cannot read.
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

// renew upgrades the documents of a kind that were written with an older schema. Whoever changes one meanwhile is not overwritten: it is read again.
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
	doc, err := k.New()
	if doc == nil || err != nil {
		return errors.Join(err, fmt.Errorf("%s is upgraded and has no Doc to read documents by: %w", k.Name, store.ErrInvalid))
	}
	if err := decode(old.Doc, doc); err != nil {
		return err
	}
	if _, err := k.Renew(doc, old.Schema); err != nil {
		return err
	}
	e, err := wrap(k, doc, old.Rev+1)
	if err != nil {
		return err
	}
	_, err = c.ReplaceOne(ctx, append(byID(old.ID), bson.E{Key: "rev", Value: old.Rev}), e)
	return translate(err)
}

// makeIndexes makes the indexes that the collection lacks, and takes away those that would refuse what is unique no more.
func makeIndexes(ctx context.Context, c *mongo.Collection, k *store.Kind) error {
	have, err := c.Indexes().ListSpecifications(ctx)
	if err != nil {
		return translate(err)
	}
	wanted := indexes(k)
	for _, old := range have {
		if strings.HasSuffix(old.Name, unique) && !slices.ContainsFunc(wanted, func(w index) bool { return w.name == old.Name }) {
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
		model := mongo.IndexModel{Keys: index.keys(), Options: options.Index().SetName(index.name).SetUnique(index.unique)}
		if _, err := c.Indexes().CreateOne(ctx, model); err != nil {
			return translate(err)
		}
	}
	return nil
}

// unique ends the name of an index whose values no two documents share.
const unique = " unique"

// index is one index of a kind. One that is not unique ends with the id, so that it holds the order of pages.
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
	if !i.unique {
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

// fill gives documents that were written before a field was declared the field's empty value, without which no condition would find them.
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
		return nil, errors.Join(err, fmt.Errorf("%s has documents and new fields, and no Doc to read them by: %w", k.Name, store.ErrInvalid))
	}
	raw, err := encode(doc)
	if err != nil {
		return nil, err
	}
	return raw.LookupErr(field)
}

// Ping says whether the primary answers.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	if err := s.client.Ping(ctx, readpref.Primary()); err != nil {
		return fmt.Errorf("%w: %w", &store.Problem{Kind: store.ErrUnavailable, Code: "store-unreachable", Args: []any{strings.Join(s.hosts, ", ")}}, err)
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
		return nil, fmt.Errorf("%w: %w", store.ErrInvalid, err)
	}
	return b.Bytes(), nil
}

func decode(raw bson.Raw, doc any) error {
	store.Clear(doc)
	dec := bson.NewDecoder(bson.NewDocumentReader(bytes.NewReader(raw)))
	dec.UseJSONStructTags()
	return dec.Decode(doc)
}

// translate gives an error of the driver its kind. What the server refuses as wrong is a fault of the program and stays as it is; everything else is a
// database that cannot be reached, or cannot promise what it was asked to.
func translate(err error) error {
	if err == nil {
		return nil
	}
	var refused mongo.ServerError
	if errors.As(err, &refused) && !mongo.IsTimeout(err) && !mongo.IsNetworkError(err) && !passing(refused) {
		return err
	}
	return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
}

// passing says whether a refusal is one of the moment: no primary, a shutdown, too few members that hold the write.
func passing(err mongo.ServerError) bool {
	if err.HasErrorLabel("RetryableWriteError") || err.HasErrorLabel("RetryableError") || err.HasErrorLabel("SystemOverloadedError") {
		return true
	}
	for _, code := range []int{
		91, 11600, 11602, 189, 10107, 13435, 13436, 10058, // shutdown, stepped down, not primary
		6, 7, 89, 9001, 262, // network among the members
		50, 24, 46, 112, // time, locks, conflict
		64, 79, 100, // write concern not met
		13, 18, 8000, // not allowed in: an operator must look
		14031, // out of disk
	} {
		if err.HasErrorCode(code) {
			return true
		}
	}
	var w mongo.WriteException
	var b mongo.BulkWriteException
	return errors.As(err, &w) && w.WriteConcernError != nil || errors.As(err, &b) && b.WriteConcernError != nil
}
