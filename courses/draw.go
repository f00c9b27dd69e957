package courses

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"slices"
	"strconv"
)

// drawRound is after how many attempts what was seen is forgotten, so that a draw stays cheap whatever its number.
const drawRound = 64

// Drawn is the quiz that an attempt sees: of each pool in Draw as many scored questions as it says, in the order of the
// quiz, and every question that no Draw speaks of. Texts and essays are never left out: what decides about passing is
// what lots are drawn for. Questions that fewer of the attempts before have seen go first, lots decide among equals, so
// that nobody meets a question again before the pool is used up. Which questions they are depends on the arguments
// alone: the enrolment's id, the lesson's and the number of the attempt, from 0. Where a pool holds fewer than are
// asked for, all of it is drawn.
func (q Quiz) Drawn(enrolment, lesson string, number int) Quiz {
	if len(q.Draw) == 0 {
		return q
	}
	out := map[string]bool{}
	for _, d := range q.Draw {
		for _, id := range q.leftOut(d, enrolment+"\x00"+lesson+"\x00", max(number, 0)) {
			out[id] = true
		}
	}
	drawn := Quiz{}
	for _, question := range q.Questions {
		if !out[question.ID] {
			drawn.Questions = append(drawn.Questions, question)
		}
	}
	return drawn
}

// NextDraw is the number of the draw that the next attempt sees: the first that none has answered.
func (s LessonState) NextDraw() int {
	for i, n := range s.Draws {
		if n != i {
			return i
		}
	}
	return len(s.Draws)
}

// Answered says whether an attempt was asked a draw, and can no more be asked it by who has not passed: whoever knows
// what it was worth could try other answers until they pass.
func (s LessonState) Answered(draw int) bool { return !s.Done && slices.Contains(s.Draws, draw) }

// Next is the number by which the next attempt at a quiz is told from those before.
func (q Quiz) Next(s LessonState) int {
	if len(q.Draw) == 0 {
		return s.Attempts
	}
	return s.NextDraw()
}

// Coming is a draw that no attempt has answered, for a phone to take along.
type Coming struct {
	Draw int      `json:"draw"`
	Asks []string `json:"asks"` // ids of its questions
}

// comingDraws is how many attempts a phone can make of a quiz before it hears of the server again.
const comingDraws = 2

// Coming lists the draws that the next attempts see, none where the quiz draws none.
func (q Quiz) Coming(enrolment, lesson string, s LessonState) []Coming {
	var all []Coming
	for n := s.NextDraw(); len(q.Draw) > 0 && len(all) < comingDraws; n++ {
		if slices.Contains(s.Draws, n) {
			continue
		}
		one := Coming{Draw: n}
		for _, question := range q.Drawn(enrolment, lesson, n).Questions {
			one.Asks = append(one.Asks, question.ID)
		}
		all = append(all, one)
	}
	return all
}

// lot is a question and its place in the drawing.
type lot struct {
	question string
	seen     int // by how many attempts of this round
	number   [sha256.Size]byte
}

// leftOut are the scored questions of a pool that an attempt does not see.
func (q Quiz) leftOut(d Draw, seed string, number int) []string {
	var lots []lot
	for _, id := range q.pool(d) {
		lots = append(lots, lot{question: id})
	}
	count := min(max(d.Count, 0), len(lots))
	for n := number - number%drawRound; n <= number; n++ {
		for i := range lots {
			lots[i].number = sha256.Sum256([]byte(seed + strconv.Itoa(n) + "\x00" + lots[i].question))
		}
		slices.SortFunc(lots, func(a, b lot) int {
			return cmp.Or(cmp.Compare(a.seen, b.seen), bytes.Compare(a.number[:], b.number[:]), cmp.Compare(a.question, b.question))
		})
		for i := range count {
			lots[i].seen++
		}
	}
	var out []string
	for _, l := range lots[count:] {
		out = append(out, l.question)
	}
	return out
}

// pool are the scored questions that a draw decides about: none where it leaves none out.
func (q Quiz) pool(d Draw) []string {
	var ids []string
	for _, question := range q.Questions {
		if question.Kind.Scored() && (d.Pool == "" || question.Pool == d.Pool) {
			ids = append(ids, question.ID)
		}
	}
	if len(ids) <= d.Count {
		return nil
	}
	return ids
}

// Asked is how many scored questions an attempt sees.
func (q Quiz) Asked() int {
	n := 0
	for _, question := range q.Drawn("", "", 0).Questions {
		if question.Kind.Scored() {
			n++
		}
	}
	return n
}
