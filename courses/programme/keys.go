package programme

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"lopban/courses/credential"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// IssuerKeyKind are the keys that sign certificates. Backups hold them: the public halves check what was printed, for
// ever.
var IssuerKeyKind = &store.Kind{Name: "issuerkey", Schema: 1, Order: 150, Doc: credential.Key{}}

// issuerSecret seals the private halves where the operator gave no secret. Backups leave it out, so that who reads one
// cannot sign.
type issuerSecret struct {
	ID     string `json:"id"`
	Secret string `json:"secret"`
}

var IssuerSecretKind = &store.Kind{Name: "issuersecret", Schema: 1, Secret: true, Doc: issuerSecret{}}

// secretID is the only one.
const secretID = "issuer"

// Keys are the keys that sign certificates. The newest signs.
type Keys struct {
	store store.Store
	now   func() time.Time
	site  string
	given credential.Secret // by the operator; nil where the store keeps one

	asking singleflight.Group // all who ask meanwhile have the end of one reading, also when the store does not answer
	mu     sync.Mutex         // held by one asker at most, and by who changes keys
	all    credential.Keys
	signer *credential.Signer
	readAt time.Time
}

// keysLife is how long a process goes on with the keys that it has read: another may have made a new one, or withdrawn
// one.
const keysLife = time.Minute

// All are the keys there ever were, as they were at most a minute ago.
func (k *Keys) All(ctx context.Context) (credential.Keys, error) {
	got, err, _ := k.asking.Do("all", func() (any, error) {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.read(ctx)
	})
	if err != nil {
		return nil, err
	}
	return got.(credential.Keys), nil
}

func (k *Keys) read(ctx context.Context) (credential.Keys, error) {
	now := k.now()
	if k.readAt.IsZero() || now.Sub(k.readAt).Abs() >= keysLife {
		all, err := store.All[credential.Key](ctx, k.store, IssuerKeyKind, store.Query{})
		if err != nil {
			return nil, err
		}
		k.all, k.readAt = all, now
	}
	return k.all, nil
}

// Signer signs with the newest key. The first is made when there is none, and another when the store comes from a
// backup, which does not hold what opens them. A key that needs a secret from the operator is [problem.ErrUnavailable],
// "keys-closed".
func (k *Keys) Signer(ctx context.Context) (*credential.Signer, error) {
	got, err, _ := k.asking.Do("signer", func() (any, error) {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.open(ctx)
	})
	if err != nil {
		return nil, err
	}
	return got.(*credential.Signer), nil
}

func (k *Keys) open(ctx context.Context) (*credential.Signer, error) {
	for {
		all, err := k.read(ctx)
		if err != nil {
			return nil, err
		}
		last, ok := newest(all)
		if ok && k.signer != nil && k.signer.ID == last.ID {
			return k.signer, nil
		}
		if ok {
			k.signer, err = k.opened(ctx, last)
			if err != nil || k.signer != nil {
				return k.signer, err
			}
		}
		if err := k.renew(ctx, len(all)); err != nil {
			return nil, err
		}
	}
}

// newest is the key that signs.
func newest(all credential.Keys) (credential.Key, bool) {
	if len(all) == 0 {
		return credential.Key{}, false
	}
	last := all[len(all)-1]
	return last, last.RetiredAt.IsZero() && last.RevokedAt.IsZero()
}

// opened opens a key with the operator's secret, or with the store's and seals it anew where there is an operator's
// now. nil is a key of a store that this one is a backup of: nothing opens it any more.
func (k *Keys) opened(ctx context.Context, key credential.Key) (*credential.Signer, error) {
	own, err := store.Get[issuerSecret](ctx, k.store, IssuerSecretKind, secretID)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return nil, err
	}
	kept := credential.Secret(own.Secret)
	switch {
	case k.given != nil && key.Lock == k.given.Lock():
		return key.Open(k.given)
	case len(kept) == 0 || key.Lock != kept.Lock():
		if key.Given {
			return nil, &problem.Problem{Kind: problem.ErrUnavailable, Code: "keys-closed"}
		}
		return nil, nil
	case k.given == nil:
		return key.Open(kept)
	}
	private, err := key.Private(kept)
	if err != nil {
		return nil, err
	}
	sealed, err := key.Resealed(private, k.given)
	if err != nil {
		return nil, err
	}
	sealed.Given = true
	if _, err := store.Update(ctx, k.store, IssuerKeyKind, key.ID, func(d *credential.Key) error { *d = sealed; return nil }); err != nil {
		return nil, err
	}
	k.readAt = time.Time{}
	return sealed.Open(k.given)
}

