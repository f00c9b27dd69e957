package authoring

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"lopban/courses/authoring/coursetest"
	"lopban/courses/authoring/markdown"
)

// photo is a picture of noise, which packs badly, as a camera's does.
func photo(w, h int) *image.RGBA {
	r := rand.New(rand.NewPCG(1, 2))
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = byte(r.Uint32())
	}
	return m
}

func jpegOf(t *testing.T, m image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUploadsGetANameOfTheirOwnAndTheEndingOfTheirContent(t *testing.T) {
	var noisy bytes.Buffer
	if err := png.Encode(&noisy, photo(900, 600)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		called, lang string
		data         []byte
		want         string
	}{
		{"Kho sách Lũng Cú.JPG", "", jpegOf(t, photo(1200, 900)), "kho-sach-lung-cu.jpg"},
		{"../../etc/passwd", "", coursetest.PNG(t, 20, 20), "etc-passwd.png"},
		{"phieu.png", "", noisy.Bytes(), "phieu.jpg"},
		{"Giá sách.svg", "vi", []byte(coursetest.SVG), "gia-sach.vi.svg"},
		{"x.exe", "", []byte(mp3Head), "x.mp3"},
		{"", "", []byte(mp4Head), "muc.mp4"},
		{"Lời chào.vi.vtt", "", []byte(goodVTT), "loi-chao.vi.vtt"},
		{"Phim.srt", "", []byte("\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\nXin chào\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nbà con\r\n"), "phim.vi.vtt"},
		{"Lời chào.vi.vtt", "en", []byte(goodVTT), "loi-chao.en.vtt"},
	} {
		name, kept, err := Adopt(c.called, c.lang, c.data)
		if err != nil || name != c.want {
			t.Errorf("%s: %s, %v; want %s", c.called, name, err, c.want)
			continue
		}
		if m := markdown.CheckMedia("f", name, kept); m.Errors() {
			t.Errorf("%s: %s", c.called, told(m))
		}
		if w, h, ok := markdown.PictureSize(kept); markdown.MediumOf(name) == markdown.PictureFile && (!ok || max(w, h) > UploadSide) {
			t.Errorf("%s is %d × %d", name, w, h)
		}
	}
}

// What a camera writes beside the picture tells where its owner was.
func TestAPhotoIsKeptWithoutWhatTheCameraWrote(t *testing.T) {
	secret := "GPS 23.36 N 105.31 E"
	plain := jpegOf(t, photo(64, 64))
	data := append([]byte("\xff\xd8\xff\xe1\x00\x1cExif\x00\x00"+secret), plain[2:]...)
	_, kept, err := Adopt("a.jpg", "", data)
	if err != nil || bytes.Contains(kept, []byte("GPS")) {
		t.Errorf("%v, place kept: %v", err, bytes.Contains(kept, []byte("GPS")))
	}
	var b bytes.Buffer
	m := image.NewPaletted(image.Rect(0, 0, 9, 9), color.Palette{color.Black, color.White})
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	name, kept, err := Adopt("a.png", "", append(b.Bytes(), secret...))
	if err != nil || bytes.Contains(kept, []byte("GPS")) {
		t.Errorf("%s: %v, place kept: %v", name, err, bytes.Contains(kept, []byte("GPS")))
	}
}

func TestWhatCannotBeShownIsRefusedWithWhatToDo(t *testing.T) {
	// says 40,000 × 40,000
	wide := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x9c\x40\x00\x00\x9c\x40\x08\x02\x00\x00\x00")
	for _, c := range []struct{ name, data, want string }{
		{"a page", "<html><script>alert(1)</script>", "media-kind"},
		{"a program", "MZ\x90\x00", "media-kind"},
		{"nothing", "", "media-kind"},
		{"an iPhone's photo", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "photo-heic"},
		{"a broken photo", "\xff\xd8\xff\xe0\x00\x10JFIF", "photo-broken"},
		{"a giant", string(wide), "photo-"},
	} {
		_, _, err := Adopt("a", "", []byte(c.data))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func FuzzAdopt(f *testing.F) {
	f.Add("a", "", []byte(mp3Head))
	f.Add("Lời", "vi", []byte(goodVTT))
	f.Add("x.y.vi", "en", []byte(coursetest.SVG))
	f.Fuzz(func(t *testing.T, called, lang string, data []byte) {
		if lang != "vi" && lang != "en" {
			lang = ""
		}
		if name, _, err := Adopt(called, lang, data); err == nil && !markdown.MediaFile.MatchString(name) {
			t.Fatalf("%q", name)
		}
	})
}
