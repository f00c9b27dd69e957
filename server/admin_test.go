package server

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/paper"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/server/office"
)

func TestAdministrationIsForWhoMay(t *testing.T) {
	p := newProvince(t)
	const ok, moved, denied, gone = 200, 303, 403, 404
	asks := []struct {
		method, path                                       string
		learner, trainer, staff, otherStaff, office, admin int
	}{
		{"GET", "/admin", denied, denied, denied, denied, denied, ok},
		{"POST", "/admin", denied, denied, denied, denied, denied, 422},
		{"POST", "/admin/nobody/reset", denied, denied, denied, denied, denied, gone},
		{"POST", "/admin/nobody/disable", denied, denied, denied, denied, denied, gone},
		{"POST", "/admin/nobody/enable", denied, denied, denied, denied, denied, gone},
		{"GET", "/admin/issuers/08", denied, denied, ok, gone, denied, ok},
		{"GET", "/admin/issuers/08/sample.pdf", denied, denied, ok, gone, denied, ok},
		{"POST", "/admin/issuers/08", denied, denied, 422, gone, denied, 422}, // the form is empty
		{"GET", "/admin/issuers/99", gone, gone, gone, gone, gone, gone},
		{"GET", "/admin/audit", denied, denied, ok, ok, ok, ok},
		{"GET", "/author", denied, ok, denied, denied, denied, ok},
		{"GET", "/author/K9/figures", denied, gone, denied, denied, denied, gone},
	}
	for _, a := range asks {
		for _, who := range []struct {
			name string
			*client
			want int
		}{{"learner", p.learner, a.learner}, {"trainer", p.trainer, a.trainer}, {"staff", p.staff, a.staff}, {"other staff", p.otherStaff, a.otherStaff}, {"office", p.office, a.office}, {"admin", p.adm, a.admin}} {
			if got := who.do(a.method, a.path, "application/x-www-form-urlencoded", strings.NewReader("")); got.Status != who.want {
				t.Errorf("%s %s as %s: %d, want %d", a.method, a.path, who.name, got.Status, who.want)
			}
		}
		if got := p.anyone().do(a.method, a.path, "application/x-www-form-urlencoded", strings.NewReader("")); got.Status != moved && got.Status != 401 {
			t.Errorf("%s %s as nobody: %d", a.method, a.path, got.Status)
		}
	}
	if n := p.audited(""); n != 0 {
		t.Errorf("%d entries in the audit trail", n)
	}
}

func newcomer(name, role, province string) url.Values {
	return url.Values{"name": {name}, "role": {role}, "province": {province}}
}

func TestNewAccountShowsACodeOnceThatOpensIt(t *testing.T) {
	p := newProvince(t)
	shown := p.adm.post("/admin", newcomer("  lò thị   THANH ", "staff", "14")).want(200)
	code := shown.one(".slip-code")
	if got := shown.one("section h2"); got != "Lò Thị Thanh" || len(shown.find(".qr svg")) != 1 {
		t.Errorf("the slip is of %q", got)
	}
	if list := p.adm.get("/admin").want(200); strings.Contains(list.Body, code) || !strings.Contains(list.text(), "Lò Thị Thanh Cán bộ tỉnh Sơn La – ○ Chờ đặt mật khẩu") {
		t.Errorf("the list says %s", list.text())
	}
	a, err := p.Accounts.Use(t.Context(), code, "mot cau de nho", "lo.thanh", true, "192.0.2.1")
	if err != nil || !a.Has(roster.Staff) || a.Province != "14" {
		t.Fatalf("the code opens %+v, %v", a, err)
	}
	if !strings.Contains(p.adm.get("/admin").text(), "Lò Thị Thanh Cán bộ tỉnh Sơn La lo.thanh ✓ Đã mở") {
		t.Error("the list does not say that the account is open")
	}
	if n := p.audited("account.create"); n != 1 {
		t.Errorf("%d entries in the audit trail", n)
	}
	if told := p.adm.get("/admin/audit").want(200).one("tbody tr ins"); told != "Cán bộ tỉnh" {
		t.Errorf("the trail names the role %q", told)
	}
}

