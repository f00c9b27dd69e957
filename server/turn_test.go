package server

import (
	"strings"
	"testing"
	"time"

	"lopban/courses"
)

// secrets are words of the key and the feedback of quizText; none is in its questions.
var secrets = []string{"because", "Điện Biên", "is right", "is wrong", "well seen", "all of it", "the word", "about twelve", "Đáp án:", "✓", "✗", "◐"}

func TestTheKeyIsNotHandedOut(t *testing.T) {
	s := newSite(t)
	v := s.publish(shortCourse("K1", courses.LibraryService))
	lesson, _ := v.Lesson("thu")
	c := s.as(s.person("Vàng Thị Mỷ", "00715"))
	wrong := map[string]any{"one": "b", "many": []string{"c"}, "true": false, "word": "Lào Cai", "number": 3.0, "pair": map[string]string{}}
	try := func(id string, answers map[string]any) string {
		f := form(id, answers)
		f.Set("sure", "1")
		return c.post("/courses/K1/thu/quiz", f).leads()
	}
	told := func(r *reply) (found []string) {
		main := r.find("main")[0]
		for _, secret := range secrets {
			if strings.Contains(textOf(main), secret) {
				found = append(found, secret)
			}
		}
		return found
	}
	first := try("a", wrong)
	result := c.get(first).want(200)
	if got := told(result); len(got) > 0 || len(result.find(".right, .wrong, section .tag")) > 0 {
		t.Errorf("a first attempt is told %q", got)
	}
	if text := result.text(); !strings.Contains(text, "lượt làm bài thứ 3") || !strings.Contains(text, "Lào Cai") {
		t.Errorf("it does not say when the key opens, or what was answered: %s", text)
	}
	second := try("b", nil)
	for _, path := range []string{first, second} {
		if got := told(c.get(path).want(200)); len(got) > 0 {
			t.Errorf("after two attempts %s tells %q", path, got)
		}
	}
	try("c", wrong)
	if got := told(c.get(first).want(200)); len(got) < 8 {
		t.Errorf("after the third only %q is told", got)
	}
	// Somebody else passes at once, and may see it.
	c = s.as(s.person("Dùa", "00715"))
	if got := told(c.get(try("a", rightAnswers(lesson.Quiz))).want(200)); len(got) < 5 {
		t.Errorf("who has passed is told only %q", got)
	}
}

func TestTheKeyOfWhatLotsMayBringBackWaitsForAPass(t *testing.T) {
	s := newSite(t)
	files := drawnCourse("K1")
	files["course.yaml"] = strings.Replace(files["course.yaml"], "pass_mark: 60", "pass_mark: 60\nkey_after: 2", 1)
	v := s.publish(files)
	if v.KeyFrom() != 2 {
		t.Fatalf("the key is shown from attempt %d", v.KeyFrom())
	}
	lesson, _ := v.Lesson("thu")
	mai := s.person("Vàng Thị Mỷ", "00715")
	c := s.as(mai)
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		f := form(id, nil)
		f.Set("sure", "1")
		f.Set("draw", c.get("/courses/K1/thu/quiz").attr("input[name=draw]", "value"))
		text := c.get(c.post("/courses/K1/thu/quiz", f).leads()).want(200).text()
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("attempt %s tells %q", id, secret)
			}
		}
	}
	asked := lesson.Quiz.Drawn(courses.EnrolmentID(mai.ID, "K1", 1), "thu", 5)
	f := form("z", rightAnswers(asked))
	f.Set("draw", "5")
	f.Set("q.essay", "Một dòng.")
	if got := len(c.get(c.post("/courses/K1/thu/quiz", f).leads()).want(200).find("section .tag.good")); got != 2 {
		t.Errorf("who has passed sees %d right answers", got)
	}
}

