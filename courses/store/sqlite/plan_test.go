package sqlite

import (
	"strings"
	"testing"
	"time"

	"lopban/courses/store"
)

// TestPlans asks SQLite how it would run the queries of the board and of the lists.
func TestPlans(t *testing.T) {
	k := &store.Kind{Name: "standing", Unique: []string{"code"}, Indexes: [][]string{{"province", "commune", "until"}, {"until"}, {"open", "commune", "id", "until"}}}
	s, err := Open(t.TempDir(), k)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	day := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	here := []store.Cond{store.Is("province", "08"), store.Is("commune", "02371")}
	find := func(q store.Query) (string, []any, error) { return s.selection(k, q) }
	count := func(q store.Query, by ...string) (string, []any, error) { return s.counting(k, q, by) }

	for name, c := range map[string]struct {
		want string
		text string
		args []any
		err  error
	}{
		"count all":              plan("COVERING INDEX")(count(store.Query{})),
		"count by place":         plan("SCAN standing USING COVERING INDEX standing.province.commune.until.id")(count(store.Query{}, "province", "commune")),
		"count in a province":    plan("SEARCH standing USING COVERING INDEX standing.province.commune.until.id (province=?)")(count(store.Where(here[0]), "commune")),
		"count trained":          plan("COVERING INDEX standing.province.commune.until.id (province=? AND commune=? AND until>?)")(count(store.Where(append(here, store.AtLeast("until", day))...))),
		"count trained by place": plan("SCAN standing USING COVERING INDEX standing.province.commune.until.id")(count(store.Where(store.AtLeast("until", day)), "province", "commune")),
		"a page in order":        plan("INDEX standing.province.commune.until.id (province=? AND commune=?)")(find(store.Where(here...).By("-until").First(20))),
		"the next page":          plan("INDEX standing.until.id ((until,id)<(?,?))")(find(store.Query{}.By("-until").From(&store.Cursor{Value: day, ID: "x"}).First(20))),
		"a page by id":           plan("(id>?)")(find(store.Query{}.From(&store.Cursor{ID: "x"}))),
		"by unique field":        plan("INDEX standing.code unique (code=?)")(find(store.Where(store.Is("code", "x")))),
		"in the order of one":    plan("INDEX standing.code unique")(find(store.Query{}.By("-code").First(20))),
		"by many prefixes":       plan("standing USING INDEX sqlite_autoindex_standing_1 (id>? AND id<?)")(find(store.Where(store.BeginsAny("id", []string{"a", "b"})))),
		"by many ids":            plan("standing USING INDEX sqlite_autoindex_standing_1 (id=?)")(find(store.Where(store.Among("id", []string{"a", "b"})))),
		"a list before more":     plan("INDEX standing.open.commune.id.until (open=?)")(find(store.Where(store.Is("open", true)).By("commune"))),
		"count of a list":        plan("COVERING INDEX standing.open.commune.id.until (open=?)")(count(store.Where(store.Is("open", true), store.More("until", day)), "commune")),
		"by prefix":              plan("(province=? AND commune>? AND commune<?)")(count(store.Where(store.Begins("commune", "023"), store.Is("province", "08")), "commune")),
	} {
		if c.err != nil {
			t.Fatal(c.err)
		}
		got, err := s.explain(t.Context(), c.text, c.args)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !strings.Contains(got, c.want) || strings.Contains(got, "TEMP B-TREE") {
			t.Errorf("%s: %s\nwant %s, and no sorting", name, got, c.want)
		}
	}
}

func plan(want string) func(string, []any, error) struct {
	want string
	text string
	args []any
	err  error
} {
	return func(text string, args []any, err error) (c struct {
		want string
		text string
		args []any
		err  error
	}) {
		c.want, c.text, c.args, c.err = want, text, args, err
		return c
	}
}
