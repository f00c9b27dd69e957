package markdown

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/text"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"
)

// Writer writes a tree of HTML as the Markdown that lessons and quizzes allow. Everything that is read from elsewhere
// passes here, as HTML or as a tree made of another format, so that no form brings in what a lesson may not hold.
type Writer struct {
	Left *LeftOut
	// gives the name in the media folder; nil where no picture is taken
	Picture func(where, alt string) (name string, ok bool)
	Shift   int // added to the levels of headings
}

// style is what a piece of text inherits from the elements around it.
type style struct {
	bold, italic, strike, code bool
	href                       string
}

// run is a piece of text of one style, the end of a line, or a picture.
type run struct {
	style
	text  string
	line  bool   // the end of a line
	image string // name in the media folder; text is its description
}

// part is one block of Markdown.
type part struct {
	text string
	list byte // the marker of a list, 0 for another block
}

// pile gathers the blocks of one container.
type pile struct {
	parts []part
	runs  []run // of the paragraph that is open
	flat  bool  // only runs are wanted: a block is a line
	marks bool  // lines tell which are items of a list and cells of a table
	space bool  // white space was there, and counts if text follows
}

// maxRuns is how many pieces of text a paragraph may have and keep its marks.
const maxRuns = 500

// How deep lists, quotes and elements may be nested. What lies deeper is kept as text.
const (
	maxListDepth = 8
	maxTreeDepth = 600
)

// Markdown writes what is inside a node as blocks with an empty line between them.
func (w *Writer) Markdown(n *html.Node) string {
	p := &pile{}
	w.children(n, style{}, p, 0)
	w.flush(p)
	if len(p.parts) == 0 {
		return ""
	}
	return norm.NFC.String(join(p.parts)) + "\n"
}

// Line writes what is inside a node as the Markdown of a prompt, an option or a feedback: lines without blocks.
// Items of a list begin with their sign or number, and cells of a table have a bar between them.
func (w *Writer) Line(n *html.Node) string {
	p := &pile{flat: true, marks: true}
	w.children(n, style{}, p, 0)
	return norm.NFC.String(paint(p.runs, "\n"))
}

// PlainText is the text inside a node on one line.
func PlainText(n *html.Node) string {
	var b strings.Builder
	for _, r := range (&Writer{Left: &LeftOut{}}).flat(n, style{}, 0) {
		if r.line {
			r.text = " "
		}
		b.WriteString(r.text)
	}
	return norm.NFC.String(strings.Join(strings.Fields(b.String()), " "))
}

func (w *Writer) flat(n *html.Node, st style, depth int) []run {
	p := &pile{flat: true}
	w.children(n, st, p, depth)
	return p.runs
}

func join(parts []part) string {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(p.text)
	}
	return b.String()
}

// flush ends a paragraph.
func (w *Writer) flush(p *pile) {
	p.space = false
	if p.flat {
		if len(p.runs) > 0 && !p.runs[len(p.runs)-1].line {
			p.runs = append(p.runs, run{line: true})
		}
		return
	}
	if s := paint(p.runs, "\\\n"); s != "" {
		p.parts = append(p.parts, part{text: s})
	}
	p.runs = nil
}

func (p *pile) add(text string, list byte) {
	if text != "" {
		p.parts = append(p.parts, part{text, list})
	}
}

// write adds text to the paragraph; white space shrinks to one space, as browsers show it.
func (p *pile) write(s string, st style) {
	s = blanks.ReplaceAllStringFunc(Clean(s), func(line string) string { return strings.Repeat("…", (len(line)+1)/2) })
	words := strings.Fields(s)
	if len(words) == 0 {
		p.space = p.space || s != ""
		return
	}
	if p.space || s[0] == ' ' || s[0] == '\n' {
		if n := len(p.runs); n > 0 && !p.runs[n-1].line {
			p.runs = append(p.runs, run{text: " ", style: st})
		}
	}
	p.runs = append(p.runs, run{text: strings.Join(words, " "), style: st})
	last := s[len(s)-1]
	p.space = last == ' ' || last == '\n'
}

