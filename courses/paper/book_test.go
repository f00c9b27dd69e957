package paper

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func bookOf(n int) Book {
	b := Book{Issuer: "Thư viện tỉnh Tuyên Quang", Parent: "Sở Văn hóa, Thể thao và Du lịch tỉnh Tuyên Quang", Title: "Sổ cấp giấy chứng nhận", Year: 2026,
		Town: "Tuyên Quang", Head: "Giám đốc Thư viện tỉnh Tuyên Quang", At: time.Date(2026, 12, 31, 3, 0, 0, 0, time.UTC)}
	for i := range n {
		e := BookEntry{Register: fmt.Sprintf("08/2026/%06d", i+1), Issued: time.Date(2026, 3, 1+i/4, 18, 0, 0, 0, time.UTC), Name: "Lò Thị Pành",
			Unit: "Thư viện xã Sà Phìn", Course: "Phục vụ người sử dụng", Periods: 2, Serial: fmt.Sprintf("08.2026.%05d", i+1)}
		if i%9 == 4 {
			e.Name = "Nguyễn Phúc Hoàng Công Tôn Nữ Thị Minh Nguyệt Phương Khương"
			e.Unit = "Trung tâm Văn hóa, Thông tin và Thể thao xã Nghĩa Thuận, xã Nghĩa Thuận, tỉnh Tuyên Quang"
			e.Course = "Phục vụ người sử dụng, luân chuyển sách và phục vụ lưu động"
			e.Note = "Đã thu hồi 01/06/2026: cấp nhầm. Theo Quyết định số 12/QĐ-TVT ngày 05/12/2026"
		}
		b.Entries = append(b.Entries, e)
	}
	return b
}

func TestARegisterIsPrintedAsABook(t *testing.T) {
	for n, pages := range map[int]int{0: 1, 1: 1, 60: 4} {
		var out bytes.Buffer
		if err := Register(&out, bookOf(n)); err != nil {
			t.Fatal(err)
		}
		said := drawn(t, out.Bytes())
		all := strings.Join(said, " ")
		for i := range n {
			if !slices.Contains(said, fmt.Sprintf("08/2026/%06d", i+1)) {
				t.Errorf("line %d of %d is not in it", i+1, n)
			}
		}
		for _, want := range []string{"SỔ CẤP GIẤY CHỨNG NHẬN NĂM 2026", fmt.Sprintf("Sổ này có %d dòng.", n), fmt.Sprint("Trang ", pages), "Tuyên Quang, ngày 31 tháng 12 năm 2026"} {
			if !strings.Contains(all, want) {
				t.Errorf("%d lines: %q is not in it", n, want)
			}
		}
		for _, r := range places(t, out.Bytes()) {
			if r[0] < 10 || r[1] > 287 {
				t.Errorf("%d lines: text from %.1f to %.1f mm", n, r[0], r[1])
			}
		}
	}
	b := bookOf(2)
	b.Entries[1].Unit = strings.Repeat("Thư viện xã ", 60) // longer than any place has room for
	b.Entries[0].Name, b.Entries[0].Unit, b.Entries[0].Course = "Lò 字", "• Thư viện 📚", "Sách → bạn đọc"
	var out bytes.Buffer // one line of an earlier release does not keep the year from being printed
	if err := Register(&out, b); err != nil {
		t.Errorf("letters that cannot be printed: %v", err)
	}
	for _, want := range []string{"Lò ?", "Thư viện ?", "Sách - bạn đọc"} {
		if said := drawn(t, out.Bytes()); !slices.Contains(said, want) {
			t.Errorf("no %q in %q", want, said)
		}
	}
	b.Entries[0].Name = " "
	if err := Register(new(bytes.Buffer), b); err == nil || !strings.Contains(err.Error(), "entries.0.name") {
		t.Errorf("no name: %v", err)
	}
	b = bookOf(1)
	b.Entries[0].Unit = strings.Repeat("Ữ", 190)
	if err := Register(new(bytes.Buffer), b); err != nil {
		t.Errorf("a word wider than its column: %v", err)
	}
}
