package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"example.com/ostraka/store"
)

var concurrencyClauses = []clause{
	{"Of a hundred concurrent creations of a ban one succeeds",
		"Of one kind and value at most one ban is active at a time, however many are created at once; the others get an *ExistsError.",
		func(t reporter, s store.Store) { createAtOnce(t, 100, oneValue, s) }},
	{"Of concurrent updates of one version one succeeds",
		"An update whose Version was read before another's is ErrConflict: no write is lost.",
		updateAtOnce},
	{"Concurrent hits all count",
		"AddHits loses nothing when it is called from many goroutines.",
		func(t reporter, s store.Store) { hitAtOnce(t, 8, s) }},
	{"A reader of the log misses no change",
		"Changes become visible in the order of Seq, with the record they are about: whoever has read the log up to a Seq has missed no change below it.",
		func(t reporter, s store.Store) { pollWhileWriting(t, s, s, s) }},
	{"A Lookup is one consistent view",
		"Lookup is one consistent view: a rule that moves from key to key is seen exactly once by a Lookup of both.",
		lookupWhileMoving},
	{"A bulk creation becomes visible as a whole",
		"A mutating method happens whole or not at all: a reader never sees some of it.",
		countWhileBulk},
	{"A context that ends during a write leaves all or nothing",
		"A method whose context ends while it runs may return that error, having written nothing, or complete.",
		cancelWhileWriting},
}

