// Package learn is the pages of learners, and of trainers who review their work.
package learn

import (
	"lopban/courses"
	"lopban/courses/programme/badges"
	"lopban/courses/search"
	"lopban/server/page"
)

// Pages answers for them.
type Pages struct {
	*page.Site
	booklets booklets
	words    search.Courses
	lessons  page.Cache[page.Packed]
	packs    page.Cache[courseFile]
	badges   *badges.Badges
	count    func(courses.Fact, courses.Receipt) // called with each fact and what became of it
}

// New answers with what the site has, and tells count of each fact.
func New(site *page.Site, count func(courses.Fact, courses.Receipt)) *Pages {
	s := &Pages{Site: site, badges: badges.New(site.Programme), count: count}
	s.booklets.Most = 32
	s.packs.Most = mostPacks
	return s
}
