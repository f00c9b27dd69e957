package targets

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"lopban/courses/roster"
)

// everyReport is each report of some scopes and days, by what it is.
func everyReport(t *testing.T, r *region) map[string]*Report {
	all := map[string]*Report{}
	for _, s := range []Scope{{By: roster.Present}, {By: roster.Programme, Province: "02"}, {By: roster.Present, Province: "08", Commune: phuLinh}, {By: roster.Present, Province: "04"}} {
		for _, asOf := range []time.Time{{}, day(3)} {
			for name, report := range r.reports(t, s, asOf) {
				if name != "roster" {
					all[fmt.Sprintf("%s of %+v on %v", name, s, asOf)] = report
				}
			}
		}
	}
	all["narrow"] = r.completed(t, Scope{By: roster.Present}, time.Time{}, Filter{Strand: svc, Kind: roster.OtherLibraryKind, From: "2026-01-01", State: "valid"})
	calls, err := r.Missing(r.ctx, Scope{By: roster.Present, Province: "08"}, time.Time{}, halfway, true)
	r.check(err)
	t.Cleanup(func() { calls.Close() })
	all["calls"] = calls
	all["known"] = r.knows(roster.Present, "08", day(3), "2026-01-04").Report()
	return all
}

// Whoever is given a file can make its checksum again from it, in any format and language, and it is the one of the
// others.
func TestAnyFileIsVerifiedFromItself(t *testing.T) {
	r := everyState(t)
	_, err := r.roll.Add(r.ctx, roster.Entry{Name: "Sùng Thị Mỷ", Phone: "0912345678", Post: "=Công chức", Library: "-Thư viện; =1+1", Commune: phuLinh, On: r.today()}, "staff")
	r.check(err)
	_, err = r.Rebuild(r.ctx, nil)
	r.check(err)
	for name, report := range everyReport(t, r) {
		sums := map[string]bool{}
		for _, format := range []string{CSV, XLSX, JSON} {
			for _, lang := range []string{"vi", "en"} {
				file := written(t, report, format, words(t, lang))
				v, err := Verify(bytes.NewReader(file), format)
				if err != nil || !v.Intact() || v.Report != report.Name {
					t.Errorf("%s, %s, %s: %+v, %v", name, format, lang, v, err)
				}
				if n, err := report.Count(t.Context()); err != nil || v.Rows != n {
					t.Errorf("%s, %s: %d rows were summed of %d", name, format, v.Rows, n)
				}
				sums[v.Sum] = true
			}
		}
		if len(sums) != 1 {
			t.Errorf("%s: %d checksums", name, len(sums))
		}
	}
}

// Nothing that is summed can be changed unnoticed.
func TestAChangedFileIsFound(t *testing.T) {
	r := everyState(t)
	for name, report := range r.reports(t, Scope{By: roster.Present, Province: "08"}, time.Time{}) {
		if name == "roster" {
			continue
		}
		file := string(written(t, report, CSV, words(t, "vi")))
		for _, change := range [][2]string{{"Vàng Thị Mai", "Vàng Thị Mơ"}, {"00700", "00701"}, {",3,8,", ",8,8,"}, {"2026-01-02", "2026-01-03"}, {",valid,", ",expired,"}, {"base 4 1", "base 4 2"}, {"province 08", "province 04"}, {"xã Phú Linh,2,0", "xã Phú Linh,2,1"}} {
			changed := strings.Replace(file, change[0], change[1], 1)
			if changed == file {
				continue
			}
			v, err := Verify(strings.NewReader(changed), CSV)
			if err != nil || v.Intact() {
				t.Errorf("%s, %q for %q: %+v, %v", name, change[1], change[0], v, err)
			}
		}
		lines := strings.SplitAfter(file, "\r\n")
		if v, err := Verify(strings.NewReader(strings.Join(slices.Delete(lines, 1, 2), "")), CSV); err != nil || v.Intact() {
			t.Errorf("%s without its first row: %+v, %v", name, v, err)
		}
	}
	for name, file := range map[string]string{"empty": "", "a table": "a,b\n1,2\n", "no file": "PK", "json": "{}"} {
		for _, format := range []string{CSV, XLSX, JSON} {
			if v, err := Verify(strings.NewReader(file), format); !errors.Is(err, ErrNoChecksum) {
				t.Errorf("%s as %s: %+v, %v", name, format, v, err)
			}
		}
	}
}

// The recipe that stands in the file is all that is needed: here it is followed by hand.
func TestTheRecipeInTheFile(t *testing.T) {
	r := everyState(t)
	for name, report := range r.reports(t, Scope{By: roster.Present}, time.Time{}) {
		if name == "roster" {
			continue
		}
		w := words(t, "vi")
		rows, about := readCSV(t, written(t, report, CSV, w))
		lines := map[string]string{}
		for _, l := range about {
			lines[l[0]] = l[1]
		}
		text := strings.ReplaceAll(lines["Mã kiểm tra: các dòng đầu"], " | ", "\n") + "\n"
		separator := map[bool]string{true: " ", false: "\t"}[name == "board"]
		var body []string
		for _, row := range rows[1:] {
			var values []string
			for _, column := range strings.Split(lines["Mã kiểm tra: các cột"], " | ") {
				values = append(values, row[slices.Index(rows[0], column)])
			}
			body = append(body, strings.Join(values, separator)+"\n")
		}
		if name == "board" {
			slices.Sort(body)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256([]byte(text+strings.Join(body, "")))); got != lines["Mã kiểm tra (SHA-256)"] {
			t.Errorf("%s: %s is not %s of\n%s%s", name, got, lines["Mã kiểm tra (SHA-256)"], text, body)
		}
	}
}

