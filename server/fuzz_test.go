package server

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/server/page"
)

// The fuzz targets here send what is made up through the whole server: whatever it is, the answer is no fault of the
// program, has its headers, and never belongs to somebody else.

// door is a site with one learner and one of the staff, and their sessions.
type door struct {
	*visited
	handle         fasthttp.RequestHandler
	learner, staff map[string]string // cookies
}

func newDoor(t testing.TB) *door {
	s := newSite(t)
	s.publish(shortCourse("K1", courses.LibraryService))
	d := &door{visited: s, handle: s.app.Handler()}
	d.looksUpMuch()
	d.learner = s.as(s.person("Vàng Thị Mỷ", lungCu)).cookies
	d.staff = s.as(s.account("", "Hà Văn Tâm", "08", roster.Staff)).cookies
	return d
}

// ask sends one request and judges what every answer must be.
func (d *door) ask(t *testing.T, r *fasthttp.Request) *fasthttp.Response {
	t.Helper()
	d.limits.Codes.Of, d.limits.Facts.Of, d.limits.Imports.Of = nil, nil, nil // as long after
	var c fasthttp.RequestCtx
	c.Init(r, nil, nil)
	d.handle(&c)
	status := c.Response.StatusCode()
	if status >= 500 || status < 200 {
		t.Fatalf("%s %s: %d %s", r.Header.Method(), r.RequestURI(), status, c.Response.Body())
	}
	if string(c.Response.Body()) != "Invalid http method" && !strings.HasPrefix(string(c.Response.Header.Peek("Content-Security-Policy")), "default-src 'none'") {
		t.Fatalf("%s: %d without its headers", r.RequestURI(), status)
	}
	if to := string(c.Response.Header.Peek("Location")); to != "" && !(strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && !strings.ContainsAny(to, "\\\r\n\t")) {
		t.Fatalf("%s leads to %q", r.RequestURI(), to)
	}
	return &c.Response
}

func (d *door) post(t *testing.T, path, kind string, body []byte, cookies map[string]string) *fasthttp.Response {
	var r fasthttp.Request
	r.Header.SetMethod("POST")
	r.SetRequestURI(path)
	r.Header.SetHost("lopban.test")
	r.Header.SetContentType(kind)
	for name, value := range cookies {
		r.Header.SetCookie(name, value)
	}
	r.SetBody(body)
	return d.ask(t, &r)
}

func FuzzAddress(f *testing.F) {
	d := newDoor(f)
	for _, address := range append(elsewhere, "/", "/courses/K1/doc", "/v/ABCD-EFGH-JKMN", "/assets/../server.go", "/media/%2e%2e%2fx", "/sign-in?next=//evil", "/certificates/x.pdf?%", "/board?province=08&asOf=0000-00-00",
		"/admin/%00", "/roster/export.csv?commune=%ff", "/api/v1/reports/missing.json?by=programme", "/courses/K1/thu/quiz?attempt=../x") {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if strings.ContainsAny(address, " \r\n") { // the end of the address in HTTP
			return
		}
		for _, cookies := range []map[string]string{nil, d.learner, d.staff} {
			var r fasthttp.Request
			r.Header.SetMethod("GET")
			r.Header.SetRequestURI(address)
			r.Header.SetHost("lopban.test")
			for name, value := range cookies {
				r.Header.SetCookie(name, value)
			}
			d.ask(t, &r)
		}
	})
}

// Cookies and other headers that were made up sign nobody in.
func FuzzCookies(f *testing.F) {
	d := newDoor(f)
	access, renewal := d.learner[accessCookie(false)], d.learner[renewalCookie(false)]
	for _, text := range []string{"", "lang=en", "lopban-access=" + access[:len(access)-1], "lopban-refresh=" + renewal[:60], "lopban-access=; lopban-access=x", "a;b;;=;\"", "lopban-access=\"" + access[:20] + "\"", strings.Repeat("a=b;", 500)} {
		f.Add(text, "Bearer x", "vi,en;q=0.5", "gzip, br", "198.51.100.1, x")
	}
	f.Fuzz(func(t *testing.T, cookies, authorization, language, coding, forwarded string) {
		if strings.Contains(cookies, access) || strings.Contains(authorization, access) || strings.Contains(cookies, renewal) {
			return
		}
		var r fasthttp.Request
		r.Header.SetMethod("GET")
		r.SetRequestURI("/me")
		r.Header.SetHost("lopban.test")
		for name, value := range map[string]string{"Cookie": cookies, "Authorization": authorization, "Accept-Language": language, "Accept-Encoding": coding, "X-Forwarded-For": forwarded} {
			r.Header.Set(name, value)
		}
		if res := d.ask(t, &r); res.StatusCode() == 200 {
			t.Errorf("%q, %q is somebody", cookies, authorization)
		}
	})
}

