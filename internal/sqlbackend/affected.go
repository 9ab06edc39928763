package sqlbackend

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"example.com/ostraka/store"
)

// census counts what a selector selects, in one read transaction.
type census struct {
	store.Affected
	q        Querier
	dialect  *Dialect
	selector *store.Selector
	sample   int
	accounts []int64 // the Seqs of those sampled
	aliases  []int64
}

// Affected implements [store.Cascades]. With a Test it reads everything in the
// range of the selector.
func (o Operations) Affected(ctx context.Context, selector store.Selector, sample int) (affected store.Affected, err error) {
	err = o.db.View(ctx, "count what a ban affects", func(q Querier) error {
		c := &census{q: q, dialect: o.db.Dialect(), selector: &selector, sample: max(sample, 0)}
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

// handleScope is the selector's range of @handle_keys, where it has each
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
	from := ` FROM @handle_keys WHERE ` + in.where
	if err := c.q.Row(ctx, []any{&c.Accounts}, `SELECT count(*)`+from, in.args...); err != nil {
		return err
	}
	c.accounts, err = Collect(ctx, c.q, scanSeq, `SELECT account`+from+fmt.Sprintf(` ORDER BY account LIMIT %d`, c.sample), in.args...)
	return err
}

// firstInScope says of a row of the selector's range of @account_emails
// that its account has none before it there.
func firstInScope(key store.Key) string {
	switch {
	case key.Wildcard():
		return `position = 0`
	case key.Kind == store.KindDomain:
		return fmt.Sprintf(`shared < %d`, strings.Count(HostKey(key.Text), "."))
	}
	// There are few addresses of a mailbox.
	return `NOT EXISTS (SELECT 1 FROM @account_emails b
		WHERE b.account = e.account AND b.position < e.position AND b.mailbox = e.mailbox)`
}

func (c *census) countAddresses(ctx context.Context) (err error) {
	in, first := addressScope(c.selector.Key), firstInScope(c.selector.Key)
	if in.empty() {
		return nil
	}
	from := ` FROM @account_emails e WHERE ` + in.where
	err = c.q.Row(ctx, []any{&c.Addresses, &c.Accounts}, `SELECT count(*), count(CASE WHEN `+first+` THEN 1 END)`+from, in.args...)
	if err != nil || c.sample == 0 {
		return err
	}
	// By the index of the range. The oldest addresses are of the oldest accounts.
	c.accounts, err = Collect(ctx, c.q, scanSeq,
		`SELECT account`+from+` AND `+first+fmt.Sprintf(` ORDER BY @unindexed account LIMIT %d`, c.sample), in.args...)
	if err != nil {
		return err
	}
	c.AddressSample, err = Collect(ctx, c.q, func(row Row) (address string, err error) {
		return address, row.Scan(&address)
	}, `SELECT address`+from+` AND `+c.dialect.In(`account`)+
		fmt.Sprintf(` ORDER BY account, position LIMIT %d`, c.sample), append(in.args, c.accounts)...)
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
		from := ` FROM @aliases WHERE active = @true AND ` + in.where
		var n int64
		if err := c.q.Row(ctx, []any{&n}, `SELECT count(*)`+from, in.args...); err != nil {
			return err
		}
		c.Aliases += n
		seqs, err := Collect(ctx, c.q, scanSeq, `SELECT seq`+from+fmt.Sprintf(` ORDER BY @unindexed seq LIMIT %d`, c.sample), in.args...)
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
	c.AccountSample, err = bySeqs(ctx, c, func(row Row) (r store.AccountRef, err error) {
		return r, row.Scan(&r.ID, &r.Seq, &r.Handle)
	}, `SELECT id, seq, handle FROM @accounts`, c.accounts)
	return err
}

func (c *census) sampleAliases(ctx context.Context) (err error) {
	c.AliasSample, err = bySeqs(ctx, c, func(row Row) (r store.AliasRef, err error) {
		return r, row.Scan(&r.ID, &r.Seq, &r.Address, &r.Destination)
	}, `SELECT id, seq, local || '@' || domain, destination FROM @aliases`, c.aliases)
	return err
}

// bySeqs reads the rows of those numbers, in their order.
func bySeqs[T any](ctx context.Context, c *census, scan func(Row) (T, error), query string, seqs []int64) ([]T, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	return Collect(ctx, c.q, scan, query+` WHERE `+c.dialect.In(`seq`)+` ORDER BY seq`, seqs)
}

func scanSeq(row Row) (seq int64, err error) { return seq, row.Scan(&seq) }
