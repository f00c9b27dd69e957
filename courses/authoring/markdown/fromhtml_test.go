package markdown

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"

	"lopban/courses/authoring/coursetest"
	"lopban/courses/authoring/mistake"
	"lopban/courses/problem"
)

func TestFromHTML(t *testing.T) {
	for _, c := range []struct{ name, html, want, left string }{
		{"paragraphs", "<p>Một</p>\n<p>Hai\n  ba</p>bốn<div>năm</div>", "Một\n\nHai ba\n\nbốn\n\nnăm\n", ""},
		{"nothing", "<p> &nbsp;</p><style>p{}</style><!-- x -->", "", ""},
		{"marks", "<p>a <b>đậm </b><i>nghiêng</i> <b><i>cả hai</i></b> <s>bỏ</s> <code>a*b</code></p>", "a **đậm** *nghiêng **cả hai*** ~~bỏ~~ `a*b`\n", ""},
		{"a colon behind bold before a letter", "<p><b>Lưu ý:</b>Bạn</p><p>x<b>y</b>z</p>", "Lưu ý:Bạn\n\nx**y**z\n", ""},
		{"marks that end together", "<p><i>a <b>b</b></i> c</p>", "*a **b*** c\n", ""},
		{"letters in pieces", "<p>Thu\u031b vie\u0323\u0302n</p>", "Thư viện\n", ""},
		{"characters that Markdown reads", "<p># 1 * 2_3 [x] &lt;b&gt; a|b ~c~ &amp;lt; !</p><p>1. a</p><p>- b<br>+ c<br>=== </p>", "\\# 1 \\* 2_3 \\[x\\] \\<b> a\\|b \\~c\\~ \\&lt; \\!\n\n1\\. a\n\n\\- b\\\n\\+ c\\\n\\===\n", ""},
		{"headings", "<h1>A</h1><h2><b>B</b></h2><h6>C #</h6>", "## A\n\n### B\n\n###### C \\#\n", ""},
		{"headings of a fragment", "<h2>A</h2><h3>B</h3>", "## A\n\n### B\n", ""},
		{"lists", "<ul><li>a</li><li>b<ol start=3><li>c</li><li>d</li></ol></li></ul>", "- a\n- b\n  3. c\n  4. d\n", ""},
		{"a list among the items", "<ul><li>a</li><ul><li>b</li></ul><li>c</li></ul>", "- a\n  - b\n- c\n", ""},
		{"two lists side by side", "<ul><li>a</li></ul><ul><li>b</li></ul><ol><li>c</li></ol><ol><li>d</li></ol>", "- a\n\n* b\n\n1. c\n\n1) d\n", ""},
		{"an item of two paragraphs", "<ol><li><p>a</p><p>b</p></li><li>c</li></ol>", "1. a\n\n   b\n\n2. c\n", ""},
		{"a quotation", "<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b\n", ""},
		{"a line across, and code", "<p>a</p><hr><pre>x\n  y ``` z</pre>", "a\n\n---\n\n````\nx\n  y ``` z\n````\n", ""},
		{"a table", "<table><caption>T</caption><tr><th>Một</th><th><b>Hai</b></th></tr><tr><td>a|b</td><td><p>c</p><p>d.</p><p>e</p></td></tr></table>",
			"T\n\n| Một | Hai |\n|---|---|\n| a\\|b | c; d. e |\n", ""},
		{"merged cells", "<table><tr><td colspan=2>a</td><td rowspan=2>b</td></tr><tr><td>c</td><td>d</td></tr><tr><td>e</td></tr></table>",
			"| a |  | b |\n|---|---|---|\n| c | d |  |\n| e |  |  |\n", "left-merged-cells 1"},
		{"a frame of one cell is a form", "<table><tr><td><p><b>Phiếu mượn</b></p><p>Họ tên: ________</p></td></tr></table>", "> **Phiếu mượn**\n>\n> Họ tên: …………\n", ""},
		{"links", `<p><a href="https://thuvien.vn/a_(b)?x=1&amp;y=2">thư viện</a> <a href="mailto:a@b.vn">thư</a> <a href="javascript:alert(1)">xấu</a> <a href="#x">đây</a> https://nlv.gov.vn/a_b, www.x.vn</p>`,
			"[thư viện](https://thuvien.vn/a_%28b%29?x=1&y=2) [thư](mailto:a@b.vn) xấu đây <https://nlv.gov.vn/a_b>, [www\\.x.vn](http://www.x.vn)\n", "left-links 1"},
		{"an exclamation before a link", `<p>Xem!<a href="https://a.vn">b</a></p>`, "Xem\\![b](https://a.vn)\n", ""},
		{"what is raised or lowered", "<p>Phòng 30 m<sup>2</sup>, kho 10<sup>3</sup> cuốn, H<sub>2</sub>O, 20<sup>o</sup>C, x<sup>−2</sup>, lần 1<sup>a</sup></p>", "Phòng 30 m², kho 10³ cuốn, H₂O, 20°C, x⁻², lần 1a\n", "left-raised 1"},
		{"footnotes of an encyclopedia", "<p>a<sup>[1]</sup><sup>[2]</sup></p>", "a\\[1\\] \\[2\\]\n", ""},
		{"pictures and what counts readers", `<p>a<img src="file:///C:/x.png" alt="giá sách"> <img src="https://x/p.gif" width="1" height="1"></p>`, "a*giá sách*\n", "left-pictures 1"},
		{"what a lesson cannot hold", `<p>a</p><script src=x></script><iframe src=x></iframe><video></video><svg><path/></svg><math><mi>x</mi></math><select><option>b</select><input><input type=checkbox checked>c`,
			"a\n\n☑ c\n", "left-controls 2, left-drawings 1, left-formulas 1, left-frames 1, left-recordings 1, left-scripts 1"},
		{"what nobody sees", `<p>a<span style="display:none">b</span><span hidden>c</span></p>`, "a\n", ""},
		{"Google's documents", `<b style="font-weight:normal" id="docs-internal-guid-1"><p><span style="font-weight:700">Đậm</span><span style="font-weight:400"> thường</span></p></b>`, "**Đậm** thường\n", ""},
		{"a page", "<!DOCTYPE html><html><head><title>T</title></head><body><main><p>a</p></main></body></html>", "a\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, left, err := FromHTML([]byte(c.html))
			if err != nil || got != c.want || strings.Join(coursetest.Said(left), ", ") != c.left {
				t.Errorf("\n got %q, %v, %v\nwant %q, %s", got, coursetest.Said(left), err, c.want, c.left)
			}
			held(t, got)
		})
	}
}

