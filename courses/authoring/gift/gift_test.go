package gift

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lopban/courses"
	"lopban/courses/authoring/coursetest"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
)

// brief says of a question what matters, on one line.
func brief(q question) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s|%s", q.Kind, q.Prompt)
	for _, a := range q.Answers {
		switch q.Kind {
		case courses.Numerical:
			fmt.Fprintf(&b, "|%g..%g", a.min, a.max)
		case courses.Matching:
			fmt.Fprintf(&b, "|%s>%s", a.Text, a.Right)
		default:
			fmt.Fprintf(&b, "|%s", a.Text)
		}
		if q.Kind != courses.Matching {
			fmt.Fprintf(&b, "@%g", a.weight*100)
		}
		if a.Feedback != "" {
			fmt.Fprintf(&b, "#%s", a.Feedback)
		}
	}
	if q.Tail != "" {
		fmt.Fprintf(&b, "|…%s", q.Tail)
	}
	if q.Other != "" {
		fmt.Fprintf(&b, "|~%s", q.Other)
	}
	if q.Feedback != "" {
		fmt.Fprintf(&b, "|####%s", q.Feedback)
	}
	return b.String()
}

// The examples of Moodle's documentation of the format and of its own tests, with what Moodle makes of them.
var giftExamples = []struct{ name, source, want string }{
	{"single choice", "Who's buried in Grant's tomb?{~Grant ~Jefferson =no one}", "single|Who's buried in Grant's tomb?|Grant@0|Jefferson@0|no one@100"},
	{"feedback", "::Q2:: What's between orange and green? \n{ =yellow # right; good! ~red # wrong, it's yellow\n ~blue # wrong }",
		"single|What's between orange and green?|yellow@100#right; good!|red@0#wrong, it's yellow|blue@0#wrong"},
	{"weighted", "What two people are entombed in Grant's tomb? {\n~%-100%No one\n~%50%Grant\n~%50%Grant's wife\n~%-100%Grant's father\n}",
		"multiple|What two people are entombed in Grant's tomb?|No one@-100|Grant@50|Grant's wife@50|Grant's father@-100"},
	{"thirds", "Pick {~%33.33333%a ~%33.33333%b ~%33.33333%c ~%-100%d}", "multiple|Pick|a@33.33333|b@33.33333|c@33.33333|d@-100"},
	{"partly right", "Jesus Christ was from {\n~Jerusalem#Wrong\n~%25%Bethlehem#Born there\n=Nazareth#Yes\n}",
		"single|Jesus Christ was from|Jerusalem@0#Wrong|Bethlehem@25#Born there|Nazareth@100#Yes"},
	{"missing word", "Grant is {~buried =entombed ~living} in Grant's tomb.", "single|Grant is|buried@0|entombed@100|living@0|…in Grant's tomb."},
	{"missing short answer", "Two plus {=two =2} equals four.", "short|Two plus|two@100|2@100|…equals four."},
	{"no prompt before the blank", "{=Asia ~Europe} is large.", "single||Asia@100|Europe@0|…is large."},
	{"true", "Grant is buried in Grant's tomb.{T}", "truefalse|Grant is buried in Grant's tomb.|true@100|false@0"},
	{"false with feedback", "Grant is in the tomb.{FALSE#No one is.#Right!}", "truefalse|Grant is in the tomb.|true@0#No one is.|false@100#Right!"},
	{"true with both feedbacks", "The sun rises in the East.{TRUE#Look again.#Yes.####In the morning.}",
		"truefalse|The sun rises in the East.|true@100#Yes.|false@0#Look again.|####In the morning."},
	{"short answer", "Who's buried?{=no one =%50%nobody#nearly}", "short|Who's buried?|no one@100|nobody@50#nearly"},
	{"number with tolerance", "When was Ulysses S. Grant born?{#1822:5}", "numerical|When was Ulysses S. Grant born?|1817..1827@100"},
	{"number in a range", "Pi to 3 places? {#3.141..3.142}.", "numerical|Pi to 3 places?|3.141..3.142@100|…."},
	{"exact number", "How many? {#3}", "numerical|How many?|3..3@100"},
	{"several numbers", "When? {#\n  =1822:0#Right\n  =%50%1822:2#Nearly\n####He was.}", "numerical|When?|1822..1822@100#Right|1820..1824@50#Nearly|####He was."},
	{"decimal tolerance", "How much? {#0.8:0.1}", "numerical|How much?|0.7..0.9@100"},
	{"numbers as Moodle writes and reads them", "A? {#=.5:0 =+3:.25 =1e3..1.5E+3 =2.5e-1}", "numerical|A?|0.5..0.5@100|2.75..3.25@100|1000..1500@100|0.25..0.25@100"},
	{"negative numbers", "Cold? {#-5..-1}", "numerical|Cold?|-5..-1@100"},
	{"matching", "Capitals. {\n=Canada -> Ottawa\n=Italy  ->  Rome\n=Japan  ->  Tokyo\n}", "matching|Capitals.|Canada>Ottawa|Italy>Rome|Japan>Tokyo"},
	{"matching with a distractor", "Which? {=cat -> cat food =dog -> dog food = -> hay ####Ask them.}",
		"matching|Which?|cat>cat food|dog>dog food|>hay|####Ask them."},
	{"description", "::About::Read on.\nSecond line.", "description|Read on. Second line."},
	{"essay", "How are you? {}", "essay|How are you?"},
	{"essay with a model answer", "Write an essay about something. {####It has \\#one\nnumber.\n}", "essay|Write an essay about something.|####It has #one number."},
	{"escapes", `Which is 2\+2\=\{4\}\: a\~b \#1 c\\d e\nf? {=a\=b#x\:\#y ~c\{d\}}`, "single|Which is 2\\+2={4}: a~b #1 c\\d e\nf?|a=b@100#x:#y|c{d}@0"},
	{"escaped backslash before a marker", `A {=one\\ ~two}`, `single|A|one\@100|two@0`},
	{"formats", "[markdown]The *sun* {=[plain]*one* star ~[moodle]many#[markdown]*no*}", `single|The *sun*|\*one\* star@100|many@0#*no*`},
	{"html", `[html]<p>The <b>sun</b>\n&amp; the <em>moon</em> *</p><p>a &lt; b</p> {=<i>one</i>#<p>yes</p> ~[plain]<i>two</i> ####<a href\="https\://vi.example/a">Read</a><br>on}`,
		"single|The **sun** & the *moon* \\*\na < b|*one*@100#yes|\\<i>two\\</i>@0|####[Read](https://vi.example/a)\non"},
	{"html around a blank", "[html]<p>Two plus {=two =[html]2} equals <b>four</b>.</p>", "short|Two plus|two@100|2@100|…equals **four**."},
	{"html pairs", "[html]Match<br>them {=<b>cat</b> -> a<b =dog -> dog food}", "matching|Match\nthem|**cat**>a\\<b|dog>dog food"},
	{"plain lines", `[plain]# 1. a_b\n- c {T}`, "truefalse|\\# 1. a_b\n\\- c|true@100|false@0"},
	{"wildcards", `Who? {=*no one* =a\*b =%0%*#Look again}`, `short|Who?|*no one*@100|a\*b@100|*@0#Look again`},
	{"feedback to wrong numbers", "How many? {#3:2~#Completely wrong}", "numerical|How many?|1..5@100|~Completely wrong"},
	{"Moodle's export of numbers", "When? {#\n\t=%100%1822:0#Yes\n\t=%0%1900:5#Later\n\t~#[html]<b>No</b>\n\t####He was.\n}",
		"numerical|When?|1822..1822@100#Yes|1895..1905@0#Later|~**No**|####He was."},
	{"a star for all other numbers", "When? {#=1822 ~*#No}", "numerical|When?|1822..1822@100|~No"},
	{"brackets that are no format", "[sic] Who? {=[a] ~[b]}", "single|[sic] Who?|[a]@100|[b]@0"},
	{"comments inside", "// first\nWho?{\n// not an answer ~x\n=a\n~b}", "single|Who?|a@100|b@0"},
	{"an address in the text", "See https://vi.example/a?b\\=c first. {T}", "truefalse|See https://vi.example/a?b=c first.|true@100|false@0"},
}

