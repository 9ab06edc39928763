package storetest

import (
	"slices"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var accountOwnershipClauses = []clause{
	{"What an account was made of may be changed afterwards",
		"A backend keeps no slice of an account or a credential that it was given, and writes to none: its caller may change them as soon as the method has returned.",
		changeGivenAccount},
	{"What is returned of an account may be changed",
		"A backend hands out no slice of an account, a credential or what is affected that it keeps: its caller may change them.",
		changeReturnedAccount},
}

// deepCopy returns an account that has no slice in common with the one given.
func deepCopy(a store.Account) store.Account {
	a.HandleKeys, a.Links, a.Meta = slices.Clone(a.HandleKeys), slices.Clone(a.Links), slices.Clone(a.Meta)
	a.Roles, a.Emails, a.SuspensionBans = slices.Clone(a.Roles), slices.Clone(a.Emails), slices.Clone(a.SuspensionBans)
	for i := range a.Roles {
		a.Roles[i].Permissions = slices.Clone(a.Roles[i].Permissions)
	}
	return a
}

// scribble writes over everything that the account's slices hold.
func scribble(a store.Account) {
	for i := range a.Roles {
		clear(a.Roles[i].Permissions)
	}
	clear(a.HandleKeys)
	clear(a.Links)
	clear(a.Meta)
	clear(a.Roles)
	clear(a.Emails)
	clear(a.SuspensionBans)
}

func changeGivenAccount(t reporter, s store.Store) {
	given := newAccount("a")
	given.SuspensionBans = []uuid.UUID{newID()}
	want := deepCopy(given)
	got := createAccount(t, s, given)
	wantSame(t, "the account that CreateAccount was given", given, want)
	scribble(given)
	want.Seq, want.Version = got.Seq, got.Version
	wantSame(t, "the account that CreateAccount returned", got, want)
	scribble(got)
	wantAccount(t, s, want)

	given = deepCopy(want)
	given.SuspensionBans, want.SuspensionBans = nil, nil
	given.Name, want.Name = "another", "another"
	ban := lasting(domainBan("a.example"))
	old := create(t, s, domainBan("old.example"))
	write := store.AccountWrite{Account: given, CreateBans: bansOf(ban), RevokeBans: []uuid.UUID{old.ID}}
	writeAccount(t, s, write)
	if !slices.Equal(write.RevokeBans, []uuid.UUID{old.ID}) || write.CreateBans[0] != (store.BanDisabling{Ban: ban}) {
		t.Errorf("UpdateAccount wrote to the bans that it was given")
	}
	wantSame(t, "the account that UpdateAccount was given", given, want)
	scribble(given)
	clear(write.CreateBans)
	clear(write.RevokeBans)
	want.Version, want.SuspensionBans = 2, []uuid.UUID{ban.ID}
	wantAccount(t, s, want)

	token := newToken(want)
	scopes := slices.Clone(token.Scopes)
	stored := createToken(t, s, token, want.Version)
	if !slices.Equal(token.Scopes, scopes) {
		t.Errorf("CreateToken wrote to the scopes that it was given")
	}
	clear(token.Scopes)
	found, _ := credentialByHash(t, s, token.Hash)
	if !slices.Equal(found.Scopes, scopes) || !slices.Equal(stored.Scopes, scopes) {
		t.Errorf("the scopes are %q and %q, want those given: %q", found.Scopes, stored.Scopes, scopes)
	}
}

func changeReturnedAccount(t reporter, s store.Store) {
	a, session, token := holder(t, s, newAccount("a"))
	createAlias(t, s, newAlias("a", a))
	a.SuspensionBans = []uuid.UUID{newID()}
	scribble(updateAccount(t, s, deepCopy(a)))
	a.Version++
	reads := map[string]func() (store.Account, error){
		"Account":            func() (store.Account, error) { return s.Account(t.Context(), a.ID) },
		"AccountBySeq":       func() (store.Account, error) { return s.AccountBySeq(t.Context(), a.Seq) },
		"AccountByHandleKey": func() (store.Account, error) { return s.AccountByHandleKey(t.Context(), a.HandleKeys[0]) },
		"AccountByEmail":     func() (store.Account, error) { return s.AccountByEmail(t.Context(), a.Emails[0].Address) },
		"CredentialByHash": func() (store.Account, error) {
			_, account, err := s.CredentialByHash(t.Context(), session.Hash)
			return account, err
		},
		"ListAccounts": func() (store.Account, error) { return listAccounts(t, s, store.AccountFilter{}, store.Page{})[0], nil },
	}
	for method, read := range reads {
		for range 2 {
			got, err := read()
			if err != nil {
				t.Fatalf("%s: %v", method, err)
			}
			wantSame(t, "what "+method+" returns after what was returned before was changed", got, a)
			scribble(got)
		}
	}
	for range 2 {
		c, _ := credentialByHash(t, s, token.Hash)
		wantSame(t, "what CredentialByHash returns after what it had returned was changed", c, token)
		clear(c.Scopes)
		all := allCredentials(t, s)
		wantSameList(t, "what ListCredentials returns after what it had returned was changed", all, []store.Credential{session, token})
		clear(all[1].Scopes)
		clear(all)
		got := affected(t, s, store.WildcardKey(store.KindDomain), 5)
		if len(got.AccountSample) != 1 || got.AccountSample[0].ID != a.ID || len(got.AddressSample) != 2 || got.AddressSample[0] == "" ||
			len(got.AliasSample) != 1 || got.AliasSample[0].Seq == 0 {
			t.Errorf("Affected = %+v after the samples that it had returned were changed", got)
		}
		clear(got.AccountSample)
		clear(got.AddressSample)
		clear(got.AliasSample)
	}
	spoilt(t, "ListAliases", func() []store.MailAlias { return allAliases(t, s) })
	wantSame(t, "what DeleteAccount returns", removeAccount(t, s, a).Account, a)
}
