package mongodb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// envelope is a document as it is kept.
type envelope struct {
	ID     string   `bson:"_id"`
	Rev    int64    `bson:"rev"`
	Schema int      `bson:"schema"`
	Doc    bson.Raw `bson:"doc"`
	Sum    []byte   `bson:"sum,omitempty"` // of the document: see Inspect; none in one that 0.1.0 wrote
}

func wrap(k *store.Kind, doc any, rev int64) (envelope, error) {
	id, _, err := k.Values(doc)
	if err != nil {
		return envelope{}, err
	}
	raw, err := encode(doc)
	if err == nil && len(raw) > largest {
		err = fmt.Errorf("%d bytes, at most %d: %w", len(raw), largest, problem.ErrInvalid)
	}
	if err != nil {
		return envelope{}, fmt.Errorf("%s %s: %w", k.Name, id, err)
	}
	return envelope{ID: id, Rev: rev, Schema: k.Schema, Doc: raw, Sum: store.Sum(raw)}, nil
}

func byID(id string) bson.D { return bson.D{{Key: "_id", Value: id}} }

func (s *Store) collection(k *store.Kind) (*mongo.Collection, error) {
	if c, ok := s.kinds[k.Name]; ok {
		return c, nil
	}
	return nil, fmt.Errorf("the store was opened without the kind %q: %w", k.Name, problem.ErrInvalid)
}

// writable is collection for what changes it.
func (s *Store) writable(ctx context.Context, k *store.Kind) (*mongo.Collection, error) {
	c, err := s.collection(k)
	if err == nil {
		err = s.mayWrite(ctx)
	}
	return c, err
}

// Insert is described at [store.Store].
func (s *Store) Insert(ctx context.Context, k *store.Kind, docs ...any) error {
	c, err := s.writable(ctx, k)
	if err != nil || len(docs) == 0 {
		return err
	}
	all := make([]envelope, len(docs))
	for i, doc := range docs {
		if all[i], err = wrap(k, doc, 1); err != nil {
			return err
		}
	}
	_, err = c.InsertMany(ctx, all, options.InsertMany().SetOrdered(false))
	return refusals(k, err)
}

// refusals turns the errors of an unordered insert into those of the documents that were left out.
func refusals(k *store.Kind, err error) error {
	var bulk mongo.BulkWriteException
	if !errors.As(err, &bulk) || bulk.WriteConcernError != nil {
		return translate(err)
	}
	taken := &store.TakenError{Kind: k.Name}
	for _, one := range bulk.WriteErrors {
		if !mongo.IsDuplicateKeyError(one) {
			return translate(err)
		}
		taken.Taken = append(taken.Taken, one.Index)
	}
	if taken.Taken == nil {
		return translate(err)
	}
	return taken
}

// Get is described at [store.Store].
func (s *Store) Get(ctx context.Context, k *store.Kind, id string, doc any) error {
	c, err := s.collection(k)
	if err != nil {
		return err
	}
	e, err := read(ctx, c, k, id)
	if err != nil {
		return err
	}
	return s.unwrap(ctx, k, e, doc)
}

// read reads what the collection promises.
func read(ctx context.Context, c *mongo.Collection, k *store.Kind, id string) (envelope, error) {
	var e envelope
	err := c.FindOne(ctx, byID(id)).Decode(&e)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return e, store.NotFound(k, id)
	}
	return e, translate(err)
}

// Update is described at [store.Store].
func (s *Store) Update(ctx context.Context, k *store.Kind, id string, doc any, change func() error) error {
	c, err := s.writable(ctx, k)
	if err != nil {
		return err
	}
	// What the primary has is enough here: the write decides by the rev, and waits for the majority. Read by majority,
	// the loop would see the old rev for as long as a member lags.
	c = c.Clone(options.Collection().SetReadConcern(readconcern.Local()))
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	for try := 0; ; try++ {
		done, err := s.attempt(ctx, c, k, id, doc, change)
		if done || err != nil {
			return err
		}
		if err := pause(ctx, try); err != nil {
			return translate(err)
		}
	}
}

