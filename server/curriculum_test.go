package server

import (
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/server/page"
)

// wholeCourse is the course with a practice task and everything else that a course can have.
func wholeCourse(id string) map[string]string {
	files := practiceCourse(id, true)
	files["course.yaml"] += `checked: 2025-10-01
sources:
  - {vi: "Luật Thư viện số 46/2019/QH14", en: "Library Law 46/2019/QH14", in_force: 2020-07-01, where: "vbpl.vn"}
  - {vi: "Sổ tay <b>thư viện", en: "Handbook", where: "Thư viện tỉnh"}
`
	files["course.yaml"] = strings.Replace(files["course.yaml"], "points: 4}", `points: 4, levels: [{points: 2, vi: "Được <b>hai ô", en: "Two boxes"}, {points: 4, vi: "Đủ bốn ô", en: "All four"}]}`, 1)
	files["model.vi.md"], files["model.en.md"] = "Sổ mẫu của Lan.\n", "The register of Lan.\n"
	files["lessons/doc.form.vi.md"], files["lessons/doc.form.en.md"] = "## Phiếu đón tiếp\n\n| Ngày | Ai |\n|---|---|\n| | |\n", "## Visitors\n\n- Day ……\n"
	files["guide.vi.md"], files["guide.en.md"] = "## Mở đầu\n\nMười phút chào hỏi.\n", "## Start\n\nTen minutes.\n"
	return files
}

