package sqlbackend

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// Ban implements [store.Bans].
func (o Operations) Ban(ctx context.Context, id uuid.UUID) (store.Ban, error) {
	return o.oneBan(ctx, `id = ?`, id)
}

// BanBySeq implements [store.Bans].
func (o Operations) BanBySeq(ctx context.Context, seq int64) (store.Ban, error) {
	return o.oneBan(ctx, `seq = ?`, seq)
}

func (o Operations) oneBan(ctx context.Context, where string, arg any) (store.Ban, error) {
	var b store.Ban
	err := o.db.Read(ctx, "read a ban", func(q Querier) error {
		return q.Row(ctx, banDest(&b), `SELECT seq, `+BanColumns+` FROM @bans WHERE `+where, arg)
	})
	if err != nil {
		return store.Ban{}, err
	}
	return b, nil
}

// HistoryOf selects the bans of a kind and value, by the two indexes that have each
// a part of them.
const HistoryOf = `(kind = ? AND value = ? AND ruled = @true OR kind = ? AND value = ? AND ruled = @false)`

// filterConditions says in SQL what [store.BanFilter.Match] says.
func (o Operations) filterConditions(f store.BanFilter) *conditions {
	c := new(conditions)
	switch {
	case f.Kind != 0 && f.Value != "":
		c.Add(HistoryOf, int64(f.Kind), f.Value, int64(f.Kind), f.Value)
	case f.Kind != 0:
		c.Add(`kind = ?`, int64(f.Kind))
	case f.Value != "":
		c.Add(`value = ?`, f.Value)
	}
	if f.Contains != "" {
		c.Add(o.db.Dialect().Contains(`value`), []byte(f.Contains))
	}
	if f.Active != nil {
		// Neither side is ever NULL, so that it can be compared.
		c.Add(`(revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)) = ?`, f.At.UnixMicro(), *f.Active)
	}
	if f.Effect != nil {
		c.Add(`effect = ?`, int64(*f.Effect))
	}
	if f.Scope != 0 {
		c.Add(`(scope = 0 OR scope & ? <> 0)`, int64(f.Scope))
	}
	if f.Shadow != nil {
		c.Add(`shadow = ?`, *f.Shadow)
	}
	if !f.ExpiresBy.IsZero() {
		c.Add(`expires_at <= ?`, f.ExpiresBy.UnixMicro())
	}
	return c
}

// ListBans implements [store.Bans].
func (o Operations) ListBans(ctx context.Context, filter store.BanFilter, page store.Page) ([]store.Ban, error) {
	c := o.filterConditions(filter)
	tail := c.Page(page)
	return readAll(ctx, o, "list bans", scanBan, `SELECT seq, `+BanColumns+` FROM @bans`+c.Where()+tail, c.Args...)
}

// CountBans implements [store.Bans].
func (o Operations) CountBans(ctx context.Context, filter store.BanFilter) (int64, error) {
	c := o.filterConditions(filter)
	return o.readNumber(ctx, "count bans", `SELECT count(*) FROM @bans`+c.Where(), c.Args...)
}

// rankValues say in SQL what [store.BanOrder.RankOf] says.
var rankValues = map[store.BanOrder]string{
	store.ByLastHit: `coalesce(-last_hit_at, 9223372036854775807)`,
	store.ByExpiry:  `coalesce(expires_at, 9223372036854775807)`,
}

// RankBans implements [store.Bans].
func (o Operations) RankBans(ctx context.Context, filter store.BanFilter, order store.BanOrder, after store.BanRank, limit int) ([]store.Ban, error) {
	value, ok := rankValues[order]
	if !ok {
		value = `-hits`
	}
	c := o.filterConditions(filter)
	if after != (store.BanRank{}) {
		c.Add(fmt.Sprintf(`(%s > ? OR %s = ? AND seq < ?)`, value, value), after.Value, after.Value, after.Seq)
	}
	return readAll(ctx, o, "rank bans", scanBan, fmt.Sprintf(`SELECT seq, `+BanColumns+` FROM @bans%s ORDER BY %s, seq DESC LIMIT %d`, c.Where(), value, store.Page{Limit: limit}.Size()), c.Args...)
}
