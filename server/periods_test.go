package server

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"lopban/courses/roster"
)

// month is how long it is until December has ended.
const month = 27 * 24 * time.Hour

// closed is a region whose December was closed, and into which somebody was entered afterwards who had begun in
// December.
func closed(t *testing.T) (p *province, office, staff, other *client) {
	p = newBoard(t)
	p.pass(month)
	office, staff, other = p.as(p.account("", "Trần Thu Hà", "", roster.Office)), p.as(p.account("", "Hoàng Văn Kiên", "08", roster.Staff)), p.as(p.account("", "Bế Thị Nga", "04", roster.Staff))
	office.post("/periods", url.Values{"period": {"2026-12"}, "name": {"Tháng 12 năm 2026"}}).want(303)
	p.pass(time.Hour)
	late, err := p.Roll.Add(t.Context(), roster.Entry{Name: "Hầu Seo Dìn", Library: "Thư viện xã", Commune: lungCu, On: roster.Day(begun)}, "operator")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Board.RefreshStanding(t.Context(), late.ID); err != nil {
		t.Fatal(err)
	}
	return p, office, staff, other
}

func TestAPeriodIsClosedInTheBrowser(t *testing.T) {
	p := newBoard(t)
	p.pass(month)
	office, staff := p.as(p.account("", "Trần Thu Hà", "", roster.Office)), p.as(p.account("", "Hoàng Văn Kiên", "08", roster.Staff))
	look := office.get("/periods?close=2026-12").want(200)
	if got := look.one("#close form + p"); !strings.Contains(got, "1 / 3 (33,3 %)") || !strings.Contains(got, "31/12/2026") {
		t.Errorf("the preview says %q", got)
	}
	if look.attr("#name", "value") != "Tháng 12/2026" || len(office.get("/periods").want(200).find("table.periods")) != 0 {
		t.Error("there is no name to begin with, or something is closed already")
	}
	if len(staff.get("/periods").want(200).find("#close")) != 0 {
		t.Error("staff are shown what they may not do")
	}
	office.post("/periods", url.Values{"period": {"2026-12"}, "name": {" "}}).want(422)
	office.post("/periods", url.Values{"period": {"2027-01"}, "name": {"Tháng này"}}).want(422)
	for range 2 { // pressed twice
		if to := office.post("/periods", url.Values{"period": {"2026-12"}, "name": {"Tháng 12 năm 2026"}}).leads(); to != "/periods/2026-12?done=period" {
			t.Errorf("leads to %s", to)
		}
	}
	twice := office.post("/periods", url.Values{"period": {"2026-12"}, "name": {"Lần hai"}}).want(409)
	if got := twice.text(); !strings.Contains(got, "Tháng 12 năm 2026 đã được chốt rồi") {
		t.Errorf("closed twice: %s", got)
	}
	shown := office.get("/periods").want(200)
	if got := shown.one("table.periods tbody tr"); got != "Tháng 12 năm 2026 31/12/2026 1 3 33,3 % 09:00 01/01/2027 Trần Thu Hà" {
		t.Errorf("%q", got)
	}
	if got := office.get("/admin/audit").want(200).one("tbody tr:first-child"); !strings.Contains(got, "Trần Thu Hà Chốt kỳ báo cáo 2026-12") {
		t.Errorf("the audit says %q", got)
	}
}

