package pgstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"example.com/ostraka/store"
)

// Ban implements [store.Bans].
func (s *Store) Ban(ctx context.Context, id uuid.UUID) (store.Ban, error) {
	return s.oneBan(ctx, `id = ?`, uid(id))
}

// BanBySeq implements [store.Bans].
func (s *Store) BanBySeq(ctx context.Context, seq int64) (store.Ban, error) {
	return s.oneBan(ctx, `seq = ?`, seq)
}

func (s *Store) oneBan(ctx context.Context, where string, arg any) (store.Ban, error) {
	var b store.Ban
	err := s.read(ctx, "read a ban", func(q querier) error {
		return notFound(q.row(ctx, banDest(&b), `SELECT seq, `+banColumns+` FROM @bans WHERE `+where, arg))
	})
	if err != nil {
		return store.Ban{}, err
	}
	return b, nil
}

// conditions are joined by AND.
type conditions struct {
	texts []string
	args  []any
}

func (c *conditions) add(text string, args ...any) {
	c.texts = append(c.texts, text)
	c.args = append(c.args, args...)
}

// where returns the clause, empty if everything is selected.
func (c *conditions) where() string {
	if len(c.texts) == 0 {
		return ""
	}
	return ` WHERE ` + strings.Join(c.texts, ` AND `)
}

// page narrows the conditions to a stretch of records, and returns the clauses
// that follow them.
func (c *conditions) page(p store.Page) (tail string) {
	if p.After > 0 {
		c.add(`seq > ?`, p.After)
	}
	if p.Before > 0 {
		c.add(`seq < ?`, p.Before)
	}
	order := `DESC`
	if p.OldestFirst {
		order = `ASC`
	}
	return fmt.Sprintf(` ORDER BY seq %s LIMIT %d OFFSET %d`, order, p.Size(), max(p.Offset, 0))
}

// filterConditions says in SQL what [store.BanFilter.Match] says.
func filterConditions(f store.BanFilter) *conditions {
	c := new(conditions)
	if f.Kind != 0 {
		c.add(`kind = ?`, int64(f.Kind))
	}
	if f.Contains != "" {
		// Of texts, instr would compare characters.
		c.add(`position(CAST(? AS bytea) in convert_to(value, 'UTF8')) > 0`, []byte(f.Contains))
	}
	if f.Active != nil {
		// Neither side is ever NULL, so that it can be compared.
		c.add(`(revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)) = ?`, f.At.UnixMicro(), *f.Active)
	}
	if f.Effect != nil {
		c.add(`effect = ?`, int64(*f.Effect))
	}
	if f.Scope != 0 {
		c.add(`(scope = 0 OR scope & ? <> 0)`, int64(f.Scope))
	}
	if f.Shadow != nil {
		c.add(`shadow = ?`, *f.Shadow)
	}
	return c
}

// ListBans implements [store.Bans].
func (s *Store) ListBans(ctx context.Context, filter store.BanFilter, page store.Page) ([]store.Ban, error) {
	c := filterConditions(filter)
	tail := c.page(page)
	return readAll(ctx, s, "list bans", func(rows pgx.Rows) (b store.Ban, err error) {
		return b, rows.Scan(banDest(&b)...)
	}, `SELECT seq, `+banColumns+` FROM @bans`+c.where()+tail, c.args...)
}

// CountBans implements [store.Bans].
func (s *Store) CountBans(ctx context.Context, filter store.BanFilter) (int64, error) {
	c := filterConditions(filter)
	return s.readNumber(ctx, "count bans", `SELECT count(*) FROM @bans`+c.where(), c.args...)
}
