package journey

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/xuri/excelize/v2"

	"lopban/content"
	"lopban/courses/roster"
)

// Staff of Tuyên Quang bring their roster up to date from spreadsheets, see who is missing, and take the figures home
// as files that say what the screen says.
func TestStaffJourney(t *testing.T) {
	r := enter(t)
	v := r.tab(t, laptop)
	v.enter(staff)
	v.open("/board")
	before := v.board()

	file := filepath.Join(t.TempDir(), "danh-sach.csv")
	if err := os.WriteFile(file, []byte(badRoster), 0o600); err != nil {
		t.Fatal(err)
	}
	v.uploads(file, tally{added: 3, problems: 2})
	v.wantFaults("field.name", "field.commune")
	v.wantText("main", v.say("vi", "import.private", "Dân tộc"))
	v.open("/board")
	if now := v.board(); now.base != before.base {
		t.Fatalf("a preview changed the base from %d to %d", before.base, now.base)
	}
	v.uploads(file, tally{added: 3, problems: 2})
	v.imports(3)
	v.open("/board")
	if now := v.board(); now.base != before.base+3 {
		t.Fatalf("the base is %d after 3 people came to %d", now.base, before.base)
	}
	v.uploads(file, tally{same: 3, problems: 2})
	v.wantText("main", v.say("vi", "import.none.problems"))

	v.uploads(excelFile(t), tally{added: 2, same: 1})
	v.wantText("main", v.say("vi", "import.undated", 1))
	v.imports(2)

	v.open("/board")
	now := v.board()
	if now.base != before.base+5 || now.trained != before.trained {
		t.Fatalf("the board says %d of %d, want %d of %d", now.trained, now.base, before.trained, before.base+5)
	}

	v.follow(v.tap("main tfoot .gap a")) // the headline has a link only while the milestone is not reached
	v.missingIn(now)
}

// missingIn looks at the list of those who are not trained, and at its files.
func (v *tab) missingIn(b boardFigures) {
	v.t.Helper()
	v.wantText("main h1", v.say("vi", "missing.title"))
	listed := look[[][]string](v, `[...document.querySelectorAll("main tbody tr")].map((r) => [...r.cells].slice(0, 4).map((c) => c.innerText.trim()))`)
	if want := b.base - b.trained; len(listed) != want {
		v.t.Fatalf("%d are listed as missing, want %d", len(listed), want)
	}
	for _, name := range []string{"Vàng Thị Súa", "Nông Văn Thịnh", "Đặng Thị Mẩy"} {
		if !slices.ContainsFunc(listed, func(row []string) bool { return strings.HasPrefix(row[0], name) }) {
			v.t.Errorf("%s, who came by a spreadsheet, is not on the list", name)
		}
	}
}

// tally is what a preview counts.
type tally struct{ added, changed, moved, same, problems int }

// uploads sends a spreadsheet and looks at the counts of its preview.
func (v *tab) uploads(file string, want tally) {
	v.t.Helper()
	v.open("/roster")
	v.follow(v.tap(`main a.button[href^="/roster/import"]`))
	v.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	v.follow(v.tap(`main form[enctype] .button`))
	v.wantText("main h1", v.say("vi", "import.preview", filepath.Base(file)))
	n := numbers(v.texts(".counts li b"))
	if got := (tally{n[0], n[1], n[2], n[3], n[4]}); got != want {
		v.t.Fatalf("the preview counts %+v, want %+v\n%s", got, want, v.where())
	}
	if want.added+want.changed+want.moved > 0 {
		v.wantText("main", v.say("vi", "import.not-yet"))
	}
}

