package server

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"lopban/courses"
)

// A learner reads and prints everything they have learnt: courses with dates, periods and results, each lesson's best
// score, certificates, and training done elsewhere. Nobody else's is on it.
func TestTranscript(t *testing.T) {
	o := newOffices(t)
	done := o.publish(shortCourse("K1", courses.LibraryService))
	o.publish(shortCourse("K2", courses.ReadingPromotion))
	empty := o.learner.get("/transcript").want(200)
	if got := empty.text(); !strings.Contains(got, "Chưa có gì") || len(empty.find("table")) != 0 {
		t.Errorf("before anything was learnt: %s", got)
	}
	o.learner.get("/transcript.pdf").want(200)

	o.learner.earns(done, "x")
	o.learner.send("POST", "/api/v1/facts", map[string]any{"facts": []map[string]any{{"id": "y", "kind": "completion", "course": "K2", "lesson": "doc", "at": o.now()}}}).want(200)
	at, _, _ := strings.Cut(o.learner.sends("/me/trainings", abroad("library-service"), aPDF).leads(), "?")
	o.chief.post(at, url.Values{"do": {"accept"}}).want(303)
	e, err := o.School.Certificates(t.Context(), o.mai.ID)
	if err != nil || len(e) != 1 {
		t.Fatalf("%v, %v", e, err)
	}

	page := o.learner.get("/transcript").want(200)
	got := page.text()
	for _, want := range []string{done.Title.Vi, "điểm cao nhất 100 %", e[0].Serial, "Hợp lệ", "Đang học, xong 1/2 bài", "Đã công nhận", abroad("library-service").Get("title"),
		"Đã hoàn thành 1 khóa học"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in the transcript: %s", want, got)
		}
	}
	pdf := o.learner.get("/transcript.pdf").want(200)
	if pdf.Header.Get("Content-Type") != "application/pdf" || !bytes.HasPrefix([]byte(pdf.Body), []byte("%PDF-")) || !strings.Contains(pdf.Header.Get("Content-Disposition"), "ket-qua-hoc-tap") {
		t.Errorf("%v", pdf.Header)
	}
	if got := o.staff.get("/transcript").want(200).text(); strings.Contains(got, e[0].Serial) {
		t.Error("staff read a learner's certificate on their own transcript")
	}
}
