package targets

import (
	"time"

	"lopban/courses"
	"lopban/courses/problem"
)

// Day is a date in Việt Nam, written YYYY-MM-DD. Days compare as strings do.
type Day string

// DayOf is the date in Việt Nam at an instant. For the midnight UTC by which postings name a date it is that date.
func DayOf(t time.Time) Day { return Day(t.In(courses.Vietnam).Format(time.DateOnly)) }

// ParseDay reads YYYY-MM-DD. Anything else is a problem of the field asOf.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return "", problem.Invalid("asOf", "date.form", s)
	}
	return Day(s), nil
}

// Time is midnight UTC of the date, as postings have it; zero for a Day that is none.
func (d Day) Time() time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	return t
}

// last is the last instant of the day in Việt Nam that a document can hold.
func (d Day) last() time.Time {
	t := d.Time()
	return time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, courses.Vietnam).UTC().Add(-time.Millisecond)
}
