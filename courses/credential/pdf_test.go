package credential

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"lopban/courses/credential/credentialtest"
	"lopban/courses/paper"
	"lopban/courses/problem"
)

func printed(t testing.TB) []byte {
	t.Helper()
	c := certificate()
	c.VerifyURL = "https://lopban.test/v/" + c.Code
	pdf, err := paper.Certificate(c)
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

var sayings = Words{Name: "Nguyễn Văn Sĩ", Reason: "Chứng nhận kĩ năng (đọc \\ viết), SĨ SỐ", Place: "Bản Ĩ, tỉnh Tuyên Quang"}

func sealed(t testing.TB, s *Signer) []byte {
	t.Helper()
	pdf, err := s.Sign(printed(t), sayings, now)
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skip(name, "is not installed")
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func file(t *testing.T, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "giay.pdf")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSealedPDFIsWhole(t *testing.T) {
	s := signer(t, "0001")
	pdf := sealed(t, s)
	if k, ok := (Keys{signer(t, "0000").Key, s.Key}).Sealed(pdf); !ok || k.ID != "0001" {
		t.Errorf("%q %v", k.ID, ok)
	}
	if again := sealed(t, s); !bytes.Equal(again, pdf) {
		t.Error("signing twice gives other bytes")
	}
	if len(pdf) > 100_000 || len(pdf)-len(printed(t)) > 8_000 {
		t.Errorf("%d bytes, %d of them the signature", len(pdf), len(pdf)-len(printed(t)))
	}
	if _, err := s.Sign(pdf, sayings, now); !errors.Is(err, ErrLayout) {
		t.Errorf("signed twice: %v", err)
	}
}

func TestOthersAgreeThatItIsWhole(t *testing.T) {
	name := file(t, sealed(t, signer(t, "0001")))
	said := tool(t, "pdfsig", name)
	for _, want := range []string{"Signature is Valid.", "Total document signed", "Signer Certificate Common Name: Lớp Bản", "ETSI.CAdES.detached", "SHA-256"} {
		if !strings.Contains(said, want) {
			t.Errorf("pdfsig does not say %q:\n%s", want, said)
		}
	}
	if said := tool(t, "qpdf", "--check", name); !strings.Contains(said, "PDF Version: 1.7") || !strings.Contains(said, "No syntax or stream encoding errors") {
		t.Error(said)
	}
}

// What pdfsig prints is read, never its exit status: that is 0 for a changed file too.
func TestOthersAgreeThatItWasChanged(t *testing.T) {
	pdf := sealed(t, signer(t, "0001"))
	pdf[bytes.Index(pdf, []byte("stream\n"))+200] ^= 1
	if said := tool(t, "pdfsig", file(t, pdf)); !strings.Contains(said, "Digest Mismatch") || strings.Contains(said, "Signature is Valid") {
		t.Error(said)
	}
}

func TestLettersSurviveInTheSignature(t *testing.T) {
	var doc struct {
		Qpdf []json.RawMessage `json:"qpdf"`
	}
	if err := json.Unmarshal([]byte(tool(t, "qpdf", "--json=2", file(t, sealed(t, signer(t, "0001"))))), &doc); err != nil {
		t.Fatal(err)
	}
	var objects map[string]struct{ Value any }
	if err := json.Unmarshal(doc.Qpdf[1], &objects); err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		dict, _ := o.Value.(map[string]any)
		if dict["/Type"] == "/Sig" {
			for key, want := range map[string]string{"/Name": sayings.Name, "/Reason": sayings.Reason, "/Location": sayings.Place} {
				if dict[key] != "u:"+want {
					t.Errorf("%s is %v, want %s", key, dict[key], want)
				}
			}
			return
		}
	}
	t.Error("no signature found")
}

func TestChangedPDFIsNotSealed(t *testing.T) {
	s := signer(t, "0001")
	pdf := sealed(t, s)
	flip := func(at int) []byte { b := bytes.Clone(pdf); b[at] ^= 1; return b }
	all, _ := Signatures(pdf)
	hole := all[0]
	for name, changed := range map[string][]byte{
		"a byte of the page":           flip(2000),
		"the first byte":               flip(0),
		"the last byte":                flip(len(pdf) - 2),
		"a byte of the signature":      flip(hole.From + 900),
		"a byte of its certificate":    flip(hole.From + 801),
		"a byte behind it":             flip(hole.To - 4),
		"bytes added":                  append(bytes.Clone(pdf), "\n% nothing\n"...),
		"cut off":                      pdf[:len(pdf)-10],
		"never signed":                 printed(t),
		"signed by somebody else":      sealed(t, signer(t, "0002")),
		"nothing":                      nil,
		"huge":                         append(bytes.Clone(pdf), make([]byte, LargestPDF)...),
		"a range that leaves more out": bytes.Replace(pdf, fmt.Appendf(nil, "[0 %d %d", hole.From, hole.To), fmt.Appendf(nil, "[0 %d %d", hole.From-9, hole.To), 1),
		"a range beyond the file":      bytes.Replace(pdf, fmt.Appendf(nil, "[0 %d %d", hole.From, hole.To), []byte("[0 9999999999 9999999999"), 1),
	} {
		t.Run(name, func(t *testing.T) {
			if k, ok := (Keys{s.Key}).Sealed(changed); ok {
				t.Errorf("sealed by %s", k.ID)
			}
		})
	}
}

func TestOnlyOurOwnLayoutIsSigned(t *testing.T) {
	pdf := printed(t)
	for name, other := range map[string][]byte{
		"nothing": nil, "a text": []byte("hello"), "cut off": pdf[:len(pdf)-200], "no trailer": []byte("%PDF-1.4\n"),
		"a table that is not there": bytes.Replace(pdf, []byte("\nxref\n"), []byte("\nxxxx\n"), 1),
		"a size without end":        bytes.Replace(pdf, []byte("/Root "), []byte("/Root 99999999999999999999"), 1),
	} {
		if _, err := signer(t, "0001").Sign(other, sayings, now); !errors.Is(err, ErrLayout) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

const samePage = credentialtest.SamePage

func TestIssuersOwnSignature(t *testing.T) {
	s := signer(t, "0001")
	pdf := sealed(t, s)
	today := time.Now().Add(time.Hour) // the certificate is made meanwhile
	for name, args := range map[string][]string{
		"RSA": {"-newkey", "rsa:2048"}, "P-256": {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"}, "P-384": {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"},
	} {
		t.Run(name, func(t *testing.T) {
			signed := credentialtest.NewToken(t, args...).Sign(t, pdf, samePage)
			whose, err := Countersigned(pdf, signed, today)
			if err != nil || whose.Subject.CommonName != "Nguyễn Văn Sĩ" {
				t.Fatalf("%v %v", whose, err)
			}
			if k, ok := (Keys{s.Key}).Sealed(signed); !ok || k.ID != "0001" {
				t.Error("it is not ours any more")
			}
			if said := tool(t, "pdfsig", file(t, signed)); strings.Count(said, "Signature is Valid.") != 2 || !strings.Contains(said, "Nguyễn Văn Sĩ") {
				t.Error(said)
			}
		})
	}
	whole := credentialtest.PageWith(pdf, "60 0 R")
	_, list, _ := strings.Cut(whole, "/Annots ")
	list, _, _ = strings.Cut(list, "]\n")
	list += "]"
	stamp := "\nendobj\n60 0 obj\n<</Type/Annot/Subtype/Widget/FT/Sig/Rect[20 20 220 120]/AP<</N 61 0 R>>>>"
	for name, page := range map[string]string{
		"on the page as it was":         whole,
		"on the page spelt otherwise":   strings.NewReplacer("\n/", "\r\n /", "(http", `(\150ttp`, ".00", ".0").Replace(whole),
		"with a list that is an object": strings.Replace(whole, list, "62 0 R", 1) + "\nendobj\n62 0 obj\n" + list,
	} {
		t.Run(name, func(t *testing.T) {
			signed := credentialtest.NewToken(t, "-newkey", "rsa:2048").Sign(t, pdf, page+stamp)
			if _, err := Countersigned(pdf, signed, today); err != nil {
				t.Error(err, page)
			}
		})
	}
	t.Run("with a stamp that can be seen", func(t *testing.T) {
		signed := credentialtest.NewToken(t, "-newkey", "rsa:2048").Sign(t, pdf, samePage+"\nendobj\n60 0 obj\n<</Type/Annot/Subtype/Widget/FT/Sig/Rect[20 20 220 120]/AP<</N 61 0 R>>>>")
		if _, err := Countersigned(pdf, signed, today); err != nil {
			t.Error(err)
		}
	})
	t.Run("with lengths left open", func(t *testing.T) {
		signed := credentialtest.NewToken(t, "-newkey", "rsa:2048").Sign(t, pdf, samePage)
		from := bytes.LastIndex(signed, []byte("/Contents <")) + len("/Contents <")
		to := from + bytes.IndexByte(signed[from:], '>')
		der := make([]byte, (to-from)/2)
		if _, err := hex.Decode(der, signed[from:to]); err != nil {
			t.Fatal(err)
		}
		in, outer, kind, inner := cryptobyte.String(der), cryptobyte.String{}, cryptobyte.String{}, cryptobyte.String{}
		if !in.ReadASN1(&outer, asn1.SEQUENCE) || !outer.ReadASN1Element(&kind, asn1.OBJECT_IDENTIFIER) || !outer.ReadASN1(&inner, asn1.Tag(0).Constructed().ContextSpecific()) {
			t.Fatal("no CMS")
		}
		ber := slices.Concat([]byte{0x30, 0x80}, kind, []byte{0xa0, 0x80}, inner, []byte{0, 0, 0, 0})
		hex.Encode(signed[from:], ber)
		if _, err := Countersigned(pdf, signed, today); err != nil {
			t.Error(err)
		}
		copy(signed[from+2*len(ber)-8:], "01010101")
		if _, err := Countersigned(pdf, signed, today); err == nil {
			t.Error("more stands in the CMS than one signed message")
		}
	})
	t.Run("with a second form of digest", func(t *testing.T) {
		signed := credentialtest.NewToken(t, "-newkey", "rsa:2048").Sign(t, pdf, samePage, "-cades", "-keyopt", "rsa_padding_mode:pss")
		if _, err := Countersigned(pdf, signed, today); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatIsNoSignatureOfTheDocumentIsRefused(t *testing.T) {
	s := signer(t, "0001")
	pdf := sealed(t, s)
	k := credentialtest.NewToken(t, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
	good := k.Sign(t, pdf, samePage)
	today := time.Now().Add(time.Hour) // the certificate is made meanwhile
	bent := bytes.Clone(good)
	bent[len(bent)-3] ^= 1
	trailer, _, _ := readDict(pdf[bytes.LastIndex(pdf, []byte("trailer"))+len("trailer"):])
	root, _, _ := strings.Cut(trailer["/Root"], " ")
	chained := "trailer\n<</Root " + trailer["/Root"] + "/Prev " + string(bytes.Fields(pdf[bytes.LastIndex(pdf, []byte("startxref")):])[1])
	nested := "xref\n" + strings.Repeat(chained+"/X(", 3) + strings.Repeat(")>>", 3) + "\n60 0 obj\n<<>>"
	if _, err := Countersigned(pdf, k.Sign(t, pdf, samePage+"\nendobj\nxref\n"+chained+">>\n60 0 obj\n<<>>"), today); err != nil {
		t.Errorf("one more trailer: %v", err)
	}
	with := func(object string) []byte { return k.Sign(t, pdf, samePage+"\nendobj\n"+object) }
	for name, test := range map[string]struct {
		signed []byte
		at     time.Time
		code   string
	}{
		"not signed":                {pdf, today, "signed-none"},
		"another document":          {k.Sign(t, sealed(t, signer(t, "0002")), samePage), today, "signed-other"},
		"written anew":              {bytes.Replace(good, []byte("%PDF-1.7"), []byte("%PDF-1.6"), 1), today, "signed-other"},
		"changed after it":          {bent, today, "signed-broken"},
		"more added after it":       {append(bytes.Clone(good), "% more\n"...), today, "signed-part"},
		"another page drawn":        {k.Sign(t, pdf, strings.Replace(samePage, "4 0 R", "40 0 R", 1)), today, "signed-page"},
		"two things drawn":          {k.Sign(t, pdf, strings.Replace(samePage, "4 0 R", "[4 0 R 40 0 R]", 1)), today, "signed-page"},
		"a font put in":             {k.Sign(t, pdf, samePage+"\nendobj\n6 0 obj\n<</Type /Font>>"), today, "signed-page"},
		"objects packed":            {k.Sign(t, pdf, samePage+"\nendobj\n60 0 obj\n<</Type /ObjStm>>"), today, "signed-page"},
		"the pages replaced":        {with(root + " 0 obj\n<</Type/Catalog/Pages 40 0 R>>"), today, "signed-page"},
		"another root":              {with("trailer\n<</Root 44 0 R/Prev 9>>\n60 0 obj\n<<>>"), today, "signed-page"},
		"a table that leads astray": {with("xref\n3 1\n0000000015 00000 n \ntrailer\n<</Root " + root + " 0 R/Prev 9>>\n60 0 obj\n<<>>"), today, "signed-page"},
		"an object taken away":      {with("xref\n4 1\n0000000000 00001 f \ntrailer\n<</Root " + root + " 0 R/Prev 9>>\n60 0 obj\n<<>>"), today, "signed-page"},
		"other resources":           {k.Sign(t, pdf, strings.Replace(samePage, "/Resources 2 0 R", "/Resources<</Font<<>>>>", 1)), today, "signed-page"},
		"a name with an escape":     {k.Sign(t, pdf, strings.Replace(samePage, "/Contents 4 0 R", "/Cont#65nts 40 0 R", 1)), today, "signed-page"},
		"a key twice":               {k.Sign(t, pdf, strings.Replace(samePage, "/Contents 4 0 R", "/Contents 4 0 R/Contents 40 0 R", 1)), today, "signed-page"},
		"an object beside another":  {with("60 0 obj\n<<>>\nendobj4 0 obj\n<</Length 0>>"), today, "signed-page"},
		"a note over the page":      {with("60 0 obj\n<</Type/Annot/Subtype/FreeText/Rect[0 0 800 500]>>"), today, "signed-page"},
		"a note in a list":          {with("60 0 obj\n[<</Type/Annot/Subtype/FreeText/Rect[0 0 800 500]>>]"), today, "signed-page"},
		"a stamp over the page":     {with("60 0 obj\n<</Type/Annot/Subtype/Widget/FT/Sig/Rect[0 0 800 500]>>"), today, "signed-page"},
		"stamps over the page":      {with("60 0 obj\n<</Type/Annot/Subtype/Widget/FT/Sig/Rect[0 0 300 300]>>\nendobj\n61 0 obj\n<</Type/Annot/Subtype/Widget/FT/Sig/Rect[300 0 600 300]>>"), today, "signed-page"},
		"a note that is not read":   {with("60 0 obj\n<</Type/Annot/Subtype/FreeText/Rect[0 0 800 500]/X 1/X 2>>"), today, "signed-page"},
		"a list that is not read":   {with("60 0 obj\n[<</Type/Annot/Subtype/FreeText/Rect[0 0 800 500]/X 1/X 2>>]"), today, "signed-page"},
		"a note on the page":        {k.Sign(t, pdf, credentialtest.PageWith(pdf, "<</Type/Annot/Subtype/FreeText/Rect[0 0 800 500]>>")), today, "signed-page"},
		"another link":              {k.Sign(t, pdf, strings.Replace(credentialtest.PageWith(pdf, ""), "(http", "(xttp", 1)), today, "signed-page"},
		"a form of another sort":    {with(root + " 0 obj\n<</Type/Catalog/Pages 1 0 R/AcroForm<</XFA 60 0 R>>>>"), today, "signed-page"},
		"a table of another sort":   {with("60 0 obj\n<</Size 9/W[1 2 1]/Root 44 0 R>>"), today, "signed-page"},
		"a chain that leads astray": {with("trailer\n<</Root " + root + " 0 R/Prev 9>>\n60 0 obj\n<<>>"), today, "signed-page"},
		"a form that is filled":     {with("60 0 obj\n<</Type/Annot/Subtype/Widget/FT/Tx/Rect[0 0 10 10]>>"), today, "signed-page"},
		"thousands of objects":      {with(strings.Repeat("60 0 obj\n<<>>\nendobj\n", 4000) + "60 0 obj\n<<>>"), today, "signed-page"},
		"objects in one another":    {with(strings.Repeat("60 0 obj[(", 40) + strings.Repeat(")]", 40)), today, "signed-page"},
		"an object in a remark":     {with("60 0 obj %61 0 obj\n<<>>"), today, "signed-page"},
		"trailers in one another":   {with(nested), today, "signed-page"},
		"a script":                  {with(root + " 0 obj\n<</Type/Catalog/Pages 1 0 R/OpenAction 60 0 R>>"), today, "signed-page"},
		"the certificate has ended": {good, today.AddDate(200, 0, 0), "signed-expired"},
		"huge":                      {append(bytes.Clone(good), make([]byte, LargestPDF)...), today, "pdf-large"},
		"our own key again":         {pdf[:len(pdf)-1], today, "signed-other"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Countersigned(pdf, test.signed, test.at)
			var p *problem.Problem
			if !errors.As(err, &p) || p.Code != test.code {
				t.Errorf("%v, want %s", err, test.code)
			}
		})
	}
}

// Whoever sends a file must not get more work done than the file is long: a list of ten times as many values takes ten
// times as much, not a hundred.
func TestALongListIsReadOnce(t *testing.T) {
	took := func(values int) uint64 {
		list := []byte("[" + strings.Repeat("0 ", values) + "]")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		value, _, ok := valueAt(list, 0)
		runtime.ReadMemStats(&after)
		if !ok || len(value) != len(list)+1 {
			t.Fatalf("%v, %d letters", ok, len(value))
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	if few, many := took(3000), took(30_000); many > 30*few {
		t.Errorf("3,000 values took %d bytes, 30,000 took %d", few, many)
	}
}

func FuzzSignatures(f *testing.F) {
	s := signer(f, "0001")
	pdf := sealed(f, s)
	all, _ := Signatures(pdf)
	small := fmt.Appendf(nil, "%%PDF-1.4\n/ByteRange [0 40 %d 2] /Contents", 40+len(pdf[all[0].From:all[0].To]))
	for len(small) < 40 {
		small = append(small, ' ')
	}
	f.Add(append(append(small[:40:40], pdf[all[0].From:all[0].To]...), "\n\n"...))
	f.Add([]byte("%PDF-/ByteRange [0 1 9 9]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := Signatures(data)
		if err != nil {
			return
		}
		for _, one := range found {
			if one.Err == nil && (one.Certificate == nil || one.Covers > len(data) || one.From >= one.To) {
				t.Fatalf("%+v", one)
			}
		}
		if _, ok := (Keys{s.Key}).Sealed(data); ok {
			t.Fatal("sealed")
		}
		s.Sign(data, sayings, now)
		Countersigned(nil, data, now)
	})
}

func FuzzCMS(f *testing.F) {
	s := signer(f, "0001")
	sum := sha256.Sum256(nil)
	der, err := s.cms(sum[:])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(der)
	f.Fuzz(func(t *testing.T, data []byte) {
		if info, err := readCMS(data); err == nil && info.check([]byte("x")) == nil {
			t.Fatal("a signature of something else")
		}
	})
}

func BenchmarkSign(b *testing.B) {
	s, pdf := signer(b, "0001"), printed(b)
	for b.Loop() {
		if _, err := s.Sign(pdf, sayings, now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSealed(b *testing.B) {
	s := signer(b, "0001")
	pdf := sealed(b, s)
	for b.Loop() {
		if _, ok := (Keys{s.Key}).Sealed(pdf); !ok {
			b.Fatal("not sealed")
		}
	}
}
