//go:build unix && !solaris && !illumos && !aix

package sqlitestore

import (
	"os"
	"syscall"
)

// tryLock takes a lock on a file that the system drops when the file is closed,
// as when the process dies. It reports false if another has it.
func tryLock(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
