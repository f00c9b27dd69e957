package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/store"
	"lopban/courses/store/sqlite/sqlitetest"
	"lopban/courses/store/storetest"
	"lopban/courses/workbook"
	"lopban/server/people"
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
		shown := c.get(path).want(200)
		if shown.Header.Get("Refresh") == "" {
			return shown
		}
		if len(shown.find("progress[max]")) != 1 {
			c.t.Fatalf("a page that comes again shows no progress: %s", shown.text())
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

func TestThePageSaysByWhatPeopleAreKnown(t *testing.T) {
	p := newProvince(t)
	if got := p.staff.get("/roster/import").want(200).text(); !strings.Contains(got, "theo mã; không có mã thì theo số di động cùng họ tên; rồi theo họ tên viết giống hệt ở cùng xã và cùng thư viện") {
		t.Error(got)
	}
}

const columns = "Họ và tên,Số điện thoại,Chức vụ,Đơn vị công tác,Xã/phường,Ngày bắt đầu\n"

// people counts the people and the postings of the store.
func (s *visited) people() string {
	s.t.Helper()
	var n []int
	for _, k := range []*store.Kind{roster.PersonKind, roster.PostingKind} {
		groups, err := s.Store.Count(s.t.Context(), k, store.Query{})
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
		"Lý Thị Mai,12345,Thủ thư,Thư viện xã,Lũng Cú,31/02/2026\n" + // two cells that are left out
		"Lý Thị 5,,Thủ thư,Thư viện xã,Lũng Cú,01/12/2026\n" + // no name
		"Ly Thi Hoa,,Thủ thư,Thư viện xã,Lũng Cúu,\n" // no such commune
	before := p.people()
	path := p.staff.upload("Danh sách.csv", []byte(file)).leads()
	shown := p.staff.get(path).want(200)
	if got := shown.counts(); got != "2 1 0 0 1 2" {
		t.Errorf("counts %s in %s", got, shown.text())
	}
	// Somebody of that name is in another commune: it is asked, with both side by side.
	if got := shown.one("#row-4"); !strings.Contains(got, "Lũng Cú") || !strings.Contains(got, "Đồng Văn") || !strings.Contains(got, "khác xã") {
		t.Errorf("the question: %s", got)
	}
	p.staff.post(path+"/choices", url.Values{"row": {"4"}, "answer": {"same:" + p.my.ID}}).want(422)
	shown = p.staff.get(p.staff.post(path+"/choices", url.Values{"row": {"4"}, "answer": {"other"}}).leads()).want(200)
	if got := shown.counts(); got != "3 1 0 0 2" {
		t.Errorf("answered: counts %s in %s", got, shown.text())
	}
	if got := shown.one("form[action='" + path + "'] button:not([form='cancel'])"); got != "Nhập 4 người" {
		t.Errorf("the button says %q", got)
	}
	var marked []string
	for _, n := range shown.find("td.cell-bad") {
		marked = append(marked, textOf(n))
	}
	if !slices.Equal(marked, []string{"A6 Lý Thị 5", "E7 Lũng Cúu", "B5 12345", "F5 31/02/2026", "A7 Ly Thi Hoa"}) {
		t.Errorf("cells marked: %q", marked)
	}
	if got := shown.text(); !strings.Contains(got, "Lũng Cú (00715)") || !strings.Contains(got, "không phải số điện thoại") || strings.Contains(got, "%!") {
		t.Errorf("no sentence or suggestion: %s", got)
	}
	if got := shown.one("ins"); got != "0912000002" {
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
	shown = p.staff.imported(path)
	if got := shown.counts(); got != "3 1 0 0 2" || shown.one("h1") != "Đã nhập 4 người" {
		t.Errorf("done: %s, %s", got, shown.one("h1"))
	}
	if n := p.audited("roster.imported"); n != 1 {
		t.Errorf("%d entries in the audit trail", n)
	}
	after := p.people()
	if after != "[6 6]" {
		t.Errorf("people and postings: %s", after)
	}
	p.staff.post(path, nil).leads()
	if got := p.staff.imported(path).counts(); got != "3 1 0 0 2" || p.people() != after {
		t.Errorf("pressed again when done: %s, %s", got, p.people())
	}
	if f, err := p.Board.Read(t.Context(), roster.Present, "08", time.Time{}); err != nil || f.Base != 5 {
		t.Errorf("the board counts %d, %v", f.Base, err)
	}
	if got := p.staff.get("/roster/import").want(200).one("table tbody a"); got != "Danh sách.csv" {
		t.Errorf("recent imports: %q", got)
	}

	// The rows that were left out can be mended and imported; the rest of the file is gone.
	left := p.staff.get(path + "/problems.xlsx").want(200).Body
	rows := workbookRows(t, left)
	if len(rows) != 3 || rows[1][0] != "Lý Thị 5" || rows[1][6] != "6" || !strings.Contains(rows[1][7], "chữ số") || rows[2][6] != "7" {
		t.Fatalf("%q", rows)
	}
	if strings.Contains(fmt.Sprint(rows), "Sùng") {
		t.Error("rows that were imported are kept")
	}
	mended := workbookWith(t, left, map[string]string{"A2": "Lý Thị Năm", "E3": "Lũng Cú"})
	path = p.staff.upload("sửa.xlsx", mended).leads()
	if got := p.staff.get(path).want(200).counts(); got != "2 0 0 0 0" {
		t.Errorf("mended: %s in %s", got, p.staff.get(path).text())
	}
}

// workbookRows are the rows of a workbook's first sheet.
func workbookRows(t testing.TB, data string) [][]string {
	t.Helper()
	x, err := excelize.OpenReader(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	rows, err := x.GetRows(x.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// workbookWith is a workbook with other texts in some cells of its first sheet.
func workbookWith(t testing.TB, data string, cells map[string]string) []byte {
	t.Helper()
	x, err := excelize.OpenReader(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for at, text := range cells {
		if err := x.SetCellStr(x.GetSheetName(0), at, text); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := x.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTheSameFileTwiceChangesNothing(t *testing.T) {
	p := newProvince(t)
	file := []byte(columns + "Sùng Mí Pó,0912000001,Thủ thư,Thư viện xã Lũng Cú,Lũng Cú,01/12/2026\nThào Thị Dợ,,,Tủ sách pháp luật Đồng Văn,Đồng Văn,\n")
	path := p.staff.upload("a.csv", file).leads()
	p.staff.post(path, nil).want(303)
	p.staff.imported(path)
	before := p.people()
	path = p.staff.upload("a.csv", file).leads()
	shown := p.staff.get(path).want(200)
	if got := shown.counts(); got != "0 0 0 2 0" || len(shown.find("form[action='"+path+"']")) != 0 {
		t.Errorf("the second time: %s in %s", got, shown.text())
	}
	p.staff.post(path, nil).want(303)
	p.staff.imported(path)
	if got := p.people(); got != before {
		t.Errorf("%s people and postings, before %s", got, before)
	}
}

func TestTheOwnExportImportedAgainChangesNothing(t *testing.T) {
	p := newProvince(t)
	if _, err := p.Roll.Add(t.Context(), roster.Entry{Name: "Ly A Pó", Phone: "0912000009", Post: "=1+1", Library: "+Thư viện, “xã”", Kind: roster.LegalBookcase, Commune: lungCu, On: roster.Day(begun)}, "operator"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ format, kind string }{{"csv", "text/csv"}, {"xlsx", "application/vnd.openxmlformats"}} {
		for _, lang := range []string{"vi", "en"} {
			file := p.staff.get("/roster/export." + c.format + "?lang=" + lang).want(200)
			if !strings.HasPrefix(file.Header.Get("Content-Type"), c.kind) {
				t.Errorf("%s is %s", c.format, file.Header.Get("Content-Type"))
			}
			shown := p.staff.get(p.staff.upload("x."+c.format, []byte(file.Body)).leads()).want(200)
			if got := shown.counts(); got != "0 0 0 3 0" {
				t.Errorf("%s in %s: %s in %s", c.format, lang, got, shown.text())
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
		{"empty", " ", "trống"}, {"a picture", "\x89PNG\r\n\x1a\n\x00\x00", "Đây là ảnh"}, {"a PDF", "%PDF-1.7 ...", "không phải bảng tính"}, {"an old Excel file", "\xd0\xcf\x11\xe0 ...", ".xls"},
		{"a broken archive", "PK\x03\x04 ...", "hỏng"}, {"no titles", "a,b\nc,d\n", "tiêu đề"}, {"no rows", columns, "không có dòng nào"}, {"too large", strings.Repeat("x", 8<<20+1), "8 MB"},
	} {
		shown := p.staff.upload("file", []byte(c.data)).want(422)
		if got := shown.one(".note.bad"); !strings.Contains(got, c.says) || !strings.Contains(got, "không thay đổi") || strings.Contains(got, "%!") {
			t.Errorf("%s: %q", c.what, got)
		}
		if len(shown.find("input[type=file]")) != 1 {
			t.Errorf("%s: the form is gone", c.what)
		}
	}
	if got := p.staff.post("/roster/import", url.Values{"province": {"08"}}).want(422).one(".note.bad"); !strings.Contains(got, "chưa chọn tệp") {
		t.Errorf("no file: %q", got)
	}
	if groups, err := p.Store.Count(t.Context(), programme.SheetKind, store.Query{}); err != nil || groups[0].N != 0 {
		t.Errorf("%d files kept, %v", groups[0].N, err)
	}
}

func TestImportsBelongToTheirProvince(t *testing.T) {
	p := newProvince(t)
	file := []byte(columns + "Sùng Mí Pó,,,Thư viện xã Lũng Cú,Lũng Cú,01/12/2026\nHỏng,,,,,\n")
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
		if got := c.who.get(path + "/problems.xlsx").Status; got != c.status && got != 303 {
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
	if groups, err := p.Store.Count(t.Context(), programme.UploadKind, store.Query{}); err != nil || groups[0].N != 1 {
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
		fmt.Fprintf(&file, "Lý Văn %c%c,09130000%02d,,Thư viện xã,Lũng Cú,01/12/2026\n", 'A'+i/26, 'a'+i%26, i)
	}
	file.WriteString("Vàng Thị Mỷ Hoa,,,,,\n")
	text := strings.Replace(file.String(), "Họ và tên,", "Mã,Họ và tên,", 1)
	text = strings.ReplaceAll(text, "\nLý", "\n,Lý")
	text = strings.Replace(text, "\nVàng Thị Mỷ Hoa", "\n"+p.my.ID+",Vàng Thị Mỳ", 1)
	path := p.staff.upload("a.csv", []byte(text)).leads()
	shown := p.staff.get(path).want(200)
	if got := shown.counts(); got != "40 1 0 0 0" {
		t.Fatalf("counts %s in %s", got, shown.text())
	}
	id := strings.TrimPrefix(path, "/roster/import/")

	// A process wrote the people, and died before it said so and before the board knew.
	im, err := p.Preview(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := intake.Apply(t.Context(), p.Roll, im, "operator", nil); err != nil {
		t.Fatal(err)
	}
	_, err = store.Update(t.Context(), p.Store, programme.UploadKind, id, func(u *programme.Upload) error {
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
	p.pass(programme.Lifeless + time.Second)
	shown = p.staff.get(path).want(200)
	if got := shown.one("form[action='" + path + "'] button"); got != "Làm tiếp (41 người)" || shown.Header.Get("Refresh") != "" {
		t.Errorf("the button says %q", got)
	}
	p.staff.post(path, nil).want(303)
	shown = p.staff.imported(path)
	if got := shown.counts(); got != "40 1 0 0 0" || p.people() != "[43 43]" {
		t.Errorf("gone on with: %s, %s", got, p.people())
	}
	if f, err := p.Board.Read(t.Context(), roster.Present, "08", time.Time{}); err != nil || f.Base != 42 {
		t.Errorf("the board counts %d, %v", f.Base, err)
	}
	if got := p.learner.get("/").want(200).one("h1"); !strings.Contains(got, "Vàng Thị Mỳ") {
		t.Errorf("the account of a person whose name changed: %q", got)
	}
	if _, err := p.Preview(t.Context(), id); err == nil {
		t.Error("the rows are still kept")
	}
}

func TestAStoppingServerLeavesAnImportToGoOnWith(t *testing.T) {
	p := newProvince(t)
	path := p.staff.upload("a.csv", []byte(columns+"Sùng Mí Pó,,,Thư viện xã Lũng Cú,Lũng Cú,01/12/2026\n")).leads()
	id := strings.TrimPrefix(path, "/roster/import/")
	u, err := store.Update(t.Context(), p.Store, programme.UploadKind, id, func(u *programme.Upload) error { u.State, u.Run, u.BeatAt = "running", "mine", p.now(); return nil })
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	p.RunUpload(ended, u, "operator")
	shown := p.staff.get(path).want(200)
	if got := shown.one("form[action='" + path + "'] button"); got != "Làm tiếp (1 người)" || p.people() != "[3 3]" {
		t.Errorf("%q, %s", got, p.people())
	}
	// A run that was given up changes nothing any more.
	u.Run = "other"
	p.RunUpload(ended, u, "operator")
	if now, err := store.Get[programme.Upload](t.Context(), p.Store, programme.UploadKind, id); err != nil || now.Run != "mine" {
		t.Errorf("%+v, %v", now, err)
	}
}

// An election that falls into an import leaves nobody a button to press: it goes on by itself, and ends as if there had
// been none.
func TestAnImportGoesOnAfterAnElection(t *testing.T) {
	var file strings.Builder
	file.WriteString(columns)
	for i := range 20 {
		fmt.Fprintf(&file, "Lý Văn %c,09130000%02d,,Thư viện xã,Lũng Cú,01/12/2026\n", 'A'+i, i)
	}
	for _, cut := range []struct{ writes, failures int }{{1, 3}, {25, 3}, {0, 1 << 20}} {
		st := sqlitetest.Open(t, programme.Kinds()...)
		shaky := storetest.NewCut(st)
		p := provinceOn(newSiteOn(t, shaky))
		path := p.staff.upload("a.csv", []byte(file.String())).leads()
		id := strings.TrimPrefix(path, "/roster/import/")
		u, err := store.Update(t.Context(), p.Store, programme.UploadKind, id, func(u *programme.Upload) error {
			u.State, u.Run, u.BeatAt = "running", "mine", p.now()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		shaky.For(cut.writes, cut.failures)
		p.RunUpload(t.Context(), u, "operator")
		lost := cut.failures > 3
		shaky.Mend()
		shown := p.staff.get(path).want(200)
		if waits := strings.Contains(shown.text(), "Làm tiếp"); waits && !lost {
			t.Errorf("%+v: it waits for somebody: %s", cut, shown.text())
		}
		if want := map[bool]string{false: "[23 23]", true: "[3 3]"}[lost]; p.people() != want {
			t.Errorf("%+v: people %s, want %s", cut, p.people(), want)
		}
		if f, err := p.Board.Read(t.Context(), roster.Present, "08", time.Time{}); err != nil || f.Base != 22 && !lost {
			t.Errorf("%+v: the board counts %d, %v", cut, f.Base, err)
		}
		p.Background.Stop()
		st.Close()
	}
}

// paused is a store that waits before a batch of new people is written, until it is told to go on.
type paused struct {
	store.Store
	at   atomic.Int64 // the batch before which it waits
	came chan struct{}
	on   chan struct{}
}

func (p *paused) Insert(ctx context.Context, k *store.Kind, docs ...any) error {
	if k == roster.PersonKind && len(docs) > 1 && p.at.Add(-1) == 0 {
		p.came <- struct{}{}
		<-p.on
	}
	return p.Store.Insert(ctx, k, docs...)
}

// An import can be stopped from its page while it is written: the batch under way is written whole and counted, the
// page says how many were entered, and offers to go on or to undo it.
func TestAnImportIsCancelledGoneOnWithAndUndone(t *testing.T) {
	st := sqlitetest.Open(t, programme.Kinds()...)
	stops := &paused{Store: st, came: make(chan struct{}), on: make(chan struct{})}
	p := provinceOn(newSiteOn(t, stops))
	const n, batch = 700, 500
	var file strings.Builder
	file.WriteString(columns)
	for i := range n {
		fmt.Fprintf(&file, "Lý Thị %c%c%c,09%08d,Thủ thư,Thư viện xã,Lũng Cú,01/02/2020\n", 'A'+i%26, 'a'+i/26%26, 'a'+i/676, i)
	}
	path := p.staff.upload("big.csv", []byte(file.String())).leads()
	base := func() int {
		t.Helper()
		f, err := p.Board.Read(t.Context(), roster.Present, "08", time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return f.Base
	}
	before := base()

	stops.at.Store(1)
	p.staff.post(path, nil).want(303)
	<-stops.came
	if got := p.staff.get(path).want(200).one("form[action='" + path + "/cancel'] button"); got != "Dừng nhập" {
		t.Fatalf("the button says %q", got)
	}
	for range 2 { // pressed twice
		p.staff.post(path+"/cancel", nil).want(303)
		if shown := p.staff.get(path).want(200); len(shown.find("form[action='"+path+"/cancel']")) > 0 || !strings.Contains(shown.text(), "Đang dừng") {
			t.Errorf("while it stops: %s", shown.text())
		}
	}
	stops.on <- struct{}{}
	p.Background.Running.Wait()
	shown := p.staff.get(path).want(200)
	if got := shown.text(); !strings.Contains(got, "500 trên 700 người") || len(shown.find("a[href='"+path+"/undo']")) != 1 {
		t.Fatalf("stopped: %s", got)
	}
	if got := base(); got != before+batch {
		t.Errorf("the board counts %d", got)
	}
	p.staff.post(path+"/cancel", nil).want(303) // what has stopped stays as it is
	if got := p.staff.get(path).want(200).one("form[action='" + path + "'] button"); got != "Làm tiếp (700 người)" {
		t.Errorf("the button says %q", got)
	}

	p.staff.post(path, nil).want(303)
	p.Background.Running.Wait()
	if got := p.staff.get(path).want(200).counts(); got != "700 0 0 0 0" || base() != before+n {
		t.Errorf("gone on with: %s, the board counts %d", got, base())
	}
	p.staff.post(path+"/cancel", nil).want(303) // too late
	if got := p.staff.get(path).want(200).one("h1"); got != "Đã nhập 700 người" || base() != before+n {
		t.Errorf("cancelled when it is done: %q", got)
	}
	p.staff.post(path+"/undo", nil).want(303)
	p.Background.Running.Wait()
	if base() != before {
		t.Errorf("undone, the board counts %d", base())
	}
	for _, at := range []string{path, path + "/undo"} { // figures of what is no more mean nothing
		shown := p.staff.get(at).want(200)
		if got := shown.one("h1"); strings.Contains(got, "Xem trước") || !strings.Contains(got, "Hoàn tác") || len(shown.find(".counts")) != 0 {
			t.Errorf("undone, %s says %s", at, shown.text())
		}
	}
	if n := p.audited("roster.halted"); n != 1 {
		t.Errorf("%d entries in the audit trail", n)
	}
}

// What was stopped halfway can be undone without going on; of a file that nobody has imported nothing is kept.
func TestACancelledImportIsUndoneAndAFileThrownAway(t *testing.T) {
	st := sqlitetest.Open(t, programme.Kinds()...)
	stops := &paused{Store: st, came: make(chan struct{}), on: make(chan struct{})}
	p := provinceOn(newSiteOn(t, stops))
	var file strings.Builder
	file.WriteString(columns)
	for i := range 501 {
		fmt.Fprintf(&file, "Lý Thị %c%c,09%08d,Thủ thư,Thư viện xã,Lũng Cú,01/02/2020\n", 'A'+i%26, 'a'+i/26, i)
	}
	path := p.staff.upload("big.csv", []byte(file.String())).leads()
	was := p.people()
	stops.at.Store(1)
	p.staff.post(path, nil).want(303)
	<-stops.came
	p.staff.post(path+"/cancel", nil).want(303)
	stops.on <- struct{}{}
	p.Background.Running.Wait()
	p.staff.post(path+"/undo", nil).want(303)
	p.Background.Running.Wait()
	if f, err := p.Board.Read(t.Context(), roster.Present, "08", time.Time{}); err != nil || f.Base != 2 {
		t.Errorf("undone: %d on the board, %v, before %s", f.Base, err, was)
	}

	path = p.staff.upload("b.csv", []byte(columns+"Sùng Mí Pó,,,Thư viện xã Lũng Cú,Lũng Cú,01/12/2026\n")).leads()
	if got := p.staff.get(path).want(200).one("button[form='cancel']"); got != "Bỏ tệp này" {
		t.Errorf("the button says %q", got)
	}
	for range 2 {
		p.staff.post(path+"/cancel", nil).want(303)
		if got := p.staff.get(path).want(200).text(); !strings.Contains(got, "Tệp này đã được bỏ") {
			t.Errorf("thrown away: %s", got)
		}
	}
	p.staff.post(path, nil).want(303)
	p.staff.post(path+"/undo", nil).want(303)
	p.Background.Running.Wait()
	if got := p.staff.get(path).want(200).text(); !strings.Contains(got, "Tệp này đã được bỏ") {
		t.Errorf("imported after it was thrown away: %s", got)
	}
	if _, err := p.Preview(t.Context(), strings.TrimPrefix(path, "/roster/import/")); err == nil {
		t.Error("the rows are still kept")
	}
}

func TestRowsThatTheRosterOvertookAreLeftOut(t *testing.T) {
	p := newProvince(t)
	path := p.staff.upload("a.csv", []byte(columns+"Vàng Thị Mỷ,0912000002,,Thư viện xã,Lũng Cú,\nSùng Mí Pó,,,Thư viện xã Lũng Cú,Lũng Cú,01/12/2026\n")).leads()
	if _, err := p.Roll.Correct(t.Context(), p.my.ID, roster.Details{Name: "Vàng Thị Mỷ", Phone: "0912999999", Kind: roster.OtherLibraryKind}, "staff"); err != nil {
		t.Fatal(err)
	}
	p.staff.post(path, nil).want(303)
	shown := p.staff.imported(path)
	if got := shown.counts(); got != "1 0 0 0 1" || !strings.Contains(shown.text(), "thay đổi sau khi bạn xem trước") {
		t.Errorf("%s in %s", got, shown.text())
	}
	if person, err := p.Roll.Person(t.Context(), p.my.ID); err != nil || person.Phone != "0912999999" {
		t.Errorf("%+v, %v", person, err)
	}
	if left := workbookRows(t, p.staff.get(path+"/problems.xlsx").want(200).Body); len(left) != 2 || left[1][0] != "Vàng Thị Mỷ" || left[1][1] != "0912000002" {
		t.Errorf("the rows left out: %q", left)
	}
}

func TestFilesAreNotKept(t *testing.T) {
	p := newProvince(t)
	path := p.staff.upload("a.csv", []byte(columns+"Sùng Mí Pó,,,Thư viện xã Lũng Cú,Lũng Cú,01/12/2026\n")).leads()
	p.pass(programme.SheetLife - time.Minute)
	if err := p.SweepUploads(t.Context()); err != nil {
		t.Fatal(err)
	}
	staff := p.as(*p.account2("Hoàng Thị Kiên"))
	if got := staff.get(path).want(200).counts(); got != "1 0 0 0 0" {
		t.Errorf("before a day has passed: %s", got)
	}
	p.pass(2 * time.Minute)
	if err := p.SweepUploads(t.Context()); err != nil {
		t.Fatal(err)
	}
	shown := staff.get(path).want(200)
	if !strings.Contains(shown.text(), "đã được xóa") || strings.Contains(shown.text(), "Sùng") {
		t.Errorf("after a day: %s", shown.text())
	}
	staff.post(path, nil).want(303)
	if p.people() != "[3 3]" {
		t.Error("a file that is gone was imported")
	}
	p.pass(programme.UploadLife)
	if err := p.SweepUploads(t.Context()); err != nil {
		t.Fatal(err)
	}
	if groups, err := p.Store.Count(t.Context(), programme.UploadKind, store.Query{}); err != nil || groups[0].N != 0 {
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
	shown := p.staff.get(path).want(200)
	if n := len(shown.find("main img, main [onerror]")); n != 0 {
		t.Errorf("a cell became %d elements", n)
	}
	if got := shown.text(); !strings.Contains(got, hostile) || !strings.Contains(got, "không lưu loại thông tin này") {
		t.Errorf("%s", got)
	}
	rows := workbookRows(t, p.staff.get(path+"/problems.xlsx").want(200).Body)
	// as text, which a spreadsheet does not calculate
	if len(rows) != 2 || rows[1][0] != `=HYPERLINK("x")` || strings.Contains(fmt.Sprint(rows), "1990") {
		t.Errorf("%q", rows)
	}
}

// How long 10,000 people take is measured by lopban bench.
func TestALongImportIsShownAndEnds(t *testing.T) {
	p := newProvince(t)
	communes := p.Places.Communes(roster.Present, "08")
	var file bytes.Buffer
	file.WriteString(columns)
	const n = 2_500
	for i := range n {
		fmt.Fprintf(&file, "Lý Thị %c%c%c,09%08d,Thủ thư,Thư viện %s,%s,01/02/2020\n", 'A'+i%26, 'a'+i/26%26, 'a'+i/676, i, communes[i%len(communes)].Title(), communes[i%len(communes)].Code)
	}
	path := p.staff.upload("big.csv", bytes.Replace(file.Bytes(), []byte("Xã/phường"), []byte("Mã xã"), 1)).leads()
	shown := p.staff.get(path).want(200)
	if got := shown.counts(); got != "2.500 0 0 0 0" {
		t.Fatalf("counts %s", got)
	}
	if rows := len(shown.find("#new + table tbody tr")); rows != people.ShownRows {
		t.Errorf("%d rows shown", rows)
	}
	p.staff.post(path, nil).want(303)
	if got := p.staff.imported(path).counts(); got != "2.500 0 0 0 0" {
		t.Errorf("imported %s", got)
	}
	if f, err := p.Board.Read(t.Context(), roster.Present, "08", time.Time{}); err != nil || f.Base != n+2 {
		t.Errorf("the board counts %d, %v", f.Base, err)
	}
}

// A preview that was kept before an upgrade is applied after it.
func TestPreviewsAreKeptWholeAndReadAsTheReleaseBeforeKeptThem(t *testing.T) {
	p := newProvince(t)
	path := p.staff.upload("a.csv", []byte("Họ và tên,Số điện thoại,Chức vụ,Đơn vị công tác,Xã/phường,Ngày bắt đầu\nLý Thị Sua,0912999888,Thủ thư,Thư viện xã Lũng Cú,Lũng Cú,01/03/2026\nSai,,,,Không Đâu,\n")).leads()
	im, err := p.Preview(t.Context(), strings.TrimPrefix(path, "/roster/import/"))
	if err != nil || len(im.Rows) != 2 || im.Rows[1].Verdict != intake.Faulty {
		t.Fatalf("%+v, %v", im, err)
	}
	packed, err := programme.Pack(im)
	if err != nil {
		t.Fatal(err)
	}
	var before bytes.Buffer
	z := gzip.NewWriter(&before)
	if err := errors.Join(json.NewEncoder(z).Encode(im), z.Close()); err != nil {
		t.Fatal(err)
	}
	for what, kept := range map[string][]byte{"now": packed, "before": before.Bytes()} {
		if again, err := programme.Unpack(kept); err != nil || again.Hash() != im.Hash() || again.Key != im.Key {
			t.Errorf("as it is kept %s: %v, %+v", what, err, again)
		}
		if _, err := programme.Unpack(kept[:len(kept)-9]); err == nil {
			t.Errorf("as it is kept %s: cut short, and no error", what)
		}
	}
}

// What was not understood is asked and chosen on the page, without JavaScript, and remembered for the province.
func TestAFileIsUnderstoodTogether(t *testing.T) {
	p := newProvince(t)
	file := "Đồng chí,Gọi,Ở đâu,Thuộc,CCCD\nSùng Mí Pó,0912000001,Thư viện xã Lũng Cú,Lũng Cú,0123\nThào Thị Dợ,0912000002 / 0912000003,Thư viện xã Đồng Văn,Đồng Vănn,0124\n"
	path := p.staff.upload("a.csv", []byte(file)).leads()
	shown := p.staff.get(path).want(200)
	if got := shown.counts(); got != "0 0 0 0 0" || len(shown.find("select[name^=column]")) != 4 || !strings.Contains(shown.text(), "Chưa thấy ai") {
		t.Fatalf("%s: %s", got, shown.text())
	}
	choose := func(of ...string) *reply {
		form := url.Values{}
		for i := 0; i < len(of); i += 2 {
			form.Set(of[i], of[i+1])
		}
		if got := p.staff.post(path+"/choices", form).leads(); got != path {
			t.Errorf("leads to %s", got)
		}
		return p.staff.get(path).want(200)
	}
	shown = choose("do", "columns", "column.0.A", "name", "column.0.B", "phone", "column.0.C", "library", "column.0.D", "commune", "column.0.E", "code")
	if got := shown.counts(); got != "1 0 0 0 1" || strings.Contains(shown.Body, "0123") {
		t.Errorf("columns chosen: %s in %s", got, shown.text())
	}
	if len(shown.find("form[action='"+path+"']")) != 0 || !strings.Contains(shown.text(), "từ ngày nào") {
		t.Errorf("the start is not asked for: %s", shown.text())
	}
	p.staff.post(path, nil).want(303)
	if got := p.people(); got != "[3 3]" {
		t.Errorf("written before the answer: %s", got)
	}
	p.staff.post(path+"/choices", url.Values{"do": {"start"}, "start": {"2099-01-01"}}).want(422)
	shown = choose("do", "start", "start", "2024-05-01")
	shown = choose("accept", shown.attr("button[name=accept]", "value"))
	if got := shown.counts(); got != "2 0 0 0 0" {
		t.Errorf("answered: %s in %s", got, shown.text())
	}
	old := shown.attr("input[name=seen]", "value")
	shown = choose("accept", "0.3.phone|0912000003")
	p.staff.post(path, url.Values{"seen": {old}}).want(303)
	if got := p.people(); got != "[3 3]" {
		t.Errorf("what was not seen was written: %s", got)
	}
	p.staff.post(path, url.Values{"seen": {shown.attr("input[name=seen]", "value")}}).want(303)
	if got := p.staff.imported(path).counts(); got != "2 0 0 0 0" {
		t.Errorf("imported: %s", got)
	}
	if people, err := p.Roll.ByPhone(t.Context(), "0912000003"); err != nil || len(people) != 1 || people[0].Name != "Thào Thị Dợ" || people[0].Since.Format(time.DateOnly) != "2024-05-01" {
		t.Errorf("%+v, %v", people, err)
	}
	// The next file with these titles is read at once; another province has chosen nothing.
	// the number that was chosen for one is not the first of the cell: it is asked
	if got := p.staff.get(p.staff.upload("b.csv", []byte(strings.ReplaceAll(file, "Vănn", "Văn"))).leads()).want(200).counts(); got != "0 0 0 1 1 0" {
		t.Errorf("the next file: %s", got)
	}
	if got := p.otherStaff.get(p.otherStaff.upload("b.csv", []byte(file)).leads()).want(200).counts(); got != "0 0 0 0 0" {
		t.Errorf("another province: %s", got)
	}
}

// A row is named in one way wherever it is spoken of: by its sheet and its number.
func TestRowsOfSeveralSheetsAreNamedInOneWay(t *testing.T) {
	p := newProvince(t)
	var b bytes.Buffer
	sheet := func(name string, rows ...[]string) workbook.Table {
		return workbook.Table{Name: name, Head: [][]string{{"Họ và tên", "Số điện thoại", "Đơn vị công tác", "Xã", "Từ ngày"}}, Rows: slices.Values(rows)}
	}
	err := workbook.Write(&b, sheet("Huyện Đồng Văn", []string{"Thào Thị Dợ", "0912000002", "Thư viện xã", "Lũng Cú", "01/02/2024"}),
		sheet("Bổ sung", []string{"Thào Thị Dợ", "0912000003", "Thư viện xã", "Lũng Cú", "01/02/2024"}, []string{"Thào Thị Dợ", "0912000002", "Tủ sách", "Đồng Văn", "01/02/2024"}, []string{"Vừ Mí Sử", "12", "Tủ sách", "Đồng Văn", "01/02/2024"}))
	if err != nil {
		t.Fatal(err)
	}
	path := p.staff.upload("a.xlsx", b.Bytes()).leads()
	shown := p.staff.get(path).want(200)
	for _, want := range []string{"dòng Bổ sung · 2", "Trong tệp, dòng Huyện Đồng Văn · 2", "Trùng với dòng Huyện Đồng Văn · 2", "Dòng Bổ sung · 4"} {
		if !strings.Contains(shown.text(), want) {
			t.Errorf("no %q in %s", want, shown.text())
		}
	}
	p.staff.post(path+"/choices", url.Values{"row": {"2.2"}, "answer": {"other"}}).want(303)
	shown = p.staff.get(path).want(200)
	if text := shown.text(); strings.Contains(text, "2.2") || !strings.Contains(text, "Thào Thị Dợ Bổ sung · 2") {
		t.Errorf("answered: %s", text)
	}
}

func TestThePreviewShowsEverything(t *testing.T) {
	p := newProvince(t)
	var file strings.Builder
	file.WriteString("Họ và tên,Đơn vị,Xã,Từ ngày,Ngày nghỉ\n")
	const n = people.ShownRows*2 + 5
	for i := range n {
		fmt.Fprintf(&file, "Lý Thị %c%c%c,Thư viện xã,Lũng Cú,01/02/2020,%s\n", 'A'+i%26, 'a'+i/26%26, 'a'+i/676, []string{"", "30/06/2026"}[i%2])
	}
	path := p.staff.upload("a.csv", []byte(file.String())).leads()
	shown := p.staff.get(path).want(200)
	if got := len(shown.find("table tbody tr td.nowrap strong")); got != people.ShownRows/2 || !strings.Contains(shown.text(), "nghỉ từ 30/06/2026") {
		t.Errorf("%d leaving dates", got)
	}
	if got := shown.attr("a[href^='?show=new']", "href"); got != "?show=new" {
		t.Errorf("all rows are at %q", got)
	}
	shown = p.staff.get(path + "?show=new&page=3").want(200)
	if got := len(shown.find("td[data-label]")) / 5; got != n-2*people.ShownRows || !strings.Contains(shown.text(), "Trang 3 trên 3") {
		t.Errorf("%d rows on the last page: %s", got, shown.text())
	}
	rows := workbookRows(t, p.staff.get(path+"/preview.xlsx").want(200).Body)
	if len(rows) != n+1 || rows[2][2] != "mới" || rows[2][12] != "30/06/2026" {
		t.Errorf("%d rows, %q", len(rows), rows[2])
	}
}

// What was answered about the whole file stands on the preview and can be answered otherwise.
func TestAnAnswerAboutTheWholeFileCanBeTakenBack(t *testing.T) {
	p := newProvince(t)
	x := excelize.NewFile()
	style, err := x.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		t.Fatal(err)
	}
	day := func(text string) time.Time { d, _ := time.Parse(time.DateOnly, text); return d }
	for i, row := range [][]any{{"Họ và tên", "Thư viện", "Mã xã", "Từ ngày"}, {"Lù Thị Mài", "Thư viện xã", "00700", day("2019-05-03")}, {"Lò Thị Na", "Thư viện xã", "00700", "25/03/2019"}} {
		if err := x.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.SetCellStyle("Sheet1", "D2", "D2", style); err != nil {
		t.Fatal(err)
	}
	data, err := x.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	at := p.staff.upload("danh-sach.xlsx", data.Bytes()).leads()
	if shown := p.staff.get(at).want(200); len(shown.find("form.ask")) != 1 || len(shown.find("details form.ask")) != 0 {
		t.Fatalf("it does not ask: %s", shown.one("main"))
	}
	for _, answer := range []struct{ value, says, day string }{{"yes", "Đã chọn: Đổi lại ngày và tháng.", "05/03/2019"}, {"no", "Đã chọn: Giữ như trong tệp.", "03/05/2019"}} {
		p.staff.post(at+"/choices", url.Values{"swapped": {"0.start"}, "exchange": {answer.value}}).want(303)
		shown := p.staff.get(at).want(200)
		if got := shown.one("details form.ask"); !strings.Contains(got, answer.says) || len(shown.find("form.ask")) != 1 {
			t.Errorf("%s: %s", answer.value, got)
		}
		if got := shown.one("#new ~ table"); !strings.Contains(got, answer.day) {
			t.Errorf("%s: %s", answer.value, got)
		}
	}
}
