package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"lopban/courses/store"
)

// Shape is a query as an engine plans it: its values do not matter.
type Shape struct {
	Kind  *store.Kind
	Query store.Query // of the first that had this shape
	By    []string    // of a count
	Count bool
}

// String is the same for queries of one shape.
func (s Shape) String() string {
	conds := make([]string, len(s.Query.Where))
	for i, c := range s.Query.Where {
		conds[i] = c.Field + " " + ops[c.Op]
	}
	slices.Sort(conds)
	verb := "find"
	if s.Count {
		verb = "count"
	}
	text := fmt.Sprintf("%s %s where %s", verb, s.Kind.Name, strings.Join(conds, ", "))
	if s.Query.Order != "" {
		text += " order " + s.Query.Order
	}
	if s.Query.After != nil {
		text += " after"
	}
	if s.Query.Limit != 0 {
		text += " limit"
	}
	if s.By != nil {
		text += " by " + strings.Join(s.By, ", ")
	}
	return text
}

var ops = map[store.Op]string{store.Eq: "=", store.Lt: "<", store.Le: "<=", store.Gt: ">", store.Ge: ">=", store.Prefix: "begins", store.In: "in", store.PrefixIn: "begins in"}

// Judge says why no index answers a shape without reading what it does not ask for and without sorting what it found;
// "" where one does. It is the rule by which MongoDB plans (equalities, then the order, then ranges), and what SQLite
// can do too: so it holds where a server gives no plan. A whole kind may be asked for; then an index has its order.
func (s Shape) Judge() string {
	order := strings.TrimPrefix(s.Query.Order, "-")
	if order == "" {
		order = "id"
	}
	searched, given := len(s.Query.Where) == 0, s.Count || slices.ContainsFunc(s.Kind.Unique, s.one)
	for _, index := range append(s.indexes(), []string{"id"}) {
		if len(s.Query.Where) == 0 || s.on(index[0]) {
			searched, given = true, given || s.gives(index, order)
		}
	}
	switch {
	case !searched:
		return "everything would be read: no index begins with a field that is asked for"
	case !given:
		return "what is found would be sorted: no index that finds it gives the order " + order
	}
	return ""
}

// indexes are those of the kind as engines have them.
func (s Shape) indexes() [][]string {
	var all [][]string
	for _, f := range s.Kind.Unique {
		all = append(all, []string{f})
	}
	for _, fields := range s.Kind.Indexes {
		if !slices.Contains(fields, "id") {
			fields = append(slices.Clone(fields), "id")
		}
		all = append(all, fields)
	}
	return all
}

// on says whether a field is asked for.
func (s Shape) on(field string) bool {
	return slices.ContainsFunc(s.Query.Where, func(c store.Cond) bool { return c.Field == field })
}

// gives says whether an index, which finds what is asked for, has it in this order: behind fields that have one value.
func (s Shape) gives(index []string, order string) bool {
	wanted := []string{order}
	if order != "id" && !slices.Contains(s.Kind.Unique, order) {
		wanted = append(wanted, "id")
	}
	for _, f := range index {
		if len(wanted) > 0 && f == wanted[0] {
			wanted = wanted[1:]
		} else if !s.one(f) {
			break
		}
	}
	for len(wanted) > 0 && s.one(wanted[0]) {
		wanted = wanted[1:]
	}
	return len(wanted) == 0
}

// one says whether all that is found has one value of a field.
func (s Shape) one(field string) bool {
	return slices.ContainsFunc(s.Query.Where, func(c store.Cond) bool { return c.Field == field && c.Op == store.Eq })
}

// Recorder is a store that notes the shape of every query.
type Recorder struct {
	store.Store
	mu     sync.Mutex
	shapes map[string]Shape
}

func (r *Recorder) note(s Shape) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shapes == nil {
		r.shapes = map[string]Shape{}
	}
	if _, had := r.shapes[s.String()]; !had {
		r.shapes[s.String()] = s
	}
}

// Shapes are those so far, by their text.
func (r *Recorder) Shapes() map[string]Shape {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string]Shape{}
	for text, s := range r.shapes {
		all[text] = s
	}
	return all
}

// Find is described at [store.Store].
func (r *Recorder) Find(ctx context.Context, k *store.Kind, q store.Query, each func(store.Row) error) error {
	r.note(Shape{Kind: k, Query: q})
	return r.Store.Find(ctx, k, q, each)
}

// Count is described at [store.Store].
func (r *Recorder) Count(ctx context.Context, k *store.Kind, q store.Query, by ...string) ([]store.Group, error) {
	r.note(Shape{Kind: k, Query: q, By: by, Count: true})
	return r.Store.Count(ctx, k, q, by...)
}
