package authoring

import (
	"bytes"
	"encoding/hex"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/authoring/coursetest"
)

func TestLevelsModelAndGuideAreRead(t *testing.T) {
	p, m := LoadFiles(coursetest.Whole())
	if len(m) > 0 {
		t.Fatal(m)
	}
	task := p.Version.Practice
	levels := []courses.Level{{Points: 2, Text: courses.Text{Vi: "Ghi được hai ô", En: "two boxes"}}, {Points: 4, Text: courses.Text{Vi: "Đủ bốn ô", En: "all four"}}}
	if !reflect.DeepEqual(task.Rubric[0].Levels, levels) || task.Rubric[1].Levels != nil {
		t.Errorf("%+v", task.Rubric)
	}
	if task.Model.En != "Lan's register.\n\n![A shelf](../media/gia.svg)\n" || p.Version.Guide != (courses.Text{Vi: "## Mở đầu\n\n10 phút.\n", En: "## Start\n\n10 minutes.\n"}) {
		t.Errorf("%+v %+v", task.Model, p.Version.Guide)
	}
	if at := p.Shown()["gia.svg"]; !slices.Contains(at, ModelID) {
		t.Errorf("the drawing is shown in %v", at)
	}
}

func TestMistakesOfLevelsModelAndGuide(t *testing.T) {
	for _, c := range []struct{ file, old, new, want string }{
		{"course.yaml", "points: 2, vi", "points: 4, vi", "course.yaml:26 levels-order 4"},
		{"course.yaml", "points: 2, vi", "points: 0, vi", "course.yaml:26 levels-order 4"},
		{"course.yaml", "{points: 4, vi", "{points: 5, vi", "course.yaml:26 levels-order 4"},
		{"course.yaml", "points: 2, vi", "points: hai, vi", "course.yaml:26 yaml-type points 0, 1, 2, …; course.yaml:26 levels-order 4"},
		{"course.yaml", `, en: "all four"`, "", "course.yaml:26 untranslated? levels"},
		{"course.yaml", `vi: "Đủ bốn ô", `, "", "course.yaml:26 yaml-key-missing vi"},
		{"model.vi.md", "Sổ của", "Sổ <b>của", "model.vi.md:1 md-raw-html <b>"},
		{"model.vi.md", "gia.svg", "tu.svg", "model.vi.md:3 md-image-missing tu.svg"},
		{"lessons/don-tiep.form.vi.md", "| Ngày | Ai |\n|---|---|", "| 1 | 2 | 3 | 4 | 5 |\n|---|---|---|---|---|", ""},
		{"lessons/don-tiep.form.vi.md", "| Ngày | Ai |\n|---|---|", "| 1 | 2 | 3 | 4 | 5 | 6 |\n|---|---|---|---|---|---|", "lessons/don-tiep.form.vi.md:0 form-wide? 6 5"},
		{"lessons/don-tiep.form.vi.md", "Phiếu", "[Phiếu](cho-muon)", "lessons/don-tiep.form.vi.md:1 md-link cho-muon"},
		{"lessons/don-tiep.form.vi.md", "", "", "lessons/don-tiep.form.vi.md:0 file-missing"},
		{"lessons/don-tiep.form.en.md", "", "", "lessons/don-tiep.form.en.md:0 untranslated? body"},
		{"model.vi.md", "Sổ của", "[Sổ của](cho-muon)", "model.vi.md:1 md-link cho-muon"},
		{"guide.vi.md", "10 phút", "[10 phút](cho-muon)", ""},
		{"model.en.md", "", "", "model.en.md:0 untranslated? body"},
		{"guide.vi.md", "", "", "guide.vi.md:0 file-missing"},
		{"guide.en.md", "## Start", "# Start", "guide.en.md:1 md-heading-1"},
		{"practice.en.md", "", "", "practice.en.md:0 untranslated? body"},
	} {
		files := coursetest.Whole()
		if c.old == "" {
			delete(files, c.file)
		} else if !bytes.Contains(files[c.file], []byte(c.old)) {
			t.Fatalf("%s has no %q", c.file, c.old)
		}
		if c.old != "" {
			files[c.file] = bytes.Replace(files[c.file], []byte(c.old), []byte(c.new), 1)
		}
		if _, m := LoadFiles(files); told(m) != c.want {
			t.Errorf("%s: %s\n got %s\nwant %s", c.file, c.new, told(m), c.want)
		}
	}
}

