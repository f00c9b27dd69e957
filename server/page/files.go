package page

import (
	"fmt"
	"math"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/assets"
)

// Forever is for what has a hash in its name.
const Forever = "public, max-age=31536000, immutable"

// Asset sends a file of package assets by its hashed name.
func (s *Site) Asset(c *fiber.Ctx) error {
	a, ok := assets.Find(c.Params("name"))
	if !ok {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderContentType, a.Type)
	c.Set(fiber.HeaderCacheControl, Forever)
	return c.Send(a.Data)
}

// mediaName is the name of a file of a course in the store: the hash of its bytes and its ending.
var mediaName = regexp.MustCompile(`^[0-9a-f]{64}\.(svg|png|jpe?g|mp3|m4a|mp4|webm|vtt)$`)

var mediaTypes = map[string]string{".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".mp3": "audio/mpeg", ".m4a": "audio/mp4",
	".mp4": "video/mp4", ".webm": "video/webm", ".vtt": "text/vtt; charset=utf-8"}

var oneRange = regexp.MustCompile(`^bytes=([0-9]*)-([0-9]*)$`)

// span reads the Range of a request for so many bytes (RFC 9110, 14.1.2): from the first byte of it up to the one
// before to. What is no range, or several, asks for the whole; a range that begins behind the end has from there.
func span(header string, size int) (from, to int, some bool) {
	m := oneRange.FindStringSubmatch(header)
	if m == nil || m[1] == "" && m[2] == "" {
		return 0, 0, false
	}
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil { // beyond any file
			return math.MaxInt - 1
		}
		return n
	}
	if m[1] == "" { // the last so many bytes
		n := number(m[2])
		if n == 0 {
			return size, size, true
		}
		return max(size-n, 0), size, true
	}
	from, to = number(m[1]), size
	if m[2] != "" {
		last := number(m[2])
		if last < from {
			return 0, 0, false
		}
		to = min(last+1, size)
	}
	return from, to, true
}

// Media sends a picture, a sound or a film of a course, or the part of it that a player asks for. It is only ever shown
// inside a page: opened by itself it may do nothing.
func (s *Site) Media(c *fiber.Ctx) error {
	name := c.Params("name")
	if !mediaName.MatchString(name) {
		return fiber.ErrNotFound
	}
	data, err := s.Store.Blob(c.UserContext(), name)
	if err != nil {
		return err
	}
	kind := mediaTypes[path.Ext(name)]
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	c.Set(fiber.HeaderCacheControl, Forever)
	if !strings.HasPrefix(kind, "audio/") && !strings.HasPrefix(kind, "video/") {
		return c.Send(data)
	}
	c.Set(fiber.HeaderAcceptRanges, "bytes")
	from, to, some := span(c.Get(fiber.HeaderRange), len(data))
	switch {
	case !some:
		return c.Send(data)
	case from >= len(data):
		c.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes */%d", len(data)))
		return c.SendStatus(fiber.StatusRequestedRangeNotSatisfiable)
	}
	c.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(data)))
	return c.Status(fiber.StatusPartialContent).Send(data[from:to])
}
