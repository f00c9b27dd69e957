package paper

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"testing"

	"lopban/content"
)

func svg(inside string) []byte {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="10 20 100 50">` + inside + `</svg>`)
}

func TestEveryDrawingThatIsShippedCanBePrinted(t *testing.T) {
	files, err := fs.Glob(content.FS, "courses/*/media/*.svg")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d drawings, %v", len(files), err)
	}
	for _, file := range files {
		data, err := fs.ReadFile(content.FS, file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readDrawing(data); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestDrawingReadsShapesAndWords(t *testing.T) {
	d, err := readDrawing(svg(`<title>Giá</title><g fill="#0f8" stroke="white" stroke-width="2" opacity=".5"><rect x="1" y="2" width="3" height="4"/>` +
		`<text x="5" y="6" font-size="12" text-anchor="middle" style="font-weight: 700; fill:none">Kệ <tspan dy="3">một</tspan></text></g><path d="M0 0"/>`))
	if err != nil {
		t.Fatal(err)
	}
	if d.width != 100 || d.height != 50 || len(d.marks) != 4 {
		t.Fatalf("%v × %v, %d marks", d.width, d.height, len(d.marks))
	}
	rect, word, part := d.marks[0], d.marks[1], d.marks[2]
	if rect.path != "1.000 2.000 3.000 4.000 re\n" || *rect.fill != (ink{0, 255, 136}) || *rect.stroke != (ink{255, 255, 255}) || rect.style.width != 2 || rect.alpha != 0.5 {
		t.Errorf("the rectangle is %+v", rect)
	}
	if x, y := word.matrix.at(word.x, word.y); word.text != "Kệ" || x != -5 || y != -14 || word.size != 12 || word.anchor != "middle" || !word.heavy || word.fill != nil {
		t.Errorf("the word is %+v", word)
	}
	if part.text != "một" || part.y != 9 {
		t.Errorf("the part is %+v", part)
	}
}

func TestDrawingsWithMoreThanShapesAreNotPrinted(t *testing.T) {
	for _, inside := range []string{"<use/>", "<linearGradient/>", `<rect width="1" height="1" fill="url(#a)"/>`, `<g mask="x"/>`, `<path d="L1 1"/>`, `<path d="M1"/>`, `<path d="M1 1 X2"/>`, `<path d="M1 1Z5"/>`, `<g transform="skewX(3)"/>`,
		`<image/>`, `<g fill="hotpink"/>`} {
		if _, err := readDrawing(svg(inside)); !errors.Is(err, errUndrawable) {
			t.Errorf("%s: %v", inside, err)
		}
	}
	for _, file := range []string{"", "<svg", "<svg/>", `<svg viewBox="0 0 0 0"/>`} {
		if _, err := readDrawing([]byte(file)); err == nil {
			t.Errorf("%q is a drawing", file)
		}
	}
}

func TestTransformsAreDoneLastFirst(t *testing.T) {
	for _, c := range []struct {
		list string
		x, y float64 // where 1, 2 goes
	}{
		{"translate(10)", 11, 2}, {"translate(10, 5)", 11, 7}, {"scale(2)", 2, 4}, {"scale(2 3)", 2, 6}, {"rotate(90)", -2, 1}, {"rotate(180 1 1)", 1, 0},
		{"translate(10 0) scale(2)", 12, 4}, {"scale(2),translate(10 0)", 22, 4}, {"matrix(1 0 0 1 3 4)", 4, 6},
	} {
		m, err := transform(c.list)
		if x, y := m.at(1, 2); err != nil || math.Hypot(x-c.x, y-c.y) > 1e-9 {
			t.Errorf("%s moves to %v %v, %v", c.list, x, y, err)
		}
	}
}

func TestPathDataIsWalkedRightly(t *testing.T) {
	for _, c := range []struct {
		data string
		x, y float64 // where the pen ends
	}{
		{"M1 2L3 4", 3, 4}, {"m1,2 3,4", 4, 6}, {"M1 2h3v-4H0V0", 0, 0}, {"M0 0c1 1 2 2 3 3s1 1 2 2", 5, 5}, {"M0 0q1 1 2 0t2 0", 4, 0}, {"M5 5l1 0 0 1z", 5, 5}, {"M-.5.5l1e1-2", 9.5, -1.5},
		{"M10 0a10 10 0 0 1 -10 10", 0, 10}, {"M10 0A10 10 0 1110 .1", 10, 0.1}, {"M0 0a0 5 0 0 0 3 4", 3, 4}, {"M0 0a1 1 0 0 0 10 0", 10, 0},
	} {
		var p pathWriter
		if err := p.path(c.data); err != nil || math.Hypot(p.x-c.x, p.y-c.y) > 1e-6 {
			t.Errorf("%s ends at %v %v, %v", c.data, p.x, p.y, err)
		}
	}
}

// Every point of an arc is on its ellipse.
func TestArcsStayOnTheirEllipse(t *testing.T) {
	var p pathWriter
	p.move(10, 0)
	p.arc(10, 5, 0, true, true, 0, -5)
	curves := 0
	x0, y0 := 10.0, 0.0
	for _, line := range strings.Split(p.out.String(), "\n") {
		var x1, y1, x2, y2, x3, y3 float64
		if n, _ := fmt.Sscanf(line, "%f %f %f %f %f %f c", &x1, &y1, &x2, &y2, &x3, &y3); n != 6 {
			continue
		}
		curves++
		mx, my := (x0+3*x1+3*x2+x3)/8, (y0+3*y1+3*y2+y3)/8
		if off := math.Abs(math.Hypot(mx/10, my/5) - 1); off > 0.002 {
			t.Errorf("the middle of curve %d is off by %v", curves, off)
		}
		x0, y0 = x3, y3
	}
	if curves != 3 {
		t.Errorf("%d curves for three quarters", curves)
	}
}

func FuzzDrawing(f *testing.F) {
	for _, seed := range []string{`<path d="M0 0a1 1 0 0 0 10 0"/>`, `<text x="1" y="1" transform="rotate(30)">Giá</text>`, `<polygon points="1 1 2 2 3"/>`, `<g style="fill:#fff;;stroke">`, `<circle r="NaN"/>`, `<path d="M0 0e"/>`, `</svg></svg>`} {
		f.Add(string(svg(seed)))
	}
	f.Fuzz(func(t *testing.T, source string) {
		d, err := readDrawing([]byte(source))
		if err != nil {
			return
		}
		for _, m := range d.marks {
			if strings.Contains(m.path, "NaN") || strings.Contains(m.path, "Inf") {
				t.Fatalf("%q", m.path)
			}
		}
	})
}
