package edge

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// begun is a day on which tests begin.
var begun = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)

// Whatever the times and amounts: in no stretch of time is more had than the burst and what the stretch brings, and who
// waits as long as told gets it.
func TestAnAllowanceIsNeverOverdrawn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Allowance{burst: rapid.IntRange(1, 20).Draw(t, "burst"), every: time.Duration(rapid.IntRange(1, 10_000).Draw(t, "every")) * time.Millisecond}
		type had struct {
			at time.Time
			n  int
		}
		var all []had
		now := begun
		for range rapid.IntRange(1, 40).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.IntRange(0, 30_000).Draw(t, "pause")) * time.Millisecond)
			n := rapid.IntRange(1, a.burst).Draw(t, "n")
			a.Take("another", a.burst, now)
			wait := a.Take("one", n, now)
			if wait > 0 && rapid.Bool().Draw(t, "waits") {
				now = now.Add(wait + time.Microsecond) // it counts in floating point
				if again := a.Take("one", n, now); again > 0 {
					t.Fatalf("after the %v that were asked for it is %v more", wait, again)
				}
				wait = 0
			}
			if wait == 0 {
				all = append(all, had{now, n})
			}
		}
		for i := range all {
			sum := 0
			for _, h := range all[i:] {
				sum += h.n
				if most := float64(a.burst) + float64(h.at.Sub(all[i].at))/float64(a.every); float64(sum) > most+1e-3 {
					t.Fatalf("%d in %v, at most %v", sum, h.at.Sub(all[i].at), most)
				}
			}
		}
	})
}

func TestAllowancesDoNotFillMemory(t *testing.T) {
	a := Allowance{burst: 1, every: time.Minute}
	for i := range 3 * allowanceLimit {
		a.Take(strconv.Itoa(i), 1, begun)
	}
	if len(a.Of) > allowanceLimit+1 {
		t.Errorf("%d are remembered", len(a.Of))
	}
	if a.Take("one more", 1, begun) == 0 {
		t.Error("who comes when the memory is full has an allowance of their own")
	}
	if later := begun.Add(time.Hour); a.Take("later", 1, later) > 0 || len(a.Of) != 1 {
		t.Errorf("after an hour %d are remembered", len(a.Of))
	}
}