// wantFaults fails unless the preview lists one problem in each of these columns, and says of each why.
func (v *tab) wantFaults(fields ...string) {
	v.t.Helper()
	table := `document.querySelector(".cell-bad").closest("table")`
	rows := look[[][]string](v, `[...`+table+`.querySelectorAll("tbody tr")].map((r) => [...r.cells].map((c) => c.innerText.trim()))`)
	if len(rows) != len(fields) {
		v.t.Fatalf("%d problems are listed, want %d: %q", len(rows), len(fields), rows)
	}
	for _, field := range fields {
		i := slices.IndexFunc(rows, func(row []string) bool { return strings.Contains(row[1], v.say("vi", field)) })
		if i < 0 || len(rows[i][3]) < 10 {
			v.t.Errorf("no problem in column %s, or no sentence: %q", v.say("vi", field), rows)
		}
	}
}

// imports writes the preview on screen into the roster and waits until that is done.
func (v *tab) imports(people int) {
	v.t.Helper()
	v.follow(v.tap(`main form:has(> [name=seen]) button.button:not([form=cancel])`))
	v.await(`document.querySelector("main h1").innerText === ` + quote(v.say("vi", "imported.title", people)))
}

// excelFile is an Excel file with a new person, one whom the CSV brought, and one whose first day is misspelt.
func excelFile(t testing.TB) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range [][]any{
		{"STT", "Họ và tên", "Điện thoại", "Đơn vị công tác", "Xã", "Ngày bắt đầu"},
		{1, "Đặng Thị Mẩy", "0912345006", "Thư viện xã Lũng Cú", "xã Lũng Cú", "05/09/2025"},
		{2, "Vàng Thị Súa", "0912345001", "Thư viện xã Lũng Cú", "xã Lũng Cú", "01/03/2024"},
		{3, "Lò Văn Panh", "0912345007", "Thư viện xã Đồng Văn", "xã Đồng Văn", "05/09/2094"},
	} {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "danh-sach.xlsx")
	if err := f.SaveAs(file); err != nil {
		t.Fatal(err)
	}
	return file
}

// boardFigures is what the board says on top.
type boardFigures struct{ trained, base int }

// board reads the board on screen: the sum of its rows is the number on top.
func (v *tab) board() boardFigures {
	v.t.Helper()
	top := numbers(v.texts("p.of strong"))
	b := boardFigures{top[0], top[1]}
	var sum boardFigures
	for _, row := range v.rowsOfBoard() {
		n := numbers(row[1:3])
		sum.trained, sum.base = sum.trained+n[0], sum.base+n[1]
	}
	if sum != b {
		v.t.Fatalf("the rows add up to %+v, the top says %+v", sum, b)
	}
	tenths := 1000 * b.trained / b.base // cut off, never rounded up: 39.96 is not 40
	if percent, want := v.text(".huge"), fmt.Sprintf("%d,%d %%", tenths/10, tenths%10); percent != want {
		v.t.Fatalf("the board says %q of %+v, want %q", percent, b, want)
	}
	return b
}

// rowsOfBoard are the rows on screen: name, trained, base, percent, gap. Where nobody is on the roster the percentage
// and the gap are a dash.
func (v *tab) rowsOfBoard() [][]string {
	v.t.Helper()
	return look[[][]string](v, `[...document.querySelectorAll("main tbody tr")].filter((r) => r.querySelector(".trained")).map((r) => [r.cells[0], r.querySelector(".trained"), r.querySelector(".base"), r.querySelector(".percent"), r.querySelector(".gap")]
		.map((c) => { const d = c.querySelector("[aria-hidden]:not(svg)"); return (d || c).innerText.trim().replace(/\u00a0%$/, "").replace(",", "."); }))`)
}

// numbers reads whole numbers as the pages write them, with a point for thousands.
func numbers(texts []string) []int {
	var all []int
	for _, text := range texts {
		n, err := strconv.Atoi(strings.ReplaceAll(text, ".", ""))
		if err != nil {
			n = -1
		}
		all = append(all, n)
	}
	return all
}