// blanks are lines to write on; lessons draw them with dots.
var blanks = regexp.MustCompile(`_{3,}`)

func (w *Writer) children(n *html.Node, st style, p *pile, depth int) {
	if depth > maxTreeDepth {
		return
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if item, ok := listItem(c); ok && !p.flat {
			w.flush(p)
			c = w.paragraphList(c, item, p, depth)
			continue
		}
		w.node(c, st, p, depth+1)
	}
}

func (w *Writer) node(n *html.Node, st style, p *pile, depth int) {
	switch n.Type {
	case html.TextNode:
		p.write(n.Data, st)
		return
	case html.ElementNode:
	case html.DocumentNode:
		w.children(n, st, p, depth)
		return
	default:
		return
	}
	if hidden(n) || w.skipped(n) {
		return
	}
	if n.Namespace == "" && w.block(n, st, p, depth) {
		return
	}
	switch n.DataAtom {
	case atom.Br:
		p.space = false
		if len(p.runs) > 0 {
			p.runs = append(p.runs, run{line: true})
		}
	case atom.Sup, atom.Sub:
		w.raised(n, st, p, depth)
	case atom.Img:
		w.image(n, p)
	case atom.Input:
		w.input(n, st, p)
	case atom.A:
		st.href = w.href(n, st.href)
		w.children(n, st, p, depth)
	default:
		w.children(n, styled(n, st), p, depth)
	}
}

// block writes an element that is a block of its own and says whether it was one.
func (w *Writer) block(n *html.Node, st style, p *pile, depth int) bool {
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Main, atom.Header, atom.Footer, atom.Nav, atom.Aside, atom.Figure, atom.Address, atom.Body, atom.Html,
		atom.Form, atom.Fieldset, atom.Legend, atom.Details, atom.Center, atom.Dl, atom.Hgroup, atom.Search, atom.Caption:
		w.flush(p)
		w.children(n, st, p, depth)
	case atom.Summary, atom.Dt:
		w.flush(p)
		st.bold = true
		w.children(n, st, p, depth)
	case atom.Figcaption:
		w.flush(p)
		st.italic = true
		w.children(n, st, p, depth)
	case atom.Dd, atom.Li: // an item without its list
		w.flush(p)
		w.children(n, st, p, depth)
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.flush(p)
		if p.flat {
			w.children(n, st, p, depth)
		} else {
			w.heading(n, p, depth)
		}
	case atom.Hr:
		w.flush(p)
		if !p.flat {
			p.add("---", 0)
		}
	case atom.Ul, atom.Ol, atom.Menu, atom.Dir:
		w.flush(p)
		switch {
		case p.marks:
			w.markedList(n, st, p, depth)
		case p.flat:
			w.children(n, st, p, depth)
		default:
			w.list(n, st, p, depth)
		}
	case atom.Blockquote:
		w.flush(p)
		inner := &pile{flat: p.flat, marks: p.marks}
		w.children(n, st, inner, depth)
		w.flush(inner)
		switch {
		case p.flat:
			p.runs = append(p.runs, inner.runs...)
		case nesting(n) > maxListDepth:
			p.parts = append(p.parts, inner.parts...)
		default:
			p.add(indent(join(inner.parts), "> ", "> "), 0)
		}
	case atom.Pre, atom.Listing, atom.Xmp:
		w.flush(p)
		if p.flat {
			w.children(n, st, p, depth)
		} else {
			p.add(fenced(n), 0)
		}
	case atom.Table:
		w.flush(p)
		if p.flat {
			if p.marks {
				w.Left.Count("left-tables")
			}
			w.children(n, st, p, depth)
		} else {
			w.table(n, st, p, depth)
		}
	case atom.Tr: // of a table that is flattened
		w.flush(p)
		if p.marks {
			w.markedRow(n, st, p, depth)
		} else {
			w.children(n, st, p, depth)
		}
	case atom.Td, atom.Th:
		w.flush(p)
		w.children(n, st, p, depth)
	default:
		return false
	}
	w.flush(p)
	return true
}

