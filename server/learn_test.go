package server

import (
	"net/url"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/store/mongodb"
	"lopban/courses/store/mongodb/mongotest"
	"lopban/courses/words"
)

// form writes answers as the quiz page's form does.
func form(id string, answers map[string]any) url.Values {
	f := url.Values{"id": {id}}
	for q, a := range answers {
		switch a := a.(type) {
		case string:
			f.Set("q."+q, a)
		case bool:
			f.Set("q."+q, map[bool]string{true: "true", false: "false"}[a])
		case float64:
			f.Set("q."+q, words.Number("vi", a))
		case []string:
			f["q."+q] = a
		case map[string]string:
			for left, right := range a {
				f.Set("q."+q+"."+left, right)
			}
		}
	}
	return f
}

func TestLearnerWithoutScriptsEarnsACertificate(t *testing.T) {
	t.Run("embedded store", func(t *testing.T) { earnACertificate(t, newSite(t)) })
	t.Run("MongoDB", func(t *testing.T) {
		st, err := mongodb.Open(t.Context(), mongotest.Start(t), programme.Kinds()...)
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		earnACertificate(t, newSiteOn(t, st))
	})
}

func earnACertificate(t *testing.T, s *visited) {
	v := s.publish(shortCourse("K1", courses.LibraryService))
	c := s.as(s.person("Vàng Thị Mỷ", "00715"))

	home := c.get("/").want(200)
	if got := home.one(".card.big h2"); got != "Bài đọc" {
		t.Errorf("the home page goes on with %q", got)
	}
	// A lesson without a quiz leads to the next.
	if got := c.post("/courses/K1/doc", nil).leads(); got != "/courses/K1/thu" {
		t.Errorf("after the first lesson: %s", got)
	}
	// Pressed twice, it counts once.
	if got := c.post("/courses/K1/doc", nil).leads(); got != "/courses/K1/thu" {
		t.Errorf("after the first lesson again: %s", got)
	}
	// She leaves, and finds her place again.
	if got := c.get("/").want(200).one(".card.big h2"); got != "Bài thử" {
		t.Errorf("resumes with %q", got)
	}
	if got := c.post("/courses/K1/thu", nil).leads(); got != "/courses/K1/thu/quiz" {
		t.Errorf("after a text with a quiz: %s", got)
	}
	quiz := c.get("/courses/K1/thu/quiz").want(200)
	id := quiz.attr("input[name=id]", "value")

	// A first try with nothing in it is asked about; then it fails, and says where to read again.
	lesson, _ := v.Lesson("thu")
	if got := c.post("/courses/K1/thu/quiz", form("first", nil)).want(422).one(".note strong"); got != "Bài chưa được nộp: còn 6 câu chưa trả lời." {
		t.Errorf("an empty attempt is asked about with %q", got)
	}
	blank := form("first", nil)
	blank.Set("sure", "1")
	result := c.get(c.post("/courses/K1/thu/quiz", blank).leads()).want(200)
	if got := result.one("h1"); got != "Chưa đạt. Hãy thử lại nhé" {
		t.Errorf("an empty attempt: %q", got)
	}
	if n := len(result.find("section.question")); n != 6 {
		t.Errorf("%d questions in the result", n)
	}
	if again := result.attr(".note li a", "href"); again != "/courses/K1/thu#muc-2" {
		t.Errorf("read again at %s", again)
	}
	// The right answers end the course, however often they are sent.
	right := form(id, rightAnswers(lesson.Quiz))
	for range 2 {
		result = c.get(c.post("/courses/K1/thu/quiz", right).leads()).want(200)
		if got := result.one("h1"); got != "Đạt" {
			t.Errorf("the right answers: %q in %s", got, result.text())
		}
	}
	paper := result.attr(".note.good a", "href")
	if !strings.HasPrefix(paper, "/certificates/") {
		t.Fatalf("no certificate in %s", result.text())
	}
	list := c.get("/certificates").want(200)
	if n := len(list.find(".cards li")); n != 1 {
		t.Errorf("%d certificates in the list", n)
	}
	code := strings.TrimSuffix(strings.TrimPrefix(paper, "/certificates/"), "?new=1")
	pdf := c.get("/certificates/" + code + ".pdf").want(200)
	if !strings.HasPrefix(pdf.Body, "%PDF-") || len(pdf.Body) > 80<<10 {
		t.Errorf("the PDF has %d bytes and begins with %.8q", len(pdf.Body), pdf.Body)
	}
	if tag := pdf.Header.Get("ETag"); tag == "" || c.with("GET", "/certificates/"+code+".pdf", "", "", "If-None-Match", tag).want(304).Body != "" {
		t.Errorf("a phone that has the paper gets it again: %q", tag)
	}
	if again := c.get("/certificates/" + code + ".pdf").want(200); again.Body != pdf.Body {
		t.Error("the PDF changed")
	}
	if got := c.get("/").want(200).one(".note.good strong"); got == "" {
		t.Error("the home page does not say that all is done")
	}
	// The number on the board moves with the second strand, at once.
	office := s.as(s.account("", "Trần Thu Hà", "", roster.Office))
	trained := func() (n int) {
		var figures struct{ Trained, Base int }
		office.get("/api/v1/board").want(200).json(&figures)
		if figures.Base != 1 {
			t.Errorf("the base is %d", figures.Base)
		}
		return figures.Trained
	}
	if n := trained(); n != 0 {
		t.Errorf("%d trained with one strand", n)
	}
	s.publish(shortCourse("K2", courses.ReadingPromotion))
	c.post("/courses/K2/doc", nil).want(303)
	c.post("/courses/K2/thu/quiz", form("k2", rightAnswers(lesson.Quiz))).want(303)
	if n := trained(); n != 1 {
		t.Errorf("%d trained with both strands", n)
	}
	check := s.anyone().get("/v/" + code).want(200)
	if got := check.one(".verdict"); got != "HỢP LỆ" {
		t.Errorf("anyone who checks is told %q", got)
	}
}

