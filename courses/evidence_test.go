package courses

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"strings"
	"testing"

	"lopban/courses/problem"
)

func pdfOf(body string) []byte {
	return []byte("%PDF-1.4\n" + body + "\nstartxref\n9\n%%EOF\n")
}

func TestEvidenceIsToldByItsContent(t *testing.T) {
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 2000, 100))); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		want string // ending, or the problem
	}{
		"a photo":         {picture.Bytes(), ".jpg"},
		"a PDF":           {pdfOf("1 0 obj <</Type/Catalog/JSON 1>> endobj"), ".pdf"},
		"a script":        {pdfOf("<</S/JavaScript/JS(app.alert)>>"), "evidence-active"},
		"a password":      {pdfOf("trailer <</Encrypt 5 0 R>>"), "evidence-active"},
		"a file inside":   {pdfOf("<</Names<</EmbeddedFiles 3 0 R>>>>"), "evidence-active"},
		"cut off":         {[]byte("%PDF-1.4\n1 0 obj"), "evidence-broken"},
		"large":           {pdfOf(strings.Repeat(" ", MaxEvidenceBytes)), "evidence-large"},
		"a page":          {[]byte("<html><script>alert(1)</script>"), "evidence-kind"},
		"nothing":         {nil, "evidence-kind"},
		"a broken photo":  {[]byte("\xff\xd8\xff\xe0 nothing"), "photo-broken"},
		"a photo for PDF": {append(picture.Bytes(), "%PDF-1.4"...), ".jpg"},
	} {
		p, err := ReadEvidence(c.data)
		got := p.Name[strings.LastIndexByte(p.Name, '.')+1:]
		if wrong := (*problem.Problem)(nil); errors.As(err, &wrong) {
			got = wrong.Code
		} else if got = "." + got; len(p.Data) == 0 || !strings.HasPrefix(p.Name, "paper-") {
			t.Errorf("%s: kept as %s of %d bytes", name, p.Name, len(p.Data))
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s (%v)", name, got, c.want, err)
		}
	}
}

func FuzzReadEvidence(f *testing.F) {
	f.Add(pdfOf("/JS"))
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00II*\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ReadEvidence(data)
		if wrong := (*problem.Problem)(nil); err != nil && !errors.As(err, &wrong) {
			t.Fatalf("not a problem: %v", err)
		}
		if err == nil && (len(p.Data) == 0 || !strings.HasPrefix(p.Name, "paper-")) {
			t.Fatalf("kept as %q", p.Name)
		}
	})
}
