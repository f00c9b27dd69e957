package roster

import (
	"testing"
	"time"
)

// passing is a roll whose clock goes on by a minute with every look at it.
func passing(t *testing.T) *Roll {
	r := newRoll(t)
	at := noon
	r.Now = func() time.Time { at = at.Add(time.Second); return at }
	return r
}

func TestMergedEntriesAreOnePersonAndCanBePartedAgain(t *testing.T) {
	r := passing(t)
	old := add(t, r, "Hầu Seo Dìn", "0912000001", "00700")
	moved, err := r.Add(t.Context(), Entry{Name: "Hầu Seo Dìn", Phone: "0912000002", Post: "Thủ thư", Library: "Thư viện phường", Commune: "00691", On: day("2026-02-01")}, "staff")
	if err != nil {
		t.Fatal(err)
	}
	before := []Person{old, moved}

	kept, err := r.Merge(t.Context(), moved.ID, old.ID, Details{Name: old.Name, Phone: moved.Phone, Post: moved.Post, Kind: moved.Kind}, "staff")
	if err != nil || kept.Phone != "0912000002" || kept.Commune != "00691" || !kept.Since.Equal(day("2026-02-01")) || kept.Also != moved.ID || !kept.Active {
		t.Fatalf("kept %+v, %v", kept, err)
	}
	gone, _ := r.Person(t.Context(), moved.ID)
	if gone.Active || gone.Gone != Joined || gone.Into != old.ID {
		t.Errorf("gone %+v", gone)
	}
	if page, err := r.People(t.Context(), Filter{Province: "08", Left: true}); err != nil || len(page.People) != 1 || page.People[0].ID != old.ID {
		t.Errorf("listed %+v, %v", page.People, err)
	}
	if found, err := r.ByPhone(t.Context(), "0912000002"); err != nil || len(found) != 1 || found[0].ID != old.ID {
		t.Errorf("found by number %+v, %v", found, err)
	}
	facts, _ := r.Facts(t.Context(), old.ID)
	for on, commune := range map[string]string{"2026-01-31": "00700", "2026-02-01": "00691"} {
		if held, active := places().Held(kept.Live(facts.Postings), day(on), time.Time{}); !active || held.Commune != commune {
			t.Errorf("on %s in %s (%v), want %s", on, held.Commune, active, commune)
		}
	}
	if p, elsewhere, err := r.ByCode(t.Context(), moved.ID, "08"); err != nil || elsewhere || p.ID != old.ID {
		t.Errorf("the code that is gone finds %+v, %v, %v", p, elsewhere, err)
	}
	if _, err := r.Correct(t.Context(), moved.ID, Details{Name: "Hầu", Kind: OtherLibraryKind}, "staff"); err == nil {
		t.Error("an entry that is gone was corrected")
	}
	if n, err := r.Rebuild(t.Context(), nil); n != 0 || err != nil {
		t.Errorf("a rebuild changed %d, %v", n, err)
	}

	if _, _, err := r.Part(t.Context(), moved.ID, "staff"); err != nil {
		t.Fatal(err)
	}
	for _, want := range before {
		if got, _ := r.Person(t.Context(), want.ID); !same(got, want) {
			t.Errorf("parted\n%+v\nwant\n%+v", got, want)
		}
	}
	if _, err := r.Merge(t.Context(), old.ID, moved.ID, Details{Name: old.Name, Kind: old.Kind}, "staff"); err != nil {
		t.Errorf("merged the other way: %v", err)
	}
	if p, _ := r.Person(t.Context(), moved.ID); p.Also != old.ID || p.Phone != "" {
		t.Errorf("%+v", p)
	}
	if p, _ := r.Person(t.Context(), old.ID); p.Gone != Joined || p.Into != moved.ID || p.Also != "" {
		t.Errorf("%+v", p)
	}
}

func TestMergeRefuses(t *testing.T) {
	r := passing(t)
	a, b := add(t, r, "Vừ A Dính", "", "00700"), add(t, r, "Vừ A Dình", "", "00700")
	d := Details{Name: a.Name, Kind: a.Kind}
	_, err := r.Merge(t.Context(), a.ID, a.ID, d, "staff")
	wantProblem(t, "with itself", err, "other", "merge.same")
	_, err = r.Merge(t.Context(), a.ID, b.ID, Details{Kind: a.Kind}, "staff")
	wantProblem(t, "without a name", err, "name", "name.empty")
	if _, err = r.Merge(t.Context(), a.ID, b.ID, d, "staff"); err != nil {
		t.Fatal(err)
	}
	if _, err = r.Merge(t.Context(), a.ID, b.ID, d, "staff"); err != nil {
		t.Errorf("said twice: %v", err)
	}
	_, err = r.Merge(t.Context(), b.ID, a.ID, d, "staff")
	wantProblem(t, "in a circle", err, "", "person.gone")
	_, err = r.Strike(t.Context(), b.ID, "nhầm", "staff")
	wantProblem(t, "one with an entry joined to it", err, "", "person.joined")
}

