package authoring

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/asticode/go-astisub"
	"github.com/gabriel-vasile/mimetype"
	"github.com/yuin/goldmark/text"

	"lopban/courses"
)

// medium is what a file of the media folder is for.
type medium int

const (
	picture  medium = iota
	sound           // MP3, or AAC in an MP4 file
	film            // MP4 or WebM
	captions        // WebVTT: what is said in a sound or a film, and when
)

// formats are the endings of media files, with the types that their content may be found to be. What an author uploads is judged by content, never by name.
var formats = map[string]struct {
	medium medium
	types  []string
	most   int // bytes
}{
	".svg":  {picture, []string{"image/svg+xml"}, maxSVG},
	".png":  {picture, []string{"image/png"}, maxRaster},
	".jpg":  {picture, []string{"image/jpeg"}, maxRaster},
	".jpeg": {picture, []string{"image/jpeg"}, maxRaster},
	".mp3":  {sound, []string{"audio/mpeg"}, 1500 << 10}, // 6 minutes of speech at 32 kbit/s
	".m4a":  {sound, []string{"audio/mp4", "audio/x-m4a", "video/mp4"}, 1500 << 10},
	".mp4":  {film, []string{"video/mp4"}, 4 << 20}, // 2 minutes at 250 kbit/s
	".webm": {film, []string{"video/webm"}, 4 << 20},
	".vtt":  {captions, []string{"text/vtt"}, maxText},
}

const (
	maxRaster = 200 << 10
	maxPixels = 4000 // of a picture, on either side

	// A raster picture above this is not loaded with its page: the reader is told its weight and opens it.
	maxWithPage = 4 << 10
	maxOnDemand = 8 << 20 // bytes of what the readers of one lesson may open
)

// mediaFile is what a file in the media folder may be called.
var mediaFile = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*(\.(vi|en))?\.(svg|png|jpg|jpeg|mp3|m4a|mp4|webm|vtt)$`)

// IsMedia says whether a file of the media folder may be called so.
func IsMedia(name string) bool { return len(name) <= maxPath && mediaFile.MatchString(name) }

// mediumOf tells what a media file is by its name.
func mediumOf(name string) medium { return formats[path.Ext(name)].medium }

// Medium is a word for what a media file is by its name: picture, sound, film or captions.
func Medium(name string) string {
	return map[medium]string{picture: "picture", sound: "sound", film: "film", captions: "captions"}[mediumOf(name)]
}

// Shown lists which media files the lessons of a package show: by name, the ids of the lessons, and "practice" for the practice task.
func (p Package) Shown() map[string][]string {
	all := map[string][]string{}
	find := func(id string, body courses.Text) {
		for _, source := range []string{body.Vi, body.En} {
			doc := lessonParser.Parse(text.NewReader([]byte(source)))
			for _, name := range pictures(doc) {
				if !slices.Contains(all[name], id) {
					all[name] = append(all[name], id)
				}
			}
		}
	}
	for _, l := range p.Version.Lessons() {
		find(l.ID, l.Body)
	}
	if p.Version.Practice != nil {
		find(practiceID, p.Version.Practice.Body)
	}
	return all
}

// withPage tells whether a media file is loaded together with its page.
func withPage(name string, bytes int) bool {
	return path.Ext(name) == ".svg" || mediumOf(name) == picture && bytes <= maxWithPage
}

// CaptionsOf is the name of the file with what is said in a sound or a film, in a language: bai-hat.vi.vtt for bai-hat.mp3 and for bai-hat.vi.mp3.
func CaptionsOf(name, lang string) string {
	name = strings.TrimSuffix(name, path.Ext(name))
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".vi"), ".en")
	return name + "." + lang + ".vtt"
}

// checkMedia names what is wrong with a file of the media folder: its name, size and content. A drawing may hold no script, no handler and no
// reference to anything outside itself.
func checkMedia(file, name string, data []byte) Mistakes {
	var m Mistakes
	if !mediaFile.MatchString(name) {
		m.add(file, 0, "media-name")
		return m
	}
	f := formats[path.Ext(name)]
	if len(data) > f.most {
		m.add(file, 0, "media-too-large", kib(len(data)), kib(f.most))
	}
	switch {
	case path.Ext(name) == ".svg":
		if !m.Errors() {
			checkSVG(&m, file, data)
		}
	case f.medium == captions:
		if !m.Errors() {
			checkCaptions(&m, file, data)
		}
	case !mimetype.EqualsAny(mimetype.Detect(data).String(), f.types...):
		m.add(file, 0, "media-not-as-named")
	case f.medium == picture:
		if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err != nil {
			m.add(file, 0, "media-not-as-named")
		} else if c.Width > maxPixels || c.Height > maxPixels {
			m.add(file, 0, "media-too-many-pixels", strconv.Itoa(maxPixels))
		}
	}
	return m
}

// checkCaptions names what is wrong with a WebVTT file.
func checkCaptions(m *Mistakes, file string, data []byte) {
	for i, line := range strings.Split(newlines(string(data)), "\n") {
		checkText(m, file, i, line)
	}
	lines, err := transcript(data)
	switch {
	case err != nil:
		m.add(file, 0, "captions-broken", short(err.Error()))
	case len(lines) == 0:
		m.add(file, 0, "captions-empty")
	}
}

// transcript is what captions say, a line for each caption. The reader of WebVTT panics at some broken files; that is an error here.
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

// Transcript is what the captions of a sound or a film say, a line for each caption; none where the file cannot be read.
func Transcript(vtt []byte) []string {
	lines, err := transcript(vtt)
	if err != nil {
		return nil
	}
	return lines
}

func kib(n int) string { return strconv.Itoa((n+1023)>>10) + " KiB" }
