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

// CreateBan implements [store.Bans].
func (s *Store) CreateBan(ctx context.Context, ban store.Ban, change store.Change) (store.Ban, error) {
	return s.writeBan(ctx, s.makeBan, ban, nil, change)
}

// banStep writes a ban, which it completes, turns off the aliases that the
// selector selects, unless it is nil, and returns the change to log.
type banStep func(tx *transaction, ban *store.Ban, selector *store.Selector, change store.Change) (store.Change, error)

func (s *Store) writeBan(
	ctx context.Context, step banStep, ban store.Ban, selector *store.Selector, change store.Change,
) (store.Ban, error) {
	err := s.transact(ctx, func(tx *transaction) error {
		logged, err := step(tx, &ban, selector, change)
		if err == nil {
			tx.log(logged)
		}
		return err
	})
	return orNone(ban, err)
}

// makeBan adds a ban.
func (s *Store) makeBan(tx *transaction, ban *store.Ban, selector *store.Selector, change store.Change) (store.Change, error) {
	if err := s.refusal(ban, change.At); err != nil {
		return store.Change{}, err
	}
	*ban = fresh(*ban, s.seq+1)
	if selector != nil {
		s.disableFor(tx, ban, selector, change)
	}
	expired := s.expired(ban, change.At)
	logged, err := changelog.Ban(change, nil, ban, keysOf(expired)...)
	if err != nil {
		return store.Change{}, err
	}
	for _, r := range expired {
		s.unlink(r)
	}
	s.seq++
	made := &record{ban: *ban}
	s.insert(made)
	tx.onAbort(func() {
		s.remove(made)
		s.seq--
		for _, r := range expired {
			s.link(r)
		}
	})
	return changelog.WithAliases(logged, ban.AliasesDisabled), nil
}

// CreateBans implements [store.Bans].
func (s *Store) CreateBans(ctx context.Context, bans []store.Ban, change store.Change) (skipped []int, err error) {
	err = s.write(ctx, func() (*store.Change, error) {
		first := len(s.order)
		var retired []*record
		for i := range bans {
			ban := &bans[i]
			if s.rival(ban, nil, change.At) != nil {
				skipped = append(skipped, i)
				continue
			}
			if s.taken(ban.ID) {
				for _, r := range retired {
					s.link(r)
				}
				for len(s.order) > first {
					s.remove(s.order[len(s.order)-1])
				}
				return nil, idTaken(ban.ID)
			}
			for _, r := range s.expired(ban, change.At) {
				s.unlink(r)
				retired = append(retired, r)
			}
			n := int64(len(s.order) - first)
			s.insert(&record{ban: fresh(*ban, s.seq+1+n)})
		}
		created := int64(len(s.order) - first)
		if created == 0 {
			return nil, nil
		}
		s.seq += created
		keys := keysOf(retired)
		for _, made := range s.order[first:] {
			if made.ruled {
				keys = append(keys, made.ban.Key())
			}
		}
		counts := map[string]int64{"created": created, "skipped": int64(len(skipped))}
		logged := changelog.Many(change, counts, changelog.Keys(slices.Values(keys)))
		return &logged, nil
	})
	if err != nil {
		return nil, err
	}
	return skipped, nil
}

// keysOf returns the keys of bans.
func keysOf(records []*record) []store.Key {
	var keys []store.Key
	for _, r := range records {
		keys = append(keys, r.ban.Key())
	}
	return keys
}

// refusal says why the ban cannot be added, nil if it can.
func (s *Store) refusal(ban *store.Ban, now time.Time) error {
	if r := s.rival(ban, nil, now); r != nil {
		return &store.ExistsError{Existing: *r}
	}
	if s.taken(ban.ID) {
		return idTaken(ban.ID)
	}
	return nil
}

func idTaken(id uuid.UUID) error { return fmt.Errorf("ban %s %w", id, store.ErrExists) }

// fresh returns a new ban with what the store gives it.
func fresh(b store.Ban, seq int64) store.Ban {
	b.Seq, b.Version = seq, 1
	b.Hits, b.LastHitAt, b.AliasesDisabled, b.Rivals = 0, time.Time{}, 0, nil
	return b
}

