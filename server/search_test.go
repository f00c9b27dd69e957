package server

import (
	"net/url"
	"strings"
	"testing"

	"lopban/courses"
)

// Whoever reads courses finds the lesson that says something, also without marks; what is asked is never markup, and
// keys of quizzes are not looked through.
func TestSearch(t *testing.T) {
	s := newSite(t)
	s.publish(shortCourse("K1", courses.LibraryService))
	c := s.as(s.person("Sùng A Páo", "00715"))
	form := c.get("/courses").want(200)
	if got := form.attr("form[role=search]", "action"); got != "/search" {
		t.Errorf("the list of courses searches %q", got)
	}
	r := c.get("/search?q=thu+di").want(200)
	if got := r.attr(".found a", "href"); got != "/courses/K1/thu" || r.one(".found mark") != "Thử đi." {
		t.Errorf("%s: %s", got, r.text())
	}
	if got := c.get("/search?q=x%22%3E%3Cscript%3E").want(200); len(got.find(".found")) != 0 || got.attr("#q", "value") != `x"><script>` {
		t.Errorf("%s", got.Body)
	}
	if got := c.get("/search?q=because").want(200); len(got.find(".found")) != 0 {
		t.Errorf("the key of a quiz is found: %s", got.text())
	}
	if got := c.get("/search?q=" + url.QueryEscape(strings.Repeat("ă ", 2000))).want(200); len(got.find(".found")) != 0 {
		t.Errorf("%s", got.text())
	}
	if got := c.get("/search").want(200).text(); !strings.Contains(got, "có dấu hay không dấu") {
		t.Errorf("nothing asked: %s", got)
	}
}
