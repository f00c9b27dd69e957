package accounts

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

const wrong = "sai mật khẩu"

// tryOn signs in from a device and an address, and gives the code of the problem.
func (o *office) tryOn(t testing.TB, login, password, address, device string) string {
	t.Helper()
	_, err := o.SignIn(t.Context(), Try{login, password, address, []string{device}})
	return codeOf(t, err)
}

// attack sends wrong passwords from many addresses until the login waits.
func (o *office) attack(t testing.TB, login string) {
	t.Helper()
	for i := range lockAfter {
		o.tryOn(t, login, wrong, fmt.Sprintf("198.51.100.%d", i), "")
	}
}

// device is the token of a browser at which the account signed in.
func (o *office) device(t testing.TB, a roster.Account, before ...string) string {
	t.Helper()
	token, err := o.Remember(t.Context(), a, before)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// second is one more process on the same store.
func (o *office) second() *Accounts { return NewAccounts(o.Store, o.Now, rand.Reader) }

func TestWaitsGrowAfterTwentyWrongPasswords(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "mai.08", good, "08", roster.Staff)
	for range lockAfter - 1 {
		o.tryIn(t, "mai.08", wrong)
	}
	for _, wait := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour} {
		o.tryIn(t, "mai.08", wrong)
		if got := o.read(t, a.ID).LockedUntil.Sub(o.now); got != wait {
			t.Fatalf("waits for %v, want %v", got, wait)
		}
		o.now = o.now.Add(wait - time.Millisecond)
		if code := o.tryIn(t, "mai.08", good); code != "sign-in-wait" {
			t.Fatalf("a millisecond before the end: %q", code)
		}
		o.tryIn(t, "mai.08", wrong)
		if got := o.counted(t, "mai.08").Until.Sub(o.now); got != time.Millisecond {
			t.Fatalf("a try while it waits moved the end: %v", got)
		}
		o.now = o.now.Add(time.Millisecond)
	}
	if code := o.tryIn(t, "mai.08", good); code != "" {
		t.Fatalf("after the wait: %q", code)
	}
	if a := o.read(t, a.ID); !a.LockedUntil.IsZero() || a.LockedAt.IsZero() || o.counted(t, "mai.08").Failures != 0 {
		t.Errorf("it is not over, or forgotten that it was: %+v", a)
	}
}

func TestAWaitSaysNothingOfWhetherALoginExists(t *testing.T) {
	o := newOffice(t)
	o.member(t, "mai.08", good, "08", roster.Staff)
	var said []string
	for _, login := range []string{"mai.08", "ai.do", "0912345678"} {
		o.attack(t, login)
		for _, password := range []string{wrong, good} {
			_, err := o.SignIn(t.Context(), Try{Login: login, Password: password, Address: here})
			said = append(said, fmt.Sprint(err))
		}
	}
	if said = slices.Compact(said); len(said) != 1 || said[0] != "denied: sign-in-wait 1" {
		t.Errorf("%q", said)
	}
}

func TestFailuresAreCountedByEveryProcess(t *testing.T) {
	o := newOffice(t)
	o.member(t, "mai.08", good, "08", roster.Staff)
	other := o.second()
	for i := range lockAfter {
		p := []*Accounts{o.Accounts, other}[i%2]
		_, err := p.SignIn(t.Context(), Try{"mai.08", wrong, here, nil})
		wantCode(t, "wrong", err, "sign-in-wrong")
	}
	_, err := o.second().SignIn(t.Context(), Try{"mai.08", good, here, nil})
	wantCode(t, "a third process", err, "sign-in-wait")
}

func TestParallelGuessesDoNotPassTheWait(t *testing.T) {
	o := newOffice(t)
	o.member(t, "mai.08", good, "08", roster.Staff)
	var wg sync.WaitGroup
	for range 3 * lockAfter {
		wg.Go(func() { o.SignIn(context.Background(), Try{"mai.08", wrong, here, nil}) })
	}
	wg.Wait()
	if got := o.counted(t, "mai.08").Failures; got > lockAfter+deskCount() {
		t.Errorf("%d failures counted, with %d desks", got, deskCount())
	}
}

