package markdown

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"path"
	"regexp"
	"strconv"
	"strings"

	"lopban/courses/authoring/mistake"

	"github.com/asticode/go-astisub"
	"github.com/gabriel-vasile/mimetype"
)

// medium is what a file of the media folder is for.
type medium int

const (
	PictureFile  medium = iota
	SoundFile           // MP3, or AAC in an MP4 file
	FilmFile            // MP4 or WebM
	CaptionsFile        // WebVTT: what is said in a sound or a film, and when
)

// formats are the endings of media files, with the types that their content may be found to be. What an author uploads
// is judged by content, never by name.
var formats = map[string]struct {
	medium medium
	types  []string
	most   int // bytes
}{
	".svg":  {PictureFile, []string{"image/svg+xml"}, MaxSVG},
	".png":  {PictureFile, []string{"image/png"}, maxRaster},
	".jpg":  {PictureFile, []string{"image/jpeg"}, maxRaster},
	".jpeg": {PictureFile, []string{"image/jpeg"}, maxRaster},
	".mp3":  {SoundFile, []string{"audio/mpeg"}, 1500 << 10}, // 6 minutes of speech at 32 kbit/s
	".m4a":  {SoundFile, []string{"audio/mp4", "audio/x-m4a", "video/mp4"}, 1500 << 10},
	".mp4":  {FilmFile, []string{"video/mp4"}, 4 << 20}, // 2 minutes at 250 kbit/s
	".webm": {FilmFile, []string{"video/webm"}, 4 << 20},
	".vtt":  {CaptionsFile, []string{"text/vtt"}, MaxText},
}

const (
	maxRaster = 200 << 10
	MaxPixels = 4000 // of a picture, on either side

	// A raster picture above this is not loaded with its page: the reader is told its weight and opens it.
	MaxWithPage = 4 << 10
	MaxOnDemand = 8 << 20 // bytes of what the readers of one lesson may open
)

// MediaFile is what a file in the media folder may be called.
var MediaFile = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*(\.(vi|en))?\.(svg|png|jpg|jpeg|mp3|m4a|mp4|webm|vtt)$`)

// IsMedia says whether a file of the media folder may be called so.
func IsMedia(name string) bool { return len(name) <= MaxPath && MediaFile.MatchString(name) }

// MediumOf tells what a media file is by its name.
func MediumOf(name string) medium { return formats[path.Ext(name)].medium }

// Medium is a word for what a media file is by its name: picture, sound, film or captions.
func Medium(name string) string {
	return map[medium]string{PictureFile: "picture", SoundFile: "sound", FilmFile: "film", CaptionsFile: "captions"}[MediumOf(name)]
}

// WithPage tells whether a media file is loaded together with its page.
func WithPage(name string, bytes int) bool {
	return path.Ext(name) == ".svg" || MediumOf(name) == PictureFile && bytes <= MaxWithPage
}

// CaptionsOf is the name of the file with what is said in a sound or a film, in a language: bai-hat.vi.vtt for
// bai-hat.mp3 and for bai-hat.vi.mp3.
func CaptionsOf(name, lang string) string {
	name = strings.TrimSuffix(name, path.Ext(name))
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".vi"), ".en")
	return name + "." + lang + ".vtt"
}

// CheckMedia names what is wrong with a file of the media folder: its name, size and content. A drawing may hold no
// script, no handler and no reference to anything outside itself.
func CheckMedia(file, name string, data []byte) mistake.Mistakes {
	var m mistake.Mistakes
	if !MediaFile.MatchString(name) {
		m.Add(file, 0, "media-name")
		return m
	}
	f := formats[path.Ext(name)]
	if len(data) > f.most {
		m.Add(file, 0, "media-too-large", KiB(len(data)), KiB(f.most))
	}
	switch {
	case path.Ext(name) == ".svg":
		if !m.Errors() {
			checkSVG(&m, file, data)
		}
	case f.medium == CaptionsFile:
		if !m.Errors() {
			checkCaptions(&m, file, data)
		}
	case !mimetype.EqualsAny(mimetype.Detect(data).String(), f.types...):
		m.Add(file, 0, "media-not-as-named")
	case f.medium == PictureFile:
		if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err != nil {
			m.Add(file, 0, "media-not-as-named")
		} else if c.Width > MaxPixels || c.Height > MaxPixels {
			m.Add(file, 0, "media-too-many-pixels", strconv.Itoa(MaxPixels))
		}
	}
	return m
}

// checkCaptions names what is wrong with a WebVTT file.
func checkCaptions(m *mistake.Mistakes, file string, data []byte) {
	for i, line := range strings.Split(Newlines(string(data)), "\n") {
		CheckText(m, file, i, line)
	}
	lines, err := transcript(data)
	switch {
	case err != nil:
		m.Add(file, 0, "captions-broken", Short(err.Error()))
	case len(lines) == 0:
		m.Add(file, 0, "captions-empty")
	}
}

// transcript is what captions say, a line for each caption. The reader of WebVTT panics at some broken files; that is
// an error here.
func transcript(vtt []byte) (lines []string, err error) {
	defer func() {
		if r := recover(); r != nil {
			lines, err = nil, fmt.Errorf("%v", r)
		}
	}()
	all, err := astisub.ReadFromWebVTT(bytes.NewReader(vtt))
	if err != nil {
		return nil, err
	}
	for _, item := range all.Items {
		var line []string
		for _, l := range item.Lines {
			line = append(line, l.String())
		}
		if said := strings.Join(strings.Fields(html.UnescapeString(strings.Join(line, " "))), " "); said != "" {
			lines = append(lines, said)
		}
	}
	return lines, nil
}

// Transcript is what the captions of a sound or a film say, a line for each caption; none where the file cannot be
// read.
func Transcript(vtt []byte) []string {
	lines, err := transcript(vtt)
	if err != nil {
		return nil
	}
	return lines
}
