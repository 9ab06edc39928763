package storetest

import (
	"errors"
	"math"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var accountClauses = []clause{
	{"CreateAccount returns the account as stored",
		"CreateAccount gives the account its Seq, Version 1 and no LastLoginAt, keeps the rest as given, and returns what reads return from then on.",
		func(t reporter, s store.Store) {
			for _, given := range []store.Account{newAccount("a"), suspended(newAdmin("b"))} {
				given.Seq, given.Version, given.LastLoginAt = 77, 78, noon
				given.SuspensionBans = []uuid.UUID{newID(), newID()}
				got := createAccount(t, s, given)
				given.Seq, given.Version, given.LastLoginAt = got.Seq, 1, store.Account{}.LastLoginAt
				wantSame(t, "the account that CreateAccount returned", got, given)
				wantAccount(t, s, got)
			}
		}},
	{"An account may have next to nothing",
		"What an account does not have is absent: no keys, no addresses, no links, no roles, no password.",
		func(t reporter, s store.Store) {
			for range 2 { // two that have nothing have nothing in common
				given := store.Account{ID: newID(), CreatedAt: noon, JoinedAt: noon, UpdatedAt: noon}
				got := createAccount(t, s, given)
				given.Seq, given.Version = got.Seq, 1
				wantSame(t, "the account that CreateAccount returned", got, given)
				wantAccount(t, s, got)
			}
		}},
	{"Seq numbers accounts from 1 and is not reused",
		"Seq numbers the accounts of one store in the order of their creation, from 1, never reusing a number, whatever other records there are.",
		func(t reporter, s store.Store) {
			create(t, s, domainBan("a.example"))
			a := createAccount(t, s, newAccount("a"))
			if a.Seq != 1 {
				t.Errorf("the first account has Seq %d, want 1", a.Seq)
			}
			b := createAccount(t, s, newAccount("b"))
			if b.Seq <= a.Seq {
				t.Errorf("the second account has Seq %d, not above %d", b.Seq, a.Seq)
			}
			removeAccount(t, s, b)
			if again := createAccount(t, s, b); again.Seq <= b.Seq || again.Version != 1 {
				t.Errorf("an account created after Seq %d was deleted has Seq %d, Version %d; want a higher Seq, 1", b.Seq, again.Seq, again.Version)
			}
		}},
	{"CreateAccount refuses a handle or an address that is taken",
		"If another account, whatever its state, has one of its HandleKeys or Emails, the error is an *AccountExistsError with the field, the value and that account, of the handle if both are taken; nothing is written.",
		createAccountTaken},
	{"CreateAccount refuses an account ID that is taken",
		"An ID that is taken gives ErrExists, and nothing is written.",
		func(t reporter, s store.Store) {
			taken := createAccount(t, s, newAccount("a"))
			other := newAccount("b")
			other.ID = taken.ID
			verify := unchanged(t, s)
			_, err := s.CreateAccount(t.Context(), other, change(store.AccountCreate))
			wantError(t, "CreateAccount", err, store.ErrExists)
			verify("a refused CreateAccount")
			wantNoAccount(t, s, other.HandleKeys[0], other.Emails[0].Address)
		}},
	{"What account is not there is ErrNotFound",
		"Reading, writing or deleting an account that is not there gives ErrNotFound.",
		accountNotFound},
}

// wantAccount wants every read to return just this account.
func wantAccount(t reporter, s store.Store, want store.Account) {
	t.Helper()
	wantSame(t, "what Account returns", readAccount(t, s, want.ID), want)
	found := func(method string, got store.Account, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", method, err)
			return
		}
		wantSame(t, "what "+method+" returns", got, want)
	}
	got, err := s.AccountBySeq(t.Context(), want.Seq)
	found("AccountBySeq", got, err)
	for _, key := range want.HandleKeys {
		got, err := s.AccountByHandleKey(t.Context(), key)
		found("AccountByHandleKey", got, err)
	}
	for _, e := range want.Emails {
		got, err := s.AccountByEmail(t.Context(), e.Address)
		found("AccountByEmail", got, err)
	}
	wantSameList(t, "the accounts that ListAccounts gives of the page around it",
		listAccounts(t, s, store.AccountFilter{}, store.Page{After: want.Seq - 1, Before: want.Seq + 1}), []store.Account{want})
}

