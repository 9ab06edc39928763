package sqlbackend

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// The parts of the records that keys are made of, in order.
const (
	rekeyBans      = 'b'
	rekeyAddresses = 'e' // entries of lists, by the letters of their kinds
	rekeyNames     = 'n'
	rekeyAccounts  = 'a'
	rekeyAliases   = 'm'

	rekeyParts = "benam"
)

// SetKeyTables implements [store.Keys].
func (o Operations) SetKeyTables(ctx context.Context, from, to string, change store.Change) error {
	return o.write(ctx, "set the tables of keys", func(t writer) error {
		have, err := t.KeyTables(ctx)
		switch {
		case err != nil || have == to:
			return err
		case have != from:
			return fmt.Errorf("%w: keys are made by the tables %.64q, not %.64q", store.ErrConflict, have, from)
		}
		if err := t.SetKeyTables(ctx, to); err != nil {
			return err
		}
		change = changelog.Bare(change)
		change.KeyTables = ""
		return t.Log(ctx, change)
	})
}

// Rekey implements [store.Keys].
func (o Operations) Rekey(ctx context.Context, page store.RekeyPage, maker store.KeyMaker, change store.Change) (store.RekeyResult, error) {
	place, err := changelog.ParsePlace(page.After, rekeyParts[0])
	if err != nil {
		return store.RekeyResult{}, fmt.Errorf("%s: %w", o.db.Dialect().Package, err)
	}
	var r rekeying
	err = o.write(ctx, "make keys anew", func(t writer) error {
		r = rekeying{t: t, maker: maker, size: page.Size()}
		if err := r.run(ctx, place); err != nil {
			return err
		}
		if c, moved := r.logged(change); moved {
			return t.Log(ctx, c)
		}
		return nil
	})
	if err != nil {
		return store.RekeyResult{}, err
	}
	return r.result, nil
}

// rekeying is one call of Rekey.
type rekeying struct {
	t      writer
	maker  store.KeyMaker
	size   int // of a page
	result store.RekeyResult
	keys   []store.Key // of rules, old and new
}

// run makes the keys of the page at a place.
func (r *rekeying) run(ctx context.Context, place changelog.Place) error {
	at, err := r.part(ctx, place)
	if err != nil {
		return err
	}
	if at != "" {
		r.result.Next = changelog.Place{Part: place.Part, At: at}.String()
	} else if next, last := place.After(rekeyParts); !last {
		r.result.Next = next.String()
	}
	return nil
}

// part returns where the next page of the same part begins, empty if there is none.
func (r *rekeying) part(ctx context.Context, place changelog.Place) (next string, err error) {
	if place.Part == rekeyAddresses || place.Part == rekeyNames {
		return r.entries(ctx, place)
	}
	after, err := place.Seq()
	if err != nil {
		return "", err
	}
	var last int64
	switch place.Part {
	case rekeyBans:
		last, err = r.bans(ctx, after)
	case rekeyAccounts:
		last, err = r.accounts(ctx, after)
	case rekeyAliases:
		last, err = r.aliases(ctx, after)
	default:
		err = fmt.Errorf("no page of keys: %.64q", place.String())
	}
	if err != nil || last == 0 {
		return "", err
	}
	return strconv.FormatInt(last, 10), nil
}

// read counts the records of a page that were read. It reports whether there may
// be more behind it.
func (r *rekeying) read(n int) (more bool) {
	r.result.Seen += int64(n)
	return n == r.size
}

// move counts a record whose rule gets another key.
func (r *rekeying) move(from, to store.Key) {
	r.result.Moved++
	r.keys = append(r.keys, from, to)
}

// logged returns what is to be logged, if anything has moved.
func (r *rekeying) logged(change store.Change) (store.Change, bool) {
	return changelog.Rekeyed(change, r.result.Moved, r.keys), r.result.Moved > 0
}

