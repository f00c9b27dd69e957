// Package sqlite keeps documents in one local file: the embedded default. One goroutine writes and commits the writes that
// wait together; several connections read beside it.
//
// The folder holds lopban.db (and, while in use, its -wal and -shm), lopban.lock, and lopban.open, which stands there from a
// successful Open until Close and says how often the store was opened: with it, a write-ahead log that has gone missing after a
// crash, or lost what was in it at Open, is noticed. One that lost less cannot be told from one that never had more.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gofrs/flock"
	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"lopban/courses/store"
)

// FileName is the name of the database in its folder.
const FileName = "lopban.db"

// applicationID marks the file as ours ("LpBn" in the header, where the file utility finds it).
const applicationID = 0x4C70426E

// Store is a [store.Store] on one folder of the local disk.
type Store struct {
	dir    string
	lock   *flock.Flock
	opened int // how often, this time included
	tables map[string]*table

	readers *sql.DB // a few connections, never held while a caller's function runs
	streams *sql.DB // a connection for each Find under way, so that functions given to Find may read
	plans   sync.Map

	writer *writer

	checking func()                // ends the check of a large file
	checked  chan struct{}         // closed when it has ended
	damage   atomic.Pointer[error] // what it found
}

// Open opens the folder, or makes it (mode 0700), and brings its tables to what the kinds declare: new fields are filled from the
// documents that are there, for which such a kind must have a Doc.
//
// It is a *[store.Problem] of kind ErrUnavailable with the code "store-locked" when another process has the folder, "store-unwritable" when the folder
// cannot be made or written, "store-newer" as [store.CheckRelease] says, and "store-damaged", with the name of the file, when what is there is not a sound database. A damaged file is left as it is.
// The structure of a file of more than 256 MB, which takes seconds to read, is checked while the store is used: from the moment at which damage is found, everything is that problem.
func Open(dir string, kinds ...*store.Kind) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	lock, err := takeFolder(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, lock: lock, tables: map[string]*table{}}
	if err := s.open(kinds); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

// takeFolder makes the folder and locks it for this process.
func takeFolder(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, problem("store-unwritable", dir, err)
	}
	lock := flock.New(filepath.Join(dir, "lopban.lock"), flock.SetPermissions(0o600))
	switch ours, err := lock.TryLock(); {
	case err != nil:
		return nil, problem("store-unwritable", dir, err)
	case !ours:
		return nil, problem("store-locked", dir, nil)
	}
	return lock, nil
}

func (s *Store) open(kinds []*store.Kind) error {
	if err := s.findFile(); err != nil {
		return err
	}
	wal := s.file() + "-wal"
	lost := exists(s.marker()) && !exists(wal)
	single := s.pool("journal_mode(wal)", "synchronous(full)", "journal_size_limit(67108864)")
	single.SetMaxOpenConns(1)
	s.writer = newWriter(single)
	if err := s.checkFile(single); err != nil {
		return err
	}
	if lost {
		return problem("store-damaged", wal, errors.New("missing after a crash"))
	}
	if err := s.countOpening(single, wal); err != nil {
		return err
	}
	if err := s.prepare(single, kinds); err != nil {
		return err
	}
	if _, err := single.Exec("PRAGMA shrink_memory"); err != nil { // of the 8 MB of pages that were checked
		return s.broken(err)
	}
	s.readers = s.pool("query_only(on)", "cache_size(-2048)")
	s.readers.SetMaxOpenConns(max(4, runtime.NumCPU()))
	s.readers.SetMaxIdleConns(max(4, runtime.NumCPU()))
	s.streams = s.pool("query_only(on)", "cache_size(-1024)")
	s.streams.SetMaxIdleConns(4)
	if err := s.Ping(context.Background()); err != nil {
		return err
	}
	if s.large() {
		s.checkBeside()
	}
	return s.markOpen()
}

// pool gives connections to the file. foreign_keys stays off: documents have none. Reading through mmap is not used: a disk
// that fails would then kill the process where it now gives an error.
func (s *Store) pool(pragmas ...string) *sql.DB {
	q := url.Values{"_pragma": append([]string{"busy_timeout(5000)", "foreign_keys(off)", "cache_size(-8192)", "temp_store(memory)"}, pragmas...)}
	db, err := sql.Open("sqlite", address(s.file(), q))
	if err != nil {
		panic(err) // only when no driver has this name
	}
	return db
}

// address is the URI of a file, in mode rw: what is missing is never made by accident.
func address(path string, q url.Values) string { return addressIn("rw", path, q) }

