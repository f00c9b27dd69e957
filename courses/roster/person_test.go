package roster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lopban/courses/problem"
	"lopban/courses/store/sqlite/sqlitetest"
	"lopban/courses/store/storetest"
)

var noon = time.Date(2026, 3, 10, 5, 0, 0, 0, time.UTC) // in Vietnam

func day(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

func newRoll(t testing.TB) *Roll {
	t.Helper()
	s := sqlitetest.Open(t, PersonKind, PostingKind, DetailKind, HandoverKind, PendingKind)
	return &Roll{Store: s, Places: places(), Now: func() time.Time { return noon }, Rand: rand.Reader}
}

func add(t *testing.T, r *Roll, name, phone, commune string) Person {
	t.Helper()
	p, err := r.Add(t.Context(), Entry{Name: name, Phone: phone, Post: "Công chức văn hóa", Library: "Thư viện xã", Commune: commune, On: day("2026-01-05")}, "staff")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAddEntersThePersonAndThePosting(t *testing.T) {
	r := newRoll(t)
	p := add(t, r, "VỪ A  DÍNH", "+84 912 345 678", "00700")
	want := Person{
		ID: p.ID, Name: "Vừ A Dính", Fold: "vu a dinh", Sort: SortKey("Vừ A Dính"), Phone: "0912345678", Post: "Công chức văn hóa", Library: "Thư viện xã", Kind: CommuneLibrary,
		Commune: "00700", Province: "08", Programme: "02", Active: true, Since: day("2026-01-05"), UpdatedAt: noon,
	}
	if p != want {
		t.Errorf("added\n%+v\nwant\n%+v", p, want)
	}
	if got, err := r.Person(t.Context(), p.ID); got != want || err != nil {
		t.Errorf("read\n%+v, %v\nwant\n%+v", got, err, want)
	}
	postings, err := r.Postings(t.Context(), p.ID)
	if err != nil || len(postings) != 1 || postings[0].ID != p.ID+"/starts/2026-01-05/00700/thu-vien-xa" || postings[0].By != "staff" {
		t.Errorf("postings %+v, %v", postings, err)
	}
}

func TestAddRefuses(t *testing.T) {
	r := newRoll(t)
	add(t, r, "Vừ A Dính", "0912345678", "00700")
	good := Entry{Name: "Lò Thị Mai", Library: "Thư viện xã", Commune: "00700", On: day("2026-03-10")}
	for _, c := range []struct {
		field, code string
		change      func(*Entry)
	}{
		{"name", "name.empty", func(e *Entry) { e.Name = "" }},
		{"phone", "phone.form", func(e *Entry) { e.Phone = "12" }},
		{"phone", "phone.taken", func(e *Entry) { e.Phone = "0912.345.678" }},
		{"commune", "commune.unknown", func(e *Entry) { e.Commune = "99999" }},
		{"library", "library.empty", func(e *Entry) { e.Library = " " }},
		{"kind", "kind.unknown", func(e *Entry) { e.Kind = "school" }},
		{"on", "date.early", func(e *Entry) { e.On = time.Time{} }},
		{"on", "date.future", func(e *Entry) { e.On = day("2026-03-11") }},
		{"on", "date.form", func(e *Entry) { e.On = noon }},
	} {
		e := good
		c.change(&e)
		_, err := r.Add(t.Context(), e, "staff")
		wantProblem(t, c.code, err, c.field, c.code)
	}
	if _, err := r.Add(t.Context(), good, "staff"); err != nil {
		t.Errorf("the entry before the changes: %v", err)
	}
}

func TestMoveAndLeave(t *testing.T) {
	r := newRoll(t)
	p := add(t, r, "Vừ A Dính", "", "00700")
	there := Entry{Post: "Viên chức", Library: "Trung tâm học tập cộng đồng", Kind: LearningCentre, Commune: "02143", On: day("2026-02-01")}
	for range 2 { // the second time changes nothing
		moved, err := r.Move(t.Context(), p.ID, there, "staff")
		if err != nil || moved.Commune != "02143" || moved.Province != "19" || moved.Programme != "06" || moved.Post != "Viên chức" || !moved.Since.Equal(there.On) {
			t.Fatalf("moved %+v, %v", moved, err)
		}
	}
	_, err := r.Leave(t.Context(), p.ID, day("2026-01-20"), "staff")
	wantProblem(t, "leaving before the start", err, "on", "date.before-start")
	for range 2 {
		left, err := r.Leave(t.Context(), p.ID, day("2026-03-01"), "staff")
		if err != nil || left.Active || left.Commune != "02143" {
			t.Fatalf("left %+v, %v", left, err)
		}
	}
	_, err = r.Leave(t.Context(), p.ID, day("2026-03-02"), "staff")
	wantProblem(t, "leaving twice", err, "on", "post.none")
	postings, _ := r.Postings(t.Context(), p.ID)
	if len(postings) != 3 {
		t.Errorf("%d postings, want 3", len(postings))
	}
	for on, commune := range map[string]string{"2026-01-04": "", "2026-01-05": "00700", "2026-01-31": "00700", "2026-02-01": "02143", "2026-02-28": "02143", "2026-03-01": ""} {
		held, active := places().Held(postings, day(on), time.Time{})
		if active != (commune != "") || active && held.Commune != commune {
			t.Errorf("on %s held %q (%v), want %q", on, held.Commune, active, commune)
		}
	}
	if _, err := r.Move(t.Context(), "NOBODY", there, "staff"); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("moving nobody: %v", err)
	}
}

func TestACorrectedStartTellsTheDay(t *testing.T) {
	r := newRoll(t)
	p := add(t, r, "Vừ A Dính", "", "00700")
	for i, on := range []string{"2020-06-01", "2026-02-02", "2019-01-01"} {
		r.Now = func() time.Time { return noon.Add(time.Duration(i+1) * time.Minute) }
		p, err := r.Move(t.Context(), p.ID, Entry{Post: p.Post, Library: "THƯ VIỆN XÃ", Kind: p.Kind, Commune: p.Commune, On: day(on)}, "staff")
		if err != nil || !p.Since.Equal(day(on)) {
			t.Errorf("since %v, %v, want %s", p.Since, err, on)
		}
	}
	_, err := r.Move(t.Context(), p.ID, Entry{Library: "Thư viện xã", Commune: "00691", On: day("2018-01-01")}, "staff")
	wantProblem(t, "moving to a place before the post held", err, "on", "date.before-start")
}

func TestCurrentDoesNotDependOnTheOrderOfPostings(t *testing.T) {
	at := func(event Event, on, commune string, minute int) Posting {
		p := Posting{Event: event, On: day(on), Commune: commune, Library: "Thư viện", RecordedAt: noon.Add(time.Duration(minute) * time.Minute)}
		p.ID = postingID("A", event, p.On, commune, p.Library)
		return p
	}
	for what, c := range map[string]struct {
		postings []Posting
		commune  string
		active   bool
	}{
		"nothing":                        {nil, "", false},
		"a leave alone":                  {[]Posting{at(Leaves, "2026-01-01", "1", 0)}, "", false},
		"start and leave":                {[]Posting{at(Starts, "2026-01-01", "1", 0), at(Leaves, "2026-02-01", "1", 1)}, "1", false},
		"leave of a post not held":       {[]Posting{at(Starts, "2025-01-01", "1", 0), at(Starts, "2026-01-01", "2", 1), at(Leaves, "2026-02-01", "1", 2)}, "2", true},
		"leave and start on one day":     {[]Posting{at(Starts, "2025-01-01", "1", 0), at(Leaves, "2026-01-01", "1", 1), at(Starts, "2026-01-01", "2", 1)}, "2", true},
		"a start that was recorded late": {[]Posting{at(Starts, "2026-01-01", "2", 0), at(Starts, "2025-01-01", "1", 5)}, "2", true},
		"back at the first":              {[]Posting{at(Starts, "2024-01-01", "1", 0), at(Starts, "2025-01-01", "2", 1), at(Starts, "2026-01-01", "1", 2)}, "1", true},
	} {
		for range 20 {
			held, active := Current(c.postings)
			if held.Commune != c.commune || active != c.active {
				t.Errorf("%s: %q, %v, want %q, %v", what, held.Commune, active, c.commune, c.active)
			}
			c.postings = append(c.postings[min(1, len(c.postings)):], c.postings[:min(1, len(c.postings))]...)
			slices.Reverse(c.postings)
		}
	}
}

func TestCorrectChangesDetailsOnly(t *testing.T) {
	r := newRoll(t)
	p, other := add(t, r, "Vừ A Dín", "0912345678", "00700"), add(t, r, "Lò Thị Mai", "0987654321", "00700")
	got, err := r.Correct(t.Context(), p.ID, Details{Name: "Vừ A Dính", Phone: "0912345679", Post: "Thủ thư", Kind: OtherLibraryKind}, "staff")
	if err != nil || got.Name != "Vừ A Dính" || got.Fold != "vu a dinh" || got.Phone != "0912345679" || got.Post != "Thủ thư" || got.Kind != OtherLibraryKind || got.Commune != p.Commune {
		t.Errorf("corrected %+v, %v", got, err)
	}
	_, err = r.Correct(t.Context(), p.ID, Details{Name: "Vừ A Dính", Phone: other.Phone, Kind: p.Kind}, "staff")
	wantProblem(t, "another's number", err, "phone", "phone.taken")
	if n, err := r.Rebuild(t.Context(), nil); n != 0 || err != nil {
		t.Errorf("a rebuild changed %d people, %v", n, err)
	}
}

func TestRebuildRepairsAPersonBehindThePostings(t *testing.T) {
	r := newRoll(t)
	p := add(t, r, "Vừ A Dính", "", "00700")
	c, _ := r.Places.Commune("00691")
	posting := r.NewPosting(p.ID, Starts, Entry{Library: "Thư viện phường", On: day("2026-02-01")}, c, "staff")
	if err := r.Store.Insert(t.Context(), PostingKind, &posting); err != nil { // and then the program stops
		t.Fatal(err)
	}
	if n, err := r.Rebuild(t.Context(), nil); n != 1 || err != nil {
		t.Errorf("a rebuild changed %d people, %v, want 1", n, err)
	}
	if got, _ := r.Person(t.Context(), p.ID); got.Commune != "00691" {
		t.Errorf("the person is in %s", got.Commune)
	}
}

func TestParallelMovesEndWhereThePostingsSay(t *testing.T) {
	r := newRoll(t)
	p := add(t, r, "Vừ A Dính", "", "00700")
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			e := Entry{Library: fmt.Sprintf("Thư viện %d", i), Commune: "00691", On: day("2026-02-01").AddDate(0, 0, i)}
			r.Move(context.Background(), p.ID, e, "staff") // some come too late, and are refused
		})
	}
	wg.Wait()
	if n, err := r.Rebuild(t.Context(), nil); n != 0 || err != nil {
		t.Errorf("a rebuild changed %d people, %v", n, err)
	}
	if got, _ := r.Person(t.Context(), p.ID); got.Library != "Thư viện 19" {
		t.Errorf("the person is at %s", got.Library)
	}
}