func TestGIFTReadsTheExamplesAsMoodleDoes(t *testing.T) {
	for _, c := range giftExamples {
		t.Run(c.name, func(t *testing.T) {
			for _, source := range []string{c.source, strings.ReplaceAll(c.source, "\n", "\r\n"), "\ufeff" + c.source + "\n\n"} {
				var m mistake.Mistakes
				all := Parse("q.gift", []byte(source), &m)
				if len(all) != 1 || m.Errors() {
					t.Fatalf("%q: %d questions, mistakes %v", source, len(all), m)
				}
				if got := brief(all[0]); got != c.want {
					t.Errorf("%q\n got %s\nwant %s", source, got, c.want)
				}
			}
		})
	}
}

func TestGIFTCommentsNameIdAndSection(t *testing.T) {
	var m mistake.Mistakes
	all := Parse("q.gift", []byte("// [id:q1] [tag:section-2]\n::T::A {T#a#b}\n\n\n// a word\n::Thẻ đầu::B {T#a#b}"), &m)
	if len(m) != 0 || len(all) != 2 {
		t.Fatal(all, m)
	}
	if q := all[0]; q.id != "q1" || q.Section != 2 || q.title != "T" || q.Line != 2 {
		t.Errorf("%+v", q)
	}
	if q := all[1]; q.id != "" || q.Section != 0 || q.title != "Thẻ đầu" || q.Line != 6 {
		t.Errorf("%+v", q)
	}
}

