package learn

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"html/template"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/words"
	"lopban/server/page"
)

// pack is a course as a phone takes it along: its pages, which hold nothing of anybody and no keys, and what they show.
type pack struct {
	Course   string               `json:"course"`
	Version  string               `json:"version"`
	Lang     string               `json:"lang"`
	Title    string               `json:"title"`
	Pages    map[string]takenPage `json:"pages"` // by path
	Lessons  []packLesson         `json:"lessons"`
	Pictures []packFile           `json:"pictures"`
	Media    []packFile           `json:"media"` // sounds, films and what is said in them
}

type takenPage struct {
	Title string `json:"title"`
	HTML  string `json:"html"`
}

type packLesson struct {
	ID    string `json:"id"`
	Quiz  bool   `json:"quiz"`
	Draws bool   `json:"draws"` // each attempt asks other questions: the phone asks which
}

type packFile struct {
	URL   string `json:"url"`
	Bytes int    `json:"bytes"`
}

// courseFile is a pack as it is sent, and what it weighs.
type courseFile struct {
	json  []byte
	wire  int // bytes on the way, pictures too
	media int // bytes of sounds and films
}

// KB is what a course weighs on the way.
func (f courseFile) KB() int { return (f.wire + 1023) / 1024 }

// MediaKB is what its sounds and films weigh, 0 where it has none.
func (f courseFile) MediaKB() int { return (f.media + 1023) / 1024 }

// mostPacks is how many courses are kept ready to be taken along.
const mostPacks = 64

// packOf makes a version ready to be taken along, once for each language.
func (s *Pages) packOf(ctx context.Context, v *courses.Version, w words.Words) (courseFile, error) {
	var sizes map[string]int
	return s.packs.Get(v.ID+"/"+w.Lang, func() (err error) {
		sizes, err = s.mediaSizes(ctx, v)
		return err
	}, func() (courseFile, error) { return s.makePack(v, w, sizes) })
}

// mediaSizes is how many bytes each file of a version has.
func (s *Pages) mediaSizes(ctx context.Context, v *courses.Version) (map[string]int, error) {
	sizes := map[string]int{}
	for _, m := range v.Media {
		data, err := s.Store.Blob(ctx, m.Blob)
		if err != nil {
			return nil, err
		}
		sizes[m.Blob] = len(data)
	}
	return sizes, nil
}

func (s *Pages) makePack(v *courses.Version, w words.Words, sizes map[string]int) (courseFile, error) {
	p := pack{Course: v.Course, Version: v.ID, Lang: w.Lang, Title: w.In(v.Title), Pictures: []packFile{}, Media: []packFile{}}
	var f courseFile
	var err error
	if p.Pages, err = s.packPages(v, w); err != nil {
		return f, err
	}
	for _, l := range v.Lessons() {
		p.Lessons = append(p.Lessons, packLesson{l.ID, len(l.Quiz.Questions) > 0, len(l.Quiz.Draw) > 0})
	}
	for _, m := range v.Media {
		file := packFile{"/media/" + m.Blob, sizes[m.Blob]}
		switch path.Ext(m.Blob) {
		case ".svg", ".png", ".jpg", ".jpeg":
			p.Pictures = append(p.Pictures, file)
			f.wire += file.Bytes
		default:
			p.Media = append(p.Media, file)
			f.media += file.Bytes
		}
	}
	if f.json, err = json.Marshal(p); err != nil {
		return f, err
	}
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	zip.Write(f.json)
	zip.Close()
	f.wire += b.Len()
	return f, nil
}

// packing renders the pages of a version as nobody's: a form in them gets its owner on the phone.
type packing struct {
	*Pages
	words.Words
	st    school.Study
	pages map[string]takenPage
	err   error // of the first page that could not be rendered
}