// styled is the style inside an inline element: of its name, and of what office programs write into its style
// attribute.
func styled(n *html.Node, st style) style {
	switch n.DataAtom {
	case atom.B, atom.Strong:
		st.bold = true
	case atom.I, atom.Em, atom.Cite, atom.Var, atom.Dfn:
		st.italic = true
	case atom.S, atom.Strike, atom.Del:
		st.strike = true
	case atom.Code, atom.Kbd, atom.Samp, atom.Tt:
		st.code = true
	}
	for one, rest, more := "", strings.ToLower(Attr(n, "style")), true; more; {
		one, rest, more = strings.Cut(rest, ";")
		name, value, _ := strings.Cut(one, ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(name) {
		case "font-weight":
			weight, err := strconv.Atoi(value)
			st.bold = value == "bold" || value == "bolder" || err == nil && weight >= 600
		case "font-style":
			st.italic = value == "italic" || value == "oblique"
		case "text-decoration", "text-decoration-line":
			st.strike = strings.Contains(value, "line-through")
		}
	}
	return st
}

// raised writes what stands above or below the line with the signs that Unicode has for it, so that 10³ does not become
// 103. What has none keeps its letters, and is counted.
func (w *Writer) raised(n *html.Node, st style, p *pile, depth int) {
	text := TextOf(n)
	signs := highSigns
	if n.DataAtom == atom.Sub {
		signs = lowSigns
	}
	made := strings.Map(func(r rune) rune {
		if s, ok := signs[r]; ok {
			return s
		}
		return -1
	}, text)
	if utf8.RuneCountInString(made) != utf8.RuneCountInString(text) {
		if text != "" && !strings.HasPrefix(text, "[") { // a mark of a note says what it is
			w.Left.Count("left-raised")
		}
		w.children(n, st, p, depth)
		return
	}
	p.write(made, st)
}

var highSigns, lowSigns = signs("0123456789+-−=()nio ", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ° "), signs("0123456789+-−=() ", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ ")

func signs(from, to string) map[rune]rune {
	all, made := map[rune]rune{}, []rune(to)
	for i, r := range []rune(from) {
		all[r] = made[i]
	}
	return all
}

func Attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

var hiddenStyle = regexp.MustCompile(`(?i)(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|mso-list\s*:\s*ignore)`)

// hidden tells whether a reader of the page does not see the element; a list's marker that Word wrote as text is one.
func hidden(n *html.Node) bool {
	return hasAttr(n, "hidden") || hiddenStyle.MatchString(Attr(n, "style"))
}

// skipped leaves out what a lesson cannot hold, and counts what somebody may miss.
func (w *Writer) skipped(n *html.Node) bool {
	if n.Namespace != "" {
		switch n.Data {
		case "svg":
			w.Left.Count("left-drawings")
			return true
		case "math":
			w.Left.Count("left-formulas")
			return true
		}
		return false
	}
	switch n.DataAtom {
	case atom.Head, atom.Style, atom.Title, atom.Meta, atom.Link, atom.Base, atom.Template, atom.Noscript, atom.Noframes, atom.Datalist, atom.Param, atom.Source, atom.Track, atom.Area, atom.Map, atom.Colgroup, atom.Col:
	case atom.Script:
		if Attr(n, "src") != "" || n.FirstChild != nil {
			w.Left.Count("left-scripts")
		}
	case atom.Iframe, atom.Frame, atom.Frameset, atom.Object, atom.Embed, atom.Applet:
		w.Left.Count("left-frames")
	case atom.Video, atom.Audio, atom.Bgsound:
		w.Left.Count("left-recordings")
	case atom.Canvas:
		w.Left.Count("left-drawings")
	case atom.Select, atom.Textarea, atom.Button, atom.Meter, atom.Progress, atom.Output:
		w.Left.Count("left-controls")
	default:
		return false
	}
	return true
}

func (w *Writer) input(n *html.Node, st style, p *pile) {
	switch strings.ToLower(Attr(n, "type")) {
	case "hidden":
	case "checkbox", "radio":
		box := "☐ "
		if hasAttr(n, "checked") {
			box = "☑ "
		}
		p.write(box, st)
	default:
		w.Left.Count("left-controls")
	}
}

// image adds a picture that the folder takes; the words of another stay.
func (w *Writer) image(n *html.Node, p *pile) {
	where, alt := Attr(n, "src"), strings.Join(strings.Fields(Clean(Attr(n, "alt"))), " ")
	if Attr(n, "width") == "1" || Attr(n, "height") == "1" || Attr(n, "width") == "0" || Attr(n, "height") == "0" {
		return // counts readers
	}
	if w.Picture != nil {
		if name, ok := w.Picture(where, alt); ok {
			if alt == "" {
				alt = strings.TrimSuffix(name, name[strings.LastIndexByte(name, '.'):])
				w.Left.Count("left-alts")
			}
			if n := len(p.runs); p.space && n > 0 && !p.runs[n-1].line {
				p.runs = append(p.runs, run{text: " "})
			}
			p.space = false
			p.runs = append(p.runs, run{text: alt, image: name})
			return
		}
	} else {
		w.Left.Count("left-pictures")
	}
	if alt != "" {
		p.write(alt, style{italic: true})
	}
}

// href is where a link leads if a lesson may lead there; other links keep their text alone.
func (w *Writer) href(n *html.Node, outer string) string {
	where := strings.TrimSpace(Attr(n, "href"))
	if where == "" || outer != "" {
		return outer
	}
	if u := Clean(where); u == where {
		where = linkSpaces.Replace(where)
		if kind, _ := linkTarget(where); (kind == linkOutside || kind == linkContact) && norm.NFC.IsNormalString(where) {
			return where
		}
	}
	if !strings.HasPrefix(where, "#") { // a place in the page itself
		w.Left.Count("left-links")
	}
	return outer
}

var linkSpaces = strings.NewReplacer(" ", "%20", `"`, "%22", "'", "%27", "<", "%3C", ">", "%3E", "\\", "%5C", "`", "%60")

func (w *Writer) heading(n *html.Node, p *pile, depth int) {
	level := min(max(int(n.Data[1]-'0')+w.Shift, 2), 6)
	runs := w.flat(n, style{}, depth)
	for i := range runs {
		runs[i].bold, runs[i].italic = false, false
		if runs[i].line {
			runs[i] = run{text: " "}
		}
	}
	pictures := slices.DeleteFunc(slices.Clone(runs), func(r run) bool { return r.image == "" })
	runs = slices.DeleteFunc(runs, func(r run) bool { return r.image != "" })
	if s := paint(runs, " "); s != "" {
		p.add(strings.Repeat("#", level)+" "+closingMarks.ReplaceAllString(s, `\$0`), 0)
	}
	p.add(paint(pictures, "\\\n"), 0)
}

var closingMarks = regexp.MustCompile(`#+$`)

// indent puts one prefix before the first line and another before the rest; empty lines get none of its spaces.
func indent(s, first, rest string) string {
	if s == "" {
		return ""
	}
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		prefix := rest
		if i == 0 {
			prefix = first
		}
		if l == "" {
			prefix = strings.TrimRight(prefix, " ")
		}
		lines[i] = prefix + l
	}
	return strings.Join(lines, "\n")
}

