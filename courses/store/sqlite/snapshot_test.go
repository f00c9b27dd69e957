package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"lopban/courses/problem"
	"lopban/courses/store"
	"lopban/courses/store/sqlite"
)

func snapshot(t *testing.T, dir string) *sqlite.Snapshot {
	t.Helper()
	s, err := sqlite.Read(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// ids reads the ids of a kind from a snapshot.
func ids(t *testing.T, s *sqlite.Snapshot, k *store.Kind) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	must(t, s.Each(t.Context(), k, func(r store.Row) error {
		var p person
		err := r.Decode(&p)
		all[p.ID] = true
		return err
	}))
	if n, err := s.Count(t.Context(), k); err != nil || n != len(all) {
		t.Errorf("counted %d (%v), read %d", n, err, len(all))
	}
	return all
}

func TestSnapshotIsOneMoment(t *testing.T) {
	dir, k := t.TempDir(), people()
	s := open(t, dir, k)
	ctx, cancel := context.WithCancel(t.Context())
	var acknowledged [8]atomic.Int64 // by writer: pairs with lower numbers are on disk
	var writers sync.WaitGroup
	for w := range acknowledged {
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if err := s.Insert(t.Context(), k, somebody(fmt.Sprintf("%d-%d-a", w, i)), somebody(fmt.Sprintf("%d-%d-b", w, i))); err != nil {
					t.Error(err)
					return
				}
				if err := s.PutBlob(t.Context(), fmt.Sprintf("%d-%d", w, i), []byte("x")); err != nil {
					t.Error(err)
					return
				}
				acknowledged[w].Store(int64(i + 1))
			}
		})
	}
	defer func() { cancel(); writers.Wait() }()
	for range 20 {
		var before [8]int64
		for w := range before {
			before[w] = acknowledged[w].Load()
		}
		snap := snapshot(t, dir)
		blobs := 0
		must(t, snap.EachBlob(t.Context(), func(string, []byte) error { blobs++; return nil }))
		there := ids(t, snap, k)
		if again := ids(t, snap, k); len(again) != len(there) {
			t.Errorf("a snapshot of %d documents had %d a moment later", len(there), len(again))
		}
		// each writer has a pair with its blob, or in between a pair without
		if pairs := len(there) / 2; len(there)%2 != 0 || blobs > pairs || blobs < pairs-len(before) {
			t.Errorf("%d documents and %d blobs", len(there), blobs)
		}
		for w, n := range before {
			for i := range n {
				if !there[fmt.Sprintf("%d-%d-a", w, i)] || !there[fmt.Sprintf("%d-%d-b", w, i)] {
					t.Fatalf("pair %d of writer %d was acknowledged before the snapshot and is not in it", i, w)
				}
			}
		}
		must(t, snap.Close())
	}
}

func TestSnapshotChangesNothing(t *testing.T) {
	crashed, closed := fill(t)
	for name, dir := range map[string]string{"left by a crash": crashed, "closed": closed} {
		t.Run(name, func(t *testing.T) {
			before := contents(t, dir)
			snap := snapshot(t, dir)
			if n := len(ids(t, snap, people())); n != 2000 {
				t.Errorf("read %d documents", n)
			}
			must(t, snap.Close())
			after := contents(t, dir)
			for file, data := range before {
				// the -shm is an index that every reader shares
				if file != "lopban.db-shm" && !bytes.Equal(after[file], data) {
					t.Errorf("%s was changed", file)
				}
			}
			for file, data := range after {
				if _, there := before[file]; !there && len(data) > 0 && file != "lopban.db-shm" {
					t.Errorf("%s was made", file)
				}
			}
			wantCount(t, open(t, dir, people()), people(), 2000)
		})
	}
}

func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name()))
		must(t, err)
	}
	return files
}

