package paper

import (
	"bytes"
	"image"
	_ "image/jpeg" // pictures of lessons
	"image/png"
	"strconv"
	"strings"

	"github.com/jung-kurt/gofpdf"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"

	"lopban/courses/letters"
)

// flow sets a running text on pages, from top to bottom. Lengths are millimetres.
type flow struct {
	*sheet
	y       float64 // where the next thing begins
	page    int
	foot    string // stands at the foot of each page beside its number
	frame   *frame // around the form that is being set, nil for none
	dry     bool   // nothing is drawn and no page ends: the height of what is set is being measured
	picture func(src string) []byte
}

// frame goes around a form; where a page ends in it, it ends and begins again.
type frame struct{ top float64 }

// The text area of a page.
const (
	areaLeft   = 25.0
	areaTop    = 20.0
	areaBottom = 274.0
	areaWidth  = 165.0
)

// body is the type of running text.
var body = span{face: text, size: 11.5, ink: black}

const loose = 1.3 // leading of running text, in parts of its size

func (p span) row() float64 { return p.size * loose * mmPerPoint }

// newPage ends the page and begins the next.
func (f *flow) newPage() {
	f.endFrame()
	f.sheet.page()
	f.page++
	f.y = areaTop
	if f.foot != "" {
		f.left(areaLeft, 286, span{f.foot, text, 9, grey})
		number := span{strconv.Itoa(f.page), text, 9, grey}
		f.left(areaLeft+areaWidth-f.width(number), 286, number)
	}
	if f.frame != nil {
		f.frame.top = f.y
		f.y += 4
	}
}

// need begins a new page where so much height is not left.
func (f *flow) need(height float64) {
	if !f.dry && f.y+height > areaBottom && f.y > areaTop {
		f.newPage()
	}
}

// height is how much set would take.
func (f *flow) height(set func()) float64 {
	y, dry := f.y, f.dry
	f.dry = true
	set()
	h := f.y - y
	f.y, f.dry = y, dry
	return h
}

func (f *flow) gap(h float64) { f.y += h }

func (f *flow) endFrame() {
	if f.frame == nil || f.dry || f.page == 0 {
		return
	}
	f.SetDrawColor(indigo[0], indigo[1], indigo[2])
	f.SetLineWidth(0.4)
	f.Rect(areaLeft, f.frame.top, areaWidth, min(f.y, areaBottom+2)-f.frame.top, "D")
}

// word is what no line ends in.
type word struct {
	span
	glued bool // stands next to the word before without a space
	last  bool // its line ends behind it
}

// words are the words of nodes. A picture among them is left out: see block.
func (f *flow) words(p span, nodes ...*html.Node) []word {
	var all []word
	space := true
	var walk func(n *html.Node, p span)
	walk = func(n *html.Node, p span) {
		switch {
		case n.Type == html.TextNode:
			fields := strings.Fields(n.Data)
			begins := n.Data != "" && strings.TrimLeft(n.Data[:1], " \n\t") == ""
			for i, t := range fields {
				all = append(all, signed(p, legible(t), i == 0 && !space && !begins)...)
				space = false
			}
			space = space || n.Data != "" && (len(fields) == 0 || strings.TrimRight(n.Data[len(n.Data)-1:], " \n\t") == "")
			return
		case n.DataAtom == atom.Br && len(all) > 0:
			all[len(all)-1].last, space = true, true
		case n.DataAtom == atom.Strong || n.DataAtom == atom.B || n.DataAtom == atom.Th:
			p.face = textBold
		case n.DataAtom == atom.Em:
			p.face = textItalic
		case n.DataAtom == atom.Code:
			p.face, p.size = mono, p.size*0.88
		case n.DataAtom == atom.Input: // a task of a list
			all = append(all, word{span: span{"□", text, p.size, p.ink}})
			space = true
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, p)
		}
	}
	for _, n := range nodes {
		walk(n, p)
	}
	return all
}