// Ban implements [store.Bans].
func (s *Store) Ban(ctx context.Context, id uuid.UUID) (ban store.Ban, err error) {
	err = s.read(ctx, func() error {
		r := s.bans[id]
		if r == nil {
			return missing(id)
		}
		ban = r.ban
		return nil
	})
	return ban, err
}

// BanBySeq implements [store.Bans].
func (s *Store) BanBySeq(ctx context.Context, seq int64) (ban store.Ban, err error) {
	err = s.read(ctx, func() error {
		i, ok := position(s.order, seq)
		if !ok {
			return fmt.Errorf("ban number %d: %w", seq, store.ErrNotFound)
		}
		ban = s.order[i].ban
		return nil
	})
	return ban, err
}

// UpdateBan implements [store.Bans].
func (s *Store) UpdateBan(ctx context.Context, ban store.Ban, change store.Change) (store.Ban, error) {
	return s.writeBan(ctx, s.rewriteBan, ban, nil, change)
}

// rewriteBan replaces the ban of that ID.
func (s *Store) rewriteBan(tx *transaction, ban *store.Ban, selector *store.Selector, change store.Change) (store.Change, error) {
	r := s.bans[ban.ID]
	if r == nil {
		return store.Change{}, missing(ban.ID)
	}
	old, ruled := r.ban, r.ruled
	if old.Version != ban.Version {
		return store.Change{}, fmt.Errorf("ban %s is at version %d, not %d: %w", ban.ID, old.Version, ban.Version, store.ErrConflict)
	}
	if rival := s.rival(ban, r, change.At); rival != nil {
		return store.Change{}, &store.ExistsError{Existing: *rival}
	}
	ban.Version++
	ban.Rivals = nil
	ban.Seq, ban.CreatedAt, ban.CreatedBy = old.Seq, old.CreatedAt, old.CreatedBy
	ban.Hits, ban.LastHitAt, ban.AliasesDisabled = old.Hits, old.LastHitAt, old.AliasesDisabled
	if selector != nil {
		s.disableFor(tx, ban, selector, change)
	}
	logged, err := changelog.Ban(change, &old, ban)
	if err != nil {
		return store.Change{}, err
	}
	if selector != nil {
		logged = changelog.WithAliases(logged, ban.AliasesDisabled)
	}
	s.replace(r, *ban)
	tx.onAbort(func() {
		s.unlink(r)
		if r.ban = old; ruled { // else it was retired, or revoked
			s.link(r)
		}
	})
	return logged, nil
}

// DeleteBan implements [store.Bans].
func (s *Store) DeleteBan(ctx context.Context, id uuid.UUID, change store.Change) (ban store.Ban, err error) {
	err = s.write(ctx, func() (*store.Change, error) {
		r := s.bans[id]
		if r == nil {
			return nil, missing(id)
		}
		logged, err := changelog.Ban(change, &r.ban, nil)
		if err != nil {
			return nil, err
		}
		ban = r.ban
		s.remove(r)
		return &logged, nil
	})
	return ban, err
}

// PurgeBans implements [store.Bans].
func (s *Store) PurgeBans(ctx context.Context, before time.Time, change store.Change) (purged int64, err error) {
	err = s.write(ctx, func() (*store.Change, error) {
		var ruled []*record
		s.order = slices.DeleteFunc(s.order, func(r *record) bool {
			if !over(&r.ban, before) {
				return false
			}
			purged++
			delete(s.bans, r.ban.ID)
			if r.ruled {
				ruled = append(ruled, r)
				s.unlink(r)
			}
			return true
		})
		if purged == 0 {
			return nil, nil
		}
		logged := changelog.Many(change, map[string]int64{"purged": purged}, changelog.Keys(slices.Values(keysOf(ruled))))
		return &logged, nil
	})
	return purged, err
}

// over reports whether the ban was revoked, or had expired, before that time.
func over(b *store.Ban, before time.Time) bool {
	return !b.RevokedAt.IsZero() && b.RevokedAt.Before(before) || !b.ExpiresAt.IsZero() && b.ExpiresAt.Before(before)
}

func missing(id uuid.UUID) error { return fmt.Errorf("ban %s: %w", id, store.ErrNotFound) }

// orNone drops the ban of a write that failed.
func orNone(b store.Ban, err error) (store.Ban, error) {
	if err != nil {
		return store.Ban{}, err
	}
	return b, nil
}
