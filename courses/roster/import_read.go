package roster

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	encoding "golang.org/x/text/encoding/unicode"

	"lopban/courses/store"
)

// Limits bound a file that is imported.
type Limits struct {
	Bytes   int64 // of the file
	Rows    int   // of people
	Columns int
	Letters int // in a cell that is read
}

// DefaultLimits fit the roster of the largest province ten times over.
var DefaultLimits = Limits{Bytes: 20 << 20, Rows: 20_000, Columns: 60, Letters: 1000}

const (
	titleRows = 21       // a header stands in one of the first rows that are not empty
	keptText  = 16 << 20 // bytes of all cells that are kept
	sheets    = 20       // sheets in which a header is looked for
)

// table is what was read of a file: the header and, of the rows below it, the cells of known columns.
type table struct {
	sheet   string
	columns []Column
	header  int // its row number
	rows    []typedRow
	date    func(serial float64) time.Time
}

// typedRow is a row as it was typed.
type typedRow struct {
	number int
	cells  map[Field]string
}

// source gives the rows of a sheet, numbered from 1, empty ones left out. It may be read several times.
type source func(each func(number int, cells []string) error) error

// readFile reads a CSV or XLSX file, told apart by their content. What is wrong with the file is a *store.Problem of the field "file".
func readFile(file io.Reader, limits Limits) (table, []byte, error) {
	data, err := io.ReadAll(io.LimitReader(file, limits.Bytes+1))
	switch {
	case err != nil:
		return table{}, nil, err
	case int64(len(data)) > limits.Bytes:
		return table{}, nil, fileProblem("file.large", strconv.FormatInt(limits.Bytes>>20, 10))
	case len(bytes.TrimSpace(data)) == 0:
		return table{}, nil, fileProblem("file.empty")
	}
	var t table
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		t, err = readXLSX(data, limits)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")): // Excel 97, and files with a password
		err = fileProblem("file.xls")
	case bytes.HasPrefix(data, []byte("%PDF")):
		err = fileProblem("file.type")
	default:
		t, err = readCSV(data, limits)
	}
	return t, data, err
}

func fileProblem(code string, args ...any) error { return store.Invalid("file", code, args...) }

// readCSV tries the separators and takes the one by which the most columns are known.
func readCSV(data []byte, limits Limits) (table, error) {
	text, err := utf8Text(data)
	if err != nil {
		return table{}, err
	}
	var best source
	most := 0
	var fault error
	for _, comma := range ",;\t" {
		rows := csvRows(text, comma)
		columns, _, err := findHeader(rows, limits)
		if n := recognised(columns); n > most {
			best, most = rows, n
		}
		if err != nil && fault == nil {
			fault = err
		}
	}
	if best == nil {
		return table{}, cmpErr(fault, fileProblem("file.header"))
	}
	t, err := collect(best, limits)
	t.date = serialDate(false)
	return t, err
}

func cmpErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// utf8Text is the text of a file in UTF-8 or, with its mark, UTF-16.
func utf8Text(data []byte) ([]byte, error) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		var err error
		if data, err = encoding.UTF16(encoding.LittleEndian, encoding.UseBOM).NewDecoder().Bytes(data); err != nil {
			return nil, fileProblem("file.encoding")
		}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return nil, fileProblem("file.encoding")
	}
	return data, nil
}

func csvRows(text []byte, comma rune) source {
	return func(each func(int, []string) error) error {
		r := csv.NewReader(bytes.NewReader(text))
		r.Comma, r.FieldsPerRecord, r.ReuseRecord = comma, -1, true
		for {
			cells, err := r.Read()
			var fault *csv.ParseError
			switch {
			case errors.Is(err, io.EOF):
				return nil
			case errors.As(err, &fault):
				return fileProblem("file.quotes", strconv.Itoa(fault.StartLine))
			case err != nil:
				return err
			}
			line, _ := r.FieldPos(0)
			if err := each(line, cells); err != nil {
				return err
			}
		}
	}
}

// findHeader reads the first rows for the one whose titles are known best.
func findHeader(rows source, limits Limits) ([]Column, int, error) {
	var best []Column
	at, seen := 0, 0
	err := rows(func(number int, cells []string) error {
		cells, err := tidy(cells, limits)
		if err != nil {
			return err
		}
		if len(cells) == 0 {
			return nil
		}
		if columns := header(cells); recognised(columns) > recognised(best) {
			best, at = columns, number
		}
		if seen++; seen == titleRows {
			return store.Stop
		}
		return nil
	})
	if errors.Is(err, store.Stop) {
		err = nil
	}
	return best, at, err
}

// tidy cleans the cells of a row and drops the empty ones at its end.
func tidy(cells []string, limits Limits) ([]string, error) {
	end := len(cells)
	for end > 0 && strings.TrimSpace(cells[end-1]) == "" {
		end--
	}
	if end > limits.Columns {
		return nil, fileProblem("file.columns", strconv.Itoa(limits.Columns))
	}
	clean := make([]string, end)
	for i, c := range cells[:end] {
		clean[i] = Clean(unguard(cut(c, limits.Letters)))
	}
	return clean, nil
}

