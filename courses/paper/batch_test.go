package paper

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
)

func hundreds(n int) []courses.Certificate {
	var all []courses.Certificate
	for i := range n {
		c := sample()
		if i%7 == 3 {
			c = fullest()
		}
		c.Code, c.Register, c.Serial = fmt.Sprintf("7KQM4XW2%04d", i), fmt.Sprintf("08/2026/%06d", i+1), fmt.Sprintf("08.2026.%05d", i+1)
		c.VerifyURL = "https://lopban.thuvientuyenquang.gov.vn/v/" + c.Code
		all = append(all, c)
	}
	return all
}

func TestManyCertificatesAreOneFile(t *testing.T) {
	var out bytes.Buffer
	var seen []int
	at := time.Date(2026, 12, 5, 0, 0, 0, 0, time.UTC)
	if err := Certificates(&out, "Đợt 1", at, hundreds(9), nil, func(n int) { seen = append(seen, n) }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(seen, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}) {
		t.Errorf("progress %v", seen)
	}
	said := drawn(t, out.Bytes())
	for i := range 9 {
		if !slices.Contains(said, fmt.Sprintf("Số vào sổ: 08/2026/%06d", i+1)) {
			t.Errorf("number %d is not in it", i+1)
		}
	}
	if n := bytes.Count(out.Bytes(), []byte("/Type /Page\n")); n != 9 {
		t.Errorf("%d pages", n)
	}
	again := new(bytes.Buffer)
	if err := Certificates(again, "Đợt 1", at, hundreds(9), nil, nil); err != nil || !bytes.Equal(again.Bytes(), out.Bytes()) {
		t.Errorf("the same certificates give another file (%v)", err)
	}
	bad := hundreds(3)
	bad[1].Holder.Name = ""
	var which *Unprintable
	var why *problem.Problem
	err := Certificates(io.Discard, "Đợt 1", at, bad, nil, nil)
	if !errors.As(err, &which) || which.At != 1 || !errors.As(err, &why) || why.Field != "holder.name" {
		t.Errorf("a certificate without a name: %v", err)
	}
	if err := Certificates(io.Discard, "Đợt 1", at, nil, nil, nil); err == nil {
		t.Error("none is a file")
	}
}

// What is left out stands before everything else, with what to do; it takes no certificate's page.
func TestAFileSaysWhatItLeavesOut(t *testing.T) {
	var out bytes.Buffer
	left := []LeftOut{{"08/2026/000004", "Lò Thị \u0410nh", "Thư viện xã Tả Lủng", "Không in được ký tự U+0410 'А'."}, {Register: "08/2026/000009", Name: "Lý A Páo", Why: "Nội dung quá dài."}}
	if err := Certificates(&out, "Đợt 1", time.Unix(0, 0), hundreds(2), left, nil); err != nil {
		t.Fatal(err)
	}
	said := drawn(t, out.Bytes())
	first := strings.Join(said[:slices.IndexFunc(said, func(text string) bool { return strings.HasPrefix(text, "CỘNG HÒA") })], " ")
	for _, want := range []string{"TỆP NÀY THIẾU 2 GIẤY CHỨNG NHẬN", "1. 08/2026/000004", "Lò Thị ?nh, Thư viện xã Tả Lủng: Không in được ký tự U+0410", "2. 08/2026/000009", "Lý A Páo: Nội dung quá dài."} {
		if !strings.Contains(first, want) {
			t.Errorf("%q is not in %s", want, first)
		}
	}
	if n := bytes.Count(out.Bytes(), []byte("/Type /Page\n")); n != 3 {
		t.Errorf("%d pages", n)
	}
	many := make([]LeftOut, 100)
	for i := range many {
		many[i] = left[0]
	}
	out.Reset()
	if err := Certificates(&out, "Đợt 1", time.Unix(0, 0), hundreds(1), many, nil); err != nil {
		t.Fatal(err)
	}
	if said := drawn(t, out.Bytes()); !slices.Contains(said, "100. 08/2026/000004") {
		t.Error("the hundredth is not named")
	}
}

// The aim: 1,000 certificates in at most 3 s and 100 MiB.
func BenchmarkCertificates1000(b *testing.B) {
	all := hundreds(1000)
	for b.Loop() {
		var size counted
		if err := Certificates(&size, "Đợt 1", time.Unix(0, 0), all, nil, nil); err != nil {
			b.Fatal(err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(size), "bytes")
		b.ReportMetric(float64(m.Sys)/(1<<20), "MiB-sys")
	}
}

type counted int

func (c *counted) Write(p []byte) (int, error) { *c += counted(len(p)); return len(p), nil }
