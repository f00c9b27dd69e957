package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/gofrs/flock"

	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/store/mongodb"
	"lopban/courses/store/sqlite"
)

type Backup struct {
	Place
	File  string `arg:"" help:"File to write."`
	Force bool   `help:"Overwrite the file if it is there."`
	Sealing
}

// Help is printed by backup --help.
func (*Backup) Help() string {
	return "The store may be in use meanwhile: everything that was acknowledged before the start is in the file. The same file restores into the embedded store and into MongoDB. " +
		"It holds personal data and hashes of passwords: encrypt it with --to or --passphrase-file, or keep it as safe as the store. Keys, sessions and printed codes that nobody has used are left out: " +
		"after a restore everybody signs in again, with the password they had, and slips are printed anew. The keys that sign certificates are in it, sealed: what they signed can be checked, and who has LOPBAN_KEY_SECRET goes on signing with them."
}

// Run writes the file under another name first: it is there whole or not at all.
func (c *Backup) Run(ctx context.Context, term *Terminal) (err error) {
	if err := c.mayWrite(); err != nil {
		return err
	}
	if _, err := c.recipients(); err != nil {
		return err
	}
	from, err := c.Place.Source(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	draft, held, err := NewDraft(filepath.Dir(c.File))
	if err != nil {
		return err
	}
	if err := c.Place.tell(ctx, from, "export.backup", filepath.Base(c.File)); err != nil {
		fmt.Fprintln(term.Err, "lopban: the audit trail will not say that this backup was made:", err)
	}
	defer held.Unlock()
	defer os.Remove(draft.Name())
	defer draft.Close()
	sealed, err := c.seal(draft)
	if err != nil {
		return err
	}
	end, head, err := writeArchive(ctx, sealed, from, &Bar{Out: term.Err})
	if err := errors.Join(err, sealed.Close()); err != nil {
		return err
	}
	if err := errors.Join(draft.Sync(), draft.Close(), c.mayWrite(), os.Rename(draft.Name(), c.File), syncFolder(filepath.Dir(c.File))); err != nil {
		return err
	}
	if len(c.To) == 0 && c.PassphraseFile == "" {
		fmt.Fprintln(term.Err, "lopban: the file is not encrypted; --to and --passphrase-file do that")
	}
	_, err = fmt.Fprintf(term.Out, "%s: %d documents and %d files, SHA-256 of the content %s\n", c.File, end.Documents, end.Blobs, end.SHA256)
	if err == nil && head.Line > 0 {
		_, err = fmt.Fprintf(term.Out, "last line of the audit trail: %s\n", head)
	}
	return err
}

// drafts are files that a backup is written to before it is whole.
const drafts = ".lopban-backup-*.tmp"

// NewDraft makes a draft that this process holds while it lives, and removes those in the folder that nobody holds: a
// backup that was killed leaves one, full of personal data.
func NewDraft(dir string) (*os.File, *flock.Flock, error) {
	old, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range old {
		if is, _ := filepath.Match(drafts, f.Name()); !is {
			continue
		}
		lock := flock.New(filepath.Join(dir, f.Name()))
		if free, err := lock.TryLock(); err == nil && free {
			os.Remove(lock.Path())
			lock.Unlock()
		}
	}
	draft, err := os.CreateTemp(dir, drafts)
	if err != nil {
		return nil, nil, err
	}
	held := flock.New(draft.Name())
	if ours, err := held.TryLock(); err != nil || !ours {
		return nil, nil, errors.Join(cmp.Or(err, fs.ErrExist), draft.Close(), os.Remove(draft.Name()))
	}
	return draft, held, nil
}

func (c *Backup) mayWrite() error {
	if _, err := os.Lstat(c.File); c.Force || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("%s is there already; name another file, or overwrite it with --force", c.File)
}

// syncFolder makes the name of a new file durable, on systems where folders can be synced.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrInvalid) {
		return err
	}
	return nil
}

// unused says whether a document is a printed code that nobody has used. Whoever reads a backup must not come in by
// one, and after a restore none works: no backup holds what they are digested with.
func unused(doc any) bool {
	c, ok := doc.(*roster.Claim)
	return ok && c.UsedAt.IsZero()
}

// ArchivedKinds are the kinds that a backup holds, in the order in which it reads them.
func ArchivedKinds() []*store.Kind {
	kinds := slices.DeleteFunc(programme.Kinds(), func(k *store.Kind) bool { return k.Secret })
	slices.SortFunc(kinds, func(a, b *store.Kind) int { return a.Order - b.Order })
	return kinds
}

