package sqlitestore

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"example.com/ostraka/store"
)

// A write waits for its turn, for the lock and for its commit. What it waited for one it
// does not wait for the next again.
func TestPatienceIsSpentOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := openAt(t, path, Options{BusyTimeout: time.Nanosecond})
	release := holdLock(t, path)
	_, locked := s.CreateBan(context.Background(), domainBan("a.example"), by(store.BanCreate))
	release()
	if !isBusy(locked) {
		t.Fatalf("error = %v, want one of a lock", locked)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		began := time.Now()
		p := &patience{time.Second}
		takes := func(d time.Duration) func(context.Context) error {
			return func(ctx context.Context) error {
				select {
				case <-time.After(d):
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		if err := p.wait(ctx, takes(400*time.Millisecond)); err != nil {
			t.Error(err)
		}
		untilFree := began.Add(800 * time.Millisecond)
		if err := p.retry(ctx, func() error {
			if time.Now().Before(untilFree) {
				return locked
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		if err := p.retry(ctx, func() error { return locked }); !isBusy(err) {
			t.Errorf("error = %v, want ErrBusy", err)
		}
		if waited := time.Since(began); waited < time.Second || waited > time.Second+10*time.Millisecond {
			t.Errorf("it waited %v, want a second", waited)
		}
		if err := p.wait(ctx, takes(time.Minute)); !errors.Is(err, store.ErrBusy) || time.Since(began) > time.Second+lockSlice+20*time.Millisecond {
			t.Errorf("error = %v after %v, want ErrBusy at once", err, time.Since(began))
		}
	})
}
