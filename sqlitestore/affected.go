package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// census counts what a selector selects, in one read transaction.
type census struct {
	store.Affected
	q        querier
	selector *store.Selector
	sample   int
	accounts []int64 // the Seqs of those sampled
	aliases  []int64
}

// Affected implements [store.Cascades]. With a Test it reads everything in the
// range of the selector.
func (s *Store) Affected(ctx context.Context, selector store.Selector, sample int) (affected store.Affected, err error) {
	err = s.view(ctx, "count what a ban affects", func(q querier) error {
		c := &census{q: q, selector: &selector, sample: max(sample, 0)}
		err := c.run(ctx)
		affected = c.Affected
		return err
	})
	if err != nil {
		return store.Affected{}, err
	}
	return affected, nil
}

func (c *census) run(ctx context.Context) error {
	steps := []func(context.Context) error{c.countHandles, c.countAddresses, c.countAliases}
	if c.selector.Test != nil {
		steps = []func(context.Context) error{c.testHandles, c.testAddresses, c.testAliases}
	}
	for _, step := range append(steps, c.sampleAccounts, c.sampleAliases) {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// handleScope is the selector's range of ostraka_handle_keys, where it has each
// account at most once.
func handleScope(key store.Key) scope {
	switch {
	case key.Kind != store.KindName:
		return scope{}
	case key.Wildcard():
		return scope{where: `position = 0`}
	}
	return scope{`key = ?`, []any{key.Text}}
}

func (c *census) countHandles(ctx context.Context) (err error) {
	in := handleScope(c.selector.Key)
	if in.empty() {
		return nil
	}
	from := ` FROM ostraka_handle_keys WHERE ` + in.where
	if err := c.q.QueryRowContext(ctx, `SELECT count(*)`+from, in.args...).Scan(&c.Accounts); err != nil {
		return err
	}
	c.accounts, err = collect(ctx, c.q, scanSeq, `SELECT account`+from+fmt.Sprintf(` ORDER BY account LIMIT %d`, c.sample), in.args...)
	return err
}

// firstInScope says of a row of the selector's range of ostraka_account_emails
// that its account has none before it there.
func firstInScope(key store.Key) string {
	switch {
	case key.Wildcard():
		return `position = 0`
	case key.Kind == store.KindDomain:
		return fmt.Sprintf(`shared < %d`, strings.Count(sqlbackend.HostKey(key.Text), "."))
	}
	// There are few addresses of a mailbox.
	return `NOT EXISTS (SELECT 1 FROM ostraka_account_emails b
		WHERE b.account = e.account AND b.position < e.position AND b.mailbox = e.mailbox)`
}

func (c *census) countAddresses(ctx context.Context) (err error) {
	in, first := addressScope(c.selector.Key), firstInScope(c.selector.Key)
	if in.empty() {
		return nil
	}
	from := ` FROM ostraka_account_emails e WHERE ` + in.where
	err = c.q.QueryRowContext(ctx, `SELECT count(*), count(CASE WHEN `+first+` THEN 1 END)`+from, in.args...).Scan(&c.Addresses, &c.Accounts)
	if err != nil || c.sample == 0 {
		return err
	}
	// The plus keeps SQLite to the index of the range. The oldest addresses are
	// of the oldest accounts.
	c.accounts, err = collect(ctx, c.q, scanSeq,
		`SELECT account`+from+` AND `+first+fmt.Sprintf(` ORDER BY +account LIMIT %d`, c.sample), in.args...)
	if err != nil {
		return err
	}
	accounts, err := json.Marshal(c.accounts)
	if err != nil {
		return err
	}
	c.AddressSample, err = collect(ctx, c.q, func(rows *sql.Rows) (address string, err error) {
		return address, rows.Scan(&address)
	}, `SELECT address`+from+` AND account IN (SELECT value FROM json_each(?))`+
		fmt.Sprintf(` ORDER BY account, position LIMIT %d`, c.sample), append(in.args, string(accounts))...)
	return err
}

// countAliases counts those at a domain and those that forward to it each by
// their index, and leaves those that are both out of the latter.
func (c *census) countAliases(ctx context.Context) error {
	key := c.selector.Key
	parts := []scope{aliasScope(key)}
	if key.Kind == store.KindDomain && !key.Wildcard() {
		at, to := hostIn(`host`, key.Text), hostIn(`destination_host`, key.Text)
		parts = []scope{at, {to.where + ` AND NOT (` + at.where + `)`, slices.Concat(to.args, at.args)}}
	}
	for _, in := range parts {
		if in.empty() {
			continue
		}
		from := ` FROM ostraka_aliases WHERE active = 1 AND ` + in.where
		var n int64
		if err := c.q.QueryRowContext(ctx, `SELECT count(*)`+from, in.args...).Scan(&n); err != nil {
			return err
		}
		c.Aliases += n
		seqs, err := collect(ctx, c.q, scanSeq, `SELECT seq`+from+fmt.Sprintf(` ORDER BY +seq LIMIT %d`, c.sample), in.args...)
		if err != nil {
			return err
		}
		c.aliases = append(c.aliases, seqs...)
	}
	slices.Sort(c.aliases)
	c.aliases = c.aliases[:min(len(c.aliases), c.sample)]
	return nil
}

func (c *census) sampleAccounts(ctx context.Context) (err error) {
	c.AccountSample, err = bySeqs(ctx, c.q, func(rows *sql.Rows) (r store.AccountRef, err error) {
		return r, rows.Scan((*id)(&r.ID), &r.Seq, &r.Handle)
	}, `SELECT id, seq, handle FROM ostraka_accounts`, c.accounts)
	return err
}

func (c *census) sampleAliases(ctx context.Context) (err error) {
	c.AliasSample, err = bySeqs(ctx, c.q, func(rows *sql.Rows) (r store.AliasRef, err error) {
		return r, rows.Scan((*id)(&r.ID), &r.Seq, &r.Address, &r.Destination)
	}, `SELECT id, seq, local || '@' || domain, destination FROM ostraka_aliases`, c.aliases)
	return err
}

// bySeqs reads the rows of those numbers, in their order.
func bySeqs[T any](ctx context.Context, q querier, scan func(*sql.Rows) (T, error), query string, seqs []int64) ([]T, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(seqs)
	if err != nil {
		return nil, err
	}
	return collect(ctx, q, scan, query+` WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq`, string(list))
}
