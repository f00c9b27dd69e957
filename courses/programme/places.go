package programme

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/school"
	"lopban/courses/store"
)

// LearnPlaces reads what decisions have made of the places, also by other processes, and which of them hold today.
func (s *Programme) LearnPlaces(ctx context.Context) error {
	all, err := roster.Changes(ctx, s.Store)
	if err == nil {
		s.Places.Learn(all, roster.Day(s.Now()))
	}
	return err
}

// PlacePlan is what a decision would do: nothing is written before ChangePlaces.
type PlacePlan struct {
	*roster.Reform
	Moves   []Move     // people who hold a post in a commune that becomes another, by commune and name
	Divided []Division // libraries of which it must be said in which commune they are
}

// Move is somebody whose commune becomes another. To is empty where that has to be said first.
type Move struct {
	Person   roster.Person
	From, To roster.Commune
}

// Division is a library of a commune that is divided.
type Division struct {
	Home    string // see roster.Home
	Library string
	Commune roster.Commune
	People  int
	Choices []roster.Commune
	Chosen  string // code, "" where it is not said
}

// Open counts the libraries of which it is not said in which commune they are.
func (p *PlacePlan) Open() int {
	n := 0
	for _, d := range p.Divided {
		if d.Chosen == "" {
			n++
		}
	}
	return n
}

