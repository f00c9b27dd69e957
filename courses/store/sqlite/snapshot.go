package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"

	lib "modernc.org/sqlite/lib"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// Snapshot is everything that was committed to a folder at one moment. It is read beside the process that has the
// folder, which goes on writing; until Close the log of that process grows.
type Snapshot struct {
	db *sql.DB
	tx *sql.Tx
}

// Read takes a snapshot without the folder's lock and without changing a byte of the database or its log.
//
// The kinds are those that are read. It is a *[problem.Problem]: ErrNotFound with the code "store-missing" where there
// is no store, and else as for [Open]. Only what is read is checked for damage.
func Read(ctx context.Context, dir string, kinds ...*store.Kind) (*Snapshot, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir}
	if !exists(s.file()) && !exists(s.file()+"-wal") && !exists(s.marker()) {
		return nil, &problem.Problem{Kind: problem.ErrNotFound, Code: "store-missing", Args: []any{dir}}
	}
	if !exists(s.file()) {
		return nil, startProblem("store-damaged", s.file(), errors.New("missing"))
	}
	marked := s.marked() // before the snapshot: what it says was in the file then
	db, err := s.readOnly()
	if err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{ReadOnly: true}) // it is Close that ends it
	if err == nil {
		err = s.judgeSnapshot(ctx, tx, marked, kinds)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Snapshot{db, tx}, nil
}

// Close ends the snapshot.
func (s *Snapshot) Close() error { return errors.Join(s.tx.Rollback(), s.db.Close()) }

// Count counts the documents of a kind. A kind that the folder has never held has none.
func (s *Snapshot) Count(ctx context.Context, k *store.Kind) (int, error) {
	return s.count(ctx, quote(k.Name))
}

// CountBlobs counts the blobs.
func (s *Snapshot) CountBlobs(ctx context.Context) (int, error) { return s.count(ctx, `"_blob"`) }

func (s *Snapshot) count(ctx context.Context, table string) (n int, err error) {
	err = s.tx.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(&n)
	if lacksTable(err) {
		return 0, nil
	}
	return n, translate(err)
}

// Each calls f with every document of a kind, in the order of ids.
func (s *Snapshot) Each(ctx context.Context, k *store.Kind, f func(store.Row) error) error {
	rows, err := s.tx.QueryContext(ctx, "SELECT _schema, _body FROM "+quote(k.Name)+" ORDER BY id")
	if lacksTable(err) {
		return nil
	}
	if err != nil {
		return translate(err)
	}
	defer rows.Close()
	for rows.Next() {
		one := old{kind: k}
		if err := rows.Scan(&one.schema, &one.body); err != nil {
			return translate(err)
		}
		if err := f(one); err != nil {
			return stopped(err)
		}
	}
	return translate(rows.Err())
}

// old is a document that may have been written by an earlier release, in a folder that this one has not opened.
type old struct {
	written
	kind *store.Kind
}

// Decode is described at [store.Row].
func (o old) Decode(doc any) error {
	err := decode(o.body, doc)
	if err == nil {
		_, err = o.kind.Renew(doc, o.schema)
	}
	return err
}

// EachBlob calls f with every blob, in the order of names.
func (s *Snapshot) EachBlob(ctx context.Context, f func(name string, data []byte) error) error {
	rows, err := s.tx.QueryContext(ctx, `SELECT name, data FROM "_blob" ORDER BY name`)
	if err != nil {
		return translate(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		data := []byte{}
		if err := rows.Scan(&name, &data); err != nil {
			return translate(err)
		}
		if err := f(name, data); err != nil {
			return stopped(err)
		}
	}
	return translate(rows.Err())
}

// lacksTable says whether a statement was refused because the folder was last opened by a version that did not know the
// kind. Nothing else can be wrong with the statements above.
func lacksTable(err error) bool { return primary(err) == lib.SQLITE_ERROR }
