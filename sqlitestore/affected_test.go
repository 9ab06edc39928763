package sqlitestore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"example.com/ostraka/internal/racedetector"
	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// The hosts of the random records lie on and beside each other's label
// boundaries.
var randomHosts = []string{
	"example", "a.example", "b.a.example", "c.b.a.example", "ba.example", "a.b.example", "xample", "a.example.net", "a",
}

// seeds returns how many stores to fill, fewer under the race detector.
func seeds(n uint64) uint64 {
	if racedetector.On {
		return 2
	}
	return n
}

// openUnsynced opens a store for many small writes.
func openUnsynced(t *testing.T) *Store {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "ostraka.db"), Options{Synchronous: SyncNormal})
}

// randomRecords fills a store with accounts of up to four addresses, and aliases
// of theirs, of nobody, and that are off.
func randomRecords(t *testing.T, s *Store, r *rand.Rand) ([]store.Account, []store.MailAlias) {
	t.Helper()
	host := func() string { return randomHosts[r.IntN(len(randomHosts))] }
	var accounts []store.Account
	var aliases []store.MailAlias
	for i := range 40 {
		var addresses []string
		for j := range r.IntN(5) {
			addresses = append(addresses, fmt.Sprintf("u%d-%d@%s", i, j, host()))
		}
		a := newAccount(fmt.Sprintf("user%d", i), addresses...)
		for j := range a.Emails {
			a.Emails[j].Mailbox = fmt.Sprintf("box%d@%s", r.IntN(8), host())
		}
		if i%5 == 0 {
			a.HandleKeys = append(a.HandleKeys, fmt.Sprintf("other%d", i))
		}
		a = mustAccount(t, s, a)
		accounts = append(accounts, a)
		for j := range r.IntN(4) {
			alias := newAlias(store.Account{}, fmt.Sprintf("l%d-%d", i, j), host(), "x@"+host())
			if len(a.Emails) > 0 && r.IntN(2) == 0 {
				alias.Owner, alias.Destination = a.ID, a.Emails[r.IntN(len(a.Emails))].Address
			}
			alias.LocalKey = fmt.Sprintf("key%d", r.IntN(6))
			alias.Mailbox = fmt.Sprintf("box%d@%s", r.IntN(8), host())
			alias.Active = r.IntN(5) > 0
			aliases = append(aliases, mustAlias(t, s, alias))
		}
	}
	return accounts, aliases
}

// randomSelector is of any kind, of all or of one key, and with or without a
// Test.
func randomSelector(r *rand.Rand) store.Selector {
	host := randomHosts[r.IntN(len(randomHosts))]
	texts := map[store.Kind]string{
		store.KindEmail: fmt.Sprintf("box%d@%s", r.IntN(8), host), store.KindDomain: host, store.KindIP: "192.0.2.1",
		store.KindName: []string{"user7", "other5", "key3", "nobody"}[r.IntN(4)],
	}
	kind := store.Kinds()[r.IntN(4)]
	s := store.Selector{Key: store.Key{Kind: kind, Text: texts[kind]}}
	if r.IntN(4) == 0 {
		s.Key = store.WildcardKey(kind)
	}
	switch r.IntN(3) {
	case 0:
		s.Test = func(what store.Kind, text string) bool { return (int(what)+len(text))%2 == 0 }
	case 1:
		s.Test = func(what store.Kind, text string) bool { return strings.HasSuffix(text, host) }
	}
	return s
}

// affectedByScan is the slow, obvious Affected.
func affectedByScan(s *store.Selector, accounts []store.Account, aliases []store.MailAlias, sample int) (all store.Affected) {
	for i := range accounts {
		a := &accounts[i]
		selected := s.Account(a)
		for j := range a.Emails {
			if e := &a.Emails[j]; s.Address(e.Address, e.Mailbox) {
				selected = true
				all.Addresses++
				all.AddressSample = append(all.AddressSample, e.Address)
			}
		}
		if selected {
			all.Accounts++
			all.AccountSample = append(all.AccountSample, store.AccountRef{ID: a.ID, Seq: a.Seq, Handle: a.Handle})
		}
	}
	for i := range aliases {
		if a := &aliases[i]; a.Active && s.Alias(a) {
			all.Aliases++
			all.AliasSample = append(all.AliasSample, store.AliasRef{ID: a.ID, Seq: a.Seq, Address: a.Address(), Destination: a.Destination})
		}
	}
	all.AddressSample = firstOf(all.AddressSample, sample)
	all.AccountSample = firstOf(all.AccountSample, sample)
	all.AliasSample = firstOf(all.AliasSample, sample)
	return all
}

