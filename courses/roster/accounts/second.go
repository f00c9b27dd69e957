package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

const (
	secondStep      = 30               // seconds, RFC 6238
	secondSkew      = 1                // steps that a phone's clock may be off
	recoveryCodes   = 10               // printed at a time
	recoveryLetters = 16               // of 5 bits
	ticketLife      = 10 * time.Minute // from the right password to the code
)

// NeedsSecond says whether the account must have a second factor: whoever sees every province.
func NeedsSecond(a roster.Account) bool {
	return a.Has(roster.Office, roster.Admin) && a.Second.Secret == ""
}

// Rest gives the account as it may act now. Where a second factor was asked for longer ago than the grace and is not
// set up, all that is more than learning rests until it is.
func Rest(a roster.Account, now time.Time, grace time.Duration) (_ roster.Account, rests bool) {
	if !NeedsSecond(a) || a.SecondAsked.IsZero() || now.Before(a.SecondAsked.Add(grace)) {
		return a, false
	}
	a.Roles, a.Province, a.Keeper = []roster.Role{roster.Learner}, "", false
	return a, true
}

// SecondKey is what an authenticator app takes: typed, or as the address that a QR code holds.
type SecondKey struct{ Secret, URL string }

// DraftSecond makes a new secret, when the password is right and, of an account that has a second factor, the code too.
// It is nothing yet: SetSecond makes it count.
func (s *Accounts) DraftSecond(ctx context.Context, id, password, code string) (SecondKey, error) {
	a, err := s.Confirm(ctx, id, password)
	if err != nil {
		return SecondKey{}, err
	}
	if a.Second.Secret != "" {
		if a, err = s.second(ctx, a, code, "now"); err != nil {
			return SecondKey{}, err
		}
	}
	secret := make([]byte, 20)
	if _, err := io.ReadFull(s.Rand, secret); err != nil {
		return SecondKey{}, err
	}
	text := base32Text.EncodeToString(secret)
	a, err = store.Update(ctx, s.Store, roster.AccountKind, id, func(a *roster.Account) error { a.Second.Draft = text; return nil })
	if err != nil {
		return SecondKey{}, err
	}
	return SecondDraft(a)
}

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// SecondDraft is the key that waits for its first code, zero for none: it is shown again while no code was right.
func SecondDraft(a roster.Account) (SecondKey, error) {
	if a.Second.Draft == "" {
		return SecondKey{}, nil
	}
	secret, err := base32Text.DecodeString(a.Second.Draft)
	if err != nil {
		return SecondKey{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Lop Ban", AccountName: accountName(a), Secret: secret})
	if err != nil {
		return SecondKey{}, err
	}
	return SecondKey{key.Secret(), key.URL()}, nil
}

// accountName is how an app names the account.
func accountName(a roster.Account) string {
	if len(a.Logins) > 0 {
		return a.Logins[0]
	}
	return a.ID
}

// SetSecond makes the drafted secret count once a code of it is right, ends every session as a new password does, and
// gives the codes for the day the phone is lost, which nobody can show again.
func (s *Accounts) SetSecond(ctx context.Context, id, code string) (roster.Account, []string, error) {
	a, err := store.Get[roster.Account](ctx, s.Store, roster.AccountKind, id)
	if err != nil {
		return roster.Account{}, nil, err
	}
	if a.Second.Draft == "" {
		return roster.Account{}, nil, problem.Invalid("code", noDraft(a.Second, s.Now()))
	}
	printed, digests, err := s.recovery()
	if err != nil {
		return roster.Account{}, nil, err
	}
	a, err = s.guess(ctx, a, "code", func(a *roster.Account) bool {
		step, ok := stepOf(a.Second.Draft, code, s.Now())
		if !ok {
			return false
		}
		a.Second = roster.Second{Secret: a.Second.Draft, At: store.Time(s.Now()), Step: step, Recovery: digests}
		a.Session++
		return true
	})
	return a, printed, err
}

// noDraft says why no code is waited for: none was begun, or the button was pressed twice.
func noDraft(s roster.Second, now time.Time) string {
	if s.Secret != "" && now.Sub(s.At) < pressedTwice {
		return "second-done"
	}
	return "second-none"
}

const pressedTwice = time.Minute

// recovery makes printed codes of 80 random bits each, and their digests.
func (s *Accounts) recovery() (printed, digests []string, err error) {
	for range recoveryCodes {
		code, err := newRecovery(s.Rand)
		if err != nil {
			return nil, nil, err
		}
		printed = append(printed, code[:4]+"-"+code[4:8]+"-"+code[8:12]+"-"+code[12:])
		digests = append(digests, digest([]byte(code)))
	}
	return printed, digests, nil
}

func newRecovery(random io.Reader) (string, error) {
	var b [recoveryLetters]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", err
	}
	code := make([]byte, len(b))
	for i, n := range b {
		code[i] = roster.Crockford[n%32]
	}
	return string(code), nil
}

// DropSecond takes the second factor away from somebody who need not have one, when password and code are right.
func (s *Accounts) DropSecond(ctx context.Context, id, password, code string) (roster.Account, error) {
	a, err := s.Confirm(ctx, id, password)
	if err != nil {
		return roster.Account{}, err
	}
	if a.Has(roster.Office, roster.Admin) {
		return roster.Account{}, problem.Denied("second-must")
	}
	if a, err = s.second(ctx, a, code, "now"); err != nil {
		return roster.Account{}, err
	}
	return store.Update(ctx, s.Store, roster.AccountKind, a.ID, dropSecond)
}

func dropSecond(a *roster.Account) error {
	a.Second, a.SecondAsked = roster.Second{}, time.Time{}
	a.Session++
	return nil
}

// ResetSecond takes the second factor away from another who lost it, and ends their sessions.
func (s *Accounts) ResetSecond(ctx context.Context, by roster.Account, id string) (roster.Account, error) {
	return s.manage(ctx, by, id, func(a *roster.Account) error {
		a.Second, a.SecondAsked = roster.Second{}, time.Time{}
		unlock(a)
		return nil
	})
}

// Ticket says that the password of an account with a second factor was right a moment ago, "" for one without. With it
// and a code, Second signs in.
func (s *Accounts) Ticket(ctx context.Context, a roster.Account) (string, error) {
	if a.Second.Secret == "" {
		return "", nil
	}
	ring, err := s.deviceKeys(ctx)
	if err != nil {
		return "", err
	}
	until := strconv.FormatInt(s.Now().Add(ticketLife).Unix(), 10)
	return a.ID + "." + until + "." + ring.Current.ticket(a, until), nil
}

func (k secretKey) ticket(a roster.Account, until string) string {
	m := hmac.New(sha256.New, k.Secret)
	m.Write([]byte("ticket/" + a.ID + "/" + strconv.Itoa(a.Session) + "/" + until))
	return hex.EncodeToString(m.Sum(nil))
}

// Second signs in who has a ticket, with a code of their app or a printed one. A ticket that is not good is "session".
func (s *Accounts) Second(ctx context.Context, ticket, code string) (roster.Account, error) {
	id, rest, _ := strings.Cut(ticket, ".")
	until, mac, ok := strings.Cut(rest, ".")
	seconds, err := strconv.ParseInt(until, 10, 64)
	if !ok || err != nil || len(id) > 64 || !s.Now().Before(time.Unix(seconds, 0)) {
		return roster.Account{}, ErrSession
	}
	a, err := store.Get[roster.Account](ctx, s.Store, roster.AccountKind, id)
	if errors.Is(err, problem.ErrNotFound) {
		err = ErrSession
	}
	if err != nil {
		return roster.Account{}, err
	}
	ring, err := s.deviceKeys(ctx)
	if err != nil {
		return roster.Account{}, err
	}
	good := slices.ContainsFunc(ring.all(), func(k secretKey) bool { return same(mac, k.ticket(a, until)) })
	if !good || a.Disabled || a.Second.Secret == "" {
		return roster.Account{}, ErrSession
	}
	return s.second(ctx, a, code, "code")
}

// second uses a code up: one of the app is good once, and so is a printed one.
func (s *Accounts) second(ctx context.Context, a roster.Account, code, field string) (roster.Account, error) {
	return s.guess(ctx, a, field, func(a *roster.Account) bool {
		if step, ok := stepOf(a.Second.Secret, code, s.Now()); ok && step > a.Second.Step {
			a.Second.Step = step
			return true
		}
		printed, ok := readPrinted(code, recoveryLetters)
		if !ok {
			return false
		}
		printed = digest([]byte(printed))
		for i, d := range a.Second.Recovery {
			if same(d, printed) {
				a.Second.Recovery = slices.Delete(slices.Clone(a.Second.Recovery), i, i+1)
				return true
			}
		}
		return false
	})
}

// guess counts a try before it looks at it, so that no number of them at once passes the limit, which is that of
// passwords. use looks and changes the account in one step: of two that send the same code one is right.
func (s *Accounts) guess(ctx context.Context, a roster.Account, field string, use func(*roster.Account) bool) (roster.Account, error) {
	id, err := s.mark(ctx, "second", a.ID)
	if err != nil {
		return roster.Account{}, err
	}
	now, wait := s.Now(), time.Duration(0)
	t, err := s.retally(ctx, id, func(t *Tally) {
		*t = t.of(a, now)
		if wait = t.waits(now); wait == 0 {
			t.fail(now)
		}
	})
	if err != nil {
		return roster.Account{}, err
	}
	if wait > 0 {
		return roster.Account{}, errWait(wait, field)
	}
	right := false
	used, err := store.Update(ctx, s.Store, roster.AccountKind, a.ID, func(a *roster.Account) error { right = use(a); return nil })
	if err != nil {
		return roster.Account{}, err
	}
	if !right {
		if err := s.locked(ctx, a, t, true); err != nil {
			return roster.Account{}, err
		}
		return roster.Account{}, &problem.Problem{Kind: problem.ErrDenied, Code: "second-wrong", Field: field}
	}
	_, err = s.retally(ctx, id, func(t *Tally) { *t = Tally{ID: t.ID, Unlocked: used.Unlocked, ExpiresAt: store.Time(now)} })
	return used, err
}

// stepOf is the half minute of a code, at most one from now.
func stepOf(secret, typed string, now time.Time) (int64, bool) {
	typed = strings.ReplaceAll(roster.Clean(typed), " ", "")
	if secret == "" || len(typed) != 6 {
		return 0, false
	}
	found, step := 0, int64(0)
	for n := now.Unix()/secondStep - secondSkew; n <= now.Unix()/secondStep+secondSkew; n++ {
		code, err := hotp.GenerateCode(secret, uint64(n))
		if err == nil && subtle.ConstantTimeCompare([]byte(code), []byte(typed)) == 1 {
			found, step = 1, n
		}
	}
	return step, found == 1
}
