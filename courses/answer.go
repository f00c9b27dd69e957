package courses

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"lopban/courses/problem"
)

// Bounds of what one answer may hold; a form or phone of ours never comes near.
const (
	maxAnswerText  = 1000 // letters
	maxTypedNumber = 100  // letters
	maxEssay       = 5000 // letters
	maxAnswerParts = 50   // options or pairs
)

// Parse reads an answer to this question from the API's JSON. An answer of the wrong shape, or that names an option
// which the question does not have, is ErrInvalid.
func (q *Question) Parse(raw json.RawMessage) (Answer, error) {
	wrong := problem.Invalid(q.ID, "answer-shape")
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
		if err = json.Unmarshal(raw, &a.Number); err != nil {
			err = a.typedNumber(raw)
		}
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

// typedNumber reads {"number": 1234, "typed": "1.234"}, the answer of a form that was not written as its page writes
// numbers.
func (a *Answer) typedNumber(raw json.RawMessage) error {
	var n struct {
		Number *float64 `json:"number"`
		Typed  string   `json:"typed"`
	}
	err := json.Unmarshal(raw, &n)
	a.Number, a.Typed = n.Number, n.Typed
	return err
}

// ParseForm reads an answer from the values of a form in the language lang: for each part of the question its name (""
// but for the left ids of a matching) and what was chosen or typed. An empty value is no answer. How numbers are read,
// see [Question.number]; one that is none comes back in Typed beside the error, so that a page can show it again.
func (q *Question) ParseForm(lang string, values func(part string) []string) (Answer, bool, error) {
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
			a.Typed = strings.TrimSpace(given[0])
			n, ok := q.number(lang, a.Typed)
			if !ok || utf8.RuneCountInString(a.Typed) > maxTypedNumber {
				return a, true, problem.Invalid(q.ID, "answer-number")
			}
			a.Number = &n
		}
	}
	if q.Kind != Matching && len(given) == 0 {
		return a, false, nil
	}
	if !q.fits(a) {
		return a, true, problem.Invalid(q.ID, "answer-shape")
	}
	return a, true, nil
}

// fits says whether the answer names only what the question has, within the bounds.
func (q *Question) fits(a Answer) bool {
	most := maxAnswerText
	if q.Kind == Essay {
		most = maxEssay
	}
	if len(a.Options) > maxAnswerParts || len(a.Pairs) > maxAnswerParts || utf8.RuneCountInString(a.Text) > most || !utf8.ValidString(a.Text) ||
		utf8.RuneCountInString(a.Typed) > maxTypedNumber {
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

// number is what somebody typed as a number on a page in the language lang. Where it can be read in two ways and only
// one of them earns something, or else only one lies in a range at all, it is that one; else the way of the language is
// taken.
func (q *Question) number(lang, typed string) (float64, bool) {
	all := readings(lang, typed)
	for _, least := range []float64{math.SmallestNonzeroFloat64, math.Inf(-1)} {
		in := slices.DeleteFunc(slices.Clone(all), func(n float64) bool {
			return !slices.ContainsFunc(q.Ranges, func(r Range) bool { return n >= r.Min && n <= r.Max && r.Weight >= least })
		})
		if len(in) == 1 {
			return in[0], true
		}
	}
	if len(all) == 0 {
		return 0, false
	}
	return all[0], true
}

// ParseNumber reads a number as a person types it on a page in the language lang: in Vietnamese 1.234,5, in English
// 1,234.5, and each as the other has it where that is the only way. Of two ways the one that fits is taken; fits may be
// nil. Full-width digits, a space between thousands and a word for the unit behind the number (12 cuốn, 30 m², 5 %) are
// understood.
func ParseNumber(lang, typed string, fits func(float64) bool) (float64, bool) {
	all := readings(lang, typed)
	for _, n := range all {
		if fits == nil || fits(n) {
			return n, true
		}
	}
	if len(all) == 0 {
		return 0, false
	}
	return all[0], true
}

var (
	typedNumber = regexp.MustCompile(`^([-+]?)((?:[0-9.,]| [0-9])*[0-9][.,]?)((?:[eE][-+]?[0-9]{1,3})?)(?:\s*([\pL%°‰$€₫(][^0-9,+=-]*))?$`)
	// counting are words behind a number that change how much it is: whoever writes "2 triệu" does not mean 2.
	counting = regexp.MustCompile(`^(?i:trăm|nghìn|ngàn|vạn|triệu|tr|tỷ|tỉ|chục|tá|rưỡi|rưởi|lẻ|phẩy|phần|mươi|mười|k|hundred|thousand|million|billion|dozen|score|point|half|or|and|hoặc|và|đến|tới|to|hay|x|(?-i:M))(\PL|$)`)
)

// readings are the numbers that a text may mean, the way of the language first; none where it is no number.
func readings(lang, typed string) []float64 {
	m := typedNumber.FindStringSubmatch(plainDigits(typed))
	if m == nil || counting.MatchString(norm.NFC.String(m[4])) {
		return nil
	}
	sign, body := strings.ReplaceAll(m[1], "+", ""), strings.TrimRight(m[2], ".,")
	if !strings.ContainsAny(m[2], "0123456789") {
		return nil
	}
	decimals := []string{",", "."}
	if lang == "en" {
		decimals = []string{".", ","}
	}
	var all []float64
	for _, decimal := range decimals {
		thousands := map[string]string{",": ".", ".": ","}[decimal]
		whole, part, hasPart := strings.Cut(body, decimal)
		if whole, ok := ungrouped(whole, thousands); ok && !strings.ContainsAny(part, "., ") && (part != "" || !hasPart) {
			n, err := strconv.ParseFloat(sign+whole+"."+part+m[3], 64)
			if err == nil && !math.IsInf(n, 0) && !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	return all
}

// ungrouped is a whole number without what parts its thousands, which are groups of three digits behind one to three
// that do not begin with 0.
func ungrouped(whole, separator string) (string, bool) {
	if strings.Contains(whole, " ") {
		if strings.Contains(whole, separator) {
			return "", false
		}
		separator = " "
	}
	groups := strings.Split(whole, separator)
	if len(groups) > 1 && (groups[0] == "" || len(groups[0]) > 3 || groups[0][0] == '0') {
		return "", false
	}
	for _, g := range groups[1:] {
		if len(g) != 3 {
			return "", false
		}
	}
	whole = strings.Join(groups, "")
	return whole, strings.Trim(whole, "0123456789") == ""
}

// plainDigits writes digits and signs as ASCII has them, and each white space as one space. Raised digits are left: 10³
// is not 103.
func plainDigits(typed string) string {
	typed = strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～': // full-width
			return r - '！' + '!'
		case r == '−' || r == '–' || r == '‒':
			return '-'
		}
		return r
	}, typed)
	typed = strings.Join(strings.Fields(typed), " ")
	if rest, ok := strings.CutPrefix(typed, "- "); ok {
		return "-" + rest
	}
	return typed
}

// Mark is what one answer was worth, and what to tell the learner.
type Mark struct {
	Share    float64 // of the question's mark, 0 to 1
	Right    bool    // all of it
	Answered bool
	Feedback []Text // of what was answered, and then the question's own
}

// Grade marks the answers. The score is the share of all scored questions, in percent, rounded down; a quiz without any
// is passed. An essay has a mark without worth, for its feedback.
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
		if acc := q.Accepts(a.Text); answered && acc != nil {
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
	} else if q.Whole {
		m.Share = 0
	}
	tell(q.Feedback)
	return m
}

