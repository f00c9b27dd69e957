package people

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/store"
	"lopban/server/page"
)

// Mapper lets in who records what decisions make of communes: the programme office and administrators.
func (s *Pages) Mapper(c *fiber.Ctx) error {
	if !roster.MayChangePlaces(*page.VisitorOf(c).Account) {
		return problem.Denied("denied")
	}
	return c.Next()
}

type placesPage struct {
	page.Frame
	Rows  []decisionRow
	Form  struct{ Decision, On string }
	Open  string // the form that has a fault
	Fault *page.FormFault
	MB    int
}

// decisionRow is a recorded decision as lists show it.
type decisionRow struct {
	programme.PlaceDecision
	State, Who string
}

// PlacesPage lists the decisions that changed communes, and asks for the file of another.
func (s *Pages) PlacesPage(c *fiber.Ctx) error { return s.showPlaces(c, nil) }

func (s *Pages) showPlaces(c *fiber.Ctx, fault *page.FormFault) error {
	shown := placesPage{Frame: s.Frame(c, s.WordsOf(c).T("places.title")), Open: "places", Fault: fault, MB: int(programme.UploadLimits.Bytes >> 20)}
	shown.Form.Decision, shown.Form.On = c.FormValue("decision"), c.FormValue("on")
	all, err := s.PlaceDecisions(c.UserContext())
	if err != nil {
		return err
	}
	names := s.Namer(c.UserContext())
	for _, d := range all {
		shown.Rows = append(shown.Rows, s.decisionRow(shown.Frame, d, names))
	}
	return s.Page(c, "places", shown)
}

func (s *Pages) decisionRow(f page.Frame, d programme.PlaceDecision, names func(string) string) decisionRow {
	who := cmp.Or(names(d.By), d.By)
	if d.By == roster.Operator().ID {
		who = f.T("audit.operator")
	}
	return decisionRow{d, d.State(roster.Day(s.Now())), who}
}

// ReadPlaces reads the file of a decision and keeps it to be looked at. Nothing of it is recorded.
func (s *Pages) ReadPlaces(c *fiber.Ctx) error {
	d, err := s.receivePlaces(c)
	if err != nil {
		fault, err := s.FaultOf(c, err)
		if err != nil {
			return err
		}
		return s.showPlaces(c, fault)
	}
	return page.SeeOther(c, "/places/drafts/"+d.ID)
}

func (s *Pages) receivePlaces(c *fiber.Ctx) (d programme.PlaceDraft, err error) {
	header, err := c.FormFile("file")
	if err != nil || header.Filename == "" {
		return d, problem.Invalid("file", "file.missing")
	}
	on, err := page.FormDay(c.FormValue("on"))
	if err != nil {
		return d, err
	}
	file, err := header.Open()
	if err != nil {
		return d, err
	}
	defer file.Close()
	units, err := s.Lexicon.ReadUnits(file, header.Filename)
	if err != nil {
		return d, err
	}
	return s.DraftPlaces(c.UserContext(), page.VisitorID(c), units, c.FormValue("decision"), on)
}

// placeDraftPage is what a decision would do.
type placeDraftPage struct {
	page.Frame
	programme.PlaceDraft
	Plan    *programme.PlacePlan
	Faults  *part[placeFault]
	Units   *part[unitRow]
	Moves   *part[programme.Move]
	Asked   []programme.Division // some of the divided libraries, those first of which it is not said where they are
	More    int                  // of them that are not shown
	Show    string
	Future  bool // the day has not come
	Changed bool // what was to be confirmed is not what it is now
}

// unitRow is what becomes of a commune.
type unitRow struct {
	Old, New roster.Commune
	Sort     string // "new", "renamed" or ""
}

type placeFault struct {
	Row int
	Why string
}

// PlaceDraft shows what a decision would do: which communes change, who moves, and what must be said first.
func (s *Pages) PlaceDraft(c *fiber.Ctx) error { return s.showPlaceDraft(c, false) }

