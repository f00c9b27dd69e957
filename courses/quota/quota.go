// Package quota bounds how much files may take: of one province the photos of its people's work, of one course and of
// all courses their pictures, sounds and films. What one person may send is school's to say. It keeps what was counted,
// for administrators.
package quota

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"time"

	"lopban/courses"
	"lopban/courses/authoring/desk"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Quotas are those of one store. Many goroutines may ask at once.
type Quotas struct {
	Store store.Store
	Roll  *roster.Roll
	Now   func() time.Time

	sizes mediaSizes
}

// Usage is how much the photos and papers of a province's people take, or the media of a course, counted once a day.
type Usage struct {
	ID        string    `json:"id"` // present province, "-" for people of none, or ofCourse and a course
	People    int       `json:"people"`
	Full      int       `json:"full"`   // those of them who have used nine tenths of their own room
	Photos    int       `json:"photos"` // or files of a course
	Bytes     int       `json:"bytes"`
	CountedAt time.Time `json:"countedAt"`
}

var Kind = &store.Kind{Name: "usage", Schema: 1, Order: 20, Doc: Usage{}}

// How much the pictures, sounds and films of one course may take, with those of its versions and those that its draft
// held of late, and those of all courses. Of one that is in a course twice the bytes count once.
const (
	Course  = 256 << 20
	Courses = 8 << 30
)

// Province is how much the photos of one province may take.
const Province = 8 << 30

// ofCourse begins the ids of what the media of courses take.
const ofCourse = "course/"

// CourseOf is whose media were counted, "" for the photos of a province.
func (u Usage) CourseOf() string {
	course, is := strings.CutPrefix(u.ID, ofCourse)
	if !is {
		return ""
	}
	return course
}

// mediaSizes are the sizes of blobs that no edit tells, because an earlier release or a command kept them. A blob never
// changes.
type mediaSizes struct {
	mu sync.Mutex
	of map[string]int
}

func (m *mediaSizes) size(ctx context.Context, st store.Store, blob string) (int, error) {
	m.mu.Lock()
	n, known := m.of[blob]
	m.mu.Unlock()
	if known {
		return n, nil
	}
	data, err := st.Blob(ctx, blob)
	if errors.Is(err, problem.ErrNotFound) { // swept meanwhile
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil {
		m.of = map[string]int{}
	}
	m.of[blob] = len(data)
	return len(data), nil
}

// MediaOf are the sizes of the media of a course, by the names of their blobs.
func (q *Quotas) MediaOf(ctx context.Context, course string) (map[string]int, error) {
	all := map[string]int{}
	err := desk.Held(ctx, q.Store, desk.CourseMedia(course), q.Now(), func(e desk.Edit) error { all[e.Blob] = max(all[e.Blob], e.Size); return nil })
	if err != nil {
		return nil, err
	}
	type shown struct {
		Media []courses.Media `json:"media"`
	}
	versions := store.Where(store.Is("course", course)).By("number")
	err = store.Each(ctx, q.Store, school.VersionKind, versions, func(v shown) error {
		for _, m := range v.Media {
			all[m.Blob] = max(all[m.Blob], 0)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, q.measure(ctx, all)
}

// measure finds the sizes that are not known.
func (q *Quotas) measure(ctx context.Context, all map[string]int) error {
	for blob, n := range all {
		if n > 0 {
			continue
		}
		n, err := q.sizes.size(ctx, q.Store, blob)
		if err != nil {
			return err
		}
		all[blob] = n
	}
	return nil
}

// Sum is how many bytes media take together.
func Sum(media map[string]int) (bytes int) {
	for _, n := range media {
		bytes += n
	}
	return bytes
}

// ForMedia refuses media for which a course, or all courses together, have no room. What is there already needs
// none. What it takes in counts from now on, not only when everything is counted again.
func (q *Quotas) ForMedia(ctx context.Context, course string, more map[string]int) error {
	media, err := q.MediaOf(ctx, course)
	if err != nil {
		return err
	}
	had := Sum(media)
	maps.Copy(media, more)
	bytes := Sum(media)
	if bytes == had {
		return nil
	}
	if bytes > Course {
		return problem.Invalid("file", "media-course", course, had>>20, Course>>20, int(desk.MediaKept.Hours()/24))
	}
	all := bytes
	err = store.Each(ctx, q.Store, Kind, store.Query{}, func(u Usage) error {
		if of := u.CourseOf(); of != "" && of != course {
			all += u.Bytes
		}
		return nil
	})
	if err != nil {
		return err
	}
	if all > Courses {
		return problem.Invalid("file", "media-all", Courses>>30)
	}
	return q.keepOne(ctx, Usage{ID: ofCourse + course, Photos: len(media), Bytes: bytes})
}

// ForPhotos refuses photos of a person whose province has used up its room: a text can still be sent.
func (q *Quotas) ForPhotos(ctx context.Context, person string) error {
	p, err := q.Roll.Person(ctx, person)
	if errors.Is(err, problem.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	u, err := store.Get[Usage](ctx, q.Store, Kind, cmp.Or(p.Province, "-"))
	if errors.Is(err, problem.ErrNotFound) {
		return nil
	}
	if err == nil && u.Bytes >= Province {
		err = problem.Invalid("photo", "photo-province")
	}
	return err
}

// Count counts everything anew, while its caller reads all that names a file.
type Count struct {
	quotas *Quotas
	used   map[string]*Usage
	media  map[string]map[string]int // by course and blob
	add    func(map[string]*Usage, courses.Submission) error
}

// Counting begins a count.
func (q *Quotas) Counting(ctx context.Context) *Count {
	return &Count{q, map[string]*Usage{}, map[string]map[string]int{}, photosBy(ctx, q.Roll)}
}

// Photos counts those of a submission.
func (c *Count) Photos(d courses.Submission) error { return c.add(c.used, d) }

// Media counts a file of a course; size is 0 where it is not known.
func (c *Count) Media(course, blob string, size int) {
	if c.media[course] == nil {
		c.media[course] = map[string]int{}
	}
	c.media[course][blob] = max(c.media[course][blob], size)
}

// Keep keeps what was counted.
func (c *Count) Keep(ctx context.Context) error {
	for course, media := range c.media {
		if err := c.quotas.measure(ctx, media); err != nil {
			return err
		}
		c.used[ofCourse+course] = &Usage{ID: ofCourse + course, Photos: len(media), Bytes: Sum(media)}
	}
	return c.quotas.keep(ctx, c.used)
}

// photosBy adds submissions up by the province that their senders belong to now.
func photosBy(ctx context.Context, roll *roster.Roll) func(map[string]*Usage, courses.Submission) error {
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

// keep keeps what was counted, and nothing for a province of which nothing was.
func (q *Quotas) keep(ctx context.Context, used map[string]*Usage) error {
	old, err := store.All[Usage](ctx, q.Store, Kind, store.Query{})
	if err != nil {
		return err
	}
	for _, u := range old {
		if used[u.ID] == nil {
			used[u.ID] = &Usage{ID: u.ID}
		}
	}
	for _, u := range used {
		if err := q.keepOne(ctx, *u); err != nil {
			return err
		}
	}
	return nil
}

func (q *Quotas) keepOne(ctx context.Context, u Usage) error {
	u.CountedAt = store.Time(q.Now())
	_, err := store.Update(ctx, q.Store, Kind, u.ID, func(d *Usage) error { *d = u; return nil })
	if errors.Is(err, problem.ErrNotFound) {
		err = q.Store.Insert(ctx, Kind, &u)
	}
	if errors.Is(err, problem.ErrExists) {
		return nil
	}
	return err
}
