package server

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/authoring"
	"lopban/courses/store"
)

type mediaPage struct {
	deskFrame
	Files  []mediaRow
	Called string // what was typed
	Taken  *authoring.DraftFile
	Fault  *formFault
}

// mediaRow is a file of a course's draft that lessons can show.
type mediaRow struct {
	authoring.DraftFile
	Name     string
	Kind     string // picture, sound, film or captions
	URL      string
	Weight   string
	Write    string   // what an author writes to show it, "" for captions
	Lessons  []string // that show it
	Captions []authoring.Captions
}

// mediaUpload is how many bytes of a file are taken: a photo as cameras make it, and the largest film.
const mediaUpload = 12 << 20

// deskMedia lists the pictures, sounds and films of a draft.
func (s *Server) deskMedia(c *fiber.Ctx) error { return s.showMedia(c, mediaPage{}) }

func (s *Server) showMedia(c *fiber.Ctx, page mediaPage) error {
	var err error
	if page.deskFrame, err = s.deskAt(c, "/media"); err != nil {
		return err
	}
	draft := page.Work.Draft
	blob := func(name string) string { f, _ := draft.File("media/" + name); return f.Sum }
	course, _, err := s.desk.Load(c.UserContext(), page.Course)
	if err != nil {
		return err
	}
	used := course.Shown()
	for _, f := range draft.Files {
		name, ok := strings.CutPrefix(f.Path, "media/")
		if f.Gone || !ok {
			continue
		}
		p, _ := s.texts.media(blob, name, page.Lang)
		row := mediaRow{DraftFile: f, Name: name, Kind: authoring.Medium(name), URL: p.URL, Weight: strings.Trim(p.Offer, "()"), Lessons: used[name], Captions: p.Captions}
		if row.Kind != "captions" {
			row.Write = "![…](../media/" + name + ")"
		} else {
			for of, lessons := range used {
				if name == authoring.CaptionsOf(of, "vi") || name == authoring.CaptionsOf(of, "en") {
					row.Lessons = append(row.Lessons, lessons...)
				}
			}
			slices.Sort(row.Lessons)
			row.Lessons = slices.Compact(row.Lessons)
		}
		page.Files = append(page.Files, row)
	}
	return s.page(c, "author-media", page)
}

// deskPutMedia takes an uploaded file into the draft. One that stands under this name already is replaced only by who was told so.
func (s *Server) deskPutMedia(c *fiber.Ctx) error {
	page := mediaPage{Called: c.FormValue("called")}
	taken, err := s.putMedia(c)
	if err == nil {
		return c.Redirect("/author/"+c.Params("course")+"/media?done=media", fiber.StatusSeeOther)
	}
	var conflict *authoring.Conflict
	if errors.As(err, &conflict) {
		err = store.Invalid("file", "media-taken", taken)
		page.Taken = &authoring.DraftFile{Path: conflict.Theirs.Path, Rev: conflict.Theirs.Rev}
	}
	if page.Fault, err = s.faultOf(c, err); err != nil {
		return err
	}
	return s.showMedia(c, page)
}

func (s *Server) putMedia(c *fiber.Ctx) (name string, err error) {
	header, err := c.FormFile("file")
	if err != nil || header.Filename == "" {
		return "", store.Invalid("file", "file.missing")
	}
	file, err := header.Open()
	if err != nil {
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, mediaUpload+1))
	if err != nil {
		return "", err
	}
	if len(data) > mediaUpload {
		return "", store.Invalid("file", "media-large", mediaUpload>>20)
	}
	called := strings.TrimSpace(c.FormValue("called"))
	if called == "" {
		called = header.Filename
	}
	lang := c.FormValue("lang")
	if lang != "vi" && lang != "en" {
		lang = "" // of no language
	}
	name, data, err = authoring.Adopt(called, lang, data)
	if err != nil {
		return "", err
	}
	base := 0
	if c.FormValue("replace") == "media/"+name {
		if base, err = strconv.Atoi(c.FormValue("base")); err != nil {
			return "", fiber.ErrBadRequest
		}
	}
	_, mistakes, err := s.desk.Put(c.UserContext(), c.Params("course"), name, base, data, visitorID(c))
	if err == nil && mistakes.Errors() {
		err = store.Invalid("file", "media-wrong", s.wordsOf(c).mistakes(mistakes)[0])
	}
	return name, err
}

// deskRemoveMedia takes a file out of the draft. It can be brought back from the history.
func (s *Server) deskRemoveMedia(c *fiber.Ctx) error {
	name := c.FormValue("name")
	base, err := strconv.Atoi(c.FormValue("base"))
	if err != nil || !authoring.IsMedia(name) {
		return fiber.ErrBadRequest
	}
	_, err = s.desk.Remove(c.UserContext(), c.Params("course"), "media/"+name, base, visitorID(c))
	if errors.Is(err, store.ErrExists) { // somebody replaced it meanwhile: it is shown again
		return c.Redirect("/author/"+c.Params("course")+"/media", fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/author/"+c.Params("course")+"/media?done=media-removed", fiber.StatusSeeOther)
}
