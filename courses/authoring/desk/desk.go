// Package desk is where a course is written together: drafts, edits, review, publishing.
package desk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"lopban/courses/authoring"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
	"lopban/courses/problem"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Edit is the fact that somebody saved a file of a course's draft. Nothing is ever overwritten: each save is the next
// revision of its path.
type Edit struct {
	ID     string    `json:"id"` // course/path/000012
	Course string    `json:"course"`
	Path   string    `json:"path"`
	Rev    int       `json:"rev"`  // from 1, without gaps
	Text   string    `json:"text"` // of a text file
	Blob   string    `json:"blob"` // of a picture: the name of its bytes in the store, as Version.Media has it
	Size   int       `json:"size"` // bytes of the picture; 0 where an earlier release kept it
	Gone   bool      `json:"gone"` // the file was removed
	By     string    `json:"by"`   // account
	At     time.Time `json:"at"`
}

// Draft is what a course's folder holds now. It can be rebuilt from the edits.
type Draft struct {
	ID        string      `json:"id"` // course
	Files     []DraftFile `json:"files"`
	Hash      string      `json:"hash"` // of the whole content
	UpdatedAt time.Time   `json:"updatedAt"`
}

// DraftFile is the newest revision of a file. One that was removed stays in the list, so that its revisions go on.
type DraftFile struct {
	Path string    `json:"path"`
	Rev  int       `json:"rev"`
	Sum  string    `json:"sum"`  // SHA-256 of a text in hexadecimal, or the name of a blob
	Size int       `json:"size"` // bytes of a text
	Gone bool      `json:"gone"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
}

// File finds a file that is there, by its path.
func (d Draft) File(path string) (DraftFile, bool) {
	i := slices.IndexFunc(d.Files, func(f DraftFile) bool { return f.Path == path && !f.Gone })
	if i < 0 {
		return DraftFile{}, false
	}
	return d.Files[i], true
}

// take puts an edit in its place. Taking it twice, or after a newer one, changes nothing.
func (d *Draft) take(e Edit) {
	f := DraftFile{Path: e.Path, Rev: e.Rev, Sum: e.Blob, Size: len(e.Text), Gone: e.Gone, By: e.By, At: e.At}
	if e.Blob == "" && !e.Gone {
		f.Sum = authoring.Sum([]byte(e.Text))
	}
	d.put(f)
}

func (d *Draft) put(f DraftFile) {
	i, there := slices.BinarySearchFunc(d.Files, f.Path, func(f DraftFile, path string) int { return cmp.Compare(f.Path, path) })
	switch {
	case !there:
		d.Files = slices.Insert(d.Files, i, f)
	case d.Files[i].Rev < f.Rev:
		d.Files[i] = f
	}
	h := sha256.New()
	d.UpdatedAt = time.Time{}
	for _, f := range d.Files {
		if !f.Gone {
			fmt.Fprintf(h, "%s\n%s\n", f.Path, f.Sum)
		}
		if f.At.After(d.UpdatedAt) {
			d.UpdatedAt = f.At
		}
	}
	d.Hash = hex.EncodeToString(h.Sum(nil))
}

// edits is how many edits led to the draft: revisions have no gaps.
func (d Draft) edits() int {
	n := 0
	for _, f := range d.Files {
		n += f.Rev
	}
	return n
}

// The kinds of document that this package owns.
var (
	EditKind = &store.Kind{Name: "edit", Schema: 1, Order: 370, Fact: true, Doc: Edit{}, Indexes: [][]string{{"course", "at"}}}

	DraftKind = &store.Kind{Name: "draft", Schema: 1, Order: 360, Doc: Draft{}}

	EditorialKind = &store.Kind{Name: "editorial", Schema: 1, Order: 350, Fact: true, Doc: Editorial{}, Indexes: [][]string{{"kind"}}}
)

// Kinds lists the kinds of this package, for who opens a store.
func Kinds() []*store.Kind { return []*store.Kind{EditKind, DraftKind, EditorialKind} }

// Desk is where courses are written, reviewed and published. Who may do so is the caller's to ask; by is an account's
// id everywhere. Its methods may be called at once by many goroutines, and by many processes on one store, and each may
// be called again after a stop in the middle: the second call completes the first.
type Desk struct {
	Store  store.Store
	School *school.School
	Now    func() time.Time
	// Room refuses media for which there is no room: their sizes by the names of their blobs. nil: there is always some.
	Room func(ctx context.Context, course string, media map[string]int) error

	mu     sync.Mutex
	loaded map[string]loadedDraft // by course
}

// Conflict is the error of a save that somebody else's save came before: nothing was written, and every word of both is
// in it. It wraps store.ErrExists.
type Conflict struct {
	Path   string
	Base   Edit   // what both began with; Rev is 0 where the file was not there
	Theirs Edit   // the newest
	Yours  string // what was not saved
	Merged string // both changes in one text, where they do not touch; else ""
}

func (c *Conflict) Error() string {
	return fmt.Sprintf("%s: revision %d is there already, by %s", c.Theirs.ID, c.Theirs.Rev, c.Theirs.By)
}

// Unwrap says that something exists already.
func (c *Conflict) Unwrap() error { return problem.ErrExists }

var textPath = regexp.MustCompile(`^(?:course\.yaml|(?:practice|model|guide)\.(?:vi|en)\.md|lessons/[a-z0-9]+(?:-[a-z0-9]+)*(?:\.form\.(?:vi|en)\.md|\.(?:vi|en)\.(?:md|gift)))$`)

// IsText says whether a path is that of a text file of a course.
func IsText(path string) bool { return len(path) <= markdown.MaxPath && textPath.MatchString(path) }

func editID(course, path string, rev int) string { return fmt.Sprintf("%s/%s/%06d", course, path, rev) }

// Clean is a text as a draft keeps it: NFC, lines that end with \n, and no characters that a course may not hold.
func Clean(text string) string {
	text = norm.NFC.String(markdown.Newlines(strings.ToValidUTF8(text, "\ufffd")))
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\u2028' || r == '\u2029':
			return '\n'
		case unicode.IsControl(r) || r == '\ufeff' || markdown.Bidi(r):
			return -1
		}
		return r
	}, text)
}

// Read gives the newest revision of a file, also of one that was removed. One that never was is store.ErrNotFound.
func (d *Desk) Read(ctx context.Context, course, path string) (Edit, error) {
	return store.One[Edit](ctx, d.Store, EditKind, store.Where(store.Begins("id", course+"/"+path+"/")).By("-id"))
}

// ReadRev gives one revision of a file.
func (d *Desk) ReadRev(ctx context.Context, course, path string, rev int) (Edit, error) {
	return store.Get[Edit](ctx, d.Store, EditKind, editID(course, path, rev))
}

// History lists the revisions of a file before one (0: all), the newest first, n at most.
func (d *Desk) History(ctx context.Context, course, path string, before, n int) ([]Edit, error) {
	q := store.Where(store.Begins("id", course+"/"+path+"/"))
	if before > 0 {
		q.Where = append(q.Where, store.Less("id", editID(course, path, before)))
	}
	return store.All[Edit](ctx, d.Store, EditKind, q.By("-id").First(n))
}

// Recent lists the edits of all files of a course, the newest first, n at most.
func (d *Desk) Recent(ctx context.Context, course string, n int) ([]Edit, error) {
	return store.All[Edit](ctx, d.Store, EditKind, store.Where(store.Is("course", course)).By("-at").First(n))
}

// Save keeps a text as the next revision of its file. base is the revision that the writer began with, 0 for a new
// file; when somebody saved meanwhile the error is a *Conflict and nothing is written. A text that is the newest
// already makes no revision. The edit that is given back holds the text as it was kept, see Clean.
func (d *Desk) Save(ctx context.Context, course, path string, base int, text, by string) (Edit, error) {
	text = Clean(text)
	if !IsText(path) {
		return Edit{}, problem.Invalid("path", "draft-path")
	}
	if err := Fits(text); err != nil {
		return Edit{}, err
	}
	return d.save(ctx, base, Edit{Course: course, Path: path, Text: text, By: by})
}

// Fits says whether a text is no longer than the file that it is for may be.
func Fits(text string) error {
	if len(text) > markdown.MaxText {
		return problem.Invalid("text", "text-too-long", markdown.KiB(len(text)), markdown.KiB(markdown.MaxText))
	}
	return nil
}

// Remove takes a file out of the draft. Its revisions stay, and restoring one brings it back.
func (d *Desk) Remove(ctx context.Context, course, path string, base int, by string) (Edit, error) {
	return d.save(ctx, base, Edit{Course: course, Path: path, Gone: true, By: by})
}

// Put keeps a picture as the next revision of media/NAME. What is wrong with it is in the mistakes, and then nothing is
// written.
func (d *Desk) Put(ctx context.Context, course, name string, base int, data []byte, by string) (Edit, mistake.Mistakes, error) {
	file := "media/" + name
	if m := markdown.CheckMedia(file, name, data); m.Errors() {
		return Edit{}, m, nil
	}
	e := Edit{Course: course, Path: file, Blob: authoring.Sum(data) + path.Ext(name), Size: len(data), By: by}
	if err := d.roomFor(ctx, course, map[string]int{e.Blob: e.Size}); err != nil {
		return Edit{}, nil, err
	}
	err := store.KeepBlob(ctx, d.Store, e.Blob, data, func() (err error) { e, err = d.save(ctx, base, e); return err })
	return e, nil, err
}

// Restore makes an earlier revision the newest again, as a revision of its own. Media are kept for a while only, see
// MediaKept.
func (d *Desk) Restore(ctx context.Context, course, path string, rev, base int, by string) (Edit, error) {
	e, err := d.ReadRev(ctx, course, path, rev)
	if err != nil {
		return Edit{}, err
	}
	again := Edit{Course: course, Path: path, Text: e.Text, Blob: e.Blob, Size: e.Size, Gone: e.Gone, By: by}
	if e.Blob == "" {
		return d.save(ctx, base, again)
	}
	data, err := d.there(ctx, e)
	if err != nil {
		return Edit{}, err
	}
	err = store.KeepBlob(ctx, d.Store, e.Blob, data, func() (err error) { again, err = d.save(ctx, base, again); return err })
	return again, err
}

// save inserts the next revision of a file that the draft is open for.
func (d *Desk) save(ctx context.Context, base int, e Edit) (Edit, error) {
	if _, err := store.Get[Draft](ctx, d.Store, DraftKind, e.Course); err != nil {
		return Edit{}, err
	}
	newest, err := d.Read(ctx, e.Course, e.Path)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return Edit{}, err
	}
	if newest.Rev > 0 && newest.same(e) || newest.Rev == 0 && e.Gone {
		return newest, d.keep(ctx, newest)
	}
	if base != newest.Rev {
		return Edit{}, d.conflict(ctx, base, newest, e)
	}
	if e, err = d.insert(ctx, newest.Rev+1, e); errors.Is(err, problem.ErrExists) {
		theirs, err := d.Read(ctx, e.Course, e.Path)
		if err != nil {
			return Edit{}, err
		}
		if theirs.same(e) {
			return theirs, d.keep(ctx, theirs)
		}
		return Edit{}, d.conflict(ctx, base, theirs, e)
	}
	if err != nil {
		return Edit{}, err
	}
	return e, d.keep(ctx, e)
}

func (e Edit) same(other Edit) bool {
	return e.Text == other.Text && e.Blob == other.Blob && e.Gone == other.Gone
}

func (d *Desk) insert(ctx context.Context, rev int, e Edit) (Edit, error) {
	e.ID, e.Rev, e.At = editID(e.Course, e.Path, rev), rev, store.Time(d.Now())
	return e, d.Store.Insert(ctx, EditKind, &e)
}

// keep brings the draft up to an edit that is there.
func (d *Desk) keep(ctx context.Context, e Edit) error {
	if e.Rev == 0 {
		return nil
	}
	_, err := store.Update(ctx, d.Store, DraftKind, e.Course, func(draft *Draft) error { draft.take(e); return nil })
	return err
}

func (d *Desk) conflict(ctx context.Context, base int, theirs, yours Edit) error {
	c := &Conflict{Path: yours.Path, Theirs: theirs, Yours: yours.Text}
	var err error
	if base > 0 {
		c.Base, err = d.ReadRev(ctx, yours.Course, yours.Path, base)
		// one after the newest, which a restored backup no longer has
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return err
		}
	}
	if !theirs.Gone && !yours.Gone && theirs.Blob == "" && yours.Blob == "" {
		c.Merged, _ = authoring.Merge(c.Base.Text, theirs.Text, yours.Text)
	}
	return c
}

// draft reads the draft of a course and makes it anew where it is behind its edits: a process stopped between the two,
// or is about to write the draft.
func (d *Desk) draft(ctx context.Context, course string) (Draft, error) {
	draft, err := store.Get[Draft](ctx, d.Store, DraftKind, course)
	if err != nil {
		return draft, err
	}
	n, err := d.Store.Count(ctx, EditKind, store.Where(store.Is("course", course)))
	if err != nil || n[0].N == draft.edits() {
		return draft, err
	}
	return d.rebuild(ctx, course)
}

// rebuild makes the draft from its edits and keeps it. What others add to it meanwhile stays.
func (d *Desk) rebuild(ctx context.Context, course string) (Draft, error) {
	fresh, err := d.fromEdits(ctx, course)
	if err != nil {
		return fresh, err
	}
	err = d.Store.Insert(ctx, DraftKind, &fresh)
	if !errors.Is(err, problem.ErrExists) {
		return fresh, err
	}
	return store.Update(ctx, d.Store, DraftKind, course, func(draft *Draft) error {
		for _, f := range fresh.Files {
			draft.put(f)
		}
		return nil
	})
}

func (d *Desk) fromEdits(ctx context.Context, course string) (Draft, error) {
	draft := Draft{ID: course}
	newest := map[string]Edit{}
	err := store.Each(ctx, d.Store, EditKind, store.Where(store.Begins("id", course+"/")), func(e Edit) error { newest[e.Path] = e; return nil })
	for _, path := range slices.Sorted(maps.Keys(newest)) {
		draft.take(newest[path])
	}
	return draft, err
}

// loadedDraft is a draft as it was read, for one content of it.
type loadedDraft struct {
	hash     string
	course   authoring.Package
	mistakes mistake.Mistakes
	sizes    []authoring.LessonSize
}

// maxLoaded is how many courses stay in memory with their pictures.
const maxLoaded = 8

// Load reads the draft as [LoadFiles] does. What it gives is shared: do not change it.
func (d *Desk) Load(ctx context.Context, course string) (authoring.Package, mistake.Mistakes, error) {
	draft, err := d.draft(ctx, course)
	if err != nil {
		return authoring.Package{}, nil, err
	}
	l, err := d.load(ctx, draft)
	return l.course, l.mistakes, err
}

// Sizes measures every lesson of the draft, as [Package.Sizes] does, and its mistakes.
func (d *Desk) Sizes(ctx context.Context, course string) ([]authoring.LessonSize, mistake.Mistakes, error) {
	draft, err := d.draft(ctx, course)
	if err != nil {
		return nil, nil, err
	}
	l, err := d.load(ctx, draft)
	return l.sizes, l.mistakes, err
}

func (d *Desk) load(ctx context.Context, draft Draft) (loadedDraft, error) {
	d.mu.Lock()
	l := d.loaded[draft.ID]
	d.mu.Unlock()
	if l.hash == draft.Hash {
		return l, nil
	}
	files, err := d.files(ctx, draft)
	if err != nil {
		return l, err
	}
	l = loadedDraft{hash: draft.Hash}
	l.course, l.mistakes = authoring.LoadFiles(files)
	l.sizes = l.course.Sizes()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.loaded == nil || len(d.loaded) >= maxLoaded {
		d.loaded = map[string]loadedDraft{}
	}
	d.loaded[draft.ID] = l
	return l, nil
}

// Files gives the files of the draft by path, as [Package.Files] does.
func (d *Desk) Files(ctx context.Context, course string) (map[string][]byte, error) {
	draft, err := d.draft(ctx, course)
	if err != nil {
		return nil, err
	}
	return d.files(ctx, draft)
}

func (d *Desk) files(ctx context.Context, draft Draft) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, f := range draft.Files {
		if f.Gone {
			continue
		}
		e, err := d.ReadRev(ctx, draft.ID, f.Path, f.Rev)
		if err == nil && e.Blob != "" {
			files[f.Path], err = d.Store.Blob(ctx, e.Blob)
		} else {
			files[f.Path] = []byte(e.Text)
		}
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}
