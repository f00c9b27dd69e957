package bring

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/authoring/coursetest"
)

// The marks of imported items beside a table of what the specification makes of each answer (QTI 2.2 information model,
// 'mapResponse', 'match' and the templates), as a share of the most that can be reached.

const (
	byMatch    = `<responseProcessing template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"/>`
	byMap      = `<responseProcessing template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/map_response"/>`
	byMatch3   = `<qti-response-processing template="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct.xml"/>`
	sixOptions = `<choiceInteraction responseIdentifier="RESPONSE" maxChoices="0"><prompt>Việc nào?</prompt><simpleChoice identifier="A">A</simpleChoice><simpleChoice identifier="B">B</simpleChoice><simpleChoice identifier="C">C</simpleChoice>` +
		`<simpleChoice identifier="D">D</simpleChoice><simpleChoice identifier="E">E</simpleChoice><simpleChoice identifier="F">F</simpleChoice></choiceInteraction>`
	threePairs = `<matchInteraction responseIdentifier="RESPONSE" maxAssociations="3"><prompt>Ghép</prompt><simpleMatchSet><simpleAssociableChoice identifier="a">a</simpleAssociableChoice><simpleAssociableChoice identifier="b">b</simpleAssociableChoice><simpleAssociableChoice identifier="c">c</simpleAssociableChoice></simpleMatchSet>` +
		`<simpleMatchSet><simpleAssociableChoice identifier="x">x</simpleAssociableChoice><simpleAssociableChoice identifier="y">y</simpleAssociableChoice><simpleAssociableChoice identifier="z">z</simpleAssociableChoice></simpleMatchSet></matchInteraction>`
	typed = `<p>Viết: <textEntryInteraction responseIdentifier="RESPONSE"/></p>`
)

func response(cardinality, kind, correct, mapping string) string {
	var values strings.Builder
	for v := range strings.SplitSeq(correct, "|") {
		if v != "" {
			fmt.Fprintf(&values, "<value>%s</value>", v)
		}
	}
	return fmt.Sprintf(`<responseDeclaration identifier="RESPONSE" cardinality="%s" baseType="%s"><correctResponse>%s</correctResponse>%s</responseDeclaration><outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>`,
		cardinality, kind, values.String(), mapping)
}

// item is a whole item: its declarations, its body, and what follows it.
func item(declarations, body, behind string) []byte {
	return []byte(strings.Replace(qti2(body, declarations), "</assessmentItem>", behind+"</assessmentItem>", 1))
}

// entries writes a mapping of "key=worth" with attributes of its own.
func entries(attrs string, all ...string) string {
	var b strings.Builder
	for _, one := range all {
		k, v, _ := strings.Cut(one, "=")
		v, more, _ := strings.Cut(v, " ")
		fmt.Fprintf(&b, `<mapEntry mapKey="%s" mappedValue="%s" %s/>`, k, v, more)
	}
	return `<mapping ` + attrs + `>` + b.String() + `</mapping>`
}

// shareOf marks an answer: the texts of options, pairs as "left right", or what is typed.
func shareOf(t *testing.T, q courses.Question, answer string) float64 {
	t.Helper()
	a := courses.Answer{Pairs: map[string]string{}}
	switch q.Kind {
	case courses.ShortAnswer:
		a.Text = answer
	case courses.Numerical:
		var err error
		if a, _, err = q.ParseForm("en", func(string) []string { return []string{answer} }); err != nil {
			t.Fatal(err)
		}
	default:
		for word := range strings.SplitSeq(answer, ",") {
			for _, o := range q.Options {
				if o.Text.Vi == word {
					a.Options = append(a.Options, o.ID)
				}
			}
			left, right, _ := strings.Cut(word, " ")
			for _, l := range q.Pairs {
				for _, r := range q.Pairs {
					if l.LeftText.Vi == left && l.Left != "" && r.RightText.Vi == right {
						a.Pairs[l.Left] = r.Right
					}
				}
			}
		}
	}
	_, marks := (&courses.Quiz{Questions: []courses.Question{q}}).Grade(map[string]courses.Answer{q.ID: a})
	return marks[q.ID].Share
}

