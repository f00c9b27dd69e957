package accounts

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"lopban/courses/roster"
	"lopban/courses/store"
)

// code is what the app shows at this moment, and a step is the half minute until the next.
func (o *office) code(t testing.TB, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, o.now)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

const step = 30 * time.Second

// withSecond makes an administrator with a second factor.
func (o *office) withSecond(t testing.TB, login string) (roster.Account, string, []string) {
	t.Helper()
	a := o.member(t, login, good, "", roster.Admin)
	key, err := o.DraftSecond(t.Context(), a.ID, good, "")
	if err != nil {
		t.Fatal(err)
	}
	a, printed, err := o.SetSecond(t.Context(), a.ID, o.code(t, key.Secret))
	if err != nil {
		t.Fatal(err)
	}
	o.now = o.now.Add(step)
	return a, key.Secret, printed
}

func (o *office) ticket(t testing.TB, a roster.Account) string {
	t.Helper()
	ticket, err := o.Ticket(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

func TestCodesAreThoseOfTheStandard(t *testing.T) {
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // RFC 6238, appendix B, SHA-1, the last six digits
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		now := time.Unix(at, 0)
		for _, off := range []time.Duration{0, -step, step} {
			if n, ok := stepOf(secret, code, now.Add(off)); !ok || n != at/30 {
				t.Errorf("at %d, %v off: %d, %v", at, off, n, ok)
			}
		}
		for _, off := range []time.Duration{2 * step, -2 * step} {
			if now.Add(off).Unix() < 0 {
				continue
			}
			if _, ok := stepOf(secret, code, now.Add(off)); ok {
				t.Errorf("at %d: good %v off", at, off)
			}
		}
	}
}

func TestASecondFactorIsSetUpWithItsFirstCode(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "quan.tri", good, "", roster.Admin)
	_, err := o.DraftSecond(t.Context(), a.ID, wrong, "")
	wantProblem(t, "without the password", err, "old", "sign-in-wrong")
	_, _, err = o.SetSecond(t.Context(), a.ID, "123456")
	wantProblem(t, "before it was begun", err, "code", "second-none")
	key, err := o.DraftSecond(t.Context(), a.ID, good, "")
	if err != nil || len(key.Secret) != 32 || !strings.HasPrefix(key.URL, "otpauth://totp/Lop%20Ban:quan.tri?") || !strings.Contains(key.URL, "secret="+key.Secret) {
		t.Fatalf("%+v, %v", key, err)
	}
	if again, err := SecondDraft(o.read(t, a.ID)); err != nil || again != key {
		t.Errorf("shown again: %+v, %v", again, err)
	}
	if ticket := o.ticket(t, o.read(t, a.ID)); ticket != "" {
		t.Error("a draft is asked for at sign-in")
	}
	_, _, err = o.SetSecond(t.Context(), a.ID, o.code(t, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))
	wantProblem(t, "a code of another key", err, "code", "second-wrong")
	set, printed, err := o.SetSecond(t.Context(), a.ID, o.code(t, key.Secret))
	if err != nil || set.Second.Secret != key.Secret || set.Second.Draft != "" || set.Session == a.Session || len(printed) != recoveryCodes {
		t.Fatalf("%+v, %q, %v", set, printed, err)
	}
	_, _, err = o.SetSecond(t.Context(), a.ID, o.code(t, key.Secret))
	wantProblem(t, "pressed twice", err, "code", "second-done")
	for _, code := range printed {
		if strings.Contains(strings.Join(set.Second.Recovery, " "), strings.ReplaceAll(code, "-", "")) {
			t.Error("a printed code is kept as it is")
		}
	}
}

