package author

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/authoring"
	"lopban/courses/authoring/desk"
	"lopban/courses/authoring/markdown"
	"lopban/courses/problem"
	"lopban/courses/quota"
	"lopban/server/page"
)

type mediaPage struct {
	deskFrame
	Files  []mediaRow
	Used   string // how much its media take
	Most   string // of what they may take
	Days   int    // for which a file that was taken out is kept
	Called string // what was typed
	Taken  *desk.DraftFile
	Fault  *page.FormFault
}

// mediaRow is a file of a course's draft that lessons can show.
type mediaRow struct {
	desk.DraftFile
	Name     string
	Kind     string // picture, sound, film or captions
	URL      string
	Weight   string
	Write    string   // what an author writes to show it, "" for captions
	Lessons  []string // that show it
	Captions []markdown.Captions
}

// MediaUpload is how many bytes of a file are taken: a photo as cameras make it, and the largest film.
const MediaUpload = 12 << 20

// DeskMedia lists the pictures, sounds and films of a draft.
func (s *Pages) DeskMedia(c *fiber.Ctx) error { return s.showMedia(c, mediaPage{}) }

func (s *Pages) showMedia(c *fiber.Ctx, shown mediaPage) error {
	var err error
	if shown.deskFrame, err = s.deskAt(c, "/media"); err != nil {
		return err
	}
	media, err := s.Quotas.MediaOf(c.UserContext(), shown.Course)
	if err != nil {
		return err
	}
	shown.Used, shown.Most = page.Size(shown.Words, uint64(quota.Sum(media))), page.Size(shown.Words, quota.Course)
	shown.Days = int(desk.MediaKept.Hours() / 24)
	draft := shown.Work.Draft
	blob := func(name string) string { f, _ := draft.File("media/" + name); return f.Sum }
	course, _, err := s.Desk.Load(c.UserContext(), shown.Course)
	if err != nil {
		return err
	}
	used := course.Shown()
	for _, f := range draft.Files {
		name, ok := strings.CutPrefix(f.Path, "media/")
		if f.Gone || !ok {
			continue
		}
		p, _ := s.Texts.Media(blob, name, shown.Lang)
		row := mediaRow{DraftFile: f, Name: name, Kind: markdown.Medium(name), URL: p.URL, Weight: strings.Trim(p.Offer, "()"), Lessons: used[name], Captions: p.Captions}
		if row.Kind != "captions" {
			row.Write = "![…](../media/" + name + ")"
		} else {
			for of, lessons := range used {
				if name == markdown.CaptionsOf(of, "vi") || name == markdown.CaptionsOf(of, "en") {
					row.Lessons = append(row.Lessons, lessons...)
				}
			}
			slices.Sort(row.Lessons)
			row.Lessons = slices.Compact(row.Lessons)
		}
		shown.Files = append(shown.Files, row)
	}
	return s.Page(c, "author-media", shown)
}

// DeskPutMedia takes an uploaded file into the draft. One that stands under this name already is replaced only by who
// was told so.
func (s *Pages) DeskPutMedia(c *fiber.Ctx) error {
	shown := mediaPage{Called: c.FormValue("called")}
	taken, err := s.putMedia(c)
	if err == nil {
		return page.SeeOther(c, "/author/"+c.Params("course")+"/media?done=media")
	}
	var conflict *desk.Conflict
	if errors.As(err, &conflict) {
		err = problem.Invalid("file", "media-taken", taken)
		shown.Taken = &desk.DraftFile{Path: conflict.Theirs.Path, Rev: conflict.Theirs.Rev}
	}
	if shown.Fault, err = s.FaultOf(c, err); err != nil {
		return err
	}
	return s.showMedia(c, shown)
}

func (s *Pages) putMedia(c *fiber.Ctx) (name string, err error) {
	header, err := c.FormFile("file")
	if err != nil || header.Filename == "" {
		return "", problem.Invalid("file", "file.missing")
	}
	file, err := header.Open()
	if err != nil {
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, MediaUpload+1))
	if err != nil {
		return "", err
	}
	if len(data) > MediaUpload {
		return "", problem.Invalid("file", "media-large", MediaUpload>>20)
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
	_, mistakes, err := s.Desk.Put(c.UserContext(), c.Params("course"), name, base, data, page.VisitorID(c))
	if err == nil && mistakes.Errors() {
		err = problem.Invalid("file", "media-wrong", s.WordsOf(c).Mistakes(mistakes)[0])
	}
	return name, err
}

// DeskRemoveMedia takes a file out of the draft. It can be brought back from the history.
func (s *Pages) DeskRemoveMedia(c *fiber.Ctx) error {
	name := c.FormValue("name")
	base, err := strconv.Atoi(c.FormValue("base"))
	if err != nil || !markdown.IsMedia(name) {
		return fiber.ErrBadRequest
	}
	_, err = s.Desk.Remove(c.UserContext(), c.Params("course"), "media/"+name, base, page.VisitorID(c))
	if errors.Is(err, problem.ErrExists) { // somebody replaced it meanwhile: it is shown again
		return page.SeeOther(c, "/author/"+c.Params("course")+"/media")
	}
	if err != nil {
		return err
	}
	return page.SeeOther(c, "/author/"+c.Params("course")+"/media?done=media-removed")
}
