package targets

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/school"
	"lopban/courses/store"
)

// ledger is all facts of a store, and the slow way from them to a figure: for each person and each question from the
// beginning, with nothing of the board's own.
type ledger struct {
	places       *roster.Places
	postings     map[string][]roster.Posting
	details      map[string][]roster.Detail
	certificates map[string][]courses.Certificate
	revocations  map[string]time.Time
	elsewhere    map[string][]courses.Ruling // on trainings done elsewhere, by person
}

func (r *region) ledger() ledger {
	facts := ledger{r.Places, map[string][]roster.Posting{}, map[string][]roster.Detail{}, map[string][]courses.Certificate{}, map[string]time.Time{},
		map[string][]courses.Ruling{}}
	r.check(store.Each(r.ctx, r.Store, roster.PostingKind, store.Query{}, func(p roster.Posting) error {
		facts.postings[p.Person] = append(facts.postings[p.Person], p)
		return nil
	}))
	r.check(store.Each(r.ctx, r.Store, roster.DetailKind, store.Query{}, func(d roster.Detail) error {
		facts.details[d.Person] = append(facts.details[d.Person], d)
		return nil
	}))
	r.check(store.Each(r.ctx, r.Store, school.CertificateKind, store.Query{}, func(c courses.Certificate) error {
		facts.certificates[c.Person] = append(facts.certificates[c.Person], c)
		return nil
	}))
	r.check(store.Each(r.ctx, r.Store, school.RevocationKind, store.Query{}, func(v courses.Revocation) error {
		facts.revocations[v.ID] = v.At
		return nil
	}))
	r.check(store.Each(r.ctx, r.Store, school.RulingKind, store.Query{}, func(v courses.Ruling) error {
		facts.elsewhere[v.Person] = append(facts.elsewhere[v.Person], v)
		return nil
	}))
	return facts
}

// kept is the entry that counts for an entry, by what was entered until an instant; "" where it was made by mistake.
func (f ledger) kept(entry string, known time.Time) string {
	into, struck := "", false
	said := slices.SortedFunc(slices.Values(f.details[entry]), func(a, b roster.Detail) int { return a.RecordedAt.Compare(b.RecordedAt) })
	for _, d := range said {
		switch {
		case d.RecordedAt.After(known):
		case d.Event == roster.Joins:
			into, struck = d.Other, false
		case d.Event == roster.Strikes:
			into, struck = "", true
		case d.Event == roster.Parts || d.Event == roster.Restores:
			into, struck = "", false
		}
	}
	switch {
	case struck:
		return ""
	case into != "":
		return f.kept(into, known)
	}
	return entry
}

// undone says whether a posting came from an import that was undone for its person.
func (f ledger) undone(p roster.Posting, known time.Time) bool {
	return p.Import != "" && slices.ContainsFunc(f.details[p.Person], func(d roster.Detail) bool {
		return d.Event == roster.Undoes && d.Import == p.Import && !d.RecordedAt.After(known)
	})
}

// at is where a person works at the end of a day, by what was entered until an instant of every entry of theirs; ""
// for nowhere.
func (f ledger) at(person string, day, known time.Time) (commune, library string) {
	var said []roster.Posting
	for entry, postings := range f.postings {
		for _, p := range postings {
			if f.kept(entry, known) == person && !p.On.After(day) && !p.RecordedAt.After(known) && !f.undone(p, known) {
				said = append(said, p)
			}
		}
	}
	slices.SortFunc(said, func(a, b roster.Posting) int {
		return cmp.Or(a.On.Compare(b.On), a.RecordedAt.Compare(b.RecordedAt), -cmp.Compare(a.Event, b.Event), cmp.Compare(a.ID, b.ID))
	})
	for _, p := range said {
		switch {
		case p.Event == roster.Starts:
			commune, library = p.Commune, p.Library
		case p.Commune == commune && p.Library == library:
			commune, library = "", ""
		}
	}
	return commune, library
}

// good are the strands in which somebody holds a certificate that is good at an instant, and those for which a training
// done elsewhere counts that was accepted by another, under whichever entry.
func (f ledger) good(person string, at, known time.Time) (own, elsewhere map[courses.Strand]bool) {
	own, elsewhere = map[courses.Strand]bool{}, map[courses.Strand]bool{}
	var held []courses.Certificate
	for entry, all := range f.certificates {
		if f.kept(entry, known) == person {
			held = append(held, all...)
		}
	}
	for _, c := range held {
		revoked, gone := f.revocations[c.ID]
		replaced := slices.ContainsFunc(held, func(d courses.Certificate) bool { return d.Replaces == c.ID && !d.IssuedAt.After(at) })
		if !c.IssuedAt.After(at) && c.ValidUntil.After(at) && !(gone && !revoked.After(at)) && !replaced {
			own[c.Strand] = true
		}
	}
	var rulings []courses.Ruling
	for entry, all := range f.elsewhere {
		if f.kept(entry, known) == person {
			rulings = append(rulings, all...)
		}
	}
	for _, v := range rulings {
		withdrawn, gone := f.revocations[v.ID]
		if v.Accepted && !v.At.After(known) && DayOf(v.On) <= DayOf(at) && !(gone && !withdrawn.After(at)) {
			elsewhere[v.Strand] = true
		}
	}
	return own, elsewhere
}

