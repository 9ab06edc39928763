package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var aliasListClauses = []clause{
	{"ListAliases returns the pages that were asked for",
		"ListAliases returns aliases a page at a time, in the page's order, newest first by default, bounded as it says.",
		func(t reporter, s store.Store) {
			all := randomAliases(t, s, 56)
			removeAlias(t, s, all[20]) // so that Seqs have a gap
			all = slices.Delete(all, 20, 21)
			filters := map[string]store.AliasFilter{"ListAliases": {}, "ListAliases of one owner": {Owner: all[0].Owner}}
			for method, f := range filters {
				selected := slices.DeleteFunc(slices.Clone(all), func(a store.MailAlias) bool { return !f.Match(&a) })
				wantPages(t, method, selected, aliasSeq, func(p store.Page) []store.MailAlias { return listAliases(t, s, f, p) })
			}
		}},
	{"ListAliases and CountAliases select what the filter matches",
		"An alias is selected if every field that is set holds for it, exactly as AliasFilter.Match says.",
		aliasFilters},
	{"Local parts and domains are bytes",
		"A backend compares the texts of aliases byte for byte and never folds, trims or parses them; no character in Contains is special.",
		aliasesAreBytes},
}

// randomAliases creates aliases of two owners and of none, which differ in what
// filters ask for.
func randomAliases(t reporter, s store.Store, n int) (all []store.MailAlias) {
	t.Helper()
	rng := rand.New(rand.NewPCG(13, 14))
	owners := []store.Account{createAccount(t, s, newAccount("a")), createAccount(t, s, newAccount("b"))}
	bans := []uuid.UUID{newID(), newID(), {}}
	for i := range n {
		owner := owners[rng.IntN(2)]
		a := newAlias(fmt.Sprintf("%c%c%d", 'a'+rng.IntN(3), 'A'+rng.IntN(2), i), owner)
		a.Destination = owner.Emails[rng.IntN(2)].Address
		a.Domain = []string{"alias.example", "b.example", "sub.b.example"}[rng.IntN(3)]
		if rng.IntN(4) == 0 {
			a.Owner = uuid.Nil
		}
		if rng.IntN(2) == 0 {
			a.Active, a.DisabledBan = false, bans[rng.IntN(3)]
		}
		all = append(all, createAlias(t, s, a))
	}
	return all
}

func aliasFilters(t reporter, s store.Store) {
	all := randomAliases(t, s, 60)
	rng := rand.New(rand.NewPCG(15, 16))
	for range 150 {
		var f store.AliasFilter
		set := func() bool { return rng.IntN(4) == 0 }
		if set() {
			f.Owner = all[rng.IntN(len(all))].Owner
		}
		if set() {
			f.Active = new(rng.IntN(2) == 0)
		}
		if set() {
			f.Domain = []string{"alias.example", "b.example", "example", "B.example"}[rng.IntN(4)]
		}
		if set() {
			f.Destination = []string{"a@one.example", "b@two.example", "one.example"}[rng.IntN(3)]
		}
		if set() {
			f.DisabledBan = all[rng.IntN(len(all))].DisabledBan
		}
		if set() {
			f.Contains = []string{"a", "B", "1@", "@b.", "@sub.b.example", "one", "%"}[rng.IntN(7)]
		}
		wantAliases(t, s, all, f, store.Page{Limit: 1 + rng.IntN(20), OldestFirst: rng.IntN(2) == 0})
	}
}

// wantAliases wants what the filter and the page select of all aliases, oldest
// first, and their number.
func wantAliases(t reporter, s store.Store, all []store.MailAlias, f store.AliasFilter, p store.Page) {
	t.Helper()
	selected := slices.DeleteFunc(slices.Clone(all), func(a store.MailAlias) bool { return !f.Match(&a) })
	text := fmt.Sprintf("%+v", f)
	if f.Active != nil {
		text += fmt.Sprintf(" with Active:%v", *f.Active)
	}
	if n, err := s.CountAliases(t.Context(), f); err != nil || n != int64(len(selected)) {
		t.Errorf("CountAliases(%s) = %d, %v; want %d", text, n, err, len(selected))
	}
	wantSameList(t, fmt.Sprintf("the aliases of ListAliases(%s, %+v)", text, p), listAliases(t, s, f, p), pageOf(selected, p, aliasSeq))
}

func aliasesAreBytes(t reporter, s store.Store) {
	owner := createAccount(t, s, newAccount("a"))
	var all []store.MailAlias
	for i, text := range tricky {
		a := newAlias(text, owner)
		if i%2 == 0 {
			a.Local, a.Domain = "local", text
		}
		all = append(all, createAlias(t, s, a)) // none is taken for another
	}
	page := store.Page{OldestFirst: true, Limit: store.MaxPageLimit}
	for _, a := range all {
		wantAlias(t, s, a)
		wantAliases(t, s, all, store.AliasFilter{Domain: a.Domain}, page)
		wantAliases(t, s, all, store.AliasFilter{Contains: a.Local}, page)
		wantAliases(t, s, all, store.AliasFilter{Contains: a.Domain}, page)
	}
	for _, sub := range []string{"%", "_", "*", "?", "[", `\`, "'", "ASS", "ass", "l@s", "@", "a@alias"} {
		wantAliases(t, s, all, store.AliasFilter{Contains: sub}, page)
	}
}
