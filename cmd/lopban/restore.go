package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"lopban/courses/store"
	"lopban/courses/store/mongodb"
	"lopban/courses/store/sqlite"
	"lopban/server"
)

type restoreCommand struct {
	place
	File   string `arg:"" type:"existingfile" help:"File that backup wrote."`
	Force  bool   `help:"Go on with a restore of the same file that was interrupted."`
	DryRun bool   `help:"Check the file and write nothing."`
}

// Help is printed by restore --help.
func (*restoreCommand) Help() string {
	return "The store must be empty; either engine takes the file of either. The whole file is checked before anything is written. Everybody signs in again afterwards, with the password they had " +
		"when the backup was made."
}

// Run checks the whole file, marks the store as one that is being restored, fills it and takes the mark away.
func (c *restoreCommand) Run(ctx context.Context, term *terminal) (err error) {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	b := &bar{out: term.err}
	head, end, err := c.check(ctx, f, b)
	if err != nil || c.DryRun {
		if err == nil {
			fmt.Fprintf(term.out, "%s is whole: %d documents and %d files of %s\n", c.File, end.Documents, end.Blobs, head.MadeAt.Local().Format("15:04 02/01/2006"))
		}
		return err
	}
	st, err := c.place.openAny(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	begun, err := c.begin(ctx, st, restoring{ID: restoreID, SHA256: end.SHA256, MadeAt: store.Time(head.MadeAt), BegunAt: store.Time(time.Now())})
	if err != nil {
		return err
	}
	if err := c.fill(ctx, f, st, end, begun, b); err != nil {
		return err
	}
	_, err = store.Update(ctx, st, restoreKind, restoreID, func(m *restoring) error { m.EndedAt = store.Time(time.Now()); return nil })
	if err == nil {
		_, err = fmt.Fprintf(term.out, "restored %d documents and %d files of %s; what comes next is lopban doctor, then lopban serve\n", end.Documents, end.Blobs,
			head.MadeAt.Local().Format("15:04 02/01/2006"))
	}
	return err
}

// check reads the whole file and shows how far it is by its bytes.
func (c *restoreCommand) check(ctx context.Context, f *os.File, b *bar) (archiveHead, archiveEnd, error) {
	info, err := f.Stat()
	if err != nil {
		return archiveHead{}, archiveEnd{}, err
	}
	bytes := &counter{from: f, seen: func(n int64) error {
		b.show("check (KB)", int(n>>10), int(info.Size()>>10))
		return ctx.Err()
	}}
	nothing := archiveVisitor{document: func(*store.Kind, any) error { return nil }, blob: func(string, []byte) error { return nil }}
	head, end, err := readArchive(bytes, archivedKinds(), nothing)
	return head, end, c.named(ctx, err)
}

// named puts the file's name before what is wrong with it.
func (c *restoreCommand) named(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var f archiveFault
	if errors.As(err, &f) {
		return fmt.Errorf("%s %w; nothing was written", c.File, f)
	}
	return err
}

type counter struct {
	from io.Reader
	n    int64
	seen func(n int64) error
}

// Read counts what is read.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	if stop := c.seen(c.n); stop != nil {
		return n, stop
	}
	return n, err
}

// restoring marks a store into which a backup is being restored, and later says where the store comes from.
type restoring struct {
	ID      string    `json:"id"`
	SHA256  string    `json:"sha256"` // of the content of the backup
	MadeAt  time.Time `json:"madeAt"` // the backup
	BegunAt time.Time `json:"begunAt"`
	EndedAt time.Time `json:"endedAt"` // zero: it is not whole
}

const restoreID = "restore"

var restoreKind = &store.Kind{Name: "restore", Schema: 1, Doc: restoring{}}

func (m *restoring) unfinished() error {
	if m.EndedAt.IsZero() {
		return errors.New("a restore into this store has not ended, so it is not whole: run lopban restore again with the same file and --force, or empty the store")
	}
	return nil
}

// allKinds are the kinds of the product and the mark.
func allKinds() []*store.Kind { return append(server.Kinds(), restoreKind) }

// openAny opens the store that the flags name, even if it is half restored.
func (p place) openAny(ctx context.Context) (store.Store, error) {
	if p.Mongodb != "" {
		return mongodb.Open(ctx, p.Mongodb, allKinds()...)
	}
	return sqlite.Open(p.Data, allKinds()...)
}

