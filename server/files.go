package server

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/assets"
	"lopban/courses/store"
)

// forever is for what has a hash in its name.
const forever = "public, max-age=31536000, immutable"

// asset sends a file of package assets by its hashed name.
func (s *Server) asset(c *fiber.Ctx) error {
	a, ok := assets.Find(c.Params("name"))
	if !ok {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderContentType, a.Type)
	c.Set(fiber.HeaderCacheControl, forever)
	return c.Send(a.Data)
}

// mediaName is the name of a file of a course in the store: the hash of its bytes and its ending.
var mediaName = regexp.MustCompile(`^[0-9a-f]{64}\.(svg|png|jpe?g|mp3|m4a|mp4|webm|vtt)$`)

var mediaTypes = map[string]string{".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".mp3": "audio/mpeg", ".m4a": "audio/mp4",
	".mp4": "video/mp4", ".webm": "video/webm", ".vtt": "text/vtt; charset=utf-8"}

// media sends a picture, a sound or a film of a course, or the part of it that a player asks for. It is only ever shown inside a page: opened by itself it may do nothing.
func (s *Server) media(c *fiber.Ctx) error {
	name := c.Params("name")
	if !mediaName.MatchString(name) {
		return fiber.ErrNotFound
	}
	data, err := s.store.Blob(c.UserContext(), name)
	if err != nil {
		return err
	}
	kind := mediaTypes[path.Ext(name)]
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	c.Set(fiber.HeaderCacheControl, forever)
	if !strings.HasPrefix(kind, "audio/") && !strings.HasPrefix(kind, "video/") {
		return c.Send(data)
	}
	c.Set(fiber.HeaderAcceptRanges, "bytes")
	r, err := c.Range(len(data))
	if err != nil || r.Type != "bytes" || len(r.Ranges) != 1 { // of several parts a player may be sent the whole
		if errors.Is(err, fiber.ErrRangeUnsatisfiable) {
			c.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes */%d", len(data)))
			return c.SendStatus(fiber.StatusRequestedRangeNotSatisfiable)
		}
		return c.Send(data)
	}
	part := r.Ranges[0]
	c.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes %d-%d/%d", part.Start, part.End, len(data)))
	return c.Status(fiber.StatusPartialContent).Send(data[part.Start : part.End+1])
}

// healthz says that the process answers.
func (s *Server) healthz(c *fiber.Ctx) error { return c.SendString("ok\n") }

// readyz says that the store can be reached.
func (s *Server) readyz(c *fiber.Ctx) error {
	if err := s.store.Ping(c.UserContext()); err != nil {
		if errors.Is(err, store.ErrUnavailable) {
			return err
		}
		return errors.Join(store.ErrUnavailable, err)
	}
	return c.SendString("ready\n")
}
