package intake

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"lopban/courses/authoring/coursetest"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/workbook"
)

// xlsx packs a sheet, and shared strings if any, as they are written.
func xlsx(sheet, shared string) string {
	const (
		ns       = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
		rel      = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
		kind     = `application/vnd.openxmlformats-officedocument.spreadsheetml.`
		relation = `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	)
	parts := []string{
		"[Content_Types].xml", `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="` + kind + `sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + kind + `worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="` + kind + `sharedStrings+xml"/></Types>`,
		"_rels/.rels", relation + `<Relationship Id="rId1" Type="` + rel + `officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml", `<?xml version="1.0"?><workbook ` + ns + `><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", relation + `<Relationship Id="rId1" Type="` + rel + `worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="` + rel + `sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml", `<?xml version="1.0"?><worksheet ` + ns + `><sheetData>` + sheet + `</sheetData></worksheet>`,
		"xl/sharedStrings.xml", `<?xml version="1.0"?><sst ` + ns + `>` + shared + `</sst>`,
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, _ := z.Create(parts[i])
		io.WriteString(w, parts[i+1])
	}
	z.Close()
	return b.String()
}

func inline(ref, text string) string {
	return `<c r="` + ref + `" t="inlineStr"><is><t>` + text + `</t></is></c>`
}

var (
	titleRow  = `<row r="1">` + inline("A1", "Họ và tên") + inline("B1", "Mã xã") + inline("C1", "Thư viện") + `</row>`
	personRow = `<row r="2">` + inline("A2", "Lò Thị Mai") + inline("B2", "00700") + `<c r="C2" t="str"><f>"Thư viện"&amp;" xã"</f><v>Thư viện xã</v></c></row>`
)

const csvTitles = "Họ và tên,Mã xã,Thư viện\n"

