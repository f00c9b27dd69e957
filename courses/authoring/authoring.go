// Package authoring reads a course that people write as a folder of text, and writes it again.
//
//	course.yaml                    title, strand, pass mark, modules and lessons
//	lessons/LESSON.vi.md, .en.md   the text of a lesson in Markdown
//	lessons/LESSON.vi.gift, …      its quiz in Moodle's GIFT format, or none
//	practice.vi.md, .en.md         the practice task in Markdown, where course.yaml has one
//	media/NAME.svg, .png, .jpg     pictures
//	media/NAME.mp3, .m4a           sounds
//	media/NAME.mp4, .webm          films
//	media/NAME.vi.vtt, .en.vtt     what is said in them
//
// Vietnamese is the original; English may be missing for a while. [Load] names every mistake with its file and line in one run. [Render] makes the
// HTML of a lesson. [Pack] and [Unpack] carry a course in one file.
package authoring

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"lopban/courses"
)

// Package is a course that was read, with its pictures.
type Package struct {
	Version courses.Version   // ID, Number and PublishedAt are for the publisher to fill in
	Media   map[string][]byte // by the names of the blobs in Version.Media: SHA-256 in hexadecimal and the extension
}

const (
	maxFiles  = 2000
	maxText   = 32 << 10 // bytes of one text file
	maxCourse = 64 << 20 // bytes of all files
)

// MaxPage is how many bytes a lesson with the pictures that are loaded with it may take, compressed. A page of 15 KB holds 3 KB more of its own.
const MaxPage = 12 << 10

// Load reads a course's folder. The package is whole if the mistakes hold no error ([Mistakes.Errors]); otherwise it is what could be read. The error
// is that of the file system.
func Load(fsys fs.FS) (Package, Mistakes, error) {
	var m Mistakes
	files := map[string][]byte{}
	total := 0
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !d.Type().IsRegular() {
			m.add(name, 0, "file-not-regular")
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		total += int(min(info.Size(), maxCourse+1))
		switch {
		case len(files) == maxFiles:
			m.add(name, 0, "too-many-files", strconv.Itoa(maxFiles))
			return fs.SkipAll
		case total > maxCourse:
			m.add(name, 0, "course-too-large", kib(maxCourse))
			return fs.SkipAll
		}
		files[name], err = fs.ReadFile(fsys, name)
		return err
	})
	if err != nil {
		return Package{}, m, err
	}
	p, more := LoadFiles(files)
	m = append(m, more...)
	m.sort()
	return p, m, nil
}

// LoadFiles reads a course from its files by path, as [Load] does from a folder.
func LoadFiles(files map[string][]byte) (Package, Mistakes) {
	l := &loader{files: files, used: map[string]bool{courseFile: true}, lessons: map[string]bool{}}
	p := l.load()
	l.sort()
	return p, l.Mistakes
}

type loader struct {
	Mistakes
	files   map[string][]byte
	used    map[string]bool // files that belong to the course, and pictures that a lesson shows
	lessons map[string]bool // ids
}

func (l *loader) load() Package {
	p := Package{Media: map[string][]byte{}}
	source, ok := l.text(courseFile)
	if !ok && l.files[courseFile] == nil {
		l.add(courseFile, 0, "file-missing")
	}
	var v courses.Version
	if ok {
		v, ok = readCourse([]byte(source), &l.Mistakes)
	}
	if !ok {
		v.Modules = l.guess() // so that the lessons are checked although the list of them cannot be read
	}
	for _, lesson := range v.Lessons() {
		l.lessons[lesson.ID] = true
	}
	for i := range v.Modules {
		for j := range v.Modules[i].Lessons {
			l.lesson(&v.Modules[i].Lessons[j])
		}
	}
	if v.Practice != nil {
		vi, en := l.bodies(practiceID)
		v.Practice.Body = courses.Text{Vi: vi.text, En: en.text}
	}
	l.media(&v, p.Media)
	l.unknown()
	v.Hash = hash(v)
	p.Version = v
	for _, lesson := range p.Report() {
		if size := max(lesson.Compressed.Vi, lesson.Compressed.En); size > MaxPage {
			lang := "vi"
			if lesson.Compressed.En > lesson.Compressed.Vi {
				lang = "en"
			}
			l.add(lessonFile(lesson.ID, lang, "md"), 0, "lesson-heavy", kib(size), kib(MaxPage), p.heaviest(lesson.ID, lang))
		}
		if size := max(lesson.OnDemand.Vi, lesson.OnDemand.En); size > maxOnDemand {
			l.add(lessonFile(lesson.ID, "vi", "md"), 0, "lesson-media-heavy", kib(size), kib(maxOnDemand))
		}
	}
	return p
}

