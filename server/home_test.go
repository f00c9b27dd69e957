package server

import (
	"net/url"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/server/page"
)

// earns completes a course of the short kind.
func (c *client) earns(v *courses.Version, id string) *reply {
	c.t.Helper()
	lesson, _ := v.Lesson("thu")
	c.post("/courses/"+v.Course+"/doc", nil).want(303)
	return c.get(c.post("/courses/"+v.Course+"/thu/quiz", form(id, rightAnswers(lesson.Quiz))).leads()).want(200)
}

// Home offers the missing strand first, says what is missing, and says when somebody counts as trained.
func TestHomeSaysWhatIsMissing(t *testing.T) {
	s := newSite(t)
	k1 := s.publish(shortCourse("K1", courses.LibraryService))
	s.publish(shortCourse("K2", courses.LibraryService))
	k5 := s.publish(shortCourse("K5", courses.ReadingPromotion))
	s.publish(shortCourse("K6", courses.ReadingPromotion))
	c := s.as(s.person("Vàng Thị Mỷ", lungCu))
	if got := c.get("/").want(200).one("#standing"); !strings.Contains(got, "Còn thiếu") {
		t.Errorf("a beginner's standing: %q", got)
	}
	c.earns(k1, "a")
	c.post("/courses/K2/doc", nil).want(303) // a second one of the same strand, begun
	home := c.get("/").want(200)
	if got := home.attr(".card.big a", "href"); got != "/courses/K5/doc" {
		t.Errorf("the next step is %s", got)
	}
	if got := home.text(); !strings.Contains(got, "Hoàn thành một trong 2 khóa của mảng này; khóa ngắn nhất còn 15 phút") || !strings.Contains(got, "Học tiếp: Khóa ngắn K2") {
		t.Errorf("%s", got)
	}
	c.earns(k5, "b")
	home = c.get("/").want(200)
	if got := home.one("#standing"); got != "Bạn được tính là đã được đào tạo, bồi dưỡng" {
		t.Errorf("trained: %q", got)
	}
	// What was begun goes on; nothing new is pressed on who is trained.
	if got := home.attr(".card.big a", "href"); got != "/courses/K2/thu" {
		t.Errorf("the next step is %s", got)
	}
	c.earns(k1, "c")
	st, err := s.School.Study(t.Context(), s.idOf(c), "K2")
	if err != nil {
		t.Fatal(err)
	}
	c.earns(st.Version, "d")
	if n := len(c.get("/").want(200).find(".card.big")); n != 0 {
		t.Error("somebody trained is sent to another course")
	}
}

// idOf is the person behind a client.
func (s *visited) idOf(c *client) string {
	s.t.Helper()
	var me struct{ ID string }
	c.get("/api/v1/me").want(200).json(&me)
	return me.ID
}

// "Go on" leads to the quiz when the text was read, and to the place in the text where it was left, also on another
// phone.
func TestGoOnLeadsToWhereTheLearnerWas(t *testing.T) {
	s := newSite(t)
	s.publish(shortCourse("K1", courses.LibraryService))
	s.publish(shortCourse("K2", courses.LibraryService))
	my := s.person("Vàng Thị Mỷ", lungCu)
	c := s.as(my)
	c.post("/courses/K2/doc/place", url.Values{"person": {my.ID}, "at": {"42"}}).want(204)
	c.post("/courses/K2/doc/place", url.Values{"person": {my.ID}, "at": {"58"}}).want(204)
	other := s.as(my)
	for _, shown := range []string{"/", "/courses/K2"} {
		if got := other.get(shown).want(200).attr(".button.wide", "href"); got != "/courses/K2/doc#o-58" {
			t.Errorf("%s leads to %s", shown, got)
		}
	}
	for _, bad := range []url.Values{{"person": {my.ID}, "at": {"101"}}, {"person": {my.ID}, "at": {"-1"}}} {
		c.post("/courses/K2/doc/place", bad).want(422)
	}
	c.post("/courses/K2/gone/place", url.Values{"person": {my.ID}, "at": {"1"}}).want(404)
	c.post("/courses/K2/doc", nil).want(303)
	c.post("/courses/K2/thu", nil).want(303)
	for _, shown := range []string{"/", "/courses/K2"} {
		if got := other.get(shown).want(200).attr(".button.wide", "href"); got != "/courses/K2/thu/quiz" {
			t.Errorf("after reading, %s leads to %s", shown, got)
		}
	}
}

