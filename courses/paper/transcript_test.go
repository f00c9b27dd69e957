package paper

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func transcriptOf(rows int) Transcript {
	t := Transcript{Title: "Bảng kết quả học tập", Name: "Sùng A Páo", Lines: []string{"Thư viện xã Lũng Cú"}, Note: "Tra mã của giấy chứng nhận.", Page: func(n int) string { return fmt.Sprint("Trang ", n) },
		At: time.Date(2026, 12, 31, 3, 0, 0, 0, time.UTC)}
	for n := range 2 {
		table := Table{Title: fmt.Sprint("Bảng ", n+1), Columns: []Column{{"Khóa học", 0.5}, {"Kết quả", 0.5}}}
		for i := range rows {
			text := fmt.Sprintf("khóa %d.%d", n, i)
			if i%7 == 3 {
				text += strings.Repeat(" phục vụ người sử dụng và luân chuyển sách", 6)
			}
			table.Rows = append(table.Rows, []string{text, "100 %"})
		}
		t.Tables = append(t.Tables, table)
	}
	return t
}

// Every row of a transcript is printed once and on the page, however many there are; a table that goes on has its head
// on each page.
func TestATranscriptIsPrinted(t *testing.T) {
	for rows, pages := range map[int]int{0: 1, 1: 1, 120: 10} {
		var out bytes.Buffer
		if err := PrintTranscript(&out, transcriptOf(rows)); err != nil {
			t.Fatal(err)
		}
		said := drawn(t, out.Bytes())
		for n := range 2 {
			for i := range rows {
				name := fmt.Sprintf("khóa %d.%d", n, i)
				if found := slices.IndexFunc(said, func(s string) bool { return s == name || strings.HasPrefix(s, name+" ") }); found < 0 {
					t.Errorf("%s of %d rows is not in it", name, rows)
				}
			}
		}
		last := fmt.Sprint("Trang ", pages)
		if all := strings.Join(said, " "); !strings.Contains(all, last) || strings.Contains(all, fmt.Sprint("Trang ", pages+1)) || !strings.Contains(all, "Sùng A Páo") {
			t.Errorf("%d rows: it does not end with %s", rows, last)
		}
		if heads := strings.Count(strings.Join(said, "|"), "Khóa học"); heads < min(pages, 2) {
			t.Errorf("%d rows: %d heads", rows, heads)
		}
		for _, r := range places(t, out.Bytes()) {
			if r[0] < transcriptLeft-1 || r[1] > 210-transcriptLeft+1 {
				t.Errorf("%d rows: text from %.1f to %.1f mm", rows, r[0], r[1])
			}
		}
	}
	odd := transcriptOf(2)
	odd.Tables[1].Rows[1][0] = "Bài 字 → 📚"
	var out bytes.Buffer
	if err := PrintTranscript(&out, odd); err != nil {
		t.Errorf("letters that cannot be printed: %v", err)
	}
	if said := drawn(t, out.Bytes()); !slices.Contains(said, "Bài ? - ?") {
		t.Errorf("printed %q", said)
	}
}
