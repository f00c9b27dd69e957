// Package press prints many certificates as one file: a batch, the register of a year. One that cannot be printed is
// left out and named; the others do not wait for it.
package press

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"lopban/courses"
	"lopban/courses/paper"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
)

// Together is how many certificates one file to print holds: about 2 MB, made in a second.
const Together = 500

// Print writes certificates as one PDF to print, each with the QR code that its own paper has. Those that
// cannot be printed are left out, and the file names them before all others; where none can be, nothing is written. It
// takes its turn at the press.
func Print(ctx context.Context, s *programme.Programme, out io.Writer, title string, at time.Time, all []courses.Certificate) ([]LeftOut, error) {
	var left []LeftOut
	var printed []courses.Certificate
	for _, c := range all { // before the turn: a paper that was not made yet takes one of its own
		with, err := s.Papers.AsPrinted(ctx, c)
		if why := programme.Unprintable(err); why != nil {
			left = append(left, LeftOut{c, why})
			continue
		}
		if err != nil {
			return nil, err
		}
		printed = append(printed, with)
	}
	select {
	case s.Papers.Making <- struct{}{}:
		defer func() { <-s.Papers.Making }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for len(printed) > 0 {
		err := paper.Certificates(out, title, at, printed, said(s, left), nil)
		var one *paper.Unprintable
		if !errors.As(err, &one) {
			return left, err
		}
		why := programme.Unprintable(err)
		if why == nil {
			return nil, err
		}
		left = append(left, LeftOut{printed[one.At], why})
		printed = slices.Delete(printed, one.At, one.At+1)
	}
	return left, NoneLeft(left)
}

// Book writes the register of a present province's year as a book, and says how many entries it has. Papers
// are in Vietnamese.
func Book(ctx context.Context, s *programme.Programme, out io.Writer, p roster.Province, year int) (entries int, err error) {
	issuer, err := s.School.Issuer(ctx, p.Code, p.Name)
	if err != nil {
		return 0, err
	}
	w := s.Languages.In("vi")
	b := paper.Book{Issuer: issuer.Name, Parent: issuer.Parent, Title: w.T("registers.book"), Year: year, Town: issuer.Town, Head: issuer.Head, At: s.Now()}
	err = s.School.Book(ctx, p.Code, strconv.Itoa(year), func(e school.Entry) error {
		unit := e.Holder.Library
		if e.Holder.Place != "" {
			unit += ", " + e.Holder.Place
		}
		b.Entries = append(b.Entries, paper.BookEntry{Register: e.Register, Issued: e.IssuedAt, Name: e.Holder.Name, Unit: unit, Course: e.Title.In("vi"),
			Periods: e.Periods, Serial: e.Serial, Note: bookNote(s, e)})
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(b.Entries), paper.Register(out, b)
}

// bookNote says what became of a line and under which decision it was issued.
func bookNote(s *programme.Programme, e school.Entry) string {
	w, note := s.Languages.In("vi"), ""
	add := func(text string) {
		if note != "" {
			note += ". "
		}
		note += text
	}
	if d := e.Decision; d.Number != "" {
		add(w.T("registers.decision", d.Number, d.On))
	}
	if e.Reissue > 0 {
		add(w.T("registers.reissue", e.Reissue, w.T("cause."+string(e.Reissued.Cause))))
	}
	if e.Revocation != nil {
		add(w.T("registers.revoked", e.Revocation.At))
	}
	if e.ReplacedBy != nil {
		add(w.T("registers.replaced", e.ReplacedBy.Register))
	}
	return note
}

// LeftOut is a certificate that a file of many leaves out because no paper can print it: an earlier release took its
// letters, or a text is too long for its place. The others do not wait for it.
type LeftOut struct {
	courses.Certificate
	Why *problem.Problem
}

// Each calls each with the PDF of every certificate, and lists those that cannot be printed.
func Each(ctx context.Context, s *programme.Programme, all []courses.Certificate, each func(c courses.Certificate, pdf []byte) error) (left []LeftOut, err error) {
	for _, c := range all {
		pdf, err := s.Papers.Keep(ctx, c)
		if why := programme.Unprintable(err); why != nil {
			left = append(left, LeftOut{c, why})
			continue
		}
		if err == nil {
			err = each(c, pdf)
		}
		if err != nil {
			return left, err
		}
	}
	return left, nil
}

// Unprintable lists those of some certificates whose words no paper can print, for the page that comes before a file of
// them: it prints nothing, so that it does not find what is only too long.
func Unprintable(all []courses.Certificate) (left []LeftOut) {
	for _, c := range all {
		if why := programme.Unprintable(paper.Fits(c)); why != nil {
			left = append(left, LeftOut{c, why})
		}
	}
	return left
}

// NoneLeft is the error of a file in which nothing would be, because all of it was left out.
func NoneLeft(left []LeftOut) error {
	return problem.Invalid("", "batch-unprintable", numbersOf(left))
}

// Note says for the trail which certificates a file leaves out, "" for none.
func Note(s *programme.Programme, left []LeftOut) string {
	if len(left) == 0 {
		return ""
	}
	return s.Languages.In("vi").T("audit.slips.left", numbersOf(left))
}

func numbersOf(left []LeftOut) string {
	var all []string
	for _, l := range left {
		all = append(all, l.Register)
	}
	return strings.Join(all, ", ")
}

// said is what was left out in the words of a paper, which are Vietnamese.
func said(s *programme.Programme, left []LeftOut) (all []paper.LeftOut) {
	w := s.Languages.In("vi")
	for _, l := range left {
		unit := strings.Trim(l.Holder.Library+", "+l.Holder.Place, ", ")
		all = append(all, paper.LeftOut{Register: l.Register, Name: l.Holder.Name, Unit: unit, Why: w.T("error."+l.Why.Code, l.Why.Args...)})
	}
	return all
}

// List is what was left out as a text, for a file that is no PDF.
func List(s *programme.Programme, left []LeftOut) string {
	var b strings.Builder
	b.WriteString(s.Languages.In("vi").T("batch.left-out", len(left)) + "\r\n\r\n")
	for _, l := range said(s, left) {
		b.WriteString(l.Register + "  " + strings.TrimSuffix(l.Name+", "+l.Unit, ", ") + ": " + l.Why + "\r\n")
	}
	return b.String()
}
