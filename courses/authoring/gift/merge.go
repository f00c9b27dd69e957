package gift

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"lopban/courses"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
)

// Source is one file of a course: its path, for the mistakes, and its bytes. Data is nil where there is no such file.
type Source struct {
	File string
	Data []byte
}

// ParseQuiz reads a quiz from its two GIFT files and merges them into one. The Vietnamese file is the original: ids,
// kinds, order and key are taken from it, and every difference of the English one is a mistake. The quiz may be used if
// the mistakes hold no error.
func ParseQuiz(vi, en Source) (courses.Quiz, mistake.Mistakes) {
	var m mistake.Mistakes
	p := &quizMerge{vi: vi.File, en: en.File, mistakes: &m}
	var quiz courses.Quiz
	if vi.Data == nil {
		return quiz, m
	}
	original := Parse(vi.File, vi.Data, &m)
	identify(original)
	if en.Data != nil {
		quiz.Questions = p.both(original, (&giftParser{file: en.File, mistakes: &m, ids: map[string]bool{}, english: true}).all(en.Data))
	} else {
		for _, q := range original {
			quiz.Questions = append(quiz.Questions, p.merge(q, nil))
		}
	}
	m.Sort()
	return quiz, m
}

// Position is where a question begins in its file.
type Position struct {
	ID   string // as [ParseQuiz] gives it; "" in an English file that names none
	Line int
}

// Positions lists where the questions of a file begin, in their order.
func Positions(file Source, english bool) []Position {
	all := (&giftParser{file: file.File, mistakes: &mistake.Mistakes{}, ids: map[string]bool{}, english: english}).all(file.Data)
	if !english {
		identify(all)
	}
	var places []Position
	for _, q := range all {
		places = append(places, Position{q.id, q.Line})
	}
	return places
}

// identify gives an id to the questions that name none: their title's, else their place.
func identify(all []question) {
	taken := map[string]bool{}
	for _, q := range all {
		taken[q.id] = true
	}
	for i := range all {
		q := &all[i]
		if q.id != "" {
			continue
		}
		q.id = markdown.Slug(q.title)
		for n := i + 1; q.id == "" || taken[q.id]; n++ {
			q.id = "q" + strconv.Itoa(n)
		}
		taken[q.id] = true
	}
}

type quizMerge struct {
	vi, en   string // files
	mistakes *mistake.Mistakes
}

// both pairs the questions by id, or by place where the English one names none.
func (p *quizMerge) both(vi, en []question) []courses.Question {
	used := make([]bool, len(en))
	last := -1
	var merged []courses.Question
	for i, q := range vi {
		j := match(q, i, en, used)
		if j < 0 {
			p.mistakes.Warn(p.en, 0, "quiz-question-missing", q.id, p.vi)
			merged = append(merged, p.merge(q, nil))
			continue
		}
		used[j] = true
		if j < last {
			p.mistakes.Add(p.en, en[j].Line, "quiz-order", q.id, p.vi)
		}
		last = max(last, j)
		merged = append(merged, p.merge(q, &en[j]))
	}
	for j, q := range en {
		if !used[j] {
			p.mistakes.Add(p.vi, 0, "quiz-question-missing", cmp.Or(q.id, markdown.Short(cmp.Or(q.title, q.Prompt))), p.en)
		}
	}
	return merged
}

func match(q question, at int, en []question, used []bool) int {
	for j := range en {
		if en[j].id == q.id && !used[j] {
			return j
		}
	}
	if at < len(en) && en[at].id == "" && !used[at] {
		return at
	}
	return -1
}

// merge makes one question of the Vietnamese one and, if there is one, its English twin.
func (p *quizMerge) merge(vi question, en *question) courses.Question {
	q := courses.Question{ID: vi.id, Kind: vi.Kind, Section: vi.Section, Pool: vi.pool, Tags: vi.tags, Notes: courses.Text{Vi: vi.notes}}
	if en != nil && !p.same(vi, *en) {
		en = nil
	}
	twin := question{}
	if en != nil {
		twin = *en
	}
	q.Title = courses.Text{Vi: vi.title, En: twin.title}
	q.Prompt = courses.Text{Vi: vi.Prompt, En: twin.Prompt}
	q.Tail = courses.Text{Vi: vi.Tail, En: twin.Tail}
	q.Feedback = courses.Text{Vi: vi.Feedback, En: twin.Feedback}
	q.Other = courses.Text{Vi: vi.Other, En: twin.Other}
	q.Notes.En = twin.notes
	if vi.Kind == courses.ShortAnswer {
		q.Accepted, q.Spelling = p.accepted(vi, twin), vi.spelling
		return q
	}
	if en == nil {
		twin.Answers = make([]answer, len(vi.Answers))
	}
	q.Whole = vi.whole && (vi.Kind == courses.MultipleChoice || vi.Kind == courses.Matching)
	switch vi.Kind {
	case courses.SingleChoice, courses.MultipleChoice, courses.TrueFalse:
		q.Options = options(vi, twin)
	case courses.Numerical:
		for i, a := range vi.Answers {
			q.Ranges = append(q.Ranges, courses.Range{Min: a.min, Max: a.max, Weight: a.weight, Feedback: both(a.Feedback, twin.Answers[i].Feedback)})
		}
	case courses.Matching:
		q.Pairs = p.pairs(vi, twin)
	}
	return q
}

