package programme

import (
	"context"
	"errors"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/roster"
)

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
		err = errors.Join(err, s.paperLater(ctx, c))
	}
	return err
}

// paperLater makes the paper of a certificate that nobody waits for yet. Work does not fail over one that cannot be
// printed, and is not tried again for it: who opens or prints the certificate is told why.
func (s *Programme) paperLater(ctx context.Context, c courses.Certificate) error {
	err := s.Papers.makeLater(ctx, c)
	if why := Unprintable(err); why != nil {
		s.Log.Warn("a certificate cannot be printed", "certificate", c.Serial, "why", why.Error())
		return nil
	}
	return err
}

// settled does what a certificate brings about when nobody waits for it.
func (s *Programme) settled(ctx context.Context, c courses.Certificate) error {
	return errors.Join(s.paperLater(ctx, c), s.Board.RefreshStanding(ctx, c.Person))
}
