package storetest

import (
	"errors"
	"fmt"
	"time"

	"example.com/ostraka/store"
)

var accountRaceClauses = []clause{
	{"Of the last two admins demoted at once one stays",
		"It is ErrLastAdmin if no other account is an active admin, however many cease to be one at once: demoted, suspended or deleted.",
		func(t reporter, s store.Store) { demoteAtOnce(t, s) }},
	{"Of concurrent creations of a handle, an address or an alias one succeeds",
		"No two accounts have a handle key or an address in common, no two aliases their address, no two credentials their hash, however many are created at once; the others get ErrExists.",
		func(t reporter, s store.Store) { createAccountsAtOnce(t, s) }},
	{"Of concurrent writes to one version of an account one succeeds",
		"A write whose Version was read before another's is ErrConflict: no write is lost.",
		func(t reporter, s store.Store) { updateAccountAtOnce(t, s) }},
	{"No session survives a suspension",
		"A session or token that is created while its account is suspended is either revoked with the others or refused, as the version has changed.",
		func(t reporter, s store.Store) { createWhileSuspending(t, s) }},
	{"No alias survives a suspension",
		"An alias that is created while its owner is suspended is either turned off with the others or refused, as the owner is not active.",
		func(t reporter, s store.Store) { aliasWhileSuspending(t, s) }},
}

// demoteAtOnce lets the last two admins cease to be one at once, each through
// one of the stores.
func demoteAtOnce(t reporter, stores ...store.Store) {
	update := func(s store.Store, a store.Account) error {
		_, err := s.UpdateAccount(t.Context(), store.AccountWrite{Account: a}, change(store.AccountUpdate))
		return err
	}
	ways := []func(s store.Store, a store.Account) error{
		func(s store.Store, a store.Account) error { return update(s, demoted(a)) },
		func(s store.Store, a store.Account) error { return update(s, suspended(a)) },
		func(s store.Store, a store.Account) error {
			_, err := s.DeleteAccount(t.Context(), a.ID, change(store.AccountDelete))
			return err
		},
	}
	s := stores[0]
	admins := func() []store.Account {
		return listAccounts(t, s, store.AccountFilter{Active: new(true), Admin: new(true)}, store.Page{})
	}
	createAccount(t, s, newAdmin("the first"))
	for round := range 12 {
		createAccount(t, s, newAdmin(fmt.Sprint("round ", round)))
		two := admins()
		if len(two) != 2 {
			t.Fatalf("there are %d active admins, want 2", len(two))
		}
		errs := together(t, 2, func(i int) error {
			return ways[(round+i*(round/3))%3](stores[i%len(stores)], two[i])
		})
		refused := 0
		for _, err := range errs {
			if err != nil {
				wantError(t, "ceasing to be an admin", err, store.ErrLastAdmin)
				refused++
			}
		}
		if left := len(admins()); refused != 1 || left != 1 {
			t.Fatalf("of the last two admins %d were refused and %d are left, want 1 and 1", refused, left)
		}
	}
}

// wantOne wants one of the errors to be nil and the others to match ErrExists.
func wantOne(t reporter, doing string, errs []error) {
	t.Helper()
	succeeded := 0
	for _, err := range errs {
		if err == nil {
			succeeded++
			continue
		}
		wantError(t, doing, err, store.ErrExists)
	}
	if succeeded != 1 {
		t.Errorf("%s: %d succeeded, want 1", doing, succeeded)
	}
}

// createAccountsAtOnce creates what may be there once many times at once,
// through the stores in turn.
func createAccountsAtOnce(t reporter, stores ...store.Store) {
	const n = 16
	create := func(a func(i int) store.Account) []error {
		return together(t, n, func(i int) error {
			_, err := stores[i%len(stores)].CreateAccount(t.Context(), a(i), change(store.AccountCreate))
			return err
		})
	}
	errs := create(func(i int) store.Account {
		return withKeys(newAccount(fmt.Sprint("handle ", i)), fmt.Sprint("key ", i), "the same key")
	})
	wantOne(t, "CreateAccount of one handle", errs)
	for _, err := range errs {
		if exists := (*store.AccountExistsError)(nil); err != nil && (!errors.As(err, &exists) || exists.Field != "handle") {
			t.Errorf("CreateAccount of one handle: error = %v, want an *AccountExistsError of the handle", err)
		}
	}
	wantOne(t, "CreateAccount of one address", create(func(i int) store.Account {
		return withEmails(newAccount(fmt.Sprint("address ", i)), fmt.Sprint(i, "@x.example"), "same@x.example")
	}))
	same := newID()
	wantOne(t, "CreateAccount of one ID", create(func(i int) store.Account {
		a := newAccount(fmt.Sprint("ID ", i))
		a.ID = same
		return a
	}))
	for _, s := range stores {
		if got := allAccounts(t, s); len(got) != 3 {
			t.Errorf("there are %d accounts, want 3", len(got))
		}
	}
	owner := allAccounts(t, stores[0])[2]
	wantOne(t, "CreateAlias of one address", together(t, n, func(i int) error {
		_, err := stores[i%len(stores)].CreateAlias(t.Context(), newAlias("same", owner), change(store.AliasCreate))
		return err
	}))
	hash := newHash()
	wantOne(t, "CreateSession of one hash", together(t, n, func(i int) error {
		c := newSession(owner)
		c.Hash = hash
		_, err := stores[i%len(stores)].CreateSession(t.Context(), c, owner.Version)
		return err
	}))
}

