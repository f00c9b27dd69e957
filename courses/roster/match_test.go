package roster

import (
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	r := newRoll(t)
	ids := map[string]string{}
	for key, e := range map[string]Entry{
		"lan":   {Name: "Nguyễn Thị Lan", Phone: "0912000001", Library: "Thư viện xã Ngọc Đường", Commune: "00700"},
		"hoa":   {Name: "Lò Thị Hòa", Library: "Thư viện xã Ngọc Đường", Commune: "00700"},
		"hoa2":  {Name: "Lò Thị Hoa", Library: "Thư viện phường", Commune: "00691"},
		"din":   {Name: "Hầu Seo Dìn", Phone: "0912000002", Library: "Thư viện phường", Commune: "00691"},
		"pao":   {Name: "Giàng A Páo", Library: "Thư viện phường", Commune: "00691"},
		"pao2":  {Name: "Giàng A Páo", Library: "Thư viện xã", Commune: "00694"},
		"away":  {Name: "Lý Thị Nhàn", Phone: "0912000003", Library: "Thư viện xã", Commune: "02143"},
		"left":  {Name: "Vừ Thị Ca", Phone: "0912000004", Library: "Thư viện xã", Commune: "02143"},
		"left2": {Name: "Sùng Mí Pó", Library: "Thư viện phường", Commune: "00691"},
		"dang":  {Name: "Ðặng Thị Hoa", Library: "Thư viện phường", Commune: "00691"}, // U+00D0
	} {
		e.On = day("2025-08-01")
		p, err := r.Add(t.Context(), e, "staff")
		if err != nil {
			t.Fatal(err)
		}
		ids[key] = p.ID
	}
	for _, key := range []string{"left", "left2"} {
		if _, err := r.Leave(t.Context(), ids[key], day("2025-12-31"), "staff"); err != nil {
			t.Fatal(err)
		}
	}
	named := func(id string) string {
		for key, other := range ids {
			if other == id {
				return key
			}
		}
		return id
	}
	const here, there = "Thư viện xã Ngọc Đường", "Thư viện phường"
	for _, c := range []struct {
		what                      string
		name, phone, commune, lib string
		want                      string
	}{
		{"the number and the name", "Nguyễn Thị Lan", "0912000001", "00694", "", "sure lan"},
		{"the number, a name typed without marks", "Nguyen Thi Lan", "0912000001", "00700", here, "sure lan"},
		{"the number, other marks", "Nguyễn Thị Lân", "0912000001", "00700", here, "ask lan:marks"},
		{"the number, another letter", "Nguyễn Thị Loan", "0912000001", "00700", here, "ask lan:name"},
		{"the number, quite another name", "Vàng Mí Sử", "0912000001", "00700", here, "holder lan"},
		{"the name, the commune, the library", "Nguyễn Thị Lan", "", "00700", "THƯ VIỆN XÃ NGỌC ĐƯỜNG", "sure lan"},
		{"the tone placed otherwise", "Lò Thị Hoà", "0912999999", "00700", here, "sure hoa"},
		{"a number that contradicts", "Nguyễn Thị Lan", "0912999999", "00700", here, "ask lan:phone"},
		{"other marks", "Lò Thị Hóa", "", "00700", here, "ask hoa:marks"},
		{"typed without marks, no number", "Lo Thi Hoa", "", "00700", here, "ask hoa:marks"},
		{"another library", "Nguyễn Thị Lan", "", "00700", "Trung tâm học tập", "ask lan:library"},
		{"no library said", "Nguyễn Thị Lan", "", "00700", "", "ask lan:library"},
		{"another commune, another number, the only one of the name", "Hầu Seo Dìn", "0912999999", "00700", here, "ask din:phone+commune+library"},
		{"another commune, one of two of the name", "Giàng A Páo", "", "00700", here, ""},
		{"one who left", "Sùng Mí Pó", "", "00691", there, "ask left2:left"},
		{"number and name of another province", "Lý Thị Nhàn", "0912000003", "00700", here, "away away holder away"},
		{"who left another province", "Vừ Thị Ca", "0912000004", "00700", here, "away left"},
		{"the name alone, in another province", "Lý Thị Nhàn", "", "00700", here, "namesake away"},
		{"Đ for Ð", "Đặng Thị Hoa", "", "00691", there, "sure dang"},
		{"somebody new", "Ma Thị Na", "0912999999", "00700", here, ""},
	} {
		name, err := Name(c.name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := r.Find(t.Context(), Sought{Province: "08", Name: name, Phone: c.phone, Commune: c.commune, Library: c.lib})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		if m.Sure != nil {
			got = append(got, "sure "+named(m.Sure.ID))
		}
		for _, l := range m.Maybe {
			var against []string
			for _, d := range l.Against {
				against = append(against, string(d))
			}
			got = append(got, "ask "+named(l.Person.ID)+":"+strings.Join(against, "+"))
		}
		for _, p := range m.Away {
			got = append(got, "away "+named(p.ID))
		}
		if m.Namesake != nil {
			got = append(got, "namesake "+named(m.Namesake.ID))
		}
		if m.Holder != nil {
			got = append(got, "holder "+named(m.Holder.ID))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %q, want %q", c.what, s, c.want)
		}
	}
}
