package server

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/roster"
)

// typed is a form of names and values.
func typed(all ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(all); i += 2 {
		v.Set(all[i], all[i+1])
	}
	return v
}

// outlineForm sends a form of the outline of K1, and gives the draft as it is then.
func (p *province) outlineForm(status int, all ...string) (*reply, courses.Version) {
	p.t.Helper()
	base := p.trainer.get("/author/K1").want(200).attr(`#rules input[name="base"]`, "value")
	form := typed(append([]string{"base", base}, all...)...)
	r := p.trainer.post("/author/K1/outline", form).want(status)
	draft, _, err := p.Desk.Load(p.t.Context(), "K1")
	if err != nil {
		p.t.Fatal(err)
	}
	return r, draft.Version
}

func TestPassMarkAndValidityHaveAForm(t *testing.T) {
	p := newDraft(t)
	_, v := p.outlineForm(303, "do", "rules", "pass", "75", "validity", "24", "key", "2", "final", "3", "final-attempts", "2", "final-pause", "30")
	if v.FinalAttempts != 2 || v.FinalPauseMinutes != 30 {
		t.Errorf("%+v", v)
	}
	if shown := p.trainer.get("/author/K1").want(200); shown.attr("#rule-final-attempts", "value") != "2" || shown.attr("#rule-final-pause", "value") != "30" {
		t.Error("the form does not say how often the final test may be tried")
	}
	if v.PassMark != 75 || v.ValidityMonths != 24 || v.KeyAfter != 2 || v.Final != 3 || v.Shuffle {
		t.Errorf("%+v", v)
	}
	_, v = p.outlineForm(303, "do", "rules", "pass", "60", "validity", "", "key", "", "shuffle", "1")
	if v.PassMark != 60 || v.ValidityMonths != 0 || v.KeyAfter != 0 || v.Final != 0 || v.FinalAttempts != 0 || v.FinalPauseMinutes != 0 || !v.Shuffle {
		t.Errorf("%+v", v)
	}
	for _, c := range []struct{ pass, validity, key, want string }{
		{"49", "0", "", "Điểm đạt phải là một số từ 50 đến 100."},
		{"một", "0", "", "Điểm đạt phải là"},
		{"60", "hai năm", "", "Số tháng có giá trị phải là"},
		{"60", "0", "-3", "Lần làm được xem đáp án phải là"},
	} {
		r, now := p.outlineForm(422, "do", "rules", "pass", c.pass, "validity", c.validity, "key", c.key)
		if !strings.Contains(r.one(".note.bad"), c.want) || r.attr("#rule-pass", "value") != c.pass || r.attr("#rule-validity", "value") != c.validity || len(r.find("#rules .bad")) != 1 || len(r.find("#task .bad")) != 0 || now.Hash != v.Hash {
			t.Errorf("%+v: %s", c, r.text())
		}
	}
	if r, _ := p.outlineForm(422, "do", "rules", "pass", "60", "final", "101"); !strings.Contains(r.one(".note.bad"), "Số câu của bài kiểm tra cuối khóa") || r.attr("#rule-final", "value") != "101" {
		t.Error(r.text())
	}
	for _, c := range []struct{ final, attempts, pause, field, want string }{
		{"3", "101", "", "#rule-final-attempts", "Số lần làm bài phải là một số từ 0 đến 100."},
		{"3", "", "mười", "#rule-final-pause", "Số phút chờ phải là một số từ 0 đến 10080."},
		{"", "2", "", "#rule-final", "Số câu của bài kiểm tra cuối khóa phải là một số từ 1 đến 100."},
	} {
		r, now := p.outlineForm(422, "do", "rules", "pass", "60", "final", c.final, "final-attempts", c.attempts, "final-pause", c.pause)
		if !strings.Contains(r.one(".note.bad"), c.want) || len(r.find("#rules .bad "+c.field)) != 1 || r.attr("#rule-final-attempts", "value") != c.attempts || now.Hash != v.Hash {
			t.Errorf("%+v: %s", c, r.text())
		}
	}
	// The same form again, whose first answer was lost on the way.
	p.trainer.post("/author/K1/outline", typed("do", "rules", "base", "1", "pass", "60", "shuffle", "1")).want(303)
	for _, base := range []string{"", "99"} { // a form that no longer knows what it began with
		r := p.trainer.post("/author/K1/outline", typed("do", "rules", "base", base, "pass", "90")).want(409)
		if r.attr("#rule-pass", "value") != "90" {
			t.Error(r.text())
		}
	}
	// Somebody changed them since.
	r := p.trainer.post("/author/K1/outline", typed("do", "rules", "base", "1", "pass", "90")).want(409)
	if !strings.Contains(r.text(), "Có người vừa sửa") || r.attr("#rule-pass", "value") != "90" {
		t.Error(r.text())
	}
	p.outlineForm(303, "do", "rules", "pass", "60", "final", "100", "shuffle", "1")
	if got := p.trainer.get("/author/K1").want(200).attr(".mistakes .bad a[href*='#']", "href"); got != "/author/K1#rule-final" {
		t.Errorf("a final test of more questions than there are leads to %s", got)
	}
}

