package account_test

import (
	"context"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

// The rules are made in this order, the last one with DisableMatchingAliases; the
// alias, shop@a.example, was there before.
func TestABanTurnsOffAnAliasThatTheRulesWithItRefuse(t *testing.T) {
	name, domain := ban.KindName, ban.KindDomain
	for what, tt := range map[string]struct {
		before []ban.CreateOptions
		ban    ban.CreateOptions
		off    bool
	}{
		"it alone": {nil, ban.CreateOptions{Kind: name, Value: "*op"}, true},
		"a more specific rule holds it for review": {
			[]ban.CreateOptions{{Kind: name, Value: "shop*", Effect: ban.Review}},
			ban.CreateOptions{Kind: name, Value: "*op"}, false,
		},
		"and a still more specific one refuses it": {
			[]ban.CreateOptions{{Kind: name, Value: "shop"}, {Kind: name, Value: "shop*", Effect: ban.Review}},
			ban.CreateOptions{Kind: name, Value: "*op"}, true,
		},
		"which is a shadow": {
			[]ban.CreateOptions{{Kind: name, Value: "shop", Shadow: true}, {Kind: name, Value: "shop*", Effect: ban.Review}},
			ban.CreateOptions{Kind: name, Value: "*op"}, false,
		},
		"which is not about aliases": {
			[]ban.CreateOptions{{Kind: name, Value: "shop", Scope: ban.ScopeOf(ban.Mail)}, {Kind: name, Value: "shop*", Effect: ban.Review}},
			ban.CreateOptions{Kind: name, Value: "*op"}, false,
		},
		"which another exception lets in": {
			[]ban.CreateOptions{{Kind: name, Value: "shop*"}, {Kind: name, Value: "sho*", Effect: ban.Review}, {Kind: name, Value: "shop", Effect: ban.Allow}},
			ban.CreateOptions{Kind: name, Value: "*op"}, false,
		},
		"domains alike": {
			[]ban.CreateOptions{{Kind: domain, Value: "=a.example"}, {Kind: domain, Value: "a.example", Effect: ban.Allow}},
			ban.CreateOptions{Kind: domain, Value: "example"}, true,
		},
	} {
		t.Run(what, func(t *testing.T) {
			for backend, open := range backends {
				h := newHouse(t, open(t))
				a, err := h.aliases.Create(as("bob"), account.AliasOptions{Address: "shop@a.example", Destination: "bob@b.test"})
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range tt.before {
					o.Force = true
					if _, err := h.bans.Create(as("alice"), o); err != nil {
						t.Fatal(err)
					}
				}
				tt.ban.Force = true
				preview, err := h.bans.Preview(context.Background(), tt.ban)
				if err != nil {
					t.Fatal(err)
				}
				tt.ban.DisableMatchingAliases = true
				if _, err := h.bans.Create(as("alice"), tt.ban); err != nil {
					t.Fatal(err)
				}
				now, err := h.aliases.Get(context.Background(), a.ID)
				if err != nil || now.Active == tt.off {
					t.Errorf("%s: active %v (%v), want turned off: %v", backend, now.Active, err, tt.off)
				}
				if previewed := preview.Affected.Aliases == 1; previewed != tt.off && what != "which is not about aliases" {
					t.Errorf("%s: Preview counts %d aliases", backend, preview.Affected.Aliases)
				}
			}
		})
	}
}