// attempt changes a document upon the rev it was read at. It is not done when another writer came between.
func (s *Store) attempt(ctx context.Context, c *mongo.Collection, k *store.Kind, id string, doc any, change func() error) (done bool, err error) {
	old, err := read(ctx, c, k, id)
	if err != nil {
		return false, err
	}
	if err := s.unwrap(ctx, k, old, doc); err != nil {
		return false, err
	}
	if err := change(); err != nil {
		return false, err
	}
	e, err := wrap(k, doc, old.Rev+1)
	if err != nil {
		return false, err
	}
	if e.ID != id {
		return false, fmt.Errorf("%s %s: the id cannot be changed: %w", k.Name, id, problem.ErrInvalid)
	}
	result, err := c.ReplaceOne(ctx, append(byID(id), bson.E{Key: "rev", Value: old.Rev}), e)
	if taken(err) {
		return false, &store.TakenError{Kind: k.Name, Taken: []int{0}}
	}
	if err != nil {
		return false, translate(err)
	}
	return result.MatchedCount == 1, nil
}

// bounded ends the tries of an update whose caller set no end, when any other operation would end.
func (s *Store) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, set := ctx.Deadline(); set {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, s.answer)
}

// pause waits a little longer after each try, by chance, so that writers of one document come apart.
func pause(ctx context.Context, try int) error {
	longest := time.Millisecond << min(try, 6)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(longest)):
		return nil
	}
}

// Delete is described at [store.Store]. A document that is not there is ErrNotFound.
func (s *Store) Delete(ctx context.Context, k *store.Kind, id string) error {
	c, err := s.writable(ctx, k)
	if err != nil {
		return err
	}
	result, err := c.DeleteOne(ctx, byID(id))
	if err == nil && result.DeletedCount == 0 {
		return store.NotFound(k, id)
	}
	return translate(err)
}

// blob is a blob as it is kept: one document, so that it is there whole or not at all and takes no more memory than its
// bytes. Release 0.1.0 kept the bytes as a GridFS file and here only which one.
type blob struct {
	Name string        `bson:"_id"`
	Data []byte        `bson:"data,omitempty"`
	File bson.ObjectID `bson:"file,omitempty"`
}

// largest is how many bytes a blob or a document of ours may have: one of MongoDB's holds 16 MiB.
const largest = 15 << 20

// bucket has the blobs of release 0.1.0.
func (s *Store) bucket() *mongo.GridFSBucket {
	return s.db.GridFSBucket(options.GridFSBucket().SetName("_blob"))
}

// PutBlob is described at [store.Store]. More than 15 MiB are ErrInvalid.
func (s *Store) PutBlob(ctx context.Context, name string, data []byte) error {
	if name == "" || len(data) > largest {
		return fmt.Errorf("a blob named %q of %d bytes: %w", name, len(data), problem.ErrInvalid)
	}
	if err := s.mayWrite(ctx); err != nil {
		return err
	}
	_, err := s.blobs.InsertOne(ctx, blob{Name: name, Data: data})
	if taken(err) {
		return fmt.Errorf("blob %s: %w", name, problem.ErrExists)
	}
	return translate(err)
}

// Blob is described at [store.Store].
func (s *Store) Blob(ctx context.Context, name string) ([]byte, error) {
	var b blob
	err := s.blobs.FindOne(ctx, byID(name)).Decode(&b)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, fmt.Errorf("blob %s: %w", name, problem.ErrNotFound)
	}
	if err != nil {
		return nil, translate(err)
	}
	if b.File.IsZero() {
		return b.Data, nil
	}
	var data bytes.Buffer
	if _, err := s.bucket().DownloadToStream(ctx, b.File, &data); err != nil {
		return nil, translate(err)
	}
	return data.Bytes(), nil
}

