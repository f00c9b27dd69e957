package journey

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A trainer brings a Word document by keyboard: a look first, as several lessons, into a new course that is open in the
// editor afterwards. A file that cannot be read is refused with a sentence, and questions of another program become
// those of a lesson.
func TestTrainerImportsByKeyboard(t *testing.T) {
	browser(t)
	source := axe(t)
	v := trainerTab(t)
	file := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	fair := func() {
		t.Helper()
		for _, f := range v.judge(source) {
			t.Errorf("axe: %s: %s %q", v.at(), f.ID, f.Where)
		}
	}

	v.open("/author")
	v.presses(`a[href="/author/import"]`)
	v.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file("q.xml", `<assessmentItem title="Vẽ"><itemBody><drawingInteraction/></itemBody></assessmentItem>`)}))
	v.tabTo("main form .button")
	v.meets(422, chromedp.KeyEvent(kb.Enter))
	v.wantText(".note.bad", "Câu hỏi gửi tệp, vẽ hoặc nghe xem, không có ở đây: Vẽ", "Không bản nháp nào thay đổi.")
	fair()

	word, err := filepath.Abs("../../../courses/authoring/bring/testdata/kho.docx")
	if err != nil {
		t.Fatal(err)
	}
	v.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{word}))
	v.presses("main form .button")
	v.wantText("main", "Tài liệu Word", "Bỏ ghi chú bên lề: 1.")
	v.presses(`a[href$="?part=1"]`)
	if got := len(v.texts("main li.one")); got != 2 {
		t.Errorf("%d lessons", got)
	}
	v.tabTo("#course")
	v.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent("KHO"))
	v.tabTo("#strand")
	v.do(chromedp.KeyEvent(kb.ArrowDown))
	fair()
	v.presses("main form.card .button:not(.quiet)")
	v.wantAt("/author/KHO")
	v.presses(".outline-page .what a")
	if got := look[string](v, `document.querySelector("#sheet-vi").value`); strings.TrimSpace(got) == "" {
		t.Error("the lesson has no text")
	}

	v.open("/author/import")
	v.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file("cau-hoi.gift", "// hỏi Lan\n\n[html]<p>Mấy <b>bản</b>?</p> {#2 ~#<i>Đếm</i> lại}\n\nNhãn màu gì? {=*đỏ* =%0%*#Xem lại}\n")}))
	v.presses("main form .button")
	v.tabTo("#into")
	into := look[string](v, `[...document.querySelectorAll("#into option")].find((o) => o.value.startsWith("lesson:KHO/")).value`)
	v.pressUntil(kb.ArrowDown, `document.querySelector("#into").value === `+quote(into))
	v.presses("main form.card .button:not(.quiet)")
	v.open("/author/KHO/" + strings.TrimPrefix(into, "lesson:KHO/") + "/quiz")
	if got := v.texts(".questions > li h2"); len(got) != 2 || !strings.Contains(got[0], "Mấy bản?") {
		t.Errorf("%q", got)
	}
}
