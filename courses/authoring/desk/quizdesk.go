package desk

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/gift"
	"lopban/courses/authoring/mistake"
	"lopban/courses/problem"
)

// QuizDraft is the quiz of a lesson in a draft.
type QuizDraft struct {
	Quiz     courses.Quiz     // with what course.yaml draws of it
	Vi, En   Edit             // its two files; Rev is 0 where there never was one
	Mistakes mistake.Mistakes // of these two files, by line
	// nothing of the files is lost when they are written anew from Quiz; otherwise they are for the hand
	Editable bool
}

// keepable are the mistakes of a GIFT file that leave everything of it in the quiz that was read.
var keepable = []string{"gift-prompt-empty", "gift-answer-empty", "gift-answer-twice", "gift-answers-few", "gift-weights-sum", "gift-no-right", "gift-section", "gift-number-order", "gift-category-long", "quiz-left-missing"}

// Quiz reads the quiz of a lesson in the draft. A lesson without one has an empty quiz, which can be edited.
func (d *Desk) Quiz(ctx context.Context, course, lesson string) (QuizDraft, error) {
	vi, err := d.readOrNew(ctx, course, authoring.LessonFile(lesson, "vi", "gift"))
	if err != nil {
		return QuizDraft{}, err
	}
	en, err := d.readOrNew(ctx, course, authoring.LessonFile(lesson, "en", "gift"))
	if err != nil {
		return QuizDraft{}, err
	}
	return d.quiz(ctx, course, lesson, vi, en)
}

// QuizAt is Quiz of earlier revisions of its files, as a writer saw them; 0 is that there was none.
func (d *Desk) QuizAt(ctx context.Context, course, lesson string, vi, en int) (QuizDraft, error) {
	var edits [2]Edit
	for i, rev := range []int{vi, en} {
		path := authoring.LessonFile(lesson, []string{"vi", "en"}[i], "gift")
		edits[i] = Edit{Course: course, Path: path, Gone: true}
		if rev > 0 {
			var err error
			if edits[i], err = d.ReadRev(ctx, course, path, rev); err != nil {
				return QuizDraft{}, err
			}
		}
	}
	return d.quiz(ctx, course, lesson, edits[0], edits[1])
}

func (d *Desk) quiz(ctx context.Context, course, lesson string, viEdit, enEdit Edit) (QuizDraft, error) {
	q := QuizDraft{Vi: viEdit, En: enEdit}
	vi, en := q.Vi.source(), q.En.source()
	if vi.Data == nil && en.Data != nil {
		q.Mistakes.Add(vi.File, 0, "language-missing")
	}
	quiz, mistakes := gift.ParseQuiz(vi, en)
	q.Quiz, q.Mistakes = quiz, append(q.Mistakes, mistakes...)
	q.Editable = !slices.ContainsFunc(q.Mistakes, func(m mistake.Mistake) bool {
		return !m.Warning && !slices.Contains(keepable, m.Code) || strings.HasPrefix(m.Code, "left-")
	}) && (len(quiz.Questions) > 0 || !commented(q.Vi.Text+"\n"+q.En.Text))
	v, _, _, err := d.Outline(ctx, course)
	if l, ok := v.Lesson(lesson); ok {
		q.Quiz.Draw = l.Quiz.Draw
	} else if err == nil {
		err = &problem.Problem{Kind: problem.ErrNotFound, Code: "outline-gone"}
	}
	return q, err
}

func (d *Desk) readOrNew(ctx context.Context, course, path string) (Edit, error) {
	e, err := d.Read(ctx, course, path)
	if errors.Is(err, problem.ErrNotFound) {
		return Edit{Course: course, Path: path, Gone: true}, nil
	}
	return e, err
}

func (e Edit) source() gift.Source {
	if e.Gone {
		return gift.Source{File: e.Path}
	}
	return gift.Source{File: e.Path, Data: []byte(e.Text)}
}

