package server

import (
	"bytes"
	"compress/zlib"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/server/page"
)

// sends posts a form with files, as a browser does; files are name and bytes by turns, in the field before them.
func (c *client) sends(path string, fields url.Values, files ...sentFile) *reply {
	c.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, values := range fields {
		for _, value := range values {
			if err := form.WriteField(name, value); err != nil {
				c.t.Fatal(err)
			}
		}
	}
	for _, f := range files {
		part, err := form.CreateFormFile(f.field, f.name)
		if err == nil {
			_, err = part.Write(f.data)
		}
		if err != nil {
			c.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		c.t.Fatal(err)
	}
	return c.do(http.MethodPost, path, form.FormDataContentType(), &body)
}

type sentFile struct {
	field, name string
	data        []byte
}

func aPhoto(t testing.TB) sentFile {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	return sentFile{"evidence", "giay.png", b.Bytes()}
}

var aPDF = sentFile{"evidence", "giay.pdf", []byte("%PDF-1.4\n1 0 obj <<>> endobj\nstartxref\n9\n%%EOF\n")}

func abroad(strand string) url.Values {
	return url.Values{"strand": {strand}, "title": {"Nghiệp vụ thư viện cơ sở"}, "organiser": {"Thư viện Quốc gia"}, "on": {"2024-06-14"}, "periods": {"16"}}
}

// offices has a learner of 08, two people of the province's staff and one of another province.
type offices struct {
	*visited
	mai                        roster.Account
	learner, staff, chief, far *client
}

func newOffices(t *testing.T) offices {
	t.Helper()
	s := newSite(t)
	o := offices{visited: s, mai: s.person("Vàng Thị Giàng", "00715")}
	o.learner = s.as(o.mai)
	o.staff = s.as(s.account("", "Cán Bộ Một", "08", roster.Staff))
	o.chief = s.as(s.account("", "Cán Bộ Hai", "08", roster.Staff))
	o.far = s.as(s.account("", "Cán Bộ Xa", "04", roster.Staff))
	return o
}

func TestATrainingElsewhereIsEnteredAndAcceptedByASecondPerson(t *testing.T) {
	o := newOffices(t)
	bad := o.learner.sends("/me/trainings", abroad("library-service")).want(422)
	if got := bad.one("[role=alert]"); !strings.Contains(got, "PDF") || bad.attr("input[name=title]", "value") != "Nghiệp vụ thư viện cơ sở" {
		t.Errorf("without a paper: %q", got)
	}
	script := sentFile{"evidence", "giay.pdf", []byte("%PDF-1.4 /JavaScript (x)\nstartxref\n9\n%%EOF\n")}
	o.learner.sends("/me/trainings", abroad("library-service"), script).want(422)
	at := o.learner.sends("/me/trainings", abroad("library-service"), aPhoto(t), aPDF).leads()
	path, _, _ := strings.Cut(at, "?")
	if got := o.learner.get(path).want(200).text(); !strings.Contains(got, "Chờ công nhận") {
		t.Errorf("the learner reads %s", got)
	}
	photo, pdf := o.chief.get(path+"/1").want(200), o.chief.get(path+"/2").want(200)
	if photo.Header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(pdf.Header.Get("Content-Disposition"), "attachment") || !strings.Contains(pdf.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("evidence is sent as %v and %v", photo.Header, pdf.Header)
	}
	o.far.get(path).want(404)
	o.far.get(path + "/1").want(404)
	o.far.post(path, url.Values{"do": {"accept"}}).want(404)
	o.learner.post(path, url.Values{"do": {"accept"}}).want(403)
	if got := o.staff.get("/trainings").want(200).one("h2:first-of-type"); !strings.Contains(got, "(1)") {
		t.Errorf("the list says %q", got)
	}
	if got := o.staff.get("/").want(200).one(".duties a[href='/trainings']"); !strings.Contains(got, "1 khóa đang chờ người thứ hai công nhận.") {
		t.Errorf("the home of staff says %q", got)
	}
	if n := len(o.far.get("/").want(200).find(".duties a[href='/trainings']")); n != 0 {
		t.Error("another province is told of it")
	}
	o.staff.post(path, url.Values{"do": {"decline"}}).want(422)
	o.staff.post(path, url.Values{"do": {"accept"}}).want(303)
	if n := len(o.staff.get("/").want(200).find(".duties a[href='/trainings']")); n != 0 {
		t.Error("what was accepted waits still")
	}
	if got := o.learner.get("/").want(200).text(); !strings.Contains(got, "Bồi dưỡng ở nơi khác, đã công nhận") {
		t.Errorf("home says %s", got)
	}
	missing := o.staff.get("/missing?province=08").want(200).text()
	if !strings.Contains(missing, "Khuyến đọc") || !strings.Contains(missing, "Đã có Dịch vụ thư viện ở nơi khác") {
		t.Errorf("who is missing: %s", missing)
	}
	second := o.staff.sends("/roster/"+o.mai.ID+"/trainings", abroad("reading-promotion"), aPDF).leads()
	second, _, _ = strings.Cut(second, "?")
	o.staff.post(second, url.Values{"do": {"accept"}}).want(403) // who entered it
	o.chief.post(second, url.Values{"do": {"accept"}}).want(303)
	if got := o.staff.get("/board").want(200).text(); !strings.Contains(got, "Trong đó 1 người nhờ bồi dưỡng ở nơi khác") {
		t.Errorf("the board: %s", got)
	}
	list := o.staff.get("/completions?province=08").want(200).text()
	if !strings.Contains(list, "ĐTK 08/2026/000001") || !strings.Contains(list, "Bồi dưỡng ở nơi khác") {
		t.Errorf("completions: %s", list)
	}
	if got := o.staff.get("/roster/" + o.mai.ID).want(200).text(); !strings.Contains(got, "ĐTK 08/2026/000002") {
		t.Errorf("the person's page: %s", got)
	}
	o.chief.post(second, url.Values{"do": {"withdraw"}, "reason": {"Giấy của người khác."}}).want(303)
	if got := o.learner.get(second).want(200).text(); !strings.Contains(got, "Đã rút lại") || !strings.Contains(got, "Giấy của người khác.") {
		t.Errorf("withdrawn: %s", got)
	}
	if got := o.staff.get("/board").want(200).text(); strings.Contains(got, "nhờ bồi dưỡng ở nơi khác") {
		t.Errorf("the board after it was withdrawn: %s", got)
	}
}

// However often buttons are pressed, and by whom: the trail says once what was done, by who did it.
func TestARulingIsToldOnce(t *testing.T) {
	o := newOffices(t)
	var paths []string
	for _, strand := range []string{"library-service", "reading-promotion"} {
		for range 2 {
			at, _, _ := strings.Cut(o.learner.sends("/me/trainings", abroad(strand), aPDF).leads(), "?")
			paths = append(paths, at)
		}
	}
	accepted, declined := paths[0], paths[2]
	no, gone := url.Values{"do": {"decline"}, "reason": {"Không rõ."}}, url.Values{"do": {"withdraw"}, "reason": {"Nhầm."}}
	for _, who := range []*client{o.staff, o.staff, o.chief} {
		who.post(accepted, url.Values{"do": {"accept"}}).want(303)
		who.post(declined, no).want(303)
	}
	for _, who := range []*client{o.chief, o.chief, o.staff} {
		who.post(accepted, gone).want(303)
	}
	told, err := store.All[programme.AuditEntry](t.Context(), o.Store, programme.AuditKind, store.Query{}.By("line"))
	if err != nil {
		t.Fatal(err)
	}
	acts, by := map[string]int{}, map[string]string{}
	for _, e := range told {
		acts[e.Action]++
		by[e.Action] = e.By
	}
	for act, n := range map[string]int{"training.enter": 2, "training.accept": 1, "training.decline": 1, "training.withdraw": 1} {
		if acts[act] != n {
			t.Errorf("%s is told %d times", act, acts[act])
		}
	}
	if by["training.accept"] == by["training.withdraw"] || by["training.accept"] != by["training.decline"] || by["training.enter"] != o.mai.ID {
		t.Errorf("told of %v", by)
	}
}

func TestAListOfTrainingsIsEnteredFromASpreadsheet(t *testing.T) {
	o := newOffices(t)
	list := sentFile{"file", "lop.csv", []byte("Họ và tên,Đơn vị công tác,Mã xã,Tên lớp,Ngày cấp\nVàng Thị Giàng,Thư viện xã,00715,Kể chuyện,20/11/2024\n" +
		"Vàng Thị Giang,Thư viện xã,00715,Đọc to,20/11/2024\nSùng A Lạ,Thư viện xã,00715,Kể chuyện,20/11/2024\n")}
	fields := url.Values{"province": {"08"}, "strand": {"reading-promotion"}, "organiser": {"Thư viện tỉnh"}}
	if got := o.staff.sends("/trainings/import", fields, list).want(422).one("[role=alert]"); !strings.Contains(got, "PDF") {
		t.Errorf("without a scan: %q", got)
	}
	at := o.staff.sends("/trainings/import", fields, list, aPDF).leads()
	shown := o.staff.get(at).want(200)
	if text := shown.text(); !strings.Contains(text, "1 sẵn sàng") || !strings.Contains(text, "1 cần trả lời") || !strings.Contains(text, "Không có ai như vậy") {
		t.Errorf("the list means %s", text)
	}
	o.far.get(at).want(404)
	who := shown.attr("select[name='who.3'] option:nth-of-type(2)", "value")
	if !strings.HasPrefix(who, "same:") {
		t.Errorf("the answer is %q", who)
	}
	o.staff.post(at, url.Values{"do": {"answer"}, "who.3": {who}}).want(303)
	o.staff.post(at, url.Values{"do": {"enter"}}).want(303)
	trainings, err := o.School.TrainingsOf(t.Context(), o.mai.ID)
	if err != nil || len(trainings) != 2 || trainings[0].Organiser != "Thư viện tỉnh" || trainings[0].State() != school.TrainingWaits {
		t.Fatalf("%+v, %v", trainings, err)
	}
	o.staff.post(at, url.Values{"do": {"enter"}}).want(303) // twice is once
	if got := o.staff.get(at).want(200).text(); !strings.Contains(got, "2 đã nhập") || strings.Contains(got, "sẵn sàng") {
		t.Errorf("after it was entered: %s", got)
	}
	waiting := o.chief.get("/trainings").want(200)
	id := waiting.attr("form[action='/trainings/accept'] input[name=list]", "value")
	o.staff.post("/trainings/accept", url.Values{"list": {id}}).want(403)
	o.far.post("/trainings/accept", url.Values{"list": {id}}).want(403)
	for range 2 {
		o.chief.post("/trainings/accept", url.Values{"list": {id}}).want(303)
	}
	told := o.told("training.accept")
	if len(told) != 1 || told[0].Note != "2" {
		t.Fatalf("the trail says %+v of the list", told)
	}
	// as one at the same time counts
	if n, err := o.AcceptTrainingList(t.Context(), roster.Account{ID: told[0].By}, id); err != nil || n != 2 {
		t.Errorf("of the list %d are accepted, %v", n, err)
	}
	if got := o.staff.get("/missing?province=08").want(200).text(); !strings.Contains(got, "Đã có Khuyến đọc ở nơi khác") {
		t.Errorf("who is missing: %s", got)
	}
	gone := "/trainings/" + page.WorkAddress(trainings[0].ID)
	o.chief.post(gone, url.Values{"do": {"withdraw"}, "reason": {"Giấy của người khác."}}).want(303)
	again := o.staff.get(o.staff.post(at, url.Values{"do": {"enter"}}).leads()).want(200)
	if got := again.text(); !strings.Contains(got, "đã bị rút lại (lý do: “Giấy của người khác.”)") || !strings.Contains(got, "1 đã nhập") {
		t.Errorf("entered after one was withdrawn: %s", got)
	}
	if trainings, err = o.School.TrainingsOf(t.Context(), o.mai.ID); err != nil || len(trainings) != 2 {
		t.Errorf("%d trainings, %v", len(trainings), err)
	}
}

// Who sends a training again with another paper is told that the first one waits; what was typed stays in the form.
func TestATrainingSentOtherwiseIsNotLostInSilence(t *testing.T) {
	o := newOffices(t)
	at := o.learner.sends("/me/trainings", abroad("library-service"), aPDF).leads()
	if again := o.learner.sends("/me/trainings", abroad("library-service"), aPDF).leads(); again != at {
		t.Errorf("sent again it is %s", again)
	}
	other := abroad("library-service")
	other.Set("periods", "24")
	shown := o.learner.sends("/me/trainings", other, aPhoto(t)).want(409)
	if got := shown.one("[role=alert]"); !strings.Contains(got, "lấy lại bản đang chờ") || shown.attr("input[name=periods]", "value") != "24" {
		t.Errorf("sent otherwise: %q", got)
	}
	path, _, _ := strings.Cut(at, "?")
	o.learner.post(path, url.Values{"do": {"decline"}}).want(303) // takes it back
	if next := o.learner.sends("/me/trainings", other, aPhoto(t)).leads(); next == at {
		t.Error("sent after it was taken back, it is the old one")
	}
}

// A row that cannot be entered is named and keeps no other from being entered; only what is new is counted, once.
func TestARowThatCannotBeEnteredIsNamed(t *testing.T) {
	o := newOffices(t)
	moved := o.person("Lý A Páo", "00715")
	list := sentFile{"file", "lop.csv", []byte("Họ và tên,Đơn vị công tác,Mã xã,Tên lớp,Ngày cấp\nLý A Páo,Thư viện xã,00715,Kể chuyện,20/11/2024\n" +
		"Vàng Thị Giàng,Thư viện xã,00715,Kể chuyện,20/11/2024\nVàng Thị Giàng,Thư viện xã,00715,Đọc to,21/11/2024\n")}
	fields := url.Values{"province": {"08"}, "strand": {"reading-promotion"}, "organiser": {"Thư viện tỉnh"}}
	at := o.staff.sends("/trainings/import", fields, list, aPDF).leads()
	known := abroad("reading-promotion")
	known.Set("title", "Kể chuyện")
	known.Set("on", "2024-11-20")
	o.staff.sends("/roster/"+o.mai.ID+"/trainings", known, aPDF).want(303)
	offered, err := o.Programme.OfferTransfer(t.Context(), moved.ID, "04", roster.Day(begun), "staff")
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.AcceptTransfer(t.Context(), offered.ID, roster.Entry{Library: "Thư viện xã", Commune: elsehere, On: roster.Day(begun)}, "far")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		shown := o.staff.get(o.staff.post(at, url.Values{"do": {"enter"}}).leads()).want(200)
		if got := shown.text(); !strings.Contains(got, "Đã nhập 1 khóa") || !strings.Contains(got, "nay không thuộc danh sách của tỉnh") {
			t.Errorf("entered: %s", got)
		}
	}
	if all, err := o.School.TrainingsOf(t.Context(), moved.ID); err != nil || len(all) != 0 {
		t.Errorf("somebody of another province: %+v, %v", all, err)
	}
	told, err := store.All[programme.AuditEntry](t.Context(), o.Store, programme.AuditKind, store.Where(store.Begins("id", "training.list/")))
	if err != nil || len(told) != 1 || told[0].Note != "1" {
		t.Errorf("told %+v, %v", told, err)
	}
}

