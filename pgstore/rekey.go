package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

const readKeyTables = `SELECT key_tables FROM @log`

// KeyTables implements [store.Keys].
func (s *Store) KeyTables(ctx context.Context) (tables string, err error) {
	err = s.lookup(ctx, "read the tables of keys", func(q querier) error {
		return q.row(ctx, []any{&tables}, readKeyTables)
	})
	return tables, err
}

// SetKeyTables implements [store.Keys].
func (s *Store) SetKeyTables(ctx context.Context, from, to string, change store.Change) error {
	return s.write(ctx, "set the tables of keys", func(t *tx) error {
		have, err := t.keyTables(ctx)
		switch {
		case err != nil || have == to:
			return err
		case have != from:
			return fmt.Errorf("%w: keys are made by the tables %.64q, not %.64q", store.ErrConflict, have, from)
		}
		if err := t.setKeyTables(ctx, to); err != nil {
			return err
		}
		change = changelog.Bare(change)
		change.KeyTables = ""
		return t.log(change)
	})
}

func (t *tx) keyTables(ctx context.Context) (tables string, err error) {
	err = t.row(ctx, []any{&tables}, readKeyTables)
	return tables, err
}

func (t *tx) setKeyTables(ctx context.Context, tables string) error {
	return t.exec(ctx, `UPDATE @log SET key_tables = ?`, tables)
}

// Rekey implements [store.Keys].
func (s *Store) Rekey(ctx context.Context, page store.RekeyPage, maker store.KeyMaker, change store.Change) (store.RekeyResult, error) {
	const doing = "make keys anew"
	place, err := sqlbackend.RekeyPlace(page)
	if err != nil {
		return store.RekeyResult{}, fmt.Errorf("pgstore: %w", err)
	}
	var r rekeying
	err = s.write(ctx, doing, func(t *tx) error {
		r = rekeying{tx: t, Rekeying: sqlbackend.Rekeying{Maker: maker, Size: page.Size()}}
		if err := r.Run(ctx, &r, place); err != nil {
			return err
		}
		if c, moved := r.Change(change); moved {
			return t.log(c)
		}
		return nil
	})
	if err != nil {
		return store.RekeyResult{}, err
	}
	return r.Result, nil
}

// rekeying is one call of Rekey.
type rekeying struct {
	sqlbackend.Rekeying
	tx *tx
}

// Bans makes the keys of the bans of a page, and returns the Seq of its last one
// if there may be more.
func (r *rekeying) Bans(ctx context.Context, after int64) (last int64, err error) {
	bans, err := collect(ctx, r.tx.querier(), func(rows pgx.Rows) (b sqlbackend.KeyedRow, err error) {
		return b, rows.Scan(&b.Seq, (*id)(&b.ID), (*small)(&b.Key.Kind), &b.Value, &b.Key.Text)
	}, `SELECT seq, id, kind, value, key_text FROM @bans WHERE seq > ? ORDER BY seq LIMIT ?`, after, r.Size)
	if err != nil {
		return 0, err
	}
	for i := range bans {
		b := &bans[i]
		key, moved := changelog.RuleKey(b.Key, b.Value, r.Maker)
		if !moved {
			continue
		}
		r.Move(b.Key, key)
		if err := r.tx.exec(ctx, `UPDATE @bans SET key_text = ?, version = version + 1 WHERE seq = ?`, key.Text, b.Seq); err != nil {
			return 0, err
		}
		if err := r.rule(ctx, b, key); err != nil {
			return 0, err
		}
	}
	if r.Read(len(bans)) {
		last = bans[len(bans)-1].Seq
	}
	return last, nil
}

// rule gives the row of a rule, if there is one, another key.
func (r *rekeying) rule(ctx context.Context, row *sqlbackend.KeyedRow, key store.Key) error {
	from, err := sqlbackend.RuleKey(row.Key)
	if err != nil {
		return err
	}
	to, err := sqlbackend.RuleKey(key)
	if err != nil {
		return err
	}
	return r.tx.exec(ctx, `UPDATE @rules SET key = ?, value = ? WHERE key = ? AND id = ? AND since = ?`,
		to, sqlbackend.ValueArg(row.Value, key), from, uid(row.ID), row.Since)
}

