// Package markdown is the text of lessons: it renders and checks Markdown and media, and writes it from HTML.
package markdown

import (
	"bytes"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	ghtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Section is one `##` part of a lesson. Questions name the section to read again by its number.
type Section struct {
	ID     string `json:"id"`     // "muc-1", "muc-2", …: the id of its heading in the HTML
	Number int    `json:"number"` // from 1
	Title  string `json:"title"`  // plain text
}

// Picture is where a browser finds a picture, a sound or a film, and what a page says of it.
type Picture struct {
	URL           string
	Width, Height int        // in CSS pixels, 0, 0 where unknown; see [PictureSize]
	Bytes         int        // of the file
	Offer         string     // of what is not loaded with the page: "28 KB, 5 seconds on a slow network"
	Captions      []Captions // of a sound or a film, the reader's language first
}

// Captions are what is said in a sound or a film, in one language.
type Captions struct {
	Lang, URL string
	Label     string   // of the transcript: "What is said"
	Lines     []string // the transcript; see [Transcript]
}

// Render turns a lesson's Markdown (CommonMark with GFM's tables, strikethrough, task lists and bare links) into HTML
// that is safe to put into a page: no script, event handler or style, no javascript: or data: address, and no picture
// but those that media knows by file name. Raw HTML is shown as text. A sound or a film, and a picture too heavy for
// its page, is loaded when the reader opens it; what is said in it stands beside it to be read. Headings begin at h2
// with the ids of the sections; a block quote whose first line is bold becomes a form to print, <section class="form">;
// tables can be scrolled sideways with the keyboard; links to other sites get rel="noopener nofollow". A link to a
// heading of the same text is its words, [to this](#a-heading-here). A link to another lesson is its id, as a relative
// address, so the page belongs at …/courses/COURSE/LESSON. Of some texts the time grows with the square of their
// length: one longer than a file may be is shown as it is written.
func Render(markdown string, media func(name string) (Picture, bool)) (string, []Section) {
	if len(markdown) > MaxText {
		return "<p>" + html.EscapeString(markdown) + "</p>", nil
	}
	source := []byte(markdown)
	doc := LessonParser.Parse(text.NewReader(source))
	sections := Shape(doc, source)
	var out bytes.Buffer
	painter := renderer.NewRenderer(renderer.WithNodeRenderers(
		util.Prioritized(&lessonHTML{media: media, labels: map[string]int{}}, 100),
		util.Prioritized(extension.NewTableHTMLRenderer(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), 500),
		util.Prioritized(extension.NewStrikethroughHTMLRenderer(), 500),
		util.Prioritized(ghtml.NewRenderer(), 1000),
	))
	if err := painter.Render(&out, source, doc); err != nil {
		return "<p>" + html.EscapeString(markdown) + "</p>", nil // a bytes.Buffer does not fail; never lose the text
	}
	return lessonPolicy.Sanitize(out.String()), sections
}

// Plain is the Markdown of a prompt, an option or a feedback without its marks, on one line.
func Plain(markdown string) string {
	if len(markdown) > maxInline {
		return strings.Join(strings.Fields(markdown), " ")
	}
	source := []byte(markdown)
	return PlainOf(inlineParser.Parse(text.NewReader(source)), source)
}

// PlainLesson is the Markdown of a lesson without its marks, on one line.
func PlainLesson(markdown string) string {
	source := []byte(markdown)
	return PlainOf(LessonParser.Parse(text.NewReader(source)), source)
}

// maxInline is how long a prompt, an option or a feedback with marks may be, in bytes.
const maxInline = 8 << 10

// RenderInline turns the Markdown of a prompt, an option or a feedback into safe HTML without block elements and
// pictures. A newline becomes <br>. One of more than 8 KB is shown as it is written.
func RenderInline(markdown string) string {
	if len(markdown) > maxInline {
		return html.EscapeString(markdown)
	}
	lines := strings.Split(markdown, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i]) // an indented line would be code, which is a block
	}
	source := []byte(strings.Join(lines, "\n"))
	doc := inlineParser.Parse(text.NewReader(source))
	var out bytes.Buffer
	if err := inlinePainter.Render(&out, source, doc); err != nil {
		return html.EscapeString(markdown)
	}
	return strings.TrimSpace(inlinePolicy.Sanitize(out.String()))
}

