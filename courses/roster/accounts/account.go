// Package accounts is how people come in: accounts with their logins and passwords, and the printed codes that open
// them.
package accounts

import (
	"context"
	"errors"
	"io"
	"regexp"
	"slices"
	"sync/atomic"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// Accounts is the rules by which people get an account and sign in. What it returns and takes as an Account is the
// stored document, its hash included: it is not for the outside.
//
// Methods that act on another's account take the account that acts, by, and ask scope.go themselves. The others take
// the id of the account that is signed in.
type Accounts struct {
	Store store.Store
	Now   func() time.Time
	Rand  io.Reader
	Cost  Cost // of a password, as every hash that is kept has had it

	OnLock  func(ctx context.Context, l Lock) error  // told at each failure while a lock lasts; nil: nobody is
	OnFlood func(ctx context.Context, f Flood) error // the same for a network that has used its failures up

	desks   *desks
	pending pending
	devices *keys
	codes   atomic.Pointer[codeKey] // nil until it is first read
}

// NewAccounts works on a store, with a clock and a source of secret random bytes.
func NewAccounts(s store.Store, now func() time.Time, random io.Reader) *Accounts {
	return &Accounts{Store: s, Now: now, Rand: random, Cost: UsualCost, desks: newDesks(deskCount()), devices: &keys{store: s, now: now, random: random, purpose: "device"}}
}

// Kinds are the kinds of this package, for whoever opens a store.
var Kinds = []*store.Kind{
	roster.PersonKind, roster.PostingKind, roster.DetailKind, roster.IntakeKind, roster.PlaceChangeKind, roster.HandoverKind, roster.PendingKind,
	roster.AccountKind, roster.ChargeKind, roster.DecoyKind, roster.LoginKind, roster.ClaimKind, TallyKind,
	CodeKeyKind,
}

// abandoned is how long a login stays with an account that began to take it and never listed it, because the program
// ended between the two steps.
const abandoned = time.Hour

const mostLogins = 4 // of one account

var errSignIn = problem.Denied("sign-in-wrong")

var userName = regexp.MustCompile(`^[a-z][a-z0-9._-]{2,31}$`)

// NormaliseLogin is the form in which a login is kept: a phone number as Phone gives it, or a user name: a letter and
// then 2 to 31 letters, digits, dots, hyphens and underscores, folded, so that "Thư.Viện" is "thu.vien". Anything else
// is a *problem.Problem of the field "login".
func NormaliseLogin(typed string) (string, error) {
	if phone, err := roster.Phone(typed); err == nil {
		return phone, nil
	}
	if name := roster.Fold(typed); userName.MatchString(name) {
		return name, nil
	}
	return "", problem.Invalid("login", "login-form")
}

// Try is a try to sign in.
type Try struct {
	Login, Password string
	Address         string   // of the network that it comes from
	Devices         []string // the tokens that Remember gave this browser
}

// door is how a try comes in: what counts its failures, and in whose turn it is looked at.
type door struct {
	tally string
	guest guest
	field string // of the form, that problems name
}

// wrong is what is said of a password that is not right.
func (d door) wrong() error {
	return &problem.Problem{Kind: problem.ErrDenied, Code: "sign-in-wrong", Field: d.field}
}

// SignIn gives back the account of a login and its password. Whatever is wrong (login, password, a disabled account) is
// the one *problem.Problem "sign-in-wrong", after the same work. "sign-in-wait" speaks of the login alone, whether an
// account has it or not: too many wrong passwords were tried with it, or on this device. "too-many" speaks of the
// network address alone, and of strangers. An account with a second factor is not signed in yet: see Ticket.
// "sign-in-busy" (ErrUnavailable) comes when the password could not be looked at within five seconds or before the
// context ends.
func (s *Accounts) SignIn(ctx context.Context, t Try) (roster.Account, error) {
	login, err := NormaliseLogin(t.Login)
	if err != nil {
		login = "?" // which nobody can have
	}
	a, err := s.find(ctx, login)
	if err != nil {
		return roster.Account{}, err
	}
	device, err := s.known(ctx, a, t.Devices)
	if err != nil {
		return roster.Account{}, err
	}
	d := door{guest: guest{known: device != "", name: network(t.Address)}}
	if device != "" {
		d.guest.name = a.ID
		d.tally, err = s.mark(ctx, "device", device)
	} else {
		d.tally, err = s.mark(ctx, "login", login)
	}
	if err != nil {
		return roster.Account{}, err
	}
	if d.guest.known {
		a, err = s.check(ctx, a, t.Password, d)
	} else {
		a, err = s.checkFrom(ctx, a, t, d)
	}
	if err != nil {
		return roster.Account{}, err
	}
	if a, err = s.into(ctx, a); err != nil || !NeedsSecond(a) || !a.SecondAsked.IsZero() {
		return a, err
	}
	now := store.Time(s.Now())
	return store.Update(ctx, s.Store, roster.AccountKind, a.ID, func(a *roster.Account) error { a.SecondAsked = now; return nil })
}

// nobodyID is the id that no account has: it is read where there is none.
const nobodyID = "-"

// ByLogin is the account that signs in with a login, for a command: its answer says who has an account and who has
// none.
func (s *Accounts) ByLogin(ctx context.Context, login string) (roster.Account, error) {
	login, err := NormaliseLogin(login)
	if err != nil {
		return roster.Account{}, err
	}
	held, err := store.Get[roster.Login](ctx, s.Store, roster.LoginKind, login)
	if err != nil {
		return roster.Account{}, err
	}
	return store.Get[roster.Account](ctx, s.Store, roster.AccountKind, held.Account)
}

// find reads the account that holds a login, or the zero account: two reads in either case.
func (s *Accounts) find(ctx context.Context, login string) (roster.Account, error) {
	held, err := store.Get[roster.Login](ctx, s.Store, roster.LoginKind, login)
	if errors.Is(err, problem.ErrNotFound) {
		held, err = roster.Login{Account: nobodyID}, nil
	}
	if err != nil {
		return roster.Account{}, err
	}
	a, err := store.Get[roster.Account](ctx, s.Store, roster.AccountKind, held.Account)
	if errors.Is(err, problem.ErrNotFound) || err == nil && !a.Takes(login, s.Now()) {
		return roster.Account{}, nil
	}
	return a, err
}

// check looks at the password of an account, counts it, and gives the account back when it is right. While its tally
// waits nothing is hashed. A wrong password is one comparison and one write, for the zero account as for any other.
func (s *Accounts) check(ctx context.Context, a roster.Account, password string, d door) (roster.Account, error) {
	if _, err := s.mayTry(ctx, a, d); err != nil { // before the queue, which is for those who may try
		return roster.Account{}, err
	}
	vacate, err := s.desks.enter(ctx, d.guest)
	if err != nil {
		return roster.Account{}, err
	}
	defer vacate()
	t, err := s.mayTry(ctx, a, d) // others of the same login were before this one
	if err != nil {
		return roster.Account{}, err
	}
	right, err := s.Cost.matches(password, a.Hash)
	if err != nil {
		return roster.Account{}, err
	}
	return s.count(ctx, a, right && !a.Disabled, t, d)
}

// checkFrom is check for a stranger, whose network pays for a wrong password too.
func (s *Accounts) checkFrom(ctx context.Context, a roster.Account, t Try, d door) (roster.Account, error) {
	leave, err := s.enterFrom(ctx, "password", t.Address)
	if err != nil {
		return roster.Account{}, err
	}
	a, err = s.check(ctx, a, t.Password, d)
	if failed := leave(isWrong(err)); failed != nil {
		return roster.Account{}, failed
	}
	return a, err
}

// isWrong says whether a password or code was looked at and is not the right one.
func isWrong(err error) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Code == "sign-in-wrong"
}

