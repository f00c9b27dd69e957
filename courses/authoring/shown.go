package authoring

import (
	"slices"

	"lopban/courses"
	"lopban/courses/authoring/markdown"

	"github.com/yuin/goldmark/text"
)

// Shown lists which media files the lessons of a package show: by name, the ids of the lessons, and the names of the
// other texts, such as "practice".
func (p Package) Shown() map[string][]string {
	all := map[string][]string{}
	find := func(id string, body courses.Text) {
		for _, source := range []string{body.Vi, body.En} {
			doc := markdown.LessonParser.Parse(text.NewReader([]byte(source)))
			for _, name := range markdown.Pictures(doc) {
				if !slices.Contains(all[name], id) {
					all[name] = append(all[name], id)
				}
			}
		}
	}
	for _, one := range writings(p.Version) {
		find(one.id, one.body)
	}
	return all
}
