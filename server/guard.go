package server

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"

	"lopban/courses/problem"
	"lopban/server/edge"
	"lopban/server/page"
)

// observe gives the request its id, logs it without personal data, and turns a panic into an error.
func (s *Server) observe(c *fiber.Ctx) (err error) {
	began := time.Now()
	defer s.burden.Leave(&c.Request().Header)
	if conn := edge.PacedOf(c.Context().Conn()); conn != nil {
		conn.Use()
	}
	var id [6]byte
	rand.Read(id[:]) // never fails
	c.Locals("request", hex.EncodeToString(id[:]))
	c.Set(fiber.HeaderXRequestID, page.RequestID(c))
	defer s.trace(c)()
	func() {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			}
		}()
		err = c.Next()
	}()
	if err != nil {
		err = s.fail(c, err)
	}
	if err == nil && !page.Clean(&c.Response().Header) { // whoever wrote it, it does not leave the house
		c.Response().Reset()
		err = s.fail(c, fiber.ErrBadRequest)
	}
	if err != nil { // the error page itself failed
		s.Log.Error("no error page", "id", page.RequestID(c), "error", err.Error())
		c.Response().Reset()
		err = c.Status(fiber.StatusInternalServerError).SendString("500 " + page.RequestID(c))
	}
	took := time.Since(began)
	s.metrics.request(c, took)
	s.Log.Info("request", "id", page.RequestID(c), "method", c.Method(), "route", c.Route().Path, "status", c.Response().StatusCode(),
		"ms", float64(took.Microseconds())/1000)
	return err
}

// policy lets a page load from this site alone, and run and style nothing that stands inside it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard sets the headers of every answer and refuses what no page or program of ours sends.
func (s *Server) guard(c *fiber.Ctx) error {
	s.seal(c)
	s.forwarded(c)
	if !edge.Framed(&c.Request().Header) {
		return fiber.ErrBadRequest
	}
	if c.Get(fiber.HeaderContentEncoding) != "" { // limits count packed bytes
		return fiber.ErrUnsupportedMediaType
	}
	if !s.sameOrigin(c) {
		return problem.Denied("cross-site")
	}
	if err := edge.Simple(c); err != nil {
		return err
	}
	return c.Next()
}

// seal sets the headers that every answer has.
func (s *Server) seal(c *fiber.Ctx) {
	c.Set(fiber.HeaderContentSecurityPolicy, policy)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set(fiber.HeaderPermissionsPolicy, "camera=(), microphone=(), geolocation=()")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set(fiber.HeaderCacheControl, "no-store")
	if s.secure() {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
}

// forwarded leaves of X-Forwarded-For the one address that c.IP is to believe: from the right, the first that is no
// proxy of ours. Whatever stands before it, in this line or in one above it, the visitor may have written.
func (s *Server) forwarded(c *fiber.Ctx) {
	if len(s.proxies) == 0 || !c.IsProxyTrusted() {
		if c.Get(fiber.HeaderXForwardedFor) != "" {
			s.stranger.Do(func() { s.Log.Warn(untrusted, "peer", c.Context().RemoteIP().String()) })
		}
		return
	}
	var all []string
	for _, line := range c.Request().Header.PeekAll(fiber.HeaderXForwardedFor) {
		all = append(all, strings.Split(string(line), ",")...)
	}
	seen := c.Context().RemoteIP().String()
	for _, text := range slices.Backward(all) {
		address, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			break
		}
		seen = address.Unmap().WithZone("").String()
		if !slices.ContainsFunc(s.proxies, func(p netip.Prefix) bool { return p.Contains(address.Unmap()) }) {
			break
		}
	}
	c.Request().Header.Set(fiber.HeaderXForwardedFor, seen)
}

// untrusted is said once: a proxy that is not trusted makes one address of all its visitors, and whoever makes the
// header up is not believed.
const untrusted = "X-Forwarded-For came from an address that is no trusted proxy and was not believed; if it is yours, name it in --trusted-proxies"

// readProxies reads addresses and networks. Fiber warns of those that are neither.
func readProxies(list []string) []netip.Prefix {
	var proxies []netip.Prefix
	for _, text := range list {
		if p, err := netip.ParsePrefix(text); err == nil {
			proxies = append(proxies, p)
		} else if a, err := netip.ParseAddr(text); err == nil {
			proxies = append(proxies, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
		}
	}
	return proxies
}

// secure says whether visitors come by https, as the address of the site says.
func (s *Server) secure() bool { return strings.HasPrefix(s.BaseURL, "https://") }

// sameOrigin says whether a request that may change something comes from a page of ours or from a program that is no
// browser: browsers say one of the two headers with every such request to another site (the same rule as the standard
// library's http.CrossOriginProtection), and those too old for it say where they come from.
func (s *Server) sameOrigin(c *fiber.Ctx) bool {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return true
	}
	switch c.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return true
	case "":
	default:
		return false
	}
	origin := cmp.Or(c.Get(fiber.HeaderOrigin), c.Get(fiber.HeaderReferer))
	if origin == "" || origin == s.BaseURL {
		return true
	}
	u, err := url.Parse(origin)
	scheme, _, _ := strings.Cut(s.BaseURL, "://")
	return err == nil && u.Host != "" && u.Scheme == scheme && (u.Host == string(c.Request().Host()) || u.Scheme+"://"+u.Host == s.BaseURL)
}

// compress packs text. What is packed already stays as it is.
func (s *Server) compress(c *fiber.Ctx) error { return packer(c) }

var packer = compress.New(compress.Config{Next: func(c *fiber.Ctx) bool {
	path := c.Path()
	return strings.HasSuffix(path, ".pdf") || strings.HasSuffix(path, ".xlsx") || strings.HasPrefix(path, "/readyz")
}})

// network is the address that limits count by: of IPv6 the half that one subscriber gets.
func network(c *fiber.Ctx) string {
	ip := net.ParseIP(c.IP())
	if ip == nil || ip.To4() != nil {
		return c.IP()
	}
	return ip.Mask(net.CIDRMask(64, 128)).String()
}

// member lets in who is signed in.
func (s *Server) member(c *fiber.Ctx) error {
	if page.VisitorOf(c).Account == nil {
		return problem.Denied("sign-in-needed")
	}
	return c.Next()
}
