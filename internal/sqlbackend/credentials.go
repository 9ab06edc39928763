package sqlbackend

import (
	"context"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// CredentialColumns are those of @credentials, after seq.
const CredentialColumns = `id, kind, account, hash, family, name, scopes,
	created_at, expires_at, idle_timeout, last_used_at, revoked_at`

// credentialDest returns where a row of seq and CredentialColumns is scanned to.
func credentialDest(c *store.Credential) []any {
	return []any{
		&c.Seq, &c.ID, (*uint8)(&c.Kind), &c.Account, &c.Hash, &c.Family,
		&c.Name, FromJSON[[]string]{&c.Scopes}, &c.CreatedAt, &c.ExpiresAt,
		&c.IdleTimeout, &c.LastUsedAt, &c.RevokedAt,
	}
}

// CreateSession implements [store.Credentials].
func (o Operations) CreateSession(ctx context.Context, session store.Credential, accountVersion int64) (store.Credential, error) {
	session = normalCredential(session)
	err := o.db.WriteTogether(ctx, "create a session", o.writer(func(t writer) error {
		if err := t.holder(ctx, session.Account, accountVersion); err != nil {
			return err
		}
		if err := t.noteLogin(ctx, &session); err != nil {
			return err
		}
		return t.insertCredential(ctx, &session)
	}))
	if err != nil {
		return store.Credential{}, err
	}
	return session, nil
}

// CreateToken implements [store.Credentials].
func (o Operations) CreateToken(ctx context.Context, token store.Credential, accountVersion int64, change store.Change) (store.Credential, error) {
	token = normalCredential(token)
	err := o.write(ctx, "create an API token", func(t writer) error {
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
		return t.Log(ctx, c)
	})
	if err != nil {
		return store.Credential{}, err
	}
	return token, nil
}

// holder refuses a credential for an account that is gone or of another version.
func (t writer) holder(ctx context.Context, account uuid.UUID, version int64) error {
	var stored int64
	err := t.Row(ctx, []any{&stored}, `SELECT version FROM @accounts WHERE id = ? @for_update`, account)
	if err == nil && stored != version {
		err = store.ErrConflict
	}
	return err
}

// noteLogin makes a session that is about to begin the last login of its
// account, unless it goes on with a login there was.
func (t writer) noteLogin(ctx context.Context, session *store.Credential) error {
	return t.Exec(ctx, `UPDATE @accounts SET last_login_at = ?1
		WHERE id = ?2 AND (last_login_at IS NULL OR last_login_at < ?1)
			AND NOT EXISTS (SELECT 1 FROM @credentials WHERE family = ?3 AND account = ?2)`,
		TimeArg(session.CreatedAt), session.Account, idArg(session.Family))
}

// insertCredential inserts a credential, giving it its Seq.
func (t writer) insertCredential(ctx context.Context, c *store.Credential) error {
	scopes, err := JSONArg(c.Scopes, len(c.Scopes))
	if err != nil {
		return err
	}
	c.Seq, err = t.Insert(ctx, `INSERT INTO @credentials (`+CredentialColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, int64(c.Kind), c.Account, c.Hash[:], idArg(c.Family), c.Name, scopes,
		TimeArg(c.CreatedAt), TimeArg(c.ExpiresAt), c.IdleTimeout.Microseconds(), TimeArg(c.LastUsedAt), TimeArg(c.RevokedAt))
	return err
}

// CredentialByHash reads a credential with its account in one query, since every
// request of somebody who has logged in asks for it.
var CredentialByHash = `SELECT c.seq, ` + Qualified("c", CredentialColumns) + `, ` + wholeAccount + `
	FROM @credentials c JOIN @accounts a ON a.id = c.account` + partsOfAccount + `
	WHERE c.hash = ? ORDER BY k.position, e.position`

// CredentialReader puts a credential and its account together from rows of
// [CredentialByHash].
type CredentialReader struct {
	credential store.Credential
	account    accountReader
}

// Read reads a row.
func (r *CredentialReader) Read(row Row) error {
	return r.account.read(row, credentialDest(&r.credential)...)
}

// Only returns what was read, or [store.ErrNotFound].
func (r *CredentialReader) Only() (store.Credential, store.Account, error) {
	account, err := r.account.accounts.Only()
	if err != nil {
		return store.Credential{}, store.Account{}, err
	}
	return r.credential, account, nil
}

// CredentialByHash implements [store.Credentials].
func (o Operations) CredentialByHash(ctx context.Context, hash store.SecretHash) (credential store.Credential, account store.Account, err error) {
	err = o.db.Lookup(ctx, "read a credential", func(q Querier) error {
		var found CredentialReader
		if err := q.Each(ctx, found.Read, CredentialByHash, hash[:]); err != nil {
			return err
		}
		credential, account, err = found.Only()
		return err
	})
	return credential, account, err
}

// credentialConditions says in SQL what [store.CredentialFilter.Match] says.
func credentialConditions(f *store.CredentialFilter) *conditions {
	c := new(conditions)
	if f.Account != uuid.Nil {
		c.Add(`account = ?`, f.Account)
	}
	if f.Kind != 0 {
		c.Add(`kind = ?`, int64(f.Kind))
	}
	if f.ID != uuid.Nil {
		c.Add(`id = ?`, f.ID)
	}
	if f.Family != uuid.Nil {
		c.Add(`family = ?`, f.Family)
	}
	if f.Except != uuid.Nil {
		c.Add(`id <> ?`, f.Except)
	}
	return c
}

// ListCredentials implements [store.Credentials].
func (o Operations) ListCredentials(ctx context.Context, filter store.CredentialFilter, page store.Page) ([]store.Credential, error) {
	c := credentialConditions(&filter)
	tail := c.Page(page)
	return readAll(ctx, o, "list credentials", func(row Row) (c store.Credential, err error) {
		return c, row.Scan(credentialDest(&c)...)
	}, `SELECT seq, `+CredentialColumns+` FROM @credentials`+c.Where()+tail, c.Args...)
}

// RevokeCredentials implements [store.Credentials].
func (o Operations) RevokeCredentials(ctx context.Context, filter store.CredentialFilter, change store.Change) (revoked int64, err error) {
	err = o.write(ctx, "revoke credentials", func(t writer) (err error) {
		if revoked, err = t.revoke(ctx, &filter, change.At); err != nil || revoked == 0 || change.Action == "" {
			return err
		}
		return t.Log(ctx, changelog.Revoked(change, &filter, revoked))
	})
	if err != nil {
		return 0, err
	}
	return revoked, nil
}

// revoke revokes the credentials that the filter selects and that are not
// revoked yet, and says how many.
func (t writer) revoke(ctx context.Context, filter *store.CredentialFilter, at time.Time) (int64, error) {
	c := credentialConditions(filter)
	c.Add(`revoked_at IS NULL`)
	return t.Affect(ctx, `UPDATE @credentials SET revoked_at = ?`+c.Where(), append([]any{at.UnixMicro()}, c.Args...)...)
}

// TrimSessions implements [store.Credentials].
func (o Operations) TrimSessions(ctx context.Context, account uuid.UUID, keep int) (trimmed int64, err error) {
	const doing = "trim sessions"
	const excess = `SELECT seq FROM (SELECT seq, row_number() OVER (PARTITION BY revoked_at IS NULL ORDER BY seq DESC) AS n
		FROM @credentials WHERE account = ?1 AND kind = ?2) numbered WHERE n > ?3`
	args := []any{account, int64(store.Session), keep}
	var more bool
	err = o.db.Read(ctx, doing, func(q Querier) error {
		return q.Row(ctx, []any{&more}, `SELECT EXISTS (`+excess+`)`, args...)
	})
	if err != nil || !more {
		return 0, err
	}
	err = o.write(ctx, doing, func(t writer) (err error) {
		trimmed, err = t.Affect(ctx, `DELETE FROM @credentials WHERE seq IN (`+excess+`)`, args...)
		return err
	})
	if err != nil {
		return 0, err
	}
	return trimmed, nil
}

// PurgeCredentials implements [store.Credentials].
func (o Operations) PurgeCredentials(ctx context.Context, before time.Time) (purged int64, err error) {
	err = o.write(ctx, "purge credentials", func(t writer) (err error) {
		// A time that is not known is the zero time, long ago.
		purged, err = t.Affect(ctx, `DELETE FROM @credentials WHERE revoked_at < ?1 OR expires_at < ?1
			OR idle_timeout > 0 AND @greatest(coalesce(created_at, ?2), coalesce(last_used_at, ?2)) + idle_timeout < ?1`,
			before.UnixMicro(), time.Time{}.UnixMicro())
		return err
	})
	if err != nil {
		return 0, err
	}
	return purged, nil
}
