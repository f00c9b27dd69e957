package sqlite

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	jsonv1 "github.com/go-json-experiment/json/v1"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// table keeps the documents of one kind: a column for each field that can be queried and the whole document as JSON.
// The columns of fields have no declared type, so that SQLite keeps and compares values exactly as they are given: text
// for strings, integers for numbers, booleans (0, 1) and times (Unix milliseconds). Tables have a rowid: without it
// inserts of random ids are two to three times slower, because each moves whole documents. "_sum" is that of the body:
// see Inspect.
type table struct {
	kind   *store.Kind
	fields []string

	insert, read, update, remove string
}

func newTable(k *store.Kind) *table {
	t := &table{kind: k, fields: k.Fields()}
	name, places, sets := quote(k.Name), "", ""
	for _, f := range t.fields {
		places += ", ?"
		sets += ", " + quote(f) + " = ?"
	}
	t.insert = "INSERT INTO " + name + " (" + list(append([]string{"id", "_schema", "_body", "_sum"}, t.fields...)) + ", _rev) VALUES (?, ?, ?, ?" + places + ", 1) ON CONFLICT DO NOTHING"
	t.read = "SELECT _body FROM " + name + " WHERE id = ?"
	t.update = "UPDATE " + name + " SET _rev = _rev + 1, _schema = ?, _body = ?, _sum = ?" + sets + " WHERE id = ?"
	t.remove = "DELETE FROM " + name + " WHERE id = ?"
	return t
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoted(names []string) []string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = quote(n)
	}
	return all
}

func list(names []string) string { return strings.Join(quoted(names), ", ") }

// row is a document as its table keeps it.
type row struct {
	id     string
	body   string
	values []any
}

// written is what a statement writes of a document with this schema, but for its id.
func (r row) written(schema int) []any {
	return append([]any{schema, r.body, store.Sum([]byte(r.body))}, r.values...)
}

func (t *table) row(doc any) (row, error) {
	id, values, err := t.kind.Values(doc)
	if err != nil {
		return row{}, err
	}
	for i, v := range values {
		values[i] = column(v)
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		return row{}, fmt.Errorf("%s %s: %w: %w", t.kind.Name, id, problem.ErrInvalid, err)
	}
	return row{id, strings.TrimSuffix(body.String(), "\n"), values}, nil
}

// column is a plain value as a column keeps it.
func column(v any) any {
	switch v := v.(type) {
	case time.Time:
		return v.UnixMilli()
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	}
	return v
}

// decode reads a document as encoding/json would, in a third of its time: half of what a learner's page costs is
// reading JSON.
func decode(body []byte, doc any) error {
	store.Clear(doc)
	return jsonv1.Unmarshal(body, doc)
}

