package bring

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/encoding/charmap"

	"lopban/courses"
	"lopban/courses/authoring/bundle"
	"lopban/courses/authoring/markdown"
	"lopban/courses/letters"
)

// Word documents (Office Open XML, ECMA-376 part 1). They are turned into a tree of HTML, which the one writer of
// Markdown reads.

// wordPart is the part of a bundle that is a Word document, "" where it has none: what the relations of the bundle say,
// whatever it is called.
func wordPart(b *bundle.Bundle) string {
	main := "word/document.xml"
	if doc, err := b.Xml("_rels/.rels", nil); err == nil && doc != nil {
		for n := range doc.Descendants() {
			if n.Data == "Relationship" && strings.HasSuffix(markdown.Attr(n, "Type"), "/officeDocument") {
				main = strings.TrimPrefix(path.Clean("/"+markdown.Attr(n, "Target")), "/")
			}
		}
	}
	if !b.Has(main) || strings.HasPrefix(main, "xl/") || strings.HasPrefix(main, "ppt/") {
		return ""
	}
	return main
}

// wordDrop are settings of looks that a document is full of.
var wordDrop = markdown.Words("sz szCs lang color kern spacing ind jc tblBorders tcBorders shd tblLook tcW tblW tblInd tblCellMar proofErr bookmarkStart bookmarkEnd lastRenderedPageBreak " +
	"sectPr widowControl keepNext keepLines bCs iCs noProof u highlight tabs pBdr tblGrid contextualSpacing")

type wordReader struct {
	b       *bundle.Bundle
	g       *gathering
	left    *markdown.LeftOut
	targets map[string]string // of relations by id
	outside map[string]bool   // relations that lead out of the document
	kinds   map[string]string // of relations by the end of their type: the part of styles, of numberings
	folder  string            // of the main part
	styles  map[string]wordStyle
	usual   string                // the style of paragraphs that name none
	font    string                // of text that no style has one for
	modern  bool                  // the paragraph was typed in Unicode, whatever its font
	lists   map[string]*wordLists // by the id of a numbering
	fields  []wordField           // that are open
	title   string
}

// wordLists is one numbering. Several ids may share it, and then they share its count.
type wordLists struct {
	levels map[int]wordLevel
	count  map[int]int
	run    map[int]int // how often the level began again
	number int         // among all numberings
	starts map[string]map[int]int
	used   map[string]bool
	styles map[string]int // the level of a style
}

type wordLevel struct {
	format, text string
	start        int
	keeps        bool // it does not begin again under a higher level
}

type wordStyle struct {
	name         string // in lower case
	heading      int    // 1 to 9, 0 for none
	list         string // numbering
	level        int    // -1 where the style does not say
	bold, italic bool
	font         string
	based        string // on this style
	id           string
}

type wordField struct {
	instruction string
	shown       bool // the result has begun
}

// readWord gathers the lessons of a document.
func readWord(b *bundle.Bundle, g *gathering, main string, part bool) error {
	w := &wordReader{b: b, g: g, left: &markdown.LeftOut{}, targets: map[string]string{}, outside: map[string]bool{}, kinds: map[string]string{}, folder: path.Dir(main), styles: map[string]wordStyle{}, lists: map[string]*wordLists{}}
	doc, err := b.Xml(main, wordDrop)
	if err != nil {
		return err
	}
	relations, err := b.Xml(path.Join(w.folder, "_rels", path.Base(main)+".rels"), nil)
	if err != nil {
		return err
	}
	if relations != nil {
		w.relations(relations)
	}
	for _, extra := range []struct {
		name string
		read func(*html.Node)
	}{{cmp.Or(w.kinds["styles"], path.Join(w.folder, "styles.xml")), w.readStyles}, {cmp.Or(w.kinds["numbering"], path.Join(w.folder, "numbering.xml")), w.numbering}} {
		doc, err := b.Xml(extra.name, wordDrop)
		if err != nil {
			return err
		}
		if doc != nil {
			extra.read(doc)
		}
	}
	if err := w.margins(); err != nil {
		return err
	}
	page := bundle.Tag(atom.Body)
	if d := bundle.Child(doc, "document"); d != nil {
		w.blocks(bundle.Child(d, "body"), page, 0)
	}
	err = w.lessons(page, part)
	g.left = append(g.left, w.left.Mistakes("")...)
	return err
}

