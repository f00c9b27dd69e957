package school

import (
	"context"
	"slices"

	"lopban/courses"
	"lopban/courses/store"
)

// Statistics reads the newest learners who began with a version and says how it teaches; begun is how many there are in
// all.
func (s *School) Statistics(ctx context.Context, v *courses.Version) (f courses.Statistics, begun int, err error) {
	u, err := keptUptake(ctx, s.Store, s.Now())
	if err != nil {
		return f, 0, err
	}
	since, err := s.Store.Count(ctx, EnrolmentKind, store.Where(store.Is("version", v.ID), store.AtLeast("recordedAt", u.Before)))
	if err != nil {
		return f, 0, err
	}
	newest, err := s.Course(ctx, v.Course)
	if err != nil {
		return f, 0, err
	}
	enrolments, err := store.All[courses.Enrolment](ctx, s.Store, EnrolmentKind, store.Where(store.Is("version", v.ID)).By("-recordedAt").First(courses.TrailsRead))
	if err != nil {
		return f, 0, err
	}
	trails, err := s.trails(ctx, enrolments, v.Number < newest.Number)
	if err != nil {
		return f, 0, err
	}
	return courses.NewStatistics(v, trails, s.Now()), u.Begun[v.ID] + since[0].N, nil
}

// trails reads what was done under enrolments, of all of them together.
func (s *School) trails(ctx context.Context, enrolments []courses.Enrolment, mayMove bool) ([]courses.Trail, error) {
	trails, ids, at := make([]courses.Trail, len(enrolments)), []string{}, map[string]*courses.Trail{}
	for i, e := range enrolments {
		trails[i].Enrolment, ids, at[e.ID] = e, append(ids, e.ID), &trails[i]
	}
	trail := func(enrolment string) *courses.Trail { // of ids that begin alike some are of others
		if t := at[enrolment]; t != nil {
			return t
		}
		return &courses.Trail{}
	}
	var err error
	if mayMove {
		err = some(ctx, s.Store, AdvanceKind, "id", ids, store.BeginsAny, func(a courses.Advance) { trail(a.Enrolment).Moved = true })
	}
	if err == nil {
		err = some(ctx, s.Store, CompletionKind, "id", ids, store.BeginsAny, func(c courses.Completion) {
			t := trail(c.Enrolment)
			t.Completions = append(t.Completions, c)
		})
	}
	if err == nil {
		err = some(ctx, s.Store, AttemptKind, "enrolment", ids, store.Among, func(a courses.Attempt) {
			t := trail(a.Enrolment)
			t.Attempts = append(t.Attempts, a)
		})
	}
	for i := range trails {
		all := trails[i].Attempts
		slices.SortStableFunc(all, func(a, b courses.Attempt) int { return a.RecordedAt.Compare(b.RecordedAt) })
		trails[i].Attempts = slices.Clone(all[:min(len(all), courses.AttemptsRead)])
	}
	return trails, err
}
