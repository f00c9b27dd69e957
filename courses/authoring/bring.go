package authoring

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"

	"lopban/courses"
	"lopban/courses/store"
)

// Form is a kind of file that courses can be brought in.
type Form string

const (
	FormPackage  Form = "package"  // what [Pack] writes
	FormWord     Form = "word"     // .docx
	FormQTI      Form = "qti"      // questions in IMS QTI 2 or 3, one item or a package
	FormSCORM    Form = "scorm"    // a SCORM package, or another IMS content package of pages
	FormGIFT     Form = "gift"     // a quiz
	FormMarkdown Form = "markdown" // a lesson
	FormHTML     Form = "html"     // a page, which becomes a lesson
)

// Brought is a course, or a piece of one, that was read from a file.
type Brought struct {
	Form    Form
	Files   map[string][]byte // of a course's folder by path, for [LoadFiles]; what an author has yet to write (a summary, objectives) is missing in it
	LeftOut Mistakes          // what the file had and the folder has not; File is the place inside the file, if it has places
}

// MaxBrought is the largest file that [Bring] reads, in bytes.
const MaxBrought = 16 << 20

// Bring reads a file of any of the forms; which it is, its content says. Of its name only the title of a file without one is made. Headings of the first level part a Word document into lessons if
// part says so. A file that is none of these, is broken, or is made to do harm is refused with a store.Problem (store.ErrInvalid): names that lead elsewhere, links, bombs, document types
// and entities. Nothing is fetched.
func Bring(name string, data []byte, part bool) (Brought, error) {
	title := strings.Join(strings.Fields(norm.NFC.String(clean(strings.TrimSuffix(path.Base(name), path.Ext(name))))), " ")
	switch {
	case len(data) == 0:
		return Brought{}, refused("file.empty")
	case len(data) > MaxBrought:
		return Brought{}, refused("file-too-large", kib(MaxBrought))
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return bringZip(title, data, part)
	case !utf8.Valid(data):
		return Brought{}, refused("bring-unknown")
	}
	return bringText(title, data)
}

func refused(code string, args ...any) error { return store.Invalid("file", code, args...) }

func bringZip(title string, data []byte, part bool) (Brought, error) {
	b, err := openBundle(data)
	if err != nil {
		return Brought{}, err
	}
	g := newGathering(title)
	switch {
	case b.has(manifestFile) && b.has(courseFile):
		files, m, err := unpackFiles(bytes.NewReader(data), int64(len(data)))
		if err != nil || m.Errors() {
			return Brought{}, errors.Join(refused("bring-broken", said(m)), err)
		}
		return Brought{FormPackage, files, nil}, nil
	case b.has(wordFile):
		err = readWord(b, g, part)
		return g.brought(FormWord, err)
	case b.has(imsManifest):
		form, err := readIMS(b, g)
		return g.brought(form, err)
	}
	return Brought{}, refused("bring-unknown")
}

// said is the first mistake as a sentence.
func said(m Mistakes) any {
	if len(m) == 0 {
		return ""
	}
	return m[0]
}

func bringText(title string, data []byte) (Brought, error) {
	g := newGathering(title)
	text := strings.TrimSpace(newlines(string(data)))
	switch {
	case strings.HasPrefix(text, "<"):
		if doc, err := readXML(data, nil); err == nil && qtiRoot(doc) != nil {
			return g.brought(FormQTI, readQTIFile(doc, g))
		}
		return g.brought(FormHTML, g.page(data))
	case len(data) > maxText:
		return Brought{}, refused("file-too-large", kib(maxText))
	case isGIFT(text):
		g.gift(text)
		return g.brought(FormGIFT, nil)
	}
	g.markdown(text)
	return g.brought(FormMarkdown, nil)
}

// isGIFT tells a quiz from a lesson: some of its blocks are questions with answers.
func isGIFT(text string) bool {
	var m Mistakes
	for _, q := range parseGIFT("", []byte(text), &m) {
		if q.kind != "" && q.kind != courses.Description {
			return true
		}
	}
	return false
}

// gathering is a course on its way out of a file.
type gathering struct {
	title   string
	v       courses.Version
	media   map[string][]byte // by file name
	names   map[string]string // of pictures by the hash of their bytes
	ids     map[string]bool
	quizzes map[string][]byte // GIFT as it came, by lesson
	pixels  int               // of the photos that were made anew
	left    Mistakes
}

func newGathering(title string) *gathering {
	return &gathering{title: title, media: map[string][]byte{}, names: map[string]string{}, ids: map[string]bool{}, quizzes: map[string][]byte{}}
}