func addressIn(mode, path string, q url.Values) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	q.Set("mode", mode)
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String()
}

func (s *Store) file() string   { return filepath.Join(s.dir, FileName) }
func (s *Store) marker() string { return filepath.Join(s.dir, "lopban.open") }

// findFile makes a new file where there was none, and refuses what a crash cannot have left behind.
func (s *Store) findFile() error {
	file := s.file()
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		if exists(file+"-wal") || exists(s.marker()) {
			return problem("store-damaged", file, err)
		}
		return s.create()
	}
	switch {
	case err != nil:
		return problem("store-unwritable", s.dir, err)
	case info.Size() < 512: // not even a header; a new file gets its name only when it is whole
		return problem("store-damaged", file, fmt.Errorf("%d bytes", info.Size()))
	}
	return nil
}

// create writes an empty database under another name and gives it its own when it is on disk.
func (s *Store) create() error {
	draft := s.file() + ".new"
	if err := os.WriteFile(draft, nil, 0o600); err != nil {
		return problem("store-unwritable", s.dir, err)
	}
	db, err := sql.Open("sqlite", address(draft, url.Values{"_pragma": {"synchronous(full)", fmt.Sprintf("application_id(%d)", applicationID)}}))
	if err != nil {
		return err
	}
	_, err = db.Exec(`CREATE TABLE "_blob" ("name" TEXT PRIMARY KEY, "data" BLOB NOT NULL)`)
	if err = errors.Join(err, db.Close()); err != nil {
		return problem("store-unwritable", s.dir, err)
	}
	if err := errors.Join(os.Rename(draft, s.file()), syncFolder(s.dir)); err != nil {
		return problem("store-unwritable", s.dir, err)
	}
	return nil
}

// checkedAtOnce is the size of the largest file that is read as a whole before it is used: some tenths of a second.
var checkedAtOnce int64 = 256 << 20

func (s *Store) large() bool {
	info, err := os.Stat(s.file())
	return err == nil && info.Size() > checkedAtOnce
}

// checkFile sees that the file is ours, and reads the structure of all of it unless it is large.
func (s *Store) checkFile(db *sql.DB) error {
	var id int
	if err := db.QueryRow("PRAGMA application_id").Scan(&id); err != nil {
		return s.broken(err)
	}
	if id != applicationID {
		return problem("store-damaged", s.file(), errors.New("not a database of this program"))
	}
	if s.large() {
		return nil
	}
	return s.checkPages(context.Background(), db)
}

func (s *Store) checkPages(ctx context.Context, db *sql.DB) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return s.broken(err)
	}
	if verdict != "ok" {
		return problem("store-damaged", s.file(), errors.New(verdict))
	}
	return nil
}

// checkBeside reads the structure of the file while the store is used.
func (s *Store) checkBeside() {
	ctx, cancel := context.WithCancel(context.Background())
	s.checked = make(chan struct{})
	s.checking = func() { cancel(); <-s.checked }
	go func() {
		defer close(s.checked)
		db := s.pool("query_only(on)", "cache_size(-1024)") // every page is read once
		defer db.Close()
		err := s.checkPages(ctx, db)
		if p := (*store.Problem)(nil); ctx.Err() == nil && errors.As(err, &p) && p.Code == "store-damaged" {
			s.damage.Store(&err)
		}
	}()
}

