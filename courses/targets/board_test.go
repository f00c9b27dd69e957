package targets

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Communes of the tests, with their present and programme provinces.
const (
	ngocDuong = "00700" // 08, 02
	phuLinh   = "00706" // 08, 02
)

func communeOf(t testing.TB, p *roster.Places, province, programme string) string {
	t.Helper()
	for _, c := range p.Communes(roster.Present, province) {
		if c.Programme == programme {
			return c.Code
		}
	}
	t.Fatalf("no commune of %s in %q", province, programme)
	return ""
}

func row(t testing.TB, f Figures, code string) Row {
	t.Helper()
	i := slices.IndexFunc(f.Rows, func(r Row) bool { return r.Code == code })
	if i < 0 {
		t.Fatalf("no row %s in %+v", code, f.Rows)
	}
	return f.Rows[i]
}

func TestPercentIsNeverRoundedUp(t *testing.T) {
	for _, c := range []struct {
		trained, base int
		want          float64
	}{{0, 0, 0}, {0, 7, 0}, {1, 3, 33.3}, {2, 3, 66.6}, {3999, 10000, 39.9}, {39999, 100000, 39.9}, {2, 5, 40}, {7, 7, 100}, {999999, 1000000, 99.9}} {
		if got := Percent(c.trained, c.base); got != c.want {
			t.Errorf("%d of %d: %v, want %v", c.trained, c.base, got, c.want)
		}
	}
}

func TestGap(t *testing.T) {
	for _, c := range []struct{ percent, trained, base, want int }{
		{40, 0, 0, 0}, {40, 0, 1, 1}, {40, 0, 10, 4}, {40, 4, 10, 0}, {40, 3, 10, 1}, {40, 9, 10, 0}, {60, 0, 7, 5}, {90, 6, 7, 1}, {40, 399999, 1000000, 1},
	} {
		if got := (Milestone{Percent: c.percent}).Gap(c.trained, c.base); got != c.want {
			t.Errorf("%d %% of %d with %d: %d missing, want %d", c.percent, c.base, c.trained, got, c.want)
		}
	}
	// A milestone is reached by the gap exactly when it is by the percentage.
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.IntRange(1, 5000).Draw(t, "base")
		trained := rapid.IntRange(0, base).Draw(t, "trained")
		m := Milestone{Percent: rapid.IntRange(1, 100).Draw(t, "percent")}
		if (m.Gap(trained, base) == 0) != (Percent(trained, base) >= float64(m.Percent)) {
			t.Fatalf("%d of %d: gap %d, %v %%", trained, base, m.Gap(trained, base), Percent(trained, base))
		}
	})
}

func TestNextMilestone(t *testing.T) {
	for on, want := range map[Day]int{"2025-01-01": 40, "2026-12-31": 40, "2027-01-01": 60, "2030-12-31": 60, "2031-01-01": 90, "2045-12-31": 90, "2046-01-01": 90} {
		if got := both2.next(on).Percent; got != want {
			t.Errorf("%s: %d %%, want %d", on, got, want)
		}
	}
}

func TestDays(t *testing.T) {
	for _, c := range []struct {
		at   time.Time
		want Day
	}{
		{time.Date(2026, 11, 22, 16, 59, 59, 0, time.UTC), "2026-11-22"},
		{time.Date(2026, 11, 22, 17, 0, 0, 0, time.UTC), "2026-11-23"},
		{time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), "2026-11-22"}, // as a date
	} {
		if got := DayOf(c.at); got != c.want {
			t.Errorf("%v is %s, want %s", c.at, got, c.want)
		}
	}
	if got := Day("2026-12-31").last(); !got.Equal(time.Date(2026, 12, 31, 23, 59, 59, 999e6, courses.Vietnam)) {
		t.Errorf("the day ends at %v", got)
	}
	for _, bad := range []string{"", "2026-13-01", "2026-02-30", "22/11/2026", "2026-1-1", "2026-01-01T00:00:00Z", "0000-01-01"} {
		if _, err := ParseDay(bad); !errors.Is(err, problem.ErrInvalid) {
			t.Errorf("%q is taken: %v", bad, err)
		}
	}
}

