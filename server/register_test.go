package server

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/roster"
)

// earned has a learner of 08 with the certificate of K1, and two people of the province's staff.
type earned struct {
	*visited
	mai          roster.Account
	learner      *client
	staff, chief *client
	code         string
}

func newEarned(t testing.TB) earned {
	t.Helper()
	return newEarnedOn(t, newSite(t))
}

func newEarnedOn(t testing.TB, s *visited) earned {
	t.Helper()
	v := s.publish(shortCourse("K1", courses.LibraryService))
	lesson, _ := v.Lesson("thu")
	e := earned{visited: s, mai: s.person("Vàng Thị Giang", "00715")}
	e.learner = s.as(e.mai)
	e.staff = s.as(s.account("", "Cán Bộ Một", "08", roster.Staff))
	e.chief = s.as(s.account("", "Cán Bộ Hai", "08", roster.Staff))
	e.learner.post("/courses/K1/doc", nil).want(303)
	blank := form("a", nil)
	blank.Set("sure", "1")
	e.learner.post("/courses/K1/thu/quiz", blank).want(303)
	e.learner.post("/courses/K1/thu/quiz", form("b", rightAnswers(lesson.Quiz))).want(303)
	list, err := s.School.Certificates(t.Context(), e.mai.ID)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	e.code = list[0].Code
	return e
}

func (e earned) at(rest string) string { return "/certificates/" + e.code + rest }

func TestStaffSeeWhyACertificateWasIssued(t *testing.T) {
	e := newEarned(t)
	if len(e.staff.get(e.at("")).want(200).find("a[href='"+e.at("/register")+"']")) != 1 {
		t.Error("the certificate does not lead to the register")
	}
	text := e.staff.get(e.at("/register")).want(200).text()
	for _, said := range []string{"K1@1", "0 % Chưa đạt", "100 % ✓ Đạt", "6 câu", "Cấp lần đầu", "08/2026/000001", "lần học thứ 1"} {
		if !strings.Contains(text, said) {
			t.Errorf("%q is not in %s", said, text)
		}
	}
	e.learner.get(e.at("/register")).want(404)
}

// The register keeps the name of whose data were erased; nothing offers to take it away, and a paper that was lost is
// issued again as it was.
func TestWhoWasErasedKeepsTheNameOnThePaper(t *testing.T) {
	e := newEarned(t)
	person := "/roster/" + e.mai.ID
	e.staff.post(person+"/leave", url.Values{"on": {e.now().Format(time.DateOnly)}}).want(303)
	e.staff.post(person+"/data/erase", url.Values{"code": {e.mai.ID}}).want(303)
	for _, page := range []string{person, e.at(""), e.at("/register")} {
		if got := e.staff.get(page).want(200).text(); strings.Contains(got, "còn ghi tên cũ") || strings.Contains(got, "nay ghi là") {
			t.Errorf("%s offers another name: %s", page, got)
		}
	}
	if got := e.staff.post(e.at("/reissue"), url.Values{"reason": {"name"}}).want(422).text(); !strings.Contains(got, "đã được xóa") {
		t.Errorf("a paper without a name: %s", got)
	}
	again := e.staff.post(e.at("/reissue"), url.Values{"reason": {"lost"}}).want(303).leads()
	if got := e.staff.get(strings.TrimSuffix(again, "?done=reissued")).want(200).text(); !strings.Contains(got, "Vàng Thị Giang") {
		t.Errorf("the paper that was issued again: %s", got)
	}
}

