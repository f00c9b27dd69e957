package accounts

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// How long a printed code works: long enough to reach a commune by post and wait for its reader, and one day for the
// code that makes the first administrator, which stands in a log.
const (
	claimLife      = 60 * 24 * time.Hour
	firstAdminLife = 24 * time.Hour
)

// firstAdmin is the account that the program itself opens.
const firstAdmin = "ADMN000001"

// Slip is what is printed to hand somebody their code. The code is in no store and cannot be shown again.
type Slip struct {
	Code      string    `json:"code"` // two groups of five
	Account   string    `json:"account"`
	Name      string    `json:"name"`
	Library   string    `json:"library"` // "" for people not on the roster
	Commune   string    `json:"commune"` // code
	ExpiresAt time.Time `json:"expiresAt"`
}

// LastDay is the last whole day on which the code works: a slip promises no part of a day.
func (s Slip) LastDay() time.Time { return roster.Day(s.ExpiresAt).AddDate(0, 0, -1) }

// Holder is whose code it is, to show before it is used.
type Holder struct {
	Account string `json:"account"`
	Name    string `json:"name"`
	Library string `json:"library"`
	Commune string `json:"commune"` // code
	// that the account will have when none is given: held before, or the mobile number of the roster; "" when one must
	// be given
	Login string `json:"login"`
}

// opening is what a code opens: an account, or the person who has none yet. What is not there is zero.
type opening struct {
	account roster.Account
	person  roster.Person
}

func (o opening) id() string      { return cmp.Or(o.account.ID, o.person.ID) }
func (o opening) name() string    { return cmp.Or(o.account.Name, o.person.Name) }
func (o opening) library() string { return o.person.Library }

// login is the login that the account has or gets when none is given, "" for none.
func (o opening) login() string {
	for _, login := range o.account.Logins {
		if _, ends := o.account.Ending[login]; !ends {
			return login
		}
	}
	if roster.IsMobile(o.person.Phone) {
		return o.person.Phone
	}
	return ""
}

// open reads the account and the person of an id.
func (s *Accounts) open(ctx context.Context, id string) (o opening, err error) {
	if o.account, err = store.Get[roster.Account](ctx, s.Store, roster.AccountKind, id); err != nil && !errors.Is(err, problem.ErrNotFound) {
		return opening{}, err
	}
	o.person, err = s.person(ctx, id)
	return o, err
}

// NewClaims makes codes for everyone who holds a post in a province, or in one commune of it, and has no password yet,
// in the order of their names. A new code ends the earlier ones of the same person. People whose account by may not
// reset are left out: a code opens an account with the roles that it has.
func (s *Accounts) NewClaims(ctx context.Context, by roster.Account, province, commune string) ([]Slip, error) {
	return s.PrintClaims(ctx, by, province, commune, func(slips []Slip) ([]Slip, error) { return slips, nil })
}

// PrintClaims is NewClaims for who prints the slips: print gives back those that are on paper, and only their codes end
// earlier ones. When it fails everything is as before.
func (s *Accounts) PrintClaims(ctx context.Context, by roster.Account, province, commune string, print func([]Slip) ([]Slip, error)) ([]Slip, error) {
	if !roster.MayIssueClaims(by, province) {
		return nil, problem.Denied("not-yours")
	}
	q := store.Where(store.Is("province", province)).By("sort")
	if commune != "" {
		q = store.Where(store.Is("commune", commune)).By("sort")
	}
	people, err := store.All[roster.Person](ctx, s.Store, roster.PersonKind, q)
	if err != nil {
		return nil, err
	}
	people = slices.DeleteFunc(people, func(p roster.Person) bool { return !p.Active || p.Province != province })
	slices.SortStableFunc(people, func(a, b roster.Person) int { return cmp.Compare(a.Sort, b.Sort) })
	return s.issueAll(ctx, by, people, print)
}