func TestAChainOfMerges(t *testing.T) {
	r := passing(t)
	a, b, c := add(t, r, "Vừ A Dính", "", "00700"), add(t, r, "Vừ A Dinh", "", "00691"), add(t, r, "Vừ A Dình", "", "00694")
	d := Details{Name: "Vừ A Dính", Kind: a.Kind}
	for _, pair := range [][2]string{{a.ID, b.ID}, {b.ID, c.ID}} {
		if _, err := r.Merge(t.Context(), pair[0], pair[1], d, "staff"); err != nil {
			t.Fatal(err)
		}
	}
	p, err := r.Kept(t.Context(), a.ID)
	if err != nil || p.ID != c.ID || len(p.IDs()) != 3 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, _, err := r.Part(t.Context(), b.ID, "staff"); err != nil {
		t.Fatal(err)
	}
	if p, _ = r.Person(t.Context(), b.ID); p.Also != a.ID || p.Gone != "" {
		t.Errorf("%+v", p)
	}
	if p, _ = r.Person(t.Context(), c.ID); p.Also != "" {
		t.Errorf("%+v", p)
	}
}

func TestAnEntryMadeByMistakeIsStruckOutAndComesBack(t *testing.T) {
	r := passing(t)
	p := add(t, r, "Vừ A Dính", "0912000001", "00700")
	_, err := r.Strike(t.Context(), p.ID, " ", "staff")
	wantProblem(t, "without a reason", err, "reason", "reason-missing")
	for range 2 {
		struck, err := r.Strike(t.Context(), p.ID, "nhập nhầm", "staff")
		if err != nil || struck.Active || struck.Gone != Struck || struck.Province != "08" {
			t.Fatalf("%+v, %v", struck, err)
		}
	}
	if page, _ := r.People(t.Context(), Filter{Province: "08", Left: true}); len(page.People) != 0 {
		t.Errorf("listed %+v", page.People)
	}
	other := add(t, r, "Vừ A Dính", "0912000001", "00700") // the number is free
	_, err = r.Restore(t.Context(), p.ID, "staff")
	wantProblem(t, "the number is another's", err, "phone", "phone.taken")
	if _, err := r.Strike(t.Context(), other.ID, "nhầm", "staff"); err != nil {
		t.Fatal(err)
	}
	if back, err := r.Restore(t.Context(), p.ID, "staff"); err != nil || !same(back, p) {
		t.Errorf("back\n%+v, %v\nwant\n%+v", back, err, p)
	}
}

func TestWhatWasSaidBeforeIsKept(t *testing.T) {
	r := passing(t)
	p := add(t, r, "Vừ A Dính", "0912000001", "00700")
	for range 2 { // saying it again changes nothing
		if _, err := r.Correct(t.Context(), p.ID, Details{Name: "Vừ A Dình", Phone: "0912000002", Post: p.Post, Kind: p.Kind}, "staff"); err != nil {
			t.Fatal(err)
		}
	}
	details, err := r.Details(t.Context(), p.ID)
	if err != nil || len(details) != 2 || *details[0].Name != "Vừ A Dính" || *details[1].Phone != "0912000002" || details[1].Post != nil || details[1].By != "staff" {
		t.Errorf("%+v, %v", details, err)
	}
	// A person of an earlier release has no details: the first change says what was known before.
	if err := r.Store.Delete(t.Context(), DetailKind, details[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := r.Store.Delete(t.Context(), DetailKind, details[1].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Move(t.Context(), p.ID, Entry{Post: "Thủ thư", Library: "Thư viện phường", Commune: "00691", On: day("2026-02-01")}, "staff"); err != nil {
		t.Fatal(err)
	}
	details, err = r.Details(t.Context(), p.ID)
	if err != nil || len(details) != 2 || *details[0].Name != "Vừ A Dình" || *details[0].Post != p.Post || *details[1].Post != "Thủ thư" {
		t.Errorf("%+v, %v", details, err)
	}
	if got, _ := r.Person(t.Context(), p.ID); got.Name != "Vừ A Dình" || got.Post != "Thủ thư" {
		t.Errorf("%+v", got)
	}
}
