package markdown

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lopban/courses/authoring/coursetest"
	"lopban/courses/authoring/mistake"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

func shelf(name string) (Picture, bool) {
	p := Picture{URL: "/media/0123abcd.svg", Width: 360, Height: 240, Bytes: 1 << 20, Offer: `1 MB"><script>x</script>`}
	p.Captions = []Captions{{Lang: "vi", URL: p.URL, Label: "<b>", Lines: []string{"</p><script>x</script>"}}}
	return p, strings.HasPrefix(name, "shelf.")
}

func TestRenderMakesALesson(t *testing.T) {
	for _, c := range []struct{ name, markdown, want string }{
		{"sections are numbered", "Mở đầu.\n\n## Một\n\n### Nhỏ\n\n## Hai *mới*\n",
			"<p>Mở đầu.</p>\n<h2 id=\"muc-1\">Một</h2>\n<h3>Nhỏ</h3>\n<h2 id=\"muc-2\">Hai <em>mới</em></h2>\n"},
		{"no heading is above h2", "# To\n", "<h2 id=\"muc-1\">To</h2>\n"},
		{"pictures", "![Giá sách](../media/shelf.svg)",
			"<p><img src=\"/media/0123abcd.svg\" alt=\"Giá sách\" width=\"360\" height=\"240\" loading=\"lazy\"></p>\n"},
		{"a picture that is not there leaves its words", "![Giá *sách*](../media/gone.svg)", "<p><em>Giá sách</em></p>\n"},
		{"a picture from elsewhere leaves its words", "![Giá](https://evil.example/x.svg)", "<p><em>Giá</em></p>\n"},
		{"a link outside", "[x](https://thuvien.example/a?b=c&d=e#f)",
			"<p><a href=\"https://thuvien.example/a?b=c&amp;d=e#f\" rel=\"noopener nofollow\">x</a></p>\n"},
		{"a bare link", "www.example.vn", "<p><a href=\"http://www.example.vn\" rel=\"noopener nofollow\">www.example.vn</a></p>\n"},
		{"a link to a lesson", "[x](cho-muon.vi.md)", "<p><a href=\"cho-muon\">x</a></p>\n"},
		{"a link to a section", "[x](#muc-2)", "<p><a href=\"#muc-2\">x</a></p>\n"},
		{"a link to a heading", "[Tôi trả lời](#tra-loi-ngay) hay [chờ](#Ch%E1%BB%9D)?\n\n## Trả lời *ngay*\n\n## Chờ\n",
			"<p><a href=\"#muc-1\">Tôi trả lời</a> hay <a href=\"#muc-2\">chờ</a>?</p>\n<h2 id=\"muc-1\">Trả lời <em>ngay</em></h2>\n<h2 id=\"muc-2\">Chờ</h2>\n"},
		{"a link to a heading under a section", "### Đầu\n\n## Một\n\n### Nhỏ\n\n#### Hai: đi, ở\n\n[x](#hai-đi-ở) [y](#dau)\n",
			"<h3 id=\"muc-0-1\">Đầu</h3>\n<h2 id=\"muc-1\">Một</h2>\n<h3>Nhỏ</h3>\n<h4 id=\"muc-1-2\">Hai: đi, ở</h4>\n<p><a href=\"#muc-1-2\">x</a> <a href=\"#muc-0-1\">y</a></p>\n"},
		{"of two headings the first is meant", "[x](#a)\n\n## A\n\n## A\n", "<p><a href=\"#muc-1\">x</a></p>\n<h2 id=\"muc-1\">A</h2>\n<h2 id=\"muc-2\">A</h2>\n"},
		{"a link to no heading", "[x](#khong-co) [y](#) [z](#%zz) [q](#\"><script>)\n", "<p><a>x</a> <a>y</a> <a>z</a> <a>q</a></p>\n"},
		{"a heading in a quotation is no place", "[x](#a)\n\n> ## A\n", "<p><a>x</a></p>\n<blockquote>\n<h2>A</h2>\n</blockquote>\n"},
		{"a telephone", "[x](tel:+84901234567)", "<p><a href=\"tel:+84901234567\">x</a></p>\n"},
		{"a link that leads nowhere", "[x](../../etc/passwd)", "<p><a>x</a></p>\n"},
		{"raw HTML is text", "a <b>b</b>\n\n<script>x()</script>\n", "<p>a &lt;b&gt;b&lt;/b&gt;</p>\n<p>&lt;script&gt;x()&lt;/script&gt;</p>\n"},
		{"a task", "- [x] xong\n", "<ul>\n<li><input checked=\"\" disabled=\"\" type=\"checkbox\" aria-label=\"☑\"> xong</li>\n</ul>\n"},
		{"no footnotes", "a[^1]\n\n[^1]: b c\n", "<p>a[^1]</p>\n<p>[^1]: b c</p>\n"},
		{"a block quote", "> Lời nói.\n", "<blockquote>\n<p>Lời nói.</p>\n</blockquote>\n"},
		{"a form", "> **PHIẾU** (khổ A4)\n> Họ tên: …\n>\n> - Bản\n",
			"<section class=\"form\" aria-label=\"PHIẾU (khổ A4)\">\n<h2><strong>PHIẾU</strong> (khổ A4)</h2>\n<p>Họ tên: …</p>\n<ul>\n<li>Bản</li>\n</ul>\n</section>\n"},
		{"a form under a heading", "## Một\n\n> **PHIẾU**\n> - [ ] Xong\n", "<h2 id=\"muc-1\">Một</h2>\n<section class=\"form\" aria-label=\"PHIẾU\">\n<h3><strong>PHIẾU</strong></h3>\n<ul>\n<li><input disabled=\"\" type=\"checkbox\" aria-label=\"☐\"> Xong</li>\n</ul>\n</section>\n"},
		{"a table", "## Giờ\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n",
			"<h2 id=\"muc-1\">Giờ</h2>\n<div class=\"table\" role=\"region\" tabindex=\"0\" aria-label=\"Giờ\">\n<table>\n<thead>\n<tr>\n<th>a</th>\n<th align=\"right\">b</th>\n</tr>\n</thead>\n" +
				"<tbody>\n<tr>\n<td>1</td>\n<td align=\"right\">2</td>\n</tr>\n</tbody>\n</table>\n</div>\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, _ := Render(c.markdown, shelf); got != c.want {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestSectionsAreThoseOfTheHeadings(t *testing.T) {
	_, got := Render("## A & *b* <i>\n\n> ## quoted\n\n# C\n\n## D\n", shelf)
	want := []Section{{"muc-1", 1, "A & b <i>"}, {"muc-2", 2, "C"}, {"muc-3", 3, "D"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNoTwoRegionsOfALessonHaveOneName(t *testing.T) {
	got, _ := Render(strings.Repeat("| |\n|-|\n| |\n\n", 2)+"## A\n\n"+strings.Repeat("| b |\n|-|\n| |\n\n", 2)+"> **A**\n>\n> | c |\n> |-|\n> | |\n", shelf)
	var names []string
	coursetest.WalkHTML(t, got, func(n *html.Node) {
		for _, a := range n.Attr {
			if a.Key == "aria-label" {
				names = append(names, a.Val)
			}
		}
	})
	if want := []string{"(1)", "(2)", "A", "A (2)", "A (3)", "A (4)"}; !slices.Equal(names, want) {
		t.Errorf("names %q, want %q", names, want)
	}
}

func TestRenderInlineMakesNoBlocks(t *testing.T) {
	for _, c := range []struct{ markdown, want string }{
		{"Một *hai*\nba", "Một <em>hai</em><br>\nba"},
		{"a\n\nb", "a<br>\nb"},
		{"# a", "# a"},
		{"- a", "- a"},
		{"1. a", "1. a"},
		{"> a", "&gt; a"},
		{"a\n\n    b", "a<br>\nb"},
		{"`=A2+14`", "<code>=A2+14</code>"},
		{"a | b\n--|--\nc | d", "a | b<br>\n--|--<br>\nc | d"},
		{"<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"},
		{"![alt](../media/shelf.svg)", "alt"},
		{"[x](javascript:alert(1))", "<a>x</a>"},
		{`\*a\*`, "*a*"},
		{"", ""},
	} {
		if got := RenderInline(c.markdown); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.markdown, got, c.want)
		}
	}
}

func TestPlainHasNoMarks(t *testing.T) {
	for markdown, want := range map[string]string{
		"Một **hai**\n*ba*": "Một hai ba", "a\n\nb `c` ": "a b c", `\*a\* &amp; b`: "*a* & b", "[x](https://e.example) ~~y~~": "x y", "- <b>": "- <b>", "": "",
	} {
		if got := Plain(markdown); got != want {
			t.Errorf("%q: %q, want %q", markdown, got, want)
		}
	}
}

// hostile are ways in which text has become script in other systems.
var hostile = []string{
	"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<a href='javascript:alert(1)'>x</a>",
	"[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\tscript:alert(1))", "[x](&#106;avascript:alert(1))", "[x](javascript&colon;alert(1))",
	"[x](data:text/html;base64,PHNjcmlwdD4=)", "[x](vbscript:x)", "[x](//evil.example)", "[x](/\\evil.example)", "[x](https://a@evil.example)", "<javascript:alert(1)>",
	"![x](javascript:alert(1))", "![\"><script>x</script>](../media/shelf.mp4)", "![\" onplay=alert(1)](../media/shelf.jpg)", "![x](data:image/svg+xml,<svg onload=alert(1)>)", "![x](https://evil.example/t.gif)", "![x](//evil.example/t.gif)",
	"![\"onload=alert(1) x=\"](../media/shelf.svg)", "![x](../media/shelf.svg \"t\\\" onload=alert(1)\")", "![x](../media/../../etc/passwd)",
	"[x](https://e.example/\"onmouseover=alert(1))", "[x]: javascript:alert(1)\n\n[x]", "[x](https://e.example 'x\" onclick=\"y')",
	"```html\" onload=\"x\n</code><script>\n```", "> **\"><script>x</script>**", "## \"><img src=x onerror=x>\n\n|a|\n|-|\n|b|", "|<script>|\n|-|\n|</td><script>|",
	"<style>*{}</style>", "<iframe src=https://evil.example>", "<!-- --!><script>x</script>", "<![CDATA[<script>x</script>]]>", "<?php x ?>",
	"&lt;script&gt;x&lt;/script&gt;", "\x00<script>", "<sc\x00ript>", "1. a\n999999999. b", "- [ ] <input autofocus onfocus=x>", "~~<b onclick=x>~~",
	"https://e.example/<script>", "www.e.example/\"onclick=x", "a@b.example\"onclick=x", "[a](tel:1\" onclick=\"x)", "[a](mailto:x@y?body=\"><script>)",
}

func TestNothingHostileSurvives(t *testing.T) {
	for _, s := range hostile {
		for _, frame := range []string{"%s", "> %s", "| %s |\n|-|\n| %[1]s |", "**%s**", "[%s](x)", "> **%s**\n> %[1]s", "## %s", "- %s"} {
			source := fmt.Sprintf(frame, s)
			out, _ := Render(source, shelf)
			if err := coursetest.Judge(t, out, coursetest.InLesson); err != nil {
				t.Errorf("%q: %v in %q", source, err, out)
			}
			if err := coursetest.Judge(t, RenderInline(source), coursetest.InLine); err != nil {
				t.Errorf("inline %q: %v", source, err)
			}
		}
	}
}

func TestTheJudgeSeesWhatIsHostile(t *testing.T) {
	for _, s := range []string{"<script>x</script>", "<p onclick=x>", "<a href=javascript:x>y</a>", "<a href=https://e.example>y</a>", "<img src=x>", "<svg></svg>",
		"<p style=x>", "<!-- x -->", "<h2 id=muc-1></h2><h2 id=muc-1></h2>", "<a href=//e.example rel='noopener nofollow'>x</a>"} {
		if coursetest.Judge(t, s, coursetest.InLesson) == nil {
			t.Errorf("%s passed", s)
		}
	}
}

// A text survives being made into HTML: what a reader sees has all its letters.
func visible(t testing.TB, source string) string {
	var b strings.Builder
	coursetest.WalkHTML(t, source, func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	})
	return b.String()
}

func TestRawHTMLIsShownAndNotLost(t *testing.T) {
	out, _ := Render("Trước <video src=x>giữa</video> sau\n\n<div>\nkhối\n</div>\n", shelf)
	for _, word := range []string{"Trước", "<video src=x>", "giữa", "sau", "<div>", "khối"} {
		if !strings.Contains(visible(t, out), word) {
			t.Errorf("%q is lost in %q", word, out)
		}
	}
}

func FuzzRender(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Add("<b>giữa</b>\n\n    giữa")
	f.Add("## Một\n\n> **PHIẾU**\n> | a | b |\n> |---|---|\n> | 1 | 2 |\n\n![x](../media/shelf.svg) [y](cho-muon) https://a.example\n")
	f.Fuzz(func(t *testing.T, markdown string) {
		out, sections := Render(markdown, shelf)
		if err := coursetest.Judge(t, out, coursetest.InLesson); err != nil {
			t.Fatalf("%v in %q", err, out)
		}
		headings := 0
		coursetest.WalkHTML(t, out, func(n *html.Node) {
			if n.DataAtom == atom.H2 && slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "id" }) {
				headings++
			}
		})
		if headings != len(sections) {
			t.Fatalf("%d headings, %d sections in %q", headings, len(sections), out)
		}
		inline := RenderInline(markdown)
		if err := coursetest.Judge(t, inline, coursetest.InLine); err != nil {
			t.Fatalf("inline: %v", err)
		}
		for _, word := range []string{out, inline} {
			if strings.Contains(markdown, "giữa") && !strings.Contains(visible(t, word), "giữa") && !strings.ContainsAny(markdown, "[]()!`") {
				t.Fatalf("a word is lost in %q", word)
			}
		}
		var m mistake.Mistakes
		c := BodyCheck{M: &m, File: "x", Source: []byte(markdown)}
		c.Check()
		for _, one := range m {
			if one.Line < 1 || one.Line > strings.Count(markdown, "\n")+1 {
				t.Fatalf("%v", one)
			}
		}
	})
}