// Accepts is the accepted answer that somebody typed, nil for none. One that has the tones as they were typed goes
// before one that has other ones, then what is spelled so before what only its stars leave room for, then the same
// capitals before others; what is equal in all of that goes by its place. * alone is last, so that the spellings of one
// language are reached wherever the other language's * stands. A question that asks for exact tones or capitals takes
// nothing else.
func (q *Question) Accepts(typed string) *Accepted {
	var found *Accepted
	best := lonelyStar + 1
	for i := range q.Accepted {
		if rank, ok := q.rank(q.Accepted[i].Text, typed); ok && rank < best {
			found, best = &q.Accepted[i], rank
		}
	}
	return found
}

// lonelyStar is the rank of * alone; lower is better.
const lonelyStar = 8

// rank tells how well an accepted answer fits what was typed.
func (q *Question) rank(accepted, typed string) (int, bool) {
	as := []func(string) string{exactAnswer, tonedAnswer, foldAnswer} // what they leave out grows
	p := spelling(exactAnswer(accepted))
	switch {
	case strings.Join(p, "") == "":
		return lonelyStar, len(p) > 1
	case q.Spelling == SpellCapitals:
		as = as[:1]
	case q.Spelling == SpellTones:
		as = as[:2]
	}
	for i, fold := range as {
		if !spelling(fold(accepted)).fits(fold(typed)) {
			continue
		}
		rank := []int{0, 1, 4}[i]
		if len(p) > 1 {
			rank += 2
		}
		return rank, true
	}
	return 0, false
}

// pieces are an accepted answer cut at its stars: what a typed one must have, in this order.
type pieces []string

func spelling(text string) pieces {
	p := pieces{""}
	for i := 0; i < len(text); i++ {
		last := &p[len(p)-1]
		switch {
		case strings.HasPrefix(text[i:], `\*`):
			*last += "*"
			i++
		case text[i] == '*':
			p = append(p, "")
		default:
			*last += text[i : i+1]
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

// exactAnswer is how typed words are compared letter by letter: without double spaces and a final full stop, and with
// letters in one piece.
func exactAnswer(s string) string {
	return strings.Trim(strings.Join(strings.Fields(norm.NFC.String(s)), " "), ". ")
}

// tonedAnswer leaves the case out as well.
func tonedAnswer(s string) string { return exactAnswer(strings.ToLower(norm.NFC.String(s))) }

// foldAnswer leaves out tones and đ's bar too.
func foldAnswer(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(tonedAnswer(s)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == 'đ':
			b.WriteByte('d')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
