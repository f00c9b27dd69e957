package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"regexp"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"lopban/assets"
	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/demo"
	"lopban/content"
	"lopban/courses/programme"
	"lopban/courses/roster/accounts"
	"lopban/server"
)

// site is how the server is reached.
type site struct {
	Addr           string        `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to listen on."`
	BaseUrl        string        `name:"base-url" placeholder:"URL" help:"Address of the site as visitors type it; printed on certificates. Default: http://ADDR, or what TLS is for."`
	MetricsAddr    string        `placeholder:"HOST:PORT" help:"Address of Prometheus metrics, such as 127.0.0.1:9090. None unless given: the numbers are not for visitors."`
	TrustedProxies []string      `placeholder:"IP" help:"Proxies whose X-Forwarded-For is believed."`
	OtlpEndpoint   string        `placeholder:"URL" help:"OpenTelemetry collector that traces are sent to by OTLP over HTTP, such as http://localhost:4318; also OTEL_EXPORTER_OTLP_ENDPOINT. None unless given."`
	DemoPassword   string        `placeholder:"PASSWORD" help:"New password for the accounts of lopban demo, where they still have the one that is printed: needed to listen beyond this machine. Better in LOPBAN_DEMO_PASSWORD_FILE."`
	KeepRefusals   time.Duration `default:"17520h" placeholder:"DURATION" help:"How long what was refused of people's learning is kept to be looked at; 0 for ever."`

	SecondFactorGrace time.Duration `default:"336h" placeholder:"DURATION" help:"How long administrators and the office may go without a second factor, from their first sign-in on. After it they only learn until they set one up."`
	tlsFlags
	sealing
	Dev bool `help:"For who works on the program: templates, scripts and styles come from the sources in this folder, again for each page; messages and courses are read from them at the start."`
}

// sources makes what is shown come from the sources, and gives the folder of the server's; nil without --dev.
func (at site) sources() (fs.FS, error) {
	if !at.Dev {
		return nil, nil
	}
	if err := assets.From(os.DirFS("assets")); err != nil {
		return nil, fmt.Errorf("--dev is for the folder of the sources: %w", err)
	}
	content.FS = os.DirFS("content")
	return os.DirFS("server"), nil
}

// exposed says whether others than this machine may reach the address.
func (at site) exposed() bool {
	host, _, err := net.SplitHostPort(at.Addr)
	if err != nil {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return host != "localhost" && (err != nil || !ip.IsLoopback())
}

type serveCommand struct {
	console.Place
	site
}

// Run serves until the context ends.
func (c *serveCommand) Run(ctx context.Context, term *console.Terminal, parsed *kong.Context) error {
	describe(term, parsed)
	return serve(ctx, term, c.Place, c.site, func(ctx context.Context, s *programme.Programme) (after []string, err error) {
		if err := console.PublishAll(ctx, s); err != nil {
			return nil, err
		}
		slip, err := s.Accounts.FirstAdmin(ctx, "Quản trị viên")
		if err != nil || slip.Code == "" {
			return nil, err
		}
		fmt.Fprintf(term.Err, "lopban: nobody can sign in as an administrator yet. Open this link once, before %s, to become one:\nlopban:   %s\n",
			slip.ExpiresAt.Local().Format("15:04 02/01/2006"), s.ClaimURL(slip.Code))
		return nil, nil
	})
}

// serveMemory is what the collector of garbage keeps the program's own memory within where it can, by working more
// often: 118 MiB with two cores. GOMEMLIMIT says otherwise. The store's pages and the program itself, some 60 MiB, are
// not in it. Each sign-in leaves 19 MiB behind, and an import of 10,000 rows 60: without it twice as much would lie
// about for a while.
func serveMemory() int64 { return 80<<20 + 2*accounts.HashMemory() }

// serve opens the store, prepares it, and answers requests until the context ends. prepare returns lines to print after
// the one that says the server is ready.
func serve(ctx context.Context, term *console.Terminal, p console.Place, at site, prepare func(context.Context, *programme.Programme) ([]string, error)) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if err := at.checkSecret(); err != nil {
		return err
	}
	sources, err := at.sources()
	if err != nil {
		return err
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(serveMemory()))
	}
	ln, err := listen(at.Addr, "--addr")
	if err != nil {
		return err
	}
	defer ln.Close()
	base := at.base(ln.Addr())
	secret, onward, err := at.tlsFlags.config(base, p.Data, console.LogTo(term.Err))
	if err != nil {
		return err
	}
	st, err := p.Open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	cfg := server.Config{Config: console.Settings(st, base, term.Err), TrustedProxies: at.TrustedProxies}
	cfg.Sources = sources
	cfg.KeySecret = string(at.KeySecret)
	cfg.SecondGrace, cfg.KeepRefusals = at.SecondFactorGrace, at.KeepRefusals
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
	if _, err := s.Keys.Signer(ctx); err != nil { // made at the first start
		return err
	}
	if err := s.Accounts.Rekey(ctx); err != nil {
		return err
	}
	after, err := prepare(ctx, s.Programme)
	if err == nil {
		err = demo.Guard(ctx, term, s.Programme, at.exposed(), at.DemoPassword)
	}
	if err != nil {
		return err
	}
	if err := s.Settle(ctx); err != nil {
		fmt.Fprintln(term.Err, "lopban: not everything of the last day could be settled:", err)
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
	if p.Mongodb == "" {
		go console.KeepTold(ctx, p.Data, s.Programme)
	}
	fmt.Fprintf(term.Out, "ready %s://%s\n", at.scheme(), ln.Addr())
	for _, line := range after {
		fmt.Fprintln(term.Out, line)
	}
	if term.Ready != nil {
		term.Ready(ln.Addr().String())
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

// describe prints the configuration, without what is secret in it.
func describe(term *console.Terminal, parsed *kong.Context) {
	var settings []string
	for _, flag := range parsed.Flags() {
		if flag.Name == "help" || strings.HasSuffix(flag.Name, "password") {
			continue
		}
		value := fmt.Sprint(parsed.FlagValue(flag))
		settings = append(settings, flag.Name+"="+redacted(value))
	}
	fmt.Fprintln(term.Err, "lopban:", strings.Join(settings, " "))
}

var (
	passwordOfURI = regexp.MustCompile(`(?s)://([^:@]*):(.*)@`)
	secretOption  = regexp.MustCompile(`(?i)([?&][^=&]*(?:password|token|secret|properties)[^=&]*=)[^&]*`)
)

// redacted is a setting without the secrets of an address in it. It need not be an address that Go can read: a list of
// hosts is none, and a password may hold anything.
func redacted(value string) string {
	return secretOption.ReplaceAllString(passwordOfURI.ReplaceAllString(value, "://$1:xxxxx@"), "${1}xxxxx")
}
