package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/store/mongodb/mongotest"
	"lopban/courses/store/sqlite"
)

// holdings are all documents and blobs of a store, by kind and id.
func holdings(t *testing.T, p place) map[string]any {
	t.Helper()
	st, err := p.openAny(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	all := map[string]any{}
	for _, k := range allKinds() {
		if k == restoreKind {
			continue
		}
		err := st.Find(t.Context(), k, store.Query{}, func(r store.Row) error {
			doc, err := k.New()
			if err == nil {
				err = r.Decode(doc)
			}
			id, _, bad := k.Values(doc)
			all[k.Name+" "+id] = doc
			return errors.Join(err, bad)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err = st.Blobs(t.Context(), func(name string) error {
		data, err := st.Blob(t.Context(), name)
		all["blob "+name] = append([]byte{}, data...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func wantSame(t *testing.T, got, want map[string]any) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d documents and blobs, want %d", len(got), len(want))
	}
	for name, doc := range want {
		if !reflect.DeepEqual(got[name], doc) {
			t.Errorf("%s is %+v, want %+v", name, got[name], doc)
		}
	}
}

// sampleStore fills a folder with some documents of every kind, the secret ones too, and some blobs, and gives what a backup of it must hold.
func sampleStore(t *testing.T) (dir string, archived map[string]any) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	st, err := place{Data: dir}.openAny(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var s sampler
	for _, k := range allKinds() {
		if k == restoreKind {
			continue
		}
		docs := []any{s.fill(k, true)}
		for range 3 {
			docs = append(docs, s.fill(k, false))
		}
		if err := st.Insert(t.Context(), k, docs...); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 1200 { // more than are inserted together
		if err := st.Insert(t.Context(), roster.LoginKind, login(fmt.Sprintf("l%04d", i))); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range map[string][]byte{"paper.pdf": []byte("%PDF"), "empty": {}, "big": bytes.Repeat([]byte{0, 1, 2, 253}, 1<<18)} {
		if err := st.PutBlob(t.Context(), name, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	archived = holdings(t, place{Data: dir})
	for name := range archived {
		if strings.HasPrefix(name, "key ") || strings.HasPrefix(name, "session ") {
			delete(archived, name)
		}
	}
	return dir, archived
}

func TestBackupMovesBetweenEngines(t *testing.T) {
	from, want := sampleStore(t)
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first.lopban"), filepath.Join(dir, "second.lopban")
	uri, back := mongotest.Start(t), filepath.Join(dir, "back")

	tells(t, "backup", first, "--data", from).want(t, 0, "backup")
	if info, err := os.Stat(first); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	tells(t, "restore", first, "--mongodb", uri).want(t, 0, "restore")
	wantSame(t, holdings(t, place{Mongodb: uri}), want)
	tells(t, "backup", second, "--mongodb", uri).want(t, 0)
	tells(t, "restore", second, "--data", back).want(t, 0)
	wantSame(t, holdings(t, place{Data: back}), want)

	for _, engine := range [][]string{{"--mongodb", uri}, {"--data", back}} {
		tells(t, append([]string{"restore", first}, engine...)...).want(t, 1, "the store is not empty")
	}
	if names, err := filepath.Glob(filepath.Join(dir, "*.tmp")); err != nil || names != nil {
		t.Errorf("left behind: %v, %v", names, err)
	}
}

func TestBackupOverwritesOnlyWhenForced(t *testing.T) {
	from, _ := sampleStore(t)
	file := filepath.Join(t.TempDir(), "backup.lopban")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	tells(t, "backup", file, "--data", from).want(t, 1, "is there already", "--force")
	if data, _ := os.ReadFile(file); string(data) != "precious" {
		t.Error("the file was overwritten")
	}
	tells(t, "backup", file, "--data", from, "--force").want(t, 0)
	tells(t, "restore", file, "--dry-run").want(t, 0)
}

func TestBackupOfNothingIsRefused(t *testing.T) {
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "backup.lopban")
	tells(t, "backup", file, "--data", data).want(t, 1, "There is no store in the folder "+data)
	st, err := sqlite.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	st.Close()
	tells(t, "backup", file, "--data", data).want(t, 1, "there is nothing in this store")
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was written: %v", err)
	}
}

func TestRestoreRefusesDamageBeforeItWrites(t *testing.T) {
	dir := t.TempDir()
	file, data := filepath.Join(dir, "backup.lopban"), filepath.Join(dir, "data")
	for name, c := range hostile() {
		if err := os.WriteFile(file, c.archive, 0o600); err != nil {
			t.Fatal(err)
		}
		got := tells(t, "restore", file, "--data", data)
		if got.code != 1 || !strings.Contains(got.err, "lopban: "+file+" ") || !strings.Contains(got.err, c.says) || !strings.Contains(got.err, "nothing was written") {
			t.Errorf("%s: code %d, %s", name, got.code, got.err)
		}
		if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the folder was made", name)
		}
	}
}

// A file may be whole and yet say two things of one id. That is seen only while it is restored.
func TestRestoreRefusesContradiction(t *testing.T) {
	dir := t.TempDir()
	file, data := filepath.Join(dir, "backup.lopban"), filepath.Join(dir, "data")
	if err := os.WriteFile(file, pack([]string{goodHead, goodDoc, goodDoc}, ""), 0o600); err != nil {
		t.Fatal(err)
	}
	tells(t, "restore", file, "--data", data).want(t, 1, "contradicts itself", "login a")
	tells(t, "verify", "ABCD-EFGH-JKMN", "--data", data).want(t, 1, "not whole")
}

// cancelAt ends a context when a word is written.
type cancelAt struct {
	bytes.Buffer
	word   string
	cancel context.CancelFunc
}

func (c *cancelAt) Write(p []byte) (int, error) {
	if strings.Contains(string(p), c.word) {
		c.cancel()
	}
	return c.Buffer.Write(p)
}

func TestInterruptedRestore(t *testing.T) {
	from, want := sampleStore(t)
	dir := t.TempDir()
	file, other := filepath.Join(dir, "backup.lopban"), filepath.Join(dir, "other.lopban")
	tells(t, "backup", file, "--data", from).want(t, 0)
	if err := os.WriteFile(other, smallArchive(t), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, engine := range map[string][]string{"sqlite": {"--data", filepath.Join(dir, "data")}, "mongodb": {"--mongodb", ""}} {
		t.Run(name, func(t *testing.T) {
			if name == "mongodb" {
				engine[1] = mongotest.Start(t)
			}
			with := func(args ...string) []string { return append(args, engine...) }
			ctx, cancel := context.WithCancel(t.Context())
			said := &cancelAt{word: "restore ", cancel: cancel} // at the first sign of progress
			if code := run(ctx, with("restore", file), noEnvironment, &terminal{out: said, err: said}); code != 1 || ctx.Err() == nil {
				t.Fatalf("code %d: %s", code, said)
			}
			notWhole := "has not ended, so it is not whole: run lopban restore again with the same file and --force"
			tells(t, with("serve", "--addr", "127.0.0.1:0")...).want(t, 1, notWhole)
			tells(t, with("backup", filepath.Join(t.TempDir(), "b"))...).want(t, 1, notWhole)
			tells(t, with("restore", file)...).want(t, 1, notWhole)
			tells(t, with("restore", other, "--force")...).want(t, 1, "was of another file")
			tells(t, with("restore", file, "--force")...).want(t, 0)
			tells(t, with("restore", file, "--force")...).want(t, 1, "the store is not empty")
			p := place{Data: engine[1]}
			if name == "mongodb" {
				p = place{Mongodb: engine[1]}
			}
			wantSame(t, holdings(t, p), want)
		})
	}
}
