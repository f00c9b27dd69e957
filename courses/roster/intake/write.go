package intake

import (
	"io"
	"slices"
	"strconv"

	"lopban/courses/letters"
	"lopban/courses/workbook"
)

// Mending are the words of a file of rows to mend, and what is said of each row.
type Mending struct {
	Sheet    string // name of the sheet of a text file
	Why, Row string // titles of the columns that are added
	Title    func(Field) string
	Of       func(*ImportRow) string // what is wrong with the row

	codes []letters.As // in which the file is
}

// WriteProblems writes the rows that were left out as they are in the file: the same sheets with the same titles and
// all columns but private ones, what is wrong, and the row's number. Where a commune or a library is told by the rows
// above or not at all there is a column for it. Mended, the file can be imported again.
func (im *Import) WriteProblems(w io.Writer, b *workbook.Book, m Mending) error {
	m.codes = im.Codes
	var tables []workbook.Table
	for i, part := range im.Sheets {
		var rows []*ImportRow
		for j := range im.Rows {
			if row := &im.Rows[j]; row.Sheet == i && row.Verdict == Faulty {
				rows = append(rows, row)
			}
		}
		if len(rows) > 0 && i < len(b.Sheets) {
			tables = append(tables, mending(part, b.Sheets[i], rows, m))
		}
	}
	if len(tables) == 0 {
		tables = []workbook.Table{{Name: m.Sheet, Head: [][]string{{m.Row, m.Why}}, Rows: slices.Values([][]string(nil))}}
	}
	return workbook.Write(w, tables...)
}

func mending(part Part, s *workbook.Sheet, rows []*ImportRow, m Mending) workbook.Table {
	columns := slices.Clone(part.Columns)
	for _, f := range []Field{FieldCommune, FieldLibrary} {
		if !hasField(columns, f) && !(f == FieldCommune && hasField(columns, FieldCommuneCode)) {
			columns = append(columns, Column{Field: f})
		}
	}
	var titles []string
	for _, c := range columns {
		titles = append(titles, m.title(c))
	}
	name := s.Name
	if name == "" {
		name = m.Sheet
	}
	typed := map[int][]string{}
	v := seen(s, m.codes)
	for _, row := range s.Rows {
		typed[row.Number] = v.texts(row)
	}
	return workbook.Table{Name: name, Head: [][]string{append(titles, m.Row, m.Why)}, Widths: []float64{22}, Notes: 2, Rows: func(yield func([]string) bool) {
		for _, row := range rows {
			cells := make([]string, len(columns), len(columns)+2)
			for i, c := range columns {
				switch {
				case c.Private:
				case c.Field != "" && c.Field != fieldNumber && c.Field != FieldNone:
					cells[i] = row.Cells[c.Field]
				case i < len(typed[row.Number]):
					cells[i] = typed[row.Number][i]
				}
			}
			if !yield(append(cells, strconv.Itoa(row.Number), m.Of(row))) {
				return
			}
		}
	}}
}

// title is a column's title by which the import knows it again; of one that was chosen by hand it says what it holds.
func (m Mending) title(c Column) string {
	known := c.Title
	if c.Field == "" || c.Field == fieldNumber || c.Field == FieldNone {
		return known
	}
	if known == "" {
		return m.Title(c.Field)
	}
	if c.Chosen {
		return known + " (" + m.Title(c.Field) + ")"
	}
	return known
}

// Keep forgets all rows of a book but those.
func Keep(b *workbook.Book, rows []ImportRow) {
	kept := map[[2]int]bool{}
	for _, row := range rows {
		kept[[2]int{row.Sheet, row.Number}] = true
	}
	for i, s := range b.Sheets {
		s.Rows = slices.DeleteFunc(s.Rows, func(r workbook.Row) bool { return !kept[[2]int{i, r.Number}] })
		s.Merges = nil
	}
}

// BookOf is a book of the rows of an import whose file was not kept.
func BookOf(im *Import) *workbook.Book {
	b := &workbook.Book{File: im.File, Key: im.Key, Code: letters.Unicode}
	for i, part := range im.Sheets {
		s := &workbook.Sheet{Name: part.Name, Hidden: part.Hidden}
		for _, row := range im.Rows {
			if row.Sheet == i {
				s.Rows = append(s.Rows, workbook.Row{Number: row.Number})
			}
		}
		b.Sheets = append(b.Sheets, s)
	}
	return b
}
