package paper

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// drawing is an SVG read for paper: shapes and words in the order in which they are painted. It knows what the drawings
// of lessons are made of (shapes, paths, text, groups, transforms, plain colours); a drawing with more than that is
// errUndrawable, and the booklet prints its words instead.
type drawing struct {
	width, height float64 // of the viewBox; its corner is the origin
	marks         []mark
}

// mark is a shape (path) or a word (text), with the style it is painted in.
type mark struct {
	style
	path string // PDF operators in the drawing's own coordinates
	text string
	x, y float64 // of the text's baseline, in the coordinates of its matrix
}

// style is what elements inherit.
type style struct {
	fill, stroke  *ink // nil paints nothing
	width         float64
	cap, join     int
	dash          string
	alpha         float64
	size          float64
	heavy         bool
	anchor        string
	matrix        matrix
	textX, textY  float64 // where the next word of a text begins
	inText, quiet bool    // quiet: a title or description, which is not painted
}

var errUndrawable = errors.New("paper: a drawing with more than shapes and words")

func readDrawing(svg []byte) (drawing, error) {
	var d drawing
	stack := []style{{fill: &black, width: 1, alpha: 1, size: 16, anchor: "start", matrix: identity}}
	x := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := x.Token()
		if err == io.EOF {
			if d.width <= 0 || d.height <= 0 {
				return d, errUndrawable
			}
			return d, nil
		}
		if err != nil {
			return d, err
		}
		top := &stack[len(stack)-1]
		switch t := token.(type) {
		case xml.StartElement:
			s, err := d.element(*top, t)
			if err != nil {
				return d, err
			}
			stack = append(stack, s)
		case xml.EndElement:
			if t.Name.Local == "tspan" { // the text goes on behind it
				stack[len(stack)-2].textX, stack[len(stack)-2].textY = top.textX, top.textY
			}
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if words := strings.Join(strings.Fields(string(t)), " "); words != "" && top.inText && !top.quiet {
				d.marks = append(d.marks, mark{style: *top, text: words, x: top.textX, y: top.textY})
			}
		}
	}
}

// element adds what an element paints, and gives the style that holds inside it.
func (d *drawing) element(s style, e xml.StartElement) (style, error) {
	a := attributes(e.Attr)
	if err := s.inherit(a); err != nil {
		return s, err
	}
	var p pathWriter
	switch e.Name.Local {
	case "svg":
		box := a.numbers("viewBox")
		if len(box) != 4 {
			return s, errUndrawable
		}
		d.width, d.height = box[2], box[3]
		s.matrix = matrix{1, 0, 0, 1, -box[0], -box[1]}
	case "g":
	case "title", "desc", "metadata":
		s.quiet = true
	case "text", "tspan":
		s.inText = true
		if v, ok := a.number("x"); ok {
			s.textX = v
		}
		if v, ok := a.number("y"); ok {
			s.textY = v
		}
		if v, ok := a.number("dx"); ok {
			s.textX += v
		}
		if v, ok := a.number("dy"); ok {
			s.textY += v
		}
	case "path":
		if err := p.path(a["d"]); err != nil {
			return s, err
		}
	case "rect":
		p.rect(a.or("x", 0), a.or("y", 0), a.or("width", 0), a.or("height", 0), a.or("rx", a.or("ry", 0)), a.or("ry", a.or("rx", 0)))
	case "circle":
		p.ellipse(a.or("cx", 0), a.or("cy", 0), a.or("r", 0), a.or("r", 0))
	case "ellipse":
		p.ellipse(a.or("cx", 0), a.or("cy", 0), a.or("rx", 0), a.or("ry", 0))
	case "line":
		p.move(a.or("x1", 0), a.or("y1", 0))
		p.line(a.or("x2", 0), a.or("y2", 0))
	case "polyline", "polygon":
		points := a.numbers("points")
		for i := 0; i+1 < len(points); i += 2 {
			if i == 0 {
				p.move(points[0], points[1])
			} else {
				p.line(points[i], points[i+1])
			}
		}
		if e.Name.Local == "polygon" && len(points) > 3 {
			p.close()
		}
	default:
		return s, errUndrawable
	}
	if p.out.Len() > 0 && (s.fill != nil || s.stroke != nil) {
		d.marks = append(d.marks, mark{style: s, path: p.out.String()})
	}
	return s, nil
}

