package sqlite_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"lopban/courses/problem"
	"lopban/courses/store"
	"lopban/courses/store/sqlite"
	"lopban/courses/store/storetest"
)

type person struct {
	ID       string    `json:"id"`
	Code     string    `json:"code"`
	Province string    `json:"province"`
	Rank     int       `json:"rank"`
	Active   bool      `json:"active"`
	Until    time.Time `json:"until"`
}

func people() *store.Kind {
	return &store.Kind{Name: "person", Schema: 1, Doc: person{}, Unique: []string{"code"}, Indexes: [][]string{{"province", "until"}}}
}

func somebody(id string) *person { return &person{ID: id, Code: "c" + id, Province: "08"} }

func open(t testing.TB, dir string, kinds ...*store.Kind) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(dir, kinds...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantProblem(t *testing.T, err error, code string, what any) {
	t.Helper()
	var p *problem.Problem
	if !errors.As(err, &p) || p.Kind != problem.ErrUnavailable || p.Code != code || len(p.Args) != 1 || p.Args[0] != what {
		t.Errorf("error is %v, want the problem %s with %v", err, code, what)
	}
}

func wantCount(t *testing.T, s store.Store, k *store.Kind, n int) {
	t.Helper()
	groups, err := s.Count(t.Context(), k, store.Query{})
	if err != nil || groups[0].N != n {
		t.Errorf("there are %v documents (%v), want %d", groups, err, n)
	}
}

func TestContract(t *testing.T) {
	fresh := func(t *testing.T, kinds ...*store.Kind) store.Store { return open(t, t.TempDir(), kinds...) }
	again := func(t *testing.T) storetest.Opener {
		dir := t.TempDir()
		return func(t *testing.T, kinds ...*store.Kind) store.Store { return open(t, dir, kinds...) }
	}
	storetest.Run(t, fresh, storetest.Reopen(again))
}

func TestFolderIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?c#d%41", "data")
	s := open(t, dir, people())
	must(t, s.Insert(t.Context(), people(), somebody("a")))
	files, err := os.ReadDir(dir)
	must(t, err)
	info, err := os.Stat(dir)
	must(t, err)
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the folder's mode is %v", info.Mode())
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", f.Name(), info.Mode(), err)
		}
	}
	must(t, s.Close())
	if left, err := filepath.Glob(filepath.Join(dir, "lopban.db?*")); err != nil || left != nil {
		t.Errorf("a closed store leaves %v, %v", left, err)
	}
}

func TestFolderInUseIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	_, err := sqlite.Open(dir)
	wantProblem(t, err, "store-locked", dir)
	must(t, s.Close())
	open(t, dir)
}

func TestUnwritableFolderIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	for _, dir := range []string{file, filepath.Join(file, "data")} {
		_, err := sqlite.Open(dir)
		wantProblem(t, err, "store-unwritable", dir)
	}
}

// fill makes a store of some hundred pages and copies its folder as it stands while the store is open, which is how a
// crash leaves it, and again when it is closed.
func fill(t *testing.T) (crashed, closed string) {
	t.Helper()
	dir := t.TempDir()
	s := open(t, dir, people())
	var docs []any
	for i := range 2000 {
		docs = append(docs, somebody(fmt.Sprintf("%05d", i)))
	}
	must(t, s.Insert(t.Context(), people(), docs...))
	crashed, closed = t.TempDir(), t.TempDir()
	must(t, os.CopyFS(crashed, os.DirFS(dir)))
	must(t, s.Close())
	must(t, os.CopyFS(closed, os.DirFS(dir)))
	return crashed, closed
}

func TestCrashedStoreOpens(t *testing.T) {
	dir, _ := fill(t)
	wantCount(t, open(t, dir, people()), people(), 2000)
}

