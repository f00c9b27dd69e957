package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/sync/errgroup"

	"lopban/courses"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/targets"
	"lopban/server/board"
	"lopban/server/page"
)

// newBoard is a province in which Vàng Thị Mỷ is trained, Giàng A Dua has one strand, and Nông Văn Thịnh of another
// province nothing.
func newBoard(t testing.TB) *province {
	p := newProvince(t)
	service, reading := p.publish(shortCourse("K1", courses.LibraryService)), p.publish(shortCourse("K2", courses.ReadingPromotion))
	p.certified(p.my, service)
	p.certified(p.my, reading)
	p.certified(p.dua, service)
	return p
}

// shown are figures as a page, the API or a file has them.
type shown struct {
	base, trained string
	checksum      string
	rows          map[string]string // "base trained percent gap" by the name of the place, of those with people
}

func (s shown) equal(o shown) bool {
	return s.base == o.base && s.trained == o.trained && s.checksum == o.checksum && maps.Equal(s.rows, o.rows)
}

func digits(s string) string { return strings.Map(keepDigit, s) }

func keepDigit(r rune) rune {
	if r < '0' || r > '9' {
		return -1
	}
	return r
}

// share is a percentage with one decimal, however it is written.
func share(s string) string {
	f, err := strconv.ParseFloat(strings.Replace(strings.TrimSuffix(s, " %"), ",", ".", 1), 64)
	if err != nil {
		return s
	}
	return strconv.FormatFloat(f, 'f', 1, 64)
}

// onPage reads the figures off the page.
func onPage(r *reply) shown {
	r.t.Helper()
	s := shown{base: digits(r.one("tfoot .base")), trained: digits(r.one("tfoot .trained")), checksum: r.one("details .whole"), rows: map[string]string{}}
	names, cells := r.find("table.gaps tbody th"), map[string][]string{}
	for _, column := range []string{"base", "trained", "percent", "gap"} {
		for _, n := range r.find("table.gaps tbody ." + column) {
			text := digits(textOf(n))
			if column == "percent" {
				text = share(textOf(n))
			}
			cells[column] = append(cells[column], text)
		}
	}
	for i, n := range names {
		if cells["base"][i] != "0" {
			s.rows[textOf(n)] = strings.Join([]string{cells["base"][i], cells["trained"][i], cells["percent"][i], cells["gap"][i]}, " ")
		}
	}
	return s
}

// inAPI reads them from JSON.
func inAPI(r *reply) shown {
	r.t.Helper()
	var f targets.Figures
	r.json(&f)
	s := shown{strconv.Itoa(f.Base), strconv.Itoa(f.Trained), f.Checksum, map[string]string{}}
	for _, row := range f.Rows {
		if row.Base > 0 {
			s.rows[row.Name] = fmt.Sprintf("%d %d %.1f %d", row.Base, row.Trained, row.Percent, row.Gap)
		}
	}
	return s
}

// inTable reads them from the rows of a file, and what explains it from the lines after them.
func inTable(rows [][]string, about map[string]string) shown {
	s := shown{about["Tổng số người"], about["Đã được đào tạo, bồi dưỡng"], about["Mã kiểm tra toàn vẹn (SHA-256)"], map[string]string{}}
	for _, r := range rows {
		if r[2] != "0" {
			s.rows[r[1]] = strings.Join([]string{r[2], r[3], share(r[4]), r[5]}, " ")
		}
	}
	return s
}

// csvFile parses a report: its rows without the heading, and the lines that explain it.
func csvFile(r *reply) (rows [][]string, about map[string]string) {
	r.t.Helper()
	all, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(r.Body, "\ufeff"))).ReadAll()
	if err != nil {
		r.t.Fatal(err)
	}
	about = map[string]string{}
	width := len(all[0]) - 3 // an empty column, and two that explain
	for _, line := range all[1:] {
		if line[0] != "" {
			rows = append(rows, line[:width])
		} else if line[width+1] != "" {
			about[line[width+1]] = line[width+2]
		}
	}
	return rows, about
}

