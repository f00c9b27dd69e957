package roster

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"lopban/courses/store"
)

// try sends one try from an address and says whether it was admitted.
func try(t *testing.T, l *addresses, from string, failed bool, secondsLater int) bool {
	t.Helper()
	leave, err := l.enter(from, noon.Add(time.Duration(secondsLater)*time.Second))
	if err != nil {
		if !errors.Is(err, store.ErrDenied) {
			t.Fatal(err)
		}
		return false
	}
	leave(failed)
	return true
}

func TestAnAddressMayFailSoOftenAndThenSlowly(t *testing.T) {
	var l addresses
	for i := range addressBurst {
		if !try(t, &l, "203.0.113.7", true, 0) {
			t.Fatalf("refused after %d", i)
		}
	}
	if try(t, &l, "203.0.113.7", true, 5) || try(t, &l, "::ffff:203.0.113.7", true, 5) {
		t.Error("one more was admitted")
	}
	if !try(t, &l, "203.0.113.8", true, 5) {
		t.Error("the neighbour was refused")
	}
	if !try(t, &l, "203.0.113.7", true, 6) || try(t, &l, "203.0.113.7", true, 6) {
		t.Error("not one more after six seconds")
	}
}

func TestSuccessCostsAnAddressNothing(t *testing.T) {
	var l addresses
	for i := range 10 * addressBurst {
		if !try(t, &l, "203.0.113.7", false, 0) {
			t.Fatalf("refused after %d", i)
		}
	}
}

func TestTriesUnderWayCount(t *testing.T) {
	var l addresses
	for i := range addressBurst {
		if _, err := l.enter("203.0.113.7", noon); err != nil {
			t.Fatalf("refused at %d: %v", i, err)
		}
	}
	if try(t, &l, "203.0.113.7", true, 0) {
		t.Error("more were admitted than may fail")
	}
}

func TestNetworks(t *testing.T) {
	for from, want := range map[string]string{
		"203.0.113.7": "203.0.113.7", "::ffff:203.0.113.7": "203.0.113.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::9": "2001:db8:1:2::/64",
		"fe80::1%eth0": "fe80::/64", "": "", "203.0.113.7, 8.8.8.8": "", "x": "",
	} {
		if got := network(from); got != want {
			t.Errorf("network(%q) = %q, want %q", from, got, want)
		}
	}
}

func TestAddressesAreNotRememberedForEver(t *testing.T) {
	var l addresses
	for i := range addressLimit + 500 {
		try(t, &l, fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), true, 0)
	}
	if len(l.seen) > addressLimit+1 {
		t.Errorf("%d addresses are kept", len(l.seen))
	}
	if shared := l.seen[""]; shared == nil || shared.failures.TokensAt(noon) > 0 {
		t.Error("the addresses beyond the limit do not share one allowance")
	}
	if try(t, &l, "192.0.2.1", true, 1) {
		t.Error("a new address got an allowance of its own while all others are in use")
	}
	if !try(t, &l, "192.0.2.1", true, 3600) || len(l.seen) > 2 {
		t.Errorf("after an hour %d addresses are kept", len(l.seen))
	}
}
