package sqlbackend

import (
	"context"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
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
		&a.Seq, &a.ID, &a.Version, &a.Local, &a.LocalKey, &a.Domain, &a.Destination, &a.Mailbox, &a.Owner,
		&a.Active, &a.DisabledBan, &a.CreatedAt, &a.CreatedBy, &a.UpdatedAt,
	}
}

// aliasArgs returns the arguments for aliasColumns and the two hosts.
func aliasArgs(a *store.MailAlias) []any {
	return []any{
		a.ID, a.Version, a.Local, a.LocalKey, a.Domain, a.Destination, a.Mailbox, idArg(a.Owner),
		a.Active, idArg(a.DisabledBan), TimeArg(a.CreatedAt), a.CreatedBy, TimeArg(a.UpdatedAt),
		HostKey(a.Domain), HostKey(a.Destination),
	}
}

// writeAlias is an operation that writes one alias, which fn reads or completes,
// logs what became of it, and returns it.
func (o Operations) writeAlias(ctx context.Context, doing string, alias store.MailAlias,
	fn func(writer, *store.MailAlias) (store.Change, error)) (store.MailAlias, error) {
	normalTimes(&alias.CreatedAt, &alias.UpdatedAt)
	var written store.MailAlias
	err := o.write(ctx, doing, func(t writer) error {
		written = alias
		c, err := fn(t, &written)
		if err != nil {
			return err
		}
		return t.Log(ctx, c)
	})
	if err != nil {
		return store.MailAlias{}, err
	}
	return written, nil
}

// CreateAlias implements [store.Aliases].
func (o Operations) CreateAlias(ctx context.Context, alias store.MailAlias, change store.Change) (store.MailAlias, error) {
	return o.writeAlias(ctx, "create an alias", alias, func(t writer, a *store.MailAlias) (store.Change, error) {
		if err := t.forwards(ctx, a); err != nil {
			return store.Change{}, err
		}
		a.Version = 1
		seq, err := t.Insert(ctx, `INSERT INTO @aliases (`+aliasColumns+`, host, destination_host)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, aliasArgs(a)...)
		if err != nil {
			return store.Change{}, err
		}
		a.Seq = seq
		return changelog.Alias(change, nil, a)
	})
}

// forwards refuses an active alias that may not forward to its owner.
func (t writer) forwards(ctx context.Context, a *store.MailAlias) error {
	if !a.Active || a.Owner == uuid.Nil {
		return nil
	}
	var may bool
	err := t.Row(ctx, []any{&may}, `SELECT EXISTS (SELECT 1 FROM @accounts a
		JOIN @account_emails e ON e.account = a.seq
		WHERE a.id = ? AND a.suspended_at IS NULL AND a.hold_since IS NULL AND e.address = ?)`, a.Owner, a.Destination)
	if err == nil && !may {
		err = store.ErrConflict
	}
	return err
}

// alias reads an alias within a transaction.
func (t writer) alias(ctx context.Context, id uuid.UUID) (store.MailAlias, error) {
	var a store.MailAlias
	err := t.Row(ctx, aliasDest(&a), selectAliases+` WHERE id = ?`, id)
	return a, err
}

// UpdateAlias implements [store.Aliases].
func (o Operations) UpdateAlias(ctx context.Context, alias store.MailAlias, change store.Change) (store.MailAlias, error) {
	return o.writeAlias(ctx, "update an alias", alias, func(t writer, a *store.MailAlias) (store.Change, error) {
		before, err := t.alias(ctx, a.ID)
		if err != nil {
			return store.Change{}, err
		}
		if a.Version, err = nextVersion(before.Version, a.Version); err != nil {
			return store.Change{}, err
		}
		a.Seq, a.CreatedAt, a.CreatedBy = before.Seq, before.CreatedAt, before.CreatedBy
		if err := t.forwards(ctx, a); err != nil {
			return store.Change{}, err
		}
		err = t.Exec(ctx, `UPDATE @aliases SET (`+aliasColumns+`, host, destination_host) =
			(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE seq = ?`, append(aliasArgs(a), a.Seq)...)
		if err != nil {
			return store.Change{}, err
		}
		return changelog.Alias(change, &before, a)
	})
}

// DeleteAlias implements [store.Aliases].
func (o Operations) DeleteAlias(ctx context.Context, id uuid.UUID, change store.Change) (store.MailAlias, error) {
	return o.writeAlias(ctx, "delete an alias", store.MailAlias{}, func(t writer, a *store.MailAlias) (_ store.Change, err error) {
		if *a, err = t.alias(ctx, id); err != nil {
			return store.Change{}, err
		}
		if err := t.Exec(ctx, `DELETE FROM @aliases WHERE seq = ?`, a.Seq); err != nil {
			return store.Change{}, err
		}
		return changelog.Alias(change, a, nil)
	})
}

// disableAliases turns off the active aliases that a condition selects, and says
// how many. ban is what does it, or zero.
func (t writer) disableAliases(ctx context.Context, ban uuid.UUID, at time.Time, where string, args ...any) (int64, error) {
	return t.Affect(ctx, `UPDATE @aliases SET active = @false, disabled_ban = ?, updated_at = ?, version = version + 1
		WHERE active = @true AND (`+where+`)`, append([]any{idArg(ban), at.UnixMicro()}, args...)...)
}

// Alias implements [store.Aliases].
func (o Operations) Alias(ctx context.Context, id uuid.UUID) (store.MailAlias, error) {
	return o.oneAlias(ctx, `id = ?`, id)
}

// AliasBySeq implements [store.Aliases].
func (o Operations) AliasBySeq(ctx context.Context, seq int64) (store.MailAlias, error) {
	return o.oneAlias(ctx, `seq = ?`, seq)
}

// AliasByAddress implements [store.Aliases].
func (o Operations) AliasByAddress(ctx context.Context, local, domain string) (store.MailAlias, error) {
	return o.oneAlias(ctx, `local = ? AND domain = ?`, local, domain)
}

func (o Operations) oneAlias(ctx context.Context, where string, args ...any) (store.MailAlias, error) {
	var a store.MailAlias
	err := o.db.Read(ctx, "read an alias", func(q Querier) error {
		return q.Row(ctx, aliasDest(&a), selectAliases+` WHERE `+where, args...)
	})
	if err != nil {
		return store.MailAlias{}, err
	}
	return a, nil
}

// aliasConditions says in SQL what [store.AliasFilter.Match] says.
func (o Operations) aliasConditions(f store.AliasFilter) *conditions {
	c := new(conditions)
	if f.Owner != uuid.Nil {
		c.Add(`owner = ?`, f.Owner)
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
		c.Add(`disabled_ban = ?`, f.DisabledBan)
	}
	if f.Contains != "" {
		c.Add(o.db.Dialect().Contains(`local || '@' || domain`), []byte(f.Contains))
	}
	return c
}

// ListAliases implements [store.Aliases].
func (o Operations) ListAliases(ctx context.Context, filter store.AliasFilter, page store.Page) ([]store.MailAlias, error) {
	c := o.aliasConditions(filter)
	tail := c.Page(page)
	return readAll(ctx, o, "list aliases", func(row Row) (a store.MailAlias, err error) {
		return a, row.Scan(aliasDest(&a)...)
	}, selectAliases+c.Where()+tail, c.Args...)
}

// CountAliases implements [store.Aliases].
func (o Operations) CountAliases(ctx context.Context, filter store.AliasFilter) (int64, error) {
	c := o.aliasConditions(filter)
	return o.readNumber(ctx, "count aliases", `SELECT count(*) FROM @aliases`+c.Where(), c.Args...)
}
