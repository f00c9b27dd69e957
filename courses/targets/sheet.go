package targets

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"lopban/courses/problem"
)

// The parts of a workbook that are sheets: the rows of a report, and what explains it.
const (
	rowsPart  = "xl/worksheets/sheet1.xml"
	aboutPart = "xl/worksheets/sheet2.xml"
)

// writeXLSX lets excelize make the workbook without its rows, and writes these into it as they come: excelize would
// keep 16 MB of them in memory, twice over, and a file beside.
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
type styles struct{ head, date, percent, wrapped, title, total, totalPercent int }

func newStyles(x *excelize.File) (s styles, err error) {
	if s.head, err = x.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"}}); err != nil {
		return s, err
	}
	date, percent := "dd/mm/yyyy", "0.0"
	if s.date, err = x.NewStyle(&excelize.Style{CustomNumFmt: &date}); err != nil {
		return s, err
	}
	if s.percent, err = x.NewStyle(&excelize.Style{CustomNumFmt: &percent}); err != nil {
		return s, err
	}
	if s.wrapped, err = x.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"}}); err != nil {
		return s, err
	}
	if s.title, err = x.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true, Size: 14}}); err != nil {
		return s, err
	}
	over := []excelize.Border{{Type: "top", Color: "000000", Style: 1}}
	if s.total, err = x.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Border: over}); err != nil {
		return s, err
	}
	s.totalPercent, err = x.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Border: over, CustomNumFmt: &percent})
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
	if err := r.setPage(x, first, w); err != nil {
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
	line := r.headLine()
	if err := s.SetPanes(&excelize.Panes{Freeze: true, YSplit: line, TopLeftCell: fmt.Sprintf("A%d", line+1), ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if r.explained() {
		if err := s.SetRow("A1", []any{excelize.Cell{StyleID: st.title, Value: w.Text("report." + r.Name)}}, excelize.RowOpts{Height: 22}); err != nil {
			return err
		}
		if err := s.SetRow("A2", []any{r.subtitle(w)}); err != nil {
			return err
		}
	}
	var head []any
	for _, h := range r.title(w) {
		head = append(head, excelize.Cell{StyleID: st.head, Value: h})
	}
	if err := s.SetRow(fmt.Sprintf("A%d", line), head); err != nil {
		return err
	}
	return s.Flush()
}

func writeAbout(x *excelize.File, sheet string, st styles, w Words, about [][2]any) error {
	a4, one, free, fit := 9, 1, 0, true
	if err := errors.Join(x.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}), x.SetPageLayout(sheet, &excelize.PageLayoutOptions{Size: &a4, FitToWidth: &one, FitToHeight: &free})); err != nil {
		return err
	}
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
		value := st.cell(w.shown(line[1]))
		if text, ok := value.(string); ok { // the recipe is long
			value = excelize.Cell{StyleID: st.wrapped, Value: text}
		}
		cells := []any{excelize.Cell{StyleID: st.head, Value: line[0]}, value}
		if err := s.SetRow("A"+strconv.Itoa(i+1), cells); err != nil {
			return err
		}
	}
	return s.Flush()
}

// headLine is the line of the headings: behind a title, or, in a roster, which is imported again, the first.
func (r *Report) headLine() int {
	if r.explained() {
		return 4
	}
	return 1
}

// subtitle says of whom and of which day the rows are.
func (r *Report) subtitle(w Words) string {
	f := &r.Figures
	text := f.scopeName(w) + " · " + w.Text("about.asOf") + " " + f.AsOf.Time().Format("02/01/2006")
	if f.KnownOn != "" {
		text += " · " + w.Text("about.knownOn") + " " + f.KnownOn.Time().Format("02/01/2006")
	}
	if f.Period != "" {
		text += " · " + w.Text("about.period") + ": " + PeriodTitle(f.Period).In(w.Lang)
	}
	for _, line := range f.Filter.about(w) {
		text += " · " + line[0].(string) + ": "
		switch v := w.shown(line[1]).(type) {
		case Day:
			text += v.Time().Format("02/01/2006")
		case string:
			text += v
		}
	}
	return text
}