func (s *Accounts) issueAll(ctx context.Context, by roster.Account, people []roster.Person, print func([]Slip) ([]Slip, error)) ([]Slip, error) {
	var slips []Slip
	made := map[string]*roster.Claim{} // by code
	for _, p := range people {
		o, err := s.open(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		if o.account.Hash != "" || !roster.MayManageAccount(by, o.account, p.Province) {
			continue
		}
		slip, claim, err := s.write(ctx, by, o, claimLife)
		if err != nil {
			return nil, err
		}
		slips, made[slip.Code] = append(slips, slip), &claim
	}
	if len(slips) == 0 {
		return nil, nil
	}
	slips, err := print(slips)
	if err != nil {
		return nil, err
	}
	var claims []any
	for _, slip := range slips {
		claims = append(claims, made[slip.Code])
	}
	return slips, s.Store.Insert(ctx, roster.ClaimKind, claims...)
}

// issue makes one code.
func (s *Accounts) issue(ctx context.Context, by roster.Account, o opening, life time.Duration) (Slip, error) {
	slip, claim, err := s.write(ctx, by, o, life)
	if err != nil {
		return Slip{}, err
	}
	return slip, s.Store.Insert(ctx, roster.ClaimKind, &claim)
}

// write makes a code that is newer than all others of the account, whatever the clock says.
func (s *Accounts) write(ctx context.Context, by roster.Account, o opening, life time.Duration) (Slip, roster.Claim, error) {
	code, err := newCode(s.Rand)
	if err != nil {
		return Slip{}, roster.Claim{}, err
	}
	id, err := s.claimID(ctx, code)
	if err != nil {
		return Slip{}, roster.Claim{}, err
	}
	newest, err := s.newest(ctx, o.id())
	if err != nil {
		return Slip{}, roster.Claim{}, err
	}
	at := store.Time(s.Now())
	expires := at.Add(life)
	for _, earlier := range []time.Time{newest.CreatedAt, o.account.ClaimsFrom} {
		if !at.After(earlier) {
			at = earlier.Add(time.Millisecond)
		}
	}
	claim := roster.Claim{ID: id, Account: o.id(), Roles: []roster.Role{roster.Learner}, CreatedBy: by.ID, CreatedAt: at, ExpiresAt: expires}
	if o.account.ID != "" {
		claim.Roles, claim.Province = o.account.Roles, o.account.Province
	}
	slip := Slip{Code: code[:5] + "-" + code[5:], Account: claim.Account, Name: o.name(), Library: o.library(), Commune: o.person.Commune, ExpiresAt: expires}
	return slip, claim, nil
}

// newest is the last claim made for an account, the only one that can open it; zero for none.
func (s *Accounts) newest(ctx context.Context, account string) (last roster.Claim, err error) {
	err = store.Each(ctx, s.Store, roster.ClaimKind, store.Where(store.Is("account", account)), func(c roster.Claim) error {
		if cmp.Or(c.CreatedAt.Compare(last.CreatedAt), cmp.Compare(c.ID, last.ID)) > 0 {
			last = c
		}
		return nil
	})
	return last, err
}

// over is the time until which every code of an account was made, to end them all.
func (s *Accounts) over(ctx context.Context, account string) (time.Time, error) {
	last, err := s.newest(ctx, account)
	now := store.Time(s.Now())
	if last.CreatedAt.After(now) {
		now = last.CreatedAt
	}
	return now, err
}

// newCode is ten characters of Crockford's base 32: 50 random bits.
func newCode(random io.Reader) (string, error) {
	var b [8]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", err
	}
	n := binary.BigEndian.Uint64(b[:])
	code := make([]byte, 10)
	for i := range code {
		code[i] = roster.Crockford[n%32]
		n /= 32
	}
	return string(code), nil
}

// readCode reads a code as people type it: in small letters, with spaces and hyphens anywhere, O for 0, and I or L for
// 1.
func readCode(typed string) (string, bool) { return readPrinted(typed, 10) }