func TestBlankQuestionsAreAskedAbout(t *testing.T) {
	s := newSite(t)
	v := s.publish(shortCourse("K1", courses.LibraryService))
	lesson, _ := v.Lesson("thu")
	c := s.as(s.person("Vàng Thị Mỷ", "00715"))
	answers := rightAnswers(lesson.Quiz)
	delete(answers, "word")
	answers["pair"] = map[string]string{lesson.Quiz.Questions[5].Pairs[0].Left: lesson.Quiz.Questions[5].Pairs[0].Right}
	shown := c.post("/courses/K1/thu/quiz", form("x", answers)).want(422)
	if got := shown.one(".note[role=alert]"); !strings.Contains(got, "còn 2 câu") || !strings.Contains(got, "Câu 4. What word?") || !strings.Contains(got, "Câu 6. Match.") {
		t.Errorf("asked with %q", got)
	}
	for _, id := range []string{"q-word", "q-pair"} {
		if len(shown.find(".note[role=alert] a[href='#"+id+"']")) != 1 || len(shown.find("fieldset#"+id)) != 1 {
			t.Errorf("no link leads to %q", id)
		}
	}
	if len(shown.find("[name='q.one'][value=a][checked]")) != 1 || shown.attr("input[name=id]", "value") != "x" {
		t.Error("what was answered is not kept")
	}
	if got := shown.attr("form button:not([type=button])", "class"); strings.Contains(got, "quiet") {
		t.Error("the key Enter hands in with blanks")
	}
	st, err := s.School.Study(t.Context(), visitorOfTest(c), "K1")
	if err != nil || st.Enrolment != nil {
		t.Errorf("something was recorded: %+v, %v", st.Enrolment, err)
	}
	f := form("x", answers)
	f.Set("sure", shown.attr("button[name=sure]", "value"))
	if got := c.get(c.post("/courses/K1/thu/quiz", f).leads()).want(200).one(".score"); got != "72 %" {
		t.Errorf("handed in: %s", got)
	}
}

// visitorOfTest is the account that a client is signed in to.
func visitorOfTest(c *client) string {
	var me struct{ ID string }
	c.get("/api/v1/me").want(200).json(&me)
	return me.ID
}

func TestAttemptsAreCountedAndSpacedOnThePage(t *testing.T) {
	s := newSite(t)
	files := shortCourse("K1", courses.LibraryService)
	files["course.yaml"] = strings.Replace(files["course.yaml"], `en: "Test"}, minutes: 10}`, `en: "Test"}, minutes: 10, attempts: 2, pause_minutes: 20}`, 1)
	s.publish(files)
	c := s.as(s.person("Vàng Thị Mỷ", "00715"))
	try := func(id string) *reply {
		f := form(id, map[string]any{"word": "Lào Cai"})
		f.Set("sure", "1")
		return c.post("/courses/K1/thu/quiz", f)
	}
	var quiz struct {
		Quiz struct {
			Attempts struct{ Allowed, Left int }
			From     *time.Time
		}
	}
	if text := c.get("/courses/K1/thu/quiz").want(200).text(); !strings.Contains(text, "còn 2 lượt") || strings.Contains(text, "bao nhiêu lần") {
		t.Errorf("before: %s", text)
	}
	try("a").leads()
	early := try("b").want(422)
	if got := early.one(".note[role=alert]"); !strings.Contains(got, "09:20 05/12/2026") {
		t.Errorf("too early: %q", got)
	}
	if got := early.attr("input[name='q.word']", "value"); got != "Lào Cai" {
		t.Errorf("the answer is now %q", got)
	}
	c.get("/api/v1/courses/K1/lessons/thu").want(200).json(&quiz)
	if q := quiz.Quiz; q.Attempts.Allowed != 2 || q.Attempts.Left != 1 || q.From == nil || !q.From.Equal(begun.Add(20*time.Minute)) {
		t.Errorf("the API says %+v", q)
	}
	s.pass(20 * time.Minute)
	result := c.get(try("b").leads()).want(200)
	if !strings.Contains(result.text(), "hết số lượt") || len(result.find("a[href='/courses/K1/thu/quiz']")) > 0 {
		t.Errorf("the last attempt: %s", result.text())
	}
	used := c.get("/courses/K1/thu/quiz").want(200)
	if len(used.find("form[data-quiz]")) > 0 || !strings.Contains(used.text(), "hết số lượt") {
		t.Errorf("no attempt is left: %s", used.text())
	}
	if len(c.get("/courses/K1").want(200).find("form[action='/courses/K1/renew']")) != 1 {
		t.Error("the course does not offer to begin again")
	}
	s.pass(time.Hour)
	try("c").want(422)
	if got := c.post("/courses/K1/renew", nil).leads(); got != "/courses/K1" {
		t.Errorf("renewed: %s", got)
	}
	if text := c.get("/courses/K1/thu/quiz").want(200).text(); !strings.Contains(text, "còn 2 lượt") {
		t.Errorf("in the new cycle: %s", text)
	}
}
