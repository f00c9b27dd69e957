package bundle

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"

	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
	"lopban/courses/letters"
)

// Modern writes the texts of a page that were typed for fonts of the time before Unicode in Unicode, and counts them.
func Modern(page *html.Node, left *markdown.LeftOut) {
	var nodes []*html.Node
	var texts []string
	for n := range page.Descendants() {
		if n.Type == html.TextNode {
			nodes, texts = append(nodes, n), append(texts, n.Data)
		}
	}
	read, changed := letters.Modern(texts)
	for i, n := range nodes {
		n.Data = read[i]
	}
	for range changed {
		left.Count("left-old-letters")
	}
}

// Pasted is markdown.FromHTML of a page whose letters may be of fonts of the time before Unicode, as Word puts it on
// the clipboard.
func Pasted(source []byte) (string, mistake.Mistakes, error) {
	page, err := markdown.ParseHTML(source)
	if err != nil {
		return "", nil, err
	}
	left := &markdown.LeftOut{}
	Modern(page, left)
	w := &markdown.Writer{Left: left, Shift: markdown.HeadingShift(page)}
	return w.Markdown(page), left.Mistakes(""), nil
}

var charsetDeclared = regexp.MustCompile(`(?is)^\s*<.*<meta[^>]*charset\s*=`)

// OldText is a text that is no UTF-8 when its words tell an old code, or when it is a page that says how it is written
// and so is left to its reader. It says false where nobody can tell.
func OldText(data []byte) ([]byte, bool) {
	if charsetDeclared.Match(data[:min(len(data), 2048)]) {
		return data, true
	}
	text := letters.Bytes(data)
	_, changed := letters.Modern(strings.Split(string(text), "\n"))
	return text, changed > 0
}
