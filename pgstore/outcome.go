package pgstore

import (
	"context"
	"fmt"
	"time"
)

// What pg_xact_status says; NULL, here empty, of what was too long ago.
const (
	inProgress = "in progress"
	committed  = "committed"
	aborted    = "aborted"
	neverBegun = "in future" // by an error: the server has not given this number yet
)

// outcome finds out whether a transaction was committed whose connection was lost
// meanwhile.
func (s *Store) outcome(ctx context.Context, t *tx, lost error) error {
	for {
		status, started, err := s.xactStatus(ctx, t.xid)
		if err == nil && status != inProgress {
			took, known, err := s.tookPlace(ctx, t, status, started)
			switch {
			case err != nil: // once more
			case !known:
				return fmt.Errorf("%w: %w", ErrOutcome, lost)
			case took:
				return nil
			default:
				return fmt.Errorf("%w: %w", ErrConnection, lost)
			}
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrOutcome, lost)
		}
	}
}

// xactStatus returns what the server says of the transaction of that number, and when
// it was started. It may be another transaction's: see [identity].
func (s *Store) xactStatus(ctx context.Context, xid string) (status string, started time.Time, err error) {
	err = querier{store: s, conn: s.pool}.row(ctx, []any{&status, &started},
		`SELECT coalesce(pg_xact_status(CAST(CAST(? AS text) AS xid8)), ''), pg_postmaster_start_time() `+onPrimaryOnly, xid)
	if code(err) == codeInvalidParameter {
		return neverBegun, started, nil
	}
	return status, started, err
}

// tookPlace decides whether a transaction was committed that has ended. What it has
// logged is in the log if, and only if, it was: the number alone may be another one's, of
// a server that crashed and was started again, or was taken over from.
func (s *Store) tookPlace(ctx context.Context, t *tx, status string, started time.Time) (took, known bool, err error) {
	if n := len(t.logged); n > 0 {
		c := &t.logged[n-1]
		err := s.pool.QueryRow(ctx, s.sql(`SELECT EXISTS (SELECT 1 FROM @changes WHERE seq = ? AND at = ? AND actor = ? AND action = ?
			AND target IS NOT DISTINCT FROM CAST(? AS uuid)) AND `+onPrimary),
			c.Seq, c.At.UnixMicro(), c.Actor, string(c.Action), idArg(c.Target)).Scan(&took)
		return took, true, err
	}
	switch status {
	case aborted, neverBegun:
		return false, true, nil
	case committed:
		return true, started.Equal(t.started), nil
	}
	return false, false, nil
}
