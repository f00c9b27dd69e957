package server

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lopban/courses/roster"
)

func TestCompletionsOnTheScreenAreThoseOfTheFiles(t *testing.T) {
	p := newBoard(t)
	for query, want := range map[string]struct {
		rows  []string
		shows map[string]string
	}{
		"":                                   {[]string{"Giàng A Dua K1", "Vàng Thị Mỷ K1", "Vàng Thị Mỷ K2"}, map[string]string{".counts li:nth-child(1)": "3 giấy chứng nhận", ".counts li:nth-child(2)": "2 người được cấp"}},
		"course=K2":                          {[]string{"Vàng Thị Mỷ K2"}, map[string]string{".counts li:nth-child(1)": "1 giấy chứng nhận", "#course [selected]": "K2 · Khóa ngắn K2"}},
		"strand=library-service&state=valid": {[]string{"Giàng A Dua K1", "Vàng Thị Mỷ K1"}, map[string]string{"table.totals tbody tr": "K1 · Khóa ngắn K1 Dịch vụ thư viện 2 2 2 0 0 0"}},
		"kind=commune-library":               {[]string{"Giàng A Dua K1", "Vàng Thị Mỷ K1", "Vàng Thị Mỷ K2"}, nil},
		"kind=other":                         {nil, map[string]string{".note strong": "Không có giấy chứng nhận nào đúng với những gì bạn chọn."}},
		"from=2026-12-05&to=2026-12-05":      {[]string{"Giàng A Dua K1", "Vàng Thị Mỷ K1", "Vàng Thị Mỷ K2"}, nil},
		"to=2026-12-04":                      {nil, map[string]string{".counts li:nth-child(1)": "0 giấy chứng nhận"}},
		"commune=00715&province=08":          {[]string{"Giàng A Dua K1", "Vàng Thị Mỷ K1", "Vàng Thị Mỷ K2"}, nil},
	} {
		shown := p.staff.get("/completions?" + query).want(200)
		for selector, text := range want.shows {
			if got := shown.one(selector); got != text {
				t.Errorf("%q: %s is %q, want %q", query, selector, got, text)
			}
		}
		var onScreen []string
		for _, row := range shown.find("table.list tbody tr") {
			onScreen = append(onScreen, textOf(row))
		}
		if len(onScreen) != len(want.rows) {
			t.Errorf("%q: on the screen %q, want %q", query, onScreen, want.rows)
		}
		links := shown.find(`main p.row a[href^="/api"]`)
		if want.rows != nil && len(links) != 3 {
			t.Fatalf("%q: %d files", query, len(links))
		}
		for i, link := range links {
			file := p.staff.get(attrOf(link, "href")).want(200)
			var got []string
			switch i {
			case 0, 1:
				rows, _ := xlsxFileOr(file, i == 0)
				for _, r := range rows {
					got = append(got, r[1]+" "+r[6])
				}
			case 2:
				var list struct {
					Rows   []map[string]any
					Filter map[string]string
				}
				if err := json.Unmarshal([]byte(file.Body), &list); err != nil {
					t.Fatal(err)
				}
				for _, r := range list.Rows {
					got = append(got, fmt.Sprint(r["person"], " ", r["course"]))
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want.rows) {
				t.Errorf("%q: %s has %q, want %q", query, attrOf(link, "href"), got, want.rows)
			}
		}
	}
}

func xlsxFileOr(r *reply, xlsx bool) ([][]string, map[string]string) {
	if xlsx {
		return xlsxFile(r)
	}
	return csvFile(r)
}

func TestCompletionsAreOneClickFromEveryDesk(t *testing.T) {
	p := newBoard(t)
	for who, c := range map[string]*client{"staff": p.staff, "office": p.office, "admin": p.adm} {
		for _, shown := range []string{"/", "/board"} {
			if len(c.get(shown).want(200).find(`nav a[href^="/completions"], main a[href^="/completions"]`)) < 2 {
				t.Errorf("%s, %s: no link in the menu and on the page", who, shown)
			}
		}
		c.get("/completions").want(200)
	}
	for who, c := range map[string]*client{"learner": p.learner, "trainer": p.trainer} {
		if len(c.get("/").want(200).find(`a[href^="/completions"]`)) != 0 {
			t.Errorf("%s is led to what is refused", who)
		}
	}
}

func TestAWrongFilterKeepsTheForm(t *testing.T) {
	p := newBoard(t)
	shown := p.staff.get("/completions?from=2026-12-05&to=2026-12-01").want(422)
	if got := shown.one("#fault"); got != "“Đến ngày” 01/12/2026 sớm hơn “từ ngày” 05/12/2026." {
		t.Errorf("%q", got)
	}
	if shown.attr("#to", "aria-invalid") != "true" || shown.attr("#from", "value") != "2026-12-05" {
		t.Error("what was typed is gone")
	}
	p.staff.get("/api/v1/reports/completions.csv?state=gone").want(422)
}

func TestTheMissingCanBeCalled(t *testing.T) {
	p := newBoard(t)
	who, err := p.Roll.Add(t.Context(), roster.Entry{Name: "Lò Thị Ơn", Phone: "0912345678", Post: "Công chức văn hóa", Library: "Thư viện xã Lũng Cú", Commune: lungCu, On: roster.Day(begun)}, "operator")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Board.RefreshStanding(t.Context(), who.ID); err != nil {
		t.Fatal(err)
	}
	has := func(r *reply) bool {
		return strings.Contains(r.Body, "0912345678") && strings.Contains(r.Body, "Công chức văn hóa")
	}
	for _, path := range []string{"/missing", "/missing?by=programme&province=02", "/missing/calls", "/missing/calls?commune=00715&province=08", "/api/v1/reports/missing.csv", "/api/v1/reports/missing.json"} {
		if !has(p.staff.get(path).want(200)) {
			t.Errorf("staff: %s has no phone or post", path)
		}
	}
	for _, path := range []string{"/missing?province=08", "/missing", "/api/v1/reports/missing.csv?province=08", "/api/v1/reports/missing.json"} {
		if r := p.office.get(path).want(200); strings.Contains(r.Body, "0912345678") || !strings.Contains(r.Body, "Lò Thị Ơn") {
			t.Errorf("office: %s has a phone number, or not the name", path)
		}
	}
	sheet := p.staff.get("/missing/calls").want(200)
	if got := sheet.one(".calls h2"); got != "xã Lũng Cú (2)" {
		t.Errorf("%q", got)
	}
	if got := sheet.one(".calls tbody tr:nth-child(2)"); !strings.HasPrefix(got, "Lò Thị Ơn Công chức văn hóa · Thư viện xã Lũng Cú 0912345678 Dịch vụ thư viện, Khuyến đọc") {
		t.Errorf("%q", got)
	}
}
