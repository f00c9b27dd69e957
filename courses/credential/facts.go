package credential

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"lopban/courses"
)

// Facts are what the paper of a certificate says, as its QR code carries them for who has no network. Dates are days in
// Vietnam.
type Facts struct {
	Code      string `json:"code"`
	Holder    string `json:"holder"`
	Library   string `json:"library"`
	Place     string `json:"place"`
	Title     string `json:"title"`
	Periods   int    `json:"periods"`
	Started   string `json:"started"` // 2006-01-02
	Completed string `json:"completed"`
	Issued    string `json:"issued"`
	Until     string `json:"until"` // the last day, "" where it does not end
	Register  string `json:"register"`
	Serial    string `json:"serial"`
	Reissue   int    `json:"reissue"`
	Parent    string `json:"parent"`
	Issuer    string `json:"issuer"`
	Head      string `json:"head"`
	Capacity  string `json:"capacity"`
	Signer    string `json:"signer"`
	Town      string `json:"town"`
}

// texts are the fields in the order of the signed bytes, before the issuer's number.
func (f *Facts) texts() []*string {
	return []*string{&f.Holder, &f.Library, &f.Place, &f.Title, &f.Parent, &f.Issuer, &f.Head, &f.Capacity, &f.Signer, &f.Town}
}

// FactsOf are the facts of a certificate.
func FactsOf(c courses.Certificate) Facts {
	f := Facts{Code: c.Code, Holder: c.Holder.Name, Library: c.Holder.Library, Place: c.Holder.Place, Title: c.Title.In("vi"), Periods: c.Periods,
		Started: day(c.StartedAt), Completed: day(c.CompletedAt), Issued: day(c.IssuedAt), Register: c.Register, Serial: c.Serial, Reissue: c.Reissue,
		Parent: c.Issuer.Parent, Issuer: c.Issuer.Name, Head: c.Issuer.Head, Capacity: c.Issuer.Capacity, Signer: c.Issuer.Signer, Town: c.Issuer.Town}
	if !c.ValidUntil.Equal(courses.Forever) {
		f.Until = day(c.ValidUntil)
	}
	for _, text := range f.texts() {
		*text = strings.TrimSpace(norm.NFC.String(*text))
	}
	return f
}

func day(t time.Time) string { return t.In(courses.Vietnam).Format(time.DateOnly) }

// first is day 0 of signed facts.
var first = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// ErrTooOdd says that facts cannot be put into a QR code: they are not of the form that the register gives them.
var ErrTooOdd = errors.New("the facts do not fit the form of a signed QR code")

// The parts of a signed fragment: version, the first bytes of the key's thumbprint, facts, signature.
const (
	version   = 1
	keyBytes  = 6
	signature = 64
	header    = 1 + keyBytes
)

// signed is what the signature is made of. The code is not in the bytes, because it stands in the link before them.
func signed(code string, body []byte) []byte {
	return append([]byte("lopban facts\n"+code+"\n"), body...)
}

// Fragment is the facts and a signature in the letters that a QR code holds most cheaply: what stands behind the # of
// its link.
func (s *Signer) Fragment(f Facts) (string, error) {
	body, err := s.body(f)
	if err != nil {
		return "", err
	}
	if back, err := parse(f.Code, body[header:]); err != nil || back != f {
		return "", ErrTooOdd
	}
	der, err := s.sign(signed(f.Code, body))
	if err != nil {
		return "", err
	}
	raw, err := flat(der)
	if err != nil {
		return "", err
	}
	return write41(append(body, raw...)), nil
}

func (s *Signer) body(f Facts) ([]byte, error) {
	thumb, err := base64.RawURLEncoding.DecodeString(s.Thumbprint)
	if err != nil {
		return nil, err
	}
	b := append([]byte{version}, thumb[:keyBytes]...)
	issued, err := days(f.Issued)
	if err != nil || issued < 0 {
		return nil, ErrTooOdd
	}
	completed, err1 := days(f.Completed)
	started, err2 := days(f.Started)
	until, err3 := issued-1, error(nil)
	if f.Until != "" {
		until, err3 = days(f.Until)
	}
	var issuer string
	var year, number int
	_, err4 := fmt.Sscanf(strings.ReplaceAll(f.Serial, ".", " "), "%s %d %d", &issuer, &year, &number)
	if errors.Join(err1, err2, err3, err4) != nil {
		return nil, ErrTooOdd
	}
	for _, n := range []int{issued, issued - completed, completed - started, until + 1 - issued, f.Periods, f.Reissue, year - first.Year(), number} {
		if n < 0 || n > 1<<30 {
			return nil, ErrTooOdd
		}
		b = binary.AppendUvarint(b, uint64(n))
	}
	b = appendText(b, issuer)
	for _, text := range f.texts() {
		b = appendText(b, *text)
	}
	return b, nil
}

