package page

import (
	"bytes"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// SeeOther sends the visitor on to a page of this site, and is the only way there: Fiber writes what it is given as it
// is, and a name out of an address may hold the end of a header. What is no path of ours is a bad request.
func SeeOther(c *fiber.Ctx, to string) error {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsFunc(to, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) {
		return fiber.ErrBadRequest
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// Clean says whether no header of an answer holds what would end it.
func Clean(h *fasthttp.ResponseHeader) bool {
	is := true
	h.VisitAll(func(name, value []byte) {
		is = is && !bytes.ContainsAny(name, "\r\n\x00") && !bytes.ContainsAny(value, "\r\n\x00")
	})
	return is
}
