package server

import (
	"strings"
	"testing"

	"lopban/courses"
)

func TestAuthorSeesCourses(t *testing.T) {
	p := newBoard(t) // K1 done by two, K2 by one
	page := p.trainer.get("/author").want(200)
	if got := textOf(page.find("table.data tbody tr")[0]); got != "Khóa ngắn K1 Dịch vụ thư viện K1@1, 05/12/2026 2 2 2 Xem 6 câu" {
		t.Errorf("%q", got)
	}
	if got := textOf(page.find("table.data tbody tr")[1]); got != "Khóa ngắn K2 Khuyến đọc K2@1, 05/12/2026 2 1 1 Xem 6 câu" {
		t.Errorf("%q", got)
	}
}

func TestAuthorWithoutCoursesIsToldHowToBegin(t *testing.T) {
	p := newProvince(t)
	page := p.trainer.get("/author").want(200)
	if len(page.find(".note")) != 1 || !strings.Contains(page.one("pre"), "lopban courses publish") {
		t.Errorf("%s", page.text())
	}
	p.publish(shortCourse("K1", courses.LibraryService))
	if got := p.trainer.get("/author/K1/figures").want(200); len(got.find("main .note")) != 1 || len(got.find("table")) != 0 {
		t.Errorf("a course that nobody began: %s", got.text())
	}
}
