package pgstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

const banColumns = `id, version, kind, value, key_text, label, effect, scope, shadow, reason, public_reason,
	created_at, created_by, updated_at, expires_at, revoked_at, revoked_by, revoked_reason, aliases_disabled, hits, last_hit_at`

// banDest returns where a row of seq and banColumns is scanned to.
func banDest(b *store.Ban) []any {
	return []any{
		&b.Seq, (*id)(&b.ID), &b.Version, (*small)(&b.Kind), &b.Value, &b.KeyText, &b.Label,
		(*small)(&b.Effect), (*small)(&b.Scope), &b.Shadow, &b.Reason, &b.PublicReason,
		(*micros)(&b.CreatedAt), &b.CreatedBy, (*micros)(&b.UpdatedAt), (*micros)(&b.ExpiresAt),
		(*micros)(&b.RevokedAt), &b.RevokedBy, &b.RevokedReason, &b.AliasesDisabled, &b.Hits, (*micros)(&b.LastHitAt),
	}
}

// banArgs returns the arguments for banColumns.
func banArgs(b *store.Ban) []any {
	return []any{
		uid(b.ID), b.Version, int64(b.Kind), b.Value, b.KeyText, b.Label,
		int64(b.Effect), int64(b.Scope), b.Shadow, b.Reason, b.PublicReason,
		sqlbackend.TimeArg(b.CreatedAt), b.CreatedBy, sqlbackend.TimeArg(b.UpdatedAt), sqlbackend.TimeArg(b.ExpiresAt),
		sqlbackend.TimeArg(b.RevokedAt), b.RevokedBy, b.RevokedReason, b.AliasesDisabled, b.Hits, sqlbackend.TimeArg(b.LastHitAt),
	}
}

// activeBan selects the active ban of a kind and value at a time. The id is that
// of a ban that is not meant.
const activeBan = ` FROM @bans WHERE kind = ?1 AND value = ?2 AND ruled
	AND (expires_at IS NULL OR expires_at > ?3) AND id <> ?4`

// rivals says whether of a kind and value there is a ban that is active at a
// time, and one that has expired but not retired.
const rivals = `SELECT coalesce(bool_or(expires_at IS NULL OR expires_at > ?3), false), coalesce(bool_or(expires_at <= ?3), false)
	FROM @bans WHERE kind = ?1 AND value = ?2 AND ruled`

// retireExpired retires the latter.
const retireExpired = `UPDATE @bans SET ruled = false
	WHERE kind = ?1 AND value = ?2 AND ruled AND expires_at <= ?3 RETURNING id, kind, key_text, true`

// addBan inserts a new ban with its rule, giving it Seq and Version, and retires
// the rules that it follows, whose keys it returns. It reports false, having
// done nothing, if an active ban is in the way.
func (w *ruleWriter) addBan(ctx context.Context, b *store.Ban, now time.Time) (added bool, retired []store.Key, err error) {
	var active, expired bool
	args := []any{int64(b.Kind), b.Value, now.UnixMicro()}
	if err := w.tx.row(ctx, []any{&active, &expired}, rivals, args...); err != nil || active && b.Active(now) {
		return false, nil, err
	}
	if found, err := w.tx.rival(ctx, b, uuid.Nil, now); err != nil || found != nil {
		return false, nil, err
	}
	b.Rivals = nil
	if expired {
		if retired, err = w.deleteRuled(ctx, retireExpired, args...); err != nil {
			return false, nil, err
		}
	}
	b.Version, b.AliasesDisabled, b.Hits, b.LastHitAt = 1, 0, 0, time.Time{}
	ruled := b.RevokedAt.IsZero()
	err = w.tx.row(ctx, []any{&b.Seq}, `INSERT INTO @bans (`+banColumns+`, ruled)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`, append(banArgs(b), ruled)...)
	if err != nil || !ruled {
		return err == nil, retired, err
	}
	rule := b.Rule()
	return true, retired, w.insert(ctx, &rule)
}