func xlsxFile(r *reply) (rows [][]string, about map[string]string) {
	r.t.Helper()
	x, err := excelize.OpenReader(strings.NewReader(r.Body), excelize.Options{RawCellValue: true})
	if err != nil {
		r.t.Fatal(err)
	}
	defer x.Close()
	sheets := x.GetSheetList()
	rows, err = x.GetRows(sheets[0])
	if err != nil {
		r.t.Fatal(err)
	}
	lines, err := x.GetRows(sheets[1])
	if err != nil {
		r.t.Fatal(err)
	}
	about = map[string]string{}
	for _, l := range lines {
		about[l[0]] = l[1]
	}
	rows = rows[4:]                                  // behind the title and the headings
	if n := len(rows); n > 0 && rows[n-1][0] == "" { // totals
		rows = rows[:n-1]
	}
	return rows, about
}

func TestOneNumberOnTheScreenInTheAPIAndInEveryFile(t *testing.T) {
	p := newBoard(t)
	p.pass(48 * time.Hour) // so that yesterday has facts too
	for _, c := range []struct {
		query         string
		who           *client
		base, trained string
		rows          map[string]string
	}{
		{"by=present&province=08", p.staff, "2", "1", map[string]string{"xã Lũng Cú": "2 1 50.0 0"}},
		{"by=programme&province=02", p.staff, "2", "1", map[string]string{"xã Lũng Cú": "2 1 50.0 0"}},
		{"by=present", p.staff, "3", "1", map[string]string{"Tuyên Quang": "2 1 50.0 0", "Cao Bằng": "1 0 0.0 1"}},
		{"by=programme", p.office, "3", "1", map[string]string{"Hà Giang": "2 1 50.0 0", "Cao Bằng": "1 0 0.0 1"}},
		{"by=present", p.learner, "3", "1", map[string]string{"Tuyên Quang": "2 1 50.0 0", "Cao Bằng": "1 0 0.0 1"}},
		{"by=present&asOf=2026-12-06", p.office, "3", "1", map[string]string{"Tuyên Quang": "2 1 50.0 0", "Cao Bằng": "1 0 0.0 1"}},
		{"by=present&asOf=2026-12-04", p.office, "3", "0", map[string]string{"Tuyên Quang": "2 0 0.0 1", "Cao Bằng": "1 0 0.0 1"}},
	} {
		want := onPage(c.who.get("/board?" + c.query).want(200))
		if want.base != c.base || want.trained != c.trained || !maps.Equal(want.rows, c.rows) || len(want.checksum) != 64 {
			t.Errorf("%s: the page has %+v", c.query, want)
		}
		got := map[string]shown{"api": inAPI(c.who.get("/api/v1/board?" + c.query).want(200)), "json": inAPI(c.who.get("/api/v1/reports/board.json?" + c.query).want(200))}
		got["csv"] = inTable(csvFile(c.who.get("/api/v1/reports/board.csv?" + c.query).want(200)))
		got["xlsx"] = inTable(xlsxFile(c.who.get("/api/v1/reports/board.xlsx?" + c.query).want(200)))
		for where, figures := range got {
			if !figures.equal(want) {
				t.Errorf("%s: %s has %+v, the page %+v", c.query, where, figures, want)
			}
		}
	}
}

func TestBoardSaysTheNumberFirst(t *testing.T) {
	p := newBoard(t)
	shown := p.staff.get("/board").want(200)
	for selector, want := range map[string]string{
		"h1": "Bảng chỉ tiêu: Tuyên Quang", ".huge": "50,0 %", ".figure .of": "1 đã được đào tạo, bồi dưỡng / 2 người trong danh sách", ".figure .lead": "Đã đạt mốc 40 % của 31/12/2026",
		"svg.line .now": "50,0 % · hôm nay", ".tabs [aria-current]": "10 tỉnh hiện nay",
	} {
		if got := shown.one(selector); got != want {
			t.Errorf("%s: %q, want %q", selector, got, want)
		}
	}
	if got := shown.attr("svg.line .fore", "width"); got != "50.0%" {
		t.Errorf("the scale stands at %s", got)
	}
	if got := shown.one("svg.line title"); got != "50,0 % đã được đào tạo, bồi dưỡng. Các mốc: 40 % đến 31/12/2026; 60 % đến 31/12/2030; 90 % đến 31/12/2045" {
		t.Errorf("the scale says %q", got)
	}
	first := shown.one("table.gaps tbody tr:first-child")
	if first != "xã Lũng Cú 1 2 50,0 % 0" {
		t.Errorf("the first row is %q", first)
	}
	if n := len(shown.find("table.gaps tbody tr")); n != len(p.Places.Communes(roster.Present, "08")) {
		t.Errorf("%d communes", n)
	}
	all := p.office.get("/board").want(200)
	if got := all.one(".figure .lead"); got != "Còn thiếu 1 người để đạt 40 % đến 31/12/2026" {
		t.Errorf("the region: %q", got)
	}
	if got := all.one("table.gaps tbody tr:first-child th"); got != "Cao Bằng" {
		t.Errorf("the largest gap is said to be in %s", got)
	}
}

