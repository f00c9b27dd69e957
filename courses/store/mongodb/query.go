package mongodb

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// found is a document that is read.
type found struct {
	envelope
	kind  *store.Kind
	store *Store
	ctx   context.Context
}

// Decode is described at [store.Row].
func (f found) Decode(doc any) error { return f.store.unwrap(f.ctx, f.kind, f.envelope, doc) }

// Find is described at [store.Store].
func (s *Store) Find(ctx context.Context, k *store.Kind, q store.Query, each func(store.Row) error) error {
	c, err := s.collection(k)
	if err != nil {
		return err
	}
	filter, err := where(k, q)
	if err != nil {
		return err
	}
	opts := options.Find().SetSort(order(k, q)).SetAllowDiskUse(true).SetProjection(bson.D{{Key: "doc", Value: 1}, {Key: "schema", Value: 1}}).SetLimit(int64(q.Limit))
	cursor, err := c.Find(ctx, filter, opts)
	if err != nil {
		return translate(err)
	}
	return scan(ctx, cursor, func(raw bson.Raw) error {
		doc, ok := raw.Lookup("doc").DocumentOK()
		if !ok {
			return fmt.Errorf("%s %v: not a document of this program", k.Name, raw.Lookup("_id"))
		}
		schema, _ := raw.Lookup("schema").AsInt64OK()
		id, _ := raw.Lookup("_id").StringValueOK()
		return each(found{envelope{ID: id, Schema: int(schema), Doc: doc}, k, s, ctx})
	})
}

// order is that of a query.
func order(k *store.Kind, q store.Query) bson.D {
	field, down := strings.CutPrefix(q.Order, "-")
	if down {
		return byOrder(k, field, -1)
	}
	return byOrder(k, field, 1)
}

// byOrder sorts by a field and then by id. A unique field needs no id behind it, and its index has none: with it the
// server would sort everything it found.
func byOrder(k *store.Kind, field string, way int) bson.D {
	if field == "" || field == "id" {
		return bson.D{{Key: "_id", Value: way}}
	}
	if slices.Contains(k.Unique, field) {
		return bson.D{{Key: path(field), Value: way}}
	}
	return bson.D{{Key: path(field), Value: way}, {Key: "_id", Value: way}}
}

// scan calls each with every document. A server that fell silent is not waited for once more to be told that the rest
// is not wanted: it forgets a cursor by itself.
func scan(ctx context.Context, cursor *mongo.Cursor, each func(bson.Raw) error) error {
	for cursor.Next(ctx) {
		if err := each(cursor.Current); err != nil {
			cursor.Close(context.WithoutCancel(ctx))
			if errors.Is(err, store.Stop) {
				return nil
			}
			return err
		}
	}
	ended, now := context.WithCancel(ctx)
	if cursor.Err() != nil {
		now()
	}
	defer now()
	cursor.Close(ended)
	return translate(cursor.Err())
}

