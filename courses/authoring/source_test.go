package authoring

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/authoring/coursetest"
)

func TestSourcesAreRead(t *testing.T) {
	p, m := LoadFiles(coursetest.Whole())
	want := []courses.Source{{Title: courses.Text{Vi: "Luật Thư viện số 46/2019/QH14", En: "Library Law 46/2019/QH14"}, InForce: "2020-07-01", Where: "vbpl.vn"},
		{Title: courses.Text{Vi: "Sổ tay thư viện xã", En: "Handbook"}, Where: "Thư viện tỉnh"}}
	if v := p.Version; len(m) > 0 || v.Checked != "2026-11-30" || v.CheckedOn() != "30/11/2026" || !reflect.DeepEqual(v.Sources, want) || want[0].Since() != "01/07/2020" || want[1].Since() != "" {
		t.Errorf("%v\n%+v", m, v)
	}
}

// Everything that a course can have is in its hash, and comes back from a package and from its files.
func TestEverythingOfACourseSurvivesAPackage(t *testing.T) {
	p, m := LoadFiles(coursetest.Whole())
	if len(m) > 0 {
		t.Fatal(m)
	}
	if back, m := unpacked(t, packed(t, p)); len(m) > 0 || !reflect.DeepEqual(back, p) {
		t.Errorf("%v\n got %+v\nwant %+v", m, back.Version, p.Version)
	}
	for _, c := range []struct{ file, old, new string }{
		{"course.yaml", "2026-11-30", "2026-11-29"}, {"course.yaml", "2020-07-01", "2020-07-02"}, {"course.yaml", "vbpl.vn", "congbao.gov.vn"}, {"course.yaml", "Handbook", "A handbook"},
		{"course.yaml", "points: 2, vi", "points: 1, vi"}, {"course.yaml", "all four", "all of it"}, {"model.vi.md", "Sổ của", "Sổ mẫu của"}, {"model.en.md", "Lan's", "Mai's"}, {"lessons/don-tiep.form.vi.md", "Ngày", "Tháng"}, {"lessons/don-tiep.form.en.md", "Day", "Month"}, {"guide.vi.md", "10", "15"}, {"guide.en.md", "10", "15"},
	} {
		files := coursetest.Whole()
		files[c.file] = bytes.Replace(files[c.file], []byte(c.old), []byte(c.new), 1)
		if other, m := LoadFiles(files); len(m) > 0 || other.Version.Hash == p.Version.Hash {
			t.Errorf("%s: %q changes no hash; %v", c.file, c.new, m)
		}
	}
}

func TestMistakesOfSources(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"2026-11-30", "30/11/2026", "course.yaml:28 yaml-day checked"},
		{"2026-11-30", `"2026-11-30"`, ""},
		{"2020-07-01", "2020-13-01", "course.yaml:30 yaml-day in_force"},
		{`, where: "Thư viện tỉnh"`, "", "course.yaml:31 yaml-key-missing where"},
		{`, en: "Handbook"`, "", "course.yaml:31 untranslated? sources"},
		{`vi: "Sổ tay thư viện xã", `, "", "course.yaml:31 yaml-key-missing vi"},
		{`where: "vbpl.vn"`, `where: "vbpl.vn", who: "Bộ"`, "course.yaml:30 yaml-key-unknown who"},
		{"sources:\n", "sources: none\nothers:\n", "course.yaml:29 yaml-type sources - …"},
	} {
		files := coursetest.Whole()
		if !bytes.Contains(files[CourseFile], []byte(c.old)) {
			t.Fatalf("no %q", c.old)
		}
		files[CourseFile] = bytes.Replace(files[CourseFile], []byte(c.old), []byte(c.new), 1)
		if _, m := LoadFiles(files); !strings.HasPrefix(told(m), c.want) || c.want == "" && len(m) > 0 {
			t.Errorf("%s\n got %s\nwant %s", c.new, told(m), c.want)
		}
	}
}

func TestACourseCheckedLongAgoIsNamed(t *testing.T) {
	at := func(s string) time.Time { t, _ := time.Parse(time.RFC3339, s); return t }
	for _, c := range []struct {
		checked string
		now     time.Time
		want    string
	}{
		{"2026-11-30", at("2026-11-30T00:00:00+07:00"), ""},
		{"2026-11-30", at("2027-11-30T23:59:59+07:00"), ""},
		{"2026-11-30", at("2027-12-01T00:00:01+07:00"), "course.yaml:0 checked-old? 30/11/2026"},
		{"2026-11-30", at("2026-11-29T23:59:59+07:00"), "course.yaml:0 checked-ahead? 30/11/2026"},
		{"", at("2026-11-30T00:00:00+07:00"), ""},
	} {
		if m := CheckAge(courses.Version{Checked: c.checked}, c.now); told(m) != c.want {
			t.Errorf("%s at %s: %s", c.checked, c.now, told(m))
		}
	}
}
