package server

import (
	"github.com/gofiber/fiber/v2"

	"lopban/server/edge"
	"lopban/server/page"
)

// limit lets a request pass while its sender has some of the allowance left.
func (s *Server) limit(a *edge.Allowance, sender func(*fiber.Ctx) string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := s.spend(a, sender(c), 1); err != nil {
			return err
		}
		return c.Next()
	}
}

// limitShared lets a request pass while its address has some of the allowance left that all processes count together.
func (s *Server) limitShared(a *edge.Shared) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if wait := a.Take(c.UserContext(), network(c), s.Now()); wait > 0 {
			return page.TooOften(wait)
		}
		return c.Next()
	}
}

func (s *Server) spend(a *edge.Allowance, who string, n int) error {
	if wait := a.Take(who, n, s.Now()); wait > 0 {
		return page.TooOften(wait)
	}
	return nil
}