// dingbats are signs that the text faces lack, by their letter in Zapf Dingbats.
var dingbats = map[rune]string{'✓': "3", '✔': "4", '✗': "7", '✘': "8", '✂': "\"", '✎': ".", '☎': "%", '★': "H"}

// signed parts a word at the signs that are in a face of their own.
func signed(p span, t string, glued bool) []word {
	var all []word
	from := 0
	add := func(t string, f face) {
		if t != "" {
			q := p
			q.text, q.face = t, f
			all = append(all, word{span: q, glued: glued || len(all) > 0})
		}
	}
	for i, r := range t {
		if d, ok := dingbats[r]; ok {
			add(t[from:i], p.face)
			add(d, signs)
			from = i + len(string(r))
		}
	}
	add(t[from:], p.face)
	return all
}

// legible is a text as booklets can print it: NFC, and a box for each letter that no face of theirs has.
func legible(t string) string {
	return strings.Map(func(r rune) rune {
		if _, ok := dingbats[r]; ok || letters.Printable(r) {
			return r
		}
		for _, w := range wide {
			if w[0] <= r && r <= w[1] {
				return r
			}
		}
		switch {
		case r == 0x2011: // a hyphen that does not break
			return '-'
		case r == 0x00AD || r >= 0x200B && r <= 0x200D || r == 0xFE0F || r == 0xFEFF: // marks that nobody sees
			return -1
		}
		return '□'
	}, norm.NFC.String(t))
}

// lines breaks words to a width. A word wider than that stands alone, cut into pieces.
func (f *flow) lines(all []word, width float64) [][]word {
	var lines [][]word
	var line []word
	used := 0.0
	end := func() {
		if len(line) > 0 {
			lines = append(lines, line)
		}
		line, used = nil, 0
	}
	for _, w := range all {
		wide, space := f.width(w.span), f.space(w)
		if len(line) > 0 && used+space+wide > width {
			if w.glued { // it goes down with what it is glued to
				cut := len(line) - 1
				for cut > 0 && line[cut].glued {
					cut--
				}
				if cut > 0 {
					down := line[cut:]
					line = line[:cut]
					end()
					line = append(line, down...)
					used = f.measure(line)
				}
			} else {
				end()
			}
		}
		for len(line) == 0 && wide > width {
			n := f.cut(w.span, width)
			if n >= len(w.text) {
				break
			}
			piece := w
			piece.text, piece.last = w.text[:n], true
			lines = append(lines, []word{piece})
			w.text = w.text[n:]
			wide = f.width(w.span)
		}
		if len(line) > 0 {
			used += space
		}
		line, used = append(line, w), used+wide
		if w.last {
			end()
		}
	}
	end()
	return lines
}

// cut is how many bytes of a text fit the width, one letter at least.
func (f *flow) cut(p span, width float64) int {
	whole := p.text
	for i := range whole {
		p.text = whole[:i]
		if i > 0 && f.width(p) > width {
			_, size := lastRune(whole[:i])
			return max(i-size, len(string([]rune(whole)[:1])))
		}
	}
	return len(whole)
}

func lastRune(s string) (rune, int) {
	r := []rune(s)
	return r[len(r)-1], len(string(r[len(r)-1]))
}

func (f *flow) space(w word) float64 {
	if w.glued {
		return 0
	}
	return f.width(span{" ", text, w.size, w.ink})
}

func (f *flow) measure(line []word) float64 {
	used := 0.0
	for i, w := range line {
		if i > 0 {
			used += f.space(w)
		}
		used += f.width(w.span)
	}
	return used
}

// set draws lines of words, part of the free width before each: 0 to the left, ½ in the middle, 1 to the right.
func (f *flow) set(lines [][]word, x, width, part float64, p span) {
	for i, line := range lines {
		if i == 0 && len(lines) > 1 {
			f.need(2 * p.row()) // no line alone at the foot of a page
		}
		f.need(p.row())
		f.line(line, x, width, part, p)
	}
}

