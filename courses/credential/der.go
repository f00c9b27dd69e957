package credential

import (
	"errors"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// flat is an ECDSA signature as JOSE and WebCrypto have it, r and s in 32 bytes each, of its ASN.1 form.
func flat(der []byte) ([]byte, error) {
	r, s := new(big.Int), new(big.Int)
	outer, inner := cryptobyte.String(der), cryptobyte.String{}
	if !outer.ReadASN1(&inner, asn1.SEQUENCE) || !inner.ReadASN1Integer(r) || !inner.ReadASN1Integer(s) || r.BitLen() > 256 || s.BitLen() > 256 {
		return nil, errors.New("no ECDSA signature on P-256")
	}
	raw := make([]byte, signature)
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return raw, nil
}
