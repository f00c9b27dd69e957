package server

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// answers sends an answer and gives the page that follows.
func (c *client) answers(path, row, answer string) *reply {
	c.t.Helper()
	return c.get(c.post(path+"/choices", url.Values{"row": {row}, "answer": {answer}}).leads()).want(200)
}

func (s *visited) base(want int, days ...string) {
	s.t.Helper()
	at := time.Time{}
	for _, day := range days {
		at, _ = time.Parse(time.DateOnly, day)
	}
	if f, err := s.Board.Read(s.t.Context(), roster.Present, "08", at); err != nil || f.Base != want {
		s.t.Errorf("the base is %d, want %d, %v", f.Base, want, err)
	}
}

func TestQuestionsAreAnsweredOneByOneAndWhatIsPutOffWaits(t *testing.T) {
	p := newProvince(t)
	file := columns +
		"Giàng A Dua,0912000009,Thủ thư,Thư viện xã,Đồng Văn,05/12/2026\n" + // moved, with a new number
		"Vàng Thị Mỳ,,Thủ thư,Thư viện xã,Lũng Cú,\n" + // other marks
		"Sùng Mí Pó,,Thủ thư,Thư viện xã,Lũng Cú,\n"
	path := p.staff.upload("a.csv", []byte(file)).leads()
	shown := p.staff.get(path).want(200)
	if got := shown.counts(); got != "1 0 0 0 2 0" {
		t.Fatalf("counts %s in %s", got, shown.text())
	}
	if got := shown.one("#row-2 tbody tr:last-child"); !strings.Contains(got, "Giàng A Dua") || !strings.Contains(got, "Lũng Cú") || !strings.Contains(got, p.dua.ID) {
		t.Errorf("the person beside the row: %s", got)
	}
	shown = p.staff.answers(path, "2", "same:"+p.dua.ID)
	if got := shown.counts(); got != "1 0 1 0 1 0" || !strings.Contains(shown.text(), "Đã trả lời 1 câu") {
		t.Errorf("the same person: %s in %s", got, shown.text())
	}
	if got := p.staff.answers(path, "2", "").counts(); got != "1 0 0 0 2 0" {
		t.Errorf("asked again: %s", got)
	}
	p.staff.answers(path, "2", "same:"+p.dua.ID)
	p.staff.answers(path, "3", "later")
	p.staff.post(path, nil).want(303)
	shown = p.staff.imported(path)
	if got := shown.counts(); got != "1 0 1 0 1 0" || !strings.Contains(shown.text(), "còn chờ bạn trả lời") {
		t.Errorf("done: %s in %s", got, shown.text())
	}
	if moved, err := p.Roll.Person(t.Context(), p.dua.ID); err != nil || moved.Phone != "0912000009" || p.CommuneName(moved.Commune) != "xã Đồng Văn" {
		t.Errorf("moved %+v, %v", moved, err)
	}
	if my, err := p.Roll.Person(t.Context(), p.my.ID); err != nil || my.Name != "Vàng Thị Mỷ" {
		t.Errorf("who was not answered: %+v, %v", my, err)
	}
	p.base(3)

	// What waits is there after a day, and is written once it is answered.
	p.pass(2 * programme.SheetLife)
	if err := p.SweepUploads(t.Context()); err != nil {
		t.Fatal(err)
	}
	staff := p.as(*p.account2("Hoàng Thị Kiên"))
	if got := staff.get("/roster/import").want(200).one("table tbody .tag"); !strings.Contains(got, "1 dòng chờ") {
		t.Errorf("the list says %q", got)
	}
	shown = staff.answers(path, "3", "other")
	if got := shown.one("form[action='" + path + "'] button"); got != "Nhập 1 người" {
		t.Fatalf("%q in %s", got, shown.text())
	}
	staff.post(path, nil).want(303)
	if got := staff.imported(path).counts(); got != "1 0 0 0 0" {
		t.Errorf("answered later: %s", got)
	}
	p.base(4)
}

