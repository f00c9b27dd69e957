package console

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/rights"
	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
	"lopban/courses/store"
	"lopban/courses/store/mongodb"
	"lopban/courses/store/sqlite"
)

type Restore struct {
	Place
	File   string `arg:"" type:"existingfile" help:"File that backup wrote."`
	Force  bool   `help:"Go on with a restore of the same file that was interrupted."`
	Aside  bool   `help:"If the store there is damaged, first move its files into a folder of their own beside it."`
	DryRun bool   `help:"Check the file and write nothing."`
	Erased string `type:"existingfile" placeholder:"FILE" help:"List that lopban erased printed: whose data were erased since are erased again."`
	Opening
}

// Help is printed by restore --help.
func (*Restore) Help() string {
	return "The store must be empty; either engine takes the file of either. The whole file is checked before anything is written. Everybody signs in again afterwards, with the password they had " +
		"when the backup was made, and codes on slips that were printed before do not work any more: print new ones."
}

// Run checks the whole file, marks the store as one that is being restored, fills it and takes the mark away.
func (c *Restore) Run(ctx context.Context, term *Terminal) (err error) {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	var erased []rights.Erasure
	if c.Erased != "" {
		if erased, err = readErased(c.Erased); err != nil {
			return err
		}
	}
	b := &Bar{Out: term.Err}
	head, end, err := c.check(ctx, f, b)
	if err != nil || c.DryRun {
		if err == nil {
			fmt.Fprintf(term.Out, "%s is whole: %d documents and %d files of %s\n", c.File, end.Documents, end.Blobs, head.MadeAt.Local().Format("15:04 02/01/2006"))
		}
		return err
	}
	if c.Aside && c.Mongodb == "" {
		aside, err := sqlite.SetAside(c.Data, Clock(), AllKinds()...)
		if err != nil {
			return err
		}
		if aside != "" {
			fmt.Fprintf(term.Out, "the damaged files are in %s\n", aside)
		}
	}
	st, err := c.Place.OpenAny(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	begun, err := c.begin(ctx, st, restoring{ID: restoreID, SHA256: end.SHA256, MadeAt: store.Time(head.MadeAt), BegunAt: store.Time(Clock())})
	if err != nil {
		return err
	}
	if err := c.fill(ctx, f, st, end, begun, b); err != nil {
		return err
	}
	if err := accounts.Restored(ctx, st, Clock(), rand.Reader); err != nil {
		return err
	}
	e := programme.AuditEntry{ID: "restore/" + end.SHA256, By: roster.Operator().ID, Action: "store.restore", Subject: filepath.Base(c.File), Note: English.Clock(head.MadeAt)}
	if err := programme.Tell(ctx, st, Clock(), e); err != nil {
		return err
	}
	again := 0
	for _, e := range erased {
		begun, err := (&rights.Desk{Store: st, Now: Clock}).Again(ctx, e)
		if err != nil {
			return err
		}
		if begun {
			again++
		}
	}
	_, err = store.Update(ctx, st, RestoreKind, restoreID, func(m *restoring) error { m.EndedAt = store.Time(Clock()); return nil })
	if err == nil {
		_, err = fmt.Fprintf(term.Out, "restored %d documents and %d files of %s; what comes next is lopban doctor, then lopban serve\n"+
			"codes on slips that were printed before do not work any more: staff print new ones\n", end.Documents, end.Blobs, head.MadeAt.Local().Format("15:04 02/01/2006"))
	}
	switch {
	case err != nil:
	case again > 0:
		_, err = fmt.Fprintf(term.Out, "people erased since: %d; lopban serve erases them again before it answers anybody\n", again)
	case c.Erased == "":
		_, err = fmt.Fprintln(term.Out, "people erased after this backup was made are here again: restore with --erased FILE where lopban erased had printed a list")
	}
	return err
}

// check reads the whole file and shows how far it is by its bytes.
func (c *Restore) check(ctx context.Context, f *os.File, b *Bar) (ArchiveHead, ArchiveEnd, error) {
	info, err := f.Stat()
	if err != nil {
		return ArchiveHead{}, ArchiveEnd{}, err
	}
	bytes := &counter{from: f, seen: func(n int64) error {
		b.Show("check (KB)", int(n>>10), int(info.Size()>>10))
		return ctx.Err()
	}}
	nothing := ArchiveVisitor{Document: func(*store.Kind, any) error { return nil }, Blob: func(string, []byte) error { return nil }}
	head, end, err := c.Read(bytes, nothing)
	return head, end, c.named(ctx, err)
}

// named puts the file's name before what is wrong with it.
func (c *Restore) named(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var f ArchiveFault
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

var RestoreKind = &store.Kind{Name: "restore", Schema: 1, Doc: restoring{}}

func (m *restoring) unfinished() error {
	if m.EndedAt.IsZero() {
		return errors.New("a restore into this store has not ended, so it is not whole: run lopban restore again with the same file and --force, or empty the store")
	}
	return nil
}

// AllKinds are the kinds of the product and the mark.
func AllKinds() []*store.Kind { return append(programme.Kinds(), RestoreKind) }

// OpenAny opens the store that the flags name, even if it is half restored.
func (p Place) OpenAny(ctx context.Context) (store.Store, error) {
	if p.Mongodb != "" {
		return mongodb.Open(ctx, p.Mongodb, AllKinds()...)
	}
	return sqlite.Open(p.Data, AllKinds()...)
}

// Open opens the store that the flags name.
func (p Place) Open(ctx context.Context) (store.Store, error) {
	st, err := p.OpenAny(ctx)
	if err != nil {
		return nil, err
	}
	if st, err = whole(ctx, st); err != nil || p.Mongodb != "" {
		return st, err
	}
	if err := TakeTold(ctx, p.Data, st); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}

// Beside opens the store that the flags name to ask it questions, while a server may be using it.
func (p Place) Beside(ctx context.Context) (store.Store, error) {
	if p.Mongodb != "" {
		return p.Open(ctx)
	}
	st, err := sqlite.OpenBeside(ctx, p.Data, AllKinds()...)
	if err != nil {
		return nil, err
	}
	return whole(ctx, st)
}

// whole gives back an open store unless a restore of it was interrupted, and closes it then.
func whole(ctx context.Context, st store.Store) (store.Store, error) {
	m, err := store.Get[restoring](ctx, st, RestoreKind, restoreID)
	if err == nil {
		err = m.unfinished()
	} else if errors.Is(err, problem.ErrNotFound) {
		err = nil
	}
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}

// begin marks an empty store. It is not the first to do so when it goes on with a restore that was interrupted.
func (c *Restore) begin(ctx context.Context, st store.Store, m restoring) (first bool, err error) {
	old, err := store.Get[restoring](ctx, st, RestoreKind, restoreID)
	switch {
	case err == nil && !old.EndedAt.IsZero():
		return false, errNotEmpty
	case err == nil && !c.Force:
		return false, old.unfinished()
	case err == nil && old.SHA256 != m.SHA256:
		return false, errors.New("the restore that was interrupted was of another file; give that one, or empty the store")
	case err == nil:
		return false, nil
	case !errors.Is(err, problem.ErrNotFound):
		return false, err
	}
	if err := empty(ctx, st); err != nil {
		return false, err
	}
	err = st.Insert(ctx, RestoreKind, &m)
	if errors.Is(err, problem.ErrExists) {
		return false, errors.New("another restore into this store has just begun")
	}
	return true, err
}

var errNotEmpty = errors.New("the store is not empty; restore into an empty one: name another with --data or --mongodb")

func empty(ctx context.Context, st store.Store) error {
	for _, k := range programme.Kinds() {
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

// fill inserts everything in the file, which was checked before and must not have changed since. Where an earlier
// restore of the file was interrupted, what that one inserted stays.
func (c *Restore) fill(ctx context.Context, f *os.File, st store.Store, end ArchiveEnd, first bool, b *Bar) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	l := &loader{st: st, again: !first, bar: b, total: end.Documents + end.Blobs}
	_, seen, err := c.Read(f, ArchiveVisitor{
		Document: func(k *store.Kind, doc any) error { return l.document(ctx, k, doc) },
		Blob:     func(name string, data []byte) error { return l.blob(ctx, name, data) },
	})
	if err == nil {
		err = l.flush(ctx)
	}
	var fault ArchiveFault
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
	bar   *Bar
	done  int
	total int
}

// loadTogether is how many documents are inserted with one call: enough for the engines to be quick, and with large
// documents still below their limits.
const loadTogether = 500

func (l *loader) document(ctx context.Context, k *store.Kind, doc any) error {
	if unused(doc) { // in a backup of release 0.1.0
		l.shown(1)
		return nil
	}
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

// known says whether the documents that were not inserted are there, under their own ids, from an earlier restore of
// the same file.
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
		if err == nil && !l.again || errors.Is(err, problem.ErrNotFound) {
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
	if l.again && errors.Is(err, problem.ErrExists) {
		err = nil
	}
	l.shown(1)
	return err
}

func (l *loader) shown(n int) {
	l.done += n
	l.bar.Show("restore", l.done, l.total)
}
