package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// world is a random population, and a slow way to tell what a selector selects
// of it.
type world struct {
	accounts []store.Account
	aliases  []store.MailAlias
}

// hosts are names that a backend which looks up ranges mixes up.
var hosts = []string{
	"a.example", "sub.a.example", "x.sub.a.example", "a-b.example", "b-a.example", "xa.example", "a.example.org",
	"example", "a.exampl", "A.example", "_.example", "xy.example", "x_.example", "%.example", "é.example", "sub.é.example", "a.example-", "0.a.example",
}

func newWorld(t reporter, s store.Store) *world {
	t.Helper()
	rng := rand.New(rand.NewPCG(17, 18))
	w := &world{}
	host := func() string { return hosts[rng.IntN(len(hosts))] }
	mailbox := func() string { return fmt.Sprintf("m%d@%s", rng.IntN(3), hosts[rng.IntN(3)]) }
	for i := range 50 {
		a := newAccount(fmt.Sprint("handle ", i))
		a.HandleKeys = []string{fmt.Sprint("name ", i), fmt.Sprint("Name ", i)}[:1+rng.IntN(2)]
		a.Emails = nil
		for j := range rng.IntN(4) {
			e := newEmail(fmt.Sprintf("%d-%d@%s", i, j, host()))
			if rng.IntN(8) == 0 {
				e.Address = "quoted@" + e.Address
			}
			e.Mailbox = mailbox()
			a.Emails = append(a.Emails, e)
		}
		if rng.IntN(4) == 0 {
			a = suspended(a)
		}
		w.accounts = append(w.accounts, createAccount(t, s, a))
	}
	for i := range 60 {
		alias := newAlias(fmt.Sprintf("alias %d", i), newAccount("x"))
		alias.Owner = uuid.Nil
		alias.LocalKey, alias.Domain = fmt.Sprint("name ", rng.IntN(10)), host()
		alias.Destination, alias.Mailbox = fmt.Sprintf("d%d@%s", i, host()), mailbox()
		alias.Active = rng.IntN(5) > 0
		w.aliases = append(w.aliases, createAlias(t, s, alias))
	}
	return w
}

// keys are those that select something, and some beside.
func (w *world) keys() []store.Key {
	keys := []store.Key{
		store.WildcardKey(store.KindEmail), store.WildcardKey(store.KindDomain), store.WildcardKey(store.KindName),
		{Kind: store.KindIP, Text: "192.0.2.1"}, {Kind: store.KindEmail, Text: "m0@a.example"},
		{Kind: store.KindEmail, Text: "m1@sub.a.example"}, {Kind: store.KindEmail, Text: "M0@a.example"},
		{Kind: store.KindName, Text: "name 3"}, {Kind: store.KindName, Text: "Name 4"}, {Kind: store.KindName, Text: "handle 3"},
	}
	for _, h := range append([]string{"org", ".example", "no.example"}, hosts...) {
		keys = append(keys, store.Key{Kind: store.KindDomain, Text: h})
	}
	return keys
}

// selectors are those of all keys, without a Test and with one.
func (w *world) selectors() (all []store.Selector) {
	for _, k := range w.keys() {
		all = append(all, store.Selector{Key: k}, store.Selector{Key: k, Test: func(what store.Kind, text string) bool {
			switch what {
			case store.KindEmail:
				return strings.ContainsAny(text, "135")
			case store.KindDomain:
				return strings.Contains(text, "sub")
			}
			return strings.HasSuffix(text, "4") || strings.HasPrefix(text, "handle")
		}})
	}
	return all
}

// affected is what the store should say.
func (w *world) affected(sel *store.Selector, sample int) (want store.Affected) {
	for i := range w.accounts {
		a := &w.accounts[i]
		found := sel.Account(a)
		for _, e := range a.Emails {
			if sel.Address(e.Address, e.Mailbox) {
				found = true
				want.Addresses++
				want.AddressSample = append(want.AddressSample, e.Address)
			}
		}
		if found {
			want.Accounts++
			want.AccountSample = append(want.AccountSample, store.AccountRef{ID: a.ID, Seq: a.Seq, Handle: a.Handle})
		}
	}
	for i := range w.aliases {
		if a := &w.aliases[i]; a.Active && sel.Alias(a) {
			want.Aliases++
			want.AliasSample = append(want.AliasSample, store.AliasRef{ID: a.ID, Seq: a.Seq, Address: a.Address(), Destination: a.Destination})
		}
	}
	sample = max(sample, 0)
	want.AccountSample = want.AccountSample[:min(sample, len(want.AccountSample))]
	want.AddressSample = want.AddressSample[:min(sample, len(want.AddressSample))]
	want.AliasSample = want.AliasSample[:min(sample, len(want.AliasSample))]
	return want
}
