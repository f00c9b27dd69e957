package credential

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"time"
)

// States say which certificates are worth nothing any more, of all that there are: what a phone without a network knows
// of one is what they said last. They name register numbers, which anybody can look up, and nobody's name.
type States struct {
	At       int64    `json:"iat"` // seconds of Unix time
	Revoked  []string `json:"revoked"`
	Replaced []string `json:"replaced"`
}

// statesType keeps a list of states from being taken for anything else that is signed.
const statesType = "lopban-states+jwt"

// jose is the head of a JWS.
type jose struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
	Key       string `json:"kid"`
}

// SignStates writes them as a JWS (RFC 7515) in its compact form.
func (s *Signer) SignStates(list States) (string, error) {
	return s.jws(jose{"ES256", statesType, s.Thumbprint}, list)
}

// jws is a compact JWS.
func (s *Signer) jws(head jose, payload any) (string, error) {
	h, err1 := json.Marshal(head)
	p, err2 := json.Marshal(payload)
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(p)
	der, err := s.sign([]byte(text))
	if err != nil {
		return "", err
	}
	raw, err := flat(der)
	return text + "." + base64.RawURLEncoding.EncodeToString(raw), err
}

// ErrOld says that states are older than ones that are known: somebody sends what was true once.
var ErrOld = errors.New("these states are older than those that are known already")

// ReadStates reads a list that one of the keys signed, newer than the one that is known.
func (all Keys) ReadStates(text string, known time.Time) (States, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || len(text) > 4<<20 {
		return States{}, errFacts
	}
	var b [3][]byte
	for i, part := range parts {
		var err error
		if b[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return States{}, errFacts
		}
	}
	var head jose
	var list States
	if json.Unmarshal(b[0], &head) != nil || head.Algorithm != "ES256" || head.Type != statesType || len(b[2]) != signature || json.Unmarshal(b[1], &list) != nil {
		return States{}, errFacts
	}
	k, ok := all.Find(head.Key)
	if !ok || len(head.Key) != len(k.Thumbprint) {
		return States{}, ErrNoKey
	}
	if !k.RevokedAt.IsZero() {
		return States{}, ErrRevoked
	}
	public, err := k.Point()
	if err != nil {
		return States{}, err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	switch {
	case !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(b[2][:32]), new(big.Int).SetBytes(b[2][32:])):
		return States{}, ErrForged
	case time.Unix(list.At, 0).Before(known):
		return States{}, ErrOld
	}
	return list, nil
}
