package storetest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var accountLogClauses = []clause{
	{"Every mutation of an account logs its change",
		"A mutating method logs one change with the caller's At, Actor and Action, and the store's Target, Before and After; no keys, as no rule may have changed.",
		accountChanges},
	{"A write to an account logs its change and then one for each ban",
		"UpdateAccount logs the change of the account with its counts, and after it, for each ban, the change that CreateBanDisabling or UpdateBan would log, as BanCreate or BanRevoke.",
		accountWriteChanges},
	{"A subscriber is told of every change of a write in order",
		"A write that logs several changes tells of each, in the order of Seq, after all are visible and before the method returns.",
		accountWriteTold},
	{"The log holds no secret",
		"The JSON form of an account or a credential leaves the hash of the password or of the secret out.",
		logHoldsNoSecret},
}

func accountChanges(t reporter, s store.Store) {
	createAccount(t, s, newAdmin("admin"))
	given := store.Change{
		At: after(day), Actor: "ἀριστείδης", Action: store.AccountCreate,
		Seq: 9, Bulk: true, Target: uuid.Max, Counts: map[string]int64{"stray": 1},
		Keys: []store.Key{{Kind: store.KindName, Text: "stray"}}, Before: json.RawMessage(`{}`), After: json.RawMessage(`{}`),
	}
	last := lastChange(t, s)
	a, err := s.CreateAccount(t.Context(), newAccount("a"), given)
	if err != nil {
		t.Fatalf("CreateAccount: %v", err)
	}
	want := store.Change{At: given.At, Actor: given.Actor, Action: given.Action, Target: a.ID}
	wantChange(t, s, last, want, nil, &a)

	holder, _, _ := holder(t, s, newAccount("holder"))
	createAlias(t, s, newAlias("mine", holder))
	last = lastChange(t, s)
	for _, tt := range []struct {
		action store.ChangeAction
		write  store.AccountWrite
		counts map[string]int64
	}{
		{store.AccountUpdate, store.AccountWrite{Account: a}, nil},
		{"some.other", store.AccountWrite{Account: a, RevokeCredentials: true, DisableAliases: true}, nil},
		{store.AccountSuspend, store.AccountWrite{Account: suspended(holder), RevokeCredentials: true, DisableAliases: true},
			map[string]int64{"credentials_revoked": 2, "aliases_disabled": 1}},
	} {
		before := readAccount(t, s, tt.write.Account.ID)
		given.Action, tt.write.Account.Version = tt.action, before.Version
		w, err := s.UpdateAccount(t.Context(), tt.write, given)
		if err != nil {
			t.Fatalf("UpdateAccount: %v", err)
		}
		want := store.Change{At: given.At, Actor: given.Actor, Action: tt.action, Target: before.ID, Counts: tt.counts}
		last = wantChange(t, s, last, want, &before, &w.Account)
	}
	createToken(t, s, newToken(a), readAccount(t, s, a.ID).Version)
	last = lastChange(t, s)
	w := removeAccount(t, s, a)
	want = store.Change{At: after(time.Hour), Actor: "actor", Action: store.AccountDelete, Target: a.ID, Counts: map[string]int64{"credentials_revoked": 1}}
	wantChange(t, s, last, want, &w.Account, nil)
}

// suspendFully creates an account with everything that a write may touch, and
// suspends it; it returns the account before, the bans to revoke as they were,
// and what was written.
func suspendFully(t reporter, s store.Store, given store.Change) (before store.Account, lifted []store.Ban, w store.AccountWritten) {
	t.Helper()
	before, _, _ = holder(t, s, newAccount("a"))
	createAlias(t, s, newAlias("mine", before))
	other := createAccount(t, s, newAccount("b"))
	createAlias(t, s, newAlias("theirs", other))
	create(t, s, expired(withKey(domainBan("first.example"), "key of the old one")))
	lifted = []store.Ban{create(t, s, domainBan("one.example")), create(t, s, domainBan("two.example"))}
	bans := bansOf(lasting(domainBan("first.example")), lasting(newBan(store.KindName, "a")))
	bans[1].Disable = &store.Selector{Key: store.WildcardKey(store.KindName)}
	w, err := s.UpdateAccount(t.Context(), store.AccountWrite{
		Account: suspended(before), RevokeCredentials: true, DisableAliases: true,
		CreateBans: bans, RevokeBans: []uuid.UUID{lifted[1].ID, lifted[0].ID}, RevokeReason: "others",
	}, given)
	if err != nil {
		t.Fatalf("UpdateAccount: %v", err)
	}
	if len(w.BansCreated) != 2 || len(w.BansRevoked) != 2 {
		t.Fatalf("UpdateAccount made %d bans and revoked %d, want 2 and 2", len(w.BansCreated), len(w.BansRevoked))
	}
	return before, lifted, w
}

