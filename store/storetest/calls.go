package storetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"example.com/ostraka/store"
)

var callClauses = []clause{
	{"A context that was cancelled before is an error",
		"A method whose context has ended before it began returns an error that matches the context's error, and writes nothing.",
		func(t reporter, s store.Store) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			endedContext(t, s, ctx, context.Canceled)
		}},
	{"A context whose deadline has passed is an error",
		"A method whose context has ended before it began returns an error that matches the context's error, and writes nothing.",
		func(t reporter, s store.Store) {
			ctx, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
			defer cancel()
			endedContext(t, s, ctx, context.DeadlineExceeded)
		}},
	{"Every method of a closed store is ErrClosed",
		"After Close every method returns an error that matches ErrClosed.",
		func(t reporter, s store.Store) {
			r := callRecords(t, s)
			if err := s.Close(); err != nil {
				t.Fatalf("Close: %v", err)
			}
			for _, c := range calls(r) {
				wantError(t, c.method+" after Close", c.do(t.Context(), s), store.ErrClosed)
			}
			s.Subscribe(func(store.Change) {})()
		}},
	{"Close may be called again",
		"Closing again does nothing and returns nil.",
		func(t reporter, s store.Store) {
			cancel := s.Subscribe(func(store.Change) {})
			for range 3 {
				if err := s.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}
			cancel()
		}},
	{"Close waits for operations under way",
		"Close waits for operations that are under way: each either happens or is ErrClosed.",
		closeWaits},
	{"A Scan under way ends when the store is closed",
		"A Scan that is under way when the store is closed completes or ends with ErrClosed.",
		func(t reporter, s store.Store) {
			createMany(t, s, domainBans(20))
			seen, closed := 0, make(chan error, 1)
			for r, err := range s.Scan(t.Context(), 0) {
				if seen++; seen == 1 {
					// Not from the loop itself, which Close may wait for.
					go func() { closed <- s.Close() }()
				}
				if err != nil {
					wantError(t, "Scan", err, store.ErrClosed)
					wantSame(t, "the rule beside the error", r, store.Rule{})
				}
			}
			if err := <-closed; err != nil {
				t.Errorf("Close: %v", err)
			}
		}},
}

// records are what a store holds for [calls].
type records struct {
	ban     store.Ban
	block   store.Block
	list    store.List
	account store.Account
	session store.Credential
	alias   store.MailAlias
}

func callRecords(t reporter, s store.Store) records {
	t.Helper()
	account, session, _ := holder(t, s, newAccount("a"))
	putSubscription(t, s, newSubscription(subscribedList))
	return records{
		ban:     create(t, s, domainBan("a.example")),
		block:   createBlock(t, s, newBlock("a.example")),
		list:    apply(t, s, newList("l"), domainEntries(3), nil),
		account: account,
		session: session,
		alias:   createAlias(t, s, newAlias("a", account)),
	}
}

// call is one call of a method that would succeed in a store with the records
// that were given to [calls].
type call struct {
	method string
	do     func(ctx context.Context, s store.Store) error
}

func calls(r records) []call {
	return slices.Concat(banCalls(r.ban), listCalls(r), accountCalls(r), credentialCalls(r), aliasCalls(r), keyCalls(), subscriptionCalls())
}

func keyCalls() []call {
	return []call{
		{"ChangedKeys", func(ctx context.Context, s store.Store) (err error) {
			for _, err = range s.ChangedKeys(ctx, 1) {
			}
			if errors.Is(err, store.ErrNotFound) { // there is no change yet
				return nil
			}
			return err
		}},
		{"KeyTables", func(ctx context.Context, s store.Store) error {
			_, err := s.KeyTables(ctx)
			return err
		}},
		{"SetKeyTables", func(ctx context.Context, s store.Store) error {
			return s.SetKeyTables(ctx, "", "some", change(store.KeysTables))
		}},
		{"Rekey", func(ctx context.Context, s store.Store) error {
			_, err := s.Rekey(ctx, store.RekeyPage{}, newKeys{}, change(store.KeysRewrite))
			return err
		}},
	}
}

