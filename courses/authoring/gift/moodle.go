package gift

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"lopban/courses"
	"lopban/courses/authoring/mistake"
)

// Files of Moodle's teachers. What Moodle takes is taken, the way its question/format/gift/format.php takes it: a text
// without a format has Moodle's own (a line of the file is a line, and HTML counts), answers may stand without a
// marker, blank ones are left out, the first of several gaps counts, and ids are any text.

// Item is a question of such a file and what there is to say about it. Where Mistakes has errors, the question is not
// whole.
type Item struct {
	Question courses.Question // in Vietnamese
	Line     int
	Start    string // the first words
	Mistakes mistake.Mistakes
}

// Read reads a GIFT file as Moodle does. What is not about one question is in the second result.
func Read(file string, source []byte) ([]Item, mistake.Mistakes) {
	var rest mistake.Mistakes
	p := &giftParser{file: file, mistakes: &rest, ids: map[string]bool{}, moodle: true}
	q := &quizMerge{vi: file, mistakes: &rest}
	var items []Item
	var all []question
	for _, b := range p.read(source) {
		var own mistake.Mistakes
		p.mistakes = &own
		one, _ := p.question(b)
		all = append(all, one)
		items = append(items, Item{Line: one.Line, Start: strings.TrimSpace(b.text), Mistakes: own})
	}
	identify(all)
	for i := range items {
		q.mistakes = &items[i].Mistakes
		items[i].Question = q.merge(all[i], nil)
	}
	return items, rest
}

// LooksLike tells GIFT from another text by what no other text has: a question with its answers, a category, or titles
// in colons.
func LooksLike(source []byte) bool {
	text := strings.TrimSpace(string(source))
	if strings.HasPrefix(text, "::") && strings.Contains(text[2:], "::") || lineOf.MatchString(text) {
		return true
	}
	var m mistake.Mistakes
	for _, q := range Parse("", source, &m) {
		if q.Kind != "" && q.Kind != courses.Description {
			return true
		}
	}
	return false
}

var lineOf = regexp.MustCompile(`(?m)^(\$CATEGORY:|::[^:\n]+::|// question: [0-9]+  name:)`)

var (
	aTag        = regexp.MustCompile(`<(/?)([a-zA-Z][a-zA-Z0-9]*)(\s[^<>]*|/)?(>?)`)
	aComment    = regexp.MustCompile(`(?s)<!--.*?-->`)
	betweenTags = regexp.MustCompile(`>\s+<`)
	listMark    = regexp.MustCompile(`^([-*+]|[0-9]{1,9}[.)])\s|^[#>|]|^(\*\s*){3,}$|^(-\s*){3,}$`)
	blockMark   = regexp.MustCompile(`(?m)^\s*(([-*+]|[0-9]{1,9}[.)])\s|[#>|])|\]\(|\]\[|<[a-zA-Z/!]|\n\s*\n|^\s*(=+|-+)\s*$`)
)

// strayLess writes < as text where no tag of HTML begins, as in "a<b" or "<tên>".
func strayLess(t string) string {
	return aTag.ReplaceAllStringFunc(t, func(s string) string {
		m := aTag.FindStringSubmatch(s)
		if m[4] == "" || atom.Lookup([]byte(strings.ToLower(m[2]))) == 0 {
			return "&lt;" + s[1:]
		}
		return s
	})
}

// moodleText makes Markdown of a text in one of Moodle's formats, with the escapes of GIFT.
func (p *giftParser) moodleText(line int, raw, format string) string {
	switch format {
	case "html":
		raw = unescaped(raw, " ")
	case "markdown":
		raw = joinLines(raw)
	default:
		raw = unescaped(raw, "\n")
	}
	text, asIs := MoodleHTML(raw, format)
	if asIs {
		return text
	}
	return p.html(line, text)
}

// MoodleHTML is the HTML that Moodle shows of a text in one of its formats: html, plain, markdown, or its own, in which
// a newline ends a line and tags count. Markdown that has neither blocks nor HTML is asIs.
func MoodleHTML(text, format string) (made string, asIs bool) {
	switch format {
	case "html":
		return strayLess(text), false
	case "plain":
		return strings.ReplaceAll(nethtml.EscapeString(strings.TrimSpace(text)), "\n", "<br>"), false
	case "markdown":
		return markdownHTML(text)
	}
	t := aComment.ReplaceAllString(strings.TrimSpace(text), "")
	t = betweenTags.ReplaceAllString(strayLess(t), "><")
	t = strings.ReplaceAll(strings.ReplaceAll(t, "\n<", " <"), ">\n", "> ")
	return strings.ReplaceAll(t, "\n", "<br>"), false
}

// IsTag says whether a text may be a tag of a question for its authors, and none that says something to the program.
func IsTag(s string) bool {
	return tagForm.MatchString(s) && !sectionTag.MatchString(s) && spellingTags[s] == "" && s != wholeTag
}

// FirstMatches leaves of accepted words what Moodle reaches: the first that fits a word is the one that counts, also
// where it has stars and the word stands behind it.
func FirstMatches(all []courses.Accepted, spelling courses.Spelling) []courses.Accepted {
	if spelling == courses.SpellAny {
		spelling = courses.SpellTones
	}
	var kept []courses.Accepted
	for _, a := range all {
		q := courses.Question{Accepted: kept, Spelling: spelling}
		if q.Accepts(strings.ReplaceAll(a.Text, `\*`, "*")) == nil {
			kept = append(kept, a)
		}
	}
	return kept
}

// joinLines reads a text of Markdown: a line of the file goes on in the next, unless that is an item of a list, a row
// or a heading. A newline that is written \n ends a line, as in what is written here.
func joinLines(raw string) string {
	lines := strings.Split(raw, "\n")
	var b strings.Builder
	for i, l := range lines {
		switch {
		case i == 0:
		case listMark.MatchString(strings.TrimSpace(l)) || listMark.MatchString(strings.TrimSpace(lines[i-1])):
			b.WriteString(`\n`)
		default:
			b.WriteByte(' ')
		}
		b.WriteString(l)
	}
	return unescape(b.String())
}

// markdownHTML keeps Markdown as it is, unless it has blocks, links or HTML: those are read by a whole reader of
// Markdown.
func markdownHTML(t string) (string, bool) {
	if !blockMark.MatchString(t) {
		return t, true
	}
	lines := strings.Split(t, "\n")
	var source strings.Builder
	for i, l := range lines {
		if listMark.MatchString(l) && i > 0 && !listMark.MatchString(lines[i-1]) {
			source.WriteString("\n")
		}
		source.WriteString(l + "\n")
	}
	var b bytes.Buffer
	if err := moodleMarkdown.Convert([]byte(strayLess(source.String())), &b); err != nil {
		return t, true
	}
	return b.String(), false
}

var moodleMarkdown = goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough), goldmark.WithRendererOptions(html.WithUnsafe(), html.WithHardWraps()))
