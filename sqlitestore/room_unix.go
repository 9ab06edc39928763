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
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	free := float64(s.Bavail) * float64(s.Bsize) // below 0 where others have the rest, on FreeBSD
	return int64(max(0, min(free, math.MaxInt64/2))), true
}
