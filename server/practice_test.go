package server

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/server/page"
)

// practiceCourse is the short course with a practice task worth 7 points, 4 of them needed.
func practiceCourse(id string, required bool) map[string]string {
	files := shortCourse(id, courses.LibraryService)
	files["course.yaml"] += fmt.Sprintf(`practice:
  title: {vi: "Một buổi mượn trả", en: "A lending session"}
  minutes: 45
  required: %v
  pass: 4
  rubric:
    - {id: so, text: {vi: "Sổ ghi đủ", en: "The register is whole"}, points: 4}
    - {id: chao, text: {vi: "Lời chào", en: "The greeting"}, points: 3}
`, required)
	files["practice.vi.md"], files["practice.en.md"] = "Mời ba người.\n", "Invite three.\n"
	return files
}

// snap is a photo as a phone takes it.
func snap(t testing.TB, shade uint8) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 80, 60))
	for i := range m.Pix {
		m.Pix[i] = shade
	}
	m.SetGray(1, 1, color.Gray{Y: 255 - shade})
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sent sends work of a person on K3, with a photo, and gives the name of the photo's bytes.
func (s *visited) sent(person, text string) string {
	s.t.Helper()
	picture, err := s.School.ReadPhoto(snap(s.t, 90))
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := s.School.Record(s.t.Context(), s.Learner(person), courses.Fact{ID: "work", Kind: "submission", Course: "K3", At: s.now(), Text: text, Photos: []courses.Picture{picture}})
	if err != nil || r.State != courses.Received {
		s.t.Fatalf("%+v %v", r, err)
	}
	return picture.Name
}

// handOver sends the form of a practice task with photos, as a browser does.
func (c *client) handOver(course, id, text string, photos ...[]byte) *reply {
	c.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	form.WriteField("id", id)
	form.WriteField("text", text)
	for i, data := range photos {
		part, _ := form.CreateFormFile("photo", fmt.Sprintf("IMG_%d.jpg", i))
		part.Write(data)
	}
	form.CreateFormFile("photo", "") // the field that was left out
	form.Close()
	return c.do(http.MethodPost, "/courses/"+course+"/practice", form.FormDataContentType(), &body)
}

func verdict(id string, seen, so, chao int, comment string) url.Values {
	return url.Values{"id": {id}, "seen": {fmt.Sprint(seen)}, "points.so": {fmt.Sprint(so)}, "points.chao": {fmt.Sprint(chao)}, "comment": {comment}, "comment.so": {"Đủ năm ô."}}
}

// class is a course with a practice task, two learners of 08 and one of 04, and the trainers of both.
type class struct {
	*visited
	mai, dua, far  *client
	trainer, other *client
	ids            map[*client]string
}

func newClass(t *testing.T, required bool) *class {
	s := newSite(t)
	s.publish(practiceCourse("K3", required))
	c := &class{visited: s, ids: map[*client]string{}}
	join := func(a roster.Account) *client {
		one := s.as(a)
		c.ids[one] = a.ID
		return one
	}
	c.mai, c.dua, c.far = join(s.person("Vàng Thị Mai", lungCu)), join(s.person("Giàng A Dua", lungCu)), join(s.person("Nông Văn Thịnh", elsehere))
	c.trainer = join(s.account("", "Nông Thị Duyên", "08", roster.Trainer))
	c.other = join(s.account("", "Bế Thị Nga", "04", roster.Trainer))
	return c
}

