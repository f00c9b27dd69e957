package journey

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"lopban/cmd/lopban/programtest"
	"lopban/courses"
)

// A learner signs in on a phone, takes a course of each strand and holds two certificates.
func TestLearnerJourney(t *testing.T) {
	r := enter(t)
	v := r.tab(t, phone)
	v.open("/")
	v.follow(v.tap(`main a[href="/sign-in"]`))
	v.do(v.write("#login", learner), v.write("#password", v.passwords[learner]))
	v.follow(v.tap("main form .button"))
	v.wantAt("/")
	for _, id := range []string{"LS3", "RP2"} {
		c := shipped()[id]
		v.wantText(`a.card[href="/courses/`+id+`"]`, c.Title.Vi, v.say("vi", "card.new", len(c.Lessons()), minutes(c)))
	}

	v.follow(v.tap(`a.card[href="/courses/LS3"]`))
	v.wantText("main h1", shipped()["LS3"].Title.Vi)
	v.follow(v.tap("main .button.wide"))
	v.firstLesson(shipped()["LS3"])
	v.comesBack(shipped()["LS3"])

	codes := []string{v.finishes(shipped()["LS3"])}
	v.open("/")
	v.follow(v.tap(`a.card[href="/courses/RP2"]`))
	v.follow(v.tap("main .button.wide"))
	codes = append(codes, v.finishes(shipped()["RP2"]))

	v.open("/certificates")
	if cards := v.texts("main a.card"); len(cards) != 2 {
		t.Fatalf("the list shows %d certificates: %q", len(cards), cards)
	}
	v.wantText("header nav", v.say("vi", "menu.certificates"))
	for _, code := range codes {
		v.holds(code)
	}
}

// firstLesson reads the first lesson and takes its quiz with everything that happens to a phone on the way.
func (v *tab) firstLesson(c *courses.Version) {
	v.t.Helper()
	lesson := c.Lessons()[0]
	path := "/courses/" + c.Course + "/" + lesson.ID
	v.wantAt(path)
	v.wantText("main h1", lesson.Title.Vi)

	// A lesson opens where it was left.
	look[bool](v, `scrollTo(0, document.documentElement.scrollHeight / 2), true`)
	v.await(`JSON.parse(localStorage.getItem("place:" + document.querySelector("[name=person]").value + "/" + document.querySelector("[data-lesson]").dataset.lesson) || "{}").at > 0.2`)
	v.open("/")
	v.open(path)
	v.await(`scrollY > 200`)

	v.follow(v.tap("form.next .button"))
	v.wantAt(path + "/quiz")
	questions := v.asked(lesson.Quiz)
	v.one(1, len(questions))
	answers := rightAnswers(lesson.Quiz)
	v.choose(questions[0], answers)
	v.do(v.tap("[data-on]"))
	v.one(2, len(questions))
	v.choose(questions[1], answers)
	v.do(v.tap("[data-on]"))
	v.one(3, len(questions))

	// The page is loaded anew, and left with the phone's back button: what was answered is there, at the question where
	// it was.
	v.do(chromedp.Reload())
	v.one(3, len(questions))
	v.wantChosen(questions[:2], answers)
	v.back()
	v.wantAt(path)
	v.follow(v.tap("form.next .button"))
	v.one(3, len(questions))
	v.wantChosen(questions[:2], answers)
	v.do(v.tap("[data-back]"))
	v.one(2, len(questions))
	v.do(v.tap("[data-on]"))

	for i, q := range questions[2:] {
		v.one(i+3, len(questions))
		v.choose(q, answers)
		if i+3 < len(questions) {
			v.do(v.tap("[data-on]"))
		}
	}
	// A thumb that presses twice hands in once.
	v.follow(chromedp.Evaluate[chromedp.Void](`(() => { const b = document.querySelector("[data-send] button"); b.click(); b.click(); })()`))
	v.wantText("main h1", v.say("vi", "result.passed"))
	v.wantText(".score", "100 %")
	if n := v.progress(c.Course, lesson.ID).Attempts; n != 1 {
		v.t.Fatalf("%d attempts were recorded, want 1", n)
	}
	if left := look[string](v, `Object.keys(localStorage).filter((k) => k.startsWith("quiz:")).join()`); left != "" {
		v.t.Fatalf("answers stay on the phone after the receipt: %s", left)
	}
}

