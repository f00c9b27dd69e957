package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// testAhead is how far ahead of today the whole suite is asked to run, so that no test depends on the day:
// LOPBAN_TEST_AHEAD=1y or 10y, or any duration that Go knows.
func testAhead() (time.Duration, error) {
	text := os.Getenv("LOPBAN_TEST_AHEAD")
	if text == "" {
		return 0, nil
	}
	if years, ok := strings.CutSuffix(text, "y"); ok {
		n, err := strconv.Atoi(years)
		if err != nil {
			return 0, fmt.Errorf("LOPBAN_TEST_AHEAD=%s: want 10y or a duration", text)
		}
		now := time.Now()
		return now.AddDate(n, 0, 0).Sub(now), nil
	}
	return time.ParseDuration(text)
}
