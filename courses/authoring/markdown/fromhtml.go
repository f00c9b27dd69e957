package markdown

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"lopban/courses/authoring/mistake"
	"lopban/courses/problem"
)

// MaxHTML is the largest page that [FromHTML] reads, in bytes.
const MaxHTML = 1 << 20

// MaxPageTags is how many tags a page may have; what Word makes of twenty pages has fewer.
const MaxPageTags = 20_000

// FromHTML makes clean Markdown, of the kind that lessons are written in, of what is pasted from an office program or
// from the web: headings, bold and italic, lists (also the paragraphs that Word shows as lists), tables, links,
// quotations. Styles, scripts and invisible characters go without a word; what a reader would miss (pictures,
// recordings, formulas, …) is counted in the warnings. The Markdown has no mistake. Whoever pastes more than [MaxHTML]
// or something that cannot be read is told so (store.ErrInvalid).
func FromHTML(source []byte) (string, mistake.Mistakes, error) {
	doc, err := ParseHTML(source)
	if err != nil {
		return "", nil, err
	}
	left := &LeftOut{}
	w := &Writer{Left: left, Shift: HeadingShift(doc)}
	return w.Markdown(doc), left.Mistakes(""), nil
}

func ParseHTML(source []byte) (*html.Node, error) {
	if len(source) > MaxHTML || bytes.Count(source, []byte("<")) > MaxPageTags {
		return nil, problem.Invalid("html", "file-too-large", KiB(MaxHTML))
	}
	if !utf8.Valid(source) {
		return nil, problem.Invalid("html", "text-not-utf8")
	}
	doc, err := html.ParseWithOptions(bytes.NewReader(source), html.ParseOptionEnableScripting(false))
	if err != nil {
		return nil, problem.Invalid("html", "html-broken")
	}
	return doc, nil
}

// HeadingShift is 1 where a page has headings of the first level, which a lesson leaves to its title.
func HeadingShift(doc *html.Node) int {
	for n := range doc.Descendants() {
		if n.DataAtom == atom.H1 && TextOf(n) != "" {
			return 1
		}
	}
	return 0
}

// LeftOut counts what was left out, by what it is.
type LeftOut struct {
	n map[string]int
}

func (l *LeftOut) Count(code string) { l.add(code, 1) }

func (l *LeftOut) add(code string, n int) {
	if l.n == nil {
		l.n = map[string]int{}
	}
	l.n[code] += n
}

// Mistakes are warnings that say what was left out of a file and how often.
func (l *LeftOut) Mistakes(file string) mistake.Mistakes {
	var m mistake.Mistakes
	for _, code := range slices.Sorted(maps.Keys(l.n)) {
		if l.n[code] > 0 {
			m.Warn(file, 0, code, strconv.Itoa(l.n[code]))
		}
	}
	return m
}
