package account

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// PendingFilter selects accounts that wait for a decision. A zero field selects
// nothing out; those that are set must all hold.
type PendingFilter struct {
	Rule uuid.UUID // held by that rule: a ban, a block, an entry of a list
	// Domain: the domain of their address, or the domain that was asked about beside
	// it, is this one or below it.
	Domain string
	// Network: they came from this network, an address or a CIDR. Of a client its
	// network of /24, or of /48 for IPv6, is kept: a longer one stands for that.
	Network string
}

// stored returns the filter of the store for accounts that wait, by their canonical
// values.
func (f PendingFilter) stored() (Filter, error) {
	out := Filter{Pending: new(true), Hold: store.HoldFilter{Rule: f.Rule}}
	if f.Domain != "" {
		domain, err := ban.ParseDomain(f.Domain)
		if err != nil {
			return Filter{}, err
		}
		out.Hold.Domain = domain.Key().Text
	}
	if f.Network != "" {
		value, err := ban.ParsePrefix(f.Network)
		if err != nil {
			return Filter{}, renamed(err, "network")
		}
		prefix, err := netip.ParsePrefix(value.String())
		if addr, single := netip.ParseAddr(value.String()); single == nil {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return Filter{}, ban.NewValueError("network", f.Network, ban.CodeSyntax, "use an address or a CIDR")
		}
		kept := networkBits6
		if prefix.Addr().Is4() {
			kept = networkBits4
		}
		out.Hold.Network = netip.PrefixFrom(prefix.Addr(), min(prefix.Bits(), kept)).Masked()
	}
	return out, nil
}

// Pending returns the accounts that wait for a decision and that the filter selects,
// oldest first. Read on with the Seq of the last one as After. A filter that does
// not parse gives a [*ban.ValueError].
func (a *Admin) Pending(ctx context.Context, f PendingFilter, p Page) ([]Account, error) {
	filter, err := f.stored()
	if err != nil {
		return nil, err
	}
	p.OldestFirst = true
	found, err := a.store.ListAccounts(ctx, filter, p)
	if err != nil {
		return nil, fmt.Errorf("list accounts that wait: %w", err)
	}
	return found, nil
}

// CountPending returns how many accounts that wait the filter selects.
func (a *Admin) CountPending(ctx context.Context, f PendingFilter) (int64, error) {
	filter, err := f.stored()
	if err != nil {
		return 0, err
	}
	return a.Count(ctx, filter)
}

// The number of accounts that one call decides about.
const (
	DefaultDecisions = 100  // where [Selection.Limit] is 0
	MaxDecisions     = 1000 // at most
)

// Selection says which accounts that wait to decide about: those of the IDs, or
// those that the filter selects.
type Selection struct {
	IDs    []uuid.UUID // at most [MaxDecisions]
	Filter PendingFilter
	All    bool // an empty filter means all that wait; without it that is an error

	// After and UpTo select accounts by their Seq, as of a page that a moderator has
	// seen: above After, and up to and including UpTo, 0 being no bound. What was
	// held since then is not decided about unseen.
	After, UpTo int64
	// Limit bounds how many are decided about in one call; default
	// [DefaultDecisions], at most [MaxDecisions].
	Limit int
}

// Decided says what deciding about many accounts did.
type Decided struct {
	Accounts []Account // those decided about: as they are, or were if they are gone
	Failed   []DecisionError
	Bans     []ban.Ban // that were made
	// Next is the After to go on with; 0: the selection is done.
	Next    int64
	HookErr error // joins the errors of hooks
}

// DecisionError is why nothing was decided about one account of many: most often a
// [*PendingError].
type DecisionError struct {
	ID  uuid.UUID
	Err error
}

func (e DecisionError) Error() string { return fmt.Sprintf("account %s: %v", e.ID, e.Err) }

// Unwrap returns the error of that account.
func (e DecisionError) Unwrap() error { return e.Err }

