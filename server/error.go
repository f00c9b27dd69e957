package server

import (
	"cmp"
	"errors"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"lopban/courses/store"
)

// statuses is the one table from the kinds of error to what HTTP says of them.
var statuses = []struct {
	kind   error
	status int
	code   string
}{
	{store.ErrNotFound, fiber.StatusNotFound, "not-found"},
	{store.ErrExists, fiber.StatusConflict, "exists"},
	{store.ErrInvalid, fiber.StatusUnprocessableEntity, "invalid"},
	{store.ErrDenied, fiber.StatusForbidden, "denied"},
	{store.ErrUnavailable, fiber.StatusServiceUnavailable, "unavailable"},
}

// retryAfter is how many seconds a client should wait when the store cannot be reached.
const retryAfter = "5"

// fault is an error as a visitor sees it.
type fault struct {
	Status int
	Code   string
	Field  string
	Args   []any
	Wait   string // seconds after which to try again, where that is known
	ID     string // of the request, to quote when nobody knows what happened
}

// explain translates any error. What is not one of ours is an unknown one: its text stays in the log.
func explain(err error) fault {
	f := fault{Status: fiber.StatusInternalServerError, Code: "unknown"}
	var often tooOften
	if errors.As(err, &often) {
		n := often.seconds()
		return fault{Status: fiber.StatusTooManyRequests, Code: "too-often", Args: []any{n}, Wait: strconv.Itoa(n)}
	}
	var fiberErr *fiber.Error
	if errors.As(err, &fiberErr) {
		f.Status, f.Code = fiberErr.Code, "http"
		for _, s := range statuses {
			if s.status == fiberErr.Code {
				f.Code = s.code
			}
		}
		switch fiberErr.Code {
		case fiber.StatusRequestEntityTooLarge:
			f.Code = "too-large"
		case fiber.StatusTooManyRequests:
			f.Code = "too-many"
		case fiber.StatusBadRequest:
			f.Code = "bad-request"
		case fiber.StatusMethodNotAllowed:
			f.Code = "not-found"
		}
		return f
	}
	for _, s := range statuses {
		if errors.Is(err, s.kind) {
			f.Status, f.Code = s.status, s.code
		}
	}
	var p *store.Problem
	if errors.As(err, &p) {
		f.Code, f.Field, f.Args = p.Code, p.Field, p.Args
	}
	switch f.Code {
	case "sign-in-needed", "sign-in-wrong", "session":
		f.Status = fiber.StatusUnauthorized
	case "too-many":
		f.Status = fiber.StatusTooManyRequests
	}
	return f
}

// fail answers an error: problem+json under /api/, a page elsewhere.
func (s *Server) fail(c *fiber.Ctx, err error) error {
	f := explain(err)
	if f.Code == "too-large" {
		f = s.unread(c, f)
	}
	f.ID = requestID(c)
	if len(c.Response().Header.Peek(fiber.HeaderContentSecurityPolicy)) == 0 { // it could not even be read, and nothing of ours saw it
		s.seal(c)
	}
	if f.Status >= 500 {
		s.log.Error("request failed", "id", f.ID, "route", c.Route().Path, "status", f.Status, "error", err.Error())
	} else {
		s.log.LogAttrs(c.UserContext(), slog.LevelDebug, "request refused", slog.String("id", f.ID), slog.String("code", f.Code))
	}
	if f.Status == fiber.StatusServiceUnavailable || f.Status == fiber.StatusTooManyRequests {
		c.Set(fiber.HeaderRetryAfter, cmp.Or(f.Wait, retryAfter))
	}
	c.Status(f.Status)
	w := s.wordsOf(c)
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
		return c.Redirect("/sign-in?next="+escapeQuery(c.OriginalURL()), fiber.StatusSeeOther)
	}
	return s.page(c, "error", errorPage{frame: s.frame(c, w.T("error.title")), Fault: f, Message: message})
}

type errorPage struct {
	frame
	Fault   fault
	Message string
}

// Sentence is a problem in the words of content/messages, for who is not a visitor of a page.
func Sentence(content fs.FS, lang string, p *store.Problem) string {
	all, err := readMessages(content)
	if err != nil {
		return p.Error()
	}
	return words{lang, all[lang]}.T("error."+p.Code, p.Args...)
}