func TestGIFTMistakesAreNamedWithTheirLines(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"essay without a model", "How are you?\n{}", "1 gift-essay-model"},
		{"open title", "::Title\nWho? {T#a#b}", "1 gift-title-open"},
		{"answers not closed", "A?\n{=a\n~b\n\nB? {T#a#b}", "2 gift-brace-open"},
		{"blank line inside", "A? {\n=a#x\n\n~b#y\n}\n\nB? {T#a#b}", "3 gift-blank-line"},
		{"closing alone", "A }", "1 gift-brace }"},
		{"brace inside", "A {=a {b} ~c####f}", "1 gift-brace {, 1 gift-brace }, 1 gift-feedback-none"},
		{"a format in capitals", "[HTML]A {T#[ plain ]a\n#b}", "1 gift-format [HTML], 1 gift-format [ plain ]"},
		{"html with what a quiz cannot hold", "[html]<img src\\=\"x.png\" alt\\=\"A\">\n{T#a\n#<iframe src\\=\"x\"></iframe>b}", "1 left-pictures 1, 3 left-frames 1"},
		{"html of too many elements", "[html]A" + strings.Repeat("<b>", markdown.MaxPageTags+1) + "{T#a#b}", "1 gift-html, 1 gift-prompt-empty"},
		{"category without a blank line", "$CATEGORY: top/x\n// said\nA {T#a#b}", "3 gift-category-blank"},
		{"two categories in one", "$CATEGORY: x\n$CATEGORY: y\n\nA {T#a#b}", "2 gift-category-blank"},
		{"category inside", "A {\n$CATEGORY: x\nT#a#b}", "2 gift-category-inside"},
		{"category without a name", "$CATEGORY: \n\nA {T#a#b}", "1 gift-category-empty"},
		{"category of many letters", "$CATEGORY: " + strings.Repeat("ế", 81) + "\n\nA {T#a#b}", "1 gift-category-long " + strings.Repeat("ế", 59) + "… 80"},
		{"id of a category", "// [id:a]\n$CATEGORY: x\n\nA {T#a#b}", "1 gift-comment-alone"},
		{"bad id", "// [id:a b]\nA {T#a#b}", "1 gift-id a b"},
		{"id twice", "// [id:a]\nA {T#a#b}\n\n// [id:a]\nB {T#a#b}", "4 gift-id-twice a"},
		{"two ids", "// [id:a]\n// [id:b]\nA {T#a#b}", "2 gift-id-twice b"},
		{"lonely id", "// [id:a]\n\nA {T#a#b}", "1 gift-comment-alone"},
		{"tag in brackets", "// [tag:<b>]\nA {T#a#b}", "1 gift-tag <b>"},
		{"two sections", "// [tag:section-1]\n// [tag:section-2]\nA {T#a#b}", "2 gift-tag section-2"},
		{"no text", "::T:: {T#a#b}", "1 gift-prompt-empty"},
		{"unmarked answer", "A {\nb\n=c####f}", "2 gift-answer-unmarked b"},
		{"lower case truth", "A {true####f}", "1 gift-answer-unmarked true, 1 gift-no-right"},
		{"empty answer", "A {\n=\n~b####f}", "2 gift-answer-empty"},
		{"same answer twice", "A {=a\n~a####f}", "2 gift-answer-twice a"},
		{"one option", "A {~%100%a####f}", "1 gift-answers-few 2"},
		{"27 options", "A {=a0 " + many(26, "~a%d ") + "####f}", "1 gift-answers-many 26"},
		{"marker in a word", "A {=2\n~1+1=3####f}", "2 gift-marker-in-text ="},
		{"weight beyond", "A {~%150%a ~%-10%b\n~%100%c####f}", "1 gift-weight %150%"},
		{"weight of words", "A {~%half%a ~%-10%b ~%100%c####f}", "1 gift-weight %half%"},
		{"weight on =", "A {=%50%a ~b####f}", "1 gift-weight-here %50%"},
		{"short answer worth less than nothing", "A {=a =%-10%b####f}", "1 gift-weight %-10%"},
		{"only short answers worth nothing", "A {=%0%a#b}", "1 gift-no-right, 1 gift-feedback-none"},
		{"sum", "A {~%50%a ~%40%b ~%-100%c####f}", "1 gift-weights-sum 90"},
		{"thirds with two decimals", "A {~%33.33%a ~%33.33%b ~%33.33%c ~%-100%d####f}", "1 gift-weights-sum 99.99"},
		{"nothing right", "A {~a ~b####f}", "1 gift-no-right"},
		{"nothing fully right", "A {=%50%a =%20%b####f}", "1 gift-no-right"},
		{"ticking all", "A {~%100%a ~b####f}", "1 gift-tick-all"},
		{"comma number", "A {#3,5:0####f}", "1 gift-number 3,5:0"},
		{"not a number", "A {#NaN####f}", "1 gift-number NaN"},
		{"a number too large", "A {#1e16####f}", "1 gift-number 1e16"},
		{"a number too fine", "A {#1.5e-12####f}", "1 gift-number 1.5e-12"},
		{"a number too small", "A {#1e-13####f}", "1 gift-number 1e-13"},
		{"a point alone", "A {#.####f}", "1 gift-number ."},
		{"negative tolerance", "A {#3:-1####f}", "1 gift-number 3:-1"},
		{"no tolerance behind the colon", "A {#3:####f}", "1 gift-number 3:"},
		{"range backwards", "A {#5..1####f}", "1 gift-number-order 5..1"},
		{"no number", "A {#####f}", "1 gift-no-right"},
		{"a wrong number behind ~", "A {#3:0\n~5#no####f}", "2 gift-other ~5#no"},
		{"~ without feedback", "A {#3:0\n~ ####f}", "2 gift-other ~"},
		{"~ with empty feedback", "A {#3:0\n~#\n####f}", "2 gift-answer-empty"},
		{"a number behind the others' feedback", "A {#=3:0\n~#no\n=4#ok}", "3 gift-other-last ="},
		{"not a pair", "A {=a -> b\n=c\n=d -> e####f}", "2 gift-pair c"},
		{"pair without right side", "A {=a -> b\n=c ->\n=d->e####f}", "2 gift-answer-empty"},
		{"one pair", "A {=a -> b = -> c####f}", "1 gift-answers-few 2"},
		{"left twice", "A {=a -> b\n=a -> c####f}", "2 gift-answer-twice a"},
		{"feedback of a pair", "A {=a -> b#x\n=c -> d####f}", "1 gift-pair-feedback"},
		{"weight of a pair", "A {=%50%a -> b\n=c -> d####f}", "1 gift-weight-here %50%"},
		{"three feedbacks", "A {T#a#b#c}", "1 gift-feedback-extra c"},
		{"option without feedback", "A {=a#x\n~b}", "2 gift-feedback-missing b"},
		{"true without feedback", "A {F#x}", "1 gift-feedback-false"},
		{"number without feedback", "A {#3}", "1 gift-feedback-none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m mistake.Mistakes
			Parse("q.gift", []byte(c.source), &m)
			var got []string
			for _, one := range m {
				if strings.Contains(one.String(), "%!") {
					t.Errorf("badly filled: %s", one)
				}
				got = append(got, strings.TrimSpace(fmt.Sprintf("%d %s %s", one.Line, one.Code, strings.Join(one.Args, " "))))
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("%q\n got %s\nwant %s", c.source, strings.Join(got, ", "), c.want)
			}
		})
	}
}

