package storetest

import (
	"context"
	"iter"
	"reflect"
	"testing"

	"example.com/ostraka/store"
)

// faultedReads has each read of a backend lose each of its statements. They change
// nothing, so that one store does for all.
func faultedReads(t *testing.T, open func(t *testing.T) (store.Store, Faults)) {
	s, f := openFor(t, open)
	for _, read := range reads(readRecords(t, s)) {
		for _, way := range []string{"fails", "is when the context ends"} {
			t.Run("a statement of "+read.method+" "+way, func(t *testing.T) {
				r := cited{t, "A read of which a statement fails returns an error or all that there is, never a part of it."}
				faultedRead(r, read, way != "fails", s, f)
			})
		}
	}
}

// faultedRead has each statement of a read go wrong, one after the other.
func faultedRead(t reporter, of readCall, end bool, s store.Store, f Faults) {
	method, read := of.method, of.read
	whole, err := read(t.Context(), s)
	if err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	for n := 1; n <= faultTries; n++ {
		ctx, cancel := context.WithCancel(t.Context())
		var instead func()
		if end {
			instead = cancel
		}
		f.Arm(n, instead)
		got, err := read(ctx, s)
		fired := f.Disarm()
		cancel()
		switch {
		case err != nil && !fired:
			t.Fatalf("%s, of which no statement went wrong: %v", method, err)
		case err == nil && !reflect.DeepEqual(got, whole):
			t.Errorf("%s, with statement %d gone wrong: %t, has no error and returns\n%+v\nwhere there is\n%+v", method, n, fired, got, whole)
		case !fired:
			if n == 1 {
				t.Fatalf("%s has no statement that could go wrong", method)
			}
			return // it has no more statements, and works after all the failures
		}
	}
	t.Errorf("%s has more than %d statements", method, faultTries)
}

// readRecords are records of which every read returns some.
func readRecords(t reporter, s store.Store) records {
	t.Helper()
	r := callRecords(t, s)
	addHits(t, s, hit(r.ban, 2, noon, clients(1)))
	prefix := newBan(store.KindIP, "192.0.2.0/24")
	prefix.Effect = store.Allow
	create(t, s, prefix)
	create(t, s, hashedAs(nameBan("admin"), hashed))
	again := newAccount("again") // whose mail goes where that of another does
	again.Emails[0].Mailbox = r.account.Emails[0].Mailbox
	createAccount(t, s, again)
	return r
}

// readCall is one call of a method that reads.
type readCall struct {
	method string
	read   func(ctx context.Context, s store.Store) (any, error)
}