func TestWorkGoesFromALearnerToTheTrainerAndBack(t *testing.T) {
	c := newClass(t, false)
	course := c.mai.get("/courses/K3").want(200)
	if got := textOf(course.find(`a[href="/courses/K3/practice"]`)[0]); got != "Một buổi mượn trả Chưa gửi · 45 phút · nên làm, không bắt buộc" {
		t.Errorf("%q", got)
	}
	shown := c.mai.get("/courses/K3/practice").want(200)
	if got := textOf(shown.find("table.rubric")[0]); !strings.Contains(got, "Sổ ghi đủ 4") || !strings.Contains(got, "Đạt từ 4 / 7") {
		t.Errorf("the rubric is shown before: %q", got)
	}
	id := shown.attr(`input[name="id"]`, "value")
	for range 2 { // pressed twice
		c.mai.handOver("K3", id, "Năm lượt mượn.", snap(t, 10), snap(t, 20)).want(303)
	}
	shown = c.mai.get("/courses/K3/practice?done=practice").want(200)
	if len(shown.find(".typed")) != 1 || len(shown.find("main section .photos img")) != 2 || !strings.Contains(shown.text(), "Nhận ngày 05/12/2026") || shown.attr("[data-known]", "data-ids") != id ||
		!strings.Contains(shown.text(), "đang chờ giảng viên") {
		t.Errorf("%s", shown.text())
	}

	c.pass(72 * time.Hour)
	c.trainer, c.mai = c.as(c.accountOf(c.trainer)), c.as(c.accountOf(c.mai))
	if got := c.trainer.get("/").want(200).text(); !strings.Contains(got, "Có 1 bài thực hành đang chờ bạn") {
		t.Errorf("the trainer's home: %s", got)
	}
	if got := c.trainer.get("/author").want(200).text(); !strings.Contains(got, "Có 1 bài thực hành đang chờ bạn") {
		t.Errorf("the trainer's desk: %s", got)
	}
	queue := c.trainer.get("/practice").want(200)
	if got := queue.one("tbody tr"); got != "Vàng Thị Mai Thư viện xã, xã Lũng Cú Khóa ngắn K3 05/12/2026 3 ngày" {
		t.Errorf("%q", got)
	}
	address := queue.attr("tbody a", "href")
	work := c.trainer.get(address).want(200)
	if !strings.Contains(work.text(), "Năm lượt mượn.") || len(work.find(`input[type="radio"]`)) != 9 {
		t.Errorf("%s", work.text())
	}
	for _, who := range []*client{c.trainer, c.mai} {
		photo := who.get(work.attr(".photos img", "src")).want(200)
		if _, err := jpeg.Decode(strings.NewReader(photo.Body)); err != nil || photo.Header.Get("Content-Type") != "image/jpeg" || photo.Header.Get("Cache-Control") != "no-store" ||
			photo.Header.Get("X-Content-Type-Options") != "nosniff" || photo.Header.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
			t.Errorf("%v %v", err, photo.Header)
		}
	}
	review := work.attr(`form[data-rubric] input[name="id"]`, "value")
	for range 2 {
		if to := c.trainer.post(address, verdict(review, 0, 2, 1, "Ghi thêm ngày trả.")).leads(); to != address+"?done=review" {
			t.Errorf("leads to %s", to)
		}
	}
	if got := c.trainer.get("/practice").want(200); len(got.find("tbody tr")) != 0 {
		t.Errorf("it waits still: %s", got.text())
	}
	if got := c.mai.get("/").want(200).text(); !strings.Contains(got, "có góp ý cho bài thực hành") {
		t.Errorf("the learner's home: %s", got)
	}
	shown = c.mai.get("/courses/K3/practice").want(200)
	for _, part := range []string{"Làm thêm lần nữa", "3 trên 7 điểm", "Ghi thêm ngày trả.", "Đủ năm ô.", "nhận xét ngày 08/12/2026", "Gửi lại"} {
		if !strings.Contains(shown.text(), part) {
			t.Errorf("%q is not in %s", part, shown.text())
		}
	}

	// Sent again, it is a new submission; the old one stays readable, and this one passes.
	c.mai.handOver("K3", shown.attr(`input[name="id"]`, "value"), "Mười lượt mượn.").want(303)
	address = c.trainer.get("/practice").want(200).attr("tbody a", "href")
	again := c.trainer.get(address).want(200)
	if got := again.one("main > div > details:nth-of-type(1) summary"); got != "Bài gửi trước, nhận ngày 05/12/2026" {
		t.Errorf("%q", got)
	}
	c.trainer.post(address, verdict("r2", 0, 4, 3, "")).want(303)
	shown = c.mai.get("/courses/K3/practice").want(200)
	if got := shown.text(); !strings.Contains(got, "7 trên 7 điểm") || !strings.Contains(got, "Năm lượt mượn.") || !strings.Contains(got, "Ghi thêm ngày trả.") || len(shown.find("form[data-practice]")) != 0 {
		t.Errorf("%s", got)
	}
	trail, err := store.All[programme.AuditEntry](t.Context(), c.Store, programme.AuditKind, store.Where(store.Is("province", "08")))
	if err != nil || trail[len(trail)-1].Action != "practice.review" || trail[len(trail)-1].By != c.whois(c.trainer) {
		t.Errorf("%+v %v", trail, err)
	}
}