func TestBringQTIMarksAsTheSpecification(t *testing.T) {
	custom := func(rule string) string { return `<responseProcessing>` + rule + `</responseProcessing>` }
	rounded := func(mode, figures string) string {
		return custom(`<responseCondition><responseIf><equalRounded roundingMode="` + mode + `" figures="` + figures + `"><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></equalRounded><setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue></responseIf></responseCondition>`)
	}
	for _, c := range []struct {
		name string
		item []byte
		want map[string]float64
		left string
	}{
		{"the default of a mapping, to an upper bound", item(response("multiple", "identifier", "A|B", entries(`lowerBound="0" upperBound="2" defaultValue="-2"`, "A=1", "B=1", "F=-1")), sixOptions, byMap),
			map[string]float64{"A,B": 1, "A": 0.5, "B": 0.5, "A,B,C": 0, "A,B,F": 0.5, "A,C": 0, "A,F": 0, "A,B,C,D,E": 0, "C": 0, "F": 0, "A,B,C,D,E,F": 0}, ""},
		{"the key where a mapping stands beside it", item(response("multiple", "identifier", "A|B", entries(`defaultValue="0"`, "A=1", "B=1")), sixOptions, byMatch),
			map[string]float64{"A,B": 1, "A": 0, "B": 0, "A,B,C": 0, "A,B,C,D,E,F": 0, "C": 0}, ""},
		{"a mapping that takes nothing away", item(response("multiple", "identifier", "A|B", entries(`defaultValue="0"`, "A=3", "B=1")), sixOptions, byMap),
			map[string]float64{"A": 0.75, "B": 0.25, "A,B": 1, "A,C": 0.75, "A,B,C,D,E,F": 1}, ""},
		{"a mapping without an end below", item(response("multiple", "identifier", "A|B", entries(`defaultValue="-1"`, "A=1", "B=1")), sixOptions, byMap),
			map[string]float64{"A": 0.5, "A,B": 1, "A,C": 0, "A,B,C": 0.5, "C,D": 0}, "left-below-zero 1"},
		{"an upper bound below the sum", item(response("multiple", "identifier", "A|B|C", entries(`upperBound="2" lowerBound="0"`, "A=1", "B=1", "C=1")), sixOptions, byMap), nil, "left-question Kho sách multiple"},
		{"a lower bound above nothing", item(response("multiple", "identifier", "A|B", entries(`lowerBound="1"`, "A=1", "B=1")), sixOptions, byMap), nil, "left-question-rule"},
		{"fewer choices than options", item(response("multiple", "identifier", "A|B", entries(`lowerBound="0"`, "A=1", "B=1")), strings.Replace(sixOptions, `maxChoices="0"`, `maxChoices="2"`, 1), byMap),
			map[string]float64{"A": 0.5, "A,B": 1, "A,C": 0.5}, "left-max-choices Kho sách 2"},
		{"one of several, each with its worth", item(response("single", "identifier", "B", entries(`defaultValue="-1"`, "A=1", "B=4")), sixOptions, byMap), map[string]float64{"A": 0.25, "B": 1, "C": 0}, ""},
		{"one of several by the key", item(response("single", "identifier", "B", entries("", "A=1", "B=4")), sixOptions, byMatch), map[string]float64{"A": 0, "B": 1, "C": 0}, ""},
		{"a rule of its own", item(response("multiple", "identifier", "A|B", ""), sixOptions, custom(`<responseCondition><responseIf><match><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match><setOutcomeValue identifier="SCORE"><baseValue baseType="float">3</baseValue></setOutcomeValue></responseIf>`+
			`<responseElse><setOutcomeValue identifier="SCORE"><baseValue baseType="float">0</baseValue></setOutcomeValue></responseElse></responseCondition>`)), map[string]float64{"A,B": 1, "A": 0, "A,B,C": 0}, ""},
		{"a rule of weights", item(response("multiple", "identifier", "A|B", ""), sixOptions, custom(`<responseCondition><responseIf><member><baseValue baseType="identifier">A</baseValue><variable identifier="RESPONSE"/></member><setOutcomeValue identifier="SCORE"><sum><variable identifier="SCORE"/><baseValue baseType="float">1</baseValue></sum></setOutcomeValue></responseIf></responseCondition>`+
			`<responseCondition><responseIf><member><baseValue baseType="identifier">C</baseValue><variable identifier="RESPONSE"/></member><setOutcomeValue identifier="SCORE"><subtract><variable identifier="SCORE"/><baseValue baseType="float">1</baseValue></subtract></setOutcomeValue></responseIf></responseCondition>`)),
			map[string]float64{"A": 1, "B": 0, "A,C": 0, "A,B": 1}, "left-below-zero 1"},
		{"a rule that is not read", item(response("single", "identifier", "A", ""), sixOptions, custom(`<setOutcomeValue identifier="SCORE"><customOperator><variable identifier="RESPONSE"/></customOperator></setOutcomeValue>`)), map[string]float64{"A": 1, "B": 0}, "left-rule Kho sách"},
		{"words letter by letter", item(response("single", "string", "Hà Giang", entries(`defaultValue="0"`, `ha giang=0.25 caseSensitive="true"`, `Hà Giang=1 caseSensitive="true"`)), typed, byMap),
			map[string]float64{"Hà Giang": 1, "ha giang": 0.25, "hà giang": 0, "HA GIANG": 0, "Ha Giang": 0, "Hà  Giang": 1}, ""},
		{"words in any case", item(response("single", "string", "Hà Giang", entries(`defaultValue="0"`, `ha giang=0.5 caseSensitive="false"`, `Hà Giang=1 caseSensitive="false"`)), typed, byMap),
			map[string]float64{"Hà Giang": 1, "HA GIANG": 0.5, "hà giang": 1, "hạ giang": 0}, ""},
		{"any word for something", item(response("single", "string", "sách", entries(`defaultValue="0.5"`, `sách=1`, `vở=0`)), typed, byMap), map[string]float64{"sách": 1, "vở": 0, "báo": 0.5, "Sách": 0.5}, ""},
		{"a word that must be in it", item(response("single", "string", "giá", ""), typed, custom(`<responseCondition><responseIf><stringMatch caseSensitive="false" substring="true"><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></stringMatch><setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue></responseIf></responseCondition>`)),
			map[string]float64{"cái giá sách": 1, "GIÁ": 1, "gia": 0, "kệ": 0}, ""},
		{"a number to two decimals", item(response("single", "float", "7.39", ""), typed, rounded("decimalPlaces", "2")), map[string]float64{"7.39": 1, "7.388": 1, "7.385": 1, "7.3949": 1, "7.395": 0, "7.384": 0, "7.4": 0}, ""},
		{"a number to three figures", item(response("single", "float", "1230", ""), typed, rounded("significantFigures", "3")), map[string]float64{"1230": 1, "1225": 1, "1234.9": 1, "1235": 0, "1224": 0}, ""},
		{"a number within a part of it", item(response("single", "float", "200", ""), typed, custom(`<responseCondition><responseIf><equal toleranceMode="relative" tolerance="10 5" includeUpperBound="false"><correct identifier="RESPONSE"/><variable identifier="RESPONSE"/></equal><setOutcomeValue identifier="SCORE"><baseValue baseType="float">2</baseValue></setOutcomeValue></responseIf></responseCondition>`)),
			map[string]float64{"180": 1, "200": 1, "209.9": 1, "210": 0, "179": 0}, ""},
		{"numbers in two ranges", item(response("single", "integer", "5", ""), typed, custom(`<responseCondition><responseIf><and><gte><variable identifier="RESPONSE"/><baseValue baseType="integer">4</baseValue></gte><lte><variable identifier="RESPONSE"/><baseValue baseType="integer">6</baseValue></lte></and><setOutcomeValue identifier="SCORE"><baseValue baseType="float">2</baseValue></setOutcomeValue></responseIf>`+
			`<responseElseIf><gt><variable identifier="RESPONSE"/><baseValue baseType="integer">6</baseValue></gt><setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue></responseElseIf></responseCondition>`)),
			map[string]float64{"4": 1, "6": 1, "7": 0.5, "1000": 0.5, "3": 0, "-5": 0}, ""},
		{"numbers of a mapping", item(response("single", "float", "2.5", entries(`defaultValue="0"`, "2.5=2", "2.50=2", "3=1")), typed, byMap), map[string]float64{"2.5": 1, "3": 0.5, "2.6": 0}, ""},
		{"pairs of a mapping", item(response("multiple", "directedPair", "a x|b y|c z", entries(`defaultValue="0"`, "a x=1", "b y=1", "c z=1")), threePairs, byMap), map[string]float64{"a x,b y,c z": 1, "a x": 1. / 3, "a x,b z,c y": 1. / 3, "a y,b z,c x": 0}, ""},
		{"pairs as a whole", item(response("multiple", "directedPair", "a x|b y|c z", entries(`defaultValue="0"`, "a x=1", "b y=1", "c z=1")), threePairs, byMatch), map[string]float64{"a x,b y,c z": 1, "a x": 0, "a x,b y": 0, "a x,b z,c y": 0}, ""},
		{"pairs of different worth", item(response("multiple", "directedPair", "a x|b y|c z", entries(`defaultValue="0"`, "a x=3", "b y=1", "c z=1")), threePairs, byMap), map[string]float64{"a x,b y,c z": 1}, "left-pair-weights Kho sách"},
		{"pairs that take away", item(response("multiple", "directedPair", "a x|b y|c z", entries(`defaultValue="-1" lowerBound="0"`, "a x=1", "b y=1", "c z=1")), threePairs, byMap), map[string]float64{"a x,b y,c z": 1}, "left-pair-weights Kho sách"},
		{"version 3", []byte(`<qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="q3" title="Ba"><qti-response-declaration identifier="RESPONSE" cardinality="multiple" base-type="identifier"><qti-correct-response><qti-value>A</qti-value><qti-value>B</qti-value></qti-correct-response></qti-response-declaration>` +
			`<qti-item-body><qti-choice-interaction response-identifier="RESPONSE" max-choices="3"><qti-prompt>Chọn</qti-prompt><qti-simple-choice identifier="A">A</qti-simple-choice><qti-simple-choice identifier="B">B</qti-simple-choice><qti-simple-choice identifier="C">C</qti-simple-choice></qti-choice-interaction></qti-item-body>` + byMatch3 + `</qti-assessment-item>`),
			map[string]float64{"A,B": 1, "A": 0, "A,B,C": 0}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want == nil {
				if _, err := Bring("a.xml", c.item, false); err == nil || !strings.Contains(err.Error(), c.left) {
					t.Errorf("%v, want %s", err, c.left)
				}
				return
			}
			b, p := brought(t, "a.xml", c.item, false)
			q := p.Version.Lessons()[0].Quiz.Questions[0]
			for answer, want := range c.want {
				if got := shareOf(t, q, answer); math.Abs(got-want) > 1e-4 {
					t.Errorf("%s is worth %v, want %v: %+v", answer, got, want, q)
				}
			}
			if got := strings.Join(coursetest.Said(b.LeftOut), ", "); !strings.HasPrefix(got, c.left) || c.left == "" && got != "" {
				t.Errorf("%s, want %s", got, c.left)
			}
		})
	}
}

