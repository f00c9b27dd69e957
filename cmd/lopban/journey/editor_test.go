package journey

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// drags takes an element with the mouse and lets it go on the upper part of another.
func (v *tab) drags(from, to string) {
	v.t.Helper()
	taken := make(chan *input.DragData, 1)
	if err := chromedp.Listen(v.ctx, func(ev any) {
		if e, ok := ev.(*input.EventDragIntercepted); ok {
			taken <- e.Data
		}
	}); err != nil {
		v.t.Fatal(err)
	}
	at := func(selector string, part float64) (x, y float64) {
		place := look[[]float64](v, `(() => { const r = document.querySelector(`+quote(selector)+`).getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height * `+fmt.Sprint(part)+`]; })()`)
		return place[0], place[1]
	}
	x, y := at(from, 0.5)
	v.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, input.SetInterceptDrags, input.SetInterceptDragsParams{Enabled: true})
		return err
	}), chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y), chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x+8, y-8, chromedp.ButtonLeft))
	var data *input.DragData
	select {
	case data = <-taken:
	case <-v.ctx.Done():
		v.t.Fatalf("%s is not taken by the mouse\n%s", from, v.where())
	}
	x, y = at(to, 0.2)
	v.follow(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		for _, kind := range []input.DispatchDragEventType{input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop} {
			if _, err := cdp.Call(ctx, target, input.DispatchDragEvent, input.DispatchDragEventParams{Type: kind, X: x, Y: y, Data: data}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// chooses marks a part of the Vietnamese text; "" is its end.
func (v *tab) chooses(part string) {
	v.t.Helper()
	if !look[bool](v, `(() => {
		const area = document.querySelector("#sheet-vi"), part = `+quote(part)+`, at = part ? area.value.indexOf(part) : area.value.length;
		area.focus();
		area.setSelectionRange(at, at + part.length);
		return at >= 0;
	})()`) {
		v.t.Fatalf("no %q in the text\n%s", part, v.where())
	}
}

// wantSaved saves at once, by the keyboard, and fails unless the server has this text of the lesson.
func (v *tab) wantSaved(lesson, want string) {
	v.t.Helper()
	v.await(`document.querySelector("#sheet-vi").value === ` + quote(want))
	v.chooses("")
	v.do(chromedp.KeyEvent("s", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	v.awaitState("đã lưu lúc")
	got := look[string](v, `fetch(`+quote(lesson)+` + document.querySelector("[name='vi.base']").value, { headers: { Accept: "application/json" } }).then((r) => r.json()).then((edit) => edit.text)`)
	if got != want {
		v.t.Fatalf("saved is %q, want %q", got, want)
	}
}

// A trainer takes a lesson to another place with the mouse, marks a text with the buttons over it, goes back and
// forward through what was saved, and pastes a page of Word: each time the server has it.
func TestTrainerEditsWithTheMouse(t *testing.T) {
	browser(t)
	v := trainerTab(t)
	v.open("/author/T000")
	v.follow(v.tap(`form[action="/author/T000/open"] button`))

	lessons := func() []string {
		return look[[]string](v, `[...document.querySelectorAll("[data-lesson-id]")].map((item) => item.dataset.lessonId)`)
	}
	if before := lessons(); !slices.Equal(before, []string{"doc", "thu"}) {
		t.Fatalf("the outline begins with %q", before)
	}
	v.drags(`[data-lesson-id="thu"]`, `[data-lesson-id="doc"]`)
	v.open("/author/T000")
	if after := lessons(); !slices.Equal(after, []string{"thu", "doc"}) {
		t.Fatalf("after the drag the outline is %q", after)
	}

	v.open("/author/T000/doc")
	const saved = "/author/T000/history?path=lessons/doc.vi.md&rev="
	for _, c := range []struct{ button, chosen, want string }{
		{"bold", "mot", "**mot** hai\nba\n"},
		{"italic", "hai", "mot *hai*\nba\n"},
		{"h2", "hai", "## mot hai\nba\n"},
		{"ul", "hai\nba", "- mot hai\n- ba\n"},
		{"ol", "hai\nba", "1. mot hai\n2. ba\n"},
		{"quote", "ba", "mot hai\n> ba\n"},
		{"link", "hai", "mot [hai](https://)\nba\n"},
		{"table", "", "mot hai\nba\n\n| A | B |\n|---|---|\n| 1 | 2 |\n"},
	} {
		v.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#sheet-vi").select()`), chromedp.KeyEvent("mot hai\rba\r"))
		v.chooses(c.chosen)
		v.do(v.tap(`#text-vi [data-md="` + c.button + `"]`))
		v.wantSaved(saved, c.want)
	}

	const plain, strong = "mot hai\n", "mot **hai**\n"
	v.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#sheet-vi").select()`), chromedp.KeyEvent("mot hai\r"))
	v.wantSaved(saved, plain)
	v.chooses("hai")
	v.do(v.tap(`#text-vi [data-md="bold"]`))
	v.wantSaved(saved, strong)
	v.do(v.tap(`#text-vi [data-undo]`))
	v.wantSaved(saved, plain)
	v.do(v.tap(`#text-vi [data-redo]`))
	v.wantSaved(saved, strong)

	v.chooses("")
	if !look[bool](v, `(() => {
		const data = new DataTransfer();
		data.setData("text/plain", "not this");
		data.setData("text/html", `+quote(wordClipboard)+`);
		return !document.querySelector("#sheet-vi").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
	})()`) {
		t.Fatal("the browser pastes by itself")
	}
	v.await(`document.querySelector("#sheet-vi").value !== ` + quote(strong))
	v.wantSaved(saved, strong+"## Cho mượn\n\nGhi **ba** việc:\n\n- tên\n- ngày\n\n| Sách | Bản |\n|---|---|\n| Truyện | 2 |\n")
}

// wordClipboard is what Word puts on the clipboard.
const wordClipboard = `<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word"><head><meta name=Generator content="Microsoft Word 15"><!--[if gte mso 9]><xml><w:WordDocument></w:WordDocument></xml><![endif]-->
<style>p.MsoNormal { margin: 0; font-family: "Times New Roman"; }</style></head><body lang=VI><!--StartFragment-->
<h2 style='margin-top:12pt'><span style='color:#2F5496'>Cho mượn<o:p></o:p></span></h2>
<p class=MsoNormal style='line-height:115%'>Ghi <b style='mso-bidi-font-weight:normal'>ba</b> việc:<o:p></o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;&nbsp;</span></span></span><![endif]>tên<o:p></o:p></p>
<p class=MsoListParagraphCxSpLast style='text-indent:-18pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;&nbsp;</span></span></span><![endif]>ngày<o:p></o:p></p>
<table class=MsoTableGrid border=1><tr><td><p class=MsoNormal>Sách<o:p></o:p></p></td><td><p class=MsoNormal>Bản<o:p></o:p></p></td></tr><tr><td><p class=MsoNormal>Truyện<o:p></o:p></p></td><td><p class=MsoNormal>2<o:p></o:p></p></td></tr></table>
<!--EndFragment--></body></html>`
