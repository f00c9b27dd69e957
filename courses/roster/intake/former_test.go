package intake

import (
	"encoding/csv"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lopban/courses/roster"
	"lopban/courses/workbook"
)

// unitsOfBefore are the units of content/programme/former.csv by the present province of each, and the communes of now
// that each is part of.
func unitsOfBefore(t testing.TB) (of map[string][]roster.Former) {
	t.Helper()
	f, err := os.Open("../../../content/programme/former.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	of = map[string][]roster.Former{}
	for _, r := range rows[1:] {
		c, _ := places().Commune(r[6])
		all := of[c.Province]
		if n := len(all) - 1; n >= 0 && all[n].Code == r[0] {
			all[n].Now = append(all[n].Now, r[6])
			continue
		}
		of[c.Province] = append(all, roster.Former{Code: r[0], Name: r[1], Kind: r[2], District: r[3], ProvinceName: r[5], Now: []string{r[6]}})
	}
	return of
}

// somebody is a name of somebody that nobody else has.
func somebody(i int) string {
	syllables := []string{"An", "Bình", "Chi", "Dung", "Hà", "Hoa", "Lan", "Mai", "Nga", "Páo", "Sơn", "Tuấn", "Vinh", "Yến"}
	return strings.Join([]string{"Giàng", syllables[i/196%14], syllables[i/14%14], syllables[i%14]}, " ")
}

// A list of before July 2025 of each present province: every unit of it with its district.
func TestListsOfBeforeJuly2025(t *testing.T) {
	for what, columns := range map[string]func(f roster.Former) []string{
		"with the district and the province": func(f roster.Former) []string { return []string{f.Kind + " " + f.Name, f.District, f.ProvinceName} },
		"the names alone with the district":  func(f roster.Former) []string { return []string{f.Name, f.District, ""} },
	} {
		good, asked := 0, 0
		for province, units := range unitsOfBefore(t) {
			var file strings.Builder
			w := csv.NewWriter(&file)
			w.Write([]string{"TT", "Họ và tên", "Đơn vị công tác", "Xã, phường, thị trấn", "Huyện", "Tỉnh"})
			for i, f := range units {
				w.Write(append([]string{strconv.Itoa(i + 1), somebody(i), "Thư viện"}, columns(f)...))
			}
			w.Flush()
			im, err := look(t.Context(), newRoll(t), province, strings.NewReader(file.String()), "a.csv", workbook.DefaultLimits)
			if err != nil || len(im.Rows) != len(units) {
				t.Fatalf("%s: %v, %d rows of %d", province, err, len(im.Rows), len(units))
			}
			for i, row := range im.Rows {
				switch f := units[i]; {
				case row.Verdict == New && slices.Contains(f.Now, row.Entry.Commune) && len(f.Now) == 1:
					good++
				case row.Verdict == New:
					t.Errorf("%s: %s went to %s, want %v", what, f.Title(), row.Entry.Commune, f.Now)
				case len(row.Problems) == 1 && slices.ContainsFunc(row.Problems[0].Suggestions, func(s string) bool { return strings.Contains(s, f.Now[0]) }):
					asked++
				default:
					t.Errorf("%s: %s: %+v", what, f.Title(), row.Problems)
				}
			}
		}
		if t.Logf("%s: %d by themselves, %d asked", what, good, asked); good < 2490 || good+asked != 2511 {
			t.Errorf("%s: %d by themselves and %d asked of 2,511, want 2,490", what, good, asked)
		}
	}
}

// Accepting what is suggested for one unit that was split answers for it, and not for another of the same name.
func TestASplitUnitIsAnsweredOnce(t *testing.T) {
	const file = "Họ và tên,Đơn vị công tác,Xã,Huyện\nLò A,Thư viện,Việt Lâm,Vị Xuyên\nLò B,Thư viện,Việt Lâm,Vị Xuyên\nLò C,Thư viện xã Yên Định,,Bắc Mê\n"
	r := newRoll(t)
	b, err := lexicon().Read(strings.NewReader(file), "a.csv", workbook.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	var chosen Choices
	see := func() *Import {
		im, err := lexicon().Preview(t.Context(), r, "08", b, chosen, workbook.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		return im
	}
	im := see()
	if im.Count(Faulty) != 3 {
		t.Fatalf("%+v", im.Rows)
	}
	if n := chosen.Accept(im, im.Rows[0].Cell(FieldCommune), "xã Việt Lâm (00967)", true); n != 2 {
		t.Errorf("%d accepted, want 2", n)
	}
	if n := chosen.Accept(im, im.Rows[2].Cell(FieldCommune), "xã Minh Ngọc (00994)", false); n != 1 {
		t.Errorf("%d accepted, want 1", n)
	}
	im = see()
	if im.Count(New) != 3 || im.Rows[0].Entry.Commune != "00967" || im.Rows[1].Entry.Commune != "00967" || im.Rows[2].Entry.Commune != "00994" {
		t.Errorf("%+v", im.Rows)
	}
}

// A name that is also one of before is asked, unless the file tells of which time it is.
func TestTheTimeOfAListTellsWhatANameMeans(t *testing.T) {
	for _, c := range []struct{ what, file, want string }{
		{"alone", "Lò A,Thư viện,xã Tân Tiến\n", "commune.several"},
		{"beside names of now", "Lò A,Thư viện,xã Tân Tiến\nLò B,Thư viện,phường Hà Giang 2\n", "01051"},
		{"beside names of before", "Lò A,Thư viện,xã Tân Tiến\nLò B,Thư viện,thị trấn Vĩnh Tuy\n", "commune.several"},
		{"beside both", "Lò A,Thư viện,xã Tân Tiến\nLò B,Thư viện,phường Hà Giang 2\nLò C,Thư viện,thị trấn Vĩnh Tuy\n", "commune.several"},
		{"beside a province of before and names of now", "Lò A,Thư viện,\"xã Tân Tiến, tỉnh Tuyên Quang\"\nLò B,Thư viện,\"phường Hà Giang 1, tỉnh Hà Giang\"\n", "commune.several"},
		{"beside a province of before alone", "Lò A,Thư viện,\"xã Tân Tiến, tỉnh Tuyên Quang\"\nLò B,Thư viện,\"xã Lũng Cú, tỉnh Hà Giang\"\n", "02470"},
		{"of a unit that is said to be of before", "Lò A,Thư viện,xã Phong Quang (cũ)\nLò B,Thư viện,phường Hà Giang 2\n", "00691"},
		{"with its district", "Lò A,Thư viện,\"xã Tân Tiến, huyện Yên Sơn\"\n", "02470"},
		{"of another kind", "Lò A,Thư viện,phường Ngọc Đường\n", "00700"},
		{"of another kind, beside one of that kind elsewhere", "Lò A,Thư viện,xã Minh Xuân\n", "02215"},
		{"of another kind, in its district", "Lò A,Thư viện,\"xã Minh Xuân, thành phố Tuyên Quang\"\n", "02215"},
		{"of that kind, in its district elsewhere", "Lò A,Thư viện,\"xã Minh Xuân, huyện Lục Yên\"\n", "commune.elsewhere"},
		{"of another kind, of several", "Lò A,Thư viện,phường Tân Tiến\n", "commune.unknown"},
		{"of a kind that is no more", "Lò A,Thư viện,thị trấn Ngọc Đường\n", "commune.unknown"},
		{"with other marks", "Lò A,Thư viện,xã Ngọc Dường\n", "commune.unknown"},
		{"of another province, by its name alone", "Lò A,Thư viện,xã Văn Lăng\n", "commune.elsewhere"},
		{"of another province of now, whose name is here too", "Lò A,Thư viện,\"xã Tân Tiến, tỉnh Lạng Sơn\"\n", "commune.elsewhere"},
		{"of another province of before, whose name is here too", "Lò A,Thư viện,\"xã Tân Tiến, tỉnh Bắc Giang\"\n", "commune.elsewhere"},
		{"of another province", "Lò A,Thư viện,\"xã Lùng Vai, huyện Mường Khương\"\n", "commune.elsewhere"},
	} {
		im, err := look(t.Context(), newRoll(t), "08", strings.NewReader("Họ và tên,Đơn vị công tác,Xã\n"+c.file), "a.csv", workbook.DefaultLimits)
		if err != nil {
			t.Fatal(c.what, err)
		}
		row := im.Rows[0]
		got := row.Entry.Commune
		if len(row.Problems) > 0 {
			got = row.Problems[0].Code
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s; %+v", c.what, got, c.want, row.Problems)
		}
	}
}
