package server

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"lopban/courses/programme/signing"
	"lopban/courses/roster/accounts"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"lopban/server/edge"
	"lopban/server/page"
)

// The largest requests, in bytes.
const (
	signInBody = 8 << 10
	formBody   = 64 << 10 // of a route that bodies does not name, too
	factsBody  = 1 << 20
	photosBody = 20 << 20  // four photos as a phone takes them
	photoBody  = 5 << 20   // one, made small by the phone
	mediaBody  = 13 << 20  // a film or a photo of mediaUpload, and a sentence for one that is a little larger
	pasteBody  = 4 << 20   // HTML of authoring.MaxHTML as a form writes it
	sheetBody  = 10 << 20  // a file of 8 MB, and a sentence for one that is a little larger
	textBody   = 768 << 10 // a lesson in two languages, as a form writes it
)

// bodies says how much a request to each route may bring. The limit holds before any of the body is read, and beyond
// formBody only for who is signed in; the patterns are those of routes. A pattern goes before those that match the same
// paths. A test fails on a route that takes a body and is not here.
var bodies = []struct {
	limit    int
	patterns []string
}{
	{signInBody, []string{
		"/language", "/sign-in", "/sign-out", "/claim", "/me/password", "/me/login", "/me/sign-out", "/me/second", "/me/second/code", "/me/second/drop",
		"/api/v1/session", "/api/v1/session/refresh", "/api/v1/certificates/:code/reissue",
	}},
	{sheetBody, []string{"/roster/import", "/places"}},
	{factsBody, []string{"/api/v1/facts"}},
	{photosBody, []string{"/courses/:id/practice", "/me/trainings", "/roster/:person/trainings", "/trainings/import"}},
	{signing.MostBytes, []string{"/registers/signing"}},
	{photoBody, []string{"/api/v1/photos"}},
	{pasteBody, []string{"/author/paste"}},
	{mediaBody, []string{"/author/import", "/author/:course/media"}},
	{formBody, []string{
		"/sign-in/held",
		"/author", "/author/import/:id", "/author/:course/open", "/author/:course/outline", "/author/:course/media/remove", "/author/:course/history", "/author/:course/review", "/author/:course/publish", "/author/:course/versions", "/author/:course/remarks",
	}},
	// essays are as long as lessons
	{textBody, []string{"/author/:course/save", "/author/:course/preview", "/author/:course/:lesson", "/author/:course/:lesson/quiz", "/courses/:id/:lesson/quiz"}},
	{formBody, []string{
		"/courses/:id/renew", "/courses/:id/advance", "/courses/:id/:lesson", "/courses/:id/:lesson/place", "/certificates/:code/revoke", "/certificates/:code/reissue", "/certificates/:code/answer", "/courses/:id/:lesson/remark", "/admin/issuers/:province/contact",
		"/libraries", "/libraries/offers", "/libraries/:library",
		"/roster", "/roster/slips", "/roster/import/:id", "/roster/import/:id/choices", "/roster/import/:id/undo",
		"/roster/import/:id/cancel",
		"/roster/:person/merge", "/roster/:person/part", "/roster/:person/strike", "/roster/:person/restore",
		"/roster/:person/correct", "/roster/:person/move", "/roster/:person/leave", "/roster/:person/reset", "/roster/:person/sign-out", "/roster/:person/unlock", "/roster/:person/slip",
		"/me/data/consent", "/me/data/ask", "/roster/:person/data/consent", "/roster/:person/data/ask", "/roster/:person/data/erase", "/requests/:person/:n",
		"/roster/transfers", "/roster/transfers/:person/:n", "/roster/:person/transfer", "/roster/:person/login",
		"/practice/:submission", "/trainings/accept", "/trainings/import/:id", "/trainings/:training", "/registers", "/places/drafts/:id", "/places/:id/undo",
		"/periods", "/admin", "/admin/:account/reset", "/admin/:account/disable", "/admin/:account/enable", "/admin/:account/sign-out", "/admin/:account/unlock", "/admin/:account/second", "/admin/issuers/:province", "/admin/:account",
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

// matches says whether a path is one of a pattern's, as the router has it. A path that is written with escapes is not:
// it gets the limit of a form.
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
	// guard refuses what is not framed; the size of a chunk can be written in odd ways too
	if declared == -1 || !edge.Framed(h) {
		h.SetConnectionClose()
	}
	if declared == 0 || h.IsGet() && declared < 0 {
		return fasthttp.RequestConfig{}
	}
	s.burden.Leave(h)
	limit, who := s.mayBring(h)
	size := declared
	if size < 0 || size > limit { // in chunks
		size = limit
	}
	wait := min(headerTime+time.Duration(size)*time.Second/bodyPace, bodyTime)
	if size > formBody && limit != factsBody && s.Disk().Short {
		limit = formBody // see unread
	} else if size > formBody && declared <= limit && !s.burden.Enter(h, edge.Load{Who: who, Bytes: size, Until: time.Now().Add(wait + edge.WriteTime)}, time.Now()) {
		limit = formBody // see unread
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: limit, ReadTimeout: wait}
}

// mayBring is how many bytes this sender may bring to this path, and who that is where it matters.
func (s *Server) mayBring(h *fasthttp.RequestHeader) (limit int, who string) {
	path, _, _ := strings.Cut(string(h.RequestURI()), "?")
	limit = bodyLimit(path)
	if limit <= formBody {
		return limit, ""
	}
	who, ok := s.sender(h)
	if !ok {
		return formBody, ""
	}
	return limit, who
}

// sender says whether a request comes from somebody who is signed in, by its header alone, and changes nothing. When
// the store cannot be asked it is yes: the request will be answered with that.
func (s *Server) sender(h *fasthttp.RequestHeader) (account string, ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if token, ok := strings.CutPrefix(string(h.Peek(fiber.HeaderAuthorization)), "Bearer "); ok {
		who, err := s.Sessions.Verify(ctx, token)
		return who.Account.ID, !errors.Is(err, accounts.ErrSession)
	}
	if who, err := s.Sessions.Verify(ctx, string(h.Cookie(accessCookie(s.secure())))); !errors.Is(err, accounts.ErrSession) {
		return who.Account.ID, true
	}
	account, err := s.Sessions.Renewable(ctx, string(h.Cookie(renewalCookie(s.secure()))))
	return account, !errors.Is(err, accounts.ErrSession)
}

// unread makes of "too large" that its sender should sign in, where that would have allowed it, or come again, where
// there was no room for it.
func (s *Server) unread(c *fiber.Ctx, f page.Fault) page.Fault {
	h := &c.Request().Header
	path, _, _ := strings.Cut(string(h.RequestURI()), "?")
	may, _ := s.mayBring(h)
	switch limit := bodyLimit(path); {
	case limit > may:
		f.Status, f.Code = fiber.StatusUnauthorized, "sign-in-needed"
	case limit > formBody && limit != factsBody && s.Disk().Short:
		f.Status, f.Code = fiber.StatusInsufficientStorage, "disk-short"
	case limit > formBody && h.ContentLength() <= limit:
		f.Status, f.Code = fiber.StatusServiceUnavailable, "bodies-busy"
	}
	return f
}
