package storetest

import (
	"strings"
	"testing"

	"lopban/courses/store"
)

func TestJudge(t *testing.T) {
	k := &store.Kind{Name: "word", Unique: []string{"code"}, Indexes: [][]string{{"province", "commune", "until"}, {"open", "name", "id", "rank"}, {"until"}}}
	here, there := store.Is("province", "08"), store.Is("commune", "02371")
	for _, c := range []struct {
		q    store.Query
		want string // begins so
	}{
		{store.Query{}, ""},
		{store.Query{}.By("-until"), ""},
		{store.Query{}.By("rank"), "what is found"},
		{store.Query{}.By("code"), ""},
		{store.Where(store.Is("code", "x")), ""},
		{store.Where(store.Begins("code", "x")), "what is found"},
		{store.Where(store.Begins("code", "x")).By("-code"), ""},
		{store.Where(here, there).By("until"), ""},
		{store.Where(here).By("commune"), "what is found"}, // the end comes before the id
		{store.Where(here), "what is found"},
		{store.Where(there), "everything"},
		{store.Where(store.Is("open", true)).By("name"), ""},
		{store.Where(store.Is("open", true), store.More("rank", 1), store.Is("name", "x")), ""},
		{store.Where(store.More("until", day(1))), "what is found"},
		{store.Where(store.More("until", day(1))).By("until"), ""},
		{store.Where(store.Among("until", []string{"a", "b"})), "what is found"},
		{store.Where(store.Among("id", []string{"a", "b"})), ""},
		{store.Where(store.BeginsAny("id", []string{"a", "b"}), here), ""},
	} {
		s := Shape{Kind: k, Query: c.q}
		if got := s.Judge(); (got == "") != (c.want == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", s, got, c.want)
		}
	}
	if got := (Shape{Kind: k, Query: store.Where(there), Count: true}).Judge(); got == "" {
		t.Error("a count reads everything and may")
	}
	if got := (Shape{Kind: k, Query: store.Where(here), Count: true, By: []string{"commune"}}).Judge(); got != "" {
		t.Errorf("a count in a province: %s", got)
	}
}
