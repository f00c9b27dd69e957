package desk

import (
	"context"
	"slices"
	"testing"
)

func TestAuthorsAreWhoWroteSinceTheBase(t *testing.T) {
	const path = "lessons/cho-muon.vi.md"
	for name, c := range map[string]struct {
		do   func(t *testing.T, d *Desk, course string, rev int)
		want []string
	}{
		"nobody": {func(*testing.T, *Desk, string, int) {}, nil},
		"two": {func(t *testing.T, d *Desk, course string, rev int) {
			save(t, d, course, path, rev, "## A\n", "pao")
			save(t, d, course, path, rev+1, "## B\n", "say")
		}, []string{"pao", "say"}},
		"who was written over and put back": {func(t *testing.T, d *Desk, course string, rev int) {
			save(t, d, course, path, rev, "## A\n", "pao")
			if _, err := d.Discard(context.Background(), course, "lan"); err != nil {
				t.Fatal(err)
			}
			save(t, d, course, path, rev+2, "## A\n", "say")
		}, []string{"pao", "say"}},
		"of what was taken back": {func(t *testing.T, d *Desk, course string, rev int) {
			save(t, d, course, path, rev, "## A\n", "pao")
			if _, err := d.Discard(context.Background(), course, "lan"); err != nil {
				t.Fatal(err)
			}
		}, nil},
		"who submitted": {func(t *testing.T, d *Desk, course string, rev int) {
			if err := d.Submit(context.Background(), course, work(t, d, course).Draft.Hash, "", "mai"); err != nil {
				t.Fatal(err)
			}
		}, []string{"mai"}},
	} {
		t.Run(name, func(t *testing.T) {
			d, _, course := opened(t)
			f, ok := work(t, d, course).Draft.File(path)
			if !ok {
				t.Fatal("no such lesson")
			}
			c.do(t, d, course, f.Rev)
			if got, err := d.Authors(t.Context(), work(t, d, course)); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%q, %v, want %q", got, err, c.want)
			}
		})
	}
}
