package bring

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/authoring/coursetest"
	"lopban/courses/problem"
)

// saidOf is what was left out, with its file where several could be meant.
func saidOf(b Brought) string { return strings.Join(coursetest.Said(b.LeftOut), ", ") }

func moodle(questions string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?><quiz><question type="category"><category><text>$course$/top/Giữ sách</text></category></question>` + questions + `</quiz>`)
}

func moodleQ(kind, name, text, more string) string {
	return fmt.Sprintf(`<question type="%s"><name><text>%s</text></name><questiontext format="html"><text><![CDATA[%s]]></text></questiontext><generalfeedback format="html"><text></text></generalfeedback><defaultgrade>1.0000000</defaultgrade><penalty>0.3333333</penalty><hidden>0</hidden>%s</question>`, kind, name, text, more)
}

func moodleA(fraction, text, feedback, more string) string {
	return fmt.Sprintf(`<answer fraction="%s" format="html"><text><![CDATA[%s]]></text><feedback format="html"><text>%s</text></feedback>%s</answer>`, fraction, text, feedback, more)
}

// Moodle's XML: each kind, marked as Moodle marks it (question/type/*/question.php) for a table of answers.
func TestBringMoodleXML(t *testing.T) {
	picture := base64.StdEncoding.EncodeToString(coursetest.PNG(t, 4, 3))
	for _, c := range []struct {
		name, xml string
		gift      string
		want      map[string]float64
		left      string
	}{
		{"one of several", moodleQ("multichoice", "Keo", "<p>Vá sách bằng gì?</p>", `<single>true</single><shuffleanswers>true</shuffleanswers><answernumbering>abc</answernumbering>`+moodleA("100", "Hồ nếp", "Đúng", "")+moodleA("0", "<p>Băng keo</p>", "Sai", "")+moodleA("33.3333333", "Keo sữa", "", "")+`<correctfeedback format="html"><text>Tốt.</text></correctfeedback><incorrectfeedback format="html"><text>Xem lại.</text></incorrectfeedback>`),
			"$CATEGORY: Giữ sách\n\n// [id:keo]\n::Keo::[markdown]Vá sách bằng gì? {\n\t=Hồ nếp#Đúng\\nTốt.\n\t~Băng keo#Sai\\nXem lại.\n\t~%33.33333%Keo sữa\n}\n", map[string]float64{"Hồ nếp": 1, "Băng keo": 0, "Keo sữa": 1. / 3}, ""},
		{"several", moodleQ("multichoice", "Nhiều", "Chọn", `<single>false</single>`+moodleA("50", "a", "", "")+moodleA("50", "b", "", "")+moodleA("-50", "c", "", "")+`<correctfeedback format="html"><text>Tốt.</text></correctfeedback>`),
			"", map[string]float64{"a": 0.5, "a,b": 1, "a,b,c": 0.5, "c": 0}, "left-feedback Nhiều Tốt."},
		{"all or nothing", moodleQ("multichoiceset", "Hết", "Chọn", moodleA("100", "a", "", "")+moodleA("100", "b", "", "")+moodleA("0", "c", "", "")), "", map[string]float64{"a": 0, "a,b": 1, "a,b,c": 0}, ""},
		{"true or false", moodleQ("truefalse", "Đ", "Sách ướt thì hong?", moodleA("100", "true", "Đúng rồi", "")+moodleA("0", "false", "Chưa", "")), "$CATEGORY: Giữ sách\n\n// [id:d]\n::Đ::[markdown]Sách ướt thì hong? {TRUE#Chưa#Đúng rồi\n}\n", nil, ""},
		{"a word", moodleQ("shortanswer", "Chữ", "Tỉnh?", `<usecase>0</usecase>`+moodleA("100", "Hà Giang", "", "")+moodleA("25", "ha giang", "", "")), "", map[string]float64{"hà giang": 1, "HA GIANG": 0.25, "hạ giang": 0}, ""},
		{"a word with capitals", moodleQ("shortanswer", "Chữ", "Tỉnh?", `<usecase>1</usecase>`+moodleA("100", "Hà Giang", "", "")), "", map[string]float64{"hà giang": 0, "Hà Giang": 1}, ""},
		{"the first that fits", moodleQ("shortanswer", "Chữ", "Gì?", `<usecase>0</usecase>`+moodleA("100", "*sách*", "", "")+moodleA("50", "sách", "", "")+moodleA("20", "*", "", "")+moodleA("80", "báo", "", "")), "", map[string]float64{"sách": 1, "giá sách": 1, "báo": 0.2, "vở": 0.2}, ""},
		{"a number", moodleQ("numerical", "Số", "Mấy?", moodleA("100", "3.141", "", "<tolerance>0.0005</tolerance>")+moodleA("50", "3", "", "<tolerance>1</tolerance>")+moodleA("0", "*", "Đếm lại", "<tolerance>0</tolerance>")+`<units><unit><multiplier>1</multiplier><unit_name>m</unit_name></unit></units>`), "", map[string]float64{"3.141": 1, "2.5": 0.5, "9": 0}, "left-unit Số m"},
		{"pairs", moodleQ("matching", "Ghép", "Ghép", `<subquestion format="html"><text>Một</text><answer><text>1</text></answer></subquestion><subquestion format="html"><text>Hai</text><answer><text>2</text></answer></subquestion><subquestion format="html"><text></text><answer><text>3</text></answer></subquestion>`), "", map[string]float64{"Một 1,Hai 2": 1, "Một 1,Hai 3": 0.5}, ""},
		{"an essay and a text", moodleQ("essay", "Kể", "Kể lại.", `<graderinfo format="html"><text>Chấm nhẹ.</text></graderinfo>`) + moodleQ("description", "Đọc", "Đọc kỹ.", ""), "$CATEGORY: Giữ sách\n\n// [id:ke]\n// Chấm nhẹ.\n::Kể::[markdown]Kể lại. {}\n\n// [id:doc]\n::Đọc::[markdown]Đọc kỹ.\n", nil, ""},
		{"formats", strings.Replace(moodleQ("truefalse", "F", "Một *hai*\nba<b", moodleA("100", "true", "", "")+moodleA("0", "false", "", "")), `questiontext format="html"`, `questiontext format="plain_text"`, 1), "$CATEGORY: Giữ sách\n\n// [id:f]\n::F::[markdown]Một \\\\*hai\\\\*\\nba\\\\<b {TRUE\n}\n", nil, ""},
		{"a picture inside", strings.Replace(moodleQ("truefalse", "Giá", `<p>Giá này <img src="@@PLUGINFILE@@/gia%20sach.png" alt="giá ba tầng"> đúng không?</p>`, moodleA("100", "true", "", "")+moodleA("0", "false", "", "")), "</questiontext>", `<file name="gia sach.png" path="/" encoding="base64">`+picture+`</file></questiontext>`, 1),
			"$CATEGORY: Giữ sách\n\n// [id:gia] [tag:section-1]\n::Giá::[markdown]Giá này (xem hình “giá ba tầng” trong bài) đúng không? {TRUE\n}\n", nil, ""},
		{"what has no kind here", moodleQ("truefalse", "Có", "Có?", moodleA("100", "true", "", "")+moodleA("0", "false", "", "")) + moodleQ("cloze", "Điền", "{1:SA:=a}", "") + moodleQ("calculated", "Tính", "{a}", "") + moodleQ("ddmarker", "Chỉ", "x", "") + strings.Replace(moodleQ("truefalse", "Nặng", "Có?", moodleA("0", "true", "", "")+moodleA("100", "false", "", "")+`<hint format="html"><text>Gợi ý</text></hint><tags><tag><text>khó</text></tag></tags>`), "1.0000000", "2.0", 1),
			"", nil, "left-question-gaps Điền, left-question-random Tính, left-question-picture Chỉ, left-weight Nặng 2, left-feedback Nặng Gợi ý"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, p := brought(t, "ngan-hang.xml", moodle(c.xml), false)
			l := p.Version.Lessons()[0]
			if got := string(b.Files["lessons/"+l.ID+".vi.gift"]); c.gift != "" && got != c.gift {
				t.Errorf("\n got %q\nwant %q", got, c.gift)
			}
			for answer, want := range c.want {
				if got := shareOf(t, l.Quiz.Questions[0], answer); math.Abs(got-want) > 1e-4 {
					t.Errorf("%s is worth %v, want %v", answer, got, want)
				}
			}
			if got := saidOf(b); got != c.left || b.Form != FormMoodle {
				t.Errorf("%s: %s, want %s", b.Form, got, c.left)
			}
			if strings.Contains(c.xml, "PLUGINFILE") && (l.Body.Vi != "## Hình cho câu: Giá\n\n![giá ba tầng](../media/gia-sach.png)\n" || b.Files["media/gia-sach.png"] == nil) {
				t.Errorf("%q", l.Body.Vi)
			}
		})
	}
}

// Five hundred questions in Moodle's XML, and as many as twelve megabytes hold.
func TestBringALargeMoodleXML(t *testing.T) {
	for _, n := range []int{500, 12 << 20 / 1100} {
		var b strings.Builder
		for i := range n {
			b.WriteString(moodleQ("multichoice", fmt.Sprintf("Câu %d", i), fmt.Sprintf("<p>Sách loại %d xếp ở đâu?</p>", i), `<single>true</single>`+moodleA("100", fmt.Sprintf("Giá %d", i), "Đúng", "")+moodleA("0", "Tủ", "Chưa đúng", "")+moodleA("0", "Bàn", "Chưa đúng", "")))
		}
		begun := time.Now()
		got, err := Bring("bank.xml", moodle(b.String()), false)
		if err != nil {
			t.Fatal(err)
		}
		questions := 0
		for name, data := range got.Files {
			if strings.HasSuffix(name, ".gift") {
				questions += strings.Count(string(data), "[id:")
			}
		}
		if questions != n || len(got.LeftOut) > 0 {
			t.Errorf("%d of %d questions, %v", questions, n, got.LeftOut)
		}
		t.Logf("%d questions, %d KiB in %v", n, b.Len()>>10, time.Since(begun).Round(time.Millisecond))
	}
}

func TestBringAiken(t *testing.T) {
	b, p := brought(t, "aiken.txt", []byte("\ufeffSách ẩm thì <làm> gì?\r\nA) Hong *gió*\r\nB) Đốt\r\nANSWER: A\r\n\r\nTủ nào?\nDòng hai.\nA. Tủ một\nB. Tủ hai\nC. Tủ ba\nANSWER: C\n\nSai?\nA) x\nB) y\nANSWER: D\n"), false)
	l := p.Version.Lessons()[0]
	if b.Form != FormAiken || len(l.Quiz.Questions) != 2 || l.Quiz.Questions[0].Prompt.Vi != `Sách ẩm thì \<làm> gì?` || l.Quiz.Questions[1].Prompt.Vi != "Tủ nào?\nDòng hai." || shareOf(t, l.Quiz.Questions[1], "Tủ ba") != 1 || shareOf(t, l.Quiz.Questions[1], "Tủ một") != 0 {
		t.Errorf("%s %+v", b.Form, l.Quiz)
	}
	if got := saidOf(b); got != "left-block Sai?" {
		t.Error(got)
	}
}

func old(items string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?><questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2"><assessment ident="a" title="Giữ sách"><section ident="root_section">` + items + `</section></assessment></questestinterop>`)
}

