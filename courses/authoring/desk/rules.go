package desk

import (
	"cmp"
	"context"
	"strconv"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/markdown"
	"lopban/courses/problem"
)

// Rules are the settings of a whole course.
type Rules struct {
	PassMark       int // percent, 50 to 100
	ValidityMonths int // 0: certificates do not expire
	KeyAfter       int // attempts, 0: as usual
	Final          int // questions of the final test, 0: there is none
	FinalAttempts  int // at it, 0: any number
	FinalPause     int // minutes between them
	Shuffle        bool
}

// RulesOf reads them from an outline.
func RulesOf(v *courses.Version) Rules {
	return Rules{v.PassMark, v.ValidityMonths, v.KeyAfter, v.Final, v.FinalAttempts, v.FinalPauseMinutes, v.Shuffle}
}

// maxHeading is how many letters a title, an objective, a summary or a criterion may have.
const maxHeading = 400

func within(n, least, most int, field, code string) error {
	if n < least || n > most {
		return problem.Invalid(field, code, strconv.Itoa(least), strconv.Itoa(most))
	}
	return nil
}

// SetRules changes the settings of the course; base is the revision of course.yaml that the writer saw.
func (d *Desk) SetRules(ctx context.Context, course string, base int, r Rules, by string) error {
	least := 0 // what has no questions has no attempts
	if r.FinalAttempts+r.FinalPause > 0 {
		least = 1
	}
	err := cmp.Or(within(r.PassMark, 50, 100, "pass", "rule-pass"), within(r.ValidityMonths, 0, authoring.MaxValidity, "validity", "rule-validity"), within(r.KeyAfter, 0, authoring.MaxAttempts, "key", "rule-key"),
		within(r.FinalAttempts, 0, authoring.MaxAttempts, "final-attempts", "rule-attempts"), within(r.FinalPause, 0, authoring.MaxPause, "final-pause", "rule-pause"),
		within(r.Final, least, authoring.MaxDrawn, "final", "rule-final"))
	if err != nil {
		return err
	}
	part := func(v *courses.Version) (any, bool) { return RulesOf(v), true }
	return d.set(ctx, course, base, by, part, func(v *courses.Version) {
		v.PassMark, v.ValidityMonths, v.KeyAfter, v.Shuffle = r.PassMark, r.ValidityMonths, r.KeyAfter, r.Shuffle
		v.Final, v.FinalAttempts, v.FinalPauseMinutes = r.Final, r.FinalAttempts, r.FinalPause
	})
}

// SetTurns changes how often the quiz of a lesson may be handed in, 0 for any number, and how many minutes lie between.
func (d *Desk) SetTurns(ctx context.Context, course, lesson string, base, attempts, pause int, by string) error {
	err := cmp.Or(within(attempts, 0, authoring.MaxAttempts, "attempts", "rule-attempts"), within(pause, 0, authoring.MaxPause, "pause", "rule-pause"))
	if err != nil {
		return err
	}
	part := func(v *courses.Version) (any, bool) {
		l, ok := v.Lesson(lesson)
		return [2]int{l.Quiz.Attempts, l.Quiz.PauseMinutes}, ok
	}
	return d.set(ctx, course, base, by, part, func(v *courses.Version) {
		m, i := seatOf(v, lesson)
		q := &v.Modules[m].Lessons[i].Quiz
		q.Attempts, q.PauseMinutes = attempts, pause
	})
}

// SetTask changes the practice task but for its texts, or begins one, with a text that is its title. nil takes the task
// out of the course; its texts stay in the history. Criteria without an id get one that no other has.
func (d *Desk) SetTask(ctx context.Context, course string, base int, p *courses.Practice, by string) error {
	if p != nil {
		if err := settleTask(p); err != nil {
			return err
		}
	}
	part := func(v *courses.Version) (any, bool) { return v.Practice, true }
	if err := d.set(ctx, course, base, by, part, func(v *courses.Version) { v.Practice = p }); err != nil {
		return err
	}
	if p == nil {
		return d.removeTexts(ctx, course, by, authoring.PracticeID, authoring.ModelID)
	}
	body := heading(p.Title)
	for lang, text := range map[string]string{"vi": body.Vi, "en": body.En} {
		path := authoring.LessonFile(authoring.PracticeID, lang, "md")
		e, err := d.readOrNew(ctx, course, path)
		if err == nil && e.Gone && text != "" {
			_, err = d.Save(ctx, course, path, e.Rev, text, by)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) removeTexts(ctx context.Context, course, by string, ids ...string) error {
	for _, id := range ids {
		for _, lang := range []string{"vi", "en"} {
			e, err := d.readOrNew(ctx, course, authoring.LessonFile(id, lang, "md"))
			if err == nil && !e.Gone {
				_, err = d.Remove(ctx, course, e.Path, e.Rev, by)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// settleTask checks a task and names its criteria.
func settleTask(p *courses.Practice) error {
	h := Heading{Title: p.Title}.clean()
	if err := h.checkAs("title"); err != nil {
		return err
	}
	p.Title = h.Title
	if err := within(len(p.Rubric), 1, authoring.MaxCriteria, "task.rubric", "task-rubric"); err != nil {
		return err
	}
	ids := map[string]bool{}
	for i := range p.Rubric {
		c := &p.Rubric[i]
		field := "criterion." + strconv.Itoa(i)
		h := Heading{Title: c.Text}.clean()
		if err := h.checkAs(field); err != nil {
			return err
		}
		c.Text = h.Title
		if c.ID != "" && (len(c.ID) > maxHeading || !authoring.PartID.MatchString(c.ID)) {
			return problem.Invalid(field, "task-id", markdown.Short(c.ID))
		}
		if c.ID == "" || ids[c.ID] {
			c.ID = freeID(c.Text.Vi, func(id string) bool { return ids[id] })
		}
		ids[c.ID] = true
		if err := within(c.Points, 1, authoring.MaxPoints, field, "task-points"); err != nil {
			return err
		}
		before := 0
		for j := range c.Levels {
			l := &c.Levels[j]
			h := Heading{Title: l.Text}.clean()
			if l.Text = h.Title; l.Points <= before || l.Points > c.Points || l.Text.Vi == "" {
				return problem.Invalid(field, "task-levels", strconv.Itoa(c.Points))
			}
			if err := h.checkAs(field); err != nil {
				return err
			}
			before = l.Points
		}
	}
	return cmp.Or(within(p.Minutes, 1, authoring.MaxTask, "task.minutes", "task-minutes"), within(p.Pass, 1, p.Points(), "task.pass", "task-pass"))
}
