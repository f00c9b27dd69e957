package server

import (
	"fmt"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/problem"
)

// healthz says that the process answers.
func (s *Server) healthz(c *fiber.Ctx) error { return c.SendString("ok\n") }

// readyz says that the store can be reached. Where it is and why it cannot be are for the log, not for whoever asks.
func (s *Server) readyz(c *fiber.Ctx) error {
	if err := s.Store.Ping(c.UserContext()); err != nil {
		s.Log.Warn("not ready", "error", err.Error())
		return problem.ErrUnavailable
	}
	if d := s.Disk(); d.Low {
		return c.SendString(fmt.Sprintf("ready\nthe disk is low: %d MiB left\n", d.Free>>20))
	}
	return c.SendString("ready\n")
}
