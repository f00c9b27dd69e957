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

// What people type as a number, and what it is on a Vietnamese page and on an English one.
func TestParseNumber(t *testing.T) {
	for typed, want := range map[string][2]float64{"12": {12, 12}, "2,5": {2.5, 2.5}, "2.5": {2.5, 2.5}, "1.234": {1234, 1.234}, "1,234": {1.234, 1234}, "1.234,5": {1234.5, 1234.5}, "1,234.5": {1234.5, 1234.5},
		"0.125": {0.125, 0.125}, "0,125": {0.125, 0.125}, " 1 000 ": {1000, 1000}, "1 000,5": {1000.5, 1000.5}, "12 000 000": {12e6, 12e6}, "-3": {-3, -3}, "- 3": {-3, -3}, "−3": {-3, -3}, "+3": {3, 3},
		"1.234.567": {1234567, 1234567}, "1,234,567": {1234567, 1234567}, "1234.567": {1234.567, 1234.567}, "1234,567": {1234.567, 1234.567}, ".5": {0.5, 0.5}, "12.": {12, 12}, "1e3": {1000, 1000}, "2,5e-1": {0.25, 0.25},
		"１２": {12, 12}, "３．１４": {3.14, 3.14}, "１．２３４": {1234, 1.234}, "12 cuốn": {12, 12}, "12cuốn": {12, 12}, "30 m²": {30, 30}, "5 %": {5, 5}, "5％": {5, 5}, "1.822 lượt": {1822, 1.822}, "100.000đ": {100000, 100},
		"5 m": {5, 5}, "90 km/h": {90, 90}, "12 độ C.": {12, 12}, "7 (bảy)": {7, 7}, "00": {0, 0}} {
		for i, lang := range []string{"vi", "en"} {
			if got, ok := ParseNumber(lang, typed, nil); !ok || got != want[i] {
				t.Errorf("%q in %s: %v %v, want %v", typed, lang, got, ok, want[i])
			}
		}
	}
	for _, typed := range []string{"", "a dozen", "NaN", "Inf", "1,2,3,x", "--", "1 5", "1.2.3", "1,23,456", "1 234 5", "10³", "1 ½", "1/2", "3-4", "12 hoặc 13", "khoảng 12", "2 triệu", "2 Triệu rưỡi", "5 nghìn", "5 ngàn", "100k", "5M", "2 tá",
		"3 dozen", "0x10", "1_000", "1e999", ".", ",", "5 x 3", "5x"} {
		if got, ok := ParseNumber("vi", typed, nil); ok {
			t.Errorf("%q is taken for %v", typed, got)
		}
	}
	if got, ok := ParseNumber("vi", "33.333", func(n float64) bool { return n <= 100 }); !ok || got != 33.333 {
		t.Errorf("a percentage: %v %v", got, ok)
	}
}

// A number that can be read in two ways is the one that a range takes; where both or none are, the page's language says
// which.
func TestNumbersAreReadByTheRange(t *testing.T) {
	pi := []Range{{Min: 3.141, Max: 3.142, Weight: 1}}
	for _, c := range []struct {
		ranges []Range
		lang   string
		typed  string
		want   float64
	}{
		{pi, "vi", "3.141", 3.141},
		{pi, "en", "3.141", 3.141},
		{pi, "vi", "3,141", 3.141},
		{[]Range{{Min: 1817, Max: 1827, Weight: 1}}, "vi", "1.822", 1822},
		{[]Range{{Min: 1817, Max: 1827, Weight: 1}}, "en", "1.822", 1822},
		{[]Range{{Min: 1817, Max: 1827, Weight: 1}}, "en", "1,822", 1822},
		{[]Range{{Min: 1817, Max: 1827, Weight: 1}}, "vi", "1,822", 1822},
		{[]Range{{Min: 3.125, Max: 3.125, Weight: 1}}, "vi", "3.125", 3.125},
		{pi, "vi", "2.000", 2000}, // in none
		{pi, "en", "2.000", 2},
		{[]Range{{Min: 0, Max: 5000, Weight: 1}}, "vi", "3.141", 3141}, // in both
		{[]Range{{Min: 0, Max: 5000, Weight: 1}}, "en", "3,141", 3141},
		{[]Range{{Min: 3, Max: 4, Weight: 1}, {Min: 0, Max: 5000}}, "vi", "3.141", 3.141}, // only one earns something
		// only one is told why it is wrong
		{[]Range{{Min: 9, Max: 9, Weight: 1}, {Min: 3, Max: 4}}, "vi", "3.141", 3.141},
	} {
		q := Question{ID: "n", Kind: Numerical, Ranges: c.ranges}
		a, given, err := q.ParseForm(c.lang, func(string) []string { return []string{" " + c.typed} })
		if err != nil || !given || a.Number == nil || *a.Number != c.want || a.Typed != c.typed {
			t.Errorf("%s in %s: %+v %v, want %v", c.typed, c.lang, a, err, c.want)
		}
	}
	q := Question{ID: "n", Kind: Numerical, Ranges: pi}
	if a, _, err := q.ParseForm("vi", func(string) []string { return []string{"ba phẩy một"} }); err == nil || a.Typed != "ba phẩy một" || a.Number != nil {
		t.Errorf("%+v %v", a, err)
	}
	if a, err := q.Parse(json.RawMessage(`{"number": 3.141, "typed": "3.141"}`)); err != nil || *a.Number != 3.141 || a.Typed != "3.141" {
		t.Errorf("%+v %v", a, err)
	}
}

