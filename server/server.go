// Package server is HTTP: pages for people, JSON for programs. It joins the rooms of the house on the way of a fact
// (courses, then roster, then targets) and is the only importer of fiber and jwt.
package server

import (
	"context"
	"crypto/tls"
	"embed"
	"io/fs"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.opentelemetry.io/otel/trace"

	"lopban/courses/programme"
	"lopban/server/author"
	"lopban/server/board"
	"lopban/server/edge"
	"lopban/server/learn"
	"lopban/server/office"
	"lopban/server/page"
	"lopban/server/people"
	"lopban/server/privacy"
)

//go:embed pages openapi.json
var files embed.FS

// compiled are the templates of the program: they do not change, and are parsed and made safe once, however many
// servers there are.
var compiled = sync.OnceValues(func() (page.Templates, error) { return page.ReadTemplates(files) })

// Config is what a server is made of, besides its programme.
type Config struct {
	programme.Config
	TrustedProxies []string             // addresses or networks whose X-Forwarded-For is believed
	Traces         trace.TracerProvider // nil: none are made
	// the folder server of the sources, for who works on its pages; nil: what is compiled in
	Sources fs.FS
}

// Server answers requests: by itself who somebody is and what all requests share, and by its rooms everything else.
type Server struct {
	*page.Site
	people *people.Pages
	office *office.Pages
	board  *board.Pages
	author *author.Pages
	learn  *learn.Pages
	rights *privacy.Pages

	app      *fiber.App
	proxies  []netip.Prefix
	stranger sync.Once // see untrusted
	limits   *edge.Limits
	slow     edge.SlowLimits
	unused   edge.Unused
	crowd    edge.Crowd
	burden   edge.Burden
	metrics  metrics
	tracer   trace.Tracer // nil without a collector
}

// New puts a server together.
func New(ctx context.Context, cfg Config) (*Server, error) {
	s := &Server{proxies: readProxies(cfg.TrustedProxies), metrics: newMetrics(cfg.Store)}
	disk, onDisk := cfg.Store.(page.Roomy)
	cfg.Store = &watched{cfg.Store, s.metrics.store, s.metrics.lost, cfg.Traces != nil}
	if cfg.Traces != nil {
		s.tracer = cfg.Traces.Tracer(tracerName)
	}
	p, err := programme.New(ctx, cfg.Config)
	if err != nil {
		return nil, err
	}
	pages, err := compiled()
	if err != nil {
		return nil, err
	}
	s.Site = page.NewSite(p, pages, cfg.Sources, disk)
	if onDisk {
		s.measure()
	}
	s.people, s.office, s.author = &people.Pages{Site: s.Site}, &office.Pages{Site: s.Site}, &author.Pages{Site: s.Site}
	s.rights = &privacy.Pages{Site: s.Site}
	s.board, s.learn = board.New(s.Site), learn.New(s.Site, s.metrics.fact)
	s.limits = edge.NewLimits()
	s.limits.Codes.Spend = func(ctx context.Context, who string, n, burst int, every time.Duration) (time.Duration, error) {
		return s.Accounts.Spend(ctx, "lookup", who, n, burst, every)
	}
	s.crowd = edge.Crowd{Most: edge.Connections(edge.OpenFiles()), Proxies: s.proxies, Log: s.Log}
	s.app = fiber.New(fiber.Config{
		Immutable:               true, // strings outlive their request
		DisableStartupMessage:   true,
		BodyLimit:               formBody, // see bodies
		ReadBufferSize:          16 << 10,
		ReadTimeout:             headerTime,
		WriteTimeout:            edge.WriteTime,
		IdleTimeout:             edge.IdleTime,
		Concurrency:             s.crowd.Most,
		ErrorHandler:            s.fail,
		UnescapePath:            true,
		CaseSensitive:           true,
		EnableTrustedProxyCheck: true,
		TrustedProxies:          cfg.TrustedProxies,
		EnableIPValidation:      true,
		ProxyHeader:             proxyHeader(cfg.TrustedProxies),
	})
	s.app.Server().HeaderReceived = s.admit
	s.slow = edge.UsualSlowLimits
	s.routes(s.app)
	return s, nil
}

func proxyHeader(trusted []string) string {
	if len(trusted) == 0 {
		return ""
	}
	return fiber.HeaderXForwardedFor
}

// Serve answers requests that come in on the listener until Shutdown; by TLS, where it is told how.
func (s *Server) Serve(ln net.Listener, secret *tls.Config) error {
	if s.crowd.Most < edge.MostConnections {
		s.Log.Warn("few files may be open at once: raise LimitNOFILE or ulimit -n", "files", edge.OpenFiles(), "connections", s.crowd.Most, "enough", edge.FewFiles)
	}
	s.Background.Start(s.watchDisk)
	ln = edge.Pace(ln, s.slow, &s.unused, &s.crowd, secret != nil)
	if secret != nil {
		ln = tls.NewListener(ln, secret)
	}
	return s.app.Listener(ln)
}

// Shutdown lets requests under way end, for at most this long, and stops.
func (s *Server) Shutdown(wait time.Duration) error {
	s.Background.Stop()
	s.unused.Stop()
	return s.app.ShutdownWithTimeout(wait)
}
