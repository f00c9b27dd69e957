package paper

import (
	"errors"
	"fmt"
	"strings"

	"rsc.io/qr"
	"rsc.io/qr/coding"
)

// QR is the text as a QR code (level M) in SVG, for a page: one path in currentColor on a white ground, with the quiet
// zone of four modules that the standard asks for, and no size of its own. It fails for text longer than a QR code can
// hold, about 2,300 bytes.
func QR(text string) (string, error) {
	code, err := encode(text)
	if err != nil {
		return "", fmt.Errorf("paper: %w", err)
	}
	const quiet = 4
	side := code.Size + 2*quiet
	var path strings.Builder
	runs(code, func(x, y, n int) { fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x, y, n, n) })
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="%d %d %d %d" shape-rendering="crispEdges" aria-hidden="true">`+
		`<rect x="%d" y="%d" width="%d" height="%d" fill="#fff"/><path fill="currentColor" d="%s"/></svg>`,
		-quiet, -quiet, side, side, -quiet, -quiet, side, side, path.String()), nil
}

// qr draws the text as a QR code with this side in millimetres, without a quiet zone. The whole code is one path, so
// that no viewer shows seams between its modules.
func (s *sheet) qr(x, y, side float64, text string) {
	code, err := encode(text)
	if err != nil {
		s.SetError(err)
		return
	}
	var path strings.Builder
	path.WriteString("0 g\n")
	runs(code, func(x, y, n int) { fmt.Fprintf(&path, "%d %d %d 1 re\n", x, y, n) })
	path.WriteString("f\n")
	s.raw(x, y, side/float64(code.Size), path.String())
	s.showQR(x, y, side, code)
}

// encode is qr.Encode at level M, where a link and the signed facts behind its # are each written in the letters that
// suit them: a third fewer modules, so that they are larger. Facts so long that they would be small all the same have
// level L.
func encode(text string) (*qr.Code, error) {
	link, facts, found := strings.Cut(text, "#")
	if !found || facts == "" || coding.Alpha(facts).Check() != nil {
		return qr.Encode(text, qr.M)
	}
	code, err := encodeFacts(link+"#", facts, coding.M, coarse)
	if err != nil {
		code, err = encodeFacts(link+"#", facts, coding.L, coding.MaxVersion)
	}
	return code, err
}

// coarse is the largest version whose modules a cheap camera sees on the certificate: 73 in 24 mm.
const coarse = coding.Version(14)

func encodeFacts(link, facts string, level coding.Level, largest coding.Version) (*qr.Code, error) {
	parts := []coding.Encoding{coding.String(link), coding.Alpha(facts)}
	v := coding.Version(coding.MinVersion)
	for ; parts[0].Bits(v)+parts[1].Bits(v) > v.DataBytes(level)*8; v++ {
		if v == largest {
			return nil, errors.New("the signed facts are longer than a QR code")
		}
	}
	plan, err := coding.NewPlan(v, level, 0)
	if err != nil {
		return nil, err
	}
	code, err := plan.Encode(parts...)
	if err != nil {
		return nil, err
	}
	return &qr.Code{Bitmap: code.Bitmap, Size: code.Size, Stride: code.Stride, Scale: 8}, nil
}

// runs calls each with every horizontal run of dark modules.
func runs(code *qr.Code, each func(x, y, n int)) {
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			n := 0
			for code.Black(x+n, y) {
				n++
			}
			if n > 0 {
				each(x, y, n)
				x += n
			}
		}
	}
}
