package server

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"lopban/courses/roster"
	"lopban/server/edge"
)

func TestEveryRouteThatTakesABodyHasALimit(t *testing.T) {
	named := map[string]bool{}
	for _, b := range bodies {
		for _, p := range b.patterns {
			if named[p] {
				t.Errorf("%s is there twice", p)
			}
			named[p] = true
			if example := strings.NewReplacer(":", "x").Replace(p); bodyLimit(example) != b.limit {
				t.Errorf("%s has the limit of another pattern", p)
			}
		}
	}
	taken := map[string]bool{}
	for _, route := range newSite(t).app.GetRoutes(true) {
		if !slices.Contains([]string{fiber.MethodPost, fiber.MethodPut, fiber.MethodPatch}, route.Method) {
			continue
		}
		taken[route.Path] = true
		if !named[route.Path] {
			t.Errorf("%s %s has no row in bodies", route.Method, route.Path)
		}
	}
	for p := range named {
		if !taken[p] {
			t.Errorf("bodies has %s, which is no route", p)
		}
	}
}

func TestLimitsAreFoundAsTheRouterFindsRoutes(t *testing.T) {
	for path, want := range map[string]int{
		"/sign-in": signInBody, "/sign-in/": signInBody, "/sign-in/held": formBody, "/api/v1/facts": factsBody, "/roster/import": sheetBody, "/roster/import/0190": formBody, "/roster/import/a/b": formBody, "/roster/%69mport": formBody,
		"/": formBody, "": formBody, "//": formBody, "/nowhere": formBody, "/api/v1/facts/x": formBody, "/Roster/import": formBody, "http://x/roster/import": formBody, "*": formBody,
	} {
		if got := bodyLimit(path); got != want {
			t.Errorf("%q: %d, want %d", path, got, want)
		}
	}
}

// endless says that it is long, and counts how much of it is taken.
type endless struct {
	left, taken int
}

func (e *endless) Read(b []byte) (int, error) {
	n := min(len(b), e.left)
	if n == 0 {
		return 0, io.EOF
	}
	e.left, e.taken = e.left-n, e.taken+n
	clear(b[:n])
	return n, nil
}

func TestBodiesAreLimitedByRouteAndSender(t *testing.T) {
	s := newSite(t)
	staff := s.as(s.account("", "Hà Văn Tâm", "08", roster.Staff))
	// whose access token has run out
	old := &client{visited: s, cookies: map[string]string{renewalCookie(false): staff.cookies[renewalCookie(false)]}}
	ended := s.as(s.account("", "Hà Văn Tám", "08", roster.Staff))
	ended.post("/sign-out", nil).want(303)
	bearer := &client{visited: s, bearer: staff.cookies[accessCookie(false)]}
	program := &client{visited: s, bearer: "x.y.z"}
	forged := &client{visited: s, cookies: map[string]string{renewalCookie(false): strings.Repeat("A", 22) + "." + strings.Repeat("A", 43)}}
	address := s.listening()
	for _, x := range []struct {
		who  string
		c    *client
		path string
		size int
		want int
	}{
		{"anyone", s.anyone(), "/sign-in", signInBody, 401}, {"anyone", s.anyone(), "/sign-in", signInBody + 1, 413}, {"staff", staff, "/sign-in", signInBody + 1, 413},
		{"anyone", s.anyone(), "/language", signInBody + 1, 413}, {"anyone", s.anyone(), "/nowhere", formBody, 404}, {"staff", staff, "/nowhere", formBody + 1, 413},
		{"anyone", s.anyone(), "/api/v1/session", signInBody + 1, 413},
		{"anyone", s.anyone(), "/api/v1/facts", formBody + 1, 401}, {"a forged bearer", program, "/api/v1/facts", formBody + 1, 401}, {"staff", staff, "/api/v1/facts", factsBody, 400}, {"staff", staff, "/api/v1/facts", factsBody + 1, 413},
		{"bearer", bearer, "/api/v1/facts", factsBody, 400},
		{"anyone", s.anyone(), "/roster/import", formBody + 1, 401}, {"an ended session", ended, "/roster/import", formBody + 1, 401}, {"a forged session", forged, "/roster/import", formBody + 1, 401},
		{"staff", staff, "/roster/import", 8 << 20, 422}, {"a session to renew", old, "/roster/import", 8 << 20, 422}, {"staff", staff, "/roster/import", sheetBody + 1, 413},
	} {
		for _, chunked := range []bool{false, true} {
			kind := "application/json"
			if x.path == "/sign-in" {
				kind = formType
			}
			r := x.c.sized(address, x.path, kind, x.size, chunked)
			want := x.want
			if chunked && x.size > formBody && want == 401 { // fasthttp has by then forgotten who and where
				want = 413
			}
			if r.Status != want {
				t.Errorf("%d bytes (chunked %v) of %s to %s: %d, want %d", x.size, chunked, x.who, x.path, r.Status, want)
			}
			if kind := r.Header.Get("Content-Type"); !(chunked && want == 413) && strings.HasPrefix(x.path, "/api/") != (kind == "application/problem+json") || missingHeaders(r) != nil {
				t.Errorf("%d to %s: %s, without %v", r.Status, x.path, kind, missingHeaders(r))
			}
		}
	}
}

