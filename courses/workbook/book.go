// Package workbook reads the files that offices keep their lists in as tables of text, and writes tables as such a one.
// It knows nothing of what the columns hold.
package workbook

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	encoding "golang.org/x/text/encoding/unicode"

	"lopban/courses/letters"
	"lopban/courses/problem"
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
	TitleRows  = 21       // a header stands in one of the first rows that are not empty
	keptText   = 16 << 20 // bytes of all cells that are kept
	sheetsMost = 200
	otherRows  = 200     // rows of a sheet besides those of people: headings, sections, totals
	pageBytes  = 8 << 20 // of a page of tables, which is read at once
)

// Book is a file as it was read. It says nothing of what its columns hold, so that it can be kept while a file waits
// and be read again with what has been chosen by hand.
type Book struct {
	File  string         `json:"file"`            // name, to show
	Key   string         `json:"key"`             // SHA-256 of the file: the ids of new people are made of it
	Code  letters.Code   `json:"code,omitempty"`  // an old code that its texts seem to be in
	Codes []letters.Code `json:"codes,omitempty"` // all of them, where that was looked at
	Bytes bool           `json:"bytes,omitempty"` // a text file that is no Unicode: what its letters are is a guess
	// visible ones first, each as in the file; one without a name of a text file
	Sheets []*Sheet `json:"sheets"`
}

// Sheet is a table of a file: its rows that are not empty.
type Sheet struct {
	Name    string  `json:"name,omitempty"`
	Hidden  bool    `json:"hidden,omitempty"`
	Rows    []Row   `json:"rows,omitempty"`
	More    int     `json:"more,omitempty"`    // rows that were not kept: no person was found in the sheet's first rows
	Merges  []Merge `json:"merges,omitempty"`  // cells joined over more than one row or column
	Columns []int   `json:"columns,omitempty"` // hidden ones, from 0
}

// Row is a row as it was typed.
type Row struct {
	Number   int      `json:"row"` // as the spreadsheet counts; of a text file the line
	Hidden   bool     `json:"hidden,omitempty"`
	Cells    []string `json:"cells"`
	Numbers  []int    `json:"numbers,omitempty"`  // columns whose cells are numbers or dates of the spreadsheet
	Formulas []int    `json:"formulas,omitempty"` // columns whose cells are formulas that nobody has calculated
}

// Merge is a rectangle of cells that hold one value, that of the first; rows from 1, columns from 0.
type Merge struct{ Top, Left, Bottom, Right int }

// Open reads a CSV, XLSX or OpenDocument file, or a page of tables as programs save it under the name of .xls, told
// apart by their content. What separates the columns of a text is found by known, which says how many titles of a sheet
// mean something. What is wrong with the whole file is a *problem.Problem of the field "file".
func Open(file io.Reader, limits Limits, known func(*Sheet) int) (*Book, error) {
	data, err := io.ReadAll(io.LimitReader(file, limits.Bytes+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(data)) > limits.Bytes:
		return nil, fileProblem("file.large", strconv.FormatInt(limits.Bytes>>20, 10))
	case len(bytes.TrimSpace(data)) == 0:
		return nil, fileProblem("file.empty")
	}
	b, err := read(data, limits, known)
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256(data)
	b.Key = hex.EncodeToString(key[:])
	visibleFirst(b.Sheets)
	return b, nil
}

func visibleFirst(sheets []*Sheet) {
	var visible, hidden []*Sheet
	for _, s := range sheets {
		if s.Hidden {
			hidden = append(hidden, s)
		} else {
			visible = append(visible, s)
		}
	}
	copy(sheets[copy(sheets, visible):], hidden)
}

// signatures are how files begin that people take for spreadsheets, and what they are told.
var signatures = []struct{ begins, code string }{
	{"\xd0\xcf\x11\xe0", "file.xls"}, // Excel 97, and files with a password
	{"%PDF", "file.pdf"}, {"\x89PNG", "file.picture"}, {"\xff\xd8\xff", "file.picture"}, {"GIF8", "file.picture"}, {"{\\rtf", "file.word"}, {"Rar!", "file.archive"}, {"7z\xbc\xaf", "file.archive"}, {"\x1f\x8b", "file.archive"},
}