func TestWhatIsEnteredLaterIsAnAdjustment(t *testing.T) {
	p, office, staff, other := closed(t)
	shown := staff.get("/periods/2026-12").want(200)
	for selector, want := range map[string]string{
		"h1": "Tháng 12 năm 2026: Tuyên Quang", ".huge": "50,0 %", "table.sums tbody tr:first-child": "Số liệu đã chốt 2 1", "table.sums tbody tr:nth-child(2)": "Điều chỉnh do nhập sau +1 0",
		"table.sums tfoot": "Nếu tính lại hôm nay cho ngày 31/12/2026 3 1", "table.places tbody tr": "xã Lũng Cú 1 2 50,0 % 1 1",
	} {
		if got := shown.one(selector); got != want {
			t.Errorf("%s: %q, want %q", selector, got, want)
		}
	}
	if got := shown.one("table.adjustments tbody tr"); !strings.HasPrefix(got, "Hầu Seo Dìn không tính → xã Lũng Cú +1 0 Bắt đầu làm từ 05/12/2026 tại Thư viện xã, xã Lũng Cú nhập lúc 10:00 01/01/2027, người nhập: operator") {
		t.Errorf("%q", got)
	}
	for who, r := range map[string]*reply{"other staff": other.get("/periods/2026-12"), "other staff, all": other.get("/periods/2026-12?by=present"), "staff, all": staff.get("/periods/2026-12?by=present")} {
		if r.want(200); strings.Contains(r.Body, "Hầu Seo Dìn") {
			t.Errorf("%s reads a name", who)
		}
	}
	if got := staff.get("/periods/2026-12?by=present").one("table.sums tbody tr:nth-child(2)"); got != "Điều chỉnh do nhập sau +1 0" {
		t.Errorf("the totals of all are everybody's: %q", got)
	}
	other.get("/periods/2026-12?by=present&province=08").want(404)
	staff.get("/periods/2026-11").want(404)

	var list struct {
		Periods []struct{ ID, Checksum, ClosedBy string }
	}
	office.get("/api/v1/periods").want(200).json(&list)
	var one struct {
		Figures     struct{ Checksum string }
		Adjustments struct {
			Base   int
			People []struct{ Name string }
		}
	}
	office.get("/api/v1/periods/2026-12").want(200).json(&one)
	if len(list.Periods) != 1 || list.Periods[0].ClosedBy != "Trần Thu Hà" || one.Figures.Checksum != list.Periods[0].Checksum || one.Adjustments.Base != 1 || one.Adjustments.People[0].Name != "Hầu Seo Dìn" {
		t.Errorf("%+v\n%+v", list, one)
	}
	staff.get("/api/v1/periods/2026-12?by=present").want(200).json(&one)
	p.pass(3 * 365 * 24 * time.Hour)
	years := p.as(p.account("", "Lê Văn Hòa", "", roster.Office))
	for _, format := range []string{"json", "csv"} {
		if got := years.get("/api/v1/reports/board." + format + "?period=2026-12").want(200); !strings.Contains(got.Body, list.Periods[0].Checksum) {
			t.Errorf("years later the %s has another checksum", format)
		}
	}
	if got := years.get("/api/v1/board?asOf=2026-12-31&knownOn=2027-01-01").want(200); !strings.Contains(got.Body, `"base":4`) {
		t.Errorf("known at the end of the day: %s", got.Body[:200])
	}
	if got := years.get("/api/v1/board?asOf=2026-12-31&knownOn=2026-12-31").want(200); !strings.Contains(got.Body, `"base":3`) {
		t.Errorf("known before: %s", got.Body[:200])
	}
	years.get("/api/v1/reports/board.csv?period=2026-11").want(422)
	if got := years.get("/board?asOf=2026-12-31&knownOn=2026-12-30").want(422).one("#asof-fault"); got != "Ngày dữ liệu 30/12/2026 sớm hơn ngày của số liệu 31/12/2026." {
		t.Errorf("%q", got)
	}
}

func TestTwoPeriodsAreCompared(t *testing.T) {
	p, _, _, _ := closed(t)
	p.pass(31 * 24 * time.Hour)
	office := p.as(p.account("", "Trần Thu Hà", "", roster.Office))
	office.post("/periods", url.Values{"period": {"2027-01"}, "name": {"Tháng 1"}}).want(303)
	shown := office.get("/periods?a=2027-01&b=2026-12&by=present").want(200) // whichever is named first
	if got := shown.one("table.compared tfoot"); got != "Tổng cộng 3 → 4 (+1) 1 → 1 (0) 33,3 % → 25,0 % −8,3" {
		t.Errorf("%q", got)
	}
	if got := shown.one("table.compared tbody tr:last-child"); got != "Tuyên Quang 2 → 3 (+1) 1 → 1 (0) 50,0 % → 33,3 % −16,7" {
		t.Errorf("%q", got)
	}
	if got := office.get("/periods?scope=" + url.QueryEscape("by=programme&province=02") + "&a=2026-12&b=2027-01").want(200).one("table.compared tbody tr"); got != "xã Lũng Cú 2 → 3 (+1) 1 → 1 (0) 50,0 % → 33,3 % −16,7" {
		t.Errorf("%q", got)
	}
}

// However many periods are closed, their page asks the store as often.
func TestClosedPeriodsAreReadTogether(t *testing.T) {
	p := newBoard(t)
	p.pass(month)
	office := p.as(p.account("", "Trần Thu Hà", "", roster.Office))
	calls := map[int]int{}
	for n, id := range []string{"2026-10", "2026-11", "2026-12", "2026-Q4", "2026"} {
		office.post("/periods", url.Values{"period": {id}, "name": {"Kỳ " + id}}).want(303)
		office.get("/periods").want(200) // what is remembered is filled
		before := p.storeCalls()
		if rows := office.get("/periods?a=2026&b=2026-12").want(200).find("table.periods tbody tr"); len(rows) != n+1 {
			t.Errorf("%d rows, want %d", len(rows), n+1)
		}
		calls[n+1] = p.storeCalls() - before
	}
	if calls[5] == 0 || calls[5] > calls[2] { // what is counted behind the first page may still be read
		t.Errorf("calls by how many are closed: %v", calls)
	}
}
