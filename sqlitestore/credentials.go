package sqlitestore

import (
	"context"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// CredentialByHash implements [store.Credentials]. What was read before is not read
// again while nobody commits, see credentialCache; who finds that in use reads by
// another connection rather than wait.
func (s *Store) CredentialByHash(ctx context.Context, hash store.SecretHash) (store.Credential, store.Account, error) {
	var h holder
	err := s.read(ctx, "read a credential", func(querier) (err error) {
		if s.owned && s.known.mu.TryLock() {
			defer s.known.mu.Unlock()
			h, err = s.known.find(ctx, s, hash)
			return err
		}
		stmt, err := s.byHash.get(ctx, s.readDB, func() string { return dialect.Query(sqlbackend.CredentialByHash) })
		if err == nil {
			h, err = readHolder(ctx, stmt, hash)
		}
		return err
	})
	if err != nil {
		return store.Credential{}, store.Account{}, err
	}
	return h.credential, h.account, nil
}

// UseCredential implements [store.Credentials]. It waits for no other writer:
// while there is one the error is [store.ErrBusy].
func (s *Store) UseCredential(ctx context.Context, id uuid.UUID, at time.Time) error {
	const doing = "note the use of a credential"
	const news = `revoked_at IS NULL AND (last_used_at IS NULL OR last_used_at < ?1)`
	var newer bool
	err := s.read(ctx, doing, func(q querier) error {
		return notFound(q.QueryRowContext(ctx, `SELECT `+news+` FROM ostraka_credentials WHERE id = ?2`, at.UnixMicro(), id[:]).Scan(&newer))
	})
	if err != nil || !newer {
		return err
	}
	return s.writeAtOnce(ctx, doing, func(t *tx) error {
		return t.exec(ctx, `UPDATE ostraka_credentials SET last_used_at = ?1 WHERE id = ?2 AND `+news, at.UnixMicro(), id[:])
	})
}
