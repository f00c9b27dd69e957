package journey

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// line is the way between a phone and the site: it can be cut, for pages and for the worker behind them alike.
type line struct {
	t    testing.TB
	to   string // address of the site
	at   string // own address
	mu   sync.Mutex
	open net.Listener // nil while it is cut
	held map[net.Conn]bool
}

func (r *demoRegion) line(t testing.TB) *line {
	t.Helper()
	l := &line{t: t, to: strings.TrimPrefix(r.base, "http://"), at: "127.0.0.1:0", held: map[net.Conn]bool{}}
	l.mend()
	t.Cleanup(l.cut)
	return l
}

// region is the same region at the near end of the line.
func (l *line) region(r *demoRegion) *demoRegion {
	return &demoRegion{base: "http://" + l.at, data: r.data, passwords: r.passwords, words: r.words, earned: r.earned, neighbour: r.neighbour}
}

func (l *line) mend() {
	l.t.Helper()
	ln, err := net.Listen("tcp", l.at)
	if err != nil {
		l.t.Fatal(err)
	}
	l.mu.Lock()
	l.open, l.at = ln, ln.Addr().String()
	l.mu.Unlock()
	go func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			go l.carry(near)
		}
	}()
}

func (l *line) carry(near net.Conn) {
	far, err := net.Dial("tcp", l.to)
	if err != nil {
		near.Close()
		return
	}
	l.mu.Lock()
	cut := l.open == nil
	l.held[near], l.held[far] = true, true
	l.mu.Unlock()
	if cut {
		near.Close()
		far.Close()
	}
	go func() { io.Copy(far, near); far.Close() }()
	io.Copy(near, far)
	near.Close()
}

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open != nil {
		l.open.Close()
		l.open = nil
	}
	for c := range l.held {
		c.Close()
	}
	clear(l.held)
}

// airplane takes the network from the phone, or gives it back: the line is cut, and DevTools tells the page.
func (v *tab) airplane(l *line, on bool) {
	v.t.Helper()
	if on {
		l.cut()
	} else {
		l.mend()
	}
	v.mu.Lock()
	v.away = v.away || on
	v.mu.Unlock()
	c := network.Conditions{Offline: on, DownloadThroughput: -1, UploadThroughput: -1}
	v.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			EmulateOfflineServiceWorker: &on, MatchedNetworkConditions: []*network.Conditions{&c}}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: on, DownloadThroughput: -1, UploadThroughput: -1})
		return err
	}))
}

// ready waits until the worker has this page.
func (v *tab) ready() {
	v.t.Helper()
	v.await(`navigator.serviceWorker.controller && navigator.serviceWorker.controller.state === "activated"`)
}

// says waits until the page says this in an element: scripts write it.
func (v *tab) says(selector, text string) {
	v.t.Helper()
	v.await(`document.querySelector(` + quote(selector) + `)?.innerText.replace(/\s+/g, " ").includes(` + quote(text) + `)`)
}

// offline opens a page without a network and waits until it is drawn.
func (v *tab) offline(path, selector string) {
	v.t.Helper()
	v.open(path)
	v.await(`document.querySelector(` + quote(selector) + `)`)
}

// takes takes a course along and says what the button promised.
func (v *tab) takes(course string) {
	v.t.Helper()
	v.open("/courses/" + course)
	v.await(`!document.querySelector("[data-along]").hidden`)
	v.do(v.tap("[data-along] .button"))
	v.await(`document.querySelector("[data-along] .button").hidden`)
	v.wantText("[data-along]", v.say("vi", "along.here"))
}

// pocket is a phone with a browser of its own, which can be killed and started again with what it has on its disk.
type pocket struct {
	*tab
	profile string
	region  *demoRegion
	end     func()
}

func (r *demoRegion) pocket(t testing.TB) *pocket {
	t.Helper()
	browser(t) // or the test is skipped
	p := &pocket{profile: t.TempDir(), region: r, end: func() {}}
	t.Cleanup(func() { p.end() })
	p.start(t)
	return p
}

func (p *pocket) start(t testing.TB) {
	t.Helper()
	ctx, stop, err := startBrowser(chromium(), p.profile)
	if err != nil {
		t.Fatal(err)
	}
	p.end = stop
	p.tab = p.region.tabIn(t, ctx, phone)
}

// again kills the browser as an empty battery does, and starts it.
func (p *pocket) again(t testing.TB) *tab {
	t.Helper()
	if err := chromedp.FromContext(p.tab.ctx).Browser.Process().Kill(); err != nil {
		t.Fatal(err)
	}
	p.end()
	os.Remove(filepath.Join(p.profile, "SingletonLock"))
	p.start(t)
	return p.tab
}

