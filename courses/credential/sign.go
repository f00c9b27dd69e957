package credential

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
	"unicode/utf16"
)

// Words are what a signature in a PDF says of itself.
type Words struct{ Name, Reason, Place string }

// ErrLayout says that a PDF is not one that package paper makes: no other is signed.
var ErrLayout = errors.New("this PDF is not laid out as those that are printed here")

// room is what a signature may take, in bytes: four times what ours do.
const room = 2048

var (
	trailerOf = regexp.MustCompile(`^trailer\s*<<\s*/Size (\d+)\s*/Root (\d+) 0 R\s*/Info (\d+) 0 R\s*>>\s*startxref\s*(\d+)\s*%%EOF\s*$`)
	kids      = regexp.MustCompile(`/Kids \[(\d+) 0 R \]`)
)

// Sign adds a signature (PAdES B-B) to a PDF of one page that package paper made, at its end: the bytes before stay,
// but for the version, which rises to 1.7.
func (s *Signer) Sign(pdf []byte, w Words, at time.Time) ([]byte, error) {
	u, err := updateOf(pdf)
	if err != nil {
		return nil, err
	}
	sig, widget := u.size, u.size+1
	u.object(u.pageID, withRef(u.page, widget))
	u.object(u.rootID, closed(u.root, fmt.Sprintf("/AcroForm <</Fields [%d 0 R] /SigFlags 3>>\n", widget)))
	u.object(widget, fmt.Sprintf("<</Type /Annot /Subtype /Widget /FT /Sig /T (lopban) /F 132 /Rect [0 0 0 0] /P %d 0 R /V %d 0 R>>", u.pageID, sig))
	u.begin(sig)
	u.WriteString("<</Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange ")
	ranges := u.Len()
	fmt.Fprintf(u, "%40s /Contents ", "")
	from := u.Len()
	fmt.Fprintf(u, "<%0*d>", 2*room, 0)
	to := u.Len()
	fmt.Fprintf(u, " /M (D:%s) /Name %s /Reason %s /Location %s>>\nendobj\n", at.UTC().Format("20060102150405Z"), pdfText(w.Name), pdfText(w.Reason), pdfText(w.Place))
	u.close()
	out := u.Bytes()
	copy(out[ranges:], fmt.Sprintf("[0 %d %d %d]", from, to, len(out)-to))
	hash := sha256.New()
	hash.Write(out[:from])
	hash.Write(out[to:])
	cms, err := s.cms(hash.Sum(nil))
	if err != nil {
		return nil, err
	}
	if len(cms) > room {
		return nil, fmt.Errorf("a signature of %d bytes has no room", len(cms))
	}
	hex.Encode(out[from+1:], cms)
	return out, nil
}

// update is an addition to a PDF, and what it changes of it.
type update struct {
	bytes.Buffer
	size, pageID, rootID, info, prev int
	page, root                       string // the dictionaries
	sum                              [sha256.Size]byte
	places                           map[int]int // where the objects begin
	order                            []int
}

func updateOf(pdf []byte) (*update, error) {
	at := bytes.LastIndex(pdf, []byte("\ntrailer"))
	if !bytes.HasPrefix(pdf, []byte("%PDF-1.")) || at < 0 || bytes.Contains(pdf, []byte("/ByteRange")) {
		return nil, ErrLayout
	}
	m := trailerOf.FindSubmatch(pdf[at+1:])
	if m == nil {
		return nil, ErrLayout
	}
	u := &update{sum: sha256.Sum256(pdf), places: map[int]int{}}
	for i, n := range []*int{&u.size, &u.rootID, &u.info, &u.prev} {
		*n, _ = strconv.Atoi(string(m[i+1])) // digits, and absurd ones find no object
	}
	k := kids.FindAllSubmatch(pdf, 2)
	if len(k) != 1 {
		return nil, ErrLayout
	}
	u.pageID, _ = strconv.Atoi(string(k[0][1]))
	var ok1, ok2 bool
	u.page, ok1 = objectOf(pdf, u.prev, u.pageID)
	u.root, ok2 = objectOf(pdf, u.prev, u.rootID)
	if !ok1 || !ok2 {
		return nil, ErrLayout
	}
	u.Grow(len(pdf) + 3*room + 2048)
	u.Write(pdf)
	u.Bytes()[len("%PDF-1.")] = '7'
	if pdf[len(pdf)-1] != '\n' {
		u.WriteByte('\n')
	}
	return u, nil
}

// objectOf gives the dictionary of an object without a stream, by the table of places.
func objectOf(pdf []byte, table, id int) (string, bool) {
	if table < 0 || table >= len(pdf) || id <= 0 || id > 1<<20 {
		return "", false
	}
	lines := bytes.SplitN(pdf[table:], []byte("\n"), id+4)
	if len(lines) < id+4 || string(lines[0]) != "xref" {
		return "", false
	}
	at, err := strconv.Atoi(string(bytes.TrimLeft(lines[2+id][:min(10, len(lines[2+id]))], "0")))
	head := fmt.Sprintf("%d 0 obj\n", id)
	if err != nil || at >= len(pdf) || !bytes.HasPrefix(pdf[at:], []byte(head)) {
		return "", false
	}
	dict, _, ok := bytes.Cut(pdf[at+len(head):], []byte("\nendobj"))
	return string(dict), ok && !bytes.Contains(dict, []byte("stream"))
}

func (u *update) begin(id int) {
	u.places[id], u.order = u.Len(), append(u.order, id)
	fmt.Fprintf(u, "%d 0 obj\n", id)
}

func (u *update) object(id int, dict string) {
	u.begin(id)
	u.WriteString(dict + "\nendobj\n")
}

// close writes the table of what was added, and the trailer.
func (u *update) close() {
	at := u.Len()
	u.WriteString("xref\n0 1\n0000000000 65535 f \n")
	for _, id := range u.order {
		fmt.Fprintf(u, "%d 1\n%010d 00000 n \n", id, u.places[id])
	}
	id := hex.EncodeToString(u.sum[:16])
	fmt.Fprintf(u, "trailer\n<</Size %d /Root %d 0 R /Info %d 0 R /Prev %d /ID [<%s> <%s>]>>\nstartxref\n%d\n%%%%EOF\n",
		u.size+2, u.rootID, u.info, u.prev, id, id, at)
}

// withRef puts an annotation on a page.
func withRef(page string, id int) string {
	const has = "/Annots ["
	if before, after, ok := cut(page, has); ok {
		return fmt.Sprintf("%s%s%d 0 R %s", before, has, id, after)
	}
	return closed(page, fmt.Sprintf("/Annots [%d 0 R]\n", id))
}

// closed adds entries to the end of a dictionary.
func closed(dict, entries string) string {
	at := bytes.LastIndex([]byte(dict), []byte(">>"))
	return dict[:max(at, 0)] + "\n" + entries + dict[max(at, 0):]
}

func cut(text, at string) (before, after string, ok bool) {
	b, a, ok := bytes.Cut([]byte(text), []byte(at))
	return string(b), string(a), ok
}

// pdfText is a text as hexadecimal UTF-16: no letter of it can be taken for a bracket or a backslash, as the second
// byte of ĩ is where others write it between brackets.
func pdfText(text string) string {
	out := []byte("<FEFF")
	for _, unit := range utf16.Encode([]rune(text)) {
		out = fmt.Appendf(out, "%04X", unit)
	}
	return string(append(out, '>'))
}