// bans makes the keys of the bans of a page, and returns the Seq of its last one
// if there may be more.
func (r *rekeying) bans(ctx context.Context, after int64) (last int64, err error) {
	bans, err := Collect(ctx, r.t, func(row Row) (b keyedRow, err error) {
		return b, row.Scan(&b.Seq, &b.ID, (*uint8)(&b.Key.Kind), &b.Value, &b.Key.Text)
	}, `SELECT seq, id, kind, value, key_text FROM @bans WHERE seq > ? ORDER BY seq LIMIT ?`, after, r.size)
	if err != nil {
		return 0, err
	}
	for i := range bans {
		b := &bans[i]
		if changelog.Hashed(b.Key.Kind, b.Value) {
			r.result.Hashed++
		}
		key, moved := changelog.RuleKey(b.Key, b.Value, r.maker)
		if !moved {
			continue
		}
		r.move(b.Key, key)
		if err := r.t.Exec(ctx, `UPDATE @bans SET key_text = ?, version = version + 1 WHERE seq = ?`, key.Text, b.Seq); err != nil {
			return 0, err
		}
		if err := r.t.moveRule(ctx, b, key); err != nil {
			return 0, err
		}
	}
	if r.read(len(bans)) {
		last = bans[len(bans)-1].Seq
	}
	return last, nil
}

// moveRule gives the row of a rule, if there is one, another key.
func (t writer) moveRule(ctx context.Context, row *keyedRow, key store.Key) error {
	from, err := RuleKey(row.Key)
	if err != nil {
		return err
	}
	to, err := RuleKey(key)
	if err != nil {
		return err
	}
	return t.Exec(ctx, `UPDATE @rules SET key = ?, value = ? WHERE key = ? AND id = ? AND since = ?`,
		to, ValueArg(row.Value, key), from, row.ID, row.Since)
}

// entries makes the keys of entries of lists of a kind, in force or not, in the
// order of their rows. A row that moves on may be seen again.
func (r *rekeying) entries(ctx context.Context, place changelog.Place) (next string, err error) {
	from, id, since, err := parseRowPlace(place)
	if err != nil {
		return "", err
	}
	entries, err := Collect(ctx, r.t, scanKeyedEntry, `SELECT key, id, since, list, value FROM @rules
		WHERE (key, id, since) > (?, ?, ?) AND key < ? AND list IS NOT NULL
		ORDER BY key, id, since LIMIT ?`, from, id, since, string(place.Part)+";", r.size) // ';' follows ':'
	if err != nil {
		return "", err
	}
	lists := map[int64]bool{}
	for i := range entries {
		e := &entries[i]
		key, moved := changelog.RuleKey(e.Key, e.Value, r.maker)
		if !moved {
			continue
		}
		r.move(e.Key, key)
		lists[e.List] = true
		if err := r.t.moveRule(ctx, e, key); err != nil {
			return "", err
		}
		to, err := RuleKey(key)
		if err != nil {
			return "", err
		}
		if err := r.t.Exec(ctx, `UPDATE @hit_totals SET key = ? WHERE rule_id = ?`, to, e.ID); err != nil {
			return "", err
		}
	}
	for list := range lists {
		// What is being written for the version before does not fit any more.
		if err := r.t.Exec(ctx, `UPDATE @lists SET version = version + 1, writer = NULL WHERE seq = ? AND version > 0`, list); err != nil {
			return "", err
		}
	}
	if r.read(len(entries)) {
		return rowPlace(&entries[len(entries)-1])
	}
	return "", nil
}

func scanKeyedEntry(row Row) (e keyedRow, err error) {
	var key string
	var value sql.NullString
	if err := row.Scan(&key, &e.ID, &e.Since, &e.List, &value); err != nil {
		return e, err
	}
	e.Key, err = ParseRuleKey(key)
	if e.Value = e.Key.Text; value.Valid {
		e.Value = value.String
	}
	return e, err
}

// rowPlace returns the place of a row of @rules as [parseRowPlace] reads
// it.
func rowPlace(row *keyedRow) (string, error) {
	key, err := RuleKey(row.Key)
	return fmt.Sprintf("%d:%s:%s", row.Since, row.ID, key), err
}

