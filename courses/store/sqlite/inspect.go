package sqlite

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"lopban/courses/store"
)

// Inspect is described at [store.Inspector]. Beside the sum of a document it compares the columns that it is found by.
func (s *Store) Inspect(ctx context.Context, k *store.Kind, each func(store.Damage)) (n int, err error) {
	t, err := s.table(k)
	if err != nil {
		return 0, err
	}
	columns := strings.Join(append([]string{"CAST(id AS TEXT)", "CAST(_body AS BLOB)", "_sum"}, quoted(t.fields)...), ", ")
	rows, err := s.streams.QueryContext(ctx, "SELECT "+columns+" FROM "+quote(k.Name)+" ORDER BY id")
	if err != nil {
		return 0, translate(err)
	}
	defer rows.Close()
	one := kept{values: make([]any, len(t.fields))}
	to := []any{&one.id, &one.body, &one.sum}
	for i := range one.values {
		to = append(to, &one.values[i])
	}
	for rows.Next() {
		n++
		if err := rows.Scan(to...); err != nil {
			return n, translate(err)
		}
		what, err := t.inspect(one)
		if err != nil {
			return n, err
		}
		if what != "" {
			each(store.Damage{ID: one.id, What: what})
		}
	}
	return n, translate(rows.Err())
}

// kept is a row as its table has it.
type kept struct {
	id     string
	body   []byte
	sum    []byte
	values []any
}

// inspect says what is wrong with a row, "" for nothing.
func (t *table) inspect(one kept) (string, error) {
	if !bytes.Equal(one.sum, store.Sum(one.body)) {
		if doc, err := t.kind.New(); err != nil {
			return "", err
		} else if doc != nil && decode(one.body, doc) != nil {
			return store.Unreadable, nil
		}
		return store.Altered, nil
	}
	doc, err := t.kind.New()
	if doc == nil || err != nil {
		return "", err
	}
	if err := decode(one.body, doc); err != nil {
		return store.Unreadable, nil
	}
	id, values, err := t.kind.Values(doc)
	if err != nil {
		return store.Unreadable, nil
	}
	if id != one.id || !slices.EqualFunc(values, one.values, func(v, in any) bool { return fmt.Sprint(column(v)) == fmt.Sprint(in) }) {
		return store.Misfiled, nil
	}
	return "", nil
}