func TestWhoIsNotInTheFileIsListedAndMayHaveLeft(t *testing.T) {
	p := newProvince(t)
	path := p.staff.upload("a.csv", []byte(columns+"Vàng Thị Mỷ,,Thủ thư,Thư viện xã,Lũng Cú,\nSùng Mí Pó,,,Thư viện xã,Đồng Văn,01/12/2026\n")).leads()
	shown := p.staff.get(path).want(200)
	if got := shown.one("#absent ~ form tbody"); !strings.Contains(got, "Giàng A Dua") || strings.Contains(got, "Mỷ") {
		t.Errorf("not in the file: %s", got)
	}
	if got := shown.text(); !strings.Contains(got, "hiện nay 2, sau khi nhập 3") || !strings.Contains(got, "2 xã có trong tệp") {
		t.Errorf("%s", got)
	}
	p.staff.post(path+"/choices", url.Values{"do": {"left"}, "left": {p.dua.ID}, "on": {"2020-01-01"}}).want(422)
	// A day that is missing is asked for on the same page, whichever button was pressed, and the ticks stay.
	for _, to := range []string{path + "/choices", path} {
		refused := p.staff.post(to, url.Values{"do": {"left"}, "left": {p.dua.ID}}).want(422)
		if got := refused.one("#left-on-fault"); got != "Thiếu ngày." || len(refused.find("#left-on[aria-invalid=true]")) != 1 {
			t.Errorf("%s without a day: %q", to, got)
		}
		if got := refused.one("[role=alert]"); !strings.Contains(got, "Thiếu ngày.") {
			t.Errorf("%s without a day: nothing is said at the top", to)
		}
		if got := refused.attr("input[name=left][checked]", "value"); got != p.dua.ID {
			t.Errorf("%s without a day: the tick of %s", to, got)
		}
	}

	// Ticks that were not kept are not lost by the button that imports: it keeps them, and shows what they bring about.
	if got := shown.attr("#apply button", "form"); got != "left" || shown.attr("#apply button", "formaction") != path {
		t.Errorf("the button that imports sends the form %q", got)
	}
	seen := shown.attr("input[name=seen][form=left]", "value")
	ticks := url.Values{"do": {"left"}, "left": {p.dua.ID}, "on": {"2026-12-03"}, "seen": {seen}}
	if got := p.staff.post(path, ticks).want(303).leads(); got != path {
		t.Errorf("it leads to %s", got)
	}
	shown = p.staff.get(path).want(200)
	if got := shown.counts(); got != "1 0 0 1 1 0" || shown.attr("input[name=left][checked]", "value") != p.dua.ID {
		t.Errorf("after ticks with the import: %s", got)
	}
	shown = p.staff.get(p.staff.post(path+"/choices", url.Values{"do": {"left"}, "left": {p.dua.ID, p.far.ID}, "on": {"2026-12-03"}}).leads()).want(200)
	if got := shown.text(); !strings.Contains(got, "vẫn là 2") || shown.counts() != "1 0 0 1 1 0" {
		t.Errorf("%s in %s", shown.counts(), got)
	}
	p.base(2)
	p.staff.post(path, nil).want(303)
	p.staff.imported(path)
	if dua, err := p.Roll.Person(t.Context(), p.dua.ID); err != nil || dua.Active {
		t.Errorf("%+v, %v", dua, err)
	}
	if far, err := p.Roll.Person(t.Context(), p.far.ID); err != nil || !far.Active {
		t.Errorf("somebody of another province: %+v, %v", far, err)
	}
	p.base(2)
	p.base(3, "2026-12-02")
	p.base(2, "2026-12-03")

	// Undoing the import brings them back.
	p.staff.post(path+"/undo", nil).want(303)
	p.staff.imported(path)
	if dua, err := p.Roll.Person(t.Context(), p.dua.ID); err != nil || !dua.Active {
		t.Errorf("%+v, %v", dua, err)
	}
	p.base(2)
}

