package page

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"math"
	"strings"

	"lopban/courses"
	"lopban/courses/authoring/markdown"
	"lopban/courses/problem"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/words"
)

// Card is a course as lists show it.
type Card struct{ school.Study }

// State is a word for how far the study is: todo, now or done.
func (c Card) State() string {
	switch {
	case c.Progress.Complete():
		return "done"
	case c.Enrolment != nil:
		return "now"
	}
	return "todo"
}

// Arc is the length of the ring's arc at this progress, of the whole in SVG units.
func (c Card) Arc() string { return arc(c.Progress.Percent()) }

// ringLength is the circumference of the ring in the templates: radius 25.
const ringLength = 2 * math.Pi * 25

func arc(percent int) string {
	return fmt.Sprintf("%.1f %.1f", ringLength*float64(percent)/100, ringLength)
}

// LessonText is a lesson's text as HTML, with the titles of its sections.
type LessonText struct {
	HTML     template.HTML
	Sections []markdown.Section
	Err      error // of the store, which did not say how large the pictures are
}

// Texts keeps the rendered texts of versions, which never change.
type Texts struct {
	Cache[LessonText]
	Store store.Store
	Words words.Languages
}

// Lesson renders a text at the first time. What the store could not be asked of it is left out, and asked the next
// time.
func (t *Texts) Lesson(v *courses.Version, l courses.Lesson, lang string) LessonText {
	key := strings.Join([]string{v.ID, l.ID, lang}, "/")
	if text, ok := t.known(key); ok {
		return text
	}
	var text LessonText
	html, sections := markdown.Render(l.Body.In(lang), func(name string) (markdown.Picture, bool) {
		p := markdown.Picture{URL: "/media/" + v.Blob(name)}
		if text.Err == nil { // nobody waits for it more than once
			p, text.Err = t.read(v.Blob, name, lang)
		}
		return p, v.Blob(name) != ""
	})
	text.HTML, text.Sections = template.HTML(html), sections // sanitised by authoring
	if text.Err == nil {
		t.keep(key, text)
	}
	return text
}

// Media is where a browser finds a media file of those that blob names, and what is said in it. A size that cannot be
// read is left to the browser.
func (t *Texts) Media(blob func(name string) string, name, lang string) (markdown.Picture, bool) {
	p, _ := t.read(blob, name, lang)
	return p, blob(name) != ""
}

// read is media with the error of the store, where that could not be asked.
func (t *Texts) read(blob func(name string) string, name, lang string) (markdown.Picture, error) {
	w := t.Words.In(lang)
	p := markdown.Picture{URL: "/media/" + blob(name)}
	data, err := t.Store.Blob(context.Background(), blob(name))
	if errors.Is(err, problem.ErrUnavailable) {
		return p, err
	}
	if err == nil {
		p.Width, p.Height, _ = markdown.PictureSize(data)
		p.Bytes, p.Offer = len(data), w.Weight(len(data))
	}
	for _, l := range []string{lang, map[string]string{"vi": "en", "en": "vi"}[lang]} {
		captions := blob(markdown.CaptionsOf(name, l))
		if captions == "" {
			continue
		}
		data, err := t.Store.Blob(context.Background(), captions)
		if errors.Is(err, problem.ErrUnavailable) {
			return p, err
		}
		if err == nil {
			p.Captions = append(p.Captions, markdown.Captions{Lang: l, URL: "/media/" + captions, Label: w.T("media.transcript"), Lines: markdown.Transcript(data)})
		}
	}
	return p, nil
}
