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

// aliasColumns are those of @aliases that are read, after seq.
const aliasColumns = `id, version, local, local_key, domain, destination, mailbox, owner,
	active, disabled_ban, created_at, created_by, updated_at`

// selectAliases is followed by conditions.
const selectAliases = `SELECT seq, ` + aliasColumns + ` FROM @aliases`

// aliasDest returns where a row of seq and aliasColumns is scanned to.
func aliasDest(a *store.MailAlias) []any {
	return []any{
		&a.Seq, (*id)(&a.ID), &a.Version, &a.Local, &a.LocalKey, &a.Domain, &a.Destination, &a.Mailbox, (*id)(&a.Owner),
		&a.Active, (*id)(&a.DisabledBan), (*micros)(&a.CreatedAt), &a.CreatedBy, (*micros)(&a.UpdatedAt),
	}
}

// aliasArgs returns the arguments for aliasColumns and the two hosts.
func aliasArgs(a *store.MailAlias) []any {
	return []any{
		uid(a.ID), a.Version, a.Local, a.LocalKey, a.Domain, a.Destination, a.Mailbox, idArg(a.Owner),
		a.Active, idArg(a.DisabledBan), sqlbackend.TimeArg(a.CreatedAt), a.CreatedBy, sqlbackend.TimeArg(a.UpdatedAt),
		sqlbackend.HostKey(a.Domain), sqlbackend.HostKey(a.Destination),
	}
}

// writeAlias is an operation that writes one alias, which fn reads or completes,
// logs what became of it, and returns it.
func (s *Store) writeAlias(ctx context.Context, doing string, alias store.MailAlias,
	fn func(*tx, *store.MailAlias) (store.Change, error)) (store.MailAlias, error) {
	sqlbackend.NormalTimes(&alias.CreatedAt, &alias.UpdatedAt)
	var written store.MailAlias
	err := s.write(ctx, doing, func(t *tx) error {
		written = alias
		c, err := fn(t, &written)
		if err != nil {
			return err
		}
		return t.log(c)
	})
	if err != nil {
		return store.MailAlias{}, err
	}
	return written, nil
}

// CreateAlias implements [store.Aliases].
func (s *Store) CreateAlias(ctx context.Context, alias store.MailAlias, change store.Change) (store.MailAlias, error) {
	return s.writeAlias(ctx, "create an alias", alias, func(t *tx, a *store.MailAlias) (store.Change, error) {
		if err := t.forwards(ctx, a); err != nil {
			return store.Change{}, err
		}
		a.Version = 1
		err := t.row(ctx, []any{&a.Seq}, `INSERT INTO @aliases (`+aliasColumns+`, host, destination_host)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`, aliasArgs(a)...)
		if err != nil {
			return store.Change{}, err
		}
		return changelog.Alias(change, nil, a)
	})
}

// forwards refuses an active alias that may not forward to its owner.
func (t *tx) forwards(ctx context.Context, a *store.MailAlias) error {
	if !a.Active || a.Owner == uuid.Nil {
		return nil
	}
	var may bool
	err := t.row(ctx, []any{&may}, `SELECT EXISTS (SELECT 1 FROM @accounts a
		JOIN @account_emails e ON e.account = a.seq
		WHERE a.id = ? AND a.suspended_at IS NULL AND a.hold_since IS NULL AND e.address = ?)`, uid(a.Owner), a.Destination)
	if err == nil && !may {
		err = store.ErrConflict
	}
	return err
}

// alias reads an alias within a transaction.
func (t *tx) alias(ctx context.Context, id uuid.UUID) (store.MailAlias, error) {
	var a store.MailAlias
	err := t.row(ctx, aliasDest(&a), selectAliases+` WHERE id = ?`, uid(id))
	return a, notFound(err)
}

// UpdateAlias implements [store.Aliases].
func (s *Store) UpdateAlias(ctx context.Context, alias store.MailAlias, change store.Change) (store.MailAlias, error) {
	return s.writeAlias(ctx, "update an alias", alias, func(t *tx, a *store.MailAlias) (store.Change, error) {
		before, err := t.alias(ctx, a.ID)
		if err != nil {
			return store.Change{}, err
		}
		if a.Version, err = sqlbackend.NextVersion(before.Version, a.Version); err != nil {
			return store.Change{}, err
		}
		a.Seq, a.CreatedAt, a.CreatedBy = before.Seq, before.CreatedAt, before.CreatedBy
		if err := t.forwards(ctx, a); err != nil {
			return store.Change{}, err
		}
		err = t.exec(ctx, `UPDATE @aliases SET (`+aliasColumns+`, host, destination_host) =
			(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE seq = ?`, append(aliasArgs(a), a.Seq)...)
		if err != nil {
			return store.Change{}, err
		}
		return changelog.Alias(change, &before, a)
	})
}

