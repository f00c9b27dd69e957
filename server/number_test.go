package server

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
)

// numbered is somebody of a commune who has a mobile number.
func (s *visited) numbered(name, phone, commune string) roster.Person {
	s.t.Helper()
	p, err := s.Roll.Add(s.t.Context(), roster.Entry{Name: name, Phone: phone, Library: "Thư viện xã", Commune: commune, On: roster.Day(begun).AddDate(-1, 0, 0)}, "operator")
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// withNumber is a form that enters somebody, which may be sent.
func withNumber(name, phone, token string) url.Values {
	return url.Values{"province": {"08"}, "token": {strings.Repeat(token, 16)}, "name": {name}, "phone": {phone}, "library": {"Thư viện xã"}, "kind": {"commune-library"}, "commune": {"00715"}, "on": {"2026-01-05"}}
}

// Who knows a number and not whose it is learns that it cannot be written, in the same words whether somebody of their
// own province has it or of any other, by form and by import; the trail says that they were told. Number and name
// together say where to ask.
func TestANumberAloneSaysNothingOfOtherProvinces(t *testing.T) {
	s := newSite(t)
	numbers := []string{"0987000001", "0987000002", "0987000003"}
	for i, commune := range []string{elsehere, "02143", "00715"} { // Cao Bằng, Thái Nguyên, here
		s.numbered([]string{"Ma Thị Hoa", "Lý Thị Nhàn", "Vừ Thị Ca"}[i], numbers[i], commune)
	}
	mine := s.numbered("Giàng Seo Phà", "", "00715")
	staff := s.as(s.account("", "Cán Bộ", "08", roster.Staff))
	secrets := []string{"Cao Bằng", "Thái Nguyên", "Ma Thị Hoa", "Lý Thị Nhàn", "danh sách khác", "tỉnh khác"}
	silent := func(what, text string) {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s tells %q: %s", what, secret, text)
			}
		}
	}

	told, whole := "", map[string]string{}
	for i, number := range numbers {
		for what, r := range map[string]*reply{
			"a new entry":  staff.post("/roster", withNumber("Sùng Văn Tủa", number, string(rune('a'+i)))).want(409),
			"a correction": staff.post("/roster/"+mine.ID+"/correct", url.Values{"name": {"Giàng Seo Phà"}, "phone": {number}, "kind": {"commune-library"}}).want(409),
		} {
			if got := strings.ReplaceAll(r.one("[role=alert]"), number, "N"); told == "" {
				told = got
			} else if got != told {
				t.Errorf("%s with %s is told %q, another %q", what, number, got, told)
			}
			if got := strings.ReplaceAll(r.one("main"), number, "N"); whole[what] == "" {
				whole[what] = got
			} else if got != whole[what] {
				t.Errorf("%s with %s is not the page of another number: %s\n%s", what, number, got, whole[what])
			}
		}
	}
	if got := s.told("person.number"); len(got) != 6 || got[0].Province != "08" || got[0].Note != "1 số" || strings.Contains(got[0].Subject+got[0].Note, "0987") {
		t.Errorf("the trail says %+v", got)
	}

	csv := "Họ và tên,Số điện thoại,Đơn vị công tác,Mã xã\nSùng Văn Tủa,0987000001,Thư viện xã,00715\nSùng Thị Dợ,0987000002,Thư viện xã,00715\n"
	at := staff.sends("/roster/import", url.Values{"province": {"08"}}, sentFile{"file", "a.csv", []byte(csv)}).leads()
	preview := staff.get(at).want(200).one("main")
	silent("a preview", preview)
	if strings.Count(preview, "Không ghi được số này") != 2 {
		t.Errorf("the preview says %s", preview)
	}
	if got := s.told("person.number"); len(got) != 7 || got[6].Note != "2 số" {
		t.Errorf("the trail says %+v of an import", got[6:])
	}
	staff.post(at+"/choices", url.Values{"start": {"2026-01-05"}}).want(303) // the same numbers are not told anew
	if got := s.told("person.number"); len(got) != 7 {
		t.Errorf("the trail says %+v of looking again", got[7:])
	}
	if got := staff.get("/api/v1/people?province=08&q=0987000001").want(200).Body; strings.Contains(got, "Hoa") {
		t.Errorf("the API says %s", got)
	}

	if got := staff.post("/roster", withNumber("Ma Thị Hoa", numbers[0], "z")).want(409).one("[role=alert]"); !strings.Contains(got, "Đang ở Cao Bằng: hỏi chuyển") {
		t.Errorf("number and name are told %q", got)
	}
	if got := s.told("person.number"); len(got) != 8 {
		t.Errorf("the trail says nothing of number and name")
	}
}

// An account is told of so many numbers; after that it may enter nobody with a number, whoever has it, until some time
// has passed, so that a refusal tells nothing either. Entries without a number go on.
func TestAnAccountIsToldOfSoManyNumbers(t *testing.T) {
	s := newSite(t)
	s.numbered("Ma Thị Hoa", "0987000001", elsehere)
	a := s.account("", "Cán Bộ", "08", roster.Staff)
	staff, other := s.as(a), s.as(s.account("", "Cán Bộ Hai", "08", roster.Staff))
	if _, err := s.Accounts.SpendOf(t.Context(), accounts.Numbers, a.ID, accounts.Numbers.Burst); err != nil {
		t.Fatal(err)
	}
	staff.post("/roster", withNumber("Sùng Văn Tủa", "0987000001", "a")).want(429)
	csv := "Họ và tên,Số điện thoại,Đơn vị công tác,Mã xã\nSùng Văn Lử,0987000009,Thư viện xã,00715\n"
	staff.post("/roster", withNumber("Sùng Văn Tủa", "0987000008", "b")).want(429)
	staff.sends("/roster/import", url.Values{"province": {"08"}}, sentFile{"file", "a.csv", []byte(csv)}).want(429)
	staff.post("/roster", withNumber("Sùng Văn Tủa", "", "c")).want(303)
	other.post("/roster", withNumber("Sùng Văn Lử", "0987000008", "d")).want(303)
	s.pass(time.Hour)
	s.as(a).post("/roster", withNumber("Sùng Thị Dợ", "0987000007", "e")).want(303)
}
