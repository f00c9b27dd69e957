package roster

import (
	"context"
	"errors"
	"io"
	"regexp"
	"slices"
	"time"

	"lopban/courses/store"
)

// Accounts is the rules by which people get an account and sign in. What it returns and takes as an Account is the stored document, its hash
// included: it is not for the outside.
//
// Methods that act on another's account take the account that acts, by, and ask scope.go themselves. The others take the id of the account that is signed in.
type Accounts struct {
	Store store.Store
	Now   func() time.Time
	Rand  io.Reader

	desks     desks
	addresses addresses
}

// NewAccounts works on a store, with a clock and a source of secret random bytes.
func NewAccounts(s store.Store, now func() time.Time, random io.Reader) *Accounts {
	return &Accounts{Store: s, Now: now, Rand: random, desks: newDesks()}
}

// Kinds are the kinds of this package, for whoever opens a store.
var Kinds = []*store.Kind{PersonKind, PostingKind, AccountKind, DecoyKind, LoginKind, ClaimKind}

// A lockout begins at the fifth wrong password in a row with a minute, and doubles with each one after it up to an hour.
const (
	lockAfter   = 5
	lockFirst   = time.Minute
	lockLongest = time.Hour
)

// abandoned is how long a login stays with an account that began to take it and never listed it, because the program ended between the two steps.
const abandoned = time.Hour

const mostLogins = 4 // of one account

var errSignIn = store.Denied("sign-in-wrong")

var userName = regexp.MustCompile(`^[a-z][a-z0-9._-]{2,31}$`)

// NormaliseLogin is the form in which a login is kept: a phone number as Phone gives it, or a user name: a letter and then 2 to 31 letters, digits, dots, hyphens and underscores, folded,
// so that "Thư.Viện" is "thu.vien". Anything else is a *store.Problem of the field "login".
func NormaliseLogin(typed string) (string, error) {
	if phone, err := Phone(typed); err == nil {
		return phone, nil
	}
	if name := Fold(typed); userName.MatchString(name) {
		return name, nil
	}
	return "", store.Invalid("login", "login-form")
}

// SignIn gives back the account of a login and its password. Whatever is wrong (login, password, a locked or disabled account) is the one *store.Problem
// "sign-in-wrong", after the same work. "too-many" speaks of the network address alone, and "sign-in-busy" (ErrUnavailable) comes when the password could not
// be looked at within five seconds or before the context ends.
func (s *Accounts) SignIn(ctx context.Context, login, password, address string) (_ Account, err error) {
	leave, err := s.addresses.enter(address, s.Now())
	if err != nil {
		return Account{}, err
	}
	defer func() { leave(errors.Is(err, store.ErrDenied)) }()
	vacate, err := s.desks.enter(ctx)
	if err != nil {
		return Account{}, err
	}
	defer vacate()
	a, err := s.find(ctx, login)
	if err != nil {
		return Account{}, err
	}
	return s.check(ctx, a, password)
}

// decoy is the id of the one document of DecoyKind.
const decoy = "decoy"

// find reads the account that holds a login, or the decoy: two reads in either case.
func (s *Accounts) find(ctx context.Context, login string) (Account, error) {
	login, err := NormaliseLogin(login)
	if err != nil {
		login = "?" // which nobody can have
	}
	held, err := store.Get[Login](ctx, s.Store, LoginKind, login)
	if err == nil {
		var a Account
		a, err = store.Get[Account](ctx, s.Store, AccountKind, held.Account)
		if err == nil && slices.Contains(a.Logins, login) {
			return a, nil
		}
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Account{}, err
	}
	return s.readDecoy(ctx)
}

// readDecoy makes the decoy when it is not there yet.
func (s *Accounts) readDecoy(ctx context.Context) (Account, error) {
	a, err := store.Get[Account](ctx, s.Store, DecoyKind, decoy)
	if errors.Is(err, store.ErrNotFound) {
		a = Account{ID: decoy}
		if err = s.Store.Insert(ctx, DecoyKind, &a); errors.Is(err, store.ErrExists) {
			err = nil
		}
	}
	return a, err
}

