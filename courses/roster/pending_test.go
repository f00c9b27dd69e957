package roster

import (
	"fmt"
	"testing"
	"time"

	"lopban/courses/store"
)

// pending are the numbers of transfers that wait for two provinces.
func pending(t *testing.T, r *Roll) string {
	t.Helper()
	a, err := r.PendingOf(t.Context(), tuyenQuang)
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.PendingOf(t.Context(), caoBang)
	if err != nil {
		t.Fatal(err)
	}
	all, err := r.PendingOf(t.Context(), "")
	if err != nil || all != a+b {
		t.Errorf("%d wait in all, %d and %d for the provinces, %v", all, a, b, err)
	}
	return fmt.Sprint(a, b)
}

func TestTransfersThatWaitAreKnown(t *testing.T) {
	r := passing(t)
	p := add(t, r, "Vừ Thị Ca", "0912000001", "00700")
	step := func(what, want string, err error) {
		t.Helper()
		if got := pending(t, r); err != nil || got != want {
			t.Errorf("%s: %s wait, want %s, %v", what, got, want, err)
		}
	}
	step("before", "0 0", nil)
	asked, err := r.Ask(t.Context(), p.ID, caoBang, library("2026-03-01"), "staff of 04")
	step("asked", "1 0", err)
	_, err = r.Offer(t.Context(), p.ID, caoBang, day("2026-03-01"), "staff of 08")
	step("offered", "0 1", err)
	_, err = r.Accept(t.Context(), asked.ID, library("2026-03-01"), "staff of 04")
	step("accepted", "0 0", err)
	asked, err = r.Ask(t.Context(), p.ID, tuyenQuang, Entry{}, "staff of 08")
	step("asked back", "0 1", err)
	_, err = r.Decline(t.Context(), asked.ID, "còn việc", "staff of 04")
	step("declined", "0 0", err)
}

// What a stop left behind is put right, and so is a store of a release that did not keep it.
func TestHowTransfersStandIsSettled(t *testing.T) {
	r := passing(t)
	var last Transfer
	for i := range 3 {
		p := add(t, r, fmt.Sprint("Vừ Thị ", string(rune('A'+i)), "n"), "", "00700")
		var err error
		if last, err = r.Ask(t.Context(), p.ID, caoBang, library("2026-03-01"), "staff of 04"); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := r.SettleTransfers(t.Context(), time.Time{}, true, nil); n != 0 || err != nil {
		t.Errorf("%d stood otherwise, %v", n, err)
	}
	if err := r.Store.Delete(t.Context(), PendingKind, last.ID); err != nil {
		t.Fatal(err)
	}
	if n, err := r.SettleTransfers(t.Context(), r.Now().Add(time.Hour), true, nil); n != 0 || err != nil {
		t.Errorf("%d of before the instant, %v", n, err)
	}
	if n, err := r.SettleTransfers(t.Context(), r.Now().Add(-time.Hour), false, nil); n != 1 || err != nil || pending(t, r) != "2 0" {
		t.Errorf("only looked: %d, %v", n, err)
	}
	if n, err := r.SettleTransfers(t.Context(), r.Now().Add(-time.Hour), true, nil); n != 1 || err != nil || pending(t, r) != "3 0" {
		t.Errorf("%d were put right, %v", n, err)
	}
	for _, id := range pendingIDs(t, r) {
		if err := r.Store.Delete(t.Context(), PendingKind, id); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := r.SettleTransfers(t.Context(), r.Now().Add(time.Hour), true, nil); n != 3 || err != nil || pending(t, r) != "3 0" {
		t.Errorf("a store of before: %d, %v", n, err)
	}
}

func pendingIDs(t *testing.T, r *Roll) (ids []string) {
	t.Helper()
	err := store.Each(t.Context(), r.Store, PendingKind, store.Query{}, func(p Pending) error { ids = append(ids, p.ID); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// Of what has ended a province sees the newest, however much there was; all that waits is there.
func TestAProvinceSeesWhatWaitsAndTheNewestOfThePast(t *testing.T) {
	r := passing(t)
	p, first := add(t, r, "Vừ Thị Ca", "0912000001", "00700"), add(t, r, "Lò Thị An", "", "00700")
	waits, err := r.Ask(t.Context(), first.ID, caoBang, Entry{}, "staff of 04")
	if err != nil {
		t.Fatal(err)
	}
	for range PastTransfers + 5 {
		asked, err := r.Ask(t.Context(), p.ID, caoBang, Entry{}, "staff of 04")
		if err == nil {
			_, err = r.Withdraw(t.Context(), asked.ID, "staff of 04")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	all, err := r.Transfers(t.Context(), tuyenQuang)
	if err != nil || len(all) != PastTransfers+1 {
		t.Fatalf("%d, want %d, %v", len(all), PastTransfers+1, err)
	}
	open := 0
	for i, one := range all {
		if one.Open() {
			open++
		}
		if i > 0 && one.Last().RecordedAt.After(all[i-1].Last().RecordedAt) {
			t.Errorf("%s is newer than the one before", one.ID)
		}
	}
	if open != 1 || all[0].ID != fmt.Sprintf("%s/%d", p.ID, PastTransfers+5) {
		t.Errorf("%d open of %s, the first is %s", open, waits.ID, all[0].ID)
	}
}
