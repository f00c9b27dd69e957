package server

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"lopban/courses"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/store/sqlite/sqlitetest"
	"lopban/courses/store/storetest"
	"lopban/courses/targets"
	"lopban/server/people"
)

// Communes of three provinces, and a ward outside the programme where there is one.
const (
	lungCu   = "00715" // xã Lũng Cú, Tuyên Quang (08)
	elsehere = "01273" // a commune of Cao Bằng (04)
)

// province is a site with people in two provinces, and one account of each role.
type province struct {
	*visited
	my, dua, far                   roster.Account // Tuyên Quang, Tuyên Quang, Cao Bằng
	staff, otherStaff, office, adm *client
	trainer, learner               *client
}

func newProvince(t testing.TB) *province { return provinceOn(newSite(t)) }

func provinceOn(s *visited) *province {
	p := &province{visited: s}
	p.my, p.dua, p.far = s.person("Vàng Thị Mỷ", lungCu), s.person("Giàng A Dua", lungCu), s.person("Nông Văn Thịnh", elsehere)
	p.staff = s.as(s.account("", "Hoàng Văn Kiên", "08", roster.Staff))
	p.otherStaff = s.as(s.account("", "Bế Thị Nga", "04", roster.Staff))
	p.office = s.as(s.account("", "Trần Thu Hà", "", roster.Office))
	p.adm = s.as(s.account("", "Phạm Minh Sơn", "", roster.Admin))
	p.trainer = s.as(s.account("", "Nông Thị Duyên", "08", roster.Trainer))
	p.learner = s.as(p.my)
	return p
}

func names(r *reply) []string {
	var all []string
	for _, n := range r.find("table.data tbody td:first-child strong") {
		all = append(all, textOf(n))
	}
	return all
}

func TestRosterShowsTheOwnProvinceAlone(t *testing.T) {
	p := newProvince(t)
	shown := p.staff.get("/roster").want(200)
	if got := names(shown); !slices.Equal(got, []string{"Giàng A Dua", "Vàng Thị Mỷ"}) {
		t.Errorf("the roster has %q", got)
	}
	if got := shown.one(".counts li:first-child b"); got != "2" {
		t.Errorf("%s people", got)
	}
	for _, c := range []struct {
		what   string
		who    *client
		path   string
		status int
	}{
		{"staff, another province by its code", p.staff, "/roster?province=04", 404},
		{"staff, a commune of another province", p.staff, "/roster?commune=" + elsehere, 404},
		{"staff, a person of another province", p.staff, "/roster/" + p.far.ID, 404},
		{"staff, nobody", p.staff, "/roster/Z000000000", 404},
		{"staff, the export of another province", p.staff, "/roster/export.csv?province=04", 404},
		{"staff, the export of a commune of another", p.staff, "/roster/export.csv?commune=" + elsehere, 422},
		{"staff, no such format", p.staff, "/roster/export.json", 404},
		{"staff, the API of another province", p.staff, "/api/v1/people?province=04", 404},
		{"staff, no such page", p.staff, "/roster?after=nowhere", 422},
		{"staff, a form for another province", p.staff, "/roster/new?province=04", 404},
		{"other staff, their own", p.otherStaff, "/roster/" + p.far.ID, 200},
		{"office, any person", p.office, "/roster/" + p.far.ID, 200},
		{"office, any province", p.office, "/roster?province=04", 200},
		{"office only reads", p.office, "/roster/new?province=04", 403},
		{"administrator, any province", p.adm, "/roster/new?province=04", 200},
		{"trainer", p.trainer, "/roster", 403},
		{"trainer, a person", p.trainer, "/roster/" + p.my.ID, 403},
		{"learner", p.learner, "/roster", 403},
		{"learner, themselves", p.learner, "/roster/" + p.my.ID, 403},
		{"learner, the API", p.learner, "/api/v1/people", 403},
		{"learner, the export", p.learner, "/roster/export.xlsx?province=08", 403},
		{"nobody", p.anyone(), "/roster", 303},
		{"nobody, the API", p.anyone(), "/api/v1/people?province=08", 401},
	} {
		if got := c.who.get(c.path); got.Status != c.status {
			t.Errorf("%s: %d, want %d", c.what, got.Status, c.status)
		}
	}
}

