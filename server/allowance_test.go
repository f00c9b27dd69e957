package server

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lopban/courses"
	"lopban/courses/roster"
)

// Whatever the times and amounts: in no stretch of time is more had than the burst and what the stretch brings, and who waits as long as told gets it.
func TestAnAllowanceIsNeverOverdrawn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := allowance{burst: rapid.IntRange(1, 20).Draw(t, "burst"), every: time.Duration(rapid.IntRange(1, 10_000).Draw(t, "every")) * time.Millisecond}
		type had struct {
			at time.Time
			n  int
		}
		var all []had
		now := begun
		for range rapid.IntRange(1, 40).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.IntRange(0, 30_000).Draw(t, "pause")) * time.Millisecond)
			n := rapid.IntRange(1, a.burst).Draw(t, "n")
			a.take("another", a.burst, now)
			wait := a.take("one", n, now)
			if wait > 0 && rapid.Bool().Draw(t, "waits") {
				now = now.Add(wait + time.Microsecond) // it counts in floating point
				if again := a.take("one", n, now); again > 0 {
					t.Fatalf("after the %v that were asked for it is %v more", wait, again)
				}
				wait = 0
			}
			if wait == 0 {
				all = append(all, had{now, n})
			}
		}
		for i := range all {
			sum := 0
			for _, h := range all[i:] {
				sum += h.n
				if most := float64(a.burst) + float64(h.at.Sub(all[i].at))/float64(a.every); float64(sum) > most+1e-3 {
					t.Fatalf("%d in %v, at most %v", sum, h.at.Sub(all[i].at), most)
				}
			}
		}
	})
}

func TestAllowancesDoNotFillMemory(t *testing.T) {
	a := allowance{burst: 1, every: time.Minute}
	for i := range 3 * allowanceLimit {
		a.take(strconv.Itoa(i), 1, begun)
	}
	if len(a.of) > allowanceLimit+1 {
		t.Errorf("%d are remembered", len(a.of))
	}
	if a.take("one more", 1, begun) == 0 {
		t.Error("who comes when the memory is full has an allowance of their own")
	}
	if later := begun.Add(time.Hour); a.take("later", 1, later) > 0 || len(a.of) != 1 {
		t.Errorf("after an hour %d are remembered", len(a.of))
	}
}

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
	if page := c.post("/courses/K1/doc", nil).want(429); page.Header.Get("Retry-After") != "20" || !strings.Contains(page.text(), "20 giây") {
		t.Errorf("%v %s", page.Header, page.text())
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
		p.limits.exports.of, p.limits.papers.of, p.limits.imports.of = nil, nil, nil
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