func TestDamageIsRefused(t *testing.T) {
	crashed, closed := fill(t)
	for name, c := range map[string]struct {
		from, file string
		harm       func(db []byte) []byte // nil removes the file
	}{
		"emptied":             {closed, "lopban.db", func([]byte) []byte { return []byte{} }},
		"cut to a few bytes":  {closed, "lopban.db", func(db []byte) []byte { return db[:100] }},
		"cut in half":         {closed, "lopban.db", func(db []byte) []byte { return db[:len(db)/2] }},
		"cut inside a page":   {closed, "lopban.db", func(db []byte) []byte { return db[:len(db)-1000] }},
		"header overwritten":  {closed, "lopban.db", func(db []byte) []byte { return append(bytes.Repeat([]byte("x"), 100), db[100:]...) }},
		"page overwritten":    {closed, "lopban.db", func(db []byte) []byte { return overwrite(db, len(db)/2/4096*4096) }},
		"first page":          {closed, "lopban.db", func(db []byte) []byte { return overwrite(db, 0) }},
		"something else":      {closed, "lopban.db", func(db []byte) []byte { return bytes.Repeat([]byte("Lớp Bản "), 1000) }},
		"another's database":  {closed, "lopban.db", func(db []byte) []byte { return append(append(bytes.Clone(db[:68]), 0, 0, 0, 0), db[72:]...) }},
		"missing with a log":  {crashed, "lopban.db", nil},
		"log missing":         {crashed, "lopban.db-wal", nil},
		"log emptied":         {crashed, "lopban.db-wal", func([]byte) []byte { return nil }},
		"log cut to its head": {crashed, "lopban.db-wal", func(log []byte) []byte { return log[:4096] }},
		"log overwritten":     {crashed, "lopban.db-wal", func(log []byte) []byte { return overwrite(log, 0) }},
		"all but the lock":    {crashed, "lopban.db*", nil},
		"cut in half, no log": {crashed, "lopban.db", func(db []byte) []byte { return db[:len(db)/2] }},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.CopyFS(dir, os.DirFS(c.from)))
			file := filepath.Join(dir, c.file)
			if c.harm == nil {
				remove(t, file)
				file = filepath.Join(dir, filepath.Base(map[bool]string{true: "lopban.db", false: c.file}[c.file == "lopban.db*"]))
			} else {
				db, err := os.ReadFile(file)
				must(t, err)
				must(t, os.WriteFile(file, c.harm(db), 0o600))
			}
			before, _ := os.ReadFile(file)
			for range 2 {
				_, err := sqlite.Open(dir, people())
				wantProblem(t, err, harmed(c.file), file)
			}
			if after, _ := os.ReadFile(file); c.from == closed && !bytes.Equal(before, after) {
				t.Error("the damaged file was changed")
			}
		})
	}
}

// What is wrong with a large file is found while it is used, and then nothing is read or written any more; a sound one
// goes on.
func TestDamageIsFoundWhileServing(t *testing.T) {
	_, closed := fill(t)
	usual := *sqlite.CheckedAtOnce
	*sqlite.CheckedAtOnce = 0
	t.Cleanup(func() { *sqlite.CheckedAtOnce = usual })
	sound := t.TempDir()
	must(t, os.CopyFS(sound, os.DirFS(closed)))
	s := open(t, sound, people())
	must(t, s.Insert(t.Context(), people(), somebody("later")))
	must(t, s.Checked(t.Context()))
	must(t, s.Close())

	file := filepath.Join(closed, "lopban.db")
	db, err := os.ReadFile(file)
	must(t, err)
	must(t, os.WriteFile(file, overwrite(db, len(db)/2/4096*4096), 0o600))
	s, err = sqlite.Open(closed, people())
	must(t, err)
	defer s.Close()
	wantProblem(t, s.Checked(t.Context()), "store-damaged", file)
	for name, do := range map[string]func() error{
		"Ping":   func() error { return s.Ping(t.Context()) },
		"Insert": func() error { return s.Insert(t.Context(), people(), somebody("later")) },
		"Get":    func() error { return s.Get(t.Context(), people(), "later", new(person)) },
		"Find": func() error {
			return s.Find(t.Context(), people(), store.Query{}, func(store.Row) error { return nil })
		},
		"Count":   func() error { _, err := s.Count(t.Context(), people(), store.Query{}); return err },
		"PutBlob": func() error { return s.PutBlob(t.Context(), "later", nil) },
		"Blob":    func() error { _, err := s.Blob(t.Context(), "later"); return err },
		"Blobs":   func() error { return s.Blobs(t.Context(), func(string) error { return nil }) },
		"Backup":  func() error { return s.Backup(t.Context(), filepath.Join(t.TempDir(), "copy")) },
	} {
		t.Run(name, func(t *testing.T) { wantProblem(t, do(), "store-damaged", file) })
	}
}

// harmed is what is said of harm to one of the files.
func harmed(file string) string {
	if file == "lopban.db-wal" {
		return "store-cut"
	}
	return "store-damaged"
}

func overwrite(db []byte, at int) []byte {
	db = bytes.Clone(db)
	for i := range 4096 {
		db[at+i] = byte(i*i>>3) | 1
	}
	return db
}

func remove(t *testing.T, pattern string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	must(t, err)
	for _, f := range files {
		must(t, os.Remove(f))
	}
}

