package store

import (
	"context"
	"iter"
	"strings"

	"github.com/google/uuid"
)

// Selector selects the accounts, addresses and aliases that a rule concerns.
//
// Key is a range that an index finds:
//
//   - of [KindEmail]: the addresses with that canonical mailbox;
//   - of [KindDomain]: the addresses at that domain or one below it, on label
//     boundaries, and the aliases at such a domain;
//   - of [KindName]: the handles and the local parts of aliases with that
//     skeleton;
//   - a [WildcardKey]: everything of its kind;
//   - of [KindIP]: nothing.
//
// Test narrows the range down.
type Selector struct {
	Key Key
	// Test, if not nil, says of each thing in the range whether it is selected,
	// by its canonical text and what it is: [KindEmail] for an address or a
	// destination, [KindDomain] for the domain of an alias, [KindName] for a
	// handle (as shown) or a local part. It is called while the store is locked:
	// it must be quick, and must not call the store.
	Test func(what Kind, text string) bool
}

// Address reports whether the selector selects an e-mail address.
func (s *Selector) Address(address, mailbox string) bool {
	switch s.Key.Kind {
	case KindEmail:
		return s.in(mailbox) && s.test(KindEmail, address)
	case KindDomain:
		return s.covers(address[strings.LastIndexByte(address, '@')+1:]) && s.test(KindEmail, address)
	}
	return false
}

// Account reports whether the selector selects an account by its handle. Its
// addresses are another question.
func (s *Selector) Account(a *Account) bool {
	if s.Key.Kind != KindName {
		return false
	}
	for _, k := range a.HandleKeys {
		if s.in(k) {
			return s.test(KindName, a.Handle)
		}
	}
	return false
}

// Alias reports whether the selector selects an alias: by its destination, its
// domain or its local part.
func (s *Selector) Alias(a *MailAlias) bool {
	switch s.Key.Kind {
	case KindDomain:
		if s.covers(a.Domain) && s.test(KindDomain, a.Domain) {
			return true
		}
	case KindName:
		return s.in(a.LocalKey) && s.test(KindName, a.Local)
	}
	return s.Address(a.Destination, a.Mailbox)
}

// in reports whether the range is of all, or of what has this text.
func (s *Selector) in(text string) bool { return s.Key.Wildcard() || s.Key.Text == text }

// covers reports whether the range is of all hosts, or of this one.
func (s *Selector) covers(host string) bool {
	return s.in(host) || strings.HasSuffix(host, "."+s.Key.Text)
}

func (s *Selector) test(what Kind, text string) bool { return s.Test == nil || s.Test(what, text) }

// Affected is what a selector selects.
type Affected struct {
	Accounts  int64 // accounts with a handle or at least one address that is selected
	Addresses int64 // addresses of accounts
	Aliases   int64 // active aliases
	// Samples are some of each, oldest first by the Seq of the account or alias.
	AccountSample []AccountRef
	AddressSample []string
	AliasSample   []AliasRef
}

// AccountRef names an account.
type AccountRef struct {
	ID     uuid.UUID `json:"id"`
	Seq    int64     `json:"seq"`
	Handle string    `json:"handle"`
}

// AliasRef names an alias.
type AliasRef struct {
	ID          uuid.UUID `json:"id"`
	Seq         int64     `json:"seq"`
	Address     string    `json:"address"`
	Destination string    `json:"destination"`
}

// Cascades ties bans to the accounts and aliases that they concern.
type Cascades interface {
	// Exceptions yields, of the rules of that kind that Scan would yield, those
	// whose effect is not [Deny], in the way that Scan does. They are few: a
	// backend on disk finds them without reading the others.
	Exceptions(ctx context.Context, kind Kind) iter.Seq2[Rule, error]

	// Affected counts what the selector selects, as of one moment, and returns at
	// most sample of each sort. Without a Test the counts come from indexes.
	Affected(ctx context.Context, selector Selector, sample int) (Affected, error)

	// CreateBanDisabling does what [Bans.CreateBan] does, and in the same step
	// turns off every active alias that the selector selects, with the ban as its
	// DisabledBan, change.At as its UpdatedAt and its Version one higher. How many
	// they are is the AliasesDisabled of the ban. They are not logged one by one:
	// the change of the ban has the count "aliases_disabled", unless that is 0.
	CreateBanDisabling(ctx context.Context, ban Ban, selector Selector, change Change) (Ban, error)

	// UpdateBanDisabling does the same with [Bans.UpdateBan].
	UpdateBanDisabling(ctx context.Context, ban Ban, selector Selector, change Change) (Ban, error)
}
