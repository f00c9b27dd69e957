// Package sqlitetest gives tests a new store on the embedded engine. Making the tables takes most of the time of
// opening one, so they are made once for the test binary, and copied.
package sqlitetest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"lopban/courses/store"
	"lopban/courses/store/sqlite"
)

// Open opens a store without documents, and closes it after the test.
func Open(t testing.TB, kinds ...*store.Kind) *sqlite.Store {
	t.Helper()
	st, err := sqlite.Open(Folder(t, kinds...), kinds...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

// Folder is a folder with a store without documents, as it was closed, which goes with the test.
func Folder(t testing.TB, kinds ...*store.Kind) string {
	t.Helper()
	empty, err := file(kinds)
	dir := t.TempDir()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, sqlite.FileName), empty, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

var (
	mu   sync.Mutex
	made = map[string]template{} // by the kinds, each by where it is
)

type template struct {
	kinds []*store.Kind // kept, so that no other kind comes to be where one of them is
	file  []byte
}

// file is that of a store of these kinds that was made and closed.
func file(kinds []*store.Kind) ([]byte, error) {
	mu.Lock()
	defer mu.Unlock()
	key := ""
	for _, k := range kinds {
		key += fmt.Sprintf("%p ", k)
	}
	if one, ok := made[key]; ok {
		return one.file, nil
	}
	dir, err := os.MkdirTemp("", "lopban-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	st, err := sqlite.Open(dir, kinds...)
	if err != nil {
		return nil, err
	}
	if err := st.Close(); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(dir, sqlite.FileName))
	if err == nil {
		made[key] = template{slices.Clone(kinds), data}
	}
	return data, err
}
