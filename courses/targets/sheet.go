package targets

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"lopban/courses/store"
)

// The parts of a workbook that are sheets: the rows of a report, and what explains it.
const (
	rowsPart  = "xl/worksheets/sheet1.xml"
	aboutPart = "xl/worksheets/sheet2.xml"
)

// writeXLSX lets excelize make the workbook without its rows, and writes these into it as they come: excelize would keep 16 MB of them in memory, twice over, and a file beside.
func (r *Report) writeXLSX(ctx context.Context, out io.Writer, w Words) error {
	frame, st, err := r.workbook(w, nil)
	if err != nil {
		return err
	}
	z := zip.NewWriter(out)
	for _, part := range frame.File {
		if part.Name != rowsPart && part.Name != aboutPart {
			if err := z.Copy(part); err != nil {
				return err
			}
		}
	}
	n, sum, err := r.writeRows(ctx, z, frame, st, w)
	if err != nil {
		return err
	}
	whole, _, err := r.workbook(w, r.about(w, n, sum))
	if err != nil {
		return err
	}
	for _, part := range whole.File {
		if part.Name == aboutPart {
			if err := z.Copy(part); err != nil {
				return err
			}
		}
	}
	return z.Close()
}

// styles of the cells of a workbook.
type styles struct{ head, date, percent int }

func newStyles(x *excelize.File) (s styles, err error) {
	if s.head, err = x.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"}}); err != nil {
		return s, err
	}
	date, percent := "dd/mm/yyyy", "0.0"
	if s.date, err = x.NewStyle(&excelize.Style{CustomNumFmt: &date}); err != nil {
		return s, err
	}
	s.percent, err = x.NewStyle(&excelize.Style{CustomNumFmt: &percent})
	return s, err
}

// cell is a value with its style.
func (s styles) cell(value any) any {
	switch v := value.(type) {
	case Day:
		return excelize.Cell{StyleID: s.date, Value: v.Time()}
	case float64:
		return excelize.Cell{StyleID: s.percent, Value: v}
	}
	return value
}

// workbook is the report without its rows: their heading, and on the second sheet the lines that explain it.
func (r *Report) workbook(w Words, about [][2]any) (*zip.Reader, styles, error) {
	x := excelize.NewFile()
	defer x.Close()
	st, err := newStyles(x)
	if err != nil {
		return nil, st, err
	}
	first, second := sheetName(w.Text("report."+r.Name)), sheetName(w.Text("about.sheet"))
	if err := x.SetSheetName("Sheet1", first); err != nil {
		return nil, st, err
	}
	if _, err := x.NewSheet(second); err != nil {
		return nil, st, err
	}
	if err := r.writeHead(x, first, st, w); err != nil {
		return nil, st, err
	}
	if err := writeAbout(x, second, st, w, about); err != nil {
		return nil, st, err
	}
	var file bytes.Buffer
	if err := x.Write(&file); err != nil {
		return nil, st, err
	}
	z, err := zip.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	return z, st, err
}

func (r *Report) writeHead(x *excelize.File, sheet string, st styles, w Words) error {
	s, err := x.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	for i, c := range r.Columns {
		if err := s.SetColWidth(i+1, i+1, c.Width); err != nil {
			return err
		}
	}
	if err := s.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	var head []any
	for _, h := range r.title(w) {
		head = append(head, excelize.Cell{StyleID: st.head, Value: h})
	}
	if err := s.SetRow("A1", head); err != nil {
		return err
	}
	return s.Flush()
}

func writeAbout(x *excelize.File, sheet string, st styles, w Words, about [][2]any) error {
	s, err := x.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	if err := s.SetColWidth(1, 1, 44); err != nil {
		return err
	}
	if err := s.SetColWidth(2, 2, 80); err != nil {
		return err
	}
	for i, line := range about {
		cells := []any{excelize.Cell{StyleID: st.head, Value: line[0]}, st.cell(w.shown(line[1]))}
		if err := s.SetRow("A"+strconv.Itoa(i+1), cells); err != nil {
			return err
		}
	}
	return s.Flush()
}

