package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"lopban/courses/problem"
)

// GiveWay waits a little longer after each try, by chance, so that those who want the same line of a book come apart:
// lines are taken by the insert itself, and whoever finds one taken looks for the next.
func GiveWay(ctx context.Context, try int) error {
	select {
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", problem.ErrUnavailable, ctx.Err())
	case <-time.After(rand.N(time.Millisecond << min(try, 6))):
		return nil
	}
}
