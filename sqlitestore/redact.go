package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// RedactLog implements [sqlbackend.Tx].
func (t *tx) RedactLog(ctx context.Context, r *changelog.Redaction, entry func(*store.Change) error) error {
	finder := r.Finder()
	var seqs []int64
	err := each(ctx, t.conn, func(rows *sql.Rows) error {
		var seq int64
		var actor string
		var keys, before, after sql.RawBytes
		if err := rows.Scan(&seq, &actor, &keys, &before, &after); err != nil {
			return err
		}
		if finder.Find(actor, keys, before, after) {
			seqs = append(seqs, seq)
		}
		return nil
	}, `SELECT seq, actor, keys, before, after FROM ostraka_changes`)
	if err != nil {
		return err
	}
	for _, seq := range seqs {
		some, err := sqlbackend.Collect(ctx, t, sqlbackend.ScanChange, `SELECT `+sqlbackend.ChangeColumns+` FROM @changes WHERE seq = ?`, seq)
		if err != nil {
			return err
		}
		for i := range some {
			if err := entry(&some[i]); err != nil {
				return err
			}
		}
	}
	return nil
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
