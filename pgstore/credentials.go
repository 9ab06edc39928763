package pgstore

import (
	"context"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// UseCredential implements [store.Credentials]. It waits for no other writer of the
// credential: while there is one the error is [store.ErrBusy].
func (s *Store) UseCredential(ctx context.Context, id uuid.UUID, at time.Time) error {
	const doing = "note the use of a credential"
	const news = `revoked_at IS NULL AND (last_used_at IS NULL OR last_used_at < ?1)`
	return s.read(ctx, doing, func(q querier) error {
		var newer bool
		err := q.row(ctx, []any{&newer}, `SELECT `+news+` FROM @credentials WHERE id = ?2`, at.UnixMicro(), uid(id))
		if err != nil || !newer {
			return notFound(err)
		}
		var noted bool
		err = q.row(ctx, []any{&noted}, `WITH free AS (SELECT seq FROM @credentials WHERE id = ?2 FOR UPDATE SKIP LOCKED),
			noted AS (UPDATE @credentials c SET last_used_at = ?1 FROM free WHERE c.seq = free.seq AND `+news+`)
			SELECT EXISTS (SELECT 1 FROM free)`, at.UnixMicro(), uid(id))
		if err == nil && !noted {
			err = store.ErrBusy
		}
		return err
	})
}
