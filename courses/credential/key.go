// Package credential proves what a certificate says without asking its register: the keys that sign, the signed facts
// in a QR code's link, and the signature inside a PDF. It knows no store and no network.
//
// There is one kind of signature, ECDSA on P-256 with SHA-256: every WebView, PDF reader and JOSE library knows it.
// Signatures are made without chance (RFC 6979), so that signing the same thing twice gives the same bytes.
//
// A signature of ours says that nothing was changed since the register wrote it. It is no signature of the issuer in
// the sense of the law on electronic transactions; that one is added with the issuer's own token.
package credential

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// Key is one of the keys that sign certificates. The public half is kept for ever, to check what was signed with it;
// the private half is sealed, and given up when another key takes over.
type Key struct {
	ID          string    `json:"id"`          // "0001", "0002": the order in which they were made
	Thumbprint  string    `json:"thumbprint"`  // RFC 7638, base64url: how signatures name it
	Public      []byte    `json:"public"`      // the point, 65 bytes
	Certificate []byte    `json:"certificate"` // X.509, signed by itself
	Sealed      []byte    `json:"sealed"`      // the private half, AES-256-GCM; empty once another key took over
	Lock        string    `json:"lock"`        // which [Secret] opens it
	Given       bool      `json:"given"`       // that secret is the operator's, and not in the store
	MadeAt      time.Time `json:"madeAt"`
	RetiredAt   time.Time `json:"retiredAt,omitzero"` // when another key took over
	// when it was found to be in other hands: nothing signed with it proves anything
	RevokedAt time.Time `json:"revokedAt,omitzero"`
}

// Secret seals private keys. It is at least 32 bytes, or a long passphrase.
type Secret []byte

// ShortestSecret is how many bytes a secret has at least.
const ShortestSecret = 32

// ErrSecret says that a secret is too short to seal keys with.
var ErrSecret = errors.New("a secret for the signing keys has at least 32 characters, such as those of openssl rand -hex 32")

// Lock names a secret without telling it.
func (s Secret) Lock() string {
	b, err := hkdf.Key(sha256.New, s, nil, "lopban issuer keys: name", 8)
	if err != nil {
		panic(err) // eight bytes can be derived of anything
	}
	return hex.EncodeToString(b)
}

// sealer is the cipher under the secret. The key's thumbprint is sealed with it, so that no two can be exchanged.
func (s Secret) sealer() (cipher.AEAD, error) {
	if len(s) < ShortestSecret {
		return nil, ErrSecret
	}
	b, err := hkdf.Key(sha256.New, s, nil, "lopban issuer keys: seal", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(b)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// NewKey makes a key for the site with this address, sealed under the secret.
func NewKey(id, site string, secret Secret, now time.Time) (Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Key{}, err
	}
	public, err := private.PublicKey.Bytes()
	if err != nil {
		return Key{}, err
	}
	k := Key{ID: id, Thumbprint: thumbprint(public), Public: public, MadeAt: now}
	if k.Certificate, err = selfSigned(private, site, now); err != nil {
		return Key{}, err
	}
	return k.Resealed(private, secret)
}

// Resealed is the key with its private half under this secret.
func (k Key) Resealed(private *ecdsa.PrivateKey, secret Secret) (Key, error) {
	seal, err := secret.sealer()
	if err != nil {
		return k, err
	}
	raw, err := private.Bytes()
	if err != nil {
		return k, err
	}
	nonce := make([]byte, seal.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return k, err
	}
	k.Sealed, k.Lock = seal.Seal(nonce, nonce, raw, []byte(k.Thumbprint)), secret.Lock()
	return k, nil
}

// ErrClosed says that a secret does not open a key.
var ErrClosed = errors.New("this secret does not open the signing key")

// Private opens the private half.
func (k Key) Private(secret Secret) (*ecdsa.PrivateKey, error) {
	seal, err := secret.sealer()
	if err != nil {
		return nil, err
	}
	if len(k.Sealed) < seal.NonceSize() {
		return nil, ErrClosed
	}
	raw, err := seal.Open(nil, k.Sealed[:seal.NonceSize()], k.Sealed[seal.NonceSize():], []byte(k.Thumbprint))
	if err != nil {
		return nil, ErrClosed
	}
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
}

// Point is the public half.
func (k Key) Point() (*ecdsa.PublicKey, error) {
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), k.Public)
}

// X is the key's public half as a JWK has it, base64url.
func (k Key) X() string { return base64.RawURLEncoding.EncodeToString(k.Public[1:33]) }

// Y is the other half of [Key.X].
func (k Key) Y() string { return base64.RawURLEncoding.EncodeToString(k.Public[33:]) }

// thumbprint is the SHA-256 of the key's JWK in its one canonical form (RFC 7638).
func thumbprint(public []byte) string {
	k := Key{Public: public}
	sum := sha256.Sum256(fmt.Appendf(nil, `{"crv":"P-256","kty":"EC","x":%q,"y":%q}`, k.X(), k.Y()))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// selfSigned is the certificate that PDF readers show. Nobody else vouches for the key: whoever trusts it took it from
// the site.
func selfSigned(private *ecdsa.PrivateKey, site string, now time.Time) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	name := pkix.Name{CommonName: "Lớp Bản", Organization: []string{"Khóa toàn vẹn của hệ thống, không phải chữ ký số của cơ quan"}}
	if site != "" {
		name.OrganizationalUnit = []string{site}
	}
	template := &x509.Certificate{SerialNumber: serial.Add(serial, big.NewInt(1)), Subject: name, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(50, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment, BasicConstraintsValid: true}
	return x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
}

// Signer signs with one key.
type Signer struct {
	Key
	private *ecdsa.PrivateKey
}

// Open makes a signer of a key.
func (k Key) Open(secret Secret) (*Signer, error) {
	private, err := k.Private(secret)
	if err != nil {
		return nil, err
	}
	return &Signer{k, private}, nil
}

// sign is the signature of the data in the form of ASN.1.
func (s *Signer) sign(data []byte) ([]byte, error) {
	sum := sha256.Sum256(data)
	return s.private.Sign(nil, sum[:], crypto.SHA256)
}

// Keys are all keys there ever were, by age.
type Keys []Key

// Find gives the key with this thumbprint, or whose thumbprint begins so.
func (all Keys) Find(thumbprint string) (Key, bool) {
	for _, k := range all {
		if len(thumbprint) >= 6 && len(k.Thumbprint) >= len(thumbprint) && k.Thumbprint[:len(thumbprint)] == thumbprint {
			return k, true
		}
	}
	return Key{}, false
}
