package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/roster"
)

// examined is a short course whose final test asks three questions.
func examined(id string) map[string]string {
	files := shortCourse(id, courses.LibraryService)
	files["course.yaml"] = strings.Replace(files["course.yaml"], "pass_mark: 60\n", "pass_mark: 60\nfinal: 3\n", 1)
	return files
}

func TestACertificateWaitsForTheFinalTest(t *testing.T) {
	s := newSite(t)
	v := s.publish(examined("K1"))
	mai := s.person("Vàng Thị Mỷ", "00715")
	c := s.as(mai)
	lesson, _ := v.Lesson("thu")
	test, ok := v.Lesson(courses.FinalID)
	if !ok {
		t.Fatal("there is no final test")
	}
	if text := c.get("/courses/K1").want(200).text(); !strings.Contains(text, "Kiểm tra cuối khóa") {
		t.Errorf("the course says nothing of it: %s", text)
	}
	held := func() int {
		t.Helper()
		list, err := s.School.Certificates(t.Context(), mai.ID)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	c.post("/courses/K1/doc", nil).want(303)
	c.post("/courses/K1/thu/quiz", form("a", rightAnswers(lesson.Quiz))).want(303)
	if n := held(); n != 0 {
		t.Fatalf("%d certificates before the final test", n)
	}
	if got := c.get("/").want(200).one(".card.big h2"); got != "Kiểm tra cuối khóa" {
		t.Errorf("the home page goes on with %q", got)
	}
	if text := c.get("/courses/K1/final-test").want(200).text(); !strings.Contains(text, "Bài có 3 câu") {
		t.Errorf("its page says %s", text)
	}
	drawn := test.Quiz.Drawn(courses.EnrolmentID(mai.ID, "K1", 1), courses.FinalID, 0)
	page := c.get("/courses/K1/final-test/quiz").want(200)
	shown := 0
	for _, q := range test.Quiz.Questions {
		there := len(page.find(`[name="q.`+q.ID+`"], [name^="q.`+q.ID+`."]`)) > 0
		if there {
			shown++
		}
		want := false
		for _, one := range drawn.Questions {
			want = want || one.ID == q.ID
		}
		if there != want {
			t.Errorf("%s is shown: %v, and was drawn: %v", q.ID, there, want)
		}
	}
	if shown != 3 {
		t.Errorf("%d questions are shown", shown)
	}
	blank := form("b", nil)
	blank.Set("sure", "1")
	c.post("/courses/K1/final-test/quiz", blank).want(303)
	if n := held(); n != 0 {
		t.Fatalf("%d certificates after a failed final test", n)
	}
	drawn = test.Quiz.Drawn(courses.EnrolmentID(mai.ID, "K1", 1), courses.FinalID, 1)
	result := c.get(c.post("/courses/K1/final-test/quiz", form("c", rightAnswers(drawn))).leads()).want(200)
	if n := held(); n != 1 || result.one("h1") != "Đạt" {
		t.Errorf("%d certificates after it was passed: %s", n, result.text())
	}
}

// However often it was failed, also where every question is asked each time.
func TestTheKeyOfTheFinalTestIsShownToWhoPassed(t *testing.T) {
	s := newSite(t)
	files := examined("K1")
	scored := 0
	for _, l := range s.publish(shortCourse("K2", courses.LibraryService)).Lessons() {
		for _, q := range l.Quiz.Questions {
			if q.Kind.Scored() {
				scored++
			}
		}
	}
	files["course.yaml"] = strings.Replace(files["course.yaml"], "final: 3", fmt.Sprintf("final: %d", scored), 1)
	v := s.publish(files)
	c := s.as(s.person("Vàng Thị Mỷ", "00715"))
	test, _ := v.Lesson(courses.FinalID)
	first := ""
	for _, id := range []string{"a", "b", "c", "d"} {
		blank := form(id, nil)
		blank.Set("sure", "1")
		at := c.post("/courses/K1/final-test/quiz", blank).want(303).leads()
		if id == "a" {
			first = at
		}
		result := c.get(at).want(200)
		if strings.Contains(result.text(), "about twelve") || !strings.Contains(result.text(), "chỉ hiện ra khi bạn đạt") {
			t.Errorf("attempt %s: %s", id, result.text())
		}
	}
	passed := c.get(c.post("/courses/K1/final-test/quiz", form("e", rightAnswers(test.Quiz))).leads()).want(200)
	if passed.one("h1") != "Đạt" || strings.Contains(passed.text(), "chỉ hiện ra khi bạn đạt") {
		t.Error(passed.text())
	}
	if text := c.get(first).want(200).text(); !strings.Contains(text, "about twelve") {
		t.Errorf("an attempt before it: %s", text)
	}
}

// Without a network the final test is there as any quiz is: all its questions without their keys, and which of them are
// drawn is reckoned on the phone.
func TestTheFinalTestIsTakenAlong(t *testing.T) {
	s := newSite(t)
	s.publish(examined("K1"))
	pack := s.as(s.person("Vàng Thị Mỷ", "00715")).get("/courses/K1/pack.json").want(200).Body
	if !strings.Contains(pack, "final-test") || !strings.Contains(pack, "thu--one") || strings.Contains(pack, "no, because") {
		t.Errorf("%.2000s", pack)
	}
}

// A trainer who takes such a course to the desk and publishes it again changes nothing, and the booklet prints each
// question once.
func TestTheFinalTestStaysOfOnePieceAtTheDesk(t *testing.T) {
	s := newSite(t)
	v := s.publish(examined("K1"))
	duyen := s.account("", "Nông Thị Duyên", "08", roster.Trainer)
	trainer := s.as(duyen)
	if _, err := s.Desk.Open(t.Context(), "K1", duyen.ID); err != nil {
		t.Fatal(err)
	}
	p, mistakes, err := s.Desk.Load(t.Context(), "K1")
	if err != nil || mistakes.Errors() || p.Version.Hash != v.Hash {
		t.Errorf("the draft is another course: %v %v", mistakes, err)
	}
	if got := trainer.get("/author/K1").want(200); got.attr("#rule-final", "value") != "3" || strings.Contains(got.Body, "/author/K1/final-test") {
		t.Error("the desk shows the test as a lesson, or not its number of questions")
	}
	trainer.get("/author/K1/figures").want(200)
	if pdf := trainer.get("/courses/K1/booklet.pdf").want(200).Body; !strings.HasPrefix(pdf, "%PDF-") {
		t.Errorf("%.20q", pdf)
	}
}

// Its attempts are counted and spaced as those of a lesson's quiz are, on the page and from a phone that was without a
// network, and who has used them up begins the course again.
func TestTheFinalTestMayLimitItsAttempts(t *testing.T) {
	s := newSite(t)
	files := examined("K1")
	files["course.yaml"] = strings.Replace(files["course.yaml"], "final: 3", "final: {draw: 3, attempts: 2, pause_minutes: 20}", 1)
	s.publish(files)
	c := s.as(s.person("Vàng Thị Mỷ", "00715"))
	try := func(id string) *reply {
		f := form(id, nil)
		f.Set("sure", "1")
		return c.post("/courses/K1/final-test/quiz", f)
	}
	brought := func(id string, ago time.Duration) string {
		t.Helper()
		var answer struct{ Receipts []courses.Receipt }
		fact := map[string]any{"id": id, "kind": "attempt", "course": "K1", "lesson": courses.FinalID, "at": s.now().Add(-ago), "answers": map[string]any{}}
		c.send("POST", "/api/v1/facts", map[string]any{"sentAt": s.now(), "facts": []any{fact}}).want(200).json(&answer)
		return answer.Receipts[0].State + " " + answer.Receipts[0].Reason
	}
	if text := c.get("/courses/K1/final-test").want(200).text(); !strings.Contains(text, "nhiều nhất 2 lượt. Lượt sau cách lượt trước ít nhất 20 phút.") {
		t.Errorf("before: %s", text)
	}
	if text := c.get("/courses/K1/final-test/quiz").want(200).text(); !strings.Contains(text, "còn 2 lượt") {
		t.Errorf("before: %s", text)
	}
	try("a").leads()
	if got := try("b").want(422).one(".note[role=alert]"); !strings.Contains(got, "09:20 05/12/2026") {
		t.Errorf("too early: %q", got)
	}
	s.pass(time.Hour)
	if got := brought("c", 45*time.Minute); got != "refused attempt-early" {
		t.Errorf("a quarter of an hour after the first, on a phone: %s", got)
	}
	for _, want := range []string{"received ", "duplicate "} {
		if got := brought("d", 30*time.Minute); got != want {
			t.Errorf("half an hour after the first, on a phone: %s, want %s", got, want)
		}
	}
	if got := brought("e", 5*time.Minute); got != "refused attempts-used" {
		t.Errorf("a third, on a phone: %s", got)
	}
	used := c.get("/courses/K1/final-test/quiz").want(200)
	if try("f").want(422); len(used.find("form[data-quiz]")) > 0 || !strings.Contains(used.text(), "hết số lượt") {
		t.Errorf("no attempt is left: %s", used.text())
	}
	if strings.Contains(c.get("/courses/K1/final-test/quiz?attempt=a").want(200).text(), "about twelve") {
		t.Error("the key is shown to who may meet the questions again")
	}
	if got := c.post("/courses/K1/renew", nil).leads(); got != "/courses/K1" {
		t.Errorf("begun again: %s", got)
	}
	if text := c.get("/courses/K1/final-test/quiz").want(200).text(); !strings.Contains(text, "còn 2 lượt") {
		t.Errorf("in the new cycle: %s", text)
	}
}
