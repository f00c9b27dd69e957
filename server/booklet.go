package server

import (
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/paper"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// booklets keeps the newest booklets that were made. One is made at a time: it takes a core for a third of a second.
type booklets struct {
	cache[[]byte]
}

// booklet sends the version that the visitor finishes as a PDF to print, in the visitor's language; with the answers to who may see them.
func (s *Server) booklet(c *fiber.Ctx) error {
	v, err := s.school.VersionFor(c.UserContext(), visitorID(c), c.Params("id"))
	if err != nil {
		return err
	}
	key := c.Query("key") != ""
	if key && !roster.MayAuthor(*visitorOf(c).account) {
		return store.Denied("denied")
	}
	w := s.wordsOf(c)
	pdf, err := s.booklets.get(fmt.Sprint(v.ID, "/", w.Lang, "/", key), func() ([]byte, error) {
		task := ""
		if v.Practice != nil {
			task, _ = authoring.Render(v.Practice.Body.In(w.Lang), func(name string) (authoring.Picture, bool) { return s.texts.picture(v, name, w.Lang) })
		}
		return paper.Booklet{
			Task: task, Version: v, Lang: w.Lang, Key: key, Say: w.T, Inline: authoring.RenderInline,
			Text: func(l courses.Lesson) string { return string(s.texts.lesson(v, l, w.Lang).html) },
			Picture: func(src string) []byte {
				data, err := s.store.Blob(c.UserContext(), strings.TrimPrefix(src, "/media/"))
				if err != nil {
					return nil // its words are printed instead
				}
				return data
			},
		}.PDF()
	})
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/pdf")
	c.Set(fiber.HeaderContentDisposition, `inline; filename="`+w.T("booklet.file", v.Course)+`.pdf"`)
	return c.Send(pdf)
}
