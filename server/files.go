package server

import (
	"errors"
	"path"
	"regexp"

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

// mediaName is the name of a course's picture in the store: the hash of its bytes and its ending.
var mediaName = regexp.MustCompile(`^[0-9a-f]{64}\.(svg|png|jpg|webp)$`)

var mediaTypes = map[string]string{".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}

// media sends a picture of a course. It is only ever shown inside a page: opened by itself it may do nothing.
func (s *Server) media(c *fiber.Ctx) error {
	name := c.Params("name")
	if !mediaName.MatchString(name) {
		return fiber.ErrNotFound
	}
	data, err := s.store.Blob(c.UserContext(), name)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, mediaTypes[path.Ext(name)])
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	c.Set(fiber.HeaderCacheControl, forever)
	return c.Send(data)
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