// mayTry reads a tally, and says for how long it waits.
func (s *Accounts) mayTry(ctx context.Context, a roster.Account, d door) (Tally, error) {
	t, err := s.tally(ctx, d.tally)
	if err != nil {
		return t, err
	}
	now := s.Now()
	t = t.of(a, now)
	if wait := t.waits(now); wait > 0 {
		return t, errWait(wait, d.field)
	}
	return t, nil
}

// count writes down how a password or code did, and says sign-in-wrong unless it was right and no lock began meanwhile.
func (s *Accounts) count(ctx context.Context, a roster.Account, right bool, seen Tally, d door) (roster.Account, error) {
	if right && seen.Failures == 0 {
		return a, nil
	}
	now, open := s.Now(), false
	t, err := s.retally(ctx, d.tally, func(t *Tally) {
		*t = t.of(a, now)
		locked := t.waits(now) > 0
		open = right && !locked
		switch {
		case open:
			*t = Tally{ID: t.ID, Unlocked: a.Unlocked, ExpiresAt: store.Time(now)}
		case !locked && !right:
			t.fail(now)
		}
	})
	if err == nil && !open {
		if err = s.locked(ctx, a, t, d.guest.known); err == nil {
			err = d.wrong()
		}
	}
	if err != nil {
		return roster.Account{}, err
	}
	if a.LockedUntil.IsZero() || d.guest.known {
		return a, nil
	}
	return store.Update(ctx, s.Store, roster.AccountKind, a.ID, func(a *roster.Account) error { a.LockedUntil = time.Time{}; return nil })
}

