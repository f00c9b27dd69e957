package workbook

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// What is written is read again as it was, as text: a number keeps its zero and no name is calculated.
func TestTablesAreReadAsTheyWereWritten(t *testing.T) {
	rows := [][]string{{"Lò Thị Na", "0912345678", "=1+1"}, {"Vàng Mí Sử", "", "00700"}}
	var file bytes.Buffer
	err := Write(&file, Table{Name: "Xã: Lũng Cú", Head: [][]string{{"Họ và tên", "Số", "Mã"}}, Rows: slices.Values(rows)}, Table{Name: "Xã: Lũng Cú", Rows: slices.Values(rows[:1])})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(&file, DefaultLimits, nil) // only a text is asked about its columns
	if err != nil || len(b.Sheets) != 2 || b.Sheets[0].Name != "Xã  Lũng Cú" || b.Sheets[1].Name != "Xã  Lũng Cú 2" || len(b.Key) != 64 {
		t.Fatalf("%+v, %v", b, err)
	}
	for i, row := range b.Sheets[0].Rows[1:] {
		if !slices.Equal(row.Cells, rows[i]) || row.Number != i+2 {
			t.Errorf("row %d is %q", row.Number, row.Cells)
		}
	}
}

// The separator of a text is the one by which the most titles mean something.
func TestTheSeparatorIsTheOneThatIsUnderstood(t *testing.T) {
	known := func(s *Sheet) int {
		return len(slices.DeleteFunc(slices.Clone(s.Rows[0].Cells), func(c string) bool { return c != "Tên" && c != "Xã" }))
	}
	b, err := Open(strings.NewReader("Tên;Xã, phường, đặc khu;Xã\nNa;a,b,c;d\n"), DefaultLimits, known)
	if err != nil || !slices.Equal(b.Sheets[0].Rows[1].Cells, []string{"Na", "a,b,c", "d"}) {
		t.Errorf("%+v, %v", b, err)
	}
}