func (g *gathering) module(title string) {
	title = line(title, g.title)
	g.v.Modules = append(g.v.Modules, courses.Module{ID: g.id("module", orElse(slug(title), "phan")), Title: courses.Text{Vi: title}})
}

// lesson adds a lesson to the module that was begun last. Whoever brings questions without a text gets the title as the text's only section.
func (g *gathering) lesson(title, body string, quiz courses.Quiz) *courses.Lesson {
	if len(g.v.Modules) == 0 {
		g.module(g.title)
	}
	title = line(title, g.title)
	if body == "" {
		body = "## " + escapeText(title, false, 'x', 'x') + "\n"
	}
	m := &g.v.Modules[len(g.v.Modules)-1]
	minutes := min(max((len(strings.Fields(body))+149)/150+len(quiz.Questions)/2, 1), 120) // 150 syllables a minute
	m.Lessons = append(m.Lessons, courses.Lesson{ID: g.id("lesson", orElse(slug(title), "bai")), Title: courses.Text{Vi: title}, Minutes: minutes, Body: courses.Text{Vi: body}, Quiz: quiz})
	return &m.Lessons[len(m.Lessons)-1]
}

// id makes a name that no other module or lesson has.
func (g *gathering) id(of, name string) string {
	id := name
	for n := 2; g.ids[of+" "+id]; n++ {
		id = name + "-" + strconv.Itoa(n)
	}
	g.ids[of+" "+id] = true
	return id
}

// line is a title on one line, not too long, or another where it is empty.
func line(title, other string) string {
	title = strings.Join(strings.Fields(norm.NFC.String(clean(title))), " ")
	if r := []rune(title); len(r) > 200 {
		title = strings.TrimSpace(string(r[:199])) + "…"
	}
	if title == "" {
		return orElse(other, "1")
	}
	return title
}

func (g *gathering) page(data []byte) error {
	doc, err := parseHTML(data)
	if err != nil {
		return err
	}
	left := &leftOut{}
	title := pageTitle(doc)
	body := (&mdWriter{left: left, shift: headingShift(doc)}).markdown(doc)
	g.left = append(g.left, left.mistakes("")...)
	if body == "" {
		return refused("bring-empty")
	}
	g.lesson(title, body, courses.Quiz{})
	return nil
}

// pageTitle is the title of a page, and takes the one heading of the first level that says it out of the text.
func pageTitle(doc *html.Node) string {
	var title string
	var first []*html.Node
	for n := range doc.Descendants() {
		switch {
		case n.Type != html.ElementNode || n.Namespace != "":
		case n.Data == "title" && title == "":
			title = textOf(n)
		case n.Data == "h1" && textOf(n) != "":
			first = append(first, n)
		}
	}
	if len(first) == 1 {
		title = plainText(first[0])
		first[0].Parent.RemoveChild(first[0])
	}
	return title
}

func (g *gathering) gift(text string) {
	l := g.lesson(g.title, "", courses.Quiz{})
	g.quizzes[l.ID] = []byte(norm.NFC.String(text) + "\n")
	var m Mistakes
	parseGIFT(lessonFile(l.ID, "vi", "gift"), g.quizzes[l.ID], &m)
	for _, one := range m {
		if strings.HasPrefix(one.Code, "left-") {
			g.left = append(g.left, one)
		}
	}
}

// markdown takes a lesson as it is; its only heading of the first level becomes the title.
func (g *gathering) markdown(text string) {
	lines := strings.Split(norm.NFC.String(text), "\n")
	title := ""
	for i, l := range lines {
		if rest, ok := strings.CutPrefix(l, "# "); ok && title == "" {
			title = rest
			lines = append(lines[:i], lines[i+1:]...)
			break
		}
	}
	g.lesson(title, strings.TrimSpace(strings.Join(lines, "\n"))+"\n", courses.Quiz{})
}

// Photos that are made anew: what Word keeps of a photo has three million pixels.
const (
	maxBroughtPixels = 6 << 20  // of one
	maxAllPixels     = 24 << 20 // of all in one file
)