// Checked waits until the structure of all of the file has been read, and is the damage that was found.
func (s *Store) Checked(ctx context.Context) error {
	if s.checked != nil {
		select {
		case <-s.checked:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return s.sound()
}

// sound is the damage that was found since the store was opened.
func (s *Store) sound() error {
	if err := s.damage.Load(); err != nil {
		return *err
	}
	return nil
}

// countOpening compares how often the file was opened with what the marker of a crash says, and counts on. What it writes is in the log before the marker is made.
func (s *Store) countOpening(db *sql.DB, wal string) error {
	if err := db.QueryRow("PRAGMA user_version").Scan(&s.opened); err != nil {
		return s.broken(err)
	}
	if s.opened < s.marked() {
		return problem("store-damaged", wal, errCut)
	}
	s.opened++
	if _, err := db.Exec(fmt.Sprintf("PRAGMA user_version = %d", s.opened)); err != nil {
		return s.broken(err)
	}
	return nil
}

var errCut = errors.New("cut short after a crash")

// marked is what the marker says, 0 where there is none.
func (s *Store) marked() int {
	text, _ := os.ReadFile(s.marker())
	n, _ := strconv.Atoi(string(text))
	return n
}

// broken is an error of opening the file: damage, a disk that cannot be written, or another program that has the file.
func (s *Store) broken(err error) error {
	switch primary(err) {
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return problem("store-locked", s.dir, err)
	case lib.SQLITE_FULL, lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
		return problem("store-unwritable", s.dir, err)
	}
	return problem("store-damaged", s.file(), err)
}

func (s *Store) markOpen() error {
	draft := s.marker() + ".new"
	err := os.WriteFile(draft, []byte(strconv.Itoa(s.opened)), 0o600)
	if err == nil {
		err = errors.Join(syncFile(draft), os.Rename(draft, s.marker()), syncFolder(s.dir))
	}
	if err != nil {
		return problem("store-unwritable", s.dir, err)
	}
	return nil
}

// Close waits for writes under way, moves the write-ahead log into the file and frees the folder. What is called afterwards is ErrUnavailable.
func (s *Store) Close() error {
	if !s.writer.stop() {
		return nil
	}
	// The marker goes first: the log is removed with the last connection, and must not be missed after a crash in between.
	err := errors.Join(os.Remove(s.marker()), syncFolder(s.dir), s.disconnect())
	if info, none := os.Stat(s.file() + "-wal"); none == nil && info.Size() > 0 { // somebody reads a Snapshot, and the log stays
		err = errors.Join(err, s.markOpen())
	}
	return errors.Join(err, s.lock.Unlock())
}

func (s *Store) release() error { return errors.Join(s.disconnect(), s.lock.Unlock()) }

func (s *Store) disconnect() error {
	var errs []error
	if s.checking != nil {
		s.checking()
	}
	if s.writer != nil {
		s.writer.stop()
	}
	for _, db := range []*sql.DB{s.readers, s.streams} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	return errors.Join(errs...)
}

// Ping says whether the file can be read.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.sound(); err != nil {
		return err
	}
	var n int
	return translate(s.readers.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&n))
}

// Queue is the number of writes that wait for the writer.
func (s *Store) Queue() int { return len(s.writer.queue) }

// Groups tells how writes were committed together since the store was opened: how many commits there were, failed ones too, of how many writes in all, and how many of them had at most 1, 2, 4 … 256 writes.
func (s *Store) Groups() (commits, writes uint64, atMost map[float64]uint64) {
	writes = s.writer.writes.Load()
	atMost = map[float64]uint64{}
	for i := range s.writer.sizes {
		commits += s.writer.sizes[i].Load()
		atMost[float64(int(1)<<i)] = commits
	}
	return commits, writes, atMost
}

// Backup writes a copy of everything committed when it begins to a new file at path, while the store goes on. The path must not exist.
// The copy is a database like the store's own: put into an empty folder as lopban.db it can be opened.
func (s *Store) Backup(ctx context.Context, path string) error {
	if exists(path) {
		return fmt.Errorf("backup to %s: %w", path, fs.ErrExist)
	}
	if err := s.sound(); err != nil {
		return fmt.Errorf("backup to %s: %w", path, err)
	}
	part := path + ".part"
	if err := os.WriteFile(part, nil, 0o600); err != nil {
		return fmt.Errorf("backup: %w: %w", store.ErrUnavailable, err)
	}
	db := s.pool() // the readers' query_only forbids it
	defer db.Close()
	_, err := db.ExecContext(ctx, "VACUUM INTO ?", part)
	if err == nil {
		err = errors.Join(syncFile(part), os.Rename(part, path), syncFolder(filepath.Dir(path)))
	}
	if err != nil {
		os.Remove(part)
		return fmt.Errorf("backup to %s: %w", path, translate(err))
	}
	return nil
}

// problem is an ErrUnavailable that its reader can act on, with the cause for the log.
func problem(code, what string, cause error) error {
	p := &store.Problem{Kind: store.ErrUnavailable, Code: code, Args: []any{what}}
	if cause == nil {
		return p
	}
	return fmt.Errorf("%w: %w", p, cause)
}

// translate gives an error of the driver its kind. Refused statements are faults of the program and stay as they are.
func translate(err error) error {
	if err == nil {
		return nil
	}
	switch primary(err) {
	case lib.SQLITE_ERROR, lib.SQLITE_CONSTRAINT, lib.SQLITE_TOOBIG, lib.SQLITE_MISMATCH, lib.SQLITE_RANGE, lib.SQLITE_MISUSE:
		return err
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return problem("store-damaged", FileName, err)
	}
	return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
}

// primary is SQLite's result code without its extension, or -1 for an error from elsewhere.
func primary(err error) int {
	if e := (*driver.Error)(nil); errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return -1
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncFolder makes the names in a folder durable, where the system can.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
