package courses

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"

	"lopban/courses/problem"
)

// active are names of a PDF that do something when it is opened, carry other files, or hide what it shows.
var active = regexp.MustCompile(`/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|Encrypt|XFA)[^A-Za-z0-9]`)

// ReadEvidence makes of a photo or a PDF what a training keeps of it. The type is that of the content: a photo is made
// smaller as by [Photo]; a PDF stays as it is, and is refused when it is large, broken off, or does more than show
// pages.
func ReadEvidence(data []byte) (Picture, error) {
	ending := ".pdf"
	if bytes.HasPrefix(data, []byte("%PDF-")) {
		if err := checkPDF(data); err != nil {
			return Picture{}, err
		}
	} else {
		small, err := Photo(data)
		if p := (*problem.Problem)(nil); errors.As(err, &p) {
			code := p.Code
			if code == "photo-kind" {
				code = "evidence-kind"
			}
			return Picture{}, problem.Invalid("evidence", code, p.Args...)
		}
		if err != nil {
			return Picture{}, err
		}
		data, ending = small, ".jpg"
	}
	sum := sha256.Sum256(data)
	return Picture{Name: "paper-" + hex.EncodeToString(sum[:]) + ending, Data: data}, nil
}

func checkPDF(data []byte) error {
	end := data[max(0, len(data)-2048):]
	switch {
	case len(data) > MaxEvidenceBytes:
		return problem.Invalid("evidence", "evidence-large", MaxEvidenceBytes>>20)
	case !bytes.Contains(end, []byte("%%EOF")) || !bytes.Contains(end, []byte("startxref")):
		return problem.Invalid("evidence", "evidence-broken")
	case active.Match(data):
		return problem.Invalid("evidence", "evidence-active")
	}
	return nil
}
