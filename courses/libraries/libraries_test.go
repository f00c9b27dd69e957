package libraries_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lopban/content"
	"lopban/courses/libraries"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/store/sqlite/sqlitetest"
	"lopban/courses/targets"
)

var (
	staff  = roster.Account{ID: "AAAAAAAAAA", Name: "Hoàng Văn Kiên", Roles: []roster.Role{roster.Staff}, Province: "08"}
	others = roster.Account{ID: "BBBBBBBBBB", Name: "Bế Thị Nga", Roles: []roster.Role{roster.Staff}, Province: "04"}
	office = roster.Account{ID: "CCCCCCCCCC", Name: "Trần Thu Hà", Roles: []roster.Role{roster.Office}}
	admin  = roster.Account{ID: "DDDDDDDDDD", Name: "Quản trị viên", Roles: []roster.Role{roster.Admin}}
)

const lungCu, dongVan = "00706", "00709"

type bench struct {
	*libraries.Desk
	t   testing.TB
	now time.Time
}

func newBench(t testing.TB) *bench {
	st := sqlitetest.Open(t, append(libraries.Kinds(), roster.PersonKind)...)
	places, err := roster.ReadPlaces(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := targets.ReadProgramme(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, now: time.Date(2026, 12, 5, 2, 0, 0, 0, time.UTC)}
	b.Desk = &libraries.Desk{Store: st, Places: places, Programme: rules, Now: func() time.Time { b.now = b.now.Add(time.Millisecond); return b.now }}
	return b
}

func day(text string) time.Time {
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return d
}

func (b *bench) open(name, commune, on string) libraries.Library {
	b.t.Helper()
	l, err := b.Open(b.t.Context(), admin, libraries.Entry{Name: name, Commune: commune, On: day(on)})
	if err != nil {
		b.t.Fatal(err)
	}
	return l
}

func code(err error) string {
	var p *problem.Problem
	if errors.As(err, &p) {
		return p.Field + " " + p.Code
	}
	return fmt.Sprint(err)
}

func TestALibraryIsThereFromItsFirstDayToTheDayItCloses(t *testing.T) {
	b := newBench(t)
	l := b.open("Thư viện xã Lũng Cú", lungCu, "2025-03-01")
	if l.Kind != roster.CommuneLibrary || l.Province != "08" || l.Programme != "02" || l.Commune != lungCu {
		t.Errorf("%+v", l)
	}
	if _, err := b.Open(t.Context(), staff, libraries.Entry{Name: "thư  viện Xã LŨNG CÚ", Commune: lungCu, On: day("2026-01-01")}); code(err) != "name library.there" {
		t.Errorf("the same library again: %v", err)
	}
	if _, err := b.Tell(t.Context(), staff, l.ID, libraries.Models, day("2025-06-01"), "QĐ 12/QĐ-UBND"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // pressed twice
		if l, err := b.Tell(t.Context(), staff, l.ID, libraries.Closes, day("2026-02-01"), " "); err != nil || len(l.Events) != 3 {
			t.Fatalf("closed: %d events, %v", len(l.Events), err)
		}
	}
	if _, err := b.Tell(t.Context(), staff, l.ID, libraries.Closes, day("2026-02-01"), "QĐ 13"); code(err) != "on library.not-then" {
		t.Errorf("closed for another reason: %v", err)
	}
	b.open("Thư viện xã Lũng Cú", lungCu, "2026-05-01")
	l, err := b.Get(t.Context(), l.ID)
	if err != nil {
		t.Fatal(err)
	}
	for on, want := range map[string][2]bool{"2025-02-28": {false, false}, "2025-03-01": {true, false}, "2025-06-01": {true, true}, "2026-01-31": {true, true}, "2026-02-01": {false, false}, "2026-05-01": {true, false}} {
		if got := [2]bool{l.There(day(on)), l.IsModel(day(on))}; got != want {
			t.Errorf("%s: there, of the model %v, want %v", on, got, want)
		}
	}
	// the closing was a mistake
	closing := l.Events[2].ID
	if l, err = b.Undo(t.Context(), staff, l.ID, closing); err != nil || !l.IsModel(day("2026-04-01")) || len(l.Events) != 5 || l.Events[4].By != staff.ID {
		t.Errorf("undone: %+v, %v", l, err)
	}
	if !l.Opened.Equal(day("2025-03-01")) || !l.Model.Equal(day("2025-06-01")) || !l.Closed.IsZero() {
		t.Errorf("it was never closed: open since %s, of the model since %s, closed on %s", l.Opened, l.Model, l.Closed)
	}
	if _, err := b.Tell(t.Context(), staff, l.ID, libraries.Closes, day("2026-02-01"), ""); err != nil {
		t.Fatal(err)
	}
	if l, _ = b.Get(t.Context(), l.ID); l.There(day("2026-04-01")) {
		t.Error("what was undone cannot be entered again")
	}
}

// An opening that a later closing ends again would change nothing: it is refused with the day of the closing. Where the
// closing ends nothing, because the opening before it was undone, the right one can be entered.
func TestALibraryIsNotOpenedAgainBeforeItClosed(t *testing.T) {
	b := newBench(t)
	again := func(on string) error {
		_, err := b.Open(t.Context(), staff, libraries.Entry{Name: "Thư viện xã Lũng Cú", Commune: lungCu, On: day(on)})
		return err
	}
	l := b.open("Thư viện xã Lũng Cú", lungCu, "2025-03-01")
	if _, err := b.Tell(t.Context(), staff, l.ID, libraries.Closes, day("2026-02-01"), ""); err != nil {
		t.Fatal(err)
	}
	for _, on := range []string{"2025-01-01", "2025-03-01", "2025-06-01", "2026-01-31"} {
		if err := again(on); code(err) != "on library.closed-then" {
			t.Errorf("opened again on %s: %v", on, err)
		}
	}
	if _, err := b.Undo(t.Context(), staff, l.ID, l.Events[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := again("2025-04-01"); err != nil {
		t.Errorf("the right day of the opening: %v", err)
	}
	if l, _ = b.Get(t.Context(), l.ID); l.There(day("2025-03-31")) || !l.There(day("2026-01-31")) || l.There(day("2026-02-01")) {
		t.Errorf("%+v", l)
	}
	if err := again("2026-02-01"); err != nil {
		t.Errorf("opened again on the day on which it closed: %v", err)
	}
	if l, _ = b.Get(t.Context(), l.ID); !l.There(day("2026-12-05")) {
		t.Errorf("%+v", l)
	}
}

func TestWhatCannotBeOfALibraryIsRefused(t *testing.T) {
	b := newBench(t)
	l := b.open("Thư viện xã Lũng Cú", lungCu, "2025-03-01")
	ctx := t.Context()
	year := func(by roster.Account, y libraries.Year) error { _, err := b.Report(ctx, by, l.ID, y); return err }
	good := libraries.Year{Year: 2026, Readers: 100, Evidence: "BC 3/BC-TV"}
	with := func(change func(*libraries.Year)) libraries.Year { y := good; change(&y); return y }
	tell := func(by roster.Account, what libraries.What, on, proof string) error {
		_, err := b.Tell(ctx, by, l.ID, what, day(on), proof)
		return err
	}
	open := func(by roster.Account, e libraries.Entry) error { _, err := b.Open(ctx, by, e); return err }
	for want, err := range map[string]error{
		"name library.empty":        open(staff, libraries.Entry{Name: " ", Commune: lungCu, On: day("2026-01-01")}),
		"commune commune.unknown":   open(staff, libraries.Entry{Name: "Tủ sách", Commune: "99999", On: day("2026-01-01")}),
		"name library.letters":      open(staff, libraries.Entry{Name: "...", Commune: lungCu, On: day("2026-01-01")}),
		"commune commune.outside":   open(others, libraries.Entry{Name: "Tủ sách", Commune: lungCu, On: day("2026-01-01")}),
		"kind kind.unknown":         open(staff, libraries.Entry{Name: "Tủ sách", Kind: "x", Commune: lungCu, On: day("2026-01-01")}),
		"on date.future":            open(staff, libraries.Entry{Name: "Tủ sách", Commune: lungCu, On: day("2026-12-06")}),
		"on date.early":             open(staff, libraries.Entry{Name: "Tủ sách", Commune: lungCu, On: day("1949-12-31")}),
		"evidence library.evidence": tell(staff, libraries.Models, "2026-01-01", " "),
		"on library.not-then":       tell(staff, libraries.Models, "2025-02-01", "QĐ 1"),
		"what filter.unknown":       tell(staff, libraries.Undoes, "2026-01-01", "x"),
		" denied":                   tell(others, libraries.Closes, "2026-01-01", ""),
		"year library.year":         year(staff, with(func(y *libraries.Year) { y.Year = 2027 })),
		"readers library.readers":   year(staff, with(func(y *libraries.Year) { y.Readers = -1 })),
		"ways library.ways":         year(staff, with(func(y *libraries.Year) { y.Coordinating = true })),
		"year library.not-there":    year(staff, with(func(y *libraries.Year) { y.Year = 2024 })),
		"evidence text.long":        year(staff, with(func(y *libraries.Year) { y.Evidence = strings.Repeat("Ữ", 201) })),
	} {
		if code(err) != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	if err := year(office, good); code(err) != " denied" {
		t.Errorf("the office only reads: %v", err)
	}
	if err := open(office, libraries.Entry{Name: "Tủ sách", Commune: lungCu, On: day("2026-01-01")}); code(err) != " denied" {
		t.Errorf("the office enters a library: %v", err)
	}
	if _, err := b.Undo(ctx, staff, l.ID, "nothing"); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("undoing nothing: %v", err)
	}
}

func TestTheFiguresThatWereEnteredLastHold(t *testing.T) {
	b := newBench(t)
	l := b.open("Thư viện xã Lũng Cú", lungCu, "2025-03-01")
	for _, readers := range []int{100, 100, 120} {
		b.now = b.now.Add(time.Minute)
		if _, err := b.Report(t.Context(), staff, l.ID, libraries.Year{Year: 2026, Readers: readers, Coordinating: true, Ways: []string{"online", "x"}, Evidence: "BC 3"}); err != nil {
			t.Fatal(err)
		}
	}
	l, err := b.Get(t.Context(), l.ID)
	if y, ok := l.Of(2026); err != nil || !ok || y.Readers != 120 || len(l.Years) != 2 || !slices.Equal(y.Ways, []string{"online"}) || y.By != staff.ID {
		t.Errorf("%+v, %v", l.Years, err)
	}
	if l, err = b.Undo(t.Context(), staff, l.ID, l.Years[1].ID); err != nil {
		t.Fatal(err)
	}
	if y, _ := l.Of(2026); y.Readers != 100 {
		t.Errorf("after the last were undone: %+v", y)
	}
}

func TestGrowthIsNeverRoundedUp(t *testing.T) {
	for _, c := range []struct {
		before, now int
		percent     float64
		gap         int // to ten percent
	}{{1000, 1099, 9.9, 1}, {1000, 1100, 10, 0}, {3, 3, 0, 1}, {1000, 999, -0.1, 101}, {3, 2, -33.4, 2}, {0, 50, 0, 0}} {
		g := libraries.Growth{Before: c.before, Now: c.now}
		if g.Percent() != c.percent || g.Gap(10) != c.gap {
			t.Errorf("%d to %d: %v, gap %d", c.before, c.now, g.Percent(), g.Gap(10))
		}
	}
}

// The roster names libraries that nobody has entered: they are offered once each, however they are written.
func TestLibrariesOfTheRosterAreOffered(t *testing.T) {
	b := newBench(t)
	for i, name := range []string{"Thư viện xã Lũng Cú", "thư viện xã  lũng cú", "Tủ sách pháp luật xã Lũng Cú", "...", ""} {
		p := roster.Person{ID: fmt.Sprintf("P%09d", i), Name: "Sùng A Páo", Library: name, Kind: roster.KindOf(name), Commune: lungCu, Province: "08", Programme: "02", Active: true}
		if err := b.Store.Insert(t.Context(), roster.PersonKind, &p); err != nil {
			t.Fatal(err)
		}
	}
	offers, err := b.Offers(t.Context(), "08")
	if err != nil || len(offers) != 2 || offers[1].Name != "Tủ sách pháp luật xã Lũng Cú" || offers[1].Kind != roster.LegalBookcase {
		t.Fatalf("%+v, %v", offers, err)
	}
	b.open(offers[0].Name, offers[0].Commune, "2024-12-30")
	if offers, _ = b.Offers(t.Context(), "08"); len(offers) != 1 {
		t.Errorf("%+v", offers)
	}
}

// finds counts the searches of a store that go through libraries.
type finds struct {
	store.Store
	n atomic.Int64
}

func (f *finds) Find(ctx context.Context, k *store.Kind, q store.Query, each func(store.Row) error) error {
	if k == libraries.EventKind || k == libraries.YearKind {
		f.n.Add(1)
	}
	return f.Store.Find(ctx, k, q, each)
}

// What was read is kept until a fact is there that was not, whichever process entered it.
func TestLibrariesAreReadAgainWhenAFactWasEntered(t *testing.T) {
	b := newBench(t)
	watched := &finds{Store: b.Store}
	one := &libraries.Desk{Store: watched, Places: b.Places, Programme: b.Desk.Programme, Now: b.Now}
	reads := func() (libraries.Count, int64) {
		began := watched.n.Load()
		f, err := one.Read(t.Context(), targets.Scope{By: roster.Present, Province: "08"}, day("2026-12-05"), 2026)
		if err != nil {
			t.Fatal(err)
		}
		list, err := one.List(t.Context(), "08", "")
		if err != nil || len(list) != f.Coordinating.Of {
			t.Fatalf("%d libraries, %d counted, %v", len(list), f.Coordinating.Of, err)
		}
		return f.Count, watched.n.Load() - began
	}
	if c, n := reads(); c.Coordinating.Of != 0 || n != 0 {
		t.Fatalf("before anything was entered: %+v, %d searches", c, n)
	}
	var l libraries.Library
	for _, step := range []struct {
		what  string
		enter func() error
		shown func(libraries.Count) bool
	}{
		{"a library", func() error { l = b.open("Thư viện xã Lũng Cú", lungCu, "2025-03-01"); return nil }, func(c libraries.Count) bool { return c.Coordinating.Of == 1 && c.Model.Done == 0 }},
		{"the model", func() (err error) {
			l, err = b.Tell(t.Context(), staff, l.ID, libraries.Models, day("2026-01-01"), "QĐ")
			return err
		}, func(c libraries.Count) bool { return c.Model.Done == 1 && c.Reported == 0 }},
		{"a report", func() error {
			_, err := b.Report(t.Context(), staff, l.ID, libraries.Year{Year: 2026, Readers: 5, Evidence: "BC"})
			return err
		}, func(c libraries.Count) bool { return c.Reported == 1 }},
		{"a mistake", func() error { _, err := b.Undo(t.Context(), staff, l.ID, l.Events[1].ID); return err }, func(c libraries.Count) bool { return c.Model.Done == 0 && c.Reported == 1 }},
	} {
		if err := step.enter(); err != nil {
			t.Fatal(err)
		}
		if c, n := reads(); !step.shown(c) || n != 2 {
			t.Errorf("after %s was entered elsewhere: %+v, %d searches", step.what, c, n)
		}
		if c, n := reads(); !step.shown(c) || n != 0 {
			t.Errorf("nothing was entered since %s: %+v, %d searches", step.what, c, n)
		}
	}
}

// Whatever was entered, undone and entered again: every figure is what somebody finds who goes through all facts of the
// store for each question by itself.
func TestIndicatorsFollowFromTheFacts(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	rnd := rand.New(rand.NewPCG(1687, 12))
	outside := ""
	for _, c := range b.Places.Communes(roster.Present, "25") {
		if c.Programme == "" {
			outside = c.Code
		}
	}
	communes := []string{lungCu, dongVan, b.Places.Communes(roster.Programme, "08")[0].Code, b.Places.Communes(roster.Present, "04")[3].Code, outside}
	for range 600 {
		b.now = b.now.Add(time.Second)
		commune := communes[rnd.IntN(len(communes))]
		name := fmt.Sprintf("Thư viện %d", rnd.IntN(4))
		on := day("2024-06-01").AddDate(0, 0, rnd.IntN(900))
		id := libraries.ID(commune, name)
		var err error
		switch rnd.IntN(6) {
		case 0, 1:
			_, err = b.Open(ctx, admin, libraries.Entry{Name: name, Commune: commune, On: on})
		case 2:
			_, err = b.Tell(ctx, admin, id, libraries.Models, on, "QĐ")
		case 3:
			_, err = b.Tell(ctx, admin, id, libraries.Closes, on, "")
		case 4:
			_, err = b.Report(ctx, admin, id, libraries.Year{Year: 2024 + rnd.IntN(3), Readers: rnd.IntN(500), Coordinating: rnd.IntN(2) == 0, Ways: []string{"mobile"}, Evidence: "BC"})
		case 5:
			if l, bad := b.Get(ctx, id); bad == nil && rnd.IntN(2) == 0 {
				_, err = b.Undo(ctx, admin, id, l.Events[rnd.IntN(len(l.Events))].ID)
			}
		}
		var refused *problem.Problem
		if err != nil && !errors.As(err, &refused) && !errors.Is(err, problem.ErrNotFound) {
			t.Fatal(err)
		}
	}
	slow := newSlow(t, b)
	if len(slow.events) < 100 || len(slow.years) < 20 {
		t.Fatalf("a thin history: %d events, %d years", len(slow.events), len(slow.years))
	}
	for _, s := range []targets.Scope{{By: roster.Present}, {By: roster.Programme}, {By: roster.Present, Province: "08"}, {By: roster.Programme, Province: "02"}, {By: roster.Present, Province: "25"}} {
		for _, on := range []string{"2024-06-15", "2025-06-30", "2026-01-01", "2026-12-05"} {
			for _, year := range []int{2024, 2025, 2026} {
				f, err := b.Read(ctx, s, day(on), year)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range f.Rows {
					inside := func(c roster.Commune) bool {
						return c.Programme != "" && (s.Province == "" && c.In(s.By, r.Code) || s.Province != "" && c.In(s.By, s.Province) && c.Code == r.Code)
					}
					if want := slow.count(inside, on, year); r.Count != want {
						t.Fatalf("%+v %s %d, %s: %+v, want %+v", s, on, year, r.Name, r.Count, want)
					}
				}
				if want := slow.count(func(c roster.Commune) bool { return c.Programme != "" && (s.Province == "" || c.In(s.By, s.Province)) }, on, year); f.Count != want {
					t.Fatalf("%+v %s %d: %+v, want %+v", s, on, year, f.Count, want)
				}
			}
		}
	}
}

// slow answers each question from the raw facts.
type slow struct {
	events []libraries.Event
	years  []libraries.Year
	all    []roster.Commune
}

func newSlow(t *testing.T, b *bench) (s slow) {
	var err error
	if s.events, err = store.All[libraries.Event](t.Context(), b.Store, libraries.EventKind, store.Query{}); err != nil {
		t.Fatal(err)
	}
	if s.years, err = store.All[libraries.Year](t.Context(), b.Store, libraries.YearKind, store.Query{}); err != nil {
		t.Fatal(err)
	}
	for _, p := range b.Places.Provinces(roster.Present) {
		s.all = append(s.all, b.Places.Communes(roster.Present, p.Code)...)
	}
	return s
}

func (s slow) holds(id string) bool {
	return !slices.ContainsFunc(s.events, func(e libraries.Event) bool { return e.What == libraries.Undoes && e.Of == id })
}

// was walks day by day through what was entered of a library.
func (s slow) was(id, until string) (there, model bool) {
	for d := day("2024-01-01"); !d.After(day(until)); d = d.AddDate(0, 0, 1) {
		var today []libraries.Event
		for _, e := range s.events {
			if e.Library == id && e.On.Equal(d) && s.holds(e.ID) {
				today = append(today, e)
			}
		}
		slices.SortFunc(today, func(a, b libraries.Event) int { return a.At.Compare(b.At) })
		for _, e := range today {
			if e.What == libraries.Opens {
				if !there {
					model = false
				}
				there = true
			} else if e.What == libraries.Closes {
				there, model = false, false
			} else if e.What == libraries.Models {
				model = true
			}
		}
	}
	return there, there && model
}

func (s slow) reported(id string, year int) (y libraries.Year, ok bool) {
	for _, o := range s.years {
		if o.Library == id && o.Year == year && s.holds(o.ID) && (!ok || o.At.After(y.At)) {
			y, ok = o, true
		}
	}
	return y, ok
}

func (s slow) count(inside func(roster.Commune) bool, on string, year int) (c libraries.Count) {
	homes := map[string]string{} // library to commune
	for _, e := range s.events {
		if e.What == libraries.Opens {
			homes[e.Library] = e.Commune
		}
	}
	for _, commune := range s.all {
		if !inside(commune) {
			continue
		}
		c.Model.Of++
		some := false
		for _, id := range slices.Sorted(maps.Keys(homes)) {
			if homes[id] != commune.Code {
				continue
			}
			there, model := s.was(id, on)
			if !there {
				continue
			}
			some = some || model
			c.Coordinating.Of++
			now, ok := s.reported(id, year)
			if ok {
				c.Reported++
			}
			if now.Coordinating {
				c.Coordinating.Done++
			}
			if before, both := s.reported(id, year-1); ok && both {
				c.Readers.Before, c.Readers.Now, c.Readers.Libraries = c.Readers.Before+before.Readers, c.Readers.Now+now.Readers, c.Readers.Libraries+1
			}
		}
		if some {
			c.Model.Done++
		}
	}
	return c
}

// silent is a store that does not answer: each search ends when its time is over.
type silent struct{ store.Store }

const patience = 3500 * time.Millisecond

func (silent) Count(context.Context, *store.Kind, store.Query, ...string) ([]store.Group, error) {
	return []store.Group{{N: 1}}, nil
}

func (silent) Find(context.Context, *store.Kind, store.Query, func(store.Row) error) error {
	time.Sleep(patience) // of the test's own clock
	return problem.ErrUnavailable
}

// While the store does not answer, nobody's wait is added to another's.
func TestWhoAsksForLibrariesDoesNotWaitForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &libraries.Desk{Store: silent{}, Now: time.Now}
		began := time.Now()
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if _, err := d.List(t.Context(), "08", ""); !errors.Is(err, problem.ErrUnavailable) {
					t.Errorf("it ended with %v", err)
				}
			})
		}
		all.Wait()
		if took := time.Since(began); took != patience {
			t.Errorf("ten who asked at once waited %v", took)
		}
	})
}
