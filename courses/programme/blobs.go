package programme

import (
	"cmp"
	"context"
	"errors"
	"hash/fnv"
	"slices"
	"time"

	"lopban/courses"
	"lopban/courses/authoring/desk"
	"lopban/courses/problem"
	"lopban/courses/roster"
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

// Usage is how much the photos and papers of a province's people take, counted once a day.
type Usage struct {
	ID        string    `json:"id"` // present province, "-" for people of none
	People    int       `json:"people"`
	Full      int       `json:"full"` // those of them who have used nine tenths of their own room
	Photos    int       `json:"photos"`
	Bytes     int       `json:"bytes"`
	CountedAt time.Time `json:"countedAt"`
}

var UsageKind = &store.Kind{Name: "usage", Schema: 1, Order: 20, Doc: Usage{}}

// ProvinceBytes is how much the photos of one province may take.
const ProvinceBytes = 8 << 30

// RoomFor refuses photos of a person whose province has used up its room: a text can still be sent.
func (s *Programme) RoomFor(ctx context.Context, person string) error {
	p, err := s.Roll.Person(ctx, person)
	if errors.Is(err, problem.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	u, err := store.Get[Usage](ctx, s.Store, UsageKind, cmp.Or(p.Province, "-"))
	if errors.Is(err, problem.ErrNotFound) {
		return nil
	}
	if err == nil && u.Bytes >= ProvinceBytes {
		err = problem.Invalid("photo", "photo-province")
	}
	return err
}

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

// named reads every document that names a blob. photos is called with
// each submission, and with the files of each training done elsewhere as one.
func (s *Programme) named(ctx context.Context, photos func(courses.Submission) error) (all blobNames, err error) {
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
			}
			return nil
		}),
		store.Each(ctx, s.Store, desk.EditKind, store.Query{}, func(d desk.Edit) error {
			if d.Blob != "" {
				add(d.Blob)
			}
			return nil
		}))
	slices.Sort(all)
	return all, err
}

// SweepBlobs removes blobs that nothing has named for a day, and counts what the photos of each province take.
func (s *Programme) SweepBlobs(ctx context.Context) error {
	used, count := map[string]*Usage{}, counting(ctx, s.Roll)
	all, err := s.named(ctx, func(d courses.Submission) error { return count(used, d) })
	if err != nil {
		return err
	}
	if err := s.keepUsage(ctx, used); err != nil {
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
		all, err := s.named(ctx, func(courses.Submission) error { return nil })
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
	all, err := s.named(ctx, func(courses.Submission) error { return nil })
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

// counting adds submissions up by the province that their senders belong to now.
func counting(ctx context.Context, roll *roster.Roll) func(map[string]*Usage, courses.Submission) error {
	type sender struct {
		province string
		bytes    int
	}
	senders := map[string]*sender{}
	return func(used map[string]*Usage, d courses.Submission) error {
		if len(d.Photos) == 0 {
			return nil
		}
		of := senders[d.Person]
		known := of != nil
		if !known {
			p, err := roll.Person(ctx, d.Person)
			if err != nil && !errors.Is(err, problem.ErrNotFound) {
				return err
			}
			of = &sender{province: cmp.Or(p.Province, "-")}
			senders[d.Person] = of
		}
		u := used[of.province]
		if u == nil {
			u = &Usage{ID: of.province}
			used[of.province] = u
		}
		if !known {
			u.People++
		}
		const nearly = courses.MaxPhotoBytes / 10 * 9
		if of.bytes < nearly && of.bytes+d.Bytes >= nearly {
			u.Full++
		}
		of.bytes += d.Bytes
		u.Photos += len(d.Photos)
		u.Bytes += d.Bytes
		return nil
	}
}

// keepUsage keeps what was counted, and nothing for a province of which nothing was.
func (s *Programme) keepUsage(ctx context.Context, used map[string]*Usage) error {
	old, err := store.All[Usage](ctx, s.Store, UsageKind, store.Query{})
	if err != nil {
		return err
	}
	for _, u := range old {
		if used[u.ID] == nil {
			used[u.ID] = &Usage{ID: u.ID}
		}
	}
	for _, u := range used {
		u.CountedAt = store.Time(s.Now())
		_, err := store.Update(ctx, s.Store, UsageKind, u.ID, func(d *Usage) error { *d = *u; return nil })
		if errors.Is(err, problem.ErrNotFound) {
			err = s.Store.Insert(ctx, UsageKind, u)
		}
		if err != nil && !errors.Is(err, problem.ErrExists) {
			return err
		}
	}
	return nil
}
