package credential

import (
	"bytes"
	"crypto/x509"
	"errors"
	"testing"
)

func TestKeyIsSealed(t *testing.T) {
	k, err := NewKey("0001", "https://lopban.test", Secret(secret), now)
	if err != nil {
		t.Fatal(err)
	}
	private, err := k.Private(Secret(secret))
	if err != nil {
		t.Fatal(err)
	}
	if public, _ := private.PublicKey.Bytes(); !bytes.Equal(public, k.Public) {
		t.Error("the halves do not fit")
	}
	if raw, _ := private.Bytes(); bytes.Contains(k.Sealed, raw) {
		t.Error("the private half lies open")
	}
	if _, err := k.Open(Secret(secret + "!")); !errors.Is(err, ErrClosed) {
		t.Errorf("another secret: %v", err)
	}
	if _, err := k.Open(nil); !errors.Is(err, ErrSecret) {
		t.Errorf("no secret: %v", err)
	}
	if _, err := NewKey("0002", "", Secret("short"), now); !errors.Is(err, ErrSecret) {
		t.Errorf("a short secret: %v", err)
	}
	other := k
	other.Thumbprint = "another"
	if _, err := other.Open(Secret(secret)); !errors.Is(err, ErrClosed) {
		t.Errorf("a key under another's name: %v", err)
	}
	moved, err := k.Resealed(private, Secret("the secret that comes after it, just as long"))
	if err != nil || moved.Lock == k.Lock {
		t.Fatalf("%v %s", err, moved.Lock)
	}
	if _, err := moved.Open(Secret(secret)); !errors.Is(err, ErrClosed) {
		t.Errorf("the old secret still opens it: %v", err)
	}
	k.Sealed = nil
	if _, err := k.Open(Secret(secret)); !errors.Is(err, ErrClosed) {
		t.Errorf("a retired key: %v", err)
	}
}

func TestCertificateSaysWhatTheKeyIs(t *testing.T) {
	k := signer(t, "0001").Key
	c, err := x509.ParseCertificate(k.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature); err != nil {
		t.Error(err)
	}
	if c.Subject.CommonName != "Lớp Bản" || c.Subject.Organization[0] != "Khóa toàn vẹn của hệ thống, không phải chữ ký số của cơ quan" || c.IsCA {
		t.Error(c.Subject)
	}
	if found, ok := (Keys{k}).Find(k.Thumbprint[:8]); !ok || found.ID != k.ID {
		t.Error("not found by the beginning of its thumbprint")
	}
	if _, ok := (Keys{k}).Find(""); ok {
		t.Error("found by nothing")
	}
}
