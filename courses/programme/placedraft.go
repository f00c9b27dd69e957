package programme

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/store"
)

// PlaceDraft is the file of a decision on its way: it can be looked at, and nothing of it is kept. It goes after a day.
type PlaceDraft struct {
	ID        string            `json:"id"` // UUIDv7
	By        string            `json:"by"` // account
	File      string            `json:"file"`
	Decision  string            `json:"decision"`
	On        time.Time         `json:"on"`
	Packed    []byte            `json:"packed"`          // intake.Units as JSON, packed
	Homes     map[string]string `json:"homes,omitempty"` // see roster.PlaceChange
	CreatedAt time.Time         `json:"createdAt"`
}

// PlaceDraftKind holds the files of decisions that are looked at.
var PlaceDraftKind = &store.Kind{Name: "placedraft", Schema: 1, Order: 105, Doc: PlaceDraft{}, Indexes: [][]string{{"createdAt"}}}

// DraftPlaces keeps the file of a decision to be looked at. What is wrong with its number or its day is a
// *problem.Problem, and so is a decision that is recorded already.
func (s *Programme) DraftPlaces(ctx context.Context, by string, units *intake.Units, decision string, on time.Time) (PlaceDraft, error) {
	plan, err := s.PlanPlaces(ctx, units, decision, on, nil)
	if err != nil {
		return PlaceDraft{}, err
	}
	if _, holds := s.Places.Holds(plan.Change.ID); holds {
		return PlaceDraft{}, &problem.Problem{Kind: problem.ErrExists, Code: "places.same", Field: "file", Args: []any{plan.Change.Decision}}
	}
	d := PlaceDraft{ID: uuid.Must(uuid.NewV7()).String(), By: by, File: units.File, Decision: plan.Change.Decision, On: on, CreatedAt: store.Time(s.Now())}
	if d.Packed, err = pack(units); err != nil {
		return d, err
	}
	return d, s.Store.Insert(ctx, PlaceDraftKind, &d)
}

// PlanDraft says what a draft would do today.
func (s *Programme) PlanDraft(ctx context.Context, id string) (PlaceDraft, *PlacePlan, error) {
	d, err := store.Get[PlaceDraft](ctx, s.Store, PlaceDraftKind, id)
	if err != nil {
		return d, nil, err
	}
	from, err := unpack(d.Packed)
	if err != nil {
		return d, nil, err
	}
	var units intake.Units
	if err := from.Decode(&units); err != nil {
		return d, nil, err
	}
	plan, err := s.PlanPlaces(ctx, &units, d.Decision, d.On, d.Homes)
	return d, plan, err
}

// AnswerDraft keeps in which communes libraries of divided ones are. An answer that the file does not allow is a
// *problem.Problem, and none is kept.
func (s *Programme) AnswerDraft(ctx context.Context, id string, homes map[string]string) error {
	_, plan, err := s.PlanDraft(ctx, id)
	if err != nil {
		return err
	}
	for home, code := range homes {
		asked := slices.ContainsFunc(plan.Divided, func(d Division) bool { return d.Home == home })
		if err := plan.Change.Answer(home, code); err != nil || !asked {
			return problem.Invalid("homes", "places.home", home, code)
		}
	}
	_, err = store.Update(ctx, s.Store, PlaceDraftKind, id, func(d *PlaceDraft) error {
		if d.Homes == nil {
			d.Homes = map[string]string{}
		}
		maps.Copy(d.Homes, homes)
		return nil
	})
	return err
}

// Seen names what a plan does, so that nothing else is written than what somebody has seen.
func (p *PlacePlan) Seen() string {
	sum := sha256.New()
	for _, u := range p.Change.Units {
		fmt.Fprintln(sum, u.Old, u.New)
	}
	for _, home := range slices.Sorted(maps.Keys(p.Change.Homes)) {
		fmt.Fprintln(sum, home, p.Change.Homes[home])
	}
	for _, m := range p.Moves {
		fmt.Fprintln(sum, m.Person.ID, m.From.Code, m.To.Code)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// PlaceDecision is a change of places that was recorded, and whether it was undone since.
type PlaceDecision struct {
	roster.PlaceChange
	UndoneAt time.Time
	UndoneBy string
}

// State is "holds", "waits" for its day, or "undone".
func (d PlaceDecision) State(today time.Time) string {
	switch {
	case !d.UndoneAt.IsZero():
		return "undone"
	case d.On.After(today):
		return "waits"
	}
	return "holds"
}

// PlaceDecisions are the changes of places that were recorded, the last day first.
func (s *Programme) PlaceDecisions(ctx context.Context) ([]PlaceDecision, error) {
	all, err := roster.Changes(ctx, s.Store)
	undone := map[string]roster.PlaceChange{}
	for _, c := range all {
		if c.Undoes != "" {
			undone[c.Undoes] = c
		}
	}
	var decisions []PlaceDecision
	for _, c := range all {
		if c.Undoes == "" {
			decisions = append(decisions, PlaceDecision{c, undone[c.ID].RecordedAt, undone[c.ID].By})
		}
	}
	slices.SortFunc(decisions, func(a, b PlaceDecision) int {
		if d := b.On.Compare(a.On); d != 0 {
			return d
		}
		return b.RecordedAt.Compare(a.RecordedAt)
	})
	return decisions, err
}

// ToMove counts the people who are still to be brought in line with a decision, or with its undoing.
func (s *Programme) ToMove(ctx context.Context, d PlaceDecision) (n int, err error) {
	codes := d.Gone()
	switch d.State(roster.Day(s.Now())) {
	case "waits":
		return 0, nil
	case "undone":
		codes = s.Places.Made(d.PlaceChange)
	}
	for _, code := range codes {
		if _, now := s.Places.Commune(code); now { // another decision has made it since
			continue
		}
		q := store.Where(store.Is("commune", code)).By("sort")
		err = store.Each(ctx, s.Store, roster.PersonKind, q, func(p roster.Person) error {
			if p.Active && p.Gone == "" {
				n++
			}
			return nil
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// SettleChange brings the people of a decision in line with it, or with its undoing. What fails or is cut off is done
// by SettlePlaces.
func (s *Programme) SettleChange(ctx context.Context, d PlaceDecision) {
	codes := d.Sources()
	if !d.UndoneAt.IsZero() {
		codes = d.Targets()
	}
	if err := s.settlePlaces(ctx, codes, nil); err != nil && ctx.Err() == nil {
		s.Log.Error("people not brought in line with a change of places", "change", d.ID, "error", err.Error())
	}
}
