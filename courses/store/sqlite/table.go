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

	"lopban/courses/store"
)

// table keeps the documents of one kind: a column for each field that can be queried and the whole document as JSON. The
// columns of fields have no declared type, so that SQLite keeps and compares values exactly as they are given: text for
// strings, integers for numbers, booleans (0, 1) and times (Unix milliseconds). Tables have a rowid: without it inserts of
// random ids are two to three times slower, because each moves whole documents.
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
	t.insert = "INSERT INTO " + name + " (" + list(append([]string{"id", "_schema", "_body"}, t.fields...)) + ", _rev) VALUES (?, ?, ?" + places + ", 1) ON CONFLICT DO NOTHING"
	t.read = "SELECT _body FROM " + name + " WHERE id = ?"
	t.update = "UPDATE " + name + " SET _rev = _rev + 1, _schema = ?, _body = ?" + sets + " WHERE id = ?"
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
		return row{}, fmt.Errorf("%s %s: %w: %w", t.kind.Name, id, store.ErrInvalid, err)
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

func decode(body []byte, doc any) error {
	store.Clear(doc)
	return json.Unmarshal(body, doc)
}

// prepare brings the tables to what the kinds declare, all or nothing.
func (s *Store) prepare(db *sql.DB, kinds []*store.Kind) error {
	tx, err := db.Begin()
	if err != nil {
		return s.broken(err)
	}
	defer tx.Rollback()
	for _, k := range kinds {
		if _, err := k.New(); err != nil {
			return err
		}
		t := newTable(k)
		if err := t.prepare(tx); err != nil {
			if primary(err) >= 0 {
				err = translate(err)
			}
			return fmt.Errorf("preparing %s: %w", k.Name, err)
		}
		s.tables[k.Name] = t
	}
	return translate(tx.Commit())
}

func (t *table) prepare(tx *sql.Tx) error {
	create := "CREATE TABLE IF NOT EXISTS " + quote(t.kind.Name) + " (id TEXT PRIMARY KEY, _rev INTEGER NOT NULL, _schema INTEGER NOT NULL, _body TEXT NOT NULL)"
	if _, err := tx.Exec(create); err != nil {
		return err
	}
	have, err := names(tx, "SELECT name FROM pragma_table_info(?)", t.kind.Name)
	if err != nil {
		return err
	}
	indexes := t.indexes()
	if err := t.dropIndexes(tx, indexes); err != nil {
		return err
	}
	if err := t.dropFields(tx, have); err != nil {
		return err
	}
	if err := t.addFields(tx, have); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(indexes)) {
		if _, err := tx.Exec(indexes[name]); err != nil {
			return err
		}
	}
	return nil
}

// indexes gives the statement for each index by its name. An index that is not unique ends with the id, so that it holds the order of pages.
func (t *table) indexes() map[string]string {
	all := map[string]string{}
	add := func(unique, suffix string, columns []string) {
		name := t.kind.Name + "." + strings.Join(columns, ".") + suffix
		all[name] = "CREATE " + unique + "INDEX IF NOT EXISTS " + quote(name) + " ON " + quote(t.kind.Name) + " (" + list(columns) + ")"
	}
	for _, f := range t.kind.Unique {
		add("UNIQUE ", " unique", []string{f})
	}
	for _, fields := range t.kind.Indexes {
		add("", "", append(slices.Clone(fields), "id"))
	}
	return all
}

func (t *table) dropIndexes(tx *sql.Tx, wanted map[string]string) error {
	have, err := names(tx, "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?", t.kind.Name)
	if err != nil {
		return err
	}
	for _, name := range have {
		if wanted[name] == "" {
			if _, err := tx.Exec("DROP INDEX " + quote(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropFields removes columns that are no longer written, so that a field that is indexed again later is filled anew.
func (t *table) dropFields(tx *sql.Tx, have []string) error {
	wanted := append([]string{"id", "_rev", "_schema", "_body"}, t.fields...)
	for _, name := range have {
		if !slices.Contains(wanted, name) {
			if _, err := tx.Exec("ALTER TABLE " + quote(t.kind.Name) + " DROP COLUMN " + quote(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *table) addFields(tx *sql.Tx, have []string) error {
	added := false
	for _, f := range t.fields {
		if slices.Contains(have, f) {
			continue
		}
		added = true
		if _, err := tx.Exec("ALTER TABLE " + quote(t.kind.Name) + " ADD COLUMN " + quote(f)); err != nil {
			return err
		}
	}
	if !added {
		return nil
	}
	return t.refill(tx)
}

// refill writes the columns of every document again from its body, some documents at a time.
func (t *table) refill(tx *sql.Tx) error {
	for last, more := "", true; more; {
		bodies, err := names(tx, "SELECT _body FROM "+quote(t.kind.Name)+" WHERE id > ? ORDER BY id LIMIT 500", last)
		if err != nil {
			return err
		}
		for _, body := range bodies {
			if last, err = t.refillOne(tx, body); err != nil {
				return err
			}
		}
		more = len(bodies) > 0
	}
	return nil
}

func (t *table) refillOne(tx *sql.Tx, body string) (id string, err error) {
	doc, err := t.kind.New()
	if doc == nil || err != nil {
		return "", errors.Join(err, fmt.Errorf("%s has documents and new fields, and no Doc to read them by: %w", t.kind.Name, store.ErrInvalid))
	}
	if err := decode([]byte(body), doc); err != nil {
		return "", err
	}
	r, err := t.row(doc)
	if err != nil {
		return "", err
	}
	_, err = tx.Exec("UPDATE "+quote(t.kind.Name)+" SET "+strings.Join(quoted(t.fields), " = ?, ")+" = ? WHERE id = ?", append(r.values, r.id)...)
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
