// Package sqlite keeps documents in one local file: the embedded default. One goroutine writes and commits the writes
// that wait together; several connections read beside it.
//
// The folder holds lopban.db (and, while in use, its -wal and -shm), lopban.lock, and lopban.open, the marker, which
// stands there from a successful Open until Close and says which commit was the last: the file counts them too, so that
// a write-ahead log that was lost or cut after a crash is told from one that somebody has moved into the file. The
// marker is not flushed with every commit: when the power fails it may name an earlier one, never a later.
package sqlite

import (
	"cmp"
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

	"lopban/courses/problem"
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
	tables map[string]*table

	readers *sql.DB // a few connections, never held while a caller's function runs
	streams *sql.DB // a connection for each Find under way, so that functions given to Find may read
	plans   sync.Map

	writer *writer
	mark   *os.File // the marker, while it stands

	thorough bool                  // a file of any size is checked at once
	checking func()                // ends the check of a large file
	checked  chan struct{}         // closed when it has ended
	damage   atomic.Pointer[error] // what it found
}

// Open opens the folder, or makes it (mode 0700), and brings its tables to what the kinds declare: new fields are
// filled from the documents that are there, for which such a kind must have a Doc.
//
// It is a *[problem.Problem] of kind ErrUnavailable with the code "store-locked" when another process has the folder,
// "store-unwritable" when the folder cannot be made or written, "store-unreadable" when the disk cannot read the file,
// "store-newer" as [store.CheckRelease] says, "store-damaged", with the name of the file, when what is there is not a
// sound database, and "store-cut", with the name of the log, when the file is sound and lacks what was committed before
// a crash. Whatever the error is, the file and its log are left as they are. The structure of a file of more than 256
// MB, which takes seconds to read, is checked while the store is used: from the moment at which damage is found,
// everything is that problem.
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
		return nil, errors.Join(err, lock.Unlock())
	}
	return s, nil
}

// takeFolder makes the folder and locks it for this process.
func takeFolder(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, startProblem("store-unwritable", dir, err)
	}
	lock := flock.New(filepath.Join(dir, "lopban.lock"), flock.SetPermissions(0o600))
	switch ours, err := lock.TryLock(); {
	case err != nil:
		return nil, startProblem("store-unwritable", dir, err)
	case !ours:
		return nil, startProblem("store-locked", dir, nil)
	}
	return lock, nil
}

func (s *Store) open(kinds []*store.Kind) (err error) {
	if made, err := s.findFile(); err != nil {
		return err
	} else if !made {
		if err := s.create(); err != nil {
			return err
		}
	}
	// All is judged through a connection that cannot write. It stays until the store is open: the last connection that
	// can write moves the log into the file and removes it, this one leaves it.
	guard, err := s.readOnly()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			s.disconnect()
		}
		err = errors.Join(err, guard.Close())
	}()
	if err := s.judge(guard, kinds); err != nil {
		return err
	}
	single := s.pool("journal_mode(wal)", "synchronous(full)", "journal_size_limit(67108864)", "secure_delete(on)")
	single.SetMaxOpenConns(1)
	s.writer = newWriter(single)
	if err := s.prepare(single, kinds); err != nil {
		return err
	}
	if _, err := single.Exec("PRAGMA shrink_memory"); err != nil {
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
	if err := s.markOpen(); err != nil {
		return err
	}
	if s.large() {
		s.checkBeside()
	}
	return nil
}

// readOnly gives one connection to the file that changes nothing. In mode ro even the last connection leaves the log as
// it is.
func (s *Store) readOnly() (*sql.DB, error) {
	db, err := sql.Open("sqlite", addressIn("ro", s.file(), url.Values{"_pragma": {"busy_timeout(5000)", "query_only(on)", "temp_store(memory)"}}))
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// pool gives connections to the file. foreign_keys stays off: documents have none. Reading through mmap is not used: a
// disk that fails would then kill the process where it now gives an error.
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

// findFile says whether there is a file, and refuses what a crash cannot have left behind.
func (s *Store) findFile() (made bool, err error) {
	file := s.file()
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		if exists(file+"-wal") || exists(s.marker()) {
			return false, startProblem("store-damaged", file, err)
		}
		return false, nil
	}
	switch {
	case err != nil:
		return false, startProblem("store-unwritable", s.dir, err)
	case info.Size() < 512: // not even a header; a new file gets its name only when it is whole
		return false, startProblem("store-damaged", file, fmt.Errorf("%d bytes", info.Size()))
	}
	return true, nil
}