func TestTheBoardSaysHowFarTheRosterReaches(t *testing.T) {
	p := newBoard(t)
	if got := p.office.get("/board").want(200).one(".figure .reach"); got != "Danh sách đã có ở 2 trên 10 tỉnh, 2 trên 764 xã, phường; 2 thư viện có người trong danh sách." {
		t.Errorf("%q", got)
	}
	if got := p.office.get("/board?by=programme").want(200).one("table.cover tbody tr:first-child"); got != "Hà Giang 1 73 1" {
		t.Errorf("%q", got)
	}
	own := p.staff.get("/board").want(200)
	if got := own.one(".figure .reach"); got != "Danh sách đã có ở 1 trên 124 xã, phường; 1 thư viện có người trong danh sách." {
		t.Errorf("%q", got)
	}
	if got := own.one("main details:not(.no-print) p"); strings.Count(got, ", ") != 122 || strings.Contains(got, "xã Lũng Cú,") || !strings.Contains(got, "xã Ngọc Đường") {
		t.Errorf("without a list: %q", got)
	}
}

// Everybody may see where the provinces stand: totals of today, whatever else is asked, and no way to anybody.
func TestTheFiguresOfProvincesArePublic(t *testing.T) {
	p := newBoard(t)
	anyone := p.anyone()
	shown := anyone.get("/figures?province=08&commune=00700&asOf=2026-01-01&knownOn=2026-01-01").want(200)
	board := p.office.get("/board").want(200)
	if got, want := shown.one("table.gaps"), board.one("table.gaps"); got != want {
		t.Errorf("the public page says\n%s\nthe board\n%s", got, want)
	}
	if got, want := shown.one(".figure .of"), board.one(".figure .of"); got != want {
		t.Errorf("%q, on the board %q", got, want)
	}
	for _, who := range []*client{anyone, p.staff, p.office} {
		shown := who.get("/figures?by=programme").want(200)
		if len(shown.find("main table a, main .figure a")) != 0 || strings.Contains(shown.one("main"), "Lũng Cú") {
			t.Error("the public page leads to people")
		}
		if n := len(shown.find("table.gaps tbody tr")); n != 14 {
			t.Errorf("%d provinces of the Decision", n)
		}
	}
	if shown := newSite(t).anyone().get("/figures").want(200); !strings.Contains(shown.one(".note"), "Chưa có ai trong danh sách") || len(shown.find("main form, main .button")) != 0 {
		t.Errorf("before there is a roster: %s", shown.one("main"))
	}
}

// However many look at it, the public page is counted once a minute.
func TestThePublicFiguresAreCountedOnceAMinute(t *testing.T) {
	p := newBoard(t)
	before := p.anyone().get("/figures").want(200).one(".figure .of")
	p.person("Sùng Thị Chở", "00700")
	if got := p.anyone().get("/figures").want(200).one(".figure .of"); got != before {
		t.Errorf("counted again at once: %s", got)
	}
	p.pass(time.Minute)
	if got := p.anyone().get("/figures").want(200).one(".figure .of"); got == before {
		t.Errorf("a minute later: %s", got)
	}
}

