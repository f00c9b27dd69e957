package authoring

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"lopban/courses"
)

// Word documents (Office Open XML, ECMA-376 part 1). They are turned into a tree of HTML, which the one writer of Markdown reads.

const wordFile = "word/document.xml"

// wordDrop are settings of looks that a document is full of.
var wordDrop = words("rFonts sz szCs lang color kern spacing ind jc tblBorders tcBorders shd tblLook tcW tblW tblInd tblCellMar proofErr bookmarkStart bookmarkEnd lastRenderedPageBreak " +
	"sectPr widowControl keepNext keepLines bCs iCs noProof u highlight tabs pBdr tblGrid contextualSpacing")

type wordReader struct {
	b        *bundle
	g        *gathering
	left     *leftOut
	targets  map[string]string // of relations by id
	outside  map[string]bool   // relations that lead out of the document
	styles   map[string]wordStyle
	formats  map[string]map[int]string // of numberings, by level
	counters map[string]map[int]int
	fields   []wordField // that are open
	title    string
}

type wordStyle struct {
	name         string // in lower case
	heading      int    // 1 to 9, 0 for none
	list         string // numbering
	level        int
	bold, italic bool
}

type wordField struct {
	instruction string
	shown       bool // the result has begun
}

// readWord gathers the lessons of a document.
func readWord(b *bundle, g *gathering, part bool) error {
	w := &wordReader{b: b, g: g, left: &leftOut{}, targets: map[string]string{}, outside: map[string]bool{}, styles: map[string]wordStyle{}, formats: map[string]map[int]string{}, counters: map[string]map[int]int{}}
	doc, err := b.xml(wordFile, wordDrop)
	if err != nil {
		return err
	}
	for name, read := range map[string]func(*html.Node){"word/_rels/document.xml.rels": w.relations, "word/styles.xml": w.readStyles, "word/numbering.xml": w.numbering} {
		extra, err := b.xml(name, wordDrop)
		if err != nil {
			return err
		}
		if extra != nil {
			read(extra)
		}
	}
	page := tag(atom.Body)
	if d := child(doc, "document"); d != nil {
		w.blocks(child(d, "body"), page, 0)
	}
	err = w.lessons(page, part)
	g.left = append(g.left, w.left.mistakes("")...)
	return err
}

func (w *wordReader) relations(doc *html.Node) {
	for n := range doc.Descendants() {
		if n.Data == "Relationship" {
			w.targets[attr(n, "Id")] = attr(n, "Target")
			w.outside[attr(n, "Id")] = attr(n, "TargetMode") == "External"
		}
	}
}

var headingName = regexp.MustCompile(`^heading ([1-9])$`)

func (w *wordReader) readStyles(doc *html.Node) {
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "style" {
			continue
		}
		s := wordStyle{name: strings.ToLower(value(n, "name"))}
		if m := headingName.FindStringSubmatch(s.name); m != nil {
			s.heading = int(m[1][0] - '0')
		} else if lvl := value(child(n, "pPr"), "outlineLvl"); len(lvl) == 1 && lvl < "9" {
			s.heading = int(lvl[0]-'0') + 1
		}
		if num := child(child(n, "pPr"), "numPr"); num != nil {
			s.list = value(num, "numId")
			s.level, _ = strconv.Atoi(value(num, "ilvl"))
		}
		s.bold, s.italic = on(child(n, "rPr"), "b"), on(child(n, "rPr"), "i")
		w.styles[attr(n, "styleId")] = s
	}
}

func (w *wordReader) numbering(doc *html.Node) {
	abstract := map[string]map[int]string{}
	for n := range doc.Descendants() {
		switch {
		case n.Type != html.ElementNode:
		case n.Data == "abstractNum":
			levels := map[int]string{}
			for l := range n.ChildNodes() {
				if i, err := strconv.Atoi(attr(l, "ilvl")); err == nil && l.Data == "lvl" {
					levels[i] = value(l, "numFmt")
				}
			}
			abstract[attr(n, "abstractNumId")] = levels
		case n.Data == "num":
			w.formats[attr(n, "numId")] = abstract[value(n, "abstractNumId")]
		}
	}
}

// on tells whether a setting is there and not turned off.
func on(n *html.Node, name string) bool {
	c := child(n, name)
	if c == nil {
		return false
	}
	v := attr(c, "val")
	return v != "0" && v != "false" && v != "off" && v != "none"
}