// accountOf is the account whose session a client began with.
func (c *class) accountOf(who *client) roster.Account {
	c.t.Helper()
	a, err := store.Get[roster.Account](c.t.Context(), c.Store, roster.AccountKind, c.ids[who])
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

// whois asks a client who it is.
func (c *class) whois(who *client) string {
	var me apiAccount
	who.get("/api/v1/me").want(200).json(&me)
	return me.ID
}

func TestAPassedReviewEndsARequiredCourse(t *testing.T) {
	c := newClass(t, true)
	lesson, _ := c.publish(practiceCourse("K3", true)).Lesson("thu")
	c.mai.post("/courses/K3/doc", nil).want(303)
	c.mai.post("/courses/K3/thu/quiz", form("a1", rightAnswers(lesson.Quiz))).want(303)
	home := c.mai.get("/").want(200)
	if got := home.one(".card.big"); !strings.Contains(got, "Một buổi mượn trả") || home.attr(".card.big a", "href") != "/courses/K3/practice" {
		t.Errorf("what is left is the task: %s", got)
	}
	if shown := c.mai.get("/courses/K3").want(200); shown.attr("main .button.wide", "href") != "/courses/K3/practice" {
		t.Errorf("%s", shown.text())
	}
	c.mai.handOver("K3", "w1", "Năm lượt mượn.").want(303)
	if home := c.mai.get("/").want(200); len(home.find(".card.big")) != 0 {
		t.Errorf("there is nothing to do while the trainer reads: %s", home.text())
	}
	address := c.trainer.get("/practice").want(200).attr("tbody a", "href")
	c.trainer.post(address, verdict("r1", 0, 4, 0, "")).want(303)
	entries, err := c.School.Certificates(t.Context(), c.ids[c.mai])
	if err != nil || len(entries) != 1 {
		t.Fatalf("%+v %v", entries, err)
	}
	c.mai.get("/certificates/" + entries[0].Code + ".pdf").want(200)
	back := c.trainer.post(address, verdict("r2", 1, 0, 0, "Nghĩ lại.")).want(422)
	if !strings.Contains(back.text(), "không hạ xuống chưa đạt được") {
		t.Errorf("%s", back.text())
	}
}

// Two trainers have the same work open: the second sees the first one's review, with everything typed kept, and then
// counts.
func TestTheSecondTrainerSeesTheFirstReview(t *testing.T) {
	c := newClass(t, false)
	second := c.as(c.account("", "Lò Văn Pánh", "08", roster.Trainer))
	c.mai.handOver("K3", "w1", "Năm lượt mượn.").want(303)
	address := c.trainer.get("/practice").want(200).attr("tbody a", "href")
	c.trainer.post(address, verdict("r1", 0, 4, 3, "Tốt lắm.")).want(303)
	shown := second.post(address, verdict("r1", 0, 1, 0, "Chưa được.")).want(409)
	if got := shown.text(); !strings.Contains(got, "Tốt lắm.") || !strings.Contains(got, "Nông Thị Duyên") || !strings.Contains(got, "Có người vừa nhận xét") {
		t.Errorf("%s", got)
	}
	if shown.one("textarea") != "Chưa được." || shown.attr(`input[name="points.so"][checked]`, "value") != "1" || shown.attr(`input[name="seen"]`, "value") != "1" || shown.attr(`input[name="comment.so"]`, "value") != "Đủ năm ô." {
		t.Errorf("what was typed is gone: %s", shown.Body)
	}
	second.post(address, verdict("r1", 1, 1, 0, "Chưa được.")).want(303)
	w, err := c.School.Submission(t.Context(), c.ids[c.mai]+"/w1")
	if err != nil || len(w.Reviews) != 2 || w.Newest().Passed || !w.Reviews[0].Passed {
		t.Errorf("%+v %v", w, err)
	}
}

func TestAReviewIsAskedAgainWithWhatWasTyped(t *testing.T) {
	c := newClass(t, false)
	c.mai.handOver("K3", "w1", "Năm lượt mượn.").want(303)
	address := c.trainer.get("/practice").want(200).attr("tbody a", "href")
	for name, bad := range map[string]struct {
		form url.Values
		want string
	}{
		"points left out":          {url.Values{"id": {"r1"}, "seen": {"0"}, "points.so": {"4"}, "comment": {"Còn thiếu."}}, "Hãy chọn điểm cho mọi mục."},
		"more than there are":      {verdict("r1", 0, 5, 3, "Còn thiếu."), "Hãy chọn điểm cho mọi mục."},
		"points of another rubric": {url.Values{"id": {"r1"}, "seen": {"0"}, "points.x": {"4"}, "comment": {"Còn thiếu."}}, "Hãy chọn điểm cho mọi mục."},
	} {
		shown := c.trainer.post(address, bad.form).want(422)
		if shown.one("textarea") != "Còn thiếu." || !strings.Contains(shown.one("[role=alert]"), bad.want) {
			t.Errorf("%s: %s", name, shown.text())
		}
	}
	silent := verdict("r1", 0, 0, 0, " ")
	silent.Del("comment.so")
	if shown := c.trainer.post(address, silent).want(422); !strings.Contains(shown.one("[role=alert]"), "cần ít nhất một lời nhận xét") || len(shown.find(".field.bad textarea")) != 1 {
		t.Errorf("%s", shown.text())
	}
	c.trainer.post(address, verdict("", 0, 4, 3, "")).want(422)
}

// What somebody hides in a file, or makes of it, reaches nobody.
func TestHostilePhotos(t *testing.T) {
	c := newClass(t, false)
	polyglot := append(snap(t, 30), "<script>alert(document.domain)</script>"...)
	huge := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), "IHDR"...)
	huge = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(huge, 40_000), 40_000)
	huge = append(huge, 8, 6, 0, 0, 0)
	huge = binary.BigEndian.AppendUint32(huge, crc32.ChecksumIEEE(huge[12:]))
	heic := append([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), make([]byte, 4000)...)
	for name, bad := range map[string]struct {
		photos [][]byte
		want   string
	}{
		"a page":               {[][]byte{[]byte("<html><script>alert(1)</script>")}, "không phải ảnh JPEG hoặc PNG"},
		"a drawing":            {[][]byte{[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)}, "không phải ảnh JPEG hoặc PNG"},
		"40,000 × 40,000":      {[][]byte{huge}, "Ảnh quá lớn"},
		"HEIC":                 {[][]byte{heic}, "Tương thích nhất"},
		"half a photo":         {[][]byte{snap(t, 1)[:200]}, "Ảnh bị hỏng"},
		"five":                 {[][]byte{snap(t, 1), snap(t, 2), snap(t, 3), snap(t, 4), snap(t, 5)}, "tối đa 4 ảnh"},
		"a good and a bad one": {[][]byte{snap(t, 1), heic}, "Tương thích nhất"},
	} {
		shown := c.mai.handOver("K3", "w0", "Năm lượt mượn.", bad.photos...).want(422)
		if !strings.Contains(shown.one("[role=alert]"), bad.want) || shown.one("textarea") != "Năm lượt mượn." {
			t.Errorf("%s: %s", name, shown.text())
		}
	}
	if got := c.mai.get("/courses/K3/practice").want(200); len(got.find("#sent")) != 0 {
		t.Fatal("something bad was kept")
	}
	c.mai.handOver("K3", "w1", "<script>alert(1)</script>", polyglot).want(303)
	shown := c.mai.get("/courses/K3/practice").want(200)
	photo := c.mai.get(shown.attr(".photos img", "src")).want(200)
	if strings.Contains(photo.Body, "script") || strings.Contains(shown.Body, "<script>alert") {
		t.Error("what was hidden in the file or the text came back")
	}
	if got := c.dua.get(shown.attr(".photos img", "src")); got.Status != 404 {
		t.Errorf("another learner gets the photo: %d", got.Status)
	}
	if got := c.other.get(shown.attr(".photos img", "src")); got.Status != 404 {
		t.Errorf("the trainer of another province gets the photo: %d", got.Status)
	}
}