// picture keeps a picture under a name made of where it was, and tells whether the folder takes it; one that came before has its name. Photos are made anew, as [Adopt] does.
func (g *gathering) picture(where string, data []byte) (string, bool) {
	hash := sha256.Sum256(data)
	key := hex.EncodeToString(hash[:])
	if name, ok := g.names[key]; ok {
		return name, name != ""
	}
	g.names[key] = ""
	ext := pictureExt(data)
	if ext == ".png" || ext == ".jpg" {
		c, _, err := image.DecodeConfig(bytes.NewReader(data))
		if err == nil && (c.Width > maxBroughtPixels/max(c.Height, 1) || c.Width*c.Height > maxAllPixels-g.pixels) {
			g.leavePicture(where, "media-too-many-pixels")
			return "", false
		}
		g.pixels += c.Width * c.Height
		name, kept, err := Adopt(where, "", data)
		if err != nil {
			g.leavePicture(where, "media-not-a-picture")
			return "", false
		}
		ext, data = path.Ext(name), kept
	}
	base := orElse(slug(strings.TrimSuffix(path.Base(where), path.Ext(where))), "hinh")
	name := base + ext
	for n := 2; g.media[name] != nil; n++ {
		name = base + "-" + strconv.Itoa(n) + ext
	}
	if m := checkMedia(where, name, data); ext == "" || m.Errors() {
		why := "media-not-a-picture"
		if ext != "" {
			why = m[0].Code
		}
		g.leavePicture(where, why)
		return "", false
	}
	g.media[name], g.names[key] = data, name
	return name, true
}

func (g *gathering) leavePicture(where, why string) {
	if why == "media-too-large" || why == "media-too-many-pixels" {
		g.left.warn(where, 0, "left-picture-large", path.Base(where))
	} else {
		g.left.warn(where, 0, "left-picture", path.Base(where))
	}
}

// pictureExt is the ending for a picture by its first bytes, "" for what is none of ours.
func pictureExt(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n")):
		return ".png"
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return ".jpg"
	}
	if _, err := svgRoot(data); err == nil {
		return ".svg"
	}
	return ""
}

// brought writes the folder.
func (g *gathering) brought(form Form, err error) (Brought, error) {
	if err != nil {
		return Brought{}, err
	}
	if len(g.v.Lessons()) == 0 {
		return Brought{}, refused("bring-empty")
	}
	v := &g.v
	v.Course, v.Title.Vi = orElse(slug(g.title), "khoa"), line(g.title, v.Modules[0].Title.Vi)
	v.Periods, v.PassMark, v.Strand = 1, 80, courses.LibraryService
	for i := len(v.Modules) - 1; i >= 0; i-- {
		if len(v.Modules[i].Lessons) == 0 {
			v.Modules = append(v.Modules[:i], v.Modules[i+1:]...)
		}
	}
	p := Package{Version: *v}
	files, err := p.Files()
	if err != nil {
		return Brought{}, err
	}
	for name, data := range g.media {
		files["media/"+name] = data
	}
	for lesson, data := range g.quizzes {
		files[lessonFile(lesson, "vi", "gift")] = data
	}
	return Brought{form, files, g.left}, nil
}

// bundle is a zip whose files are read one by one, as they are needed.
type bundle struct {
	files map[string]*zip.File
	left  int64 // bytes that may still be unpacked
}

// maxUnpacked is how much of a bundle is unpacked in all, in bytes.
const maxUnpacked = 24 << 20

func openBundle(data []byte) (*bundle, error) {
	z, m, err := zipOf(bytes.NewReader(data), int64(len(data)))
	if err != nil || m.Errors() {
		return nil, errors.Join(refused("bring-broken", said(m)), err)
	}
	b := &bundle{files: map[string]*zip.File{}, left: min(unpackable(int64(len(data))), maxUnpacked)}
	seen, u := map[string]bool{}, unpacker{}
	for _, e := range z.File {
		if strings.HasSuffix(e.Name, "/") && e.UncompressedSize64 == 0 {
			continue
		}
		key := strings.ToLower(e.Name)
		if !u.sound(e, seen[key]) {
			return nil, refused("bring-broken", said(u.Mistakes))
		}
		seen[key], b.files[e.Name] = true, e
	}
	return b, nil
}

func (b *bundle) has(name string) bool { return b.files[name] != nil }

// read unpacks a file of no more than most bytes. It is nil where there is none or it is larger; a bomb or a broken file is an error.
func (b *bundle) read(name string, most int64) ([]byte, error) {
	e := b.files[name]
	if e == nil || e.UncompressedSize64 > uint64(most) {
		return nil, nil
	}
	r, err := e.Open()
	if err != nil {
		return nil, refused("bring-broken", name)
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, min(most, b.left)+1))
	b.left -= int64(len(data))
	switch {
	case b.left < 0:
		return nil, refused("bring-bomb")
	case err != nil:
		return nil, refused("bring-broken", name)
	case int64(len(data)) > most:
		return nil, nil
	}
	return data, nil
}

// xml reads a file of a bundle as a tree, nil where there is none.
func (b *bundle) xml(name string, drop map[string]bool) (*html.Node, error) {
	if !b.has(name) {
		return nil, nil
	}
	data, err := b.read(name, maxXML)
	if err != nil {
		return nil, err
	}
	doc, err := readXML(data, drop)
	if err != nil || data == nil {
		return nil, refused("bring-xml", name)
	}
	return doc, nil
}