// blocks adds the paragraphs and tables of a container.
func (w *wordReader) blocks(n, to *html.Node, depth int) {
	if n == nil || depth > maxXMLDepth {
		return
	}
	for c := range n.ChildNodes() {
		switch c.Data {
		case "p":
			w.paragraph(c, to)
		case "tbl":
			w.table(c, to, depth)
		case "sdt":
			if value(child(child(c, "sdtPr"), "docPartObj"), "docPartGallery") == "Table of Contents" {
				w.left.count("left-contents")
			} else {
				w.blocks(child(c, "sdtContent"), to, depth+1)
			}
		case "ins", "moveTo", "customXml", "smartTag":
			w.blocks(c, to, depth+1)
		case "del", "moveFrom":
			w.left.count("left-deletions")
		}
	}
}

func (w *wordReader) paragraph(n, to *html.Node) {
	settings := child(n, "pPr")
	style := w.styles[value(settings, "pStyle")]
	if strings.HasPrefix(style.name, "toc ") {
		w.left.count("left-contents")
		return
	}
	p := tag(atom.P)
	if lvl := value(settings, "outlineLvl"); len(lvl) == 1 && lvl < "9" {
		style.heading = int(lvl[0]-'0') + 1
	}
	switch {
	case style.heading > 0:
		p = tag([]atom.Atom{atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6}[min(style.heading, 6)-1])
	default:
		w.item(settings, style, p)
	}
	w.runs(n, p, 0)
	if style.name == "title" && w.title == "" {
		w.title = plainText(p)
		return
	}
	to.AppendChild(p)
}

// item marks a paragraph of a list as Word marks it on the clipboard.
func (w *wordReader) item(settings *html.Node, style wordStyle, p *html.Node) {
	list, level := style.list, style.level
	if num := child(settings, "numPr"); num != nil {
		if id := value(num, "numId"); id != "" {
			list = id
		}
		if i, err := strconv.Atoi(value(num, "ilvl")); err == nil {
			level = i
		}
	}
	format, known := w.formats[list][level]
	if list == "" || list == "0" || !known || format == "none" || level < 0 || level > 8 || len(list) > 6 {
		return
	}
	if w.counters[list] == nil {
		w.counters[list] = map[int]int{}
	}
	w.counters[list][level]++
	for deeper := level + 1; deeper <= 8; deeper++ {
		w.counters[list][deeper] = 0
	}
	marker := "·"
	if format != "bullet" {
		marker = strconv.Itoa(w.counters[list][level]) + "."
	}
	p.Attr = []html.Attribute{{Key: "style", Val: "mso-list:l" + list + " level" + strconv.Itoa(level+1)}}
	ignored := tag(atom.Span, html.Attribute{Key: "style", Val: "mso-list:Ignore"})
	ignored.AppendChild(textNode(marker))
	p.AppendChild(ignored)
}

