package server

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
)

// pitfalls are the ways in which Fiber 2.52 with fasthttp 1.51 surprises its users, each with the tests that hold us
// away from it. Those without one of their own are kept out by TestNothingOfFiberIsUsedThatShouldNotBe.
var pitfalls = []struct {
	what  string
	tests []string
}{
	{"1 strings are used again after the request", []string{"TestFiberIsSetUpAsItShouldBe"}},
	{"2 a context used after the request kills the process", []string{"TestNoContextOutlivesItsRequest"}},
	{"3 a panic kills the process, in a stream too", []string{"TestAPanicIsAnAnswerThatTellsNothing", "TestAReportThatFailsNeverLooksWhole"}},
	{"4 the text of errors goes to the client", []string{"TestAPanicIsAnAnswerThatTellsNothing"}},
	{"5 the body limit counts packed bytes", []string{"TestPackedRequestsAreRefused", "TestBodiesAreLimitedByRouteAndSender"}},
	{"6 streamed bodies have no limit", []string{"TestFiberIsSetUpAsItShouldBe"}},
	{"7 headers of 4096 bytes at most", []string{"TestALargeCookieIsRead"}},
	{"8 no timeouts", []string{"TestSlowClientsAreLetGo", "TestWhoDripsIsLetGo", "TestWhoDoesNotReadIsLetGo", "TestTimeGoesByWhatIsToCome"}},
	{"9 nobody is told that the client has gone", []string{"TestAReportIsBrokenOffWhereItsReaderGoesAway", "TestExportWithoutAReader"}},
	{"10 SendFile decodes paths and is not rooted", []string{"TestNothingOfFiberIsUsedThatShouldNotBe", "TestPathTricksOpenNothing"}},
	// everything is sent whole
	{"11 Range is answered by some and ignored by others", []string{"TestNothingOfFiberIsUsedThatShouldNotBe"}},
	{"12 large files in memory", []string{"TestImportsAndExportsSideBySide"}},
	{"13 prefixes match more than they say", []string{"TestNeighboursOfARouteAreNoRoute"}},
	{"14 forwarded headers are believed", []string{"TestLimitCountsTheAddressThatTheProxySaw", "TestNothingOfFiberIsUsedThatShouldNotBe"}},
	{"15 idempotency answers one user with another's", []string{"TestNothingOfFiberIsUsedThatShouldNotBe"}},
	{"16 cache answers one user with another's", []string{"TestNothingOfFiberIsUsedThatShouldNotBe", "TestEveryAnswerHasItsHeaders"}},
	{"17 encrypted cookies can change names", []string{"TestNothingOfFiberIsUsedThatShouldNotBe"}},
	{"18 etag holds streams back", []string{"TestNothingOfFiberIsUsedThatShouldNotBe"}},
	{"19 session cookies are neither Secure nor HttpOnly", []string{"TestCookiesOverTLSBelongToTheHost", "TestCookies", "TestSigningInBeginsAnotherSession"}},
	// Origin and Sec-Fetch-Site need none; allowances say that they are of this process
	{"20 csrf and limits live in memory", []string{"TestOtherSitesChangeNothing"}},
	{"21 helmet sends no HSTS and no CSP", []string{"TestEveryAnswerHasItsHeaders", "TestTLSByFiles"}},
	{"22 basicauth tells who exists by time", []string{"TestNothingOfFiberIsUsedThatShouldNotBe"}},
	{"23 shutdown", []string{"TestStopUnderLoad"}},
	{"24 prefork splits what is in memory", []string{"TestFiberIsSetUpAsItShouldBe"}},
	{"25 HTTP/1.1 only", []string{"TestTLSByFiles"}},
	{"26 a newer fasthttp breaks it", []string{"TestFasthttpStaysWhereFiberHasIt"}},
}

func TestEveryPitfallOfFiberHasItsTest(t *testing.T) {
	there := map[string]bool{}
	for _, file := range parsed(t, append(rooms, "../cmd/lopban", "../cmd/lopban/fault", "../cmd/lopban/journey"), true) {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				there[f.Name.Name] = true
			}
		}
	}
	if len(pitfalls) != 26 {
		t.Errorf("%d pitfalls", len(pitfalls))
	}
	for _, p := range pitfalls {
		for _, name := range p.tests {
			if !there[name] {
				t.Errorf("%s: there is no %s", p.what, name)
			}
		}
	}
}

func TestFiberIsSetUpAsItShouldBe(t *testing.T) {
	s := newSite(t)
	c := s.app.Config()
	if !c.Immutable || c.StreamRequestBody || c.Prefork || !c.CaseSensitive || !c.UnescapePath || !c.EnableTrustedProxyCheck || !c.EnableIPValidation || c.ProxyHeader != "" || c.ReduceMemoryUsage {
		t.Errorf("%+v", c)
	}
	if c.BodyLimit != formBody || c.ReadBufferSize != 16<<10 || c.Concurrency != s.crowd.Most || c.ReadTimeout <= 0 || c.WriteTimeout <= 0 || c.IdleTimeout <= 0 || c.ErrorHandler == nil || c.EnablePrintRoutes {
		t.Errorf("%+v", c)
	}
	if s.app.Server().HeaderReceived == nil || s.app.Server().StreamRequestBody {
		t.Error("bodies have no limit by route")
	}
}

// rooms are the folders of this package and of those that answer for it.
var rooms = []string{".", "edge", "page", "author", "board", "learn", "office", "people"}

