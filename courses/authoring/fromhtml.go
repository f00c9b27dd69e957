package authoring

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"lopban/courses/store"
)

// MaxHTML is the largest page that [FromHTML] reads, in bytes.
const MaxHTML = 1 << 20

// maxPageTags is how many tags a page may have; what Word makes of twenty pages has fewer.
const maxPageTags = 20_000

// FromHTML makes clean Markdown, of the kind that lessons are written in, of what is pasted from an office program or from the web: headings, bold and italic, lists (also the paragraphs
// that Word shows as lists), tables, links, quotations. Styles, scripts and invisible characters go without a word; what a reader would miss (pictures, recordings, formulas, …) is counted in the
// warnings. The Markdown has no mistake. Whoever pastes more than [MaxHTML] or something that cannot be read is told so (store.ErrInvalid).
func FromHTML(source []byte) (string, Mistakes, error) {
	doc, err := parseHTML(source)
	if err != nil {
		return "", nil, err
	}
	left := &leftOut{}
	w := &mdWriter{left: left, shift: headingShift(doc)}
	return w.markdown(doc), left.mistakes(""), nil
}

func parseHTML(source []byte) (*html.Node, error) {
	if len(source) > MaxHTML || bytes.Count(source, []byte("<")) > maxPageTags {
		return nil, store.Invalid("html", "file-too-large", kib(MaxHTML))
	}
	if !utf8.Valid(source) {
		return nil, store.Invalid("html", "text-not-utf8")
	}
	doc, err := html.ParseWithOptions(bytes.NewReader(source), html.ParseOptionEnableScripting(false))
	if err != nil {
		return nil, store.Invalid("html", "html-broken")
	}
	return doc, nil
}

// headingShift is 1 where a page has headings of the first level, which a lesson leaves to its title.
func headingShift(doc *html.Node) int {
	for n := range doc.Descendants() {
		if n.DataAtom == atom.H1 && textOf(n) != "" {
			return 1
		}
	}
	return 0
}

// leftOut counts what was left out, by what it is.
type leftOut struct {
	n map[string]int
}

func (l *leftOut) count(code string) { l.add(code, 1) }

func (l *leftOut) add(code string, n int) {
	if l.n == nil {
		l.n = map[string]int{}
	}
	l.n[code] += n
}

// mistakes are warnings that say what was left out of a file and how often.
func (l *leftOut) mistakes(file string) Mistakes {
	var m Mistakes
	for _, code := range slices.Sorted(maps.Keys(l.n)) {
		if l.n[code] > 0 {
			m.warn(file, 0, code, strconv.Itoa(l.n[code]))
		}
	}
	return m
}
