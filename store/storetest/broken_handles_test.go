package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// handleFlaws are those of backends that are right as long as everybody writes through
// one store.
var handleFlaws = []persistentFlaw{
	{"has writers wait for those of their own store alone", apartFromOthers, []string{
		"Of a hundred concurrent creations through three stores one succeeds",
		"Of concurrent bans in two forms through two stores one succeeds",
		"Of the last two admins demoted through two stores one stays",
		"Of two stores syncing a list at once one succeeds",
		"Of two stores making a list at once one succeeds",
		"Of two stores making the same version of a list one succeeds",
	}},
}

// apartFromOthers opens stores each of which decides by what it has read under a lock
// of its own, and then writes whatever others have written meanwhile.
func apartFromOthers() func() store.Store {
	shared := memstore.New()
	return func() store.Store { return apart(shared) }
}

func apart(shared store.Store) store.Store {
	var mine sync.Mutex
	// decided runs a write, and passes over its refusal if there was no reason for it
	// before. Others have the time to write in between, on a busy machine too.
	decided := func(free bool, write func() error, refused ...error) error {
		if free {
			time.Sleep(5 * time.Millisecond)
		}
		err := write()
		if free && isAny(err, refused...) {
			return nil
		}
		return err
	}
	o := &override{Store: shared}
	o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (made store.Ban, err error) {
		mine.Lock()
		defer mine.Unlock()
		rules, err := shared.Lookup(ctx, []store.Key{b.Key()})
		if err != nil {
			return b, err
		}
		err = decided(len(rules) == 0, func() error { made, err = shared.CreateBan(ctx, b, c); return err }, store.ErrExists)
		return made, err
	}
	o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (written store.AccountWritten, err error) {
		mine.Lock()
		defer mine.Unlock()
		admins, err := shared.CountAccounts(ctx, store.AccountFilter{Admin: new(true), Active: new(true)})
		if err != nil {
			return written, err
		}
		err = decided(admins > 1, func() error { written, err = shared.UpdateAccount(ctx, w, c); return err }, store.ErrLastAdmin)
		return written, err
	}
	o.deleteAccount = func(ctx context.Context, id uuid.UUID, c store.Change) (store.AccountWritten, error) {
		mine.Lock()
		defer mine.Unlock()
		return shared.DeleteAccount(ctx, id, c)
	}
	o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (made store.List, err error) {
		mine.Lock()
		defer mine.Unlock()
		old, err := shared.List(ctx, d.List.Name)
		free := err == nil && old.Version == d.List.Version || errors.Is(err, store.ErrNotFound) && d.List.Version == 0
		err = decided(free, func() error { made, err = shared.ApplyList(ctx, d, c); return err }, store.ErrConflict, store.ErrExists)
		return made, err
	}
	o.close = func() error { return nil }
	return o
}

// TestStoresApartAreRightAlone shows that it takes several stores to find out: with one,
// no rule of those about writers at once fails.
func TestStoresApartAreRightAlone(t *testing.T) {
	for _, name := range []string{
		"Of a hundred concurrent creations of a ban one succeeds",
		"Of the last two admins demoted at once one stays",
		"Of concurrent ApplyLists of one version one succeeds",
		"Of concurrent ApplyLists of a new name one succeeds",
		"Of concurrent ApplyLists of the same version one succeeds",
	} {
		c := clauseNamed(t, name)
		if failures := verdict(t, func(r reporter) { c.check(r, apart(memstore.New())) }); len(failures) > 0 {
			t.Errorf("the rule %q fails with one store: %q", name, failures)
		}
	}
}
