package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"lopban/courses/roster"
	"lopban/courses/store"
)

// upload sends a file as the import page does.
func (c *client) upload(name string, data []byte, fields ...string) *reply {
	c.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		if err := form.WriteField(fields[i], fields[i+1]); err != nil {
			c.t.Fatal(err)
		}
	}
	file, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = file.Write(data)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return c.do(http.MethodPost, "/roster/import", form.FormDataContentType(), &body)
}

// imported waits for the end of an import and gives its page.
func (c *client) imported(path string) *reply {
	c.t.Helper()
	deadline := time.Now().Add(10 * time.Minute)
	for time.Now().Before(deadline) {
		page := c.get(path).want(200)
		if page.Header.Get("Refresh") == "" {
			return page
		}
		if len(page.find("progress[max]")) != 1 {
			c.t.Fatalf("a page that comes again shows no progress: %s", page.text())
		}
		time.Sleep(20 * time.Millisecond)
	}
	c.t.Fatal("the import does not end")
	return nil
}

// counts are the numbers on top of a page of an import: new, changed, moved, same, problems.
func (r *reply) counts() string {
	r.t.Helper()
	var all []string
	for _, n := range r.find(".counts b") {
		all = append(all, textOf(n))
	}
	return strings.Join(all, " ")
}

const columns = "Họ và tên,Số điện thoại,Chức vụ,Đơn vị công tác,Xã/phường,Ngày bắt đầu\n"

// people counts the people and the postings of the store.
func (s *visited) people() string {
	s.t.Helper()
	var n []int
	for _, k := range []*store.Kind{roster.PersonKind, roster.PostingKind} {
		groups, err := s.store.Count(s.t.Context(), k, store.Query{})
		if err != nil {
			s.t.Fatal(err)
		}
		n = append(n, groups[0].N)
	}
	return fmt.Sprint(n)
}

func TestImportWritesWhatWasSeenAndOnlyThen(t *testing.T) {
	p := newProvince(t)
	file := columns +
		"Sùng Mí Pó,0912000001,Thủ thư,Thư viện xã Lũng Cú,Lũng Cú,01/12/2026\n" + // new
		"Vàng Thị Mỷ,0912000002,Thủ thư,Thư viện xã,Lũng Cú,\n" + // a number more
		"Giàng A Dua,,Thủ thư,Thư viện xã,Đồng Văn,05/12/2026\n" + // a namesake in another commune
		"Lý Thị Mai,12345,Thủ thư,Thư viện xã,Lũng Cú,31/02/2026\n" + // two cells that are wrong
		"Ly Thi Hoa,,Thủ thư,Thư viện xã,Lũng Cúu,\n" // no such commune
	before := p.people()
	path := p.staff.upload("Danh sách.csv", []byte(file)).leads()
	page := p.staff.get(path).want(200)
	if got := page.counts(); got != "2 1 0 0 2" {
		t.Errorf("counts %s in %s", got, page.text())
	}
	if got := page.one("form button.button"); got != "Nhập 3 người" {
		t.Errorf("the button says %q", got)
	}
	var marked []string
	for _, n := range page.find("td.cell-bad") {
		marked = append(marked, textOf(n))
	}
	if !slices.Equal(marked, []string{"B5 12345", "F5 31/02/2026", "E6 Lũng Cúu"}) {
		t.Errorf("cells marked: %q", marked)
	}
	if got := page.text(); !strings.Contains(got, "Lũng Cú (00715)") || !strings.Contains(got, "không phải số điện thoại") || strings.Contains(got, "%!") {
		t.Errorf("no sentence or suggestion: %s", got)
	}
	if got := page.one("ins"); got != "0912000002" {
		t.Errorf("the change is to %q", got)
	}
	if got := p.people(); got != before {
		t.Fatalf("looking wrote: %s, before %s", got, before)
	}

	// Pressed twice, it is done once.
	for range 2 {
		if got := p.staff.post(path, nil).leads(); got != path {
			t.Errorf("leads to %s", got)
		}
	}
	page = p.staff.imported(path)
	if got := page.counts(); got != "2 1 0 0 2" || page.one("h1") != "Đã nhập 3 người" {
		t.Errorf("done: %s, %s", got, page.one("h1"))
	}
	if n := p.audited("roster.import"); n != 1 {
		t.Errorf("%d entries in the audit trail", n)
	}
	after := p.people()
	if after != "[5 5]" {
		t.Errorf("people and postings: %s", after)
	}
	p.staff.post(path, nil).leads()
	if got := p.staff.imported(path).counts(); got != "2 1 0 0 2" || p.people() != after {
		t.Errorf("pressed again when done: %s, %s", got, p.people())
	}
	if f, err := p.board.Read(t.Context(), roster.Present, "08", time.Time{}); err != nil || f.Base != 4 {
		t.Errorf("the board counts %d, %v", f.Base, err)
	}
	if got := p.staff.get("/roster/import").want(200).one("table tbody a"); got != "Danh sách.csv" {
		t.Errorf("recent imports: %q", got)
	}

	// The rows that were left out can be mended and imported; the rest of the file is gone.
	left := p.staff.get(path + "/problems.csv").want(200).Body
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(left, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][0] != "Lý Thị Mai" || rows[1][6] != "5" || !strings.Contains(rows[1][7], "31/02/2026") {
		t.Fatalf("%q, %v", rows, err)
	}
	if strings.Contains(left, "Sùng") {
		t.Error("rows that were imported are kept")
	}
	mended := strings.NewReplacer("12345", "0912000003", "31/02/2026,", "28/02/2026,", "Lũng Cúu,", "Lũng Cú,").Replace(left)
	path = p.staff.upload("sửa.csv", []byte(mended)).leads()
	if got := p.staff.get(path).want(200).counts(); got != "2 0 0 0 0" {
		t.Errorf("mended: %s in %s", got, p.staff.get(path).text())
	}
}

