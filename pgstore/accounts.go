package pgstore

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// accountColumns are those of @accounts, after seq.
const accountColumns = `id, version, handle, handle_fold, name, bio, links, meta, roles,
	admin, verified, invited_by, password_hash, joined_at, created_at, created_by, updated_at, last_login_at,
	suspended_at, suspended_by, suspended_reason, suspension_bans, hold, sweep`

// holdColumns repeat what of the hold is searched for.
const holdColumns = `, hold_since, hold_rule, hold_network`

// wholeAccount are the columns of an account a with one of its handle keys and
// one of its addresses: there is a row for each pair of those.
var wholeAccount = `a.seq, ` + qualified("a", accountColumns) + `,
	k.position, k.key, e.position, e.id, e.address, e.mailbox, e.verified_at, e.created_at`

// partsOfAccount joins what wholeAccount needs beside a.
const partsOfAccount = ` LEFT JOIN @handle_keys k ON k.account = a.seq
	LEFT JOIN @account_emails e ON e.account = a.seq`

// qualified names columns as those of a table.
func qualified(table, columns string) string {
	return table + "." + strings.Join(strings.Fields(columns), " "+table+".")
}

// accountsWhere selects whole accounts, of which it must be clear by a condition
// on @accounts and what follows it that they are few.
func accountsWhere(condition, order string) string {
	return `SELECT ` + wholeAccount + ` FROM (SELECT * FROM @accounts` + condition + `) a` + partsOfAccount +
		` ORDER BY a.seq ` + order + `, k.position, e.position`
}

// accountArgs returns the arguments for accountColumns and holdColumns.
func accountArgs(a *store.Account) ([]any, error) {
	links, err := sqlbackend.JSONArg(a.Links, len(a.Links))
	if err != nil {
		return nil, err
	}
	roles, err := sqlbackend.JSONArg(a.Roles, len(a.Roles))
	if err != nil {
		return nil, err
	}
	bans, err := sqlbackend.JSONArg(a.SuspensionBans, len(a.SuspensionBans))
	if err != nil {
		return nil, err
	}
	held := 0
	if a.Hold != (store.Hold{}) {
		held = 1
	}
	hold, err := sqlbackend.JSONArg(a.Hold, held)
	if err != nil {
		return nil, err
	}
	return []any{
		uid(a.ID), a.Version, a.Handle, a.HandleFold, a.Name, a.Bio, links, sqlbackend.TextArg(a.Meta), roles,
		a.Admin, a.Verified, idArg(a.InvitedBy), a.PasswordHash,
		sqlbackend.TimeArg(a.JoinedAt), sqlbackend.TimeArg(a.CreatedAt), a.CreatedBy, sqlbackend.TimeArg(a.UpdatedAt), sqlbackend.TimeArg(a.LastLoginAt),
		sqlbackend.TimeArg(a.SuspendedAt), a.SuspendedBy, a.SuspendedReason, bans, hold, idArg(a.Sweep),
		sqlbackend.TimeArg(a.Hold.Since), idArg(a.Hold.Rule), store.NetworkKey(a.Hold.Network),
	}, nil
}

// accountReader puts accounts together from rows of wholeAccount, in the order
// of accountsWhere.
type accountReader struct {
	accounts sqlbackend.Accounts
}

// read reads a row. Columns before those of wholeAccount are scanned to leading.
func (r *accountReader) read(rows pgx.Rows, leading ...any) error {
	var a store.Account
	var key, address, mailbox pgtype.Text
	var keyPosition, emailPosition pgtype.Int8
	var email store.AccountEmail
	if err := rows.Scan(append(leading,
		&a.Seq, (*id)(&a.ID), &a.Version, &a.Handle, &a.HandleFold, &a.Name, &a.Bio,
		fromJSON[[]store.Link]{&a.Links}, (*[]byte)(&a.Meta), fromJSON[[]store.Role]{&a.Roles},
		&a.Admin, &a.Verified, (*id)(&a.InvitedBy), &a.PasswordHash,
		(*micros)(&a.JoinedAt), (*micros)(&a.CreatedAt), &a.CreatedBy, (*micros)(&a.UpdatedAt), (*micros)(&a.LastLoginAt),
		(*micros)(&a.SuspendedAt), &a.SuspendedBy, &a.SuspendedReason, fromJSON[[]uuid.UUID]{&a.SuspensionBans},
		fromJSON[store.Hold]{&a.Hold}, (*id)(&a.Sweep),
		&keyPosition, &key, &emailPosition, (*id)(&email.ID), &address, &mailbox,
		(*micros)(&email.VerifiedAt), (*micros)(&email.CreatedAt),
	)...); err != nil {
		return err
	}
	email.Address, email.Mailbox = address.String, mailbox.String
	r.accounts.Add(a, sqlbackend.AccountPart[string]{Position: keyPosition.Int64, Valid: keyPosition.Valid, Part: key.String},
		sqlbackend.AccountPart[store.AccountEmail]{Position: emailPosition.Int64, Valid: emailPosition.Valid, Part: email})
	return nil
}

// Account implements [store.Accounts].
func (s *Store) Account(ctx context.Context, id uuid.UUID) (store.Account, error) {
	return s.oneAccount(ctx, `id = ?`, uid(id))
}

// AccountBySeq implements [store.Accounts].
func (s *Store) AccountBySeq(ctx context.Context, seq int64) (store.Account, error) {
	return s.oneAccount(ctx, `seq = ?`, seq)
}