// comesBack signs out and in again: the home page leads to the second lesson.
func (v *tab) comesBack(c *courses.Version) {
	v.t.Helper()
	v.follow(v.tap(`form[action="/sign-out"] button`))
	v.wantAt("/")
	v.enter(learner)
	lesson := c.Lessons()[1]
	v.wantText(".card.big", c.Title.Vi, lesson.Title.Vi, v.say("vi", "home.left", lesson.Minutes, minutes(c)-c.Lessons()[0].Minutes), v.say("vi", "home.resume"))
	v.follow(v.tap(".card.big .button"))
	v.wantAt("/courses/" + c.Course + "/" + lesson.ID)
}

// finishes goes from the lesson on screen to the end of the course and gives the code of the certificate.
func (v *tab) finishes(c *courses.Version) string {
	v.t.Helper()
	for {
		id := strings.TrimPrefix(v.at(), "/courses/"+c.Course+"/")
		lesson, ok := c.Lesson(id)
		if !ok {
			v.t.Fatalf("no lesson %s\n%s", id, v.where())
		}
		v.follow(v.tap("form.next .button"))
		if len(lesson.Quiz.Questions) == 0 {
			v.t.Fatalf("lesson %s has no quiz; the journey expects one", id)
		}
		v.answerAll(rightAnswers(lesson.Quiz))
		v.follow(v.tap("[data-send] .button"))
		v.wantText("main h1", v.say("vi", "result.passed"))
		on := look[string](v, `document.querySelector("main .button.wide").getAttribute("href")`)
		v.follow(v.tap("main .button.wide"))
		if code, ok := strings.CutPrefix(on, "/certificates/"); ok {
			v.wantText("main [role=status]", v.say("vi", "certificate.new"))
			return strings.TrimSuffix(code, "?new=1")
		}
	}
}

// nameOnPaper is the only thing drawn in indigo letters.
var nameOnPaper = regexp.MustCompile(`fill="#1f2a5a" font-weight="700">([^<]+)</text>`)

// holds looks at a certificate on screen, takes its PDF twice and has a stranger check the QR code.
func (v *tab) holds(code string) {
	v.t.Helper()
	v.open("/certificates/" + code)
	v.await(`(() => { const p = document.querySelector(".paper img"); return p.complete && p.naturalWidth > 0; })()`)
	picture := string(v.fetch("/certificates/" + code + ".svg"))
	drawn := nameOnPaper.FindStringSubmatch(picture)
	if drawn == nil || !strings.Contains(picture, ">GIẤY CHỨNG NHẬN<") || !strings.Contains(picture, courses.ShowCode(code)) {
		v.t.Fatalf("the picture of %s is not that of a certificate: %.300s", code, picture)
	}
	name := html.UnescapeString(drawn[1])
	v.wantText("dl.facts", v.say("vi", "state.valid"))
	link := look[string](v, `document.querySelector("a[download]").getAttribute("href")`)
	pdf := v.fetch(link)
	if again := v.fetch(link); !bytes.Equal(pdf, again) || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		v.t.Fatalf("the paper of %s is no PDF, or not the same twice: %d and %d bytes", code, len(pdf), len(again))
	}
	sound(v.t, pdf, name)
	v.checkedByStranger(pdf, code, name)
}

// sound has the tools of others look at a paper, where they are installed.
func sound(t testing.TB, pdf []byte, name string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	if path, err := exec.LookPath("qpdf"); err == nil {
		if out, err := exec.CommandContext(t.Context(), path, "--check", file).CombinedOutput(); err != nil {
			t.Errorf("qpdf: %v: %s", err, out)
		}
	}
	if path, err := exec.LookPath("pdftotext"); err == nil {
		out, err := exec.CommandContext(t.Context(), path, "-layout", file, "-").Output()
		if err != nil || !strings.Contains(string(out), name) {
			t.Errorf("pdftotext: %v: no %q in %s", err, name, out)
		}
	}
}