func TestHostileWorkbooks(t *testing.T) {
	bomb := func(size int) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, _ := z.Create("xl/worksheets/sheet1.xml")
		zeros := make([]byte, 1<<20)
		for range size >> 20 {
			w.Write(zeros)
		}
		z.Close()
		return b.String()
	}
	many := func(n int) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range n {
			z.Create(fmt.Sprint("xl/media/", i))
		}
		z.Close()
		return b.String()
	}
	honest := timeOf(t, honestWorkbook())
	for what, c := range map[string]struct {
		file string
		code string // of the problem, "" where it is read
	}{
		"a formula with its value":      {xlsx(titleRow+personRow, ""), ""},
		"256 MiB of zeros":              {bomb(256 << 20), "file.unpacked"},
		"70,000 parts":                  {many(70_000), "file.unpacked"},
		"a million empty rows":          {xlsx(titleRow+personRow+strings.Repeat("<row/>", 1_000_000), ""), "file.rows"},
		"a cell in the last row":        {xlsx(titleRow+personRow+`<row r="1048576">`+inline("A1048576", "x")+`</row>`, ""), "file.rows"},
		"a cell in the last column":     {xlsx(titleRow+personRow+`<row r="3">`+inline("XFD3", "x")+`</row>`, ""), "file.columns"},
		"wide rows":                     {xlsx(titleRow+strings.Repeat(`<row><c r="XFD1"><v>1</v></c></row>`, 100_000), ""), "file.columns"},
		"a row of 400,000 cells":        {xlsx(titleRow+`<row r="2">`+strings.Repeat(`<c><v>1</v></c>`, 400_000)+`</row>`, ""), "file.columns"},
		"a row of a million cells":      {xlsx(titleRow+`<row r="2">`+strings.Repeat(`<c><v>1</v></c>`, 1_000_000)+`</row>`, ""), "file.unpacked"},
		"one cell, many times":          {xlsx(titleRow+`<row r="2">`+strings.Repeat(`<c r="A2"><v>1</v></c>`, 400_000)+`</row>`, ""), "file.columns"},
		"a cell of a million letters":   {xlsx(titleRow+`<row r="2">`+inline("A2", strings.Repeat("a", 1_000_000))+inline("B2", "00700")+`</row>`, ""), ""},
		"a cell of 30 MB":               {xlsx(titleRow+`<row r="2">`+inline("A2", strings.Repeat("a", 30<<20))+inline("B2", "00700")+`</row>`, ""), "file.unpacked"},
		"a text shared by all cells":    {xlsx(titleRow+strings.Repeat(`<row><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>`, 19_000), `<si><t>`+strings.Repeat("a", 1000)+`</t></si>`), "file.large"},
		"half a million shared strings": {xlsx(titleRow+personRow, strings.Repeat("<si><t/></si>", 500_000)), "file.unpacked"},
		"190,000 shared strings":        {xlsx(titleRow+personRow, strings.Repeat("<si><t/></si>", 190_000)), ""},
		"a shared string that is not":   {xlsx(titleRow+personRow+`<row r="3"><c r="A3" t="s"><v>99999999999</v></c></row>`, ""), ""},
		"deep nesting":                  {xlsx(strings.Repeat("<a>", 400_000), ""), "file.unpacked"},
		"entities":                      {xlsx(`<!DOCTYPE a [<!ENTITY b "c">]><row><c t="str"><v>&b;</v></c></row>`, ""), "file.header"},
		"encrypted":                     {string(coursetest.Locked([]byte(xlsx(titleRow+personRow, "")))), "file.encrypted"},
		"cut off":                       {xlsx(titleRow+personRow, "")[:900], "file.damaged"},
		"a text of one row":             {csvTitles + strings.Repeat("a,", 4<<20), "file.columns"},
		"a text of separators":          {strings.Repeat(",", 8<<20), "file.columns"},
		"a text of other separators":    {csvTitles + strings.Repeat(";", 8<<20), "file.columns"},
		"a text of line ends":           {csvTitles + strings.Repeat("\n", 8<<20), "file.norows"},
		"a text of short rows":          {csvTitles + strings.Repeat(",,,,x\n", 1_300_000), "file.rows"},
		"a text of one open cell":       {csvTitles + `"` + strings.Repeat("a\n", 4<<20), "file.quotes"},
		"a text of quotation marks":     {csvTitles + strings.Repeat(`"`, 8<<20), "file.columns"},
		"a text of quoted cells":        {csvTitles + strings.Repeat(`"",`, 2_700_000), "file.columns"},
		"a text of wide rows":           {csvTitles + strings.Repeat(strings.Repeat(",", 16_000)+"\n", 500), "file.norows"},
		"a text in UTF-16":              {"\xff\xfe" + strings.Repeat(",\x00", 4<<20), "file.columns"},
	} {
		r := newRoll(t)
		runtime.GC()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		stop := watch()
		start := time.Now()
		_, err := look(t.Context(), r, "08", strings.NewReader(c.file), what, workbook.DefaultLimits)
		took := time.Since(start)
		high := int64(stop()) - int64(before.HeapAlloc)
		t.Logf("%-32s %8.3f s  file %6d KB, heap +%d MB", what, took.Seconds(), len(c.file)>>10, high>>20)
		// on two idle cores none takes 2 s or 80 MB; on a busy machine an honest file is as slow
		if took > max(2*time.Second, 3*honest) || high > 192<<20 {
			t.Errorf("%s took %v and %d MB", what, took, high>>20)
		}
		var p *problem.Problem
		switch {
		case c.code == "" && err != nil:
			t.Errorf("%s: %v", what, err)
		case c.code != "" && (!errors.As(err, &p) || p.Code != c.code):
			t.Errorf("%s: %v, want %s", what, err, c.code)
		}
	}
}

