package pgstore

import (
	"context"
)

// begin admits an operation; every
// success needs one life.leave.
func (s *Store) begin(ctx context.Context, doing string) error {
	err := ctx.Err()
	if err == nil {
		err = s.life.Enter()
	}
	return explain(ctx, doing, err)
}

// during runs fn as an operation.
func (s *Store) during(ctx context.Context, doing string, fn func() error) error {
	return s.life.During(func() error { return s.begin(ctx, doing) }, fn)
}

// nothing is a whole operation that has nothing to do.
func (s *Store) nothing(ctx context.Context, doing string) error {
	return s.during(ctx, doing, func() error { return nil })
}

// Close waits for operations that are under way, stops listening, and closes the
// pool, unless it is the host's: a server that says nothing is waited for for a second
// more. A subscriber that is being called is not waited for.
func (s *Store) Close() error {
	first, idle := s.life.Close()
	<-idle
	if !first {
		return nil
	}
	s.listener.close()
	if s.owned {
		s.sockets.close(s.pool)
	}
	return nil
}
