package paper

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"slices"
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
	if err := Certificates(&out, "Đợt 1", at, hundreds(9), func(n int) { seen = append(seen, n) }); err != nil {
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
	if err := Certificates(again, "Đợt 1", at, hundreds(9), nil); err != nil || !bytes.Equal(again.Bytes(), out.Bytes()) {
		t.Errorf("the same certificates give another file (%v)", err)
	}
	bad := hundreds(3)
	bad[1].Holder.Name = ""
	err := Certificates(io.Discard, "Đợt 1", at, bad, nil)
	if p, ok := err.(*problem.Problem); !ok || p.Field != "certificates.1.holder.name" {
		t.Errorf("a certificate without a name: %v", err)
	}
	if err := Certificates(io.Discard, "Đợt 1", at, nil, nil); err == nil {
		t.Error("none is a file")
	}
}

// The aim: 1,000 certificates in at most 3 s and 100 MiB.
func BenchmarkCertificates1000(b *testing.B) {
	all := hundreds(1000)
	for b.Loop() {
		var size counted
		if err := Certificates(&size, "Đợt 1", time.Unix(0, 0), all, nil); err != nil {
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
