package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// slip makes a code for somebody on the roster.
func (o *office) slip(t testing.TB, id string) Slip {
	t.Helper()
	s, err := o.Reset(t.Context(), roster.Operator(), id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestACodeOpensAnAccountOnce(t *testing.T) {
	o := newOffice(t)
	p := o.worker(t, "B000000001", "Vàng A Páo", "0912345678", "00700", "08")
	slip := o.slip(t, p.ID)
	for range 3 {
		h, err := o.Look(t.Context(), slip.Code, here)
		if want := (Holder{Account: p.ID, Name: p.Name, Library: p.Library, Commune: p.Commune, Login: p.Phone}); h != want || err != nil {
			t.Fatalf("look: %+v, %v", h, err)
		}
	}
	a, err := o.Use(t.Context(), slip.Code, good, "", true, here)
	if err != nil || a.ID != p.ID || a.Name != p.Name || !a.Has(roster.Learner) || a.Keeper || !a.ConsentedAt.Equal(noon) || !a.CreatedAt.Equal(noon) {
		t.Fatalf("used: %+v, %v", a, err)
	}
	if code := o.tryIn(t, "0912 345 678", good); code != "" {
		t.Errorf("sign in: %q", code)
	}
	_, err = o.Use(t.Context(), slip.Code, next, "ke.trom", true, here)
	wantProblem(t, "again", err, "code", "claim-used")
	_, err = o.Look(t.Context(), slip.Code, here)
	wantProblem(t, "look again", err, "code", "claim-used")
	if code := o.tryIn(t, "0912345678", good); code != "" {
		t.Errorf("sign in after the second use: %q", code)
	}
}

func TestTheCodeIsNotKept(t *testing.T) {
	o := newOffice(t)
	p := o.worker(t, "B000000001", "Vàng A Páo", "0912345678", "00700", "08")
	slip := o.slip(t, p.ID)
	if !regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$`).MatchString(slip.Code) {
		t.Errorf("code %s", slip.Code)
	}
	c, err := o.newest(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	kept, _ := json.Marshal(c)
	if text := strings.ToUpper(string(kept)); strings.Contains(text, slip.Code) || strings.Contains(text, strings.ReplaceAll(slip.Code, "-", "")) {
		t.Errorf("kept %s", kept)
	}
	if c.ID != o.claimOf(t, slip) || c.CreatedBy != "operator" || c.ExpiresAt.Sub(c.CreatedAt) != 60*24*time.Hour {
		t.Errorf("claim %+v", c)
	}
}

func TestOneOfTwentyParallelUsesWins(t *testing.T) {
	o := newOffice(t)
	p := o.worker(t, "B000000001", "Vàng A Páo", "0912345678", "00700", "08")
	for round, logins := range [][]string{{""}, {"pao.a", "pao.b", "pao.c"}} { // without an account, and with one
		slip := o.slip(t, p.ID)
		passwords := make([]string, 20)
		errs := make([]error, 20)
		var wg sync.WaitGroup
		for i := range errs {
			passwords[i] = good + string(rune('a'+i))
			wg.Go(func() {
				for {
					_, errs[i] = o.Use(context.Background(), slip.Code, passwords[i], logins[i%len(logins)], true, here)
					if !errors.Is(errs[i], problem.ErrUnavailable) { // a slow machine asks to come again
						return
					}
				}
			})
		}
		wg.Wait()
		won := -1
		for i, err := range errs {
			switch {
			case err == nil && won < 0:
				won = i
			case err == nil:
				t.Errorf("round %d: both %d and %d won", round, won, i)
			default:
				wantCode(t, "loser", err, "claim-used")
			}
		}
		if won < 0 {
			t.Fatalf("round %d: nobody won", round)
		}
		login := logins[won%len(logins)]
		if login == "" {
			login = p.Phone
		}
		if code := o.tryIn(t, login, passwords[won]); code != "" {
			t.Errorf("round %d: the winner cannot sign in: %q", round, code)
		}
	}
}

func TestACodeIsReadAsPeopleTypeIt(t *testing.T) {
	for typed, want := range map[string]string{
		"01ABC-XYZ89": "01ABCXYZ89", "o1abc xyz89": "01ABCXYZ89", " 0iabc–xyz89 ": "01ABCXYZ89", "0Labc.xyz-89": "01ABCXYZ89", "0l-a-b-c-x-y-z-8-9\n": "01ABCXYZ89",
		"": "", "01ABC-XYZ8": "", "01ABC-XYZ899": "", "U1ABC-XYZ89": "", "01ABC_XYZ89": "", "01ÂBC-XYZ89": "", "01ABC-XYZ8\x00": "", strings.Repeat(" ", 200) + "01ABCXYZ89": "",
	} {
		got, ok := readCode(typed)
		if ok != (want != "") || ok && got != want {
			t.Errorf("readCode(%q) = %q, %v", typed, got, ok)
		}
	}
	o := newOffice(t)
	p := o.worker(t, "B000000001", "Vàng A Páo", "0912345678", "00700", "08")
	typed := strings.NewReplacer("0", "o", "1", "l", "-", "  ").Replace(strings.ToLower(o.slip(t, p.ID).Code))
	if _, err := o.Use(t.Context(), typed, good, "", true, here); err != nil {
		t.Errorf("%q: %v", typed, err)
	}
}

func FuzzReadCode(f *testing.F) {
	for _, s := range []string{"01ABC-XYZ89", "o1abc xyz89", "", "U", "０１ABC-XYZ89", "\xff", "01ABC–XYZ89"} {
		f.Add(s)
	}
	form := regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{10}$`)
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := readCode(typed)
		if ok && !form.MatchString(code) {
			t.Errorf("readCode(%q) = %q", typed, code)
		}
		if again, still := readCode(strings.ToLower(code)); ok && (!still || again != code) {
			t.Errorf("readCode(%q) = %q", code, again)
		}
	})
}

