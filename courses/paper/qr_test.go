package paper

import (
	"encoding/xml"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestQRDecodes(t *testing.T) {
	for _, text := range []string{"https://lopban.vn/v/7KQM4XW2HRTP", "7KQM4XW2HRTP", "Lớp Bản: sách về bản", strings.Repeat("https://lopban.vn/", 20)} {
		svg, err := QR(text)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "qr.png")
		paint(t, svg, file)
		if got := strings.TrimSpace(run(t, "zbarimg", "-q", "--raw", file)); got != text {
			t.Errorf("reads %q, want %q", got, text)
		}
	}
}

func TestQRIsOneQuietDrawing(t *testing.T) {
	svg, err := QR("https://lopban.vn/v/7KQM4XW2HRTP")
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal([]byte(svg), new(any)); err != nil {
		t.Errorf("not XML: %v", err)
	}
	if strings.Count(svg, "<path") != 1 || !strings.Contains(svg, `fill="currentColor"`) || !strings.Contains(svg, `viewBox="-4 -4 37 37"`) || strings.Contains(svg, "style") {
		t.Error(svg)
	}
	if len(svg) > 5000 {
		t.Errorf("%d bytes, want at most 5,000", len(svg))
	}
}

func TestQRRefusesABook(t *testing.T) {
	if _, err := QR(strings.Repeat("sách ", 1000)); err == nil {
		t.Error("no error")
	}
}

var bars = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)

// paint draws the SVG's path, which has horizontal bars only, as a picture.
func paint(t *testing.T, svg, file string) {
	t.Helper()
	const scale, most = 4, 120
	picture := image.NewGray(image.Rect(0, 0, most*scale, most*scale))
	for i := range picture.Pix {
		picture.Pix[i] = 0xff
	}
	for _, bar := range bars.FindAllStringSubmatch(svg, -1) {
		var n [4]int
		for i := range n {
			n[i], _ = strconv.Atoi(bar[i+1])
		}
		if n[2] != n[3] {
			t.Fatalf("a bar goes %d right and %d back", n[2], n[3])
		}
		for x := (n[0] + 4) * scale; x < (n[0]+4+n[2])*scale; x++ {
			for y := (n[1] + 4) * scale; y < (n[1]+5)*scale; y++ {
				picture.SetGray(x, y, color.Gray{})
			}
		}
	}
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := png.Encode(out, picture); err != nil {
		t.Fatal(err)
	}
}
