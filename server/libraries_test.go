package server

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"lopban/courses/libraries"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/store/sqlite"
	"lopban/courses/store/storetest"
	"lopban/courses/targets"
)

// Staff take over the libraries of their roster, recognise one, report two years, and take an entry back; the targets
// of the Decision follow on the screen and in the API, and the trail tells of each step.
func TestTheTargetsFollowFromWhatStaffEnterOfLibraries(t *testing.T) {
	p := newBoard(t)
	office := p.office
	empty := p.staff.get("/indicators").want(200)
	for key, want := range map[string]string{"training": "1 / 2 50,0 %", "model": "0 / 124 0,0 %", "coordinating": "– –", "readers": "– –"} {
		if got := empty.one("#target-" + key); !strings.Contains(got, want) {
			t.Errorf("before anything was entered %s says %q", key, got)
		}
	}
	page := p.staff.get("/libraries").want(200)
	take := page.attr(`input[name="take"]`, "value")
	if take == "" || !strings.Contains(page.one("#offers"), "xã Lũng Cú") {
		t.Fatalf("the library of the roster is not offered: %s", page.text())
	}
	p.staff.post("/libraries/offers?province=08", url.Values{"on": {"2024-12-30"}}).want(422)
	p.staff.post("/libraries/offers?province=08", url.Values{"on": {"2024-12-30"}, "take": {take}}).want(303)
	if len(p.staff.get("/libraries").want(200).find("#offers")) != 0 {
		t.Error("what was entered is offered again")
	}
	at := "/libraries/" + take
	if got := p.staff.post("/libraries?province=08", url.Values{"name": {" "}, "commune": {lungCu}, "on": {"2026-01-01"}}).want(422).text(); !strings.Contains(got, "Thiếu tên đơn vị") {
		t.Errorf("a library without a name: %s", got)
	}
	p.staff.post("/libraries?province=08", url.Values{"name": {"Tủ sách thôn Thèn Pả"}, "commune": {lungCu}, "on": {"01/02/2026"}}).want(303)
	if got := p.staff.post(at, url.Values{"do": {"models"}, "on": {"2026-03-01"}}).want(422).text(); !strings.Contains(got, "Hãy ghi căn cứ") {
		t.Errorf("the model without evidence: %s", got)
	}
	p.staff.post(at, url.Values{"do": {"models"}, "on": {"2026-03-01"}, "evidence": {"QĐ 45/QĐ-UBND"}}).want(303)
	for year, readers := range map[string]string{"2025": "1.000", "2026": "1090"} {
		p.staff.post(at, url.Values{"do": {"report"}, "year": {year}, "readers": {readers}, "evidence": {"BC " + year}, "coordinating": {"yes"}, "way": {"mobile", "online"}}).want(303)
	}
	if got := p.staff.post(at, url.Values{"do": {"report"}, "year": {"2026"}, "readers": {"nhiều"}, "evidence": {"BC"}}).want(422).text(); !strings.Contains(got, "là số nguyên từ 0 đến") {
		t.Errorf("readers in words: %s", got)
	}

	for _, who := range []*client{p.staff, office} {
		shown := who.get("/indicators?by=present&province=08").want(200)
		for key, want := range map[string]string{"training": "1 / 2 50,0 %", "model": "1 / 124 0,8 %", "coordinating": "1 / 2 50,0 %", "readers": "1.090 / 1.000 +9,0 % +10 %, 31/12/2026 10 người sử dụng"} {
			if got := shown.one("#target-" + key); !strings.Contains(got, want) {
				t.Errorf("%s says %q, want %q", key, got, want)
			}
		}
	}
	var f libraries.Figures
	office.get("/api/v1/indicators?by=programme").want(200).json(&f)
	if f.Model != (libraries.Share{Done: 1, Of: 764}) || f.Coordinating != (libraries.Share{Done: 1, Of: 2}) || f.Readers != (libraries.Growth{Before: 1000, Now: 1090, Libraries: 1}) || len(f.Rows) != 14 || f.By != roster.Programme || f.AsOf != targets.DayOf(p.now()) {
		t.Errorf("the API has %+v", f)
	}
	all := office.get("/indicators?by=programme&show=model").want(200)
	if n := len(all.find("svg.tiles > a > svg")); n != 14 {
		t.Errorf("%d tiles", n)
	}
	if got := all.one("#tiles-says"); !strings.Contains(got, "Hà Giang 1,3 %; Tuyên Quang 0,0 %") {
		t.Errorf("the map in words: %s", got)
	}
	if got := p.learner.get("/indicators").want(200); len(got.find("svg.tiles a")) != 0 || strings.Contains(got.text(), "Thèn Pả") {
		t.Error("a learner is led into a province, or reads of a library")
	}

	trend := p.staff.get("/indicators").want(200)
	if got := trend.one("#trend-says"); !strings.HasSuffix(got, "05/12/2026 50,0 %") {
		t.Errorf("the trend in words: %s", got)
	}
	if len(p.learner.get("/indicators").want(200).find("svg.trend")) != 0 {
		t.Error("a learner reads the past")
	}
	of := p.staff.get(at).want(200).attr(`input[name="of"]`, "value") // of the newest report
	p.staff.post(at, url.Values{"do": {"undoes"}, "of": {of}}).want(303)
	shown := p.staff.get(at).want(200)
	if got := shown.one("tr.gone"); !strings.Contains(got, "Đã bỏ") || !strings.Contains(got, "Hoàng Văn Kiên") {
		t.Errorf("what was taken back says %q", got)
	}
	trail := office.get("/admin/audit?about=library").want(200).text()
	for _, want := range []string{"Nhập thư viện từ danh sách người", "Ghi nhận thư viện theo mô hình", "Nhập số liệu năm của thư viện", "Bỏ một mục nhập sai của thư viện"} {
		if !strings.Contains(trail, want) {
			t.Errorf("the trail does not tell of %q", want)
		}
	}
}

