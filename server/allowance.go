package server

import (
	"fmt"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/time/rate"
)

// allowance is how often each address or account may do something: so many times at once, and one more every so often. It is counted in this process.
type allowance struct {
	burst int
	every time.Duration

	mu    sync.Mutex
	of    map[string]*rate.Limiter
	swept time.Time
}

// allowanceLimit is how many addresses or accounts an allowance remembers. When all of them used it lately, all further ones share a single one.
const allowanceLimit = 10_000

// take uses up n and is 0, or uses up nothing and is the time after which n may be had. n is at most the burst.
func (a *allowance) take(who string, n int, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.find(who, now).ReserveN(now, n)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait
	}
	return 0
}

func (a *allowance) find(who string, now time.Time) *rate.Limiter {
	if l := a.of[who]; l != nil {
		return l
	}
	if a.of == nil {
		a.of = map[string]*rate.Limiter{}
	}
	if len(a.of) >= allowanceLimit && now.Sub(a.swept).Abs() >= time.Second {
		a.swept = now
		for who, l := range a.of {
			if l.TokensAt(now) >= float64(a.burst) {
				delete(a.of, who)
			}
		}
	}
	if len(a.of) >= allowanceLimit {
		who = ""
	}
	l := a.of[who]
	if l == nil {
		l = rate.NewLimiter(rate.Every(a.every), a.burst)
		a.of[who] = l
	}
	return l
}

// limits keeps one address or account from trying or asking too much. What people do in earnest stays far below.
type limits struct {
	codes   allowance // certificates looked up, by address. A code has 55 random bits: at this rate one address tries 2^20 in twelve days
	facts   allowance // what a phone brings, by account: a whole curriculum at once, after any time without a network
	imports allowance // spreadsheets read, by account
	exports allowance // lists written as files, by account
	papers  allowance // PDF made or sent, by account
}

func newLimits() *limits {
	return &limits{
		codes:   allowance{burst: 60, every: time.Second},
		facts:   allowance{burst: 2000, every: 20 * time.Second},
		imports: allowance{burst: 60, every: time.Minute},
		exports: allowance{burst: 60, every: 15 * time.Second},
		papers:  allowance{burst: 120, every: 5 * time.Second},
	}
}

// tooOften is the error of who has used an allowance up: how long to wait.
type tooOften time.Duration

func (e tooOften) Error() string { return fmt.Sprintf("too often: wait %v", time.Duration(e)) }

// seconds is the wait as Retry-After has it.
func (e tooOften) seconds() int { return int((time.Duration(e) + time.Second - 1) / time.Second) }

// limit lets a request pass while its sender has some of the allowance left.
func (s *Server) limit(a *allowance, sender func(*fiber.Ctx) string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := s.spend(a, sender(c), 1); err != nil {
			return err
		}
		return c.Next()
	}
}

func (s *Server) spend(a *allowance, who string, n int) error {
	if wait := a.take(who, n, s.now()); wait > 0 {
		return tooOften(wait)
	}
	return nil
}
