package courses

import "time"

// periodMinutes is how long a period (tiết) is.
const periodMinutes = 45

// RequiredMinutes is how long everything takes that a certificate of the course is issued for: reading and quizzes of
// all lessons, the final test, and the practice task where it is required.
func (v *Version) RequiredMinutes() int {
	n := 0
	for _, l := range v.Written() {
		n += l.Minutes
	}
	n += v.Final * finalMinute
	if v.Practice != nil && v.Practice.Required {
		n += v.Practice.Minutes
	}
	return n
}

// TruePeriods is how many whole periods of 45 minutes that is, at least one: what a certificate may say. Publishing
// makes it the version's Periods.
func (v *Version) TruePeriods() int { return max(1, v.RequiredMinutes()/periodMinutes) }

// Hurried says whether a course was finished in less than a third of the minutes that it requires, from the first thing
// done to the last. The longest lesson is left out: when the first was begun nobody knows. It proves nothing, and is
// for staff to ask about.
func (v *Version) Hurried(started, completed time.Time) bool {
	longest := 0
	for _, l := range v.Lessons() {
		longest = max(longest, l.Minutes)
	}
	least := time.Duration(v.RequiredMinutes()-longest) * time.Minute / 3
	return completed.Sub(started) < least
}
