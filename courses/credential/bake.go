package credential

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// errPicture says that a picture is not one that a badge can be put into.
var errPicture = errors.New("this is neither a PNG nor an SVG without a badge")

// The head of a PNG: its signature, and the chunk IHDR of 13 bytes.
const pngHead = 8 + 4 + 4 + 13 + 4

// BakePNG puts a badge into a PNG, where programs that know of badges find it (Open Badges 3.0, section 5.3.1): as a
// chunk iTXt, not compressed, behind the first.
func BakePNG(picture []byte, jwt string) ([]byte, error) {
	if len(picture) < pngHead || !bytes.HasPrefix(picture, []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")) || bytes.Contains(picture, []byte("openbadgecredential\x00")) {
		return nil, errPicture
	}
	// keyword, not compressed, by no method, in no language, without a translated keyword
	body := append([]byte("iTXtopenbadgecredential\x00\x00\x00\x00\x00"), jwt...)
	baked := append([]byte{}, picture[:pngHead]...)
	baked = binary.BigEndian.AppendUint32(baked, uint32(len(body)-4)) // the type is not counted
	baked = append(baked, body...)
	baked = binary.BigEndian.AppendUint32(baked, crc32.ChecksumIEEE(body))
	return append(baked, picture[pngHead:]...), nil
}

// BakeSVG puts a badge into an SVG, as an element directly behind the first tag (section 5.3.2). A JWT needs no
// escaping.
func BakeSVG(picture []byte, jwt string) ([]byte, error) {
	at := bytes.IndexByte(picture, '>')
	if !bytes.HasPrefix(picture, []byte("<svg ")) || at < 0 || picture[at-1] == '/' || bytes.Contains(picture, []byte("openbadges:")) {
		return nil, errPicture
	}
	baked := append([]byte{}, picture[:at]...)
	baked = append(baked, ` xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"><openbadges:credential verify="`...)
	baked = append(baked, jwt...)
	baked = append(baked, `"></openbadges:credential>`...)
	return append(baked, picture[at+1:]...), nil
}