// AccountByHandleKey implements [store.Accounts].
func (s *Store) AccountByHandleKey(ctx context.Context, key string) (store.Account, error) {
	return s.oneAccount(ctx, hasKey, key)
}

// AccountByEmail implements [store.Accounts].
func (s *Store) AccountByEmail(ctx context.Context, address string) (store.Account, error) {
	return s.oneAccount(ctx, hasAddress, address)
}

// The accounts that have a key or an address.
const (
	hasKey     = `seq = (SELECT account FROM @handle_keys WHERE key = ?)`
	hasMailbox = `seq IN (SELECT account FROM @account_emails WHERE mailbox = ?)`
	hasAddress = `seq = (SELECT account FROM @account_emails WHERE address = ?)`
)

func (s *Store) oneAccount(ctx context.Context, where string, arg any) (account store.Account, err error) {
	err = s.lookup(ctx, "read an account", func(q querier) (err error) {
		var found accountReader
		err = q.each(ctx, func(rows pgx.Rows) error { return found.read(rows) }, accountsWhere(` WHERE `+where, `ASC`), arg)
		if err == nil {
			account, err = found.accounts.Only()
		}
		return err
	})
	return account, err
}

// account reads an account within a transaction.
func (t *tx) account(ctx context.Context, id uuid.UUID) (store.Account, error) {
	var found accountReader
	err := t.each(ctx, func(rows pgx.Rows) error { return found.read(rows) }, accountsWhere(` WHERE id = ?`, `ASC`), uid(id))
	if err != nil {
		return store.Account{}, err
	}
	return found.accounts.Only()
}

// accountConditions says in SQL what [store.AccountFilter.Match] says. What is
// few is told as its index tells it.
func accountConditions(f store.AccountFilter) *sqlbackend.Conditions {
	c := new(sqlbackend.Conditions)
	if f.Active != nil {
		c.Add(choose(*f.Active, `suspended_at IS NULL AND hold_since IS NULL`, `(suspended_at IS NOT NULL OR hold_since IS NOT NULL)`))
	}
	if f.Pending != nil {
		c.Add(choose(*f.Pending, `hold_since IS NOT NULL AND suspended_at IS NULL`, `(hold_since IS NULL OR suspended_at IS NOT NULL)`))
	}
	if f.Suspended != nil {
		c.Add(choose(*f.Suspended, `suspended_at IS NOT NULL`, `suspended_at IS NULL`))
	}
	if f.Sweep != uuid.Nil {
		c.Add(`sweep = ?`, uid(f.Sweep))
	}
	holdConditions(c, &f.Hold)
	if f.Admin != nil {
		c.Add(choose(*f.Admin, `admin`, `NOT admin`))
	}
	if f.HandleContains != "" {
		c.Add(`position(CAST(? AS bytea) in convert_to(handle_fold, 'UTF8')) > 0`, []byte(f.HandleContains))
	}
	if f.EmailContains != "" {
		c.Add(`seq IN (SELECT account FROM @account_emails WHERE position(CAST(? AS bytea) in convert_to(address, 'UTF8')) > 0)`, []byte(f.EmailContains))
	}
	return c
}

// holdConditions says in SQL what [store.HoldFilter.Match] says.
func holdConditions(c *sqlbackend.Conditions, f *store.HoldFilter) {
	if f.Empty() {
		return
	}
	c.Add(`hold_since IS NOT NULL`)
	if f.Rule != uuid.Nil {
		c.Add(`hold_rule = ?`, uid(f.Rule))
	}
	if f.Domain != "" {
		at, below, length := "@"+f.Domain, "."+f.Domain, utf8.RuneCountInString(f.Domain)+1
		c.Add(`(right(hold ->> 'email', ?) IN (?, ?) OR right('@' || (hold ->> 'domain'), ?) IN (?, ?))`, length, at, below, length, at, below)
	}
	if f.Network.IsValid() {
		first, last := store.NetworkRange(f.Network)
		c.Add(`hold_network BETWEEN ? AND ?`, first, last)
	}
	if !f.Before.IsZero() {
		c.Add(`hold_since < ?`, f.Before.UnixMicro())
	}
	if f.LetIn != nil {
		c.Add(choose(*f.LetIn, ``, `NOT `) + `coalesce(CAST(hold ->> 'let_in' AS boolean), false)`)
	}
}

func choose(yes bool, ifYes, ifNo string) string {
	if yes {
		return ifYes
	}
	return ifNo
}

// ListAccounts implements [store.Accounts].
func (s *Store) ListAccounts(ctx context.Context, filter store.AccountFilter, page store.Page) (accounts []store.Account, err error) {
	c := accountConditions(filter)
	tail := c.Page(page)
	order := choose(page.OldestFirst, `ASC`, `DESC`)
	err = s.read(ctx, "list accounts", func(q querier) error {
		var found accountReader
		err := q.each(ctx, func(rows pgx.Rows) error { return found.read(rows) }, accountsWhere(c.Where()+tail, order), c.Args...)
		accounts = found.accounts
		return err
	})
	if err != nil {
		return nil, err
	}
	return accounts, nil
}

// CountAccounts implements [store.Accounts].
func (s *Store) CountAccounts(ctx context.Context, filter store.AccountFilter) (int64, error) {
	c := accountConditions(filter)
	return s.readNumber(ctx, "count accounts", `SELECT count(*) FROM @accounts`+c.Where(), c.Args...)
}