func TestSnapshotOutlivesTheWriter(t *testing.T) {
	dir, k := t.TempDir(), people()
	s := open(t, dir, k)
	must(t, s.Insert(t.Context(), k, somebody("a")))
	snap := snapshot(t, dir)
	must(t, s.Insert(t.Context(), k, somebody("b")))
	must(t, s.Close())
	if there := ids(t, snap, k); len(there) != 1 || !there["a"] {
		t.Errorf("the snapshot has %v", there)
	}
	must(t, snap.Close())
	wantCount(t, open(t, dir, k), k, 2)
}

// A store that is closed while somebody reads a snapshot leaves its log behind. Should that be lost, it is noticed.
func TestLogLeftByCloseIsMissed(t *testing.T) {
	dir, k := t.TempDir(), people()
	s := open(t, dir, k)
	snap := snapshot(t, dir)
	must(t, s.Insert(t.Context(), k, somebody("a")))
	must(t, s.Close())
	must(t, snap.Close())
	log := filepath.Join(dir, "lopban.db-wal")
	if info, err := os.Stat(log); err != nil || info.Size() == 0 {
		t.Skipf("no log was left: %v", err)
	}
	must(t, os.Remove(log))
	_, err := sqlite.Open(dir, k)
	wantProblem(t, err, "store-cut", log)
}

func TestSnapshotOfAnOlderStore(t *testing.T) {
	dir := t.TempDir()
	must(t, open(t, dir).Close())
	snap := snapshot(t, dir)
	if n := len(ids(t, snap, people())); n != 0 {
		t.Errorf("a kind that the store does not know has %d documents", n)
	}
	if n, err := snap.CountBlobs(t.Context()); n != 0 || err != nil {
		t.Errorf("%d blobs, %v", n, err)
	}
}

func TestSnapshotOfNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	_, err := sqlite.Read(t.Context(), dir)
	var p *problem.Problem
	if !errors.As(err, &p) || p.Kind != problem.ErrNotFound || p.Code != "store-missing" || p.Args[0] != dir {
		t.Errorf("error is %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}

func TestSnapshotOfDamageIsRefused(t *testing.T) {
	crashed, closed := fill(t)
	for name, c := range map[string]struct {
		from, file string
		harm       func(db []byte) []byte // nil removes the file
	}{
		"emptied":            {closed, "lopban.db", func([]byte) []byte { return nil }},
		"header overwritten": {closed, "lopban.db", func(db []byte) []byte { return overwrite(db, 0) }},
		"something else":     {closed, "lopban.db", func([]byte) []byte { return bytes.Repeat([]byte("Lớp Bản "), 1000) }},
		"missing":            {crashed, "lopban.db", nil},
		"log missing":        {crashed, "lopban.db-wal", nil},
		"log emptied":        {crashed, "lopban.db-wal", func([]byte) []byte { return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.CopyFS(dir, os.DirFS(c.from)))
			file := filepath.Join(dir, c.file)
			if c.harm == nil {
				must(t, os.Remove(file))
			} else {
				db, err := os.ReadFile(file)
				must(t, err)
				must(t, os.WriteFile(file, c.harm(db), 0o600))
			}
			_, err := sqlite.Read(t.Context(), dir)
			wantProblem(t, err, harmed(c.file), file)
		})
	}
	t.Run("pages overwritten", func(t *testing.T) {
		dir := t.TempDir()
		must(t, os.CopyFS(dir, os.DirFS(closed)))
		file := filepath.Join(dir, "lopban.db")
		db, err := os.ReadFile(file)
		must(t, err)
		for at := 4096 * 6; at < len(db); at += 4096 {
			db = overwrite(db, at)
		}
		must(t, os.WriteFile(file, db, 0o600))
		snap := snapshot(t, dir)
		err = snap.Each(t.Context(), people(), func(r store.Row) error { return r.Decode(new(person)) })
		if err == nil || !strings.Contains(err.Error(), "store-damaged") {
			t.Errorf("reading overwritten pages: %v", err)
		}
	})
}
