package journey

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"lopban/courses"
)

// handIn presses the button that hands in a quiz, unanswered questions and all.
const handIn = `(() => {
	const form = document.querySelector("form[data-quiz]"), sure = document.createElement("input");
	Object.assign(sure, { type: "hidden", name: "sure", value: "1" });
	form.append(sure);
	form.requestSubmit(form.querySelector("[data-send] button"));
})()`

// typedQuiz is a quiz on screen at a question whose answer is typed, with others behind it.
type typedQuiz struct {
	course, lesson, path string
	Name                 string // of the field
	At, All              int    // of the question, from 1, and of all
}

// opensTyped opens a shipped quiz that asks this visitor for a number to type, and goes to that question.
func (v *tab) opensTyped() typedQuiz {
	v.t.Helper()
	for _, id := range slices.Sorted(maps.Keys(shipped())) {
		for _, l := range shipped()[id].Lessons() {
			if !slices.ContainsFunc(l.Quiz.Questions, func(q courses.Question) bool { return q.Kind == courses.Numerical }) {
				continue
			}
			path := "/courses/" + id + "/" + l.ID + "/quiz"
			v.open(path)
			if q := v.toTyped(); q.Name != "" {
				q.course, q.lesson, q.path = id, l.ID, path
				return q
			}
		}
	}
	v.t.Fatal("no shipped quiz asks for a number before its last question")
	return typedQuiz{}
}

// toTyped goes to the first question of the quiz on screen that asks for a number.
func (v *tab) toTyped() typedQuiz {
	v.t.Helper()
	return look[typedQuiz](v, `(() => {
		const all = [...document.querySelectorAll(".question")], at = all.findIndex((q) => q.querySelector("[inputmode=decimal]"));
		if (at < 0 || at + 1 >= all.length) return { Name: "", At: 0, All: 0 };
		for (let i = 0; i < 100 && all[0].closest(".one") && !all[at].matches(".current"); i++) document.querySelector("[data-on]").click();
		return { Name: all[at].querySelector("[inputmode=decimal]").name, At: at + 1, All: all.length };
	})()`)
}

func (q typedQuiz) field() string { return `[name="` + q.Name + `"]` }

// Enter in a field, and a phone keyboard's "go", lead to the next question and never hand in.
func TestEnterLeadsToTheNextQuestion(t *testing.T) {
	r := enter(t)
	for _, d := range []device{phone, laptop} {
		v := r.tab(t, d)
		v.enter(reader)
		q := v.opensTyped()
		before := v.progress(q.course, q.lesson).Attempts
		v.do(v.write(q.field(), "9"), chromedp.KeyEvent(kb.Enter))
		if d == phone {
			v.wantText("[data-where]", fmt.Sprintf("%d / %d", q.At+1, q.All))
		} else {
			v.await(fmt.Sprintf(`document.querySelectorAll(".question")[%d].contains(document.activeElement)`, q.At))
		}
		v.wantAt(q.path)
		// From the last question it leads to the button, which waits for a press.
		look[bool](v, `(() => { const all = document.querySelectorAll(".question");
			all[all.length - 1].querySelector("input")?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true })); return true; })()`)
		v.wantAt(q.path)
		if n := v.progress(q.course, q.lesson).Attempts; n != before {
			t.Fatalf("at %d px Enter handed in the quiz", d.width)
		}
		look[bool](v, `localStorage.clear(), true`)
	}
}

// Two people share a phone: what A has open is not B's, is said to be A's, and is handed in when A signs in.
func TestAQuizLeftOpenIsItsOwners(t *testing.T) {
	r := enter(t)
	v := r.tab(t, phone)
	v.enter(reader)
	q := v.opensTyped()
	before := v.progress(q.course, q.lesson).Attempts
	v.do(v.write(q.field(), "9"))
	v.switches(keyboarder) // as in another tab
	v.meets(409, chromedp.Evaluate[chromedp.Void](handIn))
	v.wantText("[data-held]", "không tính cho ai", "Máy này cũng giữ cho")
	if look[bool](v, `!document.querySelector("[data-held]").contains(document.activeElement)`) {
		t.Error("the focus is not on what went wrong")
	}
	if n := v.progress(q.course, q.lesson).Attempts; n != 0 {
		t.Fatalf("%d attempts of A's answers count for B", n)
	}
	// Chromium takes no key in a password field of a tab in which one was typed before; the page has nothing that
	// listens.
	look[bool](v, `document.querySelector("#login").value = `+quote(reader)+`, document.querySelector("#password").value = `+quote(v.passwords[reader])+`, true`)
	v.follow(v.tap("main form .button"))
	v.follow(v.tap("main form .button"))
	v.wantText("main h1", v.say("vi", "result.failed"))
	v.fits(axe(t), "a result with its attempts")
	if n := v.progress(q.course, q.lesson).Attempts; n != before+1 {
		t.Fatalf("%d attempts count for A, want %d", n, before+1)
	}
	if left := v.drafts(); left != "" {
		t.Errorf("the draft stays: %s", left)
	}
}

