package desk

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// unpublished is a desk with a course that was never published.
func unpublished(t *testing.T) (*Desk, *broken) {
	t.Helper()
	d, b := newDesk(t)
	if _, err := d.Create(t.Context(), "K2", courses.LibraryService, courses.Text{Vi: "Đón tiếp bạn đọc"}, "lan"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Save(t.Context(), "K2", "lessons/don-tiep-ban-doc.vi.gift", 0, "::q1:: Ai đến? {=Bạn đọc ~Không ai}\n", "lan"); err != nil {
		t.Fatal(err)
	}
	return d, b
}

// texts are the files of a draft, by path.
func (d *Desk) texts(t *testing.T, course string) map[string]string {
	t.Helper()
	draft, err := d.draft(t.Context(), course)
	if err != nil {
		t.Fatal(err)
	}
	files, err := d.files(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for path, data := range files {
		all[path] = string(data)
	}
	return all
}

// A course that was never published leaves the desk, whenever the process stops, and comes back with every word.
func TestACourseNeverPublishedIsDeletedAndBroughtBack(t *testing.T) {
	for writes := range 3 {
		d, b := unpublished(t)
		before := d.texts(t, "K2")
		b.breakAfter(writes)
		err := d.Delete(t.Context(), "K2", "lan")
		if stopped := writes < 2; errors.Is(err, errKilled) != stopped {
			t.Fatalf("after %d writes: %v", writes, err)
		} else if stopped {
			b.breakAfter(-1)
			if err := d.Delete(t.Context(), "K2", "lan"); err != nil {
				t.Fatal(err)
			}
		}
		b.breakAfter(-1)
		if open, err := d.Drafts(t.Context()); err != nil || len(open) != 0 {
			t.Errorf("still open: %q, %v", open, err)
		}
		if _, err := d.Save(t.Context(), "K2", authoring.CourseFile, 1, "id: K2", "chi"); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("saved to a course that is gone: %v", err)
		}
		if gone, err := d.Gone(t.Context(), "K2"); err != nil || gone.By != "lan" {
			t.Errorf("%+v, %v", gone, err)
		}
		w, err := d.Recover(t.Context(), "K2", "chi")
		if err != nil || w.Stage != Writing || !maps.Equal(d.texts(t, "K2"), before) {
			t.Errorf("brought back: %+v, %v", w, err)
		}
		kinds := []string{}
		for _, e := range w.Events {
			kinds = append(kinds, e.Kind)
		}
		if !slices.Equal(kinds, []string{Opened, Deleted, Recovered}) {
			t.Errorf("the history says %q", kinds)
		}
		if _, err := d.Recover(t.Context(), "K2", "chi"); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("brought back twice: %v", err)
		}
	}
}

func TestAPublishedCourseIsNotDeleted(t *testing.T) {
	d, _, course := opened(t)
	if err := d.Delete(t.Context(), course, "lan"); !strings.Contains(errorCode(err), "course-published") {
		t.Errorf("%v", err)
	}
	if _, err := store.Get[Draft](t.Context(), d.Store, DraftKind, course); err != nil {
		t.Error(err)
	}
}

func errorCode(err error) string {
	var p *problem.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

// A copy is the same course under another id, and afterwards each is edited by itself. The id of a course that was
// deleted stays its own, so that it can come back.
func TestACourseIsCopied(t *testing.T) {
	d, _, course := opened(t)
	for _, id := range []string{"", "k 2", "import", course, strings.ToLower(course)} {
		if _, err := d.Copy(t.Context(), course, id, "chi"); errorCode(err) == "" {
			t.Errorf("copied to %q: %v", id, err)
		}
	}
	if _, err := d.Create(t.Context(), "K9", courses.ReadingPromotion, courses.Text{Vi: "Khác hẳn"}, "lan"); err != nil {
		t.Fatal(err)
	}
	if err := d.Delete(t.Context(), "K9", "lan"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Copy(t.Context(), course, "k9", "chi"); errorCode(err) != "course-deleted" {
		t.Errorf("copied over a deleted course: %v", err)
	}
	if _, err := d.Create(t.Context(), "K9", courses.ReadingPromotion, courses.Text{Vi: "Khác nữa"}, "chi"); errorCode(err) != "course-deleted" {
		t.Errorf("begun over a deleted course: %v", err)
	}
	if gone, err := d.Deleted(t.Context()); err != nil || len(gone) != 1 || gone[0].Course != "K9" || gone[0].By != "lan" {
		t.Errorf("deleted are %+v, %v", gone, err)
	}
	if _, err := d.Recover(t.Context(), "K9", "lan"); err != nil {
		t.Fatal(err)
	}
	if gone, err := d.Deleted(t.Context()); err != nil || len(gone) != 0 {
		t.Errorf("still deleted are %+v, %v", gone, err)
	}
	w, err := d.Copy(t.Context(), course, "K10", "chi")
	if err != nil || w.Newest != 0 || w.Stage != Writing {
		t.Fatalf("%+v, %v", w, err)
	}
	from, to := d.texts(t, course), d.texts(t, "K10")
	if want := strings.Replace(from[authoring.CourseFile], "id: "+course, `id: "K10"`, 1); to[authoring.CourseFile] != want {
		t.Errorf("course.yaml is %q", to[authoring.CourseFile])
	}
	delete(from, authoring.CourseFile)
	delete(to, authoring.CourseFile)
	if !maps.Equal(from, to) {
		t.Errorf("files %q of %q", slices.Sorted(maps.Keys(to)), slices.Sorted(maps.Keys(from)))
	}
	if p, m, err := d.Load(t.Context(), "K10"); err != nil || m.Errors() || p.Version.Course != "K10" {
		t.Errorf("%v, %v", m, err)
	}
}

func TestALessonIsCopied(t *testing.T) {
	d, _, course := opened(t)
	before, _, err := d.Load(t.Context(), course)
	if err != nil {
		t.Fatal(err)
	}
	first := before.Version.Modules[0].Lessons[0]
	id, err := d.CopyLesson(t.Context(), course, first.ID, "chi")
	if err != nil || id != first.ID+"-2" {
		t.Fatalf("%q, %v", id, err)
	}
	after, m, err := d.Load(t.Context(), course)
	if err != nil || m.Errors() {
		t.Fatal(m, err)
	}
	l := after.Version.Modules[0].Lessons[1]
	if l.ID != id || l.Title != first.Title || l.Body != first.Body || len(l.Quiz.Questions) != len(first.Quiz.Questions) || l.Minutes != first.Minutes {
		t.Errorf("%+v", l)
	}
	if _, err := d.CopyLesson(t.Context(), course, "khong-co", "chi"); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
