package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"lopban/courses/problem"
)

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("a small disk cannot be mounted here (it takes root): %v", err)
	}
	t.Cleanup(func() { must(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	s, k := open(t, filepath.Join(dir, "data"), people()), people()
	ballast := filepath.Join(dir, "ballast")
	must(t, os.WriteFile(ballast, make([]byte, 2<<20), 0o600))

	kept := 0
	var err error
	for ; err == nil && kept < 100_000; kept++ {
		err = s.Insert(t.Context(), k, somebody(fmt.Sprint(kept)))
	}
	kept--
	if !errors.Is(err, problem.ErrUnavailable) {
		t.Fatalf("after %d documents on a full disk: %v", kept, err)
	}
	wantCount(t, s, k, kept) // reading goes on
	if err := s.Insert(t.Context(), k, somebody("again")); !errors.Is(err, problem.ErrUnavailable) {
		t.Errorf("a second write on the full disk: %v", err)
	}
	must(t, os.Remove(ballast))
	must(t, s.Insert(t.Context(), k, somebody("after")))
	wantCount(t, s, k, kept+1)
	must(t, s.Close())
	wantCount(t, open(t, filepath.Join(dir, "data"), k), k, kept+1)
}
