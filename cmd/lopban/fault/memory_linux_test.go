package fault

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
)

// sideBySide is how much more than at rest the program may hold while rosters of 10,000 people are read and lists of as
// many are written, all at once. The bound is there to see what grows with the number of rows: what is read into memory
// whole, once for each visitor.
const sideBySide = 300 << 20

// Two provinces read rosters of 10,000 rows while the office writes the same lists over and over: memory stays within
// its bound, and comes down again.
func TestImportsAndExportsSideBySide(t *testing.T) {
	h := newHall(t, console.Place{Data: filepath.Join(t.TempDir(), "data")}, 1, 1)
	h.fillRegister(t, 10_000)
	r := programtest.Launch(t, h.At)
	h.SignIn(t, r)
	roster := tenThousand()
	rest := rests(t, r)
	var all errgroup.Group
	for i := range 2 {
		all.Go(func() error {
			if got := h.upload(t, r.Base, fmt.Sprintf("%d.csv", i), roster); got.status != http.StatusSeeOther {
				return fmt.Errorf("upload: %d %.300s", got.status, got.text)
			}
			return nil
		})
	}
	for _, format := range []string{"csv", "xlsx", "json", "xlsx"} {
		all.Go(func() error {
			for range 3 {
				res := h.export(t, r.Base, format)
				n, err := io.Copy(io.Discard, res.Body)
				res.Body.Close()
				if err != nil || n < 200_000 {
					return fmt.Errorf("%s: %d bytes, %w", format, n, err)
				}
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
	peak := memoryOf(t, r, "VmHWM:")
	t.Logf("at rest %d MiB, at most %d MiB", rest>>20, peak>>20)
	if peak-rest > sideBySide {
		t.Errorf("the program held %d MiB, before %d MiB", peak>>20, rest>>20)
	}
}

// tenThousand is a roster of 10,000 people of Tuyên Quang.
func tenThousand() []byte {
	var b bytes.Buffer
	b.WriteString("Họ và tên,Số điện thoại,Chức danh,Thư viện,Xã,Từ ngày\n")
	family, given := []string{"Vàng", "Lò", "Sùng", "Hà", "Nguyễn"}, []string{"Mỷ", "Dí", "Páo", "Tâm", "Hoa", "Súa", "Pó"}
	for i := range 10_000 {
		fmt.Fprintf(&b, "%s Thị %s %s,0%09d,Thủ thư,Thư viện xã số %d,Lũng Cú,01/12/2025\n", family[i%5], given[i%7], strings.ToUpper(string(rune('a'+i%26)))+string(rune('a'+i/26%26)), 912_000_000+i, i/2)
	}
	return b.Bytes()
}
