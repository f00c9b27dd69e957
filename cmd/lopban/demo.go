package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/demo"
	"lopban/courses/programme"
)

type demoCommand struct {
	console.Place
	site
	People int    `default:"1900" help:"Library workers on the roster, at least one for each of the 764 communes."`
	Seed   uint64 `default:"1687" help:"The same seed makes the same region."`
}

// Run fills an empty store, or goes on with one that an earlier demo filled, and serves.
func (c *demoCommand) Run(ctx context.Context, term *console.Terminal, parsed *kong.Context) error {
	describe(term, parsed)
	if c.exposed() && c.DemoPassword == "" {
		return errors.New("everybody knows the password of the demo's accounts: listen on 127.0.0.1, or give them another one with --demo-password (or LOPBAN_DEMO_PASSWORD_FILE)")
	}
	return serve(ctx, term, c.Place, c.site, func(ctx context.Context, s *programme.Programme) ([]string, error) {
		filled, err := demo.Filled(ctx, s)
		if err == nil && !filled {
			err = demo.Enough(s, c.People)
		}
		if err == nil {
			err = console.PublishAll(ctx, s)
		}
		if err != nil {
			return nil, err
		}
		if !filled {
			if err := demo.Fill(ctx, term, s, c.People, c.Seed); err != nil {
				return nil, err
			}
		}
		password := cmp.Or(c.DemoPassword, demo.Password)
		if err := demo.Guard(ctx, &console.Terminal{Err: io.Discard}, s, false, c.DemoPassword); err != nil {
			return nil, err
		}
		var lines []string
		for _, a := range demo.Accounts {
			lines = append(lines, fmt.Sprintf("sign-in %s %s %s", a.Role, a.Login, password))
		}
		return lines, nil
	})
}
