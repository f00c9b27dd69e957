package server

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/server/edge"
)

// What is refused for its size uses the allowance up as what is accepted does, and is never taken apart.
func TestManyFactsAreRefusedUnread(t *testing.T) {
	s := newSite(t)
	s.publish(shortCourse("K1", courses.LibraryService))
	c := s.as(s.person("Vàng Thị Mỷ", lungCu))
	for kind, body := range map[string]string{
		"facts": `{"facts":[` + strings.Repeat("{},", 50_000) + `{}]}`, "nothings": `{"facts":[` + strings.Repeat("0,", 50_000) + `0]}`,
		"broken": `{"facts":[` + strings.Repeat("{},", 50_000), "answers": `{"facts":[{"answers":{` + strings.Repeat(`"a":0,`, 50_000) + `"b":0}}]}`,
	} {
		s.limits.Facts.Of = nil
		r := c.do("POST", "/api/v1/facts", "application/json", strings.NewReader(body)).want(422)
		if !strings.Contains(r.Body, map[bool]string{true: "too-many-parts", false: "too-many-facts"}[kind == "answers"]) {
			t.Errorf("%s: %s", kind, r.Body)
		}
		if kind != "answers" {
			for range 9 {
				c.do("POST", "/api/v1/facts", "application/json", strings.NewReader(body)).want(422)
			}
			c.do("POST", "/api/v1/facts", "application/json", strings.NewReader(body)).want(429)
		}
	}
	s.limits.Facts.Of = nil
	c.facts(0, 200).want(200)
}

func TestFormsOfTooManyPartsAreRefused(t *testing.T) {
	s := newSite(t)
	c := s.as(s.account("", "Hà Văn Tâm", "08", roster.Trainer))
	form := url.Values{}
	for i := range 3000 {
		form.Set(fmt.Sprint(i), "")
	}
	c.post("/author/paste", form).want(200)
	for i := range edge.MaxPairs + 1 {
		form.Set(fmt.Sprint(i), "")
	}
	if r := c.do("POST", "/author/paste", formType, strings.NewReader(form.Encode())).want(422); !strings.Contains(r.text(), "quá nhiều phần") {
		t.Error(r.text())
	}
}

// While there is no room for a large body, its sender is told to come again; a small one passes, and nothing stays
// behind of what was answered or broken off.
func TestLargeBodiesWaitTheirTurn(t *testing.T) {
	s := newSite(t)
	account := s.account("", "Hà Văn Tâm", "08", roster.Staff)
	staff := s.as(account)
	address := s.listening()
	const size = 1 << 20
	other := new(fasthttp.RequestHeader)
	if !s.burden.Enter(other, edge.Load{Who: account.ID, Bytes: edge.OwnBurden - size/2, Until: time.Now().Add(time.Hour)}, time.Now()) {
		t.Fatal("there is no room")
	}
	for range 2 {
		r := staff.sized(address, "/api/v1/facts", "application/json", size, false)
		if r.Status != 503 || r.Header.Get("Retry-After") == "" || !strings.Contains(r.Body, "bodies-busy") {
			t.Errorf("%d %s", r.Status, r.Body)
		}
		if r := staff.sized(address, "/api/v1/facts", "application/json", 1000, false); r.Status != 400 {
			t.Errorf("a small one: %d", r.Status)
		}
	}
	s.burden.Leave(other)
	for range 50 {
		if r := staff.sized(address, "/api/v1/facts", "application/json", size, false); r.Status != 400 {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
		if r := staff.sized(address, "/api/v1/facts", "application/json", factsBody+1, false); r.Status != 413 {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
	}
	if s.burden.Now != 0 {
		t.Errorf("%d bytes are still counted", s.burden.Now)
	}
}
