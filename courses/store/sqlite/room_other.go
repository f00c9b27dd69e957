//go:build !linux && !darwin

package sqlite

// Room is not known here.
func (s *Store) Room() (free, all uint64, ok bool) { return 0, 0, false }
