// Package server is HTTP: pages for people, JSON for programs. It joins the rooms of the house on the way of a fact (courses, then roster, then targets) and is the only importer of fiber and jwt.
package server

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.opentelemetry.io/otel/trace"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/targets"
)

//go:embed pages openapi.json
var files embed.FS

// Config is what a server is made of. Content holds messages/ and programme/.
type Config struct {
	Store          store.Store
	Content        fs.FS
	Log            *slog.Logger
	Now            func() time.Time
	BaseURL        string               // "https://lopban.example", no slash at the end: printed on certificates and compared with Origin
	TrustedProxies []string             // addresses or networks whose X-Forwarded-For is believed
	Traces         trace.TracerProvider // nil: none are made
	Alone          bool                 // no other process writes to the store
}

// Server answers requests.
type Server struct {
	app       *fiber.App
	log       *slog.Logger
	now       func() time.Time
	baseURL   string
	proxies   []netip.Prefix
	store     store.Store
	school    *courses.School
	desk      *authoring.Desk
	places    *roster.Places
	roll      *roster.Roll
	accounts  *roster.Accounts
	board     *targets.Board
	programme *targets.Programme
	sessions  *sessions
	papers    papers
	texts     texts
	booklets  booklets
	lessons   cache[packed]
	words     map[string]messages
	pages     templates
	limits    *limits
	patience  patience
	unused    unused
	metrics   metrics
	tracer    trace.Tracer // nil without a collector
	jobs      jobs
	forecasts forecasts
	creating  sync.Mutex // of accounts
}

// Kinds lists the documents of the whole product, for who opens a store.
func Kinds() []*store.Kind {
	kinds := append(courses.Kinds(), authoring.Kinds()...)
	kinds = append(kinds, roster.Kinds...)
	kinds = append(kinds, targets.Kinds()...)
	return append(kinds, printedKind, auditKind, sessionKind, keyKind, leaseKind, uploadKind, sheetKind, bringingKind)
}

// New puts a server together.
func New(ctx context.Context, cfg Config) (*Server, error) {
	s := &Server{log: cfg.Log, now: cfg.Now, baseURL: cfg.BaseURL, proxies: readProxies(cfg.TrustedProxies)}
	s.metrics = newMetrics(cfg.Store)
	cfg.Store = &watched{cfg.Store, s.metrics.store, s.metrics.lost, cfg.Traces != nil}
	s.store = cfg.Store
	if cfg.Traces != nil {
		s.tracer = cfg.Traces.Tracer(tracerName)
	}
	var err error
	if s.words, err = readMessages(cfg.Content); err != nil {
		return nil, err
	}
	if s.pages, err = readTemplates(files); err != nil {
		return nil, err
	}
	if s.places, err = roster.ReadPlaces(cfg.Content); err != nil {
		return nil, err
	}
	if s.programme, err = targets.ReadProgramme(cfg.Content); err != nil {
		return nil, err
	}
	s.school = &courses.School{Store: cfg.Store, Now: cfg.Now, Random: rand.Reader, BaseURL: cfg.BaseURL}
	s.desk = &authoring.Desk{Store: cfg.Store, School: s.school, Now: cfg.Now}
	s.roll = &roster.Roll{Store: cfg.Store, Places: s.places, Now: cfg.Now, Rand: rand.Reader}
	s.accounts = roster.NewAccounts(cfg.Store, cfg.Now, rand.Reader)
	s.board = &targets.Board{Store: cfg.Store, Programme: s.programme, Places: s.places, Now: cfg.Now, Alone: cfg.Alone}
	s.papers = newPapers(cfg.Store, cfg.Now)
	s.texts.store = cfg.Store
	s.texts.words = s.words
	s.booklets.most = 32
	s.limits = newLimits()
	if s.sessions, err = newSessions(ctx, cfg.Store, cfg.Now, rand.Reader, cfg.BaseURL); err != nil {
		return nil, err
	}
	s.app = fiber.New(fiber.Config{
		Immutable:               true, // strings outlive their request
		DisableStartupMessage:   true,
		BodyLimit:               formBody, // see bodies
		ReadBufferSize:          16 << 10,
		ReadTimeout:             headerTime,
		WriteTimeout:            writeTime,
		IdleTimeout:             idleTime,
		Concurrency:             connections,
		ErrorHandler:            s.fail,
		UnescapePath:            true,
		CaseSensitive:           true,
		EnableTrustedProxyCheck: true,
		TrustedProxies:          cfg.TrustedProxies,
		EnableIPValidation:      true,
		ProxyHeader:             proxyHeader(cfg.TrustedProxies),
	})
	s.app.Server().HeaderReceived = s.admit
	s.patience = usualPatience
	s.routes(s.app)
	return s, nil
}

