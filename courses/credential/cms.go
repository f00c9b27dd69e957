package credential

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512" // issuers sign with these too
	"crypto/x509"
	encoding "encoding/asn1"
	"errors"
	"math/big"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Names of things in a CMS (RFC 5652, 5035, 5754, 5758, 8017).
var (
	oidData        = encoding.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSigned      = encoding.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContent     = encoding.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidDigest      = encoding.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidCertificate = encoding.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidPSS         = encoding.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidECDSA256    = encoding.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
	oidSHA256      = encoding.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA384      = encoding.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}
	oidSHA512      = encoding.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}
)

var (
	setOf     = asn1.SET
	implicit0 = asn1.Tag(0).ContextSpecific().Constructed()
	implicit1 = asn1.Tag(1).ContextSpecific().Constructed()
	keyID     = asn1.Tag(0).ContextSpecific()
)

// cms is the signature over a document with this SHA-256, as a PDF holds it: content type, digest and signing
// certificate are signed, and no time, as the baseline of PAdES asks (ETSI EN 319 142-1).
func (s *Signer) cms(digest []byte) ([]byte, error) {
	certificate, err := x509.ParseCertificate(s.Certificate)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(s.Certificate)
	attributes := [][]byte{
		attribute(oidContent, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData) }),
		attribute(oidDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(digest) }),
		attribute(oidCertificate, func(b *cryptobyte.Builder) {
			sequence(b, func(b *cryptobyte.Builder) {
				sequence(b, func(b *cryptobyte.Builder) { sequence(b, func(b *cryptobyte.Builder) { b.AddASN1OctetString(sum[:]) }) })
			})
		}),
	}
	slices.SortFunc(attributes, bytes.Compare) // as DER orders a set
	var set cryptobyte.Builder
	set.AddASN1(setOf, func(b *cryptobyte.Builder) { b.AddBytes(bytes.Join(attributes, nil)) })
	toSign, err := set.Bytes()
	if err != nil {
		return nil, err
	}
	der, err := s.sign(toSign)
	if err != nil {
		return nil, err
	}
	var out cryptobyte.Builder
	sequence(&out, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSigned)
		b.AddASN1(implicit0, func(b *cryptobyte.Builder) {
			sequence(b, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(1)
				b.AddASN1(setOf, algorithm(oidSHA256))
				sequence(b, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData) })
				b.AddASN1(implicit0, func(b *cryptobyte.Builder) { b.AddBytes(s.Certificate) })
				b.AddASN1(setOf, func(b *cryptobyte.Builder) { s.info(b, certificate, toSign, der) })
			})
		})
	})
	return out.Bytes()
}

// info is what a CMS says of its one signer.
func (s *Signer) info(b *cryptobyte.Builder, c *x509.Certificate, attributes, der []byte) {
	sequence(b, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		sequence(b, func(b *cryptobyte.Builder) {
			b.AddBytes(c.RawIssuer)
			b.AddASN1BigInt(c.SerialNumber)
		})
		algorithm(oidSHA256)(b)
		b.AddBytes(append([]byte{byte(implicit0)}, attributes[1:]...))
		algorithm(oidECDSA256)(b)
		b.AddASN1OctetString(der)
	})
}

func sequence(b *cryptobyte.Builder, inside func(*cryptobyte.Builder)) {
	b.AddASN1(asn1.SEQUENCE, inside)
}

func algorithm(oid encoding.ObjectIdentifier) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		sequence(b, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oid) })
	}
}

func attribute(oid encoding.ObjectIdentifier, value func(*cryptobyte.Builder)) []byte {
	var out cryptobyte.Builder
	sequence(&out, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		b.AddASN1(setOf, value)
	})
	return out.BytesOrPanic()
}

// What may be wrong with a signature in a PDF.
var (
	errForm   = errors.New("the signature is of a form that is not read here: a CMS with one signer is")
	errOther  = errors.New("the document is not the one that was signed")
	errBroken = errors.New("the signature does not fit its certificate")
)

// signerInfo is the part of a CMS that is looked at.
type signerInfo struct {
	certificate      *x509.Certificate
	digest           crypto.Hash
	attributes       cryptobyte.String // with the tag that is signed
	content, certSum []byte            // hashes that the attributes name
	pss              bool
	signature        []byte
}

// most bounds the certificates of a CMS.
const most = 16

// readCMS reads a CMS with one signer and no content, in DER or with outer lengths left open. Behind it are zeros
// alone, which keep its place.
func readCMS(der []byte) (*signerInfo, error) {
	element, rest, ok := definite(der, 0)
	if !ok {
		return nil, errForm
	}
	der = append(element, rest...)
	in, outer, body, explicit := cryptobyte.String(der), cryptobyte.String{}, cryptobyte.String{}, cryptobyte.String{}
	var kind, dataKind encoding.ObjectIdentifier
	var n int
	var digests, encap, signers, info cryptobyte.String
	var certificates, crls cryptobyte.String
	var has bool
	ok = in.ReadASN1(&outer, asn1.SEQUENCE) && outer.ReadASN1ObjectIdentifier(&kind) && kind.Equal(oidSigned) && outer.ReadASN1(&explicit, implicit0) &&
		explicit.ReadASN1(&body, asn1.SEQUENCE) && body.ReadASN1Integer(&n) && body.ReadASN1(&digests, setOf) && body.ReadASN1(&encap, asn1.SEQUENCE) &&
		encap.ReadASN1ObjectIdentifier(&dataKind) && dataKind.Equal(oidData) && encap.Empty() &&
		body.ReadOptionalASN1(&certificates, &has, implicit0) && body.ReadOptionalASN1(&crls, &has, implicit1) &&
		body.ReadASN1(&signers, setOf) && signers.ReadASN1(&info, asn1.SEQUENCE) && signers.Empty() &&
		body.Empty() && explicit.Empty() && outer.Empty() && len(bytes.Trim(in, "\x00")) == 0
	if !ok {
		return nil, errForm
	}
	s := &signerInfo{}
	whose, err := s.read(info)
	if err != nil {
		return nil, err
	}
	for i := 0; i < most && !certificates.Empty(); i++ {
		var one cryptobyte.String
		if !certificates.ReadASN1Element(&one, asn1.SEQUENCE) {
			return nil, errForm
		}
		if c, err := x509.ParseCertificate(one); err == nil && whose(c) {
			s.certificate = c
			return s, nil
		}
	}
	return nil, errForm
}

