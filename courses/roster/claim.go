package roster

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"lopban/courses/store"
)

// How long a printed code works: long enough to reach a commune by post and wait for its reader, and one day for the code that makes the first administrator, which stands in a log.
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

// Holder is whose code it is, to show before it is used.
type Holder struct {
	Account string `json:"account"`
	Name    string `json:"name"`
	Library string `json:"library"`
	Commune string `json:"commune"` // code
	Login   string `json:"login"`   // that the account will have when none is given: held before, or the mobile number of the roster; "" when one must be given
}

// opening is what a code opens: an account, or the person who has none yet. What is not there is zero.
type opening struct {
	account Account
	person  Person
}

func (o opening) id() string      { return cmp.Or(o.account.ID, o.person.ID) }
func (o opening) name() string    { return cmp.Or(o.account.Name, o.person.Name) }
func (o opening) library() string { return o.person.Library }

// login is the login that the account has or gets when none is given, "" for none.
func (o opening) login() string {
	if len(o.account.Logins) > 0 {
		return o.account.Logins[0]
	}
	if IsMobile(o.person.Phone) {
		return o.person.Phone
	}
	return ""
}

// open reads the account and the person of an id.
func (s *Accounts) open(ctx context.Context, id string) (o opening, err error) {
	if o.account, err = store.Get[Account](ctx, s.Store, AccountKind, id); err != nil && !errors.Is(err, store.ErrNotFound) {
		return opening{}, err
	}
	o.person, err = s.person(ctx, id)
	return o, err
}

// NewClaims makes codes for everyone who holds a post in a province, or in one commune of it, and has no password yet, in the order of their names. A new code ends the earlier ones of
// the same person. People whose account by may not reset are left out: a code opens an account with the roles that it has.
func (s *Accounts) NewClaims(ctx context.Context, by Account, province, commune string) ([]Slip, error) {
	if !MayIssueClaims(by, province) {
		return nil, store.Denied("not-yours")
	}
	q := store.Where(store.Is("province", province)).By("sort")
	if commune != "" {
		q = store.Where(store.Is("commune", commune)).By("fold")
	}
	people, err := store.All[Person](ctx, s.Store, PersonKind, q)
	if err != nil {
		return nil, err
	}
	people = slices.DeleteFunc(people, func(p Person) bool { return !p.Active || p.Province != province })
	slices.SortStableFunc(people, func(a, b Person) int { return cmp.Compare(a.Sort, b.Sort) })
	return s.issueAll(ctx, by, people)
}

func (s *Accounts) issueAll(ctx context.Context, by Account, people []Person) ([]Slip, error) {
	var slips []Slip
	var claims []any
	for _, p := range people {
		o, err := s.open(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		if o.account.Hash != "" || !MayManageAccount(by, o.account, p.Province) {
			continue
		}
		slip, claim, err := s.write(ctx, by, o, claimLife)
		if err != nil {
			return nil, err
		}
		slips, claims = append(slips, slip), append(claims, &claim)
	}
	if len(claims) == 0 {
		return nil, nil
	}
	return slips, s.Store.Insert(ctx, ClaimKind, claims...)
}

// issue makes one code.
func (s *Accounts) issue(ctx context.Context, by Account, o opening, life time.Duration) (Slip, error) {
	slip, claim, err := s.write(ctx, by, o, life)
	if err != nil {
		return Slip{}, err
	}
	return slip, s.Store.Insert(ctx, ClaimKind, &claim)
}

// write makes a code that is newer than all others of the account, whatever the clock says.
func (s *Accounts) write(ctx context.Context, by Account, o opening, life time.Duration) (Slip, Claim, error) {
	code, err := newCode(s.Rand)
	if err != nil {
		return Slip{}, Claim{}, err
	}
	newest, err := s.newest(ctx, o.id())
	if err != nil {
		return Slip{}, Claim{}, err
	}
	at := store.Time(s.Now())
	expires := at.Add(life)
	for _, earlier := range []time.Time{newest.CreatedAt, o.account.ClaimsFrom} {
		if !at.After(earlier) {
			at = earlier.Add(time.Millisecond)
		}
	}
	claim := Claim{ID: claimID(code), Account: o.id(), Roles: []Role{Learner}, CreatedBy: by.ID, CreatedAt: at, ExpiresAt: expires}
	if o.account.ID != "" {
		claim.Roles, claim.Province = o.account.Roles, o.account.Province
	}
	slip := Slip{Code: code[:5] + "-" + code[5:], Account: claim.Account, Name: o.name(), Library: o.library(), Commune: o.person.Commune, ExpiresAt: expires}
	return slip, claim, nil
}

// newest is the last claim made for an account, the only one that can open it; zero for none.
func (s *Accounts) newest(ctx context.Context, account string) (last Claim, err error) {
	err = store.Each(ctx, s.Store, ClaimKind, store.Where(store.Is("account", account)), func(c Claim) error {
		if cmp.Or(c.CreatedAt.Compare(last.CreatedAt), cmp.Compare(c.ID, last.ID)) > 0 {
			last = c
		}
		return nil
	})
	return last, err
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
		code[i] = crockford[n%32]
		n /= 32
	}
	return string(code), nil
}