func TestCodesThatDoNotWork(t *testing.T) {
	o := newOffice(t)
	p := o.worker(t, "B000000001", "Vàng A Páo", "", "00700", "08")
	check := func(what, code, want string) {
		t.Helper()
		_, err := o.Look(t.Context(), code, here)
		wantProblem(t, "look, "+what, err, "code", want)
		_, err = o.Use(t.Context(), code, good, "pao.08", true, here)
		wantProblem(t, "use, "+what, err, "code", want)
	}
	check("unknown", "ABCDE-FGHJK", "claim-wrong")
	check("no code", "xin chào", "claim-wrong")
	first := o.slip(t, p.ID)
	second := o.slip(t, p.ID)
	check("replaced", first.Code, "claim-replaced")
	o.now = noon.Add(60 * 24 * time.Hour)
	check("expired", second.Code, "claim-expired")
	o.now = noon.Add(-time.Hour) // the clock goes back
	third := o.slip(t, p.ID)
	check("replaced by one of an earlier clock", second.Code, "claim-replaced")
	if _, err := o.Use(t.Context(), third.Code, good, "pao.08", true, here); err != nil {
		t.Error(err)
	}
	check("used", third.Code, "claim-used")
	o.now = noon
	fourth := o.slip(t, p.ID)
	check("used, before a reset", third.Code, "claim-used")
	if _, err := o.Disable(t.Context(), roster.Operator(), p.ID); err != nil {
		t.Fatal(err)
	}
	check("disabled", fourth.Code, "claim-wrong")
	gone := o.worker(t, "B000000002", "Giàng A Sử", "", "00700", "08")
	fifth := o.slip(t, gone.ID)
	if err := o.Store.Delete(t.Context(), roster.PersonKind, gone.ID); err != nil {
		t.Fatal(err)
	}
	check("of a person who was erased", fifth.Code, "claim-wrong")
}

func TestUseRefusesWithoutUsingUp(t *testing.T) {
	o := newOffice(t)
	p := o.worker(t, "B000000001", "Vàng A Páo", "02193861234", "00700", "08") // a landline is not one person's
	o.member(t, "mai.08", good, "08", roster.Staff)
	slip := o.slip(t, p.ID)
	for want, use := range map[[2]string][2]string{
		{"login", "login-needed"}:       {good, ""},
		{"login", "login-form"}:         {good, "x y"},
		{"login", "login-taken"}:        {good, "mai.08"},
		{"password", "password-short"}:  {"ngắn", "pao.08"},
		{"password", "password-login"}:  {"pao.08.x", "pao.08.x"},
		{"password", "password-common"}: {"matkhau123", "pao.08"},
	} {
		_, err := o.Use(t.Context(), slip.Code, use[0], use[1], true, here)
		wantProblem(t, want[1], err, want[0], want[1])
	}
	a, err := o.Use(t.Context(), slip.Code, good, "pao.08", false, here)
	if err != nil || !a.ConsentedAt.IsZero() {
		t.Errorf("%+v, %v", a, err)
	}
}

