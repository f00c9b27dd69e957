package courses

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"lopban/courses/store"
)

// Bounds of what one answer may hold; a form or phone of ours never comes near.
const (
	maxAnswerText  = 1000 // letters
	maxEssay       = 5000 // letters
	maxAnswerParts = 50   // options or pairs
)

// Parse reads an answer to this question from the API's JSON. An answer of the wrong shape, or that names an option which the question does not have, is ErrInvalid.
func (q *Question) Parse(raw json.RawMessage) (Answer, error) {
	wrong := store.Invalid(q.ID, "answer-shape")
	var a Answer
	var err error
	switch q.Kind {
	case SingleChoice, MultipleChoice:
		var one string
		if err = json.Unmarshal(raw, &one); err == nil {
			a.Options = []string{one}
		} else {
			err = json.Unmarshal(raw, &a.Options)
		}
		if q.Kind == SingleChoice && len(a.Options) > 1 {
			return Answer{}, wrong
		}
	case TrueFalse:
		err = json.Unmarshal(raw, &a.Bool)
	case ShortAnswer, Essay:
		err = json.Unmarshal(raw, &a.Text)
	case Numerical:
		err = json.Unmarshal(raw, &a.Number)
	case Matching:
		err = json.Unmarshal(raw, &a.Pairs)
	default:
		return Answer{}, wrong
	}
	if err != nil || !q.fits(a) {
		return Answer{}, wrong
	}
	return a, nil
}

// ParseForm reads an answer from the values of a form: for each part of the question its name ("" but for the left ids of a matching) and what was chosen or typed.
// An empty value is no answer. A number may be written the Vietnamese way (1.234,5) or the English (1,234.5).
func (q *Question) ParseForm(values func(part string) []string) (Answer, bool, error) {
	var a Answer
	given := slices.DeleteFunc(slices.Clone(values("")), func(v string) bool { return strings.TrimSpace(v) == "" })
	switch q.Kind {
	case Matching:
		a.Pairs = map[string]string{}
		for _, p := range q.Pairs {
			if v := values(p.Left); p.Left != "" && len(v) > 0 && v[0] != "" {
				a.Pairs[p.Left] = v[0]
			}
		}
		if len(a.Pairs) == 0 {
			return a, false, nil
		}
	case SingleChoice, MultipleChoice:
		a.Options = given
	case TrueFalse:
		if len(given) > 0 {
			yes := given[0] == "true"
			a.Bool = &yes
		}
	case ShortAnswer, Essay:
		if len(given) > 0 {
			a.Text = strings.ReplaceAll(given[0], "\r\n", "\n") // forms end lines so
		}
	case Numerical:
		if len(given) > 0 {
			n, ok := ParseNumber(given[0])
			if !ok {
				return a, true, store.Invalid(q.ID, "answer-number")
			}
			a.Number = &n
		}
	}
	if q.Kind != Matching && len(given) == 0 {
		return a, false, nil
	}
	if !q.fits(a) {
		return a, true, store.Invalid(q.ID, "answer-shape")
	}
	return a, true, nil
}

// fits says whether the answer names only what the question has, within the bounds.
func (q *Question) fits(a Answer) bool {
	most := maxAnswerText
	if q.Kind == Essay {
		most = maxEssay
	}
	if len(a.Options) > maxAnswerParts || len(a.Pairs) > maxAnswerParts || utf8.RuneCountInString(a.Text) > most || !utf8.ValidString(a.Text) {
		return false
	}
	for _, id := range a.Options {
		if !slices.ContainsFunc(q.Options, func(o Option) bool { return o.ID == id }) {
			return false
		}
	}
	for left, right := range a.Pairs {
		if left == "" || !slices.ContainsFunc(q.Pairs, func(p Pair) bool { return p.Left == left }) ||
			!slices.ContainsFunc(q.Pairs, func(p Pair) bool { return p.Right == right }) {
			return false
		}
	}
	return a.Number == nil || !math.IsNaN(*a.Number) && !math.IsInf(*a.Number, 0)
}

