package server

import (
	"strings"
	"testing"

	"lopban/courses"
)

func TestAuthorSeesCoursesAndHowQuestionsDo(t *testing.T) {
	p := newBoard(t) // K1 done by two, K2 by one
	lesson, _ := p.publish(shortCourse("K1", courses.LibraryService)).Lesson("thu")
	answers := rightAnswers(lesson.Quiz)
	for _, q := range lesson.Quiz.Questions {
		if q.Kind == courses.ShortAnswer {
			answers[q.ID] = "Sơn La"
		}
		if q.Kind == courses.Numerical {
			delete(answers, q.ID)
		}
	}
	p.as(p.far).post("/courses/K1/thu/quiz", form("far", answers)).want(303)

	page := p.trainer.get("/author").want(200)
	if got := textOf(page.find("table.data tbody tr")[0]); got != "Khóa ngắn K1 Dịch vụ thư viện K1@1, 05/12/2026 2 3 2 Xem 6 câu" {
		t.Errorf("%q", got)
	}
	if got := textOf(page.find("table.data tbody tr")[1]); got != "Khóa ngắn K2 Khuyến đọc K2@1, 05/12/2026 2 1 1 Xem 6 câu" {
		t.Errorf("%q", got)
	}
	detail := p.trainer.get(page.attr(`a[href^="/author?course=K1"]`, "href")).want(200)
	rows := detail.find("h2#questions ~ table tbody tr")
	if len(rows) != 6 || textOf(rows[0]) != "word Câu 4. Bài thử 3 1 33,3 %" || textOf(rows[1]) != "one Câu 1. Bài thử 3 0 0,0 %" {
		t.Errorf("%s", detail.text())
	}
	for _, row := range rows {
		if strings.HasPrefix(textOf(row), "number ") && !strings.HasSuffix(textOf(row), " 2 0 0,0 %") {
			t.Errorf("a question that was left out counts: %q", textOf(row))
		}
	}
	if strings.Contains(detail.Body, "Thịnh") || strings.Contains(detail.Body, p.far.ID) {
		t.Error("the page names who failed")
	}
}

func TestAnswersAreMarkedByTheVersionTheyAnswered(t *testing.T) {
	p := newBoard(t)
	lesson, _ := p.publish(shortCourse("K1", courses.LibraryService)).Lesson("thu")
	files := shortCourse("K1", courses.LibraryService)
	for _, name := range []string{"lessons/thu.vi.gift", "lessons/thu.en.gift"} {
		files[name] = strings.ReplaceAll(quizText, "=Điện Biên", "=Sơn La")
	}
	if v := p.publish(files); v.Number != 2 {
		t.Fatalf("%+v", v)
	}
	p.as(p.my).post("/courses/K1/thu/quiz", form("again", rightAnswers(lesson.Quiz))).want(303) // who began with the first version finishes it
	detail := p.trainer.get("/author?course=K1").want(200)
	for _, row := range detail.find("h2#questions ~ table tbody tr") {
		if strings.HasPrefix(textOf(row), "word ") && textOf(row) != "word Câu 4. Bài thử 3 0 0,0 %" {
			t.Errorf("%q", textOf(row))
		}
	}
}

func TestAuthorWithoutCoursesIsToldHowToBegin(t *testing.T) {
	p := newProvince(t)
	page := p.trainer.get("/author").want(200)
	if len(page.find(".note")) != 1 || !strings.Contains(page.one("pre"), "lopban courses publish") {
		t.Errorf("%s", page.text())
	}
	p.publish(shortCourse("K1", courses.LibraryService))
	if got := p.trainer.get("/author?course=K1").want(200); len(got.find("h2#questions + .note")) != 1 {
		t.Errorf("a course that nobody began: %s", got.text())
	}
}
