package sqlbackend

import (
	"context"
	"database/sql"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// AccountColumns are those of @accounts, after seq.
const AccountColumns = `id, version, handle, handle_fold, name, bio, links, meta, roles,
	admin, verified, invited_by, password_hash, joined_at, created_at, created_by, updated_at, last_login_at,
	suspended_at, suspended_by, suspended_reason, suspension_bans, hold, sweep`

// holdColumns repeat what of the hold is searched for.
const holdColumns = `, hold_since, hold_rule, hold_network`

// wholeAccount are the columns of an account a with one of its handle keys and
// one of its addresses: there is a row for each pair of those.
var wholeAccount = `a.seq, ` + Qualified("a", AccountColumns) + `,
	k.position, k.key, e.position, e.id, e.address, e.mailbox, e.verified_at, e.created_at`

// partsOfAccount joins what wholeAccount needs beside a.
const partsOfAccount = ` LEFT JOIN @handle_keys k ON k.account = a.seq
	LEFT JOIN @account_emails e ON e.account = a.seq`

// Qualified names columns as those of a table.
func Qualified(table, columns string) string {
	return table + "." + strings.Join(strings.Fields(columns), " "+table+".")
}

// accountsWhere is the query of [readAccounts].
func accountsWhere(condition, order string) string {
	return `SELECT ` + wholeAccount + ` FROM (SELECT * FROM @accounts` + condition + `) a` + partsOfAccount +
		` ORDER BY a.seq ` + order + `, k.position, e.position`
}

// accountArgs returns the arguments for AccountColumns and holdColumns.
func accountArgs(a *store.Account) ([]any, error) {
	links, err := JSONArg(a.Links, len(a.Links))
	if err != nil {
		return nil, err
	}
	roles, err := JSONArg(a.Roles, len(a.Roles))
	if err != nil {
		return nil, err
	}
	bans, err := JSONArg(a.SuspensionBans, len(a.SuspensionBans))
	if err != nil {
		return nil, err
	}
	held := 0
	if a.Hold != (store.Hold{}) {
		held = 1
	}
	hold, err := JSONArg(a.Hold, held)
	if err != nil {
		return nil, err
	}
	return []any{
		a.ID, a.Version, a.Handle, a.HandleFold, a.Name, a.Bio, links, TextArg(a.Meta), roles,
		a.Admin, a.Verified, idArg(a.InvitedBy), a.PasswordHash,
		TimeArg(a.JoinedAt), TimeArg(a.CreatedAt), a.CreatedBy, TimeArg(a.UpdatedAt), TimeArg(a.LastLoginAt),
		TimeArg(a.SuspendedAt), a.SuspendedBy, a.SuspendedReason, bans, hold, idArg(a.Sweep),
		TimeArg(a.Hold.Since), idArg(a.Hold.Rule), store.NetworkKey(a.Hold.Network),
	}, nil
}

// accountReader puts accounts together from rows of wholeAccount, in the order
// of accountsWhere.
type accountReader struct {
	accounts Accounts
}

// read reads a row. Columns before those of wholeAccount are scanned to leading.
func (r *accountReader) read(row Row, leading ...any) error {
	var a store.Account
	var key, address, mailbox sql.NullString
	var keyPosition, emailPosition sql.NullInt64
	var email store.AccountEmail
	if err := row.Scan(append(leading,
		&a.Seq, &a.ID, &a.Version, &a.Handle, &a.HandleFold, &a.Name, &a.Bio,
		FromJSON[[]store.Link]{&a.Links}, (*[]byte)(&a.Meta), FromJSON[[]store.Role]{&a.Roles},
		&a.Admin, &a.Verified, &a.InvitedBy, &a.PasswordHash,
		&a.JoinedAt, &a.CreatedAt, &a.CreatedBy, &a.UpdatedAt, &a.LastLoginAt,
		&a.SuspendedAt, &a.SuspendedBy, &a.SuspendedReason, FromJSON[[]uuid.UUID]{&a.SuspensionBans},
		FromJSON[store.Hold]{&a.Hold}, &a.Sweep,
		&keyPosition, &key, &emailPosition, &email.ID, &address, &mailbox,
		&email.VerifiedAt, &email.CreatedAt,
	)...); err != nil {
		return err
	}
	email.Address, email.Mailbox = address.String, mailbox.String
	r.accounts.Add(a, accountPart[string]{Position: keyPosition.Int64, Valid: keyPosition.Valid, Part: key.String},
		accountPart[store.AccountEmail]{Position: emailPosition.Int64, Valid: emailPosition.Valid, Part: email})
	return nil
}

// Account implements [store.Accounts].
func (o Operations) Account(ctx context.Context, id uuid.UUID) (store.Account, error) {
	return o.oneAccount(ctx, `id = ?`, id)
}

// AccountBySeq implements [store.Accounts].
func (o Operations) AccountBySeq(ctx context.Context, seq int64) (store.Account, error) {
	return o.oneAccount(ctx, `seq = ?`, seq)
}

// AccountByHandleKey implements [store.Accounts].
func (o Operations) AccountByHandleKey(ctx context.Context, key string) (store.Account, error) {
	return o.oneAccount(ctx, hasKey, key)
}

// AccountByEmail implements [store.Accounts].
func (o Operations) AccountByEmail(ctx context.Context, address string) (store.Account, error) {
	return o.oneAccount(ctx, hasAddress, address)
}

// The accounts that have a key or an address.
const (
	hasKey     = `seq = (SELECT account FROM @handle_keys WHERE key = ?)`
	hasMailbox = `seq IN (SELECT account FROM @account_emails WHERE mailbox = ?)`
	hasAddress = `seq = (SELECT account FROM @account_emails WHERE address = ?)`
)

func (o Operations) oneAccount(ctx context.Context, where string, arg any) (account store.Account, err error) {
	err = o.db.Lookup(ctx, "read an account", func(q Querier) error {
		account, err = oneAccount(ctx, q, where, arg)
		return err
	})
	return account, err
}

func oneAccount(ctx context.Context, q Querier, where string, arg any) (store.Account, error) {
	found, err := readAccounts(ctx, q, ` WHERE `+where, `ASC`, arg)
	if err != nil {
		return store.Account{}, err
	}
	return found.Only()
}

// readAccounts reads whole accounts, of which it must be clear by a condition
// on @accounts and what follows it that they are few.
func readAccounts(ctx context.Context, q Querier, condition, order string, args ...any) (Accounts, error) {
	var found accountReader
	err := q.Each(ctx, func(row Row) error { return found.read(row) }, accountsWhere(condition, order), args...)
	return found.accounts, err
}

// account reads an account within a transaction.
func (t writer) account(ctx context.Context, id uuid.UUID) (store.Account, error) {
	return oneAccount(ctx, t, `id = ?`, id)
}

// accountConditions says in SQL what [store.AccountFilter.Match] says. What is
// few is told as its index tells it.
func (o Operations) accountConditions(f store.AccountFilter) *conditions {
	d := o.db.Dialect()
	c := new(conditions)
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
		c.Add(`sweep = ?`, f.Sweep)
	}
	holdConditions(c, d, &f.Hold)
	if f.Admin != nil {
		c.Add(choose(*f.Admin, `admin = @true`, `admin = @false`))
	}
	if f.HandleContains != "" {
		c.Add(d.Contains(`handle_fold`), []byte(f.HandleContains))
	}
	if f.EmailContains != "" {
		c.Add(`seq IN (SELECT account FROM @account_emails WHERE `+d.Contains(`address`)+`)`, []byte(f.EmailContains))
	}
	return c
}

