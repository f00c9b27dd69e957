package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// codeKey is what the digests of printed codes are made with: a code has 50 random bits, and a plain digest of so few
// is soon guessed. No backup holds the key, so whoever reads a backup opens no account with it; a store that was
// restored has a key of its own, and its staff print new slips.
type codeKey struct {
	ID       string    `json:"id"`
	Secret   []byte    `json:"secret"` // 32 random bytes
	MadeAt   time.Time `json:"madeAt"`
	Restored bool      `json:"restored"` // the store came from a backup then
}

// CodeKeyKind is the kind of the one key of printed codes.
var CodeKeyKind = &store.Kind{Name: "codekey", Schema: 1, Secret: true, Doc: codeKey{}}

const theCodeKey = "claim" // its id

// codeKey reads the key, or makes it at the first use. It never changes while a store lives.
func (s *Accounts) codeKey(ctx context.Context) (*codeKey, error) {
	if k := s.codes.Load(); k != nil {
		return k, nil
	}
	k, err := store.Get[codeKey](ctx, s.Store, CodeKeyKind, theCodeKey)
	if errors.Is(err, problem.ErrNotFound) {
		k, err = makeCodeKey(ctx, s.Store, s.Now(), s.Rand, false)
	}
	if err != nil {
		return nil, err
	}
	if len(k.Secret) != sha256.Size {
		return nil, fmt.Errorf("the key of printed codes has %d bytes", len(k.Secret))
	}
	s.codes.Store(&k)
	return &k, nil
}

// makeCodeKey inserts a key. Of processes that do so at once one wins, and all get its key.
func makeCodeKey(ctx context.Context, st store.Store, now time.Time, random io.Reader, restored bool) (codeKey, error) {
	k := codeKey{ID: theCodeKey, Secret: make([]byte, sha256.Size), MadeAt: store.Time(now), Restored: restored}
	if _, err := io.ReadFull(random, k.Secret); err != nil {
		return codeKey{}, err
	}
	err := st.Insert(ctx, CodeKeyKind, &k)
	if errors.Is(err, problem.ErrExists) {
		return store.Get[codeKey](ctx, st, CodeKeyKind, theCodeKey)
	}
	return k, err
}

// Restored gives a store that was just filled from a backup a key of its own, which says so to whoever types a code
// that was printed before.
func Restored(ctx context.Context, st store.Store, now time.Time, random io.Reader) error {
	_, err := makeCodeKey(ctx, st, now, random, true)
	return err
}

// RestoredAt says since when slips must be printed anew because the store came from a backup. It is zero when it did
// not, and again once every slip from before is too old in any case.
func (s *Accounts) RestoredAt(ctx context.Context) (time.Time, error) {
	k, err := s.codeKey(ctx)
	if err != nil || !k.Restored || s.Now().Sub(k.MadeAt) > claimLife {
		return time.Time{}, err
	}
	return k.MadeAt, nil
}

// unknown is what to say of a code that is not kept.
func (s *Accounts) unknown(ctx context.Context) error {
	at, err := s.RestoredAt(ctx)
	if err != nil {
		return err
	}
	if !at.IsZero() {
		return problem.Invalid("code", "claim-restored", at)
	}
	return problem.Invalid("code", "claim-wrong")
}

// claimID is the id under which the claim of a code is kept.
func (s *Accounts) claimID(ctx context.Context, code string) (string, error) {
	k, err := s.codeKey(ctx)
	if err != nil {
		return "", err
	}
	return k.digest(plain(code)), nil
}

// plain is the digest of a code that release 0.1.0 kept. What is kept now is made from it, so that codes printed by
// that release work on.
func plain(code string) string {
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}

// keyed begins every id that digest makes. Plain ones are hexadecimal, and sort before it.
const keyed = "k-"

func (k *codeKey) digest(plain string) string {
	m := hmac.New(sha256.New, k.Secret)
	m.Write([]byte(plain))
	return keyed + hex.EncodeToString(m.Sum(nil))
}

// rekeyTogether is how many claims Rekey moves at once.
const rekeyTogether = 500

// Rekey moves the claims of release 0.1.0 under the key: no code is lost, and none stays that could be guessed. It may
// be cut off after any step and done again.
func (s *Accounts) Rekey(ctx context.Context) error {
	k, err := s.codeKey(ctx)
	if err != nil {
		return err
	}
	for {
		old, err := store.All[roster.Claim](ctx, s.Store, roster.ClaimKind, store.Where(store.Less("id", keyed)).First(rekeyTogether))
		if err != nil || len(old) == 0 {
			return err
		}
		if err := s.rekey(ctx, k, old); err != nil {
			return err
		}
	}
}

// rekey inserts the claims anew before it removes the old ones. One that is there was inserted before a cut.
func (s *Accounts) rekey(ctx context.Context, k *codeKey, old []roster.Claim) error {
	moved := make([]any, len(old))
	for i, c := range old {
		c.ID = k.digest(c.ID)
		moved[i] = &c
	}
	if err := s.Store.Insert(ctx, roster.ClaimKind, moved...); err != nil && !errors.Is(err, problem.ErrExists) {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(32) // the embedded store commits them together
	for _, c := range old {
		g.Go(func() error {
			err := s.Store.Delete(ctx, roster.ClaimKind, c.ID)
			if errors.Is(err, problem.ErrNotFound) { // by another process
				return nil
			}
			return err
		})
	}
	return g.Wait()
}