func TestTheSameFileTwiceChangesNothing(t *testing.T) {
	p := newProvince(t)
	file := []byte(columns + "Sùng Mí Pó,0912000001,Thủ thư,Thư viện xã Lũng Cú,Lũng Cú,01/12/2026\nThào Thị Dợ,,,Tủ sách pháp luật Đồng Văn,Đồng Văn,\n")
	path := p.staff.upload("a.csv", file).leads()
	p.staff.post(path, nil).want(303)
	p.staff.imported(path)
	before := p.people()
	path = p.staff.upload("a.csv", file).leads()
	page := p.staff.get(path).want(200)
	if got := page.counts(); got != "0 0 0 2 0" || len(page.find("form[action='"+path+"']")) != 0 {
		t.Errorf("the second time: %s in %s", got, page.text())
	}
	p.staff.post(path, nil).want(303)
	p.staff.imported(path)
	if got := p.people(); got != before {
		t.Errorf("%s people and postings, before %s", got, before)
	}
}

func TestTheOwnExportImportedAgainChangesNothing(t *testing.T) {
	p := newProvince(t)
	if _, err := p.roll.Add(t.Context(), roster.Entry{Name: "Ly A Pó", Phone: "0912000009", Post: "=1+1", Library: "+Thư viện, “xã”", Kind: roster.LegalBookcase, Commune: lungCu, On: roster.Day(begun)}, "operator"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ format, kind string }{{"csv", "text/csv"}, {"xlsx", "application/vnd.openxmlformats"}} {
		for _, lang := range []string{"vi", "en"} {
			file := p.staff.get("/roster/export." + c.format + "?lang=" + lang).want(200)
			if !strings.HasPrefix(file.Header.Get("Content-Type"), c.kind) {
				t.Errorf("%s is %s", c.format, file.Header.Get("Content-Type"))
			}
			page := p.staff.get(p.staff.upload("x."+c.format, []byte(file.Body)).leads()).want(200)
			if got := page.counts(); got != "0 0 0 3 0" {
				t.Errorf("%s in %s: %s in %s", c.format, lang, got, page.text())
			}
			if strings.Contains(file.Body, "Nông Văn Thịnh") {
				t.Errorf("%s has people of another province", c.format)
			}
		}
	}
}

func TestABadFileIsRefusedWithASentence(t *testing.T) {
	p := newProvince(t)
	for _, c := range []struct {
		what, data, says string
	}{
		{"empty", " ", "trống"}, {"a picture", "\x89PNG\r\n\x1a\n\x00\x00", "Unicode"}, {"a PDF", "%PDF-1.7 ...", "không phải bảng tính"}, {"an old Excel file", "\xd0\xcf\x11\xe0 ...", ".xls"},
		{"a broken archive", "PK\x03\x04 ...", "hỏng"}, {"no titles", "a,b\nc,d\n", "tiêu đề"}, {"no rows", columns, "không có dòng nào"}, {"too large", strings.Repeat("x", 8<<20+1), "8 MB"},
	} {
		page := p.staff.upload("file", []byte(c.data)).want(422)
		if got := page.one(".note.bad"); !strings.Contains(got, c.says) || !strings.Contains(got, "không thay đổi") || strings.Contains(got, "%!") {
			t.Errorf("%s: %q", c.what, got)
		}
		if len(page.find("input[type=file]")) != 1 {
			t.Errorf("%s: the form is gone", c.what)
		}
	}
	if got := p.staff.post("/roster/import", url.Values{"province": {"08"}}).want(422).one(".note.bad"); !strings.Contains(got, "chưa chọn tệp") {
		t.Errorf("no file: %q", got)
	}
	if groups, err := p.store.Count(t.Context(), sheetKind, store.Query{}); err != nil || groups[0].N != 0 {
		t.Errorf("%d files kept, %v", groups[0].N, err)
	}
}