// Readers of a year are typed as people write them: groups of three may be parted. Whatever could mean another number
// is refused at its field, and nothing is kept of it.
func TestReadersAreReadAsTheyAreWritten(t *testing.T) {
	p := newProvince(t)
	at, _, _ := strings.Cut(p.staff.post("/libraries?province=08", url.Values{"name": {"Tủ sách"}, "commune": {lungCu}, "on": {"2025-01-01"}}).leads(), "?")
	report := func(readers string) *reply {
		return p.staff.post(at, url.Values{"do": {"report"}, "year": {"2026"}, "readers": {readers}, "evidence": {"BC " + readers}})
	}
	for _, typed := range []string{"12.5", "1,5", "1 5", "+5", "-5", "12.50", "1.0000", "1234.567", "1.000,500", "1.000 000", ".500", "0.125", "1.", "5 người", "٣", "1e3", "99999999999999999999", ""} {
		if r := report(typed).want(422); !strings.Contains(r.one("#report-readers-fault"), "là số nguyên từ 0 đến") {
			t.Errorf("%q: %s", typed, r.text())
		}
	}
	id := strings.TrimPrefix(at, "/libraries/")
	for typed, want := range map[string]int{"0": 0, " 25 ": 25, "1250": 1250, "1.250": 1250, "1,251": 1251, "1 252": 1252, "12\u00a0500": 12500, "12\u202f501": 12501, "1.000.000": 1000000} {
		report(typed).want(303)
		l, err := p.Libraries.Get(t.Context(), id)
		if y, ok := l.Of(2026); err != nil || !ok || y.Readers != want {
			t.Errorf("%q is kept as %d, want %d (%v)", typed, y.Readers, want, err)
		}
	}
	if got := strings.Count(p.staff.get(at).want(200).text(), "Đã thay bằng số liệu nhập sau"); got != 8 {
		t.Errorf("of nine figures of one year %d are marked as replaced", got)
	}
}

