package storetest

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var banFlaws = []flaw{
	{"lets a second active ban through", func(o *override) {
		o.createBan = unguarded(o)
	}, []string{"CreateBan refuses a second active ban of the same kind and value"}},

	{"looks for an active ban before it takes its lock", func(o *override) {
		create := unguarded(o)
		var looked atomic.Int32
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			n, err := o.CountBans(ctx, store.BanFilter{Contains: b.Value})
			if err != nil || n > 0 {
				return store.Ban{}, errors.Join(err, &store.ExistsError{})
			}
			// The first goes on when a second has looked too: however few run at once.
			if looked.Add(1) == 1 {
				for end := time.Now().Add(5 * time.Second); looked.Load() < 2 && time.Now().Before(end); {
					time.Sleep(time.Millisecond)
				}
			}
			return create(ctx, b, c)
		}
	}, []string{"Of a hundred concurrent creations of a ban one succeeds"}},

	{"refuses a ban for an expired one", func(o *override) {
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			if n, err := o.CountBans(ctx, store.BanFilter{Contains: b.Value}); err != nil || n > 0 {
				return store.Ban{}, errors.Join(err, &store.ExistsError{})
			}
			return o.Store.CreateBan(ctx, b, c)
		}
	}, []string{
		"An expired ban does not stand in the way of a new one",
		"A revoked ban does not stand in the way of a new one",
		"A new ban that is not active is never refused for an active one",
	}},

	{"compares expiries with the clock", func(o *override) {
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			c.At = time.Now().UTC().Truncate(time.Microsecond)
			return o.Store.CreateBan(ctx, b, c)
		}
	}, []string{"An expired ban does not stand in the way of a new one"}},

	{"replaces the ban of an ID that is taken", func(o *override) {
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			if old, err := o.Store.Ban(ctx, b.ID); err == nil {
				b.Version = old.Version
				return o.Store.UpdateBan(ctx, b, c)
			}
			return o.Store.CreateBan(ctx, b, c)
		}
	}, []string{"CreateBan refuses an ID that is taken"}},

	{"keeps the Version that it is given", func(o *override) {
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			got, err := o.Store.CreateBan(ctx, b, c)
			got.Version = b.Version
			return got, err
		}
	}, []string{"CreateBan returns the ban as stored"}},

	{"reuses the Seq of deleted bans", func(o *override) {
		deleted := int64(0)
		o.deleteBan = func(ctx context.Context, id uuid.UUID, c store.Change) (store.Ban, error) {
			deleted++
			return o.Store.DeleteBan(ctx, id, c)
		}
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			b, err := o.Store.CreateBan(ctx, b, c)
			b.Seq -= deleted
			return b, err
		}
	}, []string{"Seq is not reused after a deletion"}},

	{"numbers bans from 0", func(o *override) {
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			b, err := o.Store.CreateBan(ctx, b, c)
			b.Seq--
			return b, err
		}
	}, []string{"Seq numbers bans in the order of creation from 1"}},

	{"refuses a ban for one with the same key", func(o *override) {
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			if rules, err := o.Store.Lookup(ctx, []store.Key{b.Key()}); err != nil || len(rules) > 0 {
				return store.Ban{}, errors.Join(err, &store.ExistsError{})
			}
			return o.Store.CreateBan(ctx, b, c)
		}
	}, []string{"CreateBan takes equal values of other kinds and equal keys of other values"}},

	{"does not find bans that are not active", func(o *override) {
		o.ban = func(ctx context.Context, id uuid.UUID) (store.Ban, error) {
			b, err := o.Store.Ban(ctx, id)
			if err == nil && !b.Active(noon) {
				return store.Ban{}, store.ErrNotFound
			}
			return b, err
		}
	}, []string{"A ban is found by ID and Seq whatever its state"}},

	{"cuts times to seconds", func(o *override) {
		createAs(o, func(b *store.Ban) {
			for _, at := range []*time.Time{&b.CreatedAt, &b.UpdatedAt, &b.ExpiresAt, &b.RevokedAt} {
				*at = at.Truncate(time.Second)
			}
		})
	}, []string{"Times come back equal, in UTC", "CreateBan returns the ban as stored"}},

	{"takes the Unix epoch for none", func(o *override) {
		createAs(o, func(b *store.Ban) {
			if b.ExpiresAt.Equal(time.Unix(0, 0)) {
				b.ExpiresAt = time.Time{}
			}
		})
	}, []string{"Times come back equal, in UTC"}},

	{"keeps times as nanoseconds in 64 bits", func(o *override) {
		createAs(o, func(b *store.Ban) { b.ExpiresAt = time.Unix(0, b.ExpiresAt.UnixNano()).UTC() })
	}, []string{"Times come back equal, in UTC"}},

	{"returns local times", func(o *override) {
		o.ban = func(ctx context.Context, id uuid.UUID) (store.Ban, error) {
			b, err := o.Store.Ban(ctx, id)
			b.CreatedAt = b.CreatedAt.In(time.FixedZone("", 3600))
			return b, err
		}
	}, []string{"Times come back equal, in UTC", "CreateBan returns the ban as stored"}},

	{"cuts long reasons", func(o *override) {
		createAs(o, func(b *store.Ban) { b.Reason = b.Reason[:min(len(b.Reason), 255)] })
	}, []string{"Texts come back as given"}},

	{"creates many bans one by one", func(o *override) {
		o.createBans = func(ctx context.Context, bans []store.Ban, c store.Change) (skipped []int, err error) {
			for i, b := range bans {
				_, err := o.CreateBan(ctx, b, c)
				if exists := (*store.ExistsError)(nil); errors.As(err, &exists) {
					skipped = append(skipped, i)
				} else if err != nil {
					return nil, err
				}
				time.Sleep(10 * time.Microsecond)
			}
			return skipped, nil
		}
	}, []string{
		"CreateBans refuses an ID that is taken, whole",
		"CreateBans logs one change with keys and counts",
		"A bulk creation becomes visible as a whole",
	}},

	{"looks at IDs before it looks for active bans", func(o *override) {
		o.createBans = func(ctx context.Context, bans []store.Ban, c store.Change) ([]int, error) {
			for _, b := range bans {
				if _, err := o.Store.Ban(ctx, b.ID); err == nil {
					return nil, store.ErrExists
				}
			}
			return o.Store.CreateBans(ctx, bans, c)
		}
	}, []string{"CreateBans skips a ban for an active one even if its ID is taken"}},

	{"reports what it skipped in reverse", func(o *override) {
		o.createBans = func(ctx context.Context, bans []store.Ban, c store.Change) ([]int, error) {
			skipped, err := o.Store.CreateBans(ctx, bans, c)
			slices.Reverse(skipped)
			return skipped, err
		}
	}, []string{"CreateBans skips bans for active ones"}},

	{"creates many bans in reverse", func(o *override) {
		o.createBans = func(ctx context.Context, bans []store.Ban, c store.Change) ([]int, error) {
			bans = slices.Clone(bans)
			slices.Reverse(bans)
			return o.Store.CreateBans(ctx, bans, c)
		}
	}, []string{"CreateBans adds the bans in the order given"}},

	{"fails when a bulk creates nothing", func(o *override) {
		o.createBans = func(ctx context.Context, bans []store.Ban, c store.Change) ([]int, error) {
			skipped, err := o.Store.CreateBans(ctx, bans, c)
			if err == nil && len(skipped) == len(bans) {
				err = store.ErrExists
			}
			return skipped, err
		}
	}, []string{"CreateBans that creates nothing logs nothing"}},

	{"does not know every action", func(o *override) {
		o.createBans = func(ctx context.Context, bans []store.Ban, c store.Change) ([]int, error) {
			bans = slices.Clone(bans)
			for i := range bans {
				bans[i].Scope &= 1<<4 - 1
			}
			return o.Store.CreateBans(ctx, bans, c)
		}
	}, []string{"Kinds, effects, scopes and shadow come back as given"}},

	{"ignores the Version", func(o *override) {
		o.updateBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			if old, err := o.Store.Ban(ctx, b.ID); err == nil {
				b.Version = old.Version
			}
			return o.Store.UpdateBan(ctx, b, c)
		}
	}, []string{
		"UpdateBan refuses a Version that is not the ban's",
		"Of concurrent updates of one version one succeeds",
	}},

	{"lets an update change CreatedAt", func(o *override) {
		o.updateBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			got, err := o.Store.UpdateBan(ctx, b, c)
			got.CreatedAt = b.CreatedAt
			return got, err
		}
	}, []string{"UpdateBan keeps Seq, creation and hits"}},

	{"does not update the public reason", func(o *override) {
		o.updateBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			if old, err := o.Store.Ban(ctx, b.ID); err == nil {
				b.PublicReason = old.PublicReason
			}
			return o.Store.UpdateBan(ctx, b, c)
		}
	}, []string{"UpdateBan replaces what its caller decides"}},

	{"refuses an update whose result is not active", func(o *override) {
		o.updateBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			if n, err := o.CountBans(ctx, store.BanFilter{Contains: b.Value, Active: new(true), At: c.At}); err != nil || n > 0 && !b.Active(c.At) {
				return store.Ban{}, errors.Join(err, &store.ExistsError{})
			}
			return o.Store.UpdateBan(ctx, b, c)
		}
	}, []string{"UpdateBan may change a ban that is not active beside an active one"}},

	{"lets an update become a second active ban", func(o *override) {
		o.updateBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			got, err := o.Store.UpdateBan(ctx, b, c)
			if errors.Is(err, store.ErrExists) {
				return b, nil
			}
			return got, err
		}
	}, []string{
		"UpdateBan refuses a value that is actively banned",
		"UpdateBan refuses to reinstate beside an active ban",
		"UpdateBan refuses to prolong beside an active ban",
	}},

	{"hides a ban instead of deleting it", func(o *override) {
		o.deleteBan = func(ctx context.Context, id uuid.UUID, c store.Change) (store.Ban, error) {
			b, err := o.Store.Ban(ctx, id)
			if err != nil {
				return b, err
			}
			return o.Store.UpdateBan(ctx, revoked(b), c)
		}
	}, []string{
		"DeleteBan returns the ban as it was",
		"DeleteBan makes room for the same value and ID",
		"What is not there is ErrNotFound",
		"DeleteBan removes the hits",
	}},

	{"has an error of its own for what is not there", func(o *override) {
		o.ban = func(ctx context.Context, id uuid.UUID) (store.Ban, error) {
			b, err := o.Store.Ban(ctx, id)
			if errors.Is(err, store.ErrNotFound) {
				err = errors.New("no rows")
			}
			return b, err
		}
	}, []string{"What is not there is ErrNotFound"}},
}

// unguarded creates bans as if they were to be active later only, so that none
// is in the way.
func unguarded(o *override) func(context.Context, store.Ban, store.Change) (store.Ban, error) {
	return func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
		c.At = after(1000 * day)
		return o.Store.CreateBan(ctx, b, c)
	}
}

// createAs creates a ban as what spoil makes of it.
func createAs(o *override, spoil func(*store.Ban)) {
	o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
		spoil(&b)
		return o.Store.CreateBan(ctx, b, c)
	}
}