func TestNobodyChangesWhatIsNotTheirs(t *testing.T) {
	p := newProvince(t)
	today := begun.Format(time.DateOnly)
	for _, who := range []struct {
		name   string
		client *client
		status int
	}{{"other staff", p.otherStaff, 404}, {"office", p.office, 403}, {"trainer", p.trainer, 403}, {"learner", p.learner, 403}} {
		for _, action := range []string{"leave", "move", "correct", "reset", "slip"} {
			if got := who.client.post("/roster/"+p.my.ID+"/"+action, url.Values{"on": {today}, "name": {"Ai Đó"}, "kind": {"other"}}); got.Status != who.status {
				t.Errorf("%s, %s: %d, want %d", who.name, action, got.Status, who.status)
			}
		}
		for _, path := range []string{"/roster", "/roster/slips"} {
			if got := who.client.post(path, url.Values{"province": {"08"}, "token": {"0123456789abcdef"}}); got.Status != who.status {
				t.Errorf("%s, %s: %d, want %d", who.name, path, got.Status, who.status)
			}
		}
	}
	person, err := p.Roll.Person(t.Context(), p.my.ID)
	if err != nil || !person.Active || person.Name != "Vàng Thị Mỷ" {
		t.Errorf("now %+v, %v", person, err)
	}
	if n := p.audited("person."); n != 0 {
		t.Errorf("%d entries in the audit trail", n)
	}
}

