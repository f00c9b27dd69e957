package server

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/store"
)

// bringLimit is the largest file that the page takes, in bytes; a command takes more (authoring.MaxBrought).
const bringLimit = 12 << 20

// bringing is a file of another program on its way into a draft: kept as it came between its preview and the moment its owner has decided where it goes, a day at most.
type bringing struct {
	ID        string    `json:"id"` // UUIDv7
	By        string    `json:"by"` // account; nobody else sees it
	File      string    `json:"file"`
	CreatedAt time.Time `json:"createdAt"`
	Course    string    `json:"course"` // where it went, "" while it waits
	Data      []byte    `json:"data"`   // the file; nil when it is done
}

var bringingKind = &store.Kind{Name: "bringing", Schema: 1, Doc: bringing{}, Indexes: [][]string{{"createdAt"}}}

type bringPage struct {
	frame
	Fault *formFault
	MB    int
}

// bringPage asks for a file.
func (s *Server) bringPage(c *fiber.Ctx) error { return s.showBring(c, nil) }

func (s *Server) showBring(c *fiber.Ctx, fault *formFault) error {
	return s.page(c, "bring", bringPage{s.frame(c, s.wordsOf(c).T("bring.title")), fault, bringLimit >> 20})
}

// bringFile reads the file and keeps it for its preview. Nothing of it is written into a draft.
func (s *Server) bringFile(c *fiber.Ctx) error {
	b, err := s.receiveBringing(c)
	if err != nil {
		fault, err := s.faultOf(c, err)
		if err != nil {
			return err
		}
		return s.showBring(c, fault)
	}
	return c.Redirect("/author/import/"+b.ID, fiber.StatusSeeOther)
}

func (s *Server) receiveBringing(c *fiber.Ctx) (bringing, error) {
	header, err := c.FormFile("file")
	if err != nil || header.Filename == "" {
		return bringing{}, store.Invalid("file", "file.missing")
	}
	if header.Size > bringLimit {
		return bringing{}, store.Invalid("file", "file.large", bringLimit>>20)
	}
	file, err := header.Open()
	if err != nil {
		return bringing{}, err
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return bringing{}, err
	}
	if _, err := authoring.Bring(header.Filename, data, false); err != nil {
		return bringing{}, err
	}
	b := bringing{ID: uuid.Must(uuid.NewV7()).String(), By: visitorID(c), File: header.Filename, CreatedAt: store.Time(s.now()), Data: data}
	return b, s.store.Insert(c.UserContext(), bringingKind, &b)
}

// oneBringing finds the file that the address names, if it is the visitor's own.
func (s *Server) oneBringing(c *fiber.Ctx) (bringing, error) {
	b, err := store.Get[bringing](c.UserContext(), s.store, bringingKind, c.Params("id"))
	if err == nil && b.By != visitorID(c) {
		err = store.NotFound(bringingKind, b.ID)
	}
	return b, err
}

type bringPreviewPage struct {
	frame
	bringing
	Fault                        *formFault
	Form                         authoring.Form
	Part                         bool // headings part the document
	Modules                      []courses.Module
	Lessons, Questions, Pictures int
	Bad                          []string // what must be mended in the draft, before anything else
	Left                         []string // what the file had and the draft will not have
	Into                         string   // chosen or proposed
	Code                         string   // of a new course
	Strand                       courses.Strand
	Same                         string      // the course that a package is of, if there is one
	Places                       []bringInto // courses to bring it into
}

// bringInto is a course that lessons and questions may go to.
type bringInto struct {
	Course  string
	Title   courses.Text
	Modules []courses.Module
}

// bringPreview shows what will come out of a file, what was left out, and asks where it goes.
func (s *Server) bringPreview(c *fiber.Ctx) error {
	b, err := s.oneBringing(c)
	if err != nil {
		return err
	}
	return s.showBringing(c, b, c.Query("part") == "1", nil)
}

