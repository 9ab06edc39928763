package pgstore

import "context"

// KeepKeys implements [sqlbackend.Tx].
func (t *tx) KeepKeys(ctx context.Context, seq int64, part int, keys []string) error {
	return t.exec(ctx, `INSERT INTO @change_keys (seq, part, keys) VALUES (?, ?, CAST(? AS text[]))`, seq, part, keys)
}

// ForgetKeys implements [sqlbackend.Tx]. The row of @log is locked: nobody else does so now.
func (t *tx) ForgetKeys(ctx context.Context, most int64) error {
	return t.exec(ctx, `DELETE FROM @change_keys WHERE seq <= (
		SELECT seq FROM (
			SELECT seq, sum(sum(cardinality(keys))) OVER (ORDER BY seq DESC) AS together FROM @change_keys GROUP BY seq
		) AS newest WHERE together > ? ORDER BY seq DESC LIMIT 1)`, most)
}