// A library that may be one that is there under another name is offered with a word, and not ticked.
func TestALibraryThatMayBeThereIsNotTicked(t *testing.T) {
	p := newProvince(t)
	p.person("Vàng Thị Mai", lungCu)
	offers, err := p.Libraries.Offers(t.Context(), "08")
	if err != nil || len(offers) == 0 {
		t.Fatal(offers, err)
	}
	ticked := len(p.staff.get("/libraries?province=08").want(200).find("#offers input[checked]"))
	first := offers[0]
	p.staff.post("/libraries?province=08", url.Values{"name": {"Tên khác hẳn"}, "commune": {first.Commune}, "kind": {first.Kind}, "on": {"2025-01-01"}}).want(303)
	shown := p.staff.get("/libraries?province=08").want(200)
	if got := len(shown.find("#offers input[checked]")); ticked != len(offers) || got >= ticked || !strings.Contains(shown.one("#offers"), "đã có “Tên khác hẳn”") {
		t.Errorf("%d of %d were ticked, now %d: %s", ticked, len(offers), got, shown.one("#offers"))
	}
}

// A library is told of in the trail of its own province, whatever the address says; to staff a commune elsewhere is a
// mistake of the form.
func TestALibraryIsToldOfWhereItIs(t *testing.T) {
	p := newProvince(t)
	began := len(p.trail())
	p.adm.post("/libraries?province=04", url.Values{"name": {"Tủ sách"}, "commune": {lungCu}, "on": {"2026-01-01"}}).want(303)
	if told := p.trail()[began:]; len(told) != 1 || told[0].Province != "08" {
		t.Errorf("the trail tells %+v", told)
	}
	refused := p.staff.post("/libraries?province=08", url.Values{"name": {"Tủ sách xa"}, "commune": {elsehere}, "on": {"2026-01-01"}}).want(422)
	if got := refused.one("#one-commune-fault"); !strings.Contains(got, "Xã này không thuộc tỉnh bạn quản lý") {
		t.Errorf("a commune elsewhere: %q", got)
	}
}

// Of the libraries of the roster one was entered by somebody else meanwhile, and the batch is cut off after whatever
// write: pressed again, the others are all entered, and each is told once, under the name of who entered it.
func TestLibrariesOfTheRosterAreEnteredAndToldOnce(t *testing.T) {
	for writes := 0; ; writes++ {
		st, err := sqlite.Open(t.TempDir(), programme.Kinds()...)
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		cut := storetest.NewCut(st)
		p := provinceOn(newSiteOn(t, cut))
		mai, kien := p.account("", "Lù Thị Mai", "08", roster.Staff), p.account("", "Hoàng Văn Kiên", "08", roster.Staff)
		other, staff := p.as(mai), p.as(kien)
		var docs []any
		form := url.Values{"on": {"2024-12-30"}}
		for i, name := range []string{"Tủ sách thôn Một", "Tủ sách thôn Hai", "Tủ sách thôn Ba"} {
			docs = append(docs, &roster.Person{ID: fmt.Sprintf("P%09d", i), Name: "Sùng A Páo", Library: name, Kind: roster.KindOf(name), Commune: lungCu, Province: "08", Programme: "02", Active: true})
			form.Add("take", libraries.ID(lungCu, name))
		}
		if err := st.Insert(t.Context(), roster.PersonKind, docs...); err != nil {
			t.Fatal(err)
		}
		other.post("/libraries?province=08", url.Values{"name": {"Tủ sách thôn Hai"}, "commune": {lungCu}, "on": {"2024-12-30"}}).want(303)
		cut.After(writes)
		first := staff.post("/libraries/offers?province=08", form)
		was := cut.Was()
		cut.Mend()
		if was == (first.Status == 303) {
			t.Fatalf("cut after %d writes: %d", writes, first.Status)
		}
		staff.post("/libraries/offers?province=08", form).want(303)
		by := map[string]int{}
		for _, e := range p.trail() {
			if strings.HasPrefix(e.Action, "library.") {
				by[e.By+" "+e.Action+" "+e.Note+" "+e.Province]++
			}
		}
		want := map[string]int{mai.ID + " library.opens Tủ sách thôn Hai 08": 1, kien.ID + " library.roster Tủ sách thôn Một 08": 1, kien.ID + " library.roster Tủ sách thôn Ba 08": 1}
		if !maps.Equal(by, want) {
			t.Errorf("cut after %d writes: the trail tells %v, want %v", writes, by, want)
		}
		if !was {
			break
		}
	}
}

// meanwhile is a store in which something happens right after the people of the roster were read.
type meanwhile struct {
	store.Store
	happens func()
}