func TestPeoplePagesThroughAProvince(t *testing.T) {
	r := newRoll(t)
	var want []string
	for i, name := range []string{"An", "Ân", "Bình", "Chi", "Chi", "Dung", "Đào"} {
		p := add(t, r, "Nguyễn Thị "+name, fmt.Sprintf("09123456%02d", i), []string{"00691", "00700"}[i%2])
		want = append(want, p.Name)
	}
	add(t, r, "Vừ A Xa", "", "02143") // in another province
	gone := add(t, r, "Vừ A Gần", "", "00700")
	if _, err := r.Leave(t.Context(), gone.ID, day("2026-02-01"), "staff"); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{1, 2, 3, 7, 50} {
		var got []string
		f := Filter{Province: "08", Limit: limit}
		for {
			page, err := r.People(t.Context(), f)
			if err != nil || len(page.People) > limit {
				t.Fatalf("%d people, %v", len(page.People), err)
			}
			for _, p := range page.People {
				got = append(got, p.Name)
			}
			if f.After = page.Next; f.After == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("by %d: %q, want %q", limit, got, want)
		}
	}
	for _, c := range []struct {
		f    Filter
		want int
	}{
		{Filter{Commune: "00700"}, 3}, {Filter{Commune: "00700", Left: true}, 4}, {Filter{Province: "08", Commune: "00691"}, 4}, {Filter{Province: "04", Commune: "00691"}, 0},
		{Filter{Province: "08", Text: "chi"}, 2}, {Filter{Province: "08", Text: "Thị nguy"}, 7}, {Filter{Province: "08", Text: "ng ng"}, 0}, {Filter{Province: "08", Text: "DAO"}, 1},
		{Filter{Province: "08", Text: "0912345602"}, 1}, {Filter{Province: "08", Text: "091 234"}, 7}, {Filter{Province: "08", Text: gone.ID, Left: true}, 1}, {Filter{Province: "08", Text: "xa"}, 0},
	} {
		page, err := r.People(t.Context(), c.f)
		if len(page.People) != c.want || err != nil {
			t.Errorf("%+v: %d people, %v, want %d", c.f, len(page.People), err, c.want)
		}
	}
	_, err := r.People(t.Context(), Filter{Text: "chi"})
	wantProblem(t, "everybody", err, "province", "province.empty")
	_, err = r.People(t.Context(), Filter{Province: "08", After: "x"})
	wantProblem(t, "a page made up", err, "after", "page.unknown")
}