// canvasItem is an item as Canvas writes it.
func canvasItem(kind, presentation, conditions, behind string) string {
	return `<item ident="g1" title="Câu"><itemmetadata><qtimetadata><qtimetadatafield><fieldlabel>question_type</fieldlabel><fieldentry>` + kind + `</fieldentry></qtimetadatafield><qtimetadatafield><fieldlabel>points_possible</fieldlabel><fieldentry>1.0</fieldentry></qtimetadatafield></qtimetadata></itemmetadata>` +
		`<presentation><material><mattext texttype="text/html">&lt;div&gt;&lt;p&gt;Sách &lt;b&gt;ẩm&lt;/b&gt;?&lt;/p&gt;&lt;/div&gt;</mattext></material>` + presentation + `</presentation><resprocessing><outcomes><decvar maxvalue="100" minvalue="0" varname="SCORE" vartype="Decimal"/></outcomes>` + conditions + `</resprocessing>` + behind + `</item>`
}

func oldLid(ident, many string, labels ...string) string {
	var b strings.Builder
	for _, l := range labels {
		id, text, _ := strings.Cut(l, "=")
		fmt.Fprintf(&b, `<response_label ident="%s"><material><mattext texttype="text/plain">%s</mattext></material></response_label>`, id, text)
	}
	return `<response_lid ident="` + ident + `" rcardinality="` + many + `"><render_choice>` + b.String() + `</render_choice></response_lid>`
}

