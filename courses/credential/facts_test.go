package credential

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"lopban/courses"
)

var now = time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)

const secret = "a secret for tests that is long enough"

func signer(t testing.TB, id string) *Signer {
	t.Helper()
	k, err := NewKey(id, "https://lopban.test", Secret(secret), now)
	if err != nil {
		t.Fatal(err)
	}
	s, err := k.Open(Secret(secret))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// certificate is one with names that trip programs up: ĩ, a place that a phrase has, a letter that no table has.
func certificate() courses.Certificate {
	return courses.Certificate{
		Code: "7KQM4XW2HRTP", Register: "08/2026/000017", Serial: "08.2026.00017", Number: 17, Year: 2026, Periods: 12,
		Title: courses.Text{Vi: "Kĩ năng phục vụ người sử dụng, luân chuyển sách và phục vụ lưu động"},
		Holder: courses.Holder{Name: "Nguyễn Văn Sĩ", Library: "Điểm bưu điện - văn hóa xã Sà Phìn",
			Place: "xã Sà Phìn, tỉnh Tuyên Quang"},
		Issuer: courses.Issuer{ID: "08", Parent: "SỞ VĂN HÓA, THỂ THAO VÀ DU LỊCH TỈNH TUYÊN QUANG", Name: "THƯ VIỆN TỈNH TUYÊN QUANG",
			Head: "GIÁM ĐỐC THƯ VIỆN TỈNH TUYÊN QUANG", Capacity: "KT. GIÁM ĐỐC\nPHÓ GIÁM ĐỐC", Signer: "Hoàng Thị Minh Nguyệt", Town: "Tuyên Quang"},
		StartedAt: now.AddDate(0, -2, 0), CompletedAt: now.AddDate(0, 0, -1), IssuedAt: now, ValidUntil: courses.Forever,
	}
}

func TestFactsComeBackAsTheyWereSigned(t *testing.T) {
	s := signer(t, "0001")
	all := Keys{signer(t, "0000").Key, s.Key}
	for name, change := range map[string]func(*courses.Certificate){
		"a plain one": func(*courses.Certificate) {},
		"one that ends": func(c *courses.Certificate) {
			c.ValidUntil = time.Date(2029, 11, 30, 16, 59, 59, 999e6, time.UTC)
		},
		"a reissue":          func(c *courses.Certificate) { c.Reissue, c.Register = 2, "08/2026/000017/2" },
		"one without a post": func(c *courses.Certificate) { c.Holder.Library, c.Holder.Place = "", "tỉnh Tuyên Quang" },
		"letters of no table": func(c *courses.Certificate) {
			c.Holder.Name = "Đặng Thị Ðào ꪀ “Mỷ” – €"
		},
		"names as a Mac writes them": func(c *courses.Certificate) { c.Holder.Name = "Nguye\u0302\u0303n Va\u0306n Si\u0303" },
	} {
		t.Run(name, func(t *testing.T) {
			c := certificate()
			change(&c)
			want := FactsOf(c)
			fragment, err := s.Fragment(want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := all.Check(c.Code, fragment)
			if err != nil || got != want {
				t.Errorf("%v\n%+v\n%+v", err, got, want)
			}
			if again, _ := s.Fragment(want); again != fragment {
				t.Error("signing twice gives other bytes")
			}
			t.Log(len(fragment))
		})
	}
}

func TestFactsOfNoRegisterAreNotSigned(t *testing.T) {
	c := certificate()
	c.Serial, c.Register = "MẪU", "MẪU"
	if _, err := signer(t, "0001").Fragment(FactsOf(c)); !errors.Is(err, ErrTooOdd) {
		t.Error(err)
	}
}

func TestForgedFactsAreFound(t *testing.T) {
	s, other := signer(t, "0001"), signer(t, "0002")
	c := certificate()
	fragment, err := s.Fragment(FactsOf(c))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := read41(fragment)
	bent := func(at int) string {
		b := bytes.Clone(raw)
		b[at] ^= 1
		return write41(b)
	}
	richer := FactsOf(c)
	richer.Holder, richer.Issuer = "Kẻ Mạo Danh", "THƯ VIỆN TỈNH LÀO CAI"
	swapped, _ := other.Fragment(richer)
	body, _ := read41(swapped)
	copy(body[1:header], raw[1:header]) // says that it is of our key
	revoked := s.Key
	revoked.RevokedAt = now
	for name, test := range map[string]struct {
		keys           Keys
		code, fragment string
		want           error
	}{
		"the periods were raised":              {Keys{s.Key}, c.Code, bent(header + 4), ErrForged},
		"the signature was bent":               {Keys{s.Key}, c.Code, bent(len(raw) - 1), ErrForged},
		"the facts of another certificate":     {Keys{s.Key}, "7KQM4XW2HRTQ", fragment, ErrForged},
		"signed by somebody else":              {Keys{s.Key}, c.Code, swapped, ErrNoKey},
		"another issuer under our key's name":  {Keys{s.Key}, c.Code, write41(body), ErrForged},
		"a key that was withdrawn":             {Keys{revoked}, c.Code, fragment, ErrRevoked},
		"no keys at all":                       {nil, c.Code, fragment, ErrNoKey},
		"cut off":                              {Keys{s.Key}, c.Code, write41(raw[:len(raw)-6]), ErrForged},
		"nothing":                              {Keys{s.Key}, c.Code, "", errFacts},
		"a version to come":                    {Keys{s.Key}, c.Code, bent(0), errFacts},
		"a book":                               {Keys{s.Key}, c.Code, strings.Repeat("A", longestFragment+1), errFacts},
		"letters that nobody writes":           {Keys{s.Key}, c.Code, strings.ToLower(fragment), errFacts},
		"three letters for more than it holds": {Keys{s.Key}, c.Code, "///" + fragment, errFacts},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := test.keys.Check(test.code, test.fragment)
			if !errors.Is(err, test.want) {
				t.Errorf("%v", err)
			}
			if err != nil && !errors.Is(err, ErrRevoked) && f != (Facts{}) {
				t.Errorf("shows %+v", f)
			}
		})
	}
}

