package paper

import (
	"fmt"
	"io"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
)

// MaxBatch is how many certificates one file holds: more are printed as several files, so that neither the program nor
// the printer's memory is asked for much.
const MaxBatch = 1000

// Certificates writes certificates as one PDF to print, a page each, as [Certificate] draws them: the fonts are read
// and checked once for all. each, which may be nil, is called after every page with how many there are. A problem of
// one certificate has its field after "certificates.0.", its place in the list. The PDF is for printing; the register
// keeps the ones of Certificate.
func Certificates(out io.Writer, title string, at time.Time, all []courses.Certificate, each func(done int)) error {
	if len(all) == 0 || len(all) > MaxBatch {
		return problem.Invalid("certificates", "batch-size", MaxBatch)
	}
	ready := make([]words, len(all))
	for i, c := range all {
		w, err := read(c)
		if err != nil {
			return placed(i, err)
		}
		ready[i] = w
	}
	failed := -1
	err := write(out, "L", at, func(s *sheet) {
		s.SetTitle(title, true)
		for i, w := range ready {
			s.certificate(w)
			if s.err != nil {
				failed = i
				return
			}
			if each != nil {
				each(i + 1)
			}
		}
	})
	if failed >= 0 {
		return placed(failed, err)
	}
	return err
}

// placed names the certificate that a problem is of.
func placed(i int, err error) error {
	if p, ok := err.(*problem.Problem); ok {
		return problem.Invalid(fmt.Sprintf("certificates.%d.%s", i, p.Field), p.Code, p.Args...)
	}
	return err
}