// open opens the store that the flags name.
func (p place) open(ctx context.Context) (store.Store, error) {
	st, err := p.openAny(ctx)
	if err != nil {
		return nil, err
	}
	m, err := store.Get[restoring](ctx, st, restoreKind, restoreID)
	if err == nil {
		err = m.unfinished()
	} else if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}

// begin marks an empty store. It is not the first to do so when it goes on with a restore that was interrupted.
func (c *restoreCommand) begin(ctx context.Context, st store.Store, m restoring) (first bool, err error) {
	old, err := store.Get[restoring](ctx, st, restoreKind, restoreID)
	switch {
	case err == nil && !old.EndedAt.IsZero():
		return false, errNotEmpty
	case err == nil && !c.Force:
		return false, old.unfinished()
	case err == nil && old.SHA256 != m.SHA256:
		return false, errors.New("the restore that was interrupted was of another file; give that one, or empty the store")
	case err == nil:
		return false, nil
	case !errors.Is(err, store.ErrNotFound):
		return false, err
	}
	if err := empty(ctx, st); err != nil {
		return false, err
	}
	err = st.Insert(ctx, restoreKind, &m)
	if errors.Is(err, store.ErrExists) {
		return false, errors.New("another restore into this store has just begun")
	}
	return true, err
}

var errNotEmpty = errors.New("the store is not empty; restore into an empty one: name another with --data or --mongodb")

func empty(ctx context.Context, st store.Store) error {
	for _, k := range server.Kinds() {
		groups, err := st.Count(ctx, k, store.Query{})
		if err != nil {
			return err
		}
		if groups[0].N > 0 {
			return errNotEmpty
		}
	}
	return st.Blobs(ctx, func(string) error { return errNotEmpty })
}

// fill inserts everything in the file, which was checked before and must not have changed since. Where an earlier restore of the file was interrupted, what that one inserted stays.
func (c *restoreCommand) fill(ctx context.Context, f *os.File, st store.Store, end archiveEnd, first bool, b *bar) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	l := &loader{st: st, again: !first, bar: b, total: end.Documents + end.Blobs}
	_, seen, err := readArchive(f, archivedKinds(), archiveVisitor{
		document: func(k *store.Kind, doc any) error { return l.document(ctx, k, doc) },
		blob:     func(name string, data []byte) error { return l.blob(ctx, name, data) },
	})
	if err == nil {
		err = l.flush(ctx)
	}
	var fault archiveFault
	if err == nil && seen != end || errors.As(err, &fault) {
		return fmt.Errorf("%s was changed while it was restored; the store is not whole", c.File)
	}
	return err
}

// loader inserts documents of one kind together.
type loader struct {
	st    store.Store
	again bool // an earlier restore may have inserted some of it
	kind  *store.Kind
	docs  []any
	bar   *bar
	done  int
	total int
}

// loadTogether is how many documents are inserted with one call: enough for the engines to be quick, and with large documents still below their limits.
const loadTogether = 500

func (l *loader) document(ctx context.Context, k *store.Kind, doc any) error {
	if k != l.kind || len(l.docs) == loadTogether {
		if err := l.flush(ctx); err != nil {
			return err
		}
		l.kind = k
	}
	l.docs = append(l.docs, doc)
	return nil
}

func (l *loader) flush(ctx context.Context) error {
	if len(l.docs) == 0 {
		return ctx.Err()
	}
	err := l.st.Insert(ctx, l.kind, l.docs...)
	var taken *store.TakenError
	if errors.As(err, &taken) {
		err = l.known(ctx, taken.Taken)
	}
	l.shown(len(l.docs))
	l.docs = l.docs[:0]
	return err
}

// known says whether the documents that were not inserted are there, under their own ids, from an earlier restore of the same file.
func (l *loader) known(ctx context.Context, taken []int) error {
	for _, i := range taken {
		id, _, err := l.kind.Values(l.docs[i])
		if err != nil {
			return err
		}
		there, err := l.kind.New()
		if err == nil {
			err = l.st.Get(ctx, l.kind, id, there)
		}
		if err == nil && !l.again || errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("the backup contradicts itself: %s %s is in it twice, or shares what must be unique; the store is not whole", l.kind.Name, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) blob(ctx context.Context, name string, data []byte) error {
	if err := l.flush(ctx); err != nil {
		return err
	}
	err := l.st.PutBlob(ctx, name, data)
	if l.again && errors.Is(err, store.ErrExists) {
		err = nil
	}
	l.shown(1)
	return err
}

func (l *loader) shown(n int) {
	l.done += n
	l.bar.show("restore", l.done, l.total)
}