// trained says whether somebody is trained at an instant, and whether only because of training done elsewhere.
func (f ledger) trained(person string, at, known time.Time) (trained, leans bool) {
	own, elsewhere := f.good(person, at, known)
	trained = (own[svc] || elsewhere[svc]) && (own[prm] || elsewhere[prm])
	return trained, trained && !(own[svc] && own[prm])
}

// figures are the numbers of a scope, as one text: base, trained, communes and libraries with a list, and each
// commune's base and trained.
func (f ledger) figures(s Scope, day, known time.Time) string {
	base, trained, leaning, libraries, rows := 0, 0, 0, map[string]bool{}, map[string][2]int{}
	for person := range f.postings {
		commune, library := f.at(person, day, known)
		c, ok := f.places.Commune(commune)
		if !ok || c.Programme == "" || s.Province != "" && !c.In(s.By, s.Province) {
			continue
		}
		n := rows[commune]
		base++
		n[0]++
		is, leans := f.trained(person, DayOf(day).last(), known)
		if is {
			trained++
			n[1]++
		}
		if leans {
			leaning++
		}
		rows[commune] = n
		libraries[commune+library] = true
	}
	text := fmt.Sprintf("%d %d (%d), %d communes, %d libraries", base, trained, leaning, len(rows), len(libraries))
	if s.Province != "" {
		for _, commune := range slices.Sorted(maps.Keys(rows)) {
			text += fmt.Sprintf(" %s:%d/%d", commune, rows[commune][1], rows[commune][0])
		}
	}
	return text
}

func said(f Figures) string {
	text := fmt.Sprintf("%d %d (%d), %d communes, %d libraries", f.Base, f.Trained, f.Elsewhere, f.Coverage.Communes, f.Coverage.Libraries)
	if f.Province != "" {
		rows := slices.SortedFunc(slices.Values(f.Rows), func(a, b Row) int { return cmp.Compare(a.Code, b.Code) })
		for _, row := range rows {
			if row.Base > 0 {
				text += fmt.Sprintf(" %s:%d/%d", row.Code, row.Trained, row.Base)
			}
		}
	}
	return text
}