// check looks at the password of an account, counts it, and gives the account back when it is right. It is called at a desk: so at most one guess for each
// desk is under way when a lockout begins. A wrong password is one comparison and one write, for the decoy as for any account.
func (s *Accounts) check(ctx context.Context, a Account, password string) (Account, error) {
	right, err := matches(password, a.Hash)
	if err != nil {
		return Account{}, err
	}
	right = right && !a.Disabled
	if right && a.Failures == 0 {
		return a, nil
	}
	kind := AccountKind
	if a.ID == decoy {
		kind = DecoyKind
	}
	return s.count(ctx, kind, a, right)
}

// count writes down how a password did, and says sign-in-wrong unless it was right for the account as it is now and no lockout holds.
func (s *Accounts) count(ctx context.Context, kind *store.Kind, seen Account, right bool) (Account, error) {
	now, open := s.Now(), false
	a, err := store.Update(ctx, s.Store, kind, seen.ID, func(a *Account) error {
		locked := now.Before(a.LockedUntil)
		open = right && !locked && !a.Disabled && a.Hash == seen.Hash
		switch {
		case open:
			a.Failures, a.LockedUntil = 0, time.Time{}
		case !locked && !right:
			a.Failures++
			a.LockedUntil = lockedUntil(now, a.Failures)
		}
		return nil
	})
	if err == nil && !open {
		err = errSignIn
	}
	if err != nil {
		return Account{}, err
	}
	return a, nil
}

// lockedUntil is when an account with so many wrong passwords in a row may be tried again, zero for at once.
func lockedUntil(now time.Time, failures int) time.Time {
	if failures < lockAfter {
		return time.Time{}
	}
	wait := lockLongest
	if n := failures - lockAfter; n < 6 {
		wait = min(lockFirst<<n, lockLongest)
	}
	return store.Time(now.Add(wait))
}

// Create makes an account without a password for a person beyond learning (trainer, staff, office, admin) and the code that opens it. id is the person's when they are on the roster, and
// "" otherwise. Staff need a province. An account that is there already is the *store.Problem "account-exists" (ErrExists).
func (s *Accounts) Create(ctx context.Context, by Account, id, name string, roles []Role, province string) (Account, Slip, error) {
	if !MayGrant(by) {
		return Account{}, Slip{}, store.Denied("not-yours")
	}
	name, err := Name(name)
	if err != nil {
		return Account{}, Slip{}, err
	}
	var person Person
	if id == "" {
		id = NewID(s.Rand)
	} else if person, err = store.Get[Person](ctx, s.Store, PersonKind, id); err != nil {
		return Account{}, Slip{}, err
	}
	a := Account{ID: id, Name: name, Sort: SortKey(name), CreatedAt: store.Time(s.Now())}
	if err := a.grant(roles, province); err != nil {
		return Account{}, Slip{}, err
	}
	if err := s.Store.Insert(ctx, AccountKind, &a); err != nil {
		if errors.Is(err, store.ErrExists) {
			err = &store.Problem{Kind: store.ErrExists, Code: "account-exists"}
		}
		return Account{}, Slip{}, err
	}
	slip, err := s.issue(ctx, by, opening{a, person}, claimLife)
	return a, slip, err
}

var presentProvince = regexp.MustCompile(`^[0-9]{2}$`)

// grant sets the roles, sorted and each once, and the province, which only staff and trainers have.
func (a *Account) grant(roles []Role, province string) error {
	roles = slices.Compact(slices.Sorted(slices.Values(roles)))
	known := []Role{Learner, Trainer, Staff, Office, Admin}
	if len(roles) == 0 || slices.ContainsFunc(roles, func(r Role) bool { return !slices.Contains(known, r) }) {
		return store.Invalid("roles", "roles-unknown")
	}
	scoped := slices.Contains(roles, Staff) || slices.Contains(roles, Trainer)
	switch {
	case !scoped:
		province = ""
	case province == "" && slices.Contains(roles, Staff), province != "" && !presentProvince.MatchString(province):
		return store.Invalid("province", "province-needed")
	}
	a.Roles, a.Province, a.Keeper = roles, province, beyondLearning(roles)
	return nil
}

