package paper

import (
	"slices"
	"strings"
	"testing"

	"lopban/courses"
)

func TestTheSourcesAreTheLastThingThatLearnersRead(t *testing.T) {
	b := bookletOf(false, nil)
	b.Version.Checked = "2026-11-30"
	b.Version.Sources = []courses.Source{{Title: courses.Text{Vi: "Luật Thư viện & số 46", En: "Library Law"}, InForce: "2020-07-01", Where: "vbpl.vn"}, {Title: courses.Text{Vi: "Sổ tay"}, Where: "Thư viện tỉnh"}}
	words := strings.Join(strings.Fields(printed(t, b)), " ")
	want := "course.sources • Luật Thư viện & số 46, course.in-force 01/07/2020 (vbpl.vn) • Sổ tay (Thư viện tỉnh) course.checked 30/11/2026"
	if !strings.Contains(words, want) || strings.Index(words, want) < strings.Index(words, "Gặp trực tiếp") {
		t.Errorf("%s", words)
	}
}

// The form of a lesson stands on a page of its own, behind the questions.
func TestAFormHasAPage(t *testing.T) {
	b := bookletOf(false, nil)
	b.Version.Modules[0].Lessons[1].Form = courses.Text{Vi: "phiếu"}
	b.Text = func(l courses.Lesson) string {
		if l.ID == "thu.form" {
			return "<h2>Phiếu đón tiếp</h2><p>Ngày ……</p>"
		}
		return lessonHTML
	}
	pages := strings.Split(printed(t, b), "\f")
	form := slices.IndexFunc(pages, func(page string) bool { return strings.Contains(page, "Phiếu đón tiếp") })
	if form < 1 || strings.Contains(pages[form], "Quá 30 ngày") || !strings.Contains(strings.Join(pages[:form], ""), "Quá 30 ngày") || !strings.Contains(pages[form], "Thử ghi") {
		t.Errorf("the form is on page %d of\n%s", form+1, strings.Join(pages, "\n\n"))
	}
}

// Levels stand under their criterion; the model answer is in the trainer's edition alone.
func TestLevelsAndTheModelAnswerArePrinted(t *testing.T) {
	for _, key := range []bool{false, true} {
		b := bookletOf(key, nil)
		b.Task, b.Model = "<p>Ghi một trang sổ.</p>", "<p>Sổ mẫu của Lan</p>"
		b.Version.Practice = &courses.Practice{Title: courses.Text{Vi: "Một buổi"}, Minutes: 45, Rubric: []courses.Criterion{
			{ID: "so", Text: courses.Text{Vi: "Sổ ghi đủ"}, Points: 4, Levels: []courses.Level{{Points: 2, Text: courses.Text{Vi: "Được <hai ô"}}, {Points: 4, Text: courses.Text{Vi: "Đủ bốn ô"}}}},
			{ID: "chao", Text: courses.Text{Vi: "Lời chào"}, Points: 3}}}
		words := strings.Join(strings.Fields(printed(t, b)), " ")
		if want := "Sổ ghi đủ (booklet.points 4) booklet.points 2: Được <hai ô booklet.points 4: Đủ bốn ô Lời chào"; !strings.Contains(words, want) {
			t.Errorf("key %t: %s", key, words)
		}
		if strings.Contains(words, "Sổ mẫu của Lan") != key {
			t.Errorf("key %t: the model answer", key)
		}
	}
}