func (w *wordReader) relations(doc *html.Node) {
	for n := range doc.Descendants() {
		if n.Data == "Relationship" {
			w.targets[markdown.Attr(n, "Id")] = markdown.Attr(n, "Target")
			w.outside[markdown.Attr(n, "Id")] = markdown.Attr(n, "TargetMode") == "External"
			w.kinds[path.Base(markdown.Attr(n, "Type"))] = w.at(markdown.Attr(n, "Target"))
		}
	}
}

// at is the path in the bundle of what a relation leads to.
func (w *wordReader) at(target string) string {
	if rest, ok := strings.CutPrefix(target, "/"); ok {
		return path.Clean(rest)
	}
	return path.Join(w.folder, target)
}

// margins counts the texts above and below the pages.
func (w *wordReader) margins() error {
	for name := range w.b.Files {
		base := path.Base(name)
		if path.Dir(name) != w.folder || path.Ext(name) != ".xml" || !strings.HasPrefix(base, "header") && !strings.HasPrefix(base, "footer") {
			continue
		}
		doc, err := w.b.Xml(name, wordDrop)
		if err != nil {
			return err
		}
		for n := range doc.Descendants() {
			if n.Data == "t" && strings.TrimSpace(textIn(n)) != "" {
				w.left.Count("left-margins")
				break
			}
		}
	}
	return nil
}

var headingName = regexp.MustCompile(`^heading ([1-9])$`)

func (w *wordReader) readStyles(doc *html.Node) {
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "style" {
			continue
		}
		s := wordStyle{name: strings.ToLower(bundle.Value(n, "name"))}
		if m := headingName.FindStringSubmatch(s.name); m != nil {
			s.heading = int(m[1][0] - '0')
		} else if lvl := bundle.Value(bundle.Child(n, "pPr"), "outlineLvl"); len(lvl) == 1 && lvl < "9" {
			s.heading = int(lvl[0]-'0') + 1
		}
		s.level = -1
		if num := bundle.Child(bundle.Child(n, "pPr"), "numPr"); num != nil {
			s.list = bundle.Value(num, "numId")
			if i, err := strconv.Atoi(bundle.Value(num, "ilvl")); err == nil {
				s.level = i
			}
		}
		s.bold, s.italic = on(bundle.Child(n, "rPr"), "b"), on(bundle.Child(n, "rPr"), "i")
		s.font, s.based, s.id = fontOf(bundle.Child(n, "rPr")), bundle.Value(n, "basedOn"), markdown.Attr(n, "styleId")
		w.styles[s.id] = s
		if markdown.Attr(n, "default") == "1" && markdown.Attr(n, "type") == "paragraph" {
			w.usual = s.id
		}
	}
	for n := range doc.Descendants() {
		if n.Data == "rPrDefault" {
			w.font = fontOf(bundle.Child(n, "rPr"))
		}
	}
}

func fontOf(looks *html.Node) string {
	fonts := bundle.Child(looks, "rFonts")
	if fonts == nil {
		return ""
	}
	return cmp.Or(markdown.Attr(fonts, "ascii"), markdown.Attr(fonts, "hAnsi"))
}

// style is a style with what it takes from those that it is based on.
func (w *wordReader) style(id string) wordStyle {
	s, ok := w.styles[id]
	for range 10 {
		if !ok || s.based == "" {
			break
		}
		var under wordStyle
		if under, ok = w.styles[s.based]; ok {
			s.heading, s.font, s.list = cmp.Or(s.heading, under.heading), cmp.Or(s.font, under.font), cmp.Or(s.list, under.list)
			if s.level < 0 {
				s.level = under.level
			}
			s.based = under.based
		}
	}
	return s
}

