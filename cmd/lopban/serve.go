package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"lopban/content"
	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/store/sqlite"
	"lopban/server"
)

// site is how the server is reached.
type site struct {
	Addr           string   `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to listen on."`
	BaseUrl        string   `name:"base-url" placeholder:"URL" help:"Address of the site as visitors type it; printed on certificates. Default: http://ADDR, or what TLS is for."`
	MetricsAddr    string   `placeholder:"HOST:PORT" help:"Address of Prometheus metrics, such as 127.0.0.1:9090. None unless given: the numbers are not for visitors."`
	TrustedProxies []string `placeholder:"IP" help:"Proxies whose X-Forwarded-For is believed."`
	OtlpEndpoint   string   `placeholder:"URL" help:"OpenTelemetry collector that traces are sent to by OTLP over HTTP, such as http://localhost:4318; also OTEL_EXPORTER_OTLP_ENDPOINT. None unless given."`
	secrecy
}

type serveCommand struct {
	place
	site
}

// Run serves until the context ends.
func (c *serveCommand) Run(ctx context.Context, term *terminal, parsed *kong.Context) error {
	describe(term, parsed)
	return serve(ctx, term, c.place, c.site, func(ctx context.Context, s *server.Server) (after []string, err error) {
		if err := publishAll(ctx, s); err != nil {
			return nil, err
		}
		slip, err := s.Accounts().FirstAdmin(ctx, "Quản trị viên")
		if err != nil || slip.Code == "" {
			return nil, err
		}
		fmt.Fprintf(term.err, "lopban: nobody can sign in as an administrator yet. Open this link once, before %s, to become one:\nlopban:   %s/claim?code=%s\n",
			slip.ExpiresAt.Local().Format("15:04 02/01/2006"), s.BaseURL(), url.QueryEscape(slip.Code))
		return nil, nil
	})
}

// newSchool is the rules of courses for a command that answers no requests and issues nothing.
func newSchool(st store.Store) *courses.School {
	return &courses.School{Store: st, Now: time.Now, Random: rand.Reader}
}

// serveMemory is what the collector of garbage keeps the program's own memory within where it can, by working more often: 118 MiB with two cores. GOMEMLIMIT says otherwise. The store's pages and the program itself, some 60 MiB, are
// not in it. Each sign-in leaves 19 MiB behind, and an import of 10,000 rows 60: without it twice as much would lie about for a while.
func serveMemory() int64 { return 80<<20 + 2*roster.HashMemory() }

// serve opens the store, prepares it, and answers requests until the context ends. prepare returns lines to print after the one that says the server is ready.
func serve(ctx context.Context, term *terminal, p place, at site, prepare func(context.Context, *server.Server) ([]string, error)) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if os.Getenv("GOMEMLIMIT") == "" {
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(serveMemory()))
	}
	ln, err := listen(at.Addr, "--addr")
	if err != nil {
		return err
	}
	defer ln.Close()
	base := at.base(ln.Addr())
	secret, onward, err := at.secrecy.config(base, p.Data, logTo(term.err))
	if err != nil {
		return err
	}
	st, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	cfg := settings(st, base, at.TrustedProxies, term.err)
	if at.OtlpEndpoint != "" {
		provider, err := traces(ctx, at.OtlpEndpoint, cfg.Log)
		if err != nil {
			return err
		}
		defer finish(provider)
		cfg.Traces = provider
	}
	s, err := server.New(ctx, cfg)
	if err != nil {
		return err
	}
	after, err := prepare(ctx, s)
	if err != nil {
		return err
	}
	if err := s.Settle(ctx); err != nil {
		fmt.Fprintln(term.err, "lopban: not everything of the last day could be settled:", err)
	}
	failed := make(chan error, 3)
	beside := func(addr, flag string, handler http.Handler) error {
		ln, err := listen(addr, flag)
		if err == nil {
			go func() {
				if err := aside(ctx, ln, handler); err != nil {
					failed <- err
				}
			}()
		}
		return err
	}
	if at.MetricsAddr != "" {
		if err := beside(at.MetricsAddr, "--metrics-addr", s.Metrics()); err != nil {
			return err
		}
	}
	if at.RedirectAddr != "" {
		if err := beside(at.RedirectAddr, "--redirect-addr", onward); err != nil {
			return err
		}
	}
	go func() { failed <- s.Serve(ln, secret) }()
	go s.Keep(ctx)
	fmt.Fprintf(term.out, "ready %s://%s\n", at.scheme(), ln.Addr())
	for _, line := range after {
		fmt.Fprintln(term.out, line)
	}
	if term.ready != nil {
		term.ready(ln.Addr().String())
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return s.Shutdown(10 * time.Second)
	}
}

func listen(addr, flag string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("the address %s is taken by another program; stop it, or name another with %s", addr, flag)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	return ln, nil
}

// base is the address of the site: the one given, or where it listens.
func (at site) base(ln net.Addr) string {
	if at.BaseUrl != "" {
		return strings.TrimRight(at.BaseUrl, "/")
	}
	if len(at.AcmeDomain) > 0 {
		return "https://" + at.AcmeDomain[0]
	}
	return at.scheme() + "://" + ln.String()
}

func newServer(ctx context.Context, st store.Store, base string, proxies []string, log io.Writer) (*server.Server, error) {
	return server.New(ctx, settings(st, base, proxies, log))
}

func settings(st store.Store, base string, proxies []string, log io.Writer) server.Config {
	_, embedded := st.(*sqlite.Store) // its folder belongs to one process
	return server.Config{Store: st, Content: content.FS, Log: logTo(log), Now: time.Now, BaseURL: base, TrustedProxies: proxies, Alone: embedded}
}

func logTo(w io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(w, nil)) }

// describe prints the configuration, without what is secret in it.
func describe(term *terminal, parsed *kong.Context) {
	var settings []string
	for _, flag := range parsed.Flags() {
		if flag.Name == "help" {
			continue
		}
		value := fmt.Sprint(parsed.FlagValue(flag))
		if u, err := url.Parse(value); err == nil && u.User != nil {
			value = u.Redacted()
		}
		settings = append(settings, flag.Name+"="+value)
	}
	fmt.Fprintln(term.err, "lopban:", strings.Join(settings, " "))
}
