package storetest

import (
	"fmt"
	"slices"
	"time"

	"example.com/ostraka/store"
)

var accountReopenClauses = []persistentClause{
	{"Accounts, credentials and aliases survive Close and opening again",
		"Accounts, credentials, aliases and what the log says of them are the same after the store was closed and opened again.",
		reopenAccounts},
	{"Numbers of accounts, credentials and aliases go on after opening again",
		"Seq never reuses a number, of an account, a credential or an alias that was removed, also after the store was closed.",
		reopenAccountNumbers},
}

var accountHandleClauses = []persistentClause{
	{"A suspension through one store is seen by the other at once",
		"Accounts, credentials and aliases that were written through one store are seen by every store on the same data as soon as the write has returned.",
		handlesSeeSuspension},
	{"Of the last two admins demoted through two stores one stays",
		"It is ErrLastAdmin if no other account is an active admin, whichever process makes it none.",
		func(t reporter, open func() store.Store) { demoteAtOnce(t, open(), open()) }},
	{"Of concurrent creations through two stores of a handle, an address or an alias one succeeds",
		"No two accounts have a handle key or an address in common, no two aliases their address, whichever process creates them.",
		func(t reporter, open func() store.Store) { createAccountsAtOnce(t, open(), open()) }},
	{"A write to an account through another store is a conflict",
		"It is ErrConflict if the account's Version is another, whichever process changed it.",
		func(t reporter, open func() store.Store) {
			one, two := open(), open()
			updateAccountAtOnce(t, one, two)
			a := allAccounts(t, one)[0]
			updateAccount(t, two, a)
			_, err := one.UpdateAccount(t.Context(), store.AccountWrite{Account: a}, change(store.AccountUpdate))
			wantError(t, "UpdateAccount", err, store.ErrConflict)
			_, err = one.CreateSession(t.Context(), newSession(a), a.Version)
			wantError(t, "CreateSession", err, store.ErrConflict)
		}},
	{"No session and no alias survives a suspension through another store",
		"A session, token or alias that one process creates while another suspends the account is ended with the others or refused.",
		func(t reporter, open func() store.Store) {
			one, two := open(), open()
			createWhileSuspending(t, one, two)
			aliasWhileSuspending(t, one, two)
		}},
	{"Of concurrent bans through two stores one turns an alias off",
		"An alias is turned off once, by one ban, whichever process makes it.",
		func(t reporter, open func() store.Store) { disableAtOnce(t, open(), open()) }},
}

// accountState is what a store says of accounts and what belongs to them.
type accountState struct {
	accounts    []store.Account
	credentials []store.Credential
	aliases     []store.MailAlias
	log         []store.Change
}

func accountStateOf(t reporter, s store.Store) accountState {
	t.Helper()
	return accountState{allAccounts(t, s), allCredentials(t, s), allAliases(t, s), changes(t, s, 0)}
}

func wantAccountState(t reporter, s store.Store, want accountState) {
	t.Helper()
	wantSameList(t, "the accounts", allAccounts(t, s), want.accounts)
	wantSameList(t, "the credentials", allCredentials(t, s), want.credentials)
	wantSameList(t, "the aliases", allAliases(t, s), want.aliases)
	if log := changes(t, s, 0); !equalSlices(log, want.log) {
		t.Errorf("Changes = %+v, want %+v", log, want.log)
	}
	for _, a := range want.accounts {
		wantAccount(t, s, a)
	}
	for _, c := range want.credentials {
		got, a := credentialByHash(t, s, c.Hash)
		wantSame(t, "what CredentialByHash returns", got, c)
		i := slices.IndexFunc(want.accounts, func(x store.Account) bool { return x.ID == c.Account })
		wantSame(t, "the account that CredentialByHash returns", a, want.accounts[i])
	}
	for _, a := range want.aliases {
		wantAlias(t, s, a)
	}
}