// Whatever happens in whatever order, also entered late: every figure is what the facts give the slow way, a closed
// period is what it was when it was closed, and with its adjustments what it would be now.
func TestFiguresOfRandomHistories(t *testing.T) {
	communes := []string{ngocDuong, phuLinh, communeOf(t, realPlaces(t), "14", "14"), communeOf(t, realPlaces(t), "08", "08")}
	scopes := []Scope{{By: roster.Present}, {By: roster.Present, Province: "08"}, {By: roster.Programme, Province: "02"}, {By: roster.Present, Province: "14"}}
	rapid.Check(t, func(rt *rapid.T) {
		r, closed := openRegion(t)
		defer closed()
		r.t = rt
		var people []string
		var earned []courses.Certificate
		var imports []string
		var accepted []string        // trainings done elsewhere
		filed := map[string]string{} // what a period was when it was closed, the slow way
		for range rapid.IntRange(5, 40).Draw(rt, "events") {
			r.clock = r.clock.Add(time.Duration(rapid.IntRange(1, 9*24*60).Draw(rt, "minutes")) * time.Minute)
			back := r.today().AddDate(0, 0, -rapid.IntRange(0, 60).Draw(rt, "days back"))
			commune := rapid.SampledFrom(communes).Draw(rt, "commune")
			what := rapid.SampledFrom([]string{"hire", "hire", "move", "leave", "train", "earn", "reissue", "revoke", "close",
				"import", "undo", "merge", "part", "strike", "restore", "transfer",
				"elsewhere", "elsewhere", "withdraw"}).Draw(rt, "what")
			switch {
			case what == "hire":
				people = append(people, r.backdates("Lò Văn Nam", commune, back))
			case what == "close":
				open, err := r.Open(r.ctx)
				r.check(err)
				if len(open) == 0 {
					continue
				}
				p := r.closes(open[0].ID)
				for _, s := range scopes {
					filed[p.ID+string(s.By)+s.Province] = r.ledger().figures(s, p.To.Time(), r.clock)
				}
			case what == "import":
				mover := ""
				if len(people) > 0 {
					mover = rapid.SampledFrom(people).Draw(rt, "who")
				}
				source, person := r.imports(commune, back, mover)
				imports, people = append(imports, source), append(people, person)
			case what == "undo":
				if len(imports) > 0 {
					r.undoes(rapid.SampledFrom(imports).Draw(rt, "which"))
				}
			case len(people) == 0:
			case slices.Contains([]string{"merge", "part", "strike", "restore"}, what):
				r.settles(what, rapid.SampledFrom(people).Draw(rt, "who"), rapid.SampledFrom(people).Draw(rt, "other"))
			case what == "transfer":
				r.transfers(rapid.SampledFrom(people).Draw(rt, "who"), commune, back, rapid.IntRange(0, 5).Draw(rt, "days between"))
			case what == "train":
				r.trains(rapid.SampledFrom(people).Draw(rt, "who"), rapid.IntRange(1, 90).Draw(rt, "days"))
			case what == "earn":
				strand := rapid.SampledFrom([]courses.Strand{svc, prm}).Draw(rt, "strand")
				earned = append(earned, r.earns(rapid.SampledFrom(people).Draw(rt, "who"), strand, rapid.IntRange(1, 90).Draw(rt, "days")))
			case what == "elsewhere":
				strand := rapid.SampledFrom([]courses.Strand{svc, prm}).Draw(rt, "strand")
				id, ok := r.entered(rapid.SampledFrom(people).Draw(rt, "who"), strand, back)
				if ok && rapid.IntRange(0, 3).Draw(rt, "ruling") > 0 {
					r.accepts(id)
					accepted = append(accepted, id)
				}
			case what == "withdraw":
				if len(accepted) == 0 {
					continue
				}
				r.withdraws(accepted[0])
				accepted = accepted[1:]
			case what == "reissue" || what == "revoke":
				if len(earned) == 0 {
					continue
				}
				i := rapid.IntRange(0, len(earned)-1).Draw(rt, "which")
				c := earned[i]
				earned = slices.Delete(earned, i, i+1)
				if what == "revoke" {
					r.revokes(c)
				} else {
					r.reissues(c)
				}
			default: // what the roster refuses, such as leaving before the start, changes nothing
				who := rapid.SampledFrom(people).Draw(rt, "who")
				if what == "move" {
					_, _ = r.roll.Move(r.ctx, who, roster.Entry{Library: rapid.SampledFrom([]string{"Thư viện", "Tủ sách"}).Draw(rt, "library"), Commune: commune, On: back}, "staff")
				} else {
					_, _ = r.roll.Leave(r.ctx, who, back, "staff")
				}
				r.refreshes(who)
			}
		}
		r.clock = r.clock.Add(24 * time.Hour)
		facts := r.ledger()
		days := int(r.clock.Sub(day(1)).Hours()/24) + 1
		for _, s := range scopes {
			// today is this moment, and the slow way looks at the end of the day
			if got, want := said(r.reads(s.By, s.Province, time.Time{})), facts.figures(s, r.today(), r.clock); got != want && !r.endsToday(facts) {
				rt.Fatalf("%+v now: %s, want %s", s, got, want)
			}
			asOf := day(rapid.IntRange(-20, days-1).Draw(rt, "as of"))
			if got, want := said(r.reads(s.By, s.Province, asOf)), facts.figures(s, DayOf(asOf).Time(), r.clock); got != want {
				rt.Fatalf("%+v on %s: %s, want %s", s, DayOf(asOf), got, want)
			}
			known := DayOf(asOf.AddDate(0, 0, rapid.IntRange(0, 40).Draw(rt, "known")))
			if known <= DayOf(r.clock) {
				if got, want := said(r.knows(s.By, s.Province, asOf, known)), facts.figures(s, DayOf(asOf).Time(), known.last()); got != want {
					rt.Fatalf("%+v on %s as known on %s: %s, want %s", s, DayOf(asOf), known, got, want)
				}
			}
			points, err := r.Trend(r.ctx, s, 4)
			r.check(err)
			for i, p := range points {
				if i < len(points)-1 && p.Day.Time().AddDate(0, 0, 1).Day() != 1 || i == len(points)-1 && (len(points) != 5 || p.Day != DayOf(r.clock)) {
					rt.Fatalf("point %d of %d is of %s", i, len(points), p.Day)
				}
				if p.Day == DayOf(r.clock) && r.endsToday(facts) {
					continue
				}
				if got, want := fmt.Sprintf("%d %d (", p.Base, p.Trained), facts.figures(s, p.Day.Time(), r.clock); !strings.HasPrefix(want, got) || p.Percent != Percent(p.Trained, p.Base) {
					rt.Fatalf("%+v, trend at %s: %s, want %s", s, p.Day, got, want)
				}
			}
			periods, err := r.Periods(r.ctx)
			r.check(err)
			for _, p := range periods {
				f, err := r.Frozen(r.ctx, p, s.By, s.Province)
				r.check(err)
				if got, want := said(f), filed[p.ID+string(s.By)+s.Province]; got != want {
					rt.Fatalf("%s of %+v is %s and was closed as %s", p.ID, s, got, want)
				}
				all, err := r.Adjustments(r.ctx, p, s)
				r.check(err)
				base, trained := Sum(all)
				now := r.reads(s.By, s.Province, p.To.Time())
				if f.Base+base != now.Base || f.Trained+trained != now.Trained {
					rt.Fatalf("%s of %+v: %d/%d adjusted by %d/%d is not %d/%d", p.ID, s, f.Trained, f.Base, trained, base, now.Trained, now.Base)
				}
			}
		}
	})
}

