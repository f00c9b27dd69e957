package paper

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
)

func slipOf(name, commune string) Slip {
	return Slip{Name: name, Library: "Điểm bưu điện - văn hóa xã Sà Phìn", Commune: commune, Code: "7KQM4XW2HRTP",
		Site: "https://lopban.thuvientuyenquang.gov.vn/claim", URL: "https://lopban.thuvientuyenquang.gov.vn/claim?code=7KQM4XW2HRTP",
		Until: time.Date(2027, 1, 1, 0, 0, 0, 0, courses.Vietnam)}
}

const title = "Mã kích hoạt tài khoản"

func TestSlipsAreGroupedByCommune(t *testing.T) {
	var slips []Slip
	for i := range 9 {
		slips = append(slips, slipOf(fmt.Sprint("Vừ A ", i), "xã Sà Phìn, tỉnh Tuyên Quang"))
	}
	slips = slices.Insert(slips, 4, slipOf("Lò Thị Pành", "xã Lũng Cú, tỉnh Tuyên Quang"))
	pdf, err := Slips(title, slips)
	if err != nil {
		t.Fatal(err)
	}
	words := drawn(t, pdf)
	for _, want := range []string{"Xã Sà Phìn, tỉnh Tuyên Quang", "9 người, trang 2 trên 2. " + title, "Xã Lũng Cú, tỉnh Tuyên Quang", "1 người, trang 1 trên 1. " + title} {
		if !slices.Contains(words, want) {
			t.Errorf("no heading %q", want)
		}
	}
	if n := bytes.Count(pdf, []byte("/Type /Page\n")); n != 3 {
		t.Errorf("%d pages, want 3: two for nine people, one for the next commune", n)
	}
	if slices.Index(words, "Vừ A 8") > slices.Index(words, "Lò Thị Pành") {
		t.Error("a commune's people are torn apart")
	}
}

func TestSlipSays(t *testing.T) {
	pdf, err := Slips(title, []Slip{slipOf("Lò Thị Pành", "xã Sà Phìn, tỉnh Tuyên Quang")})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Xã Sà Phìn, tỉnh Tuyên Quang", "1 người, trang 1 trên 1. " + title, "Lò Thị Pành", "Điểm bưu điện - văn hóa xã Sà Phìn",
		"xã Sà Phìn, tỉnh Tuyên Quang", "7KQM-4XW2-HRTP", "1. Quét mã QR, hoặc mở lopban.thuvientuyenquang.gov.vn/claim",
		"2. Nhập mã, kiểm tra họ tên, rồi tự đặt mật khẩu.", "3. Mã dùng một lần. Không đưa mã cho người khác.", "Dùng được đến hết ngày 31 tháng 12 năm 2026"}
	if got := drawn(t, pdf); !slices.Equal(got, want) {
		t.Errorf("drawn:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestSlipOfSomebodyWithoutCommune(t *testing.T) {
	s := slipOf("Hoàng Thị Minh Nguyệt", "")
	s.Library, s.Code = "", "7KQM4-XW2HR"
	pdf, err := Slips(title, []Slip{s})
	if err != nil {
		t.Fatal(err)
	}
	words := drawn(t, pdf)
	if words[0] != title || !slices.Contains(words, "7KQM4-XW2HR") {
		t.Errorf("%q, want the title as heading and the code in its own groups", words)
	}
	again, err := Slips(title, []Slip{s})
	if err != nil || !bytes.Equal(pdf, again) {
		t.Errorf("the same slips made other bytes (error %v)", err)
	}
}

// A code that stops in the middle of a day is promised only to the end of the day before.
func TestSlipPromisesWholeDays(t *testing.T) {
	s := slipOf("Lò Thị Pành", "xã Sà Phìn")
	s.Until = time.Date(2026, 12, 31, 10, 0, 0, 0, courses.Vietnam)
	pdf, err := Slips(title, []Slip{s})
	if err != nil {
		t.Fatal(err)
	}
	if words := drawn(t, pdf); !slices.Contains(words, "Dùng được đến hết ngày 30 tháng 12 năm 2026") {
		t.Errorf("%q", words)
	}
}

func TestSlipsAreReadByOtherPrograms(t *testing.T) {
	var slips []Slip
	for i := range 8 {
		s := slipOf("Nguyễn Phúc Hoàng Công Tôn Nữ Thị Minh Nguyệt", "xã Sà Phìn, tỉnh Tuyên Quang")
		s.URL += fmt.Sprint(i)
		slips = append(slips, s)
	}
	pdf, err := Slips(title, slips)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "slips.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("qpdf", func(t *testing.T) { run(t, "qpdf", "--check", file) })
	t.Run("zbarimg", func(t *testing.T) {
		run(t, "pdftoppm", "-r", "100", "-gray", "-png", "-singlefile", file, file)
		read := strings.Fields(run(t, "zbarimg", "-q", "--raw", file+".png"))
		slices.Sort(read)
		for i, s := range slips {
			if i >= len(read) || read[i] != s.URL {
				t.Fatalf("the QR codes say %q", read)
			}
		}
	})
}

func TestSlipProblems(t *testing.T) {
	good := slipOf("Lò Thị Pành", "xã Sà Phìn")
	with := func(change func(*Slip)) []Slip {
		bad := good
		change(&bad)
		return []Slip{good, bad}
	}
	for field, test := range map[string]struct {
		code  string
		slips []Slip
	}{
		"slips":           {"paper-missing", nil},
		"slips.1.name":    {"paper-letter", with(func(s *Slip) { s.Name = "Lò 😀" })},
		"slips.1.commune": {"paper-letter", with(func(s *Slip) { s.Commune = "xã\a" })},
		"slips.1.code":    {"paper-missing", with(func(s *Slip) { s.Code = "" })},
		"slips.1.url":     {"paper-missing", with(func(s *Slip) { s.URL = "" })},
		"slips.1.site":    {"paper-missing", with(func(s *Slip) { s.Site = "" })},
		"slips.1.until":   {"paper-missing", with(func(s *Slip) { s.Until = time.Time{} })},
		"slips.1.library": {"paper-long", with(func(s *Slip) { s.Library = strings.Repeat("xã ", 100) })},
	} {
		t.Run(field, func(t *testing.T) {
			_, err := Slips(title, test.slips)
			var problem *problem.Problem
			if !errors.As(err, &problem) || problem.Field != field || problem.Code != test.code {
				t.Errorf("error %v, want %s of %s", err, test.code, field)
			}
		})
	}
}

func region() []Slip {
	var slips []Slip
	for i := range 2000 {
		s := slipOf(fmt.Sprint("Giàng A Páo ", i), fmt.Sprintf("xã số %d, tỉnh Tuyên Quang", i%764))
		s.URL = fmt.Sprintf("https://lopban.thuvientuyenquang.gov.vn/claim?code=%012d", i)
		slips = append(slips, s)
	}
	return slips
}

func BenchmarkSlipsOfARegion(b *testing.B) {
	slips := region()
	for b.Loop() {
		pdf, err := Slips(title, slips)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(pdf)), "bytes/file")
	}
}
