package bring

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/coursetest"
	"lopban/courses/authoring/markdown"
	"lopban/courses/problem"
)

// brought reads a file and fails where the folder has a mistake that its author is not asked to mend: what a file
// cannot know is a summary and what a lesson is for.
func brought(t testing.TB, name string, data []byte, part bool) (Brought, authoring.Package) {
	t.Helper()
	b, err := Bring(name, data, part)
	if err != nil {
		t.Fatal(err)
	}
	p, m := authoring.LoadFiles(b.Files)
	for _, one := range m {
		if !one.Warning && (one.Code != "yaml-empty" && one.Code != "yaml-key-missing" || one.File != authoring.CourseFile) {
			t.Errorf("%s: %v", name, one)
		}
	}
	return b, p
}

// outline is what a course holds, a line each.
func outline(p authoring.Package) string {
	var b strings.Builder
	for _, m := range p.Version.Modules {
		fmt.Fprintf(&b, "%s: %s\n", m.ID, m.Title.Vi)
		for _, l := range m.Lessons {
			fmt.Fprintf(&b, "  %s: %s (%d)\n", l.ID, l.Title.Vi, len(l.Quiz.Questions))
		}
	}
	return b.String()
}

const wordHead = `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:body>`

const wordTail = `<w:sectPr/></w:body></w:document>`