// audited counts the entries whose action begins so.
func (s *visited) audited(prefix string) int {
	s.t.Helper()
	n := 0
	err := store.Each(s.t.Context(), s.Store, programme.AuditKind, store.Query{}, func(e programme.AuditEntry) error {
		if strings.HasPrefix(e.Action, prefix) {
			n++
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// certified gives a person a certificate of a strand, by learning.
func (s *visited) certified(a roster.Account, v *courses.Version) {
	s.t.Helper()
	c := s.as(a)
	lesson, _ := v.Lesson("thu")
	c.post("/courses/"+v.Course+"/doc", nil).want(303)
	c.post("/courses/"+v.Course+"/thu/quiz", form(v.Course+a.ID, rightAnswers(lesson.Quiz))).want(303)
}

func TestStatusesTellWhoIsTrainedAndWhatIsMissing(t *testing.T) {
	p := newProvince(t)
	service, reading := p.publish(shortCourse("K1", courses.LibraryService)), p.publish(shortCourse("K2", courses.ReadingPromotion))
	p.certified(p.my, service)
	p.certified(p.my, reading)
	p.certified(p.dua, service)
	for status, want := range map[string][]string{"": {"Giàng A Dua", "Vàng Thị Mỷ"}, "trained": {"Vàng Thị Mỷ"}, "missing": {"Giàng A Dua"}, "left": nil} {
		if got := names(p.staff.get("/roster?status=" + status).want(200)); !slices.Equal(got, want) {
			t.Errorf("status %q: %q, want %q", status, got, want)
		}
	}
	shown := p.staff.get("/roster?status=missing").want(200)
	if got := shown.one("tbody tr td:nth-child(4)"); got != "✗ còn thiếu Khuyến đọc" {
		t.Errorf("what is missing: %q", got)
	}
	if got := p.staff.get("/roster?q=my+vang").want(200); !slices.Equal(names(got), []string{"Vàng Thị Mỷ"}) {
		t.Errorf("found %q", names(got))
	}
	person := p.staff.get("/roster/" + p.my.ID).want(200)
	if n := len(person.find(".cards li .tag.good")); n != 2 {
		t.Errorf("%d valid certificates on the page of a person", n)
	}
	var body struct {
		People []people.ApiPerson
		Next   string
	}
	p.staff.get("/api/v1/people?commune=" + lungCu).want(200).json(&body)
	if len(body.People) != 2 || body.Next != "" || body.People[0].Trained || !slices.Equal(body.People[0].Missing, []courses.Strand{courses.ReadingPromotion}) || !body.People[1].Trained {
		t.Errorf("the API says %+v", body)
	}
}

func TestListGoesOnWhereItStopped(t *testing.T) {
	p := newProvince(t)
	for i := range 2 * people.RosterPageSize {
		name := "Lý Thị " + string(rune('A'+i%26)) + strings.Repeat("a", 1+i/26)
		if _, err := p.Roll.Add(t.Context(), roster.Entry{Name: name, Library: "Thư viện xã", Commune: lungCu, On: roster.Day(begun)}, "operator"); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	pages := 0
	for path := "/roster?q=ly"; path != ""; pages++ {
		shown := p.staff.get(path).want(200)
		for _, n := range shown.find("tbody td:first-child a") {
			href := n.Attr[0].Val
			if seen[href] {
				t.Fatalf("%s is on two pages", href)
			}
			seen[href] = true
		}
		path = ""
		for _, n := range shown.find("p.row a.quiet") {
			if textOf(n) == "Xem thêm" {
				path = n.Attr[1].Val
			}
		}
	}
	if len(seen) != 2*people.RosterPageSize || pages != 2 {
		t.Errorf("%d people on %d pages", len(seen), pages)
	}
}

// adding is the form of somebody new.
func adding(shown *reply, name string) url.Values {
	return url.Values{"province": {"08"}, "token": {shown.attr("input[name=token]", "value")}, "name": {name}, "library": {"Thư viện xã Lũng Cú"}, "commune": {lungCu}, "on": {"1/12/2026"}}
}

func TestAPersonIsAddedOnce(t *testing.T) {
	p := newProvince(t)
	form := adding(p.staff.get("/roster/new").want(200), "sùng mí pó")
	first := p.staff.post("/roster", form).leads()
	if again := p.staff.post("/roster", form).leads(); first != again {
		t.Errorf("sent twice: %s and %s", first, again)
	}
	shown := p.staff.get(first).want(200)
	if got := shown.one("h1"); got != "Sùng Mí Pó" {
		t.Errorf("the page is of %q", got)
	}
	if got := shown.one(".note.good"); !strings.Contains(got, "Đã thêm") {
		t.Errorf("the notice says %q", got)
	}
	if got := len(names(p.staff.get("/roster").want(200))); got != 3 {
		t.Errorf("%d people now", got)
	}
	if figures, err := p.Board.Read(t.Context(), roster.Present, "08", time.Time{}); err != nil || figures.Base != 3 {
		t.Errorf("the base is %d, %v", figures.Base, err)
	}
	if n := p.audited("person.add"); n != 1 {
		t.Errorf("%d entries in the audit trail", n)
	}

	// A namesake in the commune is asked about, and may be somebody else.
	form = adding(p.staff.get("/roster/new").want(200), "Sung Mi Po")
	if got := p.staff.post("/roster", form).want(409).one("table tbody tr:last-child"); !strings.Contains(got, "Sùng Mí Pó") {
		t.Errorf("the namesake shown is %q", got)
	}
	form.Set("different", "yes")
	p.staff.post("/roster", form).want(303)
}

// Whatever write a form is cut off at, the same form finishes it: the person, the standing and an entry in the audit
// trail.
func TestFormsOfTheRosterAreFinishedAfterAnyCut(t *testing.T) {
	for action, form := range map[string]url.Values{
		"add":     {"province": {"08"}, "token": {"a token of the form"}, "name": {"Sùng Mí Pó"}, "phone": {"0912345678"}, "library": {"Thư viện xã Lũng Cú"}, "commune": {lungCu}, "on": {"1/12/2026"}},
		"correct": {"name": {"Vàng Thị Mỷ"}, "post": {"Công chức"}, "kind": {roster.LibraryKinds[0]}},
		"move":    {"library": {"Thư viện xã Lũng Cú 2"}, "commune": {lungCu}, "kind": {roster.LibraryKinds[0]}, "on": {"1/12/2026"}},
		"leave":   {"on": {"1/12/2026"}},
	} {
		for writes, done := 0, false; !done; writes++ {
			st := sqlitetest.Open(t, programme.Kinds()...)
			cut := storetest.NewCut(st)
			p := provinceOn(newSiteOn(t, cut))
			path := "/roster"
			if action != "add" {
				path += "/" + p.my.ID + "/" + action
			}
			cut.After(writes)
			first := p.staff.post(path, form)
			if done = !cut.Was(); !done {
				first.want(http.StatusServiceUnavailable)
			}
			cut.Mend()
			id, _, _ := strings.Cut(strings.TrimPrefix(p.staff.post(path, form).leads(), "/roster/"), "?")
			is, err := p.Roll.Person(t.Context(), id)
			if err != nil {
				t.Fatalf("%s, cut after %d writes: %v", action, writes, err)
			}
			standing, err := store.Get[targets.Standing](t.Context(), st, targets.StandingKind, id)
			if err != nil || standing.InBase != is.Active || standing.Commune != is.Commune || standing.Library != is.Library {
				t.Errorf("%s, cut after %d writes: the person is %+v, the standing %+v, %v", action, writes, is, standing, err)
			}
			if n := p.audited("person." + action); n == 0 || action == "add" && n != 1 {
				t.Errorf("%s, cut after %d writes: %d entries in the audit trail", action, writes, n)
			}
			p.Background.Stop()
			st.Close()
		}
	}
}

func TestAFormWithAFaultKeepsWhatWasTyped(t *testing.T) {
	p := newProvince(t)
	for _, c := range []struct{ field, value, says string }{
		{"name", "Sùng 12", "chữ số"}, {"phone", "12345", "điện thoại"}, {"library", " ", "đơn vị"}, {"commune", elsehere, "không thuộc tỉnh"}, {"commune", "", "xã"}, {"on", "31/02/2026", "ngày"}, {"on", "2026-12-06", "06/12/2026"}, {"kind", "bank", "loại"},
	} {
		form := adding(p.staff.get("/roster/new").want(200), "Sùng Mí Pó")
		form.Set(c.field, c.value)
		shown := p.staff.post("/roster", form).want(422)
		if got := strings.ToLower(shown.one(".field.bad .fault")); !strings.Contains(got, c.says) {
			t.Errorf("%s %q: %q does not speak of %q", c.field, c.value, got, c.says)
		}
		if got := shown.attr(".field.bad [aria-invalid]", "name"); got != c.field {
			t.Errorf("%s %q: the field marked is %s", c.field, c.value, got)
		}
		if got := shown.attr("input[name=token]", "value"); got != form.Get("token") {
			t.Errorf("%s: the form has another token", c.field)
		}
		if c.field != "name" && shown.attr("input[name=name]", "value") != "Sùng Mí Pó" {
			t.Errorf("%s: the name is lost", c.field)
		}
	}
	if got := len(names(p.staff.get("/roster").want(200))); got != 2 {
		t.Errorf("%d people now", got)
	}
}

func TestChangesOfAPersonReachTheBoardAndTheAccount(t *testing.T) {
	p := newProvince(t)
	base := func(want int) {
		t.Helper()
		if f, err := p.Board.Read(t.Context(), roster.Present, "08", time.Time{}); err != nil || f.Base != want {
			t.Errorf("the base is %d, want %d, %v", f.Base, want, err)
		}
	}
	path := "/roster/" + p.my.ID
	correct := url.Values{"name": {"Vàng Thị Mỷ Hoa"}, "phone": {"0912 345 678"}, "post": {"Thủ thư"}, "kind": {roster.LegalBookcase}}
	shown := p.staff.get(p.staff.post(path+"/correct", correct).leads()).want(200)
	if got := shown.one("h1"); got != "Vàng Thị Mỷ Hoa" || !strings.Contains(shown.text(), "0912345678") {
		t.Errorf("corrected to %q", got)
	}
	if got := p.learner.get("/").want(200).one("h1"); !strings.Contains(got, "Mỷ Hoa") {
		t.Errorf("the learner is greeted with %q", got)
	}
	leaving := url.Values{"on": {"2026-12-04"}}
	for range 2 {
		shown = p.staff.get(p.staff.post(path+"/leave", leaving).leads()).want(200)
	}
	if got := shown.one("main > p .tag"); got != "– đã nghỉ việc" {
		t.Errorf("after leaving: %q", got)
	}
	if n := len(shown.find("#postings tbody tr")); n != 2 {
		t.Errorf("%d postings", n)
	}
	base(1)
	if got := names(p.staff.get("/roster?status=left").want(200)); !slices.Equal(got, []string{"Vàng Thị Mỷ Hoa"}) {
		t.Errorf("left: %q", got)
	}
	// A day before the start is refused, in the form that was sent, with the day as people write it.
	shown = p.staff.post("/roster/"+p.dua.ID+"/leave", url.Values{"on": {"2020-01-01"}}).want(422)
	if got := shown.one("details[open] .fault"); !strings.Contains(got, "01/01/2020") {
		t.Errorf("the fault says %q", got)
	}
	// She comes back, to another library.
	back := url.Values{"commune": {lungCu}, "library": {"Trung tâm học tập cộng đồng Lũng Cú"}, "on": {"2026-12-05"}}
	shown = p.staff.get(p.staff.post(path+"/move", back).leads()).want(200)
	if !strings.Contains(shown.one("dl.facts"), "Trung tâm học tập cộng đồng Lũng Cú") {
		t.Errorf("after coming back: %s", shown.one("dl.facts"))
	}
	base(2)
	// Not into another province.
	back.Set("commune", elsehere)
	p.staff.post(path+"/move", back).want(422)
}

func TestSlipsOpenAccounts(t *testing.T) {
	p := newProvince(t)
	pdf := p.staff.post("/roster/slips", url.Values{}).want(200)
	if !strings.HasPrefix(pdf.Body, "%PDF-") || pdf.Header.Get("Content-Type") != "application/pdf" || !strings.Contains(pdf.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%v %.20q", pdf.Header, pdf.Body)
	}
	if n := p.claims(p.my.ID); n != 2 { // one of the account's making
		t.Errorf("%d codes of one person", n)
	}
	if n := p.claims(p.far.ID); n != 1 {
		t.Errorf("%d codes of a person of another province", n)
	}
	p.staff.post("/roster/slips", url.Values{"commune": {elsehere}}).want(404)
	p.staff.post("/roster/slips", url.Values{"province": {"04"}}).want(404)
	if n := p.audited("roster.slips"); n != 1 {
		t.Errorf("%d entries in the audit trail", n)
	}
	_, n, _, err := p.Slips(t.Context(), roster.Operator(), "08", "00001")
	if n != 0 || err != nil {
		t.Errorf("a commune without people: %d slips, %v", n, err)
	}
}

// claims counts the codes of an account.
func (s *visited) claims(account string) int {
	s.t.Helper()
	all, err := store.All[roster.Claim](s.t.Context(), s.Store, roster.ClaimKind, store.Where(store.Is("account", account)))
	if err != nil {
		s.t.Fatal(err)
	}
	return len(all)
}

func TestResetShowsACodeOnceThatOpensTheAccount(t *testing.T) {
	p := newProvince(t)
	path := "/roster/" + p.my.ID
	shown := p.staff.post(path+"/reset", nil).want(200)
	code := shown.one(".slip-code")
	stops, err := time.Parse(time.RFC3339, shown.attr("input[name=until]", "value"))
	// as the printed slip says it: of the day on which the code stops nothing is promised
	if day := stops.In(courses.Vietnam).AddDate(0, 0, -1).Format("02/01/2006"); err != nil || !strings.Contains(shown.text(), "đến hết ngày "+day) {
		t.Errorf("the page does not say that the code works on %s: %v", day, err)
	}
	print := url.Values{"code": {code}, "until": {shown.attr("input[name=until]", "value")}}
	if pdf := p.staff.post(path+"/slip", print).want(200); !strings.HasPrefix(pdf.Body, "%PDF-") {
		t.Errorf("%.20q", pdf.Body)
	}
	p.staff.post("/roster/"+p.dua.ID+"/slip", print).want(400) // another's code
	print.Set("code", "00000-00000")
	p.staff.post(path+"/slip", print).want(422)
	if strings.Contains(p.staff.get(path).want(200).Body, code) {
		t.Error("the code is shown again")
	}
	if got := p.learner.get("/me"); got.Status != 303 {
		t.Errorf("the person is still signed in: %d", got.Status)
	}
	if h, err := p.Accounts.Look(t.Context(), code, "192.0.2.1"); err != nil || h.Account != p.my.ID {
		t.Errorf("the code opens %+v, %v", h, err)
	}
	// Staff cannot get into an account that is more than a learner's this way.
	trainer := p.person("Triệu Văn Phúc", lungCu)
	if _, err := p.Accounts.SetRoles(t.Context(), roster.Operator(), trainer.ID, []roster.Role{roster.Trainer}, "08"); err != nil {
		t.Fatal(err)
	}
	p.staff.post("/roster/"+trainer.ID+"/reset", nil).want(403)
	if len(p.staff.get("/roster/"+trainer.ID).want(200).find("form[action$='/reset']")) != 0 {
		t.Error("the page offers what is refused")
	}
}

func TestAnEmptyRosterOffersTheFirstStep(t *testing.T) {
	s := newSite(t)
	c := s.as(s.account("", "Hoàng Văn Kiên", "08", roster.Staff))
	shown := c.get("/roster").want(200)
	if got := shown.attr(".card.big .button", "href"); got != "/roster/import?province=08" {
		t.Errorf("the first step leads to %s", got)
	}
	template := c.get("/roster/template.xlsx").want(200)
	x, err := excelize.OpenReader(strings.NewReader(template.Body))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	rows, err := x.GetRows("Danh sách")
	if want := []string{"Họ và tên", "Số điện thoại", "Chức vụ", "Đơn vị công tác", "Loại thiết chế", "Mã xã", "Xã/phường", "Ngày bắt đầu"}; err != nil || len(rows) != 2 || !slices.Equal(rows[0], want) {
		t.Errorf("the template is %q, %v", rows, err)
	}
	if rules, err := x.GetDataValidations("Danh sách"); err != nil || len(rules) != 2 {
		t.Errorf("lists to choose from: %v, %v", rules, err)
	}
	if choices, err := x.GetRows("Danh mục"); err != nil || len(choices) != len(s.Places.Communes(roster.Present, "08"))+2 {
		t.Errorf("%d rows of choices, %v", len(choices), err)
	}
	// Nothing of it is a person.
	if shown := c.upload("mau.xlsx", []byte(template.Body)).want(422); !strings.Contains(shown.text(), "không có dòng nào") {
		t.Errorf("the template imported: %s", shown.text())
	}
}

func TestNamesAreShownAsTheyAre(t *testing.T) {
	p := newProvince(t)
	hostile := `<img src=x onerror=alert(1)>"'`
	a, err := p.Roll.Add(t.Context(), roster.Entry{Name: "Lý O'Hara", Post: hostile, Library: hostile, Commune: lungCu, On: roster.Day(begun)}, "operator")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/roster", "/roster/" + a.ID, "/roster?q=" + url.QueryEscape(hostile), "/roster?q=" + url.QueryEscape(hostile) + "&status=missing"} {
		shown := p.staff.get(path).want(200)
		if n := len(shown.find("img[onerror], [onerror], main script")); n != 0 {
			t.Errorf("%s: the text became %d elements", path, n)
		}
		if !strings.Contains(path, "?") && !strings.Contains(shown.text(), hostile) {
			t.Errorf("%s does not show the text", path)
		}
	}
}