func when(condition, set, more string) string {
	return `<respcondition continue="No"><conditionvar>` + condition + `</conditionvar>` + more + `<setvar action="Set" varname="SCORE">` + set + `</setvar></respcondition>`
}

func TestBringQTI12(t *testing.T) {
	is := func(v string) string { return `<varequal respident="response1">` + v + `</varequal>` }
	for _, c := range []struct {
		name, item, prompt string
		want               map[string]float64
		feedback, left     string
	}{
		{"one of several", canvasItem("multiple_choice_question", oldLid("response1", "Single", "1=Hong", "2=Đốt"), `<respcondition continue="Yes"><conditionvar>`+is("2")+`</conditionvar><displayfeedback feedbacktype="Response" linkrefid="2_fb"/></respcondition>`+when(is("1"), "100", ""), `<itemfeedback ident="2_fb"><flow_mat><material><mattext texttype="text/plain">Nguy hiểm.</mattext></material></flow_mat></itemfeedback>`),
			"Sách **ẩm**?", map[string]float64{"Hong": 1, "Đốt": 0}, "Nguy hiểm.", ""},
		{"several as a whole", canvasItem("multiple_answers_question", oldLid("response1", "Multiple", "1=a", "2=b", "3=c"), when("<and>"+is("1")+is("2")+"<not>"+is("3")+"</not></and>", "100", ""), ""), "Sách **ẩm**?", map[string]float64{"a,b": 1, "a": 0, "a,b,c": 0}, "", ""},
		{"weights that are added", canvasItem("", oldLid("response1", "Multiple", "1=a", "2=b", "3=c"), strings.ReplaceAll(strings.ReplaceAll(when(is("1"), "2", "")+when(is("2"), "2", "")+when(is("3"), "-2", ""), `action="Set"`, `action="Add"`), `continue="No"`, `continue="Yes"`), ""), "Sách **ẩm**?", map[string]float64{"a": 0.5, "a,b": 1, "a,b,c": 0.5, "c": 0}, "", "left-below-zero 1"},
		{"a word", canvasItem("short_answer_question", `<response_str ident="response1" rcardinality="Single"><render_fib><response_label ident="answer1" rshuffle="No"/></render_fib></response_str>`, when(is("nắng")+"", "100", "")+when(is("gió"), "50", ""), ""), "Sách **ẩm**?\n……", map[string]float64{"Nắng": 1, "gió": 0.5, "nang": 0}, "", ""},
		{"a number", canvasItem("numerical_question", `<response_str ident="response1" rcardinality="Single"><render_fib fibtype="Decimal"><response_label ident="answer1"/></render_fib></response_str>`, when(`<or>`+is("3.0")+`<and><vargte respident="response1">2.5</vargte><varlte respident="response1">3.5</varlte></and></or>`, "100", ""), ""), "Sách **ẩm**?\n……", map[string]float64{"3": 1, "2.5": 1, "3.5": 1, "3.6": 0}, "", ""},
		{"pairs", canvasItem("matching_question", strings.ReplaceAll(oldLid("r1", "", "1=x", "2=y", "3=z"), "<render_choice>", `<material><mattext texttype="text/plain">a</mattext></material><render_choice>`)+strings.ReplaceAll(oldLid("r2", "", "1=x", "2=y", "3=z"), "<render_choice>", `<material><mattext texttype="text/plain">b</mattext></material><render_choice>`),
			strings.ReplaceAll(strings.ReplaceAll(when(`<varequal respident="r1">1</varequal>`, "50", "")+when(`<varequal respident="r2">2</varequal>`, "50", ""), `"Set"`, `"Add"`), `continue="No"`, `continue="Yes"`), ""), "Sách **ẩm**?", map[string]float64{"a x,b y": 1, "a x": 0.5, "a y,b x": 0, "a x,b z": 0.5}, "", ""},
		{"Blackboard's", `<item title="Bb" maxattempts="0"><itemmetadata><bbmd_asi_object_id>_1_1</bbmd_asi_object_id><bbmd_questiontype>Multiple Choice</bbmd_questiontype></itemmetadata><presentation><flow class="Block"><flow class="QUESTION_BLOCK"><flow class="FORMATTED_TEXT_BLOCK"><material><mat_extension><mat_formattedtext type="HTML">&lt;p&gt;Tủ nào?&lt;/p&gt;</mat_formattedtext></mat_extension></material></flow></flow><flow class="RESPONSE_BLOCK"><response_lid ident="response" rcardinality="Single" rtiming="No"><render_choice shuffle="No"><flow_label class="Block"><response_label ident="u1" shuffle="Yes"><flow_mat><material><mat_extension><mat_formattedtext type="HTML">Tủ kính</mat_formattedtext></mat_extension></material></flow_mat></response_label></flow_label><flow_label class="Block"><response_label ident="u2"><flow_mat><material><mat_extension><mat_formattedtext type="HTML">Tủ gỗ</mat_formattedtext></mat_extension></material></flow_mat></response_label></flow_label></render_choice></response_lid></flow></flow></presentation>` +
			`<resprocessing scoremodel="SumOfScores"><outcomes><decvar varname="SCORE" vartype="Decimal" defaultval="0.0" minvalue="0.0" maxvalue="10.0"/></outcomes><respcondition title="correct"><conditionvar><varequal respident="response" case="No">u2</varequal></conditionvar><setvar variablename="SCORE" action="Set">SCORE.max</setvar><displayfeedback linkrefid="correct" feedbacktype="Response"/></respcondition><respcondition title="incorrect"><conditionvar><other/></conditionvar><setvar variablename="SCORE" action="Set">0.0</setvar><displayfeedback linkrefid="incorrect" feedbacktype="Response"/></respcondition></resprocessing>` +
			`<itemfeedback ident="correct" view="All"><flow_mat class="Block"><flow_mat class="FORMATTED_TEXT_BLOCK"><material><mat_extension><mat_formattedtext type="HTML">Giỏi.</mat_formattedtext></mat_extension></material></flow_mat></flow_mat></itemfeedback><itemfeedback ident="incorrect" view="All"><flow_mat class="Block"><flow_mat class="FORMATTED_TEXT_BLOCK"><material><mat_extension><mat_formattedtext type="HTML">Xem lại.</mat_formattedtext></mat_extension></material></flow_mat></flow_mat></itemfeedback></item>`,
			"Tủ nào?", map[string]float64{"Tủ gỗ": 1, "Tủ kính": 0}, "Xem lại.|Giỏi.", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, p := brought(t, "q.xml", old(c.item), false)
			l := p.Version.Lessons()[0]
			q := l.Quiz.Questions[0]
			if l.Title.Vi != "Giữ sách" || q.Prompt.Vi != c.prompt || b.Form != FormQTI {
				t.Errorf("%s %q %q", b.Form, l.Title.Vi, q.Prompt.Vi)
			}
			for answer, want := range c.want {
				if got := shareOf(t, q, answer); math.Abs(got-want) > 1e-4 {
					t.Errorf("%s is worth %v, want %v: %+v", answer, got, want, q)
				}
			}
			var notes []string
			for _, o := range q.Options {
				if o.Feedback.Vi != "" {
					notes = append(notes, o.Feedback.Vi)
				}
			}
			if got := strings.Join(notes, "|"); got != c.feedback {
				t.Errorf("feedback %q, want %q", got, c.feedback)
			}
			if got := saidOf(b); got != c.left {
				t.Errorf("%s, want %s", got, c.left)
			}
		})
	}
	essay := canvasItem("essay_question", `<response_str ident="response1" rcardinality="Single"><render_fib><response_label ident="answer1"/></render_fib></response_str>`, "", "")
	text := canvasItem("text_only_question", "", "", "")
	_, p := brought(t, "q.xml", old(essay+text+canvasItem("fill_in_multiple_blanks_question", oldLid("a", "", "1=x")+oldLid("b", "", "2=y"), "", "")), false)
	if q := p.Version.Lessons()[0].Quiz.Questions; len(q) != 2 || q[0].Kind != courses.Essay || q[1].Kind != courses.Description {
		t.Errorf("%+v", q)
	}
}