// sized posts so many bytes over the network, with their length or in chunks, and keeps no cookie of the answer.
func (c *client) sized(address, path, kind string, size int, chunked bool) *reply {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://"+address+path, io.NopCloser(&endless{left: size}))
	if err != nil {
		c.t.Fatal(err)
	}
	r.ContentLength = int64(size)
	if chunked {
		r.ContentLength = -1
	}
	r.Header.Set("Content-Type", kind)
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if c.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		c.t.Fatalf("%d bytes (chunked %v) to %s: %v", size, chunked, path, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return &reply{c.t, res.StatusCode, res.Header, string(text)}
}

func TestALargeBodyIsRefusedUnread(t *testing.T) {
	s := newSite(t)
	address := s.listening()
	for what, head := range map[string]string{
		"to sign in":          "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n",
		"of nobody":           "POST /roster/import HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n",
		"with an expectation": "POST /sign-in HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1073741824\r\n\r\n",
		"of GET":              "GET /courses HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n",
	} {
		if got := spoken(t, address, head); !strings.Contains(got, "HTTP/1.1 413") && !strings.Contains(got, "HTTP/1.1 401") {
			t.Errorf("%s: %.200q", what, got)
		}
	}
}

// A browser sends all of a form before it reads the answer: the answer must not be lost with the connection.
func TestTheAnswerToALargeBodyArrives(t *testing.T) {
	s := newSite(t)
	staff := s.as(s.account("", "Hà Văn Tâm", "08", roster.Staff))
	address := s.listening()
	for range 20 {
		body := &endless{left: sheetBody + 4<<20}
		r, err := http.NewRequest("POST", "http://"+address+"/roster/import", io.NopCloser(body))
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = int64(body.left)
		for name, value := range staff.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Write(conn); err != nil {
			t.Fatalf("the connection ended after %d bytes: %v", body.taken, err)
		}
		got, err := io.ReadAll(conn)
		if err != nil || !bytes.HasPrefix(got, []byte("HTTP/1.1 413")) || !bytes.Contains(got, []byte("</html>")) {
			t.Fatalf("%v: %.200q", err, got)
		}
		conn.Close()
	}
}

// A roster of 8 MB over 256 kbit/s takes more than four minutes, a fact over 2G some seconds.
func TestTimeGoesByWhatIsToCome(t *testing.T) {
	s := newSite(t)
	staff := s.as(s.account("", "Hà Văn Tâm", "08", roster.Staff))
	for _, x := range []struct {
		path     string
		member   bool
		length   int
		at, most time.Duration
	}{
		{"/roster/import", true, 8 << 20, 8 << 20 * time.Second / (32 << 10), 20 * time.Minute},
		{"/roster/import", true, -1, 8 << 20 * time.Second / (32 << 10), 20 * time.Minute},
		{"/roster/import", false, 8 << 20, 0, time.Minute},
		{"/api/v1/facts", true, 60 << 10, 40 * time.Second, time.Minute},
		{"/sign-in", false, 100, 10 * time.Second, 30 * time.Second},
		{"/sign-in", false, 1 << 30, 0, 30 * time.Second},
		{"/sign-in", false, -1, 0, 30 * time.Second},
	} {
		var h fasthttp.RequestHeader
		h.SetMethod("POST")
		h.SetRequestURI(x.path)
		h.SetContentLength(x.length)
		for name, value := range staff.cookies {
			if x.member {
				h.SetCookie(name, value)
			}
		}
		if got := s.admit(&h).ReadTimeout; got < x.at || got > x.most {
			t.Errorf("%d bytes to %s: %v, want %v to %v", x.length, x.path, got, x.at, x.most)
		}
	}
}

func TestWhoDripsIsLetGo(t *testing.T) {
	s := newSite(t)
	s.slow = edge.SlowLimits{Grace: 100 * time.Millisecond, Floor: 1000, Stall: 300 * time.Millisecond, Piece: 300 * time.Millisecond}
	address := s.listening()
	for what, x := range map[string]struct {
		sent string
		drip bool
		want string
	}{
		"a header byte by byte":  {"GET /courses HTTP/1.1\r\nHost: x\r\nX-", true, "HTTP/1.1 408"},
		"a body byte by byte":    {"POST /language HTTP/1.1\r\nHost: x\r\nContent-Length: 8000\r\n\r\nlang=", true, "HTTP/1.1 408"},
		"chunks byte by byte":    {"POST /language HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2000\r\n", true, "HTTP/1.1 408"},
		"a body that stands":     {"POST /language HTTP/1.1\r\nHost: x\r\nContent-Length: 8000\r\n\r\nlang=", false, "HTTP/1.1 408"},
		"a connection left idle": {"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", false, "HTTP/1.1 200"},
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, x.sent)
		if x.drip {
			go func() {
				for range time.Tick(20 * time.Millisecond) {
					if _, err := io.WriteString(conn, "a"); err != nil {
						return
					}
				}
			}()
		}
		conn.SetReadDeadline(time.Now().Add(time.Minute))
		got, err := io.ReadAll(conn)
		if ne, ok := err.(net.Error); ok && ne.Timeout() || !strings.HasPrefix(string(got), x.want) {
			t.Errorf("%s: %v %.60q", what, err, got)
		}
		conn.Close()
	}
}

