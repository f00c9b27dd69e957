package desk

import (
	"reflect"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/coursetest"
)

// Two trainers who change different settings lose neither change, and one who rearranges the outline loses no source.
func TestTheDeskKeepsSources(t *testing.T) {
	d, _ := newDesk(t)
	v := published(t, d, func(files map[string][]byte) {
		clear(files)
		for name, data := range coursetest.Whole() {
			files[name] = data
		}
	})
	if _, err := d.Open(t.Context(), v.Course, "lan"); err != nil {
		t.Fatal(err)
	}
	e, err := d.Read(t.Context(), v.Course, authoring.CourseFile)
	if err != nil {
		t.Fatal(err)
	}
	theirs := strings.Replace(e.Text, "checked: 2026-11-30", "checked: 2026-12-01", 1)
	yours := strings.Replace(e.Text, "Library Law 46/2019/QH14", "The Library Law 46/2019/QH14", 1)
	if theirs == e.Text || yours == e.Text {
		t.Fatalf("the desk writes the settings another way:\n%s", e.Text)
	}
	merged, ok := authoring.Merge(e.Text, theirs, yours)
	if !ok || !strings.Contains(merged, "2026-12-01") || !strings.Contains(merged, "The Library Law") {
		t.Errorf("merged: %t\n%s", ok, merged)
	}
	if _, err := d.AddModule(t.Context(), v.Course, courses.Text{Vi: "Phần mới", En: "New part"}, "lan"); err != nil {
		t.Fatal(err)
	}
	after, _, m, err := d.Outline(t.Context(), v.Course)
	if err != nil || after.Checked != v.Checked || !reflect.DeepEqual(after.Sources, v.Sources) {
		t.Errorf("%v %v\n%+v", err, m, after)
	}
	p, _, err := d.Load(t.Context(), v.Course)
	if err != nil {
		t.Fatal(err)
	}
	p.Version.Checked = "2027-01-01"
	task := *p.Version.Practice
	task.Model.Vi, p.Version.Guide.Vi, p.Version.Practice = "Sổ của Mai.\n", "", &task
	c, err := authoring.Compare(v, &p.Version)
	if err != nil || !slicesContainLine(c.Course, "+", "checked: 2027-01-01") {
		t.Errorf("%v\n%+v", err, c.Course)
	}
	changed := map[string]bool{}
	for _, l := range c.Lessons {
		for _, f := range l.Files {
			changed[l.ID+" "+f.Path] = true
		}
	}
	if !reflect.DeepEqual(changed, map[string]bool{"practice model.vi.md": true, "course.guide guide.vi.md": true}) {
		t.Errorf("changed: %v", changed)
	}
}

func slicesContainLine(lines []authoring.Line, op, text string) bool {
	for _, l := range lines {
		if l.Op == op && l.Text == text {
			return true
		}
	}
	return false
}

// A draft holds every file that a course can have.
func TestADraftHoldsEveryFile(t *testing.T) {
	for file := range coursetest.Whole() {
		if IsText(file) == strings.HasPrefix(file, "media/") {
			t.Errorf("%s: %t", file, IsText(file))
		}
	}
	for _, file := range []string{"guide.md", "model.fr.md", "other.vi.md", "lessons/guide.vi.md.md"} {
		if IsText(file) {
			t.Errorf("%s is a file of a draft", file)
		}
	}
}

// Lessons of a package bring their forms into another course, and a whole package brings everything.
func TestAPackageBringsFormsModelAndGuide(t *testing.T) {
	d, _ := newDesk(t)
	p, _ := authoring.LoadFiles(coursetest.Whole())
	n, back, m := taken(t, d, exported(t, p), Aim{New: true, Course: "LS8", Strand: courses.LibraryService})
	if p.Version.Course, back.Version.Hash = "LS8", ""; n != len(coursetest.Whole()) || len(m) > 0 {
		t.Errorf("%d files, %v", n, m)
	}
	if p.Version.Hash = ""; !reflect.DeepEqual(back.Version, p.Version) {
		t.Errorf("\n got %+v\nwant %+v", back.Version, p.Version)
	}
	again, _ := authoring.LoadFiles(coursetest.Whole())
	_, back, _ = taken(t, d, exported(t, again), Aim{Course: "LS8", Module: back.Version.Modules[0].ID})
	if l, ok := back.Version.Lesson("don-tiep-2"); !ok || l.Form != p.Version.Lessons()[0].Form {
		t.Errorf("%+v", back.Version.Lessons())
	}
	if err := d.RemoveLesson(t.Context(), "LS8", "don-tiep-2", "lan"); err != nil {
		t.Fatal(err)
	}
	if _, m, err := d.Load(t.Context(), "LS8"); err != nil || strings.Contains(strings.Join(coursetest.Said(m), " "), "don-tiep-2") {
		t.Errorf("something of a removed lesson stays: %v %v", err, m)
	}
}
