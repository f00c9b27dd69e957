package duty_test

import (
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/school"
	"lopban/courses/store"
)

// What was refused is kept for its term and not longer; without a term for ever.
func TestRefusalsAreForgottenAfterTheirTerm(t *testing.T) {
	st, _ := openSQLite(t)
	o := newTown(t, st)
	for id, at := range map[string]time.Time{"P/old": o.clock.AddDate(-3, 0, 0), "P/young": o.clock.AddDate(-1, 0, 0)} {
		o.must(st.Insert(t.Context(), school.RefusalKind, &courses.Refusal{ID: id, Person: "P", Reason: "fact-id", RecordedAt: store.Time(at)}))
	}
	for _, c := range []struct {
		term time.Duration
		left int
	}{{0, 2}, {2 * 365 * 24 * time.Hour, 1}} {
		o.KeepRefusals = c.term
		o.must(o.Settle(t.Context()))
		if left, err := store.All[courses.Refusal](t.Context(), st, school.RefusalKind, store.Query{}); err != nil || len(left) != c.left {
			t.Errorf("term %v: %+v %v", c.term, left, err)
		}
	}
}
