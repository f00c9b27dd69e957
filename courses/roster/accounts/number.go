package accounts

import (
	"context"
	"slices"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// BothLogins is how long a number that another one replaced is still taken beside it.
const BothLogins = 30 * 24 * time.Hour

// NewNumber is the mobile number of a person by which their account is not signed in to yet, though it is by another
// one: it may become the login. It is "" where there is nothing to offer.
func NewNumber(a roster.Account, p roster.Person) string {
	if a.ID == "" || a.Into != "" || !roster.IsMobile(p.Phone) {
		return ""
	}
	_, ends := a.Ending[p.Phone]
	if slices.Contains(a.Logins, p.Phone) && !ends {
		return ""
	}
	if !slices.ContainsFunc(a.Logins, func(login string) bool { _, ends := a.Ending[login]; return roster.IsMobile(login) && !ends }) {
		return ""
	}
	return p.Phone
}

// FollowNumber makes the mobile number of a person the login of their account. The number that it was before is taken
// for thirty days more; user names stay. Doing it again changes nothing, and when the number is changed back, so is
// the login. A number that another account holds is the *problem.Problem "login-taken" (ErrExists).
func (s *Accounts) FollowNumber(ctx context.Context, by roster.Account, id string) (old []string, a roster.Account, err error) {
	o, err := s.open(ctx, id)
	if err != nil {
		return nil, a, err
	}
	if o.account.ID == "" {
		return nil, a, store.NotFound(roster.AccountKind, id)
	}
	if by.ID != id && !roster.MayManageAccount(by, o.account, o.person.Province) {
		return nil, a, problem.Denied("not-yours")
	}
	number := NewNumber(o.account, o.person)
	if number == "" {
		return nil, o.account, nil
	}
	if err := s.take(ctx, number, id); err != nil {
		return nil, a, err
	}
	now := s.Now()
	until := store.Time(now.Add(BothLogins))
	a, err = store.Update(ctx, s.Store, roster.AccountKind, id, func(a *roster.Account) error {
		old = old[:0]
		forgetEnded(a, now)
		for _, login := range a.Logins {
			if _, ends := a.Ending[login]; roster.IsMobile(login) && login != number && !ends {
				end(a, login, until)
				old = append(old, login)
			}
		}
		return list(a, number)
	})
	return old, a, err
}

// forgetEnded takes logins away whose time is over. Another account may hold them by now.
func forgetEnded(a *roster.Account, now time.Time) {
	a.Logins = slices.DeleteFunc(a.Logins, func(login string) bool { return !a.Takes(login, now) })
	for login := range a.Ending {
		if !slices.Contains(a.Logins, login) {
			delete(a.Ending, login)
		}
	}
}

func end(a *roster.Account, login string, until time.Time) {
	if a.Ending == nil {
		a.Ending = map[string]time.Time{}
	}
	a.Ending[login] = until
}
