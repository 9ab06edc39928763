package account

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"example.com/ostraka/store"
)

// claimMailboxes has the store refuse addresses that are new to an account and whose
// mailbox another one has, if the options want that.
func (a *Admin) claimMailboxes(old, acc *Account) {
	if !a.uniqueMailbox {
		return
	}
	acc.Emails = slices.Clone(acc.Emails)
	for i := range acc.Emails {
		acc.Emails[i].Sole = !old.HasEmail(acc.Emails[i].Address)
	}
}

// SharedMailbox is a mailbox of which several accounts have an address; see
// [store.SharedMailbox].
type SharedMailbox = store.SharedMailbox

// SharedMailboxes yields the mailboxes of which several accounts have an address,
// whatever their state, in the order of their texts, and changes nothing: what is to
// be settled before [AdminOptions.UniqueMailbox] is switched on. It reads pages, and
// goes on after the mailbox given, empty for the beginning. Mailboxes are those that
// the store has: make them anew by [ban.Rekey] after a change of tables. After an error
// nothing more is yielded.
func (a *Admin) SharedMailboxes(ctx context.Context, after string) iter.Seq2[SharedMailbox, error] {
	return func(yield func(SharedMailbox, error) bool) {
		for {
			page, err := a.store.SharedMailboxes(ctx, after, store.MaxPageLimit)
			if err != nil {
				yield(SharedMailbox{}, fmt.Errorf("look for mailboxes that accounts share: %w", err))
				return
			}
			for i := range page {
				if !yield(page[i], nil) {
					return
				}
			}
			if len(page) < store.MaxPageLimit {
				return
			}
			after = page[len(page)-1].Mailbox
		}
	}
}
