package storetest

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// newAccount returns an active account with every field set that its creator
// sets: no admin, with two addresses, found by keys that are not its handle.
func newAccount(handle string) store.Account {
	return store.Account{
		ID:     newID(),
		Handle: handle, HandleFold: "fold of " + handle, HandleKeys: []string{"key of " + handle, "other key of " + handle},
		Name: "name of " + handle, Bio: "bio of " + handle,
		Links: []store.Link{{Text: "home", URL: "https://home.example"}, {Text: "work", URL: "https://work.example"}},
		Meta:  json.RawMessage(`{"plan":"pro","n":[1,2]}`),
		Roles: []store.Role{
			{ID: "r1", Name: "moderator", Colour: "#ff0000", Permissions: []string{"ban", "read"}, Badge: true, CreatedAt: noon, UpdatedAt: after(time.Microsecond)},
			{ID: "r2", Name: "everyone", Default: true},
		},
		Emails:   []store.AccountEmail{newEmail(handle + "@one.example"), newEmail(handle + "@two.example")},
		Verified: "dns", InvitedBy: newID(),
		PasswordHash: "hash of the password of " + handle,
		JoinedAt:     after(-time.Hour), CreatedAt: noon, CreatedBy: "creator", UpdatedAt: after(time.Microsecond),
	}
}

// newEmail returns an address that was verified, with a mailbox of another text.
func newEmail(address string) store.AccountEmail {
	return store.AccountEmail{
		ID: newID(), Address: address, Mailbox: "mailbox of " + address,
		VerifiedAt: after(time.Minute), CreatedAt: noon,
	}
}

// newAdmin returns an active admin.
func newAdmin(handle string) store.Account {
	a := newAccount(handle)
	a.Admin = true
	return a
}

// suspended returns the account as suspended.
func suspended(a store.Account) store.Account {
	a.SuspendedAt, a.SuspendedBy, a.SuspendedReason = after(time.Minute), "suspender", "spam"
	return a
}

// heldBy returns a hold of that rule, with every field set but LetIn.
func heldBy(rule uuid.UUID, email, domain, network string) store.Hold {
	return store.Hold{
		Since: after(time.Minute), By: "holder", Origin: store.OriginBan, Rule: rule,
		Kind: store.KindDomain, Matched: "held.example", Via: "exact", Email: email, Domain: domain, Network: network,
	}
}

// held returns the account as one that waits for a person to decide.
func held(a store.Account) store.Account {
	a.Hold = heldBy(newID(), a.Handle+"@held.example", "site.example", "198.51.100.0/24")
	return a
}

// demoted returns the account as no admin.
func demoted(a store.Account) store.Account {
	a.Admin = false
	return a
}

// newHash returns the hash of a secret of its own.
func newHash() store.SecretHash { return sha256.Sum256([]byte(newID().String())) }

// newSession returns a valid session with every field set that one has.
func newSession(a store.Account) store.Credential {
	return store.Credential{
		ID: newID(), Kind: store.Session, Account: a.ID, Hash: newHash(), Family: newID(),
		CreatedAt: noon, ExpiresAt: after(day), IdleTimeout: time.Hour + time.Microsecond, LastUsedAt: after(time.Second),
	}
}

// newToken returns a valid API token with every field set that one has.
func newToken(a store.Account) store.Credential {
	return store.Credential{
		ID: newID(), Kind: store.APIToken, Account: a.ID, Hash: newHash(), Name: "backup", Scopes: []string{"read", "ban"},
		CreatedAt: noon, ExpiresAt: after(day),
	}
}

// newAlias returns an active alias of the account, which forwards to its primary
// address.
func newAlias(local string, owner store.Account) store.MailAlias {
	return store.MailAlias{
		ID: newID(), Local: local, LocalKey: "key of " + local, Domain: "alias.example",
		Destination: owner.Emails[0].Address, Mailbox: owner.Emails[0].Mailbox, Owner: owner.ID,
		Active: true, CreatedAt: noon, CreatedBy: "creator", UpdatedAt: after(time.Microsecond),
	}
}

// The methods, for checks that are about something else: they fail at once.

func createAccount(t reporter, s store.Store, a store.Account) store.Account {
	t.Helper()
	got, err := s.CreateAccount(t.Context(), a, change(store.AccountCreate))
	if err != nil {
		t.Fatalf("CreateAccount(%q): %v", a.Handle, err)
	}
	if len(got.HandleKeys) != len(a.HandleKeys) || len(got.Emails) != len(a.Emails) {
		t.Fatalf("CreateAccount(%q) returned the keys %q and the addresses %v, want those given", a.Handle, got.HandleKeys, got.Emails)
	}
	return got
}

func readAccount(t reporter, s store.Store, id uuid.UUID) store.Account {
	t.Helper()
	got, err := s.Account(t.Context(), id)
	if err != nil {
		t.Fatalf("Account(%s): %v", id, err)
	}
	return got
}

// writeAccount does the write an hour after noon.
func writeAccount(t reporter, s store.Store, w store.AccountWrite) store.AccountWritten {
	t.Helper()
	got, err := s.UpdateAccount(t.Context(), w, changeAt(store.AccountUpdate, after(time.Hour)))
	if err != nil {
		t.Fatalf("UpdateAccount(%q): %v", w.Account.Handle, err)
	}
	return got
}

// updateAccount replaces the account and does nothing else.
func updateAccount(t reporter, s store.Store, a store.Account) store.Account {
	t.Helper()
	return writeAccount(t, s, store.AccountWrite{Account: a}).Account
}

func removeAccount(t reporter, s store.Store, a store.Account) store.AccountWritten {
	t.Helper()
	got, err := s.DeleteAccount(t.Context(), a.ID, changeAt(store.AccountDelete, after(time.Hour)))
	if err != nil {
		t.Fatalf("DeleteAccount(%q): %v", a.Handle, err)
	}
	return got
}

