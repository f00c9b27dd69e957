package server

import (
	"strings"
	"testing"

	"lopban/courses"
)

// Whatever stands in the site map where the name of a lesson or of a course may stand is a name that none of them can
// have.
func TestNamesOfPagesAreKept(t *testing.T) {
	seen := 0
	for _, routes := range newSite(t).app.Stack() {
		for _, route := range routes {
			parts := strings.Split(strings.TrimPrefix(route.Path, "/"), "/")
			word := func(i int) string { // "" for a parameter, and for a file, whose point no id has
				if i >= len(parts) || strings.HasPrefix(parts[i], ":") || strings.Contains(parts[i], ".") {
					return ""
				}
				return parts[i]
			}
			if parts[0] != "courses" && parts[0] != "author" {
				continue
			}
			if name := word(1); name != "" {
				seen++
				if !courses.CourseNameTaken(name) {
					t.Errorf("%s: a course may be called %s", route.Path, name)
				}
			}
			if name := word(2); name != "" && word(1) == "" {
				seen++
				if !courses.LessonNameTaken(name) {
					t.Errorf("%s: a lesson may be called %s", route.Path, name)
				}
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d names were found in the site map", seen)
	}
}