var lessonName = regexp.MustCompile(`^lessons/([a-z0-9-]+)\.(?:vi|en)\.(?:md|gift)$`)

// guess makes a module of the lessons that have files.
func (l *loader) guess() []courses.Module {
	ids := map[string]bool{}
	for file := range l.files {
		if m := lessonName.FindStringSubmatch(file); m != nil {
			ids[m[1]] = true
		}
	}
	var m courses.Module
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		m.Lessons = append(m.Lessons, courses.Lesson{ID: id})
	}
	return []courses.Module{m}
}

// hash is over the content alone; the pictures are in it by the names of their blobs.
func hash(v courses.Version) string {
	v.ID, v.Number, v.Hash, v.PublishedAt, v.PublishedBy, v.Notes = "", 0, "", time.Time{}, "", courses.Text{}
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // no NaN or infinity passes the parsers
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// lessonFile is where a part of a lesson is kept. The practice task stands beside the lessons, as no lesson can have its id.
func lessonFile(id, lang, ext string) string {
	if id == practiceID {
		return id + "." + lang + "." + ext
	}
	return "lessons/" + id + "." + lang + "." + ext
}

// text reads a text file: UTF-8, NFC, no control characters, lines that end with \n.
func (l *loader) text(file string) (string, bool) {
	data, ok := l.files[file]
	switch {
	case !ok:
		return "", false
	case len(data) > maxText:
		l.add(file, 0, "file-too-large", kib(maxText))
		return "", false
	case !utf8.Valid(data):
		l.add(file, 1+strings.Count(string(data[:invalidUTF8(data)]), "\n"), "text-not-utf8")
		return "", false
	}
	s := newlines(string(data))
	for i, line := range strings.Split(s, "\n") {
		checkText(&l.Mistakes, file, i, line)
	}
	return s, true
}

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return 0
}

// checkText names letters in pieces and control characters of one line; before is the number of lines before it.
func checkText(m *Mistakes, file string, before int, line string) {
	if !norm.NFC.IsNormalString(line) {
		from := max(norm.NFC.QuickSpanString(line)-8, 0)
		m.add(file, before+1, "text-not-nfc", short(norm.NFC.String(strings.ToValidUTF8(line[from:], ""))))
	}
	for _, r := range line {
		if (unicode.IsControl(r) && r != '\t') || r == '\u2028' || r == '\u2029' || r == '\ufeff' || bidi(r) {
			m.add(file, before+1, "text-control", strconv.QuoteRuneToASCII(r))
			return
		}
	}
}

