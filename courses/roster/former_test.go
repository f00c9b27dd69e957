package roster

import (
	"slices"
	"strings"
	"testing"
)

func TestEveryFormerUnitBecomesItsSuccessor(t *testing.T) {
	p := places()
	if len(p.now().formers) != 2511 {
		t.Fatalf("%d former units, want 2,511", len(p.now().formers))
	}
	short := strings.NewReplacer("Huyện ", "", "Thành phố ", "TP ", "Thị xã ", "TX. ")
	for what, address := range map[string]func(f Former) Address{
		"with kind and district": func(f Former) Address {
			return Address{Name: f.Kind + " " + f.Name, District: f.District, Province: f.ProvinceName}
		},
		"with a short district": func(f Former) Address {
			return Address{Name: f.Kind + " " + f.Name, District: short.Replace(f.District)}
		},
		"in one line": func(f Former) Address { return Address{Name: f.Title() + ", tỉnh " + f.ProvinceName} },
		"in capitals, no marks": func(f Former) Address {
			return Address{Name: strings.ToUpper(Fold(f.Kind + " " + f.Name)), District: Fold(f.District)}
		},
		"the name and a district": func(f Former) Address { return Address{Name: f.Name, District: f.District} },
		"under a heading":         func(f Former) Address { return Address{Name: f.Kind + " " + f.Name, Under: f.District} },
		"no district":             func(f Former) Address { return Address{Name: f.Kind + " " + f.Name} },
		"the code":                func(f Former) Address { return Address{Name: f.Code, District: f.District} },
	} {
		certain, asked := 0, 0
		for _, f := range p.now().formers {
			here := p.now().byCode[f.Now[0]].Province
			got := p.Find(address(f), here, Era{})
			switch {
			case got.Commune.Code != "" && !slices.Contains(f.Now, got.Commune.Code):
				t.Errorf("%s: %s, %s went to %s, want %v", what, f.Title(), f.ProvinceName, got.Commune.Title(), f.Now)
			case got.Commune.Code != "":
				certain++
			case slices.ContainsFunc(got.Maybe, func(c Commune) bool { return slices.Contains(f.Now, c.Code) }):
				asked++
			default:
				t.Errorf("%s: %s, %s: %+v, want %v among them", what, f.Title(), f.ProvinceName, got, f.Now)
			}
		}
		t.Logf("%s: %d by themselves, %d asked", what, certain, asked)
		if certain < 2490 && !strings.HasPrefix(what, "no district") {
			t.Errorf("%s: %d resolve by themselves, want 2,490", what, certain)
		}
	}
}

func TestAddressesAsTheyAreWritten(t *testing.T) {
	p := places()
	for _, c := range []struct{ name, district, province, want string }{
		{"xã Lũng Táo, huyện Đồng Văn, tỉnh Hà Giang", "", "", "00715"},
		{"Thôn 3 - xã Hòa An - huyện Chiêm Hóa - Tuyên Quang", "", "", "02353"},
		{"Tổ 5, phường Tân Quang, TP. Tuyên Quang", "", "", "02215"},
		{"số 12 đường Trần Phú, phường Minh Xuân, TP Tuyên Quang, tỉnh Tuyên Quang", "", "", "02215"},
		{"Hà Giang, huyện Đồng Văn, xã Lũng Táo", "", "", "00715"},
		{"thôn Yên Sơn, xã Lũng Cú", "", "", "00715"}, // a village, not the district
		{"TT. Yên Phú, H. Bắc Mê, Hà Giang", "", "", "00991"},
		{"Xã Lũng Cú, T. Hà Giang (nay là tỉnh Tuyên Quang)", "", "", "00715"},
		{"xã Lũng Táo", "Đồng Văn (cũ)", "Hà Giang cũ", "00715"},
		{"xã Tân Tiến", "Huyện Yên Sơn cũ", "", "02470"},
		{"xã Tân Tiến", "huyện Yên Sơn trước đây", "tỉnh Tuyên Quang (trước sáp nhập)", "02470"},
		{"xã Tân Tiến (cũ)", "Yên Sơn", "", "02470"},
		{"Lũng Táo cũ, Đồng Văn", "", "", "00715"},
		{"xã Tân Long (xã Tân Tiến cũ)", "", "", "02470"},
		{"xã Lũng Cú, tỉnh Cao Bằng", "", "", ""},
		{"xã Tân Tiến", "Yên Sơn", "Hà Giang", ""},
		{"phường", "", "", ""},
	} {
		got := p.Find(Address{Name: c.name, District: c.district, Province: c.province}, "08", Era{})
		if got.Commune.Code != c.want {
			t.Errorf("%q, %q, %q is %q %v, want %q", c.name, c.district, c.province, got.Commune.Code, got.Maybe, c.want)
		}
	}
	for _, text := range []string{"Hà Giang", "tỉnh Hà Giang (cũ)", "Hà Giang cũ", "Hà Giang trước đây", "Tuyên Quang (mới)", "Hà Giang (nay là Tuyên Quang)", "Tuyên Quang (Hà Giang cũ)"} {
		c, _ := p.Commune("00715")
		if lies, known := p.Of(c, text); !lies || !known {
			t.Errorf("xã Lũng Cú does not lie in %q: %v, %v", text, lies, known)
		}
	}
	c, _ := p.Commune("00715")
	if lies, known := p.Of(c, "Cao Bằng (cũ)"); lies || !known {
		t.Error("xã Lũng Cú lies in Cao Bằng", lies, known)
	}
}
