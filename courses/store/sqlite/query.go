package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	lib "modernc.org/sqlite/lib"

	"lopban/courses/store"
)

// shortPage is the most documents of a Find that are read before the first is handed out, so that the connection is free again.
const shortPage = 256

// found is the body of a document.
type found []byte

// Decode is described at [store.Row].
func (f found) Decode(doc any) error { return decode(f, doc) }

// Find is described at [store.Store]. Most answers are short: they come from a prepared query, and only a longer one is streamed, on a connection of its own.
func (s *Store) Find(ctx context.Context, k *store.Kind, q store.Query, each func(store.Row) error) error {
	first := q
	if q.Limit == 0 || q.Limit > shortPage {
		first.Limit = shortPage + 1
	}
	text, args, err := s.selection(k, first)
	if err != nil {
		return err
	}
	page, err := s.page(ctx, text, args)
	if err != nil {
		return err
	}
	if len(page) > shortPage {
		return s.stream(ctx, k, q, each)
	}
	for _, f := range page {
		if err := each(f); err != nil {
			return stopped(err)
		}
	}
	return nil
}

// stream reads while each runs.
func (s *Store) stream(ctx context.Context, k *store.Kind, q store.Query, each func(store.Row) error) error {
	text, args, err := s.selection(k, q)
	if err != nil {
		return err
	}
	rows, err := s.streams.QueryContext(ctx, text, args...)
	if err != nil {
		return translate(err)
	}
	return stopped(scan(rows, each))
}

func (s *Store) page(ctx context.Context, text string, args []any) ([]found, error) {
	plan, err := s.plan(ctx, text)
	if err != nil {
		return nil, translate(err)
	}
	rows, err := plan.QueryContext(ctx, args...)
	if err != nil {
		return nil, translate(err)
	}
	var page []found
	err = scan(rows, func(r store.Row) error {
		page = append(page, r.(found))
		return nil
	})
	return page, err
}

func scan(rows *sql.Rows, each func(store.Row) error) error {
	defer rows.Close()
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return translate(err)
		}
		if err := each(found(body)); err != nil {
			return err
		}
	}
	return translate(rows.Err())
}

func stopped(err error) error {
	if errors.Is(err, store.Stop) {
		return nil
	}
	return err
}

// Count is described at [store.Store].
func (s *Store) Count(ctx context.Context, k *store.Kind, q store.Query, by ...string) ([]store.Group, error) {
	text, args, err := s.counting(k, q, by)
	if err != nil {
		return nil, err
	}
	plan, err := s.plan(ctx, text)
	if err != nil {
		return nil, translate(err)
	}
	rows, err := plan.QueryContext(ctx, args...)
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

func group(rows *sql.Rows, by []string) (store.Group, error) {
	var g store.Group
	keys, to := make([]any, len(by)), []any{&g.N}
	for i := range keys {
		to = append(to, &keys[i])
	}
	if err := rows.Scan(to...); err != nil {
		return g, translate(err)
	}
	for i, key := range keys {
		text, ok := key.(string)
		if !ok {
			return g, fmt.Errorf("field %s is not a string: %w", by[i], store.ErrInvalid)
		}
		g.Key = append(g.Key, text)
	}
	return g, nil
}

func (s *Store) counting(k *store.Kind, q store.Query, by []string) (text string, args []any, err error) {
	if q.Order != "" || q.After != nil || q.Limit != 0 {
		return "", nil, fmt.Errorf("a count of %s has an order or a limit: %w", k.Name, store.ErrInvalid)
	}
	where, args, err := s.where(k, q, by)
	if err != nil {
		return "", nil, err
	}
	text = "SELECT " + strings.Join(append([]string{"count(*)"}, quoted(by)...), ", ") + " FROM " + quote(k.Name) + where
	if len(by) > 0 {
		text += " GROUP BY " + list(by) + " ORDER BY " + list(by)
	}
	return text, args, nil
}

// selection writes a Find as SQL.
func (s *Store) selection(k *store.Kind, q store.Query) (text string, args []any, err error) {
	where, args, err := s.where(k, q, nil)
	if err != nil {
		return "", nil, err
	}
	field, down := strings.CutPrefix(q.Order, "-")
	way := ""
	if down {
		way = " DESC"
	}
	order := "id" + way
	switch {
	case slices.Contains(k.Unique, field): // no ties, and its index does not hold the id
		order = quote(field) + way
	case field != "" && field != "id":
		order = quote(field) + way + ", " + order
	}
	text = "SELECT _body FROM " + quote(k.Name) + where + " ORDER BY " + order
	if q.Limit > 0 {
		text += " LIMIT ?"
		args = append(args, q.Limit)
	}
	return text, args, nil
}

var comparisons = map[store.Op]string{store.Eq: "=", store.Lt: "<", store.Le: "<=", store.Gt: ">", store.Ge: ">="}

func (s *Store) where(k *store.Kind, q store.Query, by []string) (text string, args []any, err error) {
	if _, err := s.table(k); err != nil {
		return "", nil, err
	}
	if err := k.Check(q, by...); err != nil {
		return "", nil, err
	}
	var all []string
	for _, c := range q.Where {
		one, values, err := condition(c)
		if err != nil {
			return "", nil, fmt.Errorf("%s.%s: %w", k.Name, c.Field, err)
		}
		all, args = append(all, one), append(args, values...)
	}
	if q.After != nil {
		one, values, err := after(q)
		if err != nil {
			return "", nil, fmt.Errorf("%s: %w", k.Name, err)
		}
		all, args = append(all, one), append(args, values...)
	}
	if len(all) > 0 {
		text = " WHERE " + strings.Join(all, " AND ")
	}
	return text, args, nil
}

func condition(c store.Cond) (text string, args []any, err error) {
	v, err := store.Plain(c.Value)
	if err != nil {
		return "", nil, err
	}
	field := quote(c.Field)
	if c.Op != store.Prefix {
		return field + " " + comparisons[c.Op] + " ?", []any{column(v)}, nil
	}
	prefix, ok := v.(string)
	if !ok {
		return "", nil, fmt.Errorf("%v is no prefix: %w", c.Value, store.ErrInvalid)
	}
	if end := store.PrefixEnd(prefix); end != "" {
		return field + " >= ? AND " + field + " < ?", []any{prefix, end}, nil
	}
	return field + " >= ?", []any{prefix}, nil
}

// after leaves out what comes before the cursor and the cursor itself.
func after(q store.Query) (text string, args []any, err error) {
	field, down := strings.CutPrefix(q.Order, "-")
	sign := " > "
	if down {
		sign = " < "
	}
	if field == "" || field == "id" {
		return "id" + sign + "?", []any{q.After.ID}, nil
	}
	v, err := store.Plain(q.After.Value)
	if err != nil {
		return "", nil, err
	}
	return "(" + quote(field) + ", id)" + sign + "(?, ?)", []any{column(v), q.After.ID}, nil
}

// taken says whether a statement was refused for a unique value.
func taken(err error) bool { return primary(err) == lib.SQLITE_CONSTRAINT }
