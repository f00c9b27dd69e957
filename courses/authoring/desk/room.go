package desk

import (
	"context"
	"errors"
	"time"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// MediaKept is for how long the bytes of a picture, sound or film are kept that another one has replaced or that was
// taken out of a draft, unless a version shows it. So an author who needs room makes some; texts are kept for ever.
const MediaKept = 30 * 24 * time.Hour

// Held calls each with the edits whose media are kept: the newest of each file of media, and those that it followed
// less than MediaKept ago. q says of which edits, in the order of their ids.
func Held(ctx context.Context, st store.Store, q store.Query, now time.Time, each func(Edit) error) error {
	var last Edit
	pass := func(next Edit) error {
		old := next.Course == last.Course && next.Path == last.Path && now.Sub(next.At) >= MediaKept
		e := last
		if last = next; e.Blob == "" || old {
			return nil
		}
		return each(e)
	}
	if err := store.Each(ctx, st, EditKind, q, pass); err != nil {
		return err
	}
	return pass(Edit{})
}

// CourseMedia are the edits of the media of one course, see Held.
func CourseMedia(course string) store.Query {
	return store.Where(store.Begins("id", course+"/media/"))
}

// roomFor asks whether there is room for media, by the names of their blobs.
func (d *Desk) roomFor(ctx context.Context, course string, media map[string]int) error {
	if d.Room == nil || len(media) == 0 {
		return nil
	}
	return d.Room(ctx, course, media)
}

// there gives the bytes of an earlier revision, which may be swept by now.
func (d *Desk) there(ctx context.Context, e Edit) ([]byte, error) {
	data, err := d.Store.Blob(ctx, e.Blob)
	if errors.Is(err, problem.ErrNotFound) {
		err = problem.Invalid("rev", "media-swept", int(MediaKept/(24*time.Hour)))
	}
	return data, err
}