// as asks the API of the region as somebody.
func (r *demoRegion) as(t testing.TB, login string) *tab {
	t.Helper()
	v := r.tab(t, phone)
	v.enter(login)
	return v
}

// A learner takes a course along, loses the network, reads a lesson, answers its quiz and reads the next; the browser
// is opened anew without a network and everything is still there; with a network it arrives, and counts once.
func TestOfflineJourney(t *testing.T) {
	r := enter(t)
	l := r.line(t)
	own := l.region(r).pocket(t)
	v := own.tab
	v.enter(traveller)
	v.ready()
	c := shipped()["RP1"]
	v.takes("RP1")

	v.airplane(l, true)
	v.open("/courses/RP1")
	v.says("main h1", c.Title.Vi)
	lesson, second := c.Lessons()[0], c.Lessons()[1]
	v.offline("/courses/RP1/"+lesson.ID, "#read [name=person]")
	v.says("main h1", lesson.Title.Vi)
	v.follow(v.tap("form.next .button"))
	v.wantAt("/courses/RP1/" + lesson.ID + "/quiz?kept=1")
	v.says("main [data-note=kept]", v.say("vi", "log.kept"))
	v.await(`document.querySelector("form[data-quiz].one")`)
	v.await(`[...document.querySelectorAll("fieldset.question > legend")].every((l, i) => l.textContent.trim().startsWith("Câu " + (i + 1) + "."))`)
	v.answerAll(rightAnswers(lesson.Quiz))
	v.follow(v.tap("[data-send] .button"))
	v.wantAt("/courses/RP1/" + lesson.ID + "/quiz?kept=2")
	v.says("main", v.say("vi", "phone.attempt.kept"))
	v.follow(v.tap("main .button.wide"))
	v.await(`document.querySelector("#read [name=person]")`)
	v.says("main h1", second.Title.Vi)
	v.follow(v.tap("form.next .button"))

	// The battery is empty: the browser starts anew, still without a network.
	w := own.again(t)
	w.airplane(l, true)
	w.open("/phone")
	w.says("dl.facts", w.say("vi", "phone.state.here")+" 3")
	w.open("/courses/RP1")
	w.says(".steps li:first-child", w.say("vi", "phone.lesson.waits"))
	w.open("/board")
	w.says("main", w.say("vi", "phone.away.title"))
	w.says("main", c.Title.Vi)
	if n := r.as(t, traveller).progress("RP1", lesson.ID).Attempts; n != 0 {
		t.Fatalf("the server has %d attempts before any was sent", n)
	}

	w.airplane(l, false)
	w.open("/phone")
	// The browser may have died before its cookies were on its disk: then the work waits for its owner to sign in.
	if look[bool](w, `document.querySelector("header a[href^='/sign-in']") !== null`) {
		w.enter(traveller)
		w.open("/phone")
	}
	w.await(`[...document.querySelectorAll("dl.facts dd")].map((d) => d.innerText).join() === "0,3,0"`)
	w.says("main", "khớp, 3")
	state := w.progress("RP1", lesson.ID)
	if state.Attempts != 1 || state.Best != 100 || !state.Done {
		t.Fatalf("the server has %+v of the lesson, want one attempt with 100", state)
	}
	if !w.progress("RP1", second.ID).Read {
		t.Error("the second lesson is not read")
	}
}