func TestNewFieldsAndIndexes(t *testing.T) {
	dir := t.TempDir()
	type oldPerson struct {
		ID       string    `json:"id"`
		Code     string    `json:"code"`
		Province string    `json:"province"`
		Until    time.Time `json:"until"`
	}
	old := &store.Kind{Name: "person", Schema: 1, Doc: oldPerson{}, Indexes: [][]string{{"province"}}}
	s := open(t, dir, old)
	until := time.Date(2026, 5, 1, 0, 0, 0, 5e6, time.UTC)
	var docs []any
	for i := range 1234 { // more than are refilled at a time
		docs = append(docs, &oldPerson{ID: fmt.Sprint(i), Code: fmt.Sprint("c", i), Province: "08", Until: until.Add(time.Duration(i) * time.Millisecond)})
	}
	must(t, s.Insert(t.Context(), old, docs...))
	must(t, s.Close())

	k := &store.Kind{Name: "person", Schema: 2, Doc: person{}, Unique: []string{"code"}, Indexes: [][]string{{"until"}, {"rank"}, {"active"}}}
	nameless := &store.Kind{Name: "person", Schema: 2, Unique: []string{"code"}}
	if _, err := sqlite.Open(dir, nameless); !errors.Is(err, problem.ErrInvalid) {
		t.Errorf("opened with new fields and no Doc: %v", err)
	}
	s = open(t, dir, k)
	for _, c := range []struct {
		cond store.Cond
		want int
	}{
		{store.AtLeast("until", until.Add(1230*time.Millisecond)), 4}, {store.Is("rank", 0), 1234}, {store.Is("active", false), 1234}, {store.Is("code", "c7"), 1},
	} {
		docs, err := store.All[person](t.Context(), s, k, store.Where(c.cond))
		if err != nil || len(docs) != c.want {
			t.Errorf("%+v finds %d documents (%v), want %d", c.cond, len(docs), err, c.want)
		}
	}
	if err := s.Insert(t.Context(), k, &person{ID: "x", Code: "c7"}); !errors.Is(err, problem.ErrExists) {
		t.Errorf("the new unique field does not hold: %v", err)
	}
	must(t, s.Close())

	old.Schema = k.Schema
	s = open(t, dir, old) // a field that is dropped and comes back is filled anew
	must(t, s.Insert(t.Context(), old, &oldPerson{ID: "late", Code: "late", Until: until}))
	must(t, s.Close())
	s = open(t, dir, k)
	if late, err := store.One[person](t.Context(), s, k, store.Where(store.Is("code", "late"))); err != nil || late.ID != "late" {
		t.Errorf("found %+v, %v", late, err)
	}
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	dir := t.TempDir()
	old := &store.Kind{Name: "person", Schema: 1, Doc: person{}, Indexes: [][]string{{"province"}}}
	s := open(t, dir, old)
	must(t, s.Insert(t.Context(), old, &person{ID: "a", Code: "same", Province: "08"}, &person{ID: "b", Code: "same", Province: "08"}))
	must(t, s.Close())
	if _, err := sqlite.Open(dir, people()); err == nil {
		t.Fatal("two documents share a unique value, and the store opened")
	}
	s = open(t, dir, old)
	if all, err := store.All[person](t.Context(), s, old, store.Where(store.Is("province", "08"))); err != nil || len(all) != 2 {
		t.Errorf("found %v, %v", all, err)
	}
}

func TestBackup(t *testing.T) {
	s, k := open(t, t.TempDir(), people()), people()
	must(t, s.Insert(t.Context(), k, somebody("a")))
	must(t, s.PutBlob(t.Context(), "paper", []byte("%PDF")))
	dir := t.TempDir()
	to := filepath.Join(dir, sqlite.FileName)
	must(t, s.Backup(t.Context(), to))
	if err := s.Backup(t.Context(), to); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second backup over the first: %v", err)
	}
	must(t, s.Insert(t.Context(), k, somebody("later")))
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy has mode %v, %v", info.Mode(), err)
	}
	copied := open(t, dir, k)
	wantCount(t, copied, k, 1)
	if data, err := copied.Blob(t.Context(), "paper"); err != nil || string(data) != "%PDF" {
		t.Errorf("the blob is %q, %v", data, err)
	}
	if err := s.Backup(t.Context(), filepath.Join(dir, "none", "copy.db")); !errors.Is(err, problem.ErrUnavailable) {
		t.Errorf("a backup into no folder: %v", err)
	}
}

// hold keeps the writer busy until the function it returns is called.
func hold(t *testing.T, s *sqlite.Store, k *store.Kind, id string) (release func()) {
	t.Helper()
	begun, end, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- s.Update(t.Context(), k, id, new(person), func() error { close(begun); <-end; return nil })
	}()
	<-begun
	return func() { close(end); must(t, <-done) }
}

func waitFor(s *sqlite.Store, queue int) {
	for s.Queue() < queue {
		runtime.Gosched()
	}
}
