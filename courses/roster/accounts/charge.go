package accounts

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// Charge gives an account another name, other roles or another province, and keeps what it was. Other roles or
// another province end its sessions: within two seconds nobody is signed in with the old ones. The name of somebody
// on the roster is the roster's. Saying what is so already changes nothing.
func (s *Accounts) Charge(ctx context.Context, by roster.Account, id, name string, roles []roster.Role, province string) (was, is roster.Account, err error) {
	if !roster.MayGrant(by) {
		return was, is, problem.Denied("not-yours")
	}
	if was, err = store.Get[roster.Account](ctx, s.Store, roster.AccountKind, id); err != nil {
		return was, is, err
	}
	next := was
	if err = grant(&next, roles, province); err != nil {
		return was, is, err
	}
	if next.Name, err = s.renamed(ctx, was, name); err != nil {
		return was, is, err
	}
	next.Sort = roster.SortKey(next.Name)
	scope := !slices.Equal(next.Roles, was.Roles) || next.Province != was.Province
	if !scope && next.Name == was.Name {
		return was, was, nil
	}
	if !slices.Contains(next.Roles, roster.Admin) {
		if err = s.keepAnAdmin(ctx, id); err != nil {
			return was, is, err
		}
	}
	is, err = s.become(ctx, was, next, by.ID)
	return was, is, err
}

// become makes of an account what it is to be, and keeps both.
func (s *Accounts) become(ctx context.Context, was, next roster.Account, by string) (roster.Account, error) {
	if err := s.began(ctx, was); err != nil {
		return was, err
	}
	if err := s.told(ctx, next, by); err != nil {
		return was, err
	}
	scope := !slices.Equal(next.Roles, was.Roles) || next.Province != was.Province
	return store.Update(ctx, s.Store, roster.AccountKind, was.ID, func(a *roster.Account) error {
		if scope {
			a.Session++
		}
		a.Name, a.Sort, a.Roles, a.Keeper, a.Province = next.Name, next.Sort, next.Roles, next.Keeper, next.Province
		return nil
	})
}

// Rename gives the account of who is on no roster another name, and keeps what it was.
func (s *Accounts) Rename(ctx context.Context, by, id, name string) (roster.Account, error) {
	was, err := store.Get[roster.Account](ctx, s.Store, roster.AccountKind, id)
	if err != nil {
		return was, err
	}
	next := was
	if next.Name, err = s.renamed(ctx, was, name); err != nil || next.Name == was.Name {
		return was, err
	}
	next.Sort = roster.SortKey(next.Name)
	return s.become(ctx, was, next, by)
}

// SetRoles is Charge under the same name.
func (s *Accounts) SetRoles(ctx context.Context, by roster.Account, id string, roles []roster.Role, province string) (roster.Account, error) {
	_, a, err := s.Charge(ctx, by, id, "", roles, province)
	return a, err
}

// renamed is the name that an account gets, as it is kept; "" leaves it.
func (s *Accounts) renamed(ctx context.Context, a roster.Account, name string) (string, error) {
	if name == "" || roster.Clean(name) == a.Name {
		return a.Name, nil
	}
	name, err := roster.Name(name)
	if err != nil {
		return "", err
	}
	p, err := s.person(ctx, a.ID)
	if err == nil && p.ID != "" && name != p.Name {
		err = problem.Invalid("name", "account.rostered", p.Name)
	}
	return name, err
}

// Charges lists what an account was called and could do, the newest first.
func (s *Accounts) Charges(ctx context.Context, id string) ([]roster.Charge, error) {
	all, err := store.All[roster.Charge](ctx, s.Store, roster.ChargeKind, store.Where(store.Is("account", id)))
	slices.SortFunc(all, func(a, b roster.Charge) int {
		return cmp.Or(b.RecordedAt.Compare(a.RecordedAt), cmp.Compare(b.ID, a.ID))
	})
	return all, err
}

// began says what an account of an earlier release is, so that it can come back.
func (s *Accounts) began(ctx context.Context, a roster.Account) error {
	all, err := s.Charges(ctx, a.ID)
	if err != nil || len(all) > 0 {
		return err
	}
	return s.insertCharge(ctx, a, "", a.CreatedAt)
}

// told says what an account is from today on.
func (s *Accounts) told(ctx context.Context, a roster.Account, by string) error {
	all, err := s.Charges(ctx, a.ID)
	if err != nil {
		return err
	}
	now := store.Time(s.Now())
	if len(all) > 0 && !now.After(all[0].RecordedAt) { // the clock was put back, or has not moved
		now = all[0].RecordedAt.Add(time.Millisecond)
	}
	return s.insertCharge(ctx, a, by, now)
}

func (s *Accounts) insertCharge(ctx context.Context, a roster.Account, by string, at time.Time) error {
	c := roster.Charge{ID: a.ID + "/" + at.UTC().Format("20060102T150405.000"), Account: a.ID, Name: a.Name, Roles: a.Roles, Province: a.Province, On: roster.Day(at), By: by, RecordedAt: at}
	if err := s.Store.Insert(ctx, roster.ChargeKind, &c); err != nil && !errors.Is(err, problem.ErrExists) {
		return err
	}
	return nil
}
