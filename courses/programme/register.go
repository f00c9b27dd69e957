package programme

import (
	"context"
	"errors"
	"strings"

	"lopban/courses"
	"lopban/courses/paper"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
)

// Reissue issues a certificate again for somebody who may, with the name that the roster has today where the name was
// wrong and with the unit of today where no paper could print the old one, and does everything that follows.
func (s *Programme) Reissue(ctx context.Context, a roster.Account, code string, cause courses.Cause) (*courses.Certificate, error) {
	e, err := s.School.Look(ctx, code)
	if err != nil {
		return nil, err
	}
	if !roster.MayRevoke(a, e.Province) {
		return nil, problem.Denied("denied")
	}
	var now courses.Holder
	unit := e.Certificate
	unit.Holder.Name = "-" // which is printable
	if why := Unprintable(paper.Fits(unit)); why != nil && strings.HasPrefix(why.Field, "holder.") {
		if now, _, err = s.paperOf(ctx, e.Person); err != nil && !errors.Is(err, problem.ErrNotFound) {
			return nil, err
		}
	}
	if cause == courses.NameCorrected {
		if now.Name, err = s.NameToday(ctx, e.Person); errors.Is(err, problem.ErrNotFound) || err == nil && now.Name == "" {
			err = problem.Invalid("reason", "person.erased")
		}
		if err != nil {
			return nil, err
		}
	}
	issuer, err := s.issuerOf(ctx, e)
	if err != nil {
		return nil, err
	}
	c, err := s.School.Reissue(ctx, code, cause, now, a.ID, issuer)
	if err != nil {
		return nil, err
	}
	return c, s.Follow(ctx, *c)
}

// NameToday is a person's name as the roster has it now, or their account where they are not on it; "" for somebody
// whose data were erased.
func (s *Programme) NameToday(ctx context.Context, person string) (string, error) {
	h, _, err := s.paperOf(ctx, person)
	if h.Name == roster.ErasedName {
		h.Name = ""
	}
	return h.Name, err
}

// issuerOf is who signs for a certificate's issuer today.
func (s *Programme) issuerOf(ctx context.Context, e school.Entry) (courses.Issuer, error) {
	p, _ := s.Places.Province(roster.Present, e.Issuer.ID)
	return s.School.Issuer(ctx, e.Issuer.ID, p.Name)
}

// AskRegister keeps the request of somebody who may that a certificate be withdrawn, or with undo that this be undone.
// It waits for a second person.
func (s *Programme) AskRegister(ctx context.Context, a roster.Account, code string, undo bool, cause courses.Cause, note string) (courses.Request, error) {
	e, err := s.School.Look(ctx, code)
	if err != nil {
		return courses.Request{}, err
	}
	if !roster.MayRevoke(a, e.Province) {
		return courses.Request{}, problem.Denied("denied")
	}
	return s.School.Ask(ctx, code, undo, cause, roster.Clean(note), a.ID)
}

// AnswerRegister agrees to the request about a certificate, and does everything that follows, or declines it. Who asked
// may only decline: that takes it back. The new entry is nil where there is none.
func (s *Programme) AnswerRegister(ctx context.Context, a roster.Account, code string, yes bool) (*courses.Certificate, error) {
	e, err := s.School.Look(ctx, code)
	if err != nil {
		return nil, err
	}
	asked, err := s.School.Asked(ctx, e)
	if err != nil {
		return nil, err
	}
	if !yes {
		if asked != nil && asked.By != a.ID && !roster.MayAgree(a, e.Province, asked.By) {
			return nil, problem.Denied("denied")
		}
		return nil, s.School.Decline(ctx, code, a.ID)
	}
	if asked != nil && asked.By == a.ID {
		return nil, problem.Denied("request-own")
	}
	if !roster.MayAgree(a, e.Province, "") {
		return nil, problem.Denied("denied")
	}
	issuer, err := s.issuerOf(ctx, e)
	if err != nil {
		return nil, err
	}
	c, err := s.School.Agree(ctx, code, a.ID, issuer)
	if err != nil {
		return nil, err
	}
	if c != nil {
		return c, s.Follow(ctx, *c)
	}
	return nil, s.Board.RefreshStanding(ctx, e.Person)
}

// Outdated lists what a person holds under another name than the roster has: what may be issued again. Of somebody
// without a name it is nothing.
func Outdated(entries []school.Entry, name string) []school.Entry {
	var all []school.Entry
	for _, e := range entries {
		if name != "" && (e.State == courses.Valid || e.State == courses.Expired) && e.Holder.Name != name {
			all = append(all, e)
		}
	}
	return all
}
