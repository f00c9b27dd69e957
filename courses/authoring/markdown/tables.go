package markdown

import (
	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// Tables counts the tables of a text and the columns of the widest.
func Tables(markdown string) (tables, columns int) {
	_ = ast.Walk(LessonParser.Parse(text.NewReader([]byte(markdown))), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*east.Table); ok && entering {
			tables, columns = tables+1, max(columns, len(t.Alignments))
		}
		return ast.WalkContinue, nil
	})
	return tables, columns
}
