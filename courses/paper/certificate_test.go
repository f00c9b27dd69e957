package paper

import (
	"os"
	"testing"
	"time"

	"lopban/courses"
)

func sample() courses.Certificate {
	return courses.Certificate{
		Code: "7KQM4XW2HRTP", Register: "08/2026/17", Serial: "TQ.2026.00017", Periods: 12,
		Title: courses.Text{Vi: "Phục vụ người sử dụng, luân chuyển sách và phục vụ lưu động"},
		Holder: courses.Holder{Name: "Lò Thị Pành", Library: "Điểm bưu điện - văn hóa xã Sà Phìn", Place: "xã Sà Phìn, tỉnh Tuyên Quang"},
		Issuer: courses.Issuer{Parent: "Sở Văn hóa, Thể thao và Du lịch tỉnh Tuyên Quang", Name: "Thư viện tỉnh Tuyên Quang",
			Head: "Giám đốc Thư viện tỉnh Tuyên Quang", Capacity: "Giám đốc", Signer: "Hoàng Thị Minh Nguyệt", Town: "Tuyên Quang"},
		StartedAt: time.Date(2026, 10, 1, 1, 0, 0, 0, time.UTC), CompletedAt: time.Date(2026, 12, 4, 9, 0, 0, 0, time.UTC),
		IssuedAt: time.Date(2026, 12, 4, 18, 0, 0, 0, time.UTC), ValidUntil: courses.Forever,
		VerifyURL: "https://lopban.thuvientuyenquang.gov.vn/v/7KQM4XW2HRTP",
	}
}

func TestLook(t *testing.T) {
	pdf, err := Certificate(sample())
	if err != nil { t.Fatal(err) }
	os.WriteFile("/tmp/pp/c.pdf", pdf, 0o644)
	t.Log(len(pdf))
}

func BenchmarkCertificate(b *testing.B) {
	for b.Loop() {
		Certificate(sample())
	}
}
