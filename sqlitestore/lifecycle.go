package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
)

// begin admits an operation, unless the file is no longer in its place; every
// success needs one life.leave.
func (s *Store) begin(ctx context.Context, doing string) error {
	err := ctx.Err()
	if err == nil {
		err = s.life.Enter()
	}
	if err == nil {
		if err = s.file.inPlace(); err != nil {
			s.life.Leave()
		}
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

// Close waits for operations that are under way and closes the database, unless
// it is the host's. A subscriber that is being called is not waited for. The
// last store to close a file folds the write-ahead log into it. Where the -shm file
// was moved or deleted, it leaves that to who opens the file next: one connection then
// stays open until the process ends.
func (s *Store) Close() error {
	first, idle := s.life.Close()
	<-idle
	if !first {
		return nil
	}
	errs := []error{s.byHash.close(), s.known.close()} // no operation is under way
	for i := range s.lookups {
		errs = append(errs, s.lookups[i].close())
	}
	if s.owned {
		// Readers first, so that the connection that may write is the last one.
		pools := []*sql.DB{s.readDB, s.writeDB}
		if s.file.indexLost() && s.writeDB.Ping() == nil {
			s.file.abandon()
			pools = pools[:1]
		}
		for _, db := range pools {
			if db != nil {
				errs = append(errs, db.Close())
			}
		}
	}
	return explain(context.Background(), "close", errors.Join(errs...))
}
