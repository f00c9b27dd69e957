package server

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/store/sqlite"
	"lopban/courses/store/storetest"
)

// deed is something that takes several writes: what stands before it, who does it, and how.
type deed struct {
	before func(staff, far, adm *client, e earned, dua roster.Account)
	do     func(staff, far, adm *client, e earned, dua roster.Account) *reply
}

// deeds are the buttons of staff and administrators that write more than once, beside the forms of the roster.
func deeds() map[string]deed {
	type c = *client
	today := "2026-12-05"
	offered := func(staff, _, _ c, _ earned, dua roster.Account) {
		staff.post("/roster/"+dua.ID+"/transfer", url.Values{"to": {"04"}, "on": {"2026-12-03"}}).want(303)
	}
	step := func(who func(staff, far c) c, form url.Values) func(staff, far, _ c, _ earned, dua roster.Account) *reply {
		return func(staff, far, _ c, _ earned, dua roster.Account) *reply {
			return who(staff, far).post("/roster/transfers/"+dua.ID+"/1", form)
		}
	}
	old, other := func(staff, _ c) c { return staff }, func(_, far c) c { return far }
	button := func(path func(e earned, dua roster.Account) string, form url.Values) func(staff, _, adm c, e earned, dua roster.Account) *reply {
		return func(staff, _, adm c, e earned, dua roster.Account) *reply {
			if to := path(e, dua); len(to) > 6 && to[:7] == "/admin/" {
				return adm.post(to, form)
			} else {
				return staff.post(to, form)
			}
		}
	}
	of := func(action string) func(earned, roster.Account) string {
		return func(_ earned, dua roster.Account) string { return "/roster/" + dua.ID + action }
	}
	paper := func(action string) func(earned, roster.Account) string {
		return func(e earned, _ roster.Account) string { return e.at(action) }
	}
	account := func(action string) func(earned, roster.Account) string {
		return func(_ earned, dua roster.Account) string { return "/admin/" + dua.ID + action }
	}
	none := func(_, _, _ c, _ earned, _ roster.Account) {}
	merging := func(e earned) url.Values {
		return url.Values{"other": {e.mai.ID}, "name": {"Giàng A Dua"}, "post": {"Thủ thư"}, "kind": {roster.LibraryKinds[0]}}
	}
	return map[string]deed{
		"strike": {none, button(of("/strike"), url.Values{"reason": {"Nhập nhầm"}})},
		"restore": {func(staff, _, _ c, _ earned, dua roster.Account) {
			staff.post("/roster/"+dua.ID+"/strike", url.Values{"reason": {"Nhầm"}}).want(303)
		}, button(of("/restore"), nil)},
		"merge": {none, func(staff, _, _ c, e earned, dua roster.Account) *reply {
			return staff.post("/roster/"+dua.ID+"/merge", merging(e))
		}},
		"part": {func(staff, _, _ c, e earned, dua roster.Account) {
			staff.post("/roster/"+dua.ID+"/merge", merging(e)).want(303)
		},
			func(staff, _, _ c, e earned, _ roster.Account) *reply {
				return staff.post("/roster/"+e.mai.ID+"/part", nil)
			}},
		"offer":    {none, button(of("/transfer"), url.Values{"to": {"04"}, "on": {"2026-12-03"}})},
		"withdraw": {offered, step(old, url.Values{"province": {"08"}, "do": {"withdraw"}})},
		"decline":  {offered, step(other, url.Values{"province": {"04"}, "do": {"decline"}, "reason": {"Không có chỗ"}})},
		"accept":   {offered, step(other, url.Values{"province": {"04"}, "do": {"accept"}, "library": {"Thư viện xã"}, "commune": {elsehere}, "on": {today}})},
		"reissue":  {none, button(paper("/reissue"), url.Values{"reason": {"damaged"}})},
		"revoke":   {none, button(paper("/revoke"), url.Values{"reason": {"mistake"}})},
		"answer": {func(staff, _, _ c, e earned, _ roster.Account) {
			staff.post(e.at("/revoke"), url.Values{"reason": {"mistake"}}).want(303)
		},
			func(_, _, _ c, e earned, _ roster.Account) *reply {
				return e.chief.post(e.at("/answer"), url.Values{"do": {"agree"}})
			}},
		"close": {none, func(_, _, adm c, _ earned, _ roster.Account) *reply {
			return adm.post("/periods", url.Values{"period": {"2026-11"}, "name": {"Tháng 11"}})
		}},
		"retire": {none, func(_, _, adm c, _ earned, _ roster.Account) *reply {
			return adm.post("/author/K1/versions", url.Values{"do": {"retire"}, "note": {"Đã cũ"}})
		}},
		"contact": {none, func(_, _, adm c, _ earned, _ roster.Account) *reply {
			return adm.post("/admin/issuers/08/contact", url.Values{"name": {"Chị Sen"}, "phone": {"0206 3856 123"}})
		}},
		"sign out": {none, button(account("/sign-out"), nil)},
		"disable":  {none, button(account("/disable"), nil)},
		"enable":   {func(_, _, adm c, _ earned, dua roster.Account) { adm.post("/admin/"+dua.ID+"/disable", nil).want(303) }, button(account("/enable"), nil)},
		"reset":    {none, button(account("/reset"), nil)},
	}
}