const (
	idleTime    = 2 * time.Minute
	writeTime   = 20 * time.Minute // a file of 100,000 rows on a slow line; see patience
	connections = 10_000           // of some 20 KB each; one more is answered 503
)

func proxyHeader(trusted []string) string {
	if len(trusted) == 0 {
		return ""
	}
	return fiber.HeaderXForwardedFor
}

// School, Desk, Roll, Accounts and Board are the rules that this server works by, for commands that work on the same store.
func (s *Server) School() *courses.School    { return s.school }
func (s *Server) Desk() *authoring.Desk      { return s.desk }
func (s *Server) Roll() *roster.Roll         { return s.roll }
func (s *Server) Accounts() *roster.Accounts { return s.accounts }
func (s *Server) Board() *targets.Board      { return s.board }
func (s *Server) Places() *roster.Places     { return s.places }
func (s *Server) BaseURL() string            { return s.baseURL }

// Words gives the messages of a language, by key.
func (s *Server) Words(lang string) func(key string, args ...any) string {
	return words{lang, s.words[lang]}.T
}

// Serve answers requests that come in on the listener until Shutdown; by TLS, where it is told how.
func (s *Server) Serve(ln net.Listener, secret *tls.Config) error {
	ln = paced{ln, s.patience, &s.unused, secret != nil}
	if secret != nil {
		ln = tls.NewListener(ln, secret)
	}
	return s.app.Listener(ln)
}

// Shutdown lets requests under way end, for at most this long, and stops.
func (s *Server) Shutdown(wait time.Duration) error {
	s.jobs.stop()
	s.unused.stop()
	return s.app.ShutdownWithTimeout(wait)
}

// Settle finishes what an earlier process may have left undone: facts whose certificate, paper or standing is missing, of the day before now or before this was last done, whichever was earlier: a
// store may have stood still since, or come from a backup.
func (s *Server) Settle(ctx context.Context) error {
	since := s.now()
	last, err := s.takenAt(ctx, "settle")
	if err != nil {
		return err
	}
	if !last.IsZero() && last.Before(since) {
		since = last
	}
	return s.school.Settle(ctx, since.Add(-24*time.Hour), s.Learner, func(ctx context.Context, c courses.Certificate) error {
		return errors.Join(s.papers.unasked(ctx, c), s.board.Restate(ctx, c.Person))
	})
}

// visitor is who a request comes from.
type visitor struct {
	account *roster.Account // nil: not signed in
	family  string          // of the session
}

func visitorOf(c *fiber.Ctx) visitor {
	v, _ := c.Locals("visitor").(visitor)
	return v
}

// visitorID is the visitor's person, "-" for one who is not signed in: an id that nobody has.
func visitorID(c *fiber.Ctx) string {
	if a := visitorOf(c).account; a != nil {
		return a.ID
	}
	return "-"
}

func requestID(c *fiber.Ctx) string {
	id, _ := c.Locals("request").(string)
	return id
}

// wordsOf is the visitor's language: what they chose, or Vietnamese.
func (s *Server) wordsOf(c *fiber.Ctx) words {
	lang := "vi"
	if c.Cookies("lang") == "en" {
		lang = "en"
	}
	return words{lang, s.words[lang]}
}

// frame is the part of a page that all share.
func (s *Server) frame(c *fiber.Ctx, title string) frame {
	w := s.wordsOf(c)
	f := frame{words: w, Title: title, Path: c.OriginalURL(), Account: visitorOf(c).account}
	if key := c.Query("done"); key != "" {
		if text, ok := w.messages["done."+key]; ok {
			f.Notice = text
		}
	}
	add := func(href, key string) {
		f.Menu = append(f.Menu, link{href, w.T(key), c.Path() == href || strings.HasPrefix(c.Path(), href+"/")})
	}
	if f.Account == nil {
		add("/courses", "menu.courses")
		add("/sign-in", "sign-in")
		return f
	}
	add("/courses", "menu.courses")
	if f.Has(roster.Learner) {
		add("/certificates", "menu.certificates")
	}
	if f.Has(roster.Staff, roster.Office, roster.Admin) {
		add("/board", "menu.board")
		add("/roster", "menu.roster")
	}
	if roster.MayTeach(*f.Account, f.Account.Province) {
		add("/practice", "menu.practice")
	}
	if roster.MayAuthor(*f.Account) {
		add("/author", "menu.author")
	}
	if roster.MayGrant(*f.Account) {
		add("/admin", "menu.admin")
	}
	return f
}

// page renders a page and sends it.
func (s *Server) page(c *fiber.Ctx, name string, page any) error {
	html, err := s.pages.render(name, page)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Path(), err)
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Send(html)
}

func escapeQuery(s string) string { return url.QueryEscape(s) }

// localPath is a path on this site, or "/" for anything that leads elsewhere.
func localPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\\r\n\t") {
		return "/"
	}
	return s
}