// create writes an empty database under another name and gives it its own when it is on disk.
func (s *Store) create() error {
	draft := s.file() + ".new"
	if err := os.WriteFile(draft, nil, 0o600); err != nil {
		return startProblem("store-unwritable", s.dir, err)
	}
	db, err := sql.Open("sqlite", address(draft, url.Values{"_pragma": {"synchronous(full)", fmt.Sprintf("application_id(%d)", applicationID)}}))
	if err != nil {
		return err
	}
	_, err = db.Exec(`CREATE TABLE "_blob" ("name" TEXT PRIMARY KEY, "data" BLOB NOT NULL)`)
	if err = errors.Join(err, db.Close()); err != nil {
		return startProblem("store-unwritable", s.dir, err)
	}
	if err := errors.Join(os.Rename(draft, s.file()), syncFolder(s.dir)); err != nil {
		return startProblem("store-unwritable", s.dir, err)
	}
	return nil
}

// checkedAtOnce is the size of the largest file that is read as a whole before it is used: some tenths of a second.
var checkedAtOnce int64 = 256 << 20

func (s *Store) large() bool {
	info, err := os.Stat(s.file())
	return err == nil && info.Size() > checkedAtOnce && !s.thorough
}

// judge sees that the file is ours, of no later release and lacks nothing, and reads the structure of all of it unless
// it is large.
func (s *Store) judge(db *sql.DB, kinds []*store.Kind) error {
	ctx := context.Background()
	marked := s.marked()
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return s.broken(err)
	}
	defer tx.Rollback()
	if err := s.judgeSnapshot(ctx, tx, marked, kinds); err != nil || s.large() {
		return err
	}
	return s.checkPages(ctx, tx)
}

// judgeSnapshot compares what is read with the marker as it stood before.
func (s *Store) judgeSnapshot(ctx context.Context, tx *sql.Tx, marked marker, kinds []*store.Kind) error {
	var id int
	is := marker{}
	if err := tx.QueryRowContext(ctx, "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version").Scan(&id, &is.opened); err != nil {
		return s.broken(err)
	}
	if id != applicationID {
		return startProblem("store-damaged", s.file(), errors.New("not a database of this program"))
	}
	if err := tx.QueryRowContext(ctx, `SELECT n FROM "_commit"`).Scan(&is.commits); err != nil && !lacksTable(err) {
		return s.broken(err)
	}
	if err := is.lacks(marked); err != nil {
		// A damaged file may not be able to say what is in it.
		return cmp.Or(s.checkPages(ctx, tx), startProblem("store-cut", s.file()+"-wal", err))
	}
	had, err := remembered(tx)
	if err != nil && !lacksTable(err) {
		return s.broken(err)
	}
	return store.CheckRelease(had, kinds)
}