func many(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i+1)
	}
	return b.String()
}

// What authors say to each other in comments is kept with the question that follows, or with the last one.
func TestGIFTCommentsAreKept(t *testing.T) {
	vi := "// === Phần 1 ===\n\n// [id:a] hỏi Lan\n//\nA {T#a\n// nói thêm [tag:x]\n#b}\n\n// [id[id:z]:y] khó\n$CATEGORY: p\n\n// [id:b]\nB {T#a#b}\n\n///// hết /////\n"
	quiz, m := ParseQuiz(Source{"v", []byte(vi)}, Source{"e", []byte("// [id:a] [tag:x]\n// ask Lan\nA {T#a#b}\n\n$CATEGORY: p\n\n// [id:b]\nB {T#a#b}")})
	if m.Errors() || len(quiz.Questions) != 2 {
		t.Fatal(m)
	}
	for i, want := range []courses.Text{{Vi: "=== Phần 1 ===\nhỏi Lan\nnói thêm", En: "ask Lan"}, {Vi: "(id:y] khó\nhết /////"}} {
		if got := quiz.Questions[i].Notes; got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if back, m, text := rewrite(t, quiz); !reflect.DeepEqual(back, quiz) || m.Errors() {
		t.Errorf("%v\n%s\n got %+v\nwant %+v", m, text, back, quiz)
	}
}

func TestGIFTCategoriesArePools(t *testing.T) {
	var m mistake.Mistakes
	all := Parse("q.gift", []byte("A {T#a#b}\n\n// Switch category\n$CATEGORY: $course$/top/Chương 1/dễ\n\n// [tag:khó] [tag:section-2] [tag:có ví dụ]\nB {T#a#b}\n\nC {T#a#b}\n\n"+
		"$CATEGORY:  khó   hơn\n\n\nD {T#a#b}\n\n$CATEGORY: $course$/top\n\nE {T#a#b}\n\n$CATEGORY: topic\n\nF {T#a#b}"), &m)
	var pools []string
	for _, q := range all {
		pools = append(pools, q.pool)
	}
	if want := []string{"", "Chương 1/dễ", "Chương 1/dễ", "khó hơn", "", "topic"}; !slices.Equal(pools, want) || len(m) > 0 {
		t.Errorf("%q, want %q: %v", pools, want, m)
	}
	if tags := all[1].tags; !slices.Equal(tags, []string{"khó", "có ví dụ"}) || all[1].Section != 2 {
		t.Errorf("%q", tags)
	}
}

func TestGIFTGoesOnBehindAMistake(t *testing.T) {
	var m mistake.Mistakes
	all := Parse("q.gift", []byte("A {=####a}\n\nB {=a\n\n\nC {T#a#b}\n\nD }\n\nE {#x####f}\n\nF {T#a#b}"), &m)
	if got := len(m); got != 4 { // A's, B's, D's and E's
		t.Errorf("%d mistakes: %v", got, m)
	}
	if last := all[len(all)-1]; last.Prompt != "F" || last.Kind != courses.TrueFalse {
		t.Errorf("%+v", last)
	}
}

func TestGIFTOfAHostileSizeIsReadQuickly(t *testing.T) {
	for _, unit := range []string{"{\n\n", "=a ", "~%50%a\n", "// [id:x]\n", "::", "\\", "{", "}", "a\n\n", "#", "$CATEGORY:\n", "A {=a\n", "[id", "[html]<b>", "=[html]<p>a#[plain]*b ", "// a\n\n"} {
		var m mistake.Mistakes
		Parse("q.gift", []byte("A {"+strings.Repeat(unit, markdown.MaxText/len(unit))), &m)
		m = nil
		ParseQuiz(Source{"a", []byte(strings.Repeat(unit, markdown.MaxText/len(unit)))}, Source{"b", []byte(strings.Repeat(unit, markdown.MaxText/len(unit)))})
	}
}

func TestQuizMergesBothLanguages(t *testing.T) {
	quiz, m := ParseQuiz(Source{"x.vi.gift", []byte(coursetest.ViQuiz)}, Source{"x.en.gift", []byte(coursetest.EnQuiz)})
	if len(m) > 2 || m.Errors() { // q7 has no feedback in either language: one warning for each option of it
		for _, one := range m {
			if !strings.HasPrefix(one.Code, "gift-feedback-") {
				t.Error(one)
			}
		}
	}
	ids := []string{}
	for _, q := range quiz.Questions {
		ids = append(ids, q.ID)
	}
	if want := []string{"q1", "hai-cau-dung", "q3", "q4", "q5", "q6", "q7", "q8", "q9", "q10"}; !slices.Equal(ids, want) {
		t.Errorf("ids %v, want %v", ids, want)
	}
	q1 := quiz.Questions[0]
	want := courses.Option{ID: "a", Text: courses.Text{Vi: "Đúng", En: "Right"}, Weight: 1, Feedback: courses.Text{Vi: "Vì đúng.", En: "Because."}}
	if q1.Options[0] != want || q1.Section != 1 || q1.Title.En != "One" {
		t.Errorf("%+v", q1)
	}
	if o := quiz.Questions[2].Options; o[0].ID != "true" || o[0].Weight != 0 || o[1].ID != "false" || o[1].Feedback.En != "Right." {
		t.Errorf("%+v", o)
	}
	var accepted []string
	for _, a := range quiz.Questions[3].Accepted {
		accepted = append(accepted, a.Text)
	}
	if !slices.Equal(accepted, []string{"ba", "3", "three"}) {
		t.Errorf("accepted %v", accepted)
	}
	pairs := quiz.Questions[5].Pairs
	if pairs[0].Right != pairs[2].Right || pairs[0].Right == pairs[1].Right || pairs[0].Left != "l1" || pairs[3].Left != "" {
		t.Errorf("%+v", pairs)
	}
	if q := quiz.Questions[6]; q.Tail != (courses.Text{Vi: "của Việt Nam.", En: "of Viet Nam."}) {
		t.Errorf("%+v", q.Tail)
	}
	essay := courses.Question{ID: "q9", Kind: courses.Essay, Pool: "Tự luận", Tags: []string{"mở"}, Prompt: courses.Text{Vi: "Kể lại một buổi.", En: "Tell of a session."},
		Feedback: courses.Text{Vi: "Một buổi đọc sách.", En: "A reading session."}}
	if !reflect.DeepEqual(quiz.Questions[8], essay) || quiz.Questions[9].Pool != "" {
		t.Errorf("%+v", quiz.Questions[8:])
	}
}

func TestQuizNamesWhatDiffersBetweenLanguages(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"id", "[id:q4]", "[id:q44]", "x.en.gift:0 quiz-question-missing q4 x.vi.gift?, x.vi.gift:0 quiz-question-missing q44 x.en.gift"},
		{"left out", "// [id:q8]\nRead on.\n", "", "x.en.gift:0 quiz-question-missing q8 x.vi.gift?"},
		{"kind", "{#2..4 ", "{=three ", "x.en.gift:15 quiz-kind q5 short numerical x.vi.gift"},
		{"count", "  ~Wrong#Because not.\n", "  ~Wrong#a\n  ~Bad#b\n", "x.en.gift:2 quiz-count q1 3 2 x.vi.gift"},
		{"key", "=capital ~province", "~capital =province", "x.en.gift:25 quiz-key q7 1 x.vi.gift, x.en.gift:25 quiz-key q7 2 x.vi.gift"},
		{"range", "2..4", "1..4", "x.en.gift:15 quiz-key q5 1 x.vi.gift"},
		{"weight of a spelling", "{=three =3 ", "{=three =%50%3 ", "x.en.gift:12 quiz-key q4 2 x.vi.gift"},
		{"section", "section-1", "section-2", "x.en.gift:2 quiz-section q1 x.vi.gift"},
		{"pool", "$CATEGORY: Tự luận", "$CATEGORY: Essays", "x.en.gift:33 quiz-pool q9 x.vi.gift"},
		{"tags", "[tag:mở]", "", "x.en.gift:33 quiz-tags q9 x.vi.gift"},
		{"left side not translated", "=c -> one", "= -> one", "x.en.gift:20 quiz-left-missing q6?"},
		{"distractor", "= -> three", "=d -> three", "x.en.gift:21 quiz-key q6 4 x.vi.gift"},
		{"shared right side", "=c -> one", "=c -> uno", "x.en.gift:20 quiz-pairs q6 x.vi.gift"},
		{"right sides that fall together", "=b -> two", "=b -> one", "x.en.gift:19 quiz-pairs q6 x.vi.gift"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, m := ParseQuiz(Source{"x.vi.gift", []byte(coursetest.ViQuiz)}, Source{"x.en.gift", []byte(strings.Replace(coursetest.EnQuiz, c.old, c.new, 1))})
			var got []string
			for _, one := range m {
				said := fmt.Sprintf("%s:%d %s %s", one.File, one.Line, one.Code, strings.Join(one.Args, " "))
				if one.Warning {
					said += "?" // a reminder
				}
				if strings.HasPrefix(one.Code, "quiz-") {
					got = append(got, said)
				}
			}
			if s := strings.Join(got, ", "); s != c.want {
				t.Errorf("\n got %s\nwant %s", s, c.want)
			}
		})
	}
}

