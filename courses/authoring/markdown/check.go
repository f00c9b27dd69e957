package markdown

import (
	"regexp"
	"sort"

	"lopban/courses/authoring/mistake"

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

// BodyCheck goes through the text of one lesson.
type BodyCheck struct {
	M        *mistake.Mistakes
	File     string
	Source   []byte
	Lessons  map[string]bool
	sections map[string]bool // where links may lead inside the lesson
	headings map[string][]*ast.Heading
	Pictures []pictureUse
	starts   []int // where each line begins
	line     int   // of the last node that knew its place
}

type pictureUse struct {
	Name string
	Line int
}

// Check names the mistakes and gives the number of sections.
func (c *BodyCheck) Check() int {
	doc := LessonParser.Parse(text.NewReader(c.Source))
	c.headings = headings(doc, c.Source)
	sections := Shape(doc, c.Source)
	c.sections = map[string]bool{}
	for _, s := range sections {
		c.sections["#"+s.ID] = true
	}
	for i := range c.Source {
		if i == 0 || c.Source[i-1] == '\n' {
			c.starts = append(c.starts, i)
		}
	}
	c.walk(bodyParser.Parse(text.NewReader(c.Source)), c.lineOf)
	return len(sections)
}

// lineOf is the line of a node, or that of the node before it where the tree does not tell.
func (c *BodyCheck) lineOf(n ast.Node) int {
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

func (c *BodyCheck) walk(doc ast.Node, lineOf func(ast.Node) int) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		line := lineOf(n)
		switch n := n.(type) {
		case *ast.RawHTML:
			c.M.Add(c.File, line, "md-raw-html", Short(string(n.Segments.Value(c.Source))))
		case *ast.HTMLBlock:
			c.M.Add(c.File, line, "md-raw-html", Short(string(n.Lines().Value(c.Source))))
		case *ast.Heading:
			if n.Level == 1 {
				c.M.Add(c.File, line, "md-heading-1")
			}
		case *ast.Image:
			c.image(n, line)
		case *ast.Link:
			c.link(string(n.Destination), line)
		case *ast.AutoLink:
			if n.AutoLinkType == ast.AutoLinkURL {
				c.link(string(n.URL(c.Source)), line)
			}
		case *ast.Paragraph, *ast.TextBlock:
			if bad := undefinedLink.FindString(PlainOf(n, c.Source)); bad != "" {
				c.M.Add(c.File, line, "md-link-undefined", Short(bad))
			}
		}
		return ast.WalkContinue, nil
	})
}

func (c *BodyCheck) image(n *ast.Image, line int) {
	name, ok := mediaName(string(n.Destination))
	if !ok {
		c.M.Add(c.File, line, "md-image-outside", Short(string(n.Destination)))
		return
	}
	if PlainOf(n, c.Source) == "" {
		c.M.Add(c.File, line, "md-image-alt", name)
	}
	if m := MediumOf(name); m == CaptionsFile {
		c.M.Add(c.File, line, "md-image-outside", name)
	} else if m != PictureFile && !alone(n) {
		c.M.Add(c.File, line, "media-alone", name)
	}
	c.Pictures = append(c.Pictures, pictureUse{name, line})
}

func (c *BodyCheck) link(where string, line int) {
	if name := namedIn(where); len(c.headings[name]) > 1 {
		c.M.Add(c.File, line, "md-link-twice", Short(where))
		return
	} else if name != "" && len(c.headings[name]) == 1 {
		return
	}
	kind, to := linkTarget(where)
	if kind == linkNowhere || kind == linkLesson && !c.Lessons[to] || kind == linkSection && !c.sections[to] {
		c.M.Add(c.File, line, "md-link", Short(where))
	}
}

// CheckInline names what a prompt, an option or a feedback may not hold.
func CheckInline(m *mistake.Mistakes, file string, line int, markdown string, lessons map[string]bool) {
	c := BodyCheck{M: m, File: file, Source: []byte(markdown), Lessons: lessons}
	doc := textParser.Parse(text.NewReader(c.Source))
	c.walk(doc, func(ast.Node) int { return line })
	for range c.Pictures {
		m.Add(file, line, "md-image-here")
	}
}