// The steps of Use are: the login, the account, the mark on the claim. After a crash between any two, the same code
// either works or says that it was used, and the account can be signed in to.
func TestUseAfterACrash(t *testing.T) {
	o := newOffice(t)
	p := o.worker(t, "B000000001", "Vàng A Páo", "0912345678", "00700", "08")
	slip := o.slip(t, p.ID)
	if err := o.take(t.Context(), "0912345678", p.ID); err != nil { // crash after the login
		t.Fatal(err)
	}
	if _, err := o.Use(t.Context(), slip.Code, good, "", true, here); err != nil {
		t.Fatalf("after the login: %v", err)
	}
	unmark := func() {
		if _, err := store.Update(t.Context(), o.Store, roster.ClaimKind, o.claimOf(t, slip), func(c *roster.Claim) error { c.UsedAt = time.Time{}; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	unmark() // crash after the account
	_, err := o.Use(t.Context(), slip.Code, next, "", true, here)
	wantCode(t, "after the account", err, "claim-used")
	if code := o.tryIn(t, "0912345678", good); code != "" {
		t.Errorf("sign in: %q", code)
	}
	// crash in Reset, before the new code
	if _, err := o.manage(t.Context(), roster.Operator(), p.ID, func(a *roster.Account) error { a.Hash, a.ClaimsFrom = "", noon; return nil }); err != nil {
		t.Fatal(err)
	}
	_, err = o.Use(t.Context(), slip.Code, next, "", true, here)
	wantCode(t, "in a reset", err, "claim-used")
	slip = o.slip(t, p.ID)
	if _, err = o.Use(t.Context(), slip.Code, next, "", true, here); err != nil {
		t.Errorf("after the second reset: %v", err)
	}
}

func TestResetEndsThePasswordAndKeepsTheLogins(t *testing.T) {
	o := newOffice(t)
	p := o.worker(t, "B000000001", "Vàng A Páo", "0912345678", "00700", "08")
	before, err := o.Use(t.Context(), o.slip(t, p.ID).Code, good, "pao.08", true, here)
	if err != nil {
		t.Fatal(err)
	}
	slip := o.slip(t, p.ID)
	if o.tryIn(t, "pao.08", good) == "" || o.read(t, p.ID).Session <= before.Session {
		t.Error("the old password or session lives on")
	}
	a, err := o.Use(t.Context(), slip.Code, next, "", true, here)
	if err != nil || len(a.Logins) != 1 || o.tryIn(t, "pao.08", next) != "" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestNewClaims(t *testing.T) {
	o := newOffice(t)
	staff := o.member(t, "mai.08", good, "08", roster.Staff)
	o.worker(t, "B000000001", "Vàng A Páo", "0912345678", "00700", "08")
	o.worker(t, "B000000002", "Lý Thị Hoa", "", "00701", "08")
	o.worker(t, "B000000003", "Giàng A Sử", "", "02700", "15")
	claimed := o.worker(t, "B000000004", "Đặng Thị Ánh", "0912345679", "00700", "08")
	if _, err := o.Use(t.Context(), o.slip(t, claimed.ID).Code, good, "", true, here); err != nil {
		t.Fatal(err)
	}
	left := roster.Person{ID: "B000000005", Name: "Tẩn Mẩy", Commune: "00700", Province: "08"}
	if err := o.Store.Insert(t.Context(), roster.PersonKind, &left); err != nil {
		t.Fatal(err)
	}
	names := func(province, commune string) string {
		slips, err := o.NewClaims(t.Context(), staff, province, commune)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, s := range slips {
			names = append(names, s.Name)
			if h, err := o.Look(t.Context(), s.Code, here); err != nil || h.Name != s.Name {
				t.Errorf("%s: %+v, %v", s.Name, h, err)
			}
		}
		return strings.Join(names, ", ")
	}
	if got := names("08", ""); got != "Lý Thị Hoa, Vàng A Páo" {
		t.Errorf("province: %s", got)
	}
	if got := names("08", "00700"); got != "Vàng A Páo" {
		t.Errorf("commune: %s", got)
	}
	if got := names("08", "02700"); got != "" {
		t.Errorf("commune of another province: %s", got)
	}
	_, err := o.NewClaims(t.Context(), staff, "15", "")
	wantCode(t, "another province", err, "not-yours")
}

func TestTheFirstAdministrator(t *testing.T) {
	o := newOffice(t)
	first, err := o.FirstAdmin(t.Context(), "Quản trị viên")
	if err != nil || first.Code == "" || first.Name != "Quản trị viên" {
		t.Fatalf("%+v, %v", first, err)
	}
	o.now = o.now.Add(time.Minute)
	second, err := o.FirstAdmin(t.Context(), "Quản trị viên")
	if err != nil || second.Code == first.Code {
		t.Fatalf("%+v, %v", second, err)
	}
	for _, code := range []string{first.Code, second.Code} { // of two processes
		if _, err := o.Look(t.Context(), code, here); err != nil {
			t.Errorf("a link that was printed: %v", err)
		}
	}
	o.now = o.now.Add(24 * time.Hour)
	_, err = o.Use(t.Context(), second.Code, good, "quan.tri", true, here)
	wantCode(t, "a day later", err, "claim-expired")
	third, err := o.FirstAdmin(t.Context(), "Quản trị viên")
	if err != nil {
		t.Fatal(err)
	}
	fourth, err := o.FirstAdmin(t.Context(), "Quản trị viên")
	if err != nil {
		t.Fatal(err)
	}
	a, err := o.Use(t.Context(), third.Code, good, "quan.tri", true, here)
	if err != nil || !roster.MayGrant(a) {
		t.Fatalf("%+v, %v", a, err)
	}
	for _, code := range []string{fourth.Code, third.Code} {
		_, err = o.Use(t.Context(), code, next, "", true, here)
		wantCode(t, "after one was used", err, "claim-used")
	}
	if none, err := o.FirstAdmin(t.Context(), "Quản trị viên"); none.Code != "" || err != nil {
		t.Errorf("a code while there is an administrator: %+v, %v", none, err)
	}
	o.slip(t, a.ID) // the administrator is reset, and the code is lost
	again, err := o.FirstAdmin(t.Context(), "Quản trị viên")
	if err != nil || again.Code == "" {
		t.Fatalf("nobody can sign in as administrator: %+v, %v", again, err)
	}
	_, err = o.Use(t.Context(), fourth.Code, next, "", true, here)
	wantCode(t, "a link of the time before", err, "claim-used")
	if _, err = o.Use(t.Context(), again.Code, next, "", true, here); err != nil {
		t.Error(err)
	}
}

func TestNoRandomBytesNoCode(t *testing.T) {
	o := newOffice(t)
	p := o.worker(t, "B000000001", "Vàng A Páo", "", "00700", "08")
	o.Rand = strings.NewReader("")
	if s, err := o.Reset(t.Context(), roster.Operator(), p.ID); err == nil || errors.Is(err, problem.ErrInvalid) {
		t.Errorf("%+v, %v", s, err)
	}
}

// Codes change once they are on paper: while nothing could be printed the earlier slip works, and so it does for the
// one whose slip was left out.
func TestEarlierCodesWorkUntilNewOnesArePrinted(t *testing.T) {
	o := newOffice(t)
	a := o.worker(t, "B000000001", "Vàng A Páo", "", "00700", "08")
	b := o.worker(t, "B000000002", "Vàng A Sính", "", "00700", "08")
	before := map[string]Slip{a.ID: o.slip(t, a.ID), b.ID: o.slip(t, b.ID)}
	jam := errors.New("no paper")
	if _, err := o.PrintClaims(t.Context(), roster.Operator(), "08", "", func([]Slip) ([]Slip, error) { return nil, jam }); !errors.Is(err, jam) {
		t.Errorf("printed: %v", err)
	}
	for id, slip := range before {
		if _, err := o.Look(t.Context(), slip.Code, here); err != nil {
			t.Errorf("%s, nothing printed: %v", id, err)
		}
	}
	slips, err := o.PrintClaims(t.Context(), roster.Operator(), "08", "", func(slips []Slip) ([]Slip, error) {
		return slices.DeleteFunc(slips, func(s Slip) bool { return s.Account == b.ID }), nil
	})
	if err != nil || len(slips) != 1 || slips[0].Account != a.ID {
		t.Fatalf("printed %+v, %v", slips, err)
	}
	_, err = o.Look(t.Context(), before[a.ID].Code, here)
	wantProblem(t, "whose slip was printed", err, "code", "claim-replaced")
	for name, code := range map[string]string{"new": slips[0].Code, "left out": before[b.ID].Code} {
		if _, err := o.Look(t.Context(), code, here); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