// firstOf returns at most n, nil for none.
func firstOf[T any](s []T, n int) []T {
	if n <= 0 || len(s) == 0 {
		return nil
	}
	return s[:min(n, len(s))]
}

func TestAffectedIsWhatAScanFinds(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for seed := range seeds(6) {
		r := rand.New(rand.NewPCG(seed, 0))
		s := openUnsynced(t)
		accounts, aliases := randomRecords(t, s, r)
		found := 0
		for range 150 {
			selector, sample := randomSelector(r), r.IntN(6)-1
			want := affectedByScan(&selector, accounts, aliases, sample)
			got, err := s.Affected(ctx, selector, sample)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("seed %d, %v (a Test: %t), sample %d:\n got %+v\nwant %+v", seed, selector.Key, selector.Test != nil, sample, got, want)
			}
			if want.Accounts > 0 && want.Aliases > 0 {
				found++
			}
		}
		if found < 10 {
			t.Errorf("seed %d: only %d of the selectors select accounts and aliases", seed, found)
		}
	}
}

func TestBansTurnOffWhatAScanFinds(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for seed := range seeds(12) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := openUnsynced(t)
		s.stepRows = 3 // so that several batches are written
		_, aliases := randomRecords(t, s, r)
		for i := range 4 {
			selector := randomSelector(r)
			ban, err := s.CreateBanDisabling(ctx, domainBan(fmt.Sprintf("%d.example", i)), selector, by(store.BanCreate))
			if err != nil {
				t.Fatal(err)
			}
			var want int64
			for i := range aliases {
				if a := &aliases[i]; a.Active && selector.Alias(a) {
					a.Active, a.DisabledBan, a.UpdatedAt = false, ban.ID, at
					a.Version++
					want++
				}
			}
			if n := ban.AliasesDisabled; n != want {
				t.Errorf("seed %d, %v: %d aliases were turned off, want %d", seed, selector.Key, n, want)
			}
		}
		got, err := s.ListAliases(ctx, store.AliasFilter{}, store.Page{Limit: store.MaxPageLimit, OldestFirst: true})
		if err != nil || !reflect.DeepEqual(got, aliases) {
			t.Errorf("seed %d: the aliases are not as they should be: %v", seed, err)
		}
		mustCheck(t, s)
	}
}

func TestHostKeys(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, key string }{
		{"mail.example.com", "com.example.mail."},
		{"a@mail.example.com", "com.example.mail."},
		{"localhost", "localhost."},
		{`"a@b.org"@example.com`, "com.example."},
	} {
		if got := sqlbackend.HostKey(tt.text); got != tt.key {
			t.Errorf("sqlbackend.HostKey(%q) = %q, want %q", tt.text, got, tt.key)
		}
	}
}

// FuzzHostsBelow compares the range of a domain with what the selector says.
func FuzzHostsBelow(f *testing.F) {
	f.Add("example.com", "mail.example.com")
	f.Add("example.com", "notexample.com")
	f.Add("example.com", "example.com.net")
	f.Add("a", "-.a")
	f.Fuzz(func(t *testing.T, domain, host string) {
		if domain == "" || strings.ContainsAny(domain+host, "@") {
			return // a wildcard, or no host
		}
		from, below := sqlbackend.HostsBelow(domain)
		key := sqlbackend.HostKey(host)
		selector := store.Selector{Key: store.Key{Kind: store.KindDomain, Text: domain}}
		if got, want := from <= key && key < below, selector.Address("x@"+host, ""); got != want {
			t.Errorf("%q is in the range of %q: %t, want %t", host, domain, got, want)
		}
	})
}
