package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lopban/courses/programme"
	"lopban/courses/store"
)

// A backup that was made beside a server is in the trail once whoever has the store writes it down, once; what is no
// entry keeps nobody from opening it. A report and a restore are there at once.
func TestTheTrailSaysWhatWasDoneAtTheConsole(t *testing.T) {
	dir := usedStore(t)
	tells(t, "backup", filepath.Join(t.TempDir(), "b.lopban"), "--data", dir).want(t, 0)
	for name, text := range map[string]string{"bad.json": "{", "empty.json": "{}", "big.json": strings.Repeat(" ", 70<<10), "other.txt": "x"} {
		if err := os.WriteFile(filepath.Join(dir, "told", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trail := func() (said []string) {
		opened(t, dir, func(st store.Store) {
			all, err := store.All[programme.AuditEntry](t.Context(), st, programme.AuditKind, store.Query{}.By("line"))
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range all {
				if strings.HasPrefix(e.Action, "export.") {
					said = append(said, e.By+" "+e.Action+" "+e.Subject+" "+e.Province+" "+e.Note)
				}
			}
		})
		return said
	}
	file := filepath.Join(t.TempDir(), "missing.csv")
	tells(t, "report", "missing", "--province", "08", "-o", file, "--data", dir).want(t, 0)
	for range 2 {
		got := trail()
		if len(got) != 2 || got[0] != "operator export.backup b.lopban  " || !strings.HasPrefix(got[1], "operator export.missing missing.csv 08 ") || !strings.HasSuffix(got[1], " dòng") {
			t.Errorf("the trail says %q", got)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "told", "*.json")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	tells(t, "doctor", "--data", dir).want(t, 0)
}
