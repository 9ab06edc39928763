package memstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// aliases are the aliases with their indexes.
type aliases struct {
	byID      map[uuid.UUID]*aliasRecord
	byAddress map[aliasAddress]*aliasRecord
	byOwner   map[uuid.UUID][]*aliasRecord // of aliases with an owner; by Seq, ascending
	order     []*aliasRecord               // by Seq, ascending
	last      int64                        // the last Seq given
}

type aliasAddress struct{ local, domain string }

func newAliases() aliases {
	return aliases{
		byID:      make(map[uuid.UUID]*aliasRecord),
		byAddress: make(map[aliasAddress]*aliasRecord),
		byOwner:   make(map[uuid.UUID][]*aliasRecord),
	}
}

type aliasRecord struct{ alias store.MailAlias }

func (r *aliasRecord) seq() int64 { return r.alias.Seq }

// index makes an alias findable by its address and its owner.
func (a *aliases) index(r *aliasRecord) {
	a.byAddress[aliasAddress{r.alias.Local, r.alias.Domain}] = r
	if owner := r.alias.Owner; owner != uuid.Nil {
		owned := a.byOwner[owner]
		i, _ := position(owned, r.alias.Seq)
		a.byOwner[owner] = slices.Insert(owned, i, r)
	}
}

func (a *aliases) unindex(r *aliasRecord) {
	delete(a.byAddress, aliasAddress{r.alias.Local, r.alias.Domain})
	owner := r.alias.Owner
	if owner == uuid.Nil {
		return
	}
	owned := a.byOwner[owner]
	if len(owned) == 1 {
		delete(a.byOwner, owner)
		return
	}
	i, _ := position(owned, r.alias.Seq)
	a.byOwner[owner] = slices.Delete(owned, i, i+1)
}

// of returns where the aliases that the filter selects are, by Seq, ascending.
func (a *aliases) of(filter *store.AliasFilter) []*aliasRecord {
	if filter.Owner != uuid.Nil {
		return a.byOwner[filter.Owner]
	}
	return a.order
}

// refusalOfAlias says why the alias cannot be there in place of self, nil for a new
// one; nil if it can.
func (s *Store) refusalOfAlias(alias *store.MailAlias, self *aliasRecord) error {
	if r := s.aliases.byAddress[aliasAddress{alias.Local, alias.Domain}]; r != nil && r != self {
		return fmt.Errorf("alias %q %w", alias.Address(), store.ErrExists)
	}
	if !alias.Active || alias.Owner == uuid.Nil {
		return nil
	}
	owner := s.accounts.byID[alias.Owner]
	if owner == nil || !owner.account.Active() || !owner.account.HasEmail(alias.Destination) {
		return fmt.Errorf("the owner of alias %q is not active with its destination: %w", alias.Address(), store.ErrConflict)
	}
	return nil
}

// CreateAlias implements [store.Aliases].
func (s *Store) CreateAlias(ctx context.Context, alias store.MailAlias, change store.Change) (store.MailAlias, error) {
	err := s.write(ctx, func() (*store.Change, error) {
		if s.aliases.byID[alias.ID] != nil {
			return nil, fmt.Errorf("alias %s %w", alias.ID, store.ErrExists)
		}
		if err := s.refusalOfAlias(&alias, nil); err != nil {
			return nil, err
		}
		alias.Seq, alias.Version = s.aliases.last+1, 1
		logged, err := changelog.Alias(change, nil, &alias)
		if err != nil {
			return nil, err
		}
		r := &aliasRecord{alias}
		s.aliases.byID[alias.ID] = r
		s.aliases.order = append(s.aliases.order, r)
		s.aliases.last = alias.Seq
		s.aliases.index(r)
		return &logged, nil
	})
	return aliasOrNone(alias, err)
}

// Alias implements [store.Aliases].
func (s *Store) Alias(ctx context.Context, id uuid.UUID) (alias store.MailAlias, err error) {
	err = s.read(ctx, func() error {
		r := s.aliases.byID[id]
		if r == nil {
			return missingAlias(id)
		}
		alias = r.alias
		return nil
	})
	return alias, err
}

