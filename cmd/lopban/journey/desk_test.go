package journey

import (
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
	"lopban/courses/roster"
)

// trainer makes an account that writes courses.
func newTrainer(t testing.TB, h *programtest.Hall, login, name string) {
	t.Helper()
	st, err := h.At.OpenAny(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	s, err := console.NewProgramme(t.Context(), st, programtest.SiteURL, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	_, slip, err := s.Accounts.Create(t.Context(), roster.Operator(), "", name, []roster.Role{roster.Trainer}, "08")
	if err == nil {
		_, err = s.Accounts.Use(t.Context(), slip.Code, programtest.HallPassword, login, true, "")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// trainerTab is the tab of a trainer who has signed in, on a laptop; the program has one course, T000.
func trainerTab(t testing.TB) *tab {
	t.Helper()
	h := programtest.NewHall(t, console.Place{Data: t.TempDir()}, 1, 1)
	newTrainer(t, h, "lan", "Nông Thị Lan")
	v := (&demoRegion{base: programtest.Launch(t, h.At).Base, passwords: map[string]string{"lan": programtest.HallPassword}}).tab(t, laptop)
	v.enter("lan")
	return v
}

// sibling is another tab of the same browser, with the same cookies and storage.
func (v *tab) sibling() *tab {
	v.t.Helper()
	w := &tab{demoRegion: v.demoRegion, t: v.t, pages: map[string]bool{}, wire: v.wire}
	ctx, cancel := chromedp.NewContext(v.ctx, chromedp.WithListener(w.hear))
	v.t.Cleanup(cancel)
	w.ctx = ctx
	w.hold(laptop)
	return w
}

// forgive takes away the faults that name an address: the test itself made it fail.
func (v *tab) forgive(address string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.faults = slices.DeleteFunc(v.faults, func(fault string) bool { return strings.Contains(fault, address) })
}

// appends types at the end of the Vietnamese text, from wherever the focus is.
func (v *tab) appends(text string) {
	v.t.Helper()
	v.tabTo("#sheet-vi")
	v.do(chromedp.KeyEvent(kb.End, chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent(text))
}

// presses goes to a button with the keyboard and presses it.
func (v *tab) presses(selector string) {
	v.t.Helper()
	v.tabTo(selector)
	v.follow(chromedp.KeyEvent(kb.Enter))
}

func (v *tab) awaitState(part string) {
	v.t.Helper()
	v.await(`document.querySelector("#state-vi").textContent.includes(` + quote(part) + `)`)
}

// Two trainers write one lesson by keyboard, the server is killed while one of them types, and no word is lost. Then
// a third reviews what they wrote, it is published, and a learner in the middle moves up and keeps what is done.
func TestTrainersWriteTogether(t *testing.T) {
	browser(t)
	h := programtest.NewHall(t, console.Place{Data: t.TempDir()}, 1, 1)
	newTrainer(t, h, "lan", "Nông Thị Lan")
	newTrainer(t, h, "pao", "Giàng A Páo")
	newTrainer(t, h, "mai", "Lò Thị Mai")
	r := programtest.Launch(t, h.At)
	region := &demoRegion{base: r.Base, passwords: map[string]string{
		"lan": programtest.HallPassword, "pao": programtest.HallPassword, "mai": programtest.HallPassword, h.People[0].Login: programtest.HallPassword,
	}}

	pupil := region.tab(t, phone)
	pupil.enter(h.People[0].Login)
	pupil.open("/courses/T000/doc")
	pupil.follow(pupil.tap("form.next .button"))

	lan := region.tab(t, laptop)
	lan.enter("lan")
	lan.open("/author/T000")
	lan.presses(`form[action="/author/T000/open"] button`)
	lan.presses(`a[href="/author/T000/doc"]`)
	lan.appends("Một câu thêm.")
	lan.awaitState("đã lưu lúc")
	if got := lan.text("[data-preview]"); !strings.HasSuffix(got, "Một câu thêm.") {
		lan.await(`document.querySelector("[data-preview]").innerText.trim().endsWith("Một câu thêm.")`)
	}

	lan.do(chromedp.KeyEvent(" Và một câu "))
	r.End(t, syscall.SIGKILL)
	lan.do(chromedp.KeyEvent("khi máy chủ đã dừng."))
	lan.awaitState("còn trên máy này")
	whole := look[string](lan, `document.querySelector("#sheet-vi").value`)
	if !strings.HasSuffix(whole, "Một câu thêm. Và một câu khi máy chủ đã dừng.") {
		t.Fatalf("typed: %q", whole)
	}
	programtest.Launch(t, h.At, "--addr", strings.TrimPrefix(r.Base, "http://"))
	again := lan.sibling() // the browser was closed, and opened again
	again.open("/author/T000/doc")
	again.await(`document.querySelector("#sheet-vi").value === ` + quote(whole))
	again.awaitState("đã lưu lúc")
	lan.awaitState("đã lưu lúc")
	lan.forgive("/author/T000/")

	pao := region.tab(t, laptop)
	pao.enter("pao")
	pao.open("/author/T000/doc")
	if got := look[string](pao, `document.querySelector("#sheet-vi").value`); got != whole {
		t.Fatalf("on disk: %q", got)
	}
	lan.appends(" Câu của Lan.")
	lan.awaitState("đã lưu lúc")
	lan.await(`document.querySelector("#sheet-vi").dataset.rev !== document.querySelector("input[name='vi.base']").value`)
	pao.appends(" Câu của Páo.")
	pao.awaitState("Nông Thị Lan")
	pao.forgive("/author/T000/save")
	pao.tabTo(".state button")
	pao.meets(409, chromedp.KeyEvent(kb.Enter))
	if theirs := look[string](pao, `document.querySelector("#theirs-vi").value`); !strings.HasSuffix(theirs, "Câu của Lan.") {
		t.Fatalf("theirs: %q", theirs)
	}
	pao.tabTo("#yours-vi")
	pao.do(chromedp.KeyEvent(kb.End, chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent(" Câu của Lan."))
	pao.presses("main form .button:not(.quiet)")
	if got := look[string](pao, `document.querySelector("#sheet-vi").value`); !strings.HasSuffix(strings.TrimSpace(got), "Câu của Páo. Câu của Lan.") {
		t.Fatalf("joined: %q", got)
	}

	pao.open("/author/T000/review")
	pao.presses(`form:has([value="submit"]) button`)
	again.open("/author/T000/review")
	if got := look[bool](again, `document.querySelector("button[value='approve']") === null`); !got {
		t.Fatal("Lan wrote a part of it, and is asked to approve it")
	}
	mai := region.tab(t, laptop)
	mai.enter("mai")
	mai.open("/author/T000/review")
	mai.presses(`button[value="approve"]`)
	pao.open("/author/T000/review")
	pao.tabTo("#notes-vi")
	pao.do(chromedp.KeyEvent("Thêm ba câu."))
	pao.presses(`form[action$="/publish"] button`)
	pao.wantText("table.data tbody tr:first-child", "T000@2", "Thêm ba câu.")

	pupil.open("/courses/T000")
	pupil.wantText(".note.wait", "Thêm ba câu.")
	pupil.follow(pupil.tap(`form[action="/courses/T000/advance"] button`))
	if done := pupil.texts(".steps li.done strong"); !slices.Equal(done, []string{"Đọc"}) {
		t.Fatalf("done is %q\n%s", done, pupil.where())
	}
	pupil.open("/courses/T000/doc")
	pupil.wantText(".lesson", "khi máy chủ đã dừng.", "Câu của Páo.")
}