// On paper the tabs are gone: two boards of one name would look alike.
func TestThePrintedBoardSaysWhichListItIs(t *testing.T) {
	p := newBoard(t)
	for path, want := range map[string]string{
		"/board?by=present":               "Theo tỉnh hiện nay · Số liệu đến ngày 05/12/2026",
		"/board?by=programme":             "Theo 14 tỉnh của Quyết định · Số liệu đến ngày 05/12/2026",
		"/board?by=present&province=08":   "Theo tỉnh hiện nay: Tuyên Quang · Số liệu đến ngày 05/12/2026",
		"/board?by=programme&province=02": "Theo 14 tỉnh của Quyết định: Hà Giang · Số liệu đến ngày 05/12/2026",
	} {
		shown := p.office.get(path).want(200)
		if got := shown.one(".print-only.scope"); got != want {
			t.Errorf("%s: %q", path, got)
		}
		if got := shown.one(".print-only.printed"); got != "In lúc 09:00 05/12/2026. Người in: Trần Thu Hà." {
			t.Errorf("%s: %q", path, got)
		}
	}
	for _, path := range []string{"/missing", "/completions", "/missing/calls"} {
		if len(p.staff.get(path).want(200).find(".print-only.printed")) != 1 {
			t.Errorf("%s does not say who printed it", path)
		}
	}
}

func TestEveryNumberLeadsToItsPeople(t *testing.T) {
	p := newBoard(t)
	links := func(r *reply, row string) (all []string) {
		for i, n := range r.find("table.gaps tbody tr") {
			if strings.HasPrefix(textOf(n), row+" ") {
				for _, a := range r.find(fmt.Sprintf("table.gaps tbody tr:nth-child(%d) a", i+1)) {
					all = append(all, a.Attr[0].Val)
				}
			}
		}
		return slices.Compact(all)
	}
	for _, c := range []struct {
		who       *client
		page, row string
		want      []string
	}{
		{p.office, "/board", "Tuyên Quang", []string{"/board?by=present&province=08", "/missing?by=present&province=08"}},
		{p.office, "/board?by=programme&asOf=2026-12-04", "Hà Giang", []string{"/board?asOf=2026-12-04&by=programme&province=02", "/missing?asOf=2026-12-04&by=programme&province=02"}},
		{p.staff, "/board", "xã Lũng Cú", []string{"/missing?by=present&commune=00715&province=08", "/roster?province=08&commune=00715&status=trained", "/roster?province=08&commune=00715", "/missing?by=present&commune=00715&province=08"}},
		{p.staff, "/board?by=present", "Tuyên Quang", []string{"/board?by=present&province=08", "/missing?by=present&province=08"}},
		{p.staff, "/board?by=present", "Cao Bằng", nil},
		{p.learner, "/board", "Tuyên Quang", nil},
	} {
		got := links(c.who.get(c.page).want(200), c.row)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s, %s leads to %q, want %q", c.page, c.row, got, c.want)
		}
		for _, path := range got {
			c.who.get(path).want(200)
		}
	}
}

func TestFiguresOfAnotherProvinceAreNobodyElses(t *testing.T) {
	p := newBoard(t)
	const ok, denied, gone = 200, 403, 404
	reads := []struct {
		path                                               string
		learner, trainer, staff, otherStaff, office, admin int
	}{
		{"/board", ok, ok, ok, ok, ok, ok},
		{"/board?by=present", ok, ok, ok, ok, ok, ok},
		{"/board?by=programme", ok, ok, ok, ok, ok, ok},
		{"/board?province=08", denied, denied, ok, gone, ok, ok},
		{"/board?by=programme&province=02", denied, denied, ok, gone, ok, ok},
		{"/board?by=programme&province=99", denied, denied, gone, gone, 422, 422},
		{"/board?by=other&province=08", denied, denied, 422, gone, 422, 422},
		{"/missing", denied, denied, ok, ok, ok, ok},
		{"/missing?province=08", denied, denied, ok, gone, ok, ok},
		{"/missing?by=programme", denied, denied, gone, gone, ok, ok},
		{"/missing?by=programme&province=02", denied, denied, ok, gone, ok, ok},
		{"/missing?province=08&commune=00715", denied, denied, ok, gone, ok, ok},
		{"/missing?province=04&commune=00715", denied, denied, gone, 422, 422, 422},
		{"/api/v1/board", ok, ok, ok, ok, ok, ok},
		{"/api/v1/board?province=08", denied, denied, ok, gone, ok, ok},
		{"/api/v1/reports/board.csv?province=08", denied, denied, ok, gone, ok, ok},
		{"/api/v1/reports/board.csv?province=08&commune=00715", denied, denied, ok, gone, ok, ok},
		{"/api/v1/reports/missing.csv", denied, denied, ok, ok, ok, ok},
		{"/api/v1/reports/missing.xlsx?province=08", denied, denied, ok, gone, ok, ok},
		{"/api/v1/reports/missing.json?by=programme&province=02", denied, denied, ok, gone, ok, ok},
		{"/api/v1/reports/completions.csv?province=08", denied, denied, ok, gone, ok, ok},
		{"/api/v1/reports/completions.json?by=programme", denied, denied, gone, gone, ok, ok},
		{"/api/v1/reports/completions.pdf", gone, gone, gone, gone, gone, gone},
		{"/api/v1/reports/roster.csv?province=08", gone, gone, gone, gone, gone, gone},
	}
	for _, r := range reads {
		for _, who := range []struct {
			name string
			*client
			want int
		}{{"learner", p.learner, r.learner}, {"trainer", p.trainer, r.trainer}, {"staff", p.staff, r.staff}, {"other staff", p.otherStaff, r.otherStaff}, {"office", p.office, r.office}, {"admin", p.adm, r.admin}} {
			got := who.get(r.path)
			if got.Status != who.want {
				t.Errorf("%s, %s: %d, want %d", who.name, r.path, got.Status, who.want)
			}
			if got.Status != ok && strings.Contains(got.Body, "Giàng") {
				t.Errorf("%s, %s: the refusal names somebody", who.name, r.path)
			}
		}
		if got := p.anyone().get(r.path); got.Status != 303 && got.Status != 401 {
			t.Errorf("nobody, %s: %d", r.path, got.Status)
		}
	}
	if got := p.otherStaff.get("/api/v1/reports/missing.csv").want(200).Body; strings.Contains(got, "Giàng A Dua") || !strings.Contains(got, "Nông Văn Thịnh") {
		t.Errorf("staff who do not say whose list got %s", got)
	}
}