// honestWorkbook is as large as an import may be: 20,000 people in 12 columns.
func honestWorkbook() string {
	var b strings.Builder
	b.WriteString(titleRow)
	for i := range 20_000 {
		fmt.Fprintf(&b, `<row r="%d">%s`, i+2, inline(fmt.Sprint("A", i+2), "Lò Thị Mai")+inline(fmt.Sprint("B", i+2), "00700")+inline(fmt.Sprint("C", i+2), "Thư viện"))
		b.WriteString(strings.Repeat("<c><v>1</v></c>", 9) + "</row>")
	}
	return xlsx(b.String(), "")
}

func timeOf(t *testing.T, file string) time.Duration {
	t.Helper()
	r := newRoll(t)
	start := time.Now()
	if _, err := look(t.Context(), r, "08", strings.NewReader(file), "honest", workbook.DefaultLimits); err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}

// watch samples the heap until stop, which gives the most seen.
func watch() func() uint64 {
	var high uint64
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			high = max(high, m.HeapAlloc)
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() uint64 { close(done); <-ended; return high }
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{twoPeople, strings.ReplaceAll(twoPeople, ",", ";"), "\ufeff" + twoPeople, "\xff\xfeH\x00", "Mã,Họ tên,Mã xã\n\"", "sep=;\nHọ đệm;Tên;Mã xã;Ngày nghỉ\nLò;Mai;700;46000\n", "Họ và tên,,Xã\nLò,Mai,x. \u0300 b\n"} {
		f.Add([]byte(s))
	}
	fuzzFile(f)
}

func FuzzXLSX(f *testing.F) {
	for _, s := range []string{xlsx(titleRow+personRow, ""), official(f, true), xlsx(titleRow+`<row r="2"><c t="s"><v>-1</v></c></row>`, "<si><t>a</t></si>"), "PK\x03\x04"} {
		f.Add([]byte(s))
	}
	fuzzFile(f)
}

// fuzzFile previews a file: it is a preview, the same each time, or a problem of the file.
func fuzzFile(f *testing.F) {
	r, _ := settled(f)
	limits := workbook.Limits{Bytes: 1 << 20, Rows: 50, Columns: 20, Letters: 300}
	f.Fuzz(func(t *testing.T, data []byte) {
		im, err := look(t.Context(), r, "08", bytes.NewReader(data), "x", limits)
		if err != nil {
			var p *problem.Problem
			if !errors.As(err, &p) || p.Field != "file" {
				t.Fatal(err)
			}
			return
		}
		for _, row := range im.Rows {
			if (row.Verdict == Faulty) != (len(row.Problems) > 0 && row.Verdict != Same) || row.Verdict == "" || row.Verdict == New && (row.Person == "" || row.Entry.On.IsZero()) {
				t.Errorf("%+v", row)
			}
		}
		if again, err := look(t.Context(), r, "08", bytes.NewReader(data), "x", limits); err != nil || again.Hash() != im.Hash() {
			t.Errorf("the second preview: %v", err)
		}
	})
}