func listAccounts(t reporter, s store.Store, filter store.AccountFilter, page store.Page) []store.Account {
	t.Helper()
	got, err := s.ListAccounts(t.Context(), filter, page)
	if err != nil {
		t.Fatalf("ListAccounts(%+v): %v", page, err)
	}
	return got
}

func allAccounts(t reporter, s store.Store) []store.Account {
	t.Helper()
	return listAccounts(t, s, store.AccountFilter{}, store.Page{OldestFirst: true, Limit: store.MaxPageLimit})
}

// createSession creates a session for the account at the version given.
func createSession(t reporter, s store.Store, c store.Credential, version int64) store.Credential {
	t.Helper()
	got, err := s.CreateSession(t.Context(), c, version)
	if err != nil {
		t.Fatalf("CreateSession: %v", err)
	}
	return got
}

func createToken(t reporter, s store.Store, c store.Credential, version int64) store.Credential {
	t.Helper()
	got, err := s.CreateToken(t.Context(), c, version, change(store.TokenCreate))
	if err != nil {
		t.Fatalf("CreateToken: %v", err)
	}
	return got
}

// holder creates an account with a session and a token.
func holder(t reporter, s store.Store, a store.Account) (account store.Account, session, token store.Credential) {
	t.Helper()
	account = createAccount(t, s, a)
	session = createSession(t, s, newSession(account), account.Version)
	token = createToken(t, s, newToken(account), account.Version)
	return readAccount(t, s, account.ID), session, token
}

func credentialByHash(t reporter, s store.Store, hash store.SecretHash) (store.Credential, store.Account) {
	t.Helper()
	c, a, err := s.CredentialByHash(t.Context(), hash)
	if err != nil {
		t.Fatalf("CredentialByHash: %v", err)
	}
	return c, a
}

func listCredentials(t reporter, s store.Store, filter store.CredentialFilter, page store.Page) []store.Credential {
	t.Helper()
	got, err := s.ListCredentials(t.Context(), filter, page)
	if err != nil {
		t.Fatalf("ListCredentials(%+v, %+v): %v", filter, page, err)
	}
	return got
}

func allCredentials(t reporter, s store.Store) []store.Credential {
	t.Helper()
	return listCredentials(t, s, store.CredentialFilter{}, store.Page{OldestFirst: true, Limit: store.MaxPageLimit})
}

func createAlias(t reporter, s store.Store, a store.MailAlias) store.MailAlias {
	t.Helper()
	got, err := s.CreateAlias(t.Context(), a, change(store.AliasCreate))
	if err != nil {
		t.Fatalf("CreateAlias(%q): %v", a.Address(), err)
	}
	return got
}

func readAlias(t reporter, s store.Store, id uuid.UUID) store.MailAlias {
	t.Helper()
	got, err := s.Alias(t.Context(), id)
	if err != nil {
		t.Fatalf("Alias(%s): %v", id, err)
	}
	return got
}

func updateAlias(t reporter, s store.Store, a store.MailAlias) store.MailAlias {
	t.Helper()
	got, err := s.UpdateAlias(t.Context(), a, change(store.AliasUpdate))
	if err != nil {
		t.Fatalf("UpdateAlias(%q): %v", a.Address(), err)
	}
	return got
}

func removeAlias(t reporter, s store.Store, a store.MailAlias) store.MailAlias {
	t.Helper()
	got, err := s.DeleteAlias(t.Context(), a.ID, change(store.AliasDelete))
	if err != nil {
		t.Fatalf("DeleteAlias(%q): %v", a.Address(), err)
	}
	return got
}

func listAliases(t reporter, s store.Store, filter store.AliasFilter, page store.Page) []store.MailAlias {
	t.Helper()
	got, err := s.ListAliases(t.Context(), filter, page)
	if err != nil {
		t.Fatalf("ListAliases(%+v): %v", page, err)
	}
	return got
}

func allAliases(t reporter, s store.Store) []store.MailAlias {
	t.Helper()
	return listAliases(t, s, store.AliasFilter{}, store.Page{OldestFirst: true, Limit: store.MaxPageLimit})
}

// wantPages wants the pages of a list of what is there, oldest first: within
// bounds on, beside and beyond the Seqs, of several limits, from both ends.
func wantPages[R record](t reporter, method string, all []R, seq func(R) int64, list func(store.Page) []R) {
	t.Helper()
	n := len(all)
	first, middle, last := seq(all[0]), seq(all[n/2]), seq(all[n-1])
	for _, low := range []int64{-1, first, middle, last} {
		for _, high := range []int64{0, first, middle + 1, last, last + 1} {
			for _, limit := range []int{-1, 3, store.MaxPageLimit + 1} {
				for _, oldest := range []bool{false, true} {
					page := store.Page{After: low, Before: high, Limit: limit, OldestFirst: oldest}
					got, want := seqsOf(list(page), seq), seqsOf(pageOf(all, page, seq), seq)
					if !slices.Equal(got, want) {
						t.Errorf("%s(%+v) gives Seqs %v, want %v", method, page, got, want)
					}
				}
			}
		}
	}
	newest := list(store.Page{})
	slices.Reverse(newest)
	wantSameList(t, "the newest records of "+method, newest, all[max(0, n-store.DefaultPageLimit):])
}

func seqsOf[R any](records []R, seq func(R) int64) (seqs []int64) {
	for _, r := range records {
		seqs = append(seqs, seq(r))
	}
	return seqs
}

func accountSeq(a store.Account) int64       { return a.Seq }
func aliasSeq(a store.MailAlias) int64       { return a.Seq }
func credentialSeq(c store.Credential) int64 { return c.Seq }
