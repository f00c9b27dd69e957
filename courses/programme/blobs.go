package programme

import (
	"context"
	"errors"
	"hash/fnv"
	"slices"
	"time"

	"lopban/courses"
	"lopban/courses/authoring/desk"
	"lopban/courses/problem"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Stray is a blob that nothing names: what was left of a write that was broken off or refused. It is removed a day
// after it was noticed, by when whoever kept it has long named it.
type Stray struct {
	ID    string    `json:"id"` // the blob's name
	Since time.Time `json:"since"`
}

var StrayKind = &store.Kind{Name: "stray", Schema: 1, Order: 30, Doc: Stray{}}

const strayLife = 24 * time.Hour

// blobNames are the blobs that documents name, by hash: two of one hash keep each other, which is no harm.
type blobNames []uint64

func hashed(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}

func (n blobNames) has(name string) bool {
	_, found := slices.BinarySearch(n, hashed(name))
	return found
}

// named reads every document that names a blob. photos is called with each submission, and with the files of each
// training done elsewhere as one; media with each blob of a course and its size, 0 where that is not known.
func (s *Programme) named(ctx context.Context, photos func(courses.Submission) error, media func(course, blob string, size int)) (all blobNames, err error) {
	add := func(name string) { all = append(all, hashed(name)) }
	err = errors.Join(
		store.Each(ctx, s.Store, school.SubmissionKind, store.Query{}, func(d courses.Submission) error {
			for _, name := range d.Photos {
				add(name)
			}
			return photos(d)
		}),
		store.Each(ctx, s.Store, school.TrainingKind, store.Query{}, func(d courses.Training) error {
			var names []string
			bytes := 0
			for _, e := range d.Evidence {
				add(e.Name)
				names, bytes = append(names, e.Name), bytes+e.Bytes
			}
			if d.List != "" { // one file shows them all
				return nil
			}
			return photos(courses.Submission{Person: d.Person, Photos: names, Bytes: bytes})
		}),
		store.Each(ctx, s.Store, TrainingListKind, store.Query{}, func(d TrainingList) error {
			for _, name := range d.Files {
				add(name)
			}
			return nil
		}),
		store.Each(ctx, s.Store, PrintedKind, store.Query{}, func(d Printed) error { add(d.Hash + ".pdf"); return nil }),
		store.Each(ctx, s.Store, CountersignedKind, store.Query{}, func(d Countersigned) error { add(d.Hash + ".pdf"); return nil }),
		store.Each(ctx, s.Store, school.VersionKind, store.Query{}, func(d courses.Version) error {
			for _, m := range d.Media {
				add(m.Blob)
				media(d.Course, m.Blob, 0)
			}
			return nil
		}),
		desk.Held(ctx, s.Store, store.Query{}, s.Now(), func(d desk.Edit) error {
			add(d.Blob)
			media(d.Course, d.Blob, d.Size)
			return nil
		}))
	slices.Sort(all)
	return all, err
}

// SweepBlobs removes blobs that nothing has named for a day, and counts what the photos of each province and the media
// of each course take.
func (s *Programme) SweepBlobs(ctx context.Context) error {
	count := s.Quotas.Counting(ctx)
	all, err := s.named(ctx, count.Photos, count.Media)
	if err != nil {
		return err
	}
	if err := count.Keep(ctx); err != nil {
		return err
	}
	strays, err := strays(ctx, s.Store, all)
	if err != nil {
		return err
	}
	now := store.Time(s.Now())
	var old []string
	for _, name := range strays {
		seen, err := store.Get[Stray](ctx, s.Store, StrayKind, name)
		if errors.Is(err, problem.ErrNotFound) {
			err = s.Store.Insert(ctx, StrayKind, &Stray{name, now})
		} else if err == nil && now.Sub(seen.Since) >= strayLife {
			old = append(old, name)
		}
		if err != nil && !errors.Is(err, problem.ErrExists) {
			return err
		}
	}
	if err := DropFiles(ctx, s, old); err != nil {
		return err
	}
	if err := s.School.ForgetAhead(ctx, now.Add(-2*strayLife)); err != nil {
		return err
	}
	return forgetStrays(ctx, s.Store, strays)
}

// DropFiles removes files unless something names them by now.
func DropFiles(ctx context.Context, s *Programme, names []string) error {
	dropped, err := store.DropBlobs(ctx, s.Store, names, func() (func(string) bool, error) {
		all, err := s.named(ctx, func(courses.Submission) error { return nil }, func(string, string, int) {})
		return all.has, err
	})
	for _, name := range dropped {
		s.Log.Info("a file that nothing names was removed", "name", name)
	}
	return err
}

// strays lists the blobs that nothing names.
func strays(ctx context.Context, st store.Store, all blobNames) (list []string, err error) {
	err = st.Blobs(ctx, func(name string) error {
		if !all.has(name) {
			list = append(list, name)
		}
		return nil
	})
	return list, err
}

// forgetStrays forgets what was noticed and has a name since, or is gone.
func forgetStrays(ctx context.Context, st store.Store, strays []string) error {
	var past []string
	err := store.Each(ctx, st, StrayKind, store.Query{}, func(d Stray) error {
		if _, is := slices.BinarySearch(strays, d.ID); !is {
			past = append(past, d.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range past {
		if err := st.Delete(ctx, StrayKind, id); err != nil && !errors.Is(err, problem.ErrNotFound) {
			return err
		}
	}
	return nil
}

// Strays counts the blobs, and those of them that nothing names.
func (s *Programme) Strays(ctx context.Context) (blobs, strays int, err error) {
	all, err := s.named(ctx, func(courses.Submission) error { return nil }, func(string, string, int) {})
	if err != nil {
		return 0, 0, err
	}
	err = s.Store.Blobs(ctx, func(name string) error {
		blobs++
		if !all.has(name) {
			strays++
		}
		return nil
	})
	return blobs, strays, err
}
