package programme

import (
	"context"
	"errors"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// begun is when a person can first have learned: when their account was made, or on the first day of their first post,
// whichever was later. Of somebody who was entered twice the earliest of each counts. Zero where nothing is known.
func (s *Programme) begun(ctx context.Context, person string) (time.Time, error) {
	ids, err := s.Entries.Of(ctx, person)
	if err != nil {
		return time.Time{}, err
	}
	var account, post time.Time
	first := func(at *time.Time, t time.Time) {
		if at.IsZero() || t.Before(*at) {
			*at = t
		}
	}
	for _, id := range ids {
		a, err := store.Get[roster.Account](ctx, s.Store, roster.AccountKind, id)
		if err == nil {
			first(&account, a.CreatedAt)
		} else if !errors.Is(err, problem.ErrNotFound) {
			return time.Time{}, err
		}
		postings, err := s.Roll.Postings(ctx, id)
		if err != nil {
			return time.Time{}, err
		}
		for _, p := range postings {
			first(&post, p.On)
		}
	}
	y, m, d := post.Date()
	// who learns before their post begins
	if post = time.Date(y, m, d, 0, 0, 0, 0, courses.Vietnam); post.After(account) && !post.After(s.Now()) {
		account = post
	}
	return account, nil
}