// wantNoAccount wants no account to be found by the key or the address.
func wantNoAccount(t reporter, s store.Store, key, address string) {
	t.Helper()
	_, err := s.AccountByHandleKey(t.Context(), key)
	wantError(t, "AccountByHandleKey of nobody's key", err, store.ErrNotFound)
	_, err = s.AccountByEmail(t.Context(), address)
	wantError(t, "AccountByEmail of nobody's address", err, store.ErrNotFound)
}

// wantAccountExists wants an *AccountExistsError of just that.
func wantAccountExists(t reporter, doing string, err error, field, value string, existing store.Account) {
	t.Helper()
	wantError(t, doing, err, store.ErrExists)
	var exists *store.AccountExistsError
	if !errors.As(err, &exists) {
		t.Errorf("%s: error = %v, want an *AccountExistsError", doing, err)
	} else if want := (store.AccountExistsError{Field: field, Value: value, Existing: existing.ID}); *exists != want {
		t.Errorf("%s: error = %+v, want %+v", doing, *exists, want)
	}
}

func createAccountTaken(t reporter, s store.Store) {
	a := createAccount(t, s, newAccount("a"))
	gone := createAccount(t, s, suspended(newAccount("gone")))
	verify := unchanged(t, s)
	for _, tt := range []struct {
		what         string
		account      store.Account
		field, value string
		existing     store.Account
	}{
		{"the first key of another", withKeys(newAccount("new"), a.HandleKeys[0]), "handle", "new", a},
		{"a later key of another", withKeys(newAccount("new"), "fresh", a.HandleKeys[1]), "handle", "new", a},
		{"a key of one who is suspended", withKeys(newAccount("new"), gone.HandleKeys[1]), "handle", "new", gone},
		{"the primary address of another", withEmails(newAccount("new"), "fresh@x.example", "a@one.example"), "email", "a@one.example", a},
		{"a later address of another", withEmails(newAccount("new"), "a@two.example"), "email", "a@two.example", a},
		{"an address of one who is suspended", withEmails(newAccount("new"), "gone@two.example"), "email", "gone@two.example", gone},
		{"a key and an address of others", withEmails(withKeys(newAccount("new"), gone.HandleKeys[0]), "a@one.example"), "handle", "new", gone},
	} {
		_, err := s.CreateAccount(t.Context(), tt.account, change(store.AccountCreate))
		wantAccountExists(t, "CreateAccount with "+tt.what, err, tt.field, tt.value, tt.existing)
		verify("CreateAccount with " + tt.what)
	}
	wantNoAccount(t, s, "fresh", "fresh@x.example")
	createAccount(t, s, newAccount("new")) // nothing of the others stands in the way
}

func withKeys(a store.Account, keys ...string) store.Account {
	a.HandleKeys = keys
	return a
}

func withEmails(a store.Account, addresses ...string) store.Account {
	a.Emails = nil
	for _, address := range addresses {
		a.Emails = append(a.Emails, newEmail(address))
	}
	return a
}

func accountNotFound(t reporter, s store.Store) {
	a := newAccount("a")
	a.Version = 1
	check := func(when string) {
		t.Helper()
		_, err := s.Account(t.Context(), a.ID)
		wantError(t, "Account "+when, err, store.ErrNotFound)
		wantNoAccount(t, s, a.HandleKeys[0], a.Emails[0].Address)
		wantNoAccount(t, s, "", "")
		_, err = s.UpdateAccount(t.Context(), store.AccountWrite{Account: a}, change(store.AccountUpdate))
		wantError(t, "UpdateAccount "+when, err, store.ErrNotFound)
		_, err = s.DeleteAccount(t.Context(), a.ID, change(store.AccountDelete))
		wantError(t, "DeleteAccount "+when, err, store.ErrNotFound)
		for _, seq := range []int64{a.Seq, 0, -1, math.MaxInt64} {
			_, err := s.AccountBySeq(t.Context(), seq)
			wantError(t, "AccountBySeq "+when, err, store.ErrNotFound)
		}
	}
	check("in an empty store")
	createAccount(t, s, newAccount("other"))
	a = createAccount(t, s, a)
	removeAccount(t, s, a)
	verify := unchanged(t, s)
	check("after the deletion")
	verify("writing to what is not there")
}