func TestCountByCommuneCountsThoseWhoHoldAPost(t *testing.T) {
	r := newRoll(t)
	add(t, r, "Vừ A Dính", "", "00700")
	add(t, r, "Lò Thị Mai", "", "00700")
	add(t, r, "Lò Thị Hoa", "", "02143")
	p := add(t, r, "Lò Thị Lan", "", "00691")
	if _, err := r.Leave(t.Context(), p.ID, day("2026-02-01"), "staff"); err != nil {
		t.Fatal(err)
	}
	counts, err := r.CountByCommune(t.Context(), "08")
	if err != nil || len(counts) != 1 || counts["00700"] != 2 {
		t.Errorf("counts %v, %v, want 00700: 2", counts, err)
	}
	all := 0
	if err := r.Each(t.Context(), "08", func(Person) error { all++; return nil }); err != nil || all != 3 {
		t.Errorf("Each gave %d people, %v, want 3", all, err)
	}
}

func TestDayIsTheDateInVietnam(t *testing.T) {
	for in, want := range map[time.Time]string{
		time.Date(2026, 3, 10, 16, 59, 0, 0, time.UTC): "2026-03-10",
		time.Date(2026, 3, 10, 17, 0, 0, 0, time.UTC):  "2026-03-11",
	} {
		if got := Day(in); !got.Equal(day(want)) {
			t.Errorf("Day(%v) = %v, want %s", in, got, want)
		}
	}
}