func reopenAccounts(t reporter, open func() store.Store) {
	s := open()
	_, lifted, _ := suspendFully(t, s, change(store.AccountSuspend))
	a, session, _ := holder(t, s, newAdmin("holder"))
	alias := createAlias(t, s, newAlias("alias", a))
	use(t, s, session, after(time.Minute))
	removeAccount(t, s, createAccount(t, s, newAccount("gone")))
	want := accountStateOf(t, s)
	if len(want.accounts) != 3 || len(want.credentials) != 4 || len(want.aliases) != 3 {
		t.Fatalf("there are %d accounts, %d credentials and %d aliases, want 3, 4 and 3", len(want.accounts), len(want.credentials), len(want.aliases))
	}
	for range 2 {
		shut(t, s)
		s = open()
		wantAccountState(t, s, want)
	}
	_, err := s.CreateAccount(t.Context(), newAccount("holder"), change(store.AccountCreate))
	wantAccountExists(t, "CreateAccount", err, "handle", "holder", a)
	_, err = s.CreateAlias(t.Context(), newAlias(alias.Local, a), change(store.AliasCreate))
	wantError(t, "CreateAlias of an address that is taken", err, store.ErrExists)
	_, err = s.DeleteAccount(t.Context(), a.ID, change(store.AccountDelete))
	wantError(t, "DeleteAccount of the last admin", err, store.ErrLastAdmin)
	w := writeAccount(t, s, store.AccountWrite{Account: readAccount(t, s, a.ID), RevokeCredentials: true, DisableAliases: true})
	if w.CredentialsRevoked != 2 || w.AliasesDisabled != 1 {
		t.Errorf("UpdateAccount ended %d credentials and turned off %d aliases, want 2 and 1", w.CredentialsRevoked, w.AliasesDisabled)
	}
	if b := read(t, s, lifted[0].ID); b.RevokedAt.IsZero() {
		t.Errorf("a ban that was revoked with a write to an account is not revoked after opening again")
	}
}

func reopenAccountNumbers(t reporter, open func() store.Store) {
	s := open()
	a, _, token := holder(t, s, newAccount("a"))
	alias := createAlias(t, s, newAlias("alias", a))
	removeAlias(t, s, alias)
	removeAccount(t, s, a)
	shut(t, s)
	s = open()
	again, session, _ := holder(t, s, newAccount("a"))
	if again.Seq <= a.Seq {
		t.Errorf("account Seq %d was given after %d was deleted", again.Seq, a.Seq)
	}
	if session.Seq <= token.Seq {
		t.Errorf("credential Seq %d was given after %d was removed", session.Seq, token.Seq)
	}
	if next := createAlias(t, s, newAlias("alias", again)); next.Seq <= alias.Seq {
		t.Errorf("alias Seq %d was given after %d was deleted", next.Seq, alias.Seq)
	}
}

func handlesSeeSuspension(t reporter, open func() store.Store) {
	one, two := open(), open()
	for round := range 3 {
		a, session, token := holder(t, one, newAccount(fmt.Sprint("round ", round)))
		alias := createAlias(t, one, newAlias(fmt.Sprint("alias ", round), a))
		wantAccountState(t, two, accountStateOf(t, one)) // what two has read, it might keep

		s := []store.Store{two, one}[round%2]
		w := writeAccount(t, s, store.AccountWrite{Account: suspended(a), RevokeCredentials: true, DisableAliases: true})
		if w.CredentialsRevoked != 2 || w.AliasesDisabled != 1 {
			t.Errorf("UpdateAccount ended %d credentials and turned off %d aliases, want 2 and 1", w.CredentialsRevoked, w.AliasesDisabled)
		}
		for _, s := range []store.Store{one, two} {
			for _, c := range []store.Credential{session, token} {
				got, account := credentialByHash(t, s, c.Hash)
				wantSame(t, "what CredentialByHash returns after the suspension", got, endedAt(c, after(time.Hour)))
				wantSame(t, "its account", account, w.Account)
			}
			wantAlias(t, s, turnedOff(alias, store.MailAlias{}.DisabledBan))
		}
		wantAccountState(t, one, accountStateOf(t, two))
	}
	gone := allAccounts(t, one)[0]
	removeAccount(t, one, gone)
	_, err := two.Account(t.Context(), gone.ID)
	wantError(t, "Account", err, store.ErrNotFound)
	wantAccountState(t, two, accountStateOf(t, one))
}
