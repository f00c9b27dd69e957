package desk

import (
	"context"
	"errors"
	"slices"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/school"
	"lopban/courses/store"
)

// What a courses.Flaw of the desk says.
const (
	NoEdits     = "does not follow from its edits"
	RevGap      = "comes after a revision that is not there"
	EventGap    = "comes after an event that is not there"
	OfferDiffer = "is retired, or offered, against the last event that says so"
)

// Check looks at every edit, draft and event, and calls each with what is wrong. With rebuild it makes drafts and
// offers anew that do not follow from their facts.
func (d *Desk) Check(ctx context.Context, rebuild bool, each func(school.Flaw)) error {
	open, err := d.checkEvents(ctx, rebuild, each)
	if err != nil {
		return err
	}
	last := Edit{}
	err = store.Each(ctx, d.Store, EditKind, store.Query{}, func(e Edit) error {
		want := 1
		if e.Course == last.Course && e.Path == last.Path {
			want = last.Rev + 1
		}
		if e.Rev != want || e.ID != editID(e.Course, e.Path, e.Rev) {
			each(school.Flaw{Kind: EditKind.Name, ID: e.ID, What: RevGap})
		}
		last = Edit{Course: e.Course, Path: e.Path, Rev: e.Rev}
		return nil
	})
	if err != nil {
		return err
	}
	drafts, err := d.Drafts(ctx)
	if err != nil {
		return err
	}
	for _, course := range drafts {
		if !slices.Contains(open, course) {
			open = append(open, course)
		}
	}
	for _, course := range open {
		if err := d.checkDraft(ctx, course, rebuild, each); err != nil {
			return err
		}
	}
	return nil
}

// checkEvents gives the courses that are open.
func (d *Desk) checkEvents(ctx context.Context, rebuild bool, each func(school.Flaw)) ([]string, error) {
	byCourse := map[string][]Editorial{}
	var open []string
	err := store.Each(ctx, d.Store, EditorialKind, store.Query{}, func(e Editorial) error {
		if n := len(byCourse[e.Course]); e.ID != eventID(e.Course, n+1) {
			each(school.Flaw{Kind: EditorialKind.Name, ID: e.ID, What: EventGap})
		}
		byCourse[e.Course] = append(byCourse[e.Course], e)
		if e.Kind == Opened && !slices.Contains(open, e.Course) {
			open = append(open, e.Course)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	listings, err := store.All[courses.Listing](ctx, d.Store, school.ListingKind, store.Query{})
	for _, l := range listings {
		if l.Retired() == (offered(byCourse[l.ID]) == Retired) {
			continue
		}
		each(school.Flaw{Kind: school.ListingKind.Name, ID: l.ID, What: OfferDiffer})
		if rebuild {
			do := d.School.Retire
			if l.Retired() {
				do = d.School.Restore
			}
			err = errors.Join(err, do(ctx, l.ID))
		}
	}
	return open, err
}

func (d *Desk) checkDraft(ctx context.Context, course string, rebuild bool, each func(school.Flaw)) error {
	want, err := d.fromEdits(ctx, course)
	if err != nil {
		return err
	}
	have, err := store.Get[Draft](ctx, d.Store, DraftKind, course)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	if have.ID == want.ID && have.equal(want) {
		return nil
	}
	each(school.Flaw{Kind: DraftKind.Name, ID: course, What: NoEdits})
	if rebuild {
		return store.Save(ctx, d.Store, DraftKind, course, want)
	}
	return nil
}

func (d Draft) equal(other Draft) bool {
	return d.Hash == other.Hash && d.UpdatedAt.Equal(other.UpdatedAt) && slices.EqualFunc(d.Files, other.Files, func(a, b DraftFile) bool {
		same := a.At.Equal(b.At)
		a.At = b.At
		return same && a == b
	})
}
