package server

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"

	"lopban/content"
	"lopban/courses"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/store/sqlite/sqlitetest"
	"lopban/server/edge"
)

// with sends a request that has these headers too, in pairs.
func (c *client) with(method, path, contentType, body string, headers ...string) *reply {
	c.t.Helper()
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	u, err := url.Parse(path)
	if err != nil { // sent as it is
		u = &url.URL{Path: "/", Opaque: path}
	}
	r.URL, r.RequestURI = u, path
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if c.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	res, err := c.app.Test(r, -1)
	if err != nil { // it cannot be read: TestWhatCannotBeReadIsAnswered is about the answer
		return &reply{c.t, http.StatusBadRequest, nil, ""}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return &reply{c.t, res.StatusCode, res.Header, string(text)}
}

const formType = "application/x-www-form-urlencoded"

// hostile is a text that would do something wherever it is not taken as text; field tells where it came from.
func hostile(field string) string {
	return `<script>` + field + `()</script><img src=x onerror=` + field + `()>"'{{.}}</title></textarea><!--`
}

// harmed says what of a page did not stay text.
func harmed(r *reply) string {
	doc, err := html.Parse(strings.NewReader(r.Body))
	if err != nil {
		return err.Error()
	}
	var found []string
	for n := range doc.Descendants() {
		if n.Type == html.CommentNode || n.Type == html.ElementNode && n.Data == "script" && n.FirstChild != nil && !isData(n) {
			found = append(found, n.Type.String()+n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || strings.ContainsAny(a.Key, `<>"'{`) || a.Key == "src" && a.Val == "x" || strings.HasPrefix(a.Val, "javascript:") {
				found = append(found, n.Data+" "+a.Key+"="+a.Val)
			}
		}
	}
	return strings.Join(found, "; ")
}

// isData says whether a script is none: words for a script of ours, which no browser runs.
func isData(script *html.Node) bool {
	return slices.Contains(script.Attr, html.Attribute{Key: "type", Val: "application/json"})
}

func TestHostileWordsStayWordsOnEveryPage(t *testing.T) {
	g := newGuarded(t)
	admin := g.asWho("admin")
	nfd, right, emoji := norm.NFD.String("Vàng Thị Mỷ"), "\u202eđảo ngược", "📚"
	entry := func(c *client, person, token string) *reply {
		return c.post("/roster", url.Values{"province": {"08"}, "token": {token}, "name": {person}, "library": {hostile("library") + right}, "post": {hostile("post") + nfd},
			"commune": {lungCu}, "on": {"2026-12-01"}, "different": {"yes"}})
	}
	person := strings.TrimPrefix(entry(admin, "Sùng "+nfd, "0123456789abcdef").leads(), "/roster/")
	person, _, _ = strings.Cut(person, "?")
	learner := g.as(g.account(person, "Sùng Vàng Thị Mỷ", "", roster.Learner))
	code := g.words.Replace("{dua.code}")
	admin.post("/certificates/"+code+"/revoke", url.Values{"reason": {"other"}, "note": {hostile("reason") + right + emoji}}).want(303)
	second := g.as(g.account("", "Người Thứ Hai", "08", roster.Staff))
	second.post("/certificates/"+code+"/answer", url.Values{"do": {"agree"}}).want(303)
	issuer := issuerForm()
	for _, field := range []string{"parent", "name", "head", "capacity", "signer", "town"} {
		issuer.Set(field, "<b onclick=x>"+field+`"'{{.}}`)
	}
	admin.post("/admin/issuers/08", issuer).want(303)
	file := columns + "<script>cell()</script>,<img src=x onerror=cell()>,\"=cell()\"\"><script>\",Thư viện,Lũng Cú<!--,\n" + "Lò Thị Dí,,<script>fresh()</script>,<img src=x onerror=fresh()>,Lũng Cú,01/12/2026\n"
	upload := g.asWho("staff").upload(`<img src=x onerror=file()>.csv`, []byte(file)).leads()

	type ask struct {
		who  string
		c    *client
		path string
	}
	asks := []ask{}
	for _, row := range matrix {
		if row.method == http.MethodGet {
			for i, who := range visitors {
				if row.want[i] == 200 {
					asks = append(asks, ask{who, g.asWho(who), g.path(row)})
				}
			}
		}
	}
	for _, path := range []string{"/roster/" + person, upload, "/v/" + code, "/certificates/" + code, "/api/v1/certificates/" + code, "/admin/issuers/08", "/roster?province=08&q=" + url.QueryEscape(hostile("search")),
		"/claim?code=" + url.QueryEscape(hostile("claim")), "/sign-in?next=/" + url.QueryEscape(hostile("next")), "/" + url.PathEscape(hostile("path")) + "?" + hostile("query")} {
		asks = append(asks, ask{"admin", g.asWho("admin"), path}, ask{"anyone", g.anyone(), path})
	}
	asks = append(asks, ask{"learner", learner, "/me"}, ask{"learner", learner, "/"})
	seen := ""
	judge := func(what string, r *reply) {
		switch kind := r.Header.Get("Content-Type"); {
		case strings.HasPrefix(kind, "text/html"):
			if bad := harmed(r); bad != "" {
				t.Errorf("%s: %s", what, bad)
			}
			doc, _ := html.Parse(strings.NewReader(r.Body))
			seen += textOf(doc)
			for _, input := range r.find("input[value]") {
				for _, a := range input.Attr {
					seen += " " + a.Val
				}
			}
		}
	}
	for _, lang := range []string{"vi", "en"} {
		for _, a := range asks {
			if lang == "en" && a.who != "admin" {
				continue
			}
			a.c.cookies["lang"] = lang
			if strings.HasPrefix(a.path, "/v") || strings.HasPrefix(a.path, "/api/v1/certificates/") {
				g.limits.Codes.Of = nil // as a minute later
			}
			judge(a.who+" "+a.path, a.c.with("GET", a.path, "", ""))
		}
	}
	judge("typed login", g.anyone().post("/sign-in", url.Values{"login": {hostile("login")}, "password": {"x"}, "next": {hostile("next")}}).want(401))
	judge("typed name", admin.post("/admin", url.Values{"name": {hostile("newcomer")}, "role": {hostile("role")}}).want(422))
	judge("typed person", admin.post("/roster/"+person+"/correct", url.Values{"name": {hostile("corrected")}, "phone": {hostile("phone")}, "kind": {hostile("kind")}}).want(422))
	judge("typed day", admin.post("/roster/"+person+"/leave", url.Values{"on": {hostile("day")}}).want(422))
	judge("typed answer", learner.post("/courses/K1/thu/quiz", url.Values{"id": {hostile("attempt")}, "q.number": {hostile("number")}, "q.word": {hostile("word")}}).want(422))
	for _, field := range []string{"library()", "post()", "reason()", "cell()", "fresh()", "file()", `town"'{{.}}`, "corrected()", "search()", "day()"} {
		if !strings.Contains(seen, field) {
			t.Errorf("%s is shown nowhere: nothing was tried", field)
		}
	}
	if strings.Contains(seen, "\u202e") {
		t.Error("a text turns the reading direction of what follows it")
	}
}

func TestOtherSitesChangeNothing(t *testing.T) {
	g := newGuarded(t)
	c := g.asWho("admin")
	before := g.contents()
	for _, row := range matrix {
		if row.method == http.MethodGet {
			continue
		}
		for _, headers := range [][]string{
			{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Origin", "http://lopban.test.evil.example"}, {"Origin", "http://lopban.test@evil.example"}, {"Origin", "file://"},
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "cross-site", "Origin", "http://lopban.test"}, {"Sec-Fetch-Site", "CROSS-SITE"},
			{"Referer", "https://evil.example/lopban.test/"}, {"Referer", "http://lopban.test.evil.example/"}, {"Origin", "null", "Referer", "http://lopban.test/me"}, {"Referer", "about:client"},
			// what stands there by TLS is another site
			{"Origin", "https://lopban.test"}, {"Referer", "https://lopban.test/me"},
		} {
			kind := formType
			if strings.HasPrefix(row.form, "{\"") {
				kind = "application/json"
			}
			if r := c.with(row.method, g.path(row), kind, g.words.Replace(row.form), headers...); r.Status != 403 {
				t.Errorf("%s %s with %v: %d", row.method, row.pattern, headers, r.Status)
			}
		}
	}
	if g.contents() != before {
		t.Error("something changed")
	}
}

// asClient is asWho with the same session each time, so that asking changes nothing.
func (g *guarded) asClient(who string) *client {
	if g.kept == nil {
		g.kept = map[string]*client{}
	}
	if g.kept[who] == nil {
		g.kept[who] = g.asWho(who)
	}
	return g.kept[who]
}

// elsewhere are addresses that a browser might follow off the site.
var elsewhere = []string{"//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, `/\/evil.example`, "https://evil.example", "https:evil.example", "HTTPS:/evil.example", "javascript:alert(1)", "data:text/html,x",
	"/\t/evil.example", "\t//evil.example", "/\n/evil.example", " //evil.example", "/%0d%0aLocation: //evil.example", "//evil.example/%2f..", "evil.example", "", "/\x00/evil.example", "http://lopban.test@evil.example/", "//", "\u2028//evil.example", "?//evil", "#"}

func TestRedirectsStayOnTheSite(t *testing.T) {
	s := newSite(t)
	a := s.person("Vàng Thị Mỷ", lungCu)
	s.withPassword(a, "vang.my", "mot cau de nho")
	c := s.as(s.account("", "Trần Thu Hà", "", roster.Office))
	stays := func(what, to string, r *reply) {
		t.Helper()
		at := r.leads()
		if !strings.HasPrefix(at, "/") || strings.HasPrefix(at, "//") || strings.ContainsAny(at, "\\\t\r\n\x00") {
			t.Errorf("%s with %q leads to %q", what, to, at)
		}
	}
	for i, to := range elsewhere {
		stays("language", to, s.anyone().post("/language", url.Values{"back": {to}}))
		stays("sign-in page", to, c.get("/sign-in?next="+url.QueryEscape(to)))
		if i >= 6 { // a password takes its time
			continue
		}
		stays("sign-in", to, s.anyone().post("/sign-in", url.Values{"login": {"vang.my"}, "password": {"mot cau de nho"}, "next": {to}}))
	}
	stays("members", "//evil.example", s.anyone().with("GET", "/certificates?//evil.example", "", ""))
	if r := s.anyone().with("GET", "//evil.example/..", "", ""); r.Status != 404 || r.attr("input[name=back]", "value") == "" {
		t.Errorf("//evil.example: %d", r.Status)
	}
}

// missingHeaders are those that every answer should have, whatever it is, and this one has not.
func missingHeaders(r *reply) (missing []string) {
	for name, value := range map[string]string{"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "", "Cross-Origin-Resource-Policy": ""} {
		if !strings.HasPrefix(r.Header.Get(name), value) || r.Header.Get(name) == "" {
			missing = append(missing, name+"="+r.Header.Get(name))
		}
	}
	if forOthers := r.Header.Get("Access-Control-Allow-Origin") == "*"; forOthers != (r.Header.Get("Cross-Origin-Resource-Policy") == "cross-origin") {
		missing = append(missing, "one of the two for pages of other sites")
	}
	return missing
}

// forAll begin the addresses whose answers are the same for everybody, and may be kept.
var forAll = []string{"/assets", "/media", "/sw.js", "/manifest.webmanifest", "/v/keys", "/v/states", "/v/sw.js", "/.well-known", "/badges/keys", "/badges/issuers", "/badges/status"}

func TestEveryAnswerHasItsHeaders(t *testing.T) {
	g := newGuarded(t)
	judge := func(what string, r *reply, personal bool) {
		if missing := missingHeaders(r); missing != nil {
			t.Errorf("%s (%d) lacks %v", what, r.Status, missing)
		}
		if personal && r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept: %s", what, r.Header.Get("Cache-Control"))
		}
		if r.Header.Get("Server") != "" || r.Header.Get("X-Powered-By") != "" {
			t.Errorf("%s tells what answers", what)
		}
	}
	for _, row := range matrix {
		if row.method == http.MethodGet {
			lesson := row.pattern == "/courses/:id/:lesson" // a text that anyone may read, kept for the way back
			r := g.ask(g.asWho("admin"), row, "admin")
			judge(row.path+row.pattern, r, !lesson && !slices.ContainsFunc(forAll, func(path string) bool {
				return strings.HasPrefix(row.pattern, path)
			}))
			if got := r.Header.Get("Cache-Control"); lesson && got != "private, no-cache" {
				t.Errorf("a lesson may be kept by others, or is shown without asking: %s", got)
			}
		}
	}
	c := g.asWho("admin")
	for _, method := range []string{"OPTIONS", "TRACE", "PUT", "PATCH", "CONNECT", "DELETE", "FOO", "get"} {
		r := c.with(method, "/me", "", "")
		if r.Body != "Invalid http method" { // an answer of fiber's own, with nothing in it
			judge(method, r, true)
		}
		if r.Status < 400 || r.Status >= 500 || method == "TRACE" && strings.Contains(r.Body, "lopban-access") {
			t.Errorf("%s: %d", method, r.Status)
		}
	}
	for what, r := range map[string]*reply{
		"no such page":     c.get("/nowhere"),
		"large bearer":     g.anyone().with("GET", "/me", "", "", "Authorization", "Bearer "+strings.Repeat("a", 15<<10)),
		"large cookie":     g.anyone().with("GET", "/me", "", "", "Cookie", "lopban-access="+strings.Repeat("a", 15<<10)),
		"packed body":      c.with("POST", "/api/v1/facts", "application/json", "x", "Content-Encoding", "gzip"),
		"long address":     c.with("GET", "/"+strings.Repeat("a", 12<<10), "", ""),
		"10000 parameters": c.with("GET", "/board?"+strings.Repeat("a&", 5000), "", ""),
		"cross-site":       c.with("POST", "/sign-out", formType, "", "Origin", "https://evil.example"),
	} {
		judge(what, r, true)
		if r.Status >= 500 {
			t.Errorf("%s: %d", what, r.Status)
		}
	}
}

// newSecure is a site that visitors reach by https, behind a proxy.
func newSecure(t *testing.T, proxies ...string) *visited {
	st := sqlitetest.Open(t, programme.Kinds()...)
	s := &visited{t: t, clock: begun}
	var err error
	s.Server, err = New(t.Context(), Config{Config: programme.Config{Store: st, Content: content.FS, Log: slog.New(slog.DiscardHandler), Now: s.now, BaseURL: "https://lopban.test"}, TrustedProxies: proxies})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCookiesOverTLSBelongToTheHost(t *testing.T) {
	s := newSecure(t)
	s.withPassword(s.person("Vàng Thị Mỷ", lungCu), "vang.my", "mot cau de nho")
	in := s.anyone().post("/sign-in", url.Values{"login": {"vang.my"}, "password": {"mot cau de nho"}}).want(303)
	out := s.anyone().post("/sign-out", nil).want(303)
	lang := s.anyone().post("/language", url.Values{"lang": {"en"}}).want(303)
	n := 0
	for _, r := range []*reply{in, out, lang} {
		if r.Header.Get("Strict-Transport-Security") == "" {
			t.Error("no HSTS")
		}
		for _, line := range r.Header.Values("Set-Cookie") {
			n++
			k, err := http.ParseSetCookie(line)
			if err == nil && strings.HasPrefix(k.Name, "__Secure-"+devicePrefix) && k.Path == "/sign-in" {
				k.Path, k.Name = "/", "__Host-" // what a neighbour sets has no digest of ours, and is good for nothing
			}
			if err != nil || !k.HttpOnly || !k.Secure || k.SameSite != http.SameSiteLaxMode || k.Domain != "" || k.Path != "/" {
				t.Errorf("cookie %q: %v", line, err)
			}
			if k != nil && k.Name != "lang" && !strings.HasPrefix(k.Name, "__Host-") {
				t.Errorf("cookie %s can be set by a neighbour", k.Name)
			}
		}
	}
	if n != 6 {
		t.Errorf("%d cookies", n)
	}
}

func TestHostileTokensAreNobodys(t *testing.T) {
	s := newSite(t)
	a := s.account("", "Phạm Minh Sơn", "", roster.Admin)
	good := s.as(a).cookies
	access, renewal := good[accessCookie(false)], good[renewalCookie(false)]
	parts := strings.Split(access, ".")
	claims := parts[1]
	ended := s.as(a)
	old := ended.cookies[accessCookie(false)]
	ended.post("/sign-out", nil).want(303)
	for what, token := range map[string]string{
		"empty": "", "space": " ", "word": "x", "refresh token": renewal, "alg none": piece(`{"alg":"none","typ":"at+jwt"}`) + "." + claims + ".", "no signature": parts[0] + "." + claims + ".",
		"another key": signed(make([]byte, 32), `{"alg":"HS256","typ":"at+jwt"}`, `{"sub":"`+a.ID+`"}`), "signature of zeros": parts[0] + "." + claims + "." + strings.Repeat("A", 43),
		"four parts": access + ".x", "twice": access + "," + access, "unicode": access + "é", "path as kid": piece(`{"alg":"HS256","kid":"../../dev/null","typ":"at+jwt"}`) + "." + claims + "." + parts[2],
		"long": access + strings.Repeat("A", 4000), "of an ended session": old, "another's claims": parts[0] + "." + piece(`{"sub":"ADMN000001"}`) + "." + parts[2],
	} {
		if r := s.anyone().with("GET", "/api/v1/me", "", "", "Authorization", "Bearer "+token); r.Status != 401 {
			t.Errorf("%s as bearer: %d %s", what, r.Status, r.Body)
		}
		if r := s.anyone().with("GET", "/admin", "", "", "Cookie", "lopban-access="+url.QueryEscape(token)); r.Status != 303 && r.Status != 401 {
			t.Errorf("%s as cookie: %d", what, r.Status)
		}
		if r := s.anyone().send("POST", "/api/v1/session/refresh", map[string]string{"refresh": token}); r.Status != 401 && token != renewal {
			t.Errorf("%s as refresh token: %d", what, r.Status)
		}
	}
}

// values that no field expects.
var oddValues = []string{"%ff%fe", "%00", "a%00b", "%27%22--", "%2e%2e%2f%2e%2e%2f", "9223372036854775807!x", "99999999999999999999", "-1", "a!b", "!", "0000-00-00", "9999-12-31", "-0001-01-01", "2026-12-05T02:00:00Z", "%25s%25d%25n",
	"%7b%24gt%7d", "%24where", strings.Repeat("A", 4000), "%f0%9f%93%9a%e2%80%ae", "%25%2500"}

func TestOddParametersAreNoFaultOfTheProgram(t *testing.T) { oddParameters(t, newGuarded(t)) }

func oddParameters(t *testing.T, g *guarded) {
	c := g.asClient("admin")
	for path, params := range map[string]string{
		"/board": "by province commune asOf done", "/missing": "by province commune asOf", "/roster": "province commune q status after", "/roster/new": "province commune", "/roster/export.csv": "province commune",
		"/roster/import": "province", "/author": "course", "/admin": "after", "/admin/audit": "before", "/v": "code", "/claim": "code", "/sign-in": "next", "/courses/K1/thu/quiz": "attempt",
		"/admin/issuers/08/sample.pdf": "name town", "/api/v1/board": "by province asOf", "/api/v1/reports/missing.json": "by province commune asOf lang", "/api/v1/reports/completions.csv": "by province commune asOf",
		"/api/v1/people": "province commune after", "/api/v1/courses/K1/lessons/thu": "lang", "/": "done",
	} {
		for name := range strings.FieldsSeq(params) {
			for _, value := range oddValues {
				query := "?" + name + "=" + value
				if name != "province" && strings.Contains("/roster /roster/export.csv /api/v1/people", path) {
					query += "&province=08"
				}
				*g.limits = *edge.NewLimits()
				g.looksUpMuch()
				if r := c.with("GET", path+query, "", ""); r.Status >= 500 {
					t.Errorf("GET %s%.80s: %d", path, query, r.Status)
				}
			}
		}
	}
	for _, route := range g.app.GetRoutes(true) {
		if !strings.Contains(route.Path, ":") || route.Method == http.MethodHead {
			continue
		}
		for _, value := range oddValues {
			path := route.Path
			for _, p := range route.Params {
				path = strings.Replace(path, ":"+p, value, 1)
			}
			if r := c.with(route.Method, path, formType, ""); r.Status >= 500 {
				t.Errorf("%s %.80s: %d", route.Method, path, r.Status)
			}
		}
	}
}

func TestOddFieldsAreNoFaultOfTheProgram(t *testing.T) { oddFields(t, newGuarded(t)) }

func oddFields(t *testing.T, g *guarded) {
	n := 0
	for _, row := range matrix {
		if row.method != http.MethodPost || row.form == "" || row.form == "file" || strings.HasPrefix(row.form, `{"`) || row.writes || row.pattern == "/roster/slips" || row.pattern == "/claim" {
			continue
		}
		fields, err := url.ParseQuery(g.words.Replace(row.form))
		if err != nil {
			t.Fatal(err)
		}
		for name := range fields {
			for _, value := range []string{"%ff%fe", "a%00b", strings.Repeat("a", 60_000), "%f0%9f%93%9a", "-1", "a/b", "%0d%0aX:+y"} {
				rest := without(fields, name)
				if n++; rest.Has("token") {
					rest.Set("token", fmt.Sprintf("0123456789abcdef%d", n)) // a known one says nothing new
				}
				r := g.asClient("admin").with("POST", g.path(row), formType, rest.Encode()+"&"+name+"="+value)
				if r.Status >= 500 {
					t.Errorf("POST %s, %s=%.20q: %d", row.pattern, name, value, r.Status)
				}
				if r.Status == 303 && len(value) > 1000 && name != "lang" && name != "back" && name != "id" {
					t.Errorf("POST %s takes %d letters of %s", row.pattern, len(value), name)
				}
			}
		}
	}
}

// without is a form with one field less.
func without(v url.Values, name string) url.Values {
	c := url.Values{}
	for k, vs := range v {
		if k != name {
			c[k] = vs
		}
	}
	return c
}

func TestPathTricksOpenNothing(t *testing.T) {
	g := newGuarded(t)
	for _, who := range []string{"anyone", "learner", "other"} {
		for _, path := range []string{
			"/certificates/{dua.code}.pdf/", "/certificates/{dua.code}.PDF", "/certificates/{dua.code}.pdf.pdf", "/certificates/{dua.code}%2epdf", "/certificates/{dua.code}/", "/certificates//{dua.code}.pdf", "/certificates/%2e%2e/{dua.code}.pdf",
			"/Certificates/{dua.code}", "/certificates/{dua.code}%00.pdf", "/certificates/{dua.code};.pdf", "/certificates/{dua.code}.pdf?x=.css", "/assets/../certificates/{dua.code}.pdf", "/assets/%2e%2e/certificates/{dua.code}",
			"/assets/..%2fcertificates%2f{dua.code}", "/v/../roster/{dua}", "//roster/{dua}", "/./roster/{dua}", "/roster/{dua}/", "/roster%2f{dua}", "/roster/{dua}%20", "/ROSTER/{dua}", "/roster/{dua}/..", "/roster/import/../{dua}",
			"/roster/{dua}?province=04", "/roster/export.csv/?province=08", "/roster/export.CSV?province=08", "/roster?province=04&province=08", "/roster?province=08&province=04", "/api/v1/people?province[]=08", "/api/v1/people?Province=08",
			"/api/v1/people?commune={my.commune}&province=04", "/api/v1/reports/missing.csv/../missing.csv?province=08", "/api/v1//people?province=08", "/api/v1/reports/missing.json?by=programme&province=02", "/api/v1/reports/missing.json?by=PRESENT&province=08",
			"/api/v1/reports/missing.json?by=programme&commune={my.commune}", "/api/v1/board?by=programme&province=02", "/missing?by=programme&province=02", "/admin/", "/admin//", "/admin%2faudit", "/ADMIN", "/admin/issuers/08/", "/media/{dua.paper}.svg",
			"/media/..%2f{dua.paper}.pdf", "/roster/import/{my.upload}/", "/roster/import/{my.upload}%2fproblems.xlsx", "/courses/K1/thu/quiz/?attempt={dua}/K1{dua}", "/courses/K1/thu/quiz?attempt=K1{dua}",
		} {
			path := g.words.Replace(path)
			r := g.asClient(who).with("GET", path, "", "", "X-Original-URL", "/admin", "X-Rewrite-URL", "/admin", "X-HTTP-Method-Override", "DELETE", "X-Forwarded-Host", "evil.example")
			if r.Status >= 500 || strings.Contains(r.Body+r.Header.Get("Location"), "evil.example") {
				t.Errorf("%s as %s: %d", path, who, r.Status)
			}
			g.hides(matrixRow{pattern: path}, who, r)
		}
	}
}

// A code opens the account with the roles that it has: if staff could print one for an administrator who has no
// password yet, it would be a way up.
func TestStaffPrintNoCodeForWhoIsMoreThanALearner(t *testing.T) {
	g := newGuarded(t)
	chief, dua := g.words.Replace("{chief}"), g.words.Replace("{dua}")
	codes := func() [2]int { return [2]int{g.claims(chief), g.claims(dua)} }
	before := codes()
	g.asWho("staff").post("/roster/slips", url.Values{"province": {"08"}}).want(200)
	if got := codes(); got != [2]int{before[0], before[1] + 1} {
		t.Errorf("codes of an administrator and a learner: %v, before %v", got, before)
	}
	g.asWho("admin").post("/roster/slips", url.Values{"province": {"08"}}).want(200)
	if got := codes(); got != [2]int{before[0] + 1, before[1] + 2} {
		t.Errorf("printed by an administrator: %v, before %v", got, before)
	}
}

func TestATokenUsedAgainIsInTheAuditTrail(t *testing.T) {
	s := newSite(t)
	a := s.person("Vàng Thị Mỷ", lungCu)
	for _, use := range []func(token string) *reply{
		func(token string) *reply {
			return s.anyone().send("POST", "/api/v1/session/refresh", map[string]string{"refresh": token})
		},
		func(token string) *reply {
			return s.anyone().with("GET", "/me", "", "", "Cookie", renewalCookie(false)+"="+token)
		},
	} {
		before := s.audited("session.reuse")
		token := s.as(a).cookies[renewalCookie(false)]
		use(token).want(200)
		s.pass(accounts.GraceLife + time.Second)
		if r := use(token); r.Status != 401 && r.Status != 303 {
			t.Errorf("a token used again: %d", r.Status)
		}
		if n := s.audited("session.reuse"); n != before+1 {
			t.Errorf("%d entries, before %d", n, before)
		}
	}
	err := store.Each(t.Context(), s.Store, programme.AuditKind, store.Query{}, func(e programme.AuditEntry) error {
		if e.Subject != a.ID {
			t.Errorf("an entry about nobody: %+v", e)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestHostileJSON(t *testing.T) {
	s := newSite(t)
	s.publish(shortCourse("K1", courses.LibraryService))
	c := s.as(s.person("Vàng Thị Mỷ", lungCu))
	fact := func(rest string) string {
		return `{"facts":[{"kind":"attempt","course":"K1","lesson":"thu",` + rest + `}]}`
	}
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for what, x := range map[string]struct {
		body   string
		status int
		state  string
	}{
		"nothing": {"", 400, ""}, "null": {"null", 200, ""}, "a list": {"[]", 400, ""}, "a word": {`"facts"`, 400, ""}, "facts is a word": {`{"facts":"x"}`, 400, ""}, "two values": {`{}{}`, 400, ""},
		"an operator":       {`{"facts":{"$gt":""}}`, 400, ""},
		"id is a number":    {fact(`"id":1`), 400, ""},
		"id is an operator": {fact(`"id":{"$ne":null}`), 400, ""},
		"no id":             {fact(`"answers":{}`), 200, "refused"},
		"id of 65":          {fact(`"id":"` + strings.Repeat("a", 65) + `","answers":{}`), 200, "refused"},
		"id of NUL":         {fact(`"id":"a\u0000b","answers":{}`), 200, "received"},
		"id half a letter":  {fact(`"id":"\ud800","answers":{}`), 200, "received"},
		"nested 9000":       {fact(`"id":"n9","answers":{"one":` + deep(9000) + `}`), 200, "refused"},
		"nested 100000":     {fact(`"id":"n10","answers":{"one":` + deep(100000) + `}`), 422, ""},
		"duplicate keys":    {fact(`"id":"d1","id":"d2","answers":{},"answers":{}`), 200, "received"},
		"a giant answer":    {fact(`"id":"g1","answers":{"word":"` + strings.Repeat("a", 500_000) + `"}`), 200, "refused"},
		"a giant number":    {fact(`"id":"g2","answers":{"number":1e999}`), 200, "refused"},
		"a long number":     {fact(`"id":"g3","answers":{"number":` + strings.Repeat("9", 400) + `}`), 200, "refused"},
		"constructor":       {fact(`"id":"p1","answers":{"__proto__":"a"}`), 200, "refused"},
		"year 0":            {fact(`"id":"t1","at":"0000-01-01T00:00:00Z","answers":{}`), 200, "received"},
		"year 9999":         {fact(`"id":"t2","at":"9999-12-31T23:59:59-23:59","sentAt":"0000-01-01T00:00:00Z","answers":{}`), 200, "received"},
		"year -1":           {fact(`"id":"t3","at":"-0001-01-01T00:00:00Z"`), 400, ""},
		"year 10000":        {fact(`"id":"t4","at":"10000-01-01T00:00:00Z"`), 400, ""},
		"refused, far":      {fact(`"id":"","at":"9999-12-31T23:59:59-23:59","sentAt":"0000-01-01T00:00:00+23:59"`), 200, "refused"},
		"wildcard course":   {`{"facts":[{"id":"w1","kind":"completion","course":"%","lesson":"doc"}]}`, 200, "refused"},
		"pattern course":    {`{"facts":[{"id":"w2","kind":"completion","course":"_1","lesson":"doc"}]}`, 200, "refused"},
		"course with slash": {`{"facts":[{"id":"w3","kind":"completion","course":"K1/01","lesson":"doc"}]}`, 200, "refused"},
		"too many":          {`{"facts":[` + strings.Repeat(`{},`, 200) + `{}]}`, 422, ""},
		"not UTF-8":         {fact("\"id\":\"u\xff\",\"answers\":{}"), 200, "received"},
	} {
		r := c.do("POST", "/api/v1/facts", "application/json", strings.NewReader(x.body))
		state := ""
		var answer struct{ Receipts []courses.Receipt }
		if json.Unmarshal([]byte(r.Body), &answer); len(answer.Receipts) > 0 {
			state = answer.Receipts[0].State
		}
		if r.Status != x.status || state != x.state {
			t.Errorf("%s: %d %s, want %d %s: %.200s", what, r.Status, state, x.status, x.state, r.Body)
		}
	}
	for _, body := range []string{`{"login":{"$gt":""},"password":{"$gt":""}}`, `{"login":["a"],"password":"b"}`, `{"login":1}`, `[]`} {
		s.anyone().do("POST", "/api/v1/session", "application/json", strings.NewReader(body)).want(400)
	}
	for _, kind := range []string{"text/plain", formType, ""} {
		c.do("POST", "/api/v1/facts", kind, strings.NewReader(`{"facts":[]}`)).want(415)
	}
}

func TestFactsOfOneDoNotMeetAnothers(t *testing.T) {
	g := newGuarded(t)
	answers := rightAnswers(firstQuiz(t, g))
	me, other := g.ids["learner"], g.words.Replace("{far}")
	before := g.attempts(other)
	c := g.asWho("learner")
	ids := []string{"K1" + other, other + "/K1" + other, "../" + other + "/K1" + other, "/" + other, other + "/K1/01/doc", "a/b", "../x", "K1/01", strings.Repeat("a/", 32), ".", "..", "%2e%2e%2f", "A", "a"}
	for _, id := range ids {
		for _, kind := range []string{"attempt", "completion"} {
			body := map[string]any{"id": id, "kind": kind, "course": "K2", "lesson": map[string]string{"attempt": "thu", "completion": "doc"}[kind]}
			if kind == "attempt" {
				body["answers"] = answers
			}
			var answer struct{ Receipts []courses.Receipt }
			c.send("POST", "/api/v1/facts", map[string]any{"facts": []any{body}}).want(200).json(&answer)
			if r := answer.Receipts[0]; r.ID != id || kind == "attempt" && r.State != courses.Received {
				t.Errorf("%s %q: %+v", kind, id, r)
			}
		}
	}
	if after := g.attempts(other); after != before {
		t.Errorf("the attempts of another were %s and are %s", before, after)
	}
	if n := strings.Count(g.attempts(me), `"K2"`); n != len(ids) {
		t.Errorf("%d attempts of %d ids", n, len(ids))
	}
	// Two people may use the same id.
	var answer struct{ Receipts []courses.Receipt }
	g.as(roster.Account{ID: other}).send("POST", "/api/v1/facts", map[string]any{"facts": []any{map[string]any{"id": "a/b", "kind": "attempt", "course": "K2", "lesson": "thu", "answers": answers}}}).want(200).json(&answer)
	if answer.Receipts[0].State != courses.Received {
		t.Errorf("the same id of another person: %+v", answer.Receipts[0])
	}
}

// firstQuiz is the quiz of K2.
func firstQuiz(t *testing.T, g *guarded) courses.Quiz {
	v, err := g.School.Course(t.Context(), "K2")
	if err != nil {
		t.Fatal(err)
	}
	l, _ := v.Lesson("thu")
	return l.Quiz
}

// attempts are the documents of a person's attempts and completions.
func (s *visited) attempts(person string) string {
	s.t.Helper()
	var all []any
	for _, k := range []*store.Kind{school.AttemptKind, school.CompletionKind} {
		err := s.Store.Find(s.t.Context(), k, store.Query{}, func(r store.Row) error {
			var doc map[string]any
			if err := r.Decode(&doc); err != nil {
				return err
			}
			if doc["person"] == person {
				all = append(all, doc)
			}
			return nil
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	text, _ := json.Marshal(all)
	return string(text)
}

func TestFiftyAtOnceAreOneAttemptAndOneCertificate(t *testing.T) {
	s := newSite(t)
	v := s.publish(shortCourse("K1", courses.LibraryService))
	a := s.person("Vàng Thị Mỷ", lungCu)
	c := s.as(a)
	c.post("/courses/K1/doc", nil).want(303)
	lesson, _ := v.Lesson("thu")
	states := make([]string, 50)
	var all sync.WaitGroup
	for i := range states {
		answers := rightAnswers(lesson.Quiz)
		answers["number"] = 11.9 + float64(i)/1000 // all of them right, and no two the same
		body, _ := json.Marshal(map[string]any{"facts": []any{map[string]any{"id": "same", "kind": "attempt", "course": "K1", "lesson": "thu", "answers": answers}}})
		one := &client{visited: s, cookies: c.cookies}
		all.Go(func() {
			r := one.with("POST", "/api/v1/facts", "application/json", string(body))
			var answer struct{ Receipts []courses.Receipt }
			if json.Unmarshal([]byte(r.Body), &answer); len(answer.Receipts) == 1 {
				states[i] = answer.Receipts[0].State + answer.Receipts[0].Reason
			}
		})
	}
	all.Wait()
	count := map[string]int{}
	for _, state := range states {
		count[state]++
	}
	certificates, err := store.All[courses.Certificate](t.Context(), s.Store, school.CertificateKind, store.Where(store.Is("person", a.ID)))
	if err != nil || len(certificates) != 1 || count["received"] != 1 || count["refusedid-reused"] != 49 {
		t.Errorf("%v, %d certificates, %v", count, len(certificates), err)
	}
	if n := strings.Count(s.attempts(a.ID), `"answers"`); n != 1 {
		t.Errorf("%d attempts", n)
	}
}

func TestFormBombs(t *testing.T) {
	g := newGuarded(t)
	c := g.asClient("admin")
	before := g.people()
	var many strings.Builder
	for i := range 8_000 {
		fmt.Fprintf(&many, "q%d=&", i)
	}
	c.with("POST", "/courses/K1/thu/quiz", formType, many.String()).want(422)
	c.with("GET", "/roster?province=08&"+strings.Repeat("q=a&", 3000), "", "").want(200)
	multi := func(write func(w *multipart.Writer)) string {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		w.SetBoundary("grenze")
		write(w)
		w.Close()
		return b.String()
	}
	const kind = "multipart/form-data; boundary=grenze"
	for what, x := range map[string]struct{ kind, body string }{
		"20000 parts": {kind, multi(func(w *multipart.Writer) {
			for range 20_000 {
				w.WriteField("province", "08")
			}
		})},
		"no end":                  {kind, "--grenze\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\na"},
		"no boundary":             {"multipart/form-data", "x"},
		"another boundary":        {"multipart/form-data; boundary=other", multi(func(w *multipart.Writer) { w.WriteField("a", "b") })},
		"a file without its name": {kind, multi(func(w *multipart.Writer) { w.CreateFormFile("file", "") })},
		"nested":                  {kind, multi(func(w *multipart.Writer) { w.WriteField("file", "not a file") })},
		"empty":                   {kind, ""},
		"a form":                  {formType, "file=x"},
	} {
		if r := c.with("POST", "/roster/import?province=08", x.kind, x.body); r.Status < 400 || r.Status >= 500 {
			t.Errorf("%s: %d", what, r.Status)
		}
	}
	named := multi(func(w *multipart.Writer) {
		f, _ := w.CreateFormFile("file", "../../etc/passwd.csv")
		io.WriteString(f, columns)
	})
	if r := c.with("POST", "/roster/import?province=08", kind, named); r.Status >= 500 || strings.Contains(r.Body, "etc/passwd") {
		t.Errorf("a path as file name: %d", r.Status)
	}
	if g.people() != before {
		t.Error("something changed")
	}
}

func TestLimitCountsTheAddressThatTheProxySaw(t *testing.T) {
	codes := func(s *visited, headers func(i int) []string) (refused int) {
		for i := range 100 {
			if s.anyone().with("GET", "/v/AAAA-BBBB-CCCC", "", "", headers(i)...).Status == 429 {
				refused++
			}
		}
		return refused
	}
	forged := func(i int) []string { return []string{"X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i)} }
	if n := codes(newSecure(t), forged); n != 40 {
		t.Errorf("without a trusted proxy %d of 100 are refused", n)
	}
	const proxy = "0.0.0.0" // from which tests come
	if n := codes(newSecure(t, proxy), func(i int) []string { return []string{"X-Forwarded-For", fmt.Sprintf("198.51.100.%d, 203.0.113.7", i)} }); n != 40 {
		t.Errorf("behind a proxy that appends, %d of 100 are refused", n)
	}
	if n := codes(newSecure(t, proxy), func(i int) []string {
		return []string{"X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i), "X-Forwarded-For", "203.0.113.7"}
	}); n != 40 {
		t.Errorf("behind a proxy that adds a line, %d of 100 are refused", n)
	}
	if n := codes(newSecure(t, proxy, "10.0.0.0/8"), func(i int) []string {
		return []string{"X-Forwarded-For", fmt.Sprintf("198.51.100.%d, 203.0.113.7, 10.1.2.3", i)}
	}); n != 40 {
		t.Errorf("behind two proxies, %d of 100 are refused", n)
	}
	if n := codes(newSecure(t, proxy), forged); n != 0 {
		t.Errorf("visitors behind a proxy share a limit: %d of 100 are refused", n)
	}
	if n := codes(newSecure(t, proxy), func(i int) []string { return []string{"X-Forwarded-For", fmt.Sprintf("2001:db8::%x", i+1)} }); n != 40 {
		t.Errorf("one network of IPv6: %d of 100 are refused", n)
	}
	if n := codes(newSecure(t, proxy), func(int) []string { return []string{"X-Forwarded-For", "nonsense"} }); n != 40 {
		t.Errorf("nonsense: %d of 100 are refused", n)
	}
}

// listening gives the address of a real port.
func (s *visited) listening() string {
	s.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	go s.Serve(ln, nil)
	s.t.Cleanup(func() { s.Shutdown(time.Second) })
	return ln.Addr().String()
}

// spoken sends bytes and gives everything that is answered until the connection ends.
func spoken(t *testing.T, address, bytes string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go io.WriteString(conn, bytes) // the answer may come before its end
	conn.SetReadDeadline(time.Now().Add(time.Minute))
	text, err := io.ReadAll(conn)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connection of %.40q does not end: %v", bytes, err)
	}
	return string(text)
}

func TestWhatCannotBeReadIsAnswered(t *testing.T) {
	address := newSite(t).listening()
	const post = "POST /roster/import HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	for what, x := range map[string]struct{ sent, status string }{
		"a header of 1 MB":      {"GET /me HTTP/1.1\r\nHost: x\r\nX-Large: " + strings.Repeat("a", 1<<20) + "\r\n\r\n", "431"},
		"a path of 1 MB":        {"GET /" + strings.Repeat("a", 1<<20) + " HTTP/1.1\r\nHost: x\r\n\r\n", "431"},
		"a body of 11 MB":       {post + "Content-Length: 11534336\r\n\r\n", "401"},
		"a sign-in of 9 KB":     {"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 9216\r\n\r\n", "413"},
		"no parts in multipart": {post + "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 3\r\n\r\nabc", "400"},
		"a length that is none": {post + "Content-Length: -5\r\n\r\n", "400"},
		"a chunk that is none":  {post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
		"no HTTP":               {"\x16\x03\x01\x00\x05hello\r\n\r\n", "400"},
	} {
		got := spoken(t, address, x.sent)
		if !strings.HasPrefix(got, "HTTP/1.1 "+x.status) || !strings.Contains(got, "nosniff") || !strings.Contains(got, "default-src 'none'") || strings.Contains(got, "goroutine") {
			t.Errorf("%s: %.300q", what, got)
		}
	}
}

func TestSlowClientsAreLetGo(t *testing.T) {
	s := newSite(t)
	for what, d := range map[string]time.Duration{"read": s.app.Config().ReadTimeout, "write": s.app.Config().WriteTimeout, "idle": s.app.Config().IdleTimeout} {
		if d <= 0 || d > 20*time.Minute {
			t.Errorf("%s timeout %v", what, d)
		}
	}
	s.app.Server().ReadTimeout = 150 * time.Millisecond
	address := s.listening()
	if got := spoken(t, address, "GET /v HTTP/1.1\r\nHost: x\r\nX-"); !strings.HasPrefix(got, "HTTP/1.1 408") || !strings.Contains(got, "nosniff") {
		t.Errorf("half a header: %.300q", got)
	}
}

// piece is a part of a token.
func piece(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// signed is a token made by hand.
func signed(key []byte, header, claims string) string {
	m := hmac.New(sha256.New, key)
	io.WriteString(m, piece(header)+"."+piece(claims))
	return piece(header) + "." + piece(claims) + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
