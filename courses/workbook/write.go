package workbook

import (
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Table is a sheet to be written. Every cell is text, so that a spreadsheet neither calculates a name nor drops the
// zero of a number.
type Table struct {
	Name   string
	Head   [][]string // rows of titles
	Widths []float64  // of columns, in letters; the last one is of the rest
	Rows   iter.Seq[[]string]
	Notes  int // the last columns, which say something of the row
}

// Write writes tables as an XLSX file.
func Write(w io.Writer, tables ...Table) error {
	x := excelize.NewFile()
	defer x.Close()
	st, err := NewStyles(x)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for i, t := range tables {
		name := sheetName(t.Name, used)
		if i == 0 {
			err = x.SetSheetName("Sheet1", name)
		} else {
			_, err = x.NewSheet(name)
		}
		if err == nil {
			err = t.write(x, name, st)
		}
		if err != nil {
			return err
		}
	}
	return x.Write(w)
}

// Styles are the ids of the styles of a file, one for each sort of cell.
type Styles struct{ Head, Text, note, Example int }

// NewStyles adds them to a file.
func NewStyles(x *excelize.File) (s Styles, err error) {
	wrapped := &excelize.Alignment{WrapText: true, Vertical: "top"}
	for _, each := range []struct {
		id    *int
		style excelize.Style
	}{
		{&s.Head, excelize.Style{NumFmt: 49, Font: &excelize.Font{Bold: true}, Alignment: wrapped}}, // 49 is text
		{&s.Text, excelize.Style{NumFmt: 49, Alignment: &excelize.Alignment{Vertical: "top"}}},
		{&s.note, excelize.Style{NumFmt: 49, Alignment: wrapped, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFF2CC"}}}},
		{&s.Example, excelize.Style{NumFmt: 49, Font: &excelize.Font{Italic: true, Color: "7F7F7F"}}},
	} {
		if *each.id, err = x.NewStyle(&each.style); err != nil {
			return s, err
		}
	}
	return s, nil
}

var forbidden = strings.NewReplacer(":", " ", "\\", " ", "/", "-", "?", " ", "*", " ", "[", "(", "]", ")", "'", "’")

// sheetName makes a name that spreadsheets take: 31 letters, none of a few signs, each once.
func sheetName(name string, used map[string]bool) string {
	name = strings.TrimSpace(forbidden.Replace(name))
	if name == "" {
		name = "Danh sách"
	}
	whole := []rune(name)
	for n := 1; ; n++ {
		tail := ""
		if n > 1 {
			tail = " " + strconv.Itoa(n)
		}
		try := string(whole[:min(len(whole), 31-len(tail))]) + tail
		if !used[strings.ToLower(try)] {
			used[strings.ToLower(try)] = true
			return try
		}
	}
}

func (t Table) write(x *excelize.File, name string, st Styles) error {
	s, err := x.NewStreamWriter(name)
	if err != nil {
		return err
	}
	wide := 0
	for _, row := range t.Head {
		wide = max(wide, len(row))
	}
	for i := range wide {
		if len(t.Widths) > 0 {
			if err := s.SetColWidth(i+1, i+1, t.Widths[min(i, len(t.Widths)-1)]); err != nil {
				return err
			}
		}
	}
	if err := s.SetPanes(&excelize.Panes{Freeze: true, YSplit: len(t.Head), TopLeftCell: "A" + strconv.Itoa(len(t.Head)+1), ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	number := 0
	add := func(cells []string, style func(i int) int) error {
		number++
		row := make([]any, len(cells))
		for i, c := range cells {
			if c != "" {
				row[i] = excelize.Cell{StyleID: style(i), Value: c}
			}
		}
		return s.SetRow("A"+strconv.Itoa(number), row)
	}
	for _, row := range t.Head {
		if err := add(row, func(int) int { return st.Head }); err != nil {
			return err
		}
	}
	for row := range t.Rows {
		err := add(row, func(i int) int {
			if i >= len(row)-t.Notes {
				return st.note
			}
			return st.Text
		})
		if err != nil {
			return err
		}
	}
	return s.Flush()
}
