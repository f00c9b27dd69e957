package sqlite_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"lopban/courses/problem"
	"lopban/courses/store"
	"lopban/courses/store/sqlite"
	"lopban/courses/store/storetest"
)

// smallDisk is a folder that is a file system of its own.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("a small disk cannot be mounted here (it takes root): %v", err)
	}
	t.Cleanup(func() { must(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return dir
}

// inFiles is what stands in the file and in its log.
func inFiles(t *testing.T, dir string) [2][]byte {
	t.Helper()
	var all [2][]byte
	for i, name := range []string{"lopban.db", "lopban.db-wal"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		all[i] = text
	}
	return all
}

// Whatever keeps a store from being opened, after a crash or after it was closed: the attempt changes nothing, and once
// the cause is gone the store opens with all that was acknowledged.
func TestStartsAgainOnceTheCauseIsGone(t *testing.T) {
	crashed, closed := fill(t)
	k := people()
	disk := smallDisk(t)
	for state, from := range map[string]string{"crashed": crashed, "closed": closed} {
		for name, c := range map[string]struct {
			prevent func(dir string) (permit func())
			kinds   []*store.Kind
			code    string // "" where the error is no problem
		}{
			"full disk": {prevent: func(dir string) func() {
				ballast := filepath.Join(disk, "ballast")
				f, err := os.Create(ballast)
				for must(t, err); err == nil; {
					_, err = f.Write(make([]byte, 4096))
				}
				f.Close()
				return func() { must(t, os.Remove(ballast)) }
			}, kinds: []*store.Kind{k}, code: "store-unwritable"},
			"disk that cannot be written": {prevent: func(dir string) func() {
				must(t, syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
				return func() { must(t, syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "")) }
			}, kinds: []*store.Kind{k}, code: "store-unwritable"},
			"older release":                      {kinds: []*store.Kind{{Name: "person", Schema: 0}}, code: "store-newer"},
			"a change that the documents refuse": {kinds: []*store.Kind{{Name: "person", Schema: 2, Doc: person{}, Unique: []string{"province"}}}},
		} {
			t.Run(state+", "+name, func(t *testing.T) {
				dir := filepath.Join(disk, "data")
				must(t, os.CopyFS(dir, os.DirFS(from)))
				t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
				before := inFiles(t, dir)
				permit := func() {}
				if c.prevent != nil {
					permit = c.prevent(dir)
				}
				for range 2 {
					_, err := sqlite.Open(dir, c.kinds...)
					var p *problem.Problem
					if err == nil || errors.As(err, &p) != (c.code != "") || p != nil && p.Code != c.code {
						t.Errorf("it opens with %v, want %s", err, c.code)
					}
				}
				permit()
				after := inFiles(t, dir)
				if !bytes.Equal(before[0], after[0]) || !bytes.Equal(before[1], after[1][:min(len(before[1]), len(after[1]))]) {
					t.Error("an attempt to open changed the file or what was in its log")
				}
				s, err := sqlite.Open(dir, k)
				must(t, err)
				wantCount(t, s, k, 2000)
				must(t, s.Close())
			})
		}
	}
}

// Another program that reads the file after a crash moves the log into it and removes it, and so did the failed start
// of an earlier release. Nothing is lost by that, and nothing is refused.
func TestLogThatSomebodyMovedIntoTheFile(t *testing.T) {
	crashed, _ := fill(t)
	k := people()
	for name, end := range map[string]bool{"and went": true, "and stays": false} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.CopyFS(dir, os.DirFS(crashed)))
			db, err := sql.Open("sqlite", filepath.Join(dir, "lopban.db"))
			must(t, err)
			var n int
			must(t, db.QueryRow("SELECT count(*) FROM person").Scan(&n))
			if end {
				must(t, db.Close())
			} else {
				defer db.Close()
			}
			if _, err := os.Stat(filepath.Join(dir, "lopban.db-wal")); (err == nil) == end {
				t.Fatalf("the log: %v", err)
			}
			snap, err := sqlite.Read(t.Context(), dir, k)
			must(t, err)
			must(t, snap.Close())
			s, err := sqlite.Open(dir, k)
			must(t, err)
			wantCount(t, s, k, 2000)
			must(t, s.Close())
		})
	}
}

// A log that was lost is noticed as well when most of it had been moved into the file before, and what is left can be
// used only when somebody says so.
func TestLostLogIsNoticedHoweverLittleWasInIt(t *testing.T) {
	dir, k := t.TempDir(), people()
	s := open(t, dir, k)
	for i := range 40 {
		var docs []any
		for j := range 200 {
			docs = append(docs, somebody(fmt.Sprintf("%03d-%03d", i, j)))
		}
		must(t, s.Insert(t.Context(), k, docs...))
	}
	crashed := t.TempDir()
	must(t, os.CopyFS(crashed, os.DirFS(dir)))
	log := filepath.Join(crashed, "lopban.db-wal")
	must(t, os.Remove(log))
	for range 2 {
		_, err := sqlite.Open(crashed, k)
		wantProblem(t, err, "store-cut", log)
	}
	if lost, err := sqlite.AcceptLoss(crashed, k); !lost || err != nil {
		t.Fatalf("the loss was accepted: %v, %v", lost, err)
	}
	left := open(t, crashed, k)
	groups, err := left.Count(t.Context(), k, store.Query{})
	if err != nil || groups[0].N == 0 || groups[0].N%200 != 0 || groups[0].N >= 8000 {
		t.Errorf("there are %v documents, %v", groups, err)
	}
	must(t, left.Close())
	if lost, err := sqlite.AcceptLoss(crashed, k); lost || err != nil {
		t.Errorf("of a sound store a loss was accepted: %v, %v", lost, err)
	}
}

// What cannot be compared is not guessed: the marker of release 0.1.0 does not say how far the log had come.
func TestMarkerOfTheFirstRelease(t *testing.T) {
	crashed, closed := fill(t)
	for _, c := range []struct {
		from, marker string
		log, opens   bool
	}{{crashed, "0", true, true}, {crashed, "0", false, false}, {closed, "1", false, false}, {crashed, "1", true, false}} {
		dir := t.TempDir()
		must(t, os.CopyFS(dir, os.DirFS(c.from)))
		must(t, os.WriteFile(filepath.Join(dir, "lopban.open"), []byte(c.marker), 0o600))
		log := filepath.Join(dir, "lopban.db-wal")
		if !c.log {
			remove(t, log)
		}
		s, err := sqlite.Open(dir, people())
		if c.opens {
			must(t, err)
			wantCount(t, s, people(), 2000)
			must(t, s.Close())
			continue
		}
		wantProblem(t, err, "store-cut", log)
	}
}

// A start of an earlier release with a later one's documents is refused, and by that nothing changes for the later one,
// however it ended before.
func TestOlderReleaseAfterACrash(t *testing.T) {
	dir := t.TempDir()
	s, err := sqlite.Open(dir, storetest.OldTerms())
	must(t, err)
	storetest.FillTerms(t, s, 100)
	must(t, s.Close())
	open(t, dir, storetest.Terms()) // runs on while its folder is copied
	crashed := t.TempDir()
	must(t, os.CopyFS(crashed, os.DirFS(dir)))
	if _, err := sqlite.Open(crashed, storetest.OldTerms()); err == nil {
		t.Fatal("an older release opened the store")
	}
	storetest.WantTerms(t, open(t, crashed, storetest.Terms()), 100)
}
