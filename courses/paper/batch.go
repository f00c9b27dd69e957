package paper

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
)

// MaxBatch is how many certificates one file holds: more are printed as several files, so that neither the program nor
// the printer's memory is asked for much.
const MaxBatch = 1000

// LeftOut is a certificate that a file to print leaves out, and why, in words.
type LeftOut struct {
	Register, Name, Unit, Why string
}

// Certificates writes certificates as one PDF to print, a page each, as [Certificate] draws them: the fonts are read
// and checked once for all. What is left out, if anything, is named on pages of its own before them, where who opens
// the file sees it first. each, which may be nil, is called after every page with how many there are. A problem of one
// certificate is a [*Unprintable], and nothing is written then. The PDF is for printing; the register keeps the ones
// of Certificate.
func Certificates(out io.Writer, title string, at time.Time, all []courses.Certificate, left []LeftOut, each func(done int)) error {
	if len(all) == 0 || len(all) > MaxBatch {
		return problem.Invalid("certificates", "batch-size", MaxBatch)
	}
	ready := make([]words, len(all))
	for i, c := range all {
		w, err := read(c)
		if err != nil {
			return &Unprintable{i, err}
		}
		ready[i] = w
	}
	var r reader
	for i := range left {
		l := &left[i]
		l.Register, l.Name, l.Unit, l.Why = r.row("left", l.Register), r.row("left", l.Name), r.row("left", l.Unit), r.row("left", l.Why)
	}
	if r.err != nil {
		return r.err
	}
	failed := -1
	err := write(out, "L", at, func(s *sheet) {
		s.SetTitle(title, true)
		s.leftOut(title, left)
		for i, w := range ready {
			s.certificate(w)
			if s.err != nil {
				failed = i
				return
			}
			if each != nil {
				each(i + 1)
			}
		}
	})
	if failed >= 0 {
		return &Unprintable{failed, err}
	}
	return err
}

// Unprintable is the error of one certificate among those of a file.
type Unprintable struct {
	At  int // its place in the list
	Err error
}

func (u *Unprintable) Error() string { return fmt.Sprintf("certificate %d: %v", u.At, u.Err) }

func (u *Unprintable) Unwrap() error { return u.Err }

// leftOut lists what the file lacks.
func (s *sheet) leftOut(title string, left []LeftOut) {
	const side, top, bottom, width = 24.0, 24.0, 190.0, 297 - 2*24.0
	y := bottom
	for i, l := range left {
		number := span{fmt.Sprintf("%d. %s", i+1, l.Register), bold, 11, black}
		who := strings.TrimSuffix(l.Name+", "+l.Unit, ", ")
		lines := s.wrapped(span{who + ": " + l.Why, regular, 11, black}, width)
		height := number.leading()*float64(len(lines)+1) + 2
		if y+height > bottom {
			s.page()
			y = top
			for _, line := range slices.Concat(s.wrapped(span{fmt.Sprintf("TỆP NÀY THIẾU %d GIẤY CHỨNG NHẬN", len(left)), bold, 18, madder}, width),
				s.wrapped(span{title, regular, 11, grey}, width),
				s.wrapped(span{"Các giấy dưới đây vẫn có trong sổ, nhưng không in được nên không có trong tệp này. Hãy mở từng giấy trong sổ, sửa và cấp lại, rồi in lại.", regular, 12, black}, width)) {
				s.left(side, y, line)
				y += line.leading() + 1
			}
			y += 5
		}
		s.left(side, y, number)
		for _, line := range lines {
			y += line.leading()
			s.left(side, y, line)
		}
		y += number.leading() + 2
	}
}

// Fits says what of a certificate no paper can print, as far as its words tell: what is too long for its place is
// known only when it is drawn.
func Fits(c courses.Certificate) error {
	_, err := read(c)
	return err
}