func TestACourseNamesItsSources(t *testing.T) {
	s := newSite(t)
	s.publish(wholeCourse("W1"))
	shown := s.anyone().get("/courses/W1").want(200).text()
	for _, want := range []string{
		"Nguồn của khóa học", "Luật Thư viện số 46/2019/QH14, có hiệu lực từ 01/07/2020 (vbpl.vn)",
		"Sổ tay <b>thư viện (Thư viện tỉnh)", "Đối chiếu với nguồn lần cuối ngày 01/10/2025.",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	english := s.anyone()
	english.cookies["lang"] = "en"
	if shown := english.get("/courses/W1").Body; !strings.Contains(shown, "Library Law 46/2019/QH14, in force since 01/07/2020") {
		t.Error("the English page names no law")
	}
	s.publish(shortCourse("W2", courses.LibraryService))
	if shown := s.anyone().get("/courses/W2").Body; strings.Contains(shown, "Nguồn của khóa học") {
		t.Error("a course without sources has a heading for them")
	}
}

// A trainer is told at the desk that a course was checked long ago, and may publish it all the same.
func TestTheDeskNamesACourseCheckedLongAgo(t *testing.T) {
	s := newSite(t)
	s.publish(wholeCourse("W1"))
	lan := s.as(s.account("", "Nông Thị Lan", "08", roster.Trainer))
	lan.post("/author/W1/open", nil)
	shown := lan.get("/author/W1").Body
	if !strings.Contains(shown, "khóa được đối chiếu với nguồn lần cuối ngày 01/10/2025, đã quá một năm") || !strings.Contains(shown, "/author/W1/export.zip") {
		t.Errorf("%s", shown)
	}
}

// whole is the whole course with a learner and a trainer of 08.
func whole(t *testing.T) (s *visited, learner, trainer *client, id string) {
	s = newSite(t)
	s.publish(wholeCourse("W1"))
	a := s.person("Vàng Thị Mai", lungCu)
	return s, s.as(a), s.as(s.account("", "Nông Thị Duyên", "08", roster.Trainer)), a.ID
}

// What earns how many points is told to who does the task and to who looks at it; the model answer to trainers alone,
// before the task has passed and after.
func TestLevelsAreForEverybodyAndTheModelForTrainers(t *testing.T) {
	s, learner, trainer, id := whole(t)
	secret := func(when string) {
		t.Helper()
		for _, c := range []*client{s.anyone(), learner} {
			for _, path := range []string{"/courses/W1", "/courses/W1/practice", "/courses/W1/doc", "/courses/W1/guide.html", "/api/v1/courses/W1", "/api/v1/courses", "/api/v1/courses/W1/lessons/doc"} {
				if body := c.get(path).Body; strings.Contains(body, "Sổ mẫu") || strings.Contains(body, "register of Lan") || strings.Contains(body, "Mười phút") {
					t.Errorf("%s: %s tells what is for trainers alone", when, path)
				}
			}
		}
	}
	levels := []string{"<strong>2</strong> Được &lt;b&gt;hai ô", "<strong>4</strong> Đủ bốn ô"}
	shows := func(c *client, path string, wants ...string) {
		t.Helper()
		shown := c.get(path).want(200).Body
		for _, want := range wants {
			if !strings.Contains(shown, want) {
				t.Errorf("%s has no %q", path, want)
			}
		}
	}
	secret("before")
	shows(learner, "/courses/W1/practice", levels...)
	learner.handOver("W1", "work", "Bảy lượt mượn.").want(303)
	review := "/practice/" + page.WorkAddress(id+"/work")
	shows(trainer, review, append(levels, "Bài làm mẫu", "Sổ mẫu của Lan.")...)
	secret("waiting")
	trainer.post(review, verdict("one", 0, 4, 3, "")).want(303)
	secret("passed")
	shows(trainer, review, "Sổ mẫu của Lan.")
}

func TestAFormIsAPageToPrint(t *testing.T) {
	s, learner, _, _ := whole(t)
	for _, c := range []*client{s.anyone(), learner} {
		if shown := c.get("/courses/W1/doc").want(200); shown.one(`a[href="/courses/W1/doc/form"]`) != "Phiếu để in" || strings.Contains(shown.Body, "Phiếu đón tiếp") {
			t.Errorf("%s", shown.Body)
		}
		if shown := c.get("/courses/W1/thu"); strings.Contains(shown.Body, "Phiếu để in") {
			t.Error("a lesson without a form offers one")
		}
		shown := c.get("/courses/W1/doc/form").want(200)
		if shown.one("h1") != "Bài đọc" || shown.one("h2") != "Phiếu đón tiếp" || len(shown.find("nav, .foot, .top")) > 0 || shown.attr(`a[href="/courses/W1/doc"]`, "href") == "" {
			t.Errorf("%s", shown.Body)
		}
	}
	learner.cookies["lang"] = "en"
	if shown := learner.get("/courses/W1/doc/form").want(200); shown.one("h2") != "Visitors" {
		t.Errorf("%s", shown.Body)
	}
	if shown := learner.get("/courses/W1/thu/form"); shown.Status != 404 {
		t.Errorf("a lesson without a form: %d", shown.Status)
	}
}

func TestTheGuideIsAPageToPrint(t *testing.T) {
	_, learner, trainer, _ := whole(t)
	if shown := trainer.get("/courses/W1").Body; !strings.Contains(shown, `href="/courses/W1/guide.html"`) {
		t.Error("nothing leads a trainer to the guide")
	}
	if shown := learner.get("/courses/W1").Body; strings.Contains(shown, "guide.html") {
		t.Error("a learner is led to the guide")
	}
	shown := trainer.get("/courses/W1/guide.html").want(200)
	if shown.one("h1") != "Hướng dẫn dạy theo nhóm" || !strings.Contains(shown.text(), "Mười phút chào hỏi.") || len(shown.find("nav, .foot")) > 0 || len(shown.find("[data-print]")) != 1 {
		t.Errorf("%s", shown.Body)
	}
	english := *trainer
	english.cookies = map[string]string{"lang": "en"}
	for k, v := range trainer.cookies {
		english.cookies[k] = v
	}
	english.cookies["lang"] = "en"
	if shown := english.get("/courses/W1/guide.html").want(200); shown.one("h1") != "Facilitator's guide" || !strings.Contains(shown.text(), "Ten minutes.") {
		t.Errorf("%s", shown.Body)
	}
}

// The model answer and the guide are written at the desk as lessons are.
func TestTheDeskHasAnEditorForEveryText(t *testing.T) {
	s, _, trainer, _ := whole(t)
	trainer.post("/author/W1/open", nil).want(303)
	outline := trainer.get("/author/W1").want(200).Body
	for id, want := range map[string]string{"doc.form": "Phiếu đón tiếp", "practice.model": "Sổ mẫu của Lan.", "course.guide": "Mười phút chào hỏi."} {
		if !strings.Contains(outline+trainer.get("/author/W1/doc").want(200).Body, `href="/author/W1/`+id+`"`) {
			t.Errorf("nothing leads to %s", id)
		}
		shown := trainer.get("/author/W1/" + id).want(200)
		if text := shown.one("textarea[name=vi]"); !strings.Contains(text, want) || !strings.Contains(shown.one("[data-preview]"), want) {
			t.Errorf("%s shows %q", id, text)
		}
		trainer.post("/author/W1/"+id, fields("vi", "Sửa lại <b>.\n", "vi.base", "1")).want(303)
		if shown := trainer.get("/author/W1"); !strings.Contains(shown.Body, `href="/author/W1/`+id+`?lang=vi&amp;line=1"`) {
			t.Errorf("nothing leads to the mistake in %s", id)
		}
	}
	s.publish(shortCourse("W2", courses.LibraryService))
	trainer.post("/author/W2/open", nil).want(303)
	trainer.get("/author/W2/practice.model").want(404)
	trainer.get("/author/W2/course.guide").want(200)
	trainer.get("/author/W2/doc.form").want(200)
	trainer.get("/author/W2/gone.form").want(404)
	trainer.get("/author/W2/no.such").want(404)
	trainer.post("/author/W2/course.guide", fields("vi", "", "vi.base", "0", "en", "", "en.base", "0")).want(303)
	if shown := trainer.get("/author/W2").Body; strings.Contains(shown, "guide.vi.md") {
		t.Error("an empty guide is a mistake")
	}
}
