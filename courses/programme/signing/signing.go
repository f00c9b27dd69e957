// Package signing gives an issuer its certificates to sign with its own token, and takes them in again.
package signing

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"lopban/courses"
	"lopban/courses/credential"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/programme/press"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// ToSign are the certificates of an issuer since a time that have no signature of the issuer's own yet, in the order of
// the register. What was replaced or withdrawn needs none.
func ToSign(ctx context.Context, st store.Store, province string, since time.Time) ([]courses.Certificate, error) {
	all, err := store.All[courses.Certificate](ctx, st, school.CertificateKind, store.Where(store.Is("province", province), store.AtLeast("issuedAt", since)).By("issuedAt"))
	if err != nil {
		return nil, err
	}
	ids, out := make([]string, len(all)), map[string]bool{}
	for i, c := range all {
		ids[i] = c.ID
		out[c.Replaces] = true
	}
	signed, err := store.Many(ctx, st, programme.CountersignedKind, ids, func(c programme.Countersigned) string { return c.ID })
	if err != nil {
		return nil, err
	}
	withdrawn, err := store.Many(ctx, st, school.RevocationKind, ids, func(r courses.Revocation) string { return r.ID })
	if err != nil {
		return nil, err
	}
	left := slices.DeleteFunc(all, func(c courses.Certificate) bool {
		_, has := signed[c.ID]
		_, gone := withdrawn[c.ID]
		return has || gone || out[c.ID]
	})
	slices.SortFunc(left, func(a, b courses.Certificate) int { return strings.Compare(a.Register, b.Register) })
	return left, nil
}

const (
	Together  = 100      // certificates that are downloaded and handed in again in one file
	MostBytes = 20 << 20 // of what is handed in at once
)

// LeftName is the file that says what a ZIP file lacks. Its name is before the others in every list, and it may stay
// there when the file is handed in again.
const LeftName = "00-THIEU-GIAY-DOC-TRUOC.txt"

// Pack writes the PDFs of certificates into a ZIP file, each under its number in the register and its code. Those that
// were not made yet are made; those that cannot be are left out, and a file among them says so.
func Pack(ctx context.Context, s *programme.Programme, out io.Writer, all []courses.Certificate) ([]press.LeftOut, error) {
	z, now := zip.NewWriter(out), s.Now()
	put := func(name string, method uint16, at time.Time, data []byte) error {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: at})
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	}
	left, err := press.Each(ctx, s, all, func(c courses.Certificate, pdf []byte) error { return put(FileName(c), zip.Store, c.IssuedAt, pdf) })
	if err != nil {
		return nil, err
	}
	if len(left) > 0 {
		if len(left) == len(all) {
			return nil, press.NoneLeft(left)
		}
		// a mark at the beginning, for programs that take a text without one for Windows-1258
		if err := put(LeftName, zip.Deflate, now, []byte("\ufeff"+press.List(s, left))); err != nil {
			return nil, err
		}
	}
	return left, z.Close()
}

// FileName is what the PDF of a certificate is called among others.
func FileName(c courses.Certificate) string {
	return strings.ReplaceAll(c.Register, "/", "-") + "_" + courses.ShowCode(c.Code) + ".pdf"
}

// File is a file that was handed in.
type File struct {
	Name string
	Read func() ([]byte, error)
}

// Files are the PDFs in a file that was handed in: those of a ZIP file, or itself.
func Files(name string, data []byte) ([]File, error) {
	if !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return []File{{name, func() ([]byte, error) { return data, nil }}}, nil
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, problem.Invalid("file", "signed-zip", name)
	}
	if slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Flags&1 != 0 }) {
		return nil, problem.Invalid("file", "file.encrypted")
	}
	var all []File
	for _, f := range z.File {
		// folders, what one maker of such files puts beside each, and our own list
		if strings.HasSuffix(f.Name, "/") || strings.HasPrefix(path.Base(f.Name), "._") || path.Base(f.Name) == LeftName {
			continue
		}
		if len(all) == Together {
			return nil, problem.Invalid("file", "signed-many", Together)
		}
		base := path.Base(strings.ToValidUTF8(f.Name, "?"))
		all = append(all, File{base, func() ([]byte, error) { return inside(f) }})
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

// Taken is what became of a File.
type Taken struct {
	Name  string
	Entry school.Entry
	Done  programme.Countersigned
	Wrong *problem.Problem // why it was not taken, nil where it was
}

// Take takes the PDFs that are right, and says what is wrong with each of the others. It may be repeated.
func Take(ctx context.Context, s *programme.Programme, a roster.Account, files []File) ([]Taken, error) {
	var all []Taken
	for _, f := range files {
		t := Taken{Name: f.Name}
		data, err := f.Read()
		if err == nil {
			t.Entry, t.Done, err = s.Countersign(ctx, a, data)
		}
		if errors.As(err, &t.Wrong) && !errors.Is(err, problem.ErrUnavailable) {
			all = append(all, t)
			continue
		}
		if err == nil {
			err = s.Tell(ctx, programme.AuditEntry{ID: "certificate.countersign/" + t.Done.Hash, By: a.ID, Action: "certificate.countersign",
				Subject: t.Entry.Code, Province: t.Entry.Province, Note: t.Done.Signer})
		}
		if err != nil {
			return all, err
		}
		all = append(all, t)
	}
	return all, nil
}