// AliasBySeq implements [store.Aliases].
func (s *Store) AliasBySeq(ctx context.Context, seq int64) (alias store.MailAlias, err error) {
	err = s.read(ctx, func() error {
		i, ok := position(s.aliases.order, seq)
		if !ok {
			return fmt.Errorf("alias number %d: %w", seq, store.ErrNotFound)
		}
		alias = s.aliases.order[i].alias
		return nil
	})
	return alias, err
}

// AliasByAddress implements [store.Aliases].
func (s *Store) AliasByAddress(ctx context.Context, local, domain string) (alias store.MailAlias, err error) {
	err = s.read(ctx, func() error {
		r := s.aliases.byAddress[aliasAddress{local, domain}]
		if r == nil {
			return fmt.Errorf("alias %q at %q: %w", local, domain, store.ErrNotFound)
		}
		alias = r.alias
		return nil
	})
	return alias, err
}

// ListAliases implements [store.Aliases].
func (s *Store) ListAliases(ctx context.Context, filter store.AliasFilter, page store.Page) (list []store.MailAlias, err error) {
	err = s.read(ctx, func() error {
		matches := func(r *aliasRecord) bool { return filter.Match(&r.alias) }
		for r := range inOrder(s.aliases.of(&filter), page, matches) {
			list = append(list, r.alias)
		}
		return nil
	})
	return list, err
}

// CountAliases implements [store.Aliases].
func (s *Store) CountAliases(ctx context.Context, filter store.AliasFilter) (n int64, err error) {
	err = s.read(ctx, func() error {
		for _, r := range s.aliases.of(&filter) {
			if filter.Match(&r.alias) {
				n++
			}
		}
		return nil
	})
	return n, err
}

// UpdateAlias implements [store.Aliases].
func (s *Store) UpdateAlias(ctx context.Context, alias store.MailAlias, change store.Change) (store.MailAlias, error) {
	err := s.write(ctx, func() (*store.Change, error) {
		r := s.aliases.byID[alias.ID]
		if r == nil {
			return nil, missingAlias(alias.ID)
		}
		old := &r.alias
		if old.Version != alias.Version {
			return nil, fmt.Errorf("alias %s is at version %d, not %d: %w", alias.ID, old.Version, alias.Version, store.ErrConflict)
		}
		if err := s.refusalOfAlias(&alias, r); err != nil {
			return nil, err
		}
		alias.Version++
		alias.Seq, alias.CreatedAt, alias.CreatedBy = old.Seq, old.CreatedAt, old.CreatedBy
		logged, err := changelog.Alias(change, old, &alias)
		if err != nil {
			return nil, err
		}
		s.aliases.unindex(r)
		r.alias = alias
		s.aliases.index(r)
		return &logged, nil
	})
	return aliasOrNone(alias, err)
}

// DeleteAlias implements [store.Aliases].
func (s *Store) DeleteAlias(ctx context.Context, id uuid.UUID, change store.Change) (alias store.MailAlias, err error) {
	err = s.write(ctx, func() (*store.Change, error) {
		r := s.aliases.byID[id]
		if r == nil {
			return nil, missingAlias(id)
		}
		logged, err := changelog.Alias(change, &r.alias, nil)
		if err != nil {
			return nil, err
		}
		alias = r.alias
		s.aliases.unindex(r)
		delete(s.aliases.byID, id)
		i, _ := position(s.aliases.order, alias.Seq)
		s.aliases.order = slices.Delete(s.aliases.order, i, i+1)
		return &logged, nil
	})
	return alias, err
}

// disable turns off the active aliases among those that selects picks, and says
// how many. ban is what did it, or zero.
func disable(tx *transaction, among []*aliasRecord, selects func(*store.MailAlias) bool, ban uuid.UUID, at time.Time) (n int64) {
	for _, r := range among {
		old := r.alias
		if !old.Active || !selects(&old) {
			continue
		}
		r.alias.Active, r.alias.DisabledBan = false, ban
		r.alias.UpdatedAt = at
		r.alias.Version++
		tx.onAbort(func() { r.alias = old })
		n++
	}
	return n
}

func everyAlias(*store.MailAlias) bool { return true }

func missingAlias(id uuid.UUID) error { return fmt.Errorf("alias %s: %w", id, store.ErrNotFound) }

// aliasOrNone drops the alias of a write that failed.
func aliasOrNone(a store.MailAlias, err error) (store.MailAlias, error) {
	if err != nil {
		return store.MailAlias{}, err
	}
	return a, nil
}