func TestAnEmptyFileIsNoGuide(t *testing.T) {
	files := coursetest.Good()
	before, _ := LoadFiles(files)
	files["guide.vi.md"], files["guide.en.md"] = []byte("\n"), []byte{}
	if p, m := LoadFiles(files); len(m) > 0 || !reflect.DeepEqual(p, before) || files["guide.vi.md"] == nil {
		t.Errorf("%v", m)
	}
}

// A form of a lesson that there is not, or that is as heavy as no page may be, is named.
func TestFormsOutOfPlace(t *testing.T) {
	files := coursetest.Good()
	files["lessons/khong-co.form.vi.md"] = []byte("Phiếu.\n")
	if _, m := LoadFiles(files); told(m) != "lessons/khong-co.form.vi.md:0 file-unknown?" {
		t.Errorf("%s", told(m))
	}
	delete(files, "lessons/khong-co.form.vi.md")
	noise := make([]byte, 15<<10)
	rand.NewChaCha8([32]byte{}).Read(noise)
	files["lessons/cho-muon.form.vi.md"], files["lessons/cho-muon.form.en.md"] = []byte(hex.EncodeToString(noise)+"\n"), []byte("Form.\n")
	if _, m := LoadFiles(files); !strings.HasPrefix(told(m), "lessons/cho-muon.form.vi.md:0 lesson-heavy") {
		t.Errorf("%s", told(m))
	}
}

func TestAModelWithoutATaskIsAnUnknownFile(t *testing.T) {
	files := coursetest.Good()
	files["model.vi.md"] = []byte("Sổ của Lan.\n")
	if p, m := LoadFiles(files); told(m) != "model.vi.md:0 file-unknown?" || p.Version.Practice != nil {
		t.Errorf("%s", told(m))
	}
}

// A lesson may be called as a text of the course is: their files and addresses differ.
func TestALessonMayBeCalledGuideOrModel(t *testing.T) {
	files := coursetest.Whole()
	for _, lang := range []string{"vi", "en"} {
		files["lessons/guide."+lang+".md"] = files["lessons/cho-muon."+lang+".md"]
		delete(files, "lessons/cho-muon."+lang+".md")
	}
	for name, data := range files {
		files[name] = bytes.ReplaceAll(data, []byte("cho-muon"), []byte("guide"))
	}
	p, m := LoadFiles(files)
	if back, more := unpacked(t, packed(t, p)); len(m) > 0 || len(more) > 0 || !reflect.DeepEqual(back, p) {
		t.Errorf("%v %v", m, more)
	}
}

// Each file of a course is known by the text that it is of.
func TestTextID(t *testing.T) {
	for file, want := range map[string][3]string{
		"practice.vi.md": {"practice", "vi", "md"}, "model.en.md": {ModelID, "en", "md"}, "guide.vi.md": {GuideID, "vi", "md"},
		"lessons/cho-muon.vi.md": {"cho-muon", "vi", "md"}, "lessons/cho-muon.en.gift": {"cho-muon", "en", "gift"}, "lessons/guide.vi.md": {"guide", "vi", "md"},
		"lessons/cho-muon.form.en.md": {"cho-muon.form", "en", "md"},
	} {
		id, lang, ext, ok := TextID(file)
		if [3]string{id, lang, ext} != want || !ok || LessonFile(id, lang, ext) != file {
			t.Errorf("%s is %s %s %s", file, id, lang, ext)
		}
	}
	for _, file := range []string{"course.yaml", "media/a.svg", "media/a.vi.vtt", "guide.md", "other.vi.md"} {
		if id, _, _, ok := TextID(file); ok {
			t.Errorf("%s is %s", file, id)
		}
	}
	for _, file := range slices.Sorted(maps.Keys(coursetest.Whole())) {
		if _, _, _, ok := TextID(file); ok != (file != CourseFile && file != "media/gia.svg") {
			t.Errorf("%s: %t", file, ok)
		}
	}
}
