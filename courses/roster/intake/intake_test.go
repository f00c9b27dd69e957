package intake

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/unicode/norm"

	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/workbook"
)

func preview(t testing.TB, r *roster.Roll, file string) *Import {
	t.Helper()
	im, err := look(t.Context(), r, "08", strings.NewReader(file), "danh-sach.csv", workbook.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func apply(t testing.TB, r *roster.Roll, im *Import) Result {
	t.Helper()
	result, err := Apply(t.Context(), r, im, "staff", nil)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// everything is all people and postings, to compare before and after.
func everything(t testing.TB, r *roster.Roll) map[string]any {
	t.Helper()
	all := map[string]any{}
	if err := store.Each(t.Context(), r.Store, roster.PersonKind, store.Query{}, func(p roster.Person) error { all[p.ID] = p; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := store.Each(t.Context(), r.Store, roster.PostingKind, store.Query{}, func(p roster.Posting) error { all[p.ID] = p; return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

const twoPeople = `Họ và tên,Số điện thoại,Chức vụ,Đơn vị công tác,Loại thiết chế,Mã xã,Ngày bắt đầu
VỪ A DÍNH,912345678,Công chức,Thư viện xã Ngọc Đường,Thư viện xã,700,05/01/2026
Lò Thị Mai,,Viên chức,Trung tâm học tập cộng đồng,,00691,
`

func TestImportEntersNewPeople(t *testing.T) {
	r := newRoll(t)
	im := preview(t, r, twoPeople)
	if im.Count(New) != 2 || im.Sheets[0].Header != 1 || len(everything(t, r)) != 0 {
		t.Fatalf("preview %+v", im)
	}
	var steps []int
	result, err := Apply(t.Context(), r, im, "staff", func(done, total int) { steps = append(steps, done, total) })
	if err != nil || !reflect.DeepEqual(result, Result{New: 2, Written: []int{0, 1}}) || !reflect.DeepEqual(steps, []int{2, 2}) {
		t.Errorf("applied %+v, %v, steps %v", result, err, steps)
	}
	want := []roster.Person{
		{Name: "Vừ A Dính", Phone: "0912345678", Post: "Công chức", Library: "Thư viện xã Ngọc Đường", Kind: roster.CommuneLibrary, Commune: "00700", Since: day("2026-01-05")},
		{Name: "Lò Thị Mai", Post: "Viên chức", Library: "Trung tâm học tập cộng đồng", Kind: roster.LearningCentre, Commune: "00691", Since: day("2026-03-10")},
	}
	page, _ := r.People(t.Context(), roster.Filter{Province: "08"})
	if len(page.People) != 2 {
		t.Fatalf("%d people", len(page.People))
	}
	for i, p := range page.People {
		w := want[i]
		w.ID, w.Fold, w.Sort, w.Province, w.Programme, w.Active, w.UpdatedAt = p.ID, roster.Fold(w.Name), roster.SortKey(w.Name), "08", "02", true, noon
		if p != w || len(p.ID) != 10 {
			t.Errorf("entered\n%+v\nwant\n%+v", p, w)
		}
	}
}

func TestImportingTwiceChangesNothing(t *testing.T) {
	r := newRoll(t)
	apply(t, r, preview(t, r, twoPeople))
	before := everything(t, r)
	r.Now = func() time.Time { return noon.AddDate(0, 0, 3) }
	im := preview(t, r, twoPeople)
	if im.Count(Same) != 2 {
		t.Errorf("the second preview: %+v", im.Rows)
	}
	if result := apply(t, r, im); result.Same != 2 || !reflect.DeepEqual(before, everything(t, r)) {
		t.Errorf("the second import: %+v", result)
	}
}

// settled is a roster of four: Dính and Mai in Ngọc Đường, an older Dính in Hà Giang 2 who has left, and Hoa of another
// province.
func settled(t testing.TB) (*roster.Roll, map[string]roster.Person) {
	r := newRoll(t)
	people := map[string]roster.Person{}
	for key, e := range map[string]roster.Entry{
		"dinh": {Name: "Vừ A Dính", Phone: "0912345678", Post: "Công chức", Library: "Thư viện xã", Commune: "00700", On: day("2025-08-01")},
		"mai":  {Name: "Lò Thị Mai", Phone: "02193866123", Post: "Viên chức", Library: "Thư viện xã", Commune: "00700", On: day("2025-08-01")},
		"left": {Name: "Vừ A Dinh", Post: "Công chức", Library: "Thư viện phường", Commune: "00691", On: day("2025-08-01")},
		"hoa":  {Name: "Ma Thị Hoa", Phone: "0987654321", Library: "Thư viện xã", Commune: "02143", On: day("2025-08-01")},
	} {
		p, err := r.Add(context.Background(), e, "staff")
		if err != nil {
			t.Fatal(err)
		}
		people[key] = p
	}
	if _, err := r.Leave(context.Background(), people["left"].ID, day("2025-12-31"), "staff"); err != nil {
		t.Fatal(err)
	}
	return r, people
}

func TestVerdicts(t *testing.T) {
	const columns = "Mã,Họ và tên,Số điện thoại,Chức vụ,Đơn vị công tác,Loại thiết chế,Mã xã,Xã/phường,Tỉnh,Ngày bắt đầu,Ngày nghỉ\n"
	r, people := settled(t)
	for _, c := range []struct {
		what, row string
		verdict   Verdict
		want      string // fields changed, or codes of problems
	}{
		{"the person as they are", "dinh,Vừ A Dính,0912345678,Công chức,Thư viện xã,Thư viện xã,00700,xã Ngọc Đường,Tuyên Quang,01/08/2025,", Same, ""},
		{"a code alone", "dinh,,,,,,,,,,", Same, ""},
		{"found by number, name without marks", ",vu a dinh,+84912345678,,,,,Ngoc Duong,,,", Same, ""},
		{"found by number, other marks", ",Vừ A Dình,0912345678,,,,,,,,", Asked, "dinh:marks+commune+library"},
		{"found by name, commune and library", ",VỪ A DÍNH,,,THƯ VIỆN XÃ,,,Xã Ngọc Đường,,2025-08-01,", Same, ""},
		{"no library said", ",VỪ A DÍNH,,,,,,Xã Ngọc Đường,,2025-08-01,", Asked, "dinh:library"},
		{"a new number", ",Vừ A Dính,0911111111,,,,00700,,,,", Asked, "dinh:phone+library"},
		{"a first number, in the same library", ",Lò Thị Mai,0911111111,,Thư viện xã,,00700,,,,", Changed, "phone"},
		{"another library", ",Vừ A Dính,,,Tủ sách pháp luật xã,,00700,,,,", Asked, "dinh:library"},
		{"other marks in the same commune", ",Vừ Á Dính,,,Thư viện xã,,00700,,,,", Asked, "dinh:marks"},
		{"number and name of another province", ",Ma Thị Hoa,0987654321,,Thư viện xã,,00700,,,,", Asked, "away:19"},
		{"a new position and kind", "dinh,Vừ A Dính,,Phó chủ tịch,,Khác,,,,,", Changed, "post kind"},
		{"another start", "dinh,Vừ A Dính,,,,,,,,2025-09-01,", Changed, "start"},
		{"another library", "dinh,Vừ A Dính,,,Tủ sách pháp luật xã,,,,,01/02/2026,", Changed, "library start kind"},
		{"moving to another commune", "dinh,Vừ A Dính,,,Thư viện phường,,00691,,,,", Changed, "commune library start"},
		{"found by number, moving", ",Vừ A Dính,0912345678,,Thư viện phường,,00691,,,01/03/2026,", Changed, "commune library start"},
		{"leaving", "dinh,Vừ A Dính,,,,,,,,,01/03/2026", Changed, "end"},
		{"the office's number, another name", ",Lò Thị Hoa,0219 3866 123,,Thư viện xã,,00700,,,,", New, ""},
		{"a namesake elsewhere, the only one of the province", ",Lò Thị Mai,,,Thư viện phường,,00694,,,,", Asked, "mai:commune+library"},
		{"a namesake in another province", ",Ma Thị Hoa,,,Thư viện phường,,00694,,,,", New, "name.away"},
		{"a commune outside the mountains is fine if it is the province's", ",Lò Thị Na,,,Thư viện xã,,00706,,,,", New, ""},
		{"coming back", "left,Vừ A Dinh,,,,,,,,,", Changed, "start"},
		{"still gone", "left,Vừ A Dinh,,,,,,,,,31/12/2025", Same, ""},
		{"an old row of one who has left", "left,Vừ A Dinh,,,Thư viện phường,,00691,,,01/08/2025,", Same, "row.outdated"},
		{"a post that began and ended", ",Lò Thị Na,,,Thư viện xã,,00706,,,01/08/2025,01/09/2025", New, ""},

		{"no name", ",,0912345678,,,,00700,,,,", Faulty, "name.empty"},
		{"a name with digits", ",Vừ 1,,,Thư viện xã,,00700,,,,", Faulty, "name.digits"},
		{"a bad number", ",Lò Thị Na,12,,Thư viện xã,,00700,,,,", New, ""},
		{"another's mobile is left out", ",Giàng Seo Phà,0912345678,,Thư viện xã,,00700,,,,", New, "phone.other"},
		{"no commune", ",Lò Thị Na,,,Thư viện xã,,,,,,", Faulty, "commune.empty"},
		{"no library", ",Lò Thị Na,,,,,00700,,,,", Faulty, "library.empty"},
		{"moving without a library", "dinh,Vừ A Dính,,,,,00691,,,,", Faulty, "library.empty"},
		{"an unknown code of a commune", ",Lò Thị Na,,,Thư viện xã,,99999,,,,", Faulty, "commune.unknown"},
		{"a misspelled commune", ",Lò Thị Na,,,Thư viện xã,,,Ngọc Đươngg,,,", Faulty, "commune.unknown"},
		{"a commune of another province", ",Lò Thị Na,,,Thư viện xã,,02143,,,,", Faulty, "commune.elsewhere"},
		{"by its name too", ",Lò Thị Na,,,Thư viện xã,,,xã Văn Lăng,,,", Faulty, "commune.elsewhere"},
		{"code and name disagree", ",Lò Thị Na,,,Thư viện xã,,00700,Phú Linh,,,", Faulty, "commune.disagree"},
		{"another province", ",Lò Thị Na,,,Thư viện xã,,00700,,Lạng Sơn,,", Faulty, "province.elsewhere"},
		{"the province as it was", ",Lò Thị Na,,,Thư viện xã,,00700,,Hà Giang,,", New, ""},
		{"no province of the list", ",Lò Thị Na,,,Thư viện xã,,00700,,Hà Nội,,", Faulty, "province.unknown"},
		{"an unknown kind", ",Lò Thị Na,,,Thư viện xã,Trạm y tế,00700,,,,", New, ""},
		{"no day of the calendar", ",Lò Thị Na,,,Thư viện xã,,00700,,,31/02/2026,", New, ""},
		{"a day to come", ",Lò Thị Na,,,Thư viện xã,,00700,,,11/03/2026,", Faulty, "date.future"},
		{"a day long ago", ",Lò Thị Na,,,Thư viện xã,,00700,,,01/01/1900,", New, ""},
		{"an end before the start", ",Lò Thị Na,,,Thư viện xã,,00700,,,01/02/2026,01/01/2026", Faulty, "date.before-start"},
		{"an end without a start", ",Lò Thị Na,,,Thư viện xã,,00700,,,,01/01/2026", Faulty, "date.empty"},
		{"a code that cannot be", "12,Vừ A Dính,,,,,,,,,", Faulty, "code.unknown"},
		{"a code that nobody has", "ZZZZZZZZZZ,Vừ A Dính,,,,,,,,,", Faulty, "code.unknown"},
		{"a code beside another's name", "dinh,Giàng Seo Phà,,,,,,,,,", Faulty, "code.name"},
		{"a person of another province", "hoa,Ma Thị Hoa,,,Thư viện xã,,00700,,,,", Faulty, "row.elsewhere"},
		{"a code of another province and no name", "hoa,,,,Thư viện xã,,00700,,,,", Faulty, "code.unknown"},
		{"a post before the present one", "dinh,Vừ A Dính,,,Thư viện phường,,00691,,,01/01/2020,", Faulty, "row.later"},
		{"a library of 201 letters", ",Lò Thị Na,,," + strings.Repeat("a", 201) + ",,00700,,,,", Faulty, "text.long"},
		{"a library of 2000 letters", ",Lò Thị Na,,," + strings.Repeat("ạ", 2000) + ",,00700,,,,", Faulty, "text.long"},
	} {
		code, rest, _ := strings.Cut(c.row, ",")
		if p, ok := people[code]; ok {
			code = p.ID
		}
		row := preview(t, r, columns+code+","+rest+"\n").Rows[0]
		var got []string
		for _, ch := range row.Changes {
			got = append(got, string(ch.Field))
		}
		for _, p := range row.Problems {
			got = append(got, p.Code)
		}
		for _, p := range row.Warnings {
			if slices.Contains([]string{"phone.other", "phone.away", "name.away"}, p.Code) {
				got = append(got, p.Code)
			}
		}
		if row.Question != nil {
			got = append(got, asked(row, people)...)
		}
		if row.Verdict != c.verdict || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %s %q, want %s %q\n%+v", c.what, row.Verdict, got, c.verdict, c.want, row)
		}
	}
}

// Whoever may work in another province can be asked for there, and then is not written here.
func TestARowOfSomebodyElsewhere(t *testing.T) {
	r, people := settled(t)
	const titles = "Mã,Họ và tên,Số điện thoại,Đơn vị công tác,Mã xã\n"
	for what, row := range map[string]string{
		"by number and name": ",Ma Thị Hoa,0987654321,Thư viện xã,00700", "by name alone": ",Ma Thị Hoa,,Thư viện phường,00694", "by code": people["hoa"].ID + ",Ma Thị Hoa,,Thư viện xã,00700",
	} {
		im := preview(t, r, titles+row+"\n")
		var choices Choices
		if !im.Rows[0].Elsewhere() || !choices.Answer(im, "2", Away) {
			t.Errorf("%s: %+v", what, im.Rows[0])
		}
		again, err := im.Again(t.Context(), r, choices)
		if err != nil || again.Rows[0].Verdict != Faulty || again.Rows[0].Problems[0].Code != "row.elsewhere" {
			t.Errorf("%s: %+v, %v", what, again.Rows[0], err)
		}
	}
	im := preview(t, r, titles+",Lò Thị Na,,Thư viện xã,00700\n")
	if im.Rows[0].Elsewhere() || (&Choices{}).Answer(im, "2", Away) {
		t.Errorf("somebody of nowhere: %+v", im.Rows[0])
	}
}

// asked are the people that a question is about, and what speaks against each.
func asked(row ImportRow, people map[string]roster.Person) []string {
	var all []string
	for _, m := range row.Question.Maybe {
		who := "row " + m.Row
		for key, p := range people {
			if p.ID == m.Person {
				who = key
			}
		}
		if m.Away != "" {
			who = "away"
			all = append(all, who+":"+m.Away)
			continue
		}
		var against []string
		for _, d := range m.Against {
			against = append(against, string(d))
		}
		all = append(all, who+":"+strings.Join(against, "+"))
	}
	return all
}

func TestAProblemTellsWhereItIsAndWhatMayBeMeant(t *testing.T) {
	r := newRoll(t)
	im := preview(t, r, "DANH SÁCH NGƯỜI LÀM CÔNG TÁC THƯ VIỆN,,,\n,,,\nSTT,Họ và tên,Xã,Thư viện,Ngày bắt đầu,CCCD,Ghi chú\n1,Lò Thị Na,Ngọc Đươngg,Thư viện xã,01/25/2026,0123,x\n")
	row := im.Rows[0]
	want := []RowProblem{
		{Code: "commune.unknown", Field: FieldCommune, Column: "C", Value: "Ngọc Đươngg", Suggestions: []string{"xã Ngọc Đường (00700)"}, Args: []string{"Ngọc Đươngg"}},
	}
	warned := []RowProblem{{Code: "date.form", Field: FieldStart, Column: "E", Value: "01/25/2026", Suggestions: []string{"25/01/2026"}}}
	if row.Number != 4 || im.Sheets[0].Header != 3 || !reflect.DeepEqual(row.Problems, want) || !reflect.DeepEqual(row.Warnings, warned) {
		t.Errorf("row %d: %+v, %+v\nwant %+v, %+v", row.Number, row.Problems, row.Warnings, want, warned)
	}
	if got := im.Ignored(); !reflect.DeepEqual(got, []Column{{Letter: "F", Title: "CCCD", Private: true}, {Letter: "G", Title: "Ghi chú", Sample: "x"}}) {
		t.Errorf("ignored columns %+v", got)
	}
	if _, kept := row.Cells[fieldPrivate]; kept || strings.Contains(fmt.Sprint(im), "0123") {
		t.Error("an identity number was kept")
	}
}

func TestAMoveSaysWhereFrom(t *testing.T) {
	r, people := settled(t)
	row := preview(t, r, "Mã,Họ và tên,Đơn vị,Mã xã\n"+people["dinh"].ID+",Vừ A Dính,Thư viện phường,00691\n").Rows[0]
	want := []Change{{FieldCommune, "xã Ngọc Đường (00700)", "phường Hà Giang 2 (00691)"}, {FieldLibrary, "Thư viện xã", "Thư viện phường"}, {FieldStart, "01/08/2025", "10/03/2026"}}
	if row.From != "00700" || !reflect.DeepEqual(row.Changes, want) {
		t.Errorf("from %q: %+v\nwant %+v", row.From, row.Changes, want)
	}
}

func TestTwoRowsOfOnePerson(t *testing.T) {
	for _, c := range []struct {
		what, rows string
		want       string
	}{
		{"the same code", "dinh,Vừ A Dính,,,\ndinh,Vừ A Dính,,,\n", "same row.twice:2"},
		{"a code and a number", "dinh,,,,\n,Vừ A Dính,0912345678,,\n", "same row.twice:2"},
		{"a name and then its code", ",Vừ A Dính,,00700,\ndinh,Vừ A Dính,,,\n", "ask row 3:library same"},
		{"new, the same name and library", ",Lò Thị Na,,00700,Thư viện\n,LÒ THỊ NA,,00700,Thư viện\n", "new row.twice:2"},
		{"new, other marks", ",Lò Thị Na,,00700,Thư viện\n,LÒ THỊ NÀ,,00700,Thư viện\n", "new ask row 2:marks"},
		{"new, one of them with a number, another library", ",Lò Thị Na,0911111111,00700,Thư viện\n,Lò Thị Na,,00700,Thư viện xã\n", "new ask row 2:library"},
		{"new, a mobile number that two people share", ",Lò Thị Na,0911111111,00700,Thư viện\n,Lò Thị Nga,0911111111,00691,Thư viện\n", "new-phone.shared new-phone.shared"},
		{"new, the same mobile number and name", ",Lò Thị Na,0911111111,00700,Thư viện\n,Lò Thị Na,0911111111,00691,Thư viện\n", "new row.twice:2"},
		{"new, a number that is an office's", ",Lò Thị Na,0911111111,00700,Thư viện\n,Giàng Seo Phà,0911111111,00700,Thư viện\n,Vừ Mí Sử,0911111111,00700,Thư viện\n", "new-phone.shared new-phone.shared new-phone.shared"},
		{"an office's number that one of them has on the roster", ",Vừ A Dính,0912345678,00700,\n,Giàng Seo Phà,0912345678,00700,Thư viện\n", "ask-phone.shared dinh:library new-phone.shared"},
		{"namesakes with two numbers", ",Lò Thị Na,0911111111,00700,Thư viện\n,Lò Thị Na,0911111112,00700,Thư viện\n", "new ask row 2:phone"},
		{"namesakes with two numbers in two libraries", ",Lò Thị Na,0911111111,00700,Thư viện\n,Lò Thị Na,0911111112,00700,Tủ sách\n", "new new"},
		{"a namesake of one who is found by number", ",Vừ A Dính,0911111111,00700,Thư viện\n,Vừ A Dính,0912345678,00700,\n", "new same"},
		{"new, the office's number", ",Lò Thị Na,02193866999,00700,Thư viện\n,Lò Thị Nga,02193866999,00700,Thư viện\n", "new new"},
	} {
		r, people := settled(t)
		im := preview(t, r, "Mã,Họ và tên,SĐT,Mã xã,Đơn vị\n"+strings.ReplaceAll(c.rows, "dinh,", people["dinh"].ID+","))
		var got []string
		for _, row := range im.Rows {
			v := string(row.Verdict)
			for _, p := range row.Problems {
				v = p.Code + ":" + strings.Join(append(p.Args, "")[:1], "")
			}
			for _, p := range row.Warnings {
				if p.Code == "phone.shared" {
					v += "-" + p.Code
				}
			}
			if row.Question != nil {
				v += " " + strings.Join(asked(row, people), " ")
			}
			got = append(got, v)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", c.what, s, c.want)
		}
	}
}

// A row that may be the same person is shown as it was typed also where something else in it is wrong.
func TestARowWithAProblemIsShownBesideAnother(t *testing.T) {
	r, _ := settled(t)
	im := preview(t, r, "Họ và tên,SĐT,Chức vụ,Mã xã,Đơn vị,Ngày bắt đầu\nLù Thị Mai,,Thủ thư,00700,Thư viện,31/12/2026\nLù Thị Mài,,Thủ thư,00700,Thư viện,01/03/2026\n")
	if row := im.Rows[1]; im.Rows[0].Verdict == New || row.Question == nil || row.Question.Maybe[0].Entry.Name != "Lù Thị Mai" || row.Question.Maybe[0].Entry.Library != "Thư viện" || row.Question.Maybe[0].Entry.Post != "Thủ thư" {
		t.Errorf("%+v beside %+v", row.Question, im.Rows[0])
	}
}

func TestNamesakesOnTheRosterAreAsked(t *testing.T) {
	r, _ := settled(t)
	add(t, r, "Vừ A Dính", "0911111111", "00700")
	row := preview(t, r, "Họ và tên,Mã xã,Đơn vị\nVừ A Dính,00700,Thư viện xã\n").Rows[0]
	if row.Verdict != Asked || len(row.Question.Maybe) != 2 {
		t.Errorf("%+v", row)
	}
}

func kindName(id string) string {
	return map[string]string{roster.CommuneLibrary: "Thư viện xã", roster.LearningCentre: "Trung tâm học tập cộng đồng", roster.OtherLibraryKind: "Khác"}[id]
}

// export writes the people of Tuyên Quang as the product does, with guarded cells.
func export(t testing.TB, r *roster.Roll, lang string, left bool) [][]string {
	t.Helper()
	rows := [][]string{ExportColumns(lang)}
	err := r.Each(context.Background(), "08", func(p roster.Person) error {
		if !p.Active && !left {
			return nil
		}
		row := ExportRow(r, p, kindName)
		for i, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
				row[i] = "'" + cell
			}
		}
		rows = append(rows, row)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func asCSV(rows [][]string, comma rune) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Comma = comma
	w.WriteAll(rows)
	return b.String()
}

func asXLSX(t testing.TB, rows [][]string) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestImportingTheProductsOwnExportChangesNothing(t *testing.T) {
	r, people := settled(t)
	if _, err := r.Correct(t.Context(), people["mai"].ID, roster.Details{Name: "Lò Thị Mai", Phone: people["mai"].Phone, Post: "=HYPERLINK(1)", Kind: roster.OtherLibraryKind}, "staff"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Move(t.Context(), people["dinh"].ID, roster.Entry{Library: "-Tủ sách, \"bản\"; xã", Commune: "00694", On: day("2026-03-01")}, "staff"); err != nil {
		t.Fatal(err)
	}
	before := everything(t, r)
	for _, lang := range []string{"vi", "en"} {
		for _, left := range []bool{false, true} {
			rows := export(t, r, lang, left)
			for what, file := range map[string]string{"csv": "\ufeff" + asCSV(rows, ','), "csv with semicolons": asCSV(rows, ';'), "xlsx": asXLSX(t, rows)} {
				im := preview(t, r, file)
				if im.Count(Same) != len(rows)-1 || len(im.Rows) < 2 || len(im.Ignored()) > 0 {
					t.Errorf("%s in %s: %+v", what, lang, im.Rows)
				}
				if apply(t, r, im); !reflect.DeepEqual(before, everything(t, r)) {
					t.Errorf("%s in %s changed the roster", what, lang)
				}
			}
		}
	}
}

func TestFilesAreReadHoweverTheyWereSaved(t *testing.T) {
	wide := "\ufeff" + strings.ReplaceAll(twoPeople, ",", "\t")
	var le, be bytes.Buffer
	for _, u := range utf16.Encode([]rune(wide)) {
		le.Write([]byte{byte(u), byte(u >> 8)})
		be.Write([]byte{byte(u >> 8), byte(u)})
	}
	lines := strings.SplitN(twoPeople, "\n", 2)
	for what, file := range map[string]string{
		"with a byte order mark":  "\ufeff" + twoPeople,
		"with semicolons":         strings.ReplaceAll(twoPeople, ",", ";"),
		"with tabs":               strings.ReplaceAll(twoPeople, ",", "\t"),
		"in UTF-16":               le.String(),
		"in UTF-16, big first":    be.String(),
		"with CRLF":               strings.ReplaceAll(twoPeople, "\n", "\r\n"),
		"in NFD":                  norm.NFD.String(twoPeople),
		"below titles":            "ỦY BAN NHÂN DÂN\n\n\"DANH SÁCH\nngười làm công tác thư viện, năm 2026\"\n" + twoPeople,
		"with numbered columns":   lines[0] + "\n(1),(2),(3),(4),(5),(6),(7)\n" + lines[1],
		"with a second header":    "Họ và tên,Số điện thoại,Chức vụ,Nơi làm việc,,,\n,,,Đơn vị công tác,Loại thiết chế,Mã xã,Ngày bắt đầu\n" + lines[1],
		"with empty lines":        strings.ReplaceAll(twoPeople, "\n", "\n,,,,,,\n"),
		"with English titles":     "Full name,Phone number,Position,Library,Library kind,Commune code,Start date\n" + lines[1],
		"with brackets in titles": "HỌ VÀ TÊN (*),Số điện thoại (Zalo),Chức vụ,Đơn vị công tác,Loại thiết chế,Mã xã (5 số),Ngày bắt đầu (dd/mm/yyyy)\n" + lines[1],
	} {
		r := newRoll(t)
		im := preview(t, r, file)
		if len(im.Rows) != 2 || im.Count(New) != 2 || im.Rows[0].Entry.Name != "Vừ A Dính" || im.Rows[0].Entry.Commune != "00700" || !im.Rows[0].Entry.On.Equal(day("2026-01-05")) {
			t.Errorf("%s: %+v", what, im.Rows)
		}
	}
}

// official is a workbook as offices make them: a first sheet without a list, titles above it, a name's title over two
// columns, numbers and dates as numbers, a formula.
func official(t testing.TB, date1904 bool) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	const sheet = "Danh sách"
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &date1904}))
	must(f.SetCellValue("Sheet1", "A1", "Hướng dẫn"))
	_, err := f.NewSheet(sheet)
	must(err)
	must(f.SetCellValue(sheet, "A1", "DANH SÁCH NGƯỜI LÀM CÔNG TÁC THƯ VIỆN"))
	must(f.MergeCell(sheet, "A1", "G1"))
	must(f.SetSheetRow(sheet, "A3", &[]any{"TT", "Họ và tên", "", "Di động", "Xã, phường", "Thư viện", "Từ ngày"}))
	must(f.MergeCell(sheet, "B3", "C3"))
	must(f.SetSheetRow(sheet, "A4", &[]any{1, "NGUYỄN VĂN", "ÁI", 912345678, "Xã Ngọc\nĐường", nil, day("2026-01-05")}))
	must(f.SetCellFormula(sheet, "F4", `"Thư viện"&" xã"`))
	must(f.SetSheetRow(sheet, "A6", &[]any{2, "Lò Thị", "Mai", "", 691, "Thư viện phường", "5/1/2026"}))
	var b bytes.Buffer
	must(f.Write(&b))
	return b.String()
}

func TestWorkbooksAreReadHoweverTheyWereMade(t *testing.T) {
	for _, date1904 := range []bool{false, true} {
		im := preview(t, newRoll(t), official(t, date1904))
		a, b := im.Rows[0], im.Rows[1]
		if im.Sheets[1].Name != "Danh sách" || im.Sheets[1].Header != 3 || a.Number != 4 || b.Number != 6 {
			t.Errorf("sheet %q, header %d, rows %d and %d", im.Sheets[1].Name, im.Sheets[1].Header, a.Number, b.Number)
		}
		want := map[Field]string{FieldFamily: "NGUYỄN VĂN", FieldGiven: "ÁI", FieldPhone: "912345678", FieldCommune: "Xã Ngọc Đường", FieldStart: "05/01/2026"}
		// a formula that was never calculated has no value
		if !reflect.DeepEqual(a.Cells, want) || len(a.Problems) != 1 || a.Problems[0].Code != "library.empty" {
			t.Errorf("1904 %v: %+v", date1904, a)
		}
		if b.Verdict != New || b.Entry.Commune != "00691" || b.Entry.Name != "Lò Thị Mai" || !b.Entry.On.Equal(day("2026-01-05")) {
			t.Errorf("1904 %v: %+v", date1904, b)
		}
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	r := newRoll(t)
	small := workbook.Limits{Bytes: 1 << 20, Rows: 2, Columns: 8, Letters: 50}
	for what, c := range map[string]struct{ file, code string }{
		"empty":              {"", "file.empty"},
		"spaces":             {"\n \n", "file.empty"},
		"an unknown code":    {"\x93\xfa\x96\x7b,\x8c\xea\n\x8e\x52,\x93\x63\n", "file.encoding"},
		"binary":             {"Họ tên,Mã xã\x00\n", "file.type"},
		"half of UTF-16":     {"\xff\xfeH", "file.header"},
		"no header":          {"a,b\nc,d\n", "file.header"},
		"nobody":             {"Họ và tên,Mã xã\n", "file.norows"},
		"a quote left open":  {"Họ và tên,Mã xã\n\"Lò Thị Mai,00700\nVừ A Dính,00700\n", "file.quotes"},
		"too many rows":      {"Họ và tên,Mã xã\nA B,1\nA B,1\nA B,1\n", "file.rows"},
		"too many columns":   {"Họ và tên,Mã xã\nA B,1,,,,,,,x\n", "file.columns"},
		"too many bytes":     {"Họ và tên,Mã xã\n" + strings.Repeat("A B,1\n", 1<<18), "file.large"},
		"an old workbook":    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file.xls"},
		"a PDF":              {"%PDF-1.7", "file.pdf"},
		"a broken workbook":  {"PK\x03\x04nothing", "file.damaged"},
		"a workbook of none": {asXLSX(t, [][]string{{"a", "b"}}), "file.header"},
		"a header alone":     {asXLSX(t, [][]string{{"Họ và tên", "Mã xã"}}), "file.norows"},
	} {
		_, err := look(t.Context(), r, "08", strings.NewReader(c.file), "x", small)
		wantProblem(t, what, err, "file", c.code)
	}
	_, err := look(t.Context(), r, "02", strings.NewReader(twoPeople), "x", small)
	wantProblem(t, "a programme province", err, "province", "province.unknown")
}

func TestApplyLeavesOutWhatChangedSinceThePreview(t *testing.T) {
	r, people := settled(t)
	im := preview(t, r, "Mã,Họ và tên,SĐT,Chức vụ,Đơn vị,Mã xã\n"+people["dinh"].ID+",,,Thủ thư,,\n"+people["mai"].ID+",,,Thủ thư,,\n,Lò Thị Na,0911111111,,Thư viện,00700\n,Lò Thị Nu,0911111112,,Thư viện,00700\n")
	if _, err := r.Correct(t.Context(), people["dinh"].ID, roster.Details{Name: "Vừ A Dính", Post: "Phó chủ tịch", Kind: roster.CommuneLibrary}, "staff"); err != nil {
		t.Fatal(err)
	}
	add(t, r, "Giàng Thị Mỷ", "0911111111", "00700")
	result := apply(t, r, im)
	if want := (Result{New: 1, Changed: 1, Conflicts: []int{0, 2}, Written: []int{3, 1}}); !reflect.DeepEqual(result, want) {
		t.Errorf("applied %+v, want %+v", result, want)
	}
	if p, _ := r.Person(t.Context(), people["dinh"].ID); p.Post != "Phó chủ tịch" {
		t.Errorf("the later change was overwritten: %+v", p)
	}
}

// Whose figures of past days change is said: by the first of them.
func TestAnImportOfThePastSaysSinceWhen(t *testing.T) {
	for file, want := range map[string]string{
		"Lò Thị Na,Thư viện,00700,01/02/2020,\nLò Thị Nu,Thư viện,00700,01/03/2021,\n": "01/02/2020",
		"Lò Thị Na,Thư viện,00700,10/03/2026,\n":                                       "", // today
		"Lò Thị Na,Thư viện,00700,,\n":                                                 "",
		"Lò Thị Na,Thư viện,00700,01/02/2020,\nLò,,,01/02/2018,\n":                     "01/02/2020",
	} {
		r := newRoll(t)
		if got := shown(preview(t, r, "Họ và tên,Đơn vị,Mã xã,Ngày bắt đầu,Ngày nghỉ\n"+file).Since()); got != want {
			t.Errorf("%q: since %q, want %q", file, got, want)
		}
	}
	r, people := settled(t)
	im := preview(t, r, "Mã,Họ và tên,Ngày nghỉ\n"+people["dinh"].ID+",Vừ A Dính,01/03/2026\n"+people["mai"].ID+",,\n")
	if got := shown(im.Since()); got != "01/03/2026" {
		t.Errorf("who has left: since %q", got)
	}
	im.Left = map[string]time.Time{people["mai"].ID: day("2026-02-20")}
	if got := shown(im.Since()); got != "20/02/2026" {
		t.Errorf("who is not in the file: since %q", got)
	}
}

// A library whose name is abbreviated in the file is the same one: nobody begins a new post there.
func TestALibraryWrittenOtherwiseIsNoNewPost(t *testing.T) {
	r := newRoll(t)
	for i, name := range []string{"Điểm Bưu điện - Văn hóa xã Ngọc Đường", "Trung tâm học tập cộng đồng", "Thư viện xã"} {
		e := roster.Entry{Name: []string{"Đặng Thị Hòa", "Lò Thị Ơn", "Vừ A Dính"}[i], Library: name, Commune: "00700", On: day("2025-01-05")}
		if _, err := r.Add(t.Context(), e, "staff"); err != nil {
			t.Fatal(err)
		}
	}
	im := preview(t, r, "Họ và tên,Đơn vị,Mã xã\nĐặng Thị Hòa,Điểm BĐVH xã Ngọc Đường,00700\nLò Thị Ơn,TTHTCĐ,00700\nVừ A Dính,Thư viện phường,00700\n")
	for i, want := range []Verdict{Same, Same, Asked} {
		if im.Rows[i].Verdict != want {
			t.Errorf("%s: %s %+v %+v", im.Rows[i].Cells[FieldLibrary], im.Rows[i].Verdict, im.Rows[i].Changes, im.Rows[i].Question)
		}
	}
}

func TestAnImportIsKeptAsJSON(t *testing.T) {
	r, people := settled(t)
	file := "Mã,Họ và tên,Đơn vị,Mã xã\n" + people["dinh"].ID + ",Vừ A Dính,Thư viện phường,00691\n,Lò Thị Na,Thư viện,00700\n,Lò,,\n"
	im := preview(t, r, file)
	data, err := json.Marshal(im)
	if err != nil {
		t.Fatal(err)
	}
	var kept Import
	if err := json.Unmarshal(data, &kept); err != nil {
		t.Fatal(err)
	}
	if kept.Hash() != im.Hash() || preview(t, r, file).Hash() != im.Hash() {
		t.Error("the hash is another one")
	}
	if result := apply(t, r, &kept); result.New != 1 || result.Changed != 1 || result.Problems != 1 {
		t.Errorf("applied %+v", result)
	}
	if preview(t, r, file).Hash() == im.Hash() {
		t.Error("the hash does not tell what has been done from what is to be done")
	}
}

// dying is a store whose writes fail from one on, as of a program that was killed there.
type dying struct {
	store.Store
	left atomic.Int64
}

var errDied = errors.New("died")

func (d *dying) write() error {
	if d.left.Add(-1) < 0 {
		return errDied
	}
	return nil
}

func (d *dying) Insert(ctx context.Context, k *store.Kind, docs ...any) error {
	if err := d.write(); err != nil {
		return err
	}
	return d.Store.Insert(ctx, k, docs...)
}

func (d *dying) Update(ctx context.Context, k *store.Kind, id string, doc any, change func() error) error {
	if err := d.write(); err != nil {
		return err
	}
	return d.Store.Update(ctx, k, id, doc, change)
}

func TestAnInterruptedImportIsRepeated(t *testing.T) {
	for at := range 12 {
		r, people := settled(t)
		file := "Mã,Họ và tên,Chức vụ,Đơn vị,Mã xã,Ngày bắt đầu\n" + people["dinh"].ID + ",Vừ A Dính,Thủ thư,Thư viện phường,00691,01/03/2026\n" + people["mai"].ID + ",,Thủ thư,,,\n,Lò Thị Na,,Thư viện,00700,\n,Lò Thị Nu,,Thư viện,00700,\n"
		im := preview(t, r, file)
		real := r.Store
		d := &dying{Store: real}
		d.left.Store(int64(at))
		r.Store = d
		_, err := Apply(t.Context(), r, im, "staff", nil)
		// the import, postings, details, people; a posting, details and two updates
		if died := errors.Is(err, errDied); died != (at < 8) {
			t.Fatalf("after %d writes: %v", at, err)
		}
		r.Store = real
		if at%2 == 0 { // repeated from what was kept, or from the file
			im = preview(t, r, file)
		}
		result := apply(t, r, im)
		if len(result.Conflicts) > 0 || result.Problems > 0 {
			t.Errorf("after %d writes: repeated %+v", at, result)
		}
		page, _ := r.People(t.Context(), roster.Filter{Province: "08"})
		postings := 0
		for id := range everything(t, r) {
			if strings.Contains(id, "/") {
				postings++
			}
		}
		if len(page.People) != 4 || postings != 5+3 {
			t.Errorf("after %d writes: %d people, %d postings", at, len(page.People), postings)
		}
		dinh, _ := r.Person(t.Context(), people["dinh"].ID)
		mai, _ := r.Person(t.Context(), people["mai"].ID)
		if dinh.Commune != "00691" || dinh.Post != "Thủ thư" || mai.Post != "Thủ thư" {
			t.Errorf("after %d writes: %+v\n%+v", at, dinh, mai)
		}
		if n, err := r.Rebuild(t.Context(), nil); n != 0 || err != nil {
			t.Errorf("after %d writes a rebuild changed %d people, %v", at, n, err)
		}
	}
}

func TestACancelledImportStops(t *testing.T) {
	r := newRoll(t)
	im := preview(t, r, region(1200))
	ctx, cancel := context.WithCancel(t.Context())
	result, err := Apply(ctx, r, im, "staff", func(done, total int) { cancel() })
	if !errors.Is(err, context.Canceled) || result.New != batch {
		t.Fatalf("applied %+v, %v", result, err)
	}
	result = apply(t, r, im)
	if result.New != 1200-batch || result.Same != batch {
		t.Errorf("repeated %+v", result)
	}
}

// region is a file of n people over the communes of Tuyên Quang.
func region(n int) string {
	communes := places().Communes(roster.Present, "08")
	rows := [][]string{ExportColumns("vi")}
	family, given := []string{"Nguyễn Văn", "Vừ A", "Lò Thị", "Giàng Seo", "Đặng Thị"}, []string{"Hòa", "Dính", "Mai", "Phà", "Ánh", "Hường", "Páo"}
	for i := range n {
		c := communes[i%len(communes)]
		rows = append(rows, []string{"", family[i%5] + " " + given[i%7], fmt.Sprintf("09%08d", i), "Công chức văn hóa - xã hội", "Thư viện xã " + c.Name, "Thư viện xã", c.Code, c.Title(), "05/01/2026"})
	}
	return asCSV(rows, ',')
}

func TestColumnsOfExportsAreAllKnown(t *testing.T) {
	want := []Field{FieldCode, FieldName, FieldPhone, FieldPost, FieldLibrary, FieldKind, FieldCommuneCode, FieldCommune, FieldStart}
	for _, lang := range []string{"vi", "en"} {
		var got []Field
		for _, c := range lexicon().header(ExportColumns(lang), nil) {
			got = append(got, c.Field)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", lang, got, want)
		}
	}
}