func banCalls(b store.Ban) []call {
	fresh := domainBan("fresh.example")
	return []call{
		{"Lookup", func(ctx context.Context, s store.Store) error {
			_, err := s.Lookup(ctx, []store.Key{b.Key()})
			return err
		}},
		{"Lookup of no keys", func(ctx context.Context, s store.Store) error {
			_, err := s.Lookup(ctx, nil)
			return err
		}},
		{"PrefixLengths", func(ctx context.Context, s store.Store) error {
			_, err := s.PrefixLengths(ctx)
			return err
		}},
		{"HashKeysInUse", func(ctx context.Context, s store.Store) error {
			_, err := s.HashKeysInUse(ctx)
			return err
		}},
		{"Scan", func(ctx context.Context, s store.Store) (err error) {
			for _, err = range s.Scan(ctx, 0) {
			}
			return err
		}},
		{"CreateBan", func(ctx context.Context, s store.Store) error {
			_, err := s.CreateBan(ctx, fresh, change(store.BanCreate))
			return err
		}},
		{"CreateBans", func(ctx context.Context, s store.Store) error {
			_, err := s.CreateBans(ctx, []store.Ban{fresh}, change(store.BanCreateMany))
			return err
		}},
		{"CreateBans of none", func(ctx context.Context, s store.Store) error {
			_, err := s.CreateBans(ctx, nil, change(store.BanCreateMany))
			return err
		}},
		{"Ban", func(ctx context.Context, s store.Store) error {
			_, err := s.Ban(ctx, b.ID)
			return err
		}},
		{"BanBySeq", func(ctx context.Context, s store.Store) error {
			_, err := s.BanBySeq(ctx, b.Seq)
			return err
		}},
		{"ListBans", func(ctx context.Context, s store.Store) error {
			_, err := s.ListBans(ctx, store.BanFilter{}, store.Page{})
			return err
		}},
		{"RankBans", func(ctx context.Context, s store.Store) error {
			_, err := s.RankBans(ctx, store.BanFilter{}, store.ByHits, store.BanRank{}, 0)
			return err
		}},
		{"CountBans", func(ctx context.Context, s store.Store) error {
			_, err := s.CountBans(ctx, store.BanFilter{})
			return err
		}},
		{"UpdateBan", func(ctx context.Context, s store.Store) error {
			_, err := s.UpdateBan(ctx, b, change(store.BanUpdate))
			return err
		}},
		{"RedactBan", func(ctx context.Context, s store.Store) error {
			_, err := s.RedactBan(ctx, hashedAs(b, hashed), change(store.BanHash))
			return err
		}},
		{"DeleteBan", func(ctx context.Context, s store.Store) error {
			_, err := s.DeleteBan(ctx, b.ID, change(store.BanDelete))
			return err
		}},
		{"PurgeBans", func(ctx context.Context, s store.Store) error {
			_, err := s.PurgeBans(ctx, after(1000*day), change(store.BanPurge))
			return err
		}},
		{"AddHits", func(ctx context.Context, s store.Store) error {
			return s.AddHits(ctx, []store.Hit{hit(b, 1, noon, clients(1))})
		}},
		{"AddHits of none", func(ctx context.Context, s store.Store) error {
			return s.AddHits(ctx, nil)
		}},
		{"HitTotal", func(ctx context.Context, s store.Store) error {
			_, err := s.HitTotal(ctx, b.ID)
			return err
		}},
		{"HitHistory", func(ctx context.Context, s store.Store) error {
			_, err := s.HitHistory(ctx, b.ID, noon, noon)
			return err
		}},
		{"TopHits", func(ctx context.Context, s store.Store) error {
			_, err := s.TopHits(ctx, noon, noon, 0)
			return err
		}},
		{"PruneHits", func(ctx context.Context, s store.Store) error {
			_, err := s.PruneHits(ctx, after(1000*day))
			return err
		}},
		{"Changes", func(ctx context.Context, s store.Store) error {
			_, err := s.Changes(ctx, 0, 1)
			return err
		}},
		{"ListChanges", func(ctx context.Context, s store.Store) error {
			_, err := s.ListChanges(ctx, b.ID, store.Page{})
			return err
		}},
		{"LastChange", func(ctx context.Context, s store.Store) error {
			_, err := s.LastChange(ctx)
			return err
		}},
		{"PruneChanges", func(ctx context.Context, s store.Store) error {
			_, err := s.PruneChanges(ctx, after(1000*day))
			return err
		}},
	}
}

func endedContext(t reporter, s store.Store, ctx context.Context, want error) {
	r := callRecords(t, s)
	b := r.ban
	addHits(t, s, hit(b, 2, noon, nil))
	log := changes(t, s, 0)
	verify := unchanged(t, s)
	for _, c := range calls(r) {
		wantError(t, c.method+" with an ended context", c.do(ctx, s), want)
		verify(c.method + " with an ended context")
		wantHistory(t, s, b, store.DayHits{Day: today, Uses: 2})
		if now := changes(t, s, 0); !equalSlices(now, log) {
			t.Fatalf("%s with an ended context left %d changes, want %d", c.method, len(now), len(log))
		}
	}
}

// closeWaits closes a store that many goroutines use.
func closeWaits(t reporter, s store.Store) {
	r := callRecords(t, s)
	started, errs := make(chan struct{}), make(chan error)
	const workers = 8
	for i := range workers {
		go func() {
			all := calls(r)
			for n := 0; ; n++ {
				c := all[(i+n)%len(all)]
				switch c.method {
				case "DeleteBan", "PurgeBans", "DeleteBlock", "DropList", "DeleteAccount", "RemoveAccount", "RemoveAccount with Redact", "PurgeCredentials", "TrimSessions", "DeleteAlias", "DeleteSubscription":
					continue // the others use the record
				}
				err := c.do(t.Context(), s)
				if n == 0 {
					started <- struct{}{}
				}
				if !expectedWhileClosing(err) {
					errs <- err
					return
				}
				if isAny(err, store.ErrClosed) {
					errs <- nil
					return
				}
			}
		}()
	}
	for range workers {
		<-started
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	for range workers {
		if err := <-errs; err != nil {
			t.Errorf("a method that ran into Close: %v; want it to succeed or ErrClosed", err)
		}
	}
}

// expectedWhileClosing reports whether the error is one that several callers of
// everything may meet.
func expectedWhileClosing(err error) bool {
	return err == nil || isAny(err, store.ErrClosed, store.ErrExists, store.ErrConflict, store.ErrPruned, store.ErrBusy)
}
