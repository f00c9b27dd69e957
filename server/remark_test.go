package server

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/help"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// A learner reports a mistake one tap from a lesson or a question, with a network or from the phone's log; the trainer
// reads it beside the course and answers; the learner reads the answer. Names are for those alone who teach in the
// province, and nothing begins by it.
func TestAMistakeIsReportedAndAnswered(t *testing.T) {
	s := newSite(t)
	s.publish(shortCourse("K1", courses.LibraryService))
	a := s.person("Sùng A Páo", "00715")
	c := s.as(a)
	trainer, far := s.as(s.account("", "Nông Thị Lan", "08", roster.Trainer)), s.as(s.account("", "Lò Văn Xa", "04", roster.Trainer))
	if got := c.get("/courses/K1/doc").want(200).attr("article a[href$='/remark']", "href"); got != "/courses/K1/doc/remark" {
		t.Errorf("the lesson leads to %q", got)
	}
	if links := c.get("/courses/K1/thu/quiz").want(200).find("fieldset a[href='/courses/K1/thu/remark?question=number']"); len(links) != 1 {
		t.Errorf("%d links from the question", len(links))
	}
	page := c.get("/courses/K1/thu/remark?question=number").want(200)
	form := url.Values{"id": {page.attr("[name=id]", "value")}, "person": {a.ID}, "opener": {a.Name}, "question": {page.attr("[name=question]", "value")}, "text": {" "}}
	if again := c.post("/courses/K1/thu/remark", form).want(422); again.attr("[name=id]", "value") != form.Get("id") || again.one(".fault") == "" {
		t.Error("an empty report is not explained, or its id is lost")
	}
	form.Set("text", "Đáp án phải là 13.")
	for range 2 { // pressed twice it is one
		c.post("/courses/K1/thu/remark", form).want(303)
	}
	gone := shortCourse("K1", courses.LibraryService)
	for file, text := range gone {
		gone[file] = strings.Replace(text, "[id:number]", "[id:count]", 1)
	}
	s.publish(gone)
	sent, err := s.Help.Record(t.Context(), a.ID, courses.Fact{ID: form.Get("id"), Kind: help.RemarkFact, Course: "K1", Lesson: "thu", Question: "number", Text: form.Get("text")})
	if err != nil || sent.State != courses.Duplicate {
		t.Errorf("sent again when its question is gone: %+v %v", sent, err)
	}
	s.publish(shortCourse("K1", courses.LibraryService))
	told := c.brings(a.ID, "may-1", entry(1, `"kind":"remark","course":"K1","lesson":"doc","text":"Thiếu dấu ở dòng 2."`),
		entry(2, `"kind":"remark","course":"K1","lesson":"doc","text":"`+strings.Repeat("ă", help.MaxRemark+1)+`"`),
		entry(3, `"kind":"remark","course":"K1","lesson":"khong-co","text":"x"`))
	for i, want := range []string{"received ", "refused remark-long", "refused unknown-lesson"} {
		if got := told.Receipts[i].State + " " + told.Receipts[i].Reason; got != want || want != "received " && told.Receipts[i].Say == "" {
			t.Errorf("fact %d: %s (%s), want %s", i+1, got, told.Receipts[i].Say, want)
		}
	}
	begun, err := s.Store.Count(t.Context(), school.EnrolmentKind, store.Query{})
	if err != nil || begun[0].N != 0 {
		t.Errorf("%v courses begun, %v", begun, err)
	}
	if got := trainer.get("/author").want(200).text(); !strings.Contains(got, "2 lỗi được báo đang chờ") {
		t.Errorf("the trainer's courses say %s", got)
	}
	desk := trainer.get("/author/K1/remarks").want(200)
	if got := desk.text(); !strings.Contains(got, "Đáp án phải là 13.") || !strings.Contains(got, "Thiếu dấu") || !strings.Contains(got, "Sùng A Páo") {
		t.Errorf("the desk says %s", got)
	}
	for who, got := range map[string]string{"the trainer": desk.text(), "the learner": c.get("/courses/K1/doc/remark").want(200).text()} {
		if !strings.Contains(got, "Bài đọc") || !strings.Contains(got, "Bài thử, câu “How many?”") || strings.Contains(got, "doc ·") || strings.Contains(got, "· thu") {
			t.Errorf("%s reads where the mistakes are as %s", who, got)
		}
	}
	if got := trainer.get("/").want(200).one(".duties a[href='/author']"); !strings.Contains(got, "2 lỗi được báo đang chờ trả lời.") {
		t.Errorf("the trainer's home says %q", got)
	}
	if got := far.get("/author/K1/remarks").want(200).text(); !strings.Contains(got, "Đáp án") || strings.Contains(got, "Sùng") {
		t.Errorf("a trainer of another province reads %s", got)
	}
	remark := a.ID + "/" + form.Get("id")
	c.post("/author/K1/remarks", url.Values{"remark": {remark}, "text": {"x"}}).want(403)
	trainer.post("/author/K9/remarks", url.Values{"remark": {remark}, "text": {"x"}}).want(404)
	for range 2 {
		trainer.post("/author/K1/remarks", url.Values{"remark": {remark}, "text": {"Đúng, đã sửa."}}).want(303)
	}
	far.post("/author/K1/remarks", url.Values{"remark": {remark}, "text": {"Không sai."}}).want(409)
	far.post("/author/K1/remarks", url.Values{"remark": {a.ID + "/phone-1"}}).want(303)
	mine := c.get("/courses/K1/doc/remark").want(200).text()
	if !strings.Contains(mine, "Đúng, đã sửa.") || !strings.Contains(mine, "Đã xem") || strings.Contains(mine, "Không sai") {
		t.Errorf("the learner reads %s", mine)
	}
	other := s.as(s.person("Vừ Thị Mai", "00715"))
	if got := other.get("/courses/K1/doc/remark").want(200).text(); strings.Contains(got, "Đáp án") {
		t.Error("somebody else reads what was reported")
	}
	if got := trainer.get("/author").want(200).text(); strings.Contains(got, "đang chờ") {
		t.Errorf("after the answers: %s", got)
	}

	// nobody fills the store by it
	for n := 4; n < 204; n += 50 {
		var many []string
		for i := n; i < n+50; i++ {
			many = append(many, entry(i, fmt.Sprintf(`"kind":"remark","course":"K1","lesson":"doc","text":"%d"`, i)))
		}
		told = c.brings(a.ID, "may-1", many...)
	}
	if r := told.Receipts[49]; r.Reason != "remark-many" || !strings.Contains(r.Say, "200") {
		t.Errorf("the 202nd report: %+v", r)
	}
}
