package server

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store/sqlite/sqlitetest"
	"lopban/courses/store/storetest"
)

func TestAuthorSeesEachCourseOnce(t *testing.T) {
	p := newBoard(t) // K1 done by two, K2 by one
	if _, err := p.Desk.Open(t.Context(), "K2", "trainer"); err != nil {
		t.Fatal(err)
	}
	p.trainer.post("/author", fields("course", "K7", "strand", "library-service", "vi", "Khóa bảy")).want(303)
	shown := p.trainer.get("/author").want(200)
	rows := shown.find("table.data tbody tr")
	for i, want := range []string{
		"Khóa ngắn K2 K2 · Đang soạn Lỗi được báo Khuyến đọc K2@1, 05/12/2026 2 1 1 Xem 6 câu",
		"Khóa bảy K7 · Đang soạn Dịch vụ thư viện – – – – –",
		"Khóa ngắn K1 K1 · Chưa có bản nháp Lỗi được báo Dịch vụ thư viện K1@1, 05/12/2026 2 2 2 Xem 6 câu",
	} {
		if len(rows) != 3 || textOf(rows[i]) != want {
			t.Errorf("%d: %q", i, textOf(rows[i]))
		}
	}
	if got := len(shown.find(`main a[href="/author/K1"]`)); got != 1 || len(shown.find("pre")) != 0 {
		t.Errorf("K1 is there %d times: %s", got, shown.text())
	}
}

// However many people learn, the pages for trainers read as much, and say how many they are.
func TestPagesOfCoursesReadTheSameHoweverManyLearn(t *testing.T) {
	m := &storetest.Meter{Store: sqlitetest.Open(t, programme.Kinds()...)}
	p := provinceOn(newSiteOn(t, m))
	v := p.publish(shortCourse("K1", courses.LibraryService))
	learn := func(from, to int) { // every second of them to the end
		var begun, earned []any
		for n := from; n < to; n++ {
			person := fmt.Sprintf("P%04d", n)
			e := courses.Enrolment{ID: courses.EnrolmentID(person, v.Course, 1), Person: person, Course: v.Course, Cycle: 1, Version: v.ID, RecordedAt: p.now()}
			begun = append(begun, &e)
			if n%2 == 0 {
				earned = append(earned, &courses.Certificate{ID: e.ID, Person: person, Course: v.Course, Code: person, Register: person, IssuedAt: p.now()})
			}
		}
		done(t, m.Insert(t.Context(), school.EnrolmentKind, begun...))
		done(t, m.Insert(t.Context(), school.CertificateKind, earned...))
	}
	look := func(path, selector, want string) string {
		t.Helper()
		p.trainer.get(path).want(200) // what is remembered is filled
		m.Read()
		if got := textOf(p.trainer.get(path).want(200).find(selector)[0]); !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
		calls, documents := m.Read()
		return fmt.Sprintf("%d calls and %d documents", calls, documents)
	}
	list := func(n string) string { return look("/author", "table.data tbody tr", "K1@1, 05/12/2026 2 "+n) }
	figures := func(n string) string {
		return look("/author/K1/figures", "main p.text", "500 học viên mới nhất trong "+n)
	}
	hours := func() {
		p.pass(2 * time.Hour)
		done(t, school.KeepUptake(t.Context(), p.Store, p.now()))
	}
	learn(0, 600)
	list("600 300")
	figures("600")
	hours()
	few := []string{list("600 300"), figures("600")}
	learn(600, 1500)
	list("1.500 750") // what came just now too
	figures("1.500")
	hours()
	if many := []string{list("1.500 750"), figures("1.500")}; !slices.Equal(few, many) {
		t.Errorf("with 600 learners %q, with 1,500 %q", few, many)
	}
}

// The version of a retired course leads to its versions: its page is there for nobody who looks for courses.
func TestARetiredCourseLeadsToItsVersions(t *testing.T) {
	d := newDesk(t)
	office := d.as(d.account("", "Ngô Thu Trang", "", roster.Office))
	office.post("/author/K1/versions", fields("do", "retire", "note", "Đã cũ")).want(303)
	to := d.lan.get("/author").want(200).attr("td[data-label='Bản, ngày phát hành'] a", "href")
	if to != "/author/K1/versions" {
		t.Errorf("K1@1 leads to %s", to)
	}
	d.lan.get(to).want(200)
}

func TestAuthorWithoutCoursesIsToldHowToBegin(t *testing.T) {
	p := newProvince(t)
	shown := p.trainer.get("/author").want(200)
	if len(shown.find(".note")) != 1 || !strings.Contains(shown.one(".note"), "Hãy bắt đầu một khóa mới") {
		t.Errorf("%s", shown.text())
	}
	p.publish(shortCourse("K1", courses.LibraryService))
	if got := p.trainer.get("/author/K1/figures").want(200); len(got.find("main .note")) != 1 || len(got.find("table")) != 0 {
		t.Errorf("a course that nobody began: %s", got.text())
	}
}