// held fails where a text is not one that a lesson may be, or does not show what it says.
func held(t testing.TB, markdown string) {
	t.Helper()
	if !norm.NFC.IsNormalString(markdown) || !strings.HasSuffix(markdown, "\n") && markdown != "" {
		t.Errorf("not a text file in NFC: %q", markdown)
	}
	var m mistake.Mistakes
	for i, line := range strings.Split(markdown, "\n") {
		CheckText(&m, "x", i, line)
	}
	(&BodyCheck{M: &m, File: "x", Source: []byte(markdown)}).Check()
	if m.Errors() {
		t.Errorf("%v in %q", m, markdown)
	}
	page, _ := Render(markdown, func(string) (Picture, bool) { return Picture{}, false })
	if err := coursetest.Judge(t, page, coursetest.InLesson); err != nil {
		t.Errorf("%v in %q", err, markdown)
	}
}

// What Word puts on the clipboard: its own tags, paragraphs with markers as text, entities, and styles.
func TestFromHTMLOfWord(t *testing.T) {
	page, err := os.ReadFile("testdata/word.html")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/word.md")
	if err != nil {
		t.Fatal(err)
	}
	got, left, err := FromHTML(page)
	if err != nil || got != string(want) || strings.Join(coursetest.Said(left), ", ") != "left-pictures 1" {
		t.Errorf("%v %v\n got %s\nwant %s", left, err, got, want)
	}
	held(t, got)
}

// What was written is read as it was meant: Markdown, rendered and pasted again, is the same Markdown.
func TestFromHTMLOfOurOwnPages(t *testing.T) {
	const lesson = "Mở đầu **đậm** và *nghiêng*.\n\n## Phần một\n\n1. Một\n2. Hai\n   - ba\n   - bốn\n\n| A | B |\n|---|---|\n| c | **d** |\n\n> e\n\n### Nhỏ\n\n[liên kết](https://a.vn) ~~bỏ~~ `mã`\n"
	page, _ := Render(lesson, nil)
	if got, _, err := FromHTML([]byte(page)); err != nil || got != lesson {
		t.Errorf("%v\n got %s\nwant %s", err, got, lesson)
	}
}

