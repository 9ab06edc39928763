package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var credentialClauses = []clause{
	{"A credential comes back as given",
		"CreateSession and CreateToken give the credential its Seq, keep the rest as given, and return what reads return from then on.",
		credentialsComeBack},
	{"Seq numbers credentials from 1 and is not reused",
		"Seq numbers the credentials of one store, sessions and tokens alike, in the order of their creation, from 1, never reusing a number.",
		func(t reporter, s store.Store) {
			createAccount(t, s, newAccount("other"))
			_, session, token := holder(t, s, newAccount("a"))
			if session.Seq != 1 || token.Seq <= session.Seq {
				t.Errorf("the first credentials have Seqs %d and %d, want 1 and one above", session.Seq, token.Seq)
			}
			removeAccount(t, s, readAccount(t, s, session.Account))
			if _, again, _ := holder(t, s, newAccount("a")); again.Seq <= token.Seq {
				t.Errorf("Seq %d was given after %d was removed", again.Seq, token.Seq)
			}
		}},
	{"A session begins a login",
		"CreatedAt of a session becomes the LastLoginAt of its account in the same step, unless that is later, or a credential of the account has the Family already; the account's Version stays, and nothing is logged.",
		sessionBeginsLogin},
	{"A token is no login and is logged",
		"CreateToken leaves LastLoginAt, and logs the change with the token as its target and After.",
		func(t reporter, s store.Store) {
			a := createAccount(t, s, newAccount("a"))
			last := lastChange(t, s)
			given := store.Change{At: after(day), Actor: "ἀριστείδης", Action: store.TokenCreate, Bulk: true, Target: uuid.Max}
			token, err := s.CreateToken(t.Context(), newToken(a), a.Version, given)
			if err != nil {
				t.Fatalf("CreateToken: %v", err)
			}
			want := store.Change{At: given.At, Actor: given.Actor, Action: given.Action, Target: token.ID}
			wantChange(t, s, last, want, nil, &token)
			wantAccount(t, s, a)
		}},
	{"A credential is refused for an account that is gone or has changed",
		"It is ErrNotFound if there is no such account, and ErrConflict if its Version is not accountVersion; nothing is written.",
		credentialRefused},
	{"A credential is refused for an ID or a hash that is taken",
		"An ID or hash that is taken, by a credential of whatever kind, account and state, gives ErrExists; nothing is written.",
		credentialTaken},
	{"CredentialByHash returns the credential and its account whatever their state",
		"CredentialByHash returns the credential with that hash, whatever its state, and its account, or ErrNotFound.",
		credentialWithAccount},
	{"ListCredentials returns the pages that were asked for",
		"ListCredentials returns credentials a page at a time, in the page's order, newest first by default, bounded as it says.",
		func(t reporter, s store.Store) {
			all := randomCredentials(t, s, 55)
			filters := map[string]store.CredentialFilter{"ListCredentials": {}, "ListCredentials of one account": {Account: all[0].Account}}
			for method, f := range filters {
				selected := slices.DeleteFunc(slices.Clone(all), func(c store.Credential) bool { return !f.Match(&c) })
				wantPages(t, method, selected, credentialSeq, func(p store.Page) []store.Credential { return listCredentials(t, s, f, p) })
			}
			if got := listCredentials(t, s, store.CredentialFilter{Account: newID()}, store.Page{}); len(got) != 0 {
				t.Errorf("ListCredentials of nobody = %+v, want none", got)
			}
		}},
	{"ListCredentials selects what the filter matches",
		"A credential is selected if every field that is set holds for it, exactly as CredentialFilter.Match says.",
		func(t reporter, s store.Store) {
			all := randomCredentials(t, s, 40)
			rng := rand.New(rand.NewPCG(7, 8))
			for range 100 {
				f := randomCredentialFilter(rng, all)
				selected := slices.DeleteFunc(slices.Clone(all), func(c store.Credential) bool { return !f.Match(&c) })
				p := store.Page{Limit: 1 + rng.IntN(15), OldestFirst: rng.IntN(2) == 0}
				wantSameList(t, fmt.Sprintf("the credentials of ListCredentials(%+v, %+v)", f, p), listCredentials(t, s, f, p), pageOf(selected, p, credentialSeq))
			}
		}},
}

