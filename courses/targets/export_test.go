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
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/store"
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

// school is a region with someone in every state.
func school(t testing.TB) *region {
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
	_, err := store.Update(r.ctx, r.Store, courses.CertificateKind, forever.ID, func(c *courses.Certificate) error { c.ValidUntil = courses.Forever; return nil })
	r.check(err)
	r.restates(son)
	r.clock = day(4)
	r.revokes(lost)
	r.clock = short.ValidUntil.AddDate(0, 0, 4)
	return r
}

// halfway tells of everyone that they did 3 of 8 lessons.
func halfway(context.Context, string, []courses.Strand, time.Time) (int, int, error) {
	return 3, 8, nil
}

// reports makes each of the reports; they are closed with the test.
func (r *region) reports(t testing.TB, s Scope, asOf time.Time) map[string]*Report {
	t.Helper()
	all := map[string]*Report{"board": r.reads(s.By, s.Province, asOf).Report()}
	var err error
	all["completions"], err = r.Completions(r.ctx, s, asOf)
	r.check(err)
	all["missing"], err = r.Missing(r.ctx, s, asOf, halfway)
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
	r := school(t)
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
	for _, line := range all {
		switch {
		case strings.HasPrefix(line[0], "#"):
			about = append(about, line[:2])
		case strings.Join(line, "") != "":
			rows = append(rows, line)
		}
	}
	return rows, about
}

