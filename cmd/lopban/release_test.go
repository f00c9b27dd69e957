package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
	"lopban/courses/store"
	"lopban/courses/store/mongodb/mongotest"
)

// A backup that an earlier release wrote restores into both engines, and holds what the store of that release holds.
func TestBackupsOfReleases(t *testing.T) {
	for _, release := range programtest.Releases {
		dir := programtest.StoreOf(t, release)
		want := backedUp(holdings(t, console.Place{Data: dir}))
		file := filepath.Join("testdata", release, "backup.lopban")
		for name, into := range map[string]console.Place{"sqlite": {Data: filepath.Join(t.TempDir(), "data")}, "mongodb": {Mongodb: mongotest.Start(t)}} {
			t.Run(release+" "+name, func(t *testing.T) {
				programtest.Says(t, append([]string{"restore", file}, programtest.FlagsOf(into)...)...).Want(t, 0)
				wantSame(t, restored(t, into), want)
				programtest.Says(t, append([]string{"doctor"}, programtest.FlagsOf(into)...)...).Want(t, 0)
			})
		}
		// and so does one that this program writes of a folder that it has not opened
		fresh, copied, back := programtest.StoreOf(t, release), filepath.Join(t.TempDir(), "copy"), console.Place{Data: filepath.Join(t.TempDir(), "data")}
		programtest.Says(t, "backup", copied, "--data", fresh).Want(t, 0)
		programtest.Says(t, "restore", copied, "--data", back.Data).Want(t, 0)
		wantSame(t, restored(t, back), want)
	}
}

// CHANGELOG.md and the version that the program says of itself agree: what is not released yet stands under
// "Unreleased", and the last section is of an earlier release or of this one.
func TestTheVersionIsThatOfTheChangelog(t *testing.T) {
	text, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	var sections []string
	for line := range strings.Lines(string(text)) {
		if head, ok := strings.CutPrefix(line, "## "); ok {
			sections = append(sections, strings.TrimSpace(head))
		}
	}
	developing := strings.HasSuffix(store.Release, "-dev")
	if developing != (sections[0] == "Unreleased") {
		t.Errorf("the program is %s, and the first section of CHANGELOG.md %q", store.Release, sections[0])
	}
	if developing {
		sections = sections[1:]
	}
	last, day, ok := strings.Cut(sections[0], " – ")
	if _, err := time.Parse("2006-01-02", day); err != nil || !ok || (last == store.Release) == developing {
		t.Errorf("the program is %s, and the last release in CHANGELOG.md is %q", store.Release, sections[0])
	}
	if !slices.Contains(programtest.Releases, last) && last != store.Release {
		t.Errorf("there is no store of release %s in testdata", last)
	}
	if got := lopban(t, nil, "version"); got.code != 0 || !strings.HasPrefix(got.out, "lopban "+store.Release+" ") {
		t.Errorf("lopban version says %q", got.out)
	}
}
