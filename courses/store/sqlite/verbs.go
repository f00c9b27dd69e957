package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// Insert is described at [store.Store].
func (s *Store) Insert(ctx context.Context, k *store.Kind, docs ...any) error {
	t, err := s.table(k)
	if err != nil {
		return err
	}
	rows := make([]row, len(docs))
	for i, doc := range docs {
		if rows[i], err = t.row(doc); err != nil {
			return err
		}
	}
	return s.writer.submit(ctx, func(w *writer) error {
		var taken []int
		for i, r := range rows {
			n, err := w.change(t.insert, append([]any{r.id}, r.written(k.Schema)...)...)
			if err != nil {
				return err
			}
			if n == 0 {
				taken = append(taken, i)
			}
		}
		if taken != nil {
			return &store.TakenError{Kind: k.Name, Taken: taken}
		}
		return nil
	})
}

// Get is described at [store.Store].
func (s *Store) Get(ctx context.Context, k *store.Kind, id string, doc any) error {
	t, err := s.table(k)
	if err != nil {
		return err
	}
	read, err := s.plan(ctx, t.read)
	if err != nil {
		return translate(err)
	}
	var body []byte
	err = read.QueryRowContext(ctx, id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return store.NotFound(k, id)
	}
	if err != nil {
		return translate(err)
	}
	if err := decode(body, doc); err != nil {
		return &store.DamagedError{Kind: k.Name, ID: id, Err: err}
	}
	return nil
}

// Update is described at [store.Store]. change runs on the writer's goroutine while everybody else's writes wait: it
// must be quick and must not write to the store.
func (s *Store) Update(ctx context.Context, k *store.Kind, id string, doc any, change func() error) error {
	t, err := s.table(k)
	if err != nil {
		return err
	}
	return s.writer.submit(ctx, func(w *writer) error { return t.change(w, id, doc, change) })
}

func (t *table) change(w *writer, id string, doc any, change func() error) error {
	read, err := w.stmt(t.read)
	if err != nil {
		return err
	}
	var old []byte
	if err := read.QueryRow(id).Scan(&old); errors.Is(err, sql.ErrNoRows) {
		return store.NotFound(t.kind, id)
	} else if err != nil {
		return err
	}
	if err := decode(old, doc); err != nil {
		return &store.DamagedError{Kind: t.kind.Name, ID: id, Err: err}
	}
	if err := change(); err != nil {
		return err
	}
	r, err := t.row(doc)
	if err != nil {
		return err
	}
	if r.id != id {
		return fmt.Errorf("%s %s: the id cannot be changed: %w", t.kind.Name, id, problem.ErrInvalid)
	}
	err = w.exec(t.update, append(r.written(t.kind.Schema), id)...)
	if taken(err) {
		return &store.TakenError{Kind: t.kind.Name, Taken: []int{0}}
	}
	return err
}

// Delete is described at [store.Store]. A document that is not there is ErrNotFound.
func (s *Store) Delete(ctx context.Context, k *store.Kind, id string) error {
	t, err := s.table(k)
	if err != nil {
		return err
	}
	return s.writer.submit(ctx, func(w *writer) error {
		n, err := w.change(t.remove, id)
		if err == nil && n == 0 {
			return store.NotFound(k, id)
		}
		return err
	})
}

// PutBlob is described at [store.Store].
func (s *Store) PutBlob(ctx context.Context, name string, data []byte) error {
	if err := s.sound(); err != nil {
		return err
	}
	if name == "" {
		return fmt.Errorf("a blob has no name: %w", problem.ErrInvalid)
	}
	if data == nil {
		data = []byte{} // nil would be NULL
	}
	return s.writer.submit(ctx, func(w *writer) error {
		n, err := w.change(`INSERT INTO "_blob" (name, data) VALUES (?, ?) ON CONFLICT DO NOTHING`, name, data)
		if err == nil && n == 0 {
			return fmt.Errorf("blob %s: %w", name, problem.ErrExists)
		}
		return err
	})
}

// Blob is described at [store.Store].
func (s *Store) Blob(ctx context.Context, name string) ([]byte, error) {
	if err := s.sound(); err != nil {
		return nil, err
	}
	data := []byte{}
	err := s.readers.QueryRowContext(ctx, `SELECT data FROM "_blob" WHERE name = ?`, name).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("blob %s: %w", name, problem.ErrNotFound)
	}
	return data, translate(err)
}

// DeleteBlob is described at [store.Store].
func (s *Store) DeleteBlob(ctx context.Context, name string) error {
	if err := s.sound(); err != nil {
		return err
	}
	return s.writer.submit(ctx, func(w *writer) error {
		n, err := w.change(`DELETE FROM "_blob" WHERE name = ?`, name)
		if err == nil && n == 0 {
			return fmt.Errorf("blob %s: %w", name, problem.ErrNotFound)
		}
		return err
	})
}

// Blobs is described at [store.Store].
func (s *Store) Blobs(ctx context.Context, each func(name string) error) error {
	if err := s.sound(); err != nil {
		return err
	}
	rows, err := s.streams.QueryContext(ctx, `SELECT name FROM "_blob" ORDER BY name`)
	if err != nil {
		return translate(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return translate(err)
		}
		if err := each(name); err != nil {
			return stopped(err)
		}
	}
	return translate(rows.Err())
}

// table is where the documents of a kind are, unless the file is known to be damaged.
func (s *Store) table(k *store.Kind) (*table, error) {
	if err := s.sound(); err != nil {
		return nil, err
	}
	if t, ok := s.tables[k.Name]; ok {
		return t, nil
	}
	return nil, fmt.Errorf("the store was opened without the kind %q: %w", k.Name, problem.ErrInvalid)
}

// plan prepares a query once for all readers.
func (s *Store) plan(ctx context.Context, text string) (*sql.Stmt, error) {
	if p, ok := s.plans.Load(text); ok {
		return p.(*sql.Stmt), nil
	}
	p, err := s.readers.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	if first, there := s.plans.LoadOrStore(text, p); there {
		p.Close()
		p = first.(*sql.Stmt)
	}
	return p, nil
}
