package authoring

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"lopban/courses"
)

// Source is one file of a course: its path, for the mistakes, and its bytes. Data is nil where there is no such file.
type Source struct {
	File string
	Data []byte
}

// ParseQuiz reads a quiz from its two GIFT files and merges them into one. The Vietnamese file is the original: ids, kinds, order and key are taken from
// it, and every difference of the English one is a mistake. The quiz may be used if the mistakes hold no error.
func ParseQuiz(vi, en Source) (courses.Quiz, Mistakes) {
	var m Mistakes
	p := &quizMerge{vi: vi.File, en: en.File, mistakes: &m}
	var quiz courses.Quiz
	if vi.Data == nil {
		return quiz, m
	}
	original := parseGIFT(vi.File, vi.Data, &m)
	identify(original)
	if en.Data != nil {
		quiz.Questions = p.both(original, parseGIFT(en.File, en.Data, &m))
	} else {
		for _, q := range original {
			quiz.Questions = append(quiz.Questions, p.merge(q, nil))
		}
	}
	m.sort()
	return quiz, m
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
		q.id = slug(q.title)
		for n := i + 1; q.id == "" || taken[q.id]; n++ {
			q.id = "q" + strconv.Itoa(n)
		}
		taken[q.id] = true
	}
}

// slug is a title in a-z, 0-9 and hyphens, without tones, 40 letters at most.
func slug(title string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(title)) {
		switch {
		case r == 'đ':
			b.WriteByte('d')
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		default:
			b.WriteByte(' ')
		}
		if b.Len() >= 40 {
			break
		}
	}
	return strings.Join(strings.Fields(b.String()), "-")
}

type quizMerge struct {
	vi, en   string // files
	mistakes *Mistakes
}

// both pairs the questions by id, or by place where the English one names none.
func (p *quizMerge) both(vi, en []question) []courses.Question {
	used := make([]bool, len(en))
	last := -1
	var merged []courses.Question
	for i, q := range vi {
		j := match(q, i, en, used)
		if j < 0 {
			p.mistakes.add(p.en, 0, "quiz-question-missing", q.id, p.vi)
			merged = append(merged, p.merge(q, nil))
			continue
		}
		used[j] = true
		if j < last {
			p.mistakes.add(p.en, en[j].line, "quiz-order", q.id, p.vi)
		}
		last = max(last, j)
		merged = append(merged, p.merge(q, &en[j]))
	}
	for j, q := range en {
		if !used[j] {
			p.mistakes.add(p.vi, 0, "quiz-question-missing", orElse(q.id, short(orElse(q.title, q.prompt))), p.en)
		}
	}
	return merged
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
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
	q := courses.Question{ID: vi.id, Kind: vi.kind, Section: vi.section, Pool: vi.pool, Tags: vi.tags, Notes: courses.Text{Vi: vi.notes}}
	if en != nil && !p.same(vi, *en) {
		en = nil
	}
	twin := question{}
	if en != nil {
		twin = *en
	}
	q.Title = courses.Text{Vi: vi.title, En: twin.title}
	q.Prompt = courses.Text{Vi: vi.prompt, En: twin.prompt}
	q.Tail = courses.Text{Vi: vi.tail, En: twin.tail}
	q.Feedback = courses.Text{Vi: vi.feedback, En: twin.feedback}
	q.Other = courses.Text{Vi: vi.other, En: twin.other}
	q.Notes.En = twin.notes
	if vi.kind == courses.ShortAnswer {
		q.Accepted = p.accepted(vi, twin)
		return q
	}
	if en == nil {
		twin.answers = make([]answer, len(vi.answers))
	}
	switch vi.kind {
	case courses.SingleChoice, courses.MultipleChoice, courses.TrueFalse:
		q.Options = options(vi, twin)
	case courses.Numerical:
		for i, a := range vi.answers {
			q.Ranges = append(q.Ranges, courses.Range{Min: a.min, Max: a.max, Weight: a.weight, Feedback: both(a.feedback, twin.answers[i].feedback)})
		}
	case courses.Matching:
		q.Pairs = p.pairs(vi, twin)
	}
	return q
}

func both(vi, en string) courses.Text { return courses.Text{Vi: vi, En: en} }