// Raw HTML has no parser here: it stays text, so that nothing an author wrote is lost and nothing of it runs.
var LessonParser = parser.NewParser(
	parser.WithBlockParsers(without(parser.DefaultBlockParsers(), 900)...),
	parser.WithInlineParsers(append(without(parser.DefaultInlineParsers(), 400),
		util.Prioritized(extension.NewTaskCheckBoxParser(), 0),
		util.Prioritized(extension.NewStrikethroughParser(), 500),
		util.Prioritized(extension.NewLinkifyParser(), 999))...),
	parser.WithParagraphTransformers(append(parser.DefaultParagraphTransformers(),
		util.Prioritized(boundedTable{extension.NewTableParagraphTransformer()}, 200))...),
	parser.WithASTTransformers(util.Prioritized(extension.NewTableASTTransformer(), 0)),
)

var inlineParser = parser.NewParser(
	parser.WithBlockParsers(util.Prioritized(parser.NewParagraphParser(), 1000)),
	parser.WithInlineParsers(append(without(parser.DefaultInlineParsers(), 400),
		util.Prioritized(extension.NewStrikethroughParser(), 500),
		util.Prioritized(extension.NewLinkifyParser(), 999))...),
)

var inlinePainter = renderer.NewRenderer(renderer.WithNodeRenderers(
	util.Prioritized(&inlineHTML{}, 100),
	util.Prioritized(extension.NewStrikethroughHTMLRenderer(), 500),
	util.Prioritized(ghtml.NewRenderer(ghtml.WithHardWraps()), 1000),
))

// boundedTable leaves a table as text whose rows lack so many cells that filling them up would make more cells than the
// table has bytes: a header of 4,000 columns over 8,000 empty rows asks for 32 million.
type boundedTable struct{ parser.ParagraphTransformer }

// Transform is described at [parser.ParagraphTransformer].
func (t boundedTable) Transform(p *ast.Paragraph, reader text.Reader, pc parser.Context) {
	lines, size, columns := p.Lines(), 0, 0
	for i := range lines.Len() {
		line := lines.At(i)
		size += line.Len()
		columns = max(columns, bytes.Count(line.Value(reader.Source()), []byte{'|'}))
	}
	if columns*lines.Len() <= size {
		t.ParagraphTransformer.Transform(p, reader, pc)
	}
}

// without leaves out goldmark's default parser of one priority: 900 is the HTML block, 400 the inline tag.
func without(all []util.PrioritizedValue, priority int) []util.PrioritizedValue {
	var kept []util.PrioritizedValue
	for _, v := range all {
		if v.Priority != priority {
			kept = append(kept, v)
		}
	}
	return kept
}

// form is a block quote that a reader prints and fills in. It lives in the tree only between shape and the renderer.
type form struct {
	ast.BaseBlock
	title string
}

var formKind = ast.NewNodeKind("Form")

func (f *form) Kind() ast.NodeKind        { return formKind }
func (f *form) Dump(source []byte, l int) { ast.DumpHelper(f, source, l, nil, nil) }

// formTitle is the first line of a form.
type formTitle struct{ ast.BaseBlock }

var formTitleKind = ast.NewNodeKind("FormTitle")

func (f *formTitle) Kind() ast.NodeKind        { return formTitleKind }
func (f *formTitle) Dump(source []byte, l int) { ast.DumpHelper(f, source, l, nil, nil) }

// shown is a picture, a sound or a film that stands alone in its paragraph.
type shown struct {
	ast.BaseBlock
	name string
}

var shownKind = ast.NewNodeKind("Shown")