// cut shortens a text far beyond the limit, so that no time is spent on it, but leaves it beyond the limit.
func cut(s string, letters int) string {
	if most := (letters + 1) * utf8.UTFMax * 2; len(s) > most { // twice: a letter may be decomposed
		return strings.ToValidUTF8(s[:most], "")
	}
	return s
}

// unguard takes away the apostrophe by which a cell is kept from being read as a formula.
func unguard(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && rest != "" {
		return rest
	}
	return s
}

// collect reads the header and the rows below it.
func collect(rows source, limits Limits) (table, error) {
	var t table
	var err error
	if t.columns, t.header, err = findHeader(rows, limits); err != nil {
		return t, err
	}
	if len(t.columns) == 0 {
		return t, fileProblem("file.header")
	}
	kept, below := 0, 0
	joinGivenName(t.columns)
	err = rows(func(number int, cells []string) error {
		if number <= t.header {
			return nil
		}
		cells, err := tidy(cells, limits)
		if err != nil || len(cells) == 0 {
			return err
		}
		if below++; below == 1 && (t.subheader(cells) || numbering(cells)) {
			return nil
		}
		if len(t.rows) == limits.Rows {
			return fileProblem("file.rows", strconv.Itoa(limits.Rows))
		}
		row := typedRow{number, t.known(cells)}
		if len(row.cells) == 0 {
			return nil
		}
		for _, c := range row.cells {
			kept += len(c)
		}
		if kept > keptText {
			return fileProblem("file.large", strconv.FormatInt(limits.Bytes>>20, 10))
		}
		t.rows = append(t.rows, row)
		return nil
	})
	if err == nil && len(t.rows) == 0 {
		err = fileProblem("file.norows")
	}
	return t, err
}

// joinGivenName gives a column without a title to the right of the name's to the given name: "Họ và tên" is often one title over two columns.
func joinGivenName(columns []Column) {
	i := slices.IndexFunc(columns, func(c Column) bool { return c.Field == FieldName })
	if i >= 0 && i+1 < len(columns) && columns[i+1].Title == "" && !hasField(columns, FieldGiven) {
		columns[i].Field, columns[i+1].Field = FieldFamily, FieldGiven
	}
}

// subheader takes the row right below the header for its second line when every cell is a known title.
func (t *table) subheader(cells []string) bool {
	columns := header(cells)
	for _, c := range columns {
		if c.Title != "" && c.Field == "" && !c.Private {
			return false
		}
	}
	for i, c := range columns {
		switch {
		case c.Title == "":
		case i >= len(t.columns):
			t.columns = append(t.columns, c)
		case !hasField(t.columns, c.Field):
			t.columns[i] = c
		}
	}
	return true
}

var numberCell = regexp.MustCompile(`^(\(?[0-9]{1,2}\)?|\(?[A-E]\)?)$`)

// numbering says whether a row only numbers the columns, as official lists do: (1), (2), (3).
func numbering(cells []string) bool {
	n := 0
	for _, c := range cells {
		if c != "" && !numberCell.MatchString(c) {
			return false
		}
		if c != "" {
			n++
		}
	}
	return n > 2
}

// known picks the cells of the columns that are read.
func (t *table) known(cells []string) map[Field]string {
	known := map[Field]string{}
	for i, c := range cells {
		if i < len(t.columns) && c != "" && t.columns[i].Field != "" && t.columns[i].Field != fieldNumber {
			known[t.columns[i].Field] = strings.Clone(c)
		}
	}
	return known
}

// column is the letter of the column that holds the field.
func (t *table) column(f Field) string {
	for _, c := range t.columns {
		if c.Field == f {
			return c.Letter
		}
	}
	return ""
}

// What a workbook may hold when it is unpacked. A roster of 20,000 rows and 12 columns has 15 MB and a million tags.
const (
	unpackedBytes   = 64 << 20
	unpackedParts   = 2000
	unpackedTags    = 2_000_000
	unpackedText    = 1 << 20 // between two tags; a cell holds 32,767 letters at most
	unpackedDepth   = 10_000  // tags inside tags, counted roughly; a sheet has ten
	sharedTags      = 600_000
	emptyRowsFactor = 5 // rows that a sheet may have for each that is read, counting empty ones
)

// weigh unpacks every part of a workbook once, keeping nothing, and refuses one that would be too much to read.
func weigh(data []byte) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fileProblem("file.damaged")
	}
	if len(z.File) > unpackedParts {
		return fileProblem("file.unpacked")
	}
	var total, tags int64
	for _, f := range z.File {
		size, n, err := weighPart(f, unpackedBytes-total)
		if err != nil {
			return err
		}
		total, tags = total+size, tags+n
		if tags > unpackedTags || n > sharedTags && strings.EqualFold(f.Name, "xl/sharedStrings.xml") {
			return fileProblem("file.unpacked")
		}
	}
	return nil
}

