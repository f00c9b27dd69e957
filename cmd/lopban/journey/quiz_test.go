package journey

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A trainer writes a question by keyboard alone: it saves by itself, answers are added without a round trip, and it is
// tried, deleted and brought back. What is typed without a network stays on the page and on this machine, whatever is
// pressed, and is sent when there is one.
func TestTrainerWritesAQuizByKeyboard(t *testing.T) {
	browser(t)
	source := axe(t)
	near := trainerTab(t).demoRegion
	l := near.line(t)
	v := l.region(near).tab(t, laptop)
	v.enter("lan")
	v.open("/author/T000/doc/quiz")
	v.presses(`button[value="begin"]`)
	before := len(v.texts(".questions > li"))
	v.presses(`button[value="add"]`)

	write := func(selector, text string) {
		t.Helper()
		v.tabTo(selector)
		v.do(chromedp.KeyEvent(text))
	}
	write(`[name="prompt.vi"]`, "Mượn mấy ngày?")
	write(`[name="row.0.text.vi"]`, "Mười ngày")
	write(`[name="row.1.text.vi"]`, "Một năm")
	write(`[name="row.2.text.vi"]`, "Một giờ")
	v.tabTo(`[data-row-add]`)
	v.do(chromedp.KeyEvent("\r"))
	v.await(`document.querySelectorAll("[data-row]").length === 4`)
	write(`[name="row.3.text.vi"]`, "Mãi mãi")
	v.await(`document.querySelector("[data-state]").textContent === document.querySelector("form.quiz-edit").dataset.saved`)
	for _, f := range v.judge(source) {
		t.Errorf("axe: %s %q", f.ID, f.Where)
	}
	v.open(v.at()) // what was saved by itself is there after the page is left
	if got := look[string](v, `document.querySelector('[name="row.3.text.vi"]').value`); got != "Mãi mãi" {
		t.Errorf("the answer added is %q", got)
	}
	says := func(state string) {
		t.Helper()
		v.await(`document.querySelector("[data-state]").textContent === document.querySelector("form.quiz-edit").dataset.` + state)
	}
	v.airplane(l, true)
	write(`[name="row.3.text.vi"]`, "Không bao giờ")
	v.tabTo(`.row > button[value="save"]`)
	v.do(chromedp.KeyEvent("\r"))
	says("unsent")
	if got := look[string](v, `document.querySelector('[name="row.3.text.vi"]').value`); !strings.Contains(got, "Không bao giờ") {
		t.Errorf("the answer is %q", got)
	}
	if got := look[int](v, `Object.keys(localStorage).filter((key) => key.startsWith("quiz:T000/doc#")).length`); got != 1 {
		t.Errorf("%d questions are kept on this machine", got)
	}
	v.airplane(l, false)
	says("saved")
	v.do(chromedp.Evaluate[chromedp.Void](`(() => {
		const form = document.querySelector("form.quiz-edit"), fields = [...new FormData(form)].map(([name, value]) => [name, name === "row.3.text.vi" ? "Chưa gửi" : value]);
		localStorage.setItem("quiz:" + form.dataset.quizEdit, JSON.stringify({ vi: form.elements.vi.value, en: form.elements.en.value, fields }));
	})()`))
	v.open(v.at()) // the browser ended before it was sent
	says("saved")
	if got := look[string](v, `document.querySelector('[name="row.3.text.vi"]').value`); got != "Chưa gửi" {
		t.Errorf("what never arrived is %q", got)
	}
	write(`[name="title.vi"]`, "Hạn mượn")
	v.presses(`button[value="close"]`) // pressed before it is saved by itself
	if got := v.texts(".questions > li h2"); len(got) != before+1 || !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "Hạn mượn") }) {
		t.Errorf("%q", got)
	}

	v.presses(`a[href="?view=try"]`)
	v.tabTo(`.question:last-of-type input`)
	v.do(chromedp.KeyEvent(" "))
	v.presses(`button[value="try"]`)
	v.wantText(`.note[role="status"]`, "%", "để đạt")
	v.presses(`nav.tabs a`)
	v.presses(`button[value^="drop."]`)
	if got := len(v.texts(".questions > li")); got != before {
		t.Errorf("%d questions after one was deleted", got)
	}
	v.presses(`button[value^="undo."]`)
	if got := len(v.texts(".questions > li")); got != before+1 {
		t.Errorf("%d questions after it was brought back", got)
	}
}
