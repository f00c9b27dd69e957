package sqlite

import (
	"context"
	"strings"

	"lopban/courses/store"
)

// Explain gives the lines of the plan by which SQLite answers a Find.
func (s *Store) Explain(ctx context.Context, k *store.Kind, q store.Query) (string, error) {
	text, args, err := s.selection(k, q)
	if err != nil {
		return "", err
	}
	return s.explain(ctx, text, args)
}

// ExplainCount does so for a Count.
func (s *Store) ExplainCount(ctx context.Context, k *store.Kind, q store.Query, by ...string) (string, error) {
	text, args, err := s.counting(k, q, by)
	if err != nil {
		return "", err
	}
	return s.explain(ctx, text, args)
}

func (s *Store) explain(ctx context.Context, text string, args []any) (string, error) {
	rows, err := s.readers.QueryContext(ctx, "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		return "", translate(err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var id, parent, unused int
		var line string
		if err := rows.Scan(&id, &parent, &unused, &line); err != nil {
			return "", translate(err)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; "), translate(rows.Err())
}