func options(vi, en question) []courses.Option {
	var all []courses.Option
	for i, a := range vi.answers {
		o := courses.Option{ID: string(rune('a' + i)), Text: both(a.text, en.answers[i].text), Weight: a.weight}
		o.Feedback = both(a.feedback, en.answers[i].feedback)
		if vi.kind == courses.TrueFalse {
			o.ID, o.Text = a.text, courses.Text{}
		}
		all = append(all, o)
	}
	return all
}

// same names the differences of two questions that should be one.
func (p *quizMerge) same(vi, en question) bool {
	if vi.kind == "" || en.kind == "" {
		return false // named already
	}
	before := len(*p.mistakes)
	if vi.section != en.section {
		p.mistakes.add(p.en, en.line, "quiz-section", vi.id, p.vi)
	}
	if vi.pool != en.pool {
		p.mistakes.add(p.en, en.line, "quiz-pool", vi.id, p.vi)
	}
	if !slices.Equal(vi.tags, en.tags) {
		p.mistakes.add(p.en, en.line, "quiz-tags", vi.id, p.vi)
	}
	switch {
	case vi.kind != en.kind:
		p.mistakes.add(p.en, en.line, "quiz-kind", vi.id, string(en.kind), string(vi.kind), p.vi)
	case vi.kind == courses.ShortAnswer: // each language has its own spellings
	case len(vi.answers) != len(en.answers):
		p.mistakes.add(p.en, en.line, "quiz-count", vi.id, strconv.Itoa(len(en.answers)), strconv.Itoa(len(vi.answers)), p.vi)
	default:
		for i, a := range vi.answers {
			b := en.answers[i]
			if a.weight != b.weight || a.min != b.min || a.max != b.max || (vi.kind == courses.Matching && a.text == "" && b.text != "") {
				p.mistakes.add(p.en, b.line, "quiz-key", vi.id, strconv.Itoa(i+1), p.vi)
			}
		}
	}
	return len(*p.mistakes) == before
}

// accepted joins the spellings of both languages. One that both list has one weight.
func (p *quizMerge) accepted(vi, en question) []courses.Accepted {
	var all []courses.Accepted
	place := map[string]int{}
	for _, a := range vi.answers {
		place[a.text] = len(all)
		all = append(all, courses.Accepted{Text: a.text, Weight: a.weight, Feedback: courses.Text{Vi: a.feedback}})
	}
	for i, a := range en.answers {
		at, ok := place[a.text]
		if !ok {
			all = append(all, courses.Accepted{Text: a.text, Weight: a.weight, Feedback: courses.Text{En: a.feedback}})
			continue
		}
		all[at].Feedback.En = a.feedback
		if all[at].Weight != a.weight {
			p.mistakes.add(p.en, a.line, "quiz-key", vi.id, strconv.Itoa(i+1), p.vi)
		}
	}
	if len(all) > maxPieces {
		p.mistakes.add(p.en, en.line, "gift-answers-many", strconv.Itoa(maxPieces))
	}
	return all
}

func (p *quizMerge) pairs(vi, en question) []courses.Pair {
	var all []courses.Pair
	viRight, enRight := map[string]string{}, map[string]string{}
	for i, a := range vi.answers {
		b := en.answers[i]
		pair := courses.Pair{LeftText: both(a.text, b.text), RightText: both(a.right, b.right), Right: rightID(vi.id, a.right)}
		if a.text != "" && b.text == "" && b.line > 0 {
			p.mistakes.add(p.en, b.line, "quiz-left-missing", vi.id)
		}
		if a.text != "" {
			pair.Left = "l" + strconv.Itoa(i+1)
		}
		if !together(viRight, a.right, b.right) || !together(enRight, b.right, a.right) {
			p.mistakes.add(p.en, b.line, "quiz-pairs", vi.id, p.vi)
		}
		all = append(all, pair)
	}
	return all
}

// together notes which text stands for another, and tells whether it is the one noted first. A missing translation stands for nothing.
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

// rightID is the same for equal texts of one question and says nothing of the pair's place.
func rightID(question, text string) string {
	sum := sha256.Sum256([]byte(question + "\x00" + text))
	return "r" + hex.EncodeToString(sum[:4])
}
