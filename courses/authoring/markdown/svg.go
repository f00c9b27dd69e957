package markdown

import (
	"bytes"
	"encoding/xml"
	"image"
	_ "image/jpeg" // pictures of the media folder
	_ "image/png"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"lopban/courses/authoring/mistake"
)

const (
	MaxSVG   = 32 << 10
	SVGSpace = "http://www.w3.org/2000/svg"
)

// PictureSize is the size of an SVG, PNG or JPEG in CSS pixels; an SVG tells it by its viewBox.
func PictureSize(data []byte) (width, height int, ok bool) {
	if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil {
		return c.Width, c.Height, c.Width > 0 && c.Height > 0
	}
	root, err := SVGRoot(data)
	if err != nil {
		return 0, 0, false
	}
	for _, a := range root.Attr {
		if a.Name.Local != "viewBox" {
			continue
		}
		box := strings.FieldsFunc(a.Value, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\t' })
		if len(box) != 4 {
			return 0, 0, false
		}
		w, errW := strconv.ParseFloat(box[2], 64)
		h, errH := strconv.ParseFloat(box[3], 64)
		if errW != nil || errH != nil || !(w >= 1 && w <= MaxPixels && h >= 1 && h <= MaxPixels) {
			return 0, 0, false
		}
		return int(math.Round(w)), int(math.Round(h)), true
	}
	return 0, 0, false
}

func SVGRoot(data []byte) (xml.StartElement, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		t, err := d.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		if e, ok := t.(xml.StartElement); ok {
			if e.Name.Local != "svg" || e.Name.Space != SVGSpace {
				return e, io.ErrUnexpectedEOF
			}
			return e, nil
		}
	}
}

// svgElements are the elements a drawing may use: shapes, text and paint. What can run, load or animate is not among
// them.
var svgElements = Words("svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan textPath " +
	"marker pattern mask clipPath linearGradient radialGradient stop style")

func Words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

var (
	cssOutside = regexp.MustCompile(`(?i)@import|@font-face|image-set|expression\s*\(|javascript:|\\|/\*`)
	cssURL     = regexp.MustCompile(`(?i)url\s*\(\s*["']?\s*([^"')\s]*)`)
	xmlHeader  = regexp.MustCompile(`^version="1\.0"(\s+encoding="(?i:utf-8)")?(\s+standalone="(yes|no)")?$`)
)

func checkSVG(m *mistake.Mistakes, file string, data []byte) {
	if _, err := SVGRoot(data); err != nil {
		m.Add(file, 1, "svg-broken", "<svg xmlns=\""+SVGSpace+"\">")
		return
	}
	if _, _, ok := PictureSize(data); !ok {
		m.Add(file, 1, "svg-viewbox")
	}
	if shapes(data) > maxShapes {
		m.Add(file, 1, "svg-shapes", strconv.Itoa(maxShapes))
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	inStyle := false
	for {
		line, _ := d.InputPos()
		token, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			m.Add(file, line, "svg-broken", err.Error())
			return
		}
		switch t := token.(type) {
		case xml.ProcInst:
			if t.Target != "xml" || !xmlHeader.Match(bytes.TrimSpace(t.Inst)) {
				m.Add(file, line, "svg-forbidden", "<?"+t.Target)
			}
		case xml.Directive:
			m.Add(file, line, "svg-forbidden", "<!"+firstWord(string(t)))
		case xml.StartElement:
			checkSVGElement(m, file, line, t)
			inStyle = t.Name.Local == "style"
		case xml.EndElement:
			inStyle = false
		case xml.CharData:
			if inStyle && !cssInside(string(t)) {
				m.Add(file, line, "svg-external", "<style>")
			}
		}
	}
}

func checkSVGElement(m *mistake.Mistakes, file string, line int, e xml.StartElement) {
	if e.Name.Space != SVGSpace || !svgElements[e.Name.Local] {
		m.Add(file, line, "svg-forbidden", "<"+e.Name.Local+">")
		return
	}
	for _, a := range e.Attr {
		name := strings.ToLower(a.Name.Local)
		switch {
		case strings.HasPrefix(name, "on"), name == "base":
			m.Add(file, line, "svg-forbidden", a.Name.Local+"=")
		case name == "href" || name == "src":
			if !strings.HasPrefix(a.Value, "#") {
				m.Add(file, line, "svg-external", a.Name.Local+"="+a.Value)
			}
		case a.Name.Space == "xmlns" || name == "xmlns":
		default:
			if !cssInside(a.Value) {
				m.Add(file, line, "svg-external", a.Name.Local+"="+a.Value)
			}
		}
	}
}

// cssInside tells whether a style or an attribute refers to nothing outside the drawing. Backslashes and comments are
// refused with the rest, since they are used to hide such references.
func cssInside(css string) bool {
	if cssOutside.MatchString(css) {
		return false
	}
	for _, u := range cssURL.FindAllStringSubmatch(css, -1) {
		if !strings.HasPrefix(u[1], "#") {
			return false
		}
	}
	return true
}

func firstWord(s string) string {
	if f := strings.Fields(s); len(f) > 0 {
		return f[0]
	}
	return ""
}
