package paper

import (
	"fmt"
	"html"
	"strings"
	"time"

	"rsc.io/qr"

	"lopban/courses"
)

// Picture is the certificate as it is printed, in SVG for a page: the same words at the same places, in the fonts that
// the reader's device has, pressed into the widths that Liberation Serif gives them. It has the size of the sheet in
// millimetres as its view box. What may be wrong is said at the package.
func Picture(c courses.Certificate) (string, error) {
	w, err := read(c)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = lay("L", c.IssuedAt, func(s *sheet) {
		s.picture = &out
		s.certificate(w)
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 297 210" lang="vi"><title>%s</title><rect width="297" height="210" fill="#fff"/>`+
		`<g font-family="&quot;Liberation Serif&quot;,&quot;Times New Roman&quot;,Tinos,serif">%s</g></svg>`, html.EscapeString("Giấy chứng nhận: "+w.title+", "+w.name), out.String()), nil
}

// certificate draws the sheet.
func (s *sheet) certificate(w words) {
	s.page()
	s.weave()
	s.head(w)
	s.body(w)
	s.foot(w)
}

func (i ink) hex() string { return fmt.Sprintf("#%02x%02x%02x", i[0], i[1], i[2]) }

// show adds a run of text to the picture.
func (s *sheet) show(x, y, width float64, p span) {
	if s.picture == nil || p.text == "" {
		return
	}
	style := map[face]string{bold: ` font-weight="700"`, italic: ` font-style="italic"`}[p.face]
	fmt.Fprintf(s.picture, `<text xml:space="preserve" x="%.2f" y="%.2f" font-size="%.3f" textLength="%.2f" lengthAdjust="spacingAndGlyphs" fill="%s"%s>%s</text>`,
		x, y, p.size*mmPerPoint, width, p.ink.hex(), style, html.EscapeString(p.text))
}

// showRule adds a horizontal line.
func (s *sheet) showRule(x, y, width float64) {
	if s.picture != nil {
		fmt.Fprintf(s.picture, `<path d="M%.2f %.2fh%.2f" stroke="#000" stroke-width=".25"/>`, x, y, width)
	}
}

// showWeave adds the stitches of one ink, in rows as writeRow draws them.
func (s *sheet) showWeave(code byte, colour ink) {
	if s.picture == nil {
		return
	}
	fmt.Fprintf(s.picture, `<g transform="translate(%.3f %.3f) scale(%.5f)" stroke="%s" stroke-width="1.04" fill="none">`, margin, margin, stitch, colour.hex())
	for row := range band {
		dash, phase := dashes(code, min(row, band-1-row))
		if dash == "" {
			continue
		}
		far, side := down-band+row, across-band+row
		fmt.Fprintf(s.picture, `<path stroke-dasharray="%s" stroke-dashoffset="%d" d="M0 %d.5H%dM0 %d.5H%d"/>`, dash, phase, row, across, far, across)
		fmt.Fprintf(s.picture, `<path stroke-dasharray="%s" stroke-dashoffset="%d" d="M%d.5 %dV%dM%d.5 %dV%d"/>`, dash, (phase+band)%diamond, row, band, down-band, side, band, down-band)
	}
	s.picture.WriteString("</g>")
}

// showQR adds a QR code.
func (s *sheet) showQR(x, y, side float64, code *qr.Code) {
	if s.picture == nil {
		return
	}
	var path strings.Builder
	runs(code, func(x, y, n int) { fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x, y, n, n) })
	fmt.Fprintf(s.picture, `<path transform="translate(%.3f %.3f) scale(%.5f)" shape-rendering="crispEdges" d="%s"/>`, x, y, side/float64(code.Size), path.String())
}

// lay draws without making a file.
func lay(orientation string, at time.Time, draw func(*sheet)) error {
	_, err := composed(orientation, at, draw)
	return err
}