func (s *shown) Kind() ast.NodeKind        { return shownKind }
func (s *shown) Dump(source []byte, l int) { ast.DumpHelper(s, source, l, nil, nil) }

// alone tells whether an image is all of its paragraph.
func alone(n *ast.Image) bool {
	return n.Parent().Kind() == ast.KindParagraph && n.NextSibling() == nil && n.PreviousSibling() == nil
}

// Shape numbers the sections, makes forms of the block quotes that are meant as such, and sets apart what is shown by
// itself.
func Shape(doc ast.Node, source []byte) []Section {
	var sections []Section
	var quotes []*ast.Blockquote
	var images []*ast.Image
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			n.Level = max(n.Level, 2)
			if n.Level == 2 && n.Parent().Kind() == ast.KindDocument {
				s := Section{Number: len(sections) + 1, Title: PlainOf(n, source)}
				s.ID = "muc-" + strconv.Itoa(s.Number)
				n.SetAttributeString("id", []byte(s.ID))
				sections = append(sections, s)
			}
		case *ast.Blockquote:
			if isForm(n) {
				quotes = append(quotes, n)
				return ast.WalkSkipChildren, nil
			}
		case *ast.Image:
			if alone(n) {
				images = append(images, n)
			}
		}
		return ast.WalkContinue, nil
	})
	lead(doc, source)
	for _, n := range images {
		if name, ok := mediaName(string(n.Destination)); ok {
			s := &shown{name: name}
			p := n.Parent()
			s.AppendChild(s, n)
			p.Parent().ReplaceChild(p.Parent(), p, s)
		}
	}
	for _, q := range quotes {
		toForm(q, source)
	}
	return sections
}

func isForm(q *ast.Blockquote) bool {
	first, ok := q.FirstChild().(*ast.Paragraph)
	if !ok {
		return false
	}
	strong, ok := first.FirstChild().(*ast.Emphasis)
	return ok && strong.Level == 2
}

// toForm puts a form in the place of the block quote; the first line of its first paragraph becomes the title.
func toForm(q *ast.Blockquote, source []byte) {
	first := q.FirstChild()
	title := &formTitle{}
	for n := first.FirstChild(); n != nil; {
		next := n.NextSibling()
		title.AppendChild(title, n)
		if t, ok := n.(*ast.Text); ok && (t.SoftLineBreak() || t.HardLineBreak()) {
			t.SetSoftLineBreak(false)
			t.SetHardLineBreak(false)
			break
		}
		n = next
	}
	f := &form{title: PlainOf(title, source)}
	f.AppendChild(f, title)
	if first.FirstChild() == nil {
		q.RemoveChild(q, first)
	}
	for n := q.FirstChild(); n != nil; n = q.FirstChild() {
		f.AppendChild(f, n)
	}
	q.Parent().ReplaceChild(q.Parent(), q, f)
}

// PlainOf is the text of a node without its marks, on one line.
func PlainOf(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(util.UnescapePunctuations(util.ResolveEntityNames(util.ResolveNumericReferences(n.Segment.Value(source)))))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		case *ast.AutoLink:
			if entering {
				b.Write(n.Label(source))
			}
		default:
			if n.Type() == ast.TypeBlock && !entering {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return strings.Join(strings.Fields(b.String()), " ")
}

// lessonHTML paints what is ours in a lesson: forms, tables, links and pictures.
type lessonHTML struct {
	media   func(name string) (Picture, bool)
	under   bool           // a heading stands above: the title of a form is one below it
	section string         // title of the section or form that is being painted, for the label of its tables
	labels  map[string]int // how often a label was used: two regions of one page must not share one
}

func (h *lessonHTML) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindHeading, h.heading)
	r.Register(formKind, h.form)
	r.Register(formTitleKind, h.formTitle)
	r.Register(shownKind, h.shown)
	r.Register(east.KindTable, h.table)
	r.Register(ast.KindImage, h.image)
	r.Register(ast.KindLink, link)
	r.Register(ast.KindAutoLink, autoLink)
	r.Register(east.KindTaskCheckBox, taskBox)
}