func TestAFormSentTwiceMakesOneAccount(t *testing.T) {
	p := newProvince(t)
	form := newcomer("Lò Thị Thanh", "trainer", "")
	p.adm.post("/admin", form).want(200)
	again := p.adm.post("/admin", form).want(409)
	if !strings.HasPrefix(again.one("#account-name-fault"), "Lò Thị Thanh đã có tài khoản cùng vai trò") || again.attr("#account-name", "value") != "Lò Thị Thanh" {
		t.Errorf("%s", again.text())
	}
	p.adm.post("/admin", newcomer("Lò Thị Thanh", "office", "")).want(200)
	n := 0
	for _, cell := range p.adm.get("/admin").find("table.data tbody td:first-child") {
		if textOf(cell) == "Lò Thị Thanh" {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d accounts", n)
	}
}

func TestAccountFormSaysWhatIsWrong(t *testing.T) {
	p := newProvince(t)
	for _, c := range []struct {
		form  url.Values
		field string
	}{
		{newcomer("", "staff", "08"), "name"}, {newcomer("Lò Văn 4", "staff", "08"), "name"}, {newcomer("Lò Văn A", "", ""), "role"},
		{newcomer("Lò Văn A", "learner", ""), "role"}, {newcomer("Lò Văn A", "staff", ""), "province"}, {newcomer("Lò Văn A", "trainer", "77"), "province"},
	} {
		shown := p.adm.post("/admin", c.form).want(422)
		if shown.one("#account-"+c.field+"-fault") == "" || shown.attr("#account-name", "value") != c.form.Get("name") || len(shown.find("details[open]")) != 1 {
			t.Errorf("%v: %s", c.form, shown.text())
		}
	}
	if n := p.audited("account."); n != 0 {
		t.Errorf("%d entries in the audit trail", n)
	}
}

func TestDisabledAccountIsOutAndMayComeBack(t *testing.T) {
	p := newProvince(t)
	keeper := p.account("", "Sùng Thị Dế", "08", roster.Staff)
	visitor := p.as(keeper)
	visitor.get("/roster").want(200)
	if got := p.adm.post("/admin/"+keeper.ID+"/disable", nil).leads(); got != "/admin?done=account-disable" {
		t.Errorf("leads to %s", got)
	}
	p.adm.post("/admin/"+keeper.ID+"/disable", nil).want(303) // pressed twice
	if n := p.audited("account.disable"); n != 1 {
		t.Errorf("%d entries in the audit trail of one account that was disabled", n)
	}
	if got := visitor.get("/roster"); got.Status != 303 {
		t.Errorf("somebody disabled still reads the roster: %d", got.Status)
	}
	p.adm.post("/admin/"+keeper.ID+"/enable", nil).want(303)
	a, err := store.Get[roster.Account](t.Context(), p.Store, roster.AccountKind, keeper.ID)
	if err != nil || a.Disabled {
		t.Errorf("%+v, %v", a, err)
	}
	p.adm.post("/admin/"+keeper.ID+"/enable", nil).want(303)
	if n := p.audited("account.enable"); n != 1 {
		t.Errorf("%d entries in the audit trail of one account that was enabled", n)
	}
}

func TestAChangeOfAnAccountWithoutANameIsSaidAtItsField(t *testing.T) {
	p := newProvince(t)
	keeper := p.account("", "Sùng Thị Dế", "08", roster.Staff)
	shown := p.adm.post("/admin/"+keeper.ID, url.Values{"name": {""}, "role": {"staff"}, "province": {"08"}}).want(422)
	if got := shown.one("#charge-name-fault"); got != "Thiếu họ tên." {
		t.Errorf("says %q\n%s", got, shown.text())
	}
	if n := p.audited("account."); n != 0 {
		t.Errorf("%d entries in the audit trail", n)
	}
}

func TestResetEndsSessionsAndGivesANewCode(t *testing.T) {
	p := newProvince(t)
	keeper := p.account("", "Sùng Thị Dế", "08", roster.Staff)
	p.withPassword(keeper, "sung.de", "mot cau de nho")
	keeper, err := store.Get[roster.Account](t.Context(), p.Store, roster.AccountKind, keeper.ID)
	if err != nil {
		t.Fatal(err)
	}
	visitor := p.as(keeper)
	first := p.adm.post("/admin/"+keeper.ID+"/reset", nil).want(200).one(".slip-code")
	second := p.adm.post("/admin/"+keeper.ID+"/reset", nil).want(200).one(".slip-code")
	if got := visitor.get("/roster"); got.Status != 303 {
		t.Errorf("a session outlived the reset: %d", got.Status)
	}
	if _, err := p.Accounts.Look(t.Context(), first, "192.0.2.1"); err == nil && first != second {
		t.Error("the earlier code still works")
	}
	if holder, err := p.Accounts.Look(t.Context(), second, "192.0.2.1"); err != nil || holder.Account != keeper.ID {
		t.Errorf("the code opens %+v, %v", holder, err)
	}
}

func TestNobodyLocksTheirOwnDoor(t *testing.T) {
	p := newProvince(t)
	me := p.account("", "Phạm Thị Lan", "", roster.Admin)
	self := p.as(me)
	for _, action := range []string{"reset", "disable", "enable"} {
		self.post("/admin/"+me.ID+"/"+action, nil).want(403)
	}
	self.get("/admin").want(200)
	if n := len(self.get("/admin").find(`form[action^="/admin/` + me.ID + `"]`)); n != 0 {
		t.Errorf("%d buttons for the own account", n)
	}
}

func TestAccountsGoOnPageByPage(t *testing.T) {
	p := newProvince(t)
	for i := range office.AdminPageSize {
		p.account("", fmt.Sprintf("Ma Thị %c%s", 'A'+i%26, strings.Repeat("a", 1+i/26)), "", roster.Trainer)
	}
	first := p.adm.get("/admin").want(200)
	second := p.adm.get(first.attr(`a[href^="/admin?after="]`, "href")).want(200)
	seen := map[string]bool{}
	for _, r := range []*reply{first, second} {
		for _, f := range r.find(`table.data form[action$="/reset"]`) {
			seen[f.Attr[1].Val] = true
		}
	}
	if len(seen) != office.AdminPageSize+4 { // and two staff, the office, the trainer; not oneself
		t.Errorf("%d accounts on two pages", len(seen))
	}
	if n := len(second.find(`a[href^="/admin?after="]`)); n != 0 {
		t.Error("the last page leads on")
	}
}

// words of an issuer as the form sends them.
func issuerForm() url.Values {
	return url.Values{"parent": {"Ủy ban nhân dân tỉnh Tuyên Quang"}, "name": {"Thư viện tỉnh Tuyên Quang"}, "head": {"Giám đốc Thư viện tỉnh"}, "capacity": {"KT. GIÁM ĐỐC\r\n\r\n PHÓ GIÁM ĐỐC "}, "signer": {"Đỗ Thị Nhung"}, "town": {"Tuyên Quang"}}
}

func TestStaffSetWhoSignsInTheirProvince(t *testing.T) {
	p := newBoard(t)
	if got := p.staff.get("/board").want(200).attr(`a[href^="/admin/issuers/"]`, "href"); got != "/admin/issuers/08" {
		t.Errorf("the board leads to %s", got)
	}
	if got := p.staff.get("/admin/issuers/08").want(200).attr("#issuer-name", "value"); got != "THƯ VIỆN TỈNH TUYÊN QUANG" {
		t.Errorf("before it was set: %q", got)
	}
	if got := p.staff.post("/admin/issuers/08", issuerForm()).leads(); got != "/admin/issuers/08?done=issuer" {
		t.Errorf("leads to %s", got)
	}
	i, err := p.School.Issuer(t.Context(), "08", "")
	want := courses.Issuer{ID: "08", Parent: "Ủy ban nhân dân tỉnh Tuyên Quang", Name: "Thư viện tỉnh Tuyên Quang", Head: "Giám đốc Thư viện tỉnh", Capacity: "KT. GIÁM ĐỐC\nPHÓ GIÁM ĐỐC", Signer: "Đỗ Thị Nhung", Town: "Tuyên Quang"}
	if err != nil || i != want {
		t.Errorf("kept %+v, %v", i, err)
	}
	p.certified(p.dua, p.publish(shortCourse("K2", courses.ReadingPromotion)))
	entries, err := p.School.Certificates(t.Context(), p.dua.ID)
	if err != nil || entries[0].Issuer.Name != "THƯ VIỆN TỈNH TUYÊN QUANG" || entries[1].Issuer != want {
		t.Errorf("certificates are issued by %+v, %v", entries, err)
	}
	if n := p.audited("issuer.save"); n != 1 {
		t.Errorf("%d entries in the audit trail", n)
	}
}

func TestWordsThatCannotBePrintedAreNotKept(t *testing.T) {
	p := newProvince(t)
	for field, value := range map[string]string{"name": "", "head": strings.Repeat("Giám đốc ", 60), "parent": "Sở 文化", "capacity": "a\nb\nc\nd", "town": " ", "signer": strings.Repeat("Nguyễn ", 40)} {
		form := issuerForm()
		form.Set(field, value)
		shown := p.staff.post("/admin/issuers/08", form).want(422)
		if shown.one("#issuer-"+field+"-fault") == "" || shown.attr("#issuer-"+field, "aria-invalid") != "true" || shown.attr("#issuer-town", "value") != strings.TrimSpace(form.Get("town")) {
			t.Errorf("%s: %s", field, shown.text())
		}
		if sample := p.staff.get("/admin/issuers/08/sample.pdf?" + form.Encode()).want(422); sample.one("#issuer-"+field+"-fault") == "" {
			t.Errorf("%s: the sample says %s", field, sample.text())
		}
	}
	if _, err := store.Get[courses.Issuer](t.Context(), p.Store, school.IssuerKind, "08"); err == nil {
		t.Error("something was kept")
	}
}

func TestSampleIsNobodysCertificate(t *testing.T) {
	p := newProvince(t)
	kept := p.staff.get("/admin/issuers/08/sample.pdf").want(200)
	typed := p.staff.get("/admin/issuers/08/sample.pdf?" + issuerForm().Encode()).want(200)
	for _, r := range []*reply{kept, typed} {
		code, _, err := paper.Inspect([]byte(r.Body))
		if err != nil || code != programme.SampleCode || r.Header.Get("Content-Type") != "application/pdf" {
			t.Errorf("%q, %v, %s", code, err, r.Header.Get("Content-Type"))
		}
	}
	if kept.Body == typed.Body {
		t.Error("the sample does not show what was typed")
	}
	if _, ok := courses.ReadCode(programme.SampleCode); ok {
		t.Error("the sample's code could be a certificate's")
	}
	p.anyone().get("/v/" + programme.SampleCode).want(404)
}

func TestAuditTrailTellsWhoDidWhatTheNewestFirst(t *testing.T) {
	p := newProvince(t)
	if got := p.office.get("/admin/audit").want(200); len(got.find(".note")) != 1 {
		t.Errorf("an empty trail says %s", got.text())
	}
	p.adm.post("/admin", newcomer("Lò Thị Thanh", "trainer", "")).want(200)
	p.pass(time.Minute)
	p.staff.post("/admin/issuers/08", issuerForm()).want(303)
	shown := p.office.get("/admin/audit").want(200)
	rows := shown.find("table.data tbody tr")
	if len(rows) != 2 {
		t.Fatalf("%s", shown.text())
	}
	for i, parts := range [][]string{{"09:01 05/12/2026 Hoàng Văn Kiên Sửa nơi cấp giấy chứng nhận", "Người ký: để trống → Đỗ Thị Nhung", "08 Tuyên Quang"},
		{"09:00 05/12/2026 Phạm Minh Sơn Tạo tài khoản", "Vai trò: để trống → Giảng viên", "Lò Thị Thanh –"}} {
		for _, part := range parts {
			if !strings.Contains(textOf(rows[i]), part) {
				t.Errorf("%q does not say %q", textOf(rows[i]), part)
			}
		}
	}
}

func TestAuditTrailIsNarrowedSearchedAndSent(t *testing.T) {
	p := newProvince(t)
	form := url.Values{"name": {"Vàng Thị Mỷ Hoa"}, "phone": {""}, "post": {"Thủ thư"}, "kind": {roster.LegalBookcase}}
	p.staff.post("/roster/"+p.my.ID+"/correct", form).want(303)
	form.Set("name", "Nông Văn Thình")
	p.otherStaff.post("/roster/"+p.far.ID+"/correct", form).want(303)
	path := p.staff.upload("Danh sách 2026.csv", []byte(columns+"Sùng Mí Pó,,,Thư viện xã Lũng Cú,Lũng Cú,01/12/2026\n")).leads()
	p.staff.post(path, nil).want(303)
	p.staff.imported(path)
	for _, c := range []struct {
		who   *client
		query string
		rows  int
		says  string
	}{
		{p.office, "", 4, "Danh sách 2026.csv: 1 người mới, 0 thay đổi"},
		{p.staff, "", 3, "Vàng Thị Mỷ → Vàng Thị Mỷ Hoa"},
		{p.office, "?province=04", 1, "Nông Văn Thịnh → Nông Văn Thình"},
		{p.office, "?about=person&q=my+hoa", 1, "Vàng Thị Mỷ Hoa"},
		{p.office, "?about=roster", 2, "Nhập danh sách"},
		{p.office, "?from=2026-12-06", 0, "Không có việc nào"},
		{p.office, "?to=2026-12-05&q=danh+sach+2026", 2, "Danh sách 2026.csv"},
	} {
		shown := c.who.get("/admin/audit" + c.query).want(200)
		if rows := len(shown.find("table.data tbody tr")); rows != c.rows || !strings.Contains(shown.text(), c.says) {
			t.Errorf("%q: %d rows in %s", c.query, rows, shown.text())
		}
		if c.rows == 0 {
			continue
		}
		file := c.who.get(shown.attr("a[download]", "href")).want(200)
		if lines := strings.Count(file.Body, "\r\n"); lines != c.rows+1 || !strings.HasPrefix(file.Header.Get("Content-Type"), "text/csv") {
			t.Errorf("%q: a file of %d lines: %s", c.query, lines, file.Body)
		}
	}
	p.staff.get("/admin/audit?province=04").want(403)
	p.office.get("/admin/audit?from=gestern").want(422)
	if got := p.office.get("/admin/audit?from=05/12/2026").want(200).attr("input[name=from]", "value"); got != "2026-12-05" {
		t.Errorf("a day as people type it: %q", got)
	}
}

func TestAuditTrailGoesOnPageByPage(t *testing.T) {
	p := newProvince(t)
	for i := range 2*office.AuditPageSize + 1 {
		e := programme.AuditEntry{ID: fmt.Sprintf("e%04d", i), By: p.my.ID, Action: "test", Subject: fmt.Sprint("s", i), At: store.Time(begun.Add(time.Duration(i/7) * time.Second))}
		if err := programme.Tell(t.Context(), p.Store, e.At, e); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	pages := 0
	for path := "/admin/audit"; path != ""; pages++ {
		shown := p.office.get(path).want(200)
		for _, cell := range shown.find("table.data tbody td:nth-child(4)") {
			seen[textOf(cell)] = true
		}
		path = ""
		if len(shown.find(`a[href^="/admin/audit?"]`)) > 0 {
			path = shown.attr(`a[href^="/admin/audit?"]`, "href")
		}
	}
	if pages != 3 || len(seen) != 2*office.AuditPageSize+1 {
		t.Errorf("%d entries on %d pages", len(seen), pages)
	}
	p.office.get("/admin/audit?before=yesterday!e1").want(400)
}
