package targets

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
)

func TestPeriodsHaveTheirDays(t *testing.T) {
	for id, want := range map[string][2]Day{"2026-02": {"2026-02-01", "2026-02-28"}, "2028-02": {"2028-02-01", "2028-02-29"}, "2026-12": {"2026-12-01", "2026-12-31"},
		"2026-Q1": {"2026-01-01", "2026-03-31"}, "2026-Q4": {"2026-10-01", "2026-12-31"}, "2026": {"2026-01-01", "2026-12-31"}} {
		if p, err := periodOf(id); err != nil || p.From != want[0] || p.To != want[1] {
			t.Errorf("%s: %s to %s, %v", id, p.From, p.To, err)
		}
	}
	for _, bad := range []string{"", "2026-13", "2026-00", "2026-Q5", "2026-Q0", "26", "2026-1", "2026-11-01", "2026-11/x", " 2026"} {
		if _, err := periodOf(bad); !errors.Is(err, problem.ErrInvalid) {
			t.Errorf("%q is a period: %v", bad, err)
		}
	}
}

func (r *region) closes(id string) Period {
	r.t.Helper()
	p, err := r.Close(r.ctx, id, "Kỳ "+id, "office", "Trần Thu Hà")
	r.check(err)
	return p
}

// backdates enters somebody whose post began earlier.
func (r *region) backdates(name, commune string, on time.Time) string {
	r.t.Helper()
	p, err := r.roll.Add(r.ctx, roster.Entry{Name: name, Library: "Thư viện", Commune: commune, On: DayOf(on).Time()}, "staff")
	r.check(err)
	r.refreshes(p.ID)
	return p.ID
}