// checkedByStranger lets somebody without an account check a paper.
func (v *tab) checkedByStranger(pdf []byte, code, name string) {
	v.t.Helper()
	stranger := v.demoRegion.tab(v.t, phone)
	address := scan(v.t, pdf)
	if address == "" {
		address = v.base + "/v/" + code
	}
	// after the # stand the signed facts, which a browser keeps to itself
	if where, _, _ := strings.Cut(address, "#"); where != v.base+"/v/"+code {
		v.t.Fatalf("the QR code says %q, want %q", address, v.base+"/v/"+code)
	}
	stranger.open(address)
	stranger.wantText(".verdict", v.say("vi", "verdict.valid"))
	stranger.wantText("dl.facts", name, courses.ShowCode(code))
}

// Anyone checks a certificate, and is helped when the code is wrong.
func TestCheckJourney(t *testing.T) {
	r := enter(t)
	holder := r.tab(t, phone)
	holder.enter(earner)
	holder.holds(r.earned.Code)

	v := r.tab(t, phone)
	for _, c := range []struct{ typed, verdict, help string }{
		{strings.ToLower(courses.ShowCode(r.earned.Code)), v.say("vi", "verdict.valid"), v.say("vi", "verdict.valid.why")},
		{programtest.Swapped(r.earned.Code), v.say("vi", "verdict.unknown"), v.say("vi", "verify.mistyped", programtest.Swapped(r.earned.Code))},
		{programtest.Unknown(t), v.say("vi", "verdict.unknown"), v.say("vi", "verify.unknown")},
	} {
		v.open("/")
		v.do(v.write("#code", c.typed))
		if c.verdict == v.say("vi", "verdict.valid") {
			v.follow(v.tap("main form .button"))
		} else {
			v.meets(http.StatusNotFound, v.tap("main form .button"))
			v.wantText("main", v.say("vi", "verify.help"))
		}
		v.wantText(".verdict", c.verdict)
		v.wantText("main", c.help)
	}
}

// One address that guesses codes is slowed down; the others are not. The guesses come from an address of their own, so
// that no other journey waits.
func TestGuessedCodesAreSlowed(t *testing.T) {
	r := enter(t)
	guesser := r.from(t, "127.0.0.2")
	for i := range 61 {
		res, err := guesser.Get(r.base + "/v/" + programtest.Unknown(t))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		want := http.StatusNotFound
		if i == 60 {
			want = http.StatusTooManyRequests
		}
		if res.StatusCode != want {
			t.Fatalf("try %d: status %d, want %d", i+1, res.StatusCode, want)
		}
		if i == 60 && res.Header.Get("Retry-After") == "" {
			t.Error("the answer does not say when to try again")
		}
	}
	res, err := r.visitor(t).Get(r.base + "/v/" + r.earned.Code)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("another address gets %s", res.Status)
	}
}

// from is a visitor whose requests come from this address of the machine.
func (r *demoRegion) from(t testing.TB, address string) *http.Client {
	t.Helper()
	c := r.visitor(t)
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	c.Transport = &http.Transport{DialContext: dialer.DialContext}
	return c
}

// Without scripts a lesson and its quiz work: all questions are on one page.
func TestJourneyWithoutScripts(t *testing.T) {
	r := enter(t)
	v := r.tab(t, phone)
	v.scriptless()
	v.open("/sign-in")
	v.do(v.write("#login", scriptless), v.write("#password", v.passwords[scriptless]))
	v.follow(v.tap("main form .button"))
	c := shipped()["RP1"]
	lesson := c.Lessons()[0]
	v.open("/courses/RP1")
	v.follow(v.tap("main .button.wide"))
	v.wantText("main h1", lesson.Title.Vi)
	v.follow(v.tap("form.next .button"))
	questions := v.asked(lesson.Quiz)
	if shown := v.shown(); shown != len(questions) {
		t.Fatalf("%d questions are shown, want all %d", shown, len(questions))
	}
	for _, q := range questions {
		v.choose(q, rightAnswers(lesson.Quiz))
	}
	v.follow(v.tap("[data-send] .button"))
	v.wantText("main h1", v.say("vi", "result.passed"))
	v.wantText(".score", "100 %")
	if n := v.progress(c.Course, lesson.ID).Attempts; n != 1 {
		t.Fatalf("%d attempts were recorded, want 1", n)
	}
	v.follow(v.tap("main .button.wide"))
	v.wantText("main h1", c.Lessons()[1].Title.Vi)
}

