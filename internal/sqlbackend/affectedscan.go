package sqlbackend

import (
	"context"

	"example.com/ostraka/store"
)

// What a selector with a Test selects is found by asking it about every row in
// its range, in the order of Seq. Rows are read one by one and not kept.

func (c *census) testHandles(ctx context.Context) error {
	in := handleScope(c.selector.Key)
	if in.empty() {
		return nil
	}
	return c.q.Each(ctx, func(row Row) error {
		var seq int64
		var handle string
		if err := row.Scan(&seq, &handle); err != nil {
			return err
		}
		if c.selector.Test(store.KindName, handle) {
			c.Accounts++
			c.accounts = c.sampled(c.accounts, seq)
		}
		return nil
	}, `SELECT a.seq, a.handle FROM @handle_keys k JOIN @accounts a ON a.seq = k.account
		WHERE `+in.where+` ORDER BY k.account`, in.args...)
}

func (c *census) testAddresses(ctx context.Context) error {
	in := addressScope(c.selector.Key)
	if in.empty() {
		return nil
	}
	var last int64 // the account whose addresses are being read, if one was selected
	return c.q.Each(ctx, func(row Row) error {
		var seq int64
		var address, mailbox string
		if err := row.Scan(&seq, &address, &mailbox); err != nil || !c.selector.Address(address, mailbox) {
			return err
		}
		if c.Addresses++; len(c.AddressSample) < c.sample {
			c.AddressSample = append(c.AddressSample, address)
		}
		if seq != last {
			last = seq
			c.Accounts++
			c.accounts = c.sampled(c.accounts, seq)
		}
		return nil
	}, `SELECT account, address, mailbox FROM @account_emails WHERE `+in.where+` ORDER BY account, position`, in.args...)
}

func (c *census) testAliases(ctx context.Context) error {
	in := aliasScope(c.selector.Key)
	if in.empty() {
		return nil
	}
	return c.q.Each(ctx, func(row Row) error {
		var a store.MailAlias
		if err := row.Scan(testedDest(&a)...); err != nil {
			return err
		}
		if c.selector.Alias(&a) {
			c.Aliases++
			c.aliases = c.sampled(c.aliases, a.Seq)
		}
		return nil
	}, `SELECT `+testedColumns+` FROM @aliases WHERE active = @true AND (`+in.where+`) ORDER BY seq`, in.args...)
}

// sampled appends a Seq to those of a sample that is not full.
func (c *census) sampled(seqs []int64, seq int64) []int64 {
	if len(seqs) < c.sample {
		seqs = append(seqs, seq)
	}
	return seqs
}