// switches signs another person in without touching the page on screen.
func (v *tab) switches(login string) {
	v.t.Helper()
	body := "login=" + login + "&password=" + v.passwords[login]
	if status := look[int](v, `fetch("/sign-out", { method: "POST" }).then(() => fetch("/sign-in", { method: "POST", body: new URLSearchParams(`+quote(body)+`) })).then((r) => r.status)`); status != 200 {
		v.t.Fatalf("signing in answers %d", status)
	}
}

func (v *tab) drafts() string {
	v.t.Helper()
	return look[string](v, `Object.keys(localStorage).filter((k) => k.startsWith("quiz:")).join()`)
}

// The hand-in arrives and its answer is lost. On return the quiz says what was received.
func TestAHandInWhoseAnswerWasLost(t *testing.T) {
	r := enter(t)
	v := r.tab(t, phone)
	v.enter(reader)
	q := v.opensTyped()
	before := v.progress(q.course, q.lesson).Attempts
	v.do(v.write(q.field(), "7"))
	// The same form goes by another way, whose answer the page never sees.
	look[int](v, `fetch(location.pathname, { method: "POST", body: new URLSearchParams([...new FormData(document.querySelector("form[data-quiz]")), ["sure", "1"]]), redirect: "manual" }).then((r) => 1)`)
	v.open("/")
	v.do(chromedp.Evaluate[chromedp.Void](`location.assign(` + quote(q.path) + `)`))
	v.await(`document.querySelector("[data-received]") && document.readyState === "complete"`)
	v.says("main", "Máy chủ đã nhận lúc")
	v.says("main", "Bạn trả lời: 7")
	if n := v.progress(q.course, q.lesson).Attempts; n != before+1 {
		t.Fatalf("%d attempts", n)
	}
	if left := v.drafts(); left != "" {
		t.Errorf("the draft stays: %s", left)
	}

	// A second draft survives what an earlier result shows; the page says that it is back.
	q2 := v.opensTyped()
	v.do(v.write(q2.field(), "8"))
	v.open(q.path + "?attempt=newest")
	v.do(chromedp.Evaluate[chromedp.Void](`location.assign(` + quote(q2.path) + `)`))
	v.await(`document.querySelector(` + quote(q2.field()) + `)?.value === "8"`)
	v.wantText("[data-restored]", v.say("vi", "quiz.restored"))
	v.fits(axe(t), "a quiz with a draft")

	// When another phone hands in what it answers, it is kept until an answer to the new questions is given.
	other := r.tab(t, phone)
	other.enter(reader)
	other.open(q2.path)
	other.follow(chromedp.Evaluate[chromedp.Void](handIn))
	v.do(chromedp.Evaluate[chromedp.Void](`location.assign(` + quote(q2.path) + `)`))
	v.says("main", v.say("vi", "quiz.other"))
	if v.drafts() == "" {
		t.Error("the draft is gone")
	}
	if look[bool](v, `document.querySelector("[data-restored]").hidden`) {
		return // nothing of it is asked again
	}
	v.do(v.tap("[data-anew]"))
	v.await(`document.readyState === "complete" && !Object.keys(localStorage).some((k) => k.startsWith("quiz:"))`)
}

// A send that was stopped can be pressed again, and counts once.
func TestAStoppedSendIsPressedAgain(t *testing.T) {
	r := enter(t)
	v := r.tab(t, phone)
	v.enter(reader)
	q := v.opensTyped()
	before := v.progress(q.course, q.lesson).Attempts
	v.network(network.Conditions{Latency: 30_000, DownloadThroughput: thin2G.DownloadThroughput, UploadThroughput: thin2G.UploadThroughput})
	press := handIn
	// All of it from inside the page: while it waits for another one the browser answers nobody else.
	seen := look[[]string](v, `new Promise((done) => {
		const bar = document.querySelector("[data-sending]"), seen = [];
		const state = () => (bar.hidden ? "quiet" : bar.textContent) + (document.querySelector("form[data-sent]") ? ", sent" : ", free");
		new MutationObserver((_, watch) => {
			seen.push(state());
			if (seen.length === 1) window.stop();
			if (bar.hidden) { watch.disconnect(); done(seen); }
		}).observe(bar, { attributes: true });
		`+press+`;
	})`)
	if want := v.say("vi", "sending") + ", sent"; len(seen) == 0 || seen[0] != want {
		t.Fatalf("%q, want %q first", seen, want)
	}
	v.await(`!document.querySelector("form[data-sent]")`)
	v.network(network.Conditions{DownloadThroughput: -1, UploadThroughput: -1})
	v.follow(chromedp.Evaluate[chromedp.Void](press))
	v.wantText("main", "Máy chủ đã nhận lúc")
	if n := v.progress(q.course, q.lesson).Attempts; n != before+1 {
		t.Fatalf("%d attempts, want %d", n, before+1)
	}
}