func TestFailuresAreForgottenAfterADay(t *testing.T) {
	o := newOffice(t)
	o.member(t, "mai.08", good, "08", roster.Staff)
	for range lockAfter - 1 {
		o.tryIn(t, "mai.08", wrong)
	}
	o.now = o.now.Add(tallyLife)
	o.tryIn(t, "mai.08", wrong)
	if n := o.counted(t, "mai.08").Failures; n != 1 {
		t.Errorf("%d failures", n)
	}
	o.now = o.now.Add(tallyLife + time.Second)
	if n, err := o.SweepTallies(t.Context()); err != nil || n == 0 {
		t.Errorf("swept %d, %v", n, err)
	}
	if left, err := store.All[Tally](t.Context(), o.Store, TallyKind, store.Query{}); err != nil || len(left) != 0 {
		t.Errorf("%d tallies are left, %v", len(left), err)
	}
}

func TestStrangersDoNotLockAKnownDevice(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "mai.08", good, "08", roster.Staff)
	token := o.device(t, a)
	o.attack(t, "mai.08")
	if code := o.tryOn(t, "mai.08", good, here, ""); code != "sign-in-wait" {
		t.Fatalf("on an unknown device: %q", code)
	}
	if code := o.tryOn(t, "mai.08", good, here, token); code != "" {
		t.Fatalf("on a known device: %q", code)
	}
	if code := o.tryOn(t, "mai.08", good, here, ""); code != "sign-in-wait" {
		t.Errorf("the owner's sign-in opened it for strangers: %q", code)
	}
	other := o.second()
	if _, err := other.SignIn(t.Context(), Try{"mai.08", good, here, []string{token}}); err != nil {
		t.Errorf("on another process: %v", err)
	}
}

func TestAKnownDeviceHasTriesOfItsOwn(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "mai.08", good, "08", roster.Staff)
	token := o.device(t, a)
	for range lockAfter {
		if code := o.tryOn(t, "mai.08", wrong, here, token); code != "sign-in-wrong" {
			t.Fatal(code)
		}
	}
	if code := o.tryOn(t, "mai.08", good, here, token); code != "sign-in-wait" {
		t.Errorf("a thief of the phone goes on: %q", code)
	}
	if code := o.tryOn(t, "mai.08", good, here, ""); code != "" {
		t.Errorf("its owner, elsewhere: %q", code)
	}
}

