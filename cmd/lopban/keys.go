package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lopban/cmd/lopban/console"
	"lopban/courses"
	"lopban/courses/credential"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// sealing is what opens the keys that sign certificates.
type sealing struct {
	KeySecret secret `placeholder:"TEXT" help:"Seals the keys that sign certificates: at least 32 characters, from LOPBAN_KEY_SECRET_FILE rather than from here. Without it the store keeps what opens them, and only backups hold them sealed."`
}

// secret is a text that is never printed.
type secret string

// String says only whether there is one.
func (s secret) String() string {
	if s == "" {
		return ""
	}
	return "xxxxx"
}

// checkSecret refuses a secret that is easily guessed.
func (s sealing) checkSecret() error {
	if s.KeySecret != "" && len(s.KeySecret) < credential.ShortestSecret {
		return credential.ErrSecret
	}
	return nil
}

// programme joins the rooms for a command that may sign.
func (s sealing) programme(ctx context.Context, p console.Place, base string, term *console.Terminal) (*programme.Programme, func(), error) {
	if err := s.checkSecret(); err != nil {
		return nil, nil, err
	}
	st, err := p.Open(ctx)
	if err != nil {
		return nil, nil, err
	}
	cfg := console.Settings(st, base, term.Err)
	cfg.KeySecret = string(s.KeySecret)
	made, err := programme.New(ctx, cfg)
	if err != nil {
		return nil, nil, errors.Join(err, st.Close())
	}
	return made, func() { made.Background.Stop(); st.Close() }, nil
}

type keysCommand struct {
	List   keysListCommand   `cmd:"" default:"withargs" help:"Print every key, the oldest first: number, state, thumbprint, when it was made."`
	Rotate keysRotateCommand `cmd:"" help:"Let a new key sign from now on. What the one before signed stays good."`
	Revoke keysRevokeCommand `cmd:"" help:"Withdraw a key that is in other hands: then only the register says what the certificates signed with it are worth."`
}

type keysListCommand struct{ console.Place }

// Run prints the keys, beside a server that is at work.
func (c *keysListCommand) Run(ctx context.Context, term *console.Terminal) error {
	st, err := c.Place.Beside(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	return printKeys(ctx, term, st)
}

// printKeys prints a line for each key.
func printKeys(ctx context.Context, term *console.Terminal, st store.Store) error {
	all, err := store.All[credential.Key](ctx, st, programme.IssuerKeyKind, store.Query{})
	if err != nil {
		return err
	}
	for _, k := range all {
		state, since := "signs", k.MadeAt
		switch {
		case !k.RevokedAt.IsZero():
			state, since = "revoked", k.RevokedAt
		case !k.RetiredAt.IsZero():
			state, since = "retired", k.RetiredAt
		}
		if _, err := fmt.Fprintf(term.Out, "%s\t%s\t%s\tmade %s\t%s since %s\n", k.ID, state, k.Thumbprint, date(k.MadeAt), state, date(since)); err != nil {
			return err
		}
	}
	return nil
}

func date(t time.Time) string { return t.In(courses.Vietnam).Format("02/01/2006 15:04") }

type keysRotateCommand struct {
	console.Place
	sealing
	BaseURL string `placeholder:"URL" help:"Address of the site, named in the key's certificate."`
}

// Run makes a new key and prints all.
func (c *keysRotateCommand) Run(ctx context.Context, term *console.Terminal) error {
	s, done, err := c.programme(ctx, c.Place, c.BaseURL, term)
	if err != nil {
		return err
	}
	defer done()
	if err := s.Keys.Rotate(ctx); err != nil {
		return err
	}
	return c.told(ctx, term, s, "keys.rotate", "")
}

func (c *sealing) told(ctx context.Context, term *console.Terminal, s *programme.Programme, action, subject string) error {
	return errors.Join(s.Audit(ctx, roster.Operator().ID, action, subject, ""), printKeys(ctx, term, s.Store))
}

type keysRevokeCommand struct {
	console.Place
	sealing
	BaseURL string `placeholder:"URL" help:"Address of the site, named in the certificate of the key that takes over."`
	Key     string `arg:"" help:"Number or thumbprint of the key, as lopban keys prints them."`
}

// Run withdraws a key and prints all.
func (c *keysRevokeCommand) Run(ctx context.Context, term *console.Terminal) error {
	s, done, err := c.programme(ctx, c.Place, c.BaseURL, term)
	if err != nil {
		return err
	}
	defer done()
	err = s.Keys.Revoke(ctx, c.Key)
	if errors.Is(err, problem.ErrNotFound) {
		return fmt.Errorf("there is no key %s", c.Key)
	}
	if err != nil {
		return err
	}
	return c.told(ctx, term, s, "keys.revoke", c.Key)
}
