//go:build unix

package edge

import "syscall"

// OpenFiles is how many files this process may have open at once. Go raises it to what the system allows when a program
// starts.
func OpenFiles() uint64 {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0
	}
	return uint64(l.Cur)
}