func TestThirtyMegabytesAreTooMuch(t *testing.T) {
	c := newClass(t, false)
	address := c.listening()
	answer := spoken(t, address, "POST /courses/K3/practice HTTP/1.1\r\nHost: lopban.test\r\nCookie: "+cookieLine(c.mai)+"\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 31457280\r\n\r\n")
	if !strings.HasPrefix(answer, "HTTP/1.1 413") {
		t.Errorf("%.200s", answer)
	}
}

func cookieLine(c *client) string {
	var all []string
	for name, value := range c.cookies {
		all = append(all, name+"="+value)
	}
	return strings.Join(all, "; ")
}

func TestWhatWasSentTwiceDifferentlyIsNotLost(t *testing.T) {
	c := newClass(t, false)
	c.mai.handOver("K3", "w1", "Năm lượt mượn.").want(303)
	shown := c.mai.handOver("K3", "w1", "Sáu lượt mượn.").want(422)
	if shown.one("textarea") != "Sáu lượt mượn." || !strings.Contains(shown.one("[role=alert]"), "đã nhận được từ lần gửi trước") {
		t.Errorf("%s", shown.text())
	}
	id := shown.attr(`form[data-practice] input[name="id"]`, "value")
	c.mai.handOver("K3", id, "Sáu lượt mượn.").want(303)
	work, err := c.School.Submissions(t.Context(), c.ids[c.mai]+"/K3/01")
	if err != nil || len(work) != 2 || id == "w1" {
		t.Errorf("%+v %v", work, err)
	}
	// An empty form is asked again, and a form of another type than the browser's is one without photos.
	if shown := c.dua.handOver("K3", "w1", " "); shown.Status != 422 || !strings.Contains(shown.one("[role=alert]"), "viết vài dòng") {
		t.Errorf("%d %s", shown.Status, shown.text())
	}
	c.dua.post("/courses/K3/practice", url.Values{"id": {"w1"}, "text": {"Không ảnh."}}).want(303)
}

