package lab

import (
	"context"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

// smallDisk returns a folder for the database, on a disk of its own that can be
// filled if that can be had.
func smallDisk(t *testing.T) (dir string, fill bool) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=24m,mode=0700"); err != nil {
		t.Logf("no disk is filled: %v", err)
		return dir, false
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir, true
}

// freeze stops checkers now and then, for longer than their poll interval, and
// returns how often.
func freeze(ctx context.Context, checkers []*child) (n int) {
	for {
		select {
		case <-ctx.Done():
			return n
		case <-time.After(time.Duration(1+rand.N(4)) * time.Second):
		}
		p := checkers[rand.N(len(checkers))].cmd.Process
		_ = p.Signal(syscall.SIGSTOP)
		time.Sleep(pollEvery + rand.N(time.Second))
		_ = p.Signal(syscall.SIGCONT)
		n++
	}
}
