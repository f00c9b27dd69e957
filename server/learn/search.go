package learn

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/search"
	"lopban/server/page"
)

type searchPage struct {
	page.Frame
	Asked   string
	Found   []search.Found
	All     int // that there are; Found are the best of them
	Letters int
}

// Href is the page of what was found.
func (searchPage) Href(f search.Found) string {
	if f.Lesson == nil {
		return "/courses/" + f.Course.Course
	}
	return "/courses/" + f.Course.Course + "/" + f.Lesson.ID
}

// Search finds words in the courses that are offered.
func (s *Pages) Search(c *fiber.Ctx) error {
	shown := searchPage{Frame: s.Frame(c, s.WordsOf(c).T("search.title")), Asked: strings.TrimSpace(c.Query("q")), Letters: search.MostLetters}
	offered, err := s.School.Catalogue(c.UserContext())
	if err != nil {
		return err
	}
	shown.Found, shown.All = s.words.Find(offered, shown.Asked, shown.Lang)
	return s.Page(c, "search", shown)
}