// runs adds the text of a paragraph, or of a piece of one.
func (w *wordReader) runs(n, to *html.Node, depth int) {
	if depth > maxXMLDepth {
		return
	}
	for c := range n.ChildNodes() {
		switch c.Data {
		case "r":
			w.run(c, w.linked(to))
		case "hyperlink":
			a := to
			if id := attr(c, "id"); w.outside[id] {
				a = tag(atom.A, html.Attribute{Key: "href", Val: w.targets[id]})
				to.AppendChild(a)
			}
			w.runs(c, a, depth+1)
		case "fldSimple":
			w.fields = append(w.fields, wordField{attr(c, "instr"), true})
			w.runs(c, w.linked(to), depth+1)
			w.fields = w.fields[:len(w.fields)-1]
		case "ins", "moveTo", "smartTag", "customXml", "dir", "bdo":
			w.runs(c, to, depth+1)
		case "sdt":
			if content := child(c, "sdtContent"); content != nil {
				w.runs(content, to, depth+1)
			}
		case "del", "moveFrom":
			w.left.count("left-deletions")
		case "oMath", "oMathPara":
			w.left.count("left-formulas")
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
		a := tag(atom.A, html.Attribute{Key: "href", Val: m[1]})
		to.AppendChild(a)
		return a
	}
	return to
}

func (w *wordReader) run(n, to *html.Node) {
	looks := child(n, "rPr")
	if on(looks, "vanish") {
		return
	}
	style := w.styles[value(looks, "rStyle")]
	for _, s := range []struct {
		name string
		tag  atom.Atom
		has  bool
	}{{"b", atom.B, style.bold}, {"i", atom.I, style.italic}, {"strike", atom.S, false}} {
		if child(looks, s.name) == nil && s.has || on(looks, s.name) {
			inner := tag(s.tag)
			to.AppendChild(inner)
			to = inner
		}
	}
	w.inside(n, to, 0)
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
				to.AppendChild(textNode(textIn(c)))
			}
		case "tab", "ptab":
			to.AppendChild(textNode(" "))
		case "br", "cr":
			if attr(c, "type") == "" || attr(c, "type") == "textWrapping" {
				to.AppendChild(tag(atom.Br))
			}
		case "noBreakHyphen":
			to.AppendChild(textNode("-"))
		case "sym":
			if i, err := strconv.ParseUint(attr(c, "char"), 16, 16); err == nil {
				to.AppendChild(textNode(string(rune(i))))
			}
		case "drawing", "pict", "object":
			w.drawing(c, to)
		case "AlternateContent":
			if choice := child(c, "Choice"); choice != nil {
				w.inside(choice, to, depth+1)
			}
		case "fldChar":
			w.field(attr(c, "fldCharType"))
		case "instrText":
			if k := len(w.fields); k > 0 && !w.fields[k-1].shown && len(w.fields[k-1].instruction) < 4096 {
				w.fields[k-1].instruction += textIn(c)
			}
		case "footnoteReference", "endnoteReference":
			w.left.count("left-notes")
		case "commentReference":
			w.left.count("left-comments")
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
			id = orElse(id, attr(c, "embed"))
		case "imagedata":
			id = orElse(id, attr(c, "id"))
		case "docPr", "shape":
			alt = orElse(alt, orElse(attr(c, "descr"), attr(c, "alt")))
		case "txbxContent":
			text = true
		}
	}
	switch {
	case text:
		w.left.count("left-text-boxes")
	case id == "" || w.outside[id]:
		w.left.count("left-drawings")
	default:
		to.AppendChild(tag(atom.Img, html.Attribute{Key: "src", Val: path.Join("word", w.targets[id])}, html.Attribute{Key: "alt", Val: alt}))
	}
}

// table adds a table; a cell that continues the one above it is empty.
func (w *wordReader) table(n, to *html.Node, depth int) {
	t := tag(atom.Table)
	merged := false
	w.rows(n, depth, func(row *html.Node) {
		if child(child(row, "trPr"), "del") != nil {
			w.left.count("left-deletions")
			return
		}
		tr := tag(atom.Tr)
		t.AppendChild(tr)
		w.rows(row, depth, func(cell *html.Node) {
			settings := child(cell, "tcPr")
			td := tag(atom.Td)
			if across := value(settings, "gridSpan"); across != "" && across != "1" {
				td.Attr = []html.Attribute{{Key: "colspan", Val: across}}
			}
			down := child(settings, "vMerge")
			merged = merged || down != nil
			if down == nil || attr(down, "val") == "restart" {
				w.blocks(cell, td, depth+1)
			}
			tr.AppendChild(td)
		})
	})
	if merged {
		w.left.count("left-merged-cells")
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
			if content := child(c, "sdtContent"); content != nil && depth < maxXMLDepth {
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
	writer := &mdWriter{left: w.left, shift: headingShift(page)}
	if part {
		writer.shift = 0
	}
	writer.picture = func(where, _ string) (string, bool) {
		data, err := w.b.read(where, maxBroughtPicture)
		if err != nil {
			failed = err
		}
		if data == nil {
			w.g.leavePicture(where, map[bool]string{true: "media-too-large"}[w.b.has(where)])
			return "", false
		}
		return w.g.picture(where, data)
	}
	title, lesson := w.g.title, tag(atom.Body)
	finish := func() {
		if body := writer.markdown(lesson); body != "" {
			w.g.lesson(title, body, courses.Quiz{})
		}
	}
	for n := page.FirstChild; n != nil; n = page.FirstChild {
		page.RemoveChild(n)
		if part && n.DataAtom == atom.H1 && plainText(n) != "" {
			finish()
			title, lesson = plainText(n), tag(atom.Body)
			continue
		}
		lesson.AppendChild(n)
	}
	finish()
	return failed
}

// maxBroughtPicture is how large a picture in a file may be to be looked at, in bytes.
const maxBroughtPicture = 8 << 20
