package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// Beside is a store that shows what was committed to a folder at one moment, beside the process that has the folder.
// Whatever writes is refused: ErrUnavailable, "store-beside". A Find reads its whole answer first.
type Beside struct {
	*Snapshot
	shape *Store // the kinds, without a database
}

// OpenBeside is Read for who asks questions.
func OpenBeside(ctx context.Context, dir string, kinds ...*store.Kind) (*Beside, error) {
	s, err := Read(ctx, dir, kinds...)
	if err != nil {
		return nil, err
	}
	shape := &Store{tables: map[string]*table{}}
	for _, k := range kinds {
		shape.tables[k.Name] = newTable(k)
	}
	return &Beside{s, shape}, nil
}

// Get is described at [store.Store].
func (b *Beside) Get(ctx context.Context, k *store.Kind, id string, doc any) error {
	one := old{kind: k}
	err := b.tx.QueryRowContext(ctx, "SELECT _schema, _body FROM "+quote(k.Name)+" WHERE id = ?", id).Scan(&one.schema, &one.body)
	if err != nil {
		if errors.Is(err, sql.ErrNoRows) || b.lacks(ctx, k, err) {
			return store.NotFound(k, id)
		}
		return translate(err)
	}
	return one.Decode(doc)
}

// lacks says whether a question failed because the folder has never held a document of this kind.
func (b *Beside) lacks(ctx context.Context, k *store.Kind, err error) bool {
	if !lacksTable(err) {
		return false
	}
	n := 1
	return b.tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?", k.Name).Scan(&n) == nil && n == 0
}

// Find is described at [store.Store].
func (b *Beside) Find(ctx context.Context, k *store.Kind, q store.Query, each func(store.Row) error) error {
	text, args, err := b.shape.selection(k, q)
	if err != nil {
		return err
	}
	rows, err := b.tx.QueryContext(ctx, strings.Replace(text, "SELECT _body", "SELECT _schema, _body", 1), args...)
	if b.lacks(ctx, k, err) {
		return nil
	}
	if err != nil {
		return translate(err)
	}
	var all []old
	for rows.Next() {
		one := old{kind: k}
		if err := rows.Scan(&one.schema, &one.body); err != nil {
			return errors.Join(translate(err), rows.Close())
		}
		all = append(all, one)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return translate(err)
	}
	for _, one := range all {
		if err := each(one); err != nil {
			return stopped(err)
		}
	}
	return nil
}

// Count is described at [store.Store].
func (b *Beside) Count(ctx context.Context, k *store.Kind, q store.Query, by ...string) ([]store.Group, error) {
	text, args, err := b.shape.counting(k, q, by)
	if err != nil {
		return nil, err
	}
	rows, err := b.tx.QueryContext(ctx, text, args...)
	if b.lacks(ctx, k, err) {
		if len(by) == 0 {
			return []store.Group{{}}, nil
		}
		return nil, nil
	}
	if err != nil {
		return nil, translate(err)
	}
	defer rows.Close()
	var groups []store.Group
	for rows.Next() {
		g, err := group(rows, by)
		if err != nil {
			return nil, fmt.Errorf("counting %s: %w", k.Name, err)
		}
		groups = append(groups, g)
	}
	return groups, translate(rows.Err())
}

// Blob is described at [store.Store].
func (b *Beside) Blob(ctx context.Context, name string) ([]byte, error) {
	data := []byte{}
	err := b.tx.QueryRowContext(ctx, `SELECT data FROM "_blob" WHERE name = ?`, name).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, &problem.Problem{Kind: problem.ErrNotFound, Code: "not-found", Args: []any{name}}
	}
	return data, translate(err)
}

// Blobs is described at [store.Store].
func (b *Beside) Blobs(ctx context.Context, each func(name string) error) error {
	err := b.EachBlob(ctx, func(name string, _ []byte) error { return each(name) })
	return stopped(err)
}

// Ping is described at [store.Store].
func (b *Beside) Ping(ctx context.Context) error {
	return translate(b.tx.QueryRowContext(ctx, "SELECT 1").Scan(new(int)))
}

func refused() error { return &problem.Problem{Kind: problem.ErrUnavailable, Code: "store-beside"} }

// What writes is refused.
func (b *Beside) Insert(context.Context, *store.Kind, ...any) error { return refused() }
func (b *Beside) Update(context.Context, *store.Kind, string, any, func() error) error {
	return refused()
}
func (b *Beside) Delete(context.Context, *store.Kind, string) error { return refused() }
func (b *Beside) PutBlob(context.Context, string, []byte) error     { return refused() }
func (b *Beside) DeleteBlob(context.Context, string) error          { return refused() }
