package server

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	"lopban/courses/roster"
	"lopban/courses/store"
)

// asTakenBefore gives somebody a name that an earlier release took in: its A is a Cyrillic one, which no paper has.
const asTakenBefore = "Lò Thị \u0410nh"

func (s *visited) renamed(person, name string) {
	s.t.Helper()
	_, err := store.Update(s.t.Context(), s.Store, roster.PersonKind, person, func(p *roster.Person) error { p.Name = name; return nil })
	if err != nil {
		s.t.Fatal(err)
	}
}

// finish has people finish the course K1.
func (e earned) finish(all ...roster.Account) {
	e.t.Helper()
	v, err := e.School.Course(e.t.Context(), "K1")
	if err != nil {
		e.t.Fatal(err)
	}
	lesson, _ := v.Lesson("thu")
	for _, a := range all {
		c := e.as(a)
		c.post("/courses/K1/doc", nil).want(303)
		c.post("/courses/K1/thu/quiz", form("a", rightAnswers(lesson.Quiz))).want(303)
	}
}

// pages counts the pages of a PDF.
func pages(pdf string) int { return strings.Count(pdf, "/Type /Page\n") }

// A letter that no paper has keeps one certificate out of a file of many, not the others; who takes the file is told
// before, in the file, and in the trail.
func TestOneUnprintableCertificateKeepsNoOtherFromPaper(t *testing.T) {
	e := newEarned(t)
	issuer := url.Values{"name": {"Thư viện tỉnh"}, "head": {"Giám đốc"}, "capacity": {"Giám đốc"}, "town": {"Tuyên Quang"}, "hold": {"1"}}
	e.staff.post("/admin/issuers/08", issuer).want(303)
	people := []roster.Account{e.person("Lý A Páo", "00715"), e.person("Lò Thị Anh", "00715"), e.person("Giàng Mí Sò", "00715")}
	e.renamed(people[1].ID, asTakenBefore)
	e.finish(people...)
	decision := url.Values{"province": {"08"}, "id": {e.staff.get("/registers").want(200).attr("input[name=id]", "value")}, "decision": {"125/QĐ-TVT"}, "on": {"2026-12-01"}}
	for _, a := range people {
		decision.Add("due", a.ID+"/K1/01")
	}
	at := e.staff.post("/registers", decision).leads()
	e.Background.Running.Wait()
	register := func(a roster.Account) string {
		list, err := e.School.Certificates(t.Context(), a.ID)
		if err != nil || len(list) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		return list[0].Register
	}
	bad := register(people[1])

	shown := e.staff.get(at).want(200)
	if got := shown.one("#left-out"); !strings.Contains(got, "Không in được 1 giấy chứng nhận") || !strings.Contains(got, bad+" · "+asTakenBefore+": Không in được ký tự U+0410") {
		t.Errorf("before the file: %q", got)
	}
	if n := pages(e.staff.get(at + "/print.pdf").want(200).Body); n != 3 { // the list, and two certificates
		t.Errorf("the file has %d pages", n)
	}
	if got := e.told("export.batch"); len(got) != 1 || !strings.HasPrefix(got[0].Note, "2 ") || !strings.Contains(got[0].Note, "không in được: "+bad) {
		t.Errorf("the trail says %+v", got)
	}
	if pdf := e.staff.get("/registers/2026/book.pdf").want(200).Body; !strings.HasPrefix(pdf, "%PDF") {
		t.Errorf("the book is %.20q", pdf)
	}

	signing := e.staff.get("/registers/signing").want(200)
	if got := signing.one("#left-out"); !strings.Contains(got, bad) {
		t.Errorf("before the file to sign: %q", got)
	}
	data := []byte(e.staff.get(signing.attr("a[download]", "href")).want(200).Body)
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(z.File) != 4 { // that of newEarned, two of these, the list
		t.Fatalf("%v, %d files", err, len(z.File))
	}
	list := ""
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, ".txt") {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(r)
			list += string(text)
		}
	}
	if !strings.Contains(list, bad+"  "+asTakenBefore+", Thư viện xã") || !strings.Contains(list, "U+0410") {
		t.Errorf("the list in the file: %q", list)
	}
	// handed in again as it is, the list is no file that was refused
	back := e.staff.sends("/registers/signing", url.Values{"province": {"08"}}, sentFile{"file", "lai.zip", data}).want(200)
	if got := back.one("#taken + [role=status]"); got != "Đã nhận 0 trong 3 tệp." {
		t.Errorf("told %q", got)
	}
}

