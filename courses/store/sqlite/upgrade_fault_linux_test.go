package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"lopban/courses/problem"
	"lopban/courses/store"
	"lopban/courses/store/sqlite"
	"lopban/courses/store/storetest"
)

// upgrader opens a folder with the kinds of a later release, and ends.
func upgrader(dir string) error {
	s, err := sqlite.Open(dir, storetest.Terms())
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	os.Exit(0)
	return nil
}

// Killed at any of its writes, an upgrade leaves a store that opens, all of it upgraded then.
func TestKilledUpgrade(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skipf("a process cannot be killed at a system call here: %v", err)
	}
	const documents = 1200
	before := t.TempDir()
	s, err := sqlite.Open(before, storetest.OldTerms())
	must(t, err)
	storetest.FillTerms(t, s, documents)
	must(t, s.Close())
	killed := 0
	for n := 1; ; n += 1 + n/3 {
		dir := filepath.Join(t.TempDir(), "data")
		must(t, os.CopyFS(dir, os.DirFS(before)))
		w := writer(dir, "upgrader")
		cmd := exec.Command("strace", append([]string{"-f", "-qq", "-o", os.DevNull, "-e", "trace=pwrite64,write,fsync,fdatasync,rename,renameat,unlink,unlinkat,ftruncate", "-e",
			fmt.Sprintf("inject=pwrite64,fsync,fdatasync,rename,renameat,unlink,unlinkat,ftruncate:signal=KILL:when=%d", n)}, w.Args...)...)
		cmd.Env = w.Env
		if err := cmd.Run(); err == nil { // it has fewer writes
			break
		}
		killed++
		s := open(t, dir, storetest.Terms())
		storetest.WantTerms(t, s, documents)
		must(t, s.Close())
	}
	t.Logf("killed at %d of its writes", killed)
	if killed < 5 {
		t.Errorf("the upgrade was killed only %d times", killed)
	}
}

// A store that a later release has opened is refused, by name, and opens with that release as before.
func TestNewerStoreIsRefused(t *testing.T) {
	dir := t.TempDir()
	s, err := sqlite.Open(dir, storetest.Terms())
	must(t, err)
	must(t, s.Close())
	_, err = sqlite.Open(dir, storetest.OldTerms())
	_, read := sqlite.Read(t.Context(), dir, storetest.OldTerms())
	for _, err := range []error{err, read} {
		var p *problem.Problem
		if !errors.As(err, &p) || p.Code != "store-newer" || p.Args[0] != store.Release {
			t.Errorf("error is %v", err)
		}
	}
	open(t, dir, storetest.Terms())
}