// again gives the same random bytes again, as the form of a new person does.
func again() *strings.Reader { return strings.NewReader("sixteen same bytes") }

// Whoever is cut off after any write enters the person with the same form.
func TestAPersonIsEnteredAfterAnyCut(t *testing.T) {
	entry := Entry{Name: "Sùng Mí Pó", Phone: "0912345678", Library: "Thư viện xã", Commune: "00715", On: day("2026-01-05")}
	for writes := 0; ; writes++ {
		r := newRoll(t)
		cut := storetest.NewCut(r.Store)
		r.Store, r.Rand = cut, again()
		cut.After(writes)
		_, err := r.Add(t.Context(), entry, "staff")
		done := !cut.Was()
		if done != (err == nil) {
			t.Fatalf("cut after %d writes: %v", writes, err)
		}
		cut.Mend()
		for range 2 {
			r.Rand = again()
			p, err := r.Add(t.Context(), entry, "staff")
			if err != nil || p.Name != "Sùng Mí Pó" || p.Commune != "00715" || !p.Active || !p.Since.Equal(entry.On) {
				t.Fatalf("after %d writes and a cut: %+v, %v", writes, p, err)
			}
			if is, err := r.Person(t.Context(), p.ID); err != nil || !same(is, p) {
				t.Errorf("after %d writes and a cut the store has %+v, %v", writes, is, err)
			}
			if all, err := r.Postings(t.Context(), p.ID); err != nil || len(all) != 1 {
				t.Errorf("after %d writes and a cut: %d postings, %v", writes, len(all), err)
			}
		}
		if done {
			break
		}
	}
}
