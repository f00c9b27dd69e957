package server

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
	"lopban/courses/store"
)

// facts is a request with so many completions, under new ids.
func (c *client) facts(from, n int) *reply {
	c.t.Helper()
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"id":"f%d","kind":"completion","course":"K1","lesson":"doc"}`, from+i))
	}
	return c.do("POST", "/api/v1/facts", "application/json", strings.NewReader(`{"facts":[`+strings.Join(list, ",")+`]}`))
}

func TestAPhoneMayCatchUpAndNobodyMayFlood(t *testing.T) {
	s := newSite(t)
	s.publish(shortCourse("K1", courses.LibraryService))
	c, other := s.as(s.person("Vàng Thị Mỷ", lungCu)), s.as(s.person("Lò Thị Dí", lungCu))
	sent := 0
	for _, n := range []int{200, 200, 100} { // a week with no network
		c.facts(sent, n).want(200)
		sent += n
	}
	for ; sent < 2000; sent += 100 {
		c.facts(sent, 100).want(200)
	}
	r := c.facts(sent, 3).want(429)
	if r.Header.Get("Retry-After") != "60" || !strings.Contains(r.Body, `"code":"too-often"`) || !strings.Contains(r.Body, "60 giây") {
		t.Errorf("%v %s", r.Header, r.Body)
	}
	if shown := c.post("/courses/K1/doc", nil).want(429); shown.Header.Get("Retry-After") != "20" || !strings.Contains(shown.text(), "20 giây") {
		t.Errorf("%v %s", shown.Header, shown.text())
	}
	other.facts(0, 200).want(200)
	s.pass(time.Minute)
	c.facts(sent, 3).want(200)
}

func TestFilesHaveAnAllowanceByAccount(t *testing.T) {
	p := newProvince(t)
	other := p.as(p.account("", "Hà Văn Tâm", "08", roster.Staff))
	for what, ask := range map[string]func(c *client) *reply{
		"exports": func(c *client) *reply { return c.get("/roster/export.csv?province=08") },
		"reports": func(c *client) *reply { return c.get("/api/v1/reports/missing.csv?province=08") },
		"imports": func(c *client) *reply { return c.upload("a.csv", []byte("x")) },
		"papers":  func(c *client) *reply { return c.get("/admin/issuers/08/sample.pdf") },
		"slips":   func(c *client) *reply { return c.post("/roster/slips", url.Values{"province": {"08"}}) },
	} {
		p.limits.Exports.Of, p.limits.Papers.Of, p.limits.Imports.Of = nil, nil, nil
		n := 0
		for ask(p.staff).Status != 429 {
			if n++; n > 200 {
				t.Fatalf("%s have no end", what)
			}
		}
		if n < 50 {
			t.Errorf("%s: only %d in one go", what, n)
		}
		if r := ask(other); r.Status == 429 {
			t.Errorf("%s: one uses up the allowance of another", what)
		}
		wait, err := strconv.Atoi(ask(p.staff).want(429).Header.Get("Retry-After"))
		if err != nil || wait < 1 || wait > 60 {
			t.Errorf("%s: wait %d, %v", what, wait, err)
		}
	}
}

// Certificates are looked up with one allowance, whichever process is asked, and also after a restart. Who looks up a
// few writes nothing.
func TestLookUpsAreCountedForAllProcesses(t *testing.T) {
	one := newSite(t)
	other := newSiteOn(t, inner(one.Store.(*watched).Store))
	wrong := "/v/" + courses.ShowCode("ZZZZZZZZZZZ")
	tallies := func() int {
		t.Helper()
		n, err := one.Store.Count(t.Context(), accounts.TallyKind, store.Query{})
		if err != nil {
			t.Fatal(err)
		}
		return n[0].N
	}
	a, b := one.anyone(), other.anyone()
	for range 9 {
		a.get(wrong).want(404)
	}
	if n := tallies(); n != 0 {
		t.Errorf("nine look-ups were written down: %d", n)
	}
	refused := 0
	for range 60 {
		for _, c := range []*client{a, b} {
			if r := c.get(wrong); r.Status == 429 {
				refused++
			} else if r.Status != 404 {
				t.Fatalf("%d: %s", r.Status, r.Body)
			}
		}
	}
	if refused < 40 || tallies() != 1 {
		t.Errorf("of 129 look-ups by two processes %d were refused, and %d tallies are kept", refused, tallies())
	}
	again := newSiteOn(t, inner(one.Store.(*watched).Store))
	c, had := again.anyone(), 0
	for range 60 {
		if c.get(wrong).Status != 429 {
			had++
		}
	}
	if had > 20 {
		t.Errorf("after a restart it has %d more at once", had)
	}
}
