package bring

import (
	"strings"
	"testing"

	"lopban/courses/authoring/coursetest"
)

const wordSpace = ` xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`

// office makes a document of a body, its numberings and its styles, with the main part under a name.
func office(t *testing.T, main, body, numbering, styles string, more ...coursetest.Entry) []byte {
	const relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	return coursetest.Archive(t, append([]coursetest.Entry{
		{Name: "_rels/.rels", Data: []byte(`<Relationships><Relationship Id="rId1" Type="` + relation + `officeDocument" Target="/` + main + `"/></Relationships>`)},
		{Name: main, Data: []byte(wordHead + body + wordTail)},
		{Name: "word/_rels/" + strings.TrimPrefix(main, "word/") + ".rels", Data: []byte(`<Relationships><Relationship Id="s" Type="` + relation + `styles" Target="kieu.xml"/><Relationship Id="n" Type="` + relation + `numbering" Target="/word/so.xml"/></Relationships>`)},
		{Name: "word/kieu.xml", Data: []byte(`<w:styles` + wordSpace + `>` + styles + `</w:styles>`)},
		{Name: "word/so.xml", Data: []byte(`<w:numbering` + wordSpace + `>` + numbering + `</w:numbering>`)},
	}, more...)...)
}

func levelOf(i, format, text, more string) string {
	return `<w:lvl w:ilvl="` + i + `"><w:start w:val="1"/><w:numFmt w:val="` + format + `"/><w:lvlText w:val="` + text + `"/>` + more + `</w:lvl>`
}

func numberings(all ...string) string {
	var b strings.Builder
	for i, levels := range all {
		id := string(rune('0' + i))
		b.WriteString(`<w:abstractNum w:abstractNumId="` + id + `">` + levels + `</w:abstractNum>`)
	}
	return b.String()
}

func numberOf(id, abstract, more string) string {
	return `<w:num w:numId="` + id + `"><w:abstractNumId w:val="` + abstract + `"/>` + more + `</w:num>`
}

func wordHeading(style, list, level, text string) string {
	return `<w:p><w:pPr><w:pStyle w:val="` + style + `"/><w:numPr><w:ilvl w:val="` + level + `"/><w:numId w:val="` + list + `"/></w:numPr></w:pPr><w:r><w:t>` + text + `</w:t></w:r></w:p>`
}

func fontRun(font, text string) string {
	return `<w:r><w:rPr><w:rFonts w:ascii="` + font + `" w:hAnsi="` + font + `"/></w:rPr><w:t xml:space="preserve">` + text + `</w:t></w:r>`
}