func TestAsOfIsADayThatHasCome(t *testing.T) {
	p := newBoard(t)
	for path, want := range map[string]string{
		"/board?asOf=2026-12-06": "Ngày 06/12/2026 chưa tới.",
		"/board?asOf=06/12/2026": "Ngày 06/12/2026 chưa tới.", // typed where there is no calendar
		"/board?asOf=06.13.2026": "“06.13.2026” không đọc được là một ngày. Viết dạng năm-tháng-ngày, ví dụ 2026-11-05.",
	} {
		shown := p.staff.get(path).want(422)
		if got := shown.one("#asof-fault"); got != want {
			t.Errorf("%s: %q", path, got)
		}
		if len(shown.find(".huge")) != 0 || shown.attr("#asof", "aria-invalid") != "true" || shown.attr("#asof", "value") != strings.Replace(strings.TrimPrefix(path, "/board?asOf="), "06/12/2026", "2026-12-06", 1) {
			t.Errorf("%s: figures are shown, or the day that was typed is gone", path)
		}
		p.staff.get(strings.Replace(path, "/board", "/missing", 1)).want(422)
		var problem struct {
			Code   string
			Fields map[string]string
		}
		p.staff.get(strings.Replace(path, "/board", "/api/v1/board", 1)).want(422).json(&problem)
		if problem.Fields["asOf"] != problem.Code || problem.Code == "" {
			t.Errorf("%s: the API says %+v", path, problem)
		}
	}
	if got := p.staff.get("/board?asOf=2026-12-05").want(200).one(".huge"); got != "50,0 %" {
		t.Errorf("today by its date: %s", got)
	}
	past := p.office.get("/board?asOf=2026-12-04").want(200)
	if got := past.one("svg.line .now"); got != "0,0 % · 04/12/2026" {
		t.Errorf("the mark of another day says %q", got)
	}
}

func TestForecastFollowsThePaceOfNinetyDays(t *testing.T) {
	p := newBoard(t)
	for i := range 7 { // 10 people, one trained, 40 % are 4
		p.person("Lò Thị "+strings.Repeat("a", i+1), lungCu)
	}
	// 3 more in 270 days
	if got := p.office.get("/board").want(200).one(".figure .soft"); got != "Theo nhịp 90 ngày qua, mốc 40 % sẽ đạt vào khoảng 01/09/2027: muộn hơn hạn." {
		t.Errorf("%q", got)
	}
	p.pass(200 * 24 * time.Hour)
	if got := p.as(p.account("", "Lê Văn Hòa", "", roster.Office)).get("/board").want(200).one(".figure .soft"); !strings.HasPrefix(got, "90 ngày qua số người đã được đào tạo, bồi dưỡng không tăng") {
		t.Errorf("after months without anybody: %q", got)
	}
}

