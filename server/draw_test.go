package server

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lopban/courses"
)

// drawnCourse asks two of the six questions of its quiz, and an essay.
func drawnCourse(id string) map[string]string {
	files := shortCourse(id, courses.LibraryService)
	files["course.yaml"] = strings.Replace(files["course.yaml"], `en: "Test"}, minutes: 10}`, `en: "Test"}, minutes: 10, draw: 2}`, 1)
	quiz := quizText + "\n// [id:essay]\n::essay:: Tell of it. {####A model answer.}\n"
	files["lessons/thu.vi.gift"], files["lessons/thu.en.gift"] = quiz, quiz
	return files
}

// asked are the questions of a page or of the API's lesson, by id.
func asked(t *testing.T, c *client, path string) (shown, api []string, draw int) {
	t.Helper()
	for _, q := range []string{"one", "many", "true", "word", "number", "pair", "essay"} {
		body := c.get(path).want(200)
		if len(body.find(`[name="q.`+q+`"], [name^="q.`+q+`."]`)) > 0 {
			shown = append(shown, q)
		}
	}
	var lesson struct {
		Quiz struct {
			Draw      *int
			Questions []struct{ ID string }
		}
	}
	c.get("/api/v1" + strings.Replace(strings.TrimSuffix(path, "/quiz"), "/thu", "/lessons/thu", 1)).want(200).json(&lesson)
	for _, q := range lesson.Quiz.Questions {
		api = append(api, q.ID)
	}
	if lesson.Quiz.Draw == nil {
		t.Fatal("the lesson says no number of a draw")
	}
	return shown, api, *lesson.Quiz.Draw
}

func TestOnlyWhatWasDrawnIsShownAndMarked(t *testing.T) {
	s := newSite(t)
	v := s.publish(drawnCourse("K1"))
	lesson, _ := v.Lesson("thu")
	mai := s.person("Vàng Thị Mỷ", "00715")
	c := s.as(mai)
	ids := func(q courses.Quiz) (all []string) {
		for _, question := range q.Questions {
			all = append(all, question.ID)
		}
		return all
	}
	var seen [][]string
	for n := range 3 {
		want := lesson.Quiz.Drawn(courses.EnrolmentID(mai.ID, "K1", 1), "thu", n)
		shown, api, draw := asked(t, c, "/courses/K1/thu/quiz")
		if !slices.Equal(shown, ids(want)) || !slices.Equal(api, ids(want)) || draw != n || len(shown) != 3 || !slices.Contains(shown, "essay") {
			t.Errorf("attempt %d: the page asks %v, the API %v of draw %d; drawn is %v", n, shown, api, draw, ids(want))
		}
		seen = append(seen, shown)
		answers := rightAnswers(want)
		answers["essay"] = "Một dòng.\r\n<b>Hai dòng.</b>"
		f := form("try-"+string(rune('a'+n)), answers)
		f.Set("draw", c.get("/courses/K1/thu/quiz").attr("input[name=draw]", "value"))
		result := c.get(c.post("/courses/K1/thu/quiz", f).leads()).want(200)
		if got := result.one(".score"); got != "100 %" {
			t.Errorf("attempt %d has %s", n, got)
		}
		if got := len(result.find("section.question")); got != 3 {
			t.Errorf("the result of attempt %d shows %d questions", n, got)
		}
		essay := result.find("section.question")[2]
		if got := textOf(essay); got != "Câu 3. Tell of it. Không tính điểm Bạn trả lời: Một dòng. <b>Hai dòng.</b> Câu trả lời gợi ý A model answer. Báo lỗi câu này" {
			t.Errorf("the essay: %q", got)
		}
	}
	if slices.Equal(seen[0], seen[1]) && slices.Equal(seen[1], seen[2]) {
		t.Errorf("three attempts see the same: %v", seen)
	}
	first := c.get("/courses/K1/thu/quiz?attempt=try-a").want(200)
	if got := len(first.find("section.question")); got != 3 || first.one(".score") != "100 %" {
		t.Errorf("the first attempt shows %d questions now", got)
	}
	if got := c.post("/courses/K1/thu/quiz", map[string][]string{"id": {"z"}, "draw": {"7"}}).want(422).text(); !strings.Contains(got, "chưa đến lượt") {
		t.Errorf("a draw of one's own choice: %s", got)
	}
}

