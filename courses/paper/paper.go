// Package paper prints what people hold in their hands: the certificate, the slips with activation codes, and QR codes.
// The wording on them is fixed Vietnamese official text and belongs to this package, not to the translated messages.
//
// Papers are set in Liberation Serif, which has the metrics of Times New Roman that Decree 30/2020/NĐ-CP asks for.
// Everything drawn is NFC. What cannot be printed rightly is refused, never left blank: the error is a *problem.Problem
// of kind ErrInvalid that names the field, with one of the codes "paper-missing" (nothing to print), "paper-letter" (a
// letter that the fonts lack; argument: its number and itself) and "paper-long" (more text than its place can hold).
package paper

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jung-kurt/gofpdf"
	"golang.org/x/text/unicode/norm"

	"lopban/courses"
	"lopban/courses/letters"
	"lopban/courses/problem"
)

// longest is the number of letters that no name, title or address on paper exceeds.
const longest = 400

// reader collects the words of a paper, made ready for drawing, and keeps the first problem.
type reader struct{ err error }

// must is the text in NFC with single spaces; it is a problem where there is none.
func (r *reader) must(field, text string) string {
	text = r.may(field, text)
	if text == "" {
		r.fail(problem.Invalid(field, "paper-missing"))
	}
	return text
}

// may is must for a field that may be empty. Bullets, arrows and the like, which texts have that were taken in before
// they were looked at, become what is meant.
func (r *reader) may(field, text string) string {
	text = strings.Join(strings.Fields(norm.NFC.String(text)), " ")
	if strings.ContainsFunc(text, unprintable) {
		text, _ = letters.Mend(text)
	}
	if utf8.RuneCountInString(text) > longest {
		r.fail(problem.Invalid(field, "paper-long"))
		return ""
	}
	for _, letter := range text {
		if !letters.Printable(letter) {
			r.fail(problem.Invalid(field, "paper-letter", fmt.Sprintf("%#U", letter)))
			return ""
		}
	}
	return text
}

// row is may for one text among those of many: a letter that cannot be printed is a question mark, and what is too long
// is cut off, so that nobody's keeps the paper from all the others.
func (r *reader) row(field, text string) string {
	if strings.ContainsFunc(text, unprintable) {
		text, _ = letters.Mend(text)
		text = strings.Map(func(letter rune) rune {
			if unprintable(letter) {
				return '?'
			}
			return letter
		}, text)
	}
	if text = norm.NFC.String(text); utf8.RuneCountInString(text) > longest {
		text = string([]rune(text)[:longest-1]) + "…"
	}
	return r.may(field, text)
}

func unprintable(letter rune) bool { return !letters.Printable(letter) }

// code is must for digits and capitals; hyphens may stand between groups.
func (r *reader) code(field, text string) string {
	text = r.must(field, text)
	for _, letter := range text {
		if letter != '-' && !isCode([]byte(string(letter))) {
			r.fail(problem.Invalid(field, "paper-letter", fmt.Sprintf("%#U", letter)))
			return ""
		}
	}
	return text
}

// day writes a date as official papers do; it is a problem where there is none.
func (r *reader) day(field string, t time.Time) string {
	if t.IsZero() {
		r.fail(problem.Invalid(field, "paper-missing"))
	}
	return day(t)
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// day is a date in Vietnam, with a 0 before days under 10 and before January and February (Decree 30/2020/NĐ-CP,
// Appendix I).
func day(t time.Time) string {
	year, month, d := t.In(courses.Vietnam).Date()
	if month <= time.February {
		return fmt.Sprintf("ngày %02d tháng %02d năm %d", d, month, year)
	}
	return fmt.Sprintf("ngày %02d tháng %d năm %d", d, month, year)
}

// shown is a code in its groups, or in groups of four where it has none.
func shown(code string) string {
	if strings.Contains(code, "-") {
		return code
	}
	return courses.ShowCode(code)
}

// address is a link as people type it: without its scheme.
func address(url string) string {
	_, after, found := strings.Cut(url, "://")
	if !found {
		return url
	}
	return after
}

// render makes a document with draw and returns its bytes. gofpdf panics on some input that it does not expect; that is
// an error here.
func render(orientation string, at time.Time, draw func(*sheet)) ([]byte, error) {
	var out bytes.Buffer
	err := write(&out, orientation, at, draw)
	if err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// write is render to a writer.
func write(out io.Writer, orientation string, at time.Time, draw func(*sheet)) (err error) {
	pdf, err := composed(orientation, at, draw)
	if err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("paper: %v", r)
		}
	}()
	if err := pdf.Output(out); err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	return nil
}

// composed is render before it is written.
func composed(orientation string, at time.Time, draw func(*sheet)) (pdf *gofpdf.Fpdf, err error) {
	defer func() {
		if r := recover(); r != nil {
			pdf, err = nil, fmt.Errorf("paper: %v", r)
		}
	}()
	pdf = gofpdf.New(orientation, "mm", "A4", "")
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(at.UTC())
	pdf.SetModificationDate(at.UTC())
	pdf.SetProducer("lopban", false)
	s := &sheet{Fpdf: pdf, loaded: map[face]bool{}}
	draw(s)
	if s.err != nil {
		return nil, s.err
	}
	return pdf, nil
}