// Staff of one province get nothing of another, by whatever address they ask, and not a word that tells that there is
// something.
func TestStaffSeeOnlyTheirProvince(t *testing.T) {
	r := enter(t)
	own, other, person := "08", r.neighbour.Province, r.neighbour
	c := r.signedIn(t, staff)
	for _, path := range []string{"/roster/" + person.ID, "/roster?province=" + other, "/roster/new?province=" + other, "/roster/import?province=" + other, "/roster/export.csv?province=" + other,
		"/missing?province=" + other, "/missing?by=programme&province=" + person.Programme, "/board?province=" + other, "/admin/issuers/" + other, "/api/v1/people?province=" + other,
		"/api/v1/board?province=" + other, "/api/v1/reports/missing.json?province=" + other, "/api/v1/reports/completions.xlsx?province=" + other, "/api/v1/reports/missing.csv?by=programme&province=" + person.Programme} {
		status, text := get(t, c, r.base+path)
		if status != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, status)
		}
		if strings.Contains(text, person.Name) || strings.Contains(text, person.Library) {
			t.Errorf("%s tells of %s", path, person.Name)
		}
	}
	// Nor do the lists that are theirs hold anybody of another province, whatever commune is asked for.
	for _, path := range []string{"/api/v1/people?commune=" + person.Commune, "/api/v1/reports/missing.json", "/missing?commune=" + person.Commune, "/roster?commune=" + person.Commune, "/roster?q=" + url.QueryEscape(person.Name)} {
		if _, text := get(t, c, r.base+path); strings.Contains(text, "/roster/"+person.ID) || strings.Contains(text, `"`+person.ID+`"`) && strings.HasPrefix(path, "/api") || strings.Contains(text, person.Library) {
			t.Errorf("%s tells of %s", path, person.Name)
		}
	}
	places, err := roster.ReadPlaces(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	var people struct {
		People []struct{ ID, Commune string }
	}
	if status, text := get(t, c, r.base+"/api/v1/people?province="+own); status != http.StatusOK || json.Unmarshal([]byte(text), &people) != nil || len(people.People) == 0 {
		t.Errorf("their own people: status %d, %d people", status, len(people.People))
	}
	for _, p := range people.People {
		if commune, ok := places.Commune(p.Commune); !ok || commune.Province != own {
			t.Errorf("%s of commune %q is on the list of %s", p.ID, p.Commune, own)
		}
	}
	for _, path := range []string{"/admin", "/admin/audit?province=04", "/author"} {
		if status, _ := get(t, c, r.base+path); status != http.StatusForbidden {
			t.Errorf("%s: status %d, want 403", path, status)
		}
	}
}

func get(t testing.TB, c *http.Client, address string) (status int, body string) {
	t.Helper()
	res, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// The programme office compares the provinces of the Decision and those of today: the same people, cut in two ways.
func TestOfficeJourney(t *testing.T) {
	r := enter(t)
	v := r.tab(t, laptop)
	v.enter(office)
	v.follow(v.tap(`header nav a[href="/board"]`))
	present := v.board()
	v.follow(v.tap(`.tabs a[href*="by=programme"]`))
	programme := v.board()
	if present != programme {
		t.Fatalf("by present provinces %+v, by programme provinces %+v", present, programme)
	}
	for _, list := range []struct {
		by        string
		provinces int
	}{{"present", 10}, {"programme", 14}} {
		v.open("/board?by=" + list.by)
		rows := v.rowsOfBoard()
		if len(rows) != list.provinces {
			t.Fatalf("%d rows by %s provinces, want %d", len(rows), list.by, list.provinces)
		}
		// One province deeper the figures are the row's.
		name, row := rows[0][0], numbers(rows[0][1:3])
		v.follow(v.tap(`main tbody tr:first-child th a`))
		v.wantText("main h1", name)
		if inside := v.board(); inside != (boardFigures{row[0], row[1]}) {
			t.Errorf("%s: the row says %v, its own board %+v", name, row, inside)
		}
	}
	// The figures of a day gone by stay as they were: asked twice, the files are the same bytes.
	v.open("/board?by=programme&asOf=2026-06-30")
	v.board()
	address := "/api/v1/reports/board.csv?by=programme&asOf=2026-06-30"
	if first, second := v.fetch(address), v.fetch(address); !bytes.Equal(first, second) {
		t.Error("the same day gives two different files")
	}
}
