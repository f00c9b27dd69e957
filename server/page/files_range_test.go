package page

import "testing"

func TestRangesAreReadAsTheyAreWritten(t *testing.T) {
	for header, want := range map[string][3]int{ // from, to, 1 for a part
		"": {0, 0, 0}, "bytes=0-0": {0, 1, 1}, "bytes=2-": {2, 10, 1}, "bytes=2-4": {2, 5, 1}, "bytes=2-99999": {2, 10, 1}, "bytes=-3": {7, 10, 1}, "bytes=-10": {0, 10, 1}, "bytes=-99999": {0, 10, 1},
		"bytes=10-": {10, 10, 1}, "bytes=99-100": {99, 10, 1}, "bytes=-0": {10, 10, 1}, "bytes=4-2": {0, 0, 0}, "bytes= 0-1": {0, 0, 0}, "bytes=0-1,4-5": {0, 0, 0}, "bytes=-": {0, 0, 0},
		"bytes=a-b": {0, 0, 0}, "lines=0-1": {0, 0, 0}, "bytes=-99999999999999999999": {0, 10, 1}, "bytes=0-99999999999999999999": {0, 10, 1},
	} {
		from, to, some := span(header, 10)
		got := [3]int{from, to, 0}
		if some {
			got[2] = 1
		}
		if got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
	if from, _, some := span("bytes=99999999999999999999-", 10); !some || from < 10 {
		t.Errorf("a range behind any end begins at %d", from)
	}
}
