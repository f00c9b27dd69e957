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

// definite writes the element with which BER begins with its lengths, where they are left open: some programs sign so,
// though PDF asks for DER. What has its length stays byte for byte.
func definite(ber []byte, deep int) (element, rest []byte, ok bool) {
	if deep > 16 || len(ber) < 2 || ber[0]&0x1f == 0x1f {
		return nil, nil, false
	}
	if ber[1] != 0x80 {
		var one cryptobyte.String
		in := cryptobyte.String(ber)
		ok := in.ReadAnyASN1Element(&one, new(asn1.Tag))
		return one, in, ok
	}
	var content []byte
	for rest = ber[2:]; len(rest) >= 2 && (rest[0] != 0 || rest[1] != 0); {
		var one []byte
		if one, rest, ok = definite(rest, deep+1); !ok {
			return nil, nil, false
		}
		content = append(content, one...)
	}
	if len(rest) < 2 || ber[0]&0x20 == 0 {
		return nil, nil, false
	}
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(asn1.Tag(ber[0]), func(b *cryptobyte.Builder) { b.AddBytes(content) })
	element, err := b.Bytes()
	return element, rest[2:], err == nil
}
