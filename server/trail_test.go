package server

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
	"lopban/courses/roster/intake"
	"lopban/courses/school"
	"lopban/courses/store"
)

// told are the entries of the trail whose action begins so, in their order.
func (s *visited) told(prefix string) (all []programme.AuditEntry) {
	s.t.Helper()
	err := store.Each(s.t.Context(), s.Store, programme.AuditKind, store.Query{}.By("line"), func(e programme.AuditEntry) error {
		if strings.HasPrefix(e.Action, prefix) {
			all = append(all, e)
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// Whoever takes a file of people's data away is in the trail: who, what, whose and how many rows. A HEAD takes nothing.
func TestTheTrailSaysWhoExportedWhat(t *testing.T) {
	p := newProvince(t)
	for _, c := range []struct{ path, action string }{
		{"/roster/export.csv?province=08", "export.roster"}, {"/roster/export.xlsx?province=08", "export.roster"},
		{"/api/v1/reports/missing.csv?province=08", "export.missing"}, {"/api/v1/reports/completions.xlsx?province=08", "export.completions"},
		{"/api/v1/reports/board.json?province=08", "export.board"}, {"/missing/calls?province=08", "export.calls"},
		{"/admin/audit.csv?province=08", "export.trail"}, {"/api/v1/people?province=08", "export.people"},
	} {
		before := len(p.told("export."))
		p.staff.get(c.path).want(200)
		got := p.told("export.")[before:]
		if len(got) != 1 || got[0].Action != c.action || got[0].By == "" || got[0].Province != "08" || !strings.HasSuffix(got[0].Note, " dòng") || got[0].Subject == "" {
			t.Errorf("%s: %+v", c.path, got)
		}
	}
	before := len(p.told("export."))
	p.staff.get("/api/v1/people?province=08").want(200) // its next page, within the hour
	if n := len(p.told("export.")); n != before {
		t.Errorf("%d entries more for another page", n-before)
	}
	p.staff.get("/api/v1/reports/missing.csv?province=04").want(404)
	if n := len(p.told("export.")); n != before {
		t.Errorf("%d entries for what was refused", n-before)
	}
}

// What an issuer's words were before is in the trail, and each change by its name.
func TestTheTrailSaysWhatChangedOfAnIssuer(t *testing.T) {
	p := newProvince(t)
	was, err := p.School.Issuer(t.Context(), "08", "Tuyên Quang")
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"parent": {was.Parent}, "name": {was.Name}, "head": {was.Head}, "capacity": {was.Capacity}, "signer": {"Lò Văn Thử"}, "town": {"Hà Giang"}}
	p.adm.post("/admin/issuers/08", form).want(303)
	got := p.told("issuer.save")
	want := []intake.Change{{Field: "signer", Old: was.Signer, New: "Lò Văn Thử"}, {Field: "town", Old: was.Town, New: "Hà Giang"}}
	if len(got) != 1 || !slices.Equal(got[0].Changes, want) {
		t.Errorf("the trail says %+v, want %+v", got, want)
	}
	page := p.adm.get("/admin/audit?about=issuer").want(200)
	if !strings.Contains(page.Body, "Lò Văn Thử") {
		t.Error("the page of the trail does not show what it was")
	}
}

// The chain that all of this makes is whole.
func TestTheTrailOfASiteIsWhole(t *testing.T) {
	p := newProvince(t)
	p.staff.get("/roster/export.csv?province=08").want(200)
	p.staff.get("/api/v1/reports/missing.csv?province=08").want(200)
	head, err := p.CheckTrail(t.Context(), nil, func(f school.Flaw) { t.Error(fmt.Sprint(f)) })
	if err != nil || head.Line < 2 {
		t.Errorf("head %s, %v", head, err)
	}
}

// In a store that came from a backup staff are told to print new slips, and nobody in another.
func TestStaffAreToldAfterARestore(t *testing.T) {
	const says = "hãy in phiếu mới"
	if page := newProvince(t).staff.get("/roster").want(200); strings.Contains(page.Body, says) {
		t.Error("a store of its own is said to be restored")
	}
	s := newSite(t)
	if err := accounts.Restored(t.Context(), s.Store, s.Now(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	p := provinceOn(s)
	if page := p.staff.get("/roster").want(200); !strings.Contains(page.Body, says) {
		t.Error("staff are not told")
	}
	if page := p.anyone().get("/claim?code=01234-56789"); !strings.Contains(page.Body, "khôi phục") {
		t.Error("who types an old code is not told")
	}
}

// One person whose slip cannot be printed keeps nobody from theirs: the others are printed, their earlier code works
// on, and the trail names them.
func TestOneSlipThatCannotBePrinted(t *testing.T) {
	p := newProvince(t)
	if _, err := store.Update(t.Context(), p.Store, roster.PersonKind, p.dua.ID, func(d *roster.Person) error { d.Library = "Thư viện 書"; return nil }); err != nil {
		t.Fatal(err)
	}
	before, err := p.Accounts.Reset(t.Context(), roster.Operator(), p.dua.ID)
	if err != nil {
		t.Fatal(err)
	}
	file := p.staff.post("/roster/slips", url.Values{"province": {"08"}}).want(200)
	if !strings.HasPrefix(file.Body, "%PDF") {
		t.Errorf("no paper: %.60q", file.Body)
	}
	if _, err := p.Accounts.Look(t.Context(), before.Code, "192.0.2.7"); err != nil {
		t.Errorf("the code of who was left out: %v", err)
	}
	if got := p.told("roster.slips"); len(got) != 1 || !strings.Contains(got[0].Note, "không in được: Giàng A Dua") {
		t.Errorf("the trail says %+v", got)
	}
}
