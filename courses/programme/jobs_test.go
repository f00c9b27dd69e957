package programme

import (
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/school"
	"lopban/courses/store"
)

// What was refused is kept for its term and not longer; without a term for ever.
func TestRefusalsAreForgottenAfterTheirTerm(t *testing.T) {
	o := newOffice(t)
	var job Job
	for _, j := range Timetable {
		if j.Name == "refusals" {
			job = j
		}
	}
	for id, at := range map[string]time.Time{"P/old": o.clock.AddDate(-3, 0, 0), "P/young": o.clock.AddDate(-1, 0, 0)} {
		if err := o.Store.Insert(t.Context(), school.RefusalKind, &courses.Refusal{ID: id, Person: "P", Reason: "fact-id", RecordedAt: store.Time(at)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		term time.Duration
		left int
	}{{0, 2}, {2 * 365 * 24 * time.Hour, 1}} {
		o.refusals, o.clock = c.term, o.clock.Add(25*time.Hour)
		if err := o.Job(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		if left, err := store.All[courses.Refusal](t.Context(), o.Store, school.RefusalKind, store.Query{}); err != nil || len(left) != c.left {
			t.Errorf("term %v: %+v %v", c.term, left, err)
		}
	}
}
