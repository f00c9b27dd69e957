package intake

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/xuri/excelize/v2"

	"lopban/courses/letters"
	"lopban/courses/roster"
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

// Form are the words of an empty list to fill in.
type Form struct {
	List, Choices, Hint string   // names of the two sheets; what the second says on top
	Titles              []string // of the columns, in the order of ExportColumns without the code
	Kinds               []string // names of the kinds of library
	// a row, in the same columns; its name begins with the word for "example", by which the import knows it
	Example  []string
	Communes []roster.Commune
}

const formRows = 1000

// WriteForm writes an empty list: columns of text, so that no zero is lost and no day exchanged with its month; kinds
// and communes to choose from; an example.
func WriteForm(w io.Writer, f Form) error {
	x := excelize.NewFile()
	defer x.Close()
	st, err := workbook.NewStyles(x)
	if err != nil {
		return err
	}
	if err := x.SetSheetName("Sheet1", f.List); err != nil {
		return err
	}
	if _, err := x.NewSheet(f.Choices); err != nil {
		return err
	}
	last := workbook.Letter(len(f.Titles) - 1)
	steps := []func() error{
		func() error { return x.SetColStyle(f.List, "A:"+last, st.Text) },
		func() error { return x.SetColWidth(f.List, "A", last, 24) },
		func() error { return x.SetSheetRow(f.List, "A1", &f.Titles) },
		func() error { return x.SetCellStyle(f.List, "A1", last+"1", st.Head) },
		func() error { return x.SetSheetRow(f.List, "A2", &f.Example) },
		func() error { return x.SetCellStyle(f.List, "A2", last+"2", st.Example) },
		func() error {
			return x.SetPanes(f.List, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
		},
		func() error { return x.SetColWidth(f.Choices, "A", "C", 40) },
		func() error { return x.SetCellStr(f.Choices, "A1", f.Hint) },
		func() error { return f.choices(x) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return x.Write(w)
}

// choices writes the lists, and lets the cells of their columns be chosen from them. Whatever else is typed is taken
// too: the import asks.
func (f Form) choices(x *excelize.File) error {
	var communes []string
	for _, c := range f.Communes {
		name := c.Title()
		if slices.ContainsFunc(f.Communes, func(o roster.Commune) bool { return o.Code != c.Code && roster.Fold(o.Title()) == roster.Fold(name) }) {
			name = named(c)
		}
		communes = append(communes, name)
	}
	for i, list := range []struct {
		column string // of the second sheet
		field  Field
		values []string
	}{{"A", FieldCommune, communes}, {"B", FieldKind, f.Kinds}} {
		at := slices.Index(formFields, list.field)
		for n, value := range list.values {
			if err := x.SetCellStr(f.Choices, fmt.Sprint(list.column, n+3), value); err != nil {
				return err
			}
		}
		if err := x.SetCellStr(f.Choices, list.column+"2", f.Titles[at]); err != nil {
			return err
		}
		if len(list.values) == 0 {
			continue
		}
		rule := excelize.NewDataValidation(true)
		rule.SetSqref(fmt.Sprintf("%s2:%s%d", workbook.Letter(at), workbook.Letter(at), formRows))
		rule.SetSqrefDropList(fmt.Sprintf("'%s'!$%s$3:$%s$%d", f.Choices, list.column, list.column, len(list.values)+2))
		rule.ShowErrorMessage = false
		if err := x.AddDataValidation(f.List, rule); err != nil {
			return fmt.Errorf("list %d: %w", i, err)
		}
	}
	return nil
}

// formFields are the columns of a form.
var formFields = []Field{FieldName, FieldPhone, FieldPost, FieldLibrary, FieldKind, FieldCommuneCode, FieldCommune, FieldStart}
