package storetest

import (
	"context"
	"reflect"

	"example.com/ostraka/store"
)

// faultedCalls are calls that write, beside those of [calls]: what they come upon, or
// are given, has them do more.
func faultedCalls(t reporter, s store.Store, r records) []call {
	t.Helper()
	old := newBan(store.KindIP, "192.0.2.0/24")
	old.KeyText, old.ExpiresAt = old.Value, noon
	create(t, s, old)
	doneBy(t, s, r.account)
	entries := entriesOf(t, s, r.list.Name)
	prefix := func(text string) store.Ban {
		b := newBan(store.KindIP, text)
		b.KeyText = text
		return b
	}
	caught := hitOf(entryRule(t, s, entries[0]), 2, noon, clients(1))
	again, others := prefix(old.Value), []store.Ban{prefix("198.51.100.0/25"), prefix(old.Value)}
	return []call{
		{"CreateBan over an expired one", func(ctx context.Context, s store.Store) error {
			_, err := s.CreateBan(ctx, again, changeAt(store.BanCreate, after(day)))
			return err
		}},
		{"CreateBans of prefixes", func(ctx context.Context, s store.Store) error {
			_, err := s.CreateBans(ctx, others, changeAt(store.BanCreateMany, after(day)))
			return err
		}},
		{"ApplyList that removes", func(ctx context.Context, s store.Store) error {
			delta := store.ListDelta{List: r.list, Add: []store.Entry{ipEntry("203.0.113.0/24")}, Remove: entries[:2]}
			_, err := s.ApplyList(ctx, delta, change(store.ListSync))
			return err
		}},
		{"AddHits of an entry", func(ctx context.Context, s store.Store) error {
			return s.AddHits(ctx, []store.Hit{caught})
		}},
		{"Rekey of an account", nil},
	}
}

// rekeyOfAccount returns a call that makes the keys of the account in a store anew, to
// which it brings the store. It finds out in others where that comes.
func rekeyOfAccount(t reporter, open func() (store.Store, Faults), s store.Store) func(context.Context, store.Store) error {
	t.Helper()
	page := store.RekeyPage{Limit: 1}
	step := func(s store.Store) {
		got, err := s.Rekey(t.Context(), page, newKeys{}, change(store.KeysRewrite))
		if err != nil {
			t.Fatalf("Rekey: %v", err)
		}
		page.After = got.Next
	}
	other, _ := open()
	r := callRecords(t, other)
	create(t, other, nameBan("admin"))
	faultedCalls(t, other, r)
	a := r.account
	before := 0
	for {
		step(other)
		if !reflect.DeepEqual(readAccount(t, other, a.ID).HandleKeys, a.HandleKeys) {
			break
		}
		if before++; page.After == "" {
			t.Fatalf("Rekey comes to no account")
		}
	}
	page.After = ""
	for range before {
		step(s)
	}
	return func(ctx context.Context, s store.Store) error {
		_, err := s.Rekey(ctx, page, newKeys{}, change(store.KeysRewrite))
		return err
	}
}

// entryRule returns the rule of an entry.
func entryRule(t reporter, s store.Store, e store.Entry) store.Rule {
	t.Helper()
	for _, r := range lookup(t, s, e.Key) {
		if r.ID == e.ID {
			return r
		}
	}
	t.Fatalf("no rule of the entry %+v is found", e)
	return store.Rule{}
}

// doneBy makes records that name the account as who did something, which whoever
// redacts it has to write anew.
func doneBy(t reporter, s store.Store, a store.Account) {
	t.Helper()
	ban, block, sub := domainBan("by.example"), newBlock("by.example"), newSubscription("by")
	ban.CreatedBy, block.CreatedBy, sub.UpdatedBy = a.Handle, a.Handle, a.Handle
	create(t, s, ban)
	createBlock(t, s, block)
	putSubscription(t, s, sub)
	waiting := newAccount("waits")
	waiting.Hold = heldBy(ban.ID, "", "", "")
	waiting.Hold.By, waiting.CreatedBy = a.Handle, a.Handle
	createAccount(t, s, waiting)
}
