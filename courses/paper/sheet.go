package paper

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"github.com/jung-kurt/gofpdf"

	"lopban/courses/store"
)

// sheet draws text on pages. Lengths are millimetres from the top left corner, sizes of type are points.
type sheet struct {
	*gofpdf.Fpdf
	err    error // the first text that did not fit
	loaded map[face]bool
}

// ink is a colour.
type ink [3]int

var (
	black   = ink{0, 0, 0}
	grey    = ink{0x55, 0x55, 0x55}
	indigo  = ink{0x1f, 0x2a, 0x5a}
	madder  = ink{0xb3, 0x26, 0x1e}
	maize   = ink{0xe0, 0xa5, 0x26}
	leading = 1.25 // of lines in one block
)

// span is a run of text in one type.
type span struct {
	text string
	face face
	size float64
	ink  ink
}

const mmPerPoint = 25.4 / 72

// use chooses the type of what is drawn or measured next.
func (s *sheet) use(f face, size float64) {
	if !s.loaded[f] {
		if s.loaded == nil {
			s.loaded = map[face]bool{}
		}
		s.loaded[f] = true
		s.AddUTF8FontFromBytes(string(f), "", bytes.Clone(faces()[f]))
	}
	s.SetFont(string(f), "", size)
}

// width measures a line of spans.
func (s *sheet) width(line ...span) float64 {
	var w float64
	for _, p := range line {
		s.use(p.face, p.size)
		w += s.GetStringWidth(p.text)
	}
	return w
}

// left, centre and right draw a line of spans on one baseline, to the right of x, around it, and to the left of it.
func (s *sheet) left(x, y float64, line ...span) {
	for _, p := range line {
		s.use(p.face, p.size)
		s.SetTextColor(p.ink[0], p.ink[1], p.ink[2])
		s.Text(x, y, p.text)
		x += s.GetStringWidth(p.text)
	}
}

func (s *sheet) centre(x, y float64, line ...span) { s.left(x-s.width(line...)/2, y, line...) }

// fit sets text into at most n lines of the width, as large as fits from size down to least. Where it must break it prefers
// a comma, then lines of equal length. Text that does not fit even so is a problem with the field.
func (s *sheet) fit(field string, p span, width float64, n int, least float64) []span {
	whole := s.width(p) / p.size // at one point
	lines := []string{p.text}
	size := math.Min(p.size, width/whole)
	if n > 1 && size < p.size*0.9 {
		halves, longest := s.halve(p)
		if wrapped := math.Min(p.size, width/(longest/p.size)); wrapped > size {
			lines, size = halves, wrapped
		}
	}
	if size < least {
		if s.err == nil {
			s.err = store.Invalid(field, "paper.long")
		}
		return nil
	}
	var set []span
	for _, line := range lines {
		set = append(set, span{line, p.face, math.Floor(size*10) / 10, p.ink})
	}
	return set
}

// halve breaks text in two at a space and gives the width of the longer line.
func (s *sheet) halve(p span) (lines []string, longest float64) {
	longest = s.width(p)
	lines = []string{p.text}
	best := math.Inf(1)
	for i, r := range p.text {
		if r != ' ' {
			continue
		}
		first, second := p, p
		first.text, second.text = p.text[:i], p.text[i+1:]
		long := math.Max(s.width(first), s.width(second))
		cost := long
		if strings.HasSuffix(first.text, ",") {
			cost *= 0.8
		}
		if cost < best {
			best, longest, lines = cost, long, []string{first.text, second.text}
		}
	}
	return lines, longest
}

// block draws lines around x, the first baseline at y, and gives the baseline of the last.
func (s *sheet) block(x, y float64, lines []span) float64 {
	for i, p := range lines {
		if i > 0 {
			y += p.size * leading * mmPerPoint
		}
		s.centre(x, y, p)
	}
	return y
}

// rule draws a thin horizontal line around x.
func (s *sheet) rule(x, y, width float64) {
	s.SetDrawColor(0, 0, 0)
	s.SetLineWidth(0.25)
	s.Line(x-width/2, y, x+width/2, y)
}

// raw writes PDF operators in a coordinate system of their own: the origin at x, y, and unit millimetres to one, y growing downwards.
func (s *sheet) raw(x, y, unit float64, operators string) {
	_, height := s.GetPageSize()
	k := s.GetConversionRatio()
	s.RawWriteStr(fmt.Sprintf("q %.5f 0 0 %.5f %.3f %.3f cm\n%sQ", unit*k, -unit*k, x*k, (height-y)*k, operators))
}
