package people

import (
	"context"
	"errors"

	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/server/page"
)

// saidRow is what was said of a person on a day, in words, and what it would be to say it again.
type saidRow struct {
	roster.Detail
	Changes []intake.Change
	By      string
	File    string // of the import that said it
	Undone  bool
	Before  personForm // all details as they were then
}

// aboutEntries tells what a person was called, and what became of their entries.
func (s *Pages) aboutEntries(ctx context.Context, shown *personPage, p roster.Person) error {
	details, err := s.Roll.Details(ctx, p.ID)
	if err != nil {
		return err
	}
	undone := map[string]bool{}
	for _, d := range details {
		switch d.Event {
		case roster.Undoes:
			undone[d.Import] = true
		case roster.Strikes:
			shown.StruckFor = d.Reason
		}
	}
	names := s.Namer(ctx)
	now := personForm{}
	for _, d := range details {
		if d.Event != roster.Says {
			continue
		}
		row := saidRow{Detail: d, By: names(d.By), Undone: d.Import != "" && undone[d.Import]}
		for _, f := range []struct {
			field intake.Field
			said  *string
			now   *string
		}{{intake.FieldName, d.Name, &now.Name}, {intake.FieldPhone, d.Phone, &now.Phone}, {intake.FieldPost, d.Post, &now.Post}, {intake.FieldKind, d.Kind, &now.Kind}} {
			if f.said != nil && *f.said != *f.now {
				row.Changes = append(row.Changes, intake.Change{Field: f.field, Old: *f.now, New: *f.said})
				if !row.Undone {
					*f.now = *f.said
				}
			}
		}
		row.Changes = page.ShownChanges(shown.Words, row.Changes)
		row.Before = now
		if u, err := store.Get[programme.Upload](ctx, s.Store, programme.UploadKind, d.Import); err == nil {
			row.File = u.File
		} else if !errors.Is(err, problem.ErrNotFound) {
			return err
		}
		shown.Said = append([]saidRow{row}, shown.Said...)
	}
	if p.Into != "" {
		if shown.Kept, err = s.Roll.Kept(ctx, p.ID); err != nil {
			return err
		}
	}
	for _, id := range p.IDs()[1:] {
		other, err := s.Roll.Person(ctx, id)
		if err != nil {
			return err
		}
		shown.Joined = append(shown.Joined, other)
	}
	return nil
}

// Outdated are the certificates of a person that have another name than the roster.
func (p personPage) Outdated() []school.Entry {
	if p.Erased {
		return nil
	}
	return programme.Outdated(p.Certificates, p.personRow.Name)
}