// inherit takes over what an element says of its style.
func (s *style) inherit(a svgAttributes) error {
	for name, value := range a {
		var err error
		n, isNumber := a.number(name)
		switch name {
		case "fill":
			s.fill, err = colour(value)
		case "stroke":
			s.stroke, err = colour(value)
		case "stroke-width":
			s.width = n
		case "stroke-linecap":
			s.cap = map[string]int{"round": 1, "square": 2}[value]
		case "stroke-linejoin":
			s.join = map[string]int{"round": 1, "bevel": 2}[value]
		case "stroke-dasharray":
			s.dash = strings.Join(strings.FieldsFunc(strings.ReplaceAll(value, "none", ""), separates), " ")
		case "opacity", "fill-opacity", "stroke-opacity":
			s.alpha *= n
		case "font-size":
			s.size = n
		case "font-weight":
			s.heavy = value == "bold" || isNumber && n >= 600
		case "text-anchor":
			s.anchor = value
		case "transform":
			var m matrix
			if m, err = transform(value); err == nil {
				s.matrix = m.then(s.matrix)
			}
		case "clip-path", "mask", "filter", "marker-start", "marker-mid", "marker-end":
			err = errUndrawable
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// svgAttributes are an element's attributes by their local names, and what its style says.
type svgAttributes map[string]string

func attributes(list []xml.Attr) svgAttributes {
	a := svgAttributes{}
	for _, attr := range list {
		if attr.Name.Local != "style" {
			a[attr.Name.Local] = strings.TrimSpace(attr.Value)
			continue
		}
		for _, rule := range strings.Split(attr.Value, ";") {
			if name, value, ok := strings.Cut(rule, ":"); ok {
				a[strings.TrimSpace(name)] = strings.TrimSpace(value)
			}
		}
	}
	return a
}

func (a svgAttributes) number(name string) (float64, bool) {
	v, err := strconv.ParseFloat(strings.TrimSuffix(a[name], "px"), 64)
	return v, err == nil && math.Abs(v) < 1e6
}

func (a svgAttributes) or(name string, otherwise float64) float64 {
	if v, ok := a.number(name); ok {
		return v
	}
	return otherwise
}

func (a svgAttributes) numbers(name string) []float64 {
	var all []float64
	for _, field := range strings.FieldsFunc(a[name], separates) {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil || !(math.Abs(v) < 1e6) {
			return nil
		}
		all = append(all, v)
	}
	return all
}

func separates(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' || r == '\r' }

// colour reads #rgb, #rrggbb and the few words for colours that drawings use; nil is none.
func colour(value string) (*ink, error) {
	switch value {
	case "none", "transparent":
		return nil, nil
	case "black", "currentColor":
		return &black, nil
	case "white":
		return &ink{255, 255, 255}, nil
	}
	hex, ok := strings.CutPrefix(value, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if !ok || err != nil || len(hex) != 6 {
		return nil, errUndrawable
	}
	return &ink{int(n >> 16), int(n >> 8 & 255), int(n & 255)}, nil
}

// matrix is an affine map, as SVG and PDF write it: x' = a·x + c·y + e, y' = b·x + d·y + f.
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

// then maps by m first and by n after it.
func (m matrix) then(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3], m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

func (m matrix) at(x, y float64) (float64, float64) {
	return m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5]
}

// transform reads SVG's list of transforms, the last of which is done first.
func transform(value string) (matrix, error) {
	all := identity
	for rest := strings.TrimLeftFunc(value, separates); rest != ""; {
		name, after, ok := strings.Cut(rest, "(")
		inside, next, closed := strings.Cut(after, ")")
		n := svgAttributes{"n": inside}.numbers("n")
		if !ok || !closed || len(n) == 0 {
			return all, errUndrawable
		}
		arg := func(i int, otherwise float64) float64 {
			if i < len(n) {
				return n[i]
			}
			return otherwise
		}
		var m matrix
		switch name = strings.TrimSpace(name); {
		case name == "translate":
			m = matrix{1, 0, 0, 1, n[0], arg(1, 0)}
		case name == "scale":
			m = matrix{n[0], 0, 0, arg(1, n[0]), 0, 0}
		case name == "rotate":
			sin, cos := math.Sincos(n[0] * math.Pi / 180)
			x, y := arg(1, 0), arg(2, 0)
			m = matrix{1, 0, 0, 1, -x, -y}.then(matrix{cos, sin, -sin, cos, 0, 0}).then(matrix{1, 0, 0, 1, x, y})
		case name == "matrix" && len(n) == 6:
			m = matrix(n)
		default:
			return all, errUndrawable
		}
		all = m.then(all)
		rest = strings.TrimLeftFunc(next, separates)
	}
	return all, nil
}

// draw paints a drawing with its left top corner at x, y, this many millimetres wide.
func (s *sheet) draw(d drawing, x, y, width float64) {
	unit := width / d.width
	for _, m := range d.marks {
		if m.alpha < 1 {
			s.SetAlpha(max(m.alpha, 0), "Normal")
		}
		if m.text != "" {
			s.word(m, x, y, unit)
		} else {
			s.shape(m, x, y, unit)
		}
		if m.alpha < 1 {
			s.SetAlpha(1, "Normal")
		}
	}
}

func (s *sheet) shape(m mark, x, y, unit float64) {
	var out strings.Builder
	paint := "n"
	if m.fill != nil {
		fmt.Fprintf(&out, "%.3f %.3f %.3f rg\n", float64(m.fill[0])/255, float64(m.fill[1])/255, float64(m.fill[2])/255)
		paint = "f"
	}
	if m.stroke != nil && m.width > 0 {
		fmt.Fprintf(&out, "%.3f %.3f %.3f RG %.3f w %d J %d j [%s] 0 d\n", float64(m.stroke[0])/255, float64(m.stroke[1])/255, float64(m.stroke[2])/255, m.width, m.cap, m.join, m.dash)
		paint = map[string]string{"n": "S", "f": "B"}[paint]
	}
	fmt.Fprintf(&out, "%.5f %.5f %.5f %.5f %.3f %.3f cm\n%s%s\n", m.matrix[0], m.matrix[1], m.matrix[2], m.matrix[3], m.matrix[4], m.matrix[5], m.path, paint)
	s.raw(x, y, unit, out.String())
}

func (s *sheet) word(m mark, x, y, unit float64) {
	if m.fill == nil {
		return
	}
	scale := math.Hypot(m.matrix[0], m.matrix[1])
	p := span{legible(m.text), sans, m.size * scale * unit / mmPerPoint, *m.fill}
	if m.heavy {
		p.face = sansBold
	}
	tx, ty := m.matrix.at(m.x, m.y)
	atX, atY := x+tx*unit, y+ty*unit
	angle := -math.Atan2(m.matrix[1], m.matrix[0]) * 180 / math.Pi
	s.TransformBegin()
	if math.Abs(angle) > 0.01 {
		s.TransformRotate(angle, atX, atY)
	}
	switch m.anchor {
	case "middle":
		s.centre(atX, atY, p)
	case "end":
		s.left(atX-s.width(p), atY, p)
	default:
		s.left(atX, atY, p)
	}
	s.TransformEnd()
}
