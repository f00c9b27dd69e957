package paper

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// pathWriter turns SVG's shapes and path data (https://www.w3.org/TR/SVG2/paths.html) into PDF's operators, which know
// lines and cubic curves.
type pathWriter struct {
	out            strings.Builder
	x, y           float64 // where the pen is
	startX, startY float64 // of the part being drawn
	backX, backY   float64 // last control point, for the smooth curves
	last           byte
}

func (p *pathWriter) move(x, y float64) {
	fmt.Fprintf(&p.out, "%.3f %.3f m\n", x, y)
	p.x, p.y, p.startX, p.startY = x, y, x, y
}

func (p *pathWriter) line(x, y float64) {
	fmt.Fprintf(&p.out, "%.3f %.3f l\n", x, y)
	p.x, p.y = x, y
}

func (p *pathWriter) cubic(x1, y1, x2, y2, x, y float64) {
	fmt.Fprintf(&p.out, "%.3f %.3f %.3f %.3f %.3f %.3f c\n", x1, y1, x2, y2, x, y)
	p.x, p.y, p.backX, p.backY = x, y, x2, y2
}

func (p *pathWriter) quadratic(x1, y1, x, y float64) {
	p.cubic(p.x+(x1-p.x)*2/3, p.y+(y1-p.y)*2/3, x+(x1-x)*2/3, y+(y1-y)*2/3, x, y)
	p.backX, p.backY = x1, y1
}

func (p *pathWriter) close() {
	p.out.WriteString("h\n")
	p.x, p.y = p.startX, p.startY
}

// round is how far a cubic's control points are along the sides of a quarter circle's corner.
const round = 0.5522847498

func (p *pathWriter) rect(x, y, w, h, rx, ry float64) {
	if w <= 0 || h <= 0 {
		return
	}
	rx, ry = min(rx, w/2), min(ry, h/2)
	if rx <= 0 || ry <= 0 {
		fmt.Fprintf(&p.out, "%.3f %.3f %.3f %.3f re\n", x, y, w, h)
		return
	}
	kx, ky := rx*(1-round), ry*(1-round)
	p.move(x+rx, y)
	p.line(x+w-rx, y)
	p.cubic(x+w-kx, y, x+w, y+ky, x+w, y+ry)
	p.line(x+w, y+h-ry)
	p.cubic(x+w, y+h-ky, x+w-kx, y+h, x+w-rx, y+h)
	p.line(x+rx, y+h)
	p.cubic(x+kx, y+h, x, y+h-ky, x, y+h-ry)
	p.line(x, y+ry)
	p.cubic(x, y+ky, x+kx, y, x+rx, y)
	p.close()
}

func (p *pathWriter) ellipse(cx, cy, rx, ry float64) { p.rect(cx-rx, cy-ry, 2*rx, 2*ry, rx, ry) }

// arguments is how many numbers each command of path data takes.
var arguments = map[byte]int{'m': 2, 'l': 2, 'h': 1, 'v': 1, 'c': 6, 's': 4, 'q': 4, 't': 2, 'a': 7, 'z': 0}

// path reads path data.
func (p *pathWriter) path(data string) error {
	var command byte
	for data = strings.TrimLeftFunc(data, separates); data != ""; data = strings.TrimLeftFunc(data, separates) {
		if lower := data[0] | 0x20; lower >= 'a' && lower <= 'z' && lower != 'e' {
			command, data = data[0], data[1:]
		} else if command|0x20 == 'z' || command == 0 {
			return errUndrawable
		}
		count, ok := arguments[command|0x20]
		if !ok || p.last == 0 && command|0x20 != 'm' {
			return errUndrawable
		}
		var n [7]float64
		for i := range count {
			flag := command|0x20 == 'a' && (i == 3 || i == 4) // flags may stand without anything between them
			if n[i], data, ok = pathNumber(data, flag); !ok {
				return errUndrawable
			}
		}
		p.step(command, n)
		p.last = command | 0x20
		switch command { // pairs behind the first of a move are lines
		case 'm':
			command = 'l'
		case 'M':
			command = 'L'
		}
	}
	return nil
}