func TestCertificatesAreGivenOutInABatch(t *testing.T) {
	e := newEarned(t)
	other, moved := e.person("Lò Thị Mai", "00715"), e.person("Lý A Páo", "00715")
	issuer := url.Values{"name": {"Thư viện tỉnh"}, "head": {"Giám đốc"}, "capacity": {"Giám đốc"}, "town": {"Tuyên Quang"}, "hold": {"1"}}
	e.staff.post("/admin/issuers/08", issuer).want(303)
	learner := e.as(other)
	v, err := e.School.Course(t.Context(), "K1")
	if err != nil {
		t.Fatal(err)
	}
	lesson, _ := v.Lesson("thu")
	for _, c := range []*client{learner, e.as(moved)} {
		c.post("/courses/K1/doc", nil).want(303)
		c.post("/courses/K1/thu/quiz", form("a", rightAnswers(lesson.Quiz))).want(303)
	}
	if got := learner.get("/courses/K1").want(200).text(); !strings.Contains(got, "cấp theo đợt") {
		t.Errorf("the learner reads %s", got)
	}
	if got := learner.get("/certificates").want(200).one("main .note"); !strings.Contains(got, "cấp theo đợt") {
		t.Errorf("where certificates are: %q", got)
	}
	shown := e.staff.get("/registers").want(200)
	if got := shown.one("a[href*='/book.pdf']"); got != "Sổ năm 2026 (PDF)" {
		t.Errorf("the book of the year is %q", got)
	}
	offered, err := e.Programme.OfferTransfer(t.Context(), moved.ID, "04", roster.Day(begun), "staff")
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.AcceptTransfer(t.Context(), offered.ID, roster.Entry{Library: "Thư viện xã", Commune: elsehere, On: roster.Day(begun)}, "far")
	if err != nil {
		t.Fatal(err)
	}
	due, id := []string{other.ID + "/K1/01", moved.ID + "/K1/01"}, shown.attr("input[name=id]", "value")
	decision := url.Values{"province": {"08"}, "id": {id}, "due": due, "decision": {""}, "on": {"2026-12-01"}}
	if got := e.staff.post("/registers", decision).want(422).one("[role=alert]"); !strings.Contains(got, "số quyết định") {
		t.Errorf("without a number: %q", got)
	}
	decision.Set("decision", "125/QĐ-TVT")
	at := e.staff.post("/registers", decision).leads()
	if again := e.staff.post("/registers", decision).leads(); again != at {
		t.Errorf("pressed twice: %s and %s", at, again)
	}
	e.Background.Running.Wait()
	decision.Set("decision", "126/QĐ-TVT")
	otherwise := e.staff.post("/registers", decision).want(409)
	if got := otherwise.one("[role=alert]"); !strings.Contains(got, "đã dùng cho quyết định 125/QĐ-TVT") {
		t.Errorf("the form with another number: %q", got)
	}
	if told := e.told("certificate.batch"); len(told) != 1 || told[0].Subject != "125/QĐ-TVT" {
		t.Errorf("the trail says %+v of the decision", told)
	}
	for _, path := range []string{at, "/registers"} { // what was issued, not who stands in it
		if got := e.staff.get(path).want(200).text(); !strings.Contains(got, "Quyết định ngày 01/12/2026, 1 giấy") {
			t.Errorf("%s: %s", path, got)
		}
	}
	if got := e.chief.get(at).want(200).text(); !strings.Contains(got, "08/2026/000002") || !strings.Contains(got, "Lò Thị Mai") ||
		!strings.Contains(got, "Lý A Páo: nay làm việc ở Cao Bằng") || strings.Contains(got, "Đã cấp") {
		t.Errorf("the batch: %s", got)
	}
	for _, path := range []string{at + "/print.pdf", "/registers/2026/book.pdf"} {
		if pdf := e.staff.get(path).want(200); !strings.HasPrefix(pdf.Body, "%PDF") {
			t.Errorf("%s is %.20q", path, pdf.Body)
		}
	}
	if got := e.told("export."); len(got) != 2 || got[0].Action != "export.batch" || got[1].Action != "export.register" || got[0].Province != "08" || got[0].Note == "" {
		t.Errorf("the trail says %+v of who took the files", got)
	}
	code := e.staff.get(at).want(200).attr("tbody a[href^='/certificates/']", "href")
	single, together := drawnQR(t, e.staff.get(code+".pdf").want(200).Body), drawnQR(t, e.staff.get(at+"/print.pdf").want(200).Body)
	if single != together {
		t.Errorf("the QR code of a paper is\n%.200s\nand printed with others\n%.200s", single, together)
	}
	if got := e.staff.get("/registers").want(200).text(); !strings.Contains(got, "Sổ năm 2026 (PDF)") {
		t.Errorf("a year is no count of things: %s", got)
	}
	e.staff.get(at + "/print.pdf?part=2").want(404)
	e.learner.get(at).want(403)
	list, err := e.School.Certificates(t.Context(), other.ID)
	if err != nil || len(list) != 1 || list[0].Decision.Number != "125/QĐ-TVT" {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestAClosedPeriodSaysWhatATrainingElsewhereAdjusts(t *testing.T) {
	o := newOffices(t)
	if _, err := o.Board.Close(t.Context(), "2026-11", "Tháng 11", "office", "Trần Thu Hà"); err != nil {
		t.Fatal(err)
	}
	o.pass(time.Hour)
	for _, strand := range []string{"library-service", "reading-promotion"} {
		fields := abroad(strand)
		fields.Set("on", "2026-11-10")
		at, _, _ := strings.Cut(o.learner.sends("/me/trainings", fields, aPDF).leads(), "?")
		o.chief.post(at, url.Values{"do": {"accept"}}).want(303)
	}
	said := o.staff.get("/periods/2026-11?by=present&province=08").want(200).text()
	if !strings.Contains(said, "Bồi dưỡng ở nơi khác hoàn thành 10/11/2026, công nhận số ĐTK 08/2026/000001") {
		t.Errorf("the period says %s", said)
	}
}

var modules = regexp.MustCompile(`0 g\n((?:\d+ \d+ \d+ 1 re\n)+)f`)

// drawnQR are the modules of the QR code that a PDF of one page draws: equal modules say the same.
func drawnQR(t *testing.T, pdf string) string {
	t.Helper()
	for _, part := range strings.Split(pdf, "stream\n") {
		text := part
		if z, err := zlib.NewReader(strings.NewReader(part)); err == nil {
			if plain, err := io.ReadAll(z); err == nil {
				text = string(plain)
			}
		}
		if found := modules.FindStringSubmatch(text); found != nil {
			return found[1]
		}
	}
	t.Fatal("no QR code is drawn")
	return ""
}

// Who accepted the training of an entry that turns out to be their own is named when the entries are merged.
func TestAMergeNamesWhatSomebodyAcceptedForThemselves(t *testing.T) {
	o := newOffices(t)
	path, _, _ := strings.Cut(o.learner.sends("/me/trainings", abroad("library-service"), aPDF).leads(), "?")
	twin := o.person("Lò Thị Mai", lungCu)
	account, err := o.Accounts.SetRoles(t.Context(), roster.Operator(), twin.ID, []roster.Role{roster.Staff}, "08")
	if err != nil {
		t.Fatal(err)
	}
	adm := o.as(o.account("", "Quản trị", "", roster.Admin))
	merge := "/roster/" + o.mai.ID + "/merge?other=" + twin.ID
	if got := adm.get(merge).want(200).text(); strings.Contains(got, "đã tự duyệt") {
		t.Errorf("before anything was accepted: %s", got)
	}
	o.as(account).post(path, url.Values{"do": {"accept"}}).want(303)
	if got := adm.get(merge).want(200).text(); !strings.Contains(got, "đã tự duyệt 1 lần bồi dưỡng của chính mình") || !strings.Contains(got, "ĐTK 08/2026/000001") {
		t.Errorf("the page of merging says %s", got)
	}
}