// A number that cannot be read: the question with the mistake is on screen, with what was typed and the focus in it.
func TestTheQuestionWithTheMistakeIsShown(t *testing.T) {
	r := enter(t)
	v := r.tab(t, phone)
	v.enter(reader)
	q := v.opensTyped()
	v.do(v.write(q.field(), "9 - 10"))
	look[bool](v, `(() => { const on = document.querySelector("[data-on]"); for (let i = 0; i < 100 && !on.hidden; i++) on.click(); return true; })()`)
	v.meets(422, v.tap("[data-send] .button"))
	v.one(q.At, q.All)
	v.wantText(".question.current", v.say("vi", "error.answer-number"))
	v.await(`document.activeElement.name === ` + quote(q.Name) + ` && document.activeElement.value === "9 - 10"`)
	v.await(`(() => { const r = document.activeElement.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; })()`)
}

// What goes wrong far down a page comes into view.
func TestAnErrorComesIntoView(t *testing.T) {
	r := enter(t)
	v := r.tab(t, phone)
	v.enter(reader)
	seen := `(() => { const r = document.querySelector("main [role=alert]").getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight && document.activeElement.matches("main [role=alert]"); })()`
	v.open("/courses/LS4/practice")
	v.meets(422, v.tap("form[data-practice] .button"))
	v.await(seen)
	v.open("/me")
	look[bool](v, `document.querySelector("#old").value = document.querySelector("#password").value = "mot cau khac de nho", true`)
	v.meets(422, v.tap(`form[action^="/me/password"] .button`))
	v.await(seen)
	v.wantText("main [role=alert]", v.say("vi", "error.password-old"))
}

// Without scripts nothing is kept, and the page does not say that it is.
func TestWhatAPageSaysOfKeepingIsTrue(t *testing.T) {
	r := enter(t)
	path := "/courses/LS3/" + shipped()["LS3"].Lessons()[0].ID + "/quiz"
	v := r.tab(t, phone)
	v.enter(reader)
	v.open(path)
	v.wantText("main", v.say("vi", "quiz.keeps"))
	for _, closed := range []string{"scripts", "storage"} {
		v := r.tab(t, phone)
		if closed == "scripts" {
			v.scriptless()
		} else {
			v.do(chromedp.Func(closeStorage))
		}
		v.open("/sign-in")
		v.do(v.write("#login", scriptless), v.write("#password", v.passwords[scriptless]))
		v.follow(v.tap("main form .button"))
		v.open(path)
		v.wantText("main", v.say("vi", "quiz.keeps.not"))
		if strings.Contains(v.text("main"), v.say("vi", "quiz.keeps")) {
			t.Errorf("without %s the page says that it keeps", closed)
		}
	}
}

// The place in a lesson is its reader's: another on the same phone begins at the top, the same on another phone goes
// on.
func TestThePlaceInALessonFollowsItsReader(t *testing.T) {
	r := enter(t)
	lesson := shipped()["RP3"].Lessons()[0]
	path := "/courses/RP3/" + lesson.ID
	v := r.tab(t, phone)
	v.enter(reader)
	v.open(path)
	look[bool](v, `scrollTo(0, document.documentElement.scrollHeight / 2), true`)
	v.await(`Object.keys(localStorage).some((k) => k.startsWith("place:"))`)
	v.open("/")
	v.switches(keyboarder)
	v.open(path)
	v.await(`document.readyState === "complete"`)
	if y := look[float64](v, `scrollY`); y > 50 {
		t.Errorf("another reader begins at %v", y)
	}
	other := r.tab(t, phone)
	other.enter(reader)
	other.await(`[...document.querySelectorAll("main a")].some((a) => a.hash.startsWith("#o-") && a.pathname === ` + quote(path) + `)`)
	other.follow(other.tap(`main a[href^="` + path + `#o-"]`))
	other.await(`scrollY > 200`)
	other.wantAt(path)
}

// On the way back a lesson is not asked for again.
func TestBackToALessonAsksForNothing(t *testing.T) {
	r := enter(t)
	lesson := shipped()["LS4"].Lessons()[0]
	v := r.tab(t, phone)
	v.enter(reader)
	v.open("/courses/LS4/" + lesson.ID)
	v.open("/courses/LS4/practice")
	v.weighed()
	v.network(network.Conditions{Offline: true, DownloadThroughput: -1, UploadThroughput: -1})
	v.back()
	v.wantText("main h1", lesson.Title.Vi)
}

// closeStorage makes a page's storage throw, as a browser does that keeps nothing.
func closeStorage(ctx context.Context, target *chromedp.Target) error {
	_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `Object.defineProperty(window, "localStorage", { get() { throw new DOMException("closed", "SecurityError"); } });`})
	return err
}