// secret is what new keys are sealed under. The store's is made when it is first needed.
func (k *Keys) secret(ctx context.Context) (credential.Secret, error) {
	if k.given != nil {
		return k.given, nil
	}
	var b [32]byte
	rand.Read(b[:]) // never fails
	made := issuerSecret{ID: secretID, Secret: hex.EncodeToString(b[:])}
	if err := k.store.Insert(ctx, IssuerSecretKind, &made); err == nil || !errors.Is(err, problem.ErrExists) {
		return credential.Secret(made.Secret), err
	}
	there, err := store.Get[issuerSecret](ctx, k.store, IssuerSecretKind, secretID)
	return credential.Secret(there.Secret), err
}

// renew makes the key after the first n, and retires those. Where another process was faster its key is taken.
func (k *Keys) renew(ctx context.Context, n int) error {
	secret, err := k.secret(ctx)
	if err != nil {
		return err
	}
	now := store.Time(k.now())
	key, err := credential.NewKey(fmt.Sprintf("%04d", n+1), k.site, secret, now)
	if err != nil {
		return err
	}
	key.Given = k.given != nil
	if err := k.store.Insert(ctx, IssuerKeyKind, &key); err != nil && !errors.Is(err, problem.ErrExists) {
		return err
	}
	k.readAt = time.Time{}
	all, err := k.read(ctx)
	if err != nil {
		return err
	}
	for _, old := range all[:max(0, len(all)-1)] {
		if !old.RetiredAt.IsZero() && len(old.Sealed) == 0 {
			continue
		}
		_, err := store.Update(ctx, k.store, IssuerKeyKind, old.ID, func(d *credential.Key) error {
			if d.RetiredAt.IsZero() {
				d.RetiredAt = now
			}
			d.Sealed, d.Lock = nil, "" // what it signed stays good; it signs no more
			return nil
		})
		if err != nil {
			return err
		}
	}
	k.readAt = time.Time{}
	return nil
}

// Rotate makes a new key and gives up the private half of the one before. What that one signed stays good.
func (k *Keys) Rotate(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.readAt = time.Time{}
	all, err := k.read(ctx)
	if err != nil {
		return err
	}
	return k.renew(ctx, len(all))
}

// RotateAfter is Rotate where the key that signs is older than this.
func (k *Keys) RotateAfter(ctx context.Context, age time.Duration) error {
	s, err := k.Signer(ctx)
	if err != nil || k.now().Sub(s.MadeAt) < age {
		return err
	}
	return k.Rotate(ctx)
}

// Revoke withdraws a key that is in other hands: from now on nothing that it signed proves anything, and only the
// register says what a certificate is worth. Where it is the one that signs, another takes over.
func (k *Keys) Revoke(ctx context.Context, id string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.readAt, k.signer = time.Time{}, nil
	all, err := k.read(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(d credential.Key) bool { return d.ID == id || len(id) >= 6 && d.Thumbprint == id })
	if i < 0 {
		return store.NotFound(IssuerKeyKind, id)
	}
	now := store.Time(k.now())
	_, err = store.Update(ctx, k.store, IssuerKeyKind, all[i].ID, func(d *credential.Key) error {
		if d.RevokedAt.IsZero() {
			d.RevokedAt = now
		}
		d.Sealed, d.Lock = nil, ""
		return nil
	})
	k.readAt = time.Time{}
	if err != nil || i < len(all)-1 {
		return err
	}
	return k.renew(ctx, len(all))
}