// commented says whether a line of comment says more than an id and tags; a file without questions has nothing that
// could keep it.
func commented(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); gift.IsComment(line) && gift.NoteIn(line) != "" {
			return true
		}
	}
	return false
}

// SaveQuiz writes a quiz as the two files of its lesson, without its Draw, see [Desk.SetDraw]. The options and pairs
// are numbered as a reader of the files would. vi and en are the revisions that the writer began with: a *Conflict says
// that somebody saved meanwhile, and then neither file is written. A quiz that could not be read back as it is, is
// store.ErrInvalid with the mistakes that say why; other mistakes are left for the review of the draft. An English file
// is made once there is a word of English.
func (d *Desk) SaveQuiz(ctx context.Context, course, lesson string, quiz courses.Quiz, vi, en int, by string) (mistake.Mistakes, error) {
	quiz = settled(quiz)
	for _, q := range quiz.Questions {
		if q.Kind == courses.SingleChoice && !slices.ContainsFunc(q.Options, func(o courses.Option) bool { return o.Weight == 1 }) {
			// GIFT would take it for one with several answers
			return nil, problem.Invalid("", "quiz-single-right", q.ID)
		}
	}
	var viText, enText bytes.Buffer
	if err := errors.Join(gift.WriteGIFT(&viText, quiz, "vi"), gift.WriteGIFT(&enText, quiz, "en")); err != nil {
		return nil, err
	}
	back, m := gift.ParseQuiz(gift.Source{File: authoring.LessonFile(lesson, "vi", "gift"), Data: viText.Bytes()}, gift.Source{File: authoring.LessonFile(lesson, "en", "gift"), Data: enText.Bytes()})
	if !reflect.DeepEqual(settled(back), quiz) {
		return m, problem.Invalid("", "quiz-unwritable")
	}
	english := enText.String()
	if en == 0 && !slices.ContainsFunc(quiz.Questions, gift.Translated) {
		english = ""
	}
	return m, d.SaveQuizText(ctx, course, lesson, viText.String(), english, vi, en, by)
}

// SaveQuizText keeps the two GIFT files of a lesson as they are written, mistakes and all. An empty English text where
// there was none makes no file.
func (d *Desk) SaveQuizText(ctx context.Context, course, lesson, viText, enText string, vi, en int, by string) error {
	viPath, enPath := authoring.LessonFile(lesson, "vi", "gift"), authoring.LessonFile(lesson, "en", "gift")
	if err := d.unmoved(ctx, course, enPath, en, Clean(enText)); err != nil { // so that no half of a pair is written
		return err
	}
	if _, err := d.Save(ctx, course, viPath, vi, viText, by); err != nil {
		return err
	}
	if enText == "" && en == 0 {
		return nil
	}
	_, err := d.Save(ctx, course, enPath, en, enText, by)
	return err
}

// unmoved says whether a save with this base would be one without a conflict.
func (d *Desk) unmoved(ctx context.Context, course, path string, base int, text string) error {
	newest, err := d.readOrNew(ctx, course, path)
	if err != nil || newest.Rev == base || newest.Text == text && !newest.Gone {
		return err
	}
	return d.conflict(ctx, base, newest, Edit{Course: course, Path: path, Text: text})
}

// UndoQuiz brings both files of a quiz back to earlier revisions; revision 0 is that there was no file. vi and en are
// those that are undone: where somebody saved since, neither file is.
func (d *Desk) UndoQuiz(ctx context.Context, course, lesson string, toVi, toEn, vi, en int, by string) error {
	then, err := d.QuizAt(ctx, course, lesson, toVi, toEn)
	if err != nil {
		return err
	}
	now, err := d.Quiz(ctx, course, lesson)
	if err != nil {
		return err
	}
	files := []struct {
		then, now Edit
		to, base  int
	}{{then.Vi, now.Vi, toVi, vi}, {then.En, now.En, toEn, en}}
	for _, f := range files {
		if f.to != f.base && f.now.Rev != f.base && !f.now.same(f.then) {
			return d.conflict(ctx, f.base, f.now, f.then)
		}
	}
	for _, f := range files {
		if f.to == f.base {
			continue
		}
		_, err := d.save(ctx, f.base, Edit{Course: course, Path: f.then.Path, Text: f.then.Text, Gone: f.then.Gone, By: by})
		if err != nil {
			return err
		}
	}
	return nil
}