func TestAttemptsAndPausesHaveAForm(t *testing.T) {
	p := newDraft(t)
	_, v := p.outlineForm(303, "do", "turns", "lesson", "thu", "attempts", "3", "pause", "30")
	if l, _ := v.Lesson("thu"); l.Quiz.Attempts != 3 || l.Quiz.PauseMinutes != 30 {
		t.Errorf("%+v", l.Quiz)
	}
	shown := p.trainer.get(quizPath).want(200)
	if shown.attr("#attempts", "value") != "3" || shown.attr("#pause", "value") != "30" {
		t.Error(shown.text())
	}
	shown, _ = p.outlineForm(422, "do", "turns", "lesson", "thu", "attempts", "101", "pause", "mười")
	if shown.attr("#attempts", "value") != "101" || shown.attr("#pause", "value") != "mười" || !strings.Contains(shown.one("[role=alert]"), "Số lần") {
		t.Error(shown.text())
	}
	p.outlineForm(404, "do", "turns", "lesson", "khong-co")
	_, v = p.outlineForm(303, "do", "turns", "lesson", "thu")
	if l, _ := v.Lesson("thu"); l.Quiz.Attempts != 0 || l.Quiz.PauseMinutes != 0 {
		t.Errorf("%+v", l.Quiz)
	}
}

