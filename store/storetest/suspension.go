package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var suspensionClauses = []clause{
	{"UpdateAccount revokes credentials when it is told to",
		"RevokeCredentials ends all sessions and API tokens of the account, as of change.At, and says how many were not revoked before; else UpdateAccount leaves them.",
		accountCredentialsRevoked},
	{"UpdateAccount keeps the credential that it is told to",
		"RevokeCredentials leaves the credential of the ID KeepCredential, which alone ends nothing.",
		accountCredentialKept},
	{"UpdateAccount turns off aliases when it is told to",
		"DisableAliases turns off all active aliases that the account owns: without a DisabledBan, with change.At as UpdatedAt and the Version one higher; it says how many.",
		accountAliasesDisabled},
	{"UpdateAccount turns off aliases to addresses that are gone",
		"Active aliases of the account whose destination is no longer one of its addresses are turned off.",
		func(t reporter, s store.Store) {
			a, b := createAccount(t, s, newAccount("a")), createAccount(t, s, newAccount("b"))
			first := createAlias(t, s, newAlias("first", a))
			second := newAlias("second", a)
			second.Destination = a.Emails[1].Address
			second = createAlias(t, s, second)
			others := createAlias(t, s, newAlias("others", b))
			stray := newAlias("stray", a) // whose owner never had the address
			stray.Active, stray.Destination = false, "x@elsewhere.example"
			stray = createAlias(t, s, stray)
			nobodys := newAlias("nobodys", a)
			nobodys.Owner = uuid.Nil
			nobodys = createAlias(t, s, nobodys)

			a.Emails = a.Emails[1:]
			if w := writeAccount(t, s, store.AccountWrite{Account: a}); w.AliasesDisabled != 1 {
				t.Errorf("UpdateAccount turned off %d aliases, want 1", w.AliasesDisabled)
			}
			wantSameList(t, "the aliases", allAliases(t, s),
				[]store.MailAlias{turnedOff(first, uuid.Nil), second, others, stray, nobodys})
		}},
	{"UpdateAccount makes the bans of a write",
		"CreateBans are made as CreateBan would make them; one that it would refuse for an active ban is passed over. SuspensionBans is set to the IDs of those that were made, in order, unless there are none to make.",
		accountBansMade},
	{"The bans of a write turn off aliases",
		"Each ban of a write turns off the active aliases that its Disable selects, with the ban as their DisabledBan; those of the account are off before.",
		accountBansDisable},
	{"UpdateAccount revokes the bans of a write",
		"RevokeBans are revoked as of change.At, by change.Actor, for RevokeReason; those that are gone or revoked already are passed over.",
		accountBansRevoked},
	{"A write to an account that fails changes nothing",
		"A returned error means that nothing was written: of a write whose last ban is refused, neither the account nor its credentials, its aliases, other bans or retired rules.",
		accountWriteAtomic},
	{"DeleteAccount takes the credentials along and turns the aliases off",
		"DeleteAccount removes the account with its credentials, and turns off its aliases, which stay; it says how many of each were in use.",
		accountDeletedWithAll},
}

// turnedOff returns the alias as it is once an hour after noon a ban, or
// something else for the zero UUID, has turned it off.
func turnedOff(a store.MailAlias, ban uuid.UUID) store.MailAlias {
	a.Active, a.DisabledBan = false, ban
	a.UpdatedAt = after(time.Hour)
	a.Version++
	return a
}

// endedAt returns the credential as revoked.
func endedAt(c store.Credential, at time.Time) store.Credential {
	c.RevokedAt = at
	return c
}