// Cut off after whatever write and pressed again, each button ends as if nothing had happened: nothing is wrong in the
// store, and the trail tells what it tells of one that was not cut off.
func TestEveryButtonIsFinishedAfterAnyCut(t *testing.T) {
	first := t.TempDir()
	open := func(dir string) *sqlite.Store {
		st, err := sqlite.Open(dir, programme.Kinds()...)
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	st := open(first)
	e := newEarnedOn(t, newSiteOn(t, st))
	dua := e.person("Giàng A Dua", lungCu)
	staff, far, adm := e.staff, e.as(e.account("", "Bế Thị Nga", "04", roster.Staff)), e.as(e.account("", "Phạm Minh Sơn", "", roster.Admin))
	e.Background.Stop()
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(first, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	step := 3 // each cut is a store and a site of its own
	if os.Getenv("LOPBAN_LONG") != "" {
		step = 1
	}
	for name, d := range deeds() {
		// run does it, cut off after so many writes and done again, and gives what the trail then tells of it.
		run := func(writes int) (told []string, was bool) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, sqlite.FileName), data, 0o600); err != nil {
				t.Fatal(err)
			}
			st := open(dir)
			defer st.Close()
			cut := storetest.NewCut(st)
			s := newSiteOn(t, cut)
			defer s.Background.Stop()
			there := func(c *client) *client { other := *c; other.visited = s; return &other }
			e := e
			e.visited, e.learner, e.staff, e.chief = s, there(e.learner), there(e.staff), there(e.chief)
			staff, far, adm := there(staff), there(far), there(adm)
			d.before(staff, far, adm, e, dua)
			s.Background.Running.Wait()
			began := len(s.trail())
			cut.After(writes)
			r := d.do(staff, far, adm, e, dua)
			s.Background.Running.Wait()
			was = cut.Was()
			if cut.Mend(); was {
				again := d.do(staff, far, adm, e, dua)
				if r.Status == 503 && again.Status >= 400 && again.Status != 409 {
					t.Errorf("%s, cut after %d writes and pressed again: %d %s", name, writes, again.Status, again.text())
				}
				s.Background.Running.Wait()
			} else if r.Status >= 400 {
				t.Fatalf("%s: %d %s", name, r.Status, r.text())
			}
			if err := s.Settle(t.Context()); err != nil {
				t.Error(err)
			}
			s.Background.Running.Wait()
			for _, a := range s.trail()[began:] {
				if !slices.Contains(told, a.Action+" "+a.Province) {
					told = append(told, a.Action+" "+a.Province)
				}
			}
			if found := s.wrong(); len(found) > 0 {
				t.Errorf("%s, cut after %d writes: %q", name, writes, found)
			}
			slices.Sort(told)
			return told, was
		}
		whole, _ := run(1 << 20)
		if len(whole) == 0 {
			t.Errorf("%s: the trail tells nothing", name)
		}
		for n := 0; ; n += step {
			told, was := run(n)
			if !slices.Equal(told, whole) {
				t.Errorf("%s, cut after %d writes: the trail tells %q, want %q", name, n, told, whole)
			}
			if !was {
				break
			}
		}
	}
}

// trail is the audit trail as it was told.
func (s *visited) trail() []programme.AuditEntry {
	s.t.Helper()
	all, err := store.All[programme.AuditEntry](s.t.Context(), s.Store, programme.AuditKind, store.Query{}.By("line"))
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// wrong is what doctor would name.
func (s *visited) wrong() (all []string) {
	s.t.Helper()
	ctx := s.t.Context()
	add := func(f school.Flaw) { all = append(all, fmt.Sprint(f)) }
	named := func(what string) func(string) { return func(id string) { all = append(all, what+" "+id) } }
	for _, look := range []func() error{
		func() error { _, err := s.School.Check(ctx, add, func(int, int) {}); return err },
		func() error { _, err := s.CheckTrail(ctx, nil, add); return err },
		func() error { _, err := s.Roll.Check(ctx, named("person")); return err },
		func() error { _, err := s.Roll.CheckTransfers(ctx, named("transfer")); return err },
		func() error {
			r, err := s.Board.Check(ctx, nil)
			for _, id := range r.Differences {
				all = append(all, "standing "+id)
			}
			return err
		},
	} {
		if err := look(); err != nil {
			s.t.Error(err)
		}
	}
	return all
}
