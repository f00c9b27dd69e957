package authoring

import (
	"regexp"
	"sort"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// The checks read raw HTML as such, unlike the renderers, so that they can name it.
var (
	bodyParser = goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify, extension.TaskList)).Parser()
	textParser = parser.NewParser(
		parser.WithBlockParsers(util.Prioritized(parser.NewParagraphParser(), 1000)),
		parser.WithInlineParsers(append(parser.DefaultInlineParsers(),
			util.Prioritized(extension.NewStrikethroughParser(), 500),
			util.Prioritized(extension.NewLinkifyParser(), 999))...),
	)
	undefinedLink = regexp.MustCompile(`\[[^\[\]]+\]\[[^\[\]]*\]`)
)

// bodyCheck goes through the text of one lesson.
type bodyCheck struct {
	m        *Mistakes
	file     string
	source   []byte
	lessons  map[string]bool
	sections map[string]bool // where links may lead inside the lesson
	pictures []pictureUse
	starts   []int // where each line begins
	line     int   // of the last node that knew its place
}

type pictureUse struct {
	name string
	line int
}

// check names the mistakes and gives the number of sections.
func (c *bodyCheck) check() int {
	sections := shape(lessonParser.Parse(text.NewReader(c.source)), c.source)
	c.sections = map[string]bool{}
	for _, s := range sections {
		c.sections["#"+s.ID] = true
	}
	for i := range c.source {
		if i == 0 || c.source[i-1] == '\n' {
			c.starts = append(c.starts, i)
		}
	}
	c.walk(bodyParser.Parse(text.NewReader(c.source)), c.lineOf)
	return len(sections)
}

// lineOf is the line of a node, or that of the node before it where the tree does not tell.
func (c *bodyCheck) lineOf(n ast.Node) int {
	at := n.Pos()
	if t, ok := n.(*ast.Text); ok {
		at = t.Segment.Start
	} else if at < 0 && n.Type() == ast.TypeBlock && n.Lines().Len() > 0 {
		at = n.Lines().At(0).Start
	}
	if at >= 0 {
		c.line = sort.SearchInts(c.starts, at+1)
	}
	return max(c.line, 1)
}

func (c *bodyCheck) walk(doc ast.Node, lineOf func(ast.Node) int) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		line := lineOf(n)
		switch n := n.(type) {
		case *ast.RawHTML:
			c.m.add(c.file, line, "md-raw-html", short(string(n.Segments.Value(c.source))))
		case *ast.HTMLBlock:
			c.m.add(c.file, line, "md-raw-html", short(string(n.Lines().Value(c.source))))
		case *ast.Heading:
			if n.Level == 1 {
				c.m.add(c.file, line, "md-heading-1")
			}
		case *ast.Image:
			c.image(n, line)
		case *ast.Link:
			c.link(string(n.Destination), line)
		case *ast.AutoLink:
			if n.AutoLinkType == ast.AutoLinkURL {
				c.link(string(n.URL(c.source)), line)
			}
		case *ast.Paragraph, *ast.TextBlock:
			if bad := undefinedLink.FindString(plain(n, c.source)); bad != "" {
				c.m.add(c.file, line, "md-link-undefined", short(bad))
			}
		}
		return ast.WalkContinue, nil
	})
}

func (c *bodyCheck) image(n *ast.Image, line int) {
	name, ok := mediaName(string(n.Destination))
	if !ok {
		c.m.add(c.file, line, "md-image-outside", short(string(n.Destination)))
		return
	}
	if plain(n, c.source) == "" {
		c.m.add(c.file, line, "md-image-alt", name)
	}
	if m := mediumOf(name); m == captions {
		c.m.add(c.file, line, "md-image-outside", name)
	} else if m != picture && !alone(n) {
		c.m.add(c.file, line, "media-alone", name)
	}
	c.pictures = append(c.pictures, pictureUse{name, line})
}

func (c *bodyCheck) link(where string, line int) {
	kind, to := linkTarget(where)
	if kind == linkNowhere || kind == linkLesson && !c.lessons[to] || kind == linkSection && !c.sections[to] {
		c.m.add(c.file, line, "md-link", short(where))
	}
}

// checkInline names what a prompt, an option or a feedback may not hold.
func checkInline(m *Mistakes, file string, line int, markdown string, lessons map[string]bool) {
	c := bodyCheck{m: m, file: file, source: []byte(markdown), lessons: lessons}
	doc := textParser.Parse(text.NewReader(c.source))
	c.walk(doc, func(ast.Node) int { return line })
	for range c.pictures {
		m.add(file, line, "md-image-here")
	}
}