func both(vi, en string) courses.Text { return courses.Text{Vi: vi, En: en} }

func options(vi, en question) []courses.Option {
	var all []courses.Option
	for i, a := range vi.Answers {
		o := courses.Option{ID: string(rune('a' + i)), Text: both(a.Text, en.Answers[i].Text), Weight: a.weight}
		o.Feedback = both(a.Feedback, en.Answers[i].Feedback)
		if vi.Kind == courses.TrueFalse {
			o.ID, o.Text = a.Text, courses.Text{}
		}
		all = append(all, o)
	}
	return all
}

// same names the differences of two questions that should be one.
func (p *quizMerge) same(vi, en question) bool {
	if vi.Kind == "" || en.Kind == "" {
		return false // named already
	}
	before := len(*p.mistakes)
	if vi.Section != en.Section {
		p.mistakes.Add(p.en, en.Line, "quiz-section", vi.id, p.vi)
	}
	if vi.pool != en.pool {
		p.mistakes.Add(p.en, en.Line, "quiz-pool", vi.id, p.vi)
	}
	if !slices.Equal(vi.tags, en.tags) || vi.spelling != en.spelling || vi.whole != en.whole {
		p.mistakes.Add(p.en, en.Line, "quiz-tags", vi.id, p.vi)
	}
	switch {
	case vi.Kind != en.Kind:
		p.mistakes.Add(p.en, en.Line, "quiz-kind", vi.id, string(en.Kind), string(vi.Kind), p.vi)
	case vi.Kind == courses.ShortAnswer: // each language has its own spellings
	case len(vi.Answers) != len(en.Answers):
		p.mistakes.Add(p.en, en.Line, "quiz-count", vi.id, strconv.Itoa(len(en.Answers)), strconv.Itoa(len(vi.Answers)), p.vi)
	default:
		for i, a := range vi.Answers {
			b := en.Answers[i]
			if a.weight != b.weight || a.min != b.min || a.max != b.max || (vi.Kind == courses.Matching && a.Text == "" && b.Text != "") {
				p.mistakes.Add(p.en, b.Line, "quiz-key", vi.id, strconv.Itoa(i+1), p.vi)
			}
		}
	}
	return len(*p.mistakes) == before
}

// accepted joins the spellings of both languages. One that both list has one weight.
func (p *quizMerge) accepted(vi, en question) []courses.Accepted {
	var all []courses.Accepted
	place := map[string]int{}
	for _, a := range vi.Answers {
		place[a.Text] = len(all)
		all = append(all, courses.Accepted{Text: a.Text, Weight: a.weight, Feedback: courses.Text{Vi: a.Feedback}})
	}
	for i, a := range en.Answers {
		at, ok := place[a.Text]
		if a.Text == "" {
			continue
		}
		if !ok {
			all = append(all, courses.Accepted{Text: a.Text, Weight: a.weight, Feedback: courses.Text{En: a.Feedback}})
			continue
		}
		all[at].Feedback.En = a.Feedback
		if all[at].Weight != a.weight {
			p.mistakes.Add(p.en, a.Line, "quiz-key", vi.id, strconv.Itoa(i+1), p.vi)
		}
	}
	if len(all) > maxPieces {
		p.mistakes.Add(p.en, en.Line, "gift-answers-many", strconv.Itoa(maxPieces))
	}
	return all
}

func (p *quizMerge) pairs(vi, en question) []courses.Pair {
	var all []courses.Pair
	viRight, enRight := map[string]string{}, map[string]string{}
	for i, a := range vi.Answers {
		b := en.Answers[i]
		pair := courses.Pair{LeftText: both(a.Text, b.Text), RightText: both(a.Right, b.Right), Right: RightID(vi.id, a.Right)}
		if a.Text != "" && b.Text == "" && b.Line > 0 {
			p.mistakes.Warn(p.en, b.Line, "quiz-left-missing", vi.id)
		}
		if a.Text != "" {
			pair.Left = "l" + strconv.Itoa(i+1)
		}
		if !together(viRight, a.Right, b.Right) || !together(enRight, b.Right, a.Right) {
			p.mistakes.Add(p.en, b.Line, "quiz-pairs", vi.id, p.vi)
		}
		all = append(all, pair)
	}
	return all
}

// together notes which text stands for another, and tells whether it is the one noted first. A missing translation
// stands for nothing.
func together(noted map[string]string, text, other string) bool {
	if text == "" || other == "" {
		return true
	}
	if first, ok := noted[text]; ok {
		return first == other
	}
	noted[text] = other
	return true
}

// RightID is the same for equal texts of one question and says nothing of the pair's place.
func RightID(question, text string) string {
	sum := sha256.Sum256([]byte(question + "\x00" + text))
	return "r" + hex.EncodeToString(sum[:4])
}