// The queue holds the people of the trainer's province as they are now, and nobody's own work.
func TestTheQueueFollowsPeople(t *testing.T) {
	c := newClass(t, false)
	for _, who := range []*client{c.mai, c.dua, c.far} {
		who.handOver("K3", "w1", "Năm lượt mượn.").want(303)
		c.pass(time.Minute)
	}
	names := func(who *client) string {
		var all []string
		for _, n := range who.get("/practice").want(200).find("tbody a") {
			all = append(all, textOf(n))
		}
		return strings.Join(all, ", ")
	}
	if got := names(c.trainer); got != "Vàng Thị Mai, Giàng A Dua" {
		t.Errorf("%s", got)
	}
	if got := names(c.other); got != "Nông Văn Thịnh" {
		t.Errorf("%s", got)
	}
	shown := c.trainer.get("/practice/" + page.WorkAddress(c.ids[c.mai]+"/w1")).want(200)
	if got := shown.attr(`main a[href^="/practice/"]:last-of-type`, "href"); !strings.Contains(shown.Body, page.WorkAddress(c.ids[c.dua]+"/w1")) {
		t.Errorf("no way to the next: %s", got)
	}
	if _, err := c.Roll.Move(t.Context(), c.ids[c.dua], roster.Entry{Library: "Thư viện xã", Commune: elsehere, On: roster.Day(begun)}, "operator"); err != nil {
		t.Fatal(err)
	}
	if got := names(c.trainer); got != "Vàng Thị Mai" {
		t.Errorf("who has moved is not here: %s", got)
	}
	if got := names(c.other); got != "Giàng A Dua, Nông Văn Thịnh" {
		t.Errorf("but there: %s", got)
	}
	c.trainer.get("/practice/" + page.WorkAddress(c.ids[c.dua]+"/w1")).want(404)
}

func TestTheAPISaysHowFarTheTaskIs(t *testing.T) {
	c := newClass(t, false)
	fact := map[string]any{"id": "w1", "kind": "submission", "course": "K3", "at": begun, "text": "Năm lượt mượn.", "photos": []string{"photo-of-somebody.jpg"}}
	var answer struct{ Receipts []courses.Receipt }
	c.mai.send("POST", "/api/v1/facts", map[string]any{"facts": []any{fact, fact}}).want(200).json(&answer)
	if answer.Receipts[0].State != courses.Received || answer.Receipts[1].State != courses.Duplicate {
		t.Fatalf("%+v", answer)
	}
	c.trainer.post("/practice/"+page.WorkAddress(c.ids[c.mai]+"/w1"), verdict("r1", 0, 4, 0, "Tốt.")).want(303)
	var body apiCourseBody
	c.mai.get("/api/v1/courses/K3").want(200).json(&body)
	p := body.Practice
	if p == nil || p.State != courses.TaskPassed || p.Pass != 4 || len(p.Rubric) != 2 || !strings.Contains(string(p.HTML), "Mời ba người.") || len(p.Submissions) != 1 {
		t.Fatalf("%+v", p)
	}
	if sub := p.Submissions[0]; sub.ID != "w1" || sub.Text != "Năm lượt mượn." || len(sub.Photos) != 0 || sub.Review == nil || sub.Review.Points != 4 || !sub.Review.Passed || sub.Review.Comment != "Tốt." {
		t.Errorf("%+v", p.Submissions)
	}
	var anyone apiCourseBody
	c.anyone().get("/api/v1/courses/K3").want(200).json(&anyone)
	if anyone.Practice == nil || len(anyone.Practice.Submissions) != 0 || anyone.Practice.State != courses.TaskTodo {
		t.Errorf("%+v", anyone.Practice)
	}
	if got := c.mai.get("/api/v1/courses").want(200).Body; strings.Contains(got, "Năm lượt") {
		t.Error("the list of courses holds work")
	}
}
