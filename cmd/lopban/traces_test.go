package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	collected "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
)

// receiver is a collector: it keeps the spans that are sent to it.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	raw   strings.Builder
	spans []*collected.Span
	about []string // of the program
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		var data collected.TracesData
		if err == nil {
			err = proto.Unmarshal(body, &data)
		}
		if err != nil || q.Method != "POST" || q.URL.Path != "/v1/traces" || q.Header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("%s %s %v: %v", q.Method, q.URL, q.Header, err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.raw.Write(body)
		for _, resource := range data.ResourceSpans {
			for _, a := range resource.Resource.Attributes {
				r.about = append(r.about, a.Key+"="+a.Value.GetStringValue())
			}
			for _, scope := range resource.ScopeSpans {
				r.spans = append(r.spans, scope.Spans...)
			}
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// The program sends a span for each request, under the caller's trace, and under it one for each call of the store; and
// nothing in them tells who asked for what.
func TestTracesReachTheCollector(t *testing.T) {
	r := newReceiver(t)
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs programtest.Output
	ready, ended := make(chan string, 1), make(chan int, 1)
	env := func(name string) (string, bool) {
		return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": r.URL}[name], name == "OTEL_EXPORTER_OTLP_ENDPOINT"
	}
	go func() {
		ended <- run(ctx, []string{"serve", "--data", t.TempDir(), "--addr", "127.0.0.1:0"}, env, &console.Terminal{Out: &out, Err: &errs, Ready: func(addr string) { ready <- addr }})
	}()
	var addr string
	select {
	case addr = <-ready:
	case code := <-ended:
		t.Fatalf("ended with %d: %s", code, errs.Tail())
	}
	const traced, unsampled = "0af7651916cd43dd8448eb211c80319c", "0af7651916cd43dd8448eb211c80319d"
	ask := func(q *http.Request, parent string) {
		if parent != "" {
			q.Header.Set("traceparent", parent)
		}
		res, err := http.DefaultTransport.RoundTrip(q)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
	get := func(path string) *http.Request {
		q, err := http.NewRequest("GET", "http://"+addr+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	ask(get("/v/ABCD-EFGH-JKMN?secret=word"), "00-"+traced+"-b7ad6b7169203331-01")
	ask(get("/courses/LS1"), "00-"+unsampled+"-b7ad6b7169203331-00")
	ask(get("/courses/LS1?q=Secret"), "nonsense")
	form := url.Values{"login": {"vang.my.secret"}, "password": {"secret word"}}
	post, err := http.NewRequest("POST", "http://"+addr+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	post.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	ask(post, "")
	cancel()
	if code := <-ended; code != 0 {
		t.Fatalf("ended with %d: %s", code, errs.Tail())
	}

	parents := map[string]*collected.Span{}
	for _, s := range r.spans {
		parents[hex.EncodeToString(s.SpanId)] = s
	}
	seen := map[string]int{}
	for _, s := range r.spans {
		name := s.Name
		if p := parents[hex.EncodeToString(s.ParentSpanId)]; p != nil {
			name = p.Name + " > " + name
			if s.StartTimeUnixNano < p.StartTimeUnixNano || s.EndTimeUnixNano > p.EndTimeUnixNano {
				t.Errorf("%s is not within its request", name)
			}
		}
		seen[name]++
		switch trace := hex.EncodeToString(s.TraceId); {
		case trace == unsampled:
			t.Error("a request is traced whose caller did not want it")
		case s.Name == "GET /v/:code" && (trace != traced || hex.EncodeToString(s.ParentSpanId) != "b7ad6b7169203331"):
			t.Errorf("the caller's trace is not gone on with: %s", trace)
		case s.Name == "GET /v/:code" && fmt.Sprint(s.Attributes[1].Value.GetStringValue(), s.Attributes[2].Value.GetIntValue()) != "/v/:code404":
			t.Errorf("attributes: %v", s.Attributes)
		}
	}
	for name, n := range map[string]int{"GET /v/:code": 1, "GET /courses/:id": 1, "GET /courses/:id > get course": 1, "POST /sign-in": 1} {
		if seen[name] < n {
			t.Errorf("%d spans %q in %v", seen[name], name, seen)
		}
	}
	for _, secret := range []string{"ABCD", "ecret", "LS1", addr, "vang"} {
		if strings.Contains(r.raw.String(), secret) {
			t.Errorf("the traces say %q", secret)
		}
	}
	if about := strings.Join(r.about, " "); !strings.HasPrefix(about, "service.name=lopban service.version=") {
		t.Error(about)
	}
}

// A collector that cannot be reached costs a line in the log, and no visitor anything.
func TestALostCollectorIsOnlyLogged(t *testing.T) {
	var out, errs programtest.Output
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--data", t.TempDir(), "--addr", "127.0.0.1:0", "--otlp-endpoint", "http://user:hidden@127.0.0.1:1"}, noEnvironment,
			&console.Terminal{Out: &out, Err: &errs, Ready: func(addr string) { ready <- addr }})
	}()
	res, err := http.Get("http://" + <-ready + "/courses")
	if err != nil || res.StatusCode != 200 {
		t.Fatal(res, err)
	}
	res.Body.Close()
	cancel()
	if code := <-ended; code != 0 {
		t.Errorf("ended with %d", code)
	}
	if log := strings.Join(errs.Lines(), "\n"); !strings.Contains(log, "traces not sent") || strings.Contains(log, "hidden") {
		t.Errorf("the log says %s", errs.Tail())
	}
}

func TestTheCollectorsAddressIsOne(t *testing.T) {
	for _, address := range []string{"localhost:4318", "grpc://localhost:4317", "http://", "%"} {
		got := lopban(t, nil, "serve", "--data", t.TempDir(), "--addr", "127.0.0.1:0", "--otlp-endpoint", address)
		if got.code != 1 || !strings.Contains(got.err, "--otlp-endpoint") {
			t.Errorf("%s: %d %s", address, got.code, got.err)
		}
	}
}
