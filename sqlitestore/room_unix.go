//go:build linux || darwin || freebsd

package sqlitestore

import (
	"math"
	"syscall"
)

// freeBytes returns how much of the file system that a folder is on this process may
// still write.
func freeBytes(dir string) (int64, bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil || s.Bavail < 0 {
		return 0, false
	}
	return int64(min(float64(s.Bavail)*float64(s.Bsize), math.MaxInt64/2)), true
}
