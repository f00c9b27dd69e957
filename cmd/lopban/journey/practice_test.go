package journey

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"lopban/courses"
)

// A learner does a practice task on a phone, with a photo; a trainer reviews it with the keyboard alone; the learner
// reads the comments and sends it again.
func TestPracticeJourney(t *testing.T) {
	r := enter(t)
	task := shipped()["RP1"].Practice
	v := r.tab(t, phone)
	v.enter(keyboarder)
	v.open("/courses/RP1")
	v.follow(v.tap(`a[href="/courses/RP1/practice"]`))
	v.wantText("main h1", task.Title.Vi)
	v.wantText("h1 + p .tag", v.say("vi", "practice.state.todo"))
	v.wantText("table.rubric", task.Rubric[0].Text.Vi)

	// What is written is still there when the page comes back, and a photo is made small before it is sent.
	v.do(v.write("#text", "Toi doc cho sau em nghe."))
	v.do(chromedp.Reload())
	v.await(`document.querySelector("#text").value === "Toi doc cho sau em nghe."`)
	v.do(chromedp.SetUploadFiles(chromedp.CSS("[data-camera]"), []string{photoFile(t, 2400, 1800)}))
	v.await(`document.querySelectorAll("[data-previews] canvas").length === 1`)
	if got := look[string](v, `createImageBitmap(document.querySelector("[data-gallery]").files[0]).then((b) => b.width + "x" + b.height)`); got != "1280x960" {
		t.Fatalf("the photo is sent as %s", got)
	}
	v.do(chromedp.SetUploadFiles(chromedp.CSS("[data-camera]"), []string{photoFile(t, 600, 800)}))
	v.await(`document.querySelectorAll("[data-previews] canvas").length === 2`)
	v.do(v.tap("[data-previews] li:first-child button"))
	v.await(`document.querySelector("[data-gallery]").files.length === 1`)
	v.fits(axe(t), "a practice task with a photo chosen")
	v.follow(chromedp.Evaluate[chromedp.Void](`(() => { const b = document.querySelector("form[data-practice] .button"); b.click(); b.click(); })()`))
	v.wantText("main > .note[role=status]", v.say("vi", "done.practice"))
	v.wantText("h1 + p .tag", v.say("vi", "practice.state.waiting"))
	if n := look[int](v, `document.querySelectorAll("section .photos img").length`); n != 1 {
		t.Fatalf("%d photos were kept", n)
	}
	if left := look[string](v, `Object.keys(localStorage).filter((k) => k.startsWith("practice:")).join()`); left != "" {
		t.Fatalf("the draft stays on the phone after it was received: %s", left)
	}
	work := v.works("RP1")
	if len(work) != 1 || work[0].Text != "Toi doc cho sau em nghe." {
		t.Fatalf("%+v", work)
	}

	trainer := r.tab(t, laptop)
	trainer.enter("giangvien")
	trainer.open("/practice")
	if rows := trainer.texts("tbody tr"); len(rows) < 2 {
		t.Fatalf("the demo has no work of its own that waits: %q", rows)
	}
	trainer.open("/")
	trainer.tabTo(`a[href="/practice"]`)
	trainer.follow(chromedp.KeyEvent(kb.Enter))
	trainer.tabTo(`tbody a[href$=".` + work[0].ID + `"]`)
	trainer.follow(chromedp.KeyEvent(kb.Enter))
	trainer.wantText("main .typed", "Toi doc cho sau em nghe.")
	for _, c := range task.Rubric {
		trainer.tabTo(`[name="points.` + c.ID + `"]`)
		trainer.do(chromedp.KeyEvent(" "))
		trainer.pressUntil(kb.ArrowDown, `document.activeElement.value === "1"`)
	}
	trainer.wantText("[data-total]", "3 / 10", trainer.say("vi", "practice.state.again"))
	trainer.tabTo("#comment")
	trainer.do(chromedp.KeyEvent("Ban ke them cho dung."))
	trainer.tabTo("form[data-rubric] .button")
	trainer.follow(chromedp.KeyEvent(kb.Enter))
	trainer.wantText("main > .note[role=status]", trainer.say("vi", "done.review"))
	trainer.fits(axe(t), "a work that was reviewed")

	v.open("/")
	v.wantText("main", v.say("vi", "practice.comments", shipped()["RP1"].Title.Vi))
	v.follow(v.tap(`.note a[href="/courses/RP1/practice"]`))
	v.wantText("main", "Ban ke them cho dung.", v.say("vi", "practice.got", 3, 10))
	v.fits(axe(t), "a practice task with comments")
	v.do(v.write("#text", "Lan hai."))
	v.follow(v.tap("form[data-practice] .button"))
	v.wantText("h1 + p .tag", v.say("vi", "practice.state.waiting"))
	if work := v.works("RP1"); len(work) != 2 || work[1].Review == nil || work[0].Review != nil {
		t.Fatalf("%+v", work)
	}
}

// Without scripts the form sends the photo as it is.
func TestPracticeWithoutScripts(t *testing.T) {
	r := enter(t)
	v := r.tab(t, phone)
	v.scriptless()
	v.open("/sign-in")
	v.do(v.write("#login", scriptless), v.write("#password", v.passwords[scriptless]))
	v.follow(v.tap("main form .button"))
	v.open("/courses/LS3/practice")
	v.do(v.write("#text", "Khong co may."), chromedp.SetUploadFiles(chromedp.CSS("#gallery"), []string{photoFile(t, 2400, 1800)}))
	v.follow(v.tap("form[data-practice] .button"))
	v.wantText("main > .note[role=status]", v.say("vi", "done.practice"))
	if work := v.works("LS3"); len(work) != 1 || len(work[0].Photos) != 1 {
		t.Fatalf("%+v", work)
	}
}

func photoFile(t testing.TB, w, h int) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "IMG_0001.jpg")
	if err := os.WriteFile(file, drawn(t, w, h), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// sentWork is the part of the API's submissions that the journeys read.
type sentWork struct {
	ID, Text string
	Photos   []string
	Review   *struct{ Passed bool }
}

// works asks the API what the visitor sent.
func (v *tab) works(course string) []sentWork {
	v.t.Helper()
	var body struct {
		Practice struct {
			State       courses.TaskState
			Submissions []sentWork
		}
	}
	if err := json.Unmarshal(v.fetch("/api/v1/courses/"+course), &body); err != nil {
		v.t.Fatal(err)
	}
	return body.Practice.Submissions
}