// SetRoles replaces the roles and the province of an account and ends its sessions.
func (s *Accounts) SetRoles(ctx context.Context, by Account, id string, roles []Role, province string) (Account, error) {
	if !MayGrant(by) {
		return Account{}, store.Denied("not-yours")
	}
	if !slices.Contains(roles, Admin) {
		if err := s.keepAnAdmin(ctx, id); err != nil {
			return Account{}, err
		}
	}
	return store.Update(ctx, s.Store, AccountKind, id, func(a *Account) error {
		a.Session++
		return a.grant(roles, province)
	})
}

// keepAnAdmin refuses to take away the last account that can give roles.
func (s *Accounts) keepAnAdmin(ctx context.Context, id string) error {
	last, admin := true, false
	err := store.Each(ctx, s.Store, AccountKind, store.Where(store.Is("keeper", true)), func(a Account) error {
		if !a.Has(Admin) || a.Hash == "" {
			return nil
		}
		if a.ID != id {
			last = false
			return store.Stop
		}
		admin = true
		return nil
	})
	if err == nil && last && admin {
		err = store.Denied("last-admin")
	}
	return err
}

// Disable ends the sessions of an account and lets nobody sign in to it until Enable.
func (s *Accounts) Disable(ctx context.Context, by Account, id string) (Account, error) {
	if by.Has(Admin) { // nobody else may disable one
		if err := s.keepAnAdmin(ctx, id); err != nil {
			return Account{}, err
		}
	}
	return s.manage(ctx, by, id, func(a *Account) { a.Disabled = true })
}

// Enable undoes Disable.
func (s *Accounts) Enable(ctx context.Context, by Account, id string) (Account, error) {
	return s.manage(ctx, by, id, func(a *Account) { a.Disabled = false })
}

// Reset takes the password of an account away, ends its sessions and every earlier code, and gives a new code to set one. A person on the roster who has no account yet just gets a new code.
func (s *Accounts) Reset(ctx context.Context, by Account, id string) (Slip, error) {
	o, err := s.open(ctx, id)
	if err != nil {
		return Slip{}, err
	}
	if o.account.ID == "" && o.person.ID == "" {
		return Slip{}, store.NotFound(AccountKind, id)
	}
	if o.account.ID == "" {
		if !MayIssueClaims(by, o.person.Province) {
			return Slip{}, store.Denied("not-yours")
		}
		return s.issue(ctx, by, o, claimLife)
	}
	now := store.Time(s.Now())
	o.account, err = s.manage(ctx, by, id, func(a *Account) {
		a.Hash, a.Failures, a.LockedUntil, a.ClaimsFrom = "", 0, time.Time{}, now
	})
	if err != nil {
		return Slip{}, err
	}
	return s.issue(ctx, by, o, claimLife)
}

// manage changes another's account and ends its sessions, when by may do that to the account as it is at that moment.
func (s *Accounts) manage(ctx context.Context, by Account, id string, change func(*Account)) (Account, error) {
	person, err := s.person(ctx, id)
	if err != nil {
		return Account{}, err
	}
	return store.Update(ctx, s.Store, AccountKind, id, func(a *Account) error {
		if !MayManageAccount(by, *a, person.Province) {
			return store.Denied("not-yours")
		}
		a.Session++
		change(a)
		return nil
	})
}

// person reads somebody on the roster, the zero Person when they are not on it.
func (s *Accounts) person(ctx context.Context, id string) (Person, error) {
	p, err := store.Get[Person](ctx, s.Store, PersonKind, id)
	if errors.Is(err, store.ErrNotFound) {
		return Person{}, nil
	}
	return p, err
}

// EndSessions signs the account out everywhere.
func (s *Accounts) EndSessions(ctx context.Context, id string) (Account, error) {
	return store.Update(ctx, s.Store, AccountKind, id, func(a *Account) error { a.Session++; return nil })
}

// ChangePassword replaces the password, when the old one is right, and ends every session, so that a new one must begin with the account given back. A
// wrong old password counts as a failed sign-in does.
func (s *Accounts) ChangePassword(ctx context.Context, id, old, password string) (Account, error) {
	vacate, err := s.desks.enter(ctx)
	if err != nil {
		return Account{}, err
	}
	defer vacate()
	seen, err := s.confirm(ctx, id, old)
	if err != nil {
		return Account{}, err
	}
	if password, err = Password(password, seen.Logins...); err != nil {
		return Account{}, err
	}
	hash, err := hashed(password)
	if err != nil {
		return Account{}, err
	}
	return store.Update(ctx, s.Store, AccountKind, id, func(a *Account) error {
		if a.Hash != seen.Hash {
			return errSignIn
		}
		a.Hash = hash
		a.Session++
		return nil
	})
}