// unlock forgets the wrong passwords before.
func unlock(a *roster.Account) {
	a.Failures, a.LockedUntil = 0, time.Time{}
	a.Unlocked++
}

// Create makes an account without a password for a person beyond learning (trainer, staff, office, admin) and the code
// that opens it. id is the person's when they are on the roster, and "" otherwise. Staff need a province. An account
// that is there already is the *problem.Problem "account-exists" (ErrExists), unless the program ended before its code
// was made: then it gets one.
func (s *Accounts) Create(ctx context.Context, by roster.Account, id, name string, roles []roster.Role, province string) (roster.Account, Slip, error) {
	if !roster.MayGrant(by) {
		return roster.Account{}, Slip{}, problem.Denied("not-yours")
	}
	name, err := roster.Name(name)
	if err != nil {
		return roster.Account{}, Slip{}, err
	}
	var person roster.Person
	if id == "" {
		id = roster.NewID(s.Rand)
	} else if there, err := store.Get[roster.Account](ctx, s.Store, roster.AccountKind, id); err == nil {
		return s.resume(ctx, by, there, roles, province)
	} else if !errors.Is(err, problem.ErrNotFound) {
		return roster.Account{}, Slip{}, err
	} else if person, err = store.Get[roster.Person](ctx, s.Store, roster.PersonKind, id); err != nil {
		return roster.Account{}, Slip{}, err
	}
	a := roster.Account{ID: id, Name: name, Sort: roster.SortKey(name), CreatedAt: store.Time(s.Now())}
	if err := grant(&a, roles, province); err != nil {
		return roster.Account{}, Slip{}, err
	}
	if err := s.Store.Insert(ctx, roster.AccountKind, &a); err != nil {
		if errors.Is(err, problem.ErrExists) {
			err = errAccountExists
		}
		return roster.Account{}, Slip{}, err
	}
	if err := s.told(ctx, a, by.ID); err != nil {
		return roster.Account{}, Slip{}, err
	}
	slip, err := s.issue(ctx, by, opening{a, person}, claimLife)
	return a, slip, err
}

var errAccountExists error = &problem.Problem{Kind: problem.ErrExists, Code: "account-exists"}

// resume gives a code to an account that was made as it is wanted now and never got one.
func (s *Accounts) resume(ctx context.Context, by, there roster.Account, roles []roster.Role, province string) (roster.Account, Slip, error) {
	wanted := there
	if err := grant(&wanted, roles, province); err != nil {
		return roster.Account{}, Slip{}, err
	}
	newest, err := s.newest(ctx, there.ID)
	if err != nil {
		return roster.Account{}, Slip{}, err
	}
	if there.Hash != "" || there.Disabled || newest.ID != "" || !slices.Equal(wanted.Roles, there.Roles) || wanted.Province != there.Province {
		return roster.Account{}, Slip{}, errAccountExists
	}
	o, err := s.open(ctx, there.ID)
	if err != nil {
		return roster.Account{}, Slip{}, err
	}
	slip, err := s.issue(ctx, by, o, claimLife)
	return there, slip, err
}

var presentProvince = regexp.MustCompile(`^[0-9]{2}$`)

// grant sets the roles, sorted and each once, and the province, which only staff and trainers have.
func grant(a *roster.Account, roles []roster.Role, province string) error {
	roles = slices.Compact(slices.Sorted(slices.Values(roles)))
	known := []roster.Role{roster.Learner, roster.Trainer, roster.Staff, roster.Office, roster.Admin}
	if len(roles) == 0 || slices.ContainsFunc(roles, func(r roster.Role) bool { return !slices.Contains(known, r) }) {
		return problem.Invalid("roles", "roles-unknown")
	}
	scoped := slices.Contains(roles, roster.Staff) || slices.Contains(roles, roster.Trainer)
	switch {
	case !scoped:
		province = ""
	case province == "" && slices.Contains(roles, roster.Staff), province != "" && !presentProvince.MatchString(province):
		return problem.Invalid("province", "province-needed")
	}
	a.Roles, a.Province, a.Keeper = roles, province, roster.BeyondLearning(roles)
	return nil
}

