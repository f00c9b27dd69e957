package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// readODS reads the sheets of an OpenDocument spreadsheet. No library for it is kept well; the parts that a list of
// people uses are few.
func readODS(parts map[string]*zip.File, limits Limits) (*Book, error) {
	r, err := parts["content.xml"].Open()
	if err != nil {
		return nil, fileProblem("file.damaged")
	}
	defer r.Close()
	o := openTable{limits: limits, book: &Book{}, hiddenStyles: map[string]bool{}}
	d := xml.NewDecoder(r)
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fileProblem("file.damaged")
		}
		switch t := token.(type) {
		case xml.StartElement:
			err = o.begin(t)
		case xml.EndElement:
			err = o.end(t.Name.Local)
		case xml.CharData:
			if o.inText > 0 && o.aside == 0 {
				o.text.Write(t)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if len(o.book.Sheets) == 0 {
		return nil, fileProblem("file.type")
	}
	return o.book, nil
}

// openTable is what was read of an OpenDocument file so far.
type openTable struct {
	limits       Limits
	book         *Book
	hiddenStyles map[string]bool // styles of sheets that are not shown
	style        string

	gather                *gatherer
	number                int // of the row
	hidden                bool
	columns               int
	rowRepeat, cellRepeat int
	cells                 []string
	numbers, formulas     []int
	merges                []Merge
	text                  strings.Builder
	inText, aside         int // inside a paragraph, inside a note on the cell
	value, kind           string
	formula               bool
	across, down          int
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// times is how often something is repeated.
func times(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 1
	}
	return n
}

func (o *openTable) begin(t xml.StartElement) error {
	switch t.Name.Local {
	case "style":
		o.style = attribute(t, "name")
	case "table-properties":
		if attribute(t, "display") == "false" {
			o.hiddenStyles[o.style] = true
		}
	case "table":
		if len(o.book.Sheets) == sheetsMost {
			return fileProblem("file.sheets", strconv.Itoa(sheetsMost))
		}
		s := &Sheet{Name: attribute(t, "name"), Hidden: o.hiddenStyles[attribute(t, "style-name")]}
		o.book.Sheets = append(o.book.Sheets, s)
		o.gather, o.number, o.columns = &gatherer{sheet: s, limits: o.limits}, 0, 0
	case "table-column":
		n := times(attribute(t, "number-columns-repeated"))
		if v := attribute(t, "visibility"); v == "collapse" || v == "filter" {
			for i := o.columns; o.gather != nil && i < o.columns+n && i < 200; i++ {
				o.gather.sheet.Columns = append(o.gather.sheet.Columns, i)
			}
		}
		o.columns += n
	case "table-row":
		v := attribute(t, "visibility")
		o.hidden, o.rowRepeat = v == "collapse" || v == "filter", times(attribute(t, "number-rows-repeated"))
		o.cells, o.numbers, o.formulas, o.merges = nil, nil, nil, nil
	case "table-cell", "covered-table-cell":
		o.cellRepeat, o.kind = times(attribute(t, "number-columns-repeated")), attribute(t, "value-type")
		o.formula = attribute(t, "formula") != ""
		o.value = attribute(t, "value")
		if o.kind == "date" {
			o.value = attribute(t, "date-value")
		}
		o.across, o.down = times(attribute(t, "number-columns-spanned")), times(attribute(t, "number-rows-spanned"))
		o.text.Reset()
	case "annotation":
		o.aside++
	case "p":
		if o.aside == 0 {
			if o.text.Len() > 0 {
				o.text.WriteByte('\n')
			}
			o.inText++
		}
	case "s", "tab", "line-break":
		if o.inText > 0 && o.aside == 0 {
			o.text.WriteByte(' ')
		}
	}
	return nil
}

func (o *openTable) end(name string) error {
	switch name {
	case "annotation":
		o.aside--
	case "p":
		if o.aside == 0 {
			o.inText--
		}
	case "table-cell", "covered-table-cell":
		return o.cell(name == "covered-table-cell")
	case "table-row":
		return o.row()
	}
	return nil
}

func (o *openTable) cell(covered bool) error {
	text, number := o.text.String(), false
	switch o.kind {
	case "float", "currency", "percentage":
		text, number = o.value, true
	case "date":
		text, number = strings.TrimSpace(o.value), true
	}
	if covered {
		text = ""
	}
	column := len(o.cells)
	if text == "" {
		// the rest of a row is one cell repeated 16,384 times
		o.cellRepeat = min(o.cellRepeat, o.limits.Columns+1-min(column, o.limits.Columns))
	} else if column+o.cellRepeat > o.limits.Columns {
		return fileProblem("file.columns", strconv.Itoa(o.limits.Columns))
	}
	for i := range o.cellRepeat {
		o.cells = append(o.cells, text)
		if number && text != "" {
			o.numbers = append(o.numbers, column+i)
		}
		if o.formula && text == "" {
			o.formulas = append(o.formulas, column+i)
		}
	}
	if !covered && (o.across > 1 || o.down > 1) && len(o.merges) < 1000 {
		o.merges = append(o.merges, Merge{o.number + 1, column, o.number + o.down, column + o.across - 1})
	}
	return nil
}

func (o *openTable) row() error {
	first := o.number + 1
	o.number += o.rowRepeat
	if o.gather == nil {
		return nil
	}
	s := o.gather.sheet
	for i := range o.rowRepeat {
		before := len(s.Rows)
		if err := o.gather.add(first+i, o.cells); err != nil {
			return err
		}
		if len(s.Rows) == before {
			break // empty, and so are the repeated ones
		}
		row := &s.Rows[before]
		row.Hidden, row.Numbers, row.Formulas = o.hidden, o.numbers, o.formulas
	}
	s.Merges = append(s.Merges, o.merges...)
	return nil
}

// readHTML reads the tables of a page: many programs of offices save one under the name of .xls.
func readHTML(text []byte, limits Limits) (*Book, error) {
	page, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, fileProblem("file.damaged")
	}
	b := &Book{}
	for n := range page.Descendants() {
		if n.DataAtom != atom.Table {
			continue
		}
		if len(b.Sheets) == sheetsMost {
			return nil, fileProblem("file.sheets", strconv.Itoa(sheetsMost))
		}
		s := &Sheet{Name: "Bảng " + strconv.Itoa(len(b.Sheets)+1)}
		if err := readTable(n, s, limits); err != nil {
			return nil, err
		}
		b.Sheets = append(b.Sheets, s)
	}
	if len(b.Sheets) == 0 {
		return nil, fileProblem("file.type")
	}
	if len(b.Sheets) == 1 {
		b.Sheets[0].Name = ""
	}
	return b, nil
}

