package storetest

import (
	"context"
	"slices"

	"example.com/ostraka/store"
)

var mailboxFlaws = []flaw{
	{"gives one mailbox to several accounts", func(o *override) {
		accountAs(o, func(a *store.Account) {
			a.Emails = slices.Clone(a.Emails)
			for i := range a.Emails {
				a.Emails[i].Sole = false
			}
		})
	}, []string{"A mailbox that is to be of one account is refused to another", "Of concurrent creations of a mailbox one succeeds"}},

	{"refuses mailboxes that nobody wants to be of one account", func(o *override) {
		accountAs(o, func(a *store.Account) {
			a.Emails = slices.Clone(a.Emails)
			for i := range a.Emails {
				a.Emails[i].Sole = true
			}
		})
	}, []string{"A mailbox that is to be of one account is refused to another"}},

	{"counts the addresses of a mailbox", func(o *override) {
		o.sharedMailboxes = func(ctx context.Context, after string, limit int) ([]store.SharedMailbox, error) {
			shared, err := o.Store.SharedMailboxes(ctx, after, limit)
			for i := range shared {
				shared[i].Count *= 2
			}
			return shared, err
		}
	}, []string{"SharedMailboxes returns the mailboxes that several accounts have"}},
}
