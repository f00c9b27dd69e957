package authoring

import (
	"bytes"
	"cmp"
	"image/png"
	"path"
	"regexp"
	"strings"

	"github.com/asticode/go-astisub"
	"github.com/gabriel-vasile/mimetype"

	"lopban/courses"
	"lopban/courses/authoring/markdown"
	"lopban/courses/problem"
)

const (
	UploadSide    = 800 // pixels of the longer side of a photo: twice the width of a phone's screen
	uploadQuality = 65  // of JPEG, to 100
)

// endings of uploaded files, by what their content is found to be. A drawing and captions are kept as they are, a sound
// and a film too: they cannot be made anew here.
var endings = map[string]string{
	"image/svg+xml": ".svg", "image/png": ".png", "image/jpeg": ".jpg", "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/x-m4a": ".m4a", "video/mp4": ".mp4", "video/webm": ".webm", "text/vtt": ".vtt",
}

var srtTime = regexp.MustCompile(`^\s*(?:[0-9]+\s*\n)?\s*[0-9]{1,2}:[0-9]{2}:[0-9]{2}[,.][0-9]{1,3}\s+-->`)

// fromSRT writes captions in SubRip, as phones and film sites give them, as WebVTT; false for another file.
func fromSRT(data []byte) ([]byte, bool) {
	text := markdown.Newlines(string(data))
	if !srtTime.MatchString(text[:min(len(text), 200)]) {
		return nil, false
	}
	all, err := astisub.ReadFromSRT(strings.NewReader(text))
	if err != nil || len(all.Items) == 0 {
		return nil, false
	}
	var b bytes.Buffer
	if err := all.WriteToWebVTT(&b); err != nil {
		return nil, false
	}
	return b.Bytes(), true
}

// Adopt makes of a file that an author uploads one for the media folder: its name, of what it is called and its
// content, and its bytes. A photo is made anew, smaller and without what the camera wrote beside it (the place, the
// time); the type is that of the content and never of the name. A language may be given with captions, and with a
// picture or a sound that is of one language. What cannot be taken is a Problem that says what to do.
func Adopt(called, lang string, data []byte) (name string, kept []byte, err error) {
	kind, _, _ := strings.Cut(mimetype.Detect(data).String(), ";")
	if vtt, ok := fromSRT(data); ok {
		kind, data = "text/vtt", vtt
	}
	ending, ok := endings[kind]
	switch {
	case strings.HasPrefix(kind, "image/hei"):
		return "", nil, problem.Invalid("file", "photo-heic")
	case !ok:
		return "", nil, problem.Invalid("file", "media-kind")
	}
	switch ending {
	case ".jpg", ".png":
		small, err := courses.Shrink(data, UploadSide, uploadQuality)
		if err != nil {
			return "", nil, err
		}
		if plain, ok := rewritten(data, len(small)); ok && ending == ".png" {
			data = plain
		} else {
			ending, data = ".jpg", small
		}
	case ".vtt":
		if lang == "" {
			lang = "vi"
		}
	}
	if lang != "" {
		ending = "." + lang + ending
	}
	called = strings.TrimSuffix(called, path.Ext(called))
	called = strings.TrimSuffix(strings.TrimSuffix(called, ".vi"), ".en")
	return cmp.Or(markdown.Slug(called), "muc") + ending, data, nil
}

// rewritten is a PNG without anything but its picture, where that is no larger than most bytes and no wider or higher
// than a photo: drawings and scans of forms are sharper so.
func rewritten(data []byte, most int) ([]byte, bool) {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil || max(c.Width, c.Height) > UploadSide {
		return nil, false
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, false
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, m)
	return out.Bytes(), err == nil && out.Len() <= most
}
