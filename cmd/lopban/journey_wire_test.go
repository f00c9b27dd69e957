package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/andybalholm/cascadia"
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
	v.enter(reader)
	v.weighed()
	v.open("/courses/LS3/" + shipped()["LS3"].Lessons()[0].ID)
	bytes, fetched := v.weighed()
	t.Logf("first lesson: %d bytes in %d answers", bytes, len(fetched))
	if bytes > lessonVisit || bytes == 0 {
		t.Errorf("a lesson weighs %d bytes, want 1 to %d: %q", bytes, lessonVisit, fetched)
	}
}

// Every lesson of every course is small in both languages: the page and what it alone shows. What the first visit brought is kept by the browser.
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

// weigher is a visitor without a browser who counts every byte of the answers.
type weigher struct {
	t      testing.TB
	base   string
	client *http.Client
	bytes  atomic.Int64
}

func (r *demoRegion) weigher(t testing.TB) *weigher {
	t.Helper()
	w := &weigher{t: t, base: r.base, client: r.program(t)}
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
