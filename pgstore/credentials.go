package pgstore

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// credentialColumns are those of @credentials, after seq.
const credentialColumns = `id, kind, account, hash, family, name, scopes,
	created_at, expires_at, idle_timeout, last_used_at, revoked_at`

// credentialDest returns where a row of seq and credentialColumns is scanned to.
func credentialDest(c *store.Credential) []any {
	return []any{
		&c.Seq, (*id)(&c.ID), (*small)(&c.Kind), (*id)(&c.Account), (*hash)(&c.Hash), (*id)(&c.Family),
		&c.Name, fromJSON[[]string]{&c.Scopes}, (*micros)(&c.CreatedAt), (*micros)(&c.ExpiresAt),
		(*span)(&c.IdleTimeout), (*micros)(&c.LastUsedAt), (*micros)(&c.RevokedAt),
	}
}

// CreateSession implements [store.Credentials].
func (s *Store) CreateSession(ctx context.Context, session store.Credential, accountVersion int64) (store.Credential, error) {
	session = sqlbackend.NormalCredential(session)
	err := s.writeTogether(ctx, "create a session", func(t *tx) error {
		if err := t.holder(ctx, session.Account, accountVersion); err != nil {
			return err
		}
		if err := t.noteLogin(ctx, &session); err != nil {
			return err
		}
		return t.insertCredential(ctx, &session)
	})
	if err != nil {
		return store.Credential{}, err
	}
	return session, nil
}

// CreateToken implements [store.Credentials].
func (s *Store) CreateToken(ctx context.Context, token store.Credential, accountVersion int64, change store.Change) (store.Credential, error) {
	token = sqlbackend.NormalCredential(token)
	err := s.write(ctx, "create an API token", func(t *tx) error {
		if err := t.holder(ctx, token.Account, accountVersion); err != nil {
			return err
		}
		if err := t.insertCredential(ctx, &token); err != nil {
			return err
		}
		c, err := changelog.Token(change, &token)
		if err != nil {
			return err
		}
		return t.log(c)
	})
	if err != nil {
		return store.Credential{}, err
	}
	return token, nil
}

// holder refuses a credential for an account that is gone or of another version.
func (t *tx) holder(ctx context.Context, account uuid.UUID, version int64) error {
	var stored int64
	err := t.row(ctx, []any{&stored}, `SELECT version FROM @accounts WHERE id = ? FOR UPDATE`, uid(account))
	if err == nil && stored != version {
		err = store.ErrConflict
	}
	return notFound(err)
}

// noteLogin makes a session that is about to begin the last login of its
// account, unless it goes on with a login there was.
func (t *tx) noteLogin(ctx context.Context, session *store.Credential) error {
	return t.exec(ctx, `UPDATE @accounts SET last_login_at = ?1
		WHERE id = ?2 AND (last_login_at IS NULL OR last_login_at < ?1)
			AND NOT EXISTS (SELECT 1 FROM @credentials WHERE family = ?3 AND account = ?2)`,
		sqlbackend.TimeArg(session.CreatedAt), uid(session.Account), idArg(session.Family))
}

// insertCredential inserts a credential, giving it its Seq.
func (t *tx) insertCredential(ctx context.Context, c *store.Credential) error {
	scopes, err := sqlbackend.JSONArg(c.Scopes, len(c.Scopes))
	if err != nil {
		return err
	}
	return t.row(ctx, []any{&c.Seq}, `INSERT INTO @credentials (`+credentialColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
		uid(c.ID), int64(c.Kind), uid(c.Account), c.Hash[:], idArg(c.Family), c.Name, scopes,
		sqlbackend.TimeArg(c.CreatedAt), sqlbackend.TimeArg(c.ExpiresAt), c.IdleTimeout.Microseconds(), sqlbackend.TimeArg(c.LastUsedAt), sqlbackend.TimeArg(c.RevokedAt))
}

// byHashQuery reads a credential with its account in one query, since every
// request of somebody who has logged in asks for it.
var byHashQuery = `SELECT c.seq, ` + qualified("c", credentialColumns) + `, ` + wholeAccount + `
		FROM @credentials c JOIN @accounts a ON a.id = c.account` + partsOfAccount + `
		WHERE c.hash = ? ORDER BY k.position, e.position`