// One that is typed as it is accepted goes before one that only folds to it, and a question may ask for tones or
// capitals.
func TestExactSpellingsComeFirst(t *testing.T) {
	accept := func(all ...Accepted) []Accepted { return all }
	toneless := accept(Accepted{Text: "ma", Feedback: same("no tone")}, Accepted{Text: "mã", Weight: 1}, Accepted{Text: "*", Feedback: same("else")})
	province := accept(Accepted{Text: "ha giang", Weight: 0.25}, Accepted{Text: "Hà Giang", Weight: 1})
	sorted := accept(Accepted{Text: "sắp xếp", Weight: 1})
	for _, c := range []struct {
		accepted []Accepted
		spelling Spelling
		typed    string
		want     float64
		told     string
	}{
		{toneless, SpellAny, "mã", 1, ""},
		{toneless, SpellAny, "MÃ.", 1, ""},
		{toneless, SpellAny, "ma\u0303", 1, ""}, // in pieces
		{toneless, SpellAny, "ma", 0, "no tone"},
		{toneless, SpellAny, "má", 0, "no tone"}, // the first that it folds to
		{toneless, SpellTones, "má", 0, "else"},
		{toneless, SpellTones, "Mã", 1, ""},
		{toneless, SpellCapitals, "Mã", 0, "else"},
		{province, SpellAny, "ha giang", 0.25, ""},
		{province, SpellAny, "Hà Giang", 1, ""},
		{province, SpellAny, "hà giang", 1, ""},
		{province, SpellCapitals, "Ha Giang", 0, ""},
		{province, SpellCapitals, "ha giang", 0.25, ""},
		{province, SpellTones, "HA GIANG", 0.25, ""},
		{sorted, SpellAny, "sáp xếp", 1, ""},
		{sorted, SpellTones, "sáp xếp", 0, ""},
		{sorted, SpellTones, "  SẮP   XẾP ", 1, ""},
		{sorted, SpellTones, "sắp xêp", 0, ""},
		{accept(Accepted{Text: "da"}, Accepted{Text: "đa", Weight: 1}), SpellAny, "đa", 1, ""},
		{accept(Accepted{Text: "da", Weight: 1}), SpellTones, "đa", 0, ""},
		// stars with the tones before letters without
		{accept(Accepted{Text: "ma"}, Accepted{Text: "*mã*", Weight: 1}), SpellAny, "mã", 1, ""},
		{accept(Accepted{Text: "ma"}, Accepted{Text: "*mã*", Weight: 1}), SpellAny, "ma", 0, ""},
		// letters before stars
		{accept(Accepted{Text: "thư *", Weight: 0.5}, Accepted{Text: "Thư viện", Weight: 1}), SpellAny, "thư viện", 1, ""},
		{accept(Accepted{Text: "*", Weight: 0.1}, Accepted{Text: "*viện*", Weight: 1}), SpellTones, "thư viện xã", 1, ""},
		{accept(Accepted{Text: "Viện", Weight: 0.5}, Accepted{Text: "viện", Weight: 1}), SpellAny, "viện", 1, ""},
	} {
		q := Question{ID: "w", Kind: ShortAnswer, Accepted: c.accepted, Spelling: c.spelling}
		m := q.mark(Answer{Text: c.typed}, true)
		told := ""
		if len(m.Feedback) > 0 {
			told = m.Feedback[0].Vi
		}
		if m.Share != c.want || told != c.told {
			t.Errorf("%v %q typed %q: %v %q, want %v %q", c.accepted, c.spelling, c.typed, m.Share, told, c.want, c.told)
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
