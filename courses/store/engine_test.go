package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"lopban/courses/problem"
	"lopban/courses/store"
)

func TestPlain(t *testing.T) {
	type role string
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_912_345, time.FixedZone("+07", 7*3600))
	for _, c := range []struct{ in, want any }{
		{"a", "a"}, {role("staff"), "staff"}, {7, int64(7)}, {int32(-7), int64(-7)}, {int64(7), int64(7)}, {true, true},
		{at, time.Date(2026, 1, 1, 20, 4, 5, 678e6, time.UTC)},
	} {
		if got, err := store.Plain(c.in); err != nil || got != c.want {
			t.Errorf("Plain(%v) = %v, %v, want %v", c.in, got, err, c.want)
		}
	}
	for _, v := range []any{nil, 1.5, uint(1), []string{"a"}, map[string]any{"$gt": ""}, &at, struct{}{}} {
		if got, err := store.Plain(v); !errors.Is(err, problem.ErrInvalid) {
			t.Errorf("Plain(%v) = %v, %v, want ErrInvalid", v, got, err)
		}
	}
}

func TestPrefixEnd(t *testing.T) {
	for prefix, want := range map[string]string{
		"": "", "a": "b", "Lào": "Làp", "a\U0010FFFF": "b", "\U0010FFFF": "", "\uD7FF": "\uE000", "\x7f": "\u0080", "\uFFFF": "\U00010000",
	} {
		if got := store.PrefixEnd(prefix); got != want {
			t.Errorf("PrefixEnd(%q) = %q, want %q", prefix, got, want)
		}
	}
}

func FuzzPrefixEnd(f *testing.F) {
	for _, s := range []string{"", "Lào Cai", "\U0010FFFF", "\uD7FF", "a\x7f"} {
		f.Add(s, s+"x")
		f.Add(s, "x")
	}
	f.Fuzz(func(t *testing.T, prefix, s string) {
		if !utf8.ValidString(prefix) || !utf8.ValidString(s) {
			t.Skip()
		}
		end := store.PrefixEnd(prefix)
		within := s >= prefix && (end == "" || s < end)
		if !utf8.ValidString(end) || within != strings.HasPrefix(s, prefix) {
			t.Errorf("%q: prefix %q ends at %q", s, prefix, end)
		}
	})
}

func TestKindNew(t *testing.T) {
	type person struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	if doc, err := (&store.Kind{Name: "a"}).New(); doc != nil || err != nil {
		t.Errorf("without Doc: %v, %v", doc, err)
	}
	good := &store.Kind{Name: "a", Doc: person{ID: "x", Name: "An"}, Unique: []string{"name"}}
	if doc, err := good.New(); err != nil || *doc.(*person) != (person{}) {
		t.Errorf("New() = %v, %v, want an empty document", doc, err)
	}
	if got := good.Fields(); !slices.Equal(got, []string{"name"}) {
		t.Errorf("fields are %v", got)
	}
	for _, bad := range []*store.Kind{
		{Name: "a", Doc: person{}, Unique: []string{"code"}},
		{Name: "a", Doc: &person{}},
		{Name: "a", Doc: "person"},
	} {
		if _, err := bad.New(); !errors.Is(err, problem.ErrInvalid) {
			t.Errorf("New() of %+v: %v, want ErrInvalid", bad.Doc, err)
		}
	}
}
