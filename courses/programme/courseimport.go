package programme

import (
	"context"
	"errors"
	"time"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// CourseImport is a file of another program on its way into a draft: kept as it came between its preview and the moment
// its owner has decided where it goes, a day at most.
type CourseImport struct {
	ID        string    `json:"id"` // UUIDv7
	By        string    `json:"by"` // account; nobody else sees it
	File      string    `json:"file"`
	CreatedAt time.Time `json:"createdAt"`
	Course    string    `json:"course"` // where it went, "" while it waits
	Data      []byte    `json:"data"`   // the file; nil when it is done
}

var CourseImportKind = &store.Kind{Name: "courseimport", Schema: 1, Order: 120, Doc: CourseImport{}, Indexes: [][]string{{"createdAt"}}}

// SweepCourseImports removes the files that nobody brought anywhere in a day, and the traces of those that were.
func (s *Programme) SweepCourseImports(ctx context.Context) error {
	old := store.Where(store.Less("createdAt", store.Time(s.Now().Add(-SheetLife)))).By("createdAt")
	all, err := store.All[CourseImport](ctx, s.Store, CourseImportKind, old.First(100))
	if err != nil {
		return err
	}
	for _, b := range all {
		if err := s.Store.Delete(ctx, CourseImportKind, b.ID); err != nil && !errors.Is(err, problem.ErrNotFound) {
			return err
		}
	}
	return nil
}
