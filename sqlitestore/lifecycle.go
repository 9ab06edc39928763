package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"example.com/ostraka/store"
)

// lifecycle counts the operations that are under way. It is no RWMutex because
// a subscriber may call the store, and even close it.
type lifecycle struct {
	mu      sync.Mutex
	closed  bool
	running int
	idle    chan struct{} // closed once the store is and nothing is under way
}

func (l *lifecycle) enter() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return store.ErrClosed
	}
	l.running++
	return nil
}

func (l *lifecycle) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
	if l.closed && l.running == 0 {
		close(l.idle)
	}
}

// close lets nothing in any more and reports whether it is the first call to do
// so. The channel is closed when everything has left.
func (l *lifecycle) close() (first bool, idle <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false, l.idle
	}
	l.closed = true
	l.idle = make(chan struct{})
	if l.running == 0 {
		close(l.idle)
	}
	return true, l.idle
}

// begin admits an operation, unless the file is no longer in its place; every
// success needs one life.leave.
func (s *Store) begin(ctx context.Context, doing string) error {
	err := ctx.Err()
	if err == nil {
		err = s.life.enter()
	}
	if err == nil {
		if err = s.file.inPlace(); err != nil {
			s.life.leave()
		}
	}
	return explain(ctx, doing, err)
}

// nothing is a whole operation that has nothing to do.
func (s *Store) nothing(ctx context.Context, doing string) error {
	if err := s.begin(ctx, doing); err != nil {
		return err
	}
	s.life.leave()
	return nil
}

// Close waits for operations that are under way and closes the database, unless
// it is the host's. A subscriber that is being called is not waited for. The
// last store to close a file folds the write-ahead log into it.
func (s *Store) Close() error {
	first, idle := s.life.close()
	<-idle
	if !first {
		return nil
	}
	errs := []error{s.byHash.close()}
	for i := range s.lookups {
		errs = append(errs, s.lookups[i].close())
	}
	if s.owned {
		// Readers first, so that the connection that may write is the last one.
		for _, db := range []*sql.DB{s.readDB, s.writeDB} {
			if db != nil {
				errs = append(errs, db.Close())
			}
		}
	}
	return explain(context.Background(), "close", errors.Join(errs...))
}
