package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"lopban/courses/problem"
	"lopban/courses/store"
	"lopban/courses/store/sqlite"
)

// A log that is shorter than it was is noticed. Where the power failed the marker may be older than the log: then the
// store that opens has whole commits, in their order from the first on, or it does not open.
func TestCutLogLosesItsEndOnly(t *testing.T) {
	dir, k := t.TempDir(), people()
	s := open(t, dir, k)
	early, err := os.ReadFile(filepath.Join(dir, "lopban.open"))
	must(t, err)
	const commits = 20
	for i := range commits {
		must(t, s.Insert(t.Context(), k, somebody(fmt.Sprintf("%03d-a", i)), somebody(fmt.Sprintf("%03d-b", i))))
	}
	crashed := t.TempDir()
	must(t, os.CopyFS(crashed, os.DirFS(dir)))
	log, err := os.ReadFile(filepath.Join(crashed, "lopban.db-wal"))
	must(t, err)
	refused, last := 0, -1
	for size := 0; size <= len(log); size += 4096 {
		torn := t.TempDir()
		must(t, os.CopyFS(torn, os.DirFS(crashed)))
		must(t, os.Truncate(filepath.Join(torn, "lopban.db-wal"), int64(size)))
		n, err := pairs(t, torn, k)
		var p *problem.Problem
		if cut := errors.As(err, &p) && p.Code == "store-cut"; cut == (n == commits) {
			t.Fatalf("with %d of %d bytes of the log: %d commits, %v", size, len(log), n, err)
		}
		must(t, os.WriteFile(filepath.Join(torn, "lopban.open"), early, 0o600))
		n, err = pairs(t, torn, k)
		switch {
		case errors.As(err, &p) && p.Code == "store-cut" && last < 0:
			refused++
		case err != nil || n < last:
			t.Fatalf("with %d of %d bytes of the log: %d commits after %d, %v", size, len(log), n, last, err)
		default:
			last = n
		}
	}
	if refused == 0 || last < commits-2 {
		t.Errorf("refused %d, and with all but the end of the log %d commits of %d", refused, last, commits)
	}
	if n, err := pairs(t, crashed, k); n != commits || err != nil {
		t.Errorf("with the whole log: %d commits, %v", n, err)
	}
}

// pairs opens a store, counts the commits in it, two documents each, and fails where one is half or missing before
// another.
func pairs(t *testing.T, dir string, k *store.Kind) (int, error) {
	t.Helper()
	s, err := sqlite.Open(dir, k)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	all, err := store.All[person](t.Context(), s, k, store.Query{})
	for i, p := range all {
		if want := fmt.Sprintf("%03d-%c", i/2, 'a'+rune(i%2)); p.ID != want {
			t.Fatalf("document %d is %s, want %s", i, p.ID, want)
		}
	}
	if len(all)%2 != 0 {
		t.Fatalf("%d documents: half a commit", len(all))
	}
	return len(all) / 2, err
}