func TestAnImportIsUndoneButForWhatLaterFactsStandOn(t *testing.T) {
	p := newProvince(t)
	v := p.publish(shortCourse("K1", courses.LibraryService))
	file := columns + "Sùng Mí Pó,0912000001,Thủ thư,Thư viện xã,Lũng Cú,01/12/2026\n" +
		"Thào Thị Dợ,0912000002,Thủ thư,Thư viện xã,Lũng Cú,01/12/2026\n" +
		"Vàng Thị Mỷ,0912000003,Phó chủ tịch,Thư viện xã,Lũng Cú,\n" + "Giàng A Dua,,Thủ thư,Thư viện xã,Lũng Cú,\n"
	before, _ := p.Roll.Person(t.Context(), p.my.ID)
	path := p.staff.upload("a.csv", []byte(file)).leads()
	p.staff.post(path, nil).want(303)
	if got := p.staff.imported(path).counts(); got != "2 1 0 1 0" {
		t.Fatalf("imported %s", got)
	}
	p.base(4)
	p.pass(time.Hour)
	found, err := p.Roll.ByPhone(t.Context(), "0912000002")
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	p.certified(p.account(found[0].ID, found[0].Name, "", roster.Learner), v) // Dợ has learnt since

	staff := p.as(*p.account2("Hoàng Thị Kiên"))
	shown := staff.get(path + "/undo").want(200)
	if got := shown.counts(); got != "1 1 1" || !strings.Contains(shown.text(), "Thào Thị Dợ") || !strings.Contains(shown.text(), "Người này đã học") {
		t.Errorf("the plan: %s in %s", got, shown.text())
	}
	p.base(4)
	staff.post(path+"/undo", nil).want(303)
	shown = staff.imported(path)
	if !strings.Contains(shown.text(), "hoàn tác một phần") {
		t.Errorf("undone: %s", shown.text())
	}
	if my, _ := p.Roll.Person(t.Context(), p.my.ID); my.Phone != before.Phone || my.Post != before.Post || my.Name != before.Name {
		t.Errorf("as before the import: %+v, want %+v", my, before)
	}
	if n := p.audited("roster.undo"); n != 1 {
		t.Errorf("%d entries in the audit trail", n)
	}
	p.base(3)
	p.base(3, "2026-12-04")
	// The same file again is a new import.
	path = staff.upload("a.csv", []byte(file)).leads()
	staff.post(path, nil).want(303)
	if got := staff.imported(path).counts(); got != "1 1 0 2 0" {
		t.Errorf("again %s", got)
	}
	p.base(4)
	if n, err := p.Roll.Rebuild(t.Context(), nil); n != 0 || err != nil {
		t.Errorf("a rebuild changed %d, %v", n, err)
	}
}

func TestMergedEntriesCountOnceAndKeepWhatWasLearnt(t *testing.T) {
	p := newProvince(t)
	one, two := p.publish(shortCourse("K1", courses.LibraryService)), p.publish(shortCourse("K2", courses.ReadingPromotion))
	p.certified(p.my, one)
	p.certified(p.dua, two)
	p.base(2)
	shown := p.staff.get("/roster/" + p.my.ID + "/merge?q=dua").want(200)
	shown = p.staff.get(shown.attr("section.card a.button", "href")).want(200)
	if got := shown.one("form[action$='/merge'] input[name=name]"); got != "" || shown.attr("input[name=name]", "value") != "Vàng Thị Mỷ" {
		t.Errorf("%s", shown.text())
	}
	form := url.Values{"other": {p.dua.ID}, "name": {"Vàng Thị Mỷ"}, "kind": {roster.OtherLibraryKind}}
	shown = p.staff.get(p.staff.post("/roster/"+p.my.ID+"/merge", form).leads()).want(200)
	if got := shown.text(); !strings.Contains(got, "đạt chuẩn") && !strings.Contains(got, "✓") || len(shown.find("ul.cards a.card")) != 2 {
		t.Errorf("after merging: %s", got)
	}
	p.base(1)
	p.base(1, "2026-12-04")
	if f, err := p.Board.Read(t.Context(), roster.Present, "08", time.Time{}); err != nil || f.Trained != 1 {
		t.Errorf("trained %d, %v", f.Trained, err)
	}
	if own := p.learner.get("/certificates").want(200); len(own.find("a[href^='/certificates/']")) < 2 {
		t.Errorf("the learner's certificates: %s", own.text())
	}
	if r, err := p.Board.Check(t.Context(), nil); err != nil || r.Wrong+r.Missing+r.Orphans > 0 {
		t.Errorf("%+v, %v", r, err)
	}
	shown = p.staff.get("/roster/" + p.dua.ID).want(200)
	if !strings.Contains(shown.text(), "đã được gộp") {
		t.Errorf("the entry that is gone: %s", shown.text())
	}
	if rows := p.staff.get("/api/v1/reports/completions.json?province=08").want(200).Body; strings.Contains(rows, p.dua.ID) || strings.Count(rows, p.my.ID) != 2 {
		t.Errorf("completions %s", rows)
	}
	p.staff.get(p.staff.post("/roster/"+p.dua.ID+"/part", nil).leads()).want(200)
	p.base(2)
	if f, err := p.Board.Read(t.Context(), roster.Present, "08", time.Time{}); err != nil || f.Trained != 0 {
		t.Errorf("trained after parting %d, %v", f.Trained, err)
	}
	// Staff cannot merge an account that is more than a learner's.
	chief := p.person("Ma Seo Chứ", lungCu)
	if _, err := p.Accounts.SetRoles(t.Context(), roster.Operator(), chief.ID, []roster.Role{roster.Admin}, ""); err != nil {
		t.Fatal(err)
	}
	form.Set("other", chief.ID)
	p.staff.post("/roster/"+p.my.ID+"/merge", form).want(403)
}