func TestOneAddressStopsStrangersThereAndNobodyElse(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "mai.08", good, "08", roster.Staff)
	token := o.device(t, a)
	begun, told := []string{}, map[time.Time]int{}
	o.OnFlood = func(_ context.Context, f Flood) error {
		if told[f.At]++; f.Begins {
			begun = append(begun, f.What+" "+f.Network)
		}
		return nil
	}
	for i := range addressBurst {
		if code := o.tryOn(t, fmt.Sprintf("ai.do.%d", i), wrong, here, ""); code != "sign-in-wrong" {
			t.Fatalf("try %d: %q", i, code)
		}
	}
	for what, got := range map[string]string{
		"a stranger there":     o.tryOn(t, "mai.08", good, here, ""),
		"on another process":   codeOf(t, second(o.second().SignIn(t.Context(), Try{"mai.08", good, here, nil}))),
		"as IPv6 writes it":    o.tryOn(t, "mai.08", good, "::ffff:"+here, ""),
		"a known device there": o.tryOn(t, "mai.08", good, here, token),
		"another address":      o.tryOn(t, "mai.08", good, "203.0.113.8", ""),
	} {
		want := ""
		if what != "a known device there" && what != "another address" {
			want = "too-many"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	if _, err := o.Look(t.Context(), "ABCDE-FGHJK", here); codeOf(t, err) != "claim-wrong" {
		t.Errorf("wrong passwords close the way in by a printed code: %v", err)
	}
	for range 3 {
		o.now = o.now.Add(addressEvery)
		o.tryOn(t, "ai.do", wrong, here, "")
	}
	o.now = o.now.Add(addressEvery)
	if code := o.tryOn(t, "mai.08", good, here, ""); code != "" {
		t.Errorf("after six seconds: %q", code)
	}
	if !slices.Equal(begun, []string{"password " + here}) || !slices.Equal(slices.Collect(maps.Values(told)), []int{4}) {
		t.Errorf("told of floods from %q, %v", begun, told)
	}
}

func second[T any](_ T, err error) error { return err }

func TestWrongCodesAreCountedByAddress(t *testing.T) {
	o := newOffice(t)
	for range addressBurst {
		_, err := o.Look(t.Context(), "ABCDE-FGHJK", here)
		wantCode(t, "look", err, "claim-wrong")
	}
	_, err := o.Use(t.Context(), "ABCDE-FGHJK", good, "", true, here)
	wantCode(t, "use", err, "too-many")
	_, err = o.Look(t.Context(), "ABCDE-FGHJK", "203.0.113.8")
	wantCode(t, "another address", err, "claim-wrong")
	wantCode(t, "a password", second(o.SignIn(t.Context(), Try{"ai.do", wrong, here, nil})), "sign-in-wrong")
}

func TestTriesUnderWayCountAgainstAnAddress(t *testing.T) {
	o := newOffice(t)
	var leave []func(bool) error
	for i := range addressBurst {
		done, err := o.enterFrom(t.Context(), "password", here)
		if err != nil {
			t.Fatalf("refused at %d: %v", i, err)
		}
		leave = append(leave, done)
	}
	_, err := o.enterFrom(t.Context(), "password", here)
	wantCode(t, "more than may fail", err, "too-many")
	for _, done := range leave { // all were right
		if err := done(false); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.enterFrom(t.Context(), "password", here); err != nil || len(o.pending.of) != 1 {
		t.Errorf("success cost the address something: %v, %v", err, o.pending.of)
	}
}

func TestTheOwnerChangesThePasswordWhateverStrangersDo(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "mai.08", good, "08", roster.Staff)
	o.attack(t, "mai.08")
	if _, err := o.ChangePassword(t.Context(), a.ID, good, next); err != nil {
		t.Fatal(err)
	}
	for range lockAfter {
		_, err := o.ChangePassword(t.Context(), a.ID, wrong, next)
		wantCode(t, "wrong", err, "sign-in-wrong")
	}
	_, err := o.ChangePassword(t.Context(), a.ID, next, good)
	wantCode(t, "too many by a session", err, "sign-in-wait")
}

func TestALockIsSeenAndToldOnce(t *testing.T) {
	o := newOffice(t)
	told := map[time.Time]int{}
	o.OnLock = func(_ context.Context, l Lock) error {
		if l.Known || l.Account.Province != "08" || l.Failures < lockAfter {
			t.Errorf("told %+v", l)
		}
		told[l.At]++
		return nil
	}
	a := o.member(t, "mai.08", good, "08", roster.Staff)
	o.attack(t, "ai.do")
	o.attack(t, "mai.08")
	o.now = o.now.Add(time.Minute)
	o.tryIn(t, "mai.08", wrong)
	if len(told) != 1 {
		t.Errorf("told %v", told)
	}
	if got := o.read(t, a.ID); got.LockTold || got.Failures != lockAfter+1 || !got.LockedUntil.Equal(o.now.Add(2*time.Minute)) {
		t.Errorf("the account says %+v", got)
	}
	if err := o.LockTold(t.Context(), a.ID); err != nil || !o.read(t, a.ID).LockTold {
		t.Errorf("not told: %v", err)
	}
}

func TestStaffOpenALock(t *testing.T) {
	o := newOffice(t)
	o.worker(t, "B000000001", "Vàng A Páo", "0912345678", "00700", "08")
	_, slip, err := o.Create(t.Context(), roster.Operator(), "B000000001", "Vàng A Páo", []roster.Role{roster.Learner}, "")
	if err != nil {
		t.Fatal(err)
	}
	a, err := o.Use(t.Context(), slip.Code, good, "", true, here)
	if err != nil {
		t.Fatal(err)
	}
	o.attack(t, "0912345678")
	_, err = o.Unlock(t.Context(), o.member(t, "lan.04", good, "04", roster.Staff), a.ID)
	wantCode(t, "staff of another province", err, "not-yours")
	if _, err = o.Unlock(t.Context(), o.member(t, "mai.08", good, "08", roster.Staff), a.ID); err != nil {
		t.Fatal(err)
	}
	if code := o.tryIn(t, "0912345678", good); code != "" {
		t.Errorf("after it was opened: %q", code)
	}
}

func TestDeviceTokens(t *testing.T) {
	o := newOffice(t)
	a, b := o.member(t, "mai.08", good, "08", roster.Staff), o.member(t, "lan.08", good, "08", roster.Staff)
	token, other := o.device(t, a), o.device(t, b)
	knows := func(what string, s *Accounts, a roster.Account, want bool, tokens ...string) {
		t.Helper()
		name, err := s.known(t.Context(), a, tokens)
		if err != nil || (name != "") != want {
			t.Errorf("%s: %q, %v, want %v", what, name, err, want)
		}
	}
	knows("the first of a shared phone", o.Accounts, a, true, token, other)
	knows("the last of a shared phone", o.Accounts, b, true, token, other)
	knows("another process", o.second(), a, true, token)
	knows("another account", o.Accounts, a, false, other)
	knows("nobody", o.Accounts, roster.Account{}, false, token)
	for _, bad := range []string{"", ".", "x.y", token[:len(token)-1], token + "x", strings.Repeat("x", 1<<16), strings.ToUpper(token)} {
		knows(fmt.Sprintf("%.20q", bad), o.Accounts, a, false, bad)
	}
	if again := o.device(t, a, other, token); again != token {
		t.Errorf("the same device has another name: %s, %s", token, again)
	}
	rotate := func() {
		t.Helper()
		o.now = o.now.Add(91 * 24 * time.Hour)
		if err := o.RotateKeys(t.Context(), 90*24*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	rotate()
	knows("after one rotation", o.Accounts, a, true, token)
	renewed := o.device(t, a, token)
	rotate()
	knows("after two", o.Accounts, a, false, token)
	knows("renewed in between", o.Accounts, a, true, renewed)
	ended, err := o.EndSessions(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	knows("after signing out everywhere", o.Accounts, ended, false, renewed)
}

func TestNoOtherTextIsADeviceToken(t *testing.T) {
	o := newOffice(t)
	a := o.member(t, "mai.08", good, "08", roster.Staff)
	token := o.device(t, a)
	if name, err := o.known(t.Context(), a, []string{token}); err != nil || name == "" {
		t.Fatalf("its own token: %q, %v", name, err)
	}
	pieces := rapid.SliceOf(rapid.OneOf(rapid.Just(token), rapid.Just("a.b~c.d~"), rapid.SampledFrom(strings.Split(token, "~")), rapid.String()))
	rapid.Check(t, func(r *rapid.T) {
		given := strings.Join(pieces.Draw(r, "pieces"), "~")
		name, err := o.known(t.Context(), a, []string{given})
		if err != nil || name != "" && given != token {
			r.Fatalf("known(%q) = %q, %v", given, name, err)
		}
	})
}

func TestDeviceKeysTurnBeforeAnybodySignedIn(t *testing.T) {
	o := newOffice(t)
	if err := o.RotateKeys(t.Context(), 90*24*time.Hour); err != nil {
		t.Errorf("the daily job of a new store: %v", err)
	}
}

func TestDesksServeByTurns(t *testing.T) {
	d := newDesks(1)
	leave, err := d.enter(t.Context(), guest{})
	if err != nil {
		t.Fatal(err)
	}
	var served []string
	ends := []chan struct{}{}
	wait := func(g guest) {
		t.Helper()
		turn, err := d.join(g)
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, turn)
		served = append(served, g.name)
	}
	for range 5 {
		wait(guest{name: "flood"})
	}
	wait(guest{name: "neighbour"})
	wait(guest{known: true, name: "mai"})
	var order []string
	for range ends {
		leave()
		for i, turn := range ends {
			select {
			case <-turn:
				order, ends[i] = append(order, served[i]), nil
			default:
			}
		}
	}
	if got := strings.Join(order, " "); got != "mai flood neighbour flood flood flood flood" {
		t.Errorf("served %s", got)
	}
}

func TestOneGuestDoesNotFillTheLine(t *testing.T) {
	for _, g := range []guest{{known: true, name: "mai"}, {name: here}} {
		d := newDesks(0)
		most := mostStrangers
		if g.known {
			most = mostKnown
		}
		for range most {
			if _, err := d.join(g); err != nil {
				t.Fatal(err)
			}
		}
		_, err := d.join(g)
		wantCode(t, "one more", err, "sign-in-busy")
		if _, err := d.join(guest{g.known, "other"}); err != nil {
			t.Errorf("another: %v", err)
		}
	}
}

func TestWhoGivesUpLeavesTheLine(t *testing.T) {
	d := newDesks(1)
	leave, err := d.enter(t.Context(), guest{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.enter(ctx, guest{name: here}); !errors.Is(err, problem.ErrUnavailable) {
		t.Errorf("entered a full desk: %v", err)
	}
	if l := d.queues[1]; len(l.turns) != 0 || len(l.waiting) != 0 {
		t.Errorf("still in line: %+v", l)
	}
	leave()
	if _, err := d.enter(t.Context(), guest{}); err != nil {
		t.Errorf("a free desk: %v", err)
	}
}
