package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/coursetest"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
	"lopban/courses/problem"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/store/sqlite/sqlitetest"
)

var morning = time.Date(2026, 12, 5, 2, 0, 0, 0, time.UTC)

// broken is a store that stops writing after some writes, as a process does that is killed.
type broken struct {
	store.Store
	mu   sync.Mutex
	left int // writes before it breaks; below 0 it does not
}

var errKilled = errors.New("killed")

func (b *broken) write(do func() error) error {
	b.mu.Lock()
	if b.left == 0 {
		b.mu.Unlock()
		return errKilled
	}
	b.left--
	b.mu.Unlock()
	return do()
}

func (b *broken) Insert(ctx context.Context, k *store.Kind, docs ...any) error {
	return b.write(func() error { return b.Store.Insert(ctx, k, docs...) })
}

func (b *broken) Update(ctx context.Context, k *store.Kind, id string, doc any, change func() error) error {
	return b.write(func() error { return b.Store.Update(ctx, k, id, doc, change) })
}

func (b *broken) Delete(ctx context.Context, k *store.Kind, id string) error {
	return b.write(func() error { return b.Store.Delete(ctx, k, id) })
}

func (b *broken) breakAfter(n int) { b.mu.Lock(); defer b.mu.Unlock(); b.left = n }

func newDesk(t testing.TB) (*Desk, *broken) {
	t.Helper()
	st := sqlitetest.Open(t, append(school.Kinds(), Kinds()...)...)
	b := &broken{Store: st, left: -1}
	now := func() time.Time { return morning }
	school := &school.School{Store: b, Now: now, Random: rand.Reader, BaseURL: "http://lopban.test"}
	return &Desk{Store: b, School: school, Now: now}, b
}