func (w *wordReader) numbering(doc *html.Node) {
	abstract, links := map[string]*wordLists{}, map[string]*wordLists{}
	level := func(n *html.Node) wordLevel {
		l := wordLevel{format: bundle.Value(n, "numFmt"), text: bundle.Value(n, "lvlText"), start: 1, keeps: bundle.Value(n, "lvlRestart") == "0"}
		if i, err := strconv.Atoi(bundle.Value(n, "start")); err == nil && i >= 0 && i < 1e6 {
			l.start = i
		}
		return l
	}
	for n := range doc.Descendants() {
		if n.Data != "abstractNum" {
			continue
		}
		made := &wordLists{levels: map[int]wordLevel{}, count: map[int]int{}, run: map[int]int{}, number: len(abstract), starts: map[string]map[int]int{}, used: map[string]bool{}, styles: map[string]int{}}
		for _, l := range children(n, "lvl") {
			if i, err := strconv.Atoi(markdown.Attr(l, "ilvl")); err == nil && i >= 0 && i <= 8 {
				made.levels[i] = level(l)
				if style := bundle.Value(l, "pStyle"); style != "" {
					made.styles[style] = i
				}
			}
		}
		abstract[markdown.Attr(n, "abstractNumId")] = made
		if link := bundle.Value(n, "styleLink"); link != "" {
			links[link] = made
		}
	}
	for n := range doc.Descendants() {
		if link := bundle.Value(n, "numStyleLink"); n.Data == "abstractNum" && links[link] != nil {
			abstract[markdown.Attr(n, "abstractNumId")] = links[link]
		}
	}
	for n := range doc.Descendants() {
		of := abstract[bundle.Value(n, "abstractNumId")]
		if n.Data != "num" || of == nil {
			continue
		}
		id := markdown.Attr(n, "numId")
		starts := map[int]int{}
		for _, o := range children(n, "lvlOverride") {
			i, err := strconv.Atoi(markdown.Attr(o, "ilvl"))
			if err != nil || i < 0 || i > 8 {
				continue
			}
			if l := bundle.Child(o, "lvl"); l != nil { // its own look, and its own count with it
				own := *of
				own.levels = maps.Clone(of.levels)
				own.levels[i] = level(l)
				of = &own
			}
			if start, err := strconv.Atoi(bundle.Value(o, "startOverride")); err == nil && start >= 0 && start < 1e6 {
				starts[i] = start
			}
		}
		of.starts[id] = starts
		w.lists[id] = of
	}
}

// on tells whether a setting is there and not turned off.
func on(n *html.Node, name string) bool {
	c := bundle.Child(n, name)
	if c == nil {
		return false
	}
	v := markdown.Attr(c, "val")
	return v != "0" && v != "false" && v != "off" && v != "none"
}

// blocks adds the paragraphs and tables of a container.
func (w *wordReader) blocks(n, to *html.Node, depth int) {
	if n == nil || depth > bundle.MaxXMLDepth {
		return
	}
	for c := range n.ChildNodes() {
		switch c.Data {
		case "p":
			w.paragraph(c, to)
		case "tbl":
			w.table(c, to, depth)
		case "sdt":
			if bundle.Value(bundle.Child(bundle.Child(c, "sdtPr"), "docPartObj"), "docPartGallery") == "Table of Contents" {
				w.left.Count("left-contents")
			} else {
				w.blocks(bundle.Child(c, "sdtContent"), to, depth+1)
			}
		case "ins", "moveTo", "customXml", "smartTag":
			w.blocks(c, to, depth+1)
		case "del", "moveFrom":
			w.left.Count("left-deletions")
		}
	}
}