// readPrinted reads a printed code of so many letters.
func readPrinted(typed string, letters int) (string, bool) {
	if len(typed) > 100 {
		return "", false
	}
	var code []byte
	for _, r := range strings.ToUpper(roster.Clean(typed)) {
		switch r {
		case ' ', '-', '–', '—', '‑', '‐', '.':
			continue
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		if !strings.ContainsRune(roster.Crockford, r) {
			return "", false
		}
		code = append(code, byte(r))
	}
	return string(code), len(code) == letters
}

// Look says whose a code is, without using it up. A code that is not one, was used, was replaced or is too old is a
// *problem.Problem of the field "code": "claim-wrong", "claim-used", "claim-replaced", "claim-expired", and in a store
// that came from a backup "claim-restored". Wrong codes count against the network address, apart from wrong passwords.
func (s *Accounts) Look(ctx context.Context, code, address string) (Holder, error) {
	_, o, err := s.look(ctx, code, address)
	if err != nil {
		return Holder{}, err
	}
	return Holder{Account: o.id(), Name: o.name(), Library: o.library(), Commune: o.person.Commune, Login: o.login()}, nil
}

func (s *Accounts) look(ctx context.Context, typed, address string) (roster.Claim, opening, error) {
	leave, err := s.enterFrom(ctx, "code", address)
	if err != nil {
		return roster.Claim{}, opening{}, err
	}
	claim, o, err := s.read(ctx, typed)
	if failed := leave(errors.Is(err, problem.ErrInvalid)); failed != nil {
		err = failed
	}
	return claim, o, err
}

// read finds what a code opens, and says why it does not work.
func (s *Accounts) read(ctx context.Context, typed string) (roster.Claim, opening, error) {
	code, ok := readCode(typed)
	if !ok {
		return roster.Claim{}, opening{}, problem.Invalid("code", "claim-wrong")
	}
	id, err := s.claimID(ctx, code)
	if err != nil {
		return roster.Claim{}, opening{}, err
	}
	claim, err := store.Get[roster.Claim](ctx, s.Store, roster.ClaimKind, id)
	if errors.Is(err, problem.ErrNotFound) {
		err = s.unknown(ctx)
	}
	if err != nil {
		return roster.Claim{}, opening{}, err
	}
	o, err := s.open(ctx, claim.Account)
	if err != nil {
		return roster.Claim{}, opening{}, err
	}
	return claim, o, s.works(ctx, claim, o)
}

// works says why a claim does not open its account, nil when it does.
func (s *Accounts) works(ctx context.Context, c roster.Claim, o opening) error {
	newest, err := s.newest(ctx, c.Account)
	switch {
	case err != nil:
		return err
	case !c.UsedAt.IsZero():
		return problem.Invalid("code", "claim-used")
	case newest.ID != c.ID && c.Account != firstAdmin:
		// each process that starts prints one, and an operator may read any of them
		return problem.Invalid("code", "claim-replaced")
	case !s.Now().Before(c.ExpiresAt):
		return problem.Invalid("code", "claim-expired")
	case o.person.Gone != "": // entered twice, or by mistake: the entry that is kept has codes of its own
		return problem.Invalid("code", "claim-replaced")
	case o.id() == "", o.person.Erased:
		return problem.Invalid("code", "claim-wrong")
	}
	return opens(o.account, c)
}

// opens says why a claim does not open this account, nil when it does. The zero account is one that is not made yet.
func opens(a roster.Account, c roster.Claim) error {
	switch {
	case a.Disabled:
		return problem.Invalid("code", "claim-wrong")
	case a.Hash != "", !c.CreatedAt.After(a.ClaimsFrom):
		return problem.Invalid("code", "claim-used")
	}
	return nil
}

// Use opens an account with a code: it gets the password, and the login, or when that is "" the one that Look told.
// consent is to the use of personal data. It works once; when the program ends in the middle of it, the same code works
// again unless the account already has its password.
func (s *Accounts) Use(ctx context.Context, code, password, login string, consent bool, address string) (roster.Account, error) {
	claim, o, err := s.look(ctx, code, address)
	if err != nil {
		return roster.Account{}, err
	}
	if login == "" {
		login = o.login()
	}
	if login == "" {
		return roster.Account{}, problem.Invalid("login", "login-needed")
	}
	if login, err = NormaliseLogin(login); err != nil {
		return roster.Account{}, err
	}
	if password, err = Password(password, append(o.account.Logins, login)...); err != nil {
		return roster.Account{}, err
	}
	if err := s.take(ctx, login, claim.Account); err != nil {
		return roster.Account{}, err
	}
	hash, err := s.hash(ctx, password, guest{name: network(address)})
	if err != nil {
		return roster.Account{}, err
	}
	return s.claim(ctx, claim, o, func(a *roster.Account) error {
		a.Hash = hash
		if consent && a.ConsentedAt.IsZero() {
			a.ConsentedAt = store.Time(s.Now())
		}
		return list(a, login)
	})
}

func (s *Accounts) hash(ctx context.Context, password string, g guest) (string, error) {
	vacate, err := s.desks.enter(ctx, g)
	if err != nil {
		return "", err
	}
	defer vacate()
	return s.Cost.hashed(password)
}

// claim writes the account: the one step that decides which use of the code wins. The mark on the claim only tells when
// it was.
func (s *Accounts) claim(ctx context.Context, c roster.Claim, o opening, fill func(*roster.Account) error) (roster.Account, error) {
	now := store.Time(s.Now())
	change := func(a *roster.Account) error {
		if err := opens(*a, c); err != nil {
			return err
		}
		a.ClaimsFrom = c.CreatedAt
		unlock(a)
		a.Session++
		return fill(a)
	}
	a := roster.Account{ID: c.Account, Name: o.name(), Sort: roster.SortKey(o.name()), CreatedAt: now}
	if err := grant(&a, c.Roles, c.Province); err != nil {
		return roster.Account{}, err
	}
	if err := change(&a); err != nil {
		return roster.Account{}, err
	}
	err := s.Store.Insert(ctx, roster.AccountKind, &a)
	if errors.Is(err, problem.ErrExists) {
		a, err = store.Update(ctx, s.Store, roster.AccountKind, c.Account, change)
	}
	if err != nil {
		return roster.Account{}, err
	}
	_, err = store.Update(ctx, s.Store, roster.ClaimKind, c.ID, func(c *roster.Claim) error { c.UsedAt = now; return nil })
	return a, err
}

// FirstAdmin makes a code for the first administrator while nobody can sign in as one, and otherwise gives the zero
// Slip. Of several, as processes that start together print them, each works until one is used. It also lets the
// operator in again after the last administrator lost their password.
func (s *Accounts) FirstAdmin(ctx context.Context, name string) (Slip, error) {
	admin := false
	err := store.Each(ctx, s.Store, roster.AccountKind, store.Where(store.Is("keeper", true)).By("sort"), func(a roster.Account) error {
		admin = a.Has(roster.Admin) && a.Hash != ""
		if admin {
			return store.Stop
		}
		return nil
	})
	if err != nil || admin {
		return Slip{}, err
	}
	a, err := s.readyFirstAdmin(ctx, name)
	if err != nil {
		return Slip{}, err
	}
	return s.issue(ctx, roster.Operator(), opening{account: a}, firstAdminLife)
}

// readyFirstAdmin makes the first administrator's account, or puts it in order.
func (s *Accounts) readyFirstAdmin(ctx context.Context, name string) (roster.Account, error) {
	name = roster.Clean(name)
	a := roster.Account{ID: firstAdmin, Name: name, Sort: roster.SortKey(name), CreatedAt: store.Time(s.Now())}
	if err := grant(&a, []roster.Role{roster.Admin}, ""); err != nil {
		return roster.Account{}, err
	}
	err := s.Store.Insert(ctx, roster.AccountKind, &a)
	if !errors.Is(err, problem.ErrExists) {
		return a, err
	}
	over, err := s.over(ctx, firstAdmin)
	if err != nil {
		return roster.Account{}, err
	}
	return store.Update(ctx, s.Store, roster.AccountKind, firstAdmin, func(a *roster.Account) error {
		if a.Hash != "" { // codes of the time before it was set
			a.Hash, a.ClaimsFrom = "", over
		}
		a.Disabled = false
		a.Session++
		return grant(a, []roster.Role{roster.Admin}, "")
	})
}
