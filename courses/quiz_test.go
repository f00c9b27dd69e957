package courses

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func yes(b bool) *bool       { return &b }
func num(n float64) *float64 { return &n }
func same(s string) Text     { return Text{Vi: s, En: s} }
func opt(id string, w float64) Option {
	return Option{ID: id, Text: same(id), Weight: w, Feedback: same("why " + id)}
}

var (
	single = Question{ID: "single", Kind: SingleChoice, Options: []Option{opt("a", 0), opt("b", 1), opt("c", 0.5)}}
	many   = Question{ID: "many", Kind: MultipleChoice, Options: []Option{opt("a", 0.5), opt("b", 0.5), opt("c", -1)}}
	truth  = Question{ID: "truth", Kind: TrueFalse, Options: []Option{opt("true", 1), opt("false", 0)}}
	word   = Question{ID: "word", Kind: ShortAnswer, Accepted: []Accepted{{Text: "Điện Biên", Weight: 1}, {Text: "Lai Châu", Weight: 0.5}}}
	number = Question{ID: "number", Kind: Numerical, Ranges: []Range{{Min: 11.5, Max: 12.5, Weight: 1}, {Min: 10, Max: 14, Weight: 0.5}}}
	stars  = Question{ID: "stars", Kind: ShortAnswer, Accepted: []Accepted{{Text: "*", Feedback: same("no")}, {Text: "thư * xã", Weight: 0.5}, {Text: "*th*viện*", Weight: 0.25, Feedback: same("nearly")},
		{Text: "Thư viện xã", Weight: 1}, {Text: `a\*b`, Weight: 1}}}
	around = Question{ID: "around", Kind: Numerical, Ranges: []Range{{Min: 3, Max: 3, Weight: 1}, {Min: 5, Max: 9, Feedback: same("too many")}}, Other: same("count again")}
	match  = Question{ID: "match", Kind: Matching, Pairs: []Pair{{Left: "l1", Right: "ra"}, {Left: "l2", Right: "rb"}, {Left: "l3", Right: "ra"}, {Right: "rc"}}}
	essay  = Question{ID: "essay", Kind: Essay, Feedback: same("a model")}
	about  = Question{ID: "about", Kind: Description, Prompt: same("read this")}
)

func TestMark(t *testing.T) {
	for _, c := range []struct {
		name     string
		question Question
		answer   Answer
		share    float64
		feedback int
	}{
		{"the right option", single, Answer{Options: []string{"b"}}, 1, 1},
		{"a wrong option", single, Answer{Options: []string{"a"}}, 0, 1},
		{"an option worth half", single, Answer{Options: []string{"c"}}, 0.5, 1},
		{"no option", single, Answer{}, 0, 0},
		{"all right options", many, Answer{Options: []string{"a", "b"}}, 1, 2},
		{"an option named twice counts once", many, Answer{Options: []string{"a", "a"}}, 0.5, 1},
		{"three thirds are a whole", Question{ID: "thirds", Kind: MultipleChoice, Options: []Option{opt("a", 0.3333333), opt("b", 0.3333333), opt("c", 0.3333333)}},
			Answer{Options: []string{"a", "b", "c"}}, 1, 3},
		{"everything ticked earns nothing", many, Answer{Options: []string{"a", "b", "c"}}, 0, 3},
		{"never below nothing", many, Answer{Options: []string{"c"}}, 0, 1},
		{"true", truth, Answer{Bool: yes(true)}, 1, 1},
		{"false", truth, Answer{Bool: yes(false)}, 0, 1},
		{"a word without tones, in capitals, with spaces", word, Answer{Text: "  DIEN   bien. "}, 1, 0},
		{"a word decomposed", word, Answer{Text: "Điện Biên"}, 1, 0},
		{"another word", word, Answer{Text: "Lai Chau"}, 0.5, 0},
		{"no word", word, Answer{Text: "Sơn La"}, 0, 0},
		{"spelled so, though a star stands before it", stars, Answer{Text: "thu vien xa"}, 1, 0},
		{"with letters for the star", stars, Answer{Text: "Thư  phòng đọc xã"}, 0.5, 0},
		{"too short for its star", stars, Answer{Text: "thư xã"}, 0, 1},
		{"stars on all sides", stars, Answer{Text: "nhà thư viện tỉnh"}, 0.25, 1},
		{"stars for nothing", stars, Answer{Text: "th viện"}, 0.25, 1},
		{"pieces in another order", stars, Answer{Text: "viện th"}, 0, 1},
		{"the star alone is told last", stars, Answer{Text: "nhà văn hóa"}, 0, 1},
		{"a star that is one", stars, Answer{Text: "a*b"}, 1, 0},
		{"no star where one is written", stars, Answer{Text: "axb"}, 0, 1},
		{"no number but the right one", around, Answer{Number: num(3)}, 1, 0},
		{"a wrong number with a reason", around, Answer{Number: num(7)}, 0, 1},
		{"any other number", around, Answer{Number: num(4)}, 0, 1},
		{"no number", around, Answer{}, 0, 0},
		{"within", number, Answer{Number: num(12.5)}, 1, 0},
		{"nearly", number, Answer{Number: num(13)}, 0.5, 0},
		{"off", number, Answer{Number: num(15)}, 0, 0},
		{"all pairs", match, Answer{Pairs: map[string]string{"l1": "ra", "l2": "rb", "l3": "ra"}}, 1, 0},
		{"one pair of three", match, Answer{Pairs: map[string]string{"l1": "ra", "l2": "rc"}}, 1.0 / 3, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			quiz := Quiz{Questions: []Question{c.question}}
			score, marks := quiz.Grade(map[string]Answer{c.question.ID: c.answer})
			m := marks[c.question.ID]
			if math.Abs(m.Share-c.share) > 1e-9 || len(m.Feedback) != c.feedback || m.Right != (c.share == 1) {
				t.Errorf("share %v right %v feedback %v", m.Share, m.Right, m.Feedback)
			}
			if want := int(100 * c.share); score != want {
				t.Errorf("score %d, want %d", score, want)
			}
		})
	}
}

