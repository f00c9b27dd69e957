// Package authoring reads a course that people write as a folder of text, and writes it again.
//
//	course.yaml                    title, strand, pass mark, modules and lessons
//	lessons/LESSON.vi.md, .en.md   the text of a lesson in Markdown
//	lessons/LESSON.form.vi.md, …   its form to print and fill in, or none
//	lessons/LESSON.vi.gift, …      its quiz in Moodle's GIFT format, or none
//	practice.vi.md, .en.md         the practice task in Markdown, where course.yaml has one
//	model.vi.md, .en.md            an answer to it that earns all points, for trainers, or none
//	guide.vi.md, .en.md            how to teach the course to a group, for trainers, or none
//	media/NAME.svg, .png, .jpg     pictures
//	media/NAME.mp3, .m4a           sounds
//	media/NAME.mp4, .webm          films
//	media/NAME.vi.vtt, .en.vtt     what is said in them
//
// Vietnamese is the original; English may be missing for a while. [Load] names every mistake with its file and line in
// one run. [Render] makes the HTML of a lesson. [Pack] and [Unpack] carry a course in one file.
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
	"unicode/utf8"

	"lopban/courses"
	"lopban/courses/authoring/gift"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
)

// Package is a course that was read, with its pictures.
type Package struct {
	Version courses.Version   // ID, Number and PublishedAt are for the publisher to fill in
	Media   map[string][]byte // by the names of the blobs in Version.Media: SHA-256 in hexadecimal and the extension
}

const (
	maxFiles  = 2000
	maxCourse = 64 << 20 // bytes of all files
)

// MaxPage is how many bytes a lesson with the pictures that are loaded with it may take, compressed. A page of 15 KB
// holds 3 KB more of its own.
const MaxPage = 12 << 10

