package server

import (
	"cmp"
	"crypto/tls"
	"log/slog"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/server/edge"
	"lopban/server/page"
)

// fail answers an error: problem+json under /api/, a page elsewhere.
func (s *Server) fail(c *fiber.Ctx, err error) error {
	s.burden.Leave(&c.Request().Header) // of a body that could not be read nobody else is told
	f := page.Explain(err)
	if f.Code == "too-large" {
		f = s.unread(c, f)
	}
	f.ID = page.RequestID(c)
	if len(c.Response().Header.Peek(fiber.HeaderContentSecurityPolicy)) == 0 {
		s.seal(c) // it could not even be read, and nothing of ours saw it
		edge.Linger(c.Context().Conn())
	}
	if conn, ok := c.Context().Conn().(*tls.Conn); ok && !conn.ConnectionState().HandshakeComplete {
		s.Log.Debug("no TLS", "error", err.Error()) // whoever looks for open ports ends here
	} else if f.Status >= 500 {
		s.Log.Error("request failed", "id", f.ID, "route", c.Route().Path, "status", f.Status, "error", err.Error())
	} else {
		s.Log.LogAttrs(c.UserContext(), slog.LevelDebug, "request refused", slog.String("id", f.ID), slog.String("code", f.Code))
	}
	if f.Status == fiber.StatusServiceUnavailable || f.Status == fiber.StatusTooManyRequests {
		c.Set(fiber.HeaderRetryAfter, cmp.Or(f.Wait, edge.RetryAfter))
	}
	c.Status(f.Status)
	w := s.WordsOf(c)
	message := w.T("error."+f.Code, f.Args...)
	if strings.HasPrefix(c.Path(), "/api/") {
		body := fiber.Map{"type": "about:blank", "title": message, "status": f.Status, "code": f.Code, "instance": f.ID}
		if f.Field != "" {
			body["fields"] = fiber.Map{f.Field: f.Code}
		}
		if err := c.JSON(body); err != nil {
			return err
		}
		c.Set(fiber.HeaderContentType, "application/problem+json")
		return nil
	}
	if f.Code == "sign-in-needed" && c.Method() == fiber.MethodGet {
		return page.SeeOther(c, "/sign-in?next="+page.EscapeQuery(c.OriginalURL()))
	}
	return s.Page(c, "error", page.ErrorPage{Frame: s.Frame(c, w.T(f.Heading())), Fault: f, Message: message})
}