func TestACorrectedNameOffersAReissue(t *testing.T) {
	e := newEarned(t)
	person := "/roster/" + e.mai.ID
	before := e.learner.get(e.at(".pdf")).want(200).Body
	if len(e.staff.get(person).want(200).find("a[href^='"+e.at("/register")+"']")) != 0 {
		t.Error("a reissue is offered before anything changed")
	}
	e.staff.post(person+"/correct", url.Values{"name": {"Vàng Thị Giàng"}, "kind": {"other"}}).want(303)
	if got := e.staff.get(person).want(200).one(".note.wait"); !strings.Contains(got, "1 giấy chứng nhận còn ghi tên cũ") {
		t.Errorf("the person's page offers %q", got)
	}
	if got := e.learner.get(e.at("")).want(200).one(".note.wait"); !strings.Contains(got, "Vàng Thị Giàng") {
		t.Errorf("the learner is told %q", got)
	}
	shown := e.staff.get(e.at("/register?reason=name")).want(200)
	if got := shown.one("label:has(input[value=name][checked])"); !strings.Contains(got, "Vàng Thị Giang thành Vàng Thị Giàng") {
		t.Errorf("both sides: %q", got)
	}
	e.staff.post(e.at("/reissue"), nil).want(422)
	to := e.staff.post(e.at("/reissue"), url.Values{"reason": {"name"}}).leads()
	if again := e.staff.post(e.at("/reissue"), url.Values{"reason": {"name"}}).leads(); again != to {
		t.Errorf("pressed twice it leads to %s and %s", to, again)
	}
	made := strings.TrimPrefix(strings.TrimSuffix(to, "/register?done=reissued"), "/certificates/")
	if got := e.learner.get(e.at(".pdf")).want(200).Body; got != before {
		t.Error("the old paper changed")
	}
	if pdf := e.learner.get("/certificates/" + made + ".pdf").want(200).Body; pdf == before || !strings.HasPrefix(pdf, "%PDF") {
		t.Error("the new paper is the old one")
	}
	var api struct{ Code, Holder string }
	e.staff.send("POST", "/api/v1"+e.at("/reissue"), map[string]string{"reason": "name"}).want(200).json(&api)
	if api.Code != made || api.Holder != "Vàng Thị Giàng" {
		t.Errorf("the API gives %+v", api)
	}
	old := e.anyone().get("/v/" + e.code).want(200)
	if old.one(".verdict") != "ĐÃ THAY THẾ" || len(old.find("a[href='/v/"+made+"']")) != 1 {
		t.Errorf("the old one: %s", old.text())
	}
	if text := e.anyone().get("/v/" + made).want(200).text(); !strings.Contains(text, "HỢP LỆ") || !strings.Contains(text, "Vàng Thị Giàng") || !strings.Contains(text, "Cấp lại lần 1") {
		t.Errorf("the new one: %s", text)
	}
	if len(e.staff.get(person).want(200).find(".note.wait")) != 0 {
		t.Error("a reissue is still offered")
	}
}