func readTable(table *html.Node, s *Sheet, limits Limits) error {
	g := &gatherer{sheet: s, limits: limits}
	number := 0
	taken := map[int]int{} // column to the row down to which a cell above reaches
	for n := range table.Descendants() {
		if n.DataAtom != atom.Tr || closestTable(n) != table {
			continue
		}
		number++
		var cells []string
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.DataAtom != atom.Td && c.DataAtom != atom.Th {
				continue
			}
			for taken[len(cells)] >= number && len(cells) <= limits.Columns {
				cells = append(cells, "")
			}
			across, down := min(times(nodeAttribute(c, "colspan")), limits.Columns+1), min(times(nodeAttribute(c, "rowspan")), limits.Rows)
			column := len(cells)
			cells = append(cells, nodeText(c))
			for range across - 1 {
				cells = append(cells, "")
			}
			for i := range across {
				taken[column+i] = number + down - 1
			}
			if across > 1 || down > 1 {
				s.Merges = append(s.Merges, Merge{number, column, number + down - 1, column + across - 1})
			}
			if len(cells) > 4*limits.Columns {
				return fileProblem("file.columns", strconv.Itoa(limits.Columns))
			}
		}
		if err := g.add(number, cells); err != nil {
			return err
		}
	}
	return nil
}

func closestTable(n *html.Node) *html.Node {
	for n != nil && n.DataAtom != atom.Table {
		n = n.Parent
	}
	return n
}

func nodeAttribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func nodeText(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		switch {
		case c.Type == html.TextNode:
			b.WriteString(c.Data)
		case c.DataAtom == atom.Br || c.DataAtom == atom.P:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
