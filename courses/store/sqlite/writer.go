package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/bits"
	"sync"
	"sync/atomic"

	lib "modernc.org/sqlite/lib"

	"lopban/courses/problem"
)

// maxGroup is the most writes that are committed together. Committing in groups is what makes durable writes fast: one
// flush of the disk answers all of them.
const maxGroup = 256

// writer owns the only connection that writes.
type writer struct {
	db    *sql.DB
	conn  *sql.Conn // nil before the first write and after an I/O error
	stmts map[string]*sql.Stmt

	queue chan *write
	ended chan struct{}

	// the number of the last one; the file has it too. One that failed may have used its number up
	commits   int64
	committed func(int64) // called after each, by the goroutine that commits
	changed   bool        // since the transaction began

	sizes  [9]atomic.Uint64 // groups of at most 1, 2, 4 … 256 writes and more than the size before
	writes atomic.Uint64    // in them

	open   sync.RWMutex // held for reading by each write until it is answered
	closed bool
}

// write is one caller's change, run inside a transaction that it shares with others.
type write struct {
	ctx    context.Context
	do     func(*writer) error
	state  atomic.Int32 // waiting, then picked or left, whoever comes first
	err    error
	panics any
	done   chan struct{}
}

const (
	waiting int32 = iota
	picked        // the writer has begun it: it will be answered
	left          // its caller has given up
)

func newWriter(db *sql.DB) *writer {
	w := &writer{db: db, stmts: map[string]*sql.Stmt{}, queue: make(chan *write, 4*maxGroup), ended: make(chan struct{})}
	go w.run()
	return w
}

// submit waits until the write is durable or has failed. Once it is picked up its outcome is certain, whatever the
// context says.
func (w *writer) submit(ctx context.Context, do func(*writer) error) error {
	if err := ctx.Err(); err != nil {
		return unavailable(err)
	}
	w.open.RLock()
	defer w.open.RUnlock()
	if w.closed {
		return unavailable(sql.ErrConnDone)
	}
	one := &write{ctx: ctx, do: do, done: make(chan struct{})}
	select {
	case w.queue <- one:
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
	select {
	case <-one.done:
	case <-ctx.Done():
		if one.state.CompareAndSwap(waiting, left) {
			return unavailable(ctx.Err())
		}
		<-one.done
	}
	if one.panics != nil {
		panic(one.panics)
	}
	return one.err
}

func unavailable(err error) error { return fmt.Errorf("%w: %w", problem.ErrUnavailable, err) }

// stop refuses new writes and waits for those under way. It reports whether it was the first to do so.
func (w *writer) stop() bool {
	w.open.Lock()
	defer w.open.Unlock()
	if w.closed {
		return false
	}
	w.closed = true
	close(w.queue)
	<-w.ended
	return true
}

func (w *writer) close() error {
	w.drop()
	return w.db.Close()
}

func (w *writer) run() {
	defer close(w.ended)
	group := make([]*write, 0, maxGroup)
	for first := range w.queue {
		group = w.gather(append(group[:0], first))
		err := w.commit(group)
		w.sizes[bits.Len(uint(len(group)-1))].Add(1)
		w.writes.Add(uint64(len(group)))
		for _, one := range group {
			if err != nil {
				one.err, one.panics = err, nil
			}
			close(one.done)
		}
	}
}

// gather adds the writes that are waiting, without waiting for more.
func (w *writer) gather(group []*write) []*write {
	for len(group) < maxGroup {
		select {
		case one, more := <-w.queue:
			if !more {
				return group
			}
			group = append(group, one)
		default:
			return group
		}
	}
	return group
}

// commit runs a group in one transaction. Its error is that of all of them; the failure of one write alone is left in
// that write.
func (w *writer) commit(group []*write) error {
	err := w.begin()
	for _, one := range group {
		if err != nil {
			break
		}
		one.run(w)
		if spoils(one.err) {
			err = one.err
		}
	}
	changed := w.changed
	if err == nil && changed {
		w.commits++
		err = w.exec(`UPDATE "_commit" SET n = ?`, w.commits)
	}
	if err == nil {
		err = w.exec("COMMIT")
	}
	if err != nil {
		w.drop() // rolls back; a connection that saw the disk fail is not used again
		return translate(err)
	}
	if changed {
		w.committed(w.commits)
	}
	return nil
}

func (one *write) run(w *writer) {
	if one.ctx.Err() != nil || !one.state.CompareAndSwap(waiting, picked) {
		one.err = unavailable(context.Cause(one.ctx))
		return
	}
	defer func() { one.panics = recover() }() // it belongs to the caller's goroutine
	one.err = one.do(w)
}

// spoils says whether an error ends the whole transaction: any error of the database but the refusal of a statement.
func spoils(err error) bool {
	switch primary(err) {
	case -1:
		return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone)
	case lib.SQLITE_CONSTRAINT, lib.SQLITE_TOOBIG, lib.SQLITE_MISMATCH:
		return false
	}
	return true
}

func (w *writer) begin() error {
	if w.conn == nil {
		conn, err := w.db.Conn(context.Background())
		if err != nil {
			return err
		}
		w.conn = conn
	}
	err := w.exec("BEGIN IMMEDIATE")
	w.changed = false // a statement that changes nothing by its nature reports what the one before it changed
	return err
}

// drop throws the connection away, and with it a transaction that is open.
func (w *writer) drop() {
	if w.conn == nil {
		return
	}
	for _, s := range w.stmts {
		s.Close()
	}
	clear(w.stmts)
	w.conn.Raw(func(any) error { return driver.ErrBadConn })
	w.conn.Close()
	w.conn = nil
}

// stmt prepares a statement once for the connection. The writer works without contexts: what it has begun it ends.
func (w *writer) stmt(text string) (*sql.Stmt, error) {
	if s, ok := w.stmts[text]; ok {
		return s, nil
	}
	s, err := w.conn.PrepareContext(context.Background(), text)
	if err == nil {
		w.stmts[text] = s
	}
	return s, err
}

func (w *writer) exec(text string, args ...any) error {
	_, err := w.change(text, args...)
	return err
}

// change runs a statement and counts the rows it changed.
func (w *writer) change(text string, args ...any) (int64, error) {
	s, err := w.stmt(text)
	if err != nil {
		return 0, err
	}
	result, err := s.Exec(args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	w.changed = w.changed || n > 0
	return n, err
}
