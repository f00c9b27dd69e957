package people

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/server/page"
)

type mergePage struct {
	page.Frame
	Person  roster.Person // whose page it was
	Text    string
	Found   []sideRow // of the province: to choose from
	Sides   []sideRow // both, once one is chosen: the first is kept
	Other   roster.Person
	Form    personForm
	Kinds   []string
	Open    string
	Fault   *page.FormFault
	Flipped bool
	Own     []string // numbers of the trainings that the one accepted for the other
}

// MergePage lets somebody choose who else an entry is, and shows both side by side.
func (s *Pages) MergePage(c *fiber.Ctx) error { return s.showMerge(c, nil) }

func (s *Pages) showMerge(c *fiber.Ctx, fault *page.FormFault) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	shown := mergePage{Frame: s.Frame(c, s.WordsOf(c).T("merge.title")), Person: p, Text: strings.TrimSpace(c.FormValue("q")), Kinds: roster.LibraryKinds, Open: "merge", Fault: fault}
	if id := c.FormValue("other"); id != "" {
		if shown.Other, err = s.alsoChanged(c, roster.Person{}, id); err != nil {
			return err
		}
		kept, gone := p, shown.Other
		if shown.Flipped = c.FormValue("keep") == shown.Other.ID; shown.Flipped {
			kept, gone = gone, kept
		}
		for _, of := range []roster.Person{kept, gone} {
			side, err := s.sideOf(c.UserContext(), of)
			if err != nil {
				return err
			}
			shown.Sides = append(shown.Sides, side)
		}
		own, err := ownRulings(c.UserContext(), s.School, kept, gone)
		if err != nil {
			return err
		}
		for _, t := range own {
			shown.Own = append(shown.Own, t.Ruling.Shown())
		}
		shown.Form = personForm{Name: kept.Name, Phone: cmp.Or(kept.Phone, gone.Phone), Post: cmp.Or(kept.Post, gone.Post), Kind: kept.Kind}
		if fault != nil {
			shown.Form = readPersonForm(c)
		}
		return s.Page(c, "merge", shown)
	}
	text := shown.Text
	if text == "" {
		text = p.Name
	}
	found, err := s.Roll.People(c.UserContext(), roster.Filter{Province: p.Province, Text: text, Left: true, Limit: 20})
	if err != nil {
		return err
	}
	for _, other := range found.People {
		if other.ID == p.ID {
			continue
		}
		side, err := s.sideOf(c.UserContext(), other)
		if err != nil {
			return err
		}
		shown.Found = append(shown.Found, side)
	}
	return s.Page(c, "merge", shown)
}

func (s *Pages) sideOf(ctx context.Context, p roster.Person) (sideRow, error) {
	side := sideRow{Person: p.ID, Active: p.Active, Place: s.CommuneName(p.Commune), Entry: roster.Entry{Name: p.Name, Phone: p.Phone, Post: p.Post, Library: p.Library, Kind: p.Kind, Commune: p.Commune, On: p.Since}}
	var err error
	side.Certificates, err = s.CertificatesOf(ctx, p.ID)
	return side, err
}

// alsoChanged is the second person of a merge, who must be the visitor's to change too. Somebody else is not found, nor
// who is gone, but for an entry that was joined to the first one: the button may be pressed again.
func (s *Pages) alsoChanged(c *fiber.Ctx, first roster.Person, id string) (roster.Person, error) {
	id, _ = roster.ParseID(id)
	p, err := s.Roll.Person(c.UserContext(), id)
	if err == nil && (!roster.MayEditRoster(*page.VisitorOf(c).Account, p.Province) || p.Gone != "" && (p.Gone != roster.Joined || p.Into != first.ID)) {
		err = store.NotFound(roster.PersonKind, id)
	}
	return p, err
}