// holdConditions says in SQL what [store.HoldFilter.Match] says.
func holdConditions(c *conditions, d *Dialect, f *store.HoldFilter) {
	if f.Empty() {
		return
	}
	c.Add(`hold_since IS NOT NULL`)
	if f.Rule != uuid.Nil {
		c.Add(`hold_rule = ?`, f.Rule)
	}
	if f.Domain != "" {
		at, below, length := "@"+f.Domain, "."+f.Domain, utf8.RuneCountInString(f.Domain)+1
		c.Add(`(`+d.Right(`hold ->> 'email'`)+` IN (?, ?) OR `+d.Right(`'@' || (hold ->> 'domain')`)+` IN (?, ?))`, length, at, below, length, at, below)
	}
	if f.Network.IsValid() {
		first, last := store.NetworkRange(f.Network)
		c.Add(`hold_network BETWEEN ? AND ?`, first, last)
	}
	if !f.Before.IsZero() {
		c.Add(`hold_since < ?`, f.Before.UnixMicro())
	}
	if f.LetIn != nil {
		// SQLite has 1 for it, PostgreSQL true.
		c.Add(`coalesce(CAST(hold ->> 'let_in' AS text), '') ` + choose(*f.LetIn, `IN`, `NOT IN`) + ` ('1', 'true')`)
	}
}

// ListAccounts implements [store.Accounts].
func (o Operations) ListAccounts(ctx context.Context, filter store.AccountFilter, page store.Page) (accounts []store.Account, err error) {
	c := o.accountConditions(filter)
	tail := c.Page(page)
	order := choose(page.OldestFirst, `ASC`, `DESC`)
	err = o.db.Read(ctx, "list accounts", func(q Querier) error {
		accounts, err = readAccounts(ctx, q, c.Where()+tail, order, c.Args...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return accounts, nil
}

// CountAccounts implements [store.Accounts].
func (o Operations) CountAccounts(ctx context.Context, filter store.AccountFilter) (int64, error) {
	c := o.accountConditions(filter)
	return o.readNumber(ctx, "count accounts", `SELECT count(*) FROM @accounts`+c.Where(), c.Args...)
}