func TestRevokingTakesTwoAndTellsTheLearnerTheWayBack(t *testing.T) {
	e := newEarned(t)
	if got := e.staff.post(e.at("/revoke"), url.Values{"reason": {"thích"}}).want(422).one("[role=alert]"); !strings.Contains(got, "lý do") {
		t.Errorf("a reason of one's own: %q", got)
	}
	shown := e.staff.get(e.staff.post(e.at("/revoke"), url.Values{"reason": {"not-own"}, "note": {"Hai bài giống nhau."}}).leads()).want(200)
	if len(shown.find("button[value=agree]")) != 0 || len(shown.find("button[value=decline]")) != 1 {
		t.Error("the one who asked may agree, or cannot take it back")
	}
	if got := shown.one(".note.good"); !strings.Contains(got, "cán bộ khác") {
		t.Errorf("who asked reads %q", got)
	}
	e.staff.post(e.at("/answer"), url.Values{"do": {"agree"}}).want(403)
	if got := e.anyone().get("/v/" + e.code).want(200).one(".verdict"); got != "HỢP LỆ" {
		t.Errorf("asked, it is %q", got)
	}
	if got := e.chief.get("/").want(200).text(); !strings.Contains(got, "Vàng Thị Giang") {
		t.Errorf("the second person is told nothing: %s", got)
	}
	e.chief.post(e.at("/answer"), url.Values{"do": {"agree"}}).want(303)
	why := "Bài làm không phải của người được cấp. Hai bài giống nhau."
	for name, r := range map[string]*reply{"check page": e.anyone().get("/v/" + e.code), "home": e.learner.get("/"), "course": e.learner.get("/courses/K1"), "paper": e.learner.get(e.at("")),
		"register": e.staff.get(e.at("/register"))} {
		if text := r.want(200).text(); !strings.Contains(text, why) || !strings.Contains(strings.ToLower(text), "đã thu hồi") {
			t.Errorf("%s: %s", name, text)
		}
	}
	for name, path := range map[string]string{"list": "/certificates", "courses": "/courses"} {
		if got := e.learner.get(path).want(200).one("main .tag"); got != "✗ Đã thu hồi" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := e.staff.get("/missing?province=08").want(200).one("td .tag"); got != "✗ Đã thu hồi" {
		t.Errorf("the list of who is missing: %q", got)
	}
	if got := e.staff.get("/roster/" + e.mai.ID).want(200).one(".cards .tag.bad"); got != "✗ Đã thu hồi" {
		t.Errorf("the person's page: %q", got)
	}
	var api struct{ State, Cause, Reason string }
	e.anyone().get("/api/v1/certificates/" + e.code).want(200).json(&api)
	if api.State != "revoked" || api.Cause != "not-own" || api.Reason != why {
		t.Errorf("the API: %+v", api)
	}
	if got := e.learner.get("/").attr("form[action='/courses/K1/renew'] button", "class"); got == "" {
		t.Error("no way to earn it again")
	}
	e.learner.post("/courses/K1/renew", nil).want(303)
	if len(e.learner.get("/").want(200).find("form[action='/courses/K1/renew']")) != 0 {
		t.Error("what is under way is offered again")
	}
}

func TestARevocationIsUndoneByTwoAndANewEntry(t *testing.T) {
	e := newEarned(t)
	e.staff.post(e.at("/revoke"), url.Values{"reason": {"mistake"}}).want(303)
	e.chief.post(e.at("/answer"), url.Values{"do": {"decline"}}).want(303)
	e.staff.post(e.at("/revoke"), url.Values{"reason": {"mistake"}}).want(303)
	e.chief.post(e.at("/answer"), url.Values{"do": {"agree"}}).want(303)
	e.chief.post(e.at("/revoke"), url.Values{"undo": {"1"}, "note": {"Thu hồi nhầm."}}).want(303)
	e.chief.post(e.at("/answer"), url.Values{"do": {"agree"}}).want(403)
	to := e.staff.post(e.at("/answer"), url.Values{"do": {"agree"}}).leads()
	if got := e.staff.get(to).want(200).one("main p .tag"); got != "✓ Hợp lệ" {
		t.Errorf("the new entry: %q", got)
	}
	if got := e.anyone().get("/v/" + e.code).want(200).one(".verdict"); got != "ĐÃ THU HỒI" {
		t.Errorf("the old entry: %q", got)
	}
	if len(e.learner.get("/").want(200).find("form[action='/courses/K1/renew']")) != 0 {
		t.Error("the learner is told to learn again")
	}
}

func TestTheCheckPageShowsEveryPrintedFact(t *testing.T) {
	e := newEarned(t)
	link := "http://lopban.test/v/" + e.code
	for _, typed := range []string{e.code, link, link + "?lang=en", " " + link + "#abc "} {
		r := e.anyone().get("/v?code=" + url.QueryEscape(typed)).want(200)
		for _, said := range []string{"HỢP LỆ", "Vàng Thị Giang", "Thư viện xã", "1 tiết", "Từ ngày 05/12/2026 đến ngày 05/12/2026", "Kết quả Đạt", "Có giá trị đến 05/12/2027", "THƯ VIỆN TỈNH TUYÊN QUANG",
			"GIÁM ĐỐC", "08.2026.00001", "08/2026/000001", "lúc 09:00 05/12/2026", courses.ShowCode(e.code)} {
			if !strings.Contains(r.text(), said) {
				t.Errorf("%q is not said of %s: %s", said, typed, r.text())
			}
		}
	}
	var api struct {
		Register, Result string
		Periods          int
		CheckedAt        string
	}
	e.anyone().get("/api/v1/certificates/" + e.code).want(200).json(&api)
	if api.Register != "08/2026/000001" || api.Result != "passed" || api.Periods != 1 || api.CheckedAt == "" {
		t.Errorf("the API: %+v", api)
	}
}

func TestANumberFindsTheEntryAndNotThePerson(t *testing.T) {
	e := newEarned(t)
	for _, number := range []string{"08.2026.00001", "08/2026/000001", " 08 . 2026 . 1", "08/2026/000001/"} {
		r := e.anyone().get("/v?code=" + url.QueryEscape(number))
		if strings.HasSuffix(number, "/") {
			r.want(404)
			continue
		}
		text := r.want(200).text()
		if !strings.Contains(text, "HỢP LỆ") || !strings.Contains(text, "V. T. G.") || !strings.Contains(text, "1 tiết") {
			t.Errorf("%s: %s", number, text)
		}
		for _, secret := range []string{"Giang", "Thư viện xã", e.code, courses.ShowCode(e.code)} {
			if strings.Contains(r.Body, secret) {
				t.Errorf("%s tells %q", number, secret)
			}
		}
	}
	e.staff.post(e.at("/reissue"), url.Values{"reason": {"lost"}}).want(303)
	r := e.anyone().get("/v?code=08.2026.00001").want(200)
	if got := r.text(); r.one(".verdict") != "HỢP LỆ" || !strings.Contains(got, "Cấp lại lần 1") || len(r.find("a[href^='/v/']")) != 0 {
		t.Errorf("after a reissue: %s", got)
	}
	e.anyone().get("/v?code=08.2026.00002").want(404)
}