func accountCredentialsRevoked(t reporter, s store.Store) {
	a, session, token := holder(t, s, newAccount("a"))
	revoked := newSession(a)
	revoked.RevokedAt = after(time.Minute)
	revoked = createSession(t, s, revoked, a.Version)
	ended := newToken(a)
	ended.ExpiresAt = after(-time.Hour)
	ended = createToken(t, s, ended, a.Version)
	_, others, othersToken := holder(t, s, newAccount("b"))

	a = updateAccount(t, s, readAccount(t, s, a.ID))
	a = updateAccount(t, s, suspended(a)) // which says nothing of credentials
	all := []store.Credential{session, token, revoked, ended, others, othersToken}
	wantSameList(t, "the credentials that UpdateAccount was to leave", allCredentials(t, s), all)

	at := after(time.Hour)
	for _, want := range []int64{3, 0} {
		w := writeAccount(t, s, store.AccountWrite{Account: a, RevokeCredentials: true})
		if w.CredentialsRevoked != want {
			t.Errorf("UpdateAccount revoked %d credentials, want %d", w.CredentialsRevoked, want)
		}
		a = w.Account
		all = []store.Credential{endedAt(session, at), endedAt(token, at), revoked, endedAt(ended, at), others, othersToken}
		wantSameList(t, "the credentials", allCredentials(t, s), all)
	}
	for _, c := range all {
		got, _ := credentialByHash(t, s, c.Hash)
		wantSame(t, "what CredentialByHash returns", got, c)
	}
}

func accountCredentialKept(t reporter, s store.Store) {
	a, session, token := holder(t, s, newAccount("a"))
	mine := createSession(t, s, newSession(a), a.Version)
	at := after(time.Hour)
	w := writeAccount(t, s, store.AccountWrite{Account: readAccount(t, s, a.ID), RevokeCredentials: true, KeepCredential: mine.ID})
	if w.CredentialsRevoked != 2 {
		t.Errorf("UpdateAccount revoked %d credentials, want 2", w.CredentialsRevoked)
	}
	wantSameList(t, "the credentials", allCredentials(t, s), []store.Credential{endedAt(session, at), endedAt(token, at), mine})
	w = writeAccount(t, s, store.AccountWrite{Account: w.Account, KeepCredential: session.ID}) // keeps, and ends nothing
	if w.CredentialsRevoked != 0 {
		t.Errorf("UpdateAccount revoked %d credentials, want none", w.CredentialsRevoked)
	}
	got, _ := credentialByHash(t, s, mine.Hash)
	wantSame(t, "the credential that was kept", got, mine)
}

func accountAliasesDisabled(t reporter, s store.Store) {
	a, b := createAccount(t, s, newAccount("a")), createAccount(t, s, newAccount("b"))
	first, second := createAlias(t, s, newAlias("first", a)), createAlias(t, s, newAlias("second", a))
	off := newAlias("off", a)
	off.Active, off.DisabledBan = false, newID()
	off = createAlias(t, s, off)
	others := createAlias(t, s, newAlias("others", b))
	a = updateAccount(t, s, suspended(a)) // which says nothing of aliases
	wantSameList(t, "the aliases that UpdateAccount was to leave", allAliases(t, s), []store.MailAlias{first, second, off, others})
	for _, want := range []int64{2, 0} {
		w := writeAccount(t, s, store.AccountWrite{Account: a, DisableAliases: true})
		if w.AliasesDisabled != want {
			t.Errorf("UpdateAccount turned off %d aliases, want %d", w.AliasesDisabled, want)
		}
		a = w.Account
		wantSameList(t, "the aliases", allAliases(t, s),
			[]store.MailAlias{turnedOff(first, uuid.Nil), turnedOff(second, uuid.Nil), off, others})
	}
}

// lasting returns a ban that does not expire.
func lasting(b store.Ban) store.Ban {
	b.ExpiresAt = time.Time{}
	return b
}

// bansOf returns what a write is told to make.
func bansOf(bans ...store.Ban) (all []store.BanDisabling) {
	for _, b := range bans {
		all = append(all, store.BanDisabling{Ban: b})
	}
	return all
}