func (f *flow) line(line []word, x, width, part float64, p span) {
	if !f.dry {
		x += (width - f.measure(line)) * part
		for i, w := range line {
			if i > 0 {
				x += f.space(w)
			}
			f.left(x, f.y+p.row()*0.77, w.span)
			x += f.width(w.span)
		}
	}
	f.y += p.row()
}

// para sets words as a paragraph.
func (f *flow) para(all []word, x, width float64, p span) { f.set(f.lines(all, width), x, width, 0, p) }

// say sets a plain text as a paragraph.
func (f *flow) say(x, width float64, p span) {
	f.para(f.words(p, &html.Node{Type: html.TextNode, Data: p.text}), x, width, p)
}

// html sets a text that authoring rendered, in a column.
func (f *flow) html(source string, x, width float64, p span) {
	nodes, err := html.ParseFragment(strings.NewReader(source), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		nodes = []*html.Node{{Type: html.TextNode, Data: source}}
	}
	f.column(nodes, x, width, p)
}

// column sets nodes one under the other; those that are not blocks together make a paragraph.
func (f *flow) column(nodes []*html.Node, x, width float64, p span) {
	var inline []*html.Node
	flush := func() {
		if all := f.words(p, inline...); len(all) > 0 {
			if strings.HasSuffix(all[len(all)-1].text, ":") {
				f.need(4 * p.row()) // what it announces begins on the same page
			}
			f.para(all, x, width, p)
		}
		inline = nil
	}
	for _, n := range nodes {
		if n.Type == html.TextNode || n.Type == html.ElementNode && !isBlock(n) {
			inline = append(inline, n)
			continue
		}
		flush()
		if n.Type == html.ElementNode {
			f.block(n, x, width, p)
		}
	}
	flush()
}

func isBlock(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Blockquote, atom.Pre, atom.Hr, atom.Section, atom.Div, atom.Table, atom.Img,
		atom.Figure, atom.Figcaption, atom.Audio, atom.Video, atom.Details, atom.Summary:
		return true
	}
	return false
}

func children(n *html.Node) []*html.Node {
	var all []*html.Node
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		all = append(all, c)
	}
	return all
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func (f *flow) block(n *html.Node, x, width float64, p span) {
	switch n.DataAtom {
	case atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		h := span{face: textBold, size: 12, ink: indigo}
		if n.DataAtom == atom.H2 {
			h.size = 14
		}
		f.gap(h.size * 0.2)
		f.need(h.row() + 3*body.row())
		f.para(f.words(h, n), x, width, h)
		f.gap(1)
	case atom.Ul, atom.Ol:
		f.list(n, x, width, p)
	case atom.Blockquote:
		top, page := f.y, f.page
		f.column(children(n), x+5, width-5, p)
		if !f.dry && f.page == page {
			f.SetDrawColor(maize[0], maize[1], maize[2])
			f.SetLineWidth(0.8)
			f.Line(x+1.5, top, x+1.5, f.y-1)
		}
	case atom.Pre:
		f.pre(n, x, width, p)
	case atom.Hr:
		f.gap(2)
		f.need(2)
		if !f.dry {
			f.rule(x+width/2, f.y, width)
		}
		f.gap(2)
	case atom.Section:
		f.form(n, p)
	case atom.Table:
		f.table(n, x, width, p)
		f.gap(2)
	case atom.Img:
		f.image(n, x, width, p)
	default: // a paragraph, or a part that only holds others
		f.column(children(n), x, width, p)
		if n.DataAtom == atom.P {
			f.gap(p.size * 0.16)
		}
	}
}

func (f *flow) pre(n *html.Node, x, width float64, p span) {
	var all strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			all.WriteString(d.Data)
		}
	}
	p.face, p.size = mono, p.size*0.85
	for _, line := range strings.Split(strings.TrimRight(all.String(), "\n"), "\n") {
		q := p
		q.text = legible(strings.ReplaceAll(line, "\t", "    "))
		f.set(f.lines([]word{{span: q}}, width), x, width, 0, p)
		if line == "" {
			f.gap(p.row())
		}
	}
	f.gap(2)
}

