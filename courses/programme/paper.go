package programme

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"lopban/courses"
	"lopban/courses/credential"
	"lopban/courses/paper"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// Printed is the fact that a certificate's PDF was made: the bytes are a blob under their hash and never made again.
type Printed struct {
	ID     string    `json:"id"`   // the certificate's
	Hash   string    `json:"hash"` // SHA-256 of the PDF, hexadecimal
	Link   string    `json:"link"` // what its QR says; "" on old ones, which say the certificate's VerifyURL
	MadeAt time.Time `json:"madeAt"`
}

var PrintedKind = &store.Kind{Name: "printed", Schema: 1, Order: 140, Fact: true, Under: "id", Doc: Printed{}, Indexes: [][]string{{"hash"}}}

// papers keeps the PDF of every certificate. They are made one after the other: each takes 10 ms of a core and 15 MB
// for that long.
type papers struct {
	store  store.Store
	now    func() time.Time
	keys   *Keys
	Making chan struct{} // held by who makes one
	// held by the one of those made later that is next: who asks for a paper goes before the others
	making chan struct{}
}

func newPapers(st store.Store, now func() time.Time, keys *Keys) papers {
	return papers{st, now, keys, make(chan struct{}, 1), make(chan struct{}, 1)}
}

// makeLater is Keep for a paper that nobody waits for yet.
func (p *papers) makeLater(ctx context.Context, c courses.Certificate) error {
	select {
	case p.making <- struct{}{}:
		defer func() { <-p.making }()
	case <-ctx.Done():
		return ctx.Err()
	}
	_, err := p.Keep(ctx, c)
	return err
}

// Kept is the PDF that is served: the one that the issuer signed, or else the one that was made; nil before.
func (p *papers) Kept(ctx context.Context, c courses.Certificate) ([]byte, error) {
	signed, err := store.Get[Countersigned](ctx, p.store, CountersignedKind, c.ID)
	if err == nil {
		return p.store.Blob(ctx, signed.Hash+".pdf")
	}
	if !errors.Is(err, problem.ErrNotFound) {
		return nil, err
	}
	return p.made(ctx, c)
}

// made is the PDF that was made, nil before.
func (p *papers) made(ctx context.Context, c courses.Certificate) ([]byte, error) {
	made, err := store.Get[Printed](ctx, p.store, PrintedKind, c.ID)
	if errors.Is(err, problem.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return p.store.Blob(ctx, made.Hash+".pdf")
}

// AsPrinted is the certificate with the link that stands in its QR code. The PDF is made where it was not yet.
func (p *papers) AsPrinted(ctx context.Context, c courses.Certificate) (courses.Certificate, error) {
	if _, err := p.Keep(ctx, c); err != nil {
		return c, err
	}
	made, err := store.Get[Printed](ctx, p.store, PrintedKind, c.ID)
	c.VerifyURL = cmp.Or(made.Link, c.VerifyURL)
	return c, err
}

// Keep makes the PDF of a certificate, or gives back the one that was made.
func (p *papers) Keep(ctx context.Context, c courses.Certificate) ([]byte, error) {
	if pdf, err := p.Kept(ctx, c); pdf != nil || err != nil {
		return pdf, err
	}
	for {
		pdf, link, err := p.print(ctx, c)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(pdf)
		hash := hex.EncodeToString(sum[:])
		err = store.KeepBlob(ctx, p.store, hash+".pdf", pdf, func() error {
			return p.store.Insert(ctx, PrintedKind, &Printed{ID: c.ID, Hash: hash, Link: link, MadeAt: store.Time(p.now())})
		})
		if err == nil {
			return pdf, nil
		}
		if !errors.Is(err, problem.ErrExists) {
			return nil, err
		}
		if pdf, err := p.Kept(ctx, c); pdf != nil || err != nil {
			return pdf, err
		}
	}
}

// Unprintable is why a certificate cannot be put on paper, nil for every other error.
func Unprintable(err error) *problem.Problem {
	var why *problem.Problem
	if errors.As(err, &why) && strings.HasPrefix(why.Code, "paper-") {
		return why
	}
	return nil
}

// sayings stand in the signature of every PDF, for who opens its properties. They are Vietnamese, as papers are.
var sayings = credential.Words{Name: "Lớp Bản", Reason: "Bảo đảm tệp không bị sửa sau khi cấp; không thay chữ ký số của cơ quan cấp"}

// print makes the PDF, with the signed facts in its QR code and a signature over all of it. It holds the press only
// while it prints: nobody waits for another's store.
func (p *papers) print(ctx context.Context, c courses.Certificate) (pdf []byte, link string, err error) {
	signer, err := p.keys.Signer(ctx)
	if err != nil {
		return nil, "", err
	}
	fragment, err := signer.Fragment(credential.FactsOf(c))
	if err == nil {
		c.VerifyURL += "#" + fragment
	} else if !errors.Is(err, credential.ErrTooOdd) { // then the register alone answers for it
		return nil, "", err
	}
	select {
	case p.Making <- struct{}{}:
		defer func() { <-p.Making }()
	case <-ctx.Done():
		return nil, "", ctx.Err()
	}
	if pdf, err = paper.Certificate(c); err != nil {
		return nil, "", err
	}
	w := sayings
	w.Place = p.keys.site
	pdf, err = signer.Sign(pdf, w, p.now())
	return pdf, c.VerifyURL, err
}

// SampleCode can be no certificate's: codes have no U.
const SampleCode = "MAUMAUMAUMAU"

// Issued says whether the PDF with this hash is one that was kept for the certificate: as it was made, or as the issuer
// signed it.
func Issued(ctx context.Context, st store.Store, certificate, hash string) (bool, error) {
	p, err := store.Get[Printed](ctx, st, PrintedKind, certificate)
	if err == nil && p.Hash == hash {
		return true, nil
	}
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return false, err
	}
	signed, err := store.Get[Countersigned](ctx, st, CountersignedKind, certificate)
	if errors.Is(err, problem.ErrNotFound) {
		return false, nil
	}
	return signed.Hash == hash, err
}

// SamplePaper prints a certificate that nobody can take for one. Papers are in Vietnamese.
func (s *Programme) SamplePaper(p roster.Province, i courses.Issuer) ([]byte, error) {
	w := s.Languages.In("vi")
	sample := w.T("issuer.sample")
	now := s.Now()
	return paper.Certificate(courses.Certificate{Code: SampleCode, Register: sample, Serial: sample, Title: courses.Text{Vi: w.T("issuer.sample.course")}, Periods: 6,
		Holder: courses.Holder{Name: w.T("issuer.sample.holder"), Library: w.T("issuer.sample.library"), Place: w.T("issuer.sample.place", p.Name)},
		Issuer: i, StartedAt: now.AddDate(0, 0, -14), CompletedAt: now, IssuedAt: now, ValidUntil: courses.Forever, VerifyURL: s.BaseURL + "/v/" + SampleCode})
}