// list writes the items of a list. A list among the items instead of inside one belongs to the item before it, as
// Google's documents write it.
func (w *Writer) list(n *html.Node, st style, p *pile, depth int) {
	if nesting(n) > maxListDepth {
		w.children(n, st, p, depth)
		return
	}
	l := itemList{ordered: n.DataAtom == atom.Ol, number: 1}
	if i, err := strconv.Atoi(Attr(n, "start")); err == nil && i >= 0 && i < 1e8 {
		l.number = i
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode && hidden(c) {
			continue
		}
		inner := &pile{}
		switch {
		case c.Type == html.ElementNode && c.DataAtom == atom.Li:
			w.children(c, st, inner, depth+1)
		default:
			w.node(c, st, inner, depth+1)
		}
		w.flush(inner)
		if c.DataAtom == atom.Ul || c.DataAtom == atom.Ol {
			l.inside(inner.parts)
		} else {
			l.item(inner.parts)
		}
	}
	p.add(l.write(p.parts), l.used)
}

// markedList writes each item of a list on lines of its own, behind its sign or number.
func (w *Writer) markedList(n *html.Node, st style, p *pile, depth int) {
	number := 1
	if i, err := strconv.Atoi(Attr(n, "start")); err == nil && i >= 0 && i < 1e8 {
		number = i
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom != atom.Li || hidden(c) {
			w.node(c, st, p, depth+1)
			continue
		}
		w.flush(p)
		mark := "• "
		if n.DataAtom == atom.Ol {
			mark = strconv.Itoa(number) + ". "
			number++
		}
		inner := &pile{flat: true, marks: true}
		w.children(c, st, inner, depth+1)
		if len(inner.runs) > 0 {
			p.runs = append(append(p.runs, run{text: mark}), inner.runs...)
		}
		w.flush(p)
	}
}

