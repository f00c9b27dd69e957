package journey

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/andybalholm/cascadia"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"
)

// What a visit may weigh, every answer counted with its headers.
const (
	firstVisit  = 60_000
	lessonVisit = 15_000
)

// A first visit is small, and a lesson after it smaller.
func TestFirstVisitIsSmall(t *testing.T) {
	r := enter(t)
	for _, path := range []string{"/", "/sign-in"} {
		v := r.tab(t, phone)
		v.weighed()
		v.open(path)
		bytes, fetched := v.weighed()
		t.Logf("%s: %d bytes in %d answers", path, bytes, len(fetched))
		if bytes > firstVisit || bytes == 0 {
			t.Errorf("%s weighs %d bytes, want 1 to %d: %q", path, bytes, firstVisit, fetched)
		}
	}
	v := r.tab(t, phone)
	v.past() // a lesson weighs what a phone without the worker fetches
	v.enter(reader)
	// the page before has what it fetches late
	v.await(`["db", "log", "outbox", "vault"].every((name) => performance.getEntriesByType("resource").some((r) => r.name.includes("/" + name + ".")))`)
	v.weighed()
	v.open("/courses/LS3/" + shipped()["LS3"].Lessons()[0].ID)
	bytes, fetched := v.weighed()
	t.Logf("first lesson: %d bytes in %d answers", bytes, len(fetched))
	if bytes > lessonVisit || bytes == 0 {
		t.Errorf("a lesson weighs %d bytes, want 1 to %d: %q", bytes, lessonVisit, fetched)
	}
}

// Every lesson of every course is small in both languages: the page and what it alone shows. What the first visit
// brought is kept by the browser.
func TestEveryLessonIsSmall(t *testing.T) {
	r := enter(t)
	w := r.weigher(t)
	known := map[string]bool{}
	for _, address := range parts(t, w.get("/")) {
		known[address] = true
	}
	r.signIn(t, w.client, reader)
	heaviest, where := 0, ""
	for _, lang := range []string{"vi", "en"} {
		w.post("/language", url.Values{"lang": {lang}, "back": {"/"}})
		for id, c := range shipped() {
			for _, l := range c.Lessons() {
				path := "/courses/" + id + "/" + l.ID
				w.bytes.Store(0)
				page := w.get(path)
				if !strings.Contains(page, `<html lang="`+lang+`"`) {
					t.Fatalf("%s is not in %s", path, lang)
				}
				for _, address := range parts(t, page) {
					if !known[address] {
						w.get(address)
					}
				}
				n := int(w.bytes.Load())
				if n > lessonVisit || n == 0 {
					t.Errorf("%s in %s weighs %d bytes, want 1 to %d", path, lang, n, lessonVisit)
				}
				if n > heaviest {
					heaviest, where = n, path+" in "+lang
				}
			}
		}
	}
	t.Logf("the heaviest lesson weighs %d bytes: %s", heaviest, where)
}

// thin2G is the network of a village on a bad day: 50 kbit a second both ways, and half a second from a request to the
// head of its answer. The browser puts no round trip of its own before that for a new connection.
var thin2G = network.Conditions{Latency: 500, DownloadThroughput: 50_000 / 8, UploadThroughput: 50_000 / 8}

// How long a learner waits at most on such a network until a lesson can be read, with nothing in the phone's cache and
// for the next one. A busy machine may take three times as long before the test fails.
const (
	readFirst = 12 * time.Second
	readNext  = 4 * time.Second
)

// A lesson can soon be read on the worst network: that is when the largest text of the first screen is painted, with
// its style.
func TestLessonReadableOnAThinNetwork(t *testing.T) {
	r := enter(t)
	v := r.tab(t, phone)
	v.enter(reader)
	v.network(thin2G)
	lessons := shipped()["LS3"].Lessons()
	for _, visit := range []struct {
		name         string
		lesson       string
		cold         bool
		bytes        int
		goal, atMost time.Duration
	}{
		{"first visit", lessons[0].ID, true, firstVisit, readFirst, 3 * readFirst},
		{"next lesson", lessons[1].ID, false, lessonVisit, readNext, 3 * readNext},
	} {
		if visit.cold {
			v.forget()
		}
		v.weighed()
		v.open("/courses/LS3/" + visit.lesson)
		p := v.painted()
		bytes, fetched := v.weighed()
		t.Logf("%s: %d bytes in %d answers; first paint %v, readable after %v (goal %v)", visit.name, bytes, len(fetched), p.first, p.text, visit.goal)
		if bytes > visit.bytes || bytes == 0 {
			t.Errorf("%s weighs %d bytes, want 1 to %d: %q", visit.name, bytes, visit.bytes, fetched)
		}
		if p.kept == visit.cold {
			t.Errorf("%s: the style was in the cache: %v", visit.name, p.kept)
		}
		if least := time.Duration(thin2G.Latency) * time.Millisecond; p.text < least || p.text > visit.atMost {
			t.Errorf("%s is readable after %v, want %v to %v", visit.name, p.text, least, visit.atMost)
		}
	}
}

