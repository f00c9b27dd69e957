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

func (s *Server) spend(a *edge.Allowance, who string, n int) error {
	if wait := a.Take(who, n, s.Now()); wait > 0 {
		return page.TooOften(wait)
	}
	return nil
}