// readCode reads a code as people type it: in small letters, with spaces and hyphens anywhere, O for 0, and I or L for 1.
func readCode(typed string) (string, bool) {
	if len(typed) > 100 {
		return "", false
	}
	var code []byte
	for _, r := range strings.ToUpper(Clean(typed)) {
		switch r {
		case ' ', '-', '–', '—', '‑', '‐', '.':
			continue
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		if !strings.ContainsRune(crockford, r) {
			return "", false
		}
		code = append(code, byte(r))
	}
	return string(code), len(code) == 10
}

func claimID(code string) string {
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}

// Look says whose a code is, without using it up. A code that is not one, was used, was replaced or is too old is a *store.Problem of the field "code": "claim-wrong", "claim-used",
// "claim-replaced", "claim-expired". Wrong codes count against the network address as wrong passwords do.
func (s *Accounts) Look(ctx context.Context, code, address string) (Holder, error) {
	_, o, err := s.look(ctx, code, address)
	if err != nil {
		return Holder{}, err
	}
	return Holder{Account: o.id(), Name: o.name(), Library: o.library(), Commune: o.person.Commune, Login: o.login()}, nil
}

func (s *Accounts) look(ctx context.Context, typed, address string) (_ Claim, _ opening, err error) {
	leave, err := s.addresses.enter(address, s.Now())
	if err != nil {
		return Claim{}, opening{}, err
	}
	defer func() { leave(errors.Is(err, store.ErrInvalid)) }()
	code, ok := readCode(typed)
	if !ok {
		return Claim{}, opening{}, store.Invalid("code", "claim-wrong")
	}
	claim, err := store.Get[Claim](ctx, s.Store, ClaimKind, claimID(code))
	if errors.Is(err, store.ErrNotFound) {
		err = store.Invalid("code", "claim-wrong")
	}
	if err != nil {
		return Claim{}, opening{}, err
	}
	o, err := s.open(ctx, claim.Account)
	if err != nil {
		return Claim{}, opening{}, err
	}
	return claim, o, s.works(ctx, claim, o)
}

// works says why a claim does not open its account, nil when it does.
func (s *Accounts) works(ctx context.Context, c Claim, o opening) error {
	newest, err := s.newest(ctx, c.Account)
	switch {
	case err != nil:
		return err
	case !c.UsedAt.IsZero():
		return store.Invalid("code", "claim-used")
	case newest.ID != c.ID:
		return store.Invalid("code", "claim-replaced")
	case !s.Now().Before(c.ExpiresAt):
		return store.Invalid("code", "claim-expired")
	case o.id() == "": // the person was erased
		return store.Invalid("code", "claim-wrong")
	}
	return o.account.opens(c)
}

// opens says why a claim does not open this account, nil when it does. The zero account is one that is not made yet.
func (a Account) opens(c Claim) error {
	switch {
	case a.Disabled:
		return store.Invalid("code", "claim-wrong")
	case a.Hash != "", !c.CreatedAt.After(a.ClaimsFrom):
		return store.Invalid("code", "claim-used")
	}
	return nil
}

// Use opens an account with a code: it gets the password, and the login, or when that is "" the one that Look told. consent is to the use of personal data. It works
// once; when the program ends in the middle of it, the same code works again unless the account already has its password.
func (s *Accounts) Use(ctx context.Context, code, password, login string, consent bool, address string) (Account, error) {
	claim, o, err := s.look(ctx, code, address)
	if err != nil {
		return Account{}, err
	}
	if login == "" {
		login = o.login()
	}
	if login == "" {
		return Account{}, store.Invalid("login", "login-needed")
	}
	if login, err = NormaliseLogin(login); err != nil {
		return Account{}, err
	}
	if password, err = Password(password, append(o.account.Logins, login)...); err != nil {
		return Account{}, err
	}
	if err := s.take(ctx, login, claim.Account); err != nil {
		return Account{}, err
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return Account{}, err
	}
	return s.claim(ctx, claim, o, func(a *Account) error {
		a.Hash = hash
		if consent && a.ConsentedAt.IsZero() {
			a.ConsentedAt = store.Time(s.Now())
		}
		return a.list(login)
	})
}

func (s *Accounts) hash(ctx context.Context, password string) (string, error) {
	vacate, err := s.desks.enter(ctx)
	if err != nil {
		return "", err
	}
	defer vacate()
	return hashed(password)
}

// claim writes the account: the one step that decides which use of the code wins. The mark on the claim only tells when it was.
func (s *Accounts) claim(ctx context.Context, c Claim, o opening, fill func(*Account) error) (Account, error) {
	now := store.Time(s.Now())
	change := func(a *Account) error {
		if err := a.opens(c); err != nil {
			return err
		}
		a.ClaimsFrom, a.Failures, a.LockedUntil = c.CreatedAt, 0, time.Time{}
		a.Session++
		return fill(a)
	}
	a := Account{ID: c.Account, Name: o.name(), Sort: SortKey(o.name()), CreatedAt: now}
	if err := a.grant(c.Roles, c.Province); err != nil {
		return Account{}, err
	}
	if err := change(&a); err != nil {
		return Account{}, err
	}
	err := s.Store.Insert(ctx, AccountKind, &a)
	if errors.Is(err, store.ErrExists) {
		a, err = store.Update(ctx, s.Store, AccountKind, c.Account, change)
	}
	if err != nil {
		return Account{}, err
	}
	_, err = store.Update(ctx, s.Store, ClaimKind, c.ID, func(c *Claim) error { c.UsedAt = now; return nil })
	return a, err
}

// FirstAdmin makes a code for the first administrator while nobody can sign in as one, and otherwise gives the zero Slip. Each call ends the code before it, so that a start of the program
// may always print one. It also lets the operator in again after the last administrator lost their password.
func (s *Accounts) FirstAdmin(ctx context.Context, name string) (Slip, error) {
	admin := false
	err := store.Each(ctx, s.Store, AccountKind, store.Where(store.Is("keeper", true)), func(a Account) error {
		admin = a.Has(Admin) && a.Hash != ""
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
	return s.issue(ctx, Operator(), opening{account: a}, firstAdminLife)
}

// readyFirstAdmin makes the first administrator's account, or puts it in order.
func (s *Accounts) readyFirstAdmin(ctx context.Context, name string) (Account, error) {
	name = Clean(name)
	a := Account{ID: firstAdmin, Name: name, Sort: SortKey(name), CreatedAt: store.Time(s.Now())}
	if err := a.grant([]Role{Admin}, ""); err != nil {
		return Account{}, err
	}
	err := s.Store.Insert(ctx, AccountKind, &a)
	if !errors.Is(err, store.ErrExists) {
		return a, err
	}
	return store.Update(ctx, s.Store, AccountKind, firstAdmin, func(a *Account) error {
		a.Hash, a.Disabled = "", false
		a.Session++
		return a.grant([]Role{Admin}, "")
	})
}
