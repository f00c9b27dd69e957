package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"lopban/cmd/lopban/console"
	"lopban/courses/programme"
	"lopban/courses/roster"
)

type accountCommand struct {
	Unlock accountUnlock `cmd:"" help:"Let an account be tried again at once, after too many wrong passwords or codes."`
	Second accountSecond `cmd:"" name:"reset-second-factor" help:"Take the second factor away from somebody who lost the phone and the printed codes."`
}

// accountNamed is the account that a command is about.
type accountNamed struct {
	console.Place
	Login string `arg:"" help:"Phone number or user name."`
}

type accountUnlock struct{ accountNamed }

// Run opens a lock.
func (c *accountUnlock) Run(ctx context.Context, term *console.Terminal) error {
	return c.change(ctx, term, "account.unlock", "may be tried again at once", func(s *programme.Programme, id string) (roster.Account, error) {
		return s.Accounts.Unlock(ctx, roster.Operator(), id)
	})
}

type accountSecond struct{ accountNamed }

// Run takes a second factor away.
func (c *accountSecond) Run(ctx context.Context, term *console.Terminal) error {
	return c.change(ctx, term, "account.second-reset", "has no second factor any more", func(s *programme.Programme, id string) (roster.Account, error) {
		return s.Accounts.ResetSecond(ctx, roster.Operator(), id)
	})
}

// change does something to the account for the operator, and keeps an entry of it.
func (c *accountNamed) change(ctx context.Context, term *console.Terminal, action, says string, do func(s *programme.Programme, id string) (roster.Account, error)) (err error) {
	st, err := c.Place.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	s, err := console.NewProgramme(ctx, st, "http://localhost", io.Discard)
	if err != nil {
		return err
	}
	found, err := accountOf(ctx, s, c.Login)
	if err != nil {
		return err
	}
	a, err := do(s, found.ID)
	if err != nil {
		return err
	}
	if err := s.Audit(ctx, roster.Operator().ID, action, a.ID, a.Province); err != nil {
		return err
	}
	_, err = fmt.Fprintf(term.Out, "%s, %s, %s\n", a.ID, a.Name, says)
	return err
}