// markedRow writes a row of a table on one line.
func (w *Writer) markedRow(n *html.Node, st style, p *pile, depth int) {
	first := true
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom != atom.Td && c.DataAtom != atom.Th || hidden(c) {
			w.node(c, st, p, depth+1)
			continue
		}
		inner := &pile{flat: true, marks: true}
		w.children(c, st, inner, depth+1)
		for i := range inner.runs {
			if inner.runs[i].line {
				inner.runs[i] = run{text: " "}
			}
		}
		if !first {
			p.runs = append(p.runs, run{text: " | "})
		}
		first = false
		p.runs = append(p.runs, inner.runs...)
	}
}

// nesting is how many lists are around a node.
func nesting(n *html.Node) int {
	deep := 0
	for ; n != nil && deep <= maxListDepth; n = n.Parent {
		if n.DataAtom == atom.Ul || n.DataAtom == atom.Ol || n.DataAtom == atom.Blockquote || n.DataAtom == atom.Table {
			deep++
		}
	}
	return deep
}

// itemList is a list on its way to Markdown.
type itemList struct {
	ordered bool
	number  int
	items   [][]part
	used    byte
}

func (l *itemList) item(parts []part) {
	if len(parts) > 0 {
		l.items = append(l.items, parts)
	}
}

func (l *itemList) inside(parts []part) {
	if len(l.items) == 0 {
		l.item(parts)
		return
	}
	last := &l.items[len(l.items)-1]
	*last = append(*last, parts...)
}

// write gives the list; its marker differs from that of a list right before it, which it would continue otherwise.
func (l *itemList) write(before []part) string {
	l.used = '-'
	if l.ordered {
		l.used = '.'
	}
	if n := len(before); n > 0 && before[n-1].list == l.used {
		l.used = map[byte]byte{'-': '*', '.': ')'}[l.used]
	}
	tight := !slices.ContainsFunc(l.items, func(parts []part) bool {
		return len(parts) > 2 || len(parts) == 2 && parts[1].list == 0
	})
	var all []string
	for i, parts := range l.items {
		marker := string(l.used) + " "
		if l.ordered {
			marker = strconv.Itoa(l.number+i) + marker
		}
		text := join(parts)
		if tight && len(parts) == 2 {
			text = parts[0].text + "\n" + parts[1].text
		}
		all = append(all, indent(text, marker, strings.Repeat(" ", len(marker))))
	}
	if tight {
		return strings.Join(all, "\n")
	}
	return strings.Join(all, "\n\n")
}

// fenced writes preformatted text.
func fenced(n *html.Node) string {
	var b strings.Builder
	var gather func(n *html.Node, depth int)
	gather = func(n *html.Node, depth int) {
		for c := n.FirstChild; c != nil && depth < maxTreeDepth; c = c.NextSibling {
			if c.Type == html.TextNode {
				b.WriteString(c.Data)
			} else if c.DataAtom == atom.Br {
				b.WriteByte('\n')
			} else if !hidden(c) {
				gather(c, depth+1)
			}
		}
	}
	gather(n, 0)
	lines := strings.Split(Newlines(b.String()), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(Clean(strings.ReplaceAll(l, "\t", "    ")), " ")
	}
	s := strings.Trim(strings.Join(lines, "\n"), "\n")
	if strings.TrimSpace(s) == "" {
		return ""
	}
	fence := fence(s, 3)
	return fence + "\n" + s + "\n" + fence
}

