package store

import (
	"errors"
	"testing"

	"lopban/courses/problem"
)

// What a later release wrote in a shape or of a kind that this one does not know is refused, and the sentence names
// that release.
func TestCheckRelease(t *testing.T) {
	kinds := []*Kind{{Name: "person", Schema: 2}, {Name: "course", Schema: 1}}
	for name, c := range map[string]struct {
		had  []Opened
		want string // release that is named, "" where the store may be opened
	}{
		"a store of the first release":          {nil, ""},
		"the same kinds":                        {[]Opened{{"person", 2, Release}, {"course", 1, "0.1.1"}}, ""},
		"an older schema":                       {[]Opened{{"person", 1, "0.1.1"}}, ""},
		"a later release with the same kinds":   {[]Opened{{"person", 2, "99.0.0"}}, ""},
		"a newer schema":                        {[]Opened{{"person", 3, "99.0.0"}}, "99.0.0"},
		"a newer schema of a release like this": {[]Opened{{"person", 3, Release}}, Release},
		"a kind of a later release":             {[]Opened{{"lesson", 1, "99.10.0"}, {"quiz", 1, "99.9.1"}}, "99.10.0"},
		"a kind that is no more":                {[]Opened{{"lesson", 1, "0.1.1"}}, ""},
		"a kind that a test did without":        {[]Opened{{"lesson", 1, Release}}, ""},
	} {
		err := CheckRelease(c.had, kinds)
		var p *problem.Problem
		if errors.As(err, &p) != (c.want != "") || p != nil && (p.Kind != problem.ErrUnavailable || p.Code != "store-newer" || p.Args[0] != c.want || p.Args[1] != Release) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNote(t *testing.T) {
	k := &Kind{Name: "person", Schema: 2}
	for name, c := range map[string]struct {
		had  []Opened
		want Opened
	}{
		"nothing":      {nil, Opened{"person", 2, Release}},
		"an older one": {[]Opened{{"person", 1, "0.1.1"}}, Opened{"person", 2, Release}},
		"the same":     {[]Opened{{"person", 2, "0.1.1"}}, Opened{"person", 2, "0.1.1"}},
		"another's":    {[]Opened{{"course", 9, "0.1.1"}}, Opened{"person", 2, Release}},
	} {
		if got := k.Note(c.had); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