func isAny(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// insist calls f until it does not return ErrBusy.
func insist(ctx context.Context, f func() error) error {
	for {
		err := f()
		if !errors.Is(err, store.ErrBusy) || ctx.Err() != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

// together runs f n times at once and returns what they returned.
func together(t reporter, n int, f func(i int) error) []error {
	var wg sync.WaitGroup
	errs, start := make([]error, n), make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = insist(t.Context(), func() error { return f(i) })
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// oneValue makes bans that are all of one value.
func oneValue(int) store.Ban { return domainBan("a.example") }

// createAtOnce creates the same ban n times at once, through the stores in turn.
func createAtOnce(t reporter, n int, ban func(i int) store.Ban, stores ...store.Store) {
	errs := together(t, n, func(i int) error {
		_, err := stores[i%len(stores)].CreateBan(t.Context(), ban(i), change(store.BanCreate))
		return err
	})
	created := 0
	for _, err := range errs {
		var exists *store.ExistsError
		switch {
		case err == nil:
			created++
		case !errors.As(err, &exists):
			t.Errorf("CreateBan: %v, want an *ExistsError", err)
		}
	}
	if created != 1 {
		t.Errorf("%d creations succeeded, want 1", created)
	}
	for _, s := range stores {
		if got := allBans(t, s); len(got) != 1 {
			t.Errorf("there are %d bans, want 1", len(got))
		}
		if log := changes(t, s, 0); len(log) != 1 {
			t.Errorf("there are %d changes, want 1", len(log))
		}
	}
}

func updateAtOnce(t reporter, s store.Store) {
	b := create(t, s, domainBan("a.example"))
	errs := together(t, 20, func(i int) error {
		mine := b
		mine.Reason = fmt.Sprint(i)
		_, err := s.UpdateBan(t.Context(), mine, change(store.BanUpdate))
		return err
	})
	winner := -1
	for i, err := range errs {
		if err == nil {
			if winner >= 0 {
				t.Errorf("updates %d and %d of version %d both succeeded", winner, i, b.Version)
			}
			winner = i
		} else {
			wantError(t, "UpdateBan", err, store.ErrConflict)
		}
	}
	if got := read(t, s, b.ID); got.Version != b.Version+1 || got.Reason != fmt.Sprint(winner) {
		t.Errorf("the ban is at version %d with reason %q; want %d, %d", got.Version, got.Reason, b.Version+1, winner)
	}
}

// hitAtOnce adds hits n times at once, through the stores in turn.
func hitAtOnce(t reporter, n int, stores ...store.Store) {
	b := create(t, stores[0], domainBan("a.example"))
	const rounds = 5
	for _, err := range together(t, n, func(i int) error {
		for r := range rounds {
			hits := []store.Hit{hit(b, 2, after(time.Duration(i)*time.Second), clients(i, r, 100))}
			if err := insist(t.Context(), func() error { return stores[i%len(stores)].AddHits(t.Context(), hits) }); err != nil {
				return err
			}
		}
		return nil
	}) {
		if err != nil {
			t.Errorf("AddHits: %v", err)
		}
	}
	for _, s := range stores {
		uses := int64(2 * rounds * n)
		wantTotal(t, s, b, uses, after(time.Duration(n-1)*time.Second))
		wantHistory(t, s, b, store.DayHits{Day: today, Uses: uses, Clients: int64(max(n, rounds) + 1)})
	}
}

// pollWhileWriting lets writers write while a reader follows the log.
func pollWhileWriting(t reporter, reader store.Store, writers ...store.Store) {
	const each = 12
	done := make(chan []error, 1)
	go func() {
		done <- together(t, len(writers)*2, func(i int) error {
			for n := range each {
				b := domainBan(fmt.Sprintf("%d-%d.example", i, n))
				err := insist(t.Context(), func() error {
					_, err := writers[i%len(writers)].CreateBan(t.Context(), b, change(store.BanCreate))
					return err
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}()

	var seen []store.Change
	poll := func() {
		after := int64(0)
		if len(seen) > 0 {
			after = seen[len(seen)-1].Seq
		}
		some, err := reader.Changes(t.Context(), after, 5)
		if err != nil {
			t.Fatalf("Changes: %v", err)
		}
		for _, c := range some {
			if c.Seq <= after {
				t.Errorf("Changes after %d gave Seq %d", after, c.Seq)
			}
			after = c.Seq
			seen = append(seen, c)
			read(t, reader, c.Target)
			if len(lookup(t, reader, c.Keys...)) == 0 {
				t.Errorf("change %d is visible, its rule is not", c.Seq)
			}
		}
	}
	var errs []error
	for errs == nil {
		select {
		case errs = <-done:
		default:
			poll()
		}
	}
	for _, err := range errs {
		if err != nil {
			t.Errorf("CreateBan: %v", err)
		}
	}
	for n := -1; n != len(seen); {
		n = len(seen)
		poll()
	}
	all := changes(t, reader, 0)
	if want := len(writers) * 2 * each; len(all) != want {
		t.Errorf("the log holds %d changes, want %d", len(all), want)
	}
	if !equalSlices(seen, all) {
		t.Errorf("the reader saw %d changes, the log holds %d: it missed or reordered some", len(seen), len(all))
	}
}

func lookupWhileMoving(t reporter, s store.Store) {
	b := create(t, s, withKey(domainBan("a.example"), "key 0"))
	keys := []store.Key{{Kind: b.Kind, Text: "key 0"}, {Kind: b.Kind, Text: "key 1"}}
	done := make(chan error, 1)
	go func() {
		for i := range 50 {
			b.KeyText = fmt.Sprint("key ", (i+1)%2)
			err := insist(t.Context(), func() (err error) {
				next, err := s.UpdateBan(t.Context(), b, change(store.BanUpdate))
				if err == nil {
					b = next
				}
				return err
			})
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("UpdateBan: %v", err)
			}
			return
		default:
			if rules := lookup(t, s, keys...); len(rules) != 1 {
				t.Fatalf("Lookup of both keys gives %d rules, want 1: %+v", len(rules), rules)
			}
		}
	}
}

func countWhileBulk(t reporter, s store.Store) {
	const n = 200
	done := make(chan error, 1)
	go func() {
		_, err := s.CreateBans(t.Context(), domainBans(n), change(store.BanCreateMany))
		done <- err
	}()
	var keys []store.Key
	for _, b := range domainBans(n) {
		keys = append(keys, b.Key())
	}
	for running := true; running; {
		select {
		case err := <-done:
			if running = false; err != nil {
				t.Errorf("CreateBans: %v", err)
			}
		default:
		}
		count, err := s.CountBans(t.Context(), store.BanFilter{})
		if err != nil || count != 0 && count != n {
			t.Fatalf("CountBans during CreateBans = %d, %v; want 0 or %d", count, err, n)
		}
		if rules := lookup(t, s, keys...); len(rules) != 0 && len(rules) != n {
			t.Fatalf("Lookup during CreateBans gives %d rules, want 0 or %d", len(rules), n)
		}
	}
}

func cancelWhileWriting(t reporter, s store.Store) {
	for i := range 10 {
		bans := domainBans(30)
		for j := range bans {
			bans[j].Value = fmt.Sprint(i, " ", bans[j].Value)
		}
		before, err := s.CountBans(t.Context(), store.BanFilter{})
		if err != nil {
			t.Fatalf("CountBans: %v", err)
		}
		last := lastChange(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*i)*20*time.Microsecond)
		_, err = s.CreateBans(ctx, bans, change(store.BanCreateMany))
		cancel()
		want := before
		if err == nil {
			want += int64(len(bans))
		} else {
			wantError(t, "CreateBans", err, context.DeadlineExceeded)
		}
		if got, countErr := s.CountBans(t.Context(), store.BanFilter{}); countErr != nil || got != want {
			t.Errorf("after CreateBans with error %v there are %d bans (%v), want %d", err, got, countErr, want)
		}
		if logged := lastChange(t, s) > last; logged != (err == nil) {
			t.Errorf("after CreateBans with error %v: logged = %v", err, logged)
		}
	}
}
