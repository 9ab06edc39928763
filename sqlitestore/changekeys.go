package sqlitestore

import (
	"context"
	"encoding/json"
)

// KeepKeys implements [sqlbackend.Tx].
func (t *tx) KeepKeys(ctx context.Context, seq int64, part int, keys []string) error {
	data, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	return t.exec(ctx, `INSERT INTO ostraka_change_keys (seq, part, count, keys) VALUES (?, ?, ?, ?)`, seq, part, len(keys), string(data))
}

// ForgetKeys implements [sqlbackend.Tx].
func (t *tx) ForgetKeys(ctx context.Context, most int64) error {
	return t.exec(ctx, `DELETE FROM ostraka_change_keys WHERE seq <= (
		SELECT seq FROM (SELECT seq, sum(sum(count)) OVER (ORDER BY seq DESC) AS together FROM ostraka_change_keys GROUP BY seq)
		WHERE together > ? ORDER BY seq DESC LIMIT 1)`, most)
}
