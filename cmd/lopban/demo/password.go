package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lopban/cmd/lopban/console"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
)

// Guard says which of the demo's accounts still have the password that everybody can read in the source, and gives them
// another one where there is one. Where others than this machine can reach the site and some keep it, that is an error.
func Guard(ctx context.Context, term *console.Terminal, s *programme.Programme, exposed bool, password string) error {
	change := password != "" && password != Password
	open, err := Open(ctx, s, exposed || change)
	if err != nil || len(open) == 0 {
		return err
	}
	if change {
		return renew(ctx, s, open, password)
	}
	names := strings.Join(slices.Sorted(maps.Keys(open)), ", ")
	if exposed {
		return fmt.Errorf("this store was filled by lopban demo, and everybody knows the password of %s: give them another one with --demo-password (or LOPBAN_DEMO_PASSWORD_FILE), or listen on 127.0.0.1", names)
	}
	_, err = fmt.Fprintf(term.Err, "lopban: this store was filled by lopban demo, and everybody knows the password of %s and of others like it. Before others can reach this site, behind a proxy too, give them another one with --demo-password.\n", names)
	return err
}

// logins are those of all accounts that a fill makes, also of those that are not printed: each has the demo's password.
func logins(s *programme.Programme) []string {
	var all []string
	for _, a := range Accounts {
		all = append(all, a.Login)
	}
	for _, p := range s.Places.Provinces(roster.Present) {
		if p.Code != Accounts[0].province {
			all = append(all, loginOf(roster.Staff, p.Code), loginOf(roster.Trainer, p.Code))
		}
	}
	return all
}

// loginOf is the login of the staff or the trainer of a province whose sign-in is not printed.
func loginOf(role roster.Role, province string) string { return fmt.Sprintf("%s-%s", role, province) }

// Open gives the accounts that have the demo's password, by login, or only the first: to try a password takes a quarter
// of a second, and a start on this machine alone waits for one.
func Open(ctx context.Context, s *programme.Programme, all bool) (map[string]roster.Account, error) {
	open := map[string]roster.Account{}
	for _, login := range logins(s) {
		a, err := s.Accounts.ByLogin(ctx, login)
		if errors.Is(err, problem.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		has, err := s.Accounts.HasPassword(ctx, a.ID, Password)
		if err != nil {
			return nil, err
		}
		if has {
			if open[login] = a; !all {
				break
			}
		}
	}
	return open, nil
}

func renew(ctx context.Context, s *programme.Programme, open map[string]roster.Account, password string) error {
	for login, a := range open {
		if _, err := s.Accounts.ChangePassword(ctx, a.ID, Password, password); err != nil {
			return fmt.Errorf("--demo-password for %s: %w", login, err)
		}
	}
	return nil
}
