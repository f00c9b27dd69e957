package author

import (
	"context"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/bring"
	"lopban/courses/authoring/desk"
	"lopban/courses/authoring/markdown"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/store"
	"lopban/server/page"
)

// BringLimit is the largest file that the page takes, in bytes; a command takes more (authoring.MaxBrought).
const BringLimit = 12 << 20

type bringPage struct {
	page.Frame
	Fault *page.FormFault
	MB    int
}

// BringPage asks for a file.
func (s *Pages) BringPage(c *fiber.Ctx) error { return s.showBring(c, nil) }

func (s *Pages) showBring(c *fiber.Ctx, fault *page.FormFault) error {
	return s.Page(c, "bring", bringPage{s.Frame(c, s.WordsOf(c).T("bring.title")), fault, BringLimit >> 20})
}

// BringFile reads the file and keeps it for its preview. Nothing of it is written into a draft.
func (s *Pages) BringFile(c *fiber.Ctx) error {
	b, err := s.receiveImport(c)
	if err != nil {
		fault, err := s.FaultOf(c, err)
		if err != nil {
			return err
		}
		return s.showBring(c, fault)
	}
	return page.SeeOther(c, "/author/import/"+b.ID)
}

func (s *Pages) receiveImport(c *fiber.Ctx) (programme.CourseImport, error) {
	header, err := c.FormFile("file")
	if err != nil || header.Filename == "" {
		return programme.CourseImport{}, problem.Invalid("file", "file.missing")
	}
	if header.Size > BringLimit {
		return programme.CourseImport{}, problem.Invalid("file", "file.large", BringLimit>>20)
	}
	file, err := header.Open()
	if err != nil {
		return programme.CourseImport{}, err
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return programme.CourseImport{}, err
	}
	if _, err := bring.Bring(header.Filename, data, false); err != nil {
		return programme.CourseImport{}, err
	}
	b := programme.CourseImport{ID: uuid.Must(uuid.NewV7()).String(), By: page.VisitorID(c), File: header.Filename, CreatedAt: store.Time(s.Now()), Data: data}
	return b, s.Store.Insert(c.UserContext(), programme.CourseImportKind, &b)
}

// oneImport finds the file that the address names, if it is the visitor's own.
func (s *Pages) oneImport(c *fiber.Ctx) (programme.CourseImport, error) {
	b, err := store.Get[programme.CourseImport](c.UserContext(), s.Store, programme.CourseImportKind, c.Params("id"))
	if err == nil && b.By != page.VisitorID(c) {
		err = store.NotFound(programme.CourseImportKind, b.ID)
	}
	return b, err
}

type bringPreviewPage struct {
	page.Frame
	programme.CourseImport
	Fault                        *page.FormFault
	Form                         bring.Form
	Part                         bool // headings part the document
	Modules                      []bringModule
	Rest                         []bringText // of the course: task, model answer, guide
	Lessons, Questions, Pictures int
	Bad                          []string // what must be mended in the draft, before anything else
	Left                         []string // what the file had and the draft will not have
	Lost                         []bringLost
	Into                         string // chosen or proposed
	Code                         string // of a new course
	Strand                       courses.Strand
	Same                         string      // the course that a package is of, if there is one
	Places                       []bringInto // courses to bring it into
}

// bringModule is a part that will be made, and bringLesson one of its lessons, whole.
type bringModule struct {
	Title   courses.Text
	Lessons []bringLesson
}

type bringLesson struct {
	Title courses.Text
	Texts []bringText
	Keys  []page.KeyView
	Count int
}

// bringText is a text as its readers will see it.
type bringText struct {
	Title string
	HTML  template.HTML
}

// bringLost is what there is no room for where the file goes.
type bringLost struct {
	Where string // "module" or "lesson"
	What  []string
}

// bringInto is a course that lessons and questions may go to.
type bringInto struct {
	Course  string
	Title   courses.Text
	Modules []courses.Module
}

// BringPreview shows what will come out of a file, what was left out, and asks where it goes.
func (s *Pages) BringPreview(c *fiber.Ctx) error {
	b, err := s.oneImport(c)
	if err != nil {
		return err
	}
	return s.showImport(c, b, c.Query("part") == "1", nil)
}