func weighPart(f *zip.File, left int64) (size, tags int64, err error) {
	part, err := f.Open()
	if err != nil {
		return 0, 0, fileProblem("file.damaged")
	}
	defer part.Close()
	isXML := strings.HasSuffix(strings.ToLower(f.Name), ".xml")
	var text, depth int64 // since the last tag; tags that are open
	buffer := make([]byte, 64<<10)
	for {
		n, err := part.Read(buffer)
		size += int64(n)
		if isXML {
			begun := int64(bytes.Count(buffer[:n], []byte("<")))
			tags += begun
			depth += begun - 2*int64(bytes.Count(buffer[:n], []byte("</"))) - int64(bytes.Count(buffer[:n], []byte("/>")))
			last := bytes.LastIndexByte(buffer[:n], '<')
			if last >= 0 {
				text = 0
			}
			text += int64(n - 1 - last)
		}
		switch {
		case size > left || tags > unpackedTags || text > unpackedText || depth > unpackedDepth:
			return size, tags, fileProblem("file.unpacked")
		case errors.Is(err, io.EOF):
			return size, tags, nil
		case err != nil:
			return size, tags, fileProblem("file.damaged")
		}
	}
}

// readXLSX reads the first sheet that has a header.
func readXLSX(data []byte, limits Limits) (t table, err error) {
	if err := weigh(data); err != nil {
		return table{}, err
	}
	defer func() { // a library that reads what strangers send may fail in ways of its own
		if fault := recover(); fault != nil {
			err = fmt.Errorf("%w: %v", fileProblem("file.damaged"), fault)
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true, UnzipSizeLimit: unpackedBytes, UnzipXMLSizeLimit: unpackedBytes})
	if err != nil {
		return table{}, fileProblem("file.damaged")
	}
	defer f.Close()
	var fault error
	for i, name := range f.GetSheetList() {
		if i == sheets {
			break
		}
		rows := sheetRows(f, name, limits)
		columns, _, err := findHeader(rows, limits)
		if recognised(columns) == 0 {
			fault = cmpErr(fault, err)
			continue
		}
		t, err := collect(rows, limits)
		t.sheet = name
		props, _ := f.GetWorkbookProps()
		t.date = serialDate(props.Date1904 != nil && *props.Date1904)
		return t, err
	}
	return table{}, cmpErr(fault, fileProblem("file.header"))
}

func sheetRows(f *excelize.File, sheet string, limits Limits) source {
	return func(each func(int, []string) error) error {
		rows, err := f.Rows(sheet)
		if err != nil {
			return nil // a sheet of a chart has no rows
		}
		defer rows.Close()
		for number := 1; rows.Next(); number++ {
			if number > limits.Rows*emptyRowsFactor {
				return fileProblem("file.rows", strconv.Itoa(limits.Rows))
			}
			cells, err := rows.Columns(excelize.Options{RawCellValue: true})
			if err != nil {
				return fileProblem("file.damaged")
			}
			if err := each(number, cells); err != nil {
				return err
			}
		}
		if rows.Error() != nil {
			return fileProblem("file.damaged")
		}
		return nil
	}
}

// serialDate turns the days that spreadsheets count into a date; old workbooks from Macs count from 1904.
func serialDate(since1904 bool) func(float64) time.Time {
	return func(days float64) time.Time {
		if since1904 {
			days += 1462
		}
		return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(math.Floor(days)))
	}
}

var (
	isoDate    = regexp.MustCompile(`^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})([T ][0-9:.]+Z?)?$`)
	dayFirst   = regexp.MustCompile(`^([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})( [0-9:]+)?$`)
	shortYear  = regexp.MustCompile(`^([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{2})$`)
	monthYear  = regexp.MustCompile(`^([0-9]{1,2})[/.-]([0-9]{4})$`)
	dateSerial = regexp.MustCompile(`^[0-9]{5}(\.[0-9]+)?$`)
)

// readDate reads dd/mm/yyyy, yyyy-mm-dd and the serial days of a spreadsheet. For what is none of these it may have a suggestion.
func (t *table) readDate(s string) (date time.Time, ok bool, suggestion string) {
	if dateSerial.MatchString(s) {
		days, err := strconv.ParseFloat(s, 64)
		return t.date(days), err == nil, ""
	}
	if m := isoDate.FindStringSubmatch(s); m != nil {
		date, ok := calendarDay(m[1], m[2], m[3])
		return date, ok, ""
	}
	if m := dayFirst.FindStringSubmatch(s); m != nil {
		if date, ok := calendarDay(m[3], m[2], m[1]); ok {
			return date, true, ""
		}
		return suggestDay(m[3], m[1], m[2])
	}
	if m := shortYear.FindStringSubmatch(s); m != nil {
		return suggestDay("20"+m[3], m[2], m[1])
	}
	if m := monthYear.FindStringSubmatch(s); m != nil {
		return suggestDay(m[2], m[1], "1")
	}
	return time.Time{}, false, ""
}

func suggestDay(year, month, day string) (time.Time, bool, string) {
	date, ok := calendarDay(year, month, day)
	if !ok {
		return time.Time{}, false, ""
	}
	return time.Time{}, false, shown(date)
}

func calendarDay(year, month, day string) (time.Time, bool) {
	y, _ := strconv.Atoi(year)
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return date, date.Day() == d && int(date.Month()) == m
}
