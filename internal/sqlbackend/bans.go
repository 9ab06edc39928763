package sqlbackend

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// BanColumns are those of @bans, after seq.
const BanColumns = `id, version, kind, value, key_text, label, effect, scope, shadow, reason, public_reason,
	created_at, created_by, updated_at, expires_at, revoked_at, revoked_by, revoked_reason, aliases_disabled, hits, last_hit_at`

// banDest returns where a row of seq and BanColumns is scanned to.
func banDest(b *store.Ban) []any {
	return []any{
		&b.Seq, &b.ID, &b.Version, (*uint8)(&b.Kind), &b.Value, &b.KeyText, &b.Label,
		(*uint8)(&b.Effect), (*uint8)(&b.Scope), &b.Shadow, &b.Reason, &b.PublicReason,
		&b.CreatedAt, &b.CreatedBy, &b.UpdatedAt, &b.ExpiresAt,
		&b.RevokedAt, &b.RevokedBy, &b.RevokedReason, &b.AliasesDisabled, &b.Hits, &b.LastHitAt,
	}
}

// scanBan reads a row of seq and BanColumns.
func scanBan(row Row) (b store.Ban, err error) { return b, row.Scan(banDest(&b)...) }

// BanArgs returns the arguments for BanColumns.
func BanArgs(b *store.Ban) []any {
	return []any{
		b.ID, b.Version, int64(b.Kind), b.Value, b.KeyText, b.Label,
		int64(b.Effect), int64(b.Scope), b.Shadow, b.Reason, b.PublicReason,
		TimeArg(b.CreatedAt), b.CreatedBy, TimeArg(b.UpdatedAt), TimeArg(b.ExpiresAt),
		TimeArg(b.RevokedAt), b.RevokedBy, b.RevokedReason, b.AliasesDisabled, b.Hits, TimeArg(b.LastHitAt),
	}
}

// ActiveBan selects the active ban of a kind and value at a time. The id is that
// of a ban that is not meant.
const ActiveBan = ` FROM @bans WHERE kind = ?1 AND value = ?2 AND ruled = @true
	AND (expires_at IS NULL OR expires_at > ?3) AND id <> ?4`

// Rivals says whether of a kind and value there is a ban that is active at a
// time, and one that has expired but not retired.
const Rivals = `SELECT coalesce(max(CASE WHEN expires_at IS NULL OR expires_at > ?3 THEN 1 END), 0) = 1,
	coalesce(max(CASE WHEN expires_at <= ?3 THEN 1 END), 0) = 1
	FROM @bans WHERE kind = ?1 AND value = ?2 AND ruled = @true`

// RetireExpired retires the latter.
const RetireExpired = `UPDATE @bans SET ruled = @false
	WHERE kind = ?1 AND value = ?2 AND ruled = @true AND expires_at <= ?3 RETURNING id, kind, key_text, @true`