func TestQuizOrderIsTheVietnameseOne(t *testing.T) {
	parts := strings.Split(strings.TrimSpace(coursetest.EnQuiz), "\n\n")
	parts[4], parts[5] = parts[5], parts[4]
	quiz, m := ParseQuiz(Source{"x.vi.gift", []byte(coursetest.ViQuiz)}, Source{"x.en.gift", []byte(strings.Join(parts, "\n\n"))})
	if !slices.ContainsFunc(m, func(one mistake.Mistake) bool { return one.Code == "quiz-order" }) {
		t.Error(m)
	}
	if quiz.Questions[4].Prompt.En != "How much?" {
		t.Errorf("%+v", quiz.Questions[4])
	}
}

func TestRightIdsDoNotTellTheLeftOnes(t *testing.T) {
	a, _ := ParseQuiz(Source{"v", []byte("// [id:q]\nA {=a -> x\n=b -> y}")}, Source{File: "e"})
	b, _ := ParseQuiz(Source{"v", []byte("// [id:q]\nA {=b -> y\n=a -> x}")}, Source{File: "e"})
	if a.Questions[0].Pairs[0].Right != b.Questions[0].Pairs[1].Right {
		t.Error("the id of a right side depends on its place")
	}
}

// rewrite writes a quiz in both languages and reads it again.
func rewrite(t interface{ Fatal(...any) }, quiz courses.Quiz) (courses.Quiz, mistake.Mistakes, string) {
	var vi, en bytes.Buffer
	if err := WriteGIFT(&vi, quiz, "vi"); err != nil {
		t.Fatal(err)
	}
	if err := WriteGIFT(&en, quiz, "en"); err != nil {
		t.Fatal(err)
	}
	back, m := ParseQuiz(Source{"v", vi.Bytes()}, Source{"e", en.Bytes()})
	return back, m, vi.String() + "\n--\n" + en.String()
}

