package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	lib "modernc.org/sqlite/lib"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// shortPage is the most documents of a Find that are read before the first is handed out, so that the connection is
// free again.
const shortPage = 256

// found is the body of a document.
type found struct {
	kind *store.Kind
	body []byte
}

// Decode is described at [store.Row].
func (f found) Decode(doc any) error {
	if err := decode(f.body, doc); err != nil {
		return &store.DamagedError{Kind: f.kind.Name, Err: err}
	}
	return nil
}

// Find is described at [store.Store]. Most answers are short: they come from a prepared query, and only a longer one is
// streamed, on a connection of its own.
func (s *Store) Find(ctx context.Context, k *store.Kind, q store.Query, each func(store.Row) error) error {
	if q.Limit == 0 && slices.ContainsFunc(q.Where, long) {
		return s.stream(ctx, k, q, each)
	}
	first := q
	if q.Limit == 0 || q.Limit > shortPage {
		first.Limit = shortPage + 1
	}
	text, args, err := s.selection(k, first)
	if err != nil {
		return err
	}
	page, err := s.page(ctx, k, text, args)
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

// long says whether a condition looks for so many that the answer is hardly short.
func long(c store.Cond) bool {
	texts, _ := c.Value.([]string)
	return len(texts) > shortPage/4
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
	return stopped(scan(rows, k, each))
}

func (s *Store) page(ctx context.Context, k *store.Kind, text string, args []any) ([]found, error) {
	plan, err := s.plan(ctx, text)
	if err != nil {
		return nil, translate(err)
	}
	rows, err := plan.QueryContext(ctx, args...)
	if err != nil {
		return nil, translate(err)
	}
	var page []found
	err = scan(rows, k, func(r store.Row) error {
		page = append(page, r.(found))
		return nil
	})
	return page, err
}

func scan(rows *sql.Rows, k *store.Kind, each func(store.Row) error) error {
	defer rows.Close()
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return translate(err)
		}
		if err := each(found{k, body}); err != nil {
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
			return g, fmt.Errorf("field %s is not a string: %w", by[i], problem.ErrInvalid)
		}
		g.Key = append(g.Key, text)
	}
	return g, nil
}

func (s *Store) counting(k *store.Kind, q store.Query, by []string) (text string, args []any, err error) {
	if q.Order != "" || q.After != nil || q.Limit != 0 {
		return "", nil, fmt.Errorf("a count of %s has an order or a limit: %w", k.Name, problem.ErrInvalid)
	}
	where, args, err := s.where(k, q, by)
	if err != nil {
		return "", nil, err
	}
	text = "SELECT " + strings.Join(append([]string{"count(*)"}, quoted(by)...), ", ") + " FROM " + where
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
	text = "SELECT _body FROM " + where
	if !ordered(q) {
		text += " ORDER BY " + order
	}
	if q.Limit > 0 {
		text += " LIMIT ?"
		args = append(args, q.Limit)
	}
	return text, args, nil
}

// ordered says whether the documents come in order by themselves: prefixes are in order and none begins with another,
// and where nothing else is asked each is read along the index of its field.
func ordered(q store.Query) bool {
	return len(q.Where) == 1 && q.Where[0].Op == store.PrefixIn && q.Where[0].Field == "id" && (q.Order == "" || q.Order == "id")
}

var comparisons = map[store.Op]string{store.Eq: "=", store.Lt: "<", store.Le: "<=", store.Gt: ">", store.Ge: ">="}

// where is the table with what a query chooses of it.
func (s *Store) where(k *store.Kind, q store.Query, by []string) (text string, args []any, err error) {
	if _, err := s.table(k); err != nil {
		return "", nil, err
	}
	if err := k.Check(q, by...); err != nil {
		return "", nil, err
	}
	text = quote(k.Name)
	var all []string
	var ranges []any
	for i, c := range q.Where {
		one, values, err := condition(c)
		if c.Op == store.PrefixIn {
			text, one = joined(text, i, c.Field)
			ranges, values = append(values, ranges...), nil
		}
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
		text += " WHERE " + strings.Join(all, " AND ")
	}
	return text, append(ranges, args...), nil
}

// joined puts a list of prefixes before the table, so that each of them is looked up in the field's index. The byte FF
// stands in no UTF-8: behind a prefix it comes after everything that begins so.
func joined(table string, n int, field string) (from, condition string) {
	from = fmt.Sprintf("(SELECT value AS _text%d FROM json_each(?)) CROSS JOIN ", n) + table
	return from, fmt.Sprintf("%s >= _text%d AND %[1]s < _text%[2]d || x'ff'", quote(field), n)
}

func condition(c store.Cond) (text string, args []any, err error) {
	field := quote(c.Field)
	switch c.Op {
	case store.In, store.PrefixIn:
		values, err := c.Texts()
		if err != nil {
			return "", nil, err
		}
		list, err := json.Marshal(values) // one argument: a query has one plan however many there are
		return field + " IN (SELECT value FROM json_each(?))", []any{string(list)}, err
	}
	v, err := store.Plain(c.Value)
	if err != nil {
		return "", nil, err
	}
	if c.Op != store.Prefix {
		return field + " " + comparisons[c.Op] + " ?", []any{column(v)}, nil
	}
	prefix, ok := v.(string)
	if !ok {
		return "", nil, fmt.Errorf("%v is no prefix: %w", c.Value, problem.ErrInvalid)
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
