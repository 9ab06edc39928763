package storetest

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var credentialEndClauses = []clause{
	{"UseCredential notes the latest use",
		"UseCredential notes that the credential was used at that time, unless it was used later or was revoked; it logs nothing, and is ErrNotFound if there is no such credential.",
		credentialUsed},
	{"Noting a use while others write fails with ErrBusy or not at all",
		"UseCredential waits for no other writer: while there is one, it may note nothing and give ErrBusy, and nothing else.",
		usedWhileWriting},
	{"RevokeCredentials revokes what the filter selects",
		"RevokeCredentials revokes, as of change.At, the credentials that the filter selects and that are not revoked yet, and says how many.",
		credentialsRevoked},
	{"RevokeCredentials logs whom it was about and how many",
		"The target of the change is the ID that the filter selects by, or else the account, with the count credentials_revoked; if none is revoked, nothing is logged.",
		revocationLogged},
	{"A revocation without an action is not logged",
		"RevokeCredentials with a change that has no Action revokes, and logs nothing.",
		revokedUnlogged},
	{"TrimSessions leaves the newest sessions",
		"TrimSessions removes the oldest sessions of the account by Seq, so that at most keep are left of those that are not revoked, and as many of those that are; it says how many, and logs nothing.",
		sessionsTrimmed},
	{"PurgeCredentials removes what ended before that time",
		"PurgeCredentials removes the credentials that were revoked, had expired or were idle for too long before that time, and says how many; it logs nothing.",
		credentialsPurged},
}

func use(t reporter, s store.Store, c store.Credential, at time.Time) {
	t.Helper()
	if err := s.UseCredential(t.Context(), c.ID, at); err != nil {
		t.Fatalf("UseCredential: %v", err)
	}
}

