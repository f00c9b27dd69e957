package authoring

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"lopban/courses"
	"lopban/courses/authoring/markdown"
)

// Names of the texts of a course that are no lessons, in addresses and reports, beside PracticeID. No lesson has a
// point in its id.
const (
	// ModelID is an answer to the practice task that earns all points.
	ModelID = PracticeID + ".model"
	// GuideID is how to teach the course to a group.
	GuideID = "course.guide"
)

// fileOf is what the files of a text are called, without language and ending.
func fileOf(id string) string {
	switch id {
	case PracticeID:
		return "practice"
	case ModelID:
		return "model"
	case GuideID:
		return "guide"
	}
	return "lessons/" + id
}

// TextFile is the path of the Markdown of a lesson, or of another text of a course, in a language.
func TextFile(id, lang string) string { return LessonFile(id, lang, "md") }

// TextID is the text that a file holds a part of, with its language and its ending, md or gift; ok is false for other
// files.
func TextID(file string) (id, lang, ext string, ok bool) {
	m := textFile.FindStringSubmatch(file)
	if m == nil {
		return "", "", "", false
	}
	for _, id := range []string{PracticeID, ModelID, GuideID} {
		if fileOf(id) == m[1] {
			return id, m[2], m[3], true
		}
	}
	id, ok = strings.CutPrefix(m[1], "lessons/")
	return id, m[2], m[3], ok
}

var textFile = regexp.MustCompile(`^(.+)\.(vi|en)\.(md|gift)$`)

// writing is one text of a course, in Markdown.
type writing struct {
	id   string
	body courses.Text
}

// writings lists the texts that a course has, lessons and their forms first.
func writings(v courses.Version) []writing {
	var all []writing
	for _, l := range v.Written() {
		all = append(all, writing{l.ID, l.Body}, writing{courses.FormID(l.ID), l.Form})
	}
	if p := v.Practice; p != nil {
		all = append(all, writing{PracticeID, p.Body}, writing{ModelID, p.Model})
	}
	return append(all, writing{GuideID, v.Guide})
}

// extra reads a text that a course may have or not. An empty file, which an editor leaves behind, is none.
func (l *loader) extra(id string) courses.Text {
	there := 0
	for _, lang := range []string{"vi", "en"} {
		file := LessonFile(id, lang, "md")
		if len(bytes.TrimSpace(l.files[file])) > 0 {
			there++
		} else {
			delete(l.files, file)
		}
	}
	if there == 0 {
		return courses.Text{}
	}
	vi, en := l.bodies(id)
	return courses.Text{Vi: vi.text, En: en.text}
}

// columnsMost is how many columns of a form can be read on a phone.
const columnsMost = 5

// form reads the form of a lesson. It is a page of its own, which has to fit a phone as well as a sheet of paper.
func (l *loader) form(lesson string) courses.Text {
	id := courses.FormID(lesson)
	form := l.extra(id)
	for lang, body := range map[string]string{"vi": form.Vi, "en": form.En} {
		if _, widest := markdown.Tables(body); widest > columnsMost {
			l.Warn(LessonFile(id, lang, "md"), 0, "form-wide", strconv.Itoa(widest), strconv.Itoa(columnsMost))
		}
	}
	return form
}

// linked are the lessons that a text can lead to. A form and a model answer are shown at other addresses than lessons,
// from where no link of a text leads to one.
func (l *loader) linked(id string) map[string]bool {
	if id == ModelID || strings.HasSuffix(id, courses.FormID("")) {
		return nil
	}
	return l.lessons
}

// levels reads what earns how many points of a criterion worth most.
func (r yamlReader) levels(n *yaml.Node, key string, most int) []courses.Level {
	var all []courses.Level
	before := 0
	for _, item := range r.list(n, key) {
		var l courses.Level
		r.mapping(item, key, fields{
			"points": {func(n *yaml.Node, k string) { l.Points, _ = r.whole(n, k) }, true},
			"vi":     {func(n *yaml.Node, _ string) { l.Text.Vi, _ = r.line(n, key+".vi") }, true},
			"en":     {func(n *yaml.Node, _ string) { l.Text.En, _ = r.line(n, key+".en") }, false},
		})
		if l.Points <= before || l.Points > most {
			r.m.Add(CourseFile, item.Line, "levels-order", strconv.Itoa(most))
		}
		if l.Text.Vi != "" && l.Text.En == "" {
			r.m.Warn(CourseFile, item.Line, "untranslated", key)
		}
		before = l.Points
		all = append(all, l)
	}
	return all
}

type yamlLevel struct {
	Points int    `yaml:"points"`
	Vi     string `yaml:"vi"`
	En     string `yaml:"en,omitempty"`
}

func levelsYAML(all []courses.Level) []yamlLevel {
	var list []yamlLevel
	for _, l := range all {
		list = append(list, yamlLevel{l.Points, l.Text.Vi, l.Text.En})
	}
	return list
}
