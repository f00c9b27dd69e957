package server

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"lopban/content"
	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
	"lopban/courses/store"
	"lopban/courses/store/mongodb"
	"lopban/courses/store/mongodb/mongotest"
	"lopban/courses/store/sqlite"
	"lopban/courses/store/sqlite/sqlitetest"
	"lopban/courses/store/storetest"
)

// visited is a server on a real store, with the real content and a clock that stands still until it is moved.
type visited struct {
	*Server
	t     testing.TB
	mu    sync.Mutex
	clock time.Time
}

// begun is when the tests' clock starts: a morning in Vietnam.
var begun = time.Date(2026, 12, 5, 2, 0, 0, 0, time.UTC)

// newSite is on the embedded store, or with LOPBAN_TEST_ENGINE=mongodb on MongoDB, so that the whole package can be run
// on either.
func newSite(t testing.TB) *visited {
	t.Helper()
	if os.Getenv("LOPBAN_TEST_ENGINE") != "mongodb" {
		return newSiteOn(t, sqlitetest.Open(t, programme.Kinds()...))
	}
	st, err := mongodb.Open(t.Context(), mongotest.Start(t), programme.Kinds()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return newSiteOn(t, st)
}

// cheap is for tests that do not judge what a password costs.
var cheap = accounts.Cost{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

func newSiteOn(t testing.TB, st store.Store) *visited {
	t.Helper()
	s := &visited{t: t, clock: begun}
	_, embedded := inner(st).(*sqlite.Store)
	var err error
	s.Server, err = New(t.Context(), Config{Config: programme.Config{Store: st, Content: content.FS, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), Now: s.now, BaseURL: "http://lopban.test", Alone: embedded, SecondGrace: 14 * 24 * time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	s.Accounts.Cost = cheap
	t.Cleanup(func() { s.Background.Stop() })
	return s
}

// inner is the engine of a store that is watched.
func inner(st store.Store) store.Store {
	switch st := st.(type) {
	case *storetest.Recorder:
		return st.Store
	case *storetest.Meter:
		return st.Store
	}
	return st
}

func (s *visited) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock
}

func (s *visited) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = s.clock.Add(d)
}

// publish publishes a course written as files.
func (s *visited) publish(files map[string]string) *courses.Version {
	s.t.Helper()
	bytes := map[string][]byte{}
	for name, text := range files {
		bytes[name] = []byte(text)
	}
	p, mistakes := authoring.LoadFiles(bytes)
	if mistakes.Errors() {
		s.t.Fatal(mistakes)
	}
	v, _, err := s.School.Publish(s.t.Context(), p.Version)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// shortCourse has a lesson to read and a lesson with a quiz of every kind.
func shortCourse(id string, strand courses.Strand) map[string]string {
	return map[string]string{
		"course.yaml": `id: ` + id + `
strand: ` + string(strand) + `
title: {vi: "Khóa ngắn ` + id + `", en: "Short course ` + id + `"}
summary: {vi: "Thử mọi thứ.", en: "Try everything."}
periods: 1
pass_mark: 60
validity_months: 12
modules:
  - id: mot
    title: {vi: "Phần một", en: "Part one"}
    lessons:
      - {id: doc, title: {vi: "Bài đọc", en: "Reading"}, objective: {vi: "Đọc được", en: "Read"}, minutes: 5}
      - {id: thu, title: {vi: "Bài thử", en: "Testing"}, objective: {vi: "Thử được", en: "Test"}, minutes: 10}
`,
		"lessons/doc.vi.md": "## Mở đầu\n\nĐọc đi.\n", "lessons/doc.en.md": "## Start\n\nRead on.\n",
		"lessons/thu.vi.md": "## Mở đầu\n\nThử đi.\n\n## Sau đó\n\nXong.\n", "lessons/thu.en.md": "## Start\n\nTry.\n\n## Then\n\nDone.\n",
		"lessons/thu.vi.gift": quizText, "lessons/thu.en.gift": quizText,
	}
}

const quizText = `// [id:one] [tag:section-2]
::one:: Which? {=right#yes, because ~wrong#no, because}

// [id:many]
::many:: Which ones? {~%50%a#a is right ~%50%b#b is right ~%-100%c#c is wrong ####all of it}

// [id:true]
::true:: Is it? {T#it is#well seen}

// [id:word]
::word:: What word? {=Điện Biên ####the word}

// [id:number]
::number:: How many? {#12:0.5 ####about twelve}

// [id:pair]
::pair:: Match. {=first -> mot =second -> hai =third -> ba ####pairs}
`

// rightAnswers answers every question of a quiz rightly, from its key.
func rightAnswers(q courses.Quiz) map[string]any {
	answers := map[string]any{}
	for _, question := range q.Questions {
		switch question.Kind {
		case courses.SingleChoice, courses.MultipleChoice:
			var ids []string
			for _, o := range question.Options {
				if o.Weight > 0 {
					ids = append(ids, o.ID)
				}
			}
			answers[question.ID] = ids
			if question.Kind == courses.SingleChoice {
				answers[question.ID] = ids[0]
			}
		case courses.TrueFalse:
			answers[question.ID] = question.Options[0].ID == "true" == (question.Options[0].Weight == 1)
		case courses.ShortAnswer:
			answers[question.ID] = question.Accepted[0].Text
		case courses.Numerical:
			answers[question.ID] = question.Ranges[0].Min
		case courses.Matching:
			pairs := map[string]string{}
			for _, p := range question.Pairs {
				if p.Left != "" {
					pairs[p.Left] = p.Right
				}
			}
			answers[question.ID] = pairs
		}
	}
	return answers
}

// person puts somebody on the roster, with an account.
func (s *visited) person(name, commune string) roster.Account {
	s.t.Helper()
	p, err := s.Roll.Add(s.t.Context(), roster.Entry{Name: name, Post: "Thủ thư", Library: "Thư viện xã", Commune: commune, On: roster.Day(begun).AddDate(-1, 0, 0)}, "operator")
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.Board.RefreshStanding(s.t.Context(), p.ID); err != nil {
		s.t.Fatal(err)
	}
	return s.account(p.ID, name, "", roster.Learner)
}

// account makes an account without a password: nobody can sign in to it but as below.
func (s *visited) account(id, name, province string, roles ...roster.Role) roster.Account {
	s.t.Helper()
	a, _, err := s.Accounts.Create(s.t.Context(), roster.Operator(), id, name, roles, province)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// client is a browser without scripts, or a program: it keeps cookies and follows no redirect.
type client struct {
	*visited
	cookies map[string]string
	bearer  string
	accept  string // of the Accept header
}

// takes is the client that asks for answers of a media type.
func (c *client) takes(mediaType string) *client {
	other := *c
	other.accept = mediaType
	return &other
}

func (s *visited) anyone() *client { return &client{visited: s, cookies: map[string]string{}} }

// as begins a session for an account, as a right password would.
func (s *visited) as(a roster.Account) *client {
	s.t.Helper()
	t, err := s.Sessions.Start(context.Background(), a)
	if err != nil {
		s.t.Fatal(err)
	}
	c := s.anyone()
	for _, k := range cookiesOf(t, s.now(), false) {
		c.cookies[k.Name] = k.Value
	}
	return c
}

// reply is an answer, read whole.
type reply struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   string
}

func (c *client) do(method, path, contentType string, body io.Reader) *reply {
	c.t.Helper()
	r := httptest.NewRequest(method, path, body)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if c.accept != "" {
		r.Header.Set("Accept", c.accept)
	}
	if c.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	res, err := c.app.Test(r, -1)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, k := range res.Cookies() {
		if k.MaxAge < 0 {
			delete(c.cookies, k.Name)
		} else {
			c.cookies[k.Name] = k.Value
		}
	}
	return &reply{c.t, res.StatusCode, res.Header, string(text)}
}

func (c *client) get(path string) *reply {
	c.t.Helper()
	return c.do(http.MethodGet, path, "", nil)
}

func (c *client) post(path string, form url.Values) *reply {
	c.t.Helper()
	return c.do(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (c *client) send(method, path string, body any) *reply {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.do(method, path, "application/json", strings.NewReader(string(text)))
}

// want fails the test unless the answer has this status.
func (r *reply) want(status int) *reply {
	r.t.Helper()
	if r.Status != status {
		r.t.Fatalf("status %d, want %d: %.600s", r.Status, status, r.text())
	}
	return r
}

// leads is where a redirect goes.
func (r *reply) leads() string {
	r.t.Helper()
	r.want(http.StatusSeeOther)
	return r.Header.Get("Location")
}

// json reads the body into a value.
func (r *reply) json(into any) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.Body), into); err != nil {
		r.t.Fatalf("%v: %.300s", err, r.Body)
	}
}

// find gives the elements of the page that a selector matches.
func (r *reply) find(selector string) []*html.Node {
	r.t.Helper()
	doc, err := html.Parse(strings.NewReader(r.Body))
	if err != nil {
		r.t.Fatal(err)
	}
	return cascadia.QueryAll(doc, cascadia.MustCompile(selector))
}

// one gives the text of the only element that a selector matches.
func (r *reply) one(selector string) string {
	r.t.Helper()
	nodes := r.find(selector)
	if len(nodes) != 1 {
		r.t.Fatalf("%d elements match %s: %.600s", len(nodes), selector, r.text())
	}
	return textOf(nodes[0])
}

// attr gives an attribute of the first element that a selector matches.
func (r *reply) attr(selector, name string) string {
	r.t.Helper()
	for _, n := range r.find(selector) {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val
			}
		}
	}
	r.t.Fatalf("nothing matches %s with %s", selector, name)
	return ""
}

// text is what the page's main part says.
func (r *reply) text() string {
	doc, err := html.Parse(strings.NewReader(r.Body))
	if err != nil {
		return r.Body
	}
	if main := cascadia.Query(doc, cascadia.MustCompile("main")); main != nil {
		return textOf(main)
	}
	return r.Body
}

func textOf(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data + " ")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

// looksUpMuch lets a test look up more certificates than an address may: what others count is not asked, and what this
// process counts is taken away where the test says "as a minute later".
func (s *visited) looksUpMuch() {
	s.limits.Codes.Spend = func(context.Context, string, int, int, time.Duration) (time.Duration, error) { return 0, nil }
}
