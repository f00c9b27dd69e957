package intake

import (
	"context"
	"errors"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// Heading is what somebody said that a column with this title holds. It counts for every later file of the province.
type Heading struct {
	ID       string    `json:"id"` // province/folded title
	Province string    `json:"province"`
	Title    string    `json:"title"`
	Field    Field     `json:"field"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
}

// HeadingKind keeps the titles that were chosen by hand.
var HeadingKind = &store.Kind{Name: "heading", Schema: 1, Order: 110, Doc: Heading{}, Indexes: [][]string{{"province"}}}

const mostHeadings = 1000 // of a province that are read

// Remembered gives the folded titles that were chosen for files of a province, for Choices.Titles.
func Remembered(ctx context.Context, st store.Store, province string) (map[string]Field, error) {
	all, err := store.All[Heading](ctx, st, HeadingKind, store.Where(store.Is("province", province)).First(mostHeadings))
	titles := map[string]Field{}
	for _, h := range all {
		titles[roster.Words(h.Title)] = h.Field
	}
	return titles, err
}

// Remember keeps what a title holds, instead of what was said of it before.
func Remember(ctx context.Context, st store.Store, h Heading) error {
	words := roster.Words(h.Title)
	if words == "" {
		return nil
	}
	h.ID = h.Province + "/" + words
	err := st.Insert(ctx, HeadingKind, &h)
	if !errors.Is(err, problem.ErrExists) {
		return err
	}
	_, err = store.Update(ctx, st, HeadingKind, h.ID, func(old *Heading) error { *old = h; return nil })
	return err
}