// Where nothing can be printed there is no file, and the sentence names what it would have held.
func TestAFileOfNothingIsNone(t *testing.T) {
	e := newEarned(t)
	issuer := url.Values{"name": {"Thư viện tỉnh"}, "head": {"Giám đốc"}, "capacity": {"Giám đốc"}, "town": {"Tuyên Quang"}, "hold": {"1"}}
	e.staff.post("/admin/issuers/08", issuer).want(303)
	anh := e.person("Lò Thị Anh", "00715")
	e.renamed(anh.ID, asTakenBefore)
	e.finish(anh)
	decision := url.Values{"province": {"08"}, "id": {e.staff.get("/registers").want(200).attr("input[name=id]", "value")}, "decision": {"125/QĐ-TVT"}, "on": {"2026-12-01"}, "due": {anh.ID + "/K1/01"}}
	at := e.staff.post("/registers", decision).leads()
	e.Background.Running.Wait()
	if got := e.staff.get(at + "/print.pdf").want(422).text(); !strings.Contains(got, "Không in được giấy nào trong tệp này: số 08/2026/000002") {
		t.Errorf("told %s", got)
	}
	signing := e.staff.get("/registers/signing?batch=" + strings.TrimPrefix(at, "/registers/")).want(200)
	if got := e.staff.get(signing.attr("a[download]", "href")).want(422).text(); !strings.Contains(got, "Không in được giấy nào trong tệp này") {
		t.Errorf("told %s", got)
	}
	if got := e.told("export."); len(got) != 0 {
		t.Errorf("the trail tells of files that nobody got: %+v", got)
	}
}

// What cannot be printed is said to who can do something about it; work that comes round is not held up by it each
// time.
func TestAnUnprintableCertificateHoldsUpNoWork(t *testing.T) {
	e := newEarned(t)
	anh := e.person("Lò Thị Anh", "00715")
	e.renamed(anh.ID, asTakenBefore)
	e.finish(anh)
	e.Background.Running.Wait()
	if err := e.Settle(t.Context()); err != nil {
		t.Errorf("settling fails: %v", err)
	}
	list, err := e.School.Certificates(t.Context(), anh.ID)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if got := e.as(anh).get("/certificates/" + list[0].Code + ".pdf").want(422).text(); !strings.Contains(got, fmt.Sprintf("%#U", '\u0410')) {
		t.Errorf("the paper itself: %s", got)
	}
}

// A certificate whose unit no paper has is issued again with the unit that the roster has by then; one that could be
// printed keeps the unit that it was earned in.
func TestAnUnprintableUnitIsIssuedAgainAsTheRosterHasIt(t *testing.T) {
	e := newEarned(t)
	anh := e.person("Lò Thị Anh", "00715")
	library := func(person, library string) {
		_, err := store.Update(t.Context(), e.Store, roster.PersonKind, person, func(p *roster.Person) error { p.Library = library; return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	library(anh.ID, "Thư viện \u0410 Lưới")
	e.finish(anh)
	list, err := e.School.Certificates(t.Context(), anh.ID)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	for code, want := range map[string]string{list[0].Code: "Thư viện A Lưới", e.code: "Thư viện xã"} {
		e.learner.get("/certificates/" + e.code + ".pdf").want(200)
		library(anh.ID, "Thư viện A Lưới")
		library(e.mai.ID, "Thư viện khác")
		for range 2 { // pressed twice
			to := e.staff.post("/certificates/"+code+"/reissue", url.Values{"reason": {"damaged"}}).want(303).leads()
			made := strings.TrimPrefix(strings.TrimSuffix(to, "/register?done=reissued"), "/certificates/")
			if got := e.staff.get("/certificates/" + made + "/register").want(200).text(); !strings.Contains(got, want) {
				t.Errorf("%q is not in %s", want, got)
			}
			e.staff.get("/certificates/" + made + ".pdf").want(200)
		}
	}
}
