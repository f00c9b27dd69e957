package edge

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Allowance is how often each address or account may do something: so many times at once, and one more every so often.
// It is counted in this process; see Shared.
type Allowance struct {
	burst int
	every time.Duration

	mu    sync.Mutex
	Of    map[string]*rate.Limiter
	swept time.Time
}

// allowanceLimit is how many addresses or accounts an allowance remembers. When all of them used it lately, all further
// ones share a single one.
const allowanceLimit = 10_000

// Take uses up n and is 0, or uses up nothing and is the time after which n may be had. n is at most the burst.
func (a *Allowance) Take(who string, n int, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.find(who, now).ReserveN(now, n)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait
	}
	return 0
}

func (a *Allowance) find(who string, now time.Time) *rate.Limiter {
	if l := a.Of[who]; l != nil {
		return l
	}
	if a.Of == nil {
		a.Of = map[string]*rate.Limiter{}
	}
	if len(a.Of) >= allowanceLimit && now.Sub(a.swept).Abs() >= time.Second {
		a.swept = now
		for who, l := range a.Of {
			if l.TokensAt(now) >= float64(a.burst) {
				delete(a.Of, who)
			}
		}
	}
	if len(a.Of) >= allowanceLimit {
		who = ""
	}
	l := a.Of[who]
	if l == nil {
		l = rate.NewLimiter(rate.Every(a.every), a.burst)
		a.Of[who] = l
	}
	return l
}

// Limits keeps one address or account from trying or asking too much. What people do in earnest stays far below.
type Limits struct {
	// certificates looked up, by address. A code has 55 random bits: at this rate one address tries 2^20 in twelve days
	Codes   Shared
	Facts   Allowance // what a phone brings, by account: a whole curriculum at once, after any time without a network
	Imports Allowance // spreadsheets read, by account
	Exports Allowance // lists written as files, by account
	Papers  Allowance // PDF made or sent, by account
}

func NewLimits() *Limits {
	return &Limits{
		Codes:   Shared{Allowance: Allowance{burst: 60, every: time.Second}},
		Facts:   Allowance{burst: 2000, every: 20 * time.Second},
		Imports: Allowance{burst: 60, every: time.Minute},
		Exports: Allowance{burst: 60, every: 15 * time.Second},
		Papers:  Allowance{burst: 120, every: 5 * time.Second},
	}
}
