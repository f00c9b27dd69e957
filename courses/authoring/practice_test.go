package authoring

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/authoring/coursetest"
)

func TestLoadReadsAPracticeTask(t *testing.T) {
	p, m := LoadFiles(coursetest.Practice())
	want := &courses.Practice{Title: courses.Text{Vi: "Một buổi đón bạn đọc", En: "A morning with readers"}, Minutes: 45, Required: true, Pass: 5,
		Rubric: []courses.Criterion{{ID: "so-muon", Text: courses.Text{Vi: "Sổ ghi đủ", En: "The register is whole"}, Points: 4},
			{ID: "loi-chao", Text: courses.Text{Vi: "Lời chào", En: "The greeting"}, Points: 3}},
		Body: courses.Text{Vi: string(coursetest.Practice()["practice.vi.md"]), En: string(coursetest.Practice()["practice.en.md"])}}
	if len(m) > 0 || !reflect.DeepEqual(p.Version.Practice, want) || want.Points() != 7 {
		t.Errorf("%v\n got %+v\nwant %+v", m, p.Version.Practice, want)
	}
}

// Courses that were published before there were practice tasks keep their hash: publishing them again must not make a
// new version.
func TestACourseWithoutATaskKeepsItsHash(t *testing.T) {
	p, _ := LoadFiles(coursetest.Good())
	if want := "94cb6ea00c7a8864c84c4ac0b38487be5c7c35fb5636242eeb8ad9f0472679f7"; p.Version.Hash != want {
		t.Errorf("the hash is %s, was %s", p.Version.Hash, want)
	}
	files, err := p.Files()
	if err != nil || strings.Contains(string(files[CourseFile]), "practice") {
		t.Errorf("%v\n%s", err, files[CourseFile])
	}
}

func TestThePracticeTaskIsPartOfTheHash(t *testing.T) {
	base, _ := LoadFiles(coursetest.Practice())
	for _, c := range []struct{ file, old, new string }{
		{"course.yaml", "minutes: 45", "minutes: 46"}, {"course.yaml", "required: true", "required: false"}, {"course.yaml", "pass: 5", "pass: 6"}, {"course.yaml", "points: 4", "points: 5"},
		{"course.yaml", "The greeting", "A greeting"}, {"practice.vi.md", "ba người", "bốn người"}, {"practice.en.md", "three", "four"},
	} {
		files := coursetest.Practice()
		files[c.file] = bytes.Replace(files[c.file], []byte(c.old), []byte(c.new), 1)
		if p, m := LoadFiles(files); p.Version.Hash == base.Version.Hash || m.Errors() {
			t.Errorf("%s: %q changes no hash; %v", c.file, c.new, m)
		}
	}
}

func TestLoadNamesEveryMistakeOfAPracticeTask(t *testing.T) {
	const y, vi, en = "course.yaml", "practice.vi.md", "practice.en.md"
	for _, c := range []struct{ file, old, new, want string }{
		{y, "minutes: 45", "minutes: 0", "course.yaml:22 number-range minutes 1 600"},
		{y, "required: true", "required: often", "course.yaml:23 yaml-type required true, false"},
		{y, "  required: true\n", "", "course.yaml:21 yaml-key-missing required"},
		{y, "pass: 5", "pass: 8", "course.yaml:24 number-range pass 1 7"},
		{y, "pass: 5", "pass: 0", "course.yaml:24 number-range pass 1 7"},
		{y, "points: 3", "points: 11", "course.yaml:27 number-range points 1 10"},
		{y, "id: loi-chao", "id: so-muon", "course.yaml:27 lesson-id-twice so-muon"},
		{y, "id: loi-chao", "id: Lời", "course.yaml:27 lesson-id Lời"},
		{y, "rubric:", "rubric: []\n  x:", "course.yaml:25 rubric-count 8; course.yaml:26 yaml-key-unknown x"},
		{y, ", en: \"The greeting\"", "", "course.yaml:27 untranslated? text"},
		{y, "id: cho-muon", "id: practice", "course.yaml:16 lesson-id-kept practice; lessons/cho-muon.en.md:0 file-unknown?; lessons/cho-muon.vi.md:0 file-unknown?; " +
			"lessons/don-tiep.en.md:5 md-link cho-muon.en.md; lessons/don-tiep.vi.md:5 md-link cho-muon; practice.en.md:5 md-link cho-muon; practice.vi.md:5 md-link cho-muon"},
		{vi, "", "", "practice.vi.md:0 file-missing"},
		{en, "", "", "practice.en.md:0 untranslated? body"},
		{vi, "## Làm gì", "# Làm gì\n\n## Rồi\n\n## Sau", "practice.en.md:0 sections-differ? 1 3; practice.vi.md:3 md-heading-1"},
		{vi, "Mời ba", "Mời <b>ba</b>", "practice.vi.md:1 md-raw-html <b>; practice.vi.md:1 md-raw-html </b>"},
		{vi, "gia.svg", "ghe.svg", "practice.vi.md:7 md-image-missing ghe.svg"},
		{vi, "(cho-muon)", "(gone)", "practice.vi.md:5 md-link gone"},
	} {
		t.Run(c.want, func(t *testing.T) {
			files := coursetest.Practice()
			if c.old == "" {
				delete(files, c.file)
			} else if !bytes.Contains(files[c.file], []byte(c.old)) {
				t.Fatalf("%s has no %q", c.file, c.old)
			}
			if c.old != "" {
				files[c.file] = bytes.Replace(files[c.file], []byte(c.old), []byte(c.new), 1)
			}
			if _, m := LoadFiles(files); told(m) != c.want {
				t.Errorf("\n got %s\nwant %s", told(m), c.want)
			}
		})
	}
}

func TestATaskThatNoCourseNamesIsAnUnknownFile(t *testing.T) {
	files := coursetest.Practice()
	files["course.yaml"] = []byte(coursetest.YAML)
	if p, m := LoadFiles(files); told(m) != "practice.en.md:0 file-unknown?; practice.vi.md:0 file-unknown?" || p.Version.Practice != nil {
		t.Errorf("%s", told(m))
	}
}

func TestAPracticeTaskSurvivesAPackage(t *testing.T) {
	untranslated := coursetest.Practice()
	delete(untranslated, "practice.en.md")
	for name, files := range map[string]map[string][]byte{"good": coursetest.Practice(), "untranslated": untranslated} {
		p, m := LoadFiles(files)
		if m.Errors() {
			t.Fatal(m)
		}
		back, m := unpacked(t, packed(t, p))
		if m.Errors() || !reflect.DeepEqual(back, p) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", name, m, back.Version.Practice, p.Version.Practice)
		}
	}
}

func TestReportMeasuresThePracticeTask(t *testing.T) {
	files := coursetest.Practice()
	files["course.yaml"] = bytes.Replace(files["course.yaml"], []byte(`, en: "The greeting"`), nil, 1)
	delete(files, "practice.en.md")
	p, _ := LoadFiles(files)
	all := p.Sizes()
	last := all[len(all)-1]
	if last.ID != "practice" || last.Words != (PerLanguage{9, 0}) || last.Pictures.Vi != 1 || !slices.Equal(last.Untranslated, []string{"body", "rubric.loi-chao"}) {
		t.Errorf("%+v", last)
	}
}
