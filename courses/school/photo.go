package school

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// ReadPhoto makes of a photo what a submission keeps of it: the bytes that Photo makes, and their name. One photo is
// read at a time, because a large one takes a hundred megabytes.
func (s *School) ReadPhoto(data []byte) (courses.Picture, error) {
	s.photos.Lock()
	small, err := courses.Photo(data)
	s.photos.Unlock()
	if err != nil {
		return courses.Picture{}, err
	}
	sum := sha256.Sum256(small)
	// no name that the address of a course's pictures takes
	return courses.Picture{Name: "photo-" + hex.EncodeToString(sum[:]) + ".jpg", Data: small}, nil
}

// keepPhotos keeps the photos of a submission, whose document write inserts.
func (s *School) keepPhotos(ctx context.Context, photos []courses.Picture, write func() error) error {
	if len(photos) == 0 {
		return write()
	}
	return store.KeepBlob(ctx, s.Store, photos[0].Name, photos[0].Data, func() error { return s.keepPhotos(ctx, photos[1:], write) })
}

// room refuses photos of a person who has sent more than anybody needs, with what they brought ahead.
func (s *School) room(ctx context.Context, person string, more []courses.Picture) error {
	if len(more) == 0 {
		return nil
	}
	bytes, ahead, err := photosOf(ctx, s.Store, person)
	if err != nil {
		return err
	}
	for _, p := range more {
		delete(ahead, p.Name)
		bytes += len(p.Data)
	}
	return fits(bytes, ahead)
}

// photosOf are how many bytes a person's work has, and those of each photo that was brought ahead and has no fact yet.
func photosOf(ctx context.Context, s store.Store, person string) (bytes int, ahead map[string]int, err error) {
	ahead = map[string]int{}
	err = store.Each(ctx, s, AheadKind, store.Where(store.Is("person", person)), func(a courses.Ahead) error {
		ahead[strings.TrimPrefix(a.ID, person+"/")] = a.Bytes
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	err = store.Each(ctx, s, SubmissionKind, store.Where(store.Begins("id", person+"/")), func(d courses.Submission) error {
		bytes += d.Bytes
		for _, name := range d.Photos {
			delete(ahead, name)
		}
		return nil
	})
	return bytes, ahead, err
}

// fits refuses more photos than one person has room for.
func fits(bytes int, ahead map[string]int) error {
	for _, n := range ahead {
		bytes += n
	}
	if bytes > courses.MaxPhotoBytes {
		return problem.Invalid("photo", "photo-room", courses.MaxPhotoBytes>>20)
	}
	return nil
}