// TestAnyImportDoneTwiceIsDone, a property: it imports files made of a few names, numbers, places and days in all
// combinations, one on top of the other.
func TestAnyImportDoneTwiceIsDone(t *testing.T) {
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 1687))
		one := func(of ...string) string { return of[random.IntN(len(of))] }
		r := newRoll(t)
		now := noon
		r.Now = func() time.Time { return now }
		for step := range 4 {
			now = now.AddDate(0, 0, 1)
			var b strings.Builder
			b.WriteString("Họ và tên,SĐT,Chức vụ,Đơn vị,Mã xã,Từ ngày,Ngày nghỉ\n")
			for range 6 {
				fmt.Fprintf(&b, "%s,%s,%s,%s,%s,%s,%s\n", one("Vừ A Dính", "Vừ A Dình", "Lò Thị Mai", "vu a dinh"), one("", "0912345678", "0912345679", "02193866123"), one("", "Thủ thư", "Công chức"),
					one("", "Thư viện xã", "Tủ sách pháp luật"), one("", "00691", "00700"), one("", "", "01/08/2025", "01/02/2026", "46100"), one("", "", "", "01/03/2026", "02/01/2026"))
			}
			im := preview(t, r, b.String())
			if result := apply(t, r, im); len(result.Conflicts) > 0 || result.New != im.Count(New) || result.Changed != im.Count(Changed) {
				t.Errorf("seed %d, step %d: applied %+v", seed, step, result)
			}
			for _, row := range im.Rows {
				if row.Verdict != New && row.Verdict != Changed {
					continue
				}
				p, err := r.Person(t.Context(), row.Person)
				if e := row.Entry; err != nil || p.Name != e.Name || p.Phone != e.Phone || p.Post != e.Post || p.Commune != e.Commune || roster.Words(p.Library) != roster.Words(e.Library) || p.Active != (row.Cells[FieldEnd] == "") || !e.On.IsZero() && !p.Since.Equal(e.On) {
					t.Errorf("seed %d, step %d: the row\n%+v\nmade\n%+v, %v", seed, step, row, p, err)
				}
			}
			again := preview(t, r, b.String())
			// a row with a problem may be another person's when the other rows are done
			for i, row := range again.Rows {
				// a number that was somebody's may be free when the other rows are done
				if slices.ContainsFunc(im.Rows[i].Warnings, func(p RowProblem) bool { return p.Field == FieldPhone }) {
					continue
				}
				if was := im.Rows[i].Verdict; was != Faulty && was != Asked && row.Verdict != Same && row.Verdict != Faulty && (row.Verdict != Asked || was != Same) {
					t.Errorf("seed %d, step %d: the second time\n%s\n%+v", seed, step, b.String(), row)
				}
			}
			before := everything(t, r)
			if again.Count(New)+again.Count(Changed) == 0 {
				if apply(t, r, again); !reflect.DeepEqual(before, everything(t, r)) {
					t.Errorf("seed %d, step %d: the second time changed the roster", seed, step)
				}
			}
			if n, err := r.Rebuild(t.Context(), nil); n != 0 || err != nil {
				t.Errorf("seed %d, step %d: a rebuild changed %d people, %v", seed, step, n, err)
			}
		}
		if t.Failed() {
			return
		}
	}
}

// BenchmarkImport previews and applies 10,000 new people, then 10,000 changes, on sqlite.
func BenchmarkImport(b *testing.B) {
	const n = 10_000
	file := region(n)
	for b.Loop() {
		r := newRoll(b)
		timed := func(what string, f func()) {
			start := time.Now()
			f()
			b.ReportMetric(time.Since(start).Seconds(), what)
		}
		var im *Import
		timed("s/preview", func() { im = preview(b, r, file) })
		timed("s/apply", func() { apply(b, r, im) })
		timed("s/preview-same", func() { im = preview(b, r, file) })
		if im.Count(Same) != n {
			b.Fatalf("%d of %d rows are the same", im.Count(Same), n)
		}
		timed("s/preview-changed", func() { im = preview(b, r, strings.ReplaceAll(file, "Công chức", "Viên chức")) })
		timed("s/apply-changed", func() {
			if result := apply(b, r, im); result.Changed != n {
				b.Fatalf("%+v", result)
			}
		})
		timed("s/search", func() {
			if page, err := r.People(b.Context(), roster.Filter{Province: "08", Text: "dang pao khong"}); err != nil || len(page.People) > 0 {
				b.Fatal(err)
			}
		})
	}
}

func BenchmarkImportXLSX(b *testing.B) {
	rows := strings.Split(strings.TrimSpace(region(10_000)), "\n")
	var table [][]string
	for _, row := range rows {
		table = append(table, strings.Split(row, ","))
	}
	file := asXLSX(b, table)
	r := newRoll(b)
	for b.Loop() {
		if im := preview(b, r, file); im.Count(New) != 10_000 {
			b.Fatalf("%d new", im.Count(New))
		}
	}
}

func BenchmarkSortKey(b *testing.B) {
	for b.Loop() {
		roster.SortKey("Nguyễn Thị Hường")
	}
}
