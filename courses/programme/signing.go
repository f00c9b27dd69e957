package programme

import (
	"cmp"
	"context"
	"crypto/x509/pkix"
	"errors"
	"strings"
	"time"

	"lopban/courses"
	"lopban/courses/credential"
	"lopban/courses/paper"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Countersigned is the fact that a PDF with the issuer's own signature was handed in for a certificate: it is served
// from then on, as it came. The one that was made stays too.
type Countersigned struct {
	ID     string    `json:"id"` // the certificate's
	Hash   string    `json:"hash"`
	Signer string    `json:"signer"` // whose the signature is, as its certificate says
	CA     string    `json:"ca"`     // who vouches for that, as it says; no list of authorities is asked
	Serial string    `json:"serial"` // of the signer's certificate
	By     string    `json:"by"`     // account that handed it in
	At     time.Time `json:"at"`
}

var CountersignedKind = &store.Kind{Name: "countersigned", Schema: 1, Order: 130, Fact: true, Under: "id", Doc: Countersigned{}}

// Countersign keeps a PDF that the issuer signed with its own token, in place of the one that was printed here. Handing
// in the same file again changes nothing; another one is refused, because what people hold must not change twice.
func (s *Programme) Countersign(ctx context.Context, a roster.Account, signed []byte) (school.Entry, Countersigned, error) {
	code, hash, err := paper.Inspect(signed)
	if err != nil {
		return school.Entry{}, Countersigned{}, err
	}
	e, err := s.School.Look(ctx, code)
	if errors.Is(err, problem.ErrNotFound) || err == nil && !roster.MayRevoke(a, e.Province) {
		return school.Entry{}, Countersigned{}, problem.Invalid("file", "signed-unknown", courses.ShowCode(code))
	}
	if err != nil {
		return e, Countersigned{}, err
	}
	if e.Revocation != nil || e.ReplacedBy != nil {
		return e, Countersigned{}, problem.Invalid("file", "signed-gone", e.Register)
	}
	kept, err := s.Papers.made(ctx, e.Certificate)
	if err != nil {
		return e, Countersigned{}, err
	}
	if kept == nil {
		return e, Countersigned{}, problem.Invalid("file", "signed-other")
	}
	whose, err := credential.Countersigned(kept, signed, s.Now())
	if err != nil {
		return e, Countersigned{}, err
	}
	done := Countersigned{ID: e.ID, Hash: hash, Signer: nameOf(whose.Subject), CA: nameOf(whose.Issuer), Serial: whose.SerialNumber.Text(16), By: a.ID, At: store.Time(s.Now())}
	err = store.KeepBlob(ctx, s.Store, hash+".pdf", signed, func() error { return s.Store.Insert(ctx, CountersignedKind, &done) })
	if errors.Is(err, problem.ErrExists) {
		there, err := store.Get[Countersigned](ctx, s.Store, CountersignedKind, e.ID)
		if err == nil && there.Hash != hash {
			err = problem.Invalid("file", "signed-twice", there.Signer, there.At)
		}
		return e, there, err
	}
	return e, done, err
}

// Made is the PDF that was made for a certificate, nil before.
func Made(ctx context.Context, st store.Store, c courses.Certificate) ([]byte, error) {
	p := papers{store: st}
	return p.made(ctx, c)
}

// nameOf is how a certificate names somebody.
func nameOf(n pkix.Name) string {
	if n.CommonName == "" || len(n.Organization) == 0 || n.Organization[0] == n.CommonName {
		return cmp.Or(n.CommonName, strings.Join(n.Organization, ", "), n.String())
	}
	return n.CommonName + ", " + n.Organization[0]
}
