package memstore

import (
	"context"
	"iter"

	"example.com/ostraka/store"
)

// Affected implements [store.Cascades]. It looks at everything there is.
func (s *Store) Affected(ctx context.Context, selector store.Selector, sample int) (affected store.Affected, err error) {
	err = s.read(ctx, func() error {
		c := counter{selector: &selector, sample: sample}
		for _, r := range s.accounts.order {
			c.account(&r.account)
		}
		for _, r := range s.aliases.order {
			c.alias(&r.alias)
		}
		affected = c.Affected
		return nil
	})
	return affected, err
}

// counter counts what its selector selects.
type counter struct {
	store.Affected
	selector *store.Selector
	sample   int
}

func (c *counter) account(a *store.Account) {
	selected := c.selector.Account(a)
	for i := range a.Emails {
		if e := &a.Emails[i]; c.selector.Address(e.Address, e.Mailbox) {
			selected = true
			if c.Addresses++; len(c.AddressSample) < c.sample {
				c.AddressSample = append(c.AddressSample, e.Address)
			}
		}
	}
	if !selected {
		return
	}
	if c.Accounts++; len(c.AccountSample) < c.sample {
		c.AccountSample = append(c.AccountSample, store.AccountRef{ID: a.ID, Seq: a.Seq, Handle: a.Handle})
	}
}

func (c *counter) alias(a *store.MailAlias) {
	if !a.Active || !c.selector.Alias(a) {
		return
	}
	if c.Aliases++; len(c.AliasSample) < c.sample {
		c.AliasSample = append(c.AliasSample, store.AliasRef{
			ID: a.ID, Seq: a.Seq, Address: a.Address(), Destination: a.Destination,
		})
	}
}

// CreateBanDisabling implements [store.Cascades].
func (s *Store) CreateBanDisabling(ctx context.Context, ban store.Ban, selector store.Selector, change store.Change) (store.Ban, error) {
	return s.writeBan(ctx, s.makeBan, ban, &selector, change)
}

// UpdateBanDisabling implements [store.Cascades].
func (s *Store) UpdateBanDisabling(ctx context.Context, ban store.Ban, selector store.Selector, change store.Change) (store.Ban, error) {
	return s.writeBan(ctx, s.rewriteBan, ban, &selector, change)
}

// disableFor turns off the aliases that the selector selects, and notes in the
// ban how many they are.
func (s *Store) disableFor(tx *transaction, ban *store.Ban, selector *store.Selector, change store.Change) {
	ban.AliasesDisabled = disable(tx, s.aliases.order, selector.Alias, ban.ID, change.At)
}

// Exceptions implements [store.Cascades]. It looks at every rule of the kind.
func (s *Store) Exceptions(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
	return func(yield func(store.Rule, error) bool) {
		for r, err := range s.Scan(ctx, kind) {
			if (err != nil || r.Effect != store.Deny) && !yield(r, err) {
				return
			}
		}
	}
}
