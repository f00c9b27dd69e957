package server

import (
	"archive/zip"
	"bytes"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/authoring/coursetest"
	"lopban/courses/credential/credentialtest"
	"lopban/courses/programme/signing"
	"lopban/courses/roster"
)

// packed is a ZIP file of names and bytes.
func packed(t *testing.T, files ...sentFile) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f.name)
		if err == nil {
			_, err = w.Write(f.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The issuer downloads what has no signature of its own, signs it with its token, and sends it back: what is right is
// served from then on, and of every other file it is said what is wrong.
func TestTheIssuerSignsManyCertificates(t *testing.T) {
	e := newEarned(t)
	other := e.as(e.person("Lò Thị Mai", "00715"))
	v, err := e.School.Course(t.Context(), "K1")
	if err != nil {
		t.Fatal(err)
	}
	lesson, _ := v.Lesson("thu")
	other.post("/courses/K1/doc", nil).want(303)
	other.post("/courses/K1/thu/quiz", form("a", rightAnswers(lesson.Quiz))).want(303)
	if real := time.Since(begun); real > 0 { // the token's certificate is of today
		e.pass(real + time.Hour)
	}
	staff := e.as(e.account("", "Cán Bộ Ba", "08", roster.Staff))
	if got := staff.get("/registers").want(200).attr("a[href^='/registers/signing']", "href"); got != "/registers/signing?province=08" {
		t.Errorf("the registers lead to %q", got)
	}
	shown := staff.get("/registers/signing").want(200)
	if got := shown.text(); !strings.Contains(got, "Chưa có chữ ký của cơ quan (2)") {
		t.Errorf("the page says %s", got)
	}
	file := shown.attr("a[download]", "href")
	data := []byte(staff.get(file).want(200).Body)
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(z.File) != 2 {
		t.Fatalf("%v, %d files", err, len(z.File))
	}
	pdfs := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if pdfs[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	mine := "08-2026-000001_" + courses.ShowCode(e.code) + ".pdf"
	signed := credentialtest.NewToken(t, "-newkey", "rsa:2048").Sign(t, pdfs[mine], credentialtest.SamePage)
	sent := []sentFile{{name: "đã ký/" + mine, data: signed}, {name: "__MACOSX/._" + mine, data: []byte("x")}, {name: "ghi chú.txt", data: []byte("Đã ký hôm nay")}}
	for name, data := range pdfs {
		if name != mine {
			sent = append(sent, sentFile{name: name, data: data})
		}
	}
	back := sentFile{"file", "da-ky.zip", packed(t, sent...)}
	fields := url.Values{"province": {"08"}}
	for range 2 { // sent again it is the same
		r := staff.sends("/registers/signing", fields, back).want(200)
		if got := r.one("#taken + [role=status]"); got != "Đã nhận 1 trong 3 tệp." {
			t.Errorf("told %q", got)
		}
		for _, said := range []string{"Nguyễn Văn Sĩ, Thư viện tỉnh Tuyên Quang", "Tệp chưa có chữ ký của cơ quan", "ghi chú.txt", "Chưa có chữ ký của cơ quan (1)"} {
			if !strings.Contains(r.text(), said) {
				t.Errorf("%q is not in %s", said, r.text())
			}
		}
	}
	if got := e.told("certificate.countersign"); len(got) != 1 || got[0].Subject != e.code {
		t.Errorf("the trail says %+v", got)
	}
	if got := e.as(e.mai).get(e.at(".pdf")).want(200).Body; got != string(signed) {
		t.Error("the learner is not given the signed file")
	}
	if first := staff.get(file); !strings.HasPrefix(file, "/registers/signing.zip") || first.Status != 303 && first.Status != 200 {
		t.Errorf("a file whose first certificate was signed meanwhile: %d", first.Status)
	}
}

func TestSignedFilesAreBoundedAndScoped(t *testing.T) {
	e := newEarned(t)
	many := make([]sentFile, signing.Together+1)
	for i := range many {
		many[i].name = strings.Repeat("a", i+1) + ".pdf"
	}
	fields := url.Values{"province": {"08"}}
	for what, c := range map[string]struct {
		file sentFile
		want string
	}{
		"too many":     {sentFile{"file", "a.zip", packed(t, many...)}, "tối đa 100 tệp"},
		"cut off":      {sentFile{"file", "a.zip", packed(t, many...)[:200]}, "Không đọc được a.zip"},
		"encrypted":    {sentFile{"file", "a.zip", coursetest.Locked(packed(t, many[0]))}, "đặt mật khẩu"},
		"an empty one": {sentFile{"file", "a.zip", packed(t, sentFile{name: "thư mục/"})}, "không có tệp PDF nào"},
		"no file":      {sentFile{"other", "", nil}, "chưa chọn tệp"},
	} {
		if got := e.staff.sends("/registers/signing", fields, c.file).want(422).one("[role=alert]"); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q", what, got)
		}
	}
	pdf := []byte(e.learner.get(e.at(".pdf")).want(200).Body)
	large := sentFile{"file", "a.zip", packed(t, sentFile{name: "lon.pdf", data: append(bytes.Clone(pdf), make([]byte, 3<<20)...)})}
	if got := e.staff.sends("/registers/signing", fields, large).want(200).text(); !strings.Contains(got, "tối đa 2 MB") {
		t.Errorf("a file that is large inside: %s", got)
	}
	far := e.as(e.account("", "Cán Bộ Cao Bằng", "04", roster.Staff))
	far.get("/registers/signing?province=08").want(404)
	far.get("/registers/signing.zip?province=08&from=" + e.code).want(404)
	far.sends("/registers/signing", fields, large).want(404)
	own := url.Values{"province": {"04"}}
	if got := far.sends("/registers/signing", own, sentFile{"file", "a.pdf", pdf}).want(200).text(); !strings.Contains(got, "Không có giấy chứng nhận") {
		t.Errorf("a certificate of another province: %s", got)
	}
}
