package memstore

import (
	"context"

	"example.com/ostraka/internal/changelog"
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
func (s *Store) CreateBanDisabling(ctx context.Context, ban store.Ban, selector store.Selector, change store.Change) (store.Ban, int64, error) {
	return s.disabling(ctx, s.makeBan, ban, &selector, change)
}

// UpdateBanDisabling implements [store.Cascades].
func (s *Store) UpdateBanDisabling(ctx context.Context, ban store.Ban, selector store.Selector, change store.Change) (store.Ban, int64, error) {
	return s.disabling(ctx, s.rewriteBan, ban, &selector, change)
}

// banStep writes a ban, which it completes, and returns the change to log.
type banStep func(tx *transaction, ban *store.Ban, change store.Change) (store.Change, error)

func (s *Store) disabling(
	ctx context.Context, step banStep, ban store.Ban, selector *store.Selector, change store.Change,
) (_ store.Ban, disabled int64, err error) {
	err = s.transact(ctx, func(tx *transaction) error {
		logged, err := step(tx, &ban, change)
		if err != nil {
			return err
		}
		disabled = s.disableFor(tx, &ban, selector, change)
		tx.log(changelog.WithAliases(logged, disabled))
		return nil
	})
	if err != nil {
		return store.Ban{}, 0, err
	}
	return ban, disabled, nil
}

// disableFor turns off the aliases that the selector, nil for none, selects, and
// says how many.
func (s *Store) disableFor(tx *transaction, ban *store.Ban, selector *store.Selector, change store.Change) int64 {
	if selector == nil {
		return 0
	}
	return disable(tx, s.aliases.order, selector.Alias, ban.ID, change.At)
}
