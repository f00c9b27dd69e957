package people

import (
	"context"
	"errors"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/store"
	"lopban/server/page"
)

type undoPage struct {
	page.Frame
	programme.Upload
	Province               roster.Province
	Removed, Changed, Kept int
	Stays                  *part[undoRow]
	Removes                *part[undoRow]
	Changes                *part[undoRow]
}

// undoRow is a person of an import that is to be undone.
type undoRow struct {
	intake.Undoing
	Place   string
	Why     string
	Changes []intake.Change
}

// Share is as of a preview.
func (p undoPage) Share() int { return previewPage{Upload: p.Upload}.Share() }

// UndoPage shows what undoing an import would change, and what stays and why.
func (s *Pages) UndoPage(c *fiber.Ctx) error {
	u, err := s.oneUpload(c)
	if err != nil {
		return err
	}
	shown := undoPage{Frame: s.Frame(c, s.WordsOf(c).T("undo.title")), Upload: u, Stays: newPart[undoRow]("", "none", 1), Removes: newPart[undoRow]("", "none", 1), Changes: newPart[undoRow]("", "none", 1)}
	shown.Province, _ = s.Places.Province(roster.Present, u.Province)
	plan, err := s.PlanUndo(c.UserContext(), u.ID)
	if err != nil {
		return err
	}
	shown.Removed, shown.Changed, shown.Kept = plan.Count()
	for _, p := range plan.People {
		row := undoRow{Undoing: p, Place: s.CommuneName(p.Was.Commune), Changes: page.ShownChanges(shown.Words, p.Changes)}
		switch {
		case p.Stands != "":
			row.Why = shown.T("undo.stands." + p.Stands)
			shown.Stays.add(row)
		case p.Removes:
			shown.Removes.add(row)
		default:
			shown.Changes.add(row)
		}
	}
	return s.Page(c, "import-undo", shown)
}

// UndoImportOf begins to undo an import that is done. Pressed twice, it begins once.
func (s *Pages) UndoImportOf(c *fiber.Ctx) error {
	u, err := s.oneUpload(c)
	if err != nil {
		return err
	}
	u, err = store.Update(c.UserContext(), s.Store, programme.UploadKind, u.ID, func(u *programme.Upload) error {
		now := store.Time(s.Now())
		if u.State == "running" && !u.Dead(now) || u.State == "undoing" && !u.Dead(now) || u.State == "undone" ||
			u.State == "dropped" || u.State == "ready" && u.Earlier == 0 {
			return programme.ErrUnderWay
		}
		u.State, u.Run, u.BeatAt, u.Done, u.Total = "undoing", uuid.NewString(), now, 0, 2*max(u.Counts.People()+u.Earlier, 1)
		return nil
	})
	if err != nil && !errors.Is(err, programme.ErrUnderWay) {
		return err
	}
	if err == nil {
		by := page.VisitorID(c)
		s.Background.Start(func(ctx context.Context) { s.RunUndo(ctx, u, by) })
	}
	return page.SeeOther(c, "/roster/import/"+c.Params("id"))
}
