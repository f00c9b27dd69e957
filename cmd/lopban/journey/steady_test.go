package journey

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	paused "github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// late holds scripts back until they are let come, as a thin network does.
type late struct {
	*tab
	mu   sync.Mutex
	held []paused.RequestID
	free bool
}

func (r *demoRegion) late(t testing.TB, d device) *late {
	t.Helper()
	l := &late{free: true}
	l.tab = r.tabIn(t, browser(t), d, chromedp.WithNewBrowserContext(), chromedp.WithListener(l.pause))
	l.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		yes := network.SetBypassServiceWorkerParams{Bypass: true}
		if _, err := cdp.Call(ctx, target, network.SetBypassServiceWorker, yes); err != nil {
			return err
		}
		if _, err := cdp.Call(ctx, target, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, paused.Enable, paused.EnableParams{Patterns: []*paused.RequestPattern{{URLPattern: "*/assets/*.js"}}})
		return err
	}))
	return l
}

func (l *late) pause(event any) {
	if e, ok := event.(*paused.EventRequestPaused); ok {
		l.mu.Lock()
		l.held = append(l.held, e.RequestID)
		free := l.free
		l.mu.Unlock()
		if free {
			go l.come()
		}
	}
}

// come lets what is held go on, and what comes after it.
func (l *late) come() {
	l.mu.Lock()
	l.free = true
	held := l.held
	l.held = nil
	l.mu.Unlock()
	chromedp.Do(l.ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		for _, id := range held {
			cdp.Call(ctx, target, paused.ContinueRequest, paused.ContinueRequestParams{RequestID: id})
		}
		return nil
	}))
}

// places is where on the page everything lies that a finger may touch.
const places = `[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, label.option")]
	.filter((e) => e.checkVisibility({ visibilityProperty: true }) && e.getBoundingClientRect().height > 0)
	.map((e) => { const r = e.getBoundingClientRect(); return (e.innerText || e.name || e.id).trim().slice(0, 40) + " @ " + Math.round(r.x + scrollX) + "," + Math.round(r.y + scrollY); })`

// moved opens a page whose scripts come late and gives what lies elsewhere once they have run.
func (l *late) moved(path, done string) (gone []string) {
	l.t.Helper()
	l.mu.Lock()
	l.free = false
	l.mu.Unlock()
	look[bool](l.tab, `location.assign(`+quote(l.base+path)+`), true`)
	l.await(`location.pathname + location.search === ` + quote(path) + ` && document.querySelector(".foot div, .sheet") && performance.getEntriesByType("paint").length`)
	if look[bool](l.tab, done) {
		l.t.Fatalf("%s: the scripts have run before they came", path)
	}
	before := look[[]string](l.tab, places)
	l.come()
	l.await(`document.readyState === "complete" && ` + done)
	after := look[[]string](l.tab, places)
	for _, one := range before {
		if !slices.Contains(after, one) {
			gone = append(gone, one)
		}
	}
	if len(before) < 3 {
		l.t.Fatalf("%s has %d things to touch", path, len(before))
	}
	return gone
}

// What a script shows after a page came moves nothing that a finger is about to touch: not the box that takes a course
// along, not what says that a draft is back, not the sentence about what is kept, not a button that prints.
func TestNothingMovesUnderAFinger(t *testing.T) {
	r := enter(t)
	quiz := ""
	for _, l := range shipped()["LS3"].Lessons() {
		if quiz == "" && len(l.Quiz.Questions) > 1 {
			quiz = "/courses/LS3/" + l.ID + "/quiz"
		}
	}
	l := r.late(t, laptop)
	l.enter(reader)
	l.open(quiz)
	look[bool](l.tab, `(() => { const one = document.querySelector("form[data-quiz] :is(input[type=radio], input:not([type]), textarea)");
		if (one.type === "radio") one.click(); else { one.value = "8"; one.dispatchEvent(new Event("input", { bubbles: true })); } return true; })()`)
	l.open("/courses/LS1/practice")
	look[bool](l.tab, `(() => { const one = document.querySelector("form[data-practice] textarea"); one.value = "nháp"; one.dispatchEvent(new Event("input", { bubbles: true })); return true; })()`)
	for _, d := range []device{laptop, phone} {
		l.hold(d)
		for _, step := range []struct{ path, done string }{
			{"/courses/RP1", `!document.querySelector("[data-along]").hidden`},
			{quiz, `!document.querySelector("[data-restored]").hidden`},
			{"/courses/LS1/practice", `!document.querySelector("[data-restored]").hidden`},
		} {
			if d == phone && step.path == quiz {
				continue // there the quiz shows one question at a time: what is below the first goes
			}
			if gone := l.moved(step.path, step.done); len(gone) > 0 {
				t.Errorf("%s, %d px wide: not where it was: %s", step.path, d.width, strings.Join(gone, "; "))
			}
		}
	}
	officer := r.late(t, laptop)
	officer.enter(staff)
	for _, path := range []string{"/missing", "/completions", "/board"} {
		if gone := officer.moved(path, `!document.querySelector("[data-print]").hidden`); len(gone) > 0 {
			t.Errorf("%s: not where it was: %s", path, strings.Join(gone, "; "))
		}
	}
}
