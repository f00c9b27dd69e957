package paper

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"

	"lopban/courses"
	"lopban/courses/letters"
	"lopban/courses/problem"
)

func sample() courses.Certificate {
	return courses.Certificate{
		Code: "7KQM4XW2HRTP", Register: "08/2026/000017", Serial: "08.2026.00017", Periods: 12,
		Title: courses.Text{Vi: "Phục vụ người sử dụng, luân chuyển sách và phục vụ lưu động"},
		Holder: courses.Holder{Name: "Lò Thị Pành", Library: "Điểm bưu điện - văn hóa xã Sà Phìn",
			Place: "xã Sà Phìn, tỉnh Tuyên Quang"},
		Issuer: courses.Issuer{Parent: "Sở Văn hóa, Thể thao và Du lịch tỉnh Tuyên Quang", Name: "Thư viện tỉnh Tuyên Quang",
			Head: "Giám đốc Thư viện tỉnh Tuyên Quang", Capacity: "Giám đốc", Signer: "Hoàng Thị Minh Nguyệt", Town: "Tuyên Quang"},
		StartedAt:   time.Date(2026, 10, 1, 1, 0, 0, 0, time.UTC),
		CompletedAt: time.Date(2026, 12, 4, 9, 0, 0, 0, time.UTC),
		IssuedAt:    time.Date(2026, 12, 4, 18, 0, 0, 0, time.UTC), // the 5th in Vietnam
		ValidUntil:  courses.Forever,
		VerifyURL:   "https://lopban.thuvientuyenquang.gov.vn/v/7KQM4XW2HRTP",
	}
}

// fullest is a certificate that uses every line there is, with the longest words that real papers have.
func fullest() courses.Certificate {
	c := sample()
	c.Holder.Name = "Nguyễn Phúc Hoàng Công Tôn Nữ Thị Minh Nguyệt Phương Khương"
	c.Holder.Library = "Trung tâm Văn hóa, Thông tin và Thể thao xã Nghĩa Thuận và cụm dân cư vùng cao biên giới"
	c.Title.Vi += ", tổ chức hoạt động khuyến đọc và xây dựng thói quen đọc cho người dân vùng cao"
	c.Issuer.Name = "Trung tâm Văn hóa và Thư viện tỉnh Tuyên Quang"
	c.Issuer.Capacity = "KT. Giám đốc\nPhó Giám đốc"
	c.ValidUntil = time.Date(2029, 2, 4, 18, 0, 0, 0, time.UTC)
	c.Reissue = 1
	return c
}