// Source is a store to read from while others write to it.
type Source interface {
	Count(ctx context.Context, k *store.Kind) (int, error)
	CountBlobs(ctx context.Context) (int, error)
	Each(ctx context.Context, k *store.Kind, f func(store.Row) error) error
	EachBlob(ctx context.Context, f func(name string, data []byte) error) error
	Close() error
}

// Source opens the store that the flags name, unless a restore into it is not finished.
func (p Place) Source(ctx context.Context) (Source, error) {
	from, err := p.anySource(ctx)
	if err != nil {
		return nil, err
	}
	err = from.Each(ctx, RestoreKind, func(r store.Row) error {
		var m restoring
		return errors.Join(r.Decode(&m), m.unfinished())
	})
	if err != nil {
		return nil, errors.Join(err, from.Close())
	}
	return from, nil
}

func (p Place) anySource(ctx context.Context) (Source, error) {
	if p.Mongodb == "" {
		return sqlite.Read(ctx, p.Data, AllKinds()...)
	}
	s, err := mongodb.Open(ctx, p.Mongodb, AllKinds()...)
	if err != nil {
		return nil, err
	}
	return database{s}, nil
}

// database reads MongoDB as a source.
type database struct{ *mongodb.Store }

// Count counts the documents of a kind.
func (d database) Count(ctx context.Context, k *store.Kind) (int, error) {
	groups, err := d.Store.Count(ctx, k, store.Query{})
	if err != nil {
		return 0, err
	}
	return groups[0].N, nil
}

// CountBlobs counts the blobs.
func (d database) CountBlobs(ctx context.Context) (n int, err error) {
	err = d.Blobs(ctx, func(string) error { n++; return nil })
	return n, err
}

// Each reads certificates in the order of their register and the trail in that of its lines, in which each is written
// after the one before it: a line that is missing cannot be followed by one that is there.
func (d database) Each(ctx context.Context, k *store.Kind, f func(store.Row) error) error {
	q := store.Query{}
	switch k.Name {
	case "certificate":
		q = q.By("register")
	case programme.AuditKind.Name:
		q = q.By("line")
	}
	return d.Find(ctx, k, q, f)
}

// EachBlob reads the names first: a cursor need not stay open as long as the bytes take.
func (d database) EachBlob(ctx context.Context, f func(name string, data []byte) error) error {
	var names []string
	if err := d.Blobs(ctx, func(name string) error { names = append(names, name); return nil }); err != nil {
		return err
	}
	for _, name := range names {
		data, err := d.Blob(ctx, name)
		if err != nil {
			return err
		}
		if err := f(name, data); err != nil {
			return err
		}
	}
	return nil
}

// writeArchive copies a store into an archive, and gives the last line of the audit trail in it. Blobs come last:
// documents refer to them.
func writeArchive(ctx context.Context, to io.Writer, from Source, b *Bar) (_ ArchiveEnd, last programme.TrailHead, err error) {
	head := ArchiveHead{Program: Version(), MadeAt: store.Time(Clock())}
	kinds := ArchivedKinds()
	total, err := from.CountBlobs(ctx)
	if err != nil {
		return ArchiveEnd{}, last, err
	}
	for _, k := range kinds {
		n, err := from.Count(ctx, k)
		if err != nil {
			return ArchiveEnd{}, last, err
		}
		total += n
		head.Kinds = append(head.Kinds, ArchiveKind{k.Name, k.Schema})
	}
	if total == 0 {
		return ArchiveEnd{}, last, errors.New("there is nothing in this store; is it the right one?")
	}
	w, err := NewArchive(to, head)
	if err != nil {
		return ArchiveEnd{}, last, err
	}
	shown := func() error {
		b.Show("backup", min(w.end.Documents+w.end.Blobs, total), total) // a store that is in use grows
		return ctx.Err()
	}
	for _, k := range kinds {
		doc, err := k.New()
		if err != nil {
			return ArchiveEnd{}, last, err
		}
		err = from.Each(ctx, k, func(r store.Row) error {
			if err := r.Decode(doc); err != nil || unused(doc) {
				return err
			}
			if e, ok := doc.(*programme.AuditEntry); ok && e.Number() > last.Line {
				last.Line, last.Digest = e.Number(), e.Digest
			}
			return errors.Join(w.Document(k, doc), shown())
		})
		if err != nil {
			return ArchiveEnd{}, last, fmt.Errorf("reading %s: %w", k.Name, err)
		}
	}
	err = from.EachBlob(ctx, func(name string, data []byte) error { return errors.Join(w.Blob(name, data), shown()) })
	if err != nil {
		return ArchiveEnd{}, last, fmt.Errorf("reading files: %w", err)
	}
	return w.end, last, w.Close()
}