// What a text as long as a file may be costs is bounded by its length: however deep it nests, and whatever its tables
// leave out.
func TestRenderingIsBounded(t *testing.T) {
	none := func(string) (Picture, bool) { return Picture{}, false }
	for what, text := range map[string]string{
		"a table of empty rows":        "|" + strings.Repeat("a|", 4000) + "\n|" + strings.Repeat("-|", 4000) + "\n" + strings.Repeat("|\n", 8000),
		"many tables of empty rows":    strings.Repeat("|"+strings.Repeat("a|", 70)+"\n|"+strings.Repeat("-|", 70)+"\n"+strings.Repeat("|\n", 140)+"\n", 57),
		"a table in a quote in a list": "- > |" + strings.Repeat("a|", 4000) + "\n  > |" + strings.Repeat("-|", 4000) + "\n" + strings.Repeat("  > |\n", 2600),
	} {
		if len(text) > MaxText {
			t.Fatalf("%s has %d bytes", what, len(text))
		}
		out, _ := Render(text, none)
		if len(out) > 16*len(text) {
			t.Errorf("%s: %d bytes became %d", what, len(text), len(out))
		}
	}
	if out, _ := Render("| a | b |\n|---|---|\n| c |\n| d | e |\n", none); strings.Count(out, "<td") != 4 {
		t.Errorf("a cell that was left out makes it no table: %s", out)
	}
	long := strings.Repeat("**a** ", MaxText/6+1)
	if out, _ := Render(long, none); strings.Contains(out, "<strong>") || !strings.Contains(out, "**a**") {
		t.Errorf("a text too long for a file: %.100s", out)
	}
	if out := RenderInline("<b>" + strings.Repeat("**a** ", maxInline/6+1)); strings.Contains(out, "<strong>") || strings.Contains(out, "<b>") {
		t.Errorf("a prompt of %d bytes: %.100s", maxInline, out)
	}
	if out := Plain(strings.Repeat("**a**\n", maxInline/6+1)); !strings.HasPrefix(out, "**a** **a**") {
		t.Errorf("plain: %.100s", out)
	}
}