// endsToday says whether a certificate ends between now and the end of the day.
func (r *region) endsToday(f ledger) bool {
	for _, all := range f.certificates {
		for _, c := range all {
			if c.ValidUntil.After(r.clock) && !c.ValidUntil.After(DayOf(r.clock).last()) {
				return true
			}
		}
	}
	return false
}

// imports enters somebody, and moves somebody else if any, as a file says.
func (r *region) imports(commune string, on time.Time, mover string) (source, person string) {
	r.t.Helper()
	source, person = rand.Text(), roster.NewID(r.roll.Rand)
	c, _ := r.Places.Commune(commune)
	r.check(r.Store.Insert(r.ctx, roster.IntakeKind, &roster.Intake{ID: source, Province: c.Province, File: "danh-sach.xlsx", By: "staff", At: r.clock}))
	e := roster.Entry{Library: "Thư viện", Kind: roster.OtherLibraryKind, Commune: commune, On: DayOf(on).Time()}
	said := r.roll.First(roster.Person{ID: person, Name: "Sùng Thị Dí", Kind: roster.OtherLibraryKind}, source, "staff")
	r.check(r.Store.Insert(r.ctx, roster.DetailKind, &said))
	r.check(r.Store.Insert(r.ctx, roster.PersonKind, &roster.Person{ID: person}))
	for _, id := range []string{person, mover} {
		if id == "" {
			continue
		}
		if p, err := r.roll.Person(r.ctx, id); err != nil || p.Gone != "" { // who is nobody any more is in no list
			continue
		}
		posting := r.roll.NewPosting(id, roster.Starts, e, c, "staff").From(source)
		r.check(r.Store.Insert(r.ctx, roster.PostingKind, &posting))
		_, err := r.roll.Refresh(r.ctx, id)
		r.check(err)
		r.refreshes(id)
	}
	return source, person
}

func (r *region) undoes(source string) {
	r.t.Helper()
	plan, err := intake.PlanUndo(r.ctx, r.roll, source, nil)
	r.check(err)
	people, err := plan.Do(r.ctx, r.roll, "staff", nil)
	r.check(err)
	for _, id := range people {
		r.refreshes(id)
	}
}

// settles says that an entry is another one's, or nobody's, or takes that back. What the roster refuses changes
// nothing.
func (r *region) settles(what, who, other string) {
	r.t.Helper()
	p, err := r.roll.Person(r.ctx, who)
	r.check(err)
	switch what {
	case "merge":
		_, _ = r.roll.Merge(r.ctx, other, who, roster.Details{Name: p.Name, Kind: p.Kind}, "staff")
	case "part":
		_, kept, err := r.roll.Part(r.ctx, who, "staff")
		if err != nil {
			return
		}
		other = kept.ID
	case "strike":
		_, _ = r.roll.Strike(r.ctx, who, "nhập nhầm", "staff")
	case "restore":
		_, _ = r.roll.Restore(r.ctx, who, "staff")
	}
	for _, id := range []string{who, other} {
		r.refreshes(id)
	}
}

// transfers hands somebody over to the province of a commune from a day on, where they begin some days later. What
// the roster refuses changes nothing.
func (r *region) transfers(who, commune string, on time.Time, between int) {
	r.t.Helper()
	c, _ := r.Places.Commune(commune)
	t, err := r.roll.Offer(r.ctx, who, c.Province, on, "staff")
	if err != nil {
		return
	}
	post := roster.Entry{Library: "Thư viện", Commune: commune, On: on.AddDate(0, 0, between)}
	if _, err = r.roll.Accept(r.ctx, t.ID, post, "their staff"); err != nil {
		_, err = r.roll.Decline(r.ctx, t.ID, "chưa đến ngày", "their staff")
	}
	r.check(err)
	r.refreshes(who)
}