// CredentialByHash implements [store.Credentials].
func (s *Store) CredentialByHash(ctx context.Context, hash store.SecretHash) (credential store.Credential, account store.Account, err error) {
	err = s.lookup(ctx, "read a credential", func(q querier) error {
		rows, err := q.query(ctx, byHashQuery, hash[:])
		if err != nil {
			return err
		}
		var found accountReader
		dest := credentialDest(&credential)
		if err := drain(rows, func(rows pgx.Rows) error { return found.read(rows, dest...) }); err != nil {
			return err
		}
		account, err = found.accounts.Only()
		return err
	})
	if err != nil {
		return store.Credential{}, store.Account{}, err
	}
	return credential, account, nil
}

// credentialConditions says in SQL what [store.CredentialFilter.Match] says.
func credentialConditions(f *store.CredentialFilter) *sqlbackend.Conditions {
	c := new(sqlbackend.Conditions)
	if f.Account != uuid.Nil {
		c.Add(`account = ?`, uid(f.Account))
	}
	if f.Kind != 0 {
		c.Add(`kind = ?`, int64(f.Kind))
	}
	if f.ID != uuid.Nil {
		c.Add(`id = ?`, uid(f.ID))
	}
	if f.Family != uuid.Nil {
		c.Add(`family = ?`, uid(f.Family))
	}
	if f.Except != uuid.Nil {
		c.Add(`id <> ?`, uid(f.Except))
	}
	return c
}

// ListCredentials implements [store.Credentials].
func (s *Store) ListCredentials(ctx context.Context, filter store.CredentialFilter, page store.Page) ([]store.Credential, error) {
	c := credentialConditions(&filter)
	tail := c.Page(page)
	return readAll(ctx, s, "list credentials", func(rows pgx.Rows) (c store.Credential, err error) {
		return c, rows.Scan(credentialDest(&c)...)
	}, `SELECT seq, `+credentialColumns+` FROM @credentials`+c.Where()+tail, c.Args...)
}

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

// RevokeCredentials implements [store.Credentials].
func (s *Store) RevokeCredentials(ctx context.Context, filter store.CredentialFilter, change store.Change) (revoked int64, err error) {
	err = s.write(ctx, "revoke credentials", func(t *tx) (err error) {
		if revoked, err = t.revoke(ctx, &filter, change.At); err != nil || revoked == 0 || change.Action == "" {
			return err
		}
		return t.log(changelog.Revoked(change, &filter, revoked))
	})
	if err != nil {
		return 0, err
	}
	return revoked, nil
}

// revoke revokes the credentials that the filter selects and that are not
// revoked yet, and says how many.
func (t *tx) revoke(ctx context.Context, filter *store.CredentialFilter, at time.Time) (int64, error) {
	c := credentialConditions(filter)
	c.Add(`revoked_at IS NULL`)
	return t.affect(ctx, `UPDATE @credentials SET revoked_at = ?`+c.Where(), append([]any{at.UnixMicro()}, c.Args...)...)
}

// TrimSessions implements [store.Credentials].
func (s *Store) TrimSessions(ctx context.Context, account uuid.UUID, keep int) (trimmed int64, err error) {
	const doing = "trim sessions"
	const excess = `SELECT seq FROM (SELECT seq, row_number() OVER (PARTITION BY revoked_at IS NULL ORDER BY seq DESC) AS n
		FROM @credentials WHERE account = ?1 AND kind = ?2) numbered WHERE n > ?3`
	args := []any{uid(account), int64(store.Session), keep}
	var more bool
	err = s.read(ctx, doing, func(q querier) error {
		return q.row(ctx, []any{&more}, `SELECT EXISTS (`+excess+`)`, args...)
	})
	if err != nil || !more {
		return 0, err
	}
	err = s.write(ctx, doing, func(t *tx) (err error) {
		trimmed, err = t.affect(ctx, `DELETE FROM @credentials WHERE seq IN (`+excess+`)`, args...)
		return err
	})
	if err != nil {
		return 0, err
	}
	return trimmed, nil
}

// PurgeCredentials implements [store.Credentials].
func (s *Store) PurgeCredentials(ctx context.Context, before time.Time) (purged int64, err error) {
	err = s.write(ctx, "purge credentials", func(t *tx) (err error) {
		// A time that is not known is the zero time, long ago.
		purged, err = t.affect(ctx, `DELETE FROM @credentials WHERE revoked_at < ?1 OR expires_at < ?1
			OR idle_timeout > 0 AND greatest(created_at, last_used_at, ?2) + idle_timeout < ?1`,
			before.UnixMicro(), time.Time{}.UnixMicro())
		return err
	})
	if err != nil {
		return 0, err
	}
	return purged, nil
}
