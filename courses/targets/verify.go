package targets

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"lopban/courses/roster"
)

// Verdict is what a file of a report says its checksum is, and what its rows give.
type Verdict struct {
	Report    string // "board", "completions", "missing" or "indicators"
	Rows      int
	Said, Sum string
}

// Intact says whether the rows are the ones that were summed.
func (v Verdict) Intact() bool { return v.Said == v.Sum }

// ErrNoChecksum says that a file is no report that explains itself.
var ErrNoChecksum = errors.New("no checksum of a report is in the file")

// Verify makes the checksum of a report again from a file alone, as whoever is given the file can: from its rows, the
// lines with which the text begins and the columns that are summed, which stand in it. The format is CSV, XLSX or JSON;
// a file of either language, also one that a spreadsheet has saved again, if it kept what the cells say.
func Verify(file io.Reader, format string) (Verdict, error) {
	switch format {
	case CSV:
		return verifyCSV(file)
	case XLSX:
		return verifyXLSX(file)
	case JSON:
		return verifyJSON(file)
	}
	return Verdict{}, fmt.Errorf("a %q is not read: csv, xlsx or json", format)
}

// claims are what a file says of its checksum.
type claims struct {
	head    []string
	columns []string // headings
	said    string
}

var hexSum = regexp.MustCompile(`^[0-9a-f]{64}$`)

// read takes a value of the lines that explain a file, in their order.
func (t *claims) read(value string) {
	switch {
	case strings.HasPrefix(value, "lopban "):
		t.head = strings.Split(value, " | ")
	case len(t.head) > 0 && t.columns == nil:
		t.columns = strings.Split(value, " | ")
	case hexSum.MatchString(value):
		t.said = value
	}
}

// name is what the report is called.
func (t *claims) name() (string, error) {
	if len(t.head) == 0 || t.said == "" || t.columns == nil {
		return "", ErrNoChecksum
	}
	fields := strings.Fields(t.head[0])
	if len(fields) != 3 {
		return "", ErrNoChecksum
	}
	return fields[1], nil
}

// summing makes the checksum of rows as they come.
type summing struct {
	checksum
	board bool
	lines []string // of a board: they are sorted
	rows  int
}

func newSumming(head []string, board bool) *summing {
	s := &summing{checksum: checksum{sha256.New()}, board: board}
	for _, line := range head {
		s.line(line)
	}
	return s
}

func (s *summing) add(values []string) {
	s.rows++
	if s.board {
		s.lines = append(s.lines, strings.Join(values, " "))
		return
	}
	for i, v := range values {
		values[i] = oneLine(v)
	}
	s.line(strings.Join(values, "\t"))
}

func (s *summing) end() string {
	if s.board {
		return s.sorted(s.lines)
	}
	return s.hex()
}

// indexes finds the columns that are summed among the headings.
func (t *claims) indexes(headings []string) ([]int, error) {
	var at []int
	for _, c := range t.columns {
		i := slices.Index(headings, c)
		if i < 0 {
			return nil, fmt.Errorf("the column %q is not in the file", c)
		}
		at = append(at, i)
	}
	return at, nil
}

// verifyTable sums the rows of a table, each of which rows gives once. What explains it comes behind them, so the rows
// are read twice.
func verifyTable(t *claims, headings []string, rows func(each func([]string) error) error) (Verdict, error) {
	name, err := t.name()
	if err != nil {
		return Verdict{}, err
	}
	at, err := t.indexes(headings)
	if err != nil {
		return Verdict{}, err
	}
	s := newSumming(t.head, name == "board")
	err = rows(func(cells []string) error {
		values := make([]string, len(at))
		for i, c := range at {
			if c < len(cells) {
				values[i] = cells[c]
			}
		}
		s.add(values)
		return nil
	})
	return Verdict{name, s.rows, t.said, s.end()}, err
}

func verifyCSV(file io.Reader) (Verdict, error) {
	data, err := io.ReadAll(file)
	if err != nil {
		return Verdict{}, err
	}
	read := func(each func(line int, cells []string) error) error {
		r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
		r.FieldsPerRecord = -1
		for line := 0; ; line++ {
			cells, err := r.Read()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := each(line, cells); err != nil {
				return err
			}
		}
	}
	var t claims
	var headings []string
	if err := read(func(line int, cells []string) error {
		if line == 0 {
			headings = cells
		} else if len(cells) == len(headings) {
			t.read(cells[len(cells)-1])
		}
		return nil
	}); err != nil {
		return Verdict{}, err
	}
	return verifyTable(&t, headings, func(each func([]string) error) error {
		return read(func(line int, cells []string) error {
			if line == 0 || cells[0] == "" {
				return nil
			}
			return each(cells)
		})
	})
}