// What is neither questions nor a page is named for what it is.
func TestBringNamesOtherKinds(t *testing.T) {
	zip := func(name string) []byte {
		return coursetest.Archive(t, coursetest.Entry{Name: name, Data: []byte("<a/>")})
	}
	for _, c := range []struct{ name, data, code string }{
		{"test.xml", `<?xml version="1.0"?><assessmentTest xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1"/>`, "bring-xml-part"},
		{"imsmanifest.xml", `<?xml version="1.0"?><manifest/>`, "bring-xml-part"},
		{"a.xml", `<?xml version="1.0"?><!-- x --><thu-vien><sach>a</sach></thu-vien>`, "bring-xml-kind"},
		{"a.opml", `<opml><body><outline text="a"/></body></opml>`, "bring-xml-kind"},
		{"a.xml", `<?xml version="1.0" encoding="utf-16"?><quiz/>`, "bring-xml"},
		{"a.xml", `<quiz><question type="truefalse"></quiz>`, "bring-xml"},
		{"a.xml", `<quiz><question type="cloze"><name><text>Điền</text></name></question></quiz>`, "bring-question"},
		{"a.pptx", string(zip("ppt/presentation.xml")), "bring-powerpoint"},
		{"a.xlsx", string(zip("xl/workbook.xml")), "bring-excel"},
		{"a.h5p", string(zip("h5p.json")), "bring-h5p"},
		{"a.mbz", string(zip("moodle_backup.xml")), "bring-moodle-backup"},
		{"a.epub", string(zip("META-INF/container.xml")), "bring-epub"},
		{"a.odt", string(coursetest.Archive(t, coursetest.Entry{Name: "mimetype", Data: []byte("application/vnd.oasis.opendocument.text")})), "bring-opendocument"},
	} {
		_, err := Bring(c.name, []byte(c.data), false)
		var p *problem.Problem
		if !errors.As(err, &p) || p.Code != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
}
