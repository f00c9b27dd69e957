package rights

import "time"

// The clocks of Decree 356/2025/NĐ-CP as facts/vietnam.md has them: a request is answered in two working days;
// restriction and objection are done in 15 days, the others in 10 to 20. Where the sources differ the shorter one
// counts for access and correction, and 20 days for erasure.
const answerDays = 2

var doneDays = map[What]int{Access: 10, Correct: 10, Erase: 20, Restrict: 15, Object: 15}

// vietnam is the clock by which a day begins; Vietnam has no summer time.
var vietnam = time.FixedZone("+07", 7*60*60)

// day is the date of a moment in Vietnam, as midnight UTC.
func day(t time.Time) time.Time {
	y, m, d := t.In(vietnam).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// HeardBy is the last day on which the person is told that the petition was received: two working days after its day.
func (p Petition) HeardBy() time.Time { return workingDays(day(p.ReceivedAt), answerDays) }

// DoneBy is the last day on which it is done or refused.
func (p Petition) DoneBy() time.Time { return day(p.ReceivedAt).AddDate(0, 0, doneDays[p.What]) }

// workingDays is so many working days after a day. Saturdays and Sundays are none; public holidays are counted as
// working days, because those of the lunar year are set each year anew: a deadline is then early and never late.
func workingDays(from time.Time, n int) time.Time {
	for n > 0 {
		from = from.AddDate(0, 0, 1)
		if w := from.Weekday(); w != time.Saturday && w != time.Sunday {
			n--
		}
	}
	return from
}