func accountBansMade(t reporter, s store.Store) {
	a := createAccount(t, s, newAccount("a"))
	active := create(t, s, lasting(domainBan("active.example")))
	old := create(t, s, withKey(expired(domainBan("first.example")), "key of the old one"))
	first, second := lasting(domainBan("first.example")), lasting(newBan(store.KindName, "a"))
	given := bansOf(first, lasting(domainBan("active.example")), second, lasting(domainBan("first.example")))

	w := writeAccount(t, s, store.AccountWrite{Account: suspended(a), CreateBans: given})
	first.Seq, second.Seq = old.Seq+1, old.Seq+2
	first.Version, second.Version = 1, 1
	wantSameList(t, "the bans that UpdateAccount made", w.BansCreated, []store.Ban{first, second})
	wantSameList(t, "the bans that others were passed over for", w.BansExisting, []store.Ban{active, first})
	wantSameList(t, "the bans", allBans(t, s), []store.Ban{active, old, first, second})
	wantRules(t, "Scan", scan(t, s, 0), active, first, second) // the rule of old is retired
	if !slices.Equal(w.Account.SuspensionBans, []uuid.UUID{first.ID, second.ID}) {
		t.Errorf("SuspensionBans = %v, want those of the bans that were made: %v, %v", w.Account.SuspensionBans, first.ID, second.ID)
	}
	wantAccount(t, s, w.Account)

	kept := updateAccount(t, s, w.Account)
	if !slices.Equal(kept.SuspensionBans, w.Account.SuspensionBans) {
		t.Errorf("SuspensionBans = %v after a write with no bans to make, want them as given", kept.SuspensionBans)
	}
	w = writeAccount(t, s, store.AccountWrite{Account: kept, CreateBans: bansOf(lasting(domainBan("active.example")))})
	if len(w.Account.SuspensionBans)+len(w.BansCreated) != 0 {
		t.Errorf("a write whose ban is passed over made %v and has SuspensionBans %v, want none", w.BansCreated, w.Account.SuspensionBans)
	}
	wantAccount(t, s, w.Account)
}

func accountBansDisable(t reporter, s store.Store) {
	a, b := createAccount(t, s, newAccount("a")), createAccount(t, s, newAccount("b"))
	mine, others := createAlias(t, s, newAlias("mine", a)), createAlias(t, s, newAlias("others", b))
	third := createAlias(t, s, newAlias("third", b))
	other := newAlias("other", b)
	other.Domain = "other.example"
	other = createAlias(t, s, other)
	create(t, s, lasting(domainBan("active.example")))

	disabling := func(value string, key store.Key) store.BanDisabling {
		return store.BanDisabling{Ban: lasting(domainBan(value)), Disable: &store.Selector{Key: key}}
	}
	bans := []store.BanDisabling{
		disabling("active.example", store.Key{Kind: store.KindDomain, Text: "other.example"}), // passed over
		disabling("none.example", store.Key{Kind: store.KindDomain, Text: "none.example"}),
		disabling("others", store.Key{Kind: store.KindName, Text: others.LocalKey}),
		disabling("all", store.Key{Kind: store.KindDomain, Text: "alias.example"}),
	}
	w := writeAccount(t, s, store.AccountWrite{Account: suspended(a), DisableAliases: true, CreateBans: bans})
	if w.AliasesDisabled != 3 || len(w.BansCreated) != 3 {
		t.Fatalf("UpdateAccount turned off %d aliases and made %d bans, want 3 and 3", w.AliasesDisabled, len(w.BansCreated))
	}
	wantSameList(t, "the aliases", allAliases(t, s), []store.MailAlias{
		turnedOff(mine, uuid.Nil), turnedOff(others, bans[2].Ban.ID), turnedOff(third, bans[3].Ban.ID), other,
	})
}

func accountBansRevoked(t reporter, s store.Store) {
	a := createAccount(t, s, newAccount("a"))
	first, second := create(t, s, domainBan("first.example")), create(t, s, domainBan("second.example"))
	other := create(t, s, domainBan("other.example"))
	already := update(t, s, revoked(create(t, s, domainBan("already.example"))))
	ids := []uuid.UUID{second.ID, newID(), already.ID, first.ID, second.ID}
	w := writeAccount(t, s, store.AccountWrite{Account: a, RevokeBans: ids, RevokeReason: "let back in"})
	for _, b := range []*store.Ban{&first, &second} {
		b.RevokedAt, b.RevokedBy, b.RevokedReason = after(time.Hour), "actor", "let back in"
		b.UpdatedAt = b.RevokedAt
		b.Version++
	}
	wantSameList(t, "the bans that UpdateAccount revoked", w.BansRevoked, []store.Ban{second, first})
	wantSameList(t, "the bans", allBans(t, s), []store.Ban{first, second, other, already})
	wantRules(t, "Scan", scan(t, s, 0), other)
}

