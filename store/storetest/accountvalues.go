package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/ostraka/store"
)

var accountValueClauses = []clause{
	{"Handle keys and addresses are bytes",
		"A backend compares handles by their keys and addresses by their bytes, and never folds, trims or parses them.",
		accountKeysAreBytes},
	{"Every field of an account comes back as given",
		"Every text comes back as it was given, whatever is in it, Meta byte for byte, and lists in their order.",
		accountFieldsComeBack},
	{"Times of accounts come back equal, in UTC",
		"Times are UTC and whole microseconds, and come back equal; the zero time means none and comes back zero.",
		func(t reporter, s store.Store) {
			for name, at := range trickyTimes {
				a := newAccount("a " + name)
				a.JoinedAt, a.CreatedAt, a.UpdatedAt, a.SuspendedAt, a.Hold.Since = at, at, at, at, at
				a.Emails[0].CreatedAt, a.Emails[0].VerifiedAt = at, at
				a.Roles[0].CreatedAt, a.Roles[0].UpdatedAt = at, at
				created := createAccount(t, s, a)
				a.Seq, a.Version = created.Seq, 1
				wantSame(t, "an account whose times are "+name, created, a)
				wantAccount(t, s, created)
				a = updateAccount(t, s, created)
				created.Version++
				wantSame(t, "an account whose times are "+name+", updated", a, created)
				wantAccount(t, s, a)
			}
		}},
	{"HandleContains and EmailContains are substrings byte for byte",
		"AccountFilter selects by the substring of HandleFold or of an address, byte for byte; no character in it is special.",
		accountContainsIsBytes},
}

// trickyAccounts creates an account for each of the tricky texts, and returns
// them in order. None is taken for another.
func trickyAccounts(t reporter, s store.Store) (accounts []store.Account) {
	t.Helper()
	for _, text := range tricky {
		a := withEmails(withKeys(newAccount(text), text), text+"@x.example")
		a.HandleFold = text
		accounts = append(accounts, createAccount(t, s, a))
	}
	return accounts
}

func accountKeysAreBytes(t reporter, s store.Store) {
	for _, a := range trickyAccounts(t, s) {
		wantAccount(t, s, a)
		same := newAccount("new")
		_, err := s.CreateAccount(t.Context(), withKeys(same, a.HandleKeys...), change(store.AccountCreate))
		wantAccountExists(t, "CreateAccount with a key of the same bytes", err, "handle", "new", a)
	}
}

func accountFieldsComeBack(t reporter, s store.Store) {
	text := " 'quoted' \"text\"; -- \n\t<b>&amp; \u2028 🦉 %s ? :x $1 "
	a := newAccount(text)
	a.Name, a.Bio, a.Verified, a.CreatedBy = text+"1", strings.Repeat("ß", 5000), text+"2", "ἀλκιβιάδης"
	a.PasswordHash, a.SuspendedBy, a.SuspendedReason = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", text+"3", text+"4"
	a.Hold = heldBy(newID(), text+"@x.example", text, "192.0.2.0/24")
	a.Hold.By, a.Hold.Via, a.Hold.Matched, a.Hold.LetIn, a.Sweep = text+"6", text, text, true, newID()
	a.Links = []store.Link{{Text: text, URL: text + "5"}, {}, {Text: "z"}, {Text: "a"}}
	a.Roles = []store.Role{{ID: "z", Name: text, Permissions: []string{"z", "a", text}}, {ID: "a"}}
	a.Meta = json.RawMessage("{ \"z\": 1.50,\n\t\"a\": [ ], \"a\": \"\\u00fc<>\" }")
	for i := range 10 {
		a.Emails = append([]store.AccountEmail{newEmail(fmt.Sprintf("%d@many.example", i))}, a.Emails...)
		a.HandleKeys = append([]string{fmt.Sprint("key ", i)}, a.HandleKeys...)
	}
	a.Emails[0].VerifiedAt = time.Time{}
	created := createAccount(t, s, a)
	a.Seq, a.Version = created.Seq, 1
	wantSame(t, "the account that CreateAccount returned", created, a)
	wantAccount(t, s, created)

	slices.Reverse(a.Emails)
	slices.Reverse(a.HandleKeys)
	slices.Reverse(a.Links)
	slices.Reverse(a.Roles)
	updated := updateAccount(t, s, a)
	a.Version++
	wantSame(t, "the account in another order, updated", updated, a)
	wantAccount(t, s, updated)
}

func accountContainsIsBytes(t reporter, s store.Store) {
	all := trickyAccounts(t, s)
	for _, sub := range append([]string{"%", "_", "*", "?", "[", `\`, "'", `"`, "\u0301", " ", "ASS", "ass", "E", "e", "0", "@", "E@"}, tricky...) {
		for _, f := range []store.AccountFilter{{HandleContains: sub}, {EmailContains: sub}} {
			var want []int64
			for i := range all {
				if f.Match(&all[i]) {
					want = append(want, all[i].Seq)
				}
			}
			got := seqsOf(listAccounts(t, s, f, store.Page{OldestFirst: true, Limit: store.MaxPageLimit}), accountSeq)
			if !slices.Equal(got, want) {
				t.Errorf("ListAccounts with %+v gives Seqs %v, want %v", f, got, want)
			}
			if n, err := s.CountAccounts(t.Context(), f); err != nil || n != int64(len(want)) {
				t.Errorf("CountAccounts with %+v = %d, %v; want %d", f, n, err, len(want))
			}
		}
	}
}