func (w *wordReader) paragraph(n, to *html.Node) {
	settings := bundle.Child(n, "pPr")
	style := w.style(cmp.Or(bundle.Value(settings, "pStyle"), w.usual))
	if strings.HasPrefix(style.name, "toc ") {
		w.left.Count("left-contents")
		return
	}
	p := bundle.Tag(atom.P)
	if lvl := bundle.Value(settings, "outlineLvl"); len(lvl) == 1 && lvl < "9" {
		style.heading = int(lvl[0]-'0') + 1
	}
	switch {
	case style.heading > 0:
		p = bundle.Tag([]atom.Atom{atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6}[min(style.heading, 6)-1])
		if l, i := w.listOf(settings, style); l != nil && l.levels[i].format != "bullet" {
			if label := l.next(w.listID(settings, style), i); label != "" {
				p.AppendChild(bundle.TextNode(label + " "))
			}
		}
	default:
		w.item(settings, style, p)
	}
	before := w.font
	w.font, w.modern = cmp.Or(style.font, w.font), inUnicode(n)
	w.runs(n, p, 0)
	w.font = before
	if style.name == "title" && w.title == "" {
		w.title = markdown.PlainText(p)
		return
	}
	to.AppendChild(p)
}

// listID is the id of the numbering that a paragraph has, its own or its style's.
func (w *wordReader) listID(settings *html.Node, style wordStyle) string {
	if id := bundle.Value(bundle.Child(settings, "numPr"), "numId"); id != "" {
		return id
	}
	return style.list
}

// listOf is the numbering of a paragraph and its level in it, nil for none.
func (w *wordReader) listOf(settings *html.Node, style wordStyle) (*wordLists, int) {
	l := w.lists[w.listID(settings, style)]
	if l == nil {
		return nil, 0
	}
	level := max(style.level, 0)
	if i, ok := l.styles[style.id]; ok && style.level < 0 {
		level = i
	}
	if i, err := strconv.Atoi(bundle.Value(bundle.Child(settings, "numPr"), "ilvl")); err == nil {
		level = i
	}
	if _, ok := l.levels[level]; !ok || l.levels[level].format == "none" {
		return nil, 0
	}
	return l, level
}

// next counts a paragraph of a level and gives the label that stands before it.
func (l *wordLists) next(id string, level int) string {
	if !l.used[id] {
		l.used[id] = true
		for i, start := range l.starts[id] {
			l.count[i] = start - 1
			l.run[i]++
		}
	}
	if _, begun := l.count[level]; !begun {
		l.count[level] = l.levels[level].start - 1
		l.run[level]++
	}
	l.count[level]++
	for deeper := level + 1; deeper <= 8; deeper++ {
		if !l.levels[deeper].keeps {
			delete(l.count, deeper)
		}
	}
	return levelMark.ReplaceAllStringFunc(l.levels[level].text, func(mark string) string {
		i := int(mark[1] - '1')
		n, begun := l.count[i]
		if !begun {
			n = l.levels[i].start
		}
		return counted(l.levels[i].format, n)
	})
}

var levelMark = regexp.MustCompile(`%[1-9]`)

// counted is a number as a level writes it.
func counted(format string, n int) string {
	switch format {
	case "lowerLetter", "upperLetter":
		if n < 1 {
			return strconv.Itoa(n)
		}
		s := strings.Repeat(string(rune('a'+(n-1)%26)), min((n-1)/26+1, 20))
		if format == "upperLetter" {
			return strings.ToUpper(s)
		}
		return s
	case "lowerRoman", "upperRoman":
		if n < 1 || n > 3999 {
			return strconv.Itoa(n)
		}
		s := ""
		for i, v := range []int{1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1} {
			for ; n >= v; n -= v {
				s += []string{"m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"}[i]
			}
		}
		if format == "upperRoman" {
			return strings.ToUpper(s)
		}
		return s
	case "decimalZero":
		return fmt.Sprintf("%02d", n)
	}
	return strconv.Itoa(n)
}

var plainNumber = regexp.MustCompile(`^[(]?%[1-9][.)]$`)