func credentialsComeBack(t reporter, s store.Store) {
	a := createAccount(t, s, newAccount("a"))
	var all []store.Credential
	add := func(c store.Credential) {
		t.Helper()
		create := createSession
		if c.Kind == store.APIToken {
			create = createToken
		}
		given := c
		given.Seq = 77
		got := create(t, s, given, a.Version)
		c.Seq = got.Seq
		wantSame(t, "the credential that was created", got, c)
		got, _ = credentialByHash(t, s, c.Hash)
		wantSame(t, "what CredentialByHash returns", got, c)
		all = append(all, c)
		wantSameList(t, "the credentials", allCredentials(t, s), all)
	}
	add(newSession(a))
	add(newToken(a))
	add(store.Credential{ID: newID(), Kind: store.Session, Account: a.ID, Hash: newHash(), CreatedAt: noon})
	add(store.Credential{ID: newID(), Kind: store.APIToken, Account: a.ID, CreatedAt: noon}) // the hash of zeros is one
	text := newToken(a)
	text.Name = " 'quoted' \"text\"; -- \n\t 🦉 %s ? " + strings.Repeat("ß", 300)
	text.Scopes = []string{"z", "a", "", "z", text.Name}
	add(text)
	for _, at := range trickyTimes {
		c := newSession(a)
		c.CreatedAt, c.ExpiresAt, c.LastUsedAt, c.RevokedAt = at, at, at, at
		c.IdleTimeout = 1000*time.Hour + time.Microsecond
		add(c)
	}
}

func sessionBeginsLogin(t reporter, s store.Store) {
	a := createAccount(t, s, newAccount("a"))
	other, _, _ := holder(t, s, newAccount("b"))
	family := newID()
	last := lastChange(t, s)
	begin := func(what string, at time.Time, family uuid.UUID, want time.Time) {
		t.Helper()
		c := newSession(a)
		c.CreatedAt, c.Family = at, family
		createSession(t, s, c, a.Version)
		a.LastLoginAt = want
		wantSame(t, "the account after "+what, readAccount(t, s, a.ID), a)
	}
	begin("the first session", noon, family, noon)
	begin("a later session of that family", after(time.Hour), family, noon)
	begin("a later one", after(2*time.Hour), newID(), after(2*time.Hour))
	begin("one that began before", after(time.Hour), newID(), after(2*time.Hour))
	begin("one of no family", after(3*time.Hour), uuid.Nil, after(3*time.Hour))
	begin("another one of no family", after(4*time.Hour), uuid.Nil, after(4*time.Hour))
	othersFamily := newSession(other)
	othersFamily = createSession(t, s, othersFamily, other.Version)
	begin("one of a family that another account has", after(5*time.Hour), othersFamily.Family, after(5*time.Hour))
	if now := lastChange(t, s); now != last {
		t.Errorf("CreateSession logged a change: LastChange = %d, was %d", now, last)
	}
	wantSame(t, "the other account", readAccount(t, s, other.ID), other)
	wantAccount(t, s, a)
}

func credentialRefused(t reporter, s store.Store) {
	a, _, _ := holder(t, s, newAccount("a"))
	old := a.Version
	a = updateAccount(t, s, a)
	gone := createAccount(t, s, newAccount("gone"))
	removeAccount(t, s, gone)
	verify := unchanged(t, s)
	for _, tt := range []struct {
		what    string
		account store.Account
		version int64
		want    error
	}{
		{"the version before", a, old, store.ErrConflict},
		{"a version to come", a, a.Version + 1, store.ErrConflict},
		{"no version", a, 0, store.ErrConflict},
		{"an account that is gone", gone, gone.Version, store.ErrNotFound},
		{"an account that never was", newAccount("never"), 1, store.ErrNotFound},
		{"an account that never was, at no version", newAccount("never"), 0, store.ErrNotFound},
	} {
		session := newSession(tt.account)
		session.CreatedAt = after(time.Hour)
		_, err := s.CreateSession(t.Context(), session, tt.version)
		wantError(t, "CreateSession for "+tt.what, err, tt.want)
		_, err = s.CreateToken(t.Context(), newToken(tt.account), tt.version, change(store.TokenCreate))
		wantError(t, "CreateToken for "+tt.what, err, tt.want)
		verify("a credential for " + tt.what)
	}
}