func (m *meanwhile) Find(ctx context.Context, k *store.Kind, q store.Query, each func(store.Row) error) error {
	err := m.Store.Find(ctx, k, q, each)
	if now := m.happens; k == roster.PersonKind && now != nil {
		m.happens = nil
		now()
	}
	return err
}

// Somebody else enters a library between the look at the roster and the entry: the rest are entered all the same.
func TestALibraryThatSomebodyEntersMeanwhileIsPassedOver(t *testing.T) {
	communes := []string{lungCu, "00715"}
	for _, theirs := range communes { // whichever comes first
		st, err := sqlite.Open(t.TempDir(), programme.Kinds()...)
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		m := &meanwhile{Store: st}
		p := provinceOn(newSiteOn(t, m))
		p.person("Lò Thị Na", communes[1])
		form := url.Values{"on": {"2024-12-30"}}
		for _, commune := range communes {
			form.Add("take", libraries.ID(commune, "Thư viện xã"))
		}
		m.happens = func() {
			if _, err := p.Libraries.Open(t.Context(), roster.Operator(), libraries.Entry{Name: "Thư viện xã", Commune: theirs, On: roster.Day(begun)}); err != nil {
				t.Error(err)
			}
		}
		p.staff.post("/libraries/offers?province=08", form).want(303)
		if m.happens != nil {
			t.Fatal("nothing came between")
		}
		if n := len(p.staff.get("/libraries").want(200).find(`input[name="take"]`)); n != 0 {
			t.Errorf("%d are still offered", n)
		}
	}
}

// What nobody knows, and what is another province's, is nothing to enter. At most as many are taken as are shown.
func TestTicksOfNoLibraryAreRefused(t *testing.T) {
	p := newProvince(t)
	far := libraries.ID(elsehere, "Thư viện xã")
	p.otherStaff.post("/libraries/offers?province=04", url.Values{"on": {"2024-12-30"}, "take": {far}}).want(303)
	for _, take := range [][]string{nil, {"x"}, {far}, {"", "../x"}} {
		if got := p.staff.post("/libraries/offers?province=08", url.Values{"on": {"2024-12-30"}, "take": take}).want(422).text(); !strings.Contains(got, "Chưa chọn thư viện nào") {
			t.Errorf("%q: %s", take, got)
		}
	}
	var docs []any
	var take []string
	for i := range 501 {
		name := fmt.Sprintf("Tủ sách thôn %d", i)
		docs = append(docs, &roster.Person{ID: fmt.Sprintf("P%09d", i), Name: "Sùng A Páo", Library: name, Kind: roster.KindOf(name), Commune: lungCu, Province: "08", Programme: "02", Active: true})
		take = append(take, libraries.ID(lungCu, name))
	}
	if err := p.Store.Insert(t.Context(), roster.PersonKind, docs...); err != nil {
		t.Fatal(err)
	}
	shown := p.staff.get("/libraries").want(200)
	if n := len(shown.find(`input[name="take"]`)); n != 500 || !strings.Contains(shown.one("#offers"), "500 thư viện đầu tiên") {
		t.Errorf("%d libraries are offered at once", n)
	}
	if got := p.staff.post("/libraries/offers?province=08", url.Values{"on": {"2024-12-30"}, "take": take}).want(422).text(); !strings.Contains(got, "tối đa 500 thư viện") {
		t.Errorf("501 at once: %s", got)
	}
}

// A commune that the province does not have is said to be none, and has no empty list.
func TestLibrariesOfNoCommuneAreNone(t *testing.T) {
	p := newProvince(t)
	p.staff.get("/libraries?commune=" + lungCu).want(200)
	for _, code := range []string{"00000", elsehere, "<b>"} {
		if got := p.staff.get("/libraries?commune=" + url.QueryEscape(code)).want(422).text(); !strings.Contains(got, "Tỉnh này không có xã, phường nào là “"+code+"”") {
			t.Errorf("%s: %s", code, got)
		}
	}
}