func FuzzForms(f *testing.F) {
	d := newDoor(f)
	paths := []string{"/courses/K1/thu/quiz", "/language", "/roster", "/roster/import", "/claim", "/admin/issuers/08", "/certificates/x/revoke"}
	for i, text := range []string{"id=1&q.one=a&q.many=b&q.many=c", "lang=en&back=//evil", "province=08&name=%ff&on=2026-12-01", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nHọ tên\r\n--x--\r\n", "code=00000-00000&consent=yes&password=x", "name=<b>&town=\x00", "", "%%%"} {
		for _, kind := range []string{formType, "multipart/form-data; boundary=x"} {
			f.Add(byte(i), kind, []byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, which byte, kind string, body []byte) {
		for _, cookies := range []map[string]string{nil, d.learner, d.staff} {
			d.post(t, paths[int(which)%len(paths)], kind, body, cookies)
		}
	})
}

// Every fact of a list that can be read has its receipt, in order.
func FuzzFacts(f *testing.F) {
	d := newDoor(f)
	for _, text := range []string{`{"facts":[{"id":"1","kind":"completion","course":"K1","lesson":"doc","at":"2026-12-05T02:00:00Z"}]}`, `{"facts":[{"id":"2","kind":"attempt","course":"K1","lesson":"thu","answers":{"one":"right","number":1e99,"pair":{"a":"b"}}}]}`,
		`{"facts":[{},{},{}]}`, `null`, `{"facts":null}`, `{"FACTS":[{"ID":"1"}]}`, `{"facts":[{"at":"0000-01-01T00:00:00Z","sentAt":"9999-12-31T23:59:59Z"}]}`, `{"login":{"$gt":""}}`, "\xff", `{"facts":[{"id":"\ud800"}]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		res := d.post(t, "/api/v1/facts", "application/json", body, d.learner)
		if res.StatusCode() != 200 {
			return
		}
		var sent struct{ Facts []struct{ ID string } }
		var got struct{ Receipts []courses.Receipt }
		if err := json.Unmarshal(res.Body(), &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(body, &sent); err == nil && len(sent.Facts) != len(got.Receipts) {
			t.Errorf("%d receipts for %d facts", len(got.Receipts), len(sent.Facts))
		}
		for _, r := range got.Receipts {
			if r.State != courses.Received && r.State != courses.Duplicate && (r.State != courses.Refused || r.Reason == "") {
				t.Errorf("%+v", r)
			}
		}
	})
}

// JSON that signs in, refreshes or ends a session does so for nobody who has no token.
func FuzzSessionJSON(f *testing.F) {
	d := newDoor(f)
	renewal := d.learner[renewalCookie(false)]
	for _, text := range []string{`{"refresh":"` + renewal[:60] + `"}`, `{"login":{"$ne":""},"password":["x"]}`, `{"login":"x","password":""}`, `[]`, `{"refresh":null}`, "{\"login\":\"\xff\"}", `{"refresh":"AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if bytes.Contains(body, []byte(renewal)) {
			return
		}
		if res := d.post(t, "/api/v1/session/refresh", "application/json", body, nil); res.StatusCode() == 200 {
			t.Errorf("%q is a session", body)
		}
	})
}

// Whatever local path leads to, a browser that follows it stays on the site.
func FuzzLocalPath(f *testing.F) {
	for _, to := range elsewhere {
		f.Add(to)
	}
	site, err := url.Parse("https://lopban.test/sign-in")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, to string) {
		path := page.LocalPath(to)
		// A browser drops line ends and tabs, and takes \ for /.
		seen := strings.NewReplacer("\t", "", "\r", "", "\n", "", "\\", "/").Replace(strings.TrimLeft(path, "\x00 "))
		u, err := site.Parse(seen)
		if err != nil || u.Host != "lopban.test" || u.Scheme != "https" {
			t.Errorf("%q becomes %q and leads to %v (%v)", to, path, u, err)
		}
	})
}