// A page that was left open, or its address with a number of one's own, does not bring back questions whose answers
// were judged: what is handed in does not count, and new questions stand there at once.
func TestADrawIsHandedInOnce(t *testing.T) {
	s := newSite(t)
	v := s.publish(drawnCourse("K1"))
	lesson, _ := v.Lesson("thu")
	mai := s.person("Vàng Thị Mỷ", "00715")
	c := s.as(mai)
	drawn := func(n int) courses.Quiz { return lesson.Quiz.Drawn(courses.EnrolmentID(mai.ID, "K1", 1), "thu", n) }
	hand := func(id, draw string, answers map[string]any) *reply {
		f := form(id, answers)
		f.Set("draw", draw)
		f.Set("sure", "1")
		return c.post("/courses/K1/thu/quiz", f)
	}
	receipt := hand("a", "0", nil).leads()
	for range 2 {
		if got := hand("a", "0", nil).leads(); got != receipt {
			t.Errorf("pressed twice it leads to %s", got)
		}
	}
	s.pass(time.Minute)
	for _, id := range []string{"b", "c"} {
		again := hand(id, "0", rightAnswers(drawn(0))).want(422)
		if !strings.Contains(again.one(".note[role=alert]"), "lượt tiếp theo") || again.attr("input[name=draw]", "value") != "1" || again.attr("input[name=id]", "value") == id {
			t.Errorf("the questions of attempt a again: %s", again.text())
		}
		for _, q := range drawn(1).Questions {
			if len(again.find("#q-"+q.ID)) != 1 {
				t.Errorf("%s of the next draw is not asked", q.ID)
			}
		}
	}
	shown := c.get("/courses/K1/thu/quiz?draw=0").want(200)
	if shown.attr("input[name=draw]", "value") != "1" || !strings.Contains(shown.one(".note[role=alert]"), "lượt tiếp theo") {
		t.Errorf("asked for by its number: %s", shown.text())
	}
	st, err := s.School.Study(t.Context(), mai.ID, "K1")
	if err != nil || st.Progress.Lessons["thu"].Attempts != 1 {
		t.Errorf("%+v, %v", st.Progress.Lessons, err)
	}
	s.pass(time.Minute)
	if got := c.get(hand("d", "1", rightAnswers(drawn(1))).leads()).want(200).one("h1"); got != "Đạt" {
		t.Errorf("the next draw: %s", got)
	}
	if again := c.get("/courses/K1/thu/quiz?draw=0").want(200); again.attr("input[name=draw]", "value") != "0" {
		t.Error("who has passed cannot practise with the first questions")
	}
}

// The key stays closed to who hands in a draw again, however often: such an attempt is none.
func TestADrawHandedInAgainOpensNoKey(t *testing.T) {
	s := newSite(t)
	files := drawnCourse("K1")
	files["course.yaml"] = strings.Replace(files["course.yaml"], "draw: 2", "draw: 6", 1) // no lot leaves any out
	s.publish(files)
	c := s.as(s.person("Vàng Thị Mỷ", "00715"))
	hand := func(id, draw string) *reply {
		f := form(id, nil)
		f.Set("draw", draw)
		f.Set("sure", "1")
		return c.post("/courses/K1/thu/quiz", f)
	}
	first := hand("a", "0").leads()
	told := func() bool { return strings.Contains(c.get(first).want(200).text(), "about twelve") }
	s.pass(time.Minute)
	for _, id := range []string{"b", "c", "d", "e"} {
		if hand(id, "0").want(422); told() {
			t.Fatalf("the key is shown after %s", id)
		}
	}
	for _, draw := range []string{"1", "2"} {
		hand("f"+draw, draw).leads()
	}
	if !told() {
		t.Error("the key is not shown after three attempts that count")
	}
}
