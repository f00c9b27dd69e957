package school_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"

	"lopban/courses"
)

// corners is a picture whose upper left quarter is red, the others blue.
func corners(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{0, 0, 200, 255}
			if x < w/2 && y < h/2 {
				c = color.RGBA{200, 0, 0, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// exif puts EXIF with this orientation, and a place, into a JPEG.
func exif(data []byte, order binary.AppendByteOrder, orientation uint16) []byte {
	tiff := []byte("MM\x00\x2a")
	if order.AppendUint16(nil, 1)[0] == 1 {
		tiff = []byte("II\x2a\x00")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)
	for _, entry := range [][2]uint16{{0x010f, 7}, {0x0112, orientation}} {
		tiff = order.AppendUint16(tiff, entry[0])
		tiff = order.AppendUint16(tiff, 3)
		tiff = order.AppendUint32(tiff, 1)
		tiff = order.AppendUint16(tiff, entry[1])
		tiff = order.AppendUint16(tiff, 0)
	}
	tiff = append(tiff, "GPS 23.36N 105.31E"...)
	body := append([]byte("Exif\x00\x00"), tiff...)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	return slices.Concat(data[:2], segment, body, data[2:])
}

// reddest is the quarter of a picture that is red: 0 upper left, 1 upper right, 2 lower left, 3 lower right.
func reddest(m image.Image) int {
	b := m.Bounds()
	for i := range 4 {
		r, _, blue, _ := m.At(b.Min.X+b.Dx()/4+i%2*b.Dx()/2, b.Min.Y+b.Dy()/4+i/2*b.Dy()/2).RGBA()
		if r > blue {
			return i
		}
	}
	return -1
}

func TestAPhotoIsMadeSmallAndTurnedUpright(t *testing.T) {
	for _, c := range []struct {
		name        string
		data        []byte
		w, h, redAt int
	}{
		{"a JPEG of a phone", jpegOf(t, corners(4000, 3000)), 1280, 960, 0},
		{"a PNG", pngOf(t, corners(800, 1600)), 640, 1280, 0},
		{"a small one", pngOf(t, corners(31, 20)), 31, 20, 0},
		{"one that is thin", pngOf(t, corners(4000, 2)), 1280, 1, -2},
		{"mirrored", exif(jpegOf(t, corners(60, 40)), binary.BigEndian, 2), 60, 40, 1},
		{"upside down", exif(jpegOf(t, corners(60, 40)), binary.LittleEndian, 3), 60, 40, 3},
		{"mirrored and upside down", exif(jpegOf(t, corners(60, 40)), binary.BigEndian, 4), 60, 40, 2},
		{"mirrored and turned", exif(jpegOf(t, corners(60, 40)), binary.LittleEndian, 5), 40, 60, 0},
		{"a phone held upright", exif(jpegOf(t, corners(60, 40)), binary.BigEndian, 6), 40, 60, 1},
		{"mirrored and turned back", exif(jpegOf(t, corners(60, 40)), binary.LittleEndian, 7), 40, 60, 3},
		{"turned left", exif(jpegOf(t, corners(60, 40)), binary.BigEndian, 8), 40, 60, 2},
		{"an orientation that is none", exif(jpegOf(t, corners(60, 40)), binary.BigEndian, 99), 60, 40, 0},
	} {
		out, err := courses.Photo(c.data)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		m, err := jpeg.Decode(bytes.NewReader(out))
		if err != nil || m.Bounds().Dx() != c.w || m.Bounds().Dy() != c.h || c.redAt >= -1 && reddest(m) != c.redAt {
			t.Errorf("%s: %v, red at %d, %v; want %d × %d, red at %d", c.name, m.Bounds(), reddest(m), err, c.w, c.h, c.redAt)
		}
	}
}

// What a file holds beside the picture is gone: where it was taken, and what somebody hid behind it.
func TestOnlyThePictureIsKept(t *testing.T) {
	data := append(exif(jpegOf(t, corners(60, 40)), binary.BigEndian, 1), "<script>alert(1)</script>PK\x03\x04"...)
	out, err := courses.Photo(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{"GPS", "Exif", "script", "PK\x03\x04"} {
		if !bytes.Contains(data, []byte(gone)) || bytes.Contains(out, []byte(gone)) {
			t.Errorf("%q is kept", gone)
		}
	}
	see := image.NewNRGBA(image.Rect(0, 0, 4, 4)) // one can see through it
	if out, err = courses.Photo(pngOf(t, see)); err != nil {
		t.Fatal(err)
	}
	m, _ := jpeg.Decode(bytes.NewReader(out))
	if r, g, b, _ := m.At(1, 1).RGBA(); min(r, g, b) < 0xf000 {
		t.Error("what is clear does not lie on white")
	}
}

// pngHeader is a PNG that says it is so large, and holds nothing.
func pngHeader(w, h uint32) []byte {
	body := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	body = append(binary.BigEndian.AppendUint32(body, h), 8, 6, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	return binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE(body))
}

func TestWhatIsNoPhotoIsRefusedWithASentence(t *testing.T) {
	cut := jpegOf(t, corners(60, 40))
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":                    {nil, "photo-kind"},
		"a page":                     {[]byte("<html><script>alert(1)</script>"), "photo-kind"},
		"a drawing":                  {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "photo-kind"},
		"a GIF":                      {[]byte("GIF89a\x01\x00\x01\x00"), "photo-kind"},
		"of an iPhone":               {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), "photo-heic"},
		"a film":                     {[]byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00"), "photo-kind"},
		"40,000 × 40,000":            {pngHeader(40_000, 40_000), "photo-pixels"},
		"wider than numbers go":      {pngHeader(1<<31-1, 1<<31-1), "photo-broken"},
		"of no width":                {pngHeader(0, 5), "photo-broken"},
		"a PNG of 9 million":         {pngHeader(3000, 3000), "photo-pixels"},
		"a header and nothing after": {pngHeader(30, 30), "photo-broken"},
		"half a JPEG":                {cut[:len(cut)/2], "photo-broken"},
		"the beginning of a JPEG":    {[]byte("\xff\xd8\xff\xe0"), "photo-broken"},
	} {
		if _, err := courses.Photo(c.data); code(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestPhotosAreKeptUnderNamesThatNobodyCanAskFor(t *testing.T) {
	s := newSchool(t)
	first, err := s.ReadPhoto(jpegOf(t, corners(60, 40)))
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.ReadPhoto(jpegOf(t, corners(60, 40)))
	if err != nil || again.Name != first.Name || !strings.HasPrefix(first.Name, "photo-") {
		t.Errorf("%s, then %s, %v", first.Name, again.Name, err)
	}
	if _, err := s.ReadPhoto([]byte("x")); code(err) != "photo-kind" {
		t.Error(err)
	}
}

func FuzzPhoto(f *testing.F) {
	f.Add(exif(jpegOf(f, corners(60, 40)), binary.LittleEndian, 6))
	f.Add(pngOf(f, corners(9, 7)))
	f.Add(pngHeader(40_000, 40_000))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x0eExif\x00\x00II*\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := courses.Photo(data)
		if err != nil {
			if code(err) == "" {
				t.Fatalf("no sentence: %v", err)
			}
			return
		}
		m, err := jpeg.Decode(bytes.NewReader(out))
		if err != nil || max(m.Bounds().Dx(), m.Bounds().Dy()) > 1280 {
			t.Fatalf("%v %v", m.Bounds(), err)
		}
	})
}

func BenchmarkPhoto(b *testing.B) {
	data := jpegOf(b, corners(4000, 3000))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := courses.Photo(data); err != nil {
			b.Fatal(err)
		}
	}
}