func (p *pathWriter) step(command byte, n [7]float64) {
	dx, dy := 0.0, 0.0
	if command >= 'a' {
		dx, dy = p.x, p.y
	}
	switch command | 0x20 {
	case 'm':
		p.move(n[0]+dx, n[1]+dy)
	case 'l':
		p.line(n[0]+dx, n[1]+dy)
	case 'h':
		p.line(n[0]+dx, p.y)
	case 'v':
		p.line(p.x, n[0]+dy)
	case 'c':
		p.cubic(n[0]+dx, n[1]+dy, n[2]+dx, n[3]+dy, n[4]+dx, n[5]+dy)
	case 's':
		x1, y1 := p.smooth('c', 's')
		p.cubic(x1, y1, n[0]+dx, n[1]+dy, n[2]+dx, n[3]+dy)
	case 'q':
		p.quadratic(n[0]+dx, n[1]+dy, n[2]+dx, n[3]+dy)
	case 't':
		x1, y1 := p.smooth('q', 't')
		p.quadratic(x1, y1, n[0]+dx, n[1]+dy)
	case 'a':
		p.arc(n[0], n[1], n[2], n[3] != 0, n[4] != 0, n[5]+dx, n[6]+dy)
	case 'z':
		p.close()
	}
}

// smooth is the last control point mirrored at the pen, or the pen where the last command was none of these.
func (p *pathWriter) smooth(commands ...byte) (x, y float64) {
	for _, c := range commands {
		if p.last == c {
			return 2*p.x - p.backX, 2*p.y - p.backY
		}
	}
	return p.x, p.y
}

// arc draws an elliptical arc as cubics of a quarter turn at most, after the notes on its implementation in SVG 2,
// appendix B.2.
func (p *pathWriter) arc(rx, ry, turn float64, large, sweep bool, x, y float64) {
	rx, ry = math.Abs(rx), math.Abs(ry)
	if rx == 0 || ry == 0 || (x == p.x && y == p.y) {
		p.line(x, y)
		return
	}
	sin, cos := math.Sincos(turn * math.Pi / 180)
	mx, my := (p.x-x)/2, (p.y-y)/2
	x1, y1 := cos*mx+sin*my, -sin*mx+cos*my
	if l := x1*x1/(rx*rx) + y1*y1/(ry*ry); l > 1 {
		rx, ry = rx*math.Sqrt(l), ry*math.Sqrt(l)
	}
	below := rx*rx*y1*y1 + ry*ry*x1*x1
	f := math.Sqrt(max(0, (rx*rx*ry*ry-below)/below))
	if large == sweep {
		f = -f
	}
	cx1, cy1 := f*rx*y1/ry, -f*ry*x1/rx
	cx, cy := cos*cx1-sin*cy1+(p.x+x)/2, sin*cx1+cos*cy1+(p.y+y)/2
	from := math.Atan2((y1-cy1)/ry, (x1-cx1)/rx)
	sweepBy := math.Atan2((-y1-cy1)/ry, (-x1-cx1)/rx) - from
	if sweep && sweepBy < 0 {
		sweepBy += 2 * math.Pi
	} else if !sweep && sweepBy > 0 {
		sweepBy -= 2 * math.Pi
	}
	parts := math.Ceil(math.Abs(sweepBy)/(math.Pi/2) - 1e-9)
	step := sweepBy / parts
	k := 4.0 / 3 * math.Tan(step/4)
	// the point at an angle, and its control point this far along the tangent
	at := func(a, out float64) (float64, float64) {
		s, c := math.Sincos(a)
		ex, ey := rx*(c-out*s), ry*(s+out*c)
		return cx + cos*ex - sin*ey, cy + sin*ex + cos*ey
	}
	for i := range int(parts) {
		a := from + float64(i)*step
		x1, y1 := at(a, k)
		x2, y2 := at(a+step, -k)
		endX, endY := at(a+step, 0)
		p.cubic(x1, y1, x2, y2, endX, endY)
	}
}

// pathNumber takes the number that path data begins with; a flag is a single digit.
func pathNumber(data string, flag bool) (n float64, rest string, ok bool) {
	data = strings.TrimLeftFunc(data, separates)
	end := 0
	point, exponent := false, false
	for ; end < len(data); end++ {
		c := data[end]
		switch {
		case c >= '0' && c <= '9':
			if flag {
				return float64(c - '0'), data[1:], c <= '1'
			}
			continue
		case (c == '-' || c == '+') && (end == 0 || data[end-1]|0x20 == 'e'):
			continue
		case c == '.' && !point && !exponent:
			point = true
			continue
		case c|0x20 == 'e' && !exponent && end > 0:
			exponent = true
			continue
		}
		break
	}
	n, err := strconv.ParseFloat(data[:end], 64)
	return n, data[end:], err == nil && math.Abs(n) < 1e6
}
