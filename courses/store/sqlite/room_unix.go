//go:build linux || darwin

package sqlite

import "syscall"

// Room is how many bytes the disk has left for the store, and how many it has. It is not ok where the system does not
// say.
func (s *Store) Room() (free, all uint64, ok bool) {
	var d syscall.Statfs_t
	if err := syscall.Statfs(s.dir, &d); err != nil {
		return 0, 0, false
	}
	size := uint64(d.Bsize)
	return d.Bavail * size, d.Blocks * size, true
}
