package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/google/uuid"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// Ban implements [store.Bans].
func (s *Store) Ban(ctx context.Context, id uuid.UUID) (store.Ban, error) {
	return s.oneBan(ctx, `id = ?`, id[:])
}

// BanBySeq implements [store.Bans].
func (s *Store) BanBySeq(ctx context.Context, seq int64) (store.Ban, error) {
	return s.oneBan(ctx, `seq = ?`, seq)
}

func (s *Store) oneBan(ctx context.Context, where string, arg any) (store.Ban, error) {
	var b store.Ban
	err := s.read(ctx, "read a ban", func(q querier) error {
		return notFound(q.QueryRowContext(ctx, `SELECT seq, `+banColumns+` FROM ostraka_bans WHERE `+where, arg).Scan(banDest(&b)...))
	})
	if err != nil {
		return store.Ban{}, err
	}
	return b, nil
}

// historyOf selects the bans of a kind and value, by the two indexes that have each
// a part of them.
const historyOf = `(kind = ? AND value = ? AND ruled = 1 OR kind = ? AND value = ? AND ruled = 0)`

// filterConditions says in SQL what [store.BanFilter.Match] says.
func filterConditions(f store.BanFilter) *sqlbackend.Conditions {
	c := new(sqlbackend.Conditions)
	switch {
	case f.Kind != 0 && f.Value != "":
		c.Add(historyOf, int64(f.Kind), f.Value, int64(f.Kind), f.Value)
	case f.Kind != 0:
		c.Add(`kind = ?`, int64(f.Kind))
	case f.Value != "":
		c.Add(`value = ?`, f.Value)
	}
	if f.Contains != "" {
		// Of texts, instr would compare characters.
		c.Add(`instr(CAST(value AS BLOB), ?) > 0`, []byte(f.Contains))
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
func (s *Store) ListBans(ctx context.Context, filter store.BanFilter, page store.Page) ([]store.Ban, error) {
	c := filterConditions(filter)
	tail := c.Page(page)
	return readAll(ctx, s, "list bans", func(rows *sql.Rows) (b store.Ban, err error) {
		return b, rows.Scan(banDest(&b)...)
	}, `SELECT seq, `+banColumns+` FROM ostraka_bans`+c.Where()+tail, c.Args...)
}

// CountBans implements [store.Bans].
func (s *Store) CountBans(ctx context.Context, filter store.BanFilter) (int64, error) {
	c := filterConditions(filter)
	return s.readNumber(ctx, "count bans", `SELECT count(*) FROM ostraka_bans`+c.Where(), c.Args...)
}

// rankValues say in SQL what [store.BanOrder.RankOf] says.
var rankValues = map[store.BanOrder]string{
	store.ByLastHit: `coalesce(-last_hit_at, 9223372036854775807)`,
	store.ByExpiry:  `coalesce(expires_at, 9223372036854775807)`,
}

// RankBans implements [store.Bans].
func (s *Store) RankBans(ctx context.Context, filter store.BanFilter, order store.BanOrder, after store.BanRank, limit int) ([]store.Ban, error) {
	value, ok := rankValues[order]
	if !ok {
		value = `-hits`
	}
	c := filterConditions(filter)
	if after != (store.BanRank{}) {
		c.Add(fmt.Sprintf(`(%s > ? OR %s = ? AND seq < ?)`, value, value), after.Value, after.Value, after.Seq)
	}
	return readAll(ctx, s, "rank bans", func(rows *sql.Rows) (b store.Ban, err error) {
		return b, rows.Scan(banDest(&b)...)
	}, fmt.Sprintf(`SELECT seq, `+banColumns+` FROM ostraka_bans%s ORDER BY %s, seq DESC LIMIT %d`, c.Where(), value, store.Page{Limit: limit}.Size()), c.Args...)
}
