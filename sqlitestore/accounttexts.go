package sqlitestore

import (
	"context"
	"database/sql"

	"example.com/ostraka/store"
)

// activeTexts are the accounts that can be used, with a row for each address.
const activeTexts = `SELECT a.seq, a.id, a.handle, e.address
	FROM (SELECT seq, id, handle FROM ostraka_accounts
		WHERE seq > ? AND suspended_at IS NULL AND hold_since IS NULL ORDER BY seq LIMIT ?) a
	LEFT JOIN ostraka_account_emails e ON e.account = a.seq ORDER BY a.seq, e.position`

// ActiveAccountTexts implements [store.Accounts].
func (s *Store) ActiveAccountTexts(ctx context.Context, after int64, limit int) (texts []store.AccountTexts, err error) {
	size := store.Page{Limit: limit}.Size()
	err = s.read(ctx, "read what checks ask about", func(q querier) error {
		texts = make([]store.AccountTexts, 0, size)
		var a store.AccountTexts
		var address sql.NullString
		into := []any{&a.Seq, (*id)(&a.ID), &a.Handle, &address}
		return each(ctx, q, func(rows *sql.Rows) error {
			if err := rows.Scan(into...); err != nil {
				return err
			}
			if n := len(texts); n == 0 || texts[n-1].Seq != a.Seq {
				texts = append(texts, a)
			}
			if address.Valid {
				last := &texts[len(texts)-1]
				last.Emails = append(last.Emails, address.String)
			}
			return nil
		}, activeTexts, after, size)
	})
	if err != nil || len(texts) == 0 {
		return nil, err
	}
	return texts, nil
}
