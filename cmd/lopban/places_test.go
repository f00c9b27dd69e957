package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlacesChangeAsADecisionSays(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	people := write("people.csv", "Họ và tên,Đơn vị công tác,Mã xã,Từ ngày\nSùng Mí Pó,Thư viện xã Ngọc Đường,00700,01/02/2024\nGiàng Thị Mai,Thư viện xã,00715,01/02/2024\nLý Thị Dợ,Thư viện xã Phú Linh,00706,01/02/2024\n")
	tells(t, "roster", "import", people, "--province", "08", "--data", data).want(t, 0, "3 added")
	decision := write("qd.csv", "Mã cũ,Tên cũ,Mã mới,Tên mới\n00700,xã Ngọc Đường,00694,phường Hà Giang 1\n00706,xã Phú Linh,00694,phường Hà Giang 1\n00706,xã Phú Linh,00913,xã Vị Xuyên\n")
	change := []string{"places", "change", decision, "--decision", "1/NQ-UBTVQH16", "--on", "2026-01-15", "--data", data}

	asked := tells(t, change...).want(t, 3, "1 libraries of divided communes")
	home := ""
	for line := range strings.Lines(asked.out) {
		if cells := strings.Split(strings.TrimSpace(line), "\t"); cells[0] == "divided" {
			home = cells[1]
		}
	}
	if !strings.Contains(asked.out, "\tSùng Mí Pó\txã Ngọc Đường (00700)\tphường Hà Giang 1 (00694)\n") || home == "" {
		t.Errorf("the preview: %s", asked.out)
	}
	change = append(change, "--homes", write("homes.tsv", "# where they are\n"+home+"\t00913\n"))
	tells(t, append(change, "--dry-run")...).want(t, 0)
	if none := tells(t, "places", "list", "--data", data).want(t, 0); none.out != "" {
		t.Errorf("looking wrote %s", none.out)
	}
	done := tells(t, change...).want(t, 0, "2 people move on 2026-01-15", "lopban places undo ")
	tells(t, change...).want(t, 0, "0 people move") // what was cut off is gone on with
	other := write("other.tsv", home+"\t00694\n")
	tells(t, append(change[:len(change)-1:len(change)-1], other)...).want(t, 1, "recorded already")
	for day, want := range map[string]string{"2026-01-14": "00700", "2026-01-15": "00694"} {
		if board := tells(t, "report", "board", "--province", "08", "--as-of", day, "--format", "csv", "--data", data).want(t, 0); !strings.Contains(board.out, want) {
			t.Errorf("on %s there is no %s: %s", day, want, board.out)
		}
	}
	id := strings.Fields(done.err[strings.Index(done.err, "places undo ")+len("places undo "):])[0]
	if list := tells(t, "places", "list", "--data", data).want(t, 0); !strings.HasPrefix(list.out, id+"\t2026-01-15\tholds\t1/NQ-UBTVQH16\t3") {
		t.Errorf("listed %q", list.out)
	}
	tells(t, "places", "undo", id, "--data", data).want(t, 0, "is undone")
	tells(t, "places", "undo", id, "--data", data).want(t, 1, "undone already")
	tells(t, "doctor", "--data", data).want(t, 0)

	wrong := write("wrong.csv", "Mã cũ,Mã mới\n00701,00694\n")
	tells(t, "places", "change", wrong, "--decision", "2", "--on", "2026-01-15", "--data", data).want(t, 1, "row 2", "00701")
	tells(t, "places", "change", people, "--decision", "2", "--on", "2026-01-15", "--data", data).want(t, 1, "No row of titles")
	tells(t, "places", "change", decision, "--decision", "2", "--on", "15/01/2026", "--data", data).want(t, 1, "yyyy-mm-dd")
	tells(t, "places", "change", decision, "--data", data).want(t, 2, "--decision")
}