// addBan inserts a new ban with its rule, giving it Seq and Version, and retires
// the rules that it follows, whose keys it returns. It reports false, having
// done nothing, if an active ban is in the way.
func (w *RuleWriter) addBan(ctx context.Context, b *store.Ban, now time.Time) (added bool, retired []store.Key, err error) {
	var active, expired bool
	args := []any{int64(b.Kind), b.Value, now.UnixMicro()}
	if err := w.tx.Row(ctx, []any{&active, &expired}, Rivals, args...); err != nil || active && b.Active(now) {
		return false, nil, err
	}
	if found, err := rival(ctx, w.tx, b, uuid.Nil, now); err != nil || found != nil {
		return false, nil, err
	}
	b.Rivals = nil
	if expired {
		if retired, err = w.deleteRuled(ctx, RetireExpired, args...); err != nil {
			return false, nil, err
		}
	}
	b.Version, b.AliasesDisabled, b.Hits, b.LastHitAt = 1, 0, 0, time.Time{}
	ruled := b.RevokedAt.IsZero()
	b.Seq, err = w.tx.Insert(ctx, `INSERT INTO @bans (`+BanColumns+`, ruled)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, append(BanArgs(b), ruled)...)
	if err != nil || !ruled {
		return err == nil, retired, err
	}
	rule := b.Rule()
	return true, retired, w.Insert(ctx, &rule)
}

// deleteRuled deletes the rules of the bans that a query returns, with ID, kind,
// text of the key and whether they had a rule, and returns the keys of the rules.
func (w *RuleWriter) deleteRuled(ctx context.Context, query string, args ...any) ([]store.Key, error) {
	var ids []uuid.UUID
	var keys []store.Key
	err := w.tx.Each(ctx, func(row Row) error {
		var ban uuid.UUID
		var key store.Key
		var ruled bool
		err := row.Scan(&ban, (*uint8)(&key.Kind), &key.Text, &ruled)
		if ruled {
			ids, keys = append(ids, ban), append(keys, key)
		}
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	for i, key := range keys {
		if err := w.Delete(ctx, key, ids[i]); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// inTheWay returns the error for the active ban, other than the one excepted, that is
// in the way of b, nil if there is none.
func (t writer) inTheWay(ctx context.Context, b *store.Ban, except uuid.UUID, now time.Time) error {
	var other store.Ban
	err := t.Row(ctx, banDest(&other), `SELECT seq, `+BanColumns+ActiveBan, int64(b.Kind), b.Value, now.UnixMicro(), except)
	if err == nil {
		return &store.ExistsError{Existing: other}
	}
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	found, err := rival(ctx, t, b, except, now)
	if err == nil && found != nil {
		err = &store.ExistsError{Existing: *found}
	}
	return err
}

// rival returns one of the rivals of the ban that is active beside it, nil if there is
// none. The one excepted does not count.
func rival(ctx context.Context, q Querier, b *store.Ban, except uuid.UUID, now time.Time) (*store.Ban, error) {
	if b.Rivals == nil || !b.Active(now) {
		return nil, nil
	}
	for _, k := range b.Rivals.Keys {
		key, err := RuleKey(k)
		if err != nil {
			return nil, err
		}
		some, err := Collect(ctx, q, scanBan, `SELECT seq, `+BanColumns+` FROM @bans WHERE ruled = @true AND id IN (SELECT id FROM @rules WHERE key = ?) ORDER BY seq`, key)
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
func (o Operations) CreateBan(ctx context.Context, ban store.Ban, change store.Change) (created store.Ban, err error) {
	if ban.Rivals != nil { // bans of other values decide, too
		return o.writeBan(ctx, "create a ban", ban, nil, change, writer.createBan)
	}
	err = o.db.WriteTogether(ctx, "create a ban", o.writer(func(t writer) error {
		created = ban
		// What follows is decided by the bans of this value.
		if err := t.LockValue(ctx, &created); err != nil {
			return err
		}
		c, err := t.createBan(ctx, &created, nil, change)
		if err != nil {
			return err
		}
		return t.Log(ctx, c)
	}))
	if err != nil {
		return store.Ban{}, err
	}
	return created, nil
}

// banWriter writes a ban, which it completes, turns off the aliases that the
// selector selects, unless it is nil, and returns the change to log.
type banWriter func(t writer, ctx context.Context, ban *store.Ban, selector *store.Selector, change store.Change) (store.Change, error)

// writeBan is an operation that writes one ban, and returns what becomes of it.
func (o Operations) writeBan(
	ctx context.Context, doing string, ban store.Ban, selector *store.Selector, change store.Change, write banWriter,
) (store.Ban, error) {
	var written store.Ban
	err := o.write(ctx, doing, func(t writer) error {
		written = ban
		c, err := write(t, ctx, &written, selector, change)
		if err != nil {
			return err
		}
		return t.Log(ctx, c)
	})
	if err != nil {
		return store.Ban{}, err
	}
	return written, nil
}

// createBan adds a ban.
func (t writer) createBan(ctx context.Context, ban *store.Ban, selector *store.Selector, change store.Change) (store.Change, error) {
	*ban = normalBan(*ban)
	rules := NewRuleWriter(t)
	added, retired, err := rules.addBan(ctx, ban, change.At)
	if err != nil {
		return store.Change{}, err
	}
	if !added {
		return store.Change{}, t.inTheWay(ctx, ban, uuid.Nil, change.At)
	}
	if err := rules.Finish(ctx); err != nil {
		return store.Change{}, err
	}
	if selector != nil {
		if ban.AliasesDisabled, err = t.disableSelected(ctx, selector, ban.ID, change.At); err != nil {
			return store.Change{}, err
		}
		if err := t.Exec(ctx, `UPDATE @bans SET aliases_disabled = ? WHERE seq = ?`, ban.AliasesDisabled, ban.Seq); err != nil {
			return store.Change{}, err
		}
	}
	c, err := changelog.Ban(change, nil, ban, retired...)
	return changelog.WithAliases(c, ban.AliasesDisabled), err
}

// CreateBans implements [store.Bans].
func (o Operations) CreateBans(ctx context.Context, bans []store.Ban, change store.Change) (skipped []int, err error) {
	doing := fmt.Sprintf("create %d bans", len(bans))
	if len(bans) == 0 {
		return nil, o.db.Nothing(ctx, doing)
	}
	err = o.write(ctx, doing, func(t writer) error {
		rules := NewRuleWriter(t)
		skipped = nil
		var keys []store.Key
		for i := range bans {
			ban := normalBan(bans[i])
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
		if err := rules.Finish(ctx); err != nil {
			return err
		}
		counts := map[string]int64{"created": int64(len(bans) - len(skipped)), "skipped": int64(len(skipped))}
		return t.Log(ctx, changelog.Many(change, counts, changelog.Keys(slices.Values(keys))))
	})
	if err != nil {
		return nil, err
	}
	o.db.Tidy(ctx, doing, func() error { return o.db.RulesChanged(ctx, int64(len(bans))) })
	return skipped, nil
}

// byID reads a ban within a transaction.
func (t writer) byID(ctx context.Context, id uuid.UUID) (store.Ban, error) {
	var b store.Ban
	err := t.Row(ctx, banDest(&b), `SELECT seq, `+BanColumns+` FROM @bans WHERE id = ? @for_update`, id)
	return b, err
}

// UpdateBan implements [store.Bans].
func (o Operations) UpdateBan(ctx context.Context, ban store.Ban, change store.Change) (store.Ban, error) {
	return o.writeBan(ctx, "update a ban", ban, nil, change, writer.updateBan)
}

// updateBan replaces the ban of that ID.
func (t writer) updateBan(ctx context.Context, ban *store.Ban, selector *store.Selector, change store.Change) (store.Change, error) {
	*ban = normalBan(*ban)
	before, err := t.byID(ctx, ban.ID)
	if err != nil {
		return store.Change{}, err
	}
	if ban.Version, err = nextVersion(before.Version, ban.Version); err != nil {
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
		if disabled, err = t.disableSelected(ctx, selector, ban.ID, change.At); err != nil {
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

func (t writer) replaceBan(ctx context.Context, before, after *store.Ban) error {
	err := t.Exec(ctx, `UPDATE @bans SET (`+BanColumns+`, ruled) =
		(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE seq = ?`,
		append(BanArgs(after), after.RevokedAt.IsZero(), after.Seq)...)
	if err != nil {
		return err
	}
	rules := NewRuleWriter(t)
	if before.RevokedAt.IsZero() { // there may be none: it may have been retired
		if err := rules.Delete(ctx, before.Key(), before.ID); err != nil {
			return err
		}
	}
	if after.RevokedAt.IsZero() {
		rule := after.Rule()
		if err := rules.Insert(ctx, &rule); err != nil {
			return err
		}
	}
	return rules.Finish(ctx)
}

// DeleteBan implements [store.Bans].
func (o Operations) DeleteBan(ctx context.Context, id uuid.UUID, change store.Change) (store.Ban, error) {
	var ban store.Ban
	err := o.write(ctx, "delete a ban", func(t writer) (err error) {
		if ban, err = t.byID(ctx, id); err != nil {
			return err
		}
		for _, query := range []string{
			`DELETE FROM @bans WHERE id = ?`,
			`DELETE FROM @hits WHERE rule_id = ?`,
		} {
			if err := t.Exec(ctx, query, id); err != nil {
				return err
			}
		}
		if ban.RevokedAt.IsZero() {
			rules := NewRuleWriter(t)
			if err := rules.Delete(ctx, ban.Key(), id); err != nil {
				return err
			}
			if err := rules.Finish(ctx); err != nil {
				return err
			}
		}
		c, err := changelog.Ban(change, &ban, nil)
		if err != nil {
			return err
		}
		return t.Log(ctx, c)
	})
	if err != nil {
		return store.Ban{}, err
	}
	return ban, nil
}

// PurgeBans implements [store.Bans].
func (o Operations) PurgeBans(ctx context.Context, before time.Time, change store.Change) (int64, error) {
	const over = ` WHERE revoked_at < ?1 OR expires_at < ?1`
	var purged int64
	err := o.db.Prune(ctx, "purge bans", func(t Tx) (err error) {
		limit := before.UnixMicro()
		if err := t.Row(ctx, []any{&purged}, `SELECT count(*) FROM @bans`+over, limit); err != nil || purged == 0 {
			return err
		}
		if err := t.Exec(ctx, `DELETE FROM @hits WHERE rule_id IN (SELECT id FROM @bans`+over+`)`, limit); err != nil {
			return err
		}
		rules := NewRuleWriter(t)
		keys, err := rules.deleteRuled(ctx, `DELETE FROM @bans`+over+` RETURNING id, kind, key_text, ruled`, limit)
		if err != nil {
			return err
		}
		if err := rules.Finish(ctx); err != nil {
			return err
		}
		return t.Log(ctx, changelog.Many(change, map[string]int64{"purged": purged}, changelog.Keys(slices.Values(keys))))
	})
	if err != nil {
		return 0, err
	}
	return purged, nil
}

// CreateBanDisabling implements [store.Cascades].
func (o Operations) CreateBanDisabling(ctx context.Context, ban store.Ban, selector store.Selector, change store.Change) (store.Ban, error) {
	return o.writeBan(ctx, "create a ban and turn off aliases", ban, &selector, change, writer.createBan)
}

// UpdateBanDisabling implements [store.Cascades].
func (o Operations) UpdateBanDisabling(ctx context.Context, ban store.Ban, selector store.Selector, change store.Change) (store.Ban, error) {
	return o.writeBan(ctx, "update a ban and turn off aliases", ban, &selector, change, writer.updateBan)
}
