package targets

import (
	"context"
	"errors"

	"lopban/courses/store"
)

// First gives the first n rows, each with its values by the keys of the columns as JSON has them: a string, []string, int, float64, Day, courses.Text or nil.
func (r *Report) First(ctx context.Context, n int) ([]map[string]any, error) {
	var first []map[string]any
	err := r.rows(ctx, func(cells []any) error {
		if len(first) == n {
			return store.Stop
		}
		row := map[string]any{}
		for i, c := range cells {
			row[r.Columns[i].Key] = plain(c)
		}
		first = append(first, row)
		return nil
	})
	if errors.Is(err, store.Stop) {
		err = nil
	}
	return first, err
}