// Clean leaves of a text what can be read: white space becomes spaces, invisible characters go, and the signs of Word's
// symbol fonts become real ones.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u200b' || r == '\u200c' || r == '\u200d' || r == '\u200e' || r == '\u200f' || r == '\u2060' || r == '\ufeff' || r == '\u00ad' || Bidi(r) || r == utf8.RuneError:
			return -1
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		case r == '\u2011':
			return '-'
		case r >= '\ue000' && r <= '\uf8ff':
			return symbol(r)
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// symbol is what a character of the fonts Symbol and Wingdings shows, -1 for one that stands for nothing.
func symbol(r rune) rune {
	switch r {
	case '\uf0b7', '\uf0a7', '\uf0a8', '\uf0d8', '\uf076':
		return '•'
	case '\uf0fc':
		return '✓'
	case '\uf06f', '\uf071':
		return '☐'
	case '\uf0fe':
		return '☑'
	case '\uf0e0', '\uf0e8':
		return '→'
	}
	return -1
}

// paint writes runs as inline Markdown, lines joined by newline. What a reader sees is the text of the runs: if the
// marks would not be read as such, as between two letters, fewer are set.
func paint(runs []run, newline string) string {
	if runs = tidy(runs); len(runs) > maxRuns {
		for i := range runs {
			runs[i].style = style{}
		}
		runs = tidy(runs)
	}
	want := shownText(runs)
	for try := 0; ; try++ {
		s := (&inlineWriter{newline: newline, runs: runs}).write()
		if try == 2 || s == "" || !slices.ContainsFunc(runs, func(r run) bool { return r.style != style{} }) {
			return s
		}
		if source := []byte(s); PlainOf(textParser.Parse(text.NewReader(source)), source) == want {
			return s
		}
		for i := range runs {
			runs[i].italic, runs[i].strike, runs[i].code = false, false, false
			if try > 0 {
				runs[i].style = style{}
			}
		}
		runs = tidy(runs)
	}
}

func shownText(runs []run) string {
	var b strings.Builder
	for _, r := range runs {
		if r.line {
			b.WriteByte(' ')
		}
		b.WriteString(r.text)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// tidy takes the spaces out of the marks, joins what has one style, and drops empty lines.
func tidy(runs []run) []run {
	all := make([]run, 0, len(runs))
	for _, r := range runs {
		core := strings.Trim(r.text, " ")
		if r.line || r.image != "" || core == r.text && core != "" {
			all = append(all, r)
			continue
		}
		if strings.HasPrefix(r.text, " ") {
			all = append(all, run{text: " "})
		}
		if core != "" {
			all = append(all, run{text: core, style: r.style})
			if strings.HasSuffix(r.text, " ") {
				all = append(all, run{text: " "})
			}
		}
	}
	out := make([]run, 0, len(all))
	for i, r := range all {
		if r.text == " " && r.image == "" && !r.line {
			if len(out) == 0 || out[len(out)-1].line || i+1 == len(all) || all[i+1].line || strings.HasSuffix(out[len(out)-1].text, " ") {
				continue
			}
			r.style = shared(out[len(out)-1], next(all, i))
		}
		if n := len(out); n > 0 {
			switch last := &out[n-1]; {
			case r.line && last.line:
				continue
			case !r.line && !last.line && r.image == "" && last.image == "" && r.style == last.style:
				last.text += r.text
				continue
			}
		} else if r.line {
			continue
		}
		out = append(out, r)
	}
	for n := len(out); n > 0 && (out[n-1].line || out[n-1].text == " " && out[n-1].image == ""); n = len(out) {
		out = out[:n-1]
	}
	return out
}

// next is the first run behind a place that is not white space.
func next(all []run, i int) run {
	for _, r := range all[i+1:] {
		if r.text != " " || r.image != "" {
			return r
		}
	}
	return run{}
}

func shared(a, b run) style {
	s := style{bold: a.bold && b.bold, italic: a.italic && b.italic, strike: a.strike && b.strike, code: a.code && b.code}
	if a.href == b.href {
		s.href = a.href
	}
	return s
}
