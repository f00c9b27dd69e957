package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
)

// A device is known to an account after it signed in there: it holds a token, which is a random name and a keyed digest
// of that name and the account. Who guesses at an account from a known device has tries of their own, so that strangers
// cannot lock its owner out (OWASP, device cookies). A token is good for nothing else. It ends when every session of
// the account is ended, and when its key has been rotated twice.
const (
	mostDevices = 16 // tokens that are looked at: a shared computer holds one for each account
	deviceSize  = 22 + 1 + 32
)

// DeviceLife is how long a browser keeps a token.
const DeviceLife = 400 * 24 * time.Hour

// known gives the name of the device when one of its tokens is the account's.
func (s *Accounts) known(ctx context.Context, a roster.Account, tokens []string) (string, error) {
	if a.ID == "" || len(tokens) == 0 {
		return "", nil
	}
	ring, err := s.deviceKeys(ctx)
	if err != nil {
		return "", err
	}
	for _, token := range tokens[:min(len(tokens), mostDevices)] {
		name, digest, _ := strings.Cut(token, ".")
		for _, key := range ring.all() {
			if len(token) == deviceSize && same(digest, key.device(name, a)) {
				return name, nil
			}
		}
	}
	return "", nil
}

// deviceKeys reads the keys, and makes them the first time.
func (s *Accounts) deviceKeys(ctx context.Context) (keyRing, error) {
	ring, err := s.devices.ring(ctx, keysLife)
	if errors.Is(err, problem.ErrNotFound) {
		if err = s.devices.ready(ctx); err == nil {
			ring, err = s.devices.ring(ctx, keysLife)
		}
	}
	return ring, err
}

// device is the digest of a token.
func (k secretKey) device(name string, a roster.Account) string {
	m := hmac.New(sha256.New, k.Secret)
	m.Write([]byte("device/" + name + "/" + a.ID + "/" + strconv.Itoa(a.Session)))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:24])
}

// Remember gives the token of a device at which somebody signed in: of the same name as the one that it holds.
func (s *Accounts) Remember(ctx context.Context, a roster.Account, tokens []string) (string, error) {
	ring, err := s.deviceKeys(ctx)
	if err != nil {
		return "", err
	}
	name, err := s.known(ctx, a, tokens)
	if err != nil {
		return "", err
	}
	if name == "" {
		var b [16]byte
		if _, err := io.ReadFull(s.Rand, b[:]); err != nil {
			return "", err
		}
		name = encode(b[:])
	}
	return name + "." + ring.Current.device(name, a), nil
}

// RotateKeys puts a new key of device tokens into use when the one in use is older than age. A store in which nobody
// has signed in yet gets its first.
func (s *Accounts) RotateKeys(ctx context.Context, age time.Duration) error {
	if _, err := s.deviceKeys(ctx); err != nil {
		return err
	}
	return s.devices.rotate(ctx, age)
}