func TestImportsBelongToTheirProvince(t *testing.T) {
	p := newProvince(t)
	file := []byte(columns + "Sùng Mí Pó,,,Thư viện xã Lũng Cú,Lũng Cú,\nHỏng,,,,,\n")
	path := p.staff.upload("a.csv", file).leads()
	for _, c := range []struct {
		name   string
		who    *client
		status int // of the page of an import, and of applying it
		form   int // of the page that asks for a file
		file   int // of sending one for Tuyên Quang
	}{
		{"other staff", p.otherStaff, 404, 200, 422}, {"office", p.office, 404, 403, 403}, {"trainer", p.trainer, 403, 403, 403}, {"learner", p.learner, 403, 403, 403}, {"nobody", p.anyone(), 401, 303, 401},
	} {
		if got := c.who.get(path).Status; got != c.status && got != 303 {
			t.Errorf("%s reads an import: %d", c.name, got)
		}
		if got := c.who.get(path + "/problems.csv").Status; got != c.status && got != 303 {
			t.Errorf("%s reads its problems: %d", c.name, got)
		}
		if got := c.who.post(path, nil).Status; got != c.status {
			t.Errorf("%s applies it: %d", c.name, got)
		}
		if got := c.who.get("/roster/import").Status; got != c.form {
			t.Errorf("%s is asked for a file: %d", c.name, got)
		}
		if got := c.who.upload("b.csv", file, "province", "08").Status; got != c.file && got != 404 {
			t.Errorf("%s sends a file: %d", c.name, got)
		}
	}
	if got := p.people(); got != "[3 3]" {
		t.Errorf("people and postings: %s", got)
	}
	if groups, err := p.store.Count(t.Context(), uploadKind, store.Query{}); err != nil || groups[0].N != 1 {
		t.Errorf("%d uploads, %v", groups[0].N, err)
	}
	// An administrator chooses the province.
	p.adm.get("/roster/import").want(200)
	p.adm.upload("b.csv", file).want(422)
	p.adm.get(p.adm.upload("b.csv", file, "province", "08").leads()).want(200)
	p.staff.upload("b.csv", file, "province", "04").want(404)
}