// SetDraw changes how many questions of a lesson's quiz an attempt sees. was is what the writer saw; where somebody
// changed it meanwhile the error is store.ErrExists and nothing is written.
func (d *Desk) SetDraw(ctx context.Context, course, lesson string, was, draw []courses.Draw, by string) error {
	for _, one := range draw {
		if one.Count < 1 || one.Count > authoring.MaxDrawn {
			return problem.Invalid("draw", "draw-count", strconv.Itoa(authoring.MaxDrawn))
		}
	}
	return d.rearrange(ctx, course, by, func(v *courses.Version) error {
		for i := range v.Modules {
			for j := range v.Modules[i].Lessons {
				if l := &v.Modules[i].Lessons[j]; l.ID == lesson {
					if !slices.Equal(l.Quiz.Draw, was) && !slices.Equal(l.Quiz.Draw, draw) {
						return &problem.Problem{Kind: problem.ErrExists, Code: "draft-moved"}
					}
					l.Quiz.Draw = draw
					return nil
				}
			}
		}
		return &problem.Problem{Kind: problem.ErrNotFound, Code: "outline-gone"}
	})
}

// settled is a quiz with its texts and ids as a reader of its files would have them.
func settled(quiz courses.Quiz) courses.Quiz {
	made := courses.Quiz{}
	for _, q := range quiz.Questions {
		q.Title = eachText(q.Title, singleLine)
		for _, t := range []*courses.Text{&q.Prompt, &q.Tail, &q.Feedback, &q.Other} {
			*t = eachText(*t, trimmedText)
		}
		q.Notes = eachText(q.Notes, settledNotes)
		q.Pool = gift.PoolName(Clean(q.Pool))
		q.Options, q.Accepted, q.Ranges, q.Pairs = slices.Clone(q.Options), slices.Clone(q.Accepted), slices.Clone(q.Ranges), slices.Clone(q.Pairs)
		for i := range q.Options {
			o := &q.Options[i]
			o.Text, o.Feedback = eachText(o.Text, trimmedText), eachText(o.Feedback, trimmedText)
			if q.Kind != courses.TrueFalse {
				o.ID = string(rune('a' + i))
			}
		}
		for i := range q.Accepted {
			q.Accepted[i].Text, q.Accepted[i].Feedback = singleLine(q.Accepted[i].Text), eachText(q.Accepted[i].Feedback, trimmedText)
		}
		for i := range q.Ranges {
			q.Ranges[i].Feedback = eachText(q.Ranges[i].Feedback, trimmedText)
		}
		for i := range q.Pairs {
			p := &q.Pairs[i]
			p.LeftText, p.RightText = eachText(p.LeftText, trimmedText), eachText(p.RightText, trimmedText)
			if p.Left = ""; p.LeftText.Vi != "" {
				p.Left = "l" + strconv.Itoa(i+1)
			}
			p.Right = gift.RightID(q.ID, p.RightText.Vi)
		}
		if len(q.Tags) == 0 {
			q.Tags = nil
		}
		made.Questions = append(made.Questions, q)
	}
	return made
}

func eachText(t courses.Text, with func(string) string) courses.Text {
	return courses.Text{Vi: with(t.Vi), En: with(t.En)}
}

// settledNotes is a comment without empty lines, each as [gift.NoteIn] leaves it.
func settledNotes(s string) string {
	var lines []string
	for line := range strings.Lines(Clean(s)) {
		if line = gift.NoteIn(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func trimmedText(s string) string { return strings.TrimSpace(Clean(s)) }