func TestAPracticeTaskHasAForm(t *testing.T) {
	p := newDraft(t)
	task := []string{"do", "task", "title.vi", "Một buổi đón bạn đọc", "minutes", "45", "required", "1", "pass", "5",
		"criterion.0.text.vi", "Sổ ghi đủ", "criterion.0.text.en", "The register is whole", "criterion.0.points", "4",
		"criterion.0.levels.vi", "2: Ghi được hai ô\r\n4: Đủ bốn ô\r\n", "criterion.0.levels.en", "4: all four",
		"criterion.2.text.vi", "Lời chào", "criterion.2.points", "3"}
	r, v := p.outlineForm(303, task...)
	want := &courses.Practice{Title: courses.Text{Vi: "Một buổi đón bạn đọc"}, Minutes: 45, Required: true, Pass: 5, Body: courses.Text{Vi: "## Một buổi đón bạn đọc\n"}, Rubric: []courses.Criterion{
		{ID: "so-ghi-du", Text: courses.Text{Vi: "Sổ ghi đủ", En: "The register is whole"}, Points: 4, Levels: []courses.Level{{Points: 2, Text: courses.Text{Vi: "Ghi được hai ô"}}, {Points: 4, Text: courses.Text{Vi: "Đủ bốn ô", En: "all four"}}}},
		{ID: "loi-chao", Text: courses.Text{Vi: "Lời chào"}, Points: 3},
	}}
	if !reflect.DeepEqual(v.Practice, want) {
		t.Errorf("\n got %+v\nwant %+v", v.Practice, want)
	}
	p.trainer.get(r.leads()).want(200)
	if _, m, err := p.Desk.Load(t.Context(), "K1"); err != nil || m.Errors() {
		t.Error(m, err)
	}

	// What cannot be is told beside its row, with all that was typed.
	for _, c := range []struct{ field, value, want, bad string }{
		{"pass", "8", "Số điểm cần để đạt phải là một số từ 1 đến 7.", ""},
		{"minutes", "", "Số phút làm bài thực hành phải là", ""},
		{"criterion.2.points", "11", "Điểm của mỗi tiêu chí phải là một số từ 1 đến 10.", "Tiêu chí 2"},
		{"criterion.0.levels.vi", "4: Đủ\n2: Thiếu", "điểm tăng dần và không quá 4.", "Tiêu chí 1"},
		{"criterion.0.levels.vi", "Ghi đủ", "Dòng “Ghi đủ” chưa đúng", "Tiêu chí 1"},
		{"criterion.0.levels.en", "4: all four\r\n2 boxes", "Dòng “2 boxes” chưa đúng", "Tiêu chí 1"},
		{"criterion.0.levels.en", "4: all four\r\n3: three", "Dòng tiếng Anh “3: three” không có dòng tiếng Việt", "Tiêu chí 1"},
		{"criterion.0.levels.en", "4: all four\r\n4: all of them", "Dòng tiếng Anh “4: all of them”", "Tiêu chí 1"},
		{"criterion.4.levels.en", "1: alone", "Dòng tiếng Anh “1: alone”", "Tiêu chí 3"},
		{"criterion.0.id", "../../x", "Mã “../../x” của tiêu chí không dùng được", "Tiêu chí 1"},
		{"title.vi", strings.Repeat("dài ", 101), "Tên dài quá 400 chữ", ""},
	} {
		r, now := p.outlineForm(422, append(task, c.field, c.value)...)
		bad := r.find("#task fieldset.bad legend")
		if !strings.Contains(r.one(".note.bad"), c.want) || now.Hash != v.Hash || r.attr(`[name="criterion.1.text.vi"]`, "value") != "Lời chào" || (len(bad) == 1) != (c.bad != "") || len(bad) == 1 && textOf(bad[0]) != c.bad {
			t.Errorf("%+v: %s", c, r.text())
		}
		if i := strings.Index(c.field, "levels"); i > 0 && !strings.Contains(strings.Join(strings.Fields(r.text()), " "), strings.Join(strings.Fields(c.value), " ")) {
			t.Errorf("%+v: the levels that were typed are lost", c)
		}
	}
	blank := []string{"criterion.0.text.vi", "", "criterion.0.text.en", "", "criterion.0.points", "", "criterion.0.levels.vi", "", "criterion.0.levels.en", "", "criterion.2.text.vi", "", "criterion.2.points", ""}
	p.outlineForm(422, append(task, blank...)...)

	// The form changes it, and keeps the ids by which reviews know the criteria.
	open := p.trainer.get("/author/K1").want(200)
	if got := open.attr(`[name="criterion.0.id"]`, "value"); got != "so-ghi-du" {
		t.Errorf("the form has the id %q", got)
	}
	_, v = p.outlineForm(303, append(task, "criterion.0.id", "so-ghi-du", "criterion.0.text.vi", "Sổ sạch", "required", "")...)
	if v.Practice.Rubric[0].ID != "so-ghi-du" || v.Practice.Rubric[0].Text.Vi != "Sổ sạch" || v.Practice.Required {
		t.Errorf("%+v", v.Practice)
	}
	p.trainer.post("/author/K1/outline", typed(append(task, "base", "1", "criterion.0.id", "so-ghi-du", "criterion.0.text.vi", "Sổ sạch", "required", "")...)).want(303)
	if _, v = p.outlineForm(303, "do", "remove-task"); v.Practice != nil {
		t.Errorf("%+v", v.Practice)
	}
	if _, m, err := p.Desk.Load(t.Context(), "K1"); err != nil || len(m) > 0 && m.Errors() {
		t.Error(m, err)
	}
}