// PlanPlaces reads what a decision changes, and who moves with it. homes says of libraries of communes that are divided
// where they are.
func (s *Programme) PlanPlaces(ctx context.Context, units *intake.Units, decision string, on time.Time, homes map[string]string) (*PlacePlan, error) {
	if err := s.LearnPlaces(ctx); err != nil {
		return nil, err
	}
	reform, err := s.Places.Plan(units.Rows, decision, on, units.File, units.Key)
	if err != nil {
		return nil, err
	}
	p := &PlacePlan{Reform: reform}
	for home, code := range homes {
		if err := p.Change.Answer(home, code); err != nil {
			return nil, err
		}
	}
	if len(p.Faults) > 0 {
		return p, nil
	}
	for _, code := range p.Change.Sources() {
		if err := planCommune(ctx, s.Store, p, code); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// planCommune adds the people of a commune.
func planCommune(ctx context.Context, st store.Store, p *PlacePlan, code string) error {
	from := p.Old(code)
	next := map[string]roster.Commune{}
	for _, u := range p.Change.Units {
		next[u.New.Code] = u.New
	}
	libraries := map[string]*Division{}
	first := len(p.Moves)
	err := store.Each(ctx, st, roster.PersonKind, store.Where(store.Is("commune", code)).By("sort"), func(person roster.Person) error {
		if person.Gone != "" {
			return nil
		}
		to := p.Change.Becomes(code, person.Library)
		if now := p.Change.Now(code); len(now) > 1 { // also of those who have left: they counted once
			home := roster.Home(code, person.Library)
			d := libraries[home]
			if d == nil {
				d = &Division{Home: home, Library: person.Library, Commune: from, Chosen: to}
				for _, c := range now {
					d.Choices = append(d.Choices, next[c])
				}
				libraries[home] = d
			}
			if person.Active {
				d.People++
			}
		}
		if person.Active && to != code {
			p.Moves = append(p.Moves, Move{person, from, next[to]})
		}
		return nil
	})
	slices.SortStableFunc(p.Moves[first:], func(a, b Move) int { return cmp.Compare(a.Person.Sort, b.Person.Sort) })
	for _, d := range libraries {
		p.Divided = append(p.Divided, *d)
	}
	slices.SortFunc(p.Divided, func(a, b Division) int { return cmp.Compare(a.Home, b.Home) })
	return err
}

// ChangePlaces keeps what was planned, and brings people and board in line where the day has come. Until then it waits:
// SettlePlaces does it. It may be interrupted and repeated; progress may be nil.
func (s *Programme) ChangePlaces(ctx context.Context, p *PlacePlan, by string, progress func(done, total int)) error {
	if err := s.DecidePlaces(ctx, p, by); err != nil {
		return err
	}
	return s.settlePlaces(ctx, p.Change.Sources(), progress)
}

// DecidePlaces keeps what was planned. The people are still to be brought in line with it.
func (s *Programme) DecidePlaces(ctx context.Context, p *PlacePlan, by string) error {
	switch {
	case len(p.Faults) > 0:
		return problem.Invalid("file", "places.faults", len(p.Faults))
	case p.Open() > 0:
		return problem.Invalid("homes", "places.open", p.Open())
	}
	fact := p.Change
	fact.By, fact.RecordedAt = by, store.Time(s.Now())
	if err := keepChange(ctx, s.Store, fact); err != nil {
		return err
	}
	if err := s.LearnPlaces(ctx); err != nil {
		return err
	}
	note := s.Languages.In("vi").T("audit.places.note", fact.Decision, fact.On.Format("02/01/2006"), len(fact.Sources()), len(p.Moves))
	return s.Tell(ctx, AuditEntry{ID: "places-" + fact.ID, By: by, Action: "places.change", Subject: fact.ID, Note: note})
}

// keepChange inserts a change. One that is kept already is gone on with, if it says the same of every library.
func keepChange(ctx context.Context, st store.Store, fact roster.PlaceChange) error {
	err := st.Insert(ctx, roster.PlaceChangeKind, &fact)
	if !errors.Is(err, problem.ErrExists) {
		return err
	}
	kept, err := store.Get[roster.PlaceChange](ctx, st, roster.PlaceChangeKind, fact.ID)
	if err == nil && !maps.Equal(kept.Homes, fact.Homes) {
		err = &problem.Problem{Kind: problem.ErrExists, Code: "places.known", Field: "file", Args: []any{kept.Decision}}
	}
	return err
}

// settlePlaces makes the people of communes anew from the facts, and where they stand.
func (s *Programme) settlePlaces(ctx context.Context, communes []string, progress func(done, total int)) error {
	var people []string
	for _, code := range communes {
		err := store.Each(ctx, s.Store, roster.PersonKind, store.Where(store.Is("commune", code)).By("sort"), func(p roster.Person) error {
			people = append(people, p.ID)
			return nil
		})
		if err != nil {
			return err
		}
	}
	var done atomic.Int64
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(refreshAtOnce)
	for _, id := range people {
		g.Go(func() error {
			_, err := s.Roll.Refresh(inner, id)
			if err == nil {
				err = s.Board.RefreshStanding(inner, id)
			}
			if n := done.Add(1); progress != nil && err == nil {
				progress(int(n), len(people))
			}
			return err
		})
	}
	return g.Wait()
}

// SettlePlaces brings people in line with the changes whose day has come, or that were recorded, since it was last
// done: a store may have stood still since, or come from a backup.
func (s *Programme) SettlePlaces(ctx context.Context) error {
	if err := s.LearnPlaces(ctx); err != nil {
		return err
	}
	all, err := roster.Changes(ctx, s.Store)
	if err != nil {
		return err
	}
	since, err := doneAt(ctx, s.Store, "places")
	if err != nil {
		return err
	}
	today := roster.Day(s.Now())
	if since.After(s.Now()) {
		since = s.Now()
	}
	since = since.Add(-24 * time.Hour) // what another process was about, and clocks that differ
	byID := map[string]roster.PlaceChange{}
	for _, c := range all {
		byID[c.ID] = c
	}
	for _, c := range all {
		switch {
		case c.Undoes != "" && c.RecordedAt.After(since):
			err = s.settlePlaces(ctx, byID[c.Undoes].Targets(), nil)
		case c.Undoes == "" && !c.On.After(today) && (!c.On.Before(roster.Day(since)) || c.RecordedAt.After(since)):
			err = s.settlePlaces(ctx, c.Sources(), nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// PlaceStands is what stands on a change of places, so that it cannot be undone. Codes are keys of messages,
// "places.stands." and the code.
type PlaceStands struct {
	Code string // "change", "posting" or "certificate"
	Of   string // the decision, or the person's name
}

// PlanUndoPlaces says what stands on a change; nothing where it can be undone. A change that is not kept, or is undone,
// is ErrNotFound.
func (s *Programme) PlanUndoPlaces(ctx context.Context, id string) (roster.PlaceChange, []PlaceStands, error) {
	if err := s.LearnPlaces(ctx); err != nil {
		return roster.PlaceChange{}, nil, err
	}
	change, holds := s.Places.Holds(id)
	if !holds {
		return change, nil, store.NotFound(roster.PlaceChangeKind, id)
	}
	var stands []PlaceStands
	for _, later := range s.Places.Upon(change) {
		stands = append(stands, PlaceStands{"change", later.Decision})
	}
	posted, err := s.postedSince(ctx, change)
	if err != nil {
		return change, nil, err
	}
	certified, err := s.certifiedSince(ctx, change)
	return change, slices.Concat(stands, posted, certified), err
}

// postedSince finds people who were entered since in a commune that the change made.
func (s *Programme) postedSince(ctx context.Context, change roster.PlaceChange) (stands []PlaceStands, err error) {
	made := s.Places.Made(change)
	if len(made) == 0 {
		return nil, nil
	}
	var ids []string
	q := store.Where(store.AtLeast("recordedAt", change.RecordedAt)).By("recordedAt")
	err = store.Each(ctx, s.Store, roster.PostingKind, q, func(p roster.Posting) error {
		if slices.Contains(made, p.Commune) && !slices.Contains(ids, p.Person) {
			if ids = append(ids, p.Person); len(ids) == mostStands {
				return store.Stop
			}
		}
		return nil
	})
	for _, id := range ids {
		if err == nil {
			var p roster.Person
			p, err = s.Roll.Person(ctx, id)
			stands = append(stands, PlaceStands{"posting", p.Name})
		}
	}
	return stands, err
}

const mostStands = 20 // that are named

// certifiedSince finds people who moved with the change and whose certificates, issued since, say where. It reads the
// certificates of the people of the communes that the change made, and of nobody else.
func (s *Programme) certifiedSince(ctx context.Context, change roster.PlaceChange) (stands []PlaceStands, err error) {
	since := change.RecordedAt
	if day := change.On.Add(-7 * time.Hour); day.After(since) { // midnight in Việt Nam
		since = day
	}
	people := map[string]roster.Person{}
	look := func() error {
		certified, err := certified(ctx, s.Store, slices.Sorted(maps.Keys(people)), since)
		for _, id := range certified {
			if err != nil || len(stands) == mostStands {
				break
			}
			var moved bool
			if moved, err = hasMoved(ctx, s.Roll, id, change); moved {
				stands = append(stands, PlaceStands{"certificate", people[id].Name})
			}
		}
		clear(people)
		if err == nil && len(stands) == mostStands {
			err = store.Stop
		}
		return err
	}
	for _, commune := range change.Targets() {
		err := store.Each(ctx, s.Store, roster.PersonKind, store.Where(store.Is("commune", commune)).By("sort"), func(p roster.Person) error {
			if people[p.ID] = p; len(people) < roster.Together {
				return nil
			}
			return look()
		})
		if err == nil {
			err = look()
		}
		if errors.Is(err, store.Stop) {
			break
		}
		if err != nil {
			return stands, err
		}
	}
	return stands, nil
}

// certified are those of some people to whom a certificate was issued since.
func certified(ctx context.Context, st store.Store, people []string, since time.Time) ([]string, error) {
	if len(people) == 0 {
		return nil, nil
	}
	var ids []string
	err := store.Each(ctx, st, school.CertificateKind, store.Where(store.Among("person", people)).By("person"), func(c courses.Certificate) error {
		if !c.IssuedAt.Before(since) {
			ids = append(ids, c.Person)
		}
		return nil
	})
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// hasMoved says whether somebody has worked in a commune that a change made another of.
func hasMoved(ctx context.Context, roll *roster.Roll, person string, change roster.PlaceChange) (bool, error) {
	postings, err := roll.Postings(ctx, person)
	return slices.ContainsFunc(postings, func(f roster.Posting) bool { return slices.Contains(change.Sources(), f.Commune) }), err
}

// UndoPlaces says that a change does not hold, and brings people and board in line; what of that is cut off,
// SettlePlaces does. What stands on it is a *problem.Problem.
func (s *Programme) UndoPlaces(ctx context.Context, id, by string, progress func(done, total int)) error {
	change, err := s.RecallPlaces(ctx, id, by)
	if err != nil {
		return err
	}
	return s.settlePlaces(ctx, change.Targets(), progress)
}

// RecallPlaces says that a change does not hold. The people are still to be brought in line with that. What stands on
// it is a *problem.Problem.
func (s *Programme) RecallPlaces(ctx context.Context, id, by string) (PlaceDecision, error) {
	change, stands, err := s.PlanUndoPlaces(ctx, id)
	d := PlaceDecision{change, store.Time(s.Now()), by}
	if err != nil {
		return d, err
	}
	if len(stands) > 0 {
		var names []string
		for _, w := range stands {
			names = append(names, w.Of)
		}
		return d, problem.Invalid("", "places.stands", strings.Join(names, ", "))
	}
	undo := roster.PlaceChange{ID: id + "/undo", Undoes: id, On: change.On, By: by, RecordedAt: d.UndoneAt}
	if err := s.Store.Insert(ctx, roster.PlaceChangeKind, &undo); err != nil && !errors.Is(err, problem.ErrExists) {
		return d, err
	}
	if err := s.LearnPlaces(ctx); err != nil {
		return d, err
	}
	return d, s.Tell(ctx, AuditEntry{ID: "places-" + undo.ID, By: by, Action: "places.undo", Subject: id, Note: change.Decision})
}
