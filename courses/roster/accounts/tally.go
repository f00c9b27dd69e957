package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// Tally counts the wrong passwords of one login, of one device of an account, or of one network, for every process on
// the store. It says nothing of whom it counts: its id is a keyed digest, the same for a login that nobody has. It is
// forgotten a day after the last failure.
type Tally struct {
	ID        string    `json:"id"`
	Failures  int       `json:"failures"`
	LockedAt  time.Time `json:"lockedAt"` // when it began to wait; zero when it does not
	Until     time.Time `json:"until"`    // until when it waits
	LastAt    time.Time `json:"lastAt"`   // of the last failure
	ExpiresAt time.Time `json:"expiresAt"`
	Unlocked  int       `json:"unlocked"` // the account's when it counted
}

var TallyKind = &store.Kind{Name: "tally", Schema: 1, Secret: true, Doc: Tally{}, Indexes: [][]string{{"expiresAt"}}}

// A login or a device may fail so often; then it waits for a minute, and twice as long after each further failure, up
// to an hour. It is never closed for good (NIST SP 800-63B, 5.2.2: at most 100 in a row).
const (
	lockAfter   = 20
	lockFirst   = time.Minute
	lockLongest = time.Hour
	tallyLife   = 24 * time.Hour
)

// of is the tally of an account as it is now: without failures before it was unlocked, or more than a day ago.
func (t Tally) of(a roster.Account, now time.Time) Tally {
	if t.Unlocked != a.Unlocked || now.Sub(t.LastAt).Abs() >= tallyLife {
		return Tally{ID: t.ID, Unlocked: a.Unlocked}
	}
	return t
}

// waits says for how long the tally waits.
func (t Tally) waits(now time.Time) time.Duration { return max(0, t.Until.Sub(now)) }

// fail counts one failure.
func (t *Tally) fail(now time.Time) {
	now = store.Time(now)
	t.Failures++
	t.LastAt, t.ExpiresAt = now, now.Add(tallyLife)
	if t.Failures < lockAfter {
		return
	}
	if t.LockedAt.IsZero() {
		t.LockedAt = now
	}
	wait := lockLongest
	if n := t.Failures - lockAfter; n < 6 {
		wait = min(lockFirst<<n, lockLongest)
	}
	t.Until = now.Add(wait)
}

// errWait says how many minutes to wait.
func errWait(d time.Duration, field string) error {
	return &problem.Problem{Kind: problem.ErrDenied, Code: "sign-in-wait", Field: field, Args: []any{int((d + time.Minute - 1) / time.Minute)}}
}

// mark is the id of a tally: of a "login", "device", "account", "second" or "network".
func (s *Accounts) mark(ctx context.Context, what, of string) (string, error) {
	ring, err := s.deviceKeys(ctx)
	if err != nil {
		return "", err
	}
	m := hmac.New(sha256.New, ring.Current.Secret)
	m.Write([]byte("tally/" + what + "/" + of))
	return hex.EncodeToString(m.Sum(nil)), nil
}

// tally reads a tally, zero when there is none.
func (s *Accounts) tally(ctx context.Context, id string) (Tally, error) {
	t, err := store.Get[Tally](ctx, s.Store, TallyKind, id)
	if errors.Is(err, problem.ErrNotFound) {
		return Tally{ID: id}, nil
	}
	return t, err
}

// retally changes a tally, and makes it where there is none.
func (s *Accounts) retally(ctx context.Context, id string, change func(*Tally)) (Tally, error) {
	update := func(t *Tally) error { change(t); return nil }
	t, err := store.Update(ctx, s.Store, TallyKind, id, update)
	if !errors.Is(err, problem.ErrNotFound) {
		return t, err
	}
	t = Tally{ID: id}
	change(&t)
	if err = s.Store.Insert(ctx, TallyKind, &t); errors.Is(err, problem.ErrExists) {
		t, err = store.Update(ctx, s.Store, TallyKind, id, update)
	}
	return t, err
}

// SweepTallies removes the tallies that are forgotten, and says how many.
func (s *Accounts) SweepTallies(ctx context.Context) (int, error) {
	q := store.Where(store.Less("expiresAt", store.Time(s.Now()))).By("expiresAt").First(10_000)
	old, err := store.All[Tally](ctx, s.Store, TallyKind, q)
	if err != nil {
		return 0, err
	}
	for i, t := range old {
		if err := s.Store.Delete(ctx, TallyKind, t.ID); err != nil && !errors.Is(err, problem.ErrNotFound) {
			return i, err
		}
	}
	return len(old), nil
}

// Lock is that too many wrong passwords or codes were tried at an account.
type Lock struct {
	Account  roster.Account
	Failures int
	At       time.Time // when it began
	Known    bool      // on a device of the account, or by who is signed in to it
}

// locked writes a lock down where the person and their staff see it, and tells it. It is called at each failure while
// the lock lasts, and tells the same one each time: who listens keeps it once.
func (s *Accounts) locked(ctx context.Context, a roster.Account, t Tally, known bool) error {
	if t.LockedAt.IsZero() {
		return nil
	}
	if a.ID == "" { // as many writes as for an account
		for range 2 {
			if _, err := s.retally(ctx, t.ID, func(*Tally) {}); err != nil {
				return err
			}
		}
		return nil
	}
	a, err := store.Update(ctx, s.Store, roster.AccountKind, a.ID, func(a *roster.Account) error {
		a.Failures, a.LockedAt, a.LockedUntil, a.LockTold = t.Failures, t.LockedAt, t.Until, false
		return nil
	})
	if err != nil || s.OnLock == nil {
		return err
	}
	return s.OnLock(ctx, Lock{Account: a, Failures: t.Failures, At: t.LockedAt, Known: known})
}

// Unlock lets an account be tried again at once, on whatever device.
func (s *Accounts) Unlock(ctx context.Context, by roster.Account, id string) (roster.Account, error) {
	person, err := s.person(ctx, id)
	if err != nil {
		return roster.Account{}, err
	}
	return store.Update(ctx, s.Store, roster.AccountKind, id, func(a *roster.Account) error {
		if !roster.MayManageAccount(by, *a, person.Province) {
			return problem.Denied("not-yours")
		}
		unlock(a)
		return nil
	})
}

// LockTold notes that the person was told of the last lock.
func (s *Accounts) LockTold(ctx context.Context, id string) error {
	_, err := store.Update(ctx, s.Store, roster.AccountKind, id, func(a *roster.Account) error { a.LockTold = true; return nil })
	return err
}