// taskBox paints the box of a task, which is ticked on paper: the words behind it are its label, the sign says it to
// who hears the page.
func taskBox(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	sign := `<input disabled="" type="checkbox" aria-label="☐"> `
	if node.(*east.TaskCheckBox).IsChecked {
		sign = `<input checked="" disabled="" type="checkbox" aria-label="☑"> `
	}
	_, _ = w.WriteString(sign)
	return ast.WalkContinue, nil
}

func (h *lessonHTML) heading(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	n := node.(*ast.Heading)
	if !entering {
		fmt.Fprintf(w, "</h%d>\n", n.Level)
		return ast.WalkContinue, nil
	}
	h.section, h.under = PlainOf(n, source), true
	if id, ok := n.AttributeString("id"); ok {
		fmt.Fprintf(w, "<h%d id=\"%s\">", n.Level, id)
	} else {
		fmt.Fprintf(w, "<h%d>", n.Level)
	}
	return ast.WalkContinue, nil
}

func (h *lessonHTML) form(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		_, _ = w.WriteString("</section>\n")
		return ast.WalkContinue, nil
	}
	n := node.(*form)
	h.section = n.title
	fmt.Fprintf(w, "<section class=\"form\" aria-label=\"%s\">\n", html.EscapeString(h.label(n.title)))
	return ast.WalkContinue, nil
}

func (h *lessonHTML) formTitle(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	level := 2
	if h.under {
		level = 3
	}
	if entering {
		fmt.Fprintf(w, "<h%d>", level)
	} else {
		fmt.Fprintf(w, "</h%d>\n", level)
	}
	return ast.WalkContinue, nil
}

func (h *lessonHTML) table(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		_, _ = w.WriteString("</table>\n</div>\n")
		return ast.WalkContinue, nil
	}
	title := h.section
	if title == "" {
		title = PlainOf(node.FirstChild(), source)
	}
	fmt.Fprintf(w, "<div class=\"table\" role=\"region\" tabindex=\"0\" aria-label=\"%s\">\n<table>\n", html.EscapeString(h.label(title)))
	return ast.WalkContinue, nil
}

// label makes a title the name of one region only: "Title", "Title (2)", …
func (h *lessonHTML) label(title string) string {
	h.labels[title]++
	if n := h.labels[title]; n > 1 || title == "" {
		return strings.TrimSpace(fmt.Sprintf("%s (%d)", title, n))
	}
	return title
}

func (h *lessonHTML) image(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	n := node.(*ast.Image)
	alt := html.EscapeString(PlainOf(n, source))
	name, ok := mediaName(string(n.Destination))
	var p Picture
	if ok = ok && MediumOf(name) == PictureFile; ok {
		p, ok = h.media(name)
	}
	if !ok { // the words stay where the picture cannot be had
		fmt.Fprintf(w, "<em>%s</em>", alt)
		return ast.WalkSkipChildren, nil
	}
	fmt.Fprintf(w, "<img src=\"%s\" alt=\"%s\"", html.EscapeString(p.URL), alt)
	if p.Width > 0 && p.Height > 0 {
		fmt.Fprintf(w, " width=\"%d\" height=\"%d\"", p.Width, p.Height)
	}
	_, _ = w.WriteString(" loading=\"lazy\">")
	return ast.WalkSkipChildren, nil
}

