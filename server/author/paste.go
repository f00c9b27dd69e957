package author

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/authoring/bundle"
	"lopban/server/page"
)

// Paste turns HTML that an author pastes, from the field "html" of a form or of JSON, into the Markdown of a lesson:
// {"markdown": …, "leftOut": [sentences]}. It keeps nothing.
func (s *Pages) Paste(c *fiber.Ctx) error {
	body := struct {
		HTML string `json:"html"`
	}{HTML: c.FormValue("html")}
	if strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEApplicationJSON) {
		if err := page.Decode(c, &body); err != nil {
			return err
		}
	}
	text, left, err := bundle.Pasted([]byte(body.HTML))
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"markdown": text, "leftOut": s.WordsOf(c).Mistakes(left)})
}
