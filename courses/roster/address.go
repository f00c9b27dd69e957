package roster

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"lopban/courses/store"
)

// Wrong passwords and codes that one network address may send. They are many, because a mobile network puts a whole district behind one address; what
// protects an account is its own lockout.
const (
	addressBurst = 100
	addressEvery = 6 * time.Second // one more
	addressLimit = 10_000          // addresses remembered
)

// addresses counts failures by network address, in this process. Only failures cost: a class may sign in from one hotspot.
type addresses struct {
	mu    sync.Mutex
	seen  map[string]*address
	swept time.Time
}

type address struct {
	failures *rate.Limiter
	pending  int // tries under way, each of which may yet fail
}

// enter admits a try from an address, or says that there were too many. leave must be called with how the try ended.
func (l *addresses) enter(from string, now time.Time) (leave func(failed bool), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.find(network(from), now)
	if a.failures.TokensAt(now) < float64(a.pending+1) {
		return nil, store.Denied("too-many")
	}
	a.pending++
	return func(failed bool) {
		l.mu.Lock()
		defer l.mu.Unlock()
		a.pending--
		if failed {
			a.failures.AllowN(now, 1)
		}
	}, nil
}

// find remembers an address. When the memory is full of addresses that failed lately, all further ones share a single allowance: forgetting one instead
// would let somebody with many addresses begin afresh.
func (l *addresses) find(network string, now time.Time) *address {
	if l.seen == nil {
		l.seen = map[string]*address{}
	}
	if a := l.seen[network]; a != nil {
		return a
	}
	if len(l.seen) >= addressLimit {
		l.sweep(now)
	}
	if len(l.seen) >= addressLimit {
		network = ""
	}
	a := l.seen[network]
	if a == nil {
		a = &address{failures: rate.NewLimiter(rate.Every(addressEvery), addressBurst)}
		l.seen[network] = a
	}
	return a
}

// sweep forgets the addresses that have their whole allowance, at most once a second.
func (l *addresses) sweep(now time.Time) {
	if now.Sub(l.swept).Abs() < time.Second {
		return
	}
	l.swept = now
	for network, a := range l.seen {
		if a.pending == 0 && a.failures.TokensAt(now) >= addressBurst {
			delete(l.seen, network)
		}
	}
}

// network is what one customer of a network has: an IPv4 address, or the /64 of an IPv6 address. Everything that is no address is one network.
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