func usedWhileWriting(t reporter, s store.Store) {
	_, session, _ := holder(t, s, newAccount("a"))
	errs := together(t, 4, func(i int) error {
		for n := range 10 {
			var err error
			if i < 2 {
				_, err = s.CreateBan(t.Context(), domainBan(uuid.NewString()), change(store.BanCreate))
			} else if err = s.UseCredential(t.Context(), session.ID, after(time.Duration(n)*time.Minute)); errors.Is(err, store.ErrBusy) {
				err = nil
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	for _, err := range errs {
		if err != nil {
			t.Errorf("beside others: %v", err)
		}
	}
	session.LastUsedAt = after(time.Hour)
	use(t, s, session, session.LastUsedAt) // nobody else writes any more
	got, _ := credentialByHash(t, s, session.Hash)
	wantSame(t, "what was used", got, session)
}

func credentialUsed(t reporter, s store.Store) {
	account, session, token := holder(t, s, newAccount("a"))
	last := lastChange(t, s)
	session.LastUsedAt = after(time.Minute)
	use(t, s, session, session.LastUsedAt)
	use(t, s, session, after(time.Minute-time.Microsecond))
	token.LastUsedAt = after(-time.Hour) // it had not been used at all
	use(t, s, token, token.LastUsedAt)
	wantSameList(t, "the credentials", allCredentials(t, s), []store.Credential{session, token})
	got, a := credentialByHash(t, s, session.Hash)
	wantSame(t, "what CredentialByHash returns of what was used", got, session)
	wantSame(t, "its account", a, account)
	if now := lastChange(t, s); now != last {
		t.Errorf("UseCredential logged a change: LastChange = %d, was %d", now, last)
	}

	revoke(t, s, store.CredentialFilter{ID: session.ID}, 1)
	use(t, s, session, after(day))
	wantSameList(t, "the credentials", allCredentials(t, s), []store.Credential{endedAt(session, after(time.Hour)), token})
	wantError(t, "UseCredential of what is not there", s.UseCredential(t.Context(), newID(), noon), store.ErrNotFound)
}

// revoke revokes that many credentials an hour after noon.
func revoke(t reporter, s store.Store, f store.CredentialFilter, want int64) {
	t.Helper()
	n, err := s.RevokeCredentials(t.Context(), f, changeAt(store.CredentialsRevoke, after(time.Hour)))
	if err != nil {
		t.Fatalf("RevokeCredentials: %v", err)
	}
	if n != want {
		t.Errorf("RevokeCredentials(%+v) = %d, want %d", f, n, want)
	}
}

func credentialsRevoked(t reporter, s store.Store) {
	all := randomCredentials(t, s, 30)
	rng := rand.New(rand.NewPCG(11, 12))
	filters := []store.CredentialFilter{{Account: all[3].Account, Kind: all[3].Kind, Except: all[3].ID}}
	for len(filters) < 12 {
		if f := randomCredentialFilter(rng, all); f != (store.CredentialFilter{}) { // which would leave nothing to do
			filters = append(filters, f)
		}
	}
	for _, f := range filters {
		want := int64(0)
		for i := range all {
			if all[i].RevokedAt.IsZero() && f.Match(&all[i]) {
				all[i].RevokedAt = after(time.Hour)
				want++
			}
		}
		revoke(t, s, f, want)
		wantSameList(t, "the credentials", allCredentials(t, s), all)
	}
	left := int64(0)
	for i := range all {
		if all[i].RevokedAt.IsZero() {
			all[i].RevokedAt = after(time.Hour)
			left++
		}
	}
	revoke(t, s, store.CredentialFilter{}, left)
	wantSameList(t, "the credentials", allCredentials(t, s), all)
	for _, a := range allAccounts(t, s) {
		if a.Version != 1 {
			t.Errorf("RevokeCredentials made account %q version %d, want it left at 1", a.Handle, a.Version)
		}
	}
}

func revocationLogged(t reporter, s store.Store) {
	a, session, _ := holder(t, s, newAccount("a"))
	_, _, token := holder(t, s, newAccount("b"))
	for _, tt := range []struct {
		filter store.CredentialFilter
		target uuid.UUID
		count  int64
	}{
		{store.CredentialFilter{ID: session.ID, Account: a.ID}, session.ID, 1},
		{store.CredentialFilter{Account: a.ID, Kind: store.APIToken}, a.ID, 1},
		{store.CredentialFilter{Except: token.ID}, uuid.Nil, 1},
		{store.CredentialFilter{ID: token.ID}, token.ID, 1},
	} {
		last := lastChange(t, s)
		given := store.Change{At: after(day), Actor: "ἀριστείδης", Action: store.CredentialsRevoke, Target: uuid.Max, Bulk: true}
		if n, err := s.RevokeCredentials(t.Context(), tt.filter, given); err != nil || n != tt.count {
			t.Fatalf("RevokeCredentials(%+v) = %d, %v; want %d", tt.filter, n, err, tt.count)
		}
		want := store.Change{
			At: given.At, Actor: given.Actor, Action: given.Action, Target: tt.target,
			Counts: map[string]int64{"credentials_revoked": tt.count},
		}
		wantChange[store.Credential](t, s, last, want, nil, nil)
	}
	verify := unchanged(t, s)
	revoke(t, s, store.CredentialFilter{}, 0)
	revoke(t, s, store.CredentialFilter{Account: newID()}, 0)
	revoke(t, s, store.CredentialFilter{ID: newID()}, 0)
	verify("RevokeCredentials of none")
}

func revokedUnlogged(t reporter, s store.Store) {
	a, session, token := holder(t, s, newAccount("a"))
	last := lastChange(t, s)
	n, err := s.RevokeCredentials(t.Context(), store.CredentialFilter{Account: a.ID, Kind: store.Session}, store.Change{At: after(day), Actor: "a"})
	if err != nil || n != 1 {
		t.Fatalf("RevokeCredentials = %d, %v; want 1", n, err)
	}
	wantSameList(t, "the credentials", allCredentials(t, s), []store.Credential{endedAt(session, after(day)), token})
	if now := lastChange(t, s); now != last {
		t.Errorf("RevokeCredentials without an action logged a change: LastChange = %d, was %d", now, last)
	}
}

func sessionsTrimmed(t reporter, s store.Store) {
	a, _, _ := holder(t, s, newAccount("a"))
	b, _, _ := holder(t, s, newAccount("b"))
	for i := range 12 {
		c := newSession(a)
		// The newest were used first, and what ends a session is not its age.
		c.CreatedAt, c.LastUsedAt = after(-time.Duration(i)*day), after(-time.Duration(i)*day)
		c.ExpiresAt = []time.Time{{}, after(-day), after(1000 * day)}[i%3]
		if i%2 == 0 {
			c.RevokedAt = noon
		}
		createSession(t, s, c, a.Version)
		createToken(t, s, newToken(a), a.Version)
		createSession(t, s, newSession(b), b.Version)
	}
	last := lastChange(t, s)
	for _, keep := range []int{100, 7, 6, 5, 2, 2, 0} {
		var want []store.Credential
		left := map[bool]int{true: keep, false: keep}
		all := allCredentials(t, s)
		for i := len(all) - 1; i >= 0; i-- {
			c := all[i]
			if c.Account == a.ID && c.Kind == store.Session {
				if left[c.RevokedAt.IsZero()]--; left[c.RevokedAt.IsZero()] < 0 {
					continue
				}
			}
			want = append([]store.Credential{c}, want...)
		}
		n, err := s.TrimSessions(t.Context(), a.ID, keep)
		if err != nil || n != int64(len(all)-len(want)) {
			t.Errorf("TrimSessions to %d = %d, %v; want %d", keep, n, err, len(all)-len(want))
		}
		wantSameList(t, "the credentials that are left", allCredentials(t, s), want)
	}
	if n, err := s.TrimSessions(t.Context(), newID(), 0); err != nil || n != 0 {
		t.Errorf("TrimSessions of nobody = %d, %v; want 0", n, err)
	}
	if now := lastChange(t, s); now != last {
		t.Errorf("TrimSessions logged a change: LastChange = %d, was %d", now, last)
	}
}

func credentialsPurged(t reporter, s store.Store) {
	a := createAccount(t, s, newAccount("a"))
	var kept []store.Credential
	gone := 0
	add := func(stays bool, spoil func(*store.Credential)) {
		t.Helper()
		c := newToken(a)
		c.ExpiresAt = time.Time{}
		spoil(&c)
		if c = createToken(t, s, c, a.Version); stays {
			kept = append(kept, c)
		} else {
			gone++
		}
	}
	just := after(-time.Microsecond)
	add(true, func(*store.Credential) {})
	add(true, func(c *store.Credential) { c.RevokedAt = noon })
	add(false, func(c *store.Credential) { c.RevokedAt = just })
	add(true, func(c *store.Credential) { c.ExpiresAt = noon })
	add(false, func(c *store.Credential) { c.ExpiresAt = just })
	add(false, func(c *store.Credential) { c.ExpiresAt, c.RevokedAt = just, after(time.Hour) })
	add(false, func(c *store.Credential) { c.ExpiresAt, c.RevokedAt = after(time.Hour), just })
	idle := func(created, used time.Time) func(*store.Credential) {
		return func(c *store.Credential) { c.IdleTimeout, c.CreatedAt, c.LastUsedAt = time.Hour, created, used }
	}
	hour := after(-time.Hour)
	add(true, idle(hour, time.Time{}))
	add(false, idle(hour.Add(-time.Microsecond), time.Time{}))
	add(true, idle(after(-day), hour))
	add(false, idle(after(-day), hour.Add(-time.Microsecond)))
	add(true, idle(hour, after(-day))) // which was used before it was made
	add(true, func(c *store.Credential) { c.CreatedAt = after(-1000 * day) })

	last := lastChange(t, s)
	purge := func(want int) {
		t.Helper()
		if n, err := s.PurgeCredentials(t.Context(), noon); err != nil || n != int64(want) {
			t.Errorf("PurgeCredentials = %d, %v; want %d", n, err, want)
		}
		wantSameList(t, "the credentials that are left", allCredentials(t, s), kept)
		wantSameList(t, "those of the account", listCredentials(t, s, store.CredentialFilter{Account: a.ID}, store.Page{OldestFirst: true}), kept)
	}
	purge(gone)
	purge(0)
	if now := lastChange(t, s); now != last {
		t.Errorf("PurgeCredentials logged a change: LastChange = %d, was %d", now, last)
	}
	for _, c := range kept {
		if got, _, err := s.CredentialByHash(t.Context(), c.Hash); err != nil {
			t.Errorf("CredentialByHash of what was kept: %v", err)
		} else {
			wantSame(t, "what was kept", got, c)
		}
	}
	wantAccount(t, s, a)
}
