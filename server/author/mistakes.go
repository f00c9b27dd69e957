package author

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/gift"
	"lopban/courses/authoring/mistake"
	"lopban/courses/problem"
)

// mistakeRow is a mistake in words, where it is, and the page on which it can be mended.
type mistakeRow struct {
	mistake.Mistake
	Text, At, Href string
}

// mistakePlaces says where the mistakes of a draft are, in the words of the pages. It reads a file when it is asked
// about it first.
type mistakePlaces struct {
	s     *Pages
	ctx   context.Context
	f     deskFrame
	texts map[string]string
}

func (s *Pages) placesOf(c *fiber.Ctx, f deskFrame) mistakePlaces {
	return mistakePlaces{s, c.UserContext(), f, map[string]string{}}
}

func (p mistakePlaces) row(m mistake.Mistake) (mistakeRow, error) {
	row := mistakeRow{Mistake: m, Text: p.f.Words.Mistakes(mistake.Mistakes{m})[0]}
	var err error
	id, lang, ext, ok := authoring.TextID(m.File)
	line := fmt.Sprintf("line=%d", m.Line)
	switch {
	case strings.HasPrefix(m.File, "media/"):
		row.At, row.Href = strings.TrimPrefix(m.File, "media/"), p.f.Base+"/media"
	case ok && ext == "md":
		row.At, row.Href = p.f.T("desk.at.text", cmp.Or(p.title(id), m.File), p.f.T("lang."+lang)), p.f.Base+"/"+id+"?lang="+lang+"&"+line
		if m.Line > 0 {
			row.At = p.f.T("desk.at.line", row.At, m.Line)
		}
	case ok:
		row.Href = p.f.Base + "/" + id + "/quiz?lang=" + lang + "&" + line + "#open"
		row.At, err = p.question(m, cmp.Or(p.title(id), m.File))
	default:
		err = p.outline(m, &row)
	}
	return row, err
}

// title names the lesson or the other text with this id, "" for none.
func (p mistakePlaces) title(id string) string {
	if l, ok := p.f.Outline.Lesson(id); ok {
		return p.f.T("desk.at.lesson", cmp.Or(p.f.In(l.Title), id))
	}
	if key := map[string]string{authoring.PracticeID: "desk.practice", authoring.ModelID: "desk.model", authoring.GuideID: "course.guide"}[id]; key != "" {
		return p.f.T(key)
	}
	return ""
}

// text is a file of the draft, "" for one that is not there: a mistake may be just that.
func (p mistakePlaces) text(file string) (string, error) {
	if _, read := p.texts[file]; !read {
		e, err := p.s.Desk.Read(p.ctx, p.f.Course, file)
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return "", err
		}
		p.texts[file] = e.Text
	}
	return p.texts[file], nil
}

// question names the question of a quiz in whose lines a mistake is, by its number on the pages.
func (p mistakePlaces) question(m mistake.Mistake, title string) (string, error) {
	if m.Line == 0 {
		return title, nil
	}
	text, err := p.text(m.File)
	if err != nil {
		return title, err
	}
	_, lang, _, _ := authoring.TextID(m.File)
	all := gift.Positions(gift.Source{File: m.File, Data: []byte(text)}, lang == "en")
	n := 0
	for n < len(all) && all[n].Line <= m.Line {
		n++
	}
	if n == 0 {
		return title, nil
	}
	return p.f.T("desk.at.question", title, n), nil
}

var (
	yamlID   = regexp.MustCompile(`^( *)(?:- +)?id: *["']?([a-z0-9-]+)`)
	yamlList = regexp.MustCompile(`^( *)(?:- +)?(lessons|modules):`)
	yamlKey  = regexp.MustCompile(`^([a-z_]+):`)
)

// formed are the parts of course.yaml that have a form on the page of the course, with the place where it is.
var formed = map[string]string{"title": "#course-vi", "summary": "#summary-vi", "pass_mark": "#rule-pass", "validity_months": "#rule-validity", "shuffle": "#rules",
	"final": "#rule-final", "practice": "", "periods": "", "modules": ""}

// outline names the lesson, the module or the part of the course in whose lines of course.yaml a mistake is.
func (p mistakePlaces) outline(m mistake.Mistake, row *mistakeRow) error {
	row.At, row.Href = p.f.T("desk.at.course"), p.f.Base
	if m.File != authoring.CourseFile || m.Line == 0 {
		return nil
	}
	text, err := p.text(m.File)
	if err != nil {
		return err
	}
	lines := strings.Split(text, "\n")
	for i := min(m.Line, len(lines)) - 1; i >= 0; i-- {
		id := yamlID.FindStringSubmatch(lines[i])
		if id != nil && listOf(lines[:i], len(id[1])) == "lessons" {
			row.At, row.Href = cmp.Or(p.title(id[2]), id[2]), p.f.Base+"/"+id[2]
			return nil
		}
		if id != nil && listOf(lines[:i], len(id[1])) == "modules" {
			at := slices.IndexFunc(p.f.Outline.Modules, func(module courses.Module) bool { return module.ID == id[2] })
			if at >= 0 {
				row.At, row.Href = p.f.T("desk.at.module", p.f.In(p.f.Outline.Modules[at].Title)), p.f.Base+"#"+id[2]
			}
			return nil
		}
		if key := yamlKey.FindStringSubmatch(lines[i]); key != nil {
			place, ok := formed[key[1]]
			if row.Href += place; !ok {
				row.Href = fmt.Sprintf("%s/course.yaml?line=%d", p.f.Base, m.Line)
			}
			return nil
		}
	}
	row.Href = fmt.Sprintf("%s/course.yaml?line=%d", p.f.Base, m.Line)
	return nil
}

// listOf names the list of course.yaml in which an entry is that stands that far in, below these lines.
func listOf(above []string, indent int) string {
	for _, line := range slices.Backward(above) {
		if m := yamlList.FindStringSubmatch(line); m != nil && len(m[1]) <= indent {
			return m[2]
		}
	}
	return ""
}