func TestFromHTMLRefuses(t *testing.T) {
	for what, page := range map[string]string{
		"file-too-large": strings.Repeat("a", MaxHTML+1),
		"text-not-utf8":  "<p>\xff</p>",
		"html-broken":    strings.Repeat("<div>", 1000),
	} {
		var p *problem.Problem
		if _, _, err := FromHTML([]byte(page)); !errors.As(err, &p) || p.Code != what || !errors.Is(err, problem.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A page made to be slow or large is done in two seconds and 64 MiB.
func TestFromHTMLOfHostilePages(t *testing.T) {
	fill := func(s string) string {
		n := MaxHTML / len(s)
		if tags := strings.Count(s, "<"); tags > 0 {
			n = min(n, (MaxPageTags-600)/tags)
		}
		return strings.Repeat(s, n)
	}
	for what, page := range map[string]string{
		"letters":       fill("a"),
		"bold":          fill("<b>"),
		"bold and text": fill("<b>a</b>"),
		"marks":         fill("*_`[]<!"),
		"links":         fill("<a href=http://a.b>x"),
		"paragraphs":    fill("<p>"),
		"lists":         fill("<ul><li>a"),
		"flat lists":    fill("<ul><li>a</ul>"),
		"tables":        fill("<table><tr><td>"),
		"cells":         "<table>" + fill("<td>a"),
		"spans":         "<table>" + fill("<td colspan=1000 rowspan=1000>a"),
		"rows":          "<table>" + fill("<tr><td rowspan=9>a"),
		"quotes":        strings.Repeat("<blockquote>a", 500) + fill("<p>b"),
		"breaks":        fill("a<br>"),
		"word":          fill("<p style='mso-list:l0 level9'>a"),
		"word up, down": fill("<p style='mso-list:l0 level9'>a<p style='mso-list:l0 level1'>b"),
		"formatting":    fill("<b><i><u><s><font><a><p>"),
		"entities":      fill("&NotSquareSupersetEqual;"),
		"attributes":    "<p " + fill("a=1 ") + ">b",
		"styles":        fill("<span style='font-weight:bold'>a </span>b "),
		"backticks":     fill("`"),
		"code":          fill("<code>`</code> "),
		"pre":           "<pre>" + fill("`"),
		"addresses":     fill("http://a.b/c "),
		"one address":   "http://a.b/" + fill("c"),
		"underscores":   fill("_a"),
		"brackets":      fill("["),
		"too many tags": strings.Repeat("<b>", MaxPageTags+1),
		"many marks":    strings.Repeat("<p>", 10) + fill("<b>a</b><i>b</i>"),
	} {
		t.Run(what, func(t *testing.T) {
			if len(page) > MaxHTML {
				page = page[:MaxHTML]
			}
			coursetest.Bounded(t, honest, func() {
				if got, _, err := FromHTML([]byte(page)); err == nil {
					held(t, got[:min(len(got), 1<<10)][:strings.LastIndex(got[:min(len(got), 1<<10)], "\n")+1])
				}
			})
		})
	}
}

// honest converts 400 pages of text.
func honest() {
	page := strings.Repeat("<p>Một đoạn văn bản dài vừa phải của một tài liệu, có <b>chữ đậm</b>.</p>", 20_000)
	FromHTML([]byte(page[:min(len(page), MaxHTML)]))
}

func FuzzFromHTML(f *testing.F) {
	for _, s := range []string{"<p>a <b>b</b>c</p>", "<ul><li>a<ol><li>b</ol></ul>", "<table><tr><td colspan=2>a|b<td rowspan=2>c", "<p style='mso-list:l0 level2'><span style='mso-list:Ignore'>1.</span>a",
		"<h1>#</h1><h2>a{#b}", "<pre>```</pre>", "<a href='http://a.b/(c)'>[d]</a>!<a href=x>", "a<br>---<br>1. b", "<blockquote><p><b>a</b><p>b", "[a]<i>[b]</i> ftp://a.bc www.a.b a@b.cd http://a.b", "&lt;b&gt;&amp;lt;<code>`a`</code>",
		"<b>a</b><b><i>b</i></b><i>c</i>", "<img src=a alt=']('>", "<svg><p>a", "e\u0301<b>\u0301</b>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, page string) {
		got, _, err := FromHTML([]byte(page))
		if err != nil {
			return
		}
		held(t, got)
		doc, _ := html.Parse(strings.NewReader(page))
		_ = PlainText(doc)
		(&Writer{Left: &LeftOut{}}).Line(doc)
	})
}