// updateAccountAtOnce writes one version many times at once, through the stores
// in turn.
func updateAccountAtOnce(t reporter, stores ...store.Store) {
	a := createAccount(t, stores[0], newAccount("a"))
	errs := together(t, 12, func(i int) error {
		mine := a
		mine.Name = fmt.Sprint(i)
		_, err := stores[i%len(stores)].UpdateAccount(t.Context(), store.AccountWrite{Account: mine}, change(store.AccountUpdate))
		return err
	})
	winner := -1
	for i, err := range errs {
		if err != nil {
			wantError(t, "UpdateAccount", err, store.ErrConflict)
			continue
		}
		if winner >= 0 {
			t.Errorf("writes %d and %d to version %d both succeeded", winner, i, a.Version)
		}
		winner = i
	}
	for _, s := range stores {
		if got := readAccount(t, s, a.ID); got.Version != a.Version+1 || got.Name != fmt.Sprint(winner) {
			t.Errorf("the account is at version %d with the name %q; want %d, %d", got.Version, got.Name, a.Version+1, winner)
		}
	}
}

// suspendNow suspends the account with all that it has.
func suspendNow(t reporter, s store.Store, a store.Account) error {
	w := store.AccountWrite{Account: suspended(a), RevokeCredentials: true, DisableAliases: true}
	_, err := s.UpdateAccount(t.Context(), w, change(store.AccountSuspend))
	return err
}

// createWhileSuspending creates sessions and tokens of accounts that are being
// suspended, through the stores in turn.
func createWhileSuspending(t reporter, stores ...store.Store) {
	const workers, each = 4, 6
	for round := range 6 {
		a := createAccount(t, stores[0], newAccount(fmt.Sprint("round ", round)))
		var created [workers + 1][]store.Credential
		errs := together(t, workers+1, func(i int) error {
			s := stores[i%len(stores)]
			if i == workers {
				time.Sleep(time.Duration(round) * 100 * time.Microsecond)
				return suspendNow(t, s, a)
			}
			for len(created[i]) < each {
				c, err := createEither(t, s, i%2 == 0, a)
				if err != nil {
					return err
				}
				created[i] = append(created[i], c)
			}
			return nil
		})
		for i, err := range errs {
			if i == workers && err != nil {
				t.Fatalf("UpdateAccount: %v", err)
			} else if err != nil {
				wantError(t, "a credential for an account that is being suspended", err, store.ErrConflict)
			}
		}
		for _, s := range stores {
			for _, c := range listCredentials(t, s, store.CredentialFilter{Account: a.ID}, store.Page{}) {
				if c.RevokedAt.IsZero() {
					t.Errorf("a %v of a suspended account is not revoked", c.Kind)
				}
			}
			_, err := s.CreateSession(t.Context(), newSession(a), a.Version)
			wantError(t, "CreateSession by what was read before the suspension", err, store.ErrConflict)
		}
		for _, c := range created {
			for _, c := range c {
				if got, account := credentialByHash(t, stores[0], c.Hash); got.RevokedAt.IsZero() || account.Active() {
					t.Errorf("a %v that was created is valid after the suspension", c.Kind)
				}
			}
		}
	}
}

// createEither creates a session, or else a token, by the version of the account
// that is given.
func createEither(t reporter, s store.Store, session bool, a store.Account) (store.Credential, error) {
	if session {
		return s.CreateSession(t.Context(), newSession(a), a.Version)
	}
	return s.CreateToken(t.Context(), newToken(a), a.Version, change(store.TokenCreate))
}

// aliasWhileSuspending creates aliases of accounts that are being suspended,
// through the stores in turn.
func aliasWhileSuspending(t reporter, stores ...store.Store) {
	const workers, each = 3, 6
	for round := range 6 {
		a := createAccount(t, stores[0], newAccount(fmt.Sprint("owner ", round)))
		createAlias(t, stores[0], newAlias(fmt.Sprint(round), a))
		errs := together(t, workers+1, func(i int) error {
			s := stores[i%len(stores)]
			if i == workers {
				time.Sleep(time.Duration(round) * 100 * time.Microsecond)
				return suspendNow(t, s, a)
			}
			for n := range each {
				alias := newAlias(fmt.Sprint(round, " ", i, " ", n), a)
				err := insist(t.Context(), func() error {
					_, err := s.CreateAlias(t.Context(), alias, change(store.AliasCreate))
					return err
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		for i, err := range errs {
			if i == workers && err != nil {
				t.Fatalf("UpdateAccount: %v", err)
			} else if err != nil {
				wantError(t, "an alias of an account that is being suspended", err, store.ErrConflict)
			}
		}
		for _, s := range stores {
			if on := listAliases(t, s, store.AliasFilter{Owner: a.ID, Active: new(true)}, store.Page{}); len(on) != 0 {
				t.Errorf("%d aliases of a suspended account are active", len(on))
			}
		}
	}
}
