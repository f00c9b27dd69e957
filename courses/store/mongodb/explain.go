package mongodb

import (
	"context"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"lopban/courses/store"
)

// Explain gives the stages of the plan by which the server answers a Find, as it names them. A server that speaks only
// MongoDB's protocol may name none.
func (s *Store) Explain(ctx context.Context, k *store.Kind, q store.Query) (string, error) {
	c, err := s.collection(k)
	if err != nil {
		return "", err
	}
	filter, err := where(k, q)
	if err != nil {
		return "", err
	}
	find := bson.D{{Key: "find", Value: c.Name()}, {Key: "filter", Value: filter}, {Key: "sort", Value: order(k, q)}, {Key: "limit", Value: q.Limit}}
	return s.explain(ctx, find)
}

// ExplainCount does so for a Count.
func (s *Store) ExplainCount(ctx context.Context, k *store.Kind, q store.Query, by ...string) (string, error) {
	c, err := s.collection(k)
	if err != nil {
		return "", err
	}
	filter, err := where(k, q, by...)
	if err != nil {
		return "", err
	}
	return s.explain(ctx, bson.D{{Key: "aggregate", Value: c.Name()}, {Key: "pipeline", Value: grouping(filter, by)}, {Key: "cursor", Value: bson.D{}}})
}

func (s *Store) explain(ctx context.Context, command bson.D) (string, error) {
	ask := bson.D{{Key: "explain", Value: command}, {Key: "verbosity", Value: "queryPlanner"}}
	raw, err := s.db.RunCommand(ctx, ask).Raw()
	if err != nil {
		return "", translate(err)
	}
	return strings.Join(stages(raw), " "), nil
}

// stages are the names of the stages of the plan that won.
func stages(raw bson.Raw) (all []string) {
	elements, _ := raw.Elements()
	for _, e := range elements {
		if e.Key() == "stage" {
			if name, ok := e.Value().StringValueOK(); ok {
				all = append(all, name)
			}
		}
		if inner, ok := e.Value().DocumentOK(); ok && e.Key() != "rejectedPlans" {
			all = append(all, stages(inner)...)
		}
		if inner, ok := e.Value().ArrayOK(); ok && e.Key() != "rejectedPlans" {
			all = append(all, stages(bson.Raw(inner))...)
		}
	}
	return all
}
