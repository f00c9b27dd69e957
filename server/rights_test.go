package server

import (
	"archive/zip"
	"bytes"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"lopban/courses/programme"
	"lopban/courses/rights"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// trailOf lists the actions of the audit trail about somebody.
func (s *visited) trailOf(subject string) (actions []string) {
	s.t.Helper()
	all, err := store.All[programme.AuditEntry](s.t.Context(), s.Store, programme.AuditKind, store.Query{}.By("line"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range all {
		if e.Subject == subject {
			actions = append(actions, e.Action)
		}
	}
	return actions
}

// Who opens an account is told what is kept without consent, and asked apart for what needs it, in boxes that are not
// ticked. What is ticked is kept with its words; what is not is not said.
func TestConsentWhenAnAccountIsOpened(t *testing.T) {
	s := newSite(t)
	p, err := s.Roll.Add(t.Context(), roster.Entry{Name: "Vàng Thị Mai", Phone: "0912345678", Library: "Thư viện xã", Commune: lungCu, On: roster.Day(begun).AddDate(-1, 0, 0)}, "operator")
	if err != nil {
		t.Fatal(err)
	}
	slips, err := s.Accounts.NewClaims(t.Context(), roster.Operator(), "08", lungCu)
	if err != nil || len(slips) != 1 {
		t.Fatalf("%+v %v", slips, err)
	}
	mai := s.anyone()
	form := mai.post("/claim", url.Values{"code": {slips[0].Code}, "look": {"1"}}).want(200)
	if got := form.text(); !strings.Contains(got, "THƯ VIỆN TỈNH TUYÊN QUANG giữ họ tên") || !strings.Contains(got, "không cần bạn đồng ý") {
		t.Errorf("the notice is not there: %s", got)
	}
	if ticked := form.find("input[type=checkbox][checked]"); len(form.find("input[name=agree]")) != 2 || len(ticked) != 0 {
		t.Errorf("%d boxes are ticked", len(ticked))
	}
	again := mai.post("/claim", url.Values{"code": {slips[0].Code}, "password": {"mot cau dai de nho"}, "agree": {"photos"}}).want(422)
	if got := again.attr("input[name=agree][checked]", "value"); got != "photos" {
		t.Errorf("after a mistake %q is ticked", got)
	}
	mai.post("/claim", url.Values{"code": {slips[0].Code}, "password": {"mot cau dai de nho"}, "consent": {"yes"}, "agree": {"photos", "fame"}}).want(303)
	said, err := s.Rights.Consents(t.Context(), p.ID)
	if err != nil || len(said) != 2 || !said[rights.Photos].Given || !said[rights.Notice].Given || said[rights.Photos].By != p.ID || said[rights.Photos].Lang != "vi" {
		t.Fatalf("%+v %v", said, err)
	}
	words, err := store.Get[rights.Wording](t.Context(), s.Store, rights.WordingKind, said[rights.Photos].Wording)
	if err != nil || !strings.Contains(form.text(), words.Text) || rights.WordingID("vi", words.Text) != words.ID {
		t.Errorf("the words kept are %+v %v", words, err)
	}
	mine := mai.get("/me/data").want(200)
	if got := mine.one("#photos"); !strings.Contains(got, "Đã đồng ý ngày 05/12/2026") {
		t.Errorf("her page says %s", got)
	}
	if got := mine.one("#contact"); !strings.Contains(got, "Chưa hỏi") {
		t.Errorf("her page says %s", got)
	}
	for _, purpose := range []string{"contact", "photos"} {
		mai.post("/me/data/consent", url.Values{"purpose": {purpose}, "do": {"withdraw"}}).want(303)
	}
	mine = mai.get("/me/data").want(200)
	if got := mine.one("#contact"); !strings.Contains(got, "Không đồng ý, ngày 05/12/2026") {
		t.Errorf("of what she never gave her page says %s", got)
	}
	if got := mine.one("#photos"); !strings.Contains(got, "Đã rút lại ngày 05/12/2026") {
		t.Errorf("of what she gave and took back her page says %s", got)
	}
	if got := mine.text(); !strings.Contains(got, "hệ thống giữ về bạn") || strings.Contains(got, "về người này") {
		t.Errorf("her own page speaks of somebody else: %s", got)
	}
	staff := s.as(s.account("", "Hoàng Thị Sen", "08", roster.Staff))
	if got := staff.get("/roster/" + p.ID + "/data").want(200).text(); !strings.Contains(got, "hệ thống giữ về người này") {
		t.Errorf("staff read %s", got)
	}
}

// Who withdraws consent to photos loses them, and is not asked for any; who does not want calls is not on the list for
// them.
func TestWithdrawingConsent(t *testing.T) {
	c := newClass(t, false)
	c.mai.handOver("K3", "w1", "Có ảnh.", snap(t, 90)).want(303)
	if said, err := c.Rights.Consents(t.Context(), c.ids[c.mai]); err != nil || said[rights.Photos].Way != rights.Act {
		t.Fatalf("%+v %v", said, err)
	}
	photo := c.mai.get("/courses/K3/practice").want(200).attr(".photos img", "src")
	c.mai.get(photo).want(200)
	c.mai.post("/me/data/consent", url.Values{"purpose": {"photos"}, "do": {"withdraw"}}).want(303)
	c.mai.get(photo).want(404)
	shown := c.mai.get("/courses/K3/practice").want(200)
	if len(shown.find("input[type=file]")) != 0 || !strings.Contains(shown.text(), "Có ảnh.") {
		t.Errorf("after it: %s", shown.text())
	}
	if got := c.mai.handOver("K3", "w2", "Lại có ảnh.", snap(t, 91)).want(422).one("#fault"); !strings.Contains(got, "rút lại sự đồng ý giữ ảnh") {
		t.Errorf("it is told %s", got)
	}
	c.mai.handOver("K3", "w3", "Chữ thôi.").want(303)

	p, err := c.Roll.Person(t.Context(), c.ids[c.dua])
	if err == nil {
		_, err = c.Roll.Correct(t.Context(), p.ID, roster.Details{Name: p.Name, Phone: "0987654321", Post: p.Post, Kind: p.Kind}, "operator")
	}
	if err != nil {
		t.Fatal(err)
	}
	staff := c.as(c.account("", "Hoàng Thị Sen", "08", roster.Staff))
	if got := staff.get("/missing/calls").want(200).text(); !strings.Contains(got, "0987654321") {
		t.Fatalf("the list for calls is %s", got)
	}
	staff.post("/roster/"+p.ID+"/data/consent", url.Values{"purpose": {"contact"}, "do": {"withdraw"}}).want(422)
	staff.post("/roster/"+p.ID+"/data/consent", url.Values{"purpose": {"contact"}, "do": {"withdraw"}, "reason": {"Đơn ngày 04/12/2026, tủ số 2"}}).want(303)
	if got := staff.get("/missing/calls").want(200).text(); strings.Contains(got, "0987654321") || !strings.Contains(got, p.Name) {
		t.Errorf("the list for calls is %s", got)
	}
	if got := c.trailOf(p.ID); !slices.Contains(got, "rights.withdraw") {
		t.Errorf("the trail has %q", got)
	}
}

// A person asks for a correction, staff see it with its deadline and apply it with one button.
func TestARequestForCorrection(t *testing.T) {
	s := newSite(t)
	a := s.person("Vàng Thị Mai", lungCu)
	mai, staff, other := s.as(a), s.as(s.account("", "Hoàng Thị Sen", "08", roster.Staff)), s.as(s.account("", "Bế Thị Nga", "04", roster.Staff))
	mai.post("/me/data/ask", url.Values{"what": {"correct"}, "name": {"Vàng Thị Mai"}, "phone": {""}, "post": {"Thủ thư"}}).want(422)
	mai.post("/me/data/ask", url.Values{"what": {"correct"}, "name": {"Vàng Thị Mây"}, "phone": {"12"}, "post": {"Thủ thư"}}).want(422)
	mai.post("/me/data/ask", url.Values{"what": {"correct"}, "name": {"Vàng Thị Mây"}, "phone": {"0912 345 678"}, "post": {"Thủ thư"}}).want(303)
	list := staff.get("/requests").want(200)
	if got := list.one("section.card"); !strings.Contains(got, "Vàng Thị Mây") || !strings.Contains(got, "0912345678") || !strings.Contains(got, "trả lời chậm nhất ngày 08/12/2026") || !strings.Contains(got, "xong chậm nhất ngày 15/12/2026") {
		t.Errorf("staff see %s", got)
	}
	if got := other.get("/requests").want(200); len(got.find("section.card")) != 0 {
		t.Errorf("another province sees %s", got.text())
	}
	if got := staff.get("/").want(200).text(); !strings.Contains(got, "1 yêu cầu đang chờ") {
		t.Errorf("the desk says %s", got)
	}
	s.pass(4 * 24 * time.Hour)
	if got := staff.get("/requests").want(200).one("section.card"); !strings.Contains(got, "Quá hạn") {
		t.Errorf("after four days staff see %s", got)
	}
	address := "/requests/" + a.ID + "/1"
	other.post(address, url.Values{"do": {"done"}}).want(404)
	staff.post(address, url.Values{"do": {"refuse"}}).want(422)
	staff.post(address, url.Values{"do": {"heard"}}).want(303)
	for range 2 { // pressed twice
		staff.post(address, url.Values{"do": {"done"}}).want(303)
	}
	p, err := s.Roll.Person(t.Context(), a.ID)
	if err != nil || p.Name != "Vàng Thị Mây" || p.Phone != "0912345678" || p.Post != "Thủ thư" {
		t.Errorf("%+v %v", p, err)
	}
	if got := mai.get("/me/data").want(200).text(); !strings.Contains(got, "Đã làm ngày 09/12/2026") {
		t.Errorf("her page says %s", got)
	}
	if got := s.trailOf(a.ID); !slices.Equal(got, []string{"rights.heard", "person.correct", "rights.done"}) && !slices.Equal(got[len(got)-3:], []string{"rights.heard", "person.correct", "rights.done"}) {
		t.Errorf("the trail has %q", got)
	}
	staff.post(address, url.Values{"do": {"refuse"}, "reason": {"muộn"}}).want(409)
}

// Everybody gets their own file at once; staff one of their people, which the trail tells.
func TestAPersonsFile(t *testing.T) {
	c := newClass(t, false)
	c.mai.handOver("K3", "w1", "Có ảnh.", snap(t, 90)).want(303)
	staff := c.as(c.account("", "Hoàng Thị Sen", "08", roster.Staff))
	id := c.ids[c.mai]
	for who, from := range map[*client]string{c.mai: "/me/data.zip", staff: "/roster/" + id + "/data.zip"} {
		r := who.get(from).want(200)
		z, err := zip.NewReader(bytes.NewReader([]byte(r.Body)), int64(len(r.Body)))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range z.File {
			names = append(names, f.Name)
		}
		if len(names) != 3 || !strings.HasPrefix(names[0], "photos/photo-") || names[1] != "data.json" || names[2] != "DOC-TRUOC.txt" {
			t.Errorf("%s has %q", from, names)
		}
	}
	if got := c.trailOf(id); strings.Count(strings.Join(got, " "), "export.data") != 1 {
		t.Errorf("the trail has %q", got)
	}
}

// Erasure is asked for, shown with its deadline, and done by who types the person's code; a post must have ended.
func TestARequestForErasure(t *testing.T) {
	c := newClass(t, false)
	id := c.ids[c.mai]
	c.mai.handOver("K3", "w1", "Chữ của Mai.", snap(t, 90)).want(303)
	staff := c.as(c.account("", "Hoàng Thị Sen", "08", roster.Staff))
	c.mai.post("/me/data/ask", url.Values{"what": {"erase"}, "words": {"Tôi đã nghỉ."}}).want(303)
	if got := staff.get("/requests").want(200).one("section.card"); !strings.Contains(got, "Tôi đã nghỉ.") || !strings.Contains(got, "xong chậm nhất ngày 25/12/2026") {
		t.Errorf("staff see %s", got)
	}
	if to := staff.post("/requests/"+id+"/1", url.Values{"do": {"done"}}).leads(); to != "/roster/"+id+"/data#erase" {
		t.Errorf("it leads to %s", to)
	}
	if shown := staff.get("/roster/" + id + "/data").want(200); len(shown.find("#erase form")) != 0 || !strings.Contains(shown.one("#erase .note"), "còn giữ vị trí") {
		t.Errorf("of somebody who holds a post: %s", shown.one("#erase"))
	}
	erase := func(code string) *reply {
		return staff.post("/roster/"+id+"/data/erase", url.Values{"code": {code}})
	}
	if got := erase(id).want(422).text(); !strings.Contains(got, "còn giữ vị trí") {
		t.Errorf("of who holds a post it says %s", got)
	}
	if _, err := c.Roll.Leave(t.Context(), id, roster.Day(begun).AddDate(0, 0, -1), "operator"); err != nil {
		t.Fatal(err)
	}
	if len(staff.get("/roster/"+id+"/data").want(200).find("#erase form")) != 1 {
		t.Error("nothing offers to erase somebody who left")
	}
	if got := erase("XXXX").want(422).text(); !strings.Contains(got, "Chưa xóa gì") {
		t.Errorf("with another code it says %s", got)
	}
	erase(" " + strings.ToLower(id)).want(303) // as codes are typed everywhere
	if got := staff.get("/roster/" + id + "/data").want(200).text(); !strings.Contains(got, "(đã xóa dữ liệu)") || strings.Contains(got, "Mai") || strings.Contains(got, "Tôi đã nghỉ.") {
		t.Errorf("afterwards her page says %s", got)
	}
	if got := staff.get("/requests").want(200).text(); !strings.Contains(got, "Đã làm ngày 05/12/2026") || strings.Contains(got, "Mai") {
		t.Errorf("the list says %s", got)
	}
	if got := staff.get("/roster/" + id).want(200).text(); strings.Contains(got, "Mai") {
		t.Errorf("the roster says %s", got)
	}
	if c.mai.get("/me").Status == 200 {
		t.Error("she is still signed in")
	}
	erase(id).want(303) // again changes nothing
	staff.post("/roster/"+id+"/correct", url.Values{"name": {"Ai Đó"}, "kind": {"other"}}).want(422)
	staff.post("/roster/"+id+"/data/ask", url.Values{"what": {"access"}}).want(422) // nothing new is entered
}