// item marks a paragraph of a list as Word marks it on the clipboard. A label that Markdown has no list for ("Điều 1.",
// "a)", "1.2") stays as text, inside a list where it stood in one.
func (w *wordReader) item(settings *html.Node, style wordStyle, p *html.Node) {
	l, level := w.listOf(settings, style)
	if l == nil {
		return
	}
	label := strings.TrimSpace(l.next(w.listID(settings, style), level))
	one := l.levels[level]
	marker := "·"
	switch {
	case one.format == "bullet":
	case one.format == "decimal" && (plainNumber.MatchString(one.text) || one.text == "") && (one.text == "" || int(one.text[strings.IndexByte(one.text, '%')+1]-'1') == level):
		marker = strconv.Itoa(l.count[level]) + "."
	case level == 0:
		if label != "" {
			p.AppendChild(bundle.TextNode(label + " "))
		}
		return
	}
	p.Attr = []html.Attribute{{Key: "style", Val: fmt.Sprintf("mso-list:l%d level%d", l.number%1000*1000+l.run[level]%1000, level+1)}}
	ignored := bundle.Tag(atom.Span, html.Attribute{Key: "style", Val: "mso-list:Ignore"})
	ignored.AppendChild(bundle.TextNode(marker))
	p.AppendChild(ignored)
	if marker == "·" && one.format != "bullet" && label != "" {
		p.AppendChild(bundle.TextNode(label + " "))
	}
}

// runs adds the text of a paragraph, or of a piece of one.
func (w *wordReader) runs(n, to *html.Node, depth int) {
	if depth > bundle.MaxXMLDepth {
		return
	}
	for c := range n.ChildNodes() {
		switch c.Data {
		case "r":
			w.run(c, w.linked(to))
		case "hyperlink":
			a := to
			if id := markdown.Attr(c, "id"); w.outside[id] {
				a = bundle.Tag(atom.A, html.Attribute{Key: "href", Val: w.targets[id]})
				to.AppendChild(a)
			}
			w.runs(c, a, depth+1)
		case "fldSimple":
			w.fields = append(w.fields, wordField{markdown.Attr(c, "instr"), true})
			w.runs(c, w.linked(to), depth+1)
			w.fields = w.fields[:len(w.fields)-1]
		case "ins", "moveTo", "smartTag", "customXml", "dir", "bdo":
			w.runs(c, to, depth+1)
		case "sdt":
			if content := bundle.Child(c, "sdtContent"); content != nil {
				w.runs(content, to, depth+1)
			}
		case "del", "moveFrom":
			w.left.Count("left-deletions")
		case "oMath", "oMathPara":
			w.left.Count("left-formulas")
		}
	}
}

var hyperlinkField = regexp.MustCompile(`^\s*HYPERLINK\s+"([^"]+)"`)

// linked is where text goes: into the link of an open field, if it is one.
func (w *wordReader) linked(to *html.Node) *html.Node {
	if len(w.fields) == 0 {
		return to
	}
	f := w.fields[len(w.fields)-1]
	if m := hyperlinkField.FindStringSubmatch(f.instruction); m != nil && f.shown {
		a := bundle.Tag(atom.A, html.Attribute{Key: "href", Val: m[1]})
		to.AppendChild(a)
		return a
	}
	return to
}

func (w *wordReader) run(n, to *html.Node) {
	looks := bundle.Child(n, "rPr")
	if on(looks, "vanish") {
		return
	}
	style := w.style(bundle.Value(looks, "rStyle"))
	for _, s := range []struct {
		name string
		tag  atom.Atom
		has  bool
	}{{"b", atom.B, style.bold}, {"i", atom.I, style.italic}, {"strike", atom.S, false}} {
		if bundle.Child(looks, s.name) == nil && s.has || on(looks, s.name) {
			inner := bundle.Tag(s.tag)
			to.AppendChild(inner)
			to = inner
		}
	}
	switch bundle.Value(looks, "vertAlign") {
	case "superscript":
		inner := bundle.Tag(atom.Sup)
		to.AppendChild(inner)
		to = inner
	case "subscript":
		inner := bundle.Tag(atom.Sub)
		to.AppendChild(inner)
		to = inner
	}
	before := w.font
	w.font = cmp.Or(fontOf(looks), style.font, w.font)
	w.inside(n, to, 0)
	w.font = before
}