// reads are the calls that read the records.
func reads(r records) []readCall {
	type (
		C = context.Context
		S = store.Store
	)
	first := func(keys []string) string {
		if len(keys) == 0 {
			return ""
		}
		return keys[0]
	}
	address := ""
	if len(r.account.Emails) > 0 {
		address = r.account.Emails[0].Address
	}
	tested := store.Selector{Key: store.WildcardKey(store.KindEmail), Test: func(store.Kind, string) bool { return true }}
	return []readCall{
		{"Lookup", func(c C, s S) (any, error) { return recordOf(s.Lookup(c, []store.Key{r.ban.Key()})) }},
		{"PrefixLengths", func(c C, s S) (any, error) { return recordOf(s.PrefixLengths(c)) }},
		{"HashKeysInUse", func(c C, s S) (any, error) { return recordOf(s.HashKeysInUse(c)) }},
		{"Scan", func(c C, s S) (any, error) { return recordOf(drained(s.Scan(c, 0))) }},
		{"Ban", func(c C, s S) (any, error) { return recordOf(s.Ban(c, r.ban.ID)) }},
		{"BanBySeq", func(c C, s S) (any, error) { return recordOf(s.BanBySeq(c, r.ban.Seq)) }},
		{"ListBans", func(c C, s S) (any, error) { return recordOf(s.ListBans(c, store.BanFilter{}, store.Page{})) }},
		{"RankBans", func(c C, s S) (any, error) {
			return recordOf(s.RankBans(c, store.BanFilter{}, store.ByHits, store.BanRank{}, 0))
		}},
		{"CountBans", func(c C, s S) (any, error) { return recordOf(s.CountBans(c, store.BanFilter{})) }},
		{"HitTotal", func(c C, s S) (any, error) { return recordOf(s.HitTotal(c, r.ban.ID)) }},
		{"HitHistory", func(c C, s S) (any, error) { return recordOf(s.HitHistory(c, r.ban.ID, noon, noon)) }},
		{"TopHits", func(c C, s S) (any, error) { return recordOf(s.TopHits(c, noon, noon, 0)) }},
		{"Changes", func(c C, s S) (any, error) { return recordOf(s.Changes(c, 0, 0)) }},
		{"ListChanges", func(c C, s S) (any, error) { return recordOf(s.ListChanges(c, r.ban.ID, store.Page{})) }},
		{"LastChange", func(c C, s S) (any, error) { return recordOf(s.LastChange(c)) }},
		{"ChangedKeys", func(c C, s S) (any, error) { return recordOf(drained(s.ChangedKeys(c, 1))) }},
		{"KeyTables", func(c C, s S) (any, error) { return recordOf(s.KeyTables(c)) }},
		{"Block", func(c C, s S) (any, error) { return recordOf(s.Block(c, r.block.ID)) }},
		{"BlockBySeq", func(c C, s S) (any, error) { return recordOf(s.BlockBySeq(c, r.block.Seq)) }},
		{"ListBlocks", func(c C, s S) (any, error) {
			return recordOf(s.ListBlocks(c, store.BlockFilter{}, store.BlocksBySeq, store.Page{}))
		}},
		{"CountBlocks", func(c C, s S) (any, error) { return recordOf(s.CountBlocks(c, store.BlockFilter{})) }},
		{"List", func(c C, s S) (any, error) { return recordOf(s.List(c, r.list.Name)) }},
		{"Lists", func(c C, s S) (any, error) { return recordOf(s.Lists(c)) }},
		{"ListEntries", func(c C, s S) (any, error) { return recordOf(drained(s.ListEntries(c, r.list.Name))) }},
		{"Subscription", func(c C, s S) (any, error) { return recordOf(s.Subscription(c, subscribedList)) }},
		{"Subscriptions", func(c C, s S) (any, error) { return recordOf(s.Subscriptions(c)) }},
		{"Account", func(c C, s S) (any, error) { return recordOf(s.Account(c, r.account.ID)) }},
		{"AccountBySeq", func(c C, s S) (any, error) { return recordOf(s.AccountBySeq(c, r.account.Seq)) }},
		{"AccountByHandleKey", func(c C, s S) (any, error) {
			return recordOf(s.AccountByHandleKey(c, first(r.account.HandleKeys)))
		}},
		{"AccountByEmail", func(c C, s S) (any, error) { return recordOf(s.AccountByEmail(c, address)) }},
		{"ListAccounts", func(c C, s S) (any, error) { return recordOf(s.ListAccounts(c, store.AccountFilter{}, store.Page{})) }},
		{"CountAccounts", func(c C, s S) (any, error) { return recordOf(s.CountAccounts(c, store.AccountFilter{})) }},
		{"ActiveAccountTexts", func(c C, s S) (any, error) { return recordOf(s.ActiveAccountTexts(c, 0, 0)) }},
		{"SharedMailboxes", func(c C, s S) (any, error) { return recordOf(s.SharedMailboxes(c, "", 0)) }},
		{"Affected", func(c C, s S) (any, error) {
			return recordOf(s.Affected(c, store.Selector{Key: store.WildcardKey(store.KindName)}, 1))
		}},
		{"Affected with a test", func(c C, s S) (any, error) { return recordOf(s.Affected(c, tested, 1)) }},
		{"Exceptions", func(c C, s S) (any, error) { return recordOf(drained(s.Exceptions(c, 0))) }},
		{"CredentialByHash", func(c C, s S) (any, error) {
			found, holder, err := s.CredentialByHash(c, r.session.Hash)
			return recordOf([]any{found, holder}, err)
		}},
		{"ListCredentials", func(c C, s S) (any, error) {
			return recordOf(s.ListCredentials(c, store.CredentialFilter{}, store.Page{}))
		}},
		{"Alias", func(c C, s S) (any, error) { return recordOf(s.Alias(c, r.alias.ID)) }},
		{"AliasBySeq", func(c C, s S) (any, error) { return recordOf(s.AliasBySeq(c, r.alias.Seq)) }},
		{"AliasByAddress", func(c C, s S) (any, error) { return recordOf(s.AliasByAddress(c, r.alias.Local, r.alias.Domain)) }},
		{"ListAliases", func(c C, s S) (any, error) { return recordOf(s.ListAliases(c, store.AliasFilter{}, store.Page{})) }},
		{"CountAliases", func(c C, s S) (any, error) { return recordOf(s.CountAliases(c, store.AliasFilter{})) }},
	}
}

// drained returns all that an iterator gives, up to its first error.
func drained[R any](seq iter.Seq2[R, error]) (all []R, err error) {
	for r, err := range seq {
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}
