package edge

import (
	"context"
	"sync"
	"time"
)

// Shared is an allowance that is counted for all processes on the store. In this process it is an Allowance as any
// other, and of every so many that an address uses up one write tells the store: an address that asks for little costs
// none, and one that asks for much a bounded number.
type Shared struct {
	Allowance
	// Spend tells the store that an address used up n, and says how long it has to wait.
	Spend func(ctx context.Context, who string, n, burst int, every time.Duration) (time.Duration, error)

	mu sync.Mutex
	of map[string]spent
}

// spent is what an address used up and the store was not told, and until when it waits.
type spent struct {
	untold int
	until  time.Time
}

// toldTogether is how many are told with one write.
const toldTogether = 10

// Take uses up one and is 0, or is the time after which one may be had. Where the store cannot be told, this process
// counts alone.
func (s *Shared) Take(ctx context.Context, who string, now time.Time) time.Duration {
	if wait := s.waits(who, now); wait > 0 {
		return wait
	}
	if wait := s.Allowance.Take(who, 1, now); wait > 0 {
		return wait
	}
	if !s.due(who) {
		return 0
	}
	wait, err := s.Spend(ctx, who, toldTogether, s.burst, s.every)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && wait > 0 {
		s.of[who] = spent{until: now.Add(wait)}
	}
	return 0
}

func (s *Shared) waits(who string, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := s.of[who].until.Sub(now)
	if wait > 0 && wait <= time.Duration(s.burst)*s.every { // else the clock was put back
		return wait
	}
	return 0
}

// due notes one more and says whether it is time to tell the store.
func (s *Shared) due(who string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil || len(s.of) >= allowanceLimit { // so many addresses owe a few each at most
		s.of = map[string]spent{}
	}
	n := s.of[who].untold + 1
	s.of[who] = spent{untold: n % toldTogether}
	return n == toldTogether
}