// reader is a connection or a transaction.
type reader interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (s *Store) checkPages(ctx context.Context, db reader) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return s.broken(err)
	}
	if verdict != "ok" {
		return startProblem("store-damaged", s.file(), errors.New(verdict))
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
		if p := (*problem.Problem)(nil); ctx.Err() == nil && errors.As(err, &p) && p.Code == "store-damaged" {
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

// marker says how far a file had come. One of release 0.1.0 counted how often it was opened, and nothing since; later
// ones count commits.
type marker struct {
	opened  int
	commits int64
	logless bool // 0.1.0 had the file, and its log is not there
}

// lacks says what a file that has come as far as is lacks of what the marker says.
func (is marker) lacks(marked marker) error {
	switch {
	case is.commits < marked.commits:
		return fmt.Errorf("%d of %d commits are lost", marked.commits-is.commits, marked.commits)
	case is.opened < marked.opened:
		return errors.New("cut short after a crash")
	case marked.logless:
		return errors.New("missing after a crash")
	}
	return nil
}

// marked is what the marker says, zero where there is none.
func (s *Store) marked() (m marker) {
	logless := !exists(s.file() + "-wal")
	text, err := os.ReadFile(s.marker())
	if err != nil {
		return m
	}
	if n, _ := fmt.Sscanf(string(text), "commits %d", &m.commits); n == 0 {
		m.opened, _ = strconv.Atoi(string(text))
		m.logless = logless && exists(s.marker()) // whoever closes takes the marker away before the log
	}
	return m
}

// broken is an error of opening the file: damage, a disk that cannot be written or read, or another program that has
// the file.
func (s *Store) broken(err error) error {
	switch code := primary(err); code {
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return startProblem("store-locked", s.dir, err)
	case lib.SQLITE_FULL, lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
		return startProblem("store-unwritable", s.dir, err)
	case lib.SQLITE_IOERR:
		switch extended(err) {
		case lib.SQLITE_IOERR_READ, lib.SQLITE_IOERR_SHORT_READ, lib.SQLITE_IOERR_FSTAT, lib.SQLITE_IOERR_CORRUPTFS, lib.SQLITE_IOERR_DATA:
			return startProblem("store-unreadable", s.file(), err)
		}
		// the shared memory beside the log has no room on a full disk
		return startProblem("store-unwritable", s.dir, err)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return startProblem("store-damaged", s.file(), err)
	}
	return translate(err)
}

func (s *Store) markOpen() error {
	draft := s.marker() + ".new"
	err := os.WriteFile(draft, markerText(s.writer.commits), 0o600)
	if err == nil {
		err = errors.Join(syncFile(draft), os.Rename(draft, s.marker()), syncFolder(s.dir))
	}
	if err == nil {
		s.mark, err = os.OpenFile(s.marker(), os.O_WRONLY, 0)
	}
	if err != nil {
		return startProblem("store-unwritable", s.dir, err)
	}
	s.writer.committed = func(n int64) {
		s.mark.WriteAt(markerText(n), 0) // one that fails names an earlier commit, which is true as well
	}
	return nil
}

// markerText has one length, and so is written over what was there.
func markerText(commits int64) []byte { return fmt.Appendf(nil, "commits %020d\n", commits) }

// Close waits for writes under way, moves the write-ahead log into the file and frees the folder. What is called
// afterwards is ErrUnavailable.
func (s *Store) Close() error {
	if !s.writer.stop() {
		return nil
	}
	// The marker goes first: the log is removed with the last connection, and must not be missed after a crash in
	// between.
	err := errors.Join(s.mark.Close(), os.Remove(s.marker()), syncFolder(s.dir), s.disconnect())
	// somebody reads a Snapshot, and the log stays
	if info, none := os.Stat(s.file() + "-wal"); none == nil && info.Size() > 0 {
		err = errors.Join(err, s.markOpen(), s.mark.Close())
	}
	return errors.Join(err, s.lock.Unlock())
}

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

// Groups tells how writes were committed together since the store was opened: how many commits there were, failed ones
// too, of how many writes in all, and how many of them had at most 1, 2, 4 … 256 writes.
func (s *Store) Groups() (commits, writes uint64, atMost map[float64]uint64) {
	writes = s.writer.writes.Load()
	atMost = map[float64]uint64{}
	for i := range s.writer.sizes {
		commits += s.writer.sizes[i].Load()
		atMost[float64(int(1)<<i)] = commits
	}
	return commits, writes, atMost
}

// Backup writes a copy of everything committed when it begins to a new file at path, while the store goes on. The path
// must not exist. The copy is a database like the store's own: put into an empty folder as lopban.db it can be opened.
func (s *Store) Backup(ctx context.Context, path string) error {
	if exists(path) {
		return fmt.Errorf("backup to %s: %w", path, fs.ErrExist)
	}
	if err := s.sound(); err != nil {
		return fmt.Errorf("backup to %s: %w", path, err)
	}
	part := path + ".part"
	if err := os.WriteFile(part, nil, 0o600); err != nil {
		return fmt.Errorf("backup: %w: %w", problem.ErrUnavailable, err)
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

// startProblem is an ErrUnavailable that its reader can act on, with the cause for the log.
func startProblem(code, what string, cause error) error {
	p := &problem.Problem{Kind: problem.ErrUnavailable, Code: code, Args: []any{what}}
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
		return startProblem("store-damaged", FileName, err)
	}
	return fmt.Errorf("%w: %w", problem.ErrUnavailable, err)
}

// primary is SQLite's result code without its extension, or -1 for an error from elsewhere.
func primary(err error) int {
	if code := extended(err); code >= 0 {
		return code & 0xff
	}
	return -1
}

func extended(err error) int {
	if e := (*driver.Error)(nil); errors.As(err, &e) {
		return e.Code()
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