func fileItem(id, title string) []byte {
	return []byte(strings.NewReplacer("cau_1", id, "Kho sách", title).Replace(string(item(response("single", "identifier", "A", ""),
		`<choiceInteraction responseIdentifier="RESPONSE" maxChoices="1"><prompt>`+title+`?</prompt><simpleChoice identifier="A">Có</simpleChoice><simpleChoice identifier="B">Không</simpleChoice></choiceInteraction>`, byMatch))))
}

// What stands beside the test of a package, what is named and is not there, and weights of items.
func TestBringQTIItemsBesideATest(t *testing.T) {
	manifest := `<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"><organizations/><resources><resource identifier="t" type="imsqti_test_xmlv2p1" href="test.xml"/><resource identifier="i1" type="imsqti_item_xmlv2p1" href="one.xml"/>` +
		`<resource identifier="i2" type="imsqti_item_xmlv2p1" href="two.xml"/><resource identifier="i3" type="imsqti_item_xmlv2p1" href="gone.xml"/></resources></manifest>`
	test := `<assessmentTest xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="t" title="Bài kiểm tra"><testPart><timeLimits maxTime="600"/><assessmentSection title="Phần"><assessmentItemRef identifier="i1" href="one.xml"><weight identifier="W" value="3"/></assessmentItemRef></assessmentSection></testPart></assessmentTest>`
	data := coursetest.Archive(t, coursetest.Entry{Name: "imsmanifest.xml", Data: []byte(manifest)}, coursetest.Entry{Name: "test.xml", Data: []byte(test)}, coursetest.Entry{Name: "one.xml", Data: fileItem("i1", "Câu trong bài")}, coursetest.Entry{Name: "two.xml", Data: fileItem("i2", "Câu để rời")})
	b, p := brought(t, "a.zip", data, false)
	if got, want := outline(p), "a: a\n  bai-kiem-tra: Bài kiểm tra (1)\n  cau-hoi-ngoai-bai-kiem-tra: Câu hỏi ngoài bài kiểm tra (1)\n"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got, want := strings.Join(coursetest.Said(b.LeftOut), ", "), "left-test-rule timelimits maxtime=600, left-weight Câu trong bài 3, left-missing gone.xml"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestBringQTIItemsWithoutAManifest(t *testing.T) {
	data := coursetest.Archive(t, coursetest.Entry{Name: "b/one.xml", Data: fileItem("i1", "Một")}, coursetest.Entry{Name: "a.xml", Data: fileItem("i2", "Hai")}, coursetest.Entry{Name: "doc.txt", Data: []byte("x")})
	b, p := brought(t, "bo.zip", data, false)
	if got := outline(p); got != "bo: bo\n  bo: bo (2)\n" || p.Version.Lessons()[0].Quiz.Questions[0].Title.Vi != "Hai" {
		t.Error(got)
	}
	if got := strings.Join(coursetest.Said(b.LeftOut), ", "); got != "left-file doc.txt" {
		t.Error(got)
	}
}

// The instructions of several sections stand at their questions.
func TestBringQTISections(t *testing.T) {
	section := func(say, href string) string {
		return `<assessmentSection><rubricBlock view="candidate"><p>` + say + `</p></rubricBlock><assessmentItemRef href="` + href + `"/></assessmentSection>`
	}
	manifest := `<manifest><resources><resource identifier="t" type="imsqti_test_xmlv2p1" href="test.xml"/></resources></manifest>`
	data := coursetest.Archive(t, coursetest.Entry{Name: "imsmanifest.xml", Data: []byte(manifest)}, coursetest.Entry{Name: "one.xml", Data: fileItem("i1", "Một")}, coursetest.Entry{Name: "two.xml", Data: fileItem("i2", "Hai")},
		coursetest.Entry{Name: "test.xml", Data: []byte(`<assessmentTest title="T"><testPart>` + section("Đọc đoạn một.", "one.xml") + section("Đọc đoạn hai.", "two.xml") + `</testPart></assessmentTest>`)})
	_, p := brought(t, "bo.zip", data, false)
	var got []string
	for _, q := range p.Version.Lessons()[0].Quiz.Questions {
		got = append(got, q.Prompt.Vi)
	}
	if want := "Đọc đoạn một.|Một?|Đọc đoạn hai.|Hai?"; strings.Join(got, "|") != want {
		t.Errorf("%q, want %s", got, want)
	}
}

// Feedback goes to the answers that its outcome belongs to, and never into the prompt or to everybody.
func TestBringQTIFeedback(t *testing.T) {
	feedback := `<outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>`
	tell := func(then, otherwise string) string {
		set := func(id string) string {
			return `<setOutcomeValue identifier="FEEDBACK"><baseValue baseType="identifier">` + id + `</baseValue></setOutcomeValue>`
		}
		return `<responseProcessing><responseCondition><responseIf><match><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match><setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue>` + set(then) + `</responseIf><responseElse>` + set(otherwise) + `</responseElse></responseCondition></responseProcessing>`
	}
	modal := func(id, show, text string) string {
		return `<modalFeedback outcomeIdentifier="FEEDBACK" identifier="` + id + `" showHide="` + show + `">` + text + `</modalFeedback>`
	}
	two := `<choiceInteraction responseIdentifier="RESPONSE" maxChoices="1"><prompt>Chọn?</prompt><simpleChoice identifier="A">a</simpleChoice><simpleChoice identifier="B">b</simpleChoice></choiceInteraction>`
	chosen := `<responseProcessing><responseCondition><responseIf><match><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match><setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue></responseIf></responseCondition><setOutcomeValue identifier="FEEDBACK"><variable identifier="RESPONSE"/></setOutcomeValue></responseProcessing>`
	for _, c := range []struct {
		name       string
		item       []byte
		want, left string
	}{
		{"inline beside a blank", item(response("single", "string", "gradient", "")+feedback, `<p>Điền: <textEntryInteraction responseIdentifier="RESPONSE"/> <feedbackInline outcomeIdentifier="FEEDBACK" identifier="R" showHide="show">Đúng rồi.</feedbackInline><feedbackInline outcomeIdentifier="FEEDBACK" identifier="W" showHide="show">Đáp án là gradient.</feedbackInline></p>`, tell("R", "W")),
			"::Kho sách::[markdown]Điền\\: …… {\n\t=gradient#Đúng rồi.\n\t=%0%*#Đáp án là gradient.\n}", ""},
		{"a block in the body", item(response("single", "identifier", "A", "")+feedback, two+`<feedbackBlock outcomeIdentifier="FEEDBACK" identifier="W" showHide="show"><p>Đọc lại mục một.</p></feedbackBlock>`, tell("R", "W")),
			"::Kho sách::[markdown]Chọn? {\n\t=a\n\t~b#Đọc lại mục một.\n}", ""},
		{"modal for right and wrong, of an option", item(response("single", "identifier", "A", "")+feedback, two, tell("R", "W")+modal("R", "show", "Richtig.")+modal("W", "show", "Leider falsch.")),
			"::Kho sách::[markdown]Chọn? {\n\t=a#Richtig.\n\t~b#Leider falsch.\n}", ""},
		{"modal that is hidden from the right answer", item(response("single", "identifier", "A", "")+feedback, two, tell("R", "W")+modal("R", "hide", "Chưa đúng.")), "::Kho sách::[markdown]Chọn? {\n\t=a\n\t~b#Chưa đúng.\n}", ""},
		{"modal of what was chosen", item(response("single", "identifier", "A", "")+feedback, two, chosen+modal("A", "show", "Phải.")+modal("B", "show", "Không.")), "::Kho sách::[markdown]Chọn? {\n\t=a#Phải.\n\t~b#Không.\n}", ""},
		{"modal for everybody", item(response("single", "identifier", "A", "")+feedback, two, tell("X", "X")+modal("X", "show", "Xem bài hai.")), "::Kho sách::[markdown]Chọn? {\n\t=a\n\t~b\n\t####Xem bài hai.\n}", ""},
		{"modal of a number", item(response("single", "float", "3", "")+feedback, typed, tell("R", "W")+modal("R", "show", "Đủ.")+modal("W", "show", "Đếm lại.")), "::Kho sách::[markdown]Viết\\: …… {#\n\t=3..3#Đủ.\n\t~#Đếm lại.\n}", ""},
		{"modal of pairs, right and wrong", item(response("multiple", "directedPair", "a x|b y|c z", "")+feedback, threePairs, tell("R", "W")+modal("R", "show", "Đúng cả.")+modal("W", "show", "Xem lại.")),
			"::Kho sách::[markdown]Ghép {\n\t=a -> x\n\t=b -> y\n\t=c -> z\n}", "left-feedback Kho sách Đúng cả., left-feedback Kho sách Xem lại."},
		{"modal of one tick among several", item(response("multiple", "identifier", "A", "")+feedback, strings.Replace(two, `maxChoices="1"`, `maxChoices="0"`, 1), chosen+modal("A", "show", "Phải.")+modal("B", "show", "Không.")),
			"::Kho sách::[markdown]Chọn? {\n\t~%100%a#Phải.\n\t~%-100%b#Không.\n}", ""},
		{"an outcome that nothing sets", item(response("single", "string", "x", "")+feedback, typed, byMatch+modal("Z", "show", "Không rõ.")), "::Kho sách::[markdown]Viết\\: …… {\n\t=x\n}", "left-feedback Kho sách Không rõ."},
		{"names that say it where nothing sets them", item(response("single", "string", "x", "")+feedback, typed, byMatch+modal("correct", "show", "Đúng.")+modal("incorrect", "show", "Sai.")), "::Kho sách::[markdown]Viết\\: …… {\n\t=x#Đúng.\n\t=%0%*#Sai.\n}", ""},
		{"instructions in the item, and for who marks", item(response("single", "identifier", "A", ""), `<rubricBlock view="candidate"><p>Đọc kỹ rồi chọn một.</p></rubricBlock><rubricBlock view="scorer"><p>Chấm nhẹ tay.</p></rubricBlock>`+two, byMatch),
			"// Chấm nhẹ tay.\n::Kho sách::[markdown]Đọc kỹ rồi chọn một.\\nChọn? {\n\t=a\n\t~b\n}", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, p := brought(t, "a.xml", c.item, false)
			got := string(b.Files["lessons/"+p.Version.Lessons()[0].ID+".vi.gift"])
			_, got, _ = strings.Cut(strings.TrimSpace(got), "\n")
			if got != c.want {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
			if got := strings.Join(coursetest.Said(b.LeftOut), ", "); got != c.left {
				t.Errorf("%s, want %s", got, c.left)
			}
		})
	}
}