// What is entered after a period was closed changes nothing in it, and is told as an adjustment with the fact that made
// it.
func TestAClosedPeriodNeverChanges(t *testing.T) {
	r := newRegion(t)
	mai, nam := r.hires("Vàng Thị Mai", ngocDuong), r.hires("Lò Văn Nam", ngocDuong)
	r.trains(mai, 400)
	left := r.hires("Đặng Thị Ánh", phuLinh)
	r.clock = time.Date(2026, 2, 3, 1, 0, 0, 0, time.UTC)
	asOf := Day("2026-01-31").Time()
	before := r.reads(roster.Present, "08", asOf)
	p := r.closes("2026-01")
	if p.From != "2026-01-01" || p.To != "2026-01-31" || p.ByName != "Trần Thu Hà" || !p.ClosedAt.Equal(r.clock) {
		t.Errorf("%+v", p)
	}
	frozenThen := map[string]string{}
	each := func(f func(by roster.List, province string)) {
		for _, by := range []roster.List{roster.Present, roster.Programme} {
			f(by, "")
			for _, province := range r.Places.Provinces(by) {
				f(by, province.Code)
			}
		}
	}
	each(func(by roster.List, province string) {
		f, err := r.Frozen(r.ctx, p, by, province)
		r.check(err)
		known := r.reads(by, province, asOf)
		if f.Checksum != known.Checksum || f.Coverage != known.Coverage || fmt.Sprint(f.Rows, f.Milestones) != fmt.Sprint(known.Rows, known.Milestones) {
			t.Errorf("%s %q: frozen %+v, counted %+v", by, province, f, known)
		}
		frozenThen[string(by)+province] = fmt.Sprintf("%+v", f)
	})
	if none, err := r.Adjustments(r.ctx, p, Scope{By: roster.Present}); err != nil || none != nil {
		t.Errorf("nothing was entered: %+v, %v", none, err)
	}

	r.clock = r.clock.AddDate(0, 0, 1)
	r.backdates("Giàng A Páo", phuLinh, day(20))
	_, err := r.roll.Leave(r.ctx, left, DayOf(day(15)).Time(), "staff")
	r.check(err)
	r.refreshes(left)
	_, err = r.roll.Move(r.ctx, mai, roster.Entry{Library: "Thư viện", Commune: communeOf(t, r.Places, "14", "14"), On: DayOf(day(25)).Time()}, "staff")
	r.check(err)
	r.refreshes(mai)
	r.hires("Người tháng hai", phuLinh) // of February: no business of January's
	r.trains(nam, 400)                  // nor is this

	after := r.reads(roster.Present, "08", asOf)
	if after.Checksum == before.Checksum || after.Base != 2 || after.Trained != 0 {
		t.Fatalf("the day is now %d of %d", after.Trained, after.Base)
	}
	known := r.knows(roster.Present, "08", asOf, "2026-02-03")
	if known.Base != before.Base || known.Trained != before.Trained || fmt.Sprint(known.Rows) != fmt.Sprint(before.Rows) || known.Checksum == before.Checksum {
		t.Errorf("as known on the day of closing: %+v", known)
	}
	again, err := r.Period(r.ctx, "2026-01")
	r.check(err)
	each(func(by roster.List, province string) {
		f, err := r.Frozen(r.ctx, again, by, province)
		r.check(err)
		if fmt.Sprintf("%+v", f) != frozenThen[string(by)+province] {
			t.Errorf("%s %q changed: %+v", by, province, f)
		}
		all, err := r.Adjustments(r.ctx, p, Scope{By: by, Province: province})
		r.check(err)
		base, trained := Sum(all)
		if now := r.reads(by, province, asOf); f.Base+base != now.Base || f.Trained+trained != now.Trained {
			t.Errorf("%s %q: %d of %d, adjusted by %d and %d, are not %d of %d", by, province, f.Trained, f.Base, trained, base, now.Trained, now.Base)
		}
	})
	all, err := r.Adjustments(r.ctx, p, Scope{By: roster.Present, Province: "08"})
	r.check(err)
	var got []string
	for _, a := range all {
		got = append(got, fmt.Sprintf("%s %q>%q %d %d: %s %s", a.Name, a.From, a.To, a.Base, a.Trained, a.Facts[0].Event, a.Facts[0].On))
	}
	want := []string{
		`Vàng Thị Mai "00700">"" -1 -1: starts 2026-01-25`, `Đặng Thị Ánh "00706">"" -1 0: leaves 2026-01-15`, `Giàng A Páo "">"00706" 1 0: starts 2026-01-20`,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if f := all[0].Facts[0]; f.By != "staff" || !f.RecordedAt.Equal(r.clock) || f.ID == "" {
		t.Errorf("%+v", f)
	}
}

// knows reads the figures of a day as they were known on a day.
func (r *region) knows(by roster.List, province string, asOf time.Time, known Day) Figures {
	r.t.Helper()
	f, err := r.ReadScope(r.ctx, Scope{By: by, Province: province, KnownOn: known}, asOf)
	r.check(err)
	return f
}

func TestPeriodsAreClosedOnceAndWhenTheyAreOver(t *testing.T) {
	r := newRegion(t)
	r.clock = time.Date(2026, 12, 31, 16, 59, 0, 0, time.UTC) // a minute before the year ends in Việt Nam
	for id, field := range map[string]string{"2026": "period", "2026-Q4": "period", "2026-12": "period", "2027-01": "period", "2024-11": "period", "x": "period"} {
		_, err := r.Close(r.ctx, id, "Kỳ", "o", "O")
		if p := (*problem.Problem)(nil); !errors.As(err, &p) || p.Field != field {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := r.Close(r.ctx, "2026-11", "  ", "o", "O"); !errors.Is(err, problem.ErrInvalid) {
		t.Errorf("without a name: %v", err)
	}
	open, err := r.Open(r.ctx)
	r.check(err)
	if open[0].ID != "2026-11" || open[len(open)-1].To < "2024-12-30" {
		t.Errorf("to close: %+v", open)
	}
	r.clock = r.clock.Add(2 * time.Minute)
	r.closes("2026-Q4")
	r.closes("2026-12")
	r.closes("2026")
	_, err = r.Close(r.ctx, "2026-12", "Khác", "o", "O")
	if p := (*problem.Problem)(nil); !errors.As(err, &p) || !errors.Is(err, problem.ErrExists) || p.Field != "period" {
		t.Errorf("twice: %v", err)
	}
	all, err := r.Periods(r.ctx)
	r.check(err)
	if len(all) != 3 || all[0].ID != "2026-12" || all[1].ID != "2026-Q4" || all[2].ID != "2026" || all[0].Name != "Kỳ 2026-12" {
		t.Errorf("%+v", all)
	}
	if _, err := r.Period(r.ctx, "2026-11"); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("one that is not closed: %v", err)
	}
	if _, err := r.Frozen(r.ctx, all[0], roster.Present, "99"); !errors.Is(err, problem.ErrInvalid) {
		t.Errorf("a province that is not: %v", err)
	}
}

// Of two who close one period at once one is first, and the figures are those of that one.
func TestTwoWhoCloseAtOnce(t *testing.T) {
	r := newRegion(t)
	r.hires("Vàng Thị Mai", ngocDuong)
	r.clock = day(60)
	results := make(chan error)
	for n := range 8 {
		go func() { _, err := r.Close(r.ctx, "2026-01", fmt.Sprint("Kỳ ", n), "o", "O"); results <- err }()
	}
	closed := 0
	for range 8 {
		err := <-results
		if err == nil {
			closed++
		} else if !errors.Is(err, problem.ErrExists) {
			t.Error(err)
		}
	}
	p, err := r.Period(r.ctx, "2026-01")
	r.check(err)
	f, err := r.Frozen(r.ctx, p, roster.Present, "")
	if err != nil || closed != 1 || f.Base != 1 {
		t.Errorf("%d closed it; %+v, %v", closed, f, err)
	}
}

func TestKnownOnIsADayThatHasCome(t *testing.T) {
	r := newRegion(t)
	r.clock = day(20)
	for name, c := range map[string]struct {
		asOf  Day
		known Day
		ok    bool
	}{
		"the same day": {"2026-01-10", "2026-01-10", true}, "later": {"2026-01-10", "2026-01-15", true}, "today": {"2026-01-10", "2026-01-20", true}, "today of today": {"2026-01-20", "2026-01-20", true},
		"before the day itself": {"2026-01-10", "2026-01-09", false}, "tomorrow": {"2026-01-10", "2026-01-21", false}, "no day": {"2026-01-10", "hôm qua", false}, "yesterday of today": {"2026-01-20", "2026-01-19", false},
	} {
		_, err := r.ReadScope(r.ctx, Scope{By: roster.Present, KnownOn: c.known}, c.asOf.Time())
		p := (*problem.Problem)(nil)
		if c.ok != (err == nil) || !c.ok && (!errors.As(err, &p) || p.Field != "knownOn") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Two entries that turn out to be one person, an entry that was a mistake and an import that is undone change what a
// closed period would be now: each is an adjustment that says why.
func TestAdjustmentsTellWhoIsNobody(t *testing.T) {
	r := newRegion(t)
	kept, mistake := r.hires("Vàng Thị Mai", ngocDuong), r.hires("Lò Văn Nam", phuLinh)
	twice := r.backdates("Vàng Thị Mai", phuLinh, day(0))
	r.trains(twice, 400)
	source, listed := r.imports(ngocDuong, r.today(), "")
	r.clock = time.Date(2026, 2, 3, 1, 0, 0, 0, time.UTC)
	p := r.closes("2026-01")

	r.clock = r.clock.AddDate(0, 0, 1)
	r.settles("merge", kept, twice)
	_, err := r.roll.Strike(r.ctx, mistake, "nhập nhầm tệp", "staff")
	r.check(err)
	r.refreshes(mistake)
	r.undoes(source)
	all, err := r.Adjustments(r.ctx, p, Scope{By: roster.Present, Province: "08"})
	r.check(err)
	got := map[string]string{}
	for _, a := range all {
		got[a.Person] = fmt.Sprintf("%q>%q %d %d:", a.From, a.To, a.Base, a.Trained)
		for _, f := range a.Facts {
			got[a.Person] += fmt.Sprintf(" %s %s %s%s%s by %s", f.Event, f.Person, f.Other, f.Source, f.Reason, f.By)
		}
	}
	joins := " joins " + twice + " " + kept + " by staff"
	want := map[string]string{
		kept:    `"00700">"00700" 0 1:` + joins,
		twice:   `"00706">"" -1 -1:` + joins,
		mistake: `"00706">"" -1 0: strikes ` + mistake + " nhập nhầm tệp by staff",
		listed:  `"00700">"" -1 0: undoes ` + listed + " danh-sach.xlsx by staff",
	}
	if !maps.Equal(got, want) {
		t.Errorf("%v\nwant %v", got, want)
	}
	if f, err := r.Frozen(r.ctx, p, roster.Present, "08"); err != nil || f.Base != 4 || f.Trained != 1 {
		t.Errorf("the period is now %d of %d, %v", f.Trained, f.Base, err)
	}

	r.clock = r.clock.AddDate(0, 0, 1) // and all of it is taken back, but for the import
	r.settles("part", twice, "")
	r.settles("restore", mistake, "")
	if all, err = r.Adjustments(r.ctx, p, Scope{By: roster.Present, Province: "08"}); err != nil || len(all) != 1 || all[0].Person != listed {
		t.Errorf("taken back: %+v, %v", all, err)
	}
}
