package learn

import (
	"context"
	"encoding/json"
	"time"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/words"
)

// refusedRow is a fact that could not be counted, as a trainer sees it.
type refusedRow struct {
	Person roster.Person
	Course courses.Text
	Lesson string // its title where it is known
	Why    string
	At     time.Time
}

const (
	refusedShown  = 50                  // rows
	refusedRead   = 2000                // refusals that are looked through for them
	refusedAtOnce = 500                 // of them, whose people are looked up together
	refusedLife   = 60 * 24 * time.Hour // after which a trainer no longer sees one
)

// refused lists what was refused lately of the people whom an account teaches, the newest first, in courses by their
// ids.
func (s *Pages) refused(ctx context.Context, w words.Words, a roster.Account, newest map[string]*courses.Version) ([]refusedRow, error) {
	var rows []refusedRow
	var some []courses.Refusal
	look := func() error {
		ids := make([]string, len(some))
		for i, r := range some {
			ids[i] = r.Person
		}
		people, err := s.Roll.KeptOf(ctx, ids)
		for _, r := range some {
			if p, ok := people[r.Person]; ok && roster.MayTeach(a, p.Province) && len(rows) < refusedShown {
				rows = append(rows, newRefusedRow(w, p, r, newest))
			}
		}
		some = some[:0]
		return err
	}
	since := store.Where(store.AtLeast("recordedAt", s.Now().Add(-refusedLife))).By("-recordedAt").First(refusedRead)
	err := store.Each(ctx, s.Store, school.RefusalKind, since, func(r courses.Refusal) error {
		if some = append(some, r); len(some) < refusedAtOnce {
			return nil
		}
		if err := look(); err != nil || len(rows) < refusedShown {
			return err
		}
		return store.Stop
	})
	if err == nil {
		err = look()
	}
	return rows, err
}

func newRefusedRow(w words.Words, p roster.Person, r courses.Refusal, newest map[string]*courses.Version) refusedRow {
	row := refusedRow{Person: p, Why: reason(w, r.Reason, r.Args), At: r.RecordedAt}
	var f courses.Fact
	if json.Unmarshal([]byte(r.Fact), &f) != nil { // a long one is cut off
		return row
	}
	v := newest[f.Course]
	if v == nil {
		row.Course, row.Lesson = courses.Text{Vi: f.Course, En: f.Course}, f.Lesson
		return row
	}
	row.Course, row.Lesson = v.Title, f.Lesson
	if l, ok := v.Lesson(f.Lesson); ok {
		row.Lesson = w.In(l.Title)
	}
	return row
}
