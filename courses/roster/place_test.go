package roster

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"golang.org/x/text/unicode/norm"
)

var places = sync.OnceValue(func() *Places {
	p, err := ReadPlaces(os.DirFS("../../content"))
	if err != nil {
		panic(err)
	}
	return p
})

func TestPlacesOfTheProgramme(t *testing.T) {
	p := places()
	if a, b := len(p.Provinces(Present)), len(p.Provinces(Programme)); a != 10 || b != 14 {
		t.Errorf("%d present and %d programme provinces, want 10 and 14", a, b)
	}
	all, inside := 0, 0
	for _, v := range p.Provinces(Present) {
		for _, c := range p.Communes(Present, v.Code) {
			all++
			if c.Programme != "" {
				inside++
			}
		}
	}
	sum := 0
	for _, v := range p.Provinces(Programme) {
		sum += len(p.Communes(Programme, v.Code))
	}
	if all != 841 || inside != 764 || sum != 764 {
		t.Errorf("%d communes, %d of them in the programme, %d by programme province; want 841, 764, 764", all, inside, sum)
	}
}

func TestTheSameCodeInTwoListsIsTwoProvinces(t *testing.T) {
	now, _ := places().Province(Present, "15")
	then, _ := places().Province(Programme, "15")
	if now.Name != "Lào Cai" || then.Name != "Yên Bái" || now.NameEn != "Lao Cai" {
		t.Errorf("15 is %q and %q, want Lào Cai now and Yên Bái in the Decision", now.Name, then.Name)
	}
	if _, ok := places().Province(Present, "02"); ok {
		t.Error("02 (Hà Giang) is found among present provinces")
	}
	if a, b := len(places().Communes(Present, "08")), len(places().Communes(Programme, "08")); a != 124 || b != 51 {
		t.Errorf("Tuyên Quang has %d communes now and %d in the Decision's borders, want 124 and 51", a, b)
	}
}

func TestCommunesComeInVietnameseOrder(t *testing.T) {
	var names []string
	for _, c := range places().Communes(Present, "08") {
		names = append(names, c.Name)
	}
	before := func(a, b string) {
		if slices.Index(names, a) < 0 || slices.Index(names, a) > slices.Index(names, b) {
			t.Errorf("%s does not come before %s", a, b)
		}
	}
	before("Bạch Xa", "Bình An")
	before("Du Già", "Đồng Văn")
	before("Hà Giang 1", "Hà Giang 2")
	before("Ngọc Đường", "Niêm Sơn")
}

