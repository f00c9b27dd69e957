package desk

import (
	"reflect"
	"slices"
	"strconv"

	"lopban/courses"
)

// JoinQuiz puts together what two people made of one quiz: theirs, which is saved, and mine, which is to be. Each may
// have changed, added, removed and moved questions. It is not ok where both changed the same question, or moved
// questions in two ways: then somebody must choose. A question that I added under an id that theirs has by now gets
// another, which renamed tells.
func JoinQuiz(base, theirs, mine courses.Quiz) (joined courses.Quiz, renamed map[string]string, ok bool) {
	base, theirs, mine = settled(base), settled(theirs), settled(mine)
	mine, renamed = apart(base, theirs, mine)
	kept, ok := changedOnce(base, theirs, mine)
	if !ok {
		return joined, renamed, false
	}
	lead, other := theirs, mine // whose order counts
	if slices.Equal(commonOrder(base, theirs), commonOrder(theirs, base)) {
		lead, other = mine, theirs
	} else if !slices.Equal(commonOrder(base, mine), commonOrder(mine, base)) {
		return joined, renamed, false
	}
	order := idsOf(lead)
	before := ""
	for _, id := range idsOf(other) {
		if !slices.Contains(order, id) {
			order = slices.Insert(order, slices.Index(order, before)+1, id)
		}
		before = id
	}
	for _, id := range order {
		if q, ok := kept[id]; ok {
			joined.Questions = append(joined.Questions, q)
		}
	}
	return joined, renamed, true
}

// apart gives the questions that I added ids that theirs does not have.
func apart(base, theirs, mine courses.Quiz) (courses.Quiz, map[string]string) {
	renamed := map[string]string{}
	mine.Questions = slices.Clone(mine.Questions)
	for i := range mine.Questions {
		q := &mine.Questions[i]
		if questionOf(base, q.ID) != nil || questionOf(theirs, q.ID) == nil || reflect.DeepEqual(*questionOf(theirs, q.ID), *q) {
			continue
		}
		id := q.ID
		for n := len(mine.Questions); questionOf(theirs, id) != nil || questionOf(mine, id) != nil; n++ {
			id = "q" + strconv.Itoa(n)
		}
		renamed[q.ID], q.ID = id, id
	}
	return settled(mine), renamed
}

// changedOnce are the questions that stay, as whoever changed them left them, by id. It is not ok where both changed
// one, or one changed what the other removed.
func changedOnce(base, theirs, mine courses.Quiz) (map[string]courses.Question, bool) {
	kept := map[string]courses.Question{}
	for _, id := range slices.Concat(idsOf(base), idsOf(theirs), idsOf(mine)) {
		was, their, my := questionOf(base, id), questionOf(theirs, id), questionOf(mine, id)
		var stays *courses.Question
		switch {
		case reflect.DeepEqual(their, was):
			stays = my
		case reflect.DeepEqual(my, was), reflect.DeepEqual(my, their):
			stays = their
		default:
			return nil, false
		}
		if stays != nil {
			kept[id] = *stays
		}
	}
	return kept, true
}

func questionOf(quiz courses.Quiz, id string) *courses.Question {
	if i := slices.IndexFunc(quiz.Questions, func(q courses.Question) bool { return q.ID == id }); i >= 0 {
		return &quiz.Questions[i]
	}
	return nil
}

func idsOf(quiz courses.Quiz) []string {
	var ids []string
	for _, q := range quiz.Questions {
		ids = append(ids, q.ID)
	}
	return ids
}

// commonOrder are the ids of a quiz that another has too.
func commonOrder(quiz, other courses.Quiz) []string {
	return slices.DeleteFunc(idsOf(quiz), func(id string) bool { return questionOf(other, id) == nil })
}