func accountWriteChanges(t reporter, s store.Store) {
	given := store.Change{At: after(day), Actor: "ἀριστείδης", Action: store.AccountSuspend, Target: uuid.Max, Counts: map[string]int64{"stray": 1}}
	before, lifted, w := suspendFully(t, s, given)
	log := changes(t, s, lastChange(t, s)-5)
	if len(log) != 5 {
		t.Fatalf("the log ends with %d changes, want 5", len(log))
	}
	first := log[0].Seq - 1
	want := store.Change{At: given.At, Actor: given.Actor, Action: store.AccountSuspend, Target: before.ID, Counts: map[string]int64{
		"credentials_revoked": 2, "aliases_disabled": 2, "bans_created": 2, "bans_revoked": 2,
	}}
	wantEntry(t, log[0], first, want, &before, &w.Account)
	ban := func(i int, action store.ChangeAction, before, after *store.Ban, counts map[string]int64, keys ...store.Key) {
		t.Helper()
		want := store.Change{At: given.At, Actor: given.Actor, Action: action, Target: after.ID, Counts: counts, Keys: append(keys, after.Key())}
		wantEntry(t, log[i], first+int64(i), want, before, after)
	}
	ban(1, store.BanCreate, nil, &w.BansCreated[0], nil, store.Key{Kind: store.KindDomain, Text: "key of the old one"})
	ban(2, store.BanCreate, nil, &w.BansCreated[1], map[string]int64{"aliases_disabled": 1})
	ban(3, store.BanRevoke, &lifted[1], &w.BansRevoked[0], nil)
	ban(4, store.BanRevoke, &lifted[0], &w.BansRevoked[1], nil)
}

func accountWriteTold(t reporter, s store.Store) {
	var told []store.Change
	defer s.Subscribe(func(c store.Change) {
		if told = append(told, c); c.Action == store.AccountSuspend {
			if last := lastChange(t, s); last != c.Seq+4 {
				t.Errorf("told of change %d the subscriber sees the log up to %d, want %d", c.Seq, last, c.Seq+4)
			}
		}
	})()
	suspendFully(t, s, change(store.AccountSuspend))
	if log := changes(t, s, 0); !equalSlices(told, log) {
		t.Errorf("the subscriber was told\n%+v\nthe log holds\n%+v", told, log)
	}
}

func logHoldsNoSecret(t reporter, s store.Store) {
	const password = "hash-that-nobody-may-see"
	a := newAccount("a")
	a.PasswordHash = password
	a, session, token := holder(t, s, a)
	a = updateAccount(t, s, a)
	filter := store.CredentialFilter{ID: token.ID}
	if _, err := s.RevokeCredentials(t.Context(), filter, change(store.CredentialsRevoke)); err != nil {
		t.Fatalf("RevokeCredentials: %v", err)
	}
	removeAccount(t, s, a)

	secrets := [][]byte{[]byte(password)}
	for _, h := range []store.SecretHash{session.Hash, token.Hash} {
		asJSON, err := json.Marshal([32]byte(h))
		if err != nil {
			t.Fatalf("the hash as JSON: %v", err)
		}
		secrets = append(secrets, bytes.Trim(asJSON, "[]"), []byte(hex.EncodeToString(h[:])),
			[]byte(base64.RawStdEncoding.EncodeToString(h[:])), []byte(base64.RawURLEncoding.EncodeToString(h[:])))
	}
	log := changes(t, s, 0)
	if len(log) != 5 {
		t.Errorf("the log holds %d changes, want 5", len(log))
	}
	for _, c := range log {
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatalf("a change as JSON: %v", err)
		}
		if slices.ContainsFunc(secrets, func(secret []byte) bool { return bytes.Contains(text, secret) }) {
			t.Errorf("change %d holds a secret: %s", c.Seq, text)
		}
	}
}
