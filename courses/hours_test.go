package courses

import (
	"testing"
	"time"
)

func TestPeriodsAreTheRequiredMinutes(t *testing.T) {
	lessons := func(minutes ...int) []Module {
		var m Module
		for _, n := range minutes {
			m.Lessons = append(m.Lessons, Lesson{Minutes: n})
		}
		return []Module{{}, m}
	}
	for _, c := range []struct {
		v                Version
		minutes, periods int
	}{
		{Version{}, 0, 1},
		{Version{Modules: lessons(12, 10)}, 22, 1},
		{Version{Modules: lessons(30, 59)}, 89, 1},
		{Version{Modules: lessons(30, 60)}, 90, 2},
		{Version{Modules: lessons(30, 60), Practice: &Practice{Minutes: 45}}, 90, 2},
		{Version{Modules: lessons(30, 60), Practice: &Practice{Minutes: 45, Required: true}}, 135, 3},
		{Version{Modules: lessons(30, 60), Practice: &Practice{Minutes: 44, Required: true}, Periods: 9}, 134, 2},
	} {
		if m, p := c.v.RequiredMinutes(), c.v.TruePeriods(); m != c.minutes || p != c.periods {
			t.Errorf("%+v: %d minutes, %d periods", c.v, m, p)
		}
	}
}

func TestHurried(t *testing.T) {
	v := &Version{Modules: []Module{{Lessons: []Lesson{{Minutes: 10}, {Minutes: 30}, {Minutes: 20}}}}}
	began := time.Date(2026, 12, 5, 2, 0, 0, 0, time.UTC)
	for took, want := range map[time.Duration]bool{0: true, 10*time.Minute - 1: true, 10 * time.Minute: false, 24 * time.Hour: false, -time.Hour: true} {
		if got := v.Hurried(began, began.Add(took)); got != want {
			t.Errorf("60 minutes in %v: %v", took, got)
		}
	}
	if one := (&Version{Modules: []Module{{Lessons: []Lesson{{Minutes: 30}}}}}); one.Hurried(began, began) {
		t.Error("a course of one lesson is always hurried")
	}
}