// A steady sender that is slow but not below the floor is read to its end.
func TestWhoIsSlowIsHeard(t *testing.T) {
	s := newSite(t)
	s.slow = edge.SlowLimits{Grace: 50 * time.Millisecond, Floor: 1000, Stall: 5 * time.Second, Piece: 5 * time.Second}
	conn, err := net.Dial("tcp", s.listening())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /language HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: 8007\r\n\r\nlang=en", formType)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 80 { // at 10,000 bytes a second
		<-tick.C
		io.WriteString(conn, strings.Repeat("&", 100))
	}
	got, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 303") {
		t.Errorf("%v: %.200q", err, got)
	}
}

func TestWhoDoesNotReadIsLetGo(t *testing.T) {
	client, far := net.Pipe() // has no room at all: nothing is taken unless it is read
	defer client.Close()
	c := &edge.PacedConn{Conn: far, Limits: edge.SlowLimits{Piece: 50 * time.Millisecond}}
	c.SetWriteDeadline(time.Now().Add(time.Hour))
	go io.ReadFull(client, make([]byte, 40<<10))
	n, err := c.Write(make([]byte, 1<<20))
	if ne, ok := err.(net.Error); !ok || !ne.Timeout() || n != 40<<10 {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestPackedRequestsAreRefused(t *testing.T) {
	s := newSite(t)
	c := s.as(s.person("Vàng Thị Mỷ", lungCu))
	for _, coding := range []string{"gzip", "br", "deflate", "identity", "GZIP", "gzip, gzip"} {
		if r := c.with("POST", "/api/v1/facts", "application/json", `{"facts":[]}`, "Content-Encoding", coding); r.Status != 415 {
			t.Errorf("%s: %d", coding, r.Status)
		}
	}
}

// A form of many parts goes to disk when it is large: nothing of it stays there.
func TestUploadsLeaveNoFiles(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	p := newProvince(t)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	f, err := w.CreateFormFile("file", "a.csv")
	if err != nil {
		t.Fatal(err)
	}
	f.Write(bytes.Repeat([]byte("x"), 9<<20))
	w.Close()
	p.staff.do(http.MethodPost, "/roster/import?province=08", w.FormDataContentType(), &b).want(422)
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
}

// Browsers open connections before they know what to ask. A server that is told to stop waits for who has asked
// something, and not for those.
func TestStoppingWaitsForNoConnectionOnWhichNothingIsAsked(t *testing.T) {
	s := newSite(t)
	address := s.listening()
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	silent, kept := dial(), dial()
	if _, err := io.WriteString(kept, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	// by now the silent one has been accepted: it came first
	if res, err := http.ReadResponse(bufio.NewReader(kept), nil); err != nil || res.StatusCode != 200 || res.Close {
		t.Fatalf("%+v, %v", res, err)
	}
	if err := s.Shutdown(10 * time.Second); err != nil {
		t.Error(err)
	}
	if n, err := silent.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("%d bytes to who asked nothing, %v", n, err)
	}
}
