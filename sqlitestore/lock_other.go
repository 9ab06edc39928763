//go:build !unix || solaris || illumos || aix

package sqlitestore

import "os"

// tryLock reports false: there is no such lock here, and no draft is ever taken
// for left behind.
func tryLock(*os.File) bool { return false }