func TestACodeIsGoodOnce(t *testing.T) {
	o := newOffice(t)
	a, secret, _ := o.withSecond(t, "quan.tri")
	code, ticket := o.code(t, secret), o.ticket(t, a)
	other := o.second()
	var right atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := []*Accounts{o.Accounts, other}[i%2].Second(t.Context(), ticket, code); err == nil {
				right.Add(1)
			}
		})
	}
	wg.Wait()
	if right.Load() != 1 {
		t.Errorf("%d sign-ins with one code", right.Load())
	}
	o.now = o.now.Add(step)
	_, err := o.Second(t.Context(), ticket, code)
	wantProblem(t, "again, within the skew", err, "code", "second-wrong")
	if _, err := o.Second(t.Context(), ticket, " "+o.code(t, secret)[:3]+" "+o.code(t, secret)[3:]); err != nil {
		t.Errorf("the next one, typed in two groups: %v", err)
	}
}

func TestAPrintedCodeIsGoodOnce(t *testing.T) {
	o := newOffice(t)
	a, _, printed := o.withSecond(t, "quan.tri")
	ticket := o.ticket(t, a)
	got, err := o.Second(t.Context(), ticket, strings.ToLower(printed[3]))
	if err != nil || len(got.Second.Recovery) != recoveryCodes-1 {
		t.Fatalf("%+v, %v", got.Second, err)
	}
	_, err = o.Second(t.Context(), ticket, printed[3])
	wantProblem(t, "again", err, "code", "second-wrong")
	if _, err = o.Second(t.Context(), ticket, printed[4]); err != nil {
		t.Errorf("another: %v", err)
	}
}