func paperOf(t testing.TB, c courses.Certificate) []byte {
	t.Helper()
	pdf, err := Certificate(c)
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

func TestCertificateSays(t *testing.T) {
	for name, test := range map[string]struct {
		certificate courses.Certificate
		want        []string
	}{
		"a plain one": {sample(), []string{
			"CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc",
			"SỞ VĂN HÓA, THỂ THAO VÀ DU LỊCH", "TỈNH TUYÊN QUANG", "THƯ VIỆN TỈNH TUYÊN QUANG",
			"GIẤY CHỨNG NHẬN", "GIÁM ĐỐC THƯ VIỆN TỈNH TUYÊN QUANG", "CHỨNG NHẬN", "Ông/Bà:  ", "Lò Thị Pành",
			"Đơn vị công tác: Điểm bưu điện - văn hóa xã Sà Phìn, xã Sà Phìn, tỉnh Tuyên Quang",
			"Đã hoàn thành khóa bồi dưỡng:", "“Phục vụ người sử dụng, luân chuyển sách và phục vụ lưu động”",
			"Thời lượng: 12 tiết. Từ ngày 01 tháng 10 năm 2026 đến ngày 04 tháng 12 năm 2026", "Kết quả: Đạt",
			"Tuyên Quang, ngày 05 tháng 12 năm 2026", "GIÁM ĐỐC", "Hoàng Thị Minh Nguyệt",
			"Số hiệu: 08.2026.00017", "Số vào sổ: 08/2026/000017", "7KQM-4XW2-HRTP    ", "Kiểm tra tại lopban.thuvientuyenquang.gov.vn/v/",
			"Giấy chứng nhận này không thay thế chứng chỉ mà pháp luật quy định phải có.",
		}},
		"a reissue that expires, signed by a deputy": {fullest(), []string{
			"CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc",
			"SỞ VĂN HÓA, THỂ THAO VÀ DU LỊCH", "TỈNH TUYÊN QUANG", "TRUNG TÂM VĂN HÓA VÀ THƯ VIỆN TỈNH TUYÊN QUANG",
			"GIẤY CHỨNG NHẬN", "GIÁM ĐỐC THƯ VIỆN TỈNH TUYÊN QUANG", "CHỨNG NHẬN",
			"Ông/Bà:  ", "Nguyễn Phúc Hoàng Công Tôn Nữ Thị Minh Nguyệt Phương Khương",
			"Đơn vị công tác: Trung tâm Văn hóa, Thông tin và Thể thao",
			"xã Nghĩa Thuận và cụm dân cư vùng cao biên giới, xã Sà Phìn, tỉnh Tuyên Quang", "Đã hoàn thành khóa bồi dưỡng:",
			"“Phục vụ người sử dụng, luân chuyển sách và phục vụ lưu động,",
			"tổ chức hoạt động khuyến đọc và xây dựng thói quen đọc cho người dân vùng cao”",
			"Thời lượng: 12 tiết. Từ ngày 01 tháng 10 năm 2026 đến ngày 04 tháng 12 năm 2026", "Kết quả: Đạt",
			"Tuyên Quang, ngày 05 tháng 12 năm 2026", "KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", "Hoàng Thị Minh Nguyệt",
			"Số hiệu: 08.2026.00017", "Số vào sổ: 08/2026/000017", "Có giá trị đến ngày 05 tháng 02 năm 2029",
			"Cấp lại lần 1, thay giấy chứng nhận số 08.2026.00017", "7KQM-4XW2-HRTP    ", "Kiểm tra tại lopban.thuvientuyenquang.gov.vn/v/",
			"Giấy chứng nhận này không thay thế chứng chỉ mà pháp luật quy định phải có.",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := drawn(t, paperOf(t, test.certificate)); !slices.Equal(got, test.want) {
				t.Errorf("drawn:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestDates(t *testing.T) {
	for moment, want := range map[string]string{
		"2026-12-04T17:00:00Z": "ngày 05 tháng 12 năm 2026", // midnight in Vietnam
		"2026-12-04T16:59:59Z": "ngày 04 tháng 12 năm 2026",
		"2027-01-31T00:00:00Z": "ngày 31 tháng 01 năm 2027",
		"2027-02-01T00:00:00Z": "ngày 01 tháng 02 năm 2027",
		"2027-03-09T00:00:00Z": "ngày 09 tháng 3 năm 2027",
		"2026-12-31T20:00:00Z": "ngày 01 tháng 01 năm 2027",
	} {
		at, err := time.Parse(time.RFC3339, moment)
		if err != nil {
			t.Fatal(err)
		}
		if got := day(at); got != want {
			t.Errorf("%s is %q, want %q", moment, got, want)
		}
	}
	c := sample()
	c.StartedAt = c.CompletedAt.Add(-time.Hour)
	if got := drawn(t, paperOf(t, c)); !slices.Contains(got, "Thời lượng: 12 tiết, ngày 04 tháng 12 năm 2026") {
		t.Errorf("a course of one day: %q", got)
	}
}

func TestOptionalWords(t *testing.T) {
	for name, change := range map[string]func(*courses.Certificate){
		"no parent":     func(c *courses.Certificate) { c.Issuer.Parent = "" },
		"no signer yet": func(c *courses.Certificate) { c.Issuer.Signer = "" },
		"no place":      func(c *courses.Certificate) { c.Holder.Place = "" },
		"no library":    func(c *courses.Certificate) { c.Holder.Library = "" },
		"English title": func(c *courses.Certificate) { c.Title = courses.Text{En: "Serving readers"} },
	} {
		t.Run(name, func(t *testing.T) {
			c := sample()
			change(&c)
			if words := drawn(t, paperOf(t, c)); !slices.Contains(words, "Lò Thị Pành") {
				t.Errorf("the name is not on the paper: %q", words)
			}
		})
	}
}

// The names are of Kinh, Mông, Dao, Thái, Tày, Nùng, Hà Nhì, La Hủ, Cống, Si La, Khơ Mú, Lô Lô and Pà Thẻn people, and
// two that no one has.
func TestNamesFitOnOneLine(t *testing.T) {
	for _, name := range []string{
		"Y", "Sùng Thị Mỷ", "Giàng A Páo", "Hạng Mí Dế", "Chảo Thị U Lùng", "Tẩn Láo San", "Phàn Thị Chiều", "Quàng Văn Ương", "Cầm Thị Chiêu",
		"Lường Thị Ánh Tuyết", "Ma Thị Bích Đào", "Nông Thị Ngọc Hằng", "Lỳ Hừ Xá", "Pờ Xá Nhù", "Thàng Ha Chừ", "Ky Ma Gió", "Vàng Lỳ Pư",
		"Chang Thị Đính", "Hù Cố Xuân", "Moong Thị Ẹt", "Lò Giàng Páo", "Phù Thị Ngân", "Nguyễn Thị Kim Ngân Quỳnh Hương Ngọc Diễm",
		"Nguyễn Phúc Hoàng Công Tôn Nữ Thị Minh Nguyệt Phương Khương", "TRẦN HOÀNG PHƯƠNG NGUYỄN ĐẶNG THỊ NHƯ QUỲNH THƯỢNG ƯỚC NGUYỆN",
		strings.Repeat("Ữ", 60), strings.Repeat("Mươ ", 14) + "Mươn",
	} {
		t.Run(name, func(t *testing.T) {
			c := fullest()
			c.Holder.Name = name
			pdf := paperOf(t, c)
			if !slices.Contains(drawn(t, pdf), name) {
				t.Error("the name is not on the paper in one piece")
			}
			if len(pdf) > 80_000 {
				t.Errorf("%d bytes, want at most 80,000", len(pdf))
			}
			for _, r := range places(t, pdf) {
				if r[0] < inner+4 || r[1] > 297-inner-4 {
					t.Errorf("a word reaches from %.1f to %.1f mm", r[0], r[1])
				}
			}
		})
	}
}

func TestProblems(t *testing.T) {
	for name, test := range map[string]struct {
		field, code string
		change      func(*courses.Certificate)
	}{
		"no name":                   {"holder.name", "paper-missing", func(c *courses.Certificate) { c.Holder.Name = " \u00a0 " }},
		"no place of work":          {"holder.library", "paper-missing", func(c *courses.Certificate) { c.Holder.Library, c.Holder.Place = "", "" }},
		"no title":                  {"title", "paper-missing", func(c *courses.Certificate) { c.Title = courses.Text{} }},
		"no issuer":                 {"issuer.name", "paper-missing", func(c *courses.Certificate) { c.Issuer.Name = "" }},
		"no head":                   {"issuer.head", "paper-missing", func(c *courses.Certificate) { c.Issuer.Head = "" }},
		"no capacity":               {"issuer.capacity", "paper-missing", func(c *courses.Certificate) { c.Issuer.Capacity = "\n" }},
		"no town":                   {"issuer.town", "paper-missing", func(c *courses.Certificate) { c.Issuer.Town = "" }},
		"no serial":                 {"serial", "paper-missing", func(c *courses.Certificate) { c.Serial = "" }},
		"no register":               {"register", "paper-missing", func(c *courses.Certificate) { c.Register = "" }},
		"a code of small letters":   {"code", "paper-letter", func(c *courses.Certificate) { c.Code = "abc" }},
		"four capacities":           {"issuer.capacity", "paper-long", func(c *courses.Certificate) { c.Issuer.Capacity = "a\nb\nc\nd" }},
		"no code":                   {"code", "paper-missing", func(c *courses.Certificate) { c.Code = "" }},
		"no address":                {"verifyUrl", "paper-missing", func(c *courses.Certificate) { c.VerifyURL = "" }},
		"no periods":                {"periods", "paper-missing", func(c *courses.Certificate) { c.Periods = 0 }},
		"no start":                  {"startedAt", "paper-missing", func(c *courses.Certificate) { c.StartedAt = time.Time{} }},
		"no end":                    {"completedAt", "paper-missing", func(c *courses.Certificate) { c.CompletedAt = time.Time{} }},
		"no date":                   {"issuedAt", "paper-missing", func(c *courses.Certificate) { c.IssuedAt = time.Time{} }},
		"no validity":               {"validUntil", "paper-missing", func(c *courses.Certificate) { c.ValidUntil = time.Time{} }},
		"an emoji":                  {"holder.name", "paper-letter", func(c *courses.Certificate) { c.Holder.Name = "Lò 😀" }},
		"a rune past the BMP":       {"title", "paper-letter", func(c *courses.Certificate) { c.Title.Vi = "Sách 𐐷" }},
		"Chinese":                   {"holder.library", "paper-letter", func(c *courses.Certificate) { c.Holder.Library = "图书馆" }},
		"Tai Viet":                  {"holder.name", "paper-letter", func(c *courses.Certificate) { c.Holder.Name = "ꪶꪩ" }},
		"Hebrew, right to left":     {"holder.name", "paper-letter", func(c *courses.Certificate) { c.Holder.Name = "שלום" }},
		"a hidden reversal":         {"holder.name", "paper-letter", func(c *courses.Certificate) { c.Holder.Name = "Lò \u202eThị" }},
		"a zero-width space":        {"holder.place", "paper-letter", func(c *courses.Certificate) { c.Holder.Place = "xã\u200b" }},
		"a mark without a base":     {"holder.name", "paper-letter", func(c *courses.Certificate) { c.Holder.Name = "L\u0323\u0332" }},
		"a control character":       {"holder.name", "paper-letter", func(c *courses.Certificate) { c.Holder.Name = "Lò\x00" }},
		"broken UTF-8":              {"holder.name", "paper-letter", func(c *courses.Certificate) { c.Holder.Name = "Lò \xff" }},
		"µ, whose capital is Greek": {"issuer.name", "paper-letter", func(c *courses.Certificate) { c.Issuer.Name = "µ" }},
		"ten thousand letters":      {"holder.name", "paper-long", func(c *courses.Certificate) { c.Holder.Name = strings.Repeat("m", 10_000) }},
		"more than one line":        {"holder.name", "paper-long", func(c *courses.Certificate) { c.Holder.Name = strings.Repeat("Mươn ", 40) }},
		"a title of a page":         {"title", "paper-long", func(c *courses.Certificate) { c.Title.Vi = strings.Repeat("phục vụ ", 49) }},
		"a register as long":        {"register", "paper-long", func(c *courses.Certificate) { c.Register = strings.Repeat("08/", 99) }},
	} {
		t.Run(name, func(t *testing.T) {
			c := sample()
			test.change(&c)
			pdf, err := Certificate(c)
			var refused *problem.Problem
			if !errors.As(err, &refused) || !errors.Is(err, problem.ErrInvalid) || refused.Field != test.field || refused.Code != test.code {
				t.Errorf("error %v, want %s of %s", err, test.code, test.field)
			}
			if pdf != nil {
				t.Error("a paper was made")
			}
		})
	}
}

// What a title or a library was called before anybody looked at its letters is printed as it is meant.
func TestSignsOfWordAreMended(t *testing.T) {
	c := sample()
	c.Title.Vi, c.Holder.Library, c.Holder.Place = "Sách → bạn đọc ★", "• Thư viện xã Ⅲ", ""
	said := strings.Join(drawn(t, paperOf(t, c)), " ")
	for _, want := range []string{"Sách - bạn đọc", "Thư viện xã III"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in %q", want, said)
		}
	}
}

// In the environment of another process this variable asks TestSameBytes for the hash alone.
const hashOnly = "LOPBAN_TEST_PAPER_HASH"

func TestSameBytes(t *testing.T) {
	hash := func(pdf []byte) string { sum := sha256.Sum256(pdf); return hex.EncodeToString(sum[:]) }
	want := hash(paperOf(t, fullest()))
	if os.Getenv(hashOnly) != "" {
		fmt.Printf("hash=%s\n", want)
		return
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 4 {
				if pdf, err := Certificate(fullest()); err != nil || hash(pdf) != want {
					t.Errorf("another goroutine made other bytes (error %v)", err)
				}
			}
		})
	}
	wait.Wait()
	for range 2 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestSameBytes$")
		cmd.Env = append(os.Environ(), hashOnly+"=1")
		out, err := cmd.Output()
		if err != nil || !bytes.Contains(out, []byte("hash="+want)) {
			t.Errorf("another process made other bytes: %s (error %v), want %s", out, err, want)
		}
	}
	c := fullest()
	c.Code = "7KQM4XW2HRTQ"
	if hash(paperOf(t, c)) == want {
		t.Error("another code made the same bytes")
	}
}

func TestOtherProgramsReadIt(t *testing.T) {
	for name, c := range map[string]courses.Certificate{"plain": sample(), "fullest": fullest()} {
		file := filepath.Join(t.TempDir(), name+".pdf")
		if err := os.WriteFile(file, paperOf(t, c), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Run(name+" by qpdf", func(t *testing.T) {
			if out := run(t, "qpdf", "--check", file); !strings.Contains(out, "PDF Version: 1.4") {
				t.Error(out)
			}
		})
		t.Run(name+" by pdffonts", func(t *testing.T) {
			lines := strings.Split(strings.TrimSpace(run(t, "pdffonts", file)), "\n")[2:]
			for _, line := range lines {
				if f := strings.Fields(line); len(f) < 9 || f[4] != "yes" || f[6] != "yes" {
					t.Errorf("a font is not embedded or has no Unicode map: %s", line)
				}
			}
			if len(lines) != 3 {
				t.Errorf("%d fonts, want 3", len(lines))
			}
		})
		t.Run(name+" by pdfinfo", func(t *testing.T) {
			out := run(t, "pdfinfo", file)
			for _, want := range []string{c.Title.Vi, norm.NFC.String(c.Holder.Name), strings.ToUpper(c.Issuer.Name), "Pages:           1", "(A4)"} {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
		})
		t.Run(name+" by zbarimg", func(t *testing.T) {
			run(t, "pdftoppm", "-r", "100", "-gray", "-png", "-singlefile", file, file)
			if got := strings.TrimSpace(run(t, "zbarimg", "-q", "--raw", file+".png")); got != c.VerifyURL {
				t.Errorf("the QR code says %q, want %q", got, c.VerifyURL)
			}
		})
	}
}

// The facts behind the # make the code finer: it is read at the size on paper all the same, as a phone's camera or a
// poor scan shows it.
func TestSignedLinkIsReadFromThePaper(t *testing.T) {
	facts := func(n int) string { return strings.Repeat("7Z$K*X+4W-2/HRTP0A9", n)[:n] }
	for name, n := range map[string]int{"a usual one": 280, "the longest names": 430, "more than level M shows": 500} {
		t.Run(name, func(t *testing.T) {
			c := fullest()
			c.VerifyURL += "#" + facts(n)
			file := filepath.Join(t.TempDir(), "signed.pdf")
			if err := os.WriteFile(file, paperOf(t, c), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, dpi := range []string{"150", "200", "300"} {
				run(t, "pdftoppm", "-r", dpi, "-gray", "-png", "-singlefile", file, file)
				if got := strings.TrimSpace(run(t, "zbarimg", "-q", "--raw", file+".png")); got != c.VerifyURL {
					t.Errorf("at %s dpi the QR code says %q", dpi, got)
				}
			}
			if drawn := strings.Join(drawn(t, paperOf(t, c)), "\n"); !strings.Contains(drawn, "Kiểm tra tại lopban.thuvientuyenquang.gov.vn/v/\n") && !strings.HasSuffix(drawn, "/v/") && strings.Contains(drawn, "#") {
				t.Error("the facts are printed for people:", drawn)
			}
		})
	}
}

func FuzzName(f *testing.F) {
	for _, name := range []string{"Lò Thị Pành", "Lo\u0300", "😀", "\\(", "a\r\nb", "(((", "\x00", "\ufeff", "ﬁ", "א", "e\u0301\u0323\u0302", "\U0010ffff", strings.Repeat("W", 61)} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		c := sample()
		c.Holder.Name = name
		pdf, err := Certificate(c)
		if err != nil {
			if !errors.Is(err, problem.ErrInvalid) {
				t.Errorf("%q: %v", name, err)
			}
			return
		}
		want := strings.Join(strings.Fields(norm.NFC.String(name)), " ")
		if strings.ContainsFunc(want, unprintable) {
			want, _ = letters.Mend(want)
		}
		if !slices.Contains(drawn(t, pdf), want) {
			t.Errorf("%q is not on the paper", want)
		}
	})
}

func BenchmarkCertificate(b *testing.B) {
	b.ReportAllocs()
	size := len(paperOf(b, sample()))
	for b.Loop() {
		if _, err := Certificate(sample()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size), "bytes/file")
}

var (
	streams = regexp.MustCompile(`(?s)/FlateDecode /Length \d+>>\nstream\n(.*?)\nendstream`)
	shows   = regexp.MustCompile(`(?s)\(((?:\\.|[^\\)])*)\) Tj`)
)

// drawn lists the texts that a PDF of ours draws, in order.
func drawn(t testing.TB, pdf []byte) []string {
	t.Helper()
	var texts []string
	for _, stream := range streams.FindAllSubmatch(pdf, -1) {
		inflate, err := zlib.NewReader(bytes.NewReader(stream[1]))
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(inflate)
		if err != nil {
			t.Fatal(err)
		}
		for _, show := range shows.FindAllSubmatch(content, -1) {
			if text := decode(show[1]); text != "" {
				texts = append(texts, text)
			}
		}
	}
	if len(texts) == 0 {
		t.Fatal("the PDF draws no text")
	}
	return texts
}

// decode reads a PDF string of UTF-16.
func decode(escaped []byte) string {
	var plain []byte
	for i := 0; i < len(escaped); i++ {
		if escaped[i] == '\\' {
			i++
			if escaped[i] == 'r' {
				plain = append(plain, '\r')
				continue
			}
		}
		plain = append(plain, escaped[i])
	}
	var units []uint16
	for i := 0; i+1 < len(plain); i += 2 {
		units = append(units, uint16(plain[i])<<8|uint16(plain[i+1]))
	}
	return string(utf16.Decode(units))
}

var box = regexp.MustCompile(`<word xMin="([\d.]+)" yMin="[\d.]+" xMax="([\d.]+)"`)

// places gives the left and right end of every word on the page in millimetres, as pdftotext sees them.
func places(t *testing.T, pdf []byte) [][2]float64 {
	t.Helper()
	file := filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	var all [][2]float64
	for _, m := range box.FindAllStringSubmatch(run(t, "pdftotext", "-bbox", file, "-"), -1) {
		from, _ := strconv.ParseFloat(m[1], 64)
		to, _ := strconv.ParseFloat(m[2], 64)
		all = append(all, [2]float64{from * mmPerPoint, to * mmPerPoint})
	}
	if len(all) == 0 {
		t.Fatal("pdftotext sees no words")
	}
	return all
}

// run runs a program that judges our files, and skips the test where it is not installed.
func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed, so it did not judge this file", program)
	}
	out, err := exec.Command(program, args...).Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}
