package pgstore

import (
	"context"
	"encoding/json"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/sqlbackend"
)

// FindEntries implements [sqlbackend.Database]. The server finds the entries that have a
// text.
func (d database) FindEntries(ctx context.Context, q sqlbackend.Querier, r *changelog.Redaction, names []string, after, through int64) ([]int64, error) {
	quoted := r.Quoted()
	for _, name := range names {
		text, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		quoted = append(quoted, string(text))
	}
	return sqlbackend.Collect(ctx, q, func(row sqlbackend.Row) (seq int64, err error) { return seq, row.Scan(&seq) },
		`SELECT seq FROM @changes WHERE seq > ? AND seq <= ? AND (actor = ANY (CAST(? AS text[]))
		OR EXISTS (SELECT 1 FROM unnest(CAST(? AS text[])) AS q WHERE strpos(concat(keys, before, after), q) > 0)) ORDER BY seq`,
		after, through, names, quoted)
}

// ReplaceKeptKey implements [sqlbackend.Tx].
func (t *tx) ReplaceKeptKey(ctx context.Context, from, to string) error {
	return t.exec(ctx, `UPDATE @change_keys SET keys = array_replace(keys, CAST(?1 AS text), CAST(?2 AS text))
		WHERE CAST(?1 AS text) = ANY (keys)`, from, to)
}