func (s *Server) showBringing(c *fiber.Ctx, b bringing, part bool, fault *formFault) error {
	w := s.wordsOf(c)
	page := bringPreviewPage{frame: s.frame(c, w.T("bring.preview", b.File)), bringing: b, Fault: fault, Part: part,
		Into: c.FormValue("into"), Code: strings.TrimSpace(c.FormValue("course")), Strand: courses.Strand(c.FormValue("strand"))}
	if b.Data == nil {
		return s.page(c, "bring-preview", page)
	}
	brought, err := authoring.Bring(b.File, b.Data, part)
	if err != nil {
		return err
	}
	p, mistakes := authoring.LoadFiles(brought.Files)
	page.Form, page.Modules, page.Pictures = brought.Form, p.Version.Modules, len(p.Media)
	for _, l := range p.Version.Lessons() {
		page.Lessons++
		page.Questions += len(l.Quiz.Questions)
	}
	for _, m := range brought.LeftOut {
		page.Left = append(page.Left, w.mistake(m))
	}
	unwritten := []string{"yaml-empty", "yaml-key-missing"} // a file does not know them; the desk asks for them
	for _, m := range mistakes {
		if !m.Warning && !slices.Contains(unwritten, m.Code) {
			page.Bad = append(page.Bad, w.mistake(m))
		}
	}
	if page.Places, err = s.bringPlaces(c.UserContext()); err != nil {
		return err
	}
	if page.Form == authoring.FormPackage {
		if slices.ContainsFunc(page.Places, func(i bringInto) bool { return i.Course == p.Version.Course }) {
			page.Same = p.Version.Course
		} else if page.Code == "" {
			page.Code, page.Strand = p.Version.Course, p.Version.Strand
		}
	}
	return s.page(c, "bring-preview", page)
}

// bringPlaces are the courses at the desk, and those published that have no draft yet.
func (s *Server) bringPlaces(ctx context.Context) ([]bringInto, error) {
	all, err := s.school.Everything(ctx)
	if err != nil {
		return nil, err
	}
	var places []bringInto
	for _, v := range all {
		places = append(places, bringInto{v.Course, v.Title, v.Modules})
	}
	drafts, err := s.desk.Drafts(ctx)
	if err != nil {
		return nil, err
	}
	for _, course := range drafts {
		v, _, _, err := s.desk.Outline(ctx, course)
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

// bringApply puts the file into the draft that was chosen. What was done once is not done again.
func (s *Server) bringApply(c *fiber.Ctx) error {
	b, err := s.oneBringing(c)
	if err != nil {
		return err
	}
	part := c.FormValue("part") == "1"
	course := b.Course
	if b.Data != nil {
		course, err = s.takeBringing(c, b, part)
	}
	if err != nil {
		fault, err := s.faultOf(c, err)
		if err != nil {
			return err
		}
		return s.showBringing(c, b, part, fault)
	}
	return c.Redirect("/author/"+course, fiber.StatusSeeOther)
}

func (s *Server) takeBringing(c *fiber.Ctx, b bringing, part bool) (string, error) {
	aim, err := bringAim(c)
	if err != nil {
		return "", err
	}
	brought, err := authoring.Bring(b.File, b.Data, part)
	if err != nil {
		return "", err
	}
	ctx := c.UserContext()
	if !aim.New {
		if err := s.isPlace(ctx, aim); err != nil {
			return "", err
		}
		if _, err := s.desk.Open(ctx, aim.Course, b.By); err != nil {
			return "", err
		}
	}
	if _, err := s.desk.Take(ctx, brought, aim, b.By); err != nil {
		return "", err
	}
	_, err = store.Update(ctx, s.store, bringingKind, b.ID, func(b *bringing) error { b.Course, b.Data = aim.Course, nil; return nil })
	return aim.Course, err
}

// isPlace says whether a course, a module or a lesson is one that the page offers.
func (s *Server) isPlace(ctx context.Context, aim authoring.Aim) error {
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
	return store.Invalid("into", "bring-into")
}

// bringAim reads where a file is to go: "new", "course:LS1", "module:LS1/ID" or "lesson:LS1/ID".
func bringAim(c *fiber.Ctx) (authoring.Aim, error) {
	kind, where, _ := strings.Cut(c.FormValue("into"), ":")
	course, part, _ := strings.Cut(where, "/")
	aim := authoring.Aim{Course: course}
	switch {
	case kind == "new":
		return authoring.Aim{New: true, Course: strings.TrimSpace(c.FormValue("course")), Strand: courses.Strand(c.FormValue("strand"))}, nil
	case kind == "course" && course != "":
		return aim, nil
	case kind == "module" && part != "":
		aim.Module = part
		return aim, nil
	case kind == "lesson" && part != "":
		aim.Lesson = part
		return aim, nil
	}
	return aim, store.Invalid("into", "bring-into")
}

// sweepBringings removes the files that nobody brought anywhere in a day, and the traces of those that were.
func (s *Server) sweepBringings(ctx context.Context) error {
	old := store.Where(store.Less("createdAt", store.Time(s.now().Add(-sheetLife)))).By("createdAt")
	all, err := store.All[bringing](ctx, s.store, bringingKind, old.First(100))
	if err != nil {
		return err
	}
	for _, b := range all {
		if err := s.store.Delete(ctx, bringingKind, b.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}