// A practice task is told of when all lessons are done; one that passed is told with what was said of it.
func TestThePracticeTaskIsToldOf(t *testing.T) {
	s := newSite(t)
	v := s.publish(practiceCourse("K3", false))
	my := s.person("Vàng Thị Mỷ", lungCu)
	trainer := s.as(s.account("", "Nông Thị Duyên", "08", roster.Trainer))
	c := s.as(my)
	var result *reply
	for _, l := range v.Lessons() {
		c.post("/courses/K3/"+l.ID, nil).want(303)
		if len(l.Quiz.Questions) > 0 {
			result = c.get(c.post("/courses/K3/"+l.ID+"/quiz", form(l.ID, rightAnswers(l.Quiz))).leads()).want(200)
		}
	}
	pages := []*reply{c.get("/").want(200)}
	if result != nil {
		pages = append(pages, result)
	}
	if held := c.get("/certificates").want(200).find(".cards a"); len(held) == 1 {
		pages = append(pages, c.get(c.get("/certificates").attr(".cards a", "href")+"?new=1").want(200))
	} else {
		t.Fatal("no certificate")
	}
	for i, shown := range pages {
		if len(shown.find("main a[href='/courses/K3/practice']")) == 0 {
			t.Errorf("page %d does not tell of the task: %s", i, shown.text())
		}
	}
	c.post("/courses/K3/practice", url.Values{"id": {"w1"}, "text": {"Đã làm"}}).want(303)
	if got := c.get("/").want(200).text(); strings.Contains(got, v.Practice.Title.Vi) {
		t.Errorf("a task that was sent is still left: %s", got)
	}
	trainer.post("/practice/"+page.WorkAddress(my.ID+"/w1"), verdict("r1", 0, 4, 3, "Em làm rất gọn.")).want(303)
	if got := c.get("/").want(200).text(); !strings.Contains(got, "đã đạt") || !strings.Contains(got, "Em làm rất gọn.") {
		t.Errorf("praise is not told: %s", got)
	}
	s.pass(praised + 1)
	if got := c.get("/").want(200).text(); strings.Contains(got, "Em làm rất gọn.") {
		t.Error("old news is told for ever")
	}
}

// Everybody lands on their own desk.
func TestEverybodyLandsOnTheirDesk(t *testing.T) {
	s := newSite(t)
	s.publish(shortCourse("K1", courses.LibraryService))
	s.person("Vàng Thị Mỷ", lungCu)
	for _, x := range []struct {
		role     roster.Role
		province string
		want     []string
	}{
		{roster.Trainer, "08", []string{"/practice", "/author"}},
		{roster.Staff, "08", []string{"/board", "/indicators", "/completions", "/periods", "/missing", "/roster", "/libraries", "/requests"}},
		{roster.Office, "", []string{"/board", "/indicators", "/completions", "/periods", "/missing", "/roster", "/libraries", "/requests", "/places"}},
		{roster.Admin, "", []string{"/author", "/board", "/indicators", "/completions", "/periods", "/missing", "/roster", "/libraries", "/requests", "/places", "/admin"}},
	} {
		c := s.as(s.account("", "Hà Văn Tâm", x.province, x.role))
		home := c.get("/").want(200)
		var got []string
		for _, n := range home.find(".duties a") {
			for _, a := range n.Attr {
				if a.Key == "href" {
					got = append(got, a.Val)
					c.get(a.Val).want(200)
				}
			}
		}
		if strings.Join(got, " ") != strings.Join(x.want, " ") {
			t.Errorf("%s finds %q, want %q", x.role, got, x.want)
		}
		if strings.Contains(home.text(), "Bắt đầu học") {
			t.Errorf("%s is sent to learn: %s", x.role, home.text())
		}
		if x.role == roster.Staff && !strings.Contains(home.text(), "1 người trong danh sách chưa được tính") {
			t.Errorf("staff: %s", home.text())
		}
	}
}

// Who forgot the password is told what to do.
func TestAForgottenPasswordHasASentence(t *testing.T) {
	s := newSite(t)
	for _, shown := range []*reply{s.anyone().get("/sign-in").want(200), s.anyone().post("/sign-in", url.Values{"login": {"x"}, "password": {"y"}}).want(401)} {
		if !strings.Contains(shown.text(), "Quên mật khẩu?") {
			t.Errorf("%s", shown.text())
		}
	}
}
