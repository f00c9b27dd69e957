package school_test

import (
	"fmt"
	"testing"

	"lopban/courses"
)

func TestShipLeavesATrainersVersionAlone(t *testing.T) {
	s := newSchool(t)
	loaded := 0
	ship := func(validity int) {
		t.Helper()
		v := version(validity)
		err := s.Ship(t.Context(), v.Course, fmt.Sprint("files", validity), func() (courses.Version, error) { loaded++; return v, nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	want := func(number, validity, loads int) {
		t.Helper()
		v, err := s.Course(t.Context(), "K")
		if err != nil || v.Number != number || v.ValidityMonths != validity || loaded != loads {
			t.Errorf("the newest version is %+v after %d loads (%v), want number %d with %d months after %d", v, loaded, err, number, validity, loads)
		}
	}
	ship(1)
	want(1, 1, 1)
	ship(1) // the next start
	want(1, 1, 1)
	ship(2) // a new program brings a new version
	want(2, 2, 2)
	publish(t, s, version(30)) // a trainer's
	ship(2)
	want(3, 30, 2)
	ship(4)
	want(3, 30, 3)
	ship(4)
	want(3, 30, 3)
	publish(t, s, version(4)) // the trainer goes back to what the program brought
	ship(5)
	want(5, 5, 4)
}

// A course that was there before the program brought one of its name is somebody's own.
func TestShipLeavesACourseOfTheSameNameAlone(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(30))
	v := version(1)
	if err := s.Ship(t.Context(), v.Course, "files", func() (courses.Version, error) { return v, nil }); err != nil {
		t.Fatal(err)
	}
	if newest, err := s.Course(t.Context(), "K"); err != nil || newest.Number != 1 || newest.ValidityMonths != 30 {
		t.Errorf("the newest version is %+v, %v", newest, err)
	}
}
