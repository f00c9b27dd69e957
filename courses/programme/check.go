package programme

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/school"
	"lopban/courses/store"
)

// What a flaw of a file or a paper says.
const (
	FileChanged   = "is not the file that its name stands for"
	NoPaper       = "names a paper that is not there"
	NoCertificate = "is the paper of a certificate that is not there"
)

// FileKind is the kind that a flaw of a blob names.
const FileKind = "file"

// summed are names of blobs that say what is in them, by its SHA-256.
var summed = regexp.MustCompile(`^(?:photo-|paper-)?([0-9a-f]{64})(?:\.[a-z0-9]+)?$`)

// CheckFiles reads every blob and every paper, calls each with what is wrong, and gives the number of blobs.
func (s *Programme) CheckFiles(ctx context.Context, each func(school.Flaw)) (n int, err error) {
	var names []string // a cursor need not stay open as long as the bytes take
	if err := s.Store.Blobs(ctx, func(name string) error { names = append(names, name); return nil }); err != nil {
		return 0, err
	}
	for _, name := range names {
		want := summed.FindStringSubmatch(name)
		if want == nil {
			continue
		}
		data, err := s.Store.Blob(ctx, name)
		if errors.Is(err, problem.ErrNotFound) { // swept meanwhile
			continue
		}
		if err != nil {
			return n, err
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != want[1] {
			each(school.Flaw{Kind: FileKind, ID: name, What: FileChanged})
		}
	}
	there := map[string]bool{}
	for _, name := range names {
		there[name] = true
	}
	paper := func(k *store.Kind, certificate, hash string) error {
		if !there[hash+".pdf"] {
			each(school.Flaw{Kind: k.Name, ID: certificate, What: NoPaper})
		}
		_, err := store.Get[courses.Certificate](ctx, s.Store, school.CertificateKind, certificate)
		if errors.Is(err, problem.ErrNotFound) {
			each(school.Flaw{Kind: k.Name, ID: certificate, What: NoCertificate})
			return nil
		}
		return err
	}
	err = store.Each(ctx, s.Store, PrintedKind, store.Query{}, func(d Printed) error { return paper(PrintedKind, d.ID, d.Hash) })
	if err == nil {
		err = store.Each(ctx, s.Store, CountersignedKind, store.Query{}, func(d Countersigned) error {
			return paper(CountersignedKind, d.ID, d.Hash)
		})
	}
	return len(names), err
}
