package journey

import (
	"strings"
	"testing"
)

// A mistake is reported from a question without a network, waits in the phone's log, and is at the trainer's desk once
// there is a network.
func TestAMistakeIsReportedWithoutANetwork(t *testing.T) {
	r := enter(t)
	l := r.line(t)
	v := l.region(r).tab(t, phone)
	v.enter(walker)
	v.ready()
	v.takes("RP1")
	lesson := shipped()["RP1"].Lessons()[0]
	v.airplane(l, true)
	path := "/courses/RP1/" + lesson.ID
	v.offline(path+"/quiz", "form[data-quiz].one")
	v.follow(v.tap(".question.current a[href*='/remark?question=']"))
	v.await(`document.querySelector("form[data-remark] [name=person]")?.value && document.querySelector("form[data-remark] [name=question]").value`)
	v.do(v.write("#text", "Hai đáp án giống nhau."))
	v.follow(v.tap("form[data-remark] .button"))
	v.says("main [data-note=kept]", v.say("vi", "log.kept"))
	v.airplane(l, false)
	v.open(path)
	v.await(`document.querySelector("[data-log]").innerText.includes(` + quote(v.say("vi", "log.received", 1)) + `)`)
	desk := r.as(t, trainer)
	desk.open("/author/RP1/remarks")
	if text := desk.text("main"); strings.Count(text, "Hai đáp án giống nhau.") != 1 || !strings.Contains(text, lesson.Title.Vi) {
		t.Errorf("the desk says %s", text)
	}
	desk.fits(axe(t), "reported mistakes")
}
