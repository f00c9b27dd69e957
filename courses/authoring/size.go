package authoring

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/text"

	"lopban/courses"
	"lopban/courses/authoring/markdown"
)

// LessonSize is how long and how heavy a lesson is, for its author.
type LessonSize struct {
	ID string `json:"id"`
	// of the text; Vietnamese counts syllables, as they are written
	Words         PerLanguage `json:"words"`
	SentenceWords PerLanguage `json:"sentenceWords"` // mean words of a sentence
	Sections      PerLanguage `json:"sections"`
	// bytes of the text and the pictures that are loaded with it, gzipped
	Compressed PerLanguage `json:"compressed"`
	// bytes of the pictures, sounds and films that the reader opens
	OnDemand PerLanguage `json:"onDemand"`
	// that Compressed and the page around it take on 2G, at 50 kbit/s
	Seconds   PerLanguage                  `json:"seconds"`
	Pictures  PerLanguage                  `json:"pictures"`
	Questions map[courses.QuestionKind]int `json:"questions"`
	// parts without English: "title", "objective", "body", "quiz.q3", "rubric.so-muon"
	Untranslated []string `json:"untranslated"`
}

// PerLanguage is a number for the Vietnamese and of the English text.
type PerLanguage struct {
	Vi int `json:"vi"`
	En int `json:"en"`
}

// Sizes measures every lesson, in order, and the practice task under the id "practice".
func (p Package) Sizes() []LessonSize {
	var all []LessonSize
	for _, l := range p.Version.Lessons() {
		r := p.size(l.ID, l.Body, untranslated(l))
		for _, q := range l.Quiz.Questions {
			r.Questions[q.Kind]++
		}
		all = append(all, r)
	}
	if task := p.Version.Practice; task != nil {
		all = append(all, p.size(PracticeID, task.Body, untranslatedTask(task)))
	}
	return all
}

func (p Package) size(id string, body courses.Text, untranslated []string) LessonSize {
	r := LessonSize{ID: id, Questions: map[courses.QuestionKind]int{}, Untranslated: untranslated}
	p.measure(body.Vi, func(f measures) {
		r.Words.Vi, r.SentenceWords.Vi, r.Sections.Vi, r.Compressed.Vi, r.OnDemand.Vi, r.Pictures.Vi = f.words, f.sentence, f.sections, f.compressed, f.onDemand, f.pictures
	})
	p.measure(body.En, func(f measures) {
		r.Words.En, r.SentenceWords.En, r.Sections.En, r.Compressed.En, r.OnDemand.En, r.Pictures.En = f.words, f.sentence, f.sections, f.compressed, f.onDemand, f.pictures
	})
	r.Seconds = PerLanguage{seconds2G(r.Compressed.Vi), seconds2G(r.Compressed.En)}
	return r
}

type measures struct{ words, sentence, sections, compressed, onDemand, pictures int }

// seconds2G is how long so many bytes, with the 3 KB of a page around them, take at 50 kbit/s.
func seconds2G(bytes int) int { return (8*(bytes+3<<10) + 49_999) / 50_000 }

// weighedText is a text that learners load, with its size.
type weighedText struct {
	LessonSize
	body courses.Text
}

// weighed gives the sizes of all texts that learners load: lessons, their forms and the practice task.
func (p Package) weighed() []weighedText {
	var all []weighedText
	for _, one := range writings(p.Version) {
		if one.id != ModelID && one.id != GuideID {
			all = append(all, weighedText{p.size(one.id, one.body, nil), one.body})
		}
	}
	return all
}

// heaviest names what makes a text heavy, the heaviest part first.
func (p Package) heaviest(written courses.Text, lang string) string {
	body := []byte(written.In(lang))
	parts := map[string]int{lang + ".md": packedSize(body)}
	for _, name := range markdown.Pictures(markdown.LessonParser.Parse(text.NewReader(body))) {
		if data, ok := p.Media[p.Version.Blob(name)]; ok && markdown.WithPage(name, len(data)) {
			parts[name] = packedSize(data)
		}
	}
	names := slices.SortedFunc(maps.Keys(parts), func(a, b string) int { return cmp.Or(parts[b]-parts[a], strings.Compare(a, b)) })
	var said []string
	for _, name := range names[:min(3, len(names))] {
		said = append(said, name+" "+markdown.KiB(parts[name]))
	}
	return strings.Join(said, ", ")
}

func packedSize(data []byte) int {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(data)
	_ = z.Close()
	return b.Len()
}

func (p Package) measure(body string, set func(measures)) {
	if body == "" {
		return
	}
	var f measures
	source := []byte(body)
	doc := markdown.LessonParser.Parse(text.NewReader(source))
	f.sections = len(markdown.Shape(doc, source))
	sentences := 0
	for _, w := range strings.Fields(markdown.PlainOf(doc, source)) {
		if strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			f.words++
		}
		if strings.ContainsAny(w[len(w)-1:], ".?!:") || strings.HasSuffix(w, "…") {
			sentences++
		}
	}
	f.sentence = f.words / max(sentences, 1)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(source)
	for _, name := range markdown.Pictures(doc) {
		if data, ok := p.Media[p.Version.Blob(name)]; ok {
			f.pictures++
			if markdown.WithPage(name, len(data)) {
				_, _ = z.Write(data)
			} else {
				f.onDemand += len(data)
			}
		}
	}
	_ = z.Close()
	f.compressed = packed.Len()
	set(f)
}

func untranslated(l courses.Lesson) []string {
	var u missing
	u.look(l.Title, "title")
	u.look(l.Objective, "objective")
	u.look(l.Body, "body")
	u.look(l.Form, "form")
	for _, q := range l.Quiz.Questions {
		u.look(q.Prompt, "quiz."+q.ID)
	}
	return u
}

func untranslatedTask(p *courses.Practice) []string {
	var u missing
	u.look(p.Title, "title")
	u.look(p.Body, "body")
	u.look(p.Model, "model")
	for _, c := range p.Rubric {
		u.look(c.Text, "rubric."+c.ID)
		for _, l := range c.Levels {
			u.look(l.Text, "rubric."+c.ID)
		}
	}
	return u
}

// missing names the parts that have no English.
type missing []string

func (m *missing) look(t courses.Text, part string) {
	if t.Vi != "" && t.En == "" && !slices.Contains(*m, part) {
		*m = append(*m, part)
	}
}