// confirm is check for somebody who is signed in; the problem names the field "old". It is called at a desk.
func (s *Accounts) confirm(ctx context.Context, id, password string) (Account, error) {
	a, err := store.Get[Account](ctx, s.Store, AccountKind, id)
	if err != nil {
		return Account{}, err
	}
	a, err = s.check(ctx, a, password)
	if errors.Is(err, store.ErrDenied) {
		err = &store.Problem{Kind: store.ErrDenied, Code: "sign-in-wrong", Field: "old"}
	}
	return a, err
}

// AddLogin gives the account one more phone number or user name, when the password is right. One that another account holds is the *store.Problem "login-taken" (ErrExists).
func (s *Accounts) AddLogin(ctx context.Context, id, password, login string) (Account, error) {
	login, err := NormaliseLogin(login)
	if err != nil {
		return Account{}, err
	}
	vacate, err := s.desks.enter(ctx)
	if err != nil {
		return Account{}, err
	}
	defer vacate()
	if _, err := s.confirm(ctx, id, password); err != nil {
		return Account{}, err
	}
	if err := s.take(ctx, login, id); err != nil {
		return Account{}, err
	}
	return store.Update(ctx, s.Store, AccountKind, id, func(a *Account) error { return a.list(login) })
}

// list adds a login that the account has taken.
func (a *Account) list(login string) error {
	if slices.Contains(a.Logins, login) {
		return nil
	}
	if len(a.Logins) >= mostLogins {
		return store.Invalid("login", "login-many", mostLogins)
	}
	a.Logins = append(a.Logins, login)
	return nil
}

// DropLogin takes a login away, when the password is right and another login is left.
func (s *Accounts) DropLogin(ctx context.Context, id, password, login string) (Account, error) {
	vacate, err := s.desks.enter(ctx)
	if err != nil {
		return Account{}, err
	}
	defer vacate()
	if _, err := s.confirm(ctx, id, password); err != nil {
		return Account{}, err
	}
	a, err := store.Update(ctx, s.Store, AccountKind, id, func(a *Account) error {
		i := slices.Index(a.Logins, login)
		if i < 0 || len(a.Logins) < 2 {
			return store.Invalid("login", "login-last")
		}
		a.Logins = slices.Delete(a.Logins, i, i+1)
		return nil
	})
	if err != nil {
		return Account{}, err
	}
	if err := s.Store.Delete(ctx, LoginKind, login); err != nil && !errors.Is(err, store.ErrNotFound) {
		return Account{}, err
	}
	return a, nil
}

// take makes a login belong to an account, which lists it afterwards. When the program ends in between, the same account may take it again at once, and
// another one after an hour: so nothing has to be undone.
func (s *Accounts) take(ctx context.Context, login, account string) error {
	now := store.Time(s.Now())
	err := s.Store.Insert(ctx, LoginKind, &Login{ID: login, Account: account, At: now})
	if !errors.Is(err, store.ErrExists) {
		return err
	}
	held, err := store.Get[Login](ctx, s.Store, LoginKind, login)
	if err != nil {
		return err
	}
	lists, err := s.lists(ctx, held)
	if err != nil {
		return err
	}
	_, err = store.Update(ctx, s.Store, LoginKind, login, func(l *Login) error {
		if l.Account != account && (lists || now.Sub(l.At) < abandoned) {
			return &store.Problem{Kind: store.ErrExists, Code: "login-taken", Field: "login"}
		}
		l.Account, l.At = account, now
		return nil
	})
	return err
}

// lists says whether the account that a login belongs to lists it, and so has finished taking it.
func (s *Accounts) lists(ctx context.Context, held Login) (bool, error) {
	a, err := store.Get[Account](ctx, s.Store, AccountKind, held.Account)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return slices.Contains(a.Logins, held.ID), err
}