// prepare brings the tables and the documents in them to what the kinds declare, all or nothing: an upgrade that is cut
// off was never begun.
func (s *Store) prepare(db *sql.DB, kinds []*store.Kind) error {
	tx, err := db.Begin()
	if err != nil {
		return s.broken(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec(`CREATE TABLE IF NOT EXISTS "_kind" (name TEXT PRIMARY KEY, schema INTEGER NOT NULL, release TEXT NOT NULL)`); err != nil {
		return s.broken(err)
	}
	had, err := remembered(tx)
	if err != nil {
		return s.broken(err)
	}
	if err := store.CheckRelease(had, kinds); err != nil {
		return err
	}
	made, err := statements(tx)
	if err != nil {
		return s.broken(err)
	}
	if s.writer.commits, err = countOpening(tx); err != nil {
		return s.broken(err)
	}
	for _, k := range kinds {
		if _, err := k.New(); err != nil {
			return err
		}
		t := newTable(k)
		note := k.Note(had)
		err := t.prepare(tx, made[k.Name], slices.Contains(had, note))
		if err == nil {
			_, err = tx.Exec(`INSERT OR REPLACE INTO "_kind" VALUES (?, ?, ?)`, note.Kind, note.Schema, note.Release)
		}
		if err != nil {
			if primary(err) >= 0 {
				err = s.broken(err)
			}
			return fmt.Errorf("preparing %s: %w", k.Name, err)
		}
		s.tables[k.Name] = t
	}
	if err := tx.Commit(); err != nil {
		return s.broken(err)
	}
	return nil
}

// countOpening counts the opening as a commit, and is its number.
func countOpening(tx *sql.Tx) (n int64, err error) {
	if _, err := tx.Exec(`CREATE TABLE IF NOT EXISTS "_commit" (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)`); err != nil {
		return 0, err
	}
	err = tx.QueryRow(`INSERT INTO "_commit" VALUES (1, 1) ON CONFLICT DO UPDATE SET n = n + 1 RETURNING n`).Scan(&n)
	return n, err
}

// remembered is what the store was opened with before. One of release 0.1.0 remembers nothing.
func remembered(tx *sql.Tx) ([]store.Opened, error) {
	rows, err := tx.Query(`SELECT name, schema, release FROM "_kind"`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []store.Opened
	for rows.Next() {
		var o store.Opened
		if err := rows.Scan(&o.Kind, &o.Schema, &o.Release); err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, rows.Err()
}

// statements are those that made each table and its indexes, by the name of the table and their own. They are read at
// once: asking table by table takes a third of the time of a start.
func statements(tx *sql.Tx) (map[string]map[string]string, error) {
	rows, err := tx.Query("SELECT tbl_name, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]map[string]string{}
	for rows.Next() {
		var table, name, text string
		if err := rows.Scan(&table, &name, &text); err != nil {
			return nil, err
		}
		if all[table] == nil {
			all[table] = map[string]string{}
		}
		all[table][name] = text
	}
	return all, rows.Err()
}

// prepare brings one table up to date, which these statements made. Its documents have the schema of now where it was
// opened so before.
func (t *table) prepare(tx *sql.Tx, made map[string]string, current bool) error {
	// a new table has every column from the start: each that is added has SQLite read its whole schema again
	create := "CREATE TABLE " + quote(t.kind.Name) + " (id TEXT PRIMARY KEY, _rev INTEGER NOT NULL, _schema INTEGER NOT NULL, _body TEXT NOT NULL"
	for _, f := range t.columns() {
		create += ", " + quote(f)
	}
	create += ")"
	was, indexes := made[t.kind.Name], t.indexes()
	if was == "" {
		if _, err := tx.Exec(create); err != nil {
			return err
		}
	}
	for name := range made {
		if name != t.kind.Name && indexes[name] == "" {
			if _, err := tx.Exec("DROP INDEX " + quote(name)); err != nil {
				return err
			}
		}
	}
	if was != "" {
		if err := t.renew(tx, was != create, !current && t.kind.Upgrade != nil); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(indexes)) {
		if made[name] == "" {
			if _, err := tx.Exec(indexes[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// renew gives a table that may have other columns those of now, and its documents the schema of now.
func (t *table) renew(tx *sql.Tx, others, older bool) error {
	if others {
		have, err := names(tx, "SELECT name FROM pragma_table_info(?)", t.kind.Name)
		if err != nil {
			return err
		}
		if err := t.dropFields(tx, have); err != nil {
			return err
		}
		added, err := t.addFields(tx, have)
		if err != nil {
			return err
		}
		older = older || added
	}
	if older {
		return t.refill(tx)
	}
	return nil
}

// indexes gives the statement for each index by its name. An index that is not unique has the id, at its end where the
// kind does not say where, so that it holds the order of pages.
func (t *table) indexes() map[string]string {
	all := map[string]string{}
	add := func(unique, suffix string, columns []string) {
		name := t.kind.Name + "." + strings.Join(columns, ".") + suffix
		all[name] = "CREATE " + unique + "INDEX " + quote(name) + " ON " + quote(t.kind.Name) + " (" + list(columns) + ")"
	}
	for _, f := range t.kind.Unique {
		add("UNIQUE ", " unique", []string{f})
	}
	for _, fields := range t.kind.Indexes {
		if !slices.Contains(fields, "id") {
			fields = append(slices.Clone(fields), "id")
		}
		add("", "", fields)
	}
	return all
}

// dropFields removes columns that are no longer written, so that a field that is indexed again later is filled anew.
func (t *table) dropFields(tx *sql.Tx, have []string) error {
	wanted := append([]string{"id", "_rev", "_schema", "_body", "_sum"}, t.fields...)
	for _, name := range have {
		if !slices.Contains(wanted, name) {
			if _, err := tx.Exec("ALTER TABLE " + quote(t.kind.Name) + " DROP COLUMN " + quote(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// columns are those of a table beside the document itself.
func (t *table) columns() []string { return append([]string{"_sum"}, t.fields...) }

func (t *table) addFields(tx *sql.Tx, have []string) (added bool, err error) {
	for _, f := range t.columns() {
		if slices.Contains(have, f) {
			continue
		}
		added = true
		if _, err := tx.Exec("ALTER TABLE " + quote(t.kind.Name) + " ADD COLUMN " + quote(f)); err != nil {
			return false, err
		}
	}
	return added, nil
}

// refill upgrades every document and writes its columns again, some documents at a time.
func (t *table) refill(tx *sql.Tx) error {
	for last, more := "", true; more; {
		some, err := t.some(tx, last)
		if err != nil {
			return err
		}
		for _, one := range some {
			if last, err = t.refillOne(tx, one); err != nil {
				return err
			}
		}
		more = len(some) > 0
	}
	return nil
}

// written is a document as it stands in its table.
type written struct {
	schema int
	body   []byte
}

// some reads the documents that come next after an id.
func (t *table) some(tx *sql.Tx, after string) ([]written, error) {
	rows, err := tx.Query("SELECT _schema, _body FROM "+quote(t.kind.Name)+" WHERE id > ? ORDER BY id LIMIT 500", after)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []written
	for rows.Next() {
		var one written
		if err := rows.Scan(&one.schema, &one.body); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

func (t *table) refillOne(tx *sql.Tx, one written) (id string, err error) {
	doc, err := t.kind.New()
	if doc == nil || err != nil {
		return "", errors.Join(err, fmt.Errorf("%s has documents and new fields, and no Doc to read them by: %w", t.kind.Name, problem.ErrInvalid))
	}
	if err := decode(one.body, doc); err != nil {
		return "", err
	}
	renewed, err := t.kind.Renew(doc, one.schema)
	if err != nil {
		return "", err
	}
	r, err := t.row(doc)
	if err != nil {
		return "", err
	}
	if renewed {
		_, err = tx.Exec(t.update, append(r.written(t.kind.Schema), r.id)...)
	} else {
		columns := quoted(append([]string{"_sum"}, t.fields...))
		args := append(append([]any{store.Sum(one.body)}, r.values...), r.id)
		_, err = tx.Exec("UPDATE "+quote(t.kind.Name)+" SET "+strings.Join(columns, " = ?, ")+" = ? WHERE id = ?", args...)
	}
	return r.id, err
}

// names reads the texts of one column.
func names(tx *sql.Tx, query string, args ...any) ([]string, error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