// inUnicode tells whether a paragraph has a letter that no font of the time before Unicode can show, in text that is
// not said to be in another font.
func inUnicode(n *html.Node) bool {
	for c := range n.Descendants() {
		if c.Type != html.TextNode || c.Parent.Data != "t" {
			continue
		}
		if font := fontOf(bundle.Child(c.Parent.Parent, "rPr")); font != "" && letters.OfFont(font) == "" {
			continue
		}
		if strings.IndexFunc(c.Data, func(r rune) bool {
			_, ok := charmap.Windows1252.EncodeRune(r)
			return unicode.IsLetter(r) && !ok
		}) >= 0 {
			return true
		}
	}
	return false
}

// decoded is the text of a font of the time before Unicode in Unicode. A text in such a font that reads better as it is
// was typed in Unicode.
func (w *wordReader) decoded(s string) string {
	code := letters.OfFont(w.font)
	if code == "" || w.modern || strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0 && !strings.HasSuffix(w.font, "H") || letters.Better(code, s) < 0 {
		return s
	}
	w.left.Count("left-old-letters")
	s = letters.Decode(code, s)
	if code == letters.TCVN3 && strings.HasSuffix(w.font, "H") { // its small letters are drawn as capitals
		s = strings.ToUpper(s)
	}
	return s
}

// inside adds what is in a run.
func (w *wordReader) inside(n, to *html.Node, depth int) {
	if depth > 4 {
		return
	}
	for c := range n.ChildNodes() {
		switch c.Data {
		case "t":
			if !w.hiddenField() {
				to.AppendChild(bundle.TextNode(w.decoded(textIn(c))))
			}
		case "tab", "ptab":
			to.AppendChild(bundle.TextNode(" "))
		case "br", "cr":
			if markdown.Attr(c, "type") == "" || markdown.Attr(c, "type") == "textWrapping" {
				to.AppendChild(bundle.Tag(atom.Br))
			}
		case "noBreakHyphen":
			to.AppendChild(bundle.TextNode("-"))
		case "sym":
			if i, err := strconv.ParseUint(markdown.Attr(c, "char"), 16, 16); err == nil {
				to.AppendChild(bundle.TextNode(string(rune(i))))
			}
		case "drawing", "pict", "object":
			w.drawing(c, to)
		case "AlternateContent":
			if choice := bundle.Child(c, "Choice"); choice != nil {
				w.inside(choice, to, depth+1)
			}
		case "fldChar":
			w.field(markdown.Attr(c, "fldCharType"))
		case "instrText":
			if k := len(w.fields); k > 0 && !w.fields[k-1].shown && len(w.fields[k-1].instruction) < 4096 {
				w.fields[k-1].instruction += textIn(c)
			}
		case "footnoteReference", "endnoteReference":
			w.left.Count("left-notes")
		case "commentReference":
			w.left.Count("left-comments")
		}
	}
}

func (w *wordReader) hiddenField() bool {
	k := len(w.fields)
	return k > 0 && !w.fields[k-1].shown
}

func (w *wordReader) field(kind string) {
	k := len(w.fields)
	switch {
	case kind == "begin" && k < 32:
		w.fields = append(w.fields, wordField{})
	case kind == "separate" && k > 0:
		w.fields[k-1].shown = true
	case kind == "end" && k > 0:
		w.fields = w.fields[:k-1]
	}
}