// Load reads a course's folder. The package is whole if the mistakes hold no error ([Mistakes.Errors]); otherwise it is
// what could be read. The error is that of the file system.
func Load(fsys fs.FS) (Package, mistake.Mistakes, error) {
	var m mistake.Mistakes
	files := map[string][]byte{}
	total := 0
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !d.Type().IsRegular() {
			m.Add(name, 0, "file-not-regular")
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		total += int(min(info.Size(), maxCourse+1))
		switch {
		case len(files) == maxFiles:
			m.Add(name, 0, "too-many-files", strconv.Itoa(maxFiles))
			return fs.SkipAll
		case total > maxCourse:
			m.Add(name, 0, "course-too-large", markdown.KiB(maxCourse))
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
	m.Sort()
	return p, m, nil
}

// LoadFiles reads a course from its files by path, as [Load] does from a folder.
func LoadFiles(files map[string][]byte) (Package, mistake.Mistakes) {
	l := &loader{files: maps.Clone(files), used: map[string]bool{CourseFile: true}, lessons: map[string]bool{}}
	p := l.load()
	l.Sort()
	return p, l.Mistakes
}

type loader struct {
	mistake.Mistakes
	files   map[string][]byte
	used    map[string]bool // files that belong to the course, and pictures that a lesson shows
	lessons map[string]bool // ids
}

func (l *loader) load() Package {
	p := Package{Media: map[string][]byte{}}
	source, ok := l.text(CourseFile)
	if !ok && l.files[CourseFile] == nil {
		l.Add(CourseFile, 0, "file-missing")
	}
	var v courses.Version
	if ok {
		v, ok = ReadCourse([]byte(source), &l.Mistakes)
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
	if v.AddFinal(); v.Final > 0 {
		l.final(source, v)
	}
	if v.Practice != nil {
		vi, en := l.bodies(PracticeID)
		v.Practice.Body = courses.Text{Vi: vi.text, En: en.text}
		v.Practice.Model = l.extra(ModelID)
	}
	v.Guide = l.extra(GuideID)
	l.media(&v, p.Media)
	l.unknown()
	v.Hash = hash(v)
	p.Version = v
	for _, lesson := range p.weighed() {
		if size := max(lesson.Compressed.Vi, lesson.Compressed.En); size > MaxPage {
			lang := "vi"
			if lesson.Compressed.En > lesson.Compressed.Vi {
				lang = "en"
			}
			l.Add(LessonFile(lesson.ID, lang, "md"), 0, "lesson-heavy", markdown.KiB(size), markdown.KiB(MaxPage), p.heaviest(lesson.body, lang))
		}
		if size := max(lesson.OnDemand.Vi, lesson.OnDemand.En); size > markdown.MaxOnDemand {
			l.Add(LessonFile(lesson.ID, "vi", "md"), 0, "lesson-media-heavy", markdown.KiB(size), markdown.KiB(markdown.MaxOnDemand))
		}
	}
	return p
}

// final looks whether the quizzes have as many questions as the final test draws.
func (l *loader) final(source string, v courses.Version) {
	test, _ := v.Lesson(courses.FinalID)
	if n := len(test.Quiz.Questions); n < v.Final {
		line := 1 + strings.Count(source[:finalKey.FindStringIndex(source)[0]], "\n")
		l.Add(CourseFile, line, "final-few", strconv.Itoa(v.Final), strconv.Itoa(n))
	}
}

var finalKey = regexp.MustCompile(`(?m)^final\s*:|\z`)

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

// LessonFile is where a part of a lesson, or of another text of the course, is kept.
func LessonFile(id, lang, ext string) string { return fileOf(id) + "." + lang + "." + ext }

// text reads a text file: UTF-8, NFC, no control characters, lines that end with \n.
func (l *loader) text(file string) (string, bool) {
	data, ok := l.files[file]
	switch {
	case !ok:
		return "", false
	case len(data) > markdown.MaxText:
		l.Add(file, 0, "file-too-large", markdown.KiB(markdown.MaxText))
		return "", false
	case !utf8.Valid(data):
		l.Add(file, 1+strings.Count(string(data[:invalidUTF8(data)]), "\n"), "text-not-utf8")
		return "", false
	}
	s := markdown.Newlines(string(data))
	for i, line := range strings.Split(s, "\n") {
		markdown.CheckText(&l.Mistakes, file, i, line)
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

// lesson reads the text and the quiz of one lesson.
func (l *loader) lesson(lesson *courses.Lesson) {
	vi, en := l.bodies(lesson.ID)
	lesson.Body = courses.Text{Vi: vi.text, En: en.text}
	lesson.Form = l.form(lesson.ID)
	viQuiz, enQuiz := l.quizSource(lesson.ID, "vi"), l.quizSource(lesson.ID, "en")
	switch {
	case viQuiz.Data == nil && enQuiz.Data != nil:
		l.Add(viQuiz.File, 0, "language-missing")
	case viQuiz.Data != nil && enQuiz.Data == nil:
		l.Warn(viQuiz.File, 0, "untranslated", enQuiz.File)
	}
	quiz, mistakes := gift.ParseQuiz(viQuiz, enQuiz)
	l.Mistakes = append(l.Mistakes, mistakes...)
	lesson.Quiz.Questions = quiz.Questions
	l.draw(*lesson)
	if q := lesson.Quiz; len(q.Questions) == 0 && viQuiz.Data == nil && q.Attempts+q.PauseMinutes > 0 {
		l.Add(CourseFile, 0, "turns-no-quiz", lesson.ID)
	}
	l.quiz(quiz, viQuiz, vi.sections, "vi")
	l.quiz(quiz, enQuiz, en.sections, "en")
}

// bodies reads the text of a lesson or of the practice task in both languages.
func (l *loader) bodies(id string) (vi, en body) {
	vi, en = l.body(id, "vi"), l.body(id, "en")
	counts := []string{strconv.Itoa(en.sections), strconv.Itoa(vi.sections)}
	switch {
	case !vi.ok || !en.ok || vi.sections == en.sections:
	case en.sections < vi.sections: // the rest is yet to be translated
		l.Warn(LessonFile(id, "en", "md"), 0, "sections-differ", counts...)
	default:
		l.Add(LessonFile(id, "en", "md"), 0, "sections-differ", counts...)
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
			l.Add(CourseFile, 0, "draw-pool", args[:2]...)
		case there < d.Count:
			l.Add(CourseFile, 0, "draw-few", args...)
		case there == d.Count:
			l.Warn(CourseFile, 0, "draw-all", args[:3]...)
		}
	}
}

type body struct {
	text     string
	sections int // -1 where the text cannot be read
	ok       bool
}

func (l *loader) body(lesson, lang string) body {
	file := LessonFile(lesson, lang, "md")
	source, ok := l.text(file)
	l.used[file] = true
	if !ok {
		if l.files[file] == nil && lang == "vi" {
			l.Add(file, 0, "file-missing")
		} else if l.files[file] == nil {
			l.Warn(file, 0, "untranslated", "body")
		}
		return body{sections: -1}
	}
	b := body{text: strings.TrimRight(source, "\n \t") + "\n", ok: true}
	if strings.TrimSpace(source) == "" {
		if lang == "en" {
			l.Warn(file, 0, "untranslated", "body")
		} else {
			l.Add(file, 0, "body-empty")
		}
		return body{sections: -1}
	}
	c := markdown.BodyCheck{M: &l.Mistakes, File: file, Source: []byte(b.text), Lessons: l.linked(lesson)}
	b.sections = c.Check()
	if b.sections == 0 && l.lessons[lesson] {
		l.Warn(file, 0, "sections-none")
	}
	for _, picture := range c.Pictures {
		if _, ok := l.files["media/"+picture.Name]; !ok {
			l.Add(file, picture.Line, "md-image-missing", picture.Name)
		}
		l.used["media/"+picture.Name] = true
		l.captions(picture.Name)
	}
	return b
}

func (l *loader) quizSource(lesson, lang string) gift.Source {
	file := LessonFile(lesson, lang, "gift")
	l.used[file] = true
	s, ok := l.text(file)
	if !ok {
		return gift.Source{File: file}
	}
	return gift.Source{File: file, Data: []byte(s)}
}

// quiz checks the texts of a quiz in one language and the sections that it names.
func (l *loader) quiz(q courses.Quiz, source gift.Source, sections int, lang string) {
	if source.Data == nil {
		return
	}
	for _, one := range gift.Parse(source.File, source.Data, &mistake.Mistakes{}) {
		switch {
		case sections < 0 || one.Section <= sections:
		case lang == "en": // the Vietnamese text has it, or is told
			l.Warn(source.File, one.Line, "gift-section", strconv.Itoa(one.Section))
		default:
			l.Add(source.File, one.Line, "gift-section", strconv.Itoa(one.Section))
		}
		texts := []string{one.Prompt, one.Tail, one.Feedback, one.Other}
		for _, t := range texts {
			markdown.CheckInline(&l.Mistakes, source.File, one.Line, t, l.lessons)
		}
		for _, a := range one.Answers {
			if one.Kind != courses.ShortAnswer {
				markdown.CheckInline(&l.Mistakes, source.File, a.Line, a.Text, l.lessons)
			}
			markdown.CheckInline(&l.Mistakes, source.File, a.Line, a.Right, l.lessons)
			markdown.CheckInline(&l.Mistakes, source.File, a.Line, a.Feedback, l.lessons)
		}
	}
}

// captions checks that what is said in a sound or a film is there to read.
func (l *loader) captions(name string) {
	if m := markdown.MediumOf(name); m != markdown.SoundFile && m != markdown.FilmFile || l.files["media/"+name] == nil {
		return
	}
	for _, lang := range []string{"vi", "en"} {
		file := "media/" + markdown.CaptionsOf(name, lang)
		if l.files[file] == nil && lang == "vi" && !l.used[file] {
			l.Add("media/"+name, 0, "captions-missing", file)
		} else if l.files[file] == nil && !l.used[file] {
			l.Warn("media/"+name, 0, "untranslated", file)
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
		mistakes := markdown.CheckMedia(file, name, data)
		l.Mistakes = append(l.Mistakes, mistakes...)
		if !l.used[file] {
			l.Warn(file, 0, "media-unused")
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
		if !l.used[file] && file != ManifestFile { // of a package that was unpacked by hand
			l.Warn(file, 0, "file-unknown")
		}
	}
}
