package roster

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"lopban/courses/store"
	"lopban/courses/store/sqlite"
)

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
	s, err := sqlite.Open(t.TempDir(), Kinds...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	o := &office{now: noon}
	o.Accounts = NewAccounts(s, func() time.Time { return o.now }, rand.Reader)
	return o
}

// worker puts somebody on the roster.
func (o *office) worker(t testing.TB, id, name, phone, commune, province string) Person {
	t.Helper()
	p := Person{ID: id, Name: name, Fold: Fold(name), Sort: SortKey(name), Phone: phone, Library: "Thư viện xã", Commune: commune, Province: province, Active: true}
	if err := o.Store.Insert(t.Context(), PersonKind, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// member makes an account that has a password.
func (o *office) member(t testing.TB, login, password, province string, roles ...Role) Account {
	t.Helper()
	_, slip, err := o.Create(t.Context(), Operator(), "", "Lò Thị Mai", roles, province)
	if err != nil {
		t.Fatal(err)
	}
	a, err := o.Use(t.Context(), slip.Code, password, login, true, here)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (o *office) read(t testing.TB, id string) Account {
	t.Helper()
	a, err := store.Get[Account](t.Context(), o.Store, AccountKind, id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// tryIn signs in and gives the code of the problem, "" when there is none.
func (o *office) tryIn(t testing.TB, login, password string) string {
	t.Helper()
	_, err := o.SignIn(t.Context(), login, password, here)
	return codeOf(t, err)
}

func codeOf(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var p *store.Problem
	if !errors.As(err, &p) {
		t.Fatalf("no problem: %v", err)
	}
	return p.Code
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
	a := o.member(t, "mai.08", good, "08", Staff)
	if _, err := o.AddLogin(t.Context(), a.ID, good, "0912 345 678"); err != nil {
		t.Fatal(err)
	}
	for _, login := range []string{"mai.08", "Mai.08", "0912345678", "+84 912 345 678"} {
		got, err := o.SignIn(t.Context(), login, good, here)
		if err != nil || got.ID != a.ID || !got.Has(Staff) || got.Province != "08" {
			t.Errorf("%s: %+v, %v", login, got, err)
		}
	}
}

func TestEveryRefusalIsTheSame(t *testing.T) {
	o := newOffice(t)
	o.member(t, "mai.08", good, "08", Staff)
	disabled := o.member(t, "het.viec", good, "08", Staff)
	if _, err := o.Disable(t.Context(), Operator(), disabled.ID); err != nil {
		t.Fatal(err)
	}
	locked := o.member(t, "bi.khoa", good, "08", Staff)
	for range lockAfter {
		o.tryIn(t, "bi.khoa", "sai mật khẩu")
	}
	if o.read(t, locked.ID).LockedUntil.IsZero() {
		t.Fatal("not locked")
	}
	reset := o.member(t, "quen.roi", good, "08", Staff)
	if _, err := o.Reset(t.Context(), Operator(), reset.ID); err != nil {
		t.Fatal(err)
	}
	var first string
	for name, try := range map[string][2]string{
		"wrong password": {"mai.08", "sai mật khẩu"}, "empty password": {"mai.08", ""}, "endless password": {"mai.08", string(make([]byte, 1<<20))}, "unknown": {"ai.do", good}, "no login": {"", good}, "no form": {"a b", good},
		"disabled": {"het.viec", good}, "locked": {"bi.khoa", good}, "reset": {"quen.roi", good}, "reset, empty": {"quen.roi", ""},
	} {
		_, err := o.SignIn(t.Context(), try[0], try[1], here)
		if err == nil {
			t.Errorf("%s: signed in", name)
			continue
		}
		if first == "" {
			first = err.Error()
		}
		if err.Error() != first || !errors.Is(err, store.ErrDenied) {
			t.Errorf("%s: %v, another: %v", name, err, first)
		}
	}
}

func TestAnUnknownLoginTakesAsLongAsAKnownOne(t *testing.T) {
	o := newOffice(t)
	known := o.member(t, "mai.08", good, "08", Staff)
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
	if d, err := store.Get[Account](t.Context(), o.Store, DecoyKind, decoy); err != nil || d.Failures != 9 || o.read(t, known.ID).Failures != 9 {
		t.Errorf("the decoy is not written as the account is: %+v, %v", d, err)
	}
}

func TestLockoutGrows(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "mai.08", good, "08", Staff)
	for range lockAfter - 1 {
		o.tryIn(t, "mai.08", "sai mật khẩu")
	}
	for _, wait := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour, time.Hour} {
		o.tryIn(t, "mai.08", "sai mật khẩu")
		if got := o.read(t, a.ID).LockedUntil.Sub(o.now); got != wait {
			t.Fatalf("locked for %v, want %v", got, wait)
		}
		o.now = o.now.Add(wait - time.Millisecond)
		if code := o.tryIn(t, "mai.08", good); code != "sign-in-wrong" {
			t.Fatalf("%v before the end of the lockout: %q", time.Millisecond, code)
		}
		o.tryIn(t, "mai.08", "sai mật khẩu")
		if got := o.read(t, a.ID).LockedUntil.Sub(o.now); got != time.Millisecond {
			t.Fatalf("a try while locked moved its end: %v", got)
		}
		o.now = o.now.Add(time.Millisecond)
	}
	if code := o.tryIn(t, "mai.08", good); code != "" {
		t.Fatalf("after the lockout: %q", code)
	}
	if a := o.read(t, a.ID); a.Failures != 0 || !a.LockedUntil.IsZero() {
		t.Errorf("not forgotten: %+v", a)
	}
}

func TestLockoutSurvivesARestart(t *testing.T) {
	o := newOffice(t)
	o.member(t, "mai.08", good, "08", Staff)
	for range lockAfter {
		o.tryIn(t, "mai.08", "sai mật khẩu")
	}
	o.Accounts = NewAccounts(o.Store, o.Now, rand.Reader)
	if code := o.tryIn(t, "mai.08", good); code != "sign-in-wrong" {
		t.Errorf("after the restart: %q", code)
	}
}

func TestParallelGuessesDoNotPassTheLockout(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "mai.08", good, "08", Staff)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { o.SignIn(context.Background(), "mai.08", "sai mật khẩu", here) })
	}
	wg.Wait()
	if got := o.read(t, a.ID); got.Failures < lockAfter || got.Failures > lockAfter+cap(o.desks) {
		t.Errorf("%d failures counted of 20, with %d desks", got.Failures, cap(o.desks))
	}
}

