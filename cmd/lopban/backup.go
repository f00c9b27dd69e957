package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lopban/courses/store"
	"lopban/courses/store/mongodb"
	"lopban/courses/store/sqlite"
	"lopban/server"
)

type backupCommand struct {
	place
	File  string `arg:"" help:"File to write."`
	Force bool   `help:"Overwrite the file if it is there."`
}

// Help is printed by backup --help.
func (*backupCommand) Help() string {
	return "The store may be in use meanwhile: everything that was acknowledged before the start is in the file. The same file restores into the embedded store and into MongoDB. " +
		"It holds personal data, keep it as safe as the store. Keys and sessions are left out: after a restore everybody signs in again, with the password they had."
}

// Run writes the file under another name first: it is there whole or not at all.
func (c *backupCommand) Run(ctx context.Context, term *terminal) (err error) {
	if err := c.mayWrite(); err != nil {
		return err
	}
	from, err := c.place.source(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	draft, err := os.CreateTemp(filepath.Dir(c.File), filepath.Base(c.File)+".*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	defer draft.Close()
	end, err := writeArchive(ctx, draft, from, &bar{out: term.err})
	if err != nil {
		return err
	}
	if err := errors.Join(draft.Sync(), draft.Close(), c.mayWrite(), os.Rename(draft.Name(), c.File), syncFolder(filepath.Dir(c.File))); err != nil {
		return err
	}
	_, err = fmt.Fprintf(term.out, "%s: %d documents and %d files, SHA-256 of the content %s\n", c.File, end.Documents, end.Blobs, end.SHA256)
	return err
}

func (c *backupCommand) mayWrite() error {
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

// archived lists the kinds that a backup holds in the order in which it reads them. Where there is no snapshot of the whole store (MongoDB), what refers comes before what it refers to: of two
// documents the one that is referred to was written first, so it is there when its kind's turn comes. A lease comes first because it says from when on facts must be settled.
var archived = []string{"lease", "audit", "upload", "sheet", "bringing", "printed", "standing", "revocation", "certificate", "completion", "attempt", "task", "review", "submission", "refusal", "advance", "enrolment", "editorial", "draft", "edit", "shipment", "course", "version", "issuer",
	"claim", "decoy", "account", "login", "posting", "person"}

// left lists the kinds that a backup leaves out: secrets.
var left = []string{"key", "session"}

// archivedKinds are the kinds of the product in the order of archived. One that has no place there yet comes first.
func archivedKinds() []*store.Kind {
	kinds := slices.DeleteFunc(server.Kinds(), func(k *store.Kind) bool { return slices.Contains(left, k.Name) })
	slices.SortStableFunc(kinds, func(a, b *store.Kind) int { return slices.Index(archived, a.Name) - slices.Index(archived, b.Name) })
	return kinds
}

// source is a store to read from while others write to it.
type source interface {
	Count(ctx context.Context, k *store.Kind) (int, error)
	CountBlobs(ctx context.Context) (int, error)
	Each(ctx context.Context, k *store.Kind, f func(store.Row) error) error
	EachBlob(ctx context.Context, f func(name string, data []byte) error) error
	Close() error
}

// source opens the store that the flags name, unless a restore into it is not finished.
func (p place) source(ctx context.Context) (source, error) {
	from, err := p.anySource(ctx)
	if err != nil {
		return nil, err
	}
	err = from.Each(ctx, restoreKind, func(r store.Row) error {
		var m restoring
		return errors.Join(r.Decode(&m), m.unfinished())
	})
	if err != nil {
		return nil, errors.Join(err, from.Close())
	}
	return from, nil
}

func (p place) anySource(ctx context.Context) (source, error) {
	if p.Mongodb == "" {
		return sqlite.Read(ctx, p.Data, allKinds()...)
	}
	s, err := mongodb.Open(ctx, p.Mongodb, allKinds()...)
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

// Each reads certificates in the order of their register, in which each is written after the one before it: a line that is missing cannot be followed by one that is there.
func (d database) Each(ctx context.Context, k *store.Kind, f func(store.Row) error) error {
	q := store.Query{}
	if k.Name == "certificate" {
		q = q.By("register")
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

// writeArchive copies a store into an archive. Blobs come last: documents refer to them.
func writeArchive(ctx context.Context, to io.Writer, from source, b *bar) (archiveEnd, error) {
	head := archiveHead{Program: version(), MadeAt: store.Time(time.Now())}
	kinds := archivedKinds()
	total, err := from.CountBlobs(ctx)
	if err != nil {
		return archiveEnd{}, err
	}
	for _, k := range kinds {
		n, err := from.Count(ctx, k)
		if err != nil {
			return archiveEnd{}, err
		}
		total += n
		head.Kinds = append(head.Kinds, archiveKind{k.Name, k.Schema})
	}
	if total == 0 {
		return archiveEnd{}, errors.New("there is nothing in this store; is it the right one?")
	}
	w, err := newArchive(to, head)
	if err != nil {
		return archiveEnd{}, err
	}
	shown := func() error {
		b.show("backup", min(w.end.Documents+w.end.Blobs, total), total) // a store that is in use grows
		return ctx.Err()
	}
	for _, k := range kinds {
		doc, err := k.New()
		if err != nil {
			return archiveEnd{}, err
		}
		err = from.Each(ctx, k, func(r store.Row) error { return errors.Join(r.Decode(doc), w.document(k, doc), shown()) })
		if err != nil {
			return archiveEnd{}, fmt.Errorf("reading %s: %w", k.Name, err)
		}
	}
	err = from.EachBlob(ctx, func(name string, data []byte) error { return errors.Join(w.blob(name, data), shown()) })
	if err != nil {
		return archiveEnd{}, fmt.Errorf("reading files: %w", err)
	}
	return w.end, w.close()
}