// published publishes the good course from outside the desk.
func published(t testing.TB, d *Desk, change func(files map[string][]byte)) *courses.Version {
	t.Helper()
	files := coursetest.Good()
	if change != nil {
		change(files)
	}
	p, m := authoring.LoadFiles(files)
	if m.Errors() {
		t.Fatal(m)
	}
	for name, data := range p.Media {
		if err := d.Store.PutBlob(context.Background(), name, data); err != nil && !errors.Is(err, problem.ErrExists) {
			t.Fatal(err)
		}
	}
	v, _, err := d.School.Publish(context.Background(), p.Version)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// opened is a desk with the good course open, and its id.
func opened(t testing.TB) (*Desk, *broken, string) {
	t.Helper()
	d, b := newDesk(t)
	v := published(t, d, nil)
	if _, err := d.Open(context.Background(), v.Course, "lan"); err != nil {
		t.Fatal(err)
	}
	return d, b, v.Course
}

func work(t testing.TB, d *Desk, course string) Editing {
	t.Helper()
	w, err := d.Editing(context.Background(), course)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func save(t testing.TB, d *Desk, course, path string, base int, text, by string) Edit {
	t.Helper()
	e, err := d.Save(context.Background(), course, path, base, text, by)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// healthy says whether the doctor finds nothing.
func healthy(t testing.TB, d *Desk) {
	t.Helper()
	if err := d.Check(context.Background(), false, func(f school.Flaw) { t.Errorf("%s %s %s", f.Kind, f.ID, f.What) }); err != nil {
		t.Error(err)
	}
}

const borrow = "lessons/cho-muon.vi.md"

func TestADraftBeginsAsTheNewestVersion(t *testing.T) {
	d, _, course := opened(t)
	newest, err := d.School.Course(t.Context(), course)
	if err != nil {
		t.Fatal(err)
	}
	p, m, err := d.Load(t.Context(), course)
	if err != nil || m.Errors() || p.Version.Hash != newest.Hash {
		t.Errorf("%v, %v: hash %s, want %s", m, err, p.Version.Hash, newest.Hash)
	}
	w := work(t, d, course)
	if !w.Fresh || w.Base != 1 || w.Behind() || w.Stage != Writing {
		t.Errorf("%+v", w)
	}
	again, err := d.Open(t.Context(), course, "pao")
	if err != nil || len(again.Events) != 1 || again.Draft.edits() != w.Draft.edits() {
		t.Errorf("opened again: %+v, %v", again, err)
	}
	if _, err := d.Open(t.Context(), "X", "lan"); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("opened a course that is not there: %v", err)
	}
	healthy(t, d)
}

func TestSavingKeepsEveryRevision(t *testing.T) {
	d, _, course := opened(t)
	first, err := d.Read(t.Context(), course, borrow)
	if err != nil || first.Rev != 1 {
		t.Fatal(first, err)
	}
	second := save(t, d, course, borrow, 1, "## Mượn\r\n\r\nTra\u0309 sa\u0301ch.\u0000\n", "lan")
	if second.Rev != 2 || second.Text != "## Mượn\n\nTrả sách.\n" {
		t.Errorf("%+v", second)
	}
	if again := save(t, d, course, borrow, 1, second.Text, "pao"); again.Rev != 2 || again.By != "lan" {
		t.Errorf("the same text made %+v", again)
	}
	third, err := d.Restore(t.Context(), course, borrow, 1, 2, "pao")
	if err != nil || third.Rev != 3 || third.Text != first.Text || third.By != "pao" {
		t.Errorf("restored %+v, %v", third, err)
	}
	if w := work(t, d, course); !w.Fresh {
		t.Error("what was restored is not as it was")
	}
	all, err := d.History(t.Context(), course, borrow, 0, 2)
	if err != nil || len(all) != 2 || all[0].Rev != 3 || all[1].Rev != 2 {
		t.Errorf("%v, %v", all, err)
	}
	if all, err := d.History(t.Context(), course, borrow, 2, 9); err != nil || len(all) != 1 || all[0].Text != first.Text {
		t.Errorf("%v, %v", all, err)
	}
	for name, bad := range map[string]error{
		"another folder": func() error { _, err := d.Save(t.Context(), course, "../x.md", 0, "x", "lan"); return err }(),
		"too long": func() error {
			_, err := d.Save(t.Context(), course, borrow, 3, strings.Repeat("x", markdown.MaxText+1), "lan")
			return err
		}(),
	} {
		if !errors.Is(bad, problem.ErrInvalid) {
			t.Errorf("%s: %v", name, bad)
		}
	}
	healthy(t, d)
}

func TestAFileThatWasRemovedComesBack(t *testing.T) {
	d, _, course := opened(t)
	first, _ := d.Read(t.Context(), course, borrow)
	gone, err := d.Remove(t.Context(), course, borrow, 1, "lan")
	if err != nil || !gone.Gone || gone.Rev != 2 {
		t.Fatal(gone, err)
	}
	if files, err := d.Files(t.Context(), course); err != nil || files[borrow] != nil {
		t.Errorf("it is still there, %v", err)
	}
	if _, err := d.Restore(t.Context(), course, borrow, 1, 2, "lan"); err != nil {
		t.Error(err)
	}
	if files, err := d.Files(t.Context(), course); err != nil || string(files[borrow]) != first.Text {
		t.Errorf("it did not come back, %v", err)
	}
	healthy(t, d)
}

func TestOfTwoSaversOneWinsAndTheOtherLosesNoWord(t *testing.T) {
	d, _, course := opened(t)
	was, _ := d.Read(t.Context(), course, borrow)
	const writers = 8
	errs := make([]error, writers)
	texts := make([]string, writers)
	var wait sync.WaitGroup
	for i := range writers {
		texts[i] = fmt.Sprintf("## Chung\n\nCâu của người %d.\n", i)
		wait.Go(func() { _, errs[i] = d.Save(t.Context(), course, borrow, was.Rev, texts[i], fmt.Sprint("p", i)) })
	}
	wait.Wait()
	newest, _ := d.Read(t.Context(), course, borrow)
	won := 0
	for i, err := range errs {
		if err == nil {
			won++
			if newest.Text != texts[i] {
				t.Errorf("%d was told that it is saved, and %q is", i, newest.Text)
			}
			continue
		}
		var c *Conflict
		if !errors.As(err, &c) || c.Yours != texts[i] || c.Theirs.Text != newest.Text || c.Base.Text != was.Text {
			t.Errorf("%d was told %v", i, err)
		}
	}
	if won != 1 || newest.Rev != was.Rev+1 {
		t.Errorf("%d won, revision %d", won, newest.Rev)
	}
	healthy(t, d)
}

func TestMergeJoinsWhatDoesNotTouch(t *testing.T) {
	base := "a\nb\nc\nd\ne\n"
	for _, c := range []struct {
		theirs, yours, want string
		ok                  bool
	}{
		{"A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n", "A\nb\nc\nd\nE\n", true},
		{"A\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n", true},
		{"a\nb\nc\nd\n", "x\na\nb\nc\nd\ne\n", "x\na\nb\nc\nd\n", true},
		{"a\nb\nX\nd\ne\n", "a\nb\nY\nd\ne\n", "", false},
		{"a\nX\nc\nd\ne\n", "a\nb\nY\nd\ne\n", "", false},
		{"a\nb\nc\nd\ne\nx\n", "a\nb\nc\nd\ne\ny\n", "", false},
	} {
		if got, ok := authoring.Merge(base, c.theirs, c.yours); ok != c.ok || got != c.want {
			t.Errorf("%q and %q: %q, %v", c.theirs, c.yours, got, ok)
		}
	}
}

// A diff tells both texts, whatever they are: with enough lines around it nothing is lost.
func TestDiffTellsBothTexts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		lines := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ấ", ""}), 0, 12)
		old, new := strings.Join(lines.Draw(rt, "old"), "\n"), strings.Join(lines.Draw(rt, "new"), "\n")
		diff := authoring.Diff(old, new)
		if (old == new) != (len(diff) == 0) {
			rt.Fatalf("%q and %q: %v", old, new, diff)
		}
		oldLines, newLines := strings.Split(old, "\n"), strings.Split(new, "\n")
		for _, l := range diff {
			if l.Old > 0 && oldLines[l.Old-1] != l.Text || l.New > 0 && newLines[l.New-1] != l.Text {
				rt.Fatalf("%q and %q: %+v", old, new, l)
			}
		}
	})
}