func (s *Pages) showPlaceDraft(c *fiber.Ctx, changed bool) error {
	d, plan, err := s.PlanDraft(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	show, number := c.Query("show"), c.QueryInt("page", 1)
	shown := placeDraftPage{Frame: s.Frame(c, s.WordsOf(c).T("places.draft")), PlaceDraft: d, Plan: plan, Show: show, Changed: changed, Future: d.On.After(roster.Day(s.Now())),
		Faults: newPart[placeFault]("faults", show, number), Units: newPart[unitRow]("units", show, number), Moves: newPart[programme.Move]("moves", show, number)}
	for _, f := range plan.Faults {
		shown.Faults.add(placeFault{f.Row, shown.T("error."+f.Code, f.Args...)})
	}
	for _, u := range plan.Change.Units {
		shown.Units.add(unitRow{plan.Old(u.Old), u.New, sortOf(plan, u.New)})
	}
	for _, m := range plan.Moves {
		shown.Moves.add(m)
	}
	asked := slices.Clone(plan.Divided)
	slices.SortStableFunc(asked, func(a, b programme.Division) int { return cmp.Compare(min(len(a.Chosen), 1), min(len(b.Chosen), 1)) })
	shown.Asked = asked[:min(len(asked), ShownRows)]
	shown.More = len(asked) - len(shown.Asked)
	return s.Page(c, "place-draft", shown)
}

func sortOf(plan *programme.PlacePlan, c roster.Commune) string {
	switch {
	case slices.Contains(plan.New, c):
		return "new"
	case slices.ContainsFunc(plan.Renamed, func(both [2]roster.Commune) bool { return both[1] == c }):
		return "renamed"
	}
	return ""
}

// TakePlaces keeps where libraries of divided communes are, or records the decision as it was seen.
func (s *Pages) TakePlaces(c *fiber.Ctx) error {
	switch c.FormValue("do") {
	case "homes":
		homes := map[string]string{}
		c.Context().PostArgs().VisitAll(func(key, value []byte) {
			if home, ok := strings.CutPrefix(string(key), "home."); ok && len(value) > 0 {
				homes[home] = string(value)
			}
		})
		if err := s.AnswerDraft(c.UserContext(), c.Params("id"), homes); err != nil {
			return err
		}
		return page.SeeOther(c, "/places/drafts/"+c.Params("id"))
	case "record":
		return s.recordPlaces(c)
	}
	return fiber.ErrBadRequest
}

func (s *Pages) recordPlaces(c *fiber.Ctx) error {
	ctx := c.UserContext()
	d, plan, err := s.PlanDraft(ctx, c.Params("id"))
	if err != nil {
		return err
	}
	if c.FormValue("seen") != plan.Seen() {
		c.Status(fiber.StatusConflict)
		return s.showPlaceDraft(c, true)
	}
	if err := s.DecidePlaces(ctx, plan, page.VisitorID(c)); err != nil {
		return err
	}
	s.settle(programme.PlaceDecision{PlaceChange: plan.Change})
	if err := s.Store.Delete(ctx, programme.PlaceDraftKind, d.ID); err != nil && !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	return page.SeeOther(c, "/places/"+plan.Change.ID+"?done=places")
}

// settle brings people in line after the answer.
func (s *Pages) settle(d programme.PlaceDecision) {
	s.Background.Start(func(ctx context.Context) { s.SettleChange(ctx, d) })
}

// decisionPage is a recorded decision.
type decisionPage struct {
	page.Frame
	decisionRow
	Undoer string
	ToMove int // people who are still to be brought in line
	Units  *part[unitRow]
	Stands []string // what cannot be undone stands on
	Fault  *page.FormFault
}

// PlaceDecision shows a recorded decision, and whether it can be undone.
func (s *Pages) PlaceDecision(c *fiber.Ctx) error { return s.showDecision(c, nil) }

func (s *Pages) showDecision(c *fiber.Ctx, fault *page.FormFault) error {
	ctx := c.UserContext()
	all, err := s.PlaceDecisions(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(d programme.PlaceDecision) bool { return d.ID == c.Params("id") })
	if i < 0 {
		return store.NotFound(roster.PlaceChangeKind, c.Params("id"))
	}
	names := s.Namer(ctx)
	shown := decisionPage{Frame: s.Frame(c, s.WordsOf(c).T("places.decision.title")), Fault: fault, Units: newPart[unitRow]("units", c.Query("show"), c.QueryInt("page", 1))}
	shown.decisionRow = s.decisionRow(shown.Frame, all[i], names)
	shown.Undoer = cmp.Or(names(shown.UndoneBy), shown.UndoneBy)
	if shown.Undoer == roster.Operator().ID {
		shown.Undoer = shown.T("audit.operator")
	}
	for _, u := range shown.PlaceChange.Units {
		shown.Units.add(unitRow{Old: s.Places.Before(shown.PlaceChange, u.Old), New: u.New})
	}
	if shown.State != "undone" {
		_, stands, err := s.PlanUndoPlaces(ctx, shown.ID)
		if err != nil {
			return err
		}
		for _, w := range stands {
			shown.Stands = append(shown.Stands, shown.T("places.stands."+w.Code, w.Of))
		}
	}
	if shown.ToMove, err = s.ToMove(ctx, shown.PlaceDecision); err != nil {
		return err
	}
	if shown.ToMove > 0 {
		c.Set("Refresh", "2")
	}
	return s.Page(c, "place-decision", shown)
}

// UndoDecision says that a decision does not hold, where nothing stands on it.
func (s *Pages) UndoDecision(c *fiber.Ctx) error {
	d, err := s.RecallPlaces(c.UserContext(), c.Params("id"), page.VisitorID(c))
	if errors.Is(err, problem.ErrNotFound) { // undone already, if it was ever recorded
		return s.showDecision(c, nil)
	}
	if err != nil {
		fault, err := s.FaultOf(c, err)
		if err != nil {
			return err
		}
		return s.showDecision(c, fault)
	}
	s.settle(d)
	return page.SeeOther(c, "/places/"+d.ID+"?done=places-undo")
}

// Day is a first day as people write it.
func (decisionRow) Day(t time.Time) string { return t.Format("02/01/2006") }

// Day is the first day as people write it.
func (p placeDraftPage) Day() string { return p.On.Format("02/01/2006") }

// Columns are titles that the file of a decision has.
func (placesPage) Columns() []string { return intake.UnitTitles }
