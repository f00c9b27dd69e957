package programme

import (
	"context"
	"errors"
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

// stands says what stands on what an import said of somebody: what they learnt, an account that they opened, or a
// certificate that was issued since with the name or the place.
func (s *Programme) stands(ctx context.Context, u intake.Undoing, since time.Time) (string, error) {
	if !u.Removes {
		if !u.Printed() {
			return "", nil
		}
		for _, id := range u.Was.IDs() {
			all, err := store.All[courses.Certificate](ctx, s.Store, school.CertificateKind, store.Where(store.Is("person", id)))
			if err != nil {
				return "", err
			}
			for _, c := range all {
				if !c.IssuedAt.Before(since) {
					return intake.Certificate, nil
				}
			}
		}
		return "", nil
	}
	if learnt, err := s.Learnt(ctx, u.Was); err != nil || learnt {
		return intake.Learnt, err
	}
	a, err := store.Get[roster.Account](ctx, s.Store, roster.AccountKind, u.Was.ID)
	if errors.Is(err, problem.ErrNotFound) || err == nil && a.Hash == "" {
		return "", nil
	}
	return intake.HasAccount, err
}

// Learnt says whether a person has begun a course, holds a certificate or was trained elsewhere, under any of their
// entries.
func (s *Programme) Learnt(ctx context.Context, p roster.Person) (bool, error) {
	for _, id := range p.IDs() {
		for _, k := range []*store.Kind{school.EnrolmentKind, school.CertificateKind, school.TrainingKind} {
			groups, err := s.Store.Count(ctx, k, store.Where(store.Is("person", id)))
			if err != nil || groups[0].N > 0 {
				return groups != nil && groups[0].N > 0, err
			}
		}
	}
	return false, nil
}

// PlanUndo finds what undoing an import would change. It is for whoever may change the roster of its province.
func (s *Programme) PlanUndo(ctx context.Context, id string) (intake.Undo, error) {
	return intake.PlanUndo(ctx, s.Roll, id, s.stands)
}

// UndoImport undoes an import as planned, and brings the board and the names of accounts in line. It may be interrupted
// and repeated: a new plan then has what is left. progress counts two steps for each person, is called from one
// goroutine at a time, and may be nil.
func (s *Programme) UndoImport(ctx context.Context, plan intake.Undo, by string, progress func(done, total int)) error {
	if progress == nil {
		progress = func(int, int) {}
	}
	removed, changed, kept := plan.Count()
	total := removed + changed
	people, err := plan.Do(ctx, s.Roll, by, func(done, _ int) { progress(done, 2*total) })
	if err != nil {
		return err
	}
	var done atomic.Int64
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(32)
	for _, id := range people {
		g.Go(func() error {
			p, err := s.Roll.Person(inner, id)
			if err == nil {
				err = s.RefreshPerson(inner, p)
			}
			done.Add(1)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	progress(2*total, 2*total)
	_, err = store.Update(ctx, s.Store, UploadKind, plan.Import.ID, func(u *Upload) error {
		if u.State != "undoing" { // at the console
			u.State = map[bool]string{true: "half-undone", false: "undone"}[kept > 0]
		}
		return nil
	})
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	return s.Tell(ctx, AuditEntry{By: by, Action: "roster.undo", Subject: plan.Import.ID, Province: plan.Import.Province, Note: s.Languages.In("vi").T("audit.undo.note", plan.Import.File, removed, changed, kept)})
}

// RunUndo undoes an import. When that fails, or the server stops, it waits to be gone on with.
func (s *Programme) RunUndo(ctx context.Context, u Upload, by string) {
	s.run(ctx, u, "half-undone", func(ctx context.Context, done *atomic.Int64) (func(*Upload), error) {
		plan, err := s.PlanUndo(ctx, u.ID)
		if err != nil {
			return nil, err
		}
		if err := s.UndoImport(ctx, plan, by, func(steps, _ int) { done.Store(int64(steps)) }); err != nil {
			return nil, err
		}
		if err := s.Store.Delete(ctx, SheetKind, u.ID); err != nil && !errors.Is(err, problem.ErrNotFound) {
			return nil, err
		}
		return func(now *Upload) {
			now.State, now.Done = "undone", now.Total
			if _, _, kept := plan.Count(); kept > 0 {
				now.State = "half-undone"
			}
		}, nil
	})
}