// DeleteAlias implements [store.Aliases].
func (s *Store) DeleteAlias(ctx context.Context, id uuid.UUID, change store.Change) (store.MailAlias, error) {
	return s.writeAlias(ctx, "delete an alias", store.MailAlias{}, func(t *tx, a *store.MailAlias) (_ store.Change, err error) {
		if *a, err = t.alias(ctx, id); err != nil {
			return store.Change{}, err
		}
		if err := t.exec(ctx, `DELETE FROM @aliases WHERE seq = ?`, a.Seq); err != nil {
			return store.Change{}, err
		}
		return changelog.Alias(change, a, nil)
	})
}

// disableAliases turns off the active aliases that a condition selects, and says
// how many. ban is what does it, or zero.
func (t *tx) disableAliases(ctx context.Context, ban uuid.UUID, at time.Time, where string, args ...any) (int64, error) {
	return t.affect(ctx, `UPDATE @aliases SET active = false, disabled_ban = ?, updated_at = ?, version = version + 1
		WHERE active AND (`+where+`)`, append([]any{idArg(ban), at.UnixMicro()}, args...)...)
}

// Alias implements [store.Aliases].
func (s *Store) Alias(ctx context.Context, id uuid.UUID) (store.MailAlias, error) {
	return s.oneAlias(ctx, `id = ?`, uid(id))
}

// AliasBySeq implements [store.Aliases].
func (s *Store) AliasBySeq(ctx context.Context, seq int64) (store.MailAlias, error) {
	return s.oneAlias(ctx, `seq = ?`, seq)
}

// AliasByAddress implements [store.Aliases].
func (s *Store) AliasByAddress(ctx context.Context, local, domain string) (store.MailAlias, error) {
	return s.oneAlias(ctx, `local = ? AND domain = ?`, local, domain)
}

func (s *Store) oneAlias(ctx context.Context, where string, args ...any) (store.MailAlias, error) {
	var a store.MailAlias
	err := s.read(ctx, "read an alias", func(q querier) error {
		return notFound(q.row(ctx, aliasDest(&a), selectAliases+` WHERE `+where, args...))
	})
	if err != nil {
		return store.MailAlias{}, err
	}
	return a, nil
}

// aliasConditions says in SQL what [store.AliasFilter.Match] says.
func aliasConditions(f store.AliasFilter) *sqlbackend.Conditions {
	c := new(sqlbackend.Conditions)
	if f.Owner != uuid.Nil {
		c.Add(`owner = ?`, uid(f.Owner))
	}
	if f.Active != nil {
		c.Add(`active = ?`, *f.Active)
	}
	if f.Domain != "" {
		c.Add(`domain = ?`, f.Domain)
	}
	if f.Destination != "" {
		c.Add(`destination = ?`, f.Destination)
	}
	if f.DisabledBan != uuid.Nil {
		c.Add(`disabled_ban = ?`, uid(f.DisabledBan))
	}
	if f.Contains != "" {
		c.Add(`position(CAST(? AS bytea) in convert_to(local || '@' || domain, 'UTF8')) > 0`, []byte(f.Contains))
	}
	return c
}

// ListAliases implements [store.Aliases].
func (s *Store) ListAliases(ctx context.Context, filter store.AliasFilter, page store.Page) ([]store.MailAlias, error) {
	c := aliasConditions(filter)
	tail := c.Page(page)
	return readAll(ctx, s, "list aliases", func(rows pgx.Rows) (a store.MailAlias, err error) {
		return a, rows.Scan(aliasDest(&a)...)
	}, selectAliases+c.Where()+tail, c.Args...)
}

// CountAliases implements [store.Aliases].
func (s *Store) CountAliases(ctx context.Context, filter store.AliasFilter) (int64, error) {
	c := aliasConditions(filter)
	return s.readNumber(ctx, "count aliases", `SELECT count(*) FROM @aliases`+c.Where(), c.Args...)
}
