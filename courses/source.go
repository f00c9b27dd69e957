package courses

import "time"

// Source is a law, a standard or a book that a course rests on.
type Source struct {
	Title   Text   `json:"title"`             // with its number
	InForce string `json:"inForce,omitempty"` // the day since when, as 2020-07-01; "" where there is none
	Where   string `json:"where"`             // where to read it
}

// Since is the day on which the source came into force as both languages write it, 01/07/2020; "" where there is none.
func (s Source) Since() string { return shownDay(s.InForce) }

// CheckedOn is the day on which the course was last checked against its sources as both languages write it; "" where
// that is not known.
func (v *Version) CheckedOn() string { return shownDay(v.Checked) }

func shownDay(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.Format("02/01/2006")
}