func (s *Pages) showImport(c *fiber.Ctx, b programme.CourseImport, part bool, fault *page.FormFault) error {
	w := s.WordsOf(c)
	shown := bringPreviewPage{Frame: s.Frame(c, w.T("bring.preview", b.File)), CourseImport: b, Fault: fault, Part: part,
		Into: c.FormValue("into"), Code: strings.TrimSpace(c.FormValue("course")), Strand: courses.Strand(c.FormValue("strand"))}
	if b.Data == nil {
		return s.Page(c, "bring-preview", shown)
	}
	brought, err := bring.Bring(b.File, b.Data, part)
	if err != nil {
		return err
	}
	p, mistakes := authoring.LoadFiles(brought.Files)
	shown.Form, shown.Pictures = brought.Form, len(p.Media)
	shown.whole(p.Version)
	for _, m := range brought.LeftOut {
		shown.Left = append(shown.Left, w.Mistake(m))
	}
	for where, aim := range map[string]desk.Aim{"module": {Module: "x"}, "lesson": {Lesson: "x"}} {
		if lost := desk.Lost(brought, aim); len(lost) > 0 && (where == "module" || shown.Questions > 0) {
			shown.Lost = append(shown.Lost, bringLost{where, w.Mistakes(lost)})
		}
	}
	slices.SortFunc(shown.Lost, func(a, b bringLost) int { return strings.Compare(b.Where, a.Where) })
	unwritten := []string{"yaml-empty", "yaml-key-missing"} // a file does not know them; the desk asks for them
	for _, m := range mistakes {
		if !m.Warning && !slices.Contains(unwritten, m.Code) {
			shown.Bad = append(shown.Bad, w.Mistake(m))
		}
	}
	if shown.Places, err = s.bringPlaces(c.UserContext()); err != nil {
		return err
	}
	if shown.Form == bring.FormPackage {
		if slices.ContainsFunc(shown.Places, func(i bringInto) bool { return i.Course == p.Version.Course }) {
			shown.Same = p.Version.Course
		} else if shown.Code == "" {
			shown.Code, shown.Strand = p.Version.Course, p.Version.Strand
		}
	}
	return s.Page(c, "bring-preview", shown)
}

// maxKeyed is how many questions a preview shows with their keys; a bank of thousands is named by its first words.
const maxKeyed = 500

// whole fills in all that will be made, text and questions.
func (p *bringPreviewPage) whole(v courses.Version) {
	for _, m := range v.Modules {
		if m.ID == courses.FinalID { // its questions are those of the lessons
			continue
		}
		part := bringModule{Title: m.Title}
		for _, l := range m.Lessons {
			one := bringLesson{Title: l.Title, Count: len(l.Quiz.Questions), Texts: p.texts(l.Body, "")}
			one.Texts = append(one.Texts, p.texts(l.Form, p.T("lesson.form"))...)
			one.Keys = page.KeyViews(l.Quiz.Questions[:min(len(l.Quiz.Questions), max(maxKeyed-p.Questions, 0))], p.Words)
			for _, q := range l.Quiz.Questions[len(one.Keys):] {
				one.Keys = append(one.Keys, page.KeyView{Kind: q.Kind, Prompt: template.HTML(template.HTMLEscapeString(p.In(questionText(q))))})
			}
			p.Lessons, p.Questions = p.Lessons+1, p.Questions+one.Count
			part.Lessons = append(part.Lessons, one)
		}
		p.Modules = append(p.Modules, part)
	}
	if v.Practice != nil {
		p.Rest = append(p.texts(v.Practice.Body, p.T("desk.practice")), p.texts(v.Practice.Model, p.T("desk.model"))...)
	}
	p.Rest = append(p.Rest, p.texts(v.Guide, p.T("course.guide"))...)
}

// texts is a text in the language of the page, none where it is empty. Its pictures are not kept yet: their words stand
// for them.
func (p *bringPreviewPage) texts(t courses.Text, title string) []bringText {
	if t == (courses.Text{}) {
		return nil
	}
	made, _ := markdown.Render(p.In(t), func(string) (markdown.Picture, bool) { return markdown.Picture{}, false })
	return []bringText{{title, template.HTML(made)}}
}

