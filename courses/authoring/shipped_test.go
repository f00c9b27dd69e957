package authoring

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"lopban/courses/authoring/coursetest"
	"lopban/courses/authoring/markdown"
)

// The courses that come with the program have neither errors nor warnings, and survive a journey in a package.
func TestShippedCoursesHaveNoMistakes(t *testing.T) {
	folders, err := filepath.Glob("../../content/courses/*/course.yaml")
	if err != nil || len(folders) == 0 {
		t.Fatal("no courses", err)
	}
	for _, file := range folders {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			p, m, err := Load(os.DirFS(dir))
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range m {
				t.Error(one)
			}
			if p.Version.Course != filepath.Base(dir) {
				t.Errorf("the course %s is in another folder", p.Version.Course)
			}
			for _, l := range p.Version.Lessons() {
				for _, body := range []string{l.Body.Vi, l.Body.En} {
					out, sections := markdown.Render(body, func(name string) (markdown.Picture, bool) {
						w, h, ok := markdown.PictureSize(p.Media[p.Version.Blob(name)])
						return markdown.Picture{URL: "/media/0123abcd.svg", Width: w, Height: h}, ok
					})
					if err := coursetest.Judge(t, out, coursetest.InLesson); err != nil || len(sections) == 0 {
						t.Errorf("%s: %d sections, %v", l.ID, len(sections), err)
					}
				}
			}
			if back, m := unpacked(t, packed(t, p)); m.Errors() || !reflect.DeepEqual(back, p) {
				t.Errorf("the package is another course: %v", m)
			}
		})
	}
}
