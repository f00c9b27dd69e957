package server

import (
	"archive/zip"
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/coursetest"
	"lopban/courses/programme"
	"lopban/courses/store"
	"lopban/server/author"
)

// bring sends a file as the page for authors does.
func (c *client) bring(name string, data []byte) *reply {
	c.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = file.Write(data)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return c.do(http.MethodPost, "/author/import", form.FormDataContentType(), &body)
}

func TestADocumentIsLookedAtAndBecomesADraft(t *testing.T) {
	p := newProvince(t)
	data, err := os.ReadFile("../courses/authoring/bring/testdata/kho.docx")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"QTI 1.2", "Common Cartridge", "Moodle XML", "Aiken", "SCORM 1.2", "GIFT"} {
		if asked := p.trainer.get("/author/import").want(200); !strings.Contains(asked.text(), want) {
			t.Errorf("the page does not say that %s is read", want)
		}
	}
	address := p.trainer.bring("kho.docx", data).leads()
	look := p.trainer.get(address).want(200)
	for _, want := range []string{"Tài liệu Word", "1 bài học", "1 hình", "2 mục không nhập được", "Bỏ ghi chú bên lề: 1.", "Bảng có ô gộp"} {
		if !strings.Contains(look.text(), want) {
			t.Errorf("no %q in %s", want, look.text())
		}
	}
	if drafts, err := p.Desk.Drafts(t.Context()); err != nil || len(drafts) != 0 {
		t.Fatalf("a look writes drafts: %v %v", drafts, err)
	}
	parted := p.trainer.get(address + "?part=1").want(200)
	if got := len(parted.find("main li.one")); got != 2 {
		t.Errorf("%d lessons", got)
	}
	choose := func(form string) url.Values {
		values, err := url.ParseQuery(form)
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	for form, want := range map[string]string{
		"part=1": "Hãy chọn nơi đưa vào.", "part=1&into=module": "Hãy chọn nơi đưa vào.", "into=lesson:K9/thu&part=1": "Hãy chọn nơi đưa vào.", "part=1&into=new&course=a+b&strand=library-service": "", "part=1&into=new&course=KHO": "",
	} {
		r := p.trainer.post(address, choose(form)).want(422)
		if len(r.find(".note.bad")) != 1 || !strings.Contains(r.text(), want) || len(r.find("main li.one")) != 2 {
			t.Errorf("%s: %s", form, r.text())
		}
	}
	if to := p.trainer.post(address, choose("part=1&into=new&course=KHO&strand=reading-promotion")).leads(); to != "/author/KHO" {
		t.Error(to)
	}
	draft, _, err := p.Desk.Load(t.Context(), "KHO")
	if err != nil || len(draft.Version.Lessons()) != 2 || len(draft.Media) != 1 {
		t.Errorf("%+v %v", draft.Version, err)
	}

	// Sent again it changes nothing, and the page says where it went.
	edits := p.edits("KHO")
	if to := p.trainer.post(address, choose("part=1&into=new&course=KHO2&strand=reading-promotion")).leads(); to != "/author/KHO" || p.edits("KHO") != edits {
		t.Error("a file is imported twice", to)
	}
	if done := p.trainer.get(address).want(200); done.attr("main a.button", "href") != "/author/KHO" {
		t.Error(done.text())
	}

	// Others do not see it, and it is gone after a day.
	p.learner.get(address).want(403)
	p.pass(programme.SheetLife + time.Minute)
	if err := p.SweepCourseImports(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := p.Store.Count(t.Context(), programme.CourseImportKind, store.Query{}); err != nil || n[0].N != 0 {
		t.Error(n, err)
	}
}

func (p *visited) edits(course string) int {
	all, err := p.Desk.Recent(p.t.Context(), course, 1000)
	if err != nil {
		p.t.Fatal(err)
	}
	return len(all)
}

// The preview shows what will be there: texts and questions with their keys, and what a place has no room for.
func TestThePreviewShowsTextsAndQuestions(t *testing.T) {
	p := newProvince(t)
	p.publish(shortCourse("K1", courses.LibraryService))
	var pack bytes.Buffer
	whole, m := authoring.LoadFiles(coursetest.Whole())
	if m.Errors() || authoring.Pack(&pack, whole) != nil {
		t.Fatal(m)
	}
	look := p.trainer.get(p.trainer.bring("LS9.zip", pack.Bytes()).leads()).want(200)
	for _, want := range []string{"Ghi ngay.", "Câu 1. Chào ai? Chọn một", "✓ Đúng: Mọi người · Đúng.", "Một người · Chưa đúng.", "Phiếu đón tiếp", "Mời ba người.", "Sổ của Lan.", "10 phút.",
		"Nếu thêm vào một phần đã có", "Bài thực hành: Một buổi đón bạn đọc.", "Nếu thêm vào một bài đã có", "Mục tiêu của bài: “Đón được”"} {
		if !strings.Contains(look.text(), want) {
			t.Errorf("no %q in %s", want, look.text())
		}
	}
	look = p.trainer.get(p.trainer.bring("x.gift", []byte("A *{#3:1 =%50%7#gần ####b}\n\nC {=d -> e =f -> g}\n\nH{~%50%i ~%50%k ~%-100%l}\n")).leads()).want(200)
	for _, want := range []string{"✓ Đúng: 2 – 4", "50 % 7 · gần", "d → e", "-100 % l"} {
		if !strings.Contains(look.text(), want) {
			t.Errorf("no %q in %s", want, look.text())
		}
	}
	if strings.Contains(look.text(), "Nếu thêm vào") {
		t.Error("questions alone lose something")
	}
}

// A package that was exported, of a course that is published, changes neither the course nor its draft.
func TestAFileIsTakenWithItsMistakesNamedByLine(t *testing.T) {
	p := newProvince(t)
	look := p.trainer.get(p.trainer.bring("x.gift", []byte("A {T#a#b}\n\n[html]<video></video>B {#x ####c}\n")).leads()).want(200)
	for _, want := range []string{"x.gift, dòng 3: Bỏ âm thanh, video: 1.", "x.gift, dòng 3: x không phải số", "x.gift, dòng 3: không đọc được câu hỏi này nên đã bỏ: [html]<video></video>B"} {
		if !strings.Contains(look.text(), want) {
			t.Errorf("no %q in %s", want, look.text())
		}
	}
}

func TestAnExportThatIsImportedMakesNoEdits(t *testing.T) {
	p := newProvince(t)
	v := p.publish(shortCourse("K1", courses.LibraryService))
	if _, err := p.Desk.Open(t.Context(), "K1", "somebody"); err != nil {
		t.Fatal(err)
	}
	var pack bytes.Buffer
	if err := authoring.Pack(&pack, authoring.Package{Version: *v}); err != nil {
		t.Fatal(err)
	}
	edits := p.edits("K1")
	address := p.trainer.bring("K1.zip", pack.Bytes()).leads()
	look := p.trainer.get(address).want(200)
	if got := look.attr("#into option", "value"); got != "course:K1" {
		t.Errorf("first choice %q", got)
	}
	if to := p.trainer.post(address, url.Values{"into": {"course:K1"}}).leads(); to != "/author/K1" || p.edits("K1") != edits {
		t.Errorf("%s, %d edits more", to, p.edits("K1")-edits)
	}
	if now, err := p.School.Course(t.Context(), "K1"); err != nil || now.Number != v.Number {
		t.Error(now, err)
	}
}

func TestFilesThatAreNotBrought(t *testing.T) {
	p := newProvince(t)
	for what, data := range map[string]string{
		"Không nhận ra loại tệp này": "\x7fELF\xff", "Tệp trống": "", "hỏng hoặc không an toàn": "PK\x03\x04", "lớn quá": strings.Repeat("a", author.BringLimit+1),
	} {
		r := p.trainer.bring("x.docx", []byte(data))
		if r.Status != 422 || len(r.find(".note.bad")) != 1 || !strings.Contains(r.text(), what) {
			t.Errorf("%s: %d %s", what, r.Status, r.text())
		}
	}
	var evil bytes.Buffer
	z := zip.NewWriter(&evil)
	if _, err := z.Create("../x"); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	for what, data := range map[string]string{
		"không an toàn: gói có tệp mang tên không được phép: \"../x\"":                             evil.String(),
		"Không lấy được câu hỏi trong tệp: Câu hỏi gửi tệp, vẽ hoặc nghe xem, không có ở đây: Vẽ.": `<assessmentItem title="Vẽ"><itemBody><drawingInteraction/></itemBody></assessmentItem>`,
	} {
		r := p.trainer.bring("x", []byte(data)).want(422)
		if got := r.one(".note.bad"); !strings.Contains(got, what) || !strings.Contains(got, "Không bản nháp nào thay đổi.") {
			t.Errorf("not %q but %s", what, got)
		}
	}
	p.trainer.post("/author/import", url.Values{"file": {"x"}}).want(422)
	p.trainer.get("/author/import/khong-co").want(404)
}
