package accounts

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// Wrong passwords and codes that strangers behind one network address may send. They are many, because a mobile network
// puts a whole district behind one address; what protects an account is its own tally. Who is on a device of theirs is
// no stranger, and whatever the neighbours do is let in.
const (
	addressBurst = 100
	addressEvery = 6 * time.Second // one more
)

// pending counts the tries under way from each network, each of which may yet fail. Their failures are in the store.
type pending struct {
	mu sync.Mutex
	of map[string]int
}

func (p *pending) add(network string, n int) (before int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil {
		p.of = map[string]int{}
	}
	before = p.of[network]
	if p.of[network] += n; p.of[network] == 0 {
		delete(p.of, network)
	}
	return before
}

// enterFrom admits a try of a "password" or a "code" from an address, or says that there were too many. leave must be
// called with how the try ended. Only failures cost: a class may sign in from one hotspot.
//
// What an address has left is one time, at which its whole allowance is back; each failure moves it on (the generic
// cell rate algorithm).
func (s *Accounts) enterFrom(ctx context.Context, what, address string) (leave func(failed bool) error, err error) {
	from := what + "/" + network(address)
	id, err := s.mark(ctx, "network", from)
	if err != nil {
		return nil, err
	}
	before := s.pending.add(from, 1)
	t, err := s.tally(ctx, id)
	if err == nil && t.owes(s.Now()) > time.Duration(addressBurst-1-before)*addressEvery {
		err = problem.Denied("too-many")
	}
	if err != nil {
		s.pending.add(from, -1)
		return nil, err
	}
	return func(failed bool) error {
		defer s.pending.add(from, -1)
		if !failed {
			return nil
		}
		return s.failedFrom(ctx, id, Flood{What: what, Network: network(address)})
	}, nil
}

// owes is the time after which a network has its whole allowance back. More than it can have used up was written by a
// clock that was wrong.
func (t Tally) owes(now time.Time) time.Duration {
	if owed := t.waits(now); owed <= 2*addressBurst*addressEvery {
		return owed
	}
	return 0
}

// Spend counts that an address did something n times, for every process on the store: what is the allowance's name, and
// of burst at once one more comes back every so often. It is the time to wait until something is left of it.
func (s *Accounts) Spend(ctx context.Context, what, address string, n, burst int, every time.Duration) (wait time.Duration, err error) {
	id, err := s.mark(ctx, "network", what+"/"+network(address))
	if err != nil {
		return 0, err
	}
	return s.spend(ctx, id, n, burst, every)
}

// Allowance is how often an account may do something: so many times at once, and one more every so often.
type Allowance struct {
	What  string
	Burst int
	Every time.Duration
}

// Numbers are the mobile numbers of which an account is told that somebody has them already, perhaps in a province that
// it may not read. A list of a whole province may meet many at once, where people moved; who tries numbers meets
// little else, and would need lifetimes.
var Numbers = Allowance{"number", 2000, 15 * time.Minute}

// SpendOf is Spend for an account. With n = 0 it only says how long to wait.
func (s *Accounts) SpendOf(ctx context.Context, a Allowance, account string, n int) (wait time.Duration, err error) {
	id, err := s.mark(ctx, "account", a.What+"/"+account)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		t, err := s.tally(ctx, id)
		return min(max(0, t.waits(s.Now())-time.Duration(a.Burst-1)*a.Every), time.Duration(a.Burst)*a.Every), err
	}
	return s.spend(ctx, id, n, a.Burst, a.Every)
}

// spend moves the time on at which the whole allowance of a tally is back.
func (s *Accounts) spend(ctx context.Context, id string, n, burst int, every time.Duration) (wait time.Duration, err error) {
	now, all := store.Time(s.Now()), time.Duration(burst)*every
	t, err := s.retally(ctx, id, func(t *Tally) {
		owed := t.waits(now)
		if owed > 2*all { // written by a clock that was wrong
			owed = 0
		}
		owed = min(owed+time.Duration(n)*every, 2*all)
		t.Until, t.LastAt, t.ExpiresAt = now.Add(owed), now, now.Add(owed)
	})
	return max(0, t.waits(now)-all), err
}

// Flood is that strangers behind one network sent so many wrong passwords or codes that they wait.
type Flood struct {
	What    string // "password" or "code"
	Network string
	At      time.Time // when it began
	Begins  bool      // with this failure
}

// failedFrom counts a failure of a network. When none is left it is told, at each failure until half of them are back:
// who listens keeps it once.
func (s *Accounts) failedFrom(ctx context.Context, id string, f Flood) error {
	now := store.Time(s.Now())
	t, err := s.retally(ctx, id, func(t *Tally) {
		owed := t.owes(now) + addressEvery
		if owed <= addressBurst/2*addressEvery {
			t.LockedAt = time.Time{}
		}
		if f.Begins = owed > (addressBurst-1)*addressEvery && t.LockedAt.IsZero(); f.Begins {
			t.LockedAt = now
		}
		t.Failures++
		t.Until, t.LastAt, t.ExpiresAt = now.Add(owed), now, now.Add(owed)
	})
	if err != nil || t.LockedAt.IsZero() || s.OnFlood == nil {
		return err
	}
	f.At = t.LockedAt
	return s.OnFlood(ctx, f)
}

// network is what one customer of a network has: an IPv4 address, or the /64 of an IPv6 address. Everything that is no
// address is one network.
func network(from string) string {
	ip, err := netip.ParseAddr(from)
	if err != nil {
		return ""
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		prefix, _ := ip.Prefix(64)
		return prefix.String()
	}
	return ip.String()
}
