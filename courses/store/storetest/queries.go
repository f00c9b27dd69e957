package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lopban/courses/problem"
	"lopban/courses/store"
)

func order(t *testing.T, s *suite) {
	st, k := s.words(t,
		word{ID: "d", Code: "1", Rank: 2, Name: "Ân", Until: day(3), Open: true},
		word{ID: "b", Code: "2", Rank: 10, Name: "An", Until: day(1)},
		word{ID: "c", Code: "3", Rank: 2, Name: "an", Until: day(3).Add(-time.Millisecond), Open: true},
		word{ID: "a", Code: "4", Rank: -1, Name: "Đặng"},
	)
	for by, want := range map[string]string{
		"": "a b c d", "id": "a b c d", "-id": "d c b a",
		"code": "d b c a", "-code": "a c b d",
		"rank": "a c d b", "-rank": "b d c a",
		"name": "b c d a", "-name": "a d c b", // by bytes
		"until": "a b c d", "-until": "d c b a",
		"open": "a b c d", "-open": "d c b a",
	} {
		if got := ids(t, st, k, store.Query{}.By(by)); got != want {
			t.Errorf("by %q: %s, want %s", by, got, want)
		}
		first := strings.Fields(want)[:2]
		if got := ids(t, st, k, store.Query{}.By(by).First(2)); got != strings.Join(first, " ") {
			t.Errorf("first two by %q: %s, want %v", by, got, first)
		}
	}
}

func paging(t *testing.T, s *suite) {
	const n, size = 1000, 251 // the last page is not full
	docs := make([]word, n)
	for i := range docs {
		id := fmt.Sprintf("%04d", (i*7)%n)
		docs[i] = word{ID: id, Code: id, Province: "08", Rank: i % 3, Until: day(1 + i%2), Name: "như nhau", Open: i%5 == 0}
	}
	st, k := s.words(t, docs...)
	for _, by := range []string{"", "-id", "rank", "-rank", "until", "-until", "name", "-name", "code", "open", "-open"} {
		whole := strings.Fields(ids(t, st, k, store.Query{}.By(by)))
		if len(whole) != n {
			t.Fatalf("by %q: %d documents, want %d", by, len(whole), n)
		}
		if got := pages(t, st, k, store.Query{}.By(by).First(size)); strings.Join(got, " ") != strings.Join(whole, " ") {
			t.Errorf("by %q: %d documents in pages differ from %d at once", by, len(got), len(whole))
		}
	}
	some := store.Where(store.Is("province", "08"), store.AtLeast("rank", 1)).By("-until").First(size)
	if got := pages(t, st, k, some); len(got) != 666 {
		t.Errorf("pages with conditions: %d documents, want 666", len(got))
	}
}

