package account_test

import (
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// An exception is one whichever tables made its key: what it lets through stays on.
func TestABanTurnsOffNothingThatAnExceptionUnderAnOldKeyLetsThrough(t *testing.T) {
	st := memstore.New()
	change := store.Change{Actor: "x", Action: store.KeysTables}
	if err := st.SetKeyTables(t.Context(), "", "older tables", change); err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, st)
	ann := must(h.admin.Create(as("root"), account.CreateOptions{Handle: "ann", Email: "ann+x@icloud.com"}))(t)
	alias := must(h.aliases.Create(as("root"), account.AliasOptions{Address: "shop@alias.example", Destination: "ann+x@icloud.com", Owner: ann.ID}))(t)
	exception := store.Ban{
		ID: uuid.New(), Kind: store.KindEmail, Value: "ann+x@icloud.com", KeyText: "ann+x@icloud.com", // with its tag
		Effect: store.Allow, CreatedAt: h.clock.Now(), UpdatedAt: h.clock.Now(),
	}
	if _, err := st.CreateBan(t.Context(), exception, store.Change{Actor: "x", Action: store.BanCreate}); err != nil {
		t.Fatal(err)
	}
	b := must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindEmail, Value: "ann@icloud.com", DisableMatchingAliases: true, Force: true}))(t)
	if d := must(h.checker.Check(t.Context(), ban.Subject{Email: "ann+x@icloud.com"}))(t); d.Verdict != ban.Allowed {
		t.Fatalf("the address is %v", d.Verdict)
	}
	if got := must(h.aliases.Get(t.Context(), alias.ID))(t); !got.Active || b.AliasesDisabled != 0 {
		t.Errorf("it turned off %d aliases; this one is active: %t", b.AliasesDisabled, got.Active)
	}
}
