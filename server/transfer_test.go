package server

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
	"lopban/courses/store"
)

// held counts the base of two provinces at the end of a day by the board, and by the facts alone.
func (p *province) held(t *testing.T, day string, of ...string) (board, facts []int) {
	t.Helper()
	on, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	postings := map[string][]roster.Posting{}
	err = store.Each(t.Context(), p.Store, roster.PostingKind, store.Query{}, func(f roster.Posting) error {
		postings[f.Person] = append(postings[f.Person], f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, province := range of {
		f, err := p.Board.Read(t.Context(), roster.Present, province, on)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, own := range postings {
			if held, active := p.Places.Held(own, on, time.Time{}); active && held.Province == province {
				n++
			}
		}
		board, facts = append(board, f.Base), append(facts, n)
	}
	return board, facts
}

// A person is asked for, handed over and taken: what was learnt comes along, and on every day the boards of both
// provinces are what the facts say.
func TestATransferIsAskedForOfferedAndTaken(t *testing.T) {
	p := newProvince(t)
	p.certified(p.far, p.publish(shortCourse("K1", courses.LibraryService)))
	if _, err := p.Roll.Correct(t.Context(), p.far.ID, roster.Details{Name: "Nông Văn Thịnh", Phone: "0912000007", Post: "Bí mật", Kind: roster.OtherLibraryKind}, "staff"); err != nil {
		t.Fatal(err)
	}
	form := adding(p.staff.get("/roster/new").want(200), "Nông Văn Thịnh")
	form.Set("phone", "0912000007")
	asks := p.staff.post("/roster", form).want(409)
	if got := asks.one("form[action='/roster/transfers'] button"); got != "Hỏi chuyển từ Cao Bằng" {
		t.Fatalf("the button says %q", got)
	}
	waits := func(c *client, want string) { // on the home of staff
		t.Helper()
		got := ""
		if home := c.get("/").want(200); len(home.find(".duties a[href='/roster/transfers']")) > 0 {
			got = home.one(".duties a[href='/roster/transfers']")
		}
		if got != want {
			t.Errorf("home says %q of transfers, want %q", got, want)
		}
	}
	const one = "Chuyển tỉnh 1 người đang chờ trả lời."
	waits(p.otherStaff, "")
	sent := url.Values{}
	for _, field := range []string{"province", "name", "phone", "post", "library", "kind", "commune", "on"} {
		sent.Set(field, asks.attr("form[action='/roster/transfers'] input[name="+field+"]", "value"))
	}
	for range 2 { // twice asks once
		shown := p.staff.get(p.staff.post("/roster/transfers", sent).leads()).want(200)
		if got := shown.text(); !strings.Contains(got, "Đang chờ Cao Bằng") || strings.Contains(got, "Bí mật") || strings.Contains(got, p.far.ID+" ") || len(shown.find("section.card")) != 1 {
			t.Errorf("asked: %s", got)
		}
	}
	if got := p.otherStaff.get("/roster").want(200).one(".note.wait a"); got != "Chuyển tỉnh đang chờ bạn: 1" {
		t.Errorf("the other province is told %q", got)
	}
	waits(p.otherStaff, one)
	waits(p.staff, "")
	office := p.as(p.account("", "Trần Thu Hà", "", roster.Office)) // reads of it, and is not asked
	for at, where := range map[string]string{"/roster?province=04": ".note.wait a", "/roster/transfers?province=04": "h2"} {
		if got := office.get(at).want(200).one(where); got != "Đang chờ tỉnh này: 1" {
			t.Errorf("at %s the office reads %q", at, got)
		}
	}
	path := "/roster/transfers/" + p.far.ID + "/1"
	p.staff.post(path, url.Values{"province": {"04"}, "do": {"offer"}, "on": {"2026-12-03"}}).want(403)
	p.staff.post(path, url.Values{"province": {"08"}, "do": {"accept"}, "library": {"Thư viện"}, "commune": {lungCu}, "on": {"2026-12-03"}}).want(422)
	bad := p.otherStaff.post(path, url.Values{"province": {"04"}, "do": {"offer"}, "on": {"2027-01-01"}}).want(422)
	if len(bad.find(".note.bad")) != 1 || len(bad.find("input[aria-invalid=true]")) != 1 {
		t.Errorf("a day to come: %s", bad.text())
	}
	p.otherStaff.get(p.otherStaff.post(path, url.Values{"province": {"04"}, "do": {"offer"}, "on": {"2026-12-03"}}).leads()).want(200)
	waits(p.otherStaff, "")
	waits(p.staff, one)
	before, _ := p.held(t, "2026-12-04", "08", "04")
	shown := p.staff.get("/roster/transfers").want(200)
	if got := shown.text(); !strings.Contains(got, "Bí mật") || !strings.Contains(got, "Chuyển tỉnh đang chờ bạn: 1") {
		t.Errorf("handed over: %s", got)
	}
	if got := shown.attr("input[name=library]", "value"); got != "Thư viện xã Lũng Cú" { // as it was asked for
		t.Errorf("the form has %q", got)
	}
	early := p.staff.post(path, url.Values{"province": {"08"}, "do": {"accept"}, "library": {"Thư viện"}, "commune": {lungCu}, "on": {"2026-12-02"}}).want(422)
	if got := early.one(".note.bad"); !strings.Contains(got, "sớm hơn ngày tỉnh cũ bàn giao") {
		t.Errorf("too early: %s", got)
	}
	taken := p.staff.get(p.staff.post(path, url.Values{"province": {"08"}, "do": {"accept"}, "library": {"Thư viện xã Lũng Cú"}, "commune": {lungCu}, "on": {"2026-12-04"}}).leads()).want(200)
	waits(p.staff, "")
	if got := taken.text(); !strings.Contains(got, "Đã nhận") {
		t.Errorf("taken: %s", got)
	}
	again := p.staff.post(path, url.Values{"province": {"08"}, "do": {"accept"}, "library": {"Thư viện khác"}, "commune": {lungCu}, "on": {"2026-12-04"}}).want(409)
	if got := again.one(".note.bad"); !strings.Contains(got, "đã được nhận vào Thư viện xã Lũng Cú, xã Lũng Cú, từ ngày 04/12/2026") {
		t.Errorf("taken again, to another library: %s", got)
	}
	after, _ := p.held(t, "2026-12-04", "08", "04")
	if after[0] != before[0]+1 || after[1] != before[1]-1 {
		t.Errorf("boards %v and then %v", before, after)
	}
	for _, day := range []string{"2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04"} {
		if board, facts := p.held(t, day, "08", "04"); board[0] != facts[0] || board[1] != facts[1] {
			t.Errorf("on %s the boards say %v and the facts %v", day, board, facts)
		}
	}
	if got := p.staff.get("/roster/" + p.far.ID).want(200); len(got.find("a[href^='/certificates/']")) == 0 {
		t.Errorf("the certificate did not come along: %s", got.text())
	}
	p.otherStaff.get("/roster/" + p.far.ID).want(404)
	// 08 asked and took, 04 offered and reads of both
	for who, want := range map[*client]int{p.staff: 2, p.otherStaff: 2} {
		trail := who.get("/admin/audit?about=transfer").want(200)
		if rows := len(trail.find("table.data tbody tr")); rows != want || !strings.Contains(trail.text(), "Cao Bằng → Tuyên Quang") {
			t.Errorf("%d entries: %s", rows, trail.text())
		}
	}
	if r, err := p.Board.Check(t.Context(), nil); err != nil || r.Wrong+r.Missing+r.Orphans > 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestATransferIsDeclinedOrTakenBack(t *testing.T) {
	p := newProvince(t)
	if got := p.staff.get("/roster?province=08").want(200).one("a[href='/roster/transfers?province=08']"); got != "Chuyển tỉnh" {
		t.Errorf("while nothing waits the roster leads to %q", got)
	}
	offer := url.Values{"to": {"04"}, "on": {"2026-12-03"}}
	p.staff.get(p.staff.post("/roster/"+p.dua.ID+"/transfer", offer).leads()).want(200)
	if got := p.staff.get("/roster/" + p.dua.ID).want(200).text(); !strings.Contains(got, "đã được bàn giao và chờ tỉnh kia nhận") {
		t.Errorf("on the person's page: %s", got)
	}
	path := "/roster/transfers/" + p.dua.ID + "/1"
	p.otherStaff.post(path, url.Values{"province": {"04"}, "do": {"decline"}, "reason": {" "}}).want(422)
	p.otherStaff.post(path, url.Values{"province": {"04"}, "do": {"decline"}, "reason": {"Không có chỗ"}}).want(303)
	shown := p.staff.get("/roster/transfers").want(200)
	if got := shown.text(); !strings.Contains(got, "Không đồng ý: Không có chỗ") || len(shown.find("section.card form")) != 0 {
		t.Errorf("declined: %s", got)
	}
	p.staff.post("/roster/"+p.dua.ID+"/transfer", offer).want(303)
	p.staff.post("/roster/transfers/"+p.dua.ID+"/2", url.Values{"province": {"08"}, "do": {"withdraw"}}).want(303)
	p.otherStaff.post("/roster/transfers/"+p.dua.ID+"/2", url.Values{"province": {"04"}, "do": {"accept"}, "library": {"x"}, "commune": {elsehere}, "on": {"2026-12-04"}}).want(422)
	p.base(2)
	p.staff.post("/roster/"+p.dua.ID+"/transfer", url.Values{"to": {"08"}, "on": {"2026-12-03"}}).want(422)
	p.office.post("/roster/transfers/"+p.dua.ID+"/2", url.Values{"do": {"decline"}, "reason": {"x"}}).want(403)
}

// A button of a page from before the other side spoke says so, and shows what stands now.
func TestAStaleTransferPageShowsWhatStands(t *testing.T) {
	p := newProvince(t)
	post := roster.Entry{Name: p.far.Name, Library: "Thư viện xã Lũng Cú", Commune: lungCu}
	if _, err := p.Roll.Ask(t.Context(), p.far.ID, "08", post, "staff"); err != nil {
		t.Fatal(err)
	}
	path := "/roster/transfers/" + p.far.ID + "/1"
	p.otherStaff.post(path, url.Values{"province": {"04"}, "do": {"offer"}, "on": {"2026-12-03"}}).want(303)
	stale := p.staff.post(path, url.Values{"province": {"08"}, "do": {"withdraw"}}).want(409)
	if got := stale.text(); !strings.Contains(got, "đã có bước mới") || len(stale.find("button[value=accept]")) != 1 {
		t.Errorf("the one who asked: %s", got)
	}
	stale = p.otherStaff.post(path, url.Values{"province": {"04"}, "do": {"decline"}, "reason": {"Không."}}).want(409)
	if got := stale.text(); !strings.Contains(got, "đã có bước mới") || len(stale.find("button[value=withdraw]")) != 1 {
		t.Errorf("the one who handed over: %s", got)
	}
	stale = p.otherStaff.post(path, url.Values{"province": {"04"}, "do": {"offer"}, "on": {"2026-12-02"}}).want(409)
	if got := stale.text(); !strings.Contains(got, "đang có một việc chuyển tỉnh chưa xong") {
		t.Errorf("handed over again, from another day: %s", got)
	}
	p.staff.post(path, url.Values{"province": {"08"}, "do": {"destroy"}}).want(400)
	left := p.otherStaff.post("/roster/"+p.far.ID+"/leave", url.Values{"on": {"2026-12-04"}}).want(409)
	if got := left.text(); !strings.Contains(got, "đã được bàn giao") {
		t.Errorf("left while handed over: %s", got)
	}
}

// Who was handed over before anybody asked is not asked for: the page leads to the offer, and the trail has no request.
func TestWhoWasOfferedIsNotAskedFor(t *testing.T) {
	p := newProvince(t)
	if _, err := p.Roll.Correct(t.Context(), p.far.ID, roster.Details{Name: "Nông Văn Thịnh", Phone: "0912000007", Kind: roster.OtherLibraryKind}, "staff"); err != nil {
		t.Fatal(err)
	}
	p.otherStaff.post("/roster/"+p.far.ID+"/transfer", url.Values{"to": {"08"}, "on": {"2026-12-03"}}).want(303)
	form := adding(p.staff.get("/roster/new").want(200), "Nông Văn Thịnh")
	form.Set("phone", "0912000007")
	form.Set("province", "08")
	shown := p.staff.get(p.staff.post("/roster/transfers", form).leads()).want(200)
	if got := shown.one(".note.good"); !strings.Contains(got, "đã bàn giao người này") {
		t.Errorf("the page says %q", got)
	}
	told, err := p.Store.Count(t.Context(), programme.AuditKind, store.Where(store.Begins("id", "asks/")))
	if err != nil || told[0].N != 0 {
		t.Errorf("%d requests in the trail, %v", told[0].N, err)
	}
}

// A row of a file that speaks of somebody in another province leads to asking for them, by a click.
func TestAnImportAsksForATransfer(t *testing.T) {
	p := newProvince(t)
	if _, err := p.Roll.Correct(t.Context(), p.far.ID, roster.Details{Name: "Nông Văn Thịnh", Phone: "0912000007", Kind: roster.OtherLibraryKind}, "staff"); err != nil {
		t.Fatal(err)
	}
	for what, row := range map[string]string{"by number": "Nông Văn Thịnh,0912000007,,Thư viện xã Lũng Cú,Lũng Cú,01/12/2026\n", "by name": "Nông Văn Thịnh,,,Thư viện xã Lũng Cú,Lũng Cú,01/12/2026\n"} {
		path := p.staff.upload(what+".csv", []byte(columns+row)).leads()
		shown := p.staff.get(path).want(200)
		if len(shown.find("button[value=ask]")) == 0 {
			t.Errorf("%s: no button in %s", what, shown.text())
			continue
		}
		again := p.staff.get(p.staff.post(path+"/choices", url.Values{"row": {shown.attr("form:has(button[value=ask]) input[name=row]", "value")}, "answer": {"ask"}}).leads()).want(200)
		if got := again.text(); !strings.Contains(got, "Đang ở Cao Bằng: hỏi chuyển") || strings.Contains(got, p.far.ID) {
			t.Errorf("%s: %s", what, got)
		}
		if len(again.find("button[value=ask]")) != 0 || len(again.find(`main a[href="/roster/transfers?province=08"]`)) == 0 {
			t.Errorf("%s: it does not say that it was asked: %s", what, again.one("main"))
		}
		if all, err := p.Roll.Transfers(t.Context(), "04"); err != nil || len(all) != 1 || all[0].Person != p.far.ID || all[0].Wanted().Library != "Thư viện xã Lũng Cú" {
			t.Errorf("%s: asked %+v, %v", what, all, err)
		}
	}
}

// A number that changed on the roster is offered as the login, to the staff and to the person.
func TestAChangedNumberOffersToChangeTheLogin(t *testing.T) {
	p := newProvince(t)
	slip, err := p.Accounts.Reset(t.Context(), roster.Operator(), p.dua.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Accounts.Use(t.Context(), slip.Code, "một câu dễ nhớ", "0912345678", true, "203.0.113.7"); err != nil {
		t.Fatal(err)
	}
	path := "/roster/" + p.dua.ID
	shown := p.staff.get(p.staff.post(path+"/correct", url.Values{"name": {"Giàng A Dua"}, "phone": {"0987654321"}, "kind": {roster.OtherLibraryKind}}).leads()).want(200)
	if got := shown.one("form[action$='/login'] button"); got != "Đăng nhập bằng 0987654321" {
		t.Fatalf("offered %q in %s", got, shown.text())
	}
	shown = p.staff.get(p.staff.post(path+"/login", nil).leads()).want(200)
	if got := shown.text(); len(shown.find("form[action$='/login']")) != 0 || !strings.Contains(got, "0987654321") || !strings.Contains(got, "0912345678 (dùng được đến 04/01/2027)") {
		t.Errorf("changed: %s", got)
	}
	signIn := func(login string, status int) {
		t.Helper()
		p.anyone().post("/sign-in", url.Values{"login": {login}, "password": {"một câu dễ nhớ"}}).want(status)
	}
	signIn("0912345678", 303)
	signIn("0987654321", 303)
	p.pass(accounts.BothLogins)
	signIn("0912345678", 401)
	signIn("0987654321", 303)
	entries, err := store.All[programme.AuditEntry](t.Context(), p.Store, programme.AuditKind, store.Query{}.By("at"))
	if last := entries[len(entries)-1]; err != nil || last.Action != "account.login" || last.Changes[0].Old != "0912345678" || last.Changes[0].New != "0987654321" {
		t.Errorf("audited %+v, %v", last, err)
	}
}

// A staff account is renamed and moved to another province: at the next request its old scope is gone, the trail of
// both provinces tells it, and it can be put back.
func TestAnAccountIsChangedAndPutBack(t *testing.T) {
	p := newProvince(t)
	a := p.account("", "Lò Thị Mai", "08", roster.Staff)
	mai := p.as(a)
	mai.get("/roster?province=08").want(200)
	shown := p.adm.get("/admin/" + a.ID).want(200)
	if got := shown.attr("#charge-name", "value"); got != "Lò Thị Mai" {
		t.Errorf("the form has %q", got)
	}
	p.adm.get(p.adm.post("/admin/"+a.ID, url.Values{"name": {"Lò Thị Mai Anh"}, "role": {"staff"}, "province": {"08"}}).leads()).want(200)
	if got := mai.get("/me").want(200).text(); !strings.Contains(got, "Lò Thị Mai Anh") {
		t.Errorf("renamed, and signed in still: %s", got)
	}
	p.adm.post("/admin/"+a.ID, url.Values{"name": {"Lò Thị Mai Anh"}, "role": {"staff", "trainer"}, "province": {"04"}}).want(303)
	mai.get("/roster?province=08").want(303) // to sign in again
	now, err := store.Get[roster.Account](t.Context(), p.Store, roster.AccountKind, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	p.as(now).get("/roster?province=08").want(404)
	p.as(now).get("/roster?province=04").want(200)
	for _, who := range []*client{p.staff, p.otherStaff} {
		if got := who.get("/admin/audit?about=account").want(200).text(); !strings.Contains(got, "Tỉnh: Tuyên Quang → Cao Bằng") {
			t.Errorf("the trail: %s", got)
		}
	}
	shown = p.adm.get("/admin/" + a.ID).want(200)
	if rows := shown.find("table.data tbody tr"); len(rows) != 3 {
		t.Errorf("%d entries of history", len(rows))
	}
	back := url.Values{}
	last := "table.data tbody tr:last-child form input[name="
	for _, field := range []string{"name", "role", "province"} {
		back.Set(field, shown.attr(last+field+"]", "value"))
	}
	p.adm.post("/admin/"+a.ID, back).want(303)
	if now, err = store.Get[roster.Account](t.Context(), p.Store, roster.AccountKind, a.ID); err != nil || now.Name != "Lò Thị Mai" || now.Province != "08" || len(now.Roles) != 1 {
		t.Errorf("put back: %+v, %v", now, err)
	}
	wrong := p.adm.post("/admin/"+a.ID, url.Values{"name": {"Lò Thị Mai"}, "role": {"staff"}}).want(422)
	if len(wrong.find(".note.bad")) != 1 || len(wrong.find("select[aria-invalid=true]")) != 1 {
		t.Errorf("staff of nowhere: %s", wrong.text())
	}
}
