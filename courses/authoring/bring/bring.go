// Package bring makes a course of what other programs made: Word, SCORM, QTI, GIFT, Markdown, HTML.
package bring

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/bundle"
	"lopban/courses/authoring/gift"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
	"lopban/courses/letters"
)

// Form is a kind of file that courses can be brought in.
type Form string

const (
	FormPackage  Form = "package"  // what [Pack] writes
	FormWord     Form = "word"     // .docx
	FormQTI      Form = "qti"      // questions in IMS QTI 1.2, 2 or 3, one item or a package
	FormSCORM    Form = "scorm"    // a SCORM package, or another IMS content package of pages
	FormGIFT     Form = "gift"     // a quiz
	FormMoodle   Form = "moodle"   // questions in Moodle's XML
	FormAiken    Form = "aiken"    // questions of one right answer, in text
	FormMarkdown Form = "markdown" // a lesson
	FormHTML     Form = "html"     // a page, which becomes a lesson
)

// Brought is a course, or a piece of one, that was read from a file.
type Brought struct {
	Form Form
	// of a course's folder by path, for [LoadFiles]; what an author has yet to write (a summary, objectives) is missing
	// in it
	Files map[string][]byte
	// what the file had and the folder has not; File is the place inside the file, if it has places
	LeftOut mistake.Mistakes
	Named   string // the title that was made of the file's name, "" for none
}

// MaxBrought is the largest file that [Bring] reads, in bytes.
const MaxBrought = 16 << 20

// Bring reads a file of any of the forms; which it is, its content says. Its name gives the title of a file without
// one, and is held against a plain text alone. Headings of the first level part a Word document into lessons if part
// says so. A file that is none of these, is broken, or is made to do harm is refused with a store.Problem
// (store.ErrInvalid): names that lead elsewhere, links, bombs, document types and entities. Nothing is fetched.
func Bring(name string, data []byte, part bool) (Brought, error) {
	title := strings.Join(strings.Fields(norm.NFC.String(markdown.Clean(strings.TrimSuffix(path.Base(name), path.Ext(name))))), " ")
	switch {
	case len(data) == 0:
		return Brought{}, bundle.Refused("file.empty")
	case len(data) > MaxBrought:
		return Brought{}, bundle.Refused("file-too-large", markdown.KiB(MaxBrought))
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("PK\x05\x06")):
		return bringZip(title, data, part)
	}
	text, err := textOf(data)
	if err != nil {
		return Brought{}, err
	}
	return bringText(name, title, text)
}

