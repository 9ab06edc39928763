package main

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// rehearsal is a store of which nothing is written: methods that would write say
// what would come of it, and fail as the store would. Admins over it check what
// they are given as they always do, so that a dry run differs from the real one
// in nothing else.
type rehearsal struct {
	store.Store // reads
}

var errRehearsal = errors.New("nothing can be written in a dry run")

// active returns an error if another active ban has the value of b.
func (r *rehearsal) active(ctx context.Context, b *store.Ban, at time.Time) error {
	rules, err := r.Lookup(ctx, []store.Key{b.Key()})
	if err != nil {
		return err
	}
	for _, rule := range rules {
		if rule.Origin != store.OriginBan || rule.Value != b.Value || rule.ID == b.ID || !rule.InForce(at) {
			continue
		}
		other, err := r.Ban(ctx, rule.ID)
		if err != nil {
			return err
		}
		return &store.ExistsError{Existing: other}
	}
	return nil
}

// CreateBan implements [store.Bans].
func (r *rehearsal) CreateBan(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
	if err := r.active(ctx, &b, c.At); err != nil {
		return store.Ban{}, err
	}
	b.Version = 1
	return b, nil
}

// UpdateBan implements [store.Bans].
func (r *rehearsal) UpdateBan(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
	if b.Active(c.At) {
		if err := r.active(ctx, &b, c.At); err != nil {
			return store.Ban{}, err
		}
	}
	b.Version++
	return b, nil
}

// RedactBan implements [store.Redactions].
func (r *rehearsal) RedactBan(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
	return r.UpdateBan(ctx, b, c)
}

// CreateBanDisabling implements [store.Cascades].
func (r *rehearsal) CreateBanDisabling(ctx context.Context, b store.Ban, s store.Selector, c store.Change) (store.Ban, error) {
	b, err := r.CreateBan(ctx, b, c)
	return r.disabling(ctx, b, s, err)
}

// UpdateBanDisabling implements [store.Cascades].
func (r *rehearsal) UpdateBanDisabling(ctx context.Context, b store.Ban, s store.Selector, c store.Change) (store.Ban, error) {
	b, err := r.UpdateBan(ctx, b, c)
	return r.disabling(ctx, b, s, err)
}

// disabling counts the aliases that would be turned off with a ban.
func (r *rehearsal) disabling(ctx context.Context, b store.Ban, s store.Selector, err error) (store.Ban, error) {
	if err != nil {
		return store.Ban{}, err
	}
	affected, err := r.Affected(ctx, s, 0)
	b.AliasesDisabled = affected.Aliases
	return b, err
}

// DeleteBan implements [store.Bans].
func (r *rehearsal) DeleteBan(ctx context.Context, id uuid.UUID, _ store.Change) (store.Ban, error) {
	return r.Ban(ctx, id)
}

// PurgeBans implements [store.Bans].
func (r *rehearsal) PurgeBans(ctx context.Context, before time.Time, c store.Change) (int64, error) {
	ended := false
	filter := store.BanFilter{Active: &ended, At: c.At}
	var n int64
	for b, err := range allBans(ctx, r.ListBans, filter, store.Page{}) {
		if err != nil {
			return 0, err
		}
		if passed(b.RevokedAt, before) || passed(b.ExpiresAt, before) {
			n++
		}
	}
	return n, nil
}

// passed reports whether t is a time before another.
func passed(t, before time.Time) bool { return !t.IsZero() && t.Before(before) }

// CreateBlock implements [store.Blocks].
func (r *rehearsal) CreateBlock(ctx context.Context, b store.Block, _ store.Change) (store.Block, error) {
	rules, err := r.Lookup(ctx, []store.Key{b.Key()})
	if err != nil {
		return store.Block{}, err
	}
	for _, rule := range rules {
		if rule.Origin != store.OriginBlock || rule.Value != b.Domain {
			continue
		}
		other, err := r.Block(ctx, rule.ID)
		if err != nil {
			return store.Block{}, err
		}
		return store.Block{}, &store.BlockExistsError{Existing: other}
	}
	return b, nil
}

// UpdateBlock implements [store.Blocks].
func (r *rehearsal) UpdateBlock(ctx context.Context, id uuid.UUID, patch store.BlockPatch, _ store.Change) (store.Block, error) {
	b, err := r.Block(ctx, id)
	if err != nil {
		return store.Block{}, err
	}
	return patch.Apply(b), nil
}

// DeleteBlock implements [store.Blocks].
func (r *rehearsal) DeleteBlock(ctx context.Context, id uuid.UUID, _ store.Change) (store.Block, error) {
	return r.Block(ctx, id)
}

// UndoList implements [store.Lists]. The list is the one of now: what is in the
// version before cannot be seen.
func (r *rehearsal) UndoList(ctx context.Context, name string, version int64, _ store.Change) (store.List, error) {
	l, err := r.List(ctx, name)
	if err == nil && (!l.Undoable || version != 0 && l.Version != version) {
		err = store.ErrConflict
	}
	return l, err
}

// DropList implements [store.Lists].
func (r *rehearsal) DropList(ctx context.Context, name string, _ store.Change) (store.List, error) {
	return r.List(ctx, name)
}

// PruneChanges implements [store.Changes].
func (r *rehearsal) PruneChanges(ctx context.Context, before time.Time) (n int64, err error) {
	page := store.Page{OldestFirst: true, Limit: store.MaxPageLimit}
	for {
		changes, err := r.ListChanges(ctx, uuid.Nil, page)
		if err != nil || len(changes) == 0 {
			return n, err
		}
		for i := range changes {
			if !changes[i].At.Before(before) {
				return n, nil
			}
			n++
		}
		page.After = changes[len(changes)-1].Seq
	}
}

// PruneHits implements [store.Hits]. How many days there are cannot be seen.
func (r *rehearsal) PruneHits(context.Context, time.Time) (int64, error) { return 0, nil }

// The methods below are those that no dry run needs. They must not reach the
// store either.

func (r *rehearsal) CreateBans(context.Context, []store.Ban, store.Change) ([]int, error) {
	return nil, errRehearsal
}

func (r *rehearsal) ApplyList(context.Context, store.ListDelta, store.Change) (store.List, error) {
	return store.List{}, errRehearsal
}

func (r *rehearsal) AddHits(context.Context, []store.Hit) error { return errRehearsal }

// PutSubscription implements [store.Subscriptions].
func (r *rehearsal) PutSubscription(ctx context.Context, s store.Subscription, _ store.Change) (store.Subscription, error) {
	old, err := r.Subscription(ctx, s.List)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.Subscription{}, err
	}
	s.Version = old.Version + 1
	return s, nil
}

// DeleteSubscription implements [store.Subscriptions].
func (r *rehearsal) DeleteSubscription(ctx context.Context, list string, _ store.Change) (store.Subscription, error) {
	return r.Subscription(ctx, list)
}
