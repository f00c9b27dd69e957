package server

import (
	"bytes"
	"compress/gzip"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

const goodWords = "mot cau de nho"

// shared is a phone in the hands of two people, with a course that has a quiz and one that has a practice task.
type shared struct {
	*visited
	my, dua roster.Account
}

func newShared(t *testing.T) shared {
	s := shared{visited: newSite(t)}
	s.publish(shortCourse("K1", courses.LibraryService))
	s.publish(practiceCourse("K3", false))
	s.my, s.dua = s.person("Vàng Thị Mỷ", lungCu), s.person("Giàng A Dua", lungCu)
	for login, a := range map[string]*roster.Account{"vang.my": &s.my, "giang.dua": &s.dua} {
		s.withPassword(*a, login, goodWords)
		var err error
		if *a, err = store.Get[roster.Account](t.Context(), s.Store, roster.AccountKind, a.ID); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// filled is the form of the page with everything hidden in it, and these answers.
func (r *reply) filled(form string, answers url.Values) url.Values {
	r.t.Helper()
	f := url.Values{}
	if form == "form[data-quiz]" {
		f.Set("sure", "1") // not every question is answered
	}
	for _, n := range r.find(form + " input[type=hidden]") {
		name, value := "", ""
		for _, a := range n.Attr {
			switch a.Key {
			case "name":
				name = a.Val
			case "value":
				value = a.Val
			}
		}
		f.Add(name, value)
	}
	for name, values := range answers {
		f[name] = values
	}
	return f
}

// facts is in how many courses a person has begun something, and how many of their facts were refused.
func (s shared) facts(a roster.Account) (n int) {
	s.t.Helper()
	for _, kind := range []*store.Kind{school.EnrolmentKind, school.RefusalKind} {
		count, err := s.Store.Count(s.t.Context(), kind, store.Where(store.Is("person", a.ID)))
		if err != nil {
			s.t.Fatal(err)
		}
		n += count[0].N
	}
	return n
}

// What A opened and B hands in counts for nobody; A signs in on the page that says so and goes on with it.
func TestAFormHandedInByAnotherWaitsForItsOwner(t *testing.T) {
	for _, x := range []struct {
		name, path, form string
		answers          url.Values
		whole            string // a value that must come through
	}{
		{"quiz", "/courses/K1/thu/quiz", "form[data-quiz]", url.Values{"q.word": {"Điện Biên <b>"}}, "Điện Biên <b>"},
		{"practice", "/courses/K3/practice", "form[data-practice]", url.Values{"text": {"Tôi đã làm\nhai dòng"}}, "Tôi đã làm\nhai dòng"},
		{"lesson", "/courses/K1/doc", "body", nil, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := newShared(t)
			sent := s.as(s.my).get(x.path).want(200).filled(x.form, x.answers)
			sent.Del("back")
			sent.Del("lang")
			if sent.Get("person") != s.my.ID {
				t.Fatalf("the form does not say whose it is: %v", sent)
			}
			phone := s.as(s.dua)
			shown := phone.post(x.path, sent).want(409)
			if s.facts(s.dua) != 0 || s.facts(s.my) != 0 {
				t.Fatal("it was counted")
			}
			if got := shown.text(); !strings.Contains(got, "Vàng Thị Mỷ") || !strings.Contains(got, "Giàng A Dua") {
				t.Errorf("the page names not both: %s", got)
			}
			// A wrong password loses nothing; another than the owner is told again.
			wrong := shown.filled("form[action='/sign-in/held']", url.Values{"login": {"vang.my"}, "password": {"khong phai"}})
			shown = phone.post("/sign-in/held", wrong).want(401)
			again := phone.post("/sign-in/held", shown.filled("form[action='/sign-in/held']", url.Values{"login": {"giang.dua"}, "password": {goodWords}})).want(409)
			on := phone.post("/sign-in/held", again.filled("form[action='/sign-in/held']", url.Values{"login": {"vang.my"}, "password": {goodWords}})).want(200)
			at := on.attr("main form", "action")
			if at != x.path {
				t.Fatalf("it goes on at %s", at)
			}
			rest := on.filled("main form", nil)
			for name, values := range sent {
				if rest.Get(name) != values[0] {
					t.Errorf("%s came through as %q, want %q", name, rest.Get(name), values[0])
				}
			}
			phone.post(at, rest).want(303)
			if s.facts(s.my) != 1 || s.facts(s.dua) != 0 {
				t.Errorf("counted for the owner %d, for the other %d", s.facts(s.my), s.facts(s.dua))
			}
		})
	}
}

// A session that ended in the middle of a quiz: the answers go along while the learner signs in.
func TestASessionThatEndedLosesNoAnswer(t *testing.T) {
	s := newShared(t)
	c := s.as(s.my)
	sent := c.get("/courses/K1/thu/quiz").want(200).filled("form[data-quiz]", url.Values{"q.word": {"Điện Biên"}})
	c.post("/sign-out", nil).want(303)
	shown := c.post("/courses/K1/thu/quiz", sent).want(401)
	on := c.post("/sign-in/held", shown.filled("form[action='/sign-in/held']", url.Values{"login": {"vang.my"}, "password": {goodWords}})).want(200)
	result := c.get(c.post(on.attr("main form", "action"), on.filled("main form", nil)).leads()).want(200)
	if got := result.text(); !strings.Contains(got, "Điện Biên") {
		t.Errorf("the answer did not come through: %s", got)
	}
	// What is too long to go along is said to be, and leads to the page.
	sent.Set("q.word", strings.Repeat("ă", mostHeld/2+1))
	c.post("/sign-out", nil).want(303)
	shown = c.post("/courses/K1/thu/quiz", sent).want(401)
	if !strings.Contains(shown.text(), "mở lại bài") {
		t.Errorf("%s", shown.text())
	}
	if got := c.post("/sign-in/held", shown.filled("form[action='/sign-in/held']", url.Values{"login": {"vang.my"}, "password": {goodWords}})).leads(); got != "/courses/K1/thu/quiz" {
		t.Errorf("leads to %s", got)
	}
}

// Photos cannot wait: the text comes back to the page, where they are chosen again.
func TestAPracticeWithPhotosGoesOnWithItsText(t *testing.T) {
	s := newShared(t)
	sent := s.as(s.my).get("/courses/K3/practice").want(200).filled("form[data-practice]", nil)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name := range sent {
		form.WriteField(name, sent.Get(name))
	}
	form.WriteField("text", "Chữ của tôi")
	part, _ := form.CreateFormFile("photo", "a.jpg")
	part.Write([]byte("jpeg"))
	form.Close()
	phone := s.as(s.dua)
	shown := phone.do(http.MethodPost, "/courses/K3/practice", form.FormDataContentType(), &body).want(409)
	on := phone.post("/sign-in/held", shown.filled("form[action='/sign-in/held']", url.Values{"login": {"vang.my"}, "password": {goodWords}})).want(200)
	back := phone.post(on.attr("main form", "action"), on.filled("main form", nil)).want(200)
	if got := back.one("textarea"); got != "Chữ của tôi" {
		t.Errorf("the text is %q", got)
	}
	if s.facts(s.my) != 0 {
		t.Error("it was sent without its photos")
	}
}

// A phone says whose a fact is: sent by another account it is refused, kept for nobody and counted for nobody.
func TestAFactOfAnotherIsRefused(t *testing.T) {
	s := newShared(t)
	fact := func(person string) map[string]any {
		return map[string]any{"facts": []map[string]any{{"id": "f1", "kind": "completion", "course": "K1", "lesson": "doc", "at": begun, "person": person}}}
	}
	var body struct{ Receipts []courses.Receipt }
	s.as(s.dua).send(http.MethodPost, "/api/v1/facts", fact(s.my.ID)).want(200).json(&body)
	if r := body.Receipts[0]; r.State != courses.Refused || r.Reason != "not-yours" || s.facts(s.dua) != 0 {
		t.Fatalf("%+v", r)
	}
	s.as(s.my).send(http.MethodPost, "/api/v1/facts", fact(s.my.ID)).want(200).json(&body)
	if r := body.Receipts[0]; r.State != courses.Received {
		t.Fatalf("%+v", r)
	}
}

// Every reader gets the kept page of a lesson with an end of their own, in each form in which it is sent, and may keep
// it for the way back.
func TestALessonPageEndsForItsReader(t *testing.T) {
	s := newShared(t)
	unpack := map[string]func(io.Reader) io.Reader{
		"":     func(r io.Reader) io.Reader { return r },
		"gzip": func(r io.Reader) io.Reader { z, _ := gzip.NewReader(r); return z },
		"br":   func(r io.Reader) io.Reader { return brotli.NewReader(r) },
	}
	ask := func(c *client, encoding, known string) (*http.Response, string) {
		t.Helper()
		r, _ := http.NewRequest("GET", "/courses/K1/thu", nil)
		for name, value := range c.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		r.Header.Set("Accept-Encoding", encoding)
		r.Header.Set("If-None-Match", known)
		res, err := s.app.Test(r, -1)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode == http.StatusNotModified {
			return res, ""
		}
		text, err := io.ReadAll(unpack[encoding](res.Body))
		if err != nil {
			t.Fatalf("%s: %v", encoding, err)
		}
		return res, string(text)
	}
	tags := map[string]bool{}
	for _, a := range []roster.Account{s.my, s.dua} {
		c := s.as(a)
		plain := ""
		for _, encoding := range []string{"", "gzip", "br"} {
			res, text := ask(c, encoding, "")
			if plain == "" {
				plain = text
			}
			if text != plain || !strings.HasSuffix(text, "</html>\n") || strings.Count(text, a.ID) != 2 || !strings.Contains(text, a.Name) {
				t.Errorf("%q of %s: %d bytes, want %d: %.200s", encoding, a.Name, len(text), len(plain), text[max(0, len(text)-300):])
			}
			tag := res.Header.Get("ETag")
			tags[tag] = true
			if again, _ := ask(c, encoding, tag); again.StatusCode != http.StatusNotModified || again.Header.Get("ETag") != tag {
				t.Errorf("asked again: %d", again.StatusCode)
			}
		}
	}
	if len(tags) != 2 {
		t.Errorf("two readers have %d tags: one would be shown the other's page", len(tags))
	}
}

// The form of an attempt that was received with other answers hands in beside it, once it is pressed again.
func TestAQuizHandedInTwiceFromOneForm(t *testing.T) {
	s := newShared(t)
	c := s.as(s.my)
	sent := c.get("/courses/K1/thu/quiz").want(200).filled("form[data-quiz]", url.Values{"q.word": {"Điện Biên"}})
	c.post("/courses/K1/thu/quiz", sent).want(303)
	sent.Set("q.word", "Lai Châu")
	shown := c.post("/courses/K1/thu/quiz", sent).want(422)
	if got := shown.attr("input[name='q.word']", "value"); got != "Lai Châu" {
		t.Errorf("what was typed is %q", got)
	}
	if len(shown.find("form[data-given]")) != 1 {
		t.Error("the phone's older draft would take the place of the answers")
	}
	c.post("/courses/K1/thu/quiz", shown.filled("form[data-quiz]", url.Values{"q.word": {"Lai Châu"}})).want(303)
	st, err := s.School.Study(t.Context(), s.my.ID, "K1")
	if err != nil || st.Progress.Lessons["thu"].Attempts != 2 {
		t.Errorf("%+v, %v", st.Progress, err)
	}
}

// What was handed in before is a click away from the course and from the quiz, and each names the others.
func TestEarlierAttemptsAreAClickAway(t *testing.T) {
	s := newShared(t)
	c := s.as(s.my)
	for _, word := range []string{"Lai Châu", "Sơn La", "Hà Giang"} {
		sent := c.get("/courses/K1/thu/quiz").want(200).filled("form[data-quiz]", url.Values{"q.word": {word}})
		c.post("/courses/K1/thu/quiz", sent).want(303)
		s.pass(1e9)
	}
	newest := c.get(c.get("/courses/K1").want(200).attr("a[href$='?attempt=newest']", "href")).want(200)
	if got := newest.text(); !strings.Contains(got, "Hà Giang") {
		t.Errorf("the newest is %s", got)
	}
	for _, shown := range []*reply{newest, c.get("/courses/K1/thu/quiz").want(200)} {
		links := shown.find(".past a")
		want := 3
		if shown == newest {
			want = 2
		}
		if len(links) != want {
			t.Fatalf("%d links", len(links))
		}
		for _, a := range links[len(links)-1].Attr {
			if a.Key == "href" {
				if got := c.get(a.Val).want(200).text(); !strings.Contains(got, "Lai Châu") {
					t.Errorf("the oldest is %s", got)
				}
			}
		}
	}
	if n := len(s.as(s.dua).get("/courses/K1/thu/quiz").want(200).find(".past")); n != 0 {
		t.Error("somebody else's are shown")
	}
}

// Enter in a field presses the first button of its form. Without scripts that one shows the page again with what was
// answered, and hands in nothing.
func TestEnterHandsInNothing(t *testing.T) {
	s := newShared(t)
	c := s.as(s.my)
	shown := c.get("/courses/K1/thu/quiz").want(200)
	first := url.Values{"q.word": {"Điện Biên"}}
	for _, a := range shown.find("form[data-quiz] button")[0].Attr {
		if a.Key == "name" {
			first.Set(a.Val, "1")
		}
	}
	shown = c.post("/courses/K1/thu/quiz", shown.filled("form[data-quiz]", first)).want(422)
	if got := shown.attr("input[name='q.word']", "value"); got != "Điện Biên" || !strings.Contains(shown.text(), "chưa nộp") {
		t.Errorf("%q in %s", got, shown.text())
	}
	if s.facts(s.my) != 0 {
		t.Error("it was handed in")
	}
}

// A number with words around it is understood; one that is not comes back with the question marked.
func TestANumberWithAWordIsUnderstood(t *testing.T) {
	s := newShared(t)
	c := s.as(s.my)
	sent := c.get("/courses/K1/thu/quiz").want(200).filled("form[data-quiz]", url.Values{"q.number": {"１２ cuốn"}})
	c.post("/courses/K1/thu/quiz", sent).want(303)
	sent.Set("id", "other")
	sent.Set("q.number", "10 đến 12")
	shown := c.post("/courses/K1/thu/quiz", sent).want(422)
	if got := shown.attr(".question.bad input", "value"); got != "10 đến 12" {
		t.Errorf("what was typed is %q", got)
	}
}

// A wrong old password is named as what it is.
func TestAWrongOldPasswordIsNamed(t *testing.T) {
	s := newShared(t)
	shown := s.as(s.my).post("/me/password", url.Values{"old": {"khong phai"}, "password": {"mot cau khac de nho"}}).want(422)
	if got := shown.one("#fault"); !strings.Contains(got, "Mật khẩu đang dùng") {
		t.Errorf("%q", got)
	}
}