// What documents of offices have and clean ones have not.
func TestBringWordOfOffices(t *testing.T) {
	heading := `<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style><w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/></w:style>`
	articles := numberings(levelOf("0", "decimal", "Điều %1.", "")+levelOf("1", "decimal", "%2.", "")+levelOf("2", "lowerLetter", "%3)", "")) + numberOf("1", "0", "")
	simple := numberings(levelOf("0", "decimal", "%1.", ""))
	raised := func(how, text string) string {
		return `<w:r><w:rPr><w:vertAlign w:val="` + how + `"/></w:rPr><w:t>` + text + `</w:t></w:r>`
	}
	for _, c := range []struct {
		name                          string
		body, numbering, styles, want string
		left                          string
	}{
		{"numbers of headings and of paragraphs under them", wordHeading("H1", "1", "0", "Người mượn") + wordPara("", "Ai cũng mượn được.") + wordHeading("H1", "1", "0", "Hạn trả") + wordItem("1", "1", "mười ngày") + wordItem("1", "1", "gia hạn") + wordItem("1", "2", "một lần") + wordItem("1", "2", "hai lần") + wordHeading("H1", "1", "0", "Hết") + wordItem("1", "1", "lại từ đầu") + wordItem("1", "0", "Nội dung khoản"), articles, heading,
			"## Điều 1. Người mượn\n\nAi cũng mượn được.\n\n## Điều 2. Hạn trả\n\n1. mười ngày\n2. gia hạn\n   - a) một lần\n   - b) hai lần\n\n## Điều 3. Hết\n\n1. lại từ đầu\n\nĐiều 4. Nội dung khoản\n", ""},
		{"numbers of a style and of a style above it", wordPara("H1", "Một") + wordPara("H2", "Hai") + wordPara("H2", "Ba") + wordPara("H1", "Bốn") + wordPara("H2", "Năm"), numberings(levelOf("0", "upperRoman", "Phần %1:", `<w:pStyle w:val="H1"/>`)+levelOf("1", "decimal", "%1.%2", `<w:pStyle w:val="H2"/>`)) + numberOf("1", "0", ""),
			`<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style><w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>`,
			"## Phần I: Một\n\n### I.1 Hai\n\n### I.2 Ba\n\n## Phần II: Bốn\n\n### II.1 Năm\n", ""},
		{"two numberings of one count", wordItem("1", "0", "a") + wordItem("2", "0", "b") + wordItem("2", "0", "c"), simple + numberOf("1", "0", "") + numberOf("2", "0", ""), "", "1. a\n2. b\n3. c\n", ""},
		{"a list that begins again", wordItem("1", "0", "a") + wordItem("1", "0", "b") + wordItem("1", "0", "c") + wordItem("2", "0", "d") + wordItem("2", "0", "e"), simple + numberOf("1", "0", "") + numberOf("2", "0", `<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>`), "", "1. a\n2. b\n3. c\n\n1) d\n2) e\n", ""},
		{"a list that begins at five", wordItem("1", "0", "a") + wordPara("", "giữa") + wordItem("1", "0", "b"), strings.Replace(simple, `<w:start w:val="1"/>`, `<w:start w:val="5"/>`, 1) + numberOf("1", "0", ""), "", "5. a\n\ngiữa\n\n6. b\n", ""},
		{"raised and lowered", `<w:p><w:r><w:t>10</w:t></w:r>` + raised("superscript", "3") + `<w:r><w:t xml:space="preserve"> m</w:t></w:r>` + raised("superscript", "2") + `<w:r><w:t xml:space="preserve">, H</w:t></w:r>` + raised("subscript", "2") + `<w:r><w:t xml:space="preserve">O, lần 1</w:t></w:r>` + raised("superscript", "ghi chú") + `</w:p>`, "", "", "10³ m², H₂O, lần 1ghi chú\n", "left-raised 1"},
		{"fonts of TCVN3", `<w:p>` + fontRun(".VnTime", "Th\u00ad viÖn x\u00b7") + fontRun(".VnTimeH", " b\u00b6n") + fontRun("Times New Roman", " Phục Hòa") + `</w:p>`, "", "", "Thư viện xã BẢN Phục Hòa\n", "left-old-letters 2"},
		{"a font of VNI in a style", wordPara("Cu", "Thö vieän") + wordPara("", "thường"), "", `<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style><w:style w:type="paragraph" w:styleId="Cu"><w:name w:val="Cu"/><w:basedOn w:val="Cu0"/></w:style><w:style w:type="paragraph" w:styleId="Cu0"><w:name w:val="Cu0"/><w:rPr><w:rFonts w:ascii="VNI-Times"/></w:rPr></w:style>`, "Thư viện\n\nthường\n", "left-old-letters 1"},
		{"Unicode in an old font", `<w:p>` + fontRun(".VnTime", "Thư viện xã") + `</w:p>`, "", "", "Thư viện xã\n", ""},
		{"an old font as the usual one", wordPara("", "S\u00b8ch"), "", `<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii=".VnArial"/></w:rPr></w:rPrDefault></w:docDefaults>`, "Sách\n", "left-old-letters 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, p := brought(t, "x.docx", office(t, "word/document2.xml", c.body, c.numbering, c.styles), false)
			if got := p.Version.Lessons()[0].Body.Vi; got != c.want {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
			if got := saidOf(b); got != c.left {
				t.Errorf("%s, want %s", got, c.left)
			}
		})
	}
	b, _ := brought(t, "x.docx", office(t, "word/d.xml", wordPara("", "a"), "", "", coursetest.Entry{Name: "word/header1.xml", Data: []byte(wordHead + wordPara("", "SỞ VĂN HÓA") + `</w:body></w:document>`)}, coursetest.Entry{Name: "word/footer1.xml", Data: []byte(wordHead + wordPara("", " ") + `</w:body></w:document>`)}), false)
	if got := saidOf(b); got != "left-margins 1" {
		t.Error(got)
	}
}
