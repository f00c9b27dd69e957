package server

import (
	"go/ast"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/roster"
	"lopban/server/page"
)

var parameter = regexp.MustCompile(`:[a-z]+`)

// No name in an address, query or form makes a header of its own, on any route, for anybody.
func TestNoHeaderIsMadeOfWhatIsAsked(t *testing.T) {
	c := newClass(t, false)
	clients := map[string]*client{"nobody": c.anyone(), "learner": c.mai, "trainer": c.trainer, "staff": c.as(c.account("", "Hà Văn Tâm", "08", roster.Staff)), "admin": c.as(c.account("", "Quản trị", "", roster.Admin))}
	tried := 0
	for _, route := range c.app.GetRoutes(true) {
		if route.Path == "/" || route.Method == http.MethodHead {
			continue
		}
		for _, bad := range []string{"K3%0d%0aX-Made:%201%0d%0a%0d%0aHTTP/1.1%20200%20OK", "K3%0aX-Made:1", "K3%0dX-Made:1", "K3%00"} {
			path := parameter.ReplaceAllLiteralString(route.Path, bad)
			text, _ := url.PathUnescape(bad)
			form := url.Values{}
			for _, name := range []string{"next", "back", "lang", "course", "lesson", "path", "id", "code", "do", "to", "province", "commune", "title", "q"} {
				form.Set(name, "/"+text)
			}
			for who, one := range clients {
				var r *reply
				if route.Method == http.MethodGet {
					r = one.get(path + "?" + form.Encode())
				} else {
					r = one.do(route.Method, path, formType, strings.NewReader(form.Encode()))
				}
				tried++
				for name, values := range r.Header {
					if name == "X-Made" || strings.ContainsAny(strings.Join(values, ""), "\r\n\x00") {
						t.Errorf("%s of %s to %s has %s: %q", route.Method, who, path, name, values)
					}
				}
				if r.Status >= 500 {
					t.Errorf("%s of %s to %s: %d", route.Method, who, path, r.Status)
				}
				if strings.Contains(r.Header.Get("Location"), "X-Made") && !strings.HasPrefix(r.Header.Get("Location"), "/sign-in?next=") {
					t.Errorf("%s of %s to %s leads to %q", route.Method, who, path, r.Header.Get("Location"))
				}
			}
		}
	}
	if tried < 1000 {
		t.Errorf("only %d requests", tried)
	}
}

// On the wire there is one answer to one request.
func TestOneRequestHasOneAnswer(t *testing.T) {
	c := newClass(t, false)
	address := c.listening()
	request := "POST /author/K3%0d%0a%0d%0aHTTP/1.1%20200%20OK%0d%0aContent-Length:%202%0d%0a%0d%0aok/doc HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\nCookie: " +
		accessCookie(false) + "=" + c.trainer.cookies[accessCookie(false)] + "\r\n\r\n"
	if got := spoken(t, address, request); strings.Count(got, "HTTP/1.1 ") != 1 {
		t.Errorf("%q", got)
	}
}

// Every redirect is made by SeeOther, which leads to pages of ours alone.
func TestRedirectsLeadHome(t *testing.T) {
	made := 0
	for _, file := range parsed(t, rooms, false) {
		ast.Inspect(file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && (sel.Sel.Name == "Redirect" || sel.Sel.Name == "HeaderLocation") {
				made++
			}
			return true
		})
	}
	if made != 1 {
		t.Errorf("redirects are made at %d places", made)
	}
	for to, want := range map[string]int{"/a?b=c#d": 303, "//e.example": 400, "https://e.example": 400, "/\\e.example": 400, "/a\r\nX: y": 400, "/a\x00": 400, "": 400, "/Bản": 303} {
		app := fiber.New()
		app.Get("/", func(c *fiber.Ctx) error { return page.SeeOther(c, to) })
		res, err := app.Test(httptest.NewRequest(http.MethodGet, "/", nil))
		if err != nil || res.StatusCode != want {
			t.Errorf("%q: %v, %v, want %d", to, res, err, want)
		}
	}
}
