package page

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/problem"
)

// maxValues bounds the values and names of a JSON text: what it is taken apart into can take a hundred times its
// memory. Phones send far fewer.
const maxValues = 50_000

// Decode reads a JSON body into typed fields. A value of another type, such as an object where a text belongs, is
// refused.
func Decode(c *fiber.Ctx, into any) error {
	if !strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEApplicationJSON) {
		return fiber.ErrUnsupportedMediaType
	}
	body := c.Request().Body()
	if values, _ := Shape(body); values > maxValues {
		return problem.Invalid("", "too-many-parts")
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fiber.ErrBadRequest
	}
	return nil
}

// Shape counts, without taking it apart, the values and names of a JSON text and the elements of its lists that stand
// two levels deep, which is where a request has its facts. Of what is no JSON the numbers mean nothing, and the reader
// refuses it.
func Shape(text []byte) (values, elements int) {
	depth, quoted, empty := 0, false, true
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted:
			switch c {
			case '\\':
				i++
			case '"':
				quoted = false
			}
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
			continue
		case c == ',' || c == ':':
			values++
			if c == ',' && depth == 2 {
				elements++
			}
		case c == '[' || c == '{':
			if depth == 2 && empty {
				elements++
			}
			values++
			depth++
			empty = true
			continue
		case c == ']' || c == '}':
			depth--
		default:
			quoted = c == '"'
			if depth == 2 && empty {
				elements++
			}
		}
		empty = false
	}
	return values, elements
}

// Tagged answers with a document and a tag of what it says, so that a program that has it already, and sends the tag in
// If-None-Match, gets 304 and nothing else. The tag is weak: packed and plain answers say the same.
func Tagged(c *fiber.Ctx, doc any) error {
	data, err := c.App().Config().JSONEncoder(doc)
	if err != nil {
		return err
	}
	return TaggedBytes(c, fiber.MIMEApplicationJSON, data)
}

// TaggedBytes answers with bytes as Tagged does with a document.
func TaggedBytes(c *fiber.Ctx, kind string, data []byte) error {
	sum := sha256.Sum256(data)
	tag := `W/"` + hex.EncodeToString(sum[:16]) + `"`
	c.Set(fiber.HeaderETag, tag)
	for _, had := range strings.Split(c.Get(fiber.HeaderIfNoneMatch), ",") {
		if had = strings.TrimSpace(had); had == tag || had == strings.TrimPrefix(tag, "W/") {
			return c.SendStatus(fiber.StatusNotModified)
		}
	}
	c.Set(fiber.HeaderContentType, kind)
	return c.Send(data)
}
