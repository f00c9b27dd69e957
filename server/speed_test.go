package server

import (
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"lopban/courses"
)

// BenchmarkLessonPage is a signed-in lesson page beside a bare handler that sends the same bytes: no network, all of
// the server.
func BenchmarkLessonPage(b *testing.B) {
	s := newSite(b)
	s.publish(shortCourse("K1", courses.LibraryService))
	c := s.as(s.person("Vàng Thị Mỷ", "00715"))
	c.post("/courses/K1/doc", nil).want(303)
	body := c.get("/courses/K1/thu").want(200).Body
	bare := fiber.New()
	bare.Get("/courses/:id/:lesson", func(c *fiber.Ctx) error { return c.SendString(body) })
	for _, run := range []struct {
		name    string
		handler fasthttp.RequestHandler
	}{{"lesson", s.app.Handler()}, {"bare", bare.Handler()}} {
		b.Run(run.name, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				var ctx fasthttp.RequestCtx
				ctx.Request.Header.SetMethod("GET")
				ctx.Request.SetRequestURI("/courses/K1/thu")
				ctx.Request.Header.Set("Accept-Encoding", "br")
				for name, value := range c.cookies {
					ctx.Request.Header.SetCookie(name, value)
				}
				for pb.Next() {
					ctx.Response.Reset()
					run.handler(&ctx)
					if ctx.Response.StatusCode() != 200 {
						b.Fatal(ctx.Response.StatusCode())
					}
				}
			})
		})
	}
}
