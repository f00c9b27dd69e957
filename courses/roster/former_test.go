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
