package accounts

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"lopban/courses/roster"
	"lopban/courses/store"
)

// An account is renamed and given another role and province, each with its day, and all of it can come back.
func TestWhatAnAccountMayDoHasAHistory(t *testing.T) {
	o := newOffice(t)
	chief := o.member(t, "quan.tri", good, "", roster.Admin)
	a := o.member(t, "mai.08", good, "08", roster.Staff)
	said := func() []string {
		all, err := o.Charges(t.Context(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, c := range all {
			lines = append(lines, fmt.Sprintf("%s %v %s by %s on %s", c.Name, c.Roles, c.Province, c.By, c.On.Format(time.DateOnly)))
		}
		return lines
	}
	first := "Lò Thị Mai [staff] 08 by operator on " + roster.Day(noon).Format(time.DateOnly)
	if got := said(); !slices.Equal(got, []string{first}) {
		t.Errorf("at first %q", got)
	}
	o.now = noon.AddDate(0, 1, 0)
	session := o.read(t, a.ID).Session
	was, is, err := o.Charge(t.Context(), chief, a.ID, "Lò Thị  Mai Anh", []roster.Role{roster.Staff}, "08")
	if err != nil || was.Name != "Lò Thị Mai" || is.Name != "Lò Thị Mai Anh" || is.Sort != roster.SortKey("Lò Thị Mai Anh") || is.Session != session {
		t.Errorf("a new name alone: %+v to %+v, %v", was, is, err)
	}
	if _, is, err = o.Charge(t.Context(), chief, a.ID, "", []roster.Role{roster.Trainer, roster.Staff}, "04"); err != nil || is.Province != "04" || !is.Has(roster.Trainer) || is.Session != session+1 || is.Name != "Lò Thị Mai Anh" {
		t.Errorf("other roles: %+v, %v", is, err)
	}
	if _, is, err = o.Charge(t.Context(), chief, a.ID, "Lò Thị Mai Anh", []roster.Role{roster.Trainer, roster.Staff}, "04"); err != nil || is.Session != session+1 || len(said()) != 3 {
		t.Errorf("the same again: %+v, %v, %q", is, err, said())
	}
	all, _ := o.Charges(t.Context(), a.ID)
	back := all[2]
	if _, is, err = o.Charge(t.Context(), chief, a.ID, back.Name, back.Roles, back.Province); err != nil || is.Name != "Lò Thị Mai" || is.Province != "08" || is.Has(roster.Trainer) {
		t.Errorf("back: %+v, %v", is, err)
	}
	if got := said(); len(got) != 4 || got[3] != first || got[0] != "Lò Thị Mai [staff] 08 by "+chief.ID+" on "+roster.Day(o.now).Format(time.DateOnly) {
		t.Errorf("said %q", got)
	}

	_, _, err = o.Charge(t.Context(), is, a.ID, "", []roster.Role{roster.Admin}, "")
	wantCode(t, "staff make themselves administrators", err, "not-yours")
	_, _, err = o.Charge(t.Context(), chief, a.ID, "", []roster.Role{roster.Staff}, "")
	wantCode(t, "staff of nowhere", err, "province-needed")
	_, _, err = o.Charge(t.Context(), chief, a.ID, "Mai 08", []roster.Role{roster.Staff}, "08")
	if codeOf(t, err) == "" {
		t.Error("a name with a number was taken")
	}
	_, _, err = o.Charge(t.Context(), chief, chief.ID, "", []roster.Role{roster.Office}, "")
	wantCode(t, "the last administrator", err, "last-admin")
	if len(said()) != 4 {
		t.Error("what was refused is in the history")
	}
}

// Accounts of earlier releases have no history; what they were before the first change is kept all the same. The name
// of somebody on the roster is the roster's.
func TestAnOldAccountAndOneOfTheRoster(t *testing.T) {
	o := newOffice(t)
	old := roster.Account{ID: "B000000007", Name: "Cán bộ", Roles: []roster.Role{roster.Staff}, Province: "08", Keeper: true, CreatedAt: noon.AddDate(-1, 0, 0)}
	if err := o.Store.Insert(t.Context(), roster.AccountKind, &old); err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.Charge(t.Context(), roster.Operator(), old.ID, "Lý Thị Hoa", old.Roles, old.Province); err != nil {
		t.Fatal(err)
	}
	if all, err := o.Charges(t.Context(), old.ID); err != nil || len(all) != 2 || all[1].Name != "Cán bộ" || !all[1].RecordedAt.Equal(old.CreatedAt) {
		t.Errorf("history %+v, %v", all, err)
	}
	p := o.worker(t, "B000000003", "Lý Thị Hoa", "0912345670", "00700", "08")
	if _, _, err := o.Create(t.Context(), roster.Operator(), p.ID, p.Name, []roster.Role{roster.Trainer}, "08"); err != nil {
		t.Fatal(err)
	}
	_, _, err := o.Charge(t.Context(), roster.Operator(), p.ID, "Lý Thị Huệ", []roster.Role{roster.Trainer}, "08")
	wantCode(t, "a name that is not the roster's", err, "account.rostered")
}

// A mobile number that changed on the roster becomes the login when somebody says so; for thirty days the old one is
// taken too.
func TestALoginFollowsTheNumber(t *testing.T) {
	o := newOffice(t)
	staff := o.member(t, "mai.08", good, "08", roster.Staff)
	p := o.worker(t, "B000000001", "Vàng A Páo", "0912345678", "00700", "08")
	slip, err := o.Reset(t.Context(), staff, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Use(t.Context(), slip.Code, good, "", true, here); err != nil {
		t.Fatal(err)
	}
	if _, err := o.AddLogin(t.Context(), p.ID, good, "pao.00700"); err != nil {
		t.Fatal(err)
	}
	says := func(number string) {
		t.Helper()
		if _, err := store.Update(t.Context(), o.Store, roster.PersonKind, p.ID, func(p *roster.Person) error { p.Phone = number; return nil }); err != nil {
			t.Fatal(err)
		}
		p.Phone = number
	}
	logins := func(want ...string) {
		t.Helper()
		for _, login := range []string{"0912345678", "0987654321", "pao.00700"} {
			code := map[bool]string{false: "sign-in-wrong"}[slices.Contains(want, login)]
			if got := o.tryIn(t, login, good); got != code {
				t.Errorf("on %s with %s: %q, want %q", o.now.Format(time.DateOnly), login, got, code)
			}
		}
	}
	if got := NewNumber(o.read(t, p.ID), p); got != "" {
		t.Errorf("%s is offered though nothing has changed", got)
	}
	says("0987654321")
	if got := NewNumber(o.read(t, p.ID), p); got != "0987654321" {
		t.Errorf("offered: %q", got)
	}
	logins("0912345678", "pao.00700")
	old, a, err := o.FollowNumber(t.Context(), staff, p.ID)
	if err != nil || !slices.Equal(old, []string{"0912345678"}) || NewNumber(a, p) != "" {
		t.Fatalf("old %q, %+v, %v", old, a, err)
	}
	if old, _, err = o.FollowNumber(t.Context(), staff, p.ID); err != nil || len(old) != 0 {
		t.Errorf("again: %q, %v", old, err)
	}
	logins("0912345678", "0987654321", "pao.00700")
	o.now = noon.Add(BothLogins - time.Second)
	logins("0912345678", "0987654321", "pao.00700")
	other := o.member(t, "lan.09", good, "", roster.Office)
	_, err = o.AddLogin(t.Context(), other.ID, good, "0912345678")
	wantCode(t, "another account wants the old number within the days", err, "login-taken")
	o.now = noon.Add(BothLogins)
	logins("0987654321", "pao.00700")
	if got := o.read(t, p.ID).LoginsAt(o.now); !slices.Equal(got, []string{"pao.00700", "0987654321"}) {
		t.Errorf("shown %q", got)
	}

	says("0912345678") // and it is changed back
	if old, _, err = o.FollowNumber(t.Context(), staff, p.ID); err != nil || !slices.Equal(old, []string{"0987654321"}) {
		t.Errorf("back: %q, %v", old, err)
	}
	logins("0912345678", "0987654321", "pao.00700")
	o.now = o.now.Add(BothLogins)
	logins("0912345678", "pao.00700")
	if _, err = o.AddLogin(t.Context(), other.ID, good, "0987654321"); err != nil {
		t.Errorf("nobody has the number, and another account may not take it: %v", err)
	}
	says("0987654321")
	_, _, err = o.FollowNumber(t.Context(), staff, p.ID)
	wantCode(t, "a number that another account has", err, "login-taken")
	if got := o.tryIn(t, "0912345678", good); got != "" {
		t.Errorf("after that the login is lost: %s", got)
	}
	elsewhere := o.member(t, "ca.04", good, "04", roster.Staff)
	_, _, err = o.FollowNumber(t.Context(), elsewhere, p.ID)
	wantCode(t, "staff of another province", err, "not-yours")
}