func TestReadPlacesRefuses(t *testing.T) {
	provinces := "list,order,code,name,name_en,valid_from,valid_to\npresent,1,04,Cao Bằng,Cao Bang,2025-07-01,\nprogramme,1,04,Cao Bằng,Cao Bang,,2025-06-30\n"
	communes := "code,name,kind,province,programme,valid_from\n01273,Thục Phán,phường,04,04,2025-07-01\n"
	const former = "code,name,kind,district,province_code,province,commune\n01273,Sông Hiến,phường,Thành phố Cao Bằng,04,Cao Bằng,01273\n"
	for what, change := range map[string][2]string{
		"a unit of no commune":     {"Cao Bằng,01273\n", "Cao Bằng,01274\n"},
		"a unit of no kind":        {"Sông Hiến,phường", "Sông Hiến,bản"},
		"a lost zero":              {"01273", "1273"},
		"an unknown kind":          {"phường", "thị trấn"},
		"an unknown province":      {"phường,04", "phường,08"},
		"a programme province":     {",04,2025-07-01\n", ",02,2025-07-01\n"},
		"a bad date":               {"04,2025-07-01", "04,1/7/2025"},
		"NFD":                      {"Thục Phán", norm.NFD.String("Thục Phán")},
		"a commune twice":          {"01273,Thục Phán,phường,04,04,2025-07-01\n", "01273,Thục Phán,phường,04,04,2025-07-01\n01273,Nùng Trí Cao,phường,04,04,2025-07-01\n"},
		"another header":           {"code,name,kind", "kind,name,code"},
		"a province twice":         {"programme,1,04", "present,1,04"},
		"a province code of one":   {"present,1,04", "present,1,4"},
		"an order that is no word": {"present,1,", "present,x,"},
	} {
		_, err := ReadPlaces(fstest.MapFS{
			provincesFile: {Data: []byte(strings.Replace(provinces, change[0], change[1], 1))},
			communesFile:  {Data: []byte(strings.Replace(communes, change[0], change[1], 1))},
			formerFile:    {Data: []byte(strings.Replace(former, change[0], change[1], 1))},
		})
		if err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
	if _, err := ReadPlaces(fstest.MapFS{provincesFile: {Data: []byte(provinces)}, communesFile: {Data: []byte(communes)}, formerFile: {Data: []byte(former)}}); err != nil {
		t.Errorf("the table before the changes: %v", err)
	}
}

var today = Era{New: true} // of a list with names that are there only now

func TestFindFindsOneCommune(t *testing.T) {
	for _, c := range []struct{ text, province, code string }{
		{"00691", "", "00691"}, {"691", "", "00691"}, {"'00691", "08", "00691"},
		{"Ngọc Đường", "08", "00700"}, {"xã Ngọc Đường", "08", "00700"}, {"XÃ NGỌC ĐƯỜNG", "08", "00700"}, {"ngoc duong", "08", "00700"}, {"Xã  Ngọc-Đường ", "08", "00700"},
		{norm.NFD.String("Xã Ngọc Đường"), "08", "00700"}, {"Ngoc Duong commune", "08", "00700"}, {"x. Ngọc Đường", "08", "00700"}, {"Xã Ngọc Đường, tỉnh Tuyên Quang", "", "00700"},
		{"Phường Hà Giang 2", "08", "00691"}, {"P.Hà Giang 1", "08", "00694"},
		{"Văn Lang", "19", "02143"}, {"Văn Lăng", "19", "05665"},
		{"Xa Dung", "11", ""}, {"Phượng Tiến", "19", ""},
	} {
		got := places().Find(Address{Name: c.text}, c.province, today)
		if got.Commune.Code == "" || c.code != "" && got.Commune.Code != c.code {
			t.Errorf("Find(%q, %q) = %+v, want %s", c.text, c.province, got, c.code)
		}
	}
}

func TestEveryCommuneIsFoundHoweverItIsTyped(t *testing.T) {
	p := places()
	for _, c := range p.now().communes {
		for _, typed := range []string{c.Code, c.Title(), strings.ToUpper(c.Title()), norm.NFD.String(c.Title()), otherTones(c.Title()), "  " + c.Title() + "  "} {
			if got := p.Find(Address{Name: typed}, c.Province, today); got.Commune.Code != c.Code {
				t.Errorf("Find(%q, %s) = %+v, want %s", typed, c.Province, got, c.Code)
			}
		}
		for _, typed := range []string{c.Name, Fold(c.Title())} {
			got := p.Find(Address{Name: typed}, c.Province, today)
			if got.Commune.Code != c.Code && !slices.ContainsFunc(got.Maybe, func(o Commune) bool { return o.Code == c.Code }) {
				t.Errorf("Find(%q, %s) = %+v, want %s among them", typed, c.Province, got, c.Code)
			}
		}
	}
}

// otherTones writes the tone on the second of two vowels: Hòa as Hoà.
func otherTones(s string) string {
	return strings.NewReplacer("òa", "oà", "óa", "oá", "ỏa", "oả", "õa", "oã", "ọa", "oạ", "òe", "oè", "óe", "oé", "ùy", "uỳ", "úy", "uý", "ủy", "uỷ", "ũy", "uỹ", "ụy", "uỵ").Replace(s)
}

func TestFindGivesCandidates(t *testing.T) {
	for _, c := range []struct {
		text, province string
		want           string // name of the first
		n              int
	}{
		{"van lang", "19", "Văn Lang", 2},
		{"Thành Công", "", "Thành Công", 2},
		{"Ngọc Đườg", "08", "Ngọc Đường", 1},
		{"xã Đồng Vân", "08", "Đồng Văn", 1},
		{"Thành phố Hồ Chí Minh", "08", "", 0},
		{"", "", "", 0}, {"xã", "", "", 0}, {"99999", "", "", 0}, {"00691", "04", "", 0},
	} {
		got := places().Find(Address{Name: c.text}, c.province, today)
		switch {
		case got.Commune.Code != "":
			t.Errorf("Find(%q, %q) = %s, want candidates", c.text, c.province, got.Commune.Title())
		case len(got.Maybe) < c.n || c.n == 0 && len(got.Maybe) > 0:
			t.Errorf("Find(%q, %q): candidates %v, want %d", c.text, c.province, got.Maybe, c.n)
		case c.n > 0 && got.Maybe[0].Name != c.want:
			t.Errorf("Find(%q, %q): first candidate %s, want %s", c.text, c.province, got.Maybe[0].Name, c.want)
		}
	}
}

func TestMatchProvince(t *testing.T) {
	for _, c := range []struct {
		list       List
		text, code string
	}{
		{Present, "08", "08"}, {Present, "8", "08"}, {Present, "Tỉnh Tuyên Quang", "08"}, {Present, "LAO CAI", "15"}, {Programme, "Lào Cai", "10"}, {Present, "Phu Tho Province", "25"},
		{Present, "Hà Giang", ""}, {Programme, "Hoà Bình", "17"}, {Present, "", ""},
	} {
		if got, ok := places().MatchProvince(c.list, c.text); got.Code != c.code || ok != (c.code != "") {
			t.Errorf("MatchProvince(%s, %q) = %q, want %q", c.list, c.text, got.Code, c.code)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"00691", "691", "xã Ngọc Đường", "Phường Tiến, tỉnh Phú Thọ", "x. ", "thị trấn", ", ,", "xã \u0300 b", "\u0300 xa b", "xã Tân Tiến (huyện Yên Sơn) - Tuyên Quang"} {
		f.Add(s, "Yên Sơn", "Hà Giang", "08")
	}
	f.Fuzz(func(t *testing.T, text, district, of, province string) {
		a := Address{Name: text, District: district, Province: of}
		got := places().Find(a, province, places().EraOf(province, []Address{a}))
		if got.Commune.Code != "" && (len(got.Maybe) > 0 || province != "" && got.Commune.Province != province) {
			t.Errorf("Find(%q, %q) = %+v", a, province, got)
		}
		places().MatchProvince(Present, text)
		places().Of(got.Commune, of)
	})
}