// days counts the days since the first.
func days(date string) (int, error) {
	t, err := time.Parse(time.DateOnly, date)
	return int(t.Sub(first).Hours() / 24), err
}

// parse reads the facts after the header.
func parse(code string, b []byte) (Facts, error) {
	var n [8]int
	for i := range n {
		v, size := binary.Uvarint(b)
		if size <= 0 || v > 1<<20 && i != 7 || v > 1<<30 {
			return Facts{}, errFacts
		}
		n[i], b = int(v), b[size:]
	}
	date := func(n int) string { return first.AddDate(0, 0, n).Format(time.DateOnly) }
	f := Facts{Code: code, Issued: date(n[0]), Completed: date(n[0] - n[1]), Started: date(n[0] - n[1] - n[2]), Periods: n[4], Reissue: n[5]}
	if n[3] > 0 {
		f.Until = date(n[0] + n[3] - 1)
	}
	issuer, b, err := readText(b)
	if err != nil {
		return Facts{}, err
	}
	year := first.Year() + n[6]
	f.Serial, f.Register = fmt.Sprintf("%s.%d.%05d", issuer, year, n[7]), fmt.Sprintf("%s/%d/%06d", issuer, year, n[7])
	if f.Reissue > 0 {
		f.Register += fmt.Sprintf("/%d", f.Reissue)
	}
	for _, text := range f.texts() {
		if *text, b, err = readText(b); err != nil {
			return Facts{}, err
		}
	}
	if len(b) > 0 {
		return Facts{}, errFacts
	}
	return f, nil
}

// What may be wrong with signed facts.
var (
	ErrForged  = errors.New("the signature does not fit the facts: something was changed, or they are of another certificate")
	ErrNoKey   = errors.New("the facts are signed with a key that is not ours")
	ErrRevoked = errors.New("the facts are signed with a key that was withdrawn")
)

// longestFragment is more than any paper has.
const longestFragment = 4 << 10

// Check reads the fragment of the link with this code and says what the paper says, if one of the keys signed it. With
// [ErrRevoked] the facts come along.
func (all Keys) Check(code, fragment string) (Facts, error) {
	if len(fragment) > longestFragment {
		return Facts{}, errFacts
	}
	b, err := read41(fragment)
	if err != nil || len(b) < header+signature || b[0] != version {
		return Facts{}, errFacts
	}
	body, raw := b[:len(b)-signature], b[len(b)-signature:]
	k, ok := all.Find(base64.RawURLEncoding.EncodeToString(body[1:header]))
	if !ok {
		return Facts{}, ErrNoKey
	}
	public, err := k.Point()
	if err != nil {
		return Facts{}, err
	}
	sum := sha256.Sum256(signed(code, body))
	if !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])) {
		return Facts{}, ErrForged
	}
	f, err := parse(code, body[header:])
	if err == nil && !k.RevokedAt.IsZero() {
		err = ErrRevoked
	}
	return f, err
}

// alphabet41 are letters that a QR code's alphanumeric mode, a fragment and a messenger all leave as they are: three of
// them hold two bytes.
const alphabet41 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ$*+-/"

// write41 writes bytes in the alphabet, two in three letters and the last odd one in two.
func write41(b []byte) string {
	var out strings.Builder
	for pair := range slices.Chunk(b, 2) {
		n, letters := int(pair[0]), 2
		if len(pair) == 2 {
			n, letters = n<<8|int(pair[1]), 3
		}
		for range letters {
			out.WriteByte(alphabet41[n%41])
			n /= 41
		}
	}
	return out.String()
}

// read41 is the other way.
func read41(text string) ([]byte, error) {
	var b []byte
	for group := range slices.Chunk([]byte(text), 3) {
		n := 0
		for _, letter := range slices.Backward(group) {
			i := strings.IndexByte(alphabet41, letter)
			if i < 0 {
				return nil, errFacts
			}
			n = n*41 + i
		}
		switch {
		case len(group) == 3 && n < 1<<16:
			b = append(b, byte(n>>8), byte(n))
		case len(group) == 2 && n < 1<<8:
			b = append(b, byte(n))
		default:
			return nil, errFacts
		}
	}
	return b, nil
}