func read(data []byte, limits Limits, known func(*Sheet) int) (*Book, error) {
	for _, s := range signatures {
		if bytes.HasPrefix(data, []byte(s.begins)) {
			return nil, fileProblem(s.code)
		}
	}
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return readPacked(data, limits)
	}
	text, code := unicodeText(data)
	head := bytes.ToLower(bytes.TrimSpace(text[:min(len(text), 2000)]))
	switch {
	case bytes.Contains(head, []byte("urn:schemas-microsoft-com:office:spreadsheet")):
		return nil, fileProblem("file.xml2003")
	case bytes.HasPrefix(head, []byte("<")) && (bytes.Contains(head, []byte("<html")) || bytes.Contains(head, []byte("<table")) || bytes.Contains(head, []byte("<!doctype html"))):
		if len(text) > pageBytes {
			return nil, fileProblem("file.large", strconv.Itoa(pageBytes>>20))
		}
		b, err := readHTML(text, limits)
		if err == nil {
			b.Bytes = code
		}
		return b, err
	case bytes.IndexByte(text, 0) >= 0 || bytes.HasPrefix(head, []byte("<?xml")):
		return nil, fileProblem("file.type")
	}
	b, err := readCSV(text, limits, known)
	if err == nil {
		b.Bytes = code
	}
	return b, err
}

// readPacked reads what comes as an archive, told apart by its parts.
func readPacked(data []byte, limits Limits) (*Book, error) {
	if err := weigh(data); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fileProblem("file.damaged")
	}
	parts := map[string]*zip.File{}
	for _, f := range z.File {
		parts[f.Name] = f
	}
	switch {
	case parts["xl/workbook.bin"] != nil:
		return nil, fileProblem("file.xlsb")
	case parts["word/document.xml"] != nil:
		return nil, fileProblem("file.word")
	case parts["Index/Document.iwa"] != nil || parts["Index.zip"] != nil:
		return nil, fileProblem("file.numbers")
	case parts["content.xml"] != nil && parts["mimetype"] != nil:
		switch {
		case holds(parts["mimetype"], "opendocument.text"):
			return nil, fileProblem("file.word")
		case holds(parts["META-INF/manifest.xml"], "encryption-data"):
			return nil, fileProblem("file.password")
		}
		return readODS(parts, limits)
	case parts["[Content_Types].xml"] == nil && parts["xl/workbook.xml"] == nil && len(z.File) > 0:
		return nil, fileProblem("file.archive")
	}
	return readXLSX(data, parts, limits)
}

// holds says whether the beginning of a part of an archive has the words; false where there is no such part.
func holds(part *zip.File, words string) bool {
	if part == nil {
		return false
	}
	r, err := part.Open()
	if err != nil {
		return false
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, 1<<20))
	return err == nil && bytes.Contains(text, []byte(words))
}

// fileProblem is something wrong with the whole file.
func fileProblem(code string, args ...any) error { return problem.Invalid("file", code, args...) }

// unicodeText is the text of a file in UTF-8 or, with or without its mark, UTF-16; of another the letters of
// Windows-1252 that its bytes stand for, and true.
func unicodeText(data []byte) ([]byte, bool) {
	order, marked := encoding.LittleEndian, bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff"))
	// ASCII letters in UTF-16
	if !marked && len(data) >= 4 && (data[0] == 0) != (data[1] == 0) && (data[0] == 0) == (data[2] == 0) {
		if marked = true; data[0] == 0 {
			order = encoding.BigEndian
		}
	}
	if marked {
		if text, err := encoding.UTF16(order, encoding.UseBOM).NewDecoder().Bytes(data); err == nil {
			return bytes.TrimPrefix(text, []byte("\ufeff")), false
		}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if utf8.Valid(data) {
		return data, false
	}
	return letters.Bytes(data), true
}

// readCSV tries the separators and takes the one by which the most columns are known.
func readCSV(text []byte, limits Limits, known func(*Sheet) int) (*Book, error) {
	var best *Sheet
	var fault error
	most := -1
	for _, comma := range ",;\t|" {
		s, err := readSeparated(text, comma, limits)
		if err != nil {
			fault = cmpErr(fault, err)
			continue
		}
		if n := 100*known(s) + min(99, widest(s)); n > most {
			best, most = s, n
		}
	}
	if best == nil || most < 100 && fault != nil {
		return nil, fault
	}
	return &Book{Sheets: []*Sheet{best}}, nil
}

func cmpErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func widest(s *Sheet) int {
	n := 0
	for _, row := range s.Rows[:min(len(s.Rows), TitleRows)] {
		n = max(n, len(row.Cells))
	}
	return n
}

func readSeparated(text []byte, comma rune, limits Limits) (*Sheet, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = comma, -1, true
	s := &Sheet{}
	g := gatherer{sheet: s, limits: limits}
	for n := 1; ; n++ {
		if n > limits.Rows*emptyRowsFactor+otherRows {
			return s, fileProblem("file.rows", strconv.Itoa(limits.Rows))
		}
		switch at := r.InputOffset(); fits(text[at:], byte(comma)) {
		case tooWide:
			return s, fileProblem("file.columns", strconv.Itoa(limits.Columns))
		case noEnd:
			return s, fileProblem("file.quotes", strconv.Itoa(1+bytes.Count(text[:at], []byte("\n"))))
		}
		cells, err := r.Read()
		var fault *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return s, nil
		case errors.As(err, &fault):
			return s, fileProblem("file.quotes", strconv.Itoa(fault.StartLine))
		case err != nil:
			return s, err
		}
		line, _ := r.FieldPos(0)
		if len(s.Rows) == 0 && len(cells) == 1 && strings.HasPrefix(cells[0], "sep=") {
			continue
		}
		if err := g.add(line, cells); err != nil {
			return s, err
		}
	}
}