func TestImportWhoseProcessDiedIsGoneOnWith(t *testing.T) {
	p := newProvince(t)
	var file strings.Builder
	file.WriteString(columns)
	for i := range 40 {
		fmt.Fprintf(&file, "Lý Văn %c%c,09130000%02d,,Thư viện xã,Lũng Cú,\n", 'A'+i/26, 'a'+i%26, i)
	}
	file.WriteString("Vàng Thị Mỷ Hoa,,,,,\n")
	text := strings.Replace(file.String(), "Họ và tên,", "Mã,Họ và tên,", 1)
	text = strings.ReplaceAll(text, "\nLý", "\n,Lý")
	text = strings.Replace(text, "\nVàng Thị Mỷ Hoa", "\n"+p.my.ID+",Vàng Thị Mỳ", 1)
	path := p.staff.upload("a.csv", []byte(text)).leads()
	page := p.staff.get(path).want(200)
	if got := page.counts(); got != "40 1 0 0 0" {
		t.Fatalf("counts %s in %s", got, page.text())
	}
	id := strings.TrimPrefix(path, "/roster/import/")

	// A process wrote the people, and died before it said so and before the board knew.
	im, err := p.preview(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.roll.Apply(t.Context(), im, "operator", nil); err != nil {
		t.Fatal(err)
	}
	_, err = store.Update(t.Context(), p.store, uploadKind, id, func(u *upload) error {
		u.State, u.Run, u.BeatAt, u.Total = "running", "dead", p.now(), 82
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.staff.get(path).want(200); got.Header.Get("Refresh") != "1" || len(got.find("progress")) != 1 {
		t.Errorf("while it seems alive: %s", got.text())
	}
	p.staff.post(path, nil).want(303)
	if got := p.staff.get(path); len(got.find("progress")) != 1 {
		t.Error("a run that seems alive was begun again")
	}
	p.pass(lifeless + time.Second)
	page = p.staff.get(path).want(200)
	if got := page.one("form button.button"); got != "Làm tiếp (41 người)" || page.Header.Get("Refresh") != "" {
		t.Errorf("the button says %q", got)
	}
	p.staff.post(path, nil).want(303)
	page = p.staff.imported(path)
	if got := page.counts(); got != "40 1 0 0 0" || p.people() != "[43 43]" {
		t.Errorf("gone on with: %s, %s", got, p.people())
	}
	if f, err := p.board.Read(t.Context(), roster.Present, "08", time.Time{}); err != nil || f.Base != 42 {
		t.Errorf("the board counts %d, %v", f.Base, err)
	}
	if got := p.learner.get("/").want(200).one("h1"); !strings.Contains(got, "Vàng Thị Mỳ") {
		t.Errorf("the account of a person whose name changed: %q", got)
	}
	if _, err := p.preview(t.Context(), id); err == nil {
		t.Error("the rows are still kept")
	}
}

func TestAStoppingServerLeavesAnImportToGoOnWith(t *testing.T) {
	p := newProvince(t)
	path := p.staff.upload("a.csv", []byte(columns+"Sùng Mí Pó,,,Thư viện xã Lũng Cú,Lũng Cú,\n")).leads()
	id := strings.TrimPrefix(path, "/roster/import/")
	u, err := store.Update(t.Context(), p.store, uploadKind, id, func(u *upload) error { u.State, u.Run, u.BeatAt = "running", "mine", p.now(); return nil })
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	p.runUpload(ended, u, "operator")
	page := p.staff.get(path).want(200)
	if got := page.one("form button.button"); got != "Làm tiếp (1 người)" || p.people() != "[3 3]" {
		t.Errorf("%q, %s", got, p.people())
	}
	// A run that was given up changes nothing any more.
	u.Run = "other"
	p.runUpload(ended, u, "operator")
	if now, err := store.Get[upload](t.Context(), p.store, uploadKind, id); err != nil || now.Run != "mine" {
		t.Errorf("%+v, %v", now, err)
	}
}

func TestRowsThatTheRosterOvertookAreLeftOut(t *testing.T) {
	p := newProvince(t)
	path := p.staff.upload("a.csv", []byte(columns+"Vàng Thị Mỷ,0912000002,,Thư viện xã,Lũng Cú,\nSùng Mí Pó,,,Thư viện xã Lũng Cú,Lũng Cú,\n")).leads()
	if _, err := p.roll.Correct(t.Context(), p.my.ID, roster.Details{Name: "Vàng Thị Mỷ", Phone: "0912999999", Kind: roster.OtherLibraryKind}); err != nil {
		t.Fatal(err)
	}
	p.staff.post(path, nil).want(303)
	page := p.staff.imported(path)
	if got := page.counts(); got != "1 0 0 0 1" || !strings.Contains(page.text(), "thay đổi sau khi bạn xem trước") {
		t.Errorf("%s in %s", got, page.text())
	}
	if person, err := p.roll.Person(t.Context(), p.my.ID); err != nil || person.Phone != "0912999999" {
		t.Errorf("%+v, %v", person, err)
	}
	if left := p.staff.get(path + "/problems.csv").want(200).Body; !strings.Contains(left, "Vàng Thị Mỷ,0912000002") {
		t.Errorf("the rows left out: %q", left)
	}
}

func TestFilesAreNotKept(t *testing.T) {
	p := newProvince(t)
	path := p.staff.upload("a.csv", []byte(columns+"Sùng Mí Pó,,,Thư viện xã Lũng Cú,Lũng Cú,\n")).leads()
	p.pass(sheetLife - time.Minute)
	if err := p.sweepUploads(t.Context()); err != nil {
		t.Fatal(err)
	}
	staff := p.as(*p.account2("Hoàng Thị Kiên"))
	if got := staff.get(path).want(200).counts(); got != "1 0 0 0 0" {
		t.Errorf("before a day has passed: %s", got)
	}
	p.pass(2 * time.Minute)
	if err := p.sweepUploads(t.Context()); err != nil {
		t.Fatal(err)
	}
	page := staff.get(path).want(200)
	if !strings.Contains(page.text(), "đã được xóa") || strings.Contains(page.text(), "Sùng") {
		t.Errorf("after a day: %s", page.text())
	}
	staff.post(path, nil).want(303)
	if p.people() != "[3 3]" {
		t.Error("a file that is gone was imported")
	}
	p.pass(uploadLife)
	if err := p.sweepUploads(t.Context()); err != nil {
		t.Fatal(err)
	}
	if groups, err := p.store.Count(t.Context(), uploadKind, store.Query{}); err != nil || groups[0].N != 0 {
		t.Errorf("%d uploads, %v", groups[0].N, err)
	}
}

// account2 is one more staff account of Tuyên Quang, for when the clock has moved on.
func (s *visited) account2(name string) *roster.Account {
	a := s.account("", name, "08", roster.Staff)
	return &a
}

func TestHostileCellsAreText(t *testing.T) {
	p := newProvince(t)
	hostile := `<img src=x onerror=alert(1)>`
	file := "Họ và tên,Đơn vị công tác,Xã/phường,Số điện thoại," + hostile + ",Ngày sinh\n" +
		"Sùng Mí Pó," + hostile + ",Lũng Cú,," + hostile + ",1990\n" +
		"\"=HYPERLINK(\"\"x\"\")\"," + hostile + "," + hostile + "," + hostile + ",,\n"
	path := p.staff.upload(hostile+".csv", []byte(file)).leads()
	page := p.staff.get(path).want(200)
	if n := len(page.find("main img, main [onerror]")); n != 0 {
		t.Errorf("a cell became %d elements", n)
	}
	if got := page.text(); !strings.Contains(got, hostile) || !strings.Contains(got, "không lưu loại thông tin này") {
		t.Errorf("%s", got)
	}
	for _, cell := range strings.Split(p.staff.get(path+"/problems.csv").want(200).Body, ",") {
		if strings.HasPrefix(strings.Trim(cell, `"`), "=") {
			t.Errorf("a cell that a spreadsheet calculates: %q", cell)
		}
	}
}

// How long 10,000 people take is measured by lopban bench.
func TestALongImportIsShownAndEnds(t *testing.T) {
	p := newProvince(t)
	communes := p.places.Communes(roster.Present, "08")
	var file bytes.Buffer
	file.WriteString(columns)
	const n = 2_500
	for i := range n {
		fmt.Fprintf(&file, "Lý Thị %c%c%c,09%08d,Thủ thư,Thư viện %s,%s,01/02/2020\n", 'A'+i%26, 'a'+i/26%26, 'a'+i/676, i, communes[i%len(communes)].Title(), communes[i%len(communes)].Code)
	}
	path := p.staff.upload("big.csv", bytes.Replace(file.Bytes(), []byte("Xã/phường"), []byte("Mã xã"), 1)).leads()
	page := p.staff.get(path).want(200)
	if got := page.counts(); got != "2.500 0 0 0 0" {
		t.Fatalf("counts %s", got)
	}
	if rows := len(page.find("tbody tr")); rows != shownRows {
		t.Errorf("%d rows shown", rows)
	}
	p.staff.post(path, nil).want(303)
	if got := p.staff.imported(path).counts(); got != "2.500 0 0 0 0" {
		t.Errorf("imported %s", got)
	}
	if f, err := p.board.Read(t.Context(), roster.Present, "08", time.Time{}); err != nil || f.Base != n+2 {
		t.Errorf("the board counts %d, %v", f.Base, err)
	}
}

// A preview that was kept before an upgrade is applied after it.
func TestPreviewsAreKeptWholeAndReadAsTheReleaseBeforeKeptThem(t *testing.T) {
	p := newProvince(t)
	path := p.staff.upload("a.csv", []byte("Họ và tên,Số điện thoại,Chức vụ,Đơn vị công tác,Xã/phường,Ngày bắt đầu\nLý Thị Sua,0912999888,Thủ thư,Thư viện xã Lũng Cú,Lũng Cú,01/03/2026\nSai,,,,Không Đâu,\n")).leads()
	im, err := p.preview(t.Context(), strings.TrimPrefix(path, "/roster/import/"))
	if err != nil || len(im.Rows) != 2 || im.Rows[1].Verdict != roster.Faulty {
		t.Fatalf("%+v, %v", im, err)
	}
	packed, err := pack(im)
	if err != nil {
		t.Fatal(err)
	}
	var before bytes.Buffer
	z := gzip.NewWriter(&before)
	if err := errors.Join(json.NewEncoder(z).Encode(im), z.Close()); err != nil {
		t.Fatal(err)
	}
	for what, kept := range map[string][]byte{"now": packed, "before": before.Bytes()} {
		if again, err := unpack(kept); err != nil || again.Hash() != im.Hash() || again.Key != im.Key {
			t.Errorf("as it is kept %s: %v, %+v", what, err, again)
		}
		if _, err := unpack(kept[:len(kept)-9]); err == nil {
			t.Errorf("as it is kept %s: cut short, and no error", what)
		}
	}
}
