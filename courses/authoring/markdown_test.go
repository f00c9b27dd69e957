package authoring

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

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
		{"a telephone", "[x](tel:+84901234567)", "<p><a href=\"tel:+84901234567\">x</a></p>\n"},
		{"a link that leads nowhere", "[x](../../etc/passwd)", "<p><a>x</a></p>\n"},
		{"raw HTML is text", "a <b>b</b>\n\n<script>x()</script>\n", "<p>a &lt;b&gt;b&lt;/b&gt;</p>\n<p>&lt;script&gt;x()&lt;/script&gt;</p>\n"},
		{"a task", "- [x] xong\n", "<ul>\n<li><input checked=\"\" disabled=\"\" type=\"checkbox\"> xong</li>\n</ul>\n"},
		{"no footnotes", "a[^1]\n\n[^1]: b c\n", "<p>a[^1]</p>\n<p>[^1]: b c</p>\n"},
		{"a block quote", "> Lời nói.\n", "<blockquote>\n<p>Lời nói.</p>\n</blockquote>\n"},
		{"a form", "> **PHIẾU** (khổ A4)\n> Họ tên: …\n>\n> - Bản\n",
			"<section class=\"form\" aria-label=\"PHIẾU (khổ A4)\">\n<h3><strong>PHIẾU</strong> (khổ A4)</h3>\n<p>Họ tên: …</p>\n<ul>\n<li>Bản</li>\n</ul>\n</section>\n"},
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
	walkHTML(t, got, func(n *html.Node) {
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

var allowedTags = map[atom.Atom]bool{atom.P: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Ul: true, atom.Ol: true, atom.Li: true,
	atom.Blockquote: true, atom.Pre: true, atom.Hr: true, atom.Section: true, atom.Div: true, atom.Table: true, atom.Thead: true, atom.Tbody: true, atom.Tr: true, atom.Th: true,
	atom.Td: true, atom.Strong: true, atom.Em: true, atom.Del: true, atom.Code: true, atom.Br: true, atom.A: true, atom.Img: true, atom.Input: true,
	atom.Details: true, atom.Summary: true, atom.Figure: true, atom.Figcaption: true, atom.Audio: true, atom.Video: true, atom.Track: true}

var allowedAttributes = strings.Fields("h2.id ol.start section.class div.class section.aria-label div.aria-label div.role div.tabindex th.align td.align " +
	"img.src img.alt img.width img.height img.loading details.class figure.class audio.controls audio.preload audio.src audio.aria-label video.controls video.preload video.src video.aria-label track.kind track.srclang track.label track.src input.type input.checked input.disabled a.href a.rel")

func walkHTML(t testing.TB, source string, visit func(*html.Node)) {
	nodes, err := html.ParseFragment(strings.NewReader(source), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		t.Fatal(err)
	}
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		visit(n)
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	for _, n := range nodes {
		walk(n)
	}
}

// judge reads HTML as a browser does and tells what in it could run or load something.
func judge(t testing.TB, source string, tags func(atom.Atom) bool) error {
	var bad error
	ids := map[string]bool{}
	walkHTML(t, source, func(n *html.Node) {
		switch n.Type {
		case html.TextNode:
		case html.ElementNode:
			if !tags(n.DataAtom) || n.Namespace != "" {
				bad = fmt.Errorf("element <%s>", n.Data)
			}
			for _, a := range n.Attr {
				if !slices.Contains(allowedAttributes, n.Data+"."+a.Key) || a.Namespace != "" {
					bad = fmt.Errorf("attribute %s of <%s>", a.Key, n.Data)
				}
				if err := judgeAttribute(n, a); err != nil {
					bad = err
				}
				if a.Key == "id" && ids[a.Val] {
					bad = fmt.Errorf("id %s twice", a.Val)
				} else if a.Key == "id" {
					ids[a.Val] = true
				}
			}
		default:
			bad = fmt.Errorf("node of type %d", n.Type)
		}
	})
	return bad
}

func judgeAttribute(n *html.Node, a html.Attribute) error {
	switch a.Key {
	case "src":
		if a.Val != "/media/0123abcd.svg" {
			return fmt.Errorf("picture %q", a.Val)
		}
	case "href":
		u, err := url.Parse(a.Val)
		if err != nil || !slices.Contains([]string{"", "http", "https", "mailto", "tel"}, u.Scheme) || (u.Scheme == "" && u.Host != "") {
			return fmt.Errorf("link %q", a.Val)
		}
		follows := !slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "rel" && a.Val == "noopener nofollow" })
		if u.Host != "" && follows {
			return fmt.Errorf("link %q without rel", a.Val)
		}
	}
	return nil
}

func inlineTag(a atom.Atom) bool {
	return slices.Contains([]atom.Atom{atom.Strong, atom.Em, atom.Del, atom.Code, atom.Br, atom.A}, a)
}

func lessonTag(a atom.Atom) bool { return allowedTags[a] }

func TestNothingHostileSurvives(t *testing.T) {
	for _, s := range hostile {
		for _, frame := range []string{"%s", "> %s", "| %s |\n|-|\n| %[1]s |", "**%s**", "[%s](x)", "> **%s**\n> %[1]s", "## %s", "- %s"} {
			source := fmt.Sprintf(frame, s)
			out, _ := Render(source, shelf)
			if err := judge(t, out, lessonTag); err != nil {
				t.Errorf("%q: %v in %q", source, err, out)
			}
			if err := judge(t, RenderInline(source), inlineTag); err != nil {
				t.Errorf("inline %q: %v", source, err)
			}
		}
	}
}

func TestTheJudgeSeesWhatIsHostile(t *testing.T) {
	for _, s := range []string{"<script>x</script>", "<p onclick=x>", "<a href=javascript:x>y</a>", "<a href=https://e.example>y</a>", "<img src=x>", "<svg></svg>",
		"<p style=x>", "<!-- x -->", "<h2 id=muc-1></h2><h2 id=muc-1></h2>", "<a href=//e.example rel='noopener nofollow'>x</a>"} {
		if judge(t, s, lessonTag) == nil {
			t.Errorf("%s passed", s)
		}
	}
}

// A text survives being made into HTML: what a reader sees has all its letters.
func visible(t testing.TB, source string) string {
	var b strings.Builder
	walkHTML(t, source, func(n *html.Node) {
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
		if err := judge(t, out, lessonTag); err != nil {
			t.Fatalf("%v in %q", err, out)
		}
		headings := 0
		walkHTML(t, out, func(n *html.Node) {
			if n.DataAtom == atom.H2 && slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "id" }) {
				headings++
			}
		})
		if headings != len(sections) {
			t.Fatalf("%d headings, %d sections in %q", headings, len(sections), out)
		}
		inline := RenderInline(markdown)
		if err := judge(t, inline, inlineTag); err != nil {
			t.Fatalf("inline: %v", err)
		}
		for _, word := range []string{out, inline} {
			if strings.Contains(markdown, "giữa") && !strings.Contains(visible(t, word), "giữa") && !strings.ContainsAny(markdown, "[]()!`") {
				t.Fatalf("a word is lost in %q", word)
			}
		}
		var m Mistakes
		c := bodyCheck{m: &m, file: "x", source: []byte(markdown)}
		c.check()
		for _, one := range m {
			if one.Line < 1 || one.Line > strings.Count(markdown, "\n")+1 {
				t.Fatalf("%v", one)
			}
		}
	})
}