func accountWriteAtomic(t reporter, s store.Store) {
	admin := createAccount(t, s, newAdmin("admin"))
	a, _, _ := holder(t, s, newAccount("a"))
	createAlias(t, s, newAlias("mine", a))
	createAlias(t, s, newAlias("others", admin))
	old := create(t, s, expired(domainBan("first.example")))
	retired := expireAndReplace(t, s, "retired.example")
	taken := create(t, s, domainBan("taken.example"))
	rules := scan(t, s, 0)

	bans := bansOf(lasting(domainBan("first.example")), lasting(domainBan("second.example")), lasting(domainBan("third.example")))
	for i := range bans {
		bans[i].Disable = &store.Selector{Key: store.WildcardKey(store.KindDomain)}
	}
	bans[2].Ban.ID = taken.ID
	next := suspended(withEmails(withKeys(a, "new key"), "new@x.example"))
	verify := unchanged(t, s)
	_, err := s.UpdateAccount(t.Context(), store.AccountWrite{
		Account: next, RevokeCredentials: true, DisableAliases: true, CreateBans: bans,
		RevokeBans: []uuid.UUID{taken.ID, retired.ID, old.ID},
	}, change(store.AccountSuspend))
	wantError(t, "UpdateAccount with a ban whose ID is taken", err, store.ErrExists)
	verify("UpdateAccount with a ban whose ID is taken")
	wantJustRules(t, "Scan after a write that failed", scan(t, s, 0), rules...)
	wantAccount(t, s, a)
	wantNoAccount(t, s, "new key", "new@x.example")

	_, err = s.UpdateAccount(t.Context(), store.AccountWrite{
		Account: demoted(admin), RevokeCredentials: true, DisableAliases: true, CreateBans: bans[:2],
	}, change(store.AccountUpdate))
	wantError(t, "UpdateAccount that demotes the last admin", err, store.ErrLastAdmin)
	verify("UpdateAccount that demotes the last admin")
	wantJustRules(t, "Scan after a write that failed", scan(t, s, 0), rules...)

	w := writeAccount(t, s, store.AccountWrite{Account: next, CreateBans: bans[:2]}) // nothing of it stands in the way
	if seqs := seqsOf(w.BansCreated, func(b store.Ban) int64 { return b.Seq }); !slices.IsSorted(seqs) || len(seqs) != 2 {
		t.Errorf("UpdateAccount made bans of the Seqs %v, want two ascending", seqs)
	}
}

func accountDeletedWithAll(t reporter, s store.Store) {
	a, session, token := holder(t, s, newAccount("a"))
	revoked := newSession(a)
	revoked.RevokedAt = noon
	revoked = createSession(t, s, revoked, a.Version)
	b, others, othersToken := holder(t, s, newAccount("b"))
	mine := createAlias(t, s, newAlias("mine", a))
	off := newAlias("off", a)
	off.Active, off.DisabledBan = false, newID()
	off = createAlias(t, s, off)
	theirs := createAlias(t, s, newAlias("theirs", b))

	w := removeAccount(t, s, a)
	wantSame(t, "the account that DeleteAccount returned", w.Account, a)
	if w.CredentialsRevoked != 2 || w.AliasesDisabled != 1 || len(w.BansCreated)+len(w.BansRevoked) != 0 {
		t.Errorf("DeleteAccount ended %d credentials and turned off %d aliases, want 2 and 1", w.CredentialsRevoked, w.AliasesDisabled)
	}
	wantSameList(t, "the credentials that are left", allCredentials(t, s), []store.Credential{others, othersToken})
	for _, c := range []store.Credential{session, token, revoked} {
		_, _, err := s.CredentialByHash(t.Context(), c.Hash)
		wantError(t, "CredentialByHash of an account that is gone", err, store.ErrNotFound)
		wantError(t, "UseCredential of an account that is gone", s.UseCredential(t.Context(), c.ID, noon), store.ErrNotFound)
	}
	wantSameList(t, "the aliases", allAliases(t, s), []store.MailAlias{turnedOff(mine, uuid.Nil), off, theirs})
	for i, local := range []string{mine.Local, off.Local} {
		_, err := s.CreateAlias(t.Context(), newAlias(local, b), change(store.AliasCreate))
		wantError(t, fmt.Sprintf("CreateAlias at the address %d of an account that is gone", i), err, store.ErrExists)
	}
}
