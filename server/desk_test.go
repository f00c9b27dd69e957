package server

import (
	"archive/zip"
	"bytes"
	"net/url"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/desk"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/server/author"
)

// deskSite is a province with a course of two versions to be, and two trainers.
type deskSite struct {
	*visited
	lan, pao *client
}

func newDesk(t *testing.T) deskSite {
	s := newSite(t)
	s.publish(shortCourse("K1", courses.LibraryService))
	d := deskSite{s, s.as(s.account("", "Nông Thị Lan", "08", roster.Trainer)), s.as(s.account("", "Giàng A Páo", "04", roster.Trainer))}
	d.lan.post("/author/K1/open", nil).want(303)
	return d
}

func fields(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// hash is the content that a visitor sees on the review page.
func (d deskSite) hash(c *client) string {
	d.t.Helper()
	return c.get("/author/K1/review").want(200).attr(`input[name=hash]`, "value")
}

func TestATextIsSavedWithAFormAndWithoutOne(t *testing.T) {
	d := newDesk(t)
	shown := d.lan.get("/author/K1/doc").want(200)
	if got := shown.one("textarea[name=vi]"); got != "## Mở đầu Đọc đi." || shown.attr("input[name='vi.base']", "value") != "1" || shown.one("[data-preview] h2") != "Mở đầu" {
		t.Errorf("the editor shows %q: %s", got, shown.text())
	}
	d.lan.post("/author/K1/doc", fields("vi", "## Mở đầu\r\n\r\nĐọc thêm đi.\r\n", "vi.base", "1", "en", "## Start\n\nRead on.\n", "en.base", "1")).want(303)
	var answer author.Saved
	d.lan.post("/author/K1/save", fields("path", "lessons/doc.vi.md", "base", "2", "text", "## Mở đầu\n\nĐọc nữa đi.\n", "lesson", "doc")).want(200).json(&answer)
	if answer.State != "saved" || answer.Rev != 3 || answer.At != "09:00" || answer.Text != "" || !strings.HasSuffix(answer.Weight, "2G") {
		t.Errorf("%+v", answer)
	}
	history := d.lan.get("/author/K1/history?path=lessons/doc.vi.md").want(200)
	if n := len(history.find("table.data tbody tr")); n != 3 {
		t.Errorf("%d revisions: %s", n, history.text())
	}
	if english := d.lan.get("/author/K1/history?path=lessons/doc.en.md").want(200); len(english.find("table.data tbody tr")) != 1 {
		t.Error("a text that was not changed was saved again")
	}
	d.lan.post("/author/K1/save", fields("path", "lessons/doc.vi.md", "base", "3", "text", "e\u0301\u0000", "lesson", "doc")).want(200).json(&answer)
	if answer.Text != "é" {
		t.Errorf("what was kept is %q", answer.Text)
	}
	earlier := d.lan.get("/author/K1/history?path=lessons/doc.vi.md&rev=1").want(200)
	if !strings.Contains(earlier.one(".diff"), "Đọc đi.") {
		t.Errorf("%s", earlier.text())
	}
	d.lan.post("/author/K1/history", fields("path", "lessons/doc.vi.md", "rev", "1", "base", "4")).want(303)
	if got := d.lan.get("/author/K1/doc").one("textarea[name=vi]"); got != "## Mở đầu Đọc đi." {
		t.Errorf("restored %q", got)
	}
	if got := d.lan.post("/author/K1/preview", fields("text", strings.Repeat("> ", 20_000))).want(422).text(); !strings.Contains(got, "32 KiB") {
		t.Errorf("the preview of a text that is too long: %s", got)
	}
	if got := d.lan.post("/author/K1/preview", fields("text", "## A\n\n<script>alert(1)</script> **b**")).want(200).Body; strings.Contains(got, "<script") || !strings.Contains(got, "<strong>b</strong>") {
		t.Errorf("the preview is %q", got)
	}
}

func TestOfTwoWhoSaveTheSecondSeesBoth(t *testing.T) {
	d := newDesk(t)
	d.lan.post("/author/K1/doc", fields("vi", "## Mở đầu\n\nCâu của Lan.\n", "vi.base", "1")).want(303)
	mine := "## Mở đầu\n\nCâu của Páo.\n"
	var answer author.Saved
	d.pao.post("/author/K1/save", fields("path", "lessons/doc.vi.md", "base", "1", "text", mine)).want(409).json(&answer)
	if answer.State != "conflict" || !strings.Contains(answer.Message, "Nông Thị Lan") {
		t.Errorf("%+v", answer)
	}
	shown := d.pao.post("/author/K1/doc", fields("vi", mine, "vi.base", "1", "en", "## Start\n\nMore.\n", "en.base", "1")).want(409)
	if got := shown.one("textarea[readonly]"); got != "## Mở đầu Câu của Lan." {
		t.Errorf("theirs is %q", got)
	}
	if got := shown.one("textarea[name=vi]"); got != "## Mở đầu Câu của Páo." {
		t.Errorf("mine is %q", got)
	}
	if got := d.pao.get("/author/K1/doc").one("textarea[name=en]"); got != "## Start More." {
		t.Errorf("the text that nobody else changed was not saved: %q", got)
	}
	base := shown.attr("form[method=post] input[name='vi.base']", "value")
	to := d.pao.post("/author/K1/doc", fields("vi", mine, "vi.base", base, "vi.settles", "1")).leads()
	if got := d.pao.get(to).want(200).attr("[data-desk]", "data-settled"); got != "lessons/doc.vi.md" {
		t.Errorf("settled %q", got)
	}
	if got := d.lan.get("/author/K1/doc").one("textarea[name=vi]"); got != "## Mở đầu Câu của Páo." {
		t.Errorf("chosen was %q", got)
	}
}

func TestFromADraftToALearnerWhoMovesUp(t *testing.T) {
	d := newDesk(t)
	my := d.as(d.person("Vàng Thị Mỷ", lungCu))
	my.post("/courses/K1/doc", nil).want(303)
	if shown := my.get("/courses/K1").want(200); len(shown.find("form[action='/courses/K1/advance']")) > 0 {
		t.Error("a newer version is offered before there is one")
	}
	d.lan.post("/author/K1/outline", fields("do", "add-lesson", "module", "mot", "title.vi", "Bài mới", "title.en", "New", "minutes", "5")).want(303)
	seen := d.hash(d.lan)
	if got := d.lan.post("/author/K1/review", fields("do", "submit", "hash", "older", "note", "Nhờ bạn xem")).want(409); got.one("#submit-note") != "Nhờ bạn xem" || got.one("#comment") != "" {
		t.Errorf("what was typed is lost: %s", got.text())
	}
	for range 2 { // pressed twice
		d.lan.post("/author/K1/review", fields("do", "submit", "hash", seen, "note", "Nhờ bạn xem")).want(303)
	}
	if got := d.lan.post("/author/K1/review", fields("do", "submit", "hash", seen, "note", "Lần nữa")).want(409); got.one("#comment") != "Lần nữa" {
		t.Errorf("what was typed is lost: %s", got.text())
	}
	if got := d.lan.post("/author/K1/review", fields("do", "approve", "hash", seen)).want(403); !strings.Contains(got.text(), "không tự duyệt được") {
		t.Errorf("%s", got.text())
	}
	d.lan.post("/author/K1/publish", fields("hash", seen)).want(409)
	review := d.pao.get("/author/K1/review").want(200)
	if !strings.Contains(review.text(), "Nông Thị Lan đã gửi") || len(review.find("details#lesson-bai-moi")) != 1 {
		t.Errorf("%s", review.text())
	}
	work := func(c *client) string { return c.get("/").want(200).one(".duties a[href='/author']") }
	const waits = "1 bản nháp đang chờ người thứ hai xem xét."
	if got := work(d.pao); !strings.Contains(got, waits) {
		t.Errorf("the home of who can review says %q", got)
	}
	if got := work(d.lan); strings.Contains(got, waits) {
		t.Errorf("the home of who submitted says %q", got)
	}
	empty := d.pao.post("/author/K1/review", fields("do", "return", "hash", seen, "note", " ")).want(422)
	if got := empty.one("#verdict-note-fault"); got != "Hãy viết cần sửa điều gì." || empty.attr("#verdict-note", "aria-invalid") != "true" {
		t.Errorf("returned without a word: %s", empty.text())
	}
	for range 2 { // pressed twice
		d.pao.post("/author/K1/review", fields("do", "return", "hash", seen, "note", "Thiếu ví dụ")).want(303)
	}
	if got := work(d.pao); strings.Contains(got, waits) {
		t.Errorf("what was returned waits still: %q", got)
	}
	d.lan.post("/author/K1/review", fields("do", "submit", "hash", seen, "note", "Xem lại giúp")).want(303)
	if got := work(d.pao); !strings.Contains(got, waits) {
		t.Errorf("what was submitted again does not wait: %q", got)
	}
	d.pao.post("/author/K1/review", fields("do", "approve", "hash", seen, "note", "Được")).want(303)
	if got := work(d.pao); strings.Contains(got, waits) {
		t.Errorf("what was approved waits still: %q", got)
	}
	d.lan.post("/author/K1/publish", fields("hash", seen, "notes.vi", "Thêm bài mới")).want(303)
	d.lan.post("/author/K1/publish", fields("hash", seen, "notes.vi", "Thêm bài mới")).want(303) // pressed twice
	if versions := d.lan.get("/author/K1/versions").want(200); len(versions.find("table.data tbody tr")) != 2 || !strings.Contains(versions.text(), "Thêm bài mới") {
		t.Errorf("%s", versions.text())
	}
	if compared := d.lan.get("/author/K1/versions/compare?a=1&b=2").want(200); len(compared.find("#lesson-bai-moi .tag.good")) != 1 {
		t.Errorf("%s", compared.text())
	}

	shown := my.get("/courses/K1").want(200)
	if !strings.Contains(shown.one(".note.wait"), "Thêm bài mới") {
		t.Errorf("%s", shown.text())
	}
	my.post("/courses/K1/advance", nil).want(303)
	shown = my.get("/courses/K1?done=advanced").want(200)
	if len(shown.find(".steps li")) != 3 || len(shown.find(".steps li.done")) != 1 {
		t.Errorf("%s", shown.text())
	}
	entries, err := store.All[programme.AuditEntry](t.Context(), d.Store, programme.AuditKind, store.Query{})
	if err != nil || len(entries) != 3 { // approved once, published twice
		t.Errorf("%+v, %v", entries, err)
	}
}

func TestAnAdministratorAloneApprovesTheirOwn(t *testing.T) {
	s := newSite(t)
	s.publish(shortCourse("K1", courses.LibraryService))
	admin := s.as(s.account("", "Phạm Minh Sơn", "", roster.Admin))
	admin.post("/author/K1/open", nil).want(303)
	d := deskSite{visited: s}
	seen := d.hash(admin)
	admin.post("/author/K1/review", fields("do", "submit", "hash", seen)).want(303)
	if shown := admin.get("/author/K1/review").want(200); !strings.Contains(shown.text(), "nhật ký sẽ ghi") {
		t.Errorf("%s", shown.text())
	}
	admin.post("/author/K1/review", fields("do", "approve", "hash", seen)).want(303)
	entries, err := store.All[programme.AuditEntry](t.Context(), s.Store, programme.AuditKind, store.Query{})
	if err != nil || len(entries) != 1 || entries[0].Action != "course.approve-alone" {
		t.Errorf("%+v, %v", entries, err)
	}
}

func TestMistakesAreNamedWithTheirPlace(t *testing.T) {
	d := newDesk(t)
	d.lan.post("/author/K1/doc", fields("vi", "## A\n\n![x](../media/khong-co.svg)\n", "vi.base", "1")).want(303)
	shown := d.lan.get("/author/K1").want(200)
	if got := shown.attr(".mistakes .bad a", "href"); got != "/author/K1/doc?lang=vi&line=3" {
		t.Errorf("%s: %s", got, shown.text())
	}
	if got := shown.one(".mistakes .bad a"); got != "Bài “Bài đọc” (Tiếng Việt), dòng 3" {
		t.Errorf("it is named %q", got)
	}
	d.lan.post("/author", fields("course", "K5", "strand", "library-service", "vi", "Sửa sách rách")).want(303)
	list := d.lan.get("/author/K5").want(200)
	for _, a := range list.find(".mistakes a") {
		if href := attrOf(a, "href"); strings.Contains(href, "course.yaml") || strings.Contains(textOf(a), ".yaml") {
			t.Errorf("a new course leads to %s: %q", href, textOf(a))
		}
	}
	for _, part := range []string{"#course-vi", "#summary-vi"} { // of a form that is closed until somebody is sent there
		if len(list.find(".mistakes a[href='/author/K5"+part+"']")) == 0 || len(list.find("details "+part)) != 1 {
			t.Errorf("what is to be translated of the course does not lead to %s", part)
		}
	}
	if got := list.text(); !strings.Contains(got, "Phần “Sửa sách rách”") || !strings.Contains(got, "Thông tin chung của khóa") {
		t.Errorf("what is to be translated is not named: %s", got)
	}
	d.lan.post("/author/K1/save", fields("path", "lessons/doc.en.gift", "base", "0", "text", "// [id:one]\nWelcome {=yes ~no}\n")).want(200)
	if got := d.lan.get("/author/K1").want(200).attr(".mistakes a[href*='/doc/quiz']", "href"); !strings.Contains(got, "lang=vi") {
		t.Errorf("questions that are there in English alone lead to %q", got)
	}
	if at := d.lan.get("/author/K1/doc?lang=vi&line=3").want(200).attr("[data-desk]", "data-line"); at != "3" {
		t.Errorf("line %s", at)
	}
	seen := d.hash(d.lan)
	d.lan.post("/author/K1/review", fields("do", "submit", "hash", seen)).want(303)
	d.pao.post("/author/K1/review", fields("do", "approve", "hash", seen)).want(303)
	if refused := d.lan.post("/author/K1/publish", fields("hash", seen, "notes.vi", "Giữ lời này")).want(422); !strings.Contains(refused.one("#notes-vi"), "Giữ lời này") {
		t.Errorf("%s", refused.text())
	}
	d.lan.get("/author/K1/export.zip").want(422)
	whole := d.lan.get("/author/K1/export.zip?version=1").want(200)
	z, err := zip.NewReader(bytes.NewReader([]byte(whole.Body)), int64(len(whole.Body)))
	if err != nil || len(z.File) < 6 {
		t.Errorf("%v", err)
	}
}

func TestTheOutlineIsChangedWithoutScripts(t *testing.T) {
	d := newDesk(t)
	shown := d.lan.get("/author/K1").want(200)
	if len(shown.find("li#thu form button[aria-label^='Đưa lên']")) != 1 {
		t.Fatalf("%s", shown.text())
	}
	d.lan.post("/author/K1/outline", fields("do", "move-lesson", "lesson", "thu", "module", "mot", "to", "0")).want(303)
	if got := textOf(d.lan.get("/author/K1").find(".lessons li a")[0]); got != "Bài thử" {
		t.Errorf("first is %q", got)
	}
	rev := d.lan.get("/author/K1/doc").attr("form[action$='/outline'] input[name=base]", "value")
	change := fields("do", "lesson", "lesson", "doc", "base", rev, "title.vi", "Đọc kỹ", "about.vi", "Đọc được", "minutes", "6")
	d.lan.post("/author/K1/outline", change).want(303)
	change.Set("title.vi", "Đọc khác")
	stale := d.pao.post("/author/K1/outline", change).want(409)
	if got := stale.attr("#kept-vi", "value"); got != "Đọc khác" || !strings.Contains(stale.one("form.card:has(#kept-vi)"), "Đang lưu: Đọc kỹ") {
		t.Errorf("what was typed is lost, or what is there is not shown: %q %s", got, stale.text())
	}
	rev = d.pao.get("/author/K1").attr("form:has([value=course]) input[name=base]", "value")
	d.lan.post("/author/K1/outline", fields("do", "course", "base", rev, "title.vi", "Tên của Lan", "about.vi", "Lời của Lan")).want(303)
	d.lan.post("/author/K1/outline", fields("do", "module", "module", "mot", "base", rev, "title.vi", "Phần của Lan")).want(303)
	for _, c := range []struct {
		form  url.Values
		kept  string
		value string
	}{
		{fields("do", "course", "base", rev, "title.vi", "Tên khác", "about.vi", "Lời"), "#summary-vi", "Lời"},
		{fields("do", "module", "module", "mot", "base", rev, "title.vi", "Phần khác"), "#m-mot-vi", "Phần khác"},
		{fields("do", "add-lesson", "module", "mot", "title.vi", "", "about.vi", "Biết đọc", "minutes", "7"), "#o-mot-vi", "Biết đọc"},
		{fields("do", "add-module", "title.en", "Only English"), "#new-module-en", "Only English"},
	} {
		r := d.pao.post("/author/K1/outline", c.form)
		if r.Status < 400 || r.attr(c.kept, "value") != c.value || len(r.find("details[open] "+c.kept)) != 1 {
			t.Errorf("%v: %d %s", c.form, r.Status, r.text())
		}
	}
	d.lan.post("/author/K1/outline", fields("do", "remove-lesson", "lesson", "thu")).want(303)
	if got := d.lan.get("/author/K1").want(200); len(got.find(".lessons li[id]")) != 1 || textOf(got.find(".lessons li a")[0]) != "Đọc kỹ" {
		t.Errorf("%s", got.text())
	}
}

func TestANewAndARetiredCourse(t *testing.T) {
	d := newDesk(t)
	if shown := d.lan.post("/author", fields("course", "k1", "strand", "library-service", "vi", "Trùng")).want(409); shown.attr("#course-course", "value") != "k1" {
		t.Errorf("%s", shown.text())
	}
	for _, title := range []string{" ", strings.Repeat("a", 401)} {
		d.lan.post("/author", fields("course", "K7", "strand", "library-service", "vi", title)).want(422)
	}
	seven := fields("course", "K7", "strand", "library-service", "vi", "Khóa bảy", "en", "Seven")
	for range 2 { // pressed twice
		if to := d.lan.post("/author", seven).leads(); to != "/author/K7" {
			t.Errorf("leads to %s", to)
		}
	}
	d.pao.post("/author", seven).want(409)
	d.lan.post("/author", fields("course", "K7", "strand", "library-service", "vi", "Khóa khác")).want(409)
	d.lan.get("/author/K7").want(200)
	d.lan.get("/author/K7/versions").want(200)
	d.lan.get("/author/K7/review").want(200)
	if shown := d.anyone().get("/courses").want(200); strings.Contains(shown.text(), "Khóa bảy") {
		t.Error("a draft is offered")
	}
	office := d.as(d.account("", "Ngô Thu Trang", "", roster.Office))
	for _, do := range []string{"retire", "offer"} { // of everybody, in every province
		d.lan.post("/author/K1/versions", fields("do", do)).want(403)
	}
	if shown := d.lan.get("/author/K1/versions").want(200); len(shown.find("[value=retire]")) != 0 || !strings.Contains(shown.text(), "văn phòng chương trình") {
		t.Errorf("a trainer is offered to retire the course: %s", shown.text())
	}
	if shown := office.get("/author/K1/versions").want(200); len(shown.find("[value=retire]")) != 1 || len(shown.find("[href$=zip]")) != 0 {
		t.Errorf("the office cannot retire it: %s", shown.text())
	}
	office.post("/author/K1/versions", fields("do", "retire", "note", "Đã cũ")).want(303)
	d.anyone().get("/courses/K1").want(404)
	if shown := d.lan.get("/author").want(200); !strings.Contains(shown.text(), "Ngừng nhận người học") {
		t.Errorf("%s", shown.text())
	}
	office.post("/author/K1/versions", fields("do", "offer")).want(303)
	d.anyone().get("/courses/K1").want(200)
}

// Whoever wrote any of a draft cannot approve it, whoever pressed the button to submit it; and nobody throws away what
// others wrote but the office.
func TestWhoWroteDoesNotApprove(t *testing.T) {
	d := newDesk(t)
	d.lan.post("/author/K1/doc", fields("vi", "## Của Lan\n", "vi.base", "1")).want(303)
	d.pao.post("/author/K1/versions", fields("do", "discard")).want(403)
	seen := d.hash(d.pao)
	d.pao.post("/author/K1/review", fields("do", "submit", "hash", seen)).want(303)
	shown := d.lan.post("/author/K1/review", fields("do", "approve", "hash", seen)).want(403)
	if len(shown.find("[value=approve]")) != 0 || !strings.Contains(shown.text(), "người khác") {
		t.Errorf("%s", shown.text())
	}
	d.pao.post("/author/K1/review", fields("do", "approve", "hash", seen)).want(403)
	third := d.as(d.account("", "Giàng A Sử", "04", roster.Trainer))
	third.post("/author/K1/review", fields("do", "approve", "hash", seen)).want(303)
	d.lan.post("/author/K1/versions", fields("do", "discard")).want(403) // it was submitted by another
	office := d.as(d.account("", "Ngô Thu Trang", "", roster.Office))
	office.post("/author/K1/versions", fields("do", "discard")).want(303)
}

// Who reviews a lesson that is new sees all of it: nothing is approved that was not shown.
func TestAReviewShowsNewLessonsWhole(t *testing.T) {
	p := newDraft(t)
	id, err := p.Desk.AddLesson(t.Context(), "K1", "mot", desk.Heading{Title: courses.Text{Vi: "Vá sách"}, Minutes: 10}, "trainer")
	if err != nil {
		t.Fatal(err)
	}
	for ext, text := range map[string]string{"md": "## Vá\n\nVá bằng *hồ nếp*.\n", "form.vi": "## Phiếu vá\n\n| Sách | Ngày |\n|---|---|\n| | |\n", "gift": "Vá bằng gì? {=Hồ nếp#Phải. ~%50%Keo#Gần. ~Đinh}\n\nMấy ngày? {#3:1}\n"} {
		path := authoring.LessonFile(id, "vi", ext)
		if ext == "form.vi" {
			path = authoring.LessonFile(courses.FormID(id), "vi", "md")
		}
		e, _ := p.Desk.Read(t.Context(), "K1", path)
		if _, err := p.Desk.Save(t.Context(), "K1", path, e.Rev, text, "trainer"); err != nil {
			t.Fatal(err)
		}
	}
	shown := p.trainer.get("/author/K1/review").want(200)
	for _, want := range []string{"Vá bằng hồ nếp", "Phiếu vá", "Câu 1. Vá bằng gì?", "✓ Đúng: Hồ nếp · Phải.", "50 % Keo · Gần.", "✓ Đúng: 2 – 4"} {
		if !strings.Contains(shown.text(), want) {
			t.Errorf("no %q in %s", want, shown.text())
		}
	}
}