// setPage sets a sheet up for A4: lying where its columns are too wide to stand upright, as wide as the paper, headings
// and page numbers on each. Codes of words are not printed.
func (r *Report) setPage(x *excelize.File, sheet string, w Words) error {
	a4, one, free, fit, orientation := 9, 1, 0, true, "portrait"
	width := 0.0
	for _, c := range r.Columns {
		width += c.Width
	}
	if width > 120 { // digits; more would be small print on upright paper
		orientation = "landscape"
	}
	margin := 0.4
	last, err := excelize.ColumnNumberToName(len(r.Columns))
	if err != nil {
		return err
	}
	quoted := "'" + strings.ReplaceAll(sheet, "'", "''") + "'"
	line := r.headLine()
	return errors.Join(
		x.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}),
		x.SetPageLayout(sheet, &excelize.PageLayoutOptions{Size: &a4, Orientation: &orientation, FitToWidth: &one, FitToHeight: &free}),
		x.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{Left: &margin, Right: &margin}),
		x.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{OddFooter: "&L&A&C&P / &N&R&D"}),
		x.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: sheet, RefersTo: fmt.Sprintf("%s!$%d:$%d", quoted, line, line)}),
		x.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", Scope: sheet, RefersTo: fmt.Sprintf("%s!$A:$%s", quoted, last)}),
	)
}

// total writes the line of totals behind n rows: formulas, so that they follow a filter, with the values that they have
// now.
func (s *sheet) total(r *Report, n int, w Words) {
	if !r.explained() || n == 0 {
		return
	}
	from, to := r.headLine()+1, s.line
	s.line++
	line := strconv.Itoa(s.line)
	s.write(`<row r="`, line, `">`)
	s.write(`<c r="`, s.columns[1]+line, `" s="`, strconv.Itoa(s.styles.total), `" t="inlineStr"><is><t>`)
	s.escaped(w.Text("board.total"))
	s.write(`</t></is></c>`)
	formula := func(column int, style int, value float64, format string, args ...any) {
		s.write(`<c r="`, s.columns[column]+line, `" s="`, strconv.Itoa(style), `"><f>`)
		s.escaped(fmt.Sprintf(format, args...))
		s.write(`</f><v>`, strconv.FormatFloat(value, 'f', -1, 64), `</v></c>`)
	}
	sum := func(column, value int) {
		formula(column, s.styles.total, float64(value), "SUBTOTAL(109,%[1]s%[2]d:%[1]s%[3]d)", s.columns[column], from, to)
	}
	if r.totals != nil {
		for _, i := range r.totals {
			sum(i, s.sums[i])
		}
		s.write(`</row>`)
		return
	}
	if r.Name != "board" {
		formula(2, s.styles.total, float64(n), "SUBTOTAL(103,A%d:A%d)", from, to)
		s.write(`</row>`)
		return
	}
	f := &r.Figures
	sum(2, f.Base)
	sum(3, f.Trained)
	formula(4, s.styles.totalPercent, f.Percent, `IF(C%[1]s=0,"",ROUNDDOWN(D%[1]s/C%[1]s*100,1))`, line)
	formula(5, s.styles.total, float64(f.Next.Gap), "MAX(0,ROUNDUP(C%[1]s*%[2]d/100,0)-D%[1]s)", line, f.Next.Percent)
	sum(6, f.Coverage.Communes)
	sum(7, f.Coverage.OfCommunes)
	sum(8, f.Coverage.Libraries)
	s.write(`</row>`)
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
	s, err := newSheet(part, len(r.title(w)), st)
	if err != nil {
		return 0, "", err
	}
	s.line = r.headLine()
	s.out.WriteString(head)
	n, sum, err = r.each(ctx, func(cells []any) error {
		for _, i := range r.totals {
			s.sums[i] += cells[i].(int)
		}
		return s.row(r.coded(cells), w)
	})
	if err != nil {
		return n, sum, err
	}
	filter := fmt.Sprintf(`<autoFilter ref="A%d:%s%d"/>`, r.headLine(), s.columns[len(s.columns)-1], max(s.line, r.headLine()))
	s.total(r, n, w)
	s.out.WriteString(end + filter + tail)
	return n, sum, s.out.Flush()
}

// sheet writes rows as SpreadsheetML (ECMA-376, part 1, 18.3.1) behind a heading. An error of its writer shows at the
// next row.
type sheet struct {
	out     *bufio.Writer
	styles  styles
	columns []string // "A", "B", ...
	line    int      // last written
	sums    map[int]int
	text    []byte
}

func newSheet(out io.Writer, columns int, st styles) (*sheet, error) {
	s := &sheet{out: bufio.NewWriterSize(out, 32<<10), styles: st, sums: map[int]int{}}
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
		return problem.Invalid("format", "rows.many", excelize.TotalRows-1)
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

// escaped writes a text, as much of it as a cell can hold. "_x" begins the escape of a letter there (22.4.2.4), and so
// is escaped itself.
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