// DeleteBlob is described at [store.Store]. The name goes first: bytes without one are never seen.
func (s *Store) DeleteBlob(ctx context.Context, name string) error {
	if err := s.mayWrite(ctx); err != nil {
		return err
	}
	var b blob
	err := s.blobs.FindOne(ctx, byID(name), options.FindOne().SetProjection(bson.D{{Key: "file", Value: 1}})).Decode(&b)
	if err == nil {
		var gone *mongo.DeleteResult
		if gone, err = s.blobs.DeleteOne(ctx, byID(name)); err == nil && gone.DeletedCount == 0 {
			err = mongo.ErrNoDocuments
		}
	}
	if errors.Is(err, mongo.ErrNoDocuments) {
		return fmt.Errorf("blob %s: %w", name, problem.ErrNotFound)
	}
	if err != nil || b.File.IsZero() {
		return translate(err)
	}
	if err := s.bucket().Delete(ctx, b.File); err != nil && !errors.Is(err, mongo.ErrFileNotFound) {
		return translate(err)
	}
	return nil
}

// The note says that blobs may be whole documents, which release 0.1.0 cannot read; and then that what its uploads left
// behind is gone.
const (
	blobNote  = "_blob"
	blobWhole = 1
	blobSwept = 2
)

// readyBlobs notes the shape of blobs, and once removes files and chunks of GridFS that were left without a name when
// an upload was cut off.
func (s *Store) readyBlobs(ctx context.Context, notes *mongo.Collection, had []store.Opened) error {
	note := store.Opened{Kind: blobNote, Schema: blobWhole, Release: store.Release}
	for _, h := range had {
		if h.Kind == blobNote {
			note = h
		}
	}
	keep := func() error {
		_, err := notes.ReplaceOne(ctx, byID(note.Kind), note, options.Replace().SetUpsert(true))
		return translate(err)
	}
	if note.Schema >= blobSwept {
		return nil
	}
	if err := keep(); err != nil {
		return err
	}
	if err := s.sweepFiles(ctx); err != nil {
		return err
	}
	note.Schema = blobSwept
	return keep()
}

// sweepFiles removes what no blob names. Nothing new comes: blobs are documents.
func (s *Store) sweepFiles(ctx context.Context) error {
	named := map[bson.ObjectID]bool{}
	cursor, err := s.blobs.Find(ctx, bson.D{{Key: "file", Value: bson.D{{Key: "$exists", Value: true}}}})
	if err != nil {
		return translate(err)
	}
	err = scan(ctx, cursor, func(raw bson.Raw) error {
		file, _ := raw.Lookup("file").ObjectIDOK()
		named[file] = true
		return nil
	})
	if err != nil {
		return err
	}
	for _, part := range []struct {
		of    *mongo.Collection
		owner string
		order bson.D // of the index that has all that is asked for
	}{
		{s.bucket().GetFilesCollection(), "_id", bson.D{{Key: "_id", Value: 1}}},
		{s.bucket().GetChunksCollection(), "files_id", bson.D{{Key: "files_id", Value: 1}, {Key: "n", Value: 1}}},
	} {
		only := bson.D{{Key: "_id", Value: 0}, {Key: part.owner, Value: 1}}
		if part.owner == "_id" {
			only = only[1:]
		}
		cursor, err := part.of.Find(ctx, bson.D{}, options.Find().SetSort(part.order).SetProjection(only))
		if err != nil {
			return translate(err)
		}
		lost := map[bson.ObjectID]bool{}
		err = scan(ctx, cursor, func(raw bson.Raw) error {
			if file, ok := raw.Lookup(part.owner).ObjectIDOK(); ok && !named[file] {
				lost[file] = true
			}
			return nil
		})
		if err != nil {
			return err
		}
		for file := range lost {
			if _, err := part.of.DeleteMany(ctx, bson.D{{Key: part.owner, Value: file}}); err != nil {
				return translate(err)
			}
		}
	}
	return nil
}

// Blobs is described at [store.Store].
func (s *Store) Blobs(ctx context.Context, each func(name string) error) error {
	cursor, err := s.blobs.Find(ctx, bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return translate(err)
	}
	return scan(ctx, cursor, func(raw bson.Raw) error {
		var b blob
		if err := bson.Unmarshal(raw, &b); err != nil {
			return err
		}
		return each(b.Name)
	})
}