// ApproveMany is Approve for each account of a selection, one after the other, each
// with an entry of its own in the audit log. One about which somebody else has
// decided meanwhile is among those that failed, and keeps nobody from the others.
//
// A selection of nothing, or of too many, gives a [*ban.ValueError]. Any other error,
// of the store or of an ended context, ends it: what was decided before is in the
// result, and stays.
func (a *Admin) ApproveMany(ctx context.Context, s Selection, o ApproveOptions) (Decided, error) {
	if err := ban.CheckText("reason", o.Reason); err != nil {
		return Decided{}, err
	}
	return a.decideMany(ctx, s, func(id uuid.UUID, d *Decided) error {
		done, err := a.Approve(ctx, id, o)
		if err == nil {
			d.add(done.Account, nil, done.HookErr)
		}
		return err
	})
}

// RejectMany is Reject for each account of a selection, as ApproveMany.
func (a *Admin) RejectMany(ctx context.Context, s Selection, o RejectOptions) (Decided, error) {
	if err := ban.CheckText("reason", o.Reason); err != nil {
		return Decided{}, err
	}
	with := o.suspension()
	if err := a.checkHashed(&with); err != nil {
		return Decided{}, err
	}
	return a.decideMany(ctx, s, func(id uuid.UUID, d *Decided) error {
		done, err := a.Reject(ctx, id, o)
		if err == nil {
			d.add(done.Account, done.BansCreated, done.HookErr)
		}
		return err
	})
}

func (d *Decided) add(acc Account, bans []ban.Ban, hook error) {
	d.Accounts = append(d.Accounts, acc)
	d.Bans = append(d.Bans, bans...)
	d.HookErr = errors.Join(d.HookErr, hook)
}

func (a *Admin) decideMany(ctx context.Context, s Selection, decide func(uuid.UUID, *Decided) error) (Decided, error) {
	var d Decided
	if _, err := a.change(ctx, store.AccountApprove); err != nil { // without an actor, none
		return d, err
	}
	ids, next, err := a.selected(ctx, s)
	if err != nil {
		return d, err
	}
	for _, id := range ids {
		if err := decide(id, &d); err != nil {
			if !aboutOne(err) {
				return d, err
			}
			d.Failed = append(d.Failed, DecisionError{id, err})
		}
	}
	d.Next = next
	return d, nil
}

// aboutOne reports whether an error concerns one account, and not the others.
func aboutOne(err error) bool {
	_, value := errors.AsType[*ban.ValueError](err)
	_, guard := errors.AsType[*ban.GuardError](err)
	return errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrLastAdmin) || errors.Is(err, ErrOwnAccount) || value || guard
}

// selected returns the accounts of a selection, and where the next ones begin.
func (a *Admin) selected(ctx context.Context, s Selection) (ids []uuid.UUID, next int64, err error) {
	limit := orDefault(s.Limit, DefaultDecisions)
	switch {
	case limit < 0 || limit > MaxDecisions:
		return nil, 0, ban.NewValueError("limit", fmt.Sprint(s.Limit), ban.CodeRange, fmt.Sprintf("decide about 1 to %d accounts at a time", MaxDecisions))
	case len(s.IDs) > MaxDecisions:
		return nil, 0, checkCount("ids", len(s.IDs), MaxDecisions)
	case len(s.IDs) > 0 && (s.Filter != PendingFilter{} || s.All):
		return nil, 0, ban.NewValueError("ids", "", ban.CodeConflict, "give ids or a filter, not both")
	case len(s.IDs) > 0:
		return s.IDs, 0, nil
	case s.Filter == PendingFilter{} && !s.All:
		return nil, 0, ban.NewValueError("filter", "", ban.CodeEmpty, "say which accounts: by ids, by what held them, or all of them")
	}
	page := Page{After: s.After, Limit: limit}
	if s.UpTo > 0 {
		page.Before = s.UpTo + 1
	}
	found, err := a.Pending(ctx, s.Filter, page)
	if err != nil {
		return nil, 0, err
	}
	for i := range found {
		ids = append(ids, found[i].ID)
	}
	if len(found) == limit {
		next = found[limit-1].Seq
	}
	return ids, next, nil
}