// A quiz is taken with the keyboard alone, on a laptop with all questions on one page and in a narrow window with one
// at a time.
func TestJourneyByKeyboard(t *testing.T) {
	r := enter(t)
	v := r.tab(t, laptop)
	v.enter(keyboarder)
	c := shipped()["LS3"]
	for i, d := range []device{laptop, {360, 640, false}} {
		lesson := c.Lessons()[i]
		v.hold(d)
		v.open("/courses/LS3/" + lesson.ID)
		v.tabTo(`form.next .button`)
		v.follow(chromedp.KeyEvent(kb.Enter))
		answers := rightAnswers(lesson.Quiz)
		questions := v.asked(lesson.Quiz)
		for n, q := range questions {
			v.typeAnswer(q, answers)
			if d.width < 640 && n+1 < len(questions) {
				v.tabTo("[data-on]")
				v.do(chromedp.KeyEvent(kb.Enter))
				v.one(n+2, len(questions))
			}
		}
		v.tabTo("[data-send] button")
		v.follow(chromedp.KeyEvent(kb.Enter))
		v.wantText("main h1", v.say("vi", "result.passed"))
		v.wantText(".score", "100 %")
	}
}

// typeAnswer answers a question with keys.
func (v *tab) typeAnswer(q courses.Question, answers map[string][]string) {
	v.t.Helper()
	name := "q." + q.ID
	switch q.Kind {
	case courses.SingleChoice, courses.TrueFalse:
		v.tabTo(`[name="` + name + `"]`)
		v.do(chromedp.KeyEvent(" "))
		v.pressUntil(kb.ArrowDown, `document.activeElement.value === `+quote(answers[name][0]))
	case courses.MultipleChoice:
		shown := look[[]string](v, `[...document.getElementsByName(`+quote(name)+`)].map((o) => o.value)`)
		// in the order of the page, or the focus goes round
		for _, id := range slices.DeleteFunc(shown, func(id string) bool { return !slices.Contains(answers[name], id) }) {
			v.tabTo(`[name="` + name + `"][value="` + id + `"]`)
			v.do(chromedp.KeyEvent(" "))
		}
	case courses.ShortAnswer, courses.Numerical, courses.Essay:
		v.tabTo(`[name="` + name + `"]`)
		v.do(chromedp.KeyEvent(answers[name][0]))
	case courses.Matching:
		for _, p := range q.Pairs {
			if p.Left != "" {
				v.tabTo(`[name="` + name + "." + p.Left + `"]`)
				v.pressUntil(kb.ArrowDown, `document.activeElement.value === `+quote(p.Right))
			}
		}
	}
	v.wantChosen([]courses.Question{q}, answers)
}

// tabTo presses Tab until the focus is on the element and can be seen there. It goes round the page once.
func (v *tab) tabTo(selector string) {
	v.t.Helper()
	v.pressUntil(kb.Tab, `document.activeElement.matches(`+quote(selector)+`)`)
	if !look[bool](v, `(() => { const e = document.activeElement, seen = (x) => x && getComputedStyle(x).outlineStyle !== "none" && parseFloat(getComputedStyle(x).outlineWidth) >= 2;
		return e.matches(":focus-visible") && (seen(e) || seen(e.closest("label"))); })()`) {
		v.t.Fatalf("the focus on %s cannot be seen", selector)
	}
}

func (v *tab) pressUntil(key, expression string) {
	v.t.Helper()
	for range 200 {
		if look[bool](v, expression) {
			return
		}
		v.do(chromedp.KeyEvent(key))
	}
	v.t.Fatalf("pressing a key never makes true: %s\n%s", expression, v.where())
}

// asked are the questions of the quiz on the page, in its order: an attempt sees those that were drawn for it, and a
// course may shuffle them.
func (v *tab) asked(q courses.Quiz) []courses.Question {
	v.t.Helper()
	fields := look[[]string](v, `[...document.querySelectorAll("fieldset.question")].map((q) => q.querySelector("[name^='q.']").name)`)
	var all []courses.Question
	for _, field := range fields {
		id, _, _ := strings.Cut(strings.TrimPrefix(field, "q."), ".")
		i := slices.IndexFunc(q.Questions, func(one courses.Question) bool { return one.ID == id })
		if i < 0 {
			v.t.Fatalf("the page asks %s, which the quiz does not have", field)
		}
		all = append(all, q.Questions[i])
	}
	if want := len(asked(q.Drawn("", "", 0))); len(all) != want {
		v.t.Fatalf("the page asks %d questions, want %d", len(all), want)
	}
	return all
}