var shownDay = regexp.MustCompile(`^\d{2}/\d{2}/\d{4}$`)

func verifyXLSX(file io.Reader) (Verdict, error) {
	x, err := excelize.OpenReader(file)
	if err != nil {
		return Verdict{}, ErrNoChecksum
	}
	defer x.Close()
	sheets := x.GetSheetList()
	if len(sheets) < 2 {
		return Verdict{}, ErrNoChecksum
	}
	about, err := x.GetRows(sheets[1])
	if err != nil {
		return Verdict{}, err
	}
	var t claims
	for _, line := range about {
		if len(line) > 1 {
			t.read(line[1])
		}
	}
	var headings []string
	body := func(each func([]string) error) error {
		rows, err := x.Rows(sheets[0])
		if err != nil {
			return err
		}
		defer rows.Close()
		for begun := false; rows.Next(); {
			cells, err := rows.Columns()
			if err != nil {
				return err
			}
			if !begun { // a title stands before the headings
				if _, err := t.indexes(cells); err == nil && len(t.columns) > 0 {
					begun, headings = true, cells
				}
				continue
			}
			if each == nil || len(cells) == 0 || cells[0] == "" { // totals have no first cell
				return rows.Error()
			}
			for i, c := range cells {
				cells[i] = Harmless(c)
				if day, err := time.Parse("02/01/2006", c); err == nil && shownDay.MatchString(c) {
					cells[i] = day.Format(time.DateOnly)
				}
			}
			if err := each(cells); err != nil {
				return err
			}
		}
		return rows.Error()
	}
	if err := body(nil); err != nil {
		return Verdict{}, err
	}
	return verifyTable(&t, headings, body)
}

// summedKeys are the columns of JSON that are summed, by report.
var summedKeys = map[string][]string{
	"board":       {"code", "base", "trained"},
	"completions": {"id", "person", "library", "communeCode", "province", "course", "strand", "completedAt", "issuedAt", "validUntil", "certificate", "register", "state"},
	"indicators":  {"code", "model", "ofCommunes", "coordinating", "libraries", "reported", "trained", "people", "readersBefore", "readersNow"},
	"missing":     {"id", "person", "library", "communeCode", "province", "strands", "done", "lessons"},
}

func verifyJSON(file io.Reader) (Verdict, error) {
	var doc struct {
		Report   string
		AsOf     Day
		Scope    *Scope
		Filter   Filter
		Base     int
		Trained  int
		Rows     []map[string]any
		Checksum string
		By       string
		Province string
		KnownOn  Day
	}
	d := json.NewDecoder(bufio.NewReader(file))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil || !hexSum.MatchString(doc.Checksum) {
		return Verdict{}, ErrNoChecksum
	}
	r := Report{Name: doc.Report, Figures: Figures{AsOf: doc.AsOf, Filter: doc.Filter, Base: doc.Base, Trained: doc.Trained}}
	if doc.Scope != nil {
		r.Figures.Scope = *doc.Scope
	} else {
		r.Name = "board"
		r.Figures.Scope.By, r.Figures.Scope.Province, r.Figures.Scope.KnownOn = roster.List(doc.By), doc.Province, doc.KnownOn
	}
	keys, ok := summedKeys[r.Name]
	if !ok {
		return Verdict{}, ErrNoChecksum
	}
	s := newSumming(r.head(), r.Name == "board")
	for _, row := range doc.Rows {
		var values []string
		for _, key := range keys {
			if value, there := row[key]; there {
				values = append(values, jsonValue(value))
			}
		}
		s.add(values)
	}
	return Verdict{r.Name, s.rows, doc.Checksum, s.end()}, nil
}

// jsonValue is a value of JSON as the checksum has it.
func jsonValue(v any) string {
	switch v := v.(type) {
	case string:
		return Harmless(v)
	case json.Number:
		return v.String()
	case []any:
		var words []string
		for _, w := range v {
			words = append(words, jsonValue(w))
		}
		return strings.Join(words, ";")
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}
