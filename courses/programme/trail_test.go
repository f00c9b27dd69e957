package programme

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster/intake"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/store/mongodb"
	"lopban/courses/store/mongodb/mongotest"
	"lopban/courses/store/sqlite/sqlitetest"
	"lopban/courses/store/storetest"
)

var trailKinds = []*store.Kind{AuditKind, TrailHeadKind}

var noon = time.Date(2026, 11, 30, 5, 0, 0, 0, time.UTC)

func trailStore(t *testing.T) store.Store {
	t.Helper()
	st := sqlitetest.Open(t, trailKinds...)
	return st
}

// told is a trail of so many entries, in their order.
func told(t *testing.T, st store.Store, n int) []AuditEntry {
	t.Helper()
	for i := range n {
		e := AuditEntry{By: "P1", Action: "person.correct", Subject: fmt.Sprint("S", i), Province: "08", Note: "lý do", Changes: []intake.Change{{Field: intake.FieldName, Old: "Hứa Viết Bảo", New: "Lò Văn Thử"}}}
		if err := Tell(t.Context(), st, noon.Add(time.Duration(i)*time.Second), e); err != nil {
			t.Fatal(err)
		}
	}
	return lines(t, st)
}

func lines(t *testing.T, st store.Store) []AuditEntry {
	t.Helper()
	all, err := store.All[AuditEntry](t.Context(), st, AuditKind, store.Query{}.By("line"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// flaws are what is wrong in a trail, a line each.
func flaws(t *testing.T, st store.Store, known ...TrailHead) (all []string, head TrailHead) {
	t.Helper()
	head, err := (&Programme{Store: st}).CheckTrail(t.Context(), known, func(f school.Flaw) {
		all = append(all, fmt.Sprintf("%s %s %s", f.Kind, f.ID, f.What))
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, head
}

// What is digested is what docs/formats.md says, so that anybody can do it again.
func TestTheDigestOfAnEntry(t *testing.T) {
	st := trailStore(t)
	all := told(t, st, 2)
	e := all[1]
	text := ""
	for _, part := range []string{"lopban trail 1", "000000000002", all[0].Digest, e.ID, "2026-11-30T05:00:01.000Z", "P1", "person.correct", "S1", "08", "lý do", "name", "Hứa Viết Bảo", "Lò Văn Thử", e.Salt} {
		text += fmt.Sprintf("%d:%s\n", len(part), part)
	}
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte(text))); e.Digest != want {
		t.Errorf("digest %s, want %s", e.Digest, want)
	}
	if len(e.Salt) != 32 || e.Salt == all[0].Salt {
		t.Errorf("salted with %q, after %q", e.Salt, all[0].Salt)
	}
	if _, head := flaws(t, st); head.Line != 2 || head.Digest != e.Digest {
		t.Errorf("head %s", head)
	}
	if h, ok := ReadHead(TrailHead{Line: 2, Digest: e.Digest}.String()); !ok || h.Line != 2 || h.Digest != e.Digest {
		t.Errorf("read %+v, %v", h, ok)
	}
	for _, bad := range []string{"", "2", "2:", "0:" + e.Digest, "-1:" + e.Digest, "x:" + e.Digest, "2:" + e.Digest[1:]} {
		if _, ok := ReadHead(bad); ok {
			t.Errorf("%q was read", bad)
		}
	}
}

// Whatever is done to the trail behind the program's back is noticed, and named by entry or line; all of it, not the
// first alone.
func TestATrailThatWasTamperedWith(t *testing.T) {
	changed := func(i int, change func(*AuditEntry)) func(*testing.T, store.Store, []AuditEntry) {
		return func(t *testing.T, st store.Store, all []AuditEntry) {
			t.Helper()
			if _, err := storetest.Tamper(t.Context(), st, AuditKind, all[i].ID, func(e *AuditEntry) error { change(e); return nil }); err != nil {
				t.Fatal(err)
			}
		}
	}
	removed := func(which ...int) func(*testing.T, store.Store, []AuditEntry) {
		return func(t *testing.T, st store.Store, all []AuditEntry) {
			t.Helper()
			for _, i := range which {
				if err := st.Delete(t.Context(), AuditKind, all[i].ID); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		do   func(*testing.T, store.Store, []AuditEntry)
		want []string // with %0 to %9 for the ids
	}{
		"nothing":    {func(*testing.T, store.Store, []AuditEntry) {}, nil},
		"who":        {changed(3, func(e *AuditEntry) { e.By = "P2" }), []string{"audit %3 " + EntryChanged}},
		"did what":   {changed(3, func(e *AuditEntry) { e.Action = "person.add" }), []string{"audit %3 " + EntryChanged}},
		"to whom":    {changed(3, func(e *AuditEntry) { e.Subject = "S9" }), []string{"audit %3 " + EntryChanged}},
		"where":      {changed(3, func(e *AuditEntry) { e.Province = "04" }), []string{"audit %3 " + EntryChanged}},
		"when":       {changed(3, func(e *AuditEntry) { e.At = e.At.Add(time.Hour) }), []string{"audit %3 " + EntryChanged}},
		"why":        {changed(9, func(e *AuditEntry) { e.Note = "" }), []string{"audit %9 " + EntryChanged}},
		"from what":  {changed(0, func(e *AuditEntry) { e.Changes[0].Old = "Lò Văn Thử" }), []string{"audit %0 " + EntryChanged}},
		"no changes": {changed(3, func(e *AuditEntry) { e.Changes = nil }), []string{"audit %3 " + EntryChanged}},
		"two": {func(t *testing.T, st store.Store, all []AuditEntry) {
			changed(2, func(e *AuditEntry) { e.By = "P2" })(t, st, all)
			changed(7, func(e *AuditEntry) { e.By = "P2" })(t, st, all)
		}, []string{"audit %2 " + EntryChanged, "audit %7 " + EntryChanged}},
		"with a digest that fits": {changed(3, func(e *AuditEntry) { e.By = "P2"; e.Digest = e.sum() }), []string{"audit %4 " + EntryMisplaced}},
		"the last, fitting":       {changed(9, func(e *AuditEntry) { e.By = "P2"; e.Digest = e.sum() }), []string{"audit %9 " + HeadUnlike}},
		"one removed":             {removed(4), []string{"audit line 5 " + EntriesMissing}},
		"some removed":            {removed(4, 5, 7), []string{"audit lines 5 to 6 " + EntriesMissing, "audit line 8 " + EntriesMissing}},
		"the first removed":       {removed(0), []string{"audit line 1 " + EntriesMissing}},
		"the last removed":        {removed(9), []string{"audit line 10 " + EntriesCut}},
		"the last three removed":  {removed(7, 8, 9), []string{"audit lines 8 to 10 " + EntriesCut}},
		"all removed":             {removed(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), []string{"audit lines 1 to 10 " + EntriesCut}},
		"two changed places": {func(t *testing.T, st store.Store, all []AuditEntry) {
			changed(3, func(e *AuditEntry) { e.Line = line(99) })(t, st, all)
			changed(6, func(e *AuditEntry) { e.Line, e.Before = all[3].Line, all[3].Before })(t, st, all)
			changed(3, func(e *AuditEntry) { e.Line, e.Before = all[6].Line, all[6].Before })(t, st, all)
		}, []string{"audit %6 " + EntryChanged, "audit %4 " + EntryMisplaced, "audit %3 " + EntryChanged, "audit %7 " + EntryMisplaced}},
		"closed up": {func(t *testing.T, st store.Store, all []AuditEntry) {
			removed(9)(t, st, all)
			changed(8, func(e *AuditEntry) { e.Line = line(10); e.Digest = e.sum() })(t, st, all)
		}, []string{"audit line 9 " + EntriesMissing, "audit %8 " + HeadUnlike}},
		"taken for an old one": {changed(0, func(e *AuditEntry) { e.Line = unlined + e.ID }), []string{"audit line 1 " + EntriesMissing}},
	} {
		t.Run(name, func(t *testing.T) {
			st := trailStore(t)
			all := told(t, st, 10)
			c.do(t, st, all)
			got, _ := flaws(t, st)
			for i, e := range all {
				for j := range got {
					got[j] = strings.ReplaceAll(got[j], e.ID, fmt.Sprint("%", i))
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("said\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// A head that somebody kept elsewhere tells of a trail that was written anew as a whole, or cut with the head beside
// it.
func TestAHeadThatWasKeptElsewhere(t *testing.T) {
	st := trailStore(t)
	told(t, st, 3)
	_, kept := flaws(t, st)
	told(t, st, 2)
	if got, head := flaws(t, st, kept); got != nil || head.Line != 5 {
		t.Errorf("gone on: %q, %s", got, head)
	}
	anew := trailStore(t)
	told(t, anew, 5)
	third := lines(t, anew)[2].ID
	if got, _ := flaws(t, anew, kept); !slices.Equal(got, []string{"audit " + third + " " + HeadUnlike}) {
		t.Errorf("written anew: %q", got)
	}
	short := trailStore(t)
	told(t, short, 1)
	if got, _ := flaws(t, short, kept); !slices.Equal(got, []string{"audit lines 2 to 3 " + EntriesCut}) {
		t.Errorf("cut: %q", got)
	}
}

// The entries of earlier releases are what the chain begins with: how many they were, and what they said.
func TestTheTrailBeginsWithWhatWasThere(t *testing.T) {
	old := func(t *testing.T) store.Store {
		st := trailStore(t)
		for i := range 3 {
			e := AuditEntry{ID: fmt.Sprint("old", i), By: "P1", Action: "certificate.revoke", Subject: "C", Province: "08", At: noon}
			if err := AuditKind.Upgrade(&e, 1); err != nil {
				t.Fatal(err)
			}
			if err := st.Insert(t.Context(), AuditKind, &e); err != nil {
				t.Fatal(err)
			}
		}
		told(t, st, 2)
		return st
	}
	st := old(t)
	all := lines(t, st)
	if len(all) != 6 || all[3].Action != begun || all[3].Note != "3" || all[3].Line != line(1) || all[5].Line != line(3) {
		t.Errorf("trail %+v", all)
	}
	if got, head := flaws(t, st); got != nil || head.Line != 3 {
		t.Errorf("%q, %s", got, head)
	}
	if _, err := storetest.Tamper(t.Context(), st, AuditKind, "old1", func(e *AuditEntry) error { e.Subject = "D"; return nil }); err != nil {
		t.Fatal(err)
	}
	if got, _ := flaws(t, st); !slices.Equal(got, []string{"audit trail.begin " + OldChanged}) {
		t.Errorf("one changed: %q", got)
	}
	st = old(t)
	if err := st.Delete(t.Context(), AuditKind, "old2"); err != nil {
		t.Fatal(err)
	}
	if got, _ := flaws(t, st); !slices.Equal(got, []string{"audit trail.begin " + OldChanged}) {
		t.Errorf("one removed: %q", got)
	}
}

// An act that is told again, also by several at once, has one entry.
func TestOneEntryForAnActToldAgain(t *testing.T) {
	st := trailStore(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := Tell(t.Context(), st, noon, AuditEntry{ID: "lock-P1-12:00", By: "P1", Action: "account.lock", Subject: "P1"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if all := lines(t, st); len(all) != 1 {
		t.Errorf("%d entries", len(all))
	}
}

// Text that no engine would give back as it is does not break the chain.
func TestAnEntryOfStrangeText(t *testing.T) {
	st := trailStore(t)
	e := AuditEntry{By: "P1", Action: "person.correct", Subject: "S", Note: "a\xffb\x00\u2028<é>", Changes: []intake.Change{{Field: intake.FieldName, Old: "\xc3", New: ""}}}
	if err := Tell(t.Context(), st, noon.Add(123456789), e); err != nil {
		t.Fatal(err)
	}
	if got, _ := flaws(t, st); got != nil {
		t.Errorf("%q", got)
	}
}

// crowd tells entries from several processes at once, and the trail is one chain without a gap.
func crowd(t *testing.T, stores ...store.Store) {
	t.Helper()
	const each = 15
	var wg sync.WaitGroup
	for i, st := range stores {
		for n := range each {
			wg.Go(func() {
				if err := Tell(t.Context(), st, noon, AuditEntry{By: "P1", Action: "test", Subject: fmt.Sprint(i, ".", n)}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	got, head := flaws(t, stores[0])
	if got != nil || head.Line != each*len(stores) {
		t.Errorf("%q, head %s", got, head)
	}
}

func TestManyTellAtOnce(t *testing.T) {
	st := trailStore(t)
	crowd(t, st, st, st)
}

func TestTwoProcessesTellAtOnceOnOneDatabase(t *testing.T) {
	uri := mongotest.Start(t)
	var stores []store.Store
	for range 2 {
		st, err := mongodb.Open(t.Context(), uri, trailKinds...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		stores = append(stores, st)
	}
	crowd(t, stores...)
	all := lines(t, stores[1])
	if err := stores[0].Delete(t.Context(), AuditKind, all[len(all)-1].ID); err != nil {
		t.Fatal(err)
	}
	if got, _ := flaws(t, stores[1]); len(got) != 1 || !strings.Contains(got[0], EntriesCut) {
		t.Errorf("cut: %q", got)
	}
}

// While no line can be had the teller is put off, not kept for ever.
func TestNoLineToBeHad(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	st := taken{trailStore(t), cancel}
	if err := Tell(ctx, st, noon, AuditEntry{By: "P1", Action: "test"}); !errors.Is(err, problem.ErrUnavailable) {
		t.Errorf("told: %v", err)
	}
}

// taken is a store in which somebody else is first, and whose visitor goes away meanwhile.
type taken struct {
	store.Store
	leave func()
}

func (s taken) Insert(context.Context, *store.Kind, ...any) error {
	s.leave()
	return &store.TakenError{}
}