func TestMissingNamesWhoIsMissingAndWhat(t *testing.T) {
	p := newBoard(t)
	rows := func(r *reply) (all []string) {
		for _, n := range r.find("table.data tbody tr") {
			all = append(all, textOf(n))
		}
		return all
	}
	shown := p.staff.get("/missing?province=08").want(200)
	if got, want := rows(shown), []string{"Giàng A Dua Thủ thư không có số để gọi Thư viện xã xã Lũng Cú Khuyến đọc Chưa bắt đầu"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := shown.one(".counts li:first-child b") + " " + shown.one(".counts li:nth-child(2) b"); got != "1 0" {
		t.Errorf("counts %q", got)
	}
	p.as(p.dua).post("/courses/K2/doc", nil).want(303)
	if got, want := rows(p.office.get("/missing").want(200)), []string{"Nông Văn Thịnh Thư viện xã " + p.CommuneName(elsehere) + " Dịch vụ thư viện, Khuyến đọc Chưa bắt đầu",
		"Giàng A Dua Thư viện xã xã Lũng Cú Khuyến đọc 1 trên 2 bài"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := rows(p.office.get("/missing?asOf=2026-12-04").want(200)); len(got) != 3 || strings.Contains(strings.Join(got, ""), "trên") {
		t.Errorf("before anything was learnt: %q", got)
	}
	list, about := csvFile(p.staff.get(shown.attr(`a[href$=".csv"], a[href*="missing.csv"]`, "href")).want(200))
	if len(list) != 1 || list[0][1] != "Giàng A Dua" || about["Số dòng"] != "1" || about["Tổng số người"] != "2" {
		t.Errorf("the file has %q, %q", list, about)
	}
	p.certified(p.dua, p.publish(shortCourse("K2", courses.ReadingPromotion)))
	good := p.staff.get("/missing").want(200)
	if len(good.find(".note.good")) != 1 || len(rows(good)) != 0 {
		t.Errorf("all are trained, and the page says %s", good.text())
	}
}

func TestBoardWithNobodyOnTheRosterSaysWhatToDo(t *testing.T) {
	s := newSite(t)
	staff, office := s.as(s.account("", "Hoàng Văn Kiên", "08", roster.Staff)), s.as(s.account("", "Trần Thu Hà", "", roster.Office))
	shown := staff.get("/board").want(200)
	if len(shown.find(".huge")) != 0 || shown.attr(".note a.button", "href") != "/roster/import" || shown.one("tfoot .percent") != "–" {
		t.Errorf("%s", shown.text())
	}
	if n := len(office.get("/board").want(200).find(`a[href="/roster/import"]`)); n != 0 {
		t.Error("the office is told to import a roster, which it may not")
	}
	if shown := staff.get("/missing").want(200); len(shown.find(".note.good")) != 0 || len(shown.find(".note")) != 1 {
		t.Errorf("nobody is missing where nobody is: %s", shown.text())
	}
	var f targets.Figures
	office.get("/api/v1/board").want(200).json(&f)
	if f.Base != 0 || f.Percent != 0 || len(f.Rows) != 10 {
		t.Errorf("%+v", f)
	}
	if rows, about := csvFile(office.get("/api/v1/reports/missing.csv").want(200)); len(rows) != 0 || about["Số dòng"] != "0" {
		t.Errorf("%q %q", rows, about)
	}
}

func TestReportsOfAThousandPeople(t *testing.T) {
	p := newBoard(t)
	var g errgroup.Group
	g.SetLimit(32)
	for i := range 1000 {
		g.Go(func() error {
			person, err := p.Roll.Add(t.Context(), roster.Entry{Name: "Lù Thị " + string(rune('A'+i%26)) + strings.Repeat("a", i/26), Library: "Thư viện xã", Commune: lungCu, On: roster.Day(begun)}, "operator")
			if err != nil {
				return err
			}
			return p.Board.RefreshStanding(t.Context(), person.ID)
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	shown := p.staff.get("/missing").want(200)
	if n := len(shown.find("table.data tbody tr")); n != board.ListRows {
		t.Errorf("the page names %d", n)
	}
	if got := shown.one(".counts li:first-child b"); got != "1.001" {
		t.Errorf("%s are missing", got)
	}
	if !strings.Contains(shown.text(), "200 người đầu trong 1.001 người") {
		t.Error("the page does not say that it shows a part")
	}
	fromCSV, about := csvFile(p.staff.get("/api/v1/reports/missing.csv").want(200))
	fromXLSX, aboutXLSX := xlsxFile(p.staff.get("/api/v1/reports/missing.xlsx").want(200))
	var fromJSON struct {
		Base, Trained int
		Rows          []struct{ Person string }
		Checksum      string
	}
	p.staff.get("/api/v1/reports/missing.json").want(200).json(&fromJSON)
	if len(fromCSV) != 1001 || len(fromXLSX) != 1001 || len(fromJSON.Rows) != 1001 || fromJSON.Base-fromJSON.Trained != 1001 {
		t.Fatalf("%d, %d and %d rows", len(fromCSV), len(fromXLSX), len(fromJSON.Rows))
	}
	const sum = "Mã kiểm tra toàn vẹn (SHA-256)"
	if about[sum] != fromJSON.Checksum || aboutXLSX[sum] != fromJSON.Checksum || len(fromJSON.Checksum) != 64 {
		t.Errorf("checksums %s, %s and %s", about[sum], aboutXLSX[sum], fromJSON.Checksum)
	}
	for i := range fromCSV {
		if fromCSV[i][1] != fromXLSX[i][1] || fromCSV[i][1] != fromJSON.Rows[i].Person {
			t.Fatalf("row %d is of %s, %s and %s", i, fromCSV[i][1], fromXLSX[i][1], fromJSON.Rows[i].Person)
		}
	}
}

func TestCompletionsListCertificatesInTheVisitorsLanguage(t *testing.T) {
	p := newBoard(t)
	rows, _ := csvFile(p.staff.get("/api/v1/reports/completions.csv?province=08").want(200))
	if len(rows) != 3 || rows[0][1] != "Giàng A Dua" || rows[2][8] != "Khuyến đọc" || rows[2][14] != "Hợp lệ" {
		t.Errorf("%q", rows)
	}
	p.staff.cookies["lang"] = "en"
	file := p.staff.get("/api/v1/reports/completions.csv?province=08").want(200)
	if head, _, _ := strings.Cut(file.Body, "\r\n"); !strings.HasPrefix(head, "\ufeffPerson ID,Name,Library,") {
		t.Errorf("English headings: %q", head)
	}
	if got := p.staff.get("/api/v1/reports/completions.csv?province=08&lang=vi").want(200).Body; !strings.HasPrefix(got, "\ufeffMã người,") {
		t.Errorf("Vietnamese headings, asked for: %.60q", got)
	}
	for path, want := range map[string]string{
		"/api/v1/reports/completions.csv?province=08":                  `attachment; filename="lopban-completions-08-2026-12-05.csv"`,
		"/api/v1/reports/missing.xlsx?province=08&commune=00715":       `attachment; filename="lopban-missing-08-00715-2026-12-05.xlsx"`,
		"/api/v1/reports/board.json?by=programme&asOf=2026-12-04":      `attachment; filename="lopban-board-programme-all-2026-12-04.json"`,
		"/api/v1/reports/board.json?by=programme&province=02&lang=abc": `attachment; filename="lopban-board-programme-02-2026-12-05.json"`,
	} {
		if got := p.staff.get(path).want(200).Header.Get("Content-Disposition"); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func TestWordsThatASpreadsheetWouldCalculateStayWords(t *testing.T) {
	p := newBoard(t)
	const bad = `=HYPERLINK("http://evil.example","Thư viện")<script>alert(1)</script>`
	person, err := p.Roll.Add(t.Context(), roster.Entry{Name: "Lò Văn Pó", Library: bad, Commune: lungCu, On: roster.Day(begun)}, "operator")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Board.RefreshStanding(t.Context(), person.ID); err != nil {
		t.Fatal(err)
	}
	shown := p.staff.get("/missing").want(200)
	if strings.Contains(shown.Body, "<script>alert") || !strings.Contains(shown.text(), bad) {
		t.Error("the page runs what a library is called, or does not show it")
	}
	rows, _ := csvFile(p.staff.get("/api/v1/reports/missing.csv").want(200))
	i := slices.IndexFunc(rows, func(r []string) bool { return r[1] == "Lò Văn Pó" })
	if i < 0 || rows[i][2] != "'"+bad {
		t.Errorf("CSV has %q", rows)
	}
	x, err := excelize.OpenReader(strings.NewReader(p.staff.get("/api/v1/reports/missing.xlsx").want(200).Body))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for line := 2; line < 4; line++ {
		if formula, err := x.GetCellFormula(x.GetSheetList()[0], fmt.Sprintf("C%d", line)); err != nil || formula != "" {
			t.Errorf("XLSX calculates %q, %v", formula, err)
		}
	}
}

func TestTextFilesArePackedForWhoTakesIt(t *testing.T) {
	p := newBoard(t)
	plain := p.staff.get("/api/v1/reports/missing.csv").want(200)
	request, err := http.NewRequest(http.MethodGet, "/api/v1/reports/missing.csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range p.staff.cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	request.Header.Set("Accept-Encoding", "gzip")
	packed, err := p.app.Test(request, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Body.Close()
	if packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("Vary") != "Accept-Encoding" || plain.Header.Get("Content-Encoding") != "" {
		t.Fatalf("packed %v, plain %v", packed.Header, plain.Header)
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil || string(text) != plain.Body {
		t.Errorf("unpacked it is %q, %v", text, err)
	}
}

// report makes a report and says whether it was closed.
func (p *province) report(name string) *targets.Report {
	p.t.Helper()
	r, err := p.Programme.Report(p.t.Context(), programme.Request{Report: name, Scope: targets.Scope{By: roster.Present}})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { r.Close() })
	return r
}

func TestAReportIsBrokenOffWhereItsReaderGoesAway(t *testing.T) {
	p := newBoard(t)
	words := programme.FileWords("vi", p.Words("vi"))
	for _, format := range []string{targets.CSV, targets.XLSX, targets.JSON} {
		ctx, cancel := context.WithCancel(t.Context())
		out, in := io.Pipe()
		file := &page.Download{PipeReader: out, Cancel: cancel}
		file.Close()
		if err := page.WriteReport(ctx, in, p.report("missing"), format, format == targets.CSV, words); !errors.Is(err, context.Canceled) && !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func TestAReportThatFailsNeverLooksWhole(t *testing.T) {
	p := newBoard(t)
	panics := targets.Words{Lang: "vi", Text: func(key string) string { panic("no " + key) }}
	if err := page.WriteReport(t.Context(), io.Discard, p.report("board"), targets.CSV, false, panics); err == nil || !strings.Contains(err.Error(), "panic: no column.code") {
		t.Errorf("a panic while writing gave %v", err)
	}
	var b bytes.Buffer
	if err := page.WriteReport(t.Context(), &b, p.report("board"), targets.CSV, true, panics); err == nil {
		t.Error("a packed report that failed was ended as if it were whole")
	}
}

// The tables of a board are kept between visits; what they lead to is each visitor's own, and a number that changed is
// shown at once.
func TestKeptTablesShowNobodyElsesWays(t *testing.T) {
	p := newBoard(t)
	ways := func(c *client) int { return len(c.get("/board?by=present").want(200).find("table.gaps tbody th a")) }
	for range 2 {
		if office, staff, learner := ways(p.office), ways(p.staff), ways(p.learner); office < 2 || staff != 1 || learner != 0 {
			t.Errorf("provinces that lead somewhere: %d for the office, %d for staff, %d for a learner", office, staff, learner)
		}
	}
	trained := func() string { return p.office.get("/board?by=present&province=08").want(200).one("tfoot .trained") }
	before := trained()
	p.certified(p.dua, must(p.School.Course(t.Context(), "K2")))
	if after := trained(); before != "1" || after != "2" {
		t.Errorf("trained: %s, and after a certificate %s", before, after)
	}
	p.office.cookies["lang"] = "en"
	if head := p.office.get("/board?by=present").want(200).one("table.gaps thead"); strings.Contains(head, "Tỉnh") {
		t.Errorf("the table kept for one language is shown in the other: %s", head)
	}
}
