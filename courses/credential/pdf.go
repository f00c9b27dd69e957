package credential

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"regexp"
	"strconv"
	"time"

	"lopban/courses/problem"
)

// LargestPDF is how large a PDF may be that is looked into: a certificate with a picture of a seal and two signatures
// takes a tenth.
const LargestPDF = 2 << 20

// Signature is one signature in a PDF.
type Signature struct {
	From, To    int               // where it stands in the file, brackets and all
	Covers      int               // the bytes of the file that it is of, from the first on
	Certificate *x509.Certificate // nil where it cannot be read
	Err         error             // why it proves nothing, nil where it fits
}

var byteRange = regexp.MustCompile(`/ByteRange\s*\[\s*(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]`)

// Signatures finds the signatures in a PDF in the order in which they stand and checks each against the certificate
// inside it. Whose the certificate is, and whether it is to be trusted, is for the caller to say. It is a problem where
// the file is too large or no PDF.
func Signatures(pdf []byte) ([]Signature, error) {
	if len(pdf) > LargestPDF {
		return nil, problem.Invalid("file", "pdf-large", LargestPDF>>20)
	}
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		return nil, problem.Invalid("file", "paper-foreign")
	}
	var all []Signature
	for _, m := range byteRange.FindAllSubmatch(pdf, most) {
		var n [4]int
		for i := range n {
			n[i], _ = strconv.Atoi(string(m[i+1])) // digits, few enough
		}
		if n[0] != 0 || n[1] <= 0 || n[2] <= n[1]+1 || n[3] < 0 || n[2]+n[3] > len(pdf) {
			all = append(all, Signature{Err: errForm})
			continue
		}
		all = append(all, read(pdf, n[1], n[2], n[2]+n[3]))
	}
	return all, nil
}

// read checks the signature that stands between from and to, over the file up to its end.
func read(pdf []byte, from, to, end int) Signature {
	s := Signature{From: from, To: to, Covers: end}
	hole := pdf[from:to]
	if hole[0] != '<' || hole[len(hole)-1] != '>' { // something else would go unsigned
		s.Err = errForm
		return s
	}
	der := make([]byte, hex.DecodedLen(len(hole)-2))
	if _, s.Err = hex.Decode(der, hole[1:len(hole)-1]); s.Err != nil {
		s.Err = errForm
		return s
	}
	info, err := readCMS(der)
	if err != nil {
		s.Err = err
		return s
	}
	s.Certificate, s.Err = info.certificate, info.check(pdf[:from], pdf[to:end])
	return s
}

// Sealed finds the key of ours that signed a PDF as a whole, or all of it before what an issuer's own signature added.
// ok is false where the file was changed since, or was never signed here. The register need not be asked.
func (all Keys) Sealed(pdf []byte) (k Key, ok bool) {
	signatures, err := Signatures(pdf)
	if err != nil || len(signatures) == 0 {
		return Key{}, false
	}
	for _, s := range signatures {
		if s.Err != nil {
			return Key{}, false
		}
	}
	last := signatures[len(signatures)-1]
	if last.Covers != len(pdf) {
		return Key{}, false
	}
	for _, key := range all {
		if point, err := key.Point(); err == nil && point.Equal(signatures[0].Certificate.PublicKey) {
			return key, len(signatures) == 1 || added(pdf[:signatures[0].Covers], pdf) == nil
		}
	}
	return Key{}, false
}

// Countersigned says whose signature was added to the PDF that was kept for a certificate, where it is of the whole
// document and adds nothing to the page: then the file may be kept in its place. What is wrong is a problem of the
// field "file".
func Countersigned(kept, signed []byte, now time.Time) (*x509.Certificate, error) {
	if len(signed) > LargestPDF {
		return nil, problem.Invalid("file", "pdf-large", LargestPDF>>20)
	}
	if !bytes.HasPrefix(signed, kept) {
		return nil, problem.Invalid("file", "signed-other")
	}
	all, err := Signatures(signed)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 || all[len(all)-1].From < len(kept) {
		return nil, problem.Invalid("file", "signed-none")
	}
	s := all[len(all)-1]
	switch {
	case s.Err != nil:
		return nil, problem.Invalid("file", "signed-broken")
	case s.Covers != len(signed):
		return nil, problem.Invalid("file", "signed-part")
	case now.Before(s.Certificate.NotBefore) || now.After(s.Certificate.NotAfter):
		return nil, problem.Invalid("file", "signed-expired", s.Certificate.NotAfter)
	}
	return s.Certificate, added(kept, signed)
}
