package targets

import (
	"errors"
	"slices"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/roster"
)

func (r *region) completed(t testing.TB, s Scope, asOf time.Time, f Filter) *Report {
	t.Helper()
	list, err := r.Completions(r.ctx, s, asOf, f)
	r.check(err)
	t.Cleanup(func() { list.Close() })
	return list
}

func TestCompletionsAreNarrowed(t *testing.T) {
	r := everyState(t)
	bookcase, err := r.roll.Add(r.ctx, roster.Entry{Name: "Sùng A Lử", Library: "Tủ sách pháp luật xã", Commune: phuLinh, On: r.today()}, "staff")
	r.check(err)
	r.earns(bookcase.ID, svc, 100)
	earned := DayOf(r.clock)
	r.clock = r.clock.AddDate(0, 0, 3)
	_, err = r.roll.Move(r.ctx, bookcase.ID, roster.Entry{Library: "Thư viện xã", Kind: roster.CommuneLibrary, Commune: ngocDuong, On: r.today()}, "staff")
	r.check(err)
	r.earns(bookcase.ID, prm, 100)
	for name, c := range map[string]struct {
		filter Filter
		want   []string
	}{
		"nothing":   {Filter{}, []string{"Lò Văn Nam LS1", "Vàng Thị Mai LS1", "Vàng Thị Mai RP1", "Lò Văn Nam RP1", "Lò Văn Nam RP1", "Sùng A Lử LS1", "Sùng A Lử RP1", "Giàng A Páo LS1"}},
		"course":    {Filter{Course: "LS1"}, []string{"Vàng Thị Mai LS1", "Lò Văn Nam LS1", "Giàng A Páo LS1", "Sùng A Lử LS1"}},
		"strand":    {Filter{Strand: prm}, []string{"Vàng Thị Mai RP1", "Lò Văn Nam RP1", "Lò Văn Nam RP1", "Sùng A Lử RP1"}},
		"first day": {Filter{From: earned}, []string{"Sùng A Lử LS1", "Sùng A Lử RP1"}},
		// the reissue is of the completion of then
		"last day":         {Filter{To: "2026-01-02"}, []string{"Vàng Thị Mai LS1", "Vàng Thị Mai RP1", "Lò Văn Nam LS1", "Lò Văn Nam RP1", "Lò Văn Nam RP1"}},
		"both days":        {Filter{From: "2026-01-03", To: "2026-01-03"}, []string{"Giàng A Páo LS1"}},
		"state":            {Filter{State: courses.Revoked}, []string{"Giàng A Páo LS1"}},
		"kind of then":     {Filter{Kind: roster.LegalBookcase}, []string{"Sùng A Lử LS1"}},
		"kind of now":      {Filter{Kind: roster.CommuneLibrary}, []string{"Sùng A Lử RP1"}},
		"all of it":        {Filter{Course: "LS1", Strand: svc, Kind: roster.LegalBookcase, From: earned, To: earned, State: courses.Valid}, []string{"Sùng A Lử LS1"}},
		"of what is there": {Filter{Course: "K9"}, nil},
	} {
		list := r.completed(t, Scope{By: roster.Present, Province: "08"}, time.Time{}, c.filter)
		got := told(rowsOf(t, list), "person", "course")
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%q\nwant\n%q", name, got, c.want)
		}
		totals, err := list.Totals(r.ctx)
		if err != nil || totals.Certificates != len(got) {
			t.Errorf("%s: %+v, %v", name, totals, err)
		}
	}
}

func TestTotalsOfCompletions(t *testing.T) {
	r := everyState(t)
	got, err := r.completed(t, Scope{By: roster.Present, Province: "08"}, time.Time{}, Filter{}).Totals(r.ctx)
	if err != nil || got.Certificates != 6 || got.People != 3 || got.States[courses.Valid] != 3 || got.States[courses.Expired] != 1 || got.States[courses.Replaced] != 1 || got.States[courses.Revoked] != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if len(got.Courses) != 2 {
		t.Fatalf("%+v", got.Courses)
	}
	if c := got.Courses[0]; c.Course != "LS1" || c.Strand != svc || c.Certificates != 3 || c.People != 3 || c.States[courses.Valid] != 1 {
		t.Errorf("%+v", c)
	}
	if c := got.Courses[1]; c.Course != "RP1" || c.Certificates != 3 || c.People != 2 || c.States[courses.Replaced] != 1 {
		t.Errorf("%+v", c)
	}
}

