package courses

import "time"

// UsualKeyAfter is from which attempt on the key of a quiz is shown to who has not passed it, where the course does not
// say.
const UsualKeyAfter = 3

// KeyFrom is from which attempt on the key is shown to who has not passed.
func (v *Version) KeyFrom() int {
	if v.KeyAfter == 0 {
		return UsualKeyAfter
	}
	return v.KeyAfter
}

// KeyShown says of which questions of a lesson's quiz a learner in this state may see the key and the feedback: of all
// once the quiz is passed; before, from the attempt that the version names on, of those that no lot can bring back. The
// final test, on which a certificate stands, shows none before.
func (v *Version) KeyShown(l Lesson, s LessonState) func(question string) bool {
	lots := map[string]bool{}
	if !l.Quiz.Used(s) { // else nothing is drawn any more
		for _, d := range l.Quiz.Draw {
			for _, id := range l.Quiz.pool(d) {
				lots[id] = true
			}
		}
	}
	waited := l.ID != FinalID && s.Attempts >= v.KeyFrom()
	return func(question string) bool { return s.Done || waited && !lots[question] }
}

// Question is the question with an id.
func (q Quiz) Question(id string) (Question, bool) {
	for _, one := range q.Questions {
		if one.ID == id {
			return one, true
		}
	}
	return Question{}, false
}

// Settings is the quiz without its questions.
func (q Quiz) Settings() Quiz {
	q.Questions = nil
	return q
}

// Used says whether all attempts that the quiz allows were handed in and none passed.
func (q Quiz) Used(s LessonState) bool {
	return !s.Done && q.Attempts > 0 && s.Attempts >= q.Attempts
}

// From is from when on the next attempt may be handed in; a time that is past, or zero, is now. Who has passed waits no
// more.
func (q Quiz) From(s LessonState) time.Time {
	if s.Done || q.PauseMinutes == 0 || s.LastAt.IsZero() {
		return time.Time{}
	}
	return s.LastAt.Add(time.Duration(q.PauseMinutes) * time.Minute)
}

// Unanswered lists the scored questions that answers leave open, in the order of the quiz: those without an answer, and
// matchings with a left thing that nothing was chosen for.
func (q Quiz) Unanswered(answers map[string]Answer) []string {
	var open []string
	for _, question := range q.Questions {
		a, ok := answers[question.ID]
		for _, p := range question.Pairs {
			ok = ok && (p.Left == "" || a.Pairs[p.Left] != "")
		}
		if !ok && question.Kind.Scored() {
			open = append(open, question.ID)
		}
	}
	return open
}