// shown paints what stands by itself.
func (h *lessonHTML) shown(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	n := node.(*shown)
	p, ok := h.media(n.name)
	if kind := MediumOf(n.name); !ok || kind == CaptionsFile || WithPage(n.name, p.Bytes) {
		tag := "<p>"
		if !entering {
			tag = "</p>\n"
		}
		_, _ = w.WriteString(tag)
		return ast.WalkContinue, nil
	}
	if !entering {
		return ast.WalkContinue, nil
	}
	words, url := html.EscapeString(PlainOf(n, source)), html.EscapeString(p.URL)
	size := ""
	if p.Width > 0 && p.Height > 0 {
		size = fmt.Sprintf(" width=\"%d\" height=\"%d\"", p.Width, p.Height)
	}
	if MediumOf(n.name) == PictureFile {
		fmt.Fprintf(w, "<details class=\"shown\"><summary>%s <em>%s</em></summary><img src=\"%s\" alt=\"%s\"%s loading=\"lazy\"></details>\n", words, html.EscapeString(p.Offer), url, words, size)
		return ast.WalkSkipChildren, nil
	}
	tag := map[medium]string{SoundFile: "audio", FilmFile: "video"}[MediumOf(n.name)]
	fmt.Fprintf(w, "<figure class=\"shown\"><figcaption>%s <em>%s</em></figcaption><%s controls=\"\" preload=\"none\" src=\"%s\" aria-label=\"%s\">", words, html.EscapeString(p.Offer), tag, url, words)
	for _, c := range p.Captions {
		fmt.Fprintf(w, "<track kind=\"captions\" srclang=\"%s\" label=\"%s\" src=\"%s\">", c.Lang, map[string]string{"vi": "Tiếng Việt", "en": "English"}[c.Lang], html.EscapeString(c.URL))
	}
	fmt.Fprintf(w, "</%s>", tag)
	if len(p.Captions) > 0 {
		c := p.Captions[0]
		fmt.Fprintf(w, "<details><summary>%s</summary><p>%s</p></details>", html.EscapeString(c.Label), strings.ReplaceAll(html.EscapeString(strings.Join(c.Lines, "\n")), "\n", "<br>"))
	}
	_, _ = w.WriteString("</figure>\n")
	return ast.WalkSkipChildren, nil
}

// inlineHTML paints a text without paragraphs, lists or pictures.
type inlineHTML struct{}

func (inlineHTML) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindParagraph, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && n.PreviousSibling() != nil {
			_, _ = w.WriteString("<br>\n")
		}
		return ast.WalkContinue, nil
	})
	r.Register(ast.KindImage, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			_, _ = w.WriteString(html.EscapeString(PlainOf(n, source)))
		}
		return ast.WalkSkipChildren, nil
	})
	r.Register(ast.KindLink, link)
	r.Register(ast.KindAutoLink, autoLink)
}

func link(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		_, _ = w.WriteString("</a>")
		return ast.WalkContinue, nil
	}
	anchor(w, string(node.(*ast.Link).Destination))
	return ast.WalkContinue, nil
}

func autoLink(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		n := node.(*ast.AutoLink)
		to := string(n.URL(source))
		if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(to), "mailto:") {
			to = "mailto:" + to
		}
		anchor(w, to)
		_, _ = w.WriteString(html.EscapeString(string(n.Label(source))) + "</a>")
	}
	return ast.WalkContinue, nil
}

// anchor opens a link; where may be a place in the lesson, another lesson, a site, an address or a telephone. Any other
// is left without a target.
func anchor(w util.BufWriter, where string) {
	switch kind, to := linkTarget(where); kind {
	case linkOutside:
		fmt.Fprintf(w, "<a href=\"%s\" rel=\"noopener nofollow\">", html.EscapeString(to))
	case linkSection, linkLesson, linkContact:
		fmt.Fprintf(w, "<a href=\"%s\">", html.EscapeString(to))
	default:
		_, _ = w.WriteString("<a>")
	}
}

type linkKind int

const (
	linkNowhere linkKind = iota
	linkSection          // #muc-2, or #muc-2-1 for a heading under it
	linkLesson           // the id of a lesson of this course, with .vi.md or .en.md behind it or without
	linkOutside          // http and https
	linkContact          // mailto and tel
)