// MergePeople joins two entries. An account that is more than a learner's is merged by an administrator alone: signing
// in to one would be a way into the other.
func (s *Pages) MergePeople(c *fiber.Ctx) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	other, err := s.alsoChanged(c, p, c.FormValue("other"))
	if err != nil {
		return err
	}
	kept, gone := p, other
	if c.FormValue("keep") == other.ID {
		kept, gone = gone, kept
	}
	for _, id := range []string{p.ID, other.ID} {
		a, err := store.Get[roster.Account](c.UserContext(), s.Store, roster.AccountKind, id)
		if err == nil && !roster.MayManageAccount(*page.VisitorOf(c).Account, a, p.Province) {
			err = problem.Denied("not-yours")
		}
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return err
		}
	}
	f := readPersonForm(c)
	_, err = s.Merge(c.UserContext(), gone.ID, kept.ID, &roster.Details{Name: f.Name, Phone: f.Phone, Post: f.Post, Kind: f.Kind}, page.VisitorID(c))
	if err != nil {
		fault, err := s.RosterFault(c, err)
		if err != nil {
			return err
		}
		return s.showMerge(c, fault)
	}
	return page.SeeOther(c, "/roster/"+kept.ID+"?done=person-merge")
}

// PartPeople takes a merge back.
func (s *Pages) PartPeople(c *fiber.Ctx) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	if _, err := s.Part(c.UserContext(), p.ID, page.VisitorID(c)); err != nil {
		return err
	}
	return page.SeeOther(c, "/roster/"+p.ID+"?done=person-part")
}

// Strike takes an entry that was made by mistake off the roster.
func (s *Pages) Strike(c *fiber.Ctx) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	var learnt bool
	if learnt, err = s.Learnt(c.UserContext(), p); err == nil && learnt {
		err = problem.Invalid("", "person.learnt", p.Name)
	}
	if err == nil {
		p, err = s.Roll.Strike(c.UserContext(), p.ID, c.FormValue("reason"), page.VisitorID(c))
	}
	if err != nil {
		return s.personFailed(c, "strike", err)
	}
	return s.shut(c, p, true, "strike", roster.Clean(c.FormValue("reason")))
}

// Restore undoes strike.
func (s *Pages) Restore(c *fiber.Ctx) error {
	p, err := s.changedPerson(c)
	if err == nil {
		p, err = s.Roll.Restore(c.UserContext(), p.ID, page.VisitorID(c))
	}
	if err != nil {
		return s.personFailed(c, "restore", err)
	}
	return s.shut(c, p, false, "restore", "")
}

// shut locks or opens the account of an entry that is struck out or comes back, and leads to its page.
func (s *Pages) shut(c *fiber.Ctx, p roster.Person, locked bool, action, note string) error {
	_, err := store.Update(c.UserContext(), s.Store, roster.AccountKind, p.ID, func(a *roster.Account) error {
		if a.Disabled != locked {
			a.Disabled = locked
			a.Session++
		}
		return nil
	})
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	if err := s.RefreshPerson(c.UserContext(), p); err != nil {
		return err
	}
	if err := s.TellAct(c, programme.AuditEntry{Action: "person." + action, Subject: p.ID, Province: p.Province, Note: note}); err != nil {
		return err
	}
	return page.SeeOther(c, "/roster/"+p.ID+"?done=person-"+action)
}

// ownRulings are the trainings elsewhere that a person accepted for themselves, if two entries are one person: nobody
// could know that then, the trainings count, and a second person has to look at them again.
func ownRulings(ctx context.Context, sch *school.School, a, b roster.Person) ([]school.Trained, error) {
	ids := append(a.IDs(), b.IDs()...)
	var own []school.Trained
	for _, id := range []string{a.ID, b.ID} {
		all, err := sch.TrainingsOf(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, t := range all {
			if t.Ruling != nil && t.Ruling.Accepted && t.Revocation == nil && slices.Contains(ids, t.Ruling.By) {
				own = append(own, t)
			}
		}
	}
	return own, nil
}
