package courses

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"

	"lopban/courses/problem"
)

const (
	photoSide    = 1280     // pixels of the longer side, at most
	photoQuality = 80       // of JPEG, to 100
	maxPlain     = 26 << 20 // pixels of a JPEG that is read line by line; phones make 8 to 25 million
	maxPixels    = 8 << 20  // of other pictures, which take eight times the memory while they are read
)

// Photo makes of a JPEG or PNG that a phone sent a JPEG of at most 1280 pixels, as Shrink does.
func Photo(data []byte) ([]byte, error) { return Shrink(data, photoSide, photoQuality) }

// Shrink makes of a JPEG or PNG a JPEG of the quality (of 100) whose longer side has so many pixels at most, upright.
// Nothing else of the file is kept: no place, time or name of the phone (EXIF), and nothing that hides behind the
// picture. What cannot be taken is a Problem that says what to do. The type is read from the content, and the number of
// pixels before any of them.
func Shrink(data []byte, side, quality int) ([]byte, error) {
	upright, most := 1, maxPixels
	read, size := png.Decode, png.DecodeConfig
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		read, size = jpeg.Decode, jpeg.DecodeConfig
		head := readJPEG(data)
		upright = head.orientation
		if !head.progressive {
			most = maxPlain
		}
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
	case isHEIC(data):
		return nil, problem.Invalid("photo", "photo-heic")
	default:
		return nil, problem.Invalid("photo", "photo-kind")
	}
	c, err := size(bytes.NewReader(data))
	if err != nil || c.Width < 1 || c.Height < 1 {
		return nil, problem.Invalid("photo", "photo-broken")
	}
	if c.Width > most/c.Height {
		return nil, problem.Invalid("photo", "photo-pixels")
	}
	m, err := read(bytes.NewReader(data))
	if err != nil {
		return nil, problem.Invalid("photo", "photo-broken")
	}
	var out bytes.Buffer
	err = jpeg.Encode(&out, turn(shrink(m, side), upright), &jpeg.Options{Quality: quality})
	return out.Bytes(), err
}

// isHEIC tells the files of iPhones and of some Android cameras by their brand (ISO/IEC 14496-12).
func isHEIC(data []byte) bool {
	if len(data) < 12 || string(data[4:8]) != "ftyp" {
		return false
	}
	switch string(data[8:12]) {
	case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis":
		return true
	}
	return false
}

type jpegHead struct {
	orientation int  // as EXIF has it, 1 to 8
	progressive bool // or of another kind that is not read line by line
}

// readJPEG goes through the segments before the picture itself.
func readJPEG(data []byte) jpegHead {
	head := jpegHead{orientation: 1, progressive: true}
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker, size := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xff { // padding
			at++
			continue
		}
		if size < 2 || at+2+size > len(data) {
			break
		}
		body := data[at+4 : at+2+size]
		switch {
		case marker == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
			head.orientation = orientation(body[6:])
		case marker == 0xc0 || marker == 0xc1:
			head.progressive = false
		case marker == 0xc2:
			head.progressive = true
		case marker == 0xda: // the picture begins
			return head
		}
		at += 2 + size
	}
	return head
}

// orientation reads the first directory of EXIF's TIFF (CIPA DC-008, tag 0x0112); 1, upright, where it says nothing.
func orientation(tiff []byte) int {
	var order binary.ByteOrder = binary.BigEndian
	if bytes.HasPrefix(tiff, []byte("II")) {
		order = binary.LittleEndian
	}
	if len(tiff) < 8 {
		return 1
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == 0x0112 {
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// shrink gives the picture on white, its longer side at most this many pixels: each pixel is the mean of those that it
// stands for.
func shrink(m image.Image, side int) *image.RGBA {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	long := max(w, h, side)
	out := image.NewRGBA(image.Rect(0, 0, max(w*side/long, 1), max(h*side/long, 1)))
	outW, outH := out.Rect.Dx(), out.Rect.Dy()
	strip := image.NewRGBA(image.Rect(0, 0, w, h/outH+1))
	for y := range outH {
		from, to := y*h/outH, (y+1)*h/outH
		rows := image.Rect(0, 0, w, to-from)
		draw.Draw(strip, rows, image.White, image.Point{}, draw.Src)
		draw.Draw(strip, rows, m, image.Pt(b.Min.X, b.Min.Y+from), draw.Over)
		for x := range outW {
			out.SetRGBA(x, y, mean(strip, x*w/outW, (x+1)*w/outW, to-from))
		}
	}
	return out
}

func mean(m *image.RGBA, from, to, rows int) color.RGBA {
	var r, g, b, n int
	for y := range rows {
		for row := m.Pix[y*m.Stride+4*from : y*m.Stride+4*to]; len(row) > 0; row = row[4:] {
			r, g, b, n = r+int(row[0]), g+int(row[1]), b+int(row[2]), n+1
		}
	}
	return color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), 255}
}

// turn brings a picture upright that was kept in one of EXIF's orientations.
func turn(m *image.RGBA, orientation int) *image.RGBA {
	if orientation == 1 {
		return m
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			p := m.RGBAAt(x, y)
			right, bottom := w-1-x, h-1-y
			switch orientation {
			case 2:
				out.SetRGBA(right, y, p)
			case 3:
				out.SetRGBA(right, bottom, p)
			case 4:
				out.SetRGBA(x, bottom, p)
			case 5:
				out.SetRGBA(y, x, p)
			case 6:
				out.SetRGBA(bottom, x, p)
			case 7:
				out.SetRGBA(bottom, right, p)
			case 8:
				out.SetRGBA(y, right, p)
			}
		}
	}
	return out
}