// textOf is a text file in UTF-8. One in UTF-16 is read, since its mark says what it is; what is neither is refused
// where its words do not tell in which of the old codes it is.
func textOf(data []byte) ([]byte, error) {
	for _, e := range []unicode.Endianness{unicode.LittleEndian, unicode.BigEndian} {
		if bytes.HasPrefix(data, map[unicode.Endianness][]byte{unicode.LittleEndian: {0xff, 0xfe}, unicode.BigEndian: {0xfe, 0xff}}[e]) {
			text, err := unicode.UTF16(e, unicode.UseBOM).NewDecoder().Bytes(data)
			if err != nil || bytes.IndexByte(text, 0) >= 0 {
				return nil, bundle.Refused("bring-unknown")
			}
			return text, nil
		}
	}
	switch {
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return nil, bundle.Refused("bring-old-office")
	case bytes.HasPrefix(data, []byte("%PDF-")):
		return nil, bundle.Refused("bring-pdf")
	case bytes.HasPrefix(data, []byte(`{\rtf`)):
		return nil, bundle.Refused("bring-rtf")
	case utf8.Valid(data) && bytes.IndexByte(data, 0) < 0:
		return data, nil
	case declaresEncoding(data):
		return data, nil // XML in another encoding, which its reader knows
	case bytes.IndexFunc(data, func(r rune) bool { return r == 0x7f || r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' }) < 0:
		if text, ok := bundle.OldText(data); ok {
			return text, nil
		}
		return nil, bundle.Refused("bring-encoding")
	}
	return nil, bundle.Refused("bring-unknown")
}

var encodingDeclared = regexp.MustCompile(`^\s*<\?xml[^>]*encoding\s*=`)

func declaresEncoding(data []byte) bool { return encodingDeclared.Match(data[:min(len(data), 200)]) }

func bringZip(title string, data []byte, part bool) (Brought, error) {
	b, err := bundle.Open(data)
	if err != nil {
		return Brought{}, err
	}
	g := newGathering(title)
	b.Enter(imsManifest)
	switch {
	case b.Has(authoring.ManifestFile) && b.Has(authoring.CourseFile):
		files, m, err := authoring.UnpackFiles(bytes.NewReader(data), int64(len(data)))
		if err != nil || m.Errors() {
			return Brought{}, errors.Join(bundle.Refused("bring-broken", bundle.Said(m)), err)
		}
		return Brought{Form: FormPackage, Files: files}, nil
	case b.Has(imsManifest):
		form, err := readIMS(b, g)
		return g.brought(form, err)
	}
	if main := wordPart(b); main != "" {
		return g.brought(FormWord, readWord(b, g, main, part))
	}
	if some, err := looseItems(b, g); some || err != nil {
		return g.brought(FormQTI, err)
	}
	return Brought{}, bundle.Refused(b.Kind())
}

func bringText(name, title string, data []byte) (Brought, error) {
	g := newGathering(title)
	text := strings.TrimSpace(markdown.Newlines(string(data)))
	if strings.HasPrefix(text, "<") {
		return bringMarkup(name, text, data, g)
	}
	data = []byte(g.modernText(string(data)))
	text = strings.TrimSpace(markdown.Newlines(string(data)))
	switch {
	case gift.LooksLike([]byte(text)):
		g.gift(cmp.Or(path.Base(name), title), []byte(norm.NFC.String(string(data))))
		return g.brought(FormGIFT, nil)
	}
	if looksLikeAiken(text) {
		g.aiken(cmp.Or(path.Base(name), title), text)
		return g.brought(FormAiken, nil)
	}
	if ext := strings.ToLower(path.Ext(name)); slices.Contains(notText, ext) {
		return Brought{}, bundle.Refused("bring-name", ext)
	}
	g.markdown(text)
	return g.brought(FormMarkdown, nil)
}

// notText are ends of names that no text for a lesson has: such a file is broken, or was given another name.
var notText = []string{".docx", ".doc", ".pptx", ".xlsx", ".odt", ".pdf", ".zip", ".mbz", ".imscc", ".h5p", ".gift", ".xml"}

// bringMarkup reads a page, or questions in XML. XML of another kind is named and refused: as a page it would be a
// jumble of its texts.
func bringMarkup(name, text string, data []byte, g *gathering) (Brought, error) {
	file := path.Base(name)
	root := rootName(text)
	switch strings.ToLower(strings.TrimPrefix(root, "qti-")) {
	case "quiz", "questestinterop", "assessmentitem", "assessment-item":
	case "assessmenttest", "assessment-test", "manifest":
		return Brought{}, bundle.Refused("bring-xml-part", root)
	default:
		if root == "html" || root != "" && atom.Lookup([]byte(strings.ToLower(root))) != 0 || root == "" && !strings.HasPrefix(text, "<?xml") {
			return g.brought(FormHTML, g.page(decoded(data)))
		}
		return Brought{}, bundle.Refused("bring-xml-kind", root)
	}
	if utf8.Valid(data) { // else it declares another encoding
		data = []byte(g.modernText(string(data)))
	}
	form := FormQTI
	if root == "quiz" {
		form = FormMoodle
		if err := g.moodleXML(data, file); err != nil {
			return Brought{}, err
		}
	} else {
		doc, err := bundle.ReadXML(data, nil)
		if err != nil {
			return Brought{}, bundle.Refused("bring-xml", file)
		}
		if qtiRoot(doc) != nil {
			return g.brought(form, readQTIFile(doc, g))
		}
		g.oldFile(doc, file, "")
	}
	if len(g.v.Lessons()) == 0 && len(g.left) > 0 {
		return Brought{}, bundle.Refused("bring-question", bundle.Said(g.left))
	}
	return g.brought(form, nil)
}

// modernText writes the lines of a text that were typed for fonts of the time before Unicode in Unicode.
func (g *gathering) modernText(text string) string {
	lines, changed := letters.Modern(strings.Split(text, "\n"))
	if changed > 0 {
		g.left.Warn("", 0, "left-old-letters", strconv.Itoa(changed))
	}
	return strings.Join(lines, "\n")
}

var rootElement = regexp.MustCompile(`^(?:\s|<\?[^>]*\?>|<!--(?s:.*?)-->|<!(?i:doctype)\s+(?i:html)\b[^>\[]*>)*<(?:[A-Za-z0-9_.-]+:)?([A-Za-z][A-Za-z0-9_.-]*)`)

// rootName is the name of the first element, "" where a document type but that of a page, or nothing stands before it.
func rootName(text string) string {
	if m := rootElement.FindStringSubmatch(text[:min(len(text), 1<<16)]); m != nil {
		return m[1]
	}
	return ""
}

// gathering is a course on its way out of a file.
type gathering struct {
	title  string
	named  string // the title that the file's name makes
	v      courses.Version
	media  map[string][]byte // by file name
	names  map[string]string // of pictures by the hash of their bytes
	ids    map[string]int    // the last number behind each name that modules, lessons and questions have
	pixels int               // of the photos that were made anew
	left   mistake.Mistakes
}

func newGathering(title string) *gathering {
	return &gathering{title: title, named: title, media: map[string][]byte{}, names: map[string]string{}, ids: map[string]int{}}
}

func (g *gathering) module(title string) {
	title = line(title, g.title)
	g.v.Modules = append(g.v.Modules, courses.Module{ID: g.id("module", cmp.Or(markdown.Slug(title), "phan")), Title: courses.Text{Vi: title}})
}

// lesson adds a lesson to the module that was begun last. Whoever brings questions without a text gets the title as the
// text's only section.
func (g *gathering) lesson(title, body string, quiz courses.Quiz) {
	if len(g.v.Modules) == 0 {
		g.module(g.title)
	}
	title = line(title, g.title)
	if body == "" {
		body = "## " + markdown.EscapeText(title, false, 'x', 'x') + "\n"
	}
	body, more := splitBody(body)
	m := &g.v.Modules[len(g.v.Modules)-1]
	minutes := min(max((len(strings.Fields(body))+149)/150+len(quiz.Questions)/2, 1), 120) // 150 syllables a minute
	m.Lessons = append(m.Lessons, courses.Lesson{ID: g.id("lesson", cmp.Or(markdown.Slug(title), "bai")), Title: courses.Text{Vi: title}, Minutes: minutes, Body: courses.Text{Vi: body}, Quiz: quiz})
	if more != "" {
		g.lesson(continued(title), more, courses.Quiz{})
	}
}

var continuedForm = regexp.MustCompile(` \(([0-9]{1,4})\)$`)

// continued is the title of the lesson that goes on where another ends: "Kho sách", "Kho sách (2)", "Kho sách (3)".
func continued(title string) string {
	n := 1
	if m := continuedForm.FindStringSubmatch(title); m != nil {
		n, _ = strconv.Atoi(m[1])
		title = strings.TrimSuffix(title, m[0])
	}
	return title + " (" + strconv.Itoa(n+1) + ")"
}

// splitBody parts a text that a lesson cannot hold: before the last heading that leaves enough in the first part, else
// before the last block. A text of one block is left as it is.
func splitBody(body string) (first, rest string) {
	const most = markdown.MaxText - 1<<10
	if len(body) <= most {
		return body, ""
	}
	fenced := false
	heading, block, at := 0, 0, 0
	for line := range strings.Lines(body[:most]) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
		}
		if at > 0 && !fenced && strings.HasSuffix(body[:at], "\n\n") {
			block = at
			if strings.HasPrefix(line, "#") {
				heading = at
			}
		}
		at += len(line)
	}
	if heading > most/4 {
		block = heading
	}
	if block == 0 {
		return body, ""
	}
	return strings.TrimRight(body[:block], "\n") + "\n", body[block:]
}