// A spreadsheet program that saves the file again changes its parts and not its cells.
func TestASpreadsheetThatWasSavedAgain(t *testing.T) {
	r := everyState(t)
	for name, report := range r.reports(t, Scope{By: roster.Present}, time.Time{}) {
		if name == "roster" {
			continue
		}
		x, err := excelize.OpenReader(bytes.NewReader(written(t, report, XLSX, words(t, "vi"))))
		r.check(err)
		r.check(x.SetColWidth(x.GetSheetName(0), "A", "B", 40))
		var again bytes.Buffer
		r.check(x.Write(&again))
		r.check(x.Close())
		if v, err := Verify(&again, XLSX); err != nil || !v.Intact() {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

func TestXLSXIsForPeople(t *testing.T) {
	r := everyState(t)
	w := words(t, "vi")
	open := func(report *Report) (*excelize.File, string) {
		x, err := excelize.OpenReader(bytes.NewReader(written(t, report, XLSX, w)))
		r.check(err)
		t.Cleanup(func() { x.Close() })
		return x, x.GetSheetName(0)
	}
	cell := func(x *excelize.File, at string) string {
		value, err := x.GetCellValue(x.GetSheetName(0), at)
		r.check(err)
		return value
	}
	reports := r.reports(t, Scope{By: roster.Present, Province: "08"}, time.Time{})
	for name, want := range map[string]struct{ title, orientation, area string }{
		"board": {"Bảng chỉ tiêu", "portrait", "$A:$J"}, "completions": {"Kết quả bồi dưỡng", "landscape", "$A:$P"}, "missing": {"Những người chưa được đào tạo", "landscape", "$A:$K"},
	} {
		x, sheet := open(reports[name])
		if got := cell(x, "A1"); got != want.title {
			t.Errorf("%s: title %q", name, got)
		}
		if got := cell(x, "A2"); got != "Theo tỉnh hiện nay: Tuyên Quang · Số liệu đến ngày 09/01/2026" {
			t.Errorf("%s: %q", name, got)
		}
		if panes, err := x.GetPanes(sheet); err != nil || !panes.Freeze || panes.YSplit != 4 {
			t.Errorf("%s: panes %+v, %v", name, panes, err)
		}
		layout, err := x.GetPageLayout(sheet)
		r.check(err)
		props, err := x.GetSheetProps(sheet)
		r.check(err)
		if *layout.Size != 9 || *layout.Orientation != want.orientation || *layout.FitToWidth != 1 || *layout.FitToHeight != 0 || !*props.FitToPage {
			t.Errorf("%s: page %+v, fit %v", name, layout, *props.FitToPage)
		}
		names := map[string]string{}
		for _, d := range x.GetDefinedName() {
			names[d.Name] = d.RefersTo
		}
		if !strings.HasSuffix(names["_xlnm.Print_Area"], want.area) || !strings.HasSuffix(names["_xlnm.Print_Titles"], "!$4:$4") {
			t.Errorf("%s: %v", name, names)
		}
	}
	x, sheet := open(reports["board"])
	last := 4 + len(reports["board"].Figures.Rows) + 1
	for column, want := range map[string]string{"B": "Tổng cộng", "C": "4", "D": "1", "E": "25", "F": "1", "G": "2", "H": "124", "I": "2"} {
		at := fmt.Sprint(column, last)
		if column == "B" {
			if got := cell(x, at); got != want {
				t.Errorf("%s: %q", at, got)
			}
			continue
		}
		if formula, err := x.GetCellFormula(sheet, at); err != nil || formula == "" {
			t.Errorf("%s is no formula (%v)", at, err)
		}
		got, err := x.CalcCellValue(sheet, at, excelize.Options{RawCellValue: true})
		if err != nil || got != want {
			t.Errorf("%s is calculated as %q, want %q (%v)", at, got, want, err)
		}
		if kept, _ := x.GetCellValue(sheet, at, excelize.Options{RawCellValue: true}); kept != want {
			t.Errorf("%s is kept as %q, want %q", at, kept, want)
		}
	}
	if got := cell(x, "D4") + "|" + cell(x, "F4"); got != "Đã đào tạo|Thiếu so với 40 %" {
		t.Errorf("headings %q", got)
	}
	x, sheet = open(reports["completions"])
	if got, err := x.CalcCellValue(sheet, "C11"); err != nil || got != "6" {
		t.Errorf("%q certificates are counted (%v)", got, err)
	}
	x, sheet = open(r.reports(t, Scope{By: roster.Present, Province: "04"}, time.Time{})["completions"])
	if rows, err := x.GetRows(sheet); err != nil || len(rows) != 4 {
		t.Errorf("of nobody: %q, %v", rows, err)
	}
}
