package targets

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"lopban/content"
	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/school"
	"lopban/courses/store/storetest"
	"lopban/courses/workbook"
)

var update = flag.Bool("update", false, "write the golden files")

// words are the messages that reports use.
func words(t testing.TB, lang string) Words {
	t.Helper()
	data, err := os.ReadFile("testdata/messages.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]map[string]string
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return Words{lang, func(key string) string {
		text, ok := all[key][lang]
		if !ok {
			t.Errorf("no message %q", key)
		}
		return text
	}}
}

// everyState is a region with someone in every state.
func everyState(t testing.TB) *region {
	t.Helper()
	r := newRegion(t)
	mai, nam, pao := r.hires("Vàng Thị Mai", ngocDuong), r.hires("Lò Văn Nam", ngocDuong), r.hires("Giàng A Páo", phuLinh)
	r.hires("Đặng Thị Ánh", phuLinh)
	son := r.hires("Hà Thị Sơn", communeOf(t, r.Places, "14", "14"))
	r.clock = day(2)
	r.trains(mai, 365)
	short := r.earns(nam, svc, 3)
	wrong := r.earns(nam, prm, 400)
	r.clock = day(3)
	r.reissues(wrong)
	lost := r.earns(pao, svc, 400)
	forever := r.earns(son, svc, 1)
	_, err := storetest.Tamper(r.ctx, r.Store, school.CertificateKind, forever.ID, func(c *courses.Certificate) error { c.ValidUntil = courses.Forever; return nil })
	r.check(err)
	r.refreshes(son)
	r.clock = day(4)
	r.revokes(lost)
	r.clock = short.ValidUntil.AddDate(0, 0, 4)
	return r
}

// halfway tells of everyone that they did 3 of 8 lessons.
func halfway(_ context.Context, people []Lacking, _ time.Time) ([]Lessons, error) {
	return slices.Repeat([]Lessons{{3, 8}}, len(people)), nil
}

// reports makes each of the reports; they are closed with the test.
func (r *region) reports(t testing.TB, s Scope, asOf time.Time) map[string]*Report {
	t.Helper()
	all := map[string]*Report{"board": r.reads(s.By, s.Province, asOf).Report()}
	var err error
	all["completions"], err = r.Completions(r.ctx, s, asOf, Filter{})
	r.check(err)
	all["missing"], err = r.Missing(r.ctx, s, asOf, halfway, false)
	r.check(err)
	if asOf.IsZero() {
		all["roster"], err = r.Roster(r.ctx, s)
		r.check(err)
	}
	t.Cleanup(func() {
		for _, report := range all {
			if err := report.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return all
}

func written(t testing.TB, r *Report, format string, w Words) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(t.Context(), &b, format, w); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	r := everyState(t)
	files := map[string][]byte{}
	for name, report := range r.reports(t, Scope{By: roster.Present}, time.Time{}) {
		files[name+".csv"] = written(t, report, CSV, words(t, "vi"))
		files[name+".en.csv"] = written(t, report, CSV, words(t, "en"))
		files[name+".json"] = written(t, report, JSON, Words{})
	}
	for name, got := range files {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs (go test -update writes it):\n%s", name, got)
		}
	}
}

type jsonList struct {
	AsOf     Day
	Scope    Scope
	Base     int
	Trained  int
	Checksum string
	Rows     []json.RawMessage
}

func readJSON(t testing.TB, data []byte) (l jsonList) {
	t.Helper()
	if err := json.Unmarshal(data, &l); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return l
}

// readCSV gives the rows, and the values of the lines after them by their place.
func readCSV(t testing.TB, data []byte) (rows [][]string, about [][]string) {
	t.Helper()
	text, ok := bytes.CutPrefix(data, []byte("\ufeff"))
	if !ok {
		t.Fatal("no byte order mark")
	}
	if bytes.Count(text, []byte("\n")) != bytes.Count(text, []byte("\r\n")) {
		t.Error("a line does not end with CR LF")
	}
	all, err := csv.NewReader(bytes.NewReader(text)).ReadAll() // every line has as many cells as the first
	if err != nil {
		t.Fatal(err)
	}
	width := len(all[0])
	if explained := width > 3 && all[0][width-3] == ""; explained { // an empty column, and two that explain
		width -= 3
	}
	for _, line := range all {
		switch {
		case strings.Join(line[:width], "") != "":
			rows = append(rows, line[:width])
		case strings.Join(line, "") != "":
			about = append(about, line[width+1:])
		}
	}
	return rows, about
}

// The three formats have the same rows, totals and checksum, whoever writes them and when.
func TestFormatsAgree(t *testing.T) {
	r := everyState(t)
	for _, s := range []Scope{{By: roster.Present}, {By: roster.Present, Province: "08"}, {By: roster.Programme, Province: "02"}, {By: roster.Present, Province: "08", Commune: phuLinh}} {
		for _, asOf := range []time.Time{{}, day(3)} {
			for name, report := range r.reports(t, s, asOf) {
				w := words(t, "vi")
				rows, about := readCSV(t, written(t, report, CSV, w))
				sheet, aboutSheet := readXLSX(t, written(t, report, XLSX, w), w, name)
				if !slices.EqualFunc(rows, sheet, slices.Equal) {
					t.Errorf("%s %+v: CSV and XLSX differ\n%q\n%q", name, s, rows, sheet)
				}
				if name == "roster" {
					about = aboutSheet
				}
				for i := range about {
					if about[i][0] != aboutSheet[i][0] || about[i][1] != aboutSheet[i][1] {
						t.Errorf("%s %+v: %q and %q", name, s, about[i], aboutSheet[i])
					}
				}
				sum := about[len(about)-1][1]
				if name == "board" {
					var f Figures
					if err := json.Unmarshal(written(t, report, JSON, w), &f); err != nil || f.Checksum != sum || len(f.Rows) != len(rows)-1 {
						t.Errorf("board: JSON and CSV differ: %v", err)
					}
					continue
				}
				l := readJSON(t, written(t, report, JSON, w))
				if l.Checksum != sum || sum != documented(t, name, l) || len(l.Rows) != len(rows)-1 || l.Scope != s || l.Base != report.Figures.Base {
					t.Errorf("%s %+v: %s in JSON, %s in CSV, %s by the text in Write's comment; %d and %d rows", name, s, l.Checksum, sum, documented(t, name, l), len(l.Rows), len(rows)-1)
				}
				if name == "missing" && len(l.Rows) != l.Base-l.Trained {
					t.Errorf("%+v: %d rows, %d of %d trained", s, len(l.Rows), l.Trained, l.Base)
				}
			}
		}
	}
}

// documented makes the checksum of a list from its JSON, as the comment of Write says.
func documented(t testing.TB, name string, l jsonList) string {
	t.Helper()
	province, commune := l.Scope.Province, ""
	if province == "" {
		province = "-"
	}
	if l.Scope.Commune != "" {
		commune = "commune " + l.Scope.Commune + "\n"
	}
	text := fmt.Sprintf("lopban %s 2\nby %s\nprovince %s\n%sasOf %s\nbase %d %d\n", name, l.Scope.By, province, commune, l.AsOf, l.Base, l.Trained)
	keys := "id person library communeCode province course strand completedAt issuedAt validUntil certificate register state"
	switch name {
	case "missing":
		keys = "id person library communeCode province strands done lessons"
	case "roster":
		keys = "id person phone post library kind communeCode commune since"
	}
	for _, raw := range l.Rows {
		var row map[string]any
		if err := json.Unmarshal(raw, &row); err != nil {
			t.Fatal(err)
		}
		var values []string
		for _, key := range strings.Fields(keys) {
			switch v := row[key].(type) {
			case nil:
				values = append(values, "")
			case []any:
				values = append(values, strings.ReplaceAll(strings.Trim(fmt.Sprint(v), "[]"), " ", ";"))
			default:
				values = append(values, fmt.Sprint(v))
			}
		}
		text += strings.Join(values, "\t") + "\n"
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
}

// readXLSX gives the cells of both sheets as CSV would have them.
func readXLSX(t testing.TB, data []byte, w Words, name string) (rows, about [][]string) {
	t.Helper()
	x, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	sheets := x.GetSheetList()
	if len(sheets) != 2 || sheets[0] != sheetName(w.Text("report."+name)) {
		t.Fatalf("sheets %q", sheets)
	}
	for i, sheet := range sheets {
		raw, err := x.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for line := range raw {
			width := len(raw[min(line, 3)])
			if i == 0 && name != "roster" {
				width = len(raw[3])
			} else if i == 0 {
				width = len(raw[0])
			}
			var cells []string
			if i == 0 && name != "roster" && line > 3 && (len(raw[line]) == 0 || raw[line][0] == "") {
				continue // totals
			}
			for col := range width {
				cells = append(cells, asCSV(t, x, sheet, col, line))
			}
			switch {
			case i == 0 && name != "roster" && (line < 3 || len(raw[line]) == 0 || raw[line][0] == ""):
				// the title, and the totals
			case i == 0:
				rows = append(rows, cells)
			default:
				about = append(about, cells)
			}
		}
	}
	return rows, about
}

func asCSV(t testing.TB, x *excelize.File, sheet string, col, line int) string {
	t.Helper()
	at, _ := excelize.CoordinatesToCellName(col+1, line+1)
	value, err := x.GetCellValue(sheet, at, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	if formula, _ := x.GetCellFormula(sheet, at); formula != "" {
		t.Errorf("%s!%s is a formula: %s", sheet, at, formula)
	}
	id, _ := x.GetCellStyle(sheet, at)
	style, err := x.GetStyle(id)
	if err != nil || style.CustomNumFmt == nil || value == "" {
		return value
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		t.Errorf("%s!%s is %q, not a number", sheet, at, value)
	}
	if *style.CustomNumFmt == "dd/mm/yyyy" {
		d, err := excelize.ExcelDateToTime(n, false)
		if err != nil {
			t.Error(err)
		}
		return d.Format(time.DateOnly)
	}
	return strconv.FormatFloat(n, 'f', 1, 64)
}

func TestXLSXIsTyped(t *testing.T) {
	r := everyState(t)
	w := words(t, "vi")
	report := r.reports(t, Scope{By: roster.Present}, time.Time{})["completions"]
	x, err := excelize.OpenReader(bytes.NewReader(written(t, report, XLSX, w)))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	sheet := x.GetSheetList()[0]
	head, _ := x.GetCellStyle(sheet, "A4")
	if style, err := x.GetStyle(head); err != nil || style.Font == nil || !style.Font.Bold {
		t.Errorf("the head is not bold: %+v, %v", style, err)
	}
	if panes, err := x.GetPanes(sheet); err != nil || !panes.Freeze || panes.YSplit != 4 {
		t.Errorf("the heading is not frozen: %+v, %v", panes, err)
	}
	for i, c := range report.Columns {
		name, _ := excelize.ColumnNumberToName(i + 1)
		if width, err := x.GetColWidth(sheet, name); err != nil || width != c.Width {
			t.Errorf("column %s is %v wide, want %v (%v)", c.Key, width, c.Width, err)
		}
	}
	col := slices.IndexFunc(report.Columns, func(c Column) bool { return c.Key == "completedAt" })
	at, _ := excelize.CoordinatesToCellName(col+1, 5)
	if shown, _ := x.GetCellValue(sheet, at); shown != "02/01/2026" {
		t.Errorf("a date is shown as %q", shown)
	}
	if kind, _ := x.GetCellType(sheet, at); kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
		t.Errorf("a date is kept as type %d", kind)
	}
}

func rowsOf(t testing.TB, r *Report) []map[string]any {
	t.Helper()
	var l struct{ Rows []map[string]any }
	if err := json.Unmarshal(written(t, r, JSON, Words{}), &l); err != nil {
		t.Fatal(err)
	}
	return l.Rows
}

// told is a column of the rows, in their order.
func told(rows []map[string]any, columns ...string) []string {
	var all []string
	for _, r := range rows {
		var one []string
		for _, c := range columns {
			one = append(one, fmt.Sprint(r[c]))
		}
		all = append(all, strings.Join(one, " "))
	}
	return all
}

func TestCompletions(t *testing.T) {
	r := everyState(t)
	now := r.reports(t, Scope{By: roster.Present, Province: "08"}, time.Time{})
	want := []string{ // by commune, then given name, then certificate
		"Vàng Thị Mai LS1 valid", "Vàng Thị Mai RP1 valid", "Lò Văn Nam LS1 expired", "Lò Văn Nam RP1 replaced", "Lò Văn Nam RP1 valid", "Giàng A Páo LS1 revoked",
	}
	if got := told(rowsOf(t, now["completions"]), "person", "course", "state"); !slices.Equal(got, want) {
		t.Errorf("now:\n%q\nwant\n%q", got, want)
	}
	then := r.reports(t, Scope{By: roster.Present, Province: "08"}, day(2))
	want = []string{"Vàng Thị Mai LS1 valid", "Vàng Thị Mai RP1 valid", "Lò Văn Nam LS1 valid", "Lò Văn Nam RP1 valid"}
	if got := told(rowsOf(t, then["completions"]), "person", "course", "state"); !slices.Equal(got, want) {
		t.Errorf("on day 2:\n%q\nwant\n%q", got, want)
	}
	elsewhere := r.reports(t, Scope{By: roster.Programme, Province: "14"}, time.Time{})
	if got := told(rowsOf(t, elsewhere["completions"]), "person", "state", "validUntil"); !slices.Equal(got, []string{"Hà Thị Sơn valid <nil>"}) {
		t.Errorf("in Sơn La: %q", got)
	}
}

// A certificate stays with the place where it was earned; the person counts where they are.
func TestCompletionsOfPeopleWhoMoved(t *testing.T) {
	r := newRegion(t)
	p := r.hires("Vàng Thị Mai", ngocDuong)
	r.trains(p, 100)
	r.clock = day(9)
	r.moves(p, communeOf(t, r.Places, "14", "14"))
	for province, want := range map[string]struct{ certificates, people int }{"08": {2, 0}, "14": {0, 1}} {
		reports := r.reports(t, Scope{By: roster.Present, Province: province}, time.Time{})
		if n := len(rowsOf(t, reports["completions"])); n != want.certificates || reports["board"].Figures.Trained != want.people {
			t.Errorf("%s: %d certificates, %d people", province, n, reports["board"].Figures.Trained)
		}
	}
}

func TestMissingList(t *testing.T) {
	r := everyState(t)
	list := r.reports(t, Scope{By: roster.Present, Province: "08"}, time.Time{})["missing"]
	want := []string{
		"Lò Văn Nam [library-service] 3 8 37.5", "Đặng Thị Ánh [library-service reading-promotion] 3 8 37.5", "Giàng A Páo [library-service reading-promotion] 3 8 37.5",
	}
	if got := told(rowsOf(t, list), "person", "strands", "done", "lessons", "progress"); !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
	bare, err := r.Missing(r.ctx, Scope{By: roster.Present, Province: "08", Commune: phuLinh}, day(3), nil, false)
	r.check(err)
	defer bare.Close()
	want = []string{"Đặng Thị Ánh [library-service reading-promotion] <nil>", "Giàng A Páo [reading-promotion] <nil>"}
	if got := told(rowsOf(t, bare), "person", "strands", "progress"); !slices.Equal(got, want) {
		t.Errorf("on day 3:\n%q\nwant\n%q", got, want)
	}
	failing := errors.New("no progress")
	broken, err := r.Missing(r.ctx, Scope{By: roster.Present}, time.Time{}, func(context.Context, []Lacking, time.Time) ([]Lessons, error) { return nil, failing }, false)
	r.check(err)
	defer broken.Close()
	if err := broken.Write(t.Context(), io.Discard, CSV, words(t, "vi")); !errors.Is(err, failing) {
		t.Errorf("a failing progress gives %v", err)
	}
}

// The roster that is exported is one that can be imported: the columns are the roster's own.
func TestRosterColumns(t *testing.T) {
	r := everyState(t)
	left := r.hires("Sùng A Lử", phuLinh)
	r.leaves(left)
	report := r.reports(t, Scope{By: roster.Present, Province: "08"}, time.Time{})["roster"]
	rows, _ := readCSV(t, written(t, report, CSV, words(t, "vi")))
	if !slices.Equal(rows[0], intake.ExportColumns("vi")) || len(rows[0]) != len(report.Columns) {
		t.Errorf("columns %q", rows[0])
	}
	if len(rows) != 5 {
		t.Errorf("%d rows, want the four who hold a post: %q", len(rows)-1, rows)
	}
}

func TestReportsRefuse(t *testing.T) {
	r := newRegion(t)
	bad := Scope{By: roster.Present, Province: "14", Commune: ngocDuong}
	var errs [4]error
	_, errs[0] = r.Completions(r.ctx, bad, time.Time{}, Filter{})
	_, errs[1] = r.Missing(r.ctx, bad, time.Time{}, nil, false)
	_, errs[2] = r.Roster(r.ctx, bad)
	errs[3] = r.reads(roster.Present, "", time.Time{}).Report().Write(r.ctx, io.Discard, "pdf", Words{})
	for i, err := range errs {
		if p := (*problem.Problem)(nil); !errors.As(err, &p) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestAnExportedRosterIsImportedAgain(t *testing.T) {
	r := everyState(t)
	_, err := r.roll.Add(r.ctx, roster.Entry{Name: "Sùng Thị Mỷ", Phone: "+84912345678", Post: "=Công chức", Library: "-Thư viện xã", Commune: phuLinh, On: r.today()}, "staff")
	r.check(err)
	report, err := r.Roster(r.ctx, Scope{By: roster.Present, Province: "08"})
	r.check(err)
	defer report.Close()
	lexicon, err := intake.ReadLexicon(content.FS)
	r.check(err)
	for _, format := range []string{CSV, XLSX} {
		for _, lang := range []string{"vi", "en"} {
			file := written(t, report, format, words(t, lang))
			book, err := lexicon.Read(bytes.NewReader(file), "roster."+format, workbook.DefaultLimits)
			r.check(err)
			im, err := lexicon.Preview(r.ctx, r.roll, "08", book, intake.Choices{}, workbook.DefaultLimits)
			r.check(err)
			if im.Count(intake.Same) != 5 || len(im.Rows) != 5 {
				t.Errorf("%s %s: %d of %d rows are the same: %+v", format, lang, im.Count(intake.Same), len(im.Rows), im.Rows)
			}
		}
	}
}

func TestFirst(t *testing.T) {
	list := everyState(t).reports(t, Scope{By: roster.Present, Province: "08"}, time.Time{})["missing"]
	for n, want := range map[int][]string{0: nil, 2: {"Lò Văn Nam", "Đặng Thị Ánh"}, 9: {"Lò Văn Nam", "Đặng Thị Ánh", "Giàng A Páo"}} {
		rows, err := list.First(t.Context(), n)
		if got := told(rows, "person"); err != nil || !slices.Equal(got, want) {
			t.Errorf("the first %d: %q, %v", n, got, err)
		}
	}
}

var hostile = []string{"=1+1", "+84912", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "=cmd|' /C calc'!A0", "'=1", `a"b,c`, "hai\r\ndòng", "<b>&amp;</b>", "_x0041_", "\x00\x1b", "Lò Văn Nam", "", " =1", "Thư viện ;=1+1", "a;-1;  @b;c", "a|=1", "x\t=1"}

// listOf is a report with these texts, two to a row, as an untrusted source may have them.
func listOf(t testing.TB, texts []string) *Report {
	t.Helper()
	r, err := list(&Board{Temp: t.TempDir()}, "missing", place.compare, []Column{{Key: "id", Width: 12}, {Key: "person", Width: 20}, {Key: "library", Width: 9}},
		func(rows *spill[place]) (Figures, error) {
			for i, s := range texts {
				if err := rows.add(place{Sort: fmt.Sprintf("%06d", i), ID: s}); err != nil {
					return Figures{}, err
				}
			}
			return Figures{Scope: Scope{By: roster.Present}, AsOf: "2026-01-01"}, nil
		}, func(_ context.Context, p place) ([]any, error) { return []any{p.Sort, p.ID, "x"}, nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func TestHostileCells(t *testing.T) {
	r := listOf(t, hostile)
	w := words(t, "vi")
	rows, _ := readCSV(t, written(t, r, CSV, w))
	x, err := excelize.OpenReader(bytes.NewReader(written(t, r, XLSX, w)))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for i, s := range hostile {
		cell := rows[i+1][1]
		if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r\n") || strings.HasPrefix(cell, "＝") {
			t.Errorf("%q is written to CSV as %q", s, cell)
		}
		if regexp.MustCompile(`[;\t|]\s*[=+\-@＝＋－＠]`).MatchString(cell) {
			t.Errorf("%q is written to CSV as %q, which is split where lists are separated otherwise", s, cell)
		}
		if s == strings.TrimLeft(s, "=+-@\t\r\n＝") && !strings.ContainsAny(s, ";|\t") && cell != strings.ReplaceAll(s, "\r\n", "\n") {
			t.Errorf("harmless %q is written to CSV as %q", s, cell)
		}
		at := fmt.Sprintf("B%d", i+5)
		kind, _ := x.GetCellType(x.GetSheetName(0), at)
		if formula, _ := x.GetCellFormula(x.GetSheetName(0), at); formula != "" || kind != excelize.CellTypeInlineString {
			t.Errorf("%q is written to XLSX as type %d, formula %q", s, kind, formula)
		}
		value, err := x.GetCellValue(x.GetSheetName(0), at)
		clean := strings.NewReplacer("\x00", "\ufffd", "\x1b", "\ufffd", "\r\n", "\n", "\r", "\n").Replace(s)
		if got := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(value); err != nil || got != clean {
			t.Errorf("%q reads back from XLSX as %q (%v)", s, value, err)
		}
	}
}

func TestSheetName(t *testing.T) {
	for name, want := range map[string]string{"Thông tin": "Thông tin", "a/b[c]:d*?\\": "a b c  d", "'x'": "x", strings.Repeat("ư", 40): strings.Repeat("ư", 31)} {
		if got := sheetName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

// many is a report of n rows of seven cells.
func many(t testing.TB, n int) *Report {
	t.Helper()
	columns := []Column{{Key: "id", Width: 12}, {Key: "person", Width: 28}, {Key: "library", Width: 34}, {Key: "commune", Width: 24}, {Key: "state", Width: 12}, {Key: "completedAt", Width: 12}, {Key: "done", Width: 9}}
	r, err := list(&Board{Temp: t.TempDir()}, "completions", place.compare, columns, func(rows *spill[place]) (Figures, error) {
		for i := range n {
			if err := rows.add(place{Province: "08", Commune: strconv.Itoa(i % 124), Sort: "k", ID: fmt.Sprintf("%010d", i*7919%n)}); err != nil {
				return Figures{}, err
			}
		}
		return Figures{Scope: Scope{By: roster.Present}, AsOf: "2026-01-01"}, nil
	}, func(_ context.Context, p place) ([]any, error) {
		return []any{p.ID, "Vàng Thị Mai", "Thư viện xã Ngọc Đường", p.Commune, term{"state", "valid"}, Day("2026-01-01"), 12}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func TestRowsAreSorted(t *testing.T) {
	const n = 3*spillRows + 17
	r := many(t, n)
	for range 2 { // a report can be written again
		last, got := place{}, 0
		err := r.rows(t.Context(), func(cells []any) error {
			next := place{Province: "08", Commune: cells[3].(string), Sort: "k", ID: cells[0].(string)}
			if last.compare(next) >= 0 {
				return fmt.Errorf("%+v after %+v", next, last)
			}
			last = next
			got++
			return nil
		})
		if err != nil || got != n {
			t.Fatalf("%d rows, %v", got, err)
		}
	}
}

// Memory does not grow with the number of rows, in any format.
func TestConstantMemory(t *testing.T) {
	const rows = 100_000
	r := many(t, rows)
	w := words(t, "vi")
	inner := r.rows
	for _, format := range []string{CSV, XLSX, JSON} {
		var heap [2]uint64
		n := 0
		r.rows = func(ctx context.Context, each func([]any) error) error {
			return inner(ctx, func(cells []any) error {
				if n++; n == rows/4 || n == rows-1 {
					var m runtime.MemStats
					runtime.GC()
					runtime.ReadMemStats(&m)
					heap[n*2/rows] = m.HeapAlloc
				}
				return each(cells)
			})
		}
		if err := r.Write(t.Context(), io.Discard, format, w); err != nil {
			t.Fatal(err)
		}
		if grown := int64(heap[1]) - int64(heap[0]); heap[0] == 0 || grown > 2<<20 {
			t.Errorf("%s: %d KiB at a quarter, %d KiB at the end", format, heap[0]>>10, heap[1]>>10)
		}
	}
}

// A reader who goes away ends the work: hardly a row more is looked at, and nothing is left in the folder for files.
func TestWritingStops(t *testing.T) {
	w := words(t, "vi")
	for _, format := range []string{CSV, XLSX, JSON} {
		r := many(t, 60_000)
		ctx, cancel := context.WithCancel(t.Context())
		const until = 40_000
		inner, n := r.rows, 0
		r.rows = func(ctx context.Context, each func([]any) error) error {
			return inner(ctx, func(cells []any) error {
				if n++; n == until {
					cancel()
				}
				return each(cells)
			})
		}
		err := r.Write(ctx, io.Discard, format, w)
		if more := n - until; !errors.Is(err, context.Canceled) || more > until/10 {
			t.Errorf("%s: %v after %d more rows", format, err, more)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := filepath.Glob(r.temp + "/*"); left != nil {
			t.Errorf("%s: files left: %q", format, left)
		}
	}
}

// The archive is the last thing written; it too ends when the reader is gone.
func TestArchiveStops(t *testing.T) {
	r := many(t, 20_000)
	ctx, cancel := context.WithCancel(t.Context())
	err := r.Write(ctx, writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }), XLSX, words(t, "vi"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestMessages(t *testing.T) {
	data, err := os.ReadFile("testdata/messages.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]map[string]string
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	w := Words{"vi", func(key string) string { asked[key] = true; return "x" + strconv.Itoa(len(asked)) }}
	for _, report := range everyState(t).reports(t, Scope{By: roster.Present}, time.Time{}) {
		written(t, report, CSV, w)
		written(t, report, XLSX, w)
	}
	r := everyState(t)
	narrow, err := r.Completions(r.ctx, Scope{By: roster.Present}, time.Time{}, Filter{Course: "LS1", Strand: svc, Kind: roster.CommuneLibrary, From: "2026-01-01", To: "2026-01-09", State: courses.Valid})
	r.check(err)
	defer narrow.Close()
	written(t, narrow, CSV, w)
	calls, err := r.Missing(r.ctx, Scope{By: roster.Present}, time.Time{}, nil, true)
	r.check(err)
	defer calls.Close()
	written(t, calls, CSV, w)
	known := r.knows(roster.Present, "08", day(2), "2026-01-04")
	known.Period = "2026-01"
	written(t, known.Report(), CSV, w)
	for key := range maps.Keys(all) {
		if !asked[key] && !strings.HasPrefix(key, "kind.") && key != "scope.programme" {
			t.Errorf("message %q is not used", key)
		}
	}
}