// read reads what is said of the signer, and gives what tells their certificate.
func (s *signerInfo) read(info cryptobyte.String) (whose func(*x509.Certificate) bool, err error) {
	var n int
	var name, issuer, id, digest, signing, unsigned cryptobyte.String
	var oid encoding.ObjectIdentifier
	serial := new(big.Int)
	var byID, has bool
	ok := info.ReadASN1Integer(&n) && info.ReadOptionalASN1(&id, &byID, keyID)
	if ok && !byID {
		ok = info.ReadASN1(&name, asn1.SEQUENCE) && name.ReadASN1Element(&issuer, asn1.SEQUENCE) && name.ReadASN1Integer(serial)
	}
	ok = ok && info.ReadASN1(&digest, asn1.SEQUENCE) && digest.ReadASN1ObjectIdentifier(&oid)
	if !ok {
		return nil, errForm
	}
	switch {
	case oid.Equal(oidSHA256):
		s.digest = crypto.SHA256
	case oid.Equal(oidSHA384):
		s.digest = crypto.SHA384
	case oid.Equal(oidSHA512):
		s.digest = crypto.SHA512
	default: // SHA-1 proves nothing any more
		return nil, errForm
	}
	ok = info.ReadASN1Element(&s.attributes, implicit0) && info.ReadASN1(&signing, asn1.SEQUENCE) && signing.ReadASN1ObjectIdentifier(&oid) &&
		info.ReadASN1((*cryptobyte.String)(&s.signature), asn1.OCTET_STRING) && info.ReadOptionalASN1(&unsigned, &has, implicit1) && info.Empty()
	if !ok {
		return nil, errForm
	}
	s.pss = oid.Equal(oidPSS)
	s.attributes = append([]byte{byte(setOf)}, s.attributes[1:]...)
	if err := s.readAttributes(); err != nil {
		return nil, err
	}
	return func(c *x509.Certificate) bool {
		if byID {
			return bytes.Equal(c.SubjectKeyId, id)
		}
		return bytes.Equal(c.RawIssuer, issuer) && c.SerialNumber.Cmp(serial) == 0
	}, nil
}

// readAttributes finds the hash of the document, which must be there, and that of the certificate, which may.
func (s *signerInfo) readAttributes() error {
	set, all := s.attributes, cryptobyte.String{}
	if !set.ReadASN1(&all, setOf) {
		return errForm
	}
	var kinds int
	for !all.Empty() {
		var one, values cryptobyte.String
		var oid, kind encoding.ObjectIdentifier
		if !all.ReadASN1(&one, asn1.SEQUENCE) || !one.ReadASN1ObjectIdentifier(&oid) || !one.ReadASN1(&values, setOf) {
			return errForm
		}
		switch {
		case oid.Equal(oidContent):
			if kinds++; !values.ReadASN1ObjectIdentifier(&kind) || !kind.Equal(oidData) {
				return errForm
			}
		case oid.Equal(oidDigest):
			if s.content != nil || !values.ReadASN1((*cryptobyte.String)(&s.content), asn1.OCTET_STRING) {
				return errForm
			}
		case oid.Equal(oidCertificate):
			var list, certificates, first cryptobyte.String
			if !values.ReadASN1(&list, asn1.SEQUENCE) || !list.ReadASN1(&certificates, asn1.SEQUENCE) || !certificates.ReadASN1(&first, asn1.SEQUENCE) {
				return errForm
			}
			if first.PeekASN1Tag(asn1.OCTET_STRING) { // SHA-256, which need not be named
				first.ReadASN1((*cryptobyte.String)(&s.certSum), asn1.OCTET_STRING)
			}
		}
	}
	if kinds != 1 || s.content == nil {
		return errForm
	}
	return nil
}

// check says whether the signature is one over parts that follow one another.
func (s *signerInfo) check(parts ...[]byte) error {
	hash := s.digest.New()
	for _, part := range parts {
		hash.Write(part)
	}
	if !bytes.Equal(hash.Sum(nil), s.content) {
		return errOther
	}
	if sum := sha256.Sum256(s.certificate.Raw); s.certSum != nil && !bytes.Equal(sum[:], s.certSum) {
		return errBroken
	}
	hash.Reset()
	hash.Write(s.attributes)
	if !s.fits(hash.Sum(nil)) {
		return errBroken
	}
	return nil
}

func (s *signerInfo) fits(sum []byte) bool {
	switch key := s.certificate.PublicKey.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, sum, s.signature)
	case *rsa.PublicKey:
		switch {
		case key.N.BitLen() < 2048 || key.N.BitLen() > 8192: // weak, or made to keep a checker busy
			return false
		case s.pss:
			return rsa.VerifyPSS(key, s.digest, sum, s.signature, nil) == nil
		}
		return rsa.VerifyPKCS1v15(key, s.digest, sum, s.signature) == nil
	}
	return false
}
