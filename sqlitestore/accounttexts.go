package sqlitestore

import (
	"context"
	"database/sql"
	"errors"

	"example.com/ostraka/store"
)

// activeTexts are the accounts that can be used, with a row for each address, in the
// order of both tables. It has no limit, as that would be one of rows: whoever reads
// stops.
const activeTexts = `SELECT a.seq, a.id, a.handle, e.address
	FROM ostraka_accounts a LEFT JOIN ostraka_account_emails e ON e.account = a.seq
	WHERE a.seq > ? AND a.suspended_at IS NULL AND a.hold_since IS NULL ORDER BY a.seq, e.position`

// errEnough stops a reader of activeTexts.
var errEnough = errors.New("enough")

// ActiveAccountTexts implements [store.Accounts].
func (s *Store) ActiveAccountTexts(ctx context.Context, after int64, limit int) (texts []store.AccountTexts, err error) {
	size := store.Page{Limit: limit}.Size()
	err = s.read(ctx, "read what checks ask about", func(q querier) error {
		texts = make([]store.AccountTexts, 0, size)
		addresses := make([]string, 0, size) // of all, so that not each account has an array of its own
		var a store.AccountTexts
		var address sql.NullString
		into := []any{&a.Seq, (*id)(&a.ID), &a.Handle, &address}
		err := each(ctx, q, func(rows *sql.Rows) error {
			if err := rows.Scan(into...); err != nil {
				return err
			}
			switch n := len(texts); {
			case n > 0 && texts[n-1].Seq == a.Seq:
			case n == size:
				return errEnough
			default:
				texts = append(texts, a)
			}
			if address.Valid {
				last := &texts[len(texts)-1]
				addresses = append(addresses, address.String)
				first := len(addresses) - 1 - len(last.Emails)
				last.Emails = addresses[first:len(addresses):len(addresses)]
			}
			return nil
		}, activeTexts, after)
		if errors.Is(err, errEnough) {
			err = nil
		}
		return err
	})
	if err != nil || len(texts) == 0 {
		return nil, err
	}
	return texts, nil
}

// sharedMailboxes are those that several accounts have.
const sharedMailboxes = `SELECT mailbox, count(DISTINCT account) FROM ostraka_account_emails WHERE mailbox > ?
	GROUP BY mailbox HAVING count(DISTINCT account) > 1 ORDER BY mailbox LIMIT ?`

// sharing are the accounts that have a mailbox.
const sharing = `SELECT seq, id, handle FROM ostraka_accounts WHERE ` + hasMailbox + ` ORDER BY seq LIMIT ?`

// SharedMailboxes implements [store.Accounts].
func (s *Store) SharedMailboxes(ctx context.Context, after string, limit int) (shared []store.SharedMailbox, err error) {
	err = s.view(ctx, "look for mailboxes that accounts share", func(q querier) error {
		shared = nil
		err := each(ctx, q, func(rows *sql.Rows) error {
			var m store.SharedMailbox
			err := rows.Scan(&m.Mailbox, &m.Count)
			shared = append(shared, m)
			return err
		}, sharedMailboxes, after, store.Page{Limit: limit}.Size())
		for i := range shared {
			if err != nil {
				return err
			}
			err = each(ctx, q, func(rows *sql.Rows) error {
				var a store.AccountRef
				err := rows.Scan(&a.Seq, (*id)(&a.ID), &a.Handle)
				shared[i].Accounts = append(shared[i].Accounts, a)
				return err
			}, sharing, shared[i].Mailbox, store.MaxSharing)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return shared, nil
}