// keepAnAdmin refuses to take away the last account that can give roles.
func (s *Accounts) keepAnAdmin(ctx context.Context, id string) error {
	last, admin := true, false
	err := store.Each(ctx, s.Store, roster.AccountKind, store.Where(store.Is("keeper", true)).By("sort"), func(a roster.Account) error {
		if !a.Has(roster.Admin) || a.Hash == "" {
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
		err = problem.Denied("last-admin")
	}
	return err
}

// ErrAsItIs says of a change of an account that there was nothing to change: a button was pressed twice.
var ErrAsItIs = errors.New("the account is so already")

// Disable ends the sessions of an account and lets nobody sign in to it until Enable. Of one that is disabled it is
// ErrAsItIs.
func (s *Accounts) Disable(ctx context.Context, by roster.Account, id string) (roster.Account, error) {
	if by.Has(roster.Admin) { // nobody else may disable one
		if err := s.keepAnAdmin(ctx, id); err != nil {
			return roster.Account{}, err
		}
	}
	return s.setDisabled(ctx, by, id, true)
}

// Enable undoes Disable.
func (s *Accounts) Enable(ctx context.Context, by roster.Account, id string) (roster.Account, error) {
	return s.setDisabled(ctx, by, id, false)
}

func (s *Accounts) setDisabled(ctx context.Context, by roster.Account, id string, disabled bool) (roster.Account, error) {
	return s.manage(ctx, by, id, func(a *roster.Account) error {
		if a.Disabled == disabled {
			return ErrAsItIs
		}
		a.Disabled = disabled
		a.Switched++
		return nil
	})
}

// Reset takes the password of an account away, ends its sessions and every earlier code, and gives a new code to set
// one. A person on the roster who has no account yet just gets a new code.
func (s *Accounts) Reset(ctx context.Context, by roster.Account, id string) (Slip, error) {
	o, err := s.open(ctx, id)
	if err != nil {
		return Slip{}, err
	}
	if o.account.ID == "" && o.person.ID == "" {
		return Slip{}, store.NotFound(roster.AccountKind, id)
	}
	if o.account.ID == "" {
		if !roster.MayIssueClaims(by, o.person.Province) {
			return Slip{}, problem.Denied("not-yours")
		}
		return s.issue(ctx, by, o, claimLife)
	}
	over, err := s.over(ctx, id)
	if err != nil {
		return Slip{}, err
	}
	o.account, err = s.manage(ctx, by, id, func(a *roster.Account) error {
		a.Hash, a.ClaimsFrom = "", over
		unlock(a)
		return nil
	})
	if err != nil {
		return Slip{}, err
	}
	return s.issue(ctx, by, o, claimLife)
}

// manage changes another's account and ends its sessions, when by may do that to the account as it is at that moment.
func (s *Accounts) manage(ctx context.Context, by roster.Account, id string, change func(*roster.Account) error) (roster.Account, error) {
	person, err := s.person(ctx, id)
	if err != nil {
		return roster.Account{}, err
	}
	return store.Update(ctx, s.Store, roster.AccountKind, id, func(a *roster.Account) error {
		if !roster.MayManageAccount(by, *a, person.Province) {
			return problem.Denied("not-yours")
		}
		a.Session++
		return change(a)
	})
}

// person reads somebody on the roster, the zero Person when they are not on it.
func (s *Accounts) person(ctx context.Context, id string) (roster.Person, error) {
	p, err := store.Get[roster.Person](ctx, s.Store, roster.PersonKind, id)
	if errors.Is(err, problem.ErrNotFound) {
		return roster.Person{}, nil
	}
	return p, err
}

// EndSessions signs the account out everywhere, and every device is unknown again.
func (s *Accounts) EndSessions(ctx context.Context, id string) (roster.Account, error) {
	return store.Update(ctx, s.Store, roster.AccountKind, id, func(a *roster.Account) error { a.Session++; return nil })
}

// ChangePassword replaces the password, when the old one is right, and ends every session, so that a new one must begin
// with the account given back. Wrong old passwords are counted apart from those of sign-ins.
func (s *Accounts) ChangePassword(ctx context.Context, id, old, password string) (roster.Account, error) {
	seen, err := s.Confirm(ctx, id, old)
	if err != nil {
		return roster.Account{}, err
	}
	if password, err = Password(password, seen.Logins...); err != nil {
		return roster.Account{}, err
	}
	hash, err := s.hash(ctx, password, guest{known: true, name: id})
	if err != nil {
		return roster.Account{}, err
	}
	return store.Update(ctx, s.Store, roster.AccountKind, id, func(a *roster.Account) error {
		if a.Hash != seen.Hash {
			return errSignIn
		}
		a.Hash = hash
		a.Session++
		return nil
	})
}

// Confirm is SignIn for somebody who is signed in: problems name the field "old".
func (s *Accounts) Confirm(ctx context.Context, id, password string) (roster.Account, error) {
	a, err := store.Get[roster.Account](ctx, s.Store, roster.AccountKind, id)
	if err != nil {
		return roster.Account{}, err
	}
	tally, err := s.mark(ctx, "account", id)
	if err != nil {
		return roster.Account{}, err
	}
	return s.check(ctx, a, password, door{tally, guest{known: true, name: id}, "old"})
}

// Read gives an account as it is kept.
func (s *Accounts) Read(ctx context.Context, id string) (roster.Account, error) {
	return store.Get[roster.Account](ctx, s.Store, roster.AccountKind, id)
}

// SignOut ends every session of another.
func (s *Accounts) SignOut(ctx context.Context, by roster.Account, id string) (roster.Account, error) {
	return s.manage(ctx, by, id, func(*roster.Account) error { return nil })
}

// HasPassword says whether a password is that of an account. It counts nothing: it is for a command.
func (s *Accounts) HasPassword(ctx context.Context, id, password string) (bool, error) {
	a, err := store.Get[roster.Account](ctx, s.Store, roster.AccountKind, id)
	if err != nil || a.Hash == "" {
		return false, err
	}
	return s.Cost.matches(password, a.Hash)
}

// AddLogin gives the account one more phone number or user name, when the password is right. One that another account
// holds is the *problem.Problem "login-taken" (ErrExists).
func (s *Accounts) AddLogin(ctx context.Context, id, password, login string) (roster.Account, error) {
	login, err := NormaliseLogin(login)
	if err != nil {
		return roster.Account{}, err
	}
	if _, err := s.Confirm(ctx, id, password); err != nil {
		return roster.Account{}, err
	}
	if err := s.take(ctx, login, id); err != nil {
		return roster.Account{}, err
	}
	return store.Update(ctx, s.Store, roster.AccountKind, id, func(a *roster.Account) error { return list(a, login) })
}

// list adds a login that the account has taken.
func list(a *roster.Account, login string) error {
	delete(a.Ending, login)
	if slices.Contains(a.Logins, login) {
		return nil
	}
	if len(a.Logins)-len(a.Ending) >= mostLogins {
		return problem.Invalid("login", "login-many", mostLogins)
	}
	a.Logins = append(a.Logins, login)
	return nil
}

// DropLogin takes a login away, when the password is right and another login is left.
func (s *Accounts) DropLogin(ctx context.Context, id, password, login string) (roster.Account, error) {
	if _, err := s.Confirm(ctx, id, password); err != nil {
		return roster.Account{}, err
	}
	a, err := store.Update(ctx, s.Store, roster.AccountKind, id, func(a *roster.Account) error {
		i := slices.Index(a.Logins, login)
		_, ending := a.Ending[login]
		if i < 0 || !ending && len(a.Logins)-len(a.Ending) < 2 {
			return problem.Invalid("login", "login-last")
		}
		a.Logins = slices.Delete(a.Logins, i, i+1)
		delete(a.Ending, login)
		return nil
	})
	if err != nil {
		return roster.Account{}, err
	}
	if err := s.Store.Delete(ctx, roster.LoginKind, login); err != nil && !errors.Is(err, problem.ErrNotFound) {
		return roster.Account{}, err
	}
	return a, nil
}

// take makes a login belong to an account, which lists it afterwards. When the program ends in between, the same
// account may take it again at once, and another one after an hour: so nothing has to be undone.
func (s *Accounts) take(ctx context.Context, login, account string) error {
	now := store.Time(s.Now())
	err := s.Store.Insert(ctx, roster.LoginKind, &roster.Login{ID: login, Account: account, At: now})
	if !errors.Is(err, problem.ErrExists) {
		return err
	}
	held, err := store.Get[roster.Login](ctx, s.Store, roster.LoginKind, login)
	if err != nil {
		return err
	}
	lists, err := s.lists(ctx, held)
	if err != nil {
		return err
	}
	_, err = store.Update(ctx, s.Store, roster.LoginKind, login, func(l *roster.Login) error {
		if l.Account != account && (lists || now.Sub(l.At) < abandoned) {
			return &problem.Problem{Kind: problem.ErrExists, Code: "login-taken", Field: "login"}
		}
		l.Account, l.At = account, now
		return nil
	})
	return err
}

// lists says whether the account that a login belongs to lists it, and so has finished taking it.
func (s *Accounts) lists(ctx context.Context, held roster.Login) (bool, error) {
	a, err := store.Get[roster.Account](ctx, s.Store, roster.AccountKind, held.Account)
	if errors.Is(err, problem.ErrNotFound) {
		return false, nil
	}
	return a.Takes(held.ID, s.Now()), err
}
