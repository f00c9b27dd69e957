package accounts

import (
	"context"
	"errors"
	"slices"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// Join makes the account of an entry lead to that of the entry it was joined to, see roster.Merge: whoever signs in to
// the one is in the other. An account without a password of its own takes over the other's password and logins. Doing
// it again changes nothing; sessions of the account that is gone end.
func (s *Accounts) Join(ctx context.Context, gone, kept roster.Person) error {
	from, err := store.Get[roster.Account](ctx, s.Store, roster.AccountKind, gone.ID)
	if errors.Is(err, problem.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	to := roster.Account{ID: kept.ID, Name: kept.Name, Sort: kept.Sort, Roles: from.Roles, Keeper: from.Keeper, Province: from.Province, CreatedAt: store.Time(s.Now())}
	if err := s.Store.Insert(ctx, roster.AccountKind, &to); err != nil && !errors.Is(err, problem.ErrExists) {
		return err
	}
	lent := []string{}
	to, err = store.Update(ctx, s.Store, roster.AccountKind, kept.ID, func(a *roster.Account) error {
		lent = lent[:0]
		if a.Hash == "" && from.Hash != "" {
			a.Hash, a.ConsentedAt = from.Hash, from.ConsentedAt
			for _, login := range from.Logins {
				if !slices.Contains(a.Logins, login) {
					a.Logins, lent = append(a.Logins, login), append(lent, login)
					if until, ends := from.Ending[login]; ends {
						end(a, login, until)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.give(ctx, lent, kept.ID); err != nil {
		return err
	}
	_, err = store.Update(ctx, s.Store, roster.AccountKind, gone.ID, func(a *roster.Account) error {
		if a.Into != kept.ID {
			a.Session++
		}
		a.Into = kept.ID
		for _, login := range lent {
			if !slices.Contains(a.Lent, login) {
				a.Lent = append(a.Lent, login)
			}
		}
		return nil
	})
	return err
}

// Part undoes Join: the account is its own again, with the logins that it had. The password that it lent stays valid
// for both until one of them is given another.
func (s *Accounts) Part(ctx context.Context, gone string) error {
	from, err := store.Get[roster.Account](ctx, s.Store, roster.AccountKind, gone)
	if errors.Is(err, problem.ErrNotFound) || err == nil && from.Into == "" {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = store.Update(ctx, s.Store, roster.AccountKind, from.Into, func(a *roster.Account) error {
		a.Logins = slices.DeleteFunc(a.Logins, func(login string) bool { return slices.Contains(from.Lent, login) })
		for _, login := range from.Lent {
			delete(a.Ending, login)
		}
		if len(from.Lent) > 0 {
			a.Session++
			if len(a.Logins) == 0 { // it was opened by the other's password alone
				a.Hash = ""
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.give(ctx, from.Lent, gone); err != nil {
		return err
	}
	_, err = store.Update(ctx, s.Store, roster.AccountKind, gone, func(a *roster.Account) error { a.Into, a.Lent = "", nil; return nil })
	return err
}

// give makes logins belong to an account.
func (s *Accounts) give(ctx context.Context, logins []string, account string) error {
	for _, login := range logins {
		_, err := store.Update(ctx, s.Store, roster.LoginKind, login, func(l *roster.Login) error { l.Account = account; return nil })
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return err
		}
	}
	return nil
}

// into is the account that another leads to; itself where it leads nowhere.
func (s *Accounts) into(ctx context.Context, a roster.Account) (roster.Account, error) {
	for n := 0; a.Into != "" && n < 10; n++ {
		var err error
		if a, err = store.Get[roster.Account](ctx, s.Store, roster.AccountKind, a.Into); err != nil {
			return roster.Account{}, err
		}
		if a.Disabled {
			return roster.Account{}, errSignIn
		}
	}
	return a, nil
}