func parseRowPlace(place changelog.Place) (key string, row uuid.UUID, since int64, err error) {
	if place.At == "" {
		return string(place.Part) + ":", uuid.Nil, 0, nil
	}
	parts := strings.SplitN(place.At, ":", 3)
	if len(parts) == 3 {
		since, err = strconv.ParseInt(parts[0], 10, 64)
		if err == nil {
			row, err = uuid.Parse(parts[1])
		}
		if err == nil {
			return parts[2], row, since, nil
		}
	}
	return "", uuid.Nil, 0, fmt.Errorf("no page of keys: %.64q", place.String())
}

// accounts does what bans does for accounts.
func (r *rekeying) accounts(ctx context.Context, after int64) (last int64, err error) {
	found, err := readAccounts(ctx, r.t, ` WHERE seq > ? ORDER BY seq LIMIT ?`, `ASC`, after, r.size)
	if err != nil {
		return 0, err
	}
	for i := range found {
		a := &found[i]
		moved, spare, err := changelog.AccountKeys(a, r.maker, func(key string) (bool, error) {
			var other int64
			err := r.t.Row(ctx, []any{&other}, `SELECT account FROM @handle_keys WHERE key = ?`, key)
			if errors.Is(err, store.ErrNotFound) {
				return false, nil
			}
			return other != a.Seq, err
		})
		if err != nil {
			return 0, err
		}
		if spare {
			r.result.Spare++
		}
		if !moved {
			continue
		}
		r.result.Moved++
		if err := r.account(ctx, a); err != nil {
			return 0, err
		}
	}
	if r.read(len(found)) {
		last = found[len(found)-1].Seq
	}
	return last, nil
}

// account writes the keys of an account.
func (r *rekeying) account(ctx context.Context, a *store.Account) error {
	if err := r.t.Exec(ctx, `UPDATE @accounts SET version = ? WHERE seq = ?`, a.Version, a.Seq); err != nil {
		return err
	}
	if err := r.t.Exec(ctx, `DELETE FROM @handle_keys WHERE account = ?`, a.Seq); err != nil {
		return err
	}
	if err := r.t.insertHandleKeys(ctx, a); err != nil {
		return err
	}
	for i := range a.Emails {
		e := &a.Emails[i]
		err := r.t.Exec(ctx, `UPDATE @account_emails SET mailbox = ?1 WHERE account = ?2 AND position = ?3 AND mailbox <> ?1`,
			e.Mailbox, a.Seq, i)
		if err != nil {
			return err
		}
	}
	return nil
}

// aliases does what bans does for aliases.
func (r *rekeying) aliases(ctx context.Context, after int64) (last int64, err error) {
	aliases, err := Collect(ctx, r.t, func(row Row) (a store.MailAlias, err error) {
		return a, row.Scan(&a.Seq, &a.Local, &a.LocalKey, &a.Destination, &a.Mailbox)
	}, `SELECT seq, local, local_key, destination, mailbox FROM @aliases WHERE seq > ? ORDER BY seq LIMIT ?`, after, r.size)
	if err != nil {
		return 0, err
	}
	for i := range aliases {
		a := &aliases[i]
		if !changelog.AliasKeys(a, r.maker) {
			continue
		}
		r.result.Moved++
		err := r.t.Exec(ctx, `UPDATE @aliases SET local_key = ?, mailbox = ?, version = version + 1 WHERE seq = ?`,
			a.LocalKey, a.Mailbox, a.Seq)
		if err != nil {
			return 0, err
		}
	}
	if r.read(len(aliases)) {
		last = aliases[len(aliases)-1].Seq
	}
	return last, nil
}

// keyedRow is what the key of a row is made of.
type keyedRow struct {
	Seq   int64
	ID    uuid.UUID
	Since int64
	List  int64
	Key   store.Key
	Value string
}