// ParseNumber reads a number as a person types it. A single separator is a decimal one unless exactly three digits follow it and it is the point, which
// in Vietnamese parts thousands.
func ParseNumber(s string) (float64, bool) {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	comma, point := strings.LastIndexByte(s, ','), strings.LastIndexByte(s, '.')
	switch {
	case comma >= 0 && point >= 0 && comma > point: // 1.234,5
		s = strings.ReplaceAll(strings.ReplaceAll(s, ".", ""), ",", ".")
	case comma >= 0 && point >= 0: // 1,234.5
		s = strings.ReplaceAll(s, ",", "")
	case comma >= 0:
		s = strings.Replace(s, ",", ".", 1)
	case strings.Count(s, ".") > 1 || point > 0 && len(s)-point == 4 && strings.Trim(s[:point], "+-") != "0":
		s = strings.ReplaceAll(s, ".", "")
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// Mark is what one answer was worth, and what to tell the learner.
type Mark struct {
	Share    float64 // of the question's mark, 0 to 1
	Right    bool    // all of it
	Answered bool
	Feedback []Text // of what was answered, and then the question's own
}

// Grade marks the answers. The score is the share of all scored questions, in percent, rounded down; a quiz without any is passed. An essay has a mark without worth, for its feedback.
func (q *Quiz) Grade(answers map[string]Answer) (score int, marks map[string]Mark) {
	marks = map[string]Mark{}
	var sum float64
	n := 0
	for _, question := range q.Questions {
		if question.Kind == Description {
			continue
		}
		a, answered := answers[question.ID]
		m := question.mark(a, answered)
		marks[question.ID] = m
		if question.Kind.Scored() {
			sum += m.Share
			n++
		}
	}
	if n == 0 {
		return 100, marks
	}
	return int(100*sum/float64(n) + 1e-9), marks // thirds of a mark may sum to 0.9999…
}

func (q *Question) mark(a Answer, answered bool) Mark {
	m := Mark{Answered: answered}
	tell := func(t Text) {
		if t != (Text{}) {
			m.Feedback = append(m.Feedback, t)
		}
	}
	switch q.Kind {
	case SingleChoice, MultipleChoice, TrueFalse:
		if a.Bool != nil {
			a.Options = []string{strconv.FormatBool(*a.Bool)}
		}
		for _, o := range q.Options {
			if slices.Contains(a.Options, o.ID) {
				m.Share += o.Weight
				tell(o.Feedback)
			}
		}
	case ShortAnswer:
		if acc := q.accepted(a.Text); answered && acc != nil {
			m.Share = acc.Weight
			tell(acc.Feedback)
		}
	case Numerical:
		if a.Number == nil {
			break
		}
		i := slices.IndexFunc(q.Ranges, func(r Range) bool { return *a.Number >= r.Min && *a.Number <= r.Max })
		if i < 0 {
			tell(q.Other)
			break
		}
		m.Share = q.Ranges[i].Weight
		tell(q.Ranges[i].Feedback)
	case Matching:
		lefts := 0
		for _, p := range q.Pairs {
			if p.Left == "" {
				continue
			}
			lefts++
			if a.Pairs[p.Left] == p.Right {
				m.Share++
			}
		}
		m.Share /= float64(max(lefts, 1))
	}
	m.Share = min(max(m.Share, 0), 1)
	if m.Right = m.Share > 1-1e-4; m.Right { // GIFT's weights have five digits: three thirds are 99.99999 %
		m.Share = 1
	}
	tell(q.Feedback)
	return m
}

// accepted is the accepted answer that somebody typed, nil for none: one spelled so, else the first whose stars leave room for it, else * alone. So the spellings of one
// language are reached wherever the other language's * stands.
func (q *Question) accepted(typed string) *Accepted {
	typed = foldAnswer(typed)
	var found *Accepted
	best := 3
	for i := range q.Accepted {
		p := spelling(q.Accepted[i].Text)
		rank := 1
		switch {
		case len(p) == 1:
			rank = 0
		case strings.Join(p, "") == "":
			rank = 2
		}
		if rank < best && p.fits(typed) {
			found, best = &q.Accepted[i], rank
		}
	}
	return found
}

// pieces are an accepted answer cut at its stars: what a typed one must have, in this order.
type pieces []string

func spelling(text string) pieces {
	folded := foldAnswer(text)
	p := pieces{""}
	for i := 0; i < len(folded); i++ {
		last := &p[len(p)-1]
		switch {
		case strings.HasPrefix(folded[i:], `\*`):
			*last += "*"
			i++
		case folded[i] == '*':
			p = append(p, "")
		default:
			*last += folded[i : i+1]
		}
	}
	return p
}

func (p pieces) fits(typed string) bool {
	first, last := p[0], p[len(p)-1]
	if len(p) == 1 {
		return typed == first
	}
	if len(typed) < len(first)+len(last) || !strings.HasPrefix(typed, first) || !strings.HasSuffix(typed, last) {
		return false
	}
	typed = typed[len(first) : len(typed)-len(last)]
	for _, piece := range p[1 : len(p)-1] {
		_, rest, ok := strings.Cut(typed, piece)
		if !ok {
			return false
		}
		typed = rest
	}
	return true
}

// Shown is the answer as a reader is told it: … where any letters may stand.
func (a Accepted) Shown() string { return shownStars.Replace(a.Text) }

var shownStars = strings.NewReplacer(`\*`, "*", "*", "…")

// foldAnswer is how typed words are compared: without case, tones, đ's bar, double spaces and a final full stop.
func foldAnswer(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == 'đ':
			b.WriteByte('d')
		default:
			b.WriteRune(r)
		}
	}
	return strings.Trim(strings.Join(strings.Fields(b.String()), " "), ". ")
}
