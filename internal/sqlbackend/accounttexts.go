package sqlbackend

import (
	"context"
	"database/sql"
	"errors"

	"example.com/ostraka/store"
)

// activeTexts are the accounts that can be used, of a page of them, with a row for each
// address, in the order of both tables.
const activeTexts = `SELECT a.seq, a.id, a.handle, e.address
	FROM (SELECT seq, id, handle FROM @accounts
		WHERE seq > ?1 AND suspended_at IS NULL AND hold_since IS NULL ORDER BY seq LIMIT ?2) a
	LEFT JOIN @account_emails e ON e.account = a.seq ORDER BY a.seq, e.position`

// activeTextsStreamed are those of all pages, for whoever stops after one: there is
// nothing to sort.
const activeTextsStreamed = `SELECT a.seq, a.id, a.handle, e.address
	FROM @accounts a LEFT JOIN @account_emails e ON e.account = a.seq
	WHERE a.seq > ?1 AND a.suspended_at IS NULL AND a.hold_since IS NULL ORDER BY a.seq, e.position`

// errEnough stops a reader of activeTextsStreamed.
var errEnough = errors.New("enough")

// ActiveAccountTexts implements [store.Accounts].
func (o Operations) ActiveAccountTexts(ctx context.Context, after int64, limit int) (texts []store.AccountTexts, err error) {
	size := store.Page{Limit: limit}.Size()
	err = o.db.Read(ctx, "read what checks ask about", func(q Querier) error {
		texts = make([]store.AccountTexts, 0, size)
		addresses := make([]string, 0, size) // of all, so that not each account has an array of its own
		var a store.AccountTexts
		var address sql.NullString
		into := []any{&a.Seq, &a.ID, &a.Handle, &address}
		query, args := activeTexts, []any{after, size}
		if o.db.Dialect().Streams {
			query, args = activeTextsStreamed, args[:1]
		}
		err := q.Each(ctx, func(row Row) error {
			if err := row.Scan(into...); err != nil {
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
		}, query, args...)
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
const sharedMailboxes = `SELECT mailbox, count(DISTINCT account) FROM @account_emails WHERE mailbox > ?
	GROUP BY mailbox HAVING count(DISTINCT account) > 1 ORDER BY mailbox LIMIT ?`

// sharing are the accounts that have a mailbox.
const sharing = `SELECT seq, id, handle FROM @accounts WHERE ` + hasMailbox + ` ORDER BY seq LIMIT ?`

// SharedMailboxes implements [store.Accounts].
func (o Operations) SharedMailboxes(ctx context.Context, after string, limit int) (shared []store.SharedMailbox, err error) {
	err = o.db.View(ctx, "look for mailboxes that accounts share", func(q Querier) error {
		shared = nil
		err := q.Each(ctx, func(row Row) error {
			var m store.SharedMailbox
			err := row.Scan(&m.Mailbox, &m.Count)
			shared = append(shared, m)
			return err
		}, sharedMailboxes, after, store.Page{Limit: limit}.Size())
		for i := range shared {
			if err != nil {
				return err
			}
			err = q.Each(ctx, func(row Row) error {
				var a store.AccountRef
				err := row.Scan(&a.Seq, &a.ID, &a.Handle)
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