func (s *Pages) packPages(v *courses.Version, w words.Words) (map[string]takenPage, error) {
	p := packing{s, w, school.Study{Version: v, Progress: courses.Trace(v, nil, nil)}, map[string]takenPage{}, nil}
	p.add("", "course", w.In(v.Title), func(f page.Frame) any {
		return coursePage{Frame: f, Card: page.Card{Study: p.st}, Modules: moduleViews(p.st), Step: p.st.Next(school.Reading{}), Task: taskTodo(v)}
	})
	for i, l := range v.Lessons() {
		p.lesson(i, l)
	}
	if t := v.Practice; t != nil {
		p.add("/practice", "practice", w.In(t.Title), func(f page.Frame) any {
			body := p.html(courses.Lesson{ID: "practice", Body: t.Body})
			return practicePage{Frame: f, Study: p.st, Body: body, State: courses.TaskTodo, Photos: courses.MaxPhotos}
		})
	}
	return p.pages, p.err
}

// add renders the page of this name at a path within the course.
func (p *packing) add(path, name, title string, made func(page.Frame) any) {
	path = "/courses/" + p.st.Version.Course + path
	f := page.Frame{Words: p.Words, Title: title, Path: path, Account: &roster.Account{}, Made: p.Now()}
	sent, err := p.Render(name, made(f))
	p.pages[path] = takenPage{title, mainOf(sent)}
	if p.err == nil {
		p.err = err
	}
}

// lesson adds what belongs to a lesson: its text, its form and its quiz.
func (p *packing) lesson(i int, l courses.Lesson) {
	v, title := p.st.Version, p.In(l.Title)
	p.add("/"+l.ID, "lesson", title, func(f page.Frame) any {
		return lessonPage{Frame: f, Version: v, Lesson: l, Number: i + 1, Total: p.st.Progress.Total, Last: i+1 == p.st.Progress.Total, Body: p.html(l)}
	})
	p.add("/"+l.ID+"/remark", "remark", p.T("remark.title"), func(f page.Frame) any {
		return remarkPage{Frame: f, Version: v, Lesson: l}
	})
	if l.Form != (courses.Text{}) {
		p.add("/"+l.ID+"/form", "sheet", title, func(f page.Frame) any {
			return sheetPage{Frame: f, Version: v, Back: "/courses/" + v.Course + "/" + l.ID, Of: l.Title, Body: p.html(l.Sheet())}
		})
	}
	if len(l.Quiz.Questions) == 0 {
		return
	}
	order := ""
	if v.Shuffle {
		order = v.ID
	}
	at := lessonView{Study: p.st, Lesson: l, Number: i + 1}
	p.add("/"+l.ID+"/quiz", "quiz", p.T("quiz.title", title), func(f page.Frame) any {
		return quizPage{Frame: f, lessonView: at, Now: p.Now(), Questions: p.Questions(at, l.Quiz, p.Words, order, nil, nil)}
	})
}

func (p *packing) html(l courses.Lesson) template.HTML {
	text := p.Texts.Lesson(p.st.Version, l, p.Lang)
	if p.err == nil {
		p.err = text.Err
	}
	return text.HTML
}

func taskTodo(v *courses.Version) courses.TaskState {
	if v.Practice == nil {
		return ""
	}
	return courses.TaskTodo
}

// mainOf is what a page says between its frame.
func mainOf(page []byte) string {
	text := string(page)
	_, text, _ = strings.Cut(text, `<main id="main"`)
	_, text, _ = strings.Cut(text, ">")
	text, _, _ = strings.Cut(text, "</main>")
	return strings.TrimSpace(text)
}

// TakeAlong sends the visitor's version of a course to be kept on a phone.
func (s *Pages) TakeAlong(c *fiber.Ctx) error {
	v, err := s.School.VersionFor(c.UserContext(), page.VisitorID(c), c.Params("id"))
	if err != nil {
		return err
	}
	f, err := s.packOf(c.UserContext(), v, s.WordsOf(c))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	return c.Send(f.json)
}
