package markdown

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	"golang.org/x/text/unicode/norm"
)

// calledBy is what a heading is called in a link of its own text: [Tôi trả lời ngay](#tra-loi-ngay) leads to "## Trả
// lời ngay". With or without tones it is the same, as editors of Markdown differ in that. "" is no name.
func calledBy(heading string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(heading)) {
		switch {
		case r == 'đ':
			b.WriteByte('d')
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), "-")
}

// namedIn is the heading that a link names, "" where it leads elsewhere or names a section by its number.
func namedIn(link string) string {
	name, ok := strings.CutPrefix(link, "#")
	if !ok || sectionLink.MatchString(link) {
		return ""
	}
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	return calledBy(name)
}

// headings are the headings of a text by their names. Those inside lists and forms are none: nothing can lead there.
func headings(doc ast.Node, source []byte) map[string][]*ast.Heading {
	all := map[string][]*ast.Heading{}
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok {
			name := calledBy(PlainOf(h, source))
			all[name] = append(all[name], h)
		}
	}
	return all
}

// lead makes the links to headings lead there: they name the id of the heading, which gets one where it has none. Of
// two headings with one name the first is meant.
func lead(doc ast.Node, source []byte) {
	var links []*ast.Link
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if l, ok := n.(*ast.Link); ok && entering && namedIn(string(l.Destination)) != "" {
			links = append(links, l)
		}
		return ast.WalkContinue, nil
	})
	if len(links) == 0 {
		return
	}
	all := headings(doc, source)
	for _, l := range links {
		if to := all[namedIn(string(l.Destination))]; len(to) > 0 {
			l.Destination = []byte("#" + idOf(to[0]))
		}
	}
}

// idOf gives a heading its id: a section has one, and what stands under a section is counted: "muc-2-1".
func idOf(h *ast.Heading) string {
	if id, ok := h.AttributeString("id"); ok {
		return string(id.([]byte))
	}
	under, place := "muc-0", 1
	for n := h.PreviousSibling(); n != nil; n = n.PreviousSibling() {
		above, ok := n.(*ast.Heading)
		if !ok {
			continue
		}
		if id, ok := above.AttributeString("id"); ok && above.Level == 2 {
			under = string(id.([]byte))
			break
		}
		place++
	}
	id := under + "-" + strconv.Itoa(place)
	h.SetAttributeString("id", []byte(id))
	return id
}
