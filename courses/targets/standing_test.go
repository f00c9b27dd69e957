package targets

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lopban/courses"
	"lopban/courses/roster"
)

// day n of the tests, at 08:00 in Việt Nam.
func day(n int) time.Time { return time.Date(2026, 1, n, 1, 0, 0, 0, time.UTC) }

var both2 = &Programme{Decision: "1687/QĐ-TTg", DecidedOn: "2024-12-30", Milestones: []Milestone{{40, "2026-12-31"}, {60, "2030-12-31"}, {90, "2045-12-31"}},
	Strands: []courses.Strand{courses.LibraryService, courses.ReadingPromotion},
	Base:    Base{ProgrammeCommunesOnly: true, Source: courses.Text{Vi: "Danh sách", En: "Roster"}}}

const (
	svc = courses.LibraryService
	prm = courses.ReadingPromotion
)

func cert(id string, strand courses.Strand, from, until int) courses.Certificate {
	return courses.Certificate{ID: "p/" + id, Person: "p", Strand: strand, IssuedAt: day(from), ValidUntil: day(until)}
}

func replacing(old string, c courses.Certificate) courses.Certificate {
	c.Replaces = "p/" + old
	return c
}

func withdrawn(id string, on int) courses.Revocation {
	return courses.Revocation{ID: "p/" + id, At: day(on)}
}

func TestStand(t *testing.T) {
	type facts struct {
		certificates []courses.Certificate
		revocations  []courses.Revocation
	}
	list := func(c ...courses.Certificate) facts { return facts{certificates: c} }
	never := 0
	for name, c := range map[string]struct {
		facts       facts
		from, until int
		strands     [2]int // until, by strand
	}{
		"nothing earned":                       {list(), never, never, [2]int{never, never}},
		"one strand only":                      {list(cert("s/1", svc, 1, 300)), never, never, [2]int{300, never}},
		"both strands":                         {list(cert("s/1", svc, 1, 300), cert("r/1", prm, 5, 200)), 5, 200, [2]int{300, 200}},
		"strands that never met":               {list(cert("s/1", svc, 1, 10), cert("r/1", prm, 10, 200)), never, never, [2]int{10, 200}},
		"a second cycle without a gap":         {list(cert("r/1", prm, 1, 900), cert("s/1", svc, 1, 100), cert("s/2", svc, 100, 200)), 1, 200, [2]int{200, 900}},
		"a second cycle after a gap":           {list(cert("r/1", prm, 1, 900), cert("s/1", svc, 1, 100), cert("s/2", svc, 101, 200)), 101, 200, [2]int{200, 900}},
		"a second cycle before the first ends": {list(cert("r/1", prm, 1, 900), cert("s/1", svc, 1, 100), cert("s/2", svc, 50, 200)), 1, 200, [2]int{200, 900}},
		"a second course that ends earlier":    {list(cert("r/1", prm, 1, 900), cert("s/1", svc, 1, 100), cert("t/1", svc, 2, 50)), 1, 100, [2]int{100, 900}},
		"revoked":                              {facts{[]courses.Certificate{cert("s/1", svc, 1, 300), cert("r/1", prm, 1, 300)}, []courses.Revocation{withdrawn("s/1", 20)}}, 1, 20, [2]int{20, 300}},
		"revoked before the other strand came": {facts{[]courses.Certificate{cert("s/1", svc, 1, 300), cert("r/1", prm, 30, 300)}, []courses.Revocation{withdrawn("s/1", 20)}}, never, never, [2]int{20, 300}},
		"revoked after its end":                {facts{[]courses.Certificate{cert("s/1", svc, 1, 10), cert("r/1", prm, 1, 300)}, []courses.Revocation{withdrawn("s/1", 20)}}, 1, 10, [2]int{10, 300}},
		"revoked, then earned again":           {facts{[]courses.Certificate{cert("s/1", svc, 1, 300), cert("r/1", prm, 1, 300), cert("s/2", svc, 40, 340)}, []courses.Revocation{withdrawn("s/1", 20)}}, 40, 300, [2]int{340, 300}},
		"replaced":                             {list(cert("s/1", svc, 1, 300), cert("r/1", prm, 1, 400), replacing("s/1", cert("s/1/r01", svc, 50, 300))), 1, 300, [2]int{300, 400}},
		"replaced, and that one revoked":       {facts{[]courses.Certificate{cert("s/1", svc, 1, 300), cert("r/1", prm, 1, 400), replacing("s/1", cert("s/1/r01", svc, 50, 300))}, []courses.Revocation{withdrawn("s/1/r01", 60)}}, 1, 60, [2]int{60, 400}},
		"revoked, then reissued":               {facts{[]courses.Certificate{cert("s/1", svc, 1, 300), cert("r/1", prm, 1, 400), replacing("s/1", cert("s/1/r01", svc, 50, 300))}, []courses.Revocation{withdrawn("s/1", 20)}}, 50, 300, [2]int{300, 400}},
		"revoked on the day of issue":          {facts{[]courses.Certificate{cert("s/1", svc, 1, 300), cert("r/1", prm, 1, 400)}, []courses.Revocation{withdrawn("s/1", 1)}}, never, never, [2]int{never, 400}},
		"a strand the programme does not know": {list(cert("s/1", svc, 1, 300), cert("x/1", "other", 1, 300)), never, never, [2]int{300, never}},
	} {
		t.Run(name, func(t *testing.T) {
			at := func(n int) time.Time {
				if n == never {
					return time.Time{}
				}
				return day(n)
			}
			want := Standing{ID: "p", TrainedFrom: at(c.from), TrainedUntil: at(c.until), Strands: []Until{{Strand: svc, Time: at(c.strands[0])}, {Strand: prm, Time: at(c.strands[1])}}}
			for range 2 {
				got := Stand(both2, roster.Person{ID: "p"}, c.facts.certificates, c.facts.revocations)
				if !got.equal(&want) {
					t.Errorf("got  %+v\nwant %+v", got, want)
				}
				slices.Reverse(c.facts.certificates)
			}
		})
	}
}

