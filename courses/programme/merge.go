package programme

import (
	"context"
	"errors"
	"slices"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Merge says that two entries are one person, and brings accounts, sessions and the board in line: facts and
// certificates of the one that goes are the other's. details are what the person is called; nil for what the entry that
// is kept says, or where it says nothing, the other. It may be repeated.
func (s *Programme) Merge(ctx context.Context, gone, kept string, details *roster.Details, by string) (roster.Person, error) {
	from, err := s.Roll.Person(ctx, gone)
	if err != nil {
		return roster.Person{}, err
	}
	to, err := s.Roll.Person(ctx, kept)
	if err != nil {
		return roster.Person{}, err
	}
	if details == nil {
		details = &roster.Details{Name: to.Name, Phone: either(to.Phone, from.Phone), Post: either(to.Post, from.Post), Kind: to.Kind}
	}
	p, err := s.Roll.Merge(ctx, gone, kept, *details, by)
	if err != nil {
		return p, err
	}
	told, err := s.joined(ctx, gone, roster.Joins)
	if err != nil || told.At.IsZero() {
		return p, err
	}
	if err := s.Accounts.Join(ctx, from, p); err != nil {
		return p, err
	}
	if from.Quiet && !p.Quiet { // who does not want to be called stays uncalled
		if p, err = store.Update(ctx, s.Store, roster.PersonKind, kept, func(p *roster.Person) error { p.Quiet = true; return nil }); err != nil {
			return p, err
		}
	}
	if err := s.relate(ctx, gone, kept); err != nil {
		return p, err
	}
	told.Action, told.Subject, told.Province, told.Note, told.Changes = "person.merge", kept, p.Province, from.Name+" ("+gone+")", ChangesOf(to, p)
	return p, s.Tell(ctx, told)
}

// joined begins the entry of the trail that tells of the last time that a person was joined or parted; zero where it
// was told, and so everything that follows was done.
func (s *Programme) joined(ctx context.Context, gone string, event roster.DetailEvent) (AuditEntry, error) {
	all, err := s.Roll.Details(ctx, gone)
	for _, d := range slices.Backward(all) {
		if err == nil && d.Event == event {
			e := AuditEntry{ID: "person-" + d.ID, By: d.By, At: d.RecordedAt}
			_, err = store.Get[AuditEntry](ctx, s.Store, AuditKind, e.ID)
			if errors.Is(err, problem.ErrNotFound) {
				return e, nil
			}
			break
		}
	}
	return AuditEntry{}, err
}

// Part undoes Merge and gives back the entry that was gone.
func (s *Programme) Part(ctx context.Context, gone, by string) (roster.Person, error) {
	if p, err := s.Roll.Kept(ctx, gone); err == nil && p.Erased {
		return p, problem.Invalid("", "person.erased")
	}
	from, kept, err := s.Roll.Part(ctx, gone, by)
	if err != nil {
		return from, err
	}
	told, err := s.joined(ctx, gone, roster.Parts)
	if err != nil || told.At.IsZero() {
		return from, err
	}
	if err := s.Accounts.Part(ctx, gone); err != nil {
		return from, err
	}
	if err := s.relate(ctx, gone, kept.ID); err != nil {
		return from, err
	}
	told.Action, told.Subject, told.Province, told.Note = "person.part", gone, from.Province, kept.Name+" ("+kept.ID+")"
	return from, s.Tell(ctx, told)
}

// relate brings the board and the sessions of people in line with who they are.
func (s *Programme) relate(ctx context.Context, people ...string) error {
	s.Entries.Forget()
	for _, id := range people {
		p, err := s.Roll.Person(ctx, id)
		if err == nil {
			err = s.RefreshPerson(ctx, p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// ChangesOf are the details of a person before and after, for the audit trail.
func ChangesOf(was, is roster.Person) []intake.Change {
	return Changed([]intake.Change{{Field: intake.FieldName, Old: was.Name, New: is.Name}, {Field: intake.FieldPhone, Old: was.Phone, New: is.Phone}, {Field: intake.FieldPost, Old: was.Post, New: is.Post},
		{Field: intake.FieldKind, Old: was.Kind, New: is.Kind}, {Field: intake.FieldLibrary, Old: was.Library, New: is.Library}, {Field: intake.FieldCommune, Old: was.Commune, New: is.Commune}}...)
}

// Changed are those of the changes that change something.
func Changed(all ...intake.Change) []intake.Change {
	return slices.DeleteFunc(all, func(c intake.Change) bool { return c.Old == c.New })
}

// CertificatesOf counts the certificates of a person, under every entry of theirs.
func (s *Programme) CertificatesOf(ctx context.Context, id string) (int, error) {
	p, err := s.Roll.Person(ctx, id)
	if errors.Is(err, problem.ErrNotFound) {
		return 0, nil
	}
	n := 0
	for _, id := range p.IDs() {
		if err != nil {
			break
		}
		var groups []store.Group
		if groups, err = s.Store.Count(ctx, school.CertificateKind, store.Where(store.Is("person", id))); err == nil {
			n += groups[0].N
		}
	}
	return n, err
}
