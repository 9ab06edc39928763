package memstore_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// household is a store with an account, its session, its alias, and two bans of
// one value, of which the older has expired and lost its rule.
type household struct {
	*memstore.Store
	account store.Account
	session store.Credential
	bans    []store.Ban
}

func newHousehold(t *testing.T) *household {
	t.Helper()
	h := &household{Store: memstore.New()}
	change := store.Change{At: now}
	var err error
	if h.account, err = h.CreateAccount(t.Context(), numberedAccount(1), change); err != nil {
		t.Fatal(err)
	}
	h.session = store.Credential{ID: uuid.New(), Kind: store.Session, Account: h.account.ID, CreatedAt: now}
	if _, err := h.CreateSession(t.Context(), h.session, 1); err != nil {
		t.Fatal(err)
	}
	alias := store.MailAlias{
		ID: uuid.New(), Local: "alias", LocalKey: "alias", Domain: "alias.example", Destination: h.account.Emails[0].Address,
		Owner: h.account.ID, Active: true, CreatedAt: now, UpdatedAt: now,
	}
	if _, err := h.CreateAlias(t.Context(), alias, change); err != nil {
		t.Fatal(err)
	}
	for _, b := range bans(3)[1:] {
		b.Value = "same.example"
		if len(h.bans) == 0 {
			b.ExpiresAt = now
		}
		if _, err := h.CreateBan(t.Context(), b, change); err != nil {
			t.Fatal(err)
		}
		h.bans = append(h.bans, b)
	}
	return h
}

// state is everything that a write to an account may touch.
func (h *household) state(t *testing.T) (all [7]any) {
	t.Helper()
	var errs [7]error
	page := store.Page{OldestFirst: true}
	all[0], errs[0] = h.ListAccounts(t.Context(), store.AccountFilter{}, page)
	all[1], errs[1] = h.ListCredentials(t.Context(), store.CredentialFilter{}, page)
	all[2], errs[2] = h.ListAliases(t.Context(), store.AliasFilter{}, page)
	all[3], errs[3] = h.ListBans(t.Context(), store.BanFilter{}, page)
	all[4], errs[4] = h.ListChanges(t.Context(), uuid.Nil, page)
	all[5], errs[5] = h.LastChange(t.Context())
	rules := map[uuid.UUID]store.Rule{}
	for r, err := range h.Scan(t.Context(), 0) {
		rules[r.ID], errs[6] = r, err
	}
	all[6] = rules
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func (h *household) suspend() store.AccountWrite {
	a := h.account
	a.SuspendedAt = now
	return store.AccountWrite{
		Account: a, RevokeCredentials: true, DisableAliases: true,
		RevokeBans: []uuid.UUID{h.bans[0].ID, h.bans[1].ID},
	}
}

// The change of the account is made when all else is done. It has no JSON form,
// as Meta is none.
func TestAWriteThatFailsAtItsLastStepIsTakenBack(t *testing.T) {
	h := newHousehold(t)
	before := h.state(t)
	w := h.suspend()
	w.Account.Meta = json.RawMessage("{")
	ban := bans(8)[5]
	ban.Value = "same.example"
	ban.ExpiresAt = now // or it would be refused for the other one
	w.CreateBans = []store.BanDisabling{{Ban: ban}}
	if got, err := h.UpdateAccount(t.Context(), w, store.Change{At: now}); err == nil {
		t.Fatalf("UpdateAccount with half a Meta did %+v, want an error", got)
	}
	if after := h.state(t); !reflect.DeepEqual(after, before) {
		t.Errorf("a write that failed left\n%+v\nwant\n%+v", after, before)
	}
	w.Account.Meta = nil
	got, err := h.UpdateAccount(t.Context(), w, store.Change{At: now})
	if err != nil || got.CredentialsRevoked != 1 || got.AliasesDisabled != 1 || len(got.BansCreated) != 1 || len(got.BansRevoked) != 2 {
		t.Fatalf("UpdateAccount afterwards did %+v, %v; want all of it", got, err)
	}
	if seq := got.BansCreated[0].Seq; seq != 3 {
		t.Errorf("the ban has Seq %d, want 3: the write that failed gave none", seq)
	}
}

// A Test is the caller's code. If it panics, the panic is the caller's too, but
// neither half a write nor a lock may stay behind.
func TestATestThatPanicsLeavesTheStoreAsItWas(t *testing.T) {
	h := newHousehold(t)
	before := h.state(t)
	panics := store.Selector{
		Key:  store.WildcardKey(store.KindName),
		Test: func(store.Kind, string) bool { panic("the caller's mistake") },
	}
	ban := bans(8)[5]
	for name, call := range map[string]func() error{
		"Affected": func() error { _, err := h.Affected(t.Context(), panics, 1); return err },
		"CreateBanDisabling": func() error {
			_, err := h.CreateBanDisabling(t.Context(), ban, panics, store.Change{At: now})
			return err
		},
		"UpdateAccount": func() error {
			w := h.suspend()
			w.DisableAliases = false // so that one is left to ask about
			w.CreateBans = []store.BanDisabling{{Ban: ban, Disable: &panics}}
			_, err := h.UpdateAccount(t.Context(), w, store.Change{At: now})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the panic was swallowed, or the Test never asked")
					}
				}()
				if err := call(); err != nil {
					t.Error(err)
				}
			}()
			if after := h.state(t); !reflect.DeepEqual(after, before) {
				t.Errorf("after the panic the store holds\n%+v\nwant\n%+v", after, before)
			}
		})
	}
}
