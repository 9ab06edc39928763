package storetest

import (
	"fmt"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var cascadeRaceClauses = []clause{
	{"A credential and its account are of one moment",
		"CredentialByHash returns both as of one moment: what was revoked with a suspension is never seen without it, nor the suspension without that.",
		readWhileSuspending},
	{"Affected is of one moment",
		"Affected counts as of one moment: a write that takes an address and the aliases to it away is seen whole.",
		affectedWhileWriting},
	{"Of concurrent bans one turns an alias off",
		"An alias is turned off once, by one ban: the counts of concurrent bans add up to the aliases that were active.",
		func(t reporter, s store.Store) { disableAtOnce(t, s) }},
}

func readWhileSuspending(t reporter, s store.Store) {
	for round := range 12 {
		a, session, _ := holder(t, s, newAccount(fmt.Sprint("round ", round)))
		done := make(chan error, 1)
		go func() {
			done <- insist(t.Context(), func() error { return suspendNow(t, s, a) })
		}()
		for running := true; running; {
			select {
			case err := <-done:
				if running = false; err != nil {
					t.Fatalf("UpdateAccount: %v", err)
				}
			default:
			}
			if c, account := credentialByHash(t, s, session.Hash); c.RevokedAt.IsZero() != account.Active() {
				t.Fatalf("CredentialByHash gives a session revoked at %v, and its account suspended at %v", c.RevokedAt, account.SuspendedAt)
			}
		}
		if c, account := credentialByHash(t, s, session.Hash); c.RevokedAt.IsZero() || account.Active() {
			t.Errorf("after the suspension the session is valid or the account active")
		}
	}
}

func affectedWhileWriting(t reporter, s store.Store) {
	const looks = 40
	a := createAccount(t, s, withEmails(newAccount("a"), "a@in.example"))
	alias := createAlias(t, s, newAlias("alias", a))
	in, out := a.Emails, withEmails(a, "a@out.example").Emails
	write := func(emails []store.AccountEmail) error {
		return insist(t.Context(), func() error {
			a.Emails = emails
			w, err := s.UpdateAccount(t.Context(), store.AccountWrite{Account: a}, change(store.AccountUpdate))
			if err == nil {
				a = w.Account
			}
			return err
		})
	}
	turnOn := func() error {
		alias.Version++ // it was turned off
		return insist(t.Context(), func() error {
			next, err := s.UpdateAlias(t.Context(), alias, change(store.AliasUpdate))
			if err == nil {
				alias = next
			}
			return err
		})
	}
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			for _, step := range []func() error{func() error { return write(out) }, func() error { return write(in) }, turnOn} {
				if err := step(); err != nil {
					done <- err
					return
				}
			}
		}
	}()
	for range looks {
		got, err := s.Affected(t.Context(), store.Selector{Key: store.Key{Kind: store.KindDomain, Text: "in.example"}}, 1)
		if err != nil || got.Aliases > got.Addresses || got.Addresses != got.Accounts || int(got.Addresses) != len(got.AddressSample) {
			t.Errorf("Affected = %+v, %v, which never was", got, err)
			break
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Errorf("the writer: %v", err)
	}
}

// disableAtOnce lets many bans turn off the same aliases at once, through the
// stores in turn.
func disableAtOnce(t reporter, stores ...store.Store) {
	const bans, aliases = 8, 10
	s := stores[0]
	owner := createAccount(t, s, newAccount("a"))
	for i := range aliases {
		createAlias(t, s, newAlias(fmt.Sprint("alias ", i), owner))
	}
	sel := store.Selector{Key: store.Key{Kind: store.KindDomain, Text: "alias.example"}}
	var made [bans]store.Ban
	for _, err := range together(t, bans, func(i int) (err error) {
		made[i], err = stores[i%len(stores)].CreateBanDisabling(t.Context(), domainBan(fmt.Sprint("ban ", i)), sel, change(store.BanCreate))
		return err
	}) {
		if err != nil {
			t.Errorf("CreateBanDisabling: %v", err)
		}
	}
	by := map[uuid.UUID]int64{}
	for _, a := range allAliases(t, s) {
		if by[a.DisabledBan]++; a.Active || a.Version != 2 {
			t.Errorf("alias %q is active: %v, and at version %d; want it off, at 2", a.Local, a.Active, a.Version)
		}
	}
	for _, s := range stores {
		if n := len(allBans(t, s)); n != bans {
			t.Errorf("there are %d bans, want %d", n, bans)
		}
	}
	for _, b := range made {
		if by[b.ID] != b.AliasesDisabled {
			t.Errorf("a ban says that it turned off %d aliases; %d name it", b.AliasesDisabled, by[b.ID])
		}
	}
}