// pages reads a query page by page.
func pages(t *testing.T, s store.Store, k *store.Kind, q store.Query) []string {
	t.Helper()
	var all []string
	for {
		page, err := store.All[word](t.Context(), s, k, q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 || len(all) > 2000 {
			return all
		}
		for _, d := range page {
			all = append(all, d.ID)
		}
		last := page[len(page)-1]
		q = q.From(&store.Cursor{ID: last.ID, Value: map[string]any{
			"rank": last.Rank, "until": last.Until, "name": last.Name, "code": last.Code, "open": last.Open,
		}[strings.TrimPrefix(q.Order, "-")]})
	}
}

func empty(t *testing.T, s *suite) {
	st, k := s.words(t)
	if got := ids(t, st, k, store.Where(store.Is("name", "An")).By("-rank").First(3)); got != "" {
		t.Errorf("found %s", got)
	}
	if got := groups(t, st, k, store.Query{}); got != `[] 0` {
		t.Errorf("counted %s, want one group of 0", got)
	}
	if got := groups(t, st, k, store.Query{}, "province"); got != "" {
		t.Errorf("counted groups %s, want none", got)
	}
	err := st.Blobs(t.Context(), func(name string) error { t.Errorf("blob %s", name); return nil })
	if err != nil {
		t.Error(err)
	}
}

func stop(t *testing.T, s *suite) {
	st, k := s.words(t, one("a"), one("b"), one("c"))
	mine := errors.New("mine")
	for name, end := range map[string]error{"stop": store.Stop, "wrapped stop": fmt.Errorf("enough: %w", store.Stop), "error": mine} {
		for _, limit := range []int{0, 3} {
			seen := 0
			err := st.Find(t.Context(), k, store.Query{Limit: limit}, func(store.Row) error {
				if seen++; seen == 2 {
					return end
				}
				return nil
			})
			if seen != 2 {
				t.Errorf("%s: called %d times, want 2", name, seen)
			}
			if name == "error" && err != mine || name != "error" && err != nil {
				t.Errorf("%s: find returned %v", name, err)
			}
		}
	}
}

func nested(t *testing.T, s *suite) {
	docs := make([]word, 20)
	for i := range docs {
		docs[i] = one(fmt.Sprintf("%02d", i))
	}
	st, k := s.words(t, docs...)
	inner := func(string) error {
		return store.Each(t.Context(), st, k, store.Query{}.First(2), func(d word) error {
			_, err := store.Get[word](t.Context(), st, k, d.ID)
			return err
		})
	}
	for _, err := range together(20, func(int) error {
		return store.Each(t.Context(), st, k, store.Query{}, func(d word) error { return inner(d.ID) })
	}) {
		if err != nil {
			t.Error(err)
		}
	}
}

func conditions(t *testing.T, s *suite) {
	st, k := s.words(t,
		word{ID: "a", Code: "1", Name: "An", Rank: 1, Until: day(1), Open: true},
		word{ID: "b", Code: "2", Name: "Bình", Rank: 2, Until: day(2)},
		word{ID: "c", Code: "3", Name: "Bính", Rank: 3, Until: day(3), Open: true},
		word{ID: "d", Code: "4", Name: "", Rank: -3},
	)
	hanoi := time.FixedZone("+07", 7*3600)
	for _, c := range []struct {
		cond store.Cond
		want string
	}{
		{store.Is("id", "b"), "b"}, {store.Less("id", "b"), "a"}, {store.AtMost("id", "b"), "a b"}, {store.More("id", "b"), "c d"}, {store.AtLeast("id", "b"), "b c d"},
		{store.Is("name", "Bình"), "b"}, {store.Less("name", "Bình"), "a d"}, {store.AtMost("name", "Bình"), "a b d"}, {store.More("name", "An"), "b c"}, {store.AtLeast("name", "An"), "a b c"},
		{store.Is("name", ""), "d"}, {store.Is("name", "bình"), ""}, {store.Begins("name", "B"), "b c"}, {store.Begins("name", "Bí"), "c"}, {store.Begins("id", "a"), "a"},
		{store.Is("rank", 2), "b"}, {store.Is("rank", int32(2)), "b"}, {store.Less("rank", 2), "a d"}, {store.AtMost("rank", int64(2)), "a b d"}, {store.More("rank", -3), "a b c"}, {store.AtLeast("rank", 2), "b c"},
		{store.Is("open", true), "a c"}, {store.Is("open", false), "b d"},
		{store.Is("until", day(2)), "b"}, {store.Is("until", day(2).In(hanoi)), "b"}, {store.Less("until", day(2)), "a d"}, {store.AtMost("until", day(2).Add(time.Nanosecond)), "a b d"},
		{store.More("until", day(2).Add(-time.Millisecond)), "b c"}, {store.AtLeast("until", day(2)), "b c"}, {store.Is("until", time.Time{}), "d"},
		{store.Is("code", "3"), "c"}, {store.AtLeast("code", role("3")), "c d"},
	} {
		q := store.Where(c.cond)
		if got := ids(t, st, k, q); got != c.want {
			t.Errorf("%+v finds %q, want %q", c.cond, got, c.want)
		}
		n := len(strings.Fields(c.want))
		if got := groups(t, st, k, q); got != fmt.Sprintf("[] %d", n) {
			t.Errorf("%+v counts %s, want %d", c.cond, got, n)
		}
	}
}

func conditionsTogether(t *testing.T, s *suite) {
	st, k := s.words(t,
		word{ID: "a", Code: "1", Province: "08", Commune: "x", Until: day(1), Rank: 1},
		word{ID: "b", Code: "2", Province: "08", Commune: "x", Until: day(5), Rank: 5},
		word{ID: "c", Code: "3", Province: "08", Commune: "y", Until: day(5), Rank: 9},
		word{ID: "d", Code: "4", Province: "15", Commune: "x", Until: day(5), Rank: 5},
	)
	for want, q := range map[string]store.Query{
		"b":     store.Where(store.Is("province", "08"), store.Is("commune", "x"), store.AtLeast("until", day(2))),
		"a b":   store.Where(store.More("rank", 0), store.Less("rank", 9), store.Is("province", "08")),
		"b d":   store.Where(store.More("rank", 0), store.More("rank", 4), store.Less("rank", 9)),
		"d c b": store.Where(store.Is("until", day(5))).By("-id"),
		"":      store.Where(store.Is("province", "08"), store.Is("province", "15")),
	} {
		if got := ids(t, st, k, q); got != want {
			t.Errorf("%+v finds %q, want %q", q.Where, got, want)
		}
	}
}

func prefixes(t *testing.T, s *suite) {
	names := []string{"", "Lào", "Lào Cai", "Lào_Cai", "Lạng Sơn", "lào", "Lào\U0010FFFF", "Lào\U0010FFFF\U0010FFFF!", "\U0010FFFF", "L.*", "L"}
	docs := make([]word, len(names))
	for i, name := range names {
		docs[i] = word{ID: fmt.Sprintf("%02d", i), Code: fmt.Sprint(i), Name: name}
	}
	st, k := s.words(t, docs...)
	for _, prefix := range append(names, "Là", "x", ".*", "Lào ", "^L", "%", "_") {
		n := 0
		for _, name := range names {
			if strings.HasPrefix(name, prefix) {
				n++
			}
		}
		if got := groups(t, st, k, store.Where(store.Begins("name", prefix))); got != fmt.Sprintf("[] %d", n) {
			t.Errorf("prefix %q counts %s, want %d", prefix, got, n)
		}
	}
}

func many(t *testing.T, s *suite) {
	names := []string{"", "Lào", "Lào Cai", "Lào_Cai", "Lạng Sơn", "lào", "Lào\U0010FFFF", "\U0010FFFF!", "L.*", "\"L\"", "L/01"}
	docs := make([]word, len(names))
	for i, name := range names {
		docs[i] = word{ID: fmt.Sprintf("%02d", i), Code: fmt.Sprint(i), Name: name, Open: i%2 == 0}
	}
	st, k := s.words(t, docs...)
	for _, c := range []struct {
		q    store.Query
		want string
	}{
		{store.Where(store.Among("id", []string{"04", "01", "xx", "04"})), "01 04"},
		{store.Where(store.Among("name", []string{"Lào", "L.*", "\"L\""})), "01 08 09"},
		{store.Where(store.Among("code", []string{"5", "7"})).By("-code"), "07 05"},
		{store.Where(store.Among("id", []string{"04", "01", "02"}), store.Is("open", true)), "02 04"},
		{store.Where(store.Among("id", []string{"04", "01", "02"})).By("-id").First(2), "04 02"},
		{store.Where(store.BeginsAny("name", []string{"Lào", "Lào C", "\U0010FFFF"})), "01 02 03 06 07"},
		{store.Where(store.BeginsAny("name", []string{"L.", "L/", "^L", "\""})).By("-id"), "10 09 08"},
		{store.Where(store.BeginsAny("id", []string{"0"}), store.Is("open", false), store.More("id", "04")), "05 07 09"},
		{store.Where(store.BeginsAny("id", []string{"01", "10"}), store.BeginsAny("name", []string{"L/"})), "10"},
		{store.Where(store.BeginsAny("id", []string{"0"})).First(3).From(&store.Cursor{ID: "02"}), "03 04 05"},
	} {
		if got := ids(t, st, k, c.q); got != c.want {
			t.Errorf("%+v finds %q, want %q", c.q, got, c.want)
		}
		if c.q.Order == "" && c.q.Limit == 0 {
			if got := groups(t, st, k, c.q); got != fmt.Sprintf("[] %d", len(strings.Fields(c.want))) {
				t.Errorf("%+v counts %s, want %s", c.q, got, c.want)
			}
		}
	}
	none := func(store.Row) error { t.Error("found"); return nil }
	for _, v := range []any{nil, "a", []string{}, []string{""}, []int{1}, make([]string, store.MostTexts+1)} {
		want(t, st.Find(t.Context(), k, store.Where(store.Cond{Field: "name", Op: store.In, Value: v}), none), problem.ErrInvalid)
		want(t, st.Find(t.Context(), k, store.Where(store.Cond{Field: "name", Op: store.PrefixIn, Value: v}), none), problem.ErrInvalid)
	}
	want(t, st.Find(t.Context(), k, store.Where(store.Among("note", []string{"x"})), none), problem.ErrInvalid)
}

func unindexed(t *testing.T, s *suite) {
	st, k := s.words(t, one("a"))
	for name, q := range map[string]store.Query{
		"condition": store.Where(store.Is("note", "x")),
		"order":     store.Query{}.By("-note"),
		"injection": store.Where(store.Is(`name" = '' OR "name`, "x")),
		"envelope":  store.Where(store.Is("_id", "x")),
	} {
		want(t, st.Find(t.Context(), k, q, func(store.Row) error { t.Errorf("%s: found", name); return nil }), problem.ErrInvalid)
	}
	_, err := st.Count(t.Context(), k, store.Query{}, "note")
	want(t, err, problem.ErrInvalid)
	_, err = st.Count(t.Context(), k, store.Where(store.Is("note", "x")))
	want(t, err, problem.ErrInvalid)
	for _, q := range []store.Query{store.Query{}.By("name"), store.Query{}.First(1), store.Query{}.From(&store.Cursor{ID: "a"})} {
		_, err = st.Count(t.Context(), k, q)
		want(t, err, problem.ErrInvalid)
	}
	other := &store.Kind{Name: "other"}
	want(t, st.Get(t.Context(), other, "a", new(word)), problem.ErrInvalid)
}

func incomparable(t *testing.T, s *suite) {
	st, k := s.words(t, one("a"))
	none := func(store.Row) error { t.Error("found"); return nil }
	for _, v := range []any{nil, 1.5, []string{"a"}, map[string]any{"$gt": ""}, struct{}{}} {
		want(t, st.Find(t.Context(), k, store.Where(store.Is("name", v)), none), problem.ErrInvalid)
	}
	want(t, st.Find(t.Context(), k, store.Where(store.Cond{Field: "rank", Op: store.Prefix, Value: 1}), none), problem.ErrInvalid)
	want(t, st.Find(t.Context(), k, store.Query{}.By("rank").From(&store.Cursor{ID: "a"}), none), problem.ErrInvalid)
	_, err := st.Count(t.Context(), k, store.Query{}, "rank")
	want(t, err, problem.ErrInvalid)
}

func counts(t *testing.T, s *suite) {
	var docs []word
	for i := range 60 {
		docs = append(docs, word{ID: fmt.Sprint(i), Code: fmt.Sprint(i), Province: []string{"15", "08", "Đ"}[i%3], Commune: []string{"b", "", "ă", "a"}[i%4], Until: day(1 + i%10)})
	}
	st, k := s.words(t, docs...)
	for _, c := range []struct {
		q    store.Query
		by   []string
		want string
	}{
		{store.Query{}, nil, `[] 60`},
		{store.Query{}, []string{"province"}, `["08"] 20; ["15"] 20; ["Đ"] 20`},
		{store.Where(store.Is("province", "08")), []string{"province", "commune"}, `["08" ""] 5; ["08" "a"] 5; ["08" "b"] 5; ["08" "ă"] 5`},
		{store.Where(store.AtLeast("until", day(10))), []string{"province"}, `["08"] 2; ["15"] 2; ["Đ"] 2`},
		{store.Where(store.AtLeast("until", day(9)), store.Is("province", "15")), []string{"commune", "province"}, `["" "15"] 1; ["a" "15"] 1; ["b" "15"] 1; ["ă" "15"] 1`},
		{store.Where(store.Is("province", "99")), []string{"commune"}, ``},
		{store.Where(store.Is("province", "99")), nil, `[] 0`},
		{store.Where(store.Begins("province", "1")), []string{"province"}, `["15"] 20`},
	} {
		if got := groups(t, st, k, c.q, c.by...); got != c.want {
			t.Errorf("%+v by %v: %s, want %s", c.q.Where, c.by, got, c.want)
		}
	}
}
