package programme

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"lopban/courses"
	"lopban/courses/paper"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
)

// PrintTogether is how many certificates one file to print holds: about 2 MB, made in a second.
const PrintTogether = 500

// Decide gives certificates of a province out under a decision, for somebody who may, and goes on issuing them when the
// request is answered. Sent again it is the same batch, and goes on with what is left.
func (s *Programme) Decide(ctx context.Context, a roster.Account, province, form, number string, on time.Time, enrolments []string) (courses.Batch, error) {
	if !roster.MayRevoke(a, province) {
		return courses.Batch{}, problem.Denied("denied")
	}
	number, err := roster.Printed("decision", number)
	if err != nil {
		return courses.Batch{}, err
	}
	b, err := s.School.Decide(ctx, province, form, number, on, enrolments, a.ID)
	if err != nil {
		return b, err
	}
	s.Background.Start(func(ctx context.Context) {
		if err := s.carryOut(ctx, b); err != nil && ctx.Err() == nil {
			s.Log.Error("a batch of certificates is not whole", "batch", b.ID, "error", err.Error())
		}
	})
	return b, nil
}

// carryOut issues a batch, and makes its papers when all of it is issued: each takes ten times as long.
func (s *Programme) carryOut(ctx context.Context, b courses.Batch) error {
	var made []courses.Certificate
	err := s.School.CarryOut(ctx, b, s.Learner, func(ctx context.Context, c courses.Certificate) error {
		made = append(made, c)
		return s.Board.RefreshStanding(ctx, c.Person)
	})
	for _, c := range made {
		err = errors.Join(err, s.Papers.makeLater(ctx, c))
	}
	return err
}

// settled does what a certificate brings about when nobody waits for it.
func (s *Programme) settled(ctx context.Context, c courses.Certificate) error {
	return errors.Join(s.Papers.makeLater(ctx, c), s.Board.RefreshStanding(ctx, c.Person))
}

// PrintTogether writes certificates as one PDF to print, each with the QR code that its own paper has. It takes its
// turn at the press.
func (s *Programme) PrintTogether(ctx context.Context, out io.Writer, title string, at time.Time, all []courses.Certificate) error {
	printed := make([]courses.Certificate, len(all))
	for i, c := range all { // before the turn: a paper that was not made yet takes one of its own
		var err error
		if printed[i], err = s.Papers.AsPrinted(ctx, c); err != nil {
			return err
		}
	}
	select {
	case s.Papers.Making <- struct{}{}:
		defer func() { <-s.Papers.Making }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return paper.Certificates(out, title, at, printed, nil)
}

// PrintRegister writes the register of a present province's year as a book, and says how many entries it has. Papers
// are in Vietnamese.
func (s *Programme) PrintRegister(ctx context.Context, out io.Writer, p roster.Province, year int) (entries int, err error) {
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
			Periods: e.Periods, Serial: e.Serial, Note: s.bookNote(e)})
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(b.Entries), paper.Register(out, b)
}

// bookNote says what became of a line and under which decision it was issued.
func (s *Programme) bookNote(e school.Entry) string {
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
