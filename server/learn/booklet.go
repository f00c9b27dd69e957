package learn

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/markdown"
	"lopban/courses/paper"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/server/page"
)

// booklets keeps the newest booklets that were made. One is made at a time: it takes a core for a third of a second.
type booklets struct {
	page.Cache[[]byte]
}

// Booklet sends the version that the visitor finishes as a PDF to print, in the visitor's language; with the answers to
// who may see them.
func (s *Pages) Booklet(c *fiber.Ctx) error {
	v, err := s.School.VersionFor(c.UserContext(), page.VisitorID(c), c.Params("id"))
	if err != nil {
		return err
	}
	key := c.Query("key") != ""
	if key && !roster.MayAuthor(*page.VisitorOf(c).Account) {
		return problem.Denied("denied")
	}
	w := s.WordsOf(c)
	texts, pictures := map[string]string{}, map[string][]byte{}
	gather := func() error {
		all := v.Lessons()
		if p := v.Practice; p != nil {
			all = append(slices.Clone(all), courses.Lesson{ID: "practice", Body: p.Body}, courses.Lesson{ID: authoring.ModelID, Body: p.Model})
		}
		for _, l := range all {
			text := s.Texts.Lesson(v, l, w.Lang)
			if text.Err != nil {
				return text.Err
			}
			texts[l.ID] = string(text.HTML)
		}
		for _, m := range v.Media {
			if !strings.Contains(" .svg .png .jpg .jpeg .gif .webp ", " "+path.Ext(m.Name)+" ") {
				continue
			}
			data, err := s.Store.Blob(c.UserContext(), m.Blob)
			if errors.Is(err, problem.ErrUnavailable) {
				return err
			}
			pictures["/media/"+m.Blob] = data // without one its words are printed instead
		}
		return nil
	}
	pdf, err := s.booklets.Get(fmt.Sprint(v.ID, "/", w.Lang, "/", key), gather, func() ([]byte, error) {
		return paper.Booklet{
			Task: texts["practice"], Model: texts[authoring.ModelID], Version: v.WithoutFinal(), Lang: w.Lang, Key: key, Say: w.T, Inline: markdown.RenderInline,
			Text:    func(l courses.Lesson) string { return texts[l.ID] },
			Picture: func(src string) []byte { return pictures[src] },
		}.PDF()
	})
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/pdf")
	c.Set(fiber.HeaderContentDisposition, `inline; filename="`+w.T("booklet.file", v.Course)+`.pdf"`)
	return c.Send(pdf)
}