// The three formats have the same rows, totals and checksum, whoever writes them and when.
func TestFormatsAgree(t *testing.T) {
	r := school(t)
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
					if strings.TrimPrefix(about[i][0], "# ") != aboutSheet[i][0] || about[i][1] != aboutSheet[i][1] {
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
	text := fmt.Sprintf("lopban %s 1\nby %s\nprovince %s\n%sasOf %s\nbase %d %d\n", name, l.Scope.By, province, commune, l.AsOf, l.Base, l.Trained)
	for _, row := range l.Rows {
		d := json.NewDecoder(bytes.NewReader(row))
		var values []string
		for depth := 0; d.More() || depth == 0; depth++ { // the object's opening, then key and value by turns
			if depth == 0 {
				if _, err := d.Token(); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if _, err := d.Token(); err != nil {
				t.Fatal(err)
			}
			var v json.RawMessage
			if err := d.Decode(&v); err != nil {
				t.Fatal(err)
			}
			values = append(values, string(v))
		}
		text += "[" + strings.Join(values, ",") + "]\n"
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
			width := len(raw[0])
			var cells []string
			for col := range width {
				cells = append(cells, asCSV(t, x, sheet, col, line))
			}
			if i == 0 {
				rows = append(rows, cells)
			} else {
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
	r := school(t)
	w := words(t, "vi")
	report := r.reports(t, Scope{By: roster.Present}, time.Time{})["completions"]
	x, err := excelize.OpenReader(bytes.NewReader(written(t, report, XLSX, w)))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	sheet := x.GetSheetList()[0]
	head, _ := x.GetCellStyle(sheet, "A1")
	if style, err := x.GetStyle(head); err != nil || style.Font == nil || !style.Font.Bold {
		t.Errorf("the head is not bold: %+v, %v", style, err)
	}
	if panes, err := x.GetPanes(sheet); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the first row is not frozen: %+v, %v", panes, err)
	}
	for i, c := range report.Columns {
		name, _ := excelize.ColumnNumberToName(i + 1)
		if width, err := x.GetColWidth(sheet, name); err != nil || width != c.Width {
			t.Errorf("column %s is %v wide, want %v (%v)", c.Key, width, c.Width, err)
		}
	}
	col := slices.IndexFunc(report.Columns, func(c Column) bool { return c.Key == "completedAt" })
	at, _ := excelize.CoordinatesToCellName(col+1, 2)
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
	r := school(t)
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
	r := school(t)
	list := r.reports(t, Scope{By: roster.Present, Province: "08"}, time.Time{})["missing"]
	want := []string{
		"Lò Văn Nam [library-service] 3 8 37.5", "Đặng Thị Ánh [library-service reading-promotion] 3 8 37.5", "Giàng A Páo [library-service reading-promotion] 3 8 37.5",
	}
	if got := told(rowsOf(t, list), "person", "strands", "done", "lessons", "progress"); !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
	bare, err := r.Missing(r.ctx, Scope{By: roster.Present, Province: "08", Commune: phuLinh}, day(3), nil)
	r.check(err)
	defer bare.Close()
	want = []string{"Đặng Thị Ánh [library-service reading-promotion] <nil>", "Giàng A Páo [reading-promotion] <nil>"}
	if got := told(rowsOf(t, bare), "person", "strands", "progress"); !slices.Equal(got, want) {
		t.Errorf("on day 3:\n%q\nwant\n%q", got, want)
	}
	failing := errors.New("no progress")
	broken, err := r.Missing(r.ctx, Scope{By: roster.Present}, time.Time{}, func(context.Context, string, []courses.Strand, time.Time) (int, int, error) { return 0, 0, failing })
	r.check(err)
	defer broken.Close()
	if err := broken.Write(t.Context(), io.Discard, CSV, words(t, "vi")); !errors.Is(err, failing) {
		t.Errorf("a failing progress gives %v", err)
	}
}

// The roster that is exported is one that can be imported: the columns are the roster's own.
func TestRosterColumns(t *testing.T) {
	r := school(t)
	left := r.hires("Sùng A Lử", phuLinh)
	r.leaves(left)
	report := r.reports(t, Scope{By: roster.Present, Province: "08"}, time.Time{})["roster"]
	rows, _ := readCSV(t, written(t, report, CSV, words(t, "vi")))
	if !slices.Equal(rows[0], roster.ExportColumns("vi")) || len(rows[0]) != len(report.Columns) {
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
	_, errs[0] = r.Completions(r.ctx, bad, time.Time{})
	_, errs[1] = r.Missing(r.ctx, bad, time.Time{}, nil)
	_, errs[2] = r.Roster(r.ctx, bad)
	errs[3] = r.reads(roster.Present, "", time.Time{}).Report().Write(r.ctx, io.Discard, "pdf", Words{})
	for i, err := range errs {
		if p := (*store.Problem)(nil); !errors.As(err, &p) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestAnExportedRosterIsImportedAgain(t *testing.T) {
	r := school(t)
	_, err := r.roll.Add(r.ctx, roster.Entry{Name: "Sùng Thị Mỷ", Phone: "+84912345678", Post: "=Công chức", Library: "-Thư viện xã", Commune: phuLinh, On: r.today()}, "staff")
	r.check(err)
	report, err := r.Roster(r.ctx, Scope{By: roster.Present, Province: "08"})
	r.check(err)
	defer report.Close()
	for _, format := range []string{CSV, XLSX} {
		for _, lang := range []string{"vi", "en"} {
			file := written(t, report, format, words(t, lang))
			im, err := r.roll.Preview(r.ctx, "08", bytes.NewReader(file), "roster."+format, roster.DefaultLimits)
			r.check(err)
			if im.Count(roster.Same) != 5 || len(im.Rows) != 5 {
				t.Errorf("%s %s: %d of %d rows are the same: %+v", format, lang, im.Count(roster.Same), len(im.Rows), im.Rows)
			}
		}
	}
}

func TestFirst(t *testing.T) {
	list := school(t).reports(t, Scope{By: roster.Present, Province: "08"}, time.Time{})["missing"]
	for n, want := range map[int][]string{0: nil, 2: {"Lò Văn Nam", "Đặng Thị Ánh"}, 9: {"Lò Văn Nam", "Đặng Thị Ánh", "Giàng A Páo"}} {
		rows, err := list.First(t.Context(), n)
		if got := told(rows, "person"); err != nil || !slices.Equal(got, want) {
			t.Errorf("the first %d: %q, %v", n, got, err)
		}
	}
}

var hostile = []string{"=1+1", "+84912", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "=cmd|' /C calc'!A0", "'=1", `a"b,c`, "hai\r\ndòng", "<b>&amp;</b>", "_x0041_", "\x00\x1b", "Lò Văn Nam", "", " =1"}

// listOf is a report with these texts, two to a row, as an untrusted source may have them.
func listOf(t testing.TB, texts []string) *Report {
	t.Helper()
	r, err := list(&Board{Temp: t.TempDir()}, "missing", place.compare, []Column{{"id", 12}, {"person", 20}},
		func(rows *spill[place]) (Figures, error) {
			for i, s := range texts {
				if err := rows.add(place{Sort: fmt.Sprintf("%06d", i), ID: s}); err != nil {
					return Figures{}, err
				}
			}
			return Figures{Scope: Scope{By: roster.Present}, AsOf: "2026-01-01"}, nil
		}, func(_ context.Context, p place) ([]any, error) { return []any{p.Sort, p.ID}, nil })
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
		if s == strings.TrimLeft(s, "=+-@\t\r\n＝") && cell != strings.ReplaceAll(s, "\r\n", "\n") {
			t.Errorf("harmless %q is written to CSV as %q", s, cell)
		}
		at := fmt.Sprintf("B%d", i+2)
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
	columns := []Column{{"id", 12}, {"person", 28}, {"library", 34}, {"commune", 24}, {"state", 12}, {"completedAt", 12}, {"done", 9}}
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

// A reader who goes away ends the work within a second, and nothing is left in the folder for files.
func TestWritingStops(t *testing.T) {
	w := words(t, "vi")
	for _, format := range []string{CSV, XLSX, JSON} {
		r := many(t, 60_000)
		ctx, cancel := context.WithCancel(t.Context())
		inner, n := r.rows, 0
		var at time.Time
		r.rows = func(ctx context.Context, each func([]any) error) error {
			return inner(ctx, func(cells []any) error {
				if n++; n == 40_000 {
					at = time.Now()
					cancel()
				}
				return each(cells)
			})
		}
		err := r.Write(ctx, io.Discard, format, w)
		if took := time.Since(at); !errors.Is(err, context.Canceled) || took > time.Second {
			t.Errorf("%s: %v after %v", format, err, took)
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
	for _, report := range school(t).reports(t, Scope{By: roster.Present}, time.Time{}) {
		written(t, report, CSV, w)
		written(t, report, XLSX, w)
	}
	for key := range maps.Keys(all) {
		if !asked[key] && !strings.HasPrefix(key, "kind.") && key != "scope.programme" {
			t.Errorf("message %q is not used", key)
		}
	}
}
