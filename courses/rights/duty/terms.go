package duty

import (
	"context"

	"lopban/courses"
	"lopban/courses/school"
	"lopban/courses/store"
)

// forgetRefusals removes what was refused of people's learning when its term is over: somebody had the time to look.
func (d *Desk) forgetRefusals(ctx context.Context) error {
	if d.KeepRefusals <= 0 {
		return nil
	}
	const some = 10_000 // the rest the next time
	q := store.Where(store.Less("recordedAt", store.Time(d.Now().Add(-d.KeepRefusals)))).By("recordedAt").First(some)
	old, err := store.All[courses.Refusal](ctx, d.Store, school.RefusalKind, q)
	for _, r := range old {
		if err == nil {
			err = d.remove(ctx, school.RefusalKind, &r)
		}
	}
	return err
}