func TestWrittenGIFTIsReadBackAsItWas(t *testing.T) {
	quiz, _ := ParseQuiz(Source{"x.vi.gift", []byte(coursetest.ViQuiz)}, Source{"x.en.gift", []byte(coursetest.EnQuiz)})
	back, m, text := rewrite(t, quiz)
	if !reflect.DeepEqual(back, quiz) || m.Errors() {
		t.Errorf("%v\n%s\n got %+v\nwant %+v", m, text, back, quiz)
	}
	rapid.Check(t, func(t *rapid.T) {
		quiz := anyQuiz(t)
		back, m, text := rewrite(t, quiz)
		if !reflect.DeepEqual(back, quiz) || m.Errors() {
			t.Fatalf("%v\n%s\n got %+v\nwant %+v", m, text, back, quiz)
		}
	})
}

// anyText is made of what the format uses for itself.
func anyText(t *rapid.T, label string) string {
	parts := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "ế", "Đ", "=", "~", "#", "####", "{", "}", ":", "::", `\`, `\n`, "\n", "%50%", "%", "[html]",
		"[plain]", "//", "$CATEGORY:", "- >", "1..2", "T", "<b>", "*", `\*`, " ", "[id:x]"}), 1, 6).Draw(t, label)
	s := strings.TrimSpace(strings.Join(parts, ""))
	if s == "" || strings.Contains(s, "->") {
		return "x"
	}
	return s
}

func anyQuiz(t *rapid.T) courses.Quiz {
	var quiz courses.Quiz
	for i := range rapid.IntRange(1, 3).Draw(t, "questions") {
		text := func(label string) courses.Text {
			return courses.Text{Vi: anyText(t, label), En: anyText(t, label)}
		}
		maybe := func(label string) courses.Text {
			if rapid.Bool().Draw(t, label+"?") {
				return text(label)
			}
			return courses.Text{}
		}
		q := courses.Question{ID: fmt.Sprintf("q%d", i+1), Prompt: text("prompt"), Section: rapid.IntRange(0, 9).Draw(t, "section")}
		q.Title = courses.Text{Vi: oneLine(maybe("title").Vi), En: oneLine(maybe("title").En)}
		q.Kind = rapid.SampledFrom([]courses.QuestionKind{courses.SingleChoice, courses.MultipleChoice, courses.TrueFalse, courses.ShortAnswer,
			courses.Numerical, courses.Matching, courses.Essay, courses.Description}).Draw(t, "kind")
		q.Pool = PoolName(oneLine(rapid.SampledFrom([]string{"", "dễ", "a/b {c", "~=#:"}).Draw(t, "pool")))
		q.Tags = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"khó", "a b", "{=", "section-0"}), 0, 3, rapid.ID).Draw(t, "tags")
		if len(q.Tags) == 0 {
			q.Tags = nil
		}
		q.Notes = courses.Text{Vi: notesOf(maybe("notes").Vi), En: notesOf(maybe("notes").En)}
		if q.Kind != courses.Description {
			q.Tail, q.Feedback = maybe("tail"), maybe("feedback")
		}
		distinct := func(n int, s courses.Text) courses.Text {
			return courses.Text{Vi: s.Vi + fmt.Sprint(n), En: s.En + fmt.Sprint(n)}
		}
		switch q.Kind {
		case courses.SingleChoice:
			for j, w := range []float64{0, 1, 0.25, -0.5} {
				q.Options = append(q.Options, courses.Option{ID: string(rune('a' + j)), Text: distinct(j, text("option")), Weight: w, Feedback: maybe("note")})
			}
		case courses.MultipleChoice:
			q.Whole = rapid.Bool().Draw(t, "whole")
			for j, w := range []float64{0.3333333, 0, 0.6666667, -1} {
				q.Options = append(q.Options, courses.Option{ID: string(rune('a' + j)), Text: distinct(j, text("option")), Weight: w, Feedback: maybe("note")})
			}
		case courses.TrueFalse:
			w := float64(rapid.IntRange(0, 1).Draw(t, "key"))
			q.Options = []courses.Option{{ID: "true", Weight: w, Feedback: maybe("note")}, {ID: "false", Weight: 1 - w, Feedback: maybe("note")}}
		case courses.ShortAnswer:
			q.Spelling = rapid.SampledFrom([]courses.Spelling{courses.SpellAny, courses.SpellTones, courses.SpellCapitals}).Draw(t, "spelling")
			for j, w := range []float64{1, 0.5, 0} {
				word := oneLine(anyText(t, "word")) + fmt.Sprint(j)
				q.Accepted = append(q.Accepted, courses.Accepted{Text: word, Weight: w, Feedback: maybe("note")})
			}
		case courses.Numerical:
			n := float64(rapid.IntRange(-1e6, 1e6).Draw(t, "n")) / 100
			q.Ranges = []courses.Range{{Min: n, Max: n, Weight: 1, Feedback: maybe("note")}, {Min: Twelve(n - 1), Max: Twelve(n + 0.5), Weight: 0.2}, {Min: 1, Max: 2, Feedback: maybe("note")}}
			q.Other = maybe("other")
		case courses.Matching:
			for j := range 3 {
				right := distinct(j, text("right"))
				q.Pairs = append(q.Pairs, courses.Pair{Left: fmt.Sprintf("l%d", j+1), LeftText: distinct(j, text("left")), RightText: right,
					Right: RightID(q.ID, right.Vi)})
			}
		}
		quiz.Questions = append(quiz.Questions, q)
	}
	return quiz
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func FuzzGIFT(f *testing.F) {
	for _, c := range giftExamples {
		f.Add(c.source, c.source)
	}
	f.Add(coursetest.ViQuiz, coursetest.EnQuiz)
	f.Add("// hỏi Lan\n\n[html]<p>A</p> {#=3 =%0%4#<i>x</i> ~#[plain]*}", "// [id:q1]\nA {#=3 =%0%4 ~#no}\n\n// end")
	f.Add("A {=a* =\\* =[html]%5 =%0%*#no}", "A {=*b =\\\\* =%0%*#no}")
	f.Add("$CATEGORY: $course$/top/a\n\nA {}\n\n$CATEGORY: top\n\n// [tag:x] [tag:section-1]\nB {####b}", "$CATEGORY: a\n\nA {}\n\n$CATEGORY: $system$/top\n\n// [tag:x] [tag:section-1]\nB {####b}")
	f.Fuzz(func(t *testing.T, vi, en string) {
		quiz, m := ParseQuiz(Source{"v", []byte(vi)}, Source{"e", []byte(en)})
		lines := max(strings.Count(markdown.Newlines(vi), "\n"), strings.Count(markdown.Newlines(en), "\n")) + 1
		for _, one := range m {
			if one.Line < 0 || one.Line > lines {
				t.Fatalf("%+v in %d lines", one, lines)
			}
		}
		if m.Errors() {
			return
		}
		back, again, text := rewrite(t, quiz)
		if again.Errors() || !reflect.DeepEqual(back, quiz) {
			t.Fatalf("%v\n%s\n got %+v\nwant %+v", again, text, back, quiz)
		}
	})
}

// notesOf is a comment without empty lines, each as a file has it.
func notesOf(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		if line = NoteIn(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