// Entries makes the keys of entries of lists of a kind, in force or not, in the
// order of their rows. A row that moves on may be seen again.
func (r *rekeying) Entries(ctx context.Context, place changelog.Place) (next string, err error) {
	from, id, since, err := parseRowPlace(place)
	if err != nil {
		return "", err
	}
	entries, err := collect(ctx, r.tx.querier(), scanKeyedEntry, `SELECT key, id, since, list, value FROM @rules
		WHERE (key, id, since) > (?, ?, ?) AND key < ? AND list IS NOT NULL
		ORDER BY key, id, since LIMIT ?`, from, uid(id), since, string(place.Part)+";", r.Size) // ';' follows ':'
	if err != nil {
		return "", err
	}
	lists := map[int64]bool{}
	for i := range entries {
		e := &entries[i]
		key, moved := changelog.RuleKey(e.Key, e.Value, r.Maker)
		if !moved {
			continue
		}
		r.Move(e.Key, key)
		lists[e.List] = true
		if err := r.rule(ctx, e, key); err != nil {
			return "", err
		}
		to, err := sqlbackend.RuleKey(key)
		if err != nil {
			return "", err
		}
		if err := r.tx.exec(ctx, `UPDATE @hit_totals SET key = ? WHERE rule_id = ?`, to, uid(e.ID)); err != nil {
			return "", err
		}
	}
	for list := range lists {
		// What is being written for the version before does not fit any more.
		if err := r.tx.exec(ctx, `UPDATE @lists SET version = version + 1, writer = NULL WHERE seq = ? AND version > 0`, list); err != nil {
			return "", err
		}
	}
	if r.Read(len(entries)) {
		return rowPlace(&entries[len(entries)-1])
	}
	return "", nil
}

func scanKeyedEntry(rows pgx.Rows) (e sqlbackend.KeyedRow, err error) {
	var key string
	var value pgtype.Text
	if err := rows.Scan(&key, (*id)(&e.ID), &e.Since, &e.List, &value); err != nil {
		return e, err
	}
	e.Key, err = sqlbackend.ParseRuleKey(key)
	if e.Value = e.Key.Text; value.Valid {
		e.Value = value.String
	}
	return e, err
}

// rowPlace returns the place of a row of @rules as [parseRowPlace] reads
// it.
func rowPlace(row *sqlbackend.KeyedRow) (string, error) {
	key, err := sqlbackend.RuleKey(row.Key)
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

// Accounts does what Bans does for accounts.
func (r *rekeying) Accounts(ctx context.Context, after int64) (last int64, err error) {
	var found accountReader
	err = r.tx.each(ctx, func(rows pgx.Rows) error { return found.read(rows) },
		accountsWhere(` WHERE seq > ? ORDER BY seq LIMIT ?`, `ASC`), after, r.Size)
	if err != nil {
		return 0, err
	}
	for i := range found.accounts {
		a := &found.accounts[i]
		moved, spare, err := changelog.AccountKeys(a, r.Maker, func(key string) (bool, error) {
			var other int64
			err := r.tx.row(ctx, []any{&other}, `SELECT account FROM @handle_keys WHERE key = ?`, key)
			if errors.Is(err, pgx.ErrNoRows) {
				return false, nil
			}
			return other != a.Seq, err
		})
		if err != nil {
			return 0, err
		}
		if spare {
			r.Result.Spare++
		}
		if !moved {
			continue
		}
		r.Result.Moved++
		if err := r.account(ctx, a); err != nil {
			return 0, err
		}
	}
	if r.Read(len(found.accounts)) {
		last = found.accounts[len(found.accounts)-1].Seq
	}
	return last, nil
}

// account writes the keys of an account.
func (r *rekeying) account(ctx context.Context, a *store.Account) error {
	if err := r.tx.exec(ctx, `UPDATE @accounts SET version = ? WHERE seq = ?`, a.Version, a.Seq); err != nil {
		return err
	}
	if err := r.tx.exec(ctx, `DELETE FROM @handle_keys WHERE account = ?`, a.Seq); err != nil {
		return err
	}
	if err := r.tx.insertHandleKeys(ctx, a); err != nil {
		return err
	}
	for i := range a.Emails {
		e := &a.Emails[i]
		err := r.tx.exec(ctx, `UPDATE @account_emails SET mailbox = ?1 WHERE account = ?2 AND position = ?3 AND mailbox <> ?1`,
			e.Mailbox, a.Seq, i)
		if err != nil {
			return err
		}
	}
	return nil
}

// Aliases does what Bans does for aliases.
func (r *rekeying) Aliases(ctx context.Context, after int64) (last int64, err error) {
	aliases, err := collect(ctx, r.tx.querier(), func(rows pgx.Rows) (a store.MailAlias, err error) {
		return a, rows.Scan(&a.Seq, &a.Local, &a.LocalKey, &a.Destination, &a.Mailbox)
	}, `SELECT seq, local, local_key, destination, mailbox FROM @aliases WHERE seq > ? ORDER BY seq LIMIT ?`, after, r.Size)
	if err != nil {
		return 0, err
	}
	for i := range aliases {
		a := &aliases[i]
		if !changelog.AliasKeys(a, r.Maker) {
			continue
		}
		r.Result.Moved++
		err := r.tx.exec(ctx, `UPDATE @aliases SET local_key = ?, mailbox = ?, version = version + 1 WHERE seq = ?`,
			a.LocalKey, a.Mailbox, a.Seq)
		if err != nil {
			return 0, err
		}
	}
	if r.Read(len(aliases)) {
		last = aliases[len(aliases)-1].Seq
	}
	return last, nil
}