// docx makes a Word document of a body.
func docx(t testing.TB, body string) []byte {
	const ns = ` xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`
	return coursetest.Archive(t,
		coursetest.Entry{Name: "[Content_Types].xml", Data: []byte("<Types/>")},
		coursetest.Entry{Name: "word/document.xml", Data: []byte(wordHead + body + wordTail)},
		coursetest.Entry{Name: "word/_rels/document.xml.rels", Data: []byte(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Target="https://nlv.gov.vn/" TargetMode="External"/>` +
			`<Relationship Id="rId2" Target="media/image1.png"/><Relationship Id="rId3" Target="../../etc/passwd"/><Relationship Id="rId4" Target="media/hinh.emf"/></Relationships>`)},
		coursetest.Entry{Name: "word/styles.xml", Data: []byte(`<w:styles` + ns + `><w:style w:type="paragraph" w:styleId="u1"><w:name w:val="heading 1"/></w:style><w:style w:type="paragraph" w:styleId="u2"><w:name w:val="Heading 2"/></w:style>` +
			`<w:style w:type="paragraph" w:styleId="Tiu"><w:name w:val="Title"/></w:style><w:style w:type="paragraph" w:styleId="GachDau"><w:name w:val="List Bullet"/><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>` +
			`<w:style w:type="character" w:styleId="Manh"><w:name w:val="Strong"/><w:rPr><w:b/></w:rPr></w:style></w:styles>`)},
		coursetest.Entry{Name: "word/numbering.xml", Data: []byte(`<w:numbering` + ns + `><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>` +
			`<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num></w:numbering>`)},
		coursetest.Entry{Name: "word/media/image1.png", Data: coursetest.PNG(t, 4, 3)},
		coursetest.Entry{Name: "word/media/hinh.emf", Data: []byte("\x01\x00\x00\x00emf")})
}

func wordPara(style, text string) string {
	if style != "" {
		style = `<w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>`
	}
	return `<w:p>` + style + `<w:r><w:t>` + text + `</w:t></w:r></w:p>`
}

func wordItem(list, level, text string) string {
	return `<w:p><w:pPr><w:numPr><w:ilvl w:val="` + level + `"/><w:numId w:val="` + list + `"/></w:numPr></w:pPr><w:r><w:t>` + text + `</w:t></w:r></w:p>`
}

func TestBringWord(t *testing.T) {
	picture := func(id, alt string) string {
		return `<w:drawing><wp:inline><wp:docPr id="1" descr="` + alt + `"/><a:blip r:embed="` + id + `"/></wp:inline></w:drawing>`
	}
	body := wordPara("Tiu", "Kho sách xã") + wordPara("", "Lời đầu.") + wordPara("u1", "Dọn kho") +
		`<w:p><w:r><w:t xml:space="preserve">Chữ </w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>đậm</w:t></w:r><w:r><w:t xml:space="preserve"> </w:t></w:r><w:r><w:rPr><w:i/><w:b w:val="0"/></w:rPr><w:t>nghiêng</w:t></w:r><w:r><w:rPr><w:rStyle w:val="Manh"/></w:rPr><w:t xml:space="preserve"> mạnh</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>ẩn</w:t></w:r></w:p>` +
		wordPara("u2", "Các bước") + wordItem("1", "0", "một") + wordItem("1", "1", "chấm") + wordItem("1", "0", "hai") + wordPara("", "chen giữa") + wordItem("1", "0", "ba") + wordPara("GachDau", "gạch") +
		`<w:p><w:ins><w:r><w:t xml:space="preserve">thêm </w:t></w:r></w:ins><w:del><w:r><w:delText>bớt</w:delText></w:r></w:del><w:hyperlink r:id="rId1"><w:r><w:t>thư viện</w:t></w:r></w:hyperlink>` +
		`<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "https://a.vn/b" </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>trang</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>` +
		`<w:r><w:commentReference/><w:footnoteReference/></w:r><m:oMath><m:r><m:t>x</m:t></m:r></m:oMath></w:p>` +
		wordPara("u1", "Bảng và hình") +
		`<w:tbl><w:tr><w:tc>` + wordPara("", "A") + `</w:tc><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>` + wordPara("", "B") + `</w:tc></w:tr><w:tr><w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr>` + wordPara("", "c") + `</w:tc><w:tc>` + wordPara("", "d") + `</w:tc><w:tc>` + wordPara("", "e") +
		`</w:tc></w:tr><w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr>` + wordPara("", "") + `</w:tc><w:tc>` + wordPara("", "f") + `</w:tc></w:tr></w:tbl>` +
		`<w:p><w:r>` + picture("rId2", "Giá sách") + picture("rId3", "ngoài") + picture("rId4", "cũ") + `<mc:AlternateContent><mc:Choice><w:drawing><w:txbxContent>` + wordPara("", "hộp") + `</w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:pict/></mc:Fallback></mc:AlternateContent><w:drawing/></w:r></w:p>`
	b, p := brought(t, "x.docx", docx(t, body), true)
	if got, want := outline(p), "kho-sach-xa: Kho sách xã\n  kho-sach-xa: Kho sách xã (0)\n  don-kho: Dọn kho (0)\n  bang-va-hinh: Bảng và hình (0)\n"; got != want || p.Version.Title.Vi != "Kho sách xã" {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	for lesson, want := range map[string]string{
		"kho-sach-xa":  "Lời đầu.\n",
		"don-kho":      "Chữ **đậm** *nghiêng* **mạnh**\n\n## Các bước\n\n1. một\n   - chấm\n2. hai\n\nchen giữa\n\n3. ba\n\n- gạch\n\nthêm [thư viện](https://nlv.gov.vn/)[trang](https://a.vn/b)\n",
		"bang-va-hinh": "| A | B |  |\n|---|---|---|\n| c | d | e |\n|  | f |  |\n\n![Giá sách](../media/image1.png)*ngoàicũ*\n",
	} {
		l, _ := p.Version.Lesson(lesson)
		if l.Body.Vi != want {
			t.Errorf("%s\n got %q\nwant %q", lesson, l.Body.Vi, want)
		}
	}
	want := "left-picture passwd, left-picture hinh.emf, left-comments 1, left-deletions 1, left-drawings 1, left-formulas 1, left-merged-cells 2, left-notes 1, left-text-boxes 1"
	if got := strings.Join(coursetest.Said(b.LeftOut), ", "); got != want || b.Form != FormWord {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if w, h, ok := markdown.PictureSize(b.Files["media/image1.png"]); w != 4 || h != 3 || !ok {
		t.Error("the picture is not there")
	}
	_, whole := brought(t, "x.docx", docx(t, body), false)
	if got := outline(whole); got != "kho-sach-xa: Kho sách xã\n  kho-sach-xa: Kho sách xã (0)\n" {
		t.Error(got)
	}
}

// A document that LibreOffice wrote.
func TestBringWordOfLibreOffice(t *testing.T) {
	data, err := os.ReadFile("testdata/kho.docx")
	if err != nil {
		t.Fatal(err)
	}
	b, p := brought(t, "Kho sách.docx", data, true)
	if got, want := outline(p), "kho-sach: Kho sách\n  sap-xep-kho-sach: Sắp xếp kho sách (0)\n  nhan-mau: Nhãn màu (0)\n"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	first, _ := p.Version.Lesson("sap-xep-kho-sach")
	second, _ := p.Version.Lesson("nhan-mau")
	if want := "Kho sách của **xã bạn** có *mấy giá*?\n\n## Các bước\n\n1. Dọn giá\n   - lau bụi\n   - kê lại\n2. Xếp sách\n\n![Giá sách ba tầng](../media/image1.png) Xem [Thư viện Quốc gia](https://nlv.gov.vn/).\n"; first.Body.Vi != want {
		t.Errorf("\n got %q\nwant %q", first.Body.Vi, want)
	}
	if want := "Mỗi loại một màu.\n\n| Màu | Loại sách |  |\n|---|---|---|\n| Đỏ | Pháp luật | Giá 1 |\n\nHết & 5 < 6\n"; second.Body.Vi != want {
		t.Errorf("\n got %q\nwant %q", second.Body.Vi, want)
	}
	if got := strings.Join(coursetest.Said(b.LeftOut), ", "); got != "left-comments 1, left-merged-cells 1" {
		t.Error(got)
	}
}

func qti2(body, responses string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="cau_1" title="Kho sách" adaptive="false" timeDependent="false">` + responses + `<itemBody>` + body + `</itemBody></assessmentItem>`
}

func TestBringQTI(t *testing.T) {
	const one = `<responseDeclaration identifier="R" cardinality="single" baseType="identifier"><correctResponse><value>B</value></correctResponse></responseDeclaration>`
	for _, c := range []struct{ name, item, want, left string }{
		{"one right answer", qti2(`<p>Sách <b>luật</b>:</p><choiceInteraction responseIdentifier="R" shuffle="true" maxChoices="1"><prompt>Nhãn nào?</prompt><simpleChoice identifier="A">Xanh<feedbackInline identifier="A">Chưa đúng</feedbackInline></simpleChoice><simpleChoice identifier="B">Đỏ</simpleChoice></choiceInteraction>`, one),
			"// [id:cau-1]\n::Kho sách::[markdown]Sách **luật**\\:\\nNhãn nào? {\n\t~Xanh#Chưa đúng\n\t=Đỏ\n}\n", ""},
		{"version 3", `<qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="q3" title="Ba"><qti-response-declaration identifier="R" cardinality="multiple" base-type="identifier"><qti-correct-response><qti-value>A</qti-value><qti-value>B</qti-value></qti-correct-response>` +
			`<qti-mapping default-value="0"><qti-map-entry map-key="A" mapped-value="1"/><qti-map-entry map-key="B" mapped-value="3"/><qti-map-entry map-key="C" mapped-value="-2"/></qti-mapping></qti-response-declaration>` +
			`<qti-item-body><qti-choice-interaction response-identifier="R" max-choices="3"><qti-prompt>Chọn</qti-prompt><qti-simple-choice identifier="A">a</qti-simple-choice><qti-simple-choice identifier="B">b</qti-simple-choice><qti-simple-choice identifier="C">c</qti-simple-choice></qti-choice-interaction></qti-item-body></qti-assessment-item>`,
			"// [id:q3]\n::Ba::[markdown]Chọn {\n\t~%25%a\n\t~%75%b\n\t~%-50%c\n}\n", ""},
		{"several right answers without weights", qti2(`<choiceInteraction responseIdentifier="R"><prompt>Chọn</prompt><simpleChoice identifier="A">a</simpleChoice><simpleChoice identifier="B">b</simpleChoice><simpleChoice identifier="C">c</simpleChoice></choiceInteraction>`,
			`<responseDeclaration identifier="R" cardinality="multiple" baseType="identifier"><correctResponse><value>A</value><value>C</value></correctResponse></responseDeclaration>`),
			"// [id:cau-1]\n::Kho sách::[markdown]Chọn {\n\t~%50%a\n\t~%-100%b\n\t~%50%c\n}\n", ""},
		{"a word in a sentence", qti2(`<p>Thủ đô là <textEntryInteraction responseIdentifier="R"/>.</p>`,
			`<responseDeclaration identifier="R" cardinality="single" baseType="string"><correctResponse><value>Hà Nội</value></correctResponse><mapping><mapEntry mapKey="Hà Nội" mappedValue="2"/><mapEntry mapKey="Thăng Long" mappedValue="1"/></mapping></responseDeclaration>`),
			"// [id:cau-1] [tag:spelling-capitals]\n::Kho sách::[markdown]Thủ đô là …… . {\n\t=Hà Nội\n\t=%50%Thăng Long\n}\n", ""},
		{"a star that is one", qti2(`<p>Viết <textEntryInteraction responseIdentifier="R"/></p>`, `<responseDeclaration identifier="R" cardinality="single" baseType="string"><correctResponse><value>a*b</value></correctResponse></responseDeclaration>`),
			"// [id:cau-1] [tag:spelling-capitals]\n::Kho sách::[markdown]Viết …… {\n\t=a\\\\*b\n}\n", ""},
		{"a number with a tolerance", qti2(`<p>Mấy? <textEntryInteraction responseIdentifier="R"/></p>`,
			`<responseDeclaration identifier="R" cardinality="single" baseType="float"><correctResponse><value>2.5</value></correctResponse></responseDeclaration><responseProcessing><responseCondition><responseIf><equal toleranceMode="absolute" tolerance="0.5 1"><correct identifier="R"/><variable identifier="R"/></equal><setOutcomeValue identifier="SCORE"><baseValue baseType="float">2</baseValue></setOutcomeValue></responseIf></responseCondition><setOutcomeValue identifier="F"><baseValue baseType="identifier">x</baseValue></setOutcomeValue></responseProcessing><modalFeedback outcomeIdentifier="F" identifier="x" showHide="show">Vì thế</modalFeedback>`),
			"// [id:cau-1]\n::Kho sách::[markdown]Mấy? …… {#\n\t=2..3.5\n\t####Vì thế\n}\n", ""},
		{"pairs and one thing too many", qti2(`<matchInteraction responseIdentifier="R"><prompt>Ghép</prompt><simpleMatchSet><simpleAssociableChoice identifier="a">Đỏ</simpleAssociableChoice><simpleAssociableChoice identifier="b">Xanh</simpleAssociableChoice></simpleMatchSet><simpleMatchSet><simpleAssociableChoice identifier="x">Luật</simpleAssociableChoice><simpleAssociableChoice identifier="y">Thơ</simpleAssociableChoice><simpleAssociableChoice identifier="z">Báo</simpleAssociableChoice></simpleMatchSet></matchInteraction>`,
			`<responseDeclaration identifier="R" cardinality="multiple" baseType="directedPair"><correctResponse><value>a x</value><value>b y</value></correctResponse></responseDeclaration>`),
			"// [id:cau-1]\n::Kho sách::[markdown]Ghép {\n\t=Đỏ -> Luật\n\t=Xanh -> Thơ\n\t= -> Báo\n}\n", ""},
		{"things that belong together", qti2(`<associateInteraction responseIdentifier="R"><prompt>Ghép</prompt><simpleAssociableChoice identifier="a">Một</simpleAssociableChoice><simpleAssociableChoice identifier="b">Hai</simpleAssociableChoice><simpleAssociableChoice identifier="c">1</simpleAssociableChoice><simpleAssociableChoice identifier="d">2</simpleAssociableChoice></associateInteraction>`,
			`<responseDeclaration identifier="R" cardinality="multiple" baseType="pair"><correctResponse><value>a c</value><value>b d</value></correctResponse></responseDeclaration>`),
			"// [id:cau-1]\n::Kho sách::[markdown]Ghép {\n\t=Một -> 1\n\t=Hai -> 2\n}\n", ""},
		{"a text of one's own", qti2(`<extendedTextInteraction responseIdentifier="R"><prompt>Bạn nghĩ gì?</prompt></extendedTextInteraction>`, `<modalFeedback identifier="m">Một cách trả lời</modalFeedback>`),
			"// [id:cau-1]\n::Kho sách::[markdown]Bạn nghĩ gì? {\t####Một cách trả lời\n}\n", ""},
		{"another kind", qti2(`<p>a</p><orderInteraction responseIdentifier="R"/>`, ""), "", "left-question-order Kho sách"},
		{"several in one", qti2(`<p><textEntryInteraction/><textEntryInteraction/></p>`, ""), "", "left-question-several Kho sách 2"},
		{"no key", qti2(`<p><textEntryInteraction responseIdentifier="R"/></p>`, ""), "", "left-question-nokey Kho sách"},
		{"a picture as an answer", qti2(`<choiceInteraction responseIdentifier="R"><prompt>b</prompt><simpleChoice identifier="A"><img src="a.png" alt=""/></simpleChoice><simpleChoice identifier="B">Đỏ</simpleChoice></choiceInteraction>`, one), "", "Kho sách single"},
		{"a random one", qti2(`<p>a</p>`, `<templateDeclaration identifier="T"/>`), "", "left-question-random Kho sách"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.left != "" {
				if _, err := Bring("a.xml", []byte(c.item), false); err == nil || !strings.Contains(err.Error(), c.left) {
					t.Errorf("%v, want %s", err, c.left)
				}
				return
			}
			b, p := brought(t, "a.xml", []byte(c.item), false)
			if b.Form != FormQTI || len(p.Version.Lessons()) != 1 {
				t.Fatal(b.Form, outline(p))
			}
			if got := string(b.Files[authoring.LessonFile(p.Version.Lessons()[0].ID, "vi", "gift")]); got != c.want {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestBringAPackageOfQuestions(t *testing.T) {
	item := func(id, kind string) []byte {
		return []byte(strings.Replace(qti2(`<`+kind+` responseIdentifier="R"><prompt>Hỏi `+id+`</prompt></`+kind+`>`, ""), "cau_1", id, 1))
	}
	data := coursetest.Archive(t,
		coursetest.Entry{Name: "imsmanifest.xml", Data: []byte(`<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"><organizations/><resources><resource identifier="t" type="imsqti_test_xmlv2p1" href="test.xml"/><resource identifier="a" type="imsqti_item_xmlv2p1" href="items/a.xml"/><resource identifier="b" type="imsqti_item_xmlv2p1" href="items/b.xml"/></resources></manifest>`)},
		coursetest.Entry{Name: "test.xml", Data: []byte(`<assessmentTest xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="t" title="Cuối khóa"><testPart><assessmentSection><rubricBlock view="candidate"><h2>Cách làm</h2><p>Đọc kỹ.</p></rubricBlock><selection select="1"/><assessmentItemRef href="items/b.xml"/><assessmentItemRef href="items/a.xml"/><assessmentItemRef href="../../x.xml"/></assessmentSection></testPart></assessmentTest>`)},
		coursetest.Entry{Name: "items/a.xml", Data: item("a", "extendedTextInteraction")}, coursetest.Entry{Name: "items/b.xml", Data: item("b", "extendedTextInteraction")})
	b, p := brought(t, "bo.zip", data, false)
	l := p.Version.Lessons()[0]
	if b.Form != FormQTI || l.Title.Vi != "Cuối khóa" || l.Body.Vi != "## Cách làm\n\nĐọc kỹ.\n" || len(l.Quiz.Questions) != 2 || l.Quiz.Questions[0].ID != "b" || l.Quiz.Questions[0].Kind != courses.Essay {
		t.Errorf("%s %+v", b.Form, l)
	}
	if got := strings.Join(coursetest.Said(b.LeftOut), ", "); got != "left-selection, left-missing ../../x.xml" {
		t.Error(got)
	}
}

func scorm(t testing.TB, extra ...coursetest.Entry) []byte {
	return coursetest.Archive(t, append([]coursetest.Entry{
		{Name: "imsmanifest.xml", Data: []byte(`<?xml version="1.0"?><manifest identifier="m" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2"><metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
<organizations default="o"><organization identifier="o"><title>Thư viện xã</title><item identifier="0" identifierref="r0"><title>Mở đầu</title></item><item identifier="1"><title>Phần một</title><item identifier="2" identifierref="r1"><title>Dọn kho</title></item><item identifier="3" identifierref="r2"><title>Kiểm tra</title></item></item></organization></organizations>
<resources><resource identifier="r0" type="webcontent" adlcp:scormtype="sco" href="mo-dau.html?x=1"/><resource identifier="r1" type="webcontent" adlcp:scormtype="sco" href="bai%201/kho.html"><file href="bai 1/kho.html"/><file href="bai 1/gia.png"/></resource><resource identifier="r2" type="webcontent" href="quiz/index.html"><file href="quiz/questions.js"/></resource></resources></manifest>`)},
		{Name: "mo-dau.html", Data: []byte("\xef\xbb\xbf<html><head><title>x</title></head><body><h1>Mở đầu</h1><p>Chào bạn.</p></body></html>")},
		{Name: "bai 1/kho.html", Data: []byte(`<html><head><meta charset="windows-1252"><script src="../api.js"></script></head><body><h2>Gi` + "\xe1" + `</h2><p><img src="gia.png" alt="Gi` + "\xe1" + `"><img src="https://x.vn/a.png" alt="b"></p></body></html>`)},
		{Name: "bai 1/gia.png", Data: coursetest.PNG(t, 2, 2)},
		{Name: "quiz/index.html", Data: []byte(`<html><script src="questions.js"></script><body><form><input type="radio"></form></body></html>`)},
		{Name: "quiz/questions.js", Data: []byte("var q = []")},
	}, extra...)...)
}

func TestBringSCORM(t *testing.T) {
	b, p := brought(t, "scorm.zip", scorm(t), false)
	if got, want := outline(p), "thu-vien-xa: Thư viện xã\n  mo-dau: Mở đầu (0)\nphan-mot: Phần một\n  don-kho: Dọn kho (0)\n  kiem-tra: Kiểm tra (0)\n"; got != want || b.Form != FormSCORM {
		t.Errorf("%s\n got %s\nwant %s", b.Form, got, want)
	}
	first, _ := p.Version.Lesson("mo-dau")
	second, _ := p.Version.Lesson("don-kho")
	if first.Body.Vi != "Chào bạn.\n" || second.Body.Vi != "## Giá\n\n![Giá](../media/gia.png)*b*\n" {
		t.Errorf("%q %q", first.Body.Vi, second.Body.Vi)
	}
	if got := strings.Join(coursetest.Said(b.LeftOut), ", "); got != "left-pictures 1, left-quiz questions.js" {
		t.Error(got)
	}
}

func TestBringGIFTNamesWhatItsHTMLLoses(t *testing.T) {
	b, p := brought(t, "q.gift", []byte("A {T#a#b}\n\n[html]<p>B <img src\\=\"x.png\" alt\\=\"giá\"></p> {T\n#a#<iframe></iframe>b}\n"), false)
	var got []string
	for _, m := range b.LeftOut {
		got = append(got, fmt.Sprintf("%s:%d %s", m.File, m.Line, m.Code))
	}
	if want := "q.gift:3 left-pictures, q.gift:4 left-frames"; strings.Join(got, ", ") != want || p.Version.Lessons()[0].Quiz.Questions[1].Prompt.Vi != "B *giá*" {
		t.Errorf("%q, want %s", got, want)
	}
}

func TestBringText(t *testing.T) {
	for _, c := range []struct {
		name, text string
		form       Form
		title      string
		questions  int
	}{
		{"bai-thu.txt", "# Bài thử\r\n\r\nMột\r\n\r\n## Hai\r\n", FormMarkdown, "Bài thử", 0},
		{"x/Không tên.md", "chỉ có chữ", FormMarkdown, "Không tên", 0},
		{"cau hoi", "::Đúng::Hà Nội là thủ đô {T#sai#đúng}\n\nKể một màu {=đỏ =xanh ####thế}\n", FormGIFT, "cau hoi", 2},
		{"trang.xhtml", `<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x.dtd"><html xmlns="http://www.w3.org/1999/xhtml"><head><title>Kho</title></head><body><p>Giữ khô.</p></body></html>`, FormHTML, "Kho", 0},
		{"trang", "<!doctype html><title>Trang</title><h1>Đầu <b>trang</b></h1><p>chữ", FormHTML, "Đầu trang", 0},
	} {
		b, p := brought(t, c.name, []byte(c.text), false)
		l := p.Version.Lessons()[0]
		if b.Form != c.form || l.Title.Vi != c.title || len(l.Quiz.Questions) != c.questions || len(b.LeftOut) != 0 {
			t.Errorf("%s: %s %+v %v", c.name, b.Form, l, b.LeftOut)
		}
	}
}

// What was exported comes back file by file.
func TestBringOurOwnPackage(t *testing.T) {
	files := coursetest.Good()
	p, _ := authoring.LoadFiles(files)
	want, err := p.Files()
	if err != nil {
		t.Fatal(err)
	}
	b, err := Bring("LS9.zip", coursePack(t, p), false)
	if err != nil || b.Form != FormPackage || !maps.EqualFunc(b.Files, want, bytes.Equal) || len(b.LeftOut) != 0 {
		t.Errorf("%v %s %v", err, b.Form, slices.Sorted(maps.Keys(b.Files)))
	}
}

func TestBringRefuses(t *testing.T) {
	bomb := make([]byte, 32<<20)
	wide := func(n int) []coursetest.Entry {
		var all []coursetest.Entry
		for i := range n {
			all = append(all, coursetest.Entry{Name: fmt.Sprintf("a%d", i)})
		}
		return all
	}
	with := func(name, body string) []byte {
		return coursetest.Archive(t, coursetest.Entry{Name: "word/document.xml", Data: []byte(wordHead + wordPara("", "a") + wordTail), Method: 8}, coursetest.Entry{Name: name, Data: []byte(body), Method: 8})
	}
	long := strings.Repeat("<w:p><w:r><w:t>a</w:t></w:r></w:p>", 30_000)
	for what, c := range map[string]struct {
		data []byte
		code string
	}{
		"nothing":                {nil, "file.empty"},
		"too large":              {make([]byte, MaxBrought+1), "file-too-large"},
		"a program":              {[]byte("\x7fELF\xff"), "bring-unknown"},
		"an old Word document":   {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "bring-old-office"},
		"a PDF":                  {[]byte("%PDF-1.7\n%\xff"), "bring-pdf"},
		"RTF":                    {[]byte(`{\rtf1 a}`), "bring-rtf"},
		"letters in an old code": {[]byte("::T::S\xe1ch {T#a#b}"), "bring-encoding"},
		"an empty zip":           {[]byte("PK\x05\x06" + strings.Repeat("\x00", 18)), "bring-unknown"},
		"another zip":            {coursetest.Archive(t, coursetest.Entry{Name: "xl/workbook.xml", Data: []byte("<a/>")}), "bring-excel"},
		"half a zip":             {docx(t, "")[:400], "bring-broken"},
		"encrypted":              {coursetest.Locked(docx(t, "")), "file.encrypted"},
		"a name that leads out":  {scorm(t, coursetest.Entry{Name: "../x.html", Data: []byte("a")}), "bring-broken"},
		"a link":                 {scorm(t, coursetest.Entry{Name: "x.html", Data: []byte("/etc/passwd"), Mode: fs.ModeSymlink}), "bring-broken"},
		"a name twice":           {scorm(t, coursetest.Entry{Name: "MO-DAU.html", Data: []byte("a")}), "bring-broken"},
		"many files":             {coursetest.Archive(t, wide(70_000)...), "bring-broken"},
		"a bomb":                 {coursetest.Archive(t, coursetest.Entry{Name: "word/document.xml", Data: bomb, Method: 8}), "bring-xml"},
		"many small bombs":       {scormBombs(t), "bring-bomb"},
		"entities":               {with("word/styles.xml", `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`), "bring-xml"},
		"an external entity":     {with("word/styles.xml", `<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>`), "bring-xml"},
		"UTF-16":                 {with("word/styles.xml", `<?xml version="1.0" encoding="UTF-16"?><a/>`), "bring-xml"},
		"deep XML":               {docx(t, strings.Repeat("<w:sdt><w:sdtContent>", 100_000)), "bring-xml"},
		"deep XML left out":      {docx(t, strings.Repeat("<w:rFonts>", 300_000)), "bring-xml"},
		"wide XML":               {docx(t, strings.Repeat("<w:p/>", 400_000)), "bring-xml"},
		"many attributes":        {docx(t, "<w:p "+strings.Repeat(`a="" `, 400_000)+"/>"), "bring-xml"},
		"no text":                {docx(t, "<w:p/>"), "bring-empty"},
		"a long document":        {docx(t, long), ""},
		"a page of tags":         {[]byte(strings.Repeat("<b>", 200_000)), "file-too-large"},
		"a long lesson":          {[]byte(strings.Repeat("a ", markdown.MaxText)), "file-too-large"},
		"a changed package":      {coursetest.Archive(t, coursetest.Entry{Name: "manifest.json", Data: []byte("{}")}, coursetest.Entry{Name: "course.yaml", Data: []byte("id: x")}), "bring-broken"},
		"braces":                 {[]byte(strings.Repeat("{", markdown.MaxText)), "file-too-large"},
		"answers":                {[]byte("a {" + strings.Repeat("=", markdown.MaxText-4)), ""},
	} {
		t.Run(what, func(t *testing.T) {
			coursetest.Bounded(t, func() { honestFile(t) }, func() {
				_, err := Bring("x", c.data, false)
				var p *problem.Problem
				switch {
				case c.code == "" && err != nil:
					t.Error(err)
				case c.code != "" && (!errors.As(err, &p) || p.Code != c.code || !errors.Is(err, problem.ErrInvalid)):
					t.Errorf("%v, want %s", err, c.code)
				}
			})
		})
	}
}

// Photos are made small, but not so many or so large ones that the machine suffers.
func TestBringPhotos(t *testing.T) {
	photo := func(side, shade int) []byte {
		m := image.NewGray(image.Rect(0, 0, side, side))
		for i := range m.Pix {
			m.Pix[i] = byte(i>>9 + shade)
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, nil); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	var page strings.Builder
	var photos []coursetest.Entry
	for i := range 9 {
		fmt.Fprintf(&page, `<p><img src="anh-%d.jpg" alt="a">`, i)
		photos = append(photos, coursetest.Entry{Name: fmt.Sprintf("anh-%d.jpg", i), Data: photo(2000, i)})
	}
	page.WriteString(`<p><img src="to.jpg" alt="a">`)
	manifest := `<manifest><organizations><organization><item identifierref="r"><title>a</title></item></organization></organizations><resources><resource identifier="r" href="a.html"/></resources></manifest>`
	data := coursetest.Archive(t, append(photos, coursetest.Entry{Name: "to.jpg", Data: photo(3000, 1)}, coursetest.Entry{Name: "a.html", Data: []byte(page.String())}, coursetest.Entry{Name: "imsmanifest.xml", Data: []byte(manifest)})...)
	coursetest.Bounded(t, func() { honestFile(t) }, func() {
		b, p := brought(t, "a.zip", data, false)
		if len(p.Media) != 6 || len(b.LeftOut) != 4 {
			t.Errorf("%d photos, %v", len(p.Media), b.LeftOut)
		}
		if w, h, ok := markdown.PictureSize(b.Files["media/anh-0.jpg"]); w != authoring.UploadSide || h != authoring.UploadSide || !ok {
			t.Error(w, h, ok)
		}
	})
}

// scormBombs is a package whose pages are each small enough and together too many.
func scormBombs(t testing.TB) []byte {
	var items, resources strings.Builder
	var all []coursetest.Entry
	page := []byte("<p>" + strings.Repeat("a", markdown.MaxHTML-3))
	for i := range 40 {
		fmt.Fprintf(&items, `<item identifierref="r%d"><title>a</title></item>`, i)
		fmt.Fprintf(&resources, `<resource identifier="r%d" href="%d.html"/>`, i, i)
		all = append(all, coursetest.Entry{Name: fmt.Sprintf("%d.html", i), Data: page, Method: 8})
	}
	return coursetest.Archive(t, append(all, coursetest.Entry{Name: "imsmanifest.xml", Data: []byte(`<manifest><organizations><organization>` + items.String() + `</organization></organizations><resources>` + resources.String() + `</resources></manifest>`)})...)
}

func FuzzBring(f *testing.F) {
	p, _ := authoring.LoadFiles(coursetest.Good())
	for _, data := range [][]byte{coursePack(f, p), docx(f, wordPara("u1", "a")+wordItem("1", "1", "b")), scorm(f), []byte(coursetest.ViQuiz), []byte("# a\n\nb"), []byte("<p>a"), []byte(qti2("<choiceInteraction/>", "")), []byte("::a::b<c> {~=x~%33%y#z {1}}\n\n$CATEGORY: a"), moodle(moodleQ("shortanswer", "a", "b", moodleA("100", "*c", "d", ""))), []byte("a\nA) b\nB) c\nANSWER: B\n"),
		old(canvasItem("multiple_answers_question", oldLid("response1", "Multiple", "1=a", "2=b"), when(`<and><varequal respident="response1">1</varequal><not><varequal respident="response1">2</varequal></not></and>`, "100", ""), ""))} {
		f.Add(data, true)
	}
	f.Fuzz(func(t *testing.T, data []byte, part bool) {
		b, err := Bring("x", data, part)
		if err != nil {
			if !errors.Is(err, problem.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		authoring.LoadFiles(b.Files)
		trusted(t, b)
	})
}

// FuzzWord and FuzzQTI reach what is inside the zip.
func FuzzWord(f *testing.F) {
	for _, body := range []string{wordPara("u1", "a"), wordItem("1", "1", "b") + wordItem("2", "0", "*c*"), `<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="9"/><w:vMerge/></w:tcPr>` + wordPara("", "[a]") + `</w:tc></w:tr></w:tbl>`,
		`<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>HYPERLINK "http://a.b"</w:instrText><w:fldChar w:fldCharType="separate"/><w:t>x</w:t></w:r></w:p>`} {
		f.Add(body, true)
	}
	f.Fuzz(func(t *testing.T, body string, part bool) {
		if b, err := Bring("x.docx", docx(t, body), part); err == nil {
			trusted(t, b)
		} else if !errors.Is(err, problem.ErrInvalid) {
			t.Fatal(err)
		}
	})
}

func FuzzQTI(f *testing.F) {
	f.Add(`<choiceInteraction responseIdentifier="R"><simpleChoice identifier="A">a</simpleChoice><simpleChoice identifier="B">b</simpleChoice></choiceInteraction>`, `<responseDeclaration identifier="R" cardinality="single"><correctResponse><value>B</value></correctResponse></responseDeclaration>`)
	f.Add(`<p>x <textEntryInteraction responseIdentifier="R"/></p>`, `<responseDeclaration identifier="R" baseType="float"><correctResponse><value>1e3</value></correctResponse></responseDeclaration>`)
	f.Add(`<matchInteraction responseIdentifier="R"><simpleAssociableChoice identifier="a">b</simpleAssociableChoice></matchInteraction>`, `<responseDeclaration identifier="R"><mapping><mapEntry mapKey="a a" mappedValue="1"/></mapping></responseDeclaration>`)
	f.Fuzz(func(t *testing.T, body, responses string) {
		if b, err := Bring("x.xml", []byte(qti2(body, responses)), false); err == nil {
			trusted(t, b)
		} else if !errors.Is(err, problem.ErrInvalid) {
			t.Fatal(err)
		}
	})
}

// trusted fails where a folder that was made has a mistake in its lessons or quizzes.
func trusted(t testing.TB, b Brought) {
	t.Helper()
	if b.Form == FormPackage || b.Form == FormMarkdown { // as their authors wrote them
		return
	}
	_, m := authoring.LoadFiles(b.Files)
	for _, one := range m {
		if !one.Warning && one.File != authoring.CourseFile && one.Code != "file-too-large" {
			t.Errorf("%v in %q", one, b.Files)
		}
	}
}

// honestFile brings 400 pages of text in.
func honestFile(t testing.TB) {
	data := docx(t, strings.Repeat(wordPara("", "Một đoạn văn bản dài vừa phải của một tài liệu Word."), 20_000))
	if _, err := Bring("honest.docx", data, false); err != nil {
		t.Fatal(err)
	}
}

// coursePack is the file of a course.
func coursePack(t testing.TB, p authoring.Package) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := authoring.Pack(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Text that is called as no text is may be what is left of a file: it is not taken for a lesson.
func TestAPlainTextWithTheNameOfAnotherKindIsRefused(t *testing.T) {
	text := []byte("# Đón tiếp bạn đọc\n\nChào trước khi hỏi.\n")
	for _, name := range []string{"bai.docx", "Bài 1.DOCX", "cau-hoi.gift", "khoa.zip", "bai.pdf"} {
		_, err := Bring(name, text, false)
		if p := (*problem.Problem)(nil); !errors.As(err, &p) || p.Code != "bring-name" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"bai.md", "bai.txt", "bai"} {
		if b, err := Bring(name, text, false); err != nil || b.Form != FormMarkdown {
			t.Errorf("%s: %s, %v", name, b.Form, err)
		}
	}
}