func TestTickets(t *testing.T) {
	o := newOffice(t)
	a, secret, _ := o.withSecond(t, "quan.tri")
	b, _, _ := o.withSecond(t, "lan.admin")
	ticket := o.ticket(t, a)
	for what, bad := range map[string]string{"none": "", "dots": "..", "cut": ticket[:len(ticket)-1], "of another": b.ID + ticket[len(a.ID):], "later": strings.Replace(ticket, ".1", ".2", 1), "long": strings.Repeat("x", 1<<16)} {
		_, err := o.Second(t.Context(), bad, o.code(t, secret))
		wantCode(t, what, err, "session")
	}
	o.now = o.now.Add(ticketLife)
	_, err := o.Second(t.Context(), ticket, o.code(t, secret))
	wantCode(t, "after ten minutes", err, "session")
	ticket = o.ticket(t, a)
	if _, err := o.EndSessions(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	_, err = o.Second(t.Context(), ticket, o.code(t, secret))
	wantCode(t, "after signing out everywhere", err, "session")
}

func TestCodesAreLimitedAsPasswordsAre(t *testing.T) {
	o := newOffice(t)
	a, secret, _ := o.withSecond(t, "quan.tri")
	ticket, other := o.ticket(t, a), o.second()
	var wg sync.WaitGroup
	var looked atomic.Int32
	for i := range 3 * lockAfter {
		wg.Go(func() {
			_, err := []*Accounts{o.Accounts, other}[i%2].Second(t.Context(), ticket, "000000")
			if codeOf(t, err) == "second-wrong" {
				looked.Add(1)
			}
		})
	}
	wg.Wait()
	if looked.Load() != lockAfter {
		t.Errorf("%d guesses were looked at", looked.Load())
	}
	_, err := o.Second(t.Context(), ticket, o.code(t, secret))
	wantProblem(t, "the right one, too late", err, "code", "sign-in-wait")
	if got := o.read(t, a.ID); got.LockedUntil.Before(o.now) {
		t.Errorf("nobody sees the lock: %+v", got)
	}
	o.now = o.now.Add(lockFirst)
	if _, err := o.Second(t.Context(), ticket, o.code(t, secret)); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestWhoResetsOrDropsASecondFactor(t *testing.T) {
	o := newOffice(t)
	a, secret, _ := o.withSecond(t, "quan.tri")
	_, err := o.ResetSecond(t.Context(), o.member(t, "mai.08", good, "08", roster.Staff), a.ID)
	wantCode(t, "staff", err, "not-yours")
	_, err = o.DropSecond(t.Context(), a.ID, good, o.code(t, secret))
	wantCode(t, "an administrator's own", err, "second-must")
	reset, err := o.ResetSecond(t.Context(), o.member(t, "lan.admin", good, "", roster.Admin), a.ID)
	if err != nil || reset.Second.Secret != "" || reset.Session == a.Session {
		t.Errorf("%+v, %v", reset, err)
	}
	staff := o.member(t, "hoa.08", good, "08", roster.Staff)
	key, err := o.DraftSecond(t.Context(), staff.ID, good, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = o.SetSecond(t.Context(), staff.ID, o.code(t, key.Secret)); err != nil {
		t.Fatal(err)
	}
	_, err = o.DraftSecond(t.Context(), staff.ID, good, "")
	wantProblem(t, "a new key without a code of the old one", err, "now", "second-wrong")
	o.now = o.now.Add(step)
	if dropped, err := o.DropSecond(t.Context(), staff.ID, good, o.code(t, key.Secret)); err != nil || dropped.Second.Secret != "" {
		t.Errorf("%+v, %v", dropped, err)
	}
}

func TestWhatRestsWithoutASecondFactor(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "quan.tri", good, "", roster.Admin)
	const grace = 14 * 24 * time.Hour
	rests := func(what string, a roster.Account, want bool) {
		t.Helper()
		got, r := Rest(a, o.now, grace)
		if r != want || got.Has(roster.Admin, roster.Office, roster.Staff) == want && want || !roster.MayLearn(got) {
			t.Errorf("%s: rests %v, %v", what, r, got.Roles)
		}
	}
	rests("before the first sign-in", a, false)
	a, err := o.SignIn(t.Context(), Try{"quan.tri", good, here, nil})
	if err != nil || !a.SecondAsked.Equal(store.Time(o.now)) {
		t.Fatalf("%+v, %v", a, err)
	}
	o.now = o.now.Add(grace - time.Second)
	rests("within the grace", a, false)
	o.now = o.now.Add(time.Second)
	rests("after the grace", a, true)
	if again, err := o.SignIn(t.Context(), Try{"quan.tri", good, here, nil}); err != nil || !again.SecondAsked.Equal(a.SecondAsked) {
		t.Errorf("the grace begins anew: %v", err)
	}
	office := o.member(t, "van.phong", good, "", roster.Office)
	if office, err = o.SignIn(t.Context(), Try{"van.phong", good, here, nil}); err != nil || office.SecondAsked.IsZero() {
		t.Errorf("the office is not asked: %v", err)
	}
	if _, rests := Rest(office, o.now.Add(grace), grace); !rests {
		t.Error("the office goes on without one")
	}
	staff := o.member(t, "mai.08", good, "08", roster.Staff)
	if staff, err = o.SignIn(t.Context(), Try{"mai.08", good, here, nil}); err != nil || !staff.SecondAsked.IsZero() {
		t.Errorf("staff are asked: %v", err)
	}
	set, _, _ := o.withSecond(t, "lan.admin")
	set.SecondAsked = a.SecondAsked
	rests("with a second factor", set, false)
}

func FuzzSecond(f *testing.F) {
	o := newOffice(f)
	a, _, printed := o.withSecond(f, "quan.tri")
	f.Add(o.ticket(f, a), printed[0])
	f.Add("a.1.b", "12 34 56")
	f.Add("..", "\u0301\xff")
	f.Fuzz(func(t *testing.T, ticket, code string) {
		if _, ok := stepOf("not base 32", code, o.now); ok {
			t.Error("a code of no key")
		}
		readPrinted(code, recoveryLetters)
		if len(ticket) > 1<<10 || strings.HasPrefix(ticket, a.ID) {
			return
		}
		if _, err := o.Second(t.Context(), ticket, code); codeOf(t, err) != "session" {
			t.Errorf("Second(%q): %v", ticket, err)
		}
	})
}