// What one row of a text may be before it is read: a sheet of Excel has so many columns, and all that may be kept of a
// row fits many times.
const (
	rawColumns = 16_384
	rawRow     = 1 << 20 // bytes
)

// breadth is how a row fits.
type breadth int

const (
	fine breadth = iota
	tooWide
	noEnd
)

// fits looks at the row with which a text begins: whether it is wider than any sheet, or a quotation mark that is not
// closed makes one cell of all the rest.
func fits(text []byte, comma byte) breadth {
	// a quotation mark counts at the beginning of a cell; a second one after the one that closes it opens it again
	quoted, begun, closed, columns := false, true, false, 1
	for i, c := range text {
		switch {
		case i == rawRow && quoted:
			return noEnd
		case i == rawRow || columns > rawColumns:
			return tooWide
		case c == '"' && (quoted || begun || closed):
			quoted = !quoted
			begun, closed = false, !quoted
			continue
		case quoted:
			continue
		case c == '\n':
			return fine
		case c == comma:
			columns++
		}
		begun, closed = c == comma, false
	}
	return fine
}

// gatherer keeps the rows of a sheet within the limits.
type gatherer struct {
	sheet  *Sheet
	limits Limits
	kept   int
}

func (g *gatherer) add(number int, cells []string) error {
	clean, err := tidy(cells, g.limits)
	if err != nil || len(clean) == 0 {
		return err
	}
	if len(g.sheet.Rows) >= g.limits.Rows+otherRows {
		return fileProblem("file.rows", strconv.Itoa(g.limits.Rows))
	}
	for _, c := range clean {
		g.kept += len(c)
	}
	if g.kept > keptText {
		return fileProblem("file.large", strconv.FormatInt(g.limits.Bytes>>20, 10))
	}
	g.sheet.Rows = append(g.sheet.Rows, Row{Number: number, Cells: clean})
	return nil
}

// tidy drops the empty cells at the end of a row. The letters stay as they are: in old codes some are invisible.
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
		clean[i] = strings.Clone(strings.TrimSpace(cut(c, limits.Letters)))
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

// Unguard takes away the apostrophe by which a cell is kept from being read as a formula.
func Unguard(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && rest != "" {
		return rest
	}
	return s
}

// What an archive may hold when it is unpacked. A roster of 20,000 rows and 12 columns has 15 MB and a million tags.
const (
	unpackedBytes   = 64 << 20
	unpackedParts   = 2000
	unpackedTags    = 2_000_000
	unpackedText    = 1 << 20 // between two tags; a cell holds 32,767 letters at most
	unpackedDepth   = 10_000  // tags inside tags, counted roughly; a sheet has ten
	sharedTags      = 600_000
	emptyRowsFactor = 5 // rows that a sheet may have for each that is read, counting empty ones
)

// weigh unpacks every part of an archive once, keeping nothing, and refuses one that would be too much to read.
func weigh(data []byte) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fileProblem("file.damaged")
	}
	if len(z.File) > unpackedParts {
		return fileProblem("file.unpacked")
	}
	if slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Flags&1 != 0 }) {
		return fileProblem("file.encrypted")
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

// Serial is a date as spreadsheets count it, by the days.
var Serial = regexp.MustCompile(`^[0-9]{5}(\.[0-9]+)?$`)

// SerialDate turns the days that spreadsheets count into a date; old workbooks from Macs count from 1904.
func SerialDate(days float64, since1904 bool) time.Time {
	if since1904 {
		days += 1462
	}
	return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(math.Floor(days)))
}
