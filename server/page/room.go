package page

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"lopban/courses/problem"
	"lopban/courses/quota"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/words"
)

// Roomy is a store that knows the disk it is on: how many bytes are left for it, and how many there are.
type Roomy interface {
	Room() (free, all uint64, ok bool)
}

// Disk is how much room the store has left.
type Disk struct {
	Free, All uint64
	Low       bool // time to make room
	Short     bool // what is left is for facts: photos, films and spreadsheets are not taken
}

const (
	lowDisk   = 2 << 30 // or a tenth of a small disk
	shortDisk = 1 << 29 // or a fortieth
)

// Disk is zero where the store is on no disk of this machine.
func (s *Site) Disk() Disk {
	if s.Room == nil {
		return Disk{}
	}
	free, all, ok := s.Room.Room()
	if !ok {
		return Disk{}
	}
	return Disk{free, all, free < min(lowDisk, all/10), free < min(shortDisk, all/40)}
}

// RoomForPhotos refuses photos when the disk is short, the person's province has used up its room or the person does
// not consent: a text can still be sent.
func (s *Site) RoomForPhotos(ctx context.Context, person string) error {
	if s.Disk().Short {
		return problem.Invalid("photo", "photo-disk")
	}
	if err := s.Duty.MayKeepPhotos(ctx, person); err != nil {
		return err
	}
	return s.Quotas.ForPhotos(ctx, person)
}

// Size says how much room something takes.
func Size(w words.Words, bytes uint64) string {
	if bytes >= 10<<30 || bytes > 0 && bytes%(1<<30) == 0 {
		return w.T("size.gb", int(bytes>>30))
	}
	return w.T("size.mb", int((bytes+1<<20-1)>>20))
}

// RoomRow is what the photos of a province or the media of a course take, for administrators.
type RoomRow struct {
	quota.Usage
	Province string // its name, "" for people of none
	Size     string
	Percent  int // of what it may take
}

// RoomRows are the provinces whose people have sent photos, and the courses with media, those that take most first.
func (s *Site) RoomRows(ctx context.Context, w words.Words) (provinces, courses []RoomRow, err error) {
	all, err := store.All[quota.Usage](ctx, s.Store, quota.Kind, store.Query{})
	for _, u := range all {
		if u.Photos == 0 {
			continue
		}
		if u.CourseOf() != "" {
			courses = append(courses, RoomRow{Usage: u, Size: Size(w, uint64(u.Bytes)), Percent: u.Bytes * 100 / quota.Course})
			continue
		}
		row := RoomRow{Usage: u, Size: Size(w, uint64(u.Bytes)), Percent: u.Bytes * 100 / quota.Province}
		if p, ok := s.Places.Province(roster.Present, u.ID); ok {
			row.Province = ProvinceName(w, p)
		}
		provinces = append(provinces, row)
	}
	most := func(a, b RoomRow) int { return cmp.Or(b.Bytes-a.Bytes, strings.Compare(a.ID, b.ID)) }
	slices.SortFunc(provinces, most)
	slices.SortFunc(courses, most)
	return provinces, courses, err
}