func TestLettersRoundTrip(t *testing.T) {
	if len(viet) != 134 || len(phrases) > 256 {
		t.Fatalf("%d letters, %d phrases", len(viet), len(phrases))
	}
	for _, p := range phrases {
		if b := appendText(nil, p); len(b) != 3 || p == "" {
			t.Errorf("%q is written as %x", p, b)
		}
	}
	if err := quick.Check(func(b []byte) bool { back, err := read41(write41(b)); return err == nil && bytes.Equal(back, b) }, nil); err != nil {
		t.Error(err)
	}
}

func FuzzFacts(f *testing.F) {
	s := signer(f, "0001")
	fragment, err := s.Fragment(FactsOf(certificate()))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(fragment)
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		facts, err := Keys{s.Key}.Check("7KQM4XW2HRTP", text)
		if err == nil && text != fragment {
			t.Fatalf("%q passes with %+v", text, facts)
		}
		b, err := read41(text)
		if err != nil || len(b) < header {
			return
		}
		if got, err := parse("7KQM4XW2HRTP", b[header:]); err == nil { // what can be read is written the same way
			body, err := s.body(got)
			if err != nil {
				return // a date or number that no register has
			}
			if again, err := parse(got.Code, body[header:]); err != nil || again != got {
				t.Fatalf("%v\n%+v\n%+v", err, got, again)
			}
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	s := signer(b, "0001")
	c := certificate()
	fragment, _ := s.Fragment(FactsOf(c))
	for b.Loop() {
		if _, err := (Keys{s.Key}).Check(c.Code, fragment); err != nil {
			b.Fatal(err)
		}
	}
}