// id makes a name that no other module or lesson has.
func (g *gathering) id(of, name string) string {
	id := name
	for g.ids[of+" "+id] > 0 {
		g.ids[of+" "+name]++
		id = name + "-" + strconv.Itoa(g.ids[of+" "+name])
	}
	g.ids[of+" "+id] = 1
	return id
}

// line is a title on one line, not too long, or another where it is empty.
func line(title, other string) string {
	title = strings.Join(strings.Fields(norm.NFC.String(markdown.Clean(title))), " ")
	if r := []rune(title); len(r) > 200 {
		title = strings.TrimSpace(string(r[:199])) + "…"
	}
	if title == "" {
		return cmp.Or(other, "1")
	}
	return title
}

func (g *gathering) page(data []byte) error {
	doc, err := markdown.ParseHTML(data)
	if err != nil {
		return err
	}
	left := &markdown.LeftOut{}
	bundle.Modern(doc, left)
	title := pageTitle(doc, "")
	body := (&markdown.Writer{Left: left, Shift: markdown.HeadingShift(doc)}).Markdown(doc)
	g.left = append(g.left, left.Mistakes("")...)
	if body == "" {
		return bundle.Refused("bring-empty")
	}
	g.lesson(title, body, courses.Quiz{})
	return nil
}

// pageTitle is the title of a page, and takes the one heading of the first level that says it out of the text. Where
// the page has a title given by others, only a heading that says the same is taken out.
func pageTitle(doc *html.Node, given string) string {
	var title string
	var first []*html.Node
	for n := range doc.Descendants() {
		switch {
		case n.Type != html.ElementNode || n.Namespace != "":
		case n.Data == "title" && title == "":
			title = markdown.TextOf(n)
		case n.Data == "h1" && markdown.TextOf(n) != "":
			first = append(first, n)
		}
	}
	given = line(given, " ")
	if len(first) == 1 && (given == " " || markdown.Slug(given) == markdown.Slug(markdown.PlainText(first[0]))) {
		title = markdown.PlainText(first[0])
		first[0].Parent.RemoveChild(first[0])
	}
	return title
}

