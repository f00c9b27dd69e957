package server

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// The largest requests, in bytes.
const (
	signInBody = 8 << 10
	formBody   = 64 << 10 // of a route that bodies does not name, too
	factsBody  = 1 << 20
	photosBody = 20 << 20  // four photos as a phone takes them
	mediaBody  = 13 << 20  // a film or a photo of mediaUpload, and a sentence for one that is a little larger
	pasteBody  = 4 << 20   // HTML of authoring.MaxHTML as a form writes it
	sheetBody  = 10 << 20  // a file of 8 MB, and a sentence for one that is a little larger
	textBody   = 768 << 10 // a lesson in two languages, as a form writes it
)

// bodies says how much a request to each route may bring. The limit holds before any of the body is read, and beyond formBody only for who is signed in; the patterns are those of routes. A
// pattern goes before those that match the same paths. A test fails on a route that takes a body and is not here.
var bodies = []struct {
	limit    int
	patterns []string
}{
	{signInBody, []string{
		"/language", "/sign-in", "/sign-out", "/claim", "/me/password",
		"/api/v1/session", "/api/v1/session/refresh",
	}},
	{sheetBody, []string{"/roster/import"}},
	{factsBody, []string{"/api/v1/facts"}},
	{photosBody, []string{"/courses/:id/practice"}},
	{pasteBody, []string{"/author/paste"}},
	{mediaBody, []string{"/author/import", "/author/:course/media"}},
	{formBody, []string{
		"/author", "/author/import/:id", "/author/:course/open", "/author/:course/outline", "/author/:course/media/remove", "/author/:course/history", "/author/:course/review", "/author/:course/publish", "/author/:course/versions",
	}},
	{textBody, []string{"/author/:course/save", "/author/:course/preview", "/author/:course/:lesson", "/author/:course/:lesson/quiz", "/courses/:id/:lesson/quiz"}}, // essays are as long as lessons
	{formBody, []string{
		"/courses/:id/renew", "/courses/:id/advance", "/courses/:id/:lesson", "/certificates/:code/revoke",
		"/roster", "/roster/slips", "/roster/import/:id",
		"/roster/:person/correct", "/roster/:person/move", "/roster/:person/leave", "/roster/:person/reset", "/roster/:person/slip",
		"/practice/:submission",
		"/admin", "/admin/:account/reset", "/admin/:account/disable", "/admin/:account/enable", "/admin/issuers/:province",
	}},
}

// bodyLimit is how many bytes a request to the path may bring.
func bodyLimit(path string) int {
	for _, b := range bodies {
		if slices.ContainsFunc(b.patterns, func(pattern string) bool { return matches(pattern, path) }) {
			return b.limit
		}
	}
	return formBody
}

// matches says whether a path is one of a pattern's, as the router has it. A path that is written with escapes is not: it gets the limit of a form.
func matches(pattern, path string) bool {
	path = strings.TrimSuffix(path, "/")
	for pattern != "" && path != "" {
		var want, got string
		want, pattern, _ = strings.Cut(pattern[1:], "/")
		got, path, _ = strings.Cut(path[1:], "/")
		if want != got && (want[0] != ':' || got == "") {
			return false
		}
		if pattern != "" {
			pattern = "/" + pattern
		}
		if path != "" {
			path = "/" + path
		}
	}
	return pattern == path
}

// How long a body may take: some time, and more for each byte that is to come, at a pace that a village's 2G reaches.
const (
	headerTime = 20 * time.Second
	bodyPace   = 2 << 10 // bytes a second
	bodyTime   = 20 * time.Minute
)

// admit says what the rest of a request may be, when its header has been read.
func (s *Server) admit(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	declared := h.ContentLength()
	if declared == -1 || !framed(h) { // guard refuses what is not framed; the size of a chunk can be written in odd ways too
		h.SetConnectionClose()
	}
	if declared == 0 || h.IsGet() && declared < 0 {
		return fasthttp.RequestConfig{}
	}
	limit := s.mayBring(h)
	if declared < 0 || declared > limit { // in chunks
		declared = limit
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: limit, ReadTimeout: min(headerTime+time.Duration(declared)*time.Second/bodyPace, bodyTime)}
}

// mayBring is how many bytes this sender may bring to this path.
func (s *Server) mayBring(h *fasthttp.RequestHeader) int {
	path, _, _ := strings.Cut(string(h.RequestURI()), "?")
	limit := bodyLimit(path)
	if limit > formBody && !s.isMember(h) {
		return formBody
	}
	return limit
}

// isMember says whether a request comes from somebody who is signed in, by its header alone, and changes nothing. When the store cannot be asked it is yes: the request will be answered with that.
func (s *Server) isMember(h *fasthttp.RequestHeader) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if token, ok := strings.CutPrefix(string(h.Peek(fiber.HeaderAuthorization)), "Bearer "); ok {
		_, err := s.sessions.verify(ctx, token)
		return !errors.Is(err, errSession)
	}
	if _, err := s.sessions.verify(ctx, string(h.Cookie(accessCookie(s.secure())))); !errors.Is(err, errSession) {
		return true
	}
	return !errors.Is(s.sessions.renewable(ctx, string(h.Cookie(renewalCookie(s.secure())))), errSession)
}

// unread makes of "too large" that its sender should sign in, where that would have allowed it.
func (s *Server) unread(c *fiber.Ctx, f fault) fault {
	path, _, _ := strings.Cut(string(c.Request().Header.RequestURI()), "?")
	if limit := bodyLimit(path); limit > formBody && s.mayBring(&c.Request().Header) < limit {
		f.Status, f.Code = fiber.StatusUnauthorized, "sign-in-needed"
	}
	linger(c.Context().Conn())
	return f
}
