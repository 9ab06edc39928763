package storetest

import (
	"encoding/json"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var accountUpdateClauses = []clause{
	{"UpdateAccount replaces the account",
		"UpdateAccount replaces the account of that ID, its Version one higher, and returns it as stored. Seq, CreatedAt, CreatedBy and LastLoginAt stay as they were.",
		accountReplaced},
	{"UpdateAccount refuses another version of the account",
		"It is ErrConflict if the account's Version is another; the account is then as it was.",
		func(t reporter, s store.Store) {
			a, _, _ := holder(t, s, newAccount("a"))
			b := updateAccount(t, s, a)
			verify := unchanged(t, s)
			for _, v := range []int64{a.Version, b.Version + 1, 0} {
				mine := b
				mine.Version, mine.Name = v, "mine"
				_, err := s.UpdateAccount(t.Context(), store.AccountWrite{Account: mine, RevokeCredentials: true}, change(store.AccountUpdate))
				wantError(t, "UpdateAccount", err, store.ErrConflict)
				verify("a refused UpdateAccount")
			}
		}},
	{"UpdateAccount refuses a handle or an address of another account",
		"It is an *AccountExistsError as for CreateAccount if another account has one of the HandleKeys or Emails; its own stand in nobody's way.",
		updateAccountTaken},
	{"The last active admin stays",
		"It is ErrLastAdmin if the account was an active admin, no longer is (demoted, suspended or deleted), and no other account is one.",
		lastAdminStays},
	{"DeleteAccount removes the account and frees its handle and addresses",
		"DeleteAccount removes the account of that ID and returns it as it was; another may then have its handle and addresses.",
		func(t reporter, s store.Store) {
			a, b := createAccount(t, s, newAccount("a")), createAccount(t, s, suspended(newAccount("b")))
			other := createAccount(t, s, newAccount("other"))
			for _, gone := range []store.Account{a, b} {
				written := removeAccount(t, s, gone)
				wantSame(t, "the account that DeleteAccount returned", written.Account, gone)
				wantNoAccount(t, s, gone.HandleKeys[1], gone.Emails[1].Address)
			}
			wantAccount(t, s, other)
			again := newAccount("a")
			wantAccount(t, s, createAccount(t, s, again))
			a.Handle = "under the same ID"
			wantAccount(t, s, createAccount(t, s, withEmails(withKeys(a, "new key"), "new@x.example")))
		}},
}

func accountReplaced(t reporter, s store.Store) {
	old := createAccount(t, s, newAccount("a"))
	createSession(t, s, newSession(old), old.Version)
	other := createAccount(t, s, newAccount("other"))

	next := suspended(newAdmin("b"))
	next.ID, next.Version = old.ID, old.Version
	next.Meta, next.Roles, next.Links = json.RawMessage(`[]`), next.Roles[:1], nil
	next.Emails = append(next.Emails, old.Emails[1])
	next.HandleKeys = append(next.HandleKeys, old.HandleKeys[1])
	next.SuspensionBans = []uuid.UUID{newID()}
	next.Seq, next.CreatedAt, next.CreatedBy, next.LastLoginAt = 99, after(day), "somebody else", after(day)
	got := writeAccount(t, s, store.AccountWrite{Account: next})

	next.Seq, next.Version, next.CreatedAt, next.CreatedBy, next.LastLoginAt = old.Seq, 2, old.CreatedAt, old.CreatedBy, noon
	wantSame(t, "the account that UpdateAccount returned", got.Account, next)
	if len(got.BansCreated)+len(got.BansRevoked) != 0 || got.AliasesDisabled+got.CredentialsRevoked != 0 {
		t.Errorf("UpdateAccount did %+v, want nothing but the account", got)
	}
	wantAccount(t, s, next)
	wantAccount(t, s, other)
	wantNoAccount(t, s, old.HandleKeys[0], old.Emails[0].Address)
	createAccount(t, s, withEmails(withKeys(newAccount("c"), old.HandleKeys[0]), old.Emails[0].Address))

	back := got.Account
	back.Admin, back.SuspendedAt, back.SuspendedBy, back.SuspendedReason, back.SuspensionBans = false, store.Account{}.SuspendedAt, "", "", nil
	next = updateAccount(t, s, back)
	back.Version++
	wantSame(t, "the account that is active again", next, back)
	wantAccount(t, s, next)
}

func updateAccountTaken(t reporter, s store.Store) {
	a, b := createAccount(t, s, newAccount("a")), createAccount(t, s, newAccount("b"))
	verify := unchanged(t, s)
	for _, tt := range []struct {
		what         string
		account      store.Account
		field, value string
	}{
		{"a key of another", withKeys(b, "fresh", a.HandleKeys[1]), "handle", "b"},
		{"an address of another", withEmails(b, "fresh@x.example", a.Emails[1].Address), "email", a.Emails[1].Address},
		{"a key and an address of another", withEmails(withKeys(b, a.HandleKeys[0]), a.Emails[0].Address), "handle", "b"},
	} {
		_, err := s.UpdateAccount(t.Context(), store.AccountWrite{Account: tt.account}, change(store.AccountUpdate))
		wantAccountExists(t, "UpdateAccount with "+tt.what, err, tt.field, tt.value, a)
		verify("UpdateAccount with " + tt.what)
	}
	wantNoAccount(t, s, "fresh", "fresh@x.example")
	wantAccount(t, s, b)
	b.HandleKeys = []string{b.HandleKeys[1], b.HandleKeys[0], "one more"}
	wantAccount(t, s, updateAccount(t, s, b))
	wantAccount(t, s, a)
}

func lastAdminStays(t reporter, s store.Store) {
	refused := func(what string, w store.Account) {
		t.Helper()
		verify := unchanged(t, s)
		_, err := s.UpdateAccount(t.Context(), store.AccountWrite{Account: w}, change(store.AccountUpdate))
		wantError(t, what+" the last active admin", err, store.ErrLastAdmin)
		verify(what + " the last active admin")
	}
	allRefused := func(last store.Account) {
		t.Helper()
		refused("demoting", demoted(last))
		refused("suspending", suspended(last))
		refused("demoting and suspending", demoted(suspended(last)))
		verify := unchanged(t, s)
		_, err := s.DeleteAccount(t.Context(), last.ID, change(store.AccountDelete))
		wantError(t, "deleting the last active admin", err, store.ErrLastAdmin)
		verify("deleting the last active admin")
	}
	createAccount(t, s, newAccount("nobody"))
	gone := createAccount(t, s, suspended(newAdmin("gone")))
	a := createAccount(t, s, newAdmin("a"))
	allRefused(a)
	a.Name = "a new name"
	a = updateAccount(t, s, a)

	b := createAccount(t, s, newAdmin("b"))
	a = updateAccount(t, s, demoted(a)) // b is there
	allRefused(b)
	a.Admin = true
	a = updateAccount(t, s, a)
	b = updateAccount(t, s, suspended(b))
	allRefused(a)
	removeAccount(t, s, b) // who is no longer an active one
	gone.SuspendedAt = store.Account{}.SuspendedAt
	gone = updateAccount(t, s, gone)
	removeAccount(t, s, a)
	allRefused(gone)
}
