// Package form writes the empty list that offices fill in.
package form

import (
	"fmt"
	"io"
	"slices"

	"github.com/xuri/excelize/v2"

	"lopban/courses/roster"
	"lopban/courses/workbook"
)

// Form are the words of an empty list to fill in.
type Form struct {
	List, Choices, Hint string   // names of the two sheets; what the second says on top
	Titles              []string // of the columns, in the order of intake.ExportColumns without the code
	Kinds               []string // names of the kinds of library
	// a row, in the same columns; its name begins with the word for "example", by which the import knows it
	Example  []string
	Communes []roster.Commune
}

const formRows = 1000

// Write writes an empty list: columns of text, so that no zero is lost and no day exchanged with its month; kinds
// and communes to choose from; an example.
func Write(w io.Writer, f Form) error {
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
			name += " (" + c.Code + ")" // as the import knows it
		}
		communes = append(communes, name)
	}
	for i, list := range []struct {
		column string // of the second sheet
		at     int    // of its column in the first
		values []string
	}{{"A", communeAt, communes}, {"B", kindAt, f.Kinds}} {
		for n, value := range list.values {
			if err := x.SetCellStr(f.Choices, fmt.Sprint(list.column, n+3), value); err != nil {
				return err
			}
		}
		if err := x.SetCellStr(f.Choices, list.column+"2", f.Titles[list.at]); err != nil {
			return err
		}
		if len(list.values) == 0 {
			continue
		}
		rule := excelize.NewDataValidation(true)
		rule.SetSqref(fmt.Sprintf("%s2:%s%d", workbook.Letter(list.at), workbook.Letter(list.at), formRows))
		rule.SetSqrefDropList(fmt.Sprintf("'%s'!$%s$3:$%s$%d", f.Choices, list.column, list.column, len(list.values)+2))
		rule.ShowErrorMessage = false
		if err := x.AddDataValidation(f.List, rule); err != nil {
			return fmt.Errorf("list %d: %w", i, err)
		}
	}
	return nil
}

// Where the columns of kinds and of communes stand among Titles.
const kindAt, communeAt = 4, 6