// bringPlaces are the courses at the desk, and those published that have no draft yet.
func (s *Pages) bringPlaces(ctx context.Context) ([]bringInto, error) {
	all, err := s.School.Everything(ctx)
	if err != nil {
		return nil, err
	}
	var places []bringInto
	for _, v := range all {
		places = append(places, bringInto{v.Course, v.Title, v.Modules})
	}
	drafts, err := s.Desk.Drafts(ctx)
	if err != nil {
		return nil, err
	}
	for _, course := range drafts {
		v, _, _, err := s.Desk.Outline(ctx, course)
		if err != nil {
			return nil, err
		}
		place := bringInto{course, v.Title, v.Modules}
		if i := slices.IndexFunc(places, func(p bringInto) bool { return p.Course == course }); i >= 0 {
			places[i] = place
		} else {
			places = append(places, place)
		}
	}
	slices.SortFunc(places, func(a, b bringInto) int { return strings.Compare(a.Course, b.Course) })
	return places, nil
}

// BringApply puts the file into the draft that was chosen. What was done once is not done again.
func (s *Pages) BringApply(c *fiber.Ctx) error {
	b, err := s.oneImport(c)
	if err != nil {
		return err
	}
	part := c.FormValue("part") == "1"
	course := b.Course
	if b.Data != nil {
		course, err = s.takeImport(c, b, part)
	}
	if err != nil {
		fault, err := s.FaultOf(c, err)
		if err != nil {
			return err
		}
		return s.showImport(c, b, part, fault)
	}
	return page.SeeOther(c, "/author/"+course)
}

func (s *Pages) takeImport(c *fiber.Ctx, b programme.CourseImport, part bool) (string, error) {
	aim, err := bringAim(c)
	if err != nil {
		return "", err
	}
	brought, err := bring.Bring(b.File, b.Data, part)
	if err != nil {
		return "", err
	}
	ctx := c.UserContext()
	if !aim.New {
		if err := s.isPlace(ctx, aim); err != nil {
			return "", err
		}
		if _, err := s.Desk.Open(ctx, aim.Course, b.By); err != nil {
			return "", err
		}
	}
	if _, err := s.Desk.Take(ctx, brought, aim, b.By); err != nil {
		return "", err
	}
	_, err = store.Update(ctx, s.Store, programme.CourseImportKind, b.ID, func(b *programme.CourseImport) error { b.Course, b.Data = aim.Course, nil; return nil })
	return aim.Course, err
}

// isPlace says whether a course, a module or a lesson is one that the page offers.
func (s *Pages) isPlace(ctx context.Context, aim desk.Aim) error {
	places, err := s.bringPlaces(ctx)
	if err != nil {
		return err
	}
	for _, p := range places {
		if p.Course != aim.Course {
			continue
		}
		v := courses.Version{Modules: p.Modules}
		_, lesson := v.Lesson(aim.Lesson)
		module := slices.ContainsFunc(p.Modules, func(m courses.Module) bool { return m.ID == aim.Module })
		if aim.Module == "" && aim.Lesson == "" || module || lesson {
			return nil
		}
	}
	return problem.Invalid("into", "bring-into")
}

// bringAim reads where a file is to go: "new", "course:LS1", "module:LS1/ID" or "lesson:LS1/ID".
func bringAim(c *fiber.Ctx) (desk.Aim, error) {
	kind, where, _ := strings.Cut(c.FormValue("into"), ":")
	course, part, _ := strings.Cut(where, "/")
	aim := desk.Aim{Course: course}
	switch {
	case kind == "new":
		return desk.Aim{New: true, Course: strings.TrimSpace(c.FormValue("course")), Strand: courses.Strand(c.FormValue("strand"))}, nil
	case kind == "course" && course != "":
		return aim, nil
	case kind == "module" && part != "":
		aim.Module = part
		return aim, nil
	case kind == "lesson" && part != "":
		aim.Lesson = part
		return aim, nil
	}
	return aim, problem.Invalid("into", "bring-into")
}