// asked are the questions of a quiz that can be answered.
func asked(q courses.Quiz) []courses.Question {
	return slices.DeleteFunc(slices.Clone(q.Questions), func(q courses.Question) bool { return q.Kind == courses.Description })
}

// shown counts the questions on screen.
func (v *tab) shown() int {
	v.t.Helper()
	return look[int](v, `[...document.querySelectorAll("fieldset.question")].filter((q) => q.offsetParent).length`)
}

// one fails unless one question is on screen, the nth of all.
func (v *tab) one(n, all int) {
	v.t.Helper()
	if shown := v.shown(); shown != 1 {
		v.t.Fatalf("%d questions are on screen\n%s", shown, v.where())
	}
	v.wantText("[data-where]", fmt.Sprintf("%d / %d", n, all))
	v.wantText(".question.current legend", v.say("vi", "quiz.number", n))
}

// choose answers a question by touch.
func (v *tab) choose(q courses.Question, answers map[string][]string) {
	v.t.Helper()
	name := "q." + q.ID
	switch q.Kind {
	case courses.ShortAnswer, courses.Numerical, courses.Essay:
		v.do(v.write(`[name="`+name+`"]`, answers[name][0]))
	case courses.Matching: // a phone shows its own list; with a finger it cannot be reached from here
		for _, p := range q.Pairs {
			if p.Left != "" {
				field := name + "." + p.Left
				v.do(chromedp.SetValue(chromedp.CSS(`[name="`+field+`"]`), answers[field][0]))
				look[bool](v, `document.querySelector('[name="`+field+`"]').dispatchEvent(new Event("change", { bubbles: true }))`)
			}
		}
	default:
		for _, id := range answers[name] {
			v.do(v.tap(`[name="` + name + `"][value="` + id + `"]`))
		}
	}
}

// answerAll gives every answer at once, as fast as scripts can press, and goes to the last question.
func (v *tab) answerAll(answers map[string][]string) {
	v.t.Helper()
	given, err := json.Marshal(answers)
	if err != nil {
		v.t.Fatal(err)
	}
	look[bool](v, `(() => {
		for (const [name, values] of Object.entries(`+string(given)+`)) for (const part of document.getElementsByName(name)) {
			if (part.type === "radio" || part.type === "checkbox") { if (values.includes(part.value)) part.click(); continue; }
			part.value = values[0];
			part.dispatchEvent(new Event("change", { bubbles: true }));
		}
		const on = document.querySelector("[data-on]");
		for (let i = 0; i < 100 && !on.hidden; i++) on.click();
		return true;
	})()`)
}

// wantChosen fails unless the answers to the questions stand in the form.
func (v *tab) wantChosen(questions []courses.Question, answers map[string][]string) {
	v.t.Helper()
	got := look[map[string][]string](v, `(() => { const all = {}; for (const [k, x] of new FormData(document.querySelector("form[data-quiz]"))) if (x) (all[k] ||= []).push(x); return all; })()`)
	for _, q := range questions {
		for field, want := range answers {
			if field != "q."+q.ID && !strings.HasPrefix(field, "q."+q.ID+".") {
				continue
			}
			if have, want := slices.Sorted(slices.Values(got[field])), slices.Sorted(slices.Values(want)); !slices.Equal(have, want) {
				v.t.Fatalf("%s holds %q, want %q", field, have, want)
			}
		}
	}
}

// lessonHead is the part of the API's course that the journeys read.
type lessonHead struct {
	ID       string
	Done     bool
	Attempts int
	Best     int
	Read     bool
}

// progress asks the API how far the visitor is in a lesson.
func (v *tab) progress(course, lesson string) lessonHead {
	v.t.Helper()
	var body struct {
		Modules []struct{ Lessons []lessonHead }
	}
	if err := json.Unmarshal(v.fetch("/api/v1/courses/"+url.PathEscape(course)), &body); err != nil {
		v.t.Fatal(err)
	}
	for _, m := range body.Modules {
		for _, l := range m.Lessons {
			if l.ID == lesson {
				return l
			}
		}
	}
	v.t.Fatalf("the API knows no lesson %s of %s", lesson, course)
	return lessonHead{}
}