// gift takes the questions of a GIFT file as Moodle reads it. What is not as it was in the file is named with its line.
func (g *gathering) gift(file string, text []byte) {
	items, rest := gift.Read(file, text)
	for _, m := range rest {
		g.left.Warn(m.File, m.Line, m.Code, m.Args...)
	}
	var quiz courses.Quiz
	for _, i := range items {
		bad := i.Mistakes.Errors()
		for _, m := range i.Mistakes {
			if !m.Warning || strings.HasPrefix(m.Code, "left-") || slices.Contains(unlikeMoodle, m.Code) {
				g.left.Warn(m.File, m.Line, m.Code, m.Args...)
			}
		}
		if !bad {
			_, bad = unwritable(i.Question)
		}
		if bad {
			g.left.Warn(file, i.Line, "left-block", markdown.Short(i.Start))
			continue
		}
		quiz.Questions = append(quiz.Questions, i.Question)
	}
	g.quizLessons(g.title, "", quiz)
}

// unlikeMoodle are warnings about a file that its trainer sees nowhere else, since the questions are written anew.
var unlikeMoodle = []string{"gift-brace", "gift-blank-line", "gift-category-blank", "gift-category-inside", "gift-category-empty", "gift-category-long", "gift-comment-alone", "gift-format", "gift-id", "gift-id-twice", "gift-marker-in-text", "gift-tag",
	"gift-title-open", "gift-weight-here", "gift-weight-moodle", "gift-answer-twice", "gift-other-last"}

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

// picture keeps a picture under a name made of where it was, and tells whether the folder takes it; one that came
// before has its name. Photos are made anew, as [Adopt] does.
func (g *gathering) picture(where string, data []byte) (string, bool) {
	hash := sha256.Sum256(data)
	key := hex.EncodeToString(hash[:])
	if name, ok := g.names[key]; ok {
		return name, name != ""
	}
	g.names[key] = ""
	ext := bundle.PictureExt(data)
	if ext == ".png" || ext == ".jpg" {
		c, _, err := image.DecodeConfig(bytes.NewReader(data))
		if err == nil && (c.Width > maxBroughtPixels/max(c.Height, 1) || c.Width*c.Height > maxAllPixels-g.pixels) {
			g.leavePicture(where, "media-too-many-pixels")
			return "", false
		}
		g.pixels += c.Width * c.Height
		name, kept, err := authoring.Adopt(where, "", data)
		if err != nil {
			g.leavePicture(where, "media-not-a-picture")
			return "", false
		}
		ext, data = path.Ext(name), kept
	}
	base := cmp.Or(markdown.Slug(strings.TrimSuffix(path.Base(where), path.Ext(where))), "hinh")
	name := base + ext
	for n := 2; g.media[name] != nil; n++ {
		name = base + "-" + strconv.Itoa(n) + ext
	}
	if m := markdown.CheckMedia(where, name, data); ext == "" || m.Errors() {
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
		g.left.Warn(where, 0, "left-picture-large", path.Base(where))
	} else {
		g.left.Warn(where, 0, "left-picture", path.Base(where))
	}
}

// brought writes the folder.
func (g *gathering) brought(form Form, err error) (Brought, error) {
	if err != nil {
		return Brought{}, err
	}
	switch {
	case len(g.v.Lessons()) > 0:
	case len(g.left) > 0:
		return Brought{}, bundle.Refused("bring-nothing", bundle.Said(g.left))
	default:
		return Brought{}, bundle.Refused("bring-empty")
	}
	for _, l := range g.v.Lessons() {
		if len(l.Body.Vi) > markdown.MaxText { // one block that is as long
			return Brought{}, bundle.Refused("file-too-large", markdown.KiB(markdown.MaxText))
		}
	}
	v := &g.v
	v.Course, v.Title.Vi = cmp.Or(markdown.Slug(g.title), "khoa"), line(g.title, v.Modules[0].Title.Vi)
	v.Shuffle, v.PassMark, v.Strand = true, 80, courses.LibraryService
	for i := len(v.Modules) - 1; i >= 0; i-- {
		if len(v.Modules[i].Lessons) == 0 {
			v.Modules = append(v.Modules[:i], v.Modules[i+1:]...)
		}
	}
	p := authoring.Package{Version: *v}
	files, err := p.Files()
	if err != nil {
		return Brought{}, err
	}
	for name, data := range g.media {
		files["media/"+name] = data
	}
	return Brought{form, files, g.left, line(g.named, "")}, nil
}
