package paper

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"github.com/jung-kurt/gofpdf"

	"lopban/courses/problem"
)

// sheet draws text on pages. Lengths are millimetres from the top left corner, sizes of type are points.
type sheet struct {
	*gofpdf.Fpdf
	err    error // the first text that did not fit
	loaded map[face]bool

	picture *strings.Builder // what is drawn, as SVG; nil where nobody wants it
}

// ink is a colour.
type ink [3]int

var (
	black  = ink{0, 0, 0}
	grey   = ink{0x55, 0x55, 0x55}
	indigo = ink{0x1f, 0x2a, 0x5a}
	madder = ink{0xb3, 0x26, 0x1e}
	maize  = ink{0xe0, 0xa5, 0x26}
)

// span is a run of text in one type.
type span struct {
	text string
	face face
	size float64
	ink  ink
}

const mmPerPoint = 25.4 / 72

// leading is the distance from a line to the next in a block.
func (p span) leading() float64 { return p.size * 1.25 * mmPerPoint }

// page begins a page. Naming the opacity that things have anyway makes the file PDF 1.4, the least that offices take.
func (s *sheet) page() {
	s.AddPage()
	s.SetAlpha(1, "Normal")
}

// use chooses the type of what is drawn or measured next.
func (s *sheet) use(p span) {
	if !s.loaded[p.face] {
		s.loaded[p.face] = true
		if font := p.face.font(); font != nil {
			s.AddUTF8FontFromBytes(string(p.face), "", bytes.Clone(font))
		}
	}
	s.SetFont(string(p.face), "", p.size)
}

// width measures a line of spans.
func (s *sheet) width(line ...span) float64 {
	var w float64
	for _, p := range line {
		s.use(p)
		w += s.GetStringWidth(p.text)
	}
	return w
}

// left draws a line of spans from x on, centre draws it around x.
func (s *sheet) left(x, y float64, line ...span) {
	for _, p := range line {
		s.use(p)
		s.SetTextColor(p.ink[0], p.ink[1], p.ink[2])
		s.Text(x, y, p.text)
		width := s.GetStringWidth(p.text)
		s.show(x, y, width, p)
		x += width
	}
}

func (s *sheet) centre(x, y float64, line ...span) { s.left(x-s.width(line...)/2, y, line...) }

// block draws lines around x, the first baseline at y, and gives the baseline of the last.
func (s *sheet) block(x, y float64, lines []span) float64 {
	for i, p := range lines {
		if i > 0 {
			y += p.leading()
		}
		s.centre(x, y, p)
	}
	return y
}

// fit sets text into the width, as large as goes from the span's size down to least, on one line, or on two where lines
// allows it and that keeps the type larger. Text that does not fit even so is a problem with the field.
func (s *sheet) fit(field string, p span, width float64, lines int, least float64) []span {
	texts := []string{p.text}
	size := p.size * min(1, width/s.width(p))
	if lines > 1 && size < p.size {
		halves, wider := s.halve(p, width)
		if two := p.size * min(1, width/wider); two > size*1.1 {
			texts, size = halves, two
		}
	}
	if size < least && s.err == nil {
		s.err = problem.Invalid(field, "paper-long")
	}
	var set []span
	for _, text := range texts {
		set = append(set, span{text, p.face, math.Floor(size*10) / 10, p.ink})
	}
	return set
}

// halve breaks text in two at the space that makes the lines most alike in width, but rather at a good place if both
// then fit the width. It gives the width of the wider line.
func (s *sheet) halve(p span, width float64) (lines []string, wider float64) {
	lines, wider = []string{p.text}, s.width(p)
	best := math.Inf(1)
	for i, letter := range p.text {
		if letter != ' ' {
			continue
		}
		first, second := p, p
		first.text, second.text = p.text[:i], p.text[i+1:]
		w := max(s.width(first), s.width(second))
		cost := w
		if w <= width && goodBreak(first.text, second.text) {
			cost *= 0.75
		}
		if cost < best {
			best, lines, wider = cost, []string{first.text, second.text}, w
		}
	}
	return lines, wider
}

// goodBreak says whether a line ends well between two texts: after a comma, or before the name of a province or
// commune.
func goodBreak(first, second string) bool {
	word, _, _ := strings.Cut(strings.ToLower(second), " ")
	return strings.HasSuffix(first, ",") || word == "tỉnh" || word == "xã" || word == "phường"
}

// rule draws a thin horizontal line around x.
func (s *sheet) rule(x, y, width float64) {
	s.SetDrawColor(0, 0, 0)
	s.SetLineWidth(0.25)
	s.Line(x-width/2, y, x+width/2, y)
	s.showRule(x-width/2, y, width)
}

// raw writes PDF operators in a coordinate system of their own: the origin at x, y, one unit for this many millimetres,
// y growing downwards.
func (s *sheet) raw(x, y, unit float64, operators string) {
	_, height := s.GetPageSize()
	k := s.GetConversionRatio()
	s.RawWriteStr(fmt.Sprintf("q %.5f 0 0 %.5f %.3f %.3f cm\n%sQ", unit*k, -unit*k, x*k, (height-y)*k, operators))
}