func TestStandPlace(t *testing.T) {
	everyone := *both2
	everyone.Base.ProgrammeCommunesOnly = false
	in := roster.Person{ID: "p", Name: "Đặng Thị Hòa", Sort: "k", Library: "Thư viện xã", Commune: "00706", Province: "08", Programme: "02", Active: true}
	outside, left := in, in
	outside.Commune, outside.Province, outside.Programme = "08830", "25", ""
	left.Active = false
	for name, c := range map[string]struct {
		programme *Programme
		person    roster.Person
		inBase    bool
	}{
		"in a commune of the programme":             {both2, in, true},
		"moved out of the programme's communes":     {both2, outside, false},
		"outside, where the base is everyone":       {&everyone, outside, true},
		"left":                                      {both2, left, false},
		"left, where the base is everyone":          {&everyone, left, false},
		"never had a post, where base is everyone":  {&everyone, roster.Person{ID: "p"}, false},
		"never had a post, programme communes only": {both2, roster.Person{ID: "p"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := Stand(c.programme, c.person, []courses.Certificate{cert("s/1", svc, 1, 300), cert("r/1", prm, 2, 200)}, nil)
			if s.InBase != c.inBase {
				t.Errorf("in the base: %v", s.InBase)
			}
			if !s.TrainedUntil.Equal(day(200)) {
				t.Errorf("what a person learned goes with them: trained until %v", s.TrainedUntil)
			}
			if s.Name != c.person.Name || s.Sort != c.person.Sort || s.Library != c.person.Library || s.Commune != c.person.Commune || s.Province != c.person.Province || s.Programme != c.person.Programme {
				t.Errorf("the place is not the person's: %+v", s)
			}
		})
	}
}

func TestMissing(t *testing.T) {
	s := Stand(both2, roster.Person{ID: "p"}, []courses.Certificate{cert("s/1", svc, 1, 300), cert("r/1", prm, 2, 200)}, nil)
	for at, want := range map[int][]courses.Strand{199: nil, 200: {prm}, 300: {svc, prm}} {
		if got := s.Missing(day(at)); !slices.Equal(got, want) {
			t.Errorf("day %d: missing %v, want %v", at, got, want)
		}
		if got := s.Trained(day(at)); got != (want == nil) {
			t.Errorf("day %d: trained %v", at, got)
		}
	}
}

// trainedOn is the rule as it is written: in each strand there is a certificate, not revoked and not replaced on the
// day, issued on it or before, and not over.
func trainedOn(d time.Time, certificates []courses.Certificate, revocations []courses.Revocation) bool {
	void := func(c courses.Certificate) bool {
		return slices.ContainsFunc(revocations, func(r courses.Revocation) bool { return r.ID == c.ID && !r.At.After(d) }) ||
			slices.ContainsFunc(certificates, func(o courses.Certificate) bool { return o.Replaces == c.ID && !o.IssuedAt.After(d) })
	}
	for _, strand := range both2.Strands {
		if !slices.ContainsFunc(certificates, func(c courses.Certificate) bool {
			return c.Strand == strand && !c.IssuedAt.After(d) && d.Before(c.ValidUntil) && !void(c)
		}) {
			return false
		}
	}
	return true
}

// On every day of every history, TrainedUntil made from the facts up to the day says what the rule says, and
// [TrainedFrom, TrainedUntil) holds only days on which the rule is met.
func TestStandFollowsTheRule(t *testing.T) {
	const days = 30
	rapid.Check(t, func(t *rapid.T) {
		var certificates []courses.Certificate
		var revocations []courses.Revocation
		for i := range rapid.IntRange(0, 8).Draw(t, "certificates") {
			from := rapid.IntRange(1, days).Draw(t, "from")
			c := cert(string(rune('a'+i)), rapid.SampledFrom(both2.Strands).Draw(t, "strand"), from, from+rapid.IntRange(0, days).Draw(t, "days"))
			if i > 0 && rapid.Bool().Draw(t, "replaces") {
				c = replacing(string(rune('a'+rapid.IntRange(0, i-1).Draw(t, "which"))), c)
			}
			certificates = append(certificates, c)
			if rapid.Bool().Draw(t, "revoked") {
				revocations = append(revocations, courses.Revocation{ID: c.ID, At: day(rapid.IntRange(from, 2*days).Draw(t, "at"))})
			}
		}
		all := Stand(both2, roster.Person{ID: "p"}, certificates, revocations)
		for d := range 2*days + 2 {
			m := moment{at: day(d)}
			then := Stand(both2, roster.Person{ID: "p"}, issued(certificates, m), revoked(revocations, m))
			want := trainedOn(m.at, certificates, revocations)
			if then.Trained(m.at) != want {
				t.Fatalf("day %d: trained %v, the rule says %v: %+v", d, !want, want, then)
			}
			inside := !m.at.Before(all.TrainedFrom) && m.at.Before(all.TrainedUntil)
			if inside && !want || !m.at.Before(all.TrainedUntil) && want {
				t.Fatalf("day %d: the last period is %v to %v, the rule says %v", d, all.TrainedFrom, all.TrainedUntil, want)
			}
			if want == (len(then.Missing(m.at)) > 0) {
				t.Fatalf("day %d: trained %v and missing %v", d, want, then.Missing(m.at))
			}
		}
	})
}