func TestOneAddressGuessingManyAccountsIsStopped(t *testing.T) {
	o := newOffice(t)
	for range addressBurst {
		try(t, &o.addresses, here, true, 0)
	}
	_, err := o.SignIn(t.Context(), "mai.08", good, here)
	wantCode(t, "sign in", err, "too-many")
	_, err = o.Look(t.Context(), "ABCDE-FGHJK", here)
	wantCode(t, "look", err, "too-many")
	_, err = o.Use(t.Context(), "ABCDE-FGHJK", good, "", true, here)
	wantCode(t, "use", err, "too-many")
	_, err = o.SignIn(t.Context(), "mai.08", good, "203.0.113.8")
	wantCode(t, "another address", err, "sign-in-wrong")
}

func TestSignInGivesUpWithItsContext(t *testing.T) {
	o := newOffice(t)
	for range cap(o.desks) {
		o.desks <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := o.SignIn(ctx, "mai.08", good, here)
	wantCode(t, "busy", err, "sign-in-busy")
	if !errors.Is(err, store.ErrUnavailable) {
		t.Error(err)
	}
}

func TestAnAccountIsMadeByAnAdministrator(t *testing.T) {
	o := newOffice(t)
	staff := o.member(t, "mai.08", good, "08", Staff)
	_, _, err := o.Create(t.Context(), staff, "", "Vàng A Páo", []Role{Trainer}, "08")
	wantCode(t, "by staff", err, "not-yours")
	for code, give := range map[string]struct {
		roles    []Role
		province string
	}{"roles-unknown": {[]Role{"root"}, ""}, "province-needed": {[]Role{Staff}, ""}} {
		_, _, err := o.Create(t.Context(), Operator(), "", "Vàng A Páo", give.roles, give.province)
		wantCode(t, "create", err, code)
	}
	_, _, err = o.Create(t.Context(), Operator(), "", "Vàng A Páo", nil, "")
	wantCode(t, "no role", err, "roles-unknown")
	_, _, err = o.Create(t.Context(), Operator(), "", "", []Role{Office}, "")
	wantCode(t, "no name", err, "name.empty")
	p := o.worker(t, "B000000001", "Vàng A Páo", "", "00700", "08")
	a, slip, err := o.Create(t.Context(), Operator(), p.ID, p.Name, []Role{Trainer, Learner, Trainer}, "08")
	if err != nil || a.ID != p.ID || !slices.Equal(a.Roles, []Role{Learner, Trainer}) || !a.Keeper || a.Hash != "" || slip.Library != "Thư viện xã" {
		t.Errorf("created %+v, %+v, %v", a, slip, err)
	}
	_, _, err = o.Create(t.Context(), Operator(), p.ID, p.Name, []Role{Trainer}, "08")
	wantCode(t, "twice", err, "account-exists")
	if _, _, err = o.Create(t.Context(), Operator(), "B000000009", p.Name, []Role{Trainer}, "08"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("not on the roster: %v", err)
	}
}

func TestRolesAndSessions(t *testing.T) {
	o := newOffice(t)
	o.member(t, "quan.tri", good, "", Admin)
	a := o.member(t, "mai.08", good, "08", Staff)
	changes := []struct {
		name   string
		change func() (Account, error)
		want   func(Account) bool
	}{
		{"roles", func() (Account, error) { return o.SetRoles(t.Context(), Operator(), a.ID, []Role{Learner}, "08") }, func(a Account) bool { return !a.Keeper && a.Province == "" && !a.Has(Staff) }},
		{"disable", func() (Account, error) { return o.Disable(t.Context(), Operator(), a.ID) }, func(a Account) bool { return a.Disabled }},
		{"enable", func() (Account, error) { return o.Enable(t.Context(), Operator(), a.ID) }, func(a Account) bool { return !a.Disabled }},
		{"end sessions", func() (Account, error) { return o.EndSessions(t.Context(), a.ID) }, func(a Account) bool { return true }},
		{"password", func() (Account, error) { return o.ChangePassword(t.Context(), a.ID, good, next) }, func(a Account) bool { return o.tryIn(t, "mai.08", next) == "" && o.tryIn(t, "mai.08", good) != "" }},
	}
	for _, c := range changes {
		before := o.read(t, a.ID).Session
		got, err := c.change()
		if err != nil || got.Session != before+1 || !c.want(got) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
	_, err := o.SetRoles(t.Context(), o.read(t, a.ID), a.ID, []Role{Admin}, "")
	wantCode(t, "a learner makes itself administrator", err, "not-yours")
}

func TestStaffManageLearnersOfTheirProvince(t *testing.T) {
	o := newOffice(t)
	staff := o.member(t, "mai.08", good, "08", Staff)
	own := o.worker(t, "B000000001", "Vàng A Páo", "0912345678", "00700", "08")
	other := o.worker(t, "B000000002", "Giàng A Sử", "0912345679", "02700", "15")
	keeper := o.worker(t, "B000000003", "Lý Thị Hoa", "0912345670", "00700", "08")
	for _, p := range []Person{own, other} {
		slip, err := o.Reset(t.Context(), Operator(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Use(t.Context(), slip.Code, good, "", true, here); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := o.Create(t.Context(), Operator(), keeper.ID, keeper.Name, []Role{Trainer}, "08"); err != nil {
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
	if _, err := o.Reset(t.Context(), Operator(), "B000000009"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "quan.tri", good, "", Admin)
	if _, _, err := o.Create(t.Context(), Operator(), "", "Chưa Có Mật Khẩu", []Role{Admin}, ""); err != nil {
		t.Fatal(err)
	}
	_, err := o.Disable(t.Context(), a, a.ID)
	wantCode(t, "disable", err, "last-admin")
	_, err = o.SetRoles(t.Context(), a, a.ID, []Role{Learner}, "")
	wantCode(t, "demote", err, "last-admin")
	b := o.member(t, "quan.tri2", good, "", Admin)
	if _, err = o.SetRoles(t.Context(), b, a.ID, []Role{Learner}, ""); err != nil {
		t.Error(err)
	}
}

func TestChangePasswordNeedsTheOldOne(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "mai.08", good, "08", Staff)
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
	wantProblem(t, "locked", err, "old", "sign-in-wrong")
	o.now = o.now.Add(time.Hour)
	if _, err = o.ChangePassword(t.Context(), a.ID, good, next); err != nil {
		t.Error(err)
	}
}

func TestALoginBelongsToOneAccount(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "mai.08", good, "08", Staff)
	b := o.member(t, "lan.08", good, "08", Staff)
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
		ids = append(ids, o.member(t, login, good, "08", Staff).ID)
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
			if a, err := o.SignIn(t.Context(), "chung", good, here); err != nil || a.ID != ids[i] {
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
	a := o.member(t, "mai.08", good, "08", Staff)
	b := o.member(t, "lan.08", good, "08", Staff)
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
