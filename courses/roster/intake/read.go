package intake

import (
	"io"

	"lopban/courses/roster"
	"lopban/courses/workbook"
)

// Read reads a CSV, XLSX or OpenDocument file, or a page of tables as programs save it under the name of .xls, told
// apart by their content. name is only shown. Cells of private columns are forgotten. What is wrong with the whole file
// is a *problem.Problem of the field "file".
func (l *Lexicon) Read(file io.Reader, name string, limits workbook.Limits) (*workbook.Book, error) {
	b, err := l.open(file, name, limits)
	if err == nil {
		l.forget(b)
	}
	return b, err
}

// open is Read that keeps every row and column.
func (l *Lexicon) open(file io.Reader, name string, limits workbook.Limits) (*workbook.Book, error) {
	b, err := workbook.Open(file, limits, func(s *workbook.Sheet) int {
		return recognised(l.findHeader(seen(s, asTold(told([]*workbook.Sheet{s}, ""))), nil).columns)
	})
	if err != nil {
		return nil, err
	}
	b.File = shorten(roster.Clean(name))
	var sheets []*workbook.Sheet
	for _, s := range b.Sheets {
		sheets = append(sheets, l.split(s)...)
	}
	b.Sheets = sheets
	return b, nil
}