func credentialTaken(t reporter, s store.Store) {
	_, session, token := holder(t, s, newAccount("a"))
	if _, err := s.RevokeCredentials(t.Context(), store.CredentialFilter{ID: session.ID}, change(store.CredentialsRevoke)); err != nil {
		t.Fatalf("RevokeCredentials: %v", err)
	}
	b := createAccount(t, s, newAccount("b"))
	verify := unchanged(t, s)
	for what, taken := range map[string]store.Credential{"a revoked session": session, "a token": token} {
		sameID, sameHash := newSession(b), newSession(b)
		sameID.ID, sameHash.Hash = taken.ID, taken.Hash
		for field, c := range map[string]store.Credential{"ID": sameID, "hash": sameHash} {
			_, err := s.CreateSession(t.Context(), c, b.Version)
			wantError(t, "CreateSession with the "+field+" of "+what, err, store.ErrExists)
			c.Kind = store.APIToken
			_, err = s.CreateToken(t.Context(), c, b.Version, change(store.TokenCreate))
			wantError(t, "CreateToken with the "+field+" of "+what, err, store.ErrExists)
			verify("a credential with the " + field + " of " + what)
		}
	}
}

func credentialWithAccount(t reporter, s store.Store) {
	a, session, token := holder(t, s, newAccount("a"))
	b, other, _ := holder(t, s, newAdmin("b"))
	ended := newSession(a)
	ended.ExpiresAt = after(-day)
	ended = createSession(t, s, ended, a.Version)
	wantBoth := func(c store.Credential, a store.Account) {
		t.Helper()
		gotC, gotA := credentialByHash(t, s, c.Hash)
		wantSame(t, "the credential", gotC, c)
		wantSame(t, "its account", gotA, a)
	}
	wantBoth(session, a)
	wantBoth(token, a)
	wantBoth(ended, a)
	wantBoth(other, b)
	a = writeAccount(t, s, store.AccountWrite{Account: suspended(a), RevokeCredentials: true}).Account
	wantBoth(endedAt(session, after(time.Hour)), a)
	wantBoth(endedAt(token, after(time.Hour)), a)
	wantBoth(other, b)

	almost := session.Hash
	almost[31] ^= 1
	for _, hash := range []store.SecretHash{almost, newHash(), {}} {
		_, _, err := s.CredentialByHash(t.Context(), hash)
		wantError(t, "CredentialByHash of nobody's hash", err, store.ErrNotFound)
	}
}

// randomCredentials creates credentials of three accounts, which differ in what
// filters ask for.
func randomCredentials(t reporter, s store.Store, n int) (all []store.Credential) {
	t.Helper()
	rng := rand.New(rand.NewPCG(9, 10))
	families := []uuid.UUID{newID(), newID(), {}}
	var accounts []store.Account
	for i := range 3 {
		accounts = append(accounts, createAccount(t, s, newAccount(fmt.Sprint("account ", i))))
	}
	for range n {
		a := accounts[rng.IntN(3)]
		create, c := createSession, newSession(a)
		if rng.IntN(3) == 0 {
			create, c = createToken, newToken(a)
		}
		c.Family = families[rng.IntN(3)]
		c.ExpiresAt = []time.Time{{}, noon, after(time.Hour)}[rng.IntN(3)]
		all = append(all, create(t, s, c, a.Version))
	}
	return all
}

// randomCredentialFilter sets each field or not, mostly to what one of all has.
func randomCredentialFilter(rng *rand.Rand, all []store.Credential) (f store.CredentialFilter) {
	c := all[rng.IntN(len(all))]
	set := func() bool { return rng.IntN(3) == 0 }
	if set() {
		f.Account = c.Account
	}
	if set() {
		f.Kind = store.CredentialKind(1 + rng.IntN(2))
	}
	if rng.IntN(6) == 0 {
		f.ID = c.ID
	}
	if set() {
		f.Family = all[rng.IntN(len(all))].Family
	}
	if set() {
		f.Except = all[rng.IntN(len(all))].ID
	}
	if rng.IntN(12) == 0 {
		f.Account = newID()
	}
	return f
}