func TestAnEntryMadeByMistakeIsStruckOut(t *testing.T) {
	p := newProvince(t)
	path := "/roster/" + p.dua.ID
	p.staff.post(path+"/strike", url.Values{"reason": {" "}}).want(422)
	shown := p.staff.get(p.staff.post(path+"/strike", url.Values{"reason": {"Nhập nhầm tệp"}}).leads()).want(200)
	if got := shown.text(); !strings.Contains(got, "bị gạch") || !strings.Contains(got, "Nhập nhầm tệp") {
		t.Errorf("%s", got)
	}
	p.base(1)
	p.base(1, "2026-12-04")
	a, err := store.Get[roster.Account](t.Context(), p.Store, roster.AccountKind, p.dua.ID)
	if err != nil || !a.Disabled {
		t.Errorf("the account: %+v, %v", a, err)
	}
	p.staff.get(p.staff.post(path+"/restore", nil).leads()).want(200)
	p.base(2)
	if a, err = store.Get[roster.Account](t.Context(), p.Store, roster.AccountKind, p.dua.ID); err != nil || a.Disabled {
		t.Errorf("the account is back: %+v, %v", a, err)
	}
	p.certified(a, p.publish(shortCourse("K1", courses.LibraryService)))
	shown = p.staff.post(path+"/strike", url.Values{"reason": {"x"}}).want(422)
	if got := shown.one("details[open] .note.bad"); !strings.Contains(got, "đã học") {
		t.Errorf("who has learnt: %s", got)
	}
}

func TestWhatWasSaidBeforeComesBack(t *testing.T) {
	p := newProvince(t)
	path := "/roster/" + p.my.ID
	correct := url.Values{"name": {"Vàng Thị Mỷ Hoa"}, "phone": {"0912 345 678"}, "post": {"Thủ thư"}, "kind": {roster.LegalBookcase}}
	shown := p.staff.get(p.staff.post(path+"/correct", correct).leads()).want(200)
	form := url.Values{}
	for _, field := range []string{"name", "phone", "post", "kind"} {
		form.Set(field, shown.attr("td form[action$='/correct'] input[name="+field+"]", "value"))
	}
	if form.Get("name") != "Vàng Thị Mỷ" {
		t.Fatalf("%v in %s", form, shown.text())
	}
	p.staff.post(path+"/correct", form).want(303)
	if my, _ := p.Roll.Person(t.Context(), p.my.ID); my.Name != "Vàng Thị Mỷ" || my.Phone != "" {
		t.Errorf("%+v", my)
	}
	entries, err := store.All[programme.AuditEntry](t.Context(), p.Store, programme.AuditKind, store.Query{}.By("at"))
	if err != nil || len(entries) != 2 || len(entries[0].Changes) != 3 || entries[0].Changes[0].Old != "Vàng Thị Mỷ" || entries[0].Changes[0].New != "Vàng Thị Mỷ Hoa" {
		t.Errorf("audited %+v, %v", entries, err)
	}
}

func TestTheFormAsksAsTheImportDoes(t *testing.T) {
	p := newProvince(t)
	form := adding(p.staff.get("/roster/new").want(200), "Giàng A Dua")
	form.Set("commune", p.Places.Communes(roster.Present, "08")[3].Code)
	shown := p.staff.post("/roster", form).want(409)
	if got := shown.one("table tbody tr:last-child"); !strings.Contains(got, "Giàng A Dua") || !strings.Contains(got, "Lũng Cú") {
		t.Errorf("side by side: %s", got)
	}
	// Of somebody in another province only the province is said.
	if _, err := p.Roll.Correct(t.Context(), p.far.ID, roster.Details{Name: "Nông Văn Thịnh", Phone: "0912000007", Post: "Bí mật", Kind: roster.OtherLibraryKind}, "staff"); err != nil {
		t.Fatal(err)
	}
	form = adding(p.staff.get("/roster/new").want(200), "Nông Văn Thịnh")
	form.Set("phone", "0912000007")
	shown = p.staff.post("/roster", form).want(409)
	if got := shown.text(); !strings.Contains(got, "Đang ở Cao Bằng: hỏi chuyển") || strings.Contains(got, p.far.ID) || strings.Contains(got, "Bí mật") {
		t.Errorf("of another province: %s", got)
	}
}
