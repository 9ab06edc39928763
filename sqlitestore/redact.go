package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/sqlbackend"
)

// FindEntries implements [sqlbackend.Database]. It finds names in any case of letters.
func (d database) FindEntries(ctx context.Context, q sqlbackend.Querier, r *changelog.Redaction, _ []string, after, through int64) (seqs []int64, err error) {
	finder := r.Finder()
	err = q.Each(ctx, func(row sqlbackend.Row) error {
		var seq int64
		var actor string
		var keys, before, after sql.RawBytes
		if err := row.Scan(&seq, &actor, &keys, &before, &after); err != nil {
			return err
		}
		if finder.Find(actor, keys, before, after) {
			seqs = append(seqs, seq)
		}
		return nil
	}, `SELECT seq, actor, keys, before, after FROM @changes WHERE seq > ? AND seq <= ?`, after, through)
	return seqs, err
}

// ReplaceKeptKey implements [sqlbackend.Tx]. A whole string, with its quotes, stands for
// nothing else in an array of strings.
func (t *tx) ReplaceKeptKey(ctx context.Context, from, to string) error {
	was, err := json.Marshal(from)
	if err != nil {
		return err
	}
	by, err := json.Marshal(to)
	if err != nil {
		return err
	}
	return t.exec(ctx, `UPDATE ostraka_change_keys SET keys = replace(keys, ?1, ?2) WHERE instr(keys, ?1) > 0`, string(was), string(by))
}
