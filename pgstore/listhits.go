package pgstore

import (
	"context"

	"example.com/ostraka/internal/sqlbackend"
)

// moveHits keeps what entries caught with those that the delta gives another
// key, which are few.
func (a *listApply) moveHits(ctx context.Context, t *tx) error {
	for e := range a.delta.Moved() {
		key, err := sqlbackend.RuleKey(e.Key)
		if err != nil {
			return err
		}
		if err := t.exec(ctx, `UPDATE @hit_totals SET key = ? WHERE rule_id = ?`, key, uid(e.ID)); err != nil {
			return err
		}
	}
	return nil
}

// moveHitsBack does so for the entries that come back when the content of the
// row is undone.
func (t *tx) moveHitsBack(ctx context.Context, row *listRow) error {
	return t.exec(ctx, `UPDATE @hit_totals AS h SET key = r.key FROM @rules r
		WHERE r.list = ? AND r.until = ? AND h.rule_id = r.id AND h.key <> r.key
			AND EXISTS (SELECT 1 FROM @hit_totals)`, row.Seq, row.content)
}
