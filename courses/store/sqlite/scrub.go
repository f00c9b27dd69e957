package sqlite

import (
	"context"
	"time"
)

// Scrub is described at [store.Scrubber]. What is deleted or replaced is overwritten in the file (secure_delete); what
// lies on is the log, where pages stand as they were. It is moved into the file and emptied, once nobody reads an older
// state from it; while somebody does for longer than some seconds, it is emptied when the store is closed, or at the
// latest when it has come to 64 MB.
func (s *Store) Scrub(ctx context.Context) error {
	db := s.pool()
	defer db.Close()
	db.SetMaxOpenConns(1)
	for try := 0; ; try++ {
		var busy, pages, moved int
		if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
			return s.broken(err)
		}
		if busy == 0 || try == 2 {
			return nil
		}
		select {
		case <-ctx.Done():
			return unavailable(ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}
