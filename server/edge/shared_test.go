package edge

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"
)

// account is what the store knows of addresses.
type account struct {
	until  map[string]time.Time
	writes int
	err    error
	now    time.Time
}

func (a *account) spend(_ context.Context, who string, n, burst int, every time.Duration) (time.Duration, error) {
	if a.err != nil {
		return 0, a.err
	}
	a.writes++
	owed := max(0, a.until[who].Sub(a.now)) + time.Duration(n)*every
	a.until[who] = a.now.Add(owed)
	return max(0, owed-time.Duration(burst)*every), nil
}

func (a *account) process() *Shared {
	return &Shared{Allowance: Allowance{burst: 60, every: time.Second}, Spend: a.spend}
}

// However many processes an address asks, it gets little more than from one; one write stands for ten.
func TestASharedAllowanceIsOneForAllProcesses(t *testing.T) {
	a := &account{until: map[string]time.Time{}, now: begun}
	all := []*Shared{a.process(), a.process(), a.process(), a.process()}
	had := 0
	ask := func(who string, seconds int) {
		for range seconds {
			for _, s := range all {
				for range 5 {
					if s.Take(t.Context(), who, a.now) == 0 {
						had++
					}
				}
			}
			a.now = a.now.Add(time.Second)
		}
	}
	ask("one", 300)
	if most := 60 + 300 + 2*toldTogether*len(all); had > most || had < 300 {
		t.Errorf("an address had %d in 300 s, at most %d", had, most)
	}
	if a.writes > had/toldTogether {
		t.Errorf("%d writes for %d", a.writes, had)
	}
	a.now = a.now.Add(time.Hour)
	before := a.writes
	had = 0
	ask("one", 1)
	if had != 20 {
		t.Errorf("an hour later it has %d of 20", had)
	}
	for i := range 2 * allowanceLimit { // who asks once costs nothing
		all[0].Take(t.Context(), strconv.Itoa(i), a.now)
	}
	if a.writes != before || len(all[0].of) > allowanceLimit {
		t.Errorf("%d writes more, %d addresses kept", a.writes-before, len(all[0].of))
	}
}

// Where the store cannot be told, a process counts alone, and nobody is refused for it.
func TestASharedAllowanceWithoutItsStore(t *testing.T) {
	a := &account{until: map[string]time.Time{}, now: begun, err: errors.New("the disk is full")}
	s, had := a.process(), 0
	for range 1000 {
		if s.Take(t.Context(), "one", a.now) == 0 {
			had++
		}
	}
	if had != 60 {
		t.Errorf("had %d of a burst of 60", had)
	}
}
