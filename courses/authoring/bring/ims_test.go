package bring

import (
	"strings"
	"testing"
	"unicode/utf16"

	"lopban/courses/authoring/coursetest"
)

// packageOf makes a package of a manifest and files, "name" and content in turn.
func packageOf(t *testing.T, manifest string, files ...string) []byte {
	t.Helper()
	all := []coursetest.Entry{{Name: "imsmanifest.xml", Data: []byte(manifest)}}
	for i := 0; i < len(files); i += 2 {
		all = append(all, coursetest.Entry{Name: files[i], Data: []byte(files[i+1])})
	}
	return coursetest.Archive(t, all...)
}

func aPage(title, heading, text string) string {
	return "<html><head><title>" + title + "</title></head><body>" + heading + "<p>" + text + "</p></body></html>"
}

func utf16le(s string) string {
	data := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		data = append(data, byte(u), byte(u>>8))
	}
	return string(data)
}

// Packages as the common tools make them: shells, one item around all, files beside the outline, encodings.
func TestBringPackages(t *testing.T) {
	one := func(files string) string {
		return `<manifest identifier="m" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"><organizations default="o"><organization identifier="o"><title>Kho</title><item identifier="i" identifierref="r"><title>Kho</title></item></organization></organizations><resources><resource identifier="r" type="webcontent" href="a.html">` + files + `</resource></resources></manifest>`
	}
	kho := aPage("Trang", "<h1>Kho sách</h1>", "Giữ kho khô.")
	so := aPage("Trang", "<h1>Sổ sách</h1>", "Ghi sổ.")
	question := `<?xml version="1.0"?><questestinterop><assessment ident="a" title="Giữ sách"><section><item ident="i1" title="Ẩm"><presentation><material><mattext>Sách ẩm?</mattext></material><response_lid ident="r" rcardinality="Single"><render_choice><response_label ident="1"><material><mattext>Hong</mattext></material></response_label><response_label ident="2"><material><mattext>Đốt</mattext></material></response_label></render_choice></response_lid></presentation>` +
		`<resprocessing><outcomes><decvar maxvalue="100" varname="SCORE"/></outcomes><respcondition><conditionvar><varequal respident="r">1</varequal></conditionvar><setvar action="Set" varname="SCORE">100</setvar></respcondition></resprocessing></item></section></assessment></questestinterop>`
	for _, c := range []struct {
		name    string
		data    []byte
		outline string
		text    string // of the first lesson
		left    string
	}{
		{"the only heading says something else than the outline", packageOf(t, one(""), "a.html", kho), "kho: Kho\n  kho: Kho (0)\n", "## Kho sách\n\nGiữ kho khô.\n", ""},
		{"the only heading says the same", packageOf(t, strings.Replace(one(""), "<title>Kho</title></item>", "<title>Kho sách</title></item>", 1), "a.html", kho), "kho: Kho\n  kho-sach: Kho sách (0)\n", "Giữ kho khô.\n", ""},
		{"zipped with its folder", coursetest.Archive(t, coursetest.Entry{Name: "goi/imsmanifest.xml", Data: []byte(one(""))}, coursetest.Entry{Name: "goi/a.html", Data: []byte(kho)}, coursetest.Entry{Name: "__MACOSX/goi/._a.html", Data: []byte("x")}),
			"kho: Kho\n  kho: Kho (0)\n", "## Kho sách\n\nGiữ kho khô.\n", ""},
		{"Windows-1252", packageOf(t, `<?xml version="1.0" encoding="WINDOWS-1252"?>`+strings.Replace(one(""), "<title>Kho", "<title>Caf\xe9", 1), "a.html", kho), "cafe: Café\n  kho: Kho (0)\n", "## Kho sách\n\nGiữ kho khô.\n", ""},
		{"ISO-8859-1", packageOf(t, `<?xml version="1.0" encoding="ISO-8859-1"?>`+one(""), "a.html", kho), "kho: Kho\n  kho: Kho (0)\n", "## Kho sách\n\nGiữ kho khô.\n", ""},
		{"UTF-16", packageOf(t, utf16le(`<?xml version="1.0" encoding="UTF-16"?>`+one("")), "a.html", kho), "kho: Kho\n  kho: Kho (0)\n", "## Kho sách\n\nGiữ kho khô.\n", ""},
		{"a shell whose pages a program shows", packageOf(t, one(`<file href="a.html"/><file href="p/a.html"/><file href="p/b.html"/>`), "a.html", `<html><head><title>Khung</title><script src="f.js"></script></head><body><iframe id="c"></iframe></body></html>`, "f.js", "x", "p/a.html", kho, "p/b.html", so),
			"kho: Kho\n  kho-sach: Kho sách (0)\n  so-sach: Sổ sách (0)\n", "Giữ kho khô.\n", ""},
		{"a shell with a word, and pages in another resource", packageOf(t, strings.Replace(one(`<dependency identifierref="c"/>`), "</resources>", `<resource identifier="c" type="webcontent"><file href="p/a.html"/></resource></resources>`, 1), "a.html", `<html><script>x</script><body>Đang tải…<frame src="p/b.html"></body></html>`, "p/a.html", kho, "p/b.html", so),
			"kho: Kho\n  kho-sach: Kho sách (0)\n", "Giữ kho khô.\n", "left-shell a.html Đang tải…, left-outside p/b.html"},
		{"frames", packageOf(t, one(""), "a.html", `<html><body><iframe src="p/b.html"></iframe></body></html>`, "p/b.html", so), "kho: Kho\n  so-sach: Sổ sách (0)\n", "Ghi sổ.\n", ""},
		{"pages that a page leads to", packageOf(t, one(""), "a.html", aPage("x", "", `Xem <a href="p/b.html#x">sổ sách</a>, `+strings.Repeat("chữ ", 200)), "p/b.html", strings.Replace(so, "Ghi sổ.", `Ghi sổ. <a href="../c.html">c</a>`, 1), "c.html", kho, "d.html", so, "tai-lieu.pdf", "%PDF", "s.css", "x"),
			"kho: Kho\n  kho: Kho (0)\ntrang-khac-trong-goi: Trang khác trong gói\n  so-sach: Sổ sách (0)\n  kho-sach: Kho sách (0)\n", "", "left-links 1, left-links 1, left-outside d.html, left-outside tai-lieu.pdf"},
		{"an item whose resource is not there", packageOf(t, strings.Replace(strings.Replace(one(""), "</item>", `</item><item identifier="j" identifierref="khong-co"><title>Bài lạc</title></item><item identifier="k" identifierref="g"><title>Bài mất</title></item>`, 1), "</resources>", `<resource identifier="g" type="webcontent" href="mat.html"/></resources>`, 1), "a.html", kho),
			"kho: Kho\n  kho: Kho (0)\n", "", "left-missing Bài lạc, left-missing Bài mất"},
		{"Common Cartridge", packageOf(t, `<manifest identifier="m" xmlns="http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"><organizations><organization identifier="o" structure="rooted-hierarchy"><item identifier="LearningModules"><item identifier="m1"><title>Chương một</title><item identifier="p1" identifierref="r1"><title>Bài A</title></item><item identifier="d1" identifierref="rd"><title>Thảo luận chương một</title></item>`+
			`<item identifier="q1" identifierref="rq"><title>Kiểm tra chương một</title></item></item><item identifier="m2"><title>Chương hai</title><item identifier="g"><title>Mục con</title><item identifier="p2" identifierref="r2"><title>Bài B</title></item></item></item></item></organization></organizations><resources><resource identifier="r1" type="webcontent" href="a.html"><file href="a.html"/></resource>`+
			`<resource identifier="r2" type="webcontent" href="b.html"><file href="b.html"/></resource><resource identifier="r3" type="webcontent" href="c.html"><file href="c.html"/></resource><resource identifier="rd" type="imsdt_xmlv1p1"><file href="d.xml"/></resource><resource identifier="rw" type="imswl_xmlv1p1"><file href="w.xml"/></resource><resource identifier="rq" type="imsqti_xmlv1p2/imscc_xmlv1p1/assessment"><file href="q.xml"/></resource></resources></manifest>`,
			"a.html", aPage("Bài A", "", "giữ khô."), "b.html", aPage("Bài B", "", "giữ ấm."), "c.html", aPage("Trang ngoài", "", "x"), "d.xml", `<topic><title>Thảo luận chương một</title><text>?</text></topic>`, "w.xml", `<webLink><title>Trang tỉnh</title><url href="https://x.vn"/></webLink>`, "q.xml", question),
			"chuong-mot: Chương một\n  bai-a: Bài A (0)\n  kiem-tra-chuong-mot: Kiểm tra chương một (1)\nchuong-hai: Chương hai\n  bai-b: Bài B (0)\n", "giữ khô.\n", "left-file Thảo luận chương một, left-heading Mục con, left-file Trang tỉnh, left-outside c.html"},
		{"two outlines, a bound and one item around all", packageOf(t, `<manifest><organizations default="b"><organization identifier="a"><title>Cũ</title></organization><organization identifier="b"><item identifier="x"><title>Cả khóa</title><item identifier="p1" identifierref="r"><title>Bài A</title><masteryscore>80</masteryscore></item></item></organization></organizations><resources><resource identifier="r" type="webcontent" href="a.html"/></resources></manifest>`, "a.html", aPage("Bài A", "", "giữ.")),
			"ca-khoa: Cả khóa\n  bai-a: Bài A (0)\n", "giữ.\n", "left-outline Cũ, left-test-rule masteryscore 80"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, p := brought(t, "goi.zip", c.data, false)
			if got := outline(p); got != c.outline {
				t.Errorf("\n got %s\nwant %s", got, c.outline)
			}
			if got := p.Version.Lessons()[0].Body.Vi; c.text != "" && got != c.text {
				t.Errorf("%q, want %q", got, c.text)
			}
			if got := saidOf(b); got != c.left {
				t.Errorf("left out %s\nwant     %s", got, c.left)
			}
		})
	}
}
