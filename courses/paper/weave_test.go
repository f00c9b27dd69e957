package paper

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// Dashes, laid out as a PDF viewer does, give back the pattern stitch by stitch.
func TestDashesWeaveThePattern(t *testing.T) {
	for row := range band/2 + 1 {
		for _, code := range []byte("yri") {
			var want, got strings.Builder
			for x := range 3 * diamond {
				fmt.Fprint(&want, stitchAt(x, row) == code)
				fmt.Fprint(&got, inked(t, code, row, x))
			}
			if got.String() != want.String() {
				t.Errorf("row %d, ink %c:\n%s\nwant\n%s", row, code, got.String(), want.String())
			}
		}
	}
}

func inked(t *testing.T, code byte, row, x int) bool {
	t.Helper()
	pattern, phase := dashes(code, row)
	lengths := strings.Fields(pattern)
	if len(lengths) == 0 {
		return false
	}
	x += phase
	for i := 0; ; i++ {
		n, err := strconv.Atoi(lengths[i%len(lengths)])
		if err != nil {
			t.Fatal(err)
		}
		if x < n {
			return i%2 == 0
		}
		x -= n
	}
}

// The pattern is the same seen from every side, which is what lets it turn the corners.
func TestPatternIsSymmetric(t *testing.T) {
	for x := range across {
		for y := range band {
			at := stitchAt(x, y)
			if at != stitchAt(y, x) || at != stitchAt(across-1-x, y) || at != stitchAt(x, band-1-y) || at != stitchAt(x, down-1-y) {
				t.Fatalf("not symmetric at %d, %d", x, y)
			}
		}
	}
}

func TestBorderLeavesEqualMargins(t *testing.T) {
	side, top := (297-across*stitch)/2, (210-down*stitch)/2
	if diff := side - top; diff > 1e-9 || diff < -1e-9 || side < 5 {
		t.Errorf("margins %.3f and %.3f mm, want them equal and wide enough for printers", side, top)
	}
}
