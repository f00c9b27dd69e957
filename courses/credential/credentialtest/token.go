// Package credentialtest signs PDFs as an issuer's own token does, with openssl, for the tests of who takes them in.
package credentialtest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// SamePage is the page of a certificate with another annotation, as a signature needs it, and nothing else drawn.
const SamePage = "<</Type /Page\n/Parent 1 0 R\n/Resources 2 0 R\n/Annots []\n/Contents 4 0 R>>"

// PageWith is the page of a certificate as the file has it, with the annotations that it has and some more.
func PageWith(pdf []byte, more string) string {
	const head = "\n3 0 obj\n"
	page, _, _ := bytes.Cut(pdf[bytes.LastIndex(pdf, []byte(head))+len(head):], []byte("\nendobj"))
	return string(bytes.Replace(page, []byte("/Annots ["), []byte("/Annots ["+more+" "), 1))
}

func tool(t *testing.T, name string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skip(name, "is not installed")
	}
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// Token is an issuer's own signing device: another program's signature, added to the end of a file.
type Token struct{ dir, key, cert string }

// NewToken makes a key and a certificate that signs itself, as openssl names the algorithm.
func NewToken(t *testing.T, algorithm ...string) Token {
	t.Helper()
	d := t.TempDir()
	k := Token{d, filepath.Join(d, "key.pem"), filepath.Join(d, "cert.pem")}
	args := append([]string{"req", "-x509", "-nodes", "-days", "36500", "-utf8", "-subj", "/CN=Nguyễn Văn Sĩ/O=Thư viện tỉnh Tuyên Quang", "-keyout", k.key, "-out", k.cert}, algorithm...)
	tool(t, "openssl", args...)
	return k
}

// Sign adds an incremental update with a signature, and whatever else is asked for, to a file that was sealed here.
func (k Token) Sign(t *testing.T, pdf []byte, page string, cms ...string) []byte {
	t.Helper()
	m := bytes.LastIndex(pdf, []byte("startxref\n"))
	var prev, size int
	fmt.Sscanf(string(pdf[m:]), "startxref\n%d", &prev)
	fmt.Sscanf(string(pdf[bytes.LastIndex(pdf, []byte("/Size ")):]), "/Size %d", &size)
	var root int
	fmt.Sscanf(string(pdf[bytes.LastIndex(pdf, []byte("/Root ")):]), "/Root %d", &root)
	out := bytes.NewBuffer(bytes.Clone(pdf))
	places := map[int]int{}
	object := func(id int, text string) {
		places[id] = out.Len()
		fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", id, text)
	}
	object(3, page)
	object(size+1, fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Sig/T(issuer)/Rect[0 0 0 0]/P 3 0 R/V %d 0 R>>", size))
	object(root, fmt.Sprintf("<</Type/Catalog/Pages 1 0 R/AcroForm<</SigFlags 3/Fields[%d 0 R %d 0 R]>>>>", size-1, size+1))
	places[size] = out.Len()
	fmt.Fprintf(out, "%d 0 obj\n<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/ByteRange %50s/Contents ", size, "")
	from := out.Len()
	fmt.Fprintf(out, "<%0*d>", 12000, 0)
	to := out.Len()
	fmt.Fprintf(out, ">>\nendobj\n")
	at := out.Len()
	fmt.Fprint(out, "xref\n")
	for _, id := range []int{3, root, size, size + 1} {
		fmt.Fprintf(out, "%d 1\n%010d 00000 n \n", id, places[id])
	}
	fmt.Fprintf(out, "trailer\n<</Size %d/Root %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", size+2, root, prev, at)
	b := out.Bytes()
	copy(b[from-len("/Contents ")-50:], fmt.Sprintf("[0 %d %d %d]", from, to, len(b)-to))
	data, sig := filepath.Join(k.dir, "data"), filepath.Join(k.dir, "sig")
	if err := os.WriteFile(data, append(bytes.Clone(b[:from]), b[to:]...), 0o600); err != nil {
		t.Fatal(err)
	}
	tool(t, "openssl", append([]string{"cms", "-sign", "-binary", "-md", "sha256", "-in", data, "-signer", k.cert, "-inkey", k.key, "-outform", "DER", "-out", sig}, cms...)...)
	der, _ := os.ReadFile(sig)
	hex.Encode(b[from+1:], der)
	return b
}
