package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"example.com/ostraka/store"
)

var accountListClauses = []clause{
	{"ListAccounts returns the pages that were asked for",
		"ListAccounts returns accounts a page at a time, in the page's order, newest first by default, bounded as it says.",
		func(t reporter, s store.Store) {
			if got := listAccounts(t, s, store.AccountFilter{}, store.Page{}); len(got) != 0 {
				t.Errorf("ListAccounts of an empty store = %+v, want none", got)
			}
			all := randomAccounts(t, s, 55)
			removeAccount(t, s, all[20]) // so that Seqs have a gap
			all = slices.Delete(all, 20, 21)
			wantPages(t, "ListAccounts", all, accountSeq, func(p store.Page) []store.Account {
				return listAccounts(t, s, store.AccountFilter{}, p)
			})
		}},
	{"ListAccounts and CountAccounts select what the filter matches",
		"An account is selected if every field that is set holds for it, exactly as AccountFilter.Match says; the page's limit bounds those selected.",
		accountFilters},
}

// randomAccounts creates accounts that differ in what filters ask for, one of
// them an active admin so that the others may go.
func randomAccounts(t reporter, s store.Store, n int) (all []store.Account) {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range n {
		a := newAccount(fmt.Sprintf("%c%c%d", 'a'+rng.IntN(3), 'A'+rng.IntN(2), i))
		a.HandleFold = a.Handle
		a.Admin = i == 0 || rng.IntN(3) == 0
		a.Emails = a.Emails[:rng.IntN(3)]
		if i > 0 && rng.IntN(3) == 0 {
			a = suspended(a)
		}
		all = append(all, createAccount(t, s, a))
	}
	return all
}

func accountFilters(t reporter, s store.Store) {
	all := randomAccounts(t, s, 60)
	rng := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		var f store.AccountFilter
		set := func() bool { return rng.IntN(3) == 0 }
		if set() {
			f.Active = new(rng.IntN(2) == 0)
		}
		if set() {
			f.Admin = new(rng.IntN(2) == 0)
		}
		if set() {
			f.HandleContains = []string{"a", "B", "1", "aA", "bB1", "fold"}[rng.IntN(6)]
		}
		if set() {
			f.EmailContains = []string{"a", "two", "1@", "@one.example", "key"}[rng.IntN(5)]
		}
		selected := slices.DeleteFunc(slices.Clone(all), func(a store.Account) bool { return !f.Match(&a) })
		if n, err := s.CountAccounts(t.Context(), f); err != nil || n != int64(len(selected)) {
			t.Errorf("CountAccounts(%s) = %d, %v; want %d", describeAccounts(f), n, err, len(selected))
		}
		page := store.Page{After: rng.Int64N(80) - 20, Before: rng.Int64N(80), Limit: 1 + rng.IntN(20), OldestFirst: rng.IntN(2) == 0}
		for _, p := range []store.Page{page, {Limit: page.Limit}} {
			wantSameList(t, fmt.Sprintf("the accounts of ListAccounts(%s, %+v)", describeAccounts(f), p),
				listAccounts(t, s, f, p), pageOf(selected, p, accountSeq))
		}
	}
}

// describeAccounts prints a filter with what its pointers point to.
func describeAccounts(f store.AccountFilter) string {
	text := fmt.Sprintf("{HandleContains:%q EmailContains:%q", f.HandleContains, f.EmailContains)
	if f.Active != nil {
		text += fmt.Sprintf(" Active:%v", *f.Active)
	}
	if f.Admin != nil {
		text += fmt.Sprintf(" Admin:%v", *f.Admin)
	}
	return text + "}"
}