func TestGradeIsTheShareOfAllQuestions(t *testing.T) {
	quiz := Quiz{Questions: []Question{about, single, truth, match}}
	answers := map[string]Answer{"single": {Options: []string{"b"}}, "truth": {Bool: yes(true)}, "match": {Pairs: map[string]string{"l1": "ra", "l2": "rb"}}}
	if score, _ := quiz.Grade(answers); score != 88 { // (1 + 1 + 2/3) / 3, rounded down
		t.Errorf("score %d", score)
	}
	if score, marks := quiz.Grade(nil); score != 0 || len(marks) != 3 {
		t.Errorf("nothing answered: %d, %d marks", score, len(marks))
	}
	withEssay := Quiz{Questions: []Question{essay, truth}}
	score, marks := withEssay.Grade(map[string]Answer{"essay": {Text: "mine"}})
	if m := marks["essay"]; score != 0 || !m.Answered || m.Share != 0 || len(m.Feedback) != 1 {
		t.Errorf("an essay counts: %d, %+v", score, m)
	}
	onlyText := Quiz{Questions: []Question{about, essay}}
	if score, _ := onlyText.Grade(nil); score != 100 {
		t.Errorf("nothing to answer: %d", score)
	}
}

func TestParseTakesTheShapesOfTheContract(t *testing.T) {
	for _, c := range []struct {
		question Question
		json     string
		ok       bool
	}{
		{single, `"b"`, true}, {single, `["b"]`, true}, {single, `["a","b"]`, false}, {single, `"z"`, false}, {single, `3`, false}, {single, `{"$gt":""}`, false},
		{many, `["a","b"]`, true}, {many, `"a"`, true}, {many, `[]`, true}, {many, `["a",1]`, false},
		{truth, `true`, true}, {truth, `"true"`, false},
		{word, `"x"`, true}, {word, `["x"]`, false},
		{number, `12.5`, true}, {number, `"12"`, false}, {number, `1e999`, false},
		{match, `{"l1":"ra"}`, true}, {match, `{"l9":"ra"}`, false}, {match, `{"l1":"r9"}`, false}, {match, `{"":"rc"}`, false},
		{word, `"` + strings.Repeat("ế", 1001) + `"`, false}, {essay, `"` + strings.Repeat("ế", 5000) + `"`, true}, {essay, `"` + strings.Repeat("ế", 5001) + `"`, false},
		{essay, `"one\ntwo"`, true}, {essay, `["x"]`, false},
		{about, `"x"`, false},
	} {
		_, err := c.question.Parse(json.RawMessage(c.json))
		if (err == nil) != c.ok {
			t.Errorf("%s %s: %v", c.question.ID, c.json, err)
		}
	}
}

func TestParseNumber(t *testing.T) {
	for typed, want := range map[string]float64{"12": 12, "2,5": 2.5, "2.5": 2.5, "1.234": 1234, "1.234,5": 1234.5, "1,234.5": 1234.5, "0.125": 0.125, " 1 000 ": 1000, "-3": -3, "1.234.567": 1234567} {
		if got, ok := ParseNumber(typed); !ok || got != want {
			t.Errorf("%q: %v %v", typed, got, ok)
		}
	}
	for _, typed := range []string{"", "a dozen", "NaN", "Inf", "1,2,3,x", "--"} {
		if got, ok := ParseNumber(typed); ok {
			t.Errorf("%q is taken for %v", typed, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`"b"`, `["a"]`, `true`, `1`, `{"l1":"ra"}`, `null`, `{`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		quiz := Quiz{Questions: []Question{single, many, truth, word, number, match, about}}
		answers := map[string]Answer{}
		for _, q := range quiz.Questions {
			if a, err := q.Parse(json.RawMessage(s)); err == nil {
				answers[q.ID] = a
			}
		}
		if score, _ := quiz.Grade(answers); score < 0 || score > 100 {
			t.Fatalf("%q scores %d", s, score)
		}
	})
}
