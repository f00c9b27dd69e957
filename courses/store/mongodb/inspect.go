package mongodb

import (
	"bytes"
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"lopban/courses/store"
)

// Inspect is described at [store.Inspector].
func (s *Store) Inspect(ctx context.Context, k *store.Kind, each func(store.Damage)) (n int, err error) {
	c, err := s.collection(k)
	if err != nil {
		return 0, err
	}
	cursor, err := c.Find(ctx, bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return 0, translate(err)
	}
	err = scan(ctx, cursor, func(raw bson.Raw) error {
		n++
		id, _ := raw.Lookup("_id").StringValueOK()
		if what := s.inspect(ctx, k, raw); what != "" {
			each(store.Damage{ID: id, What: what})
		}
		return ctx.Err()
	})
	return n, err
}

// inspect says what is wrong with a document, "" for nothing.
func (s *Store) inspect(ctx context.Context, k *store.Kind, raw bson.Raw) string {
	var e envelope
	if bson.Unmarshal(raw, &e) != nil || e.ID == "" || e.Doc == nil {
		return store.Unreadable
	}
	doc, err := k.New()
	if doc == nil || err != nil {
		return ""
	}
	if s.unwrap(ctx, k, e, doc) != nil {
		return store.Unreadable
	}
	if len(e.Sum) > 0 && !bytes.Equal(e.Sum, store.Sum(e.Doc)) {
		return store.Altered
	}
	if id, _, err := k.Values(doc); err != nil || id != e.ID {
		return store.Misfiled
	}
	return ""
}
