package banhttp_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// alias makes an active alias of that local part.
func (f fixture) alias(t *testing.T, local string) {
	t.Helper()
	a := store.MailAlias{
		ID: uuid.Must(uuid.NewV7()), Local: local, LocalKey: local, Domain: "alias.example",
		Destination: local + "@home.example", Mailbox: local + "@home.example", Active: true, CreatedAt: noon, UpdatedAt: noon,
	}
	if _, err := f.store.CreateAlias(context.Background(), a, store.Change{At: noon, Actor: "bob", Action: store.AliasCreate}); err != nil {
		t.Fatal(err)
	}
}

func TestHowManyAliasesWereDisabled(t *testing.T) {
	for _, tt := range []struct {
		rule, body string
		want       string
	}{
		{"two", `{"ban_type":"domain","ban_value":"alias.example","disable_matching_aliases":true}`,
			`"disabled_aliases":2,"message":"Ban created. Also, 2 matching aliases were disabled."`},
		{"one", `{"ban_type":"name","ban_value":"shop","disable_matching_aliases":true}`,
			`"disabled_aliases":1,"message":"Ban created. Also, 1 matching alias was disabled."`},
		{"none", `{"ban_type":"email","ban_value":"eve@home.example","disable_matching_aliases":true}`,
			`"disabled_aliases":0,"message":"Ban created. Also, 0 matching aliases were disabled."`},
		{"none unless asked", `{"ban_type":"domain","ban_value":"alias.example"}`,
			`"disabled_aliases":0,"message":"Ban created."`},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			f := newFixture(t, memstore.New(), letIn)
			f.alias(t, "shop")
			f.alias(t, "news")
			if w := f.do("POST", "/bans", tt.body); !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("%d %s, want %s", w.Code, w.Body, tt.want)
			}
		})
	}
}

func TestAnUpdateMayDisableAliasesToo(t *testing.T) {
	f := newFixture(t, memstore.New(), letIn)
	f.alias(t, "shop")
	const plain = `{"ban_type":"name","ban_value":"shop"}`
	const disabling = `{"ban_type":"name","ban_value":"shop","disable_matching_aliases":true}`
	for i, step := range []struct{ body, want string }{
		{plain, `"created":true,"updated":false,"deleted":false,"disabled_aliases":0,"message":"Ban created."`},
		{disabling, `"created":false,"updated":true,"deleted":false,"disabled_aliases":1,"message":"Ban updated. Also, 1 matching alias was disabled."`},
		{plain, `"created":false,"updated":true,"deleted":false,"disabled_aliases":0,"message":"Ban updated."`},
	} {
		if w := f.do("POST", "/bans", step.body); !strings.Contains(w.Body.String(), step.want) {
			t.Errorf("step %d: %s, want %s", i, w.Body, step.want)
		}
	}
}
