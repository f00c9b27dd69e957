package duty

import (
	"context"
	"errors"
	"time"

	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/rights"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// Answer answers a request: that it was heard, that it is refused with a reason, or that it is done. Of two who answer
// at once one decides: nothing is done before the answer stands, and what the other was told is true. Then what was
// asked is done; it may be repeated, and Settle goes on with what a stop left.
func (d *Desk) Answer(ctx context.Context, by roster.Account, id string, how rights.How, reason string) (rights.Asking, error) {
	a, err := d.Asking(ctx, by, id)
	if err != nil {
		return a, err
	}
	switch {
	case !roster.MayAnswerRights(by, a.Province):
		err = problem.Denied("denied")
	case by.ID == a.Person:
		err = problem.Denied("petition-own")
	case how == rights.Done && !a.Ended():
		err = d.possible(ctx, by, a)
	}
	if err != nil {
		return a, err
	}
	province := a.Province // where they work by now
	if a, err = d.Rights.Reply(ctx, id, how, reason, by.ID); err != nil {
		return a, err
	}
	a.Province = province
	return a, d.follow(ctx, a)
}

// possible says why what somebody asked for cannot be done.
func (d *Desk) possible(ctx context.Context, by roster.Account, a rights.Asking) error {
	if a.What != rights.Correct && a.What != rights.Erase {
		return nil
	}
	s, err := d.Of(ctx, a.Person)
	if a.What == rights.Erase {
		if errors.Is(err, problem.ErrNotFound) { // nothing is left of them
			return nil
		}
		if err == nil {
			err = d.MayErase(ctx, by, s)
		}
		return err
	}
	switch {
	case err != nil || a.Change == rights.Change{}:
		return err
	case s.Person != nil:
		return d.Roll.MayCorrect(ctx, s.Person.ID, corrected(*s.Person, a.Change))
	}
	return nil
}

// follow does what the last reply to a request says, once: the trail tells when it was done.
func (d *Desk) follow(ctx context.Context, a rights.Asking) error {
	r := a.Last()
	told := programme.AuditEntry{ID: "answer-" + r.ID, By: r.By, Action: "rights." + string(r.How), Subject: a.Person, Province: a.Province}
	if _, err := store.Get[programme.AuditEntry](ctx, d.Store, programme.AuditKind, told.ID); !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	var err error
	switch {
	case r.How != rights.Done:
	case a.What == rights.Correct:
		err = d.correct(ctx, r.By, a)
	case a.What == rights.Erase:
		err = d.erase(ctx, r.By, a)
	}
	if err != nil {
		return err
	}
	return d.Tell(ctx, told)
}

// erase begins the erasure that was promised, or goes on with it.
func (d *Desk) erase(ctx context.Context, by string, a rights.Asking) error {
	s, err := d.Of(ctx, a.Person)
	if errors.Is(err, problem.ErrNotFound) {
		s, err = Subject{ID: a.Person, IDs: []string{a.Person}, Province: a.Province}, nil
	}
	if err != nil {
		return err
	}
	left, err := d.leftOn(ctx, s.IDs)
	if err == nil {
		_, err = d.carryOut(ctx, rights.Erasure{ID: s.ID, Entries: s.IDs[1:], Province: s.Province, Petition: a.ID, Left: left, By: by})
	}
	return err
}

// correct writes what somebody asked for into the roster or, of who is on none, into their account. The trail is told
// first: once it is done nobody could say what was there before.
func (d *Desk) correct(ctx context.Context, by string, a rights.Asking) error {
	if a.Change == (rights.Change{}) { // in words alone: staff does it on the person's page
		return nil
	}
	s, err := d.Of(ctx, a.Person)
	if err != nil {
		return err
	}
	told := programme.AuditEntry{ID: "correct-" + a.ID, By: by, Action: "person.correct", Subject: s.ID, Province: s.Province}
	if s.Person == nil {
		if _, err := d.Accounts.Rename(ctx, by, s.ID, a.Change.Name); err != nil {
			return err
		}
		d.Sessions.ForgetAccount(s.ID)
		return programme.TellCharges(ctx, d.Programme, s.ID)
	}
	to, is := corrected(*s.Person, a.Change), *s.Person
	is.Name, is.Phone, is.Post = to.Name, to.Phone, to.Post
	if told.Changes = programme.ChangesOf(*s.Person, is); len(told.Changes) > 0 {
		if err := d.Tell(ctx, told); err != nil {
			return err
		}
	}
	p, err := d.Roll.Correct(ctx, s.ID, to, by)
	if err != nil {
		return err
	}
	return d.RefreshPerson(ctx, p)
}

// corrected are somebody's details with what they asked to have changed.
func corrected(p roster.Person, c rights.Change) roster.Details {
	to := roster.Details{Name: p.Name, Phone: p.Phone, Post: p.Post, Kind: p.Kind}
	for _, f := range []struct {
		field *string
		said  string
	}{{&to.Name, c.Name}, {&to.Phone, c.Phone}, {&to.Post, c.Post}} {
		if f.said != "" {
			*f.field = f.said
		}
	}
	return to
}

// answersLast is how long after an answer what it promised is looked at again.
const answersLast = 7 * 24 * time.Hour

// finishAnswers does what was promised and not done when the program stopped.
func (d *Desk) finishAnswers(ctx context.Context) error {
	all, err := d.Rights.EndedSince(ctx, d.Now().Add(-answersLast))
	for _, a := range all {
		err = errors.Join(err, d.follow(ctx, a))
	}
	return err
}
