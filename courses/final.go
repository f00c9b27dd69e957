package courses

import (
	"fmt"
	"slices"
)

// FinalID is the final test's among the lessons and modules of a version. No author's lesson has it.
const FinalID = "final-test"

// Written lists the lessons that authors wrote: all but the final test.
func (v *Version) Written() []Lesson {
	var all []Lesson
	for _, l := range v.Lessons() {
		if l.ID != FinalID {
			all = append(all, l)
		}
	}
	return all
}

// WithoutFinal is the version without its final test, whose questions are printed with their lessons.
func (v *Version) WithoutFinal() *Version {
	c := *v
	c.Modules = slices.DeleteFunc(slices.Clone(v.Modules), func(m Module) bool { return m.ID == FinalID })
	return &c
}

// finalMinute is how many minutes a question of the final test takes.
const finalMinute = 1

// AddFinal puts the final test that the version has behind its lessons, as a lesson of its own whose quiz draws over
// the scored questions of all others. So it is passed as any other quiz is, on paper and without a network too, and a
// certificate waits for it as for any other lesson.
func (v *Version) AddFinal() {
	if v.Final == 0 {
		return
	}
	quiz := Quiz{Draw: []Draw{{Count: v.Final}}, Attempts: v.FinalAttempts, PauseMinutes: v.FinalPauseMinutes}
	for _, l := range v.Written() {
		for _, q := range l.Quiz.Questions {
			if !q.Kind.Scored() {
				continue
			}
			q.ID = l.ID + "--" + q.ID // no id of a lesson has two hyphens
			q.Section, q.Pool = 0, "" // of its lesson
			quiz.Questions = append(quiz.Questions, q)
		}
	}
	title := Text{Vi: "Kiểm tra cuối khóa", En: "Final test"}
	again := v.finalAgain()
	test := Lesson{ID: FinalID, Title: title, Minutes: v.Final * finalMinute, Quiz: quiz,
		Objective: Text{Vi: "Nhớ và dùng được những gì đã học trong cả khóa.", En: "Remember and use what the whole course has taught."},
		Body: Text{
			Vi: fmt.Sprintf("## Trước khi làm bài\n\nBài có %d câu, rút từ câu hỏi của mọi bài trong khóa. Hãy làm sau khi đã học hết các bài.\n\n"+
				"Cần đúng từ %d %% trở lên thì khóa học mới hoàn thành. %s\n", v.Final, v.PassMark, again.Vi),
			En: fmt.Sprintf("## Before you begin\n\nThe test has %d questions, drawn from the questions of every lesson. Take it when you have finished the lessons.\n\n"+
				"The course is complete when %d%% or more are right. %s\n", v.Final, v.PassMark, again.En),
		}}
	v.Modules = append(v.Modules, Module{ID: FinalID, Title: Text{Vi: "Cuối khóa", En: "At the end"}, Lessons: []Lesson{test}})
}

// finalAgain says what is to be known of another attempt at the final test before the first.
func (v *Version) finalAgain() Text {
	again := Text{Vi: "Chưa đạt thì làm lại được.", En: "If they are not, you can try again."}
	if n := v.FinalAttempts; n == 1 {
		return Text{Vi: "Chỉ được làm một lượt.", En: "You have one attempt."}
	} else if n > 1 {
		again = Text{Vi: fmt.Sprintf("Được làm nhiều nhất %d lượt.", n), En: fmt.Sprintf("You have %d attempts at most.", n)}
	}
	if n := v.FinalPauseMinutes; n > 0 {
		again.Vi += fmt.Sprintf(" Lượt sau cách lượt trước ít nhất %d phút.", n)
		again.En += fmt.Sprintf(" The next attempt is at least %d minutes after the one before.", n)
	}
	return again
}