// deleteRuled deletes the rules of the bans that a query returns, with ID, kind,
// text of the key and whether they had a rule, and returns the keys of the rules.
func (w *ruleWriter) deleteRuled(ctx context.Context, query string, args ...any) ([]store.Key, error) {
	var ids []uuid.UUID
	var keys []store.Key
	err := w.tx.each(ctx, func(rows pgx.Rows) error {
		var ban uuid.UUID
		var key store.Key
		var ruled bool
		err := rows.Scan((*id)(&ban), (*small)(&key.Kind), &key.Text, &ruled)
		if ruled {
			ids, keys = append(ids, ban), append(keys, key)
		}
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	for i, key := range keys {
		if err := w.delete(ctx, key, ids[i]); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// inTheWay returns the error for the active ban, other than the one excepted, that is
// in the way of b, nil if there is none.
func (t *tx) inTheWay(ctx context.Context, b *store.Ban, except uuid.UUID, now time.Time) error {
	var other store.Ban
	err := t.row(ctx, banDest(&other), `SELECT seq, `+banColumns+activeBan, int64(b.Kind), b.Value, now.UnixMicro(), uid(except))
	if err == nil {
		return &store.ExistsError{Existing: other}
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	rival, err := t.rival(ctx, b, except, now)
	if err == nil && rival != nil {
		err = &store.ExistsError{Existing: *rival}
	}
	return err
}

// rival returns one of the rivals of the ban that is active beside it, nil if there is
// none. The one excepted does not count.
func (t *tx) rival(ctx context.Context, b *store.Ban, except uuid.UUID, now time.Time) (*store.Ban, error) {
	if b.Rivals == nil || !b.Active(now) {
		return nil, nil
	}
	for _, k := range b.Rivals.Keys {
		key, err := sqlbackend.RuleKey(k)
		if err != nil {
			return nil, err
		}
		some, err := collect(ctx, t.querier(), func(rows pgx.Rows) (o store.Ban, err error) {
			return o, rows.Scan(banDest(&o)...)
		}, `SELECT seq, `+banColumns+` FROM @bans WHERE ruled AND id IN (SELECT id FROM @rules WHERE key = ?) ORDER BY seq`, key)
		if err != nil {
			return nil, err
		}
		for i := range some {
			if o := &some[i]; o.ID != except && o.Active(now) && b.Rivals.Match(o) {
				return o, nil
			}
		}
	}
	return nil, nil
}

// CreateBan implements [store.Bans]. It waits for others who ban the same value, and
// for those who must be alone. One that has rivals waits for all others.
func (s *Store) CreateBan(ctx context.Context, ban store.Ban, change store.Change) (created store.Ban, err error) {
	if ban.Rivals != nil { // bans of other values decide, too
		return s.writeBan(ctx, "create a ban", ban, nil, change, (*tx).createBan)
	}
	err = s.writeTogether(ctx, "create a ban", func(t *tx) error {
		created = ban
		// What follows is decided by the bans of this value. The lock of another value may
		// be the same, which does no harm.
		if err := t.exec(ctx, `SELECT pg_advisory_xact_lock(?)`, s.lockOfValue(&created)); err != nil {
			return err
		}
		c, err := t.createBan(ctx, &created, nil, change)
		if err != nil {
			return err
		}
		return t.log(c)
	})
	if err != nil {
		return store.Ban{}, err
	}
	return created, nil
}

func (s *Store) lockOfValue(b *store.Ban) int64 {
	return lockKey(b.Kind.String()+b.Value, s.options.Schema)
}

// banWriter writes a ban, which it completes, turns off the aliases that the
// selector selects, unless it is nil, and returns the change to log.
type banWriter func(t *tx, ctx context.Context, ban *store.Ban, selector *store.Selector, change store.Change) (store.Change, error)

// writeBan is an operation that writes one ban, and returns what becomes of it.
func (s *Store) writeBan(
	ctx context.Context, doing string, ban store.Ban, selector *store.Selector, change store.Change, write banWriter,
) (store.Ban, error) {
	var written store.Ban
	err := s.write(ctx, doing, func(t *tx) error {
		written = ban
		c, err := write(t, ctx, &written, selector, change)
		if err != nil {
			return err
		}
		return t.log(c)
	})
	if err != nil {
		return store.Ban{}, err
	}
	return written, nil
}

// createBan adds a ban.
func (t *tx) createBan(ctx context.Context, ban *store.Ban, selector *store.Selector, change store.Change) (store.Change, error) {
	*ban = sqlbackend.NormalBan(*ban)
	rules := t.ruleWriter()
	added, retired, err := rules.addBan(ctx, ban, change.At)
	if err != nil {
		return store.Change{}, err
	}
	if !added {
		return store.Change{}, t.inTheWay(ctx, ban, uuid.Nil, change.At)
	}
	if err := rules.finish(ctx); err != nil {
		return store.Change{}, err
	}
	if selector != nil {
		if ban.AliasesDisabled, err = t.shared().DisableSelected(ctx, selector, ban.ID, change.At); err != nil {
			return store.Change{}, err
		}
		if err := t.exec(ctx, `UPDATE @bans SET aliases_disabled = ? WHERE seq = ?`, ban.AliasesDisabled, ban.Seq); err != nil {
			return store.Change{}, err
		}
	}
	c, err := changelog.Ban(change, nil, ban, retired...)
	return changelog.WithAliases(c, ban.AliasesDisabled), err
}

// CreateBans implements [store.Bans].
func (s *Store) CreateBans(ctx context.Context, bans []store.Ban, change store.Change) (skipped []int, err error) {
	doing := fmt.Sprintf("create %d bans", len(bans))
	if len(bans) == 0 {
		return nil, s.nothing(ctx, doing)
	}
	err = s.write(ctx, doing, func(t *tx) error {
		rules := t.ruleWriter()
		skipped = nil
		var keys []store.Key
		for i := range bans {
			ban := sqlbackend.NormalBan(bans[i])
			added, retired, err := rules.addBan(ctx, &ban, change.At)
			if err != nil {
				return err
			}
			if !added {
				skipped = append(skipped, i)
				continue
			}
			if keys = append(keys, retired...); ban.RevokedAt.IsZero() {
				keys = append(keys, ban.Key())
			}
		}
		if len(skipped) == len(bans) {
			return nil
		}
		if err := rules.finish(ctx); err != nil {
			return err
		}
		counts := map[string]int64{"created": int64(len(bans) - len(skipped)), "skipped": int64(len(skipped))}
		return t.log(changelog.Many(change, counts, changelog.Keys(slices.Values(keys))))
	})
	if err != nil {
		return nil, err
	}
	database{s}.Tidy(ctx, doing, func() error { return database{s}.RulesChanged(ctx, int64(len(bans))) })
	return skipped, nil
}

// byID reads a ban within a transaction.
func (t *tx) byID(ctx context.Context, id uuid.UUID) (store.Ban, error) {
	var b store.Ban
	err := t.row(ctx, banDest(&b), `SELECT seq, `+banColumns+` FROM @bans WHERE id = ? FOR UPDATE`, uid(id))
	return b, notFound(err)
}

// UpdateBan implements [store.Bans].
func (s *Store) UpdateBan(ctx context.Context, ban store.Ban, change store.Change) (store.Ban, error) {
	return s.writeBan(ctx, "update a ban", ban, nil, change, (*tx).updateBan)
}

// updateBan replaces the ban of that ID.
func (t *tx) updateBan(ctx context.Context, ban *store.Ban, selector *store.Selector, change store.Change) (store.Change, error) {
	*ban = sqlbackend.NormalBan(*ban)
	before, err := t.byID(ctx, ban.ID)
	if err != nil {
		return store.Change{}, err
	}
	if ban.Version, err = sqlbackend.NextVersion(before.Version, ban.Version); err != nil {
		return store.Change{}, err
	}
	ban.Seq, ban.CreatedAt, ban.CreatedBy = before.Seq, before.CreatedAt, before.CreatedBy
	ban.Hits, ban.LastHitAt, ban.AliasesDisabled = before.Hits, before.LastHitAt, before.AliasesDisabled
	if ban.Active(change.At) {
		if err := t.inTheWay(ctx, ban, ban.ID, change.At); err != nil {
			return store.Change{}, err
		}
	}
	ban.Rivals = nil
	var disabled int64
	if selector != nil {
		if disabled, err = t.shared().DisableSelected(ctx, selector, ban.ID, change.At); err != nil {
			return store.Change{}, err
		}
		ban.AliasesDisabled = disabled
	}
	if err := t.replaceBan(ctx, &before, ban); err != nil {
		return store.Change{}, err
	}
	c, err := changelog.Ban(change, &before, ban)
	return changelog.WithAliases(c, disabled), err
}

func (t *tx) replaceBan(ctx context.Context, before, after *store.Ban) error {
	err := t.exec(ctx, `UPDATE @bans SET (`+banColumns+`, ruled) =
		(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE seq = ?`,
		append(banArgs(after), after.RevokedAt.IsZero(), after.Seq)...)
	if err != nil {
		return err
	}
	rules := t.ruleWriter()
	if before.RevokedAt.IsZero() { // there may be none: it may have been retired
		if err := rules.delete(ctx, before.Key(), before.ID); err != nil {
			return err
		}
	}
	if after.RevokedAt.IsZero() {
		rule := after.Rule()
		if err := rules.insert(ctx, &rule); err != nil {
			return err
		}
	}
	return rules.finish(ctx)
}

// DeleteBan implements [store.Bans].
func (s *Store) DeleteBan(ctx context.Context, id uuid.UUID, change store.Change) (store.Ban, error) {
	var ban store.Ban
	err := s.write(ctx, "delete a ban", func(t *tx) (err error) {
		if ban, err = t.byID(ctx, id); err != nil {
			return err
		}
		for _, query := range []string{
			`DELETE FROM @bans WHERE id = ?`,
			`DELETE FROM @hits WHERE rule_id = ?`,
		} {
			if err := t.exec(ctx, query, uid(id)); err != nil {
				return err
			}
		}
		if ban.RevokedAt.IsZero() {
			rules := t.ruleWriter()
			if err := rules.delete(ctx, ban.Key(), id); err != nil {
				return err
			}
			if err := rules.finish(ctx); err != nil {
				return err
			}
		}
		c, err := changelog.Ban(change, &ban, nil)
		if err != nil {
			return err
		}
		return t.log(c)
	})
	if err != nil {
		return store.Ban{}, err
	}
	return ban, nil
}

// PurgeBans implements [store.Bans].
func (s *Store) PurgeBans(ctx context.Context, before time.Time, change store.Change) (int64, error) {
	const over = ` WHERE revoked_at < ?1 OR expires_at < ?1`
	var purged int64
	err := s.write(ctx, "purge bans", func(t *tx) (err error) {
		limit := before.UnixMicro()
		if err := t.row(ctx, []any{&purged}, `SELECT count(*) FROM @bans`+over, limit); err != nil || purged == 0 {
			return err
		}
		if err := t.exec(ctx, `DELETE FROM @hits WHERE rule_id IN (SELECT id FROM @bans`+over+`)`, limit); err != nil {
			return err
		}
		rules := t.ruleWriter()
		keys, err := rules.deleteRuled(ctx, `DELETE FROM @bans`+over+` RETURNING id, kind, key_text, ruled`, limit)
		if err != nil {
			return err
		}
		if err := rules.finish(ctx); err != nil {
			return err
		}
		return t.log(changelog.Many(change, map[string]int64{"purged": purged}, changelog.Keys(slices.Values(keys))))
	})
	if err != nil {
		return 0, err
	}
	return purged, nil
}

// CreateBanDisabling implements [store.Cascades].
func (s *Store) CreateBanDisabling(ctx context.Context, ban store.Ban, selector store.Selector, change store.Change) (store.Ban, error) {
	return s.writeBan(ctx, "create a ban and turn off aliases", ban, &selector, change, (*tx).createBan)
}

// UpdateBanDisabling implements [store.Cascades].
func (s *Store) UpdateBanDisabling(ctx context.Context, ban store.Ban, selector store.Selector, change store.Change) (store.Ban, error) {
	return s.writeBan(ctx, "update a ban and turn off aliases", ban, &selector, change, (*tx).updateBan)
}