var (
	sectionLink = regexp.MustCompile(`^#muc-[0-9]{1,3}(?:-[1-9][0-9]{0,2})?$`)
	lessonLink  = regexp.MustCompile(`^([a-z0-9]+(?:-[a-z0-9]+)*)(?:\.(?:vi|en)\.md)?$`)
	outsideLink = regexp.MustCompile(`^(?i:https?)://[^\s/\\?#@"'<>]+(?:[/?#][^\s\\"'<>]*)?$`)
	contactLink = regexp.MustCompile(`^(?i:mailto:[^\s"'<>\\]+@[^\s"'<>\\]+|tel:\+?[0-9 .-]{2,20})$`)
)

// linkTarget tells where a link leads and gives its href.
func linkTarget(where string) (linkKind, string) {
	switch {
	case sectionLink.MatchString(where):
		return linkSection, where
	case outsideLink.MatchString(where):
		return linkOutside, where
	case contactLink.MatchString(where):
		return linkContact, where
	}
	if m := lessonLink.FindStringSubmatch(where); m != nil {
		return linkLesson, m[1]
	}
	return linkNowhere, ""
}

// mediaName is the file name in a picture's address ("../media/shelf.svg", "media/shelf.svg").
func mediaName(where string) (string, bool) {
	name, ok := strings.CutPrefix(strings.TrimPrefix(where, "../"), "media/")
	return name, ok && MediaFile.MatchString(name)
}

// The renderer writes no tag that is not in these lists; the policies are the second lock on the same door.
var lessonPolicy, inlinePolicy = policy(true), policy(false)

func policy(blocks bool) *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("strong", "em", "del", "code", "br", "a")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("rel").Matching(regexp.MustCompile(`^noopener nofollow$`)).OnElements("a")
	p.AllowNoAttrs().OnElements("a")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(true)
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	if !blocks {
		return p
	}
	p.AllowElements("p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "details", "summary", "figure", "figcaption", "pre", "hr", "section", "div", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("id").Matching(regexp.MustCompile(`^muc-[0-9]+(-[0-9]+)?$`)).OnElements("h2", "h3", "h4", "h5", "h6")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(form|table|shown)$`)).OnElements("section", "div", "details", "figure")
	p.AllowAttrs("aria-label").OnElements("section", "div", "audio", "video")
	p.AllowAttrs("role").Matching(regexp.MustCompile(`^region$`)).OnElements("div")
	p.AllowAttrs("tabindex").Matching(regexp.MustCompile(`^0$`)).OnElements("div")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(left|center|right)$`)).OnElements("th", "td")
	p.AllowAttrs("src").Matching(regexp.MustCompile(`^/?[A-Za-z0-9][A-Za-z0-9._/-]*$`)).OnElements("img", "audio", "video", "track")
	p.AllowAttrs("controls").Matching(regexp.MustCompile(`^$`)).OnElements("audio", "video")
	p.AllowAttrs("preload").Matching(regexp.MustCompile(`^none$`)).OnElements("audio", "video")
	p.AllowAttrs("kind").Matching(regexp.MustCompile(`^captions$`)).OnElements("track")
	p.AllowAttrs("srclang").Matching(regexp.MustCompile(`^(vi|en)$`)).OnElements("track")
	p.AllowAttrs("label").Matching(regexp.MustCompile(`^(Tiếng Việt|English)$`)).OnElements("track")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(bluemonday.Integer).OnElements("img")
	p.AllowAttrs("loading").Matching(regexp.MustCompile(`^lazy$`)).OnElements("img")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^checkbox$`)).OnElements("input")
	p.AllowAttrs("aria-label").Matching(regexp.MustCompile(`^[☐☑]$`)).OnElements("input")
	p.AllowAttrs("checked", "disabled").Matching(regexp.MustCompile(`^$`)).OnElements("input")
	return p
}
func Pictures(doc ast.Node) []string {
	var names []string
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if i, ok := n.(*ast.Image); ok && entering {
			if name, ok := mediaName(string(i.Destination)); ok {
				names = append(names, name)
			}
		}
		return ast.WalkContinue, nil
	})
	return names
}