func TestBoardOfAProvince(t *testing.T) {
	r := newRegion(t)
	a := r.hires("Vàng Thị Mai", ngocDuong)
	r.hires("Lò Văn Nam", ngocDuong)
	r.hires("Giàng A Páo", phuLinh)
	r.hires("Nguyễn Thị Hoa", communeOf(t, r.Places, "14", "14"))
	r.trains(a, 365)

	f := r.reads(roster.Present, "08", time.Time{})
	if f.Base != 3 || f.Trained != 1 || f.Percent != 33.3 || f.AsOf != "2026-01-01" {
		t.Errorf("%d of %d, %v %% on %s", f.Trained, f.Base, f.Percent, f.AsOf)
	}
	if f.Next != (Mark{Milestone{40, "2026-12-31"}, 1}) || f.Milestones[2] != (Mark{Milestone{90, "2045-12-31"}, 2}) {
		t.Errorf("milestones %+v, next %+v", f.Milestones, f.Next)
	}
	if len(f.Rows) != 124 {
		t.Errorf("%d communes, want the 124 of Tuyên Quang", len(f.Rows))
	}
	if got, want := row(t, f, ngocDuong), (Row{Code: ngocDuong, Name: "xã Ngọc Đường", Base: 2, Trained: 1, Percent: 50, Communes: 1, OfCommunes: 1, Libraries: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if f.Source != r.Programme.Base.Source || f.Decision != "1687/QĐ-TTg" {
		t.Errorf("the base is not explained: %+v", f)
	}

	all := r.reads(roster.Present, "", time.Time{})
	if all.Base != 4 || all.Trained != 1 || len(all.Rows) != 10 || row(t, all, "08").Base != 3 || row(t, all, "14").Base != 1 || row(t, all, "04").Base != 0 {
		t.Errorf("all provinces: %+v", all)
	}
	old := r.reads(roster.Programme, "", time.Time{})
	if old.Base != 4 || len(old.Rows) != 14 || row(t, old, "02").Base != 3 || row(t, old, "08").Base != 0 {
		t.Errorf("programme provinces: %+v", old)
	}
	if f := r.reads(roster.Programme, "02", time.Time{}); f.Base != 3 || len(f.Rows) != 73 {
		t.Errorf("Hà Giang: %d people, %d communes", f.Base, len(f.Rows))
	}
}

func TestBoardAfterEachFact(t *testing.T) {
	r := newRegion(t)
	other := communeOf(t, r.Places, "14", "14")
	outside := communeOf(t, r.Places, "25", "")
	var p, q string
	var c, c2 courses.Certificate
	for i, step := range []struct {
		what          string
		do            func()
		base, trained int // of province 08
	}{
		{"nobody", func() {}, 0, 0},
		{"two people start", func() { p, q = r.hires("Vàng Thị Mai", ngocDuong), r.hires("Lò Văn Nam", phuLinh) }, 2, 0},
		{"one strand", func() { c = r.earns(p, svc, 20) }, 2, 0},
		{"both strands", func() { r.earns(p, prm, 100) }, 2, 1},
		{"a reissue", func() { c2 = r.reissues(c) }, 2, 1},
		{"the old one is revoked", func() { r.revokes(c) }, 2, 1},
		{"the new one is revoked", func() { r.revokes(c2) }, 2, 0},
		{"earned again", func() { r.earns(p, svc, 5) }, 2, 1},
		{"moves away", func() { r.moves(p, other) }, 1, 0},
		{"moves back", func() { r.moves(p, phuLinh) }, 2, 1},
		{"the other leaves", func() { r.leaves(q) }, 1, 1},
		{"the other comes back", func() { r.hires("Sùng A Lử", phuLinh); r.moves(q, ngocDuong) }, 3, 1},
		{"the certificate is over", func() { r.clock = r.clock.AddDate(0, 0, 2) }, 3, 0},
		{"moves out of the programme", func() { r.moves(p, outside) }, 2, 0},
	} {
		r.clock = day(2 + i)
		step.do()
		if f := r.reads(roster.Present, "08", time.Time{}); f.Base != step.base || f.Trained != step.trained {
			t.Errorf("%s: %d of %d, want %d of %d", step.what, f.Trained, f.Base, step.trained, step.base)
		}
	}
	if f := r.reads(roster.Present, "", time.Time{}); f.Base != 2 {
		t.Errorf("a person outside the programme's communes counts: %+v", f)
	}
}

// What the board said on a day is what it says later of that day.
func TestEarlierDaysStayAsTheyWere(t *testing.T) {
	r := newRegion(t)
	h := newHistory(r)
	seen := map[Day][3]Figures{}
	views := func(asOf time.Time) [3]Figures {
		return [3]Figures{r.reads(roster.Present, "", asOf), r.reads(roster.Programme, "02", asOf), r.reads(roster.Present, "14", asOf)}
	}
	rng := sequence(7)
	for n := range 40 {
		r.clock = time.Date(2026, 1, 1+n, 8, 0, 0, 0, courses.Vietnam)
		for range 4 {
			h.step(rng)
		}
		r.clock = DayOf(r.clock).last()
		seen[DayOf(r.clock)] = views(time.Time{})
	}
	r.clock = r.clock.AddDate(0, 0, 1)
	for d, want := range seen {
		got := views(d.Time())
		for i := range got {
			if fmt.Sprint(got[i]) != fmt.Sprint(want[i]) {
				t.Fatalf("%s, view %d:\nnow  %+v\nthen %+v", d, i, got[i], want[i])
			}
		}
	}
}

// Today's board is the same counted from the standings and from the facts, and a rebuild finds nothing to change, after
// any history.
func TestBoardFollowsFromTheFacts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r, closed := openRegion(t)
		defer closed()
		r.t = rt
		h := newHistory(r)
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			r.clock = r.clock.Add(time.Duration(rapid.IntRange(0, 50).Draw(rt, "hours")) * time.Hour)
			h.step(func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "choice") })
			r.sameCounted(rt, false)
		}
		r.sameCounted(rt, true)
		found, err := r.Rebuild(r.ctx, nil)
		r.check(err)
		if found.Differences != nil || found.People == 0 {
			rt.Fatalf("the rebuild found %+v", found)
		}
	})
}