func (f *flow) list(n *html.Node, x, width float64, p span) {
	number, err := strconv.Atoi(attribute(n, "start"))
	if err != nil {
		number = 1
	}
	for li := range n.ChildNodes() {
		if li.DataAtom != atom.Li {
			continue
		}
		marker := p
		marker.text = "•"
		if n.DataAtom == atom.Ol {
			marker.text = strconv.Itoa(number) + "."
			number++
		}
		f.need(2 * p.row())
		if !f.dry && !hasTask(li) {
			f.left(x+5-f.width(marker), f.y+p.row()*0.77, marker)
		}
		f.column(children(li), x+7, width-7, p)
		f.gap(0.6)
	}
	f.gap(1.2)
}

// hasTask says whether the item is a task, whose box is its marker.
func hasTask(li *html.Node) bool {
	c := li.FirstChild
	return c != nil && (c.DataAtom == atom.Input || c.FirstChild != nil && c.FirstChild.DataAtom == atom.Input)
}

// form sets what a reader copies or fills in, in a frame, on one page where it fits on one.
func (f *flow) form(n *html.Node, p span) {
	const pad = 5
	inside := func() {
		f.gap(pad - 1)
		f.column(children(n), areaLeft+pad, areaWidth-2*pad, p)
		f.gap(2)
	}
	f.gap(2)
	if h := f.height(inside); h <= areaBottom-areaTop {
		f.need(h)
	}
	if f.dry || f.frame != nil {
		inside()
		return
	}
	f.frame = &frame{f.y}
	inside()
	f.endFrame()
	f.frame = nil
	f.gap(4)
}

// image sets a picture in the middle of the column, never larger than it is on a screen of 96 dots an inch nor higher
// than half a page; where it cannot be drawn, its words.
func (f *flow) image(n *html.Node, x, width float64, p span) {
	src, words := attribute(n, "src"), attribute(n, "alt")
	data := f.picture(src)
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("<")) {
		if d, err := readDrawing(data); err == nil {
			f.framed(d.width, d.height, x, width, func(x, y, w, _ float64) { f.draw(d, x, y, w) })
			return
		}
	} else if m, _, err := image.Decode(bytes.NewReader(data)); err == nil {
		f.framed(float64(m.Bounds().Dx()), float64(m.Bounds().Dy()), x, width, func(x, y, w, h float64) { f.raster(src, data, m, x, y, w, h) })
		return
	}
	p.face, p.text = textItalic, "[ "+words+" ]"
	f.say(x, width, p)
}

func (f *flow) framed(pixelsWide, pixelsHigh, x, width float64, draw func(x, y, w, h float64)) {
	const mmPerPixel = 25.4 / 96
	w := min(width, pixelsWide*mmPerPixel*1.1)
	h := w * pixelsHigh / pixelsWide
	if high := (areaBottom - areaTop) / 2; h > high {
		w, h = w*high/h, high
	}
	f.gap(1)
	f.need(h)
	if !f.dry {
		draw(x+(width-w)/2, f.y, w, h)
	}
	f.gap(h + 3)
}

// raster draws a photograph. A PNG is written again, for gofpdf knows only the plain kinds of it.
func (f *flow) raster(src string, data []byte, m image.Image, x, y, w, h float64) {
	kind := "JPG"
	if !bytes.HasPrefix(data, []byte{0xff, 0xd8}) {
		var out bytes.Buffer
		if err := png.Encode(&out, opaque(m)); err != nil {
			return
		}
		kind, data = "PNG", out.Bytes()
	}
	options := gofpdf.ImageOptions{ImageType: kind}
	f.RegisterImageOptionsReader(src, options, bytes.NewReader(data))
	f.ImageOptions(src, x, y, w, h, false, options, 0, "")
}