// A list that is narrowed has another checksum than one that is not, though it has the same rows.
func TestTheFilterIsInTheChecksum(t *testing.T) {
	r := everyState(t)
	s := Scope{By: roster.Present, Province: "08", Commune: phuLinh}
	whole := readJSON(t, written(t, r.completed(t, s, time.Time{}, Filter{}), JSON, Words{}))
	narrow := readJSON(t, written(t, r.completed(t, s, time.Time{}, Filter{Course: "LS1"}), JSON, Words{}))
	if len(whole.Rows) != 1 || len(narrow.Rows) != 1 || whole.Checksum == narrow.Checksum {
		t.Errorf("%+v\n%+v", whole, narrow)
	}
}

func TestFiltersRefuse(t *testing.T) {
	r := newRegion(t)
	for field, f := range map[string]Filter{"strand": {Strand: "x"}, "kind": {Kind: "x"}, "state": {State: "x"}, "from": {From: "01/02/2026"}, "to": {From: "2026-02-01", To: "2026-01-31"}} {
		_, err := r.Completions(r.ctx, Scope{By: roster.Present}, time.Time{}, f)
		if p := (*problem.Problem)(nil); !errors.As(err, &p) || p.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// Phone numbers change; the list of a day does not.
func TestContactsAreBesideTheChecksum(t *testing.T) {
	r := newRegion(t)
	p, err := r.roll.Add(r.ctx, roster.Entry{Name: "Sùng Thị Mỷ", Phone: "0912345678", Post: "Công chức", Library: "Thư viện xã", Commune: phuLinh, On: r.today()}, "staff")
	r.check(err)
	r.refreshes(p.ID)
	sums := map[bool]string{}
	for _, contacts := range []bool{false, true} {
		list, err := r.Missing(r.ctx, Scope{By: roster.Present, Province: "08"}, time.Time{}, halfway, contacts)
		r.check(err)
		defer list.Close()
		rows := rowsOf(t, list)
		if got := told(rows, "person", "post", "phone"); contacts != slices.Equal(got, []string{"Sùng Thị Mỷ Công chức 0912345678"}) {
			t.Errorf("contacts %v: %q", contacts, got)
		}
		sums[contacts] = readJSON(t, written(t, list, JSON, Words{})).Checksum
	}
	if sums[false] != sums[true] {
		t.Errorf("%v", sums)
	}
}

// A training done elsewhere counts for the library of its own day, not for that of the day on which it was accepted.
func TestATrainingElsewhereIsOfTheKindOfItsDay(t *testing.T) {
	r := newRegion(t)
	r.clock = day(1)
	p, err := r.roll.Add(r.ctx, roster.Entry{Name: "Sùng A Lử", Library: "Tủ sách pháp luật xã", Commune: phuLinh, On: r.today()}, "staff")
	r.check(err)
	r.clock = day(20)
	_, err = r.roll.Move(r.ctx, p.ID, roster.Entry{Library: "Thư viện xã", Kind: roster.CommuneLibrary, Commune: ngocDuong, On: r.today()}, "staff")
	r.check(err)
	r.refreshes(p.ID)
	r.clock = day(30)
	id, _ := r.entered(p.ID, svc, DayOf(day(10)).Time())
	r.accepts(id)
	for kind, want := range map[string]int{roster.LegalBookcase: 1, roster.CommuneLibrary: 0} {
		list := r.completed(t, Scope{By: roster.Present, Province: "08"}, time.Time{}, Filter{Kind: kind})
		if got := rowsOf(t, list); len(got) != want {
			t.Errorf("%s has %d of them", kind, len(got))
		}
	}
}