// network puts the visitor on another network.
func (v *tab) network(c network.Conditions) {
	v.t.Helper()
	v.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{&c}})
		return err
	}))
}

// past has pages ask the network themselves, past the worker.
func (v *tab) past() {
	v.t.Helper()
	v.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.SetBypassServiceWorker, network.SetBypassServiceWorkerParams{Bypass: true})
		return err
	}))
}

// forget empties the browser's cache. Who is signed in stays so.
func (v *tab) forget() {
	v.t.Helper()
	v.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.ClearBrowserCache, cdp.Empty{})
		return err
	}))
}

// paints is when a page could be seen, from the moment that its address was asked for.
type paints struct {
	first time.Duration // anything
	text  time.Duration // the largest text of the first screen, which is the lesson's
	kept  bool          // the style was in the cache
}

// painted asks the browser when it painted the lesson.
func (v *tab) painted() paints {
	v.t.Helper()
	got := look[struct {
		First, Text float64 // milliseconds
		Lesson      bool
		Styles      []bool // in the cache
	}](v, `new Promise((tell) => new PerformanceObserver((seen) => {
		const largest = seen.getEntries().at(-1);
		tell({
			first: performance.getEntriesByName("first-contentful-paint")[0].startTime, text: largest.startTime, lesson: !!largest.element.closest("[data-lesson]"),
			styles: performance.getEntriesByType("resource").filter((r) => r.initiatorType === "link" && r.name.endsWith(".css")).map((r) => r.transferSize === 0),
		});
	}).observe({ type: "largest-contentful-paint", buffered: true }))`)
	if !got.Lesson || len(got.Styles) != 1 {
		v.t.Fatalf("the largest text that was painted is the lesson's: %v; styles: %d, want 1\n%s", got.Lesson, len(got.Styles), v.where())
	}
	at := func(ms float64) time.Duration {
		return time.Duration(ms * float64(time.Millisecond)).Round(time.Millisecond)
	}
	return paints{first: at(got.First), text: at(got.Text), kept: got.Styles[0]}
}

// weigher is a visitor without a browser who counts every byte of the answers.
type weigher struct {
	t      testing.TB
	base   string
	client *http.Client
	bytes  atomic.Int64
}

func (r *demoRegion) weigher(t testing.TB) *weigher {
	t.Helper()
	w := &weigher{t: t, base: r.base, client: r.visitor(t)}
	w.client.Transport = &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return weighed{c, &w.bytes}, err
	}}
	return w
}

// weighed is a connection that counts what comes in.
type weighed struct {
	net.Conn
	bytes *atomic.Int64
}

func (w weighed) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.bytes.Add(int64(n))
	return n, err
}

// get asks as a browser does, for a packed answer, and unpacks it.
func (w *weigher) get(path string) string {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.base+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip, deflate, br")
	res, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %s", path, res.Status)
	}
	var body io.Reader = res.Body
	switch packed := res.Header.Get("Content-Encoding"); packed {
	case "br":
		body = brotli.NewReader(body)
	case "":
	default:
		w.t.Fatalf("%s is packed with %q, want br", path, packed)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

func (w *weigher) post(path string, form url.Values) {
	w.t.Helper()
	res, err := w.client.PostForm(w.base+path, form)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %s, %v", path, res.Status, err)
	}
}

// parts are the addresses of what a browser fetches for a page, each once.
func parts(t testing.TB, page string) []string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	var all []string
	for _, n := range cascadia.QueryAll(doc, cascadia.MustCompile("[src], link[href], object[data], [srcset]")) {
		for _, a := range n.Attr {
			switch a.Key {
			case "srcset", "data":
				t.Fatalf("the test does not know how heavy %s=%q is", a.Key, a.Val)
			case "src", "href":
				if !seen[a.Val] {
					seen[a.Val] = true
					all = append(all, a.Val)
				}
			}
		}
	}
	return all
}