func TestAHeadingThatCannotBeIsRefused(t *testing.T) {
	p := newDraft(t)
	_, v := p.outlineForm(303, "do", "module", "module", "mot", "title.vi", "Phần một")
	for _, minutes := range []string{"abc", "", "1e9", "-5", "0", "121"} {
		for _, do := range [][]string{{"do", "lesson", "lesson", "doc"}, {"do", "add-lesson", "module", "mot"}} {
			r, now := p.outlineForm(422, append(do, "title.vi", "Đọc kỹ", "about.vi", "Đọc được", "minutes", minutes)...)
			if !strings.Contains(r.one(".note.bad"), "Số phút của bài phải là một số từ 1 đến 120.") || r.attr(".field.bad input", "value") != minutes || len(r.find(`input[value="Đọc kỹ"]`)) != 1 || now.Hash != v.Hash {
				t.Errorf("%s %q: %s", do[1], minutes, r.text())
			}
		}
	}
	for _, c := range [][]string{
		{"do", "course", "title.en", "Only English", "about.vi", "Lời"},
		{"do", "module", "module", "mot", "title.vi", " "},
		{"do", "lesson", "lesson", "doc", "title.vi", "", "minutes", "5"},
	} {
		if r, now := p.outlineForm(422, c...); !strings.Contains(r.one(".note.bad"), "Hãy viết tên bằng tiếng Việt.") || now.Hash != v.Hash {
			t.Errorf("%v: %s", c, r.text())
		}
	}
	for _, c := range [][]string{
		{"do", "course", "title.vi", "Tên", "about.vi", strings.Repeat("a", 401)},
		{"do", "module", "module", "mot", "title.vi", strings.Repeat("a", 401)},
		{"do", "add-module", "title.vi", strings.Repeat("a", 401)},
		{"do", "lesson", "lesson", "doc", "title.vi", "Tên", "about.en", strings.Repeat("a", 401), "minutes", "5"},
	} {
		if r, now := p.outlineForm(422, c...); !strings.Contains(r.one(".note.bad"), "dài quá 400 chữ") || now.Hash != v.Hash {
			t.Errorf("%v: %s", c, r.text())
		}
	}
}

// A course that was never published is deleted from its page and brought back from the same address; a copy begins
// under a code that is free.
func TestCoursesAreCopiedDeletedAndBroughtBack(t *testing.T) {
	p := newDraft(t)
	r, _ := p.outlineForm(409, "do", "copy", "course", "k1")
	if got := r.one("[role=alert]"); !strings.Contains(got, "Đã có khóa") || r.attr("details[open] #copy-course", "value") != "k1" {
		t.Errorf("a code that is taken: %q", got)
	}
	p.outlineForm(422, "do", "delete") // published
	if len(p.trainer.get("/author/K1").want(200).find("button[value=delete], input[value=delete]")) != 0 {
		t.Error("a published course offers to be deleted")
	}
	r, _ = p.outlineForm(303, "do", "copy", "course", "K7")
	if to := r.leads(); to != "/author/K7" {
		t.Errorf("the copy is at %q", to)
	}
	if r, _ = p.outlineForm(303, "do", "copy", "course", "K7"); r.leads() != "/author/K7" { // pressed twice
		t.Errorf("again, the copy is at %q", r.leads())
	}
	other := p.as(p.account("", "Giàng A Páo", "04", roster.Trainer))
	other.post("/author/K1/outline", typed("do", "copy", "course", "K7")).want(409)
	p.trainer.get("/author/K7/thu").want(200)
	lesson := p.trainer.post("/author/K7/outline", typed("do", "copy-lesson", "lesson", "thu")).want(303).leads()
	if lesson == "/author/K7/thu" || len(p.trainer.get(lesson).want(200).find("#sheet-vi")) != 1 {
		t.Errorf("the copy of a lesson is at %q", lesson)
	}
	p.as(p.account("", "Lò Văn Xa", "04", roster.Trainer)).post("/author/K7/outline", typed("do", "delete")).want(403)
	p.outlineForm(409, "do", "copy", "course", "K7") // it was changed since
	for range 2 {
		p.trainer.post("/author/K7/outline", typed("do", "delete")).want(303)
	}
	other.post("/author/K7/outline", typed("do", "delete")).want(404)
	list := p.trainer.get("/author").want(200)
	if len(list.find("table a[href='/author/K7']")) != 0 || len(list.find("details a[href='/author/K7']")) != 1 {
		t.Errorf("the desk lists it among others, or not with what was deleted: %s", list.text())
	}
	r, _ = p.outlineForm(409, "do", "copy", "course", "k7")
	if got := r.one("[role=alert]"); !strings.Contains(got, "lấy lại được") {
		t.Errorf("a code of a deleted course: %q", got)
	}
	gone := p.trainer.get("/author/K7").want(200)
	if got := gone.one("main h1"); got != "Khóa học đã xóa" {
		t.Errorf("its address says %q", got)
	}
	p.trainer.post(gone.attr("main form", "action"), nil).want(303)
	p.trainer.get(lesson).want(200)
	p.trainer.get("/author/K8").want(404)
	p.trainer.post("/author/K8/open", nil).want(404)
}