// sameCounted compares what the board remembers with the standings counted again, and, which takes long, with the
// facts.
func (r *region) sameCounted(t fataler, facts bool) {
	for _, s := range []Scope{{By: roster.Present}, {By: roster.Programme}, {By: roster.Present, Province: "08"}, {By: roster.Programme, Province: "02"}} {
		m, err := r.moment(s, time.Time{})
		r.check(err)
		remembered, err := r.read(r.ctx, s, m)
		r.check(err)
		anew, err := r.counted(r.ctx, s.where(), m.at, s.groups())
		r.check(err)
		if counted := r.figures(s, m, anew); fmt.Sprint(remembered) != fmt.Sprint(counted) {
			t.Fatal(fmt.Sprintf("%+v: remembered %+v\ncounted %+v", s, remembered, counted))
		}
		if m.past = facts; facts {
			known, err := r.read(r.ctx, s, m)
			r.check(err)
			if fmt.Sprint(remembered) != fmt.Sprint(known) {
				t.Fatal(fmt.Sprintf("%+v: remembered %+v\nfrom the facts %+v", s, remembered, known))
			}
		}
	}
}

// However many look at the board meanwhile, it counts a certificate from the moment at which RefreshStanding has
// returned.
func TestBoardIsTrueAtOnce(t *testing.T) {
	r := newRegion(t)
	var people []string
	for range 30 {
		people = append(people, r.hires("Lò Văn Nam", ngocDuong))
	}
	var readers sync.WaitGroup
	stop := make(chan struct{})
	defer readers.Wait()
	defer close(stop)
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := r.Read(r.ctx, roster.Present, "08", time.Time{}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i, p := range people {
		r.trains(p, 100)
		for _, province := range []string{"08", ""} {
			if f := r.reads(roster.Present, province, time.Time{}); f.Trained != i+1 || f.Base != len(people) {
				t.Fatalf("province %q: %d of %d after %d certificates of %d people", province, f.Trained, f.Base, i+1, len(people))
			}
		}
	}
}

// A certificate that ends in the middle of a day is counted until then, and no longer.
func TestBoardWithinADay(t *testing.T) {
	r := newRegion(t)
	r.trains(r.hires("Lò Văn Nam", ngocDuong), 100)
	end := r.trainedUntil(t)
	for _, c := range []struct {
		at   time.Time
		want int
	}{{end.Add(-time.Minute), 1}, {end.Add(-time.Millisecond), 1}, {end, 0}, {end.Add(time.Minute), 0}} {
		r.clock = c.at
		if f := r.reads(roster.Present, "08", time.Time{}); f.Trained != c.want {
			t.Errorf("%v from the end: %d are trained, want %d", c.at.Sub(end), f.Trained, c.want)
		}
	}
}

func (r *region) trainedUntil(t *testing.T) time.Time {
	t.Helper()
	s, err := store.One[Standing](r.ctx, r.Store, StandingKind, store.Query{})
	r.check(err)
	return s.TrainedUntil
}

// history makes facts at random in a few communes.
type history struct {
	r            *region
	communes     []string
	people       []string
	certificates []courses.Certificate
}

func newHistory(r *region) *history {
	h := &history{r: r, communes: []string{ngocDuong, phuLinh}}
	for _, province := range []string{"14", "25"} {
		for _, c := range r.Places.Communes(roster.Present, province)[:4] {
			h.communes = append(h.communes, c.Code)
		}
	}
	h.people = append(h.people, r.hires("Giàng A Páo", ngocDuong))
	return h
}

func (h *history) step(choose func(n int) int) {
	person := h.people[choose(len(h.people))]
	switch choose(9) {
	case 0, 1:
		h.people = append(h.people, h.r.hires("Sùng Thị Mỷ", h.communes[choose(len(h.communes))]))
	case 2:
		h.r.moves(person, h.communes[choose(len(h.communes))])
	case 3:
		if p, err := h.r.roll.Person(h.r.ctx, person); err == nil && p.Active {
			h.r.leaves(person)
		}
	case 4, 5, 6:
		h.certificates = append(h.certificates, h.r.earns(person, both2.Strands[choose(2)], choose(60)))
	case 7:
		if n := len(h.certificates); n > 0 {
			i := choose(n)
			h.certificates[i] = h.r.reissues(h.certificates[i])
		}
	case 8:
		if n := len(h.certificates); n > 0 {
			i := choose(n)
			h.r.revokes(h.certificates[i])
			h.certificates = slices.Delete(h.certificates, i, i+1)
		}
	}
}

// sequence chooses numbers that look random and are the same each time.
func sequence(seed uint64) func(n int) int {
	return func(n int) int {
		seed = seed*6364136223846793005 + 1442695040888963407
		return int(seed >> 33 % uint64(n))
	}
}

func TestRebuildPutsRightWhatDiffers(t *testing.T) {
	r := newRegion(t)
	var people []string
	for range 5 {
		people = append(people, r.hires("Lò Văn Nam", ngocDuong))
	}
	r.trains(people[0], 100)
	slices.Sort(people)
	r.check(r.Store.Delete(r.ctx, StandingKind, people[1]))
	_, err := store.Update(r.ctx, r.Store, StandingKind, people[2], func(s *Standing) error { s.TrainedUntil = day(31); return nil })
	r.check(err)
	for _, id := range []string{"", "zz"} {
		r.check(r.Store.Insert(r.ctx, StandingKind, &Standing{ID: "0" + id, Province: "08", InBase: true}, &Standing{ID: people[3] + "x" + id}))
	}
	calls := 0
	found, err := r.Rebuild(r.ctx, func(Rebuilt) { calls++ })
	r.check(err)
	if found.People != 5 || found.Missing != 1 || found.Wrong != 1 || found.Orphans != 4 || len(found.Differences) != 6 || calls == 0 {
		t.Errorf("found %+v", found)
	}
	if f := r.reads(roster.Present, "08", time.Time{}); f.Base != 5 || f.Trained != 1 {
		t.Errorf("%d of %d", f.Trained, f.Base)
	}
	if found, err = r.Rebuild(r.ctx, nil); err != nil || found.Differences != nil {
		t.Errorf("again: %+v, %v", found, err)
	}
}

func TestRefreshRemovesWhoIsGone(t *testing.T) {
	r := newRegion(t)
	p := r.hires("Lò Văn Nam", ngocDuong)
	r.check(r.Store.Delete(r.ctx, roster.PersonKind, p))
	r.refreshes(p)
	r.refreshes(p)
	if f := r.reads(roster.Present, "08", time.Time{}); f.Base != 0 {
		t.Errorf("%d people", f.Base)
	}
}

// Certificates of one person come in many requests at once; when all are answered the standing follows from all.
func TestRefreshAtOnce(t *testing.T) {
	r := newRegion(t)
	p := r.hires("Lò Văn Nam", ngocDuong)
	const n = 16
	errs := make(chan error, n)
	for i := range n {
		go func() {
			c := cert(fmt.Sprintf("c%d", i), both2.Strands[i%2], 1, 10+i)
			c.ID, c.Person, c.Code, c.Register = p+"/"+c.ID, p, fmt.Sprint(i), fmt.Sprint(i)
			errs <- errors.Join(r.Store.Insert(r.ctx, school.CertificateKind, &c), r.RefreshStanding(r.ctx, p))
		}()
	}
	for range n {
		r.check(<-errs)
	}
	s, err := store.Get[Standing](r.ctx, r.Store, StandingKind, p)
	r.check(err)
	if !s.TrainedUntil.Equal(day(10 + n - 2)) {
		t.Errorf("trained until %v: %+v", s.TrainedUntil, s)
	}
}

func TestReadRefuses(t *testing.T) {
	r := newRegion(t)
	for _, c := range []struct {
		by       roster.List
		province string
		asOf     time.Time
		field    string
	}{
		{"other", "", time.Time{}, "by"},
		{roster.Present, "02", time.Time{}, "province"}, // Hà Giang is in the programme's list only
		{roster.Programme, "xx", time.Time{}, "province"},
		{roster.Present, "", day(2), "asOf"},
	} {
		_, err := r.Read(r.ctx, c.by, c.province, c.asOf)
		if p := (*problem.Problem)(nil); !errors.As(err, &p) || p.Kind != problem.ErrInvalid || p.Field != c.field {
			t.Errorf("%s %q %v: %v, want a problem of %s", c.by, c.province, c.asOf, err, c.field)
		}
	}
}

func TestChecksum(t *testing.T) {
	r := newRegion(t)
	p := r.hires("Lò Văn Nam", ngocDuong)
	first := r.reads(roster.Present, "", time.Time{})
	// The text whose SHA-256 this is stands in the comment of Figures.checksum; made with printf and sha256sum.
	const want = "2277c39fdb7173abf80ae50383058f73b84cd4e205a2475b77131ebbf5a6a3a6"
	if first.Checksum != want {
		t.Errorf("checksum %s, want %s", first.Checksum, want)
	}
	if again := r.reads(roster.Present, "", r.today()); again.Checksum != first.Checksum {
		t.Error("the same figures have another checksum")
	}
	r.trains(p, 10)
	for _, f := range []Figures{r.reads(roster.Present, "", time.Time{}), r.reads(roster.Programme, "", time.Time{}), r.reads(roster.Present, "08", time.Time{})} {
		if f.Checksum == first.Checksum {
			t.Errorf("other figures have the same checksum: %+v", f)
		}
	}
}

func TestForecast(t *testing.T) {
	figures := func(on Day, trained, gap int) Figures {
		return Figures{AsOf: on, Trained: trained, Next: Mark{Gap: gap}}
	}
	for name, c := range map[string]struct {
		then, now Figures
		want      Day
		ok        bool
	}{
		"ten in ten days, five missing": {figures("2026-01-01", 0, 15), figures("2026-01-11", 10, 5), "2026-01-16", true},
		"part of a day counts whole":    {figures("2026-01-01", 0, 15), figures("2026-01-11", 3, 1), "2026-01-15", true},
		"reached":                       {figures("2026-01-01", 0, 15), figures("2026-01-11", 15, 0), "", false},
		"nobody came":                   {figures("2026-01-01", 5, 15), figures("2026-01-11", 5, 15), "", false},
		"fewer than before":             {figures("2026-01-01", 5, 15), figures("2026-01-11", 4, 16), "", false},
		"the same day":                  {figures("2026-01-01", 5, 15), figures("2026-01-01", 6, 14), "", false},
		"not in a lifetime":             {figures("2026-01-01", 0, 1e6), figures("2026-04-01", 1, 1e6), "", false},
	} {
		if got, ok := Forecast(c.then, c.now); got != c.want || ok != c.ok {
			t.Errorf("%s: %q %v, want %q %v", name, got, ok, c.want, c.ok)
		}
	}
}

// The share says little without how far the roster reaches: both stand on one board.
func TestCoverage(t *testing.T) {
	r := newRegion(t)
	if got := r.reads(roster.Present, "", time.Time{}).Coverage; got != (Coverage{OfProvinces: 10, OfCommunes: 764}) {
		t.Errorf("of nobody: %+v", got)
	}
	r.hires("Vàng Thị Mai", ngocDuong)
	// at the same library
	r.hires("Lò Văn Nam", ngocDuong)
	// two, one of them written in two ways
	for _, library := range []string{"Tủ sách pháp luật", "tủ  sách Pháp luật", "Điểm bưu điện - văn hóa"} {
		p, err := r.roll.Add(r.ctx, roster.Entry{Name: "Giàng A Páo", Library: library, Commune: ngocDuong, On: r.today()}, "staff")
		r.check(err)
		r.refreshes(p.ID)
	}
	r.hires("Đặng Thị Ánh", phuLinh)
	gone := r.hires("Hà Thị Sơn", communeOf(t, r.Places, "14", "14"))
	r.clock = day(2)
	r.leaves(gone)
	for _, c := range []struct {
		by       roster.List
		province string
		asOf     time.Time
		want     Coverage
	}{
		{roster.Present, "", time.Time{}, Coverage{1, 10, 2, 764, 4}},
		{roster.Programme, "", time.Time{}, Coverage{1, 14, 2, 764, 4}},
		{roster.Present, "08", time.Time{}, Coverage{1, 1, 2, 124, 4}},
		{roster.Present, "14", time.Time{}, Coverage{0, 1, 0, 75, 0}},
		{roster.Present, "", day(1), Coverage{2, 10, 3, 764, 5}},
	} {
		f := r.reads(c.by, c.province, c.asOf)
		if f.Coverage != c.want {
			t.Errorf("%s %q %v: %+v, want %+v", c.by, c.province, c.asOf, f.Coverage, c.want)
		}
	}
	f := r.reads(roster.Present, "", time.Time{})
	if got := row(t, f, "08"); got.Communes != 2 || got.OfCommunes != 124 || got.Libraries != 4 {
		t.Errorf("%+v", got)
	}
}

// A place without a list has no share, in no format, as on the screen.
func TestNobodyIsNotNoughtPercent(t *testing.T) {
	r := newRegion(t)
	r.hires("Vàng Thị Mai", ngocDuong)
	report := r.reads(roster.Present, "", time.Time{}).Report()
	w := words(t, "vi")
	rows, _ := readCSV(t, written(t, report, CSV, w))
	sheet, _ := readXLSX(t, written(t, report, XLSX, w), w, "board")
	for name, rows := range map[string][][]string{"csv": rows, "xlsx": sheet} {
		for _, row := range rows[1:] {
			if empty := row[0] != "08"; empty != (row[4] == "" && row[5] == "") {
				t.Errorf("%s: %q", name, row)
			}
		}
	}
	var f struct {
		Percent any
		Rows    []map[string]any
	}
	if err := json.Unmarshal(written(t, report, JSON, w), &f); err != nil || f.Percent != 0.0 || len(f.Rows) != 10 {
		t.Fatalf("%+v, %v", f, err)
	}
	for _, row := range f.Rows {
		if empty := row["code"] != "08"; empty != (row["percent"] == nil && row["gap"] == nil) {
			t.Errorf("json: %v", row)
		}
	}
	var none struct{ Percent any }
	if err := json.Unmarshal(written(t, r.reads(roster.Present, "14", time.Time{}).Report(), JSON, w), &none); err != nil || none.Percent != nil {
		t.Errorf("%+v, %v", none, err)
	}
}

// Whoever was trained before they came onto the list was not trained by the list, and who left has not untrained
// anybody.
func TestAnImportIsNotTakenForTraining(t *testing.T) {
	r := newRegion(t)
	var people []string
	for i := range 10 {
		people = append(people, r.hires("Lò Văn "+string(rune('A'+i)), ngocDuong))
	}
	r.trains(people[0], 900)
	leaver := people[1]
	r.trains(leaver, 900)
	r.leaves(leaver)
	r.clock = day(100)
	r.moves(leaver, phuLinh) // in the base again from today, as by a list without dates
	now := r.reads(roster.Present, "", time.Time{})
	then := r.reads(roster.Present, "", day(10))
	if now.Trained != 2 || then.Trained != 1 || then.Base != 9 {
		t.Fatalf("%d then, %d now", then.Trained, now.Trained)
	}
	earlier, err := r.Earlier(r.ctx, now, "2026-01-10")
	r.check(err)
	if earlier.Base != 10 || earlier.Trained != 2 {
		t.Errorf("of those who are there now %d of %d were trained", earlier.Trained, earlier.Base)
	}
	if when, ok := Forecast(earlier, now); ok {
		t.Errorf("nobody was trained, and the milestone comes on %s", when)
	}
	r.trains(people[2], 900)
	now = r.reads(roster.Present, "", time.Time{})
	earlier, err = r.Earlier(r.ctx, now, "2026-01-10")
	r.check(err)
	if _, ok := Forecast(earlier, now); !ok || now.Trained-earlier.Trained != 1 {
		t.Errorf("one was trained: %d then, %d now", earlier.Trained, now.Trained)
	}
}
