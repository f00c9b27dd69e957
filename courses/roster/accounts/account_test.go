package accounts

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/store/sqlite/sqlitetest"
	"lopban/courses/store/storetest"
)

var noon = time.Date(2026, 3, 10, 5, 0, 0, 0, time.UTC) // in Vietnam

const (
	good = "bánh chưng xanh"
	next = "cơm lam nếp nương"
	here = "203.0.113.7"
)

// office is Accounts on a real store, with a clock that the test turns.
type office struct {
	*Accounts
	now time.Time
}

func newOffice(t testing.TB) *office {
	t.Helper()
	s := sqlitetest.Open(t, append(slices.Clone(Kinds), KeyKind)...)
	o := &office{now: noon}
	o.Accounts = NewAccounts(s, func() time.Time { return o.now }, rand.Reader)
	o.Cost = cheap
	return o
}

// cheap is for tests that do not judge what a password costs.
var cheap = Cost{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// worker puts somebody on the roster.
func (o *office) worker(t testing.TB, id, name, phone, commune, province string) roster.Person {
	t.Helper()
	p := roster.Person{ID: id, Name: name, Fold: roster.Fold(name), Sort: roster.SortKey(name), Phone: phone, Library: "Thư viện xã", Commune: commune, Province: province, Active: true}
	if err := o.Store.Insert(t.Context(), roster.PersonKind, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// member makes an account that has a password.
func (o *office) member(t testing.TB, login, password, province string, roles ...roster.Role) roster.Account {
	t.Helper()
	_, slip, err := o.Create(t.Context(), roster.Operator(), "", "Lò Thị Mai", roles, province)
	if err != nil {
		t.Fatal(err)
	}
	a, err := o.Use(t.Context(), slip.Code, password, login, true, here)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (o *office) read(t testing.TB, id string) roster.Account {
	t.Helper()
	a, err := store.Get[roster.Account](t.Context(), o.Store, roster.AccountKind, id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// tryIn signs in and gives the code of the problem, "" when there is none.
func (o *office) tryIn(t testing.TB, login, password string) string {
	t.Helper()
	_, err := o.SignIn(t.Context(), Try{Login: login, Password: password, Address: here})
	return codeOf(t, err)
}

func codeOf(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var p *problem.Problem
	if !errors.As(err, &p) {
		t.Fatalf("no problem: %v", err)
	}
	return p.Code
}

// counted is the tally of a login.
func (o *office) counted(t testing.TB, login string) Tally {
	t.Helper()
	id, err := o.mark(t.Context(), "login", login)
	if err != nil {
		t.Fatal(err)
	}
	tally, err := o.tally(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return tally
}

func wantCode(t testing.TB, what string, err error, code string) {
	t.Helper()
	if got := codeOf(t, err); got != code {
		t.Errorf("%s: %q, want %q", what, got, code)
	}
}

func TestNormaliseLogin(t *testing.T) {
	for typed, want := range map[string]string{
		"0912 345 678": "0912345678", "+84912345678": "0912345678", "Thư.Viện": "thu.vien", " MAI_08 ": "mai_08", "đặng-hòa": "dang-hoa",
		"": "", "ab": "", "1mai": "", "mai lan": "", "mai@vn": "", "?": "", "mаi": "", // the last with a Cyrillic а
		"a234567890123456789012345678901x": "a234567890123456789012345678901x", "a234567890123456789012345678901xy": "",
	} {
		got, err := NormaliseLogin(typed)
		if got != want {
			t.Errorf("NormaliseLogin(%q) = %q, want %q", typed, got, want)
		}
		if want == "" {
			wantProblem(t, typed, err, "login", "login-form")
		}
	}
}

func TestSignInByPhoneNumberAndUserName(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "mai.08", good, "08", roster.Staff)
	if _, err := o.AddLogin(t.Context(), a.ID, good, "0912 345 678"); err != nil {
		t.Fatal(err)
	}
	for _, login := range []string{"mai.08", "Mai.08", "0912345678", "+84 912 345 678"} {
		got, err := o.SignIn(t.Context(), Try{Login: login, Password: good, Address: here})
		if err != nil || got.ID != a.ID || !got.Has(roster.Staff) || got.Province != "08" {
			t.Errorf("%s: %+v, %v", login, got, err)
		}
	}
}

func TestEveryRefusalIsTheSame(t *testing.T) {
	o := newOffice(t)
	o.member(t, "mai.08", good, "08", roster.Staff)
	disabled := o.member(t, "het.viec", good, "08", roster.Staff)
	if _, err := o.Disable(t.Context(), roster.Operator(), disabled.ID); err != nil {
		t.Fatal(err)
	}
	reset := o.member(t, "quen.roi", good, "08", roster.Staff)
	if _, err := o.Reset(t.Context(), roster.Operator(), reset.ID); err != nil {
		t.Fatal(err)
	}
	var first string
	for name, try := range map[string][2]string{
		"wrong password": {"mai.08", "sai mật khẩu"}, "empty password": {"mai.08", ""}, "endless password": {"mai.08", string(make([]byte, 1<<20))}, "unknown": {"ai.do", good}, "no login": {"", good}, "no form": {"a b", good},
		"disabled": {"het.viec", good}, "reset": {"quen.roi", good}, "reset, empty": {"quen.roi", ""},
	} {
		_, err := o.SignIn(t.Context(), Try{Login: try[0], Password: try[1], Address: here})
		if err == nil {
			t.Errorf("%s: signed in", name)
			continue
		}
		if first == "" {
			first = err.Error()
		}
		if err.Error() != first || !errors.Is(err, problem.ErrDenied) {
			t.Errorf("%s: %v, another: %v", name, err, first)
		}
	}
}

func TestAnUnknownLoginTakesAsLongAsAKnownOne(t *testing.T) {
	o := newOffice(t)
	o.Cost = UsualCost // it is what takes the time
	o.member(t, "mai.08", good, "08", roster.Staff)
	took := map[string][]time.Duration{}
	for range 9 {
		for _, login := range []string{"mai.08", "ai.do"} { // by turns, so that a busy machine is busy for both
			began := time.Now()
			if code := o.tryIn(t, login, "sai mật khẩu"); code != "sign-in-wrong" {
				t.Fatal(code)
			}
			took[login] = append(took[login], time.Since(began))
		}
		o.now = o.now.Add(2 * time.Hour)
	}
	for login := range took {
		slices.Sort(took[login])
	}
	a, b := took["mai.08"][4], took["ai.do"][4]
	if ratio := float64(b) / float64(a); ratio < 0.5 || ratio > 2 {
		t.Errorf("known %v, unknown %v", a, b)
	}
	if known, unknown := o.counted(t, "mai.08"), o.counted(t, "ai.do"); known.Failures != 9 || unknown.Failures != 9 {
		t.Errorf("not counted alike: %+v, %+v", known, unknown)
	}
}

func TestAnAccountIsMadeByAnAdministrator(t *testing.T) {
	o := newOffice(t)
	staff := o.member(t, "mai.08", good, "08", roster.Staff)
	_, _, err := o.Create(t.Context(), staff, "", "Vàng A Páo", []roster.Role{roster.Trainer}, "08")
	wantCode(t, "by staff", err, "not-yours")
	for code, give := range map[string]struct {
		roles    []roster.Role
		province string
	}{"roles-unknown": {[]roster.Role{"root"}, ""}, "province-needed": {[]roster.Role{roster.Staff}, ""}} {
		_, _, err := o.Create(t.Context(), roster.Operator(), "", "Vàng A Páo", give.roles, give.province)
		wantCode(t, "create", err, code)
	}
	_, _, err = o.Create(t.Context(), roster.Operator(), "", "Vàng A Páo", nil, "")
	wantCode(t, "no role", err, "roles-unknown")
	_, _, err = o.Create(t.Context(), roster.Operator(), "", "", []roster.Role{roster.Office}, "")
	wantCode(t, "no name", err, "name.empty")
	p := o.worker(t, "B000000001", "Vàng A Páo", "", "00700", "08")
	a, slip, err := o.Create(t.Context(), roster.Operator(), p.ID, p.Name, []roster.Role{roster.Trainer, roster.Learner, roster.Trainer}, "08")
	if err != nil || a.ID != p.ID || !slices.Equal(a.Roles, []roster.Role{roster.Learner, roster.Trainer}) || !a.Keeper || a.Hash != "" || slip.Library != "Thư viện xã" {
		t.Errorf("created %+v, %+v, %v", a, slip, err)
	}
	_, _, err = o.Create(t.Context(), roster.Operator(), p.ID, p.Name, []roster.Role{roster.Trainer}, "08")
	wantCode(t, "twice", err, "account-exists")
	if _, _, err = o.Create(t.Context(), roster.Operator(), "B000000009", p.Name, []roster.Role{roster.Trainer}, "08"); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("not on the roster: %v", err)
	}
}

func TestRolesAndSessions(t *testing.T) {
	o := newOffice(t)
	o.member(t, "quan.tri", good, "", roster.Admin)
	a := o.member(t, "mai.08", good, "08", roster.Staff)
	changes := []struct {
		name   string
		change func() (roster.Account, error)
		want   func(roster.Account) bool
	}{
		{"roles", func() (roster.Account, error) {
			return o.SetRoles(t.Context(), roster.Operator(), a.ID, []roster.Role{roster.Learner}, "08")
		}, func(a roster.Account) bool { return !a.Keeper && a.Province == "" && !a.Has(roster.Staff) }},
		{"disable", func() (roster.Account, error) { return o.Disable(t.Context(), roster.Operator(), a.ID) }, func(a roster.Account) bool { return a.Disabled }},
		{"enable", func() (roster.Account, error) { return o.Enable(t.Context(), roster.Operator(), a.ID) }, func(a roster.Account) bool { return !a.Disabled }},
		{"end sessions", func() (roster.Account, error) { return o.EndSessions(t.Context(), a.ID) }, func(a roster.Account) bool { return true }},
		{"password", func() (roster.Account, error) { return o.ChangePassword(t.Context(), a.ID, good, next) }, func(a roster.Account) bool {
			return o.tryIn(t, "mai.08", next) == "" && o.tryIn(t, "mai.08", good) != ""
		}},
	}
	for _, c := range changes {
		before := o.read(t, a.ID).Session
		got, err := c.change()
		if err != nil || got.Session != before+1 || !c.want(got) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
	_, err := o.SetRoles(t.Context(), o.read(t, a.ID), a.ID, []roster.Role{roster.Admin}, "")
	wantCode(t, "a learner makes itself administrator", err, "not-yours")
}

func TestStaffManageLearnersOfTheirProvince(t *testing.T) {
	o := newOffice(t)
	staff := o.member(t, "mai.08", good, "08", roster.Staff)
	own := o.worker(t, "B000000001", "Vàng A Páo", "0912345678", "00700", "08")
	other := o.worker(t, "B000000002", "Giàng A Sử", "0912345679", "02700", "15")
	keeper := o.worker(t, "B000000003", "Lý Thị Hoa", "0912345670", "00700", "08")
	for _, p := range []roster.Person{own, other} {
		slip, err := o.Reset(t.Context(), roster.Operator(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Use(t.Context(), slip.Code, good, "", true, here); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := o.Create(t.Context(), roster.Operator(), keeper.ID, keeper.Name, []roster.Role{roster.Trainer}, "08"); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{own.ID: "", other.ID: "not-yours", keeper.ID: "not-yours", staff.ID: "not-yours"} {
		_, disable := o.Disable(t.Context(), staff, id)
		_, enable := o.Enable(t.Context(), staff, id)
		_, reset := o.Reset(t.Context(), staff, id)
		for _, err := range []error{disable, enable, reset} {
			wantCode(t, id, err, want)
		}
	}
	unclaimed := o.worker(t, "B000000004", "Tẩn Mẩy", "", "02700", "15")
	_, err := o.Reset(t.Context(), staff, unclaimed.ID)
	wantCode(t, "a first code of another province", err, "not-yours")
	if _, err := o.Reset(t.Context(), roster.Operator(), "B000000009"); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "quan.tri", good, "", roster.Admin)
	if _, _, err := o.Create(t.Context(), roster.Operator(), "", "Chưa Có Mật Khẩu", []roster.Role{roster.Admin}, ""); err != nil {
		t.Fatal(err)
	}
	_, err := o.Disable(t.Context(), a, a.ID)
	wantCode(t, "disable", err, "last-admin")
	_, err = o.SetRoles(t.Context(), a, a.ID, []roster.Role{roster.Learner}, "")
	wantCode(t, "demote", err, "last-admin")
	b := o.member(t, "quan.tri2", good, "", roster.Admin)
	if _, err = o.SetRoles(t.Context(), b, a.ID, []roster.Role{roster.Learner}, ""); err != nil {
		t.Error(err)
	}
}

func TestChangePasswordNeedsTheOldOne(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "mai.08", good, "08", roster.Staff)
	_, err := o.ChangePassword(t.Context(), a.ID, "sai mật khẩu", next)
	wantProblem(t, "wrong", err, "old", "sign-in-wrong")
	_, err = o.ChangePassword(t.Context(), a.ID, good, "matkhau123")
	wantProblem(t, "common", err, "password", "password-common")
	_, err = o.ChangePassword(t.Context(), a.ID, good, "mai.08")
	wantProblem(t, "short", err, "password", "password-short")
	for range lockAfter {
		o.ChangePassword(t.Context(), a.ID, "sai mật khẩu", next)
	}
	_, err = o.ChangePassword(t.Context(), a.ID, good, next)
	wantProblem(t, "locked", err, "old", "sign-in-wait")
	o.now = o.now.Add(time.Hour)
	if _, err = o.ChangePassword(t.Context(), a.ID, good, next); err != nil {
		t.Error(err)
	}
}

func TestALoginBelongsToOneAccount(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "mai.08", good, "08", roster.Staff)
	b := o.member(t, "lan.08", good, "08", roster.Staff)
	_, err := o.AddLogin(t.Context(), b.ID, good, "Mai.08")
	wantProblem(t, "held", err, "login", "login-taken")
	_, err = o.AddLogin(t.Context(), b.ID, "sai mật khẩu", "lan.09")
	wantProblem(t, "wrong password", err, "old", "sign-in-wrong")
	_, err = o.DropLogin(t.Context(), a.ID, good, "mai.08")
	wantProblem(t, "last", err, "login", "login-last")
	if _, err = o.AddLogin(t.Context(), a.ID, good, "0912345678"); err != nil {
		t.Fatal(err)
	}
	if _, err = o.DropLogin(t.Context(), a.ID, good, "mai.08"); err != nil {
		t.Fatal(err)
	}
	if o.tryIn(t, "mai.08", good) == "" || o.tryIn(t, "0912345678", good) != "" {
		t.Error("the logins after the change")
	}
	if _, err = o.AddLogin(t.Context(), b.ID, good, "mai.08"); err != nil {
		t.Errorf("a login that was dropped: %v", err)
	}
	for _, login := range []string{"lan.10", "lan.11"} {
		if _, err = o.AddLogin(t.Context(), b.ID, good, login); err != nil {
			t.Fatal(err)
		}
	}
	_, err = o.AddLogin(t.Context(), b.ID, good, "lan.12")
	wantProblem(t, "a fifth", err, "login", "login-many")
}

func TestParallelTakersOfALoginHaveOneWinner(t *testing.T) {
	o := newOffice(t)
	var ids []string
	for _, login := range []string{"a-01", "a-02", "a-03", "a-04"} {
		ids = append(ids, o.member(t, login, good, "08", roster.Staff).ID)
	}
	var wg sync.WaitGroup
	errs := make([]error, len(ids))
	for i, id := range ids {
		wg.Go(func() { _, errs[i] = o.AddLogin(context.Background(), id, good, "chung") })
	}
	wg.Wait()
	won := 0
	for i, err := range errs {
		if err == nil {
			won++
			if a, err := o.SignIn(t.Context(), Try{"chung", good, here, nil}); err != nil || a.ID != ids[i] {
				t.Errorf("the winner cannot sign in: %v", err)
			}
		} else {
			wantCode(t, "loser", err, "login-taken")
		}
	}
	if won != 1 {
		t.Errorf("%d winners", won)
	}
}

func TestALoginLeftByACrashBlocksNobody(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "mai.08", good, "08", roster.Staff)
	b := o.member(t, "lan.08", good, "08", roster.Staff)
	if err := o.take(t.Context(), "0912345678", a.ID); err != nil { // and here the program ended
		t.Fatal(err)
	}
	if o.tryIn(t, "0912345678", good) == "" {
		t.Error("a login that no account lists signs in")
	}
	_, err := o.AddLogin(t.Context(), b.ID, good, "0912345678")
	wantCode(t, "another account, at once", err, "login-taken")
	if _, err = o.AddLogin(t.Context(), a.ID, good, "0912345678"); err != nil {
		t.Errorf("the same account, at once: %v", err)
	}
	if err := o.take(t.Context(), "0987654321", a.ID); err != nil {
		t.Fatal(err)
	}
	o.now = o.now.Add(abandoned)
	if _, err = o.AddLogin(t.Context(), b.ID, good, "0987654321"); err != nil {
		t.Errorf("another account, after an hour: %v", err)
	}
	_, err = o.AddLogin(t.Context(), b.ID, good, "0912345678")
	wantCode(t, "a login that is listed, after an hour", err, "login-taken")
}

func wantProblem(t *testing.T, what string, err error, field, code string) {
	t.Helper()
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != code || p.Field != field {
		t.Errorf("%s: error %v, want %s of %s", what, err, code, field)
	}
}

// An account whose code was not made, because the program ended between the two writes, gets one when it is asked for
// again; one that has its code is there already.
func TestAnAccountIsMadeAfterAnyCut(t *testing.T) {
	for writes := 0; ; writes++ {
		o := newOffice(t)
		o.worker(t, "B000000001", "Vàng A Páo", "0912345678", "00700", "08")
		cut := storetest.NewCut(o.Store)
		o.Store = cut
		create := func() (Slip, error) {
			_, slip, err := o.Create(t.Context(), roster.Operator(), "B000000001", "Vàng A Páo", []roster.Role{roster.Trainer}, "08")
			return slip, err
		}
		cut.After(writes)
		slip, _ := create()
		done := !cut.Was()
		cut.Mend()
		if !done {
			var err error
			if slip, err = create(); err != nil {
				t.Fatalf("after %d writes and a cut: %v", writes, err)
			}
		}
		if _, err := create(); done != (err == nil) && !errors.Is(err, problem.ErrExists) {
			t.Errorf("made a second time: %v", err)
		}
		var err error
		for try := 0; ; try++ { // and so is opening it
			cut.After(try)
			_, err = o.Use(t.Context(), slip.Code, good, "vang.pao", true, here)
			if !cut.Was() {
				break
			}
			cut.Mend()
			if o.tryIn(t, "vang.pao", good) == "" {
				break // only the mark on the code was missing
			}
		}
		cut.Mend()
		if got := o.tryIn(t, "vang.pao", good); got != "" {
			t.Fatalf("after %d writes and a cut nobody can sign in: %s, %v", writes, got, err)
		}
		if done {
			break
		}
	}
}
