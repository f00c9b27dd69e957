package markdown

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	maxTableRows  = 2000
	maxTableCells = 40 // of a row
)

// grid is a table on its way to Markdown: every cell in its place, those that merged cells cover empty.
type grid struct {
	rows   [][]string
	merged bool
	down   map[int]int // column to the rows that a merged cell still covers
}

// table writes a table whose first row is its head. One of a single cell is a frame around text, as forms are drawn in
// office programs, and becomes a quotation.
func (w *Writer) table(n *html.Node, st style, p *pile, depth int) {
	var caption *html.Node
	var cells [][]*html.Node
	w.tableRows(n, &cells, &caption, 0)
	if caption != nil {
		w.node(caption, st, p, depth+1)
		w.flush(p)
	}
	if len(cells) == 1 && len(cells[0]) == 1 {
		inner := &pile{}
		w.children(cells[0][0], st, inner, depth+1)
		w.flush(inner)
		if nesting(n) <= maxListDepth && inner.parts != nil {
			p.add(indent(join(inner.parts), "> ", "> "), 0)
		} else {
			p.parts = append(p.parts, inner.parts...)
		}
		return
	}
	g := grid{down: map[int]int{}}
	for _, row := range cells {
		g.row(w, row, st, depth)
	}
	if g.merged {
		w.Left.Count("left-merged-cells")
	}
	p.add(g.write(), 0)
}

// tableRows gathers the cells of a table, but not those of tables inside it.
func (w *Writer) tableRows(n *html.Node, rows *[][]*html.Node, caption **html.Node, depth int) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode || hidden(c) {
			continue
		}
		switch c.DataAtom {
		case atom.Caption:
			*caption = c
		case atom.Tr:
			if len(*rows) == maxTableRows {
				w.Left.Count("left-rows")
				return
			}
			var row []*html.Node
			for d := c.FirstChild; d != nil; d = d.NextSibling {
				if d.DataAtom == atom.Td || d.DataAtom == atom.Th {
					row = append(row, d)
				}
			}
			*rows = append(*rows, row)
		case atom.Thead, atom.Tbody, atom.Tfoot:
			if depth == 0 {
				w.tableRows(c, rows, caption, 1)
			}
		}
	}
}

func (g *grid) row(w *Writer, cells []*html.Node, st style, depth int) {
	var row []string
	covered := func() {
		for g.down[len(row)] > 0 {
			g.down[len(row)]--
			row = append(row, "")
		}
	}
	for _, c := range cells {
		covered()
		if len(row) >= maxTableCells {
			w.Left.Count("left-columns")
			break
		}
		across, down := span(c, "colspan"), span(c, "rowspan")
		g.merged = g.merged || across > 1 || down > 1
		text := cell(w.flat(c, st, depth+1))
		for i := range min(across, maxTableCells-len(row)) {
			if down > 1 {
				g.down[len(row)] = down - 1
			}
			if i > 0 {
				text = ""
			}
			row = append(row, text)
		}
	}
	covered()
	g.rows = append(g.rows, row)
}

func span(n *html.Node, name string) int {
	i, err := strconv.Atoi(strings.TrimSpace(Attr(n, name)))
	if err != nil || i < 1 {
		return 1
	}
	return min(i, maxTableRows)
}

// cell writes what is in a cell on one line. A bold head stays as it is without marks, because heads are bold.
func cell(runs []run) string {
	var joined []run
	for i, r := range runs {
		if !r.line {
			joined = append(joined, r)
			continue
		}
		if len(joined) > 0 && i+1 < len(runs) {
			between := "; "
			if before := joined[len(joined)-1].text; sentenceEnd.MatchString(before) {
				between = " "
			}
			joined = append(joined, run{text: between})
		}
	}
	return paint(joined, " ")
}

var sentenceEnd = regexp.MustCompile(`[.,;:!?…]\s*$`)

func (g *grid) write() string {
	columns := 0
	for _, row := range g.rows {
		for i, c := range row {
			if c != "" {
				columns = max(columns, i+1)
			}
		}
	}
	rows := slices.DeleteFunc(g.rows, func(row []string) bool {
		return len(row) == 0
	})
	if columns == 0 {
		return ""
	}
	var b strings.Builder
	for i, row := range rows {
		b.WriteString("|")
		for j := range columns {
			text := ""
			if j < len(row) {
				text = row[j]
			}
			if i == 0 {
				text = unbold(text)
			}
			b.WriteString(" " + text + " |")
		}
		b.WriteString("\n")
		if i == 0 {
			b.WriteString("|" + strings.Repeat("---|", columns) + "\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// unbold takes the marks off a text that is bold from end to end.
func unbold(s string) string {
	inner, ok := strings.CutPrefix(s, "**")
	if !ok {
		return s
	}
	if inner, ok = strings.CutSuffix(inner, "**"); !ok || strings.Contains(inner, "**") || strings.HasSuffix(inner, `\`) || strings.HasPrefix(inner, "*") || strings.HasSuffix(inner, "*") {
		return s
	}
	return inner
}