// The rows of the screen leave as files, which can be verified from themselves; a spreadsheet adds them up.
func TestTheTargetsLeaveAsFiles(t *testing.T) {
	p := newBoard(t)
	for i, name := range []string{"Thư viện xã Lũng Cú", "Tủ sách thôn Thèn Pả"} {
		at := p.staff.post("/libraries?province=08", url.Values{"name": {name}, "commune": {lungCu}, "on": {"2025-01-01"}}).leads()
		at, _, _ = strings.Cut(at, "?")
		p.staff.post(at, url.Values{"do": {"report"}, "year": {"2025"}, "readers": {"100"}, "evidence": {"BC"}}).want(303)
		p.staff.post(at, url.Values{"do": {"report"}, "year": {"2026"}, "readers": {fmt.Sprint(90 + 30*i)}, "evidence": {"BC"}, "coordinating": {"yes"}, "way": {"mobile"}}).want(303)
	}
	file := "/api/v1/reports/indicators."
	csv, about := csvFile(p.staff.get(file + "csv?by=present&province=08").want(200))
	xlsx, _ := xlsxFile(p.staff.get(file + "xlsx?by=present&province=08").want(200))
	at := slices.IndexFunc(csv, func(r []string) bool { return r[0] == lungCu })
	if got := strings.Join(csv[at], " "); len(csv) != 124 || got != lungCu+" xã Lũng Cú 0 1 0.0 2 2 100.0 2 1 2 50.0 200 210 5.0" {
		t.Errorf("%d rows, that of Lũng Cú %q", len(csv), got)
	}
	if about["Chỉ tính: Năm"] != "2026" {
		t.Errorf("the file does not say the year: %v", about)
	}
	for i, row := range xlsx {
		for k, cell := range row {
			if want := strings.TrimSuffix(csv[i][k], ".0"); cell != want {
				t.Fatalf("row %d: %q, and %q in CSV", i, row, csv[i])
			}
		}
	}
	for _, format := range []string{"csv", "xlsx", "json"} {
		v, err := targets.Verify(strings.NewReader(p.staff.get(file+format+"?by=present&province=08&year=2025").want(200).Body), format)
		if err != nil || !v.Intact() || v.Report != "indicators" || v.Rows != 124 {
			t.Errorf("%s: %+v, %v", format, v, err)
		}
	}
	x, err := excelize.OpenReader(strings.NewReader(p.office.get(file + "xlsx?by=programme").want(200).Body))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for cell, want := range map[string]string{"D19": "764", "F19": "2", "G19": "2", "J19": "1", "K19": "3", "M19": "200", "N19": "210"} {
		if got, err := x.CalcCellValue(x.GetSheetList()[0], cell); got != want {
			t.Errorf("%s is %q, want %s (%v)", cell, got, want, err)
		}
	}
	if n := len(p.staff.get("/indicators").want(200).find(`a[href^="/api/v1/reports/indicators."]`)); n != 3 {
		t.Errorf("%d files on the page", n)
	}
}

// A program that asks again for figures it has gets nothing but the word that they are the same, until they are not.
func TestFiguresThatAProgramHasAreNotSentAgain(t *testing.T) {
	p := newBoard(t)
	for _, path := range []string{"/api/v1/board?by=present&province=08", "/api/v1/indicators?by=present&province=08", "/api/v1/periods"} {
		first := p.staff.get(path).want(200)
		tag := first.Header.Get("ETag")
		if again := p.staff.with("GET", path, "", "", "If-None-Match", `"other", `+tag).want(304); tag == "" || again.Body != "" || again.Header.Get("ETag") != tag {
			t.Errorf("%s: %q, then %q with %q", path, tag, again.Header.Get("ETag"), again.Body)
		}
		p.staff.with("GET", path, "", "", "If-None-Match", `W/"other"`).want(200)
	}
	path := "/api/v1/indicators?by=present&province=08"
	tag := p.staff.get(path).want(200).Header.Get("ETag")
	p.staff.post("/libraries?province=08", url.Values{"name": {"Tủ sách"}, "commune": {lungCu}, "on": {"2025-01-01"}}).want(303)
	if now := p.staff.with("GET", path, "", "", "If-None-Match", tag).want(200).Header.Get("ETag"); now == tag {
		t.Error("other figures have the same tag")
	}
	if other := p.otherStaff.with("GET", path, "", "", "If-None-Match", tag); other.Status != 404 {
		t.Errorf("a tag lets somebody learn that it is right: %d", other.Status)
	}
}