// Each attempt of a phone without a network asks other questions, as many attempts as it has draws with it; their
// receipts bring the next ones.
func TestEachAttemptOfAPhoneAsksOtherQuestions(t *testing.T) {
	r := enter(t)
	l := r.line(t)
	v := l.region(r).pocket(t).tab
	v.enter(traveller)
	v.ready()
	v.takes("RP2")
	lesson := shipped()["RP2"].Lessons()[0]
	path := "/courses/RP2/" + lesson.ID + "/quiz"
	before := v.progress("RP2", lesson.ID).Attempts
	seen, count := map[string]bool{}, len(asked(lesson.Quiz.Drawn("", "", 0)))
	tries := func() {
		t.Helper()
		v.offline(path, "main:not([hidden]) form[data-quiz]")
		asks := look[string](v, `[...document.querySelectorAll("fieldset.question")].map((q) => q.id).join()`)
		if seen[asks] || strings.Count(asks, ",") != count-1 {
			t.Errorf("asked are %s", asks)
		}
		seen[asks] = true
		look[bool](v, `document.querySelector("form[data-quiz]").requestSubmit(), true`) // with blanks: asks first
		v.says("main", fmt.Sprintf("Còn %d câu", count))
		v.follow(chromedp.Evaluate[chromedp.Void](`document.querySelector("form[data-quiz]").requestSubmit()`))
		v.says("main", v.say("vi", "phone.attempt.kept"))
	}
	for range 2 { // times without a network
		v.airplane(l, true)
		tries()
		tries()
		v.open(path)
		v.says("main", v.say("vi", "phone.draws.none"))
		v.airplane(l, false)
		v.open("/phone")
		v.await(`document.querySelector("dl.facts dd")?.innerText === "0"`)
	}
	if n := v.progress("RP2", lesson.ID).Attempts; n != before+4 {
		t.Errorf("the server has %d attempts, want 4 more than %d", n, before)
	}
	// What is handed in with a network is not asked again without one either.
	v.open(path)
	v.follow(chromedp.Evaluate[chromedp.Void](handIn))
	v.await(`document.querySelector("[data-received]") && document.readyState === "complete"`)
	v.await(`import(performance.getEntriesByType("resource").map((r) => r.name).find((n) => n.includes("/log."))).then(async ({ drawsOf, person }) =>
		(await drawsOf(await person(document.querySelector("[data-person]").dataset.person), "RP2", ` + quote(lesson.ID) + `))[0].draw === 5)`)
}