// Count is described at [store.Store].
func (s *Store) Count(ctx context.Context, k *store.Kind, q store.Query, by ...string) ([]store.Group, error) {
	c, err := s.collection(k)
	if err != nil {
		return nil, err
	}
	if q.Order != "" || q.After != nil || q.Limit != 0 {
		return nil, fmt.Errorf("a count of %s has an order or a limit: %w", k.Name, problem.ErrInvalid)
	}
	filter, err := where(k, q, by...)
	if err != nil {
		return nil, err
	}
	cursor, err := c.Aggregate(ctx, grouping(filter, by))
	if err != nil {
		return nil, translate(err)
	}
	var groups []store.Group
	err = scan(ctx, cursor, func(raw bson.Raw) error {
		g, err := group(raw, by)
		groups = append(groups, g)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("counting %s: %w", k.Name, err)
	}
	if groups == nil && len(by) == 0 {
		groups = []store.Group{{}}
	}
	return groups, nil
}

// grouping is the pipeline of a count. The keys stand as k0, k1 … because a group's key cannot have a dot.
func grouping(filter bson.D, by []string) mongo.Pipeline {
	var key any
	var keys, order bson.D
	for i, f := range by {
		name := fmt.Sprintf("k%d", i)
		keys = append(keys, bson.E{Key: name, Value: "$" + path(f)})
		order = append(order, bson.E{Key: "_id." + name, Value: 1})
	}
	if len(by) > 0 {
		key = keys
	}
	stages := mongo.Pipeline{
		{{Key: "$match", Value: filter}},
		{{Key: "$group", Value: bson.D{{Key: "_id", Value: key}, {Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}}}},
	}
	if len(by) > 0 {
		stages = append(stages, bson.D{{Key: "$sort", Value: order}})
	}
	return stages
}

func group(raw bson.Raw, by []string) (store.Group, error) {
	n, ok := raw.Lookup("n").AsInt64OK()
	if !ok {
		return store.Group{}, fmt.Errorf("the count is %v", raw.Lookup("n"))
	}
	g := store.Group{N: int(n)}
	for i, f := range by {
		key, ok := raw.Lookup("_id", fmt.Sprintf("k%d", i)).StringValueOK()
		if !ok {
			return g, fmt.Errorf("field %s is not a string: %w", f, problem.ErrInvalid)
		}
		g.Key = append(g.Key, key)
	}
	return g, nil
}

var comparisons = map[store.Op]string{store.Eq: "$eq", store.Lt: "$lt", store.Le: "$lte", store.Gt: "$gt", store.Ge: "$gte"}

// where writes the conditions and the cursor of a query as a filter. Values are strings, numbers, booleans and times,
// never documents.
func where(k *store.Kind, q store.Query, by ...string) (bson.D, error) {
	if err := k.Check(q, by...); err != nil {
		return nil, err
	}
	var all bson.A
	for _, c := range q.Where {
		one, err := condition(c)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", k.Name, c.Field, err)
		}
		all = append(all, one)
	}
	if q.After != nil {
		one, err := after(q)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.Name, err)
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return bson.D{}, nil
	}
	return bson.D{{Key: "$and", Value: all}}, nil
}

func condition(c store.Cond) (bson.D, error) {
	if c.Op == store.In || c.Op == store.PrefixIn {
		return among(c)
	}
	v, err := store.Plain(c.Value)
	if err != nil {
		return nil, err
	}
	if c.Op != store.Prefix {
		return compare(c.Field, comparisons[c.Op], v), nil
	}
	prefix, ok := v.(string)
	if !ok {
		return nil, fmt.Errorf("%v is no prefix: %w", c.Value, problem.ErrInvalid)
	}
	between := bson.D{{Key: "$gte", Value: prefix}}
	if end := store.PrefixEnd(prefix); end != "" {
		between = append(between, bson.E{Key: "$lt", Value: end})
	}
	return bson.D{{Key: path(c.Field), Value: between}}, nil
}

// among looks for many texts at once. A prefix stands as an expression that begins with ^ and quotes every sign: of
// these the server makes ranges of an index.
func among(c store.Cond) (bson.D, error) {
	texts, err := c.Texts()
	if err != nil {
		return nil, err
	}
	var all bson.A
	for _, text := range texts {
		if c.Op == store.PrefixIn {
			all = append(all, bson.Regex{Pattern: "^" + regexp.QuoteMeta(text)})
		} else {
			all = append(all, text)
		}
	}
	return bson.D{{Key: path(c.Field), Value: bson.D{{Key: "$in", Value: all}}}}, nil
}

func compare(field, op string, v any) bson.D {
	return bson.D{{Key: path(field), Value: bson.D{{Key: op, Value: v}}}}
}

// after leaves out what comes before the cursor and the cursor itself. The bound on the field alone is what an index
// can use.
func after(q store.Query) (bson.D, error) {
	field, down := strings.CutPrefix(q.Order, "-")
	op := "$gt"
	if down {
		op = "$lt"
	}
	if field == "" || field == "id" {
		return compare("id", op, q.After.ID), nil
	}
	v, err := store.Plain(q.After.Value)
	if err != nil {
		return nil, err
	}
	later := bson.D{{Key: "$or", Value: bson.A{compare(field, op, v), compare("id", op, q.After.ID)}}}
	return bson.D{{Key: "$and", Value: bson.A{compare(field, op+"e", v), later}}}, nil
}