func textIn(n *html.Node) string {
	var b strings.Builder
	for c := range n.ChildNodes() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// drawing adds a picture, or counts what is none: a text box, a chart, a shape.
func (w *wordReader) drawing(n, to *html.Node) {
	var id, alt string
	text := false
	for c := range n.Descendants() {
		switch c.Data {
		case "blip":
			id = cmp.Or(id, markdown.Attr(c, "embed"))
		case "imagedata":
			id = cmp.Or(id, markdown.Attr(c, "id"))
		case "docPr", "shape":
			alt = cmp.Or(alt, cmp.Or(markdown.Attr(c, "descr"), markdown.Attr(c, "alt")))
		case "txbxContent":
			text = true
		}
	}
	switch {
	case text:
		w.left.Count("left-text-boxes")
	case id == "" || w.outside[id]:
		w.left.Count("left-drawings")
	default:
		to.AppendChild(bundle.Tag(atom.Img, html.Attribute{Key: "src", Val: w.at(w.targets[id])}, html.Attribute{Key: "alt", Val: alt}))
	}
}

// table adds a table; a cell that continues the one above it is empty.
func (w *wordReader) table(n, to *html.Node, depth int) {
	t := bundle.Tag(atom.Table)
	merged := false
	w.rows(n, depth, func(row *html.Node) {
		if bundle.Child(bundle.Child(row, "trPr"), "del") != nil {
			w.left.Count("left-deletions")
			return
		}
		tr := bundle.Tag(atom.Tr)
		t.AppendChild(tr)
		w.rows(row, depth, func(cell *html.Node) {
			settings := bundle.Child(cell, "tcPr")
			td := bundle.Tag(atom.Td)
			if across := bundle.Value(settings, "gridSpan"); across != "" && across != "1" {
				td.Attr = []html.Attribute{{Key: "colspan", Val: across}}
			}
			down := bundle.Child(settings, "vMerge")
			merged = merged || down != nil
			if down == nil || markdown.Attr(down, "val") == "restart" {
				w.blocks(cell, td, depth+1)
			}
			tr.AppendChild(td)
		})
	})
	if merged {
		w.left.Count("left-merged-cells")
	}
	to.AppendChild(t)
}

// rows calls with the rows of a table or the cells of a row, also those inside controls.
func (w *wordReader) rows(n *html.Node, depth int, each func(*html.Node)) {
	for c := range n.ChildNodes() {
		switch c.Data {
		case "tr", "tc":
			each(c)
		case "sdt":
			if content := bundle.Child(c, "sdtContent"); content != nil && depth < bundle.MaxXMLDepth {
				w.rows(content, depth+1, each)
			}
		}
	}
}

// lessons parts the page and writes each lesson.
func (w *wordReader) lessons(page *html.Node, part bool) error {
	if w.title != "" {
		w.g.title = line(w.title, w.g.title)
	}
	var failed error
	bundle.Modern(page, w.left) // of paragraphs whose font says nothing
	writer := &markdown.Writer{Left: w.left, Shift: markdown.HeadingShift(page)}
	if part {
		writer.Shift = 0
	}
	writer.Picture = func(where, _ string) (string, bool) {
		data, err := w.b.Read(where, maxBroughtPicture)
		if err != nil {
			failed = err
		}
		if data == nil {
			w.g.leavePicture(where, map[bool]string{true: "media-too-large"}[w.b.Has(where)])
			return "", false
		}
		return w.g.picture(where, data)
	}
	title, lesson := w.g.title, bundle.Tag(atom.Body)
	finish := func() {
		if body := writer.Markdown(lesson); body != "" {
			w.g.lesson(title, body, courses.Quiz{})
		}
	}
	for n := page.FirstChild; n != nil; n = page.FirstChild {
		page.RemoveChild(n)
		if part && n.DataAtom == atom.H1 && markdown.PlainText(n) != "" {
			finish()
			title, lesson = markdown.PlainText(n), bundle.Tag(atom.Body)
			continue
		}
		lesson.AppendChild(n)
	}
	finish()
	return failed
}

// maxBroughtPicture is how large a picture in a file may be to be looked at, in bytes.
const maxBroughtPicture = 8 << 20