// writeRows writes the sheet of the frame with the rows behind its heading.
func (r *Report) writeRows(ctx context.Context, z *zip.Writer, frame *zip.Reader, st styles, w Words) (n int, sum string, err error) {
	const end = "</sheetData>"
	empty, err := frame.Open(rowsPart)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(empty)
	if err != nil {
		return 0, "", err
	}
	head, tail, ok := strings.Cut(string(text), end)
	if !ok {
		return 0, "", fmt.Errorf("a sheet without %s", end)
	}
	part, err := z.Create(rowsPart)
	if err != nil {
		return 0, "", err
	}
	s, err := newSheet(part, len(r.Columns), st)
	if err != nil {
		return 0, "", err
	}
	s.out.WriteString(head)
	n, sum, err = r.each(ctx, func(cells []any) error { return s.row(cells, w) })
	if err != nil {
		return n, sum, err
	}
	s.out.WriteString(end + tail)
	return n, sum, s.out.Flush()
}

// sheet writes rows as SpreadsheetML (ECMA-376, part 1, 18.3.1) behind a heading. An error of its writer shows at the next row.
type sheet struct {
	out     *bufio.Writer
	styles  styles
	columns []string // "A", "B", ...
	line    int      // last written
	text    []byte
}

func newSheet(out io.Writer, columns int, st styles) (*sheet, error) {
	s := &sheet{out: bufio.NewWriterSize(out, 32<<10), styles: st, line: 1}
	for i := range columns {
		name, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return nil, err
		}
		s.columns = append(s.columns, name)
	}
	return s, nil
}

func (s *sheet) row(cells []any, w Words) error {
	if s.line++; s.line > excelize.TotalRows {
		return store.Invalid("format", "rows.many", excelize.TotalRows-1)
	}
	line := strconv.Itoa(s.line)
	s.write(`<row r="`, line, `">`)
	for i, c := range cells {
		s.cell(s.columns[i]+line, w.shown(c))
	}
	_, err := s.out.WriteString("</row>")
	return err
}

func (s *sheet) cell(at string, value any) {
	switch v := value.(type) {
	case string:
		s.write(`<c r="`, at, `" t="inlineStr"><is><t xml:space="preserve">`)
		s.escaped(v)
		s.write(`</t></is></c>`)
	case int:
		s.write(`<c r="`, at, `"><v>`, strconv.Itoa(v), `</v></c>`)
	case float64:
		s.write(`<c r="`, at, `" s="`, strconv.Itoa(s.styles.percent), `"><v>`, strconv.FormatFloat(v, 'f', -1, 64), `</v></c>`)
	case Day:
		s.write(`<c r="`, at, `" s="`, strconv.Itoa(s.styles.date), `"><v>`, strconv.Itoa(v.serial()), `</v></c>`)
	}
}

func (s *sheet) write(parts ...string) {
	for _, p := range parts {
		s.out.WriteString(p)
	}
}

// escaped writes a text, as much of it as a cell can hold. "_x" begins the escape of a letter there (22.4.2.4), and so is escaped itself.
func (s *sheet) escaped(text string) {
	if len(text) > excelize.TotalCellChars {
		text = strings.ToValidUTF8(text[:excelize.TotalCellChars], "")
	}
	s.text = append(s.text[:0], strings.ReplaceAll(text, "_x", "_x005F_x")...)
	xml.EscapeText(s.out, s.text)
}

// serial is the day as spreadsheets count days: 25569 is 1 January 1970.
func (d Day) serial() int { return 25569 + int(d.Time().Unix()/86400) }

// sheetName is a text as the name of a sheet: without the signs a name cannot have, of at most 31 letters.
func sheetName(s string) string {
	s = strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) {
			return ' '
		}
		return r
	}, s), "' ")
	letters := []rune(s)
	return string(letters[:min(len(letters), excelize.MaxSheetNameLength)])
}