func TestQuizPageHasNoKey(t *testing.T) {
	s := newSite(t)
	s.publish(shortCourse("K1", courses.LibraryService))
	c := s.as(s.person("Vàng Thị Mỷ", "00715"))
	for _, path := range []string{"/courses/K1/thu/quiz", "/api/v1/courses/K1/lessons/thu"} {
		body := c.get(path).want(200).Body
		for _, secret := range []string{"because", "Điện Biên", "dien bien", "weight", "feedback", "a is right", "well seen"} {
			if strings.Contains(body, secret) {
				t.Errorf("%s tells %q", path, secret)
			}
		}
	}
}

func TestQuizKeepsWhatWasGivenWhenOneAnswerCannotBeRead(t *testing.T) {
	s := newSite(t)
	v := s.publish(shortCourse("K1", courses.LibraryService))
	c := s.as(s.person("Vàng Thị Mỷ", "00715"))
	lesson, _ := v.Lesson("thu")
	f := form("x", rightAnswers(lesson.Quiz))
	f.Set("q.number", "a dozen")
	shown := c.post("/courses/K1/thu/quiz", f).want(422)
	if got := shown.attr("input[name='q.word']", "value"); got != "Điện Biên" {
		t.Errorf("the word typed is now %q", got)
	}
	if got := shown.one(".fault"); !strings.Contains(got, "con số") {
		t.Errorf("the fault says %q", got)
	}
	if got := shown.attr("input[name=id]", "value"); got != "x" {
		t.Errorf("the attempt's id is now %q", got)
	}
}

func TestTheCodeOfACourseMayBeTypedInSmallLetters(t *testing.T) {
	p := newProvince(t)
	p.publish(shortCourse("K1", courses.LibraryService))
	if to := p.anyone().get("/courses/k1").want(303).leads(); to != "/courses/K1" {
		t.Errorf("leads to %s", to)
	}
	p.anyone().get("/courses/k9").want(404)
	p.anyone().get("/courses/K9").want(404)
}