// table sets rows of cells with lines around them. Its head stands again on every page; columns that are empty are to
// be written in.
func (f *flow) table(n *html.Node, x, width float64, p span) {
	var rows [][]*html.Node
	for d := range n.Descendants() {
		if d.DataAtom != atom.Tr {
			continue
		}
		var row []*html.Node
		for c := range d.ChildNodes() {
			if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
				row = append(row, c)
			}
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 || len(rows[0]) == 0 {
		return
	}
	p.size = max(p.size-1.5, 8)
	widths := f.columns(rows, width, &p)
	for i, row := range rows {
		h := f.rowHeight(row, widths, p)
		if i == 0 && len(rows) > 1 {
			f.need(h + f.rowHeight(rows[1], widths, p))
		}
		if !f.dry && f.y+h > areaBottom && f.y > areaTop {
			f.newPage()
			if i > 1 {
				f.row(rows[0], x, widths, f.rowHeight(rows[0], widths, p), p)
			}
		}
		f.row(row, x, widths, h, p)
	}
}

const cellPad = 1.4

// columns shares out the width: to each column what its longest word needs, and the rest by how much there is to say in
// it. Type gets smaller where even the words do not fit.
func (f *flow) columns(rows [][]*html.Node, width float64, p *span) []float64 {
	n := len(rows[0])
	for {
		least, most := make([]float64, n), make([]float64, n)
		for _, row := range rows {
			for j, cell := range row[:min(n, len(row))] {
				all := f.words(*p, cell)
				for _, w := range all {
					least[j] = max(least[j], f.width(w.span))
				}
				most[j] = max(most[j], min(f.measure(all), width*0.6))
			}
		}
		sumLeast, sumFree := 0.0, 0.0
		for j := range n {
			least[j] += 2*cellPad + 0.2
			most[j] = max(most[j]+2*cellPad, least[j], width/float64(n)*0.6)
			sumLeast += least[j]
			sumFree += most[j] - least[j]
		}
		if sumLeast > width && p.size > 7 {
			p.size -= 0.5
			continue
		}
		for j := range n {
			least[j] += (width - sumLeast) * (most[j] - least[j]) / max(sumFree, 0.001)
			if sumLeast > width {
				least[j] = width / float64(n)
			}
		}
		return least
	}
}

// writable is the height of a row in which there is something to write by hand.
const writable = 8.0

func (f *flow) rowHeight(row []*html.Node, widths []float64, p span) float64 {
	h, empty := 0.0, true
	for j, cell := range row[:min(len(widths), len(row))] {
		lines := f.lines(f.words(p, cell), widths[j]-2*cellPad)
		empty = empty && len(lines) == 0
		h = max(h, float64(len(lines))*p.row()+2*cellPad)
	}
	if empty {
		return writable
	}
	return h
}

func (f *flow) row(row []*html.Node, x float64, widths []float64, h float64, p span) {
	y := f.y
	for j, wide := range widths {
		if !f.dry {
			f.SetDrawColor(grey[0], grey[1], grey[2])
			f.SetFillColor(0xee, 0xea, 0xe0)
			f.SetLineWidth(0.2)
			kind := "D"
			if j < len(row) && row[j].DataAtom == atom.Th {
				kind = "DF"
			}
			f.Rect(x, y, wide, h, kind)
		}
		if j < len(row) {
			part := map[string]float64{"center": 0.5, "right": 1}[attribute(row[j], "align")]
			lines := f.lines(f.words(p, row[j]), wide-2*cellPad)
			f.y = y + cellPad
			for _, line := range lines {
				f.line(line, x+cellPad, wide-2*cellPad, part, p)
			}
		}
		x += wide
	}
	f.y = y + h
}

// opaque is a picture on white paper, in eight bits a colour.
func opaque(m image.Image) image.Image {
	b := m.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			r, g, bl, a := m.At(b.Min.X+x, b.Min.Y+y).RGBA()
			white := 0xffff - a
			i := out.PixOffset(x, y)
			out.Pix[i], out.Pix[i+1], out.Pix[i+2], out.Pix[i+3] = uint8((r+white)>>8), uint8((g+white)>>8), uint8((bl+white)>>8), 0xff
		}
	}
	return out
}
