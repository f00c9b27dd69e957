package server

import (
	"net/url"
	"strings"
	"testing"
)

// Learners read whom to ask, by name and number, on home, on their account and on every course: whoever their province
// named, or its library while it named nobody. Another province's is not shown, and the trail says who it was before.
func TestLearnersReadWhomToAsk(t *testing.T) {
	p := newProvince(t)
	p.publish(practiceCourse("K3", false))
	learner := p.as(p.person("Sùng A Páo", "00715"))
	pages := []string{"/", "/me", "/courses/K3"}
	for _, path := range pages {
		if got := learner.get(path).want(200).one("[data-ask]"); !strings.Contains(got, "Thư viện tỉnh Tuyên Quang") {
			t.Errorf("%s says %q before anybody was named", path, got)
		}
	}
	for _, bad := range []struct{ name, phone, field string }{{"", "0912345678", "contact-name"}, {"Chị Hoa", "12", "contact-phone"}} {
		again := p.staff.post("/admin/issuers/08/contact", url.Values{"name": {bad.name}, "phone": {bad.phone}}).want(422)
		if again.attr("#"+bad.field, "aria-invalid") != "true" || again.attr("#contact-phone", "value") != bad.phone {
			t.Errorf("%+v: the field is not marked, or what was typed is lost", bad)
		}
	}
	p.staff.post("/admin/issuers/08/contact", url.Values{"name": {"Chị Hoa"}, "phone": {"0219 386 6123"}, "hours": {"giờ hành chính"}}).want(303)
	for _, path := range pages {
		page := learner.get(path).want(200)
		if got := page.one("[data-ask]"); !strings.Contains(got, "Chị Hoa (giờ hành chính) 02193866123") || page.attr("[data-ask] a", "href") != "tel:02193866123" {
			t.Errorf("%s says %q", path, got)
		}
	}
	far := p.as(p.person("Lò Văn Xa", "03127"))
	if got := far.get("/").want(200).one("[data-ask]"); strings.Contains(got, "Hoa") {
		t.Errorf("another province reads %q", got)
	}
	p.staff.post("/admin/issuers/08/contact", url.Values{"name": {"Anh Páo"}, "phone": {"02193866123"}}).want(303)
	told := p.told("contact.save")
	if len(told) != 2 || told[1].Changes[0].Old != "Chị Hoa" || told[1].Changes[0].New != "Anh Páo" {
		t.Errorf("the trail says %+v", told)
	}
}
