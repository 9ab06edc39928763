package storetest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// recorder is a reporter that keeps what it is told.
type recorder struct {
	ctx context.Context

	mu       sync.Mutex
	failures []string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// verdict runs a check and returns its failures. A check that does not return
// in time, as with a store that holds a lock for ever, is one.
func verdict(t *testing.T, check func(reporter)) []string {
	r := &recorder{ctx: t.Context()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		check(r)
	}()
	select {
	case <-done:
	case <-time.After(time.Second):
		r.Errorf("the check hangs")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.failures)
}

func clauseNamed(t *testing.T, name string) clause {
	t.Helper()
	i := slices.IndexFunc(clauses(), func(c clause) bool { return c.name == name })
	if i < 0 {
		t.Fatalf("the suite has no rule %q", name)
	}
	return clauses()[i]
}
