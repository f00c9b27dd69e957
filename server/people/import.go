package people

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/store"
	"lopban/server/page"
)

type importPage struct {
	page.Frame
	Province  roster.Province
	Provinces []roster.Province // to choose from, for who may change more than one
	Columns   []string          // that the template has
	MB        int
	Rows      int
	Recent    []programme.Upload // the newest first
	Fault     *page.FormFault
}

// ImportPage asks for a file.
func (s *Pages) ImportPage(c *fiber.Ctx) error { return s.showImport(c, nil) }

func (s *Pages) showImport(c *fiber.Ctx, fault *page.FormFault) error {
	province, err := s.importProvince(c)
	if err != nil {
		return err
	}
	w := s.WordsOf(c)
	shown := importPage{Frame: s.Frame(c, w.T("import.title")), Province: province, Fault: fault, MB: int(programme.UploadLimits.Bytes >> 20), Rows: programme.UploadLimits.Rows, Columns: intake.ExportColumns(w.Lang)[1:]}
	if shown.Has(roster.Admin) {
		shown.Provinces = s.Places.Provinces(roster.Present)
	}
	if province.Code != "" {
		q := store.Where(store.Is("province", province.Code)).By("-createdAt").First(10)
		if shown.Recent, err = store.All[programme.Upload](c.UserContext(), s.Store, programme.UploadKind, q); err != nil {
			return err
		}
	}
	return s.Page(c, "import", shown)
}

// importProvince is editedProvince, but empty for an administrator who is still to choose.
func (s *Pages) importProvince(c *fiber.Ctx) (roster.Province, error) {
	if p, err := s.ChosenProvince(c); err != nil || p.Code == "" && page.VisitorOf(c).Account.Has(roster.Admin) {
		return p, err
	}
	return s.EditedProvince(c)
}

// ImportFile reads the file and keeps its preview. Nothing of it is written into the roster.
func (s *Pages) ImportFile(c *fiber.Ctx) error {
	province, err := s.EditedProvince(c)
	var u programme.Upload
	if err == nil {
		u, err = s.receive(c, province.Code)
	}
	if err != nil {
		fault, err := s.FaultOf(c, err)
		if err != nil || page.Explain(err).Status == fiber.StatusForbidden {
			return err
		}
		return s.showImport(c, fault)
	}
	return page.SeeOther(c, "/roster/import/"+u.ID)
}

func (s *Pages) receive(c *fiber.Ctx, province string) (programme.Upload, error) {
	header, err := c.FormFile("file")
	if err != nil || header.Filename == "" {
		return programme.Upload{}, problem.Invalid("file", "file.missing")
	}
	file, err := header.Open()
	if err != nil {
		return programme.Upload{}, err
	}
	defer file.Close()
	book, err := s.Lexicon.Read(file, header.Filename, programme.UploadLimits)
	if err != nil {
		return programme.Upload{}, err
	}
	if err := s.mayTryNumbers(c); err != nil {
		return programme.Upload{}, err
	}
	id := uuid.Must(uuid.NewV7()).String()
	im, choices, err := s.Look(c.UserContext(), province, book, intake.Choices{ID: id}, programme.UploadLimits)
	if err != nil {
		return programme.Upload{}, err
	}
	if err := s.tellNumbers(c, province, im.File, len(im.Numbers())); err != nil {
		return programme.Upload{}, err
	}
	now := store.Time(s.Now())
	u := programme.Upload{ID: id, Province: province, By: page.VisitorID(c), File: im.File, CreatedAt: now, State: "ready"}
	u.Shows(im)
	kept := programme.Sheet{ID: u.ID, CreatedAt: now, Waits: u.Counts.Asked > 0, Choices: choices}
	if kept.Packed, err = programme.Pack(im); err != nil {
		return programme.Upload{}, err
	}
	if kept.Book, err = programme.PackBook(book); err != nil {
		return programme.Upload{}, err
	}
	if err := s.Store.Insert(c.UserContext(), programme.SheetKind, &kept); err != nil {
		return programme.Upload{}, err
	}
	return u, s.Store.Insert(c.UserContext(), programme.UploadKind, &u)
}

// oneUpload finds the upload that the address names, if its province is the visitor's to change.
func (s *Pages) oneUpload(c *fiber.Ctx) (programme.Upload, error) {
	u, err := store.Get[programme.Upload](c.UserContext(), s.Store, programme.UploadKind, c.Params("id"))
	if err == nil && !roster.MayEditRoster(*page.VisitorOf(c).Account, u.Province) {
		err = store.NotFound(programme.UploadKind, u.ID)
	}
	return u, err
}

// newTicks says whether the form ticks others as having left than were kept: what that brings about is shown before it
// is entered.
func (s *Pages) newTicks(c *fiber.Ctx) (bool, error) {
	if c.FormValue("do") != "left" {
		return false, nil
	}
	u, im, kept, err := s.uploaded(c)
	if err != nil || u.State != "ready" || len(kept.Book) == 0 { // nothing can be chosen any more
		return false, err
	}
	was := maps.Clone(kept.Choices.Left)
	if err := s.chooseLeft(c, im, &kept.Choices); err != nil {
		return false, err
	}
	return !maps.EqualFunc(was, kept.Choices.Left, time.Time.Equal), nil
}

// ImportApply begins to write an upload into the roster, or goes on with one whose run died. Pressed twice, it begins
// once.
func (s *Pages) ImportApply(c *fiber.Ctx) error {
	u, err := s.oneUpload(c)
	if err != nil {
		return err
	}
	if _, err := store.Get[programme.Sheet](c.UserContext(), s.Store, programme.SheetKind, u.ID); err != nil {
		if errors.Is(err, problem.ErrNotFound) { // done, or too old: the page says which
			return page.SeeOther(c, "/roster/import/"+u.ID)
		}
		return err
	}
	switch news, err := s.newTicks(c); {
	case err != nil:
		return s.leftFailed(c, u, err)
	case news:
		return s.ImportChoose(c)
	}
	seen := c.FormValue("seen")
	u, err = store.Update(c.UserContext(), s.Store, programme.UploadKind, u.ID, func(u *programme.Upload) error {
		now := store.Time(s.Now())
		// the page shows what is asked, or what is new
		if u.State != "ready" && (u.State == "undoing" || !u.Dead(now)) || u.Asks > 0 || seen != "" && seen != u.Seen {
			return programme.ErrUnderWay
		}
		u.State, u.Run, u.BeatAt, u.Done, u.Total = "running", uuid.NewString(), now, 0, 2*u.Counts.People()
		u.Cancel = false
		return nil
	})
	if err != nil && !errors.Is(err, programme.ErrUnderWay) {
		return err
	}
	if err == nil {
		if err := s.TellAct(c, programme.AuditEntry{Action: "roster.import", Subject: u.ID, Province: u.Province, Note: u.File}); err != nil {
			return err
		}
		by := page.VisitorID(c)
		s.Background.Start(func(ctx context.Context) { s.RunUpload(ctx, u, by) })
	}
	return page.SeeOther(c, "/roster/import/"+c.Params("id"))
}

// ImportCancel stops an import that is being entered, or throws away a file of which nothing was entered. Pressed
// twice, or when there is nothing to stop any more, it changes nothing: the page says how it is.
func (s *Pages) ImportCancel(c *fiber.Ctx) error {
	u, err := s.oneUpload(c)
	if err != nil {
		return err
	}
	if err := s.CancelUpload(c.UserContext(), u.ID); err != nil {
		return err
	}
	return page.SeeOther(c, "/roster/import/"+u.ID)
}
