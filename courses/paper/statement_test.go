package paper

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"lopban/courses"
)

func statementOf(rows int) Statement {
	on := func(year int, month time.Month, day int) time.Time {
		return time.Date(year, month, day, 5, 0, 0, 0, time.UTC)
	}
	t := Statement{Issuer: courses.Issuer{Parent: "Sở Văn hóa, Thể thao và Du lịch tỉnh Tuyên Quang", Name: "Thư viện tỉnh Tuyên Quang", Capacity: "KT. Giám đốc\nPhó giám đốc", Signer: "Nguyễn Thị Thu Hà", Town: "Tuyên Quang"},
		Decision: "1687/QĐ-TTg", DecidedOn: on(2024, 12, 30), Present: []string{"Tuyên Quang"}, Programme: []string{"Hà Giang", "Tuyên Quang"},
		Source: "Danh sách người làm công tác thư viện do các tỉnh lập", Strands: []string{"cung cấp dịch vụ thư viện", "tổ chức các hoạt động khuyến đọc"}, AsOf: on(2026, 11, 30),
		Base: 1234, Trained: 605, Elsewhere: 17, Percent: 49.4, Communes: 118, OfCommunes: 124, Libraries: 240,
		Marks: []StatementMark{{40, on(2026, 12, 31), 494, 0}, {60, on(2030, 12, 31), 741, 136}, {90, on(2045, 12, 31), 1111, 506}},
		Code:  strings.Repeat("9f", 32), At: on(2026, 12, 1)}
	t.ByCommune = rows > 16
	for i := range rows {
		t.Rows = append(t.Rows, StatementRow{Name: fmt.Sprintf("xã thứ %d", i), Base: 10, Trained: 4, Percent: 40, Gap: i % 3, Communes: 1, OfCommunes: 2})
	}
	return t
}

// A statement is one page with everything that an inspection asks after: who reports, of whom and by which list, over
// how many people, until when, and where it is signed. Nothing stands beyond the margins that are asked for.
func TestAStatementIsOnePageToBeSigned(t *testing.T) {
	for _, rows := range []int{0, 2, 14, 16, 148} {
		var out bytes.Buffer
		if err := PrintStatement(&out, statementOf(rows)); err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(out.Bytes(), []byte("/Type /Page\n")); n != 1 {
			t.Errorf("%d rows: %d pages", rows, n)
		}
		all := strings.Join(drawn(t, out.Bytes()), " ")
		for _, want := range []string{"CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "THƯ VIỆN TỈNH TUYÊN QUANG", "Số: ……… /BC-………",
			"Tuyên Quang, ngày ….. tháng ….. năm …..", "BÁO CÁO", "(Số liệu đến ngày 30 tháng 11 năm 2026)", "Quyết định số 1687/QĐ-TTg ngày 30 tháng 12 năm 2024",
			"tỉnh Tuyên Quang hiện nay, gồm địa bàn 2 tỉnh (Hà Giang, Tuyên Quang) nêu tại Quyết định.", "605 trên 1.234 người", "đạt tỷ lệ 49,4 %", "17 người nhờ bồi dưỡng ở nơi khác",
			"118 trên 124 xã, phường, với 240 thư viện", "60 % đến 31/12/2030", "741", "136", "Nơi nhận:", "- Lưu: VT.", "KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", "Nguyễn Thị Thu Hà", strings.Repeat("9f", 32)} {
			if !strings.Contains(all, want) {
				t.Errorf("%d rows: %q is not in it: %s", rows, want, all)
			}
		}
		for i := range rows {
			if there := strings.Contains(all, fmt.Sprintf("xã thứ %d ", i)); !there && rows <= 16 || there && rows > 16 && i%3 != 2 {
				t.Errorf("row %d of %d: %v", i, rows, there)
			}
		}
		if rest := "Trong 139 nơi khác: 50 đã đạt, 89 chưa đạt, 0 chưa có danh sách."; strings.Contains(all, rest) != (rows == 148) {
			t.Errorf("%d rows: %s", rows, all)
		}
		for _, r := range places(t, out.Bytes()) {
			if r[0] < statementLeft-1 || r[1] > 210-15 {
				t.Errorf("%d rows: text from %.1f to %.1f mm", rows, r[0], r[1])
			}
		}
	}
}

// What of the issuer is not known is left to be written by hand; a base of nobody says so, and no share.
// What people named is printed as far as it can be: neither a period's name nor a place's keeps the page back.
func TestAStatementIsPrintedWhateverItsNames(t *testing.T) {
	s := statementOf(2)
	s.Period, s.Rows[1].Name = "Kỳ 📚 cuối năm", "xã \u0410 Lưới"
	var out bytes.Buffer
	if err := PrintStatement(&out, s); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(drawn(t, out.Bytes()), " ")
	for _, want := range []string{"Kỳ ? cuối năm", "xã ? Lưới"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in %s", want, all)
		}
	}
}

func TestAStatementOfNobody(t *testing.T) {
	s := statementOf(0)
	s.Issuer, s.Base, s.Trained, s.Elsewhere, s.Decided, s.Known, s.Period = courses.Issuer{}, 0, 0, 0, true, s.AsOf, "Quý IV năm 2026"
	var out bytes.Buffer
	if err := PrintStatement(&out, s); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(drawn(t, out.Bytes()), " ")
	for _, want := range []string{"Chưa có ai trong danh sách", "………", "2 tỉnh (Hà Giang, Tuyên Quang) nêu tại Quyết định, nay thuộc tỉnh Tuyên Quang.", "(Quý IV năm 2026, số liệu đến ngày 30 tháng 11 năm 2026, đã chốt, theo dữ liệu đã nhập đến ngày 30 tháng 11 năm 2026)"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in it: %s", want, all)
		}
	}
	if strings.Contains(all, "đạt tỷ lệ") {
		t.Errorf("nobody has a share: %s", all)
	}
	s.Rows = []StatementRow{{Name: " "}}
	if err := PrintStatement(new(bytes.Buffer), s); err == nil || !strings.Contains(err.Error(), "rows.0") {
		t.Errorf("a place without a name: %v", err)
	}
}
