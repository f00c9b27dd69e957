package targets

import (
	"context"
	"errors"

	"lopban/courses/store"
)

// First gives the first n rows, each with its values by the keys of the columns as JSON has them: a string, []string,
// int, float64, Day, courses.Text or nil.
func (r *Report) First(ctx context.Context, n int) ([]map[string]any, error) {
	if n <= 0 {
		return nil, nil
	}
	var first []map[string]any
	err := r.rows(ctx, func(cells []any) error {
		row := map[string]any{}
		for i, c := range cells {
			row[r.Columns[i].Key] = plain(c)
		}
		if first = append(first, row); len(first) >= n { // the next rows may be dear
			return store.Stop
		}
		return nil
	})
	if errors.Is(err, store.Stop) {
		err = nil
	}
	return first, err
}

// Count is how many rows the report has.
func (r *Report) Count(ctx context.Context) (n int, err error) {
	switch r.Name {
	case "board":
		return len(r.Figures.Rows), nil
	case "missing": // its rows may be dear: somebody's progress stands in each
		return r.Figures.Base - r.Figures.Trained, nil
	}
	return n, r.rows(ctx, func([]any) error { n++; return nil })
}

// Watch lets each know how many rows a Write has written so far, after every one.
func (r *Report) Watch(each func(done int)) {
	rows := r.rows
	r.rows = func(ctx context.Context, f func(cells []any) error) error {
		done := 0
		return rows(ctx, func(cells []any) error {
			if err := f(cells); err != nil {
				return err
			}
			done++
			each(done)
			return nil
		})
	}
}