// bidi tells whether a character turns the direction of writing: neither language uses one, and they can hide what a text says.
func bidi(r rune) bool { return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' }

// lesson reads the text and the quiz of one lesson.
func (l *loader) lesson(lesson *courses.Lesson) {
	vi, en := l.bodies(lesson.ID)
	lesson.Body = courses.Text{Vi: vi.text, En: en.text}
	viQuiz, enQuiz := l.quizSource(lesson.ID, "vi"), l.quizSource(lesson.ID, "en")
	switch {
	case viQuiz.Data == nil && enQuiz.Data != nil:
		l.add(viQuiz.File, 0, "language-missing")
	case viQuiz.Data != nil && enQuiz.Data == nil:
		l.warn(viQuiz.File, 0, "untranslated", enQuiz.File)
	}
	quiz, mistakes := ParseQuiz(viQuiz, enQuiz)
	l.Mistakes = append(l.Mistakes, mistakes...)
	quiz.Draw = lesson.Quiz.Draw
	lesson.Quiz = quiz
	l.draw(*lesson)
	l.quiz(quiz, viQuiz, vi.sections, "vi")
	l.quiz(quiz, enQuiz, en.sections, "en")
}

// bodies reads the text of a lesson or of the practice task in both languages.
func (l *loader) bodies(id string) (vi, en body) {
	vi, en = l.body(id, "vi"), l.body(id, "en")
	if vi.ok && en.ok && vi.sections != en.sections {
		l.add(lessonFile(id, "en", "md"), 0, "sections-differ", strconv.Itoa(en.sections), strconv.Itoa(vi.sections))
	}
	return vi, en
}

// draw compares what is to be drawn with what there is.
func (l *loader) draw(lesson courses.Lesson) {
	for _, d := range lesson.Quiz.Draw {
		there := 0
		for _, q := range lesson.Quiz.Questions {
			if q.Kind.Scored() && (d.Pool == "" || q.Pool == d.Pool) {
				there++
			}
		}
		args := []string{lesson.ID, d.Pool, strconv.Itoa(d.Count), strconv.Itoa(there)}
		switch {
		case there == 0:
			l.add(courseFile, 0, "draw-pool", args[:2]...)
		case there < d.Count:
			l.add(courseFile, 0, "draw-few", args...)
		case there == d.Count:
			l.warn(courseFile, 0, "draw-all", args[:3]...)
		}
	}
}

type body struct {
	text     string
	sections int // -1 where the text cannot be read
	ok       bool
}

func (l *loader) body(lesson, lang string) body {
	file := lessonFile(lesson, lang, "md")
	source, ok := l.text(file)
	l.used[file] = true
	if !ok {
		if l.files[file] == nil && lang == "vi" {
			l.add(file, 0, "file-missing")
		} else if l.files[file] == nil {
			l.warn(file, 0, "untranslated", "body")
		}
		return body{sections: -1}
	}
	b := body{text: strings.TrimRight(source, "\n \t") + "\n", ok: true}
	if strings.TrimSpace(source) == "" {
		l.add(file, 0, "body-empty")
		return body{sections: -1}
	}
	c := bodyCheck{m: &l.Mistakes, file: file, source: []byte(b.text), lessons: l.lessons}
	b.sections = c.check()
	if b.sections == 0 && lesson != practiceID {
		l.warn(file, 0, "sections-none")
	}
	for _, picture := range c.pictures {
		if _, ok := l.files["media/"+picture.name]; !ok {
			l.add(file, picture.line, "md-image-missing", picture.name)
		}
		l.used["media/"+picture.name] = true
		l.captions(picture.name)
	}
	return b
}

func (l *loader) quizSource(lesson, lang string) Source {
	file := lessonFile(lesson, lang, "gift")
	l.used[file] = true
	s, ok := l.text(file)
	if !ok {
		return Source{File: file}
	}
	return Source{File: file, Data: []byte(s)}
}

// quiz checks the texts of a quiz in one language and the sections that it names.
func (l *loader) quiz(q courses.Quiz, source Source, sections int, lang string) {
	if source.Data == nil {
		return
	}
	for _, one := range parseGIFT(source.File, source.Data, &Mistakes{}) {
		if sections >= 0 && one.section > sections {
			l.add(source.File, one.line, "gift-section", strconv.Itoa(one.section))
		}
		texts := []string{one.prompt, one.tail, one.feedback, one.other}
		for _, t := range texts {
			checkInline(&l.Mistakes, source.File, one.line, t, l.lessons)
		}
		for _, a := range one.answers {
			if one.kind != courses.ShortAnswer {
				checkInline(&l.Mistakes, source.File, a.line, a.text, l.lessons)
			}
			checkInline(&l.Mistakes, source.File, a.line, a.right, l.lessons)
			checkInline(&l.Mistakes, source.File, a.line, a.feedback, l.lessons)
		}
	}
}

// captions checks that what is said in a sound or a film is there to read.
func (l *loader) captions(name string) {
	if m := mediumOf(name); m != sound && m != film || l.files["media/"+name] == nil {
		return
	}
	for _, lang := range []string{"vi", "en"} {
		file := "media/" + CaptionsOf(name, lang)
		if l.files[file] == nil && lang == "vi" && !l.used[file] {
			l.add("media/"+name, 0, "captions-missing", file)
		} else if l.files[file] == nil && !l.used[file] {
			l.warn("media/"+name, 0, "untranslated", file)
		}
		l.used[file] = true
	}
}

// media checks the pictures, sounds and films, names their blobs and keeps their bytes.
func (l *loader) media(v *courses.Version, blobs map[string][]byte) {
	for _, file := range slices.Sorted(maps.Keys(l.files)) {
		name, ok := strings.CutPrefix(file, "media/")
		if !ok {
			continue
		}
		data := l.files[file]
		mistakes := checkMedia(file, name, data)
		l.Mistakes = append(l.Mistakes, mistakes...)
		if !l.used[file] {
			l.warn(file, 0, "media-unused")
		}
		l.used[file] = true
		if mistakes.Errors() {
			continue
		}
		sum := sha256.Sum256(data)
		blob := hex.EncodeToString(sum[:]) + path.Ext(name)
		v.Media, blobs[blob] = append(v.Media, courses.Media{Name: name, Blob: blob}), data
	}
}

func (l *loader) unknown() {
	for file := range l.files {
		if !l.used[file] && file != manifestFile { // of a package that was unpacked by hand
			l.warn(file, 0, "file-unknown")
		}
	}
}
