package server

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/authoring"
)

// paste turns HTML that an author pastes, from the field "html" of a form or of JSON, into the Markdown of a lesson: {"markdown": …, "leftOut": [sentences]}. It keeps nothing.
func (s *Server) paste(c *fiber.Ctx) error {
	body := struct {
		HTML string `json:"html"`
	}{HTML: c.FormValue("html")}
	if strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEApplicationJSON) {
		if err := decode(c, &body); err != nil {
			return err
		}
	}
	markdown, left, err := authoring.FromHTML([]byte(body.HTML))
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"markdown": markdown, "leftOut": s.wordsOf(c).mistakes(left)})
}

// partKeys are the messages that name the parts of a course or lesson as its files do.
var partKeys = map[string]string{"title": "desk.title", "summary": "desk.summary", "objective": "desk.objective", "body": "desk.panel.text"}

// mistakes are the mistakes as sentences.
func (w words) mistakes(all authoring.Mistakes) []string {
	said := []string{}
	for _, m := range all {
		said = append(said, w.sentence(m))
	}
	return said
}
