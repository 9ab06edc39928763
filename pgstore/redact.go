package pgstore

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// RedactLog implements [sqlbackend.Tx]. The server finds the entries that have a text: in
// each spelling in which a name is there.
func (t *tx) RedactLog(ctx context.Context, r *changelog.Redaction, entry func(*store.Change) error) error {
	actors, quoted, err := t.spellings(ctx, r)
	if err != nil {
		return err
	}
	entries, err := sqlbackend.Collect(ctx, t, sqlbackend.ScanChange, `SELECT `+sqlbackend.ChangeColumns+` FROM @changes WHERE actor = ANY (CAST(? AS text[]))
		OR EXISTS (SELECT 1 FROM unnest(CAST(? AS text[])) AS q WHERE strpos(concat(keys, before, after), q) > 0) ORDER BY seq`, actors, quoted)
	if err != nil {
		return err
	}
	for i := range entries {
		if err := entry(&entries[i]); err != nil {
			return err
		}
	}
	return nil
}

// spellings returns the names of the account as the log has them, and the JSON strings
// by which its entries are found.
func (t *tx) spellings(ctx context.Context, r *changelog.Redaction) (actors, quoted []string, err error) {
	quoted = r.Quoted()
	if len(r.Names()) == 0 {
		return nil, quoted, nil
	}
	all, err := collect(ctx, t.querier(), func(rows pgx.Rows) (text string, err error) {
		return text, rows.Scan(&text)
	}, `SELECT DISTINCT actor FROM @changes WHERE actor <> ''`)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range all {
		if r.Actor(name) == name {
			continue
		}
		text, err := json.Marshal(name)
		if err != nil {
			return nil, nil, err
		}
		actors, quoted = append(actors, name), append(quoted, string(text))
	}
	return actors, quoted, nil
}

// ReplaceKeptKey implements [sqlbackend.Tx].
func (t *tx) ReplaceKeptKey(ctx context.Context, from, to string) error {
	return t.exec(ctx, `UPDATE @change_keys SET keys = array_replace(keys, CAST(?1 AS text), CAST(?2 AS text))
		WHERE CAST(?1 AS text) = ANY (keys)`, from, to)
}