// parsed are the Go files of some folders: their tests, or the rest.
func parsed(t *testing.T, folders []string, tests bool) []*ast.File {
	t.Helper()
	var names []string
	for _, folder := range folders {
		found, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil || len(found) == 0 {
			t.Fatal(folder, found, err)
		}
		names = append(names, found...)
	}
	var all []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") == tests {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, file)
		}
	}
	return all
}

// forbidden are names that no code of ours may select: files by a path, answers that take the client's word for where
// it is, streams that nobody recovers.
var forbidden = regexp.MustCompile(`^(SendFile|Static|ServeFile|ServeFS|FileServer|FS|Download|Protocol|Secure|BaseURL|Hostname|Subdomains|IPs|SetBodyStreamWriter|BodyParser|AutoFormat|RedirectToRoute|RedirectBack|SaveFile)$`)

func TestNothingOfFiberIsUsedThatShouldNotBe(t *testing.T) {
	for _, file := range parsed(t, rooms, false) {
		for _, i := range file.Imports {
			if what := strings.Trim(i.Path.Value, `"`); strings.HasPrefix(what, "github.com/gofiber/") && !slices.Contains([]string{"github.com/gofiber/fiber/v2", "github.com/gofiber/fiber/v2/middleware/compress"}, what) {
				t.Errorf("%s is used", what)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if f, ok := call.Fun.(*ast.SelectorExpr); ok && forbidden.MatchString(f.Sel.Name) {
					if on, ok := f.X.(*ast.Ident); ok && slices.Contains([]string{"c", "app", "api", "fiber", "fasthttp", "http"}, on.Name) || f.Sel.Name == "SetBodyStreamWriter" {
						t.Errorf("%s is called", f.Sel.Name)
					}
				}
			}
			return true
		})
	}
}

// A function that runs on after its handler may not know the handler's context. What it needs is taken out before.
func TestNoContextOutlivesItsRequest(t *testing.T) {
	later := []string{"Start", "Go", "AfterFunc"}
	found := 0
	for _, file := range parsed(t, rooms, false) {
		ast.Inspect(file, func(n ast.Node) bool {
			var body ast.Node
			switch n := n.(type) {
			case *ast.GoStmt:
				body = n.Call
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.SelectorExpr); ok && slices.Contains(later, f.Sel.Name) && len(n.Args) > 0 {
					if literal, ok := n.Args[len(n.Args)-1].(*ast.FuncLit); ok {
						body = literal.Body
					}
				}
			}
			if body == nil {
				return true
			}
			found++
			ast.Inspect(body, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok && id.Name == "c" {
					t.Errorf("something that runs later uses c in %s", file.Name.Name)
				}
				return true
			})
			return true
		})
	}
	if found < 3 {
		t.Errorf("only %d places were looked at", found)
	}
}

func TestAPanicIsAnAnswerThatTellsNothing(t *testing.T) {
	s := newSite(t)
	app := fiber.New(s.app.Config())
	app.Use(s.observe, s.guard)
	app.Get("/panic", func(*fiber.Ctx) error { panic("the secret of Vàng Thị Mỷ") })
	app.Get("/fault", func(*fiber.Ctx) error { return errors.New("the secret of Vàng Thị Mỷ") })
	app.Get("/api/v1/fault", func(*fiber.Ctx) error { panic(errors.New("the secret of Vàng Thị Mỷ")) })
	for _, path := range []string{"/panic", "/fault", "/api/v1/fault"} {
		res, err := app.Test(httptest.NewRequest("GET", path, nil), -1)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != 500 || strings.Contains(string(text), "secret") || strings.Contains(string(text), "goroutine") || !strings.Contains(string(text), res.Header.Get("X-Request-Id")) {
			t.Errorf("%s: %d %v %s", path, res.StatusCode, err, text)
		}
	}
}

func TestALargeCookieIsRead(t *testing.T) {
	if r := newSite(t).anyone().with("GET", "/courses", "", "", "Cookie", "other="+strings.Repeat("a", 8000)); r.Status != 200 {
		t.Errorf("%d", r.Status)
	}
}

func TestNeighboursOfARouteAreNoRoute(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/adminx", "/ADMIN", "/Admin/audit", "/rosterx", "/API/v1/me", "/api/v1x", "/healthzz", "/metrics", "/debug/pprof/", "/api/v1/metrics"} {
		if r := s.anyone().get(path); r.Status != 404 {
			t.Errorf("%s: %d", path, r.Status)
		}
	}
}

// Whoever knew the cookies of before knows nothing of the session after.
func TestSigningInBeginsAnotherSession(t *testing.T) {
	s := newSite(t)
	a := s.person("Vàng Thị Mỷ", lungCu)
	s.withPassword(a, "vang.my", "mot cau de nho")
	c := s.as(a)
	planted := map[string]string{}
	for name, value := range c.cookies {
		planted[name] = value
	}
	c.do("POST", "/sign-in", formType, strings.NewReader("login=vang.my&password=mot+cau+de+nho")).want(303)
	for name, value := range planted {
		if c.cookies[name] == value {
			t.Errorf("%s is still the one of before", name)
		}
	}
	s.Sessions.ForgetAccount(a.ID)
	if r := (&client{visited: s, cookies: planted}).get("/api/v1/me"); r.Status != 401 {
		t.Errorf("the session of before goes on: %d", r.Status)
	}
}
