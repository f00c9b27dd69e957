package programme

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"crypto/x509/pkix"
	"errors"
	"io"
	"path"
	"slices"
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

// ToSign are the certificates of an issuer since a time that have no signature of the issuer's own yet, in the order of
// issue.
func ToSign(ctx context.Context, st store.Store, province string, since time.Time) ([]courses.Certificate, error) {
	all, err := store.All[courses.Certificate](ctx, st, school.CertificateKind, store.Where(store.Is("province", province), store.AtLeast("issuedAt", since)).By("issuedAt"))
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	signed, err := store.Many(ctx, st, CountersignedKind, ids, func(c Countersigned) string { return c.ID })
	return slices.DeleteFunc(all, func(c courses.Certificate) bool { _, has := signed[c.ID]; return has }), err
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

// SignTogether is how many certificates are downloaded and handed in again in one file.
const SignTogether = 100

// Pack writes the PDFs of certificates into a ZIP file, each under the code of its certificate. Those that were
// not made yet are made.
func (p *papers) Pack(ctx context.Context, out io.Writer, all []courses.Certificate) error {
	z := zip.NewWriter(out)
	for _, c := range all {
		pdf, err := p.Keep(ctx, c)
		if err != nil {
			return err
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: courses.ShowCode(c.Code) + ".pdf", Method: zip.Store, Modified: c.IssuedAt})
		if err == nil {
			_, err = w.Write(pdf)
		}
		if err != nil {
			return err
		}
	}
	return z.Close()
}

// SignedFile is a file that was handed in.
type SignedFile struct {
	Name string
	Read func() ([]byte, error)
}

// SignedFiles are the PDFs in a file that was handed in: those of a ZIP file, or itself.
func SignedFiles(name string, data []byte) ([]SignedFile, error) {
	if !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return []SignedFile{{name, func() ([]byte, error) { return data, nil }}}, nil
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, problem.Invalid("file", "signed-zip", name)
	}
	var all []SignedFile
	for _, f := range z.File {
		// folders, and what one maker of such files puts beside each
		if strings.HasSuffix(f.Name, "/") || strings.HasPrefix(path.Base(f.Name), "._") {
			continue
		}
		if len(all) == SignTogether {
			return nil, problem.Invalid("file", "signed-many", SignTogether)
		}
		base := path.Base(strings.ToValidUTF8(f.Name, "?"))
		all = append(all, SignedFile{base, func() ([]byte, error) { return inside(f) }})
	}
	if len(all) == 0 {
		return nil, problem.Invalid("file", "signed-empty", name)
	}
	return all, nil
}

// inside reads a file of a ZIP file to the largest size of a PDF and one byte more, which is then refused as too large.
func inside(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, problem.Invalid("file", "signed-zip", f.Name)
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, credential.LargestPDF+1))
	if err != nil {
		return nil, problem.Invalid("file", "signed-zip", f.Name)
	}
	return data, nil
}

// TakenFile is what became of a SignedFile.
type TakenFile struct {
	Name  string
	Entry school.Entry
	Done  Countersigned
	Wrong *problem.Problem // why it was not taken, nil where it was
}

// TakeSigned takes the PDFs that are right, and says what is wrong with each of the others. It may be repeated.
func (s *Programme) TakeSigned(ctx context.Context, a roster.Account, files []SignedFile) ([]TakenFile, error) {
	var all []TakenFile
	for _, f := range files {
		t := TakenFile{Name: f.Name}
		data, err := f.Read()
		if err == nil {
			t.Entry, t.Done, err = s.Countersign(ctx, a, data)
		}
		if errors.As(err, &t.Wrong) && !errors.Is(err, problem.ErrUnavailable) {
			all = append(all, t)
			continue
		}
		if err == nil {
			err = s.Tell(ctx, AuditEntry{ID: "certificate.countersign/" + t.Done.Hash, By: a.ID, Action: "certificate.countersign",
				Subject: t.Entry.Code, Province: t.Entry.Province, Note: t.Done.Signer})
		}
		if err != nil {
			return all, err
		}
		all = append(all, t)
	}
	return all, nil
}
