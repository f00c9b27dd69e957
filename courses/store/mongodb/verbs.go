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

	"lopban/courses/store"
)

// envelope is a document as it is kept.
type envelope struct {
	ID     string   `bson:"_id"`
	Rev    int64    `bson:"rev"`
	Schema int      `bson:"schema"`
	Doc    bson.Raw `bson:"doc"`
}

func wrap(k *store.Kind, doc any, rev int64) (envelope, error) {
	id, _, err := k.Values(doc)
	if err != nil {
		return envelope{}, err
	}
	raw, err := encode(doc)
	if err != nil {
		return envelope{}, fmt.Errorf("%s %s: %w", k.Name, id, err)
	}
	return envelope{ID: id, Rev: rev, Schema: k.Schema, Doc: raw}, nil
}

func byID(id string) bson.D { return bson.D{{Key: "_id", Value: id}} }

func (s *Store) collection(k *store.Kind) (*mongo.Collection, error) {
	if c, ok := s.kinds[k.Name]; ok {
		return c, nil
	}
	return nil, fmt.Errorf("the store was opened without the kind %q: %w", k.Name, store.ErrInvalid)
}

// Insert is described at [store.Store].
func (s *Store) Insert(ctx context.Context, k *store.Kind, docs ...any) error {
	c, err := s.collection(k)
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
	return decode(e.Doc, doc)
}

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
	c, err := s.collection(k)
	if err != nil {
		return err
	}
	ctx, cancel := s.patience(ctx)
	defer cancel()
	for try := 0; ; try++ {
		done, err := attempt(ctx, c, k, id, doc, change)
		if done || err != nil {
			return err
		}
		if err := pause(ctx, try); err != nil {
			return translate(err)
		}
	}
}

// attempt changes a document upon the rev it was read at. It is not done when another writer came between.
func attempt(ctx context.Context, c *mongo.Collection, k *store.Kind, id string, doc any, change func() error) (done bool, err error) {
	old, err := read(ctx, c, k, id)
	if err != nil {
		return false, err
	}
	if err := decode(old.Doc, doc); err != nil {
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
		return false, fmt.Errorf("%s %s: the id cannot be changed: %w", k.Name, id, store.ErrInvalid)
	}
	result, err := c.ReplaceOne(ctx, append(byID(id), bson.E{Key: "rev", Value: old.Rev}), e)
	if mongo.IsDuplicateKeyError(err) {
		return false, &store.TakenError{Kind: k.Name, Taken: []int{0}}
	}
	if err != nil {
		return false, translate(err)
	}
	return result.MatchedCount == 1, nil
}

// patience ends the tries of an update whose caller set no end, when any other operation would end.
func (s *Store) patience(ctx context.Context) (context.Context, context.CancelFunc) {
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
	c, err := s.collection(k)
	if err != nil {
		return err
	}
	result, err := c.DeleteOne(ctx, byID(id))
	if err == nil && result.DeletedCount == 0 {
		return store.NotFound(k, id)
	}
	return translate(err)
}

// blobName says that a blob is whole, and which GridFS file has its bytes.
type blobName struct {
	Name string        `bson:"_id"`
	File bson.ObjectID `bson:"file"`
}

// bucket is a new one for each call: two uploads through one bucket share its buffer and mix their bytes.
func (s *Store) bucket() *mongo.GridFSBucket {
	return s.db.GridFSBucket(options.GridFSBucket().SetName("_blob"))
}

// PutBlob is described at [store.Store]. The bytes are uploaded as a file without a name and are given it, in one insert, when they are
// all there: an upload that is cut off is never seen, and of two only one gets the name.
func (s *Store) PutBlob(ctx context.Context, name string, data []byte) error {
	if name == "" {
		return fmt.Errorf("a blob has no name: %w", store.ErrInvalid)
	}
	taken := fmt.Errorf("blob %s: %w", name, store.ErrExists)
	err := s.blobs.FindOne(ctx, byID(name)).Err()
	if err == nil {
		return taken
	}
	if !errors.Is(err, mongo.ErrNoDocuments) {
		return translate(err)
	}
	file, err := s.bucket().UploadFromStream(ctx, name, bytes.NewReader(data))
	if err != nil {
		return translate(err)
	}
	_, err = s.blobs.InsertOne(ctx, blobName{name, file})
	if mongo.IsDuplicateKeyError(err) {
		return errors.Join(taken, translate(s.bucket().Delete(ctx, file)))
	}
	return translate(err)
}

// Blob is described at [store.Store].
func (s *Store) Blob(ctx context.Context, name string) ([]byte, error) {
	var b blobName
	err := s.blobs.FindOne(ctx, byID(name)).Decode(&b)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, fmt.Errorf("blob %s: %w", name, store.ErrNotFound)
	}
	if err != nil {
		return nil, translate(err)
	}
	var data bytes.Buffer
	if _, err := s.bucket().DownloadToStream(ctx, b.File, &data); err != nil {
		return nil, translate(err)
	}
	return data.Bytes(), nil
}

// Blobs is described at [store.Store].
func (s *Store) Blobs(ctx context.Context, each func(name string) error) error {
	cursor, err := s.blobs.Find(ctx, bson.D{}, options.Find().SetSort(byOrder("id", 1)))
	if err != nil {
		return translate(err)
	}
	return scan(ctx, cursor, func(raw bson.Raw) error {
		var b blobName
		if err := bson.Unmarshal(raw, &b); err != nil {
			return err
		}
		return each(b.Name)
	})
}
