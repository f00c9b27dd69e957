package mongodb_test

import (
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"lopban/courses/store"
	"lopban/courses/store/mongodb/mongotest"
)

// Whatever something else than the program did to a document is seen, and named. One of release 0.1.0 has no sum.
func TestInspectNamesWhatWasChanged(t *testing.T) {
	uri, k := mongotest.Start(t), people()
	s := open(t, uri, k)
	for _, id := range []string{"p1", "p2", "p3", "p4", "p5"} {
		must(t, s.Insert(t.Context(), k, somebody(id)))
	}
	_, err := store.Update(t.Context(), s, k, "p5", func(p *person) error { p.Province = "Lò Văn Thử"; return nil })
	must(t, err)
	inspect := func() (all []string) {
		n, err := s.Inspect(t.Context(), k, func(d store.Damage) { all = append(all, d.ID+" "+d.What) })
		if err != nil || n != 5 {
			t.Errorf("%d documents, %v", n, err)
		}
		return all
	}
	if got := inspect(); got != nil {
		t.Errorf("in a sound store: %q", got)
	}
	c := direct(t, uri).Collection(k.Name)
	for id, change := range map[string]bson.D{
		"p1": {{Key: "$set", Value: bson.D{{Key: "doc.province", Value: "04"}}}},
		"p2": {{Key: "$set", Value: bson.D{{Key: "doc", Value: bson.D{{Key: "code", Value: 7}}}}}},
		"p3": {{Key: "$unset", Value: bson.D{{Key: "sum", Value: ""}}}},
	} {
		_, err := c.UpdateOne(t.Context(), bson.D{{Key: "_id", Value: id}}, change)
		must(t, err)
	}
	want := []string{"p1 " + store.Altered, "p2 " + store.Unreadable}
	if got := inspect(); !slices.Equal(got, want) {
		t.Errorf("said\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if all, err := store.All[person](t.Context(), store.PassOver(s), k, store.Query{}); err != nil || len(all) != 4 {
		t.Errorf("%d can be read, %v", len(all), err)
	}
}
