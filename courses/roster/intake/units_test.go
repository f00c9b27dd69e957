package intake

import (
	"slices"
	"strings"
	"testing"

	"lopban/courses/roster"
)

func TestUnitsOfADecisionAreRead(t *testing.T) {
	first := roster.ChangeRow{OldCode: "700", OldName: "xã Ngọc Đường", NewCode: "00694", NewName: "phường Hà Giang 1"}
	for what, file := range map[string]string{
		"the office's":        "STT,Mã xã cũ,Tên xã cũ,Mã xã mới,Tên xã mới,Ghi chú\n1,700,xã Ngọc Đường,00694,phường Hà Giang 1,Nhập toàn bộ\n",
		"in other words":      "TT;Tên ĐVHC trước sắp xếp;Mã ĐVHC trước sắp xếp;Tên ĐVHC sau sắp xếp;Mã ĐVHC sau sắp xếp\n1;xã Ngọc Đường;700;phường Hà Giang 1;00694\n",
		"in English":          "Old code,Old unit,New code,New unit\n700,xã Ngọc Đường,00694,phường Hà Giang 1\n",
		"under a title":       "NGHỊ QUYẾT\nMã cũ,Tên cũ,Mã mới,Tên mới\n(1),(2),(3),(4)\n700,xã Ngọc Đường,00694,phường Hà Giang 1\n,,,\n,Người lập,,\n",
		"with other columns":  "Tỉnh cũ,Mã cũ,Tên cũ,Mã mới,Tên mới\nHà Giang,700,xã Ngọc Đường,00694,phường Hà Giang 1\n",
		"with the apostrophe": "Mã cũ,Tên cũ,Mã mới,Tên mới\n'700,xã Ngọc Đường,'00694,phường Hà Giang 1\n",
	} {
		units, err := lexicon().ReadUnits(strings.NewReader(file), "a.csv")
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		for i := range units.Rows {
			units.Rows[i].Number = 0
		}
		if !slices.Equal(units.Rows, []roster.ChangeRow{first}) {
			t.Errorf("%s: %+v", what, units.Rows)
		}
	}
	_, err := lexicon().ReadUnits(strings.NewReader("Họ và tên,Xã\nLò A,Ngọc Đường\n"), "a.csv")
	wantProblem(t, "a list of people", err, "file", "places.titles")
}

func FuzzUnits(f *testing.F) {
	f.Add([]byte("Mã cũ,Tên cũ,Mã mới,Tên mới,Loại,Tỉnh\n700,xã Ngọc Đường,00694,phường Hà Giang 1,,Tuyên Quang\n"))
	f.Add([]byte(",,\nOld unit\tNew unit\n\"a\"\tb\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		units, err := lexicon().ReadUnits(strings.NewReader(string(data)), "a")
		if err != nil {
			return
		}
		p, err := places().Plan(units.Rows, "1", day("2026-01-01"), units.File, units.Key)
		if err == nil && len(p.Faults) == 0 && len(p.Change.Units) == 0 {
			t.Errorf("%q: a change of nothing", data)
		}
	})
}