func TestStageIsAFunctionOfEvents(t *testing.T) {
	ev := func(kind, hash string) Editorial { return Editorial{Kind: kind, Hash: hash} }
	for _, c := range []struct {
		name   string
		events []Editorial
		hash   string
		want   Stage
	}{
		{"new", nil, "h", Writing},
		{"opened", []Editorial{ev(Opened, "h")}, "h", Writing},
		{"submitted", []Editorial{ev(Opened, "g"), ev(Submitted, "h")}, "h", InReview},
		{"edited in review", []Editorial{ev(Submitted, "h")}, "i", Writing},
		{"edited and put back", []Editorial{ev(Submitted, "h"), ev(Commented, "i")}, "h", InReview},
		{"returned", []Editorial{ev(Submitted, "h"), ev(Returned, "h")}, "h", Writing},
		{"approved", []Editorial{ev(Submitted, "h"), ev(Approved, "h")}, "h", Ready},
		{"edited after approval", []Editorial{ev(Submitted, "h"), ev(Approved, "h")}, "i", Writing},
		{"commented after approval", []Editorial{ev(Submitted, "h"), ev(Approved, "h"), ev(Commented, "h")}, "h", Ready},
		{"published", []Editorial{ev(Submitted, "h"), ev(Approved, "h"), ev(Published, "h")}, "h", Writing},
		{"retired while in review", []Editorial{ev(Submitted, "h"), ev(Retired, "")}, "h", InReview},
	} {
		if got := StageOf(c.events, c.hash); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// wants fails unless the error is a problem with this code.
func wants(t *testing.T, what, code string, err error) {
	t.Helper()
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func TestTheWayToANewVersion(t *testing.T) {
	d, _, course := opened(t)
	old, _ := d.Read(t.Context(), course, borrow)
	save(t, d, course, borrow, 1, old.Text+"\nThêm một câu.\n", "lan")
	seen := work(t, d, course).Draft.Hash
	notes := courses.Text{Vi: "Thêm một câu", En: "One more sentence"}
	_, _, err := d.Publish(t.Context(), course, seen, notes, "lan")
	wants(t, "published without review", "draft-stage-writing", err)
	wants(t, "approved without review", "draft-stage-writing", d.Approve(t.Context(), course, seen, "", "pao", false))
	if err := d.Submit(t.Context(), course, seen, "Nhờ xem", "lan"); err != nil {
		t.Fatal(err)
	}
	wants(t, "submitted twice", "draft-stage-review", d.Submit(t.Context(), course, seen, "", "lan"))
	wants(t, "approved by who submitted", "four-eyes", d.Approve(t.Context(), course, seen, "", "lan", false))
	wants(t, "returned by who submitted", "four-eyes", d.Return(t.Context(), course, seen, "", "lan"))
	wants(t, "returned without a word", "return-reason", d.Return(t.Context(), course, seen, " \n", "pao"))
	if err := d.Comment(t.Context(), course, "cho-muon", "Câu này hay", "pao"); err != nil {
		t.Fatal(err)
	}
	wants(t, "an empty comment", "note-missing", d.Comment(t.Context(), course, "", " ", "pao"))
	if err := d.Return(t.Context(), course, seen, "Sửa lại", "pao"); err != nil {
		t.Fatal(err)
	}
	save(t, d, course, borrow, 2, old.Text+"\nThêm một câu hay.\n", "lan")
	wants(t, "submitted what is there no more", "draft-moved", d.Submit(t.Context(), course, seen, "", "lan"))
	seen = work(t, d, course).Draft.Hash
	if err := errors.Join(d.Submit(t.Context(), course, seen, "", "lan"), d.Approve(t.Context(), course, seen, "Được", "pao", false)); err != nil {
		t.Fatal(err)
	}
	v, m, err := d.Publish(t.Context(), course, seen, notes, "lan")
	if err != nil || m.Errors() || v.Number != 2 || v.Notes != notes || v.PublishedBy != "lan" || v.Hash == "" {
		t.Fatalf("%+v, %v, %v", v, m, err)
	}
	if again, _, err := d.Publish(t.Context(), course, seen, notes, "lan"); err != nil || again.ID != v.ID {
		t.Errorf("published again: %v, %v", again, err)
	}
	w := work(t, d, course)
	if w.Base != 2 || !w.Fresh || w.Behind() || w.Stage != Writing || w.Submitter() != "lan" {
		t.Errorf("%+v", w)
	}
	c, err := d.Compare(t.Context(), course, 1, 2)
	if err != nil || len(c.Lessons) != 1 || c.Lessons[0].ID != "cho-muon" || len(c.Lessons[0].Files) != 1 || len(c.Course) > 0 {
		t.Errorf("%+v, %v", c, err)
	}
	healthy(t, d)
}

func TestWhoIsAloneApprovesTheirOwn(t *testing.T) {
	d, _, course := opened(t)
	seen := work(t, d, course).Draft.Hash
	if err := errors.Join(d.Submit(t.Context(), course, seen, "", "lan"), d.Approve(t.Context(), course, seen, "", "lan", true)); err != nil {
		t.Fatal(err)
	}
	w := work(t, d, course)
	if last := w.Events[len(w.Events)-1]; w.Stage != Ready || !last.Alone {
		t.Errorf("%s, %+v", w.Stage, last)
	}
}

// ready brings the draft to where it may be published.
func ready(t testing.TB, d *Desk, course string) string {
	t.Helper()
	seen := work(t, d, course).Draft.Hash
	if err := errors.Join(d.Submit(context.Background(), course, seen, "", "lan"), d.Approve(context.Background(), course, seen, "", "pao", false)); err != nil {
		t.Fatal(err)
	}
	return seen
}

func TestMistakesAreNotPublished(t *testing.T) {
	d, _, course := opened(t)
	save(t, d, course, borrow, 1, "# Sai\n\n![x](../media/khong-co.svg)\n", "lan")
	_, m, err := d.Publish(t.Context(), course, ready(t, d, course), courses.Text{}, "lan")
	wants(t, "published with mistakes", "draft-mistakes", err)
	if !slices.ContainsFunc(m, func(one mistake.Mistake) bool {
		return one.File == borrow && one.Line == 3 && one.Code == "md-image-missing"
	}) {
		t.Errorf("%v", m)
	}
	if v, err := d.School.Course(t.Context(), course); err != nil || v.Number != 1 {
		t.Errorf("the newest is %v, %v", v, err)
	}
}

func TestAnotherVersionMeanwhile(t *testing.T) {
	d, _, course := opened(t)
	other := func(words string) func(map[string][]byte) {
		return func(files map[string][]byte) { files[borrow] = append(files[borrow], "\n"+words+"\n"...) }
	}
	// A draft that nobody changed follows.
	published(t, d, other("Câu của người khác."))
	w, err := d.Open(t.Context(), course, "lan")
	if err != nil || w.Base != 2 || !w.Fresh {
		t.Fatalf("%+v, %v", w, err)
	}
	// One with changes waits until somebody has looked.
	e, _ := d.Read(t.Context(), course, borrow)
	save(t, d, course, borrow, e.Rev, e.Text+"\nCâu của mình.\n", "lan")
	published(t, d, other("Câu khác nữa."))
	if w, err = d.Open(t.Context(), course, "lan"); err != nil || !w.Behind() || w.Fresh {
		t.Fatalf("%+v, %v", w, err)
	}
	_, _, err = d.Publish(t.Context(), course, ready(t, d, course), courses.Text{}, "lan")
	wants(t, "published over another version", "draft-behind", err)
	if err := d.Rebase(t.Context(), course, "lan"); err != nil {
		t.Fatal(err)
	}
	if v, _, err := d.Publish(t.Context(), course, ready(t, d, course), courses.Text{}, "lan"); err != nil || v.Number != 4 {
		t.Errorf("%v, %v", v, err)
	}
	// Or is put back, and keeps its history.
	mine := save(t, d, course, borrow, e.Rev+1, "## Khác\n\nHẳn.\n", "lan")
	if w, err = d.Discard(t.Context(), course, "lan"); err != nil || !w.Fresh || w.Base != 4 {
		t.Errorf("%+v, %v", w, err)
	}
	if kept, err := d.ReadRev(t.Context(), course, borrow, mine.Rev); err != nil || kept.Text != mine.Text {
		t.Errorf("%+v, %v", kept, err)
	}
	healthy(t, d)
}

func TestANewCourse(t *testing.T) {
	d, _, course := opened(t)
	title := courses.Text{Vi: "Đọc sách cho trẻ", En: "Reading to children"}
	w, err := d.Create(t.Context(), "RP9", courses.ReadingPromotion, title, "lan")
	if err != nil || w.Base != 0 || w.Newest != 0 || w.Stage != Writing {
		t.Fatalf("%+v, %v", w, err)
	}
	if _, m, err := d.Load(t.Context(), "RP9"); err != nil || m.Errors() {
		t.Errorf("a new course has mistakes: %v, %v", m, err)
	}
	if v, _, err := d.Publish(t.Context(), "RP9", ready(t, d, "RP9"), courses.Text{}, "lan"); err != nil || v.ID != "RP9@1" {
		t.Errorf("%v, %v", v, err)
	}
	for what, c := range map[string]struct{ id, code string }{"taken": {strings.ToLower(course), "course-exists"}, "no id": {"a b", "course-id"}} {
		_, err := d.Create(t.Context(), c.id, courses.ReadingPromotion, title, "lan")
		wants(t, what, c.code, err)
	}
	_, err = d.Discard(t.Context(), "RP10", "lan")
	wants(t, "never published", "draft-never-published", err)
}

func TestTheOutline(t *testing.T) {
	d, _, course := opened(t)
	v, rev, _, err := d.Outline(t.Context(), course)
	if err != nil {
		t.Fatal(err)
	}
	first := v.Modules[0]
	module, err := d.AddModule(t.Context(), course, courses.Text{Vi: "Đón  bạn đọc", En: "Welcome"}, "lan")
	if err != nil || module != "don-ban-doc" {
		t.Fatal(module, err)
	}
	lesson, err := d.AddLesson(t.Context(), course, module, Heading{Title: courses.Text{Vi: "Nụ cười"}, Minutes: 10}, "lan")
	if err != nil || lesson != "nu-cuoi" {
		t.Fatal(lesson, err)
	}
	if e, err := d.Read(t.Context(), course, "lessons/nu-cuoi.vi.md"); err != nil || e.Text != "## Nụ cười\n" {
		t.Error(e, err)
	}
	id := first.Lessons[0].ID
	if err := errors.Join(d.MoveLesson(t.Context(), course, id, module, 0, "lan"), d.MoveModule(t.Context(), course, module, 0, "lan")); err != nil {
		t.Fatal(err)
	}
	was := Heading{Title: courses.Text{Vi: "Nụ cười đầu tiên", En: "The first smile"}, About: courses.Text{Vi: "Cười được", En: "Smile"}, Minutes: 7}
	_, now, _, _ := d.Outline(t.Context(), course)
	if err := d.SetLesson(t.Context(), course, lesson, now, was, "lan"); err != nil {
		t.Fatal(err)
	}
	wants(t, "a title that changed meanwhile", "draft-moved", d.SetLesson(t.Context(), course, lesson, now, Heading{Title: courses.Text{Vi: "Khác"}, Minutes: 7}, "pao"))
	wants(t, "a lesson that was not there", "draft-moved", d.SetLesson(t.Context(), course, lesson, rev, Heading{Title: courses.Text{Vi: "Khác"}, Minutes: 7}, "pao"))
	if err := d.SetModule(t.Context(), course, module, now, Heading{Title: courses.Text{Vi: "Đón khách", En: "Guests"}}, "pao"); err != nil {
		t.Errorf("another part of the outline: %v", err)
	}
	if v, _, _, err = d.Outline(t.Context(), course); err != nil || v.Modules[0].Title.Vi != "Đón khách" || v.Modules[0].Lessons[0].ID != id || v.Modules[0].Lessons[1].Objective != was.About {
		t.Errorf("%+v, %v", v.Modules, err)
	}
	wants(t, "a module with lessons", "module-full", d.RemoveModule(t.Context(), course, module, "lan"))
	for range 2 {
		if err := d.RemoveLesson(t.Context(), course, lesson, "lan"); err != nil {
			t.Fatal(err)
		}
	}
	if again, err := d.AddLesson(t.Context(), course, module, Heading{Title: courses.Text{Vi: "Nụ cười"}, Minutes: 10}, "lan"); err != nil || again != "nu-cuoi-2" {
		t.Errorf("the id of a lesson that was removed is used again: %s, %v", again, err)
	}
	if kept, err := d.AddLesson(t.Context(), course, module, Heading{Title: courses.Text{Vi: "Media"}, Minutes: 10}, "lan"); err != nil || kept != "media-2" {
		t.Errorf("the name of a page is a lesson's: %s, %v", kept, err)
	}
	e, _ := d.Read(t.Context(), course, authoring.CourseFile)
	save(t, d, course, authoring.CourseFile, e.Rev, e.Text+"unknown: 1\n", "lan")
	_, err = d.AddModule(t.Context(), course, courses.Text{Vi: "X"}, "lan")
	wants(t, "a file that would lose a line", "outline-broken", err)
	healthy(t, d)
}

func TestRetireIsAnEvent(t *testing.T) {
	d, _, course := opened(t)
	for range 2 {
		if err := d.Retire(t.Context(), course, "Đã cũ", "lan"); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := d.School.Catalogue(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
	if n := len(work(t, d, course).Events); n != 2 {
		t.Errorf("%d events", n)
	}
	healthy(t, d)
	if err := d.Offer(t.Context(), course, "", "lan"); err != nil {
		t.Fatal(err)
	}
	if all, err := d.School.Catalogue(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
}

// Killed after any of its writes and done again, each step ends as if it had not been killed.
func TestKilledBetweenSteps(t *testing.T) {
	title := courses.Text{Vi: "Mới", En: "New"}
	for name, step := range map[string]func(d *Desk, course string) error{
		"open": func(d *Desk, _ string) error { _, err := d.Open(context.Background(), "NEXT", "lan"); return err },
		"create": func(d *Desk, _ string) error {
			_, err := d.Create(context.Background(), "NEW", courses.LibraryService, title, "lan")
			return err
		},
		"save": func(d *Desk, course string) error {
			_, err := d.Save(context.Background(), course, borrow, 1, "## Mới\n", "lan")
			return err
		},
		"remove": func(d *Desk, course string) error {
			return d.RemoveLesson(context.Background(), course, "cho-muon", "lan")
		},
		"discard": func(d *Desk, course string) error {
			_, err := d.Discard(context.Background(), course, "lan")
			return err
		},
		"retire": func(d *Desk, course string) error { return d.Retire(context.Background(), course, "", "lan") },
		"publish": func(d *Desk, course string) error {
			draft, err := store.Get[Draft](context.Background(), d.Store, DraftKind, course)
			if err != nil {
				return err
			}
			_, _, err = d.Publish(context.Background(), course, draft.Hash, title, "lan")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			prepared := func(t *testing.T) (*Desk, *broken, string) {
				d, b, course := opened(t)
				published(t, d, func(files map[string][]byte) {
					files[authoring.CourseFile] = []byte(strings.Replace(coursetest.YAML, "id: "+course, "id: NEXT", 1))
				})
				if name == "discard" || name == "publish" {
					e, _ := d.Read(t.Context(), course, "lessons/cho-muon.en.md")
					save(t, d, course, e.Path, e.Rev, e.Text+"\nMore.\n", "lan")
				}
				if name == "publish" {
					ready(t, d, course)
				}
				return d, b, course
			}
			state := func(d *Desk) map[string]any {
				ids, err := d.Drafts(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				all := map[string]any{}
				for _, id := range ids {
					w := work(t, d, id)
					w.Draft.UpdatedAt = time.Time{}
					all[id] = []any{w.Draft.Hash, w.Draft.edits(), w.Stage, w.Base, w.Newest, w.Fresh, len(w.Events)}
				}
				return all
			}
			d, _, course := prepared(t)
			if err := step(d, course); err != nil {
				t.Fatal(err)
			}
			want := state(d)
			for n := 0; ; n++ {
				d, b, course := prepared(t)
				b.breakAfter(n)
				err := step(d, course)
				b.breakAfter(-1)
				if err == nil {
					if n == 0 {
						t.Error("the step writes nothing")
					}
					return
				}
				if !errors.Is(err, errKilled) {
					t.Fatal(err)
				}
				if err := step(d, course); err != nil {
					t.Fatalf("killed after %d writes and done again: %v", n, err)
				}
				if got := state(d); !reflect.DeepEqual(got, want) {
					t.Errorf("killed after %d writes: %v, want %v", n, got, want)
				}
				healthy(t, d)
			}
		})
	}
}

func TestTheDoctorFindsAndMends(t *testing.T) {
	d, _, course := opened(t)
	draft, _ := store.Get[Draft](t.Context(), d.Store, DraftKind, course)
	draft.Files[0].Sum = "other"
	if err := errors.Join(store.Save(t.Context(), d.Store, DraftKind, course, draft), d.School.Retire(t.Context(), course)); err != nil {
		t.Fatal(err)
	}
	e, _ := d.Read(t.Context(), course, borrow)
	e.Rev, e.ID = 5, editID(course, borrow, 5)
	if err := d.Store.Insert(t.Context(), EditKind, &e); err != nil {
		t.Fatal(err)
	}
	look := func(rebuild bool) (found []string) {
		if err := d.Check(t.Context(), rebuild, func(f school.Flaw) { found = append(found, f.Kind+" "+f.What) }); err != nil {
			t.Fatal(err)
		}
		slices.Sort(found)
		return found
	}
	all := []string{"course " + OfferDiffer, "draft " + NoEdits, "edit " + RevGap}
	if got := look(true); !slices.Equal(got, all) {
		t.Errorf("%q", got)
	}
	if got := look(false); !slices.Equal(got, all[2:]) { // a lost fact cannot be made again
		t.Errorf("%q", got)
	}
}

func TestCompareNamesWhatMoved(t *testing.T) {
	version := func(modules ...string) *courses.Version {
		v := &courses.Version{Course: "K"}
		for i, lessons := range modules {
			m := courses.Module{ID: fmt.Sprint("m", i)}
			for _, l := range strings.Fields(lessons) {
				m.Lessons = append(m.Lessons, courses.Lesson{ID: l, Body: courses.Text{Vi: l + "\n"}})
			}
			v.Modules = append(v.Modules, m)
		}
		return v
	}
	for _, c := range []struct {
		name, want string
		a, b       *courses.Version
	}{
		{"nothing", "", version("a b c"), version("a b c")},
		{"one goes to the end", "a moved", version("a b c"), version("b c a")},
		{"one changes its module", "b moved", version("a b", "c"), version("a", "b c")},
		{"added and removed", "d added, b removed", version("a b c"), version("a d c")},
	} {
		got, err := authoring.Compare(c.a, c.b)
		var words []string
		for _, l := range got.Lessons {
			for word, is := range map[string]bool{"added": l.Added, "removed": l.Removed, "moved": l.Moved, "changed": len(l.Files) > 0} {
				if is {
					words = append(words, l.ID+" "+word)
				}
			}
		}
		if err != nil || strings.Join(words, ", ") != c.want {
			t.Errorf("%s: %q, want %q, %v", c.name, words, c.want, err)
		}
	}
}
