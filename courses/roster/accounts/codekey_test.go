package accounts

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// claimOf is the id of a slip's claim.
func (o *office) claimOf(t testing.TB, slip Slip) string {
	t.Helper()
	id, err := o.claimID(t.Context(), strings.ReplaceAll(slip.Code, "-", ""))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// The digest of a code cannot be found from the code alone: another store keeps the same code under another id.
func TestCodesAreKeyedDigests(t *testing.T) {
	a, b := newOffice(t), newOffice(t)
	slip := Slip{Code: "0123456789"}
	if one, other := a.claimOf(t, slip), b.claimOf(t, slip); one == other || strings.Contains(one, plain(slip.Code)) {
		t.Errorf("kept as %s and %s", one, other)
	}
}

// Processes that start together on an empty store digest with one key.
func TestProcessesShareTheCodeKey(t *testing.T) {
	o := newOffice(t)
	ids := make([]string, 16)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			id, err := NewAccounts(o.Store, o.Now, rand.Reader).claimID(t.Context(), "0123456789")
			if ids[i] = id; err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("%q", ids)
		}
	}
}

// asRelease010 keeps a slip's claim as release 0.1.0 did.
func (o *office) asRelease010(t testing.TB, slip Slip) (old string) {
	t.Helper()
	now := o.claimOf(t, slip)
	c, err := store.Get[roster.Claim](t.Context(), o.Store, roster.ClaimKind, now)
	if err != nil {
		t.Fatal(err)
	}
	c.ID = plain(strings.ReplaceAll(slip.Code, "-", ""))
	if err := errors.Join(o.Store.Insert(t.Context(), roster.ClaimKind, &c), o.Store.Delete(t.Context(), roster.ClaimKind, now)); err != nil {
		t.Fatal(err)
	}
	return c.ID
}

// Codes that an earlier release printed work on, more of them than are moved at once, and the digests that could be
// guessed are gone. A start that was cut off between the copies and the removals is gone on with.
func TestCodesOfEarlierReleasesWork(t *testing.T) {
	o := newOffice(t)
	var slips []Slip
	for i := range rekeyTogether + 5 {
		p := o.worker(t, fmt.Sprintf("B%09d", i), "Vàng A Páo", "", "00700", "08")
		slips = append(slips, o.slip(t, p.ID))
	}
	for _, slip := range slips {
		o.asRelease010(t, slip)
	}
	_, err := o.Look(t.Context(), slips[0].Code, here)
	wantProblem(t, "before", err, "code", "claim-wrong")
	k, err := o.codeKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cut, err := store.Get[roster.Claim](t.Context(), o.Store, roster.ClaimKind, plain(strings.ReplaceAll(slips[3].Code, "-", "")))
	if err != nil {
		t.Fatal(err)
	}
	cut.ID = k.digest(cut.ID)
	if err := o.Store.Insert(t.Context(), roster.ClaimKind, &cut); err != nil {
		t.Fatal(err)
	}
	for range 2 { // at every start
		if err := o.Rekey(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i, slip := range slips {
		if h, err := o.Look(t.Context(), slip.Code, here); err != nil || h.Account != slip.Account {
			t.Fatalf("slip %d: %+v, %v", i, h, err)
		}
	}
	if _, err := o.Use(t.Context(), slips[0].Code, good, "vang.pao", true, here); err != nil {
		t.Error(err)
	}
	left, err := store.All[roster.Claim](t.Context(), o.Store, roster.ClaimKind, store.Query{})
	if err != nil || len(left) != len(slips) {
		t.Errorf("%d claims of %d, %v", len(left), len(slips), err)
	}
	for _, c := range left {
		if !strings.HasPrefix(c.ID, keyed) {
			t.Errorf("left: %s", c.ID)
		}
	}
}

// In a store that came from a backup a code from before is told to be so, for as long as such a slip could be good.
func TestCodesFromBeforeARestore(t *testing.T) {
	o := newOffice(t)
	if err := Restored(t.Context(), o.Store, noon, rand.Reader); err != nil {
		t.Fatal(err)
	}
	_, err := o.Look(t.Context(), "01234-56789", here)
	wantProblem(t, "after a restore", err, "code", "claim-restored")
	if at, err := o.RestoredAt(t.Context()); err != nil || !at.Equal(noon) {
		t.Errorf("restored at %v, %v", at, err)
	}
	p := o.worker(t, "B000000001", "Vàng A Páo", "0912345678", "00700", "08")
	if _, err := o.Look(t.Context(), o.slip(t, p.ID).Code, here); err != nil {
		t.Errorf("a new slip: %v", err)
	}
	o.now = noon.Add(61 * 24 * time.Hour)
	_, err = o.Look(t.Context(), "01234-56789", here)
	wantProblem(t, "two months later", err, "code", "claim-wrong")
	if at, err := o.RestoredAt(t.Context()); err != nil || !at.IsZero() {
		t.Errorf("restored at %v, %v", at, err)
	}
}

// A key that is not whole opens nothing, rather than everything by a key that anybody knows.
func TestADamagedCodeKey(t *testing.T) {
	o := newOffice(t)
	if err := o.Store.Insert(t.Context(), CodeKeyKind, &codeKey{ID: theCodeKey, Secret: []byte("short")}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.claimID(t.Context(), "0123456789"); err == nil || errors.Is(err, problem.ErrInvalid) {
		t.Errorf("digested: %v", err)
	}
	if _, err := makeCodeKey(t.Context(), o.Store, noon, bytes.NewReader(nil), false); err == nil {
		t.Error("a key was made of no random bytes")
	}
}
