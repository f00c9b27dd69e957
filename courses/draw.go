package courses

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"slices"
	"strconv"
)

// Drawn is the quiz that an attempt sees: of each pool in Draw as many scored questions as it says, in the order of the quiz, and every question that no Draw
// speaks of. Texts and essays are never left out: what decides about passing is what lots are drawn for. Which questions they are depends on the arguments alone: the enrolment's id, the
// lesson's and the number of the attempt, from 0. Where a pool holds fewer than are asked for, all of it is drawn.
func (q Quiz) Drawn(enrolment, lesson string, number int) Quiz {
	if len(q.Draw) == 0 {
		return q
	}
	out := map[string]bool{}
	for _, d := range q.Draw {
		lots := q.lots(d.Pool, enrolment+"\x00"+lesson+"\x00"+strconv.Itoa(number)+"\x00")
		for _, l := range lots[min(max(d.Count, 0), len(lots)):] {
			out[l.question] = true
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

// lot is a question and its place in the drawing.
type lot struct {
	question string
	number   [sha256.Size]byte
}

// lots are the scored questions of a pool in the order in which they are drawn.
func (q Quiz) lots(pool, seed string) []lot {
	var all []lot
	for _, question := range q.Questions {
		if question.Kind.Scored() && (pool == "" || question.Pool == pool) {
			all = append(all, lot{question.ID, sha256.Sum256([]byte(seed + question.ID))})
		}
	}
	slices.SortFunc(all, func(a, b lot) int {
		return cmp.Or(bytes.Compare(a.number[:], b.number[:]), cmp.Compare(a.question, b.question))
	})
	return all
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