// On a shared phone everybody has a log of their own, under their PIN: one locks it, another signs in, and what the
// first did without a network waits sealed until its owner opens it and signs in. Nobody leaves work behind unsent.
func TestSharedPhoneJourney(t *testing.T) {
	r := enter(t)
	l := r.line(t)
	v := l.region(r).tab(t, phone)
	v.enter(sharer)
	v.ready()
	v.takes("LS3")
	lesson := shipped()["LS3"].Lessons()[0]
	v.open("/phone")
	v.await(`document.querySelector("main input[type=password]")`)
	v.do(v.write("main input[type=password]", "240687"))
	v.follow(v.tap("main form .button"))
	v.await(`document.querySelector("main").innerText.includes(` + quote(v.say("vi", "phone.pin.is")) + `)`)

	v.airplane(l, true)
	v.offline("/courses/LS3/"+lesson.ID, "#read [name=person]")
	v.follow(v.tap("form.next .button"))
	v.says("main [data-note=kept]", v.say("vi", "log.kept"))
	v.open("/phone")
	v.await(`[...document.querySelectorAll("main button")].some((b) => b.innerText === ` + quote(v.say("vi", "phone.lock")) + `)`)
	v.follow(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("main button")].find((b) => b.innerText === ` + quote(v.say("vi", "phone.lock")) + `).click()`))
	v.await(`document.querySelector("main input[type=password]")`)
	if open := look[bool](v, phonePeople+`.then((all) => all.some((p) => p.secret))`); open {
		t.Fatal("the key lies open after it was locked")
	}

	v.airplane(l, false)
	v.open("/") // the session of who locked the phone ends
	v.await(`location.pathname === "/sign-in"`)
	v.enter(guest)
	v.await(`document.querySelector("[data-log]")`)
	for _, who := range []string{sharer, guest} {
		if r.as(t, who).progress("LS3", lesson.ID).Read {
			t.Fatalf("%s has read a lesson that was not sent", who)
		}
	}

	v.airplane(l, true)
	v.open("/phone")
	form := `form[data-pin]:not([data-pin=""])`
	v.await(`document.querySelector(` + quote(form) + `)`)
	v.do(v.write(form+" input", "000000"), v.tap(form+" .button"))
	v.says(form+" .fault", v.say("vi", "phone.pin.wrong"))
	look[bool](v, `document.querySelector(`+quote(form+" input")+`).value = "", true`)
	v.do(v.write(form+" input", "240687"))
	v.follow(v.tap(form + " .button"))
	v.await(`document.querySelector("dl.facts dd")?.innerText === "1"`)

	v.airplane(l, false)
	v.open("/")
	v.await(`location.pathname === "/sign-in"`)
	v.enter(sharer)
	v.await(`document.querySelector("[data-log]").innerText.includes(` + quote(v.say("vi", "log.received", 1)) + `)`)
	if !r.as(t, sharer).progress("LS3", lesson.ID).Read || r.as(t, guest).progress("LS3", lesson.ID).Read {
		t.Error("the lesson does not count for the one who read it, and only for them")
	}

	// What waits is not left behind by signing out.
	second := shipped()["LS3"].Lessons()[1]
	v.open("/courses/LS3/" + second.ID)
	v.await(`document.querySelector("[name=person][form=read]")`)
	paths := look[[]string](v, `performance.getEntriesByType("resource").map((r) => new URL(r.name).pathname).filter((p) => /\/log\./.test(p))`)
	l.cut()
	look[int](v, `import(`+quote(paths[0])+`).then(({ append }) => append(document.querySelector("[data-person]").dataset.person, { kind: "completion", course: "LS3", lesson: `+quote(second.ID)+` })).then((e) => e.n)`)
	// the line of what waits moves the foot of the page, and with it the button
	v.await(`document.querySelector("[data-log]").innerText.includes(` + quote(v.say("vi", "log.here", 1)) + `)`)
	v.do(v.tap(`form[action="/sign-out"] button`))
	v.await(`document.querySelector("[data-note=leave]")`)
	l.mend()
	v.follow(v.tap(`form[action="/sign-out"] button`))
	v.wantAt("/")
	if !r.as(t, sharer).progress("LS3", second.ID).Read {
		t.Error("signing out left work behind")
	}
}

// phonePeople reads what the phone's database has of people.
const phonePeople = `new Promise((done, fail) => { const open = indexedDB.open("lopban"); open.onerror = fail;
	open.onsuccess = () => { const all = open.result.transaction("people").objectStore("people").getAll(); all.onsuccess = () => { open.result.close(); done(all.result); }; }; })`

// Where a browser keeps nothing, everything works with a network, and the page says so.
func TestPhoneThatKeepsNothing(t *testing.T) {
	r := enter(t)
	v := r.tab(t, phone)
	v.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: `Object.defineProperty(window, "indexedDB", { value: undefined })`})
		return err
	}))
	v.enter(guest)
	v.await(`document.querySelector("[data-log]").innerText === ` + quote(v.say("vi", "log.off")))
	lesson := shipped()["LS2"].Lessons()[0]
	v.open("/courses/LS2/" + lesson.ID)
	v.follow(v.tap("form.next .button"))
	v.wantAt("/courses/LS2/" + lesson.ID + "/quiz")
	v.open("/phone")
	v.await(`document.querySelector("main").innerText.includes(` + quote(v.say("vi", "phone.off")) + `)`)
}

// A practice task waits with its photo, and arrives with it; what is put off for three days is spoken of on every page.
func TestPracticeOfflineJourney(t *testing.T) {
	r := enter(t)
	l := r.line(t)
	v := l.region(r).tab(t, phone)
	v.enter(walker)
	v.ready()
	v.takes("RP1")
	v.airplane(l, true)
	v.open("/courses/RP1/practice")
	v.await(`document.querySelector("form[data-practice] [name=person]")?.value`)
	v.do(v.write("#text", "Sáu em nghe tôi đọc truyện."))
	picture := filepath.Join(t.TempDir(), "photo.jpg")
	if err := os.WriteFile(picture, drawn(t, 640, 480), 0o600); err != nil {
		t.Fatal(err)
	}
	v.do(chromedp.SetUploadFiles(chromedp.CSS("#gallery"), []string{picture}))
	v.await(`document.querySelectorAll("[data-previews] li").length === 1 && !document.querySelector("form[data-practice] button:not([type])").disabled`)
	v.follow(v.tap("form[data-practice] button:not([type])"))
	v.await(`document.querySelector("main").innerText.includes(` + quote(v.say("vi", "phone.practice.kept")) + `)`)

	look[bool](v, `new Promise((done, fail) => { const open = indexedDB.open("lopban"); open.onerror = fail; open.onsuccess = () => {
		const tx = open.result.transaction("log", "readwrite"), log = tx.objectStore("log"), all = log.getAll();
		all.onsuccess = () => all.result.forEach((e) => log.put({ ...e, at: e.at - 4 * 24 * 3600 * 1000 }));
		tx.oncomplete = () => { open.result.close(); done(true); }; }; })`)
	v.open("/courses/RP1")
	v.await(`document.querySelector("[data-note=late]")`)

	v.airplane(l, false)
	v.open("/courses/RP1/practice")
	v.await(`document.querySelector("[data-log]").innerText.includes(` + quote(v.say("vi", "log.received", 1)) + `)`)
	v.open("/courses/RP1/practice")
	v.wantText("main", v.say("vi", "practice.is.waiting"))
	if n := look[int](v, `document.querySelectorAll("main img[src^='/practice/']").length`); n != 1 {
		t.Errorf("the work arrived with %d photos, want 1", n)
	}
}
