package store

import (
	"fmt"
	"slices"
	"strings"

	"lopban/courses/problem"
)

// Release is the version of the program, as CHANGELOG.md counts. "-dev" stands behind the next one while it is made.
const Release = "0.2.0-dev"

// Opened is what a store remembers of a kind that it was opened with: the highest schema, and the release that first
// had it.
type Opened struct {
	Kind    string `bson:"_id"`
	Schema  int    `bson:"schema"`
	Release string `bson:"release"`
}

// CheckRelease says whether a program with these kinds may open a store that remembers what it was opened with. It may
// not when a later one wrote documents in a shape or of a kind that it does not know: what it would not read it would
// lose. The error is then a *[Problem] of kind ErrUnavailable with the code "store-newer", the latest such release and
// the one of this program.
func CheckRelease(had []Opened, kinds []*Kind) error {
	newest := ""
	for _, h := range had {
		i := slices.IndexFunc(kinds, func(k *Kind) bool { return k.Name == h.Kind })
		// one that this program had and has no more is known
		unknown := i < 0 && compareReleases(h.Release, Release) > 0
		if (unknown || i >= 0 && h.Schema > kinds[i].Schema) && (newest == "" || compareReleases(h.Release, newest) > 0) {
			newest = h.Release
		}
	}
	if newest == "" {
		return nil
	}
	return &problem.Problem{Kind: problem.ErrUnavailable, Code: "store-newer", Args: []any{newest, Release}}
}

// compareReleases orders releases by their three numbers.
func compareReleases(a, b string) int {
	x, y := numbers(a), numbers(b)
	return slices.Compare(x[:], y[:])
}

func numbers(release string) (n [3]int) {
	release, _, _ = strings.Cut(release, "-")
	fmt.Sscanf(release, "%d.%d.%d", &n[0], &n[1], &n[2]) // what is no number is 0
	return n
}

// Note is what a store remembers of a kind from now on, given what it remembered: nothing, when it was never opened
// with it.
func (k *Kind) Note(had []Opened) Opened {
	for _, h := range had {
		if h.Kind == k.Name && h.Schema >= k.Schema {
			return h
		}
	}
	return Opened{k.Name, k.Schema, Release}
}
