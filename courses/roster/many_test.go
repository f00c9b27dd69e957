package roster

import (
	"fmt"
	"reflect"
	"testing"
)

// What is asked for many at once is what is asked for each: also of names that many have, of entries that were joined
// or struck out, and of people of another province.
func TestManyAtOnceAreAsOneByOne(t *testing.T) {
	r := newRoll(t)
	add := func(name, phone, library, commune string) Person {
		t.Helper()
		p, err := r.Add(t.Context(), Entry{Name: name, Phone: phone, Library: library, Commune: commune, On: day("2026-01-05")}, "staff")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	var people []Person
	for i := range rare + 2 {
		people = append(people, add("Nguyễn Văn Nam", fmt.Sprintf("09120001%02d", i), fmt.Sprintf("Tủ sách %d", i), []string{"00691", "00700"}[i%2]))
	}
	people = append(people, add("Giàng A Páo", "", "Thư viện", "00691"), add("Giàng A Pao", "0912000200", "Thư viện", "00700"),
		add("Lò Thị Mai", "0912000201", "Thư viện", "03856"))
	if _, err := r.Merge(t.Context(), people[0].ID, people[1].ID, Details{Name: people[1].Name, Kind: people[1].Kind}, "staff"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Strike(t.Context(), people[2].ID, "nhập nhầm", "staff"); err != nil {
		t.Fatal(err)
	}
	var sought []Sought
	for _, name := range []string{"Nguyễn Văn Nam", "Nguyen Van Nam", "Giàng A Páo", "Lò Thị Mai", "Lò Thị Mái", "Vừ Mí Sùng", ""} {
		for _, phone := range []string{"", "0912000100", "0912000105", "0912000200", "0912000201", "0219999999"} {
			for _, commune := range []string{"", "00691", "00700"} {
				sought = append(sought, Sought{Province: "08", Name: name, Phone: phone, Commune: commune, Library: "Thư viện"})
			}
		}
	}
	found, err := r.FindAll(t.Context(), sought)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range sought {
		one, err := r.Find(t.Context(), s)
		if err != nil || !reflect.DeepEqual(found[i], one) {
			t.Errorf("%+v: %+v among many, %+v alone: %v", s, found[i], one, err)
		}
	}
	var ids []string
	for _, p := range people {
		ids = append(ids, p.ID)
	}
	facts, err := r.FactsOf(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if one, err := r.Facts(t.Context(), id); err != nil || !reflect.DeepEqual(facts[id], one) {
			t.Errorf("facts of %s differ: %+v among many, %+v alone: %v", id, facts[id], one, err)
		}
	}
}
